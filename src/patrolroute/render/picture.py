"""The printed map: one A4 page with the plan on its roads, the itinerary beside it, the source of the roads below.

All text is written without formulas, as which matplotlib would read a name with two dollar signs.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from shapely import LineString, Point, box

from patrolroute.render.marks import (
    GREY,
    INK,
    Ink,
    Stop,
    draw_cross,
    draw_ends,
    draw_house,
    draw_routes,
    draw_stop,
    draw_stops,
    inks,
    stops_of,
    tier_shape,
)
from patrolroute.render.night import is_approximate
from patrolroute.render.page import Frame, cut, draw_roads, drawable, plan_bounds, wrap
from patrolroute.render.wording import (
    SYNTHETIC_BAND,
    counted,
    day_text,
    length_text,
    plain,
    share_text,
    span_text,
    zone_text,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from shapely.geometry.base import BaseGeometry

    from patrolroute.render.night import Night

WIDTH_PT, HEIGHT_PT = 842.0, 595.0
"""A4 on its side."""

_EDGE, _GUTTER = 20.0, 12.0
_PANELS = {1: 222.0, 2: 312.0}
_FOOT_PT, _FOOT_LINE = 6.5, 8.6
_BAND_PT = 19.0


@dataclass(frozen=True)
class _Row:
    """One line of the panel: its words, size, indent and the symbol before it."""

    text: str
    size: float = 7.2
    bold: bool = False
    colour: str = INK
    stop: Stop | None = None
    ink: Ink | None = None
    symbol: str = ""
    space: float = 0.0


def draw_map(night: Night, *, dpi: int = 150) -> bytes:
    """Return the map of a night's plan as a PNG, one A4 page on its side.

    The roads themselves are the background, north is up and the scale is true at the map's middle. Each squad has a
    colour that people with any colour vision tell apart; its way keeps to the left of the street so that out and back
    can be told apart, with arrows. Stops carry their number in visiting order: square, circle or diamond for tier 1, 2
    or lower; filled where the position is known, white where it is approximate. Sites left out are hollow grey crosses.
    The panel lists the stops where there is room. The foot says where the roads come from.

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
    columns = _itinerary(night, squad_inks, top - bottom - sum(map(_height, _key(night, 0))) - 8)
    map_width = WIDTH_PT - 2 * _EDGE - _PANELS[len(columns)] - _GUTTER
    frame = Frame.fit(plan_bounds(night).wider(0.06), map_width, top - bottom)
    axes = _axes(figure, (_EDGE, bottom, map_width, top - bottom))
    axes.add_patch(Rectangle((0, 0), frame.width, frame.height, fc="#f8f7f4", ec="none", zorder=0))
    draw_roads(axes, frame, night.roads)
    draw_routes(axes, frame, night, squad_inks)
    outside = _crosses(axes, frame, night)
    taken = draw_ends(axes, frame, night)
    draw_stops(axes, frame, stops_of(night, squad_inks), taken)
    _scale_and_north(axes, frame, _drawn(night, frame))
    axes.add_patch(Rectangle((0, 0), frame.width, frame.height, fc="none", ec="#8a8a8a", lw=0.8, zorder=20))
    _panel(page, columns, _key(night, outside), top=top, bottom=bottom)
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
    """Draw the title, and the band over synthetic roads; return where the map may begin."""
    width, y = WIDTH_PT - 2 * _EDGE, HEIGHT_PT - _EDGE
    page.text(
        _EDGE,
        y,
        cut(drawable(night.scenario.name), 15, width, bold=True),
        fontsize=15,
        weight="bold",
        va="top",
        color=INK,
        parse_math=False,
    )
    plan = night.plan
    stops = counted(sum(len(route.visits) for route in plan.routes), "stop")
    tiers = ", ".join(f"tier {t.tier}: {t.covered_sites} of {t.total_sites} sites" for t in plan.coverage)
    words = f"{day_text(night.scenario.start)} ({drawable(zone_text(night))}). {stops}, {length_text(plan.drive_m)}."
    line = f"{words} {tiers[:1].upper()}{tiers[1:]}." if tiers else words
    page.text(_EDGE, y - 20, cut(line, 8.5, width), fontsize=8.5, va="top", color="#3c3c3c", parse_math=False)
    y -= 34
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


