"""The problem as the kernels see it: a few packed arrays, made once and never changed.

Rows of `node` are the visits, then every squad's beginning, then every squad's end, so that a route is a list of nodes
and its two ends need no special case.

A *coupling* is two rows of `knot`, one for each of its visits. `insertion.scan`, the only place that decides whether an
insertion keeps every time, asks them for the time they leave, and `clock` passes times on along them. What groups need
of each other stands in `needed` and `bound`; `ties` puts in and takes out together what belongs together. The moves
know none of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import numpy as np
from numba.extending import overload

from patrolroute.compiled import kernel, kernel_where
from patrolroute.problem import FARTHEST_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from patrolroute.problem import PatrolProblem

ENTRY, EXIT, DURATION, OPENS, CLOSES, GROUP, TIER, WEIGHT = range(8)
"""Columns of `Night.node`; TIER counts from 0 in order of importance."""

PROFILE, FROM, MAX_DRIVE, KIND, OVERTIME_FROM, MAX_STOPS = range(6)
"""Columns of `Night.squad`; squads of one KIND may exchange their routes."""

KNOTS, NEEDED, BOUND, CHOICES, CHORES, FLOATS, STOP, BALANCE, ROUNDS, TIES, AFLOAT, LIMITED = range(12)
ALIKE, SPREAD_STOPS, SPREAD_DUTY, COST_LEVEL, COST, WISHES, HOURS = range(12, 19)
"""First entries of `Night.tie`: where the lists of each table begin (`head`, `tail`), of visits their couplings, of
groups those that must be served where they are, those that must not be where they are not, and their visits, of squads
their duties; where a row begins that says of each node whether it is made wherever the squad is, and whether it counts
as a stop; what squads shall have alike; after how many routes timed anew an insertion is taken to fit nowhere;
whether there are couplings or groups that need others, visits that float, limits on stops or duties; whether there are
limits by how much what one squad has may exceed what another has, and which, in stops and seconds; which level overtime
adds to, and how much an hour; whether squads' times or stops are wished for beside coverage at all: ALIKE, BALANCE or
COST; and where the seconds stand at which periods of speeds begin and the last one ends."""

OTHER, ON, BACK, APART, KNOT = range(5)
"""Entries of a coupling, and how many there are: the other visit, how much later it begins at least, how much later
than it this one begins at least, and whether another squad must make it."""

NOTHING, STOPS_ALIKE, DUTY_ALIKE = range(3)
"""What squads shall have alike: `Night.balance`."""

TO, FRO = range(2)
"""Layers of `Night.travel`: from row to column, and its transpose. An insertion reads one row of each."""

EVER_S = 2**40
"""Later than any time, and before it any earlier one."""

GRANULAR = 1000
"""From this many visits on, an insertion is tried only in routes near the visit."""


class Night(NamedTuple):
    """What stays the same during a search: P profiles, N points, V visits, K squads, T tiers.

    Parameters
    ----------
    travel : int32 array, shape (2, P, N, N)
        Seconds; see TO and FRO.
    node : int64 array, shape (V + 2 K, 8)
    squad : int64 array, shape (K, 6)
    tie : int64 array
        Whatever ties visits to others, in one array: every array that a kernel is given costs each of its calls.
    worth : int64 array, shape (C,)
        Visits worth making: possible for some squad, and of some weight or required.
    near : int64 array, shape (V, B)
        The nearest other worthwhile visits, nearest first; -1 where there are no more.
    scale : float array, shape (T + 5,)
        A usual amount of each level of the objective: 1 required group, the mean weight of a tier, a usual drive.
    granular : bool
        Whether insertions are tried only in routes near a visit.
    """

    travel: NDArray[np.int32]
    node: NDArray[np.int64]
    squad: NDArray[np.int64]
    tie: NDArray[np.int64]
    worth: NDArray[np.int64]
    near: NDArray[np.int64]
    scale: NDArray[np.float64]
    granular: bool


class TiedNight(Night):
    """A night with anything in `tie`. It is a type of its own so that plain nights are compiled without asking."""


class HourlyNight(TiedNight):
    """A night, tied or not, on which drives take what they take at the hour: T periods.

    `travel` has shape (2, P, N, N, T); see `patrolroute.search.hours`.
    """


def _is_tied(n: Night) -> bool:
    return isinstance(n, TiedNight)


@overload(_is_tied)
def _say_if_tied(n):  # type: ignore[no-untyped-def]  # numba compares its signature with the lambdas'
    if issubclass(n.instance_class, TiedNight):
        return lambda n: True  # noqa: ARG005 - as of what it stands for
    return lambda n: False  # noqa: ARG005 - as above


_Kernel = TypeVar("_Kernel", bound="Callable[..., Any]")


def tied_only(instead: Callable[..., Any]) -> Callable[[_Kernel], _Kernel]:
    """Mark a kernel that is only called where a night `has` something tied: plain nights are compiled without it."""
    return kernel_where(lambda n: issubclass(n.instance_class, TiedNight), instead)


@kernel
def has(n: Night, what: int) -> bool:
    """Return whether a night has TIES, AFLOAT visits or COST of overtime, is LIMITED, or wants BALANCE or all ALIKE."""
    return _is_tied(n) and n.tie[what] != 0


@kernel
def head(n: Night, table: int, row: int) -> int:
    """Return where a row's list begins in `Night.tie`."""
    return n.tie[n.tie[table] + row]  # type: ignore[no-any-return]  # an int64 is an int here


