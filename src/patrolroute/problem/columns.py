"""Columns of whole numbers: read from what a caller gives, every fault named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from patrolroute.matrix import places_of, whole_numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from patrolroute.errors import Faults

FARTHEST_S = 2**29
"""Seventeen years: no time or length of time lies farther out."""

_MOST_ROWS = 6
_SQUARE = "expected a square table of n + 1 rows and columns, the base first, then the n sites"


def set_columns(table: Any, names: tuple[str, ...], length: int, faults: Faults) -> None:
    """Make the named columns of a frozen table int32 arrays of one length."""
    for name in names:
        column = whole_numbers(f"{table.what}.{name}", getattr(table, name), ndim=1, faults=faults)
        if len(column) != length and not faults:
            faults.add(f"{table.what}.{name}: expected {length} values, one for each id, found {len(column)}.")
        object.__setattr__(table, name, column)


def pairs(name: str, values: ArrayLike, rows: int, faults: Faults) -> NDArray[np.int32]:
    """Return pairs of whole numbers, shape (rows, 2)."""
    try:
        array = np.asarray(values)
    except ValueError:
        array = np.zeros(0)
    if array.size == 0 and rows == 0:
        return np.zeros((0, 2), np.int32)
    if array.shape != (rows, 2):
        faults.add(f"{name}: expected {rows} pairs of a first and a last second, found shape {array.shape}.")
        return np.zeros((0, 2), np.int32)
    return whole_numbers(name, array, ndim=2, faults=faults)


def square(name: str, values: ArrayLike, faults: Faults) -> NDArray[np.int32]:
    """Return a table of whole numbers with as many rows as columns."""
    try:
        array = np.asarray(values)
    except ValueError:
        faults.add(f"{name}: its rows differ in length; {_SQUARE}.")
        return np.zeros((0, 0), np.int32)
    if array.ndim != 2 or array.shape[0] != array.shape[1]:
        faults.add(f"{name}: {_SQUARE}; found {array.shape}.")
        return np.zeros((0, 0), np.int32)
    table = whole_numbers(name, array, ndim=2, faults=faults)
    if table.size and int(table.min()) < 0:
        faults.add(f"{name}: {places_of(table, table < 0)} (row and column, 0 is the base); expected 0 or more.")
    return table


def numbers(name: str, values: ArrayLike, wanted: tuple[str, int, int], faults: Faults) -> NDArray[np.int32]:
    """Return whole numbers, one for each of some things; `wanted` says what they are, how many, and the least value."""
    what, count, least = wanted
    column = whole_numbers(name, values, ndim=1, faults=faults)
    # Values that are no whole numbers come back as none, with their fault noted.
    if len(column) != count and (len(column) or not np.size(values)):
        faults.add(f"{name}: expected {count} values, one for each {what}, found {len(column)}.")
    low = np.flatnonzero(column < least).tolist()
    if low:
        told = ", ".join(f"{what}-{row + 1} has {column[row]}" for row in low[:_MOST_ROWS])
        more = f" and {len(low) - _MOST_ROWS} more" if len(low) > _MOST_ROWS else ""
        faults.add(f"{name}: {told}{more}; expected {least} or more.")
    return column


def check_order(words: str, spans: NDArray[np.int32], faults: Faults) -> None:
    """Note a fault for each pair whose second is before its first; `words` takes its number, last and first."""
    for row in np.flatnonzero(spans[:, 1] < spans[:, 0]):
        faults.add(words.format(row + 1, spans[row, 1], spans[row, 0]))


def check_times(table: Any, names: tuple[str, ...], faults: Faults) -> None:
    """Keep times so far from the end of 32 bits that two of them can be added."""
    for name in names:
        column = getattr(table, name)
        for row in np.flatnonzero((column > FARTHEST_S) | (column < -FARTHEST_S)):
            faults.add(
                f"{table.what} row {row} {table.ids[row]!r}: {name} is {column[row]}; expected at most {FARTHEST_S:,} "
                "seconds before or after second 0."
            )


def check_ids(what: str, ids: Sequence[str], faults: Faults) -> None:
    """Note a fault for ids that stand twice."""
    if len(set(ids)) < len(ids):
        twice = sorted({i for i in ids if ids.count(i) > 1})
        faults.add(f"{what}.ids: {', '.join(map(repr, twice[:10]))} stand(s) twice; give each an id of its own.")


def or_all(column: NDArray[Any], usual: NDArray[Any]) -> NDArray[Any]:
    """Return a column as it is, or the usual one where it was left out, which is where it is empty."""
    return usual if np.size(column) == 0 else column


def check_rows(table: Any, name: str, span: tuple[int, int], faults: Faults) -> None:
    """Note a fault for each value of a column outside of `span`, its first and last value."""
    column = getattr(table, name)
    for row in np.flatnonzero((column < span[0]) | (column > span[1])):
        whose = f" {table.ids[row]!r}" if hasattr(table, "ids") else ""
        faults.add(f"{table.what} row {row}{whose}: {name} is {column[row]}; expected {span[0]} to {span[1]}.")
