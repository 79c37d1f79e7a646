"""Beats that obey turns: never a forbidden one, times that count turning round, and nothing quicker on small towns."""

from __future__ import annotations

import heapq
import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
import shapely.affinity
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from osmxml import osm
from patrolroute.errors import InputError
from patrolroute.roads import (
    Drive,
    DrivenBeat,
    Ends,
    RoadNetwork,
    area_streets,
    check_drive,
    cut_beats,
    drive_streets,
    forbidden_turns,
    read_roads,
    turn_graph,
)
from patrolroute.roads.coverage.beats import Beats
from patrolroute.roads.coverage.patrols import BeatWish, plan_beats
from patrolroute.roads.coverage.prizes import Effort
from patrolroute.roads.coverage.turning import TurnGround, turn_ground, turned_drive, turning_ms
from patrolroute.roads.restrictions import Restrictions
from patrolroute.rules.areas import area_faults, times_turned
from patrolroute.scenario import Area
from turning import crossing, edge_of, restricted_towns

EVERYWHERE = shapely.box(123, -11, 124, -10)
SOON = Effort(iterations=100)
TO_THE_LANE = [("from", "way", 1), ("via", "node", 5), ("to", "way", 3)]
STRAIGHT_ON = [("from", "way", 1), ("via", "node", 5), ("to", "way", 2)]


def faults(network: RoadNetwork, drives: list[Drive]) -> list[str]:
    return [fault for drive in drives for fault in forbidden_turns(network, [DrivenBeat(id="beat", edges=drive.edges)])]


def beats(network: RoadNetwork, *, turns: bool = True, closed: bool = False) -> Beats:
    area = area_streets(network, EVERYWHERE)
    graph = turn_graph(network) if turns else None
    return cut_beats(network, area, 36_000, share=1.0, closed=closed, turns=graph, effort=SOON)


@pytest.mark.parametrize(
    "relation",
    [(TO_THE_LANE, {"restriction": "no_left_turn"}), (STRAIGHT_ON, {"restriction": "only_straight_on"})],
)
@pytest.mark.parametrize("closed", [True, False])
def test_no_beat_turns_where_it_is_forbidden(
    tmp_path: Path, relation: tuple[list[tuple[str, str, int]], dict[str, str]], closed: bool
) -> None:
    members, tags = relation
    network = crossing(tmp_path, (members, {"type": "restriction", **tags}))
    assert len(network.restrictions) > 0
    (drive,) = beats(network, closed=closed).drives
    assert faults(network, [drive]) == []
    assert drive.share == 1.0
    assert drive.end == drive.start or not closed
    turn = [edge_of(network, 1, 5), edge_of(network, 5, 7)]
    assert turn not in [list(pair) for pair in itertools.pairwise(drive.edges.tolist())]


def test_the_walk_finds_a_turn_inside_a_beat_and_into_and_out_of_it(tmp_path: Path) -> None:
    network = crossing(tmp_path, (TO_THE_LANE, {"type": "restriction", "restriction": "no_left_turn"}))
    into, lane = edge_of(network, 1, 5), edge_of(network, 5, 7)
    inside = DrivenBeat(id="b#1", edges=np.array([into, lane]))
    (fault,) = forbidden_turns(network, [inside])
    assert fault.startswith("beat 'b#1' turns from")
    first, second = DrivenBeat(id="b#1", edges=np.array([into])), DrivenBeat(id="b#2", edges=np.array([lane]))
    (fault,) = forbidden_turns(network, [first, second])
    assert fault.startswith("beat 'b#2' turns from")
    apart = DrivenBeat(id="b#3", edges=np.array([edge_of(network, 9, 5)]))
    (fault,) = forbidden_turns(network, [first, apart])
    assert "jumps onto" in fault


def test_turning_round_takes_its_time_but_in_a_dead_end(tmp_path: Path) -> None:
    network = crossing(tmp_path)
    edges = np.array([edge_of(network, *pair) for pair in ((1, 5), (5, 7), (7, 5), (5, 7), (7, 5), (5, 9))])
    assert turning_ms(network, edges, 20_000).tolist() == [0, 0, 0, 20_000, 0, 0]
    area = Area(id="a", rings=(((123.0, -11.0), (124.0, -11.0), (124.0, -10.0), (123.0, -10.0)),), share=1.0)
    plain, turned = (
        plan_beats(network, [area], BeatWish(longest_s={"a": 36_000}, turns=turns, effort=SOON)).beats[0]
        for turns in (None, turn_graph(network, u_turn_s=500))
    )
    # Out of one arm, into the dead end and out of the other: nothing has to turn round at the crossing.
    assert turned.duration_s == plain.duration_s


