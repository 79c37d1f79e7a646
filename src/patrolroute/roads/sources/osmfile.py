"""Streets from OpenStreetMap extracts: XML or PBF, through pyosmium."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from array import array
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import osmium
import shapely

from patrolroute.errors import InputError
from patrolroute.provenance import OSM_ATTRIBUTION, Provenance
from patrolroute.roads.assemble import Streets, assemble
from patrolroute.roads.cuts import Cut
from patrolroute.roads.geometry import along_m, part_index, starts_of
from patrolroute.roads.sources.chains import Chains, Ways, chains_of
from patrolroute.roads.sources.graphs import iso_date
from patrolroute.roads.sources.osmturns import Pieces, Relation, read_relation, restrictions_of, stops_of
from patrolroute.roads.sources.tags import DRIVABLE, directions, limits
from patrolroute.roads.sources.xmlguard import plain_xml
from patrolroute.roads.speeds import parse_maxspeed

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from patrolroute.roads.network import RoadNetwork
    from patrolroute.roads.speeds import SpeedTable

    _Positions = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]

_DRIVABLE = frozenset(DRIVABLE)
_STEPS_PER_DEGREE = 1e7
_NO_TIMESTAMP = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def read_osm(
    path: Path,
    file_format: str,
    *,
    speeds: SpeedTable | None,
    within: shapely.Polygon | shapely.MultiPolygon | None = None,
) -> RoadNetwork:
    """Return the streets for cars of an OSM extract.

    Ways of a class of `tags.DRIVABLE` count, no area, alley, driveway or car park, in the directions that
    `tags.directions` tells. From OSMnx's "drive" on the same file this differs so: `access=no`, `vehicle=no` and the
    like close a way, a more specific key opens it again, as `motor_vehicle=yes` does with `access=no`; circular
    junctions, motorways and their links are one-way, and reversible ways are left out. Where OSMnx joins pieces of
    different streets into one edge with lists of names, they stay apart here, so there are more nodes, and each edge
    has one name, class and speed. Turn restrictions are read, which OSMnx does not.

    Parameters
    ----------
    path : Path
    file_format : str
        As osmium names it: "osm", "osm.bz2", "osm.gz" or "osm.pbf".
    speeds : SpeedTable, optional
    within : shapely.Polygon or shapely.MultiPolygon, optional
        In degrees. Ways that do not touch it are left out before any street is made; those that do stay whole.

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
    except (RuntimeError, ValueError, OverflowError, osmium.InvalidLocationError) as error:
        raise InputError([_unreadable(path, file_format, error)]) from None
    if not found.attributes:
        raise InputError([f"{path.name}: no street for cars in it; expected OSM ways with a highway tag."])
    if not len(found.node_id):
        raise InputError([f"{path.name}: has ways but none of their nodes; take an extract with complete ways."])
    outside = 0 if within is None else found.crop(within)
    if not len(found.kind):
        raise InputError([f"{path.name}: none of its {outside:,} ways for cars touches the area; check the area."])
    origin = Provenance(
        kind="openstreetmap",
        source=path.name,
        date=found.date,
        attribution=OSM_ATTRIBUTION,
    )
    return assemble(found.streets(), provenance=origin, speeds=speeds, cut=Cut(outside=outside))


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


def _positions_in(source: Any, wanted: NDArray[np.int64]) -> _Positions:
    """Return ids and coordinates of those of some nodes that a file has, gathered without a call for each node."""
    places = osmium.index.create_map("sparse_mem_array")
    keeper = osmium.NodeLocationsForWays(places)
    keeper.apply_nodes_to_ways = False
    with osmium.io.Reader(source, osmium.osm.osm_entity_bits.NODE) as reader:
        osmium.apply(reader, osmium.filter.IdFilter(wanted.tolist()), keeper)
    ids, x, y = array("q"), array("q"), array("q")
    for node in wanted.tolist():
        with contextlib.suppress(KeyError):
            place = places.get(node)
            x.append(place.x)
            y.append(place.y)
            ids.append(node)
    return np.array(ids, np.int64), np.array(x, np.int64), np.array(y, np.int64)


