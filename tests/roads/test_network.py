"""Networks from graphs: what is kept, what is cut, what is closed, what is refused."""

from __future__ import annotations

import copy
import dataclasses
import math
import re
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import networkx as nx
import numpy as np
import osmnx
import pytest
import shapely

from patrolroute.errors import InputError
from patrolroute.provenance import Provenance
from patrolroute.roads import RoadNetwork, roads_from_graph
from patrolroute.roads.restrictions import Restrictions
from patrolroute.scenario.model import Closures

if TYPE_CHECKING:
    from collections.abc import Callable


def town() -> nx.MultiDiGraph[int]:
    """Four corners of a block, a one-way diagonal, and a street that leads out and not back.

    3 -- 4 -> 5
    |  \\ |
    1 -- 2
    """
    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph(crs="epsg:4326")
    for node, x, y in ((1, 0, 0), (2, 1, 0), (3, 0, 1), (4, 1, 1), (5, 2, 1)):
        graph.add_node(node, x=123.60 + x / 100, y=-10.17 + y / 100)
    for u, v, name in ((1, 2, "Jalan Timor Raya"), (1, 3, "Jalan Sudirman"), (2, 4, "Jalan Eltari"), (3, 4, "")):
        for a, b in ((u, v), (v, u)):
            graph.add_edge(a, b, length=1000.0, name=name, highway="primary", maxspeed="50")
    graph.add_edge(3, 2, length=1414.0, name=["Gang I", "Gang II"], highway=["residential", "tertiary"], oneway=True)
    graph.add_edge(4, 5, length=1000.0, name="Keluar", highway="trunk")
    return graph


def same(a: RoadNetwork, b: RoadNetwork) -> bool:
    for name in a.__dataclass_fields__:
        x, y = getattr(a, name), getattr(b, name)
        if isinstance(x, np.ndarray):
            if not np.array_equal(x, y, equal_nan=x.dtype.kind == "f"):
                return False
        elif isinstance(x, Restrictions):
            if (
                x.known != y.known
                or x.sequences != y.sequences
                or x.relation.tolist() != y.relation.tolist()
                or x.skipped != y.skipped
            ):
                return False
        elif name != "cut" and x != y:
            return False
    return True


def test_columns_by_hand() -> None:
    network = roads_from_graph(town())
    assert network.node_id.tolist() == [1, 2, 3, 4]
    assert list(zip(network.tail.tolist(), network.head.tolist(), strict=True)) == [
        (0, 1), (0, 2), (1, 0), (1, 3), (2, 0), (2, 1), (2, 3), (3, 1), (3, 2),
    ]  # fmt: skip
    assert network.twin.tolist() == [2, 4, 0, 7, 1, -1, 8, 3, 6]
    assert network.name[5] == "Gang I / Gang II"
    assert network.highway[5] == "residential"
    assert network.length_dm[5] == 14_140
    assert np.isnan(network.maxspeed_kph).tolist() == [False] * 5 + [True] + [False] * 3
    assert network.shape_lonlat[network.shape_start[5] : network.shape_start[6]].tolist() == [
        [123.60, -10.16],
        [123.61, -10.17],
    ]
    assert (network.cut.nodes, network.cut.edges, network.cut.components) == (1, 1, 2)
    assert network.bounds == (123.60, -10.17, 123.61, -10.16)


def test_the_graph_is_not_changed() -> None:
    graph = town()
    before = copy.deepcopy(graph)
    roads_from_graph(graph)
    assert nx.utils.graphs_equal(graph, before)
    assert graph.graph == before.graph


def test_columns_are_read_only() -> None:
    network = roads_from_graph(town())
    with pytest.raises(ValueError, match="read-only"):
        network.length_dm[0] = 1


def test_there_and_back_through_a_graph() -> None:
    network = roads_from_graph(town(), provenance=Provenance(kind="synthetic", source="made up"))
    again = roads_from_graph(network.to_graph())
    assert same(network, again)
    assert again.provenance.synthetic
    assert again.cut.statement == "nothing was cut"


