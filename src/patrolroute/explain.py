"""Why a group is left out, from the problem's own numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from patrolroute.schedule import Reason, beyond_spread, overtime_cost, time_orders, time_route

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from patrolroute.problem import Orders, PatrolProblem

_ROWS_AT_ONCE = 512
"""Of a travel matrix, when one is searched for detours: 20 MB at 5,000 points."""

AGAINST = {
    "dear": "its overtime would cost more than it is worth",
    "below": "overtime is made for nothing of its tier",
    "unlike": "squads would be further apart than max_spread_stops or max_spread_duty_min allows",
}
"""What makes a plan no better with a visit for which there is time."""

_MOST_SETS = 1024
"""Sets of a squad's breaks that are gone through; whoever has more of them unordered is taken to find time."""


class _Alone(NamedTuple):
    """What each squad could do with nothing else to do: limits kept, and when visits begin, each shape (V, K)."""

    limits: dict[str, NDArray[np.bool_]]
    first_s: NDArray[np.int64]
    last_s: NDArray[np.int64]


def explain_impossible(problem: PatrolProblem) -> dict[int, str]:
    """Return, for each group that can never be served even with nothing else to do, a sentence that says why.

    No squad could by itself; or so many are needed at once as never can be there; or a group that it hangs on cannot be
    served.
    """
    if not len(problem.squads):
        return dict.fromkeys(range(len(problem.groups)), "There is no squad.")
    alone = _alone(problem)
    reasons = _no_squad(problem, alone.limits)
    possible = np.logical_and.reduce(list(alone.limits.values()))
    for bundle in np.unique(problem.groups.bundle[problem.groups.bundle >= 0]):
        members = np.flatnonzero(problem.groups.bundle == bundle)
        if not any(int(g) in reasons for g in members) and (words := _too_few(problem, members, alone, possible)):
            reasons |= dict.fromkeys(map(int, members), words)
    return _passed_on(problem, reasons)


def explain_kept_in(problem: PatrolProblem) -> dict[int, str]:
    """Return, for each squad that would find a stop but for its breaks, a sentence that says so."""
    limits = _alone(problem).limits
    stops = (problem.groups.duty < 0)[problem.visits.group]
    otherwise = np.logical_and.reduce([kept[stops] for name, kept in limits.items() if name != "breaks"])
    kept_in = otherwise.any(axis=0) & ~(otherwise & limits["breaks"][stops]).any(axis=0)
    return {int(k): "Its breaks leave it no time for any stop." for k in np.flatnonzero(kept_in)}


def explain_idle(
    problem: PatrolProblem, orders: Orders, parts: Sequence[str], squads: Sequence[int]
) -> dict[int, dict[str, str]]:
    """Return, for each of some squads without a visit, what stands between it and each of some groups.

    Parameters
    ----------
    problem : PatrolProblem
    orders : Orders
        Of the plan in which they have none.
    parts : sequence of str
        Ids of groups; those that the problem does not have are passed over.
    squads : sequence of int
        Rows of squads.

    Returns
    -------
    dict of int to dict of str to str
        By squad and group: "" where nothing does; "tied" where only other visits, squads or breaks do that must fit as
        well; "dear", "below" or "unlike" as `_Shares.against` says; else "stops", "allowed", "windows", "shifts",
        "driving" or "breaks", the first limit that no visit of the group keeps, or "together" where each limit alone is
        kept.
    """
    limits, shares = _alone(problem).limits, _Shares(problem, orders)
    groups = {group: g for g, group in enumerate(problem.groups.ids) if group in set(parts)}
    told: dict[int, dict[str, str]] = {k: {} for k in squads}
    for group, g in groups.items():
        rows = np.flatnonzero(problem.visits.group == g)
        for k in squads:
            kept = {name: column[rows, k] for name, column in limits.items()}
            able = rows[np.logical_and.reduce(list(kept.values()))]
            # By the hour, the fastest drives of all hours may fit where none that can be made does.
            able = able[_least_lack(problem, k, (), able) <= 0] if problem.hours is not None else able
            if problem.squads.max_stops[k] < 1:
                told[k][group] = "stops"
            elif len(able):
                tied = _tied(problem, g, k)
                against = ["tied"] if tied else [shares.against(int(v), k) for v in able]
                told[k][group] = min(against, key=("", "tied", *AGAINST).index)
            else:
                told[k][group] = next((name for name, column in kept.items() if not column.any()), "together")
    return told


