"""Engine `pyvrp`: iterated local search by PyVRP 0.14 (Wouda, Lan, Kool 2024, 10.1287/ijoc.2023.0055), an extra.

Each visit is a client at a location of its own, whose distances start at its exit and end at its entry. Distance is
driving seconds too, so that PyVRP's longest distance is the longest driving time. A group is a client group; the squads
that may not make a visit have no room for its load.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from patrolroute.engines.protocol import refuse_beyond
from patrolroute.engines.run import Run, climb
from patrolroute.engines.tiers import Levels, Stage
from patrolroute.errors import import_extra

if TYPE_CHECKING:
    from types import ModuleType

    from patrolroute.engines.protocol import Budget, Found, Watch
    from patrolroute.problem import Orders, PatrolProblem

LIMIT = 2**46
"""Greatest sum of prizes: penalties multiply in PyVRP's 64 bits, so a wide margin is left."""

HISTORY_LENGTH = 50
LEAST_MAX_PENALTY = 1_000.0
GREATEST_MAX_PENALTY = 1e9
PENALTY_SHARE = 0.01
"""Greatest penalty of a second too late, as a share of the mean prize on the highest level that is searched.

With a fixed one, prizes drown the penalties where the first tier cannot be served in full, and the search stays among
infeasible plans; with 0.003 to 0.3 it does not, and they differ little (`docs/engines.md`).
"""


class PyVrpEngine:
    """PyVRP. An iteration is one perturbation and local search, some 1,500 a second on 50 sites.

    Raises
    ------
    MissingExtraError
        When PyVRP is not installed.
    """

    name = "pyvrp"

    def __init__(self) -> None:
        self._pyvrp = import_extra("pyvrp", extra="engines")
        self._warning = import_extra("pyvrp.exceptions", extra="engines").PenaltyBoundWarning

    def search(self, problem: PatrolProblem, *, budget: Budget, seed: int, start: Orders | None, watch: Watch) -> Found:
        """Return the best visiting orders that the budget allows.

        Parameters
        ----------
        problem : PatrolProblem
        budget : Budget
        seed : int
        start : Orders or None
        watch : Watch
        """
        refuse_beyond(problem, self.name)
        run = Run(problem, Levels(problem, limit=LIMIT), budget=budget, seed=seed, watch=watch)

        def search_stage(run: Run, stage: Stage) -> None:
            model = _Model(self._pyvrp, problem, stage)
            if model.clients:
                with warnings.catch_warnings():
                    # A penalty at its greatest is meant: feasible orders are always at hand.
                    warnings.simplefilter("ignore", self._warning)
                    model.search(run, seed=seed)

        return climb(run, search_stage, start=start, eager=True)


class _Observer:
    """PyVRP's callbacks: every better solution is offered to the run."""

    def __init__(self, run: Run, model: _Model) -> None:
        self._run, self._model = run, model

    def on_start(self, ils: object) -> None: ...

    def on_end(self, result: object) -> None: ...

    def on_iteration(self, current: object, candidate: object, best: object, cost_evaluator: object) -> None: ...

    def on_restart(self, best: object) -> None: ...

    def on_best(self, best: Any) -> None:
        if best.is_feasible():
            self._run.offer(self._model.orders(best))


