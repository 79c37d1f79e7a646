"""The squads of a night as a table: what each does, when it leaves and is back, how far it drives and when it rests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patrolroute.render.areas import route_beats_m
from patrolroute.render.grid import Grid
from patrolroute.render.stays import tally
from patrolroute.render.wording import (
    clock_text,
    driving_text,
    length_text,
    minutes_text,
    plain,
    share_text,
    span_text,
    waiting_text,
)

if TYPE_CHECKING:
    from patrolroute.plans import Route
    from patrolroute.render.night import Night
    from patrolroute.scenario.model import Squad

_NUMBERS = ("stops", "beats", "seen", "way", "driving (of shift)", "waits")
_SPARE = ("waits", "shift", "breaks", "way", "driving (of shift)")


def squads_grid(night: Night) -> Grid:
    """Return a row for each squad; beats, sites seen and breaks have columns where the night has any."""
    has = [
        *(["beats"] if night.scenario.areas else []),
        *(["seen"] if any(site.seen_within_m is not None for site in night.scenario.sites) else []),
        *(["breaks"] if any(tally(night, route).breaks for route in night.plan.routes) else []),
    ]
    heads = ["squad", "shift", "stops", *(head for head in has if head != "breaks"), "leaves", "back", "way"]
    heads += ["driving (of shift)", "waits", *(head for head in has if head == "breaks")]
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
    made, late_s = tally(night, route), night.overtime_s(route)
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
        "back": clock_text(night, night.clock(route.return_s)) + (f", {minutes_text(late_s)} late" if late_s else ""),
        "way": length_text(route.drive_m + route_beats_m(night, route)),
        "driving (of shift)": f"{driving_text(night, route)} ({share_text(route.drive_s, shift.length_s)})",
        "waits": waiting_text(route) if any(visit.wait_s for visit in route.visits) else "-",
        "breaks": ", ".join(rests) or "-",
    }
