"""What is drawn on the map for a plan: routes with arrows, numbered stops that keep clear of each other, crosses."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import cycle, islice
from string import ascii_lowercase
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.patches import Polygon as Patch
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from shapely import LineString

from patrolroute.render.areas import beat_line, extents
from patrolroute.render.night import is_approximate
from patrolroute.render.page import cut, drawable
from patrolroute.render.stays import stays_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray
    from shapely import Polygon

    from patrolroute.render.night import Night
    from patrolroute.render.page import Frame

_COLOURS = (
    ("#0072b2", "#ffffff"),
    ("#d55e00", "#ffffff"),
    ("#009e73", "#ffffff"),
    ("#7b3f9d", "#ffffff"),
    ("#e69f00", "#1b1b1b"),
    ("#56b4e9", "#1b1b1b"),
    ("#b3226e", "#ffffff"),
    ("#5c5200", "#ffffff"),
)
"""Ground and writing. The first six after Okabe and Ito, whose hues people with any colour vision tell apart."""

_DASHES: tuple[str | tuple[float, tuple[float, ...]], ...] = (
    "solid",
    (0, (5, 1.5)),
    (0, (1.5, 1.2)),
    (0, (7, 1.5, 1.5, 1.5)),
)
GREY = "#6b6b6b"
INK = "#1b1b1b"
CLOSED = "#b00020"
SLOW = "#8a5a00"
_ARROW_EVERY_PT = 62.0


class Ink(NamedTuple):
    """How one squad is drawn: colours repeat after eight squads, with another dash."""

    ground: str
    writing: str
    dash: str | tuple[float, tuple[float, ...]]


def inks(count: int) -> list[Ink]:
    """Return one way of drawing for each squad, in order."""
    colours = islice(cycle(_COLOURS), count)
    return [Ink(*colour, _DASHES[i // len(_COLOURS) % len(_DASHES)]) for i, colour in enumerate(colours)]


class Shape(NamedTuple):
    """A tier's marker and its size in points."""

    marker: str
    size: float


def tier_shape(tier: int) -> Shape:
    """Return the marker of a tier: the more important, the larger."""
    return {1: Shape("s", 14.5), 2: Shape("o", 13.5)}.get(tier, Shape("D", 10.5))


_REST = Shape("h", 13.0)


@dataclass(frozen=True, kw_only=True)
class Stop:
    """A numbered stop on the map; `rest` where it is a break, which has no tier."""

    number: int
    tier: int
    approximate: bool
    ink: Ink
    lonlat: tuple[float, float]
    rest: bool = False

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
                )
            )
    return sorted(stops, key=lambda stop: stop.tier)


def beside(line: NDArray[np.float64], gap_pt: float) -> NDArray[np.float64]:
    """Return a line moved to its left by `gap_pt`, so that the way out and the way back lie side by side.

    Corners are mitred, the sharp ones cut short. The line is thinned first, since a kink shorter than the gap would
    turn into a loop.
    """
    thin = np.asarray(LineString(line).simplify(0.6).coords) if len(line) > 2 else line
    steps = np.diff(thin, axis=0)
    length = np.hypot(steps[:, 0], steps[:, 1])
    keep = length > 1e-9
    thin, steps, length = thin[np.concatenate([[True], keep])], steps[keep], length[keep]
    if not len(steps):
        return np.asarray(thin)
    normal = np.stack([-steps[:, 1], steps[:, 0]], axis=1) / length[:, None]
    before, after = np.concatenate([normal[:1], normal]), np.concatenate([normal, normal[-1:]])
    middle = before + after
    squared = (middle**2).sum(axis=1)
    reach = np.minimum(2.0 / np.maximum(squared, 1e-9), 1.5)
    return np.asarray(thin + middle * (gap_pt * reach)[:, None])


