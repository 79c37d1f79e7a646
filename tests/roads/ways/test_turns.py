"""Ways that obey turn restrictions, against a search over whole histories and against ways that need not obey."""

from __future__ import annotations

import heapq
import itertools
from typing import TYPE_CHECKING, Literal

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from osmxml import osm
from patrolroute.errors import InputError
from patrolroute.roads import (
    RoadNetwork,
    place_on_roads,
    read_roads,
    trace_legs,
    travel_blocks,
    travel_matrix,
    turn_graph,
)
from patrolroute.roads.ways.snap import Placed
from patrolroute.scenario.model import Place, Travel
from turning import Spots, crossing, edge_of, put, restricted_towns

if TYPE_CHECKING:
    from pathlib import Path

    from patrolroute.roads import TurnGraph


def plain(network: RoadNetwork, placed: Placed) -> tuple[np.ndarray, np.ndarray]:
    """Return milliseconds and metres of ways that need not obey: at speed 1 its seconds are milliseconds."""
    matrix = travel_matrix(network, placed, profiles={"slow": 1})
    return matrix.travel_s[0], matrix.travel_m[0]


def turn_tables(
    network: RoadNetwork, placed: Placed, *, turns: TurnGraph, engine: Literal["native", "scipy"] = "native"
) -> tuple[np.ndarray, np.ndarray]:
    """Return milliseconds and decimetres of ways that obey."""
    blocks = list(travel_blocks(network, placed, turns=turns, engine=engine))
    return np.concatenate([ms for _, ms, _ in blocks]), np.concatenate([dm for _, _, dm in blocks])


def brute(network: RoadNetwork, u_turn_ms: int | None, a: tuple[int, float], b: tuple[int, float]) -> float:
    """Return the fewest milliseconds from place to place by a search that remembers every edge it has driven on.

    Places are within edges. A way is a list of edges; a turn is refused by reading the restrictions against its end.
    """
    bans = network.restrictions.sequences
    memory = max((len(each) for each in bans), default=2) - 1

    def at_ms(edge: int, dm: int) -> int:
        length, time = int(network.length_dm[edge]), int(network.time_ms[edge])
        return (2 * time * dm + length) // (2 * length)

    def position(spot: tuple[int, float]) -> dict[int, int]:
        """Decimetres of a place on its edge and on the twin."""
        edge, dm = spot[0], round(spot[1] * int(network.length_dm[spot[0]]))
        found, twin = {edge: dm}, int(network.twin[edge])
        if twin >= 0:
            there, back = int(network.length_dm[edge]), int(network.length_dm[twin])
            found[twin] = (2 * back * (there - dm) + there) // (2 * there)
        return found

    starts, ends = position(a), position(b)
    best = float("inf")
    queue: list[tuple[int, tuple[int, ...]]] = []
    for edge, dm in starts.items():
        if edge in ends and dm <= ends[edge]:
            best = min(best, at_ms(edge, ends[edge]) - at_ms(edge, dm))
        heapq.heappush(queue, (int(network.time_ms[edge]) - at_ms(edge, dm), (edge,)))
    seen = set()
    while queue:
        ms, way = heapq.heappop(queue)
        if way in seen or ms >= best:
            continue
        seen.add(way)
        onward = []
        for edge in np.flatnonzero(network.tail == network.head[way[-1]]).tolist():
            longer = (*way, edge)
            if not any(longer[-len(ban) :] == ban for ban in bans):
                onward.append(edge)
        only_back = all(edge == network.twin[way[-1]] for edge in onward)
        for edge in onward:
            extra = 0
            if edge == network.twin[way[-1]] and not only_back:
                if u_turn_ms is None:
                    continue
                extra = u_turn_ms
            if edge in ends:
                best = min(best, ms + extra + at_ms(edge, ends[edge]))
            heapq.heappush(queue, (ms + extra + int(network.time_ms[edge]), (*way, edge)[-memory:]))
    return best


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=restricted_towns(), u_turn_s=st.sampled_from([0.0, 5.0, 60.0, None]))
def test_times_are_those_of_a_search_over_whole_histories(
    case: tuple[RoadNetwork, Spots], u_turn_s: float | None
) -> None:
    network, spots = case
    placed = put(network, spots)
    turns = turn_graph(network, u_turn_s=u_turn_s)
    u_turn_ms = None if u_turn_s is None else int(u_turn_s * 1000)
    pairs = list(itertools.permutations(range(len(spots)), 2))
    expected = {(i, j): brute(network, u_turn_ms, spots[i], spots[j]) for i, j in pairs}
    if np.isinf(list(expected.values())).any():
        with pytest.raises(InputError, match="no drive that obeys the turn restrictions leads from"):
            turn_tables(network, placed, turns=turns)
        return
    travel_ms, length_dm = turn_tables(network, placed, turns=turns)
    by_scipy = turn_tables(network, placed, turns=turns, engine="scipy")
    assert (travel_ms == by_scipy[0]).all()
    assert (length_dm == by_scipy[1]).all()
    assert {(i, j): int(travel_ms[i, j]) for i, j in pairs} == expected
    assert (travel_ms >= plain(network, placed)[0]).all()
    names = [(f"p{i}", f"p{j}") for i, j in pairs]
    for leg, (i, j) in zip(trace_legs(network, placed, names, turns=turns), pairs, strict=True):
        assert (leg.travel_ms, leg.length_dm) == (travel_ms[i, j], length_dm[i, j])
        driven = tuple(leg.edges.tolist())
        assert (network.head[leg.edges[:-1]] == network.tail[leg.edges[1:]]).all()
        for ban in network.restrictions.sequences:
            assert ban not in {driven[k : k + len(ban)] for k in range(len(driven))}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(case=restricted_towns(), data=st.data(), u_turn_s=st.sampled_from([0.0, 5.0, None]))
