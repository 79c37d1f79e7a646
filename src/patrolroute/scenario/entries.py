"""From a row as it stands in a file to a place, site, area or squad."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from patrolroute.errors import InputError
from patrolroute.scenario.areas import Area
from patrolroute.scenario.base import is_identifier
from patrolroute.scenario.crosscheck import Entry, point_of
from patrolroute.scenario.extents import polygons_of, units_of
from patrolroute.scenario.model import far_times
from patrolroute.scenario.pauses import breaks_of, places_of
from patrolroute.scenario.presence import Presence
from patrolroute.scenario.rows import OTHER_WORDS, Columns
from patrolroute.scenario.sites import Place, Site
from patrolroute.scenario.squads import Shift, Squad, Vehicle
from patrolroute.scenario.teams import Wish, names_of
from patrolroute.scenario.words import did_you_mean, faults_of, found, sentence, swapped_ring
from patrolroute.scenario.worth import worth_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from patrolroute.scenario.extents import Extent
    from patrolroute.scenario.rows import Row
    from patrolroute.scenario.times import Clock

_Model = TypeVar("_Model", Place, Site, Squad, Presence, Area)

_PLACE = ("id", "name", "lon", "lat", "placement", "source")
_TIMING = ("worth", "seen_within_m", "seen_weight", "wait")
_REVISITS = ("visits", "every_min", "gap_min", "gap_max_min", "revisit_weight", "squads_alternate",
             "squads_together")  # fmt: skip
_TEAM = ("needs", "people_min", "vehicles", "only_by", "not_by")
_AREA = ("id", "name", "tier", "weight", "share", "full_share", "beyond_worth", "streets",
         "patrol_kph", "windows", "rings", "holes", "boundary", "names", "name_column", "street", "buffer_m", "source",
         *_TEAM)  # fmt: skip
_SITE = (*_PLACE, "tier", "weight", "dwell_min", "windows", "required", *_TIMING, *_REVISITS, *_TEAM)
_READ_APART = {"windows", "required", "worth", "wait", "squads_alternate"}
_FLAT_SHIFT = {"shift_start": "start", "shift_end": "end", "briefing_min": "briefing_min",
               "debriefing_min": "debriefing_min"}  # fmt: skip
_SQUAD = ("id", "name", "people", "vehicle", "speed_factor", "start", "end", *_FLAT_SHIFT, "max_driving_min",
          "max_stops", "overtime_min", "breaks", "longest_without_break_min")  # fmt: skip
_PRESENCE = ("id", "name", "squads", "period", "place", "slot_min", "tier", "weight", "all_or_nothing",
             "required", "area")  # fmt: skip

COLUMNS = {
    "places": Columns(what="places", known=_PLACE, required=("id", "lon", "lat")),
    "sites": Columns(what="sites", known=_SITE, required=("id", "lon", "lat")),
    "areas": Columns(what="areas", known=_AREA, required=("id",)),
    "squads": Columns(what="squads", known=_SQUAD, required=("id", "start", "end", "shift_start", "shift_end")),
    "presence": Columns(what="presences", known=_PRESENCE, required=("id", "period", "place")),
}
NESTED = {"squads": ("shift",), "presence": ("ring",)}
"""Fields that only the nested form of TOML and JSON has."""

_DECIMAL = {"lon", "lat", "dwell_min", "speed_factor", "briefing_min", "debriefing_min", "max_driving_min",
            "overtime_min", "seen_within_m", "every_min", "gap_min", "gap_max_min", "longest_without_break_min",
            "slot_min", "share", "full_share", "beyond_worth", "patrol_kph", "buffer_m"}  # fmt: skip
_WHOLE = {"tier", "weight", "seen_weight", "visits", "revisit_weight", "squads_together", "squads", "people_min",
          "max_stops"}  # fmt: skip
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+(?:,\d+)?|[+-]?\d{1,3}(?:,\d{3}){2,}(?:\.\d+)?", re.ASCII)
_YES_NO = {"true": True, "yes": True, "ya": True, "1": True, "false": False, "no": False, "tidak": False, "0": False}
_TOP_LEVEL = {"schema_version", "date", "timezone", "places", "sites", "areas", "squads", "presence", "closures",
              "travel", "notes", "balance",
              "max_spread_stops", "max_spread_duty_min", "overtime_price"}  # fmt: skip


class Reading:
    """What comes of one row: data for a model, the faults, and the fields that they have spoilt."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.data: dict[str, Any] = {}
        self.faults: list[str] = []
        self.spoilt: set[str] = set()

    def take(self, field: str, read: Callable[[Any], Any]) -> None:
        """Read one field, where the row has it; `read` raises ValueError with what is wrong."""
        value = self.row.cells.get(field)
        if value is None:
            return
        try:
            self.data[field] = read(value)
        except ValueError as error:
            for said in error.faults if isinstance(error, InputError) else [str(error)]:
                self.fail(field, said)

    def fail(self, field: str, text: str) -> None:
        """Note a fault of a field."""
        self.spoilt.add(field)
        self.faults.append(f"{self.row.full_name}: {sentence(text)}")

    def build(self, model: type[_Model], missing: frozenset[str]) -> _Model | None:
        """Return the model, or None when there are faults."""
        self.spoilt |= missing | self.row.spoilt
        try:
            built = model.model_validate(self.data)
        except ValidationError as error:
            told = faults_of(error, model, self.data)
            self.faults += [f"{self.row.full_name}: {text}" for field, text in told if field not in self.spoilt]
            return None
        return None if self.faults else built


