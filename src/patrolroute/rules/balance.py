"""Balance: squads have stops or time on duty alike, as a wish among equal plans or within a limit.

The wish is a level of the objective, before driving, that no plan can break; the limits are kept by every plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from patrolroute.rules.draft import Draft, Facts, Rule, Violation, most_s, says_nothing, seconds_between

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patrolroute.scenario.model import Scenario


def _compile(scenario: Scenario, draft: Draft) -> None:
    draft.balance = scenario.balance
    draft.most_spread_stops = scenario.max_spread_stops
    if scenario.max_spread_duty_min is not None:
        draft.most_spread_duty_s = most_s(scenario.max_spread_duty_min)


def _check(facts: Facts) -> Iterator[Violation]:
    stops: list[tuple[int, str]] = []
    duty_s: list[tuple[float, str]] = []
    for squad, route in facts.known_routes():
        # A break belongs to no site and is no stop.
        stops.append((sum(bool(visit.site) for visit in route.visits), squad.title))
        back = seconds_between(squad.shift.leave, facts.moment(route.return_s))
        duty_s.append((back if route.visits else 0, squad.title))
    if not stops:
        return
    most, most_min = facts.scenario.max_spread_stops, facts.scenario.max_spread_duty_min
    (fewest, idle), (many, busy) = min(stops), max(stops)
    if most is not None and many - fewest > most:
        yield Violation(
            rule="balance",
            message=f"squad {busy!r} makes {many} stops and {idle!r} {fewest}; they may be {most} apart at most.",
        )
    (shortest_s, idle), (longest_s, busy) = min(duty_s), max(duty_s)
    if most_min is not None and longest_s - shortest_s > most_s(most_min):
        yield Violation(
            rule="balance",
            message=f"squad {busy!r} is {longest_s / 60:.1f} min on duty and {idle!r} {shortest_s / 60:.1f} min; they "
            f"may be {most_min:g} min apart at most.",
        )


BALANCE = Rule(
    name="balance",
    words="No squad has more stops, or is longer on duty, than another by more than it may; where plans cover as much "
    "with as little overtime, squads share them evenly.",
    compile=_compile,
    check=_check,
    explain=says_nothing,
)
