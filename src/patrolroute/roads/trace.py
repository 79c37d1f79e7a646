"""Legs traced back to edges, street names and lines: only those that are driven."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from patrolroute.errors import Faults
from patrolroute.roads.geometry import along_m
from patrolroute.roads.routing import check_range, fastest, street_graph

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from patrolroute.roads.network import RoadNetwork
    from patrolroute.roads.routing import StreetGraph
    from patrolroute.roads.snap import Placed


@dataclass(frozen=True, kw_only=True)
class Street:
    """A stretch of one street on the way.

    Parameters
    ----------
    name : str
        "" where the street has none.
    length_m : float
        Metres driven on it, in steps of 0.1.
    """

    name: str
    length_m: float


@dataclass(frozen=True, eq=False, kw_only=True)
class Leg:
    """One drive from place to place, K edges long.

    Parameters
    ----------
    origin, destination : str
        Ids of the places.
    edges : int32 array, shape (K,)
        Edges of the network in driving order; the first and last are mostly driven in part.
    edge_from_dm, edge_to_dm : int64 array, shape (K,)
        From where to where on each edge, in decimetres from its tail.
    edge_ms : int64 array, shape (K,)
        Milliseconds on each edge at network speed.
    streets : tuple of Street
        Stretches of one name after the other.
    line : shapely.LineString
        From place to street to place, EPSG:4326.
    travel_ms, length_dm : int
        Milliseconds at network speed and decimetres, the ways between places and streets included: exactly what the
        travel matrix is made of.
    origin_access_dm, destination_access_dm : int
        Decimetres of that between each place and its street; 0 where nothing is driven.
    """

    origin: str
    destination: str
    edges: NDArray[np.int32]
    edge_from_dm: NDArray[np.int64]
    edge_to_dm: NDArray[np.int64]
    edge_ms: NDArray[np.int64]
    streets: tuple[Street, ...]
    line: shapely.LineString
    travel_ms: int
    length_dm: int
    origin_access_dm: int
    destination_access_dm: int


def trace_legs(network: RoadNetwork, placed: Placed, pairs: Sequence[tuple[str, str]]) -> list[Leg]:
    """Return the fastest way of each pair of places, in the order of the pairs.

    Parameters
    ----------
    network : RoadNetwork
    placed : Placed
        The same places as the travel matrix was made for, or some of them: times do not depend on the others.
    pairs : sequence of (str, str)
        Ids of origin and destination.

    Raises
    ------
    InputError
        When a place has not been put on the streets.
    """
    faults = Faults()
    unknown = sorted({name for pair in pairs for name in pair} - set(placed.ids))
    faults.extend(f"place {name!r} has not been put on the streets." for name in unknown)
    faults.raise_if_any()
    if not pairs:
        return []
    tracer = _Tracer(network, placed)
    origin = np.array([placed.index(a) for a, _ in pairs], np.int64)
    destination = np.array([placed.index(b) for _, b in pairs], np.int64)
    node = tracer.graph.point_node
    sources, which = np.unique(node[origin], return_inverse=True)
    legs: dict[int, Leg] = {}
    for part, _, before in fastest(tracer.graph, sources, predecessors=True):
        for k in np.flatnonzero((which >= part.start) & (which < part.stop)).tolist():
            arcs = tracer.walk(before[which[k] - part.start], int(node[origin[k]]), int(node[destination[k]]))
            legs[k] = tracer.leg(int(origin[k]), int(destination[k]), arcs)
    # Ways between places and streets are added in whole numbers: only the road's own time bounds what is exact.
    check_range(network, placed, max(int(leg.edge_ms.sum()) for leg in legs.values()))
    return [legs[k] for k in range(len(pairs))]


class _Tracer:
    def __init__(self, network: RoadNetwork, placed: Placed) -> None:
        self.network = network
        self.placed = placed
        self.graph: StreetGraph = street_graph(network, placed)
        self.along = along_m(network.shape_start, network.shape_lonlat)

    def walk(self, before: NDArray[np.int32], origin: int, destination: int) -> NDArray[np.int64]:
        """Return the arcs of the way that Dijkstra's predecessors tell."""
        arcs = []
        node = destination
        while node != origin:
            previous = int(before[node])
            arcs.append(self.graph.arc(previous, node))
            node = previous
        return np.array(arcs[::-1], np.int64)

    def leg(self, origin: int, destination: int, arcs: NDArray[np.int64]) -> Leg:
        """Return the leg along some arcs."""
        placed, graph = self.placed, self.graph
        here = (float(placed.site_lon[origin]), float(placed.site_lat[origin]))
        there = (float(placed.site_lon[destination]), float(placed.site_lat[destination]))
        driven = here != there
        arcs = arcs if driven else arcs[:0]
        # Arcs that only another place's cut divides are one stretch of one edge again.
        fresh = np.ones(len(arcs), bool)
        fresh[1:] = (graph.edge[arcs[1:]] != graph.edge[arcs[:-1]]) | (
            graph.from_dm[arcs[1:]] != graph.to_dm[arcs[:-1]]
        )
        first = np.flatnonzero(fresh)
        last = np.append(first[1:], len(arcs)) - 1 if len(arcs) else first
        edges, from_dm, to_dm = graph.edge[arcs[first]], graph.from_dm[arcs[first]], graph.to_dm[arcs[last]]
        edge_ms = np.add.reduceat(graph.time_ms[arcs], first) if len(arcs) else np.zeros(0, np.int64)
        road = self._road(edges, from_dm, to_dm)
        if driven and not len(road):
            road = np.array([[placed.lon[origin], placed.lat[origin]]])
        access = [origin, destination] if driven else []
        return Leg(
            origin=placed.ids[origin],
            destination=placed.ids[destination],
            edges=edges,
            edge_from_dm=from_dm,
            edge_to_dm=to_dm,
            edge_ms=edge_ms,
            streets=self._streets(edges, to_dm - from_dm),
            line=_line(np.vstack([[here], road, [there]])),
            travel_ms=int(edge_ms.sum() + placed.access_ms[access].sum()),
            length_dm=int((to_dm - from_dm).sum() + placed.access_dm[access].sum()),
            origin_access_dm=int(placed.access_dm[origin]) if driven else 0,
            destination_access_dm=int(placed.access_dm[destination]) if driven else 0,
        )

    def _streets(self, edges: NDArray[np.int32], length_dm: NDArray[np.int64]) -> tuple[Street, ...]:
        stretches: list[tuple[str, int]] = []
        for edge, dm in zip(edges.tolist(), length_dm.tolist(), strict=True):
            name = self.network.name[edge]
            if stretches and stretches[-1][0] == name:
                stretches[-1] = (name, stretches[-1][1] + dm)
            else:
                stretches.append((name, dm))
        return tuple(Street(name=name, length_m=dm / 10) for name, dm in stretches)

    def _road(
        self, edges: NDArray[np.int32], from_dm: NDArray[np.int64], to_dm: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Return the points of the driven parts of edges, one after the other."""
        network = self.network
        parts = [np.zeros((0, 2))]
        for edge, begin, end in zip(edges.tolist(), from_dm.tolist(), to_dm.tolist(), strict=True):
            lo, hi = int(network.shape_start[edge]), int(network.shape_start[edge + 1])
            lonlat, whole = network.shape_lonlat[lo:hi], int(network.length_dm[edge])
            if begin == 0 and end == whole:
                parts.append(lonlat)
                continue
            along = self.along[lo:hi]
            cut = np.array([begin, end]) / whole * along[-1]
            inside = (along > cut[0]) & (along < cut[1])
            at = np.concatenate([cut[:1], along[inside], cut[1:]])
            parts.append(np.column_stack([np.interp(at, along, lonlat[:, 0]), np.interp(at, along, lonlat[:, 1])]))
        return np.concatenate(parts)


def _line(lonlat: NDArray[np.float64]) -> shapely.LineString:
    """Return a line without repeated points; a drive of no length keeps two, since a line needs them."""
    moved = np.ones(len(lonlat), bool)
    moved[1:] = (np.diff(lonlat, axis=0) != 0).any(axis=1)
    kept = lonlat[moved]
    return shapely.LineString(kept if len(kept) > 1 else np.repeat(kept, 2, axis=0))