def _no_squad(problem: PatrolProblem, limits: Mapping[str, NDArray[np.bool_]]) -> dict[int, str]:
    """Return why no squad by itself serves a group, for each that none does."""
    possible = np.logical_and.reduce(list(limits.values()))
    groups = problem.visits.group
    served = np.zeros(len(problem.groups), np.bool_)
    np.logical_or.at(served, groups, possible.any(axis=1))
    sentences = {
        "allowed": "No squad may make this visit.",
        "windows": "No squad can be there before it closes.",
        "shifts": "Out, stop and back take longer than any squad's shift allows.",
        "driving": "The way out and back is more driving than any squad is allowed.",
    }
    empty = bool((problem.squads.from_s >= problem.squads.until_s).all())
    reasons = {}
    for g in np.flatnonzero(~served):
        rows = groups == g
        if empty and limits["allowed"][rows].any():
            reasons[int(g)] = "No squad has time: every shift ends when it starts."
            continue
        if np.logical_and.reduce([kept[rows] for name, kept in limits.items() if name != "breaks"]).any():
            reasons[int(g)] = "No squad finds time for it beside its breaks."
            continue
        ruled_out = [sentence for name, sentence in sentences.items() if not limits[name][rows].any()]
        who = "No squad" if limits["allowed"][rows].all() else "No squad that may make this visit"
        together = f"{who} keeps its window, its shift and its driving limit together."
        reasons[int(g)] = " ".join(ruled_out) or together
    return reasons


def _passed_on(problem: PatrolProblem, reasons: Mapping[int, str]) -> dict[int, str]:
    """Return the reasons, those of groups that are in need of or in a bundle with one that has a reason among them."""
    groups, told = problem.groups, dict(reasons)
    while True:
        before = len(told)
        for g in np.flatnonzero((groups.needs >= 0) | (groups.bundle >= 0)).tolist():
            fellows = np.flatnonzero(groups.bundle == groups.bundle[g]).tolist() if groups.bundle[g] >= 0 else []
            why = [told[other] for other in [*fellows, int(groups.needs[g])] if other in told]
            if g not in told and why:
                told[g] = why[0]
        if len(told) == before:
            return told


def _too_few(problem: PatrolProblem, members: NDArray[np.int64], alone: _Alone, possible: NDArray[np.bool_]) -> str:
    """Return why the groups of a bundle can never be served all, as far as the squads' number says; else nothing.

    Counted are groups that begin at one second by different squads, and those that, whenever they begin, are under way
    at one moment. Squads are counted that could be at any of them, so that what is told is certain.
    """
    visits, couplings = problem.visits, problem.couplings
    apart = couplings.apart & (couplings.lo_s == 0) & (couplings.hi_s == 0)
    pairs = {
        frozenset(pair) for pair in visits.group[np.stack([couplings.first, couplings.second])][:, apart].T.tolist()
    }
    meeting = [g for g in members if all(g == other or frozenset((g, other)) in pairs for other in members)]
    if len(meeting) > 1:
        rows = np.isin(visits.group, meeting)
        spans = possible[rows] & (alone.first_s[rows] <= alone.last_s[rows])
        v, k = np.nonzero(spans)
        first, last = alone.first_s[rows][v, k], alone.last_s[rows][v, k]
        there = [len(set(k[(first <= moment) & (moment <= last)].tolist())) for moment in np.unique(first)]
        if (most := max(there, default=0)) < len(meeting):
            return f"{len(meeting)} squads are needed at once, and at no moment can more than {most} be there."
    spans_s = []
    for g in members:
        own = np.flatnonzero(visits.group == g)
        spans_s.append((int(visits.closes_s[own].max()), int((visits.opens_s + visits.duration_s)[own].min())))
    for moment in sorted({closes for closes, ends in spans_s if closes < ends}):
        under_way = members[[closes <= moment < ends for closes, ends in spans_s]]
        able = int(possible[np.isin(visits.group, under_way)].any(axis=0).sum())
        if able < len(under_way):
            return f"{len(under_way)} squads are needed at once, and no more than {able} can be there."
    return ""


