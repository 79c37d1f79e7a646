"""Repairing and filling orders, against the second-by-second oracle."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from brute import is_feasible, keeps_limits
from patrolroute.engines.feasible import feasible_part, fill, orders_fit, possible_visits, route_fits
from patrolroute.schedule import objective_of
from tiny import CASES, random_problem


def test_routes_fit_exactly_when_the_oracle_says_so() -> None:
    answers = []
    for seed in range(10):
        problem = random_problem(seed)
        for k in range(len(problem.squads)):
            for size in range(4):
                for order in permutations(range(len(problem.visits)), size):
                    answers.append(route_fits(problem, k, order))
                    assert answers[-1] == keeps_limits(problem, k, order), (seed, k, order)
            alone = [keeps_limits(problem, k, (v,)) for v in range(len(problem.visits))]
            assert possible_visits(problem)[:, k].tolist() == alone
    assert min(answers.count(True), answers.count(False)) > 100


@pytest.mark.parametrize("seed", range(30))
def test_parts_and_fillings_are_feasible_and_lose_nothing_that_fits(seed: int) -> None:
    problem = random_problem(seed)
    draw = np.random.default_rng(seed)
    owners = draw.integers(0, len(problem.squads), len(problem.visits))
    wild = tuple(tuple(draw.permutation(np.flatnonzero(owners == k)).tolist()) for k in range(len(problem.squads)))
    part = feasible_part(problem, wild)
    assert is_feasible(problem, part)
    assert feasible_part(problem, part) == part
    full = fill(problem, part)
    assert is_feasible(problem, full)
    assert objective_of(problem, full) <= objective_of(problem, part)
    assert fill(problem, full) == full
    served = {int(problem.visits.group[v]) for order in full for v in order}
    for v in range(len(problem.visits)):
        for k, order in enumerate(full):
            for gap in range(len(order) + 1):
                longer = (*order[:gap], v, *order[gap:])
                assert int(problem.visits.group[v]) in served or not keeps_limits(problem, k, longer)


def test_a_broken_route_keeps_its_most_important_visits() -> None:
    problem = CASES["tiers_are_strict"]()
    assert feasible_part(problem, ((1, 2, 3, 0, 4, 5),)) == ((0,),)


def test_a_group_dropped_from_one_route_may_stay_in_another() -> None:
    problem = CASES["squads_allowed"]()
    assert feasible_part(problem, ((0, 1), (0,))) == ((1,), (0,))
    assert feasible_part(problem, ((0,), (0,))) == ((), (0,))


def test_no_orders_at_all() -> None:
    problem = CASES["squads_allowed"]()
    assert feasible_part(problem, None) == ((), ())
    assert orders_fit(problem, ((), ()))
    assert fill(problem, ((), ()), enough=lambda: True) == ((), ())
