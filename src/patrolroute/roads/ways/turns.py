"""The turn-expanded graph: one state for each edge of the network, and an arc for each turn that is allowed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from patrolroute.errors import InputError
from patrolroute.roads.geometry import part_index

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from patrolroute.roads.hierarchy import Hierarchy, Weighted
    from patrolroute.roads.network import RoadNetwork

U_TURN_S = 20.0
"""What turning round costs, away from dead ends; OSRM's profile for cars has the same."""


@dataclass(frozen=True, eq=False, kw_only=True)
class TurnGraph:
    """Edges as states, allowed turns as arcs; S states, A arcs sorted by tail, then head.

    To be in a state is to stand at the end of its edge. States 0 to E - 1 are the edges of the network. Those beyond
    stand for an edge reached over the beginning of a restriction with a via way, where less is allowed; `edge` names
    it. An arc turns into the next edge and drives it to its end.

    Parameters
    ----------
    states : int
    edge : int32 array, shape (S,)
        Edge of the network that each state stands at the end of.
    tail, head : int32 array, shape (A,)
        States.
    time_ms : int64 array, shape (A,)
        Milliseconds of the edge that is turned into, and of the turn.
    turn_ms : int64 array, shape (A,)
        Milliseconds of that which are for turning round.
    length_dm : int64 array, shape (A,)
        Decimetres of the edge that is turned into.
    street_tail, street_head : int32 array, shape (E,)
        The network's, by which it is known again.
    stranded : bool array, shape (E,)
        Edges that no drive which obeys the turns reaches from the most of the others and leaves again.
    xy : float64 array, shape (N, 2)
        Where the network's nodes lie, metres east and north.
    """

    states: int
    edge: NDArray[np.int32]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    time_ms: NDArray[np.int64]
    turn_ms: NDArray[np.int64]
    length_dm: NDArray[np.int64]
    street_tail: NDArray[np.int32]
    street_head: NDArray[np.int32]
    stranded: NDArray[np.bool_]
    xy: NDArray[np.float64]

    @cached_property
    def hierarchy(self) -> Hierarchy:
        """The contraction hierarchy of the states, made when it is first asked for."""
        from patrolroute.roads.hierarchy import build_hierarchy, dissect_links  # noqa: PLC0415 - brings the compiler

        tail, head = self.street_tail.astype(np.int64), self.street_head.astype(np.int64)
        place = np.empty(len(tail), np.int64)
        place[dissect_links(len(self.xy), tail, head, self.xy)] = np.arange(len(tail))
        # A state with memory stands where its edge does.
        order = np.argsort(place[self.edge], kind="stable")
        return build_hierarchy(self.states, self.tail, self.head, order=order)

    @cached_property
    def weighted(self) -> Weighted:
        """The hierarchy with the times and lengths of the arcs."""
        from patrolroute.roads.hierarchy import weigh  # noqa: PLC0415 - brings the compiler

        return weigh(self.hierarchy, self.time_ms, self.length_dm)

    def check_streets(self, network: RoadNetwork, *, times: bool = True) -> None:
        """Refuse a network that these are not the turns of.

        Parameters
        ----------
        network : RoadNetwork
        times : bool
            Whether its times must be those of the turns, too.

        Raises
        ------
        InputError
            When it has other streets, or other times.
        """
        remedy = "make them of it with turn_graph(network)"
        if not (
            np.array_equal(self.street_tail, network.tail)
            and np.array_equal(self.street_head, network.head)
            and np.array_equal(self.length_dm, network.length_dm[self.edge[self.head]])
        ):
            raise InputError(
                [
                    f"turns: made for another network, of {len(self.street_tail):,} edges; this one has "
                    f"{len(network.tail):,} and other streets; {remedy}."
                ]
            )
        if times and not np.array_equal(self.time_ms - self.turn_ms, network.time_ms[self.edge[self.head]]):
            raise InputError([f"turns: made for these streets at other speeds; {remedy} or turns.with_times(network)."])

    def with_times(self, network: RoadNetwork) -> TurnGraph:
        """Return the same turns with the times of a network that has the same streets at other speeds.

        Raises
        ------
        InputError
            When it has other streets.
        """
        self.check_streets(network, times=False)
        timed = replace(self, time_ms=network.time_ms[self.edge[self.head]] + self.turn_ms)
        if "hierarchy" in vars(self):
            vars(timed)["hierarchy"] = self.hierarchy
        return timed

    @property
    def u_turn_ms(self) -> int:
        """Milliseconds of turning round where something else is left; 0 where that is nowhere."""
        return int(self.turn_ms.max(initial=0))

    @property
    def statement(self) -> str:
        """One sentence for a planner."""
        lost = int(self.stranded.sum())
        if not lost:
            return "every edge can be driven to and back from"
        return f"{lost:,} edges cannot be driven to and back from under the turn restrictions"


