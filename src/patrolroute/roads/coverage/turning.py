"""Drives that obey turns: streets put in a new order by what turning costs, and the way along them by allowed turns.

On the turn graph a street is a state and every turn has its price; states with a memory stand for an edge reached over
the beginning of a longer restriction. The quickest ways between the states on the streets of an area make tours of
streets (`tours`) whose time is that of the drive along them, and what comes out is allowed as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from patrolroute.errors import InputError
from patrolroute.roads.coverage.streets import drive_of
from patrolroute.roads.coverage.tours import FAR_MS, Stands, best_tour, good_tour

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from patrolroute.roads.coverage.prizes import Effort
    from patrolroute.roads.coverage.streets import AreaStreets, Drive
    from patrolroute.roads.network import RoadNetwork
    from patrolroute.roads.ways.turns import TurnGraph

_MARGINS_M = (1_000.0, np.inf)
"""So far around an area ways are looked for first, and where that does not join its streets, everywhere."""
_CHUNK = 64
SHORTEST_END_DM = 3
"""A drive begins and ends on streets at least this long, so that there is room for its ends within them."""


@dataclass(frozen=True, eq=False, kw_only=True)
class TurnGround:
    """The turns around an area; n states, V of them on its streets.

    Parameters
    ----------
    network : RoadNetwork
    area : AreaStreets
        Streets that some drive which obeys the turns can take.
    state_edge : int64 array, shape (n,)
        Edge of the network that each state stands at the end of.
    graph : csr_array, shape (n + 2, n + 2)
        Milliseconds of each turn and of the edge behind it. From node n on a drive begins, to node n + 1 it ends.
    state : int64 array, shape (V,)
        The state of each stand.
    stands : Stands
        On the streets of the area, by their positions in it.
    u_turn_ms : int
    held : bool array, shape (E,)
        Edges over which a restriction leads on, or which are too short, or which no drive reaches and leaves: no drive
        begins or ends on them.
    """

    network: RoadNetwork
    area: AreaStreets
    state_edge: NDArray[np.int64]
    graph: csr_array
    state: NDArray[np.int64]
    stands: Stands
    u_turn_ms: int
    held: NDArray[np.bool_]


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
    street = np.full(len(network.tail), -1)
    street[there] = np.arange(len(there))
    street[back[back >= 0]] = np.flatnonzero(back >= 0)
    street[turns.stranded] = -1
    kept = np.isin(np.arange(len(there)), street)
    if not kept.any():
        raise InputError(["area: no drive that obeys the turn restrictions reaches any of its streets."])
    street[street >= 0] = (np.cumsum(kept) - 1)[street[street >= 0]]
    held = (network.length_dm < SHORTEST_END_DM) | turns.stranded
    for sequence in network.restrictions.sequences:
        held[list(sequence[1:-1])] = True
    whole = _priced(network, turns)
    for margin_m in _MARGINS_M:
        states = _around(network, turns, np.flatnonzero(street >= 0), margin_m)
        part = _Part.of(network, turns, whole, states, held, street)
        if part.joined:
            break
    if len(more := _worth_a_detour(whole, part)) > len(states):
        part = _Part.of(network, turns, whole, more, held, street)
    return TurnGround(
        network=network,
        area=area.only(kept),
        state_edge=part.state_edge,
        graph=part.graph,
        state=part.state,
        stands=part.stands,
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

    Up to about twelve streets it is the quickest one.

    Parameters
    ----------
    ground : TurnGround
        Of an area that holds all these streets.
    drive : Drive
        The order to begin with; whether it obeys turns does not matter.
    closed : bool
        Whether it comes back to where it begins, and turns into its first street again.
    effort : Effort
        Iterations and seed of the search for a better order.

    Returns
    -------
    Drive
        With `turning_ms`. Its lower bound is its own time where it is the quickest, else that of the drive which was
        given: turns only take drives away.

    Raises
    ------
    InputError
        When no drive begins or ends where the turns allow it.
    """
    network = ground.network
    wanted = np.searchsorted(ground.area.edge, drive.streets)
    chosen = np.flatnonzero(np.isin(ground.stands.street, wanted))
    stands = ground.stands.only(wanted)
    tour = best_tour(stands, closed=closed)
    lower_ms = drive.lower_ms
    if tour is not None:
        lower_ms = max(lower_ms or 0, stands.tour_ms(tour, closed=closed))
    else:
        first = _as_driven(network, drive, ground.state_edge[ground.state[chosen]], stands)
        tour = good_tour(stands, ground.area.inside_dm[wanted], first, closed=closed, effort=effort)
    if stands.tour_ms(tour, closed=closed) >= FAR_MS:
        raise InputError(["area: a beat of it can be begun or ended nowhere without breaking a turn restriction."])
    edges = _edges_along(ground, ground.state[chosen[tour]], closed=closed)
    area = ground.area.only(np.isin(np.arange(len(ground.area.edge)), wanted))
    turned_ms = turning_ms(network, np.append(edges, edges[:1]) if closed else edges, ground.u_turn_ms)
    return replace(
        drive_of(network, area, edges, int(network.tail[edges[0]])),
        total_dm=drive.total_dm,
        turning_ms=int(turned_ms.sum()),
        lower_ms=lower_ms,
    )


