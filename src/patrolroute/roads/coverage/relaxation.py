"""A linear relaxation that grows by cuts, and the integer program that it becomes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from ortools.linear_solver import pywraplp
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, vstack

if TYPE_CHECKING:
    from numpy.typing import NDArray

NO_BOUND = -(2**62)
_TOLERANCE = 0.02
_RELATIVE = 1e-9
"""Costs are whole, but solvers compute in floating point. What GLOP reports exceeded the bound that its dual values
prove in longer numbers by 2e-6 ms, or 2e-13 of the cost, at most (two districts, every solution on the way); HiGHS
keeps to rows within 1e-7. So 1e-9 of the cost is left for either, and at least `_TOLERANCE`. That is a margin and no
proof: a bound above a drive that is there is dropped."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Found:
    """What a solver found.

    Parameters
    ----------
    x : float64 array, shape (C,), or None
        None where time ran out before any solution.
    lower : int
        No solution costs less; `NO_BOUND` where that is not known.
    optimal : bool
    """

    x: NDArray[np.float64] | None
    lower: int
    optimal: bool


class Relaxation:
    """Least cost of C columns under R rows `least <= a x <= most`, solved anew cheaply whenever rows are added.

    Parameters
    ----------
    cost : int64 array, shape (C,)
    low, high : float64 array, shape (C,)
    rows : csr_array, shape (R, C)
    least, most : float64 array, shape (R,)
    """

    def __init__(
        self,
        cost: NDArray[np.int64],
        columns: tuple[NDArray[np.float64], NDArray[np.float64]],
        rows: csr_array,
        limits: tuple[NDArray[np.float64], NDArray[np.float64]],
    ) -> None:
        self.cost = cost
        self.low, self.high = columns
        self._parts = [rows]
        self._least, self._most = [limits[0]], [limits[1]]
        self._solver = pywraplp.Solver.CreateSolver("GLOP")
        self._variables = [
            self._solver.NumVar(*each, "") for each in zip(*map(np.ndarray.tolist, columns), strict=True)
        ]
        objective = self._solver.Objective()
        for variable, value in zip(self._variables, cost.tolist(), strict=True):
            objective.SetCoefficient(variable, value)
        self._parameters = pywraplp.MPSolverParameters()
        self._parameters.SetIntegerParam(self._parameters.LP_ALGORITHM, self._parameters.DUAL)
        self._parameters.SetIntegerParam(self._parameters.PRESOLVE, self._parameters.PRESOLVE_OFF)
        self._write(rows, *limits)

    def _write(self, rows: csr_array, least: NDArray[np.float64], most: NDArray[np.float64]) -> None:
        start, columns, values = rows.indptr.tolist(), rows.indices.tolist(), rows.data.tolist()
        for row, bounds in enumerate(zip(least.tolist(), most.tolist(), strict=True)):
            constraint = self._solver.Constraint(*bounds)
            for at in range(start[row], start[row + 1]):
                constraint.SetCoefficient(self._variables[columns[at]], float(values[at]))

    def add(self, rows: csr_array, least: NDArray[np.float64]) -> None:
        """Add rows `least <= a x`."""
        rows.eliminate_zeros()
        self._parts.append(rows)
        self._least.append(least)
        self._most.append(np.full(len(least), np.inf))
        self._write(rows, least, self._most[-1])

    def solve(self) -> Found:
        """Return the solution of the relaxation."""
        if self._solver.Solve(self._parameters) != pywraplp.Solver.OPTIMAL:
            return Found(x=None, lower=NO_BOUND, optimal=False)
        x = np.array([variable.solution_value() for variable in self._variables])
        return Found(x=x, lower=whole(self._solver.Objective().Value()), optimal=True)

    def solve_whole(self, seconds: float) -> Found:
        """Return the best solution in whole numbers that HiGHS finds in time, and a bound."""
        limits = LinearConstraint(
            vstack(self._parts, format="csr"), np.concatenate(self._least), np.concatenate(self._most)
        )
        result = milp(
            self.cost.astype(np.float64),
            constraints=limits,
            bounds=Bounds(self.low, self.high),
            integrality=np.ones(len(self.cost), np.int64),
            options={"time_limit": max(seconds, 0.01), "mip_rel_gap": 0.0},
        )
        bound = result.mip_dual_bound if result.mip_dual_bound is not None else -math.inf
        lower = whole(bound) if math.isfinite(bound) else NO_BOUND
        return Found(x=result.x, lower=lower, optimal=result.status == 0)


def whole(value: float) -> int:
    """Return the least whole number that a sum of whole costs with this bound can be."""
    return math.ceil(value - max(_TOLERANCE, _RELATIVE * abs(value)))
