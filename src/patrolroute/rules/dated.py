"""Times of day as sentences name them: with their date where that is not the night's own."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from patrolroute.scenario.model import Scenario

_MORNING_H = 12
"""Up to then the next date is still the night's morning."""


def is_own(scenario: Scenario, moment: dt.datetime) -> bool:
    """Return whether a moment lies on the scenario's date or in the morning after it."""
    local = moment.astimezone(scenario.zone)
    days = (local.date() - scenario.date).days
    return days == 0 or (days == 1 and (local.hour, local.minute) <= (_MORNING_H, 0))


def times_text(scenario: Scenario, *moments: dt.datetime) -> tuple[str, ...]:
    """Return times of day, all with their dates where one of them is not the night's own."""
    plain = all(is_own(scenario, moment) for moment in moments)
    local = [moment.astimezone(scenario.zone) for moment in moments]
    return tuple(f"{each:%H:%M}" if plain else f"{each.day} {each:%b %H:%M}" for each in local)


def back_text(scenario: Scenario) -> str:
    """Return the date and time by which all squads are back, overtime included."""
    latest = max(squad.shift.back.timestamp() + squad.overtime_s for squad in scenario.squads)
    local = dt.datetime.fromtimestamp(latest, scenario.zone)
    return f"{local.day} {local:%b %H:%M}"