def _alone(problem: PatrolProblem) -> _Alone:
    """Return which squads keep which limit on a trip to one visit alone, and from when to when it may begin."""
    visits, squads, travel = problem.visits, problem.squads, problem.fastest_s
    shape = (len(visits), len(squads))
    limits = {name: np.zeros(shape, np.bool_) for name in ("allowed", "windows", "shifts", "driving")}
    limits["allowed"][:] = visits.squads
    first_s, last_s = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    outward: dict[tuple[int, int], NDArray[np.int64]] = {}
    homeward: dict[tuple[int, int], NDArray[np.int64]] = {}
    for k in range(len(squads)):
        profile, start, end = int(squads.profile[k]), int(squads.start[k]), int(squads.end[k])
        if (profile, start) not in outward:
            outward[profile, start] = _shortest_s(travel[profile], start, visits.entry, visits.exit)
        if (profile, end) not in homeward:
            homeward[profile, end] = _shortest_s(travel[profile].T, end, visits.exit, visits.entry)
        # What floats is made wherever the squad is, at its start if need be.
        out_s = np.where(visits.floats, 0, outward[profile, start][visits.entry])
        home_s = np.where(visits.floats, 0, homeward[profile, end][visits.exit])
        begin = np.maximum(int(squads.from_s[k]) + out_s, visits.opens_s)
        limits["windows"][:, k] = begin <= visits.closes_s
        limits["shifts"][:, k] = begin + visits.duration_s + home_s <= int(squads.until_s[k])
        limits["driving"][:, k] = out_s + home_s <= int(squads.max_drive_s[k])
        first_s[:, k] = begin
        last_s[:, k] = np.minimum(int(squads.until_s[k]) - home_s - visits.duration_s, visits.closes_s)
    alone = _Alone(limits, first_s, last_s)
    limits["breaks"] = np.zeros(shape, np.bool_)
    for k in range(len(squads)):
        limits["breaks"][:, k] = _beside_breaks(problem, k, alone)
    return alone


