"""Time and peak memory of each stage from road file to saved plan.

    python benchmarks/stages.py SCENARIO --roads ROADS [--seconds 10] [--engine NAME] [--out FILE.csv]

Each stage runs once, in this process, in order; the peak is the process's resident set so far, so that it never falls.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

sys.path.insert(0, str(Path(__file__).parent))

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Stages:
    """Collects a row a stage."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, float, float]] = []

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        self.rows.append((name, time.perf_counter() - began, peak_mb()))


def peak_mb() -> float:
    memory = psutil.Process().memory_info()
    return float(getattr(memory, "peak_wset", 0) or _peak_rss_bytes()) / 2**20


def _peak_rss_bytes() -> int:
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def run(scenario_file: Path, roads_file: Path, *, seconds: float, engine: str) -> list[tuple[str, float, float]]:
    stages = Stages()
    with stages.stage("import"):
        import patrolroute
        from patrolroute.build import build
        from patrolroute.patrol import PatrolPlan
    with stages.stage("read roads"):
        roads = patrolroute.read_roads(roads_file)
    with stages.stage("read scenario"):
        scenario = patrolroute.read_scenario(scenario_file)
    with stages.stage("snap, matrix, compile"):
        built = build(scenario, roads)
    with stages.stage(f"search ({engine}, {seconds:g} s), schedule, check"):
        document = patrolroute.solve(built.problem, engine=engine, seconds=seconds, bound_seconds=0, seed=1)
    document = replace(document, name=scenario.name, start=scenario.start)
    planned = PatrolPlan(document, scenario, built)
    with stages.stage("trace legs"):
        legs = planned.night.legs
    with stages.stage(f"render and write ({len(legs)} legs)"), tempfile.TemporaryDirectory() as folder:
        planned.save(Path(folder) / "out")
    return stages.rows


def main(given: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", type=Path, metavar="SCENARIO")
    parser.add_argument("--roads", type=Path, required=True, help="a road file of any kind that patrolroute reads")
    parser.add_argument("--seconds", type=float, default=10.0, help="of the search")
    parser.add_argument("--engine", default="native")
    parser.add_argument("--out", type=Path, metavar="FILE.csv")
    arguments = parser.parse_args(given)
    rows = run(arguments.scenario, arguments.roads, seconds=arguments.seconds, engine=arguments.engine)
    for name, seconds, peak in rows:
        print(f"{name:45s} {seconds:8.2f} s {peak:8.0f} MB")
    if arguments.out is not None:
        from runs import write_csv  # brings what the first stage measures

        header = ("roads", "stage", "seconds", "peak_mb")
        name = arguments.roads.name
        write_csv(header, [(name, stage, f"{took:.3f}", f"{peak:.0f}") for stage, took, peak in rows], arguments.out)


if __name__ == "__main__":
    main()
