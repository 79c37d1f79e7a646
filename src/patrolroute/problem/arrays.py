"""The common case from arrays: one base, one stop a site, one vehicle profile.

First all arguments are read, each fault noted by the argument's name; then tables are made of what was read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from patrolroute.matrix import TravelMatrix
from patrolroute.problem.columns import check_order, numbers, pairs, square
from patrolroute.problem.tables import Groups, Squads, Visits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from patrolroute.errors import Faults


class Shifts(NamedTuple):
    """When each of K squads works, shape (K, 2), and the most that each may drive, shape (K,)."""

    spans_s: NDArray[np.int32]
    max_drive_s: NDArray[np.int32]


class GivenStops(NamedTuple):
    """What a caller gives for the sites; None where it leaves that out."""

    dwell_s: ArrayLike
    weight: ArrayLike
    tier: ArrayLike | None
    windows_s: ArrayLike | None
    required: ArrayLike | None


class Stops(NamedTuple):
    """What is known of each of n sites, shape (n,), windows (n, 2)."""

    dwell_s: NDArray[np.int32]
    weight: NDArray[np.int32]
    tier: NDArray[np.int32]
    required: NDArray[np.bool_]
    windows_s: NDArray[np.int32]


def read_travel(
    travel_s: ArrayLike, travel_m: ArrayLike | None, sites: tuple[int, int], faults: Faults
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return seconds and metres, shape (n + 1, n + 1); `sites` says how many have a dwell and how many a weight.

    Raises
    ------
    InputError
        At once when the tables do not say how many sites there are: nothing else could be told rightly.
    """
    seconds = square("travel_s", travel_s, faults)
    metres = np.zeros_like(seconds) if travel_m is None else square("travel_m", travel_m, faults)
    faults.raise_if_any()
    if len(metres) != len(seconds):
        faults.add(f"travel_m: expected the shape of travel_s, {seconds.shape}, found {metres.shape}.")
    rows = max(len(seconds), 1)
    if sites == (rows, rows):
        faults.add(
            f"travel_s: {rows} rows and columns for {rows} sites; expected {rows + 1}, the base first, then the "
            "sites; add the base's row and column."
        )
    faults.raise_if_any()
    return seconds, metres


def read_shifts(shifts_s: Sequence[tuple[int, int]], max_drive_s: Sequence[int] | None, faults: Faults) -> Shifts:
    """Return the squads' shifts, and how long each may drive: as long as it works where nothing is said."""
    count = len(shifts_s)
    spans = pairs("shifts_s", shifts_s, count, faults)
    check_order("shifts_s: squad-{} must be back at {} s, before it may leave at {} s.", spans, faults)
    if max_drive_s is None:
        return Shifts(spans, spans[:, 1] - spans[:, 0])
    return Shifts(spans, numbers("max_drive_s", max_drive_s, ("squad", count, 0), faults))


def read_stops(given: GivenStops, count: int, shifts: Shifts, faults: Faults) -> Stops:
    """Return the sites' columns: tier 1, any time within the shifts and not required where nothing is said.

    Parameters
    ----------
    given : GivenStops
    count : int
        How many sites the travel has.
    shifts : Shifts
    faults : Faults
    """
    dwell = numbers("dwell_s", given.dwell_s, ("site", count, 0), faults)
    worth = numbers("weight", given.weight, ("site", count, 0), faults)
    ranks = np.ones(count, np.int32) if given.tier is None else given.tier
    tier = numbers("tier", ranks, ("site", count, 1), faults)
    required = np.zeros(count, np.bool_) if given.required is None else np.asarray(given.required, np.bool_)
    if required.shape != (count,):
        faults.add(f"required: expected {count} values, one for each site, found {np.size(required)}.")
    latest = int(shifts.spans_s[:, 1].max(initial=0))
    earliest = int(shifts.spans_s[:, 0].min(initial=latest))
    any_time = [(earliest, max(earliest, latest))] * count
    windows = pairs("windows_s", any_time if given.windows_s is None else given.windows_s, count, faults)
    check_order("windows_s: site-{} closes at {} s before it opens at {} s.", windows, faults)
    return Stops(dwell, worth, tier, required, windows)


def one_base_matrix(seconds: NDArray[np.int32], metres: NDArray[np.int32]) -> TravelMatrix:
    """Return the travel between the base, the first point, and the sites."""
    ids = ("base", *_names("site", len(seconds) - 1))[: len(seconds)]
    return TravelMatrix(ids=ids, profiles=("car",), travel_s=seconds[np.newaxis], travel_m=metres[np.newaxis])


def one_base_squads(shifts: Shifts) -> Squads:
    """Return squads that start and end at the base."""
    count = len(shifts.spans_s)
    return Squads(
        ids=_names("squad", count),
        start=np.zeros(count, np.int32),
        end=np.zeros(count, np.int32),
        profile=np.zeros(count, np.int32),
        from_s=shifts.spans_s[:, 0],
        until_s=shifts.spans_s[:, 1],
        max_drive_s=shifts.max_drive_s,
    )


def one_stop_groups(stops: Stops) -> Groups:
    """Return a group for each site."""
    return Groups(ids=_names("site", len(stops.dwell_s)), required=stops.required)


def one_stop_visits(stops: Stops, *, squads: int) -> Visits:
    """Return a visit for each site, which every squad may make."""
    count = len(stops.dwell_s)
    points = np.arange(1, count + 1, dtype=np.int32)
    return Visits(
        ids=_names("site", count),
        group=points - 1,
        entry=points,
        exit=points,
        duration_s=stops.dwell_s,
        opens_s=stops.windows_s[:, 0],
        closes_s=stops.windows_s[:, 1],
        tier=stops.tier,
        weight=stops.weight,
        squads=np.ones((count, squads), np.bool_),
    )


def _names(what: str, count: int) -> tuple[str, ...]:
    return tuple(f"{what}-{number}" for number in range(1, count + 1))
