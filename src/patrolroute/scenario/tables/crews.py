"""From a row as it stands in a file to a squad, with its vehicle, shift and breaks."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from patrolroute.scenario.squads import Shift, Squad, Vehicle
from patrolroute.scenario.tables.cells import number, people_of
from patrolroute.scenario.tables.columns import FLAT_SHIFT, NESTED, SQUAD
from patrolroute.scenario.tables.pauses import breaks_of
from patrolroute.scenario.tables.reading import Reading, check_dates, numeric, refuse_others, simple
from patrolroute.scenario.words import faults_of, found

if TYPE_CHECKING:
    from patrolroute.scenario.tables.rows import Row
    from patrolroute.scenario.times import Clock


def squad_of(row: Row, clock: Clock, missing: frozenset[str] = frozenset()) -> tuple[Squad | None, list[str]]:
    """Return the squad of a row, or None and every fault."""
    reading = Reading(row)
    plain = ("id", "name", "start", "end", "max_driving_min", "max_stops", "overtime_min", "longest_without_break_min")
    simple(reading, plain)
    reading.take("breaks", partial(breaks_of, clock=clock, number=partial(number, decimal_comma=row.decimal_comma)))
    reading.take("people", partial(people_of, "people"))
    _vehicle(reading)
    shift_of(reading, clock, missing)
    refuse_others(reading, (*SQUAD, *NESTED["squads"]))
    if missing & {"shift_start", "shift_end"}:
        reading.spoilt.add("shift")
    squad = reading.build(Squad, missing)
    if squad is not None:
        check_dates(reading, [squad.shift.start], clock)
    return None if reading.faults else squad, reading.faults


def _vehicle(reading: Reading) -> None:
    values = reading.row.cells
    vehicle, factor = values.get("vehicle"), values.get("speed_factor")
    nested = dict(vehicle) if isinstance(vehicle, dict) else {} if vehicle is None else {"kind": vehicle}
    if factor is not None:
        if "speed_factor" in nested:
            reading.fail("vehicle", "speed_factor stands both beside vehicle and in it; delete one")
        try:
            nested["speed_factor"] = numeric("speed_factor", factor, comma=reading.row.decimal_comma)
        except ValueError as error:
            reading.fail("vehicle", str(error))
            nested.pop("speed_factor", None)
            _also(reading, Vehicle, nested, "vehicle")
            return
    if nested:
        reading.data["vehicle"] = nested


def _also(reading: Reading, model: type[Vehicle | Shift], data: dict[str, Any], field: str) -> None:
    """Note the other faults of a nested entry of which one field is spoilt already."""
    try:
        model.model_validate(data)
    except ValidationError as error:
        inside = "vehicle " if model is Vehicle else ""
        reading.faults += [
            f"{reading.row.full_name}: {inside}{text}"
            for name, text in faults_of(error, model, data)
            if name and f"{field}.{name}" not in reading.spoilt
        ]


def shift_of(reading: Reading, clock: Clock, missing: frozenset[str]) -> None:
    """Read the shift of a row, written as a table or flat."""
    values = reading.row.cells
    nested = values.get("shift")
    flat = {inner: name for name, inner in FLAT_SHIFT.items() if values.get(name) is not None}
    if nested is not None and not isinstance(nested, dict):
        reading.fail("shift", f"shift is {found(nested)}; expected a table of start, end and briefing times")
        return
    given: dict[str, tuple[str, Any]] = {key: (f"shift {key}", value) for key, value in (nested or {}).items()}
    for inner, name in flat.items():
        if inner in given:
            reading.fail("shift", f"{name} stands both beside shift and in it; delete one")
        given[inner] = (name, values[name])
    shift: dict[str, Any] = {}
    for inner, (label, value) in given.items():
        try:
            if inner in {"start", "end"}:
                shift[inner] = clock.moment(value)
            else:
                shift[inner] = number(value, decimal_comma=reading.row.decimal_comma) if inner in flat else value
        except ValueError as error:
            reading.spoilt.add(f"shift.{inner}")
            joint = ":" if inner in {"start", "end"} else " is"
            reading.fail("shift", f"{label}{joint} {error}")
    for name in ("shift_start", "shift_end"):
        if FLAT_SHIFT[name] not in given:
            reading.spoilt.add(f"shift.{FLAT_SHIFT[name]}")
            if name not in missing:
                reading.fail("shift", f"{name} is missing; expected a time such as '22:15'")
    if "shift" in reading.spoilt or missing & set(FLAT_SHIFT):
        _also(reading, Shift, shift, "shift")
    else:
        reading.data["shift"] = shift
