"""How fast streets are driven: `maxspeed` where the map has it, else a table by highway class."""

from __future__ import annotations

import difflib
import math
import re
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from patrolroute.errors import Faults, InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from patrolroute.scenario.model import Travel

DEFAULT_KPH: Mapping[str, float] = MappingProxyType(
    {
        "motorway": 80.0,
        "motorway_link": 45.0,
        "trunk": 45.0,
        "trunk_link": 35.0,
        "primary": 40.0,
        "primary_link": 30.0,
        "secondary": 35.0,
        "secondary_link": 28.0,
        "tertiary": 30.0,
        "tertiary_link": 25.0,
        "unclassified": 25.0,
        "residential": 20.0,
        "road": 20.0,
        "service": 15.0,
        "living_street": 12.0,
        "track": 10.0,
    }
)
"""Driven speeds in Indonesian cities by OSM highway class, stops at junctions included: well below the legal 50 km/h in
town, since streets are narrow, shared with pedestrians and stalls, and broken by speed humps."""

_KPH_PER_UNIT = {"": 1.0, "kmh": 1.0, "km/h": 1.0, "kph": 1.0, "mph": 1.609344, "knots": 1.852, "kn": 1.852}
_ZONE_KPH = {
    "urban": 50.0,
    "rural": 80.0,
    "trunk": 80.0,
    "motorway": 100.0,
    "living_street": 20.0,
    "walk": 5.0,
    "nsl_single": 96.0,
    "nsl_dual": 112.0,
    "nsl_restricted": 48.0,
}
_NUMBER = re.compile(r"(\d{1,3}(?:[.,]\d{1,3})?)\s*([a-z/]*)")
_ZONE = re.compile(r"(?:[a-z]{2}:)?(?:zone:?)?([a-z_]+|\d{1,3})")
_LIMITS_KPH = (3.0, 200.0)


def parse_maxspeed(value: Any) -> float:
    """Return the kph that an OSM `maxspeed` means, or nan where it names no speed.

    Parameters
    ----------
    value : str, number, list or None
        As OSM, OSMnx or a GeoDataFrame hold it: "50", "30 mph", "40;60", ["40", "60"], "ID:urban", "walk", "none".

    Returns
    -------
    float
        The lowest of several speeds, so that no plan promises too little time; nan for "none", "signals", values
        outside 3-200 kph and anything that is no speed.
    """
    if value is None:
        return math.nan
    if isinstance(value, int | float | np.number):
        return _in_limits(float(value))
    if isinstance(value, str):
        found = [_one_speed(part) for part in re.split(r"[;|]", value[:200].lower())]
    elif isinstance(value, list | tuple | set | frozenset):
        found = [parse_maxspeed(part) for part in value if not isinstance(part, list | tuple | set | frozenset)]
    else:
        return math.nan
    known = [kph for kph in found if not math.isnan(kph)]
    return min(known) if known else math.nan


def _one_speed(text: str) -> float:
    text = text.strip()
    if match := _NUMBER.fullmatch(text):
        factor = _KPH_PER_UNIT.get(match[2])
        return math.nan if factor is None else _in_limits(float(match[1].replace(",", ".")) * factor)
    if match := _ZONE.fullmatch(text):
        return _in_limits(float(match[1])) if match[1].isdigit() else _ZONE_KPH.get(match[1], math.nan)
    return math.nan


def _in_limits(kph: float) -> float:
    return kph if _LIMITS_KPH[0] <= kph <= _LIMITS_KPH[1] else math.nan