def with_restrictions() -> RoadNetwork:
    """The town, with a second street from 1 to 2, a turn forbidden onto it, and a way over two edges."""
    graph = town()
    graph.add_edge(1, 2, length=1500.0, name="Jalan Lain", highway="primary")
    graph.add_edge(2, 1, length=1500.0, name="Jalan Lain", highway="primary")
    network = roads_from_graph(graph)
    names = list(zip(network.tail.tolist(), network.head.tolist(), network.name, strict=True))
    other, out = names.index((0, 1, "Jalan Lain")), names.index((2, 0, "Jalan Sudirman"))
    on, back = names.index((1, 3, "Jalan Eltari")), names.index((3, 1, "Jalan Eltari"))
    sequences = [(out, other), (out, other, on), (on, back)]
    return dataclasses.replace(network, restrictions=Restrictions.of(sequences, [77, 77, 0], skipped={"odd": 3}))


def test_restrictions_go_there_and_back_through_a_graph() -> None:
    network = with_restrictions()
    assert network.facts["turn_restrictions"] == 2
    assert dict(network.facts_text)["turn restrictions"] == "2 kept, 3 not (3 odd)"
    again = roads_from_graph(network.to_graph())
    assert same(network, again)
    assert len(again.restrictions) == 3


def test_restrictions_on_edges_that_were_taken_out_of_a_graph_go_with_them() -> None:
    network = with_restrictions()
    graph = network.to_graph()
    graph.remove_edge(4, 2)
    left = roads_from_graph(graph).restrictions
    assert [len(each) for each in left.sequences] == [2, 3]
    assert left.relation.tolist() == [77, 77]
    assert left.skipped == {"odd": 3, "on streets that were cut off or closed": 1}
    graph.remove_edge(3, 1)
    assert roads_from_graph(graph).restrictions.skipped == {"odd": 3, "on streets that were cut off or closed": 2}


def test_restrictions_survive_nodes_that_have_become_texts() -> None:
    network = with_restrictions()
    again = roads_from_graph(nx.relabel_nodes(network.to_graph(), str))
    assert again.restrictions.sequences == network.restrictions.sequences
    assert again.restrictions.skipped == network.restrictions.skipped


def test_a_graph_that_tells_no_restrictions_does_not_say_that_there_are_none() -> None:
    network = roads_from_graph(town())
    assert not network.restrictions.known
    assert not network.facts["turn_restrictions_known"]
    assert dict(network.facts_text)["turn restrictions"].startswith("not told by this source; read the OSM file")
    assert not roads_from_graph(network.to_graph()).restrictions.known
    assert not network.with_closures(Closures(streets=("Jalan Eltari",))).restrictions.known
    known = dataclasses.replace(network, restrictions=Restrictions())
    assert dict(known.facts_text)["turn restrictions"] == "none in the source"
    assert roads_from_graph(known.to_graph()).restrictions.known
    assert known.with_closures(Closures(streets=("Jalan Eltari",))).restrictions.known
    assert roads_from_graph(town(), provenance=Provenance(kind="synthetic", source="made up")).restrictions.known


@pytest.mark.parametrize("skipped", [{"x": -5}, {"x": math.inf}, {"x": True}, {3: 1}, [1]])
def test_numbers_of_restrictions_that_are_none(skipped: Any) -> None:
    with pytest.raises(InputError, match="skipped"):
        Restrictions(skipped=skipped)


@pytest.mark.parametrize(
    "text",
    ["[", "7", '{"turns": 3}', '{"turns": [[1, [[1, 2]]]]}', '{"turns": [["a", [[1, 2, 0], [2, 4, 0]]]]}', "{}" * 9],
)
def test_restrictions_that_are_none_are_refused(text: str) -> None:
    graph = with_restrictions().to_graph()
    graph.graph["turn_restrictions"] = text
    with pytest.raises(InputError, match=r"turn_restrictions are not as `RoadNetwork\.to_graph` writes them"):
        roads_from_graph(graph)


def test_closures_keep_the_restrictions_that_are_left() -> None:
    network = with_restrictions()
    left = network.with_closures(Closures(streets=("Jalan Eltari",)))
    assert len(left.restrictions) == 1
    (sequence,) = left.restrictions.sequences
    assert [left.name[edge] for edge in sequence] == ["Jalan Sudirman", "Jalan Lain"]
    assert left.restrictions.skipped == {"odd": 3, "on streets that were cut off or closed": 1}


