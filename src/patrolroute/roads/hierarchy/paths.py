"""The fastest ways of many pairs, arc by arc: up from both ends, and every shortcut taken apart again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from patrolroute.compiled import entry, kernel
from patrolroute.roads.geometry import starts_of
from patrolroute.roads.hierarchy.weights import DOWN, UP
from patrolroute.roads.keys import join_keys

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from patrolroute.roads.hierarchy.batch import Ends
    from patrolroute.roads.hierarchy.weights import Weighted

_FIRST_ARCS = 1 << 16
_PAIRS = 4096
"""Pairs between two returns to Python, which is where Ctrl-C is heard."""

_EXACT = 2.0**53


@dataclass(frozen=True, eq=False, kw_only=True)
class Paths:
    """The fastest ways of k pairs.

    Parameters
    ----------
    key : float64 array, shape (k,)
        See `roads.keys`; infinite where there is no way.
    source_end, target_end : int64 array, shape (k,)
        Where the way begins and ends, of all ends of the sources and of the targets; -1 where there is none.
    start : int64 array, shape (k + 1,)
        Where each way begins in `arc`.
    arc : int64 array
        Arcs in the order in which the hierarchy was built, packed in driving order.
    """

    key: NDArray[np.float64]
    source_end: NDArray[np.int64]
    target_end: NDArray[np.int64]
    start: NDArray[np.int64]
    arc: NDArray[np.int64]


class _Links(NamedTuple):
    """The hierarchy that is climbed; m links.

    Parameters
    ----------
    parent, start, higher : arrays
        See `Chordal`.
    key : float64 array, shape (2, m)
        Keys of the links, upward and downward.
    half : int32 array, shape (2 m, 2)
        See `Weighted.halves`.
    """

    parent: NDArray[np.int32]
    start: NDArray[np.int64]
    higher: NDArray[np.int32]
    key: NDArray[np.float64]
    half: NDArray[np.int32]


class _Tied(NamedTuple):
    """The ends of the points on one side: where each point's begin, their ranks, and their keys."""

    start: NDArray[np.int64]
    rank: NDArray[np.int32]
    key: NDArray[np.float64]


class _Desk(NamedTuple):
    """Where a search works; n nodes, two sides: from the source, and from the target.

    Parameters
    ----------
    key : float64 array, shape (2, n)
    link : int64 array, shape (2, n)
        The link that a node was reached by; -1 - the end where it was reached from a point itself.
    below : int32 array, shape (2, n)
        The node at the lower end of that link.
    mark : int64 array, shape (n,)
        The last pair whose source sees the node.
    at : int32 array, shape (most ends of a point,)
        How far has been climbed from each end.
    stack : int64 array, shape (2 n + 2,)
    """

    key: NDArray[np.float64]
    link: NDArray[np.int64]
    below: NDArray[np.int32]
    mark: NDArray[np.int64]
    at: NDArray[np.int32]
    stack: NDArray[np.int64]


class _Found(NamedTuple):
    """What was found for some pairs, with room for some arcs; the fields of `Paths`."""

    key: NDArray[np.float64]
    source_end: NDArray[np.int64]
    target_end: NDArray[np.int64]
    start: NDArray[np.int64]
    arc: NDArray[np.int64]


@kernel
def _begin(links: _Links, tied: _Tied, point: int, side: int, desk: _Desk, pair: int) -> int:
    """Put the climbers of a point at its ends, and forget all that was known above; return how many they are."""
    first = tied.start[point]
    many = int(tied.start[point + 1] - first)
    for i in range(many):
        v = tied.rank[first + i]
        desk.at[i] = v
        while v >= 0:
            desk.key[side, v] = np.inf
            if side == UP:
                desk.mark[v] = pair
            v = links.parent[v]
    for i in range(many):
        v, key = tied.rank[first + i], tied.key[first + i]
        if key < desk.key[side, v]:
            desk.key[side, v], desk.link[side, v] = key, -1 - (first + i)
    return many


@kernel
def _climb(links: _Links, tied: _Tied, point: int, side: int, desk: _Desk, pair: int) -> int:
    """Find the least keys from a point (side 0) or to it (side 1) over ever higher nodes, the lowest first.

    Returns the lowest node where a fastest way from the source meets one to the target, which side 1 knows; or -1.
    """
    many = _begin(links, tied, point, side, desk, pair)
    best, top = np.inf, -1
    while True:
        v = -1
        for i in range(many):
            if desk.at[i] >= 0 and (v < 0 or desk.at[i] < v):
                v = desk.at[i]
        if v < 0:
            return top
        for i in range(many):
            if desk.at[i] == v:
                desk.at[i] = links.parent[v]
        so_far = desk.key[side, v]
        if side == DOWN and desk.mark[v] == pair and desk.key[UP, v] + so_far < best:
            best, top = desk.key[UP, v] + so_far, v
        if so_far < best:
            for e in range(links.start[v], links.start[v + 1]):
                u, longer = links.higher[e], so_far + links.key[side, e]
                if longer < desk.key[side, u]:
                    desk.key[side, u], desk.link[side, u], desk.below[side, u] = longer, e, v


