"""Hot spots, where passing earns a third of a stop."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import pmal as tool


@pytest.mark.parametrize(("limit", "weight", "stops"), [(None, 24 + 21 + 5, 2), ("20", 24 + 7 + 5, 1), ("5", 20, 0)])
def test_a_tiny_night_is_solved_and_proved(
    pmal: Path, tmp_path: Path, limit: str | None, weight: int, stops: int
) -> None:
    out = tmp_path / "new" / "pmal.csv"
    options = ["--seconds", "0.2", "--bound-seconds", "10", "--out", str(out)]
    if limit is not None:
        options += ["--limit-min", limit]
    assert tool.main(["--instances", str(pmal), *options]) == 0
    with out.open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["spots"], row["squads"], row["whole"]) == ("3", "1", "60")
    assert (int(row["weight"]), int(row["bound"]), int(row["stops"])) == (weight, weight, stops)
    assert int(row["stops"]) + int(row["passes"]) == 3
    assert row["proved"] == "True"


def test_faults_are_told(pmal: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tool.main(["--instances", str(tmp_path / "none")]) == 2
    assert "has no .txt file" in capsys.readouterr().err
    (pmal / "a.txt").write_text("x")
    (pmal / "b.txt").write_text("y")
    assert tool.main(["--instances", str(pmal)]) == 2
    assert capsys.readouterr().err.count("is no instance") == 2
    assert tool.main(["--instances", str(pmal), "--engines", "x"]) == 2
