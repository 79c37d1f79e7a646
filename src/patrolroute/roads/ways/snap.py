"""Where sites meet the streets: the nearest point on an edge."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.spatial import KDTree

from patrolroute.errors import Faults, InputError
from patrolroute.roads.geometry import along_m, metres_per_degree, part_index
from patrolroute.roads.ways.offroad import off_road_faults

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from patrolroute.roads.network import RoadNetwork
    from patrolroute.scenario.model import Place, Travel

_REFINE_WITHIN_M = 20_000.0
_CHUNK = 2_000
_AWAY = ("distance_m", "access_dm", "access_ms")
"""Columns of `Placed` that tell how far a place lies from its street."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Snaps:
    """The nearest street point of each of n points.

    Parameters
    ----------
    edge : int32 array, shape (n,)
        Edge that the street point is on; of a two-way street the first of its twins.
    fraction : float64 array, shape (n,)
        Share of the edge's line that lies before the street point, 0 to 1.
    lon, lat : float64 array, shape (n,)
        The street point.
    distance_m : float64 array, shape (n,)
        From the point to the street point.
    """

    edge: NDArray[np.int32]
    fraction: NDArray[np.float64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    distance_m: NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class Placed:
    """Places and sites on the streets, n of them.

    Parameters
    ----------
    ids : tuple of str
    site_lon, site_lat : float64 array, shape (n,)
        The places themselves.
    edge : int32 array, shape (n,)
        Edge of the network; a stop on a two-way street may be left in both directions.
    fraction : float64 array, shape (n,)
        Share of the edge's line before the stop.
    lon, lat : float64 array, shape (n,)
        The stop on the street.
    distance_m : float64 array, shape (n,)
        Metres between place and street.
    access_dm : int64 array, shape (n,)
        Decimetres between place and street, rounded up.
    access_ms : int64 array, shape (n,)
        Milliseconds between place and street at the scenario's access speed, rounded up.
    cut_off : frozenset of str
        Ids of those beyond the scenario's limit that would lie near a street, had closures not taken it or cut it off.
    directed : frozenset of str
        Ids of those that are only driven through, along their edge, where drives obey turns: nobody turns round there.
    """

    ids: tuple[str, ...]
    site_lon: NDArray[np.float64]
    site_lat: NDArray[np.float64]
    edge: NDArray[np.int32]
    fraction: NDArray[np.float64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    distance_m: NDArray[np.float64]
    access_dm: NDArray[np.int64]
    access_ms: NDArray[np.int64]
    cut_off: frozenset[str] = frozenset()
    directed: frozenset[str] = frozenset()

    @property
    def access_m(self) -> NDArray[np.int64]:
        """Metres between place and street, rounded up, shape (n,)."""
        return -(-self.access_dm // 10)

    def off_road_m(self, limit_m: float) -> dict[str, float]:
        """Return the places that lie farther than a limit from the nearest street, and how far."""
        return {name: m for name, m in zip(self.ids, self.distance_m.tolist(), strict=True) if m > limit_m}

    def with_street_points(self, names: Mapping[str, str]) -> Placed:
        """Return the places with more points: on the street itself, right where some of the places meet it.

        Parameters
        ----------
        names : mapping of str to str
            New ids, and the place that each belongs to.
        """
        rows = np.array([self.index(place) for place in names.values()], np.int64)
        on_street = replace(
            self,
            site_lon=self.lon,
            site_lat=self.lat,
            distance_m=np.zeros_like(self.distance_m),
            access_dm=np.zeros_like(self.access_dm),
            access_ms=np.zeros_like(self.access_ms),
        )
        columns = {
            name: np.concatenate([getattr(self, name), getattr(on_street, name)[rows]])
            for name in ("site_lon", "site_lat", "edge", "fraction", "lon", "lat", *_AWAY)
        }
        return Placed(ids=(*self.ids, *names), cut_off=self.cut_off, directed=self.directed, **columns)

    @cached_property
    def _index(self) -> Mapping[str, int]:
        return {name: i for i, name in enumerate(self.ids)}

    def index(self, point: str) -> int:
        """Return the position of a place.

        Raises
        ------
        InputError
            When no such place was placed.
        """
        try:
            return self._index[point]
        except KeyError:
            raise InputError([f"place {point!r} has not been put on the streets."]) from None


def snap_points(network: RoadNetwork, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Snaps:
    """Return the nearest point on a street of each point, however far.

    Distances are measured in a local projection around each point, on the ellipsoid: to centimetres across a city and
    right in a whole country. Beyond 20 km the edge is the nearest in a projection of the whole network.

    Parameters
    ----------
    network : RoadNetwork
    lon, lat : float64 array, shape (n,)
        Degrees.

    Raises
    ------
    InputError
        When a coordinate is no finite number of degrees.
    """
    lon, lat = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    wrong = np.flatnonzero(~(np.isfinite(lon + lat) & (np.abs(lon) <= 180) & (np.abs(lat) <= 90)))
    if len(wrong):
        raise InputError(
            f"point {i}: lon {lon[i]}, lat {lat[i]}; expected degrees within 180 and 90." for i in wrong.tolist()[:20]
        )
    index = network.street_index
    parts = [index.nearest(lon[i : i + _CHUNK], lat[i : i + _CHUNK]) for i in range(0, len(lon), _CHUNK)]
    edge, at, share = (np.concatenate(column) for column in zip(*parts, strict=True)) if parts else _nothing()
    shape = network.shape_lonlat
    size = network.shape_start[edge + 1] - network.shape_start[edge]
    line = np.append(0, np.cumsum(size))
    along = along_m(line, shape[part_index(network.shape_start, edge)])
    here = line[:-1] + at - network.shape_start[edge]
    total = along[line[1:] - 1] if len(edge) else along
    metres = along[here] + share * (along[here + 1] - along[here]) if len(edge) else along
    street_lon = shape[at, 0] + share * (shape[at + 1, 0] - shape[at, 0])
    street_lat = shape[at, 1] + share * (shape[at + 1, 1] - shape[at, 1])
    # Between the two latitudes the projection is right to the third order.
    east, north = metres_per_degree((lat + street_lat) / 2)
    return Snaps(
        edge=edge.astype(np.int32),
        fraction=np.clip(np.divide(metres, total, out=np.zeros_like(metres), where=total > 0), 0.0, 1.0),
        lon=street_lon,
        lat=street_lat,
        distance_m=np.hypot((street_lon - lon) * east, (street_lat - lat) * north),
    )


def _nothing() -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)


class StreetIndex:
    """The lines of all streets, each street once, and a tree to find them by.

    Parameters
    ----------
    network : RoadNetwork
    """

    def __init__(self, network: RoadNetwork) -> None:
        self._edge = np.flatnonzero(network.street)
        self._start, self._shape = network.shape_start, network.shape_lonlat
        _, south, _, north = network.bounds
        self._squeeze = max(math.cos(math.radians((south + north) / 2)), 1e-3)
        size = np.diff(self._start)[self._edge]
        self._corner = part_index(self._start, self._edge)
        flat = self._shape[self._corner] * (self._squeeze, 1.0)
        self._corners = KDTree(flat, balanced_tree=False, compact_nodes=False)
        self._lines = shapely.STRtree(
            np.asarray(shapely.linestrings(flat, indices=np.repeat(np.arange(len(size)), size)), object)
        )

    def nearest(
        self, lon: NDArray[np.float64], lat: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Return the nearest edge of each point, the shape point before the nearest spot, and the share after that.

        The nearest corner of any street bounds the distance; every street within that is then measured in the point's
        own projection. Of equally near pieces, as at a junction, the first counts.
        """
        flat = np.column_stack([lon * self._squeeze, lat])
        spot = np.asarray(shapely.points(flat), object)
        corner = self._shape[self._corner[self._corners.query(flat)[1]]]
        east, north = metres_per_degree(lat)
        bound = np.hypot((corner[:, 0] - lon) * east, (corner[:, 1] - lat) * north)
        near = np.flatnonzero(bound <= _REFINE_WITHIN_M)
        reach = np.maximum(self._squeeze / np.maximum(east, 1.0), 1 / north) * (bound * 1.001 + 0.01)
        which, street = self._lines.query(spot[near], predicate="dwithin", distance=reach[near])
        far = np.flatnonzero(bound > _REFINE_WITHIN_M)
        point = np.concatenate([near[which], far])
        street = np.concatenate([street, np.asarray(self._lines.nearest(spot[far]), np.int64)])
        at, share = self._best(point, street, lon, lat)
        return self._edge_of(at), at, share

    def _edge_of(self, at: NDArray[np.int64]) -> NDArray[np.int64]:
        edge: NDArray[np.int64] = np.searchsorted(self._start, at, side="right") - 1
        return edge

    def _best(
        self, point: NDArray[np.int64], street: NDArray[np.int64], lon: NDArray[np.float64], lat: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the nearest piece of the streets paired with each point: its first shape point, and the share."""
        edge = self._edge[street]
        size = self._start[edge + 1] - self._start[edge]
        at = part_index(self._start, edge)
        piece = np.ones(len(at), bool)
        piece[np.cumsum(size) - 1] = False
        at, owner = at[piece], np.repeat(point, size)[piece]
        share, distance = self._measure(at, lon[owner], lat[owner])
        order = np.lexsort((at, distance, owner))
        first = order[np.searchsorted(owner[order], np.arange(len(lon)))]
        return at[first], share[first]

    def _measure(
        self, at: NDArray[np.int64], lon: NDArray[np.float64], lat: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        east, north = metres_per_degree(lat)
        ax, ay = (self._shape[at, 0] - lon) * east, (self._shape[at, 1] - lat) * north
        bx, by = (self._shape[at + 1, 0] - lon) * east, (self._shape[at + 1, 1] - lat) * north
        dx, dy = bx - ax, by - ay
        square = dx * dx + dy * dy
        share = np.clip(np.divide(-(ax * dx + ay * dy), square, out=np.zeros_like(dx), where=square > 0), 0.0, 1.0)
        return share, np.hypot(ax + share * dx, ay + share * dy)


def place_on_roads(network: RoadNetwork, points: Sequence[Place], *, travel: Travel, limit: bool = True) -> Placed:
    """Return where places meet the streets.

    Parameters
    ----------
    network : RoadNetwork
    points : sequence of Place
    travel : Travel
        `snap_limit_m` bounds the distance; `access_kph` is the speed between a place and the street.
    limit : bool
        Whether places beyond `snap_limit_m` are refused; else `Placed.off_road_m` tells them.

    Raises
    ------
    InputError
        With every place that lies farther from a street than the limit, those together that closures have cut off or
        that lie in another district, and every id that stands twice.
    """
    faults = Faults()
    seen: set[str] = set()
    for point in points:
        if point.id in seen:
            faults.add(f"place {point.id!r} stands twice; give each place and site an id of its own.")
        seen.add(point.id)
    lon = np.array([point.lon for point in points], np.float64)
    lat = np.array([point.lat for point in points], np.float64)
    snaps = snap_points(network, lon, lat)
    limit_m = travel.snap_limit_m
    cut_off = _cut_off(network, lon, lat, snaps.distance_m > limit_m, limit_m)
    if limit:
        faults.extend(off_road_faults(network, points, distance_m=snaps.distance_m, limit_m=limit_m, cut_off=cut_off))
    faults.raise_if_any()
    distance = np.where(snaps.distance_m < 1e-3, 0.0, snaps.distance_m)
    return Placed(
        ids=tuple(point.id for point in points),
        site_lon=lon,
        site_lat=lat,
        edge=snaps.edge,
        fraction=snaps.fraction,
        lon=snaps.lon,
        lat=snaps.lat,
        distance_m=distance,
        access_dm=np.ceil(distance * 10 - 1e-6).astype(np.int64),
        access_ms=np.ceil(distance * 3600 / travel.access_kph - 1e-6).astype(np.int64),
        cut_off=frozenset(point.id for point, cut in zip(points, cut_off.tolist(), strict=True) if cut),
    )


def _cut_off(
    network: RoadNetwork,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    off: NDArray[np.bool_],
    limit_m: float,
) -> NDArray[np.bool_]:
    """Return which of the points that lie off the streets would not, had nothing been closed."""
    cut_off = np.zeros(len(lon), np.bool_)
    if network.closed is not None and off.any():
        cut_off[off] = snap_points(network.closed.before, lon[off], lat[off]).distance_m <= limit_m
    return cut_off
