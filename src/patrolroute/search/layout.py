"""The problem as the kernels see it: a few packed arrays, made once and never changed.

Rows of `node` are the visits, then every squad's beginning, then every squad's end, so that a route is a list of nodes
and its two ends need no special case.

Where what is still to come finds its place: a *coupling* joins two visits and becomes a row with a lower and an upper
difference in a table of its own, which a column of `node` points to. `insertion.scan`, the only place that decides
whether an insertion keeps every time, asks it. A *bundle* becomes a further column of `node` like GROUP, asked by
`state.add` and `state.drop`, the only places where a visit enters or leaves a route. The moves know neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from patrolroute.problem import PatrolProblem

ENTRY, EXIT, DURATION, OPENS, CLOSES, GROUP, TIER, WEIGHT = range(8)
"""Columns of `Night.node`; TIER counts from 0 in order of importance."""

PROFILE, FROM, MAX_DRIVE, KIND = range(4)
"""Columns of `Night.squad`; squads of one KIND may exchange their routes."""

TO, FRO = range(2)
"""Layers of `Night.travel`: from row to column, and its transpose. An insertion reads one row of each."""

GRANULAR = 1000
"""From this many visits on, an insertion is tried only in routes near the visit."""


class Night(NamedTuple):
    """What stays the same during a search: P profiles, N points, V visits, K squads, T tiers.

    Parameters
    ----------
    travel : int32 array, shape (2, P, N, N)
        Seconds; see TO and FRO.
    node : int64 array, shape (V + 2 K, 8)
    squad : int64 array, shape (K, 4)
    worth : int64 array, shape (C,)
        Visits worth making: possible for some squad, and of some weight or required.
    near : int64 array, shape (V, B)
        The nearest other worthwhile visits, nearest first; -1 where there are no more.
    scale : float array, shape (T + 3,)
        A usual amount of each level of the objective: 1 required group, the mean weight of a tier, a usual drive.
    granular : bool
    """

    travel: NDArray[np.int32]
    node: NDArray[np.int64]
    squad: NDArray[np.int64]
    worth: NDArray[np.int64]
    near: NDArray[np.int64]
    scale: NDArray[np.float64]
    granular: bool


def build_night(problem: PatrolProblem, *, neighbours: int = 100) -> Night:
    """Pack a problem for the kernels.

    Parameters
    ----------
    problem : PatrolProblem
    neighbours : int
        Length of the lists of near visits.
    """
    travel = np.stack([problem.matrix.travel_s, problem.matrix.travel_s.transpose(0, 2, 1)])
    visits, groups = problem.visits, problem.groups
    possible = possible_squads(problem).any(axis=1)
    worth = np.flatnonzero(possible & ((visits.weight > 0) | groups.required[visits.group]))
    return Night(
        travel=travel,
        node=_nodes(problem),
        squad=_squads(problem),
        worth=worth,
        near=_nearest(problem, worth, neighbours),
        scale=_scales(problem, worth),
        granular=len(worth) >= GRANULAR,
    )


def _nodes(problem: PatrolProblem) -> NDArray[np.int64]:
    visits, squads = problem.visits, problem.squads
    v, k = len(visits), len(squads)
    node = np.zeros((v + 2 * k, 8), np.int64)
    node[:v, ENTRY], node[:v, EXIT], node[:v, DURATION] = visits.entry, visits.exit, visits.duration_s
    node[:v, OPENS], node[:v, CLOSES], node[:v, GROUP] = visits.opens_s, visits.closes_s, visits.group
    node[:v, TIER], node[:v, WEIGHT] = np.searchsorted(problem.tiers, visits.tier), visits.weight
    for first, point in ((v, squads.start), (v + k, squads.end)):
        rows = node[first : first + k]
        rows[:, ENTRY] = rows[:, EXIT] = point
        rows[:, OPENS], rows[:, CLOSES], rows[:, GROUP] = squads.from_s, squads.until_s, -1
    return node


def _squads(problem: PatrolProblem) -> NDArray[np.int64]:
    squads = problem.squads
    kinds: dict[tuple[bytes, ...], int] = {}
    table = np.zeros((len(squads), 4), np.int64)
    columns = (squads.profile, squads.start, squads.end, squads.from_s, squads.until_s, squads.max_drive_s)
    for k in range(len(squads)):
        key = (*(column[k].tobytes() for column in columns), problem.visits.squads[:, k].tobytes())
        table[k] = squads.profile[k], squads.from_s[k], squads.max_drive_s[k], kinds.setdefault(key, len(kinds))
    return table


def possible_squads(problem: PatrolProblem) -> NDArray[np.bool_]:
    """Return which squads could make each visit if they did nothing else, shape (V, K).

    Where some visit is a drive through an area, which is duration and not driving, a visit may be out of a squad's
    driving limit by itself and within it after that drive: the limit is then left to the insertions.
    """
    visits, squads = problem.visits, problem.squads
    possible = np.zeros((len(visits), len(squads)), np.bool_)
    through = bool((visits.entry != visits.exit).any())
    opens, closes, duration = (c.astype(np.int64) for c in (visits.opens_s, visits.closes_s, visits.duration_s))
    for k in range(len(squads)):
        layer = problem.matrix.travel_s[squads.profile[k]]
        there = layer[squads.start[k], visits.entry].astype(np.int64)
        home = layer[visits.exit, squads.end[k]].astype(np.int64)
        begin = np.maximum(squads.from_s[k] + there, opens)
        in_time = (begin <= closes) & (begin + duration + home <= squads.until_s[k])
        possible[:, k] = visits.squads[:, k] & in_time & (through | (there + home <= squads.max_drive_s[k]))
    return possible


def _nearest(problem: PatrolProblem, worth: NDArray[np.int64], neighbours: int) -> NDArray[np.int64]:
    visits = problem.visits
    layer = problem.matrix.travel_s[problem.squads.profile[0]]
    breadth = max(1, min(neighbours, len(worth)))
    near = np.full((len(visits), breadth), -1, np.int64)
    entry, leave = visits.entry[worth], visits.exit[worth]
    for v in worth:
        far = np.minimum(layer[visits.exit[v], entry], layer[leave, visits.entry[v]]).astype(np.int64)
        others = np.flatnonzero(worth != v)
        far = far[others]
        if len(others) > breadth:
            cut = np.partition(far, breadth - 1)[breadth - 1]
            keep = far <= cut
            others, far = others[keep], far[keep]
        order = others[np.argsort(far, kind="stable")][:breadth]
        near[v, : len(order)] = worth[order]
    return near


def _scales(problem: PatrolProblem, worth: NDArray[np.int64]) -> NDArray[np.float64]:
    visits = problem.visits
    scale = np.ones(len(problem.tiers) + 3)
    for i, tier in enumerate(problem.tiers):
        weights = visits.weight[worth][visits.tier[worth] == tier]
        scale[1 + i] = max(1.0, float(weights.astype(np.int64).sum()) / max(1, len(weights)))
    layer = problem.matrix.travel_s[problem.squads.profile[0]]
    some = worth[:: max(1, len(worth) // 200)]
    usual = float(np.median(layer[np.ix_(visits.exit[some], visits.entry[some])])) if len(some) else 1.0
    scale[-2] = scale[-1] = usual + 1.0
    return scale
