"""Areas within reach: the streets that can be driven from a place within a time, as polygons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
import shapely.ops

from patrolroute.errors import Faults
from patrolroute.roads.geometry import metres_per_degree
from patrolroute.roads.keys import DM_LIMIT
from patrolroute.roads.routing import along_ms, fastest, on_twin_dm, spots, street_graph

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from patrolroute.roads.network import RoadNetwork
    from patrolroute.roads.snap import Placed

_ROUND = 4
"""Segments of a quarter circle where the area ends."""


def reach_areas(
    network: RoadNetwork, placed: Placed, *, within_s: Sequence[int], margin_m: float = 30.0
) -> gpd.GeoDataFrame:
    """Return the areas that can be reached from places within given times (isochrones).

    An area is all ground within `margin_m` of the parts of streets that can be reached in time at network speed, the
    way from the place to the street included; streets are cut where time runs out. Blocks wider than twice the margin
    keep a hole, since what lies inside is not reached by driving. Streets can be driven one way only where they are
    one-way; whoever must also come back in time has less.

    Parameters
    ----------
    network : RoadNetwork
    placed : Placed
        Places, as `place_on_roads` puts them on the streets.
    within_s : sequence of int
        Seconds, each more than 0.
    margin_m : float
        Metres on either side of a street, more than 0.

    Returns
    -------
    geopandas.GeoDataFrame
        A row for each place and time, in that order, EPSG:4326: id, within_s, geometry (Polygon or MultiPolygon; empty
        where the street itself is not reached in time).

    Raises
    ------
    InputError
        When a time is not whole or not more than 0, or the margin is not more than 0.
    """
    faults = Faults()
    for seconds in within_s:
        if not 0 < seconds < np.inf or int(seconds) != seconds:
            faults.add(f"within_s: {seconds} s; expected whole seconds, more than 0.")
    if not 0 < margin_m < np.inf:
        faults.add(f"margin_m: {margin_m} m; expected more than 0.")
    faults.raise_if_any()
    graph = street_graph(network, placed)
    areas, lines = [], network.lines
    for rows, key in fastest(graph.weights, graph.point_node):
        for point, row in enumerate(key[:, : len(network.node_id)], rows.start):
            node_ms = np.floor(row / DM_LIMIT)
            for seconds in within_s:
                budget_ms = 1000 * int(seconds) - int(placed.access_ms[point])
                reached = _Stretches(network, placed, point, node_ms, budget_ms)
                origin = float(placed.lon[point]), float(placed.lat[point])
                areas.append(_area(network, lines, reached, origin, margin_m))
    columns = {
        "id": np.repeat(np.array(placed.ids, object), len(within_s)),
        "within_s": np.tile(np.asarray(within_s, np.int64), len(placed.ids)),
    }
    return gpd.GeoDataFrame(columns, geometry=areas, crs="EPSG:4326")


class _Stretches:
    """The stretches of edges that are reached, as shares of each edge's length from its tail."""

    def __init__(
        self, network: RoadNetwork, placed: Placed, point: int, node_ms: NDArray[np.float64], budget_ms: int
    ) -> None:
        left = budget_ms - node_ms[network.tail]
        edge = np.flatnonzero(left >= 0)
        share = np.minimum(left[edge] / network.time_ms[edge], 1.0)
        if budget_ms >= 0:
            own, begin, end = _own_edge(network, placed, point, budget_ms)
        else:
            own, begin, end = np.zeros(0, np.int64), np.zeros(0), np.zeros(0)
        self.edge = np.concatenate([edge, own])
        self.begin = np.concatenate([np.zeros(len(edge)), begin])
        self.end = np.concatenate([share, end])


def _own_edge(
    network: RoadNetwork, placed: Placed, point: int, budget_ms: int
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the stretches driven straight on from a point, before any node is met."""
    edges, places = spots(network, placed)
    edge, at_dm = edges[point : point + 1], places[point : point + 1]
    if 0 < at_dm[0] < network.length_dm[edge[0]] and network.twin[edge[0]] >= 0:
        at_dm = np.concatenate([at_dm, on_twin_dm(network, edge, at_dm)])
        edge = np.concatenate([edge, network.twin[edge]]).astype(np.int64)
    begin = at_dm / np.maximum(network.length_dm[edge], 1)
    end = np.minimum((along_ms(network, edge, at_dm) + budget_ms) / network.time_ms[edge], 1.0)
    # At its very end, a point goes on as the node does.
    return edge, begin, np.maximum(begin, end)


def _area(
    network: RoadNetwork, lines: NDArray[np.object_], reached: _Stretches, origin: tuple[float, float], margin_m: float
) -> shapely.Geometry:
    """Return the ground near some stretches, in degrees; metres are true at the origin."""
    east, north = metres_per_degree(np.array([origin[1]]))
    scale = np.array([east[0], north[0]])

    def flat(edge: NDArray[np.int64]) -> NDArray[np.object_]:
        metres: NDArray[np.object_] = shapely.transform(lines[edge], lambda lonlat: (lonlat - origin) * scale)
        return metres

    full = np.zeros(len(network.tail), np.bool_)
    full[reached.edge[(reached.begin == 0.0) & (reached.end == 1.0)]] = True
    # A street that is driven whole one way needs neither its twin nor parts of itself.
    driven_back = (network.twin >= 0) & full[network.twin]
    cut = np.flatnonzero(~(full | driven_back)[reached.edge])
    parts = [
        shapely.ops.substring(line, begin, end, normalized=True)
        for line, begin, end in zip(flat(reached.edge[cut]), reached.begin[cut], reached.end[cut], strict=True)
    ]
    whole = flat(np.flatnonzero(full & (network.street | ~driven_back)))
    area = shapely.union_all(shapely.buffer(np.array([*whole, *parts], object), margin_m, quad_segs=_ROUND))
    return shapely.transform(area, lambda metres: metres / scale + origin)
