"""Tracing many legs at once: the same legs as one by one, and no more of the city searched than they need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from patrolroute.roads import Leg, RoadNetwork, place_on_roads, read_roads, trace, trace_legs, turn_graph
from patrolroute.scenario.model import Place, Travel

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
def test_many_legs_are_the_same_as_one_by_one(town: tuple[RoadNetwork, Placed], with_turns: bool) -> None:
    network, placed = town
    turns = turn_graph(network) if with_turns else None
    pairs = [(a, b) for a in placed.ids for b in placed.ids][::3]
    together = trace_legs(network, placed, pairs, turns=turns)
    assert [(leg.origin, leg.destination) for leg in together] == pairs
    for leg, pair in zip(together[::17], pairs[::17], strict=True):
        assert told(leg) == told(trace_legs(network, placed, [pair], turns=turns)[0])


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
        monkeypatch.setattr(trace, "_LIKELY_M_PER_MS", m_per_ms)
        assert [told(leg) for leg in trace_legs(network, placed, pairs)] == expected


def test_no_more_of_the_city_is_searched_than_the_legs_need(
    town: tuple[RoadNetwork, Placed], monkeypatch: pytest.MonkeyPatch
) -> None:
    network, placed = town
    reached = []
    search = trace.dijkstra

    def counted(*given: Any, **options: Any) -> Any:
        distance, before = search(*given, **options)
        reached.append(int(np.isfinite(distance).sum()))
        return distance, before

    monkeypatch.setattr(trace, "dijkstra", counted)
    apart = np.hypot(placed.lon[:, None] - placed.lon, placed.lat[:, None] - placed.lat)
    np.fill_diagonal(apart, np.inf)
    apart[apart == 0] = np.inf
    near = np.unravel_index(apart.argmin(), apart.shape)
    trace_legs(network, placed, [(placed.ids[near[0]], placed.ids[near[1]])])
    assert sum(reached) < 0.5 * len(network.node_id)