def test_a_stop_at_a_junction_undoes_no_restriction(
    case: tuple[RoadNetwork, Spots], data: st.DataObject, u_turn_s: float | None
) -> None:
    network, _ = case
    ends = st.tuples(st.integers(0, len(network.tail) - 1), st.sampled_from([0.0, 1.0]))
    placed = put(network, data.draw(st.lists(ends, min_size=3, max_size=4)))
    turns = turn_graph(network, u_turn_s=u_turn_s)
    try:
        travel_ms, _ = turn_tables(network, placed, turns=turns)
    except InputError:
        with pytest.raises(InputError, match="no drive that obeys the turn restrictions leads from"):
            turn_tables(network, placed, turns=turns, engine="scipy")
        return
    assert (travel_ms == turn_tables(network, placed, turns=turns, engine="scipy")[0]).all()
    legs = {
        (leg.origin, leg.destination): leg
        for leg in trace_legs(network, placed, list(itertools.permutations(placed.ids, 2)), turns=turns)
    }
    bans = network.restrictions.sequences
    for i, j, k in itertools.permutations(placed.ids, 3):
        one, two = legs[i, j].edges.tolist(), legs[j, k].edges.tolist()
        if one and two:
            assert (one[-1], two[0]) not in bans
            # No restriction over ways is forgotten on its first way either.
            over = (*one, *two)
            assert not any(over[n : n + len(ban)] == ban for ban in bans for n in range(len(over)))
    if u_turn_s == 0 and not any(network.twin[a] == b for ban in bans for a, b in itertools.pairwise(ban)):
        # Turning round costs nothing anywhere, so no stop can save what a drive past it would pay.
        assert (travel_ms[:, None, :] <= travel_ms[:, :, None] + travel_ms[None]).all()


