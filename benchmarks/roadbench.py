"""What the benchmarks of roads share: cases, rows, a registry of tasks, and a fresh process for every figure.

A task is one function of a `Case`, registered under its name with the engines that it has:

    @task("matrix", engines=("native", "scipy"))
    def matrix(case: Case) -> Measured: ...
"""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import os
import sys
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from patrolroute.roads import Placed, RoadNetwork, read_roads

if TYPE_CHECKING:
    from collections.abc import Callable

COLUMNS = ("graph", "nodes", "arcs", "task", "engine", "n", "seconds", "peak_mb", "max_error")


class MissingPeerError(Exception):
    """A peer is not installed, or cannot do what is asked; the message says which and what would help."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One figure to measure.

    Parameters
    ----------
    roads : Path
        The road file itself.
    packed : Path
        The network read from it, as an `.npz` that loads at once.
    engine : str
    n : int
        How many sites; 0 for tasks without any.
    osrm : Path or None
        Folder of OSRM's programs.
    """

    roads: Path
    packed: Path
    engine: str
    n: int
    osrm: Path | None = None

    @cached_property
    def network(self) -> RoadNetwork:
        return read_roads(self.packed)

    @cached_property
    def sites(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Distinct nodes, always the same."""
        nodes = len(self.network.node_id)
        if self.n > nodes:
            raise MissingPeerError(f"{self.n:,} sites, but only {nodes:,} nodes")
        return np.random.default_rng(1).choice(nodes, self.n, replace=False)


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A figure: seconds, the most memory held meanwhile by the whole process, and the greatest error where known."""

    seconds: float
    peak_mb: float
    max_error: float | None = None


@dataclass(frozen=True, kw_only=True)
class Task:
    name: str
    engines: tuple[str, ...]
    sized: bool
    run: Callable[[Case], Measured]


TASKS: dict[str, Task] = {}


def task(name: str, *, engines: tuple[str, ...], sized: bool = False) -> Callable[[Any], Any]:
    """Register a task; a sized one is run for each number of sites."""

    def register(run: Callable[[Case], Measured]) -> Callable[[Case], Measured]:
        TASKS[name] = Task(name=name, engines=engines, sized=sized, run=run)
        return run

    return register


def measure(call: Callable[[], Any], *, repeat: int = 1) -> tuple[Any, float, float]:
    """Return what a call returns, its best time of several, and the greatest memory of this process meanwhile."""
    reset_peak()
    best, value = np.inf, None
    for _ in range(repeat):
        value = None
        begin = time.perf_counter()
        value = call()
        best = min(best, time.perf_counter() - begin)
    return value, best, peak_mb()


def on_nodes(network: RoadNetwork, nodes: np.ndarray[Any, Any]) -> Placed:
    """Put a place at each node, at the beginning of an edge that leaves it."""
    edge = np.searchsorted(network.tail, nodes).astype(np.int32)
    zero, whole = np.zeros(len(nodes)), np.zeros(len(nodes), np.int64)
    lon, lat = network.lon[nodes], network.lat[nodes]
    return Placed(
        ids=tuple(map(str, range(len(nodes)))),
        site_lon=lon,
        site_lat=lat,
        edge=edge,
        fraction=zero,
        lon=lon,
        lat=lat,
        distance_m=zero,
        access_dm=whole,
        access_ms=whole,
    )


def reset_peak() -> None:
    """Forget the peak so far, after giving back what only earlier work needed."""
    gc.collect()
    if sys.platform == "linux" and (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)) is not None:
        trim(0)
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def peak_mb() -> float:
    """Return the most memory this process has held since `reset_peak`, or since it began where that is not known."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        import resource

        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def _run(name: str, modules: tuple[str, ...], case: Case) -> Measured | str:
    from importlib import import_module

    for module in modules:
        import_module(module)
    try:
        return TASKS[name].run(case)
    except MissingPeerError as missing:
        return str(missing)
    except Exception as error:
        # A peer that fails takes no figure from the others; this package must not fail.
        if case.engine == "native":
            raise
        return f"{type(error).__name__}: {error}"


def run_alone(name: str, case: Case) -> Measured | str:
    """Run a task in a process of its own; return the figure, or why there is none."""
    # One thread each; libraries read these when they are loaded.
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"))
    modules = tuple(sorted({each.run.__module__ for each in TASKS.values()}))
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_run, (name, modules, case))
