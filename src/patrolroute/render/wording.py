"""Times, lengths and streets in words, and names made harmless for each kind of text that they are put into."""

from __future__ import annotations

import html
import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from patrolroute.render.night import Night
    from patrolroute.roads import Leg

UNNAMED = "unnamed road"
SYNTHETIC_BAND = "SYNTHETIC ROADS: NOT FOR THE FIELD"
"""Stands large on every sheet, map and file that was made from generated roads."""

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_FOLDED_M = 30.0
_BIDI = dict.fromkeys(map(ord, "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"))
_MARKDOWN = re.compile(r"([\\`*_\[\]|~$])")
_MARKDOWN_LINK = re.compile(r"(?i)(?<=http)(?=s?://)|(?<=ftp)(?=://)|(?<=www)(?=\.)")


class Stretch(NamedTuple):
    """A part of a leg on one street; an empty name where the map has none."""

    name: str
    length_m: float


def plain(text: str) -> str:
    """Return a name on one line, without control characters and without marks that reorder what follows."""
    visible = (c if unicodedata.category(c) not in {"Cc", "Cs", "Cn"} or c.isspace() else "\ufffd" for c in text)
    return " ".join("".join(visible).translate(_BIDI).split())


def markdown(text: str) -> str:
    """Return a name as Markdown that shows it literally, in a table's cell too.

    Dots, dashes and hashes stay as they are, since the sheets never begin a line with a name and people read the
    source as often as its rendering.
    """
    escaped = _MARKDOWN.sub(r"\\\1", plain(text)).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _MARKDOWN_LINK.sub("&#8203;", escaped)


def markup(text: str) -> str:
    """Return a name as HTML that shows it literally.

    Also safe inside a JavaScript template literal and a Jinja template, since folium puts popups and legends into
    both: backticks, dollars, braces and backslashes become entities.
    """
    escaped = html.escape(plain(text), quote=True)
    for char in "`${}\\":
        escaped = escaped.replace(char, f"&#{ord(char)};")
    return escaped


def day_text(moment: datetime) -> str:
    """Return the day, as in "Thursday 23 Nov 2023", whatever the machine's language."""
    return f"{_DAYS[moment.weekday()]} {moment.day} {_MONTHS[moment.month - 1]} {moment.year}"


def zone_text(night: Night) -> str:
    """Return the timezone's name and its offset when the night begins."""
    offset = night.usual_offset
    minutes = round(offset.total_seconds() / 60) if offset else 0
    utc = f"UTC{'+' if minutes >= 0 else '-'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
    zone = night.scenario.timezone
    return utc if zone[:1] in "+-" or zone == "UTC" else f"{zone}, {utc}"


def clock_text(night: Night, moment: datetime) -> str:
    """Return the local time of day, with the date where it is not the night's, and the offset where clocks changed.

    Seconds are cut off: a minute begins when the clock on the wall shows it.
    """
    local = moment.astimezone(night.scenario.zone)
    extras = []
    if local.date() != night.scenario.date:
        extras.append(f"{local.day} {_MONTHS[local.month - 1]}")
    if local.utcoffset() != night.usual_offset:
        offset = local.strftime("%z")
        extras.append(f"UTC{offset[:3]}:{offset[3:5]}")
    return f"{local:%H:%M}" + (f" ({', '.join(extras)})" if extras else "")


def span_text(night: Night, begin: datetime, end: datetime) -> str:
    """Return a span of local time, its date said once where both ends share it."""
    first, last = clock_text(night, begin), clock_text(night, end)
    if " " in first and first.partition(" ")[2] == last.partition(" ")[2]:
        return f"{first.partition(' ')[0]}–{last}"
    return f"{first}–{last}"


def minutes_text(seconds: float) -> str:
    """Return a duration in minutes, rounded; hours too where there are any."""
    minutes = round(seconds / 60)
    if seconds > 0 and minutes == 0:
        return "under 1 min"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def length_text(metres: float) -> str:
    """Return a length: ten metres exact below a kilometre, a hundred above."""
    if metres < 10:
        return f"{round(metres)} m"
    return f"{round(metres, -1):.0f} m" if metres < 995 else f"{metres / 1000:.1f} km"


def share_text(part: float, whole: float) -> str:
    """Return a share in percent; a dash where there is no whole to share.

    Rounded towards zero, so that only all of it is "100 %".
    """
    return f"{int(100 * part / whole)} %" if whole > 0 else "-"


def stretches(leg: Leg) -> tuple[Stretch, ...]:
    """Return the streets of a leg in order, as a person would tell them.

    Neighbours of one name are joined. An unnamed piece shorter than 30 m between named streets (a slip road, the
    middle of a junction, a gate) is counted with the street before it.
    """
    told: list[Stretch] = []
    pieces = [Stretch(plain(street.name or ""), float(street.length_m)) for street in leg.streets]
    for piece in pieces:
        fold = told and not piece.name and piece.length_m < _FOLDED_M
        if told and (fold or told[-1].name == piece.name):
            told[-1] = Stretch(told[-1].name, told[-1].length_m + piece.length_m)
        else:
            told.append(piece)
    if len(told) > 1 and not told[0].name and told[0].length_m < _FOLDED_M:
        told[:2] = [Stretch(told[1].name, told[0].length_m + told[1].length_m)]
    return tuple(told)


def streets_text(leg: Leg | None) -> str:
    """Return the streets of a leg with their lengths; empty where nothing is driven."""
    if leg is None:
        return ""
    return " > ".join(f"{street.name or UNNAMED} ({length_text(street.length_m)})" for street in stretches(leg))


def counted(count: int, noun: str) -> str:
    """Return a number with its noun, as in "1 stop" and "2 stops"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def listed(words: Sequence[str], *, none: str = "none") -> str:
    """Return words joined by commas."""
    return ", ".join(words) if words else none
