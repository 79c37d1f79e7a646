"""Streets from OpenStreetMap extracts: XML or PBF, through pyosmium."""

from __future__ import annotations

import datetime as dt
import re
from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import osmium

from patrolroute.errors import InputError
from patrolroute.provenance import OSM_ATTRIBUTION, Provenance
from patrolroute.roads.assemble import Streets, assemble
from patrolroute.roads.chains import Ways, chains_of
from patrolroute.roads.geometry import along_m, part_index
from patrolroute.roads.graphs import iso_date
from patrolroute.roads.speeds import parse_maxspeed
from patrolroute.roads.xmlguard import plain_xml

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from patrolroute.roads.network import RoadNetwork
    from patrolroute.roads.speeds import SpeedTable

DRIVABLE = (
    "motorway",
    "motorway_link",
    "trunk",
    "trunk_link",
    "primary",
    "primary_link",
    "secondary",
    "secondary_link",
    "tertiary",
    "tertiary_link",
    "unclassified",
    "residential",
    "living_street",
    "road",
)
"""Highway classes that are streets for cars. OSMnx's "drive" names instead what is none, and lets unknown values in."""

_NO_TIMESTAMP = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_CLOSED_SERVICES = ("alley", "driveway", "emergency_access", "parking", "private")
_FORWARD = frozenset({"yes", "true", "1"})
_BACKWARD = frozenset({"-1", "reverse"})
_TWO_WAY = frozenset({"no", "false", "0"})
_CIRCLES = frozenset({"roundabout", "circular"})


def read_osm(path: Path, file_format: str, *, speeds: SpeedTable | None) -> RoadNetwork:
    """Return the streets for cars of an OSM extract.

    Ways count as OSMnx's "drive" has them: a class of `DRIVABLE`, no area, access not private, motor_vehicle and
    motorcar not no, no alley, driveway or car park. One-way are `oneway` yes, true, 1, -1 and reverse, and, unless
    `oneway` says no, roundabouts and motorways. Where OSMnx joins pieces of different streets into one edge with
    lists of names, they stay apart here, so there are more nodes, and each edge has one name, class and speed.

    Parameters
    ----------
    path : Path
    file_format : str
        As osmium names it: "osm", "osm.bz2", "osm.gz" or "osm.pbf".
    speeds : SpeedTable, optional

    Raises
    ------
    InputError
        When the file is no OSM, is cut off, or has no street for cars.
    """
    try:
        if file_format == "osm.pbf":
            found = _Found.read(path, file_format)
        else:
            with plain_xml(path, file_format.removeprefix("osm").removeprefix(".")) as plain:
                found = _Found.read(plain, "osm")
    # osmium speaks of damage with RuntimeError, of text that is no UTF-8 and of numbers out of range with these others.
    except (RuntimeError, ValueError, OverflowError) as error:
        raise InputError([_unreadable(path, file_format, error)]) from None
    if not found.attributes:
        raise InputError([f"{path.name}: no street for cars in it; expected OSM ways with a highway tag."])
    if not len(found.node_id):
        raise InputError([f"{path.name}: has ways but none of their nodes; take an extract with complete ways."])
    origin = Provenance(
        kind="openstreetmap",
        source=path.name,
        date=found.date,
        attribution=OSM_ATTRIBUTION,
    )
    return assemble(found.streets(), provenance=origin, speeds=speeds)


def _unreadable(path: Path, file_format: str, error: Exception) -> str:
    reason = re.sub(r"\s+", " ", str(error)).strip()[:200] or type(error).__name__
    return (
        f"{path.name}: cannot be read as .{file_format} ({reason}); the file is damaged, cut off or of another kind. "
        "Download it again, or check its ending."
    )


def _header_date(source: Any, path: Path, file_format: str) -> str | None:
    with osmium.io.Reader(source, osmium.osm.osm_entity_bits.NOTHING) as reader:
        header = reader.header()
        for key in ("osmosis_replication_timestamp", "timestamp"):
            if date := iso_date(header.get(key, "")):
                return date
    if file_format == "osm":
        # Overpass writes the date of its data into the first lines, where osmium does not look.
        with path.open("rb") as file:
            match = re.search(rb'osm_base="([^"]{10,40})"', file.read(4096))
        return iso_date(match[1].decode("ascii", "replace")) if match else None
    return None


