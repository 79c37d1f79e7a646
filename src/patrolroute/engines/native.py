"""The project's own search as an engine."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from patrolroute.compiled import Job, is_kept, wait_for
from patrolroute.engines.feasible import startable
from patrolroute.engines.protocol import Found
from patrolroute.errors import InputError
from patrolroute.search.drive import Caller, Limits, Search, Tuning, warm_up
from patrolroute.search.layout import HourlyNight, Night, TiedNight, kind_of
from patrolroute.search.loop import WORK, compiled_before
from patrolroute.search.workers import Order, search_together

if TYPE_CHECKING:
    from collections.abc import Callable

    from patrolroute.engines.protocol import Budget, Watch
    from patrolroute.problem import Orders, PatrolProblem


def job_for(kind: type[Night]) -> Job:
    """Return what another process must do to compile the search for a kind of night."""
    return Job(__name__, compile_search.__name__, (kind.__name__,))


def jobs_ahead(*, tied: bool, hourly: bool) -> list[Job]:
    """Return what to compile ahead for a night that will probably be of a kind; nothing where that is done or in vain.

    Parameters
    ----------
    tied, hourly : bool
        Whether visits are tied to others, and whether travel depends on the hour.
    """
    kind = HourlyNight if hourly else TiedNight if tied else Night
    return [] if compiled_before(kind) or not is_kept(WORK[kind]) else [job_for(kind)]


def compile_search(kind: str) -> None:
    """Compile the search for the kind of night of that name."""
    warm_up(next(each for each in WORK if each.__name__ == kind))


def _say_nothing(_message: str) -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class NativeEngine:
    """Ruin and recreate over the normal form, compiled, with a pool of routes recombined by set packing.

    Parameters
    ----------
    notice : callable
        Called with a sentence before work that the caller did not ask for, and might wonder about: compiling, once per
        machine.
    workers : int
        Processes to search in, each with a seed of its own; they are spawned, so a script that asks for more than one
        must guard its beginning with ``if __name__ == "__main__"``. Each gets its share of a limit in iterations.
    tuning : Tuning

    Raises
    ------
    InputError
        When workers is less than 1.
    """

    notice: Callable[[str], None] = _say_nothing
    workers: int = 1
    tuning: Tuning = Tuning()  # noqa: RUF009 - frozen, and the same for all

    name = "native"

    def __post_init__(self) -> None:
        if isinstance(self.workers, bool) or not isinstance(self.workers, int) or self.workers < 1:
            raise InputError([f"native: workers is {self.workers!r}; expected a whole number of 1 or more."])

    def search(self, problem: PatrolProblem, *, budget: Budget, seed: int, start: Orders | None, watch: Watch) -> Found:
        """Return the best visiting orders that the budget allows; see `Engine`.

        Compiling, on the first call on a machine, is not counted against the budget.
        """
        if len(problem.squads) == 0 or len(problem.visits) == 0:
            return Found(orders=((),) * len(problem.squads), iterations=0, stopped_by="complete")
        kind = kind_of(problem)
        if not compiled_before(kind):
            self.notice("Compiling the search for this machine; that takes some seconds, and only the first time.")
            wait_for(job_for(kind))
            warm_up(kind)
        # Compiled code reads whatever row it is given; rows that do not exist must not reach it.
        kept = startable(problem, start) if start else ()
        limits = Limits(seconds=budget.seconds, iterations=budget.iterations, stagnation=budget.stagnation)
        caller = Caller(report=watch.report, stopped=watch.stopped)
        if self.workers > 1:
            return self._search_together(problem, limits, caller, seed=seed, start=kept)
        search = Search(problem, seed=seed, tuning=self.tuning)
        search.begin_from(kept)
        caller.report(search.orders, 0)
        stopped_by = search.run(limits, caller)
        return Found(orders=search.orders, iterations=search.iterations, stopped_by=stopped_by)

    def _search_together(
        self, problem: PatrolProblem, limits: Limits, caller: Caller, *, seed: int, start: Orders
    ) -> Found:
        seeds = np.random.SeedSequence(seed).generate_state(self.workers)
        orders = [Order(problem=problem, seed=int(each), tuning=self.tuning, start=start) for each in seeds]
        if limits.iterations is not None:
            limits = replace(limits, iterations=limits.iterations // self.workers)
        outcome = search_together(orders, limits, caller)
        return Found(orders=outcome.orders, iterations=outcome.iterations, stopped_by=outcome.stopped_by)