def _around(network: RoadNetwork, turns: TurnGraph, edges: NDArray[np.int64], margin_m: float) -> NDArray[np.int64]:
    """Return the states on edges within a margin around some edges' bounds."""
    corners = turns.xy[np.concatenate([network.tail[edges], network.head[edges]])]
    low, high = corners.min(axis=0) - margin_m, corners.max(axis=0) + margin_m
    near = ((turns.xy >= low) & (turns.xy <= high)).all(axis=1)
    return np.flatnonzero((near[network.tail] & near[network.head])[turns.edge])


def _priced(network: RoadNetwork, turns: TurnGraph) -> csr_array:
    """Return the graph of all states; turning round costs wherever another street leads on, if a forbidden one."""
    before, after = turns.edge[turns.tail], turns.edge[turns.head]
    ways_on = np.bincount(network.tail, minlength=len(network.node_id))
    round_ = (network.twin[before] == after) & (ways_on[network.tail[after]] > 1)
    weights = (network.time_ms[after] + turns.u_turn_ms * round_).astype(np.float64)
    return csr_array((weights, (turns.tail, turns.head)), shape=(turns.states, turns.states))


@dataclass(frozen=True, eq=False, kw_only=True)
class _Part:
    """A part of the turn graph, as in `TurnGround`, and the states of the whole that it consists of."""

    states: NDArray[np.int64]
    state_edge: NDArray[np.int64]
    graph: csr_array
    state: NDArray[np.int64]
    stands: Stands
    joined: bool

    @classmethod
    def of(
        cls,
        network: RoadNetwork,
        turns: TurnGraph,
        whole: csr_array,
        states: NDArray[np.int64],
        held: NDArray[np.bool_],
        street: NDArray[np.int64],
    ) -> _Part:
        state_edge = turns.edge[states].astype(np.int64)
        graph = _with_ends(whole[states][:, states], network, state_edge, states < len(network.tail), held)
        state = np.flatnonzero(street[state_edge] >= 0)
        reach_ms = _reach(graph, state)
        plain = states[state] < len(network.tail)
        begin_ms = _whole_ms(dijkstra(graph, indices=np.array([len(states)]))[0, state])
        end_ms = _whole_ms(dijkstra(graph.T.tocsr(), indices=np.array([len(states) + 1]))[0, state])
        # A memory that nothing brings about is no stand.
        kept = plain | (reach_ms[plain] < FAR_MS).any(axis=0) | (begin_ms < FAR_MS)
        state, reach_ms, plain = state[kept], reach_ms[np.ix_(kept, kept)], plain[kept]
        on, begin_ms, end_ms = street[state_edge[state]], begin_ms[kept], end_ms[kept]
        order = np.argsort(state_edge[state], kind="stable")
        start = np.flatnonzero(np.diff(state_edge[state[order]], prepend=-1))
        joined = (np.minimum.reduceat(reach_ms[plain][:, order], start, axis=1) < FAR_MS).all()
        return cls(
            states=states,
            state_edge=state_edge,
            graph=graph,
            state=state,
            stands=Stands(
                street=on,
                own_ms=network.time_ms[state_edge[state]],
                reach_ms=reach_ms,
                begin_ms=begin_ms,
                end_ms=end_ms,
            ),
            joined=bool(joined),
        )


def _with_ends(
    graph: csr_array,
    network: RoadNetwork,
    state_edge: NDArray[np.int64],
    plain: NDArray[np.bool_],
    held: NDArray[np.bool_],
) -> csr_array:
    """Return a graph with two nodes more: a drive begins in the one, on whatever edge it may, and ends in the other."""
    count = len(state_edge)
    arcs = graph.tocoo()
    free = ~held[state_edge]
    first, last = np.flatnonzero(free & plain), np.flatnonzero(free)
    tail = np.concatenate([arcs.coords[0], np.full(len(first), count), last])
    head = np.concatenate([arcs.coords[1], first, np.full(len(last), count + 1)])
    weights = np.concatenate([arcs.data, network.time_ms[state_edge[first]], np.zeros(len(last))])
    return csr_array((weights, (tail, head)), shape=(count + 2, count + 2))


