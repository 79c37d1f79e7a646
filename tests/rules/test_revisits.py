"""A site that wants several visits: how often, how far apart, and what each is worth."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from nights import (
    assert_good,
    broken,
    changed,
    later_by,
    line_matrix,
    moved,
    planned,
    scenario_of,
    site,
    squad,
    window,
)
from patrolroute.build import compile_problem
from patrolroute.check import check_against_problem
from patrolroute.matrix import TravelMatrix
from patrolroute.plans import Plan
from patrolroute.problem import FARTHEST_S
from patrolroute.scenario.model import Scenario
from patrolroute.solver import solve

POSITIONS = {"base": 0, "kpu": 4, "bawaslu": 8}


def night(**more: object) -> tuple[Scenario, TravelMatrix]:
    """Return two squads from 22:10 to 23:55 and a site that wants three visits, 20 minutes apart."""
    wanted = {"visits": 3, "gap_min": 20, "weight": 5} | more
    scenario = scenario_of((site("kpu", **wanted), site("bawaslu")), (squad("a"), squad("b")))  # type: ignore[arg-type]
    return scenario, line_matrix(scenario, POSITIONS)


def thrice(**more: object) -> tuple[Scenario, TravelMatrix, Plan]:
    scenario, matrix = night(**more)
    return scenario, matrix, planned(scenario, matrix, ("kpu", "bawaslu", "kpu@3"), ("kpu@2",))


def test_visits_are_groups_in_the_order_of_time_with_gaps_between_all_pairs() -> None:
    problem = compile_problem(*night())
    assert problem.groups.ids == ("kpu", "kpu@2", "kpu@3", "bawaslu")
    assert problem.groups.site == ("kpu", "kpu", "kpu", "bawaslu")
    assert problem.visits.weight.tolist() == [5, 5, 5, 1]
    table = problem.couplings
    assert list(zip(table.first.tolist(), table.second.tolist(), strict=True)) == [(0, 1), (0, 2), (1, 2)]
    assert set(table.lo_s.tolist()) == {20 * 60 + 600}
    assert set(table.hi_s.tolist()) == {FARTHEST_S}
    assert problem.groups.needs.tolist() == [-1, -1, -1, -1]


@pytest.mark.parametrize(
    "more", [{"gap_max_min": 40}, {"revisit_weight": 2}, {"required": True}, {"squads_together": 2}]
)
def test_where_it_matters_which_are_made_each_needs_the_one_before(more: dict[str, object]) -> None:
    problem = compile_problem(*night(**more))
    rows = {group: row for row, group in enumerate(problem.groups.ids)}
    assert problem.groups.needs[rows["kpu@3"]] == rows["kpu@2"]
    assert problem.groups.needs[rows["kpu@2"]] == rows["kpu"]
    assert problem.groups.required.tolist().count(True) == int("required" in more)


def test_a_greatest_gap_lies_between_neighbours() -> None:
    couplings = compile_problem(*night(gap_max_min=40)).couplings
    assert couplings.hi_s.tolist() == [40 * 60 + 600] * 2


def test_a_gap_counts_from_the_end_of_what_is_only_passed() -> None:
    scenario, matrix = night(visits=2, seen_within_m=40, seen_weight=1, gap_max_min=40)
    matrix = replace(line_matrix(scenario, POSITIONS | {"kpu~seen": 4}), lonlat=np.tile([123.6, -10.17], (4, 1)))
    problem = compile_problem(scenario, matrix)
    names, table = problem.visits.ids, problem.couplings
    gaps = {
        (names[a], names[b]): (lo, hi)
        for a, b, lo, hi in zip(
            *map(np.ndarray.tolist, (table.first, table.second, table.lo_s, table.hi_s)), strict=True
        )
    }
    assert gaps["kpu", "kpu@2"] == gaps["kpu", "kpu~seen@2"] == (1800, 3000)
    assert gaps["kpu~seen", "kpu@2"] == gaps["kpu~seen", "kpu~seen@2"] == (1200, 2400)
    plan = planned(scenario, matrix, ("kpu~seen",), ("kpu@2",))
    assert plan.routes[1].visits[0].begin_s == plan.routes[0].visits[0].begin_s + 1200
    assert_good(plan, scenario, matrix)


def test_squads_alternate() -> None:
    scenario, matrix = night(squads_alternate=True)
    problem = compile_problem(scenario, matrix)
    assert problem.couplings.apart.tolist() == [True, True]
    assert problem.groups.needs.tolist() == [-1, 0, 1, -1]
    assert_good(planned(scenario, matrix, ("kpu", "bawaslu", "kpu@3"), ("kpu@2",)), scenario, matrix)
    parked = planned(scenario, matrix, ("kpu", "kpu@2", "bawaslu"), ("kpu@3",))
    assert broken(planned(night()[0], matrix, ("kpu", "kpu@2", "bawaslu"), ("kpu@3",)), *night()) == []
    assert [fault for fault in broken(parked, scenario, matrix) if "made by squad 'a', as the one before" in fault]
    assert [str(v) for v in check_against_problem(parked, problem)]


def test_of_squads_that_met_none_makes_the_visit_after() -> None:
    scenario, matrix = night(visits=2, squads_together=2, squads_alternate=True)
    scenario = scenario.model_copy(update={"squads": (squad("a"), squad("b"), squad("c"))})
    problem = compile_problem(scenario, matrix)
    for maker, good in ((0, False), (1, False), (2, True)):
        orders = [["kpu"], ["kpu+2"], []]
        orders[maker].append("kpu@2")
        plan = planned(scenario, matrix, *orders)
        assert (broken(plan, scenario, matrix) == []) == good
        assert (check_against_problem(plan, problem) == []) == good


@pytest.mark.parametrize("engine", ["native", "ortools"])
def test_engines_let_squads_alternate(engine: str) -> None:
    pytest.importorskip("ortools")
    scenario, matrix = night(squads_alternate=True, visits=4, gap_min=0, dwell_min=5)
    problem = compile_problem(scenario, matrix)
    plan = solve(problem, engine=engine, iterations=200, bound_seconds=0.5, seed=1)
    made = sorted((v.begin_s, r.squad) for r in plan.routes for v in r.visits if v.site == "kpu")
    assert [one == other for (_, one), (_, other) in itertools.pairwise(made)] == [False] * 3
    alone = scenario.model_copy(update={"squads": scenario.squads[:1]})
    plan = solve(compile_problem(alone, matrix), engine=engine, iterations=200, bound_seconds=0.5, seed=1)
    assert sum(v.site == "kpu" for r in plan.routes for v in r.visits) == 1


def test_further_visits_have_their_own_weight() -> None:
    assert compile_problem(*night(revisit_weight=2)).visits.weight.tolist() == [5, 2, 2, 1]


def test_visits_of_a_site_with_windows_are_alternatives_each() -> None:
    windows = (window((22, 10), (23, 0)), window((23, 10), (23, 55)))
    problem = compile_problem(*night(visits=2, windows=windows))
    assert problem.visits.ids == ("kpu#1", "kpu#2", "kpu@2#1", "kpu@2#2", "bawaslu")
    assert len(problem.couplings) == 4


def test_the_mark_of_revisits_is_one_that_no_site_has() -> None:
    scenario = scenario_of((site("kpu", visits=2), site("kpu@2")), (squad("a"),))
    problem = compile_problem(scenario, line_matrix(scenario, {"base": 0, "kpu": 4, "kpu@2": 8}))
    assert problem.groups.ids == ("kpu", "kpu@@2", "kpu@2")


@pytest.mark.parametrize(("every_min", "wanted"), [(60, 1), (50, 2), (35, 3), (105, 1), (106, 1)])
def test_one_visit_in_so_many_minutes_of_the_night(every_min: float, wanted: int) -> None:
    scenario, matrix = night(visits=1, every_min=every_min, gap_min=None)
    assert scenario.visits_wanted(scenario.sites[0]) == wanted
    assert compile_problem(scenario, matrix).groups.site.count("kpu") == wanted
    assert scenario.sites[0].least_gap_min == every_min / 2


def test_the_night_of_a_site_with_windows_is_that_of_its_windows() -> None:
    windows = (window((21, 0), (22, 30)), window((22, 50), (23, 10)))
    scenario, _ = night(visits=1, every_min=20, gap_min=None, windows=windows)
    assert scenario.visits_wanted(scenario.sites[0]) == 3


def test_three_visits_by_two_squads_break_nothing() -> None:
    scenario, matrix, plan = thrice()
    assert_good(plan, scenario, matrix)
    assert (plan.coverage[0].covered_weight, plan.coverage[0].total_weight) == (16, 16)


def test_a_visit_that_is_missing_is_listed_with_its_weight() -> None:
    scenario, matrix = night(revisit_weight=2)
    plan = planned(scenario, matrix, ("kpu", "bawaslu"), ())
    assert_good(plan, scenario, matrix)
    assert [(each.site, each.part, each.weight) for each in plan.skipped] == [("kpu", "kpu@2", 2), ("kpu", "kpu@3", 2)]
    (tier,) = plan.coverage
    assert (tier.covered_weight, tier.total_weight, tier.covered_sites, tier.total_sites) == (6, 10, 2, 2)


def test_a_required_site_is_served_by_its_first_visit() -> None:
    scenario, matrix = night(required=True)
    plan = planned(scenario, matrix, ("kpu",), ())
    assert_good(plan, scenario, matrix)
    assert plan.required_missed == ()
    nobody = planned(scenario, matrix, (), ())
    assert [words for words in broken(nobody, scenario, matrix) if "required" in words] == [
        "required: site 'kpu' is required, and no squad visits it."
    ]


DAMAGE = {
    "too soon": (lambda p: moved(p, 1, -1), "revisits: the visit of site 'kpu' at 22:44:23 begins 20.0 min after"),
    "at the same time": (lambda p: moved(p, 1, -1800), "begins before the visit before has ended"),
    "one more than wanted": (
        lambda p: changed(p, 0, 1, lambda v: replace(v, site="kpu")), "stops: site 'kpu' is visited 4 times"
    ),
    "listed although made": (
        lambda p: replace(p, skipped=planned(*night(), (), ()).skipped[:1]), "'kpu' is visited and listed as left out"
    ),
    "weights of two visits": (
        lambda p: replace(p, coverage=(replace(p.coverage[0], covered_weight=11),)), "accounts: tier 2"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_found_and_named(name: str) -> None:
    damage, words = DAMAGE[name]
    scenario, matrix, plan = thrice()
    found = broken(damage(plan), scenario, matrix)
    assert [each for each in found if words in each], found


def test_a_visit_after_the_greatest_gap_is_found() -> None:
    scenario, matrix, plan = thrice(gap_max_min=30)
    assert broken(plan, scenario, matrix) == []
    late = changed(plan, 0, 2, later_by(700))
    assert [each for each in broken(late, scenario, matrix) if "at most 30 min may lie between" in each]


def test_a_missing_visit_that_is_not_listed_is_found() -> None:
    scenario, matrix = night()
    plan = planned(scenario, matrix, ("kpu", "bawaslu"), ())
    found = broken(replace(plan, skipped=plan.skipped[:1]), scenario, matrix)
    assert found == ["accounts: site 'kpu' lacks 2 visits, and 1 are listed as left out."]
    same = tuple(replace(each, part="kpu@2") for each in plan.skipped)
    assert "another part, tier, weight or required flag" in broken(replace(plan, skipped=same), scenario, matrix)[0]
