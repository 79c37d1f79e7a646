"""Fastest ways that obey turn restrictions, between placed points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
from scipy.sparse import csr_array

from patrolroute.errors import Faults, InputError
from patrolroute.matrix import TravelMatrix, whole_numbers
from patrolroute.roads.geometry import part_index
from patrolroute.roads.keys import DM_LIMIT, join_keys
from patrolroute.roads.routing import along_ms, check_range, fastest, on_twin_dm, spots
from patrolroute.roads.tables import travel_seconds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from patrolroute.roads.network import RoadNetwork
    from patrolroute.roads.routing import StreetGraph
    from patrolroute.roads.snap import Placed
    from patrolroute.roads.turns import TurnGraph

_SHOWN = 10


@dataclass(frozen=True, eq=False, kw_only=True)
class TurnStreets:
    """Turns with placed points as sources and targets of their own; A arcs, sorted by tail, then head.

    Nodes are the states of the turn graph, then a source and then a target for each spot where points stand. From a
    spot within an edge one drives on along it, or back along its twin; a spot at the end of an edge is the junction,
    which is left and reached by all its edges. Milliseconds and decimetres are cut as `street_graph` cuts them.

    Parameters
    ----------
    nodes : int
    tail, head : int32 array, shape (A,)
    time_ms, length_dm : int64 array, shape (A,)
    edge : int32 array, shape (A,)
        The edge that an arc drives on; -1 for one that only ends the way.
    from_dm, to_dm : int64 array, shape (A,)
        Where on its edge.
    source_node, target_node : int64 array, shape (n,)
        Nodes of each placed point.
    """

    nodes: int
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    time_ms: NDArray[np.int64]
    length_dm: NDArray[np.int64]
    edge: NDArray[np.int32]
    from_dm: NDArray[np.int64]
    to_dm: NDArray[np.int64]
    source_node: NDArray[np.int64]
    target_node: NDArray[np.int64]

    @property
    def weights(self) -> csr_array:
        """Time and length of every arc as one number, see `join_keys`."""
        start = np.searchsorted(self.tail, np.arange(self.nodes + 1)).astype(np.int32)
        weight = join_keys(self.time_ms, self.length_dm)
        return csr_array((weight, self.head, start), shape=(self.nodes, self.nodes))


@dataclass(frozen=True, eq=False, kw_only=True)
class _Spots:
    """Where points stand: k spots, the first of them within edges, the others at junctions; r rows within edges.

    A spot on a two-way street has a row on each of the twins; `rank` orders the rows of an edge.
    """

    of_point: NDArray[np.int64]
    junction: NDArray[np.int64]
    spot: NDArray[np.int64]
    edge: NDArray[np.int64]
    at_dm: NDArray[np.int64]
    at_ms: NDArray[np.int64]
    rank: NDArray[np.int64]
    inner: int


def _spots(network: RoadNetwork, placed: Placed) -> _Spots:
    edge, at_dm = spots(network, placed)
    length = network.length_dm[edge]
    inside = (at_dm > 0) & (at_dm < length)
    found, which = np.unique(np.column_stack([edge[inside], at_dm[inside]]), axis=0, return_inverse=True)
    ends = np.where(at_dm == 0, network.tail[edge], network.head[edge]).astype(np.int64)[~inside]
    junction, corner = np.unique(ends, return_inverse=True)
    of_point = np.zeros(len(edge), np.int64)
    of_point[inside] = which.reshape(-1)
    of_point[~inside] = len(found) + corner
    one, dm = found[:, 0], found[:, 1]
    twin = network.twin[one].astype(np.int64)
    paired = np.flatnonzero(twin >= 0)
    row_edge = np.concatenate([one, twin[paired]])
    row_dm = np.concatenate([dm, on_twin_dm(network, one[paired], dm[paired])])
    return _Spots(
        of_point=of_point,
        junction=junction,
        spot=np.concatenate([np.arange(len(found)), paired]),
        edge=row_edge,
        at_dm=row_dm,
        at_ms=along_ms(network, row_edge, row_dm),
        rank=np.concatenate([dm, -dm[paired]]),
        inner=len(found),
    )


def place_turns(network: RoadNetwork, turns: TurnGraph, placed: Placed) -> TurnStreets:
    """Return the turn graph with placed points on it.

    Parameters
    ----------
    network : RoadNetwork
    turns : TurnGraph
        Of the same network.
    placed : Placed
    """
    at = _spots(network, placed)
    count = at.inner + len(at.junction)
    source, target = turns.states, turns.states + count
    first = np.searchsorted(network.tail, np.arange(len(network.node_id) + 1)).astype(np.int64)
    leaving = part_index(first, at.junction)
    corner = np.repeat(source + at.inner + np.arange(len(at.junction)), np.diff(first)[at.junction])
    rows = [
        _arcs(turns.tail, turns.head, turns.time_ms, turns.edge[turns.head], 0, turns.length_dm),
        *_junction_arcs(network, turns, at, (corner, leaving)),
        *_inner_arcs(network, turns, at, (corner, leaving)),
    ]
    return _sorted(np.concatenate(rows, axis=1), target + count, source + at.of_point, target + at.of_point)


def _arcs(*columns: NDArray[np.generic] | int) -> NDArray[np.int64]:
    """Return tail, head, milliseconds, edge, from and to decimetres of arcs as the rows of one array."""
    return np.stack(np.broadcast_arrays(*columns)).astype(np.int64)


def _junction_arcs(
    network: RoadNetwork, turns: TurnGraph, at: _Spots, leaving: tuple[NDArray[np.int64], NDArray[np.int64]]
) -> list[NDArray[np.int64]]:
    """Return the arcs from points at junctions over whole edges, and to them, where all who come there have arrived."""
    corner, edge = leaving
    count = at.inner + len(at.junction)
    here = turns.states + at.inner + np.arange(len(at.junction))
    arriving, arrived_at = _joined(at.junction, network.head[turns.edge])
    return [
        _arcs(corner, edge, network.time_ms[edge], edge, 0, network.length_dm[edge]),
        _arcs(arriving, here[arrived_at] + count, 0, -1, 0, 0),
        _arcs(here, here + count, 0, -1, 0, 0),
    ]


def _inner_arcs(
    network: RoadNetwork, turns: TurnGraph, at: _Spots, leaving: tuple[NDArray[np.int64], NDArray[np.int64]]
) -> list[NDArray[np.int64]]:
    """Return the arcs from points within edges to the edges' ends, to such points, and between those of one edge."""
    corner, left_by = leaving
    source = turns.states + at.spot
    target = source + at.inner + len(at.junction)
    onto = turns.edge[turns.head]
    turn, row = _joined(at.edge, onto)
    near, near_row = _joined(at.edge, left_by)
    one, other = _joined(at.edge, at.edge)
    ahead = at.rank[one] <= at.rank[other]
    one, other = one[ahead], other[ahead]
    time_ms, length_dm = network.time_ms[at.edge], network.length_dm[at.edge]
    turn_ms = turns.time_ms[turn] - network.time_ms[onto[turn]]
    along = at.at_ms[other] - at.at_ms[one]
    return [
        _arcs(source, at.edge, time_ms - at.at_ms, at.edge, at.at_dm, length_dm),
        _arcs(turns.tail[turn], target[row], turn_ms + at.at_ms[row], onto[turn], 0, at.at_dm[row]),
        _arcs(corner[near], target[near_row], at.at_ms[near_row], at.edge[near_row], 0, at.at_dm[near_row]),
        _arcs(source[one], target[other], along, at.edge[one], at.at_dm[one], at.at_dm[other]),
    ]


