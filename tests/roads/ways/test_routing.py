"""Travel matrices and traced legs: exact, and the same thing twice."""

from __future__ import annotations

import math
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patrolroute.errors import InputError
from patrolroute.roads import Placed, RoadNetwork, roads_from_graph, trace_legs, travel_matrix
from patrolroute.roads.ways.routing import street_graph
from placed import at, both_ways, cases, edge_of, network_of


def seconds(network: RoadNetwork, placed: Placed) -> list[list[int]]:
    matrix = travel_matrix(network, placed, profiles={"1": 1000})
    rows: list[list[int]] = matrix.travel_s[0].tolist()
    return rows


def test_a_street_with_both_directions_is_left_both_ways() -> None:
    network = network_of(both_ways((1, 2, 100), (2, 3, 100), (1, 3, 1000)))
    placed = at(network, [(edge_of(network, 1, 2), 0.4), (edge_of(network, 2, 3), 0.5), (edge_of(network, 1, 3), 0.1)])
    assert seconds(network, placed) == [[0, 11, 14], [11, 0, 25], [14, 25, 0]]


def test_a_one_way_street_backward_means_round_the_block() -> None:
    network = network_of([(1, 2, 100), *both_ways((2, 3, 100), (1, 3, 100))])
    edge = edge_of(network, 1, 2)
    placed = at(network, [(edge, 0.2), (edge, 0.7)])
    assert seconds(network, placed) == [[0, 5], [25, 0]]


def test_points_on_one_spot_of_a_one_way_street_are_no_drive_apart() -> None:
    network = network_of([(1, 2, 100), *both_ways((2, 3, 100), (1, 3, 100))])
    placed = at(network, [(edge_of(network, 1, 2), 0.5), (edge_of(network, 1, 2), 0.5)])
    assert seconds(network, placed) == [[0, 0], [0, 0]]


def test_points_at_the_ends_of_edges_are_their_nodes() -> None:
    network = network_of(both_ways((1, 2, 100), (2, 3, 50)))
    there, back = edge_of(network, 1, 2), edge_of(network, 2, 1)
    placed = at(network, [(there, 0.0), (there, 1.0), (back, 0.0), (edge_of(network, 2, 3), 1.0)])
    graph = street_graph(network, placed)
    assert graph.nodes == 3
    assert seconds(network, placed) == [[0, 10, 10, 15], [10, 0, 0, 5], [10, 0, 0, 5], [15, 5, 5, 0]]


def test_of_parallel_edges_the_faster_counts_and_of_equally_fast_ones_the_shorter() -> None:
    graph = nx.MultiDiGraph()
    graph.add_node(1, x=123.60, y=-10.17)
    graph.add_node(2, x=123.61, y=-10.17)
    graph.add_edge(1, 2, length=100, maxspeed="36", name="slow")
    graph.add_edge(1, 2, length=180, maxspeed="72", name="fast and long")
    graph.add_edge(1, 2, length=135, maxspeed="54", name="fast and short")
    graph.add_edge(2, 1, length=300, maxspeed="36", name="back")
    network = roads_from_graph(graph)
    placed = at(network, [(edge_of(network, 2, 1), 1.0), (edge_of(network, 2, 1), 0.0)])
    matrix = travel_matrix(network, placed, profiles={"1": 1000})
    assert (matrix.travel_s[0, 0, 1], matrix.travel_m[0, 0, 1]) == (9, 135)
    (leg,) = trace_legs(network, placed, [("p0", "p1")])
    assert [street.name for street in leg.streets] == ["fast and short"]