def _positions_one_by_one(source: Any, wanted: NDArray[np.int64]) -> _Positions:
    """Return the same where the file has its nodes in no order or some have ids below 0, as editors give them."""
    ids, x, y = array("q"), array("q"), array("q")
    nodes = osmium.FileProcessor(source, osmium.osm.NODE)
    node: Any
    for node in nodes.with_filter(osmium.filter.IdFilter(wanted.tolist())) if wanted[0] >= 0 else nodes:
        x.append(node.location.x)
        y.append(node.location.y)
        ids.append(node.id)
    return np.array(ids, np.int64), np.array(x, np.int64), np.array(y, np.int64)


@dataclass
class _Found:
    """What is gathered while a file is read."""

    attributes: dict[tuple[str, str, str, str, bool], int] = field(default_factory=dict)
    refs: array[int] = field(default_factory=lambda: array("q"))
    start: array[int] = field(default_factory=lambda: array("q", [0]))
    kind: array[int] = field(default_factory=lambda: array("q"))
    way_id: array[int] = field(default_factory=lambda: array("q"))
    seen: set[int] = field(default_factory=set)
    relations: list[Relation] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    seen_relations: set[int] = field(default_factory=set)
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
        """Gather the ways that cars may drive, and the relations that forbid turns."""
        wanted = osmium.filter.TagFilter(*(("highway", each) for each in DRIVABLE), ("type", "restriction"))
        thing: Any
        for thing in osmium.FileProcessor(source, osmium.osm.WAY | osmium.osm.RELATION).with_filter(wanted):
            if thing.deleted:
                continue
            if thing.is_way():
                self._add_way(thing)
            elif thing.id not in self.seen_relations:
                # Extracts that were joined have what lies on their border twice.
                self.seen_relations.add(thing.id)
                if isinstance(relation := read_relation(thing), Relation):
                    self.relations.append(relation)
                else:
                    self.skipped[relation] += 1

    def _add_way(self, way: Any) -> None:
        tags = way.tags
        highway = tags.get("highway", "")
        forward, backward = directions(tags)
        if highway not in _DRIVABLE or not (forward or backward) or len(way.nodes) < 2 or way.id in self.seen:
            return
        self.seen.add(way.id)
        refs = [node.ref for node in way.nodes]
        along, against = limits(tags)
        if not forward:
            refs.reverse()
            along, against = against, along
        oneway = not (forward and backward)
        self.refs.extend(refs)
        self.start.append(len(self.refs))
        name = " ".join(tags.get("name", "").split())
        attributes = (name, highway, along, along if oneway else against, oneway)
        self.kind.append(self.attributes.setdefault(attributes, len(self.attributes)))
        self.way_id.append(way.id)
        self.newest = max(self.newest, way.timestamp)

    @property
    def date(self) -> str | None:
        """The date that the header tells, else that of the newest way, where ways carry one."""
        newest = None if self.newest == _NO_TIMESTAMP else self.newest.date().isoformat()
        return self.header_date or newest

    def read_nodes(self, source: Any) -> None:
        """Gather ids and positions of the ways' nodes, sorted by id, those that the file lacks left out."""
        wanted = np.unique(np.frombuffer(self.refs, np.int64))
        if wanted[0] < 0:
            found, x, y = _positions_one_by_one(source, wanted)
        else:
            found, x, y = _positions_in(source, wanted)
            if len(found) < len(wanted):
                # osmium's table finds only nodes that came in the order of their ids.
                late = _positions_one_by_one(source, np.setdiff1d(wanted, found))
                found, x, y = (np.concatenate(pair) for pair in zip((found, x, y), late, strict=True))
        at = np.minimum(np.searchsorted(wanted, found), len(wanted) - 1)
        known = wanted[at] == found
        lon, lat = np.full(len(wanted), np.nan), np.full(len(wanted), np.nan)
        lon[at[known]], lat[at[known]] = x[known] / _STEPS_PER_DEGREE, y[known] / _STEPS_PER_DEGREE
        there = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)
        self.node_id, self.lon, self.lat = wanted[there], lon[there], lat[there]

    def crop(self, within: shapely.Polygon | shapely.MultiPolygon) -> int:
        """Leave out ways that do not touch an area, and return how many."""
        start, refs = np.frombuffer(self.start, np.int64), np.frombuffer(self.refs, np.int64)
        at = self._positions(refs)
        way = np.repeat(np.arange(len(self.kind)), np.diff(start))[at >= 0]
        at = at[at >= 0]
        parts = np.bincount(way, minlength=len(self.kind))
        drawn = np.flatnonzero(parts > 1)
        long = parts[way] > 1
        lonlat = np.column_stack([self.lon[at[long]], self.lat[at[long]]])
        lines = shapely.linestrings(lonlat, indices=np.searchsorted(drawn, way[long]))
        shapely.prepare(within)
        kept = drawn[shapely.intersects(within, lines)]
        index = part_index(start, kept)
        before = len(self.kind)
        self.refs = array("q", refs[index].tobytes())
        self.start = array("q", starts_of(np.diff(start)[kept]).tobytes())
        self.kind = array("q", np.frombuffer(self.kind, np.int64)[kept].tobytes())
        self.way_id = array("q", np.frombuffer(self.way_id, np.int64)[kept].tobytes())
        return before - len(kept)

    def _positions(self, refs: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the positions of node ids, -1 for nodes that the file lacks."""
        position = np.minimum(np.searchsorted(self.node_id, refs), len(self.node_id) - 1)
        position[self.node_id[position] != refs] = -1
        return position

    def streets(self) -> Streets:
        """Return directed street pieces between junctions, and what turns between them are forbidden."""
        rows = list(self.attributes)
        kind, way_id = np.frombuffer(self.kind, np.int64), np.frombuffer(self.way_id, np.int64)
        way_start = np.frombuffer(self.start, np.int64)
        oneway = np.array([row[4] for row in rows], bool)[kind]
        aligned = oneway | np.array([row[2] != row[3] for row in rows], bool)[kind]
        position = self._positions(np.frombuffer(self.refs, np.int64))
        way_ends = np.column_stack([position[way_start[:-1]], position[way_start[1:] - 1]])
        stops = stops_of(self.relations, way_id=way_id, way_ends=way_ends, node_id=self.node_id)
        ways = Ways(start=way_start, ref=position, kind=kind, aligned=aligned)
        drawn = _both_ways(chains_of(ways, len(self.node_id), stops=stops), oneway)
        tail, head = drawn.ref[drawn.start[:-1]], drawn.ref[drawn.start[1:] - 1]
        pieces = Pieces(
            tail=tail,
            head=head,
            first=drawn.way,
            last=drawn.last_way,
            twin=drawn.twin,
            way_id=way_id,
            way_ends=way_ends,
            node_id=self.node_id,
        )
        ends, at = np.unique(np.concatenate([tail, head]), return_inverse=True)
        lonlat = np.column_stack([self.lon[drawn.ref], self.lat[drawn.ref]])
        limit = np.array([(parse_maxspeed(row[2]), parse_maxspeed(row[3])) for row in rows], np.float64)
        of_kind = kind[drawn.way]
        return Streets(
            node_id=self.node_id[ends],
            lon=self.lon[ends],
            lat=self.lat[ends],
            tail=at[: len(tail)],
            head=at[len(tail) :],
            length_m=along_m(drawn.start, lonlat)[drawn.start[1:] - 1],
            name=tuple(rows[k][0] for k in of_kind.tolist()),
            highway=tuple(rows[k][1] for k in of_kind.tolist()),
            maxspeed_kph=limit[of_kind, drawn.backward.astype(np.int64)],
            shape_start=drawn.start,
            shape_lonlat=lonlat,
            twin=drawn.twin,
            restrictions=restrictions_of(self.relations, self.skipped, pieces),
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class _Drawn:
    """Chains in each direction that may be driven: `Chains`, and which are driven backward, and the twin of each."""

    start: NDArray[np.int64]
    ref: NDArray[np.int64]
    way: NDArray[np.int64]
    last_way: NDArray[np.int64]
    backward: NDArray[np.bool_]
    twin: NDArray[np.int64]


def _both_ways(chains: Chains, oneway: NDArray[np.bool_]) -> _Drawn:
    count = len(chains.way)
    back = np.flatnonzero(~oneway[chains.way])
    twin = np.full(count + len(back), -1, np.int64)
    twin[back] = count + np.arange(len(back))
    twin[count:] = back
    size = np.diff(chains.start)
    return _Drawn(
        start=np.concatenate([chains.start, chains.start[-1] + np.cumsum(size[back])]),
        ref=np.concatenate([chains.ref, chains.ref[part_index(chains.start, back, backward=True)]]),
        way=np.concatenate([chains.way, chains.last_way[back]]),
        last_way=np.concatenate([chains.last_way, chains.way[back]]),
        backward=np.arange(count + len(back)) >= count,
        twin=twin,
    )
