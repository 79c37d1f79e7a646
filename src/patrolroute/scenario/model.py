"""The planner's words: one night, with its places, sites, squads and closed streets. Frozen, and checked at birth.

Times are timezone-aware here. A time of day alone ("22:15") is on the scenario's date in its timezone; one after
midnight says so with its date ("2023-11-24T01:30"). Seconds (`Scenario.seconds`) count from 00:00 of that date.
"""

from __future__ import annotations

import datetime as dt
import re
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, Field, field_validator, model_validator

from patrolroute.errors import InputError
from patrolroute.scenario.areas import Area
from patrolroute.scenario.base import Frozen, Identifier, Moment, Name, Ring, elapsed_s
from patrolroute.scenario.crosscheck import Entry, cross_faults, ground_faults
from patrolroute.scenario.forming import Forming, VehiclePool
from patrolroute.scenario.hours import MAX_HOURS, MAX_SLOW, SlowArea, SpeedHours, SpeedsKph, checked_hours
from patrolroute.scenario.presence import Presence
from patrolroute.scenario.sites import MOST_VISITS, Place, Placement, Site, Window
from patrolroute.scenario.squads import Break, OvertimePrice, Shift, Squad, Vehicle
from patrolroute.scenario.teams import TeamNeeds, Wish, team_faults
from patrolroute.scenario.times import checked_date, year_first, zone_of
from patrolroute.scenario.words import found
from patrolroute.scenario.worth import TIERS, Worth

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

__all__ = [
    "TIERS",
    "Area",
    "Break",
    "Closures",
    "Forming",
    "Identifier",
    "Name",
    "OvertimePrice",
    "Place",
    "Placement",
    "Presence",
    "Scenario",
    "Shift",
    "Site",
    "SlowArea",
    "SpeedHours",
    "Squad",
    "TeamNeeds",
    "Travel",
    "Vehicle",
    "VehiclePool",
    "Window",
    "Worth",
    "zone_of",
]

MAX_SITES, MAX_SQUADS = 20_000, 1_000
MAX_AREAS, MAX_PRESENCES = 1_000, 100
FARTHEST_DAYS = 31
"""No time lies further from the scenario's date; a slip in a year is found by it."""

_Span = TypeVar("_Span", Window, Shift, Worth)
_Crew = TypeVar("_Crew", Squad, Forming)
_Windowed = TypeVar("_Windowed", Area, SpeedHours, SlowArea)
NodeId = Annotated[int, Field(ge=-(2**63), lt=2**63)]


class Closures(Frozen):
    """Streets that are closed for the night.

    Parameters
    ----------
    streets : tuple of str
        Names as on the map; every edge of that name is closed.
    edges : tuple of (int, int)
        Pairs of OSM node ids, from and to.
    polygons : tuple of rings
        Each a tuple of (lon, lat); every edge that touches one is closed.

    Raises
    ------
    InputError
        When a value is at fault, or a ring crosses itself.
    """

    streets: tuple[Annotated[Name, Field(min_length=1)], ...] = Field(
        default=(), description="a list of street names as on the map"
    )
    edges: tuple[tuple[NodeId, NodeId], ...] = Field(
        default=(), description="a list of pairs of OSM node ids, from and to, such as [[101, 102]]"
    )
    polygons: Annotated[tuple[Ring, ...], Field(max_length=1_000)] = Field(
        default=(), description="a list of rings, each a list of at least 3 [lon, lat] in degrees"
    )

    def __bool__(self) -> bool:
        return bool(self.streets or self.edges or self.polygons)


