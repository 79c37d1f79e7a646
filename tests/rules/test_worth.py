"""Worth by the hour: one alternative for each span and window, and what a plan earns is told from the hour."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brute import brute_force
from handmade import broken, later, plan_of
from nights import at, line_matrix, scenario_of, site, squad, window
from patrolroute.build import compile_problem
from patrolroute.plans import TierCoverage
from patrolroute.rules.worth import most_worth
from patrolroute.scenario import Site, Window, Worth
from patrolroute.schedule import objective_of
from patrolroute.solver import solve

HOUR = 3600


def worth(*spans: tuple[float, float, int]) -> tuple[Worth, ...]:
    return tuple(Worth(since=at(0, int(a * 60)), until=at(0, int(b * 60)), weight=w) for a, b, w in spans)


def market(**more: Any) -> Site:
    return site("pasar", **{"weight": 2, "worth": worth((22, 23, 5), (23, 23.5, 1))} | more)


def compiled(*sites: Site) -> list[tuple[str, int, int, int]]:
    scenario = scenario_of(sites, (squad("a"),))
    visits = compile_problem(scenario, line_matrix(scenario, {"base": 0} | {each.id: 4 for each in sites})).visits
    return list(zip(visits.ids, visits.opens_s.tolist(), visits.closes_s.tolist(), visits.weight.tolist(), strict=True))


def test_every_span_and_what_lies_around_them_is_an_alternative() -> None:
    shift = (22 * HOUR + 600, 24 * HOUR - 300)
    assert compiled(market()) == [
        ("pasar@1", 22 * HOUR - 1, 22 * HOUR - 1, 2),
        ("pasar@2", 22 * HOUR, 23 * HOUR - 1, 5),
        ("pasar@3", 23 * HOUR, 23.5 * HOUR - 1, 1),
        ("pasar@4", 23.5 * HOUR, shift[1], 2),
    ]


def test_windows_and_spans_are_cut_together() -> None:
    windows = (window((22, 30), (23, 15)), window((23, 40), (23, 55)))
    assert compiled(market(windows=windows)) == [
        ("pasar#1@1", 22.5 * HOUR, 23 * HOUR - 1, 5),
        ("pasar#1@2", 23 * HOUR, 23 * HOUR + 300, 1),
        ("pasar#2", 23 * HOUR + 40 * 60, 23 * HOUR + 45 * 60, 2),
    ]


def test_neighbours_of_one_weight_are_one_alternative() -> None:
    assert compiled(site("a", weight=3, worth=worth((22, 23, 3), (23, 24, 3)))) == [
        ("a", 22 * HOUR + 600, 24 * HOUR - 300, 3)
    ]


def test_ids_are_those_of_no_other_visit() -> None:
    ids = [name for name, *_ in compiled(market(), site("pasar@1"))]
    assert ids == ["pasar@@1", "pasar@@2", "pasar@@3", "pasar@@4", "pasar@1"]


minutes = st.integers(21 * 60, 26 * 60)


@st.composite
def markets(draw: st.DrawFn) -> Site:
    cuts = sorted(draw(st.sets(minutes, max_size=6)))
    spans = [(a / 60, b / 60, draw(st.integers(0, 3))) for a, b in pairwise(cuts) if draw(st.booleans())]
    opens = draw(st.lists(minutes, max_size=3, unique=True))
    windows = tuple(Window(opens=at(0, m), closes=at(0, m + draw(st.integers(10, 90)))) for m in opens)
    return site("pasar", weight=draw(st.integers(1, 3)), worth=worth(*spans), windows=windows)


@given(one=markets())
@settings(max_examples=60, deadline=None)
def test_a_stop_may_begin_when_its_window_says_and_earns_what_the_hour_says(one: Site) -> None:
    rows = compiled(one)
    scenario = scenario_of((one,), (squad("a"),))
    spans = [(scenario.seconds(w.opens), scenario.seconds(w.closes) - 600) for w in one.windows]
    for minute in range(22 * 60 + 10, 23 * 60 + 55):
        for second in (60 * minute - 1, 60 * minute):
            wanted = {one.worth_at(at(0, 0) + (at(0, 1) - at(0, 0)) * second / 60)}
            inside = 22 * HOUR + 600 <= second <= 24 * HOUR - 300
            allowed = any(a <= second <= b for a, b in spans) or (not spans and inside)
            if inside:
                assert {w for _, a, b, w in rows if a <= second <= b} == (wanted if allowed else set())
    assert max(w for *_, w in rows) == most_worth(one, stay_s=600)


def two_squads_night() -> tuple[Any, Any]:
    scenario = scenario_of((market(), site("kpu", weight=4, dwell_min=30)), (squad("a"),))
    return scenario, line_matrix(scenario, {"base": 0, "pasar": 5, "kpu": 9})


def test_the_search_finds_what_trying_everything_finds() -> None:
    scenario, matrix = two_squads_night()
    problem = compile_problem(scenario, matrix)
    plan = solve(problem, iterations=300, seed=3, bound_seconds=0)
    orders = tuple(tuple(problem.visits.ids.index(v.visit) for v in route.visits) for route in plan.routes)
    assert objective_of(problem, orders) == brute_force(problem)
    assert "pasar@2" in {v.visit for v in plan.routes[0].visits}


def test_a_stop_that_slips_into_a_cheaper_hour_earns_less() -> None:
    scenario, matrix = two_squads_night()
    plan = plan_of(scenario, matrix, [("kpu", "pasar@2")])
    assert broken(plan, scenario, matrix) == []
    assert plan.coverage == (TierCoverage(tier=2, covered_weight=9, total_weight=9, covered_sites=2, total_sites=2),)
    slipped = later(plan, 0, 600, since=1)
    assert broken(slipped, scenario, matrix) == [
        "accounts: tier 2: the plan says [9, 9, 2, 2] (weight covered, weight in all, sites covered, sites in all); "
        "the visits add up to [5, 9, 2, 2]."
    ]


def test_what_a_left_out_site_would_be_worth_is_its_best_hour() -> None:
    scenario, matrix = two_squads_night()
    plan = plan_of(scenario, matrix, [("kpu",)])
    assert broken(plan, scenario, matrix) == []
    assert plan.skipped[0].weight == 5
    wrong = replace(plan, skipped=(replace(plan.skipped[0], weight=2),))
    assert "another" in broken(wrong, scenario, matrix)[0]


@pytest.mark.parametrize(
    ("windows", "most"), [((), 5), ((window((23, 0), (24, 0)),), 2), ((window((22, 50), (23, 20)),), 5)]
)
def test_the_most_that_windows_allow(windows: tuple[Window, ...], most: int) -> None:
    assert most_worth(market(windows=windows), stay_s=600) == most


def test_a_window_that_opens_as_a_span_ends_does_not_reach_it() -> None:
    late = market(windows=(window((23, 0), (23, 10)),), worth=worth((22, 23, 5), (23, 23.5, 0)), weight=2)
    assert most_worth(late, stay_s=600) == 0
    plan_scenario = scenario_of((late,), (squad("a"),))
    matrix = line_matrix(plan_scenario, {"base": 0, "pasar": 5})
    assert compile_problem(plan_scenario, matrix).visits.weight.tolist() == [0]