def turn_graph(network: RoadNetwork, *, u_turn_s: float | None = U_TURN_S) -> TurnGraph:
    """Return a network's turns, the forbidden ones left out.

    Turn restrictions on nodes and over via ways are obeyed. To turn round onto the same street costs `u_turn_s`, save
    where nothing else is left, as in a dead end: there it is free.

    Parameters
    ----------
    network : RoadNetwork
    u_turn_s : float, optional
        Seconds that turning round takes; None forbids it save where nothing else is left.

    Raises
    ------
    InputError
        When `u_turn_s` is negative or no number.
    """
    if u_turn_s is not None and not 0 <= u_turn_s <= 3600:
        raise InputError([f"u_turn_s is {u_turn_s!r}; expected 0 to 3600 seconds, or None where it is forbidden."])
    edges = len(network.tail)
    sequences = network.restrictions.sequences
    tail, head = _allowed(network, [each for each in sequences if len(each) == 2])
    longer = [each for each in sequences if len(each) > 2]
    state_edge, tail, head = _with_memory(edges, tail, head, longer)
    tail, head, turned = _u_turns(network, state_edge, tail, head, forbidden=u_turn_s is None)
    order = np.lexsort((head, tail))
    tail, head, turned = tail[order], head[order], turned[order]
    into = state_edge[head]
    extra_ms = 0 if u_turn_s is None else int(np.ceil(u_turn_s * 1000))
    return TurnGraph(
        states=len(state_edge),
        edge=state_edge.astype(np.int32),
        tail=tail.astype(np.int32),
        head=head.astype(np.int32),
        time_ms=network.time_ms[into] + extra_ms * turned,
        turn_ms=extra_ms * turned.astype(np.int64),
        length_dm=network.length_dm[into],
        street_tail=network.tail,
        street_head=network.head,
        stranded=_stranded(edges, state_edge, tail, head),
        xy=network.xy_m,
    )


def _allowed(network: RoadNetwork, forbidden: Sequence[tuple[int, ...]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return all pairs of edges that follow each other, but for the forbidden ones."""
    edges = len(network.tail)
    first = np.searchsorted(network.tail, np.arange(len(network.node_id) + 1)).astype(np.int64)
    onward = np.diff(first)[network.head]
    tail = np.repeat(np.arange(edges), onward)
    head = part_index(first, network.head.astype(np.int64))
    banned = np.array([one * edges + other for one, other in forbidden], np.int64)
    allowed = ~np.isin(tail * edges + head, banned)
    return tail[allowed], head[allowed]


def _with_memory(
    edges: int, tail: NDArray[np.int64], head: NDArray[np.int64], sequences: Sequence[tuple[int, ...]]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Add the states that remember the beginnings of longer restrictions.

    After each turn one stands in the longest beginning that the way just driven ends with, as in the automaton of Aho
    and Corasick (10.1145/360825.360855).
    """
    beginnings = beginnings_of(sequences)
    state = {beginning: edges + i for i, beginning in enumerate(beginnings)}
    whole = set(sequences)
    start = np.searchsorted(tail, np.arange(edges + 1))
    head = head.copy()
    more_tail, more_head = [], []
    for beginning in beginnings:
        lo, hi = start[beginning[-1]], start[beginning[-1] + 1]
        if len(beginning) == 2:
            at, end = start[beginning[0]], start[beginning[0] + 1]
            head[at:end][head[at:end] == beginning[1]] = state[beginning]
        for onward in range(lo, hi):
            # `head` may have been turned to a state with memory already; the edge is that state's last.
            to = int(head[onward])
            edge = to if to < edges else beginnings[to - edges][-1]
            way = (*beginning, edge)
            endings = [way[k:] for k in range(len(way) - 1)]
            if whole.isdisjoint(endings):
                more_tail.append(state[beginning])
                more_head.append(next((state[each] for each in endings if each in state), edge))
    state_edge = np.concatenate([np.arange(edges), np.array([each[-1] for each in beginnings], np.int64)])
    return (
        state_edge,
        np.concatenate([tail, np.array(more_tail, np.int64)]),
        np.concatenate([head, np.array(more_head, np.int64)]),
    )


def beginnings_of(sequences: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Return the ways that states beyond the edges stand for, in the order of these states: two edges each, or more."""
    return list(dict.fromkeys(each[:k] for each in sequences for k in range(2, len(each))))


def _u_turns(
    network: RoadNetwork,
    state_edge: NDArray[np.int64],
    tail: NDArray[np.int64],
    head: NDArray[np.int64],
    *,
    forbidden: bool,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Return the arcs that are left, and which of them turn round where something else is left."""
    turned = network.twin[state_edge[tail]] == state_edge[head]
    others = np.bincount(tail[~turned], minlength=len(state_edge))
    turned &= others[tail] > 0
    if not forbidden:
        return tail, head, turned
    return tail[~turned], head[~turned], turned[~turned]


def _stranded(
    edges: int, state_edge: NDArray[np.int64], tail: NDArray[np.int64], head: NDArray[np.int64]
) -> NDArray[np.bool_]:
    states = len(state_edge)
    links = csr_array((np.ones(len(tail), np.int8), (tail, head)), shape=(states, states))
    _, label = connected_components(links, directed=True, connection="strong")
    largest = np.bincount(label).argmax()
    reached = np.zeros(edges, bool)
    reached[state_edge[label == largest]] = True
    return ~reached
