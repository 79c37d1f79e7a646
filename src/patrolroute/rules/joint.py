"""Joint stops (titik singgung): several squads at one place at the same time, all of them or none."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

from patrolroute.rules.draft import Draft, DraftCoupling, Facts, Rule, Violation
from patrolroute.rules.naming import unused_mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patrolroute.matrix import TravelMatrix
    from patrolroute.plans import Visit
    from patrolroute.scenario.model import Scenario, Site, Squad


def _compile(scenario: Scenario, draft: Draft) -> None:
    """Give the first visit of a joint site one group for each squad: a bundle that begins at one second."""
    mark = unused_mark(scenario, "+")
    together = {site.id: site.squads_together for site in scenario.sites}
    visits = []
    for visit in draft.visits:
        visits.append(visit)
        squads = together.get(visit.site, 1)
        if squads == 1 or visit.group != visit.site:
            continue
        groups = [visit.group, *(f"{visit.group}{mark}{number}" for number in range(2, squads + 1))]
        for number, group in enumerate(groups[1:], start=2):
            visits.append(replace(visit, id=f"{visit.id}{mark}{number}", group=group, weight=0))
        draft.bundles.append(frozenset(groups))
        draft.couplings += [
            DraftCoupling(first=a, second=b, lo_s=0, hi_s=0, apart=True) for a, b in itertools.combinations(groups, 2)
        ] + [
            # Who met there does not make the visit that another squad shall make.
            replace(each, first=group)
            for each in draft.couplings
            if each.first == visit.group and each.apart
            for group in groups[1:]
        ]
    draft.visits = visits


def _check(facts: Facts) -> Iterator[Violation]:
    made: dict[str, list[tuple[Squad, Visit]]] = {}
    for squad, site, visit in facts.known_stops():
        if site.squads_together > 1:
            made.setdefault(site.id, []).append((squad, visit))
    for site_id, stops in made.items():
        site = facts.sites[site_id]
        first = sorted(stops, key=lambda stop: stop[1].begin_s)[: site.squads_together]
        squads = {squad.id for squad, _ in first}
        begins = sorted({visit.begin_s for _, visit in first})
        names = ", ".join(repr(squad.title) for squad, _ in first)
        if len(squads) < site.squads_together:
            yield Violation(
                rule="joint",
                site=site_id,
                message=f"{site.squads_together} squads are to meet at site {site.title!r}; {names} "
                f"{'is' if len(first) == 1 else 'are'} all that meet there.",
            )
        elif len(begins) > 1:
            times = " and ".join(f"{facts.moment(begin):%H:%M:%S}" for begin in begins)
            yield Violation(
                rule="joint",
                site=site_id,
                message=f"{names} are to meet at site {site.title!r} at the same time; they begin at {times}.",
            )


def _explain(scenario: Scenario, matrix: TravelMatrix, site: Site) -> str | None:
    """Say why so many squads can never be there at once."""
    due = site.squads_together
    if due == 1 or not scenario.squads:
        return None
    if due > len(scenario.squads):
        night = "one" if len(scenario.squads) == 1 else str(len(scenario.squads))
        return f"{due} squads are to meet there, and the night has {night}; ask for fewer or add squads."
    able = [squad for squad in scenario.squads if site.allows(squad)]
    if 0 < len(able) < due:
        names = " and ".join(repr(squad.title) for squad in able)
        only = f"only {names} {'is' if len(able) == 1 else 'are'} as the site asks"
        return f"{due} squads are to meet there, and {only}; compose the squads otherwise or ask for less."
    spans = []
    for squad in able:
        out_s, _ = matrix.drive(squad.vehicle.profile, squad.start, site.id)
        home_s, _ = matrix.drive(squad.vehicle.profile, site.id, squad.end)
        first = squad.shift.leave.timestamp() + out_s
        last = squad.shift.back.timestamp() + squad.overtime_s - home_s - site.dwell_s
        limits = [(w.opens.timestamp(), w.closes.timestamp() - site.dwell_s) for w in site.windows] or [(first, last)]
        spans += [(max(first, opens), min(last, closes), squad.id) for opens, closes in limits]
    there = [{squad for first, last, squad in spans if first <= moment <= last} for moment, _, _ in spans]
    most = max(map(len, there), default=0)
    if not 0 < most < due:
        return None
    return (
        f"{due} squads are to meet there, and at no moment can more than {most} be there for the stop; let shifts "
        "overlap for longer, widen the window or ask for fewer."
    )


JOINT = Rule(
    name="joint",
    words="Squads that are to meet at a site begin their stop at the same time, all of them or none.",
    compile=_compile,
    check=_check,
    explain=_explain,
)
