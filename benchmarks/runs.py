"""Runs of engines on published instances, in processes of their own: what `published.py` and `curves.py` share."""

from __future__ import annotations

import csv
import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent))
from patrolroute.engines.protocol import Budget, Watch
from patrolroute.errors import Faults, InputError, PatrolrouteError
from peers import bench_engine

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Sequence

    from instances import Instance
    from patrolroute.engines.protocol import Engine
    from patrolroute.problem import Orders


@dataclass(frozen=True, kw_only=True)
class Task:
    """One run to make.

    Parameters
    ----------
    traced : bool
        Whether every plan that the engine reports is kept and scored, not only the last.
    """

    engine: str
    instance: Instance
    m: int
    best_known: float
    seconds: float
    seed: int
    traced: bool = False


@dataclass(frozen=True, kw_only=True)
class Made:
    """What came of a task.

    Parameters
    ----------
    prize : float
        0 where the orders break a rule or the engine failed.
    fault : str
        Why the run is not valid; empty where it is.
    took_s, first_plan_s, peak_mb : float
        Seconds in all; seconds to the first plan with a visit, NaN where there was none; greatest resident memory.
    trace : tuple of (float, float)
        Second and prize whenever a better plan was reported, the last plan included; empty unless it was asked for.
    """

    task: Task
    prize: float
    fault: str
    took_s: float
    first_plan_s: float
    peak_mb: float
    trace: tuple[tuple[float, float], ...] = ()

    @property
    def gap_pct(self) -> float:
        """How far the prize is behind the best known, in percent of that; below 0 where it is ahead."""
        return gap_pct(self.prize, self.task.best_known)


def gap_pct(prize: float, best_known: float) -> float:
    """Return 100 (best known - prize) / best known."""
    return 100 * (best_known - prize) / best_known


def use_one_thread() -> None:
    """Hold numerical libraries to one thread a run; they read these when they are loaded."""
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = "1"


class _Worker:
    engine: Engine | None = None


def _warm_up(task: Task) -> Engine:
    """Load, and where need be compile, an engine before the clock runs."""
    engine = bench_engine(task.engine)
    problem = task.instance.problem(task.m)
    engine.search(problem, budget=Budget(seconds=0.1), seed=0, start=None, watch=Watch())
    return engine


def reset_peak() -> None:
    """Begin to measure memory anew, where the system can (Linux)."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def peak_mb() -> float:
    """Return the most memory this process has held since `reset_peak`, or since it began where that is not known."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        import psutil

        memory = psutil.Process().memory_info()
        return float(getattr(memory, "peak_wset", memory.rss)) / 2**20
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def _run(task: Task) -> Made:
    heard: list[tuple[float, Orders]] = []

    def note(orders: Orders, _iterations: int) -> None:
        if any(orders) and (task.traced or not heard):
            heard.append((time.perf_counter() - begin, orders))

    begin, fault, orders = time.perf_counter(), "", ()
    try:
        if _Worker.engine is None:
            _Worker.engine = _warm_up(task)
        problem = task.instance.problem(task.m)
        reset_peak()
        begin = time.perf_counter()
        budget = Budget(seconds=task.seconds)
        orders = _Worker.engine.search(
            problem, budget=budget, seed=task.seed, start=None, watch=Watch(report=note)
        ).orders
    except Exception as error:  # a peer that fails on one instance must not cost the runs of all others
        fault = f"{type(error).__name__}: {error}"
    took_s, peak = time.perf_counter() - begin, peak_mb()
    prize = 0.0
    if not fault:
        try:
            prize = task.instance.score(orders, task.m)
        except InputError as error:
            fault = str(error)
    return Made(
        task=task,
        prize=prize,
        fault=fault,
        took_s=took_s,
        first_plan_s=heard[0][0] if heard else float("nan"),
        peak_mb=peak,
        trace=_rising(task, [*heard, (took_s, orders)]) if task.traced and not fault else (),
    )


