"""Whether a plan obeys every constraint, told by code that shares nothing with schedule, search or engines.

`check_plan` tests the rules in the scenario's own words; `check_against_problem` tests a plan against a
`PatrolProblem`, for planning tools that have a matrix and no scenario.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from patrolroute.plans import weight_of
from patrolroute.rules import RULES, Facts, Violation
from patrolroute.scenario.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from patrolroute.beats import BeatBook
    from patrolroute.matrix import TravelMatrix, TravelPeriods
    from patrolroute.plans import Plan, Route, Visit
    from patrolroute.problem import PatrolProblem
    from patrolroute.scenario.model import Scenario


def check_plan(
    plan: Plan,
    *,
    scenario: Scenario,
    matrix: TravelMatrix,
    beats: BeatBook | None = None,
    hours: TravelPeriods | None = None,
) -> list[Violation]:
    """Return every way in which a plan breaks the scenario's rules; an empty list for a good plan.

    Parameters
    ----------
    plan : Plan
    scenario : Scenario
        The planner's words.
    matrix : TravelMatrix
        Must have every site and every place that a squad or a presence names.
    beats : BeatBook, optional
        Of the scenario's areas, where it has any.
    hours : TravelPeriods, optional
        Travel by the hour, where speeds depend on it: each drive takes what it takes at the hour in which it sets out.

    Raises
    ------
    InputError
        When the matrix lacks a point of the scenario.
    """
    for point in (*(site.id for site in scenario.sites), *sorted(scenario.bases)):
        matrix.index(point)
    facts = Facts(scenario, matrix, plan, beats, hours)
    return [violation for rule in RULES for violation in rule.check(facts)]


_FORBIDS = {
    "allowed": "the squad may not make it",
    "site": "the visit is one of another site",
    "place": "the visit is made elsewhere",
    "driven": "the roads take another time or way",
    "windows": "it may not begin then",
    "stops": "it takes another time",
}


def check_against_problem(plan: Plan, problem: PatrolProblem) -> list[Violation]:
    """Return every way in which a plan breaks the problem's constraints; an empty list for a good plan.

    Required groups that are left out are among them.
    """
    return [
        *check_identity(plan, problem),
        *_check_squads(plan, problem),
        *(v for row, route in _paired(plan, problem) for v in _check_route(plan, problem, row, route)),
        *_check_groups(plan, problem),
        *_check_left_out(plan, problem),
        *_check_ties(plan, problem),
        *_check_couplings(plan, problem),
        *_check_spread(plan, problem),
        *_check_accounts(plan, problem),
    ]


def check_identity(plan: Plan, problem: PatrolProblem) -> list[Violation]:
    """Return that a plan was made for another problem, with the parts of it that differ where the plan tells them."""
    if plan.problem_digest == problem.digest:
        return []
    planned = {each.part: each.digest for each in plan.problem_parts}
    here = problem.part_digests
    if not planned:
        differs = "which of its parts differ, a plan of this age does not tell"
    elif others := [part for part in here if planned.get(part) != here[part]]:
        differs = f"these differ: {'; '.join(others)}"
    elif planned.keys() - here.keys():
        differs = "the plan tells of parts that no problem has, so the plan itself was changed"
    else:
        differs = "all its parts are the same, so the plan's own problem_digest was changed"
    return [Violation(rule="problem", message=f"the plan was made for another problem than this one: {differs}.")]


def _moment(plan: Plan, second: int) -> str:
    """Return a second of a plan as the time of day, where the plan has a calendar."""
    return f"{second} s" if plan.start is None else f"{plan.clock(second):%H:%M:%S}"


def _paired(plan: Plan, problem: PatrolProblem) -> Iterator[tuple[int, Route]]:
    for route in plan.routes:
        if route.squad in problem.squads.ids:
            yield problem.squads.ids.index(route.squad), route


def _check_squads(plan: Plan, problem: PatrolProblem) -> Iterator[Violation]:
    if sorted(route.squad for route in plan.routes) != sorted(problem.squads.ids):
        yield Violation(rule="squads", message="the plan does not have exactly one route for each squad.")


class _Step(NamedTuple):
    """A visit as the problem knows it: its row, where it begins and ends, and the drive to it.

    `fits` says whether the drive can be made in the time that the plan leaves for it.
    """

    visit: Visit
    row: int
    entry: int
    leave: int
    fits: bool
    drive_s: int
    drive_m: int


def _check_route(plan: Plan, problem: PatrolProblem, k: int, route: Route) -> Iterator[Violation]:
    steps = list(_steps(problem, k, route))
    yield from _check_shift(plan, problem, k, route)
    for step in steps:
        yield from _check_step(plan, problem, k, step)
    if len(steps) < len(route.visits):
        visit = route.visits[len(steps)]
        yield Violation(rule="stops", squad=route.squad, site=visit.site, message=f"visit {visit.visit!r} is unknown.")
        return
    yield from _check_limits(problem, k, route, steps)


def _steps(problem: PatrolProblem, k: int, route: Route) -> Iterator[_Step]:
    """Yield the visits of a route, up to the first that the problem does not know."""
    table, profile = problem.visits, problem.matrix.profiles[problem.squads.profile[k]]
    here, free_s = int(problem.squads.start[k]), route.leave_s
    for visit in route.visits:
        if visit.visit not in table.ids:
            return
        v = table.ids.index(visit.visit)
        entry, leave = (here, here) if table.floats[v] else (int(table.entry[v]), int(table.exit[v]))
        said = visit.drive_s, visit.drive_m
        yield _Step(visit, v, entry, leave, *_drive(problem, (profile, here, entry), (free_s, visit.arrive_s), said))
        here, free_s = leave, visit.end_s


def _check_shift(plan: Plan, problem: PatrolProblem, k: int, route: Route) -> Iterator[Violation]:
    squads, name = problem.squads, route.squad
    if route.leave_s < squads.from_s[k]:
        yield Violation(
            rule="shifts",
            squad=name,
            message=f"{name!r} leaves at {_moment(plan, route.leave_s)}, {squads.from_s[k] - route.leave_s} s early.",
        )
    if route.return_s > squads.until_s[k]:
        late_s = route.return_s - squads.until_s[k]
        yield Violation(
            rule="shifts", squad=name, message=f"{name!r} is back at {_moment(plan, route.return_s)}, {late_s} s late."
        )


def _check_step(plan: Plan, problem: PatrolProblem, k: int, step: _Step) -> Iterator[Violation]:
    table, points, visit, v = problem.visits, problem.matrix.ids, step.visit, step.row
    name = problem.squads.ids[k]
    broken = {
        "allowed": not table.squads[v, k],
        "site": problem.groups.site[table.group[v]] != visit.site,
        "place": (visit.entry, visit.exit) != (points[step.entry], points[step.leave]),
        "driven": not step.fits or (visit.drive_s, visit.drive_m) != (step.drive_s, step.drive_m),
        "windows": not max(visit.arrive_s, table.opens_s[v]) <= visit.begin_s <= table.closes_s[v],
        "stops": visit.end_s - visit.begin_s != table.duration_s[v],
    }
    for rule in (rule for rule, is_broken in broken.items() if is_broken):
        yield Violation(
            rule=rule,
            squad=name,
            site=visit.site,
            message=(
                f"{name!r} at {visit.visit!r}: arrives {_moment(plan, visit.arrive_s)}, begins "
                f"{_moment(plan, visit.begin_s)}, ends {_moment(plan, visit.end_s)}, drives {visit.drive_s} s and "
                f"{visit.drive_m} m; {_FORBIDS[rule]}."
            ),
        )


def _check_limits(problem: PatrolProblem, k: int, route: Route, steps: Sequence[_Step]) -> Iterator[Violation]:
    """Check what a whole route drives, the way back with it, and how many stops it makes."""
    squads, name = problem.squads, route.squad
    drive_s, drive_m = sum(step.drive_s for step in steps), sum(step.drive_m for step in steps)
    fits = route.return_s >= route.leave_s
    if steps:
        last = steps[-1]
        home = problem.matrix.profiles[squads.profile[k]], last.leave, int(squads.end[k])
        left = (
            route.drive_s - sum(step.visit.drive_s for step in steps),
            route.drive_m - sum(step.visit.drive_m for step in steps),
        )
        fits, back_s, back_m = _drive(problem, home, (last.visit.end_s, route.return_s), left)
        drive_s, drive_m = drive_s + back_s, drive_m + back_m
    if not fits or (route.drive_s, route.drive_m) != (drive_s, drive_m):
        yield Violation(rule="driven", squad=name, message=f"{name!r} does not drive what the matrix says.")
    if drive_s > squads.max_drive_s[k]:
        yield Violation(
            rule="driving", squad=name, message=f"{name!r} drives {drive_s - squads.max_drive_s[k]} s too long."
        )
    stops = sum(int(problem.groups.duty[problem.visits.group[step.row]] < 0) for step in steps)
    if stops > squads.max_stops[k]:
        yield Violation(
            rule="max_stops",
            squad=name,
            message=f"{name!r} makes {counted(stops, 'stop')}; at most {squads.max_stops[k]} may be.",
        )


def _drive(
    problem: PatrolProblem, drive: tuple[str, int, int], span: tuple[int, int], said: tuple[int, int]
) -> tuple[bool, int, int]:
    """Return whether a drive can be made between two seconds, and its seconds and metres.

    By the hour these are what the plan says if some hour of the span makes it so.
    """
    profile, here, there = drive
    ids, layer = problem.matrix.ids, problem.matrix.profiles.index(profile)
    if problem.hours is None:
        seconds, metres = (
            int(table[layer, here, there]) for table in (problem.matrix.travel_s, problem.matrix.travel_m)
        )
        return seconds <= span[1] - span[0], seconds, metres
    fitting = problem.hours.hours_for(profile, ids[here], ids[there], leave_s=span[0], arrive_s=span[1])
    drives = [each[1:] for each in fitting] or [problem.matrix.drive(profile, ids[here], ids[there])]
    return bool(fitting), *(said if said in drives else drives[0])


def _served(plan: Plan, problem: PatrolProblem) -> dict[int, list[int]]:
    """Return the rows of the visits that the plan makes, by the row of their group."""
    rows = {name: row for row, name in enumerate(problem.visits.ids)}
    served: dict[int, list[int]] = {}
    for route in plan.routes:
        for visit in route.visits:
            if visit.visit in rows:
                served.setdefault(int(problem.visits.group[rows[visit.visit]]), []).append(rows[visit.visit])
    return served


def _check_groups(plan: Plan, problem: PatrolProblem) -> Iterator[Violation]:
    served = _served(plan, problem)
    for twice, rows in served.items():
        if len(rows) > 1:
            group = problem.groups.ids[twice]
            yield Violation(rule="stops", site=group, message=f"{group!r} is served {len(rows)} times.")
    for g in np.flatnonzero(problem.groups.required):
        if int(g) not in served:
            group = problem.groups.ids[g]
            yield Violation(rule="required", site=group, message=f"{group!r} is required and left out.")


def _check_left_out(plan: Plan, problem: PatrolProblem) -> Iterator[Violation]:
    served, groups = _served(plan, problem), problem.groups
    due = [
        (
            groups.site[g],
            group,
            int(problem.group_tier[g]),
            weight_of(int(problem.group_weight[g]), problem.weight_unit),
            bool(groups.required[g]),
        )
        for g, group in enumerate(groups.ids)
        if g not in served
        and groups.duty[g] < 0
        and (problem.group_weight[g] > 0 or groups.required[g] or groups.site[g] == group)
    ]
    if sorted((each.site, each.part, each.tier, each.weight, each.required) for each in plan.skipped) != sorted(due):
        yield Violation(rule="accounts", message="what is listed as left out is not what is left out.")


def _check_ties(plan: Plan, problem: PatrolProblem) -> Iterator[Violation]:
    """Check bundles, needs and duties."""
    served, groups = _served(plan, problem), problem.groups
    for bundle in set(groups.bundle.tolist()) - {-1}:
        members = np.flatnonzero(groups.bundle == bundle)
        made = sum(1 for g in members if int(g) in served)
        if 0 < made < len(members):
            yield Violation(
                rule="bundle",
                site=groups.site[members[0]],
                message=f"of the {len(members)} visits of {groups.site[members[0]]!r} that are made all or none, "
                f"{made} are.",
            )
    for one in served:
        if groups.needs[one] >= 0 and int(groups.needs[one]) not in served:
            yield Violation(
                rule="needs",
                site=groups.site[one],
                message=f"{groups.ids[one]!r} is served without {groups.ids[groups.needs[one]]!r}, which it needs.",
            )
    out = {route.squad for route in plan.routes if route.visits}
    for g in np.flatnonzero(groups.duty >= 0):
        squad = problem.squads.ids[groups.duty[g]]
        if squad in out and int(g) not in served:
            yield Violation(rule="duty", squad=squad, message=f"{squad!r} goes out and leaves out {groups.ids[g]!r}.")


def _check_couplings(plan: Plan, problem: PatrolProblem) -> Iterator[Violation]:
    table, ids = problem.couplings, problem.visits.ids
    made = {visit.visit: (visit.begin_s, route.squad) for route in plan.routes for visit in route.visits}
    for c in range(len(table)):
        first, second = ids[table.first[c]], ids[table.second[c]]
        if first not in made or second not in made:
            continue
        apart_s = made[second][0] - made[first][0]
        if not table.lo_s[c] <= apart_s <= table.hi_s[c]:
            yield Violation(
                rule="coupling",
                site=problem.groups.site[problem.visits.group[table.second[c]]],
                message=f"{second!r} begins {apart_s} s after {first!r}; due: {table.lo_s[c]} to {table.hi_s[c]} s.",
            )
        if table.apart[c] and made[first][1] == made[second][1]:
            yield Violation(
                rule="coupling",
                squad=made[first][1],
                message=f"{made[first][1]!r} makes {first!r} and {second!r}, which need different squads.",
            )


def _check_spread(plan: Plan, problem: PatrolProblem) -> Iterator[Violation]:
    """Check that no squad has more stops or longer duty than another by more than it may."""
    duties = {group for g, group in enumerate(problem.groups.ids) if problem.groups.duty[g] >= 0}
    group = {name: problem.groups.ids[g] for name, g in zip(problem.visits.ids, problem.visits.group, strict=True)}
    stops, duty_s = [], []
    for row, route in _paired(plan, problem):
        stops.append(sum(group.get(visit.visit) not in duties for visit in route.visits))
        duty_s.append(route.return_s - int(problem.squads.from_s[row]) if route.visits else 0)
    for what, amounts, most in (
        ("stops", stops, problem.most_spread_stops),
        ("s on duty", duty_s, problem.most_spread_duty_s),
    ):
        if most is not None and amounts and max(amounts) - min(amounts) > most:
            yield Violation(
                rule="spread",
                message=f"one squad has {max(amounts)} {what} and another {min(amounts)}; {most} more are allowed.",
            )


def _check_accounts(plan: Plan, problem: PatrolProblem) -> Iterator[Violation]:
    served, groups = _served(plan, problem), problem.groups
    if plan.weight_unit != problem.weight_unit:
        yield Violation(rule="accounts", message="the plan counts weights in another unit than the problem.")
    due = {}
    for tier in problem.tiers:
        rows = [int(g) for g in np.flatnonzero((problem.group_tier == tier) & (groups.duty < 0))]
        visits = [v for g in rows for v in served.get(g, [])]
        due[tier] = (
            weight_of(sum(int(problem.visits.weight[v]) for v in visits), problem.weight_unit),
            weight_of(sum(int(problem.group_weight[g]) for g in rows), problem.weight_unit),
            len({groups.site[problem.visits.group[v]] for v in visits}),
            len({groups.site[g] for g in rows}),
        )
    said = [
        (each.tier, (each.covered_weight, each.total_weight, each.covered_sites, each.total_sites))
        for each in plan.coverage
    ]
    if said != sorted(due.items()):
        yield Violation(
            rule="accounts",
            message=f"the coverage says {said} (tier: weight covered, weight in all, sites covered, sites in all); "
            f"the visits add up to {sorted(due.items())}.",
        )
    covered = {each.tier: each.covered_weight for each in plan.coverage}
    for bound in plan.bound or ():
        if bound.upper_weight < covered.get(bound.tier, 0) or bound.proved > (
            bound.upper_weight == covered.get(bound.tier)
        ):
            yield Violation(rule="accounts", message=f"tier {bound.tier}: {bound} is no bound of what is covered.")
