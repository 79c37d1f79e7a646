"""Drives that obey turns: streets put in a new order by what turning costs, and the way along them by allowed turns.

On the turn graph a street is a state and every turn has its price, so that the search which orders streets needs no
rule for turns: each direction of a street is two ends of its own. The ways between are then found once more, through
states that remember the beginnings of longer restrictions, so that what comes out is allowed as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csc_array, csr_array
from scipy.sparse.csgraph import dijkstra

from patrolroute.errors import InputError
from patrolroute.roads.coverage.prizekernel import search_order
from patrolroute.roads.coverage.streets import drive_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from patrolroute.roads.coverage.prizes import Effort
    from patrolroute.roads.coverage.streets import AreaStreets, Drive
    from patrolroute.roads.network import RoadNetwork
    from patrolroute.roads.ways.turns import TurnGraph

_MARGINS_M = (1_000.0, np.inf)
"""So far around an area ways are looked for first, and where that does not join its streets, everywhere."""
_CHUNK = 64
_NEAR = 40
_FAR_MS = 2**28
_NO_LIMIT_MS = 2**50
SHORTEST_END_DM = 3
"""A drive begins and ends on streets at least this long, so that there is room for its ends within them."""


@dataclass(frozen=True, eq=False, kw_only=True)
class TurnGround:
    """The turns around an area; n states, V services, each of them one direction of one of S streets.

    Parameters
    ----------
    network : RoadNetwork
    area : AreaStreets
        Streets that some drive which obeys the turns can take.
    state_edge : int64 array, shape (n,)
        Edge of the network that each state stands at the end of.
    graph : csr_array, shape (n, n)
        Milliseconds of each turn and of the edge behind it.
    service : int64 array, shape (V,)
        Edge of each service.
    street : int64 array, shape (V,)
        Its position in the area.
    between_ms : int64 array, shape (V, V)
        From the end of one service to the beginning of another, and turning into it.
    u_turn_ms : int
    held : bool array, shape (E,)
        Edges over which a restriction leads on, or which are too short: no drive begins or ends on them.
    """

    network: RoadNetwork
    area: AreaStreets
    state_edge: NDArray[np.int64]
    graph: csr_array
    service: NDArray[np.int64]
    street: NDArray[np.int64]
    between_ms: NDArray[np.int64]
    u_turn_ms: int
    held: NDArray[np.bool_]

    @cached_property
    def into(self) -> csc_array:
        """The graph by columns: what leads into each state."""
        return self.graph.tocsc()


def turn_ground(network: RoadNetwork, turns: TurnGraph, area: AreaStreets) -> TurnGround:
    """Return the turns around an area, its streets without those that no drive which obeys the turns can take.

    Raises
    ------
    InputError
        When the turns are those of another network, or no street is left.
    """
    turns.check_streets(network)
    there = area.edge.astype(np.int64)
    back = network.twin[there].astype(np.int64)
    service = np.concatenate([there, back[back >= 0]])
    street = np.concatenate([np.arange(len(there)), np.flatnonzero(back >= 0)])
    free = ~turns.stranded[service]
    service, street = service[free], street[free]
    kept = np.zeros(len(there), bool)
    kept[street] = True
    if not kept.any():
        raise InputError(["area: no drive that obeys the turn restrictions reaches any of its streets."])
    street = (np.cumsum(kept) - 1)[street]
    for margin_m in _MARGINS_M:
        states = _around(network, turns, service, margin_m)
        graph, state_edge = _cut_out(turns, states)
        between_ms = _between(network, graph, state_edge, service)
        if (between_ms < _FAR_MS).all():
            break
    held = network.length_dm < SHORTEST_END_DM
    for sequence in network.restrictions.sequences:
        held[list(sequence[1:-1])] = True
    return TurnGround(
        network=network,
        area=area.only(kept),
        state_edge=state_edge,
        graph=graph,
        service=service,
        street=street,
        between_ms=between_ms,
        u_turn_ms=turns.u_turn_ms,
        held=held,
    )


def turning_ms(network: RoadNetwork, edges: NDArray[np.integer], u_turn_ms: int) -> NDArray[np.int64]:
    """Return the milliseconds of turning round before each edge of a drive: none where no other street leads on.

    Parameters
    ----------
    network : RoadNetwork
    edges : int array, shape (K,)
        In driving order.
    u_turn_ms : int

    Returns
    -------
    int64 array, shape (K,)
    """
    round_ = np.zeros(len(edges), bool)
    round_[1:] = network.twin[edges[:-1]] == edges[1:]
    ways_on = np.bincount(network.tail, minlength=len(network.node_id))
    round_ &= ways_on[network.tail[edges]] > 1
    return u_turn_ms * round_.astype(np.int64)


def turned_drive(ground: TurnGround, drive: Drive, *, closed: bool, effort: Effort) -> Drive:
    """Return a drive over the streets that a drive covers, which obeys the turns.

    Parameters
    ----------
    ground : TurnGround
        Of an area that holds all these streets.
    drive : Drive
        The order to begin with; whether it obeys turns does not matter.
    closed : bool
        Whether it comes back to where it begins.
    effort : Effort
        Iterations and seed of the search for a better order.

    Returns
    -------
    Drive
        Without bounds; its milliseconds are those of its edges, without turning round.

    Raises
    ------
    InputError
        When no drive begins or ends where the turns allow it.
    """
    network = ground.network
    wanted = np.searchsorted(ground.area.edge, drive.streets)
    order = _ordered(ground, drive, wanted, closed=closed, effort=effort)
    edges = _allowed_way(ground, order, closed=closed)
    area = ground.area.only(np.isin(np.arange(len(ground.area.edge)), wanted))
    return replace(drive_of(network, area, edges, int(network.tail[edges[0]])), total_dm=drive.total_dm)


def _around(network: RoadNetwork, turns: TurnGraph, edges: NDArray[np.int64], margin_m: float) -> NDArray[np.int64]:
    """Return the states on edges within a margin around some edges' bounds."""
    corners = turns.xy[np.concatenate([network.tail[edges], network.head[edges]])]
    low, high = corners.min(axis=0) - margin_m, corners.max(axis=0) + margin_m
    near = ((turns.xy >= low) & (turns.xy <= high)).all(axis=1)
    return np.flatnonzero((near[network.tail] & near[network.head])[turns.edge])