@dataclass
class _Found:
    """What is gathered while a file is read."""

    attributes: dict[tuple[str, str, str, bool], int] = field(default_factory=dict)
    refs: array[int] = field(default_factory=lambda: array("q"))
    start: array[int] = field(default_factory=lambda: array("q", [0]))
    kind: array[int] = field(default_factory=lambda: array("q"))
    newest: dt.datetime = _NO_TIMESTAMP
    header_date: str | None = None
    node_id: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    lon: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    lat: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))

    @classmethod
    def read(cls, path: Path, file_format: str) -> _Found:
        """Read a file: its header, its ways, and the nodes of those ways."""
        source = osmium.io.File(str(path), file_format)
        found = cls(header_date=_header_date(source, path, file_format))
        found.read_ways(source)
        if found.attributes:
            found.read_nodes(source)
        return found

    def read_ways(self, source: Any) -> None:
        """Gather the ways that cars may drive."""
        wanted = osmium.filter.TagFilter(*(("highway", each) for each in DRIVABLE))
        way: Any
        for way in osmium.FileProcessor(source, osmium.osm.WAY).with_filter(wanted):
            tags = way.tags
            if way.deleted or len(way.nodes) < 2 or not _open_to_cars(tags):
                continue
            direction = _direction(tags)
            refs = [node.ref for node in way.nodes]
            self.refs.extend(refs[::-1] if direction < 0 else refs)
            self.start.append(len(self.refs))
            limit = tags.get("maxspeed", "")
            attributes = (" ".join(tags.get("name", "").split()), tags["highway"], limit, direction != 0)
            self.kind.append(self.attributes.setdefault(attributes, len(self.attributes)))
            self.newest = max(self.newest, way.timestamp)

    @property
    def date(self) -> str | None:
        """The date that the header tells, else that of the newest way, where ways carry one."""
        newest = None if self.newest == _NO_TIMESTAMP else self.newest.date().isoformat()
        return self.header_date or newest

    def read_nodes(self, source: Any) -> None:
        """Gather ids and positions of the ways' nodes, sorted by id, those that the file lacks left out."""
        wanted = np.unique(np.frombuffer(self.refs, np.int64))
        lon, lat = np.full(len(wanted), np.nan), np.full(len(wanted), np.nan)
        processor = osmium.FileProcessor(source, osmium.osm.NODE)
        if wanted[0] >= 0:
            processor = processor.with_filter(osmium.filter.IdFilter(wanted.tolist()))
        ids, xs, ys = array("q"), array("d"), array("d")
        node: Any
        for node in processor:
            location = node.location
            if location.valid():
                ids.append(node.id)
                xs.append(location.lon_without_check())
                ys.append(location.lat_without_check())
        found = np.frombuffer(ids, np.int64) if ids else np.zeros(0, np.int64)
        at = np.minimum(np.searchsorted(wanted, found), len(wanted) - 1)
        known = wanted[at] == found
        lon[at[known]] = np.array(xs, np.float64)[known]
        lat[at[known]] = np.array(ys, np.float64)[known]
        there = np.isfinite(lon)
        self.node_id, self.lon, self.lat = wanted[there], lon[there], lat[there]

    def streets(self) -> Streets:
        """Return directed street pieces between junctions."""
        node_id, lon, lat = self.node_id, self.lon, self.lat
        refs = np.frombuffer(self.refs, np.int64)
        position = np.minimum(np.searchsorted(node_id, refs), len(node_id) - 1)
        position[node_id[position] != refs] = -1
        kind = np.frombuffer(self.kind, np.int64)
        rows = list(self.attributes)
        oneway = np.array([row[3] for row in rows], bool)[kind]
        ways = Ways(start=np.frombuffer(self.start, np.int64), ref=position, kind=kind, oneway=oneway)
        chains = chains_of(ways, len(node_id))
        chain = np.arange(len(chains.way))
        back = chain[~oneway[chains.way]]
        line = np.concatenate([chains.ref, chains.ref[part_index(chains.start, back, backward=True)]])
        size = np.diff(chains.start)
        start = np.concatenate([chains.start, chains.start[-1] + np.cumsum(size[back])])
        lonlat = np.column_stack([lon[line], lat[line]])
        twin = np.full(len(chain) + len(back), -1, np.int64)
        twin[back] = len(chain) + np.arange(len(back))
        twin[len(chain) :] = back
        of_kind = kind[chains.way[np.concatenate([chain, back])]].tolist()
        limit = [parse_maxspeed(row[2]) for row in rows]
        tail, head = line[start[:-1]], line[start[1:] - 1]
        ends, at = np.unique(np.concatenate([tail, head]), return_inverse=True)
        return Streets(
            node_id=node_id[ends],
            lon=lon[ends],
            lat=lat[ends],
            tail=at[: len(tail)],
            head=at[len(tail) :],
            length_m=along_m(start, lonlat)[start[1:] - 1],
            name=tuple(rows[k][0] for k in of_kind),
            highway=tuple(rows[k][1] for k in of_kind),
            maxspeed_kph=np.array([limit[k] for k in of_kind], np.float64),
            shape_start=start,
            shape_lonlat=lonlat,
            twin=twin,
        )


def _open_to_cars(tags: Any) -> bool:
    """Return whether OSMnx's "drive" filter lets a way through, highway class aside."""
    return not (
        "yes" in tags.get("area", "")
        or "private" in tags.get("access", "")
        or "no" in tags.get("motor_vehicle", "")
        or "no" in tags.get("motorcar", "")
        or any(each in tags.get("service", "") for each in _CLOSED_SERVICES)
    )


def _direction(tags: Any) -> int:
    """Return 1 for one-way along the way, -1 for one-way against it, 0 for both directions."""
    oneway = tags.get("oneway", "").strip().lower()
    if oneway in _FORWARD:
        return 1
    if oneway in _BACKWARD:
        return -1
    implied = tags.get("junction", "") in _CIRCLES or tags.get("highway", "") == "motorway"
    return 1 if implied and oneway not in _TWO_WAY else 0
