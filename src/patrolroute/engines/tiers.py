"""Strict tiers for engines that know only one number.

The objective is a tuple: required groups, then weight tier by tier, then driving. Each of its *levels* is a sum of
whole weights, so a number that orders plans exactly as the tuple does exists: one unit of the lowest tier is worth more
than all driving that the squads can do, one unit of the next tier more than the whole tier below and all driving, and
so on. Weights are divided by their greatest common divisor first and all is computed in Python's integers, which do not
overflow.

Two things keep that number small enough for an engine's arithmetic:

- a leading level that the orders already serve in full is *settled*: its groups must stay served, which loses nothing,
  and it needs no share of the number;
- where the remaining levels still exceed the engine's limit, as many as fit are searched first, then settled at what
  was reached, and the next follow. No later stage can give up what an earlier one reached, so tiers stay strict; only
  the choice among equally good ways to serve the earlier tiers is lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from typing import TYPE_CHECKING

import numpy as np

from patrolroute.engines.feasible import possible_visits, worth_visiting

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from patrolroute.problem import Orders, PatrolProblem


@dataclass(frozen=True, eq=False, kw_only=True)
class Stage:
    """One number to maximise, and what must not be lost meanwhile.

    Parameters
    ----------
    prize : tuple of int, one for each visit
        Worth of the visit in seconds of driving; 0 where it earns nothing in this stage.
    usable : bool array, shape (V,)
        Visits that the stage may make.
    kept : frozenset of int
        Groups that must stay served.
    settled : int
        Leading levels that are kept rather than searched.
    searched : int
        Levels that the prizes stand for.
    last : bool
        Whether no level is left for a later stage.
    """

    prize: tuple[int, ...]
    usable: NDArray[np.bool_]
    kept: frozenset[int]
    settled: int
    searched: int
    last: bool

    def group_prizes(self, problem: PatrolProblem) -> dict[int, int]:
        """Return the greatest prize among the usable visits of each group that has one."""
        best: dict[int, int] = {}
        for v in np.flatnonzero(self.usable).tolist():
            group = int(problem.visits.group[v])
            best[group] = max(best.get(group, 0), self.prize[v])
        return best


class Levels:
    """The levels of a problem's objective above driving.

    Parameters
    ----------
    problem : PatrolProblem
    limit : int
        Greatest sum that the engine's arithmetic bears.
    """

    def __init__(self, problem: PatrolProblem, *, limit: int) -> None:
        visits, required = problem.visits, problem.groups.required
        self._problem, self._limit = problem, limit
        self._groups: list[int] = visits.group.tolist()
        self.possible = possible_visits(problem) & worth_visiting(problem)[:, np.newaxis]
        usable: NDArray[np.bool_] = np.asarray(self.possible.any(axis=1))
        columns = [required[visits.group].astype(np.int64)]
        columns += [np.where(visits.tier == tier, visits.weight, 0).astype(np.int64) for tier in problem.tiers]
        reduced = [[int(w) if fits else 0 for w, fits in zip(column, usable, strict=True)] for column in columns]
        self._weights = [[w // gcd(*column) for w in column] for column in reduced if any(column)]
        self._totals = [self._total(weights) for weights in self._weights]
        self.drive_bound_s = sum(
            min(int(most), int(until) - int(start))
            for most, until, start in zip(
                problem.squads.max_drive_s, problem.squads.until_s, problem.squads.from_s, strict=True
            )
        )

    def __len__(self) -> int:
        return len(self._weights)

    def _total(self, weights: list[int]) -> int:
        best: dict[int, int] = {}
        for group, weight in zip(self._groups, weights, strict=True):
            best[group] = max(best.get(group, 0), weight)
        return sum(best.values())

    def gains(self, orders: Orders) -> tuple[int, ...]:
        """Return what feasible orders earn on each level, in the level's reduced weights."""
        made = [v for order in orders for v in order]
        return tuple(sum(weights[v] for v in made) for weights in self._weights)

    def settled(self, orders: Orders) -> int:
        """Return how many leading levels the orders serve in full."""
        for i, gain in enumerate(self.gains(orders)):
            if gain < self._totals[i]:
                return i
        return len(self)

    def stage(self, orders: Orders, *, settled: int) -> Stage:
        """Return the stage that searches the levels from `settled` on, as many as the limit allows.

        Parameters
        ----------
        orders : Orders
            Feasible; what they earn on the settled levels is kept.
        settled : int
        """
        kept, usable = self._keep(orders, settled)
        live = range(settled, len(self))
        count, size = 0, self.drive_bound_s + 1
        while count < len(live) and size * (1 + self._totals[settled + count]) <= self._limit:
            size *= 1 + self._totals[settled + count]
            count += 1
        unit = self.drive_bound_s + 1
        if live and not count:
            count, unit = 1, max(1, self._limit // (1 + self._totals[settled]))
        prize = [0] * len(self._groups)
        for level in reversed(live[:count]):
            prize = [p + unit * w for p, w in zip(prize, self._weights[level], strict=True)]
            unit *= 1 + self._totals[level]
        last = count == len(live)
        if not last:
            earning = np.asarray([p > 0 for p in prize], np.bool_)
            keeping = np.isin(self._problem.visits.group, sorted(kept))
            usable &= earning | keeping
        return Stage(
            prize=tuple(prize), usable=usable, kept=frozenset(kept), settled=settled, searched=count, last=last
        )

    def _keep(self, orders: Orders, settled: int) -> tuple[set[int], NDArray[np.bool_]]:
        usable: NDArray[np.bool_] = np.asarray(self.possible.any(axis=1))
        kept: set[int] = set()
        earned: dict[int, int] = {self._groups[v]: v for order in orders for v in order}
        for weights in self._weights[:settled]:
            for group, made in earned.items():
                if weights[made]:
                    kept.add(group)
            for v, group in enumerate(self._groups):
                if group in kept and weights[v] < weights[earned[group]]:
                    usable[v] = False
        return kept, usable
