"""A small town of sixteen junctions, and nights in it whose times follow from its real legs."""

from __future__ import annotations

import datetime as dt
import itertools
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

from patrolroute.plans import Plan, Route, Skipped, TierCoverage, Visit
from patrolroute.provenance import OSM_ATTRIBUTION, Provenance
from patrolroute.render import Night
from patrolroute.roads import RoadNetwork, place_on_roads, roads_from_graph, trace_legs
from patrolroute.scenario.model import Closures, Place, Scenario, Site, Squad, Travel

SURVEYED = Provenance(kind="file", source="town.osm", date="2025-11-21", attribution=OSM_ATTRIBUTION)
SYNTHETIC = Provenance(kind="synthetic", source="stand-in 1", date="2025-01-01")
HOSTILE = (
    "<script>document.title='owned'</script>",
    "</script><img src=x onerror=\"document.title='owned'\">",
    "`${document.title='owned'}`",
    "{{ 7 * 7 }}{% raw %}",
    "a | b $x$ $y_{ *bold* [link](http://evil.test)",
    '=HYPERLINK("http://evil.test") & "quoted" \'single\' \\',
)
STEP_DEG = 0.004
NOTHING_CLOSED = Closures()
EVERY_HOUR_ALIKE = Travel()


@pytest.fixture(scope="session")
def hostile_names() -> tuple[str, ...]:
    return HOSTILE


@pytest.fixture(scope="session")
def town() -> Callable[..., RoadNetwork]:
    """Four streets east-west and four north-south, about 440 m apart; the second street north has no name."""

    def build(provenance: Provenance = SURVEYED, street: str = "Jalan Timur") -> RoadNetwork:
        graph = nx.MultiDiGraph(crs="epsg:4326")
        for i in range(4):
            for j in range(4):
                graph.add_node(10 * i + j, x=123.60 + i * STEP_DEG, y=-10.18 + j * STEP_DEG)
        for i in range(4):
            for j in range(4):
                here = 10 * i + j
                if i < 3:
                    name = "" if j == 1 else f"{street} {j}"
                    kind = "primary" if j == 0 else "residential"
                    graph.add_edge(here, here + 10, name=name, highway=kind)
                    graph.add_edge(here + 10, here, name=name, highway=kind)
                if j < 3:
                    graph.add_edge(here, here + 1, name=f"Jalan Utara {i}", highway="residential")
                    graph.add_edge(here + 1, here, name=f"Jalan Utara {i}", highway="residential")
        return roads_from_graph(graph, provenance=provenance)

    return build


def _site(number: int, name: str, away_deg: float, **more: Any) -> Site:
    i, j = [(1, 1), (3, 1), (3, 3), (0, 3), (2, 2), (2, 0)][number % 6]
    values = {
        "id": f"site-{number}",
        "name": name,
        "lon": 123.60 + i * STEP_DEG + away_deg,
        "lat": -10.18 + j * STEP_DEG + away_deg,
        "tier": number % 3 + 1,
        "weight": number + 1,
        "placement": ("surveyed", "approximate", "street")[number % 3],
        "source": "press",
    }
    return Site.model_validate(values | more)


