"""`read_scenario`: one file, with its tables inside it or beside it, to a `Scenario`, or every fault at once."""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from patrolroute.errors import Faults, InputError
from patrolroute.scenario.crosscheck import cross_faults, ground_faults
from patrolroute.scenario.model import Closures, Scenario, Travel
from patrolroute.scenario.tables.columns import COLUMNS
from patrolroute.scenario.tables.crews import squad_of
from patrolroute.scenario.tables.entries import area_of, place_of, presence_of, site_of
from patrolroute.scenario.tables.files import read_text
from patrolroute.scenario.tables.forming import forming_of
from patrolroute.scenario.tables.geotables import load_json, read_geojson, read_geopackage, rings_of
from patrolroute.scenario.tables.hours import timed_travel
from patrolroute.scenario.tables.references import entry_of, forces_of, point_in, wish_of
from patrolroute.scenario.tables.rows import MAX_ROWS, Row, Table, read_csv
from patrolroute.scenario.teams import team_faults
from patrolroute.scenario.times import Clock, checked_date, zone_of
from patrolroute.scenario.words import did_you_mean, faults_of, found, looks_swapped, swapped_ring

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable
    from zoneinfo import ZoneInfo

    from patrolroute.scenario.crosscheck import Entry

_Built = TypeVar("_Built")

_WANTED = "a scenario, .toml or .json"
_OTHER_FORMATS = {
    ".xlsx": "in the spreadsheet choose Save As, 'CSV UTF-8'",
    ".xls": "in the spreadsheet choose Save As, 'CSV UTF-8'",
    ".ods": "in the spreadsheet choose Save As, CSV, UTF-8",
    ".shp": "save it as a GeoPackage",
    ".kml": "save it as GeoJSON or a GeoPackage",
    ".json": "give GeoJSON the ending .geojson",
    ".txt": "give a CSV file the ending .csv",
}
_MANY = 3
_NO_DATE = dt.date(2000, 1, 3)
"""Stands in for a date at fault, so that the times are looked at even so."""
_HEAD = ("schema_version", "name", "date", "timezone", "notes", "balance", "max_spread_stops",
         "max_spread_duty_min", "overtime_price")  # fmt: skip


def read_scenario(path: str | os.PathLike[str]) -> Scenario:
    """Return the scenario of a file.

    Parameters
    ----------
    path : path-like
        A `.toml` file, or a `.json` file as `write_scenario` writes it. Its places, sites, areas and squads stand in it
        or in the tables that it names, `.csv`, `.geojson` or `.gpkg` (`"file.gpkg#layer"`), relative to the file.

    Returns
    -------
    Scenario

    Raises
    ------
    InputError
        When a file cannot be read or anything in it is at fault; it lists every fault with its file, row and name.
    """
    file = Path(path)
    data = _load(file)
    faults = Faults()
    clock, dated = _clock(data)
    head = _head(file.name, data, faults)
    closures = _closures(file, data.get("closures"), faults)
    timed = timed_travel(file, data.get("travel"), clock, faults)
    travel = _part(f"{file.name} [travel]", Travel, timed, faults)
    tables = {kind: _table(file, kind, data.get(kind), faults) for kind in COLUMNS}
    tables = {kind: _exchanged(table, faults) for kind, table in tables.items()}
    of_rows: list[str] = []
    places = _built(tables["places"], place_of, clock, of_rows)
    sites = _built(tables["sites"], site_of, clock, of_rows)
    areas = _built(tables["areas"], partial(area_of, folder=file.parent), clock, of_rows)
    squads = _built(tables["squads"], squad_of, clock, of_rows)
    presence = _built(tables["presence"], presence_of, clock, of_rows)
    forming, wrong = forming_of(f"{file.name} [forming]", data.get("forming"), clock)
    of_rows += wrong
    faults.extend(fault for fault in of_rows if dated or not _follows_from_no_date(fault))
    faults.extend(_crossed(file.name, tables, data.get("forming")))
    faults.raise_if_any()
    try:
        return Scenario(
            **head,
            places=places,
            sites=sites,
            areas=areas,
            squads=squads,
            presence=presence,
            forming=forming,
            closures=closures,
            travel=travel,
        )
    except InputError as error:
        raise InputError(f"{file.name}: {fault}" for fault in error.faults) from None


def _load(file: Path) -> dict[str, Any]:
    suffix = file.suffix.lower()
    if suffix == ".json":
        data = load_json(file, wanted=_WANTED)
        if isinstance(data, dict):
            return data
        raise InputError([f"{file.name}: holds {found(data)}; expected {_WANTED}, a table of name, date and so on."])
    text = read_text(file, wanted=_WANTED)
    if suffix != ".toml":
        raise InputError([f"{file.name}: has the ending {found(file.suffix)}; expected {_WANTED}; give it its ending."])
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise InputError([f"{file.name}: is nested too deeply; expected {_WANTED}."]) from error
    except ValueError as error:
        raise InputError([_toml_fault(file.name, text, error)]) from error


