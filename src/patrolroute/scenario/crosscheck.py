"""What no single entry shows: ids that stand twice, squads without a place, points that lie where no other does."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence  # noqa: TC003 - named tuples keep their annotations
from typing import Any, NamedTuple

from patrolroute.scenario.base import ANYWHERE
from patrolroute.scenario.words import did_you_mean, found, listed, swap_words

_NEAR_DEG, _FAR_DEG = 2.0, 10.0
_HINTS = 20
"""Looking for a similar id among thousands is slow, and the first faults show the pattern."""


class Entry(NamedTuple):
    """One place, site, squad or presence as far as the other entries matter to it.

    Parameters
    ----------
    where : str
        File, row and name, as faults begin.
    id : str or None
        None where it could not be read.
    point : tuple of float or None
        lon and lat.
    ends : tuple of (str, str)
        Field and id of the places that a squad or a presence names.
    """

    where: str
    id: str | None
    point: tuple[float, float] | None = None
    ends: tuple[tuple[str, str], ...] = ()


def cross_faults(
    points: Sequence[Entry],
    squads: Sequence[Entry],
    *,
    presences: Sequence[Entry] = (),
    areas: Sequence[Entry] = (),
    all_known: bool = True,
) -> list[str]:
    """Return the faults between entries.

    Parameters
    ----------
    points : sequence of Entry
        Places and sites, which share their ids.
    squads : sequence of Entry
    presences : sequence of Entry
        Whose ids no place, site or area may have, and which name places as squads do.
    areas : sequence of Entry
        Whose ids no place or site may have.
    all_known : bool
        Whether every place and site could be read; where not, a squad's place may be among the others.
    """
    faults = [*_twice([*points, *areas, *presences]), *_reserved(points), *_twice(squads), *_swapped(points)]
    if all_known:
        faults += _nowhere([*squads, *presences], [point.id for point in points if point.id])
    return faults


def ground_faults(wishes: Iterable[tuple[str, str]], areas: Mapping[str, bool]) -> list[str]:
    """Return the faults of presences that name an area.

    Parameters
    ----------
    wishes : iterable of (str, str)
        File, row and name of the presence, and the area that it names.
    areas : mapping of str to bool
        Whether the area of an id is the ground along a street, which has no rings.
    """
    faults = []
    for where, name in wishes:
        if name not in areas:
            known = f"expected one of {listed(list(areas))}" if areas else "there is none yet; add it"
            faults.append(f"{where}: area {found(name)} names no area{did_you_mean(name, list(areas))}; {known}.")
        elif areas[name]:
            faults.append(
                f"{where}: area {found(name)} is the ground along a street; expected an area of rings; give the "
                "presence a ring of its own."
            )
    return faults


def _twice(entries: Iterable[Entry]) -> list[str]:
    first: dict[str, str] = {}
    faults = []
    for entry in entries:
        if entry.id is None:
            continue
        if entry.id in first:
            faults.append(
                f"{entry.where}: id {found(entry.id)} stands already in {first[entry.id]}; expected an id of its own; "
                "change one of them or delete the row."
            )
        else:
            first[entry.id] = entry.where
    return faults


def _reserved(points: Iterable[Entry]) -> list[str]:
    return [
        f"{entry.where}: id {found(ANYWHERE)} is the word for a squad that starts or ends at no certain place; give "
        "the point another id."
        for entry in points
        if entry.id == ANYWHERE
    ]


def _nowhere(squads: Iterable[Entry], known: list[str]) -> list[str]:
    """Return a fault for each name that no point has, where it stands first; the others would say the same."""
    have = set(known)
    names = list(dict.fromkeys(known))
    first: dict[tuple[str, bool], tuple[str, str]] = {}
    times: Counter[tuple[str, bool]] = Counter()
    for squad in squads:
        for field, name in squad.ends:
            free = field in {"start", "end"}
            if name not in have and not (name == ANYWHERE and free):
                first.setdefault((name, free), (squad.where, field))
                times[name, free] += 1
    faults: list[str] = []
    for (name, free), (where, field) in first.items():
        words = [*names, ANYWHERE] if free else names
        hint = did_you_mean(name, words) if len(faults) < _HINTS else ""
        instead = f" or {found(ANYWHERE)}" if free else ""
        none = "there is none yet; add it" + (f", or write {found(ANYWHERE)}" if free else "")
        places = f"expected one of {listed(names)}{instead}" if names else none
        more = times[name, free] - 1
        again = f"; it is named {'once' if more == 1 else f'{more} times'} more" if more else ""
        faults.append(f"{where}: {field} {found(name)} names no place or site{hint}; {places}{again}.")
    return faults


def _swapped(points: Iterable[Entry]) -> list[str]:
    """Find points far from the others that would lie among them with lon and lat exchanged.

    Both orders may be in range (Porto: 41.1, -8.6), so only the rest of the points can tell.
    """
    placed = [(entry.where, entry.point) for entry in points if entry.point is not None]
    if len(placed) < 3:
        return []
    lon = statistics.median(point[0] for _, point in placed)
    lat = statistics.median(point[1] for _, point in placed)

    def off_deg(x: float, y: float) -> float:
        return math.hypot(x - lon, y - lat)

    return [
        f"{where}: {swap_words({'lon': x, 'lat': y})} The other points lie near lon {lon:g}, lat {lat:g}."
        for where, (x, y) in placed
        if off_deg(x, y) > _FAR_DEG and off_deg(y, x) < _NEAR_DEG
    ]


def point_of(values: dict[str, Any]) -> tuple[float, float] | None:
    """Return lon and lat where both are numbers in range."""
    lon, lat = values.get("lon"), values.get("lat")
    if not all(isinstance(v, int | float) and not isinstance(v, bool) for v in (lon, lat)):
        return None
    return (float(lon), float(lat)) if abs(lon) <= 180 and abs(lat) <= 90 else None  # type: ignore[arg-type]  # tested above
