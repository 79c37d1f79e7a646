"""Drives that cover the most metres in a time, or a share of them in the least: searched for, bounded by relaxation.

The prize-collecting windy rural postman, or arc orienteering (Corberan and Laporte, Arc Routing,
10.1137/1.9781611973679; Archetti, Corberan, Plana, Sanchis and Speranza, EJOR 245, 2015).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from patrolroute.errors import Faults
from patrolroute.roads.coverage.deadheads import ways_of
from patrolroute.roads.coverage.drives import course_of
from patrolroute.roads.coverage.postman import walk
from patrolroute.roads.coverage.prizebounds import Wish, bound_wish
from patrolroute.roads.coverage.prizekernel import search_order
from patrolroute.roads.coverage.streets import Drive, Ends, drive_of
from patrolroute.roads.coverage.windy import cover_streets

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from patrolroute.roads.coverage.deadheads import Ways
    from patrolroute.roads.coverage.drives import Course
    from patrolroute.roads.coverage.streets import AreaStreets
    from patrolroute.roads.network import RoadNetwork

_NEAR = 40
_CYCLE = -2
_MENDED = 3
"""Of the solutions in pieces that looking for the bound came by, how many are made whole."""
_NO_LIMIT_MS = 2**50
_ALL_DM = 2**60


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How long to search, and to look for a bound.

    Parameters
    ----------
    iterations : int
        Of ruin and recreate. The same number and seed give the same drive on the same machine where no clock runs out:
        without a bound, and with every reordering done within `polish_seconds`.
    seed : int
    bound_seconds : float
        Wall clock for the bound; 0 leaves it out. What is found on the way to it depends on the clock.
    polish_seconds : float
        Wall clock for each time the chosen streets are driven anew in the best order: about a second for some thousand
        streets. `math.inf` asks no clock, and may take long.
    """

    iterations: int = 2_000
    seed: int = 0
    bound_seconds: float = 0.0
    polish_seconds: float = 2.0


def drive_within(
    network: RoadNetwork, area: AreaStreets, limit_s: float, *, ends: Ends | None = None, effort: Effort | None = None
) -> Drive:
    """Return the drive that covers the most metres of an area's streets within a time.

    Parameters
    ----------
    network : RoadNetwork
    area : AreaStreets
    limit_s : float
        Seconds from start to end.
    ends : Ends, optional
        By default the drive comes back to where it began, anywhere.
    effort : Effort, optional

    Returns
    -------
    Drive
        With `upper_dm` where a bound was asked for and found. Empty where no street can be reached in time.

    Raises
    ------
    InputError
        When the ends are no nodes, or the time does not suffice to get from start to end.
    """
    faults = Faults()
    if not (math.isfinite(limit_s) and limit_s > 0):
        faults.add(f"drive: the time limit is {limit_s:g} s; expected more than 0.")
    faults.raise_if_any()
    search = _Search(network, area, ends or Ends(), effort or Effort())
    wish = Wish(limit_ms=int(limit_s * 1000), worth_dm=None)
    nothing_ms = search.nothing_ms()
    if nothing_ms > int(limit_s * 1000):
        faults.add(f"drive: from start to end takes {nothing_ms / 1000:.1f} s; expected a limit of at least that.")
    faults.raise_if_any()
    return search.bounded(wish, search.best(wish))


def drive_share(
    network: RoadNetwork,
    area: AreaStreets,
    *,
    share: float = 0.6,
    ends: Ends | None = None,
    effort: Effort | None = None,
) -> Drive:
    """Return the quickest drive that covers a share of the metres of an area's streets.

    Parameters
    ----------
    network : RoadNetwork
    area : AreaStreets
    share : float
        Above 0, up to 1.
    ends : Ends, optional
        By default the drive comes back to where it began, anywhere.
    effort : Effort, optional

    Returns
    -------
    Drive
        With `lower_ms` where a bound was asked for and found.

    Raises
    ------
    InputError
        When the ends are no nodes, or the share is none.
    """
    faults = Faults()
    if not 0 < share <= 1:
        faults.add(f"drive: the share is {share:g}; expected more than 0 and at most 1, such as 0.6.")
    faults.raise_if_any()
    search = _Search(network, area, ends or Ends(), effort or Effort())
    wish = Wish(limit_ms=None, worth_dm=max(1, math.ceil(share * int(area.inside_dm.sum()) - 1e-6)))
    return search.bounded(wish, search.best(wish))


