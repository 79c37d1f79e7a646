"""Hypothesis strategies of whole scenarios, for every room that tests with them."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from typing import Any

from hypothesis import strategies as st

from patrolroute.scenario import (
    Area,
    Break,
    Closures,
    Forming,
    OvertimePrice,
    Place,
    Presence,
    Scenario,
    Shift,
    Site,
    Squad,
    Travel,
    Vehicle,
    VehiclePool,
    Window,
    Worth,
    zone_of,
)
from patrolroute.scenario.base import ANYWHERE
from patrolroute.scenario.hours import SlowArea, SpeedHours
from patrolroute.scenario.model import Placement
from patrolroute.scenario.rests import rest_fault

TIMEZONES = ("Asia/Makassar", "Asia/Jayapura", "Europe/Lisbon", "America/New_York", "+08:00", "-03:30", "UTC")
"""With and without changes of the clock."""

CLOCK_CHANGES = (dt.date(2023, 3, 26), dt.date(2023, 10, 29), dt.date(2023, 11, 5), dt.date(2024, 3, 10))
"""Dates on which clocks change in one of the timezones."""

_LETTERS = st.characters(
    exclude_categories=("Cc", "Cs", "Zl", "Zp"),
    exclude_characters="\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
)


def names(*, min_size: int = 0, max_size: int = 20) -> st.SearchStrategy[str]:
    """Return texts as a planner may write them, formulas and markup among them, without spaces at their ends."""
    odd = st.sampled_from(["=cmd|' /C calc'!A0", "@SUM(1)", "<script>alert(1)</script>", "Jl. El Tari", "'", '"', ";"])
    texts = st.text(_LETTERS, min_size=min_size, max_size=max_size).map(lambda text: " ".join(text.split()))
    return (texts | odd).filter(lambda text: len(text) >= min_size)


def ids(*, max_size: int) -> st.SearchStrategy[list[str]]:
    """Return lists of ids, none twice and none the word for no certain place."""
    return st.lists(names(min_size=1).filter(lambda text: text != ANYWHERE), max_size=max_size, unique=True)


def moments(date: dt.date, timezone: str, *, hours: int = 36) -> st.SearchStrategy[dt.datetime]:
    """Return moments within some hours of a date's beginning, in its timezone or another."""
    start = dt.datetime.combine(date, dt.time(0), tzinfo=zone_of(timezone)).astimezone(dt.UTC)
    seconds = st.integers(0, hours * 3600)
    zones = st.sampled_from([timezone, "UTC"]).map(zone_of)
    return st.builds(lambda s, zone: (start + dt.timedelta(seconds=s)).astimezone(zone), seconds, zones)


@st.composite
def points(draw: st.DrawFn) -> dict[str, Any]:
    """Return lon, lat and the rest of what places and sites share, near one city."""
    return {
        "name": draw(names()),
        "lon": draw(st.floats(123.5, 123.7)),
        "lat": draw(st.floats(-10.3, -10.1)),
        "placement": draw(st.sampled_from(Placement)),
        "source": draw(names()),
    }


@st.composite
def sites(
    draw: st.DrawFn,
    site_id: str,
    date: dt.date,
    timezone: str,
    *,
    squads: tuple[str, ...] = (),
    forces: tuple[str, ...] = (),
) -> Site:
    """Return a site with windows that its stop fits."""
    dwell_min = draw(st.floats(0, 120))
    windows = []
    for opens in draw(st.lists(moments(date, timezone), max_size=3)):
        length_s = draw(st.integers(max(1, math.ceil(dwell_min * 60)), 8 * 3600))
        closes = (opens.astimezone(dt.UTC) + dt.timedelta(seconds=length_s)).astimezone(opens.tzinfo)
        windows.append(Window(opens=opens, closes=closes))
    weight = draw(st.integers(1, 1_000_000))
    seen = draw(st.booleans()) and weight > 1
    return Site(
        id=site_id,
        tier=draw(st.integers(1, 9)),
        weight=weight,
        worth=draw(worths(date, timezone)),
        seen_within_m=draw(st.floats(0.5, 1000)) if seen else None,
        seen_weight=draw(st.integers(1, weight - 1)) if seen else None,
        wait=draw(st.booleans()),
        dwell_min=dwell_min,
        windows=tuple(windows),
        required=draw(st.booleans()),
        squads_together=1 if seen else draw(st.integers(1, 3)),
        **draw(revisits()),
        **draw(points()),
        **draw(wishes(squads, forces)),
    )


