"""The kernels of the postman problems: flows, walks, odd sets, bounds."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import vstack

from mazes import EVERYWHERE, networks, some_streets
from patrolroute.errors import InputError
from patrolroute.roads import RoadNetwork, read_roads
from patrolroute.roads.coverage.drives import course_of, drive_edges, drive_streets
from patrolroute.roads.coverage.oddcuts import Crossings, bridges, moats, odd_components, odd_cuts
from patrolroute.roads.coverage.postman import Postman, cover_arcs, pieces, walk
from patrolroute.roads.coverage.recount import check_drive
from patrolroute.roads.coverage.relaxation import Found, Relaxation, whole
from patrolroute.roads.coverage.streets import Ends, area_streets
from patrolroute.roads.coverage.windy import cover_streets

FLAGS = st.lists(st.booleans(), min_size=7, max_size=7)


def problem_of(network: RoadNetwork, keep: list[bool]) -> Postman:
    return course_of(network, some_streets(network, keep), Ends()).problem


@given(networks(nodes=9, more=12))
def test_balancing_costs_what_network_simplex_says(network: RoadNetwork) -> None:
    problem = problem_of(network, [True])
    cover = cover_arcs(problem, np.ones(len(problem.tail), np.int64))
    graph = nx.MultiDiGraph()
    surplus = np.bincount(problem.head, minlength=problem.nodes) - np.bincount(problem.tail, minlength=problem.nodes)
    graph.add_nodes_from((node, {"demand": -int(extra)}) for node, extra in enumerate(surplus))
    for arc in range(len(problem.tail)):
        graph.add_edge(int(problem.tail[arc]), int(problem.head[arc]), weight=int(problem.cost_ms[arc]))
    assert cover.cost_ms == nx.network_simplex(graph)[0] + problem.cost_ms.sum()
    assert cover.proved
    assert np.array_equal(np.bincount(walk(problem, cover.count), minlength=len(problem.tail)), cover.count)


@settings(max_examples=60, deadline=None)
@given(networks(nodes=9, more=12), FLAGS, st.booleans())
def test_without_time_drives_are_sound_and_above_their_bounds(
    network: RoadNetwork, keep: list[bool], closed: bool
) -> None:
    area = some_streets(network, keep)
    best = drive_streets(network, area, ends=Ends(closed=closed))
    for drive in (
        drive_streets(network, area, ends=Ends(closed=closed), seconds=0.0),
        drive_edges(network, area, area.edge.astype(np.int64), ends=Ends(closed=closed), seconds=0.0),
    ):
        assert check_drive(network, EVERYWHERE, drive, ends=Ends(closed=closed), only=area.edge.tolist()) == []
        assert drive.share == 1
        assert drive.travel_ms >= best.travel_ms
        assert drive.lower_ms is not None
    assert best.proved


def test_pieces_apart_are_joined_by_the_cheapest_ways() -> None:
    # Two triangles driven one way round, and a street of 7 each way between them.
    arcs = [
        (0, 1, 1),
        (1, 2, 1),
        (2, 0, 1),
        (3, 4, 1),
        (4, 5, 1),
        (5, 3, 1),
        (2, 3, 7),
        (3, 2, 7),
        (0, 5, 9),
        (5, 0, 9),
    ]
    tail, head, cost = (np.array(column, np.int64) for column in zip(*arcs, strict=True))
    streets = np.arange(len(arcs))
    problem = Postman(nodes=6, tail=tail, head=head, cost_ms=cost, street=streets, wanted=streets < 6, root=0)
    cover = cover_arcs(problem, (streets < 6).astype(np.int64))
    assert (cover.cost_ms, cover.lower_ms, cover.proved) == (20, 6, False)
    assert pieces(problem, cover.count)[0] == 1
    exact = cover_streets(problem)
    assert (exact.cost_ms, exact.lower_ms) == (20, 20)
    with pytest.raises(ValueError, match="not in one piece"):
        walk(problem, (streets < 6).astype(np.int64))


def test_arcs_that_lead_nowhere_are_refused() -> None:
    one = np.zeros(1, np.int64)
    problem = Postman(nodes=2, tail=one, head=one + 1, cost_ms=one + 5, street=one, wanted=np.ones(1, np.bool_), root=0)
    with pytest.raises(InputError, match="cannot be reached from others"):
        cover_arcs(problem, one + 1)


def test_arcs_that_are_too_long_for_a_flow_are_told_apart() -> None:
    both = np.array([0, 1], np.int64)
    problem = Postman(
        nodes=2, tail=both, head=both[::-1], cost_ms=both + 2**61, street=both * 0, wanted=np.ones(1, np.bool_), root=0
    )
    with pytest.raises(InputError, match="beyond what a flow can add up; take fewer or shorter"):
        cover_arcs(problem, both)


def test_a_bound_above_a_walk_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    tail, head = np.array([0, 1, 1, 2, 2, 0], np.int64), np.array([1, 0, 2, 1, 0, 2], np.int64)
    street = np.arange(6) // 2
    problem = Postman(nodes=3, tail=tail, head=head, cost_ms=tail + 5, street=street, wanted=street[::2] < 3, root=0)
    assert cover_streets(problem).proved
    solve = Relaxation.solve
    monkeypatch.setattr(Relaxation, "solve", lambda self: replace(solve(self), lower=10**6))
    wrong = cover_streets(problem)
    assert (wrong.lower_ms, wrong.proved) == (0, False)


def test_the_tolerance_grows_with_the_cost() -> None:
    assert [whole(value) for value in (100.0, 100.019, 100.021, 1e9 + 0.5, 1e9 + 1.5)] == [
        100,
        100,
        101,
        10**9,
        10**9 + 1,
    ]


def test_what_glop_is_off_by_is_within_the_tolerance(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any dual values prove a bound; here it is added up in longer numbers and compared with what GLOP reports."""
    network = read_roads(shared_data / "roads" / "klandasan_ilir.graphml")
    area = area_streets(network, shapely.box(*network.bounds))
    solve, excess = Relaxation.solve, []

    def checked(self: Relaxation) -> Found:
        found = solve(self)
        rows = vstack(self._parts, format="csr").astype(np.longdouble)
        least, most = np.concatenate(self._least), np.concatenate(self._most)
        dual = np.array([row.dual_value() for row in self._solver.constraints()], np.longdouble)
        dual[np.isinf(most)] = np.maximum(dual[np.isinf(most)], 0)
        reduced = self.cost - rows.T @ dual
        proved = (dual * np.where(dual > 0, least, np.where(np.isinf(most), 0, most))).sum()
        proved += np.where(reduced > 0, reduced * self.low, reduced * self.high).sum()
        excess.append(float(self._solver.Objective().Value() - proved))
        return found

    monkeypatch.setattr(Relaxation, "solve", checked)
    assert drive_streets(network, area).proved
    assert len(excess) > 1
    assert max(excess) < 0.0002


