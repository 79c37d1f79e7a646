"""Overtime: a squad that may is back late by no more than its minutes; how much there is makes a plan worse.

What an hour of it costs, where the planner says so, is a matter of the objective that no plan can break.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from patrolroute.rules.draft import Draft, Facts, Rule, Violation, least_s, most_s, says_nothing, seconds_between

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patrolroute.scenario.model import Scenario


def _compile(scenario: Scenario, draft: Draft) -> None:
    overtime_s = {squad.id: squad.overtime_s for squad in scenario.squads}
    for squad in draft.squads:
        if overtime_s[squad.id]:
            squad.overtime_from_s = squad.until_s
            squad.until_s += overtime_s[squad.id]
    price = scenario.overtime_price
    # A night may have nothing of that tier to visit, or nothing at all.
    if price is not None and any(overtime_s.values()) and any(visit.tier == price.tier for visit in draft.visits):
        draft.overtime_tier = price.tier
        draft.overtime_price = round(price.weight_per_h * draft.weight_unit)


def _check(facts: Facts) -> Iterator[Violation]:
    for squad, route in facts.known_routes():
        if not squad.overtime_min:
            continue
        shift, back = squad.shift, facts.moment(route.return_s)
        late_s = least_s(shift.debriefing_min) - seconds_between(back, shift.end)
        if late_s > most_s(squad.overtime_min):
            yield Violation(
                rule="overtime",
                squad=squad.id,
                message=(
                    f"squad {squad.title!r} is back at {back:%H:%M:%S}, {late_s / 60:.1f} min late; its overtime is "
                    f"{squad.overtime_min:g} min at most."
                ),
            )


OVERTIME = Rule(
    name="overtime",
    words="A squad that may work overtime is back no later than its overtime allows.",
    compile=_compile,
    check=_check,
    explain=says_nothing,
)
