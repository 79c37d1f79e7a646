"""The planner's words: places, sites, squads, shifts, one night. Frozen, and checked at birth.

Times are timezone-aware here. A time of day alone ("22:15") is on the scenario's date in its timezone; one after
midnight says so with its date ("2023-11-24T01:30"). Seconds (`Scenario.seconds`) count from 00:00 of that date.
"""

from __future__ import annotations

import datetime as dt
import math
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

TIERS = {"sangat rawan": 1, "rawan": 2, "aman": 3}
"""Polri's classes of vulnerability and the tiers that they mean."""

Identifier = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")]
Name = Annotated[str, Field(max_length=300, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]*$")]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, ser_json_inf_nan="null")


class Placement(StrEnum):
    """How precisely a place is known. Printed wherever the place is."""

    SURVEYED = "surveyed"
    """A source gives the point."""
    APPROXIMATE = "approximate"
    """A source gives a nearby point or a district; the place itself may be some hundred metres off."""
    STREET = "street"
    """Only the street is known; the point is a guess on or near it."""


class Place(_Frozen):
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
    """

    id: Identifier
    name: Name = ""
    lon: Annotated[float, Field(ge=-180, le=180)]
    lat: Annotated[float, Field(ge=-90, le=90)]
    placement: Placement = Placement.APPROXIMATE
    source: Name = ""

    @property
    def title(self) -> str:
        """The name, or the id where there is no name."""
        return self.name or self.id


class Window(_Frozen):
    """A span of time in which a stop must lie, from its beginning to its end."""

    opens: AwareDatetime
    closes: AwareDatetime

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.closes <= self.opens:
            raise ValueError(
                f"window closes {self.closes:%H:%M} before it opens {self.opens:%H:%M}; give the later time a date "
                "if it passes midnight"
            )
        return self


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
    """

    tier: Annotated[int, Field(ge=1, le=9)] = 2
    weight: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    dwell_min: Annotated[float, Field(ge=0, le=1440)] = 15.0
    windows: tuple[Window, ...] = ()
    required: bool = False

    @field_validator("tier", mode="before")
    @classmethod
    def _tier_of_class(cls, value: Any) -> Any:
        return TIERS.get(value.strip().lower(), value) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _stop_fits_windows(self) -> Self:
        short = [w for w in self.windows if (w.closes - w.opens).total_seconds() < self.dwell_s]
        if short:
            raise ValueError(
                f"a stop of {self.dwell_min:g} min does not fit the window {short[0].opens:%H:%M}-"
                f"{short[0].closes:%H:%M}; lengthen the window or shorten dwell_min"
            )
        return self

    @property
    def dwell_s(self) -> int:
        """Seconds of a stop, rounded up."""
        return math.ceil(self.dwell_min * 60)


class Shift(_Frozen):
    """When a squad is on duty, and what is not patrol.

    Parameters
    ----------
    start, end : datetime
    briefing_min : float
        Minutes at the start place before the squad may leave.
    debriefing_min : float
        Minutes at the end place after the squad is back.
    """

    start: AwareDatetime
    end: AwareDatetime
    briefing_min: Annotated[float, Field(ge=0, le=1440)] = 0.0
    debriefing_min: Annotated[float, Field(ge=0, le=1440)] = 0.0

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.end < self.start:
            raise ValueError(
                f"shift ends {self.end:%H:%M} before it starts {self.start:%H:%M}; give the end a date if it passes "
                "midnight"
            )
        ends_min = self.briefing_min + self.debriefing_min
        if (length_min := (self.end - self.start).total_seconds() / 60) < ends_min:
            raise ValueError(
                f"briefing and debriefing take {ends_min:g} min, the whole shift {length_min:g} min; lengthen the "
                "shift or shorten them"
            )
        return self

    @property
    def leave(self) -> dt.datetime:
        """The earliest moment at which the squad may leave: the briefing is over."""
        return self.start + dt.timedelta(seconds=math.ceil(self.briefing_min * 60))

    @property
    def back(self) -> dt.datetime:
        """The latest moment at which the squad must be back: the debriefing begins."""
        return self.end - dt.timedelta(seconds=math.ceil(self.debriefing_min * 60))


class Vehicle(_Frozen):
    """What a squad rides.

    Parameters
    ----------
    kind : {"car", "motorcycle"}
        R4 and R2 in Polri's lists.
    speed_factor : float
        Speed relative to the road network's: 1.2 takes 100 seconds of road in 83.4.
    """

    kind: Literal["car", "motorcycle"] = "car"
    speed_factor: Annotated[float, Field(ge=0.1, le=5)] = 1.0

    @property
    def profile(self) -> str:
        """Name of the travel matrix layer that the vehicle needs: equal for vehicles of equal speed."""
        return f"{self.speed_milli / 1000:g}"

    @property
    def speed_milli(self) -> int:
        """`speed_factor` in whole thousandths, as travel times are computed with."""
        return round(self.speed_factor * 1000)


class Squad(_Frozen):
    """People who ride together.

    Parameters
    ----------
    id, name : str
    people : dict of str to int
        People by task force.
    vehicle : Vehicle
    start, end : str
        Ids of the place or site where the squad sets out and where it returns.
    shift : Shift
    max_driving_min : float or None
        Most minutes at the wheel; None for no limit but the shift.
    """

    id: Identifier
    name: Name = ""
    people: dict[Identifier, Annotated[int, Field(ge=0, le=10_000)]] = Field(default_factory=dict)
    vehicle: Vehicle = Vehicle()
    start: Identifier
    end: Identifier
    shift: Shift
    max_driving_min: Annotated[float, Field(ge=0, le=2880)] | None = None

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
        return None if self.max_driving_min is None else math.floor(self.max_driving_min * 60)


class Closures(_Frozen):
    """Streets that are closed for the night.

    Parameters
    ----------
    streets : tuple of str
        Names as on the map; every edge of that name is closed.
    edges : tuple of (int, int)
        Pairs of OSM node ids, from and to.
    polygons : tuple of rings
        Each a tuple of (lon, lat); every edge that touches one is closed.
    """

    streets: tuple[Name, ...] = ()
    edges: tuple[tuple[int, int], ...] = ()
    polygons: tuple[tuple[tuple[float, float], ...], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.streets or self.edges or self.polygons)


class Travel(_Frozen):
    """How driving is timed and how sites meet the streets.

    Parameters
    ----------
    snap_limit_m : float
        Farthest that a site may lie from the nearest street.
    access_kph : float
        Speed between a site and the street, both ways.
    night_factor : float
        Multiplies all road speeds: above 1 where empty streets are faster than the table.
    speeds_kph : dict of str to float
        Speeds by OSM highway class that replace the package's own table; `maxspeed` on a street goes before both.
    """

    snap_limit_m: Annotated[float, Field(gt=0, le=100_000)] = 150.0
    access_kph: Annotated[float, Field(gt=0, le=100)] = 10.0
    night_factor: Annotated[float, Field(ge=0.1, le=5)] = 1.0
    speeds_kph: dict[str, Annotated[float, Field(gt=0, le=200)]] = Field(default_factory=dict)


class Scenario(_Frozen):
    """One night: where, who, when.

    Parameters
    ----------
    name : str
    date : date
        The date on which the night begins.
    timezone : str
        IANA name ("Asia/Makassar") or offset ("+08:00").
    places, sites, squads : tuple
    closures : Closures
    travel : Travel
    notes : tuple of str
        Sentences that are printed on every output.
    """

    schema_version: Literal[1] = 1
    name: Annotated[str, Field(min_length=1, max_length=300)]
    date: dt.date
    timezone: str
    places: tuple[Place, ...] = ()
    sites: tuple[Site, ...] = ()
    squads: tuple[Squad, ...] = ()
    closures: Closures = Closures()
    travel: Travel = Travel()
    notes: tuple[Name, ...] = ()

    @property
    def zone(self) -> ZoneInfo | dt.timezone:
        """The timezone as an object."""
        return zone_of(self.timezone)

    @property
    def start(self) -> dt.datetime:
        """Second 0: 00:00 of the scenario's date in its timezone."""
        return dt.datetime(self.date.year, self.date.month, self.date.day, tzinfo=self.zone)

    def seconds(self, moment: dt.datetime) -> int:
        """Return the whole seconds from `start` to `moment`."""
        return int((moment.astimezone(dt.UTC) - self.start.astimezone(dt.UTC)).total_seconds())

    @cached_property
    def points(self) -> dict[str, Place]:
        """Places and sites by id."""
        return {point.id: point for point in (*self.places, *self.sites)}


def zone_of(name: str) -> ZoneInfo | dt.timezone:
    """Return the timezone of an IANA name or of an offset such as "+08:00".

    Raises
    ------
    ValueError
        When there is no such timezone.
    """
    try:
        if name[:1] in "+-" and name:
            offset = dt.datetime.strptime(name, "%z").utcoffset()
            return dt.timezone(offset or dt.timedelta(0))
        return ZoneInfo(name)
    except (ValueError, KeyError, OSError) as error:
        raise ValueError(
            f"timezone {name!r} is unknown; expected an IANA name such as 'Asia/Makassar' or an offset such as '+08:00'"
        ) from error
