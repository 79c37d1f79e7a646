"""Names of areas on the printed map, each where it can be read: clear of marks, of other names and of other areas."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely
from matplotlib.patheffects import withStroke
from shapely import MultiLineString

from patrolroute.render.areas import beat_line, extents
from patrolroute.render.printed.marks import INK
from patrolroute.render.printed.page import cut, drawable, text_width
from patrolroute.render.wording import share_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from patrolroute.render.night import Night
    from patrolroute.render.printed.page import Frame

_SIZE_PT, _WIDEST_PT, _HEIGHT_PT = 7.5, 150.0, 10.0
_STEP_PT, _REACH_PT = 5.0, 70.0
_BESIDE_PT = 6.0
"""A name so near its area needs no line to it."""

_TOUCHED, _COVERED, _ELSEWHERE, _ON_EDGE, _CROSSED = 30.0, 400.0, 60.0, 15.0, 0.25
"""What it costs a name to cover a bit of marks or names and to cover them altogether, to lie on another area or on the
outline of its own, and each point of ways below it, where a point of distance costs 0.4."""


class _Ground(NamedTuple):
    """What names keep clear of: boxes of shape (n, 4), west, south, east, north; outlines of areas; ways."""

    boxes: NDArray[np.float64]
    shapes: list[BaseGeometry]
    ways: MultiLineString


def name_areas(
    axes: Axes, frame: Frame, night: Night, taken: Sequence[tuple[float, float, float]]
) -> list[tuple[float, float, float]]:
    """Write beside or in each area its name and the share of its kilometres that is driven.

    A name that finds no room at its area has a line to it.

    Parameters
    ----------
    axes : Axes
    frame : Frame
    night : Night
    taken : sequence of (x, y, half side)
        Squares of the marks that are drawn already.

    Returns
    -------
    list of (x, y, half side)
        Squares that the names cover.
    """
    if not extents(night):
        return []
    shapes = [shapely.transform(shape, frame.xy) for _, shape in extents(night)]
    lines = [drive.leg.line for route in night.plan.routes for drive in night.drives(route) if drive.leg is not None]
    ways = [frame.xy(np.asarray(line.coords)[:, :2]) for line in lines]
    beats = (beat for route in night.plan.routes for visit in route.visits if (beat := night.beat(visit)) is not None)
    ways += [frame.xy(beat_line(night, beat)) for beat in beats]
    squares = np.array(taken, np.float64).reshape(-1, 3)
    boxes = np.concatenate([squares[:, :2] - squares[:, 2:], squares[:, :2] + squares[:, 2:]], axis=1)
    north = (frame.width - 26, frame.height - 44, frame.width, frame.height)
    boxes = np.vstack([boxes, *base_names(frame, night), north])
    ground = _Ground(boxes, shapes, MultiLineString([way for way in ways if len(way) > 1]))
    squares_of_names: list[tuple[float, float, float]] = []
    for i, ((area, _), told) in enumerate(zip(extents(night), night.area_shares, strict=True)):
        words = f"{cut(drawable(area.title), _SIZE_PT, _WIDEST_PT, bold=True)}: {share_text(told.share, 1.0)}"
        width = text_width(words, _SIZE_PT, bold=True)
        x, y = place_name(frame, ground, i, width)
        box = np.array([x - width / 2, y - _HEIGHT_PT / 2, x + width / 2, y + _HEIGHT_PT / 2])
        ground = ground._replace(boxes=np.vstack([ground.boxes, box]))
        _write(axes, (x, y), words, shapes[i], box)
        count = max(1, round(width / _HEIGHT_PT))
        across = x - width / 2 + (np.arange(count) + 0.5) * width / count
        squares_of_names += [(float(at), y, _HEIGHT_PT / 2) for at in across]
    return squares_of_names


def base_names(frame: Frame, night: Night) -> list[NDArray[np.float64]]:
    """Return the boxes of the names that stand beside the places where squads start or end, shape (4,) each."""
    boxes = []
    for place in night.bases:
        x, y = frame.xy([[place.lon, place.lat]])[0]
        width = 9 + text_width(f"≈ {cut(drawable(place.title), 7.5, 150)}", 7.5, bold=True)
        left, right = (x, x + width) if x < frame.width * 0.75 else (x - width, x)
        boxes.append(np.array([left, y - 5, right, y + 5]))
    return boxes


def place_name(frame: Frame, ground: _Ground, number: int, width: float) -> tuple[float, float]:
    """Return the middle of the name of one area: the best of many places in and around it.

    The best place is above the middle of the area, just outside; what lies farther, or covers something, costs more.
    """
    shape = ground.shapes[number]
    west, south, east, north = shape.bounds
    half = np.array([width / 2, _HEIGHT_PT / 2])
    best = np.array([(west + east) / 2, north + half[1] + 2])
    across = np.arange(west - half[0] - _REACH_PT, east + half[0] + _REACH_PT, _STEP_PT)
    up = best[1] + np.arange(-np.ceil((north - south + 2 * _REACH_PT) / _STEP_PT), _REACH_PT / _STEP_PT) * _STEP_PT
    spots = np.vstack([best, np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)])
    # An area that the map does not show whole is named where it is shown.
    inside = [np.minimum(half + 2, [frame.width / 2, frame.height / 2]), [frame.width, frame.height] - half - 2]
    spots = np.unique(np.clip(spots, *inside), axis=0)
    low, high = spots - half, spots + half
    wide = np.minimum(high[:, None], ground.boxes[:, 2:]) - np.maximum(low[:, None], ground.boxes[:, :2])
    covered = np.clip(wide, 0, None).prod(axis=2).sum(axis=1) / (width * _HEIGHT_PT)
    boxes = shapely.box(*low.T, *high.T)
    others = [other for i, other in enumerate(ground.shapes) if i != number]
    elsewhere = shapely.intersects(boxes[:, None], np.array([*others, shapely.Point()], object)).any(axis=1)
    crossed = _length_within(boxes, ground.ways)
    away = np.maximum(shapely.distance(boxes, shape) - _BESIDE_PT, 0.0)
    on_edge = shapely.intersects(boxes, shapely.boundary(shape))
    cost = 0.4 * np.hypot(*(spots - best).T) + 2.0 * away + _TOUCHED * (covered > 0) + _COVERED * covered
    cost += _ELSEWHERE * elsewhere + _ON_EDGE * on_edge + _CROSSED * crossed
    x, y = spots[np.argmin(cost)]
    return float(x), float(y)


def _length_within(boxes: NDArray[np.object_], ways: BaseGeometry) -> NDArray[np.float64]:
    """Return how many points of ways lie in each box."""
    around = shapely.box(*shapely.total_bounds(boxes))
    near = shapely.get_parts(shapely.intersection(ways, around))
    tree = shapely.STRtree(near)
    box, way = tree.query(boxes, predicate="intersects")
    length = shapely.length(shapely.intersection(boxes[box], near[way]))
    return np.bincount(box, weights=length, minlength=len(boxes)).astype(np.float64)


def _write(axes: Axes, spot: tuple[float, float], words: str, shape: BaseGeometry, box: NDArray[np.float64]) -> None:
    """Write a name, with a line to its area where it does not lie beside it."""
    frame_of_words = shapely.box(*box)
    if frame_of_words.distance(shape) > _BESIDE_PT:
        ends = shapely.get_coordinates(shapely.shortest_line(frame_of_words, shape))
        halo = [withStroke(linewidth=2.6, foreground="white")]
        axes.plot(*ends.T, color=INK, lw=0.8, zorder=10.4, path_effects=halo)
    axes.text(
        *spot,
        words,
        fontsize=_SIZE_PT,
        weight="bold",
        color=INK,
        ha="center",
        va="center_baseline",
        zorder=10.5,
        parse_math=False,
        path_effects=[withStroke(linewidth=2.6, foreground="white")],
    )