def place_of(row: Row, _clock: Clock, missing: frozenset[str] = frozenset()) -> tuple[Place | None, list[str]]:
    """Return the place of a row, or None and every fault."""
    reading = Reading(row)
    _simple(reading, _PLACE)
    _refuse_others(reading, _PLACE)
    return reading.build(Place, missing), reading.faults


def site_of(row: Row, clock: Clock, missing: frozenset[str] = frozenset()) -> tuple[Site | None, list[str]]:
    """Return the site of a row, or None and every fault."""
    reading = Reading(row)
    _simple(reading, tuple(field for field in _SITE if field not in {*_READ_APART, *_TEAM}))
    reading.take("windows", clock.windows)
    reading.take("required", partial(yes_or_no, "required"))
    reading.take("worth", partial(worth_of, clock=clock))
    if "worth" in reading.spoilt and reading.data.get("weight") == 0:
        reading.spoilt.add("weight")
    for field in ("wait", "squads_alternate"):
        reading.take(field, partial(yes_or_no, field))
    if reading.spoilt & {"visits", "every_min"}:
        # How many visits are wanted is not known, but more than one; what fits only that is no fault of its own.
        reading.data.setdefault("visits", 2)
    _team(reading)
    _refuse_others(reading, _SITE)
    site = reading.build(Site, missing)
    if site is not None:
        _check_dates(reading, [*(w.opens for w in site.windows), *(w.since for w in site.worth)], clock)
    return None if reading.faults else site, reading.faults


def area_of(
    row: Row, clock: Clock, missing: frozenset[str] = frozenset(), *, folder: Path
) -> tuple[Area | None, list[str]]:
    """Return the area of a row, its extent as rings, or None and every fault.

    Parameters
    ----------
    row : Row
    clock : Clock
    missing : frozenset of str
    folder : Path
        Where the files that the row names lie.
    """
    reading = Reading(row)
    worth = ("tier", "weight", "share", "full_share", "beyond_worth")
    _simple(reading, ("id", "name", *worth, "patrol_kph", "street", "buffer_m", "source"))
    reading.take("streets", _texts)
    reading.take("windows", clock.windows)
    _team(reading)
    _extent(reading, folder)
    _refuse_others(reading, _AREA)
    # Without an extent for a reason that is told, nothing more is to be said of the area as a whole.
    if (reading.spoilt | row.spoilt) & {"rings", "holes", "boundary", "names", "name_column", "street", "buffer_m"}:
        reading.spoilt.add("")
    for field, any_value in (("full_share", 1e-6), ("beyond_worth", 0.5)):
        if field in reading.spoilt:
            # The other one of the pair is not alone, whatever this one is meant to be.
            reading.data[field] = any_value
    area = reading.build(Area, missing)
    if area is not None:
        _check_dates(reading, [window.opens for window in area.windows], clock)
    return None if reading.faults else area, reading.faults


