"""OSM extracts: which ways are streets, where they are cut and joined, and what OSMnx makes of the same file."""

from __future__ import annotations

import bz2
import gzip
import json
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

import networkx as nx
import numpy as np
import osmium
import osmnx
import pytest

from patrolroute.provenance import OSM_ATTRIBUTION
from patrolroute.roads import RoadNetwork, read_roads

if TYPE_CHECKING:
    from pathlib import Path

AT = {
    1: (0, 0), 2: (1, 0), 3: (2, 0), 4: (3, 0), 5: (3, 1), 6: (3, 2), 7: (2, 2), 8: (0, 2), 9: (0, 1), 10: (1.5, 3),
}  # fmt: skip


def osm(ways: list[tuple[list[int], dict[str, str]]], *, at: dict[int, tuple[float, float]] | None = None) -> str:
    """Return an extract with some ways over nodes on a small grid."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6" generator="test">']
    for node, (x, y) in (at or AT).items():
        lines.append(f'<node id="{node}" version="1" lon="{123.6 + x / 1000:.7f}" lat="{-10.17 + y / 1000:.7f}"/>')
    for number, (nodes, tags) in enumerate(ways, start=1):
        lines.append(f'<way id="{number}" version="1">')
        lines += [f'<nd ref="{node}"/>' for node in nodes]
        lines += [f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items()]
        lines.append("</way>")
    return "\n".join([*lines, "</osm>"])


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
        ({"oneway": "reversible"}, "both"),
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
    ],
)
def test_directions(tags: dict[str, str], ways: str, tmp_path: Path) -> None:
    frame = [([1, 9, 8, 7, 6, 5, 4], STREET), ([4, 10, 1], STREET | {"name": "back"})]
    network = network_of(tmp_path, *frame, ([1, 2, 3, 4], {"highway": "primary", "name": "seen"} | tags))
    seen = [e for e, name in enumerate(network.name) if name == "seen"]
    found = {(int(network.node_id[network.tail[e]]), int(network.node_id[network.head[e]])) for e in seen}
    assert found == {"both": {(1, 4), (4, 1)}, "forward": {(1, 4)}, "backward": {(4, 1)}}[ways]
    assert (network.twin[seen] >= 0).all() == (ways == "both")


@pytest.mark.parametrize(
    ("tags", "street"),
    [
        ({"highway": "trunk_link"}, True),
        ({"highway": "living_street"}, True),
        ({"highway": "road"}, True),
        ({"access": "permissive"}, True),
        ({"service": "yes"}, True),
        ({"motor_vehicle": "yes"}, True),
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
def kelapa_gading(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real Overpass answer as an .osm file."""
    answer = json.loads((shared_data / "roads" / "overpass_kelapa_gading.json").read_text())
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6" generator="test">']
    lines += [
        f'<node id="{e["id"]}" version="1" lon="{e["lon"]}" lat="{e["lat"]}"/>'
        for e in answer["elements"]
        if e["type"] == "node"
    ]
    for e in answer["elements"]:
        if e["type"] == "way":
            lines.append(f'<way id="{e["id"]}" version="1">')
            lines += [f'<nd ref="{node}"/>' for node in e["nodes"]]
            lines += [f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in e["tags"].items()]
            lines.append("</way>")
    path = tmp_path_factory.mktemp("osm") / "kelapa_gading.osm"
    path.write_text("\n".join([*lines, "</osm>"]), encoding="utf-8")
    return path


def test_a_real_extract_has_the_streets_that_osmnx_finds(kelapa_gading: Path) -> None:
    """The same junctions, kilometres and distances; nodes more, where a street changes its name, class or limit."""
    ours = read_roads(kelapa_gading)
    graph = osmnx.graph_from_xml(kelapa_gading, bidirectional=False, retain_all=True, simplify=True)
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
    # OSMnx finds 50,522 nodes and 121,081 edges; here streets are also cut where their name, class or limit changes.
    assert (len(network.node_id), len(network.tail)) == (51_821, 124_803)
    assert "Avenida da Boavista" in network.name
