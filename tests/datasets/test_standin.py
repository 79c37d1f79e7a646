from __future__ import annotations

import hashlib
import re

import networkx as nx
import numpy as np
import shapely

from patrolroute.datasets import STANDIN_PROVENANCE, standin_graph
from patrolroute.datasets.streets import grow_streets
from patrolroute.datasets.townplan import kupang_plan, land, read_table, to_degrees
from patrolroute.roads import roads_from_graph

DIGEST = "2db36965470b488a"


def digest(graph: nx.MultiDiGraph) -> str:
    rows = sorted(
        f"{x:.6f} {y:.6f} {count}"
        for _, (x, y, count) in ((n, (d["x"], d["y"], d["street_count"])) for n, d in graph.nodes(data=True))
    )
    rows += sorted(
        f"{u} {v} {d['highway']} {d['oneway']} {d['name']} "
        + " ".join(f"{x:.6f},{y:.6f}" for x, y in shapely.get_coordinates(d["geometry"]))
        for u, v, d in graph.edges(data=True)
    )
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:16]


def test_the_graph_is_the_same_on_every_machine(graph):
    assert digest(graph) == DIGEST


def test_two_builds_agree_and_another_seed_differs(graph):
    assert digest(standin_graph()) == digest(graph)
    assert digest(standin_graph(seed=5)) != digest(graph)


def test_size_and_shape_of_the_network(graph):
    assert 5_000 <= len(graph) <= 15_000
    ends = [d["street_count"] for _, d in graph.nodes(data=True)]
    assert 300 < ends.count(1) < 0.2 * len(ends)
    assert ends.count(2) < 0.01 * len(ends)
    oneway = sum(d["oneway"] for *_, d in graph.edges(data=True))
    assert 300 < oneway < 0.1 * graph.number_of_edges()
    assert {d["highway"] for *_, d in graph.edges(data=True)} == {
        "trunk",
        "primary",
        "secondary",
        "tertiary",
        "residential",
        "unclassified",
    }


def test_work_to_build_it_stays_small():
    segments = grow_streets(kupang_plan(), seed=1)
    assert len(segments.points) < 15_000
    assert len(segments.ends) < 25_000


def test_every_place_is_reached_from_every_other(graph):
    assert nx.is_strongly_connected(graph)


def test_the_centre_is_denser_than_the_rim(graph):
    def nodes_near(kode: str) -> int:
        row = next(row for row in read_table("standin/nuclei.csv") if row["kode"] == kode)
        lon, lat = float(row["lon"]), float(row["lat"])
        return sum(abs(d["x"] - lon) < 0.006 and abs(d["y"] - lat) < 0.006 for _, d in graph.nodes(data=True))

    kuanino, naioni = nodes_near("53.71.05.1006"), nodes_near("53.71.01.1011")
    assert kuanino > 3 * naioni > 0


def test_nodes_and_edges_have_the_schema_of_osmnx(graph):
    assert isinstance(graph, nx.MultiDiGraph)
    assert graph.graph["crs"] == "epsg:4326"
    for node, data in graph.nodes(data=True):
        assert set(data) == {"x", "y", "street_count"}
        assert isinstance(node, int)
        assert node < 0
    for u, v, data in graph.edges(data=True):
        assert set(data) - {"maxspeed"} == {"osmid", "name", "highway", "oneway", "reversed", "length", "geometry"}
        line = shapely.get_coordinates(data["geometry"])
        assert line[0].tolist() == [graph.nodes[u]["x"], graph.nodes[u]["y"]]
        assert line[-1].tolist() == [graph.nodes[v]["x"], graph.nodes[v]["y"]]
        assert isinstance(data["length"], float)
        assert data["length"] > 0
        assert data["osmid"] < 0
        if not data["oneway"]:
            assert any(
                back["reversed"] != data["reversed"] and back["length"] == data["length"]
                for back in graph[v][u].values()
            )


def test_street_counts_are_ends_of_streets(graph):
    ends = dict.fromkeys(graph, 0)
    for u, v, data in graph.edges(data=True):
        if not data["reversed"]:
            ends[u] += 1
            ends[v] += 1
    assert ends == {node: data["street_count"] for node, data in graph.nodes(data=True)}


def test_no_name_can_be_taken_for_a_real_street(graph):
    pattern = re.compile(r"synthetic (street|road) [1-9]\d*")
    assert all(pattern.fullmatch(d["name"]) for *_, d in graph.edges(data=True))


def test_the_coast_lies_north_west_and_nothing_in_the_sea(graph):
    plan = kupang_plan()
    coast = to_degrees(plan.coast)
    shore = shapely.Polygon(to_degrees(np.array(land(plan).exterior.coords)))
    shapely.prepare(shore)
    shapes = np.concatenate([shapely.get_coordinates(d["geometry"]) for *_, d in graph.edges(data=True)])
    assert shapely.contains_xy(shore, shapes).all()
    along = coast[-1] - coast[0]
    lon, lat = np.array([[d["x"], d["y"]] for _, d in graph.nodes(data=True)]).mean(axis=0) - coast.mean(axis=0)
    assert along[0] > 0
    assert along[1] > 0
    assert along[0] * lat - along[1] * lon < 0


def test_few_nodes_lie_outside_the_real_city(graph, shared_data):
    import geopandas as gpd

    city = gpd.read_file(shared_data / "kupang" / "kelurahan.geojson").geometry.union_all()
    xy = np.array([[d["x"], d["y"]] for _, d in graph.nodes(data=True)])
    assert shapely.contains_xy(city, xy).mean() > 0.95


def test_nuclei_agree_with_their_source(shared_data):
    import geopandas as gpd

    source = gpd.read_file(shared_data / "kupang" / "kelurahan.geojson").set_index("kode")
    rows = read_table("standin/nuclei.csv")
    assert len(rows) == len(source) == 51
    for row in rows:
        real = source.loc[row["kode"]]
        assert row["name"] == real["nama"]
        assert abs(float(row["lon"]) - real["lng"]) < 1e-6
        assert abs(float(row["lat"]) - real["lat"]) < 1e-6


def test_the_network_says_that_it_is_synthetic(graph):
    network = roads_from_graph(graph, provenance=STANDIN_PROVENANCE)
    assert network.provenance.synthetic
    statement = network.provenance.statement
    assert "SYNTHETIC ROADS: NOT FOR THE FIELD" in statement
    assert "version 1" in statement
    assert "ODbL" in statement
    assert "MIT" in statement
    assert len(network.node_id) == len(graph)