def _beside_breaks(problem: PatrolProblem, k: int, alone: _Alone) -> NDArray[np.bool_]:
    """Return beside which visits one squad finds time for its breaks, the drives between them not counted.

    Breaks that are coupled keep their order. For each set of breaks, the visit among them or not, the earliest end of
    all is the least over what comes last.
    """
    visits, couplings = problem.visits, problem.couplings
    duties = np.flatnonzero(problem.groups.duty == k)
    rows = [np.flatnonzero(visits.group == g) for g in duties]
    first = [int(alone.first_s[of, k].min()) for of in rows]
    last = [int(alone.last_s[of, k].max()) for of in rows]
    length = [int(visits.duration_s[of].min()) for of in rows]
    ordered = couplings.lo_s > 0
    pairs = set(
        zip(*(visits.group[column[ordered]].tolist() for column in (couplings.first, couplings.second)), strict=True)
    )
    before = [[i for i, a in enumerate(duties) if (int(a), int(b)) in pairs] for b in duties]
    never = np.iinfo(np.int64).max // 2
    own_first, own_last = alone.first_s[:, k], alone.last_s[:, k]

    def after(free_s: NDArray[np.int64], i: int) -> NDArray[np.int64]:
        begin = np.maximum(free_s, first[i])
        return np.where(begin <= last[i], begin + length[i], never)

    def with_visit(free_s: NDArray[np.int64]) -> NDArray[np.int64]:
        begin = np.maximum(free_s, own_first)
        return np.where(begin <= own_last, begin + visits.duration_s, never)

    start = np.full(1, int(problem.squads.from_s[k]), np.int64)
    ends = {frozenset[int](): (start, with_visit(start))}
    level = list(ends)
    for _ in duties:
        wider: dict[frozenset[int], tuple[NDArray[np.int64], NDArray[np.int64]]] = {}
        for done in level:
            for i in range(len(duties)):
                if i in done or not done.issuperset(before[i]):
                    continue
                without, having = (after(free_s, i) for free_s in ends[done])
                known = wider.get(done | {i})
                wider[done | {i}] = (
                    (without, having)
                    if known is None
                    else (np.minimum(known[0], without), np.minimum(known[1], having))
                )
        if len(ends) + len(wider) > _MOST_SETS:
            return np.ones(len(visits), np.bool_)
        ends |= {done: (plain, np.minimum(having, with_visit(plain))) for done, (plain, having) in wider.items()}
        level = list(wider)
    fits: NDArray[np.bool_] = (ends[frozenset(range(len(duties)))][1] < never) | np.isin(visits.group, duties)
    return fits


def _shortest_s(
    layer: NDArray[np.int32], source: int, into: NDArray[np.int32], out_of: NDArray[np.int32]
) -> NDArray[np.int64]:
    """Return the least seconds of driving from a point to every other, by way of any visits.

    A matrix of one's own may break the triangle inequality, and a drive through a visit counts as none; only what is
    out of reach even so is impossible for certain. Where the inequality holds the first pass is the last.
    """
    least: NDArray[np.int64] = layer[source].astype(np.int64)
    # Nobody drives by way of a point that is no visit's; one that is no drive away from all others would undo all.
    by_way_of = np.unique(out_of)
    while True:
        shorter = least.copy()
        for first in range(0, len(by_way_of), _ROWS_AT_ONCE):
            rows = by_way_of[first : first + _ROWS_AT_ONCE]
            np.minimum(shorter, (least[rows, np.newaxis] + layer[rows]).min(axis=0), out=shorter)
        np.minimum.at(shorter, out_of, shorter[into])
        if (shorter == least).all():
            return least
        least = shorter


def explain_left_out(
    problem: PatrolProblem,
    orders: Orders,
    *,
    impossible: Mapping[int, str] | None = None,
    titles: Mapping[str, str] | None = None,
) -> dict[str, Reason]:
    """Return a reason for every group that visiting orders leave out.

    A group that some squad could serve alone is told by how little it misses the nearest gap in the plan: the least
    time by which any squad would be late, or over its driving limit, if the stop were put between two of its stops.

    Parameters
    ----------
    problem : PatrolProblem
    orders : Orders
    impossible : mapping of group row to str, optional
        What `explain_impossible` returns, where the caller has it already.
    titles : mapping of squad id to str, optional
        What squads are called in the sentences; their ids when left out.
    """
    groups = problem.groups.ids
    known = explain_impossible(problem) if impossible is None else impossible
    reasons = {groups[g]: Reason("impossible", sentence) for g, sentence in known.items()}
    served = {int(problem.visits.group[v]) for order in orders for v in order}
    rows = np.array(
        [v for v, g in enumerate(problem.visits.group) if g not in served and groups[g] not in reasons], dtype=np.int64
    )
    shares = _Shares(problem, orders)
    best: dict[int, tuple[int, bool, int, int, int]] = {}
    for k, order in enumerate(orders):
        lacking = _least_lack(problem, k, order, rows)
        # Of squads into whose routes a visit fits, those whose breaks may stand in the way come last.
        breaks = bool((problem.groups.duty == k).any())
        for v, lack in zip(rows.tolist(), lacking.tolist(), strict=True):
            if problem.visits.squads[v, k]:
                g, told = int(problem.visits.group[v]), (max(lack, 0), breaks, lack, k, v)
                best[g] = min(best.get(g, told), told)
    for g, (_, _, lack, k, v) in best.items():
        squad = problem.squads.ids[k]
        said = (titles or {}).get(squad, squad)
        why = shares.against(v, k) if lack <= 0 else ""
        sentence = f"It would fit into the route of {said!r}, but {AGAINST[why]}." if why else ""
        reasons[groups[g]] = Reason("no_time", sentence or _sentence(lack, said, alone=not _tied(problem, g, k)))
    return reasons


