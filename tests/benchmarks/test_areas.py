"""The benchmark of areas: its table and its picture."""

from __future__ import annotations

import csv
import importlib.util
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "areas.py"


def test_a_small_district(shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    spec = importlib.util.spec_from_file_location("areas_benchmark", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    out, picture = tmp_path / "a.csv", tmp_path / "a.png"
    roads = shared_data / "roads" / "klandasan_ilir.graphml"
    options = ["--shares", "0.3", "--bound-seconds", "1", "--iterations", "50", "--out", str(out)]
    monkeypatch.setattr(sys, "argv", ["areas.py", "--roads", str(roads), *options, "--plot", str(picture)])
    script.main()
    with out.open(encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert tuple(row) == script.COLUMNS
    assert row["faults"] == "0"
    assert float(row["share"]) >= 0.3
    assert 0 < float(row["bound_min"]) <= float(row["one_drive_min"])
    assert picture.stat().st_size > 10_000
