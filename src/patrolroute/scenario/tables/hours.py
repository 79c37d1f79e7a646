"""From the lists under `[travel]` as they stand in a file to speed hours and slow areas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from patrolroute.errors import InputError
from patrolroute.scenario.hours import SlowArea, SpeedHours, clashes
from patrolroute.scenario.model import far_times
from patrolroute.scenario.tables.geotables import rings_of
from patrolroute.scenario.words import faults_of, found, sentence, swapped_ring

if TYPE_CHECKING:
    from pathlib import Path

    from patrolroute.errors import Faults
    from patrolroute.scenario.times import Clock

_Timed = TypeVar("_Timed", SpeedHours, SlowArea)


def timed_travel(file: Path, value: Any, clock: Clock, faults: Faults) -> Any:
    """Return the table `[travel]` with its lists of hours and slow areas read; those at fault are left out and told.

    Parameters
    ----------
    file : Path
        The scenario's, which faults name and files are relative to.
    value : object
        What stands under `travel`.
    clock : Clock
    faults : Faults
    """
    if not isinstance(value, dict):
        return value
    read = dict(value)
    if "hours" in value:
        read["hours"] = hours = _entries(file, "hours", SpeedHours, (value["hours"], clock), faults)
        if wrong := clashes(hours):
            faults.extend(f"{file.name} [travel]: {fault}" for fault in wrong)
            read["hours"] = ()
    if "slow" in value:
        read["slow"] = _entries(file, "slow", SlowArea, (value["slow"], clock), faults)
    return read


def _entries(
    file: Path, field: str, model: type[_Timed], given: tuple[Any, Clock], faults: Faults
) -> tuple[_Timed, ...]:
    entries, clock = given
    fields = ", ".join(model.model_fields)
    if not isinstance(entries, list):
        faults.add(f"{file.name} [travel]: {field} is {found(entries)}; expected [[travel.{field}]] with {fields}.")
        return ()
    read = []
    for number, entry in enumerate(entries, start=1):
        name = entry.get("name") if isinstance(entry, dict) else None
        where = f"{file.name} [[travel.{field}]] {number}" + (f" {found(name)}" if isinstance(name, str) else "")
        if not isinstance(entry, dict):
            faults.add(f"{where}: is {found(entry)}; expected a table of {fields}.")
            continue
        data, spoilt = dict(entry), set()
        for key, reader in (("windows", clock.windows), ("polygon", lambda ring: _ring(file, ring))):
            if key in entry and key in model.model_fields:
                try:
                    data[key] = reader(entry[key])
                except ValueError as error:
                    spoilt.add(key)
                    said = error.faults if isinstance(error, InputError) else [str(error)]
                    faults.extend(f"{where}: {sentence(text)}" for text in said)
        try:
            each = model.model_validate(data)
        except ValidationError as error:
            told = faults_of(error, model, data)
            faults.extend(f"{where}: {text}" for at, text in told if at not in spoilt)
            continue
        if not spoilt:
            faults.extend(f"{where}: {text}" for text in far_times([w.opens for w in each.windows], clock.midnight))
            read.append(each)
    return tuple(read)


def _ring(file: Path, value: Any) -> Any:
    """Return the ring of a polygon, which may stand in a GeoJSON file."""
    if isinstance(value, list) and (swapped := swapped_ring(value)):
        raise ValueError(f"polygon: {swapped}")
    if not isinstance(value, str):
        return value
    table = file.parent / value
    if table.suffix.lower() != ".geojson" or not value.isprintable():
        raise ValueError(f"polygon is {found(value)}; expected a ring of [lon, lat], or the name of a .geojson file")
    rings = rings_of(table)
    if len(rings) != 1:
        raise ValueError(f"{table.name}: has {len(rings)} polygons; expected one; write an entry for each of them")
    return rings[0]
