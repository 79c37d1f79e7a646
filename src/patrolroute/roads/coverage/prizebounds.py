"""Bounds of drives for prizes: no drive covers more in the time, or takes less for the worth."""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from scipy.sparse import csr_array, eye_array, hstack, vstack
from scipy.sparse.csgraph import connected_components, maximum_flow

from patrolroute.roads.coverage.oddcuts import Crossings, bridges, side_of
from patrolroute.roads.coverage.relaxation import NO_BOUND, Relaxation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from patrolroute.roads.coverage.postman import Postman

_ROUNDS = 60
_FLOWS = 40
_FLOW_UNIT = 100_000
_OFTEN = 0.4
"""How often the relaxation drives an arc for it to be worth a try."""
_MEETING = 5
"""Streets that meet at a node, at most, for its cuts of odd sets."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """The most worth in `limit_ms`, or the least time for `worth_dm`; the other is None."""

    limit_ms: int | None
    worth_dm: int | None


@dataclass(frozen=True, eq=False, kw_only=True)
class WishBound:
    """A bound, and the optimum where it was met on the way.

    Parameters
    ----------
    lower : int or None
        No drive takes fewer milliseconds; or, where the most worth is wished for, no drive's decimetres exceed -lower.
        None where the solvers told nothing.
    counts : tuple of int64 arrays, shape (A,)
        How often arcs are driven in what was met on the way: the relaxation, then solutions that fall into pieces.
    proved : bool
        Whether the last of them is one drive, the optimum.
    """

    lower: int | None
    counts: tuple[NDArray[np.int64], ...]
    proved: bool


def bound_wish(problem: Postman, worth: NDArray[np.int64], wish: Wish, *, rooted: bool, seconds: float) -> WishBound:
    """Return a bound on what a drive can reach.

    A linear relaxation: how often each arc is driven, and how much of each street counts; with cuts of sets that must
    be entered if a street inside counts, and of odd sets of streets at a node; then HiGHS in whole numbers, again with
    cuts wherever its drive falls into pieces, until it is one, which is the optimum, or time is up.

    Parameters
    ----------
    problem : Postman
        Its wanted streets are not looked at.
    worth : int64 array, shape (S,)
    wish : Wish
    rooted : bool
        Whether every drive passes the problem's root.
    seconds : float
    """
    until = time.monotonic() + seconds
    bound = _Bound(problem, worth, wish, rooted=rooted)
    lower = bound.relax(time.monotonic() + seconds / 3)
    counts: list[NDArray[np.int64]] = []
    if bound.x is not None:
        counts.append((bound.x[: len(problem.tail)] > _OFTEN).astype(np.int64))
    proved = False
    while bound.x is not None and not proved and (left := until - time.monotonic()) > 0:
        found = bound.relaxation.solve_whole(left)
        lower = max(lower, found.lower)
        if found.x is None:
            break
        counts.append(np.rint(found.x[: len(problem.tail)]).astype(np.int64))
        cuts = bound.apart(found.x)
        proved = found.optimal and not cuts
        bound.add(cuts)
    return WishBound(lower=lower if lower > NO_BOUND else None, counts=tuple(counts), proved=proved)


_Cut: TypeAlias = "tuple[NDArray[np.int64], NDArray[np.int64], float]"
"""Arcs, prizes and a bound: the arcs less the prizes are at least the bound."""


class _Bound:
    def __init__(self, problem: Postman, worth: NDArray[np.int64], wish: Wish, *, rooted: bool) -> None:
        self.problem = problem
        self.prized = np.flatnonzero(worth > 0)
        self.rooted = rooted
        self.x: NDArray[np.float64] | None = None
        arcs, streets = len(problem.tail), len(problem.wanted)
        first = np.full(streets, -1)
        first[problem.street[::-1]] = np.arange(arcs)[::-1]
        self.one, self.other = problem.tail[first], problem.head[first]
        of_street = csr_array((np.ones(arcs), (problem.street, np.arange(arcs))), shape=(streets, arcs))
        ends = np.concatenate([problem.tail, problem.head])
        balanced = csr_array(
            (np.repeat([1.0, -1.0], arcs), (ends, np.tile(np.arange(arcs), 2))), shape=(problem.nodes, arcs)
        )
        balanced.sum_duplicates()
        balanced.eliminate_zeros()
        prizes = eye_array(len(self.prized), format="csr")
        gain, cost = worth[self.prized].astype(np.float64), problem.cost_ms.astype(np.float64)
        none_x, none_y = np.zeros(arcs), np.zeros(len(self.prized))
        if wish.worth_dm is None:
            aim, least = np.concatenate([-cost, none_y]), -float(wish.limit_ms or 0)
            objective = np.concatenate([none_x, -gain])
        else:
            aim, least = np.concatenate([none_x, gain]), float(wish.worth_dm)
            objective = np.concatenate([cost, none_y])
        rows = vstack(
            [
                hstack([balanced, csr_array((problem.nodes, len(self.prized)))]),
                hstack([of_street[self.prized], -prizes]),
                csr_array(aim[np.newaxis]),
            ],
            format="csr",
        )
        low = np.zeros(arcs + len(self.prized))
        if problem.added:
            low[arcs - 1] = 1.0
        high = np.concatenate([np.minimum(problem.most, streets + 1), np.ones(len(self.prized))]).astype(np.float64)
        zeros = np.zeros(problem.nodes)
        self.relaxation = Relaxation(
            objective.astype(np.int64),
            (low, high),
            rows,
            (
                np.concatenate([zeros, none_y, [least]]),
                np.concatenate([zeros, np.full(len(self.prized) + 1, np.inf)]),
            ),
        )
        self.add(self._meetings() + self._bridges())

    def add(self, cuts: list[_Cut]) -> None:
        """Add cuts."""
        if not cuts:
            return
        arcs = len(self.problem.tail)
        columns = [np.concatenate([x, arcs + y]) for x, y, _ in cuts]
        signs = [np.concatenate([np.ones(len(x)), -np.ones(len(y))]) for x, y, _ in cuts]
        start = np.cumsum([0, *(len(each) for each in columns)])
        shape = (len(cuts), arcs + len(self.prized))
        rows = csr_array((np.concatenate(signs), np.concatenate(columns), start), shape=shape)
        self.relaxation.add(rows, np.array([least for _, _, least in cuts]))

    def _meetings(self) -> list[_Cut]:
        """Return that a node is left more than half as often as any odd set of its streets counts."""
        tail, head = self.problem.tail, self.problem.head
        cuts = []
        one, other = self.one[self.prized], self.other[self.prized]
        for node in np.unique(np.concatenate([one, other])).tolist():
            meeting = np.flatnonzero((one == node) != (other == node))
            leaving = np.flatnonzero((tail == node) & (head != node))
            sizes = range(1, len(meeting) + 1, 2) if len(meeting) <= _MEETING else [1]
            for size in sizes:
                cuts += [(leaving, np.array(chosen), (1 - size) / 2) for chosen in combinations(meeting.tolist(), size)]
        return cuts

    def _bridges(self) -> list[_Cut]:
        """Return that a bridge that counts is driven both ways."""
        streets = Crossings(
            nodes=self.problem.nodes, one=self.one, other=self.other, wanted=np.ones(len(self.one), np.bool_)
        )
        bridge = np.flatnonzero(np.isin(self.prized, bridges(streets)))
        return [
            (np.array([arc]), np.array([prize]), 0.0)
            for prize in bridge.tolist()
            for arc in np.flatnonzero(self.problem.street == self.prized[prize]).tolist()
        ]

    def relax(self, until: float) -> int:
        """Return the bound of the relaxation once it breaks no cut that is looked for, or gains no more."""
        lower, stale = NO_BOUND, 0
        for _ in range(_ROUNDS):
            found = self.relaxation.solve()
            if found.x is None:
                break
            self.x = found.x
            stale = stale + 1 if found.lower <= lower else 0
            lower = max(lower, found.lower)
            if stale > 3 or time.monotonic() > until:
                break
            cuts = self.apart(found.x) or (self._thin(found.x) if self.rooted else [])
            if not cuts:
                break
            self.add(cuts)
        return lower

    def _entered(self, inside: NDArray[np.bool_], y: NDArray[np.float64]) -> list[_Cut]:
        """Return that a set without the root is left whenever a street in it counts.

        Without a root: whenever a street in it and one elsewhere count.
        """
        tail, head = self.problem.tail, self.problem.head
        leaving = np.flatnonzero(inside[tail] & ~inside[head])
        touches = inside[self.one[self.prized]] | inside[self.other[self.prized]]
        touched, elsewhere = np.flatnonzero(touches), np.flatnonzero(~touches)
        most = touched[np.argsort(-y[touched], kind="stable")[:3]]
        if self.rooted:
            return [(leaving, np.array([prize]), 0.0) for prize in most.tolist()]
        if not len(elsewhere):
            return []
        other = elsewhere[np.argmax(y[elsewhere])]
        return [(leaving, np.array([prize, other]), -1.0) for prize in most.tolist()]

    def apart(self, x: NDArray[np.float64]) -> list[_Cut]:
        """Return cuts of what is driven but not in one piece, with the root where there is one."""
        arcs = len(self.problem.tail)
        driven = np.flatnonzero(x[:arcs] > 1e-6)
        ends = (self.problem.tail[driven], self.problem.head[driven])
        links = csr_array((np.ones(len(driven), np.int8), ends), shape=(self.problem.nodes,) * 2)
        _, label = connected_components(links, directed=False)
        names = np.unique(label[ends[0]]).tolist()
        if len(names) <= 1 and not self.rooted:
            return []
        cuts = []
        for piece in names:
            if piece != label[self.problem.root] or not self.rooted:
                cuts += self._entered(label == piece, x[arcs:])
        return cuts

    def _thin(self, x: NDArray[np.float64]) -> list[_Cut]:
        """Return cuts of sets that are entered less than a street in them counts, by maximum flows from the root."""
        arcs, tail, head = len(self.problem.tail), self.problem.tail, self.problem.head
        y = x[arcs:]
        driven = np.flatnonzero(x[:arcs] > 1e-6)
        room = np.rint(x[driven] * _FLOW_UNIT).astype(np.int32)
        graph = csr_array((room, (tail[driven], head[driven])), shape=(self.problem.nodes,) * 2)
        graph.sum_duplicates()
        done = np.zeros(self.problem.nodes, bool)
        done[self.problem.root] = True
        cuts, flows = [], 0
        for prize in np.argsort(-y, kind="stable").tolist():
            node = int(self.one[self.prized[prize]])
            if done[node] or y[prize] < 0.1 or flows >= _FLOWS:
                continue
            done[node] = True
            flows += 1
            flow = maximum_flow(graph, self.problem.root, node)
            if flow.flow_value >= (y[prize] - 0.01) * _FLOW_UNIT:
                continue
            inside = ~side_of(graph, flow.flow, self.problem.root)
            done |= inside
            cuts += self._entered(inside, y)
        return cuts
