"""Column generation: prices and routes take turns until no route is missing, with a proved bound all along."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from patrolroute.bound.lagrangian import Prices, grid_of, prices, proved_bound
from patrolroute.bound.master import Master

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from patrolroute.bound.clock import Clock
    from patrolroute.bound.levels import Level
    from patrolroute.bound.master import Column, Relaxed
    from patrolroute.bound.network import SquadClass
    from patrolroute.bound.pricing import Pricer
    from patrolroute.problem import PatrolProblem

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

_TINY = 1e-6
_NEAR = 0.05
"""Of a step of the level's value, the distance of bound and master program at which generation ends."""
_WALKING = 0.5
"""Share of the time for walks."""

How = Literal["walks", "quick", "exact"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Certificate:
    """What proves a bound: prices, and the most that a route of each kind earns at them."""

    at: Prices
    most: tuple[int, ...]
    upper: int


class Generation:
    """Column generation for one level of one problem.

    Wide memories cost labels, so routes may repeat visits at first, and visits learn to remember only what the master
    program's routes repeat (dynamic ng-routes: Roberti, Mingozzi 2014, 10.1287/trsc.2013.0474). Prices are smoothed
    towards those of the best bound (Wentges 1997, 10.1111/j.1475-3995.1997.tb00001.x).

    Parameters
    ----------
    problem : PatrolProblem
    kinds : sequence of SquadClass
    pricers : sequence of Pricer
        One for each kind; their memories grow.
    level : Level
    columns : iterable of Column
        Routes known already, those of the plan among them.
    value : int
        What the plan is worth.
    """

    def __init__(
        self,
        problem: PatrolProblem,
        kinds: Sequence[SquadClass],
        pricers: Sequence[Pricer],
        level: Level,
        columns: Iterable[Column],
        value: int,
    ) -> None:
        self._group_of = problem.visits.group.astype(np.int64)
        self._kinds, self._pricers, self._level = kinds, pricers, level
        self._squads = [kind.count for kind in kinds]
        self._node_of = []
        for kind in kinds:
            node_of = np.full(len(problem.visits), -1, np.int64)
            node_of[kind.visits] = np.arange(len(kind.visits))
            self._node_of.append(node_of)
        self._grid = grid_of(level, len(problem.groups))
        self.master = Master(level, self._group_of, len(problem.groups), self._squads)
        for column in columns:
            self.master.add(column)
        self.value = value
        self.best: Certificate | None = None
        self.relaxed: Relaxed | None = None
        self.converged = False
        self._centre: tuple[Floats, tuple[float, ...]] | None = None
        self._alpha = 0.5
        self._fine = 0
        self._walking = False
        self.exact_passes = 0

    def simple_columns(self) -> list[Column]:
        """Return the columns that serve no group twice and can be driven."""
        return [
            column
            for column in self.master.columns
            if len(set(self._group_of[list(column[1])].tolist())) == len(column[1])
            and self._pricers[column[0]].keeps(self.nodes(*column))
        ]

    @property
    def closed(self) -> bool:
        """Whether the bound meets the plan's value."""
        return self.best is not None and self.best.upper <= self.value

    def run(self, clock: Clock) -> None:
        """Generate columns until the bound meets the value, nothing improves, or time is over."""
        if all(pricer.has_walks for pricer in self._pricers):
            self._walking = True
            self._converge(clock.part(_WALKING))
            self._walking = False
            self._forget_impossible()
        while not clock.over and not self.closed:
            self.converged = self._converge(clock)
            if not self.converged or self.closed or not self._remember_cycles():
                return

    def _converge(self, clock: Clock) -> bool:
        while not clock.over:
            relaxed = self.master.solve(clock.left_s)
            if relaxed is None:
                return False
            self.relaxed = relaxed
            if self.closed or self._near(relaxed):
                return True
            if not self._improve(relaxed, clock):
                return not clock.over
        return False

    def _near(self, relaxed: Relaxed) -> bool:
        """Tell whether more columns could hardly improve the bound."""
        return self.best is not None and self._fine / self._grid < relaxed.value + _NEAR * self._level.step

    def _improve(self, relaxed: Relaxed, clock: Clock) -> bool:
        """Price once around; return whether columns or a better bound were found."""
        alpha = self._alpha if self._centre is not None else 0.0
        misses = 0
        while not clock.over:
            misses += 1
            share = max(0.0, 1.0 - misses * (1.0 - alpha))
            at = self._prices(relaxed, share)
            thresholds = self._thresholds(relaxed, at)
            before = self.best
            if self._walking:
                found = self._price(relaxed, at, thresholds, clock, "walks")
            elif self._price(relaxed, at, thresholds, clock, "quick"):
                return True
            else:
                found = self._price(relaxed, at, thresholds, clock, "exact")
            if found or self.best is not before:
                return True
            if share == 0.0:
                return False
        return False

    def _prices(self, relaxed: Relaxed, share: float) -> Prices:
        group, premium = relaxed.group, relaxed.premium
        if self._centre is not None and share > 0.0:
            group = share * self._centre[0] + (1.0 - share) * group
            premium = tuple(
                share * old + (1.0 - share) * new for old, new in zip(self._centre[1], premium, strict=True)
            )
        return prices(self._level, group, premium, grid=self._grid)

    def _thresholds(self, relaxed: Relaxed, at: Prices) -> list[int]:
        """Return what each kind's routes may earn without spoiling a bound as low as the master's value."""
        room = max(0, int(relaxed.value * at.grid) - at.base(self._level))
        total = sum(count * price for count, price in zip(self._squads, relaxed.kind, strict=True))
        if total <= 0.0:
            return [0] * len(self._squads)
        return [int(room * (price / total)) for price in relaxed.kind]

    def _price(self, relaxed: Relaxed, at: Prices, thresholds: Sequence[int], clock: Clock, how: How) -> bool:
        profit = at.profits(self._level, self._group_of)
        most: list[int | None] = []
        added = False
        for k, (kind, pricer) in enumerate(zip(self._kinds, self._pricers, strict=True)):
            search = {"walks": pricer.walks, "quick": pricer.quick, "exact": pricer.exact}[how]
            priced = search(profit[kind.visits], thresholds[k], clock)
            most.append(priced.most)
            for route in priced.routes:
                added |= self._add(k, route, relaxed)
            if how != "quick" and priced.most is None:
                break
        if how != "quick":
            self.exact_passes += 1
            proved = [each for each in most if each is not None]
            if len(proved) == len(self._kinds):
                self._note(at, tuple(proved))
        return added

    def _add(self, k: int, route: tuple[int, ...], relaxed: Relaxed) -> bool:
        """Add a route, and what is left of it without repeats; return whether the master gains by it."""
        kind = self._kinds[k]
        visits = tuple(int(v) for v in kind.visits[list(route)])
        fresh = self.master.add((k, visits)) and self._gains(k, visits, relaxed)
        seen: set[int] = set()
        once = []
        for node in route:
            group = int(kind.graph.group[node])
            if group in seen and kind.skippable[node]:
                continue
            seen.add(group)
            once.append(int(kind.visits[node]))
        if len(once) < len(route):
            fresh |= self.master.add((k, tuple(once))) and self._gains(k, tuple(once), relaxed)
        return fresh

    def _gains(self, k: int, visits: tuple[int, ...], relaxed: Relaxed) -> bool:
        """Tell whether the master program would take a column up, beyond the noise of floating point."""
        rows = list(visits)
        worth = float(self._level.weight[rows].sum()) - float(relaxed.group[self._group_of[rows]].sum())
        for premium, (weight, _) in zip(relaxed.premium, self._level.floors, strict=True):
            worth += premium * float(weight[rows].sum())
        return worth - relaxed.kind[k] > _TINY * max(1.0, float(self._level.weight.max(initial=0)))

    def _note(self, at: Prices, most: tuple[int, ...]) -> None:
        """Keep a bound if it is the best so far; compare before rounding, so that steady progress counts."""
        upper = proved_bound(self._level, at, self._squads, most)
        fine = at.base(self._level) + sum(c * max(0, m) for c, m in zip(self._squads, most, strict=True))
        if self.best is None or fine < self._fine - at.grid // 1000:
            self._fine = fine
            self.best = Certificate(at=at, most=most, upper=upper)
            self._centre = (at.group / at.grid, tuple(each / at.grid for each in at.premium))

    def _remember_cycles(self) -> bool:
        """Let visits remember what the master program's routes repeat; return whether any learned something."""
        if self.relaxed is None:
            return False
        grown = False
        for (k, visits), _ in self.relaxed.used:
            grown |= self._pricers[k].remember([self.nodes(k, visits)])
        if grown:
            self._forget_impossible()
        return grown

    def _forget_impossible(self) -> None:
        """Take columns out that memories no longer allow, and walks that no squad can drive."""
        for column in self.master.columns:
            if not self._pricers[column[0]].keeps(self.nodes(*column)):
                self.master.forbid(column)

    def nodes(self, k: int, visits: tuple[int, ...]) -> tuple[int, ...]:
        """Return the nodes of a column in the graph of its kind."""
        return tuple(int(node) for node in self._node_of[k][list(visits)])