@pytest.mark.parametrize(
    ("sequences", "fault"),
    [
        ([(1,)], "restrictions must be sequences of at least two edges"),
        ([(1, 999)], "restrictions must name positions of edges"),
        ([(0, 1)], "restrictions must be edges that follow each other"),
    ],
)
def test_the_constructor_checks_restrictions(sequences: list[tuple[int, ...]], fault: str) -> None:
    with pytest.raises(InputError, match=fault):
        dataclasses.replace(roads_from_graph(town()), restrictions=Restrictions.of(sequences, [5]))


def test_osmnx_understands_the_graph() -> None:
    nodes, edges = osmnx.graph_to_gdfs(roads_from_graph(town()).to_graph())
    assert (len(nodes), len(edges)) == (4, 9)
    assert edges["length"].sum() == pytest.approx(9414.0)


def test_tables() -> None:
    network = roads_from_graph(town())
    edges, nodes = network.edges, network.nodes
    assert isinstance(edges, gpd.GeoDataFrame)
    assert edges.crs == nodes.crs == "EPSG:4326"
    assert edges.columns.tolist() == [
        "u", "v", "name", "highway", "length_m", "speed_kph", "travel_s", "oneway", "geometry",
    ]  # fmt: skip
    row = edges.loc[0]
    assert (row.u, row.v, row["name"], row.length_m, row.speed_kph, row.travel_s) == (
        1, 2, "Jalan Timor Raya", 1000.0, 50.0, 72.0,
    )  # fmt: skip
    assert edges.oneway.tolist() == [False] * 5 + [True] + [False] * 3
    assert nodes.id.tolist() == [1, 2, 3, 4]
    assert nodes.geometry.iloc[0].coords[0] == (123.60, -10.17)


def test_facts_and_faces() -> None:
    network = roads_from_graph(town(), provenance=Provenance(kind="file", source="<script>.osm", attribution="mine"))
    facts = network.facts
    assert (facts["nodes"], facts["edges"], facts["names"]) == (4, 9, 4)
    assert facts["streets_km"] == 5.414
    assert facts["km_by_class"] == {"primary": 4.0, "residential": 1.414}
    assert facts["maxspeed_share"] == pytest.approx(4 / 5.414, abs=1e-4)
    assert facts["one_way_share"] == pytest.approx(1.414 / 5.414, abs=1e-4)
    assert facts["named_share"] == pytest.approx(4.414 / 5.414, abs=1e-4)
    assert "1 nodes and 1 edges cut" in facts["cut"]
    assert repr(network).startswith("<RoadNetwork: 4 nodes, 9 edges, 5.4 km of street;")
    page = network._repr_html_()
    assert "&lt;script&gt;" in page
    assert "<script>" not in page


def test_facts_in_words() -> None:
    network = roads_from_graph(town(), provenance=Provenance(kind="file", source="town.osm", attribution="mine"))
    assert network.facts_text == (
        ("streets", "5.4 km, each street once"),
        ("network", "4 nodes, 9 edges"),
        ("by class", "primary 4.0 km, residential 1.4 km"),
        ("one-way", "26 % of the kilometres"),
        ("with a speed limit", "74 % of the kilometres"),
        ("with a name", "82 % of the kilometres, 4 names"),
        ("area", "lon 123.6000 to 123.6100, lat -10.1700 to -10.1600"),
        ("turn restrictions", "not told by this source; read the OSM file itself to have them"),
        ("left out", network.cut.statement),
        ("source", network.provenance.statement),
    )


def test_every_name_that_a_closure_may_name() -> None:
    network = roads_from_graph(town())
    assert network.street_names() == ("Gang I", "Gang II", "Jalan Eltari", "Jalan Sudirman", "Jalan Timor Raya")
    for name in network.street_names():
        assert network.with_closures(Closures(streets=(name,))).cut.closed_edges > 0


def test_geometry_that_runs_against_its_edge_is_turned_round() -> None:
    graph = town()
    bend = [(123.61, -10.17), (123.606, -10.168), (123.60, -10.16)]
    graph.edges[3, 2, 0]["geometry"] = shapely.LineString(bend)
    network = roads_from_graph(graph)
    assert network.shape_lonlat[network.shape_start[5] : network.shape_start[6]].tolist() == [
        list(p) for p in bend[::-1]
    ]


