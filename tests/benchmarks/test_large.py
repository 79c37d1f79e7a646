"""Large nights, made small."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import large
from large import build_large, score


def test_the_same_seed_makes_the_same_night() -> None:
    one, other = build_large(60, 3, seed=0), build_large(60, 3, seed=0)
    assert one.digest == other.digest
    assert one.digest != build_large(60, 3, seed=1).digest
    assert 0.1 < (one.visits.opens_s > 0).mean() < 0.6
    assert len(set(one.squads.start.tolist())) == 3


def test_the_scorer_refuses_what_breaks_a_rule() -> None:
    night = build_large(60, 2, seed=0)
    assert score(night, ((0,), (1,))) == int(night.visits.weight[:2].sum())
    with pytest.raises(ValueError, match="twice"):
        score(night, ((0,), (0,)))
    with pytest.raises(ValueError, match="too late"):
        score(night, (tuple(range(60)), ()))


def test_the_tool_runs_on_fifty_sites(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new" / "large.csv"
    assert large.main(["--sizes", "50", "--seconds", "0.2", "--trace", "0.1", "--out", str(out)]) == 0
    with out.open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["engine"], row["sites"], row["squads"]) == ("native", "50", "1")
    assert 0 < int(row["weight"]) <= int(row["whole"])
    assert "native   50 / 1 seed 1" in capsys.readouterr().out
    assert large.main(["--engines", "x"]) == 2
