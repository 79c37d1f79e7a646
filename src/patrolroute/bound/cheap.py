"""A quick bound for any size: every visit takes time, and the squads have only so much.

A route's time is at least the durations of its visits and, for each visit, half the least drive that can lead to it and
half the least that can lead on. What the squads have in sum is shared out as in a knapsack with one price a second for
each kind of squad, one a second at the wheel, and one a second of each span of the night (Lagrangian relaxation). A
linear program finds the prices, and steps against the subgradient better them (Polyak 1969,
10.1016/0041-5553(69)90061-5). Any prices bound; they are rounded to whole numbers first and the bound is exact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from patrolroute.bound.clock import Clock
    from patrolroute.bound.levels import Level
    from patrolroute.bound.options import Options
    from patrolroute.bound.resources import Resources

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

_ROUNDS = 200
_MOST_SHARES = 30_000
"""Visits times kinds of squads up to which the linear program tells the kinds apart."""
_ROOM = 1 << 58


def everything(level: Level, have: Resources, options: Options) -> int:
    """Return what a level would be worth if the best option of each choice that any squads can make were made."""
    return int(_Relaxation(level, have, options).worth.sum())


def cheap_bound(level: Level, have: Resources, options: Options, clock: Clock) -> int:
    """Return a proved upper bound on a level's value.

    Parameters
    ----------
    level : Level
        With weights of the options' visits.
    have : Resources
    options : Options
    clock : Clock
        The first bound takes one pass over visits and kinds, whatever the clock says.
    """
    relaxation = _Relaxation(level, have, options)
    trivial = level.rounded(int(relaxation.worth.sum()))
    if not trivial:
        return 0
    floors = [floor for _, floor in level.floors]
    # In units of what a whole budget costs, one step length suits prices of seconds and of weights alike.
    unit = np.maximum(1.0, np.concatenate([have.budgets.ravel(), floors]).astype(np.float64))
    at = _first_prices(level, have, options, clock)
    centre, upper, proved, step, stale = at, np.inf, trivial, 1.0, 0
    for _ in range(_ROUNDS):
        value, slope = relaxation.at(at)
        if value < upper - 1e-9 * max(1.0, abs(value)):
            proved = min(proved, relaxation.proved(at))
            upper, centre, stale = value, at, 0
        else:
            stale += 1
            if stale >= 8:
                step, stale, at = step / 2, 0, centre
                value, slope = relaxation.at(at)
        slope = slope / unit
        norm = float((slope**2).sum())
        if norm <= 0.0 or step < 1e-3 or clock.over:
            break
        at = np.maximum(0.0, at - step * 0.02 * max(1.0, abs(value)) / norm * slope / unit)
    return max(0, level.rounded(min(proved, trivial)))


def _first_prices(level: Level, have: Resources, options: Options, clock: Clock) -> Floats:
    """Return prices from the knapsack as a linear program, with all kinds taken for one where they are many."""
    kinds, choices = len(have.time_budget), int(options.choice.max()) + 1
    many = len(options.part) * kinds > _MOST_SHARES
    takes, able, budgets = have.takes(), have.able, have.budgets
    if many:
        far = np.int64(1) << 40
        takes = [np.where(able, each, far).min(axis=1, keepdims=True) for each in takes]
        able, budgets = able.max(axis=1, keepdims=True), budgets.sum(axis=1, keepdims=True)
    v, c = np.nonzero(able)
    n, chosen = len(v), np.arange(len(options.choice))
    columns = np.arange(n, dtype=np.int64)
    # Each visit by each kind has a column, then each option.
    width = n + len(chosen)
    one_each = sparse.csr_matrix((np.ones(len(chosen)), (options.choice, n + chosen)), shape=(choices, width))
    part, column = np.concatenate([options.part[v], options.member]), np.concatenate([columns, n + options.option])
    signs = np.concatenate([np.ones(n), -np.ones(len(options.member))])
    whole = sparse.csr_matrix((signs, (part, column)), shape=(options.parts, width))
    rows, shape = [one_each], (able.shape[1], width)
    rows += [sparse.csr_matrix((each[v, c].astype(np.float64), (c, columns)), shape=shape) for each in takes]
    of_floors = [np.concatenate([-1.0 * weight[v], np.zeros(len(chosen))]) for weight, _ in level.floors]
    rows += [sparse.csr_matrix(each[np.newaxis]) for each in of_floors]
    right = np.concatenate([np.ones(choices), budgets.ravel(), [-floor for _, floor in level.floors]])
    nothing = np.zeros(have.budgets.size + len(level.floors))
    if clock.over:
        return nothing
    solved = linprog(  # type: ignore[call-overload]  # the stubs know no sparse matrices
        np.concatenate([-1.0 * level.weight[v], np.zeros(len(chosen))]),
        A_ub=sparse.vstack(rows),
        b_ub=right,
        A_eq=whole,
        b_eq=np.zeros(options.parts),
        bounds=(0.0, None),
        method="highs",
        options={"time_limit": max(0.1, clock.left_s)},
    )
    if solved.status != 0:
        return nothing
    prices = np.maximum(0.0, -np.asarray(solved.ineqlin.marginals, np.float64)[choices:])
    if not many:
        return prices
    return np.concatenate([np.repeat(prices[: len(budgets)], kinds), prices[len(budgets) :]])


class _Relaxation:
    """The knapsack's Lagrangian function: prices of time, driving and spans by kind, premiums of the floors."""

    def __init__(self, level: Level, have: Resources, options: Options) -> None:
        self._level, self._have = level, have
        # Whoever can make no visit of a part makes no option that has it.
        able = np.zeros(options.parts, np.bool_)
        np.logical_or.at(able, options.part, have.able.any(axis=1))
        self._options = options.without(~able)
        self._first = np.searchsorted(options.part, np.arange(options.parts))

    @property
    def worth(self) -> Ints:
        """What the best option of each choice is worth, whatever it takes."""
        weight = np.where(self._have.able.any(axis=1), self._level.weight, 0)
        return self._options.best(np.maximum.reduceat(weight, self._first))[0].astype(np.int64)

    def at(self, prices: Floats) -> tuple[float, Floats]:
        """Return the bound at prices and its slope, both in floating point."""
        have, floors = self._have, self._level.floors
        cost, premium = self._apart(prices)
        worth = self._level.weight.astype(np.float64)
        for each, (weight, _) in zip(premium, floors, strict=True):
            worth = worth + each * weight
        gain = np.where(have.able, worth[:, None] - have.cost(cost), -np.inf)
        kind = gain.argmax(axis=1)
        best = gain[np.arange(len(worth)), kind]
        top = np.maximum.reduceat(best, self._first)
        worth, taken = self._options.best(top)
        total = float(worth.sum() + (have.budgets * cost).sum())
        total -= sum(float(each) * floor for each, (_, floor) in zip(premium, floors, strict=True))
        chosen = self._chosen(best, top, taken)
        left = have.left(chosen, kind[chosen]).ravel()
        over = [float(weight[chosen].sum()) - floor for weight, floor in floors]
        return total, np.concatenate([left, over])

    def _apart(self, prices: Floats) -> tuple[Floats, Floats]:
        """Return the prices of resources by kind, shape (R, C), and the premiums."""
        budgets = self._have.budgets
        return prices[: budgets.size].reshape(budgets.shape), prices[budgets.size :]

    def _chosen(self, best: Floats, top: Floats, taken: Ints) -> Ints:
        """Return the most profitable visit of each part of the options taken."""
        part = self._options.part
        first = np.flatnonzero(best == top[part])
        _, once = np.unique(part[first], return_index=True)
        of_part = first[once]
        return of_part[self._options.member[np.isin(self._options.option, taken)]]

    def proved(self, prices: Floats) -> int:
        """Return the bound at prices rounded to whole numbers, exactly."""
        have, level = self._have, self._level
        cost, premiums = self._apart(prices)
        most = max(1, int(level.weight.max(initial=0)))
        # An option costs at most the seconds of its visits times the prices of all resources.
        longest = max(1, int(np.where(have.able, have.time, 0).max(initial=0)), int(have.budgets.sum()))
        cap = _ROOM // longest // len(have.budgets) // self._options.largest
        grid, dearest = 1 << 40, float(cost.max())
        while grid > 1 and (grid * most * max(1, len(self._first)) > _ROOM or grid * dearest > cap):
            grid >>= 1
        whole = np.array([min(max(0, round(float(each) * grid)), cap) for each in cost.ravel()], np.int64)
        whole = whole.reshape(cost.shape)
        worth, base = level.weight * grid, 0
        for each, (weight, floor) in zip(premiums, level.floors, strict=True):
            room = _ROOM // (4 * max(1, int(weight.sum())) * len(level.floors))
            premium = min(max(0, round(float(each) * grid)), room)
            worth = worth + premium * weight
            base -= premium * floor
        gain = np.where(have.able, worth[:, None] - have.cost(whole), -_ROOM)
        top = np.maximum.reduceat(gain.max(axis=1), self._first)
        base += sum(int(b) * int(p) for b, p in zip(have.budgets.flat, whole.flat, strict=True))
        return int((base + sum(int(each) for each in self._options.best(top)[0])) // grid)
