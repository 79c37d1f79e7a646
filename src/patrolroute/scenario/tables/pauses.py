"""Breaks as planners write them: "15 22:30/23:30 pos-1|pos-2", or a list of tables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from patrolroute.errors import InputError
from patrolroute.scenario.words import found

if TYPE_CHECKING:
    from collections.abc import Callable

    from patrolroute.scenario.times import Clock

_EXPECTED = "expected minutes, perhaps a window, perhaps places, such as '15 22:30/23:30 pos-1|pos-2'"
_PAUSE = re.compile(r"(?P<minutes>\S+)(?:\s+(?P<window>[^\s|]*/[^\s|]*))?(?:\s+(?P<places>.+))?")


def breaks_of(value: Any, clock: Clock, number: Callable[[Any], Any]) -> list[Any]:
    """Return the breaks of a text or a list as the fields of `Break`.

    Parameters
    ----------
    value : str or list
        In a text a semicolon stands between breaks and a vertical bar between places.
    clock : Clock
    number : callable
        Reads a cell's number, or raises ValueError.

    Raises
    ------
    ValueError
        When it is neither; an InputError lists each break that cannot be read.
    """
    parts = [part for part in value.split(";") if part.strip()] if isinstance(value, str) else value
    if not isinstance(parts, list | tuple):
        raise ValueError(f"breaks is {found(value)}; {_EXPECTED}")
    pauses, faults = [], []
    for count, part in enumerate(parts, start=1):
        try:
            pauses.append(_pause(part, clock, number))
        except ValueError as error:
            told = error.faults if isinstance(error, InputError) else [str(error)]
            faults += [f"break {count}: {text}" for text in told]
    if faults:
        raise InputError(faults)
    return pauses


def places_of(part: Any) -> list[str]:
    """Return the places that one break names, as far as they can be read."""
    if isinstance(part, str):
        match = _PAUSE.fullmatch(part.strip())
        part = {"places": match["places"]} if match else {}
    named = part.get("places") if isinstance(part, dict) else None
    words = named.split("|") if isinstance(named, str) else named if isinstance(named, list | tuple) else []
    return [text for word in words if isinstance(word, str) and (text := " ".join(word.split()))]


def _pause(part: Any, clock: Clock, number: Callable[[Any], Any]) -> dict[str, Any]:
    if isinstance(part, str):
        match = _PAUSE.fullmatch(part.strip())
        if match is None:
            raise ValueError(f"is {found(part)}; {_EXPECTED}")
        pause: dict[str, Any] = {key: text for key, text in match.groupdict().items() if text}
    elif isinstance(part, dict):
        pause = {key: each for key, each in part.items() if each is not None}
    else:
        raise ValueError(f"is {found(part)}; {_EXPECTED}")
    if "places" in pause and not isinstance(pause["places"], list | tuple):
        pause["places"] = places_of(part)
    faults = []
    for key, read in (("minutes", number), ("window", clock.window)):
        if key in pause:
            try:
                pause[key] = read(pause[key])
            except ValueError as error:
                faults.append(f"{key} is {error}" if key == "minutes" else f"window: {error}")
    if faults:
        raise InputError(faults)
    return pause
