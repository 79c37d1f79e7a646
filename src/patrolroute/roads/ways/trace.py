"""Legs traced back to edges, street names and lines: only those that are driven."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from patrolroute.errors import Faults
from patrolroute.roads.geometry import along_m, part_index
from patrolroute.roads.ways.pairs import Drives, native_ways, scipy_ways
from patrolroute.roads.ways.routing import check_range
from patrolroute.roads.ways.tables import choose_engine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from patrolroute.roads.network import RoadNetwork
    from patrolroute.roads.ways.pairs import Ways
    from patrolroute.roads.ways.routing import Stretches
    from patrolroute.roads.ways.snap import Placed
    from patrolroute.roads.ways.tables import Engine
    from patrolroute.roads.ways.turns import TurnGraph

_APART_M = 2.0e7
"""Farther apart than any edge is long."""


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
    network: RoadNetwork,
    placed: Placed,
    pairs: Sequence[tuple[str, str]],
    *,
    turns: TurnGraph | None = None,
    engine: Engine = "auto",
) -> list[Leg]:
    """Return the fastest way of each pair of places, in the order of the pairs.

    Times and lengths are those of the travel matrix, whatever the engine; where several ways are equally fast and long,
    two engines may take two of them.

    Parameters
    ----------
    network : RoadNetwork
    placed : Placed
        The same places as the travel matrix was made for, or some of them: times do not depend on the others.
    pairs : sequence of (str, str)
        Ids of origin and destination.
    turns : TurnGraph, optional
        Turns that the ways must obey, of the same network; what turning round costs is part of the next edge's time.
    engine : {"auto", "native", "scipy"}
        What finds the ways; `choose_engine` is asked for the number of origins.

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
    drives = Drives(origin=origin, destination=destination, driven=driven)
    if engine == "auto":
        engine = choose_engine(network, len(np.unique(origin)), turns)
    ways = (native_ways if engine == "native" else scipy_ways)(network, placed, drives, turns)
    # Ways between places and streets are added in whole numbers: only the road's own time bounds what is exact.
    check_range(network, placed, int(np.bincount(ways.leg, weights=ways.time_ms, minlength=1).max()))
    return _legs(network, placed, drives, ways)


def _legs(network: RoadNetwork, placed: Placed, drives: Drives, ways: Ways) -> list[Leg]:
    origin, destination, driven = drives.origin, drives.destination, drives.driven
    bounds = np.searchsorted(ways.leg, np.arange(len(origin) + 1)).tolist()
    lines = _lines(network, placed, drives, ways)
    streets = _streets(network, ways, len(origin))
    edges = ways.edge.astype(np.int32)
    road_ms, road_dm = _sums(ways.time_ms, bounds), _sums(ways.to_dm - ways.from_dm, bounds)
    traced = []
    for k, (i, j, moves) in enumerate(zip(origin.tolist(), destination.tolist(), driven.tolist(), strict=True)):
        part = slice(bounds[k], bounds[k + 1])
        access_dm = (int(placed.access_dm[i]), int(placed.access_dm[j])) if moves else (0, 0)
        access_ms = int(placed.access_ms[i] + placed.access_ms[j]) if moves else 0
        traced.append(
            Leg(
                origin=placed.ids[i],
                destination=placed.ids[j],
                edges=edges[part],
                edge_from_dm=ways.from_dm[part],
                edge_to_dm=ways.to_dm[part],
                edge_ms=ways.time_ms[part],
                streets=streets[k],
                line=lines[k],
                travel_ms=road_ms[k] + access_ms,
                length_dm=road_dm[k] + sum(access_dm),
                origin_access_dm=access_dm[0],
                destination_access_dm=access_dm[1],
            )
        )
    return traced


def _sums(values: NDArray[np.int64], bounds: list[int]) -> list[int]:
    """Return the sums of the parts of an array between bounds."""
    total = np.concatenate([np.zeros(1, np.int64), np.cumsum(values)])[bounds]
    sums: list[int] = np.diff(total).tolist()
    return sums


def _streets(network: RoadNetwork, ways: Ways, legs: int) -> list[tuple[Street, ...]]:
    """Return for each leg its stretches of one name after the other."""
    name = np.array(network.name, object)[ways.edge]
    of_leg: list[list[Street]] = [[] for _ in range(legs)]
    fresh = np.ones(len(name), bool)
    fresh[1:] = (name[1:] != name[:-1]) | (ways.leg[1:] != ways.leg[:-1])
    first = np.flatnonzero(fresh)
    metres = np.add.reduceat(ways.to_dm - ways.from_dm, first) if len(first) else first
    for street, leg, dm in zip(name[first].tolist(), ways.leg[first].tolist(), metres.tolist(), strict=True):
        of_leg[leg].append(Street(name=street, length_m=dm / 10))
    return [tuple(stretches) for stretches in of_leg]


def _lines(network: RoadNetwork, placed: Placed, drives: Drives, ways: Ways) -> list[shapely.LineString]:
    """Return a line from place to street to place for each leg, without repeated points.

    A drive of no length keeps two points, since a line needs them.
    """
    origin, destination, driven = drives.origin, drives.destination, drives.driven
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
    lon, lat = lonlat.T
    moved[1:] = (lon[1:] != lon[:-1]) | (lat[1:] != lat[:-1]) | (leg[1:] != leg[:-1])
    # The last point of a leg that never moves stays.
    last = np.append(leg[1:] != leg[:-1], True)
    moved |= last & (np.bincount(leg, weights=moved, minlength=count)[leg] < 2)
    return list(np.asarray(shapely.linestrings(lonlat[moved], indices=leg[moved]), object))


def _road(network: RoadNetwork, ways: Ways) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the points of the driven stretches of edges, and the row of `ways` that each belongs to."""
    whole = (ways.from_dm == 0) & (ways.to_dm == network.length_dm[ways.edge])
    uncut, cut = np.flatnonzero(whole), np.flatnonzero(~whole)
    edge, start = ways.edge[uncut], network.shape_start
    cut_row, cut_lonlat = _cut_road(network, ways.part(cut))
    row = np.concatenate([np.repeat(uncut, start[edge + 1] - start[edge]), cut[cut_row]])
    lonlat = np.concatenate([network.shape_lonlat[part_index(start, edge)], cut_lonlat])
    order = np.argsort(row, kind="stable")
    return row[order], lonlat[order]


def _cut_road(network: RoadNetwork, parts: Stretches) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the points of parts of edges, and which part each belongs to."""
    start, shape, edge = network.shape_start, network.shape_lonlat, parts.edge
    at = part_index(start, edge)
    row = np.repeat(np.arange(len(edge)), start[edge + 1] - start[edge])
    begin = np.cumsum(start[edge + 1] - start[edge]) - (start[edge + 1] - start[edge])
    along = along_m(np.append(begin, len(at)), shape[at])
    total = along[np.append(begin[1:], len(at)) - 1] if len(at) else along
    whole = np.maximum(network.length_dm[edge], 1)
    cut = np.stack([parts.from_dm / whole * total, parts.to_dm / whole * total])
    # A whole edge keeps its own ends; others get a point where they are cut.
    uncut = np.stack([parts.from_dm == 0, parts.to_dm == network.length_dm[edge]])
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
