"""Overtime is allowed up to its minutes, and only where it covers more."""

from __future__ import annotations

import pytest

from brute import brute_force
from handmade import broken, later, plan_of
from nights import line_matrix, scenario_of, site, squad, window
from patrolroute.build import compile_problem
from patrolroute.matrix import TravelMatrix
from patrolroute.rules.shifts import SHIFTS
from patrolroute.scenario import Scenario
from patrolroute.schedule import objective_of


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
