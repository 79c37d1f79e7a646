"""Windows: a stop lies wholly within one of its site's windows."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

from patrolroute.rules.dated import back_text, is_own, times_text
from patrolroute.rules.draft import Draft, Facts, Rule, Violation, seconds_between
from patrolroute.rules.naming import unused_mark

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patrolroute.matrix import TravelMatrix
    from patrolroute.scenario.model import Scenario, Site, Squad

_MORNING_H = 9
"""A window that opens before this hour, and before every shift, may have been meant for the next date."""


def _compile(scenario: Scenario, draft: Draft) -> None:
    """Make each visit of a site with windows one alternative visit for each window."""
    sites = {site.id: site for site in scenario.sites}
    mark = unused_mark(scenario, "#")
    visits = []
    for visit in draft.visits:
        windows = sites[visit.site].windows if visit.site in sites else ()
        if not windows:
            visits.append(visit)
        for number, window in enumerate(windows, start=1):
            visits.append(
                replace(
                    visit,
                    id=visit.id if len(windows) == 1 else f"{visit.id}{mark}{number}",
                    opens_s=scenario.seconds(window.opens),
                    closes_s=scenario.seconds(window.closes) - visit.duration_s,
                )
            )
    draft.visits = visits


def _check(facts: Facts) -> Iterator[Violation]:
    for squad, site, visit in facts.known_stops():
        begin, end = facts.moment(visit.begin_s), facts.moment(visit.end_s)
        inside = (
            seconds_between(window.opens, begin) >= 0 and seconds_between(end, window.closes) >= 0
            for window in site.windows
        )
        if site.windows and not any(inside):
            yield Violation(
                rule="windows",
                squad=squad.id,
                site=site.id,
                message=(
                    f"squad {squad.title!r} stops at {site.title!r} from {begin:%H:%M:%S} to {end:%H:%M:%S}; it may "
                    f"only within {_spans(facts.scenario, site)}."
                ),
            )


def _explain(scenario: Scenario, matrix: TravelMatrix, site: Site) -> str | None:
    if not site.windows or not scenario.squads:
        return None
    earliest = [_earliest_arrival(scenario, matrix, site, squad) for squad in scenario.squads]
    last = max(w.closes.timestamp() for w in site.windows) - site.dwell_s
    off_date = not all(is_own(scenario, window.opens) for window in site.windows)
    if min(earliest).timestamp() > last:
        there = min(earliest)
        remedy = "is the date right?" if off_date else f"{_remedy(scenario, site)}."
        when = f"{there.day} {there:%b %H:%M}" if off_date else f"{there:%H:%M}"
        return f"its stop must lie within {_spans(scenario, site)}, and no squad can be there before {when}; {remedy}"
    latest = max(squad.shift.back.timestamp() + squad.overtime_s for squad in scenario.squads)
    if min(w.opens.timestamp() for w in site.windows) + site.dwell_s > latest:
        if off_date:
            return (
                f"its stop must lie within {_spans(scenario, site)}, and all squads are back by {back_text(scenario)}; "
                "is the date right?"
            )
        return (
            f"its stop must lie within {_spans(scenario, site)}, when every squad must already be back; move the "
            "window or let a shift end later."
        )
    return None


def _earliest_arrival(scenario: Scenario, matrix: TravelMatrix, site: Site, squad: Squad) -> dt.datetime:
    seconds, _ = matrix.drive(squad.vehicle.profile, squad.start, site.id)
    return (squad.shift.leave.astimezone(dt.UTC) + dt.timedelta(seconds=seconds)).astimezone(scenario.zone)


def _remedy(scenario: Scenario, site: Site) -> str:
    """Return what to do about windows before every shift: a time without a date is easily meant for after midnight."""
    opens = [window.opens.astimezone(scenario.zone) for window in site.windows]
    morning = min((moment for moment in opens if moment.date() == scenario.date), default=None)
    latest = max(squad.shift.back.timestamp() + squad.overtime_s for squad in scenario.squads)
    if morning is not None and morning.hour < _MORNING_H:
        next_day = morning + dt.timedelta(days=1)
        begins = (
            f"{morning:%H:%M} is before the night, on {morning:%Y-%m-%d}; where the morning after it is meant, write "
        )
        end = "" if next_day.timestamp() + site.dwell_s <= latest else ", and let a shift end later"
        return f"{begins}{next_day:%Y-%m-%dT%H:%M}{end}"
    return "move the window or let a shift start earlier"


def _spans(scenario: Scenario, site: Site) -> str:
    times = iter(times_text(scenario, *(moment for w in site.windows for moment in (w.opens, w.closes))))
    return " or ".join(f"{opens}-{closes}" for opens, closes in zip(times, times, strict=True))


WINDOWS = Rule(
    name="windows",
    words="A stop lies wholly within one of its site's windows.",
    compile=_compile,
    check=_check,
    explain=_explain,
)
