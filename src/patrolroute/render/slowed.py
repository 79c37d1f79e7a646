"""Where and when driving is slower: in words, and as areas."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from shapely import Polygon

from patrolroute.render.wording import plain

if TYPE_CHECKING:
    from patrolroute.scenario import Scenario, SlowArea, SpeedHours

_MOST = 12


class SlowGround(NamedTuple):
    """An area where driving is slower, its words and its outline in degrees."""

    words: str
    area: Polygon


def slowed_words(scenario: Scenario) -> tuple[str, ...]:
    """Return the sentences that say where and when a scenario's speeds are others; nothing where they are not.

    The first twelve of each kind are named and the rest counted.
    """
    travel, lines = scenario.travel, []
    if travel.slow:
        lines.append(f"Slower streets: {_listed([_area_words(scenario, each) for each in travel.slow])}.")
    if travel.hours:
        lines.append(f"Speeds by hour: {_listed([_hours_words(scenario, each) for each in travel.hours])}.")
    return tuple(lines)


def slow_grounds(scenario: Scenario) -> tuple[SlowGround, ...]:
    """Return the slow areas."""
    return tuple(SlowGround(_area_words(scenario, each), Polygon(each.polygon)) for each in scenario.travel.slow)


def _area_words(scenario: Scenario, area: SlowArea) -> str:
    return f"{plain(area.name)} (speed x {area.factor:g}{_when(scenario, area)})"


def _hours_words(scenario: Scenario, hours: SpeedHours) -> str:
    speed = [f"speed x {hours.factor:g}"] if hours.factor != 1 or not hours.speeds_kph else []
    speed += [f"{plain(name)} {kph:g} km/h" for name, kph in hours.speeds_kph.items()]
    return f"{plain(hours.name)} ({', '.join(speed)}{_when(scenario, hours)})"


def _when(scenario: Scenario, timed: SlowArea | SpeedHours) -> str:
    spans = []
    for window in timed.windows:
        opens, closes = (moment.astimezone(scenario.zone) for moment in (window.opens, window.closes))
        day = "" if opens.date() == scenario.date else f"{opens:%d.%m.} "
        spans.append(f"{day}{opens:%H:%M} to {closes:%H:%M}")
    return f", {' and '.join(spans)}" if spans else ""


def _listed(told: list[str]) -> str:
    more = len(told) - _MOST
    return "; ".join(told[:_MOST] if more > 0 else told) + (f"; and {more} more" if more > 0 else "")