def draw_routes(axes: Axes, frame: Frame, night: Night, squad_inks: dict[str, Ink]) -> None:
    """Draw each squad's way with arrows, squads side by side where they share a street."""
    for k, route in enumerate(night.plan.routes):
        ink, gap_pt = squad_inks[route.squad], 1.1 + 2.0 * (k % 4)
        ways = [np.asarray(drive.leg.line.coords)[:, :2] for drive in night.drives(route) if drive.leg is not None]
        beats = [beat_line(night, beat) for visit in route.visits if (beat := night.beat(visit)) is not None]
        lines = [beside(frame.xy(way), gap_pt) for way in (*ways, *beats) if len(way) > 1]
        for line in lines:
            axes.plot(*line.T, color="white", lw=3.6, solid_capstyle="round", zorder=3)
        for line in lines:
            axes.plot(*line.T, color=ink.ground, lw=2.0, ls=ink.dash, dash_capstyle="butt", zorder=4 + 0.01 * k)
        arrows = [arrow for line in lines for arrow in _arrows(line)]
        if arrows:
            axes.add_collection(
                PolyCollection(arrows, facecolors=ink.ground, edgecolors="white", linewidths=0.6, zorder=5),
                autolim=False,
            )


def _arrows(line: NDArray[np.float64], size_pt: float = 4.2) -> list[NDArray[np.float64]]:
    steps = np.diff(line, axis=0)
    length = np.hypot(steps[:, 0], steps[:, 1])
    total = float(length.sum())
    if total < 3 * size_pt:
        return []
    count = max(1, round(total / _ARROW_EVERY_PT))
    along = np.concatenate([[0.0], np.cumsum(length)])
    arrows = []
    for at in (np.arange(count) + 0.5) * total / count:
        i = int(np.clip(np.searchsorted(along, at, side="right") - 1, 0, len(steps) - 1))
        ahead = steps[i] / length[i]
        left = np.array([-ahead[1], ahead[0]])
        here = line[i] + ahead * (at - along[i])
        tip, tail = here + ahead * size_pt, here - ahead * size_pt * 0.7
        arrows.append(
            np.array([tip, tail + left * size_pt * 0.75, here - ahead * size_pt * 0.2, tail - left * size_pt * 0.75])
        )
    return arrows


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
    spots = spread(anchors, [size / 2 + 0.8 for size in sizes], frame, taken)
    for stop, anchor, spot, size in zip(stops, anchors, spots, sizes, strict=True):
        if not np.array_equal(anchor, spot):
            axes.plot([anchor[0], spot[0]], [anchor[1], spot[1]], color=INK, lw=0.7, zorder=6)
            axes.plot(*anchor, "o", ms=3.2, mfc=stop.ink.ground, mec="white", mew=0.5, zorder=6.5)
        draw_stop(axes, spot, stop, size)
    return [(float(x), float(y), size / 2) for (x, y), size in zip(spots, sizes, strict=True)]


def draw_stop(
    axes: Axes, spot: NDArray[np.float64] | tuple[float, float], stop: Stop, size: float, *, numbered: bool = True
) -> None:
    """Draw one stop's marker: filled where the position is known, white where it is approximate."""
    marker = stop.shape.marker
    face, edge = ("white", stop.ink.ground) if stop.approximate else (stop.ink.ground, "white")
    axes.plot(*spot, marker, ms=size, mfc=face, mec=edge, mew=1.6 if stop.approximate else 0.9, zorder=8)
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


def draw_closed(axes: Axes, frame: Frame, areas: Sequence[Polygon]) -> None:
    """Draw the closed areas, hatched, above the streets and below the squads' ways."""
    for area in areas:
        axes.add_patch(
            Patch(
                frame.xy(np.asarray(area.exterior.coords)),
                closed=True,
                fc="none",
                ec=CLOSED,
                hatch="////",
                lw=1.1,
                alpha=0.75,
                zorder=2,
            )
        )


def draw_slow(axes: Axes, frame: Frame, areas: Sequence[Polygon]) -> None:
    """Draw the areas where driving is slower, dotted and outlined, above the streets and below the squads' ways."""
    for area in areas:
        corners = frame.xy(np.asarray(area.exterior.coords))
        axes.add_patch(Patch(corners, closed=True, fc="none", ec=SLOW, hatch="..", lw=1.1, alpha=0.75, zorder=1.9))


