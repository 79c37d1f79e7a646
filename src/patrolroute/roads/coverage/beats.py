"""An area cut into beats: drives of about equal length, each over streets of its own, for one squad each."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from patrolroute.errors import Faults, InputError
from patrolroute.roads.coverage.drives import drive_streets
from patrolroute.roads.coverage.pace import paced, patrol_ms
from patrolroute.roads.coverage.prizes import Effort, drive_share
from patrolroute.roads.coverage.streets import Ends
from patrolroute.roads.coverage.turning import turn_ground, turned_drive

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from patrolroute.roads.coverage.streets import AreaStreets, Drive
    from patrolroute.roads.network import RoadNetwork
    from patrolroute.roads.ways.turns import TurnGraph

_TRIES = 6


@dataclass(frozen=True, eq=False, kw_only=True)
class Beats:
    """Disjoint drives over an area.

    Parameters
    ----------
    drives : tuple of Drive
        Each counts streets of its own only, even where it passes those of another. Its `lower_ms`, at the network's
        speeds, is for any drive over these streets, with turning round where turns are obeyed.
    whole : Drive
        The drive over all of them that was cut.
    times_ms : tuple of int
        Milliseconds of each beat, at patrol speed where one was asked for, with turning round where turns were.
    lower_ms : int, optional
        No one drive over the share takes less, at patrol speed where one was asked for; None where no bound was asked
        for or found. Found without turns, it holds for drives that obey them too: turns only take drives away.
    """

    drives: tuple[Drive, ...]
    whole: Drive
    times_ms: tuple[int, ...] = ()
    lower_ms: int | None = None

    @property
    def share(self) -> float:
        """Of the area's metres of street, how much all beats cover together."""
        return sum(drive.share for drive in self.drives)

    @property
    def longest_s(self) -> float:
        """Seconds of the longest beat."""
        return max(self.times_ms) / 1000


def cut_beats(
    network: RoadNetwork,
    area: AreaStreets,
    longest_s: float,
    *,
    share: float = 0.6,
    closed: bool = True,
    patrol_kph: float | None = None,
    turns: TurnGraph | None = None,
    effort: Effort | None = None,
) -> Beats:
    """Cut a share of an area's streets into beats of about equal length, none longer than asked for where that can be.

    One quick drive over the share is found, then cut where the longest part is shortest, so that neighbouring streets
    stay together, and each part is driven anew in its best order (route first, cluster second: Beasley 1983,
    10.1016/0305-0483(83)90033-6). Where a beat takes longer than asked for, there is one beat more, or as many more as
    all beats together need; up to five times.

    Parameters
    ----------
    network : RoadNetwork
    area : AreaStreets
    longest_s : float
        Seconds that no beat should take more than. One may all the same, where a single street with the way back takes
        longer, or where five times more beats did not suffice: `Beats.longest_s` tells.
    share : float
        Of the metres, to be covered by all beats together.
    closed : bool
        Whether each beat ends where it begins; else both are free.
    patrol_kph : float, optional
        Speed on streets that count, as they are first driven; the network's where left out, and where that is slower.
    turns : TurnGraph, optional
        Turns that each beat must obey, of the same network; turning round then takes its time, save in dead ends. The
        drive over all that is cut does not obey them.
    effort : Effort, optional
        For the drive over all; each beat has its `polish_seconds`. The same seed and iterations cut the same beats
        where no clock runs out, as `Effort` says.

    Returns
    -------
    Beats

    Raises
    ------
    InputError
        When the seconds are none, or the share is none, or turns leave less than it to be driven.
    """
    faults = Faults()
    if not (math.isfinite(longest_s) and longest_s > 0):
        faults.add(f"beats: they shall take {longest_s:g} s at most; expected more than 0, such as 1200.")
    faults.raise_if_any()
    limit_ms = longest_s * 1000
    effort = effort or Effort()
    total_dm = int(area.inside_dm.sum())
    ground = None if turns is None else turn_ground(network, turns, area)
    if ground is not None:
        area, share = ground.area, _share_left(ground.area, share, total_dm)
    whole, lower_ms = _over_share(network, area, share, patrol_kph, effort)
    whole = replace(whole, total_dm=total_dm)
    counted = area.only(np.isin(area.edge, whole.streets))
    clock_ms = patrol_ms(network, whole, patrol_kph)
    street, begins, ends = _served(network, counted, whole, clock_ms)
    number = max(1, math.ceil(int(clock_ms.sum()) / limit_ms))
    for _ in range(_TRIES):
        number = min(number, len(street))
        parts = np.split(street, cut_evenly(begins, ends, number))
        drives = tuple(_beat(network, counted, part, closed=closed, seconds=effort.polish_seconds) for part in parts)
        if ground is not None:
            drives = tuple(turned_drive(ground, drive, closed=closed, effort=effort) for drive in drives)
        times_ms = tuple(int(patrol_ms(network, drive, patrol_kph).sum()) + drive.turning_ms for drive in drives)
        if max(times_ms) <= limit_ms or number == len(street):
            break
        number = max(number + 1, math.ceil(sum(times_ms) / limit_ms))
    return Beats(
        drives=tuple(replace(drive, total_dm=total_dm) for drive in drives),
        whole=whole,
        times_ms=times_ms,
        lower_ms=lower_ms,
    )


