r"""The hot spots of the military police of Alagoas: stop for 15 minutes, or pass by for a third of the prize.

    python benchmarks/pmal.py --instances DIR [--engines native,pyvrp,ortools] [--seconds 10] [--bound-seconds 60] \
        [--limit-min 60] [--seed 1] [--out FILE.csv]

DIR holds files in the PMAL format. Solved is what the model can say today: each spot once at most, by a stop or by
passing, which are alternatives of one group. Within the files' own limits that is every spot; `--limit-min` sets a
shorter one, so that there is something to choose. Weights are prizes times three, so that passing earns a whole number.
The bound speaks of the engine's own plan. The CSV appears whole or not at all.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent))
from instances import PmalInstance, read_pmal
from patrolroute.bound import bound_plan
from patrolroute.engines.registry import engine_named
from patrolroute.errors import Faults, InputError, PatrolrouteError
from patrolroute.schedule import orders_of
from patrolroute.solver import solve
from runs import check_out, names, use_one_thread, write_csv

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, kw_only=True)
class Row:
    """One plan.

    Parameters
    ----------
    spots, stops, passes : int
        In all; where a squad stops; which it only passes.
    weight, bound, whole : int
        Three times the prize covered, at most, and in all.
    drive_s : int
        All squads added.
    """

    instance: str
    spots: int
    squads: int
    limit_min: int
    engine: str
    seconds: float
    seed: int
    stops: int
    passes: int
    weight: int
    bound: int
    whole: int
    gap_pct: float
    proved: bool
    bound_s: float
    drive_s: int


def read_all(folder: Path) -> list[PmalInstance]:
    """Read every file of a folder.

    Raises
    ------
    InputError
        With every file that is no PMAL instance, or when there is none.
    """
    faults, read = Faults(), []
    paths = sorted(folder.glob("*.txt"))
    if not paths:
        faults.add(f"{folder}: has no .txt file; expected instances in the PMAL format.")
    for path in paths:
        try:
            read.append(read_pmal(path))
        except InputError as error:
            faults.extend(error.faults)
    faults.raise_if_any()
    return read


def measure(instance: PmalInstance, engine: str, *, seconds: float, bound_seconds: float, seed: int) -> Row:
    """Plan, check and bound one instance."""
    problem = instance.problem()
    plan = solve(problem, engine=engine, seconds=seconds, bound_seconds=0, seed=seed)
    bound = bound_plan(problem, orders_of(problem, plan), seconds=bound_seconds)
    (tier,), (coverage,) = bound.tiers, plan.coverage
    made = [visit.visit for route in plan.routes for visit in route.visits]
    stops = sum(visit.endswith(" stop") for visit in made)
    return Row(
        instance=instance.name,
        spots=len(problem.groups),
        squads=instance.squads,
        limit_min=instance.limit_s // 60,
        engine=engine,
        seconds=seconds,
        seed=seed,
        stops=stops,
        passes=len(made) - stops,
        weight=tier.covered_weight,
        bound=tier.upper_weight,
        whole=coverage.total_weight,
        gap_pct=round(100 * tier.gap, 3),
        proved=tier.proved,
        bound_s=round(bound.seconds, 2),
        drive_s=plan.drive_s,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 when all was measured, 2 when an argument or a file is at fault."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--instances", type=Path, required=True, metavar="DIR", help="folder with PMAL files")
    parser.add_argument("--engines", type=names, default=("native",), help="the package's, with commas between")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each search")
    parser.add_argument("--bound-seconds", type=float, default=60.0, help="of each bound, at most")
    parser.add_argument("--limit-min", type=int, help="longest route, in place of the file's")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, metavar="FILE.csv")
    args = parser.parse_args(arguments)
    use_one_thread()
    rows = []
    try:
        for engine in args.engines:
            engine_named(engine)
        check_out(args.out)
        for given in read_all(args.instances):
            instance = given if args.limit_min is None else replace(given, limit_s=60 * args.limit_min)
            for engine in args.engines:
                row = measure(instance, engine, seconds=args.seconds, bound_seconds=args.bound_seconds, seed=args.seed)
                rows.append(row)
                said = "proved" if row.proved else f"at most {row.bound}, gap {row.gap_pct:.2f} %"
                print(
                    f"{row.instance:<18} {row.spots} spots, {row.squads} squads, {row.limit_min} min  {engine:<8} "
                    f"{row.stops} stops, {row.passes} passes: {row.weight} of {row.whole}, {said}, {row.bound_s:.1f} s",
                    flush=True,
                )
    except PatrolrouteError as error:
        print(error, file=sys.stderr)
        return 2
    if args.out is not None:
        write_csv([field.name for field in fields(Row)], map(astuple, rows), args.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
