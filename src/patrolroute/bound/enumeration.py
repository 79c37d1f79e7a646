"""Every route that could belong to a plan better than a target, by kind of squad.

At prices that prove a bound, a plan that drives a route earning `most - slack` is worth at most the bound less the
slack. Routes further below the best than the bound is above the target cannot belong to a plan that reaches it; all
others are listed: labels visit no group twice, and of those over the same visits with the same end only the earliest
is kept (Baldacci, Christofides, Mingozzi 2008, 10.1007/s10107-007-0178-5).
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from patrolroute.bound.labelling import BITS, DRIVE, NODE, PRED, PROFIT, TIME
from patrolroute.compiled import compiled, helper

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from patrolroute.bound.clock import Clock
    from patrolroute.bound.labelling import Arcs
    from patrolroute.bound.network import Graph

    Ints = NDArray[np.int64]

MOST_PARTIAL = 1_500_000
SLICE_S = 0.04


class Items(NamedTuple):
    """What a set of visits is told apart by.

    Alternatives of one group with the same weight are one item: routes that differ in nothing else are alike.

    Parameters
    ----------
    word, bit : int64 array, shape (n,)
        Each visit's own item.
    block : int64 array, shape (n, W)
        All items of its group.
    """

    word: Ints
    bit: Ints
    block: Ints


class Wanted(NamedTuple):
    """Which routes are listed.

    Parameters
    ----------
    profit : int64 array, shape (n,)
    completion : int64 array, shape (n, B)
        The most that a route still earns after each visit, by span.
    span_s : int64 array, shape (2,)
        First second of span 0, and the seconds in a span.
    least : int
        What a route must earn.
    """

    profit: Ints
    completion: Ints
    span_s: Ints
    least: int


class Partial(NamedTuple):
    """Partial routes.

    Parameters
    ----------
    labels : int64 array, shape (capacity, 6 + W)
        As in `labelling`, the set of items visited in place of a memory; `NEXT` chains labels of the same set and end.
    table : int64 array, shape (a power of 2,)
        Where the chains begin, by hash.
    state : int64 array, shape (2,)
        Labels made, labels extended.
    """

    labels: Ints
    table: Ints
    state: Ints


def items_of(group: Ints, weight: Ints) -> Items:
    """Return the items of visits with these groups and weights."""
    _, item = np.unique(np.stack([group, weight]), axis=1, return_inverse=True)
    item = item.reshape(-1).astype(np.int64)
    words = int(item.max(initial=0)) // BITS + 1
    word, bit = item // BITS, np.int64(1) << (item % BITS)
    block = np.zeros((len(group), words), np.int64)
    for node in range(len(group)):
        same = group == group[node]
        np.bitwise_or.at(block[node], word[same], bit[same])
    return Items(word=word, bit=bit, block=block)


@helper
def _enter(
    graph: Graph,
    want: Wanted,
    items: Items,
    partial: Partial,
    pred: int,
    node: int,
    arrival: int,
    drive: int,
    profit: int,
) -> None:
    """Make one label unless it cannot become a route that earns `least`, or one like it is as early."""
    time = max(arrival, graph.opens_s[node])
    if time > graph.closes_s[node] or drive > graph.max_d:
        return
    if profit + want.completion[node, (time - want.span_s[0]) // want.span_s[1]] < want.least:
        return
    labels, table, state = partial.labels, partial.table, partial.state
    words = labels.shape[1] - 6
    fresh = state[0]
    key = np.int64(node) * 7046029254386353131
    for k in range(words):
        labels[fresh, 6 + k] = labels[pred, 6 + k] if pred >= 0 else 0
    labels[fresh, 6 + items.word[node]] |= items.bit[node]
    for k in range(words):
        key = (key ^ labels[fresh, 6 + k]) * 7046029254386353131
        key ^= (key >> 29) & 34359738367
    slot = key & (len(table) - 1)
    while table[slot] >= 0:
        i = table[slot]
        same = labels[i, 4] == node
        for k in range(words):
            same = same and labels[i, 6 + k] == labels[fresh, 6 + k]
        if same:
            break
        slot = (slot + 1) & (len(table) - 1)
    i = table[slot]
    while i >= 0:
        if labels[i, 0] <= time and labels[i, 1] <= drive:
            return
        if labels[i, 0] >= time and labels[i, 1] >= drive:
            labels[i, 0], labels[i, 1], labels[i, 3] = time, drive, pred
            return
        i = labels[i, 5]
    labels[fresh, 0] = time
    labels[fresh, 1] = drive
    labels[fresh, 2] = profit
    labels[fresh, 3] = pred
    labels[fresh, 4] = node
    labels[fresh, 5] = table[slot]
    table[slot] = fresh
    state[0] += 1


@compiled
def start_routes(graph: Graph, want: Wanted, items: Items, partial: Partial) -> None:
    """Make the labels that leave the start."""
    for node in range(len(want.profit)):
        _enter(graph, want, items, partial, -1, node, graph.first_s[node], graph.first_d[node], want.profit[node])


@compiled
def extend_routes(graph: Graph, arcs: Arcs, want: Wanted, items: Items, partial: Partial, slice_labels: int) -> bool:
    """Extend up to `slice_labels` labels, in the order of their making; return whether all are extended.

    Labels of as many visits are all made before the first of them is extended, so that one found to be earlier
    can still take another's place.
    """
    labels, state = partial.labels, partial.state
    done = 0
    while done < slice_labels and state[0] + len(want.profit) < len(labels):
        if state[1] == state[0]:
            return True
        i = state[1]
        state[1] += 1
        done += 1
        node = labels[i, 4]
        for a in range(arcs.row[node], arcs.row[node + 1]):
            head = arcs.head[a]
            free = True
            for k in range(labels.shape[1] - 6):
                if labels[i, 6 + k] & items.block[head, k]:
                    free = False
                    break
            if free:
                _enter(
                    graph,
                    want,
                    items,
                    partial,
                    i,
                    head,
                    labels[i, 0] + arcs.time_s[a],
                    labels[i, 1] + arcs.drive_s[a],
                    labels[i, 2] + want.profit[head],
                )
    return False


def enumerate_routes(
    graph: Graph, arcs: Arcs, want: Wanted, items: Items, clock: Clock
) -> list[tuple[int, ...]] | None:
    """Return one route of every set of visits whose routes earn enough; None when they are too many."""
    capacity = 1 << 15
    partial = _room(capacity, items.block.shape[1])
    start_routes(graph, want, items, partial)
    slice_labels = 256
    while True:
        before = monotonic()
        if extend_routes(graph, arcs, want, items, partial, slice_labels):
            break
        if clock.over:
            return None
        slice_labels = min(slice_labels * 2, 1 << 16) if monotonic() - before < SLICE_S else max(64, slice_labels // 2)
        if partial.state[0] + len(want.profit) >= len(partial.labels):
            if len(partial.labels) >= MOST_PARTIAL:
                return None
            partial = _grown(partial)
    return _complete(graph, want.least, partial)


def _room(capacity: int, words: int) -> Partial:
    return Partial(
        labels=np.zeros((capacity, 6 + words), np.int64),
        table=np.full(4 * capacity, -1, np.int64),
        state=np.zeros(2, np.int64),
    )


def _grown(partial: Partial) -> Partial:
    """Return twice the room, with the same labels."""
    made = int(partial.state[0])
    bigger = _room(2 * len(partial.labels), partial.labels.shape[1] - 6)
    bigger.labels[:made] = partial.labels[:made]
    bigger.state[:] = partial.state
    _rehash(bigger)
    return bigger


@compiled
def _rehash(partial: Partial) -> None:
    labels, table, state = partial.labels, partial.table, partial.state
    words = labels.shape[1] - 6
    for fresh in range(state[0]):
        key = labels[fresh, 4] * 7046029254386353131
        for k in range(words):
            key = (key ^ labels[fresh, 6 + k]) * 7046029254386353131
            key ^= (key >> 29) & 34359738367
        slot = key & (len(table) - 1)
        while table[slot] >= 0:
            i = table[slot]
            same = labels[i, 4] == labels[fresh, 4]
            for k in range(words):
                same = same and labels[i, 6 + k] == labels[fresh, 6 + k]
            if same:
                break
            slot = (slot + 1) & (len(table) - 1)
        labels[fresh, 5] = table[slot]
        table[slot] = fresh


def _complete(graph: Graph, least: int, partial: Partial) -> list[tuple[int, ...]]:
    labels = partial.labels[: int(partial.state[0])]
    node = labels[:, NODE]
    complete = np.flatnonzero(
        (labels[:, PROFIT] >= least)
        & (labels[:, TIME] <= graph.last_s[node])
        & (labels[:, DRIVE] + graph.last_d[node] <= graph.max_d)
    )
    _, first = np.unique(labels[complete, 6:], axis=0, return_index=True)
    routes = []
    for i in complete[first]:
        route, last = [], int(i)
        while last >= 0:
            route.append(int(labels[last, NODE]))
            last = int(labels[last, PRED])
        routes.append(tuple(reversed(route)))
    return routes
