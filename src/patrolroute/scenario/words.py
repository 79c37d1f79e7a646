"""Faults in a planner's words: what was found, what was expected, what to do. Nothing of pydantic shows through."""

from __future__ import annotations

import difflib
import math
import re
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel

from patrolroute.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

_LONGEST = 60


def found(value: Any) -> str:
    """Return a value as a fault names it: short, on one line, with its control characters escaped."""
    if isinstance(value, str):
        return repr(value if len(value) <= _LONGEST else value[: _LONGEST - 3] + "...")
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "empty"
    if isinstance(value, int) and abs(value) >= 10**20:
        return "a whole number of more than 20 digits"
    if isinstance(value, dict):
        return f"a table of {len(value)} fields"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    return str(value)[:_LONGEST]


def did_you_mean(
    word: str, choices: Iterable[str], *, others: Mapping[str, str] | None = None, cutoff: float = 0.6
) -> str:
    """Return " (did you mean 'x'?)" for the choice that is closest to a word, or nothing.

    Parameters
    ----------
    word : str
    choices : iterable of str
    others : mapping, optional
        Words in other languages or habits, and the choice that each stands for.
    cutoff : float
        Least likeness, 0 to 1; higher where a wrong hint would do harm.
    """
    known = list(choices)
    lowered = {choice.lower(): choice for choice in known}
    synonym = (others or {}).get(word.lower())
    close = [lowered[c] for c in difflib.get_close_matches(word.lower()[:100], lowered, n=1, cutoff=cutoff)]
    best = [synonym] if synonym in known else close
    return f" (did you mean {found(best[0])}?)" if best else ""


def listed(words: Sequence[str], *, most: int = 12) -> str:
    """Return some words joined by commas, and how many more there are."""
    shown = ", ".join(found(word) for word in words[:most])
    return shown + (f" and {len(words) - most} more" if len(words) > most else "")


def counted(count: int, noun: str, nouns: str = "") -> str:
    """Return a number with its noun, as in "1 stop" and "2 stops"; `nouns` where that is no s more."""
    return f"{count} {noun}" if count == 1 else f"{count} {nouns or noun + 's'}"


def sentence(text: str) -> str:
    """Return a text that ends like a sentence."""
    return text if text.endswith((".", "?", "!")) else text + "."


def faults_of(error: ValidationError, model: type[BaseModel], data: Any) -> list[tuple[str, str]]:
    """Return the faults of data that a model refused.

    Parameters
    ----------
    error : ValidationError
    model : type
        The model that refused.
    data : mapping
        What it was given.

    Returns
    -------
    list of (field, sentence)
        The model's own field at which the fault lies ("" for the whole), and the sentence.
    """
    details = error.errors(include_url=False)
    swapped = {d["loc"][:-1] for d in details if d["loc"][-1:] == ("lat",) and looks_swapped(_at(data, d["loc"][:-1]))}
    told: list[tuple[str, str]] = []
    for detail in details:
        loc = detail["loc"]
        field = str(loc[0]) if loc else ""
        prefix, label, inner = _path(loc, model, data)
        if loc[:-1] in swapped and loc[-1] in {"lon", "lat"}:
            if loc[-1] == "lat":
                told.append((field, prefix + swap_words(_at(data, loc[:-1]))))
            continue
        told.extend((field, prefix + sentence(text)) for text in _texts(detail, label, inner))
    return told


def swap_words(point: Mapping[str, Any]) -> str:
    """Return the sentence for a point whose lon and lat stand in each other's place."""
    return f"lon {point['lon']} and lat {point['lat']} look swapped; expected lon, lat in degrees; exchange them."


def swapped_ring(ring: Any) -> str:
    """Return that sentence for the first such corner of a ring; empty where there is none."""
    corners = [dict(zip(("lon", "lat"), corner, strict=False)) for corner in ring if isinstance(corner, list)]
    return next((swap_words(corner) for corner in corners if looks_swapped(corner)), "")


