"""Stops: a squad stays at a site for its dwell; a site is visited once a night, by one squad."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patrolroute.rules.draft import Draft, DraftVisit, Facts, Rule, Violation, least_s, says_nothing

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
                weight=site.weight,
            )
        )


def _check(facts: Facts) -> Iterator[Violation]:
    for route in facts.plan.routes:
        for visit in route.visits:
            if visit.site not in facts.sites and visit.site not in facts.areas:
                yield Violation(
                    rule="stops",
                    squad=route.squad,
                    site=visit.site,
                    message=f"squad {route.squad!r} stops at {visit.site!r}, which is no site of the scenario.",
                )
    for squad, site, visit in facts.known_stops():
        stay_s = visit.end_s - visit.begin_s
        if stay_s < least_s(site.dwell_min):
            yield Violation(
                rule="stops",
                squad=squad.id,
                site=site.id,
                message=f"squad {squad.title!r} stays {stay_s} s at {site.title!r}; due: {site.dwell_min:g} min.",
            )
        if (visit.entry, visit.exit) != (site.id, site.id):
            yield Violation(
                rule="stops",
                squad=squad.id,
                site=site.id,
                message=f"squad {squad.title!r} comes to {visit.entry!r} and leaves from {visit.exit!r} for its stop "
                f"at {site.title!r}.",
            )
        if visit.begin_s < visit.arrive_s:
            yield Violation(
                rule="stops",
                squad=squad.id,
                site=site.id,
                message=f"squad {squad.title!r} begins its stop at {site.title!r} before it arrives.",
            )
    for site_id, times in facts.stops_at.items():
        if times > 1 and site_id not in facts.areas:
            yield Violation(
                rule="stops", site=site_id, message=f"site {site_id!r} is visited {times} times; once counts."
            )


STOPS = Rule(
    name="stops",
    words="A squad stays at a site for its dwell; a site is visited at most once a night.",
    compile=_compile,
    check=_check,
    explain=says_nothing,
)
