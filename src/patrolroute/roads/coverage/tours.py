"""Orders in which to drive streets where every turn has its price: the best one, or a good one, and its directions.

A *stand* is one way to have driven a street: in one direction, with what restrictions remember of the way there. A tour
stands on each street once; between two stands lies the quickest allowed way, whatever it passes. So a tour's time is
exact, and the drive over a street that lies on the way to another costs nothing. Arrays only; nothing here knows a map.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from patrolroute.roads.coverage.prizekernel import search_order

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from patrolroute.roads.coverage.prizes import Effort

FAR_MS = 2**28
"""Longer than any tour: there is no way."""
_NEAR = 40
_NO_LIMIT_MS = 2**50
_ROUNDS = 3
_HEAT = (2.0, 0.1)
"""First and last temperature, in typical streets, and rounds for each iteration that is asked for. Turning round takes
longer than most streets, so it is hotter than without turns, and cools down for longer."""
_EXACT_STEPS = 2**22
"""So many extensions of part tours are looked at where all are: up to about twelve streets, in some hundredths of a
second."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Stands:
    """V stands on S streets.

    Parameters
    ----------
    street : int64 array, shape (V,)
        0 to S - 1.
    own_ms : int64 array, shape (V,)
        Milliseconds of driving the street.
    reach_ms : int64 array, shape (V, V)
        From each stand to each, the latter's street included; on the diagonal once round and back.
    begin_ms, end_ms : int64 array, shape (V,)
        From where a drive may begin to each stand, its street included, and on from there to where a drive may end.
    """

    street: NDArray[np.int64]
    own_ms: NDArray[np.int64]
    reach_ms: NDArray[np.int64]
    begin_ms: NDArray[np.int64]
    end_ms: NDArray[np.int64]

    @property
    def streets(self) -> int:
        """S."""
        return int(self.street.max()) + 1

    def on(self, street: int) -> NDArray[np.int64]:
        """Return the stands on a street."""
        return np.flatnonzero(self.street == street)

    def only(self, streets: NDArray[np.int64]) -> Stands:
        """Return the stands on some streets, which are numbered anew; streets ascend."""
        kept = np.isin(self.street, streets)
        return Stands(
            street=np.searchsorted(streets, self.street[kept]),
            own_ms=self.own_ms[kept],
            reach_ms=self.reach_ms[np.ix_(kept, kept)],
            begin_ms=self.begin_ms[kept],
            end_ms=self.end_ms[kept],
        )

    def tour_ms(self, tour: NDArray[np.int64], *, closed: bool) -> int:
        """Return the milliseconds of a tour."""
        ms = int(self.reach_ms[tour[:-1], tour[1:]].sum())
        if closed:
            return ms + int(self.reach_ms[tour[-1], tour[0]])
        return ms + int(self.begin_ms[tour[0]] + self.end_ms[tour[-1]])


def best_tour(stands: Stands, *, closed: bool) -> NDArray[np.int64] | None:
    """Return the quickest tour, by dynamic programming over sets of streets; None where they are too many.

    Held and Karp (1962, 10.1137/0110015), with some stands for each street.

    Parameters
    ----------
    stands : Stands
    closed : bool
        Whether the tour comes back to where it begins.

    Returns
    -------
    int64 array, shape (S,), or None
    """
    first = _least_street(stands)
    begun = [stands.on(first)[[k]] for k in range(len(stands.on(first)))] if closed else [np.arange(len(stands.street))]
    if stands.streets > 30 or 2**stands.streets * len(stands.street) ** 2 * len(begun) > _EXACT_STEPS:
        return None
    tours = [_best_from(stands, each, closed=closed) for each in begun]
    return min(tours, key=lambda tour: stands.tour_ms(tour, closed=closed))


def _least_street(stands: Stands) -> int:
    """Return the street with the fewest stands."""
    return int(np.argmin(np.bincount(stands.street)))


def _best_from(stands: Stands, begun: NDArray[np.int64], *, closed: bool) -> NDArray[np.int64]:
    """Return the quickest tour from some stands on; a closed one begins on the one that there is."""
    bit = 1 << stands.street
    whole = (1 << stands.streets) - 1
    least = np.full((whole + 1, len(bit)), np.int64(FAR_MS) * stands.streets * 4)
    before = np.full((whole + 1, len(bit)), -1, np.int64)
    least[bit[begun], begun] = 0 if closed else stands.begin_ms[begun]
    masks = np.arange(whole + 1)
    size = np.zeros(whole + 1, np.int64)
    for street in range(stands.streets):
        size += masks >> street & 1
    for done in range(1, stands.streets):
        layer = masks[size == done]
        ways = least[layer][:, :, None] + stands.reach_ms
        last = ways.argmin(axis=1)
        ms = np.take_along_axis(ways, last[:, None, :], axis=1)[:, 0]
        for stand in range(len(bit)):
            fresh = (layer & bit[stand]) == 0
            # Another tour over these streets ends on another stand or is this one, so nothing is written twice.
            least[layer[fresh] | bit[stand], stand] = ms[fresh, stand]
            before[layer[fresh] | bit[stand], stand] = last[fresh, stand]
    behind = stands.reach_ms[:, begun[0]] if closed else stands.end_ms
    tour, mask = [int(np.argmin(least[whole] + behind))], whole
    while before[mask, tour[-1]] >= 0:
        stand = tour[-1]
        tour.append(int(before[mask, stand]))
        mask ^= int(bit[stand])
    return np.array(tour[::-1], np.int64)


