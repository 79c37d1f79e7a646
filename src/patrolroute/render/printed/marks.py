"""What is drawn on the map for a plan: routes with arrows, numbered stops that keep clear of each other, crosses."""

from __future__ import annotations

from itertools import cycle, islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.patches import Polygon as Patch
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke
from shapely import LineString

from patrolroute.render.areas import beat_line, extents
from patrolroute.render.places import is_approximate
from patrolroute.render.printed.page import cut, drawable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray
    from shapely import Polygon

    from patrolroute.render.night import Night
    from patrolroute.render.printed.page import Frame

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
