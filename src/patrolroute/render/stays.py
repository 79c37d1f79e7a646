"""What a squad does in one piece, as sheets and maps number it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from patrolroute.plans import Route, Visit
    from patrolroute.render.night import Night


Sign = Literal["", "joint", "post"]


class Stay(NamedTuple):
    """What a squad does in one piece: a stop, a beat, a break, or slots of a presence without a pause between them.

    Parameters
    ----------
    number : int
        From 1, as sheets and maps number them.
    first : int
        Position in the route of its first visit, which is the number of the drive that leads to it.
    visit : Visit
        The visit; of several slots the first, ending with the last.
    """

    number: int
    first: int
    visit: Visit


def stays_of(night: Night, route: Route) -> list[Stay]:
    """Return what a route does, the slots that a squad fills one after the other at a post as one."""
    presences = {each.id for each in night.scenario.presence}
    stays: list[Stay] = []
    for position, visit in enumerate(route.visits):
        last = stays[-1].visit if stays else None
        if last is not None and visit.site in presences and (visit.site, visit.begin_s) == (last.site, last.end_s):
            stays[-1] = stays[-1]._replace(visit=replace(last, end_s=visit.end_s))
        else:
            stays.append(Stay(len(stays) + 1, position, visit))
    return stays


def sign_of(night: Night, visit: Visit) -> Sign:
    """Return what a stop is marked as on maps besides its tier: squads meet there, or it is a post that is held."""
    if visit.site in night.presences:
        return "post"
    site = night.sites.get(visit.site)
    return "joint" if site is not None and site.squads_together > 1 and night.met(visit) else ""


class Tally(NamedTuple):
    """How often a route, or several, stops, drives a beat, sees a site from the road and rests.

    Parameters
    ----------
    stops, beats, seen, breaks : int
    """

    stops: int
    beats: int
    seen: int
    breaks: int


def tally(night: Night, *routes: Route) -> Tally:
    """Return what routes do, counted; slots that a squad fills at a post one after the other are one stop."""
    visits = [stay.visit for route in routes for stay in stays_of(night, route)]
    beats, seen = (sum(map(bool, kind)) for kind in (map(night.beat, visits), map(night.seen, visits)))
    breaks = sum(not visit.site for visit in visits)
    return Tally(len(visits) - beats - seen - breaks, beats, seen, breaks)
