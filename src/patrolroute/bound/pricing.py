"""Pricing: the most profitable routes of one kind of squad, by passes of the labelling kernel."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING

import numpy as np

from patrolroute.bound.enumeration import Wanted, enumerate_routes, items_of
from patrolroute.bound.labelling import (
    BITS,
    DRIVE,
    ENDLESS,
    NODE,
    NONE,
    PRED,
    PROFIT,
    TIME,
    Arcs,
    Pool,
    Rules,
    begin,
    completions,
    empty_pool,
    extend,
    grown_pool,
    merged,
    merged_completions,
)
from patrolroute.bound.network import FAR, reversed_graph
from patrolroute.bound.walks import Walks, no_walks, walk, walk_completions, walk_to
from patrolroute.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from patrolroute.bound.clock import Clock
    from patrolroute.bound.network import Graph, SquadClass

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

SLICE_S = 0.04
_MOST_STEPS = 40_000_000
"""Of walks, each some nanoseconds."""
MOST_BYTES = 256 << 20
"""Of one pass's labels."""


@dataclass(frozen=True, kw_only=True)
class Priced:
    """What a pass found.

    Parameters
    ----------
    routes : list of tuple of int
        Nodes of good routes, the best first; they may visit a group again where nothing on the way remembers it.
    profits : list of int
    most : int or None
        No route earns more; None when the pass was cut short or did not look at memories.
    """

    routes: list[tuple[int, ...]]
    profits: list[int]
    most: int | None


@dataclass(frozen=True, eq=False, kw_only=True)
class Aim:
    """What a pass looks for.

    Parameters
    ----------
    profit : int64 array, shape (n,)
    threshold : int
        Routes that earn no more need not be found.
    takes : bool array, shape (n,)
        The visits that take part.
    """

    profit: Ints
    threshold: int
    takes: Bools

    @property
    def kept(self) -> Ints:
        """Profits, `NONE` where a visit takes no part."""
        return np.where(self.takes, self.profit, NONE)