class _Model:
    """A PyVRP problem of one stage. Locations 0..n-1 are the visits, then come the squads' starts and ends."""

    def __init__(self, pyvrp: ModuleType, problem: PatrolProblem, stage: Stage) -> None:
        squads, visits = problem.squads, problem.visits
        self._pyvrp, self._problem = pyvrp, problem
        self._rows: list[int] = np.flatnonzero(stage.usable).tolist()
        prizes = stage.group_prizes(problem)
        top = [prize for group, prize in prizes.items() if prize and group not in stage.kept] or [0]
        self._max_penalty = min(GREATEST_MAX_PENALTY, max(LEAST_MAX_PENALTY, PENALTY_SHARE * sum(top) / len(top)))
        self._offset_s = int(squads.from_s.min())
        self.clients, groups = self._clients(stage, load=1 + int(max(prizes.values(), default=0) / self._max_penalty))
        points = sorted({*squads.start.tolist(), *squads.end.tolist()})
        layers = sorted(set(squads.profile.tolist()))
        entry = np.concatenate([visits.entry[self._rows], points]).astype(np.intp)
        leave = np.concatenate([visits.exit[self._rows], points]).astype(np.intp)
        seconds = [problem.matrix.travel_s[layer][np.ix_(leave, entry)].astype(np.int64) for layer in layers]
        for matrix in seconds:
            np.fill_diagonal(matrix, 0)
        self._data = pyvrp.ProblemData(
            [pyvrp.Location(0, 0)] * len(entry),
            self.clients,
            [pyvrp.Depot(len(self._rows) + i) for i in range(len(points))],
            [
                pyvrp.VehicleType(
                    1,
                    capacity=[int(room[k]) for room in self._rooms],
                    start_depot=points.index(int(squads.start[k])),
                    end_depot=points.index(int(squads.end[k])),
                    tw_early=int(squads.from_s[k]) - self._offset_s,
                    tw_late=int(squads.until_s[k]) - self._offset_s,
                    max_distance=int(squads.max_drive_s[k]),
                    profile=layers.index(int(squads.profile[k])),
                )
                for k in range(len(squads))
            ],
            seconds,
            seconds,
            groups,
        )

    def _clients(self, stage: Stage, *, load: int) -> tuple[list[Any], list[Any]]:
        visits, rows = self._problem.visits, self._rows
        # One load for each set of visits that some squads may not make; those squads have no room for it.
        barred = ~visits.squads[rows]
        patterns = np.unique(barred[:, barred.any(axis=0)], axis=1) if barred.any() else np.zeros((len(rows), 0), bool)
        self._rooms = [
            np.where((barred == pattern[:, np.newaxis]).all(axis=0), 0, load * len(rows)) for pattern in patterns.T
        ]
        members: dict[int, list[int]] = {}
        for i, v in enumerate(rows):
            members.setdefault(int(visits.group[v]), []).append(i)
        shared = [group for group, those in members.items() if len(those) > 1]
        groups = [self._pyvrp.ClientGroup(members[group], required=group in stage.kept) for group in shared]
        place = {group: i for i, group in enumerate(shared)}
        clients = []
        for i, v in enumerate(rows):
            group = int(visits.group[v])
            clients.append(
                self._pyvrp.Client(
                    i,
                    delivery=[load * int(bars) for bars in patterns[i]],
                    service_duration=int(visits.duration_s[v]),
                    tw_early=max(0, int(visits.opens_s[v]) - self._offset_s),
                    tw_late=int(visits.closes_s[v]) - self._offset_s,
                    prize=stage.prize[v],
                    required=group in stage.kept and group not in place,
                    group=place.get(group),
                )
            )
        return clients, groups

    def search(self, run: Run, *, seed: int) -> None:
        """Search from the best orders until the stage is over."""
        pyvrp = self._pyvrp
        result = pyvrp.solve(
            self._data,
            lambda _cost: run.step(),
            seed=seed,
            collect_stats=False,
            params=pyvrp.SolveParams(
                ils=pyvrp.IteratedLocalSearchParams(history_length=HISTORY_LENGTH, callbacks=_Observer(run, self)),
                penalty=pyvrp.PenaltyParams(max_penalty=self._max_penalty),
            ),
            initial_solution=self._solution(run.best),
        )
        if result.best.is_feasible():
            run.offer(self.orders(result.best))

    def _solution(self, orders: Orders) -> Any:
        place = {v: i for i, v in enumerate(self._rows)}
        kept = [[place[v] for v in order if v in place] for order in orders]
        routes = [self._pyvrp.Route(self._data, order, k) for k, order in enumerate(kept) if order]
        return self._pyvrp.Solution(self._data, routes)

    def orders(self, solution: Any) -> Orders:
        """Return the visiting orders of a PyVRP solution; each squad is a vehicle type of its own."""
        orders: list[tuple[int, ...]] = [()] * len(self._problem.squads)
        for route in solution.routes():
            orders[route.vehicle_type()] = tuple(self._rows[stop.idx] for stop in route if stop.is_client())
        return tuple(orders)