def _texts(detail: ErrorDetails, label: str, inner: type[BaseModel] | None) -> list[str]:
    kind, value = detail["type"], detail["input"]
    if kind == "value_error":
        cause = detail["ctx"]["error"]
        if isinstance(cause, InputError):
            return list(cause.faults)
        if label.startswith("window ") and str(cause).startswith("window "):
            return [label + str(cause).removeprefix("window")]
        return [f"{label}: {cause}" if re.search(r" \d+$", label) else str(cause)]
    if kind == "extra_forbidden":
        fields = [] if inner is None else list(inner.model_fields)
        name = str(detail["loc"][-1])
        within = label.removesuffix(name)
        return [f"{within}{found(name)} is unknown{did_you_mean(name, fields)}; expected {', '.join(fields)}"]
    expected = _expected(detail, inner)
    if kind == "missing":
        return [f"{label} is missing; expected {expected}"]
    if kind == "timezone_aware":
        return [f"{label} is {found(value)}, without a timezone; expected one, such as '2023-11-24T01:30+08:00'"]
    if kind == "too_long":
        return [f"{label} has {detail['ctx']['actual_length']:,} entries; expected at most {_limit(detail):,}"]
    if kind == "string_too_long":
        return [f"{label} is {found(value)}, {len(value):,} characters; expected at most {_limit(detail):,}"]
    if kind in {"string_pattern_mismatch", "string_unicode"}:
        return [f"{label} is {found(value)}, with characters that cannot be printed; expected plain text; delete them"]
    if kind == "string_type" and isinstance(value, int | float):
        return [f"{label} is {found(value)}; expected {expected}; put it in quotes"]
    hint = did_you_mean(value, _choices(detail)) if isinstance(value, str) else ""
    return [f"{label} is {found(value)}{hint}; expected {expected}"]


def _limit(detail: ErrorDetails) -> int:
    return int(detail["ctx"]["max_length"])


def _choices(detail: ErrorDetails) -> list[str]:
    """Return the words that a field takes, where it takes only some."""
    expected = str(detail.get("ctx", {}).get("expected", "")) if detail["type"] in {"enum", "literal_error"} else ""
    return expected.replace(" or ", ", ").replace("'", "").split(", ") if expected else []


def _expected(detail: ErrorDetails, inner: type[BaseModel] | None) -> str:
    name = next((part for part in reversed(detail["loc"]) if inner and part in inner.model_fields), None)
    described = inner.model_fields[str(name)].description if inner is not None and name is not None else None
    return described or "another kind of value"


def _path(loc: tuple[int | str, ...], model: type[BaseModel], data: Any) -> tuple[str, str, type[BaseModel] | None]:
    """Split a location into who ("sites item 4 'kpu': "), the field's label, and the model that holds the field."""
    prefix, label, holder, annotation = "", "", model, None
    for position, part in enumerate(loc):
        if isinstance(part, str) and part in holder.model_fields:
            label = f"{label} {part}".strip()
            annotation = holder.model_fields[part].annotation
            nested = _model_in(annotation)
            if nested is not None and position + 1 < len(loc) and not _whole(loc[position + 1 :]):
                holder = nested
        elif isinstance(part, int):
            entry = _at(data, loc[: position + 1])
            label = f"window {part + 1}" if label == "windows" else f"{label} item {part + 1}"
            if position + 1 < len(loc) and isinstance(loc[position + 1], str):
                prefix += f"{label}{_called(entry)}: "
                label = ""
        else:
            shown = str(part) if str(part).isprintable() and len(str(part)) <= _LONGEST else found(part)
            label = f"{label} {shown}".strip() if part != "[key]" else label
    return prefix, label, holder


def _whole(rest: tuple[int | str, ...]) -> bool:
    return all(isinstance(part, int) for part in rest)


def _called(entry: Any) -> str:
    title = entry.get("name") or entry.get("id") if isinstance(entry, dict) else None
    return f" {found(title)}" if isinstance(title, str) and title else ""


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((inner for arg in get_args(annotation) if (inner := _model_in(arg)) is not None), None)


def _at(data: Any, loc: tuple[int | str, ...]) -> Any:
    for part in loc:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def looks_swapped(point: Any) -> bool:
    """Return whether lon and lat of a table can be degrees only with each other exchanged."""
    if not isinstance(point, dict):
        return False
    lon, lat = point.get("lon"), point.get("lat")
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) and math.isfinite(v) for v in (lon, lat))
    return numbers and abs(lat) > 90 and abs(lat) <= 180 and abs(lon) <= 90  # type: ignore[arg-type]  # numbers, as just tested
