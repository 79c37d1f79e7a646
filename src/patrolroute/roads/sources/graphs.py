"""Road networks from networkx graphs with OSMnx's schema."""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

import networkx as nx
import numpy as np
import shapely

from patrolroute.errors import Faults, InputError
from patrolroute.provenance import OSM_ATTRIBUTION, Kind, Provenance
from patrolroute.roads.assemble import Streets, assemble
from patrolroute.roads.geometry import along_m, starts_of
from patrolroute.roads.sources.graphturns import TURNS, read_turns, write_turns
from patrolroute.roads.speeds import one_class, parse_maxspeed

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from numpy.typing import NDArray

    from patrolroute.roads.network import RoadNetwork
    from patrolroute.roads.speeds import SpeedTable

_KINDS: tuple[Kind, ...] = get_args(Kind)
_SHOWN = 5
_NAMES_JOINED = " / "
_UNKNOWN_ATTRIBUTION = "origin and licence as the user knows them"


def roads_from_graph(
    graph: nx.Graph[Any], *, provenance: Provenance | None = None, speeds: SpeedTable | None = None
) -> RoadNetwork:
    """Return the road network of a graph as OSMnx makes them.

    Parameters
    ----------
    graph : networkx.MultiDiGraph or networkx.DiGraph
        x and y (degrees) on nodes; on edges length (m; great-circle length of the line where missing), geometry
        (LineString; straight where missing), name, highway and maxspeed, each optional and each possibly a list. A
        projected graph is brought back to degrees. The graph is not changed.
    provenance : Provenance, optional
        Where the graph comes from; else what the graph itself says.
    speeds : SpeedTable, optional

    Returns
    -------
    RoadNetwork
        Of the largest strong component. Node ids are kept where all are whole numbers, else they count from 0.

    Raises
    ------
    InputError
        With every kind of fault and the first nodes or edges that have it.
    """
    if not isinstance(graph, nx.Graph):
        raise InputError([f"roads: expected a networkx graph, found {type(graph).__name__}."])
    where = provenance.source if provenance else "graph"
    faults = Faults()
    if not graph.is_directed():
        faults.add(f"{where}: the graph is undirected; one-way streets are lost in it. Use OSMnx's directed graph.")
    if graph.number_of_nodes() == 0 or graph.number_of_edges() == 0:
        size = f"{graph.number_of_nodes():,} nodes and {graph.number_of_edges():,} edges"
        faults.add(f"{where}: {size}; expected a street network.")
    faults.raise_if_any()
    origin = provenance or graph_provenance(graph, kind="memory", source="graph in memory")
    about = graph.graph
    graph = _in_degrees(graph, where)
    nodes = list(graph.nodes)
    lon, lat = _node_positions(graph, where, faults)
    faults.raise_if_any()
    position = {node: i for i, node in enumerate(nodes)}
    rows = list(graph.edges(data=True))
    tail = np.fromiter((position[u] for u, _, _ in rows), np.int64, count=len(rows))
    head = np.fromiter((position[v] for _, v, _ in rows), np.int64, count=len(rows))
    ends = np.stack([np.column_stack([lon[tail], lat[tail]]), np.column_stack([lon[head], lat[head]])], axis=1)
    labels = [f"{u}->{v}" for u, v, _ in rows]
    shape_start, lonlat = _shapes([data.get("geometry") for _, _, data in rows], ends, labels, faults, where)
    faults.raise_if_any()
    length_m = _lengths([data.get("length") for _, _, data in rows], shape_start, lonlat, labels, faults, where)
    faults.raise_if_any()
    restrictions = read_turns(about.get(TURNS), [(u, v) for u, v, _ in rows], where)
    if origin.synthetic:
        # What was made up has no signs but those that it tells.
        restrictions = replace(restrictions, known=True)
    streets = Streets(
        node_id=_node_ids(nodes),
        lon=lon,
        lat=lat,
        tail=tail,
        head=head,
        length_m=length_m,
        name=tuple(_one_name(data.get("name")) for _, _, data in rows),
        highway=tuple(one_class(data.get("highway")) for _, _, data in rows),
        maxspeed_kph=np.array([parse_maxspeed(data.get("maxspeed")) for _, _, data in rows], np.float64),
        shape_start=shape_start,
        shape_lonlat=lonlat,
        restrictions=restrictions,
    )
    return assemble(streets, provenance=origin, speeds=speeds)


