"""Streets: loading, speeds, closures, the ways between places, and drives that cover streets."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from patrolroute.roads.areas import read_polygon
from patrolroute.roads.fetch import fetch_roads, find_fetched
from patrolroute.roads.files import read_roads, write_roads
from patrolroute.roads.graphs import roads_from_graph
from patrolroute.roads.network import Closed, Cut, RoadNetwork
from patrolroute.roads.offroad import distance_words
from patrolroute.roads.periods import SpeedPeriod, at_period, speed_periods, travel_periods
from patrolroute.roads.reach import reach_areas
from patrolroute.roads.restrictions import Restrictions
from patrolroute.roads.snap import Placed, Snaps, place_on_roads, snap_points
from patrolroute.roads.speeds import SpeedTable
from patrolroute.roads.tables import travel_blocks, travel_matrix, travel_seconds, write_travel
from patrolroute.roads.trace import Leg, Street, trace_legs
from patrolroute.roads.turns import TurnGraph, turn_graph
from patrolroute.roads.turnwalk import forbidden_turns

if TYPE_CHECKING:
    from patrolroute.roads.beats import Beats, cut_beats
    from patrolroute.roads.coverage import AreaStreets, Drive, Ends, area_streets
    from patrolroute.roads.coverdrives import drive_edges, drive_streets
    from patrolroute.roads.prizes import Effort, drive_share, drive_within
    from patrolroute.roads.recount import check_drive

__all__ = [
    "AreaStreets",
    "Beats",
    "Closed",
    "Cut",
    "Drive",
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
    "AreaStreets": "coverage",
    "Beats": "beats",
    "Drive": "coverage",
    "Effort": "prizes",
    "Ends": "coverage",
    "area_streets": "coverage",
    "check_drive": "recount",
    "cut_beats": "beats",
    "drive_edges": "coverdrives",
    "drive_share": "prizes",
    "drive_streets": "coverdrives",
    "drive_within": "prizes",
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
