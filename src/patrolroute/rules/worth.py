"""Worth by the hour: what a stop is worth depends on when it begins."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from patrolroute.rules.draft import Draft, DraftVisit, Rule, finds_nothing, says_nothing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patrolroute.scenario.model import Scenario, Site

_Step = tuple[int | None, int | None, int]
"""First second, second after the last one (None: without end), and the weight in between."""


def _compile(scenario: Scenario, draft: Draft) -> None:
    """Make each visit of a site with worth by hour one alternative for each span of one weight.

    That is its first visit: the further ones have a weight of their own, and of squads that meet one has it all.
    """
    sites = {site.id: site for site in scenario.sites if site.worth}
    mark = "@"
    while any(mark in visit.id for visit in draft.visits):
        mark += "@"
    visits: list[DraftVisit] = []
    for visit in draft.visits:
        if visit.site in sites and visit.group == visit.site:
            visits += _pieces(draft, visit, _steps(scenario, sites[visit.site]), mark)
        else:
            visits.append(visit)
    draft.visits = visits


def _steps(scenario: Scenario, site: Site) -> list[_Step]:
    """Cut all time into spans of one weight, neighbours of equal weight joined."""
    steps: list[_Step] = []
    cuts: list[_Step] = []
    last: int | None = None
    for span in site.worth:
        since, until = scenario.seconds(span.since), scenario.seconds(span.until)
        if last is None or last < since:
            cuts.append((last, since, site.weight))
        cuts.append((since, until, span.weight))
        last = until
    for first, end, weight in [*cuts, (last, None, site.weight)]:
        if steps and steps[-1][2] == weight:
            steps[-1] = (steps[-1][0], end, weight)
        else:
            steps.append((first, end, weight))
    return steps


def _pieces(draft: Draft, visit: DraftVisit, steps: list[_Step], mark: str) -> Iterator[DraftVisit]:
    """Yield the parts of a visit, each with its weight and the seconds at which it may begin."""
    first = min((squad.from_s for squad in draft.squads), default=0)
    last = max((squad.until_s for squad in draft.squads), default=0)
    fitting = []
    for since, until, weight in steps:
        opens, closes = visit.opens_s, visit.closes_s
        if since is not None:
            opens = since if opens is None else max(opens, since)
        if until is not None:
            closes = until - 1 if closes is None else min(closes, until - 1)
        # What has an end on one side only is limited by the shifts on the other.
        if opens is None and closes is not None:
            opens = min(first, closes)
        if closes is None and opens is not None:
            closes = max(last, opens)
        if opens is None or closes is None or opens <= closes:
            fitting.append((opens, closes, weight * draft.weight_unit))
    for number, (opens, closes, weight) in enumerate(fitting, start=1):
        yield replace(
            visit,
            id=visit.id if len(fitting) == 1 else f"{visit.id}{mark}{number}",
            opens_s=opens,
            closes_s=closes,
            weight=weight if visit.entry == visit.site else min(visit.weight, weight),
        )


def most_worth(site: Site, *, stay_s: int) -> int:
    """Return the most that any of a site's windows lets a stay of so many seconds be worth."""
    changes = [moment for span in site.worth for moment in (span.since, span.until)]
    if not site.windows:
        return max(site.weight, *(site.worth_at(moment) for moment in changes)) if changes else site.weight
    begins = [window.opens for window in site.windows]
    begins += [
        moment
        for window in site.windows
        for moment in changes
        if window.opens.timestamp() <= moment.timestamp() <= window.closes.timestamp() - stay_s
    ]
    return max(site.worth_at(moment) for moment in begins)


WORTH = Rule(
    name="worth",
    words="The first stop at a site is worth what the site is worth at the moment at which it begins.",
    compile=_compile,
    check=finds_nothing,
    explain=says_nothing,
)
