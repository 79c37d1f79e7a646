"""What every engine needs around its search: which visits are possible, what of an order can be kept, what still fits.

Nothing here judges a plan: `patrolroute.check` does, with code of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from patrolroute.problem import Orders, PatrolProblem


def possible_visits(problem: PatrolProblem) -> NDArray[np.bool_]:
    """Return which squad could make which visit if it had nothing else to do, shape (V, K)."""
    visits, squads = problem.visits, problem.squads
    possible = np.zeros((len(visits), len(squads)), np.bool_)
    for k in range(len(squads)):
        travel_s = problem.matrix.travel_s[squads.profile[k]]
        out = travel_s[squads.start[k], visits.entry].astype(np.int64)
        back = travel_s[visits.exit, squads.end[k]].astype(np.int64)
        begin = np.maximum(out + int(squads.from_s[k]), visits.opens_s)
        possible[:, k] = (
            visits.squads[:, k]
            & (begin <= visits.closes_s)
            & (begin + visits.duration_s + back <= squads.until_s[k])
            & (out + back <= squads.max_drive_s[k])
        )
    return possible


def worth_visiting(problem: PatrolProblem) -> NDArray[np.bool_]:
    """Return the visits that can earn anything, shape (V,): some weight, or a required group."""
    required: NDArray[np.bool_] = problem.groups.required[problem.visits.group]
    return required | (problem.visits.weight > 0)


def legs_s(problem: PatrolProblem, squad: int, order: Sequence[int]) -> NDArray[np.int32]:
    """Return the driving seconds of one squad's legs: to each visit of a non-empty order, then to the squad's end."""
    squads, visits = problem.squads, problem.visits
    rows = np.asarray(order, np.intp)
    left = np.concatenate([squads.start[squad : squad + 1], visits.exit[rows]])
    right = np.concatenate([visits.entry[rows], squads.end[squad : squad + 1]])
    legs: NDArray[np.int32] = problem.matrix.travel_s[squads.profile[squad], left, right]
    return legs


def route_fits(problem: PatrolProblem, squad: int, order: Sequence[int]) -> bool:
    """Return whether one squad can make these visits in this order: windows, shift, driving limit, squads allowed."""
    if not order:
        return True
    squads, visits = problem.squads, problem.visits
    rows = np.asarray(order, np.intp)
    legs = legs_s(problem, squad, order)
    if not visits.squads[rows, squad].all() or int(legs.sum(dtype=np.int64)) > squads.max_drive_s[squad]:
        return False
    *to_visits, back = legs.tolist()
    columns = (visits.opens_s[rows].tolist(), visits.closes_s[rows].tolist(), visits.duration_s[rows].tolist())
    clock = int(squads.from_s[squad])
    for leg, opens, closes, duration in zip(to_visits, *columns, strict=True):
        begin = max(clock + leg, opens)
        if begin > closes:
            return False
        clock = begin + duration
    return bool(clock + back <= squads.until_s[squad])


def orders_fit(problem: PatrolProblem, orders: Orders) -> bool:
    """Return whether every squad can make its visits and no group is served twice."""
    groups = [int(problem.visits.group[v]) for order in orders for v in order]
    return len(set(groups)) == len(groups) and all(route_fits(problem, k, order) for k, order in enumerate(orders))


def startable(problem: PatrolProblem, orders: Orders) -> Orders:
    """Return what a search that tests everything itself may begin from.

    That is the feasible part, or where visits are tied to each other or float or speeds depend on the hour, which this
    module does not weigh, all rows that exist, each once.
    """
    if not problem.beyond and problem.hours is None:
        return feasible_part(problem, orders)
    seen: set[int] = set()
    kept: list[tuple[int, ...]] = []
    for order in orders[: len(problem.squads)]:
        rows = [int(v) for v in order if 0 <= v < len(problem.visits) and int(v) not in seen]
        seen.update(rows)
        kept.append(tuple(dict.fromkeys(rows)))
    return tuple(kept)


def feasible_part(problem: PatrolProblem, orders: Orders | None) -> Orders:
    """Return the orders without what cannot be kept.

    Rows that do not exist and groups served a second time go first. A route that does not fit is built up again from
    its most important visits, each in its old place among the others; a visit that no longer fits is dropped.

    Parameters
    ----------
    problem : PatrolProblem
    orders : Orders or None
        May be shorter or longer than the squads are many.
    """
    served: set[int] = set()
    kept: list[tuple[int, ...]] = []
    for k in range(len(problem.squads)):
        order: list[int] = []
        for v in orders[k] if orders is not None and k < len(orders) else ():
            if 0 <= v < len(problem.visits) and int(problem.visits.group[v]) not in served:
                served.add(int(problem.visits.group[v]))
                order.append(int(v))
        if not route_fits(problem, k, order):
            whole, order = order, _fitting_part(problem, k, order)
            served -= {int(problem.visits.group[v]) for v in whole if v not in order}
        kept.append(tuple(order))
    return tuple(kept)


def _fitting_part(problem: PatrolProblem, squad: int, order: Sequence[int]) -> list[int]:
    chosen: list[int] = []
    for i in sorted(range(len(order)), key=lambda i: _rank(problem, order[i])):
        trial = sorted([*chosen, i])
        if route_fits(problem, squad, [order[j] for j in trial]):
            chosen = trial
    return [order[j] for j in chosen]


def _rank(problem: PatrolProblem, visit: int) -> tuple[bool, int, int]:
    """Most important first: required, then tier, then weight."""
    visits = problem.visits
    return (
        not problem.groups.required[visits.group[visit]],
        int(visits.tier[visit]),
        -int(visits.weight[visit]),
    )


class _Gaps:
    """The places of one squad's route where a visit may be put, as columns; gap i is before the i-th visit."""

    def __init__(self, problem: PatrolProblem, squad: int, order: Sequence[int]) -> None:
        self._problem, self._squad = problem, squad
        self._travel_s = problem.matrix.travel_s[problem.squads.profile[squad]]
        self.order = list(order)
        self._lay_out()

    def _lay_out(self) -> None:
        squads, visits, k = self._problem.squads, self._problem.visits, self._squad
        rows = np.asarray(self.order, np.intp)
        self._left = np.concatenate([squads.start[k : k + 1], visits.exit[rows]])
        self._right = np.concatenate([visits.entry[rows], squads.end[k : k + 1]])
        self._legs = legs_s(self._problem, k, self.order).astype(np.int64)
        n = len(rows)
        self._free = np.empty(n + 1, np.int64)
        self._latest = np.empty(n + 1, np.int64)
        self._free[0] = squads.from_s[k]
        for i, v in enumerate(self.order):
            begin = max(self._free[i] + self._legs[i], visits.opens_s[v])
            self._free[i + 1] = begin + visits.duration_s[v]
        self._latest[n] = squads.until_s[k]
        for i in range(n - 1, -1, -1):
            v = self.order[i]
            slack = self._latest[i + 1] - self._legs[i + 1] - visits.duration_s[v]
            self._latest[i] = min(int(visits.closes_s[v]), slack)
        self._spare = int(squads.max_drive_s[k]) - int(self._legs.sum())

    def best(self, visit: int) -> tuple[int, int] | None:
        """Return the least added driving seconds and its gap, or None where the visit fits nowhere."""
        visits = self._problem.visits
        there = self._travel_s[self._left, visits.entry[visit]].astype(np.int64)
        onward = self._travel_s[visits.exit[visit], self._right].astype(np.int64)
        added = there + onward - self._legs
        if not self.order:
            added += self._legs
        begin = np.maximum(self._free + there, visits.opens_s[visit])
        fits = begin <= visits.closes_s[visit]
        fits &= begin + int(visits.duration_s[visit]) + onward <= self._latest
        fits &= there + onward - self._legs <= self._spare
        if not fits.any():
            return None
        gap = int(np.where(fits, added, np.iinfo(np.int64).max).argmin())
        return int(added[gap]), gap

    def put(self, visit: int, gap: int) -> None:
        self.order.insert(gap, visit)
        self._lay_out()


