"""From a row as it stands in a file to a place, site, area or presence."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from patrolroute.errors import InputError
from patrolroute.scenario.areas import Area
from patrolroute.scenario.presence import Presence
from patrolroute.scenario.sites import Place, Site
from patrolroute.scenario.tables.cells import texts, yes_or_no
from patrolroute.scenario.tables.columns import AREA, NESTED, PLACE, PRESENCE, SITE, TEAM
from patrolroute.scenario.tables.extents import polygons_of, units_of
from patrolroute.scenario.tables.reading import Reading, check_dates, refuse_others, simple, team
from patrolroute.scenario.words import found, swapped_ring
from patrolroute.scenario.worth import worth_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from patrolroute.scenario.tables.extents import Extent
    from patrolroute.scenario.tables.rows import Row
    from patrolroute.scenario.times import Clock

_READ_APART = {"windows", "required", "worth", "wait", "squads_alternate"}


def place_of(row: Row, _clock: Clock, missing: frozenset[str] = frozenset()) -> tuple[Place | None, list[str]]:
    """Return the place of a row, or None and every fault."""
    reading = Reading(row)
    simple(reading, PLACE)
    refuse_others(reading, PLACE)
    return reading.build(Place, missing), reading.faults


def site_of(row: Row, clock: Clock, missing: frozenset[str] = frozenset()) -> tuple[Site | None, list[str]]:
    """Return the site of a row, or None and every fault."""
    reading = Reading(row)
    simple(reading, tuple(field for field in SITE if field not in {*_READ_APART, *TEAM}))
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
    team(reading)
    refuse_others(reading, SITE)
    site = reading.build(Site, missing)
    if site is not None:
        check_dates(reading, [*(w.opens for w in site.windows), *(w.since for w in site.worth)], clock)
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
    simple(reading, ("id", "name", *worth, "patrol_kph", "street", "buffer_m", "source"))
    reading.take("streets", texts)
    reading.take("windows", clock.windows)
    team(reading)
    _extent(reading, folder)
    refuse_others(reading, AREA)
    # Without an extent for a reason that is told, nothing more is to be said of the area as a whole.
    if (reading.spoilt | row.spoilt) & {"rings", "holes", "boundary", "names", "name_column", "street", "buffer_m"}:
        reading.spoilt.add("")
    for field, any_value in (("full_share", 1e-6), ("beyond_worth", 0.5)):
        if field in reading.spoilt:
            # The other one of the pair is not alone, whatever this one is meant to be.
            reading.data[field] = any_value
    area = reading.build(Area, missing)
    if area is not None:
        check_dates(reading, [window.opens for window in area.windows], clock)
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
        names = texts(cells.get("names") or cells.get("name") or cells.get("id") or "")
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


def presence_of(row: Row, clock: Clock, missing: frozenset[str] = frozenset()) -> tuple[Presence | None, list[str]]:
    """Return the presence of a row, or None and every fault."""
    reading = Reading(row)
    simple(reading, ("id", "name", "squads", "place", "ring", "area", "slot_min", "tier", "weight"))
    reading.take("period", clock.window)
    reading.take("all_or_nothing", partial(yes_or_no, "all_or_nothing"))
    reading.take("required", partial(yes_or_no, "required"))
    refuse_others(reading, (*PRESENCE, *NESTED["presence"]))
    presence = reading.build(Presence, missing)
    if presence is not None:
        check_dates(reading, [presence.period.opens], clock)
    return None if reading.faults else presence, reading.faults