class _Search:
    def __init__(self, network: RoadNetwork, area: AreaStreets, ends: Ends, effort: Effort) -> None:
        self.network = network
        self.area = area
        self.effort = effort
        self.course: Course = course_of(network, area, ends)
        self.ways: Ways = ways_of(self.course.ground)
        self.services, self.pairs, self.arcs = _services(self.course, len(area.edge))
        self.ends = ends
        self.between = self._between()
        self.near = _near(self.ways.ms, self.services, self.pairs)

    def _between(self) -> tuple[int, int]:
        """Return where the drive begins and ends, as the kernel wants it."""
        ends = self.course.ends
        if ends.closed:
            return (_CYCLE, _CYCLE) if ends.start is None else (ends.start, ends.start)
        return (-1 if ends.start is None else ends.start, -1 if ends.end is None else ends.end)

    def nothing_ms(self) -> int:
        """Return the milliseconds from start to end."""
        a, b = self.between
        return 0 if min(a, b) < 0 else int(self.ways.ms[a, b])

    def best(self, wish: Wish) -> Drive:
        """Return the best drive found: search, drive the chosen streets in the best order, search on from there."""
        drives, order = [], np.zeros(0, np.int64)
        for part in range(2):
            order = self._search(wish, order, part)
            drives.append(self._drive(order))
            order = self._through(self._served(order))
            drives.append(self._drive(order))
        drives.append(self._drive(self._search(wish, order, None)))
        return min(drives, key=lambda drive: _rank(drive, wish))

    def _search(self, wish: Wish, order: NDArray[np.int64], part: int | None) -> NDArray[np.int64]:
        least = wish.worth_dm is not None
        typical = float(np.median(self.services[:, 2]) if least else np.median(self.area.inside_dm))
        iterations = 0 if part is None else self.effort.iterations // 2
        first = 3.0 if part == 0 else 0.3
        aim = [
            _NO_LIMIT_MS if wish.limit_ms is None else wish.limit_ms,
            _ALL_DM if wish.worth_dm is None else wish.worth_dm,
            int(least),
        ]
        found = search_order(
            self.ways.ms,
            self.services,
            self.pairs,
            self.area.inside_dm,
            self.near,
            np.array(self.between, np.int64),
            np.array(aim, np.int64),
            order,
            np.array([iterations, self.effort.seed + (part or 0), first * typical, 0.03 * typical]),
        )
        return np.asarray(found, np.int64)

    def _through(self, chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Return services of the chosen streets of the area, in the order of the quickest drive over them."""
        if not chosen.any():
            return np.zeros(0, np.int64)
        course = course_of(self.network, self.area.only(chosen), self.ends)
        cover = cover_streets(course.problem, seconds=self.effort.polish_seconds)
        edges = course.ground.edge[walk(course.problem, cover.count)]
        service = {int(self.course.ground.edge[arc]): number for number, arc in enumerate(self.arcs.tolist())}
        first: dict[int, int] = {}
        for number in (service.get(edge, -1) for edge in edges.tolist()):
            street = int(self.services[number, 3])
            if number >= 0 and chosen[street]:
                first.setdefault(street, number)
        return np.array(list(first.values()), np.int64)

    def _served(self, order: NDArray[np.int64]) -> NDArray[np.bool_]:
        served = np.zeros(len(self.area.edge), bool)
        served[self.services[order, 3]] = True
        return served

    def _drive(self, order: NDArray[np.int64]) -> Drive:
        arcs: list[int] = []
        here, end = self.between
        if here == _CYCLE and len(order):
            here = end = int(self.services[order[0], 0])
        for number in order.tolist():
            tail, head = self.services[number, :2].tolist()
            arcs.extend(self.ways.between(here, tail) if here >= 0 else [])
            arcs.append(int(self.arcs[number]))
            here = head
        if here >= 0 and end >= 0:
            arcs.extend(self.ways.between(here, end))
        ground = self.course.ground
        wanted = [place for place in self.between if place >= 0]
        start = int(ground.node[ground.tail[arcs[0]] if arcs else [*wanted, 0][0]])
        return drive_of(self.network, self.area, ground.edge[np.array(arcs, np.int64)], start)

    def bounded(self, wish: Wish, drive: Drive) -> Drive:
        """Return the drive with a bound, or a better one that looking for the bound found.

        A bound that contradicts the drive is an error of the solvers and is left out: it proves nothing.
        """
        if self.effort.bound_seconds <= 0:
            return drive
        problem = self.course.problem
        worth = np.zeros(len(problem.wanted), np.int64)
        worth[self.course.street] = self.area.inside_dm
        rooted = not self.course.ends.closed or self.course.ends.start is not None
        bound = bound_wish(problem, worth, wish, rooted=rooted, seconds=self.effort.bound_seconds)
        drives = [drive]
        if bound.proved and bound.counts[-1].any():
            root = problem.root if rooted else int(problem.tail[np.flatnonzero(bound.counts[-1])[0]])
            edges = self.course.ground.edge[walk(replace(problem, root=root), bound.counts[-1])]
            if len(edges):
                drives.append(drive_of(self.network, self.area, edges, int(self.network.tail[edges[0]])))
        if not bound.proved:
            drives += self._mend(wish, bound.counts[-_MENDED:])
        drive = min(drives, key=lambda each: _rank(each, wish))
        if bound.lower is None:
            return drive
        if wish.worth_dm is None:
            return replace(drive, upper_dm=-bound.lower) if -bound.lower >= int(drive.covered_dm.sum()) else drive
        return replace(drive, lower_ms=bound.lower) if bound.lower <= drive.travel_ms else drive

    def _mend(self, wish: Wish, counts: tuple[NDArray[np.int64], ...]) -> list[Drive]:
        """Return drives made of what fell into pieces: joined, trimmed, and the best of them searched on from."""
        orders = []
        for count in counts:
            touched = np.zeros(len(self.course.problem.wanted), bool)
            touched[self.course.problem.street[count > 0]] = True
            orders.append(self._search(wish, self._through(touched[self.course.street]), None))
        if orders:
            best = min(orders, key=lambda order: _rank(self._drive(order), wish))
            orders.append(self._search(wish, best, 1))
            orders.append(self._search(wish, self._through(self._served(orders[-1])), None))
        return [self._drive(order) for order in orders]


def _rank(drive: Drive, wish: Wish) -> tuple[int, int]:
    """Return what to compare drives by, the least the best."""
    covered = int(drive.covered_dm.sum())
    if wish.worth_dm is not None:
        return max(wish.worth_dm - covered, 0), drive.travel_ms
    assert wish.limit_ms is not None  # noqa: S101 - one of the two is given
    return max(drive.travel_ms - wish.limit_ms, 0), -covered


def _services(course: Course, streets: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return services (tail, head, ms, street), the services of each street, and the arc of each service."""
    ground = course.ground
    of_street = np.full(len(course.problem.wanted), -1)
    of_street[course.street] = np.arange(streets)
    which = of_street[course.problem.street[: len(ground.edge)]]
    arcs = np.flatnonzero(which >= 0)
    services = np.column_stack([ground.tail[arcs], ground.head[arcs], ground.time_ms[arcs], which[arcs]])
    pairs = np.full((streets, 2), -1, np.int64)
    pairs[services[::-1, 3], 1] = np.arange(len(arcs))[::-1]
    order = np.argsort(services[:, 3], kind="stable")
    first = order[np.append(True, np.diff(services[order, 3]) > 0)]
    last = order[np.append(np.diff(services[order, 3]) > 0, True)]
    pairs[services[first, 3], 0] = first
    pairs[services[last, 3], 1] = np.where(last == first, -1, last)
    return services.astype(np.int64), pairs, arcs


def _near(ms: NDArray[np.int32], services: NDArray[np.int64], pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return for each street the streets that begin nearest to where it begins, itself first."""
    begin = services[pairs[:, 0], 0]
    apart = (ms[np.ix_(begin, begin)] + ms[np.ix_(begin, begin)].T).astype(np.int64)
    np.fill_diagonal(apart, -1)
    return np.argsort(apart, axis=1, kind="stable")[:, :_NEAR].astype(np.int64)
