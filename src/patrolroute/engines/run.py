"""One search as it runs: its limits, its best orders, and the stages that keep tiers strict."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Protocol

import numpy as np

from patrolroute.engines.feasible import feasible_part, fill, legs_s, orders_fit
from patrolroute.engines.protocol import Found
from patrolroute.schedule import objective_of

if TYPE_CHECKING:
    from patrolroute.engines.protocol import Budget, StoppedBy, Watch
    from patrolroute.engines.tiers import Levels, Stage
    from patrolroute.problem import Orders, PatrolProblem

POLL_S = 0.02
"""Seconds between two looks at the clock and at `Watch.stopped`: short beside the second that a caller may wait."""

TOP_UP_S = 0.3
"""Seconds that topping up may take beyond a budget in seconds."""

MOST_MIXTURES = 32
VISITS_MIXED = 1600
"""Visits put in, all mixtures together: a tenth of a second."""

FIRST_FILL_S = 0.3
"""Seconds that the first orders may take even where the budget is smaller."""


class Run:
    """Counts iterations, keeps the best orders, and says when a stage and when the search is over.

    Parameters
    ----------
    problem : PatrolProblem
    levels : Levels
    budget : Budget
    seed : int
    watch : Watch
    """

    def __init__(self, problem: PatrolProblem, levels: Levels, *, budget: Budget, seed: int, watch: Watch) -> None:
        self.problem, self.levels = problem, levels
        self._budget, self._seed, self._watch = budget, seed, watch
        self._began = time.monotonic()
        self._next_poll = 0.0
        self.iterations = 0
        self._improved_at = 0
        self._fault: BaseException | None = None
        self.stopped_by: StoppedBy | None = None
        self._stage_iterations: int | None = None
        self._stage_end_s: float | None = None
        self._stage_settles: int | None = None
        self._stage_over = False
        self.best: Orders = ((),) * len(problem.squads)
        self._key = self._key_of(self.best)

    def _key_of(self, orders: Orders) -> tuple[int, ...]:
        """All of the objective but the finish, which takes a timetable to tell; smaller is better."""
        gains = self.levels.gains(orders)
        drive_s = sum(
            int(legs_s(self.problem, k, order).sum(dtype=np.int64)) for k, order in enumerate(orders) if order
        )
        return (*(-gain for gain in gains), drive_s)

    @property
    def left_s(self) -> float | None:
        """Seconds until the stage or the search must end; None without such a limit."""
        ends = [self._stage_end_s, None if self._budget.seconds is None else self._began + self._budget.seconds]
        known = [end for end in ends if end is not None]
        return max(0.0, min(known) - time.monotonic()) if known else None

    def begin(self, start: Orders | None) -> None:
        """Take the feasible part of the start and put in what still fits; then try to fill empty routes, in mixtures.

        Engines hardly give up a prize that they have, and so lose a required visit that fits in one mixture only, or a
        site of tier 1 that a start from an earlier evening leaves no room for.
        """
        self.offer(feasible_part(self.problem, start))
        seconds = math.inf if self._budget.seconds is None else max(FIRST_FILL_S, self._budget.seconds)
        latest = self._began + seconds

        def enough() -> bool:
            return self._asked_to_stop() or time.monotonic() > latest

        self.offer(fill(self.problem, self.best, enough=enough))
        nothing: Orders = ((),) * len(self.problem.squads)
        self.offer(fill(self.problem, nothing, enough=enough))
        shuffle = np.random.default_rng(self._seed)
        for _ in range(min(MOST_MIXTURES, VISITS_MIXED // max(1, len(self.problem.visits)))):
            if self.levels.settled(self.best) == len(self.levels) or enough():
                break
            self.offer(fill(self.problem, nothing, enough=enough, shuffle=shuffle))
        self._watch.report(self.best, 0)

    def top_up(self) -> None:
        """Put in what still fits, without breaking a limit in seconds by much."""
        latest = math.inf if self._budget.seconds is None else time.monotonic() + TOP_UP_S
        self.offer(fill(self.problem, self.best, enough=lambda: time.monotonic() > latest))

    def offer(self, orders: Orders) -> bool:
        """Make the orders the best if they are feasible and better by the true objective; say whether they were."""
        key = self._key_of(orders)
        if key > self._key or not orders_fit(self.problem, orders):
            return False
        if key == self._key and objective_of(self.problem, orders) >= objective_of(self.problem, self.best):
            return False
        self.best, self._key, self._improved_at = orders, key, self.iterations
        self._watch.report(orders, self.iterations)
        if self._stage_settles is not None and self.levels.settled(orders) >= self._stage_settles:
            self._stage_over = True
        return True

    def step(self) -> bool:
        """Count one iteration; return whether the stage is over. Never raises: foreign code may call it."""
        try:
            return self._step()
        except BaseException as fault:  # what a callback raises inside a foreign library is lost; `raise_fault` has it
            self.guard(fault)
            return True

    def guard(self, fault: BaseException) -> None:
        """Keep what another callback raised and end the search."""
        self._fault = self._fault or fault
        self.stopped_by = "interrupt"

    def raise_fault(self) -> None:
        """Raise what a callback raised, once no foreign code stands between it and the caller."""
        if self._fault is not None:
            raise self._fault

    def _step(self) -> bool:
        if self.over or self._stage_over:
            return True
        if self._stage_iterations is not None and self.iterations >= self._stage_iterations:
            self._stage_over = True
            return True
        self.iterations += 1
        now = time.monotonic()
        if now >= self._next_poll:
            self._next_poll = now + POLL_S
            self._poll(now)
        return self.stopped_by is not None or self._stage_over

    def _asked_to_stop(self) -> bool:
        if self._watch.stopped():
            self.stopped_by = "interrupt"
        return self.stopped_by is not None

    def _poll(self, now: float) -> None:
        if self._asked_to_stop():
            return
        if self._budget.seconds is not None and now >= self._began + self._budget.seconds:
            self.stopped_by = "seconds"
        elif self._stage_end_s is not None and now >= self._stage_end_s:
            self._stage_over = True

    @property
    def over(self) -> bool:
        """Whether a limit of the whole search is reached; notes which."""
        budget = self._budget
        if self.stopped_by is None:
            if budget.iterations is not None and self.iterations >= budget.iterations:
                self.stopped_by = "iterations"
            elif budget.stagnation is not None and self.iterations - self._improved_at >= budget.stagnation:
                self.stopped_by = "stagnation"
        return self.stopped_by is not None

    def enter(self, stage: Stage, *, ends_when_settled: int | None) -> None:
        """Begin a stage: all that is left for the last one, a share by levels for an earlier one.

        Parameters
        ----------
        stage : Stage
        ends_when_settled : int or None
            The stage ends at once when this many leading levels are served in full.
        """
        self._stage_over, self._stage_settles = False, ends_when_settled
        self._stage_iterations = self._stage_end_s = None
        self._poll(time.monotonic())
        if stage.last:
            return
        share = stage.searched / (len(self.levels) - stage.settled)
        left_s = self.left_s
        if left_s is not None:
            self._stage_end_s = time.monotonic() + share * left_s
        limits = [self._budget.iterations, self._budget.stagnation and self._improved_at + self._budget.stagnation]
        left = min((limit - self.iterations for limit in limits if limit is not None), default=None)
        if left is not None:
            self._stage_iterations = self.iterations + int(share * left)

    def found(self) -> Found:
        """Return the result."""
        return Found(orders=self.best, iterations=self.iterations, stopped_by=self.stopped_by or "complete")


class StageSearch(Protocol):
    """Searches one stage from `run.best`, offers what it finds to the run, and ends when `run.step` says so."""

    def __call__(self, run: Run, stage: Stage) -> None:
        """Search."""


def climb(run: Run, search: StageSearch, *, start: Orders | None, eager: bool) -> Found:
    """Search stage after stage until a limit is reached or no level is left.

    Parameters
    ----------
    run : Run
    search : StageSearch
    start : Orders or None
    eager : bool
        Whether to begin a new stage as soon as one more leading level is served in full: for engines that find it
        easier to keep a group than to weigh it.
    """
    run.begin(start)
    levels = run.levels
    floor = 0
    while len(levels) and not run.over:
        settled = max(floor, levels.settled(run.best)) if eager else floor
        stage = levels.stage(run.best, settled=settled)
        target = settled + (1 if eager else stage.searched)
        waits = target <= len(levels) if eager else not stage.last
        run.enter(stage, ends_when_settled=target if waits else None)
        if run.over:
            break
        search(run, stage)
        run.raise_fault()
        run.top_up()
        further = eager and levels.settled(run.best) > settled
        if not stage.last and not further:
            floor = settled + stage.searched
        elif not further:
            break
    return run.found()
