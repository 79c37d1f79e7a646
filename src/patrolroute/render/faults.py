"""Whether a plan, a scenario and the legs that were traced belong together as one night."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patrolroute.errors import Faults
from patrolroute.scenario.base import ANYWHERE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patrolroute.plans import Route
    from patrolroute.render.night import Night


def faults_of(night: Night) -> Faults:
    """Return everything that does not belong together; legs are asked only where all else does."""
    faults = Faults()
    faults.extend(_calendar_faults(night))
    for route in night.plan.routes:
        faults.extend(_route_faults(night, route))
    faults.extend(_left_out_faults(night))
    if not faults:
        for route in night.plan.routes:
            faults.extend(_leg_faults(night, route))
    return faults


def _calendar_faults(night: Night) -> Iterator[str]:
    name, start, due = night.plan.name, night.plan.start, night.scenario.start
    if start is None:
        yield f"plan {name!r} has no calendar, so it cannot be shown as a night; plan from a scenario instead."
    elif start.timestamp() != due.timestamp():
        yield (
            f"plan {name!r} starts at {start.isoformat()}, the scenario at {due.isoformat()}; give the scenario that "
            "the plan was made for."
        )


def _route_faults(night: Night, route: Route) -> Iterator[str]:
    name, known = night.plan.name, {"", *night.sites, *night.presences, *night.areas}
    if route.squad not in {squad.id for squad in night.scenario.squads}:
        yield f"plan {name!r} has a route for squad {route.squad!r}, which the scenario does not name."
    for visit in route.visits:
        unknown = {visit.entry, visit.exit} - night.points.keys() - {ANYWHERE}
        if visit.site not in known:
            yield f"plan {name!r} visits {visit.site!r}, which is no site of the scenario."
        elif unknown:
            yield f"plan {name!r} goes by {min(unknown)!r}, which is no place of the scenario."


def _left_out_faults(night: Night) -> Iterator[str]:
    known = {*night.sites, *night.presences, *night.areas}
    for each in night.plan.skipped:
        if each.site not in known or (each.site in night.areas and each.part not in night.parts):
            yield f"plan {night.plan.name!r} leaves out {each.site!r}, which is no site of the scenario."


def _leg_faults(night: Night, route: Route) -> Iterator[str]:
    for drive in night.drives(route):
        where = f"squad {route.squad!r}, leg {drive.number}"
        ends = (drive.origin.id, drive.destination.id)
        if drive.leg is None and drive.drive_s > 0:
            yield f"{where}: no streets are given for the drive from {ends[0]!r} to {ends[1]!r}; trace it first."
        elif drive.leg is not None and (drive.leg.origin, drive.leg.destination) != ends:
            yield (
                f"{where}: the streets lead from {drive.leg.origin!r} to {drive.leg.destination!r}, the plan from "
                f"{ends[0]!r} to {ends[1]!r}."
            )
