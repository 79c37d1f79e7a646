"""One level bounded by routes: prices first, then, where few enough could belong to something better, all of those."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from patrolroute.bound.cheap import cheap_bound, everything
from patrolroute.bound.closing import Cutting, Decided, decide, listed
from patrolroute.bound.generation import Generation
from patrolroute.bound.network import squad_classes
from patrolroute.bound.pricing import Pricer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from patrolroute.bound.clock import Clock
    from patrolroute.bound.generation import Certificate
    from patrolroute.bound.levels import Level
    from patrolroute.bound.master import Column
    from patrolroute.bound.network import Gaps
    from patrolroute.bound.options import Options
    from patrolroute.bound.resources import Resources
    from patrolroute.bound.result import Method
    from patrolroute.problem import Orders, PatrolProblem

    Ints = NDArray[np.int64]

_MOST_LISTED = 400_000
_MOST_DECIDED = 60_000


@dataclass(frozen=True, kw_only=True)
class LevelBound:
    """What is known of one level.

    Parameters
    ----------
    upper : int
        No plan that keeps the level's floors is worth more.
    method : str
    better : Orders or None
        A plan that keeps the floors and is worth more than the one in question.
    """

    upper: int
    method: Method
    better: Orders | None = None


def cheap_level(level: Level, have: Resources, options: Options, value: int, clock: Clock) -> LevelBound:
    """Bound a level by what is possible at all, and by what the squads have of time.

    Parameters
    ----------
    value : int
        What the plan is worth: a bound that meets it needs no better one.
    """
    of_options = options.of_level(level)
    most = everything(of_options, have, options)
    if most <= value:
        return LevelBound(upper=most, method="all")
    knapsack = cheap_bound(of_options, have, options, clock)
    return LevelBound(upper=min(knapsack, most), method="knapsack" if knapsack < most else "all")


class RouteBounds:
    """Bounds the levels of one problem; graphs, memories and routes serve one level after the other.

    Parameters
    ----------
    problem : PatrolProblem
    gaps : Gaps
    """

    def __init__(self, problem: PatrolProblem, gaps: Gaps) -> None:
        self._problem = problem
        self._kinds = squad_classes(problem, gaps)
        self._pricers = [Pricer(kind, len(problem.groups)) for kind in self._kinds]
        self._kind_of = {k: i for i, kind in enumerate(self._kinds) for k in kind.squads}
        self._squads = [kind.count for kind in self._kinds]
        self._group_of = problem.visits.group.astype(np.int64)
        self._known: dict[Column, None] = {}

    def bound(self, level: Level, plan: Orders, so_far: LevelBound, clock: Clock) -> LevelBound:
        """Bound a level.

        Parameters
        ----------
        plan : Orders
        so_far : LevelBound
            What is known already; the answer is at least as good.
        """
        for k, order in enumerate(plan):
            if order:
                self._known[self._kind_of[k], order] = None
        value = level.value(plan)
        generation = Generation(self._problem, self._kinds, self._pricers, level, self._known, value)
        generation.run(clock.part(0.7))
        for column in generation.simple_columns():
            self._known[column] = None
        best = generation.best
        if best is None:
            return self._try(level, so_far, value, clock)
        if best.upper < so_far.upper:
            so_far = LevelBound(upper=best.upper, method="prices")
        if so_far.upper <= value:
            return so_far
        return self._close(level, best, so_far, value, clock)

    def _close(self, level: Level, best: Certificate, so_far: LevelBound, value: int, clock: Clock) -> LevelBound:
        """Look for better plans among the routes known, then disprove targets above the best, the lowest first."""
        so_far = self._try(level, so_far, value, clock.part(0.3))
        value = max(value, level.value(so_far.better) if so_far.better else value)
        target = value + level.step
        while so_far.upper > value and not clock.over:
            pool = self._list(level, best, target, clock.part(0.7))
            if pool is not None:
                return self._settle(level, pool, so_far, value, target, clock)
            halfway = level.rounded((target + so_far.upper + level.step) // 2)
            if halfway <= target:
                break
            target = halfway
        return so_far

    def _try(self, level: Level, so_far: LevelBound, value: int, clock: Clock) -> LevelBound:
        pool = listed(list(self._known), level, self._group_of, len(self._problem.groups))
        decided = decide(pool, level, self._squads, least=value + level.step, most=so_far.upper, hint=(), clock=clock)
        return self._with(so_far, decided)

    def _with(self, so_far: LevelBound, decided: Decided) -> LevelBound:
        if not decided.chosen:
            return so_far
        return replace(so_far, better=self._orders(decided.chosen))

    def _orders(self, columns: Sequence[Column]) -> Orders:
        free = [list(kind.squads) for kind in self._kinds]
        orders: list[tuple[int, ...]] = [() for _ in self._problem.squads.ids]
        for kind, visits in columns:
            orders[free[kind].pop(0)] = visits
        return tuple(orders)

    def _list(self, level: Level, best: Certificate, target: int, clock: Clock) -> list[Column] | None:
        """Return every route that a plan worth the target can use; None when they are too many."""
        profit = best.at.profits(level, self._group_of)
        total = best.at.base(level)
        total += sum(count * max(0, most) for count, most in zip(self._squads, best.most, strict=True))
        slack = total - target * best.at.grid
        matters = level.weight > 0
        for earlier, _ in level.floors:
            matters |= earlier > 0
        columns: list[Column] = []
        for k, (kind, pricer) in enumerate(zip(self._kinds, self._pricers, strict=True)):
            least = max(0, best.most[k]) - slack
            weight = self._problem.visits.weight[kind.visits].astype(np.int64)
            routes = pricer.routes_earning(profit[kind.visits], least, weight, matters[kind.visits], clock)
            if routes is None or len(columns) + len(routes) > _MOST_LISTED:
                return None
            columns += [(k, tuple(kind.visits[list(route)].tolist())) for route in routes]
        return columns

    def _settle(
        self, level: Level, columns: list[Column], so_far: LevelBound, value: int, target: int, clock: Clock
    ) -> LevelBound:
        """Disprove the target, or find the best plan that reaches it."""
        pool = listed(columns, level, self._group_of, len(self._problem.groups))
        cutting = Cutting(pool, level, self._squads, target)
        cutting.thin(clock.part(0.5))
        below = max(value, target - level.step)
        if cutting.disproved:
            return replace(so_far, upper=below, method="enumeration")
        if len(cutting.pool) > _MOST_DECIDED:
            return so_far
        decided = decide(cutting.pool, level, self._squads, least=target, most=so_far.upper, hint=(), clock=clock)
        if decided.upper is None:
            return self._with(so_far, decided)
        return self._with(replace(so_far, upper=max(below, decided.upper), method="enumeration"), decided)
