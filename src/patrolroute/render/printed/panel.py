"""What stands beside the printed map: each squad's stops, the sites left out, and the key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from patrolroute.render.areas import distance_text
from patrolroute.render.places import is_approximate
from patrolroute.render.printed.marks import (
    GREY,
    INK,
    Ink,
    draw_area,
    draw_barred,
    draw_cross,
    draw_house,
    draw_outline_mark,
    draw_slow_area,
)
from patrolroute.render.printed.page import cut, drawable, squeeze, text_width
from patrolroute.render.printed.stops import Shape, Stop, draw_stop, letters, tier_shape
from patrolroute.render.stays import Sign, sign_of, stays_of
from patrolroute.render.tables import skipped_in_order
from patrolroute.render.wording import driving_text, share_text, span_text, stops_text, weight_text
from patrolroute.scenario.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from patrolroute.render.night import Night

SIGN_WORDS: dict[Sign, str] = {
    "joint": "double outline: squads meet (titik singgung)",
    "post": "pennant: post that is held (penjagaan)",
}
PANELS = {1: 222.0, 2: 312.0}
"""Width in points of a panel of one or two columns."""

_MOST_LISTED = 60
_SYMBOLS = {
    "cross": draw_cross,
    "house": draw_house,
    "area": draw_area,
    "barred": draw_barred,
    "slow": draw_slow_area,
    "outline": draw_outline_mark,
}


@dataclass(frozen=True)
class Row:
    """One line of the panel: its words, size, indent and the symbol before it; squeezed, it keeps its end."""

    text: str
    size: float = 7.2
    bold: bool = False
    colour: str = INK
    stop: Stop | None = None
    ink: Ink | None = None
    symbol: str = ""
    tail: str = ""
    squeezed: bool = False
    space: float = 0.0


def draw_panel(
    page: Axes, columns: Sequence[Sequence[Row]], key: Sequence[Row], *, right: float, top: float, bottom: float
) -> None:
    """Write the itinerary and the sites left out, and the key below them."""
    panel, gap = PANELS[len(columns)], 10.0
    key_top, left = bottom + sum(map(height, key)), right - panel
    width = (panel - gap * (len(columns) - 1)) / len(columns)
    for i, column in enumerate(columns):
        _draw_rows(page, column, left + i * (width + gap), top, width)
    page.plot([left, left + panel], [key_top + 3, key_top + 3], color="#bdbdbd", lw=0.6)
    _draw_rows(page, key, left, key_top, panel)


def height(row: Row) -> float:
    """Return the points that a row takes."""
    return row.size * 1.42 + row.space


def _draw_rows(page: Axes, rows: Sequence[Row], left: float, top: float, width: float) -> None:
    y = top
    for row in rows:
        y -= height(row)
        middle, indent = y + row.size * 0.55, 0.0
        if row.ink is not None:
            page.plot([left, left + 16], [middle, middle], color=row.ink.ground, ls=row.ink.dash, lw=2.2)
            indent = 21
        elif row.stop is not None:
            draw_stop(page, (left + 7, middle), row.stop, row.stop.shape.size * row.size / 14, numbered=False)
            indent = 16
        elif row.symbol:
            drawn = _SYMBOLS[row.symbol]
            drawn(page, (left + 7, middle), row.size * 1.2)
            indent = 16
        shorten = squeeze if row.squeezed else cut
        page.text(
            left + indent,
            middle,
            shorten(row.text, row.size, width - indent - text_width(row.tail, row.size), bold=row.bold) + row.tail,
            va="center_baseline",
            fontsize=row.size,
            weight="bold" if row.bold else "normal",
            color=row.colour,
            parse_math=False,
        )


def panel_columns(night: Night, squad_inks: dict[str, Ink], room: float) -> tuple[list[list[Row]], int]:
    """Return the most telling columns that fit, and how many of the sites left out are listed in them.

    Every stop by name and, as far as there is room, the sites left out; else the squads; else the first squads.
    """
    wanted = min(len(night.plan.skipped), _MOST_LISTED)
    counts = sorted({count for count in (wanted, 40, 30, 20, 14, 10, 6, 3, 1) if count <= wanted}, reverse=True)
    for enough in (min(wanted, 6), 0):
        for size, most in ((7.2, 1), (6.4, 1), (6.0, 2), (5.2, 2)):
            squads = [_squad_rows(night, s.id, squad_inks, size, stops=True) for s in night.scenario.squads]
            for listed in [*(count for count in counts if count >= max(enough, 1)), *([] if enough else [0])]:
                columns = _columns([*squads, *left_out_block(night, listed, size)], room)
                if len(columns) <= most:
                    return columns, listed
    return _squads_only(night, squad_inks, room), 0


def left_out_block(night: Night, count: int, size: float) -> list[list[Row]]:
    """Return the list of the first sites that are left out as one block; nothing where none is listed."""
    if not count:
        return []
    skipped = skipped_in_order(night)
    rows = [Row("Left out", size + 1, bold=True, space=4)]
    for letter, each in zip(letters(count), skipped, strict=False):
        title = drawable(night.left_out(each).title)
        must = "required, " if each.required else ""
        tail = f" ({must}tier {each.tier}, weight {weight_text(each.weight)})"
        rows.append(Row(f"{letter}   {title}", size, colour="#3c3c3c", symbol="cross", tail=tail))
    if more := len(skipped) - count:
        rows.append(Row(f"and {more} more: see summary.txt", size, colour=GREY))
    return [rows]


def _squads_only(night: Night, squad_inks: dict[str, Ink], room: float) -> list[list[Row]]:
    """Return the squads without their stops in as few columns as hold them all; else the first squads in two."""
    for size in (7.0, 6.0):
        blocks = [_squad_rows(night, squad.id, squad_inks, size, stops=False) for squad in night.scenario.squads]
        if len(columns := _columns(blocks, room)) <= max(PANELS):
            return columns
    for shown in range(len(blocks) - 1, -1, -1):
        more = Row(f"and {counted(len(blocks) - shown, 'more squad')}: see summary.txt", colour=GREY, space=2)
        columns = _columns([*blocks[:shown], [more]], room)
        if len(columns) <= max(PANELS):
            break
    return columns


def _columns(blocks: Sequence[Sequence[Row]], room: float) -> list[list[Row]]:
    """Return the rows in columns of no more than `room` points, a squad's heading never last in one."""
    columns: list[list[Row]] = [[]]
    for block in blocks:
        for i, row in enumerate(block):
            ahead = sum(map(height, block[i : i + 4])) if i == 0 else height(row)
            if columns[-1] and sum(map(height, columns[-1])) + ahead > room:
                columns.append([])
            columns[-1].append(row)
    return columns


