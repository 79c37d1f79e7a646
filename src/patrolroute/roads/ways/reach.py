"""Areas within reach: the streets that can be driven from a place within a time, as polygons."""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import geopandas as gpd
import numpy as np
import shapely
import shapely.ops

from patrolroute.errors import Faults
from patrolroute.roads.geometry import metres_per_degree
from patrolroute.roads.keys import DM_LIMIT
from patrolroute.roads.ways.routing import along_ms, fastest, on_twin_dm, spots, street_graph
from patrolroute.roads.ways.tables import Engine, choose_engine

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from patrolroute.roads.network import RoadNetwork
    from patrolroute.roads.ways.snap import Placed

_ROUND = 4
"""Segments of a quarter circle where the area ends."""

_TILE_M = 300.0
"""Side of the squares whose streets' ground is joined once for all areas: joining takes longer than finding ways."""


def reach_areas(
    network: RoadNetwork,
    placed: Placed,
    *,
    within_s: Sequence[int],
    margin_m: float = 30.0,
    engine: Engine = "auto",
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
        Metres on either side of a street, more than 0; true at the middle of the network.
    engine : {"auto", "native", "scipy"}
        What finds the ways; both find the same. See `choose_engine`.

    Returns
    -------
    geopandas.GeoDataFrame
        A row for each place and time, in that order, EPSG:4326: id, within_s, geometry (Polygon or MultiPolygon; empty
        where the street itself is not reached in time).

    Raises
    ------
    InputError
        When a time is not whole or not more than 0, the margin is not more than 0, or there is no such engine.
    """
    faults = Faults()
    for seconds in within_s:
        if not 0 < seconds < np.inf or int(seconds) != seconds:
            faults.add(f"within_s: {seconds} s; expected whole seconds, more than 0.")
    if not 0 < margin_m < np.inf:
        faults.add(f"margin_m: {margin_m} m; expected more than 0.")
    if engine not in get_args(Engine):
        faults.add(f"engine: there is no {engine!r}; expected {', '.join(map(repr, get_args(Engine)))}.")
    faults.raise_if_any()
    areas, ground = [], _Ground(network, margin_m)
    for rows, key in _node_keys(network, placed, engine):
        for point, row in enumerate(key, rows.start):
            node_ms = np.floor(row / DM_LIMIT)
            for seconds in within_s:
                budget_ms = 1000 * int(seconds) - int(placed.access_ms[point])
                areas.append(ground.area(_Stretches(network, placed, point, node_ms, budget_ms)))
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


class _Ground:
    """The ground near streets, made where it is needed and kept for the next area; metres are true at the middle."""

    def __init__(self, network: RoadNetwork, margin_m: float) -> None:
        self._network, self._margin_m = network, margin_m
        self._middle = np.array([network.lon.mean(), network.lat.mean()])
        self._scale = np.concatenate(metres_per_degree(self._middle[1:]))
        self._lines = shapely.transform(network.lines, lambda lonlat: (lonlat - self._middle) * self._scale)
        self._near = np.empty(len(self._lines), object)
        street = np.flatnonzero(network.street)
        ends = (network.xy_m[network.tail] + network.xy_m[network.head])[street] / 2
        _, tile = np.unique(np.floor(ends / _TILE_M), axis=0, return_inverse=True)
        self._tile = np.full(len(self._lines), -1)
        self._tile[street] = tile.reshape(-1)
        self._streets_in = np.bincount(self._tile[street])
        self._tiles = np.empty(len(self._streets_in), object)

    def area(self, reached: _Stretches) -> shapely.Geometry:
        """Return the ground near some stretches, in degrees."""
        network = self._network
        full = np.zeros(len(network.tail), np.bool_)
        full[reached.edge[(reached.begin == 0.0) & (reached.end == 1.0)]] = True
        # A street that is driven whole one way needs neither its twin nor parts of itself.
        driven_back = (network.twin >= 0) & full[network.twin]
        cut = np.flatnonzero(~(full | driven_back)[reached.edge])
        parts = [
            shapely.ops.substring(line, begin, end, normalized=True)
            for line, begin, end in zip(
                self._lines[reached.edge[cut]], reached.begin[cut], reached.end[cut], strict=True
            )
        ]
        near = shapely.buffer(np.array(parts, object), self._margin_m, quad_segs=_ROUND)
        area = shapely.union_all([*self._whole(np.flatnonzero(network.street & (full | driven_back))), *near])
        return shapely.transform(area, lambda metres: metres / self._scale + self._middle)

    def _whole(self, street: NDArray[np.int64]) -> list[shapely.Geometry]:
        """Return the ground near whole streets; of tiles all of whose streets are among them, as one."""
        fresh = street[self._near[street] == None]  # noqa: E711 - asked of each element
        self._near[fresh] = shapely.buffer(self._lines[fresh], self._margin_m, quad_segs=_ROUND)
        tile = self._tile[street]
        complete = np.bincount(tile, minlength=len(self._tiles)) == self._streets_in
        order = np.argsort(tile, kind="stable")
        start = np.searchsorted(tile[order], np.arange(len(self._tiles) + 1))
        for each in np.flatnonzero(complete & (self._tiles == None)).tolist():  # noqa: E711 - asked of each element
            self._tiles[each] = shapely.union_all(self._near[street[order[start[each] : start[each + 1]]]])
        return [*self._tiles[complete], *self._near[street[~complete[tile]]]]


def _node_keys(network: RoadNetwork, placed: Placed, engine: Engine) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    """Yield, for slices of the places, the keys of the fastest ways to all nodes."""
    if engine == "auto":
        engine = choose_engine(network, len(placed.ids))
    if engine == "scipy":
        graph = street_graph(network, placed)
        for rows, key in fastest(graph.weights, graph.point_node):
            yield rows, key[:, : len(network.node_id)]
        return
    from patrolroute.roads.hierarchy import Ends, sweep  # noqa: PLC0415 - brings the compiler
    from patrolroute.roads.ways.ends import street_ends  # noqa: PLC0415 - brings the compiler

    yield from sweep(
        network.weighted, street_ends(network, placed).sources, Ends.of_nodes(np.arange(len(network.node_id)))
    )
