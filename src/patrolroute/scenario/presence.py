"""Presence: squads that stand at a post throughout a period, and the moments at which too few do."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Annotated, Self

import shapely
from pydantic import Field, ValidationInfo, field_validator, model_validator

from patrolroute.scenario.base import Identifier, Name, Ring  # noqa: TC001 - pydantic reads the annotation
from patrolroute.scenario.sites import Window  # noqa: TC001 - pydantic reads the annotation
from patrolroute.scenario.worth import Ranked

if TYPE_CHECKING:
    from collections.abc import Iterable

    from patrolroute.scenario.areas import Area
    from patrolroute.scenario.sites import Place

MOST_SLOTS = 96


class Presence(Ranked):
    """At every moment of a period so many squads stand at a post.

    Parameters
    ----------
    id : str
        Unique among places, sites and presences.
    name : str
        What is printed; the id when left out.
    squads : int
        How many, at every moment.
    period : Window
    place : str
        Id of the place or site where the squads stand: the post.
    ring : Ring or None
        Corners (lon, lat) of the ground within which any stop or break counts as being there; only the post when left
        out.
    area : str or None
        Id of an area of the scenario whose rings are that ground, in place of a ring.
    slot_min : float
        Minutes after which one squad may hand over to another.
    tier : int
        1 is the most important.
    weight : int
        Worth within the tier; of each slot of each squad where parts are allowed.
    all_or_nothing : bool
        Whether a presence with a gap is worth nothing.
    required : bool
        Whether a plan in which any slot of any squad is not stood is no plan.

    Raises
    ------
    InputError
        When a value is at fault, or there are too many slots; it lists every fault.
    """

    id: Identifier = Field(description="a text of 1 to 100 characters that no place, site or other presence has")
    name: Name = Field(default="", description="a text of at most 300 characters; the id is printed when left out")
    squads: Annotated[int, Field(ge=1, le=20)] = Field(
        default=1, description="a whole number from 1 to 20: how many squads are there at every moment"
    )
    period: Window = Field(description="a span of time such as '22:00/24:00'")
    place: Identifier = Field(description="the id of the place or site where the squads stand")
    ring: Ring | None = Field(
        default=None, description="a list of at least 3 [lon, lat] in degrees, around what counts as being there"
    )
    area: Identifier | None = Field(
        default=None, description="the id of an area with rings, in place of a ring: what counts as being there"
    )
    slot_min: Annotated[float, Field(ge=5, le=480)] = Field(
        default=30.0, description="minutes from 5 to 480 after which one squad may hand over to another"
    )
    tier: Annotated[int, Field(ge=1, le=9)] = Field(
        default=2,
        description="a whole number from 1 (most important) to 9, or 'sangat rawan' (1), 'rawan' (2), 'aman' (3)",
    )
    weight: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        default=1, description="a whole number from 1 to 1000000: what it is worth within its tier"
    )
    all_or_nothing: bool = Field(
        default=True, description="true or false: whether a presence with a gap is worth nothing"
    )
    required: bool = Field(
        default=False, description="true or false: whether a plan in which the post is not held throughout is no plan"
    )

    @field_validator("slot_min")
    @classmethod
    def _not_too_many(cls, slot_min: float, info: ValidationInfo) -> float:
        period = info.data.get("period")
        if period is not None and period.length_s > MOST_SLOTS * slot_min * 60:
            raise ValueError(
                f"slot_min is {slot_min:g}, and the period has {period.length_s / 60:g} min, more than {MOST_SLOTS} "
                "slots; expected longer slots or a shorter period"
            )
        return slot_min

    @model_validator(mode="after")
    def _one_ground(self) -> Self:
        if self.ring is not None and self.area is not None:
            raise ValueError(f"has a ring and the area {self.area!r}; expected one of them; delete one")
        return self

    @property
    def title(self) -> str:
        """The name, or the id where there is no name."""
        return self.name or self.id

    def holds(self, point: Place, area: Area | None = None) -> bool:
        """Return whether whoever stands at a point is there.

        Parameters
        ----------
        point : Place
        area : Area, optional
            The one that the presence names.
        """
        if point.id == self.place:
            return True
        ground = shapely.Polygon(self.ring) if self.ring is not None else area.polygon if area is not None else None
        return ground is not None and bool(ground.covers(shapely.Point(point.lon, point.lat)))


def short_spans(
    stays: Iterable[tuple[int, int, str]], since_s: int, until_s: int, least: int
) -> list[tuple[int, int, int]]:
    """Return when fewer than `least` different squads are there, as (from, until, squads there).

    Parameters
    ----------
    stays : iterable of (begin, end, squad)
        In seconds; a squad is there from the beginning up to the end.
    since_s, until_s : int
    least : int
    """
    known = [stay for stay in stays if stay[1] > since_s and stay[0] < until_s]
    ticks = {since_s, until_s, *(tick for stay in known for tick in stay[:2])}
    cuts = sorted(tick for tick in ticks if since_s <= tick <= until_s)
    short: list[tuple[int, int, int]] = []
    for begin, end in itertools.pairwise(cuts):
        there = len({squad for first, last, squad in known if first <= begin and end <= last})
        if there >= least:
            continue
        if short and short[-1][1:] == (begin, there):
            short[-1] = (short[-1][0], end, there)
        else:
            short.append((begin, end, there))
    return short