def _extent(reading: Reading, folder: Path) -> None:
    """Put rings and holes into a reading, from wherever its row says."""
    # What `write_scenario` writes of an area has all fields, of which some are empty.
    cells = {field: value for field, value in reading.row.cells.items() if value not in (None, "", [])}
    given = [field for field in ("rings", "boundary", "street") if field in cells]
    if len(given) > 1:
        reading.fail("rings", f"has {' and '.join(given)}; expected one of them; delete the others")
        return
    for field, needs in (("names", "boundary"), ("name_column", "boundary"), ("holes", "rings")):
        if field in cells and needs not in given:
            reading.fail(field, f"{field} stands without {needs}; expected both; add {needs} or delete {field}")
    if "boundary" in given:
        names = _texts(cells.get("names") or cells.get("name") or cells.get("id") or "")
        column = cells.get("name_column")
        _from_file(reading, "boundary", folder, lambda path, layer: units_of(path, layer, names, column))
    elif isinstance(cells.get("rings"), str):
        _from_file(reading, "rings", folder, polygons_of)
    else:
        for field in ("rings", "holes"):
            reading.take(field, _checked_rings)


def _from_file(reading: Reading, field: str, folder: Path, extent: Callable[[Path, str | None], Extent]) -> None:
    value = reading.row.cells[field]
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        reading.fail(field, f"{field} is {found(value)}; expected the name of a .geojson or .gpkg file")
        return
    name, sharp, layer = value.strip().partition("#") if ".gpkg#" in value.lower() else (value.strip(), "", "")
    try:
        ground = extent(folder / name, layer if sharp else None)
    except InputError as error:
        for fault in error.faults:
            reading.fail(field, fault)
        return
    reading.data["rings"], reading.data["holes"] = ground.rings, ground.holes
    reading.data.setdefault("source", ground.source)


def _checked_rings(value: Any) -> Any:
    """Refuse rings with lon and lat exchanged; what else may be wrong the model tells."""
    for number, ring in enumerate(value if isinstance(value, list) else (), start=1):
        if swapped := swapped_ring(ring) if isinstance(ring, list) else "":
            raise ValueError(f"ring {number}: {swapped}")
    return value


def _texts(value: Any) -> Any:
    """Return the texts of "a; b", or of a list."""
    if isinstance(value, str):
        return [" ".join(each.split()) for each in re.split(r"[;,]", value) if each.strip()]
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


def squad_of(row: Row, clock: Clock, missing: frozenset[str] = frozenset()) -> tuple[Squad | None, list[str]]:
    """Return the squad of a row, or None and every fault."""
    reading = Reading(row)
    plain = ("id", "name", "start", "end", "max_driving_min", "max_stops", "overtime_min", "longest_without_break_min")
    _simple(reading, plain)
    reading.take("breaks", partial(breaks_of, clock=clock, number=partial(number, decimal_comma=row.decimal_comma)))
    reading.take("people", partial(people_of, "people"))
    _vehicle(reading)
    shift_of(reading, clock, missing)
    _refuse_others(reading, (*_SQUAD, *NESTED["squads"]))
    if missing & {"shift_start", "shift_end"}:
        reading.spoilt.add("shift")
    squad = reading.build(Squad, missing)
    if squad is not None:
        _check_dates(reading, [squad.shift.start], clock)
    return None if reading.faults else squad, reading.faults


