"""Turn restrictions of OSM files: which are kept, on which edges, and why others are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import osmnx
import pytest

from osmxml import osm
from patrolroute.roads import RoadNetwork, read_roads

if TYPE_CHECKING:
    from pathlib import Path

STREET = {"highway": "residential"}
AT = {2: (1, 2), 4: (0, 1), 5: (1, 1), 6: (2, 1), 7: (3, 1), 8: (1, 0), 9: (3, 2), 11: (3, 3)}
WAYS = [
    ([4, 5], STREET | {"name": "west"}),
    ([5, 6], STREET | {"name": "east"}),
    ([2, 5], STREET | {"name": "north"}),
    ([5, 8], STREET | {"name": "south"}),
    ([4, 2, 6, 8, 4], STREET | {"name": "ring"}),
    ([6, 7], STREET | {"name": "beyond"}),
    ([7, 9], STREET | {"name": "last"}),
    ([9, 6], STREET | {"name": "back", "oneway": "yes"}),
    ([9, 11], {"highway": "footway"}),
]
"""A crossing at 5 with four arms, a ring around it, and beyond 6 a triangle.

         2
       / | \\
      4--5--6--7
       \\ | / \\ |
         8     9
"""
WEST, EAST, NORTH, SOUTH, RING, BEYOND, LAST, BACK, FOOTWAY = range(1, 10)


def relation(kind: str, origin: int, via: int, target: int, **tags: str) -> tuple[list[tuple[str, str, int]], dict]:
    """Return a relation; a via below 0 is a way."""
    middle = ("via", "node", via) if via > 0 else ("via", "way", -via)
    members = [("from", "way", origin), middle, ("to", "way", target)]
    return members, {"type": "restriction", "restriction": kind} | tags


def town(folder: Path, *relations: tuple[list[tuple[str, str, int]], dict[str, str]]) -> RoadNetwork:
    path = folder / "town.osm"
    path.write_text(osm(WAYS, at=AT, relations=list(relations)), encoding="utf-8")
    return read_roads(path)


def forbidden(network: RoadNetwork) -> set[tuple[int, ...]]:
    """Return the nodes along each sequence."""
    found = set()
    for sequence in network.restrictions.sequences:
        first, *_ = sequence
        nodes = [network.tail[first], *(network.head[edge] for edge in sequence)]
        found.add(tuple(network.node_id[nodes].tolist()))
    return found


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (relation("no_left_turn", WEST, 5, NORTH), {(4, 5, 2)}),
        (relation("no_right_turn", NORTH, 5, WEST), {(2, 5, 4)}),
        (relation("no_straight_on", WEST, 5, EAST), {(4, 5, 6)}),
        (relation("no_u_turn", WEST, 5, WEST), {(4, 5, 4)}),
        (relation("no_u_turn", LAST, 7, LAST), {(9, 7, 9)}),
        (relation("only_straight_on", WEST, 5, EAST), {(4, 5, 2), (4, 5, 8), (4, 5, 4)}),
        (relation("only_right_turn", WEST, 5, SOUTH), {(4, 5, 2), (4, 5, 6), (4, 5, 4)}),
        (relation("no_left_turn", NORTH, -EAST, BEYOND), {(2, 5, 6, 7)}),
        (relation("only_straight_on", NORTH, -EAST, BEYOND), {(2, 5, 6, n) for n in (2, 8, 5)}),
        (relation("no_right_turn", BACK, 6, BEYOND), {(9, 6, 7)}),
        (relation(" No_Left_Turn ", WEST, 5, NORTH), {(4, 5, 2)}),
        (relation("", WEST, 5, NORTH, **{"restriction:motorcar": "no_left_turn"}), {(4, 5, 2)}),
        (relation("", WEST, 5, NORTH, **{"restriction:motor_vehicle": "no_left_turn"}), {(4, 5, 2)}),
        (
            relation("", WEST, 5, NORTH, **{"restriction:conditional": "no_left_turn @ (Mo-Fr 07:00-19:00)"}),
            {(4, 5, 2)},
        ),
        (relation("no_left_turn", WEST, 5, NORTH, **{"except": "bicycle;psv"}), {(4, 5, 2)}),
        (relation("no_left_turn", WEST, 5, NORTH, hour_on="07:00", hour_off="19:00"), {(4, 5, 2)}),
        (
            (
                [("from", "way", WEST), ("from", "way", EAST), ("via", "node", 5), ("to", "way", NORTH)],
                {"type": "restriction", "restriction": "no_entry"},
            ),
            {(4, 5, 2), (6, 5, 2)},
        ),
        (
            (
                [("from", "way", WEST), ("via", "node", 5), ("to", "way", NORTH), ("to", "way", SOUTH)],
                {"type": "restriction", "restriction": "only_straight_on"},
            ),
            {(4, 5, 6), (4, 5, 4)},
        ),
        (
            (
                [("from", "way", WEST), ("via", "way", EAST), ("via", "way", BEYOND), ("to", "way", LAST)],
                {"type": "restriction", "restriction": "no_u_turn"},
            ),
            {(4, 5, 6, 7, 9)},
        ),
    ],
)
def test_what_is_forbidden(
    given: tuple[list[tuple[str, str, int]], dict[str, str]], expected: set[tuple[int, ...]], tmp_path: Path
) -> None:
    network = town(tmp_path, given)
    assert forbidden(network) == expected
    assert set(network.restrictions.relation.tolist()) == {1001}
    assert network.facts["turn_restrictions"] == 1
    assert network.facts["turn_restrictions_skipped"] == {}


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (relation("no_left_turn", WEST, 5, NORTH, **{"except": "psv; motorcar"}), "for other vehicles"),
        (relation("no_left_turn", WEST, 5, NORTH, **{"except": "motor_vehicle"}), "for other vehicles"),
        (relation("", WEST, 5, NORTH, **{"restriction:hgv": "no_left_turn"}), "for other vehicles"),
        (relation("stop", WEST, 5, NORTH), "of an unknown kind"),
        (([("from", "way", 1), ("to", "way", 2)], {"type": "restriction", "restriction": "no_left_turn"}), "without a"),
        (([("via", "node", 5)], {"type": "restriction", "restriction": "no_left_turn"}), "without a"),
        (([], {"type": "restriction", "restriction": "no_left_turn"}), "without a from, a via or a to"),
        (relation("no_left_turn", WEST, 6, BEYOND), "whose ways do not meet"),
        (relation("no_left_turn", WEST, 5, LAST), "whose ways do not meet"),
        (relation("no_left_turn", WEST, -LAST, BACK), "whose ways do not meet"),
        (relation("no_left_turn", BEYOND, 6, RING), "whose ways pass through the junction"),
        (relation("no_left_turn", RING, 6, BEYOND), "whose ways pass through the junction"),
        (relation("no_left_turn", EAST, 6, BACK), "that one-way streets impose already"),
        (relation("no_left_turn", BACK, 9, LAST), "that one-way streets impose already"),
        (relation("no_left_turn", LAST, 9, FOOTWAY), "on ways that are no streets for cars"),
        (relation("no_left_turn", FOOTWAY, 9, BACK), "on ways that are no streets for cars"),
        (relation("no_left_turn", LAST, 77, BACK), "on ways that are no streets for cars"),
        (relation("no_left_turn", LAST, 9, 77), "on ways that are no streets for cars"),
        (relation("no_left_turn", EAST, -BACK, LAST), "over via ways that are no simple line"),
    ],
)
def test_what_is_not_kept_is_counted(
    given: tuple[list[tuple[str, str, int]], dict[str, str]], reason: str, tmp_path: Path
) -> None:
    network = town(tmp_path, given)
    assert len(network.restrictions) == 0
    ((told, count),) = network.restrictions.skipped.items()
    assert told.startswith(reason)
    assert count == 1


def test_a_street_is_cut_where_a_turn_is_forbidden_and_nowhere_else(tmp_path: Path) -> None:
    ways = [([1, 2, 3], STREET), ([3, 4, 5], STREET)]
    at = {node: (node, 0) for node in range(1, 6)}
    path = tmp_path / "line.osm"
    path.write_text(osm(ways, at=at, relations=[relation("no_straight_on", 1, 3, 2)]))
    assert read_roads(path).node_id.tolist() == [1, 3, 5]
    assert forbidden(read_roads(path)) == {(1, 3, 5)}
    path.write_text(osm(ways, at=at))
    assert read_roads(path).node_id.tolist() == [1, 5]


def test_every_restriction_is_counted_once(tmp_path: Path) -> None:
    network = town(
        tmp_path,
        relation("only_straight_on", WEST, 5, EAST),
        relation("no_left_turn", WEST, 5, NORTH),
        relation("stop", WEST, 5, NORTH),
        relation("no_left_turn", LAST, 77, BACK),
    )
    assert network.facts["turn_restrictions"] == 2
    assert dict(network.facts_text)["turn restrictions"] == (
        "2 kept, 2 not (1 of an unknown kind; 1 on ways that are no streets for cars)"
    )
    assert len(network.restrictions) == 4


def test_joined_extracts_that_have_a_relation_twice_count_it_once(tmp_path: Path) -> None:
    relations = [relation("no_left_turn", WEST, 5, NORTH), relation("stop", WEST, 5, NORTH)]
    text = osm(WAYS, at=AT, relations=relations)
    begin = text.index("<relation")
    path = tmp_path / "joined.osm"
    path.write_text(text[:begin] + 2 * text[begin:].replace("</osm>", "") + "</osm>")
    network = read_roads(path)
    assert len(network.restrictions) == 1
    assert network.restrictions.skipped == {"of an unknown kind": 1}


def test_restrictions_survive_a_file_and_an_osmnx_graph(tmp_path: Path) -> None:
    network = town(tmp_path, relation("no_left_turn", NORTH, -EAST, BEYOND), relation("stop", WEST, 5, NORTH))
    osmnx.save_graphml(network.to_graph(), tmp_path / "osmnx.graphml")
    files = [network.save(tmp_path / name) for name in ("roads.npz", "roads.graphml")]
    for file in (*files, tmp_path / "osmnx.graphml"):
        again = read_roads(file)
        assert forbidden(again) == {(2, 5, 6, 7)}
        assert again.restrictions.relation.tolist() == [1001]
        assert again.restrictions.skipped == {"of an unknown kind": 1}


def test_what_is_left_of_a_town_keeps_its_restrictions(tmp_path: Path) -> None:
    """Nodes beyond a one-way street are cut off, and edges get other numbers."""
    away = [([7, 12], STREET | {"oneway": "yes"}), ([1, 2], STREET | {"oneway": "yes"})]
    path = tmp_path / "town.osm"
    relations = [relation("no_left_turn", WEST, 5, NORTH), relation("no_left_turn", BEYOND, 7, 10)]
    path.write_text(osm([*WAYS, *away], at=AT | {1: (0, 3), 12: (4, 1)}, relations=relations))
    network = read_roads(path)
    assert network.cut.edges == 2
    assert forbidden(network) == {(4, 5, 2)}
    assert network.restrictions.skipped == {"on streets that were cut off or closed": 1}
