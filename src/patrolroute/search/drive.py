"""The search from outside: slices of the compiled loop, cycles of temperature, limits, and the word of the caller."""

from __future__ import annotations

import contextlib
import math
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from patrolroute.matrix import TravelPeriods
from patrolroute.problem import PatrolProblem
from patrolroute.search.layout import STOP, HourlyNight, Night, build_night, crowding
from patrolroute.search.loop import BUILD, PLACE, RUN, WORK, Dial
from patrolroute.search.pool import build_pool
from patrolroute.search.recombine import Effort, recombine
from patrolroute.search.state import (
    BEST,
    BEST_AT,
    BY,
    CYCLE_FROM,
    IMPROVED,
    ITERATION,
    LENGTH,
    NODE,
    NOW,
    WAITS,
    WHO,
    build_state,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from patrolroute.problem import Orders

StoppedBy = Literal["seconds", "iterations", "stagnation", "interrupt", "complete"]

SLICE_S = 0.02
"""Seconds of compiled work between two looks at the clock and at the caller."""


@dataclass(frozen=True, kw_only=True)
class Limits:
    """When a search ends: at the first of these.

    Parameters
    ----------
    seconds : float or None
    iterations : int or None
    stagnation : int or None
        Iterations without a better plan.
    """

    seconds: float | None = None
    iterations: int | None = None
    stagnation: int | None = None


@dataclass(frozen=True, kw_only=True)
class Caller:
    """What the search tells and asks.

    Parameters
    ----------
    report : callable
        Called with the best orders and the iterations done, whenever they are better than what was reported before.
    stopped : callable
        Asked every few hundredths of a second.
    """

    report: Callable[[Orders, int], None]
    stopped: Callable[[], bool]


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """The numbers of the search; the defaults are measured (benchmarks/PROTOCOL.md).

    Parameters
    ----------
    hot, cold, frozen : float
        Temperature at the beginning of a cycle, after eight ninths of it, and at its end, in mean weights of the tier
        that decides.
    hottest, hottest_from : float, int
        From this cycle on, counted from 0, every second one begins this hot, and leaves what the others come back
        to; never the last, where the end is known.
    first_cycle : int
        Iterations of the first cycle; every later one is `growth` times as long as the one before it, up to
        `longest_cycle`.
    stretch : float
        A cycle is cut or lengthened to the end of the search where that is nearer than so many times its length.
    usual : float
        Visits that a ruin takes out, on average.
    hold : float
        How many times as much the loss of a tier counts where it is held; see `Search._plan_stages`.
    """

    hot: float = 1.0
    hottest: float = 2.0
    hottest_from: int = 3
    cold: float = 0.05
    frozen: float = 0.002
    first_cycle: int = 5_000
    growth: float = 2.0
    stretch: float = 2.0
    longest_cycle: int = 1_000_000
    usual: float = 10.0
    reach: int = 25
    near_chance: int = 98
    ratio_chance: int = 5
    swap_chance: int = 5
    relink_chance: int = 25
    thrifty_chance: int = 10
    below_share: float = 0.1
    drive_share: float = 0.1
    pool_band: float = 3.0
    hold: float = 10.0
    recombine_from: int = 40_000
    columns: int = 1500
    recombine_work: float = 0.3


def cooling(hot: float, cold: float, frozen: float) -> list[float]:
    """Return the temperatures of a cycle: 256 from hot to cold, then 32 on to frozen, where only driving is saved.

    Each falls by an equal share of the one before it. The share is made of square roots: they are exact to the last bit
    everywhere, a power is not.
    """
    table = [hot]
    for end, roots in ((cold, 8), (frozen, 5)):
        share = end / table[-1]
        for _ in range(roots):
            share = math.sqrt(share)
        for _ in range(2**roots):
            table.append(table[-1] * share)
    return table[:-1]


class Search:
    """One search over one problem.

    Parameters
    ----------
    problem : PatrolProblem
    seed : int
    tuning : Tuning, optional

    Attributes
    ----------
    exchange : callable
        Called before the pool is recombined; searches side by side share their routes there.
    """

    def __init__(self, problem: PatrolProblem, *, seed: int, tuning: Tuning | None = None) -> None:
        self.problem = problem
        self.tuning = tuning or Tuning()
        self.night = build_night(problem)
        self._work = WORK[type(self.night)]
        self._crowd = crowding(problem, self.night.worth)
        pool = build_pool(min(len(problem.visits), len(problem.groups)))
        self.state = build_state(problem, self.night, seed, pool)
        self.exchange: Callable[[], None] = lambda: None
        heats = (self.tuning.hot, self.tuning.hottest)
        self._tables = [np.array(cooling(hot, self.tuning.cold, self.tuning.frozen)) for hot in heats]
        self._cycles = 0
        self._hotter = False
        self._focus = self._last_tier = max(len(problem.tiers) - 1, 0)
        self._held = 0
        self._stages: list[tuple[int, int]] = []
        self._cycle = self.tuning.first_cycle
        self._slice = 16

    @property
    def iterations(self) -> int:
        """Iterations done so far."""
        return int(self.state.tally[ITERATION])

    @property
    def orders(self) -> Orders:
        """The best visiting orders so far."""
        s = self.state
        routes = [s.route[BEST, k, 1 : 1 + s.tour[BEST, k, LENGTH], NODE] for k in range(s.tour.shape[1])]
        stop = self.night.tie[self.night.tie[STOP] :][: len(self.night.node)] == 1
        # Nobody goes out for a break.
        return tuple(tuple(route.tolist()) if stop[route].any() else () for route in routes)

    def _dial(self) -> Dial:
        t = self.tuning
        return Dial(
            cooling=self._tables[self._hotter],
            cycle=self._cycle,
            usual=t.usual,
            reach=t.reach * self._crowd,
            near_chance=t.near_chance,
            ratio_chance=t.ratio_chance,
            swap_chance=t.swap_chance,
            relink_chance=t.relink_chance,
            thrifty_chance=t.thrifty_chance,
            below_share=t.below_share,
            drive_share=t.drive_share,
            pool_band=t.pool_band,
            focus=self._focus,
            held=self._held,
            hold=t.hold,
        )

    def begin_from(self, orders: Orders) -> None:
        """Take over what is feasible of some visiting orders."""
        rows = [(v, k) for k, order in enumerate(orders) for v in order]
        seats = len(self.state.desk)
        rows = rows[:seats]
        self.state.desk[: len(rows), [WHO, BY]] = np.array(rows, np.int64).reshape(-1, 2)
        self._apart(PLACE, len(rows))

    def _apart(self, what: int, many: int) -> None:
        """Do what is no iteration; it has a number of its own only so that no route looks touched already."""
        self._work(self.night, self.state, self._dial(), what, many)
        self.state.tally[ITERATION] -= 1
        self.state.tally[BEST_AT] = min(self.state.tally[BEST_AT], self.iterations)
        self.state.trail[:, :WAITS] = -1

    def run(self, limits: Limits, caller: Caller) -> StoppedBy:
        """Search until a limit is met or the caller says stop."""
        if not len(self.night.worth):
            return "complete"
        stopped_by: StoppedBy = "interrupt"
        with contextlib.suppress(KeyboardInterrupt):
            stopped_by = self._run(limits, caller)
        if self._focus < self._last_tier or self._held:
            # The best plan may be of a cycle that put no less important visits back, or that had only begun to.
            self.begin_from(self.orders)
            self._apart(BUILD, 0)
        return stopped_by

    def _run(self, limits: Limits, caller: Caller) -> StoppedBy:
        begin = time.perf_counter()
        if not self.iterations:
            self._apart(BUILD, 0)
        tally = self.state.tally
        reported = -1
        while True:
            if tally[IMPROVED] > reported:
                reported = int(tally[IMPROVED])
                caller.report(self.orders, self.iterations)
            left = int(tally[CYCLE_FROM]) + self._cycle - self.iterations
            if left <= 0:
                self._next_cycle(limits, time.perf_counter() - begin)
                continue
            if caller.stopped():
                return "interrupt"
            if limits.seconds is not None and time.perf_counter() - begin >= limits.seconds:
                return "seconds"
            if limits.iterations is not None:
                left = min(left, limits.iterations - self.iterations)
                if left <= 0:
                    return "iterations"
            if limits.stagnation is not None:
                left = min(left, limits.stagnation - self.iterations + int(tally[BEST_AT]))
                if left <= 0:
                    return "stagnation"
            self._advance(left)

    def _advance(self, left: int) -> None:
        many = min(left, self._slice)
        begin = time.perf_counter()
        self._work(self.night, self.state, self._dial(), RUN, many)
        took = max(time.perf_counter() - begin, 1e-6)
        if many == self._slice:
            self._slice = max(1, min(int(many * min(SLICE_S / took, 4.0)), 1_000_000))

    def _next_cycle(self, limits: Limits, spent_s: float) -> None:
        """Recombine the pool where time allows, and begin a new cycle of temperatures from what came of it."""
        t = self.tuning
        rest_s = None if limits.seconds is None else limits.seconds - spent_s
        if self._cycle >= t.recombine_from and (rest_s is None or rest_s > 1.0):
            self.exchange()
            seconds = None if rest_s is None else rest_s / 2
            found = recombine(self.night, self.state, Effort(columns=t.columns, work=t.recombine_work, seconds=seconds))
            if found is not None:
                self.begin_from(found)
        if not self._stages:
            self._stages = self._plan_stages()
            self._cycles += 1
            self._hotter = self._cycles >= t.hottest_from and (self._cycles - t.hottest_from) % 2 == 0
            self._cycle = min(int(self._cycle * t.growth), t.longest_cycle)
        if self._focus < self._last_tier and self._behind():
            self.begin_from(self.orders)
        self.state.tally[CYCLE_FROM] = self.iterations
        ends = [] if limits.iterations is None else [limits.iterations - self.iterations]
        if rest_s is not None and spent_s > 0:
            ends.append(int(rest_s * self.iterations / spent_s))
        # No cycle is left half done where the end is known; where it is not, nothing depends on it.
        if ends and min(ends) < t.stretch * self._cycle * len(self._stages):
            self._cycle = max(1, min(ends) // len(self._stages))
            self._hotter = False
        self._focus, self._held = self._stages.pop(0)

    def _behind(self) -> bool:
        """Return whether the routes as they stand cover less of the tiers in focus than the best do."""
        now, best = (self.state.level[i, : 2 + self._focus].tolist() for i in (NOW, BEST))
        return bool(now > best)

    def _plan_stages(self) -> list[tuple[int, int]]:
        """Return the cycles of the next round: the focus of each, and how many tiers are held in it.

        Less important visits stand in the way of what an important tier could have: where one is not covered in full,
        it is searched without them first, and they are put back while it is held.
        """
        short = np.flatnonzero(self.state.level[BEST, 1 : 1 + self._last_tier])
        if not len(short):
            return [(self._last_tier, 0)]
        return [(int(short[0]), 0), (self._last_tier, int(short[0]) + 1)]


def warm_up(kind: type[Night]) -> None:
    """Compile the loop for a kind of night, or load it from the cache, on a problem of one visit."""
    one = PatrolProblem.from_arrays(
        np.zeros((2, 2), np.int32), dwell_s=np.zeros(1, np.int32), weight=np.ones(1, np.int32), shifts_s=[(0, 1)]
    )
    if kind is HourlyNight:
        one = replace(one, hours=TravelPeriods.always(one.matrix))
    elif kind is not Night:
        one = replace(one, balance="stops")
    Search(one, seed=0).begin_from(())
