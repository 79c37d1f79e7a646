"""Windows that ties imply: when a visit can begin at all, given when those can that must be made with it.

A bound leaves couplings out. What they mean for each visit by itself it can keep: a second visit two hours after the
first begins no sooner than two hours into the night, and squads that meet do so while all of them can be there.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from patrolroute.problem import Orders, PatrolProblem

    Ints = NDArray[np.int64]

Distances = tuple[dict[tuple[int, int], int], dict[tuple[int, int], int]]
"""By how much at least, and at most, one visit begins after another, by the pair."""

_NEVER_S = int(np.iinfo(np.int32).max)
_ROUNDS = 64
"""Times that windows are passed on; whoever stops sooner has windows that are too wide, which bounds as well."""


_Gaps = tuple[tuple[int, int, int, int, bool], ...]
"""Couplings of two groups: the alternatives of each, by their number, the least and greatest gap, and whether apart."""


class Ladders:
    """Groups of a kind whose visits keep gaps: if two of three are served, it may as well be the first two.

    Parameters
    ----------
    problem : PatrolProblem

    Attributes
    ----------
    rows : list of list of int
        The visits of each group.
    rungs : list of list of int
        The groups of each ladder, in the order in which their visits are made.
    """

    def __init__(self, problem: PatrolProblem) -> None:
        self._group = problem.visits.group
        self.rows: list[list[int]] = [[] for _ in problem.groups.ids]
        for v, g in enumerate(self._group.tolist()):
            self.rows[g].append(v)
        between = _couplings_between(problem, self.rows)
        alike: dict[object, list[int]] = {}
        for g in range(len(problem.groups)):
            if _stands_alone(problem, g):
                alike.setdefault((problem.groups.site[g], _signature(problem, self.rows[g])), []).append(g)
        self.rungs = [groups for groups in alike.values() if len(groups) > 1 and self._coupled_alike(groups, between)]

    def _coupled_alike(self, groups: list[int], between: dict[int, dict[int, _Gaps]]) -> bool:
        """Return whether each visit of a later group begins after those of an earlier one, by the same gaps for all."""
        first, *others = {between[a].get(b, ()) for a, b in itertools.combinations(groups, 2)}
        inward = all(between[g].keys() <= set(groups) for g in groups)
        after = {(i, j) for i, j, least_s, _, _ in first if least_s > 0}
        return inward and not others and len(after) == len(self.rows[groups[0]]) ** 2

    def pushed_down(self, orders: Orders) -> Orders:
        """Return orders that serve the first rungs of each ladder, as many as they served of it."""
        served = {int(self._group[v]) for order in orders for v in order}
        instead: dict[int, int] = {}
        for groups in self.rungs:
            for new, old in zip(groups, [g for g in groups if g in served], strict=False):
                instead |= dict(zip(self.rows[old], self.rows[new], strict=True))
        return tuple(tuple(instead.get(v, v) for v in order) for order in orders)


def implied_windows(problem: PatrolProblem, ladders: Ladders, apart_s: Distances) -> tuple[Ints, Ints]:
    """Return the earliest and the latest beginning of each visit that shifts and ties allow, shape (V,).

    Where they allow none, the latest lies before the earliest.

    Parameters
    ----------
    problem : PatrolProblem
    ladders : Ladders
    apart_s : Distances
        Both of this problem.
    """
    groups = problem.groups
    opens, closes = _within_shifts(problem)
    rows = ladders.rows
    fellows: list[set[int]] = [{int(h)} - {-1} for h in groups.needs]
    for g in np.flatnonzero(groups.bundle >= 0):
        fellows[g] |= set(np.flatnonzero(groups.bundle == groups.bundle[g]).tolist()) - {int(g)}
    for rungs in ladders.rungs:
        for lower, upper in itertools.pairwise(rungs):
            fellows[upper].add(lower)
    tied = [(v, rows[h]) for g, others in enumerate(fellows) for h in others for v in rows[g]]
    pass_on(opens, closes, tied, apart_s)
    return opens, closes


def _within_shifts(problem: PatrolProblem) -> tuple[Ints, Ints]:
    """Return the windows of visits, as far as any squad that may make them is on duty."""
    visits, squads = problem.visits, problem.squads
    since_s = np.where(visits.squads, squads.from_s, _NEVER_S).min(axis=1, initial=_NEVER_S)
    until_s = np.where(visits.squads, squads.until_s, -_NEVER_S).max(axis=1, initial=-_NEVER_S)
    opens, closes = visits.opens_s.astype(np.int64), visits.closes_s.astype(np.int64)
    return np.maximum(opens, since_s), np.minimum(closes, until_s - visits.duration_s)


def pass_on(opens: Ints, closes: Ints, tied: Sequence[tuple[int, list[int]]], apart_s: Distances) -> None:
    """Narrow windows, in place, of visits that are made only with one of others each, as often as that narrows any.

    Parameters
    ----------
    opens, closes : int64 array, shape (V,)
    tied : sequence of (int, list of int)
        Visits, and others of which one is made when they are.
    apart_s : Distances
    """
    least_s, most_s = apart_s
    held = [(v, others) for v, others in tied if any((u, v) in least_s for u in others)]
    narrower = bool(held)
    for _ in range(_ROUNDS):
        if not narrower:
            break
        narrower = False
        for v, others in held:
            possible = [u for u in others if opens[u] <= closes[u]]
            earliest = min((int(opens[u]) + least_s.get((u, v), -_NEVER_S) for u in possible), default=_NEVER_S)
            latest = max((int(closes[u]) + most_s.get((u, v), _NEVER_S) for u in possible), default=-_NEVER_S)
            if earliest > opens[v] or latest < closes[v]:
                opens[v], closes[v], narrower = max(opens[v], earliest), min(closes[v], latest), True


def distances(problem: PatrolProblem) -> Distances:
    """Return by how much at least, and at most, one visit begins after another, where couplings say so."""
    table = problem.couplings
    least_s: dict[tuple[int, int], int] = {}
    most_s: dict[tuple[int, int], int] = {}
    columns = (table.first, table.second, table.lo_s, table.hi_s)
    for a, b, lo, hi in zip(*(column.tolist() for column in columns), strict=True):
        for pair, low, high in (((a, b), lo, hi), ((b, a), -hi, -lo)):
            least_s[pair] = max(least_s.get(pair, low), low)
            most_s[pair] = min(most_s.get(pair, high), high)
    return least_s, most_s


def _stands_alone(problem: PatrolProblem, g: int) -> bool:
    """Return whether nothing but couplings ties a group to others, and nothing asks for it."""
    groups = problem.groups
    tied = groups.required[g] or groups.bundle[g] >= 0 or groups.needs[g] >= 0 or groups.duty[g] >= 0
    return not tied and not bool((groups.needs == g).any())


def _signature(problem: PatrolProblem, rows: list[int]) -> object:
    """Return what two groups have in common whose visits are alike, one by one."""
    table = problem.visits
    columns = (table.entry, table.exit, table.duration_s, table.opens_s, table.closes_s, table.tier, table.weight)
    return tuple((*(int(column[v]) for column in columns), table.squads[v].tobytes()) for v in rows)


def _couplings_between(problem: PatrolProblem, rows: list[list[int]]) -> dict[int, dict[int, _Gaps]]:
    """Return, for each group and each that it is coupled with, the couplings as seen from the first."""
    table, group = problem.couplings, problem.visits.group
    found: dict[int, dict[int, list[tuple[int, int, int, int, bool]]]] = {g: {} for g in range(len(rows))}
    columns = (table.first, table.second, table.lo_s, table.hi_s, table.apart)
    for a, b, lo, hi, apart in zip(*(column.tolist() for column in columns), strict=True):
        g, h = int(group[a]), int(group[b])
        i, j = rows[g].index(a), rows[h].index(b)
        found[g].setdefault(h, []).append((i, j, lo, hi, apart))
        found[h].setdefault(g, []).append((j, i, -hi, -lo, apart))
    return {g: {h: tuple(sorted(each)) for h, each in others.items()} for g, others in found.items()}
