"""The drawn map's ground: which part of the earth goes on the page, where each degree falls, and what lies beneath.

All drawing is done in points (1/72 inch) on the page, so that arrows, offsets and the room between labels mean the
same at every scale.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.textpath import text_to_path

from patrolroute.render.areas import extents
from patrolroute.render.wording import plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike, NDArray

    from patrolroute.render.night import Night
    from patrolroute.roads import RoadNetwork

_M_PER_DEG = 111_195.0  # of a great circle on a sphere of 6371 km
_LEAST_SPAN_M = 600.0
_ARTERIALS = {
    "motorway": (2.6, "#aca497"),
    "trunk": (2.4, "#aca497"),
    "primary": (2.2, "#b3aca0"),
    "secondary": (1.7, "#bdb7ac"),
    "tertiary": (1.2, "#c6c1b7"),
}
_STREET = (0.75, "#d2cec6")


class Bounds(NamedTuple):
    """A box in degrees."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, lonlat: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which of the points, shape (n, 2), lie inside."""
        low, high = np.array([self.west, self.south]), np.array([self.east, self.north])
        return np.asarray(((lonlat >= low) & (lonlat <= high)).all(axis=1))

    def wider(self, share: float) -> Bounds:
        """Return the box with a margin, as a share of its longer side, all around."""
        margin_x = share * max(self.east - self.west, self.north - self.south, 1e-9)
        return Bounds(self.west - margin_x, self.south - margin_x, self.east + margin_x, self.north + margin_x)


@dataclass(frozen=True, kw_only=True)
class Frame:
    """Where longitude and latitude fall on a map of `width` x `height` points; north is up.

    Parameters
    ----------
    lon, lat : float
        Degrees of the map's middle.
    m_per_pt : float
        Metres on the ground for each point on the page, the same in all directions at the middle's latitude.
    width, height : float
        Points.
    """

    lon: float
    lat: float
    m_per_pt: float
    width: float
    height: float

    @classmethod
    def fit(cls, bounds: Bounds, width: float, height: float) -> Frame:
        """Return the largest scale at which the box fits the map."""
        lon, lat = (bounds.west + bounds.east) / 2, (bounds.south + bounds.north) / 2
        across_m = (bounds.east - bounds.west) * _M_PER_DEG * np.cos(np.radians(lat))
        up_m = (bounds.north - bounds.south) * _M_PER_DEG
        m_per_pt = max(across_m / width, up_m / height, _LEAST_SPAN_M / min(width, height))
        return cls(lon=lon, lat=lat, m_per_pt=float(m_per_pt), width=width, height=height)

    def xy(self, lonlat: ArrayLike) -> NDArray[np.float64]:
        """Return the points' places on the map, shape (n, 2) in degrees to shape (n, 2) in points."""
        pt_per_deg = _M_PER_DEG / self.m_per_pt
        scale = np.array([pt_per_deg * np.cos(np.radians(self.lat)), pt_per_deg])
        middle = np.array([self.width / 2, self.height / 2])
        return np.asarray((np.asarray(lonlat, np.float64).reshape(-1, 2) - [self.lon, self.lat]) * scale + middle)

    @property
    def bounds(self) -> Bounds:
        """The box that the map shows."""
        half_lat = self.height / 2 * self.m_per_pt / _M_PER_DEG
        half_lon = self.width / 2 * self.m_per_pt / _M_PER_DEG / np.cos(np.radians(self.lat))
        return Bounds(self.lon - half_lon, self.lat - half_lat, self.lon + half_lon, self.lat + half_lat)


def plan_bounds(night: Night) -> Bounds:
    """Return the box around what a plan does: drives, stops, areas and the squads' places.

    Sites that are left out widen it as long as they lie within one such box's length of it: a site that was typed
    into the sea must not shrink the city to a dot. Without any drive, stop or squad the box holds all sites, and
    without sites the roads.
    """
    done = [[place.lon, place.lat] for place in night.bases]
    for route in night.plan.routes:
        for drive in night.drives(route):
            done.append([drive.destination.lon, drive.destination.lat])
            if drive.leg is not None:
                done.extend(np.asarray(drive.leg.line.coords)[:, :2].tolist())
    for _, shape in extents(night):
        west, south, east, north = shape.bounds
        done += [[west, south], [east, north]]
    sites = np.array([[site.lon, site.lat] for site in night.scenario.sites], np.float64).reshape(-1, 2)
    core = np.array(done, np.float64).reshape(-1, 2)
    if not len(core):
        core = sites if len(sites) else night.roads.shape_lonlat
    box = Bounds(*core.min(axis=0).tolist(), *core.max(axis=0).tolist())
    least_deg = _LEAST_SPAN_M / _M_PER_DEG
    near = sites[box.wider(1.0).holds(sites) | _close(sites, box, least_deg)]
    everything = np.concatenate([core, near])
    return Bounds(*everything.min(axis=0).tolist(), *everything.max(axis=0).tolist())


