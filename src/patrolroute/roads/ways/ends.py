"""Placed points as ends of a hierarchy: by which nodes each is left and reached, and the streets that several share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from patrolroute.roads.geometry import part_index, starts_of
from patrolroute.roads.hierarchy import Ends
from patrolroute.roads.ways.junctions import joined
from patrolroute.roads.ways.routing import Stretches, along_ms, best_of_parallel, on_twin_dm, spots
from patrolroute.roads.ways.turnlegs import point_arcs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from patrolroute.roads.network import RoadNetwork
    from patrolroute.roads.ways.snap import Placed
    from patrolroute.roads.ways.turns import TurnGraph


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
    leaving, arriving : Stretches
        What is driven between a point and each of its ends.
    edge : int64 array, shape (i,)
        Edges of the points within edges, rising; of twins the first.
    point : int64 array, shape (i,)
        Which points these are.
    at_dm, at_ms : int64 array, shape (2, i)
        Where they lie on the edge, and on its twin, from the tail of each.
    twin : int64 array, shape (i,)
        -1 where there is none.
    """

    sources: Ends
    targets: Ends
    leaving: Stretches
    arriving: Stretches
    edge: NDArray[np.int64]
    point: NDArray[np.int64]
    at_dm: NDArray[np.int64]
    at_ms: NDArray[np.int64]
    twin: NDArray[np.int64]

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
        straight = self._between(a, b)
        there = straight.edge >= 0
        cell = self.point[a[there]] - rows.start, self.point[b[there]]
        key[cell] = np.minimum(key[cell], straight.part(there).key)

    def straight(self, origin: NDArray[np.int64], destination: NDArray[np.int64]) -> Stretches:
        """Return what is driven between pairs of points that no node lies between; milliseconds -1 where none is."""
        inner = np.full(len(self.sources.start) - 1, -1)
        inner[self.point] = np.arange(len(self.point))
        a, b = inner[origin], inner[destination]
        near = np.flatnonzero((a >= 0) & (b >= 0))
        near = near[self.edge[a[near]] == self.edge[b[near]]]
        columns = np.full((4, len(origin)), -1)
        found = self._between(a[near], b[near])
        near, found = near[found.edge >= 0], found.part(found.edge >= 0)
        columns[:, near] = found.edge, found.from_dm, found.to_dm, found.time_ms
        return Stretches(edge=columns[0], from_dm=columns[1], to_dm=columns[2], time_ms=columns[3])

    def _between(self, a: NDArray[np.int64], b: NDArray[np.int64]) -> Stretches:
        """Return the stretches between inner points of the same edges."""
        way = (self.at_dm[0, a] > self.at_dm[0, b]).astype(np.int64)
        return Stretches(
            edge=np.where(way == 0, self.edge[a], self.twin[a]),
            from_dm=self.at_dm[way, a],
            to_dm=self.at_dm[way, b],
            time_ms=self.at_ms[way, b] - self.at_ms[way, a],
        )


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
    length, rest_ms = network.length_dm[along], network.time_ms[along] - from_ms
    sources, leaving = _ends(owner, node, (network.head[along], along, from_dm, length, rest_ms), len(placed.ids))
    targets, arriving = _ends(owner, node, (network.tail[along], along, 0 * from_dm, from_dm, from_ms), len(placed.ids))
    return StreetEnds(
        sources=sources,
        targets=targets,
        leaving=leaving,
        arriving=arriving,
        edge=edge,
        point=point,
        at_dm=np.stack([at_dm, back_dm]),
        at_ms=np.stack([at_ms, back_ms]),
        twin=twin,
    )


def _ends(
    owner: NDArray[np.int64], node: NDArray[np.int64], inner: tuple[NDArray[np.integer], ...], points: int
) -> tuple[Ends, Stretches]:
    """Return the ends of points that are nodes, and then of points within edges, in the order of the points."""
    order = np.argsort(owner, kind="stable")
    zero = np.zeros(len(node), np.int64)
    at_nodes = (node, zero - 1, zero, zero, zero)
    rows = np.stack([np.concatenate(pair).astype(np.int64)[order] for pair in zip(at_nodes, inner, strict=True)])
    return _tied(rows, starts_of(np.bincount(owner, minlength=points)))


