"""Road files: real ones, written ones, and every bad one told in one clear sentence."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import os
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely

from osmxml import osm
from patrolroute.archive import pack_arrays
from patrolroute.errors import InputError
from patrolroute.provenance import Provenance
from patrolroute.roads import (
    RoadNetwork,
    SpeedTable,
    place_on_roads,
    read_roads,
    trace_legs,
    travel_matrix,
    write_roads,
)
from patrolroute.roads.sources.xmlguard import GuardedParser
from patrolroute.scenario.model import Place, Travel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEYS = """<key id="x" for="node" attr.name="x"/><key id="y" for="node" attr.name="y"/><key id="l" for="edge"
attr.name="length"/><key id="n" for="edge" attr.name="name"/><key id="g" for="edge" attr.name="geometry"/>"""
NODES = """<node id="1"><data key="x">123.60</data><data key="y">-10.17</data></node>
<node id="2"><data key="x">123.61</data><data key="y">-10.17</data></node>"""
EDGES = """<edge source="1" target="2"><data key="l">1100</data><data key="n">['Jalan A', 'Jalan B']</data></edge>
<edge source="2" target="1"><data key="l">1100</data></edge>"""


def graphml(keys: str = KEYS, nodes: str = NODES, edges: str = EDGES, *, head: str = "", kind: str = "directed") -> str:
    return f'<?xml version="1.0"?>{head}<graphml>{keys}<graph edgedefault="{kind}">{nodes}{edges}</graph></graphml>'


def same_columns(a: RoadNetwork, b: RoadNetwork) -> bool:
    names = [name for name in a.__dataclass_fields__ if isinstance(getattr(a, name), np.ndarray)]
    return all(np.array_equal(getattr(a, n), getattr(b, n), equal_nan=n == "maxspeed_kph") for n in names) and (
        a.name,
        a.highway,
        a.provenance,
    ) == (b.name, b.highway, b.provenance)


@pytest.mark.parametrize(
    ("name", "nodes", "edges", "date"),
    [
        ("klandasan_ilir", 164, 351, "2025-11-21"),
        ("coblong", 482, 1040, "2023-04-11"),
        ("buahbatu", 1479, 3739, "2023-04-11"),
    ],
)
def test_real_graphs(name: str, nodes: int, edges: int, date: str, shared_data: Path) -> None:
    network = read_roads(shared_data / "roads" / f"{name}.graphml")
    assert (len(network.node_id), len(network.tail)) == (nodes, edges)
    assert (network.provenance.kind, network.provenance.date) == ("openstreetmap", date)
    assert network.provenance.source == f"{name}.graphml"
    assert "OpenStreetMap" in network.provenance.attribution


@pytest.mark.parametrize("name", ["klandasan_ilir", "coblong", "buahbatu"])
def test_on_real_graphs_legs_add_up_to_the_matrix(name: str, shared_data: Path) -> None:
    network = read_roads(shared_data / "roads" / f"{name}.graphml")
    rng = np.random.default_rng(7)
    west, south, east, north = network.bounds
    points = [
        Place(id=f"p{i}", lon=x, lat=y)
        for i, (x, y) in enumerate(
            zip(rng.uniform(west, east, 30).tolist(), rng.uniform(south, north, 30).tolist(), strict=True)
        )
    ]
    placed = place_on_roads(network, points, travel=Travel(snap_limit_m=2000))
    matrix = travel_matrix(network, placed, profiles={"1": 1000, "1.3": 1300})
    travel_s = matrix.travel_s.astype(np.int64)
    assert (travel_s[:, :, None, :] <= travel_s[:, :, :, None] + travel_s[:, None, :, :]).all()
    pairs = [(a, b) for a in placed.ids for b in placed.ids if a != b]
    for leg in trace_legs(network, placed, pairs):
        i, j = matrix.index(leg.origin), matrix.index(leg.destination)
        access_ms = int(placed.access_ms[[i, j]].sum())
        whole = (leg.edge_from_dm == 0) & (leg.edge_to_dm == network.length_dm[leg.edges])
        assert (leg.edge_ms[whole] == network.time_ms[leg.edges[whole]]).all()
        driven_ms = int(leg.edge_ms.sum()) + access_ms
        assert [-(-driven_ms // 1000), -(-driven_ms // 1300)] == travel_s[:, i, j].tolist()
        driven_dm = int((leg.edge_to_dm - leg.edge_from_dm).sum() + placed.access_dm[[i, j]].sum())
        assert -(-driven_dm // 10) == matrix.travel_m[0, i, j]


@pytest.mark.parametrize("ending", [".graphml", ".npz"])
def test_what_is_written_is_read_again(ending: str, shared_data: Path, tmp_path: Path) -> None:
    network = read_roads(shared_data / "roads" / "coblong.graphml")
    path = write_roads(network, tmp_path / f"roads{ending}")
    again = read_roads(path)
    assert same_columns(network, again)
    slow = read_roads(path, speeds=SpeedTable(kph={}, default_kph=5))
    assert slow.speed_kph.min() == 5
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("ending", [".graphml", ".npz"])
def test_a_stand_in_stays_one_on_disk(ending: str, tmp_path: Path) -> None:
    source = tmp_path / "town.graphml"
    source.write_text(graphml())
    made = read_roads(source)
    synthetic = RoadNetwork(
        **{name: getattr(made, name) for name in made.__dataclass_fields__ if name != "provenance"},
        provenance=Provenance(kind="synthetic", source="generator 1"),
    )
    again = read_roads(write_roads(synthetic, tmp_path / f"again{ending}"))
    assert again.provenance.synthetic
    assert "SYNTHETIC ROADS: NOT FOR THE FIELD" in again.provenance.statement


def test_a_graph_of_another_program_claims_nothing(tmp_path: Path) -> None:
    path = tmp_path / "town.graphml"
    path.write_text(graphml())
    network = read_roads(path)
    assert (network.provenance.kind, network.provenance.date) == ("file", None)
    assert "OpenStreetMap" not in network.provenance.statement
    assert network.name[0] == "Jalan A / Jalan B"


def test_writing_fails_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "town.graphml"
    source.write_text(graphml())
    network = read_roads(source)
    target = tmp_path / "out.npz"
    target.write_bytes(b"what was there")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(InputError, match=r"out\.npz: cannot be written \(No space left on device\)"):
        write_roads(network, target)
    assert target.read_bytes() == b"what was there"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.npz", "town.graphml"]
    with pytest.raises(InputError, match=r"expected a name that ends in \.graphml or \.npz"):
        write_roads(network, tmp_path / "roads.shp")
    with pytest.raises(InputError, match="cannot be written"):
        write_roads(network, tmp_path / "nowhere" / "roads.graphml")


def test_what_is_written_has_the_permissions_of_a_new_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "town.graphml"
    source.write_text(graphml())
    network = read_roads(source)
    (tmp_path / "plain").touch()

    def for_all_threads(_: int) -> int:
        raise AssertionError("the mask belongs to the whole process")

    monkeypatch.setattr(os, "umask", for_all_threads)
    written = write_roads(network, tmp_path / "roads.npz")
    assert written.stat().st_mode == (tmp_path / "plain").stat().st_mode


OSM = '<osm version="0.6"><node id="1" lon="1" lat="1"/><node id="2" lon="1.1" lat="1"/>{}</osm>'
WAY = '<way id="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="primary"/></way>'
LAUGHS = (
    "<!DOCTYPE x [<!ENTITY a 'ha'>"
    + "".join(f"<!ENTITY {chr(98 + i)} '{f'&{chr(97 + i)};' * 10}'>" for i in range(9))
    + "]>"
)


def zipped(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(f"{name}.npy", body)
    return file.getvalue()


def pickled() -> bytes:
    file = io.BytesIO()
    names = (
        "node_id",
        "lon",
        "lat",
        "tail",
        "head",
        "length_dm",
        "twin",
        "maxspeed_kph",
        "shape_start",
        "shape_lonlat",
    )
    columns = {name: np.array([{"a": 1}], dtype=object) for name in (*names, "name", "highway", "about")}
    np.savez(file, allow_pickle=True, **columns)
    return file.getvalue()


BAD_FILES: dict[str, tuple[str, bytes | str, str]] = {
    "unknown ending": (
        "roads.txt",
        "x",
        "roads.txt: unknown kind of road file; expected a name that ends in .graphml,",
    ),
    "shapefile": ("roads.shp", "x", "roads.shp: unknown kind of road file"),
    "no ending": ("roads", "x", "roads: unknown kind of road file"),
    "empty graphml": ("a.graphml", "", "a.graphml: the file is empty; download it again."),
    "empty osm": ("a.osm", "", "a.osm: the file is empty; download it again."),
    "empty pbf": ("a.osm.pbf", "", "a.osm.pbf: the file is empty; download it again."),
    "text as graphml": (
        "a.graphml",
        "hello\n" * 99,
        "a.graphml: no sound GraphML of a road graph (line 1: syntax error)",
    ),
    "text as osm": ("a.osm", "hello\n" * 99, "a.osm: cannot be read as .osm (line 1: syntax error)"),
    "text as pbf": ("a.osm.pbf", "hello\n" * 99, "a.osm.pbf: cannot be read as .osm.pbf (PBF error"),
    "text as bz2": ("a.osm.bz2", "hello\n" * 99, "a.osm.bz2: cannot be read as .osm.bz2 (Invalid data stream)"),
    "text as gz": ("a.osm.gz", "hello\n" * 99, "a.osm.gz: cannot be read as .osm.gz (Not a gzipped file"),
    "text as npz": ("a.npz", "hello\n" * 99, "a.npz: not a road network that `write_roads` wrote (File is not a zip"),
    "web page": ("a.osm", "<html><body>404</body></html>", "a.osm: cannot be read as .osm (Unknown top-level element"),
    "web page as graphml": (
        "a.graphml",
        "<html/>",
        "a.graphml: no sound GraphML of a road graph (line 1: found <html> where <graphml> was expected",
    ),
    "osm as graphml": ("a.graphml", OSM.format(WAY), "line 1: found <osm> where <graphml> was expected"),
    "graphml as osm": ("a.osm", graphml(), "a.osm: cannot be read as .osm (Unknown top-level element"),
    "osm cut off": ("a.osm", OSM.format(WAY)[:-30], "a.osm: cannot be read as .osm (line 1: unclosed token)"),
    "osm bz2 cut off": ("a.osm.bz2", bz2.compress(OSM.format(WAY).encode())[:-9], "the file is damaged, cut off"),
    "osm gz cut off": ("a.osm.gz", gzip.compress(OSM.format(WAY * 50).encode())[:-30], "the file is damaged, cut off"),
    "graphml cut off": ("a.graphml", graphml()[:-40], "no sound GraphML of a road graph (line "),
    "osm without ways": ("a.osm", OSM.format(""), "a.osm: no street for cars in it; expected OSM ways with a highway"),
    "osm of footpaths": ("a.osm", OSM.format(WAY.replace("primary", "footway")), "a.osm: no street for cars in it"),
    "osm without nodes": ("a.osm", f'<osm version="0.6">{WAY}</osm>', "a.osm: has ways but none of their nodes"),
    "osm with one of two nodes": (
        "a.osm",
        OSM.format(WAY).replace('<node id="2" lon="1.1" lat="1"/>', ""),
        "no street is left of 0; at least one must be driveable there and back",
    ),
    "osm one-way": (
        "a.osm",
        OSM.format(WAY.replace("<tag", '<tag k="oneway" v="yes"/><tag')),
        "no street is left of 1",
    ),
    "osm with a word as id": (
        "a.osm",
        OSM.format(WAY).replace('id="1"', 'id="one"'),
        "a.osm: cannot be read as .osm (",
    ),
    "osm in no version": ("a.osm", OSM.format(WAY).replace(' version="0.6"', ""), "a.osm: cannot be read as .osm ("),
    "osm in Latin-1": (
        "a.osm",
        OSM.format(WAY.replace("<tag", '<tag k="name" v="Jalan Caf\xe9"/><tag')).encode("latin-1"),
        "a.osm: cannot be read as .osm (line 1: not well-formed (invalid token))",
    ),
    "osm with entities": (
        "a.osm",
        LAUGHS + OSM.format("<way id='&j;'/>"),
        "a.osm: cannot be read as .osm (line 1: a document type (<!DOCTYPE) is not",
    ),
    "graphml with entities": (
        "a.graphml",
        graphml(head=LAUGHS).replace("Jalan A", "&j;"),
        "no sound GraphML of a road graph (line 1: a document type (<!DOCTYPE) is not accepted in road files",
    ),
    "graphml reading a file": (
        "a.graphml",
        graphml(head="<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>").replace("Jalan A", "&a;"),
        "a document type (<!DOCTYPE) is not accepted",
    ),
    "graphml in Latin-1": (
        "a.graphml",
        graphml().replace("Jalan A", "Caf\xe9").encode("latin-1"),
        "(line 3: not well-formed (invalid token))",
    ),
    "graphml undirected": (
        "a.graphml",
        graphml(kind="undirected"),
        "the graph is undirected; one-way streets are lost",
    ),
    "graphml without graph": ("a.graphml", "<graphml/>", "a.graphml: no <graph> in it; expected GraphML"),
    "graphml of two": (
        "a.graphml",
        graphml().replace("</graph>", "</graph><graph/>"),
        "a second <graph>; expected one",
    ),
    "graphml without nodes": ("a.graphml", graphml(nodes="", edges=""), "a.graphml: 0 nodes and 0 edges; expected"),
    "graphml without edges": ("a.graphml", graphml(edges=""), "a.graphml: 2 nodes and 0 edges; expected"),
    "graphml with edges to nowhere": (
        "a.graphml",
        graphml(nodes=""),
        "edges 1->2, 2->1 join nodes that are not in the",
    ),
    "graphml node twice": ("a.graphml", graphml(nodes=NODES + NODES), "(line 3: node 1 stands twice)"),
    "graphml node without id": ("a.graphml", graphml(nodes="<node/>"), "line 2: <node> has no 'id'"),
    "graphml edge without end": ("a.graphml", graphml(edges='<edge source="1"/>'), "<edge> has no 'target'"),
    "graphml with words as lengths": ("a.graphml", graphml(edges=EDGES.replace("1100", "far")), "no number"),
    "graphml with half a line": (
        "a.graphml",
        graphml(edges=EDGES.replace('<data key="l">1100', '<data key="g">LINESTRING (1 1, 2')),
        "a.graphml: edges 1->2, 2->1 have a geometry that is no LineString",
    ),
    "graphml with polygons": (
        "a.graphml",
        graphml(edges=EDGES.replace('<data key="l">1100', '<data key="g">POLYGON ((0 0, 1 1, 1 0, 0 0))')),
        "have a geometry that is no LineString",
    ),
    "graphml nested": ("a.graphml", "<graphml>" + "<a>" * 30, "tags are nested more than 20 deep"),
    "npz of no array": ("a.npz", zipped(a=b"x"), "'a' is no array"),
    "npz of something else": ("a.npz", pack_arrays({"a": np.zeros(1)}), "other contents than a road network"),
    "npz with pickles": ("a.npz", pickled(), "Object arrays cannot be loaded when allow_pickle=False"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_files(case: str, tmp_path: Path) -> None:
    name, body, message = BAD_FILES[case]
    path = tmp_path / name
    path.write_bytes(body.encode() if isinstance(body, str) else body)
    with pytest.raises(InputError) as caught:
        read_roads(path)
    assert len(caught.value.faults) == 1
    assert message in str(caught.value)
    assert name in str(caught.value)


def test_several_kinds_of_fault_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.graphml"
    path.write_text(
        graphml(
            nodes=NODES.replace("123.60", "east").replace(
                'key="y">-10.17</data></node>\n', 'key="y">-99</data></node>\n'
            )
        )
    )
    with pytest.raises(InputError, match="nodes 1 have no finite x and y"):
        read_roads(path)
    path.write_text(graphml(edges=EDGES.replace("1100", "-5", 1).replace("1100", "far", 1)))
    with pytest.raises(InputError) as caught:
        read_roads(path)
    assert len(caught.value.faults) == 2


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"roads\.osm: there is no such file; check the path"):
        read_roads(tmp_path / "roads.osm")
    (tmp_path / "folder.osm").mkdir()
    with pytest.raises(InputError, match=r"folder\.osm: not a file; expected a road file"):
        read_roads(tmp_path / "folder.osm")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.graphml")
    with pytest.raises(InputError, match="not a file"):
        read_roads(tmp_path / "pipe.graphml")


@pytest.mark.parametrize("share", [0.001, 0.3, 0.9])
def test_a_real_extract_cut_off(share: float, shared_data: Path, tmp_path: Path) -> None:
    whole = (shared_data / "roads" / "porto.osm.pbf").read_bytes()
    path = tmp_path / "porto.osm.pbf"
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(
        InputError, match=r"porto\.osm\.pbf: cannot be read as \.osm\.pbf \(.*cut off or of another kind"
    ):
        read_roads(path)


READ_BIG = """
import os, resource, sys
from patrolroute.errors import InputError
from patrolroute.roads import read_roads
from patrolroute.roads.sources import osmfile


