"""Streets of an area, and drives that cover them: all of them, a share of their metres, or the most in a given time.

Both directions of a street are one street and count once; one-way streets are driven one way; what is driven in passing
counts. A drive may leave the area wherever that is quicker.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from patrolroute.errors import Faults, InputError
from patrolroute.roads.geometry import great_circle_m

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from patrolroute.roads.network import RoadNetwork


@dataclass(frozen=True, eq=False, kw_only=True)
class AreaStreets:
    """Streets that lie in an area, whole or in part, S of them.

    Parameters
    ----------
    edge : int32 array, shape (S,)
        One edge of each street, ascending: of twins the first.
    inside_dm : int64 array, shape (S,)
        Decimetres inside, at least 1.
    share : float64 array, shape (S,)
        Of the street's line inside.
    """

    edge: NDArray[np.int32]
    inside_dm: NDArray[np.int64]
    share: NDArray[np.float64]

    @property
    def total_m(self) -> float:
        """Metres of street inside."""
        return float(self.inside_dm.sum()) / 10

    def only(self, chosen: NDArray[np.bool_]) -> AreaStreets:
        """Return some of the streets."""
        return AreaStreets(edge=self.edge[chosen], inside_dm=self.inside_dm[chosen], share=self.share[chosen])


@dataclass(frozen=True, kw_only=True)
class Ends:
    """Where a drive begins and ends.

    Parameters
    ----------
    start, end : int, optional
        Nodes, as positions in the network; None where any will do.
    closed : bool
        Whether the drive comes back to where it began; `end` is then left out.
    """

    start: int | None = None
    end: int | None = None
    closed: bool = True


@dataclass(frozen=True, eq=False, kw_only=True)
class Drive:
    """A drive, edge by edge, and what it covers of an area; K edges, D streets.

    Parameters
    ----------
    edges : int32 array, shape (K,)
        Edges of the network in driving order, each driven whole.
    start, end : int
        Nodes, as positions in the network.
    travel_ms, length_dm : int
        Milliseconds and decimetres of all edges.
    streets : int32 array, shape (D,)
        Edges, of twins the first, of the streets that count, ascending.
    covered_dm : int64 array, shape (D,)
        Decimetres of each inside the area.
    total_dm : int
        Decimetres of all streets of the area.
    lower_ms : int, optional
        No drive that covers as much as was asked for takes less, turning round included where turns are obeyed; None
        where no bound was computed.
    upper_dm : int, optional
        No drive within the time covers more; None where no bound was computed.
    turning_ms : int
        Milliseconds of turning round on top of `travel_ms`, where turns are obeyed; of a drive that comes back to where
        it began, with turning into its first edge again.
    """

    edges: NDArray[np.int32]
    start: int
    end: int
    travel_ms: int
    length_dm: int
    streets: NDArray[np.int32]
    covered_dm: NDArray[np.int64]
    total_dm: int
    lower_ms: int | None = None
    upper_dm: int | None = None
    turning_ms: int = 0

    @property
    def travel_s(self) -> float:
        """Seconds of driving, without turning round."""
        return self.travel_ms / 1000

    @property
    def length_m(self) -> float:
        """Metres driven."""
        return self.length_dm / 10

    @property
    def covered_m(self) -> float:
        """Metres of street covered inside the area, each street once."""
        return float(self.covered_dm.sum()) / 10

    @property
    def share(self) -> float:
        """Of the area's metres of street, how much is covered."""
        return float(self.covered_dm.sum()) / self.total_dm if self.total_dm else 1.0

    @property
    def proved(self) -> bool:
        """Whether no drive is better, by one of the bounds."""
        quick = self.lower_ms is not None and self.lower_ms >= self.travel_ms + self.turning_ms
        return quick or (self.upper_dm is not None and self.upper_dm <= int(self.covered_dm.sum()))


def area_streets(network: RoadNetwork, polygon: BaseGeometry, *, classes: Collection[str] | None = None) -> AreaStreets:
    """Return the streets of a network inside a polygon, and how many metres of each.

    Lines are clipped exactly; the border belongs to the area. The metres inside are the street's length, as the network
    has it, times the share of its line inside (by great-circle metres), to the decimetre.

    Parameters
    ----------
    network : RoadNetwork
    polygon : shapely.Polygon or MultiPolygon
        EPSG:4326.
    classes : collection of str, optional
        OSM highway classes that count, such as "residential"; all of them where left out.

    Raises
    ------
    InputError
        When the polygon is none or holds no street, or a class does not occur in the network.
    """
    faults = Faults()
    if not isinstance(polygon, shapely.Polygon | shapely.MultiPolygon):
        faults.add(f"area: found {type(polygon).__name__}; expected a polygon in degrees.")
    elif polygon.is_empty or not polygon.is_valid:
        faults.add(f"area: found {polygon.geom_type}, empty or crossing itself; expected a sound polygon in degrees.")
    known = sorted(set(network.highway))
    faults.extend(
        f"area: highway class {name!r} does not occur in the roads; expected some of {', '.join(known)}."
        for name in sorted(set(classes or ()) - set(known))
    )
    faults.raise_if_any()
    of_class = np.array([classes is None or name in classes for name in network.highway])
    edge = np.flatnonzero(network.street & of_class)
    lines = network.lines[edge]
    shapely.prepare(polygon)
    touched = shapely.intersects(lines, polygon)
    edge, lines = edge[touched], lines[touched]
    share = np.ones(len(edge))
    cut = ~shapely.covers(polygon, lines)
    whole_m = _metres(lines[cut])
    share[cut] = np.minimum(_metres(shapely.intersection(lines[cut], polygon)) / np.maximum(whole_m, 1e-9), 1.0)
    inside_dm = np.rint(network.length_dm[edge] * share).astype(np.int64)
    kept = inside_dm > 0
    if not kept.any():
        raise InputError(["area: no street lies in it; expected a polygon over the streets, lon before lat."])
    return AreaStreets(edge=edge[kept].astype(np.int32), inside_dm=inside_dm[kept], share=share[kept])


def _metres(shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return great-circle metres of lines, parts of lines added up; points have none."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    # What is left of a line may be lines and points together.
    parts, inner = shapely.get_parts(parts, return_index=True)
    owner = owner[inner]
    line = shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING
    lonlat, index = shapely.get_coordinates(parts[line], return_index=True)
    step = great_circle_m(lonlat[:-1, 0], lonlat[:-1, 1], lonlat[1:, 0], lonlat[1:, 1]) * (index[1:] == index[:-1])
    return np.bincount(owner[line][index[1:]], weights=step, minlength=len(shapes)).astype(np.float64)


def drive_of(network: RoadNetwork, area: AreaStreets, edges: NDArray[np.int64], start: int) -> Drive:
    """Return the drive along some edges from a node, with what it covers and without bounds."""
    covered = np.isin(area.edge, network.first[edges])
    return Drive(
        edges=edges.astype(np.int32),
        start=start,
        end=int(network.head[edges[-1]]) if len(edges) else start,
        travel_ms=int(network.time_ms[edges].sum()),
        length_dm=int(network.length_dm[edges].sum()),
        streets=area.edge[covered],
        covered_dm=area.inside_dm[covered],
        total_dm=int(area.inside_dm.sum()),
    )
