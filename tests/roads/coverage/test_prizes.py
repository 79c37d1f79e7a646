"""Drives for prizes: optimal on small networks once bounded, sound and near their bounds on real ones."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from mazes import EVERYWHERE, least_ms, network_of, networks, some_streets
from patrolroute.errors import InputError
from patrolroute.roads import RoadNetwork, read_roads
from patrolroute.roads.coverage import prizes
from patrolroute.roads.coverage.prizebounds import WishBound
from patrolroute.roads.coverage.prizekernel import search_order
from patrolroute.roads.coverage.prizes import Effort, drive_share, drive_within
from patrolroute.roads.coverage.recount import check_drive
from patrolroute.roads.coverage.relaxation import NO_BOUND, Found, Relaxation
from patrolroute.roads.coverage.streets import AreaStreets, Ends, area_streets

FLAGS = st.lists(st.booleans(), min_size=7, max_size=7)
QUICK, BOUNDED = Effort(iterations=60), Effort(iterations=60, bound_seconds=20)


def of_streets(*streets: tuple[int, int, float]) -> RoadNetwork:
    """Return a network of two-way streets with their lengths in metres, driven at 10 m/s."""
    places = {node: (123.5 + 0.001 * node, -10.5 + 0.001 * (node * node % 7)) for node in range(4)}
    nodes = {node for u, v, _ in streets for node in (u, v)}
    edges = [(*pair, metres, 36.0) for u, v, metres in streets for pair in ((u, v), (v, u))]
    return network_of(edges, {node: places[node] for node in nodes})


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
    assert check_drive(network, EVERYWHERE, drive, ends=ends, only=area.edge.tolist()) == []
    assert drive.travel_ms <= limit_ms
    assert int(drive.covered_dm.sum()) == optimum
    assert drive.upper_dm == optimum
    quick = drive_within(network, area, limit_ms / 1000, ends=ends, effort=QUICK)
    assert check_drive(network, EVERYWHERE, quick, ends=ends, only=area.edge.tolist()) == []
    assert quick.travel_ms <= limit_ms
    assert quick.upper_dm is None


@settings(max_examples=80, deadline=None)
@given(networks(), FLAGS, st.floats(0.05, 1.0), st.data())
def test_a_share_in_the_least_time(network: RoadNetwork, keep: list[bool], share: float, data: st.DataObject) -> None:
    area, ends = some_streets(network, keep), data.draw(ends_of(network))
    wanted = math.ceil(share * int(area.inside_dm.sum()) - 1e-6)
    optimum = min(ms for covered, ms in least_ms(network, area, ends).items() if worth_of(area, covered) >= wanted)
    drive = drive_share(network, area, share=share, ends=ends, effort=BOUNDED)
    assert check_drive(network, EVERYWHERE, drive, ends=ends, only=area.edge.tolist()) == []
    assert int(drive.covered_dm.sum()) >= wanted
    assert drive.travel_ms == optimum
    assert drive.lower_ms == optimum
    quick = drive_share(network, area, share=share, ends=ends, effort=QUICK)
    assert check_drive(network, EVERYWHERE, quick, ends=ends, only=area.edge.tolist()) == []
    assert int(quick.covered_dm.sum()) >= wanted


def test_a_real_district_by_shares_and_by_time(shared_data: Path) -> None:
    network = read_roads(shared_data / "roads" / "klandasan_ilir.graphml")
    polygon = shapely.box(*network.bounds)
    area = area_streets(network, polygon)
    ends = Ends(start=int(network.tail[area.edge[0]]))
    times = []
    for share in (0.3, 0.6, 1.0):
        drive = drive_share(network, area, share=share, ends=ends, effort=Effort(iterations=200, bound_seconds=4))
        assert check_drive(network, polygon, drive, ends=ends) == []
        assert drive.share >= share - 1e-9
        assert drive.start == ends.start
        assert drive.lower_ms is not None
        assert drive.travel_ms <= 1.2 * drive.lower_ms
        times.append(drive.travel_s)
    assert times == sorted(times)
    within = drive_within(network, area, times[1], ends=ends, effort=Effort(iterations=200, bound_seconds=4))
    assert check_drive(network, polygon, within, ends=ends) == []
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


def test_where_nothing_fits_the_drive_stays_at_the_wanted_end() -> None:
    network = of_streets((0, 1, 100.0), (1, 2, 100.0), (2, 0, 150.0), (2, 3, 50.0))
    area = area_streets(network, EVERYWHERE)
    for node in range(4):
        for ends in (Ends(end=node, closed=False), Ends(start=node, closed=False), Ends(start=node)):
            drive = drive_within(network, area, 1.0, ends=ends, effort=Effort(iterations=5))
            assert check_drive(network, EVERYWHERE, drive, ends=ends) == []
            assert (drive.start, drive.end, len(drive.edges)) == (node, node, 0)


def test_a_tiny_share_is_one_street_and_not_all() -> None:
    network = of_streets((0, 1, 100.0), (1, 2, 100.0), (2, 0, 150.0), (2, 3, 50.0))
    area = area_streets(network, EVERYWHERE)
    drive = drive_share(network, area, share=1e-12, effort=Effort(iterations=20))
    assert (len(drive.streets), drive.travel_ms) == (1, 10_000)


def test_an_area_without_streets_is_refused() -> None:
    network = of_streets((0, 1, 100.0))
    area = area_streets(network, EVERYWHERE)
    with pytest.raises(InputError, match="the area holds no street"):
        drive_within(network, area.only(np.zeros(len(area.edge), np.bool_)), 30)


def test_an_order_over_the_limit_is_trimmed_though_no_removal_saves_anything() -> None:
    # There and back on two streets: without the one, its way is driven all the same.
    ways = np.array([[0, 1000], [1000, 0]], np.int32)
    services = np.array([[0, 1, 1000, 0], [1, 0, 1000, 1]], np.int64)
    pairs, near = np.array([[0, -1], [1, -1]], np.int64), np.array([[0, 1], [1, 0]], np.int64)

    def found(limit_ms: int) -> list[int]:
        aim, pace = np.array([limit_ms, 2**60, 0]), np.array([20.0, 0, 1.0, 0.1])
        ends, worth, order = np.array([-2, -2]), np.array([10, 10]), np.array([0, 1])
        return [int(k) for k in search_order(ways, services, pairs, worth, near, ends, aim, order, pace)]

    assert found(500) == []
    assert sorted(found(2000)) == [0, 1]


@pytest.mark.parametrize("lower", [None, 2**40])
def test_a_bound_that_is_wrong_or_missing_proves_nothing(lower: int | None, monkeypatch: pytest.MonkeyPatch) -> None:
    network = of_streets((0, 1, 100.0), (1, 2, 100.0), (2, 0, 150.0), (2, 3, 50.0))
    area = area_streets(network, EVERYWHERE)
    effort = Effort(iterations=20, bound_seconds=5)
    assert drive_share(network, area, share=0.5, effort=effort).proved

    def bound(*_: object, **__: object) -> WishBound:
        return WishBound(lower=lower, counts=(), proved=False)

    monkeypatch.setattr(prizes, "bound_wish", bound)
    quick, long = drive_share(network, area, share=0.5, effort=effort), drive_within(network, area, 30, effort=effort)
    assert (quick.lower_ms, quick.proved) == (None, False)
    assert (long.upper_dm, long.proved) == (None, False)


def test_a_solver_that_fails_at_once_gives_no_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    network = of_streets((0, 1, 100.0), (1, 2, 100.0), (2, 0, 150.0))
    area = area_streets(network, EVERYWHERE)
    monkeypatch.setattr(Relaxation, "solve", lambda _: Found(x=None, lower=NO_BOUND, optimal=False))
    drive = drive_share(network, area, share=0.5, effort=Effort(iterations=20, bound_seconds=5))
    assert (drive.lower_ms, drive.proved) == (None, False)