@st.composite
def wishes(draw: st.DrawFn, squads: tuple[str, ...], forces: tuple[str, ...]) -> dict[str, Any]:
    """Return what a site asks of squads, mostly nothing."""
    if draw(st.integers(0, 3)):
        return {}
    named = draw(st.lists(st.sampled_from(squads), unique=True)) if squads else []
    cut = draw(st.integers(0, len(named)))
    return {
        "needs": draw(st.dictionaries(st.sampled_from(forces), st.integers(1, 9), max_size=2)) if forces else {},
        "people_min": draw(st.integers(0, 20)),
        "vehicles": tuple(draw(st.lists(st.sampled_from(["car", "motorcycle"]), unique=True))),
        "only_by": tuple(named[:cut]),
        "not_by": tuple(named[cut:]),
    }


@st.composite
def formings(draw: st.DrawFn, ends: list[str], date: dt.date, timezone: str) -> Forming:
    """Return people and vehicles that at least one squad can be formed of."""
    people = draw(st.dictionaries(names(min_size=1), st.integers(1, 9), min_size=1, max_size=3))
    first = next(iter(people))
    start = draw(moments(date, timezone, hours=30))
    end = (start.astimezone(dt.UTC) + dt.timedelta(seconds=draw(st.integers(0, 12 * 3600)))).astimezone(start.tzinfo)
    kinds = st.sampled_from(["car", "motorcycle"])
    pools = st.builds(
        VehiclePool, kind=kinds, seats=st.integers(1, 9), count=st.integers(1, 3), speed_factor=st.floats(0.1, 5)
    )
    shift = Shift(start=start, end=end)
    forming = Forming(
        people=people,
        vehicles=tuple(draw(st.lists(pools, min_size=1, max_size=3))),
        squads=draw(st.none() | st.just(1)),
        least_size=1,
        leaders=draw(st.sampled_from([None, 1, {first: 1}])),
        start=draw(st.sampled_from(ends)),
        end=draw(st.sampled_from(ends)),
        shift=shift,
        overtime_min=draw(st.floats(0, 1440)),
        max_stops=draw(st.none() | st.integers(0, 9)),
    )
    rests = {"breaks": draw(breaks(shift, ends)), "longest_without_break_min": draw(st.none() | st.floats(30, 240))}
    rested = forming.model_copy(update=rests)
    return forming if rest_fault(rested) else rested


@st.composite
def revisits(draw: st.DrawFn) -> dict[str, Any]:
    """Return how often a site wants to be visited, and what goes with it."""
    how_often = draw(st.sampled_from([{}, {"visits": 3}, {"every_min": 45.0}]))
    if not how_often:
        return {}
    gap_min = draw(st.none() | st.floats(0, 60))
    gap_max_min = draw(st.none() | st.floats(60, 600))
    weight = draw(st.none() | st.integers(1, 1_000_000))
    return how_often | {"gap_min": gap_min, "gap_max_min": gap_max_min, "revisit_weight": weight}


@st.composite
def breaks(draw: st.DrawFn, shift: Shift, places: list[str]) -> tuple[Break, ...]:
    """Return breaks that the shift has room for."""
    room_s = int((shift.back.astimezone(dt.UTC) - shift.leave.astimezone(dt.UTC)).total_seconds())
    if room_s < 3600:
        return ()
    pauses = []
    for minutes in draw(st.lists(st.integers(1, 60), max_size=2)):
        late_s = draw(st.integers(0, room_s - minutes * 60))
        opens = (shift.leave.astimezone(dt.UTC) + dt.timedelta(seconds=late_s)).astimezone(shift.leave.tzinfo)
        closes = (opens.astimezone(dt.UTC) + dt.timedelta(minutes=minutes)).astimezone(opens.tzinfo)
        window = draw(st.sampled_from([None, Window(opens=opens, closes=closes)]))
        named = draw(st.lists(st.sampled_from(places), max_size=2, unique=True))
        pauses.append(Break(minutes=minutes, window=window, places=tuple(named)))
    return tuple(pauses)


