"""Driven: squads come from their start, drive every leg in the time that the roads take, and end at their end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patrolroute.rules.draft import Facts, Rule, Violation, changes_nothing, says_nothing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patrolroute.plans import Route
    from patrolroute.scenario.model import Squad


def _check(facts: Facts) -> Iterator[Violation]:
    routes = [route.squad for route in facts.plan.routes]
    for squad_id in sorted(set(routes)):
        if squad_id not in facts.squads:
            yield Violation(rule="driven", squad=squad_id, message=f"squad {squad_id!r} is no squad of the scenario.")
        if routes.count(squad_id) > 1:
            yield Violation(
                rule="driven",
                squad=squad_id,
                message=f"squad {squad_id!r} has {routes.count(squad_id)} routes; it can drive one.",
            )
    for squad, route in facts.known_routes():
        if all({visit.entry, visit.exit} <= facts.points for visit in route.visits):
            yield from _check_legs(facts, squad, route)


def _check_legs(facts: Facts, squad: Squad, route: Route) -> Iterator[Violation]:
    at_that_hour = "" if facts.hours is None else " at that hour"
    sum_s, sum_m = 0, 0
    for leg in facts.legs(squad, route):
        visit, took_s = leg.visit, leg.arrive_s - leg.leave_s
        sum_s, sum_m = sum_s + leg.drive_s, sum_m + leg.drive_m
        if took_s < leg.drive_s:
            comes = (
                f"comes from {leg.origin!r} to {leg.destination!r} in {took_s} s"
                if visit
                else f"is back {took_s} s after {leg.origin!r}"
            )
            yield Violation(
                rule="driven",
                squad=squad.id,
                site=visit.site if visit else None,
                message=f"squad {squad.title!r} {comes}; the roads take {leg.drive_s} s{at_that_hour}.",
            )
        if visit and (visit.drive_s, visit.drive_m) != (leg.drive_s, leg.drive_m):
            yield Violation(
                rule="driven",
                squad=squad.id,
                site=visit.site,
                message=(
                    f"the leg of squad {squad.title!r} to {visit.entry!r} says {visit.drive_s} s and {visit.drive_m} "
                    f"m; the roads say {leg.drive_s} s and {leg.drive_m} m{at_that_hour}."
                ),
            )
    if (route.drive_s, route.drive_m) != (sum_s, sum_m):
        yield Violation(
            rule="driven",
            squad=squad.id,
            message=(
                f"the route of squad {squad.title!r} adds up to {sum_s} s and {sum_m} m of driving; "
                f"the plan says {route.drive_s} s and {route.drive_m} m."
            ),
        )
    if not route.visits and route.return_s < route.leave_s:
        yield Violation(
            rule="driven",
            squad=squad.id,
            message=(
                f"squad {squad.title!r} is back {route.return_s - route.leave_s} s after {squad.start!r}; the roads "
                "take 0 s."
            ),
        )


DRIVEN = Rule(
    name="driven",
    words="A squad sets out from its start, takes at least the roads' time for each leg, and ends at its end.",
    compile=changes_nothing,
    check=_check,
    explain=says_nothing,
)
