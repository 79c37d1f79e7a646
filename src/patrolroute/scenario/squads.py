"""Squads: who rides, on what, from where and when, and what it costs where they are late."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from patrolroute.errors import InputError
from patrolroute.scenario.base import Frozen, Identifier, Moment, Name, elapsed_s, later, later_day, seconds_up
from patrolroute.scenario.rests import MOST_BREAKS, break_faults, break_places, least_break_min
from patrolroute.scenario.sites import Window  # noqa: TC001 - pydantic reads the annotation
from patrolroute.scenario.teams import vehicle_kind
from patrolroute.scenario.worth import Ranked

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

LONGEST_SHIFT_H = 48
"""One scenario is one night; anything longer is a slip in a date."""


class Shift(Frozen):
    """When a squad is on duty, and what is not patrol.

    Parameters
    ----------
    start, end : datetime
        With their timezone.
    briefing_min : float
        Minutes at the start place before the squad may leave.
    debriefing_min : float
        Minutes at the end place after the squad is back.

    Raises
    ------
    InputError
        When a value is at fault, the shift ends before it starts, or is too short for its briefings.
    """

    start: Moment = Field(description="a time such as '20:15' or '2023-11-23T20:15'")
    end: Moment = Field(description="a time such as '22:30', with its date where it passes midnight")
    briefing_min: Annotated[float, Field(ge=0, le=1440)] = Field(
        default=0.0, description="minutes of briefing at the start, from 0 to 1440"
    )
    debriefing_min: Annotated[float, Field(ge=0, le=1440)] = Field(
        default=0.0, description="minutes of debriefing at the end, from 0 to 1440"
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        length_min = elapsed_s(self.start, self.end) / 60
        if length_min < 0:
            raise ValueError(
                f"shift ends {self.end:%Y-%m-%d %H:%M} before it starts {self.start:%Y-%m-%d %H:%M}; give the end a "
                f"date if it passes midnight, such as '{later_day(self.start, self.end)}'"
            )
        if length_min > LONGEST_SHIFT_H * 60:
            raise ValueError(
                f"shift lasts {length_min / 60:,.0f} h, from {self.start:%Y-%m-%d %H:%M} to "
                f"{self.end:%Y-%m-%d %H:%M}; expected at most {LONGEST_SHIFT_H} h; check the dates"
            )
        if length_min * 60 < seconds_up(self.briefing_min) + seconds_up(self.debriefing_min):
            raise ValueError(
                f"briefing and debriefing take {self.briefing_min + self.debriefing_min:g} min, the whole shift "
                f"{length_min:g} min; lengthen the shift or shorten them"
            )
        return self

    @property
    def length_s(self) -> float:
        """Elapsed seconds from start to end, whatever clocks do in between."""
        return elapsed_s(self.start, self.end)

    @property
    def leave(self) -> dt.datetime:
        """The earliest moment at which the squad may leave: the briefing is over."""
        return later(self.start, seconds_up(self.briefing_min))

    @property
    def back(self) -> dt.datetime:
        """The latest moment at which the squad must be back: the debriefing begins."""
        return later(self.end, -seconds_up(self.debriefing_min))


class Vehicle(Frozen):
    """What a squad rides.

    Parameters
    ----------
    kind : {"car", "motorcycle"}
        R4 and R2 in Polri's lists; these and "mobil", "motor" and "sepeda motor" are read too.
    speed_factor : float
        Speed relative to the road network's: 1.2 takes 100 seconds of road in 83.4.

    Raises
    ------
    InputError
        When a value is at fault.
    """

    kind: Literal["car", "motorcycle"] = Field(default="car", description="'car' or 'motorcycle'")
    speed_factor: Annotated[float, Field(ge=0.1, le=5)] = Field(
        default=1.0, description="a number from 0.1 to 5: the speed relative to that of the roads"
    )

    @field_validator("kind", mode="before")
    @classmethod
    def _any_word(cls, value: Any) -> Any:
        return vehicle_kind(value)

    @property
    def profile(self) -> str:
        """Name of the travel matrix layer that the vehicle needs: equal for vehicles of equal speed."""
        return f"{self.speed_milli / 1000:g}"

    @property
    def speed_milli(self) -> int:
        """`speed_factor` in whole thousandths, as travel times are computed with."""
        return round(self.speed_factor * 1000)


class Break(Frozen):
    """A break that a squad takes if it goes out.

    Parameters
    ----------
    minutes : float
    window : Window or None
        The break lies wholly within it; any time of the shift when left out.
    places : tuple of str
        Ids of the places and sites where it may be taken; wherever the squad is when left out.

    Raises
    ------
    InputError
        When a value is at fault, or the break does not fit its window.
    """

    minutes: Annotated[float, Field(ge=1, le=480)] = Field(description="minutes from 1 to 480")
    window: Window | None = Field(default=None, description="a span of time such as '22:30/23:30'")
    places: Annotated[tuple[Identifier, ...], Field(max_length=50)] = Field(
        default=(), description="ids of the places or sites where it may be taken; anywhere when left out"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.window is not None and self.window.length_s < seconds_up(self.minutes):
            raise ValueError(
                f"a break of {self.minutes:g} min does not fit the window {self.window.opens:%H:%M}-"
                f"{self.window.closes:%H:%M}; lengthen the window or shorten the break"
            )
        return self

    @property
    def length_s(self) -> int:
        """Seconds of the break, rounded up."""
        return seconds_up(self.minutes)

    @property
    def words(self) -> str:
        """The break as a fault or a sheet names it."""
        within = f" within {self.window.opens:%H:%M}-{self.window.closes:%H:%M}" if self.window else ""
        return f"{self.minutes:g} min{within}" + (f" at {' or '.join(self.places)}" if self.places else "")


class Squad(Frozen):
    """People who ride together.

    Parameters
    ----------
    id, name : str
    people : dict of str to int
        People by task force.
    vehicle : Vehicle
    start, end : str
        Ids of the place or site where the squad sets out and where it returns; "anywhere" for a squad that begins at
        its first stop, or ends at its last.
    shift : Shift
    max_driving_min : float or None
        Most minutes at the wheel; None for no limit but the shift.
    max_stops : int or None
        Most stops of the night; None for no limit but the shift.
    overtime_min : float
        Minutes by which the squad may be back late, at the price of a worse plan.
    breaks : tuple of Break
        Taken if the squad goes out.
    longest_without_break_min : float or None
        From when it may leave to when it must be back no longer than so many minutes pass without a break; more
        breaks than `breaks` names are taken where that needs them.

    Raises
    ------
    InputError
        When a value is at fault; it lists every fault.
    """

    id: Identifier = Field(description="a text of 1 to 100 characters that no other squad has")
    name: Name = Field(default="", description="a text of at most 300 characters; the id is printed when left out")
    people: dict[Identifier, Annotated[int, Field(ge=0, le=10_000)]] = Field(
        default_factory=dict, description="whole numbers from 0 to 10000 by task force, such as 'preventif=6'"
    )
    vehicle: Vehicle = Field(default=Vehicle(), description="'car' or 'motorcycle', or a table of kind, speed_factor")
    start: Identifier = Field(description="the id of the place or site where the squad sets out, or 'anywhere'")
    end: Identifier = Field(description="the id of the place or site where the squad returns, or 'anywhere'")
    shift: Shift = Field(description="start, end, briefing_min and debriefing_min of the duty")
    max_driving_min: Annotated[float, Field(ge=0, le=2880)] | None = Field(
        default=None, description="most minutes at the wheel, from 0 to 2880; left out for no limit but the shift"
    )
    overtime_min: Annotated[float, Field(ge=0, le=1440)] = Field(
        default=0.0, description="minutes by which the squad may be back late, from 0 to 1440"
    )
    max_stops: Annotated[int, Field(ge=0, le=10_000)] | None = Field(
        default=None, description="most stops of the night, from 0 to 10000; left out for no limit but the shift"
    )
    breaks: Annotated[tuple[Break, ...], Field(max_length=MOST_BREAKS)] = Field(
        default=(), description="breaks such as '15 22:30/23:30', minutes and the window in which they lie"
    )
    longest_without_break_min: Annotated[float, Field(ge=30, le=2880)] | None = Field(
        default=None, description="most minutes of the shift without a break, from 30 to 2880"
    )

    @model_validator(mode="after")
    def _breaks_fit(self) -> Self:
        if faults := break_faults(self):
            raise InputError(faults)
        return self

    @property
    def break_ends(self) -> tuple[tuple[str, str], ...]:
        """The places that its breaks name, each with what to call the field."""
        return break_places(self)

    @property
    def least_break_min(self) -> float:
        """What counts as a break: the shortest that it has, 15 minutes where it has none."""
        return least_break_min(self)

    @property
    def title(self) -> str:
        """The name, or the id where there is no name."""
        return self.name or self.id

    @property
    def size(self) -> int:
        """People in the squad."""
        return sum(self.people.values())

    @property
    def max_driving_s(self) -> int | None:
        """Most seconds at the wheel, rounded down; None for no limit."""
        return None if self.max_driving_min is None else math.floor(round(self.max_driving_min * 60, 6))

    @property
    def overtime_s(self) -> int:
        """Seconds by which the squad may be back late, rounded down."""
        return math.floor(round(self.overtime_min * 60, 6))


def told_apart(squads: Sequence[Squad]) -> tuple[Squad, ...]:
    """Return squads of which those that are called alike have their ids in their names."""
    times = Counter(squad.title for squad in squads)
    return tuple(
        squad.model_copy(update={"name": f"{squad.title} ({squad.id})"}) if times[squad.title] > 1 else squad
        for squad in squads
    )


class OvertimePrice(Ranked):
    """What an hour of overtime costs, as weight of a tier.

    Overtime is made for whatever is of a more important tier, for what is worth more than it costs of this tier, and
    for nothing of a less important one.

    Parameters
    ----------
    tier : int
        1 to 9, or one of Polri's classes.
    weight_per_h : float
        The weight of that tier that an hour of overtime, of all squads together, is worth; 0.001 or more.
    """

    tier: Annotated[int, Field(ge=1, le=9)] = Field(
        description="a whole number from 1 (most important) to 9, or 'sangat rawan' (1), 'rawan' (2), 'aman' (3)"
    )
    weight_per_h: Annotated[float, Field(ge=0.001, le=100_000)] = Field(
        description="a number from 0.001 to 100000: the weight of that tier that an hour of overtime is worth"
    )
