"""Hypothesis strategies of whole scenarios, for every room that tests with them."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

from hypothesis import strategies as st

from patrolroute.scenario import Closures, Place, Scenario, Shift, Site, Squad, Travel, Vehicle, Window, zone_of
from patrolroute.scenario.hours import SlowArea, SpeedHours
from patrolroute.scenario.model import Placement

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
def sites(draw: st.DrawFn, site_id: str, date: dt.date, timezone: str) -> Site:
    """Return a site with windows that its stop fits."""
    dwell_min = draw(st.floats(0, 120))
    windows = []
    for opens in draw(st.lists(moments(date, timezone), max_size=3)):
        length_s = draw(st.integers(max(1, math.ceil(dwell_min * 60)), 8 * 3600))
        closes = (opens.astimezone(dt.UTC) + dt.timedelta(seconds=length_s)).astimezone(opens.tzinfo)
        windows.append(Window(opens=opens, closes=closes))
    return Site(
        id=site_id,
        tier=draw(st.integers(1, 9)),
        weight=draw(st.integers(1, 1_000_000)),
        dwell_min=dwell_min,
        windows=tuple(windows),
        required=draw(st.booleans()),
        **draw(points()),
    )


@st.composite
def squads(draw: st.DrawFn, squad_id: str, ends: list[str], date: dt.date, timezone: str) -> Squad:
    """Return a squad that starts and ends at some of the places."""
    start = draw(moments(date, timezone, hours=30))
    length_s = draw(st.integers(0, 12 * 3600))
    briefing_s = draw(st.integers(0, length_s))
    end = (start.astimezone(dt.UTC) + dt.timedelta(seconds=length_s)).astimezone(start.tzinfo)
    return Squad(
        id=squad_id,
        name=draw(names()),
        people=draw(st.dictionaries(names(min_size=1), st.integers(0, 50), max_size=3)),
        vehicle=Vehicle(kind=draw(st.sampled_from(["car", "motorcycle"])), speed_factor=draw(st.floats(0.1, 5))),
        start=draw(st.sampled_from(ends)),
        end=draw(st.sampled_from(ends)),
        shift=Shift(start=start, end=end, briefing_min=briefing_s // 60),
        max_driving_min=draw(st.none() | st.floats(0, 2880)),
    )


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


@st.composite
def scenarios(draw: st.DrawFn, *, max_sites: int = 4, max_squads: int = 3) -> Scenario:
    """Return sound scenarios: nights in several timezones, clock changes among them, with every field."""
    timezone = draw(st.sampled_from(TIMEZONES))
    date = draw(st.sampled_from(CLOCK_CHANGES) | st.dates(dt.date(2000, 1, 1), dt.date(2100, 1, 1)))
    ids = draw(st.lists(names(min_size=1), min_size=1, max_size=max_sites + 2, unique=True))
    squad_ids = draw(st.lists(names(min_size=1), max_size=max_squads, unique=True))
    corner = st.tuples(st.floats(-1, 1), st.floats(-1, 1))
    triangles = st.builds(lambda c: ((c[0], c[1]), (c[0] + 1, c[1]), (c[0], c[1] + 0.5)), corner)
    return Scenario(
        name=draw(names(min_size=1)),
        date=date,
        timezone=timezone,
        places=tuple(Place(id=each, **draw(points())) for each in ids[:2]),
        sites=tuple(draw(sites(each, date, timezone)) for each in ids[2:]),
        squads=tuple(draw(squads(each, ids, date, timezone)) for each in squad_ids),
        closures=Closures(
            streets=tuple(draw(st.lists(names(min_size=1), max_size=2))),
            edges=tuple(draw(st.lists(st.tuples(st.integers(0, 2**40), st.integers(0, 2**40)), max_size=2))),
            polygons=tuple(draw(st.lists(triangles, max_size=2))),
        ),
        travel=draw(travel_settings(date, timezone, triangles)),
        notes=tuple(draw(st.lists(names(), max_size=2))),
    )