def graph_of(network: RoadNetwork) -> nx.MultiDiGraph[int]:
    """Return a graph with OSMnx's schema; see `RoadNetwork.to_graph`."""
    origin = network.provenance
    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph(
        crs="epsg:4326",
        simplified=True,
        provenance_kind=origin.kind,
        provenance_source=origin.source,
        provenance_date=origin.date or "",
        provenance_attribution=origin.attribution,
    )
    ids = network.node_id.tolist()
    graph.add_nodes_from(
        (node, {"x": x, "y": y}) for node, x, y in zip(ids, network.lon.tolist(), network.lat.tolist(), strict=True)
    )
    maxspeed = network.maxspeed_kph.tolist()
    for edge, (line, kph) in enumerate(zip(network.lines, network.speed_kph.tolist(), strict=True)):
        row: dict[str, Any] = {
            "length": float(network.length_dm[edge]) / 10,
            "highway": network.highway[edge],
            "oneway": bool(network.twin[edge] < 0),
            "speed_kph": kph,
            "travel_time": float(network.time_ms[edge]) / 1000,
            "geometry": line,
        }
        if network.name[edge]:
            row["name"] = network.name[edge]
        if maxspeed[edge] == maxspeed[edge]:
            row["maxspeed"] = f"{maxspeed[edge]:.10g}"
        graph.add_edge(ids[network.tail[edge]], ids[network.head[edge]], **row)
    pairs = list(zip(network.node_id[network.tail].tolist(), network.node_id[network.head].tolist(), strict=True))
    if text := write_turns(network.restrictions, pairs):
        graph.graph[TURNS] = text
    return graph


def graph_provenance(graph: nx.Graph[Any], *, kind: Kind, source: str) -> Provenance:
    """Return what a graph says of its origin: its own record, else OSMnx's mark, else `kind` and `source`."""
    about = graph.graph
    own = about.get("provenance_kind")
    if own in _KINDS:
        return Provenance(
            kind=own,
            source=str(about.get("provenance_source", source))[:300],
            date=iso_date(about.get("provenance_date")),
            attribution=str(about.get("provenance_attribution", ""))[:300],
        )
    if "osmnx" in str(about.get("created_with", "")).lower():
        date = iso_date(about.get("created_date"))
        return Provenance(kind="openstreetmap", source=source, date=date, attribution=OSM_ATTRIBUTION)
    return Provenance(kind=kind, source=source, attribution=_UNKNOWN_ATTRIBUTION)


def iso_date(value: Any) -> str | None:
    """Return the ISO 8601 date at the beginning of a timestamp, or None where there is none."""
    match = re.match(r"\d{4}-\d{2}-\d{2}", str(value or ""))
    if not match:
        return None
    try:
        return dt.date.fromisoformat(match[0]).isoformat()
    except ValueError:
        return None


def _in_degrees(graph: nx.Graph[Any], where: str) -> nx.Graph[Any]:
    crs = graph.graph.get("crs")
    if crs is None:
        return graph
    from pyproj import CRS  # noqa: PLC0415 - loading PROJ takes a while, and most graphs say epsg:4326
    from pyproj.exceptions import CRSError  # noqa: PLC0415

    try:
        known = CRS.from_user_input(crs)
        if known.is_geographic:
            return graph
        from osmnx.projection import project_graph  # noqa: PLC0415

        projected: nx.Graph[Any] = project_graph(nx.MultiDiGraph(graph), to_latlong=True)
    except CRSError:
        raise InputError(
            [f"{where}: crs {str(crs)[:80]!r} is unknown; expected 'epsg:4326' or a projection."]
        ) from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        fault = (
            f"{where}: could not be brought from {str(crs)[:80]!r} to degrees ({error}); use osmnx.project_graph first."
        )
        raise InputError([fault]) from error
    return projected