def _rising(task: Task, heard: Sequence[tuple[float, Orders]]) -> tuple[tuple[float, float], ...]:
    """Return (second, prize) of every plan heard that was better than all before it."""
    rising: list[tuple[float, float]] = []
    for second, orders in heard:
        prize = task.instance.score(orders, task.m)
        if not rising or prize > rising[-1][1]:
            rising.append((second, prize))
    return tuple(rising)


def check_engines(names: Sequence[str]) -> None:
    """Refuse engines that are unknown, named twice or not installed, before the first run.

    Raises
    ------
    InputError
        With every such name.
    """
    faults = Faults()
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            faults.add(f"--engines: {name!r} is named twice.")
        try:
            bench_engine(name)
        except PatrolrouteError as error:
            faults.add(f"--engines: {error}")
    faults.raise_if_any()


def run_tasks(tasks: Sequence[Task], *, workers: int) -> list[Made]:
    """Make all runs of one engine, in `workers` fresh processes, and say on stderr how far they are."""
    made: list[Made] = []
    name, live = tasks[0].engine, sys.stderr.isatty()
    while len(made) < len(tasks):
        try:
            for each in _in_processes(tasks[len(made) :], workers):
                made.append(each)
                if live:
                    print(f"\r{name}: {len(made)} of {len(tasks)} runs", end="", file=sys.stderr, flush=True)
        except BrokenProcessPool:
            made.append(_alone(tasks[len(made)]))
    over_s = max(each.took_s - each.task.seconds for each in made)
    begin = "\r" if live else ""
    print(f"{begin}{name}: {len(made)} runs, at most {over_s:.2f} s beyond the limit", file=sys.stderr, flush=True)
    for each in made:
        if each.fault:
            run = f"{each.task.instance.name} m={each.task.m} seed {each.task.seed}"
            print(f"{name}: {run} is not valid: {each.fault}", file=sys.stderr)
    return made


def _in_processes(tasks: Sequence[Task], workers: int) -> Iterator[Made]:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(tasks)), mp_context=context) as pool:
        yield from pool.map(_run, tasks)


def _alone(task: Task) -> Made:
    """Run a task by itself after some process died, to tell whether this one kills it."""
    try:
        return next(_in_processes([task], 1))
    except BrokenProcessPool:
        nan = float("nan")
        return Made(task=task, prize=0.0, fault="the process died", took_s=0.0, first_plan_s=nan, peak_mb=nan)


def write_csv(header: Sequence[str], rows: Iterable[Sequence[object]], path: Path) -> None:
    """Write a table, whole or not at all; its folder is made where it is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with part.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    part.replace(path)


def check_out(path: Path | None) -> None:
    """Make the folder of a file that is to be written, so that hours of runs do not end in an error.

    Raises
    ------
    InputError
        When the file cannot be written.
    """
    if path is None:
        return
    if path.is_dir():
        raise InputError([f"--out: {path} is a folder; expected the name of a file."])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        part.touch()
        part.unlink()
    except OSError as error:
        raise InputError([f"--out: {path} cannot be written: {error.strerror or error}."]) from error


def names(text: str) -> tuple[str, ...]:
    """Read names separated by commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def numbers(text: str) -> tuple[int, ...]:
    """Read whole numbers separated by commas."""
    return tuple(int(part) for part in text.split(","))


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that every tool over published instances has."""
    parser.add_argument("--instances", type=Path, required=True, metavar="DIR", help="folder with bks.csv")
    parser.add_argument(
        "--engines",
        type=names,
        default=("native",),
        metavar="NAMES",
        help="with commas between: native, pyvrp, vroom, ortools, or engine:NAME for one of the package's own",
    )
    parser.add_argument("--seconds", type=float, default=1.0, help="limit of each run")
    parser.add_argument("--seeds", type=numbers, default=(1, 2, 3), help="with commas between")
    parser.add_argument("--squads", type=numbers, default=None, metavar="M", help="only these m, with commas between")
    parser.add_argument("--workers", type=int, default=1, help="runs side by side; each takes one core")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.csv")
