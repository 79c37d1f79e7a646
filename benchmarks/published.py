"""Engines against the best known prizes of published instances.

    python benchmarks/published.py --instances DIR --engines native,pyvrp,vroom,ortools --seconds 1 --seeds 1,2,3 \
        --out FILE.csv [--workers N] [--squads 2,4]

DIR holds `bks.csv` and instances in the TOPTW or TOP format. Each engine runs in processes of its own, one instance at
a time in each; PROTOCOL.md tells how runs are scored. The CSV appears whole or not at all.
"""

from __future__ import annotations

import argparse
import csv
import multiprocessing
import os
import sys
import time
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from statistics import mean, median
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent))
from instances import Instance, read_folder
from patrolroute.engines.protocol import Budget, Watch
from patrolroute.errors import InputError
from peers import bench_engine

if TYPE_CHECKING:
    from collections.abc import Iterable

    from patrolroute.engines.protocol import Engine
    from patrolroute.problem import Orders


@dataclass(frozen=True, kw_only=True)
class Run:
    """One row of the results; see PROTOCOL.md."""

    instance: str
    family: str
    m: int
    engine: str
    seconds: float
    seed: int
    prize: float
    best_known: float
    gap_pct: float
    first_plan_s: float
    peak_mb: float
    valid: bool


@dataclass(frozen=True, kw_only=True)
class Timed:
    """A run, and the seconds that it took in all."""

    run: Run
    took_s: float


@dataclass(frozen=True, kw_only=True)
class Task:
    """One run to make."""

    instance: Instance
    m: int
    best_known: float
    seconds: float
    seed: int


class _Worker:
    engine: Engine


def _reset_peak() -> None:
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return


def _peak_mb() -> float:
    """Return the most memory this process has held since `_reset_peak`, or since it began where that is not known."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        import resource

        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def _warm_up(name: str, instance: Instance) -> None:
    """Load, and where need be compile, an engine before the clock runs."""
    _Worker.engine = bench_engine(name)
    problem = instance.problem(2)
    _Worker.engine.search(problem, budget=Budget(seconds=0.1), seed=0, start=None, watch=Watch())


def _run(task: Task) -> Timed:
    problem = task.instance.problem(task.m)
    first: list[float] = []

    def note_first(orders: Orders, _iterations: int) -> None:
        if not first and any(orders):
            first.append(time.perf_counter() - begin)

    _reset_peak()
    begin = time.perf_counter()
    found = _Worker.engine.search(
        problem, budget=Budget(seconds=task.seconds), seed=task.seed, start=None, watch=Watch(report=note_first)
    )
    took = time.perf_counter() - begin
    try:
        prize, valid = task.instance.score(found.orders, task.m), True
    except InputError:
        prize, valid = 0.0, False
    run = Run(
        instance=task.instance.name,
        family=task.instance.family,
        m=task.m,
        engine=_Worker.engine.name,
        seconds=task.seconds,
        seed=task.seed,
        prize=prize,
        best_known=task.best_known,
        gap_pct=round(100 * (task.best_known - prize) / task.best_known, 4),
        first_plan_s=round(first[0], 4) if first else float("nan"),
        peak_mb=round(_peak_mb(), 1),
        valid=valid,
    )
    return Timed(run=run, took_s=took)


def run_engine(name: str, tasks: list[Task], *, workers: int) -> list[Run]:
    """Run all tasks with one engine, in `workers` fresh processes."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(workers, initializer=_warm_up, initargs=(name, tasks[0].instance)) as pool:
        runs, over_s = [], 0.0
        for timed in pool.imap(_run, tasks, chunksize=1):
            runs.append(timed.run)
            over_s = max(over_s, timed.took_s - timed.run.seconds)
            print(f"\r{name}: {len(runs)} of {len(tasks)} runs", end="", file=sys.stderr, flush=True)
    print(f", at most {over_s:.2f} s beyond the limit", file=sys.stderr)
    return runs


def write_csv(runs: Iterable[Run], path: Path) -> None:
    """Write all runs, whole or not at all."""
    part = path.with_name(path.name + ".part")
    with part.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([field.name for field in fields(Run)])
        writer.writerows(astuple(run) for run in runs)
    part.replace(path)


def summary(runs: list[Run]) -> str:
    """Return gaps by engine and family, and how often `native` wins against each peer."""
    engines = list(dict.fromkeys(run.engine for run in runs))
    families = sorted({run.family for run in runs})
    lines = [f"{'engine':<10} {'family':<8} {'runs':>5} {'mean':>8} {'median':>8} {'max':>8} {'first s':>8} {'MB':>7}"]
    for engine in engines:
        for family in [*families, "all"]:
            those = [run for run in runs if run.engine == engine and family in (run.family, "all")]
            gaps = [run.gap_pct for run in those]
            lines.append(
                f"{engine:<10} {family:<8} {len(those):>5} {mean(gaps):>8.3f} {median(gaps):>8.3f} {max(gaps):>8.3f} "
                f"{max(run.first_plan_s for run in those):>8.3f} {max(run.peak_mb for run in those):>7.0f}"
            )
    invalid = [f"{run.engine} {run.instance} m={run.m} seed {run.seed}" for run in runs if not run.valid]
    lines += [f"invalid: {each}" for each in invalid]
    prizes = {(run.engine, run.instance, run.m, run.seed): run.prize for run in runs}
    for peer in engines:
        if peer == "native" or "native" not in engines:
            continue
        pairs = [(p, prizes[(peer, *key[1:])]) for key, p in prizes.items() if key[0] == "native"]
        wins, losses = sum(a > b for a, b in pairs), sum(a < b for a, b in pairs)
        lines.append(f"native against {peer}: {wins} wins, {len(pairs) - wins - losses} ties, {losses} losses")
    return "\n".join(lines)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--instances", type=Path, required=True, help="folder with bks.csv")
    parser.add_argument("--engines", default="native", help="names, separated by commas")
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--seeds", type=_numbers, default=(1, 2, 3))
    parser.add_argument("--squads", type=_numbers, default=None, help="only these m")
    parser.add_argument("--workers", type=int, default=1, help="runs side by side; each takes one core")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    # One thread a run: libraries that would take more read these when they are loaded.
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[variable] = "1"
    try:
        chosen = read_folder(args.instances, squads=args.squads)
    except (InputError, OSError) as error:
        sys.exit(str(error))
    if not chosen:
        sys.exit(f"{args.instances}: bks.csv has no row for m in {args.squads}.")
    tasks = [
        Task(instance=instance, m=m, best_known=best, seconds=args.seconds, seed=seed)
        for seed in args.seeds
        for instance, m, best in chosen
    ]
    runs = [run for name in args.engines.split(",") for run in run_engine(name, tasks, workers=args.workers)]
    write_csv(runs, args.out)
    print(summary(runs))


if __name__ == "__main__":
    main()
