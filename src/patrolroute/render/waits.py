"""What a squad waits for before a stop, from the timetable and the scenario's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from patrolroute.render.wording import clock_text, listed, minutes_text, plain
from patrolroute.scenario.base import seconds_up

if TYPE_CHECKING:
    from patrolroute.plans import Visit
    from patrolroute.render.night import Night
    from patrolroute.scenario.model import Squad, Window

LONG_WAIT_S = 15 * 60
"""From so long on a wait is explained."""


class Wait(NamedTuple):
    """A long wait of a squad before a stop, and what it is for."""

    squad: Squad
    visit: Visit
    reason: str


def long_waits(night: Night) -> list[Wait]:
    """Return the waits of 15 minutes and more, by squad and then in visiting order."""
    return [
        Wait(night.squad(route.squad), visit, reason(night, visit))
        for route in night.plan.routes
        for visit in route.visits
        if visit.wait_s >= LONG_WAIT_S
    ]


def reason(night: Night, visit: Visit) -> str:
    """Return what keeps a stop from beginning sooner; the first thing that fits to the second is told."""
    scenario, begins = night.scenario, clock_text(night, night.clock(visit.begin_s))
    site = next((each for each in scenario.sites if each.id == visit.site), None)
    if visit.begin_s in {scenario.seconds(window.opens) for window in _windows(night, visit)}:
        return f"it opens at {begins}" if visit.site else f"the break may begin at {begins}"
    if any(each.id == visit.site for each in scenario.presence):
        return f"the slot begins at {begins}"
    met = night.met(visit)
    late = [plain(squad.title) for squad, other in met if other.arrive_s == visit.begin_s > visit.arrive_s]
    if late:
        return f"for {listed(late)}"
    before = _before(night, visit)
    if site is not None and before is not None and before.end_s + seconds_up(site.least_gap_min) == visit.begin_s:
        ended = clock_text(night, night.clock(before.end_s))
        return f"{minutes_text(site.least_gap_min * 60)} must lie between visits, the last ended {ended}"
    if site is not None and any(scenario.seconds(span.since) == visit.begin_s for span in site.worth):
        return f"what it is worth changes at {begins}"
    if not visit.site:
        return "sooner it would be too long to the next break, or to the end"
    if met:
        return f"for {listed([plain(squad.title) for squad, _ in met])}, held up as well"
    return "visits that hang on it come later"


def _windows(night: Night, visit: Visit) -> tuple[Window, ...]:
    """Return the windows within which a visit lies: those of its site or area, or of its squad's breaks."""
    if visit.site:
        return next((thing.windows for thing in night.scenario.things if thing.id == visit.site), ())
    squad = next(route.squad for route in night.plan.routes if visit in route.visits)
    return tuple(each.window for each in night.squad(squad).breaks if each.window is not None)


def _before(night: Night, visit: Visit) -> Visit | None:
    """Return the visit of the same site that ends last before a visit begins, whoever makes it."""
    own = [other for route in night.plan.routes for other in route.visits if other.site == visit.site]
    return max((v for v in own if v.end_s <= visit.begin_s and v != visit), key=lambda v: v.end_s, default=None)