def _close(lonlat: NDArray[np.float64], box: Bounds, margin_deg: float) -> NDArray[np.bool_]:
    wide = Bounds(box.west - margin_deg, box.south - margin_deg, box.east + margin_deg, box.north + margin_deg)
    return wide.holds(lonlat)


def road_rank(highway: str) -> tuple[float, str]:
    """Return the width in points and the colour in which a class of road is drawn as background."""
    return _ARTERIALS.get(highway.split(";", maxsplit=1)[0].removesuffix("_link"), _STREET)


def edges_within(roads: RoadNetwork, bounds: Bounds) -> NDArray[np.int64]:
    """Return the edges whose own box meets `bounds`, one for the two directions of a street."""
    start, lonlat = roads.shape_start[:-1], roads.shape_lonlat
    low, high = np.minimum.reduceat(lonlat, start), np.maximum.reduceat(lonlat, start)
    meets = (high >= [bounds.west, bounds.south]).all(axis=1) & (low <= [bounds.east, bounds.north]).all(axis=1)
    return np.flatnonzero(meets & roads.street)


def draw_roads(axes: Axes, frame: Frame, roads: RoadNetwork) -> None:
    """Draw the streets beneath the plan, the arterials stronger and on top."""
    edges = edges_within(roads, frame.bounds)
    start, points = roads.shape_start, frame.xy(roads.shape_lonlat)
    zoom = float(np.clip(6.0 / frame.m_per_pt, 0.55, 1.5))
    ranked: dict[tuple[float, str], list[NDArray[np.float64]]] = {}
    for edge in edges.tolist():
        line = points[start[edge] : start[edge + 1]]
        ranked.setdefault(road_rank(roads.highway[edge]), []).append(line)
    for (width, colour), lines in sorted(ranked.items(), key=lambda item: item[0][0]):
        axes.add_collection(
            LineCollection(lines, linewidths=width * zoom, colors=colour, capstyle="round", zorder=1, antialiased=True),
            autolim=False,
        )


@cache
def _glyphs() -> frozenset[int]:
    return frozenset(get_font(findfont(FontProperties())).get_charmap())


def drawable(text: str) -> str:
    """Return a name on one line with a box for each character that the map's font cannot draw."""
    return "".join(c if ord(c) in _glyphs() else "\u25a1" for c in plain(text))


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Return the width of one line of text, in points."""
    font = FontProperties(size=size, weight="bold" if bold else "normal")
    # Glyphs on screen are hinted and come out a few percent wider than their outlines.
    return 1.04 * float(text_to_path.get_text_width_height_descent(text, font, ismath=False)[0])


def cut(text: str, size: float, width: float, *, bold: bool = False) -> str:
    """Return the text, shortened with an ellipsis where it is wider than `width` points."""
    if text_width(text, size, bold=bold) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if text_width(f"{text[:middle]}…", size, bold=bold) <= width else (low, middle - 1)
    return f"{text[:low].rstrip()}…"


def squeeze(text: str, size: float, width: float, *, bold: bool = False) -> str:
    """Return the text, without its middle where it is too wide: names of squads differ in their last word."""
    if text_width(text, size, bold=bold) <= width:
        return text
    tail = cut(text[::-1], size, width / 3, bold=bold)[::-1].lstrip("… ")
    return cut(text, size, width - text_width(tail, size, bold=bold), bold=bold) + tail


def wrap(paragraphs: Iterable[str], size: float, width: float, *, bold: bool = False) -> list[str]:
    """Return the lines that paragraphs break into at `width` points."""
    lines = []
    for paragraph in paragraphs:
        line = ""
        for word in paragraph.split():
            longer = f"{line} {word}".strip()
            if line and text_width(longer, size, bold=bold) > width:
                lines.append(cut(line, size, width, bold=bold))
                longer = word
            line = longer
        lines.append(cut(line, size, width, bold=bold))
    return lines