def _joined(wanted: NDArray[np.integer], given: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return all pairs of positions in `given` and in `wanted` that hold the same value."""
    order = np.argsort(wanted, kind="stable")
    ordered = wanted[order]
    lo, hi = np.searchsorted(ordered, given, "left"), np.searchsorted(ordered, given, "right")
    size = hi - lo
    at = np.repeat(np.arange(len(given)), size)
    within = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    return at, order[np.repeat(lo, size) + within].astype(np.int64)


def _sorted(
    rows: NDArray[np.int64], nodes: int, source_node: NDArray[np.int64], target_node: NDArray[np.int64]
) -> TurnStreets:
    """Return arcs in order, of parallel ones the best."""
    tail, head, time_ms, edge, from_dm, to_dm = rows
    order = np.lexsort((edge, to_dm - from_dm, time_ms, head, tail))
    fresh = np.ones(len(order), bool)
    fresh[1:] = (np.diff(tail[order]) != 0) | (np.diff(head[order]) != 0)
    best = order[fresh]
    return TurnStreets(
        nodes=nodes,
        tail=tail[best].astype(np.int32),
        head=head[best].astype(np.int32),
        time_ms=time_ms[best],
        length_dm=(to_dm - from_dm)[best],
        edge=edge[best].astype(np.int32),
        from_dm=from_dm[best],
        to_dm=to_dm[best],
        source_node=source_node,
        target_node=target_node,
    )


def turn_tables(
    network: RoadNetwork, placed: Placed, *, turns: TurnGraph
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return milliseconds and decimetres of the fastest drives that obey the turns, access included, shape (n, n).

    Parameters
    ----------
    network : RoadNetwork
    placed : Placed
    turns : TurnGraph
        Of the same network.

    Raises
    ------
    InputError
        When no drive that obeys the turns leads between two points, which it names, or one takes about 15 hours.
    """
    n = len(placed.ids)
    graph = place_turns(network, turns, placed)
    sources, which = np.unique(graph.source_node, return_inverse=True)
    weight = np.zeros((n, n))
    # `fastest` asks a graph for its nodes and weights only.
    for part, distance, _ in fastest(cast("StreetGraph", graph), sources):
        rows = np.flatnonzero((which >= part.start) & (which < part.stop))
        weight[rows] = distance[which[rows] - part.start][:, graph.target_node]
    lonlat = np.column_stack([placed.site_lon, placed.site_lat])
    _, place = np.unique(lonlat, axis=0, return_inverse=True)
    driven = place.reshape(-1)[:, None] != place.reshape(-1)
    unreachable = np.argwhere(np.isinf(weight) & driven)
    raise_unreachable([(placed.ids[i], placed.ids[j]) for i, j in unreachable.tolist()])
    weight[~driven] = 0
    road_ms, road_dm = np.divmod(weight.astype(np.int64), DM_LIMIT)
    check_range(network, placed, int(road_ms.max(initial=0)))
    travel_ms = (road_ms + placed.access_ms[:, None] + placed.access_ms[None, :]) * driven
    length_dm = (road_dm + placed.access_dm[:, None] + placed.access_dm[None, :]) * driven
    return travel_ms, length_dm


def turn_matrix(network: RoadNetwork, placed: Placed, *, turns: TurnGraph, profiles: Mapping[str, int]) -> TravelMatrix:
    """Return seconds and metres of the fastest drives that obey the turns, as `travel_matrix` does of all drives.

    Parameters
    ----------
    network : RoadNetwork
    placed : Placed
    turns : TurnGraph
        Of the same network.
    profiles : mapping of str to int
        Vehicle profiles and their speed in thousandths of network speed, 1 or more.

    Raises
    ------
    InputError
        When no drive that obeys the turns leads between two points, one takes too long, or seconds do not fit 32 bits.
    """
    faults = Faults()
    travel_ms, length_dm = turn_tables(network, placed, turns=turns)
    shape = (len(profiles), len(placed.ids), len(placed.ids))
    layers = [travel_seconds(travel_ms, speed_milli) for speed_milli in profiles.values()]
    travel_s = whole_numbers("travel_s", np.array(layers, np.int64).reshape(shape), ndim=3, faults=faults)
    travel_m = whole_numbers("travel_m", np.broadcast_to(-(-length_dm // 10), shape), ndim=3, faults=faults)
    faults.raise_if_any()
    return TravelMatrix(
        ids=placed.ids,
        profiles=tuple(profiles),
        travel_s=travel_s,
        travel_m=travel_m,
        provenance=network.provenance,
    )


def raise_unreachable(pairs: Sequence[tuple[str, str]]) -> None:
    """Raise for pairs of places that no drive which obeys the turns leads between."""
    if not pairs:
        return
    names = ", ".join(f"{a!r} to {b!r}" for a, b in pairs[:_SHOWN])
    more = f" and {len(pairs) - _SHOWN:,} more" if len(pairs) > _SHOWN else ""
    raise InputError(
        [
            f"no drive that obeys the turn restrictions leads from {names}{more}; move these points to another street, "
            "or plan without turns."
        ]
    )
