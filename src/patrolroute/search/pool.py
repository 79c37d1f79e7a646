"""Good routes met on the way, kept for recombination: one row for each set of visits, the quickest order of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from patrolroute.compiled import kernel
from patrolroute.search.layout import KIND
from patrolroute.search.state import DRIVE, LENGTH, NODE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from patrolroute.search.layout import Night
    from patrolroute.search.state import State

SUM, SORT, COUNT, SECONDS, RANK, FIRST = range(6)
"""Columns of a pool: a sum over the visits that tells sets apart, the kind of squad, how many visits (0: the row is
free), seconds driven, how far from the best the solution was that the route comes from (in thousandths of a usual
amount), and where the visits begin."""

ROWS = 8192
MASK = 0x7FFFFFFFFFFF
"""A set of visits belongs in the row that its SUM, so cut, leaves as the remainder by the number of rows."""

LONGEST = 192
"""Routes of more visits are not pooled; they share too little with others to be worth recombining."""


def build_pool(positions: int) -> NDArray[np.int64]:
    """Return an empty pool for routes of at most that many visits, shape (ROWS, FIRST + visits)."""
    return np.zeros((ROWS, FIRST + min(positions, LONGEST)), np.int64)


@kernel
def _scatter(u: int) -> int:
    """Return a number in which a visit's row is hard to recognise; sums of them tell sets of visits apart."""
    x = np.uint64(u) + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.int64((x ^ (x >> np.uint64(31))) >> np.uint64(8))  # type: ignore[return-value]  # an int here


@kernel
def remember(n: Night, s: State, standing: int, k: int, rank: int) -> None:
    """Put a route into the pool, in place of an older one that falls into the same row."""
    length = s.tour[standing, k, LENGTH]
    if length == 0 or length > s.pool.shape[1] - FIRST:
        return
    kind = n.squad[k, KIND]
    total = _scatter(-1 - kind)
    for i in range(1, length + 1):
        total += _scatter(s.route[standing, k, i, NODE])
    p = s.pool[(total & MASK) % s.pool.shape[0]]
    same = p[COUNT] == length and p[SUM] == total and p[SORT] == kind
    if same:
        p[RANK] = min(p[RANK], rank)
        if p[SECONDS] <= s.tour[standing, k, DRIVE]:
            return
    else:
        p[RANK] = rank
    p[SUM] = total
    p[SORT] = kind
    p[COUNT] = length
    p[SECONDS] = s.tour[standing, k, DRIVE]
    for i in range(length):
        p[FIRST + i] = s.route[standing, k, i + 1, NODE]


def merge_rows(pool: NDArray[np.int64], rows: NDArray[np.int64]) -> None:
    """Put rows of another pool of the same problem into this one, where they are nearer to the best."""
    for row in rows:
        mine = pool[(int(row[SUM]) & MASK) % len(pool)]
        if mine[COUNT] == 0 or row[RANK] < mine[RANK]:
            mine[:] = row
