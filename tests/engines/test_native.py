"""The project's own engine against exact enumeration, its limits and its caller."""

from __future__ import annotations

from itertools import permutations, product
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patrolroute.engines.native import NativeEngine
from patrolroute.engines.protocol import Budget, Watch
from patrolroute.matrix import TravelMatrix
from patrolroute.problem import Groups, PatrolProblem, Squads, Visits
from patrolroute.schedule import Objective, objective_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patrolroute.problem import Orders


def solve(problem: PatrolProblem, *, iterations: int = 2000, seed: int = 1, start: Orders | None = None) -> Orders:
    budget = Budget(seconds=None, iterations=iterations)
    return NativeEngine().search(problem, budget=budget, seed=seed, start=start, watch=Watch()).orders


def keeps_everything(problem: PatrolProblem, orders: Orders) -> bool:
    """Every window, shift, driving limit, squad and group again, in plain Python."""
    squads, visits = problem.squads, problem.visits
    made = [int(visits.group[v]) for order in orders for v in order]
    if len(set(made)) < len(made) or len(orders) != len(squads):
        return False
    return all(route_fits(problem, k, order) for k, order in enumerate(orders))


def route_fits(problem: PatrolProblem, k: int, order: tuple[int, ...]) -> bool:
    squads, visits = problem.squads, problem.visits
    travel_s = problem.matrix.travel_s[squads.profile[k]]
    clock, here, drive_s = int(squads.from_s[k]), int(squads.start[k]), 0
    for v in order:
        leg_s = int(travel_s[here, visits.entry[v]])
        drive_s += leg_s
        clock = max(clock + leg_s, int(visits.opens_s[v]))
        if clock > visits.closes_s[v] or not visits.squads[v, k]:
            return False
        clock, here = clock + int(visits.duration_s[v]), int(visits.exit[v])
    leg_s = int(travel_s[here, squads.end[k]]) if order else 0
    return not order or (clock + leg_s <= squads.until_s[k] and drive_s + leg_s <= squads.max_drive_s[k])


def all_orders(problem: PatrolProblem) -> Iterator[Orders]:
    k, v = len(problem.squads), len(problem.visits)
    for owners in product(range(-1, k), repeat=v):
        shares = [[u for u in range(v) if owners[u] == squad] for squad in range(k)]
        served = [int(problem.visits.group[u]) for share in shares for u in share]
        if len(set(served)) < len(served):
            continue
        fitting = [
            [order for order in permutations(share) if route_fits(problem, squad, order)]
            for squad, share in enumerate(shares)
        ]
        yield from product(*fitting)


def optimum(problem: PatrolProblem) -> Objective:
    return min(objective_of(problem, orders) for orders in all_orders(problem))


@st.composite
def tiny_problems(draw: st.DrawFn) -> PatrolProblem:
    """Up to 5 visits and 2 squads, all that the normal form has; asymmetric, with the triangle inequality of roads."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    v, k, p = draw(st.integers(1, 5)), draw(st.integers(1, 2)), draw(st.integers(1, 2))
    points = draw(st.integers(2, 6))
    travel = rng.integers(0, 60, (p, points, points), dtype=np.int32)
    travel[:, np.arange(points), np.arange(points)] = 0
    for via in range(points):
        travel = np.minimum(travel, travel[:, :, [via]] + travel[:, [via], :])
    entry, leave = rng.integers(0, points, (2, v), dtype=np.int32)
    # A drive through an area takes duration, not driving: under a driving limit it may make room where a stop cannot,
    # and then the best plan may be out of reach of insertions one by one. So a problem has either.
    limits_s = np.full(k, 9999, np.int32)
    if draw(st.booleans()):
        leave, limits_s = entry, rng.integers(30, 200, k, dtype=np.int32)
    groups = draw(st.integers(1, v))
    group = np.concatenate([np.arange(groups), rng.integers(0, groups, v - groups)]).astype(np.int32)
    opens = rng.integers(0, 150, v, dtype=np.int32)
    tier = rng.integers(1, 4, groups).astype(np.int32)[group]
    required = rng.random(groups) < 0.2
    # What is worth nothing is not visited, although a drive through it may shorten what counts as driving.
    weight = rng.integers(np.where(required[group], 0, 1), 5, dtype=np.int32)
    from_s = rng.integers(0, 60, k, dtype=np.int32)
    return PatrolProblem(
        matrix=TravelMatrix(
            ids=tuple(map(str, range(points))),
            profiles=tuple(map(str, range(p))),
            travel_s=travel,
            travel_m=np.zeros_like(travel),
        ),
        squads=Squads(
            ids=tuple(map(str, range(k))),
            start=rng.integers(0, points, k, dtype=np.int32),
            end=rng.integers(0, points, k, dtype=np.int32),
            profile=rng.integers(0, p, k, dtype=np.int32),
            from_s=from_s,
            until_s=from_s + rng.integers(50, 250, k, dtype=np.int32),
            max_drive_s=limits_s,
        ),
        groups=Groups(ids=tuple(map(str, range(groups))), required=required),
        visits=Visits(
            ids=tuple(map(str, range(v))),
            group=group,
            entry=entry,
            exit=leave,
            duration_s=travel[:, entry, leave].max(axis=0) + rng.integers(0, 30, v, dtype=np.int32),
            opens_s=opens,
            closes_s=opens + rng.integers(0, 150, v, dtype=np.int32),
            tier=tier,
            weight=weight,
            squads=rng.random((v, k)) < 0.8,
        ),
    )


@settings(max_examples=150, deadline=None)
@given(tiny_problems())
def test_the_optimum_of_every_tiny_problem_is_found(problem: PatrolProblem) -> None:
    orders = solve(problem)
    assert keeps_everything(problem, orders)
    assert objective_of(problem, orders) == optimum(problem)


def test_a_seed_and_iterations_fix_the_orders() -> None:
    problem = scattered(60, 3, seed=4)
    assert solve(problem, seed=7) == solve(problem, seed=7)
    assert len({solve(problem, seed=seed, iterations=300) for seed in range(4)}) > 1


def scattered(n: int, k: int, *, seed: int, until_s: int = 3600, tiers: int = 1, weight: int = 10) -> PatrolProblem:
    rng = np.random.default_rng(seed)
    xy = rng.random((n + 1, 2)) * 900
    travel = np.ceil(np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))).astype(np.int32)
    return PatrolProblem.from_arrays(
        travel,
        dwell_s=np.full(n, 300, np.int32),
        weight=rng.integers(1, weight + 1, n, dtype=np.int32),
        tier=rng.integers(1, tiers + 1, n, dtype=np.int32),
        shifts_s=[(0, until_s)] * k,
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_a_warm_start_is_never_made_worse(seed: int) -> None:
    problem = scattered(40, 2, seed=seed)
    good = solve(problem, iterations=3000)
    for iterations in (0, 1, 50):
        again = solve(problem, iterations=iterations, seed=9, start=good)
        assert objective_of(problem, again) <= objective_of(problem, good)
