from __future__ import annotations

import numpy as np
import pytest
import shapely

from patrolroute.datasets.streets import LOCAL, chance, crosses, grow_streets, lay_main_roads
from patrolroute.datasets.townplan import kupang_plan, land, to_degrees, to_plane


def splitmix(stream: int, *keys: int) -> int:
    """The hash again, in Python's own unbounded integers."""
    state, most = stream, 2**64
    for key in keys:
        state = ((state ^ (key % most)) + 0x9E3779B97F4A7C15) % most
        state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 % most
        state = (state ^ (state >> 27)) * 0x94D049BB133111EB % most
        state ^= state >> 31
    return (state >> 11) % 1000


def test_chance_is_the_same_on_every_machine_and_spread_evenly():
    assert chance(1, np.arange(-50, 50)).tolist() == [splitmix(1, key) for key in range(-50, 50)]
    assert int(chance(7, 3, -4)) == splitmix(7, 3, -4)
    many = chance(3, np.arange(100_000))
    assert many.min() == 0
    assert many.max() == 999
    assert 495 < many.mean() < 504


@pytest.mark.parametrize(
    ("segments", "meet"),
    [
        (((0, 0), (10, 10), (0, 10), (10, 0)), True),
        (((0, 0), (10, 0), (5, 0), (5, 9)), True),
        (((0, 0), (10, 0), (0, 1), (10, 1)), False),
        (((0, 0), (10, 0), (11, -5), (11, 5)), False),
        (((0, 0), (4, 4), (5, 5), (9, 0)), False),
    ],
)
def test_crosses_is_exact(segments, meet):
    a, b, c, d = (np.array([p]) for p in segments)
    assert crosses(a, b, c, d).tolist() == [meet]


def test_the_plane_comes_back_to_a_millionth_of_a_degree():
    lonlat = np.array([[123.5976401, -10.1777143], [123.671, -10.1716], [123.528, -10.259]])
    assert np.abs(to_degrees(to_plane(*lonlat.T)) - lonlat).max() < 1e-6


def test_streets_cross_only_where_they_meet():
    streets = grow_streets(kupang_plan(), seed=1)
    lines = np.empty(len(streets.ends), object)
    lines[:] = shapely.linestrings(streets.points[streets.ends].astype(float))
    first, second = shapely.STRtree(lines).query(lines, predicate="intersects")
    apart = (first < second) & ~(streets.ends[first][:, :, None] == streets.ends[second][:, None, :]).any(axis=(1, 2))
    assert apart.sum() == 0


def test_local_streets_keep_off_water_slopes_and_the_airfield():
    plan = kupang_plan()
    streets = grow_streets(plan, seed=1)
    local = streets.ends[streets.road == LOCAL]
    lines = shapely.multilinestrings(streets.points[local].astype(float))
    for barrier in (*plan.barriers, *plan.fields, plan.coast):
        assert not shapely.intersects(lines, shapely.LineString(barrier))
    shore = land(plan)
    shapely.prepare(shore)
    assert shapely.contains_xy(shore, streets.points).all()


def test_each_main_road_is_laid_through_all_its_junctions():
    plan = kupang_plan()
    main = lay_main_roads(plan)
    for road in plan.roads:
        laid = {tuple(p) for p in main.points[main.ends[main.road == road.number]].reshape(-1, 2).tolist()}
        assert {tuple(plan.junctions[name].tolist()) for name in road.through} <= laid
        assert bool(main.oneway[main.road == road.number].all()) == (road.flow != "both")


def test_traffic_keeps_left_of_a_median():
    plan = kupang_plan()
    main = lay_main_roads(plan)
    road = next(road for road in plan.roads if road.flow == "median")
    a, b = (plan.junctions[name] for name in road.through[:2])
    mine = main.ends[main.road == road.number]
    starts = [e for e in mine.tolist() if main.points[e[0]].tolist() == a.tolist()]
    ways_on = [e for e in starts if np.dot(main.points[e[1]] - a, b - a) > 0]
    # Of the two carriageways between a and b only the one for a-to-b leaves a, and it bears left of the other.
    arrivals = [e for e in mine.tolist() if main.points[e[1]].tolist() == a.tolist()]
    assert len(ways_on) == 1
    out, back = main.points[ways_on[0][1]] - a, main.points[arrivals[0][0]] - a
    assert out[0] * back[1] - out[1] * back[0] < 0
