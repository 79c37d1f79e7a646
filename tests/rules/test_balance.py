"""Balance decides between plans that cover as much with as little overtime."""

from __future__ import annotations

import pytest

from brute import all_best_orders
from nights import line_matrix, scenario_of, site, squad
from patrolroute.build import compile_problem
from patrolroute.schedule import objective_of


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
