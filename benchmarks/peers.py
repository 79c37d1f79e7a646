"""The engines that a benchmark can run, each peer modelled at its best for problems of one tier.

The package's own engines `pyvrp` and `ortools` keep strict tiers, which costs them something on one tier; here prizes
are scaled as measured best (PROTOCOL.md). `engine:NAME` runs the package's own.
"""

from __future__ import annotations

import time
import warnings
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from patrolroute.engines.native import NativeEngine
from patrolroute.engines.protocol import Found
from patrolroute.engines.registry import engine_named
from patrolroute.errors import InputError, import_extra

if TYPE_CHECKING:
    from collections.abc import Callable

    from patrolroute.engines.protocol import Budget, Engine, Watch
    from patrolroute.problem import Orders, PatrolProblem

HIGHEST_PRIORITY = 100
MOST_COST = 2**31


class VroomEngine:
    """VROOM through pyvroom, exploration level 5, for problems of one tier.

    VROOM maximises the sum of priorities from 0 to 100, then the number of stops, then the least driving: weights up to
    100 are priorities as they are, larger ones are scaled to 100. It has no seed and no iterations, reports its plan
    only at the end, and looks at its limit between the steps of its local search, not while it builds its first routes.

    Raises
    ------
    MissingExtraError
        When pyvroom is not installed.
    """

    name = "vroom"

    def __init__(self) -> None:
        self._vroom = import_extra("vroom", extra="benchmarks")

    def search(self, problem: PatrolProblem, *, budget: Budget, seed: int, start: Orders | None, watch: Watch) -> Found:
        """Return VROOM's orders; see `Engine`. Groups of alternatives are not known to VROOM and refused."""
        del seed, start  # VROOM is deterministic, and here always starts cold
        seconds = _one_tier(problem, budget, self.name)
        begin = time.perf_counter()
        data = self._input(problem)
        left_s = max(0.01, seconds - (time.perf_counter() - begin))
        solution = data.solve(exploration_level=5, nb_threads=1, timeout=timedelta(seconds=left_s))
        orders: list[list[int]] = [[] for _ in range(len(problem.squads))]
        steps = solution.routes
        if len(steps):
            jobs = steps[steps["type"] == "job"]
            for k, v in zip(jobs["vehicle_id"], jobs["id"], strict=True):
                orders[int(k)].append(int(v))
        found = tuple(map(tuple, orders))
        watch.report(found, 1)
        return Found(orders=found, iterations=1, stopped_by="seconds")

    def _input(self, problem: PatrolProblem) -> Any:
        vroom, squads, visits = self._vroom, problem.squads, problem.visits
        data = vroom.Input()
        for layer in sorted(set(squads.profile.tolist())):
            travel = problem.matrix.travel_s[layer].astype(np.int64)
            data.set_durations_matrix(f"p{layer}", travel)
            # The cost of all drives together must fit VROOM's 32 bits. It decides last, so it may be coarser.
            coarser = -(-int(travel.max(initial=0)) * len(travel) // MOST_COST)
            if coarser > 1:
                data.set_costs_matrix(f"p{layer}", -(-travel // coarser))
        shifts_s = squads.until_s.astype(np.int64) - squads.from_s
        for k in range(len(squads)):
            limit = int(squads.max_drive_s[k])
            data.add_vehicle(
                vroom.Vehicle(
                    k,
                    start=int(squads.start[k]),
                    end=int(squads.end[k]),
                    profile=f"p{squads.profile[k]}",
                    time_window=vroom.TimeWindow(int(squads.from_s[k]), int(squads.until_s[k])),
                    max_travel_time=limit if limit < shifts_s[k] else None,
                )
            )
        top = max(HIGHEST_PRIORITY, int(visits.weight.max()))
        for v in range(len(visits)):
            if visits.weight[v] == 0:
                continue
            data.add_job(
                vroom.Job(
                    v,
                    location=int(visits.entry[v]),
                    default_service=int(visits.duration_s[v]),
                    priority=max(1, round(HIGHEST_PRIORITY * int(visits.weight[v]) / top)),
                    time_windows=[vroom.TimeWindow(int(visits.opens_s[v]), int(visits.closes_s[v]))],
                )
            )
        return data


def _one_tier(problem: PatrolProblem, budget: Budget, name: str) -> float:
    """Return the limit in seconds, or say why a peer cannot run."""
    plain = len(problem.tiers) == 1 and len(problem.groups) == len(problem.visits) and not problem.groups.required.any()
    stops = (problem.visits.entry == problem.visits.exit).all() and problem.visits.squads.all()
    if not plain or not stops or budget.seconds is None:
        raise InputError([f"{name}: only problems of one tier, one stop a site, any squad, and a limit in seconds."])
    return budget.seconds


def _usual_arc(problem: PatrolProblem) -> float:
    travel = problem.matrix.travel_s[0]
    return float(np.median(travel[~np.eye(len(travel), dtype=bool)]))


def _alike(problem: PatrolProblem) -> dict[tuple[int, ...], list[int]]:
    """Return the squads by what PyVRP's vehicle types know of them."""
    squads = problem.squads
    kinds: dict[tuple[int, ...], list[int]] = {}
    for k in range(len(squads)):
        kind = (squads.start[k], squads.end[k], squads.from_s[k], squads.until_s[k], squads.max_drive_s[k])
        kinds.setdefault(tuple(map(int, kind)), []).append(k)
    return kinds


class PyVrpPeer:
    """PyVRP 0.14: distance cost 1, prizes of 10 median arcs on average, short history, low penalties."""

    name = "pyvrp"

    def __init__(self) -> None:
        self._pyvrp = import_extra("pyvrp", extra="engines")

    def search(self, problem: PatrolProblem, *, budget: Budget, seed: int, start: Orders | None, watch: Watch) -> Found:
        """Return PyVRP's orders; see `Engine`."""
        del start  # a benchmark starts cold
        seconds = _one_tier(problem, budget, self.name)
        begin = time.perf_counter()
        pyvrp, data = self._pyvrp, self._data(problem)

        class Observer:
            def on_start(self, ils: object) -> None: ...

            def on_end(self, result: object) -> None: ...

            def on_iteration(self, current: object, candidate: object, best: object, cost: object) -> None: ...

            def on_restart(self, best: object) -> None: ...

            def on_best(self, best: Any) -> None:
                if best.is_feasible():
                    watch.report(orders_of(best), 1)

        def orders_of(solution: Any) -> Orders:
            orders: list[tuple[int, ...]] = [()] * len(problem.squads)
            free = {kind: list(those) for kind, those in enumerate(_alike(problem).values())}
            for route in solution.routes():
                squad = free[route.vehicle_type()].pop(0)
                orders[squad] = tuple(stop.idx for stop in route if stop.is_client())
            return tuple(orders)

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = pyvrp.solve(
                data,
                lambda _cost: time.perf_counter() - begin >= seconds,
                seed=seed,
                collect_stats=False,
                params=pyvrp.SolveParams(
                    ils=pyvrp.IteratedLocalSearchParams(history_length=50, callbacks=Observer()),
                    penalty=pyvrp.PenaltyParams(max_penalty=1000),
                ),
            )
        return Found(orders=orders_of(result.best), iterations=result.num_iterations, stopped_by="seconds")

    def _data(self, problem: PatrolProblem) -> Any:
        pyvrp, squads, visits = self._pyvrp, problem.squads, problem.visits
        unit = 10 * _usual_arc(problem) / max(1.0, float(visits.weight.mean()))
        ends = sorted({*squads.start.tolist(), *squads.end.tolist()})
        points = np.concatenate([visits.entry, ends]).astype(np.intp)
        seconds = problem.matrix.travel_s[0][np.ix_(points, points)].astype(np.int64)
        np.fill_diagonal(seconds, 0)
        clients = [
            pyvrp.Client(
                v,
                service_duration=int(visits.duration_s[v]),
                tw_early=int(visits.opens_s[v]),
                tw_late=int(visits.closes_s[v]),
                prize=round(int(visits.weight[v]) * unit),
                required=False,
            )
            for v in range(len(visits))
        ]
        vehicles = [
            pyvrp.VehicleType(
                len(those),
                start_depot=ends.index(first),
                end_depot=ends.index(last),
                tw_early=early,
                tw_late=late,
                max_distance=drive,
            )
            for (first, last, early, late, drive), those in _alike(problem).items()
        ]
        depots = [pyvrp.Depot(len(visits) + i) for i in range(len(ends))]
        locations = [pyvrp.Location(0, 0)] * len(points)
        return pyvrp.ProblemData(locations, clients, depots, vehicles, [seconds], [seconds], [])


class OrToolsPeer:
    """OR-Tools routing: the cost is driving, a site's penalty 3 median arcs on average, guided local search."""

    name = "ortools"

    def search(self, problem: PatrolProblem, *, budget: Budget, seed: int, start: Orders | None, watch: Watch) -> Found:
        """Return OR-Tools' orders; see `Engine`. It has no seed."""
        del seed, start  # deterministic, and a benchmark starts cold
        from ortools.constraint_solver import pywrapcp, routing_enums_pb2

        seconds = _one_tier(problem, budget, self.name)
        begin = time.perf_counter()
        squads, visits = problem.squads, problem.visits
        manager = pywrapcp.RoutingIndexManager(
            len(problem.matrix.ids), len(squads), squads.start.tolist(), squads.end.tolist()
        )
        routing = pywrapcp.RoutingModel(manager)
        travel = problem.matrix.travel_s[0].astype(np.int64)
        dwell = np.zeros(len(travel), np.int64)
        dwell[visits.entry] = visits.duration_s
        drive = routing.RegisterTransitMatrix(travel.tolist())
        clock = routing.RegisterTransitMatrix((travel + dwell[:, None]).tolist())
        routing.SetArcCostEvaluatorOfAllVehicles(drive)
        horizon = int(squads.until_s.max())
        routing.AddDimension(clock, horizon, horizon, False, "time")
        routing.AddDimensionWithVehicleCapacity(drive, 0, squads.max_drive_s.tolist(), True, "drive")
        times = routing.GetDimensionOrDie("time")
        unit = 3 * _usual_arc(problem) / max(1.0, float(visits.weight.mean()))
        row_of = {int(visits.entry[v]): v for v in range(len(visits))}
        for point, v in row_of.items():
            index = manager.NodeToIndex(point)
            times.CumulVar(index).SetRange(int(visits.opens_s[v]), int(visits.closes_s[v]))
            routing.AddDisjunction([index], round(int(visits.weight[v]) * unit))
        for point in set(range(len(travel))) - set(row_of) - set(squads.start.tolist()) - set(squads.end.tolist()):
            routing.AddDisjunction([manager.NodeToIndex(point)], 0)
        for k in range(len(squads)):
            times.CumulVar(routing.Start(k)).SetRange(int(squads.from_s[k]), int(squads.until_s[k]))
            times.CumulVar(routing.End(k)).SetRange(int(squads.from_s[k]), int(squads.until_s[k]))

        def orders(next_of: Callable[[int], int]) -> Orders:
            routes = []
            for k in range(len(squads)):
                index, route = next_of(routing.Start(k)), []
                while not routing.IsEnd(index):
                    point = manager.IndexToNode(index)
                    if point in row_of:
                        route.append(row_of[point])
                    index = next_of(index)
                routes.append(tuple(route))
            return tuple(routes)

        routing.AddAtSolutionCallback(lambda: watch.report(orders(lambda index: routing.NextVar(index).Value()), 1))
        parameters = pywrapcp.DefaultRoutingSearchParameters()
        parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
        left_s = max(0.01, seconds - (time.perf_counter() - begin))
        parameters.time_limit.FromTimedelta(timedelta(seconds=left_s))
        solution = routing.SolveWithParameters(parameters)
        found = ((),) * len(squads)
        if solution is not None:
            found = orders(lambda index: solution.Value(routing.NextVar(index)))
        return Found(orders=found, iterations=1, stopped_by="seconds")


def bench_engine(name: str) -> Engine:
    """Return an engine by name: "native", a peer, or "engine:NAME" for one of the package's other engines."""
    if name.startswith("engine:"):
        return engine_named(name.removeprefix("engine:"))
    made: dict[str, Callable[[], Engine]] = {
        "native": NativeEngine,
        "ortools": OrToolsPeer,
        "pyvrp": PyVrpPeer,
        "vroom": VroomEngine,
    }
    if name not in made:
        raise InputError([f"there is no engine {name!r}; expected one of {', '.join(made)}, or engine:NAME."])
    return made[name]()
