"""Areas: squads drive beats, which together reach a share of an area's street kilometres; nothing counts twice."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import shapely

from patrolroute.beats import inside_dm
from patrolroute.errors import InputError
from patrolroute.rules.draft import (
    Draft,
    DraftVisit,
    Facts,
    Rule,
    Violation,
    says_nothing,
    seconds_between,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shapely.geometry.base import BaseGeometry

    from patrolroute.beats import Beat, BeatBook
    from patrolroute.plans import Visit
    from patrolroute.scenario.areas import Area
    from patrolroute.scenario.model import Scenario, Squad

_SAME = 1e-9
_ROUNDING_DM = 0.51
_DEGREE_M = 6_371_009.0 * math.pi / 180
_OFF = 0.02
"""How far the border of a street's surroundings may lie off, as a share: it is a polygon, measured flat."""


def _compile(scenario: Scenario, draft: Draft) -> None:
    """Make each beat a visit of a group of its own, one alternative for each window of its area."""
    if not scenario.areas:
        return
    if draft.beats is None:
        raise InputError(["areas: the scenario has areas, and no beats are given; `build` makes them from roads."])
    mark = numbering_mark(scenario)
    for area in scenario.areas:
        for beat, weight in beat_weights(draft.beats, area):
            spans: list[tuple[str, int | None, int | None]] = [
                (
                    f"{mark}{number}" if len(area.windows) > 1 else "",
                    scenario.seconds(window.opens),
                    scenario.seconds(window.closes) - beat.duration_s,
                )
                for number, window in enumerate(area.windows, start=1)
                if window.length_s >= beat.duration_s
            ]
            draft.visits += [
                DraftVisit(
                    id=f"{beat.id}{suffix}",
                    site=area.id,
                    group=beat.id,
                    entry=beat.entry,
                    exit=beat.exit,
                    duration_s=beat.duration_s,
                    tier=area.tier,
                    weight=weight,
                    opens_s=opens_s,
                    closes_s=closes_s,
                    # A beat that fits no window is nobody's, and is told as left out.
                    squads=frozenset() if area.windows and not spans else None,
                )
                for suffix, opens_s, closes_s in spans or [("", None, None)]
            ]


def numbering_mark(scenario: Scenario) -> str:
    """Return what may stand between an id and a number, so that no place, site or area has such an id."""
    mark = "#"
    while any(mark in name for name in (*scenario.points, *(area.id for area in scenario.areas))):
        mark += "#"
    return mark


def beat_weights(book: BeatBook, area: Area) -> Iterator[tuple[Beat, int]]:
    """Yield the beats of an area, each with its part of the area's weight, in thousandths, by credited kilometres."""
    weights = book.weights(area.id, area.weight, full_share=area.full, beyond_worth=area.beyond_worth)
    yield from zip(book.of(area.id), weights, strict=True)


def _check(facts: Facts) -> Iterator[Violation]:
    if not facts.scenario.areas:
        return
    book = facts.beats
    if book is None:
        yield Violation(rule="areas", message="the scenario has areas, and their beats are not given.")
        return
    driven: set[str] = set()
    for squad, route in facts.known_routes():
        for visit in route.visits:
            if visit.site in facts.areas:
                for message in _visit_faults(facts, book, squad, visit, driven):
                    yield Violation(rule="areas", squad=squad.id, site=visit.site, message=message)
    for area in facts.scenario.areas:
        for message in (*area_faults(book, area), *_worth_faults(book, area, driven)):
            yield Violation(rule="areas", site=area.id, message=f"area {area.title!r}: {message}")