def least_ms(network: RoadNetwork, wanted: list[int], ground: TurnGround, *, closed: bool) -> int | None:
    """Return the least milliseconds of a drive over some streets, by Dijkstra over the last edges driven."""
    restricted = network.restrictions.sequences
    longest = max([2, *map(len, restricted)])
    ways_on = np.bincount(network.tail, minlength=len(network.node_id))
    out = [np.flatnonzero(network.tail == node).tolist() for node in range(len(network.node_id))]
    place = {street: 1 << number for number, street in enumerate(wanted)}
    whole, found = (1 << len(wanted)) - 1, []
    starts = np.flatnonzero(~ground.held).tolist()
    for begun in [[edge] for edge in starts] if closed else [starts]:
        seen = set()
        # A closed drive comes back to its first edge, which then counts once.
        heap = [(0 if closed else int(network.time_ms[e]), (e,), place.get(int(network.first[e]), 0)) for e in begun]
        heapq.heapify(heap)
        while heap:
            ms, tail, done = heapq.heappop(heap)
            if done == whole and (ms > 0 and tail[-1] == begun[0] if closed else not ground.held[tail[-1]]):
                found.append(ms)
                break
            if (tail, done) in seen:
                continue
            if ms > 0 or not closed:
                seen.add((tail, done))
            onward = out[int(network.head[tail[-1]])]
            legal = [e for e in onward if not any((*tail, e)[-len(ban) :] == ban for ban in restricted)]
            for edge in legal:
                back = int(network.twin[tail[-1]]) == edge
                cost = ground.u_turn_ms if back and ways_on[network.tail[edge]] > 1 else 0
                after = done | place.get(int(network.first[edge]), 0)
                heapq.heappush(heap, (ms + int(network.time_ms[edge]) + cost, (*tail, edge)[-longest + 1 :], after))
    return min(found, default=None)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=restricted_towns(), closed=st.booleans(), data=st.data())
def test_drives_obey_and_are_no_quicker_than_the_quickest(
    case: tuple[RoadNetwork, list[tuple[int, float]]], closed: bool, data: st.DataObject
) -> None:
    network, _ = case
    turns = turn_graph(network)
    streets = np.flatnonzero(network.street).tolist()
    chosen = data.draw(st.lists(st.sampled_from(streets), min_size=1, max_size=4, unique=True))
    area = area_streets(network, EVERYWHERE)
    try:
        ground = turn_ground(network, turns, area.only(np.isin(area.edge, chosen)))
    except InputError:
        return
    edges = np.array(sorted(chosen), np.int32)[np.isin(sorted(chosen), ground.area.edge)]
    wish = Drive(edges=edges, start=0, end=0, travel_ms=0, length_dm=0, streets=edges, covered_dm=edges, total_dm=1)
    least = least_ms(network, edges.tolist(), ground, closed=closed)
    try:
        drive = turned_drive(ground, wish, closed=closed, effort=SOON)
    except InputError:
        assert least is None
        return
    assert faults(network, [drive]) == []
    assert set(edges.tolist()) <= set(network.first[drive.edges].tolist())
    assert drive.streets.tolist() == edges.tolist()
    assert drive.covered_dm.tolist() == area.inside_dm[np.isin(area.edge, edges)].tolist()
    # Driven round again, a closed drive obeys where its end meets its beginning, too.
    driven = [*drive.edges.tolist(), *(drive.edges.tolist() if closed else [])]
    assert all(network.head[a] == network.tail[b] for a, b in itertools.pairwise(driven))
    for ban in network.restrictions.sequences:
        assert ban not in {tuple(driven[i : i + len(ban)]) for i in range(len(driven))}
    along = np.array(driven[: len(drive.edges) + closed])
    assert drive.turning_ms == int(turning_ms(network, along, turns.u_turn_ms).sum())
    mine = drive.travel_ms + drive.turning_ms
    assert least is not None
    assert drive.lower_ms is not None
    assert drive.lower_ms <= least <= mine
    # Where a round can begin on none of its streets, the least detour is looked for along the quickest round alone.
    assert drive.proved or (closed and ground.held[edges].any())
    # The postman's bound without turns holds under turns.
    free = drive_streets(network, ground.area, ends=Ends(closed=closed))
    assert free.lower_ms is not None
    assert free.lower_ms <= least


def test_a_drive_begins_before_a_street_that_a_restriction_leads_over(tmp_path: Path) -> None:
    # 1 to 5 to 9 is forbidden to go on to 10: none may begin on 5-9 eastwards, but it may come from elsewhere.
    members = [("from", "way", 1), ("via", "way", 2), ("to", "way", 3)]
    ways = [([1, 5], {"highway": "primary"}), ([5, 9], {"highway": "primary", "oneway": "yes"})]
    ways += [([9, 10], {"highway": "primary"}), ([5, 7], {"highway": "primary"}), ([9, 7], {"highway": "primary"})]
    at = {1: (0, 0), 5: (1, 0), 9: (2, 0), 10: (3, 0), 7: (1.5, 0.2)}
    path = tmp_path / "held.osm"
    banned = (members, {"type": "restriction", "restriction": "no_straight_on"})
    path.write_text(osm(ways, at=at, relations=[banned]))
    network = read_roads(path)
    via = edge_of(network, 5, 9)
    ground = turn_ground(network, turn_graph(network), area_streets(network, EVERYWHERE))
    assert ground.held[via]
    wanted = np.unique(network.first[[via, edge_of(network, 9, 10)]])
    wish = Drive(edges=wanted, start=0, end=0, travel_ms=0, length_dm=0, streets=wanted, covered_dm=wanted, total_dm=1)
    drive = turned_drive(ground, wish, closed=False, effort=SOON)
    assert drive.travel_ms + drive.turning_ms == least_ms(network, wanted.tolist(), ground, closed=False)
    # Over 7, which is no junction, not from 1, whence 10 is forbidden.
    assert drive.edges.tolist() == [edge_of(network, 9, 5), via, edge_of(network, 9, 10)]


