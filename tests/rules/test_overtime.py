"""Overtime is allowed up to its minutes, and only where it covers more."""

from __future__ import annotations

import pytest

from brute import brute_force
from handmade import broken, later, plan_of
from nights import line_matrix, scenario_of, site, squad, window
from patrolroute.build import compile_problem
from patrolroute.matrix import TravelMatrix
from patrolroute.rules.shifts import SHIFTS
from patrolroute.scenario import OvertimePrice, Scenario
from patrolroute.schedule import objective_of, orders_of
from patrolroute.solver import solve
from tied import best_objective


def night(overtime_min: float) -> tuple[Scenario, TravelMatrix]:
    late = site("late", windows=(window((23, 40), (24, 0)),))
    scenario = scenario_of((late, site("kpu")), (squad("a", overtime_min=overtime_min),))
    return scenario, line_matrix(scenario, {"base": 0, "late": 10, "kpu": 5})


def test_the_shift_is_longer_by_the_overtime_and_says_where_it_begins() -> None:
    scenario, matrix = night(30.5)
    squads = compile_problem(scenario, matrix).squads
    assert squads.overtime_from_s.tolist() == [24 * 3600 - 300]
    assert squads.until_s.tolist() == [24 * 3600 - 300 + 1830]
    plain = compile_problem(*night(0)).squads
    assert plain.overtime_from_s.tolist() == plain.until_s.tolist() == [24 * 3600 - 300]


def test_overtime_is_counted_and_made_for_coverage_only() -> None:
    scenario, matrix = night(30)
    problem = compile_problem(scenario, matrix)
    rows = {name: row for row, name in enumerate(problem.visits.ids)}
    both = objective_of(problem, ((rows["kpu"], rows["late"]),))
    one = objective_of(problem, ((rows["kpu"],),))
    assert both.overtime_s == 5 * 60
    assert one.overtime_s == 0
    assert both < one
    assert brute_force(problem)[:3] == both[:3]


def test_a_squad_is_back_before_its_overtime_is_over() -> None:
    scenario, matrix = night(5)
    plan = plan_of(scenario, matrix, [("kpu", "late")])
    assert broken(plan, scenario, matrix) == []
    assert broken(later(plan, 0, 1, since=2), scenario, matrix) == [
        "overtime: squad 'a' is back at 00:00:01, 5.0 min late; its overtime is 5 min at most."
    ]


def test_without_overtime_the_shift_holds() -> None:
    scenario, matrix = night(5)
    plan = plan_of(scenario, matrix, [("kpu", "late")])
    (found,) = broken(plan, night(0)[0], matrix)
    assert found.startswith("shifts: squad 'a' is back at 00:00:00")


@pytest.mark.parametrize("overtime_min", [0, 100])
def test_explanations_count_overtime(overtime_min: float) -> None:
    far = site("far", dwell_min=90)
    scenario = scenario_of((far,), (squad("a", overtime_min=overtime_min),))
    matrix = line_matrix(scenario, {"base": 0, "far": 20})
    problem = compile_problem(scenario, matrix)
    assert (SHIFTS.explain(scenario, matrix, far) is None) == (overtime_min > 0)
    assert problem.squads.until_s.tolist() == [24 * 3600 - 300 + int(overtime_min * 60)]


@pytest.mark.parametrize(
    ("tier", "per_h", "made"),
    [(1, 1000, True), (2, 11, True), (2, 12, False), (2, 13, False), (3, 0.001, False)],
    ids=["for a more important tier always", "cheap", "worth as much", "dear", "for a less important tier never"],
)
def test_overtime_is_made_where_it_is_worth_its_price(tier: int, per_h: float, made: bool) -> None:
    """Five minutes late for a site of weight 1: twelve an hour, told in the tier below, its own, the one above."""
    late = site("late", tier=2, windows=(window((23, 40), (24, 0)),))
    priced = {1: 3, 2: 2, 3: 1}[tier]
    other = site("other", tier=priced, windows=(window((22, 30), (22, 40)),))
    scenario = scenario_of(
        (late, other), (squad("a", overtime_min=30),), overtime_price={"tier": priced, "weight_per_h": per_h}
    )
    matrix = line_matrix(scenario, {"base": 0, "late": 10, "other": 5})
    problem = compile_problem(scenario, matrix)
    plan = solve(problem, iterations=300, seed=1, bound_seconds=0.2)
    assert {visit.site for route in plan.routes for visit in route.visits} == ({"late", "other"} if made else {"other"})
    told = {each.site: each.reason for each in plan.skipped}
    against = (
        "its overtime would cost more than it is worth" if tier < 3 else "overtime is made for nothing of its tier"
    )
    assert told == ({} if made else {"late": f"It would fit into the route of 'a', but {against}."})
    assert best_objective(problem) == objective_of(problem, orders_of(problem, plan))
    proved = solve(problem, engine="ortools", iterations=1_000_000, seed=1, bound_seconds=0)
    assert proved.coverage == plan.coverage


def test_the_price_reaches_the_problem_in_parts_of_a_weight() -> None:
    scenario, matrix = night(30)
    priced = scenario.model_copy(update={"overtime_price": OvertimePrice(tier=2, weight_per_h=1.5)})
    problem = compile_problem(priced, matrix)
    assert (problem.overtime_tier, problem.overtime_price, problem.weight_unit) == (2, 1500, 1000)
    assert problem.visits.weight.tolist() == [1000, 1000]
    assert compile_problem(scenario, matrix).overtime_price == 0
    in_time = priced.model_copy(
        update={"squads": tuple(s.model_copy(update={"overtime_min": 0}) for s in scenario.squads)}
    )
    assert compile_problem(in_time, matrix).overtime_price == 0, "nobody may be late"


def test_a_price_in_a_tier_that_nothing_has_is_refused() -> None:
    with pytest.raises(ValueError, match="overtime_price: no site, area or presence has tier 7; expected one of 2"):
        scenario_of((site("a"),), (squad("x"),), overtime_price={"tier": 7, "weight_per_h": 1})


def test_a_price_is_no_matter_where_there_is_nothing_to_visit() -> None:
    scenario = scenario_of((), (squad("a", overtime_min=30),), overtime_price={"tier": 2, "weight_per_h": 1})
    problem = compile_problem(scenario, line_matrix(scenario, {"base": 0}))
    assert problem.overtime_price == 0
    assert solve(problem, iterations=1, seed=1).routes[0].visits == ()
