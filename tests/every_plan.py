"""Every plan of a small problem, and small problems of every kind that the normal form allows."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import strategies as st

from patrolroute.matrix import TravelMatrix
from patrolroute.problem import Groups, PatrolProblem, Squads, Visits

if TYPE_CHECKING:
    from patrolroute.problem import Orders


def feasible(problem: PatrolProblem, k: int, order: tuple[int, ...]) -> bool:
    """Whether squad k can make these visits, step by step from the field descriptions of `PatrolProblem`."""
    travel = problem.matrix.travel_s[problem.squads.profile[k]]
    table = problem.visits
    clock, here, drive = int(problem.squads.from_s[k]), int(problem.squads.start[k]), 0
    for v in order:
        leg = int(travel[here, table.entry[v]])
        drive += leg
        clock = max(clock + leg, int(table.opens_s[v]))
        if clock > table.closes_s[v] or not table.squads[v, k]:
            return False
        clock += int(table.duration_s[v])
        here = int(table.exit[v])
    leg = int(travel[here, problem.squads.end[k]])
    return clock + leg <= problem.squads.until_s[k] and drive + leg <= problem.squads.max_drive_s[k]


def all_plans(problem: PatrolProblem) -> dict[frozenset[int], Orders]:
    """Every assignment of visits to squads that can be driven: {visits served: orders}."""
    group = problem.visits.group
    plans = {frozenset(): ()}
    for k in range(len(problem.squads)):
        routes = {frozenset(): ()}
        for size in range(1, len(problem.visits) + 1):
            for order in permutations(range(len(problem.visits)), size):
                served = frozenset(order)
                if served in routes or len({int(group[v]) for v in order}) < size:
                    continue
                if feasible(problem, k, order):
                    routes[served] = order
        plans = {
            before | more: (*orders, order)
            for before, orders in plans.items()
            for more, order in routes.items()
            if not {int(group[v]) for v in before} & {int(group[v]) for v in more}
        }
    return plans


def values(problem: PatrolProblem, served: frozenset[int]) -> tuple[int, ...]:
    """Required groups served, then the weight of each tier."""
    table = problem.visits
    required = sum(bool(problem.groups.required[table.group[v]]) for v in served)
    tiers = [sum(int(table.weight[v]) for v in served if table.tier[v] == t) for t in problem.tiers]
    return (required, *tiers)


@st.composite
def problems(draw: st.DrawFn) -> PatrolProblem:
    """Small problems of every kind the normal form allows; travel need not obey the triangle inequality."""
    number = st.integers
    points, layers = draw(number(2, 6)), draw(number(1, 2))
    squads, visits = draw(number(0, 3)), draw(number(1, 6))
    groups = draw(number(1, visits))
    rng = np.random.default_rng(draw(number(0, 2**32 - 1)))
    travel = rng.integers(0, draw(st.sampled_from([1, 12, 40])), (layers, points, points))
    for layer in travel:
        np.fill_diagonal(layer, 0)
    if draw(st.booleans()):
        for layer in travel:
            for m in range(points):
                np.minimum(layer, layer[:, m, None] + layer[m], out=layer)
    group = np.concatenate([np.arange(groups), rng.integers(0, groups, visits - groups)])
    tier = rng.integers(1, draw(number(1, 3)) + 1, groups)[group]
    opens = rng.integers(-5, 60, visits)
    wide = draw(number(0, 100))
    from_s = rng.integers(-5, 20, squads)
    until_s = from_s + rng.integers(0, draw(st.sampled_from([1, 60, 150])), squads)
    alike = draw(st.booleans())
    start, end = rng.integers(0, points, squads), rng.integers(0, points, squads)
    drive = rng.integers(0, draw(st.sampled_from([30, 300])), squads)
    if alike and squads:
        start[:], end[:], from_s[:], until_s[:], drive[:] = start[0], end[0], from_s[0], until_s[0], drive[0]
    return PatrolProblem(
        matrix=TravelMatrix(
            ids=tuple(f"p{i}" for i in range(points)),
            profiles=tuple(f"v{i}" for i in range(layers)),
            travel_s=travel,
            travel_m=travel,
        ),
        squads=Squads(
            ids=tuple(f"k{i}" for i in range(squads)),
            start=start,
            end=end,
            profile=np.zeros(squads, int) if alike else rng.integers(0, layers, squads),
            from_s=from_s,
            until_s=until_s,
            max_drive_s=drive,
        ),
        groups=Groups(
            ids=tuple(f"g{i}" for i in range(groups)),
            required=rng.random(groups) < draw(st.sampled_from([0.0, 0.4])),
        ),
        visits=Visits(
            ids=tuple(f"v{i}" for i in range(visits)),
            group=group,
            entry=rng.integers(0, points, visits),
            exit=rng.integers(0, points, visits),
            duration_s=rng.integers(0, draw(st.sampled_from([1, 20])), visits),
            opens_s=opens,
            closes_s=opens + rng.integers(0, wide + 1, visits),
            tier=tier,
            weight=rng.integers(0, draw(st.sampled_from([3, 50, 1_000_000_000])), visits),
            squads=rng.random((visits, squads)) < draw(st.sampled_from([0.6, 1.0])),
        ),
    )
