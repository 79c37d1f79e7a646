r"""The engine `native` on a large night with every rule at once: 1,000 sites, 20 areas, 20 squads.

    python benchmarks/whole.py [--sites 1000] [--areas 20] [--squads 20] [--seconds 60] [--seeds 1] [--without]

Sites, windows and squads are those of `large.py`. On top of them: every fifth site wants up to three visits, at least
45 minutes apart; every fiftieth is a joint stop of two squads; every tenth may be visited by five of the squads only;
each area is eight drives that are entered and left at different points; each squad has a break of 20 minutes, wherever
it is, in the fourth or fifth hour.
The plan is checked by `check_against_problem`. With `--without` the same visits are planned without what ties them, to
tell what that costs: iterations a second and weight.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from large import SHIFT_S, build_large
from patrolroute.bound import bound_plan
from patrolroute.check import check_against_problem
from patrolroute.engines.native import NativeEngine
from patrolroute.engines.protocol import Budget, Watch
from patrolroute.problem import Couplings, Groups, PatrolProblem
from patrolroute.schedule import schedule
from runs import peak_mb, reset_peak, use_one_thread

GAP_S, BREAK_S, BEAT_S, BEATS = 45 * 60, 20 * 60, 900, 8


class _Rows:
    """Columns of visits and groups in the making."""

    def __init__(self, plain: PatrolProblem) -> None:
        self.plain = plain
        self.visits: dict[str, list[object]] = {
            name: list(getattr(plain.visits, name))
            for name in ("entry", "exit", "duration_s", "opens_s", "closes_s", "weight", "squads")
        }
        self.site = list(plain.groups.ids)
        self.bundle, self.needs, self.duty = ([-1] * len(self.site) for _ in range(3))
        self.couplings: list[tuple[int, int, int, int, bool]] = []

    def add(self, like: int, site: str, **changes: object) -> int:
        """Add a visit in a group of its own, like an earlier one but for some columns."""
        for name, column in self.visits.items():
            column.append(changes.get(name, column[like]))
        self.site.append(site)
        for name in ("bundle", "needs", "duty"):
            getattr(self, name).append(changes.get(name, -1))
        return len(self.site) - 1


def build_whole(sites: int, areas: int, squads: int, *, tied: bool) -> PatrolProblem:
    """Return a seeded problem with revisits, joint stops, teams, areas and breaks; without what ties visits if not."""
    plain = build_large(sites, squads, seed=0)
    rng = np.random.default_rng(1)
    rows = _Rows(plain)
    for v in range(0, sites, 5):
        labels = [v, *(rows.add(v, rows.site[v]) for _ in range(2))]
        rows.couplings += [
            (a, b, GAP_S + int(plain.visits.duration_s[v]), SHIFT_S, False)
            for i, a in enumerate(labels)
            for b in labels[i + 1 :]
        ]
    for v in range(1, sites, 50):
        rows.bundle[v] = v
        mate = rows.add(v, rows.site[v], weight=0, bundle=v)
        rows.couplings.append((v, mate, 0, 0, True))
    for v in range(2, sites, 10):
        rows.visits["squads"][v] = np.isin(np.arange(squads), rng.choice(squads, min(5, squads), replace=False))
    for area in range(areas):
        middle = int(rng.integers(0, sites))
        near = np.argsort(plain.matrix.travel_s[0][plain.visits.entry[middle]])[1 : BEATS + 2]
        for a, b in itertools.pairwise(near):
            weight = int(rng.integers(20, 80))
            rows.add(0, f"area-{area}", entry=a, exit=b, duration_s=BEAT_S, weight=weight, opens_s=0, closes_s=SHIFT_S)
    drives = len(rows.site)
    if tied:
        for k in range(squads):
            alone = np.arange(squads) == k
            rows.add(0, "", weight=0, squads=alone, duty=k, duration_s=BREAK_S, opens_s=3 * 3600, closes_s=5 * 3600)
    return _pack(rows, drives, tied=tied)


def _pack(rows: _Rows, drives: int, *, tied: bool) -> PatrolProblem:
    plain, count = rows.plain, len(rows.site)
    ids = tuple(map(str, range(count)))
    table = np.array(rows.couplings if tied else np.zeros((0, 5)), np.int64).reshape(-1, 5)
    columns = {name: np.array(column, np.int32) for name, column in rows.visits.items() if name != "squads"}
    return PatrolProblem(
        matrix=plain.matrix,
        squads=plain.squads,
        groups=Groups(
            ids=ids,
            site=tuple(rows.site),
            required=np.zeros(count, np.bool_),
            **({n: np.array(getattr(rows, n), np.int32) for n in ("bundle", "needs", "duty")} if tied else {}),
        ),
        visits=replace(
            plain.visits,
            ids=ids,
            group=np.arange(count, dtype=np.int32),
            tier=np.ones(count, np.int32),
            squads=np.array(rows.visits["squads"], np.bool_),
            floats=np.arange(count) >= drives,
            **columns,
        ),
        couplings=Couplings(
            first=table[:, 0].astype(np.int32),
            second=table[:, 1].astype(np.int32),
            lo_s=table[:, 2].astype(np.int32),
            hi_s=table[:, 3].astype(np.int32),
            apart=table[:, 4].astype(np.bool_),
        ),
    )


def main() -> None:
    """Plan, check, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, usual in (("sites", 1000), ("areas", 20), ("squads", 20)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--bound-seconds", type=float, default=5.0, help="0 for none")
    parser.add_argument("--seeds", default="1", help="with commas between")
    parser.add_argument("--without", action="store_true", help="plan the same visits without what ties them")
    options = parser.parse_args()
    use_one_thread()
    problem = build_whole(options.sites, options.areas, options.squads, tied=not options.without)
    small = build_whole(40, 2, 2, tied=not options.without)
    NativeEngine().search(small, budget=Budget(seconds=0.2), seed=0, start=None, watch=Watch())
    total = int(problem.group_weight.sum(dtype=np.int64))
    for seed in map(int, options.seeds.split(",")):
        reset_peak()
        began = time.perf_counter()
        found = NativeEngine().search(
            problem, budget=Budget(seconds=options.seconds), seed=seed, start=None, watch=Watch()
        )
        took = time.perf_counter() - began
        plan = schedule(problem, found.orders, engine="native")
        faults = check_against_problem(plan, problem)
        made = sum(map(len, found.orders))
        print(
            f"{len(problem.visits)} visits, {len(problem.couplings)} couplings, seed {seed}: covered "
            f"{plan.coverage[0].covered_weight} of {total}, {made} visits made; {found.iterations / took:,.0f} "
            f"iterations/s over {took:.1f} s, peak {peak_mb():.0f} MB, faults: {len(faults)}",
            flush=True,
        )
        if options.bound_seconds > 0:
            bound = bound_plan(problem, found.orders, seconds=options.bound_seconds)
            print(f"at most {bound.tiers[0].upper_weight} ({bound.tiers[0].method}), {bound.seconds:.1f} s")


if __name__ == "__main__":
    main()
