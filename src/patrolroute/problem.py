"""`PatrolProblem`: the normal form that search, bound and engines know. Integers only: no map, no calendar.

Whatever a planner may ask for compiles (`patrolroute.rules`) into these primitives:

- a *visit* is entered at one point and left at another, takes a duration, may begin within one window, has a tier and a
  weight, and may be made by some of the squads;
- a *group* holds alternative visits, of which at most one counts: a site that opens twice a night is one group of two
  visits. Every visit belongs to exactly one group; a required group must be served.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from patrolroute.errors import Faults
from patrolroute.matrix import TravelMatrix, whole_numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

FARTHEST_S = 2**29
"""Seventeen years: no time or length of time lies farther out."""

_SQUARE = "expected a square table of n + 1 rows and columns, the base first, then the n sites"

Orders = tuple[tuple[int, ...], ...]
"""One tuple a squad, in the squads' order: the rows of the visits it makes, in visiting order."""


def _columns(table: Any, names: tuple[str, ...], length: int, faults: Faults) -> None:
    """Make the named columns of a frozen table int32 arrays of one length."""
    for name in names:
        column = whole_numbers(f"{table.what}.{name}", getattr(table, name), ndim=1, faults=faults)
        if len(column) != length and not faults:
            faults.add(f"{table.what}.{name}: expected {length} values, one for each id, found {len(column)}.")
        object.__setattr__(table, name, column)


def _pairs(name: str, values: ArrayLike, rows: int, faults: Faults) -> NDArray[np.int32]:
    """Return pairs of whole numbers, shape (rows, 2)."""
    try:
        array = np.asarray(values)
    except ValueError:
        array = np.zeros(0)
    if array.size == 0 and rows == 0:
        return np.zeros((0, 2), np.int32)
    if array.shape != (rows, 2):
        faults.add(f"{name}: expected {rows} pairs of a first and a last second, found shape {array.shape}.")
        return np.zeros((0, 2), np.int32)
    return whole_numbers(name, array, ndim=2, faults=faults)


def _square(name: str, values: ArrayLike, faults: Faults) -> NDArray[np.int32]:
    """Return a table of whole numbers with as many rows as columns."""
    try:
        array = np.asarray(values)
    except ValueError:
        faults.add(f"{name}: its rows differ in length; {_SQUARE}.")
        return np.zeros((0, 0), np.int32)
    if array.ndim != 2 or array.shape[0] != array.shape[1]:
        faults.add(f"{name}: {_SQUARE}; found {array.shape}.")
        return np.zeros((0, 0), np.int32)
    return whole_numbers(name, array, ndim=2, faults=faults)


def _numbers(name: str, values: ArrayLike, wanted: tuple[str, int, int], faults: Faults) -> NDArray[np.int32]:
    """Return whole numbers, one for each of some things; `wanted` says what they are, how many, and the least value."""
    what, count, least = wanted
    column = whole_numbers(name, values, ndim=1, faults=faults)
    # Values that are no whole numbers come back as none, with their fault noted.
    if len(column) != count and (len(column) or not np.size(values)):
        faults.add(f"{name}: expected {count} values, one for each {what}, found {len(column)}.")
    for row in np.flatnonzero(column < least):
        faults.add(f"{name}: {what}-{row + 1} has {column[row]}; expected {least} or more.")
    return column


def _in_order(words: str, spans: NDArray[np.int32], faults: Faults) -> None:
    for row in np.flatnonzero(spans[:, 1] < spans[:, 0]):
        faults.add(words.format(row + 1, spans[row, 1], spans[row, 0]))


def _check_times(table: Any, names: tuple[str, ...], faults: Faults) -> None:
    """Keep times so far from the end of 32 bits that two of them can be added."""
    for name in names:
        column = getattr(table, name)
        for row in np.flatnonzero((column > FARTHEST_S) | (column < -FARTHEST_S)):
            faults.add(
                f"{table.what} row {row} {table.ids[row]!r}: {name} is {column[row]}; expected at most {FARTHEST_S:,} "
                "seconds before or after second 0."
            )


def _check_ids(what: str, ids: Sequence[str], faults: Faults) -> None:
    if len(set(ids)) < len(ids):
        twice = sorted({i for i in ids if ids.count(i) > 1})
        faults.add(f"{what}.ids: {', '.join(map(repr, twice[:10]))} stand(s) twice; give each an id of its own.")


