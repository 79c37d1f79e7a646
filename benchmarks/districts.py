r"""Engines, and the bound of each one's plan, on real and synthetic districts.

    python benchmarks/districts.py [--roads DIR] [--engines native,pyvrp,ortools] [--seconds 10] [--bound-seconds 60] \
        [--only NAMES] [--out FILE.csv]

The districts are Kupang and its six kecamatan as they install with the package, and every road file in DIR (by default
../shared/data/roads) with 80 sites, 4 squads and 3 hours that scenario_from_roads.py puts on it. As in
`patrolroute.plan`, a better plan that the bound meets on its way is taken over; "17 -> 18" tells that the engine's own
covered 17. The gap of a tier is that between plan and bound. The CSV appears whole or not at all.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent))
import scenario_from_roads
from patrolroute import datasets
from patrolroute.bound import bound_plan
from patrolroute.build import build
from patrolroute.engines.protocol import Budget, Watch
from patrolroute.engines.registry import engine_named
from patrolroute.errors import Faults, PatrolrouteError
from patrolroute.roads import read_roads
from patrolroute.scenario import read_scenario
from patrolroute.schedule import orders_of
from patrolroute.solver import solve
from runs import check_out, names, use_one_thread, write_csv

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from patrolroute.problem import PatrolProblem

ROADS = Path(__file__).resolve().parents[2] / "shared" / "data" / "roads"
ROAD_FILES = (".graphml", ".osm", ".pbf", ".bz2", ".gz")
NIGHT = ("--sites", "80", "--squads", "4", "--hours", "3", "--seed", "1")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One tier of one engine's plan.

    Parameters
    ----------
    found, covered, whole, bound : int
        Weight covered by the engine's own plan, covered when a better one met by the bound is taken over, in all, and
        at most, of the plans that cover as much of every earlier tier.
    gap_pct : float
        In percent of the bound.
    proved : bool
        Whether no plan is better up to and including this tier.
    drive_s : int
        Of the engine's own plan.
    """

    district: str
    sites: int
    squads: int
    engine: str
    seconds: float
    seed: int
    tier: int
    found: int
    covered: int
    whole: int
    bound: int
    gap_pct: float
    proved: bool
    method: str
    bound_s: float
    drive_s: int


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How long each engine and each bound may take, and the seed."""

    seconds: float
    bound_seconds: float
    seed: int


def district_names(roads: Path) -> list[str]:
    """Return the names of all districts: those of the package, then the road files of a folder."""
    files = sorted(path.name for path in roads.iterdir() if path.suffix in ROAD_FILES) if roads.is_dir() else []
    return [*datasets.names(), *files]


def district_problem(name: str, roads: Path) -> PatrolProblem:
    """Return the problem of a district by its name."""
    if name in datasets.names():
        district = datasets.load(name)
        return build(district.scenario, district.roads).problem
    with tempfile.TemporaryDirectory() as folder:
        scenario_from_roads.write_night(scenario_from_roads.parse([str(roads / name), *NIGHT, "--out", folder]))
        return build(read_scenario(Path(folder) / "scenario.toml"), read_roads(roads / name)).problem


def measure(name: str, problem: PatrolProblem, engine: str, limits: Limits) -> Iterator[Row]:
    """Plan, bound, and yield a row for each tier."""
    plan = solve(problem, engine=engine, seconds=limits.seconds, bound_seconds=0, seed=limits.seed)
    bound = bound_plan(problem, orders_of(problem, plan), seconds=limits.bound_seconds, improve=True)
    for tier, own in zip(bound.tiers, plan.coverage, strict=True):
        yield Row(
            district=name,
            sites=len(problem.groups),
            squads=len(problem.squads),
            engine=engine,
            seconds=limits.seconds,
            seed=limits.seed,
            tier=tier.tier,
            found=own.covered_weight,
            covered=tier.covered_weight,
            whole=own.total_weight,
            bound=tier.upper_weight,
            gap_pct=round(100 * tier.gap, 3),
            proved=tier.proved,
            method=tier.method,
            bound_s=round(bound.seconds, 2),
            drive_s=plan.drive_s,
        )


def line(rows: Sequence[Row]) -> str:
    """Return one line of the table: a plan's tiers side by side."""
    first = rows[0]
    tiers = "  ".join(
        ("" if row.found == row.covered else f"{row.found} -> ")
        + f"{row.covered}/{row.whole}"
        + ("" if row.covered == row.bound else f" (at most {row.bound})")
        for row in rows
    )
    said = "proved" if all(row.proved for row in rows) else f"gap {max(row.gap_pct for row in rows):.2f} %"
    return f"{first.district:<24} {first.engine:<8} {said:<12} {first.bound_s:>6.1f} s  {first.drive_s:>6} s  {tiers}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 when all was measured, 2 when an argument is at fault."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--roads", type=Path, default=ROADS, metavar="DIR", help="folder with road files")
    parser.add_argument("--engines", type=names, default=("native", "pyvrp", "ortools"), help="with commas between")
    parser.add_argument("--only", type=names, metavar="NAMES", help="only these districts, with commas between")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each search")
    parser.add_argument("--bound-seconds", type=float, default=60.0, help="of each bound, at most")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, metavar="FILE.csv")
    args = parser.parse_args(arguments)
    use_one_thread()
    known = district_names(args.roads)
    limits = Limits(seconds=args.seconds, bound_seconds=args.bound_seconds, seed=args.seed)
    rows: list[Row] = []
    try:
        _check(args.engines, args.only or (), known)
        check_out(args.out)
        _warm_up(args.engines)
        print(f"{'district':<24} {'engine':<8} {'':<12} {'bound':>8}  {'drive':>8}  weight covered, tier by tier")
        for name in args.only or known:
            problem = district_problem(name, args.roads)
            for engine in args.engines:
                own = list(measure(name, problem, engine, limits))
                print(line(own), flush=True)
                rows += own
    except PatrolrouteError as error:
        print(error, file=sys.stderr)
        return 2
    if args.out is not None:
        write_csv([field.name for field in fields(Row)], map(astuple, rows), args.out)
    return 0


def _check(engines: Sequence[str], only: Sequence[str], known: Sequence[str]) -> None:
    faults = Faults()
    for engine in engines:
        try:
            engine_named(engine)
        except PatrolrouteError as error:
            faults.add(f"--engines: {error}")
    for name in only:
        if name not in known:
            faults.add(f"--only: there is no district {name!r}; expected some of {', '.join(known)}.")
    faults.raise_if_any()


def _warm_up(engines: Sequence[str]) -> None:
    """Load and compile before the clock runs."""
    district = datasets.kupang(standin=True)
    problem = build(district.scenario, district.roads).problem
    for engine in engines:
        engine_named(engine).search(problem, budget=Budget(seconds=0.1), seed=0, start=None, watch=Watch())


if __name__ == "__main__":
    sys.exit(main())
