"""The part of a network that a drive over some streets can need, and the fastest ways within it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from patrolroute.roads.ways.routing import best_of_parallel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from patrolroute.roads.network import RoadNetwork


@dataclass(frozen=True, eq=False, kw_only=True)
class Ground:
    """A part of a network with nodes of its own: K ends of streets, which come first, and others on ways between.

    Parameters
    ----------
    node : int64 array, shape (n,)
        Nodes of the network.
    ends : int
        K.
    edge : int64 array, shape (A,)
        Edges of the network, sorted.
    tail, head : int64 array, shape (A,)
        Positions in `node`.
    time_ms : int64 array, shape (A,)
    """

    node: NDArray[np.int64]
    ends: int
    edge: NDArray[np.int64]
    tail: NDArray[np.int64]
    head: NDArray[np.int64]
    time_ms: NDArray[np.int64]

    def place(self, node: int) -> int:
        """Return the position of one of the network's nodes among the ends."""
        return int(np.flatnonzero(self.node[: self.ends] == node)[0])


def ground_of(network: RoadNetwork, edges: NDArray[np.int64], more: NDArray[np.int64]) -> Ground:
    """Return the ground of a drive over some edges: all that an optimal drive can need.

    Between two of those edges an optimal drive takes fastest ways. One that leaves the edges' own nodes leaves and
    enters at nodes of the border, so of the edges elsewhere only those of fastest ways between border nodes are kept,
    one way for each pair. The ways are as long as in the whole network.

    Parameters
    ----------
    network : RoadNetwork
    edges : int64 array
        Edges that may be driven for their own sake.
    more : int64 array
        Nodes that the drive must also reach: where it begins and ends.
    """
    is_end = np.zeros(len(network.node_id), bool)
    is_end[network.tail[edges]] = is_end[network.head[edges]] = is_end[more] = True
    reach = _within_reach(network, is_end)
    near = reach[network.tail] & reach[network.head]
    among = is_end[network.tail] & is_end[network.head]
    away = np.flatnonzero(near & ~among)
    kept = among.copy()
    kept[_ways_outside(network, np.flatnonzero(near), away, is_end)] = True
    kept_edges = np.flatnonzero(kept)
    used = np.zeros(len(is_end), bool)
    used[network.tail[kept_edges]] = used[network.head[kept_edges]] = True
    node = np.concatenate([np.flatnonzero(is_end), np.flatnonzero(used & ~is_end)])
    place = np.full(len(is_end), -1, np.int64)
    place[node] = np.arange(len(node))
    return Ground(
        node=node,
        ends=int(is_end.sum()),
        edge=kept_edges,
        tail=place[network.tail[kept_edges]],
        head=place[network.head[kept_edges]],
        time_ms=network.time_ms[kept_edges],
    )


def _within_reach(network: RoadNetwork, is_end: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return nodes that a fastest way between two ends may pass: no ends are further apart than by way of one end."""
    edges = np.arange(len(network.tail))
    there, _ = _graph(network.tail, network.head, network.time_ms, edges, len(is_end))
    ends = np.flatnonzero(is_end)
    back = there.T.tocsr()
    longest = dijkstra(there, indices=ends[0])[ends].max() + dijkstra(back, indices=ends[0])[ends].max()
    from_end = dijkstra(there, indices=ends, min_only=True, limit=longest)
    to_end = dijkstra(back, indices=ends, min_only=True, limit=longest)
    reach: NDArray[np.bool_] = from_end + to_end <= longest
    return reach


def _ways_outside(
    network: RoadNetwork, near: NDArray[np.int64], away: NDArray[np.int64], is_end: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return edges of the fastest ways between nodes of the border."""
    touched = np.zeros(len(is_end), bool)
    touched[network.tail[away]] = touched[network.head[away]] = True
    border = np.flatnonzero(touched & is_end)
    if not len(border):
        return np.zeros(0, np.int64)
    graph, best = _graph(network.tail, network.head, network.time_ms, near, len(is_end))
    size = len(is_end)
    keys = network.tail[best].astype(np.int64) * size + network.head[best]
    used = [np.zeros(0, np.int64)]
    for source in border.tolist():
        _, before = dijkstra(graph, indices=np.array(source), return_predecessors=True)
        here = border[border != source]
        while len(here):
            previous = before[here].astype(np.int64)
            used.append(best[np.searchsorted(keys, previous * size + here)])
            here = np.unique(previous[previous != source])
    return np.unique(np.concatenate(used))


def _graph(
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
    time_ms: NDArray[np.int64],
    edges: NDArray[np.int64],
    nodes: int,
) -> tuple[csr_array, NDArray[np.int64]]:
    """Return the quickest of parallel edges as a graph, and those edges sorted by tail and head; no loops."""
    best = edges[best_of_parallel(tail[edges], head[edges], time_ms[edges], np.zeros_like(time_ms[edges]), edges)]
    weights = time_ms[best].astype(np.float64)
    return csr_array((weights, (tail[best], head[best])), shape=(nodes, nodes)), best


@dataclass(frozen=True, eq=False, kw_only=True)
class Ways:
    """Fastest ways between the ends of a ground.

    Parameters
    ----------
    ms : int32 array, shape (K, K)
    before : int32 array, shape (K, n)
        The node before each node on the way from each end.
    arc : dict
        The quickest arc between two neighbouring nodes.
    """

    ms: NDArray[np.int32]
    before: NDArray[np.int32]
    arc: dict[tuple[int, int], int]

    def between(self, a: int, b: int) -> list[int]:
        """Return the arcs of the fastest way from end to end."""
        arcs, row = [], self.before[a]
        while b != a:
            previous = int(row[b])
            arcs.append(self.arc[previous, b])
            b = previous
        return arcs[::-1]


def ways_of(ground: Ground) -> Ways:
    """Return the fastest ways between all ends of a ground."""
    arcs = np.arange(len(ground.edge))
    graph, best = _graph(
        ground.tail.astype(np.int32), ground.head.astype(np.int32), ground.time_ms, arcs, len(ground.node)
    )
    ms, before = dijkstra(graph, indices=np.arange(ground.ends), return_predecessors=True)
    pairs = zip(ground.tail[best].tolist(), ground.head[best].tolist(), strict=True)
    return Ways(
        ms=ms[:, : ground.ends].astype(np.int32),
        before=before,
        arc=dict(zip(pairs, best.tolist(), strict=True)),
    )
