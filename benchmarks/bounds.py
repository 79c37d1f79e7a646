"""Bounds against the best known prizes of published instances.

    python benchmarks/bounds.py --instances DIR --squads 2 --seconds 60 --out FILE.csv [--families c,r,rc] [--search 5]

DIR holds `bks.csv` and instances in the TOPTW or TOP format. For each instance the project's own search makes a plan,
then the bound takes its seconds. The gap is that between the bound and the best prize known to anyone: the list's, or
the plan's where it is better. "proved" says that the plan, or a better one that the bound met on its way, is optimal.
The CSV appears whole or not at all.
"""

from __future__ import annotations

import argparse
import csv
import sys
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from statistics import mean

sys.path.insert(0, str(Path(__file__).parent))
from instances import Instance, read_folder
from patrolroute.bound import bound_plan
from patrolroute.engines.native import NativeEngine
from patrolroute.engines.protocol import Budget, Watch


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


def write(rows: list[Row], path: Path) -> None:
    """Write all rows, or nothing."""
    draft = path.with_name(path.name + ".part")
    with draft.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(field.name for field in fields(Row))
        table.writerows(astuple(row) for row in rows)
    draft.replace(path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--instances", type=Path, required=True)
    parser.add_argument("--squads", default="2", help="numbers of squads, with commas between")
    parser.add_argument("--families", help="only these, with commas between")
    parser.add_argument("--seconds", type=float, default=60.0, help="for each bound")
    parser.add_argument("--search", type=float, default=5.0, help="seconds of the search before it")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    chosen = read_folder(args.instances, squads=tuple(int(m) for m in args.squads.split(",")))
    if args.families:
        chosen = [each for each in chosen if each[0].family in args.families.split(",")]
    rows = []
    for instance, m, best_known in chosen:
        row = measure(instance, m, best_known, seconds=args.seconds, search_s=args.search, seed=args.seed)
        rows.append(row)
        print(*astuple(row), sep="\t", flush=True)
    write(rows, args.out)
    for family in sorted({row.family for row in rows}):
        own = [row for row in rows if row.family == family]
        print(
            f"{family}: mean gap {mean(row.gap_pct for row in own):.2f} %, {sum(r.proved for r in own)} of {len(own)}"
        )
    print(
        f"all: mean gap {mean(row.gap_pct for row in rows):.2f} %, {sum(r.proved for r in rows)} of {len(rows)} proved"
    )


if __name__ == "__main__":
    main()
