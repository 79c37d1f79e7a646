"""A street network for Kupang that nobody surveyed, for where no real one can be had.

It has the shape of the town (51 kelurahan, the coast in the north-west, rivers with few bridges, a ring road) and,
on the whole, its driving times and distances: ``data/calibrate_standin.py`` measures it against real ones. It has no
real street, and its names say so. Everything made from it carries "synthetic roads: not for the field".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import shapely

from patrolroute.datasets.streets import LOCAL, Segments, grow_streets
from patrolroute.datasets.townplan import kupang_plan, to_degrees
from patrolroute.datasets.traffic import direct_traffic, incident_segments, name_streets
from patrolroute.provenance import Provenance

if TYPE_CHECKING:
    from numpy.typing import NDArray

STANDIN_VERSION = 1
STANDIN_SEED = 20231123
STANDIN_PROVENANCE = Provenance(
    kind="synthetic",
    source=f"stand-in street network for Kupang, patrolroute/datasets/standin.py version {STANDIN_VERSION}",
    attribution=(
        "Kelurahan points: cahyadsn/wilayah_boundaries, MIT. Calibrated with OpenRouteService durations from "
        "© OpenStreetMap contributors, ODbL 1.0"
    ),
)

STANDIN_MAXSPEED_KPH = {"trunk": 80, "primary": 55, "secondary": 45, "tertiary": 35}
"""Speeds of the main roads, at which the stand-in's driving times come near OpenRouteService's for Kupang. They are not
posted limits: OpenRouteService drives empty roads, and so does the stand-in. Local streets follow the speed table."""

_EARTH_RADIUS_M = 6_371_009.0


def standin_graph(*, seed: int = STANDIN_SEED) -> nx.MultiDiGraph[int]:
    """Return the stand-in street network of Kupang in OSMnx's schema.

    Parameters
    ----------
    seed : int
        Another seed gives other local streets around the same main roads.

    Returns
    -------
    networkx.MultiDiGraph
        Simplified, EPSG:4326. Nodes carry ``x``, ``y`` and ``street_count``; edges ``osmid``, ``name``, ``highway``,
        ``oneway``, ``reversed``, ``length`` (metres), ``geometry`` (LineString, lon before lat) and, on main roads,
        ``maxspeed`` (see `STANDIN_MAXSPEED_KPH`). All ids are negative, as OpenStreetMap's editors number what is in
        no database.
    """
    plan = kupang_plan()
    segments = grow_streets(plan, seed=seed)
    street = name_streets(segments)
    segments = direct_traffic(segments, street, seed=seed)
    highway = _classes(segments, {road.number: road.highway for road in plan.roads})
    degrees = to_degrees(segments.points)
    chains = _chains(segments, street)

    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph(
        crs="epsg:4326", simplified=True, created_with=STANDIN_PROVENANCE.source
    )
    tips = [tip for points, _ in chains for tip in (points[0], points[-1])]
    for tip, count in zip(*(part.tolist() for part in np.unique(tips, return_counts=True)), strict=True):
        graph.add_node(-1 - tip, x=float(degrees[tip, 0]), y=float(degrees[tip, 1]), street_count=count)
    for points, e in chains:
        _add_street(graph, degrees, points, e, int(street[e]), segments, highway[e])
    return graph


def _classes(segments: Segments, of_road: dict[int, str]) -> list[str]:
    rural = segments.spacing_m[segments.ends[:, 0]] > 100
    return [
        of_road[road] if road != LOCAL else ("unclassified" if far else "residential")
        for road, far in zip(segments.road.tolist(), rural.tolist(), strict=True)
    ]


def _chains(segments: Segments, street: NDArray[np.int64]) -> list[tuple[list[int], int]]:
    """Return runs of points between junctions or dead ends, along one-way streets in their direction.

    Each comes with one of its segments.
    """
    ends = segments.ends.tolist()
    meeting = incident_segments(len(segments.points), segments.ends)

    def passes(point: int) -> bool:
        here = meeting[point]
        return (
            len(here) == 2
            and street[here[0]] == street[here[1]]
            and bool(segments.oneway[here[0]] == segments.oneway[here[1]])
        )

    seen = [False] * len(ends)
    chains = []
    for start in range(len(meeting)):
        if passes(start):
            continue
        for first in meeting[start]:
            if seen[first]:
                continue
            run, e, point = [start], first, start
            while True:
                seen[e] = True
                point = ends[e][1] if ends[e][0] == point else ends[e][0]
                run.append(point)
                if not passes(point):
                    break
                e = meeting[point][0] if meeting[point][1] == e else meeting[point][1]
            against = ends[first][0] != start
            chains.append((run[::-1] if against else run, first))
    return chains


def _add_street(
    graph: nx.MultiDiGraph[int],
    degrees: NDArray[np.float64],
    points: list[int],
    e: int,
    street: int,
    segments: Segments,
    highway: str,
) -> None:
    oneway = bool(segments.oneway[e])
    line = degrees[points]
    common: dict[str, Any] = {
        "osmid": -1_000_000 - street,
        "name": f"synthetic {'street' if segments.road[e] == LOCAL else 'road'} {street + 1}",
        "highway": highway,
        "oneway": oneway,
        "length": round(float(_lengths_m(line).sum()), 3),
    }
    if highway in STANDIN_MAXSPEED_KPH:
        common["maxspeed"] = str(STANDIN_MAXSPEED_KPH[highway])
    u, v = -1 - points[0], -1 - points[-1]
    graph.add_edge(u, v, reversed=False, geometry=shapely.LineString(line), **common)
    if not oneway:
        graph.add_edge(v, u, reversed=True, geometry=shapely.LineString(line[::-1]), **common)


def _lengths_m(line: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return great-circle lengths of the pieces of a line."""
    lon, lat = np.radians(line).T
    half = np.sin(np.diff(lat) / 2) ** 2 + np.cos(lat[1:]) * np.cos(lat[:-1]) * np.sin(np.diff(lon) / 2) ** 2
    lengths_m: NDArray[np.float64] = 2 * _EARTH_RADIUS_M * np.arcsin(np.sqrt(half))
    return lengths_m
