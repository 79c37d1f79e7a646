"""Growing streets between the main roads: points, candidates, and a choice without crossings.

All geometry is in whole decimetres and all chance comes from a hash of positions, so the same plan gives the same
streets on every machine, and a change in one corner leaves the others as they were.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from patrolroute.datasets.townplan import land

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from patrolroute.datasets.townplan import MainRoad, Points, TownPlan

LOCAL = -1
"""Road number of a segment that belongs to no main road."""

# Directions of the local grids as Pythagorean triples, so that no cosine of the machine's own is needed.
_GRID_DIRECTIONS = ((1, 0, 1), (12, 5, 13), (15, 8, 17), (4, 3, 5), (24, 7, 25), (12, -5, 13), (15, -8, 17), (4, -3, 5))
_MEDIAN_HALF_DM = 60
_LEAST_COS = 0.57  # two streets that leave a junction do so at 55 degrees or more
_KEPT_OF_1000 = {75: 900, 85: 870, 100: 820, 135: 740}


@dataclass(frozen=True, eq=False)
class Segments:
    """Straight pieces of street between points.

    Parameters
    ----------
    points : int64 array, shape (n, 2)
        Decimetres.
    ends : int64 array, shape (m, 2)
        Indices of points; a piece of one-way road runs from the first to the second.
    road : int64 array, shape (m,)
        Number of the main road, or `LOCAL`.
    oneway : bool array, shape (m,)
    spacing_m : int64 array, shape (n,)
        Spacing of streets around each point.
    """

    points: Points
    ends: Points
    road: NDArray[np.int64]
    oneway: NDArray[np.bool_]
    spacing_m: NDArray[np.int64]


def chance(stream: int, *keys: NDArray[np.int64] | int) -> NDArray[np.int64]:
    """Return numbers from 0 to 999 that depend on nothing but the stream and the keys (splitmix64)."""
    state = np.asarray(stream, np.uint64)
    with np.errstate(over="ignore"):
        for key in keys:
            state = (state ^ np.asarray(key).astype(np.uint64)) + np.uint64(0x9E3779B97F4A7C15)
            state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            state = state ^ (state >> np.uint64(31))
    return ((state >> np.uint64(11)) % np.uint64(1000)).astype(np.int64)


def grow_streets(plan: TownPlan, *, seed: int) -> Segments:
    """Return the main roads and the local streets grown between them, one connected piece.

    Parameters
    ----------
    plan : TownPlan
    seed : int
        Another seed gives other local streets around the same main roads.
    """
    main = lay_main_roads(plan)
    local, spacing_m = _local_points(plan, main, seed)
    points = np.concatenate([main.points, local])
    spacing_m = np.concatenate([main.spacing_m, spacing_m])
    pairs = _candidates(plan, points, spacing_m, len(main.points))
    chosen = _choose(points, main.ends, pairs)
    kept = _thin(points, spacing_m, main.ends, chosen, seed)
    ends = np.concatenate([main.ends, kept])
    segments = Segments(
        points=points,
        ends=ends,
        road=np.concatenate([main.road, np.full(len(kept), LOCAL)]),
        oneway=np.concatenate([main.oneway, np.zeros(len(kept), np.bool_)]),
        spacing_m=spacing_m,
    )
    return _largest_piece(segments)


def lay_main_roads(plan: TownPlan) -> Segments:
    """Return the main roads alone, cut into pieces of about a block, gently bent."""
    points: list[tuple[int, int]] = []
    junction: dict[str, int] = {}
    ends: list[tuple[int, int]] = []
    road: list[int] = []
    oneway: list[bool] = []
    tree = cKDTree(plan.nucleus_dm)
    spacing = np.array([n.spacing_m for n in plan.nuclei])

    def point_of(name: str) -> int:
        if name not in junction:
            junction[name] = len(points)
            points.append((int(plan.junctions[name][0]), int(plan.junctions[name][1])))
        return junction[name]

    for each in plan.roads:
        for leg, (a, b) in enumerate(pairwise(each.through)):
            first, last = point_of(a), point_of(b)
            middle = (plan.junctions[a] + plan.junctions[b]) // 2
            block_dm = 10 * int(spacing[tree.query(middle)[1]])
            sides = (-_MEDIAN_HALF_DM, _MEDIAN_HALF_DM) if each.flow == "median" else (0,)
            for side in sides:
                inner = _bent(plan.junctions[a], plan.junctions[b], each, leg, block_dm, side)
                chain = [first, *range(len(points), len(points) + len(inner)), last]
                points.extend((int(x), int(y)) for x, y in inner)
                # Traffic keeps left in Indonesia: the carriageway to the left of a-b runs from a to b.
                if side < 0:
                    chain.reverse()
                ends.extend(pairwise(chain))
                road.extend([each.number] * (len(chain) - 1))
                oneway.extend([each.flow != "both"] * (len(chain) - 1))
    array = np.array(points, np.int64)
    return Segments(array, np.array(ends, np.int64), np.array(road), np.array(oneway), spacing[tree.query(array)[1]])


def _bent(a: Points, b: Points, road: MainRoad, leg: int, block_dm: int, side_dm: int) -> Points:
    along = (b - a).astype(np.float64)
    length = np.sqrt(along[0] * along[0] + along[1] * along[1])
    count = max(2, round(float(length) / block_dm))
    t = np.arange(1, count) / count
    swing = (int(chance(road.number, leg)) - 500) / 500
    swing = (1.0 if swing >= 0 else -1.0) * (0.5 + abs(swing) / 2)
    lateral = road.bend * swing * length * 4 * t * (1 - t) + side_dm
    across = np.stack([-along[1], along[0]]) / length
    bent: Points = np.rint(a + t[:, None] * along + lateral[:, None] * across).astype(np.int64)
    return bent


def _local_points(plan: TownPlan, main: Segments, seed: int) -> tuple[Points, NDArray[np.int64]]:
    nuclei = plan.nucleus_dm
    tree, main_tree = cKDTree(nuclei), cKDTree(main.points)
    shore = land(plan)
    shapely.prepare(shore)
    found, spacings = [], []
    for k, nucleus in enumerate(plan.nuclei):
        spacing = nucleus.spacing_m * 10
        span = np.arange(-400_00 // spacing, 400_00 // spacing + 1)
        i, j = (grid.ravel() for grid in np.meshgrid(span, span, indexing="ij"))
        c, s, h = _GRID_DIRECTIONS[int(chance(seed, 1, k)) % len(_GRID_DIRECTIONS)]
        jitter = [(chance(seed, 2 + axis, k, i, j) - 500) * spacing * 2 // 5000 for axis in (0, 1)]
        x, y = i * spacing + jitter[0], j * spacing + jitter[1]
        xy = nuclei[k] + np.stack([(x * c - y * s) // h, (x * s + y * c) // h], axis=1)
        from_nucleus = np.sqrt(((xy - nuclei[k]) ** 2).sum(axis=1))
        from_main = main_tree.query(xy)[0]
        # Beyond half its reach from the nucleus a grid loses ever more points, but not along main roads.
        fading = np.rint(2000 * from_nucleus / (nucleus.reach_m * 10)) - 1000
        built = (chance(seed, 4, k, i, j) >= fading) | (from_main <= spacing * 2.6)
        keep = (tree.query(xy)[1] == k) & built
        keep &= (from_main >= spacing * 0.6) & (chance(seed, 7, k, i, j) >= 60)
        xy = xy[keep]
        xy = xy[shapely.contains_xy(shore, xy)]
        for ring in plan.fields:
            xy = xy[~shapely.contains_xy(shapely.Polygon(ring), xy)]
        found.append(xy)
        spacings.append(np.full(len(xy), nucleus.spacing_m))
    return np.concatenate(found), np.concatenate(spacings)


def _candidates(plan: TownPlan, points: Points, spacing_m: NDArray[np.int64], mains: int) -> Points:
    """Return pairs of near points that a street might join, shortest first, none across water, slopes or fields."""
    farthest_dm = 10 * 1.55 * float(spacing_m.max())
    pairs: Points = cKDTree(points).query_pairs(farthest_dm, output_type="ndarray").astype(np.int64)
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
    pairs = pairs[pairs[:, 1] >= mains]
    square = ((points[pairs[:, 0]] - points[pairs[:, 1]]) ** 2).sum(axis=1)
    reach = 10 * (spacing_m[pairs[:, 0]] + spacing_m[pairs[:, 1]]) * 31 // 40
    near = square <= reach * reach
    pairs, square = pairs[near], square[near]
    pairs = pairs[np.argsort(square, kind="stable")]
    for line in (plan.coast, *plan.barriers, *plan.fields):
        a, b = points[pairs[:, 0]], points[pairs[:, 1]]
        crossed = np.zeros(len(pairs), np.bool_)
        for c, d in pairwise(line):
            crossed |= crosses(a, b, np.broadcast_to(c, a.shape), np.broadcast_to(d, a.shape))
        pairs = pairs[~crossed]
    return pairs


def crosses(a: Points, b: Points, c: Points, d: Points) -> NDArray[np.bool_]:
    """Return whether segments a-b and c-d meet, exactly; arrays of shape (n, 2)."""

    def side(p: Points, q: Points, r: Points) -> NDArray[np.int64]:
        turn = (q[:, 0] - p[:, 0]) * (r[:, 1] - p[:, 1]) - (q[:, 1] - p[:, 1]) * (r[:, 0] - p[:, 0])
        sign: NDArray[np.int64] = np.sign(turn)
        return sign

    return (side(a, b, c) * side(a, b, d) <= 0) & (side(c, d, a) * side(c, d, b) <= 0)


def _conflicts(points: Points, ends: Points) -> tuple[Points, Points]:
    """Return the pairs of segments that cross, or leave one point at too small an angle."""
    lines = np.empty(len(ends), np.object_)
    lines[:] = shapely.linestrings(points[ends].astype(np.float64))
    first, second = shapely.STRtree(lines).query(lines)
    once = first < second
    first, second = first[once], second[once]
    p, q = ends[first], ends[second]
    shared = np.where((p[:, 0] == q[:, 0]) | (p[:, 0] == q[:, 1]), p[:, 0], -1)
    shared = np.where((shared < 0) & ((p[:, 1] == q[:, 0]) | (p[:, 1] == q[:, 1])), p[:, 1], shared)
    apart = shared < 0
    bad = np.zeros(len(first), np.bool_)
    bad[apart] = crosses(*(points[e] for e in (*p[apart].T, *q[apart].T)))
    hub = points[shared[~apart]]
    u = (points[p[~apart]].sum(axis=1) - 2 * hub).astype(np.float64)
    v = (points[q[~apart]].sum(axis=1) - 2 * hub).astype(np.float64)
    dot = (u * v).sum(axis=1)
    limit = _LEAST_COS * np.sqrt((u * u).sum(axis=1)) * np.sqrt((v * v).sum(axis=1))
    bad[~apart] = dot > limit
    return first[bad], second[bad]


def _choose(points: Points, main: Points, pairs: Points) -> Points:
    """Return the candidates that stay when each, shortest first, rules out those that conflict with it."""
    ends = np.concatenate([main, pairs])
    first, second = _conflicts(points, ends)
    both = np.concatenate([first, second]), np.concatenate([second, first])
    order = np.argsort(both[0], kind="stable")
    rivals = both[1][order]
    begins = np.searchsorted(both[0][order], np.arange(len(ends) + 1))
    alive = np.ones(len(ends), np.bool_)
    for e in range(len(ends)):
        if alive[e] or e < len(main):
            alive[rivals[begins[e] : begins[e + 1]]] = False
    return pairs[alive[len(main) :]]


def _thin(points: Points, spacing_m: NDArray[np.int64], main: Points, local: Points, seed: int) -> Points:
    """Return the local segments less some that are not needed to keep the town in one piece: blocks and dead ends."""
    parent = list(range(len(points)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i, j in main.tolist():
        parent[root(i)] = root(j)
    middle = points[local].sum(axis=1)
    luck = chance(seed, 5, middle[:, 0], middle[:, 1])
    kept_of_1000 = np.array([_KEPT_OF_1000[s] for s in spacing_m[local[:, 0]].tolist()])
    keep = luck < kept_of_1000
    for e in np.argsort(luck, kind="stable").tolist():
        i, j = root(int(local[e, 0])), root(int(local[e, 1]))
        if i != j:
            parent[i] = j
            keep[e] = True
    return local[keep]


def _largest_piece(segments: Segments) -> Segments:
    count = len(segments.points)
    ends = segments.ends
    graph = coo_array((np.ones(len(ends), np.int8), (ends[:, 0], ends[:, 1])), shape=(count, count))
    _, label = connected_components(graph, directed=False)
    inside = label == np.bincount(label).argmax()
    keep = inside[ends[:, 0]]
    renumber = np.cumsum(inside) - 1
    return Segments(
        points=segments.points[inside],
        ends=renumber[ends[keep]],
        road=segments.road[keep],
        oneway=segments.oneway[keep],
        spacing_m=segments.spacing_m[inside],
    )