def _squad_rows(night: Night, squad_id: str, squad_inks: dict[str, Ink], size: float, *, stops: bool) -> list[Row]:
    squad, route, ink = night.squad(squad_id), night.route(squad_id), squad_inks[squad_id]
    name = Row(drawable(squad.title), size + 1, bold=True, ink=ink, squeezed=True, space=4)
    if route is None or not route.visits:
        shift = f"no stops; shift {span_text(night, squad.shift.start, squad.shift.end)}"
        why = [Row(night.idle[squad_id], size, colour=GREY)] if stops and squad_id in night.idle else []
        return [name, Row(shift, size, colour=GREY), *why]
    share = share_text(route.drive_s, squad.shift.length_s)
    times = span_text(night, night.clock(route.leave_s), night.clock(route.return_s))
    rows = [
        name,
        Row(f"{times}, {stops_text(night, route)}", size, colour="#3c3c3c"),
        Row(f"{distance_text(night, route)}, driving {driving_text(route)} ({share})", size, colour="#3c3c3c"),
    ]
    if not stops:
        return rows
    stays = stays_of(night, route)
    for number, _, visit in stays:
        site = night.stop(visit)
        stop = Stop(
            number=number,
            tier=site.tier,
            approximate=is_approximate(site),
            ink=ink,
            lonlat=(site.lon, site.lat),
            rest=not visit.site,
            sign=sign_of(night, visit),
        )
        guess = "≈ " if stop.approximate else ""
        when = f"{night.clock(visit.begin_s):%H:%M}"
        place = str(number).rjust(len(str(len(stays))), "\u2007")
        rows.append(Row(f"{place}   {when}   {guess}{drawable(site.title)}", size, stop=stop))
    return rows


def left_out_text(night: Night) -> str:
    """Return how many sites, beats and visits too few are left out."""
    areas, visited = {area.id for area in night.scenario.areas}, {v.site for r in night.plan.routes for v in r.visits}
    skipped = [each.site for each in night.plan.skipped]
    beats = sum(site in areas for site in skipped)
    sites = len({site for site in skipped if site not in visited | areas})
    more = len(skipped) - beats - sum(site not in visited | areas for site in skipped)
    words = [(sites, "site"), (beats, "beat"), (more, "further visit")]
    return ", ".join(counted(count, word) for count, word in words if count)


def key_rows(night: Night, outside: int) -> list[Row]:
    """Return the rows that explain the symbols which the map uses."""
    grey = Ink(GREY, "#ffffff", "solid")
    made = [visit for route in night.plan.routes for visit in route.visits]
    visited = [night.stop(visit) for visit in made if visit.site]
    signs = {sign_of(night, visit): night.stop(visit).tier for visit in made}
    rows = []
    by_shape: dict[Shape, list[int]] = {}
    for tier in sorted({site.tier for site in visited}):
        by_shape.setdefault(tier_shape(tier), []).append(tier)
    for first, *others in by_shape.values():
        stop = Stop(number=first, tier=first, approximate=False, ink=grey, lonlat=(0, 0))
        tiers = f"{first} to {others[-1]}" if others else f"{first}"
        rows.append(Row(f"stop of tier {tiers}, position known", stop=stop))
    for tier in sorted({site.tier for site in visited if is_approximate(site)})[:1]:
        stop = Stop(number=tier, tier=tier, approximate=True, ink=grey, lonlat=(0, 0))
        rows.append(Row("white: position approximate (≈)", stop=stop))
    for sign, words in SIGN_WORDS.items():
        if sign in signs:
            stop = Stop(number=0, tier=signs[sign], approximate=False, ink=grey, lonlat=(0, 0), sign=sign)
            rows.append(Row(words, stop=stop))
    if not all(visit.site for visit in made):
        stop = Stop(number=0, tier=1, approximate=False, ink=grey, lonlat=(0, 0), rest=True)
        rows.append(Row("break", stop=stop))
    if night.scenario.squads:
        rows.append(Row("where squads start or end", symbol="house"))
    if night.scenario.areas:
        rows.append(Row("area, with the share that is driven", symbol="outline"))
    if night.scenario.closures.streets:
        rows.append(Row("closed street", symbol="barred"))
    if night.scenario.closures.polygons:
        rows.append(Row("closed area", symbol="area"))
    if night.scenario.travel.slow:
        rows.append(Row("driving is slower", symbol="slow"))
    if night.plan.skipped:
        beyond = f" ({outside} outside the map)" if outside else ""
        rows.append(Row(f"left out: {left_out_text(night)}{beyond}", symbol="cross"))
    return rows