def _tied(rows: NDArray[np.int64], start: NDArray[np.int64]) -> tuple[Ends, Stretches]:
    """Return ends from node, edge, from and to decimetres and milliseconds."""
    node, edge, from_dm, to_dm, time_ms = rows
    ends = Ends(start=start, node=node, time_ms=time_ms, length_dm=to_dm - from_dm)
    return ends, Stretches(edge=edge, from_dm=from_dm, to_dm=to_dm, time_ms=time_ms)


@dataclass(frozen=True, eq=False, kw_only=True)
class TurnEnds:
    """Placed points on a turn graph whose states stay as they are; n points on k spots, D drives between spots.

    Parameters
    ----------
    sources, targets : Ends
        Of all n points: the states that stand at the end of the first edge, and those before the last turn.
    leaving, arriving : Stretches
        What is driven between a point and each of its ends; the last turn is part of what arrives.
    of_point : int64 array, shape (n,)
        The spot of each point.
    pair : int64 array, shape (D,)
        k times the spot where a drive that passes no state begins, and that where it ends; rising, none twice.
    direct : Stretches
        These drives.
    """

    sources: Ends
    targets: Ends
    leaving: Stretches
    arriving: Stretches
    of_point: NDArray[np.int64]
    spots: int
    pair: NDArray[np.int64]
    direct: Stretches

    def shorten(self, rows: slice, key: NDArray[np.float64]) -> None:
        """Lower the keys between points that no state lies between to those of driving straight on, in place.

        Parameters
        ----------
        rows : slice
            Points that the rows of `key` belong to.
        key : float64 array, shape (points in the slice, n)
        """
        begin, end = np.divmod(self.pair, self.spots)
        row, drive = joined(begin, self.of_point[rows])
        nth, column = joined(self.of_point, end[drive])
        cell = row[nth], column
        key[cell] = np.minimum(key[cell], self.direct.key[drive[nth]])

    def straight(self, origin: NDArray[np.int64], destination: NDArray[np.int64]) -> Stretches:
        """Return what is driven between pairs of points that no state lies between; milliseconds -1 where none is."""
        wanted = self.of_point[origin] * self.spots + self.of_point[destination]
        at = np.minimum(np.searchsorted(self.pair, wanted), len(self.pair) - 1)
        found = self.direct.part(at)
        there = self.pair[at] == wanted
        return Stretches(
            edge=np.where(there, found.edge, -1),
            from_dm=np.where(there, found.from_dm, 0),
            to_dm=np.where(there, found.to_dm, 0),
            time_ms=np.where(there, found.time_ms, -1),
        )


def turn_ends(network: RoadNetwork, turns: TurnGraph, placed: Placed) -> TurnEnds:
    """Return the ends of placed points on a turn graph, each as `place_turns` would put it there."""
    of_point, spots_, (tail, head, time_ms, edge, from_dm, to_dm) = point_arcs(network, turns, placed)
    first, last = turns.states, turns.states + spots_

    def tied(chosen: NDArray[np.bool_], spot: NDArray[np.int64], state: NDArray[np.int64]) -> tuple[Ends, Stretches]:
        rows = np.stack([state, edge, from_dm, to_dm, time_ms])[:, chosen]
        order = np.argsort(spot[chosen], kind="stable")
        sizes = np.bincount(spot[chosen], minlength=spots_)
        index = order[part_index(starts_of(sizes), of_point)]
        return _tied(rows[:, index], starts_of(sizes[of_point]))

    sources, leaving = tied((tail >= first) & (head < first), tail - first, head)
    targets, arriving = tied((tail < first) & (head >= last), head - last, tail)
    chosen = np.flatnonzero((tail >= first) & (head >= last))
    direct = Stretches(edge=edge, from_dm=from_dm, to_dm=to_dm, time_ms=time_ms).part(chosen)
    pair = (tail[chosen] - first) * spots_ + head[chosen] - last
    best = best_of_parallel(tail[chosen], head[chosen], direct.time_ms, direct.to_dm - direct.from_dm, direct.edge)
    return TurnEnds(
        sources=sources,
        targets=targets,
        leaving=leaving,
        arriving=arriving,
        of_point=of_point,
        spots=spots_,
        pair=pair[best],
        direct=direct.part(best),
    )


def point_ends(network: RoadNetwork, placed: Placed, turns: TurnGraph | None) -> StreetEnds | TurnEnds:
    """Return the ends of placed points on the streets, or on the turns where drives must obey them."""
    return street_ends(network, placed) if turns is None else turn_ends(network, turns, placed)