@kernel
def _take_apart(half: NDArray[np.int32], stack: NDArray[np.int64], top: int, arc: NDArray[np.int64], at: int) -> int:
    """Write the arcs of the links on the stack, the last first; return where the next arc goes, or -1 without room."""
    while top > 0:
        top -= 1
        link = stack[top]
        one, other = half[link, 0], half[link, 1]
        if one >= 0:
            stack[top], stack[top + 1] = other, one
            top += 2
        elif at < len(arc):
            arc[at] = other
            at += 1
        else:
            return -1
    return at


@entry
def _trace(links: _Links, sources: _Tied, targets: _Tied, pairs: NDArray[np.int64], desk: _Desk, found: _Found) -> int:
    """Trace pairs (origins, destinations) until the arcs do not fit; return how many are done."""
    half, stack = links.half, desk.stack
    found.start[0] = 0
    for v in range(len(desk.mark)):
        desk.mark[v] = -1
    for pair in range(pairs.shape[1]):
        found.key[pair], found.source_end[pair], found.target_end[pair] = np.inf, -1, -1
        found.start[pair + 1] = found.start[pair]
        _climb(links, sources, pairs[0, pair], UP, desk, pair)
        top = _climb(links, targets, pairs[1, pair], DOWN, desk, pair)
        if top < 0:
            continue
        found.key[pair] = desk.key[UP, top] + desk.key[DOWN, top]
        if found.key[pair] >= _EXACT:
            continue
        v, height = top, 0
        while desk.link[UP, v] >= 0:
            stack[height] = 2 * desk.link[UP, v] + UP
            height += 1
            v = desk.below[UP, v]
        found.source_end[pair] = -1 - desk.link[UP, v]
        at = _take_apart(half, stack, height, found.arc, found.start[pair])
        v = top
        while at >= 0 and desk.link[DOWN, v] >= 0:
            stack[0] = 2 * desk.link[DOWN, v] + DOWN
            at = _take_apart(half, stack, 1, found.arc, at)
            v = desk.below[DOWN, v]
        if at < 0:
            return pair
        found.target_end[pair] = -1 - desk.link[DOWN, v]
        found.start[pair + 1] = at
    return int(pairs.shape[1])


def find_paths(
    weighted: Weighted,
    sources: Ends,
    targets: Ends,
    origin: NDArray[np.int64],
    destination: NDArray[np.int64],
) -> Paths:
    """Return a fastest way of each pair of a source and a target, as the arcs that it drives.

    Both ends climb the tree of eliminations; where they meet, the links of the way are replaced by the two over the
    lowest node that makes them, down to arcs (10.1145/2886843, section 7). Time and length are exactly those that
    `sweep` finds. Of ways that are equally fast and long it is always the same one on the same hierarchy. A way of 149
    hours or more has its key, but neither ends nor arcs.

    Parameters
    ----------
    weighted : Weighted
    sources, targets : Ends
    origin, destination : int64 array, shape (k,)
        The source and the target of each pair.

    Raises
    ------
    InputError
        When sources or targets are no ends in the hierarchy's graph.
    """
    hierarchy = weighted.hierarchy
    sources.check("sources", hierarchy.nodes)
    targets.check("targets", hierarchy.nodes)
    chordal, n = hierarchy.chordal, hierarchy.nodes
    links = _Links(
        parent=chordal.parent,
        start=chordal.start,
        higher=chordal.higher,
        key=np.stack([weighted.up, weighted.down]),
        half=weighted.halves,
    )
    most = max(int(np.diff(ends.start).max(initial=0)) for ends in (sources, targets))
    desk = _Desk(
        key=np.empty((2, n)),
        link=np.empty((2, n), np.int64),
        below=np.empty((2, n), np.int32),
        mark=np.empty(n, np.int64),
        at=np.empty(most, np.int32),
        stack=np.empty(2 * n + 2, np.int64),
    )
    begin, end = _tied(weighted, sources), _tied(weighted, targets)
    pairs = np.stack([origin, destination]).astype(np.int64)
    parts, done, room = [], 0, _FIRST_ARCS
    while done < pairs.shape[1]:
        some = np.ascontiguousarray(pairs[:, done : done + _PAIRS])
        size = some.shape[1]
        found = _Found(
            key=np.empty(size),
            source_end=np.empty(size, np.int64),
            target_end=np.empty(size, np.int64),
            start=np.empty(size + 1, np.int64),
            arc=np.empty(room, np.int64),
        )
        many = _trace(links, begin, end, some, desk, found)
        parts.append((many, found))
        done += many
        room *= 1 if many else 2
    return _joined(parts)


def _tied(weighted: Weighted, ends: Ends) -> _Tied:
    return _Tied(
        start=np.asarray(ends.start, np.int64),
        rank=weighted.hierarchy.rank[ends.node],
        key=join_keys(ends.time_ms, ends.length_dm),
    )


def _joined(parts: list[tuple[int, _Found]]) -> Paths:
    """Return the pairs that were done in each part, one part after the other."""
    sizes = [np.diff(found.start[: many + 1]) for many, found in parts]

    def whole(columns: list[NDArray[np.int64]]) -> NDArray[np.int64]:
        return np.concatenate([*columns, np.zeros(0, np.int64)])

    return Paths(
        key=np.concatenate([*(found.key[:many] for many, found in parts), np.zeros(0)]),
        source_end=whole([found.source_end[:many] for many, found in parts]),
        target_end=whole([found.target_end[:many] for many, found in parts]),
        start=starts_of(whole(sizes)),
        arc=whole([found.arc[: found.start[many]] for many, found in parts]),
    )