def draw_closed_streets(axes: Axes, lines: Sequence[NDArray[np.float64]]) -> None:
    """Draw closed streets, their lines in points, red with white bars like a barrier; below the squads' ways."""
    for width, colour, dash in ((4.0, CLOSED, "solid"), (2.0, "#ffffff", (0.0, (1.6, 1.6)))):
        axes.add_collection(
            LineCollection(lines, linewidths=width, colors=colour, linestyles=[dash], capstyle="butt", zorder=2.1),
            autolim=False,
        )


def draw_extents(axes: Axes, frame: Frame, night: Night) -> None:
    """Draw the outlines of the areas; `labels` writes their names once all marks stand."""
    for _, shape in extents(night):
        for part in shapely.get_parts(shape):
            for k, ring in enumerate((part.exterior, *part.interiors)):
                line = frame.xy(np.asarray(ring.coords)[:, :2])
                axes.plot(*line.T, color=INK, lw=1.3, ls=(0, (6, 3)), alpha=0.75, zorder=2.4)
                if k == 0:
                    axes.fill(*line.T, color=INK, alpha=0.035, lw=0, zorder=0.6)


def draw_outline_mark(axes: Axes, spot: tuple[float, float], size: float) -> None:
    """Draw the mark that stands for an area in the key."""
    corner = (spot[0] - size / 2, spot[1] - size / 2)
    axes.add_patch(Rectangle(corner, size, size, fc="#f0f0f0", ec=INK, ls=(0, (3, 1.5)), lw=0.9, zorder=8))


def draw_barred(axes: Axes, spot: tuple[float, float], size: float) -> None:
    """Draw the mark that stands for a closed street in the key."""
    draw_closed_streets(axes, [np.array([[spot[0] - 0.7 * size, spot[1]], [spot[0] + 0.7 * size, spot[1]]])])


def draw_slow_area(axes: Axes, spot: tuple[float, float], size: float) -> None:
    """Draw the mark that stands for a slow area in the key."""
    corner = (spot[0] - size / 2, spot[1] - size / 2)
    axes.add_patch(Rectangle(corner, size, size, fc="none", ec=SLOW, hatch="....", lw=0.9, alpha=0.75, zorder=8))


def draw_area(axes: Axes, spot: tuple[float, float], size: float) -> None:
    """Draw the mark that stands for a closed area in the key."""
    corner = (spot[0] - size / 2, spot[1] - size / 2)
    axes.add_patch(Rectangle(corner, size, size, fc="none", ec=CLOSED, hatch="//////", lw=0.9, alpha=0.75, zorder=8))


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


def draw_cross(axes: Axes, spot: NDArray[np.float64] | tuple[float, float], size: float = 7.5) -> None:
    """Draw the hollow grey cross of a site that is left out."""
    axes.plot(*spot, "X", ms=size, mfc="white", mec=GREY, mew=1.0, zorder=5.5)


def draw_ends(axes: Axes, frame: Frame, night: Night) -> list[tuple[float, float, float]]:
    """Draw the squads' start and end places with their names, and return the squares that they occupy."""
    taken = []
    for place in night.bases:
        spot = frame.xy([[place.lon, place.lat]])[0]
        draw_house(axes, spot)
        taken.append((float(spot[0]), float(spot[1]), 6.5))
        name = cut(drawable(place.title), 7.5, 150)
        right = spot[0] < frame.width * 0.75
        axes.annotate(
            f"≈ {name}" if is_approximate(place) else name,
            spot,
            xytext=(9 if right else -9, 0),
            textcoords="offset points",
            ha="left" if right else "right",
            va="center",
            fontsize=7.5,
            weight="bold",
            color=INK,
            zorder=10,
            parse_math=False,
            path_effects=[withStroke(linewidth=2.4, foreground="white")],
        )
    return taken


def draw_house(axes: Axes, spot: NDArray[np.float64] | tuple[float, float], size: float = 11.5) -> None:
    """Draw the mark of a place where squads start or end."""
    axes.plot(*spot, "p", ms=size, mfc=INK, mec="white", mew=1.0, zorder=7.5)
