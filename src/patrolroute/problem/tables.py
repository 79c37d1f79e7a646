"""The tables of a problem: squads, groups, visits, couplings; one row each, int32 columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from patrolroute.errors import Faults
from patrolroute.problem.columns import FARTHEST_S, check_ids, check_rows, check_times, or_all, set_columns

if TYPE_CHECKING:
    from numpy.typing import NDArray


def _none() -> NDArray[np.int32]:
    """Return the column that stands for one that was left out."""
    return np.zeros(0, np.int32)


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
    overtime_from_s : int32 array, shape (K,), optional
        A return after this second is overtime; `until_s`, so that there is none, when left out.
    max_stops : int32 array, shape (K,), optional
        Most visits, duties not counted; no limit when left out.
    """

    ids: tuple[str, ...]
    start: NDArray[np.int32]
    end: NDArray[np.int32]
    profile: NDArray[np.int32]
    from_s: NDArray[np.int32]
    until_s: NDArray[np.int32]
    max_drive_s: NDArray[np.int32]
    overtime_from_s: NDArray[np.int32] = field(default_factory=_none)
    max_stops: NDArray[np.int32] = field(default_factory=_none)

    what = "squads"

    def __post_init__(self) -> None:
        faults = Faults()
        check_ids(self.what, self.ids, faults)
        set_columns(self, ("start", "end", "profile", "from_s", "until_s", "max_drive_s"), len(self.ids), faults)
        if not faults:
            object.__setattr__(self, "overtime_from_s", or_all(self.overtime_from_s, self.until_s))
            object.__setattr__(self, "max_stops", or_all(self.max_stops, np.full(len(self.ids), FARTHEST_S)))
            set_columns(self, ("overtime_from_s", "max_stops"), len(self.ids), faults)
        if not faults:
            check_times(self, ("from_s", "until_s", "max_drive_s", "overtime_from_s"), faults)
            for k in np.flatnonzero(self.until_s < self.from_s):
                faults.add(
                    f"squads row {k} {self.ids[k]!r}: must be back at {self.until_s[k]} s, before it may leave "
                    f"at {self.from_s[k]} s."
                )
            for k in np.flatnonzero(self.max_drive_s < 0):
                faults.add(f"squads row {k} {self.ids[k]!r}: max_drive_s is negative.")
            for k in np.flatnonzero(self.max_stops < 0):
                faults.add(f"squads row {k} {self.ids[k]!r}: max_stops is negative.")
        faults.raise_if_any()

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, eq=False, kw_only=True)
class Groups:
    """The G groups of alternative visits, one row each.

    Parameters
    ----------
    ids : tuple of str
    required : bool array, shape (G,)
        Whether one of the group's visits must be made.
    site : tuple of str, optional
        What each group belongs to: a site, an area; several groups may belong to one site. "" stands for nothing, as a
        break does. The ids when left out.
    bundle : int32 array, shape (G,), optional
        Groups of one number are served all or none; -1, as when left out, is no bundle.
    needs : int32 array, shape (G,), optional
        Row of a group that must be served where this one is; -1, as when left out, is none.
    duty : int32 array, shape (G,), optional
        Row of the squad that must serve the group if it goes out; -1, as when left out, is none. A duty is worth
        nothing, and is not a reason to go out.
    """

    ids: tuple[str, ...]
    required: NDArray[np.bool_]
    site: tuple[str, ...] = ()
    bundle: NDArray[np.int32] = field(default_factory=_none)
    needs: NDArray[np.int32] = field(default_factory=_none)
    duty: NDArray[np.int32] = field(default_factory=_none)

    what = "groups"

    def __post_init__(self) -> None:
        faults = Faults()
        count = len(self.ids)
        check_ids(self.what, self.ids, faults)
        required = np.asarray(self.required, dtype=np.bool_).view()
        required.flags.writeable = False
        object.__setattr__(self, "required", required)
        object.__setattr__(self, "site", self.site or self.ids)
        for name in ("bundle", "needs", "duty"):
            object.__setattr__(self, name, or_all(getattr(self, name), np.full(count, -1)))
        if required.shape != (count,):
            faults.add(f"groups.required: expected {count} values, one for each id, found {required.shape}.")
        if len(self.site) != count:
            faults.add(f"groups.site: expected {count} values, one for each id, found {len(self.site)}.")
        set_columns(self, ("bundle", "needs", "duty"), count, faults)
        if not faults:
            check_rows(self, "bundle", (-1, FARTHEST_S), faults)
            check_rows(self, "needs", (-1, count - 1), faults)
            check_rows(self, "duty", (-1, FARTHEST_S), faults)
        if not faults:
            for row in self._without_end():
                faults.add(f"groups row {row} {self.ids[row]!r}: needs, by way of others, itself; make them a bundle.")
            for g in np.flatnonzero((self.duty >= 0) & (required | (self.bundle >= 0) | (self.needs >= 0))):
                faults.add(
                    f"groups row {g} {self.ids[g]!r}: a duty can neither be required, nor in a bundle, nor in need."
                )
        faults.raise_if_any()

    def _without_end(self) -> list[int]:
        """Return the groups whose needs lead in a circle; the groups of a bundle need what any of them needs."""
        below: dict[tuple[str, int], set[tuple[str, int]]] = {}
        knot = [("bundle", int(b)) if b >= 0 else ("group", g) for g, b in enumerate(self.bundle)]
        for g in np.flatnonzero(self.needs >= 0):
            below.setdefault(knot[g], set()).add(knot[self.needs[g]])
        circular = []
        for g in np.flatnonzero(self.needs >= 0):
            seen, waiting = set(), list(below[knot[g]])
            while waiting:
                here = waiting.pop()
                if here not in seen:
                    seen.add(here)
                    waiting += below.get(here, ())
            if knot[g] in seen:
                circular.append(int(g))
        return circular

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
    floats : bool array, shape (V,), optional
        Whether the visit is made wherever the squad is: no drive leads to it, and `entry` and `exit` say nothing.
        False when left out.
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
    floats: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))

    what = "visits"

    def __post_init__(self) -> None:
        faults = Faults()
        check_ids(self.what, self.ids, faults)
        names = ("group", "entry", "exit", "duration_s", "opens_s", "closes_s", "tier", "weight")
        set_columns(self, names, len(self.ids), faults)
        squads = np.asarray(self.squads, dtype=np.bool_).view()
        squads.flags.writeable = False
        object.__setattr__(self, "squads", squads)
        if squads.ndim != 2 or squads.shape[0] != len(self.ids):
            faults.add(f"visits.squads: expected shape ({len(self.ids)}, squads), found {squads.shape}.")
        floats = np.array(or_all(self.floats, np.zeros(len(self.ids), np.bool_)), dtype=np.bool_)
        floats.flags.writeable = False
        object.__setattr__(self, "floats", floats)
        if floats.shape != (len(self.ids),):
            faults.add(f"visits.floats: expected {len(self.ids)} values, one for each id, found {floats.shape}.")
        if not faults:
            check_times(self, ("duration_s", "opens_s", "closes_s"), faults)
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
class Couplings:
    """The C couplings, one row each: where both visits are made, their beginnings lie so far apart.

    Parameters
    ----------
    first, second : int32 array, shape (C,)
        Rows of `Visits`.
    lo_s, hi_s : int32 array, shape (C,)
        `lo_s <= begin of second - begin of first <= hi_s`.
    apart : bool array, shape (C,), optional
        Whether different squads must make the two. False when left out.
    """

    first: NDArray[np.int32] = field(default_factory=_none)
    second: NDArray[np.int32] = field(default_factory=_none)
    lo_s: NDArray[np.int32] = field(default_factory=_none)
    hi_s: NDArray[np.int32] = field(default_factory=_none)
    apart: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))

    what = "couplings"

    def __post_init__(self) -> None:
        faults = Faults()
        count = int(np.size(self.first))
        set_columns(self, ("first", "second", "lo_s", "hi_s"), count, faults)
        apart = np.array(or_all(self.apart, np.zeros(count, np.bool_)), dtype=np.bool_)
        apart.flags.writeable = False
        object.__setattr__(self, "apart", apart)
        if apart.shape != (count,):
            faults.add(f"couplings.apart: expected {count} values, found {apart.shape}.")
        if not faults:
            check_rows(self, "lo_s", (-FARTHEST_S, FARTHEST_S), faults)
            check_rows(self, "hi_s", (-FARTHEST_S, FARTHEST_S), faults)
            for c in np.flatnonzero(self.hi_s < self.lo_s):
                faults.add(f"couplings row {c}: hi_s is {self.hi_s[c]}, less than lo_s, {self.lo_s[c]}.")
        faults.raise_if_any()

    def __len__(self) -> int:
        return len(self.first)
