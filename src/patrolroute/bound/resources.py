"""What visits take of squads, and what squads have: time, time at the wheel, and time within spans of the night.

A route's time is at least the durations of its visits and, for each visit, half the least drive that can lead to it and
half the least that can lead on. Visits that can begin within a span of the night only, all together take no more than
the squads have of that span.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from patrolroute.bound.network import FAR, NO_GAPS, squad_rows
from patrolroute.bound.options import each_alone
from patrolroute.compiled import compiled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from patrolroute.bound.network import Gaps
    from patrolroute.bound.options import Number, Options
    from patrolroute.problem import PatrolProblem

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

_MOST_EDGES = 16
"""Beginnings, and ends, of spans that are looked at."""
_MOST_SPANS = 12


@dataclass(frozen=True, eq=False, kw_only=True)
class Resources:
    """What visits take and kinds of squads have, in half seconds.

    Parameters
    ----------
    able : bool array, shape (V, C)
        Whether a squad of the kind could make the visit with nothing else to do.
    time, drive : int64 array, shape (V, C)
        The least that a visit takes of a squad's time, and of its time at the wheel.
    time_budget, drive_budget : int64 array, shape (C,)
        What all squads of a kind have.
    within : bool array, shape (S, V)
        Which visits can begin within a span of the night only.
    span_budget : int64 array, shape (S, C)
        What all squads of a kind have of each span, for visits that begin in it.
    """

    able: Bools
    time: Ints
    drive: Ints
    time_budget: Ints
    drive_budget: Ints
    within: Bools
    span_budget: Ints

    @property
    def budgets(self) -> Ints:
        """What kinds have of time, of time at the wheel and of each span, shape (2 + S, C)."""
        return np.vstack([self.time_budget, self.drive_budget, self.span_budget])

    def takes(self) -> list[Ints]:
        """Return what each visit takes of each of these, shape (V, C) each."""
        return [self.time, self.drive, *(np.where(each[:, np.newaxis], self.time, 0) for each in self.within)]

    def cost(self, prices: NDArray[Number]) -> NDArray[Number]:
        """Return what each visit costs at prices of shape (2 + S, C), shape (V, C)."""
        within: NDArray[Number] = self.within.T.astype(prices.dtype) @ prices[2:]
        cost: NDArray[Number] = self.time * (prices[0] + within) + self.drive * prices[1]
        return cost

    def left(self, visits: Ints, kinds: Ints) -> Ints:
        """Return what is left of each, shape (2 + S, C), when squads of some kinds make some visits; it may be < 0."""
        left, time = self.budgets, self.time[visits, kinds]
        np.subtract.at(left[0], kinds, time)
        np.subtract.at(left[1], kinds, self.drive[visits, kinds])
        for row, within in zip(left[2:], self.within, strict=True):
            np.subtract.at(row, kinds, np.where(within[visits], time, 0))
        return left


@dataclass(frozen=True, eq=False, kw_only=True)
class _Shares:
    """What visits take of squads of each kind, shape (V, C), and when they can begin.

    Parameters
    ----------
    able : bool array
    lead, tail, drive : int64 array
        Half seconds before a visit begins, and from then on, that are its own; those of them at the wheel.
    begin_s, latest_s : int64 array
    least_out, least_home : int64 array, shape (C,)
        The shortest drive to any visit, and back from any.
    from_s, until_s, count : int64 array, shape (C,)
        Of a kind's squads.
    """

    able: Bools
    lead: Ints
    tail: Ints
    drive: Ints
    begin_s: Ints
    latest_s: Ints
    least_out: Ints
    least_home: Ints
    from_s: Ints
    until_s: Ints
    count: Ints


@compiled
def _least_between(
    travel: Ints, leave: Ints, entry: Ints, duration: Ints, opens: Ints, closes: Ints, group: Ints, gaps: Gaps
) -> tuple[Ints, Ints]:
    """Return the least drive, and the least time, from any other visit that can come right before, and to any after.

    Both of shape (2, V): drives, then seconds from the end of the one to the beginning of the other.
    """
    n = len(entry)
    before, after = np.full((2, n), FAR), np.full((2, n), FAR)
    gap_s = np.zeros(n, np.int64)
    place = 0
    for u in range(n):
        begun = place
        while place < len(gaps.first) and gaps.first[place] == u:
            gap_s[gaps.second[place]] = gaps.least_s[place]
            place += 1
        for v in range(n):
            drive = np.int64(travel[leave[u], entry[v]])
            apart = max(drive, gap_s[v] - duration[u])
            if group[u] != group[v] and opens[u] + duration[u] + apart <= closes[v]:
                before[0, v] = min(before[0, v], drive)
                after[0, u] = min(after[0, u], drive)
                before[1, v] = min(before[1, v], apart)
                after[1, u] = min(after[1, u], apart)
        for passed in range(begun, place):
            gap_s[gaps.second[passed]] = 0
    return before, after


@compiled
def _shortest(travel: Ints, tail: Ints, head: Ints, duration: Ints, reached: Ints, *, onward: bool) -> None:
    """Shorten `reached`, the seconds from the start to each visit (or, not `onward`, to the end), over other visits."""
    n = len(reached)
    shorter = True
    while shorter:
        shorter = False
        for u in range(n):
            for v in range(n):
                by = reached[u] + duration[u] + (travel[tail[u], head[v]] if onward else travel[tail[v], head[u]])
                if by < reached[v]:
                    reached[v] = by
                    shorter = True


def resources(problem: PatrolProblem, options: Options | None = None, *, gaps: Gaps = NO_GAPS) -> Resources:
    """Return what visits take and squads have; a few seconds at 5,000 visits.

    Parameters
    ----------
    problem : PatrolProblem
    options : Options, optional
        Whose visits are told, with their windows; the problem's own when left out, in the order of their groups.
    gaps : Gaps
    """
    options = each_alone(problem) if options is None else options
    kinds = squad_rows(problem)
    shares = _shares(problem, options, kinds, gaps)
    ends = shares.least_out + shares.least_home
    most_drive_s = problem.squads.max_drive_s[[rows[0] for rows in kinds]].astype(np.int64)
    time_budget = shares.count * np.maximum(0, 2 * (shares.until_s - shares.from_s) - ends)
    within, span_budget = _spans(options, shares, int(time_budget.sum()))
    return Resources(
        able=shares.able,
        time=shares.lead + shares.tail,
        drive=shares.drive,
        time_budget=time_budget,
        drive_budget=shares.count * np.maximum(0, 2 * most_drive_s - ends),
        within=within,
        span_budget=span_budget,
    )


def _shares(problem: PatrolProblem, options: Options, kinds: Sequence[Sequence[int]], gaps: Gaps) -> _Shares:
    table, squads, origin = problem.visits, problem.squads, options.origin
    entry, leave = table.entry.astype(np.int64), table.exit.astype(np.int64)
    duration, group = table.duration_s.astype(np.int64), table.group.astype(np.int64)
    opens, closes = table.opens_s.astype(np.int64), table.closes_s.astype(np.int64)
    first = [rows[0] for rows in kinds]
    zeros = ("lead", "tail", "drive", "begin_s", "latest_s")
    shares = _Shares(
        **{name: np.zeros((len(origin), len(kinds)), np.int64) for name in zeros},
        able=table.squads[:, first][origin],
        least_out=np.zeros(len(kinds), np.int64),
        least_home=np.zeros(len(kinds), np.int64),
        from_s=squads.from_s[first].astype(np.int64),
        until_s=squads.until_s[first].astype(np.int64),
        count=np.array([len(rows) for rows in kinds], np.int64),
    )
    between: dict[int, tuple[Ints, Ints]] = {}
    reach: dict[tuple[int, int, bool], tuple[Ints, Ints]] = {}

    def straight(layer: int, point: int, *, onward: bool) -> tuple[Ints, Ints]:
        """Return the drive between a squad's place and each visit, and the least seconds by whatever visits."""
        key = (layer, point, onward)
        if key not in reach:
            travel = problem.matrix.travel_s[layer]
            direct = (travel[point, entry] if onward else travel[leave, point]).astype(np.int64)
            least = direct.copy()
            _shortest(travel, leave, entry, duration, least, onward=onward)
            reach[key] = direct, least
        return reach[key]

    for c, k in enumerate(first):
        layer = int(squads.profile[k])
        if layer not in between:
            travel = problem.matrix.travel_s[layer]
            between[layer] = _least_between(travel, leave, entry, duration, opens, closes, group, gaps)
        before, after = between[layer]
        out, there = straight(layer, int(squads.start[k]), onward=True)
        home, back = straight(layer, int(squads.end[k]), onward=False)
        shares.begin_s[:, c] = np.maximum(options.opens_s, shares.from_s[c] + there[origin])
        shares.latest_s[:, c] = np.minimum(options.closes_s, shares.until_s[c] - (back + duration)[origin])
        shares.able[:, c] &= shares.begin_s[:, c] <= shares.latest_s[:, c]
        shares.lead[:, c] = np.minimum(before[1], out)[origin]
        shares.tail[:, c] = (2 * duration + np.minimum(after[1], home))[origin]
        shares.drive[:, c] = (np.minimum(before[0], out) + np.minimum(after[0], home))[origin]
        mine = origin[shares.able[:, c]]
        shares.least_out[c], shares.least_home[c] = out[mine].min(initial=FAR), home[mine].min(initial=FAR)
    return shares


