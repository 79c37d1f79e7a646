"""Metres on the globe, and LineStrings packed into one array."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

EARTH_RADIUS_M = 6_371_009.0
"""Mean radius, as in OSMnx, so that lengths agree whichever way a street was read."""

_WGS84_A_M = 6_378_137.0
_WGS84_E2 = 0.00669437999014


def great_circle_m(
    lon1: NDArray[np.float64], lat1: NDArray[np.float64], lon2: NDArray[np.float64], lat2: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return great-circle distances in metres between points in degrees (haversine)."""
    phi1, phi2 = np.radians(lat1), np.radians(lat2)
    half_dphi, half_dlam = (phi2 - phi1) / 2, np.radians(lon2 - lon1) / 2
    h = np.sin(half_dphi) ** 2 + np.cos(phi1) * np.cos(phi2) * np.sin(half_dlam) ** 2
    metres: NDArray[np.float64] = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(h, 0, 1)))
    return metres


def metres_per_degree(lat: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the metres of one degree of longitude and of latitude at each latitude, on the WGS 84 ellipsoid."""
    phi = np.radians(lat)
    w2 = 1 - _WGS84_E2 * np.sin(phi) ** 2
    east = np.radians(1.0) * _WGS84_A_M * np.cos(phi) / np.sqrt(w2)
    north = np.radians(1.0) * _WGS84_A_M * (1 - _WGS84_E2) / w2**1.5
    return east, north


def part_index(start: NDArray[np.int64], chosen: NDArray[np.int64], *, backward: bool = False) -> NDArray[np.int64]:
    """Return the positions of the chosen parts of a packed array, one after the other.

    Parameters
    ----------
    start : int64 array, shape (E + 1,)
        Where each part begins; the last is the length of the packed array.
    chosen : int array
        Parts, in the order wanted.
    backward : bool
        Whether each part is read from its end.
    """
    size = start[chosen + 1] - start[chosen]
    within = np.arange(size.sum()) - np.repeat(np.cumsum(size) - size, size)
    first = start[chosen + 1] - 1 if backward else start[chosen]
    index: NDArray[np.int64] = np.repeat(first, size) + (-within if backward else within)
    return index


def starts_of(sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where parts of these sizes begin in a packed array, and its length."""
    start = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum(sizes, out=start[1:])
    return start


def along_m(shape_start: NDArray[np.int64], lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the metres from the beginning of its own line to each point of packed lines, shape (M,)."""
    if len(lonlat) == 0:
        return np.zeros(0)
    step = np.zeros(len(lonlat))
    step[1:] = great_circle_m(lonlat[:-1, 0], lonlat[:-1, 1], lonlat[1:, 0], lonlat[1:, 1])
    step[shape_start[:-1]] = 0.0
    total = np.cumsum(step)
    along: NDArray[np.float64] = total - np.repeat(total[shape_start[:-1]], np.diff(shape_start))
    return along
