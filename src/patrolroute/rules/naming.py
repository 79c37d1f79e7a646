"""Ids of visits and groups that no site, presence or area of the scenario has."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from patrolroute.scenario.model import Scenario


def unused_mark(scenario: Scenario, mark: str) -> str:
    """Return a mark, or as many of them as no id of the scenario holds in a row."""
    ids = [
        *scenario.points,
        *(squad.id for squad in scenario.squads),
        *(each.id for each in scenario.presence),
        *(each.id for each in scenario.areas),
    ]
    whole = mark
    while any(whole in each for each in ids):
        whole += mark
    return whole
