"""The squads of a night as tables: what each does and when, how far it drives; and who may stop where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patrolroute.render.areas import route_beats_m
from patrolroute.render.grid import Grid
from patrolroute.render.stays import tally
from patrolroute.render.wording import (
    back_text,
    clock_text,
    driving_text,
    length_text,
    listed,
    plain,
    share_text,
    span_text,
    waiting_text,
)
from patrolroute.scenario.words import counted

if TYPE_CHECKING:
    from patrolroute.plans import Route
    from patrolroute.render.night import Night
    from patrolroute.scenario.model import Squad
    from patrolroute.scenario.teams import TeamNeeds

_NUMBERS = ("stops", "beats", "seen", "way", "driving (of shift)", "waits")
_MOST_SITES = 6
_SPARE = ("waits", "shift", "breaks", "way", "driving (of shift)")


def squads_grid(night: Night) -> Grid:
    """Return a row for each squad; beats, sites seen and breaks have columns where the night has any."""
    heads = ["squad", "shift", "stops"]
    heads += ["beats"] if night.scenario.areas else []
    heads += ["seen"] if any(site.seen_within_m is not None for site in night.scenario.sites) else []
    heads += ["leaves", "back", "way", "driving (of shift)", "waits"]
    heads += ["breaks"] if tally(night, *night.plan.routes).breaks else []
    rows = [_cells(night, squad, night.route(squad.id)) for squad in night.scenario.squads]
    return Grid(
        title="Squads",
        heads=tuple(heads),
        rows=tuple(tuple(cells[head] for head in heads) for cells in rows),
        right=frozenset(heads.index(head) for head in _NUMBERS if head in heads),
        folds=frozenset(range(1, len(heads))),
        spare=tuple(heads.index(head) for head in _SPARE if head in heads),
        empty="no squads",
    )


def _cells(night: Night, squad: Squad, route: Route | None) -> dict[str, str]:
    """Return what the columns say of a squad."""
    shift = squad.shift
    cells = {"squad": plain(squad.title), "shift": span_text(night, shift.start, shift.end)}
    cells |= dict.fromkeys(("stops", "beats", "seen"), "0")
    cells |= dict.fromkeys(("leaves", "back", "driving (of shift)", "waits", "breaks"), "-") | {"way": "0 m"}
    if route is None or not route.visits:
        return cells
    made = tally(night, route)
    rests = [
        span_text(night, night.clock(visit.begin_s), night.clock(visit.end_s))
        for visit in route.visits
        if not visit.site
    ]
    return cells | {
        "stops": str(made.stops),
        "beats": str(made.beats),
        "seen": str(made.seen),
        "leaves": clock_text(night, night.clock(route.leave_s)),
        "back": back_text(night, route),
        "way": length_text(route.drive_m + route_beats_m(night, route)),
        "driving (of shift)": f"{driving_text(route)} ({share_text(route.drive_s, shift.length_s)})",
        "waits": waiting_text(route) if any(visit.wait_s for visit in route.visits) else "-",
        "breaks": ", ".join(rests) or "-",
    }


def asked_text(site: TeamNeeds) -> str:
    """Return the people and vehicles that a site or area asks for, as plain text; empty where any squad will do."""
    words = [f"{plain(force)} {count}" for force, count in site.needs.items()]
    if site.people_min:
        words.append(counted(site.people_min, "person", "people"))
    if site.vehicles:
        words.append(" or ".join(site.vehicles))
    return ", ".join(words)


def teams_grid(night: Night) -> Grid:
    """Return who may stop where, one row for all sites that ask for the same."""
    alike: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for site in night.scenario.things:
        if site.asks:
            may = tuple(plain(squad.title) for squad in night.scenario.squads if site.allows(squad))
            alike.setdefault((asked_text(site) or "certain squads", may), []).append(plain(site.title))
    return Grid(
        title="Who may stop where",
        heads=("sites", "ask for", "squads"),
        rows=tuple((_some(titles), asked, listed(may)) for (asked, may), titles in alike.items()),
        wraps=frozenset({0, 1, 2}),
    )


def _some(titles: list[str]) -> str:
    more = len(titles) - _MOST_SITES
    return listed(titles[:_MOST_SITES]) + (f" and {counted(more, 'other')}" if more > 0 else "")
