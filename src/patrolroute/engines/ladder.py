"""The search for orders of visits that are tied to each other: CP-SAT, one level of the objective after the other.

A level that was made as small as can be shown stays so while the next is searched. What CP-SAT says is not believed:
orders are timed by the one clock and judged by the one objective.
"""

from __future__ import annotations

import math
import time
from concurrent.futures import ThreadPoolExecutor, wait
from queue import SimpleQueue
from typing import TYPE_CHECKING

from ortools.sat.python import cp_model

from patrolroute.engines.circuits import Circuits
from patrolroute.engines.protocol import Found
from patrolroute.engines.tied import tied_fill, tied_orders_fit, tied_part
from patrolroute.schedule import objective_of

if TYPE_CHECKING:
    from patrolroute.engines.protocol import Budget, StoppedBy, Watch
    from patrolroute.problem import Orders, PatrolProblem

ITERATION_S = 1e-5
"""Seconds, by CP-SAT's own count of its work, that make an iteration: the same on every machine."""

POLL_S = 0.02
"""Seconds between two looks at the clock and at `Watch.stopped`."""

FIRST_FILL_S = 0.3
"""Seconds that the first orders may take even where the budget is smaller."""

LEAST_S = 0.05
"""Shortest time for a level, so that ever smaller shares of a limit come to an end."""


class Ladder:
    """Searches level after level, from the first that is not proved, until all are or a limit is reached.

    Parameters
    ----------
    problem : PatrolProblem
    budget : Budget
    seed : int
    start : Orders or None
    watch : Watch
    """

    def __init__(
        self, problem: PatrolProblem, *, budget: Budget, seed: int, start: Orders | None, watch: Watch
    ) -> None:
        self._problem, self._budget, self._seed, self._watch = problem, budget, seed, watch
        self._began = time.monotonic()
        self._iterations = self._improved_at = 0
        self._stopped_by: StoppedBy | None = None
        self._best: Orders = ((),) * len(problem.squads)
        self._objective = objective_of(problem, self._best)
        part = tied_part(problem, start)
        latest = math.inf if budget.seconds is None else self._began + max(FIRST_FILL_S, budget.seconds / 4)
        full = tied_fill(problem, part, enough=lambda: watch.stopped() or time.monotonic() > latest)
        for orders in (part, full):
            if objective_of(problem, orders) < self._objective:
                self._best, self._objective = orders, objective_of(problem, orders)
        watch.report(self._best, 0)

    def climb(self) -> Found:
        """Search, and return what was found."""
        proved = 0
        if len(self._problem.squads) and len(self._problem.visits) and not self._over():
            circuits = Circuits(self._problem)
            while proved < len(circuits.levels) and not self._over():
                proved = self._climb_from(circuits, proved)
        stopped_by = self._stopped_by or "complete"
        return Found(orders=self._best, iterations=self._iterations, stopped_by=stopped_by)

    def _climb_from(self, circuits: Circuits, proved: int) -> int:
        """Search each level from `proved` on in its share of the limits; return how many leading ones are proved."""
        levels = circuits.levels
        for i in range(proved, len(levels)):
            if self._over():
                break
            # Nothing is less than nothing.
            best = self._values()[i] == 0 or self._search(circuits, i, share=1 / (len(levels) - i))
            proved += best and proved == i
        return proved

    def _values(self) -> list[int]:
        """Return the best orders' objective as a list, as long as the levels are many."""
        missed, uncovered, *rest = self._objective
        return [missed, *uncovered, *rest]

    def _search(self, circuits: Circuits, level: int, *, share: float) -> bool:
        """Search one level without giving up an earlier one; return whether the best orders are proved to be best."""
        model = circuits.model.clone()
        for expression, value in zip(circuits.levels[:level], self._values(), strict=False):
            model.add(expression <= value)
        model.minimize(circuits.levels[level])
        circuits.hint(model, self._best)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        # Its own handler would stay in place of the caller's, and the next Ctrl-C would end the program.
        solver.parameters.catch_sigint_signal = False
        solver.parameters.random_seed = self._seed
        # Relaxations of circuits with times are weak: four nights of 11 visits took two thirds of the time without.
        solver.parameters.linearization_level = 0
        most = self._iterations_left(share)
        if most is not None:
            solver.parameters.max_deterministic_time = most * ITERATION_S
        if self._budget.seconds is not None:
            left_s = self._began + self._budget.seconds - time.monotonic()
            solver.parameters.max_time_in_seconds = max(LEAST_S, share * left_s)
        status = self._run(solver, model, circuits)
        done = max(1, math.ceil(solver.response_proto.deterministic_time / ITERATION_S))
        self._iterations += done if most is None else min(done, most)
        return bool(status in {cp_model.OPTIMAL, cp_model.INFEASIBLE})

    def _iterations_left(self, share: float) -> int | None:
        budget, done = self._budget, self._iterations
        left = []
        if budget.iterations is not None:
            left.append(max(1, math.ceil(share * (budget.iterations - done))))
        if budget.stagnation is not None:
            left.append(max(1, budget.stagnation - (done - self._improved_at)))
        return min(left, default=None)

    def _run(self, solver: cp_model.CpSolver, model: cp_model.CpModel, circuits: Circuits) -> object:
        """Solve in a thread of its own, so that this one hears of stops, signals and solutions."""
        told = _Teller(circuits)
        with ThreadPoolExecutor(1) as pool:
            solving = pool.submit(solver.solve, model, told)
            try:
                while not solving.done():
                    wait([solving], timeout=POLL_S)
                    self._hear(told)
                    if self._over():
                        solver.stop_search()
                self._hear(told)
            finally:
                while not solving.done():
                    solver.stop_search()
                    wait([solving], timeout=POLL_S)
        return solving.result()

    def _hear(self, told: _Teller) -> None:
        while not told.found.empty():
            orders, worked_s = told.found.get()
            if not tied_orders_fit(self._problem, orders):
                continue
            objective = objective_of(self._problem, orders)
            if objective < self._objective:
                self._best, self._objective = orders, objective
                self._improved_at = self._iterations + math.ceil(worked_s / ITERATION_S)
                self._watch.report(orders, self._improved_at)

    def _over(self) -> bool:
        """Return whether the search is to end; notes by what."""
        budget = self._budget
        if self._stopped_by is None:
            if self._watch.stopped():
                self._stopped_by = "interrupt"
            elif budget.seconds is not None and time.monotonic() >= self._began + budget.seconds:
                self._stopped_by = "seconds"
            elif budget.iterations is not None and self._iterations >= budget.iterations:
                self._stopped_by = "iterations"
            elif budget.stagnation is not None and self._iterations - self._improved_at >= budget.stagnation:
                self._stopped_by = "stagnation"
        return self._stopped_by is not None


class _Teller(cp_model.CpSolverSolutionCallback):
    """Puts the orders of each solution, and the work done until then, where another thread finds them."""

    def __init__(self, circuits: Circuits) -> None:
        super().__init__()
        self._circuits = circuits
        self.found: SimpleQueue[tuple[Orders, float]] = SimpleQueue()

    def on_solution_callback(self) -> None:
        self.found.put((self._circuits.orders(self.value), self.deterministic_time))
