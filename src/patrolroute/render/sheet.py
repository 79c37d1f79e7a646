"""The patrol sheet: one squad's night on paper, in the columns that are used in the field.

Column heads and labels are Indonesian, as on the forms in use, with the English beside them; sentences are English.
Number, way of acting (CB, *cara bertindak*) and signature stay blank: they are the commander's, and no letterhead is
imitated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from patrolroute.render.areas import beat_streets, distance_text
from patrolroute.render.closed import closed_text
from patrolroute.render.places import is_approximate, position_text
from patrolroute.render.roster import asked_text
from patrolroute.render.stays import stays_of
from patrolroute.render.waits import LONG_WAIT_S, reason
from patrolroute.render.wording import (
    OFF_STREET,
    SYNTHETIC_BAND,
    UNNAMED,
    between_text,
    clock_text,
    company_words,
    day_text,
    driving_text,
    length_text,
    listed,
    markdown,
    minutes_text,
    share_text,
    span_text,
    stops_text,
    stretches,
    zone_text,
)
from patrolroute.scenario.base import later, seconds_up

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patrolroute.beats import Beat
    from patrolroute.plans import Route, Visit
    from patrolroute.render.drives import Drive
    from patrolroute.render.night import Night
    from patrolroute.scenario.model import Place, Squad

VEHICLES = {"car": "mobil / car (R4)", "motorcycle": "sepeda motor / motorcycle (R2)"}

_BAND = f"> **{SYNTHETIC_BAND} / JALAN SINTETIS: BUKAN UNTUK LAPANGAN**"
_APPROXIMATE = "≈"


def patrol_sheet(night: Night, squad_id: str) -> str:
    """Return a squad's patrol sheet as Markdown.

    One row a stop: how to get there street by street, when, what, and an empty CB for the way of acting; the first row
    sets out, the last one leads back. Times are local. A place whose position is not exactly known carries ≈ and is
    explained below the table. Every name is escaped.

    Parameters
    ----------
    night : Night
    squad_id : str

    Raises
    ------
    InputError
        When the scenario has no such squad.
    """
    squad, route = night.squad(squad_id), night.route(squad_id)
    lines = [f"# Lembar patroli / Patrol sheet: {markdown(squad.title)}", ""]
    if night.synthetic:
        lines += [_BAND, ""]
    lines += [*_header(night, squad, route), ""]
    if route is None or not route.visits:
        why = f"{night.idle[squad_id]} " if squad_id in night.idle else ""
        lines.append(
            f"**No stops are planned.** {why}The squad stays ready {_at(night, squad.start, 'where it is')} "
            f"{span_text(night, squad.shift.leave, squad.shift.back)}."
        )
    else:
        lines += _table(night, squad, route)
    lines += ["", *_remarks(night, squad, route), ""]
    if night.synthetic:
        lines += [_BAND, ""]
    lines += [f"{markdown(statement)}  " for statement in night.statements]
    return "\n".join(lines).rstrip() + "\n"


def _header(night: Night, squad: Squad, route: Route | None) -> Iterator[str]:
    shift, points = squad.shift, night.scenario.points
    people = listed([f"{markdown(force)} {count}" for force, count in squad.people.items()], none="not stated")
    name = markdown(squad.title) + (f" ({markdown(squad.id)})" if squad.name and squad.id not in squad.name else "")
    speed = squad.vehicle.speed_factor
    rows = [
        ("Nomor / number", ""),
        ("Malam / night", f"{markdown(night.scenario.name)}, {day_text(night.scenario.start)}"),
        ("Regu / squad", name),
        ("Personel / people", f"{squad.size}: {people}" if squad.people else people),
        ("Kendaraan / vehicle", VEHICLES[squad.vehicle.kind] + (f", speed x {speed:g}" if speed != 1 else "")),
        ("Dinas / shift", f"{span_text(night, shift.start, shift.end)} ({markdown(zone_text(night))})"),
    ]
    if shift.briefing_min:
        where = _at(night, squad.start, "where the squad is")
        rows.append(("Arahan / briefing", f"{span_text(night, shift.start, shift.leave)} {where}"))
    if route is not None and route.visits:
        leaves, back = night.clock(route.leave_s), night.clock(route.return_s)
        latest = clock_text(night, later(shift.back, squad.overtime_s))
        due = f"due {clock_text(night, shift.back)}, " if squad.overtime_s else ""
        real = [visit for visit in route.visits if visit.site] or route.visits
        stops = [markdown(night.stop(visit).title) for visit in (real[0], real[-1])]
        free = f"starts at its first stop, {stops[0]}"
        sets_out = f"from {_place(points[squad.start])}" if squad.start in points else free
        ends = f"at {_place(points[squad.end])}" if squad.end in points else f"ends at its last stop, {stops[-1]}"
        shift_s = shift.length_s
        rows += [
            ("Berangkat / leaves", f"{clock_text(night, leaves)} {sets_out}"),
            ("Kembali / back", f"{clock_text(night, back)} {ends}, {due}{latest} at the latest"),
        ]
        if squad.overtime_s:
            late = between_text(night.scenario.seconds(shift.back), route.return_s)
            planned = late if night.overtime_s(route) else "none"
            rows.append(("Lembur / overtime", f"{planned} planned, {minutes_text(squad.overtime_s)} allowed"))
    if shift.debriefing_min:
        rows.append(
            (
                "Konsolidasi / debriefing",
                f"{minutes_text(shift.debriefing_min * 60)} {_at(night, squad.end, 'where the squad is')}, "
                f"over by {_debriefed(night, squad, route)}",
            )
        )
    if route is not None and route.visits:
        share = share_text(route.drive_s, shift_s)
        rows.append(
            (
                "Jumlah / in all",
                f"{stops_text(night, route)}, {distance_text(night, route)}, driving "
                f"{driving_text(route)} ({share} of the shift)",
            )
        )
    if closed := closed_text(night.scenario):
        rows.append(("Ditutup / closed", markdown(closed)))
    yield "| | |"
    yield "|---|---|"
    for label, value in rows:
        yield f"| {label} | {value} |"


def _debriefed(night: Night, squad: Squad, route: Route | None) -> str:
    """Return until when the debriefing lasts that follows the planned return, and the latest that it may."""
    latest = clock_text(night, later(squad.shift.end, squad.overtime_s))
    if route is None or not route.visits:
        return clock_text(night, squad.shift.end)
    planned = clock_text(night, night.clock(route.return_s + seconds_up(squad.shift.debriefing_min)))
    return planned if planned == latest else f"{planned} as planned, {latest} at the latest"


def _table(night: Night, squad: Squad, route: Route) -> Iterator[str]:
    points = night.scenario.points
    yield "| NO | ROUTE | JAM | SASARAN | CB |"
    yield "|---:|---|---|---|---|"
    leaves = clock_text(night, night.clock(route.leave_s))
    drives = {drive.number: drive for drive in night.drives(route)}
    if squad.start in points:
        yield _row("", "Berangkat / set out", leaves, _place(points[squad.start]))
    else:
        yield _row("", "Berangkat / set out", leaves, "starts at its first stop")
    free_s = route.leave_s
    for number, first, visit in stays_of(night, route):
        way = _way(night, drives[first], free_s, reason(night, visit)) if first in drives else "starts here"
        yield _row(str(number), way, _visit_times(night, visit), _target(night, visit))
        if (beat := night.beat(visit)) is not None:
            yield _row("", f"Menyisir / beat: {_beat_way(night, beat)}", "", "")
        free_s = visit.end_s
    back = clock_text(night, night.clock(route.return_s))
    home = drives.get(len(route.visits))
    if home is None:
        yield _row("", "Selesai / ends at its last stop", back, "")
    else:
        yield _row("", f"Kembali / back: {_way(night, home, free_s)}", back, _place(home.destination))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} | |"


def _way(night: Night, drive: Drive, free_s: int, why: str = "") -> str:
    """Return the streets of a drive; where the squad sets out later than it is free, when and why."""
    if drive.leg is None or drive.drive_s == 0:
        return "no drive: same place"
    streets = " → ".join(
        f"{markdown(stretch.words)} ({length_text(stretch.length_m)})" for stretch in stretches(drive.leg)
    )
    because = f" ({why})" if why and drive.leave_s - free_s >= LONG_WAIT_S else ""
    until = clock_text(night, night.clock(drive.leave_s))
    stays = f"stay until {until}{because}, then " if drive.leave_s > free_s else ""
    return f"{stays}{streets}; in all {length_text(drive.drive_m)}, {between_text(drive.leave_s, drive.arrive_s)}"


def _beat_way(night: Night, beat: Beat) -> str:
    assert night.beats is not None  # noqa: S101 - a beat comes of them
    streets = " → ".join(f"{markdown(words)} ({length_text(metres)})" for words, metres in beat_streets(night, beat))
    return f"{streets}; in all {length_text(night.beats.length_m(beat))}"


def _visit_times(night: Night, visit: Visit) -> str:
    begin, end = night.clock(visit.begin_s), night.clock(visit.end_s)
    if night.seen(visit):
        return f"{clock_text(night, begin)}, seen from the road"
    stay = f"{span_text(night, begin, end)} ({between_text(visit.begin_s, visit.end_s)})"
    if not visit.wait_s:
        return stay
    arrive = clock_text(night, night.clock(visit.arrive_s))
    why = f" ({reason(night, visit)})" if visit.wait_s >= LONG_WAIT_S else ""
    return f"{stay}; there at {arrive}, wait {between_text(visit.arrive_s, visit.begin_s)}{why}"


def _target(night: Night, visit: Visit) -> str:
    site = night.stop(visit)
    if not visit.site:
        return _place(site)
    required = ", required" if site.required else ""
    more = "".join(f"; {markdown(words)}" for words in company_words(night, visit))
    asked = f"; asks for {markdown(words)}" if (words := asked_text(site)) else ""
    return f"{_place(site)} (tier {site.tier}{required}{asked}){more}"


def _at(night: Night, end: str, otherwise: str) -> str:
    """Return where a squad is before it sets out or after it is back."""
    place = night.points.get(end)
    return otherwise if place is None else f"at {_place(place)}"


def _place(place: Place) -> str:
    return markdown(place.title) + (f" {_APPROXIMATE}" if is_approximate(place) else "")


def _remarks(night: Night, squad: Squad, route: Route | None) -> Iterator[str]:
    points = night.points
    stops = [visit.site if visit.site in points else visit.entry for visit in (route.visits if route else ())]
    named = [squad.start, *stops, squad.end]
    guessed = [points[each] for each in dict.fromkeys(named) if each in points and is_approximate(points[each])]
    if guessed:
        yield f"**{_APPROXIMATE} Letak perkiraan / position not exactly known:**"
        yield ""
        for place in guessed:
            source = f" (source: {markdown(place.source)})" if place.source else ""
            yield f"- {markdown(place.title)}: {position_text(place)}{source}"
        yield ""
    legs = [drive.leg for drive in night.drives(route) if drive.leg] if route else []
    words = {stretch.words for leg in legs for stretch in stretches(leg)}
    beats = [beat for visit in (route.visits if route else ()) if (beat := night.beat(visit)) is not None]
    words |= {name for beat in beats for name, _ in beat_streets(night, beat)}
    if beats:
        yield (
            "Menyisir / beat: drive these streets in this order at "
            f"{', '.join(f'{kph:g}' for kph in sorted({night.pace_kph(beat) for beat in beats}))} km/h; the whole area "
            "is on the map."
        )
        yield ""
    if UNNAMED in words:
        yield f"Jalan tanpa nama / {UNNAMED}: the map has no name for it."
        yield ""
    if OFF_STREET in words:
        yield f"Di luar jalan / {OFF_STREET}: between the street and the place itself; the map shows no street there."
        yield ""
    if night.scenario.notes:
        yield "**Catatan / notes:**"
        yield ""
        yield from (f"- {markdown(note)}" for note in night.scenario.notes)
        yield ""
    yield "CB: cara bertindak / way of acting."
    yield ""
    yield (
        "Jam / times: seconds are cut off, and minutes are counted between the times shown, so that they add up. "
        "Driving in all is counted in seconds, and may be some minutes more or less than those of the drives."
    )
    yield ""
    yield "Tanda tangan / signature: ______________________"
