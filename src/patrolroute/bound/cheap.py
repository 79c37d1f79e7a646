"""A quick bound for any size: every visit takes time, and the squads have only so much.

A route's time is at least the durations of its visits and, for each visit, half the least drive that can lead to it and
half the least that can lead on. What the squads have in sum is shared out as in a knapsack with one price a second for
each kind of squad and one a second at the wheel (Lagrangian relaxation). A linear program finds the prices, and steps
against the subgradient better them (Polyak 1969, 10.1016/0041-5553(69)90061-5). Any prices bound; they are rounded to
whole numbers first and the bound is exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from patrolroute.bound.network import FAR, squad_rows
from patrolroute.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from patrolroute.bound.clock import Clock
    from patrolroute.bound.levels import Level
    from patrolroute.problem import PatrolProblem

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]

_ROUNDS = 200
_MOST_SHARES = 30_000
"""Visits times kinds of squads up to which the linear program tells the kinds apart."""
_ROOM = 1 << 58


@dataclass(frozen=True, eq=False, kw_only=True)
class Resources:
    """What visits take and kinds of squads have, in half seconds.

    Parameters
    ----------
    able : bool array, shape (V, C)
        Whether a squad of the kind could make the visit with nothing else to do.
    time, drive : int64 array, shape (V, C)
        The least that a visit takes of a squad's time, and of its time at the wheel.
    time_budget, drive_budget : int64 array, shape (C,)
        What all squads of a kind have.
    group : int64 array, shape (V,)
    """

    able: Bools
    time: Ints
    drive: Ints
    time_budget: Ints
    drive_budget: Ints
    group: Ints


@compiled
def _least_drives(travel: Ints, leave: Ints, entry: Ints, ready: Ints, closes: Ints, group: Ints) -> tuple[Ints, Ints]:
    """Return the least drive from any other visit that can come before, and to any that can come after."""
    n = len(entry)
    before, after = np.full(n, FAR), np.full(n, FAR)
    for u in range(n):
        for v in range(n):
            drive = np.int64(travel[leave[u], entry[v]])
            if group[u] != group[v] and ready[u] + drive <= closes[v]:
                before[v] = min(before[v], drive)
                after[u] = min(after[u], drive)
    return before, after


@compiled
def _shortest(travel: Ints, tail: Ints, head: Ints, duration: Ints, reached: Ints, *, onward: bool) -> None:
    """Shorten `reached`, the seconds from the start to each visit (or, not `onward`, to the end), over other visits."""
    n = len(reached)
    shorter = True
    while shorter:
        shorter = False
        for u in range(n):
            for v in range(n):
                by = reached[u] + duration[u] + (travel[tail[u], head[v]] if onward else travel[tail[v], head[u]])
                if by < reached[v]:
                    reached[v] = by
                    shorter = True


def resources(problem: PatrolProblem) -> Resources:
    """Return what visits take and squads have; a few seconds at 5,000 visits."""
    table, squads = problem.visits, problem.squads
    kinds = squad_rows(problem)
    visits = len(table)
    entry, leave = table.entry.astype(np.int64), table.exit.astype(np.int64)
    duration, group = table.duration_s.astype(np.int64), table.group.astype(np.int64)
    opens, closes = table.opens_s.astype(np.int64), table.closes_s.astype(np.int64)
    able = np.zeros((visits, len(kinds)), np.bool_)
    time, drive = np.zeros((visits, len(kinds)), np.int64), np.zeros((visits, len(kinds)), np.int64)
    time_budget, drive_budget = np.zeros(len(kinds), np.int64), np.zeros(len(kinds), np.int64)
    between: dict[int, tuple[Ints, Ints]] = {}
    reach: dict[tuple[int, int, bool], tuple[Ints, Ints]] = {}

    def straight(layer: int, point: int, *, onward: bool) -> tuple[Ints, Ints]:
        """Return the drive between a squad's place and each visit, and the least seconds by whatever visits."""
        key = (layer, point, onward)
        if key not in reach:
            travel = problem.matrix.travel_s[layer]
            direct = (travel[point, entry] if onward else travel[leave, point]).astype(np.int64)
            least = direct.copy()
            _shortest(travel, leave, entry, duration, least, onward=onward)
            reach[key] = direct, least
        return reach[key]

    for c, rows in enumerate(kinds):
        k, count = rows[0], len(rows)
        layer = int(squads.profile[k])
        if layer not in between:
            ready = opens + duration
            between[layer] = _least_drives(problem.matrix.travel_s[layer], leave, entry, ready, closes, group)
        before, after = between[layer]
        out, there = straight(layer, int(squads.start[k]), onward=True)
        home, back = straight(layer, int(squads.end[k]), onward=False)
        from_s, until_s = int(squads.from_s[k]), int(squads.until_s[k])
        begin = np.maximum(opens, from_s + there)
        able[:, c] = table.squads[:, k] & (begin <= closes) & (begin + duration + back <= until_s)
        drive[:, c] = np.minimum(before, out) + np.minimum(after, home)
        time[:, c] = 2 * duration + drive[:, c]
        mine = able[:, c]
        ends = int(out[mine].min() + home[mine].min()) if mine.any() else 0
        time_budget[c] = count * max(0, 2 * (until_s - from_s) - ends)
        drive_budget[c] = count * max(0, 2 * int(squads.max_drive_s[k]) - ends)
    return Resources(able=able, time=time, drive=drive, time_budget=time_budget, drive_budget=drive_budget, group=group)


