r"""Engines against the best known prizes of published instances.

    python benchmarks/published.py --instances DIR --engines native,pyvrp,vroom,ortools --seconds 1 --seeds 1,2,3 \
        --out FILE.csv [--workers N] [--squads 2,4]

DIR holds `bks.csv` and instances in the TOPTW or TOP format. Each engine runs in processes of its own, one instance at
a time in each; PROTOCOL.md tells how runs are scored. The CSV appears whole or not at all.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import astuple, dataclass, fields
from math import isnan, nan
from pathlib import Path
from statistics import mean, median
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent))
from instances import read_folder
from patrolroute.errors import InputError
from runs import Task, add_options, check_engines, check_out, run_tasks, use_one_thread, write_csv

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runs import Made


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


def row_of(made: Made) -> Run:
    """Return the row of a run."""
    task = made.task
    return Run(
        instance=task.instance.name,
        family=task.instance.family,
        m=task.m,
        engine=task.engine,
        seconds=task.seconds,
        seed=task.seed,
        prize=made.prize,
        best_known=task.best_known,
        gap_pct=round(made.gap_pct, 4),
        first_plan_s=round(made.first_plan_s, 4),
        peak_mb=round(made.peak_mb, 1),
        valid=not made.fault,
    )


def summary(runs: list[Run]) -> str:
    """Return gaps by engine and family, and how often `native` wins against each peer."""
    engines = list(dict.fromkeys(run.engine for run in runs))
    families = sorted({run.family for run in runs})
    lines = [
        "gap to the best known in %; mean seconds to the first plan; greatest peak memory",
        f"{'engine':<15} {'family':<8} {'runs':>5} {'mean':>8} {'median':>8} {'max':>8} {'first s':>8} {'MB':>7}",
    ]
    for engine in engines:
        for family in [*families, "all"]:
            those = [run for run in runs if run.engine == engine and family in (run.family, "all")]
            gaps = [run.gap_pct for run in those]
            first_s = [run.first_plan_s for run in those if not isnan(run.first_plan_s)]
            peak_mb = [run.peak_mb for run in those if not isnan(run.peak_mb)]
            lines.append(
                f"{engine:<15} {family:<8} {len(those):>5} {mean(gaps):>8.3f} {median(gaps):>8.3f} {max(gaps):>8.3f} "
                f"{mean(first_s) if first_s else nan:>8.3f} {max(peak_mb, default=nan):>7.0f}"
            )
    lines += [f"not valid: {run.engine} {run.instance} m={run.m} seed {run.seed}" for run in runs if not run.valid]
    return "\n".join([*lines, *_duels(runs, engines)])


def _duels(runs: Sequence[Run], engines: Sequence[str]) -> list[str]:
    if "native" not in engines:
        return []
    prizes = {(run.engine, run.instance, run.m, run.seed): run.prize for run in runs}
    lines = []
    for peer in engines:
        if peer == "native":
            continue
        pairs = [(prize, prizes[peer, *key[1:]]) for key, prize in prizes.items() if key[0] == "native"]
        wins, losses = sum(a > b for a, b in pairs), sum(a < b for a, b in pairs)
        lines.append(f"native against {peer}: {wins} wins, {len(pairs) - wins - losses} ties, {losses} losses")
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 when the table was written, 2 when an argument or an instance is at fault."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    args = parser.parse_args(arguments)
    use_one_thread()
    try:
        check_engines(args.engines)
        check_out(args.out)
        chosen = read_folder(args.instances, squads=args.squads)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    runs: list[Run] = []
    for engine in args.engines:
        tasks = [
            Task(engine=engine, instance=instance, m=m, best_known=best, seconds=args.seconds, seed=seed)
            for seed in args.seeds
            for instance, m, best in chosen
        ]
        runs += map(row_of, run_tasks(tasks, workers=args.workers))
    write_csv([field.name for field in fields(Run)], map(astuple, runs), args.out)
    print(summary(runs))
    return 0


if __name__ == "__main__":
    sys.exit(main())