def _toml_fault(name: str, text: str, error: ValueError) -> str:
    at = re.search(r" ?\(at (?:line (\d+), column (\d+)|end of document)\)", str(error))
    what = str(error)[: at.start()] if at else str(error)
    line = int(at[1]) if at and at[1] else text.count("\n") + 1
    lines = text.split("\n")
    shown = found(lines[line - 1].strip()) if line <= len(lines) and lines[line - 1].strip() else "the end of the file"
    return (
        f"{name} line {line}: is no TOML ({what[:1].lower() + what[1:]}), found {shown}; expected a line such "
        'as name = "Kupang" or date = 2023-11-23; text stands in quotes, each field once.'
    )


def _clock(data: dict[str, Any]) -> tuple[Clock, bool]:
    """Return the scenario's clock, or some clock where date or timezone is at fault, and whether it has a date."""
    value, date = data.get("date"), _NO_DATE
    try:
        date, dated = checked_date(dt.date.fromisoformat(value.strip() if isinstance(value, str) else str(value))), True
    except ValueError:
        dated = False
    try:
        zone: ZoneInfo | dt.timezone = zone_of(str(data.get("timezone")).strip())
    except ValueError:
        zone = dt.UTC
    return Clock(date=date, zone=zone), dated


def _follows_from_no_date(fault: str) -> bool:
    """Return whether a fault speaks of times on the date that stands in for the scenario's, or the days around it."""
    return any(str(_NO_DATE + dt.timedelta(days=days)) in fault for days in (-1, 0, 1, 2))


def _head(name: str, data: dict[str, Any], faults: Faults) -> dict[str, Any]:
    for field in data:
        if field not in Scenario.model_fields:
            known = ", ".join(Scenario.model_fields)
            hint = did_you_mean(field, Scenario.model_fields)
            faults.add(f"{name}: field {found(field)} is unknown{hint}; expected {known}.")
    head = {field: data[field] for field in _HEAD if field in data}
    try:
        Scenario.model_validate(head)
    except ValidationError as error:
        faults.extend(f"{name}: {text}" for _, text in faults_of(error, Scenario, head))
    return head


def _closures(file: Path, value: Any, faults: Faults) -> Closures:
    if isinstance(value, dict) and isinstance(value.get("polygons"), str):
        rings: list[list[Any]] = []
        table = file.parent / value["polygons"]
        try:
            if table.suffix.lower() != ".geojson" or not value["polygons"].isprintable():
                raise InputError(
                    [f"{file.name} [closures]: polygons is {found(value['polygons'])}; expected .geojson."]
                )
            rings = rings_of(table)
        except InputError as error:
            faults.extend(error.faults)
        value = {**value, "polygons": rings}
    elif isinstance(value, dict) and isinstance(value.get("polygons"), list):
        told = [swapped_ring(ring) if isinstance(ring, list) else "" for ring in value["polygons"]]
        for number, swapped in enumerate(told, start=1):
            if swapped:
                faults.add(f"{file.name} [closures]: polygon {number}: {swapped}")
        kept = [ring for ring, swapped in zip(value["polygons"], told, strict=True) if not swapped]
        value = {**value, "polygons": kept}
    return _part(f"{file.name} [closures]", Closures, value, faults)


_Part = TypeVar("_Part", Closures, Travel)


def _part(where: str, model: type[_Part], value: Any, faults: Faults) -> _Part:
    if value is None:
        return model()
    if not isinstance(value, dict):
        faults.add(f"{where}: is {found(value)}; expected a table of {', '.join(model.model_fields)}.")
        return model()
    value = _without_strays(where, model, value, faults)
    try:
        return model.model_validate(value)
    except ValidationError as error:
        faults.extend(f"{where}: {text}" for _, text in faults_of(error, model, value))
        return model()


def _without_strays(where: str, model: type[_Part], value: dict[str, Any], faults: Faults) -> dict[str, Any]:
    """Return a table without the scenario's own fields, which TOML takes into the last table that was opened."""

    def told(table: dict[str, Any], own: Iterable[str]) -> dict[str, Any]:
        strays = [field for field in table if field in Scenario.model_fields and field not in own]
        for field in strays:
            faults.add(
                f"{where}: {found(field)} belongs at the top of the file and stands in this table; move it above the "
                "first line in brackets."
            )
        return {field: each for field, each in table.items() if field not in strays}

    nested = {field: told(each, ()) for field, each in value.items() if isinstance(each, dict) and field not in _HEAD}
    return told({**value, **nested}, model.model_fields)


