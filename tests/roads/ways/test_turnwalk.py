"""The walk over driven legs: what obeys passes, and each turn taken against the rules is found."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patrolroute.errors import InputError
from patrolroute.roads import forbidden_turns, roads_from_graph, trace_legs, turn_graph
from patrolroute.roads.restrictions import Restrictions
from streets import town
from turning import crossing, edge_of, put, restricted_towns

if TYPE_CHECKING:
    from pathlib import Path

    from patrolroute.roads import Leg, RoadNetwork


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=restricted_towns(), data=st.data())
def test_whole_nights_that_obey_pass(case: tuple[RoadNetwork, list[tuple[int, float]]], data: st.DataObject) -> None:
    network, spots = case
    ends = st.tuples(st.integers(0, len(network.tail) - 1), st.sampled_from([0.0, 1.0]))
    placed = put(network, [*spots, *data.draw(st.lists(ends, max_size=3))])
    order = data.draw(st.permutations(placed.ids))
    try:
        legs = trace_legs(network, placed, [*itertools.pairwise(order)], turns=turn_graph(network))
    except InputError:
        return
    assert forbidden_turns(network, legs) == []


def edges(network: RoadNetwork, *nodes: int) -> list[int]:
    return [edge_of(network, u, v) for u, v in itertools.pairwise(nodes)]


def banned(network: RoadNetwork, *sequences: list[int]) -> RoadNetwork:
    return replace(network, restrictions=Restrictions.of(sequences, [7] * len(sequences)))


def leg_over(network: RoadNetwork, driven: list[int], *, first_dm: int = 0, left_dm: int = 0) -> Leg:
    """Return a leg over some edges, begun and ended some decimetres within the first and before the last one's end."""
    placed = put(network, [(driven[0], 0.4), (driven[0], 0.6)])
    (leg,) = trace_legs(network, placed, [("p0", "p1")])
    from_dm, to_dm = np.zeros(len(driven), np.int64), network.length_dm[driven].copy()
    from_dm[0], to_dm[-1] = first_dm, to_dm[-1] - left_dm
    return replace(leg, edges=np.array(driven, np.int32), edge_from_dm=from_dm, edge_to_dm=to_dm)


@pytest.mark.parametrize("ban", [(0, 3, 6, 3), (3, 6, 3, 0)], ids=["ends with turning round", "begins so"])
def test_turning_round_at_a_junction_keeps_restrictions_over_ways(ban: tuple[int, ...]) -> None:
    """A stop at a junction forgets nothing: who has come by a part of a ban may not go on with it there."""
    network = roads_from_graph(town(3, 3))
    network = banned(network, edges(network, *ban))
    lane = edge_of(network, 0, 3)
    placed = put(network, [(lane, 0.5), (edge_of(network, 3, 6), 1.0), (lane, 0.25)])
    for order in itertools.permutations(placed.ids):
        legs = trace_legs(network, placed, [*itertools.pairwise(order)], turns=turn_graph(network))
        assert forbidden_turns(network, legs) == [], order


def test_forbidden_turns_are_found_wherever_stops_lie(tmp_path: Path) -> None:
    network = crossing(tmp_path)
    turn, over = edges(network, 1, 5, 7), edges(network, 1, 5, 9, 5)
    network = banned(network, turn, over)
    (fault,) = forbidden_turns(network, [leg_over(network, turn, first_dm=300)])
    assert fault.startswith("the leg from 'p0' to 'p1' turns from a street without a name (node 1 to 5) to a street")
    assert fault.endswith("(node 5 to 7), which is forbidden.")
    # A stop at the junction undoes nothing, nor does one before it; a stop within the street between ends the longer.
    assert len(forbidden_turns(network, [leg_over(network, turn[:1]), leg_over(network, turn[1:])])) == 1
    within = (
        leg_over(network, turn[:1], left_dm=200),
        leg_over(network, turn, first_dm=network.length_dm[turn[0]] - 200),
    )
    assert len(forbidden_turns(network, within)) == 1
    assert len(forbidden_turns(network, [leg_over(network, over)])) == 1
    assert len(forbidden_turns(network, [leg_over(network, over[:1]), leg_over(network, over[1:])])) == 1
    parts = (
        leg_over(network, over[:2], left_dm=100),
        leg_over(network, over[1:], first_dm=network.length_dm[over[1]] - 100),
    )
    assert forbidden_turns(network, parts) == []
    assert forbidden_turns(network, [leg_over(network, edges(network, 9, 5, 7))]) == []


@pytest.mark.parametrize("apart", [(1, 5, 5, 1), (5, 7, 9, 5)])
def test_edges_that_do_not_follow_each_other_are_told(apart: tuple[int, int, int, int], tmp_path: Path) -> None:
    network = crossing(tmp_path)
    driven = [edge_of(network, *apart[:2]), edge_of(network, *apart[2:])]
    expected = 0 if apart[1] == apart[2] else 1
    faults = forbidden_turns(network, [leg_over(network, driven)])
    assert len(faults) == expected
    assert all("do not follow each other" in fault for fault in faults)
