"""Tracing many legs at once: the same legs as one by one, and no more of the city searched than they need."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patrolroute.errors import InputError
from patrolroute.roads import (
    Leg,
    RoadNetwork,
    TurnGraph,
    place_on_roads,
    read_roads,
    trace_legs,
    travel_blocks,
    turn_graph,
)
from patrolroute.roads.ways import pairs as ways
from patrolroute.roads.ways import tables
from patrolroute.roads.ways.routing import spots
from patrolroute.scenario.model import Place, Travel
from placed import cases

if TYPE_CHECKING:
    from pathlib import Path

    from patrolroute.roads import Placed


@pytest.fixture(scope="module")
def town(shared_data: Path) -> tuple[RoadNetwork, Placed]:
    """Places on a real network: some a little off the streets, two at one position, one on a junction."""
    network = read_roads(shared_data / "roads" / "buahbatu.graphml")
    rng = np.random.default_rng(8)
    west, south, east, north = network.bounds
    points = [Place(id=f"p{i}", lon=rng.uniform(west, east), lat=rng.uniform(south, north)) for i in range(25)]
    points.append(points[0].model_copy(update={"id": "same"}))
    points.append(Place(id="corner", lon=float(network.lon[7]), lat=float(network.lat[7])))
    return network, place_on_roads(network, points, travel=Travel(snap_limit_m=5000))


def told(leg: Leg) -> tuple[Any, ...]:
    columns = (leg.edges, leg.edge_from_dm, leg.edge_to_dm, leg.edge_ms)
    return (*(column.tolist() for column in columns), leg.streets, leg.travel_ms, leg.length_dm, leg.line.wkt)


@pytest.mark.parametrize("with_turns", [False, True])
@pytest.mark.parametrize("engine", ["native", "scipy"])
def test_many_legs_are_the_same_as_one_by_one(
    town: tuple[RoadNetwork, Placed], with_turns: bool, engine: Literal["native", "scipy"]
) -> None:
    network, placed = town
    turns = turn_graph(network) if with_turns else None
    pairs = [(a, b) for a in placed.ids for b in placed.ids][::3]
    together = trace_legs(network, placed, pairs, turns=turns, engine=engine)
    assert [(leg.origin, leg.destination) for leg in together] == pairs
    for leg, pair in zip(together[::17], pairs[::17], strict=True):
        assert told(leg) == told(trace_legs(network, placed, [pair], turns=turns, engine=engine)[0])


def replayed(network: RoadNetwork, leg: Leg) -> tuple[int, int]:
    """Return milliseconds and decimetres of a leg's stretches, each edge's time being cut where the stretch is."""
    length, time = network.length_dm[leg.edges], network.time_ms[leg.edges]
    ms = [(2 * time * dm + length) // np.maximum(2 * length, 1) for dm in (leg.edge_from_dm, leg.edge_to_dm)]
    whole = (leg.edge_from_dm == 0) & (leg.edge_to_dm == length)
    return int(np.where(whole, time, ms[1] - ms[0]).sum()), int((leg.edge_to_dm - leg.edge_from_dm).sum())


def check(network: RoadNetwork, placed: Placed, turns: TurnGraph | None) -> None:
    """Both engines' legs hold together, run from stop to stop, and take exactly what the matrix says."""
    (_, travel_ms, length_dm), *more = travel_blocks(network, placed, turns=turns, engine="scipy")
    assert not more
    pairs = [(a, b) for a in placed.ids for b in placed.ids]
    spot_edge, spot_dm = spots(network, placed)
    for engine in ("native", "scipy"):
        for leg in trace_legs(network, placed, pairs, turns=turns, engine=engine):  # type: ignore[arg-type]
            i, j = placed.index(leg.origin), placed.index(leg.destination)
            assert (leg.travel_ms, leg.length_dm) == (travel_ms[i, j], length_dm[i, j])
            assert (leg.edge_ms.sum(), leg.length_dm) == (
                leg.travel_ms - int(placed.access_ms[i] + placed.access_ms[j]) * (i != j),
                replayed(network, leg)[1] + leg.origin_access_dm + leg.destination_access_dm,
            )
            # Of an edge without length its columns do not tell whether it is driven at all.
            if turns is None and network.length_dm[leg.edges].all():
                assert leg.edge_ms.sum() == replayed(network, leg)[0]
            if len(leg.edges) == 0:
                continue
            ahead = leg.edges[1:]
            assert (network.head[leg.edges[:-1]] == network.tail[ahead]).all()
            assert (leg.edge_from_dm[1:] == 0).all()
            assert (leg.edge_to_dm[:-1] == network.length_dm[leg.edges[:-1]]).all()
            for k, edge, inner in ((i, leg.edges[0], leg.edge_from_dm[0]), (j, leg.edges[-1], leg.edge_to_dm[-1])):
                if 0 < inner < network.length_dm[edge] and edge == spot_edge[k]:
                    assert inner == spot_dm[k]


