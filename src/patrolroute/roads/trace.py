"""Legs traced back to edges, street names and lines: only those that are driven."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse.csgraph import dijkstra

from patrolroute.errors import Faults
from patrolroute.roads.geometry import along_m, great_circle_m, part_index
from patrolroute.roads.keys import DM_LIMIT
from patrolroute.roads.routing import check_range, street_graph
from patrolroute.roads.turnlegs import place_turns, raise_unreachable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from patrolroute.roads.network import RoadNetwork
    from patrolroute.roads.routing import StreetGraph
    from patrolroute.roads.snap import Placed
    from patrolroute.roads.turnlegs import TurnStreets
    from patrolroute.roads.turns import TurnGraph

    _Drives = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]
    """Origin and destination of each leg, and whether it is driven at all."""


_APART_M = 2.0e7
"""Farther apart than any edge is long."""
_LIKELY_M_PER_MS = 0.005
"""How fast one comes nearer as the crow flies, at least, on most legs: 18 km/h."""
_FIRST_MS = 60_000
_DOUBLINGS = 14
_CHUNK_BYTES = 64 * 2**20


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
        Milliseconds on each edge at network speed, and of turning round into it where that was asked for.
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


def trace_legs(
    network: RoadNetwork, placed: Placed, pairs: Sequence[tuple[str, str]], *, turns: TurnGraph | None = None
) -> list[Leg]:
    """Return the fastest way of each pair of places, in the order of the pairs.

    Parameters
    ----------
    network : RoadNetwork
    placed : Placed
        The same places as the travel matrix was made for, or some of them: times do not depend on the others.
    pairs : sequence of (str, str)
        Ids of origin and destination.
    turns : TurnGraph, optional
        Turns that the ways must obey, of the same network; what turning round costs is part of the next edge's time.

    Raises
    ------
    InputError
        When a place has not been put on the streets, or no way obeys the turns.
    """
    faults = Faults()
    unknown = sorted({name for pair in pairs for name in pair} - set(placed.ids))
    faults.extend(f"place {name!r} has not been put on the streets." for name in unknown)
    faults.raise_if_any()
    if not pairs:
        return []
    origin = np.array([placed.index(a) for a, _ in pairs], np.int64)
    destination = np.array([placed.index(b) for _, b in pairs], np.int64)
    driven = (placed.site_lon[origin] != placed.site_lon[destination]) | (
        placed.site_lat[origin] != placed.site_lat[destination]
    )
    ways = _ways(network, placed, (origin, destination, driven), turns)
    # Ways between places and streets are added in whole numbers: only the road's own time bounds what is exact.
    check_range(network, placed, int(np.bincount(ways.leg, weights=ways.time_ms, minlength=1).max()))
    return _legs(network, placed, (origin, destination, driven), ways)


@dataclass(frozen=True, eq=False, kw_only=True)
class _Ways:
    """Stretches of edges, leg by leg in driving order."""

    leg: NDArray[np.int64]
    edge: NDArray[np.int32]
    from_dm: NDArray[np.int64]
    to_dm: NDArray[np.int64]
    time_ms: NDArray[np.int64]


def _ways(network: RoadNetwork, placed: Placed, legs: _Drives, turns: TurnGraph | None) -> _Ways:
    origin, destination, driven = legs
    graph: StreetGraph | TurnStreets
    if turns is None:
        graph = street_graph(network, placed)
        begin, end = graph.point_node[origin], graph.point_node[destination]
    else:
        graph = place_turns(network, turns, placed)
        begin, end = graph.source_node[origin], graph.target_node[destination]
    crow_m = great_circle_m(placed.lon[origin], placed.lat[origin], placed.lon[destination], placed.lat[destination])
    moving = np.flatnonzero(driven)
    found = _paths(graph, begin[moving], end[moving], crow_m[moving] / _LIKELY_M_PER_MS)
    paths = dict(zip(moving.tolist(), found, strict=True))
    raise_unreachable(
        [(placed.ids[origin[k]], placed.ids[destination[k]]) for k, path in sorted(paths.items()) if not path]
    )
    leg = np.repeat(sorted(paths), [len(paths[k]) - 1 for k in sorted(paths)]).astype(np.int64)
    tail = np.array([node for k in sorted(paths) for node in paths[k][:-1]], np.int64)
    head = np.array([node for k in sorted(paths) for node in paths[k][1:]], np.int64)
    arc = np.searchsorted(graph.tail.astype(np.int64) * graph.nodes + graph.head, tail * graph.nodes + head)
    leg, arc = leg[graph.edge[arc] >= 0], arc[graph.edge[arc] >= 0]
    # Arcs that only another place's cut divides are one stretch of one edge again.
    fresh = np.ones(len(arc), bool)
    fresh[1:] = (
        (leg[1:] != leg[:-1])
        | (graph.edge[arc[1:]] != graph.edge[arc[:-1]])
        | (graph.from_dm[arc[1:]] != graph.to_dm[arc[:-1]])
    )
    first = np.flatnonzero(fresh)
    last = np.append(first[1:], len(arc)) - 1 if len(arc) else first
    return _Ways(
        leg=leg[first],
        edge=graph.edge[arc[first]],
        from_dm=graph.from_dm[arc[first]],
        to_dm=graph.to_dm[arc[last]],
        time_ms=np.add.reduceat(graph.time_ms[arc], first) if len(arc) else np.zeros(0, np.int64),
    )


def _paths(
    graph: StreetGraph | TurnStreets,
    begin: NDArray[np.int64],
    end: NDArray[np.int64],
    likely_ms: NDArray[np.float64],
) -> list[list[int]]:
    """Return the nodes of the fastest way of each leg; none where there is no way.

    Dijkstra's algorithm as SciPy has it (10.1007/BF01386390), from each origin as far as its legs are likely to lead,
    and twice as far again while one of them has not been reached.
    """
    weights = graph.weights
    sources, which = np.unique(begin, return_inverse=True)
    legs_of: list[list[int]] = [[] for _ in sources]
    for leg, source in enumerate(which.tolist()):
        legs_of[source].append(leg)
    doublings = np.ceil(np.log2(np.maximum(likely_ms / _FIRST_MS, 1))).astype(np.int64)
    due = np.zeros(len(sources), np.int64)
    np.maximum.at(due, which, np.minimum(doublings, _DOUBLINGS))
    paths: list[list[int]] = [[] for _ in begin]
    chunk = max(1, _CHUNK_BYTES // (12 * graph.nodes))
    for step in range(_DOUBLINGS + 1):
        limit = np.inf if step == _DOUBLINGS else float(_FIRST_MS << step) * DM_LIMIT
        now = np.flatnonzero(due == step)
        for first in range(0, len(now), chunk):
            part = now[first : first + chunk]
            _, before = dijkstra(weights, indices=sources[part], return_predecessors=True, limit=limit)
            for row, source in zip(before, part.tolist(), strict=True):
                for leg in legs_of[source]:
                    paths[leg] = paths[leg] or _path(row, int(begin[leg]), int(end[leg]))
                if not all(paths[leg] for leg in legs_of[source]):
                    due[source] = step + 1
    return paths


def _path(before: NDArray[np.int32], origin: int, destination: int) -> list[int]:
    """Return the nodes of the way that Dijkstra's predecessors tell; none where there is no way."""
    path = [destination]
    while path[-1] != origin:
        previous = int(before[path[-1]])
        if previous < 0:
            return []
        path.append(previous)
    return path[::-1]


