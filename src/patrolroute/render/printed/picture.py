"""The printed map: one A4 page with the plan on its roads, the itinerary beside it, the source of the roads below.

All text is written without formulas, as which matplotlib would read a name with two dollar signs.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from shapely import LineString, Point, box

from patrolroute.render.areas import route_beats_m
from patrolroute.render.closed import closed_areas, closed_streets, closed_words
from patrolroute.render.printed.labels import name_areas
from patrolroute.render.printed.marks import (
    INK,
    draw_closed,
    draw_closed_streets,
    draw_cross,
    draw_ends,
    draw_extents,
    draw_routes,
    draw_slow,
    inks,
)
from patrolroute.render.printed.page import Frame, cut, draw_roads, drawable, plan_bounds, text_width, wrap
from patrolroute.render.printed.panel import PANELS, draw_panel, height, key_rows, panel_columns
from patrolroute.render.printed.stops import draw_letters, draw_stops, letters, stops_of
from patrolroute.render.slowed import slow_grounds
from patrolroute.render.tables import skipped_in_order
from patrolroute.render.wording import (
    SYNTHETIC_BAND,
    day_text,
    length_text,
    plain,
    stops_text,
    things_text,
    zone_text,
)
from patrolroute.scenario.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from shapely.geometry.base import BaseGeometry

    from patrolroute.render.night import Night

WIDTH_PT, HEIGHT_PT = 842.0, 595.0
"""A4 on its side."""

_EDGE, _GUTTER = 20.0, 12.0
_FOOT_PT, _FOOT_LINE = 6.5, 8.6
_FOOT_MOST, _FOOT_CLOSED = 8, 60
_BAND_PT = 19.0
_TITLE_PT, _TOLD_PT = 15.0, 8.5


def draw_map(night: Night, *, dpi: int = 150) -> bytes:
    """Return the map of a night's plan as a PNG, one A4 page on its side.

    The roads themselves are the background, north is up and the scale is true at the map's middle. Each squad has a
    colour that people with any colour vision tell apart; its way keeps to the left of the street so that out and back
    can be told apart, with arrows. Stops carry their number in visiting order: square, circle or diamond for tier 1, 2
    or lower; filled where the position is known, white where it is approximate; with a second outline where squads
    meet, with a pennant where a post is held. Sites left out are hollow grey crosses;
    a letter leads to their name in the panel, which lists stops and sites left out as far as there is room. Closed
    areas are hatched, areas where driving is slower dotted, streets closed by name are red with white bars. The foot
    says where the roads come from and what is closed.

    Parameters
    ----------
    night : Night
    dpi : int
        Pixels per inch: 150 gives 1754 x 1240 pixels.
    """
    figure = Figure(figsize=(WIDTH_PT / 72, HEIGHT_PT / 72), dpi=dpi, facecolor="white")
    FigureCanvasAgg(figure)
    page = _axes(figure, (0.0, 0.0, WIDTH_PT, HEIGHT_PT))
    top = _head(page, night)
    bottom = _foot(page, night)
    squad_inks = dict(zip((squad.id for squad in night.scenario.squads), inks(len(night.scenario.squads)), strict=True))
    columns, listed = panel_columns(night, squad_inks, top - bottom - sum(map(height, key_rows(night, 0))) - 8)
    map_width = WIDTH_PT - 2 * _EDGE - PANELS[len(columns)] - _GUTTER
    frame = Frame.fit(plan_bounds(night).wider(0.06), map_width, top - bottom)
    axes = _axes(figure, (_EDGE, bottom, map_width, top - bottom))
    axes.add_patch(Rectangle((0, 0), frame.width, frame.height, fc="#f8f7f4", ec="none", zorder=0))
    draw_roads(axes, frame, night.roads)
    draw_slow(axes, frame, [each.area for each in slow_grounds(night.scenario)])
    draw_closed(axes, frame, closed_areas(night.scenario))
    barred = [frame.xy(line) for street in closed_streets(night, frame.bounds) for line in street.lines]
    draw_closed_streets(axes, barred)
    draw_extents(axes, frame, night)
    draw_routes(axes, frame, night, squad_inks)
    taken = draw_ends(axes, frame, night)
    taken += draw_stops(axes, frame, stops_of(night, squad_inks), taken)
    taken += name_areas(axes, frame, night, [*taken, *_cross_squares(frame, night)])
    outside = _crosses(axes, frame, night, listed, taken)
    _scale_and_north(axes, frame, _drawn(night, frame))
    axes.add_patch(Rectangle((0, 0), frame.width, frame.height, fc="none", ec="#8a8a8a", lw=0.8, zorder=20))
    draw_panel(page, columns, key_rows(night, outside), right=WIDTH_PT - _EDGE, top=top, bottom=bottom)
    target = io.BytesIO()
    figure.savefig(
        target,
        format="png",
        dpi=dpi,
        metadata={"Title": plain(night.scenario.name), "Copyright": plain(night.statement)},
    )
    return target.getvalue()


def _axes(figure: Figure, box_pt: tuple[float, float, float, float]) -> Axes:
    left, bottom, width, height = box_pt
    axes = figure.add_axes((left / WIDTH_PT, bottom / HEIGHT_PT, width / WIDTH_PT, height / HEIGHT_PT))
    axes.set_xlim(0, width)
    axes.set_ylim(0, height)
    axes.set_autoscale_on(False)
    axes.axis("off")
    return axes


def _head(page: Axes, night: Night) -> float:
    """Draw the title, what is told under it, and the band over synthetic roads; return where the map may begin."""
    width, y = WIDTH_PT - 2 * _EDGE, HEIGHT_PT - _EDGE
    title, told = drawable(night.scenario.name), _told(night)
    first, *others = wrap([title], _TITLE_PT, width, bold=True)
    # The second line has all that is left of a title that is longer still, and shows that it is cut.
    for line in [first, cut(" ".join(others), _TITLE_PT, width, bold=True)] if others else [first]:
        page.text(_EDGE, y, line, fontsize=_TITLE_PT, weight="bold", va="top", color=INK, parse_math=False)
        y -= 20
    on_one = text_width(" ".join(told), _TOLD_PT) <= width
    for line in wrap([" ".join(told)] if on_one else told, _TOLD_PT, width):
        page.text(_EDGE, y, line, fontsize=_TOLD_PT, va="top", color="#3c3c3c", parse_math=False)
        y -= 11
    y -= 3
    if night.synthetic:
        page.add_patch(Rectangle((_EDGE, y - _BAND_PT), width, _BAND_PT, fc="#b00020", ec="none"))
        page.text(
            WIDTH_PT / 2,
            y - _BAND_PT / 2,
            SYNTHETIC_BAND,
            fontsize=11.5,
            weight="bold",
            color="white",
            ha="center",
            va="center_baseline",
            parse_math=False,
        )
        y -= _BAND_PT + 5
    return y


def _told(night: Night) -> list[str]:
    """Return what stands under the title: the night and how much is done in it, and what is covered of each tier."""
    plan = night.plan
    beats_m = sum(route_beats_m(night, route) for route in plan.routes)
    driven = length_text(plan.drive_m)
    if beats_m:
        driven = f"{driven} between them and {length_text(beats_m)} of beats"
    when = f"{day_text(night.scenario.start)} ({drawable(zone_text(night))})"
    done = f"{when}. {stops_text(night, *plan.routes)}, {driven}."
    if not plan.coverage:
        return [done]
    things = things_text(night.scenario, plan.coverage[-1].total_sites)
    tiers = ", ".join(f"tier {t.tier}: {t.covered_sites} of {t.total_sites}" for t in plan.coverage)
    return [done, f"{tiers[:1].upper()}{tiers[1:]} {things}."]


def _foot(page: Axes, night: Night) -> float:
    """Write where the roads come from, what is closed and the notes; return where the map may end.

    What there is no room for is left out whole, and the foot says where it stands.
    """
    width, guessed = WIDTH_PT - 2 * _EDGE, len(night.approximate)
    lines = wrap(map(drawable, night.statements), _FOOT_PT, width)
    if guessed:
        lines += wrap(
            [f"{counted(guessed, 'position')} approximate or known by street only (≈, white markers)."], _FOOT_PT, width
        )
    lines += _closed_lines(night, width)
    more = False
    for note in map(drawable, night.scenario.notes):
        added = wrap([note], _FOOT_PT, width)
        more = more or len(lines) + len(added) > _FOOT_MOST
        lines += [] if more else added
    if more:
        lines.append("More notes: see summary.txt.")
    for i, line in enumerate(reversed(lines)):
        page.text(
            _EDGE, _EDGE * 0.7 + i * _FOOT_LINE, line, fontsize=_FOOT_PT, color="#3c3c3c", va="bottom", parse_math=False
        )
    return _EDGE * 0.7 + len(lines) * _FOOT_LINE + 6


def _closed_lines(night: Night, width: float) -> list[str]:
    """Return what is closed in at most three lines, the last names counted where they are too many."""
    words = [drawable(each) for each in closed_words(night.scenario)]
    for shown in range(len(words[:_FOOT_CLOSED]), 0, -1):
        left = len(words) - shown
        rest = f"; and {left} more: see summary.txt" if left else ""
        lines = wrap([f"Closed: {'; '.join(words[:shown])}{rest}."], _FOOT_PT, width)
        if len(lines) <= 3 or shown == 1:
            return lines
    return []


def _cross_squares(frame: Frame, night: Night) -> list[tuple[float, float, float]]:
    """Return the squares that the crosses of sites left out will cover."""
    sites = [night.left_out(each) for each in night.plan.skipped]
    return [(float(x), float(y), 4.5) for x, y in frame.xy([(site.lon, site.lat) for site in sites])]


def _crosses(axes: Axes, frame: Frame, night: Night, listed: int, taken: list[tuple[float, float, float]]) -> int:
    """Draw the sites that are left out, those that the panel lists with their letters; return how many lie outside."""
    inside, names = [], []
    skipped, named = skipped_in_order(night), letters(listed)
    for each, name in zip(skipped, [*named, *[""] * (len(skipped) - len(named))], strict=True):
        site = night.left_out(each)
        x, y = frame.xy([[site.lon, site.lat]])[0]
        if 0 <= x <= frame.width and 0 <= y <= frame.height:
            draw_cross(axes, (x, y))
            inside.append((x, y))
            names.append(name)
    lettered = [i for i, name in enumerate(names) if name]
    if lettered:
        draw_letters(axes, frame, np.array(inside)[lettered], [names[i] for i in lettered], taken)
    return len(skipped) - len(inside)


def _scale_and_north(axes: Axes, frame: Frame, drawn: Sequence[BaseGeometry]) -> None:
    """Draw the scale in the lower or upper corner where it covers least, and the arrow to the north."""
    target_m = 110 * frame.m_per_pt
    power = 10.0 ** np.floor(np.log10(target_m))
    length_m = next(step * power for step in (5, 2, 1) if step * power <= target_m)
    length_pt = float(length_m / frame.m_per_pt)
    right, upper = frame.width - length_pt - 12.0, frame.height - 23.0
    corners = [(12.0, 12.0), (right, 12.0), (12.0, upper)]
    rooms = [box(x - 6, y - 6, x + length_pt + 6, y + 17) for x, y in corners]
    covers = [sum(room.intersects(each) for each in drawn) for room in rooms]
    x, y = corners[int(np.argmin(covers))]
    axes.add_patch(Rectangle((x - 6, y - 6), length_pt + 12, 23, fc="white", ec="none", alpha=0.85, zorder=18))
    axes.plot([x, x, x + length_pt, x + length_pt], [y + 4, y, y, y + 4], color=INK, lw=1.3, zorder=19)
    label = f"{length_m / 1000:g} km" if length_m >= 1000 else f"{length_m:g} m"
    axes.text(x + length_pt / 2, y + 4, label, fontsize=7, ha="center", va="bottom", color=INK, zorder=19)
    x, y = frame.width - 16, frame.height - 38
    axes.add_patch(Rectangle((x - 9, y - 4), 18, 38, fc="white", ec="none", alpha=0.85, zorder=18))
    axes.annotate("", (x, y + 21), (x, y), arrowprops={"arrowstyle": "-|>", "color": INK, "lw": 1.3}, zorder=19)
    axes.text(x, y + 22, "N", fontsize=8, weight="bold", ha="center", va="bottom", color=INK, zorder=19)


def _drawn(night: Night, frame: Frame) -> list[BaseGeometry]:
    """Return what of the plan stands on the map, in points: ways, and a square for each mark."""
    ways = [drive.leg.line for route in night.plan.routes for drive in night.drives(route) if drive.leg is not None]
    marks = [*night.scenario.sites, *night.bases]
    squares = [Point(frame.xy([[mark.lon, mark.lat]])[0]).buffer(8, cap_style="square") for mark in marks]
    return [*(LineString(frame.xy(np.asarray(way.coords)[:, :2])) for way in ways), *squares]