def _cut_out(turns: TurnGraph, states: NDArray[np.int64]) -> tuple[csr_array, NDArray[np.int64]]:
    place = np.full(turns.states, -1, np.int64)
    place[states] = np.arange(len(states))
    tail, head = place[turns.tail], place[turns.head]
    inside = (tail >= 0) & (head >= 0)
    weights = turns.time_ms[inside].astype(np.float64)
    graph = csr_array((weights, (tail[inside], head[inside])), shape=(len(states), len(states)))
    return graph, turns.edge[states].astype(np.int64)


def _between(
    network: RoadNetwork, graph: csr_array, state_edge: NDArray[np.int64], service: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the milliseconds from the end of each service to the beginning of each, shape (V, V)."""
    # The first states of the graph are the edges themselves, in their order; those with a memory come behind.
    source = np.searchsorted(state_edge[: len(np.unique(state_edge))], service)
    position = np.full(len(network.tail), -1)
    position[service] = np.arange(len(service))
    entered = np.flatnonzero(position[state_edge] >= 0)
    column = position[state_edge[entered]]
    found = np.full((len(service), len(service)), float(_FAR_MS))
    for first in range(0, len(service), _CHUNK):
        part = slice(first, first + _CHUNK)
        reached = dijkstra(graph, indices=source[part])[:, entered]
        best = found[part].T
        np.minimum.at(best, column, reached.T - network.time_ms[service[column], None])
    np.fill_diagonal(found, 0)
    between: NDArray[np.int64] = np.minimum(found, _FAR_MS).astype(np.int64)
    return between


def _ordered(
    ground: TurnGround, drive: Drive, wanted: NDArray[np.int64], *, closed: bool, effort: Effort
) -> NDArray[np.int64]:
    """Return positions in the area of the wanted streets, in the best order that was found."""
    chosen = np.flatnonzero(np.isin(ground.street, wanted))
    service, street = ground.service[chosen], np.searchsorted(wanted, ground.street[chosen])
    count = len(chosen)
    ways = np.full((2 * count, 2 * count), _FAR_MS, np.int32)
    ways[1::2, ::2] = ground.between_ms[np.ix_(chosen, chosen)]
    cost = ground.network.time_ms[service]
    services = np.column_stack([2 * np.arange(count), 2 * np.arange(count) + 1, cost, street]).astype(np.int64)
    pairs = np.full((len(wanted), 2), -1, np.int64)
    for number, row in enumerate(street.tolist()):
        pairs[row, 0 if pairs[row, 0] < 0 else 1] = number
    apart = ways[1::2, ::2][np.ix_(pairs[:, 0], pairs[:, 0])].astype(np.int64)
    apart += apart.T
    np.fill_diagonal(apart, -1)
    near = np.argsort(apart, axis=1, kind="stable")[:, :_NEAR].astype(np.int64)
    driven = {edge: number for number, edge in enumerate(service.tolist())}
    first: dict[int, int] = {}
    for edge in drive.edges.tolist():
        number = driven.get(edge, driven.get(int(ground.network.twin[edge]), -1))
        if number >= 0:
            first.setdefault(int(street[number]), number)
    typical = float(np.median(cost))
    worth = ground.area.inside_dm[wanted].astype(np.int64)
    found = search_order(
        ways,
        services,
        pairs,
        worth,
        near,
        np.full(2, -2 if closed else -1, np.int64),
        np.array([_NO_LIMIT_MS, worth.sum(), 1], np.int64),
        np.array(list(first.values()), np.int64),
        np.array([effort.iterations if len(wanted) > 1 else 0, effort.seed, 0.3 * typical, 0.03 * typical]),
    )
    streets: NDArray[np.int64] = wanted[services[np.asarray(found, np.int64), 3]]
    return streets


@dataclass(frozen=True)
class _Stand:
    """A state, what it took to get there, and the edges that were driven."""

    state: int
    ms: float
    way: tuple[int, ...]


def _allowed_way(ground: TurnGround, order: NDArray[np.int64], *, closed: bool) -> NDArray[np.int64]:
    """Return the edges of the quickest allowed drive over streets in an order, each either way.

    Street after street, the quickest drive to each state on it: the states remember what a restriction could ask for.
    """
    rows: dict[int, list[int]] = {}
    for state, edge in enumerate(ground.state_edge.tolist()):
        rows.setdefault(edge, []).append(state)
    ways_along = [ground.service[ground.street == street].tolist() for street in order.tolist()]
    best: tuple[float, tuple[int, ...]] | None = None
    begun = _beginnings(ground, rows, ways_along[0])
    for stands in [[each] for each in begun] if closed else [begun]:
        last = stands
        for edges in ways_along[1:]:
            last = _onward(ground, last, [state for edge in edges for state in rows[edge]])
        if closed:
            first = stands[0].way[0]
            last = [replace(each, way=each.way[:-1]) for each in _onward(ground, last, rows[first])]
        else:
            last = _endings(ground, last)
        for each in last:
            if best is None or each.ms < best[0]:
                best = (each.ms, each.way)
    if best is None:
        raise InputError(["area: a beat of it can be begun or ended nowhere without breaking a turn restriction."])
    return np.array(best[1], np.int64)


def _beginnings(ground: TurnGround, rows: dict[int, list[int]], edges: list[int]) -> list[_Stand]:
    """Return how a drive may begin on some edges: where a restriction leads on over one, from the street before it."""
    time_ms = ground.network.time_ms
    begun = [_Stand(rows[edge][0], float(time_ms[edge]), (edge,)) for edge in edges if not ground.held[edge]]
    if begun:
        return begun
    for edge in edges:
        for state in rows[edge]:
            for arc in range(*ground.into.indptr[state : state + 2].tolist()):
                before = int(ground.into.indices[arc])
                first = int(ground.state_edge[before])
                if not ground.held[first] and before == rows[first][0]:
                    begun.append(_Stand(state, float(time_ms[first] + ground.into.data[arc]), (first, edge)))
    return begun


def _endings(ground: TurnGround, stands: list[_Stand]) -> list[_Stand]:
    """Return where a drive may end: where a restriction leads on over its last edge, on the street behind it."""
    ended = [each for each in stands if not ground.held[each.way[-1]]]
    if ended:
        return ended
    for each in stands:
        for arc in range(*ground.graph.indptr[each.state : each.state + 2].tolist()):
            state = int(ground.graph.indices[arc])
            edge = int(ground.state_edge[state])
            if not ground.held[edge]:
                ended.append(_Stand(state, each.ms + float(ground.graph.data[arc]), (*each.way, edge)))
    return ended


def _onward(ground: TurnGround, stands: list[_Stand], targets: list[int]) -> list[_Stand]:
    """Return the quickest allowed drive from any of some states to each of others."""
    best: dict[int, _Stand] = {}
    for each in stands:
        (reached,), (before,) = dijkstra(ground.graph, indices=np.array([each.state]), return_predecessors=True)
        for state in targets:
            arrives, at = float(reached[state]), int(before[state])
            if state == each.state:
                # Once around and back onto the same street.
                begin, end = ground.into.indptr[state : state + 2].tolist()
                arrivals = reached[ground.into.indices[begin:end]] + ground.into.data[begin:end]
                at = int(ground.into.indices[begin + int(np.argmin(arrivals))])
                arrives = float(arrivals.min())
            ms = each.ms + arrives
            if np.isfinite(ms) and (state not in best or ms < best[state].ms):
                path = [state]
                while at != each.state:
                    path.append(at)
                    at = int(before[at])
                best[state] = _Stand(state, ms, (*each.way, *ground.state_edge[path[::-1]].tolist()))
    return list(best.values())