class Side:
    """One reading direction of a kind of squad's graph, with its memories."""

    def __init__(
        self, graph: Graph, closure_s: Ints, groups: int, *, first_span_s: int, width_s: int, spans: int
    ) -> None:
        self.graph = graph
        self._spans = spans
        self.span_s = np.array([first_span_s, width_s], np.int64)
        self.words = max(1, -(-groups // BITS))
        n = len(graph.group)
        reach = graph.closes_s - closure_s
        self._last = np.full((n, groups), NONE, np.int64)
        for node in range(n):
            column = self._last[:, graph.group[node]]
            np.maximum(column, reach[:, node], out=column)
        self.word = graph.group // BITS
        self.bit = np.int64(1) << (graph.group % BITS)

    def masks(self, members: Bools) -> tuple[Ints, Ints]:
        """Return the bits of these memories, and of what is out of reach by span."""
        starts = self.span_s[0] + self.span_s[1] * np.arange(self._spans, dtype=np.int64)
        memory = np.zeros((len(members), self.words), np.int64)
        unreachable = np.zeros((len(members), self._spans, self.words), np.int64)
        _fill_masks(members, self._last, starts, memory, unreachable)
        return memory, unreachable


@compiled
def _fill_masks(members: Bools, last: Ints, starts: Ints, memory: Ints, unreachable: Ints) -> None:
    n, groups = members.shape
    for v in range(n):
        for g in range(groups):
            if members[v, g]:
                bit = 1 << (g % 62)
                memory[v, g // 62] |= bit
                for b in range(len(starts)):
                    if starts[b] > last[v, g]:
                        unreachable[v, b, g // 62] |= bit


class Pricer:
    """Finds profitable routes of one kind of squad.

    Parameters
    ----------
    kind : SquadClass
    groups : int
        Number of groups of the problem.
    memory : int
        How many groups a visit remembers at first, besides its own.
    """

    def __init__(self, kind: SquadClass, groups: int, *, memory: int = 6) -> None:
        self.kind = kind
        graph = kind.graph
        first, last = int(graph.opens_s.min()), int(graph.closes_s.max())
        shortest = int(graph.arc_s.min(initial=FAR))
        self._spans = min(256, max(48, (last - first) // max(1, shortest) + 1))
        width = (last - first) // self._spans + 1
        self._forward = Side(graph, kind.closure_s, groups, first_span_s=first, width_s=width, spans=self._spans)
        self._backward = Side(
            reversed_graph(graph),
            np.ascontiguousarray(kind.closure_s.T),
            groups,
            first_span_s=-(first + self._spans * width - 1),
            width_s=width,
            spans=self._spans,
        )
        self._walk_spans = _walk_spans(graph)
        self._score = _cycle_scores(kind, groups)
        self._forced = _timeless_cycles(kind, groups)
        self.members = self._nearest(memory)
        self._sketch = self._nearest(min(memory, 3))
        self._capacity = 1 << 16
        self._no_completion = np.full((len(graph.group), self._spans), ENDLESS)
        self.labels_made = 0

    def _nearest(self, count: int) -> Bools:
        order = np.argsort(self._score, axis=1, kind="stable")[:, :count]
        members = self._forced.copy()
        np.put_along_axis(members, order, True, axis=1)
        return members & (self._score < NEVER) | self._forced

    def remember(self, routes: list[tuple[int, ...]]) -> bool:
        """Enlarge memories so that none of these routes' repeated visits passes again; return whether any grew."""
        group, grown = self.kind.graph.group, False
        for route in routes:
            seen: dict[int, int] = {}
            for place, node in enumerate(route):
                g = int(group[node])
                if g in seen:
                    between = np.asarray(route[seen[g] + 1 : place], np.int64)
                    grown |= bool((~self.members[between, g]).any())
                    self.members[between, g] = True
                seen[g] = place
        return grown

    def keeps(self, route: tuple[int, ...]) -> bool:
        """Tell whether a route can be driven and the memories allow it."""
        group = self.kind.graph.group
        if not _drivable(self.kind.graph, route):
            return False
        kept: set[int] = set()
        for node in route:
            g = int(group[node])
            if g in kept:
                return False
            kept = {h for h in kept if self.members[node, h]} | {g}
        return True

    def quick(self, profit: Ints, threshold: int, clock: Clock, *, limit: int = 30) -> Priced:
        """Return good routes that earn more than the threshold; nothing is proved."""
        aim = self._aim(profit, threshold)
        pool, _, _ = self._run(self._forward, aim, self.members, self._roughly(aim, backward=True), clock, False)
        return self._harvest(pool, threshold, None, limit)

    def exact(self, profit: Ints, threshold: int, clock: Clock, *, limit: int = 60) -> Priced:
        """Return good routes that earn more than the threshold, and the most that any earns (at least the threshold).

        Three passes, each wiser than the one before and kept small by what that one found a route can still earn:
        forwards by walks, backwards with small memories, forwards with full ones.
        """
        aim = self._aim(profit, threshold)
        still = self._still(aim, self._sketch, self._roughly(aim), clock)
        if still is None:
            return Priced(routes=[], profits=[], most=None)
        pool, _, done = self._run(self._forward, aim, self.members, still, clock)
        return self._harvest(pool, threshold, threshold if done else None, limit)

    def walks(self, profit: Ints, threshold: int, clock: Clock, *, limit: int = 20) -> Priced:
        """Return good walks that earn more than the threshold, and the most that any walk earns.

        Nothing (None) where two visits lie too near each other for walks, or the clock ran out before.
        """
        walks = None if clock.over else self._walk(self._forward, self._aim(profit, threshold))
        if walks is None:
            return Priced(routes=[], profits=[], most=None)
        complete = walks.clock <= self.kind.graph.last_s[:, None]
        earned = np.where(complete, walks.profit[:, :, 0], NONE)
        span = earned.argmax(axis=1)
        top = earned[np.arange(len(profit)), span]
        order = [int(v) for v in np.argsort(-top, kind="stable")[:limit] if top[v] > threshold]
        places = [(v * walks.clock.shape[1] + int(span[v])) * 2 for v in order]
        return Priced(
            routes=[walk_to(walks, place) for place in places],
            profits=[int(top[v]) for v in order],
            most=max(threshold, int(top.max(initial=NONE))),
        )

    def routes_earning(
        self, profit: Ints, least: int, weight: Ints, matters: Bools, clock: Clock
    ) -> list[tuple[int, ...]] | None:
        """Return a route of every set of visits whose routes, repeating nothing, earn at least `least`.

        None when they are too many, or the clock ran out.

        Parameters
        ----------
        weight : int64 array, shape (n,)
            Worth of each visit; alternatives of one group and the same worth count as the same.
        matters : bool array, shape (n,)
            Routes are listed without those of the other visits that they may skip.
        """
        aim = Aim(profit=profit, threshold=least - 1, takes=matters | ~self.kind.skippable)
        sketch = self._still(aim, self._sketch, self._roughly(aim, backward=True), clock, backward=False)
        still = None if sketch is None else self._still(aim, self.members, sketch, clock)
        if still is None:
            return None
        return enumerate_routes(
            self._forward.graph,
            _arcs(self._forward.graph, aim.takes),
            Wanted(profit=aim.kept, completion=still, span_s=self._forward.span_s, least=least),
            items_of(self.kind.graph.group, weight),
            clock,
        )

    @property
    def has_walks(self) -> bool:
        """Whether `walks` has an answer."""
        return self._walk_spans > 0

    def _aim(self, profit: Ints, threshold: int) -> Aim:
        return Aim(profit=profit, threshold=int(threshold), takes=~(self.kind.skippable & (profit <= 0)))

    def _walk(self, side: Side, aim: Aim) -> Walks | None:
        if self._walk_spans == 0:
            return None
        first = int(side.graph.opens_s.min())
        width = (int(side.graph.closes_s.max()) - first) // self._walk_spans + 1
        walks = no_walks(len(aim.profit), self._walk_spans)
        walk(side.graph, _arcs(side.graph, aim.takes), aim.kept, np.array([first, width], np.int64), walks)
        return walks

    def _roughly(self, aim: Aim, *, backward: bool = False) -> Ints:
        """Return for the other direction what routes can still earn, roughly and at once."""
        side = self._backward if backward else self._forward
        other = self._forward if backward else self._backward
        completion = np.full((len(aim.profit), self._spans), NONE, np.int64)
        walks = self._walk(side, aim)
        if walks is not None:
            walk_completions(aim.kept, walks, other.span_s, completion)
            return completion
        rules, arcs = self._rules(side, aim, self._forced, self._no_completion)
        earned = np.full((len(aim.profit), self._spans), NONE, np.int64)
        clock_s = np.full((len(aim.profit), self._spans), FAR, np.int64)
        merged(side.graph, arcs, rules, earned, clock_s)
        merged_completions(rules, earned, clock_s, completion)
        return completion

    def _still(self, aim: Aim, members: Bools, within: Ints, clock: Clock, *, backward: bool = True) -> Ints | None:
        """Return for the other direction what routes that earn more than the threshold can still earn."""
        side = self._backward if backward else self._forward
        pool, rules, done = self._run(side, aim, members, within, clock)
        if not done:
            return None
        completion = np.full((len(aim.profit), self._spans), NONE, np.int64)
        completions(rules, pool, completion)
        return completion

    def _rules(
        self, side: Side, aim: Aim, members: Bools, completion: Ints, remember: bool = True
    ) -> tuple[Rules, Arcs]:
        memory, unreachable = side.masks(members)
        rules = Rules(
            profit=aim.kept,
            memory=memory,
            unreachable=unreachable,
            completion=completion,
            word=side.word,
            bit=side.bit,
            span_s=side.span_s,
            threshold=aim.threshold,
            remember=remember,
        )
        return rules, _arcs(side.graph, aim.takes)

    def _run(
        self, side: Side, aim: Aim, members: Bools, completion: Ints, clock: Clock, remember: bool = True
    ) -> tuple[Pool, Rules, bool]:
        rules, arcs = self._rules(side, aim, members, completion, remember)
        nodes = len(aim.profit)
        pool = empty_pool(nodes, self._spans, side.words, max(self._capacity, 4 * nodes))
        begin(side.graph, rules, pool)
        slice_labels = 256
        while not clock.over:
            before = monotonic()
            if extend(side.graph, arcs, rules, pool, slice_labels):
                self.labels_made += int(pool.state[0])
                return pool, rules, True
            if monotonic() - before < SLICE_S:
                slice_labels = min(slice_labels * 2, 1 << 17)
            elif slice_labels > 64:
                slice_labels //= 2
            if pool.state[0] + nodes >= len(pool.labels):
                if pool.labels.nbytes >= MOST_BYTES:
                    break
                self._capacity = 2 * len(pool.labels)
                pool = grown_pool(pool, self._capacity)
        return pool, rules, False

    def _harvest(self, pool: Pool, threshold: int, most: int | None, limit: int) -> Priced:
        made = int(pool.state[0])
        labels, graph = pool.labels[:made], self.kind.graph
        node = labels[:, NODE]
        complete = np.flatnonzero(
            (labels[:, PROFIT] > threshold)
            & ~pool.dead[:made]
            & (labels[:, TIME] <= graph.last_s[node])
            & (labels[:, DRIVE] + graph.last_d[node] <= graph.max_d)
        )
        complete = complete[np.argsort(-labels[complete, PROFIT], kind="stable")]
        routes, profits, ends = [], [], dict[int, int]()
        for i in complete:
            end = int(node[i])
            if ends.get(end, 0) >= 3:
                continue
            ends[end] = ends.get(end, 0) + 1
            routes.append(_trace(labels, int(i)))
            profits.append(int(labels[i, PROFIT]))
            if len(routes) == limit:
                break
        if most is not None and profits:
            most = max(most, profits[0])
        return Priced(routes=routes, profits=profits, most=most)


def _drivable(graph: Graph, route: tuple[int, ...]) -> bool:
    time, drive = int(graph.first_s[route[0]]), int(graph.first_d[route[0]])
    for here, head in zip(route, (*route[1:], None), strict=True):
        time = max(time, int(graph.opens_s[here]))
        if time > graph.closes_s[here]:
            return False
        if head is not None:
            time, drive = time + int(graph.arc_s[here, head]), drive + int(graph.arc_d[here, head])
    return bool(time <= graph.last_s[route[-1]] and drive + graph.last_d[route[-1]] <= graph.max_d)


def _trace(labels: Ints, last: int) -> tuple[int, ...]:
    nodes = []
    while last >= 0:
        nodes.append(int(labels[last, NODE]))
        last = int(labels[last, PRED])
    return tuple(reversed(nodes))


def _arcs(graph: Graph, useful: Bools) -> Arcs:
    tail, head = np.nonzero((graph.opens_s[:, None] + graph.arc_s <= graph.closes_s) & useful[:, None] & useful)
    return Arcs(
        row=np.searchsorted(tail, np.arange(len(useful) + 1)).astype(np.int64),
        head=head.astype(np.int64),
        time_s=graph.arc_s[tail, head],
        drive_s=graph.arc_d[tail, head],
    )


def _walk_spans(graph: Graph) -> int:
    """Return into how many spans walks divide the night, each shorter than any arc; 0 where they would be too many."""
    horizon = int(graph.closes_s.max()) - int(graph.opens_s.min()) + 1
    least = -(-horizon // max(1, int(graph.arc_s.min(initial=FAR)))) + 1
    affordable = max(64, _MOST_STEPS // max(1, len(graph.group) ** 2))
    return (
        0
        if least > affordable or graph.arc_s.min(initial=FAR) <= 0
        else min(horizon, max(least, min(affordable, 2048)))
    )


def _timeless_cycles(kind: SquadClass, groups: int) -> Bools:
    """Return which groups each visit must remember lest a route go round for ever in no time, shape (n, G)."""
    node, other = np.nonzero(kind.closure_s + kind.closure_s.T == 0)
    forced = np.zeros((len(kind.graph.group), groups), np.bool_)
    forced[other, kind.graph.group[node]] = True
    forced[np.arange(len(kind.graph.group)), kind.graph.group] = True
    return forced


NEVER = 1 << 50
"""Score of a cycle that no route can make."""


def _cycle_scores(kind: SquadClass, groups: int) -> Ints:
    """Return the seconds of the shortest cycle from each group by each visit back to the group, shape (n, G)."""
    graph, path = kind.graph, kind.closure_s
    there = np.maximum(graph.opens_s[:, None] + path, graph.opens_s)
    back = there + path.T
    possible = (there <= graph.closes_s) & (back <= graph.closes_s[:, None])
    seconds = np.where(possible, back - graph.opens_s[:, None], NEVER)
    score = np.full((len(graph.group), groups), NEVER, np.int64)
    for node in range(len(graph.group)):
        column = score[:, graph.group[node]]
        np.minimum(column, seconds[node], out=column)
    return score
