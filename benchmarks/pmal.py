r"""The hot spots of the military police of Alagoas: stop for 15 minutes, or pass by for a third of the prize.

    python benchmarks/pmal.py --instances DIR [--engines native,ortools] [--seconds 10] [--bound-seconds 60] \
        [--limit-min 360,240] [--squads 1] [--seed 1] [--out FILE.csv]

DIR holds files in the PMAL format. A spot may be visited again, by anyone, once its protection time is over since the
visit before ended; sooner it would earn nothing. `--limit-min` and `--squads` take the place of the files' own, so that
there is something to choose. Weights are prizes times three, so that passing earns a whole number. Every timetable is
scored again by the file's rule and numbers. The bound speaks of the engine's own plan. The CSV appears whole or not at
all.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent))
from hotspots import PmalInstance, read_pmal
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
    spots, wanted : int
        Spots, and visits of them that can earn something.
    stops, passes : int
        Visits at which a squad stops, and at which it only passes.
    weight, bound, whole : int
        Three times the prize covered, at most, and in all.
    drive_s, wait_s : int
        All squads added; waiting is what the authors' own model forbids.
    """

    instance: str
    spots: int
    wanted: int
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
    wait_s: int


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
    """Plan, score and bound one instance.

    Raises
    ------
    InputError
        When the engine cannot keep what the instance asks, or the file's rule gives another prize than the plan says.
    """
    problem = instance.problem()
    plan = solve(problem, engine=engine, seconds=seconds, bound_seconds=0, seed=seed)
    bound = bound_plan(problem, orders_of(problem, plan), seconds=bound_seconds)
    (tier,), (coverage,) = bound.tiers, plan.coverage
    thirds = instance.score_thirds(plan.routes)
    if thirds != coverage.covered_weight:
        raise InputError(
            [f"{instance.name}: the plan says {coverage.covered_weight} thirds of prize, its timetable earns {thirds}."]
        )
    made = [visit for route in plan.routes for visit in route.visits]
    stops = sum(visit.end_s > visit.begin_s for visit in made)
    return Row(
        instance=instance.name,
        spots=len(instance.prize) - 1,
        wanted=len(problem.groups),
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
        wait_s=sum(visit.wait_s for visit in made),
    )


def _minutes(text: str) -> tuple[int, ...]:
    """Return whole minutes above 0 with commas between."""
    minutes = tuple(int(part) for part in names(text))
    if not minutes or min(minutes) < 1:
        raise ValueError(text)
    return minutes


def _instances(args: argparse.Namespace) -> list[PmalInstance]:
    """Return every instance of the folder, with each of the limits that were asked for."""
    given = read_all(args.instances)
    if args.squads is not None:
        given = [replace(each, squads=args.squads) for each in given]
    if args.limit_min is None:
        return given
    return [replace(each, limit_s=60 * limit) for each in given for limit in args.limit_min]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 when all was measured, 2 when an argument or a file is at fault."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--instances", type=Path, required=True, metavar="DIR", help="folder with PMAL files")
    parser.add_argument("--engines", type=names, default=("native",), help="the package's, with commas between")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each search")
    parser.add_argument("--bound-seconds", type=float, default=60.0, help="of each bound, at most")
    parser.add_argument("--limit-min", type=_minutes, help="longest routes, in place of the file's")
    parser.add_argument("--squads", type=int, choices=range(1, 100), metavar="M", help="in place of the file's")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, metavar="FILE.csv")
    args = parser.parse_args(arguments)
    use_one_thread()
    rows = []
    try:
        for engine in args.engines:
            engine_named(engine)
        check_out(args.out)
        for instance in _instances(args):
            for engine in args.engines:
                row = measure(instance, engine, seconds=args.seconds, bound_seconds=args.bound_seconds, seed=args.seed)
                rows.append(row)
                said = "proved" if row.proved else f"at most {row.bound}, gap {row.gap_pct:.2f} %"
                print(
                    f"{row.instance:<18} {row.spots} spots, {row.squads} squads, {row.limit_min} min  {engine:<8} "
                    f"{row.stops} stops, {row.passes} passes: {row.weight} of {row.whole}, {said}, "
                    f"{row.bound_s:.1f} s, waits {row.wait_s / 60:.0f} min",
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
