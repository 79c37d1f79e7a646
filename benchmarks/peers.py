"""The engines that a benchmark can run, by name; VROOM lives here because only benchmarks use it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from patrolroute.engines.native import NativeEngine
from patrolroute.engines.protocol import Found
from patrolroute.engines.registry import engine_named
from patrolroute.errors import InputError, import_extra

if TYPE_CHECKING:
    from patrolroute.engines.protocol import Budget, Engine, Watch
    from patrolroute.problem import Orders, PatrolProblem

HIGHEST_PRIORITY = 100


class VroomEngine:
    """VROOM through pyvroom, exploration level 5, for problems of one tier.

    VROOM knows priorities from 0 to 100 and maximises their sum; weights are scaled to them. It has no seed and no
    iterations, and stops only between its phases, so that a run may take longer than its limit.

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
        if len(problem.tiers) > 1 or len(problem.groups) < len(problem.visits) or budget.seconds is None:
            raise InputError(["vroom: only problems of one tier, one visit a site, and a limit in seconds."])
        data = self._input(problem)
        solution = data.solve(exploration_level=5, nb_threads=1, timeout=timedelta(seconds=budget.seconds))
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
            data.set_durations_matrix(f"p{layer}", problem.matrix.travel_s[layer].astype(np.uint32))
        for k in range(len(squads)):
            data.add_vehicle(
                vroom.Vehicle(
                    k,
                    start=int(squads.start[k]),
                    end=int(squads.end[k]),
                    profile=f"p{squads.profile[k]}",
                    time_window=vroom.TimeWindow(int(squads.from_s[k]), int(squads.until_s[k])),
                    max_travel_time=int(squads.max_drive_s[k]),
                    skills={k},
                )
            )
        top = max(1, int(visits.weight.max()))
        for v in range(len(visits)):
            if visits.weight[v] == 0 or not visits.squads[v].all():
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


def bench_engine(name: str) -> Engine:
    """Return an engine by name: one of the package's, or "vroom"."""
    if name == "native":
        return NativeEngine()
    return VroomEngine() if name == "vroom" else engine_named(name)