def _foot(page: Axes, night: Night) -> float:
    """Write where the roads come from and the notes; return where the map may end."""
    guessed = len(night.approximate)
    told = list(night.statements)
    if guessed:
        told.append(f"{counted(guessed, 'position')} approximate or known by street only (≈, white markers).")
    told += night.scenario.notes
    lines = wrap(map(drawable, told), _FOOT_PT, WIDTH_PT - 2 * _EDGE)
    shown = lines if len(lines) <= 9 else [*lines[:8], "… more notes are in summary.txt"]
    for i, line in enumerate(reversed(shown)):
        page.text(
            _EDGE, _EDGE * 0.7 + i * _FOOT_LINE, line, fontsize=_FOOT_PT, color="#3c3c3c", va="bottom", parse_math=False
        )
    return _EDGE * 0.7 + len(shown) * _FOOT_LINE + 6


def _crosses(axes: Axes, frame: Frame, night: Night) -> int:
    """Draw the sites that are left out, and return how many lie outside the map."""
    outside = 0
    for each in night.plan.skipped:
        site = night.site(each.site)
        x, y = frame.xy([[site.lon, site.lat]])[0]
        if 0 <= x <= frame.width and 0 <= y <= frame.height:
            draw_cross(axes, (x, y))
        else:
            outside += 1
    return outside


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
    squads, points = night.scenario.squads, night.scenario.points
    marks = [*night.scenario.sites, *(points[end] for squad in squads for end in (squad.start, squad.end))]
    squares = [Point(frame.xy([[mark.lon, mark.lat]])[0]).buffer(8, cap_style="square") for mark in marks]
    return [*(LineString(frame.xy(np.asarray(way.coords)[:, :2])) for way in ways), *squares]


def _panel(page: Axes, columns: Sequence[Sequence[_Row]], key: Sequence[_Row], *, top: float, bottom: float) -> None:
    """Write the itinerary, and the key below it."""
    panel, gap = _PANELS[len(columns)], 10.0
    key_top, left = bottom + sum(map(_height, key)), WIDTH_PT - _EDGE - panel
    width = (panel - gap * (len(columns) - 1)) / len(columns)
    for i, column in enumerate(columns):
        _draw_rows(page, column, left + i * (width + gap), top, width)
    page.plot([left, left + panel], [key_top + 3, key_top + 3], color="#bdbdbd", lw=0.6)
    _draw_rows(page, key, left, key_top, panel)


def _height(row: _Row) -> float:
    return row.size * 1.42 + row.space


def _draw_rows(page: Axes, rows: Sequence[_Row], left: float, top: float, width: float) -> None:
    y = top
    for row in rows:
        y -= _height(row)
        middle, indent = y + row.size * 0.55, 0.0
        if row.ink is not None:
            page.plot([left, left + 16], [middle, middle], color=row.ink.ground, ls=row.ink.dash, lw=2.2)
            indent = 21
        elif row.stop is not None:
            draw_stop(
                page, (left + 7, middle), row.stop, tier_shape(row.stop.tier).size * row.size / 14, numbered=False
            )
            indent = 16
        elif row.symbol:
            {"cross": draw_cross, "house": draw_house}[row.symbol](page, (left + 7, middle), row.size * 1.2)
            indent = 16
        page.text(
            left + indent,
            middle,
            cut(row.text, row.size, width - indent, bold=row.bold),
            va="center_baseline",
            fontsize=row.size,
            weight="bold" if row.bold else "normal",
            color=row.colour,
            parse_math=False,
        )


