"""Fastest ways that obey turn restrictions, between placed points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from patrolroute.errors import InputError
from patrolroute.roads.ways.junctions import joined, junction_ways
from patrolroute.roads.ways.routing import PlacedArcs, along_ms, best_of_parallel, on_twin_dm, spots, street_graph

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from patrolroute.roads.network import RoadNetwork
    from patrolroute.roads.ways.routing import StreetGraph
    from patrolroute.roads.ways.snap import Placed
    from patrolroute.roads.ways.turns import TurnGraph

_SHOWN = 10


@dataclass(frozen=True, eq=False, kw_only=True)
class TurnStreets(PlacedArcs):
    """Turns with placed points as sources and targets of their own.

    Nodes are the states of the turn graph, then a source and then a target for each spot where points stand. From a
    spot within an edge one drives on along it, or back along its twin; a spot at the end of an edge is the junction,
    which is left and reached by its edges as `junction_ways` has them. Milliseconds and decimetres are cut as
    `street_graph` cuts them.

    Parameters
    ----------
    source_node, target_node : int64 array, shape (n,)
        Nodes of each placed point.
    """

    source_node: NDArray[np.int64]
    target_node: NDArray[np.int64]


@dataclass(frozen=True, eq=False, kw_only=True)
class _Spots:
    """Where points stand: k spots, the first of them within edges, the others at junctions; r rows within edges.

    A spot on a two-way street has a row on each of the twins, but for those that are only driven through; `rank` orders
    the rows of an edge.
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
    through = (
        np.isin(np.array(placed.ids, object), list(placed.directed)) if placed.directed else np.zeros(len(edge), bool)
    )
    # Who is only driven through keeps to the edge it was put on, which may be the second of twins.
    edge[through] = placed.edge[through]
    at_dm[through] = np.rint(placed.fraction * network.length_dm[placed.edge])[through].astype(np.int64)
    inside = (at_dm > 0) & (at_dm < network.length_dm[edge])
    found, which = np.unique(
        np.column_stack([edge[inside], at_dm[inside], through[inside]]), axis=0, return_inverse=True
    )
    ends = np.where(at_dm == 0, network.tail[edge], network.head[edge]).astype(np.int64)[~inside]
    junction, corner = np.unique(ends, return_inverse=True)
    of_point = np.zeros(len(edge), np.int64)
    of_point[inside] = which.reshape(-1)
    of_point[~inside] = len(found) + corner
    one, dm, only = found[:, 0], found[:, 1], found[:, 2] == 1
    twin = network.twin[one].astype(np.int64)
    rank = dm.copy()
    second = np.flatnonzero(only & (twin >= 0) & (twin < one))
    rank[second] = -on_twin_dm(network, one[second], dm[second])
    paired = np.flatnonzero((twin >= 0) & ~only)
    row_edge = np.concatenate([one, twin[paired]])
    row_dm = np.concatenate([dm, on_twin_dm(network, one[paired], dm[paired])])
    return _Spots(
        of_point=of_point,
        junction=junction,
        spot=np.concatenate([np.arange(len(found)), paired]),
        edge=row_edge,
        at_dm=row_dm,
        at_ms=along_ms(network, row_edge, row_dm),
        rank=np.concatenate([rank, -dm[paired]]),
        inner=len(found),
    )


def placed_graph(network: RoadNetwork, placed: Placed, turns: TurnGraph | None) -> StreetGraph | TurnStreets:
    """Return the streets with placed points on them, or the turns where drives must obey them."""
    return street_graph(network, placed) if turns is None else place_turns(network, turns, placed)


def place_turns(network: RoadNetwork, turns: TurnGraph, placed: Placed) -> TurnStreets:
    """Return the turn graph with placed points on it.

    Parameters
    ----------
    network : RoadNetwork
    turns : TurnGraph
        Of the same network.
    placed : Placed
    """
    of_point, count, rows = point_arcs(network, turns, placed)
    between = _arcs(turns.tail, turns.head, turns.time_ms, turns.edge[turns.head], 0, turns.length_dm)
    source = turns.states + of_point
    return _sorted(np.concatenate([between, rows], axis=1), turns.states + 2 * count, source, source + count)


def point_arcs(
    network: RoadNetwork, turns: TurnGraph, placed: Placed
) -> tuple[NDArray[np.int64], int, NDArray[np.int64]]:
    """Return the spot of each placed point, how many spots there are, and the arcs that lead from and to them.

    Spot k is left as node S + k and reached as node S + spots + k, S being the states of the turn graph.

    Returns
    -------
    of_point : int64 array, shape (n,)
    spots : int
    arcs : int64 array, shape (6, A)
        Tail, head, milliseconds, edge (-1 for an arc that only ends the way), from and to decimetres on it.

    Raises
    ------
    InputError
        When the turns are those of another network, or of other speeds.
    """
    turns.check_streets(network)
    at = _spots(network, placed)
    arriving, leaving = junction_ways(network, turns, at.junction)
    here = turns.states + at.inner + np.arange(len(at.junction))
    corner, left_by = here[leaving[0]], leaving[1]
    rows = [
        *_junction_arcs(network, at, here, arriving, (corner, left_by)),
        *_inner_arcs(network, turns, at, (corner, left_by)),
    ]
    return at.of_point, at.inner + len(at.junction), np.concatenate(rows, axis=1)


def _arcs(*columns: NDArray[np.generic] | int) -> NDArray[np.int64]:
    """Return tail, head, milliseconds, edge, from and to decimetres of arcs as the rows of one array."""
    return np.stack(np.broadcast_arrays(*columns)).astype(np.int64)


def _junction_arcs(
    network: RoadNetwork,
    at: _Spots,
    here: NDArray[np.int64],
    arriving: tuple[NDArray[np.int64], NDArray[np.int64]],
    leaving: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> list[NDArray[np.int64]]:
    """Return the arcs from points at junctions over whole edges, and to them from states that have arrived there."""
    corner, edge = leaving
    count = at.inner + len(at.junction)
    return [
        _arcs(corner, edge, network.time_ms[edge], edge, 0, network.length_dm[edge]),
        _arcs(arriving[1], here[arriving[0]] + count, 0, -1, 0, 0),
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
    turn, row = joined(at.edge, onto)
    near, near_row = joined(at.edge, left_by)
    one, other = joined(at.edge, at.edge)
    ahead = (at.rank[one] <= at.rank[other]) & (at.at_dm[one] <= at.at_dm[other])
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


def _sorted(
    rows: NDArray[np.int64], nodes: int, source_node: NDArray[np.int64], target_node: NDArray[np.int64]
) -> TurnStreets:
    """Return arcs in order, of parallel ones the best."""
    tail, head, time_ms, edge, from_dm, to_dm = rows
    best = best_of_parallel(tail, head, time_ms, to_dm - from_dm, edge)
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


def raise_unreachable(pairs: Sequence[tuple[str, str]]) -> None:
    """Raise for pairs of places that no drive which obeys the turns leads between."""
    if not pairs:
        return
    names = ", ".join(f"{a!r} to {b!r}" for a, b in pairs[:_SHOWN])
    more = " and between others" if len(pairs) > _SHOWN else ""
    raise InputError(
        [
            f"no drive that obeys the turn restrictions leads from {names}{more}; move these points to another street, "
            "or plan without turns."
        ]
    )