def test_missing_lengths_are_measured_along_the_line() -> None:
    graph = town()
    bend = [(123.60, -10.16), (123.60, -10.165), (123.61, -10.17)]
    graph.edges[3, 2, 0]["geometry"] = shapely.LineString(bend)
    del graph.edges[3, 2, 0]["length"], graph.edges[1, 2, 0]["length"]
    network = roads_from_graph(graph)
    (straight,) = osmnx.distance.great_circle([-10.17], [123.60], [-10.17], [123.61])
    assert network.length_dm[0] == math.ceil(straight * 10)
    legs = osmnx.distance.great_circle([-10.16, -10.165], [123.60, 123.60], [-10.165, -10.17], [123.60, 123.61])
    assert network.length_dm[5] == math.ceil(sum(legs) * 10)


def test_a_projected_graph_is_brought_back_to_degrees() -> None:
    graph = town()
    network = roads_from_graph(osmnx.project_graph(graph))
    expected = roads_from_graph(graph)
    assert np.abs(network.lon - expected.lon).max() < 1e-7
    assert np.abs(network.lat - expected.lat).max() < 1e-7
    assert network.length_dm.tolist() == expected.length_dm.tolist()


def test_nodes_without_numbers_are_counted() -> None:
    graph = nx.relabel_nodes(town(), {i: f"n{i}" for i in range(1, 6)})
    assert roads_from_graph(graph).node_id.tolist() == [0, 1, 2, 3]


def test_numbers_and_lines_of_a_digraph_work_too() -> None:
    assert len(roads_from_graph(nx.DiGraph(town())).tail) == 9


def test_a_graph_of_osmnx_says_so_and_others_do_not() -> None:
    graph = town()
    assert roads_from_graph(graph).provenance.kind == "memory"
    assert roads_from_graph(graph).provenance.attribution
    graph.graph |= {"created_with": "OSMnx 2.0.6", "created_date": "2025-11-21 10:00:00"}
    origin = roads_from_graph(graph).provenance
    assert (origin.kind, origin.date) == ("openstreetmap", "2025-11-21")
    assert "OpenStreetMap" in origin.attribution


@pytest.mark.parametrize(
    ("closures", "left", "closed"),
    [
        (Closures(streets=("jalan  TIMOR raya",)), 7, 2),
        (Closures(streets=("Gang II",)), 8, 1),
        (Closures(streets=("Gang I / Gang II",)), 8, 1),
        (Closures(edges=((1, 2), (2, 1))), 7, 2),
        (Closures(edges=((3, 2),)), 8, 1),
        (Closures(polygons=(((123.604, -10.171), (123.606, -10.171), (123.606, -10.169), (123.604, -10.169)),)), 7, 2),
        (Closures(), 9, 0),
    ],
)
def test_closures(closures: Closures, left: int, closed: int) -> None:
    network = roads_from_graph(town())
    after = network.with_closures(closures)
    assert len(after.tail) == left
    assert after.cut.closed_edges == closed
    assert len(network.tail) == 9
    assert (after.cut.nodes, after.cut.edges) == (network.cut.nodes, network.cut.edges)
    if closed:
        assert f"{closed} edges closed" in after.cut.statement


def test_closing_one_direction_leaves_the_other_one_way() -> None:
    after = roads_from_graph(town()).with_closures(Closures(edges=((1, 2),)))
    assert len(after.tail) == 8
    (back,) = np.flatnonzero((after.node_id[after.tail] == 2) & (after.node_id[after.head] == 1))
    assert after.twin[back] == -1


def test_what_closures_cut_off_is_cut_too() -> None:
    after = roads_from_graph(town()).with_closures(Closures(streets=("Jalan Sudirman", "Jalan Timor Raya")))
    assert after.node_id.tolist() == [2, 3, 4]
    assert (after.cut.closed_edges, after.cut.nodes) == (4, 2)


