"""The beats of a night's areas: extents on the map, drives that reach the share, and where they begin and end."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from patrolroute.beats import Beat, BeatBook, StreetTable
from patrolroute.errors import Faults, InputError
from patrolroute.roads.closures import edges_named, likely_names
from patrolroute.roads.coverage.beats import cut_beats
from patrolroute.roads.coverage.pace import pace_ms
from patrolroute.roads.coverage.prizes import Effort
from patrolroute.roads.coverage.streets import area_streets
from patrolroute.roads.coverage.turning import turning_ms
from patrolroute.roads.geometry import metres_per_degree

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from patrolroute.roads.coverage.streets import Drive
    from patrolroute.roads.network import RoadNetwork
    from patrolroute.roads.ways.snap import Placed
    from patrolroute.roads.ways.turns import TurnGraph
    from patrolroute.scenario.areas import Area

_ITERATIONS = 300
"""Measured on two districts: more gain less than the seed does."""

_ROUND = 16
"""Corners of a quarter circle at the ends of a street's surroundings."""


@dataclass(frozen=True, kw_only=True)
class BeatWish:
    """How areas are to be cut into beats.

    Parameters
    ----------
    longest_s : mapping of str to float
        By area: seconds that no beat should take more than.
    speed_milli : int
        Thousandths of network speed of the slowest vehicle, at most 1000.
    mark : str
        What stands between an area's id and the number of a beat.
    turns : TurnGraph, optional
        Turns that beats obey, of the network.
    effort : Effort
    """

    longest_s: Mapping[str, float]
    speed_milli: int = 1000
    mark: str = "#"
    turns: TurnGraph | None = None
    effort: Effort = field(default_factory=lambda: Effort(iterations=_ITERATIONS))


def plan_beats(network: RoadNetwork, areas: Sequence[Area], wish: BeatWish) -> BeatBook:
    """Cut each area's streets into disjoint beats that together reach its share.

    Parameters
    ----------
    network : RoadNetwork
        With the night's closures and speeds.
    areas : sequence of Area
    wish : BeatWish

    Raises
    ------
    InputError
        With every area that holds no street that counts, or whose street or classes the network does not have.
    """
    faults = Faults()
    polygons, cuts = {}, {}
    for area in areas:
        try:
            polygon = extent(network, area)
            streets = area_streets(network, polygon, classes=area.streets or None)
            cuts[area.id] = cut_beats(
                network,
                streets,
                wish.longest_s[area.id],
                share=area.share,
                closed=False,
                patrol_kph=area.patrol_kph,
                turns=wish.turns,
                effort=wish.effort,
            )
        except InputError as error:
            faults.extend(f"area {area.title!r}: {fault.removeprefix('area: ')}" for fault in error.faults)
            continue
        polygons[area.id] = polygon
    faults.raise_if_any()
    driven = [drive.edges for each in cuts.values() for drive in each.drives]
    named = edges_named(network, [area.street for area in areas if area.street])
    # Where a beat turns round, all streets tell whether it is a dead end.
    met = [] if wish.turns is None else [np.flatnonzero(np.isin(network.tail, network.head[e])) for e in driven]
    rows = _in_reach(network, list(polygons.values()), [*driven, *named, *met])
    made = []
    for area in areas:
        for number, drive in enumerate(cuts[area.id].drives, start=1):
            made.append(_beat(network, area, f"{area.id}{wish.mark}{number}", drive, rows, wish))
    return BeatBook(
        streets=_table(network, rows),
        polygons=polygons,
        total_dm={area.id: cuts[area.id].whole.total_dm for area in areas},
        beats=tuple(made),
    )


def extent(network: RoadNetwork, area: Area) -> BaseGeometry:
    """Return the polygon of an area in degrees: of its rings, or around its street.

    Raises
    ------
    InputError
        When no street has the name.
    """
    if not area.street or area.buffer_m is None:
        return area.polygon
    (edges,) = edges_named(network, [area.street])
    if not len(edges):
        raise InputError([f"no street is named {area.street!r}; {likely_names(network, area.street)}"])
    lines = shapely.union_all(network.lines[edges])
    _, south, _, north = lines.bounds
    scale = [float(each[0]) for each in metres_per_degree(np.array([(south + north) / 2]))]
    flat = shapely.transform(lines, lambda lonlat: lonlat * scale)
    around = shapely.buffer(flat, area.buffer_m, quad_segs=_ROUND)
    return shapely.transform(around, lambda xy: xy / scale)


def check_streets(network: RoadNetwork, book: BeatBook) -> None:
    """Refuse beats over streets that a network does not have, or has otherwise.

    Raises
    ------
    InputError
    """
    table = book.streets
    edge = np.clip(table.edge, 0, len(network.tail) - 1)
    node = np.column_stack([network.node_id[network.tail[edge]], network.node_id[network.head[edge]]])
    twin = network.twin[edge]
    both = np.column_stack([edge, np.where(twin >= 0, twin, edge)])
    same = (
        np.array_equal(edge, table.edge)
        and np.array_equal(node, table.node)
        and np.array_equal(twin >= 0, table.two_way)
        and np.array_equal(network.length_dm[both], table.length_dm)
        and np.array_equal(network.time_ms[both], table.time_ms)
    )
    if not same:
        raise InputError(["beats: their streets are not those of the roads; give the roads that the plan was made on."])