def _whole_ms(found: NDArray[np.float64]) -> NDArray[np.int64]:
    whole: NDArray[np.int64] = np.minimum(found, FAR_MS).astype(np.int64)
    return whole


def _reach(graph: csr_array, state: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the milliseconds from each of some states to each, shape (V, V); once round where they are the same."""
    into = graph.tocsc()
    found = np.empty((len(state), len(state)), np.int64)
    for first in range(0, len(state), _CHUNK):
        rows = dijkstra(graph, indices=state[first : first + _CHUNK])
        found[first : first + _CHUNK] = _whole_ms(rows[:, state])
        for row, place in zip(rows, range(first, first + len(rows)), strict=True):
            arcs = slice(*into.indptr[state[place] : state[place] + 2].tolist())
            round_ms = (row[into.indices[arcs]] + into.data[arcs]).min(initial=np.inf)
            found[place, place] = min(round_ms, FAR_MS)
    return found


def _worth_a_detour(whole: csr_array, part: _Part) -> NDArray[np.int64]:
    """Return the states of a part, and those farther off that quicker ways might pass than are within it."""
    stands, state = part.stands, part.states[part.state]
    longest = [int(ms[ms < FAR_MS].max(initial=0)) for ms in (stands.reach_ms, stands.begin_ms, stands.end_ms)]
    to = dijkstra(whole.T.tocsr(), indices=state, min_only=True, limit=max(longest[:2]))
    off = dijkstra(whole, indices=state, min_only=True, limit=max(longest[0], longest[2]))
    near = (to + off <= longest[0]) | (to <= longest[1]) | (off <= longest[2])
    return np.union1d(part.states, np.flatnonzero(near))


def _as_driven(network: RoadNetwork, drive: Drive, edge: NDArray[np.int64], stands: Stands) -> NDArray[np.int64]:
    """Return stands on streets in the order in which a drive comes by them."""
    place = {each: number for number, each in reversed(list(enumerate(edge.tolist())))}
    first: dict[int, int] = {}
    for each in drive.edges.tolist():
        number = place.get(each, place.get(int(network.twin[each]), -1))
        if number >= 0:
            first.setdefault(int(stands.street[number]), number)
    return np.array(list(first.values()), np.int64)


def _edges_along(ground: TurnGround, tour: NDArray[np.int64], *, closed: bool) -> NDArray[np.int64]:
    """Return the edges of the quickest allowed drive from state to state, which begins and ends where it may."""
    begin, end = len(ground.state_edge), len(ground.state_edge) + 1
    if not closed:
        way = _way(ground.graph, [begin, *tour.tolist(), end])
        return ground.state_edge[np.array(way[:-1], np.int64)]
    way = _way(ground.graph, [*tour.tolist(), int(tour[0])])
    free = np.flatnonzero(~ground.held[ground.state_edge[way]])
    if not len(free):
        way = _way(ground.graph, _past_an_end(ground, tour))
        free = np.array([0])
    return ground.state_edge[np.roll(np.array(way, np.int64), -int(free[0]))]


def _way(graph: csr_array, stops: list[int]) -> list[int]:
    """Return the nodes of the quickest way from stop to stop, without the first of them."""
    way = []
    for here, there in pairwise(stops):
        (reached,), (before,) = dijkstra(graph, indices=np.array([here]), return_predecessors=True)
        path, at = [there], int(before[there])
        if here == there:
            # Once round, and back into the same state.
            into = graph[:, [there]].tocoo()
            at = int(into.coords[0][np.argmin(reached[into.coords[0]] + into.data)])
        while at != here:
            path.append(at)
            at = int(before[at])
        way += path[::-1]
    return way


def _past_an_end(ground: TurnGround, tour: NDArray[np.int64]) -> list[int]:
    """Return stops of a closed tour over held edges alone, with the least detour to where it may begin."""
    backwards = ground.graph.T.tocsr()
    free = np.flatnonzero(~ground.held[ground.state_edge])
    best: tuple[float, list[int]] | None = None
    for k in range(len(tour)):
        turned = np.roll(tour, -k)
        there, back = dijkstra(ground.graph, indices=turned[-1:])[0], dijkstra(backwards, indices=turned[:1])[0]
        # A tour of one stop is all detour.
        extra = there + back - (there[turned[0]] if len(tour) > 1 else 0)
        at = int(free[np.argmin(extra[free])]) if len(free) else -1
        if at >= 0 and np.isfinite(extra[at]) and (best is None or extra[at] < best[0]):
            best = (float(extra[at]), [at, *turned.tolist(), at])
    if best is None:
        raise InputError(["area: a beat of it can be begun or ended nowhere without breaking a turn restriction."])
    return best[1]