def _legs(network: RoadNetwork, placed: Placed, legs: _Drives, ways: _Ways) -> list[Leg]:
    origin, destination, driven = legs
    bounds = np.searchsorted(ways.leg, np.arange(len(origin) + 1)).tolist()
    lines = _lines(network, placed, legs, ways)
    streets = _streets(network, ways, len(origin))
    traced = []
    for k, (i, j, moves) in enumerate(zip(origin.tolist(), destination.tolist(), driven.tolist(), strict=True)):
        part = slice(bounds[k], bounds[k + 1])
        from_dm, to_dm, edge_ms = ways.from_dm[part], ways.to_dm[part], ways.time_ms[part]
        access_dm = (int(placed.access_dm[i]), int(placed.access_dm[j])) if moves else (0, 0)
        access_ms = int(placed.access_ms[i] + placed.access_ms[j]) if moves else 0
        traced.append(
            Leg(
                origin=placed.ids[i],
                destination=placed.ids[j],
                edges=ways.edge[part],
                edge_from_dm=from_dm,
                edge_to_dm=to_dm,
                edge_ms=edge_ms,
                streets=streets[k],
                line=lines[k],
                travel_ms=int(edge_ms.sum()) + access_ms,
                length_dm=int((to_dm - from_dm).sum()) + sum(access_dm),
                origin_access_dm=access_dm[0],
                destination_access_dm=access_dm[1],
            )
        )
    return traced