def bytes_read():
    # Of all files, by Python or not; not told outside of Linux.
    if not os.path.exists("/proc/self/io"):
        return 0
    with open("/proc/self/io") as file:
        return int(file.readline().split()[1])

for path in sys.argv[1:]:
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    before_bytes = bytes_read()
    try:
        read_roads(path)
        sys.exit(path + " was read")
    except InputError as error:
        print(error)
    if bytes_read() - before_bytes > 20_000_000:
        sys.exit(path + " was read on")
    if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb > 50_000:
        sys.exit(path + " took memory")
"""


def test_200_mb_of_text_are_refused_at_once_and_in_little_memory(tmp_path: Path) -> None:
    big = tmp_path / "big.txt"
    with big.open("wb") as file:
        block = b"no roads in here, only words and words\n" * 100_000
        while file.tell() < 200_000_000:
            file.write(block)
    paths = [big]
    for ending in (".graphml", ".osm", ".osm.pbf", ".osm.bz2", ".osm.gz", ".npz"):
        paths.append(tmp_path / f"big{ending}")
        os.link(big, paths[-1])
    done = subprocess.run(
        [sys.executable, "-c", READ_BIG, *map(str, paths)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == len(paths)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (lambda: graphml(head="<!--" + "x" * 30_000_000 + "-->"), "a tag of more than 8 MB"),
        (lambda: graphml(nodes='<node id="' + "9" * 30_000_000 + '"/>'), "a tag of more than 8 MB"),
        (
            lambda: graphml(edges=EDGES.replace("1100", "1" * 30_000_000, 1)),
            "a value of more than 4,000,000 characters",
        ),
        (lambda: graphml(edges=EDGES.replace("['Jalan A', 'Jalan B']", "[" * 9_000 + "]" * 9_000)), None),
        (lambda: graphml(edges=EDGES.replace("['Jalan A', 'Jalan B']", "[__import__('os').abort()]")), None),
    ],
    ids=["comment", "attribute", "value", "deep list", "code"],
)
def test_hostile_graphml(body: Callable[[], str], message: str | None, tmp_path: Path) -> None:
    path = tmp_path / "a.graphml"
    path.write_text(body())
    if message is None:
        assert read_roads(path).name[0].startswith("[")
    else:
        with pytest.raises(InputError, match=message):
            read_roads(path)


@pytest.mark.parametrize(
    ("name", "body", "message", "most_mb"),
    [
        ("a.osm", lambda: OSM.format('<way id="' + "1" * 30_000_000 + '"/>').encode(), "a tag of more than 8 MB", 10),
        ("a.osm.gz", lambda: gzip.compress(b"<osm>" + b" " * 200_000_000, 1), r"unpacks to more than \d+ MB", 120),
        ("a.osm.bz2", lambda: bz2.compress(b"<osm>" + b" " * 100_000_000, 1), r"unpacks to more than \d+ MB", 80),
    ],
)
def test_osm_bombs(
    name: str, body: Callable[[], bytes], message: str, most_mb: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / name
    path.write_bytes(body())
    fed, feed = [], GuardedParser.feed

    def counted(self: GuardedParser, block: bytes) -> None:
        fed.append(len(block))
        feed(self, block)

    monkeypatch.setattr(GuardedParser, "feed", counted)
    with pytest.raises(InputError, match=message):
        read_roads(path)
    assert 0 < sum(fed) <= most_mb << 20


def test_damaged_networks_of_our_own(shared_data: Path, tmp_path: Path) -> None:
    network = read_roads(shared_data / "roads" / "klandasan_ilir.graphml")
    path = write_roads(network, tmp_path / "roads.npz")
    with np.load(path) as loaded:
        good = dict(loaded)
    damaged: list[tuple[dict[str, np.ndarray], str]] = [
        ({"tail": good["tail"] + 1000}, "roads.npz: roads: tail and head must be positions of nodes"),
        ({"name": good["name"] + 10_000}, "roads.npz: not as `write_roads` writes it (IndexError"),
        ({"name": good["name"].astype(float)}, "roads.npz: not as `write_roads` writes it (TypeError"),
        ({"about": np.frombuffer(b"{}", np.uint8)}, "roads.npz: not a road network that `write_roads` wrote (another"),
        ({"about": np.frombuffer(b"[]", np.uint8)}, "(another version)"),
        ({"about": np.frombuffer(b'{"patrolroute_roads": 2}', np.uint8)}, "not as `write_roads` writes it (KeyError"),
        ({"about": np.frombuffer(b"\xff\xfe", np.uint8)}, "roads.npz: not a road network that `write_roads` wrote"),
        ({"lon": np.zeros(20_000_000)}, "unpacks to 16"),
        ({"turn_edge": np.zeros(3, np.int32)}, "roads.npz: roads: restrictions must be sequences"),
        ({"turn_start": np.zeros((2, 2), np.int64)}, "roads.npz: roads: start of restrictions must be one column"),
        ({"turn_relation": np.zeros(1)}, "roads.npz: roads: relation of restrictions must be one column"),
        ({"turn_start": np.zeros(0, np.int64)}, "roads.npz: roads: restrictions must be sequences"),
        ({"tail": good["tail"][::-1]}, "roads.npz: roads: edges must be sorted by tail"),
        ({"node_id": good["node_id"][::-1]}, "roads.npz: roads: node ids must ascend"),
        ({"length_dm": good["length_dm"] + 2**60}, "roads.npz: roads: 'Jalan "),
        ({"length_dm": good["length_dm"] / 0.7}, "roads.npz: not as `write_roads` writes it (TypeError"),
    ]
    about = json.loads(good["about"].tobytes())
    for entry, message in (
        ({"cut": {"nodes": "a"}}, "roads.npz: cut: nodes is 'a'; expected a whole number"),
        ({"cut": {"edges": -1}}, "roads.npz: cut: edges is -1; expected a whole number"),
        ({"cut": {"edges": 1.5}}, "roads.npz: cut: edges is 1.5; expected a whole number"),
        ({"cut": [1]}, "roads.npz: not as `write_roads` writes it (TypeError"),
        ({"turns_skipped": {"x": -5}}, "roads.npz: roads: restrictions skipped 'x': -5; expected a whole number"),
        ({"turns_skipped": {"x": float("inf")}}, "roads.npz: roads: restrictions skipped 'x': inf"),
        ({"turns_skipped": [1]}, "roads.npz: roads: skipped of restrictions must be reasons and their numbers"),
        ({"turns_known": "yes"}, "roads.npz: roads: known of restrictions is 'yes'; expected true or false"),
        ({"provenance": about["provenance"] | {"kind": 5}}, "roads.npz: provenance: kind is 5; expected one of"),
        ({"provenance": about["provenance"] | {"kind": []}}, "roads.npz: provenance: kind is []; expected one of"),
        ({"provenance": about["provenance"] | {"source": [1]}}, "roads.npz: provenance: source is [1]; expected text"),
        ({"provenance": about["provenance"] | {"date": 1}}, "roads.npz: provenance: date is 1; expected text or"),
    ):
        damaged.append(({"about": np.frombuffer(json.dumps(about | entry).encode(), np.uint8)}, message))
    for change, message in damaged:
        np.savez_compressed(path, allow_pickle=False, **{**good, **change})
        with pytest.raises(InputError) as caught:
            read_roads(path)
        assert message in str(caught.value)


def test_a_network_of_an_older_version_is_read(shared_data: Path, tmp_path: Path) -> None:
    network = read_roads(shared_data / "roads" / "klandasan_ilir.graphml")
    path = network.save(tmp_path / "roads.npz")
    with np.load(path) as loaded:
        columns = {name: loaded[name] for name in loaded.files if not name.startswith("turn_")}
    about = json.loads(columns["about"].tobytes())
    del about["turns_skipped"], about["cut"]["outside"]
    about["patrolroute_roads"] = 1
    columns["about"] = np.frombuffer(json.dumps(about).encode(), np.uint8)
    np.savez_compressed(path, allow_pickle=False, **columns)
    older = read_roads(path)
    assert same_columns(network, older)
    assert not older.restrictions.known


@pytest.mark.parametrize("ending", [".npz", ".graphml"])
def test_files_keep_whether_restrictions_are_known(ending: str, tmp_path: Path) -> None:
    (tmp_path / "a.osm").write_text(OSM.format(WAY))
    of_osm = read_roads(tmp_path / "a.osm")
    assert of_osm.restrictions.known
    assert read_roads(of_osm.save(tmp_path / f"known{ending}")).restrictions.known
    (tmp_path / "a.graphml").write_text(graphml())
    of_graph = read_roads(tmp_path / "a.graphml")
    assert not of_graph.restrictions.known
    assert not read_roads(of_graph.save(tmp_path / f"unknown{ending}")).restrictions.known


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_a_network_of_our_own_cut_off(share: float, shared_data: Path, tmp_path: Path) -> None:
    path = read_roads(shared_data / "roads" / "klandasan_ilir.graphml").save(tmp_path / "roads.npz")
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(InputError, match=r"roads\.npz: not a road network that `write_roads` wrote"):
        read_roads(path)


def test_a_damaged_byte_anywhere_is_an_input_error_or_no_damage(shared_data: Path, tmp_path: Path) -> None:
    path = read_roads(shared_data / "roads" / "klandasan_ilir.graphml").save(tmp_path / "roads.npz")
    whole = path.read_bytes()
    rng = np.random.default_rng(3)
    refused = 0
    for at in rng.integers(0, len(whole), 200).tolist():
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        try:
            read_roads(path)
        except InputError:
            refused += 1
    assert refused > 150


@pytest.mark.parametrize(
    ("within", "fault"),
    [
        (shapely.Point(1, 1), "within: is a Point; expected a polygon"),
        (shapely.Polygon(), "within: is nothing; expected a polygon"),
        (shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), "within: crosses itself"),
        (shapely.box(0, 100, 1, 120), "lon and lat look swapped"),
        ((0, 0, 1, 1), "within: is tuple; expected a shapely Polygon"),
    ],
)
def test_areas_that_are_none(within: shapely.Polygon, fault: str, tmp_path: Path) -> None:
    (tmp_path / "a.osm").write_text(OSM.format(WAY))
    with pytest.raises(InputError, match=fault):
        read_roads(tmp_path / "a.osm", within=within)


def test_an_area_of_a_stored_network(shared_data: Path, tmp_path: Path) -> None:
    network = read_roads(shared_data / "roads" / "coblong.graphml")
    path = network.save(tmp_path / "roads.npz")
    west, south, east, north = network.bounds
    half = shapely.box(west, south, (west + east) / 2, north)
    cropped = read_roads(path, within=half)
    assert 0 < len(cropped.tail) < len(network.tail)
    assert shapely.intersects(half, cropped.lines).all()
    assert cropped.cut.outside > 0
    assert cropped.cut.closed_edges == 0
    outside = ~shapely.intersects(half, network.lines)
    assert len(cropped.tail) + int(outside.sum()) + cropped.cut.edges == len(network.tail) + network.cut.edges
    with pytest.raises(InputError, match=r"roads\.npz: none of its 1,040 edges touches the area; check the area"):
        read_roads(path, within=shapely.box(0, 0, 1, 1))


@pytest.mark.parametrize("ending", [".npz", ".graphml"])
def test_an_area_cuts_the_same_from_a_stored_network_as_from_the_map(ending: str, tmp_path: Path) -> None:
    # A grid of five by five, each way of another name and so a street; one of them leads out of an area and not back.
    places = {10 * x + y + 11: (x, y) for x in range(5) for y in range(5)}
    ways: list[tuple[list[int], dict[str, str]]] = []
    for node, (x, y) in places.items():
        street = {"highway": "residential", "name": f"Gang {node}"}
        ways += [([node, node + 10], {**street, "oneway": "yes" if node == 21 else "no"})] if x < 4 else []
        ways += [([node, node + 1], {**street, "name": f"Lorong {node}"})] if y < 4 else []
    (tmp_path / "grid.osm").write_text(osm(ways, at=places), encoding="utf-8")
    whole = read_roads(tmp_path / "grid.osm")
    assert whole.cut.statement == "nothing was cut"
    stored = whole.save(tmp_path / f"roads{ending}")
    lon, lat = whole.lon, whole.lat
    for east in (11, 21, 31, 41):
        line = lon[whole.node_id == east][0] + 1e-6
        area = shapely.box(lon.min() - 1, lat.min() - 1, line, lat.max() + 1)
        cropped, expected = read_roads(stored, within=area), read_roads(tmp_path / "grid.osm", within=area)
        assert cropped.cut == expected.cut
        assert cropped.cut.nodes == (east == 21)
        assert np.array_equal(cropped.node_id, expected.node_id)
        assert cropped.edges.drop(columns="geometry").equals(expected.edges.drop(columns="geometry"))
        assert cropped.cut.outside > 0


def test_a_folder_is_named_as_it_was_given() -> None:
    with pytest.raises(InputError, match=r"^\.: unknown kind of road file"):
        read_roads(".")
