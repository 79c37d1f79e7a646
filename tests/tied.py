"""Small problems with everything that ties visits to each other, and their optimum by trying every plan."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations, product
from typing import TYPE_CHECKING

import numpy as np

from patrolroute.check import check_against_problem
from patrolroute.problem import Couplings, Groups, PatrolProblem
from patrolroute.schedule import objective_of, schedule, without_idle_duties
from tiny import problem_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patrolroute.problem import Orders
    from patrolroute.schedule import Objective


_UNMET = {"required", "duty", "spread"}
"""Rules that are a level of the objective."""


def broken_rules(problem: PatrolProblem, orders: Orders) -> list[str]:
    """Return what the checker says against orders; where something is unmet, which it must say too, only what else."""
    plan = schedule(problem, orders, engine="any")
    found = check_against_problem(plan, problem)
    if objective_of(problem, orders).unmet == 0:
        return [str(each) for each in found]
    others = [str(each) for each in found if each.rule not in _UNMET]
    return (
        others
        if len(others) < len(found)
        else [*others, "The objective has something unmet that the checker does not find."]
    )


def every_plan(problem: PatrolProblem) -> Iterator[Orders]:
    """Yield all orders of all visits by all squads; a few thousand for five visits and two squads."""
    worth, squads = _worth(problem), len(problem.squads)
    for who in product(range(-1, squads), repeat=len(worth)):
        shares = [[v for v, of in zip(worth, who, strict=True) if of == k] for k in range(squads)]
        yield from product(*(permutations(share) for share in shares))


def _worth(problem: PatrolProblem) -> list[int]:
    """Return the visits that earn something, are asked for, or are needed by such ones: nobody makes any other."""
    groups = problem.groups
    asked = groups.required | (groups.duty >= 0) | (problem.group_weight > 0)
    for _ in range(len(groups)):
        asked[groups.needs[asked & (groups.needs >= 0)]] = True
        asked |= (groups.bundle >= 0) & np.isin(groups.bundle, groups.bundle[asked])
    return [v for v, g in enumerate(problem.visits.group.tolist()) if asked[g]]


def best_objective(problem: PatrolProblem) -> Objective:
    """Return the objective of the best plan that the checker passes."""
    best = objective_of(problem, ((),) * len(problem.squads))
    for orders in every_plan(problem):
        if without_idle_duties(problem, orders) == orders:
            objective = objective_of(problem, orders)
            if objective < best and not broken_rules(problem, orders):
                best = objective
    return best


def tied_problem(seed: int, *, visits: int = 5) -> PatrolProblem:
    """Return a problem of five visits and two squads with couplings, bundles, needs, breaks and limits by chance."""
    draw = np.random.default_rng(seed)
    squads, points = 2, 4
    where = draw.integers(0, 500, (points, 2))
    travel_s = np.abs(where[:, None] - where[None]).sum(-1)
    rows = []
    for v in range(visits):
        opens = int(draw.integers(0, 1500)) if draw.random() < 0.4 else 0
        rows.append(
            {
                "at": int(draw.integers(0, points)),
                "duration_s": int(draw.integers(0, 600)),
                "opens_s": opens,
                "closes_s": opens + 600 if opens else 9000,
                "tier": 1,
                "weight": int(draw.integers(0, 4)),
                "group": f"g{v if draw.random() < 0.8 else 0}",
                "squads": None if draw.random() < 0.7 else [int(draw.integers(0, squads))],
            }
        )
    crew = [
        {"start": int(draw.integers(0, points)), "end": int(draw.integers(0, points)), "until_s": 3000}
        for _ in range(squads)
    ]
    plain = problem_of(travel_s, squads=crew, visits=rows, required=["g1"] if draw.random() < 0.2 else [])
    return _tie(plain, draw)


def _tie(plain: PatrolProblem, draw: np.random.Generator) -> PatrolProblem:
    groups, visits, squads = plain.groups, plain.visits, plain.squads
    count = len(groups)
    bundle, needs, duty = np.full(count, -1), np.full(count, -1), np.full(count, -1)
    floats = np.zeros(len(visits), np.bool_)
    if count > 2 and draw.random() < 0.6:
        bundle[:2] = 0
    if count > 3 and draw.random() < 0.5:
        needs[3] = int(draw.integers(0, 3))
    weight, allowed = visits.weight.copy(), visits.squads.copy()
    if draw.random() < 0.5 and not groups.required[count - 1] and bundle[count - 1] < 0 and needs[count - 1] < 0:
        duty[count - 1] = 0
        of = visits.group == count - 1
        weight[of], allowed[of] = 0, [True, False]
        floats[of] = draw.random() < 0.6
    couplings = []
    for _ in range(int(draw.integers(0, 4))):
        a, b = draw.choice(len(visits), 2, replace=False)
        # Breaks are coupled to each other alone.
        if visits.group[a] != visits.group[b] and duty[visits.group[a]] == duty[visits.group[b]] == -1:
            lo = int(draw.choice([0, 0, 300, 1200, -600]))
            hi = lo + int(draw.choice([0, 0, 500, 9000]))
            couplings.append((a, b, lo, hi, bool(lo == 0 and hi == 0 and draw.random() < 0.7)))
    columns = list(zip(*couplings, strict=True)) or [[]] * 5
    overtime = squads.until_s - (draw.integers(0, 1500, 2) if draw.random() < 0.3 else 0)
    tied = replace(
        plain,
        groups=Groups(
            ids=groups.ids, required=groups.required, bundle=bundle.astype(np.int32), needs=needs.astype(np.int32),
            duty=duty.astype(np.int32),
        ),
        visits=replace(visits, weight=weight, squads=allowed, floats=floats),
        squads=replace(
            squads,
            overtime_from_s=overtime.astype(np.int32),
            max_stops=draw.integers(1, 5, 2).astype(np.int32) if draw.random() < 0.3 else squads.max_stops,
        ),
        couplings=Couplings(
            first=np.array(columns[0], np.int32), second=np.array(columns[1], np.int32),
            lo_s=np.array(columns[2], np.int32), hi_s=np.array(columns[3], np.int32),
            apart=np.array(columns[4], np.bool_),
        ),
        balance=[None, None, None, "stops", "duty"][int(draw.integers(0, 5))],
    )  # fmt: skip
    priced = bool((overtime < squads.until_s).any())
    return replace(
        tied,
        most_spread_stops=int(draw.integers(0, 3)) if draw.random() < 0.3 else None,
        most_spread_duty_s=int(draw.integers(0, 1500)) if draw.random() < 0.3 else None,
        overtime_tier=1,
        overtime_price=int(draw.integers(1, 20)) if priced and draw.random() < 0.7 else 0,
    )


WISHES = ("price", "stops", "duty", "both", "even", "level", "all")
"""What `wishing_problem` makes sure of: a price of overtime, limits of the spread of stops, of time on duty or of both,
stops or time on duty shared out, or all of it."""


def wishing_problem(wish: str, seed: int, *, visits: int = 5) -> PatrolProblem:
    """Return the `tied_problem` of a seed with something wished for beside coverage."""
    plain = tied_problem(seed, visits=visits)
    draw = np.random.default_rng([seed, WISHES.index(wish)])
    if wish in {"price", "all"}:
        overtime = (plain.squads.until_s - draw.integers(300, 2400, 2)).astype(np.int32)
        squads = replace(plain.squads, overtime_from_s=overtime)
        plain = replace(plain, squads=squads, overtime_tier=1, overtime_price=int(draw.integers(1, 20)))
    if wish in {"stops", "both", "all"}:
        plain = replace(plain, most_spread_stops=int(draw.integers(0, 2)))
    if wish in {"duty", "both", "all"}:
        plain = replace(plain, most_spread_duty_s=int(draw.integers(0, 600)))
    if wish in {"even", "level"}:
        return replace(plain, balance="stops" if wish == "even" else "duty")
    return replace(plain, balance=("stops", "duty")[draw.integers(0, 2)]) if wish == "all" else plain