class Travel(Frozen):
    """How driving is timed and how sites meet the streets.

    Parameters
    ----------
    snap_limit_m : float
        Farthest that a site may lie from the nearest street.
    skip_off_road : bool
        Whether sites farther off are left out with that as the reason, rather than refused.
    access_kph : float
        Speed between a site and the street, both ways.
    night_factor : float
        Multiplies all road speeds: above 1 where empty streets are faster than the table.
    speeds_kph : dict of str to float
        Speeds by OSM highway class that replace the package's own table; `maxspeed` on a street goes before both.
    hours : tuple of SpeedHours
        Other speeds at certain hours, of which no two overlap.
    slow : tuple of SlowArea
        Where driving is slower, all night or at certain hours.
    turns : bool
        Whether the turn restrictions of the roads are obeyed and turning round takes time.
    u_turn_s : float
        Seconds of turning round on a street, where `turns` are obeyed; in a dead end it is free.

    Raises
    ------
    InputError
        When a value is at fault.
    """

    snap_limit_m: Annotated[float, Field(gt=0, le=100_000)] = Field(
        default=150.0, description="metres above 0, at most 100000: how far a site may lie from the nearest street"
    )
    skip_off_road: bool = Field(
        default=False, description="true or false: whether sites farther off are left out rather than refused"
    )
    access_kph: Annotated[float, Field(gt=0, le=100)] = Field(
        default=10.0, description="km/h above 0, at most 100: the speed between a site and the street"
    )
    night_factor: Annotated[float, Field(ge=0.1, le=5)] = Field(
        default=1.0, description="a number from 0.1 to 5 that multiplies all road speeds"
    )
    speeds_kph: SpeedsKph = Field(
        default_factory=dict, description="km/h above 0, at most 200, by OSM highway class, such as residential = 25"
    )
    hours: Annotated[tuple[SpeedHours, ...], Field(max_length=MAX_HOURS), AfterValidator(checked_hours)] = Field(
        default=(), description="a list of speed hours, each with name, windows, factor and speeds_kph"
    )
    slow: Annotated[tuple[SlowArea, ...], Field(max_length=MAX_SLOW)] = Field(
        default=(), description="a list of slow areas, each with name, polygon, factor and windows"
    )
    turns: bool = Field(default=False, description="true or false: whether turn restrictions are obeyed")
    u_turn_s: Annotated[float, Field(ge=0, le=3600)] = Field(
        default=20.0, description="seconds from 0 to 3600 that turning round takes, where turns are obeyed"
    )


