"""Stops at junctions: by which edges they are reached and left, so that no stop undoes a turn restriction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from patrolroute.roads.geometry import part_index
from patrolroute.roads.ways.turns import beginnings_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from patrolroute.roads.network import RoadNetwork
    from patrolroute.roads.ways.turns import TurnGraph

    _Pairs = tuple[NDArray[np.int64], NDArray[np.int64]]


def junction_ways(network: RoadNetwork, turns: TurnGraph, junction: NDArray[np.int64]) -> tuple[_Pairs, _Pairs]:
    """Return by which states stops at junctions are reached, and by which edges they are left.

    A matrix has one number for each pair of points, so a drive from a stop cannot depend on how the stop was reached:
    whoever may arrive by some edge must be free to leave by every edge. All edges of a junction serve where every turn
    is allowed there, and turning round, which is free at a stop. Where some turn is not, one of its two edges does not
    serve for stops: fewest are left out, and none without which the stop could not be reached or left.

    Parameters
    ----------
    network : RoadNetwork
    turns : TurnGraph
        Of the same network.
    junction : int64 array, shape (k,)
        Nodes, none twice.

    Returns
    -------
    arriving : pair of int64 arrays
        Positions in `junction`, and states that stand there.
    leaving : pair of int64 arrays
        Positions in `junction`, and edges that begin there.
    """
    edges = len(network.tail)
    state, at_a = joined(junction, network.head[turns.edge])
    first = np.searchsorted(network.tail, np.arange(len(network.node_id) + 1)).astype(np.int64)
    edge = part_index(first, junction)
    at_l = np.repeat(np.arange(len(junction)), np.diff(first)[junction])
    allowed = _allowed(network, turns, state)
    whole = np.bincount(at_a, minlength=len(junction)) * np.bincount(at_l, minlength=len(junction))
    of_state = np.full(turns.states, -1)
    of_state[state] = at_a
    found = np.bincount(of_state[allowed // edges], minlength=len(junction))
    arrives, leaves = np.ones(len(state), bool), np.ones(len(edge), bool)
    for j in np.flatnonzero(found < whole).tolist():
        a, b = np.flatnonzero(at_a == j), np.flatnonzero(at_l == j)
        free = np.isin(state[a][:, None] * edges + edge[b], allowed)
        arrives[a], leaves[b] = _serving(free, turns.stranded[turns.edge[state[a]]], turns.stranded[edge[b]])
    return (at_a[arrives], state[arrives]), (at_l[leaves], edge[leaves])


def _allowed(network: RoadNetwork, turns: TurnGraph, state: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return what may be driven next after stopping in states: state times edges plus edge, rising, none twice.

    A turn that begins a restriction over ways, or goes on with one, is not among them: the stop would make it
    forgotten.
    """
    edges = len(network.tail)
    standing = np.zeros(turns.states, bool)
    standing[state] = True
    arc = np.flatnonzero(standing[turns.tail] & (turns.head < edges))
    onto = turns.head[arc].astype(np.int64)
    back = network.twin[turns.edge[state]].astype(np.int64)
    round_ = (back >= 0) & ~_round_restricted(network, turns, state, back)
    return np.unique(np.concatenate([turns.tail[arc] * np.int64(edges) + onto, (state * edges + back)[round_]]))


def _round_restricted(
    network: RoadNetwork, turns: TurnGraph, state: NDArray[np.int64], back: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return in which states turning round ends a restriction, or is a part of one over ways that may go on."""
    edges, sequences = len(network.tail), network.restrictions.sequences
    beginnings = beginnings_of(sequences)
    parts = {*sequences, *beginnings}
    pairs = np.array([one * edges + two for one, two, *more in parts if not more], np.int64)
    restricted = np.isin(turns.edge[state].astype(np.int64) * edges + back, pairs)
    for i in np.flatnonzero(state >= edges).tolist():
        way = (*beginnings[state[i] - edges], int(back[i]))
        restricted[i] |= any(way[k:] in parts for k in range(len(way) - 2))
    return restricted


def _serving(
    free: NDArray[np.bool_], weak_in: NDArray[np.bool_], weak_out: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which ways in and out of a junction are kept, so that each way in is free to go on by each way out.

    Parameters
    ----------
    free : bool array, shape (ways in, ways out)
    weak_in, weak_out : bool array
        Those that hardly any drive can use: they go first.
    """
    kept, weak = (np.ones(len(weak_in), bool), np.ones(len(weak_out), bool)), (weak_in, weak_out)
    while (broken := ~free & kept[0][:, None] & kept[1]).any():
        options = []
        for side in (0, 1):
            count, strong = broken.sum(axis=1 - side), kept[side] & ~weak[side]
            for i in np.flatnonzero(count).tolist():
                last = bool(strong[i]) and int(strong.sum()) == 1
                options.append((last, not weak[side][i], -int(count[i]), side, i))
        *_, side, i = min(options)
        kept[side][i] = False
    return kept


def joined(wanted: NDArray[np.integer], given: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return all pairs of positions in `given` and in `wanted` that hold the same value."""
    order = np.argsort(wanted, kind="stable")
    ordered = wanted[order]
    lo, hi = np.searchsorted(ordered, given, "left"), np.searchsorted(ordered, given, "right")
    size = hi - lo
    at = np.repeat(np.arange(len(given)), size)
    within = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    return at, order[np.repeat(lo, size) + within].astype(np.int64)
