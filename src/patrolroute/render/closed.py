"""What is closed for the night, in words and as areas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from shapely import Polygon

from patrolroute.render.wording import length_text, plain

if TYPE_CHECKING:
    from patrolroute.scenario.model import Scenario

_M_PER_DEG = 111_195.0  # of a great circle on a sphere of 6371 km
_MOST = 12


def closed_words(scenario: Scenario) -> tuple[str, ...]:
    """Return what a scenario closes, each in few words; nothing where all is open.

    Streets by name, all of them, for a squad must know each. Stretches between two junctions are known by their OSM
    nodes only, and areas by their middle, their extent and the map: of those the first twelve are told and the rest
    counted.
    """
    closures = scenario.closures
    stretches = [f"the stretch from OSM node {tail} to {head}" for tail, head in closures.edges]
    areas = [
        f"all streets in area {number} around {_where(area)}"
        for number, area in enumerate(closed_areas(scenario), start=1)
    ]
    return (
        *(plain(street) for street in closures.streets),
        *_first(stretches, "stretch", "stretches"),
        *_first(areas, "area", "areas"),
    )


def closed_areas(scenario: Scenario) -> tuple[Polygon, ...]:
    """Return the closed areas as polygons in degrees."""
    return tuple(Polygon(ring) for ring in scenario.closures.polygons)


def closed_text(scenario: Scenario) -> str:
    """Return what is closed in one line; empty where all is open."""
    return "; ".join(closed_words(scenario))


def _where(area: Polygon) -> str:
    west, south, east, north = area.bounds
    wide_m = (east - west) * _M_PER_DEG * float(np.cos(np.radians((south + north) / 2)))
    across = length_text(max(wide_m, (north - south) * _M_PER_DEG))
    return f"lon {(west + east) / 2:.4f}, lat {(south + north) / 2:.4f} ({across} across)"


def _first(told: list[str], noun: str, nouns: str) -> list[str]:
    more = len(told) - _MOST
    return told if more <= 0 else [*told[:_MOST], f"{more} more {noun if more == 1 else nouns} that the scenario names"]