def presence_of(row: Row, clock: Clock, missing: frozenset[str] = frozenset()) -> tuple[Presence | None, list[str]]:
    """Return the presence of a row, or None and every fault."""
    reading = Reading(row)
    _simple(reading, ("id", "name", "squads", "place", "ring", "area", "slot_min", "tier", "weight"))
    reading.take("period", clock.window)
    reading.take("all_or_nothing", partial(yes_or_no, "all_or_nothing"))
    reading.take("required", partial(yes_or_no, "required"))
    _refuse_others(reading, (*_PRESENCE, *NESTED["presence"]))
    presence = reading.build(Presence, missing)
    if presence is not None:
        _check_dates(reading, [presence.period.opens], clock)
    return None if reading.faults else presence, reading.faults


def entry_of(row: Row) -> Entry:
    """Return what other rows need to know of a row."""
    values = row.cells

    def name(field: str) -> str | None:
        value = values.get(field)
        return " ".join(value.split()) or None if isinstance(value, str) else None

    point, own = point_in(row), name("id")
    ends = tuple((field, value) for field in ("start", "end", "place") if (value := name(field)) is not None)
    own = own if own is None or is_identifier(own) else None
    return Entry(row.full_name, own, point_of(point), (*ends, *_break_places(values.get("breaks"))))


def _break_places(value: Any) -> Iterator[tuple[str, str]]:
    """Yield the places that a squad's breaks name, as far as they can be read."""
    parts = value.split(";") if isinstance(value, str) else value if isinstance(value, list | tuple) else []
    for count, part in enumerate((part for part in parts if part), start=1):
        for place in places_of(part):
            yield f"place of break {count}", place


def wish_of(row: Row) -> Wish:
    """Return the squads and task forces that a row asks for, as far as they can be read."""
    return Wish(
        row.full_name,
        forces_of(row, "needs"),
        *([n for n in _read_or(names_of, field, row.cells.get(field)) if isinstance(n, str)]
          for field in ("only_by", "not_by")),
    )  # fmt: skip


def forces_of(row: Row, field: str = "people") -> list[str]:
    """Return the task forces that a row names, as far as they can be read."""
    return list(_read_or(people_of, field, row.cells.get(field)))


def _read_or(read: Callable[[str, Any], Any], field: str, value: Any) -> Any:
    try:
        return () if value is None else read(field, value)
    except ValueError:
        return ()


def point_in(row: Row) -> dict[str, float | None]:
    """Return lon and lat of a row, None where it has no number."""
    return {key: _number_or_none(row.cells.get(key), row.decimal_comma) for key in ("lon", "lat")}


