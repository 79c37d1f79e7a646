"""Fastest ways between placed points, exact in whole milliseconds and decimetres."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from patrolroute.errors import InputError
from patrolroute.roads.keys import DM_LIMIT, MS_LIMIT, join_keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from patrolroute.roads.network import RoadNetwork
    from patrolroute.roads.ways.snap import Placed

_CHUNK_BYTES = 64 * 2**20


@dataclass(frozen=True, eq=False, kw_only=True)
class Stretches:
    """Parts of edges that are driven, k of them.

    Parameters
    ----------
    edge : int64 array, shape (k,)
        -1 where nothing is driven.
    from_dm, to_dm : int64 array, shape (k,)
        From where to where on the edge, decimetres from its tail.
    time_ms : int64 array, shape (k,)
    """

    edge: NDArray[np.int64]
    from_dm: NDArray[np.int64]
    to_dm: NDArray[np.int64]
    time_ms: NDArray[np.int64]

    @property
    def key(self) -> NDArray[np.float64]:
        """Time and length as one number, see `join_keys`."""
        return join_keys(self.time_ms, self.to_dm - self.from_dm)

    def part(self, chosen: NDArray[np.integer] | NDArray[np.bool_]) -> Stretches:
        """Return some of them."""
        return Stretches(
            edge=self.edge[chosen],
            from_dm=self.from_dm[chosen],
            to_dm=self.to_dm[chosen],
            time_ms=self.time_ms[chosen],
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class PlacedArcs:
    """A graph on which points are placed; A arcs, sorted by tail, then head, of parallel ones only the best.

    Parameters
    ----------
    nodes : int
    tail, head : int32 array, shape (A,)
    time_ms, length_dm : int64 array, shape (A,)
    edge : int32 array, shape (A,)
        The network's edge that an arc drives on; -1 for one that only ends the way.
    from_dm, to_dm : int64 array, shape (A,)
        Where the arc begins and ends on its edge.
    """

    nodes: int
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    time_ms: NDArray[np.int64]
    length_dm: NDArray[np.int64]
    edge: NDArray[np.int32]
    from_dm: NDArray[np.int64]
    to_dm: NDArray[np.int64]

    @property
    def weights(self) -> csr_array:
        """Time and length of every arc as one number, see `join_keys`; `check_range` says up to where that is exact."""
        start = np.searchsorted(self.tail, np.arange(self.nodes + 1)).astype(np.int32)
        weight = join_keys(self.time_ms, self.length_dm)
        return csr_array((weight, self.head, start), shape=(self.nodes, self.nodes))


@dataclass(frozen=True, eq=False, kw_only=True)
class StreetGraph(PlacedArcs):
    """The street network with placed points as nodes of their own.

    Nodes 0 to N - 1 are the network's; a point within an edge cuts it, a point at its end is that end's node, and
    points at the same decimetre of an edge share a node. Milliseconds and decimetres are cut cumulatively, so the parts
    of an edge add up to the edge.

    Parameters
    ----------
    point_node : int64 array, shape (n,)
        The node of each placed point.
    """

    point_node: NDArray[np.int64]

    @property
    def source_node(self) -> NDArray[np.int64]:
        """The node that each placed point is left from."""
        return self.point_node

    @property
    def target_node(self) -> NDArray[np.int64]:
        """The node that each placed point is reached at."""
        return self.point_node


def street_graph(network: RoadNetwork, placed: Placed) -> StreetGraph:
    """Return the network's graph with placed points inserted."""
    point_node, cuts, nodes = _cuts(network, placed)
    cut_edge, cut_dm, cut_node, cut_rank = cuts
    whole = np.ones(len(network.tail), bool)
    whole[cut_edge] = False
    plain, cut = np.flatnonzero(whole), np.flatnonzero(~whole)
    length, time = network.length_dm, network.time_ms
    # Along every cut edge, in order: its tail, its points, its head.
    edge = np.concatenate([cut, cut_edge, cut])
    at_dm = np.concatenate([np.zeros(len(cut), np.int64), cut_dm, length[cut]])
    node = np.concatenate([network.tail[cut], cut_node, network.head[cut]]).astype(np.int64)
    rank = np.concatenate([np.full(len(cut), -MS_LIMIT), cut_rank, np.full(len(cut), MS_LIMIT)])
    order = np.lexsort((rank, edge))
    edge, at_dm, node = edge[order], at_dm[order], node[order]
    at_ms = along_ms(network, edge, at_dm)
    # The head of an edge of no length, too, is its whole time away from the tail.
    at_ms[rank[order] == MS_LIMIT] = time[cut]
    follows = np.flatnonzero(edge[1:] == edge[:-1])
    tail = np.concatenate([network.tail[plain], node[follows]])
    head = np.concatenate([network.head[plain], node[follows + 1]])
    arc_ms = np.concatenate([time[plain], (at_ms[follows + 1] - at_ms[follows])])
    from_dm = np.concatenate([np.zeros(len(plain), np.int64), at_dm[follows]])
    to_dm = np.concatenate([length[plain], at_dm[follows + 1]])
    arc_edge = np.concatenate([plain, edge[follows]])
    best = best_of_parallel(tail, head, arc_ms, to_dm - from_dm, arc_edge)
    return StreetGraph(
        nodes=nodes,
        tail=tail[best].astype(np.int32),
        head=head[best].astype(np.int32),
        time_ms=arc_ms[best],
        length_dm=(to_dm - from_dm)[best],
        edge=arc_edge[best].astype(np.int32),
        from_dm=from_dm[best],
        to_dm=to_dm[best],
        point_node=point_node,
    )


