"""`write_scenario`: a scenario as one JSON text that stands alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from patrolroute.scenario.model import Scenario


def write_scenario(scenario: Scenario) -> str:
    """Return a scenario as JSON text, its tables inside it, its times in ISO 8601 with their offset.

    `read_scenario` reads an equal scenario back from a file of this text.
    """
    return scenario.model_dump_json(indent=2) + "\n"
