"""Times, lengths and streets in words, and names made harmless for each kind of text that they are put into."""

from __future__ import annotations

import html
import math
import re
import unicodedata
from typing import TYPE_CHECKING, NamedTuple

from patrolroute.render.stays import tally
from patrolroute.scenario.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from patrolroute.plans import Route, Visit
    from patrolroute.render.night import Night
    from patrolroute.roads import Leg
    from patrolroute.scenario.model import Scenario

UNNAMED = "unnamed road"
OFF_STREET = "off the street"
SYNTHETIC_BAND = "SYNTHETIC ROADS: NOT FOR THE FIELD"
"""Stands large on every sheet, map and file that was made from generated roads."""

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_FOLDED_M = 30.0
_SHOWN_M = 1.0
_BIDI = dict.fromkeys(map(ord, "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"))
_MARKDOWN = re.compile(r"([\\`*_\[\]|~$])")
_MARKDOWN_LINK = re.compile(r"(?i)(?<=http)(?=s?://)|(?<=ftp)(?=://)|(?<=www)(?=\.)")


class Stretch(NamedTuple):
    """A part of a leg on one street, or between the street and a place; an empty name where the map has none."""

    name: str
    length_m: float
    off_street: bool = False

    @property
    def words(self) -> str:
        """The street's name, or what is said in its place."""
        return OFF_STREET if self.off_street else self.name or UNNAMED


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
    """Return a duration in minutes, rounded; hours too where there are any.

    For what stands beside times of day, `between_text` counts as those do.
    """
    minutes = round(seconds / 60)
    if seconds > 0 and minutes == 0:
        return "under 1 min"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def between_text(begin_s: int, end_s: int) -> str:
    """Return the minutes between two seconds of a plan as the times shown for them count: leave and drive make arrive.

    Seconds are cut off times of day, so a drive of 3 min 40 s may lie between times that are 3 or 4 minutes apart.
    """
    return _shown_text(_shown_s(begin_s, end_s), end_s - begin_s)


def driving_text(route: Route) -> str:
    """Return the minutes that a route is driven, counted in seconds; single drives are cut as times of day are."""
    return minutes_text(route.drive_s)


def late_text(night: Night, route: Route) -> str:
    """Return by how much a squad is back after it is due, which its debriefing begins; empty where it is not."""
    if not night.overtime_s(route):
        return ""
    due = night.squad(route.squad).shift.back
    late = between_text(night.scenario.seconds(due), route.return_s)
    return f"{late} late (due {clock_text(night, due)})"


def back_text(night: Night, route: Route) -> str:
    """Return when a squad is back, and by how much that is late, where it is."""
    return ", ".join(filter(None, [clock_text(night, night.clock(route.return_s)), late_text(night, route)]))


def waiting_text(route: Route) -> str:
    """Return the minutes that a route waits for windows to open, counted in seconds."""
    return minutes_text(sum(visit.wait_s for visit in route.visits))