@st.composite
def presences(draw: st.DrawFn, presence_id: str, places: list[str], date: dt.date, timezone: str) -> Presence:
    """Return a presence at one of the places, with a ring around it or without."""
    opens = draw(moments(date, timezone, hours=30))
    closes = (opens.astimezone(dt.UTC) + dt.timedelta(minutes=draw(st.integers(1, 400)))).astimezone(opens.tzinfo)
    ring = draw(st.none() | st.just(((123.5, -10.3), (123.7, -10.3), (123.6, -10.1))))
    return Presence(
        id=presence_id,
        name=draw(names()),
        squads=draw(st.integers(1, 4)),
        period=Window(opens=opens, closes=closes),
        place=draw(st.sampled_from(places)),
        ring=ring,
        slot_min=draw(st.floats(5, 60)),
        tier=draw(st.integers(1, 9)),
        weight=draw(st.integers(1, 100)),
        all_or_nothing=draw(st.booleans()),
        required=draw(st.booleans()),
    )


@st.composite
def areas(draw: st.DrawFn, area_id: str, date: dt.date, timezone: str) -> Area:
    """Return an area of rings or of a street."""
    lon, lat = draw(st.floats(123.5, 123.7)), draw(st.floats(-10.3, -10.1))
    ring = ((lon, lat), (lon + 0.01, lat), (lon, lat + 0.02))
    hole = ((lon + 0.001, lat + 0.001), (lon + 0.002, lat + 0.001), (lon + 0.001, lat + 0.002))
    of_rings = {"rings": (ring,), "holes": (hole,) if draw(st.booleans()) else ()}
    of_street = {"street": draw(names(min_size=1)), "buffer_m": draw(st.floats(1, 500))}
    opens = draw(moments(date, timezone))
    closes = (opens.astimezone(dt.UTC) + dt.timedelta(hours=2)).astimezone(opens.tzinfo)
    return Area(
        id=area_id,
        name=draw(names()),
        tier=draw(st.integers(1, 9)),
        weight=draw(st.integers(1, 1_000_000)),
        share=draw(st.floats(0.01, 1)),
        streets=tuple(draw(st.lists(st.sampled_from(["residential", "primary"]), max_size=2, unique=True))),
        patrol_kph=draw(st.floats(3, 100)),
        windows=(Window(opens=opens, closes=closes),) if draw(st.booleans()) else (),
        source=draw(names()),
        **(of_rings if draw(st.booleans()) else of_street),
    )


@st.composite
def worths(draw: st.DrawFn, date: dt.date, timezone: str) -> tuple[Worth, ...]:
    """Return weights by the hour, in spans that share no time."""
    edges = sorted(set(draw(st.lists(moments(date, timezone), max_size=5))), key=dt.datetime.timestamp)
    pairs = itertools.pairwise(edges)
    spans = tuple(Worth(since=a, until=b, weight=draw(st.integers(0, 1_000_000))) for a, b in pairs)
    return tuple(span for span in spans if draw(st.booleans()))


