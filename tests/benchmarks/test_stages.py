"""Every stage from road file to saved plan is timed once, in order."""

from __future__ import annotations

import csv
from pathlib import Path

import scenario_from_roads
import stages


def test_every_stage_has_a_row(shared_data: Path, tmp_path: Path) -> None:
    roads, night, out = shared_data / "roads" / "klandasan_ilir.graphml", tmp_path / "night", tmp_path / "stages.csv"
    assert scenario_from_roads.main([str(roads), "--sites", "6", "--squads", "1", "--out", str(night)]) == 0
    stages.main([str(night / "scenario.toml"), "--roads", str(roads), "--seconds", "0.1", "--out", str(out)])
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["stage"].split(" (")[0] for row in rows] == [
        "import",
        "read roads",
        "read scenario",
        "snap, matrix, compile",
        "search",
        "trace legs",
        "render and write",
    ]
    assert all(float(row["seconds"]) >= 0 for row in rows)
    peaks = [int(row["peak_mb"]) for row in rows]
    assert peaks == sorted(peaks)
