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
    profile = squad.vehicle.profile
    here, clock, sum_s, sum_m = squad.start, route.leave_s, 0, 0
    for visit in route.visits:
        drive_s, drive_m = facts.matrix.drive(profile, here, visit.entry)
        if visit.arrive_s - clock < drive_s:
            yield Violation(
                rule="driven",
                squad=squad.id,
                site=visit.site,
                message=(
                    f"squad {squad.title!r} comes from {here!r} to {visit.entry!r} in {visit.arrive_s - clock} s; the "
                    f"roads take {drive_s} s."
                ),
            )
        if (visit.drive_s, visit.drive_m) != (drive_s, drive_m):
            yield Violation(
                rule="driven",
                squad=squad.id,
                site=visit.site,
                message=(
                    f"the leg of squad {squad.title!r} to {visit.entry!r} says {visit.drive_s} s and {visit.drive_m} "
                    f"m; the roads say {drive_s} s and {drive_m} m."
                ),
            )
        here, clock = visit.exit, visit.end_s
        sum_s, sum_m = sum_s + drive_s, sum_m + drive_m
    back_s, back_m = facts.matrix.drive(profile, here, squad.end) if route.visits else (0, 0)
    if route.return_s - clock < back_s:
        yield Violation(
            rule="driven",
            squad=squad.id,
            message=(
                f"squad {squad.title!r} is back {route.return_s - clock} s after {here!r}; the roads take {back_s} s."
            ),
        )
    if (route.drive_s, route.drive_m) != (sum_s + back_s, sum_m + back_m):
        yield Violation(
            rule="driven",
            squad=squad.id,
            message=(
                f"the route of squad {squad.title!r} adds up to {sum_s + back_s} s and {sum_m + back_m} m of driving; "
                f"the plan says {route.drive_s} s and {route.drive_m} m."
            ),
        )


DRIVEN = Rule(
    name="driven",
    words="A squad sets out from its start, takes at least the roads' time for each leg, and ends at its end.",
    compile=changes_nothing,
    check=_check,
    explain=says_nothing,
)