@st.composite
def crossings(draw: st.DrawFn) -> Crossings:
    nodes = draw(st.integers(2, 7))
    node = st.integers(0, nodes - 1)
    ends = draw(st.lists(st.tuples(node, node, st.booleans()), min_size=1, max_size=12))
    one, other, wanted = (np.array(column) for column in zip(*ends, strict=True))
    return Crossings(nodes=nodes, one=one, other=other, wanted=wanted)


@given(crossings())
def test_without_a_bridge_the_graph_falls_apart(streets: Crossings) -> None:
    graph = nx.MultiGraph()
    graph.add_nodes_from(range(streets.nodes))
    pairs = list(zip(streets.one.tolist(), streets.other.tolist(), strict=True))
    graph.add_edges_from(pairs)
    apart = nx.number_connected_components(graph)
    expected = []
    for street, pair in enumerate(pairs):
        graph.remove_edge(*pair)
        if nx.number_connected_components(graph) > apart:
            expected.append(street)
        graph.add_edge(*pair)
    assert bridges(streets).tolist() == expected


@given(crossings(), st.data())
def test_the_least_odd_cut_is_found(streets: Crossings, data: st.DataObject) -> None:
    size = len(streets.one)
    extra = np.array(data.draw(st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=size, max_size=size)))
    odd = streets.odd

    def crossed(inside: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> float:
        return float(extra[streets.crossing(inside)].sum())

    every = [np.array(each) for each in itertools.product([False, True], repeat=streets.nodes)]
    least = min((crossed(each) for each in every if (each & odd).sum() % 2), default=2.0)
    exact = odd_cuts(streets, extra)
    for inside in [*exact, *odd_components(streets, extra), *moats(streets, np.ones(size))]:
        assert (inside & odd).sum() % 2 == 1
    assert all(crossed(inside) < 1 for inside in [*exact, *odd_components(streets, extra)])
    assert bool(exact) == (least < 0.999)
