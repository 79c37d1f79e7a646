"""The master program: which routes to drive, as a linear program that grows by columns.

Every group at most once, every kind of squad at most as often as there are squads, every floor of an earlier level
kept. Its prices steer the search for routes; what it says is never trusted as a bound (`lagrangian` is).
"""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np
from ortools.linear_solver import pywraplp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from patrolroute.bound.levels import Level

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

Column = tuple[int, tuple[int, ...]]
"""A kind of squad, and the rows of the visits that one of them makes, in order."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Relaxed:
    """A solution of the master program.

    Parameters
    ----------
    value : float
    group : float array, shape (G,)
        Prices of the groups.
    premium : tuple of float
        Prices of the floors, turned to be 0 or more.
    kind : tuple of float
        Prices of one more squad of each kind.
    used : list of (Column, float)
        Columns above 0.
    """

    value: float
    group: Floats
    premium: tuple[float, ...]
    kind: tuple[float, ...]
    used: list[tuple[Column, float]]


def solved(solver: pywraplp.Solver, seconds: float) -> bool:
    """Solve a linear program that may have grown since; return whether the optimum was found.

    Growing bases now and then end in numbers that the solver gives up on; beginning anew helps.
    """
    ends = monotonic() + seconds
    known = pywraplp.MPSolverParameters
    for incremental, algorithm in (
        (known.INCREMENTALITY_ON, known.PRIMAL),
        (known.INCREMENTALITY_OFF, known.PRIMAL),
        (known.INCREMENTALITY_OFF, known.DUAL),
    ):
        how = known()
        how.SetIntegerParam(known.INCREMENTALITY, incremental)
        how.SetIntegerParam(known.LP_ALGORITHM, algorithm)
        solver.SetTimeLimit(1 + int(1000 * max(0.0, ends - monotonic())))
        if solver.Solve(how) == pywraplp.Solver.OPTIMAL:
            return True
    return False


class Master:
    """The linear program of one level over the columns known so far.

    Parameters
    ----------
    level : Level
    group_of : int64 array, shape (V,)
    groups : int
    squads : sequence of int
        Number of squads of each kind.
    """

    def __init__(self, level: Level, group_of: Ints, groups: int, squads: Sequence[int]) -> None:
        self._level, self._group_of = level, group_of
        self._solver = pywraplp.Solver.CreateSolver("GLOP")
        far = self._solver.infinity()
        self._groups = [self._solver.Constraint(-far, 1.0) for _ in range(groups)]
        self._squads = [self._solver.Constraint(-far, float(count)) for count in squads]
        # Premiums grow without limit where no set of columns keeps a floor; a dear way out bounds them.
        # Weights may be of any size; the solver's tolerances are made for numbers around 1.
        self._unit = max(1.0, float(level.weight.max(initial=0)))
        self._floor_units = [max(1.0, float(weight.max(initial=0))) for weight, _ in level.floors]
        self._floors = [
            self._solver.Constraint(float(floor) / unit, far)
            for (_, floor), unit in zip(level.floors, self._floor_units, strict=True)
        ]
        self._solver.Objective().SetMaximization()
        dear = 4.0 * max(1.0, float(level.weight.sum()) / self._unit)
        for constraint in self._floors:
            short = self._solver.NumVar(0.0, far, "")
            constraint.SetCoefficient(short, 1.0)
            self._solver.Objective().SetCoefficient(short, -dear)
        self._columns: dict[Column, pywraplp.Variable] = {}

    def __len__(self) -> int:
        return len(self._columns)

    @property
    def columns(self) -> list[Column]:
        """All columns."""
        return list(self._columns)

    def add(self, column: Column) -> bool:
        """Add a column; return whether it is new."""
        if column in self._columns:
            return False
        kind, visits = column
        variable = self._solver.NumVar(0.0, self._solver.infinity(), "")
        times: dict[int, int] = {}
        for v in visits:
            times[int(self._group_of[v])] = times.get(int(self._group_of[v]), 0) + 1
        for group, count in times.items():
            self._groups[group].SetCoefficient(variable, float(count))
        self._squads[kind].SetCoefficient(variable, 1.0)
        rows = list(visits)
        for constraint, (weight, _), unit in zip(self._floors, self._level.floors, self._floor_units, strict=True):
            earned = int(weight[rows].sum())
            if earned:
                constraint.SetCoefficient(variable, earned / unit)
        self._solver.Objective().SetCoefficient(variable, float(self._level.weight[rows].sum()) / self._unit)
        self._columns[column] = variable
        return True

    def forbid(self, column: Column) -> None:
        """Take a column out."""
        self._columns.pop(column).SetBounds(0.0, 0.0)

    def solve(self, seconds: float) -> Relaxed | None:
        """Solve; None when the solver gave up or needed more seconds."""
        if not solved(self._solver, seconds):
            return None
        used = [(column, x) for column, variable in self._columns.items() if (x := variable.solution_value()) > 1e-7]
        unit = self._unit
        return Relaxed(
            value=float(self._solver.Objective().Value()) * unit,
            group=np.array([max(0.0, each.dual_value() * unit) for each in self._groups]),
            premium=tuple(
                max(0.0, -each.dual_value() * unit / floor_unit)
                for each, floor_unit in zip(self._floors, self._floor_units, strict=True)
            ),
            kind=tuple(max(0.0, each.dual_value() * unit) for each in self._squads),
            used=used,
        )
