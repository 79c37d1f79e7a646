"""Balance decides between plans that cover as much with as little overtime; its limits are kept by every plan."""

from __future__ import annotations

from dataclasses import replace

import pytest

from brute import all_best_orders
from handmade import broken, plan_of
from nights import line_matrix, scenario_of, site, squad
from patrolroute.build import compile_problem
from patrolroute.check import check_against_problem
from patrolroute.errors import InfeasibleError, InputError
from patrolroute.matrix import TravelMatrix
from patrolroute.scenario import Scenario
from patrolroute.schedule import objective_of, orders_of
from patrolroute.solver import solve
from tied import best_objective


@pytest.mark.parametrize("balance", [None, "stops", "duty"])
def test_the_wish_reaches_the_problem(balance: str | None) -> None:
    scenario = scenario_of((site("a"), site("b")), (squad("x"), squad("y"))).model_copy(update={"balance": balance})
    problem = compile_problem(scenario, line_matrix(scenario, {"base": 0, "a": 3, "b": 3}))
    assert problem.balance == balance


@pytest.mark.parametrize(("balance", "share"), [(None, (2, 0)), ("stops", (1, 1))])
def test_stops_are_shared_where_coverage_allows(balance: str | None, share: tuple[int, int]) -> None:
    """Without the wish one squad drives past both; with it each goes out, though that is more driving."""
    scenario = scenario_of((site("a"), site("b")), (squad("x"), squad("y"))).model_copy(update={"balance": balance})
    problem = compile_problem(scenario, line_matrix(scenario, {"base": 0, "a": 3, "b": 4}))
    best = min(all_best_orders(problem), key=lambda orders: objective_of(problem, orders))
    assert sorted(map(len, best), reverse=True) == list(share)


def three_sites(**limits: object) -> tuple[Scenario, TravelMatrix]:
    """Return a night on which one squad could make all stops and the other only one."""
    near = squad("y").model_copy(update={"max_stops": 1})
    scenario = scenario_of(tuple(map(site, "abc")), (squad("x"), near), **limits)
    return scenario, line_matrix(scenario, {"base": 0, "a": 3, "b": 4, "c": 5})


@pytest.mark.parametrize(("most", "stops"), [(None, [3, 0]), (2, [2, 1]), (1, [2, 1]), (0, [1, 1])])
def test_no_squad_makes_more_stops_than_another_beyond_the_limit(most: int | None, stops: list[int]) -> None:
    """A limit of three quarters of the stops is dearer in driving, and one of none leaves a site out."""
    scenario, matrix = three_sites(max_spread_stops=most)
    problem = compile_problem(scenario, matrix)
    for engine in ("native", "ortools"):
        plan = solve(
            problem, engine=engine, iterations=500_000 if engine == "ortools" else 500, seed=1, bound_seconds=0.2
        )
        plan = replace(plan, name=scenario.name, start=scenario.start)
        assert sorted((len(route.visits) for route in plan.routes), reverse=True) == stops
        assert broken(plan, scenario, matrix) == []
        apart = "squads would be further apart than max_spread_stops or max_spread_duty_min allows"
        reasons = {f"It would fit into the route of 'x', but {apart}."} if most == 0 else set()
        assert {each.reason for each in plan.skipped} == reasons
        assert objective_of(problem, orders_of(problem, plan)) == best_objective(problem)


def test_no_squad_is_on_duty_longer_than_another_beyond_the_limit() -> None:
    scenario, matrix = three_sites(max_spread_duty_min=20)
    problem = compile_problem(scenario, matrix)
    plan = solve(problem, iterations=500, seed=1, bound_seconds=0)
    duty_s = [route.return_s - scenario.seconds(scenario.squads[0].shift.leave) for route in plan.routes]
    assert max(duty_s) - min(duty_s) <= 20 * 60
    assert sum(len(route.visits) for route in plan.routes) == 3
    with pytest.raises(
        InputError,
        match=r"cannot keep a limit on the spread of time on duty \(max_spread_duty_min\); take the engine 'native'",
    ):
        solve(problem, engine="ortools", iterations=10, seed=1)


def test_what_is_too_far_apart_is_told_in_the_planners_words() -> None:
    scenario, matrix = three_sites()
    plan = plan_of(scenario, matrix, [("a", "b", "c"), ()])
    limited = three_sites(max_spread_stops=2, max_spread_duty_min=30)[0]
    assert broken(plan, limited, matrix) == [
        "balance: squad 'x' makes 3 stops and 'y' 0; they may be 2 apart at most.",
        "balance: squad 'x' is 40.5 min on duty and 'y' 0.0 min; they may be 30 min apart at most.",
    ]
    assert broken(plan, three_sites(max_spread_stops=3, max_spread_duty_min=41)[0], matrix) == []
    problem = compile_problem(limited, matrix)
    said = check_against_problem(replace(plan, problem_digest=problem.digest), problem)
    assert [str(each) for each in said] == [
        "spread: one squad has 3 stops and another 0; 2 more are allowed.",
        "spread: one squad has 2431 s on duty and another 0; 1800 more are allowed.",
    ]


def test_required_sites_that_keep_squads_apart_are_refused_with_the_best_plan() -> None:
    """Only one squad may visit the two sites that must be visited, and the other has nothing to do."""
    sites = (site("a", required=True, only_by=("x",)), site("b", required=True, only_by=("x",)))
    scenario = scenario_of(sites, (squad("x"), squad("y")), max_spread_stops=1)
    problem = compile_problem(scenario, line_matrix(scenario, {"base": 0, "a": 3, "b": 4}))
    with pytest.raises(InfeasibleError, match=r"one squad has|is required") as caught:
        solve(problem, iterations=300, seed=1)
    assert caught.value.best is not None
