"""Placed points as ends of a hierarchy: by which nodes each is left and reached, and the streets that several share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from patrolroute.roads.geometry import starts_of
from patrolroute.roads.hierarchy import Ends
from patrolroute.roads.keys import join_keys
from patrolroute.roads.routing import along_ms, on_twin_dm, spots

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from patrolroute.roads.network import RoadNetwork
    from patrolroute.roads.snap import Placed


@dataclass(frozen=True, eq=False, kw_only=True)
class StreetEnds:
    """Placed points on a network whose nodes stay as they are; n points, i of them within edges.

    A point within an edge is left by the edge's head and reached by its tail, and by the twin's where there is one, so
    that the network need not be cut and its hierarchy serves any points. Only points on one street also reach each
    other without a node between them.

    Parameters
    ----------
    sources, targets : Ends
        Of all n points.
    edge : int64 array, shape (i,)
        Edges of the points within edges, rising; of twins the first.
    point : int64 array, shape (i,)
        Which points these are.
    at_dm, at_ms : int64 array, shape (2, i)
        Where they lie on the edge, and on its twin, from the tail of each.
    paired : bool array, shape (i,)
        Whether there is a twin.
    """

    sources: Ends
    targets: Ends
    edge: NDArray[np.int64]
    point: NDArray[np.int64]
    at_dm: NDArray[np.int64]
    at_ms: NDArray[np.int64]
    paired: NDArray[np.bool_]

    def shorten(self, rows: slice, key: NDArray[np.float64]) -> None:
        """Lower the keys between points of one street to those of driving straight on, in place.

        Parameters
        ----------
        rows : slice
            Points that the rows of `key` belong to.
        key : float64 array, shape (points in the slice, n)
        """
        mine = np.flatnonzero((self.point >= rows.start) & (self.point < rows.stop))
        group = np.searchsorted(self.edge, [self.edge[mine], self.edge[mine] + 1])
        sizes = group[1] - group[0]
        a, b = np.repeat(mine, sizes), np.repeat(group[0] - starts_of(sizes)[:-1], sizes) + np.arange(sizes.sum())
        onward = self.at_dm[0, a] <= self.at_dm[0, b]
        reachable = onward | self.paired[a]
        a, b, way = a[reachable], b[reachable], np.where(onward, 0, 1)[reachable]
        straight = join_keys(self.at_ms[way, b] - self.at_ms[way, a], self.at_dm[way, b] - self.at_dm[way, a])
        cell = self.point[a] - rows.start, self.point[b]
        key[cell] = np.minimum(key[cell], straight)


def street_ends(network: RoadNetwork, placed: Placed) -> StreetEnds:
    """Return the ends of placed points, each as `street_graph` would put it on the streets."""
    edge, at_dm = spots(network, placed)
    inner = (at_dm > 0) & (at_dm < network.length_dm[edge])
    point = np.flatnonzero(inner)
    point = point[np.argsort(edge[point], kind="stable")]
    outer = np.flatnonzero(~inner)
    node = np.where(at_dm == 0, network.tail[edge], network.head[edge])[outer].astype(np.int64)
    edge, at_dm = edge[point], at_dm[point]
    twin = network.twin[edge].astype(np.int64)
    paired = twin >= 0
    second, back_dm = twin[paired], np.zeros(len(point), np.int64)
    back_dm[paired] = on_twin_dm(network, edge[paired], at_dm[paired])
    back_ms = np.zeros(len(point), np.int64)
    back_ms[paired] = along_ms(network, second, back_dm[paired])
    at_ms = along_ms(network, edge, at_dm)

    owner = np.concatenate([outer, point, point[paired]])
    along = np.concatenate([edge, second])
    from_ms, from_dm = np.concatenate([at_ms, back_ms[paired]]), np.concatenate([at_dm, back_dm[paired]])
    ahead = network.head[along], network.time_ms[along] - from_ms, network.length_dm[along] - from_dm
    return StreetEnds(
        sources=_ends(owner, node, ahead, len(placed.ids)),
        targets=_ends(owner, node, (network.tail[along], from_ms, from_dm), len(placed.ids)),
        edge=edge,
        point=point,
        at_dm=np.stack([at_dm, back_dm]),
        at_ms=np.stack([at_ms, back_ms]),
        paired=paired,
    )


def _ends(
    owner: NDArray[np.int64], node: NDArray[np.int64], inner: tuple[NDArray[np.integer], ...], points: int
) -> Ends:
    order = np.argsort(owner, kind="stable")
    zero = np.zeros(len(node), np.int64)
    columns = [np.concatenate(pair).astype(np.int64)[order] for pair in zip((node, zero, zero), inner, strict=True)]
    return Ends(
        start=starts_of(np.bincount(owner, minlength=points)),
        node=columns[0],
        time_ms=columns[1],
        length_dm=columns[2],
    )
