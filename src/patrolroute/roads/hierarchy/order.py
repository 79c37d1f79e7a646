"""`Hierarchy`: all that depends on which nodes are linked, and not on how long it takes to get from one to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from patrolroute.compiled import entry
from patrolroute.errors import Faults
from patrolroute.roads.hierarchy.dissection import dissect
from patrolroute.roads.hierarchy.elimination import Chordal, eliminate

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False, kw_only=True)
class Hierarchy:
    """The order of a graph's nodes, and the links of the hierarchy over it; n nodes, A arcs.

    Parameters
    ----------
    rank : int32 array, shape (n,)
        The place of each node in the order: 0 is eliminated first.
    chordal : Chordal
    link : int64 array, shape (A,)
        The link of `chordal` that each arc runs along; -1 for a loop.
    upward : bool array, shape (A,)
        Whether the arc leads to the higher rank.
    """

    rank: NDArray[np.int32]
    chordal: Chordal
    link: NDArray[np.int64]
    upward: NDArray[np.bool_]

    @property
    def nodes(self) -> int:
        """How many nodes the graph has."""
        return len(self.rank)


def build_hierarchy(
    n: int,
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
    xy: NDArray[np.float64] | None = None,
    *,
    order: NDArray[np.int64] | None = None,
) -> Hierarchy:
    """Return the hierarchy of a directed graph, which may have loops and parallel arcs and need not hold together.

    Parameters
    ----------
    n : int
        Nodes, at least one.
    tail, head : int array, shape (A,)
    xy : float64 array, shape (n, 2), optional
        Where the nodes lie, in any unit that is as long in both directions. Without it, numbers of arcs from nodes at
        the rim stand in for places. Any places give exact answers; right ones give them faster.
    order : int64 array, shape (n,), optional
        All nodes in the order in which they are eliminated, where it is known; places do not matter then.

    Raises
    ------
    InputError
        When there is no node, an arc leads nowhere, the shapes differ, or an order has not every node once.
    """
    tail, head = np.asarray(tail), np.asarray(head)
    faults = Faults()
    if n < 1:
        faults.add(f"graph: expected at least one node, found {n}.")
    if tail.shape != head.shape or tail.ndim != 1:
        faults.add(f"graph: tail and head must have one shape (A,); found {tail.shape} and {head.shape}.")
    elif len(tail) and not (min(tail.min(), head.min()) >= 0 and max(tail.max(), head.max()) < n):
        faults.add(f"graph: tail and head must be nodes from 0 to {n - 1}.")
    if xy is not None and (xy.shape != (n, 2) or not np.isfinite(xy).all()):
        faults.add(f"graph: xy must be {n} finite pairs; found shape {xy.shape}.")
    if order is not None and not np.array_equal(np.sort(order), np.arange(n)):
        faults.add(f"graph: order must have each of {n} nodes once.")
    faults.raise_if_any()
    tail, head = tail.astype(np.int64), head.astype(np.int64)
    low, high = np.minimum(tail, head), np.maximum(tail, head)
    pair = np.unique((low * n + high)[low != high])
    low, high = np.divmod(pair, n)
    if order is None:
        places = _spread(n, low, high) if xy is None else np.asarray(xy, np.float64)
        order = dissect(n, low, high, places).astype(np.int64)
    rank = np.empty(n, np.int32)
    rank[order] = np.arange(n, dtype=np.int32)
    a, b = rank[low], rank[high]
    chordal = eliminate(n, np.minimum(a, b), np.maximum(a, b))
    link = np.empty(len(tail), np.int64)
    a, b = rank[tail], rank[head]
    _find_links(chordal.start, chordal.higher, np.minimum(a, b), np.maximum(a, b), link)
    return Hierarchy(rank=rank, chordal=chordal, link=link, upward=a < b)


@entry
def _find_links(
    start: NDArray[np.int64],
    higher: NDArray[np.int32],
    low: NDArray[np.int32],
    high: NDArray[np.int32],
    link: NDArray[np.int64],
) -> None:
    for i in range(len(link)):
        lo, hi = start[low[i]], start[low[i] + 1]
        while lo < hi:
            middle = (lo + hi) // 2
            if higher[middle] < high[i]:
                lo = middle + 1
            else:
                hi = middle
        link[i] = lo if low[i] != high[i] else -1


def _spread(n: int, low: NDArray[np.int64], high: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return places for nodes that have none: how much farther from one end of the graph than from the other."""
    links = csr_array((np.ones(len(low)), (low, high)), shape=(n, n))

    def hops(node: int) -> NDArray[np.float64]:
        found = dijkstra(links, directed=False, indices=np.array([node]), unweighted=True)[0]
        return np.where(np.isfinite(found), found, -1.0)

    west = hops(int(np.argmax(hops(0))))
    east = hops(int(np.argmax(west)))
    south = hops(int(np.argmax(np.minimum(west, east))))
    north = hops(int(np.argmax(south)))
    return np.column_stack([west - east, south - north])
