"""Anywhere: a squad without a place to start from or to end at begins at its first stop, or ends at its last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patrolroute.rules.draft import Facts, Rule, Violation, changes_nothing, says_nothing
from patrolroute.scenario.base import ANYWHERE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patrolroute.plans import Route
    from patrolroute.scenario.model import Squad


def _check(facts: Facts) -> Iterator[Violation]:
    for squad, route in facts.known_routes():
        for message in _faults(squad, route):
            yield Violation(rule="anywhere", squad=squad.id, message=f"squad {squad.title!r} {message}.")


def _faults(squad: Squad, route: Route) -> Iterator[str]:
    if not route.visits:
        return
    first, last = route.visits[0], route.visits[-1]
    if squad.start == ANYWHERE:
        if (first.drive_s, first.drive_m) != (0, 0):
            yield f"starts at its first stop, and drives {first.drive_s} s and {first.drive_m} m to it"
        if route.leave_s != first.arrive_s:
            yield f"starts at its first stop, leaves {first.arrive_s - route.leave_s} s before it is there"
    if squad.end == ANYWHERE:
        back_s = route.drive_s - sum(visit.drive_s for visit in route.visits)
        back_m = route.drive_m - sum(visit.drive_m for visit in route.visits)
        if (back_s, back_m) != (0, 0):
            yield f"ends at its last stop, and drives {back_s} s and {back_m} m after it"
        if route.return_s != last.end_s:
            yield f"ends at its last stop, and is back {route.return_s - last.end_s} s after it"
    if any(visit.site and ANYWHERE in (visit.entry, visit.exit) for visit in route.visits):
        yield "makes a stop at no place"


ANYWHERE_RULE = Rule(
    name="anywhere",
    words="A squad that starts anywhere begins at its first stop; one that ends anywhere ends at its last.",
    compile=changes_nothing,
    check=_check,
    explain=says_nothing,
)
