"""OSM extracts: which ways are streets, where they are cut and joined, and what OSMnx makes of the same file."""

from __future__ import annotations

import bz2
import gzip
import json
import tempfile
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

import networkx as nx
import numpy as np
import osmium
import osmnx
import pytest
import shapely

from osmxml import AT, osm
from patrolroute.errors import InputError
from patrolroute.provenance import OSM_ATTRIBUTION
from patrolroute.roads import RoadNetwork, read_roads
from patrolroute.roads.sources import osmfile

if TYPE_CHECKING:
    from pathlib import Path


def network_of(folder: Path, *ways: tuple[list[int], dict[str, str]], **more: Any) -> RoadNetwork:
    path = folder / "town.osm"
    path.write_text(osm(list(ways), **more), encoding="utf-8")
    return read_roads(path)


def links(network: RoadNetwork) -> set[tuple[int, int]]:
    pairs = zip(network.node_id[network.tail].tolist(), network.node_id[network.head].tolist(), strict=True)
    return set(pairs)


STREET = {"highway": "residential", "name": "Jalan A"}


def test_one_street_through_many_nodes_is_one_edge_each_way_with_its_shape(tmp_path: Path) -> None:
    network = network_of(tmp_path, ([1, 2, 3], STREET), ([3, 4, 5, 6], STREET))
    assert network.node_id.tolist() == [1, 6]
    assert network.twin.tolist() == [1, 0]
    shape = network.shape_lonlat[: network.shape_start[1]]
    expected = [(123.6 + x / 1000, -10.17 + y / 1000) for x, y in (AT[i] for i in range(1, 7))]
    assert np.abs(shape - expected).max() < 1e-9
    assert (network.shape_lonlat[network.shape_start[1] :] == shape[::-1]).all()
    assert network.length_dm[0] == pytest.approx((3 * 109.45 + 2 * 111.19) * 10, abs=5)


def test_junctions_and_changes_of_name_class_limit_and_direction_cut_streets(tmp_path: Path) -> None:
    network = network_of(
        tmp_path,
        ([1, 2, 3, 4], STREET),
        ([4, 5], STREET | {"name": "Jalan B"}),
        ([5, 6], STREET | {"highway": "tertiary", "name": "Jalan B"}),
        ([6, 7], STREET | {"highway": "tertiary", "name": "Jalan B", "maxspeed": "30"}),
        ([2, 9], STREET),
        ([7, 8], STREET | {"oneway": "yes"}),
        ([8, 9], STREET | {"oneway": "yes"}),
        ([9, 1], STREET),
    )
    # Nodes 1 and 8 are passed through; between 2 and 9 there are two streets.
    assert links(network) == {
        (2, 4), (4, 2), (4, 5), (5, 4), (5, 6), (6, 5), (6, 7), (7, 6), (7, 9), (2, 9), (9, 2),
    }  # fmt: skip
    assert len(network.tail) == 13
    assert np.nansum(network.maxspeed_kph) == 60


