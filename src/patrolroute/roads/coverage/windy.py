"""The windy rural postman: every wanted street once, either way, each way at its own cost, one-way streets one way."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array, vstack

from patrolroute.roads.coverage.oddcuts import Crossings, bridges, moats, odd_components, odd_cuts
from patrolroute.roads.coverage.postman import Cover, arcs_as_streets, cover_arcs, pieces, with_directions
from patrolroute.roads.coverage.relaxation import Relaxation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from patrolroute.roads.coverage.postman import Postman

_ROUNDS = 200
_SLOW_NODES = 6_000
"""Beyond that many nodes growing moats takes longer than it gains."""
_INTEGRAL = 1e-6


def cover_streets(problem: Postman, *, seconds: float = 10.0, odd: bool = True) -> Cover:
    """Return a walk that drives every wanted street in one of its directions, and how good it is.

    A linear relaxation with cuts of odd sets and of pieces that hang apart; where it ends in whole numbers, that is the
    optimum. Else HiGHS goes on in whole numbers, and pieces that still hang apart are cut off until the walk is one.
    What is found when time runs out is completed: streets in the direction that the relaxation prefers, balanced by a
    flow.

    Parameters
    ----------
    problem : Postman
    seconds : float
        Wall clock, about; the optimum of some thousand streets takes a second. `math.inf` asks no clock.
    odd : bool
        Whether to look for odd sets; of no use where every wanted street has one direction.

    Returns
    -------
    Cover
        With the proven lower bound, to the precision of the solvers; 0 where it contradicts a walk that was found.
    """
    search = _Search(problem, deadline=time.monotonic() + seconds, odd=odd)
    search.relax()
    if not search.proved and search.left_s > 0:
        search.branch()
    return search.best


class _Search:
    def __init__(self, problem: Postman, *, deadline: float, odd: bool) -> None:
        self.problem = problem
        self.deadline = deadline
        self.odd = odd
        self.sound = True
        arcs, streets = len(problem.tail), len(problem.wanted)
        first = np.full(streets, -1)
        first[problem.street[::-1]] = np.arange(arcs)[::-1]
        self.crossings = Crossings(
            nodes=problem.nodes, one=problem.tail[first], other=problem.head[first], wanted=problem.wanted
        )
        self.of_street = csr_array((np.ones(arcs), (problem.street, np.arange(arcs))), shape=(streets, arcs))
        self.relaxation = self._relaxation()
        needed = with_directions(problem, -problem.cost_ms.astype(np.float64))
        self.best = cover_arcs(problem, needed)
        self.best = Cover(count=self.best.count, cost_ms=self.best.cost_ms, lower_ms=0)

    @property
    def left_s(self) -> float:
        return self.deadline - time.monotonic()

    @property
    def proved(self) -> bool:
        return self.best.proved

    def _relaxation(self) -> Relaxation:
        problem = self.problem
        arcs = np.arange(len(problem.tail))
        ends, signs = np.concatenate([problem.tail, problem.head]), np.repeat([1.0, -1.0], len(arcs))
        balanced = csr_array((signs, (ends, np.tile(arcs, 2))), shape=(problem.nodes, len(arcs)))
        balanced.sum_duplicates()
        balanced.eliminate_zeros()
        wanted = np.flatnonzero(problem.wanted)
        low = np.zeros(len(arcs))
        # A bridge is driven both ways; an added arc is no street, so it bridges nothing that a walk must cross.
        via = np.isin(problem.street, bridges(self.crossings)) & problem.wanted[problem.street]
        low[via & (problem.most > 1)] = 1
        zero = np.zeros(problem.nodes)
        relaxation = Relaxation(
            problem.cost_ms,
            (low, np.minimum(problem.most, len(problem.wanted) + 1).astype(np.float64)),
            vstack([balanced, self.of_street[wanted]], format="csr"),
            (np.append(zero, np.ones(len(wanted))), np.append(zero, np.full(len(wanted), np.inf))),
        )
        if self.odd:
            cost = np.full(len(problem.wanted), np.inf)
            np.minimum.at(cost, problem.street, problem.cost_ms.astype(np.float64))
            cost[problem.street[problem.most == 1]] = np.inf
            grow = problem.nodes <= _SLOW_NODES
            self._add_odd(relaxation, moats(self.crossings, cost if grow else np.full(len(cost), np.inf)))
        return relaxation

    def _add_odd(self, relaxation: Relaxation, sets: list[NDArray[np.bool_]]) -> None:
        if sets:
            crossed = [int((self.crossings.crossing(inside) & self.problem.wanted).sum()) for inside in sets]
            relaxation.add(self._leaving(sets), (np.array(crossed) + 1) // 2.0)

    def _leaving(self, sets: list[NDArray[np.bool_]]) -> csr_array:
        """Return a row of ones at the arcs that leave each set."""
        tail, head = self.problem.tail, self.problem.head
        arcs = [np.flatnonzero(inside[tail] & ~inside[head]) for inside in sets]
        start = np.cumsum([0, *(len(each) for each in arcs)])
        return csr_array((np.ones(start[-1]), np.concatenate(arcs), start), shape=(len(sets), len(tail)))

    def relax(self) -> None:
        """Solve the relaxation, and again with what it breaks, until it breaks nothing or gains nothing."""
        x, gains = None, 0
        for _ in range(_ROUNDS):
            found = self.relaxation.solve()
            if found.x is None:
                break
            x = found.x
            gains = gains + 1 if found.lower <= self.best.lower_ms else 0
            self._learn(x, found.lower)
            if self.proved or self.left_s <= 0 or gains > 5 or not self._cut(x):
                break
        if x is not None and not self.proved:
            self._complete(with_directions(self.problem, x))

    def _cut(self, x: NDArray[np.float64]) -> bool:
        """Add rows that a fractional solution breaks; return whether there were any."""
        apart = self._apart(x)
        sets: list[NDArray[np.bool_]] = []
        if self.odd:
            extra = self.of_street @ x - self.problem.wanted
            sets = odd_components(self.crossings, extra) or odd_cuts(self.crossings, extra)
        self._add_odd(self.relaxation, sets)
        return bool(sets) or apart

    def _apart(self, x: NDArray[np.float64]) -> bool:
        """Cut off pieces of what is driven that hold something wanted, but not all of it."""
        problem = self.problem
        driven = (x > _INTEGRAL) | problem.wanted[problem.street]
        number, piece = pieces(problem, driven.astype(np.int64))
        if number == 1:
            return False
        holds = np.unique(piece[[problem.root, *problem.tail[problem.wanted[problem.street]]]])
        sets = [piece == each for each in holds.tolist()]
        self.relaxation.add(self._leaving(sets), np.ones(len(sets)))
        return True

    def branch(self) -> None:
        """Solve in whole numbers, cutting off what hangs apart, until the walk is one or time is up."""
        while self.left_s > 0 and not self.proved:
            found = self.relaxation.solve_whole(self.left_s)
            if found.x is None:
                self._raise_lower(found.lower)
                return
            count = np.rint(found.x).astype(np.int64)
            self._learn(count.astype(np.float64), found.lower)
            if self.proved or not found.optimal:
                return
            if not self._apart(found.x):
                return
            self._complete(with_directions(self.problem, found.x))

    def _learn(self, x: NDArray[np.float64], lower_ms: int) -> None:
        """Take over a bound, and the solution if it is whole, balanced and one walk."""
        self._raise_lower(lower_ms)
        count = np.rint(x).astype(np.int64)
        if np.abs(x - count).max() > _INTEGRAL * 100:
            return
        problem = self.problem
        leaves = np.bincount(problem.tail, weights=count, minlength=problem.nodes)
        enters = np.bincount(problem.head, weights=count, minlength=problem.nodes)
        missed = problem.wanted & (self.of_street @ count < 1)
        if (leaves == enters).all() and not missed.any() and pieces(problem, count)[0] == 1:
            self._take(count)

    def _complete(self, needed: NDArray[np.int64]) -> None:
        self._take(cover_arcs(self.problem, needed).count)

    def _raise_lower(self, lower_ms: int) -> None:
        # A bound above a walk that is there is an error of the solver, and so may be those before it.
        self.sound &= lower_ms <= self.best.cost_ms
        lower_ms = max(lower_ms, self.best.lower_ms) if self.sound else 0
        self.best = Cover(count=self.best.count, cost_ms=self.best.cost_ms, lower_ms=lower_ms)

    def _take(self, count: NDArray[np.int64]) -> None:
        cost_ms = int(count @ self.problem.cost_ms)
        if cost_ms < self.best.cost_ms:
            lower_ms = self.best.lower_ms
            self.best = Cover(count=count, cost_ms=cost_ms, lower_ms=0)
            self._raise_lower(lower_ms)


def cover_directed(problem: Postman, needed: NDArray[np.int64], *, seconds: float = 10.0) -> Cover:
    """Return a walk that drives given arcs in their direction: the optimum, where time allows.

    Where a flow leaves the arcs in one piece, its solution is the optimum, at once; else pieces are joined exactly as
    `cover_streets` does.
    """
    quick = cover_arcs(problem, needed)
    if quick.proved:
        return quick
    slow = cover_streets(arcs_as_streets(problem, needed), seconds=seconds, odd=False)
    best = min(quick, slow, key=lambda cover: cover.cost_ms)
    # The flow's bound is exact, the relaxation's is not.
    slow_ms = slow.lower_ms if slow.lower_ms <= best.cost_ms else 0
    return Cover(count=best.count, cost_ms=best.cost_ms, lower_ms=max(quick.lower_ms, slow_ms))
