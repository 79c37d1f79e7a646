"""Networks packed into one .npz: small, read in milliseconds, and free of pickles.

A zip of plain arrays and one JSON text rather than Parquet or Arrow: numpy and the standard library read it, so that
there is no package more to install; nodes, edges, shape points and restrictions are columns of different lengths, which
are no table; and names and classes are numbers into a list of words, as a dictionary column would have them.
"""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from patrolroute.archive import unpack_arrays
from patrolroute.errors import InputError
from patrolroute.provenance import Provenance
from patrolroute.roads.cuts import Cut
from patrolroute.roads.keys import DM_LIMIT
from patrolroute.roads.network import RoadNetwork
from patrolroute.roads.restrictions import Restrictions
from patrolroute.roads.speeds import SpeedTable

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

_VERSION = 2
_OLDER = 1
_MAX_BYTES = 4 << 30
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
_TURNS = ("start", "edge", "relation")


def write_packed(network: RoadNetwork, file: BinaryIO, *, note: str = "") -> None:
    """Write a network and a note to an open file.

    Travel times are left out: they follow from lengths, limits and the speed table.
    """
    words = sorted(set(network.name) | set(network.highway))
    number = {word: i for i, word in enumerate(words)}
    about = {
        "patrolroute_roads": _VERSION,
        "provenance": asdict(network.provenance),
        "cut": asdict(network.cut),
        "speeds": asdict(network.speeds),
        "turns_skipped": dict(network.restrictions.skipped),
        "turns_known": network.restrictions.known,
        "words": words,
        "note": note,
    }
    columns: dict[str, Any] = {name: getattr(network, name) for name in _ARRAYS}
    columns |= {f"turn_{name}": getattr(network.restrictions, name) for name in _TURNS}
    columns["name"] = np.array([number[name] for name in network.name], np.int32)
    columns["highway"] = np.array([number[name] for name in network.highway], np.int32)
    columns["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    np.savez_compressed(file, allow_pickle=False, **columns)


def read_packed(path: Path, *, speeds: SpeedTable | None = None, note: str | None = None) -> RoadNetwork:
    """Return the network that `write_packed` wrote.

    Parameters
    ----------
    path : Path
    speeds : SpeedTable, optional
        Instead of the table that the network was written with.
    note : str, optional
        The note that must stand in it.

    Raises
    ------
    InputError
        When the file is damaged, holds anything else, or has another note.
    """
    columns, about = _load(path)
    if note is not None and about.get("note") != note:
        raise InputError([f"{path.name}: the roads were fetched for another request."])
    try:
        words = about["words"]
        chosen = {key: [words[i] for i in columns[key].tolist()] for key in ("name", "highway")}
        if not all(isinstance(word, str) for each in chosen.values() for word in each):
            raise TypeError("a name is no text")
        table = speeds or SpeedTable(**about["speeds"])
        if columns["length_dm"].dtype.kind not in "iu":
            raise TypeError("lengths are no whole numbers")
        # Too long ones are refused, by name, once there is a network.
        length_dm = np.clip(columns["length_dm"], 0, DM_LIMIT).astype(np.int64)
        highway, maxspeed_kph = tuple(chosen["highway"]), np.asarray(columns["maxspeed_kph"], np.float64)
        return RoadNetwork(
            provenance=Provenance(**{field.name: about["provenance"][field.name] for field in fields(Provenance)}),
            name=tuple(chosen["name"]),
            highway=highway,
            time_ms=table.times_ms(length_dm, highway, maxspeed_kph),
            speeds=table,
            cut=Cut(**about["cut"]),
            restrictions=_turns(columns, about),
            **{key: columns[key] for key in _ARRAYS},
        )
    except InputError as error:
        raise InputError(f"{path.name}: {fault}" for fault in error.faults) from None
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        raise InputError([f"{path.name}: not as `write_roads` writes it ({error!r}); write it again."]) from None


def _turns(columns: dict[str, Any], about: dict[str, Any]) -> Restrictions:
    if about["patrolroute_roads"] == _OLDER:
        return Restrictions(known=False)
    skipped = about["turns_skipped"]
    return Restrictions(
        start=columns["turn_start"],
        edge=columns["turn_edge"],
        relation=columns["turn_relation"],
        skipped=skipped,
        # A file of before it was told may come of a graph, which has none.
        known=about.get("turns_known", bool(skipped) or len(columns["turn_relation"]) > 0),
    )


def _load(path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the arrays and the description in an .npz, once their sizes are known to be sane."""
    older = {*_ARRAYS, "name", "highway", "about"}
    newer = {*older, *(f"turn_{name}" for name in _TURNS)}
    try:
        columns = unpack_arrays(path, most_bytes=_MAX_BYTES)
        if columns.keys() not in (older, newer):
            raise ValueError("other contents than a road network")
        about = json.loads(columns["about"].tobytes())
        version = _VERSION if columns.keys() == newer else _OLDER
        if not isinstance(about, dict) or about.get("patrolroute_roads") != version:
            raise ValueError("another version")
    except (ValueError, RecursionError) as error:
        raise InputError([f"{path.name}: not a road network that `write_roads` wrote ({error})."]) from None
    return columns, about