def _streets(network: RoadNetwork, ways: _Ways, legs: int) -> list[tuple[Street, ...]]:
    """Return for each leg its stretches of one name after the other."""
    names = [network.name[edge] for edge in ways.edge.tolist()]
    of_leg: list[list[Street]] = [[] for _ in range(legs)]
    number = {name: i for i, name in enumerate(dict.fromkeys(names))}
    name = np.array([number[each] for each in names], np.int64)
    fresh = np.ones(len(name), bool)
    fresh[1:] = (name[1:] != name[:-1]) | (ways.leg[1:] != ways.leg[:-1])
    first = np.flatnonzero(fresh)
    metres = np.add.reduceat(ways.to_dm - ways.from_dm, first) if len(first) else first
    for row, leg, dm in zip(first.tolist(), ways.leg[first].tolist(), metres.tolist(), strict=True):
        of_leg[leg].append(Street(name=names[row], length_m=dm / 10))
    return [tuple(stretches) for stretches in of_leg]


def _lines(network: RoadNetwork, placed: Placed, legs: _Drives, ways: _Ways) -> list[shapely.LineString]:
    """Return a line from place to street to place for each leg, without repeated points.

    A drive of no length keeps two points, since a line needs them.
    """
    origin, destination, driven = legs
    count = len(origin)
    row, points = _road(network, ways)
    empty = np.flatnonzero(driven & (np.bincount(ways.leg, minlength=count) == 0))
    numbers = np.arange(count)
    leg = np.concatenate([numbers, ways.leg[row], empty, numbers])
    lonlat = np.concatenate(
        [
            np.column_stack([placed.site_lon[origin], placed.site_lat[origin]]),
            points,
            np.column_stack([placed.lon[origin[empty]], placed.lat[origin[empty]]]),
            np.column_stack([placed.site_lon[destination], placed.site_lat[destination]]),
        ]
    )
    order = np.argsort(leg, kind="stable")
    leg, lonlat = leg[order], lonlat[order]
    moved = np.ones(len(leg), bool)
    moved[1:] = (np.diff(lonlat, axis=0) != 0).any(axis=1) | (np.diff(leg) != 0)
    # The last point of a leg that never moves stays.
    last = np.append(leg[1:] != leg[:-1], True)
    moved |= last & (np.bincount(leg, weights=moved, minlength=count)[leg] < 2)
    return list(np.asarray(shapely.linestrings(lonlat[moved], indices=leg[moved]), object))


def _road(network: RoadNetwork, ways: _Ways) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the points of the driven stretches of edges, and the row of `ways` that each belongs to."""
    start, shape = network.shape_start, network.shape_lonlat
    edge = ways.edge.astype(np.int64)
    at = part_index(start, edge)
    row = np.repeat(np.arange(len(edge)), start[edge + 1] - start[edge])
    begin = np.cumsum(start[edge + 1] - start[edge]) - (start[edge + 1] - start[edge])
    along = along_m(np.append(begin, len(at)), shape[at])
    total = along[np.append(begin[1:], len(at)) - 1] if len(at) else along
    whole = np.maximum(network.length_dm[edge], 1)
    cut = np.stack([ways.from_dm / whole * total, ways.to_dm / whole * total])
    # A whole edge keeps its own ends; others get a point where they are cut.
    uncut = np.stack([ways.from_dm == 0, ways.to_dm == network.length_dm[edge]])
    inside = (uncut[0][row] | (along > cut[0][row])) & (uncut[1][row] | (along < cut[1][row]))
    row, inner = row[inside], shape[at[inside]]
    # Rows are far apart on one scale, so that one search finds the pieces in which all of them are cut.
    scale = np.repeat(np.arange(len(edge)) * _APART_M, np.diff(np.append(begin, len(at)))) + along
    chosen = [np.flatnonzero(~each) for each in uncut]
    ends = [_between(scale, along, shape[at], (each, cut[side][each])) for side, each in enumerate(chosen)]
    where = [np.searchsorted(row, chosen[0], "left"), np.searchsorted(row, chosen[1], "right")]
    order = np.lexsort((np.repeat([0, 1], [len(each) for each in chosen]), np.concatenate(chosen)))
    new_row, new_at = np.concatenate(chosen)[order], np.concatenate(where)[order]
    return np.insert(row, new_at, new_row), np.insert(inner, new_at, np.concatenate(ends)[order], axis=0)


def _between(
    scale: NDArray[np.float64],
    along: NDArray[np.float64],
    lonlat: NDArray[np.float64],
    cuts: tuple[NDArray[np.int64], NDArray[np.float64]],
) -> NDArray[np.float64]:
    """Return the points some metres along some rows."""
    row, metres = cuts
    at = np.clip(np.searchsorted(scale, row * _APART_M + metres, "right") - 1, 0, max(len(scale) - 2, 0))
    step = along[at + 1] - along[at]
    share = np.divide(metres - along[at], step, out=np.zeros(len(at)), where=step > 0)
    return lonlat[at] + np.clip(share, 0, 1)[:, None] * (lonlat[at + 1] - lonlat[at])