class Scenario(Frozen):
    """One night: where, who, when.

    All times are brought to the scenario's timezone.

    Parameters
    ----------
    name : str
    date : date
        The date on which the night begins.
    timezone : str
        IANA name ("Asia/Makassar") or offset ("+08:00").
    places, sites, areas, squads, presence : tuple
    forming : Forming or None
        What more squads are to be formed from; see `patrolroute.form_squads`.
    closures : Closures
    travel : Travel
    notes : tuple of str
        Sentences that are printed on every output.
    balance : {"stops", "duty"} or None
        What squads share evenly among plans that cover as much with as little overtime: stops, or time on duty.
    max_spread_stops : int or None
        By how many stops at most one squad may have more than another; one that stays in has none.
    max_spread_duty_min : float or None
        By how many minutes at most one squad may be longer on duty than another: from when its shift lets it leave
        until it is back; one that stays in is not on duty.
    overtime_price : OvertimePrice or None
        What an hour of overtime costs; without it overtime is made for whatever it covers.

    Raises
    ------
    InputError
        When a value is at fault, an id stands twice, or a squad's start or end names no place or site; it lists
        every fault.
    """

    schema_version: Literal[1] = Field(default=1, description="1")
    name: Annotated[Name, Field(min_length=1)] = Field(description="a text of 1 to 300 characters")
    date: dt.date = Field(description="the date on which the night begins, year-month-day, such as 2023-11-23")
    timezone: str = Field(description="an IANA name such as 'Asia/Makassar' or an offset such as '+08:00'")
    places: Annotated[tuple[Place, ...], Field(max_length=MAX_SITES)] = Field(
        default=(), description="a list of places, or the name of a table"
    )
    sites: Annotated[tuple[Site, ...], Field(max_length=MAX_SITES)] = Field(
        default=(), description="a list of sites, or the name of a table"
    )
    squads: Annotated[tuple[Squad, ...], Field(max_length=MAX_SQUADS)] = Field(
        default=(), description="a list of squads, or the name of a table"
    )
    areas: Annotated[tuple[Area, ...], Field(max_length=MAX_AREAS)] = Field(
        default=(), description="a list of areas, or the name of a table"
    )
    presence: Annotated[tuple[Presence, ...], Field(max_length=MAX_PRESENCES)] = Field(
        default=(), description="a list of presences, or the name of a table"
    )
    forming: Forming | None = Field(
        default=None, description="a table of people, vehicles and so on, from which squads are formed"
    )
    closures: Closures = Field(default=Closures(), description="a table of streets, edges and polygons")
    travel: Travel = Field(
        default=Travel(),
        description="a table of snap_limit_m, skip_off_road, access_kph, night_factor, speeds_kph, hours, slow, turns "
        "and u_turn_s",
    )
    notes: Annotated[tuple[Name, ...], Field(max_length=100)] = Field(
        default=(), description="a list of at most 100 sentences that every output prints"
    )
    balance: Literal["stops", "duty"] | None = Field(
        default=None,
        description="'stops' or 'duty': what squads share evenly where plans cover as much with as little overtime",
    )
    max_spread_stops: Annotated[int, Field(ge=0, le=10_000)] | None = Field(
        default=None,
        description="a whole number from 0 to 10000: how many stops one squad may have more than another",
    )
    max_spread_duty_min: Annotated[float, Field(ge=0, le=10_000)] | None = Field(
        default=None,
        description="minutes from 0 to 10000 that one squad may be longer on duty than another",
    )
    overtime_price: OvertimePrice | None = Field(
        default=None, description="a table of tier and weight_per_h: what an hour of overtime costs"
    )

    @field_validator("date", mode="before")
    @classmethod
    def _no_timestamp(cls, value: Any) -> Any:
        if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
            return value
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value.strip(), re.ASCII):
            return value.strip()
        dated = year_first(value)[:10] if isinstance(value, str) else ""
        hint = f"; write {dated}" if dated else ""
        raise ValueError(f"date is {found(value)}; expected year-month-day alone, such as 2023-11-23{hint}")

    @field_validator("date")
    @classmethod
    def _date_in_reach(cls, date: dt.date) -> dt.date:
        return checked_date(date)

    @field_validator("timezone")
    @classmethod
    def _zone_known(cls, name: str) -> str:
        zone_of(name.strip())
        return name.strip()

    @model_validator(mode="after")
    def _sound_together(self) -> Self:
        points = [
            Entry(f"{what} {n} {found(p.title)}", p.id, (p.lon, p.lat))
            for what, table in (("place", self.places), ("site", self.sites))
            for n, p in enumerate(table, start=1)
        ]
        squads = [
            Entry(f"squad {n} {found(s.title)}", s.id, None, (("start", s.start), ("end", s.end), *s.break_ends))
            for n, s in enumerate(self.squads, start=1)
        ]
        forming = self.forming
        crews: list[Squad | Forming] = [*self.squads, *([forming] if forming else [])]
        if forming is not None:
            squads.append(
                Entry("forming", None, None, (("start", forming.start), ("end", forming.end), *forming.break_ends))
            )
        presences = [
            Entry(f"presence {n} {found(p.title)}", p.id, None, (("place", p.place),))
            for n, p in enumerate(self.presence, start=1)
        ]
        grounds = [(entry.where, p.area) for entry, p in zip(presences, self.presence, strict=True) if p.area]
        areas = [Entry(f"area {n} {found(a.title)}", a.id) for n, a in enumerate(self.areas, start=1)]
        faults = cross_faults(points, squads, presences=presences, areas=areas)
        faults += ground_faults(grounds, {area.id: not area.rings for area in self.areas})
        wanting: list[TeamNeeds] = [*self.sites, *self.areas]
        wishes = [
            Wish(entry.where, each.needs, each.only_by, each.not_by)
            for entry, each in zip([*points[len(self.places) :], *areas], wanting, strict=True)
        ]
        forces = [force for crew in crews for force in crew.people]
        faults += team_faults(wishes, [squad.id for squad in self.squads], forces, formed=forming is not None)
        for entry, site in zip(points[len(self.places) :], self.sites, strict=True):
            faults += [f"{entry.where}: {text}" for text in far_times(_begins(site), self.start)]
        for entry, area in zip(areas, self.areas, strict=True):
            faults += [f"{entry.where}: {text}" for text in far_times([w.opens for w in area.windows], self.start)]
        for entry, crew in zip(squads, crews, strict=True):
            faults += [f"{entry.where}: {text}" for text in far_times([crew.shift.start], self.start)]
        for entry, each in zip(presences, self.presence, strict=True):
            faults += [f"{entry.where}: {text}" for text in far_times([each.period.opens], self.start)]
        by_hour: tuple[SpeedHours | SlowArea, ...] = (*self.travel.hours, *self.travel.slow)
        for timed in by_hour:
            moments = [window.opens for window in timed.windows]
            faults += [f"travel {found(timed.name)}: {text}" for text in far_times(moments, self.start)]
        tiers = {tier for table in (self.sites, self.areas, self.presence) for tier in (each.tier for each in table)}
        if self.overtime_price is not None and tiers and self.overtime_price.tier not in tiers:
            faults.append(
                f"overtime_price: no site, area or presence has tier {self.overtime_price.tier}; expected one of "
                f"{', '.join(map(str, sorted(tiers)))}."
            )
        if faults:
            raise InputError(faults)
        self._bring_home()
        return self

    def _bring_home(self) -> None:
        """Put every time on the scenario's clock; moments stay what they are."""
        zone = self.zone
        sites = tuple(
            site.model_copy(
                update={
                    "windows": tuple(_in_zone(w, zone) for w in site.windows),
                    "worth": tuple(_in_zone(w, zone) for w in site.worth),
                }
            )
            if site.windows or site.worth
            else site
            for site in self.sites
        )
        areas = tuple(_windows_in_zone(area, zone) for area in self.areas)
        squads = tuple(_crew_in_zone(squad, zone) for squad in self.squads)
        presence = tuple(p.model_copy(update={"period": _in_zone(p.period, zone)}) for p in self.presence)
        forming = None if self.forming is None else _crew_in_zone(self.forming, zone)
        hours = tuple(_windows_in_zone(each, zone) for each in self.travel.hours)
        slow = tuple(_windows_in_zone(each, zone) for each in self.travel.slow)
        travel = self.travel.model_copy(update={"hours": hours, "slow": slow}) if hours or slow else self.travel
        self.__dict__.update(sites=sites, areas=areas, squads=squads, presence=presence, forming=forming, travel=travel)

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
        return int(elapsed_s(self.start, moment))

    @cached_property
    def span(self) -> tuple[dt.datetime, dt.datetime] | None:
        """From when the first squad may leave until the last one must be back; None without squads."""
        if not self.squads:
            return None
        return (
            min((squad.shift.leave for squad in self.squads), key=dt.datetime.timestamp),
            max((squad.shift.back for squad in self.squads), key=dt.datetime.timestamp),
        )

    def visits_wanted(self, site: Site) -> int:
        """Return how many visits a site wants: its `visits`, or one in each whole `every_min` of the night, at least 1.

        The night is the squads' span, for a site with windows from the first one's opening to the last one's closing.
        """
        if site.every_min is None or self.span is None:
            return site.visits
        first, last = (moment.timestamp() for moment in self.span)
        if site.windows:
            first = max(first, min(window.opens.timestamp() for window in site.windows))
            last = min(last, max(window.closes.timestamp() for window in site.windows))
        return min(max(1, int((last - first) // (site.every_min * 60))), MOST_VISITS)

    @cached_property
    def bases(self) -> frozenset[str]:
        """Ids of the points that squads, their breaks and presences name."""
        return frozenset(
            [
                *(end for squad in self.squads for end in (squad.start, squad.end)),
                *(place for squad in self.squads for each in squad.breaks for place in each.places),
                *(each.place for each in self.presence),
            ]
        )

    def is_there(self, presence: Presence, point: Place) -> bool:
        """Return whether whoever stands at a point counts for a presence: at its post, or on its ground."""
        return presence.holds(point, next((area for area in self.areas if area.id == presence.area), None))

    @property
    def things(self) -> tuple[Site | Area, ...]:
        """Sites and areas: what squads are sent to."""
        return (*self.sites, *self.areas)

    @cached_property
    def points(self) -> dict[str, Place]:
        """Places and sites by id."""
        return {point.id: point for point in (*self.places, *self.sites)}


def far_times(moments: list[Moment], start: dt.datetime) -> list[str]:
    """Return a fault for each moment that lies far from the scenario's date."""
    return [
        f"{moment:%Y-%m-%d %H:%M} is {abs(elapsed_s(start, moment)) / 86400:,.0f} days from the scenario's date, "
        f"{start:%Y-%m-%d}; expected at most {FARTHEST_DAYS}; check the year and month."
        for moment in moments
        if abs(elapsed_s(start, moment)) > FARTHEST_DAYS * 86400
    ]


def _begins(site: Site) -> list[Moment]:
    return [*(window.opens for window in site.windows), *(span.since for span in site.worth)]


def _in_zone(span: _Span, zone: ZoneInfo | dt.timezone) -> _Span:
    moments: dict[str, Any] = {
        name: value.astimezone(zone)
        for name, value in span
        if isinstance(value, dt.datetime) and value.tzinfo is not zone
    }
    return span.model_copy(update=moments) if moments else span


def _crew_in_zone(crew: _Crew, zone: ZoneInfo | dt.timezone) -> _Crew:
    breaks = tuple(
        each.model_copy(update={"window": _in_zone(each.window, zone)}) if each.window else each for each in crew.breaks
    )
    return crew.model_copy(update={"shift": _in_zone(crew.shift, zone), "breaks": breaks})


def _windows_in_zone(timed: _Windowed, zone: ZoneInfo | dt.timezone) -> _Windowed:
    if not timed.windows:
        return timed
    return timed.model_copy(update={"windows": tuple(_in_zone(window, zone) for window in timed.windows)})