@dataclass(frozen=True, eq=False, kw_only=True)
class Squads:
    """The K squads, one row each.

    Parameters
    ----------
    ids : tuple of str
    start, end : int32 array, shape (K,)
        Points (rows of the travel matrix) where the squad sets out and where it must come back to.
    profile : int32 array, shape (K,)
        Layer of the travel matrix.
    from_s, until_s : int32 array, shape (K,)
        Seconds from which the squad may leave `start` and until which it must have reached `end`.
    max_drive_s : int32 array, shape (K,)
        Most seconds at the wheel, all legs added.
    """

    ids: tuple[str, ...]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    profile: NDArray[np.int32]
    from_s: NDArray[np.int32]
    until_s: NDArray[np.int32]
    max_drive_s: NDArray[np.int32]

    what = "squads"

    def __post_init__(self) -> None:
        faults = Faults()
        _check_ids(self.what, self.ids, faults)
        _columns(self, ("start", "end", "profile", "from_s", "until_s", "max_drive_s"), len(self.ids), faults)
        if not faults:
            _check_times(self, ("from_s", "until_s", "max_drive_s"), faults)
            for k in np.flatnonzero(self.until_s < self.from_s):
                faults.add(
                    f"squads row {k} {self.ids[k]!r}: must be back at {self.until_s[k]} s, before it may leave "
                    f"at {self.from_s[k]} s."
                )
            for k in np.flatnonzero(self.max_drive_s < 0):
                faults.add(f"squads row {k} {self.ids[k]!r}: max_drive_s is negative.")
        faults.raise_if_any()

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, eq=False, kw_only=True)
class Groups:
    """The G groups of alternative visits, one row each.

    Parameters
    ----------
    ids : tuple of str
        The site (or other object of the scenario) that the group stands for.
    required : bool array, shape (G,)
        Whether one of the group's visits must be made.
    """

    ids: tuple[str, ...]
    required: NDArray[np.bool_]

    def __post_init__(self) -> None:
        faults = Faults()
        _check_ids("groups", self.ids, faults)
        required = np.asarray(self.required, dtype=np.bool_).view()
        required.flags.writeable = False
        object.__setattr__(self, "required", required)
        if required.shape != (len(self.ids),):
            faults.add(f"groups.required: expected {len(self.ids)} values, one for each id, found {required.shape}.")
        faults.raise_if_any()

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, eq=False, kw_only=True)
class Visits:
    """The V visits, one row each.

    Parameters
    ----------
    ids : tuple of str
    group : int32 array, shape (V,)
        Row of `Groups`; at most one visit of a group counts.
    entry, exit : int32 array, shape (V,)
        Points where the visit is entered and left; the same point for a stop.
    duration_s : int32 array, shape (V,)
        Seconds from the visit's beginning to its end.
    opens_s, closes_s : int32 array, shape (V,)
        First and last second at which the visit may *begin*. A squad that comes earlier waits.
    tier : int32 array, shape (V,)
        1 is the most important; a tier is never traded for lower ones.
    weight : int32 array, shape (V,)
        Worth within the tier, 0 or more.
    squads : bool array, shape (V, K)
        Which squads may make the visit.
    """

    ids: tuple[str, ...]
    group: NDArray[np.int32]
    entry: NDArray[np.int32]
    exit: NDArray[np.int32]
    duration_s: NDArray[np.int32]
    opens_s: NDArray[np.int32]
    closes_s: NDArray[np.int32]
    tier: NDArray[np.int32]
    weight: NDArray[np.int32]
    squads: NDArray[np.bool_]

    what = "visits"

    def __post_init__(self) -> None:
        faults = Faults()
        _check_ids(self.what, self.ids, faults)
        names = ("group", "entry", "exit", "duration_s", "opens_s", "closes_s", "tier", "weight")
        _columns(self, names, len(self.ids), faults)
        squads = np.asarray(self.squads, dtype=np.bool_).view()
        squads.flags.writeable = False
        object.__setattr__(self, "squads", squads)
        if squads.ndim != 2 or squads.shape[0] != len(self.ids):
            faults.add(f"visits.squads: expected shape ({len(self.ids)}, squads), found {squads.shape}.")
        if not faults:
            _check_times(self, ("duration_s", "opens_s", "closes_s"), faults)
            for name, least in (("duration_s", 0), ("tier", 1), ("weight", 0)):
                for v in np.flatnonzero(getattr(self, name) < least):
                    value = getattr(self, name)[v]
                    faults.add(f"visits row {v} {self.ids[v]!r}: {name} is {value}; expected {least} or more.")
            for v in np.flatnonzero(self.closes_s < self.opens_s):
                faults.add(
                    f"visits row {v} {self.ids[v]!r}: closes at {self.closes_s[v]} s before it opens at "
                    f"{self.opens_s[v]} s."
                )
        faults.raise_if_any()

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, eq=False, kw_only=True)
class PatrolProblem:
    """One night as integers: a travel matrix, squads, visits and groups, cross-checked.

    Parameters
    ----------
    matrix : TravelMatrix
        P profiles, N points.
    squads : Squads
    groups : Groups
    visits : Visits

    Raises
    ------
    InputError
        With every row that names a point, profile or group that does not exist, and every group whose visits differ
        in tier.
    """

    matrix: TravelMatrix
    squads: Squads
    groups: Groups
    visits: Visits

    def __post_init__(self) -> None:
        faults = Faults()
        points, layers = len(self.matrix.ids), len(self.matrix.profiles)
        self._check_range("squads", self.squads, {"start": points, "end": points, "profile": layers}, faults)
        self._check_range("visits", self.visits, {"entry": points, "exit": points, "group": len(self.groups)}, faults)
        if self.visits.squads.shape[1] != len(self.squads):
            faults.add(
                f"visits.squads: expected {len(self.squads)} columns, one for each squad, found "
                f"{self.visits.squads.shape[1]}."
            )
        if not faults:
            served = np.unique(self.visits.group)
            for g in sorted(set(range(len(self.groups))) - set(served.tolist())):
                faults.add(f"groups row {g} {self.groups.ids[g]!r}: no visit belongs to it.")
            for v in np.flatnonzero(self.visits.tier != self.group_tier[self.visits.group]):
                faults.add(f"visits row {v} {self.visits.ids[v]!r}: the visits of a group must share one tier.")
        faults.raise_if_any()

    @staticmethod
    def _check_range(what: str, table: Squads | Visits, limits: dict[str, int], faults: Faults) -> None:
        for name, limit in limits.items():
            column = getattr(table, name)
            for row in np.flatnonzero((column < 0) | (column >= limit)):
                faults.add(f"{what} row {row} {table.ids[row]!r}: {name} is {column[row]}; expected 0 to {limit - 1}.")

    @cached_property
    def tiers(self) -> tuple[int, ...]:
        """The tiers in use, the most important first."""
        return tuple(int(t) for t in np.unique(self.visits.tier))

    @cached_property
    def group_tier(self) -> NDArray[np.int32]:
        """Tier of each group, shape (G,)."""
        tier = np.zeros(len(self.groups), np.int32)
        tier[self.visits.group] = self.visits.tier
        return tier

    @cached_property
    def group_weight(self) -> NDArray[np.int32]:
        """Greatest weight among each group's visits, shape (G,): what serving it can be worth."""
        weight = np.zeros(len(self.groups), np.int32)
        np.maximum.at(weight, self.visits.group, self.visits.weight)
        return weight

    @cached_property
    def digest(self) -> str:
        """SHA-256 over all ids and numbers: two problems are the same exactly when their digests are."""
        digest = hashlib.sha256()
        for names in (
            self.matrix.ids,
            self.matrix.profiles,
            self.squads.ids,
            self.groups.ids,
            self.visits.ids,
        ):
            digest.update(repr(names).encode())
        arrays = [self.matrix.travel_s, self.matrix.travel_m, self.groups.required, self.visits.squads]
        for table, columns in (
            (self.squads, ("start", "end", "profile", "from_s", "until_s", "max_drive_s")),
            (
                self.visits,
                ("group", "entry", "exit", "duration_s", "opens_s", "closes_s", "tier", "weight"),
            ),
        ):
            arrays += [getattr(table, column) for column in columns]
        for array in arrays:
            digest.update(repr((array.shape, array.dtype.str)).encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()

    @classmethod
    def from_arrays(
        cls,
        travel_s: ArrayLike,
        *,
        travel_m: ArrayLike | None = None,
        dwell_s: ArrayLike,
        weight: ArrayLike,
        shifts_s: Sequence[tuple[int, int]],
        tier: ArrayLike | None = None,
        windows_s: ArrayLike | None = None,
        required: ArrayLike | None = None,
        max_drive_s: Sequence[int] | None = None,
    ) -> PatrolProblem:
        """Build the common case from arrays: one base, one stop a site, one vehicle profile.

        Parameters
        ----------
        travel_s : int array, shape (n + 1, n + 1)
            Seconds from row to column. Point 0 is the base of every squad, points 1..n are the sites.
        travel_m : int array, shape (n + 1, n + 1), optional
            Metres; all zero when left out.
        dwell_s, weight : int array, shape (n,)
            Seconds of each stop, and its worth.
        shifts_s : sequence of (from_s, until_s)
            One pair for each squad.
        tier : int array, shape (n,), optional
            1 for all when left out.
        windows_s : int array, shape (n, 2), optional
            First and last second at which each stop may begin; any time within the shifts when left out.
        required : bool array, shape (n,), optional
        max_drive_s : sequence of int, one for each squad, optional
            No limit when left out.

        Raises
        ------
        InputError
            When shapes do not fit, a number is no integer or out of range; it lists every fault by the argument's name.
        """
        faults = Faults()
        seconds = _square("travel_s", travel_s, faults)
        metres = np.zeros_like(seconds) if travel_m is None else _square("travel_m", travel_m, faults)
        faults.raise_if_any()
        n, k = max(len(seconds) - 1, 0), len(shifts_s)
        if len(metres) != len(seconds):
            faults.add(f"travel_m: expected the shape of travel_s, {seconds.shape}, found {metres.shape}.")
        if n + 1 == np.size(dwell_s) == np.size(weight):
            faults.add(
                f"travel_s: {n + 1} rows and columns for {n + 1} sites; expected {n + 2}, the base first, then the "
                "sites; add the base's row and column."
            )
        faults.raise_if_any()
        shifts = _pairs("shifts_s", shifts_s, k, faults)
        dwell = _numbers("dwell_s", dwell_s, ("site", n, 0), faults)
        worth = _numbers("weight", weight, ("site", n, 0), faults)
        tiers = _numbers("tier", np.ones(n, np.int32) if tier is None else tier, ("site", n, 1), faults)
        must = np.zeros(n, np.bool_) if required is None else np.asarray(required, np.bool_)
        if must.shape != (n,):
            faults.add(f"required: expected {n} values, one for each site, found {np.size(must)}.")
        most = None if max_drive_s is None else _numbers("max_drive_s", max_drive_s, ("squad", k, 0), faults)
        _in_order("shifts_s: squad-{} must be back at {} s, before it may leave at {} s.", shifts, faults)
        latest = int(shifts[:, 1].max(initial=0))
        earliest = int(shifts[:, 0].min(initial=latest))
        any_time = [(earliest, max(earliest, latest))] * n
        windows = _pairs("windows_s", any_time if windows_s is None else windows_s, n, faults)
        _in_order("windows_s: site-{} closes at {} s before it opens at {} s.", windows, faults)
        faults.raise_if_any()
        sites = tuple(f"site-{i}" for i in range(1, n + 1))
        points = np.arange(1, n + 1, dtype=np.int32)
        return cls(
            matrix=TravelMatrix(
                ids=("base", *sites)[: len(seconds)],
                profiles=("car",),
                travel_s=seconds[np.newaxis],
                travel_m=metres[np.newaxis],
            ),
            squads=Squads(
                ids=tuple(f"squad-{i}" for i in range(1, k + 1)),
                start=np.zeros(k, np.int32),
                end=np.zeros(k, np.int32),
                profile=np.zeros(k, np.int32),
                from_s=shifts[:, 0],
                until_s=shifts[:, 1],
                max_drive_s=shifts[:, 1] - shifts[:, 0] if most is None else most,
            ),
            groups=Groups(
                ids=sites,
                required=must,
            ),
            visits=Visits(
                ids=sites,
                group=np.arange(n, dtype=np.int32),
                entry=points,
                exit=points,
                duration_s=dwell,
                opens_s=windows[:, 0],
                closes_s=windows[:, 1],
                tier=tiers,
                weight=worth,
                squads=np.ones((n, k), np.bool_),
            ),
        )
