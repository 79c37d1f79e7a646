"""Streets slowed in areas, and matrices by the hour."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import pytest

import patrolroute.roads.hierarchy as hierarchies
from nights import at, scenario_of, squad, window
from patrolroute.errors import InputError
from patrolroute.roads import RoadNetwork, place_on_roads, roads_from_graph, trace_legs, travel_matrix, turn_graph
from patrolroute.roads.periods import (
    SpeedPeriod,
    at_period,
    check_slow,
    slow_pace,
    slowest_roads,
    speed_periods,
    travel_by_hour,
    travel_periods,
)
from patrolroute.scenario import Scenario, SlowArea, SpeedHours
from patrolroute.scenario.model import Closures, Place, Travel
from streets import LAT, LON, STEP_DEG, corner, town

if TYPE_CHECKING:
    from patrolroute.roads import Placed

RUSH = SpeedHours(name="rush", windows=(window((22, 0), (22, 30)),), factor=0.5)
LATE = SpeedHours(name="late", windows=(window((23, 0), (25, 0)),), speeds_kph={"residential": 40})


def square(row: float, column: float, size: float = 1.0) -> tuple[tuple[float, float], ...]:
    """Return a square around a corner of the town, its half side in blocks."""
    lon, lat, half = LON + column * STEP_DEG, LAT + row * STEP_DEG, size * STEP_DEG
    return ((lon - half, lat - half), (lon + half, lat - half), (lon + half, lat + half), (lon - half, lat + half))


@pytest.fixture(scope="module")
def roads() -> RoadNetwork:
    return roads_from_graph(town(one_way=True))


def put(roads: RoadNetwork) -> Placed:
    places = [Place(id=f"p{r}{c}", **corner(r, c)) for r, c in ((0.3, 0), (2.3, 2), (3.3, 4), (1.3, 3), (4, 4))]
    return place_on_roads(roads, places, travel=Travel(snap_limit_m=500))


def night(travel: Travel, **shift: int) -> Scenario:
    return scenario_of((), (squad("regu-1", **shift),)).model_copy(update={"travel": travel})  # type: ignore[arg-type]


def test_only_the_part_of_a_street_that_lies_in_an_area_is_slower(roads: RoadNetwork) -> None:
    area = SlowArea(name="market", polygon=square(2, 2, 0.25), factor=0.5)
    pace = slow_pace(roads, (area,))
    middle = 2 * 5 + 2
    meets = (roads.node_id[roads.tail] == middle) | (roads.node_id[roads.head] == middle)
    assert pace[~meets].tolist() == [1.0] * int((~meets).sum())
    np.testing.assert_allclose(pace[meets], 1.25)
    slowed = at_period(roads, SpeedPeriod(begins_s=0, slow=(area,)))
    np.testing.assert_allclose(slowed.time_ms[meets], roads.time_ms[meets] * 1.25, atol=1)
    np.testing.assert_allclose(slowed.speed_kph[meets], roads.speed_kph[meets] / 1.25)
    assert (slowed.time_ms[~meets] == roads.time_ms[~meets]).all()


def test_both_directions_have_one_pace_and_areas_multiply(roads: RoadNetwork) -> None:
    areas = tuple(SlowArea(name="rain", polygon=square(2, 2, 9), factor=factor) for factor in (0.5, 0.8))
    pace = slow_pace(roads, (*areas, SlowArea(name="bend", polygon=square(1.2, 1.7, 0.6), factor=0.3)))
    assert (pace >= 1 / 0.4 - 1e-9).all()
    paired = roads.twin >= 0
    assert (pace[paired] == pace[roads.twin[paired]]).all()


def test_areas_without_a_street_are_named_and_closed_streets_count(roads: RoadNetwork) -> None:
    away = [SlowArea(name=name, polygon=square(50, 50), factor=0.5) for name in ("one", "two")]
    with pytest.raises(InputError) as caught:
        check_slow(roads, away)
    assert [fault.split(":")[0] for fault in caught.value.faults] == ["travel.slow 'one'", "travel.slow 'two'"]
    closed = roads.with_closures(Closures(polygons=(square(0, 0, 0.2),)))
    check_slow(closed, [SlowArea(name="in", polygon=square(0, 0, 0.1), factor=0.5)])


def test_streets_are_closed_before_they_are_slowed(roads: RoadNetwork) -> None:
    slowed = roads.with_speeds(roads.speeds, pace=np.full(len(roads.tail), 2.0))
    with pytest.raises(InputError, match="close streets first"):
        slowed.with_closures(Closures(streets=("Jalan 2",)))
    for wrong in (np.zeros(len(roads.tail)), np.ones(3), np.full(len(roads.tail), np.nan)):
        with pytest.raises(InputError, match="pace must be a number above 0"):
            roads.with_speeds(roads.speeds, pace=wrong)


def test_periods_are_those_of_the_shifts() -> None:
    rain = SlowArea(name="rain", polygon=square(2, 2), factor=0.8)
    market = SlowArea(name="market", polygon=square(2, 2), factor=0.5, windows=(window((21, 0), (23, 30)),))
    periods = speed_periods(night(Travel(hours=(RUSH, LATE), slow=(rain, market)), start=22, end=24))
    told = [(each.begins_s, each.hours and each.hours.name, [area.name for area in each.slow]) for each in periods]
    assert told == [
        (22 * 3600, "rush", ["rain", "market"]),
        (22 * 3600 + 1800, None, ["rain", "market"]),
        (23 * 3600, "late", ["rain", "market"]),
        (23 * 3600 + 1800, "late", ["rain"]),
    ]
    early = SpeedHours(name="early", windows=(window((17, 0), (19, 0)),), factor=0.5)
    assert [each.hours for each in speed_periods(night(Travel(hours=(early,))))] == [None]
    assert len(speed_periods(scenario_of((), ()))) == 1
    assert at(22).tzinfo is not None


def test_periods_reach_into_overtime() -> None:
    rain = SpeedHours(name="rain", windows=(window((24, 30), (26, 0)),), factor=0.5)
    travel = Travel(hours=(rain,))
    told = [
        [(each.begins_s, each.hours) for each in speed_periods(night(travel, start=22, end=24, overtime_min=minutes))]
        for minutes in (30, 31)
    ]
    assert told == [[(22 * 3600, None)], [(22 * 3600, None), (24 * 3600 + 1800, rain)]]


def test_hours_and_classes_change_speeds(roads: RoadNetwork) -> None:
    rush, late = (at_period(roads, SpeedPeriod(begins_s=0, hours=hours)) for hours in (RUSH, LATE))
    np.testing.assert_allclose(rush.time_ms, 2 * roads.time_ms, atol=1)
    np.testing.assert_allclose(late.time_ms, roads.time_ms / 2, atol=1)
    assert at_period(roads, SpeedPeriod(begins_s=0)) is roads
    wrong = Travel(speeds_kph={"residental": 3}, hours=(LATE.model_copy(update={"speeds_kph": {"primry": 30}}),))
    with pytest.raises(InputError) as caught:
        roads.speeds.adjusted(wrong)
    assert caught.value.faults == (
        "travel.speeds_kph: there is no highway class 'residental'; did you mean 'residential'?",
        "travel.hours 'late': speeds_kph: there is no highway class 'primry'; did you mean 'primary'?",
    )


@pytest.mark.parametrize("with_turns", [False, True])
def test_each_period_has_its_own_matrix_on_one_hierarchy(with_turns: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    build = hierarchies.build_hierarchy
    monkeypatch.setattr(hierarchies, "build_hierarchy", lambda *given, **more: made.append(1) or build(*given, **more))
    roads = roads_from_graph(town(one_way=True))
    slow = SlowArea(name="market", polygon=square(2, 2, 1.3), factor=0.2)
    networks = tuple(at_period(roads, SpeedPeriod(begins_s=0, hours=hours, slow=(slow,))) for hours in (RUSH, LATE))
    placed, profiles = put(roads), {"car": 1000, "motor": 1300}
    turns = turn_graph(networks[0]) if with_turns else None
    timed = None if turns is None else [turns.with_times(network) for network in networks]
    travel = travel_periods(networks, placed, begins_s=(0, 9), profiles=profiles, turns=timed, engine="native")
    assert len(made) == 1
    for p, network in enumerate(networks):
        fresh = turn_graph(network) if with_turns else None
        expected = travel_matrix(network, placed, profiles=profiles, turns=fresh, engine="scipy")
        assert (travel.travel_s[p] == expected.travel_s).all()
        assert (travel.travel_m[p] == expected.travel_m).all()
    assert (travel.travel_s[0] != travel.travel_s[1]).any()


def test_legs_are_those_that_the_matrix_of_their_hour_counts(roads: RoadNetwork) -> None:
    market = SlowArea(name="market", polygon=square(2, 2, 1.3), factor=0.2)
    periods = (SpeedPeriod(begins_s=0, slow=(market,)), SpeedPeriod(begins_s=60, hours=RUSH))
    networks = tuple(at_period(roads, period) for period in periods)
    placed = put(roads)
    by_hour = travel_by_hour(networks, periods, placed, profiles={"car": 1000})
    assert set(by_hour.travel.slowest_period.ravel().tolist()) == {0, 1}
    drives = list(itertools.permutations(placed.ids, 2))
    hours = [number % 2 for number in range(len(drives))]
    for (a, b), hour, leg in zip(drives, hours, by_hour.trace(placed, drives, periods=hours), strict=True):
        assert (leg.origin, leg.destination) == (a, b)
        assert by_hour.travel.at(hour).drive("car", a, b) == (-(-leg.travel_ms // 1000), -(-leg.length_dm // 10))


def test_each_street_at_its_slowest_hour(roads: RoadNetwork) -> None:
    market = SlowArea(name="market", polygon=square(2, 2, 0.25), factor=0.2)
    networks = [
        at_period(roads, period)
        for period in (SpeedPeriod(begins_s=0, slow=(market,)), SpeedPeriod(begins_s=60, hours=RUSH))
    ]
    slowest = slowest_roads(networks)
    assert (slowest.time_ms == np.maximum(networks[0].time_ms, networks[1].time_ms)).all()
    assert {tuple(slowest.time_ms > each.time_ms) for each in networks}.isdisjoint({(False,) * len(roads.tail)})
    assert slowest_roads(networks[:1]) is networks[0]


def test_other_streets_are_refused(roads: RoadNetwork) -> None:
    other = roads_from_graph(town(4, 5))
    with pytest.raises(InputError, match="the same streets in each"):
        travel_periods((roads, other), put(roads), begins_s=(0, 1), profiles={"car": 1000})


def test_turns_of_another_network_are_refused(roads: RoadNetwork) -> None:
    placed = put(roads)
    other = turn_graph(roads_from_graph(town(4, 5)))
    for engine in ("native", "scipy"):
        with pytest.raises(InputError, match=r"turns: made for another network, of \d+ edges"):
            travel_matrix(roads, placed, profiles={"car": 1000}, turns=other, engine=engine)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="turns: made for another network"):
        trace_legs(roads, placed, [("p0.30", "p44")], turns=other)
    turns = turn_graph(roads)
    faster = at_period(roads, SpeedPeriod(begins_s=0, hours=LATE))
    with pytest.raises(InputError, match="at other speeds"):
        travel_matrix(faster, placed, profiles={"car": 1000}, turns=turns)
    with pytest.raises(InputError, match="made for another network"):
        other.with_times(roads)
    assert (turns.with_times(faster).time_ms == turn_graph(faster).time_ms).all()
