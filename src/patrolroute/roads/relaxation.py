"""A linear relaxation that grows by cuts, and the integer program that it becomes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from ortools.math_opt import model_pb2
from ortools.math_opt.python import mathopt
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, vstack

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TOLERANCE = 0.02
"""Costs are whole; solvers' sums of them are off by less."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Found:
    """What a solver found.

    Parameters
    ----------
    x : float64 array, shape (C,), or None
        None where time ran out before any solution.
    lower : int
        No solution costs less.
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
        self._model = mathopt.Model.from_model_proto(self._proto(rows, *limits))
        self._variables = list(self._model.variables())
        self._solver = mathopt.IncrementalSolver(self._model, mathopt.SolverType.GLOP)
        self.parameters = mathopt.SolveParameters(
            lp_algorithm=mathopt.LPAlgorithm.DUAL_SIMPLEX, presolve=mathopt.Emphasis.OFF, threads=1
        )

    def _proto(self, rows: csr_array, least: NDArray[np.float64], most: NDArray[np.float64]) -> model_pb2.ModelProto:
        proto = model_pb2.ModelProto()
        number = range(len(self.cost))
        proto.variables.ids.extend(number)
        proto.variables.lower_bounds.extend(self.low.tolist())
        proto.variables.upper_bounds.extend(self.high.tolist())
        proto.variables.integers.extend([False] * len(self.cost))
        proto.objective.linear_coefficients.ids.extend(number)
        proto.objective.linear_coefficients.values.extend(self.cost.astype(np.float64).tolist())
        proto.linear_constraints.ids.extend(range(len(least)))
        proto.linear_constraints.lower_bounds.extend(least.tolist())
        proto.linear_constraints.upper_bounds.extend(most.tolist())
        rows.sort_indices()
        matrix = proto.linear_constraint_matrix
        matrix.row_ids.extend(np.repeat(np.arange(len(least)), np.diff(rows.indptr)).tolist())
        matrix.column_ids.extend(rows.indices.tolist())
        matrix.coefficients.extend(rows.data.tolist())
        return proto

    def add(self, rows: csr_array, least: NDArray[np.float64]) -> None:
        """Add rows `least <= a x`."""
        rows.eliminate_zeros()
        self._parts.append(rows)
        self._least.append(least)
        self._most.append(np.full(len(least), np.inf))
        for row, bound in enumerate(least.tolist()):
            constraint = self._model.add_linear_constraint(lb=bound)
            for at in range(rows.indptr[row], rows.indptr[row + 1]):
                constraint.set_coefficient(self._variables[rows.indices[at]], float(rows.data[at]))

    def solve(self) -> Found:
        """Return the solution of the relaxation."""
        result = self._solver.solve(params=self.parameters)
        if result.termination.reason != mathopt.TerminationReason.OPTIMAL:
            return Found(x=None, lower=0, optimal=False)
        x = np.array(result.variable_values(self._variables))
        return Found(x=x, lower=whole(result.objective_value()), optimal=True)

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
        lower = whole(bound) if math.isfinite(bound) else -(2**62)
        return Found(x=result.x, lower=lower, optimal=result.status == 0)


def whole(value: float) -> int:
    """Return the least whole number that a sum of whole costs with this bound can be."""
    return math.ceil(value - _TOLERANCE)
