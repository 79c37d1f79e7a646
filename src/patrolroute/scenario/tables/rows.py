"""`Row`, `Table`: entries as they stand in a file, before anything is made of them, and the reader of CSV."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from patrolroute.scenario.tables.files import read_text
from patrolroute.scenario.words import did_you_mean, found, listed

if TYPE_CHECKING:
    from pathlib import Path

    from patrolroute.errors import Faults

MAX_ROWS = 20_000
MAX_COLUMNS = 200
_LINE_END = re.compile(r"\r\n|\n|\r")

OTHER_WORDS = {
    "latitude": "lat", "lintang": "lat", "y": "lat",
    "longitude": "lon", "long": "lon", "lng": "lon", "bujur": "lon", "x": "lon",
    "nama": "name", "kode": "id", "no": "id", "sasaran": "name", "regu": "id",
    "prioritas": "tier", "priority": "tier", "kelas": "tier", "class": "tier", "bobot": "weight",
    "dwell": "dwell_min", "durasi": "dwell_min", "duration": "dwell_min", "window": "windows", "jam": "windows",
    "wajib": "required", "mandatory": "required", "sumber": "source",
    "personel": "people", "personil": "people", "kendaraan": "vehicle", "mulai": "shift_start", "selesai": "shift_end",
}  # fmt: skip
"""What planners call a column, and what it is called here; used for hints only."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One entry as it stands in a file.

    Parameters
    ----------
    where : str
        File and row, as faults begin.
    cells : dict
        By field; cells that are empty are left out.
    decimal_comma : bool
        Whether "12,5" is twelve and a half.
    spoilt : set of str
        Fields of which a fault is told already.
    """

    where: str
    cells: dict[str, Any]
    decimal_comma: bool = False
    spoilt: set[str] = field(default_factory=set)

    @property
    def full_name(self) -> str:
        """Where, and what the entry is called."""
        title = self.cells.get("name") or self.cells.get("id")
        return f"{self.where} {found(title)}" if isinstance(title, str | int) and str(title) else self.where


@dataclass(frozen=True, kw_only=True)
class Table:
    """The rows of one table.

    Parameters
    ----------
    rows : list of Row
    missing : frozenset of str
        Columns that the table should have and has not; told once for the table, not once for each row.
    whole : bool
        Whether every row could be read.
    """

    rows: list[Row] = field(default_factory=list)
    missing: frozenset[str] = frozenset()
    whole: bool = True


@dataclass(frozen=True, kw_only=True)
class Columns:
    """What a table may hold and must hold.

    Parameters
    ----------
    what : str
        "sites", for instance.
    known, required : tuple of str
    """

    what: str
    known: tuple[str, ...]
    required: tuple[str, ...]

    def check(self, name: str, header: list[str], faults: Faults) -> frozenset[str]:
        """Note columns that are unknown, stand twice or are missing; return those that are missing."""
        for column in dict.fromkeys(header):
            if header.count(column) > 1:
                faults.add(f"{name} row 1: column {found(column)} stands twice; expected each once; delete one.")
            if column not in self.known:
                self.unknown(f"{name} row 1", column, faults)
        missing = [column for column in self.required if column not in header]
        if missing:
            which = f"column {found(missing[0])} is" if len(missing) == 1 else f"columns {listed(missing)} are"
            faults.add(
                f"{name} row 1: {which} missing; {self.what} need {', '.join(self.required)}; add what is missing."
            )
        return frozenset(missing)

    def unknown(self, where: str, column: str, faults: Faults) -> None:
        """Note a column that such a table does not have."""
        hint = did_you_mean(column, self.known, others=OTHER_WORDS)
        faults.add(
            f"{where}: column {found(column)} is unknown{hint}; expected {', '.join(self.known)}; rename it, delete "
            "it, or put # before its name to have it left alone."
        )


def read_csv(path: Path, columns: Columns, faults: Faults) -> Table:
    """Return the rows of a CSV file, noting what is wrong with it.

    UTF-8; cells separated by commas or semicolons; the first row names the columns. Rows are counted as a spreadsheet
    shows them: the header is row 1, empty rows count, a line break in quotes does not.

    Raises
    ------
    InputError
        When the file cannot be read as text.
    """
    text = read_text(path, wanted=f"a table of {columns.what}")
    first, rest = (*_LINE_END.split(text, maxsplit=1), "")[:2]
    skipped = 0
    if first.strip().lower() in {"sep=;", "sep=,"}:
        text, skipped, delimiter = rest, 1, first.strip()[-1]
    else:
        delimiter = ";" if _outside_quotes(first, ";") > _outside_quotes(first, ",") else ","
        if "\t" in first and delimiter not in first:
            faults.add(f"{path.name} row 1: cells are separated by tabs; expected commas or semicolons; save it again.")
            return Table(whole=False)
    records, whole = _records(path.name, text, delimiter, faults)
    return _table(path.name, [(n + skipped, r) for n, r in records], columns, delimiter, faults, whole=whole)


def _records(name: str, text: str, delimiter: str, faults: Faults) -> tuple[list[tuple[int, list[str]]], bool]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    records: list[tuple[int, list[str]]] = []
    number = 0
    try:
        for number, record in enumerate(reader, start=1):
            if any(cell.strip() for cell in record):
                records.append((number, record))
            if len(records) > MAX_ROWS + 1:
                faults.add(f"{name}: has more than {MAX_ROWS:,} rows; expected at most that; check the file.")
                return records[: MAX_ROWS + 1], False
    except csv.Error as error:
        why = (
            f"a cell is longer than {csv.field_size_limit():,} characters; probably a quotation mark is missing"
            if "field limit" in str(error)
            else "a quotation mark opens and does not close, or text follows one that closes"
        )
        faults.add(f'{name} row {number + 1}: {why}; write " inside a quoted cell as "".')
        return records, False
    return records, True


def _table(
    name: str,
    records: list[tuple[int, list[str]]],
    columns: Columns,
    delimiter: str,
    faults: Faults,
    *,
    whole: bool,
) -> Table:
    if not records:
        faults.add(f"{name}: is empty; expected {', '.join(columns.required)} in row 1.")
        return Table(whole=False)
    header = [cell.strip().lower() for cell in records[0][1]]
    if _holds_data(header, columns):
        faults.add(
            f"{name} row 1: holds data; the header is missing; put a row above it that names the columns: "
            f"{', '.join(columns.required)} and so on."
        )
        return Table(whole=False)
    while header and not header[-1]:
        header.pop()
    if len(header) > MAX_COLUMNS:
        faults.add(f"{name} row 1: has {len(header):,} columns; expected at most {MAX_COLUMNS}; check the file.")
        return Table(whole=False)
    missing = columns.check(name, [c for c in header if c and not c.startswith("#")], faults)
    rows = []
    for number, record in records[1:]:
        where = f"{name} row {number}"
        row = Row(where=where, cells=_cells(columns, header, record), decimal_comma=delimiter == ";")
        extra = [cell for cell in record[len(header) :] if cell.strip()]
        if extra or len(record) < len(header):
            faults.add(f"{row.full_name}: {_count_words(record, len(header), delimiter, extra=bool(extra))}.")
            whole = False
            continue
        rows.append(row)
        for at, cell in enumerate(record[: len(header)]):
            if cell.strip() and not header[at]:
                faults.add(f"{row.full_name}: column {at + 1} holds {found(cell)} and has no name in row 1; name it.")
    return Table(rows=rows, missing=missing, whole=whole)


def _holds_data(first: list[str], columns: Columns) -> bool:
    """Return whether the first row has a number or a time in it and no name of a column, or a word like one."""
    named = any(cell in columns.known or did_you_mean(cell, columns.known, others=OTHER_WORDS) for cell in first)
    return not named and any(re.match(r"[-+]?\d", cell, re.ASCII) for cell in first)


def _count_words(record: list[str], expected: int, delimiter: str, *, extra: bool) -> str:
    """Say that a row has too many cells or too few, and what probably went wrong."""
    if not extra:
        return f"has {len(record)} cells; the header has {expected}; write the cells that are missing"
    more = len(record) - expected
    pairs = pairwise(record)
    split = delimiter == "," and any(re.fullmatch(r"\s*-?\d+", a) and re.fullmatch(r"\d+\s*", b) for a, b in pairs)
    comma = "write numbers with a decimal point, such as 12.5, and " if split else ""
    return (
        f"has {len(record)} cells, {more} too many; the header has {expected}; {comma}put text with "
        f"{found(delimiter)} in quotes"
    )


def _cells(columns: Columns, header: list[str], record: list[str]) -> dict[str, Any]:
    return {
        column: cell.strip()
        for column, cell in zip(header, record, strict=False)
        if column in columns.known and cell.strip()
    }


def _outside_quotes(line: str, delimiter: str) -> int:
    return sum(part.count(delimiter) for part in line.split('"')[::2])
