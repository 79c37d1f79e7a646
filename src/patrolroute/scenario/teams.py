"""What a site may ask of the squad that stops there: task forces, people in all, a vehicle, or certain squads."""

from __future__ import annotations

import re
from collections.abc import Iterable  # noqa: TC003 - named tuples keep their annotations
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, Self

from pydantic import Field, field_validator, model_validator

from patrolroute.scenario.base import Frozen, Identifier
from patrolroute.scenario.words import did_you_mean, found, listed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patrolroute.scenario.squads import Squad

_OTHER_KINDS = {
    "mobil": "car", "r4": "car", "roda empat": "car", "roda 4": "car",
    "motor": "motorcycle", "sepeda motor": "motorcycle", "r2": "motorcycle", "roda dua": "motorcycle",
    "roda 2": "motorcycle",
}  # fmt: skip
"""What police call their vehicles."""

_HINTS = 20
"""Looking for a similar word among thousands is slow, and the first faults show the pattern."""

_SLIP = 0.88
"""Likeness from which a task force that nobody has is a slip of the pen, and not one that stays at home tonight.

Preemtif and preventif, two task forces, are alike by 0.82; a letter left out of sterilisasi leaves 0.95.
"""


def vehicle_kind(word: Any) -> Any:
    """Return "car" or "motorcycle" for what police call them; anything else as it is."""
    if not isinstance(word, str):
        return word
    kind = " ".join(word.lower().split())
    return _OTHER_KINDS.get(kind, kind)


class TeamNeeds(Frozen):
    """What a thing asks of each squad that serves it.

    Parameters
    ----------
    needs : dict of str to int
        People by task force that the squad must have at least.
    people_min : int
        People in all that the squad must have at least.
    vehicles : tuple of {"car", "motorcycle"}
        Vehicles that can get there; any when there is none.
    only_by : tuple of str
        Ids of the squads that may serve it; any when there is none.
    not_by : tuple of str
        Ids of squads that may not.

    Raises
    ------
    InputError
        When a value is at fault, or a squad stands in both lists.
    """

    needs: dict[Identifier, Annotated[int, Field(ge=1, le=10_000)]] = Field(
        default_factory=dict,
        description="whole numbers from 1 to 10000 by task force that the squad must have, such as 'sterilisasi=2'",
    )
    people_min: Annotated[int, Field(ge=0, le=100_000)] = Field(
        default=0, description="a whole number from 0 to 100000: the people that the squad must have in all"
    )
    vehicles: tuple[Literal["car", "motorcycle"], ...] = Field(
        default=(), description="a list of 'car' and 'motorcycle': the vehicles that can get there"
    )
    only_by: Annotated[tuple[Identifier, ...], Field(max_length=1_000)] = Field(
        default=(), description="a list of ids of squads: no other squad may serve it"
    )
    not_by: Annotated[tuple[Identifier, ...], Field(max_length=1_000)] = Field(
        default=(), description="a list of ids of squads that may not serve it"
    )

    @field_validator("vehicles", mode="before")
    @classmethod
    def _any_word(cls, value: Any) -> Any:
        return tuple(map(vehicle_kind, value)) if isinstance(value, list | tuple) else value

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        both = [each for each in self.only_by if each in self.not_by]
        if both:
            raise ValueError(f"squad {found(both[0])} stands both in only_by and in not_by; delete it from one")
        return self

    @property
    def asks(self) -> bool:
        """Whether anything is asked, so that not every squad need do."""
        return bool(self.needs or self.people_min or self.vehicles or self.only_by or self.not_by)

    def allows(self, squad: Squad) -> bool:
        """Return whether a squad is as it is asked for."""
        return (
            all(squad.people.get(force, 0) >= count for force, count in self.needs.items())
            and squad.size >= self.people_min
            and (not self.vehicles or squad.vehicle.kind in self.vehicles)
            and (not self.only_by or squad.id in self.only_by)
            and squad.id not in self.not_by
        )


def names_of(field: str, value: Any) -> list[Any]:
    """Return the words of "regu-1; regu-2", or of a list.

    Raises
    ------
    ValueError
        When it is neither.
    """
    if isinstance(value, list | tuple):
        return list(value)
    if not isinstance(value, str):
        example = "car; motorcycle" if field == "vehicles" else "regu-1; regu-2"
        raise ValueError(f"{field} is {found(value)}; expected words with semicolons between, such as '{example}'")
    return [word.strip() for word in re.split(r"[;,]", value) if word.strip()]


class Wish(NamedTuple):
    """What is asked of squads, as far as it names squads and task forces.

    Parameters
    ----------
    where : str
        File, row and name, as faults begin.
    needs : iterable of str
        Task forces.
    only_by, not_by : iterable of str
        Ids of squads.
    """

    where: str
    needs: Iterable[str]
    only_by: Iterable[str]
    not_by: Iterable[str]


def team_faults(
    wishes: Iterable[Wish], squads: Sequence[str], forces: Iterable[str], *, formed: bool = False
) -> list[str]:
    """Return a fault for each squad that is asked for and is none, and each task force that looks like a slip.

    A task force that nobody has and that looks like no other is no fault: it may stay at home tonight, and the plan
    then lists the site with that reason.

    Parameters
    ----------
    wishes : iterable of Wish
    squads : sequence of str
        Ids of the squads.
    forces : iterable of str
        Task forces that have people tonight.
    formed : bool
        Whether more squads are to be formed, whose ids nobody knows yet.
    """
    faults: list[str] = []
    known, ids = list(dict.fromkeys(forces)), set(squads)
    for wish in wishes:
        for field, names in (("only_by", wish.only_by), ("not_by", wish.not_by)):
            for name in names:
                if name not in ids:
                    faults.append(
                        f"{wish.where}: {field} {found(name)} {_no_squad(name, squads, len(faults), formed)}."
                    )
        for force in wish.needs:
            hint = did_you_mean(force, known, cutoff=_SLIP) if force not in known and len(faults) < _HINTS else ""
            if hint:
                faults.append(
                    f"{wish.where}: needs {found(force)}, a task force that nobody is of{hint}; expected one of "
                    f"{listed(known)}."
                )
    return faults


def _no_squad(name: str, squads: Sequence[str], told: int, formed: bool) -> str:
    hint = did_you_mean(name, squads) if told < _HINTS else ""
    if formed and not hint:
        return "names no squad of the file; squads that are formed have no id yet; ask for needs or vehicles instead"
    return f"names no squad{hint}; " + (f"expected one of {listed(squads)}" if squads else "there is none yet; add it")
