"""Drives for prizes: optimal on small networks once bounded, sound and near their bounds on real ones."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from mazes import EVERYWHERE, least_ms, networks, some_streets
from patrolroute.errors import InputError
from patrolroute.roads import RoadNetwork, read_roads
from patrolroute.roads.coverage import AreaStreets, Ends, area_streets
from patrolroute.roads.prizes import Effort, drive_share, drive_within
from patrolroute.roads.recount import check_drive

FLAGS = st.lists(st.booleans(), min_size=7, max_size=7)
QUICK, BOUNDED = Effort(iterations=60), Effort(iterations=60, bound_seconds=20)


@st.composite
def ends_of(draw: st.DrawFn, network: RoadNetwork) -> Ends:
    node = st.one_of(st.none(), st.integers(0, len(network.node_id) - 1))
    if draw(st.booleans()):
        return Ends(start=draw(node))
    return Ends(start=draw(node), end=draw(node), closed=False)


def worth_of(area: AreaStreets, covered: int) -> int:
    return sum(int(dm) for k, dm in enumerate(area.inside_dm) if covered >> k & 1)


@settings(max_examples=80, deadline=None)
@given(networks(), FLAGS, st.data())
def test_the_most_metres_in_a_time(network: RoadNetwork, keep: list[bool], data: st.DataObject) -> None:
    area, ends = some_streets(network, keep), data.draw(ends_of(network))
    table = least_ms(network, area, ends)
    limit_ms = data.draw(st.integers(min(table.values()) + 1, max(table.values()) + 1))
    optimum = max(worth_of(area, covered) for covered, ms in table.items() if ms <= limit_ms)
    drive = drive_within(network, area, limit_ms / 1000, ends=ends, effort=BOUNDED)
    assert check_drive(network, EVERYWHERE, drive, closed=ends.closed) == []
    assert drive.travel_ms <= limit_ms
    assert int(drive.covered_dm.sum()) == optimum
    assert drive.upper_dm == optimum
    quick = drive_within(network, area, limit_ms / 1000, ends=ends, effort=QUICK)
    assert check_drive(network, EVERYWHERE, quick, closed=ends.closed) == []
    assert quick.travel_ms <= limit_ms
    assert quick.upper_dm is None


@settings(max_examples=80, deadline=None)
@given(networks(), FLAGS, st.floats(0.05, 1.0), st.data())
def test_a_share_in_the_least_time(network: RoadNetwork, keep: list[bool], share: float, data: st.DataObject) -> None:
    area, ends = some_streets(network, keep), data.draw(ends_of(network))
    wanted = math.ceil(share * int(area.inside_dm.sum()) - 1e-6)
    optimum = min(ms for covered, ms in least_ms(network, area, ends).items() if worth_of(area, covered) >= wanted)
    drive = drive_share(network, area, share=share, ends=ends, effort=BOUNDED)
    assert check_drive(network, EVERYWHERE, drive, closed=ends.closed) == []
    assert int(drive.covered_dm.sum()) >= wanted
    assert drive.travel_ms == optimum
    assert drive.lower_ms == optimum
    quick = drive_share(network, area, share=share, ends=ends, effort=QUICK)
    assert check_drive(network, EVERYWHERE, quick, closed=ends.closed) == []
    assert int(quick.covered_dm.sum()) >= wanted


def test_a_real_district_by_shares_and_by_time(shared_data: Path) -> None:
    network = read_roads(shared_data / "roads" / "klandasan_ilir.graphml")
    polygon = shapely.box(*network.bounds)
    area = area_streets(network, polygon)
    ends = Ends(start=int(network.tail[area.edge[0]]))
    times = []
    for share in (0.3, 0.6, 1.0):
        drive = drive_share(network, area, share=share, ends=ends, effort=Effort(iterations=200, bound_seconds=4))
        assert check_drive(network, polygon, drive, closed=True) == []
        assert drive.share >= share - 1e-9
        assert drive.start == ends.start
        assert drive.lower_ms is not None
        assert drive.travel_ms <= 1.2 * drive.lower_ms
        times.append(drive.travel_s)
    assert times == sorted(times)
    within = drive_within(network, area, times[1], ends=ends, effort=Effort(iterations=200, bound_seconds=4))
    assert check_drive(network, polygon, within, closed=True) == []
    assert within.travel_s <= times[1]
    assert within.share > 0.5


def test_the_same_seed_is_the_same_drive(shared_data: Path) -> None:
    network = read_roads(shared_data / "roads" / "klandasan_ilir.graphml")
    area = area_streets(network, shapely.box(*network.bounds))
    one, two = (drive_share(network, area, share=0.3, effort=Effort(iterations=100, seed=3)) for _ in range(2))
    assert np.array_equal(one.edges, two.edges)


def test_what_cannot_be_driven_is_refused(shared_data: Path) -> None:
    network = read_roads(shared_data / "roads" / "klandasan_ilir.graphml")
    area = area_streets(network, shapely.box(*network.bounds))
    with pytest.raises(InputError, match="the time limit is nan s"):
        drive_within(network, area, math.nan)
    with pytest.raises(InputError, match="the share is 60; expected more than 0 and at most 1"):
        drive_share(network, area, share=60)
    with pytest.raises(InputError, match="from start to end takes"):
        drive_within(network, area, 1.0, ends=Ends(start=0, end=100, closed=False))
    nothing = drive_within(network, area, 0.001)
    assert (len(nothing.edges), nothing.travel_ms, nothing.share) == (0, 0, 0)
