"""Travel tables by the hierarchy and by SciPy: the very same numbers, in memory and in files."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patrolroute.datasets import standin_graph
from patrolroute.errors import InputError
from patrolroute.roads import (
    Placed,
    RoadNetwork,
    SpeedTable,
    TurnGraph,
    read_roads,
    roads_from_graph,
    travel_blocks,
    travel_matrix,
    turn_graph,
    write_travel,
)
from patrolroute.roads.hierarchy import batch
from patrolroute.roads.ways.tables import choose_engine
from placed import at, both_ways, cases, edge_of, network_of


def points_on(network: RoadNetwork, many: int, *, seed: int = 1) -> Placed:
    """Scatter points over the edges, some of them on one street, one spot or at a corner."""
    rng = np.random.default_rng(seed)
    edge = rng.integers(0, len(network.tail), many)
    edge[: many // 4] = edge[many // 4 : many // 4 * 2]
    fraction = rng.random(many)
    fraction[: many // 8] = fraction[many // 4 : many // 4 + many // 8]
    fraction[rng.random(many) < 0.1] = 0.0
    access = rng.integers(0, 500, many).tolist()
    return at(network, list(zip(edge.tolist(), fraction.tolist(), strict=True)), access)


def same(network: RoadNetwork, placed: Placed, turns: TurnGraph | None = None) -> None:
    """Both engines give the very same milliseconds and decimetres, though they cut the points into other slices."""
    whole = {}
    engines: tuple[Literal["native", "scipy"], ...] = ("native", "scipy")
    for engine in engines:
        n = len(placed.ids)
        whole[engine] = np.full((2, n, n), -1)
        for rows, travel_ms, length_dm in travel_blocks(network, placed, turns=turns, engine=engine):
            whole[engine][:, rows] = travel_ms, length_dm
    assert (whole["native"] == whole["scipy"]).all()
    assert (whole["native"] >= 0).all()


@settings(max_examples=300, deadline=None)
@given(cases())
def test_the_hierarchy_finds_what_scipy_finds(case: tuple[RoadNetwork, Placed]) -> None:
    same(*case)


@settings(max_examples=200, deadline=None)
@given(cases(), st.sampled_from([0.0, 20.0, None]))
def test_the_hierarchy_obeys_turns_as_scipy_does(case: tuple[RoadNetwork, Placed], u_turn_s: float | None) -> None:
    network, placed = case
    turns = turn_graph(network, u_turn_s=u_turn_s)
    try:
        list(travel_blocks(network, placed, turns=turns, engine="scipy"))
    except InputError:
        with pytest.raises(InputError, match="no drive that obeys the turn restrictions"):
            list(travel_blocks(network, placed, turns=turns, engine="native"))
    else:
        same(network, placed, turns)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 400), st.integers(1, 400))
def test_a_street_longer_one_way_than_the_other(seed: int, there_dm: int, back_dm: int) -> None:
    network = network_of([(1, 2, there_dm / 10), (2, 1, back_dm / 10)])
    rng = np.random.default_rng(seed)
    same(network, at(network, [(int(rng.integers(2)), float(rng.random())) for _ in range(6)]))


def test_a_single_node_with_a_loop_is_a_network() -> None:
    network = network_of([(1, 1, 50.0)])
    placed = at(network, [(0, 0.0), (0, 0.2), (0, 0.6)])
    matrix = travel_matrix(network, placed, profiles={"1": 1000}, engine="native")
    assert matrix.travel_s[0].tolist() == [[0, 1, 3], [4, 0, 2], [2, 3, 0]]


@pytest.fixture(scope="module")
def city() -> RoadNetwork:
    return roads_from_graph(standin_graph())


def test_the_stand_in_city(city: RoadNetwork) -> None:
    same(city, points_on(city, 150))


def test_other_speeds_on_the_same_hierarchy(city: RoadNetwork) -> None:
    ready = city.hierarchy
    slower = city.with_speeds(SpeedTable(kph={}, default_kph=9.0))
    assert slower.hierarchy is ready, "the order does not depend on speeds"
    same(slower, points_on(slower, 60))


@pytest.mark.parametrize("name", ["klandasan_ilir.graphml", "coblong.graphml", "buahbatu.graphml"])
def test_real_cities(shared_data: Path, name: str) -> None:
    network = read_roads(shared_data / "roads" / name)
    same(network, points_on(network, 200))
    same(network, points_on(network, 100), turn_graph(network))


def test_a_large_real_city(shared_data: Path) -> None:
    network = read_roads(shared_data / "roads" / "porto.osm.pbf")
    same(network, points_on(network, 64))
    # Work is counted, not timed: with more links in the hierarchy, every matrix would take longer.
    assert len(network.hierarchy.chordal.higher) < 2.2 * len(network.tail)
    turns = turn_graph(network)
    same(network, points_on(network, 20), turns)
    assert len(turns.hierarchy.chordal.higher) < 4 * len(turns.tail)


def test_the_engine_is_chosen_by_work(city: RoadNetwork) -> None:
    small = network_of(both_ways((1, 2, 100)))
    assert choose_engine(small, 10_000) == "scipy"
    fresh = city.with_speeds(city.speeds)
    vars(fresh).pop("hierarchy", None)
    assert len(fresh.node_id) >= 2000
    assert (choose_engine(fresh, 99), choose_engine(fresh, 100)) == ("scipy", "native")
    assert fresh.weighted.hierarchy is fresh.hierarchy
    assert choose_engine(fresh, 2) == "native", "the hierarchy is there already"
    turns = turn_graph(fresh)
    assert (choose_engine(fresh, 49, turns), choose_engine(fresh, 50, turns)) == ("scipy", "native")
    assert turns.weighted.hierarchy is turns.hierarchy
    assert choose_engine(fresh, 2, turns) == "native"
    assert choose_engine(small, 10_000, turn_graph(small)) == "scipy"


def test_files_hold_what_the_matrix_holds(city: RoadNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    placed = points_on(city, 90)
    matrix = travel_matrix(city, placed, profiles={"car": 1300})
    monkeypatch.setattr(batch, "_BLOCK_BYTES", 1)
    seconds, metres = tmp_path / "s.npy", tmp_path / "m.npy"
    write_travel(city, placed, seconds, metres_path=metres, speed_milli=1300, engine="native")
    assert (np.load(seconds, mmap_mode="r") == matrix.travel_s[0]).all()
    assert (np.load(metres, mmap_mode="r") == matrix.travel_m[0]).all()
    write_travel(city, placed, tmp_path / "again.npy", speed_milli=1300, engine="scipy")
    assert (tmp_path / "again.npy").read_bytes() == seconds.read_bytes()


def test_memory_is_bounded_by_blocks(city: RoadNetwork, tmp_path: Path) -> None:
    placed = points_on(city, 3000)
    assert city.weighted
    tracemalloc.start()
    try:
        write_travel(city, placed, tmp_path / "s.npy", engine="native")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (tmp_path / "s.npy").stat().st_size == 128 + 4 * 3000**2
    assert peak < 4 * 3000**2, "less than the file itself, and half of what it would be in 64 bits"


def test_a_file_is_there_whole_or_not_at_all(
    city: RoadNetwork, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from patrolroute.roads.ways import tables

    def cut_off(*_: object) -> None:
        raise KeyboardInterrupt

    before = tmp_path / "s.npy"
    before.write_bytes(b"old")
    monkeypatch.setattr(tables, "travel_seconds", cut_off)
    with pytest.raises(KeyboardInterrupt):
        write_travel(city, points_on(city, 5), before, metres_path=tmp_path / "m.npy")
    assert [path.name for path in tmp_path.iterdir()] == ["s.npy"]
    assert before.read_bytes() == b"old"


def test_names_and_places_of_files_are_checked(city: RoadNetwork, tmp_path: Path) -> None:
    placed = points_on(city, 3)
    with pytest.raises(InputError, match=r"m\.csv: expected a name that ends in \.npy"):
        write_travel(city, placed, tmp_path / "s.npy", metres_path=tmp_path / "m.csv")
    with pytest.raises(InputError, match="need a file each"):
        write_travel(city, placed, tmp_path / "s.npy", metres_path=tmp_path / "s.npy")
    with pytest.raises(InputError, match="cannot be written"):
        write_travel(city, placed, tmp_path / "nowhere" / "s.npy")
    with pytest.raises(InputError, match="speed is 0 thousandths"):
        write_travel(city, placed, tmp_path / "s.npy", speed_milli=0)


def test_an_engine_that_is_none_is_refused(city: RoadNetwork) -> None:
    with pytest.raises(InputError, match="there is no 'bogus'; expected 'auto', 'native', 'scipy'"):
        travel_matrix(city, points_on(city, 3), profiles={"car": 1000}, engine="bogus")  # type: ignore[arg-type]


def test_seconds_beyond_32_bits_are_refused() -> None:
    network = network_of(both_ways((1, 2, 100_000)))
    placed = at(network, [(edge_of(network, 1, 2), 0.0), (edge_of(network, 1, 2), 1.0)], access=[60_000_000] * 2)
    with pytest.raises(InputError, match=r"travel_s: a value is beyond 32 bits"):
        travel_matrix(network, placed, profiles={"crawl": 1})
