"""The project's own search as an engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from patrolroute.engines.protocol import Found
from patrolroute.search.drive import Caller, Limits, Search, Tuning
from patrolroute.search.loop import compiled_before

if TYPE_CHECKING:
    from collections.abc import Callable

    from patrolroute.engines.protocol import Budget, Watch
    from patrolroute.problem import Orders, PatrolProblem


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
    tuning : Tuning
    """

    notice: Callable[[str], None] = _say_nothing
    tuning: Tuning = Tuning()  # noqa: RUF009 - frozen, and the same for all

    name = "native"

    def search(self, problem: PatrolProblem, *, budget: Budget, seed: int, start: Orders | None, watch: Watch) -> Found:
        """Return the best visiting orders that the budget allows; see `Engine`.

        Compiling, on the first call on a machine, is not counted against the budget.
        """
        if not compiled_before():
            self.notice("Compiling the search for this machine; that takes some seconds, and only the first time.")
        search = Search(problem, seed=seed, tuning=self.tuning)
        search.begin_from(start or ())
        limits = Limits(seconds=budget.seconds, iterations=budget.iterations, stagnation=budget.stagnation)
        stopped_by = search.run(limits, Caller(report=watch.report, stopped=watch.stopped))
        return Found(orders=search.orders, iterations=search.iterations, stopped_by=stopped_by)