@pytest.mark.parametrize(
    ("tags", "ways"),
    [
        ({}, "both"),
        ({"oneway": "no"}, "both"),
        ({"oneway": "alternating"}, "both"),
        ({"oneway": "reversible"}, "neither"),
        ({"oneway": "sometimes"}, "both"),
        ({"oneway": "false"}, "both"),
        ({"oneway": "0"}, "both"),
        ({"oneway": "yes"}, "forward"),
        ({"oneway": "true"}, "forward"),
        ({"oneway": " Yes "}, "forward"),
        ({"oneway": "1"}, "forward"),
        ({"oneway": "-1"}, "backward"),
        ({"oneway": "reverse"}, "backward"),
        ({"junction": "roundabout"}, "forward"),
        ({"junction": "circular"}, "forward"),
        ({"junction": "roundabout", "oneway": "-1"}, "backward"),
        ({"junction": "roundabout", "oneway": "no"}, "both"),
        ({"highway": "motorway"}, "forward"),
        ({"highway": "motorway", "oneway": "no"}, "both"),
        ({"highway": "motorway_link"}, "forward"),
        ({"highway": "motorway_link", "oneway": "no"}, "both"),
        ({"highway": "trunk"}, "both"),
        ({"oneway": "yes", "oneway:motor_vehicle": "no"}, "both"),
        ({"oneway:motor_vehicle": "yes"}, "forward"),
        ({"oneway:vehicle": "-1", "oneway": "yes"}, "backward"),
        ({"oneway:motorcar": "no", "oneway:motor_vehicle": "yes"}, "both"),
        ({"oneway:bicycle": "yes"}, "both"),
        ({"oneway": "yes", "oneway:bicycle": "no"}, "forward"),
        ({"motor_vehicle:backward": "no"}, "forward"),
        ({"vehicle:forward": "no", "access": "yes"}, "backward"),
        ({"vehicle:backward": "no", "motorcar": "yes"}, "both"),
        ({"access:backward": "private"}, "forward"),
        ({"oneway": "yes", "motor_vehicle:forward": "no"}, "neither"),
    ],
)
def test_directions(tags: dict[str, str], ways: str, tmp_path: Path) -> None:
    frame = [([1, 9, 8, 7, 6, 5, 4], STREET), ([4, 10, 1], STREET | {"name": "back"})]
    network = network_of(tmp_path, *frame, ([1, 2, 3, 4], {"highway": "primary", "name": "seen"} | tags))
    seen = [e for e, name in enumerate(network.name) if name == "seen"]
    found = {(int(network.node_id[network.tail[e]]), int(network.node_id[network.head[e]])) for e in seen}
    assert found == {"both": {(1, 4), (4, 1)}, "forward": {(1, 4)}, "backward": {(4, 1)}, "neither": set()}[ways]
    assert (network.twin[seen] >= 0).tolist() == [ways == "both"] * len(seen)


@pytest.mark.parametrize(
    ("tags", "street"),
    [
        ({"highway": "trunk_link"}, True),
        ({"highway": "living_street"}, True),
        ({"highway": "road"}, True),
        ({"access": "permissive"}, True),
        ({"service": "yes"}, True),
        ({"motor_vehicle": "yes"}, True),
        ({"access": "no", "motor_vehicle": "yes"}, True),
        ({"access": "private", "motorcar": "yes"}, True),
        ({"access": "no", "vehicle": "destination"}, True),
        ({"vehicle": "no", "motor_vehicle": "permissive"}, True),
        ({"motor_vehicle": "agricultural;destination"}, True),
        ({"access": "unknown"}, True),
        ({"access": "customers"}, True),
        ({"access": "no"}, False),
        ({"vehicle": "no"}, False),
        ({"motor_vehicle": "Private"}, False),
        ({"motor_vehicle": "agricultural;forestry"}, False),
        ({"motor_vehicle": "no", "access": "yes"}, False),
        ({"motorcar": "no", "motor_vehicle": "yes"}, False),
        ({"access": "no", "bicycle": "yes"}, False),
        ({"highway": "service"}, False),
        ({"highway": "footway"}, False),
        ({"highway": "construction"}, False),
        ({"highway": "pedestrian"}, False),
        ({"highway": "raceway"}, False),
        ({"highway": "bus_guideway"}, False),
        ({"area": "yes"}, False),
        ({"access": "private"}, False),
        ({"motor_vehicle": "no"}, False),
        ({"motorcar": "no"}, False),
        ({"service": "parking_aisle"}, False),
        ({"service": "driveway"}, False),
    ],
)
def test_which_ways_are_streets_for_cars(tags: dict[str, str], street: bool, tmp_path: Path) -> None:
    network = network_of(tmp_path, ([1, 2], STREET), ([2, 3], {"highway": "residential", "name": "seen"} | tags))
    assert ("seen" in network.name) == street


@pytest.mark.parametrize(
    ("tags", "along", "against"),
    [
        ({"maxspeed": "50 mph"}, 80.4672, 80.4672),
        ({"maxspeed": "walk"}, 5, 5),
        ({"maxspeed": "none"}, np.nan, np.nan),
        ({"maxspeed": "signals"}, np.nan, np.nan),
        ({"maxspeed": "ID:urban"}, 50, 50),
        ({"maxspeed": "30;50"}, 30, 30),
        ({"maxspeed": "60", "maxspeed:forward": "40"}, 40, 60),
        ({"maxspeed:backward": "20 mph"}, np.nan, 32.18688),
        ({"maxspeed:forward": "40", "maxspeed:backward": "30"}, 40, 30),
    ],
)
def test_limits_along_and_against(tags: dict[str, str], along: float, against: float, tmp_path: Path) -> None:
    network = network_of(tmp_path, ([1, 2, 3], STREET | tags))
    np.testing.assert_allclose(network.maxspeed_kph, [along, against])
    backward = network_of(tmp_path, ([1, 2], STREET), ([3, 2], STREET | tags | {"oneway": "-1"}), ([3, 9, 1], STREET))
    np.testing.assert_allclose(backward.maxspeed_kph[(backward.twin < 0)], [against])


