"""Places and sites: where squads start and end, and what is worth a stop."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from patrolroute.errors import InputError
from patrolroute.scenario.base import Frozen, Identifier, Moment, Name, elapsed_s, later_day, seconds_up
from patrolroute.scenario.teams import TeamNeeds
from patrolroute.scenario.worth import MAX_SPANS, Ranked, Worth, overlap_fault

if TYPE_CHECKING:
    import datetime as dt

MOST_VISITS = 48
"""That a site may want in one night: one each half hour of the longest."""


class Placement(StrEnum):
    """How precisely a place is known. Printed wherever the place is."""

    SURVEYED = "surveyed"
    """A source gives the point."""
    APPROXIMATE = "approximate"
    """A source gives a nearby point or a district; the place itself may be some hundred metres off."""
    STREET = "street"
    """Only the street is known; the point is a guess on or near it."""


class Place(Frozen):
    """A point where squads start or end.

    Parameters
    ----------
    id : str
        Unique among places and sites.
    name : str
        What is printed; the id when left out.
    lon, lat : float
        Degrees, WGS 84.
    placement : Placement
    source : str
        Where the position comes from.

    Raises
    ------
    InputError
        When a value is at fault; it lists every fault.
    """

    id: Identifier = Field(description="a text of 1 to 100 characters that no other place or site has")
    name: Name = Field(default="", description="a text of at most 300 characters; the id is printed when left out")
    lon: Annotated[float, Field(ge=-180, le=180)] = Field(
        description="degrees east of Greenwich from -180 to 180, such as 123.5976"
    )
    lat: Annotated[float, Field(ge=-90, le=90)] = Field(
        description="degrees north from -90 to 90, south negative, such as -10.1777"
    )
    placement: Placement = Field(
        default=Placement.APPROXIMATE,
        description="'surveyed' (a source gives the point), 'approximate' or 'street' (only the street is known)",
    )
    source: Name = Field(
        default="", description="a text of at most 300 characters that says where the position comes from"
    )

    @field_validator("placement", mode="before")
    @classmethod
    def _any_case(cls, value: Any) -> Any:
        return value.strip().lower() if isinstance(value, str) and not isinstance(value, Placement) else value

    @property
    def title(self) -> str:
        """The name, or the id where there is no name."""
        return self.name or self.id


class Window(Frozen):
    """A span of time in which a stop must lie, from its beginning to its end.

    Parameters
    ----------
    opens, closes : datetime
        With their timezone.

    Raises
    ------
    InputError
        When a time is at fault, or the window closes before it opens.
    """

    opens: Moment = Field(description="a time such as '20:15' or '2023-11-24T01:30'")
    closes: Moment = Field(description="a time such as '22:30' or '2023-11-24T02:00'")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if elapsed_s(self.opens, self.closes) <= 0:
            turned = ", or exchange the two" if self.closes < self.opens else ""
            raise ValueError(
                f"window closes {self.closes:%Y-%m-%d %H:%M} before it opens {self.opens:%Y-%m-%d %H:%M}; give the "
                f"end a date if it passes midnight, such as '{later_day(self.opens, self.closes)}'{turned}"
            )
        return self

    @property
    def length_s(self) -> float:
        """Seconds from opening to closing."""
        return elapsed_s(self.opens, self.closes)


class Site(Ranked, TeamNeeds, Place):
    """A place worth a stop.

    Parameters
    ----------
    tier : int
        1 is the most important. Polri's "sangat rawan", "rawan" and "aman" are read as 1, 2 and 3.
    worth : tuple of Worth
        Weights of stops that begin in certain spans of time; outside of them `weight` holds.
    weight : int
        Worth within the tier, 1 or more; 0 too beside `worth`.
    dwell_min : float
        Minutes of a stop.
    windows : tuple of Window
        The stop lies wholly within one of them; any time when there is none.
    required : bool
        Whether a plan without the site is no plan; one visit is enough.
    seen_within_m, seen_weight : float, int or None
        Passing on the street within so many metres counts as covered, for that weight; only a stop counts without.
    wait : bool
        Whether a squad may wait at the site for its stop to begin; else it waits where it was before.
    visits : int
        How many visits are wanted, over all squads.
    every_min : float or None
        Wants one visit in as many minutes of the night instead of a fixed number (`Scenario.visits_wanted`).
    gap_min, gap_max_min : float or None
        Least and greatest minutes from the end of one visit to the beginning of the next.
    revisit_weight : int or None
        Worth of each further visit; the site's weight when left out.
    squads_alternate : bool
        Whether each further visit is made by another squad than the visit before.
    squads_together : int
        So many squads meet here, beginning at the same time: all of them or none. Of several visits the first is so.
    needs, people_min, vehicles, only_by, not_by
        What is asked of a squad that stops there; see `TeamNeeds`.

    Raises
    ------
    InputError
        When a value is at fault or a window is shorter than the stop; it lists every fault.
    """

    tier: Annotated[int, Field(ge=1, le=9)] = Field(
        default=2,
        description="a whole number from 1 (most important) to 9, or 'sangat rawan' (1), 'rawan' (2), 'aman' (3)",
    )
    worth: Annotated[tuple[Worth, ...], Field(max_length=MAX_SPANS)] = Field(
        default=(), description="spans of time with a weight each, such as '18:00/22:00=5'; `weight` holds outside"
    )
    weight: Annotated[int, Field(ge=0, le=1_000_000)] = Field(
        default=1,
        description="a whole number from 1 to 1000000, or 0 beside worth: what the site is worth within its tier",
    )
    dwell_min: Annotated[float, Field(ge=0, le=1440)] = Field(
        default=15.0, description="minutes of a stop, from 0 to 1440"
    )
    windows: Annotated[tuple[Window, ...], Field(max_length=48)] = Field(
        default=(), description="spans of time such as '20:15/22:30', of which the stop lies in one"
    )
    required: bool = Field(default=False, description="true or false: whether a plan without the site is no plan")
    seen_within_m: Annotated[float, Field(gt=0, le=1000)] | None = Field(
        default=None, description="metres above 0, at most 1000, within which passing on the street counts"
    )
    seen_weight: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        default=None,
        validate_default=True,
        description="a whole number from 1, below weight: what passing within seen_within_m is worth",
    )
    wait: bool = Field(
        default=True, description="true or false: whether a squad may wait at the site for its stop to begin"
    )
    visits: Annotated[int, Field(ge=1, le=MOST_VISITS)] = Field(
        default=1, description=f"a whole number from 1 to {MOST_VISITS}: how many visits the site wants"
    )
    every_min: Annotated[float, Field(ge=5, le=1440)] | None = Field(
        default=None, description="minutes from 5 to 1440: the site wants one visit in as many minutes of the night"
    )
    gap_min: Annotated[float, Field(ge=0, le=1440)] | None = Field(
        default=None,
        description="minutes from 0 to 1440 between the end of one visit and the next; a visit sooner earns nothing",
    )
    gap_max_min: Annotated[float, Field(ge=0, le=1440)] | None = Field(
        default=None, description="most minutes between the end of one visit and the next, from 0 to 1440"
    )
    revisit_weight: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        default=None, description="a whole number from 1 to 1000000: what each further visit is worth"
    )
    squads_alternate: bool = Field(
        default=False,
        description="true or false: whether each further visit is made by another squad than the visit before",
    )
    squads_together: Annotated[int, Field(ge=1, le=20)] = Field(
        default=1, description="a whole number from 1 to 20: how many squads meet at the site at the same time"
    )

    @field_validator("worth")
    @classmethod
    def _apart(cls, worth: tuple[Worth, ...]) -> tuple[Worth, ...]:
        if fault := overlap_fault(worth):
            raise ValueError(fault)
        return tuple(sorted(worth, key=lambda span: span.since.timestamp()))

    @field_validator("weight")
    @classmethod
    def _worth_something(cls, weight: int, info: ValidationInfo) -> int:
        worth = info.data.get("worth")
        if weight == 0 and worth is not None and not any(span.weight for span in worth):
            raise ValueError(f"weight is 0; expected {cls.model_fields['weight'].description}")
        return weight

    @field_validator("seen_weight")
    @classmethod
    def _seen_is_less(cls, seen_weight: int | None, info: ValidationInfo) -> int | None:
        values = info.data
        if "seen_within_m" in values and (seen_weight is None) != (values["seen_within_m"] is None):
            pair = ("seen_within_m", "seen_weight")
            there, missing = pair if seen_weight is None else pair[::-1]
            raise ValueError(f"{there} stands without {missing}; expected both or neither; add {missing}")
        if seen_weight is not None and "weight" in values and "worth" in values:
            most = max([values["weight"], *(span.weight for span in values["worth"])])
            if seen_weight >= most:
                raise ValueError(
                    f"seen_weight is {seen_weight}; expected less than the weight of a stop, {most}; being seen counts "
                    "for less"
                )
        return seen_weight

    @field_validator("windows")
    @classmethod
    def _stop_fits(cls, windows: tuple[Window, ...], info: ValidationInfo) -> tuple[Window, ...]:
        dwell_min = info.data.get("dwell_min", 0.0)
        short = next((w for w in windows if w.length_s < seconds_up(dwell_min)), None)
        if short is not None:
            raise ValueError(
                f"a stop of {dwell_min:g} min does not fit the window {short.opens:%H:%M}-{short.closes:%H:%M}; "
                "lengthen the window or shorten dwell_min"
            )
        return windows

    @model_validator(mode="after")
    def _visits_fit(self) -> Self:
        faults = []
        if self.visits > 1 and self.every_min is not None:
            faults.append(f"visits is {self.visits} and every_min {self.every_min:g}; both say how many; delete one")
        for name in ("gap_min", "gap_max_min", "revisit_weight"):
            value = getattr(self, name)
            if value is not None and self.visits == 1 and self.every_min is None:
                faults.append(
                    f"{name} is {value:g}, and one visit is wanted; expected visits of 2 or more, or every_min; write "
                    f"one of them or delete {name}"
                )
        if self.squads_alternate and self.visits == 1 and self.every_min is None:
            faults.append(
                "squads_alternate is true, and one visit is wanted; expected visits of 2 or more, or every_min; write "
                "one of them or delete squads_alternate"
            )
        if self.further_weight == 0 and (self.visits > 1 or self.every_min is not None):
            faults.append("weight is 0, so that further visits are worth nothing; add revisit_weight")
        if self.squads_together > 1 and self.seen_within_m is not None:
            faults.append(
                f"squads_together is {self.squads_together} and seen_within_m {self.seen_within_m:g}; squads that meet "
                "stop there; delete one"
            )
        if self.gap_max_min is not None and self.gap_max_min < self.least_gap_min:
            least = "gap_min" if self.gap_min is not None else "gap_min, half of every_min where it is left out,"
            faults.append(
                f"gap_max_min is {self.gap_max_min:g}, less than {least} {self.least_gap_min:g}; expected as much or "
                "more"
            )
        if faults:
            raise InputError(faults)
        return self

    @property
    def least_gap_min(self) -> float:
        """Least minutes from the end of one visit to the next; half of `every_min` where no gap is given."""
        return (self.every_min or 0.0) / 2 if self.gap_min is None else self.gap_min

    @property
    def further_weight(self) -> int:
        """What each visit after the first is worth."""
        return self.weight if self.revisit_weight is None else self.revisit_weight

    def worth_at(self, moment: dt.datetime) -> int:
        """Return what a stop that begins at a moment is worth."""
        second = moment.timestamp()
        spans = (span for span in self.worth if span.since.timestamp() <= second < span.until.timestamp())
        return next((span.weight for span in spans), self.weight)

    @property
    def dwell_s(self) -> int:
        """Seconds of a stop, rounded up."""
        return seconds_up(self.dwell_min)
