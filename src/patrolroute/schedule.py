"""The only clock and the only objective: visiting orders become times, times become a plan.

`schedule` does not judge: an order that breaks a window or a shift gets the times it would take, and
`patrolroute.check` says what is wrong with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from patrolroute.plans import Plan, ProblemPart, Route, Skipped, TierCoverage, Visit, weight_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from patrolroute.problem import Orders, PatrolProblem


class Objective(NamedTuple):
    """What makes one plan better than another; smaller is better, compared from the first field on.

    Parameters
    ----------
    unmet : int
        What must be and is not: required groups that no squad serves, duties that a squad which goes out does not do,
        and by how many stops and begun quarters of an hour one squad has more than another beyond what it may.
    uncovered : tuple of int
        Weight left out, tier by tier, the most important first; in the tier whose weight overtime costs, that as well.
    overtime_s : int
        Seconds after each squad's regular end, added.
    spread : int
        Where squads shall have something alike (`PatrolProblem.balance`): the most that one has less the least; else 0.
    drive_s : int
        Seconds at the wheel, all squads added.
    finish_s : int
        Seconds from when a squad may leave to its return, added over the squads that leave.
    """

    unmet: int
    uncovered: tuple[int, ...]
    overtime_s: int
    spread: int
    drive_s: int
    finish_s: int


class Reason(NamedTuple):
    """Why a group is left out: one of the codes of `Skipped`, and a sentence."""

    code: Literal["impossible", "no_time", "off_road"]
    sentence: str


def time_orders(problem: PatrolProblem, orders: Orders) -> list[Route]:
    """Return the earliest times of all squads' visiting orders.

    Couplings move visits back until they hold, as times in a simple temporal network (Dechter, Meiri, Pearl 1991,
    10.1016/0004-3702(91)90006-6). Where they never can, the times are those after as many rounds as any that can takes.
    By the hour a drive may get shorter the later it sets out, so there rounds end only once some visit is too late, or
    so many after the last change of speeds.

    Parameters
    ----------
    problem : PatrolProblem
    orders : Orders
        Rows of visits, one tuple for each squad.
    """
    made = {v: (k, i) for k, order in enumerate(orders) for i, v in enumerate(order)}
    table = problem.couplings
    rows = [
        (a, b, lo, hi)
        for a, b, lo, hi in zip(*(column.tolist() for column in (table.first, table.second, table.lo_s, table.hi_s)),
                                strict=True)
        if a in made and b in made
    ]  # fmt: skip
    floor: dict[int, int] = {}
    routes = [time_route(problem, k, order) for k, order in enumerate(orders)]
    # The seconds from which speeds stay as they are: without hours, all of them.
    periods = [] if problem.hours is None else problem.hours.begins_s[1:].tolist()
    rounds_left = 2 * len(rows) + 1
    while rounds_left:
        due_s: dict[int, int] = {}
        for a, b, lo, hi in rows:
            begins = [routes[k].visits[i].begin_s for k, i in (made[a], made[b])]
            for v, begin, due in ((b, begins[1], begins[0] + lo), (a, begins[0], begins[1] - hi)):
                if begin < due:
                    due_s[v] = max(due_s.get(v, due), due)
        floor |= due_s
        if not due_s or (periods and any(due > problem.visits.closes_s[v] for v, due in due_s.items())):
            break
        late = {made[v][0] for v in due_s}
        # What moves from here on moves what comes after it: none of it is driven before the last change any more.
        rounds_left -= not periods or min(due_s.values()) >= periods[-1]
        for k in late:
            routes[k] = time_route(problem, k, orders[k], not_before_s=floor)
    return routes


class _Drive(NamedTuple):
    leave_s: int
    arrive_s: int
    drive_s: int
    drive_m: int


def _drive(problem: PatrolProblem, profile: int, origin: int, destination: int, ready_s: int) -> _Drive:
    """Return the drive that arrives earliest, at the hour in which it sets out: the latest hour, of equally early."""
    matrix, hours = problem.matrix, problem.hours
    if hours is not None:
        arrive_s = int(problem.arrive_s(profile, origin, destination, ready_s))
        leave_s = int(problem.leave_s(profile, origin, destination, arrive_s))
        metres = int(hours.travel_m[hours.period_at(leave_s), profile, origin, destination])
        return _Drive(leave_s, arrive_s, arrive_s - leave_s, metres)
    seconds, metres = (int(table[profile, origin, destination]) for table in (matrix.travel_s, matrix.travel_m))
    return _Drive(ready_s, ready_s + seconds, seconds, metres)


def time_route(
    problem: PatrolProblem, squad: int, order: Sequence[int], *, not_before_s: Mapping[int, int] | None = None
) -> Route:
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
    not_before_s : mapping of visit row to second, optional
        When visits may begin at the earliest, besides their windows.
    """
    squads, table, points = problem.squads, problem.visits, problem.matrix.ids
    profile = int(squads.profile[squad])
    start, end, from_s = int(squads.start[squad]), int(squads.end[squad]), int(squads.from_s[squad])
    name = squads.ids[squad]
    if not order:
        return Route(squad=name, visits=(), leave_s=from_s, return_s=from_s, drive_s=0, drive_m=0)
    floor = not_before_s or {}
    opens = [max(int(table.opens_s[v]), floor.get(v, int(table.opens_s[v]))) for v in order]
    first = start if table.floats[order[0]] else int(table.entry[order[0]])
    due_s = max(opens[0], _drive(problem, profile, start, first, from_s).arrive_s)
    leave_s = int(problem.leave_s(profile, start, first, due_s))
    clock, here, visits, total_s, total_m = leave_s, start, [], 0, 0
    for v, opens_s in zip(order, opens, strict=True):
        entry, leave = (here, here) if table.floats[v] else (int(table.entry[v]), int(table.exit[v]))
        drive = _Drive(clock, clock, 0, 0) if table.floats[v] else _drive(problem, profile, here, entry, clock)
        begin = max(drive.arrive_s, opens_s)
        clock, here = begin + int(table.duration_s[v]), leave
        total_s, total_m = total_s + drive.drive_s, total_m + drive.drive_m
        visits.append(
            Visit(
                visit=table.ids[v],
                site=problem.groups.site[table.group[v]],
                entry=points[entry],
                exit=points[leave],
                arrive_s=drive.arrive_s,
                begin_s=begin,
                end_s=clock,
                drive_s=drive.drive_s,
                drive_m=drive.drive_m,
            )
        )
    back = _drive(problem, profile, here, end, clock)
    return Route(
        squad=name,
        visits=tuple(visits),
        leave_s=leave_s,
        return_s=back.arrive_s,
        drive_s=total_s + back.drive_s,
        drive_m=total_m + back.drive_m,
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
    groups, squads = problem.groups, problem.squads
    unmet = sum(1 for g in np.flatnonzero(groups.required) if int(g) not in earned)
    unmet += sum(1 for g in np.flatnonzero(groups.duty >= 0) if int(g) not in earned and orders[groups.duty[g]])
    routes = time_orders(problem, orders)
    overtime = [
        max(0, route.return_s - int(late)) for route, late in zip(routes, squads.overtime_from_s, strict=True)
        if route.visits
    ]  # fmt: skip
    finish = [
        route.return_s - int(from_s) if route.visits else 0 for route, from_s in zip(routes, squads.from_s, strict=True)
    ]
    stops = [sum(1 for v in order if groups.duty[problem.visits.group[v]] < 0) for order in orders]
    apart = {name: max(each, default=0) - min(each, default=0) for name, each in (("stops", stops), ("duty", finish))}
    return Objective(
        unmet=unmet + beyond_spread(problem, stops, finish),
        uncovered=tuple(
            total - covered + overtime_cost(problem, sum(overtime)) * (tier == problem.overtime_tier)
            for tier, (covered, total) in _weights(problem, earned).items()
        ),
        overtime_s=sum(overtime),
        spread=apart.get(problem.balance or "", 0),
        drive_s=sum(route.drive_s for route in routes),
        finish_s=sum(finish),
    )


def beyond_spread(problem: PatrolProblem, stops: Sequence[int], duty_s: Sequence[int]) -> int:
    """Return by how many stops and begun quarters of an hour squads are further apart than they may be."""
    beyond = 0
    if problem.most_spread_stops is not None:
        beyond += max(0, max(stops, default=0) - min(stops, default=0) - problem.most_spread_stops)
    if problem.most_spread_duty_s is not None:
        apart_s = max(duty_s, default=0) - min(duty_s, default=0)
        beyond += -(-max(0, apart_s - problem.most_spread_duty_s) // 900)
    return beyond


def overtime_cost(problem: PatrolProblem, overtime_s: int) -> int:
    """Return what so much overtime of all squads costs, in weight of `PatrolProblem.overtime_tier`, rounded up."""
    return -(-overtime_s * problem.overtime_price // 3600)


def without_idle_duties(problem: PatrolProblem, orders: Orders) -> Orders:
    """Return the orders without those of squads whose only visits are duties: nobody goes out for a break."""
    duty = problem.groups.duty[problem.visits.group] >= 0
    return tuple(order if any(not duty[v] for v in order) else () for order in orders)


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
        site, required, weight = problem.groups.site[g], bool(problem.groups.required[g]), int(problem.group_weight[g])
        missed = weight > 0 or required or site == group
        if g in earned or problem.groups.duty[g] >= 0 or not missed:
            continue
        reason = known.get(group, Reason("no_time", "The squads' time went to other sites."))
        skipped.append(
            Skipped(
                site=site,
                part=group,
                tier=int(problem.group_tier[g]),
                weight=weight_of(weight, problem.weight_unit),
                required=required,
                code=reason.code,
                reason=reason.sentence,
            )
        )
    return Plan(
        name=name,
        start=start,
        routes=tuple(time_orders(problem, orders)),
        skipped=tuple(skipped),
        coverage=_coverage(problem, earned),
        engine=engine,
        provenance=problem.matrix.provenance,
        problem_digest=problem.digest,
        weight_unit=problem.weight_unit,
        problem_parts=tuple(ProblemPart(part=part, digest=digest) for part, digest in problem.part_digests.items()),
    )


def _coverage(problem: PatrolProblem, earned: Mapping[int, int]) -> tuple[TierCoverage, ...]:
    tier, site = problem.group_tier, problem.groups.site
    rows = np.flatnonzero(problem.groups.duty < 0)
    weights = _weights(problem, earned)
    return tuple(
        TierCoverage(
            tier=t,
            covered_weight=weight_of(weights[t][0], problem.weight_unit),
            total_weight=weight_of(weights[t][1], problem.weight_unit),
            covered_sites=len({site[g] for g in earned if tier[g] == t and problem.groups.duty[g] < 0}),
            total_sites=len({site[g] for g in rows if tier[g] == t}),
        )
        for t in problem.tiers
    )


def _weights(problem: PatrolProblem, earned: Mapping[int, int]) -> dict[int, tuple[int, int]]:
    """Return the weight covered of each tier, and its weight in all, both in the problem's parts."""
    tier, rows = problem.group_tier, np.flatnonzero(problem.groups.duty < 0)
    return {
        t: (
            sum(w for g, w in earned.items() if tier[g] == t and problem.groups.duty[g] < 0),
            int(problem.group_weight[rows][tier[rows] == t].sum(dtype=np.int64)),
        )
        for t in problem.tiers
    }


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
