"""Levels: what is maximised first, second and so on, and what every better plan must keep meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from patrolroute.problem import Orders, PatrolProblem

    Ints = NDArray[np.int64]

REQUIRED = 0
"""The level above all tiers: the number of required groups that are served."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Level:
    """One thing to maximise, under floors that earlier levels set.

    Parameters
    ----------
    tier : int
        `REQUIRED`, or a tier.
    weight : int64 array, shape (V,)
        What each visit adds; 0 for visits of other tiers.
    floors : tuple of (int64 array, int)
        Weights of earlier levels, and how much of each every plan in question covers at least.
    """

    tier: int
    weight: Ints
    floors: tuple[tuple[Ints, int], ...] = ()

    @property
    def step(self) -> int:
        """Greatest number of which every possible value is a multiple (1 when nothing has weight)."""
        return gcd(*np.unique(self.weight).tolist()) or 1

    def value(self, orders: Orders) -> int:
        """Return what orders that serve no group twice add up to."""
        return covered(self.weight, orders)

    def rounded(self, most: int) -> int:
        """Return the greatest value that is possible at or below a bound."""
        return most // self.step * self.step


def covered(weight: Ints, orders: Iterable[Iterable[int]]) -> int:
    """Return the sum of the weights of all visits in orders."""
    return sum(int(weight[v]) for order in orders for v in order)


def level_weights(problem: PatrolProblem) -> dict[int, Ints]:
    """Return the weights of every level by its tier, the most important first; `REQUIRED` only where a group is."""
    table = problem.visits
    weights: dict[int, Ints] = {}
    if problem.groups.required.any():
        weights[REQUIRED] = problem.groups.required[table.group].astype(np.int64)
    for tier in problem.tiers:
        weights[tier] = np.where(table.tier == tier, table.weight, 0).astype(np.int64)
    return weights
