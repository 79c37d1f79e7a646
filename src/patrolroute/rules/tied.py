"""Why a visit is left out that does not stand by itself: a further one, a joint one, or one of a presence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patrolroute.rules.presence import seconds_text, slot_of
from patrolroute.scenario.words import counted

if TYPE_CHECKING:
    from patrolroute.plans import Plan, Skipped
    from patrolroute.scenario.forming import Forming
    from patrolroute.scenario.model import Scenario, Site
    from patrolroute.scenario.presence import Presence
    from patrolroute.scenario.squads import Squad


def is_tied(scenario: Scenario) -> bool:
    """Return whether a scenario ties visits to others or limits squads beyond driving, as far as its words tell.

    What it compiles to decides (`PatrolProblem.beyond`); this says beforehand for what to get ready.
    """
    things = len(scenario.things) + len(scenario.presence)
    return bool(
        scenario.balance
        or scenario.max_spread_stops is not None
        or scenario.max_spread_duty_min is not None
        or scenario.overtime_price
        or scenario.presence
        or any(
            scenario.visits_wanted(site) > 1 or site.every_min or site.squads_together > 1 for site in scenario.sites
        )
        or any(crew.breaks or crew.longest_without_break_min or crew.overtime_min for crew in _crews(scenario))
        or any(crew.max_stops is not None and crew.max_stops < things for crew in _crews(scenario))
    )


def _crews(scenario: Scenario) -> list[Squad | Forming]:
    return [*scenario.squads, *([scenario.forming] if scenario.forming else [])]


def tied_words(scenario: Scenario, plan: Plan, skipped: Skipped) -> str:
    """Return why a visit that hangs on others is left out; empty where it stands by itself or is impossible anyway.

    How little a single squad lacks for it would say nothing, since the others must fit as well.
    """
    if skipped.code != "no_time":
        return ""
    presence = next((each for each in scenario.presence if each.id == skipped.site), None)
    if presence is not None:
        squads = counted(presence.squads, "squad is", "squads are")
        if presence.all_or_nothing:
            return f"{squads} due there at every moment; the squads' time went to what is worth more."
        return _too_few_words(scenario, presence, skipped.part)
    site = next((each for each in scenario.sites if each.id == skipped.site), None)
    return "" if site is None else _site_words(scenario, plan, site)


def _too_few_words(scenario: Scenario, presence: Presence, part: str) -> str:
    """Return how many squads are on duty during a slot, where that is fewer than are due; else nothing."""
    begin_s, end_s = slot_of(scenario, presence, part)
    on_duty = sum(
        scenario.seconds(squad.shift.leave) <= begin_s
        and end_s <= scenario.seconds(squad.shift.back) + squad.overtime_s
        for squad in scenario.squads
    )
    if on_duty >= presence.squads:
        return ""
    since, until = seconds_text(scenario, begin_s, end_s)
    due = counted(presence.squads, "squad is", "squads are")
    are = counted(on_duty, "is", "are") if on_duty else "none is"
    return f"{due} due from {since} to {until}, and {are} on duty throughout."


def _site_words(scenario: Scenario, plan: Plan, site: Site) -> str:
    wanted, together = scenario.visits_wanted(site), site.squads_together
    visits = sum(1 for route in plan.routes for visit in route.visits if visit.site == site.id)
    made = max(visits - together + 1, 0)
    if made and wanted > 1:
        gaps = [f"at least {site.least_gap_min:g} min"] if site.least_gap_min else []
        gaps += [f"at most {site.gap_max_min:g} min"] if site.gap_max_min is not None else []
        apart = f"; {' and '.join(gaps)} must lie between visits" if gaps else ""
        apart += "; each is made by another squad than the one before" if site.squads_alternate else ""
        return f"{made} of the {wanted} visits that it wants {'is' if made == 1 else 'are'} made{apart}."
    if not made and together > 1:
        return f"{together} squads are to meet there at the same time; the plan has no time when so many can."
    return ""
