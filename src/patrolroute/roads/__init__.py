"""Streets: loading, speeds, closures, and the ways between places."""

from patrolroute.roads.areas import read_polygon
from patrolroute.roads.fetch import fetch_roads, find_fetched
from patrolroute.roads.files import read_roads, write_roads
from patrolroute.roads.graphs import roads_from_graph
from patrolroute.roads.network import Closed, Cut, RoadNetwork
from patrolroute.roads.offroad import distance_words
from patrolroute.roads.reach import reach_areas
from patrolroute.roads.snap import Placed, Snaps, place_on_roads, snap_points
from patrolroute.roads.speeds import SpeedTable
from patrolroute.roads.tables import travel_blocks, travel_matrix, travel_seconds, write_travel
from patrolroute.roads.trace import Leg, Street, trace_legs
from patrolroute.roads.turns import TurnGraph, turn_graph

__all__ = [
    "Closed",
    "Cut",
    "Leg",
    "Placed",
    "RoadNetwork",
    "Snaps",
    "SpeedTable",
    "Street",
    "TurnGraph",
    "distance_words",
    "fetch_roads",
    "find_fetched",
    "place_on_roads",
    "reach_areas",
    "read_polygon",
    "read_roads",
    "roads_from_graph",
    "snap_points",
    "trace_legs",
    "travel_blocks",
    "travel_matrix",
    "travel_seconds",
    "turn_graph",
    "write_roads",
    "write_travel",
]
