"""Patrol speed: streets that count are driven slowly once, and at the network's speed on the way to others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from patrolroute.roads.coverage.streets import AreaStreets, Drive, drive_of
from patrolroute.roads.geometry import part_index
from patrolroute.roads.restrictions import Restrictions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from patrolroute.roads.network import RoadNetwork


@dataclass(frozen=True, eq=False, kw_only=True)
class Paced:
    """A network in which each street of an area is there twice: at patrol speed, where it counts, and as it was.

    A drive that chooses among both is one at patrol speed on what it covers and at the network's elsewhere, so what
    finds drives, and what bounds them, needs to know of one speed only.

    Parameters
    ----------
    network : RoadNetwork
    area : AreaStreets
        The slow streets.
    origin : int64 array, shape (E,)
        The edge of the first network that each edge stands for.
    """

    network: RoadNetwork
    area: AreaStreets
    origin: NDArray[np.int64]

    def back(self, network: RoadNetwork, area: AreaStreets, drive: Drive) -> Drive:
        """Return a drive as one of the first network, that counts the streets which it drives slowly, without bounds.

        Parameters
        ----------
        network : RoadNetwork
        area : AreaStreets
            As they were paced.
        drive : Drive
        """
        slow = np.isin(area.edge, network.first[self.origin[drive.streets]])
        found = drive_of(network, area.only(slow), self.origin[drive.edges], drive.start)
        return replace(found, total_dm=int(area.inside_dm.sum()))


def paced(network: RoadNetwork, area: AreaStreets, kph: float) -> Paced:
    """Return a network with slow streets beside those of an area.

    Parameters
    ----------
    network : RoadNetwork
    area : AreaStreets
    kph : float
    """
    there = area.edge.astype(np.int64)
    back = network.twin[there].astype(np.int64)
    copied = np.concatenate([there, back[back >= 0]])
    edges = len(network.tail)
    origin = np.concatenate([np.arange(edges), copied])
    copy = np.full(edges, -1, np.int64)
    copy[copied] = edges + np.arange(len(copied))
    twin_there = network.twin[copied].astype(np.int64)
    twin = np.concatenate([network.twin.astype(np.int64), np.where(twin_there >= 0, copy[twin_there], -1)])
    time_ms = network.time_ms[origin]
    time_ms[edges:] = np.maximum(time_ms[edges:], pace_ms(network.length_dm[copied], kph))
    order = np.lexsort((np.arange(len(origin)), network.head[origin], network.tail[origin]))
    at = np.empty(len(order), np.int64)
    at[order] = np.arange(len(order))
    origin, twin, time_ms = origin[order], twin[order], time_ms[order]
    size = np.diff(network.shape_start)[origin]
    slow = replace(
        network,
        tail=network.tail[origin],
        head=network.head[origin],
        length_dm=network.length_dm[origin],
        time_ms=time_ms,
        twin=np.where(twin >= 0, at[twin], -1).astype(np.int32),
        name=tuple(network.name[edge] for edge in origin.tolist()),
        highway=tuple(network.highway[edge] for edge in origin.tolist()),
        maxspeed_kph=network.maxspeed_kph[origin],
        shape_start=np.append(0, np.cumsum(size)),
        shape_lonlat=network.shape_lonlat[part_index(network.shape_start, origin)],
        restrictions=Restrictions(known=False),
        pace=None if network.pace is None else network.pace[origin],
        closed=None,
    )
    first = slow.first[at[copy[there]]]
    rising = np.argsort(first)
    streets = AreaStreets(edge=first[rising], inside_dm=area.inside_dm[rising], share=area.share[rising])
    return Paced(network=slow, area=streets, origin=origin)


def patrol_ms(network: RoadNetwork, drive: Drive, patrol_kph: float | None) -> NDArray[np.int64]:
    """Return the milliseconds of each edge of a drive: at patrol speed on streets that count as they are first driven.

    Parameters
    ----------
    network : RoadNetwork
    drive : Drive
    patrol_kph : float or None
        Where the network is slower than this, or there is none, the network's time holds.

    Returns
    -------
    int64 array, shape (K,)
    """
    edges = drive.edges.astype(np.int64)
    times: NDArray[np.int64] = network.time_ms[edges].copy()
    if patrol_kph is None:
        return times
    first = network.first[edges]
    fresh = np.zeros(len(edges), bool)
    fresh[np.unique(first, return_index=True)[1]] = True
    fresh &= np.isin(first, drive.streets)
    times[fresh] = np.maximum(times[fresh], pace_ms(network.length_dm[edges[fresh]], patrol_kph))
    return times


def pace_ms(length_dm: NDArray[np.int64], kph: float) -> NDArray[np.int64]:
    """Return the milliseconds, rounded up, of some decimetres at a speed."""
    return np.ceil(length_dm * 360 / kph - 1e-6).astype(np.int64)