class _Shares:
    """What squads have of a plan: overtime, stops and time on duty, to tell what one visit more would change."""

    def __init__(self, problem: PatrolProblem, orders: Orders) -> None:
        self._problem, self._orders = problem, orders
        squads, groups = problem.squads, problem.groups
        limits = (problem.most_spread_stops, problem.most_spread_duty_s)
        self._asked = problem.overtime_price > 0 or limits != (None, None)
        if not self._asked:
            return
        back_s = [route.return_s if route.visits else None for route in time_orders(problem, orders)]
        self._late_s = [0 if at is None else max(0, at - int(squads.overtime_from_s[k])) for k, at in enumerate(back_s)]
        self._duty_s = [0 if at is None else at - int(squads.from_s[k]) for k, at in enumerate(back_s)]
        self._stops = [sum(bool(groups.duty[problem.visits.group[v]] < 0) for v in order) for order in orders]

    def against(self, v: int, k: int) -> str:
        """Return why a plan is no better with one visit more in a route into which it fits.

        Returns
        -------
        str
            "dear" where its overtime would cost more than it is worth, "below" where nothing of its tier is worth any,
            "unlike" where squads would be further apart than limits of spread allow; else nothing.
        """
        if not self._asked:
            return ""
        problem, order = self._problem, self._orders[k]
        lacks = _lacks(problem, k, order, np.array([v]))[:, 0]
        found = [
            self._change(v, k, time_route(problem, k, (*order[:at], v, *order[at:])).return_s)
            for at in np.flatnonzero(lacks <= 0).tolist()
        ]
        unmet, *_ = best = min(found, default=(0,))
        if unmet > 0:
            return "unlike"
        if not problem.overtime_price or best <= (0,) * len(best):
            return ""
        return "below" if problem.visits.tier[v] > problem.overtime_tier else "dear"

    def _change(self, v: int, k: int, back_s: int) -> tuple[int, ...]:
        """Return by how much each level of the objective down to overtime grows, if a squad is back then."""
        problem = self._problem
        late_s = max(0, back_s - int(problem.squads.overtime_from_s[k]))
        stops, duty_s = self._stops[:], self._duty_s[:]
        stops[k], duty_s[k] = stops[k] + 1, back_s - int(problem.squads.from_s[k])
        before_s = sum(self._late_s)
        after_s = before_s - self._late_s[k] + late_s
        cost = overtime_cost(problem, after_s) - overtime_cost(problem, before_s)
        tier, weight = int(problem.visits.tier[v]), int(problem.visits.weight[v])
        levels = [cost * (each == problem.overtime_tier) - weight * (each == tier) for each in problem.tiers]
        unmet = beyond_spread(problem, stops, duty_s) - beyond_spread(problem, self._stops, self._duty_s)
        return (unmet, *levels, after_s - before_s)


def _tied(problem: PatrolProblem, g: int, k: int) -> bool:
    """Return whether more than the visit itself must find time: other visits, or the breaks of the squad."""
    groups, couplings = problem.groups, problem.couplings
    rows = np.flatnonzero(problem.visits.group == g)
    coupled = np.isin(couplings.first, rows).any() or np.isin(couplings.second, rows).any()
    return bool(coupled or groups.bundle[g] >= 0 or groups.needs[g] >= 0 or (groups.duty == k).any())


