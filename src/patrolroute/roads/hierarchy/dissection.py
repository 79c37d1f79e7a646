"""An order of nodes by nested dissection: the two sides of a small cut first, what separates them last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from patrolroute.compiled import entry, kernel
from patrolroute.roads.hierarchy.cut import SOURCE, Pieces, find_cut

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SHARE = 4
"""One node in four at either end of a direction is a source or a sink, so that no side is smaller than a quarter."""

_SMALL = 8
"""Pieces of at most so many nodes are ordered by degree."""

_SIDES, _BETWEEN = 2, 2
"""Of `Pieces.best`: 0 and 1 are the sides of the best cut, 2 is what separates them."""

_SLICE = 200_000
"""Nodes looked at between two returns to Python, which is where Ctrl-C is heard."""


@kernel
def _by_degree(p: Pieces, lo: int, hi: int) -> None:
    """Order a small piece by the number of neighbours within it, fewest first."""
    for i in range(lo, hi):
        v = p.node[i]
        degree = 0
        for e in range(p.start[v], p.start[v + 1]):
            if lo <= p.at[p.other[e]] < hi:
                degree += 1
        p.level[v] = degree
    for i in range(lo + 1, hi):
        v, j = p.node[i], i
        while j > lo and p.level[p.node[j - 1]] > p.level[v]:
            p.node[j] = p.node[j - 1]
            j -= 1
        p.node[j] = v
    for i in range(lo, hi):
        p.at[p.node[i]] = i


@kernel
def _split(p: Pieces, lo: int, hi: int, top: int) -> int:
    """Group a piece by connected components and put each on the stack, unless it is one; return the stack's height."""
    for i in range(lo, hi):
        p.level[p.node[i]] = -1
    many, first, before = 0, 0, top
    for i in range(lo, hi):
        if p.level[p.node[i]] >= 0:
            continue
        first = many
        p.level[p.node[i]] = 0
        p.queue[many] = p.node[i]
        many += 1
        j = first
        while j < many:
            v = p.queue[j]
            j += 1
            for e in range(p.start[v], p.start[v + 1]):
                u = p.other[e]
                if lo <= p.at[u] < hi and p.level[u] < 0:
                    p.level[u] = 0
                    p.queue[many] = u
                    many += 1
        if first == 0 and many == hi - lo:
            return top
        p.todo[top, 0], p.todo[top, 1] = lo + first, lo + many
        top += 1
    if top > before:
        for i in range(lo, hi):
            p.node[i] = p.queue[i - lo]
            p.at[p.node[i]] = i
    return top


@kernel
def _separator(p: Pieces, lo: int, hi: int) -> tuple[int, int]:
    """Mark in `keep` the nodes at the cut on the side where they are fewer; return how many, and the smaller side."""
    source, here, there = 0, 0, 0
    for i in range(lo, hi):
        v = p.node[i]
        p.keep[v] = 0
        source += p.side[v]
        for e in range(p.start[v], p.start[v + 1]):
            u = p.other[e]
            if lo <= p.at[u] < hi and p.side[u] != p.side[v]:
                p.keep[v] = 1
                break
        if p.keep[v] == 1:
            if p.side[v] == SOURCE:
                here += 1
            else:
                there += 1
    chosen = SOURCE if here <= there else 0
    for i in range(lo, hi):
        v = p.node[i]
        if p.side[v] != chosen:
            p.keep[v] = 0
    return min(here, there), min(source, hi - lo - source)


