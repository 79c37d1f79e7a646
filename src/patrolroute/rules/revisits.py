"""Revisits: a site is visited as often as it wants, never sooner than its gap and never later than its greatest."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

from patrolroute.problem import FARTHEST_S
from patrolroute.rules.draft import Draft, DraftCoupling, Facts, Rule, Violation, least_s, most_s, says_nothing
from patrolroute.rules.naming import unused_mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patrolroute.plans import Visit
    from patrolroute.scenario.model import Scenario, Site

_MANY = 8
"""From so many visits on each needs the one before, although nothing else asks for it: the couplings between all pairs
would grow with the square."""


def _compile(scenario: Scenario, draft: Draft) -> None:
    """Give a site that wants k visits k groups, in the order in which they are made.

    Where one visit needs the one before, gaps between neighbours are enough; else between all pairs, since one that
    lies between two others may be left out.
    """
    mark = unused_mark(scenario, "@")
    sites = {site.id: site for site in scenario.sites}
    visits = []
    for visit in draft.visits:
        visits.append(visit)
        site = sites.get(visit.site)
        wanted = 1 if site is None else scenario.visits_wanted(site)
        if site is None or wanted == 1:
            continue
        groups = [visit.group, *(f"{visit.group}{mark}{number}" for number in range(2, wanted + 1))]
        for number, group in enumerate(groups[1:], start=2):
            more = replace(visit, id=f"{visit.id}{mark}{number}", group=group, weight=site.further_weight)
            visits.append(more)
        if _chained(site, wanted):
            draft.needs.update((after, before) for before, after in itertools.pairwise(groups))
            pairs: Iterator[tuple[str, str]] = itertools.pairwise(groups)
        else:
            pairs = itertools.combinations(groups, 2)
        lo_s = least_s(site.least_gap_min) + site.dwell_s
        hi_s = FARTHEST_S if site.gap_max_min is None else most_s(site.gap_max_min) + site.dwell_s
        draft.couplings += [DraftCoupling(first=a, second=b, lo_s=lo_s, hi_s=hi_s) for a, b in pairs]
    draft.visits = visits


def _chained(site: Site, wanted: int) -> bool:
    """Whether it matters which of the visits are made: then the later ones need the earlier ones."""
    unlike = site.further_weight != site.weight
    return site.gap_max_min is not None or unlike or site.required or site.squads_together > 1 or wanted > _MANY


def _check(facts: Facts) -> Iterator[Violation]:
    made: dict[str, list[Visit]] = {}
    for _, site, visit in facts.known_stops():
        made.setdefault(site.id, []).append(visit)
    for site_id, visits in made.items():
        site = facts.sites[site_id]
        if facts.scenario.visits_wanted(site) > 1:
            yield from _check_gaps(facts, site, sorted(visits, key=lambda visit: visit.begin_s))


def _check_gaps(facts: Facts, site: Site, visits: list[Visit]) -> Iterator[Violation]:
    """Check the pauses between visits, those of the joint one, the first, counting as one."""
    joint, single = visits[: site.squads_together], visits[site.squads_together :]
    gone_s = max(visit.end_s for visit in joint)
    for visit in single:
        pause_s, begin = visit.begin_s - gone_s, facts.moment(visit.begin_s)
        if pause_s < 0:
            wrong = "before the visit before has ended"
        elif pause_s < least_s(site.least_gap_min):
            wrong = f"{pause_s / 60:.1f} min after the visit before; {site.least_gap_min:g} min must lie between"
        elif site.gap_max_min is not None and pause_s > most_s(site.gap_max_min):
            wrong = f"{pause_s / 60:.1f} min after the visit before; at most {site.gap_max_min:g} min may lie between"
        else:
            wrong = ""
        if wrong:
            yield Violation(
                rule="revisits",
                site=site.id,
                message=f"the visit of site {site.title!r} at {begin:%H:%M:%S} begins {wrong}.",
            )
        gone_s = max(gone_s, visit.end_s)


REVISITS = Rule(
    name="revisits",
    words="Visits of one site, whoever makes them, keep its least and its greatest gap.",
    compile=_compile,
    check=_check,
    explain=says_nothing,
)
