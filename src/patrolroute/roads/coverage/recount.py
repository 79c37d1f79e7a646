"""Count a drive again from the map alone; shares no code with what makes drives."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING

from patrolroute.beats import inside_dm

if TYPE_CHECKING:
    from collections.abc import Collection

    from shapely.geometry.base import BaseGeometry

    from patrolroute.roads.coverage.streets import Drive, Ends
    from patrolroute.roads.network import RoadNetwork


def check_drive(
    network: RoadNetwork,
    polygon: BaseGeometry,
    drive: Drive,
    *,
    classes: Collection[str] | None = None,
    ends: Ends | None = None,
    only: Collection[int] | None = None,
    u_turn_s: float | None = None,
) -> list[str]:
    """Return what is wrong with a drive, nothing if it is sound.

    Edge after edge: each begins where the last ended; times and lengths add up; each street that counts is driven, is
    of a class that counts, counts once, and as much of it as lies in the polygon; the streets of the polygon add up to
    the total; the drive begins and ends where it was asked to; bounds do not contradict it. Where it shall obey turns,
    no turn is forbidden, and turning round takes its time.

    Parameters
    ----------
    network : RoadNetwork
    polygon : shapely.Polygon or MultiPolygon
        EPSG:4326.
    drive : Drive
    classes : collection of str, optional
        As the streets were chosen with.
    ends : Ends, optional
        Where it was asked to begin and end; not looked at where left out.
    only : collection of int, optional
        Edges, one of each street, that make up the total where it is not all streets of the polygon and the classes.
    u_turn_s : float, optional
        What turning round takes away from dead ends; where left out, the drive need not obey turns. A drive that comes
        back to its first street must be able to go round again.
    """
    if wrong := _misplaced(network, drive):
        return wrong
    here, ms, dm = drive.start, 0, 0
    driven: set[int] = set()
    for position, edge in enumerate(drive.edges.tolist()):
        if int(network.tail[edge]) != here:
            wrong.append(f"edge {position} begins at node {int(network.tail[edge])}, but the drive is at {here}.")
        here = int(network.head[edge])
        ms += int(network.time_ms[edge])
        dm += int(network.length_dm[edge])
        driven.add(_street(network, edge))
    if here != drive.end:
        wrong.append(f"the drive ends at node {here}, but says {drive.end}.")
    wrong += _wrong_ends(drive, ends)
    if (ms, dm) != (drive.travel_ms, drive.length_dm):
        wrong.append(f"edges take {ms} ms and {dm} dm, but the drive says {drive.travel_ms} and {drive.length_dm}.")
    wrong += _wrong_streets(network, drive, _area(network, polygon, classes, only), driven)
    if u_turn_s is not None:
        wrong += _wrong_turns(network, drive, u_turn_s, closed=ends is not None and ends.closed)
    ms += drive.turning_ms
    if drive.lower_ms is not None and drive.lower_ms > ms:
        wrong.append(f"the drive takes {ms} ms, less than the bound {drive.lower_ms}.")
    return wrong


def _wrong_turns(network: RoadNetwork, drive: Drive, u_turn_s: float, *, closed: bool) -> list[str]:
    """Return forbidden turns, and whether turning round does not add up."""
    edges = [int(edge) for edge in drive.edges]
    wrong = []
    for ban in network.restrictions.sequences:
        round_again = edges[: len(ban) - 1] if closed else []
        along = [*edges, *round_again]
        wrong += [
            f"edges {', '.join(map(str, ban))} follow each other at {position}, which is forbidden."
            for position in range(len(along) - len(ban) + 1)
            if along[position : position + len(ban)] == list(ban)
        ]
    ways_on = Counter(network.tail.tolist())
    pairs = pairwise([*edges, *edges[:1]] if closed else edges)
    turned = sum(int(network.twin[a]) == b and ways_on[int(network.tail[b])] > 1 for a, b in pairs)
    if drive.turning_ms != turned * math.ceil(u_turn_s * 1000):
        wrong.append(f"it turns round {turned} times in {u_turn_s:g} s, but says {drive.turning_ms} ms of turning.")
    return wrong


def _misplaced(network: RoadNetwork, drive: Drive) -> list[str]:
    """Return which edges and nodes of a drive the network does not have."""
    edges, nodes = len(network.tail), len(network.node_id)
    wrong = [
        f"edge {position} is {edge}, but edges are 0 to {edges - 1}."
        for position, edge in enumerate(drive.edges.tolist())
        if not 0 <= edge < edges
    ]
    wrong += [
        f"street {street} counts, but edges are 0 to {edges - 1}."
        for street in drive.streets.tolist()
        if not 0 <= street < edges
    ]
    ends = (("begins", drive.start), ("ends", drive.end))
    wrong += [f"the drive {w} at {n}, but nodes are 0 to {nodes - 1}." for w, n in ends if not 0 <= n < nodes]
    return wrong


def _wrong_ends(drive: Drive, ends: Ends | None) -> list[str]:
    if ends is None:
        return []
    wrong = []
    if ends.closed and drive.end != drive.start:
        wrong.append(f"the drive begins at node {drive.start} and ends at {drive.end}.")
    if ends.start is not None and drive.start != ends.start:
        wrong.append(f"the drive begins at node {drive.start}, but {ends.start} was asked for.")
    if ends.end is not None and drive.end != ends.end:
        wrong.append(f"the drive ends at node {drive.end}, but {ends.end} was asked for.")
    return wrong


def _street(network: RoadNetwork, edge: int) -> int:
    twin = int(network.twin[edge])
    return edge if twin < 0 else min(edge, twin)


def _area(
    network: RoadNetwork, polygon: BaseGeometry, classes: Collection[str] | None, only: Collection[int] | None
) -> dict[int, float]:
    """Return the decimetres inside of each street that may count."""
    west, south, east, north = polygon.bounds
    inside: dict[int, float] = {}
    for edge in range(len(network.tail)) if only is None else only:
        street = _street(network, edge)
        if street in inside or (classes is not None and network.highway[street] not in classes):
            continue
        line = network.shape_lonlat[int(network.shape_start[street]) : int(network.shape_start[street + 1])]
        (left, low), (right, high) = line.min(axis=0), line.max(axis=0)
        if left <= east and right >= west and low <= north and high >= south:
            inside[street] = inside_dm(line.tolist(), float(network.length_dm[street]), polygon)
    return inside


def _wrong_streets(network: RoadNetwork, drive: Drive, area: dict[int, float], driven: set[int]) -> list[str]:
    """Return what is wrong with the streets that count, and with the total of the area."""
    wrong = []
    counted = list(zip(drive.streets.tolist(), drive.covered_dm.tolist(), strict=True))
    if len({street for street, _ in counted}) < len(counted):
        wrong.append("a street counts twice.")
    for street, says_dm in counted:
        if street not in driven:
            wrong.append(f"street {street} counts, but is not driven.")
        if street not in area:
            wrong.append(f"street {street} counts, but is outside, or of class {network.highway[street]!r}.")
        elif abs(area[street] - says_dm) > 0.51:
            wrong.append(f"street {street} counts {says_dm} dm, but {area[street]:.2f} dm lie inside.")
    total_dm = sum(round(dm) for dm in area.values())
    # Two formulas may round what ends in a half to either side.
    doubtful = sum(abs(dm % 1 - 0.5) < 0.01 for dm in area.values())
    if abs(total_dm - drive.total_dm) > doubtful:
        wrong.append(f"{total_dm} dm of streets lie inside, but the drive says {drive.total_dm}.")
    covered = sum(says for _, says in counted)
    if drive.total_dm < covered or (drive.upper_dm is not None and drive.upper_dm < covered):
        wrong.append(f"{covered} dm are covered, more than there are or the bound allows.")
    return wrong