@pytest.mark.parametrize("name", ["klandasan_ilir", "coblong"])
def test_without_restrictions_and_with_free_u_turns_times_are_the_plain_ones(name: str, shared_data: Path) -> None:
    network = read_roads(shared_data / "roads" / f"{name}.graphml")
    rng = np.random.default_rng(11)
    count = 40
    edge = rng.integers(0, len(network.tail), count).astype(np.int32)
    # Some within edges, some at their ends, some two together.
    share = np.where(rng.random(count) < 0.5, rng.random(count), rng.integers(0, 2, count))
    spots = [*zip(edge.tolist(), share.tolist(), strict=True)]
    placed = put(network, [*spots, *spots[:5]])
    travel_ms, length_dm = turn_tables(network, placed, turns=turn_graph(network, u_turn_s=0))
    plain_ms, plain_m = plain(network, placed)
    assert (travel_ms == plain_ms).all()
    assert (-(-length_dm // 10) == plain_m).all()


def test_a_forbidden_turn_is_driven_round(tmp_path: Path) -> None:
    """From the street into the lane is forbidden: on to the end of the street, back, and in from the other side."""
    ban = (
        [("from", "way", 1), ("via", "node", 5), ("to", "way", 3)],
        {"type": "restriction", "restriction": "no_left_turn"},
    )
    network = crossing(tmp_path, ban)
    placed = put(network, [(edge_of(network, 1, 5), 0.5), (edge_of(network, 5, 7), 0.5)])
    turns = turn_graph(network)
    (leg,) = trace_legs(network, placed, [("p0", "p1")], turns=turns)
    nodes = [1, *network.node_id[network.head[leg.edges]].tolist()]
    assert nodes == [1, 5, 9, 5, 7]
    assert [leg.edge_from_dm[1], leg.edge_to_dm[1]] == [0, network.length_dm[leg.edges[1]]]
    # Both ends of the street are dead ends, where turning round is free.
    assert leg.edge_ms[2] == network.time_ms[leg.edges[2]]
    (plain,) = trace_legs(network, placed, [("p0", "p1")])
    assert len(plain.edges) == 2
    assert not turns.stranded.any()
    assert turns.statement == "every edge can be driven to and back from"


@pytest.mark.parametrize("engine", ["native", "scipy"])
def test_a_stop_at_the_via_node_itself_saves_nothing(engine: Literal["native", "scipy"], tmp_path: Path) -> None:
    ban = ([("from", "way", 1), ("via", "node", 5), ("to", "way", 3)], {"restriction": "no_left_turn"})
    network = crossing(tmp_path, (ban[0], {"type": "restriction", **ban[1]}))
    street, lane = edge_of(network, 1, 5), edge_of(network, 5, 7)
    placed = put(network, [(street, 0.5), (street, 1.0), (lane, 0.5)])
    travel_ms, _ = turn_tables(network, placed, turns=turn_graph(network), engine=engine)
    assert travel_ms[0, 1] + travel_ms[1, 2] >= travel_ms[0, 2]
    free_ms, _ = plain(network, placed)
    assert free_ms[0, 1] + free_ms[1, 2] == free_ms[0, 2] < travel_ms[0, 2]


def test_a_restriction_over_a_way_binds_only_those_who_come_over_its_beginning(tmp_path: Path) -> None:
    ways = [([1, 5], "a"), ([2, 5], "b"), ([5, 6], "c"), ([6, 7], "d"), ([6, 8], "e")]
    at = {1: (0, 0), 2: (0, 1), 5: (1, 0), 6: (2, 0), 7: (3, 0), 8: (3, 1)}
    over = [("from", "way", 1), ("via", "way", 3), ("to", "way", 4)]
    path = tmp_path / "town.osm"
    path.write_text(
        osm(
            [(nodes, {"highway": "residential", "name": name}) for nodes, name in ways],
            at=at,
            relations=[(over, {"type": "restriction", "restriction": "no_straight_on"})],
        )
    )
    network = read_roads(path)
    placed = put(network, [(edge_of(network, *ends), 0.5) for ends in ((1, 5), (2, 5), (6, 7), (5, 6))])
    turns = turn_graph(network)
    assert turns.states == len(network.tail) + 1
    pairs = [("p0", "p2"), ("p1", "p2"), ("p3", "p2")]
    driven = [
        "".join(network.name[edge] for edge in leg.edges) for leg in trace_legs(network, placed, pairs, turns=turns)
    ]
    # From a into d one goes round by the dead end of e; from b, or from within c, straight on.
    assert driven == ["aceed", "bcd", "cd"]


def test_turning_round_costs_what_is_asked_away_from_dead_ends(tmp_path: Path) -> None:
    network = crossing(tmp_path)
    to, back = edge_of(network, 1, 5), edge_of(network, 5, 1)
    for u_turn_s, extra_ms in ((0, 0), (20, 20_000), (0.5, 500)):
        turns = turn_graph(network, u_turn_s=u_turn_s)
        arc = np.flatnonzero((turns.tail == to) & (turns.head == back))
        assert turns.time_ms[arc].tolist() == [network.time_ms[back] + extra_ms]
        end = np.flatnonzero((turns.tail == back) & (turns.head == to))
        assert turns.time_ms[end].tolist() == [network.time_ms[to]]
    none = turn_graph(network, u_turn_s=None)
    assert not ((none.tail == to) & (none.head == back)).any()
    assert ((none.tail == back) & (none.head == to)).any()


@pytest.mark.parametrize("u_turn_s", [-1, 1e9, float("nan")])
def test_what_turning_round_may_cost(u_turn_s: float, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"u_turn_s is .*; expected 0 to 3600 seconds, or None where it is forbidden"):
        turn_graph(crossing(tmp_path), u_turn_s=u_turn_s)


def test_streets_that_no_turn_leads_into_are_told(tmp_path: Path) -> None:
    into = [
        (
            [("from", "way", way), ("via", "node", 5), ("to", "way", 3)],
            {"type": "restriction", "restriction": "no_left_turn"},
        )
        for way in (1, 2)
    ]
    network = crossing(tmp_path, *into)
    turns = turn_graph(network)
    lane = {edge_of(network, 5, 7), edge_of(network, 7, 5)}
    # From the lane one may turn round back into it, but whoever has left it never comes back.
    assert set(np.flatnonzero(turns.stranded).tolist()) == lane
    assert turns.statement == "2 edges cannot be driven to and back from under the turn restrictions"
    placed = put(network, [(edge_of(network, 1, 5), 0.5), (edge_of(network, 5, 7), 0.5)])
    for ask in (
        lambda: turn_tables(network, placed, turns=turns),
        lambda: turn_tables(network, placed, turns=turns, engine="scipy"),
        lambda: trace_legs(network, placed, [("p1", "p0"), ("p0", "p1")], turns=turns),
    ):
        with pytest.raises(InputError, match="no drive that obeys the turn restrictions leads from 'p0' to 'p1'; move"):
            ask()


def test_a_network_of_one_node(tmp_path: Path) -> None:
    path = tmp_path / "ring.osm"
    path.write_text(osm([([1, 2, 3, 1], {"highway": "residential"})]))
    network = read_roads(path)
    assert len(network.node_id) == 1
    placed = put(network, [(0, 0.25), (0, 0.75), (0, 0.0)])
    travel_ms, _ = turn_tables(network, placed, turns=turn_graph(network, u_turn_s=0))
    assert (travel_ms == plain(network, placed)[0]).all()
    assert trace_legs(network, placed, [("p0", "p1")], turns=turn_graph(network))[0].travel_ms == travel_ms[0, 1]


def test_traced_legs_obey_the_restrictions_of_the_raw_file(shared_data: Path) -> None:
    """Ways are replayed node by node on the file's own ways and relations."""
    file = shared_data / "roads" / "porto.osm.pbf"
    network = read_roads(file)
    bans, segment_way, lonlat = raw_restrictions(str(file))
    vias = sorted({via for _, via, _ in bans})
    at = np.flatnonzero(np.isin(network.node_id, vias))
    rng = np.random.default_rng(2)
    chosen = rng.choice(at, 60, replace=False)
    places = [
        Place(id=f"v{i}", lon=float(network.lon[n]) + 4e-4 * (-1) ** i, lat=float(network.lat[n]) + 4e-4)
        for i, n in enumerate(chosen.tolist())
    ]
    placed = place_on_roads(network, places, travel=Travel(snap_limit_m=2000))
    pairs = list(itertools.pairwise(placed.ids))
    node_at = {position: node for node, position in lonlat.items()}
    broken = {}
    for turns in (None, turn_graph(network)):
        broken[turns is None] = sum(
            offences(network, leg.edges.tolist(), bans, segment_way, node_at)
            for leg in trace_legs(network, placed, pairs, turns=turns)
        )
    assert broken[False] == 0
    # Ways that need not obey do turn where it is forbidden, so that this is a test.
    assert broken[True] > 3


def raw_restrictions(
    file: str,
) -> tuple[dict[tuple[int, int, int], str], dict[tuple[int, int], int], dict[int, tuple[float, float]]]:
    """Return (from way, via node, to way) with its kind, the way of each pair of neighbouring nodes, and positions."""
    import osmium

    bans: dict[tuple[int, int, int], str] = {}
    for thing in osmium.FileProcessor(file, osmium.osm.RELATION):
        if thing.tags.get("type") != "restriction":
            continue
        members = {member.role: (member.type, member.ref) for member in thing.members}
        if len(thing.members) == 3 and set(members) == {"from", "via", "to"} and members["via"][0] == "n":
            bans[members["from"][1], members["via"][1], members["to"][1]] = thing.tags["restriction"]
    segment_way: dict[tuple[int, int], int] = {}
    for way in osmium.FileProcessor(file, osmium.osm.WAY):
        if "highway" in way.tags:
            for a, b in itertools.pairwise(node.ref for node in way.nodes):
                segment_way[a, b] = segment_way[b, a] = way.id
    used = {node for pair in segment_way for node in pair}
    lonlat = {
        node.id: (round(node.lon, 7), round(node.lat, 7))
        for node in osmium.FileProcessor(file, osmium.osm.NODE)
        if node.id in used
    }
    return bans, segment_way, lonlat


def offences(
    network: RoadNetwork,
    edges: list[int],
    bans: dict[tuple[int, int, int], str],
    segment_way: dict[tuple[int, int], int],
    node_at: dict[tuple[float, float], int],
) -> int:
    """Return how many turns from one edge into the next break a restriction of the raw file."""
    count = 0
    for one, other in itertools.pairwise(edges):
        a = network.shape_lonlat[network.shape_start[one + 1] - 2]
        via = int(network.node_id[network.head[one]])
        b = network.shape_lonlat[network.shape_start[other] + 1]
        before, after = (node_at[round(float(x), 7), round(float(y), 7)] for x, y in (a, b))
        way_in, way_out = segment_way[before, via], segment_way[via, after]
        for (origin, node, target), kind in bans.items():
            if (origin, node) != (way_in, via):
                continue
            if kind == "no_u_turn" and origin == target:
                count += before == after
            elif kind.startswith("no_"):
                count += way_out == target
            elif kind.startswith("only_"):
                count += way_out != target
    return count
