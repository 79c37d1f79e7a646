"""One search in several processes: different seeds, and a pool of routes that all of them share.

The processes meet at the end of each cycle that recombines: each gives its best routes and takes the others', then
recombines for itself. Meetings fall on iterations, so a seed and iterations still fix the orders. Processes are
spawned: a script that asks for several must guard its own beginning with `if __name__ == "__main__"`.
"""

from __future__ import annotations

import multiprocessing
import time
from dataclasses import dataclass, replace
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any

import numpy as np

from patrolroute.search.drive import Caller, Limits, Search, StoppedBy, Tuning
from patrolroute.search.pool import COUNT, RANK, merge_rows
from patrolroute.search.state import BEST

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from numpy.typing import NDArray

    from patrolroute.problem import Orders, PatrolProblem

SHARED_ROWS = 500
"""Routes that one process gives the others at a meeting."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What one process is to do."""

    problem: PatrolProblem
    seed: int
    tuning: Tuning
    start: Orders


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What the processes found together."""

    orders: Orders
    iterations: int
    stopped_by: StoppedBy


class _Far:
    """The parent as a spawned process sees it."""

    def __init__(self, line: Connection, search: Search) -> None:
        self._line, self._search, self._told_to_stop = line, search, False

    def report(self, orders: Orders, iterations: int) -> None:
        level = tuple(self._search.state.level[BEST].tolist())
        self._line.send(("better", (level, orders, iterations)))

    def stopped(self) -> bool:
        if not self._told_to_stop and self._line.poll():
            self._told_to_stop = self._line.recv()[0] == "stop"
        return self._told_to_stop

    def exchange(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Give rows to the others and return theirs."""
        if self._told_to_stop:
            return rows[:0]
        self._line.send(("rows", rows))
        word, others = self._line.recv()
        self._told_to_stop = word == "stop"
        return rows[:0] if self._told_to_stop else others


def best_rows(pool: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the pooled routes closest to the best solution, at most `SHARED_ROWS`."""
    filled = np.flatnonzero(pool[:, COUNT])
    return pool[filled[np.argsort(pool[filled, RANK], kind="stable")][:SHARED_ROWS]]


def _serve(line: Connection, order: Order) -> None:
    """Run one search in a spawned process."""
    search = Search(order.problem, seed=order.seed, tuning=order.tuning)
    search.begin_from(order.start)
    far = _Far(line, search)
    search.exchange = lambda: merge_rows(search.state.pool, far.exchange(best_rows(search.state.pool)))
    try:
        line.send(("ready", None))
        word, limits = line.recv()
        stopped_by: StoppedBy = "interrupt"
        if word == "go":
            stopped_by = search.run(limits, Caller(report=far.report, stopped=far.stopped))
        far.report(search.orders, search.iterations)
        line.send(("done", (stopped_by, search.iterations)))
    except (KeyboardInterrupt, OSError, EOFError):
        return


class _Crew:
    """The spawned processes as the parent sees them."""

    def __init__(self, orders: list[Order]) -> None:
        context = multiprocessing.get_context("spawn")
        self.lines: list[Any] = []
        self.processes = []
        for order in orders:
            near, far = context.Pipe()
            process = context.Process(target=_serve, args=(far, order), daemon=True)
            process.start()
            far.close()
            self.lines.append(near)
            self.processes.append(process)
        self.live = set(range(len(orders)))
        self.rows: dict[int, Any] = {}
        self.best: tuple[tuple[int, ...], int, Orders] | None = None
        self.done: dict[int, tuple[StoppedBy, int]] = {}

    def tell(self, word: str, what: Any = None) -> None:
        for i in sorted(self.live):
            try:
                self.lines[i].send((word, what))
            except OSError:
                self.live.discard(i)

    def hear(self, seconds: float) -> list[tuple[int, str, Any]]:
        """Return what the processes said within some seconds; one that died is counted out."""
        said = []
        for line in wait([self.lines[i] for i in sorted(self.live)], timeout=seconds):
            i = self.lines.index(line)
            try:
                said.append((i, *self.lines[i].recv()))
            except (EOFError, OSError):
                self.live.discard(i)
        return sorted(said, key=lambda each: each[0])

    def meet(self) -> None:
        """Hand round the rows once every process that still runs has given its own."""
        if self.live and self.live <= set(self.rows):
            for i in sorted(self.live):
                others = [self.rows[j] for j in sorted(self.rows) if j != i]
                self.lines[i].send(("rows", np.concatenate(others) if others else self.rows[i][:0]))
            self.rows.clear()

    def close(self) -> None:
        for line in self.lines:
            line.close()
        for process in self.processes:
            process.join(timeout=2.0)
            if process.is_alive():
                process.terminate()
                process.join()


def search_together(orders: list[Order], limits: Limits, caller: Caller) -> Outcome:
    """Run one search a process until each has met its limit, or the caller says stop.

    Parameters
    ----------
    orders : list of Order
        One for each process.
    limits : Limits
        Of each process. Starting the processes counts against the seconds, up to half of them.
    caller : Caller

    Raises
    ------
    RuntimeError
        When every process died.
    """
    begin = time.perf_counter()
    crew = _Crew(orders)
    try:
        ready: set[int] = set()
        while crew.live - ready:
            ready |= {i for i, _, _ in crew.hear(0.05)}
        if limits.seconds is not None:
            rest_s = max(limits.seconds - (time.perf_counter() - begin), limits.seconds / 2)
            limits = replace(limits, seconds=rest_s)
        crew.tell("go", limits)
        told = False
        while crew.live:
            try:
                if not told and caller.stopped():
                    told = True
                    crew.tell("stop")
                _attend(crew, caller)
            except KeyboardInterrupt:
                told = True
                crew.tell("stop")
    finally:
        crew.close()
    if crew.best is None:
        raise RuntimeError("every process of the search died; with workers=1 it runs in this process.")
    first = min(crew.done) if crew.done else -1
    stopped_by = crew.done[first][0] if crew.done else "interrupt"
    return Outcome(orders=crew.best[2], iterations=sum(its for _, its in crew.done.values()), stopped_by=stopped_by)


def _attend(crew: _Crew, caller: Caller) -> None:
    for i, word, what in crew.hear(0.02):
        if word == "better":
            level, orders, iterations = what
            # Equally good orders of the process with the lower number win, whichever spoke first.
            if crew.best is None or (level, i) < crew.best[:2]:
                improved = crew.best is None or level < crew.best[0]
                crew.best = (level, i, orders)
                if improved:
                    caller.report(orders, iterations)
        elif word == "rows":
            crew.rows[i] = what
        elif word == "done":
            crew.done[i] = what
            crew.live.discard(i)
    crew.meet()
