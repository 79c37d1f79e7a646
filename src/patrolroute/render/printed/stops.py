"""Numbered stops on the printed map, and the letters of what is left out, kept clear of each other."""

from __future__ import annotations

from dataclasses import dataclass
from string import ascii_lowercase
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from matplotlib.patches import Polygon
from matplotlib.patheffects import withStroke

from patrolroute.render.places import is_approximate
from patrolroute.render.printed.marks import GREY, INK, Ink
from patrolroute.render.stays import Sign, sign_of, stays_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from patrolroute.render.night import Night
    from patrolroute.render.printed.page import Frame


class Shape(NamedTuple):
    """A tier's marker and its size in points."""

    marker: str
    size: float


def tier_shape(tier: int) -> Shape:
    """Return the marker of a tier: the more important, the larger."""
    return {1: Shape("s", 14.5), 2: Shape("o", 13.5)}.get(tier, Shape("D", 10.5))


_REST = Shape("h", 13.0)
_BEYOND: dict[Sign, float] = {"": 0.0, "joint": 0.4, "post": 0.9}
"""By how much of its size a sign reaches beyond a marker."""


@dataclass(frozen=True, kw_only=True)
class Stop:
    """A numbered stop on the map.

    `rest` where it is a break, which has no tier; `sign` where squads meet or a post is held.
    """

    number: int
    tier: int
    approximate: bool
    ink: Ink
    lonlat: tuple[float, float]
    rest: bool = False
    sign: Sign = ""

    @property
    def shape(self) -> Shape:
        """Its marker: that of its tier, or that of breaks."""
        return _REST if self.rest else tier_shape(self.tier)


def stops_of(night: Night, squad_inks: dict[str, Ink]) -> list[Stop]:
    """Return all stops, the most important first."""
    stops = []
    for route in night.plan.routes:
        for number, _, visit in stays_of(night, route):
            site = night.stop(visit)
            stops.append(
                Stop(
                    number=number,
                    tier=site.tier,
                    approximate=is_approximate(site),
                    ink=squad_inks[route.squad],
                    lonlat=(site.lon, site.lat),
                    rest=not visit.site,
                    sign=sign_of(night, visit),
                )
            )
    return sorted(stops, key=lambda stop: stop.tier)


def spread(
    anchors: NDArray[np.float64], half_pt: Sequence[float], frame: Frame, taken: list[tuple[float, float, float]]
) -> NDArray[np.float64]:
    """Return where to put square labels so that none covers another.

    Labels stay on their anchors where they can; the others go to the nearest free place around theirs. When no place is
    free within reach a label stays on its anchor.

    Parameters
    ----------
    anchors : float array, shape (n, 2)
        Points on the map.
    half_pt : sequence of float
        Half the side of each label.
    frame : Frame
    taken : list of (x, y, half side)
        Squares that are occupied already.

    Returns
    -------
    float array, shape (n, 2)
        Middles of the labels.
    """
    placed = np.zeros((len(taken) + len(anchors), 3))
    placed[: len(taken)] = np.array(taken, np.float64).reshape(-1, 3)
    count, result, moved = len(taken), anchors.copy(), []

    def free(spots: NDArray[np.float64], half: float, near: NDArray[np.float64]) -> NDArray[np.bool_]:
        gap = np.abs(near[:, :2] - spots[:, None]).max(axis=2)
        inside = ((spots >= half) & (spots <= [frame.width - half, frame.height - half])).all(axis=1)
        return np.asarray(inside & (gap >= near[:, 2] + half).all(axis=1))

    for i, (anchor, half) in enumerate(zip(anchors, half_pt, strict=True)):
        if free(anchor[None], half, placed[:count])[0]:
            placed[count], count = [*anchor, half], count + 1
        else:
            moved.append(i)
    for i in moved:
        half, rings = half_pt[i], 12
        reach = half * (0.75 * (rings + 1) + 1)
        gap = np.abs(placed[:count, :2] - anchors[i]).max(axis=1)
        near = placed[:count][gap < reach + placed[:count, 2]]
        for ring in range(1, rings + 1):
            turns = np.arange(8 + 4 * ring) / (8 + 4 * ring) * 2 * np.pi + np.pi / 4
            spots = anchors[i] + (half * 0.75 * (ring + 1)) * np.stack([np.cos(turns), np.sin(turns)], axis=1)
            if (at := free(spots, half, near)).any():
                result[i] = spots[np.argmax(at)]
                break
        placed[count], count = [*result[i], half], count + 1
    return result


