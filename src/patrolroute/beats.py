"""`BeatBook`: the streets of a night's areas and the drives that cover them, as roads make them and rules check them.

A street is one row, whichever way it is driven, with what the map says of each direction; so a check needs no network.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely

from patrolroute.archive import pack_arrays, unpack_arrays
from patrolroute.errors import Faults, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

_MAX_UNPACKED_BYTES = 2_000_000_000
_RADIUS_M = 6_371_009.0
_FINE = 1_000_000
"""Parts of a decimetre in which worth is counted before it is split, so that rounding is never seen."""


@dataclass(frozen=True, eq=False, kw_only=True)
class StreetTable:
    """S streets, each once; column 0 of what has two is along the line, column 1 against it.

    Parameters
    ----------
    edge : int64 array, shape (S,)
        The edge of the network that is the street along its line.
    node : int64 array, shape (S, 2)
        Ids of the nodes where the line begins and ends.
    name, highway : tuple of str, length S
    two_way : bool array, shape (S,)
        Whether the street may be driven against its line.
    length_dm, time_ms : int64 array, shape (S, 2)
        Decimetres, and milliseconds at the network's speed.
    shape_start : int64 array, shape (S + 1,)
        Where each line begins in `shape_lonlat`.
    shape_lonlat : float64 array, shape (M, 2)
    """

    edge: NDArray[np.int64]
    node: NDArray[np.int64]
    name: tuple[str, ...]
    highway: tuple[str, ...]
    two_way: NDArray[np.bool_]
    length_dm: NDArray[np.int64]
    time_ms: NDArray[np.int64]
    shape_start: NDArray[np.int64]
    shape_lonlat: NDArray[np.float64]

    def __post_init__(self) -> None:
        n, faults = len(self.name), Faults()
        shapes = {
            "edge": (n,),
            "node": (n, 2),
            "two_way": (n,),
            "length_dm": (n, 2),
            "time_ms": (n, 2),
            "shape_start": (n + 1,),
        }
        for column, shape in shapes.items():
            if getattr(self, column).shape != shape:
                faults.add(f"streets: {column} has shape {getattr(self, column).shape}; expected {shape}.")
        if len(self.highway) != n:
            faults.add(f"streets: {len(self.highway)} classes; expected {n}.")
        faults.raise_if_any()
        step = np.diff(self.shape_start)
        lonlat = self.shape_lonlat
        if lonlat.shape[1:] != (2,) or not np.isfinite(lonlat).all() or (np.abs(lonlat) > (180, 90)).any():
            faults.add("streets: shape_lonlat must hold longitudes and latitudes in degrees.")
        if self.shape_start[0] != 0 or self.shape_start[-1] != len(lonlat) or (step < 2).any():
            faults.add("streets: shape_start must run from 0 to the number of points, at least 2 for each street.")
        if (self.length_dm < 0).any() or (self.time_ms < 0).any():
            faults.add("streets: a length or time is negative.")
        faults.raise_if_any()

    def __len__(self) -> int:
        return len(self.name)

    def line(self, row: int) -> NDArray[np.float64]:
        """Return the points of a street, float64, shape (points, 2)."""
        return self.shape_lonlat[int(self.shape_start[row]) : int(self.shape_start[row + 1])]


@dataclass(frozen=True, eq=False, kw_only=True)
class Beat:
    """One drive through an area, K streets long, of which D count for it.

    Parameters
    ----------
    id, area : str
        "kuanino#3" and "kuanino".
    street : int32 array, shape (K,)
        Rows of the street table in driving order, each driven whole.
    forward : bool array, shape (K,)
        Whether along the street's line.
    credited : int32 array, shape (D,)
        Rows that count, each for this beat alone.
    credited_dm : int64 array, shape (D,)
        Decimetres of each inside the area.
    duration_s : int
        At patrol speed on streets that count as they are first driven, else at the network's; for the slowest squad.
    """

    id: str
    area: str
    street: NDArray[np.int32]
    forward: NDArray[np.bool_]
    credited: NDArray[np.int32]
    credited_dm: NDArray[np.int64]
    duration_s: int

    @property
    def entry(self) -> str:
        """Id of the point of the travel matrix where the beat begins."""
        return f"{self.id}:in"

    @property
    def exit(self) -> str:
        """Id of the point of the travel matrix where the beat ends."""
        return f"{self.id}:out"

    @property
    def credit_dm(self) -> int:
        """Decimetres that count."""
        return int(self.credited_dm.sum())


@dataclass(frozen=True, eq=False, kw_only=True)
class BeatBook:
    """All beats of a night.

    Parameters
    ----------
    streets : StreetTable
        All streets in reach of an area, and all that a beat drives.
    polygons : mapping of str to shapely geometry
        The extent of each area, EPSG:4326.
    total_dm : mapping of str to int
        Decimetres of street of each area that may count.
    beats : tuple of Beat
        Those of one area follow each other.

    Raises
    ------
    InputError
        When a beat names streets that are not there, has none, or belongs to no area.
    """

    streets: StreetTable
    polygons: Mapping[str, Any]
    total_dm: Mapping[str, int]
    beats: tuple[Beat, ...]

    def __post_init__(self) -> None:
        faults = Faults()
        for beat in self.beats:
            rows = np.concatenate([beat.street, beat.credited])
            if not len(beat.street) or rows.min() < 0 or rows.max() >= len(self.streets):
                faults.add(f"beat {beat.id!r}: expected streets from 0 to {len(self.streets) - 1:,}, at least one.")
            if len(beat.forward) != len(beat.street) or len(beat.credited_dm) != len(beat.credited):
                faults.add(f"beat {beat.id!r}: its columns differ in length.")
            if beat.area not in self.polygons or beat.area not in self.total_dm:
                faults.add(f"beat {beat.id!r}: area {beat.area!r} is not among the areas.")
        if len({beat.id for beat in self.beats}) < len(self.beats):
            faults.add("beats: an id stands twice.")
        faults.raise_if_any()

    @cached_property
    def by_id(self) -> Mapping[str, Beat]:
        """Beats by id."""
        return {beat.id: beat for beat in self.beats}

    @cached_property
    def by_entry(self) -> Mapping[str, Beat]:
        """Beats by the point where they begin."""
        return {beat.entry: beat for beat in self.beats}

    def of(self, area: str) -> tuple[Beat, ...]:
        """Return the beats of an area."""
        return tuple(beat for beat in self.beats if beat.area == area)

    def weights(self, area: str, weight: int, *, full_share: float = 1.0, beyond_worth: float = 1.0) -> list[int]:
        """Return what each beat of an area earns, in thousandths: parts of the area's weight by the kilometres it adds.

        Beats count in their order: those of the first `full_share` of the area's kilometres in full, what is beyond
        that `beyond_worth` of it. Whichever of them are driven, their parts never add up to more than as many
        kilometres would be worth by themselves, since what is beyond is worth no more.

        Parameters
        ----------
        area : str
        weight : int
            Of all beats together.
        full_share : float
            Of the area's kilometres.
        beyond_worth : float
            From 0 to 1.
        """
        full_dm = full_share * self.total_dm[area]
        done = np.cumsum([0, *(beat.credit_dm for beat in self.of(area))], dtype=np.float64)
        worth = np.minimum(done, full_dm) + beyond_worth * np.maximum(done - full_dm, 0)
        return thousandths(weight, np.diff(np.round(_FINE * worth).astype(np.int64)).tolist())

    def ends(self, beat: Beat) -> tuple[int, int]:
        """Return the ids of the nodes where a beat begins and ends."""
        node = self.streets.node
        return (
            int(node[beat.street[0], 0 if beat.forward[0] else 1]),
            int(node[beat.street[-1], 1 if beat.forward[-1] else 0]),
        )

    def line(self, beat: Beat) -> shapely.LineString:
        """Return the line of a beat in driving order, EPSG:4326."""
        parts = [
            self.streets.line(int(row)) if ahead else self.streets.line(int(row))[::-1]
            for row, ahead in zip(beat.street, beat.forward, strict=True)
        ]
        lonlat = np.concatenate(parts)
        moved = np.append(True, (np.diff(lonlat, axis=0) != 0).any(axis=1))
        moved[-1] |= moved.sum() < 2
        return shapely.LineString(lonlat[moved])

    def stretches(self, beat: Beat) -> Iterator[tuple[str, float, bool]]:
        """Yield name, metres and whether it counts for each stretch of a beat, of one name and kind after the other."""
        counts = set(beat.credited.tolist())
        told: list[Any] = []
        for row, ahead in zip(beat.street.tolist(), beat.forward.tolist(), strict=True):
            # What is driven again no longer counts.
            key = (self.streets.name[row], row in counts)
            counts.discard(row)
            metres = float(self.streets.length_dm[row, 0 if ahead else 1]) / 10
            if told and told[0] == key:
                told[1] += metres
            else:
                if told:
                    yield (*told[0][:1], told[1], told[0][1])
                told = [key, metres]
        if told:
            yield (*told[0][:1], told[1], told[0][1])

    def length_m(self, beat: Beat) -> float:
        """Return the metres that a beat drives."""
        return float(self.streets.length_dm[beat.street, np.where(beat.forward, 0, 1)].sum()) / 10

    def to_bytes(self) -> bytes:
        """Return the book as a compressed `.npz` without pickles; `from_bytes` reads it."""
        table = self.streets
        about = {
            "names": table.name,
            "classes": table.highway,
            "areas": [[area, shapely.to_wkb(p, hex=True), self.total_dm[area]] for area, p in self.polygons.items()],
            "beats": [[beat.id, beat.area, beat.duration_s] for beat in self.beats],
        }
        arrays: dict[str, Any] = {
            "about": np.array(json.dumps(about, ensure_ascii=False)),
            **{column: getattr(table, column) for column in _COLUMNS},
            **_packed("steps", [np.column_stack([b.street, b.forward]).astype(np.int64) for b in self.beats]),
            **_packed("credits", [np.column_stack([b.credited, b.credited_dm]).astype(np.int64) for b in self.beats]),
        }
        return pack_arrays(arrays)

    @classmethod
    def from_bytes(cls, data: bytes, *, where: str = "beats") -> BeatBook:
        """Read what `to_bytes` wrote.

        Parameters
        ----------
        data : bytes
        where : str
            What the faults call the data: its file name, for instance.

        Raises
        ------
        InputError
            When the data is no such book or is larger than any that this package writes.
        """
        try:
            arrays = unpack_arrays(data, most_bytes=_MAX_UNPACKED_BYTES)
            about = json.loads(str(arrays["about"]))
            table = StreetTable(
                name=tuple(map(str, about["names"])),
                highway=tuple(map(str, about["classes"])),
                **{column: arrays[column].astype(kind) for column, kind in _COLUMNS.items()},
            )
            steps, credits_ = _unpacked(arrays, "steps"), _unpacked(arrays, "credits")
            return cls(
                streets=table,
                polygons={str(area): shapely.from_wkb(shape) for area, shape, _ in about["areas"]},
                total_dm={str(area): int(total) for area, _, total in about["areas"]},
                beats=tuple(
                    Beat(
                        id=str(name),
                        area=str(area),
                        street=step[:, 0].astype(np.int32),
                        forward=step[:, 1] != 0,
                        credited=credit[:, 0].astype(np.int32),
                        credited_dm=credit[:, 1],
                        duration_s=int(seconds),
                    )
                    for (name, area, seconds), step, credit in zip(about["beats"], steps, credits_, strict=True)
                ),
            )
        except InputError as error:
            raise InputError(f"{where}: {fault}" for fault in error.faults) from error
        except (ValueError, KeyError, TypeError, IndexError, OverflowError, RecursionError, OSError,
                shapely.GEOSException) as error:  # fmt: skip
            raise InputError([f"{where}: holds no beats ({error}); expected a file that patrolroute wrote."]) from error


_COLUMNS: dict[str, Any] = {
    "edge": np.int64,
    "node": np.int64,
    "two_way": np.bool_,
    "length_dm": np.int64,
    "time_ms": np.int64,
    "shape_start": np.int64,
    "shape_lonlat": np.float64,
}


def _packed(name: str, parts: Sequence[NDArray[np.int64]]) -> dict[str, NDArray[np.int64]]:
    sizes = np.array([len(part) for part in parts], np.int64)
    return {name: np.concatenate([np.zeros((0, 2), np.int64), *parts]), f"{name}_start": np.append(0, np.cumsum(sizes))}


def _unpacked(arrays: Mapping[str, NDArray[Any]], name: str) -> list[NDArray[np.int64]]:
    rows, start = arrays[name].astype(np.int64), arrays[f"{name}_start"].astype(np.int64).tolist()
    if rows.ndim != 2 or rows.shape[1] != 2 or start[-1] != len(rows):
        raise ValueError(f"{name} do not fit together")
    return [rows[a:b] for a, b in pairwise(start)]


def thousandths(weight: int, parts: Sequence[int]) -> list[int]:
    """Return a weight in thousandths, split in proportion to parts by largest remainders.

    Of equal remainders the first goes first; the split adds up to the weight.
    """
    whole = sum(parts)
    if not whole:
        return [0] * len(parts)
    shares = [divmod(1000 * weight * part, whole) for part in parts]
    split = [quotient for quotient, _ in shares]
    order = sorted(range(len(parts)), key=lambda i: (-shares[i][1], i))
    for i in order[: 1000 * weight - sum(split)]:
        split[i] += 1
    return split


def inside_dm(line: Sequence[Sequence[float]], length_dm: float, polygon: BaseGeometry) -> float:
    """Return how many decimetres of a street lie in a polygon: its length times the share of its line inside.

    Piece by piece, by another formula for distances than the roads have, so that a check stands by itself.

    Parameters
    ----------
    line : sequence of (lon, lat)
    length_dm : float
    polygon : shapely.Polygon or MultiPolygon
    """
    whole = inside = 0.0
    for a, b in pairwise(line):
        whole += _apart_m(a, b)
        kept = shapely.LineString([a, b]).intersection(polygon)
        for part in getattr(kept, "geoms", [kept]):
            if part.geom_type == "LineString" and not part.is_empty:
                inside += sum(_apart_m(p, q) for p, q in pairwise(part.coords))
    if whole == 0:
        return length_dm * polygon.covers(shapely.Point(line[0]))
    return length_dm * min(inside / whole, 1.0)


def _apart_m(a: Sequence[float], b: Sequence[float]) -> float:
    """Return great-circle metres between two points (lon, lat), by the chord between unit vectors."""
    u, v = (
        (
            math.cos(math.radians(y)) * math.cos(math.radians(x)),
            math.cos(math.radians(y)) * math.sin(math.radians(x)),
            math.sin(math.radians(y)),
        )
        for x, y in (a[:2], b[:2])
    )
    return 2 * _RADIUS_M * math.asin(min(math.dist(u, v) / 2, 1.0))
