"""Bounds against the best known prizes of published instances.

    python benchmarks/bounds.py --instances DIR --squads 2 --seconds 60 --out FILE.csv [--families c,r,rc] [--search 5]

DIR holds `bks.csv` and instances in the TOPTW or TOP format. For each instance the project's own search makes a plan,
then the bound takes its seconds. The gap is that between the bound and the best prize known to anyone: the list's, or
the plan's where it is better. "proved" says that the plan, or a better one that the bound met on its way, is optimal.
The CSV appears whole or not at all.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent))
from instances import Instance, read_folder
from patrolroute.bound import bound_plan
from patrolroute.engines.native import NativeEngine
from patrolroute.engines.protocol import Budget, Watch
from patrolroute.errors import InputError
from runs import check_out, names, numbers, use_one_thread, write_csv

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, kw_only=True)
class Row:
    """One bound."""

    instance: str
    family: str
    m: int
    seconds: float
    best_known: int
    prize: int
    bound: int
    gap_pct: float
    proved: bool
    method: str


def measure(instance: Instance, m: int, best_known: float, *, seconds: float, search_s: float, seed: int) -> Row:
    """Search, bound, and check the plan that the bound speaks of."""
    problem = instance.problem(m)
    found = NativeEngine().search(problem, budget=Budget(seconds=search_s), seed=seed, start=None, watch=Watch())
    bound = bound_plan(problem, found.orders, seconds=seconds, improve=True)
    (tier,) = bound.tiers
    prize = round(instance.score(bound.orders, m))
    best = max(prize, round(best_known))
    return Row(
        instance=instance.name,
        family=instance.family,
        m=m,
        seconds=round(bound.seconds, 1),
        best_known=round(best_known),
        prize=prize,
        bound=tier.upper_weight,
        gap_pct=round(100.0 * (tier.upper_weight - best) / tier.upper_weight, 3),
        proved=tier.proved,
        method=tier.method,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 when the table was written, 2 when an argument or an instance is at fault."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--instances", type=Path, required=True, metavar="DIR", help="folder with bks.csv")
    parser.add_argument("--squads", type=numbers, default=(2,), metavar="M", help="only these m, with commas between")
    parser.add_argument("--families", type=names, help="only these, with commas between")
    parser.add_argument("--seconds", type=float, default=60.0, help="for each bound")
    parser.add_argument("--search", type=float, default=5.0, help="seconds of the search before it")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.csv")
    args = parser.parse_args(arguments)
    use_one_thread()
    try:
        check_out(args.out)
        chosen = read_folder(args.instances, squads=args.squads)
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    known = sorted({instance.family for instance, _, _ in chosen})
    chosen = [each for each in chosen if not args.families or each[0].family in args.families]
    if not chosen:
        print(f"--families: there is none of these; expected some of {', '.join(known)}.", file=sys.stderr)
        return 2
    rows = []
    for instance, m, best_known in chosen:
        row = measure(instance, m, best_known, seconds=args.seconds, search_s=args.search, seed=args.seed)
        rows.append(row)
        print(*astuple(row), sep="\t", flush=True)
    write_csv([field.name for field in fields(Row)], map(astuple, rows), args.out)
    for family in [*sorted({row.family for row in rows}), "all"]:
        own = [row for row in rows if family in (row.family, "all")]
        gap, proved = mean(row.gap_pct for row in own), sum(row.proved for row in own)
        print(f"{family}: mean gap {gap:.2f} %, {proved} of {len(own)} proved")
    return 0


if __name__ == "__main__":
    sys.exit(main())
