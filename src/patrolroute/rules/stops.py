"""Stops: a squad stays at a site for its dwell; a site is visited no more often than it wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patrolroute.rules.draft import Draft, DraftVisit, Facts, Rule, Violation, least_s, says_nothing
from patrolroute.rules.seen import passes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patrolroute.scenario.model import Scenario


def _compile(scenario: Scenario, draft: Draft) -> None:
    for site in scenario.sites:
        draft.visits.append(
            DraftVisit(
                id=site.id,
                site=site.id,
                entry=site.id,
                exit=site.id,
                duration_s=site.dwell_s,
                tier=site.tier,
                weight=site.weight * draft.weight_unit,
            )
        )


def _check(facts: Facts) -> Iterator[Violation]:
    known = {"", *facts.sites, *facts.areas, *(presence.id for presence in facts.scenario.presence)}
    for route in facts.plan.routes:
        for visit in route.visits:
            if visit.site not in known:
                yield Violation(
                    rule="stops",
                    squad=route.squad,
                    site=visit.site,
                    message=f"squad {route.squad!r} stops at {visit.site!r}, which is no site of the scenario.",
                )
            if visit.begin_s < visit.arrive_s or visit.end_s < visit.begin_s:
                what = facts.sites[visit.site].title if visit.site in facts.sites else visit.entry
                yield Violation(
                    rule="stops",
                    squad=route.squad,
                    site=visit.site,
                    message=f"squad {route.squad!r} begins its stop at {what!r} before it arrives, or ends it before.",
                )
    for squad, site, visit in facts.known_stops():
        stay_s = visit.end_s - visit.begin_s
        passing = passes(site, visit)
        if stay_s < least_s(site.dwell_min) and not passing:
            yield Violation(
                rule="stops",
                squad=squad.id,
                site=site.id,
                message=f"squad {squad.title!r} stays {stay_s} s at {site.title!r}; due: {site.dwell_min:g} min.",
            )
        if (visit.entry, visit.exit) != (site.id, site.id) and not passing:
            yield Violation(
                rule="stops",
                squad=squad.id,
                site=site.id,
                message=f"squad {squad.title!r} comes to {visit.entry!r} and leaves from {visit.exit!r} for its stop "
                f"at {site.title!r}.",
            )
    for site in facts.scenario.sites:
        times = facts.stops_at[site.id]
        # The squads that meet at a joint stop make one visit of it.
        most = facts.scenario.visits_wanted(site) + site.squads_together - 1
        if times > most:
            due = "once counts" if most == 1 else f"{most} times count"
            yield Violation(rule="stops", site=site.id, message=f"site {site.id!r} is visited {times} times; {due}.")


STOPS = Rule(
    name="stops",
    words="A squad stays at a site for its dwell; a site is visited at most as often as it wants.",
    compile=_compile,
    check=_check,
    explain=says_nothing,
)
