"""Closing: whether, among all routes that could belong to a better plan, there is one.

The list of routes is thinned by prices again, now with cuts that three groups give (subset-row cuts: of routes that
serve two or more of any three groups, one at most can be driven; Jepsen et al. 2008, 10.1287/opre.1070.0449); they
cost nothing here, since no route has to be priced by labels. CP-SAT, which computes in whole numbers, decides what is
left.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from itertools import combinations
from threading import Event, Thread
from typing import TYPE_CHECKING

import numpy as np
from ortools.linear_solver import pywraplp
from ortools.sat.python import cp_model
from scipy import sparse

from patrolroute.bound.lagrangian import grid_of, prices
from patrolroute.bound.master import solved

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from patrolroute.bound.clock import Clock
    from patrolroute.bound.levels import Level
    from patrolroute.bound.master import Column

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

_CUTS_A_ROUND = 40
_ROUNDS = 30
_START = 3_000
_WIDEST = 100


@dataclass(frozen=True, eq=False, kw_only=True)
class Listed:
    """Routes and what they do.

    Parameters
    ----------
    columns : list of Column
    kind : int64 array, shape (R,)
    value : int64 array, shape (R,)
        Their worth in the level.
    floors : int64 array, shape (F, R)
        Their worth in earlier levels.
    serves : sparse int64 matrix, shape (R, G)
        1 where a route serves a group.
    """

    columns: list[Column]
    kind: Ints
    value: Ints
    floors: Ints
    serves: sparse.csr_matrix

    def __len__(self) -> int:
        return len(self.columns)

    def only(self, rows: Ints) -> Listed:
        """Return some of the routes."""
        return Listed(
            columns=[self.columns[int(r)] for r in rows],
            kind=self.kind[rows],
            value=self.value[rows],
            floors=self.floors[:, rows],
            serves=self.serves[rows],
        )


def listed(columns: Sequence[Column], level: Level, group_of: Ints, groups: int) -> Listed:
    """Return what routes do that visit no group twice."""
    lengths = [len(visits) for _, visits in columns]
    flat = np.fromiter((v for _, visits in columns for v in visits), np.int64, sum(lengths))
    rows = np.repeat(np.arange(len(columns)), lengths)
    ones = np.ones(len(flat), np.int64)

    def sums(weight: Ints) -> Ints:
        total = np.zeros(len(columns), np.int64)
        np.add.at(total, rows, weight[flat])
        return total

    return Listed(
        columns=list(columns),
        kind=np.array([kind for kind, _ in columns], np.int64),
        value=sums(level.weight),
        floors=np.array([sums(weight) for weight, _ in level.floors], np.int64).reshape(
            len(level.floors), len(columns)
        ),
        serves=sparse.csr_matrix((ones, (rows, group_of[flat])), shape=(len(columns), groups)),
    )


class Cutting:
    """The linear program over listed routes, with cuts, by growing columns and looking the others up.

    Parameters
    ----------
    pool : Listed
        Every route that a plan of the target's value could use.
    level : Level
    squads : sequence of int
        Number of squads of each kind.
    target : int
        A value to be disproved.
    """

    def __init__(self, pool: Listed, level: Level, squads: Sequence[int], target: int) -> None:
        self.pool, self._level, self._squads, self._target = pool, level, list(squads), target
        self._cuts: list[tuple[int, int, int]] = []
        self._cut_of = np.zeros((len(pool), 0), np.int64)
        self.disproved = len(pool) == 0

    def thin(self, clock: Clock) -> None:
        """Take out routes, with cut after cut, until the target is disproved or cuts no longer help."""
        last, stale = np.inf, 0
        for _ in range(_ROUNDS):
            if clock.over or self.disproved:
                return
            solved = self._solve(clock)
            if solved is None:
                return
            stale = stale + 1 if solved.value > last - 0.02 * self._level.step else 0
            last = min(last, solved.value)
            found = self._violated(solved.used)
            self._fix(solved)
            if stale >= 4 or not found:
                return
            self._cuts += found
            fresh = [np.asarray(self.pool.serves[:, list(cut)].sum(axis=1)).ravel() >= 2 for cut in found]
            self._cut_of = np.column_stack([self._cut_of, *fresh]).astype(np.int64)

    def _solve(self, clock: Clock) -> _Solved | None:
        solver = pywraplp.Solver.CreateSolver("GLOP")
        far = solver.infinity()
        groups = [solver.Constraint(-far, 1.0) for _ in range(self.pool.serves.shape[1])]
        kinds = [solver.Constraint(-far, float(count)) for count in self._squads]
        # Weights may be of any size; the solver's tolerances are made for numbers around 1.
        unit = max(1.0, float(self._level.weight.max(initial=0)))
        floor_units = np.array([max(1.0, float(weight.max(initial=0))) for weight, _ in self._level.floors])
        floors = [
            solver.Constraint(float(floor) / size, far)
            for (_, floor), size in zip(self._level.floors, floor_units, strict=True)
        ]
        cuts = [solver.Constraint(-far, 1.0) for _ in self._cuts]
        solver.Objective().SetMaximization()
        for constraint in floors:
            short = solver.NumVar(0.0, far, "")
            constraint.SetCoefficient(short, 1.0)
            solver.Objective().SetCoefficient(short, -4.0 * max(1.0, float(self._level.weight.sum()) / unit))
        inside: dict[int, pywraplp.Variable] = {}

        def add(r: int) -> None:
            variable = inside[r] = solver.NumVar(0.0, far, "")
            for g in self.pool.serves.indices[self.pool.serves.indptr[r] : self.pool.serves.indptr[r + 1]]:
                groups[g].SetCoefficient(variable, 1.0)
            kinds[self.pool.kind[r]].SetCoefficient(variable, 1.0)
            for constraint, worth in zip(floors, self.pool.floors[:, r] / floor_units, strict=True):
                constraint.SetCoefficient(variable, float(worth))
            for c in np.flatnonzero(self._cut_of[r]):
                cuts[c].SetCoefficient(variable, 1.0)
            solver.Objective().SetCoefficient(variable, float(self.pool.value[r]) / unit)

        for r in np.argsort(-self.pool.value, kind="stable")[:_START]:
            add(int(r))
        while not clock.over:
            if not solved(solver, clock.left_s):
                return None
            at = [np.array([each.dual_value() * unit for each in rows]) for rows in (groups, kinds, floors, cuts)]
            at[2] = at[2] / floor_units
            reduced = self._reduced(*at)
            missing = [int(r) for r in np.argsort(-reduced, kind="stable")[:1000] if reduced[r] > 1e-6 * unit]
            fresh = [r for r in missing if r not in inside]
            if not fresh:
                return _Solved(
                    value=float(solver.Objective().Value()) * unit,
                    group=at[0],
                    premium=tuple(-at[2]),
                    cut=at[3],
                    used={r: x for r, variable in inside.items() if (x := variable.solution_value()) > 1e-6},
                )
            for r in fresh:
                add(r)
        return None

    def _reduced(self, group: Floats, kind: Floats, floor: Floats, cut: Floats) -> Floats:
        worth = self.pool.value - self.pool.serves @ group - kind[self.pool.kind]
        return np.asarray(worth - floor @ self.pool.floors - self._cut_of @ cut, np.float64)

    def _fix(self, solved: _Solved) -> None:
        """Take out every route that no plan of the target's value can use, by exact bounds at these prices."""
        grid = grid_of(self._level, len(solved.group))
        at = prices(self._level, solved.group, solved.premium, grid=grid)
        dearest = (1 << 58) // (4 * max(1, len(solved.cut)))
        cuts = np.rint(np.clip(solved.cut * grid, 0, dearest)).astype(np.int64)
        earned = self.pool.value * grid - self.pool.serves @ at.group - self._cut_of @ cuts
        for each, worth in zip(at.premium, self.pool.floors, strict=True):
            earned = earned + each * worth
        most = np.zeros(len(self._squads), np.int64)
        np.maximum.at(most, self.pool.kind, earned)
        upper = at.base(self._level) + int(cuts.sum())
        upper += sum(count * int(each) for count, each in zip(self._squads, most, strict=True))
        slack = upper - self._target * grid
        if slack < 0:
            self.disproved = True
            return
        kept = np.flatnonzero(earned >= most[self.pool.kind] - slack)
        # Staying at home is worth nothing, and a target is something.
        self.disproved = len(kept) == 0
        self._cut_of = self._cut_of[kept]
        self.pool = self.pool.only(kept)

    def _violated(self, used: dict[int, float]) -> list[tuple[int, int, int]]:
        """Return triples of groups of which the solution drives more than one route that serves two or more."""
        rows = np.array(sorted(used), np.int64)
        x = np.array([used[int(r)] for r in rows])
        serves = self.pool.serves[rows].toarray().astype(np.float64)
        broken = ((serves > 0) & (x < 1 - 1e-6)[:, None]).sum(axis=0)
        groups = np.argsort(-broken, kind="stable")[:_WIDEST]
        groups = np.sort(groups[broken[groups] >= 2])
        triples = np.array(list(combinations(groups.tolist(), 3)), np.int64).reshape(-1, 3)
        total = np.zeros(len(triples))
        for row, share in zip(serves, x, strict=True):
            total += share * (row[triples].sum(axis=1) >= 2)
        order = np.argsort(-total, kind="stable")[:_CUTS_A_ROUND]
        known = set(self._cuts)
        found = [tuple(int(g) for g in triples[i]) for i in order if total[i] > 1.02]
        return [(a, b, c) for a, b, c in found if (a, b, c) not in known]


