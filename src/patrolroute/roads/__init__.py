"""Streets: loading, speeds, closures, and the ways between places."""

from patrolroute.roads.fetch import fetch_roads, find_fetched
from patrolroute.roads.files import read_roads, write_roads
from patrolroute.roads.graphs import roads_from_graph
from patrolroute.roads.network import Cut, RoadNetwork
from patrolroute.roads.routing import travel_matrix, travel_seconds
from patrolroute.roads.snap import Placed, Snaps, place_on_roads, snap_points
from patrolroute.roads.speeds import SpeedTable
from patrolroute.roads.trace import Leg, Street, trace_legs

__all__ = [
    "Cut",
    "Leg",
    "Placed",
    "RoadNetwork",
    "Snaps",
    "SpeedTable",
    "Street",
    "fetch_roads",
    "find_fetched",
    "place_on_roads",
    "read_roads",
    "roads_from_graph",
    "snap_points",
    "trace_legs",
    "travel_matrix",
    "travel_seconds",
    "write_roads",
]