def draw_stops(
    axes: Axes, frame: Frame, stops: Sequence[Stop], taken: list[tuple[float, float, float]]
) -> list[tuple[float, float, float]]:
    """Draw the numbered stops and return their squares; one that had to move aside keeps a line to its place."""
    if not stops:
        return []
    zoom = 1.0 if len(stops) <= 60 else 0.78 if len(stops) <= 200 else 0.6
    anchors = frame.xy([stop.lonlat for stop in stops])
    sizes = [stop.shape.size * zoom for stop in stops]
    halves = [size / 2 * (1 + _BEYOND[stop.sign]) for stop, size in zip(stops, sizes, strict=True)]
    spots = spread(anchors, [half + 0.8 for half in halves], frame, taken)
    for stop, anchor, spot, size in zip(stops, anchors, spots, sizes, strict=True):
        if not np.array_equal(anchor, spot):
            axes.plot([anchor[0], spot[0]], [anchor[1], spot[1]], color=INK, lw=0.7, zorder=6)
            axes.plot(*anchor, "o", ms=3.2, mfc=stop.ink.ground, mec="white", mew=0.5, zorder=6.5)
        draw_stop(axes, spot, stop, size)
    return [(float(x), float(y), half) for (x, y), half in zip(spots, halves, strict=True)]


def draw_stop(
    axes: Axes, spot: NDArray[np.float64] | tuple[float, float], stop: Stop, size: float, *, numbered: bool = True
) -> None:
    """Draw one stop's marker: filled where the position is known, white where it is approximate.

    Where squads meet it has a second outline, where a post is held a pennant: in black, so that print shows them.
    """
    marker = stop.shape.marker
    if not numbered:
        # In a line of text nothing reaches beyond it.
        size /= 1 + min(_BEYOND[stop.sign], 0.4)
    face, edge = ("white", stop.ink.ground) if stop.approximate else (stop.ink.ground, "white")
    if stop.sign == "joint":
        axes.plot(*spot, marker, ms=size * (1 + _BEYOND["joint"]), mfc="white", mec=INK, mew=1.1, zorder=7.9)
    axes.plot(*spot, marker, ms=size, mfc=face, mec=edge, mew=1.6 if stop.approximate else 0.9, zorder=8)
    if stop.sign == "post":
        aside = (0.0, 0.0) if numbered else (0.33 * size, -0.6 * size)
        _draw_pennant(axes, (spot[0] + aside[0], spot[1] + aside[1]), size)
    if not numbered:
        return
    axes.text(
        spot[0],
        spot[1],
        str(stop.number),
        ha="center",
        va="center_baseline",
        fontsize=size * (0.5 if stop.number < 100 else 0.4),
        weight="bold",
        color=INK if stop.approximate else stop.ink.writing,
        zorder=9,
    )


def _draw_pennant(axes: Axes, spot: tuple[float, float], size: float) -> None:
    """Draw a pennant that stands on the upper right corner of a marker."""
    x, y = spot[0] + 0.42 * size, spot[1] + 0.3 * size
    halo = [withStroke(linewidth=2.2, foreground="white")]
    axes.plot([x, x], [y, y + 0.75 * size], color=INK, lw=1.1, zorder=9.2, path_effects=halo)
    corners = [(x, y + 0.75 * size), (x + 0.5 * size, y + 0.55 * size), (x, y + 0.35 * size)]
    axes.add_patch(Polygon(corners, fc=INK, ec="white", lw=0.4, zorder=9.3))


def letters(count: int) -> list[str]:
    """Return the names of sites that are left out: a to z, then aa, ab."""
    names = ("", *ascii_lowercase)
    return [names[i // 26] + ascii_lowercase[i % 26] for i in range(min(count, 26 * 27))]


def draw_letters(
    axes: Axes, frame: Frame, spots: NDArray[np.float64], names: Sequence[str], taken: list[tuple[float, float, float]]
) -> None:
    """Write letters beside the crosses of sites that are left out, clear of stops and of each other."""
    crosses = [(float(x), float(y), 3.8) for x, y in spots]
    places = spread(spots, [3.4] * len(spots), frame, [*taken, *crosses])
    for name, spot, place in zip(names, spots, places, strict=True):
        if np.hypot(*(place - spot)) > 13:
            axes.plot([spot[0], place[0]], [spot[1], place[1]], color=GREY, lw=0.5, zorder=5.4)
        axes.text(
            place[0],
            place[1],
            name,
            fontsize=6.5,
            weight="bold",
            color="#3c3c3c",
            ha="center",
            va="center_baseline",
            zorder=9.5,
            path_effects=[withStroke(linewidth=1.8, foreground="white")],
        )