def _itinerary(night: Night, squad_inks: dict[str, Ink], room: float) -> list[list[_Row]]:
    """Return the most telling columns that fit: every stop by name, else the squads, else the first squads."""
    for size, count in ((7.2, 1), (6.4, 1), (6.0, 2), (5.2, 2)):
        columns = _columns(
            [_squad_rows(night, s.id, squad_inks, size, stops=True) for s in night.scenario.squads], room
        )
        if len(columns) <= count:
            return columns
    blocks = [_squad_rows(night, squad.id, squad_inks, 7.0, stops=False) for squad in night.scenario.squads]
    shown: list[_Row] = []
    for done, block in enumerate(blocks):
        last = done == len(blocks) - 1
        if sum(map(_height, [*shown, *block])) + (0 if last else 12) > room:
            return [
                [
                    *shown,
                    _Row(f"and {counted(len(blocks) - done, 'more squad')}: see summary.txt", colour=GREY, space=2),
                ]
            ]
        shown += block
    return [shown]


def _columns(blocks: Sequence[Sequence[_Row]], room: float) -> list[list[_Row]]:
    """Return the rows in columns of no more than `room` points, a squad's heading never last in one."""
    columns: list[list[_Row]] = [[]]
    for block in blocks:
        for i, row in enumerate(block):
            ahead = sum(map(_height, block[i : i + 4])) if i == 0 else _height(row)
            if columns[-1] and sum(map(_height, columns[-1])) + ahead > room:
                columns.append([])
            columns[-1].append(row)
    return columns


def _squad_rows(night: Night, squad_id: str, squad_inks: dict[str, Ink], size: float, *, stops: bool) -> list[_Row]:
    squad, route, ink = night.squad(squad_id), night.route(squad_id), squad_inks[squad_id]
    name = _Row(drawable(squad.title), size + 1, bold=True, ink=ink, space=4)
    if route is None or not route.visits:
        return [
            name,
            _Row(f"no stops; shift {span_text(night, squad.shift.start, squad.shift.end)}", size, colour=GREY),
        ]
    share = share_text(route.drive_s, squad.shift.length_s)
    times = span_text(night, night.clock(route.leave_s), night.clock(route.return_s))
    rows = [
        name,
        _Row(f"{times}, {counted(len(route.visits), 'stop')}", size, colour="#3c3c3c"),
        _Row(f"{length_text(route.drive_m)}, driving {share} of the shift", size, colour="#3c3c3c"),
    ]
    if not stops:
        return rows
    for number, visit in enumerate(route.visits, start=1):
        site = night.site(visit.site)
        stop = Stop(
            number=number, tier=site.tier, approximate=is_approximate(site), ink=ink, lonlat=(site.lon, site.lat)
        )
        guess = "≈ " if stop.approximate else ""
        when = f"{night.clock(visit.begin_s):%H:%M}"
        place = str(number).rjust(len(str(len(route.visits))), "\u2007")
        rows.append(_Row(f"{place}   {when}   {guess}{drawable(site.title)}", size, stop=stop))
    return rows


def _key(night: Night, outside: int) -> list[_Row]:
    """Return the rows that explain the symbols which the map uses."""
    grey = Ink(GREY, "#ffffff", "solid")
    visited = [night.site(visit.site) for route in night.plan.routes for visit in route.visits]
    rows = []
    for tier in sorted({site.tier for site in visited}):
        stop = Stop(number=tier, tier=tier, approximate=False, ink=grey, lonlat=(0, 0))
        rows.append(_Row(f"stop of tier {tier}, position known", stop=stop))
    for tier in sorted({site.tier for site in visited if is_approximate(site)})[:1]:
        stop = Stop(number=tier, tier=tier, approximate=True, ink=grey, lonlat=(0, 0))
        rows.append(_Row("white: position approximate (≈)", stop=stop))
    if night.scenario.squads:
        rows.append(_Row("where squads start or end", symbol="house"))
    if night.plan.skipped:
        beyond = f" ({outside} outside the map)" if outside else ""
        rows.append(_Row(f"left out: {counted(len(night.plan.skipped), 'site')}{beyond}", symbol="cross"))
    return rows
