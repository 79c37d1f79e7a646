"""Waiting: at some doors no squad stands about; it stays longer where it was, and comes when the stop can begin."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from patrolroute.rules.draft import Facts, Rule, Violation, changes_nothing, says_nothing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from patrolroute.plans import Plan, Route


def wait_elsewhere(plan: Plan, sites: Collection[str], *, by_hour: bool = False) -> Plan:
    """Return a plan in which no squad waits at some sites: what it would wait there, it waits where it was before.

    The same stops begin and end when they did; the drive to such a site is later, and so is leaving the start where the
    site comes first.

    Parameters
    ----------
    plan : Plan
    sites : collection of str
        Ids of the sites without waiting.
    by_hour : bool
        Whether speeds depend on the hour. A drive then stays in the hour for which it is planned, and what it comes too
        early is waited on the way: the start is left when it was.
    """
    if not sites:
        return plan
    return replace(plan, routes=tuple(_route(route, sites, by_hour=by_hour) for route in plan.routes))


def _route(route: Route, sites: Collection[str], *, by_hour: bool) -> Route:
    visits = tuple(
        replace(visit, arrive_s=visit.begin_s) if visit.site in sites and visit.wait_s > 0 else visit
        for visit in route.visits
    )
    if not visits or visits == route.visits:
        return route
    later_s = 0 if by_hour else visits[0].arrive_s - route.visits[0].arrive_s
    return replace(route, visits=visits, leave_s=route.leave_s + later_s)


def _check(facts: Facts) -> Iterator[Violation]:
    for squad, site, visit in facts.known_stops():
        if not site.wait and visit.begin_s > visit.arrive_s:
            yield Violation(
                rule="waiting",
                squad=squad.id,
                site=site.id,
                message=(
                    f"squad {squad.title!r} waits {visit.begin_s - visit.arrive_s} s at {site.title!r}, where nobody "
                    "may wait."
                ),
            )


WAITING = Rule(
    name="waiting",
    words="Where waiting is not allowed, a squad arrives when its stop begins.",
    compile=changes_nothing,
    check=_check,
    explain=says_nothing,
)
