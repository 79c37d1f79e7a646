"""From the table `[forming]` as it stands in a file to a `Forming`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from patrolroute.scenario.forming import Forming
from patrolroute.scenario.model import far_times
from patrolroute.scenario.tables.cells import number, people_of
from patrolroute.scenario.tables.crews import shift_of
from patrolroute.scenario.tables.pauses import breaks_of
from patrolroute.scenario.tables.reading import Reading
from patrolroute.scenario.tables.rows import Row
from patrolroute.scenario.words import did_you_mean, faults_of, found

if TYPE_CHECKING:
    from patrolroute.scenario.times import Clock

_PLAIN = ("vehicles", "squads", "least_size", "name", "start", "end", "max_driving_min", "overtime_min", "max_stops",
          "longest_without_break_min")  # fmt: skip
_KNOWN = ("people", "vehicles", "squads", "least_size", "leaders", "name", "start", "end", "shift_start", "shift_end",
          "briefing_min", "debriefing_min", "max_driving_min", "overtime_min", "max_stops", "breaks",
          "longest_without_break_min", "shift")  # fmt: skip


def forming_of(where: str, value: Any, clock: Clock) -> tuple[Forming | None, list[str]]:
    """Return the forming of a table, or None and every fault.

    Parameters
    ----------
    where : str
        How faults begin.
    value : object
        What stands in the file; None where nothing does.
    clock : Clock
    """
    if value is None:
        return None, []
    if not isinstance(value, dict):
        return None, [f"{where}: is {found(value)}; expected a table of {', '.join(_KNOWN)}."]
    reading = Reading(Row(where=where, cells=value))
    for field in _PLAIN:
        reading.take(field, lambda given: given)
    reading.take("people", partial(people_of, "people"))
    reading.take("leaders", _leaders)
    reading.take("breaks", partial(breaks_of, clock=clock, number=number))
    shift_of(reading, clock, frozenset())
    for field in value:
        if field not in _KNOWN:
            reading.fail(
                field, f"field {found(field)} is unknown{did_you_mean(field, _KNOWN)}; expected {', '.join(_KNOWN)}"
            )
    try:
        forming = Forming.model_validate(reading.data)
    except ValidationError as error:
        told = faults_of(error, Forming, reading.data)
        return None, [*reading.faults, *(f"{where}: {text}" for field, text in told if field not in reading.spoilt)]
    faults = [*reading.faults, *(f"{where}: {text}" for text in far_times([forming.shift.start], clock.midnight))]
    return (None if faults else forming), faults


def _leaders(value: Any) -> Any:
    """Return the leaders of "perwira" or of "preventif=3; preemtif=2"; numbers and tables as they are."""
    return people_of("leaders", value) if isinstance(value, str) and any(mark in value for mark in "=:;") else value
