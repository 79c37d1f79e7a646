"""Road networks from files and into files."""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from patrolroute.errors import InputError
from patrolroute.provenance import Provenance
from patrolroute.roads.graphml import read_graphml
from patrolroute.roads.graphs import graph_provenance, roads_from_graph
from patrolroute.roads.network import Cut, RoadNetwork
from patrolroute.roads.speeds import SpeedTable

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

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

_NPZ_VERSION = 1
_NPZ_MAX_BYTES = 4 << 30
_ARRAYS = (
    "node_id",
    "lon",
    "lat",
    "tail",
    "head",
    "length_dm",
    "twin",
    "maxspeed_kph",
    "shape_start",
    "shape_lonlat",
)


def read_roads(path: str | Path, *, speeds: SpeedTable | None = None) -> RoadNetwork:
    """Return the road network of a file.

    Parameters
    ----------
    path : str or Path
        An OSM extract (.osm, .osm.bz2, .osm.gz, .osm.pbf), a graph saved by OSMnx (.graphml), or a network that
        `write_roads` wrote (.graphml, .npz).
    speeds : SpeedTable, optional
        For streets without a speed limit, and for the night.

    Returns
    -------
    RoadNetwork
        Its provenance has the date of the data where the file tells it.

    Raises
    ------
    InputError
        When there is no such file, or it is empty, damaged, cut off or of another kind, or has no streets.
    """
    path = Path(path)
    kind = _format_of(path)
    try:
        _check_file(path)
        if kind == "graphml":
            graph = read_graphml(path)
            return roads_from_graph(
                graph, provenance=graph_provenance(graph, kind="file", source=path.name), speeds=speeds
            )
        if kind == "npz":
            return _read_npz(path, speeds)
        from patrolroute.roads.osmfile import read_osm  # noqa: PLC0415 - pyosmium loads only where an extract is read

        return read_osm(path, kind, speeds=speeds)
    except OSError as error:
        raise InputError([f"{path.name}: cannot be read ({error.strerror or error})."]) from None


def _format_of(path: Path) -> str:
    name = path.name.lower()
    for ending in sorted(FORMATS, key=len, reverse=True):
        if name.endswith(ending):
            return FORMATS[ending]
    raise InputError(
        [f"{path.name}: unknown kind of road file; expected a name that ends in {', '.join(sorted(FORMATS))}."]
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
        ".npz": lambda file: _write_npz(network, file),
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
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        Path(name).chmod(0o666 & ~umask)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
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


def _write_npz(network: RoadNetwork, file: BinaryIO) -> None:
    names = sorted(set(network.name) | set(network.highway))
    number = {name: i for i, name in enumerate(names)}
    about = {
        "patrolroute_roads": _NPZ_VERSION,
        "provenance": asdict(network.provenance),
        "cut": asdict(network.cut),
        "speeds": asdict(network.speeds),
        "words": names,
    }
    columns: dict[str, Any] = {name: getattr(network, name) for name in _ARRAYS}
    columns["name"] = np.array([number[name] for name in network.name], np.int32)
    columns["highway"] = np.array([number[name] for name in network.highway], np.int32)
    columns["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    np.savez_compressed(file, allow_pickle=False, **columns)


def _read_npz(path: Path, speeds: SpeedTable | None) -> RoadNetwork:
    columns, about = _load_npz(path)
    try:
        words = about["words"]
        chosen = {key: [words[i] for i in columns[key].tolist()] for key in ("name", "highway")}
        if not all(isinstance(word, str) for each in chosen.values() for word in each):
            raise TypeError("a name is no text")
        table = speeds or SpeedTable(**about["speeds"])
        length_dm = np.asarray(columns["length_dm"], np.int64)
        highway, maxspeed_kph = tuple(chosen["highway"]), np.asarray(columns["maxspeed_kph"], np.float64)
        return RoadNetwork(
            provenance=Provenance(**{field.name: about["provenance"][field.name] for field in fields(Provenance)}),
            name=tuple(chosen["name"]),
            highway=highway,
            time_ms=table.times_ms(length_dm, highway, maxspeed_kph),
            speeds=table,
            cut=Cut(**about["cut"]),
            **{key: columns[key] for key in _ARRAYS},
        )
    except InputError as error:
        raise InputError(f"{path.name}: {fault}" for fault in error.faults) from None
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise InputError([f"{path.name}: not as `write_roads` writes it ({error!r}); write it again."]) from None


def _load_npz(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the arrays and the description in an .npz, once their sizes are known to be sane."""
    wanted = (*_ARRAYS, "name", "highway", "about")
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {info.filename: info.file_size for info in archive.infolist()}
        if set(sizes) != {f"{name}.npy" for name in wanted}:
            raise ValueError("other contents than a road network")
        if sum(sizes.values()) > min(_NPZ_MAX_BYTES, 2000 * path.stat().st_size):
            raise ValueError("contents that expand beyond measure")
        with np.load(path, allow_pickle=False) as loaded:
            columns = {name: loaded[name] for name in wanted}
        about = json.loads(columns["about"].tobytes())
        if not isinstance(about, dict) or about.get("patrolroute_roads") != _NPZ_VERSION:
            raise ValueError("another version")
    except (
        zipfile.BadZipFile,
        ValueError,
        EOFError,
        MemoryError,
        KeyError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise InputError([f"{path.name}: not a road network that `write_roads` wrote ({error})."]) from None
    return columns, about
