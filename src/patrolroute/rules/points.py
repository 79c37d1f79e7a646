"""Points of the travel matrix that rules need besides the scenario's places and sites."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from patrolroute.scenario.model import Scenario


def seen_points(scenario: Scenario) -> dict[str, str]:
    """Return the sites that may be seen from the road, and the point of the street from which each is seen.

    Where a site meets the nearest street; `build` leaves out those whose street is farther than wanted.
    """
    mark = "~seen"
    while any(name.endswith(mark) for name in scenario.points):
        mark = f"~{mark}"
    return {site.id: f"{site.id}{mark}" for site in scenario.sites if site.seen_within_m is not None}
