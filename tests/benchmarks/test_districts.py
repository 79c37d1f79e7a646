"""The benchmark on districts: every tier of every plan with its bound."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import districts


def test_a_sample_district_and_a_road_file(
    shared_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "districts.csv"
    options = ["--engines", "native,ortools", "--seconds", "0.2", "--bound-seconds", "0.5", "--out", str(out)]
    only = "kota-lama,klandasan_ilir.graphml"
    assert districts.main(["--roads", str(shared_data / "roads"), "--only", only, *options]) == 0
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["district"], row["engine"]) for row in rows[:: len(rows) // 4]] == [
        (name, engine) for name in only.split(",") for engine in ("native", "ortools")
    ]
    assert {row["tier"] for row in rows} == {"1", "2", "3"}
    for row in rows:
        covered, bound, whole = int(row["covered"]), int(row["bound"]), int(row["whole"])
        assert covered <= bound <= whole
        assert float(row["gap_pct"]) == pytest.approx(100 * (bound - covered) / bound, abs=1e-3)
    for each in range(0, len(rows), 3):
        found, covered = ([int(row[name]) for row in rows[each : each + 3]] for name in ("found", "covered"))
        assert found <= covered
    said = capsys.readouterr().out
    assert said.count("kota-lama ") == 2


def test_unknown_districts_and_engines_are_told_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert districts.main(["--only", "atlantis", "--engines", "x"]) == 2
    said = capsys.readouterr().err
    assert "there is no district 'atlantis'" in said
    assert "there is no engine 'x'" in said


def test_a_folder_without_road_files_leaves_the_package_s_own(tmp_path: Path) -> None:
    assert districts.district_names(tmp_path) == districts.district_names(tmp_path / "none")
    assert districts.district_names(tmp_path)[0] == "kupang"