@pytest.mark.parametrize("closed", [True, False])
def test_many_streets_obey_and_keep_the_bound_without_turns(shared_data: Path, closed: bool) -> None:
    network = with_bans(read_roads(shared_data / "roads" / "klandasan_ilir.graphml"), 60)
    turns, everywhere = turn_graph(network), area_streets(network, shapely.box(*network.bounds))
    ground = turn_ground(network, turns, everywhere)
    chosen = np.isin(np.arange(len(everywhere.edge)), np.searchsorted(everywhere.edge, ground.area.edge[:30]))
    area = everywhere.only(chosen)
    plain = drive_streets(network, area, ends=Ends(closed=closed))
    drive = turned_drive(ground, plain, closed=closed, effort=SOON)
    ends = Ends(closed=closed)
    only, u_turn_s = set(area.edge.tolist()), turns.u_turn_ms / 1000
    box = shapely.box(*network.bounds)
    assert check_drive(network, box, drive, ends=ends, only=only, u_turn_s=u_turn_s) == []
    assert drive.streets.tolist() == area.edge.tolist()
    assert plain.lower_ms is not None
    assert drive.lower_ms == plain.lower_ms
    assert not drive.proved
    # Told less turning, or led over a forbidden turn, the recount says so.
    less = replace(drive, turning_ms=drive.turning_ms - turns.u_turn_ms)
    (fault,) = check_drive(network, box, less, ends=ends, only=only, u_turn_s=u_turn_s)
    assert "turns round" in fault
    assert any("forbidden" in each for each in check_drive(network, box, plain, only=only, u_turn_s=u_turn_s))


def with_bans(network: RoadNetwork, count: int) -> RoadNetwork:
    """Return a network with forbidden sequences of two and three edges, drawn from a fixed seed."""
    rng, found = np.random.default_rng(1), set()
    while len(found) < count:
        way = [int(rng.integers(len(network.tail)))]
        for _ in range(int(rng.integers(1, 3))):
            onward = np.flatnonzero(network.tail == network.head[way[-1]])
            onward = onward[onward != network.twin[way[-1]]]
            if len(onward) < 2:
                break
            way.append(int(rng.choice(onward)))
        if len(way) > 1:
            found.add(tuple(way))
    return replace(network, restrictions=Restrictions.of(sorted(found), list(range(1, count + 1))))


@pytest.mark.parametrize(("name", "bans", "share"), [("klandasan_ilir", 60, 0.4), ("coblong", 100, 0.6)])
def test_beats_of_real_streets_obey(shared_data: Path, name: str, bans: int, share: float) -> None:
    network = with_bans(read_roads(shared_data / "roads" / f"{name}.graphml"), bans)
    west, south, east, north = network.bounds
    lon, lat = (
        (0.7 * west + 0.3 * east, 0.3 * west + 0.7 * east),
        (0.7 * south + 0.3 * north, 0.3 * south + 0.7 * north),
    )
    ring = ((lon[0], lat[0]), (lon[1], lat[0]), (lon[1], lat[1]), (lon[0], lat[1]))
    area = Area(id="all", rings=(ring,), share=share)
    found = {}
    for turns in (None, turn_graph(network)):
        book = plan_beats(network, [area], BeatWish(longest_s={"all": 900}, turns=turns, effort=SOON))
        assert list(area_faults(book, area)) == []
        rows = [(book.streets.edge[beat.street], beat.forward) for beat in book.beats]
        along = [np.where(ahead, edges, network.twin[edges]) for edges, ahead in rows]
        walked = [DrivenBeat(id=beat.id, edges=edges) for beat, edges in zip(book.beats, along, strict=True)]
        found[turns is None] = [fault for each in walked for fault in forbidden_turns(network, [each])]
        if turns is not None:
            for beat, edges in zip(book.beats, along, strict=True):
                turned_ms = turning_ms(network, edges, turns.u_turn_ms).sum()
                assert times_turned(book, beat) * turns.u_turn_ms == turned_ms
                assert beat.duration_s * 1000 >= network.time_ms[edges].sum() + turned_ms
    assert found[False] == []
    # Without turns the longer beats do take some of them.
    assert found[True] or name != "coblong"
