"""Stop limits: no squad makes more stops than its most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patrolroute.rules.draft import Draft, Facts, Rule, Violation
from patrolroute.scenario.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patrolroute.matrix import TravelMatrix
    from patrolroute.scenario.model import Scenario, Site


def _compile(scenario: Scenario, draft: Draft) -> None:
    limits = {squad.id: squad.max_stops for squad in scenario.squads}
    for squad in draft.squads:
        squad.max_stops = limits[squad.id]


def _check(facts: Facts) -> Iterator[Violation]:
    for squad, route in facts.known_routes():
        # A break belongs to no site and is no stop.
        stops = sum(bool(visit.site) for visit in route.visits)
        if squad.max_stops is not None and stops > squad.max_stops:
            yield Violation(
                rule="stop limits",
                squad=squad.id,
                message=f"squad {squad.title!r} makes {counted(stops, 'stop')}; its most is {squad.max_stops}.",
            )


def _explain(scenario: Scenario, matrix: TravelMatrix, site: Site) -> str | None:  # noqa: ARG001 - a rule's signature
    if scenario.squads and all(squad.max_stops == 0 for squad in scenario.squads):
        return "no squad may make a stop; raise max_stops."
    return None


STOP_LIMITS = Rule(
    name="stop limits",
    words="No squad makes more stops than its most.",
    compile=_compile,
    check=_check,
    explain=_explain,
)