def _table(file: Path, kind: str, value: Any, faults: Faults) -> Table:
    """Return the rows of a table that stands in the file or that it names."""
    if value is None:
        return Table()
    if isinstance(value, list):
        return _inline(file, kind, value, faults)
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        faults.add(
            f'{file.name}: {kind} is {found(value)}; expected the name of a table such as "{kind}.csv", or an entry '
            f"[[{kind}]] for each."
        )
        return Table(whole=False)
    name, sharp, layer = value.strip().partition("#") if ".gpkg#" in value.lower() else (value.strip(), "", "")
    path = file.parent / name
    try:
        match path.suffix.lower():
            case ".csv":
                return read_csv(path, COLUMNS[kind], faults)
            case ".geojson" if kind != "presence":
                return read_geojson(path, COLUMNS[kind], faults)
            case ".gpkg" if kind != "presence":
                return read_geopackage(path, layer if sharp else None, COLUMNS[kind], faults)
        advice = _OTHER_FORMATS.get(path.suffix.lower(), "save it as one of these")
        formats = "a .csv file" if kind == "presence" else "a .csv, .geojson or .gpkg file"
        faults.add(f"{file.name}: {kind} is {found(value)}; expected {formats}; {advice}.")
    except InputError as error:
        faults.extend(error.faults)
    return Table(whole=False)


def _inline(file: Path, kind: str, entries: list[Any], faults: Faults) -> Table:
    if len(entries) > MAX_ROWS:
        faults.add(f"{file.name}: {kind} has {len(entries):,} entries; expected at most {MAX_ROWS:,}.")
        return Table(whole=False)
    rows, whole = [], True
    for number, entry in enumerate(entries, start=1):
        where = f"{file.name} [[{kind}]] {number}"
        if isinstance(entry, dict):
            rows.append(Row(where=where, cells=entry))
        else:
            faults.add(f"{where}: is {found(entry)}; expected a table of {', '.join(COLUMNS[kind].known)}.")
            whole = False
    return Table(rows=rows, whole=whole)


def _built(
    table: Table,
    build: Callable[[Row, Clock, frozenset[str]], tuple[_Built | None, list[str]]],
    clock: Clock,
    faults: list[str],
) -> tuple[_Built, ...]:
    built = []
    for row in table.rows:
        one, wrong = build(row, clock, table.missing)
        faults.extend(wrong)
        if one is not None:
            built.append(one)
    return tuple(built)


def _exchanged(table: Table, faults: Faults) -> Table:
    """Return a table with lon and lat put right where all rows have them the wrong way round; told once, not by row."""
    swapped = sum(looks_swapped(point_in(row)) for row in table.rows)
    if swapped < _MANY or swapped < len(table.rows):
        return table
    where = table.rows[0].where.rpartition(" ")[0].removesuffix(" row").removesuffix(" feature")
    faults.add(
        f"{where}: lon and lat look swapped in all {swapped:,} entries; expected lon, lat in degrees; exchange them "
        "(in a table, the two names in its first row)."
    )
    rows = [replace(row, cells={**row.cells, "lon": row.cells["lat"], "lat": row.cells["lon"]}) for row in table.rows]
    return replace(table, rows=rows)


def _crossed(name: str, tables: dict[str, Table], forming: Any) -> list[str]:
    points: list[Entry] = [entry_of(row) for kind in ("places", "sites") for row in tables[kind].rows]
    crews = list(tables["squads"].rows)
    squads = [entry_of(row) for row in crews]
    if isinstance(forming, dict):
        crews.append(Row(where=f"{name} [forming]", cells=forming))
        squads.append(entry_of(crews[-1])._replace(id=None))
    presences = [entry_of(row) for row in tables["presence"].rows]
    areas = [entry_of(row) for row in tables["areas"].rows]
    whole = {kind: table.whole and "id" not in table.missing for kind, table in tables.items()}
    # An id that cannot be read is told by its row; who names the point meant rightly is not at fault.
    all_known = whole["places"] and whole["sites"] and all(point.id for point in points)
    faults = cross_faults(points, squads, presences=presences, areas=areas, all_known=all_known)
    if whole["areas"]:
        named = [(row.full_name, row.cells.get("area")) for row in tables["presence"].rows]
        grounds = [(where, " ".join(area.split())) for where, area in named if isinstance(area, str) and area.strip()]
        along = {row.cells.get("id"): bool(row.cells.get("street")) for row in tables["areas"].rows}
        faults += ground_faults(grounds, {str(name): street for name, street in along.items() if name})
    if whole["squads"] and all(entry_of(row).id for row in tables["squads"].rows):
        ids = [squad.id for squad in squads if squad.id]
        forces = [force for row in crews for force in forces_of(row)]
        wishes = [wish_of(row) for kind in ("sites", "areas") for row in tables[kind].rows]
        faults += team_faults(wishes, ids, forces, formed=forming is not None)
    return faults