@kernel
def tail(n: Night, table: int, row: int) -> int:
    """Return where a row's list has ended."""
    return n.tie[n.tie[table] + row + 1]  # type: ignore[no-any-return]  # an int64 is an int here


@kernel
def is_so(n: Night, what: int, node: int) -> bool:
    """Return whether a node FLOATS, or counts as a STOP."""
    return n.tie[n.tie[what] + node] == 1  # type: ignore[no-any-return]  # a bool here


def build_night(problem: PatrolProblem, *, neighbours: int = 100) -> Night:
    """Pack a problem for the kernels.

    Parameters
    ----------
    problem : PatrolProblem
    neighbours : int
        Length of the lists of near visits.
    """
    visits = problem.visits
    needed = _needed(problem)
    possible: NDArray[np.bool_] = np.asarray(possible_squads(problem).any(axis=1))
    worth = np.flatnonzero(possible & _wanted(problem, needed)[visits.group])
    return kind_of(problem)(
        _travel(problem),
        _nodes(problem),
        _squads(problem),
        _ties(problem, needed, possible),
        worth,
        _nearest(problem, worth, min(neighbours * crowding(problem, worth), 400)),
        _scales(problem, worth),
        granular=len(worth) >= GRANULAR,
    )


def kind_of(problem: PatrolProblem) -> type[Night]:
    """Return what kind of night a problem is."""
    if problem.hours is not None:
        return HourlyNight
    return TiedNight if problem.beyond else Night


def _travel(problem: PatrolProblem) -> NDArray[np.int32]:
    """Return `Night.travel`."""
    if problem.hours is None:
        return np.stack([problem.matrix.travel_s, problem.matrix.travel_s.transpose(0, 2, 1)])
    hours = problem.hours.travel_s.transpose(1, 2, 3, 0)
    return np.ascontiguousarray(np.stack([hours, hours.transpose(0, 2, 1, 3)]))


def crowding(problem: PatrolProblem, worth: NDArray[np.int64]) -> int:
    """Return how many visits there are at one point, on average, at most 4: near visits are that many times as many."""
    return min(4, max(1, round(len(worth) / max(1, len(np.unique(problem.visits.entry[worth]))))))


