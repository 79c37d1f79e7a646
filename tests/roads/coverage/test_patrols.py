"""The beats of areas on real streets, and on streets whose answer is known by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely

from patrolroute.beats import BeatBook, thousandths
from patrolroute.errors import InputError
from patrolroute.roads import RoadNetwork, area_streets, cut_beats, place_on_roads, read_roads, travel_matrix
from patrolroute.roads.coverage.pace import paced, patrol_ms
from patrolroute.roads.coverage.patrols import BeatWish, extent, plan_beats, with_beats
from patrolroute.roads.coverage.prizes import Effort
from patrolroute.roads.periods import SpeedPeriod, at_period
from patrolroute.scenario import Area, Site, SlowArea, Travel
from placed import both_ways, network_of

BLOCK = {0: (123.600, -10.170), 1: (123.601, -10.170), 2: (123.601, -10.171), 3: (123.600, -10.171)}
AROUND = (((123.59, -10.18), (123.61, -10.18), (123.61, -10.16), (123.59, -10.16)),)
SOON = Effort(iterations=20)


def block() -> RoadNetwork:
    """Return four two-way streets of 100 m around a block."""
    return network_of(both_ways((0, 1, 100.0), (1, 2, 100.0), (2, 3, 100.0), (3, 0, 100.0)), BLOCK)


@pytest.fixture(scope="module")
def klandasan(shared_data: Path) -> RoadNetwork:
    return read_roads(shared_data / "roads" / "klandasan_ilir.graphml")


def whole(roads: RoadNetwork, **more: object) -> Area:
    west, south, east, north = roads.bounds
    ring = ((west, south), (east, south), (east, north), (west, north))
    return Area.model_validate({"id": "all", "rings": (ring,)} | more)


def test_a_block_is_driven_at_patrol_speed() -> None:
    area = Area(id="block", rings=AROUND, share=1.0, patrol_kph=18)
    book = plan_beats(block(), [area], BeatWish(longest_s={"block": 600}, effort=SOON))
    (beat,) = book.beats
    assert (beat.id, beat.entry, beat.exit) == ("block#1", "block#1:in", "block#1:out")
    assert book.total_dm == {"block": 4000}
    assert beat.credit_dm == 4000
    assert beat.duration_s == 80  # 400 m at 5 m/s
    assert book.length_m(beat) == 400


def test_no_patrol_is_faster_than_the_streets_or_the_slowest_vehicle() -> None:
    area = Area(id="block", rings=AROUND, share=1.0, patrol_kph=100)
    for speed_milli, seconds in ((1000, 40), (500, 80)):
        wish = BeatWish(longest_s={"block": 600}, speed_milli=speed_milli, effort=SOON)
        assert plan_beats(block(), [area], wish).beats[0].duration_s == seconds


def test_no_patrol_is_faster_than_slowed_streets() -> None:
    roads, slow = block(), SlowArea(name="market", polygon=AROUND[0], factor=0.5)
    slowed = at_period(roads, SpeedPeriod(begins_s=0, slow=(slow,)))
    area = Area(id="block", rings=AROUND, share=1.0, patrol_kph=30)
    # At 36 km/h the streets let 30 km/h be driven, at 18 km/h they do not.
    for network, seconds in ((roads, 48), (slowed, 80)):
        (beat,) = plan_beats(network, [area], BeatWish(longest_s={"block": 600}, effort=SOON)).beats
        assert beat.duration_s == seconds
    twice = paced(slowed, area_streets(slowed, area.polygon), 3)
    assert twice.network.pace is not None
    assert twice.network.pace.tolist() == slowed.pace[twice.origin].tolist()  # type: ignore[index]


def test_a_share_of_a_block_is_two_streets() -> None:
    area = Area(id="block", rings=AROUND, share=0.4, patrol_kph=18)
    (beat,) = plan_beats(block(), [area], BeatWish(longest_s={"block": 600}, effort=SOON)).beats
    assert beat.credit_dm == 2000
    assert beat.duration_s == 40


def test_beats_reach_the_share_with_streets_of_their_own(klandasan: RoadNetwork) -> None:
    area = whole(klandasan)
    book = plan_beats(klandasan, [area], BeatWish(longest_s={"all": 900}))
    credited = np.concatenate([beat.credited for beat in book.beats])
    assert len(np.unique(credited)) == len(credited)
    assert 0.6 <= sum(beat.credit_dm for beat in book.beats) / book.total_dm["all"] < 0.62
    assert len(book.beats) > 2
    assert max(beat.duration_s for beat in book.beats) <= 900
    # At 15 km/h nothing is quicker than the kilometres themselves; deadheading adds less than a quarter.
    least_s = sum(beat.credit_dm for beat in book.beats) * 0.36 / 15
    assert least_s <= sum(beat.duration_s for beat in book.beats) < 1.25 * least_s
    for beat in book.beats:
        assert {float(n) for n in book.line(beat).coords[0]} <= set(book.streets.shape_lonlat.ravel().tolist())


def test_a_book_is_read_back_as_it_was_written(klandasan: RoadNetwork) -> None:
    book = plan_beats(klandasan, [whole(klandasan)], BeatWish(longest_s={"all": 900}, effort=SOON))
    again = BeatBook.from_bytes(book.to_bytes())
    assert again.to_bytes() == book.to_bytes()
    for one, other in zip(book.beats, again.beats, strict=True):
        assert vars(one).keys() == vars(other).keys()
        assert all(np.array_equal(vars(one)[key], vars(other)[key]) for key in vars(one))
    assert list(again.stretches(again.beats[0])) == list(book.stretches(book.beats[0]))
    with pytest.raises(InputError, match=r"beats\.npz: holds no beats"):
        BeatBook.from_bytes(b"PK", where="beats.npz")


def test_a_book_refuses_beats_over_streets_that_it_lacks() -> None:
    area = Area(id="block", rings=AROUND, share=1.0)
    book = plan_beats(block(), [area], BeatWish(longest_s={"block": 600}, effort=SOON))
    beat = replace(book.beats[0], street=book.beats[0].street + 1)
    with pytest.raises(InputError, match="expected streets from 0 to 3"):
        replace(book, beats=(beat,))


def test_only_the_classes_asked_for_count(klandasan: RoadNetwork) -> None:
    area = whole(klandasan, streets=("tertiary",), share=1.0)
    book = plan_beats(klandasan, [area], BeatWish(longest_s={"all": 900}, effort=SOON))
    assert {book.streets.highway[row] for beat in book.beats for row in beat.credited} == {"tertiary"}
    with pytest.raises(InputError, match="area 'all': highway class 'teriary' does not occur"):
        plan_beats(klandasan, [whole(klandasan, streets=("teriary",))], BeatWish(longest_s={"all": 900}))


def test_the_surroundings_of_a_street(klandasan: RoadNetwork) -> None:
    name = max(set(klandasan.name) - {""}, key=klandasan.name.count)
    narrow, wide = (extent(klandasan, Area(id="x", street=name.upper(), buffer_m=m)) for m in (20.0, 80.0))
    assert wide.contains(narrow)
    east_m = 111_320 * np.cos(np.radians(klandasan.lat.mean()))
    grown = (wide.bounds[2] - narrow.bounds[2]) * east_m
    assert grown == pytest.approx(60, abs=0.5)
    with pytest.raises(InputError, match=r"area 'x': no street is named 'Jalan Tiada'"):
        plan_beats(klandasan, [Area(id="x", street="Jalan Tiada", buffer_m=9)], BeatWish(longest_s={"x": 900}))


def test_beats_begin_and_end_at_their_nodes_in_the_matrix(klandasan: RoadNetwork) -> None:
    book = plan_beats(klandasan, [whole(klandasan)], BeatWish(longest_s={"all": 900}, effort=SOON))
    lon, lat = float(klandasan.lon[3]), float(klandasan.lat[3])
    placed = with_beats(klandasan, place_on_roads(klandasan, [Site(id="a", lon=lon, lat=lat)], travel=Travel()), book)
    matrix = travel_matrix(klandasan, placed, profiles={"1": 1000})
    first, second = book.beats[:2]
    assert matrix.ids[1:5] == (first.entry, first.exit, second.entry, second.exit)
    # To the very node: there and along the beat's first street takes no less than to that street's end.
    for beat in book.beats:
        begin, end = book.ends(beat)
        at = placed.index(beat.entry)
        assert (placed.lon[at], placed.lat[at]) == tuple(book.line(beat).coords[0])
        assert int(klandasan.node_id[klandasan.tail[placed.edge[at]]]) == begin
        assert int(klandasan.node_id[klandasan.tail[placed.edge[placed.index(beat.exit)]]]) == end


def test_a_weight_is_split_by_largest_remainders() -> None:
    assert thousandths(1, [1, 1, 1]) == [334, 333, 333]
    assert thousandths(2, [3, 1]) == [1500, 500]
    assert thousandths(7, [0, 0]) == [0, 0]
    assert sum(thousandths(999_983, [17, 5, 3, 11])) == 999_983_000


def test_slow_streets_stand_beside_those_that_are_passed(klandasan: RoadNetwork) -> None:
    streets = area_streets(klandasan, shapely.box(*klandasan.bounds), classes={"tertiary"})
    slow = paced(klandasan, streets, 10)
    more = len(slow.network.tail) - len(klandasan.tail)
    assert more == len(streets.edge) + (klandasan.twin[streets.edge] >= 0).sum()
    assert slow.area.total_m == streets.total_m
    counts = np.isin(slow.network.first, slow.area.edge)
    assert counts.sum() == more
    length, time = klandasan.length_dm[slow.origin], klandasan.time_ms[slow.origin]
    assert np.array_equal(slow.network.time_ms[~counts], time[~counts])
    assert np.array_equal(slow.network.time_ms[counts], np.maximum(time, np.ceil(length * 36 - 1e-6))[counts])
    twins = slow.network.twin[counts]
    assert np.array_equal(slow.origin[twins[twins >= 0]], klandasan.twin[slow.origin[counts]][twins >= 0])


def test_one_drive_at_patrol_speed_is_bounded(klandasan: RoadNetwork) -> None:
    streets = area_streets(klandasan, shapely.box(*klandasan.bounds))
    effort = Effort(iterations=100, bound_seconds=1)
    beats = cut_beats(klandasan, streets, 900, share=1.0, closed=False, patrol_kph=15, effort=effort)
    one_drive_ms = int(patrol_ms(klandasan, beats.whole, 15).sum())
    assert beats.lower_ms is not None
    # How near the bound comes is the clock's; that none is quicker holds whatever it finds.
    assert 0 < beats.lower_ms <= one_drive_ms
    assert one_drive_ms > beats.whole.total_dm * 360 / 15
    assert beats.share == pytest.approx(1)