def test_the_way_to_the_street_counts_at_both_ends() -> None:
    network = network_of(both_ways((1, 2, 100)))
    placed = at(network, [(0, 0.0), (0, 1.0)], access=[100, 50])
    matrix = travel_matrix(network, placed, profiles={"1": 1000, "2": 2000})
    assert matrix.travel_s[:, 0, 1].tolist() == [16, 8]  # 3.6 + 10 + 1.8 s
    assert matrix.travel_m[:, 0, 1].tolist() == [115, 115]
    (leg,) = trace_legs(network, placed, [("p0", "p1")])
    assert (leg.origin_access_dm, leg.destination_access_dm, leg.length_dm) == (100, 50, 1150)


def test_the_very_same_place_is_no_drive_apart() -> None:
    network = network_of(both_ways((1, 2, 100)))
    spots = at(network, [(0, 0.5), (0, 0.5)], access=[100, 100])
    same = Placed(**{**vars(spots), "site_lat": spots.lat})
    apart = travel_matrix(network, spots, profiles={"1": 1000})
    together = travel_matrix(network, same, profiles={"1": 1000})
    assert (apart.travel_s[0, 0, 1], apart.travel_m[0, 0, 1]) == (8, 20)
    assert (together.travel_s[0, 0, 1], together.travel_m[0, 0, 1]) == (0, 0)
    (leg,) = trace_legs(network, same, [("p0", "p1")])
    assert (leg.travel_ms, leg.length_dm, len(leg.edges), leg.streets) == (0, 0, 0, ())
    assert len(leg.line.coords) == 2


def test_no_points_no_matrix() -> None:
    network = network_of(both_ways((1, 2, 100)))
    assert travel_matrix(network, at(network, []), profiles={"1": 1000}).travel_s.shape == (1, 0, 0)
    assert trace_legs(network, at(network, []), []) == []


def test_a_profile_without_speed_is_refused() -> None:
    network = network_of(both_ways((1, 2, 100)))
    with pytest.raises(InputError, match="vehicle profile 'parked': speed is 0 thousandths; expected 1 or more"):
        travel_matrix(network, at(network, [(0, 0.5)]), profiles={"parked": 0})


def test_a_drive_of_many_hours_is_refused_rather_than_rounded() -> None:
    network = network_of(both_ways((1, 2, 1_000_000), (2, 3, 1_000_000)))
    with pytest.raises(InputError, match=r"takes up to 55\.6 hours; expected at most about 15"):
        travel_matrix(network, at(network, [(0, 0.0), (2, 1.0)]), profiles={"1": 1000})


def test_what_the_matrix_takes_can_be_traced() -> None:
    longest_m = (2**24 - 1000) / 10
    network = network_of([(1, 2, longest_m), (2, 1, longest_m)])
    placed = at(network, [(0, 0.0), (0, 1.0)], access=[5_000, 5_000])
    seconds, _ = travel_matrix(network, placed, profiles={"car": 1000}).drive("car", "p0", "p1")
    (leg,) = trace_legs(network, placed, [("p0", "p1")])
    assert math.ceil(leg.travel_ms / 1000) == seconds


def test_tracing_names_places_that_are_not_on_the_streets() -> None:
    network = network_of(both_ways((1, 2, 100)))
    with pytest.raises(InputError, match="place 'nowhere' has not been put on the streets"):
        trace_legs(network, at(network, [(0, 0.5)]), [("p0", "nowhere")])