def _visit_faults(facts: Facts, book: BeatBook, squad: Squad, visit: Visit, driven: set[str]) -> Iterator[str]:
    area, who = facts.areas[visit.site], f"squad {squad.title!r}"
    beat = book.by_entry.get(visit.entry)
    if beat is None or beat.area != area.id:
        yield f"{who} enters area {area.title!r} at {visit.entry!r}, where none of its beats begins."
        return
    if visit.exit != beat.exit:
        yield f"{who} leaves beat {beat.id!r} at {visit.exit!r}; it ends at {beat.exit!r}."
    if beat.id in driven:
        yield f"beat {beat.id!r} is driven twice; once counts."
    driven.add(beat.id)
    if visit.begin_s < visit.arrive_s:
        yield f"{who} begins beat {beat.id!r} before it arrives."
    speed_milli = min(squad.vehicle.speed_milli, 1000)
    due_s = beat_seconds(book, area, beat, speed_milli)
    if facts.scenario.travel.turns:
        due_s += times_turned(book, beat) * facts.scenario.travel.u_turn_s * 1000 / speed_milli
    if visit.end_s - visit.begin_s < due_s:
        yield (
            f"{who} drives beat {beat.id!r} in {visit.end_s - visit.begin_s} s; at {area.patrol_kph:g} km/h on the "
            f"streets that count it takes {due_s:.0f} s."
        )
    begin, end = facts.moment(visit.begin_s), facts.moment(visit.end_s)
    if area.windows and not any(
        seconds_between(window.opens, begin) >= 0 and seconds_between(end, window.closes) >= 0
        for window in area.windows
    ):
        yield f"{who} drives beat {beat.id!r} from {begin:%H:%M:%S} to {end:%H:%M:%S}, outside the area's windows."


def beat_seconds(book: BeatBook, area: Area, beat: Beat, speed_milli: int) -> float:
    """Return the seconds of a beat: streets that count at patrol speed the first time, all else at network speed."""
    total, counts = 0.0, set(beat.credited.tolist())
    for row, ahead in zip(beat.street.tolist(), beat.forward.tolist(), strict=True):
        way = 0 if ahead else 1
        road_s = float(book.streets.time_ms[row, way]) / speed_milli
        pace_s = float(book.streets.length_dm[row, way]) * 0.36 / area.patrol_kph if row in counts else 0.0
        total += max(road_s, pace_s)
        counts.discard(row)
    return total


def times_turned(book: BeatBook, beat: Beat) -> int:
    """Return how often a beat turns round where another street leads on; in a dead end that takes no time."""
    table, turned = book.streets, 0
    rows, ahead = beat.street.tolist(), beat.forward.tolist()
    for at in range(1, len(rows)):
        if rows[at] == rows[at - 1] and ahead[at] != ahead[at - 1]:
            node = table.node[rows[at], 0 if ahead[at] else 1]
            leads_on = (table.node[:, 0] == node) | (table.two_way & (table.node[:, 1] == node))
            leads_on[rows[at]] = False
            turned += bool(leads_on.any())
    return turned


def area_faults(book: BeatBook, area: Area) -> Iterator[str]:
    """Yield what is wrong with an area's extent, kilometres and beats, all counted again from its streets.

    Parameters
    ----------
    book : BeatBook
    area : Area
        In the scenario's words.
    """
    polygon = book.polygons.get(area.id)
    if polygon is None:
        yield "has no extent among the beats; plan again."
        return
    if wrong := _extent_fault(book, area, polygon):
        yield wrong
        return
    inside = _inside(book, area, polygon)
    total = sum(round(dm) for dm in inside.values())
    # Two formulas may round what ends in a half to either side.
    doubtful = sum(abs(dm % 1 - 0.5) < 0.01 for dm in inside.values())
    if abs(total - book.total_dm[area.id]) > doubtful:
        yield f"{total / 10_000:.3f} km of street lie in it; the beats say {book.total_dm[area.id] / 10_000:.3f} km."
    counted: set[int] = set()
    for beat in book.of(area.id):
        yield from _drive_faults(book, beat)
        yield from _credit_faults(book, beat, inside, counted)
    credited = sum(beat.credit_dm for beat in book.of(area.id))
    if credited < area.share * total - doubtful - 1:
        yield f"its beats reach {credited / max(total, 1):.1%} of its kilometres; {area.share:.1%} are wanted."


def _worth_faults(book: BeatBook, area: Area, driven: set[str]) -> Iterator[str]:
    """Yield that the beats which are driven claim more than as many kilometres are worth in the area's words."""
    beats, full_dm = book.of(area.id), area.full * book.total_dm[area.id]

    def worth(dm: float) -> float:
        return dm if dm <= full_dm else full_dm + area.beyond_worth * (dm - full_dm)

    whole = worth(sum(beat.credit_dm for beat in beats))
    claimed = sum(weight for beat, weight in beat_weights(book, area) if beat.id in driven)
    due = 1000 * area.weight * worth(sum(beat.credit_dm for beat in beats if beat.id in driven)) / max(whole, 1)
    if claimed > due + len(beats):
        yield f"its beats claim {claimed / 1000:g} of its weight; by their kilometres {due / 1000:.3f} is due."