def one_class(value: Any) -> str:
    """Return one highway class of a value that may list several: the slowest of the package's table."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, list | tuple | set | frozenset):
        classes = sorted(part.strip() for part in value if isinstance(part, str))
        return min(classes, key=lambda each: DEFAULT_KPH.get(each, math.inf), default="")
    return ""


@dataclass(frozen=True, kw_only=True)
class SpeedTable:
    """Speeds for streets without a `maxspeed`, and the factor of the night.

    Parameters
    ----------
    kph : mapping of str to float
        Speed by OSM highway class.
    default_kph : float
        Speed for classes that the table does not name.
    night_factor : float
        Multiplies every speed, those of `maxspeed` too.

    Raises
    ------
    InputError
        When a speed is not above 0 and at most 200 kph, or the factor not within 0.1-5.
    """

    kph: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_KPH))
    default_kph: float = 20.0
    night_factor: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "kph", dict(self.kph))
        faults = Faults()
        for name, kph in (*self.kph.items(), ("default", self.default_kph)):
            if not (isinstance(kph, int | float) and 0 < kph <= _LIMITS_KPH[1]):
                faults.add(f"speeds: {name!r} has {kph!r} kph; expected above 0 and at most {_LIMITS_KPH[1]:g}.")
        if not 0.1 <= self.night_factor <= 5:
            faults.add(f"speeds: night_factor is {self.night_factor!r}; expected 0.1 to 5.")
        faults.raise_if_any()

    def adjusted(self, travel: Travel) -> SpeedTable:
        """Return this table with what a scenario says of all hours put over it; "default" names the default.

        The scenario's night factor multiplies this table's own. What it says of certain hours and areas is for
        `roads.periods`.

        Raises
        ------
        InputError
            When the scenario names a highway class that OSM does not have, for certain hours too.
        """
        faults = Faults()
        hours = ((f"travel.hours {each.name!r}: speeds_kph", each.speeds_kph) for each in travel.hours)
        for where, speeds_kph in (("travel.speeds_kph", travel.speeds_kph), *hours):
            faults.extend(f"{where}: {text}" for text in self._unknown(speeds_kph))
        faults.raise_if_any()
        return replace(self.with_classes(travel.speeds_kph), night_factor=self.night_factor * travel.night_factor)

    def with_classes(self, speeds_kph: Mapping[str, float]) -> SpeedTable:
        """Return this table with other speeds for some classes; "default" names the default.

        Raises
        ------
        InputError
            When there is no such highway class.
        """
        faults = Faults()
        faults.extend(f"speeds: {text}" for text in self._unknown(speeds_kph))
        faults.raise_if_any()
        own = dict(speeds_kph)
        default_kph = own.pop("default", self.default_kph)
        return SpeedTable(kph={**self.kph, **own}, default_kph=default_kph, night_factor=self.night_factor)

    def _unknown(self, classes: Iterable[str]) -> Iterable[str]:
        known = (*dict.fromkeys((*DEFAULT_KPH, *self.kph)), "default")
        for name in classes:
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(known)}."
                yield f"there is no highway class {name!r}; {hint}"

    @classmethod
    def from_travel(cls, travel: Travel) -> SpeedTable:
        """Return the package's table with what a scenario says of speeds put over it; see `adjusted`."""
        return cls().adjusted(travel)

    def speeds_kph(self, highway: Sequence[str], maxspeed_kph: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the speed driven on each edge, in kph, night factor included."""
        classes: Iterable[float] = (self.kph.get(name, self.default_kph) for name in highway)
        table = np.fromiter(classes, np.float64, count=len(highway))
        return np.where(np.isnan(maxspeed_kph), table, maxspeed_kph) * self.night_factor

    def times_ms(
        self,
        length_dm: NDArray[np.int64],
        highway: Sequence[str],
        maxspeed_kph: NDArray[np.float64],
        *,
        pace: NDArray[np.float64] | None = None,
    ) -> NDArray[np.int64]:
        """Return the driving time of each edge in whole milliseconds, rounded up, at least 1.

        `pace`, shape (E,), says how many times as long each takes.

        Raises
        ------
        InputError
            When a pace is not above 0, or there is not one for each edge.
        """
        exact = length_dm * 360.0 / self.speeds_kph(highway, maxspeed_kph)
        if pace is not None:
            if pace.shape != length_dm.shape or not (np.isfinite(pace).all() and (pace > 0).all()):
                raise InputError([f"speeds: pace must be a number above 0 for each of {len(length_dm):,} edges."])
            exact = exact * pace
        return np.maximum(1, np.ceil(exact - 1e-7).astype(np.int64))
