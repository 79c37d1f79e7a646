"""The benchmark of street coverage: its table, its peers and its picture."""

from __future__ import annotations

import csv
import importlib.util
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "street_coverage.py"


def test_a_small_district(shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    spec = importlib.util.spec_from_file_location("street_coverage", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    out, picture = tmp_path / "c.csv", tmp_path / "c.png"
    roads = shared_data / "roads" / "klandasan_ilir.graphml"
    options = [
        "--shares",
        "0.3,1",
        "--bound-seconds",
        "1",
        "--iterations",
        "50",
        "--out",
        str(out),
        "--plot",
        str(picture),
    ]
    monkeypatch.setattr(sys, "argv", ["street_coverage.py", "--roads", str(roads), *options])
    script.main()
    with out.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == script.COLUMNS
    assert {row["engine"] for row in rows} == {"native", "networkx", "highs"}
    assert all(float(row["max_error"]) == 0 for row in rows)
    assert picture.read_bytes().startswith(b"\x89PNG")
