"""Times and lengths on a hierarchy: customisation by lower triangles, and the arcs that no fastest way needs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from patrolroute.compiled import entry
from patrolroute.errors import Faults
from patrolroute.roads.keys import DM_LIMIT, MS_LIMIT, join_keys

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from patrolroute.roads.hierarchy.order import Hierarchy


UP, DOWN = 0, 1
"""Directions of a link: to the higher of its ends, and back; link e upward has the number 2 e + UP."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Weighted:
    """A hierarchy with the keys of its links; A arcs, m links.

    Parameters
    ----------
    hierarchy : Hierarchy
    arc_key : float64 array, shape (A,)
        Key of each arc.
    up, down : float64 array, shape (m,)
        Key of the way from the lower to the higher end, and back; infinite where there is none, or where a way over
        higher nodes is better.
    """

    hierarchy: Hierarchy
    arc_key: NDArray[np.float64]
    up: NDArray[np.float64]
    down: NDArray[np.float64]

    @cached_property
    def halves(self) -> NDArray[np.int32]:
        """What links are made of, int32, shape (2 m, 2), made when a way is first traced.

        Row 2 e + direction has the numbers of the two links that a shortcut is driven over, or -1 and an arc: the first
        arc that is as good as the link, or else the links over the lowest node that makes it.
        """
        hierarchy, chordal = self.hierarchy, self.hierarchy.chordal
        half = np.full((2 * len(chordal.higher), 2), -1, np.int32)
        for direction, key in ((UP, self.up), (DOWN, self.down)):
            arc = np.flatnonzero((hierarchy.link >= 0) & (hierarchy.upward == (direction == UP)))
            # Backwards: of an index that stands twice, the last one stays.
            arc = arc[self.arc_key[arc] == key[hierarchy.link[arc]]][::-1]
            half[2 * hierarchy.link[arc] + direction, 1] = arc
        _halve(chordal.start, chordal.higher, self.up, self.down, half)
        return half


@entry
def _halve(
    start: NDArray[np.int64],
    higher: NDArray[np.int32],
    up: NDArray[np.float64],
    down: NDArray[np.float64],
    half: NDArray[np.int32],
) -> None:
    """Note for each link that no arc is the lowest two that it can be driven over."""
    for v in range(len(start) - 1):
        end = start[v + 1]
        for a in range(start[v], end):
            to_v, from_v = down[a], up[a]
            link = start[higher[a]]
            for b in range(a + 1, end):
                while higher[link] < higher[b]:
                    link += 1
                if half[2 * link + UP, 1] < 0 and up[link] < np.inf and up[link] == to_v + up[b]:
                    half[2 * link + UP, 0], half[2 * link + UP, 1] = 2 * a + DOWN, 2 * b + UP
                if half[2 * link + DOWN, 1] < 0 and down[link] < np.inf and down[link] == down[b] + from_v:
                    half[2 * link + DOWN, 0], half[2 * link + DOWN, 1] = 2 * b + DOWN, 2 * a + UP


@entry
def _customise(
    start: NDArray[np.int64], higher: NDArray[np.int32], up: NDArray[np.float64], down: NDArray[np.float64]
) -> None:
    """Shorten each link by the ways over lower nodes, from the lowest up."""
    for v in range(len(start) - 1):
        end = start[v + 1]
        for a in range(start[v], end):
            to_v, from_v = down[a], up[a]
            link = start[higher[a]]
            for b in range(a + 1, end):
                while higher[link] < higher[b]:
                    link += 1
                up[link] = min(up[link], to_v + up[b])
                down[link] = min(down[link], down[b] + from_v)


@entry
def _bypass(
    start: NDArray[np.int64], higher: NDArray[np.int32], up: NDArray[np.float64], down: NDArray[np.float64]
) -> None:
    """Shorten each link by the ways over higher nodes, from the highest down: every link becomes the fastest way."""
    for v in range(len(start) - 2, -1, -1):
        end = start[v + 1]
        for a in range(start[v], end):
            link = start[higher[a]]
            up_a, down_a = up[a], down[a]
            for b in range(a + 1, end):
                while higher[link] < higher[b]:
                    link += 1
                up_a = min(up_a, up[b] + down[link])
                down_a = min(down_a, up[link] + down[b])
                up[b] = min(up[b], up_a + up[link])
                down[b] = min(down[b], down[link] + down_a)
            up[a], down[a] = up_a, down_a


def weigh(hierarchy: Hierarchy, time_ms: NDArray[np.int64], length_dm: NDArray[np.int64]) -> Weighted:
    """Return the hierarchy with times and lengths, so that every fastest way climbs once and then descends.

    Of equally fast ways the shortest counts. Links that a way over higher nodes beats are taken out: no fastest way
    needs them (perfect customisation, 10.1145/2886843).

    Parameters
    ----------
    hierarchy : Hierarchy
    time_ms, length_dm : int64 array, shape (A,)
        Zero or more, for each arc in the order in which the hierarchy was built.

    Raises
    ------
    InputError
        When these are no whole numbers, are negative or too large, or are not one for each arc.
    """
    faults = Faults()
    for name, values, limit in (("time_ms", time_ms, MS_LIMIT), ("length_dm", length_dm, DM_LIMIT)):
        if values.shape != hierarchy.link.shape or not np.issubdtype(values.dtype, np.integer):
            faults.add(f"{name}: expected {len(hierarchy.link):,} whole numbers, found {values.dtype} {values.shape}.")
        elif len(values) and not 0 <= int(values.min()) <= int(values.max()) < limit:
            wrong = int(np.flatnonzero((values < 0) | (values >= limit))[0])
            faults.add(f"{name}: arc {wrong} has {values[wrong]:,}; expected 0 to {limit - 1:,}.")
    faults.raise_if_any()
    chordal = hierarchy.chordal
    key = join_keys(time_ms.astype(np.int64), length_dm.astype(np.int64))
    up, down = np.full((2, len(chordal.higher)), np.inf)
    upward, downward = hierarchy.upward, ~hierarchy.upward & (hierarchy.link >= 0)
    np.minimum.at(up, hierarchy.link[upward], key[upward])
    np.minimum.at(down, hierarchy.link[downward], key[downward])
    _customise(chordal.start, chordal.higher, up, down)
    best_up, best_down = up.copy(), down.copy()
    _bypass(chordal.start, chordal.higher, best_up, best_down)
    up[best_up < up] = np.inf
    down[best_down < down] = np.inf
    return Weighted(hierarchy=hierarchy, arc_key=key, up=up, down=down)
