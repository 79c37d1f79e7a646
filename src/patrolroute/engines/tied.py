"""Orders of visits that are tied to each other: whether they keep everything, and what of them can be kept.

Times come from the one clock, `schedule.time_orders`; nothing here judges a plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from patrolroute.schedule import time_orders, without_idle_duties

if TYPE_CHECKING:
    from collections.abc import Callable

    from patrolroute.problem import Orders, PatrolProblem


def tied_orders_fit(problem: PatrolProblem, orders: Orders, *, whole: bool = True) -> bool:
    """Return whether orders keep every rule of a problem, but that required groups may be left out, and squads unlike.

    Parameters
    ----------
    problem : PatrolProblem
    orders : Orders
        Rows that exist, one tuple for each squad.
    whole : bool
        Whether what is served only together, and every duty, must be there already.
    """
    squads, visits, groups = problem.squads, problem.visits, problem.groups
    served = [int(visits.group[v]) for order in orders for v in order]
    made: dict[int, tuple[int, int]] = {}
    if len(set(served)) < len(served) or (whole and not _served_together(problem, orders, set(served))):
        return False
    for k, (order, route) in enumerate(zip(orders, time_orders(problem, orders), strict=True)):
        rows = np.asarray(order, np.intp)
        begins = np.asarray([visit.begin_s for visit in route.visits], np.int64)
        if not (
            visits.squads[rows, k].all()
            and (begins <= visits.closes_s[rows]).all()
            and (groups.duty[visits.group[rows]] < 0).sum() <= squads.max_stops[k]
            and route.drive_s <= squads.max_drive_s[k]
            and (not order or route.return_s <= squads.until_s[k])
        ):
            return False
        made.update({v: (k, visit.begin_s) for v, visit in zip(order, route.visits, strict=True)})
    return _couplings_hold(problem, made)


def _served_together(problem: PatrolProblem, orders: Orders, served: set[int]) -> bool:
    """Return whether bundles are whole, what is needed is there, and all that go out make their duties."""
    groups = problem.groups
    if any(groups.duty[g] >= 0 and orders[groups.duty[g]] for g in set(range(len(groups))) - served):
        return False
    whole = {g for g in served if groups.needs[g] < 0 or int(groups.needs[g]) in served}
    labels = {int(groups.bundle[g]) for g in served if groups.bundle[g] >= 0}
    return whole == served and all(set(np.flatnonzero(groups.bundle == b).tolist()) <= served for b in labels)


def _couplings_hold(problem: PatrolProblem, made: dict[int, tuple[int, int]]) -> bool:
    """Return whether couplings hold, given the squad and the second that each visit is made by and begins at."""
    table = problem.couplings
    for a, b, lo, hi, apart in zip(table.first.tolist(), table.second.tolist(), table.lo_s.tolist(),
                                   table.hi_s.tolist(), table.apart.tolist(), strict=True):  # fmt: skip
        if a in made and b in made:
            (one, first_s), (other, second_s) = made[a], made[b]
            if not lo <= second_s - first_s <= hi or (apart and one == other):
                return False
    return True


def wanted_groups(problem: PatrolProblem) -> set[int]:
    """Return the groups worth serving, for themselves or since one that is needs them: nobody goes for any other."""
    groups = problem.groups
    asked = groups.required | (groups.duty >= 0) | (problem.group_weight > 0)
    return {h for g in np.flatnonzero(asked).tolist() for h in _with_needs(problem, g)}


def tied_part(problem: PatrolProblem, orders: Orders | None) -> Orders:
    """Return the orders without what cannot be kept.

    Rows that do not exist, groups served a second time and groups that nobody wants go first. If the rest does not fit
    it is built up again, each visit in its old place, what is served only together in one step: required groups first,
    then by tier and weight.

    Parameters
    ----------
    problem : PatrolProblem
    orders : Orders or None
        May be shorter or longer than the squads are many.
    """
    wanted = wanted_groups(problem)
    where: dict[int, tuple[int, int]] = {}
    by_group: dict[int, int] = {}
    for k, order in enumerate((orders or ())[: len(problem.squads)]):
        for i, v in enumerate(order):
            group = int(problem.visits.group[v]) if 0 <= v < len(problem.visits) else None
            if group in wanted and group not in by_group:
                by_group[group] = int(v)
                where[int(v)] = (k, i)

    def laid_out(kept: set[int]) -> Orders:
        routes: list[list[int]] = [[] for _ in problem.squads.ids]
        for v in sorted(kept & where.keys(), key=lambda v: where[v]):
            routes[where[v][0]].append(v)
        return tuple(map(tuple, routes))

    kept = set(where)
    if not tied_orders_fit(problem, laid_out(kept)):
        kept = set()
        for g in sorted(by_group, key=lambda g: _rank(problem, g)):
            together = _with_needs(problem, g)
            wider = kept | {by_group[h] for h in together if h in by_group}
            if together <= by_group.keys() and tied_orders_fit(problem, laid_out(wider)):
                kept = wider
    return without_idle_duties(problem, laid_out(kept))


def tied_fill(problem: PatrolProblem, orders: Orders, *, enough: Callable[[], bool]) -> Orders:
    """Return orders that fit with whatever else was found to fit, the most important groups first.

    Each visit goes to the first place that fits of those that add the least driving, and what must be served with it,
    and the duties of its squad, go in with it or not at all.

    Parameters
    ----------
    problem : PatrolProblem
    orders : Orders
        They fit.
    enough : callable
        Asked before every group; once it answers True the orders are returned as they are.
    """
    groups, group = problem.groups, problem.visits.group
    for g in sorted(wanted_groups(problem), key=lambda g: _rank(problem, g)):
        if enough():
            break
        served = {int(group[v]) for order in orders for v in order}
        wider: Orders | None = orders
        if g in served or groups.duty[g] >= 0:
            continue
        for h in sorted(_with_needs(problem, g) - served):
            wider = None if wider is None else _put(problem, wider, h)
        for d in np.flatnonzero(groups.duty >= 0).tolist() if wider is not None else ():
            if wider is not None and d not in served and wider[groups.duty[d]]:
                wider = _put(problem, wider, d)
        if wider is not None and tied_orders_fit(problem, wider):
            orders = wider
    return orders


def _put(problem: PatrolProblem, orders: Orders, group: int) -> Orders | None:
    """Return the orders with a group served where it adds little driving, or None where it fits nowhere."""
    visits, squads = problem.visits, problem.squads
    places = []
    for v in np.flatnonzero(visits.group == group).tolist():
        for k in np.flatnonzero(visits.squads[v]).tolist():
            travel_s = problem.matrix.travel_s[squads.profile[k]]
            stops = [int(u) for u in orders[k] if not visits.floats[u]]
            for at in range(len(orders[k]) + 1):
                before = [u for u in orders[k][:at] if not visits.floats[u]]
                after = stops[len(before) :]
                left = visits.exit[before[-1]] if before else squads.start[k]
                right = visits.entry[after[0]] if after else squads.end[k]
                there = int(travel_s[left, visits.entry[v]]) + int(travel_s[visits.exit[v], right])
                added_s = 0 if visits.floats[v] else there - (int(travel_s[left, right]) if stops else 0)
                places.append((added_s, k, at, v))
    for _, k, at, v in sorted(places):
        wider = (*orders[:k], (*orders[k][:at], v, *orders[k][at:]), *orders[k + 1 :])
        if tied_orders_fit(problem, wider, whole=False):
            return wider
    return None


def _with_needs(problem: PatrolProblem, group: int) -> set[int]:
    """Return a group and all that must be served where it is."""
    groups = problem.groups
    found: set[int] = set()
    waiting = [group]
    while waiting:
        g = waiting.pop()
        if g not in found:
            found.add(g)
            mates = np.flatnonzero(groups.bundle == groups.bundle[g]).tolist() if groups.bundle[g] >= 0 else []
            waiting += [*mates, *([int(groups.needs[g])] if groups.needs[g] >= 0 else [])]
    return found


def _rank(problem: PatrolProblem, group: int) -> tuple[bool, int, int]:
    """Most important first: required or a duty, then tier, then weight."""
    groups = problem.groups
    asked = bool(groups.required[group] or groups.duty[group] >= 0)
    return (not asked, int(problem.group_tier[group]), -int(problem.group_weight[group]))
