"""Drives of a night: from one point of a route to the next, with the streets between them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from patrolroute.scenario.base import ANYWHERE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patrolroute.plans import Route
    from patrolroute.render.night import Night
    from patrolroute.roads import Leg
    from patrolroute.scenario.model import Place


class Drive(NamedTuple):
    """One drive of a route, from one point to the next.

    Parameters
    ----------
    squad : str
    number : int
        0 for the drive to the first stop, n for the drive from the last of n stops to the end place.
    origin, destination : Place
    leave_s, arrive_s : int
        Seconds after the plan's start.
    drive_s, drive_m : int
        As the plan counts them.
    leg : Leg or None
        The streets; None where nothing is driven because both points are one.
    """

    squad: str
    number: int
    origin: Place
    destination: Place
    leave_s: int
    arrive_s: int
    drive_s: int
    drive_m: int
    leg: Leg | None


def drives_of(night: Night, route: Route) -> Iterator[Drive]:
    """Yield the drives of a route in order; none for a squad that stays at its place.

    A squad that starts or ends anywhere has no first or no last drive. To a site without waiting it sets out later
    than it might.
    """
    if not route.visits:
        return
    squad, points = night.squad(route.squad), night.points
    here, leave_s, left_s, left_m = squad.start, route.leave_s, route.drive_s, route.drive_m
    for number, visit in enumerate(route.visits):
        site = night.sites.get(visit.site)
        if site is not None and not site.wait:
            leave_s = visit.arrive_s - visit.drive_s
        if here != ANYWHERE:
            yield Drive(
                route.squad,
                number,
                points[here],
                points[visit.entry],
                night.leaves_s.get((route.squad, number), leave_s),
                visit.arrive_s,
                visit.drive_s,
                visit.drive_m,
                night.legs.get((route.squad, number)),
            )
        here, leave_s = visit.exit, visit.end_s
        left_s, left_m = left_s - visit.drive_s, left_m - visit.drive_m
    if ANYWHERE in (here, squad.end):
        return
    number = len(route.visits)
    leg = night.legs.get((route.squad, number))
    leave_s = night.leaves_s.get((route.squad, number), leave_s)
    yield Drive(route.squad, number, points[here], points[squad.end], leave_s, route.return_s, left_s, left_m, leg)
