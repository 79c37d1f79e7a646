"""Streets: loading, speeds, closures, the ways between places, and drives that cover streets."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from patrolroute.roads.cuts import Closed, Cut
from patrolroute.roads.network import RoadNetwork
from patrolroute.roads.periods import SpeedPeriod, at_period, speed_periods, travel_periods
from patrolroute.roads.restrictions import Restrictions
from patrolroute.roads.sources.fetch import fetch_roads, find_fetched
from patrolroute.roads.sources.files import read_roads, write_roads
from patrolroute.roads.sources.graphs import roads_from_graph
from patrolroute.roads.sources.polygons import read_polygon
from patrolroute.roads.speeds import SpeedTable
from patrolroute.roads.ways.offroad import distance_words
from patrolroute.roads.ways.reach import reach_areas
from patrolroute.roads.ways.snap import Placed, Snaps, place_on_roads, snap_points
from patrolroute.roads.ways.tables import travel_blocks, travel_matrix, travel_seconds, write_travel
from patrolroute.roads.ways.trace import Leg, Street, trace_legs
from patrolroute.roads.ways.turns import TurnGraph, turn_graph
from patrolroute.roads.ways.turnwalk import DrivenBeat, forbidden_turns

if TYPE_CHECKING:
    from patrolroute.roads.coverage.beats import Beats, cut_beats
    from patrolroute.roads.coverage.drives import drive_edges, drive_streets
    from patrolroute.roads.coverage.prizes import Effort, drive_share, drive_within
    from patrolroute.roads.coverage.recount import check_drive
    from patrolroute.roads.coverage.streets import AreaStreets, Drive, Ends, area_streets

__all__ = [
    "AreaStreets",
    "Beats",
    "Closed",
    "Cut",
    "Drive",
    "DrivenBeat",
    "Effort",
    "Ends",
    "Leg",
    "Placed",
    "Restrictions",
    "RoadNetwork",
    "Snaps",
    "SpeedPeriod",
    "SpeedTable",
    "Street",
    "TurnGraph",
    "area_streets",
    "at_period",
    "check_drive",
    "cut_beats",
    "distance_words",
    "drive_edges",
    "drive_share",
    "drive_streets",
    "drive_within",
    "fetch_roads",
    "find_fetched",
    "forbidden_turns",
    "place_on_roads",
    "reach_areas",
    "read_polygon",
    "read_roads",
    "roads_from_graph",
    "snap_points",
    "speed_periods",
    "trace_legs",
    "travel_blocks",
    "travel_matrix",
    "travel_periods",
    "travel_seconds",
    "turn_graph",
    "write_roads",
    "write_travel",
]

_LATER = {
    "AreaStreets": "coverage.streets",
    "Beats": "coverage.beats",
    "Drive": "coverage.streets",
    "Effort": "coverage.prizes",
    "Ends": "coverage.streets",
    "area_streets": "coverage.streets",
    "check_drive": "coverage.recount",
    "cut_beats": "coverage.beats",
    "drive_edges": "coverage.drives",
    "drive_share": "coverage.prizes",
    "drive_streets": "coverage.drives",
    "drive_within": "coverage.prizes",
}


def __getattr__(name: str) -> Any:
    """Import what covers streets when it is asked for: it brings a compiler and solvers, which most have no use for."""
    if name not in _LATER:
        raise AttributeError(f"module 'patrolroute.roads' has no attribute {name!r}")
    found = getattr(import_module(f"patrolroute.roads.{_LATER[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return list(__all__)