def _spans(options: Options, shares: _Shares, whole_night: int) -> tuple[Bools, Ints]:
    """Return which visits can begin within a span only, shape (S, V), and what kinds have of it, shape (S, C).

    Of all spans between the edges of windows those that are most sought after.
    """
    opens, closes = options.opens_s, options.closes_s
    spans = [(since, until) for since in _edges(opens) for until in _edges(closes) if since <= until]
    found: dict[bytes, tuple[Bools, Ints]] = {}
    for since, until in spans:
        within = (opens >= since) & (closes <= until)
        if within.any() and within.tobytes() not in found:
            found[within.tobytes()] = within, _span_budget(shares, within)
    short = {
        key: _sought(options, shares, within) / max(1, budget.sum())
        for key, (within, budget) in found.items()
        if budget.sum() < whole_night
    }
    most = sorted((key for key in short if short[key] > 1.0), key=lambda key: -short[key])[:_MOST_SPANS]
    return (
        np.array([found[key][0] for key in most], np.bool_).reshape(len(most), len(opens)),
        np.array([found[key][1] for key in most], np.int64).reshape(len(most), len(shares.count)),
    )


def _edges(times_s: Ints) -> Ints:
    """Return all different times, or as many of them as are looked at, the first and the last among them."""
    times_s = np.unique(times_s)
    if len(times_s) <= _MOST_EDGES:
        return times_s
    return times_s[np.linspace(0, len(times_s) - 1, _MOST_EDGES).astype(np.int64)]