def _shown_s(begin_s: int, end_s: int) -> int:
    return 60 * (end_s // 60 - begin_s // 60)


def _shown_text(shown_s: int, exact_s: int) -> str:
    return "under 1 min" if exact_s > 0 and shown_s == 0 else minutes_text(shown_s)


def length_text(metres: float) -> str:
    """Return a length: ten metres exact below a kilometre, a hundred above."""
    if metres < 10:
        return f"{round(metres)} m"
    return f"{round(metres, -1):.0f} m" if metres < 995 else f"{metres / 1000:.1f} km"


def weight_text(weight: float) -> str:
    """Return a weight without decimals that say nothing."""
    return str(weight) if isinstance(weight, int) else f"{weight:.3f}".rstrip("0").rstrip(".")


def share_text(part: float, whole: float) -> str:
    """Return a share in percent, rounded; a dash where there is no whole to share.

    Only all of it is "100 %", only nothing is "0 %".
    """
    if whole <= 0:
        return "-"
    percent = math.floor(100 * part / whole + 0.5)
    least, most = (1 if part > 0 else 0), (99 if part < whole else 100)
    return f"{min(max(percent, least), most)} %"


def stretches(leg: Leg) -> tuple[Stretch, ...]:
    """Return the parts of a leg in order, as a person would tell them; their lengths add up to the leg's.

    Neighbours of one name are joined. An unnamed piece shorter than 30 m between named streets (a slip road, the
    middle of a junction, a gate) is counted with the street before it, and so is a named one of less than
    a metre, as where a place stands at a corner; so is, at either end, a way of less than 30 m
    between the place and its street. A longer one is a part of its own.
    """
    told: list[Stretch] = []
    pieces = [Stretch(plain(street.name or ""), float(street.length_m)) for street in leg.streets]
    for piece in pieces:
        if told and piece.length_m < _SHOWN_M:
            told[-1] = _longer(told[-1], piece.length_m)
            continue
        fold = told and not piece.name and piece.length_m < _FOLDED_M
        if told and (fold or told[-1].name == piece.name):
            told[-1] = _longer(told[-1], piece.length_m)
        else:
            told.append(piece)
    if len(told) > 1 and told[0].length_m < (_SHOWN_M if told[0].name else _FOLDED_M):
        told[:2] = [_longer(told[1], told[0].length_m)]
    away_m, towards_m = leg.origin_access_dm / 10, leg.destination_access_dm / 10
    if not told:
        return (Stretch("", away_m + towards_m, off_street=True),) if away_m + towards_m else ()
    if away_m < _FOLDED_M:
        told[0] = _longer(told[0], away_m)
    if towards_m < _FOLDED_M:
        told[-1] = _longer(told[-1], towards_m)
    if away_m >= _FOLDED_M:
        told.insert(0, Stretch("", away_m, off_street=True))
    if towards_m >= _FOLDED_M:
        told.append(Stretch("", towards_m, off_street=True))
    return tuple(told)


def _longer(stretch: Stretch, more_m: float) -> Stretch:
    return stretch._replace(length_m=stretch.length_m + more_m)


def streets_text(leg: Leg | None) -> str:
    """Return the parts of a leg with their lengths; empty where nothing is driven."""
    if leg is None:
        return ""
    return " > ".join(f"{stretch.words} ({length_text(stretch.length_m)})" for stretch in stretches(leg))


def worth_text(night: Night, visit: Visit) -> str:
    """Return a stop's tier and weight, which of its site's visits it is, and whom the squad meets there."""
    site = night.stop(visit)
    words = f"tier {site.tier}, weight {night.weight(visit)}" + (", required" if site.required else "")
    return ", ".join([words, *company_words(night, visit)])


def company_words(night: Night, visit: Visit) -> list[str]:
    """Return which of its site's visits a stop is, where it wants several, and whom the squad meets there."""
    number, wanted = night.turn(visit)
    words = [f"visit {number} of {wanted}"] if wanted > 1 else []
    if others := [squad.title for squad in night.company(visit)]:
        names = f"{', '.join(others[:-1])} and {others[-1]}" if len(others) > 1 else others[0]
        what = "titik singgung with" if night.stop(visit).squads_together > 1 else "together with"
        words.append(f"{what} {names} at {clock_text(night, night.clock(visit.begin_s))}")
    return words


def stops_text(night: Night, *routes: Route) -> str:
    """Return how many stops routes make, beats they drive, sites they see from the road and breaks they have."""
    made = tally(night, *routes)
    words = [counted(made.stops, "stop")] if made.stops or not made.beats else []
    words += [counted(made.beats, "beat")] if made.beats else []
    words += [f"{counted(made.seen, 'site')} seen from the road"] if made.seen else []
    return ", ".join([*words, *([counted(made.breaks, "break")] if made.breaks else [])])


def things_text(scenario: Scenario, count: int = 2) -> str:
    """Return what coverage counts: sites, and areas and posts where the scenario has any."""
    if not (scenario.areas or scenario.presence):
        return "site" if count == 1 else "sites"
    kinds = {"sites": scenario.sites, "areas": scenario.areas, "posts": scenario.presence}
    words = [kind for kind, those in kinds.items() if those]
    return " and ".join([*([", ".join(words[:-1])] if words[:-1] else []), words[-1]])


def listed(words: Sequence[str], *, none: str = "none") -> str:
    """Return words joined by commas."""
    return ", ".join(words) if words else none
