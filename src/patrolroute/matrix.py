"""`TravelMatrix`: whole seconds and metres between the places of a scenario."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from pydantic import TypeAdapter

from patrolroute.archive import pack_arrays, unpack_arrays
from patrolroute.errors import Faults, InputError
from patrolroute.provenance import Provenance

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

_MOST_PLACES = 6
_INT32_MAX = np.iinfo(np.int32).max
_MAX_UNPACKED_BYTES = 16 * 2**30
_Table = TypeVar("_Table", "TravelMatrix", "TravelPeriods")


def places_of(array: NDArray[Any], wrong: NDArray[np.bool_]) -> str:
    """Return what stands where in an array, the first places of those that are wrong and how many more there are."""
    where = np.argwhere(wrong)
    told = [f"{array[tuple(at)]} at {tuple(at.tolist()) if len(at) > 1 else int(at[0])}" for at in where[:_MOST_PLACES]]
    more = len(where) - len(told)
    return ", ".join(told) + (f" and {more} more" if more else "")


def whole_numbers(name: str, values: Any, *, ndim: int, faults: Faults) -> NDArray[np.int32]:
    """Return `values` as a read-only int32 array, noting a fault where they are not whole numbers in range.

    Floats are refused even when whole: rounding is decided once, where seconds and metres are made.
    """
    array = np.asarray(values)
    if array.size == 0 and array.ndim == ndim:
        array = array.astype(np.int64)
    if np.issubdtype(array.dtype, np.floating) and not np.isfinite(array).all():
        faults.add(f"{name}: {places_of(array, ~np.isfinite(array))}; expected whole numbers; give every value.")
        return np.zeros((0,) * ndim, np.int32)
    if not np.issubdtype(array.dtype, np.integer):
        faults.add(f"{name}: expected whole numbers, found {array.dtype}; round up once and pass integers.")
        return np.zeros((0,) * ndim, np.int32)
    if array.ndim != ndim:
        faults.add(f"{name}: expected {ndim} dimension(s), found {array.ndim}.")
        return np.zeros((0,) * ndim, np.int32)
    if array.size and (int(array.min()) < -_INT32_MAX or int(array.max()) > _INT32_MAX):
        faults.add(f"{name}: a value is beyond 32 bits ({_INT32_MAX:,}).")
        return np.zeros((0,) * ndim, np.int32)
    # A copy wherever the caller could still write into the array: what is frozen stays as it was checked.
    result = array.astype(np.int32, copy=array.flags.writeable)
    result.flags.writeable = False
    return result


@dataclass(frozen=True, eq=False, kw_only=True)
class TravelMatrix:
    """Driving times and lengths between points, one layer for each vehicle profile.

    Parameters
    ----------
    ids : tuple of str
        Names of the N points (sites and the squads' places), all different.
    profiles : tuple of str
        Names of the P vehicle profiles, as in `Squad.profile`.
    travel_s : int32 array, shape (P, N, N)
        Whole seconds from row to column, rounded up once; the diagonal is 0.
    travel_m : int32 array, shape (P, N, N)
        Whole metres along the fastest way; the diagonal is 0.
    provenance : Provenance
        Where the roads come from.
    lonlat : float64 array, shape (N, 2), optional
        Where each point meets the streets, in degrees; NaN for a point that is nowhere.

    Raises
    ------
    InputError
        When shapes differ, a value is negative or no integer, or an id stands twice.
    """

    ids: tuple[str, ...]
    profiles: tuple[str, ...]
    travel_s: NDArray[np.int32]
    travel_m: NDArray[np.int32]
    provenance: Provenance = field(default=Provenance(kind="arrays", source="arrays given by the caller"))
    lonlat: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        faults = Faults()
        shape = (len(self.profiles), len(self.ids), len(self.ids))
        for name in ("travel_s", "travel_m"):
            array = whole_numbers(name, getattr(self, name), ndim=3, faults=faults)
            if array.shape != shape and not faults:
                faults.add(f"{name}: expected shape {shape} (profiles, points, points), found {array.shape}.")
            elif array.size and int(array.min()) < 0:
                faults.add(f"{name}: {places_of(array, array < 0)}; travel takes zero or more.")
            elif array.size and array.diagonal(axis1=1, axis2=2).any():
                faults.add(f"{name}: the diagonal must be 0; staying takes no time.")
            object.__setattr__(self, name, array)
        if self.lonlat is not None:
            lonlat = np.array(self.lonlat, np.float64)
            lonlat.flags.writeable = False
            object.__setattr__(self, "lonlat", lonlat)
            if lonlat.shape != (len(self.ids), 2):
                faults.add(f"lonlat: expected shape {(len(self.ids), 2)} (points, lon and lat), found {lonlat.shape}.")
        for what, names in (("ids", self.ids), ("profiles", self.profiles)):
            twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
            if twice:
                faults.add(f"{what}: {', '.join(map(repr, twice))} stand(s) twice; give each a name of its own.")
        faults.raise_if_any()

    @cached_property
    def _index(self) -> Mapping[str, int]:
        return {name: i for i, name in enumerate(self.ids)}

    def index(self, point: str) -> int:
        """Return the row of a point.

        Raises
        ------
        InputError
            When the matrix has no such point.
        """
        try:
            return self._index[point]
        except KeyError:
            raise InputError([f"the travel matrix has no point {point!r}."]) from None

    def drive(self, profile: str, origin: str, destination: str) -> tuple[int, int]:
        """Return seconds and metres of the fastest drive between two points."""
        layer, i, j = self.profiles.index(profile), self.index(origin), self.index(destination)
        return int(self.travel_s[layer, i, j]), int(self.travel_m[layer, i, j])

    def position(self, point: str) -> tuple[float, float] | None:
        """Return lon and lat at which a point meets the streets; None where the matrix does not tell."""
        row = self.index(point)
        if self.lonlat is None or not np.isfinite(self.lonlat[row]).all():
            return None
        return float(self.lonlat[row, 0]), float(self.lonlat[row, 1])

    def with_free_point(self, name: str) -> TravelMatrix:
        """Return the matrix with one more point that is nowhere: no seconds and no metres to and from all others.

        The start or end of a squad that sets out or ends wherever it is. Nothing may lead through it: the triangle
        inequality does not hold there.

        Raises
        ------
        InputError
            When the matrix has a point of that name.
        """

        def widened(layers: NDArray[np.int32]) -> NDArray[np.int32]:
            # Metres are one layer that all profiles look at; so they stay.
            shared = layers.strides[0] == 0 and len(layers) > 1
            wide = np.pad(layers[:1] if shared else layers, ((0, 0), (0, 1), (0, 1)))
            wide.flags.writeable = False
            return np.broadcast_to(wide, (len(layers), *wide.shape[1:])) if shared else wide

        return TravelMatrix(
            ids=(*self.ids, name),
            profiles=self.profiles,
            travel_s=widened(self.travel_s),
            travel_m=widened(self.travel_m),
            provenance=self.provenance,
            lonlat=None if self.lonlat is None else np.vstack([self.lonlat, (np.nan, np.nan)]),
        )

    def to_bytes(self) -> bytes:
        """Return the matrix as a compressed `.npz` without pickles; `from_bytes` reads it."""
        return _packed(self)

    @classmethod
    def from_bytes(cls, data: bytes, *, where: str = "matrix") -> TravelMatrix:
        """Read what `to_bytes` wrote.

        Parameters
        ----------
        data : bytes
        where : str
            What the faults call the data: its file name, for instance.

        Raises
        ------
        InputError
            When the data is no such matrix or is larger than any that this package writes.
        """
        return _unpacked(data, where, lambda arrays: cls(**_common(arrays)), "travel matrix", "matrix.npz")


def _packed(table: TravelMatrix | TravelPeriods, **more: NDArray[Any]) -> bytes:
    known = {} if table.lonlat is None else {"lonlat": table.lonlat}
    arrays = {
        "ids": np.array(table.ids, dtype=np.str_),
        "profiles": np.array(table.profiles, dtype=np.str_),
        "travel_s": table.travel_s,
        "travel_m": table.travel_m,
        "provenance": np.array(TypeAdapter(Provenance).dump_json(table.provenance).decode()),
    }
    return pack_arrays(arrays | known | more)


def _common(arrays: Mapping[str, NDArray[Any]]) -> dict[str, Any]:
    lonlat = arrays.get("lonlat")
    return {
        "ids": tuple(map(str, arrays["ids"])),
        "profiles": tuple(map(str, arrays["profiles"])),
        "travel_s": arrays["travel_s"],
        "travel_m": arrays["travel_m"],
        "provenance": TypeAdapter(Provenance).validate_json(str(arrays["provenance"])),
        "lonlat": None if lonlat is None else lonlat.astype(np.float64, casting="same_kind"),
    }


def _unpacked(
    data: bytes, where: str, build: Callable[[Mapping[str, NDArray[Any]]], _Table], what: str, file: str
) -> _Table:
    try:
        return build(unpack_arrays(data, most_bytes=_MAX_UNPACKED_BYTES))
    except InputError as error:
        raise InputError(f"{where}: {fault}" for fault in error.faults) from error
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise InputError([f"{where}: not a {what} ({error}); expected a {file} that patrolroute wrote."]) from error


def arrival_s(
    departure_s: NDArray[np.int64] | int, begins_s: NDArray[np.int64], travel_s: NDArray[np.integer]
) -> NDArray[np.int64]:
    """Return when drives arrive that set out at certain seconds, at the speed of the hour in which each sets out.

    Where a later period is so much faster that whoever sets out then is there sooner, it counts as waiting for it: so a
    later departure never arrives earlier (first in, first out, by unrestricted waiting: Orda, Rom,
    10.1145/79147.214078).

    Parameters
    ----------
    departure_s : int64 array or int
        Any shape that broadcasts with one period of `travel_s`.
    begins_s : int64 array, shape (T,)
        The second in which each period begins, rising; the first also holds before it.
    travel_s : int array, shape (T, ...)
        Seconds of the drives that set out in each period.

    Returns
    -------
    int64 array, shape of `departure_s` broadcast with one period of `travel_s`
    """
    depart = np.asarray(departure_s, np.int64)
    begins = np.asarray(begins_s, np.int64)
    seconds = np.asarray(travel_s, np.int64)
    arrive = np.full(np.broadcast_shapes(depart.shape, seconds.shape[1:]), np.iinfo(np.int64).max)
    for begin, next_begin, period in zip(begins, [*begins[1:], None], seconds, strict=True):
        leave = depart if begin == begins[0] else np.maximum(depart, begin)
        possible = True if next_begin is None else leave < next_begin
        np.minimum(arrive, leave + period, out=arrive, where=possible)
    return arrive


def departure_s(
    arrival_s: NDArray[np.int64] | int, begins_s: NDArray[np.int64], travel_s: NDArray[np.integer]
) -> NDArray[np.int64]:
    """Return the latest second at which drives may set out to arrive by certain seconds; `arrival_s` turned round.

    Parameters
    ----------
    arrival_s : int64 array or int
        Any shape that broadcasts with one period of `travel_s`.
    begins_s, travel_s
        As `arrival_s` takes them.
    """
    due = np.asarray(arrival_s, np.int64)
    begins = np.asarray(begins_s, np.int64)
    seconds = np.asarray(travel_s, np.int64)
    latest: NDArray[np.int64] = np.asarray(due - seconds[0])
    if len(begins) == 1:
        return latest
    latest = np.minimum(latest, begins[1] - 1)
    for begin, next_begin, period in zip(begins[1:], [*begins[2:], None], seconds[1:], strict=True):
        leave = due - period if next_begin is None else np.minimum(due - period, next_begin - 1)
        latest = np.where(leave >= begin, leave, latest)
    return latest


@dataclass(frozen=True, eq=False, kw_only=True)
class TravelPeriods:
    """Driving times and lengths by the hour in which a drive sets out: T periods.

    Parameters
    ----------
    begins_s : int64 array, shape (T,)
        Seconds since the scenario's start at which each period begins, rising; the first also holds before it.
    travel_s, travel_m : int32 array, shape (T, P, N, N)
        See `TravelMatrix`.
    ids, profiles : tuple of str
    provenance : Provenance
    lonlat : float64 array, shape (N, 2), optional

    Raises
    ------
    InputError
        When shapes differ, periods do not rise, or a period's matrix is none.
    """

    begins_s: NDArray[np.int64]
    ids: tuple[str, ...]
    profiles: tuple[str, ...]
    travel_s: NDArray[np.int32]
    travel_m: NDArray[np.int32]
    provenance: Provenance
    lonlat: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        faults = Faults()
        begins = whole_numbers("periods: begins_s", self.begins_s, ndim=1, faults=faults).astype(np.int64)
        for name in ("travel_s", "travel_m"):
            if (found := np.ndim(getattr(self, name))) != 4:
                faults.add(f"periods: {name} has {found} dimension(s); expected 4 (periods, profiles, points, points).")
        faults.raise_if_any()
        if not len(begins) or (np.diff(begins) <= 0).any():
            faults.add("periods: begins_s must be at least one second, each later than the one before.")
        if not len(begins) == len(self.travel_s) == len(self.travel_m):
            faults.add(
                f"periods: {len(begins)} begin; found seconds of {len(self.travel_s)} and metres of "
                f"{len(self.travel_m)}."
            )
        faults.raise_if_any()
        begins.flags.writeable = False
        object.__setattr__(self, "begins_s", begins)
        for period in range(len(begins)):
            self.at(period)
        for name in ("travel_s", "travel_m"):
            frozen = np.array(getattr(self, name), np.int32)
            frozen.flags.writeable = False
            object.__setattr__(self, name, frozen)

    @classmethod
    def always(cls, matrix: TravelMatrix) -> TravelPeriods:
        """Return one period that is always, with the travel of a matrix."""
        return cls(
            begins_s=np.zeros(1, np.int64),
            ids=matrix.ids,
            profiles=matrix.profiles,
            travel_s=matrix.travel_s[None],
            travel_m=matrix.travel_m[None],
            provenance=matrix.provenance,
            lonlat=matrix.lonlat,
        )

    @cached_property
    def at_hour(self) -> tuple[TravelMatrix, ...]:
        """The matrix of each period."""
        return tuple(self.at(period) for period in range(len(self.begins_s)))

    def at(self, period: int) -> TravelMatrix:
        """Return the matrix of one period."""
        return TravelMatrix(
            ids=self.ids,
            profiles=self.profiles,
            travel_s=self.travel_s[period],
            travel_m=self.travel_m[period],
            provenance=self.provenance,
            lonlat=self.lonlat,
        )

    def with_free_point(self, name: str) -> TravelPeriods:
        """Return the periods with one more point that is nowhere, at every hour; see `TravelMatrix.with_free_point`.

        Raises
        ------
        InputError
            When there is a point of that name.
        """
        wide = [self.at(period).with_free_point(name) for period in range(len(self.begins_s))]
        return replace(
            self,
            ids=wide[0].ids,
            travel_s=np.stack([each.travel_s for each in wide]),
            travel_m=np.stack([each.travel_m for each in wide]),
            lonlat=wide[0].lonlat,
        )

    @cached_property
    def slowest_period(self) -> NDArray[np.int64]:
        """The period in which each drive takes longest, of equally long ones the farthest, shape (P, N, N)."""
        length = self.travel_s.astype(np.int64) * (_INT32_MAX + 1) + self.travel_m
        period: NDArray[np.int64] = length.argmax(axis=0)
        return period

    @property
    def slowest(self) -> TravelMatrix:
        """The seconds that no drive exceeds, whenever it sets out, and the metres of those drives.

        They keep the triangle inequality, being the greatest of numbers that keep it.
        """
        chosen = self.slowest_period[None]
        return TravelMatrix(
            ids=self.ids,
            profiles=self.profiles,
            travel_s=np.take_along_axis(self.travel_s, chosen, axis=0)[0],
            travel_m=np.take_along_axis(self.travel_m, chosen, axis=0)[0],
            provenance=self.provenance,
            lonlat=self.lonlat,
        )

    def arrival_s(self, profile: str, origin: str, destination: str, departure_s: int) -> int:
        """Return when a drive arrives that sets out at a second since the scenario's start; see `arrival_s`."""
        layer, i, j = self.profiles.index(profile), self.ids.index(origin), self.ids.index(destination)
        return int(arrival_s(departure_s, self.begins_s, self.travel_s[:, layer, i, j]))

    @cached_property
    def fastest_s(self) -> NDArray[np.int32]:
        """The seconds that no drive undercuts, whenever it sets out, shape (P, N, N).

        They need not keep the triangle inequality: a way by a third point may be fast at another hour.
        """
        least: NDArray[np.int32] = self.travel_s.min(axis=0)
        return least

    def period_at(self, second: int) -> int:
        """Return which period a second lies in."""
        return max(int(np.searchsorted(self.begins_s, second, side="right")) - 1, 0)

    def hours_for(
        self, profile: str, origin: str, destination: str, *, leave_s: int, arrive_s: int
    ) -> list[tuple[int, int, int]]:
        """Return in which periods a drive can be made between two seconds: period, seconds, metres, the latest first.

        Parameters
        ----------
        profile, origin, destination : str
        leave_s, arrive_s : int
            The earliest second at which it may set out, and the latest at which it must be there.

        Raises
        ------
        InputError
            When there is no such point.
        """
        drives = []
        for period in reversed(range(len(self.begins_s))):
            seconds, metres = self.at_hour[period].drive(profile, origin, destination)
            opens_s = leave_s if period == 0 else max(leave_s, int(self.begins_s[period]))
            closes_s = arrive_s - seconds
            if period + 1 < len(self.begins_s):
                closes_s = min(closes_s, int(self.begins_s[period + 1]) - 1)
            if opens_s <= closes_s:
                drives.append((period, seconds, metres))
        return drives

    def to_bytes(self) -> bytes:
        """Return the periods as a compressed `.npz` without pickles; `from_bytes` reads it."""
        return _packed(self, begins_s=self.begins_s)

    @classmethod
    def from_bytes(cls, data: bytes, *, where: str = "hours") -> TravelPeriods:
        """Read what `to_bytes` wrote; see `TravelMatrix.from_bytes`.

        Raises
        ------
        InputError
            When the data are no such periods or larger than any that this package writes.
        """

        def built(arrays: Mapping[str, NDArray[Any]]) -> TravelPeriods:
            return cls(begins_s=arrays["begins_s"], **_common(arrays))

        return _unpacked(data, where, built, "travel matrix by the hour", "hours.npz")