def good_tour(
    stands: Stands, worth: NDArray[np.int64], first: NDArray[np.int64], *, closed: bool, effort: Effort
) -> NDArray[np.int64]:
    """Return a tour found by ruin and recreate, in its best directions.

    Parameters
    ----------
    stands : Stands
    worth : int64 array, shape (S,)
        Of each street, above 0.
    first : int64 array
        A tour to begin with.
    closed : bool
    effort : Effort
        Iterations and seed.

    Returns
    -------
    int64 array, shape (S,)
    """
    count, streets = len(stands.street), stands.streets
    ways = np.zeros((count + 2, count + 2), np.int32)
    ways[:count, :count] = stands.reach_ms - stands.own_ms
    ways[count, :count] = stands.begin_ms - stands.own_ms
    ways[:count, count + 1] = stands.end_ms
    place = np.arange(count)
    services = np.column_stack([place, place, stands.own_ms, stands.street]).astype(np.int64)
    options = np.full((streets, int(np.bincount(stands.street).max())), -1, np.int64)
    for street in range(streets):
        on = stands.on(street)
        options[street, : len(on)] = on
    typical = float(np.median(stands.own_ms))
    found = search_order(
        ways,
        services,
        options,
        worth,
        _near(stands),
        np.full(2, -2) if closed else np.array([count, count + 1]),
        np.array([_NO_LIMIT_MS, worth.sum(), 1], np.int64),
        first.astype(np.int64),
        np.array([_ROUNDS * effort.iterations if streets > 1 else 0, effort.seed, *(heat * typical for heat in _HEAT)]),
    )
    return directed(stands, stands.street[np.asarray(found, np.int64)], closed=closed)


def _near(stands: Stands) -> NDArray[np.int64]:
    """Return for each street the streets that are quickest to reach from it or to it, itself first."""
    order = np.argsort(stands.street, kind="stable")
    start = np.searchsorted(stands.street[order], np.arange(stands.streets))
    apart = np.minimum.reduceat(stands.reach_ms[np.ix_(order, order)] - stands.own_ms[order], start, axis=1)
    apart = np.minimum.reduceat(apart, start, axis=0)
    apart = np.minimum(apart, apart.T)
    np.fill_diagonal(apart, -1)
    return np.argsort(apart, axis=1, kind="stable")[:, :_NEAR].astype(np.int64)


def directed(stands: Stands, streets: NDArray[np.int64], *, closed: bool) -> NDArray[np.int64]:
    """Return the quickest tour that drives streets in a given order.

    Parameters
    ----------
    stands : Stands
    streets : int64 array, shape (S,)
    closed : bool

    Returns
    -------
    int64 array, shape (S,)
    """
    if closed:
        # Fewer stands at the beginning are fewer rounds.
        streets = np.roll(streets, -int(np.argmin(np.bincount(stands.street)[streets])))
    rows = [stands.on(street) for street in streets.tolist()]
    begun = [rows[0][[k]] for k in range(len(rows[0]))] if closed else [rows[0]]
    tours = [_directed_from(stands, [each, *rows[1:]], closed=closed) for each in begun]
    return min(tours, key=lambda tour: stands.tour_ms(tour, closed=closed))


def _directed_from(stands: Stands, rows: list[NDArray[np.int64]], *, closed: bool) -> NDArray[np.int64]:
    ms = np.zeros(1, np.int64) if closed else stands.begin_ms[rows[0]]
    chosen = []
    for here, there in pairwise(rows):
        ways = ms[:, None] + stands.reach_ms[np.ix_(here, there)]
        chosen.append(ways.argmin(axis=0))
        ms = ways.min(axis=0)
    behind = stands.reach_ms[rows[-1], rows[0][0]] if closed else stands.end_ms[rows[-1]]
    at = [int(np.argmin(ms + behind))]
    for last in chosen[::-1]:
        at.append(int(last[at[-1]]))
    return np.array([row[k] for row, k in zip(rows, at[::-1], strict=True)], np.int64)
