"""Revisits: a site is visited as often as it wants, never sooner than its gap and never later than its greatest.

Where the site wants, by another squad each time.
"""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

from patrolroute.problem import FARTHEST_S
from patrolroute.rules.draft import Draft, DraftCoupling, Facts, Rule, Violation, least_s, most_s, says_nothing
from patrolroute.rules.naming import unused_mark

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from patrolroute.plans import Visit
    from patrolroute.rules.draft import DraftVisit
    from patrolroute.scenario.model import Scenario, Site, Squad

_MANY = 8
"""From so many visits on each needs the one before, although nothing else asks for it: the couplings between all pairs
would grow with the square."""


def _compile(scenario: Scenario, draft: Draft) -> None:
    """Give a site that wants k visits k groups, in the order in which they are made.

    Where one visit needs the one before, gaps between neighbours are enough; else between all pairs, since one that
    lies between two others may be left out.
    """
    mark = unused_mark(scenario, "@")
    wanted = {site.id: scenario.visits_wanted(site) for site in scenario.sites}
    sites = {site.id: site for site in scenario.sites if wanted[site.id] > 1}
    visits: list[DraftVisit] = []
    compiled: set[str] = set()
    for visit in draft.visits:
        visits.append(visit)
        if visit.site not in sites:
            continue
        compiled.add(visit.site)
        for number in range(2, wanted[visit.site] + 1):
            group, weight = f"{visit.group}{mark}{number}", sites[visit.site].further_weight * draft.weight_unit
            # What is seen from the road is worth less than a stop, the further times too.
            less = weight if visit.entry == visit.site else min(visit.weight, weight)
            visits.append(replace(visit, id=f"{visit.id}{mark}{number}", group=group, weight=less))
    draft.visits = visits
    for site_id in (each for each in sites if each in compiled):
        groups = [site_id, *(f"{site_id}{mark}{number}" for number in range(2, wanted[site_id] + 1))]
        _couple(draft, sites[site_id], groups)


def _couple(draft: Draft, site: Site, groups: Sequence[str]) -> None:
    """Keep the gaps, which lie from the end of one visit, a stop or a passing, to the beginning of another."""
    if _chained(site, len(groups)):
        draft.needs.update((after, before) for before, after in itertools.pairwise(groups))
        pairs: Iterator[tuple[str, str]] = itertools.pairwise(groups)
    else:
        pairs = itertools.combinations(groups, 2)
    # What alternates begins one after the other, so that it can be told which of the visits came before.
    lo_s = max(least_s(site.least_gap_min), 1 if site.squads_alternate else 0)
    hi_s = FARTHEST_S if site.gap_max_min is None else most_s(site.gap_max_min)
    draft.couplings += [
        DraftCoupling(first=a, second=b, lo_s=lo_s, hi_s=hi_s, apart=site.squads_alternate, from_end=True)
        for a, b in pairs
    ]  # fmt: skip


def _chained(site: Site, wanted: int) -> bool:
    """Whether it matters which of the visits are made: then the later ones need the earlier ones."""
    unlike = site.further_weight != site.weight or bool(site.worth)
    in_order = site.gap_max_min is not None or site.squads_alternate or site.squads_together > 1
    return in_order or unlike or site.required or wanted > _MANY


def _check(facts: Facts) -> Iterator[Violation]:
    made: dict[str, list[tuple[Squad, Visit]]] = {}
    for squad, site, visit in facts.known_stops():
        made.setdefault(site.id, []).append((squad, visit))
    for site_id, visits in made.items():
        site = facts.sites[site_id]
        if facts.scenario.visits_wanted(site) > 1:
            in_order = sorted(visits, key=lambda each: (each[1].begin_s, each[1].end_s))
            yield from _check_gaps(facts, site, [visit for _, visit in in_order])
            if site.squads_alternate:
                yield from _check_squads(facts, site, in_order)


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


def _check_squads(facts: Facts, site: Site, visits: list[tuple[Squad, Visit]]) -> Iterator[Violation]:
    """Check that nobody who made a visit makes the next one; those that meet made one together."""
    before = {squad.id for squad, _ in visits[: site.squads_together]}
    for squad, visit in visits[site.squads_together :]:
        if squad.id in before:
            yield Violation(
                rule="revisits",
                squad=squad.id,
                site=site.id,
                message=f"the visit of site {site.title!r} at {facts.moment(visit.begin_s):%H:%M:%S} is made by squad "
                f"{squad.title!r}, as the one before; another squad is due.",
            )
        before = {squad.id}


REVISITS = Rule(
    name="revisits",
    words="Visits of one site, whoever makes them, keep its least and its greatest gap, and alternate where it wants.",
    compile=_compile,
    check=_check,
    explain=says_nothing,
)
