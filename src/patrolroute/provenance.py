"""Where a road network comes from, and how that must be said on everything made from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from patrolroute.errors import Faults

Kind = Literal["openstreetmap", "file", "memory", "arrays", "synthetic"]

OSM_ATTRIBUTION = "© OpenStreetMap contributors, ODbL 1.0"
SYNTHETIC_WARNING = "synthetic roads: not for the field"


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """The origin of a road network or travel matrix.

    Parameters
    ----------
    kind : {"openstreetmap", "file", "memory", "arrays", "synthetic"}
        How the roads were had. "file" and "memory" are graphs that a user gave, "arrays" a matrix without a map.
    source : str
        The file's name, the Overpass query's place, or the generator's name and version.
    date : str or None
        ISO 8601 date of the data, or of the fetch; None when nobody knows.
    attribution : str
        What must be printed wherever the roads are drawn; empty only for roads that nobody surveyed.

    Raises
    ------
    InputError
        When the kind is another, or anything is no text.
    """

    kind: Kind
    source: str
    date: str | None = None
    attribution: str = ""

    def __post_init__(self) -> None:
        faults = Faults()
        if self.kind not in get_args(Kind):
            faults.add(f"provenance: kind is {self.kind!r}; expected one of {', '.join(get_args(Kind))}.")
        for name in ("source", "attribution"):
            if not isinstance(getattr(self, name), str):
                faults.add(f"provenance: {name} is {getattr(self, name)!r}; expected text.")
        if self.date is not None and not isinstance(self.date, str):
            faults.add(f"provenance: date is {self.date!r}; expected text or nothing.")
        faults.raise_if_any()

    @property
    def synthetic(self) -> bool:
        """Whether the roads were generated rather than surveyed."""
        return self.kind == "synthetic"

    @property
    def statement(self) -> str:
        """The one line that every output prints."""
        date = self.date or ("generated" if self.synthetic else "date unknown")
        parts = [f"Roads: {self.source} ({date})"]
        if self.attribution:
            parts.append(self.attribution)
        if self.synthetic:
            parts.append(SYNTHETIC_WARNING.upper())
        return ". ".join(parts)
