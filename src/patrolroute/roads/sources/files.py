"""Road networks from files and into files."""

from __future__ import annotations

import os
import secrets
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import shapely

from patrolroute.errors import InputError
from patrolroute.roads.assemble import Streets, assemble
from patrolroute.roads.sources.graphml import read_graphml
from patrolroute.roads.sources.graphs import graph_provenance, roads_from_graph
from patrolroute.roads.sources.packed import read_packed, write_packed
from patrolroute.roads.sources.polygons import area_fault

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

    from patrolroute.roads.network import RoadNetwork
    from patrolroute.roads.speeds import SpeedTable

FORMATS = {
    ".graphml": "graphml",
    ".npz": "npz",
    ".osm": "osm",
    ".osm.bz2": "osm.bz2",
    ".osm.gz": "osm.gz",
    ".osm.pbf": "osm.pbf",
    ".pbf": "osm.pbf",
    ".xml": "osm",
}
"""What a road file's name ends in, and how it is read."""


def read_roads(
    path: str | Path,
    *,
    speeds: SpeedTable | None = None,
    within: shapely.Polygon | shapely.MultiPolygon | None = None,
) -> RoadNetwork:
    """Return the road network of a file.

    Parameters
    ----------
    path : str or Path
        An OSM extract (.osm, .osm.bz2, .osm.gz, .osm.pbf), a graph saved by OSMnx (.graphml), or a network that
        `write_roads` wrote (.graphml, .npz).
    speeds : SpeedTable, optional
        For streets without a speed limit, and for the night.
    within : shapely.Polygon or shapely.MultiPolygon, optional
        In degrees, lon before lat. Streets that do not touch it are left out; those that do stay whole, as the OSM way
        or the edge that they are. Of an OSM file they are left out while it is read. `cut` tells how many.

    Returns
    -------
    RoadNetwork
        Its provenance has the date of the data where the file tells it.

    Raises
    ------
    InputError
        When there is no such file, or it is empty, damaged, cut off or of another kind, or has no streets, or none
        within the area, or the area is none.
    """
    path = Path(path)
    kind = _format_of(path)
    if within is not None and (fault := area_fault(within)):
        raise InputError([f"within: {fault}"])
    try:
        _check_file(path)
        if kind == "graphml":
            graph = read_graphml(path)
            origin = graph_provenance(graph, kind="file", source=path.name)
            return _cropped(roads_from_graph(graph, provenance=origin, speeds=speeds), within, path.name)
        if kind == "npz":
            return _cropped(read_packed(path, speeds=speeds), within, path.name)
        from patrolroute.roads.sources.osmfile import read_osm  # noqa: PLC0415 - pyosmium loads only where an extract is read

        return read_osm(path, kind, speeds=speeds, within=within)
    except OSError as error:
        raise InputError([f"{path.name}: cannot be read ({error.strerror or error})."]) from None


def _cropped(network: RoadNetwork, within: shapely.Polygon | shapely.MultiPolygon | None, where: str) -> RoadNetwork:
    if within is None:
        return network
    shapely.prepare(within)
    outside = ~shapely.intersects(within, network.lines)
    if outside.all():
        raise InputError([f"{where}: none of its {len(outside):,} edges touches the area; check the area."])
    streets = Streets.of(network).touching(~outside)
    left = assemble(streets, provenance=network.provenance, speeds=network.speeds, closed=outside, cut=network.cut)
    cut = replace(
        left.cut,
        closed_edges=network.cut.closed_edges,
        outside=network.cut.outside + int((outside & network.street).sum()),
    )
    return replace(left, cut=cut)


def _format_of(path: Path) -> str:
    name = path.name.lower()
    for ending in sorted(FORMATS, key=len, reverse=True):
        if name.endswith(ending):
            return FORMATS[ending]
    raise InputError(
        [f"{path.name or path}: unknown kind of road file; expected a name that ends in {', '.join(sorted(FORMATS))}."]
    )


def _check_file(path: Path) -> None:
    if not path.exists():
        raise InputError([f"{path}: there is no such file; check the path."])
    if not path.is_file():
        raise InputError([f"{path}: not a file; expected a road file such as a .osm.pbf or .graphml."])
    if path.stat().st_size == 0:
        raise InputError([f"{path.name}: the file is empty; download it again."])


def write_roads(network: RoadNetwork, path: str | Path) -> Path:
    """Write a network to a file, whole or not at all.

    Parameters
    ----------
    network : RoadNetwork
    path : str or Path
        Ending in .graphml (for OSMnx, Gephi and others) or .npz (smaller, and read in milliseconds). Both carry the
        provenance, so that what was made by a generator is never taken for surveyed.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    InputError
        When the name has another ending, or the file cannot be written.
    """
    path = Path(path)
    writers: dict[str, Callable[[BinaryIO], None]] = {
        ".graphml": lambda file: _write_graphml(network, file),
        ".npz": lambda file: write_packed(network, file),
    }
    write = writers.get(path.suffix.lower())
    if write is None:
        raise InputError([f"{path.name}: expected a name that ends in .graphml or .npz."])
    try:
        write_whole(path, write)
    except OSError as error:
        raise InputError([f"{path}: cannot be written ({error.strerror or error})."]) from None
    return path


def write_whole(path: Path, write: Callable[[BinaryIO], None]) -> None:
    """Write a file beside its place and move it there once it is whole."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    # The system gives a file that is opened plainly the permissions that the user wants of new files.
    file = part.open("xb")
    try:
        with file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _write_graphml(network: RoadNetwork, file: BinaryIO) -> None:
    import networkx as nx  # noqa: PLC0415

    graph = network.to_graph()
    for _, data in graph.nodes(data=True):
        data.update({key: str(value) for key, value in data.items()})
    for _, _, data in graph.edges(data=True):
        data["geometry"] = data["geometry"].wkt
        data.update({key: str(value) for key, value in data.items()})
    graph.graph["simplified"] = "True"
    nx.write_graphml_xml(graph, file)