@dataclass(frozen=True, eq=False, kw_only=True)
class _Solved:
    value: float
    group: Floats
    premium: tuple[float, ...]
    cut: Floats
    used: dict[int, float]


@dataclass(frozen=True, kw_only=True)
class Decided:
    """What CP-SAT found among listed routes.

    Parameters
    ----------
    chosen : list of Column or None
        The routes of the best plan found; None when there is none, or none was found.
    upper : int or None
        No plan of these routes is worth more; None when nothing was proved. -1 when no plan reaches the least value.
    """

    chosen: list[Column] | None
    upper: int | None


def decide(
    pool: Listed, level: Level, squads: Sequence[int], *, least: int, most: int, hint: Sequence[Column], clock: Clock
) -> Decided:
    """Look for the best plan worth `least` or more among the listed routes.

    Parameters
    ----------
    most : int
        A proved bound.
    hint : sequence of Column
        Routes of a good plan; those not listed are ignored.
    """
    model = cp_model.CpModel()
    drives = [model.new_bool_var("") for _ in range(len(pool))]
    by_group: dict[int, list[cp_model.IntVar]] = {}
    rows, groups = pool.serves.nonzero()
    for r, g in zip(rows.tolist(), groups.tolist(), strict=True):
        by_group.setdefault(g, []).append(drives[r])
    for several in by_group.values():
        model.add_at_most_one(several)
    for k, count in enumerate(squads):
        model.add(cp_model.LinearExpr.sum([drives[int(r)] for r in np.flatnonzero(pool.kind == k)]) <= count)
    for worth, (_, floor) in zip(pool.floors, level.floors, strict=True):
        model.add(cp_model.LinearExpr.weighted_sum(drives, worth.tolist()) >= floor)
    value = cp_model.LinearExpr.weighted_sum(drives, pool.value.tolist())
    model.add_linear_constraint(value, least, most)
    model.maximize(value)
    hinted = set(hint)
    for column, variable in zip(pool.columns, drives, strict=True):
        model.add_hint(variable, column in hinted)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    # Its own handler would stay in place of the caller's, and the next Ctrl-C would end the program.
    solver.parameters.catch_sigint_signal = False
    solver.parameters.random_seed = 1
    solver.parameters.linearization_level = 2
    solver.parameters.max_time_in_seconds = max(0.01, clock.left_s)
    with _stopping(solver, clock):
        status = solver.solve(model)
    if status == cp_model.INFEASIBLE:
        return Decided(chosen=None, upper=-1)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Decided(chosen=None, upper=None)
    chosen = [column for column, variable in zip(pool.columns, drives, strict=True) if solver.boolean_value(variable)]
    return Decided(chosen=chosen, upper=round(solver.objective_value) if status == cp_model.OPTIMAL else None)


@contextmanager
def _stopping(solver: cp_model.CpSolver, clock: Clock) -> Iterator[None]:
    """End the solver's work soon after a stop was asked for; it looks at no clock but its own."""
    done = Event()

    def watch() -> None:
        while not done.wait(0.1):
            if clock.over:
                solver.stop_search()

    watcher = Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
