"""Routes as they stand, with all that an insertion must know, and how to go back to how they stood."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from patrolroute.compiled import kernel
from patrolroute.search.layout import (
    ALIKE,
    BALANCE,
    CLOSES,
    COST,
    COST_LEVEL,
    DUTY_ALIKE,
    ENTRY,
    EXIT,
    FROM,
    GROUP,
    LIMITED,
    SPREAD_DUTY,
    SPREAD_STOPS,
    TIER,
    WEIGHT,
    has,
    possible_squads,
    tied_only,
)
from patrolroute.search.rng import seeded

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from patrolroute.problem import PatrolProblem
    from patrolroute.search.layout import Night

NODE, IN, OUT, BEGIN, DEPART, LATEST, ARC, SPARE = range(8)
"""Columns of `State.route`: the node, its entry and exit point, earliest beginning and departure, latest beginning, and
the drive that leads to it."""

NOW, OLD, BEST = range(3)
"""First index of `State.route`, `State.tour` and `State.level`: as things stand, as they stood before this iteration,
and as they stand in the best solution."""

LENGTH, DRIVE, FINISH, VERSION, STOPS, OVERTIME, SOUND, LACKS = range(8)
"""Columns of `State.tour`: how many visits, seconds driven, seconds until home, a number new with every change, how
many stops where they are limited, seconds of overtime, whether it can be driven as it
stands, and how many duties it lacks."""

SQUAD, PLACE, MARK = range(3)
"""Columns of `State.spot`: the visit's squad or -1, its position in the route (1 is the first), and the iteration in
which it became a candidate."""

SERVED, REQUIRED = range(2)
"""Columns of `State.group`: the visit that serves the group or -1, and whether one must."""

KNOWN, OFFERED, SLOT, ALLOWED = range(4)
"""Last index of `State.offer`: version of the route (twice, plus THRIFTY) for which the cheapest insertion's cost and
position hold (-1: there is none), and whether the squad may make the visit at all."""

WHO, BY, AFTER, PRICE, GONE, STACK = range(6)
"""Columns of `State.desk`, where a recreation sorts its candidates: the visit, its best insertion so far, and apart
from these the visits that the ruin took out, and those put in together."""

TOUCHED, STAMP, WAITS, QUEUE, BEFORE, TRACE = range(6)
"""Columns of `State.trail`: squads changed in this iteration, as many as `tally[CHANGED]` says, and for each squad the
iteration in which it was changed last, and whether its times wait to be computed; the squads that wait; and while times
are computed from nothing, for each squad its version before and what told its times apart."""

ITERATION, NEXT_VERSION, CHANGED, BEST_AT, CYCLE_FROM, THRIFTY, IMPROVED, TILT, FRUGAL, UNLIKE, WAS_UNLIKE = range(11)
LEAST_STOPS, LEAST_DUTY, SHAKEN = range(11, 14)
"""Entries of `State.tally`; THRIFTY is 1 while insertions are judged by their detour alone, IMPROVED counts, TILT says
how much insertions favour squads that have little. FRUGAL is 1 while none may cost more overtime than it is worth, or
go to squads that have more than others already. UNLIKE tells by how much squads are less alike than they may be, now
and when the iteration began; LEAST_STOPS and LEAST_DUTY are what the squad has that has least, while visits are put
in. SHAKEN is not 0 while chance has a say in where they go, and
may name a squad that is favoured then: 1 is the first."""


class State(NamedTuple):
    """What changes during a search; V visits, K squads, G groups, L = T + 5 levels, R positions a route.

    Parameters
    ----------
    route : int64 array, shape (3, K, R, 8)
    tour : int64 array, shape (3, K, 8)
    level : int64 array, shape (3, L)
        What must be and is not, weight left out by tier, seconds of overtime, spread between squads, seconds driven,
        seconds until home: smaller is better, compared from the first on. They are never added up, so nothing can
        overflow or outweigh.
    spot : int64 array, shape (V, 3)
    group : int64 array, shape (G, 2)
    offer : int64 array, shape (V, K, 4)
    desk : int64 array, shape (V + 1, 6)
    key : float array, shape (V,)
        Rank of each candidate on the desk, greatest first.
    pool : int64 array
        See `patrolroute.search.pool`.
    trail : int64 array, shape (K, 6)
    tally : int64 array, shape (14,)
    rng : uint64 array, shape (1,)
    """

    route: NDArray[np.int64]
    tour: NDArray[np.int64]
    level: NDArray[np.int64]
    spot: NDArray[np.int64]
    group: NDArray[np.int64]
    offer: NDArray[np.int64]
    desk: NDArray[np.int64]
    key: NDArray[np.float64]
    pool: NDArray[np.int64]
    trail: NDArray[np.int64]
    tally: NDArray[np.int64]
    rng: NDArray[np.uint64]


@kernel
def copy_route(s: State, source: int, target: int, k: int) -> None:
    """Copy a route with all that is known of it; a loop, since slices allocate."""
    for i in range(s.tour[source, k, LENGTH] + 2):
        for f in range(8):
            s.route[target, k, i, f] = s.route[source, k, i, f]
    for f in range(8):
        s.tour[target, k, f] = s.tour[source, k, f]


@kernel
def copy_levels(s: State, source: int, target: int) -> None:
    """Copy the levels of the objective."""
    for i in range(s.level.shape[1]):
        s.level[target, i] = s.level[source, i]


@kernel
def touch(s: State, k: int) -> None:
    """Keep a copy of a route before its first change in this iteration."""
    if s.trail[k, STAMP] == s.tally[ITERATION]:
        return
    s.trail[k, STAMP] = s.tally[ITERATION]
    s.trail[s.tally[CHANGED], TOUCHED] = k
    s.tally[CHANGED] += 1
    copy_route(s, NOW, OLD, k)


@kernel
def add(n: Night, s: State, u: int, k: int, after: int) -> None:
    """Put a visit into a touched route after a position; `refresh` must follow."""
    r = s.route[NOW, k]
    for i in range(s.tour[NOW, k, LENGTH] + 1, after, -1):
        for f in range(8):
            r[i + 1, f] = r[i, f]
    r[after + 1, NODE] = u
    r[after + 1, IN] = n.node[u, ENTRY]
    r[after + 1, OUT] = n.node[u, EXIT]
    s.tour[NOW, k, LENGTH] += 1
    g = n.node[u, GROUP]
    s.group[g, SERVED] = u
    s.level[NOW, 1 + n.node[u, TIER]] -= n.node[u, WEIGHT]
    if s.group[g, REQUIRED]:
        s.level[NOW, 0] -= 1


@kernel
def drop(n: Night, s: State, k: int, first: int, many: int) -> None:
    """Take visits out of a touched route, from a position on; `refresh` must follow."""
    r = s.route[NOW, k]
    for i in range(first, first + many):
        u = r[i, NODE]
        g = n.node[u, GROUP]
        s.spot[u, SQUAD] = -1
        s.group[g, SERVED] = -1
        s.level[NOW, 1 + n.node[u, TIER]] += n.node[u, WEIGHT]
        if s.group[g, REQUIRED]:
            s.level[NOW, 0] += 1
    for i in range(first, s.tour[NOW, k, LENGTH] + 2 - many):
        for f in range(8):
            r[i, f] = r[i + many, f]
    s.tour[NOW, k, LENGTH] -= many


@kernel
def begin_move(s: State) -> None:
    """Open an iteration: from here `settle` and `undo` know what changed."""
    s.tally[ITERATION] += 1
    s.tally[CHANGED] = 0
    s.tally[WAS_UNLIKE] = s.tally[UNLIKE]
    copy_levels(s, NOW, OLD)


@kernel
def spread(s: State, column: int) -> int:
    """Return by how much the greatest value of a column of the routes exceeds the least."""
    most = s.tour[NOW, 0, column]
    least = most
    for k in range(s.tour.shape[1]):
        most = max(most, s.tour[NOW, k, column])
        least = min(least, s.tour[NOW, k, column])
    return most - least  # type: ignore[no-any-return]  # an int64 is an int here


@tied_only(lambda *_: 0)
def unlike(n: Night, s: State) -> int:
    """Return by how much squads are less alike than they may be: stops, and begun quarters of an hour on duty."""
    apart = max(spread(s, FINISH) - n.tie[SPREAD_DUTY] + 899, 0) // 900
    if has(n, LIMITED):
        apart += max(spread(s, STOPS) - n.tie[SPREAD_STOPS], 0)
    return apart  # type: ignore[no-any-return]  # an int64 is an int here


@kernel
def overtime_cost(n: Night, overtime_s: int) -> int:
    """Return what so much overtime costs, as `patrolroute.schedule.overtime_cost` does."""
    return -(-overtime_s * n.tie[COST] // 3600)  # type: ignore[no-any-return]  # an int64 is an int here


@kernel
def sound(s: State) -> bool:
    """Return whether all touched routes can be driven as they stand.

    Where a way round by a third point is shorter than the direct one, taking a visit out can make a route longer.
    """
    broken = 0
    for i in range(s.tally[CHANGED]):
        broken += 1 - s.tour[NOW, s.trail[i, TOUCHED], SOUND]
    return broken == 0


@kernel
def settle(n: Night, s: State) -> None:
    """Bring the levels below coverage up to date with the touched routes."""
    last = s.level.shape[1] - 1
    if has(n, ALIKE):
        s.tally[UNLIKE] = unlike(n, s)
        s.level[NOW, 0] += s.tally[UNLIKE] - s.tally[WAS_UNLIKE]
    if has(n, BALANCE):
        s.level[NOW, last - 2] = spread(s, FINISH if n.tie[BALANCE] == DUTY_ALIKE else STOPS)
    for i in range(s.tally[CHANGED]):
        k = s.trail[i, TOUCHED]
        s.level[NOW, last - 1] += s.tour[NOW, k, DRIVE] - s.tour[OLD, k, DRIVE]
        s.level[NOW, last] += s.tour[NOW, k, FINISH] - s.tour[OLD, k, FINISH]
        s.level[NOW, 0] += s.tour[NOW, k, LACKS] - s.tour[OLD, k, LACKS]
        s.level[NOW, last - 3] += s.tour[NOW, k, OVERTIME] - s.tour[OLD, k, OVERTIME]
    if has(n, COST):
        more = overtime_cost(n, s.level[NOW, last - 3]) - overtime_cost(n, s.level[OLD, last - 3])
        s.level[NOW, n.tie[COST_LEVEL]] += more


@kernel
def undo(n: Night, s: State) -> None:
    """Go back to how everything stood when the iteration began."""
    for i in range(s.tally[CHANGED]):
        k = s.trail[i, TOUCHED]
        for j in range(1, s.tour[NOW, k, LENGTH] + 1):
            u = s.route[NOW, k, j, NODE]
            s.spot[u, SQUAD] = -1
            s.group[n.node[u, GROUP], SERVED] = -1
    for i in range(s.tally[CHANGED]):
        k = s.trail[i, TOUCHED]
        copy_route(s, OLD, NOW, k)
        for j in range(1, s.tour[NOW, k, LENGTH] + 1):
            u = s.route[NOW, k, j, NODE]
            s.spot[u, SQUAD] = k
            s.spot[u, PLACE] = j
            s.group[n.node[u, GROUP], SERVED] = u
    s.tally[UNLIKE] = s.tally[WAS_UNLIKE]
    copy_levels(s, OLD, NOW)


@kernel
def better(s: State, a: int, b: int) -> bool:
    """Return whether the levels of one standing are better than those of another, tier before tier."""
    for i in range(s.level.shape[1]):
        if s.level[a, i] != s.level[b, i]:
            return bool(s.level[a, i] < s.level[b, i])
    return False


@kernel
def keep_best(s: State) -> None:
    """Make the routes as they stand the best ones."""
    for k in range(s.tour.shape[1]):
        if s.tour[BEST, k, VERSION] != s.tour[NOW, k, VERSION]:
            copy_route(s, NOW, BEST, k)
    copy_levels(s, NOW, BEST)
    s.tally[BEST_AT] = s.tally[ITERATION]
    s.tally[IMPROVED] += 1


def build_state(problem: PatrolProblem, n: Night, seed: int, pool: NDArray[np.int64]) -> State:
    """Return the state in which no squad has left."""
    v, k, g = len(problem.visits), len(problem.squads), len(problem.groups)
    route = np.zeros((3, k, min(v, g) + 2, 8), np.int64)
    for i in (0, 1):
        rows = v + i * k + np.arange(k)
        route[:, :, i, NODE] = rows
        route[:, :, i, IN], route[:, :, i, OUT] = n.node[rows, ENTRY], n.node[rows, EXIT]
        route[:, :, i, BEGIN] = route[:, :, i, DEPART] = n.squad[:, FROM]
        route[:, :, i, LATEST] = n.node[rows, CLOSES]
    tour = np.zeros((3, k, 8), np.int64)
    tour[:, :, VERSION] = tour[:, :, SOUND] = 1
    levels = [int(problem.groups.required.sum())]
    levels += [int(problem.group_weight[problem.group_tier == t].sum(dtype=np.int64)) for t in problem.tiers]
    group = np.full((g, 2), -1, np.int64)
    group[:, REQUIRED] = problem.groups.required
    offer = np.zeros((v, k, 4), np.int64)
    offer[:, :, ALLOWED] = possible_squads(problem)
    tally = np.zeros(14, np.int64)
    tally[NEXT_VERSION] = 1
    return State(
        route=route,
        tour=tour,
        level=np.tile(np.array([*levels, 0, 0, 0, 0], np.int64), (3, 1)),
        spot=np.full((v, 3), -1, np.int64),
        group=group,
        offer=offer,
        desk=np.zeros((v + 1, 6), np.int64),
        key=np.zeros(v, np.float64),
        pool=pool,
        trail=np.tile(np.array([-1, -1, 0, 0, 0, 0], np.int64), (k, 1)),
        tally=tally,
        rng=seeded(seed),
    )
