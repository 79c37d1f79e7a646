"""Opening what a planner names: only regular files of sane size, read as text that is really text."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from patrolroute.errors import InputError
from patrolroute.scenario.words import found

if TYPE_CHECKING:
    from pathlib import Path

MAX_TEXT_BYTES = 64_000_000
MAX_DATABASE_BYTES = 1_000_000_000

_SAVE_CSV = "in the spreadsheet choose Save As, 'CSV UTF-8'"
_NOT_TEXT = (
    (b"PK\x03\x04", f"an Excel workbook or other zip file, not text; {_SAVE_CSV}"),
    (b"\xd0\xcf\x11\xe0", f"an old Excel workbook, not text; {_SAVE_CSV}"),
    (b"SQLite format 3\x00", "a GeoPackage or other database, not text; give it its ending .gpkg"),
    (b"%PDF", "a PDF document, not text"),
    (b"\x1f\x8b", "a gzip file, not text; unpack it first"),
)


def regular_file(path: Path, *, wanted: str, most_bytes: int) -> int:
    """Return the size of a file that can be read, in bytes.

    Parameters
    ----------
    path : Path
    wanted : str
        What the file is to be, as faults say it.
    most_bytes : int

    Raises
    ------
    InputError
        When there is no such file, or it is a folder, a device, or too large.
    """
    try:
        if path.is_dir():
            raise InputError([f"{path}: is a folder; expected {wanted}; name the file in it."])
        if not path.exists():
            raise InputError([f"{path}: there is no such file{_neighbour(path)}; expected {wanted}; check the path."])
        if not path.is_file():
            raise InputError([f"{path}: is a device or pipe; expected {wanted}, a regular file."])
        size = path.stat().st_size
    except InputError:
        raise
    except (OSError, ValueError) as error:
        raise InputError([f"{found(str(path))}: cannot be opened: {reason(error)}; expected {wanted}."]) from error
    if size > most_bytes:
        raise InputError(
            [
                f"{path}: has {size / 1e6:,.0f} MB; expected {wanted}, at most {most_bytes / 1e6:,.0f} MB; check that "
                "it is the right file."
            ]
        )
    return size


def read_text(path: Path, *, wanted: str) -> str:
    """Return the text of a UTF-8 file, without its byte order mark.

    Raises
    ------
    InputError
        When there is no such file, it is too large, empty, or no UTF-8 text.
    """
    regular_file(path, wanted=wanted, most_bytes=MAX_TEXT_BYTES)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_TEXT_BYTES + 1)
    except OSError as error:
        raise InputError([f"{path}: cannot be read: {reason(error)}; expected {wanted}."]) from error
    if not data.strip():
        raise InputError([f"{path.name}: is empty; expected {wanted}."])
    for magic, words in _NOT_TEXT:
        if data.startswith(magic):
            raise InputError([f"{path.name}: is {words}."])
    as_utf8 = f"save it again as UTF-8 ({_SAVE_CSV}; in an editor, encoding UTF-8)"
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"} or _every_other_nul(data):
        raise InputError([f"{path.name}: is written in UTF-16; expected UTF-8; {as_utf8}."])
    if b"\x00" in data:
        line = data.count(b"\n", 0, data.index(b"\x00")) + 1
        raise InputError([f"{path.name} line {line}: has a NUL byte; expected text; the file is damaged or no text."])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        begin = data.rfind(b"\n", 0, error.start) + 1
        text = data[begin : begin + 60].split(b"\n")[0].decode("cp1252", errors="replace").strip()
        raise InputError(
            [f"{path.name} line {line}: is not UTF-8, perhaps Windows-1252 (cp1252): {found(text)}; {as_utf8}."]
        ) from error


def reason(error: Exception) -> str:
    """Return why the operating system refused, in lower case."""
    text = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return text[:1].lower() + text[1:]


def _every_other_nul(data: bytes) -> bool:
    start = data[:200]
    return len(start) >= 4 and any(start[k::2].count(0) * 2 > len(start[k::2]) for k in (0, 1))


def _neighbour(path: Path) -> str:
    """Return a hint at a file of a similar name beside the missing one."""
    try:
        names = sorted(p.name for p in path.parent.iterdir()) if path.parent.is_dir() else []
    except OSError:
        names = []
    if not names and not path.parent.is_dir():
        return f" (nor a folder {str(path.parent)!r})"
    close = difflib.get_close_matches(path.name, names[:1000], n=1)
    return f" (did you mean {found(close[0])}?)" if close else ""