def _extent_fault(book: BeatBook, area: Area, polygon: BaseGeometry) -> str:
    if area.rings:
        asked = area.polygon
        apart = shapely.symmetric_difference(asked, polygon).area
        return "" if apart <= _SAME * asked.area else "its beats are for other ground than its rings enclose."
    name, most_m = " ".join(area.street.casefold().split()), area.buffer_m or 0.0
    rows = [row for row, each in enumerate(book.streets.name) if name in _names(each)]
    if not rows:
        return f"no street of its beats is named {area.street!r}."
    lines = shapely.union_all([shapely.LineString(book.streets.line(row)) for row in rows])
    if not polygon.covers(lines):
        return f"a part of {area.street!r} lies outside the ground of its beats."
    corners = shapely.get_coordinates(polygon)
    squeeze = (math.cos(math.radians(float(corners[:, 1].mean()))), 1.0)
    flat = shapely.transform(lines, lambda lonlat: lonlat * squeeze)
    off_m = shapely.distance(shapely.points(corners * squeeze), flat) * _DEGREE_M
    wrong = np.extract((off_m < most_m * (1 - _OFF)) | (off_m > most_m * (1 + _OFF)), off_m)
    return f"its border lies {wrong[0]:.1f} m from {area.street!r}; {most_m:g} m were asked for." if len(wrong) else ""


def _names(name: str) -> set[str]:
    whole = " ".join(name.casefold().split())
    return {whole, *(part.strip() for part in whole.split(" / "))}


def _inside(book: BeatBook, area: Area, polygon: BaseGeometry) -> dict[int, float]:
    """Return the decimetres inside of each street that may count."""
    west, south, east, north = polygon.bounds
    inside = {}
    for row, kind in enumerate(book.streets.highway):
        line = book.streets.line(row)
        (left, low), (right, high) = line.min(axis=0), line.max(axis=0)
        if (area.streets and kind not in area.streets) or left > east or right < west or low > north or high < south:
            continue
        inside[row] = inside_dm(line.tolist(), float(book.streets.length_dm[row, 0]), polygon)
    return inside


def _drive_faults(book: BeatBook, beat: Beat) -> Iterator[str]:
    here: int | None = None
    for row, ahead in zip(beat.street.tolist(), beat.forward.tolist(), strict=True):
        name = book.streets.name[row] or "a street without a name"
        begin, end = book.streets.node[row, :: 1 if ahead else -1].tolist()
        if here is not None and begin != here:
            yield f"beat {beat.id!r} jumps from node {here} to node {begin}, where {name!r} begins."
        if not ahead and not book.streets.two_way[row]:
            yield f"beat {beat.id!r} drives {name!r} against its one-way, from node {begin} to node {end}."
        here = end


def _credit_faults(book: BeatBook, beat: Beat, inside: dict[int, float], counted: set[int]) -> Iterator[str]:
    """Yield what is wrong with the streets that count for a beat; `counted` are those that count for others."""
    driven = set(beat.street.tolist())
    for row, says_dm in zip(beat.credited.tolist(), beat.credited_dm.tolist(), strict=True):
        name = book.streets.name[row] or f"a street without a name (number {row})"
        if row in counted:
            yield f"{name!r} counts twice, the second time for beat {beat.id!r}."
        counted.add(row)
        if row not in driven:
            yield f"{name!r} counts for beat {beat.id!r}, which does not drive it."
        if row not in inside:
            yield f"{name!r} counts for beat {beat.id!r}; it lies outside or is of class {book.streets.highway[row]!r}."
        elif not math.isclose(inside[row], says_dm, abs_tol=_ROUNDING_DM):
            yield f"{name!r} counts {says_dm / 10:.1f} m for beat {beat.id!r}; {inside[row] / 10:.1f} m lie inside."


AREAS = Rule(
    name="areas",
    words="Squads drive beats at the pace of a patrol that together reach a share of an area's street kilometres.",
    compile=_compile,
    check=_check,
    explain=says_nothing,
)