def with_beats(network: RoadNetwork, placed: Placed, book: BeatBook, *, turns: bool = False) -> Placed:
    """Return placed points and, behind them, where each beat begins and ends.

    Parameters
    ----------
    network : RoadNetwork
    placed : Placed
    book : BeatBook
    turns : bool
        Whether drives obey turns. Then a beat begins and ends a decimetre within its first and its last edge, so that
        turning into the one and from the other is part of the drives before and after; else at the very nodes.
    """
    points = [point for beat in book.beats for point in (beat.entry, beat.exit)]
    edge, at_dm = (_within if turns else _at_nodes)(network, book)
    fraction = at_dm / np.maximum(network.length_dm[edge], 1)
    within = shapely.get_coordinates(shapely.line_interpolate_point(network.lines[edge], fraction, normalized=True))
    lon = np.where(at_dm == 0, network.lon[network.tail[edge]], within[:, 0])
    lat = np.where(at_dm == 0, network.lat[network.tail[edge]], within[:, 1])
    zero = np.zeros(len(edge))
    return replace(
        placed,
        ids=(*placed.ids, *points),
        site_lon=np.append(placed.site_lon, lon),
        site_lat=np.append(placed.site_lat, lat),
        edge=np.append(placed.edge, edge.astype(np.int32)),
        fraction=np.append(placed.fraction, fraction),
        lon=np.append(placed.lon, lon),
        lat=np.append(placed.lat, lat),
        distance_m=np.append(placed.distance_m, zero),
        access_dm=np.append(placed.access_dm, zero.astype(np.int64)),
        access_ms=np.append(placed.access_ms, zero.astype(np.int64)),
        directed=placed.directed | set(points if turns else ()),
    )


def _at_nodes(network: RoadNetwork, book: BeatBook) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return an edge that begins where each beat begins and where it ends, and 0 as the decimetres along it."""
    nodes = np.array([node for beat in book.beats for node in book.ends(beat)], np.int64)
    edge = np.searchsorted(network.tail, np.searchsorted(network.node_id, nodes))
    return edge, np.zeros(len(edge), np.int64)


def _within(network: RoadNetwork, book: BeatBook) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the first and the last edge of each beat, and the decimetres along them to just within."""
    row = np.array([beat.street[at] for beat in book.beats for at in (0, -1)], np.int64)
    ahead = np.array([beat.forward[at] for beat in book.beats for at in (0, -1)], np.bool_)
    edge = book.streets.edge[row]
    edge = np.where(ahead, edge, network.twin[edge])
    return edge, np.where(np.arange(len(edge)) % 2 == 0, 1, network.length_dm[edge] - 1)


def _in_reach(
    network: RoadNetwork, polygons: Sequence[BaseGeometry], more: Sequence[NDArray[np.integer]]
) -> NDArray[np.int64]:
    """Return the edges, of twins the first, whose lines reach into the bounds of a polygon, and some more."""
    start = network.shape_start[:-1]
    low = np.minimum.reduceat(network.shape_lonlat, start)
    high = np.maximum.reduceat(network.shape_lonlat, start)
    kept = np.zeros(len(network.tail), bool)
    for polygon in polygons:
        west, south, east, north = polygon.bounds
        kept |= (low <= (east, north)).all(axis=1) & (high >= (west, south)).all(axis=1)
    for edges in more:
        kept[edges] = True
    return np.unique(network.first[np.flatnonzero(kept)]).astype(np.int64)


def _table(network: RoadNetwork, rows: NDArray[np.int64]) -> StreetTable:
    twin = network.twin[rows]
    both = np.column_stack([rows, np.where(twin >= 0, twin, rows)])
    start = network.shape_start
    lines = [network.shape_lonlat[a:b] for a, b in start[np.stack([rows, rows + 1], axis=1)].tolist()]
    return StreetTable(
        edge=rows,
        node=np.column_stack([network.node_id[network.tail[rows]], network.node_id[network.head[rows]]]),
        name=tuple(network.name[row] for row in rows.tolist()),
        highway=tuple(network.highway[row] for row in rows.tolist()),
        two_way=twin >= 0,
        length_dm=network.length_dm[both],
        time_ms=network.time_ms[both],
        shape_start=np.append(0, np.cumsum([len(line) for line in lines])),
        shape_lonlat=np.concatenate([np.zeros((0, 2)), *lines]),
    )


def _beat(network: RoadNetwork, area: Area, name: str, drive: Drive, rows: NDArray[np.int64], wish: BeatWish) -> Beat:
    edges = drive.edges.astype(np.int64)
    first = network.first[edges]
    times = -(-network.time_ms[edges] * 1000 // wish.speed_milli)
    fresh = np.zeros(len(edges), bool)
    fresh[np.unique(first, return_index=True)[1]] = True
    fresh &= np.isin(first, drive.streets)
    times[fresh] = np.maximum(times[fresh], pace_ms(network.length_dm[edges[fresh]], area.patrol_kph))
    if wish.turns is not None:
        times += -(-turning_ms(network, edges, wish.turns.u_turn_ms) * 1000 // wish.speed_milli)
    return Beat(
        id=name,
        area=area.id,
        street=np.searchsorted(rows, first).astype(np.int32),
        forward=first == edges,
        credited=np.searchsorted(rows, drive.streets).astype(np.int32),
        credited_dm=drive.covered_dm.astype(np.int64),
        duration_s=int(-(-times.sum() // 1000)),
    )