def by_networkx(network: RoadNetwork, placed: Placed) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return milliseconds and decimetres as networkx finds them on a graph cut by plain loops over fractions."""
    graph = nx.MultiDiGraph()
    n = len(network.node_id)
    graph.add_nodes_from(range(n))
    on = []
    for e, f in zip(placed.edge.tolist(), placed.fraction.tolist(), strict=True):
        first, share = (int(network.twin[e]), 1 - f) if 0 <= network.twin[e] < e else (e, f)
        on.append((first, round(share * int(network.length_dm[first]))))

    def node(i: int) -> Any:
        e, dm = on[i]
        if dm == 0:
            return int(network.tail[e])
        return int(network.head[e]) if dm == network.length_dm[e] else (e, dm)

    for e in range(len(network.tail)):
        length, time, twin = int(network.length_dm[e]), int(network.time_ms[e]), int(network.twin[e])
        stops: list[tuple[Any, Any, int]] = [(-1.0, int(network.tail[e]), 0)]
        for host, dm in {node(i) for i in range(len(on)) if isinstance(node(i), tuple)}:
            if host == e:
                stops.append((float(dm), (host, dm), dm))
            elif host == twin:
                there = int(network.length_dm[host])
                stops.append((float(there - dm), (host, dm), math.floor(length * (there - dm) / there + 0.5)))
        stops.sort(key=lambda stop: stop[0])
        stops.append((math.inf, int(network.head[e]), length))
        ms = [
            0 if k == 0 else time if k == len(stops) - 1 else math.floor(time * s[2] / max(length, 1) + 0.5)
            for k, s in enumerate(stops)
        ]
        for k in range(len(stops) - 1):
            graph.add_edge(
                stops[k][1], stops[k + 1][1], weight=(ms[k + 1] - ms[k]) * 10**9 + stops[k + 1][2] - stops[k][2]
            )
    travel_ms = np.zeros((len(on), len(on)), np.int64)
    length_dm = travel_ms.copy()
    for i in range(len(on)):
        reached = nx.single_source_dijkstra_path_length(graph, node(i))
        for j in range(len(on)):
            if i != j:
                ms, dm = divmod(reached[node(j)], 10**9)
                travel_ms[i, j] = ms + placed.access_ms[i] + placed.access_ms[j]
                length_dm[i, j] = dm + placed.access_dm[i] + placed.access_dm[j]
    return travel_ms, length_dm


@settings(max_examples=200, deadline=None)
@given(cases(), st.integers(100, 5000))
def test_matrix_is_what_networkx_finds_and_legs_add_up_to_it(case: tuple[RoadNetwork, Placed], speed: int) -> None:
    network, placed = case
    matrix = travel_matrix(network, placed, profiles={"v": speed})
    travel_ms, length_dm = by_networkx(network, placed)
    assert (matrix.travel_s[0] == -(-travel_ms // speed)).all()
    assert (matrix.travel_m[0] == -(-length_dm // 10)).all()

    s = matrix.travel_s[0].astype(np.int64)
    assert (s[:, None, :] <= s[:, :, None] + s[None, :, :]).all()

    pairs = [(a, b) for a in placed.ids for b in placed.ids if a != b]
    for leg in trace_legs(network, placed, pairs):
        i, j = placed.index(leg.origin), placed.index(leg.destination)
        assert leg.travel_ms == travel_ms[i, j]
        assert leg.length_dm == length_dm[i, j]
        check_walk(network, placed, leg, i, j)


def check_walk(network: RoadNetwork, placed: Placed, leg: Any, i: int, j: int) -> None:
    """Edges follow each other, whole ones take their whole time, streets and line are as long as the leg."""
    assert leg.edge_ms.sum() + placed.access_ms[i] + placed.access_ms[j] == leg.travel_ms
    for k, edge in enumerate(leg.edges.tolist()):
        begin, end = int(leg.edge_from_dm[k]), int(leg.edge_to_dm[k])
        assert 0 <= begin <= end <= network.length_dm[edge]
        if begin == 0 and end == network.length_dm[edge] > 0:
            assert leg.edge_ms[k] == network.time_ms[edge]
        if k > 0:
            before = int(leg.edges[k - 1])
            turned = network.twin[before] == edge
            assert turned or network.head[before] == network.tail[edge]
    driven_m = sum(street.length_m for street in leg.streets)
    assert math.isclose(driven_m, (leg.edge_to_dm - leg.edge_from_dm).sum() / 10, abs_tol=1e-6)
    assert leg.line.coords[0] == (placed.site_lon[i], placed.site_lat[i])
    assert leg.line.coords[-1] == (placed.site_lon[j], placed.site_lat[j])
