"""The benchmark of roads: its file, its tasks, and the networks that it grows."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from patrolroute.roads import roads_from_graph, write_roads
from streets import town

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def roads(tmp_path: Path) -> Path:
    return write_roads(roads_from_graph(town(9, 9)), tmp_path / "town.npz")


def run(*arguments: object) -> str:
    done = subprocess.run(
        [sys.executable, BENCHMARKS / "roads.py", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env=dict(os.environ),
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_figure_is_a_row_and_ours_is_exact(roads: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    said = run(
        "--roads", roads, "--sites", "20,500", "--engines", "native,scipy,osrm", "--osrm", tmp_path, "--out", out
    )
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["graph", "nodes", "arcs", "task", "engine", "n", "seconds", "peak_mb", "max_error"]
    assert [(row["task"], row["engine"], row["n"]) for row in rows] == [
        ("preprocess", "native", "0"),
        ("reweight", "native", "0"),
        ("matrix", "native", "20"),
        ("matrix", "scipy", "20"),
        ("preprocess turns", "native", "0"),
        ("turns", "native", "20"),
        ("turns", "scipy", "20"),
        ("trace", "native", "20"),
        ("trace", "scipy", "20"),
        ("trace turns", "native", "20"),
    ]
    assert {(row["graph"], row["nodes"], row["arcs"]) for row in rows} == {("town.npz", "81", "288")}
    assert [row["max_error"] for row in rows] == ["", "", "0.0", "0.0", "", *["0.0"] * 5]
    assert "not measured: 500 sites, but only 81 nodes" in said
    assert "not measured: osrm-routed is not there" in said


def test_a_peer_that_does_not_end_is_left(roads: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import roads_matrix  # noqa: F401 - registers its tasks
    from roadbench import Case, run_alone

    case = Case(roads=roads, packed=roads, engine="native", n=0)
    assert run_alone("preprocess", case, limit_s=0.01) == "not done within 0.01 s"


def test_growth_is_measured_and_drawn(roads: Path, tmp_path: Path) -> None:
    picture, out = tmp_path / "growth.png", tmp_path / "growth.csv"
    said = run("--roads", roads, "--tiles", "0.5,1,3", "--plot", picture, "--out", out)
    assert said.count("seconds grow with nodes to the power") == 3
    assert picture.read_bytes().startswith(b"\x89PNG")
    nodes = [line.split(",")[1] for line in out.read_text().splitlines()[1:]]
    assert nodes[3:] == ["81"] * 3 + ["243"] * 3
    assert 30 <= int(nodes[0]) <= 50, "about half of the town"


@pytest.mark.parametrize("tiles", [1, 2, 5])
def test_tiles_are_one_strong_component(roads: Path, tiles: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    from roads_growth import Arrays, tile

    network = roads_from_graph(town(9, 9))
    xy = np.column_stack([network.lon, network.lat])
    city = Arrays(xy, network.tail, network.head, network.time_ms, network.length_dm)
    given = tile(city, tiles)
    n = len(given.xy)
    assert n == 81 * tiles
    links = csr_array((np.ones(len(given.tail)), (given.tail, given.head)), shape=(n, n))
    assert connected_components(links, directed=True, connection="strong")[0] == 1
    assert len(np.unique(given.xy, axis=0)) == n, "tiles do not overlap"
