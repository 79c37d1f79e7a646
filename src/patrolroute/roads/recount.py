"""Count a drive again from the map alone; shares no code with what makes drives."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import shapely

if TYPE_CHECKING:
    from collections.abc import Collection

    from shapely.geometry.base import BaseGeometry

    from patrolroute.roads.coverage import Drive
    from patrolroute.roads.network import RoadNetwork

_RADIUS_M = 6_371_009.0


def check_drive(
    network: RoadNetwork,
    polygon: BaseGeometry,
    drive: Drive,
    *,
    classes: Collection[str] | None = None,
    closed: bool = False,
) -> list[str]:
    """Return what is wrong with a drive, nothing if it is sound.

    Edge after edge: each begins where the last ended; times and lengths add up; each street that counts is driven, is
    of a class that counts, counts once, and as much of it as lies in the polygon; bounds do not contradict the drive.

    Parameters
    ----------
    network : RoadNetwork
    polygon : shapely.Polygon or MultiPolygon
        EPSG:4326.
    drive : Drive
    classes : collection of str, optional
        As the streets were chosen with.
    closed : bool
        Whether it must come back to where it began.
    """
    wrong: list[str] = []
    here, ms, dm = drive.start, 0, 0
    driven: set[int] = set()
    for position, edge in enumerate(drive.edges.tolist()):
        if int(network.tail[edge]) != here:
            wrong.append(f"edge {position} begins at node {int(network.tail[edge])}, but the drive is at {here}.")
        here = int(network.head[edge])
        ms += int(network.time_ms[edge])
        dm += int(network.length_dm[edge])
        twin = int(network.twin[edge])
        driven.add(edge if twin < 0 else min(edge, twin))
    if here != drive.end:
        wrong.append(f"the drive ends at node {here}, but says {drive.end}.")
    if closed and drive.end != drive.start:
        wrong.append(f"the drive begins at node {drive.start} and ends at {drive.end}.")
    if (ms, dm) != (drive.travel_ms, drive.length_dm):
        wrong.append(f"edges take {ms} ms and {dm} dm, but the drive says {drive.travel_ms} and {drive.length_dm}.")
    counted = list(zip(drive.streets.tolist(), drive.covered_dm.tolist(), strict=True))
    if len({street for street, _ in counted}) < len(counted):
        wrong.append("a street counts twice.")
    for street, says_dm in counted:
        if street not in driven:
            wrong.append(f"street {street} counts, but is not driven.")
        if classes is not None and network.highway[street] not in classes:
            wrong.append(f"street {street} counts, but is of class {network.highway[street]!r}.")
        inside_dm = _inside_dm(network, polygon, street)
        if abs(inside_dm - says_dm) > 0.51:
            wrong.append(f"street {street} counts {says_dm} dm, but {inside_dm:.2f} dm lie inside.")
    covered = sum(says for _, says in counted)
    if drive.total_dm < covered or (drive.upper_dm is not None and drive.upper_dm < covered):
        wrong.append(f"{covered} dm are covered, more than there are or the bound allows.")
    if drive.lower_ms is not None and drive.lower_ms > ms:
        wrong.append(f"the drive takes {ms} ms, less than the bound {drive.lower_ms}.")
    return wrong


def _inside_dm(network: RoadNetwork, polygon: BaseGeometry, street: int) -> float:
    begin, end = int(network.shape_start[street]), int(network.shape_start[street + 1])
    points = [(float(x), float(y)) for x, y in network.shape_lonlat[begin:end]]
    whole = inside = 0.0
    for a, b in pairwise(points):
        whole += _apart_m(a, b)
        kept = shapely.LineString([a, b]).intersection(polygon)
        for part in getattr(kept, "geoms", [kept]):
            if part.geom_type == "LineString" and not part.is_empty:
                inside += sum(_apart_m(p, q) for p, q in pairwise(part.coords))
    if whole == 0:
        return float(network.length_dm[street]) * polygon.covers(shapely.Point(points[0]))
    return float(network.length_dm[street]) * min(inside / whole, 1.0)


def _apart_m(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Return great-circle metres by the chord between unit vectors, another formula than the network's."""
    u, v = (
        (
            math.cos(math.radians(y)) * math.cos(math.radians(x)),
            math.cos(math.radians(y)) * math.sin(math.radians(x)),
            math.sin(math.radians(y)),
        )
        for x, y in (a[:2], b[:2])
    )
    return 2 * _RADIUS_M * math.asin(min(math.dist(u, v) / 2, 1.0))