@settings(max_examples=200, deadline=None)
@given(cases())
def test_legs_take_what_the_matrix_says(case: tuple[RoadNetwork, Placed]) -> None:
    check(*case, None)


@settings(max_examples=150, deadline=None)
@given(cases(), st.sampled_from([0.0, 20.0, None]))
def test_legs_that_obey_turns_take_what_the_matrix_says(
    case: tuple[RoadNetwork, Placed], u_turn_s: float | None
) -> None:
    turns = turn_graph(case[0], u_turn_s=u_turn_s)
    try:
        check(*case, turns)
    except InputError:
        network, placed = case
        pairs = [(a, b) for a in placed.ids for b in placed.ids]
        for engine in ("native", "scipy"):
            with pytest.raises(InputError, match="no drive that obeys the turn restrictions leads from"):
                trace_legs(network, placed, pairs, turns=turns, engine=engine)  # type: ignore[arg-type]


@pytest.mark.parametrize("with_turns", [False, True])
def test_legs_of_a_real_city(town: tuple[RoadNetwork, Placed], with_turns: bool) -> None:
    network, placed = town
    turns = turn_graph(network) if with_turns else None
    pairs = [(a, b) for a in placed.ids for b in placed.ids]
    native, scipy = (
        trace_legs(network, placed, pairs, turns=turns, engine=engine)  # type: ignore[arg-type]
        for engine in ("native", "scipy")
    )
    # No two ways of this city are equally fast and long, so that both engines must find the very same.
    assert [told(leg) for leg in native] == [told(leg) for leg in scipy]


def test_a_hierarchy_that_is_there_is_used(town: tuple[RoadNetwork, Placed], monkeypatch: pytest.MonkeyPatch) -> None:
    network, placed = town
    monkeypatch.setattr(tables, "_SMALL_NODES", 0)
    fresh = replace(network)
    pair = [(placed.ids[0], placed.ids[1])]
    monkeypatch.setattr(ways, "dijkstra", None)
    with pytest.raises(TypeError):
        trace_legs(fresh, placed, pair)
    assert fresh.hierarchy
    assert told(trace_legs(fresh, placed, pair)[0]) == told(trace_legs(network, placed, pair, engine="native")[0])


def test_lines_run_from_place_to_place_along_the_driven_parts_of_edges(town: tuple[RoadNetwork, Placed]) -> None:
    network, placed = town
    pairs = [(a, b) for a in placed.ids for b in placed.ids]
    for leg in trace_legs(network, placed, pairs):
        i, j = placed.index(leg.origin), placed.index(leg.destination)
        lonlat = np.array(leg.line.coords)
        assert lonlat[0].tolist() == [placed.site_lon[i], placed.site_lat[i]]
        assert lonlat[-1].tolist() == [placed.site_lon[j], placed.site_lat[j]]
        if len(leg.edges) == 0:
            continue
        expected = [lonlat[0]]
        for edge, begin, end in zip(leg.edges, leg.edge_from_dm, leg.edge_to_dm, strict=True):
            shape = network.shape_lonlat[network.shape_start[edge] : network.shape_start[edge + 1]]
            if begin == 0:
                expected.append(shape[0])
            if end == network.length_dm[edge]:
                expected += list(shape[-1:])
        # All junctions that are passed stand on the line, in order.
        at = 0
        for spot in expected:
            while (lonlat[at] != spot).any():
                at += 1
        assert leg.line.is_valid
        for stop in (i, j):
            near = np.abs(lonlat - (placed.lon[stop], placed.lat[stop])).max(axis=1).min()
            assert near < 2e-6


def test_a_first_guess_too_short_or_too_long_changes_no_leg(
    town: tuple[RoadNetwork, Placed], monkeypatch: pytest.MonkeyPatch
) -> None:
    network, placed = town
    pairs = [(a, b) for a in placed.ids for b in placed.ids]
    expected = [told(leg) for leg in trace_legs(network, placed, pairs)]
    for m_per_ms in (1e9, 1e-12):
        monkeypatch.setattr(ways, "_LIKELY_M_PER_MS", m_per_ms)
        assert [told(leg) for leg in trace_legs(network, placed, pairs)] == expected


def test_no_more_of_the_city_is_searched_than_the_legs_need(
    town: tuple[RoadNetwork, Placed], monkeypatch: pytest.MonkeyPatch
) -> None:
    network, placed = town
    reached = []
    search = ways.dijkstra

    def counted(*given: Any, **options: Any) -> Any:
        distance, before = search(*given, **options)
        reached.append(int(np.isfinite(distance).sum()))
        return distance, before

    monkeypatch.setattr(ways, "dijkstra", counted)
    apart = np.hypot(placed.lon[:, None] - placed.lon, placed.lat[:, None] - placed.lat)
    np.fill_diagonal(apart, np.inf)
    apart[apart == 0] = np.inf
    near = np.unravel_index(apart.argmin(), apart.shape)
    trace_legs(network, placed, [(placed.ids[near[0]], placed.ids[near[1]])])
    assert sum(reached) < 0.5 * len(network.node_id)
