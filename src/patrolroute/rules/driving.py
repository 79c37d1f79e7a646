"""Driving: no squad is at the wheel for longer than its limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patrolroute.rules.draft import Draft, Facts, Rule, Violation, most_s

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patrolroute.matrix import TravelMatrix
    from patrolroute.scenario.model import Scenario, Site


def _compile(scenario: Scenario, draft: Draft) -> None:
    limits = {squad.id: squad.max_driving_s for squad in scenario.squads}
    for squad in draft.squads:
        squad.max_drive_s = limits[squad.id]


def _check(facts: Facts) -> Iterator[Violation]:
    for squad, route in facts.known_routes():
        # The legs are added from the roads rather than the plan's own sum believed.
        drive_s = sum(leg.drive_s for leg in facts.legs(squad, route))
        if squad.max_driving_min is not None and drive_s > most_s(squad.max_driving_min):
            yield Violation(
                rule="driving",
                squad=squad.id,
                message=(
                    f"squad {squad.title!r} drives {drive_s / 60:.1f} min; its longest driving time is "
                    f"{squad.max_driving_min:g} min."
                ),
            )


def _explain(scenario: Scenario, matrix: TravelMatrix, site: Site) -> str | None:
    needed_s = []
    for squad in scenario.squads:
        out_s, _ = matrix.drive(squad.vehicle.profile, squad.start, site.id)
        home_s, _ = matrix.drive(squad.vehicle.profile, site.id, squad.end)
        if squad.max_driving_s is None or out_s + home_s <= squad.max_driving_s:
            return None
        needed_s.append(out_s + home_s)
    if not needed_s:
        return None
    longest_min = max(squad.max_driving_min or 0 for squad in scenario.squads)
    return (
        f"the way there and back is {min(needed_s) / 60:.0f} min of driving, and no squad may drive more than "
        f"{longest_min:g} min; raise max_driving_min or start from a nearer place."
    )


DRIVING = Rule(
    name="driving",
    words="No squad is at the wheel for longer than its longest driving time.",
    compile=_compile,
    check=_check,
    explain=_explain,
)
