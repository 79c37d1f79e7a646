"""What a cell holds: numbers, truth, texts, people by task force."""

from __future__ import annotations

import re
from typing import Any

from patrolroute.scenario.words import found

_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:\.\d{3})+(?:,\d+)?|[+-]?\d{1,3}(?:,\d{3}){2,}(?:\.\d+)?", re.ASCII)
_YES_NO = {"true": True, "yes": True, "ya": True, "1": True, "false": False, "no": False, "tidak": False, "0": False}


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


def texts(value: Any) -> Any:
    """Return the texts of "a; b", or of a list."""
    if isinstance(value, str):
        return [" ".join(each.split()) for each in re.split(r"[;,]", value) if each.strip()]
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]
