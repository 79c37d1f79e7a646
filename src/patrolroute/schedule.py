"""The only clock and the only objective: visiting orders become times, times become a plan.

`schedule` does not judge: an order that breaks a window or a shift gets the times it would take, and
`patrolroute.check` says what is wrong with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from patrolroute.plans import Plan, Route, Skipped, TierCoverage, Visit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from patrolroute.problem import Orders, PatrolProblem


class Objective(NamedTuple):
    """What makes one plan better than another; smaller is better, compared from the first field on.

    Parameters
    ----------
    required_missed : int
        Required groups that no squad serves.
    uncovered : tuple of int
        Weight left out, tier by tier, the most important first.
    drive_s : int
        Seconds at the wheel, all squads added.
    finish_s : int
        Seconds from when a squad may leave to its return, added over the squads that leave.
    """

    required_missed: int
    uncovered: tuple[int, ...]
    drive_s: int
    finish_s: int


class Reason(NamedTuple):
    """Why a group is left out: one of the codes of `Skipped`, and a sentence."""

    code: Literal["impossible", "no_time", "off_road"]
    sentence: str


def time_route(problem: PatrolProblem, squad: int, order: Sequence[int]) -> Route:
    """Return the earliest times of one squad's visiting order.

    The squad leaves as late as the first visit allows, since waiting is better done at its own place than in the
    street; all later times are the earliest possible.

    Parameters
    ----------
    problem : PatrolProblem
    squad : int
        Row of the squad.
    order : sequence of int
        Rows of the visits.
    """
    squads, table = problem.squads, problem.visits
    travel_s = problem.matrix.travel_s[squads.profile[squad]]
    travel_m = problem.matrix.travel_m[squads.profile[squad]]
    start, end, from_s = int(squads.start[squad]), int(squads.end[squad]), int(squads.from_s[squad])
    name = squads.ids[squad]
    if not order:
        return Route(squad=name, visits=(), leave_s=from_s, return_s=from_s, drive_s=0, drive_m=0)
    first = order[0]
    leave_s = max(from_s, int(table.opens_s[first]) - int(travel_s[start, table.entry[first]]))
    clock, here, visits, total_s, total_m = leave_s, start, [], 0, 0
    for v in order:
        entry = int(table.entry[v])
        drive_s, drive_m = int(travel_s[here, entry]), int(travel_m[here, entry])
        arrive = clock + drive_s
        begin = max(arrive, int(table.opens_s[v]))
        clock, here = begin + int(table.duration_s[v]), int(table.exit[v])
        total_s, total_m = total_s + drive_s, total_m + drive_m
        visits.append(
            Visit(
                visit=table.ids[v],
                site=problem.groups.ids[table.group[v]],
                arrive_s=arrive,
                begin_s=begin,
                end_s=clock,
                drive_s=drive_s,
                drive_m=drive_m,
            )
        )
    back_s, back_m = int(travel_s[here, end]), int(travel_m[here, end])
    return Route(
        squad=name,
        visits=tuple(visits),
        leave_s=leave_s,
        return_s=clock + back_s,
        drive_s=total_s + back_s,
        drive_m=total_m + back_m,
    )


def covered_weights(problem: PatrolProblem, orders: Orders) -> dict[int, int]:
    """Return the weight that visiting orders earn for each group they serve, each group counted once."""
    earned: dict[int, int] = {}
    for order in orders:
        for v in order:
            group = int(problem.visits.group[v])
            earned[group] = max(earned.get(group, 0), int(problem.visits.weight[v]))
    return earned


def objective_of(problem: PatrolProblem, orders: Orders) -> Objective:
    """Return the objective of visiting orders."""
    earned = covered_weights(problem, orders)
    missed = sum(1 for g in np.flatnonzero(problem.groups.required) if int(g) not in earned)
    uncovered = tuple(each.total_weight - each.covered_weight for each in _coverage(problem, earned))
    routes = [time_route(problem, k, order) for k, order in enumerate(orders)]
    finish = sum(
        route.return_s - int(from_s)
        for route, from_s in zip(routes, problem.squads.from_s, strict=True)
        if route.visits
    )
    return Objective(missed, uncovered, sum(route.drive_s for route in routes), finish)


def schedule(
    problem: PatrolProblem,
    orders: Orders,
    *,
    engine: str,
    name: str = "",
    start: datetime | None = None,
    reasons: Mapping[str, Reason] | None = None,
) -> Plan:
    """Return the plan that visiting orders mean.

    Parameters
    ----------
    problem : PatrolProblem
    orders : Orders
        Rows of visits, one tuple for each squad.
    engine : str
        Who found the orders.
    name : str
        The scenario's name.
    start : datetime, optional
        Second 0.
    reasons : mapping of group id to Reason, optional
        Why groups are left out; a group without one is said to have found no time.
    """
    earned = covered_weights(problem, orders)
    known = reasons or {}
    skipped = []
    for g, group in enumerate(problem.groups.ids):
        if g in earned:
            continue
        reason = known.get(group, Reason("no_time", "The squads' time went to other sites."))
        skipped.append(
            Skipped(
                site=group,
                tier=int(problem.group_tier[g]),
                weight=int(problem.group_weight[g]),
                required=bool(problem.groups.required[g]),
                code=reason.code,
                reason=reason.sentence,
            )
        )
    return Plan(
        name=name,
        start=start,
        routes=tuple(time_route(problem, k, order) for k, order in enumerate(orders)),
        skipped=tuple(skipped),
        coverage=_coverage(problem, earned),
        engine=engine,
        provenance=problem.matrix.provenance,
        problem_digest=problem.digest,
    )


def _coverage(problem: PatrolProblem, earned: Mapping[int, int]) -> tuple[TierCoverage, ...]:
    tier, weight = problem.group_tier, problem.group_weight
    return tuple(
        TierCoverage(
            tier=t,
            covered_weight=sum(w for g, w in earned.items() if tier[g] == t),
            total_weight=int(weight[tier == t].sum(dtype=np.int64)),
            covered_sites=sum(1 for g in earned if tier[g] == t),
            total_sites=int((tier == t).sum()),
        )
        for t in problem.tiers
    )


def orders_of(problem: PatrolProblem, plan: Plan) -> Orders:
    """Return the visiting orders of a plan as far as the problem still knows its squads and visits.

    A plan of an earlier evening warms the next search although sites or squads were added or taken away since.
    """
    rows = {visit: row for row, visit in enumerate(problem.visits.ids)}
    routes = {route.squad: route for route in plan.routes}
    return tuple(
        tuple(rows[v.visit] for v in routes[squad].visits if v.visit in rows) if squad in routes else ()
        for squad in problem.squads.ids
    )
