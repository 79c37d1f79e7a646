"""Places and sites: where squads start and end, and what is worth a stop."""

from __future__ import annotations

import math
import re
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from patrolroute.scenario.base import Frozen, Identifier, Moment, Name, elapsed_s, seconds_up
from patrolroute.scenario.words import did_you_mean, found

TIERS = {"sangat rawan": 1, "rawan": 2, "aman": 3}
"""Polri's classes of vulnerability and the tiers that they mean."""


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


def later_day(start: Moment, end: Moment) -> str:
    """Return the first moment after `start` with the time of day of `end`, as a planner may write it."""
    day = start.toordinal() + (end.time() <= start.time())
    return f"{end.fromordinal(day):%Y-%m-%d}T{end:%H:%M}"


def tier_of(value: Any, *, expected: str | None) -> Any:
    """Return the tier that one of Polri's classes means; anything else as it is.

    Raises
    ------
    ValueError
        When it is a word and no such class.
    """
    if not isinstance(value, str) or re.match(r"\s*[-+.,\d]", value):
        return value
    words = " ".join(value.lower().split())
    if words not in TIERS:
        # Only a slip of the pen gets a hint: "kurang rawan", less vulnerable, is far from "sangat rawan".
        hint = did_you_mean(words, TIERS, cutoff=0.8)
        raise ValueError(f"tier is {found(value)}{hint}; expected {expected}")
    return TIERS[words]


def whole_weight(value: Any) -> Any:
    """Return a weight as it is.

    Raises
    ------
    ValueError
        When it is a fraction; it says what to multiply all weights by.
    """
    if isinstance(value, float) and math.isfinite(value) and not value.is_integer() and abs(value) < 1e6:
        factor = next((f for f in (10, 100, 1000) if math.isclose(value * f, round(value * f), rel_tol=1e-9)), 1000)
        raise ValueError(
            f"weight is {value:g}, not a whole number; expected 1 or more; multiply all weights by {factor}"
            + ("" if math.isclose(value * factor, round(value * factor), rel_tol=1e-9) else " and round them")
        )
    return value


class Site(Place):
    """A place worth a stop.

    Parameters
    ----------
    tier : int
        1 is the most important. Polri's "sangat rawan", "rawan" and "aman" are read as 1, 2 and 3.
    weight : int
        Worth within the tier, 1 or more.
    dwell_min : float
        Minutes of a stop.
    windows : tuple of Window
        The stop lies wholly within one of them; any time when there is none.
    required : bool
        Whether a plan without the site is no plan.

    Raises
    ------
    InputError
        When a value is at fault or a window is shorter than the stop; it lists every fault.
    """

    tier: Annotated[int, Field(ge=1, le=9)] = Field(
        default=2,
        description="a whole number from 1 (most important) to 9, or 'sangat rawan' (1), 'rawan' (2), 'aman' (3)",
    )
    weight: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        default=1, description="a whole number from 1 to 1000000: what the site is worth within its tier"
    )
    dwell_min: Annotated[float, Field(ge=0, le=1440)] = Field(
        default=15.0, description="minutes of a stop, from 0 to 1440"
    )
    windows: Annotated[tuple[Window, ...], Field(max_length=48)] = Field(
        default=(), description="spans of time such as '20:15/22:30', of which the stop lies in one"
    )
    required: bool = Field(default=False, description="true or false: whether a plan without the site is no plan")

    @field_validator("tier", mode="before")
    @classmethod
    def _tier_of_class(cls, value: Any) -> Any:
        return tier_of(value, expected=cls.model_fields["tier"].description)

    @field_validator("weight", mode="before")
    @classmethod
    def _whole_weight(cls, value: Any) -> Any:
        return whole_weight(value)

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

    @property
    def dwell_s(self) -> int:
        """Seconds of a stop, rounded up."""
        return seconds_up(self.dwell_min)