def cheap_bound(level: Level, have: Resources, groups: int, clock: Clock) -> int:
    """Return a proved upper bound on a level's value.

    Parameters
    ----------
    level : Level
    have : Resources
    groups : int
    clock : Clock
        The first bound takes one pass over visits and kinds, whatever the clock says.
    """
    possible = have.able.any(axis=1)
    best = np.zeros(groups, np.int64)
    np.maximum.at(best, have.group[possible], level.weight[possible])
    trivial = level.rounded(int(best.sum()))
    if not possible.any():
        return 0
    relaxation = _Relaxation(level, have, groups)
    floors = [floor for _, floor in level.floors]
    # In units of what a whole budget costs, one step length suits prices of seconds and of weights alike.
    unit = np.maximum(1.0, np.concatenate([have.time_budget, have.drive_budget, floors]).astype(np.float64))
    at = _first_prices(level, have, groups, clock)
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


def _first_prices(level: Level, have: Resources, groups: int, clock: Clock) -> Floats:
    """Return prices from the knapsack as a linear program, with all kinds taken for one where they are many."""
    kinds = len(have.time_budget)
    many = len(have.group) * kinds > _MOST_SHARES
    time, drive, able = have.time, have.drive, have.able
    budgets = [have.time_budget, have.drive_budget]
    if many:
        far = np.int64(1) << 40
        time, drive = (np.where(able, each, far).min(axis=1, keepdims=True) for each in (time, drive))
        able = able.max(axis=1, keepdims=True)
        budgets = [each.sum(keepdims=True) for each in budgets]
    v, c = np.nonzero(able)
    n, columns = len(v), np.arange(len(v), dtype=np.int64)
    ones = np.ones(n, np.float64)
    rows = [sparse.csr_matrix((ones, (have.group[v], columns)), shape=(groups, n))]
    rows += [
        sparse.csr_matrix((each[v, c].astype(np.float64), (c, columns)), shape=(able.shape[1], n))
        for each in (time, drive)
    ]
    rows += [sparse.csr_matrix(-1.0 * weight[v][np.newaxis]) for weight, _ in level.floors]
    right = np.concatenate([np.ones(groups), *budgets, [-floor for _, floor in level.floors]])
    nothing = np.zeros(2 * kinds + len(level.floors))
    if clock.over:
        return nothing
    solved = linprog(  # type: ignore[call-overload]  # the stubs know no sparse matrices
        -1.0 * level.weight[v],
        A_ub=sparse.vstack(rows),
        b_ub=right,
        bounds=(0.0, None),
        method="highs",
        options={"time_limit": max(0.1, clock.left_s)},
    )
    if solved.status != 0:
        return nothing
    prices = np.maximum(0.0, -np.asarray(solved.ineqlin.marginals, np.float64)[groups:])
    if not many:
        return prices
    return np.concatenate([np.full(kinds, prices[0]), np.full(kinds, prices[1]), prices[2:]])


