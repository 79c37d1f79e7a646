r"""Engines on large nights that a seed fixes: 1,000 sites with 20 squads, and 5,000 with 100.

    python benchmarks/large.py --engines native,pyvrp,vroom,ortools --seconds 60 --seeds 1 [--sizes 1000,5000] \
        [--out FILE.csv] [--trace SECONDS]

Sites lie evenly in a square, a third of them open for two hours only; squads set out from four depots for eight hours;
every stop takes ten minutes. Orders are scored by code that shares nothing with any engine.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from patrolroute.engines.protocol import Budget, Watch
from patrolroute.errors import InputError
from patrolroute.matrix import TravelMatrix
from patrolroute.problem import Groups, PatrolProblem, Squads, Visits
from peers import bench_engine
from runs import check_engines, check_out, names, numbers, peak_mb, reset_peak, use_one_thread, write_csv

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patrolroute.problem import Orders

SHIFT_S, DWELL_S, WINDOW_S = 8 * 3600, 600, 2 * 3600
SPEED_MS, DETOUR = 10.0, 1.3
DEPOTS = 4


def build_large(sites: int, squads: int, *, seed: int) -> PatrolProblem:
    """Return a seeded problem; the square grows with the sites, so that their distances stay alike."""
    rng = np.random.default_rng(seed)
    side_m = 27_000 * (sites / 1000) ** 0.5
    xy = rng.random((DEPOTS + sites, 2)) * side_m
    apart = np.hypot(xy[:, None, 0] - xy[None, :, 0], xy[:, None, 1] - xy[None, :, 1])
    travel = np.ceil(apart * DETOUR / SPEED_MS).astype(np.int32)
    np.fill_diagonal(travel, 0)
    opens = np.where(rng.random(sites) < 1 / 3, rng.integers(0, SHIFT_S - WINDOW_S, sites), 0).astype(np.int32)
    closes = np.where(opens > 0, opens + WINDOW_S, SHIFT_S).astype(np.int32)
    depot = (np.arange(squads) % DEPOTS).astype(np.int32)
    names, points = tuple(map(str, range(sites))), np.arange(DEPOTS, DEPOTS + sites, dtype=np.int32)
    return PatrolProblem(
        matrix=TravelMatrix(
            ids=tuple(map(str, range(DEPOTS + sites))),
            profiles=("any",),
            travel_s=travel[np.newaxis],
            travel_m=np.zeros((1, *travel.shape), np.int32),
        ),
        squads=Squads(
            ids=tuple(map(str, range(squads))),
            start=depot,
            end=depot,
            profile=np.zeros(squads, np.int32),
            from_s=np.zeros(squads, np.int32),
            until_s=np.full(squads, SHIFT_S, np.int32),
            max_drive_s=np.full(squads, SHIFT_S, np.int32),
        ),
        groups=Groups(ids=names, required=np.zeros(sites, np.bool_)),
        visits=Visits(
            ids=names,
            group=np.arange(sites, dtype=np.int32),
            entry=points,
            exit=points,
            duration_s=np.full(sites, DWELL_S, np.int32),
            opens_s=opens,
            closes_s=closes,
            tier=np.ones(sites, np.int32),
            weight=rng.integers(1, 100, sites, dtype=np.int32),
            squads=np.ones((sites, squads), np.bool_),
        ),
    )


def score(problem: PatrolProblem, orders: Orders) -> int:
    """Return the weight of visiting orders, or raise `ValueError` where they break a rule."""
    visits, squads, travel = problem.visits, problem.squads, problem.matrix.travel_s[0]
    made = [v for order in orders for v in order]
    if len(set(made)) < len(made) or len(orders) > len(squads):
        raise ValueError("a stop is made twice, or there are more routes than squads")
    for k, order in enumerate(orders):
        clock, here = int(squads.from_s[k]), int(squads.start[k])
        for v in order:
            clock = max(clock + int(travel[here, visits.entry[v]]), int(visits.opens_s[v]))
            if clock > visits.closes_s[v]:
                raise ValueError(f"squad {k} begins visit {v} too late")
            clock, here = clock + int(visits.duration_s[v]), int(visits.exit[v])
        if order and clock + int(travel[here, squads.end[k]]) > squads.until_s[k]:
            raise ValueError(f"squad {k} comes home too late")
    return sum(int(visits.weight[v]) for v in made)


@dataclass(frozen=True, kw_only=True)
class Job:
    """One run to make, in a process of its own."""

    engine: str
    sites: int
    squads: int
    seconds: float
    seed: int


def run_job(job: Job) -> tuple[int, float, float, list[tuple[float, int]]]:
    """Return the weight, the seconds and the peak memory, and (second, weight) as better plans were reported."""
    engine = bench_engine(job.engine)
    small = build_large(40, 2, seed=0)
    engine.search(small, budget=Budget(seconds=0.2), seed=0, start=None, watch=Watch())
    problem = build_large(job.sites, job.squads, seed=0)
    trace: list[tuple[float, int]] = []
    reset_peak()
    begin = time.perf_counter()

    def note(orders: Orders, _iterations: int) -> None:
        now = time.perf_counter() - begin
        if not trace or now >= trace[-1][0] + 0.5:
            trace.append((now, score(problem, orders)))

    watch = Watch(report=note)
    found = engine.search(problem, budget=Budget(seconds=job.seconds), seed=job.seed, start=None, watch=watch)
    took_s = time.perf_counter() - begin
    return score(problem, found.orders), took_s, peak_mb(), trace


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 when all was measured, 2 when an argument is at fault."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engines", type=names, default=("native",), help="native, pyvrp, vroom, ortools")
    parser.add_argument("--seconds", type=float, default=60.0, help="limit of each run")
    parser.add_argument("--seeds", type=numbers, default=(1,), help="with commas between")
    parser.add_argument("--sizes", type=numbers, default=(1000, 5000), help="numbers of sites; one squad for each 50")
    parser.add_argument("--out", type=Path, metavar="FILE.csv")
    parser.add_argument("--trace", type=float, default=10.0, help="seconds between two values printed of each run")
    args = parser.parse_args(arguments)
    use_one_thread()
    try:
        check_engines(args.engines)
        check_out(args.out)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    rows = []
    context = multiprocessing.get_context("spawn")
    for sites in args.sizes:
        squads = max(1, sites // 50)
        whole = int(build_large(sites, squads, seed=0).visits.weight.sum())
        for engine, seed in itertools.product(args.engines, args.seeds):
            job = Job(engine=engine, sites=sites, squads=squads, seconds=args.seconds, seed=seed)
            with context.Pool(1) as pool:
                weight, took, peak_mb, trace = pool.apply(run_job, (job,))
            rows.append((engine, sites, squads, args.seconds, seed, weight, whole, round(took, 2), round(peak_mb)))
            marks = [[w for t, w in trace if t <= at] for at in np.arange(args.trace, args.seconds, args.trace)]
            curve = " ".join(str(values[-1]) if values else "-" for values in marks)
            print(
                f"{engine:<8} {sites} / {squads} seed {seed}: {weight} of {whole} in {took:.1f} s, {peak_mb:.0f} MB; "
                f"{curve}",
                flush=True,
            )
    if args.out is not None:
        header = ["engine", "sites", "squads", "seconds", "seed", "weight", "whole", "took_s", "peak_mb"]
        write_csv(header, rows, args.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
