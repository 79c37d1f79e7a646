"""`RoadNetwork`: streets as packed, read-only arrays; one strong component."""

from __future__ import annotations

import html
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from patrolroute.errors import Faults
from patrolroute.roads.cuts import Closed, Cut
from patrolroute.roads.geometry import metres_per_degree
from patrolroute.roads.keys import DM_LIMIT, MS_LIMIT
from patrolroute.roads.restrictions import Restrictions
from patrolroute.roads.speeds import SpeedTable

if TYPE_CHECKING:
    from pathlib import Path

    import networkx as nx
    from numpy.typing import NDArray

    from patrolroute.provenance import Provenance
    from patrolroute.roads.hierarchy import Hierarchy, Weighted
    from patrolroute.roads.ways.snap import StreetIndex
    from patrolroute.scenario.model import Closures

_NAMED = 5
_COLUMNS = {
    "node_id": ("N", np.int64),
    "lon": ("N", np.float64),
    "lat": ("N", np.float64),
    "tail": ("E", np.int32),
    "head": ("E", np.int32),
    "length_dm": ("E", np.int64),
    "time_ms": ("E", np.int64),
    "twin": ("E", np.int32),
    "maxspeed_kph": ("E", np.float64),
    "shape_start": ("E+1", np.int64),
    "shape_lonlat": ("M,2", np.float64),
}


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class RoadNetwork:
    """Streets that a squad can drive, every one reachable from every other.

    N nodes (junctions and places where a street changes), E directed edges, M shape points. Edges must be sorted by
    tail, then head; nodes by id. A street is shorter than 1,677 km and takes less than 149 hours.

    Parameters
    ----------
    provenance : Provenance
        Where the streets come from.
    node_id : int64 array, shape (N,)
        OSM ids where the source has them.
    lon, lat : float64 array, shape (N,)
        Degrees, WGS 84.
    tail, head : int32 array, shape (E,)
        Nodes between which an edge leads.
    length_dm : int64 array, shape (E,)
        Decimetres, rounded up.
    time_ms : int64 array, shape (E,)
        Milliseconds of driving at network speed, rounded up, at least 1.
    twin : int32 array, shape (E,)
        The edge that is the same street the other way; -1 for a one-way street.
    name, highway : tuple of str, length E
        Street name ("" where it has none) and OSM highway class.
    maxspeed_kph : float64 array, shape (E,)
        Speed limit; nan where the map has none.
    shape_start : int64 array, shape (E + 1,)
        Where each edge's line begins in `shape_lonlat`.
    shape_lonlat : float64 array, shape (M, 2)
        Lines from tail to head, packed.
    restrictions : Restrictions
        Turns that are forbidden; only ways that are asked to keep to them do.
    speeds : SpeedTable
        The table that `time_ms` was computed with.
    cut : Cut
        What was left out.
    pace : float64 array, shape (E,), optional
        How many times the time at the table's speed each edge takes: of slow areas, and of certain hours. Not written
        to files.
    closed : Closed, optional
        Where closures made this network of a larger one; it tells sites that they cut off from sites far from all
        streets, and is not written to files.

    Raises
    ------
    InputError
        When shapes, ranges or the order do not fit, a street is too long, or the streets are not one strong component.
    """

    provenance: Provenance
    node_id: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    length_dm: NDArray[np.int64]
    time_ms: NDArray[np.int64]
    twin: NDArray[np.int32]
    name: tuple[str, ...]
    highway: tuple[str, ...]
    maxspeed_kph: NDArray[np.float64]
    shape_start: NDArray[np.int64]
    shape_lonlat: NDArray[np.float64]
    restrictions: Restrictions = field(default_factory=lambda: Restrictions(known=False))
    speeds: SpeedTable = field(default_factory=SpeedTable)
    cut: Cut = field(default_factory=Cut)
    pace: NDArray[np.float64] | None = None
    closed: Closed | None = None

    def __post_init__(self) -> None:
        faults = Faults()
        for name, (shape, dtype) in _COLUMNS.items():
            given = np.asarray(getattr(self, name))
            if given.ndim != 1 + shape.count(",") or not np.can_cast(given.dtype, dtype, "same_kind"):
                faults.add(f"roads: {name} must have shape ({shape},) and type {np.dtype(dtype)}; found {given.dtype}.")
                continue
            column = np.ascontiguousarray(given, dtype).view()
            column.flags.writeable = False
            object.__setattr__(self, name, column)
        faults.raise_if_any()
        self._check_sizes(faults)
        faults.raise_if_any()
        self._check_values(faults)
        faults.raise_if_any()

    def _check_sizes(self, faults: Faults) -> None:
        n, e = len(self.node_id), len(self.tail)
        expected = {"N": n, "E": e, "E+1": e + 1}
        if n < 1 or e < 1:
            faults.add(f"roads: expected at least one node and one edge, found {n} and {e}.")
        sizes = {name: (len(getattr(self, name)), expected.get(shape)) for name, (shape, _) in _COLUMNS.items()}
        sizes |= {"name": (len(self.name), e), "highway": (len(self.highway), e)}
        for name, (found, wanted) in sizes.items():
            if wanted is not None and found != wanted:
                faults.add(f"roads: {name} has {found:,} entries, expected {wanted:,}.")

    def _check_values(self, faults: Faults) -> None:
        n, e = len(self.node_id), len(self.tail)
        lonlat = self.shape_lonlat
        if lonlat.shape[1:] != (2,) or not (np.isfinite(lonlat).all() and (np.abs(lonlat) <= (180, 90)).all()):
            faults.add("roads: shape_lonlat must hold longitudes and latitudes in degrees.")
        if not (
            np.isfinite(self.lon + self.lat).all()
            and (np.abs(self.lon) <= 180).all()
            and (np.abs(self.lat) <= 90).all()
        ):
            faults.add("roads: lon and lat must be degrees.")
        if (np.diff(self.node_id) <= 0).any():
            faults.add("roads: node ids must ascend, each standing once; sort the nodes by their ids.")
        if not ((self.tail >= 0) & (self.tail < n) & (self.head >= 0) & (self.head < n)).all():
            faults.add("roads: tail and head must be positions of nodes.")
            return
        if (np.diff(self.tail.astype(np.int64) * n + self.head) < 0).any():
            faults.add("roads: edges must be sorted by tail, and those of one tail by head; sort all columns alike.")
        if (self.length_dm < 0).any() or (self.time_ms < 1).any():
            faults.add("roads: an edge has a negative length or takes no time.")
        self._check_limits(faults)
        faults.extend(self.restrictions.faults(self.tail, self.head))
        step = np.diff(self.shape_start)
        if self.shape_start[0] != 0 or self.shape_start[-1] != len(lonlat) or (step < 2).any():
            faults.add("roads: shape_start must run from 0 to the number of shape points, at least 2 for each edge.")
        paired = np.flatnonzero(self.twin >= 0)
        other = self.twin[paired]
        if (self.twin < -1).any() or (other >= e).any():
            faults.add("roads: twin must be -1 or the position of an edge.")
        elif ((self.twin[other] != paired) | (self.tail[other] != self.head[paired]) | (other == paired)).any():
            faults.add("roads: twin must pair each edge with one that leads back.")
        links = csr_array((np.ones(e, np.int8), (self.tail, self.head)), shape=(n, n))
        if (count := connected_components(links, directed=True, connection="strong")[0]) != 1:
            faults.add(f"roads: expected one strong component, found {count:,}.")

    def _check_limits(self, faults: Faults) -> None:
        most = f"{DM_LIMIT / 10_000:,.1f} km and {MS_LIMIT / 3_600_000:,.1f} h"
        long = np.flatnonzero((self.length_dm >= DM_LIMIT) | (self.time_ms >= MS_LIMIT))
        for edge in long[:_NAMED].tolist():
            u, v = self.node_id[self.tail[edge]], self.node_id[self.head[edge]]
            name = repr(self.name[edge][:80]) if self.name[edge] else "a street without a name"
            km, hours = self.length_dm[edge] / 10_000, self.time_ms[edge] / 3_600_000
            faults.add(
                f"roads: {name} from node {u} to node {v} is {km:,.1f} km long and takes {hours:,.1f} h; expected less "
                f"than {most}. Check its length and speed, or leave it out."
            )
        if len(long) > _NAMED:
            faults.add(f"roads: {len(long) - _NAMED:,} more edges are as long.")

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north in degrees."""
        west, south = self.shape_lonlat.min(axis=0)
        east, north = self.shape_lonlat.max(axis=0)
        return float(west), float(south), float(east), float(north)

    @cached_property
    def speed_kph(self) -> NDArray[np.float64]:
        """Speed driven on each edge, shape (E,), night factor and pace included."""
        kph = self.speeds.speeds_kph(self.highway, self.maxspeed_kph)
        return kph if self.pace is None else kph / self.pace

    @cached_property
    def street(self) -> NDArray[np.bool_]:
        """True for one edge of each street, shape (E,): of twins the first."""
        chosen: NDArray[np.bool_] = self.first == np.arange(len(self.twin))
        return chosen

    @cached_property
    def first(self) -> NDArray[np.int32]:
        """The edge that stands for each edge's street, int32, shape (E,): of twins the first."""
        edge = np.arange(len(self.twin), dtype=np.int32)
        return np.where(self.twin >= 0, np.minimum(self.twin, edge), edge)

    @property
    def xy_m(self) -> NDArray[np.float64]:
        """Where the nodes lie, metres east and north that are true at the middle latitude, shape (N, 2)."""
        east, north = metres_per_degree(np.array([self.lat.mean()]))
        return np.column_stack([self.lon * east, self.lat * north])

    @cached_property
    def hierarchy(self) -> Hierarchy:
        """The contraction hierarchy of the streets, made when it is first asked for; speeds do not matter to it."""
        from patrolroute.roads.hierarchy import build_hierarchy  # noqa: PLC0415 - brings the compiler

        return build_hierarchy(len(self.node_id), self.tail, self.head, self.xy_m)

    @cached_property
    def weighted(self) -> Weighted:
        """The hierarchy with this network's times and lengths."""
        from patrolroute.roads.hierarchy import weigh  # noqa: PLC0415 - brings the compiler

        return weigh(self.hierarchy, self.time_ms, self.length_dm)

    @cached_property
    def street_index(self) -> StreetIndex:
        """The tree that points find their street by, made once."""
        from patrolroute.roads.ways.snap import StreetIndex  # noqa: PLC0415 - snapping builds on networks

        return StreetIndex(self)

    @property
    def lines(self) -> NDArray[np.object_]:
        """A LineString for each edge, shape (E,)."""
        edge = np.repeat(np.arange(len(self.tail)), np.diff(self.shape_start))
        return np.asarray(shapely.linestrings(self.shape_lonlat, indices=edge), object)

    @property
    def nodes(self) -> gpd.GeoDataFrame:
        """Nodes as points in EPSG:4326: id, lon, lat."""
        columns = {"id": self.node_id, "lon": self.lon, "lat": self.lat}
        return gpd.GeoDataFrame(columns, geometry=shapely.points(self.lon, self.lat), crs="EPSG:4326")

    @property
    def edges(self) -> gpd.GeoDataFrame:
        """Edges as lines in EPSG:4326: u, v, name, highway, length_m, speed_kph, travel_s, oneway."""
        columns = {
            "u": self.node_id[self.tail],
            "v": self.node_id[self.head],
            "name": list(self.name),
            "highway": list(self.highway),
            "length_m": self.length_dm / 10,
            "speed_kph": self.speed_kph,
            "travel_s": self.time_ms / 1000,
            "oneway": self.twin < 0,
        }
        return gpd.GeoDataFrame(columns, geometry=self.lines, crs="EPSG:4326")

    def to_graph(self) -> nx.MultiDiGraph[int]:
        """Return a graph with OSMnx's schema; `roads_from_graph` makes the same network of it.

        Returns
        -------
        networkx.MultiDiGraph
            x and y on nodes; length (m), name, highway, maxspeed, oneway, speed_kph, travel_time (s) and geometry on
            edges. The graph's attributes carry the provenance, and turn restrictions where there are any; not carried
            are the speed table, which a reader gives again, and what was cut.
        """
        from patrolroute.roads.sources.graphs import graph_of  # noqa: PLC0415 - graphs build on networks

        return graph_of(self)

    def save(self, path: str | Path) -> Path:
        """Write the network to a file, whole or not at all; see `write_roads`."""
        from patrolroute.roads.sources.files import write_roads  # noqa: PLC0415 - files build on networks

        return write_roads(self, path)

    def with_speeds(self, speeds: SpeedTable, *, pace: NDArray[np.float64] | None = None) -> RoadNetwork:
        """Return the same streets with times from another speed table, and at another pace.

        Parameters
        ----------
        speeds : SpeedTable
        pace : float64 array, shape (E,), optional
            How many times the time at the table's speed each edge takes; once where it is left out.

        Raises
        ------
        InputError
            When a pace is not above 0, or a street then takes too long.
        """
        times = speeds.times_ms(self.length_dm, self.highway, self.maxspeed_kph, pace=pace)
        faster = replace(self, speeds=speeds, time_ms=times, pace=pace)
        for made in ("hierarchy", "street_index"):
            if made in vars(self):
                vars(faster)[made] = getattr(self, made)
        return faster

    def with_closures(self, closures: Closures) -> RoadNetwork:
        """Return the largest strong component that is left once streets are closed.

        Raises
        ------
        InputError
            When a closure names a street or edge that is not there, or a polygon touches no street, or nothing is left;
            and when the streets have a pace, which is to be laid over what closures leave.
        """
        from patrolroute.roads.closures import close  # noqa: PLC0415 - closures build on networks

        return close(self, closures)

    @property
    def facts(self) -> dict[str, Any]:
        """What the network holds, for a report; see `roads.facts.facts_of`."""
        from patrolroute.roads.facts import facts_of  # noqa: PLC0415 - facts are told of networks

        return facts_of(self)

    @property
    def facts_text(self) -> tuple[tuple[str, str], ...]:
        """The facts in words and with their units, to print: pairs of what and how much."""
        from patrolroute.roads.facts import facts_in_words  # noqa: PLC0415 - facts are told of networks

        return facts_in_words(self)

    def street_names(self) -> tuple[str, ...]:
        """Return the names of all streets, each once and sorted, as `Closures.streets` takes them."""
        from patrolroute.roads.sources.graphs import names_in  # noqa: PLC0415 - graphs build on networks

        # The first is the whole name, where several are joined in it.
        parts = {part for name in set(self.name) if name for part in names_in(name)[1:] or [name]}
        return tuple(sorted(parts, key=lambda name: (name.casefold(), name)))

    def __repr__(self) -> str:
        km = float(self.length_dm[self.street].sum()) / 10_000
        return (
            f"<RoadNetwork: {len(self.node_id):,} nodes, {len(self.tail):,} edges, {km:,.1f} km of street; "
            f"{self.cut.statement}. {self.provenance.statement}>"
        )

    def _repr_html_(self) -> str:
        rows = []
        for what, value in self.facts_text:
            rows.append(f"<tr><th>{html.escape(what)}</th><td>{html.escape(value)}</td></tr>")
        return f"<table><caption>RoadNetwork</caption>{''.join(rows)}</table>"