def number(value: Any, *, decimal_comma: bool = False, whole: bool = False) -> int | float:
    """Return the number that a cell holds.

    Raises
    ------
    ValueError
        When it holds none, or one that could be read in two ways.
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    text = value.strip().replace("\N{MINUS SIGN}", "-") if isinstance(value, str) else ""
    if _GROUPED.fullmatch(text) and (whole or text.count(".") != 1 or "," in text):
        raise ValueError(
            f"{found(value)}, which may hold thousands separators that a spreadsheet put in; expected digits and at "
            "most one decimal point; format the column as text and write it again"
        )
    if "," in text:
        if not decimal_comma or text.count(",") > 1 or "." in text:
            point = "digits alone, such as 2" if whole else "a decimal point, such as 12.5"
            raise ValueError(f"{found(value)}, which is no number here; expected {point}")
        text = text.replace(",", ".")
    if not _NUMBER.fullmatch(text) or len(text) > 40:
        if whole:
            raise ValueError(f"{found(value)}, which is no whole number; expected digits alone, such as 2")
        raise ValueError(
            f"{found(value)}, which is no number; expected digits and at most one decimal point, such as 12.5"
        )
    return int(text) if re.fullmatch(r"[+-]?\d+", text) else float(text)


def yes_or_no(field: str, value: Any) -> bool:
    """Return the truth of true, yes, ya, 1 and false, no, tidak, 0.

    Raises
    ------
    ValueError
        When it is neither.
    """
    # GIS programs keep 1 as 1.0 where a cell of the column is empty.
    text = f"{value:g}" if isinstance(value, float) else str(value)
    known = _YES_NO.get(text.strip().lower())
    if known is None:
        raise ValueError(f"{field} is {found(value)}; expected true or false (yes, ya, 1 or no, tidak, 0)")
    return known


def people_of(field: str, value: Any) -> dict[str, Any]:
    """Return the people by task force of "preventif=6; sterilisasi=2", or of a table.

    Raises
    ------
    ValueError
        When it is neither, or a task force stands twice.
    """
    if isinstance(value, dict):
        return {str(force): count for force, count in value.items()}
    expected = "expected numbers by task force, such as 'preventif=6; sterilisasi=2'"
    if not isinstance(value, str):
        raise ValueError(f"{field} is {found(value)}; {expected}")
    people: dict[str, Any] = {}
    for part in filter(str.strip, re.split(r"[;,]", value)):
        force, _, count = (piece.strip() for piece in part.replace(":", "=").partition("="))
        if not force or not re.fullmatch(r"[+-]?\d{1,9}", count, re.ASCII):
            raise ValueError(f"{field} has {found(part.strip())}; {expected}")
        if force in people:
            raise ValueError(f"{field} names {found(force)} twice; expected each task force once; add the numbers up")
        people[force] = int(count)
    return people


def _team(reading: Reading) -> None:
    reading.take("needs", partial(people_of, "needs"))
    _simple(reading, ("people_min",))
    for field in ("vehicles", "only_by", "not_by"):
        reading.take(field, partial(names_of, field))


def _simple(reading: Reading, fields: tuple[str, ...]) -> None:
    comma = reading.row.decimal_comma
    for field in fields:
        if field in _DECIMAL or field in _WHOLE:
            reading.take(field, partial(_numeric, field, comma=comma))
        else:
            reading.take(field, lambda value: value)


def _numeric(field: str, value: Any, *, comma: bool) -> Any:
    if field == "tier" and isinstance(value, str) and not re.match(r"\s*[-+.,\d]", value):
        return value
    try:
        return number(value, decimal_comma=comma, whole=field in _WHOLE)
    except ValueError as error:
        raise ValueError(f"{field} is {error}") from None


def _number_or_none(value: Any, comma: bool) -> float | None:
    try:
        return float(number(value, decimal_comma=comma))
    except (ValueError, OverflowError):
        return None


def _vehicle(reading: Reading) -> None:
    values = reading.row.cells
    vehicle, factor = values.get("vehicle"), values.get("speed_factor")
    nested = dict(vehicle) if isinstance(vehicle, dict) else {} if vehicle is None else {"kind": vehicle}
    if factor is not None:
        if "speed_factor" in nested:
            reading.fail("vehicle", "speed_factor stands both beside vehicle and in it; delete one")
        try:
            nested["speed_factor"] = _numeric("speed_factor", factor, comma=reading.row.decimal_comma)
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
    flat = {inner: name for name, inner in _FLAT_SHIFT.items() if values.get(name) is not None}
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
        if _FLAT_SHIFT[name] not in given:
            reading.spoilt.add(f"shift.{_FLAT_SHIFT[name]}")
            if name not in missing:
                reading.fail("shift", f"{name} is missing; expected a time such as '22:15'")
    if "shift" in reading.spoilt or missing & set(_FLAT_SHIFT):
        _also(reading, Shift, shift, "shift")
    else:
        reading.data["shift"] = shift


def _refuse_others(reading: Reading, known: tuple[str, ...]) -> None:
    for field in reading.row.cells:
        if field not in known:
            hint = did_you_mean(field, known, others=OTHER_WORDS)
            if field in _TOP_LEVEL:
                hint = " here; it belongs at the top of the file, before the first line in brackets"
            reading.fail(field, f"field {found(field)} is unknown{hint}; expected {', '.join(known)}")


def _check_dates(reading: Reading, moments: list[dt.datetime], clock: Clock) -> None:
    for text in far_times(moments, clock.midnight):
        reading.fail("date", text)
