"""The kernel of pricing: the most profitable route over a graph, by labels with ng-memory.

A label is a partial route: where it ends, when it begins that visit, its seconds at the wheel, its profit, and its
memory: the groups it may not visit again. A visit remembers only groups near it (Baldacci, Mingozzi, Roberti 2011,
10.1287/opre.1110.0975), so that routes with wide cycles are let in and far fewer labels are needed; the best profit can
only rise by that. A label dominates another at the same visit that is not earlier, drives not less, earns not more and
remembers all that it remembers (Boussier, Feillet, Gendreau 2007, 10.1007/s10288-006-0009-1). Integers throughout: the
result is exact.

The kernel works in slices of a number of labels, so that its caller can look at the clock; all state lies in arrays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from patrolroute.compiled import compiled, helper

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from patrolroute.bound.network import Graph

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

BITS = 62
"""Groups remembered in one word; the sign stays out of it."""

NONE = -(1 << 61)
"""Less than any profit."""

ENDLESS = 1 << 60
"""More than any profit."""

TIME, DRIVE, PROFIT, PRED, NODE, NEXT, MEMORY = range(7)
"""Columns of the label table."""


class Arcs(NamedTuple):
    """The arcs that a pass may use, sorted by tail.

    Parameters
    ----------
    row : int64 array, shape (n + 1,)
        Where each tail's arcs begin.
    head, time_s, drive_s : int64 array
    """

    row: Ints
    head: Ints
    time_s: Ints
    drive_s: Ints


class Rules(NamedTuple):
    """What one pass maximises and remembers.

    Parameters
    ----------
    profit : int64 array, shape (n,)
    memory : int64 array, shape (n, W)
        Bits of the groups that a visit remembers.
    unreachable : int64 array, shape (n, B, W)
        Bits among these that nothing beginning at the visit in that span of time can still reach.
    completion : int64 array, shape (n, B)
        The most that a route can still earn after the visit when it begins in that span of time or later.
    word, bit : int64 array, shape (n,)
        The visit's own group in a memory.
    span_s : int64 array, shape (2,)
        First second of span 0, and the seconds in a span.
    threshold : int
        Routes that earn no more than this need not be found.
    remember : bool
        Whether dominance looks at memories; without it the pass is quick and finds good routes, but proves nothing.
    """

    profit: Ints
    memory: Ints
    unreachable: Ints
    completion: Ints
    word: Ints
    bit: Ints
    span_s: Ints
    threshold: int
    remember: bool


class Pool(NamedTuple):
    """The labels of one pass.

    Parameters
    ----------
    labels : int64 array, shape (capacity, 6 + W)
    waiting : int64 array, shape (capacity,)
        Next label in the queue of the same span.
    dead : bool array, shape (capacity,)
        Dominated.
    heads, best : int64 array, shape (n, B)
        First label of each visit and span, by falling profit, and its profit.
    queue : int64 array, shape (B,)
        First label of each span that waits to be extended.
    state : int64 array, shape (3,)
        Labels made; the span at work; labels extended.
    """

    labels: Ints
    waiting: Ints
    dead: Bools
    heads: Ints
    best: Ints
    queue: Ints
    state: Ints


def empty_pool(nodes: int, spans: int, words: int, capacity: int) -> Pool:
    """Return room for `capacity` labels."""
    return Pool(
        labels=np.empty((capacity, MEMORY + words), np.int64),
        waiting=np.empty(capacity, np.int64),
        dead=np.zeros(capacity, np.bool_),
        heads=np.full((nodes, spans), -1, np.int64),
        best=np.full((nodes, spans), NONE, np.int64),
        queue=np.full(spans, -1, np.int64),
        state=np.zeros(3, np.int64),
    )


def grown_pool(pool: Pool, capacity: int) -> Pool:
    """Return a pool with the same labels and more room."""
    old = len(pool.labels)
    labels = np.empty((capacity, pool.labels.shape[1]), np.int64)
    labels[:old] = pool.labels
    waiting, dead = np.empty(capacity, np.int64), np.zeros(capacity, np.bool_)
    waiting[:old], dead[:old] = pool.waiting, pool.dead
    return pool._replace(labels=labels, waiting=waiting, dead=dead)


@helper
def _settle_roughly(rules: Rules, pool: Pool, node: int, fresh: int) -> bool:
    """Enter label `fresh` when no label of its span or an earlier one earns as much; one label a span is kept."""
    profit = pool.labels[fresh, 2]
    span = (pool.labels[fresh, 0] - rules.span_s[0]) // rules.span_s[1]
    for b in range(span + 1):
        if pool.best[node, b] >= profit:
            return False
    if pool.heads[node, span] >= 0:
        pool.dead[pool.heads[node, span]] = True
    pool.labels[fresh, 5] = -1
    pool.heads[node, span] = fresh
    pool.best[node, span] = profit
    return True


@helper
def _dominated(labels: Ints, i: int, fresh: int) -> bool:
    """Tell whether label `i`, which earns no less, dominates label `fresh`."""
    if labels[i, 0] > labels[fresh, 0] or labels[i, 1] > labels[fresh, 1]:
        return False
    remembers_more = False
    for k in range(6, labels.shape[1]):
        if labels[i, k] & ~labels[fresh, k]:
            remembers_more = True
            break
    return not remembers_more


@helper
def _settle(rules: Rules, pool: Pool, node: int, fresh: int) -> bool:
    """Enter label `fresh` at its visit unless it is dominated; take out what it dominates. Return whether it stays."""
    labels, heads, best, dead = pool.labels, pool.heads, pool.best, pool.dead
    profit = labels[fresh, 2]
    span = (labels[fresh, 0] - rules.span_s[0]) // rules.span_s[1]
    before = -1
    for b in range(span, -1, -1):
        i = heads[node, b] if best[node, b] >= profit else -1
        while i >= 0 and labels[i, 2] >= profit:
            if _dominated(labels, i, fresh):
                return False
            if b == span and labels[i, 2] > profit:
                before = i
            i = labels[i, 5]
    if before >= 0:
        labels[fresh, 5] = labels[before, 5]
        labels[before, 5] = fresh
    else:
        labels[fresh, 5] = heads[node, span]
        heads[node, span] = fresh
        best[node, span] = profit
    for b in range(span, heads.shape[1]):
        last = fresh if b == span else -1
        i = labels[fresh, 5] if b == span else heads[node, b]
        while i >= 0:
            after = labels[i, 5]
            if labels[i, 2] <= profit and _dominated(labels, fresh, i):
                dead[i] = True
                if last >= 0:
                    labels[last, 5] = after
                else:
                    heads[node, b] = after
                    best[node, b] = labels[after, 2] if after >= 0 else NONE
            else:
                last = i
            i = after
    return True


@helper
def _arrive(
    graph: Graph, rules: Rules, pool: Pool, pred: int, node: int, arrival: int, drive: int, profit: int
) -> None:
    """Make the label that `pred` (-1: the start) becomes by going on to `node`, unless it is of no use."""
    time = max(arrival, graph.opens_s[node])
    if time > graph.closes_s[node] or drive > graph.max_d:
        return
    span = (time - rules.span_s[0]) // rules.span_s[1]
    if profit + rules.completion[node, span] <= rules.threshold:
        return
    labels, state = pool.labels, pool.state
    fresh = state[0]
    labels[fresh, 0] = time
    labels[fresh, 1] = drive
    labels[fresh, 2] = profit
    labels[fresh, 3] = pred
    labels[fresh, 4] = node
    for k in range(labels.shape[1] - 6):
        kept = labels[pred, 6 + k] & rules.memory[node, k] if pred >= 0 else 0
        labels[fresh, 6 + k] = kept | rules.unreachable[node, span, k]
    labels[fresh, 6 + rules.word[node]] |= rules.bit[node]
    if _settle(rules, pool, node, fresh) if rules.remember else _settle_roughly(rules, pool, node, fresh):
        pool.waiting[fresh] = pool.queue[span]
        pool.queue[span] = fresh
        state[0] += 1


@compiled
def begin(graph: Graph, rules: Rules, pool: Pool) -> None:
    """Make the labels that leave the start."""
    for node in range(len(graph.opens_s)):
        if rules.profit[node] > NONE:
            _arrive(graph, rules, pool, -1, node, graph.first_s[node], graph.first_d[node], rules.profit[node])


@compiled
def extend(graph: Graph, arcs: Arcs, rules: Rules, pool: Pool, slice_labels: int) -> bool:
    """Extend up to `slice_labels` labels. Return whether none is left to extend.

    Stops early, and answers False, where the pool might not hold another label's successors.
    """
    labels, queue, state = pool.labels, pool.queue, pool.state
    capacity, n = len(labels), len(graph.opens_s)
    done = 0
    while done < slice_labels and state[0] + n < capacity:
        while state[1] < len(queue) and queue[state[1]] < 0:
            state[1] += 1
        if state[1] == len(queue):
            return True
        i = queue[state[1]]
        queue[state[1]] = pool.waiting[i]
        if pool.dead[i]:
            continue
        done += 1
        node = labels[i, 4]
        for a in range(arcs.row[node], arcs.row[node + 1]):
            head = arcs.head[a]
            if labels[i, 6 + rules.word[head]] & rules.bit[head]:
                continue
            _arrive(
                graph,
                rules,
                pool,
                i,
                head,
                labels[i, 0] + arcs.time_s[a],
                labels[i, 1] + arcs.drive_s[a],
                labels[i, 2] + rules.profit[head],
            )
    state[2] += done
    return False


@compiled
def completions(rules: Rules, pool: Pool, completion: Ints) -> None:
    """Fill in what a route of the reversed graph can still earn, from the labels of this one.

    A route of the reversed graph that begins a visit in one of its spans goes on as some label here read backwards:
    one whose time, negated, is not before the beginning of that span.

    Parameters
    ----------
    completion : int64 array, shape (n, B)
        For the reversed graph, whose first span begins at minus the last second here.
    """
    n, spans = completion.shape
    last_s = rules.span_s[0] + spans * rules.span_s[1] - 1
    for node in range(n):
        for b in range(spans):
            i = pool.heads[node, b]
            while i >= 0:
                mirrored = (last_s - pool.labels[i, 0]) // rules.span_s[1]
                if mirrored >= spans:
                    mirrored = spans - 1
                earned = pool.labels[i, 2] - rules.profit[node]
                completion[node, mirrored] = max(completion[node, mirrored], earned)
                i = pool.labels[i, 5]
        for b in range(spans - 2, -1, -1):
            completion[node, b] = max(completion[node, b], completion[node, b + 1])


@helper
def _beaten(earned: Ints, node: int, span: int) -> bool:
    """Tell whether an earlier span earns as much."""
    best = NONE
    for b in range(span):
        best = max(best, earned[node, b])
    return bool(best >= earned[node, span])


@helper
def _merge_onward(
    graph: Graph, arcs: Arcs, rules: Rules, earned: Ints, clock: Ints, fresh: Bools, node: int, span: int, endless: bool
) -> bool:
    """Go on from one merged label; return whether another of the same span changed."""
    first, width = rules.span_s
    again = False
    for a in range(arcs.row[node], arcs.row[node + 1]):
        head = arcs.head[a]
        arrival = max(clock[node, span] + arcs.time_s[a], graph.opens_s[head])
        if arrival > graph.closes_s[head]:
            continue
        b = (arrival - first) // width
        total = ENDLESS if endless and b == span else min(earned[node, span] + rules.profit[head], ENDLESS)
        if total > earned[head, b] or arrival < clock[head, b]:
            earned[head, b] = max(earned[head, b], total)
            clock[head, b] = min(clock[head, b], arrival)
            fresh[head, b] = True
            again = again or b == span
    return again


@compiled
def merged(graph: Graph, arcs: Arcs, rules: Rules, earned: Ints, clock: Ints) -> None:
    """Fill in what routes earn by visit and span when all that end there alike are merged into one, the best of each.

    Takes milliseconds where labels take seconds, and bounds them: merging earliest time and most profit, and
    remembering nothing, only lets more routes in. Arcs shorter than a span can lead round and round in it, earning for
    ever; after as many rounds as there are visits that is taken for granted.

    Parameters
    ----------
    earned : int64 array, shape (n, B)
        `NONE` at first.
    clock : int64 array, shape (n, B)
        Earliest beginnings; at first after all that is possible.
    """
    n, spans = earned.shape
    fresh = np.zeros((n, spans), np.bool_)
    for node in range(n):
        time = max(graph.first_s[node], graph.opens_s[node])
        if rules.profit[node] > NONE and time <= graph.closes_s[node] and graph.first_d[node] <= graph.max_d:
            b = (time - rules.span_s[0]) // rules.span_s[1]
            clock[node, b], earned[node, b], fresh[node, b] = time, rules.profit[node], True
    for b in range(spans):
        again, rounds = True, 0
        while again:
            again = False
            rounds += 1
            for node in range(n):
                if fresh[node, b]:
                    fresh[node, b] = False
                    if not _beaten(earned, node, b):
                        changed = _merge_onward(graph, arcs, rules, earned, clock, fresh, node, b, rounds > n)
                        again = again or changed


@compiled
def merged_completions(rules: Rules, earned: Ints, clock: Ints, completion: Ints) -> None:
    """Fill in what a route of the reversed graph can still earn, as `completions` does, from merged labels."""
    n, spans = completion.shape
    last_s = rules.span_s[0] + spans * rules.span_s[1] - 1
    for node in range(n):
        for b in range(spans):
            if earned[node, b] > NONE:
                mirrored = min(spans - 1, (last_s - clock[node, b]) // rules.span_s[1])
                completion[node, mirrored] = max(completion[node, mirrored], earned[node, b] - rules.profit[node])
        for b in range(spans - 2, -1, -1):
            completion[node, b] = max(completion[node, b], completion[node, b + 1])
