"""Worth by the hour, being seen, waiting, overtime, squads without a place and several windows, all at once."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brute import MOST_VISITS, brute_force
from hourly import hours_of
from nights import at, line_matrix, scenario_of, site, squad, window
from patrolroute.build import compile_problem
from patrolroute.check import check_plan
from patrolroute.errors import InfeasibleError
from patrolroute.matrix import TravelMatrix
from patrolroute.patrol import PatrolPlan, plan
from patrolroute.render import patrol_sheet, skipped_table, visits_table
from patrolroute.roads import roads_from_graph
from patrolroute.rules.waiting import wait_elsewhere
from patrolroute.saved import check_saved
from patrolroute.scenario import Scenario, Window, Worth, read_scenario, write_scenario
from patrolroute.schedule import objective_of
from patrolroute.solver import solve
from streets import corner, town


@st.composite
def windows(draw: st.DrawFn, most: int) -> tuple[Window, ...]:
    starts = sorted(draw(st.sets(st.integers(22 * 60, 24 * 60), max_size=most)))
    return tuple(Window(opens=at(0, m), closes=at(0, m + draw(st.integers(10, 60)))) for m in starts)


@st.composite
def nights(draw: st.DrawFn) -> tuple[Scenario, TravelMatrix]:
    sites, seen = [], {}
    for n in range(draw(st.integers(1, 3))):
        more: dict[str, Any] = {}
        weight = draw(st.integers(2, 6))
        if draw(st.booleans()):
            cut = draw(st.integers(22 * 60 + 20, 23 * 60 + 40))
            more["worth"] = (Worth(since=at(0, cut), until=at(26), weight=draw(st.integers(0, 9))),)
        if draw(st.booleans()):
            more |= {"seen_within_m": 40.0, "seen_weight": draw(st.integers(1, weight - 1))}
            seen[f"s{n}~seen"] = n
        more |= {"wait": draw(st.booleans()), "windows": draw(windows(2)), "weight": weight}
        more["required"] = draw(st.integers(0, 4)) == 0
        sites.append(site(f"s{n}", tier=draw(st.integers(1, 2)), dwell_min=draw(st.sampled_from([5, 10])), **more))
    where = {"base": 0.0} | {f"s{n}": float(draw(st.integers(0, 30))) for n in range(len(sites))}
    squads = tuple(
        squad(name, end=draw(st.sampled_from([23, 24])), overtime_min=draw(st.sampled_from([0, 10, 30]))).model_copy(
            update={end: "anywhere" for end in ("start", "end") if draw(st.booleans())}
        )
        for name in ("a", "b")[: draw(st.integers(1, 2))]
    )
    scenario = scenario_of(tuple(sites), squads)
    matrix = line_matrix(scenario, where | {name: where[f"s{n}"] for name, n in seen.items()})
    matrix = replace(matrix, lonlat=np.tile([123.6, -10.17], (len(matrix.ids), 1)))
    return scenario, matrix.with_free_point("anywhere")


@given(night=nights())
@settings(max_examples=40, deadline=None)
def test_every_plan_of_every_mixture_keeps_every_rule(night: tuple[Scenario, TravelMatrix]) -> None:
    scenario, matrix = night
    problem = compile_problem(scenario, matrix)
    allowed = set()
    try:
        document = solve(problem, iterations=150, seed=1, bound_seconds=0)
    except InfeasibleError as error:
        if error.best is None:
            return
        document, allowed = error.best, {"required"}
    if len(problem.visits) <= MOST_VISITS - 2:
        orders = tuple(tuple(problem.visits.ids.index(v.visit) for v in route.visits) for route in document.routes)
        assert objective_of(problem, orders)[:2] == brute_force(problem)[:2]
    document = replace(document, name=scenario.name, start=scenario.start)
    document = wait_elsewhere(document, [each.id for each in scenario.sites if not each.wait])
    assert {v.rule for v in check_plan(document, scenario=scenario, matrix=matrix)} <= allowed


@given(night=nights(), data=st.data())
@settings(max_examples=25, deadline=None)
def test_every_plan_by_the_hour_keeps_every_rule(night: tuple[Scenario, TravelMatrix], data: st.DataObject) -> None:
    scenario, matrix = night
    edges = sorted(data.draw(st.sets(st.integers(22 * 3600, 24 * 3600), min_size=1, max_size=2)))
    times = data.draw(st.lists(st.sampled_from([0.4, 1.0, 1.5]), min_size=len(edges) + 1, max_size=len(edges) + 1))
    hours = hours_of(matrix, [21 * 3600, *edges], times)
    problem = compile_problem(scenario, hours.slowest, hours=hours)
    allowed = set()
    try:
        document = solve(problem, iterations=150, seed=1, bound_seconds=0)
    except InfeasibleError as error:
        if error.best is None:
            return
        document, allowed = error.best, {"required"}
    document = replace(document, name=scenario.name, start=scenario.start)
    document = wait_elsewhere(document, [each.id for each in scenario.sites if not each.wait], by_hour=True)
    found = check_plan(document, scenario=scenario, matrix=hours.slowest, hours=hours)
    assert {v.rule for v in found} <= allowed
    assert all(visit.arrive_s >= 22 * 3600 for route in document.routes for visit in route.visits)


def beside(row: int, column: int, north_deg: float = 0.0002) -> dict[str, float]:
    """Return a point in the middle of a street, 22 m north of it."""
    here = corner(row, column)
    return {"lon": here["lon"] + 0.001, "lat": here["lat"] + north_deg}


@pytest.fixture(scope="module")
def planned() -> PatrolPlan:
    hours = [{"from": at(22), "until": at(23), "weight": 5}, {"from": at(23), "until": at(24), "weight": 1}]
    sites = (
        site("kpu", tier=1, weight=3, **corner(2, 2)),
        site("pasar", weight=0, worth=hours, **beside(1, 1)),
        site("bar", worth=[{"from": at(23), "until": at(24), "weight": 5}], wait=False, **beside(0, 3)),
        site("toko", weight=5, dwell_min=200, seen_within_m=40, seen_weight=2, **beside(3, 2)),
        site("apotek", tier=3, dwell_min=200, weight=5, seen_within_m=23, seen_weight=2, windows=(
            window((25, 0), (29, 0)),), **beside(3, 2)),
    )  # fmt: skip
    free = squad("regu-1", end=23, overtime_min=20).model_copy(update={"start": "anywhere", "end": "anywhere"})
    return plan(scenario_of(sites, (free,)), roads_from_graph(town()), iterations=300, seed=1)


def test_a_real_night_is_planned_and_told(planned: PatrolPlan) -> None:
    visits = visits_table(planned.night).set_index("site")
    assert visits["weight"].to_dict() == {"kpu": 3, "pasar": 5, "bar": 5, "toko": 2}
    assert visits["seen"].to_dict() == {"kpu": False, "pasar": False, "bar": False, "toko": True}
    assert (visits.loc["bar", "arrive"], visits.loc["bar", "wait_min"]) == (at(23), 0)
    text = planned.summary()
    assert re.search(r"^  regu-1 +22:00–23:00 +3 +1 +22:10", text, re.MULTILINE), "three stops and one seen"
    assert "23:10, 15 min late" in text


def test_the_sheet_says_what_the_squad_must_know(planned: PatrolPlan) -> None:
    sheet = patrol_sheet(planned.night, "regu-1")
    assert "| Arahan / briefing | 22:00–22:10 where the squad is |" in sheet
    assert "22:10 starts at its first stop, " in sheet
    assert "| Kembali / back | 23:10 ends at its last stop, bar, due 22:55, 23:15 at the latest |" in sheet
    assert "| Lembur / overtime | 15 min planned, 20 min allowed |" in sheet
    assert "5 min where the squad is, over by 23:15" in sheet
    assert "3 stops, 1 site seen from the road" in sheet
    assert "seen from the road | toko" in sheet
    assert "stay until 22:" in sheet
    assert "Selesai / ends at its last stop" in sheet


def test_a_site_that_is_passed_all_the_same_is_told(planned: PatrolPlan) -> None:
    """Outside of its hours, at the very point of the street from which another one is seen."""
    (row,) = skipped_table(planned.night).to_dict("records")
    assert row["site"] == "apotek"
    assert row["passed"] in {f"Passed at 22:{minute} by 'regu-1', within 22 m." for minute in range(10, 60)}
    assert row["passed"] in planned.summary()


def test_it_is_saved_read_back_and_checked(planned: PatrolPlan, tmp_path: Path) -> None:
    planned.save(tmp_path)
    assert check_saved(tmp_path) == []
    assert read_scenario(tmp_path / "scenario.json") == planned.scenario
    assert write_scenario(planned.scenario) == (tmp_path / "scenario.json").read_text(encoding="utf-8")


def test_a_break_may_be_made_where_a_site_is_seen_from_the_road() -> None:
    """The squad passes the shop and rests there: the point of the street is the shop's, whoever rests at it."""
    shop = site("toko", weight=5, dwell_min=200, seen_within_m=40, seen_weight=2, **beside(3, 2))
    rest = {"minutes": 10, "window": {"opens": at(22, 10), "closes": at(22, 20)}}
    crew = squad("regu-1", end=23, breaks=(rest,)).model_copy(update={"start": "anywhere", "end": "anywhere"})
    told = plan(scenario_of((shop,), (crew,)), roads_from_graph(town()), iterations=100, seed=1)
    assert [(visit.site, visit.entry) for visit in told.routes[0].visits] == [("toko", "toko~seen"), ("", "toko~seen")]
    assert told.night.points["toko~seen"].title == "toko"
    assert "10 min" in patrol_sheet(told.night, "regu-1")
