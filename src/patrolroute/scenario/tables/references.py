"""What other rows need to know of a row, as far as it can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from patrolroute.scenario.base import is_identifier
from patrolroute.scenario.crosscheck import Entry, point_of
from patrolroute.scenario.tables.cells import number, people_of
from patrolroute.scenario.tables.pauses import places_of
from patrolroute.scenario.teams import Wish, names_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from patrolroute.scenario.tables.rows import Row


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


def _number_or_none(value: Any, comma: bool) -> float | None:
    try:
        return float(number(value, decimal_comma=comma))
    except (ValueError, OverflowError):
        return None
