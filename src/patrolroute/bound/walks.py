"""A quick relaxation of routes: walks that may come back to a visit, though not by way of one other only.

Where nights are long and windows wide, labels with memories are too many. Walks are labelled by visit and a short span
of time alone, in milliseconds: of all that reach a visit in a span the two best that come from different groups are
kept, as if they were as early as the earliest of all. So the most that any walk earns is an upper bound on what routes
earn, and going straight back to where one came from is ruled out (Christofides, Mingozzi, Toth 1981,
10.1007/BF01589353).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from patrolroute.bound.labelling import NONE
from patrolroute.compiled import compiled, helper

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from patrolroute.bound.labelling import Arcs
    from patrolroute.bound.network import Graph

    Ints = NDArray[np.int64]


class Walks(NamedTuple):
    """The two best walks by visit and span.

    Parameters
    ----------
    clock : int64 array, shape (n, B)
        Earliest beginning in the span.
    profit, origin, back : int64 array, shape (n, B, 2)
        What the walk earns; the group that it comes from (-1 from the start, -2 where there is none); where it comes
        from, as a place in the flattened array (-1 from the start).
    """

    clock: Ints
    profit: Ints
    origin: Ints
    back: Ints


def no_walks(nodes: int, spans: int) -> Walks:
    """Return room for walks."""
    return Walks(
        clock=np.full((nodes, spans), np.int64(1) << 40),
        profit=np.full((nodes, spans, 2), NONE, np.int64),
        origin=np.full((nodes, spans, 2), -2, np.int64),
        back=np.full((nodes, spans, 2), -1, np.int64),
    )


@helper
def _enter(walks: Walks, node: int, span: int, time: int, profit: int, origin: int, back: int) -> None:
    """Keep a walk if it is among the two best of different origins."""
    walks.clock[node, span] = min(walks.clock[node, span], time)
    kept, origins, backs = walks.profit[node, span], walks.origin[node, span], walks.back[node, span]
    if origin == origins[0]:
        if profit > kept[0]:
            kept[0], backs[0] = profit, back
    elif profit > kept[0]:
        kept[1], origins[1], backs[1] = kept[0], origins[0], backs[0]
        kept[0], origins[0], backs[0] = profit, origin, back
    elif profit > kept[1]:
        kept[1], origins[1], backs[1] = profit, origin, back


@compiled
def walk(graph: Graph, arcs: Arcs, profit: Ints, span_s: Ints, walks: Walks) -> None:
    """Make all walks.

    Parameters
    ----------
    profit : int64 array, shape (n,)
        `NONE` for visits that stay out.
    span_s : int64 array, shape (2,)
        First second of span 0, and the seconds in a span: no more than the shortest arc takes.
    """
    n, spans = walks.clock.shape
    first, width = span_s
    before, whence = np.full((n, 2), NONE), np.full((n, 2), -2)
    for node in range(n):
        time = max(graph.first_s[node], graph.opens_s[node])
        if profit[node] > NONE and time <= graph.closes_s[node] and graph.first_d[node] <= graph.max_d:
            _enter(walks, node, (time - first) // width, time, profit[node], -1, -1)
    for b in range(spans):
        for node in range(n):
            here, origins = walks.profit[node, b], walks.origin[node, b]
            if here[0] <= NONE or here[0] <= before[node, 1]:
                continue
            time = walks.clock[node, b]
            for a in range(arcs.row[node], arcs.row[node + 1]):
                head = arcs.head[a]
                group = graph.group[head]
                r = 0 if origins[0] != group else 1
                earlier = before[node, 0] if whence[node, 0] != group else before[node, 1]
                if here[r] <= earlier:
                    continue
                arrival = max(time + arcs.time_s[a], graph.opens_s[head])
                if arrival <= graph.closes_s[head]:
                    place = (node * spans + b) * 2 + r
                    _enter(
                        walks,
                        head,
                        (arrival - first) // width,
                        arrival,
                        here[r] + profit[head],
                        graph.group[node],
                        place,
                    )
            for r in range(2):
                if origins[r] == whence[node, 0]:
                    before[node, 0] = max(before[node, 0], here[r])
                elif here[r] > before[node, 0]:
                    before[node, 1], whence[node, 1] = before[node, 0], whence[node, 0]
                    before[node, 0], whence[node, 0] = here[r], origins[r]
                elif here[r] > before[node, 1]:
                    before[node, 1], whence[node, 1] = here[r], origins[r]


@compiled
def walk_completions(profit: Ints, walks: Walks, span_s: Ints, completion: Ints) -> None:
    """Fill in what a route of the reversed graph can still earn after each visit, by its own spans.

    Parameters
    ----------
    span_s : int64 array, shape (2,)
        Of the reversed graph.
    completion : int64 array, shape (n, B)
    """
    n, spans = completion.shape
    for node in range(n):
        for b in range(walks.clock.shape[1]):
            if walks.profit[node, b, 0] > NONE:
                mirrored = (-walks.clock[node, b] - span_s[0]) // span_s[1]
                earned = walks.profit[node, b, 0] - profit[node]
                completion[node, mirrored] = max(completion[node, mirrored], earned)
        for b in range(spans - 2, -1, -1):
            completion[node, b] = max(completion[node, b], completion[node, b + 1])


def walk_to(walks: Walks, place: int) -> tuple[int, ...]:
    """Return the nodes of the walk that ends at a place of the flattened array."""
    spans = walks.clock.shape[1]
    back, nodes = walks.back.ravel(), []
    while place >= 0:
        nodes.append(place // (2 * spans))
        place = int(back[place])
    return tuple(reversed(nodes))
