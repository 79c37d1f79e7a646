"""The fastest ways of many pairs of placed points, as stretches of edges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse.csgraph import dijkstra

from patrolroute.roads.geometry import great_circle_m
from patrolroute.roads.keys import DM_LIMIT
from patrolroute.roads.ways.routing import Stretches
from patrolroute.roads.ways.turnlegs import placed_graph, raise_unreachable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from patrolroute.roads.network import RoadNetwork
    from patrolroute.roads.ways.routing import StreetGraph
    from patrolroute.roads.ways.snap import Placed
    from patrolroute.roads.ways.turnlegs import TurnStreets
    from patrolroute.roads.ways.turns import TurnGraph

_LIKELY_M_PER_MS = 0.005
"""How fast one comes nearer as the crow flies, at least, on most legs: 18 km/h."""
_FIRST_MS = 60_000
_DOUBLINGS = 14
_CHUNK_BYTES = 64 * 2**20


@dataclass(frozen=True, eq=False, kw_only=True)
class Drives:
    """Pairs of placed points, k of them.

    Parameters
    ----------
    origin, destination : int64 array, shape (k,)
    driven : bool array, shape (k,)
        Whether there is anything to drive: not between points of the very same position.
    """

    origin: NDArray[np.int64]
    destination: NDArray[np.int64]
    driven: NDArray[np.bool_]


@dataclass(frozen=True, eq=False, kw_only=True)
class Ways(Stretches):
    """Stretches of edges in driving order, leg by leg.

    Parameters
    ----------
    leg : int64 array, shape (k,)
        Rising.
    """

    leg: NDArray[np.int64]


def native_ways(network: RoadNetwork, placed: Placed, drives: Drives, turns: TurnGraph | None) -> Ways:
    """Return the ways of all drives, unpacked from the hierarchy.

    Raises
    ------
    InputError
        When no way obeys the turns.
    """
    # Both bring the compiler, which small networks do without.
    from patrolroute.roads.hierarchy import find_paths  # noqa: PLC0415
    from patrolroute.roads.ways.ends import point_ends  # noqa: PLC0415

    ends = point_ends(network, placed, turns)
    graph = network if turns is None else turns
    leg = np.flatnonzero(drives.driven)
    origin, destination = drives.origin[leg], drives.destination[leg]
    paths = find_paths(graph.weighted, ends.sources, ends.targets, origin, destination)
    straight = ends.straight(origin, destination)
    on = (straight.time_ms >= 0) & (straight.key <= paths.key)
    _raise_lost(placed, drives, leg[np.isinf(paths.key) & ~on])
    over = np.flatnonzero(~on & (paths.source_end >= 0))
    size = np.where(on, 0, np.diff(paths.start))
    arc = paths.arc[np.repeat(~on, np.diff(paths.start))]
    edge = arc if turns is None else turns.edge[turns.head[arc]].astype(np.int64)
    between = Stretches(
        edge=edge, from_dm=np.zeros(len(edge), np.int64), to_dm=network.length_dm[edge], time_ms=graph.time_ms[arc]
    )
    parts = [
        (leg[on], straight.part(on)),
        (leg[over], ends.leaving.part(paths.source_end[over])),
        (np.repeat(leg, size), between),
        (leg[over], ends.arriving.part(paths.target_end[over])),
    ]
    return _in_order(parts)


def _in_order(parts: list[tuple[NDArray[np.int64], Stretches]]) -> Ways:
    """Return the stretches of some legs, of each leg the parts one after the other, without those that are nothing."""
    columns = [
        np.stack([leg, each.edge, each.from_dm, each.to_dm, each.time_ms])[
            :, (each.edge >= 0) & ((each.from_dm < each.to_dm) | (each.time_ms > 0))
        ]
        for leg, each in parts
    ]
    rows = np.concatenate(columns, axis=1)
    leg, edge, from_dm, to_dm, time_ms = rows[:, np.argsort(rows[0], kind="stable")]
    return Ways(leg=leg, edge=edge, from_dm=from_dm, to_dm=to_dm, time_ms=time_ms)


def _raise_lost(placed: Placed, drives: Drives, legs: NDArray[np.int64]) -> None:
    raise_unreachable([(placed.ids[drives.origin[k]], placed.ids[drives.destination[k]]) for k in legs.tolist()])


def scipy_ways(network: RoadNetwork, placed: Placed, drives: Drives, turns: TurnGraph | None) -> Ways:
    """Return the ways of all drives by Dijkstra's algorithm from each origin.

    Raises
    ------
    InputError
        When no way obeys the turns.
    """
    graph = placed_graph(network, placed, turns)
    moving = np.flatnonzero(drives.driven)
    origin, destination = drives.origin[moving], drives.destination[moving]
    crow_m = great_circle_m(placed.lon[origin], placed.lat[origin], placed.lon[destination], placed.lat[destination])
    paths = _paths(graph, graph.source_node[origin], graph.target_node[destination], crow_m / _LIKELY_M_PER_MS)
    _raise_lost(placed, drives, moving[[not path for path in paths]])
    leg = np.repeat(moving, [max(len(path) - 1, 0) for path in paths])
    tail = np.array([node for path in paths for node in path[:-1]], np.int64)
    head = np.array([node for path in paths for node in path[1:]], np.int64)
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
    return Ways(
        leg=leg[first],
        edge=graph.edge[arc[first]].astype(np.int64),
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
