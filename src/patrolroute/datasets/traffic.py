"""Which pieces of street make one street, and which streets run one way."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from patrolroute.datasets.streets import LOCAL, Segments, chance

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from patrolroute.datasets.townplan import Points

_STRAIGHT_COS = -0.87  # pieces that bend by less than 30 degrees carry one name
_ONEWAY_OF_1000 = {75: 280, 85: 90}
_ONEWAY_PIECES = 4


def incident_segments(count: int, ends: Points) -> list[list[int]]:
    """Return the segments that meet at each of `count` points."""
    meeting: list[list[int]] = [[] for _ in range(count)]
    for e, (i, j) in enumerate(ends.tolist()):
        meeting[i].append(e)
        meeting[j].append(e)
    return meeting


def name_streets(segments: Segments) -> NDArray[np.int64]:
    """Return the street of each segment: main roads first, then local ones, which run on where they are straightest."""
    ends, points = segments.ends, segments.points.astype(np.float64)
    along = points[ends[:, 1]] - points[ends[:, 0]]
    unit = (along / np.sqrt((along * along).sum(axis=1))[:, None]).tolist()
    parent = list(range(len(ends)))

    def root(e: int) -> int:
        while parent[e] != e:
            parent[e] = parent[parent[e]]
            e = parent[e]
        return e

    heads = ends[:, 0].tolist()
    local = (segments.road == LOCAL).tolist()
    for hub, meeting in enumerate(incident_segments(len(points), ends)):
        if len(meeting) == 2 and all(local[e] for e in meeting):
            parent[root(meeting[0])] = root(meeting[1])
            continue
        away = [(e, *(unit[e] if heads[e] == hub else (-unit[e][0], -unit[e][1]))) for e in meeting if local[e]]
        turns = sorted((ax * bx + ay * by, a, b) for k, (a, ax, ay) in enumerate(away) for b, bx, by in away[k + 1 :])
        joined: set[int] = set()
        for cosine, a, b in turns:
            if cosine < _STRAIGHT_COS and not {a, b} & joined:
                parent[root(a)] = root(b)
                joined |= {a, b}
    mains = int(segments.road.max()) + 1
    roots = np.array([root(e) for e in range(len(ends))])
    _, street = np.unique(np.where(segments.road == LOCAL, mains + roots, segments.road), return_inverse=True)
    return street.astype(np.int64)


def direct_traffic(segments: Segments, street: NDArray[np.int64], *, seed: int) -> Segments:
    """Return the segments with some straight streets of the inner town run one way, all of it still to be reached."""
    ends, oneway = segments.ends.copy(), segments.oneway.copy()
    pieces: dict[int, list[int]] = defaultdict(list)
    for e in np.flatnonzero(segments.road == LOCAL).tolist():
        pieces[int(street[e])].append(e)
    directed: list[int] = []
    for number, members in pieces.items():
        middle = segments.points[ends[members]].sum(axis=(0, 1))
        density = int(segments.spacing_m[ends[members[0], 0]])
        luck = int(chance(seed, 6, int(middle[0]), int(middle[1])))
        if len(members) < _ONEWAY_PIECES or luck >= _ONEWAY_OF_1000.get(density, 0):
            continue
        run = _end_to_end(members, ends)
        if run is None:
            continue
        for e, tail in run if luck % 2 else [(e, int(ends[e].sum()) - tail) for e, tail in run]:
            if ends[e, 0] != tail:
                ends[e] = ends[e, ::-1]
        oneway[members] = True
        directed.append(number)
    return _reopen(Segments(segments.points, ends, segments.road, oneway, segments.spacing_m), street, directed)


def _end_to_end(members: list[int], ends: Points) -> list[tuple[int, int]] | None:
    """Return the pieces of a street in order, each with the point at which it is entered; None for a ring."""
    meeting: dict[int, list[int]] = defaultdict(list)
    for e in members:
        for point in ends[e].tolist():
            meeting[point].append(e)
    tips = sorted(point for point, those in meeting.items() if len(those) == 1)
    if len(tips) != 2 or any(len(those) > 2 for those in meeting.values()):
        return None
    run: list[tuple[int, int]] = []
    point, last = tips[0], -1
    while True:
        onward = [e for e in meeting[point] if e != last]
        if not onward:
            return run
        last = onward[0]
        run.append((last, point))
        point = int(ends[last].sum()) - point


def _reopen(segments: Segments, street: NDArray[np.int64], directed: list[int]) -> Segments:
    """Give back both directions to one-way streets that would leave a place cut off."""
    oneway = segments.oneway.copy()
    mine = np.isin(street, directed)
    while True:
        a, b = segments.ends.T
        both = ~oneway
        rows, columns = np.concatenate([a, b[both]]), np.concatenate([b, a[both]])
        count = len(segments.points)
        arcs = coo_array((np.ones(len(rows), np.int8), (rows, columns)), shape=(count, count))
        _, label = connected_components(arcs, directed=True, connection="strong")
        outside = label != np.bincount(label).argmax()
        stuck = mine & oneway & (outside[a] | outside[b])
        if not stuck.any():
            return Segments(segments.points, segments.ends, segments.road, oneway, segments.spacing_m)
        oneway[np.isin(street, street[stuck])] = False
