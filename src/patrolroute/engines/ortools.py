"""Engine `ortools`: the routing solver of Google's OR-Tools, in the core install, and CP-SAT where visits are tied.

Each visit is a node whose arcs start at its exit and end at its entry. Time and driving are dimensions, a group is a
disjunction of at most one node whose penalty is its prize (`tiers`), a kept group one without a penalty. Guided local
search (Voudouris, Tsang 1999, 10.1016/S0377-2217(98)00099-X) runs until a limit.

That search puts visits in and takes them out one by one, and so meets no bundle. A problem with anything beyond routes
(`PatrolProblem.beyond`) goes to CP-SAT (`ladder`), which proves small ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2
from ortools.util import optional_boolean_pb2

from patrolroute.engines.ladder import Ladder
from patrolroute.engines.protocol import refuse_beyond
from patrolroute.engines.run import Run, climb
from patrolroute.engines.tiers import Levels, Stage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from patrolroute.engines.protocol import Budget, Found, Watch
    from patrolroute.problem import Orders, PatrolProblem

LIMIT = 2**53
"""Greatest sum of prizes. OR-Tools adds in 64 bits, but some heuristics pass through doubles, exact up to here."""

BACKSTOP_S = 0.25
"""Seconds by which OR-Tools' own time limit lies after the run's, which says by what the search was ended."""

KEEPS = frozenset(
    {
        "joint stops (squads_together)",
        "several visits of a site (visits, every_min)",
        "a presence that counts only as a whole (all_or_nothing)",
        "breaks (breaks, longest_without_break_min)",
        "overtime (overtime_min)",
        "a price of overtime (overtime_price)",
        "a limit on the spread of stops (max_spread_stops)",
        "a limit on stops (max_stops)",
        "balance of stops (balance)",
    }
)
"""What the engine keeps of `PatrolProblem.beyond`: all but what hangs on times that nobody may put off."""

ENDLESS_S = 7 * 86_400.0

_LNS_OPERATORS = (
    "use_global_cheapest_insertion_path_lns",
    "use_local_cheapest_insertion_path_lns",
    "use_relocate_path_global_cheapest_insertion_insert_unperformed",
    "use_global_cheapest_insertion_visit_types_lns",
    "use_local_cheapest_insertion_visit_types_lns",
)


class OrToolsEngine:
    """OR-Tools routing, and CP-SAT for problems with ties, where same seed and iterations still mean same orders.

    An iteration is one neighbouring solution looked at, some 500,000 a second on 50 sites; with ties it is
    `ladder.ITERATION_S` of CP-SAT's work.
    """

    name = "ortools"

    def search(self, problem: PatrolProblem, *, budget: Budget, seed: int, start: Orders | None, watch: Watch) -> Found:
        """Return the best visiting orders that the budget allows.

        Parameters
        ----------
        problem : PatrolProblem
        budget : Budget
        seed : int
            Sets the order in which the solver meets the visits; the routing solver has no randomness of its own.
        start : Orders or None
        watch : Watch

        Raises
        ------
        InputError
            When the problem asks for squads that are on duty alike long.
        """
        refuse_beyond(problem, self.name, keeps=KEEPS)
        if problem.beyond:
            return Ladder(problem, budget=budget, seed=seed, start=start, watch=watch).climb()
        run = Run(problem, Levels(problem, limit=LIMIT), budget=budget, seed=seed, watch=watch)
        permutation = np.random.default_rng(seed).permutation(len(problem.visits))
        cold = start is None or not any(start)

        def search_stage(run: Run, stage: Stage) -> None:
            rows = [v for v in permutation.tolist() if stage.usable[v]]
            model = _Model(problem, stage, rows, possible=run.levels.possible)
            if not (cold and stage.settled == 0 and model.search(run, warm=False)):
                model.search(run, warm=True)

        return climb(run, search_stage, start=start, eager=False)


class _Model:
    """A routing model of one stage. Nodes 0..n-1 are the visits `rows`, then come the squads' starts and ends."""

    def __init__(self, problem: PatrolProblem, stage: Stage, rows: list[int], *, possible: NDArray[np.bool_]) -> None:
        squads = problem.squads
        self._problem, self._rows = problem, rows
        points = sorted({*squads.start.tolist(), *squads.end.tolist()})
        node = {point: len(rows) + i for i, point in enumerate(points)}
        self._manager = pywrapcp.RoutingIndexManager(
            len(rows) + len(points),
            len(squads),
            [node[point] for point in squads.start.tolist()],
            [node[point] for point in squads.end.tolist()],
        )
        self._routing = pywrapcp.RoutingModel(self._manager)
        self._add_travel(stage, points)
        self._add_visits(stage, possible)

    def _add_travel(self, stage: Stage, points: list[int]) -> None:
        problem, rows, routing = self._problem, self._rows, self._routing
        squads, visits, n = problem.squads, problem.visits, len(rows)
        entry = np.concatenate([visits.entry[rows], points]).astype(np.intp)
        leave = np.concatenate([visits.exit[rows], points]).astype(np.intp)
        duration_s = np.concatenate([visits.duration_s[rows], np.zeros(len(points), np.int32)]).astype(np.int64)
        best = stage.group_prizes(problem)
        # A disjunction has one penalty: a visit worth less than the best of its group pays the difference on arrival.
        lesser = np.zeros(n + len(points), np.int64)
        lesser[:n] = [best[int(visits.group[v])] - stage.prize[v] for v in rows]
        drive, time, cost = {}, {}, {}
        for layer in sorted(set(squads.profile.tolist())):
            seconds = problem.matrix.travel_s[layer][np.ix_(leave, entry)].astype(np.int64)
            np.fill_diagonal(seconds, 0)
            # A squad that makes no visit stays where it is: it drives nothing from its start to its end.
            seconds[n:, n:] = 0
            drive[layer] = routing.RegisterTransitMatrix(seconds.tolist())
            time[layer] = routing.RegisterTransitMatrix((seconds + duration_s[:, np.newaxis]).tolist())
            cost[layer] = routing.RegisterTransitMatrix((seconds + lesser).tolist()) if lesser.any() else drive[layer]
        profiles = squads.profile.tolist()
        for k, layer in enumerate(profiles):
            routing.SetArcCostEvaluatorOfVehicle(cost[layer], k)
        self._offset_s = int(squads.from_s.min())
        self._horizon_s = int(squads.until_s.max()) - self._offset_s
        routing.AddDimensionWithVehicleTransits(
            [time[layer] for layer in profiles], self._horizon_s, self._horizon_s, False, "time"
        )
        if (squads.max_drive_s.astype(np.int64) < squads.until_s.astype(np.int64) - squads.from_s).any():
            routing.AddDimensionWithVehicleTransitAndCapacity(
                [drive[layer] for layer in profiles], 0, squads.max_drive_s.tolist(), True, "drive"
            )

    def _add_visits(self, stage: Stage, possible: NDArray[np.bool_]) -> None:
        problem, routing = self._problem, self._routing
        squads, visits = problem.squads, problem.visits
        clock = routing.GetDimensionOrDie("time")
        for k, (from_s, until_s) in enumerate(zip(squads.from_s.tolist(), squads.until_s.tolist(), strict=True)):
            for index in (routing.Start(k), routing.End(k)):
                clock.CumulVar(index).SetRange(from_s - self._offset_s, until_s - self._offset_s)
        groups: dict[int, list[int]] = {}
        for i, v in enumerate(self._rows):
            index = self._manager.NodeToIndex(i)
            opens = max(0, int(visits.opens_s[v]) - self._offset_s)
            closes = min(self._horizon_s, int(visits.closes_s[v]) - self._offset_s)
            clock.CumulVar(index).SetRange(opens, closes)
            if not possible[v].all():
                # -1 stands for "left out". SetAllowedVehiclesForIndex cannot be called from Python in OR-Tools 9.15.
                routing.VehicleVar(index).SetValues([-1, *np.flatnonzero(possible[v]).tolist()])
            groups.setdefault(int(visits.group[v]), []).append(index)
        prizes = stage.group_prizes(problem)
        for group, indices in groups.items():
            if group not in stage.kept:
                routing.AddDisjunction(indices, prizes[group], 1)
            elif len(indices) > 1:
                routing.AddDisjunction(indices)
        # A node without a disjunction must be visited: that is how a kept group of one visit stays served.

    def search(self, run: Run, *, warm: bool) -> bool:
        """Search until the stage is over, from the best orders or from nothing; return whether anything was found."""
        routing, least = self._routing, [2**63 - 1]

        def at_solution() -> None:
            try:
                cost = routing.CostVar().Max()
                if cost < least[0]:
                    least[0] = cost
                    run.offer(self._orders())
            except BaseException as fault:  # OR-Tools swallows what a callback raises
                run.guard(fault)

        routing.AddAtSolutionCallback(at_solution)
        routing.AddSearchMonitor(routing.solver().CustomLimit(run.step))
        parameters = _parameters(run.left_s)
        if not warm:
            return routing.SolveWithParameters(parameters) is not None
        routing.CloseModelWithParameters(parameters)
        nodes = {v: i for i, v in enumerate(self._rows)}
        routes = [[nodes[v] for v in order if v in nodes] for order in run.best]
        assignment = routing.ReadAssignmentFromRoutes(routes, True)
        if assignment is None:
            return False
        return routing.SolveFromAssignmentWithParameters(assignment, parameters) is not None

    def _orders(self) -> Orders:
        routing, manager, orders = self._routing, self._manager, []
        for k in range(len(self._problem.squads)):
            order, index = [], routing.NextVar(routing.Start(k)).Value()
            while not routing.IsEnd(index):
                order.append(self._rows[manager.IndexToNode(index)])
                index = routing.NextVar(index).Value()
            orders.append(tuple(order))
        return tuple(orders)


def _parameters(seconds: float | None) -> Any:
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    # These destroy and rebuild whole routes: without them the same seconds find no less, and no step takes long.
    for operator in _LNS_OPERATORS:
        setattr(parameters.local_search_operators, operator, optional_boolean_pb2.BOOL_FALSE)
    # Large neighbourhoods are cut off by the clock unless given an hour; a seed must not meet the clock.
    parameters.lns_time_limit.seconds = 3600
    # OR-Tools warns on standard error about guided local search without a time limit.
    limit_s = ENDLESS_S if seconds is None else seconds + BACKSTOP_S
    parameters.time_limit.FromMilliseconds(int(1000 * limit_s))
    return parameters
