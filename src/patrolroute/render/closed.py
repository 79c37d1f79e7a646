"""What is closed for the night: in words, as areas, and street by street."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from shapely import Polygon

from patrolroute.render.printed.page import edges_within
from patrolroute.render.wording import length_text, plain
from patrolroute.roads.sources.graphs import names_in

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from patrolroute.render.night import Night
    from patrolroute.render.printed.page import Bounds
    from patrolroute.scenario.model import Scenario

_M_PER_DEG = 111_195.0  # of a great circle on a sphere of 6371 km
_MOST = 12


class ClosedStreet(NamedTuple):
    """A street that is closed by its name, and its course.

    Parameters
    ----------
    name : str
        As the scenario writes it.
    lines : tuple of arrays, each shape (P, 2)
        Longitude and latitude of its edges, one line for both directions.
    """

    name: str
    lines: tuple[NDArray[np.float64], ...]


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


def closed_streets(night: Night, bounds: Bounds) -> tuple[ClosedStreet, ...]:
    """Return the streets that the scenario closes by name and that meet a box, as they run before the closing.

    An edge of several names that are closed stands under the first of them only.
    """
    wanted = {_folded(name): name for name in reversed(night.scenario.closures.streets)}
    if not wanted:
        return ()
    roads = night.roads.closed.before if night.roads.closed else night.roads
    found: dict[str, list[NDArray[np.float64]]] = {}
    for edge in edges_within(roads, bounds).tolist():
        names = [_folded(name) for name in names_in(roads.name[edge] or "")]
        if closed := [wanted[name] for name in names if name in wanted]:
            line = roads.shape_lonlat[roads.shape_start[edge] : roads.shape_start[edge + 1]]
            found.setdefault(closed[0], []).append(line)
    return tuple(ClosedStreet(name, tuple(lines)) for name, lines in found.items())


def closed_text(scenario: Scenario) -> str:
    """Return what is closed in one line; empty where all is open."""
    return "; ".join(closed_words(scenario))


def _folded(name: str) -> str:
    """Return a name as closures compare it."""
    return " ".join(name.casefold().split())


def _where(area: Polygon) -> str:
    west, south, east, north = area.bounds
    wide_m = (east - west) * _M_PER_DEG * float(np.cos(np.radians((south + north) / 2)))
    across = length_text(max(wide_m, (north - south) * _M_PER_DEG))
    return f"lon {(west + east) / 2:.4f}, lat {(south + north) / 2:.4f} ({across} across)"


def _first(told: list[str], noun: str, nouns: str) -> list[str]:
    more = len(told) - _MOST
    return told if more <= 0 else [*told[:_MOST], f"{more} more {noun if more == 1 else nouns} that the scenario names"]