def _span_budget(shares: _Shares, within: Bools) -> Ints:
    """Return what squads of each kind have for visits that begin within a span.

    From the beginning of the first one to that of the last one, and what leads to the one and follows the other; or
    from when the squad sets out, or until it is back.
    """
    mine = shares.able & within[:, np.newaxis]
    since_s = np.where(mine, shares.begin_s, FAR).min(axis=0)
    until_s = np.where(mine, shares.latest_s, -FAR).max(axis=0)
    lead, tail = (np.where(mine, each, 0).max(axis=0) for each in (shares.lead, shares.tail))
    each = np.minimum(
        2 * (until_s - since_s) + lead + tail,
        np.minimum(
            2 * (shares.until_s - since_s) + lead - shares.least_home,
            2 * (until_s - shares.from_s) + tail - shares.least_out,
        ),
    )
    return np.where(mine.any(axis=0), shares.count * np.maximum(0, each), 0)


def _sought(options: Options, shares: _Shares, within: Bools) -> int:
    """Return what all choices of which any visit is within a span would take of it at most."""
    takes = np.where(shares.able & within[:, np.newaxis], shares.lead + shares.tail, 0).max(axis=1, initial=0)
    of_part = np.zeros(options.parts, np.int64)
    np.maximum.at(of_part, options.part, takes)
    return int(options.best(of_part)[0].sum())
