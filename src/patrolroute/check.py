"""Whether a plan obeys every constraint, told by code that shares nothing with schedule, search or engines.

`check_plan` tests the rules in the scenario's own words; `check_against_problem` tests a plan against a
`PatrolProblem`, for planning tools that have a matrix and no scenario.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from patrolroute.rules import RULES, Facts, Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patrolroute.matrix import TravelMatrix
    from patrolroute.plans import Plan, Route
    from patrolroute.problem import PatrolProblem
    from patrolroute.scenario.model import Scenario


def check_plan(plan: Plan, *, scenario: Scenario, matrix: TravelMatrix) -> list[Violation]:
    """Return every way in which a plan breaks the scenario's rules; an empty list for a good plan.

    Parameters
    ----------
    plan : Plan
    scenario : Scenario
        The planner's words.
    matrix : TravelMatrix
        Must have every site and every squad's places.

    Raises
    ------
    InputError
        When the matrix lacks a point of the scenario.
    """
    for point in (*(site.id for site in scenario.sites), *(p for s in scenario.squads for p in (s.start, s.end))):
        matrix.index(point)
    facts = Facts(scenario, matrix, plan)
    return [violation for rule in RULES for violation in rule.check(facts)]


def check_against_problem(plan: Plan, problem: PatrolProblem) -> list[Violation]:
    """Return every way in which a plan breaks the problem's constraints; an empty list for a good plan.

    Required groups that are left out are among them.
    """
    return [
        *_check_identity(plan, problem),
        *(v for row, route in _paired(plan, problem) for v in _check_route(problem, row, route)),
        *_check_groups(plan, problem),
    ]


def _paired(plan: Plan, problem: PatrolProblem) -> Iterator[tuple[int, Route]]:
    for route in plan.routes:
        if route.squad in problem.squads.ids:
            yield problem.squads.ids.index(route.squad), route


def _check_identity(plan: Plan, problem: PatrolProblem) -> Iterator[Violation]:
    if plan.problem_digest != problem.digest:
        yield Violation(rule="problem", message="the plan was made for another problem: the digests differ.")
    if sorted(route.squad for route in plan.routes) != sorted(problem.squads.ids):
        yield Violation(rule="squads", message="the plan does not have exactly one route for each squad.")


def _check_route(problem: PatrolProblem, k: int, route: Route) -> Iterator[Violation]:
    squads, table, name = problem.squads, problem.visits, route.squad
    seconds, metres = problem.matrix.travel_s[squads.profile[k]], problem.matrix.travel_m[squads.profile[k]]
    here, free_s, drive_s, drive_m = squads.start[k], route.leave_s, 0, 0
    if route.leave_s < squads.from_s[k]:
        yield Violation(
            rule="shifts", squad=name, message=f"{name!r} leaves {squads.from_s[k] - route.leave_s} s early."
        )
    for visit in route.visits:
        if visit.visit not in table.ids:
            yield Violation(rule="stops", squad=name, site=visit.site, message=f"visit {visit.visit!r} is unknown.")
            return
        v = table.ids.index(visit.visit)
        leg_s, leg_m = int(seconds[here, table.entry[v]]), int(metres[here, table.entry[v]])
        broken = {
            "allowed": not table.squads[v, k],
            "site": problem.groups.ids[table.group[v]] != visit.site,
            "driven": visit.arrive_s < free_s + leg_s or (visit.drive_s, visit.drive_m) != (leg_s, leg_m),
            "windows": not max(visit.arrive_s, table.opens_s[v]) <= visit.begin_s <= table.closes_s[v],
            "stops": visit.end_s - visit.begin_s != table.duration_s[v],
        }
        for rule in (rule for rule, is_broken in broken.items() if is_broken):
            yield Violation(
                rule=rule,
                squad=name,
                site=visit.site,
                message=(
                    f"{name!r} at {visit.visit!r}: arrives {visit.arrive_s} s, begins {visit.begin_s} s, ends "
                    f"{visit.end_s} s, drives {visit.drive_s} s and {visit.drive_m} m; the problem forbids it."
                ),
            )
        here, free_s, drive_s, drive_m = table.exit[v], visit.end_s, drive_s + leg_s, drive_m + leg_m
    if route.visits:
        back_s, back_m = int(seconds[here, squads.end[k]]), int(metres[here, squads.end[k]])
        drive_s, drive_m, free_s = drive_s + back_s, drive_m + back_m, free_s + back_s
    if route.return_s < free_s or (route.drive_s, route.drive_m) != (drive_s, drive_m):
        yield Violation(rule="driven", squad=name, message=f"{name!r} does not drive what the matrix says.")
    if route.return_s > squads.until_s[k]:
        yield Violation(
            rule="shifts", squad=name, message=f"{name!r} is back {route.return_s - squads.until_s[k]} s late."
        )
    if drive_s > squads.max_drive_s[k]:
        yield Violation(
            rule="driving", squad=name, message=f"{name!r} drives {drive_s - squads.max_drive_s[k]} s too long."
        )


def _check_groups(plan: Plan, problem: PatrolProblem) -> Iterator[Violation]:
    seen: dict[str, int] = {}
    for route in plan.routes:
        for visit in route.visits:
            seen[visit.site] = seen.get(visit.site, 0) + 1
    for group, times in seen.items():
        if times > 1:
            yield Violation(rule="stops", site=group, message=f"{group!r} is served {times} times.")
    left_out = sorted(set(problem.groups.ids) - seen.keys())
    if sorted(each.site for each in plan.skipped) != left_out:
        yield Violation(rule="accounts", message="the groups listed as left out are not those that are left out.")
    for g, group in enumerate(problem.groups.ids):
        if problem.groups.required[g] and group not in seen:
            yield Violation(rule="required", site=group, message=f"{group!r} is required and left out.")
    served = {visit.visit for route in plan.routes for visit in route.visits}
    totals = {t: (int(problem.group_weight[problem.group_tier == t].sum(dtype=np.int64))) for t in problem.tiers}
    if [(each.tier, each.total_weight) for each in plan.coverage] != sorted(totals.items()):
        yield Violation(
            rule="accounts", message="the coverage does not name every tier once, in order, with its weight."
        )
    for each in plan.coverage:
        rows = [
            v for v, name in enumerate(problem.visits.ids) if name in served and problem.visits.tier[v] == each.tier
        ]
        if each.covered_weight != sum(int(problem.visits.weight[v]) for v in rows) or each.covered_sites != len(rows):
            yield Violation(rule="accounts", message=f"tier {each.tier}: the coverage does not add up.")
    covered = {each.tier: each.covered_weight for each in plan.coverage}
    for bound in plan.bound or ():
        if bound.upper_weight < covered.get(bound.tier, 0) or bound.proved > (
            bound.upper_weight == covered[bound.tier]
        ):
            yield Violation(rule="accounts", message=f"tier {bound.tier}: {bound} is no bound of what is covered.")