def _ties(problem: PatrolProblem, needed: list[list[int]], possible: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return `Night.tie`."""
    visits, groups, squads = problem.visits, problem.groups, problem.squads
    ends = [0] * (2 * len(squads))
    bound: list[list[int]] = [[] for _ in needed]
    choices: list[list[int]] = [[] for _ in needed]
    for g, others in enumerate(needed):
        for h in others:
            bound[h].append(g)
    for v in np.flatnonzero(possible):
        choices[visits.group[v]].append(int(v))
    chores = [np.flatnonzero(groups.duty == k).tolist() for k in range(len(squads))]
    tie = [0] * (HOURS + 1)
    for table, lists in (
        (KNOTS, [*_knots(problem), *([] for _ in ends)]),
        (NEEDED, needed),
        (BOUND, bound),
        (CHOICES, choices),
        (CHORES, chores),
    ):
        tie[table] = len(tie)
        starts = np.cumsum([len(tie) + len(lists) + 1, *(len(each) for each in lists)]).tolist()
        tie += [*starts, *(entry for each in lists for entry in each)]
    for what, says in ((FLOATS, visits.floats), (STOP, groups.duty[visits.group] < 0)):
        tie[what] = len(tie)
        tie += [*(int(each) for each in says), *ends]
    tie[BALANCE] = {None: NOTHING, "stops": STOPS_ALIKE, "duty": DUTY_ALIKE}[problem.balance]
    tie[ROUNDS] = 64 + 8 * len(squads)
    tie[TIES] = bool(len(problem.couplings) or any(needed))
    tie[AFLOAT] = bool(visits.floats.any())
    tie[LIMITED] = (
        bool((squads.max_stops < len(groups)).any() or (groups.duty >= 0).any())
        or tie[BALANCE] == STOPS_ALIKE
        or problem.most_spread_stops is not None
    )
    limits = (problem.most_spread_stops, problem.most_spread_duty_s)
    tie[ALIKE] = limits != (None, None)
    tie[SPREAD_STOPS], tie[SPREAD_DUTY] = (EVER_S if limit is None else limit for limit in limits)
    if problem.overtime_price:
        tie[COST_LEVEL], tie[COST] = 1 + problem.tiers.index(problem.overtime_tier), problem.overtime_price
    tie[WISHES] = bool(tie[ALIKE] or tie[BALANCE] or tie[COST])
    tie[HOURS] = len(tie)
    if problem.hours is not None:
        tie += [-EVER_S, *problem.hours.begins_s.tolist()[1:], EVER_S]
    return np.array(tie, np.int64)


def _needed(problem: PatrolProblem) -> list[list[int]]:
    """Return, for each group, the groups that must be served where it is."""
    groups = problem.groups
    needed = []
    for g, (bundle, needs) in enumerate(zip(groups.bundle.tolist(), groups.needs.tolist(), strict=True)):
        mates = np.flatnonzero(groups.bundle == bundle).tolist() if bundle >= 0 else []
        needed.append([h for h in dict.fromkeys([*mates, needs]) if h not in {-1, g}])
    return needed


def _wanted(problem: PatrolProblem, needed: list[list[int]]) -> NDArray[np.bool_]:
    """Return which groups are worth serving, for themselves or since one that is needs them, shape (G,)."""
    groups = problem.groups
    wanted: NDArray[np.bool_] = groups.required | (problem.group_weight > 0) | (groups.duty >= 0)
    waiting = np.flatnonzero(wanted).tolist()
    while waiting:
        for h in needed[waiting.pop()]:
            if not wanted[h]:
                wanted[h] = True
                waiting.append(h)
    return wanted


def _knots(problem: PatrolProblem) -> list[list[int]]:
    """Return the couplings of each visit, entry after entry."""
    table = problem.couplings
    knots: list[list[int]] = [[] for _ in problem.visits.ids]
    columns = (table.first, table.second, table.lo_s, table.hi_s, table.apart)
    for a, b, lo, hi, apart in zip(*(column.tolist() for column in columns), strict=True):
        knots[a] += [b, lo, -hi, int(apart)]
        knots[b] += [a, -hi, lo, int(apart)]
    return knots


def _nodes(problem: PatrolProblem) -> NDArray[np.int64]:
    visits, squads = problem.visits, problem.squads
    v, k = len(visits), len(squads)
    node = np.zeros((v + 2 * k, 8), np.int64)
    node[:v, ENTRY], node[:v, EXIT], node[:v, DURATION] = visits.entry, visits.exit, visits.duration_s
    node[:v, OPENS], node[:v, CLOSES], node[:v, GROUP] = visits.opens_s, visits.closes_s, visits.group
    node[:v, TIER], node[:v, WEIGHT] = _level_of(problem), visits.weight
    for first, point in ((v, squads.start), (v + k, squads.end)):
        rows = node[first : first + k]
        rows[:, ENTRY] = rows[:, EXIT] = point
        rows[:, OPENS], rows[:, CLOSES], rows[:, GROUP] = squads.from_s, squads.until_s, -1
    return node


def _level_of(problem: PatrolProblem) -> NDArray[np.intp]:
    """Return the tier of each visit, counted from 0; duties may have one that no other visit has."""
    return np.minimum(np.searchsorted(problem.tiers, problem.visits.tier), max(len(problem.tiers) - 1, 0))


def _squads(problem: PatrolProblem) -> NDArray[np.int64]:
    squads = problem.squads
    kinds: dict[tuple[bytes, ...], int] = {}
    table = np.zeros((len(squads), 6), np.int64)
    columns = [squads.profile, squads.start, squads.end, squads.from_s, squads.until_s, squads.max_drive_s]
    columns += [squads.overtime_from_s, squads.max_stops]
    for k in range(len(squads)):
        key = (*(column[k].tobytes() for column in columns), problem.visits.squads[:, k].tobytes())
        table[k, :KIND] = squads.profile[k], squads.from_s[k], squads.max_drive_s[k]
        table[k, KIND:] = kinds.setdefault(key, len(kinds)), squads.overtime_from_s[k], squads.max_stops[k]
    return table


def possible_squads(problem: PatrolProblem) -> NDArray[np.bool_]:
    """Return which squads could make each visit if they did nothing else, at the fastest hour, shape (V, K).

    Where some visit is a drive through an area, which is duration and not driving, a visit may be out of a squad's
    driving limit by itself and within it after that drive: the limit is then left to the insertions.
    """
    visits, squads = problem.visits, problem.squads
    possible = np.zeros((len(visits), len(squads)), np.bool_)
    travel_s = problem.fastest_s
    through = bool((visits.entry != visits.exit).any() or visits.floats.any())
    opens, closes, duration = (c.astype(np.int64) for c in (visits.opens_s, visits.closes_s, visits.duration_s))
    for k in range(len(squads)):
        layer = travel_s[squads.profile[k]]
        there = np.where(visits.floats, 0, layer[squads.start[k], visits.entry]).astype(np.int64)
        home = np.where(visits.floats, layer[squads.start[k], squads.end[k]], layer[visits.exit, squads.end[k]])
        home = home.astype(np.int64)
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
    afloat = visits.floats[worth]
    for v in worth:
        far = np.minimum(layer[visits.exit[v], entry], layer[leave, visits.entry[v]]).astype(np.int64)
        if visits.floats[v]:
            home = problem.squads.start[max(int(problem.groups.duty[visits.group[v]]), 0)]
            far = layer[home, entry].astype(np.int64)
        far[afloat] = FARTHEST_S
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
    scale = np.ones(len(problem.tiers) + 5)
    for i, tier in enumerate(problem.tiers):
        weights = visits.weight[worth][visits.tier[worth] == tier]
        scale[1 + i] = max(1.0, float(weights.astype(np.int64).sum()) / max(1, len(weights)))
    layer = problem.matrix.travel_s[problem.squads.profile[0]]
    some = worth[:: max(1, len(worth) // 200)]
    usual = float(np.median(layer[np.ix_(visits.exit[some], visits.entry[some])])) if len(some) else 1.0
    scale[-4:] = usual + 1.0
    if problem.balance == "stops":
        scale[-3] = 1.0
    return scale