def _sentence(lack_s: int, squad: str, *, alone: bool) -> str:
    if lack_s <= 0 and not alone:
        return (
            f"By itself it would fit into the route of {squad!r}; with the visits and breaks that must go with it the "
            "search found no way."
        )
    if lack_s <= 0:
        return f"It would still fit into the route of {squad!r}; search longer."
    minutes = f"{lack_s} s" if lack_s < 120 else f"{-(-lack_s // 60)} min"
    return f"No time left; {squad!r} comes nearest and lacks {minutes}."


def _least_lack(problem: PatrolProblem, k: int, order: Sequence[int], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return by how many seconds each visit misses its best gap in one route, shape of `rows`."""
    return _lacks(problem, k, order, rows).min(axis=0)  # type: ignore[no-any-return]  # numpy's own


def _lacks(problem: PatrolProblem, k: int, order: Sequence[int], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return by how many seconds each visit misses each gap of one route, shape (gaps, rows)."""
    visits, squads = problem.visits, problem.squads
    profile = int(squads.profile[k])
    exits, entries = _ends(problem, k, order)
    free_s, latest_s = _free_and_latest(problem, k, order)
    route = time_route(problem, k, order)
    legs_s = [visit.drive_s for visit in route.visits]
    legs_s.append(route.drive_s - sum(legs_s))
    lacks = np.zeros((len(exits), len(rows)), np.int64)
    for gap, (a, b) in enumerate(zip(exits, entries, strict=True)):
        entry, exit_ = visits.entry[rows], visits.exit[rows]
        there = problem.arrive_s(profile, a, entry, free_s[gap])
        begin = np.maximum(there, visits.opens_s[rows])
        end = np.asarray(begin + visits.duration_s[rows], np.int64)
        then = problem.arrive_s(profile, exit_, b, end)
        late = np.maximum(begin - visits.closes_s[rows], then - latest_s[gap])
        # By the hour an arrival may include waiting for a faster one, which nobody drives; a squad's own place is left
        # as late as the first visit allows.
        due = there if gap else begin
        drive = due - problem.leave_s(profile, a, entry, due) + then - problem.leave_s(profile, exit_, b, then)
        over = route.drive_s - legs_s[gap] + drive - int(squads.max_drive_s[k])
        lacks[gap] = np.maximum(late, over)
    return lacks


def _free_and_latest(problem: PatrolProblem, k: int, order: Sequence[int]) -> tuple[list[int], list[int]]:
    """Return, for each gap of a route, when the squad is free before it and must have arrived after it."""
    visits, squads = problem.visits, problem.squads
    profile = int(squads.profile[k])
    legs = list(zip(*_ends(problem, k, order), strict=True))
    free, latest = [int(squads.from_s[k])], [int(squads.until_s[k])]
    for v, leg in zip(order, legs, strict=False):
        begin = max(int(problem.arrive_s(profile, *leg, free[-1])), int(visits.opens_s[v]))
        free.append(begin + int(visits.duration_s[v]))
    for v, leg in zip(reversed(order), reversed(legs), strict=False):
        leave = int(problem.leave_s(profile, *leg, latest[-1]))
        latest.append(min(leave - int(visits.duration_s[v]), int(visits.closes_s[v])))
    return free, latest[::-1]


def _ends(problem: PatrolProblem, k: int, order: Sequence[int]) -> tuple[list[int], list[int]]:
    """Return where each drive of a route begins, and where it ends; what floats is where the squad is."""
    visits, squads = problem.visits, problem.squads
    left, reached = [int(squads.start[k])], []
    for v in order:
        reached.append(left[-1] if visits.floats[v] else int(visits.entry[v]))
        left.append(left[-1] if visits.floats[v] else int(visits.exit[v]))
    return left, [*reached, int(squads.end[k])]
