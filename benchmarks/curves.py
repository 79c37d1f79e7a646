r"""How the gap to the best known falls over time, engine by engine: a table, and a picture of it.

    python benchmarks/curves.py --instances DIR --engines native,pyvrp,vroom,ortools --seconds 60 --seeds 1 \
        --out FILE.csv [--plot FILE.png] [--squads 2,4] [--workers N]

Every plan that an engine reports while it runs is scored; at each second the plan in hand is the last one reported. An
engine that reports nothing before its end (VROOM) is run again and again, its limit halved each time, and the plan in
hand is that of the longest run that has ended by then. The picture shows the mean over all instances and seeds, from
when every run has a plan; what lies far above all last gaps is cut off. The CSV has every better plan of every run.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from instances import read_folder
from patrolroute.errors import InputError
from runs import Task, add_options, check_engines, check_out, gap_pct, run_tasks, use_one_thread, write_csv

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from runs import Made

    Floats = NDArray[np.float64]

SILENT = ("vroom",)
"""Engines that report only at their end."""
SHORTEST_S = 0.25
FIRST_S = 0.01
"""Where the time axis begins."""
COLOURS = {"native": "#0b6e4f", "pyvrp": "#c8553d", "vroom": "#5b5f97", "ortools": "#8a6d1d"}
OTHER = "#444444"


@dataclass(frozen=True, kw_only=True)
class Point:
    """A better plan of one run."""

    instance: str
    family: str
    m: int
    engine: str
    limit_s: float
    seed: int
    second: float
    prize: float
    gap_pct: float


def limits_of(engine: str, seconds: float) -> list[float]:
    """Return the limits at which an engine is run."""
    limits = [seconds]
    while engine in SILENT and limits[-1] / 2 >= SHORTEST_S:
        limits.append(limits[-1] / 2)
    return limits


def points_of(made: Sequence[Made]) -> list[Point]:
    """Return every better plan of every run."""
    return [
        Point(
            instance=each.task.instance.name,
            family=each.task.instance.family,
            m=each.task.m,
            engine=each.task.engine,
            limit_s=each.task.seconds,
            seed=each.task.seed,
            second=round(second, 4),
            prize=prize,
            gap_pct=round(gap_pct(prize, each.task.best_known), 4),
        )
        for each in made
        for second, prize in each.trace
    ]


def mean_gaps(points: Sequence[Point], at_s: Floats) -> dict[str, Floats]:
    """Return the mean gap of each engine's plans in hand at some seconds; NaN while a run has none."""
    curves: dict[str, dict[tuple[str, int, int], Floats]] = {}
    # Of two plans that are there, the one of the longer limit is in hand, and of one run the later: sorted like this,
    # each overwrites what was in hand before it.
    for point in sorted(points, key=lambda each: (each.limit_s, each.second)):
        runs = curves.setdefault(point.engine, {})
        curve = runs.setdefault((point.instance, point.m, point.seed), np.full(len(at_s), np.nan))
        curve[at_s >= point.second] = point.gap_pct
    return {engine: np.mean(list(runs.values()), axis=0) for engine, runs in curves.items()}


def draw(curves: Mapping[str, Floats], at_s: Floats, path: Path, *, title: str) -> None:
    """Draw one line an engine, its name at its end."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 4.8), dpi=150, layout="constrained")
    for engine, gaps in curves.items():
        colour = COLOURS.get(engine.removeprefix("engine:"), OTHER)
        dashes = "--" if engine.startswith("engine:") else "-"
        axes.step(at_s, gaps, where="post", color=colour, linestyle=dashes, linewidth=2)
    axes.set_ylim(*_range(curves))
    axes.set_xscale("log")
    axes.set_xlim(_begins(curves, at_s), at_s[-1] * 1.02)
    _label(axes, curves, at_s)
    axes.xaxis.set_major_formatter("{x:g}")
    axes.axhline(0, color="#999999", linewidth=0.8)
    axes.grid(axis="both", color="#e4e4e4", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("seconds")
    axes.set_ylabel("mean gap to the best known, %")
    axes.set_title(title, loc="left", fontsize=10)
    part = path.with_name(path.name + ".part")
    figure.savefig(part, format="png")
    plt.close(figure)
    part.replace(path)


def _range(curves: Mapping[str, Floats]) -> tuple[float, float]:
    """Return the least and the greatest gap to draw: the first gaps of a slow engine would flatten all that follows."""
    last = [float(gaps[-1]) for gaps in curves.values() if not np.isnan(gaps[-1])]
    lowest = min([0.0, *(float(np.nanmin(gaps)) for gaps in curves.values() if not np.isnan(gaps).all())])
    highest = max(1.0, 3 * max(last, default=1.0))
    return lowest - 0.05 * (highest - lowest), highest


def _begins(curves: Mapping[str, Floats], at_s: Floats) -> float:
    there = [at_s[np.flatnonzero(~np.isnan(gaps))[0]] for gaps in curves.values() if not np.isnan(gaps).all()]
    return float(min(there, default=at_s[0]))


def _label(axes: Axes, curves: Mapping[str, Floats], at_s: Floats) -> None:
    """Write each engine's name and last gap at the end of its line, none over another."""
    ends = sorted((float(gaps[-1]), engine) for engine, gaps in curves.items() if not np.isnan(gaps[-1]))
    low, high = axes.get_ylim()
    apart = (high - low) * 0.055
    last = -np.inf
    for gap, engine in ends:
        last = max(gap, last + apart)
        colour = COLOURS.get(engine.removeprefix("engine:"), OTHER)
        axes.annotate(
            f"{engine} {gap:.2f}",
            (at_s[-1] * 1.04, last),
            color=colour,
            va="center",
            annotation_clip=False,
            fontsize=10,
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 when the files were written, 2 when an argument or an instance is at fault."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_options(parser)
    parser.add_argument("--plot", type=Path, metavar="FILE.png", help="by default beside the CSV")
    args = parser.parse_args(arguments)
    use_one_thread()
    plot = args.plot or args.out.with_suffix(".png")
    try:
        check_engines(args.engines)
        check_out(args.out)
        check_out(plot)
        chosen = read_folder(args.instances, squads=args.squads)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    points: list[Point] = []
    for engine in args.engines:
        tasks = [
            Task(engine=engine, instance=instance, m=m, best_known=best, seconds=limit, seed=seed, traced=True)
            for limit in limits_of(engine, args.seconds)
            for seed in args.seeds
            for instance, m, best in chosen
        ]
        points += points_of(run_tasks(tasks, workers=args.workers))
    write_csv([field.name for field in fields(Point)], map(astuple, points), args.out)
    at_s = np.geomspace(FIRST_S, args.seconds * 1.05, 400)
    curves = mean_gaps(points, at_s)
    if curves:
        runs = len(chosen) * len(args.seeds)
        what = f"{args.instances.resolve().name}, {runs} runs an engine, one thread, {args.seconds:g} s"
        draw(curves, at_s, plot, title=what)
    for second in [each for each in (0.1, 0.3, 1, 3, 10, 30, 60) if each < args.seconds] + [at_s[-1]]:
        shown = {engine: float(gaps[np.searchsorted(at_s, second, "right") - 1]) for engine, gaps in curves.items()}
        print(f"{second:>6.3g} s  " + "  ".join(f"{engine} {gap:.3f}" for engine, gap in shown.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