@kernel
def _divide(p: Pieces, lo: int, hi: int, top: int) -> int:
    """Cut a connected piece across the best direction; put both sides on the stack and what separates them last."""
    least, enough = 0.0, hi - lo + len(p.other)
    for direction in range(p.along.shape[0]):
        cut = find_cut(p, lo, hi, direction, _SHARE, enough)
        if cut > enough:
            continue
        many, smaller = _separator(p, lo, hi)
        cost = many / np.sqrt(smaller)
        if direction == 0 or cost < least:
            least = cost
            for i in range(lo, hi):
                v = p.node[i]
                p.best[v] = _BETWEEN if p.keep[v] == 1 else _SIDES - 1 - p.side[v]
        enough = min(enough, cut + cut // 2)
    return _part(p, lo, hi, top)


@kernel
def _part(p: Pieces, lo: int, hi: int, top: int) -> int:
    """Order a piece by `best`, and put its sides on the stack; return the stack's height."""
    end = lo
    for part in range(_SIDES + 1):
        begin = end
        for i in range(lo, hi):
            if p.best[p.node[i]] == part:
                p.queue[end - lo] = p.node[i]
                end += 1
        if part < _SIDES and end > begin:
            p.todo[top, 0], p.todo[top, 1] = begin, end
            top += 1
    for i in range(lo, hi):
        p.node[i] = p.queue[i - lo]
        p.at[p.node[i]] = i
    return top


@kernel
def _halve(p: Pieces, lo: int, hi: int, top: int, inside: NDArray[np.int32]) -> int:
    """Cut a connected piece across the best direction, and put both sides on the stack; note the piece of cut links."""
    least, enough = 0.0, hi - lo + len(p.other)
    for direction in range(p.along.shape[0]):
        cut = find_cut(p, lo, hi, direction, _SHARE, enough)
        if cut > enough:
            continue
        source = 0
        for i in range(lo, hi):
            source += p.side[p.node[i]]
        cost = cut / np.sqrt(min(source, hi - lo - source))
        if direction == 0 or cost < least:
            least = cost
            for i in range(lo, hi):
                p.best[p.node[i]] = _SIDES - 1 - p.side[p.node[i]]
        enough = min(enough, cut + cut // 2)
    for i in range(lo, hi):
        v = p.node[i]
        for e in range(p.start[v], p.start[v + 1]):
            u = p.other[e]
            if lo <= p.at[u] < hi and p.best[u] != p.best[v]:
                inside[e, 0], inside[e, 1] = lo, hi
    return _part(p, lo, hi, top)


@entry
def _work_links(p: Pieces, top: int, most: int, inside: NDArray[np.int32]) -> int:
    """Take pieces from the stack until each is one node or `most` nodes were looked at; return the stack's height."""
    seen = 0
    while top > 0 and seen < most:
        top -= 1
        lo, hi = p.todo[top, 0], p.todo[top, 1]
        seen += hi - lo
        if hi - lo > 1:
            taller = _split(p, lo, hi, top)
            top = taller if taller > top else _halve(p, lo, hi, top, inside)
    return top


@entry
def _work(p: Pieces, top: int, most: int) -> int:
    """Take pieces from the stack until it is empty or `most` nodes were looked at; return the stack's height."""
    seen = 0
    while top > 0 and seen < most:
        top -= 1
        lo, hi = p.todo[top, 0], p.todo[top, 1]
        seen += hi - lo
        if hi - lo <= _SMALL:
            _by_degree(p, lo, hi)
            continue
        taller = _split(p, lo, hi, top)
        top = taller if taller > top else _divide(p, lo, hi, top)
    return top


def dissect(n: int, low: NDArray[np.int64], high: NDArray[np.int64], xy: NDArray[np.float64]) -> NDArray[np.int32]:
    """Return all nodes in an order of nested dissection, those that separate the most last; the same every time.

    Pieces are cut by maximum flow along four directions of the plane, and the cut that is small for what it leaves on
    its smaller side is taken (George, 10.1137/0710032, for the order; see `find_cut` for the cuts).

    Parameters
    ----------
    n : int
    low, high : int64 array, shape (m,)
        Ends of each link, low below high; no link twice.
    xy : float64 array, shape (n, 2)
        Where the nodes lie, in any unit that is as long in both directions.
    """
    pieces = _pieces(n, low, high, xy)
    pieces.todo[0] = 0, n
    top = 1
    while top:
        top = _work(pieces, top, _SLICE)
    return pieces.node


def dissect_links(
    n: int, tail: NDArray[np.int64], head: NDArray[np.int64], xy: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return all arcs of a graph in an order of nested dissection of its line graph; the same every time.

    In the line graph arcs are nodes, and those that follow each other are linked. Arcs cut by a flow through the graph
    itself separate the others, so the line graph, which is larger, is not looked at (Buchhold, Wagner, Zeitz, Zündorf,
    10.4230/OASIcs.ATMOS.2020.9).

    Parameters
    ----------
    n : int
    tail, head : int64 array, shape (A,)
        Loops and parallel arcs are allowed.
    xy : float64 array, shape (n, 2)
        As `dissect` takes it.
    """
    low, high = np.minimum(tail, head), np.maximum(tail, head)
    pair, which = np.unique(low * n + high, return_inverse=True)
    low, high = np.divmod(pair, n)
    proper = low != high
    pieces = _pieces(n, low[proper], high[proper], xy)
    inside = np.zeros((len(pieces.other), 2), np.int32)
    pieces.todo[0] = 0, n
    top = 1
    while top:
        top = _work_links(pieces, top, _SLICE, inside)
    begin, end = np.zeros((2, len(pair)), np.int64)
    begin[~proper] = pieces.at[low[~proper]]
    end[~proper] = begin[~proper] + 1
    # Links are stored by their lower end, then the higher one, as `pair` has them.
    stored = np.repeat(np.arange(n), np.diff(pieces.start)) < pieces.other
    begin[proper], end[proper] = inside[stored].T
    order: NDArray[np.int64] = np.lexsort((-begin[which.reshape(-1)], end[which.reshape(-1)]))
    return order


def _pieces(n: int, low: NDArray[np.int64], high: NDArray[np.int64], xy: NDArray[np.float64]) -> Pieces:
    m = len(low)
    near, far = np.concatenate([low, high]), np.concatenate([high, low])
    order = np.lexsort((far, near))
    stored = np.empty(2 * m, np.int64)
    stored[order] = np.arange(2 * m)
    x, y = xy.T
    along = np.empty((4, n), np.int32)
    for direction, value in enumerate((x, y, x + y, x - y)):
        along[direction, np.argsort(value, kind="stable")] = np.arange(n)
    return Pieces(
        start=np.searchsorted(near[order], np.arange(n + 1)).astype(np.int64),
        other=far[order].astype(np.int32),
        back=np.concatenate([stored[m:], stored[:m]])[order].astype(np.int32),
        along=along,
        node=np.arange(n, dtype=np.int32),
        at=np.arange(n, dtype=np.int32),
        flow=np.zeros(2 * m, np.int8),
        side=np.zeros(n, np.int8),
        best=np.zeros(n, np.int8),
        keep=np.zeros(n, np.int8),
        level=np.zeros(n, np.int32),
        queue=np.zeros(n, np.int32),
        spare=np.zeros(n, np.int32),
        turn=np.zeros(n, np.int64),
        todo=np.zeros((n + 1, 2), np.int64),
    )