def spots(network: RoadNetwork, placed: Placed) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return each placed point's edge, of twins the first, and its decimetres from the edge's tail."""
    # A point on the second of two twins is one on the first, or it would not meet the points there.
    second = ~network.street[placed.edge]
    edge = np.where(second, network.twin[placed.edge], placed.edge).astype(np.int64)
    fraction = np.where(second, 1 - placed.fraction, placed.fraction)
    length = network.length_dm[edge]
    return edge, np.clip(np.rint(fraction * length).astype(np.int64), 0, length)


def along_ms(network: RoadNetwork, edge: NDArray[np.int64], at_dm: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the milliseconds from the tails of edges to places on them, rounded half up."""
    time, length = network.time_ms[edge], network.length_dm[edge]
    at_ms: NDArray[np.int64] = (2 * time * at_dm + length) // np.maximum(2 * length, 1)
    return at_ms


def on_twin_dm(network: RoadNetwork, edge: NDArray[np.int64], at_dm: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where places on edges lie on the edges' twins, decimetres from the twin's tail, rounded half up."""
    there, back = network.length_dm[edge], network.length_dm[network.twin[edge]]
    back_dm: NDArray[np.int64] = (2 * back * (there - at_dm) + there) // (2 * there)
    return back_dm


def _cuts(network: RoadNetwork, placed: Placed) -> tuple[NDArray[np.int64], tuple[NDArray[np.int64], ...], int]:
    """Return each point's node; edge, decimetres, node and rank of every cut; and the number of nodes.

    The rank orders the cuts of an edge. Decimetres alone would not: a twin may be shorter than the edge that a point
    was put on, so that two points fall on one decimetre of it.
    """
    n = len(network.node_id)
    edge, at_dm = spots(network, placed)
    length = network.length_dm[edge]
    at_tail = at_dm == 0
    inner = ~at_tail & (at_dm < length)
    found, which = np.unique(np.column_stack([edge[inner], at_dm[inner]]), axis=0, return_inverse=True)
    point_node = np.where(at_tail, network.tail[edge], network.head[edge]).astype(np.int64)
    point_node[inner] = n + which.reshape(-1)
    spot_edge, spot_dm = found[:, 0], found[:, 1]
    spot_node = n + np.arange(len(found))
    twin = network.twin[spot_edge].astype(np.int64)
    paired = twin >= 0
    back_dm = on_twin_dm(network, spot_edge[paired], spot_dm[paired])
    cuts = (
        np.concatenate([spot_edge, twin[paired]]),
        np.concatenate([spot_dm, back_dm]),
        np.concatenate([spot_node, spot_node[paired]]),
        np.concatenate([spot_dm, -spot_dm[paired]]),
    )
    return point_node, cuts, n + len(found)


def best_of_parallel(
    tail: NDArray[np.integer],
    head: NDArray[np.integer],
    time_ms: NDArray[np.integer],
    length_dm: NDArray[np.integer],
    edge: NDArray[np.integer],
) -> NDArray[np.int64]:
    """Return the positions of arcs by tail, then head, of parallel ones only the best, and no loops.

    The best takes least time, then is shortest, then has the first edge.
    """
    order = np.lexsort((edge, length_dm, time_ms, head, tail))
    order = order[tail[order] != head[order]]
    t, h = tail[order], head[order]
    first = np.ones(len(order), bool)
    first[1:] = (t[1:] != t[:-1]) | (h[1:] != h[:-1])
    best: NDArray[np.int64] = order[first]
    return best


def check_range(network: RoadNetwork, placed: Placed, longest_ms: int) -> None:
    """Refuse drives so long that time and length together are not exact any more.

    A way of T milliseconds is at most T times the greatest decimetres per millisecond of any edge long, and each placed
    point cuts its edge to the nearest millisecond, which adds less than that ratio again at each end.

    Raises
    ------
    InputError
        When a drive takes about 15 hours or more.
    """
    ratio = float((network.length_dm / network.time_ms).max())
    if longest_ms >= MS_LIMIT or ratio * (longest_ms + 2 * len(placed.ids) + 2) >= DM_LIMIT:
        raise InputError(
            [
                f"a drive between two sites takes up to {longest_ms / 3_600_000:.1f} hours; expected at most about 15. "
                "Plan districts that far apart separately."
            ]
        )


def fastest(weights: csr_array, sources: NDArray[np.int64]) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    """Yield, for slices of the source nodes, the weights of the fastest ways to all nodes, in slices of bounded memory.

    Dijkstra's algorithm as SciPy has it (10.1007/BF01386390).
    """
    chunk = max(1, _CHUNK_BYTES // (12 * weights.shape[0]))
    for begin in range(0, len(sources), chunk):
        part = slice(begin, min(begin + chunk, len(sources)))
        yield part, dijkstra(weights, indices=sources[part])
