"""Cuts of the windy rural postman: sets of nodes that an odd number of wanted streets leaves.

A closed walk crosses the border of every set an even number of times, so where an odd number of wanted streets crosses
it, one crossing more is due (Corberan and Laporte, Arc Routing, 10.1137/1.9781611973679). A set is a bool row over the
nodes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components, maximum_flow

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EPS = 1e-6
_FLOW_UNIT = 1_000_000


@dataclass(frozen=True, eq=False, kw_only=True)
class Crossings:
    """Streets as undirected links, and the nodes that an odd number of wanted ones meet.

    Parameters
    ----------
    nodes : int
    one, other : int64 array, shape (S,)
        The ends of each street.
    wanted : bool array, shape (S,)
    """

    nodes: int
    one: NDArray[np.int64]
    other: NDArray[np.int64]
    wanted: NDArray[np.bool_]

    @property
    def odd(self) -> NDArray[np.bool_]:
        """Nodes that an odd number of wanted streets meets, shape (N,); a loop meets its node twice."""
        ends = np.concatenate([self.one[self.wanted], self.other[self.wanted]])
        odd: NDArray[np.bool_] = np.bincount(ends, minlength=self.nodes) % 2 == 1
        return odd

    def crossing(self, inside: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which streets leave a set, shape (S,)."""
        crossing: NDArray[np.bool_] = inside[self.one] != inside[self.other]
        return crossing


def bridges(streets: Crossings) -> NDArray[np.int64]:
    """Return the streets without which the graph falls apart: a closed walk drives them there and back."""
    beside: list[list[tuple[int, int]]] = [[] for _ in range(streets.nodes)]
    for street, (a, b) in enumerate(zip(streets.one.tolist(), streets.other.tolist(), strict=True)):
        beside[a].append((b, street))
        beside[b].append((a, street))
    seen, low, clock, found = [0] * streets.nodes, [0] * streets.nodes, 0, []
    for first in range(streets.nodes):
        if seen[first]:
            continue
        clock += 1
        seen[first] = low[first] = clock
        stack = [(first, -1, iter(beside[first]))]
        while stack:
            node, via, links = stack[-1]
            for neighbour, street in links:
                if street == via:
                    continue
                if not seen[neighbour]:
                    clock += 1
                    seen[neighbour] = low[neighbour] = clock
                    stack.append((neighbour, street, iter(beside[neighbour])))
                    break
                low[node] = min(low[node], seen[neighbour])
            else:
                stack.pop()
                if stack:
                    before = stack[-1][0]
                    low[before] = min(low[before], low[node])
                    if low[node] > seen[before]:
                        found.append(via)
    return np.array(sorted(found), np.int64)


def moats(streets: Crossings, cost: NDArray[np.float64]) -> list[NDArray[np.bool_]]:
    """Return nested odd sets: moats grow around odd nodes until they meet and merge.

    They are the sets that carry the dual solution of the cheapest pairing of odd nodes (Goemans and Williamson 1995,
    10.1137/S0097539793242618), and as cuts bring a linear relaxation most of the way at once.

    Parameters
    ----------
    streets : Crossings
    cost : float64 array, shape (S,)
        Of driving each street once more.
    """
    plain = np.flatnonzero((streets.one != streets.other) & np.isfinite(cost))
    one, other, slack = streets.one[plain], streets.other[plain], cost[plain].astype(np.float64)
    moat, grows = np.arange(streets.nodes), streets.odd.copy()
    sets = [moat == node for node in np.flatnonzero(grows)]
    while len(one):
        speed = grows[moat[one]].astype(np.float64) + grows[moat[other]]
        moving = np.flatnonzero(speed)
        if not len(moving):
            break
        wait = slack[moving] / speed[moving]
        met = moving[np.argmin(wait)]
        slack[moving] -= wait.min() * speed[moving]
        kept, gone = moat[one[met]], moat[other[met]]
        moat[moat == gone] = kept
        grows[kept] ^= grows[gone]
        if grows[kept]:
            sets.append(moat == kept)
        apart = moat[one] != moat[other]
        one, other, slack = one[apart], other[apart], slack[apart]
    return sets


def odd_components(streets: Crossings, extra: NDArray[np.float64]) -> list[NDArray[np.bool_]]:
    """Return odd sets that are left by less than one crossing more than their wanted streets: components.

    Parameters
    ----------
    streets : Crossings
    extra : float64 array, shape (S,)
        How often each street is driven beyond what is wanted.
    """
    odd, found, known = streets.odd, [], set()
    for least in (1e-9, 0.15, 0.45, 0.8):
        number, label = _components(streets, extra > least)
        parity = np.bincount(label, weights=odd, minlength=number).astype(np.int64) % 2
        for component in np.flatnonzero(parity):
            inside = label == component
            border = streets.crossing(inside)
            if extra[border].sum() < 1 - _EPS and (key := border.tobytes()) not in known:
                known.add(key)
                found.append(inside)
    return found


def odd_cuts(streets: Crossings, extra: NDArray[np.float64], *, most: int = 400) -> list[NDArray[np.bool_]]:
    """Return odd sets that are left too seldom, one at least where there is one.

    The least odd cut is among those of a tree of maximum flows between odd nodes (Padberg and Rao 1982,
    10.1287/moor.7.1.67), made as Gusfield does (10.1137/0219009). With more than `most` odd nodes nothing is returned.
    """
    number, label = _components(streets, extra >= 1 - _EPS)
    parity = np.bincount(label, weights=streets.odd, minlength=number).astype(np.int64) % 2
    terminals = np.flatnonzero(parity)
    if not 2 <= len(terminals) <= most:
        return []
    one, other = label[streets.one], label[streets.other]
    plain = (one != other) & (extra > _EPS)
    room = np.rint(extra[plain] * _FLOW_UNIT).astype(np.int32)
    ends = (np.concatenate([one[plain], other[plain]]), np.concatenate([other[plain], one[plain]]))
    graph = csr_array((np.concatenate([room, room]), ends), shape=(number, number))
    graph.sum_duplicates()
    parent, found = dict.fromkeys(terminals.tolist(), int(terminals[0])), []
    for place, terminal in enumerate(terminals.tolist()[1:], start=1):
        flow = maximum_flow(graph, terminal, parent[terminal])
        inside = side_of(graph, flow.flow, terminal)
        if flow.flow_value < _FLOW_UNIT * (1 - 1e-4) and parity[inside].sum() % 2:
            found.append(inside[label])
        for later in terminals.tolist()[place + 1 :]:
            if inside[later] and parent[later] == parent[terminal]:
                parent[later] = terminal
    return found


def side_of(graph: csr_array, flow: csr_array, source: int) -> NDArray[np.bool_]:
    """Return the source's side of the least cut, from a maximum flow: what the room that is left leads to."""
    rest = csr_array(graph - flow)
    rest.data[:] = np.maximum(rest.data, 0)
    rest.eliminate_zeros()
    inside = np.zeros(graph.shape[0], bool)
    inside[breadth_first_order(rest, source, return_predecessors=False)] = True
    return inside


def _components(streets: Crossings, used: NDArray[np.bool_]) -> tuple[int, NDArray[np.int32]]:
    links = csr_array(
        (np.ones(int(used.sum()), np.int8), (streets.one[used], streets.other[used])), shape=(streets.nodes,) * 2
    )
    number, label = connected_components(links, directed=False)
    return number, label
