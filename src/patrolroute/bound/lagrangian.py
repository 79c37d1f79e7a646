"""Bounds from prices, proved in whole numbers.

Give every group a price, every earlier tier a premium, and let each squad drive the route that earns most at these
prices. No plan can be worth more than all prices together and the earnings of the squads: whatever the prices, found
by whatever means (Lagrangian relaxation; with prices of a linear program Farley's bound, 10.1287/opre.38.5.922).
Prices are rounded to a grid of whole numbers first, and everything after is exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from patrolroute.bound.levels import Level

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

_ROOM = 1 << 58
"""Most that any sum of profits may reach, so that 64 bits hold it with room to spare."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Prices:
    """Prices on a grid: whole multiples of 1 / `grid`.

    Parameters
    ----------
    grid : int
    group : int64 array, shape (G,)
        Price of serving each group, 0 or more.
    premium : tuple of int
        Extra worth of each earlier level's weight, 0 or more.
    """

    grid: int
    group: Ints
    premium: tuple[int, ...]

    def profits(self, level: Level, group_of: Ints) -> Ints:
        """Return what each visit earns at these prices, shape (V,)."""
        profit = level.weight * self.grid - self.group[group_of]
        for each, (weight, _) in zip(self.premium, level.floors, strict=True):
            profit = profit + each * weight
        return profit

    def base(self, level: Level) -> int:
        """Return the part of the bound that no route changes: all prices, less the premiums on the floors."""
        floors = sum(each * floor for each, (_, floor) in zip(self.premium, level.floors, strict=True))
        return int(self.group.sum()) - floors


def grid_of(level: Level, groups: int) -> int:
    """Return the finest grid, at most 2^24, on which no sum of profits overflows."""
    most = int(level.weight.max(initial=0)) * max(groups, 1) * 4 + 1
    grid = 1 << 24
    while grid > 1 and grid * most > _ROOM:
        grid >>= 1
    return grid


def prices(level: Level, group: Floats, premium: Sequence[float], *, grid: int) -> Prices:
    """Round prices to the grid.

    Parameters
    ----------
    group : float array, shape (G,)
        Below 0 counts as 0; more than a group can be worth is cut to that.
    premium : sequence of float
        Below 0 counts as 0; more than 64 bits can hold is cut.
    """
    kept = []
    for each, (weight, _) in zip(premium, level.floors, strict=True):
        room = _ROOM // (4 * max(1, int(weight.sum())) * max(1, len(level.floors)))
        kept.append(min(max(0, round(each * grid)), room))
    most = _ROOM // (4 * max(1, len(group)))
    return Prices(
        grid=grid,
        group=np.rint(np.clip(group * grid, 0, most)).astype(np.int64),
        premium=tuple(kept),
    )


def proved_bound(level: Level, at: Prices, squads: Sequence[int], most: Sequence[int]) -> int:
    """Return the greatest whole value that a plan can have.

    Parameters
    ----------
    squads : sequence of int
        Number of squads of each kind.
    most : sequence of int
        The most that a route of each kind earns at these prices, proved; below 0 counts as 0: a squad may stay.
    """
    total = at.base(level) + sum(count * max(0, each) for count, each in zip(squads, most, strict=True))
    return level.rounded(total // at.grid)
