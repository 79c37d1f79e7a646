"""Seen from the road: driving past a site, near enough, covers it too, for less than a stop."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from patrolroute.rules.draft import Draft, Facts, Rule, Violation, says_nothing
from patrolroute.rules.points import seen_points
from patrolroute.rules.worth import most_worth

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patrolroute.plans import Visit
    from patrolroute.scenario.model import Scenario, Site

_EQUATOR_M, _FLATNESS = 6_378_137.0, 0.0066943799901413
"""Half axis and squared eccentricity of WGS 84."""

_DUST_M = 0.01


def passes(site: Site, visit: Visit) -> bool:
    """Whether a visit of a site claims to have seen it from the road."""
    return site.seen_within_m is not None and visit.entry != site.id


def earned(facts: Facts, site: Site, visit: Visit) -> int:
    """Return what a visit of a site earns, told from the scenario's words."""
    worth = site.worth_at(facts.moment(visit.begin_s))
    return min(site.seen_weight or 0, worth) if passes(site, visit) else worth


def earned_again(site: Site, visit: Visit) -> int:
    """Return what a further visit of a site earns, at whatever hour."""
    return min(site.seen_weight or 0, site.further_weight) if passes(site, visit) else site.further_weight


def most_earned(facts: Facts, site: Site) -> int:
    """Return the most that a site can earn, by a stop or by being seen where a street is near enough."""
    stop = most_worth(site, stay_s=site.dwell_s)
    if facts.seen_from.get(site.id) not in facts.points:
        return stop
    return max(stop, min(site.seen_weight or 0, most_worth(site, stay_s=0)))


def _compile(scenario: Scenario, draft: Draft) -> None:
    """Give each visit of a site that may be seen an alternative: a moment at the point of the street next to it."""
    points = {site: point for site, point in seen_points(scenario).items() if point in draft.points}
    sites = {site.id: site for site in scenario.sites}
    draft.visits += [
        replace(
            visit,
            id=f"{visit.id}{points[visit.site].removeprefix(visit.site)}",
            entry=points[visit.site],
            exit=points[visit.site],
            duration_s=0,
            weight=(sites[visit.site].seen_weight or 0) * draft.weight_unit,
        )
        for visit in draft.visits
        if visit.site in points and visit.entry == visit.exit == visit.site
    ]


def _check(facts: Facts) -> Iterator[Violation]:
    for squad, site, visit in facts.known_stops():
        if not passes(site, visit):
            continue
        where = facts.matrix.position(visit.entry) if visit.entry in facts.points else None
        if visit.entry != visit.exit or visit.entry != facts.seen_from[site.id] or where is None:
            why = f"from {visit.entry!r} to {visit.exit!r}, which is no point of a street next to it"
        else:
            away_m = _metres_between((site.lon, site.lat), where)
            if away_m <= (site.seen_within_m or 0) + _DUST_M:
                continue
            why = f"at {away_m:.1f} m; it is seen within {site.seen_within_m:g} m"
        yield Violation(
            rule="seen", squad=squad.id, site=site.id, message=f"squad {squad.title!r} passes {site.title!r} {why}."
        )


def _metres_between(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Return the metres between two near points on the ellipsoid, by its radii of curvature at their mean latitude."""
    sine = math.sin(math.radians((a[1] + b[1]) / 2))
    flat = 1 - _FLATNESS * sine * sine
    north_m = math.radians(b[1] - a[1]) * _EQUATOR_M * (1 - _FLATNESS) / flat**1.5
    east_m = math.radians(b[0] - a[0]) * _EQUATOR_M * math.sqrt(1 - sine * sine) / math.sqrt(flat)
    return math.hypot(east_m, north_m)


SEEN = Rule(
    name="seen",
    words="A site that is seen from the road is passed within its distance, at the point of the street next to it.",
    compile=_compile,
    check=_check,
    explain=says_nothing,
)
