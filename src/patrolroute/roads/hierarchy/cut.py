"""Small cuts through pieces of a graph: maximum flow between two ends of a direction."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from patrolroute.compiled import kernel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SOURCE, SINK = 1, 2
"""Values of `Pieces.side` while a flow is sought; 0 is neither. Of a finished cut SOURCE and 0 are the sides."""


class Pieces(NamedTuple):
    """A graph that is taken apart, n nodes and m links, each link stored from both ends.

    A piece is a stretch of `node`, from one position up to, not including, another.

    Parameters
    ----------
    start : int64 array, shape (n + 1,)
    other : int32 array, shape (2 m,)
        Neighbours, packed; no loops, no parallels.
    back : int32 array, shape (2 m,)
        Where the same link is stored from its other end.
    along : int32 array, shape (directions, n)
        The rank of every node along each direction, all different.
    node, at : int32 array, shape (n,)
        Nodes in their order, and where each node stands in it.
    flow : int8 array, shape (2 m,)
        Along each link -1, 0 or 1.
    side, best, keep : int8 array, shape (n,)
    level, queue, spare : int32 array, shape (n,)
    turn : int64 array, shape (n,)
        Scratch of the searches.
    todo : int64 array, shape (n + 1, 2)
        Pieces yet to be cut, a stack.
    """

    start: NDArray[np.int64]
    other: NDArray[np.int32]
    back: NDArray[np.int32]
    along: NDArray[np.int32]
    node: NDArray[np.int32]
    at: NDArray[np.int32]
    flow: NDArray[np.int8]
    side: NDArray[np.int8]
    best: NDArray[np.int8]
    keep: NDArray[np.int8]
    level: NDArray[np.int32]
    queue: NDArray[np.int32]
    spare: NDArray[np.int32]
    turn: NDArray[np.int64]
    todo: NDArray[np.int64]


@kernel
def smallest(values: NDArray[np.int32], many: int, k: int) -> int:
    """Return the value that k of the first `many` distinct values are below; they are shuffled (Hoare's selection)."""
    lo, hi = 0, many - 1
    while lo < hi:
        pivot = values[(lo + hi) // 2]
        i, j = lo, hi
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if k <= j:
            hi = j
        elif k >= i:
            lo = i
        else:
            break
    return values[k]  # type: ignore[no-any-return]


@kernel
def _mark_ends(p: Pieces, lo: int, hi: int, direction: int, share: int) -> None:
    """Make the first and last nodes of a piece along a direction, one in `share` each, sources and sinks."""
    along, many = p.along[direction], hi - lo
    ends = max(1, many // share)
    for i in range(many):
        p.queue[i] = along[p.node[lo + i]]
    first = smallest(p.queue, many, ends - 1)
    last = smallest(p.queue, many, many - ends)
    for i in range(lo, hi):
        v = p.node[i]
        p.side[v] = SOURCE if along[v] <= first else SINK if along[v] >= last else 0
        for e in range(p.start[v], p.start[v + 1]):
            p.flow[e] = 0


@kernel
def _levels(p: Pieces, lo: int, hi: int) -> bool:
    """Set every node's distance from the sources over links with room; return whether a sink was reached."""
    many = 0
    for i in range(lo, hi):
        v = p.node[i]
        p.turn[v] = p.start[v]
        p.level[v] = -1
        if p.side[v] == SOURCE:
            p.level[v] = 0
            p.queue[many] = v
            many += 1
    i, found = 0, False
    while i < many:
        v = p.queue[i]
        i += 1
        for e in range(p.start[v], p.start[v + 1]):
            u = p.other[e]
            if p.flow[e] < 1 and lo <= p.at[u] < hi and p.level[u] < 0:
                p.level[u] = p.level[v] + 1
                if p.side[u] == SINK:
                    found = True
                else:
                    p.queue[many] = u
                    many += 1
    return found


@kernel
def _push_from(p: Pieces, lo: int, hi: int, source: int) -> int:
    """Push as much as possible from a source to sinks along rising levels; return how much. `spare` holds the path."""
    pushed, depth, v = 0, 0, source
    while True:
        if p.side[v] == SINK:
            for i in range(depth):
                e = p.spare[i]
                p.flow[e] += 1
                p.flow[p.back[e]] -= 1
            pushed += 1
            depth, v = 0, source
            continue
        e = p.turn[v]
        while e < p.start[v + 1]:
            u = p.other[e]
            if p.flow[e] < 1 and lo <= p.at[u] < hi and p.level[u] == p.level[v] + 1:
                break
            e += 1
        p.turn[v] = e
        if e < p.start[v + 1]:
            p.spare[depth] = e
            depth += 1
            v = p.other[e]
        elif depth == 0:
            return pushed
        else:
            p.level[v] = -2
            depth -= 1
            v = p.other[p.back[p.spare[depth]]]


@kernel
def find_cut(p: Pieces, lo: int, hi: int, direction: int, share: int, enough: int) -> int:
    """Leave a smallest cut of a piece across a direction in `side`; return how many links it cuts.

    Dinic's algorithm (10.1007/11685654_10) with every link of capacity 1, between the outer parts along the direction
    (inertial flow: Schild, Sommer, 10.1007/978-3-319-20086-6_22). Once more than `enough` links are known to be cut, it
    gives up and returns that number.
    """
    _mark_ends(p, lo, hi, direction, share)
    cut = 0
    while _levels(p, lo, hi):
        for i in range(lo, hi):
            v = p.node[i]
            if p.side[v] == SOURCE:
                cut += _push_from(p, lo, hi, v)
        if cut > enough:
            return cut
    for i in range(lo, hi):
        v = p.node[i]
        p.side[v] = SOURCE if p.level[v] >= 0 else 0
    return cut
