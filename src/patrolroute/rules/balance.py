"""Balance: among plans that cover as much with as little overtime, squads share stops or time on duty evenly.

A wish that no plan can break, so there is nothing to check: a level of the objective, before driving.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from patrolroute.rules.draft import Draft, Rule, finds_nothing, says_nothing

if TYPE_CHECKING:
    from patrolroute.scenario.model import Scenario


def _compile(scenario: Scenario, draft: Draft) -> None:
    draft.balance = scenario.balance


BALANCE = Rule(
    name="balance",
    words="Where plans cover as much with as little overtime, squads share stops or time on duty evenly.",
    compile=_compile,
    check=finds_nothing,
    explain=says_nothing,
)