def test_streets_with_a_limit_for_each_direction_go_on_only_where_they_are_drawn_alike(tmp_path: Path) -> None:
    street = STREET | {"maxspeed:forward": "40", "maxspeed:backward": "30"}
    apart = network_of(tmp_path, ([1, 2], street), ([3, 2], street), ([4, 3], street))
    assert links(apart) == {(1, 2), (2, 1), (2, 4), (4, 2)}
    limit = dict(zip(zip(apart.tail.tolist(), apart.head.tolist(), strict=True), apart.maxspeed_kph, strict=True))
    assert limit == {(0, 1): 40, (1, 0): 30, (2, 1): 40, (1, 2): 30}


def square(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.box(123.6 + west / 1000, -10.17 + south / 1000, 123.6 + east / 1000, -10.17 + north / 1000)


def test_an_area_keeps_the_ways_that_touch_it_whole(tmp_path: Path) -> None:
    path = tmp_path / "town.osm"
    ways = [
        ([1, 2, 3, 4], STREET),
        ([4, 5, 6, 7], STREET | {"name": "far"}),
        ([9, 8], STREET | {"name": "apart"}),
        ([1, 9], STREET | {"name": "touching"}),
        ([10, 99], STREET | {"name": "of one node"}),
    ]
    path.write_text(osm(ways))
    network = read_roads(path, within=square(0.2, -0.5, 0.4, 0.5).union(square(-0.5, 0.4, 0.1, 0.5)))
    assert set(network.name) == {"Jalan A", "touching"}
    assert network.node_id.tolist() == [4, 9] or network.node_id.tolist() == [1, 4, 9]
    assert network.cut.outside == 3
    assert "3 streets outside the area" in network.cut.statement
    assert read_roads(path).cut.outside == 0
    with pytest.raises(InputError, match=r"town\.osm: none of its 5 ways for cars touches the area; check the area"):
        read_roads(path, within=square(50, 50, 51, 51))


def test_rings_nodes_that_lack_and_nodes_that_repeat(tmp_path: Path) -> None:
    lacking = {node: place for node, place in AT.items() if node != 5}
    network = network_of(
        tmp_path,
        ([1, 2, 2, 3, 4], STREET),
        ([4, 5, 6], STREET | {"name": "broken"}),
        ([6, 7], STREET | {"name": "beyond"}),
        ([3, 7, 10, 3], {"highway": "residential", "name": "ring"}),
        at=lacking,
    )
    assert "broken" not in network.name
    assert network.node_id.tolist() == [1, 3, 4, 6, 7]
    alone = network_of(tmp_path, ([1, 2, 3, 1], STREET | {"oneway": "yes"}))
    assert (len(alone.node_id), len(alone.tail)) == (1, 1)


def test_a_two_way_street_drawn_from_both_ends_is_still_one(tmp_path: Path) -> None:
    network = network_of(tmp_path, ([3, 2, 1], STREET), ([3, 4], STREET), ([6, 5, 4], STREET))
    assert network.node_id.tolist() == [1, 6]
    assert len(network.tail) == 2


def test_one_way_pieces_that_point_at_each_other_are_not_joined(tmp_path: Path) -> None:
    network = network_of(
        tmp_path, ([1, 2], STREET | {"oneway": "yes"}), ([3, 2], STREET | {"oneway": "yes"}), ([3, 9, 1], STREET)
    )
    assert links(network) == {(1, 3), (3, 1)}
    assert network.cut.edges == 2


def test_names_are_text_whatever_they_hold(tmp_path: Path) -> None:
    name = "<script>alert(1)</script> & \"Gang\" = 'Satu' \u2013 جالان"
    assert set(network_of(tmp_path, ([1, 2], {"highway": "residential", "name": name})).name) == {name}


def test_ids_below_nothing_are_those_of_an_editor(tmp_path: Path) -> None:
    path = tmp_path / "edited.osm"
    text = osm([([1, 2, 3], STREET)])
    for node in (1, 2, 3):
        text = text.replace(f'id="{node}"', f'id="-{node}"').replace(f'ref="{node}"', f'ref="-{node}"')
    path.write_text(text)
    assert read_roads(path).node_id.tolist() == [-3, -1]


def test_nodes_in_any_order_and_twice(tmp_path: Path) -> None:
    """As in extracts that were joined: the same node stands twice, and not in its order."""
    text = osm([([1, 2, 3, 4], STREET), ([3, 7], STREET)])
    head, *lines, foot = text.splitlines()
    nodes = [line for line in lines if line.startswith("<node")]
    rest = [line for line in lines if not line.startswith("<node")]
    (tmp_path / "town.osm").write_text(text)
    (tmp_path / "joined.osm").write_text("\n".join([head, rest[0], *nodes[::-1], *nodes[2:5], *rest[1:], foot]))
    one, other = read_roads(tmp_path / "town.osm"), read_roads(tmp_path / "joined.osm")
    assert (one.node_id == other.node_id).all()
    assert (one.shape_lonlat == other.shape_lonlat).all()


def test_a_way_that_stands_twice_is_one_street(tmp_path: Path) -> None:
    path = tmp_path / "joined.osm"
    path.write_text(osm([([1, 2], STREET), ([1, 2], STREET), ([2, 3], STREET)]).replace('way id="2"', 'way id="1"'))
    assert links(read_roads(path)) == {(1, 3), (3, 1)}


def test_nodes_at_one_place_make_an_edge_of_no_length(tmp_path: Path) -> None:
    at = {1: (0, 0), 2: (1, 0), 3: (1, 0), 4: (2, 0)}
    network = network_of(
        tmp_path, ([1, 2], STREET), ([2, 3], STREET | {"name": "none"}), ([3, 4], STREET | {"name": "on"}), at=at
    )
    short = [edge for edge, name in enumerate(network.name) if name == "none"]
    assert network.length_dm[short].tolist() == [0, 0]
    assert network.time_ms[short].tolist() == [1, 1]


def test_a_node_that_is_nowhere_on_earth_is_told(tmp_path: Path) -> None:
    path = tmp_path / "town.osm"
    path.write_text(osm([([1, 2], STREET)]).replace('lon="123.6010000"', 'lon="723.6"'))
    with pytest.raises(InputError, match=r"town\.osm: "):
        read_roads(path)


def test_an_interrupted_reading_is_an_interrupt_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "town.osm.gz"
    path.write_bytes(gzip.compress(osm([([1, 2, 3], STREET)]).encode()))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))

    def interrupt(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(osmfile, "directions", interrupt)
    with pytest.raises(KeyboardInterrupt):
        read_roads(path)
    assert list(scratch.iterdir()) == []


def test_every_kind_of_file_holds_the_same(tmp_path: Path) -> None:
    text = osm([([1, 2, 3, 4], STREET), ([3, 7, 8], STREET | {"maxspeed": "40"})])
    plain = tmp_path / "town.osm"
    plain.write_text(text)
    (tmp_path / "town.osm.bz2").write_bytes(bz2.compress(text.encode()))
    (tmp_path / "town.osm.gz").write_bytes(gzip.compress(text.encode()))
    with osmium.SimpleWriter(str(tmp_path / "town.osm.pbf")) as writer:
        for thing in osmium.FileProcessor(str(plain)):
            writer.add(thing)
    (tmp_path / "TOWN.OSM.PBF").write_bytes((tmp_path / "town.osm.pbf").read_bytes())
    expected = read_roads(plain)
    assert expected.provenance.kind == "openstreetmap"
    assert expected.provenance.attribution == OSM_ATTRIBUTION
    for name in ("town.osm.bz2", "town.osm.gz", "town.osm.pbf", "TOWN.OSM.PBF"):
        network = read_roads(tmp_path / name)
        assert network.provenance.source == name
        assert network.node_id.tolist() == expected.node_id.tolist()
        assert network.time_ms.tolist() == expected.time_ms.tolist()
        assert np.abs(network.shape_lonlat - expected.shape_lonlat).max() < 1e-9


def test_the_date_is_that_of_the_data(tmp_path: Path) -> None:
    path = tmp_path / "town.osm"
    text = osm([([1, 2], STREET)])
    path.write_text(text)
    assert read_roads(path).provenance.date is None
    path.write_text(text.replace('<way id="1" version="1"', '<way id="1" version="1" timestamp="2021-03-04T05:06:07Z"'))
    assert read_roads(path).provenance.date == "2021-03-04"
    path.write_text(text.replace('generator="test">', 'generator="test"><meta osm_base="2023-04-11T15:45:23Z"/>'))
    assert read_roads(path).provenance.date == "2023-04-11"


@pytest.fixture(scope="module")
def kelapa_gading(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The real Overpass answer as an .osm file, and the same without ways that OSMnx alone would drive."""
    answer = json.loads((shared_data / "roads" / "overpass_kelapa_gading.json").read_text())
    folder = tmp_path_factory.mktemp("osm")
    for name, differs in (("whole", lambda _: False), ("agreed", closed_here_only)):
        lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6" generator="test">']
        lines += [
            f'<node id="{e["id"]}" version="1" lon="{e["lon"]}" lat="{e["lat"]}"/>'
            for e in answer["elements"]
            if e["type"] == "node"
        ]
        for e in answer["elements"]:
            if e["type"] == "way" and not differs(e["tags"]):
                lines.append(f'<way id="{e["id"]}" version="1">')
                lines += [f'<nd ref="{node}"/>' for node in e["nodes"]]
                lines += [f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in e["tags"].items()]
                lines.append("</way>")
        (folder / f"{name}.osm").write_text("\n".join([*lines, "</osm>"]), encoding="utf-8")
    return folder / "whole.osm", folder / "agreed.osm"


def closed_here_only(tags: dict[str, str]) -> bool:
    """Return whether a way of OSMnx's "drive" is closed to cars by what `read_osm` documents as a difference."""
    return tags.get("motor_vehicle") == "private" or tags.get("access") == "no"


def test_a_real_extract_has_the_streets_that_osmnx_finds(kelapa_gading: tuple[Path, Path]) -> None:
    """The same junctions, kilometres and distances; nodes more, where a street changes its name, class or limit."""
    whole, agreed = kelapa_gading
    ours = read_roads(whole)
    graph = osmnx.graph_from_xml(agreed, bidirectional=False, retain_all=True, simplify=True)
    # OSMnx reads every way of a file; the answer holds only its "drive" ways, of which it takes motorways as two-way.
    theirs = graph.subgraph(max(nx.strongly_connected_components(graph), key=len))
    assert set(theirs.nodes) <= set(ours.node_id.tolist())
    extra = len(ours.node_id) - len(theirs)
    assert 0 < extra < 0.15 * len(theirs)
    kilometres = sum(data["length"] for _, _, data in theirs.edges(data=True)) / 1000
    assert ours.length_dm.sum() / 10_000 == pytest.approx(kilometres, rel=1e-3)

    mine = ours.to_graph()
    rng = np.random.default_rng(5)
    junctions = sorted(theirs.nodes)
    for source in rng.choice(junctions, 5, replace=False).tolist():
        expected = nx.single_source_dijkstra_path_length(theirs, source, weight="length")
        found = nx.single_source_dijkstra_path_length(mine, source, weight="length")
        for target in rng.choice(junctions, 40, replace=False).tolist():
            # Decimetres are rounded up on each of a few hundred edges.
            assert expected[target] - 1e-3 <= found[target] <= expected[target] + 40


def test_the_large_extract(shared_data: Path) -> None:
    network = read_roads(shared_data / "roads" / "porto.osm.pbf")
    assert network.provenance.date == "2015-06-06"
    # OSMnx finds 50,522 nodes and 121,081 edges; here streets are also cut where their name, class or
    # limit changes, or a turn is forbidden.
    assert (len(network.node_id), len(network.tail)) == (51_825, 124_808)
    assert "Avenida da Boavista" in network.name
    # The file has 357 relations of type=restriction.
    assert network.facts["turn_restrictions"] == 325
    assert network.facts["turn_restrictions_skipped"] == {
        "without a from, a via or a to": 14,
        "on ways that are no streets for cars": 14,
        "whose ways do not meet": 1,
        "on streets that were cut off or closed": 3,
    }
