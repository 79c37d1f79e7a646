"""Areas within reach: as far as a drive goes, and no farther."""

from __future__ import annotations

import math

import networkx as nx
import numpy as np
import pytest
import shapely

from patrolroute.errors import InputError
from patrolroute.roads import RoadNetwork, reach_areas, roads_from_graph
from patrolroute.roads.geometry import great_circle_m
from patrolroute.roads.ways.routing import fastest, street_graph
from placed import PACE, at, both_ways, edge_of, network_of
from streets import STEP_DEG, town


def street(*, one_way: bool = False) -> RoadNetwork:
    """Return a street of 1,000 m, driven at 10 m/s, eastwards on the equator; one-way with a way back far off."""
    degree_m = float(great_circle_m(np.zeros(1), np.zeros(1), np.ones(1), np.zeros(1))[0])
    there = (1, 2, 1000.0)
    places = {1: (0.0, 0.0), 2: (1000 / degree_m, 0.0), 3: (0.0, 0.5)}
    if one_way:
        return network_of([there, (2, 3, 60_000.0), (3, 1, 60_000.0)], places)
    return network_of(both_ways(there), places)


def reached_m(network: RoadNetwork, share: float, seconds: int, *, access: int = 0) -> tuple[float, float]:
    """Return from where to where on the street the area reaches, margins off, metres from the street's west end."""
    (edge,) = (edge_of(network, 1, 2),)
    area = reach_areas(network, at(network, [(edge, share)], [access]), within_s=[seconds], margin_m=5.0).geometry[0]
    if area.is_empty:
        return (np.nan, np.nan)
    west, _, east, _ = area.bounds
    metre = (network.lon[1] - network.lon[0]) / 1000
    return west / metre + 5, east / metre - 5


def test_a_drive_goes_as_far_as_time_lets_it_both_ways() -> None:
    assert reached_m(street(), 0.4, 20) == pytest.approx((200, 600), abs=0.1)
    assert reached_m(street(), 0.4, 50) == pytest.approx((0, 900), abs=0.1)
    assert reached_m(street(), 0.0, 50) == pytest.approx((0, 500), abs=0.1)
    assert reached_m(street(), 1.0, 50) == pytest.approx((500, 1000), abs=0.1)


def test_a_one_way_street_is_not_driven_back() -> None:
    assert reached_m(street(one_way=True), 0.4, 20) == pytest.approx((400, 600), abs=0.1)


def test_the_way_to_the_street_takes_its_time() -> None:
    # 100 decimetres at the pace of `placed.at` take 3.6 s, in which 36 m are driven.
    assert reached_m(street(), 0.4, 20, access=100) == pytest.approx((236, 564), abs=0.1)
    assert np.isnan(reached_m(street(), 0.4, 3, access=100)[0]), "the street itself is not reached"


def test_nodes_inside_are_those_reached_in_time() -> None:
    network = roads_from_graph(town(7, 7, one_way=True), speeds=PACE)
    placed = at(network, [(edge_of(network, 24, 25), 0.3), (edge_of(network, 0, 1), 0.0)])
    frame = reach_areas(network, placed, within_s=[15, 45, 100], margin_m=10.0)
    assert frame.crs == "EPSG:4326"
    assert frame["id"].tolist() == ["p0"] * 3 + ["p1"] * 3
    assert frame["within_s"].tolist() == [15, 45, 100] * 2
    graph = street_graph(network, placed)
    ((_, key),) = fastest(graph.weights, graph.point_node)
    node = shapely.points(network.lon, network.lat)
    for row, (ms, seconds) in enumerate((ms, s) for ms in key[:, :49] // 2**24 for s in (15, 45, 100)):
        area = frame.geometry[row]
        assert area.is_valid
        # Time runs out on a street: none ends within the margin of a corner that is not reached.
        near = (ms > 1000 * seconds) & (ms < 1000 * seconds + 1500)
        assert (shapely.covers(area, node) == (ms <= 1000 * seconds))[~near].all()
    for small, large in ((0, 1), (1, 2), (3, 4), (4, 5)):
        assert frame.geometry[large].buffer(1e-9).covers(frame.geometry[small])
    assert len(shapely.get_rings(frame.geometry[2])) > 1, "blocks keep a hole"


def test_a_slower_parallel_street_is_reached_too() -> None:
    graph = nx.MultiDiGraph(crs="epsg:4326")
    graph.add_node(1, x=0.0, y=0.0)
    graph.add_node(2, x=STEP_DEG, y=0.0)
    around = shapely.LineString([(0, 0), (STEP_DEG / 2, STEP_DEG), (STEP_DEG, 0)])
    graph.add_edge(1, 2, length=222.0)
    graph.add_edge(1, 2, length=500.0, geometry=around)
    graph.add_edge(2, 1, length=222.0)
    network = roads_from_graph(graph, speeds=PACE)
    area = reach_areas(network, at(network, [(0, 0.0)]), within_s=[60]).geometry[0]
    assert area.covers(around)


def test_times_and_margins_must_be_more_than_nothing() -> None:
    network = street()
    with pytest.raises(InputError) as caught:
        reach_areas(network, at(network, [(0, 0.5)]), within_s=[60, 0, 0.5, math.inf, math.nan], margin_m=-1.0)  # type: ignore[list-item]
    assert caught.value.faults == (
        *(f"within_s: {seconds} s; expected whole seconds, more than 0." for seconds in (0, 0.5, math.inf, math.nan)),
        "margin_m: -1.0 m; expected more than 0.",
    )


def test_no_places_no_areas() -> None:
    network = street()
    assert len(reach_areas(network, at(network, []), within_s=[60])) == 0


def test_both_engines_and_any_company_reach_the_same() -> None:
    network = roads_from_graph(town(9, 9, one_way=True), speeds=PACE)
    spots = [(edge_of(network, 40, 41), 0.3), (edge_of(network, 0, 1), 0.0), (edge_of(network, 70, 71), 1.0)]
    times = [20, 60, 150, 400]
    native, scipy = (
        reach_areas(network, at(network, spots), within_s=times, engine=engine).geometry
        for engine in ("native", "scipy")
    )
    assert native.geom_equals_exact(scipy, 1e-12).all()
    for i, spot in enumerate(spots):
        for j, seconds in enumerate(times):
            alone = reach_areas(network, at(network, [spot]), within_s=[seconds], engine="native").geometry[0]
            together = native[i * len(times) + j]
            assert shapely.area(alone.symmetric_difference(together)) <= 1e-9 * alone.area
    with pytest.raises(InputError, match="engine: there is no 'osrm'"):
        reach_areas(network, at(network, spots), within_s=times, engine="osrm")  # type: ignore[arg-type]