def _share_left(area: AreaStreets, share: float, total_dm: int) -> float:
    """Return the share of the streets that turns let be driven which is a share of all.

    Raises
    ------
    InputError
        When they are fewer than that.
    """
    left_dm = int(area.inside_dm.sum())
    if math.ceil(share * total_dm - 1e-6) > left_dm:
        raise InputError(
            [
                f"area: only {left_dm / total_dm:.1%} of its kilometres can be driven under the turn restrictions, and "
                f"{share:.1%} are wanted; want less of it, or plan without turns."
            ]
        )
    return min(share * total_dm / left_dm, 1.0)


def _over_share(
    network: RoadNetwork, area: AreaStreets, share: float, patrol_kph: float | None, effort: Effort
) -> tuple[Drive, int | None]:
    """Return a quick drive over a share of an area, and the least milliseconds of any, where that was asked for."""
    if patrol_kph is None:
        drive = drive_share(network, area, share=share, ends=Ends(closed=False), effort=effort)
        return drive, drive.lower_ms
    slow = paced(network, area, patrol_kph)
    drive = drive_share(slow.network, slow.area, share=share, ends=Ends(closed=False), effort=effort)
    return slow.back(network, area, drive), drive.lower_ms


def _served(
    network: RoadNetwork, area: AreaStreets, drive: Drive, clock_ms: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return positions in the area of streets as a drive meets them, and when it enters and leaves them."""
    edges = drive.edges.astype(np.int64)
    first = network.first[edges]
    times = np.cumsum(clock_ms)
    counts = np.flatnonzero(np.isin(first, area.edge))
    _, met = np.unique(first[counts], return_index=True)
    at = counts[np.sort(met)]
    return np.searchsorted(area.edge, first[at]), (times - clock_ms)[at], times[at]


def cut_evenly(begins: NDArray[np.int64], ends: NDArray[np.int64], number: int) -> list[int]:
    """Return where to cut a drive into a number of parts so that the longest is shortest.

    The least length that suffices is found by halving, parts taking as many streets as fit; parts that are then still
    missing halve the longest ones.

    Parameters
    ----------
    begins, ends : int64 array, shape (S,)
        When the drive enters and leaves each street, in order.
    number : int
        From 1 to S.

    Returns
    -------
    list of int
        Where each part but the first begins, number - 1 of them.
    """
    low, high = int((ends - begins).max()), int(ends[-1] - begins[0])
    while low < high:
        middle = (low + high) // 2
        if len(_greedy(begins, ends, middle)) < number:
            high = middle
        else:
            low = middle + 1
    cuts = _greedy(begins, ends, low)
    while len(cuts) < number - 1:
        bounds = [0, *cuts, len(begins)]
        sizes = [int(ends[b - 1] - begins[a]) if b - a > 1 else -1 for a, b in pairwise(bounds)]
        k = int(np.argmax(sizes))
        a, b = bounds[k], bounds[k + 1]
        half = a + 1 + int(np.argmin(np.maximum(ends[a : b - 1] - begins[a], ends[b - 1] - begins[a + 1 : b])))
        cuts = sorted([*cuts, half])
    return cuts


def _greedy(begins: NDArray[np.int64], ends: NDArray[np.int64], most: int) -> list[int]:
    cuts, start = [], 0
    while (start := int(np.searchsorted(ends, begins[start] + most, side="right"))) < len(ends):
        cuts.append(start)
    return cuts


def _beat(network: RoadNetwork, area: AreaStreets, part: NDArray[np.int64], *, closed: bool, seconds: float) -> Drive:
    chosen = np.zeros(len(area.edge), bool)
    chosen[part] = True
    return drive_streets(network, area.only(chosen), ends=Ends(closed=closed), seconds=seconds)