@pytest.fixture(scope="session")
def make_night(town: Callable[..., RoadNetwork]) -> Callable[..., Night]:
    """Return a maker of nights: `orders` gives each squad's sites; sites that nobody visits are skipped."""

    def make(
        orders: Sequence[Sequence[int]] = ((0, 1, 2), (3, 4)),
        *,
        names: Sequence[str] = ("KPU Kota", "Bawaslu", "Gudang KPU", "Wali Kota", "Pasar", "RSUD"),
        squad_ids: Sequence[str] = ("regu-1", "regu-2", "regu-3"),
        squad_names: Sequence[str] | None = None,
        leave: tuple[int, int] = (22, 30),
        dwell_s: int = 900,
        wait_s: int = 0,
        provenance: Provenance = SURVEYED,
        timezone: str = "Asia/Makassar",
        date: dt.date = dt.date(2023, 11, 23),
        notes: tuple[str, ...] = ("Radio channel 4.",),
        street: str = "Jalan Timur",
        base: str = "Mapolda NTT",
        more_sites: Sequence[Site] = (),
        people: dict[str, int] | None = None,
        same_place: bool = False,
        all_legs: bool = False,
        away_deg: float = 0.0002,
        closures: Closures = NOTHING_CLOSED,
        travel: Travel = EVERY_HOUR_ALIKE,
    ) -> Night:
        roads = town(provenance, street)
        empty = Scenario(name="probe", date=date, timezone=timezone)
        places = (Place(id="base", name=base, lon=123.6001, lat=-10.1801, placement="surveyed", source="map"),)
        on_base = {"lon": places[0].lon, "lat": places[0].lat} if same_place else {}
        sites = (
            *(_site(n, name, away_deg, **(on_base if n == 0 else {})) for n, name in enumerate(names)),
            *more_sites,
        )
        shift_start = empty.start + dt.timedelta(hours=leave[0], minutes=leave[1] - 30)
        shift = {"start": shift_start, "end": shift_start + dt.timedelta(hours=4), "briefing_min": 30}
        squads = tuple(
            Squad.model_validate(
                {
                    "id": squad_id,
                    "name": squad_names[k] if squad_names else f"Regu {k + 1}",
                    "people": {"Preventif": 4, "Preemtif": 2} if people is None else people,
                    "start": "base",
                    "end": "base",
                    "shift": {**shift, "debriefing_min": 15},
                }
            )
            for k, squad_id in enumerate(squad_ids[: len(orders)])
        )
        scenario = Scenario(
            name="Patroli malam Kupang",
            date=date,
            timezone=timezone,
            places=places,
            sites=sites,
            squads=squads,
            notes=notes,
            closures=closures,
            travel=travel,
        )
        legs, routes = {}, []
        placed = place_on_roads(roads, [*places, *(s for s in sites if s not in more_sites)], travel=scenario.travel)
        for squad, order in zip(squads, orders, strict=True):
            stops = ["base", *(sites[n].id for n in order), "base"] if order else []
            pairs = list(itertools.pairwise(stops))
            driven = trace_legs(roads, placed, pairs)
            clock = leave_s = scenario.seconds(squad.shift.leave)
            visits, drive_s, drive_m = [], 0, 0
            for k, leg in enumerate(driven):
                if leg.travel_ms or all_legs:
                    legs[squad.id, k] = leg
                seconds, metres = -(-leg.travel_ms // 1000), -(-leg.length_dm // 10)
                drive_s, drive_m, clock = drive_s + seconds, drive_m + metres, clock + seconds
                if k == len(order):
                    break
                site, begin = leg.destination, clock + wait_s
                visits.append(
                    Visit(
                        visit=site,
                        site=site,
                        entry=site,
                        exit=site,
                        arrive_s=clock,
                        begin_s=begin,
                        end_s=begin + dwell_s,
                        drive_s=seconds,
                        drive_m=metres,
                    )
                )
                clock = begin + dwell_s
            routes.append(
                Route(
                    squad=squad.id,
                    visits=tuple(visits),
                    leave_s=leave_s,
                    return_s=clock,
                    drive_s=drive_s,
                    drive_m=drive_m,
                )
            )
        visited = {visit.site for route in routes for visit in route.visits}
        skipped = tuple(
            Skipped(
                site=site.id,
                part=site.id,
                tier=site.tier,
                weight=site.weight,
                required=site.required,
                code="no_time",
                reason="The squads' time went to other sites.",
            )
            for site in sites
            if site.id not in visited
        )
        plan = Plan(
            name=scenario.name,
            start=scenario.start,
            routes=tuple(routes),
            skipped=skipped,
            coverage=tuple(_coverage(tier, sites, visited) for tier in sorted({site.tier for site in sites})),
            engine="by hand",
            provenance=provenance,
            problem_digest="0" * 64,
        )
        return Night(plan, scenario, roads, legs)

    return make


def _coverage(tier: int, sites: Sequence[Site], visited: set[str]) -> TierCoverage:
    inside = [site for site in sites if site.tier == tier]
    covered = [site for site in inside if site.id in visited]
    return TierCoverage(
        tier=tier,
        covered_weight=sum(site.weight for site in covered),
        total_weight=sum(site.weight for site in inside),
        covered_sites=len(covered),
        total_sites=len(inside),
    )


@pytest.fixture(scope="session")
def night(make_night: Callable[..., Night]) -> Night:
    """Two squads, five visits, one site left out."""
    return make_night()


@pytest.fixture(scope="session")
def synthetic() -> Provenance:
    return SYNTHETIC


@pytest.fixture(scope="session")
def browser() -> Callable[..., str]:
    """Return a function that opens a page in a real browser and returns its elements after its scripts have run."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.skip("needs a browser (chromium), which is not installed")

    def dump(page: str, directory: Path, *, width: int = 1280) -> str:
        path = directory / "page.html"
        path.write_text(page, encoding="utf-8")
        options = [
            f"--window-size={width},800",
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
        ]
        command = [found, *options, "--virtual-time-budget=4000", f"--user-data-dir={directory / 'profile'}"]
        command += ["--dump-dom", path.as_uri()]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout

    return dump
