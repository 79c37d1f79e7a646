"""What an order of nodes makes of a graph: the tree of eliminations, and the arcs that shortcuts may need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from patrolroute.compiled import entry

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False, kw_only=True)
class Chordal:
    """Nodes by rank, each linked with all higher nodes that it meets once the lower ones are gone; m links.

    Parameters
    ----------
    parent : int32 array, shape (n,)
        The lowest of a node's higher neighbours; -1 where it has none.
    start : int64 array, shape (n + 1,)
    higher : int32 array, shape (m,)
        The higher neighbours of each node, packed, rising.
    """

    parent: NDArray[np.int32]
    start: NDArray[np.int64]
    higher: NDArray[np.int32]


@entry
def _grow_tree(
    start: NDArray[np.int64], lower: NDArray[np.int32], parent: NDArray[np.int32], root: NDArray[np.int32]
) -> None:
    """Fill in the tree of eliminations from the lower neighbours of each node (Liu, 10.1137/0611010)."""
    for v in range(len(parent)):
        parent[v] = root[v] = -1
        for e in range(start[v], start[v + 1]):
            u = lower[e]
            while root[u] >= 0 and root[u] != v:
                above = root[u]
                root[u] = v
                u = above
            if root[u] < 0 and u != v:
                root[u] = parent[u] = v


@entry
def _climb(
    start: NDArray[np.int64],
    lower: NDArray[np.int32],
    parent: NDArray[np.int32],
    seen: NDArray[np.int32],
    end: NDArray[np.int64],
    higher: NDArray[np.int32],
) -> None:
    """Move `end` of each node on by one for every higher neighbour, and note it there unless `higher` is empty.

    A node meets every node on the tree's path from each of its lower neighbours to itself.
    """
    for v in range(len(parent)):
        seen[v] = v
        for e in range(start[v], start[v + 1]):
            u = lower[e]
            while seen[u] != v:
                seen[u] = v
                if len(higher) > 0:
                    higher[end[u]] = v
                end[u] += 1
                u = parent[u]


def eliminate(n: int, low: NDArray[np.int32], high: NDArray[np.int32]) -> Chordal:
    """Return the tree and the links that eliminating nodes by rank makes (symbolic Cholesky factorisation).

    Parameters
    ----------
    n : int
    low, high : int array
        Ends of each link, low below high; links may repeat.
    """
    order = np.argsort(high, kind="stable")
    lower = np.asarray(low, np.int32)[order]
    start = np.searchsorted(high[order], np.arange(n + 1)).astype(np.int64)
    parent, seen = np.empty(n, np.int32), np.empty(n, np.int32)
    _grow_tree(start, lower, parent, seen)
    end = np.zeros(n, np.int64)
    seen.fill(-1)
    _climb(start, lower, parent, seen, end, np.empty(0, np.int32))
    begin = np.zeros(n + 1, np.int64)
    np.cumsum(end, out=begin[1:])
    higher = np.empty(begin[-1], np.int32)
    end = begin[:-1].copy()
    seen.fill(-1)
    _climb(start, lower, parent, seen, end, higher)
    return Chordal(parent=parent, start=begin, higher=higher)