class _Relaxation:
    """The knapsack's Lagrangian function: prices of time and driving by kind, premiums of the floors."""

    def __init__(self, level: Level, have: Resources, groups: int) -> None:
        self._level, self._have = level, have
        order = np.argsort(have.group, kind="stable")
        self._order = order
        self._starts = np.searchsorted(have.group[order], np.arange(groups))
        self._kinds = len(have.time_budget)

    def at(self, prices: Floats) -> tuple[float, Floats]:
        """Return the bound at prices and its slope, both in floating point."""
        have, kinds = self._have, self._kinds
        time, drive, premium = prices[:kinds], prices[kinds : 2 * kinds], prices[2 * kinds :]
        worth = self._level.weight.astype(np.float64)
        for each, (weight, _) in zip(premium, self._level.floors, strict=True):
            worth = worth + each * weight
        gain = np.where(have.able, worth[:, None] - have.time * time - have.drive * drive, -np.inf)
        kind = gain.argmax(axis=1)
        rows = np.arange(len(worth))
        best = gain[rows, kind]
        top = np.maximum.reduceat(best[self._order], self._starts)
        total = float(np.maximum(top, 0.0).sum() + (have.time_budget * time).sum() + (have.drive_budget * drive).sum())
        total -= sum(float(each) * floor for each, (_, floor) in zip(premium, self._level.floors, strict=True))
        chosen = self._chosen(best, top)
        slope = np.zeros_like(prices)
        slope[:kinds] = have.time_budget
        np.subtract.at(slope, kind[chosen], have.time[chosen, kind[chosen]])
        slope[kinds : 2 * kinds] = have.drive_budget
        np.subtract.at(slope, kinds + kind[chosen], have.drive[chosen, kind[chosen]])
        for i, (weight, floor) in enumerate(self._level.floors):
            slope[2 * kinds + i] = float(weight[chosen].sum()) - floor
        return total, slope

    def _chosen(self, best: Floats, top: Floats) -> Ints:
        """Return one most profitable visit of each group that is worth its price."""
        ranked = best[self._order]
        lengths = np.diff(np.append(self._starts, len(ranked)))
        first = np.flatnonzero((ranked == np.repeat(top, lengths)) & (ranked > 0.0))
        _, unique = np.unique(self._have.group[self._order][first], return_index=True)
        return self._order[first[unique]]

    def proved(self, prices: Floats) -> int:
        """Return the bound at prices rounded to whole numbers, exactly."""
        have, kinds, level = self._have, self._kinds, self._level
        most = max(1, int(level.weight.max(initial=0)))
        grid = 1 << 40
        while grid > 1 and grid * most * max(1, len(self._starts)) > _ROOM:
            grid >>= 1
        total_budget = int(have.time_budget.sum() + have.drive_budget.sum())
        longest = max(1, int(have.time.max(initial=0)) * 2, total_budget)
        cap = _ROOM // longest
        whole = [min(max(0, round(float(each) * grid)), cap) for each in prices[: 2 * kinds]]
        time, drive = np.array(whole[:kinds], np.int64), np.array(whole[kinds:], np.int64)
        worth, base = level.weight * grid, 0
        for each, (weight, floor) in zip(prices[2 * kinds :], level.floors, strict=True):
            room = _ROOM // (4 * max(1, int(weight.sum())) * len(level.floors))
            premium = min(max(0, round(float(each) * grid)), room)
            worth = worth + premium * weight
            base -= premium * floor
        gain = np.where(have.able, worth[:, None] - have.time * time - have.drive * drive, 0)
        top = np.maximum.reduceat(gain.max(axis=1)[self._order], self._starts)
        base += sum(int(b) * int(p) for b, p in zip(have.time_budget, time, strict=True))
        base += sum(int(b) * int(p) for b, p in zip(have.drive_budget, drive, strict=True))
        return int((base + sum(int(each) for each in np.maximum(top, 0))) // grid)