def fill(
    problem: PatrolProblem,
    orders: Orders,
    *,
    enough: Callable[[], bool] = lambda: False,
    shuffle: np.random.Generator | None = None,
) -> Orders:
    """Return feasible orders with every visit put in that still fits.

    The most important go first, each to where it adds least driving.

    Parameters
    ----------
    problem : PatrolProblem
    orders : Orders
        Feasible ones.
    enough : callable
        Asked before every visit; once it answers True the orders are returned as they are.
    shuffle : numpy.random.Generator, optional
        Mixes the visits of one tier, instead of the heaviest first.
    """
    groups = problem.visits.group
    served = {int(groups[v]) for order in orders for v in order}
    possible = possible_visits(problem) & worth_visiting(problem)[:, np.newaxis]
    waiting = [v for v in np.flatnonzero(possible.any(axis=1)).tolist() if int(groups[v]) not in served]
    if not waiting:
        return orders
    routes = [_Gaps(problem, k, order) for k, order in enumerate(orders)]
    if shuffle is not None:
        waiting = shuffle.permutation(waiting).tolist()
    for v in sorted(waiting, key=lambda v: _rank(problem, v)[: 2 if shuffle is not None else 3]):
        if enough():
            break
        if int(groups[v]) in served:
            continue
        found = [(best, int(k)) for k in np.flatnonzero(possible[v]) if (best := routes[k].best(v)) is not None]
        if found:
            (_, gap), k = min(found)
            routes[k].put(v, gap)
            served.add(int(groups[v]))
    return tuple(tuple(route.order) for route in routes)