@st.composite
def squads(draw: st.DrawFn, squad_id: str, ends: list[str], date: dt.date, timezone: str) -> Squad:
    """Return a squad that starts and ends at some of the places."""
    start = draw(moments(date, timezone, hours=30))
    length_s = draw(st.integers(0, 12 * 3600))
    briefing_s = draw(st.integers(0, length_s))
    end = (start.astimezone(dt.UTC) + dt.timedelta(seconds=length_s)).astimezone(start.tzinfo)
    shift = Shift(start=start, end=end, briefing_min=briefing_s // 60)
    squad = Squad(
        id=squad_id,
        name=draw(names()),
        people=draw(st.dictionaries(names(min_size=1), st.integers(0, 50), max_size=3)),
        vehicle=Vehicle(kind=draw(st.sampled_from(["car", "motorcycle"])), speed_factor=draw(st.floats(0.1, 5))),
        start=draw(st.sampled_from([*ends, ANYWHERE])),
        end=draw(st.sampled_from([*ends, ANYWHERE])),
        shift=shift,
        max_driving_min=draw(st.none() | st.floats(0, 2880)),
        max_stops=draw(st.none() | st.integers(0, 10_000)),
        overtime_min=draw(st.floats(0, 1440)),
    )
    rests = {"breaks": draw(breaks(shift, ends)), "longest_without_break_min": draw(st.none() | st.floats(30, 240))}
    rested = squad.model_copy(update=rests)
    return squad if rest_fault(rested) else rested


@st.composite
def travel_settings(draw: st.DrawFn, date: dt.date, timezone: str, rings: st.SearchStrategy[Any]) -> Travel:
    """Return settings of driving, with speeds by hour of which no two hold at one moment, and slow areas."""
    times = sorted(draw(st.lists(moments(date, timezone), max_size=6, unique=True)))
    spans = [Window(opens=one, closes=other) for one, other in zip(times[::2], times[1::2], strict=False)]
    return Travel(
        snap_limit_m=draw(st.floats(1, 1000)),
        skip_off_road=draw(st.booleans()),
        access_kph=draw(st.floats(1, 50)),
        night_factor=draw(st.floats(0.5, 2)),
        turns=draw(st.booleans()),
        u_turn_s=draw(st.floats(0, 120)),
        speeds_kph=draw(st.dictionaries(st.sampled_from(["residential", "primary"]), st.floats(5, 90))),
        hours=tuple(
            SpeedHours(name=draw(names(min_size=1)), windows=(span,), factor=draw(st.floats(0.2, 2))) for span in spans
        ),
        slow=tuple(
            SlowArea(name=draw(names(min_size=1)), polygon=ring, factor=draw(st.floats(0.05, 1)), windows=tuple(spans))
            for ring in draw(st.lists(rings, max_size=2))
        ),
    )


_PRICES = st.floats(0.001, 100_000)


@st.composite
def scenarios(draw: st.DrawFn, *, max_sites: int = 4, max_squads: int = 3, max_areas: int = 2) -> Scenario:
    """Return sound scenarios: nights in several timezones, clock changes among them, with every field."""
    timezone = draw(st.sampled_from(TIMEZONES))
    date = draw(st.sampled_from(CLOCK_CHANGES) | st.dates(dt.date(2000, 1, 1), dt.date(2100, 1, 1)))
    spots = draw(ids(max_size=max_sites + 2).filter(len))
    posts = [each for each in draw(ids(max_size=2)) if each not in spots]
    grounds = [each for each in draw(ids(max_size=max_areas)) if each not in [*spots, *posts]]
    squad_ids = draw(ids(max_size=max_squads))
    crews = tuple(draw(squads(each, spots, date, timezone)) for each in squad_ids)
    forces = tuple(force for crew in crews for force in crew.people)
    corner = st.tuples(st.floats(-1, 1), st.floats(-1, 1))
    triangles = st.builds(lambda c: ((c[0], c[1]), (c[0] + 1, c[1]), (c[0], c[1] + 0.5)), corner)
    stops = tuple(draw(sites(each, date, timezone, squads=tuple(squad_ids), forces=forces)) for each in spots[2:])
    priced = st.builds(OvertimePrice, tier=st.sampled_from([each.tier for each in stops] or [1]), weight_per_h=_PRICES)
    return Scenario(
        name=draw(names(min_size=1)),
        date=date,
        timezone=timezone,
        places=tuple(Place(id=each, **draw(points())) for each in spots[:2]),
        sites=stops,
        areas=tuple(draw(areas(each, date, timezone)) for each in grounds),
        squads=crews,
        presence=tuple(draw(presences(each, spots, date, timezone)) for each in posts),
        forming=draw(formings(spots, date, timezone)) if draw(st.integers(0, 3)) == 0 else None,
        closures=Closures(
            streets=tuple(draw(st.lists(names(min_size=1), max_size=2))),
            edges=tuple(draw(st.lists(st.tuples(st.integers(0, 2**40), st.integers(0, 2**40)), max_size=2))),
            polygons=tuple(draw(st.lists(triangles, max_size=2))),
        ),
        travel=draw(travel_settings(date, timezone, triangles)),
        balance=draw(st.sampled_from([None, "stops", "duty"])),
        max_spread_stops=draw(st.none() | st.integers(0, 10_000)),
        max_spread_duty_min=draw(st.none() | st.floats(0, 10_000)),
        overtime_price=draw(st.none() | priced) if stops or not [*grounds, *posts] else None,
        notes=tuple(draw(st.lists(names(), max_size=2))),
    )
