"""The benchmark of loading measures what it says: the same streets for osmnx, and every task on any road file."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from osmxml import osm
from patrolroute.roads import read_roads

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.setattr(sys, "path", [str(FOLDER), *sys.path])
    spec = importlib.util.spec_from_file_location("loading", FOLDER / "loading.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("task", ["read stored", "store", "turn graph", "snap", "snap again", "trace", "trace, turns"])
def test_every_task_runs(task: str, script: ModuleType, shared_data: Path, tmp_path: Path) -> None:
    network = read_roads(shared_data / "roads" / "klandasan_ilir.graphml")
    seconds, nodes, arcs = script.run_native(task, network.save(tmp_path / "roads.npz"), 20, 1)
    assert seconds > 0
    assert (nodes, arcs) == (len(network.node_id), len(network.tail))


def test_osmnx_gets_the_streets_that_it_would_fetch(script: ModuleType, tmp_path: Path) -> None:
    ways = [
        ([1, 2], {"highway": "residential", "name": "street"}),
        ([2, 3], {"highway": "footway", "name": "path"}),
        ([3, 4], {"highway": "residential", "name": "private", "access": "private"}),
        ([4, 5], {"highway": "residential", "name": "closed", "motor_vehicle": "no"}),
        ([5, 6], {"highway": "residential", "name": "lane", "service": "alley"}),
    ]
    (tmp_path / "town.osm").write_text(osm(ways))
    script.write_drive_xml(tmp_path / "town.osm", tmp_path / "drive.osm")
    text = (tmp_path / "drive.osm").read_text()
    assert text.count("<way") == 1
    assert text.count("<node") == 2
    assert 'v="street"' in text