@pytest.mark.parametrize(
    ("closures", "messages"),
    [
        (
            Closures(streets=("Jalan Timor Raja", "Zzz"), edges=((1, 4), (7, 8))),
            [
                "closures: no street is named 'Jalan Timor Raja'; did you mean 'Jalan Timor Raya'?",
                "closures: no street is named 'Zzz'; no name comes close.",
                "closures: no edge leads from node 1 to node 4 in the network",
                "closures: no edge leads from node 7 to node 8",
            ],
        ),
        (
            Closures(
                polygons=(
                    ((123.6, -10.17), (123.61, -10.17), (123.61, -10.16)),
                    ((-10.17, 23.6), (-10.16, 23.6), (-10.16, 23.61)),
                )
            ),
            ["polygon 2 touches no street; the streets lie within lon 123.6000 to 123.6100"],
        ),
        (
            Closures(polygons=(((123, -11), (124, -11), (124, -10), (123, -10)),)),
            ["no street is left of 9; at least one must be driveable there and back"],
        ),
    ],
)
def test_bad_closures_are_all_told(closures: Closures, messages: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        roads_from_graph(town()).with_closures(closures)
    assert len(caught.value.faults) == len(messages)
    for fault, message in zip(caught.value.faults, messages, strict=True):
        assert message in fault


def _broken(change: Callable[[nx.MultiDiGraph[int]], Any]) -> nx.MultiDiGraph[int]:
    graph = town()
    change(graph)
    return graph


BAD_GRAPHS: dict[str, tuple[Any, str]] = {
    "no graph": ([1, 2], "roads: expected a networkx graph, found list."),
    "undirected": (nx.Graph(town()), "the graph is undirected; one-way streets are lost in it"),
    "empty": (nx.MultiDiGraph(), "0 nodes and 0 edges; expected a street network"),
    "no edges": (nx.create_empty_copy(town()), "5 nodes and 0 edges; expected a street network"),
    "no x": (_broken(lambda g: g.nodes[1].pop("x")), "nodes 1 have no finite x and y"),
    "nan": (_broken(lambda g: g.nodes[2].update(y=math.nan)), "nodes 2 have no finite x and y"),
    "infinite": (_broken(lambda g: g.nodes[2].update(x=math.inf)), "nodes 2 have no finite x and y"),
    "text": (_broken(lambda g: g.nodes[2].update(x="east")), "nodes 2 have no finite x and y"),
    "all without x": (
        _broken(lambda g: [g.nodes[n].pop("x") for n in g] and g.add_node(6)),
        "nodes 1, 2, 3, 4, 5 and 1 more have no finite x and y",
    ),
    "metres": (
        _broken(lambda g: g.nodes[3].update(x=500_000.0, y=8_875_000.0)),
        "nodes 3 lie at x 500000, y 8.875e+06; expected lon and lat in degrees.",
    ),
    "swapped": (_broken(lambda g: g.nodes[3].update(x=-10.16, y=123.6)), "swapped axes need x = lon and y = lat"),
    "unknown crs": (_broken(lambda g: g.graph.update(crs="the moon")), "crs 'the moon' is unknown"),
    "negative length": (_broken(lambda g: g.edges[1, 2, 0].update(length=-1)), "edges 1->2 have a negative length"),
    "nan length": (_broken(lambda g: g.edges[1, 2, 0].update(length=math.nan)), "edges 1->2 have a length that is no"),
    "text length": (_broken(lambda g: g.edges[1, 2, 0].update(length="far")), "edges 1->2 have a length that is no"),
    "list length": (_broken(lambda g: g.edges[1, 2, 0].update(length=[1.0])), "edges 1->2 have a length that is no"),
    "endless": (_broken(lambda g: g.edges[1, 2, 0].update(length=1e9)), "edges 1->2 are longer than 10,000 km"),
    "point": (
        _broken(lambda g: g.edges[1, 2, 0].update(geometry=shapely.Point(0, 0))),
        "edges 1->2 have a geometry that is no LineString",
    ),
    "text geometry": (_broken(lambda g: g.edges[1, 2, 0].update(geometry="x")), "geometry that is no LineString"),
    "empty line": (_broken(lambda g: g.edges[1, 2, 0].update(geometry=shapely.LineString())), "no LineString"),
    "metres in lines": (
        _broken(lambda g: g.edges[1, 2, 0].update(geometry=shapely.LineString([(5e5, 8e6), (5e5, 9e6)]))),
        "edges 1->2 have a geometry that is not in degrees",
    ),
    "one-way only": (
        nx.MultiDiGraph([(1, 2), (2, 3)], crs="epsg:4326"),
        "nodes 1, 2, 3 have no finite x and y",
    ),
    "no way back": (
        _broken(lambda g: g.remove_edges_from([(u, v, k) for u, v, k in g.edges(keys=True) if u > v])),
        "no street is left of 5; at least one must be driveable there and back",
    ),
}


@pytest.mark.parametrize("case", BAD_GRAPHS)
def test_bad_graphs(case: str) -> None:
    graph, message = BAD_GRAPHS[case]
    with pytest.raises(InputError, match=re.escape(message)):
        roads_from_graph(graph)


def test_the_constructor_checks_columns_that_did_not_come_from_here() -> None:
    good = {name: getattr(roads_from_graph(town()), name) for name in RoadNetwork.__dataclass_fields__}
    bad: list[tuple[dict[str, Any], str]] = [
        ({"tail": good["tail"][:-1]}, "head has 9 entries, expected 8"),
        ({"tail": good["tail"].astype(float)}, "tail must have shape (E,) and type int32; found float64"),
        ({"head": good["head"] + 9}, "tail and head must be positions of nodes"),
        ({"lon": good["lon"] * 10}, "lon and lat must be degrees"),
        ({"node_id": good["node_id"] * 0}, "node ids must ascend, each standing once"),
        ({"length_dm": -good["length_dm"]}, "an edge has a negative length or takes no time"),
        ({"time_ms": good["time_ms"] * 0}, "an edge has a negative length or takes no time"),
        ({"twin": good["twin"] + 20}, "twin must be -1 or the position of an edge"),
        ({"twin": np.roll(good["twin"], 1)}, "twin must pair each edge with one that leads back"),
        ({"shape_start": good["shape_start"] * 0}, "shape_start must run from 0"),
        ({"shape_lonlat": good["shape_lonlat"] * 9}, "shape_lonlat must hold longitudes and latitudes"),
        ({"head": good["tail"], "twin": good["twin"] * 0 - 1}, "expected one strong component, found 4"),
        ({"name": good["name"][1:]}, "name has 8 entries, expected 9"),
    ]
    for change, message in bad:
        with pytest.raises(InputError, match=re.escape(message)):
            RoadNetwork(**{**good, **change})


def permuted(network: RoadNetwork, order: np.ndarray) -> dict[str, Any]:
    """Return a sound network's columns with its edges in another order."""
    columns = {name: getattr(network, name) for name in network.__dataclass_fields__}
    place = np.append(np.argsort(order), -1)
    lines = np.split(network.shape_lonlat, network.shape_start[1:-1])
    for name in ("tail", "head", "length_dm", "time_ms", "maxspeed_kph"):
        columns[name] = columns[name][order]
    for name in ("name", "highway"):
        columns[name] = tuple(columns[name][edge] for edge in order.tolist())
    columns["twin"] = place[network.twin[order]].astype(np.int32)
    columns["shape_start"] = np.cumsum([0, *(len(lines[edge]) for edge in order.tolist())])
    columns["shape_lonlat"] = np.concatenate([lines[edge] for edge in order.tolist()])
    return columns


def test_edges_in_another_order_are_refused() -> None:
    network = roads_from_graph(town())
    assert same(network, RoadNetwork(**permuted(network, np.arange(9))))
    for order in ([1, 0, 2, 3, 4, 5, 6, 7, 8], [8, 0, 1, 2, 3, 4, 5, 6, 7]):
        with pytest.raises(InputError, match="edges must be sorted by tail, and those of one tail by head"):
            RoadNetwork(**permuted(network, np.array(order)))


def test_streets_that_are_too_long_are_refused_by_name() -> None:
    network = roads_from_graph(town())
    length_dm, time_ms = network.length_dm.copy(), network.time_ms.copy()
    length_dm[0], time_ms[5] = 2**24, 2**29
    with pytest.raises(InputError) as caught:
        dataclasses.replace(network, length_dm=length_dm, time_ms=time_ms)
    assert [fault.split(";")[0] for fault in caught.value.faults] == [
        "roads: 'Jalan Timor Raya' from node 1 to node 2 is 1,677.7 km long and takes 0.0 h",
        "roads: 'Gang I / Gang II' from node 3 to node 2 is 1.4 km long and takes 149.1 h",
    ]
    assert "leave it out" in caught.value.faults[0]
    with pytest.raises(InputError, match=r"4 more edges are as long"):
        dataclasses.replace(network, length_dm=length_dm + 2**24)
    just = dataclasses.replace(
        network, length_dm=np.minimum(length_dm, 2**24 - 1), time_ms=np.minimum(time_ms, 2**29 - 1)
    )
    assert int(just.length_dm.max()) == 2**24 - 1