def _node_positions(
    graph: nx.Graph[Any], where: str, faults: Faults
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    lon = np.array([_number(data.get("x")) for _, data in graph.nodes(data=True)], np.float64)
    lat = np.array([_number(data.get("y")) for _, data in graph.nodes(data=True)], np.float64)
    names = list(graph.nodes)
    missing = ~np.isfinite(lon + lat)
    if missing.any():
        faults.add(f"{where}: nodes {_some(names, missing)} have no finite x and y; expected lon and lat in degrees.")
    beyond = ~missing & ((np.abs(lon) > 180) | (np.abs(lat) > 90))
    if beyond.any():
        at = int(np.flatnonzero(beyond)[0])
        faults.add(
            f"{where}: nodes {_some(names, beyond)} lie at x {lon[at]:g}, y {lat[at]:g}; expected lon and lat in "
            "degrees. Metres of a projection need graph.graph['crs'], swapped axes need x = lon and y = lat."
        )
    return lon, lat


def _shapes(
    geometry: list[Any], ends: NDArray[np.float64], labels: list[str], faults: Faults, where: str
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return packed lines, straight where an edge has none and turned round where it runs against its edge."""
    lines = np.array([*geometry, None], dtype=object)[:-1]
    absent = np.array([line is None or (isinstance(line, float) and math.isnan(line)) for line in geometry])
    is_line = np.array([isinstance(line, shapely.LineString) and not line.is_empty for line in geometry])
    if (bad := ~absent & ~is_line).any():
        faults.add(f"{where}: edges {_some(labels, bad)} have a geometry that is no LineString.")
        return np.zeros(0, np.int64), np.zeros((0, 2))
    lines[absent] = shapely.linestrings(ends[absent])
    lonlat = shapely.get_coordinates(lines)
    start = starts_of(shapely.get_num_coordinates(lines).astype(np.int64))
    edge = np.repeat(np.arange(len(lines)), np.diff(start))
    wrong = ~np.isfinite(lonlat).all(axis=1) | (np.abs(lonlat) > (180, 90)).any(axis=1)
    if wrong.any():
        bad = np.bincount(edge[wrong], minlength=len(lines)) > 0
        faults.add(f"{where}: edges {_some(labels, bad)} have a geometry that is not in degrees.")
        return start, lonlat
    first, last = lonlat[start[:-1]], lonlat[start[1:] - 1]
    as_is = np.abs(first - ends[:, 0]).sum(axis=1) + np.abs(last - ends[:, 1]).sum(axis=1)
    turned = np.abs(first - ends[:, 1]).sum(axis=1) + np.abs(last - ends[:, 0]).sum(axis=1)
    against = turned < as_is
    at = np.arange(len(lonlat))
    mirrored = start[edge] + start[edge + 1] - 1 - at
    return start, lonlat[np.where(against[edge], mirrored, at)]


def _lengths(
    given: list[Any],
    shape_start: NDArray[np.int64],
    lonlat: NDArray[np.float64],
    labels: list[str],
    faults: Faults,
    where: str,
) -> NDArray[np.float64]:
    measured = along_m(shape_start, lonlat)[shape_start[1:] - 1]
    absent = np.array([value is None for value in given])
    length = np.array([_number(value) for value in given], np.float64)
    if (bad := ~absent & ~np.isfinite(length)).any():
        faults.add(f"{where}: edges {_some(labels, bad)} have a length that is no number; expected metres.")
    if (bad := ~absent & (length < 0)).any():
        faults.add(f"{where}: edges {_some(labels, bad)} have a negative length; expected metres.")
    if (bad := ~absent & (length > 1e7)).any():
        faults.add(f"{where}: edges {_some(labels, bad)} are longer than 10,000 km; expected metres.")
    return np.where(absent, measured, length)


def _node_ids(nodes: list[Hashable]) -> NDArray[np.int64]:
    whole = [int(node) for node in nodes if isinstance(node, int | np.integer) and abs(int(node)) < 2**63]
    if len(whole) == len(nodes) == len(set(whole)):
        return np.array(whole, np.int64)
    return np.arange(len(nodes), dtype=np.int64)


def _one_name(value: Any) -> str:
    """Return a street's name; several names of one edge are joined, so that each can be closed."""
    if isinstance(value, str):
        return " ".join(value.split())
    if isinstance(value, list | tuple):
        parts = dict.fromkeys(" ".join(part.split()) for part in value if isinstance(part, str))
        return _NAMES_JOINED.join(part for part in parts if part)
    return ""


def names_in(name: str) -> list[str]:
    """Return the whole name of an edge and each of the names that were joined in it."""
    return [name, *name.split(_NAMES_JOINED)] if _NAMES_JOINED in name else [name]


def _number(value: Any) -> float:
    try:
        return math.nan if value is None or isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return math.nan


def _some(names: Iterable[Hashable], bad: NDArray[np.bool_]) -> str:
    chosen = [str(name)[:40] for name, is_bad in zip(names, bad.tolist(), strict=True) if is_bad]
    more = f" and {len(chosen) - _SHOWN:,} more" if len(chosen) > _SHOWN else ""
    return ", ".join(chosen[:_SHOWN]) + more
