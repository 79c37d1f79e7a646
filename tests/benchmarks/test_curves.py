"""The gap over time: what plan is in hand when, and the picture of it."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import curves
from curves import Point, limits_of, mean_gaps


def point(engine: str, instance: str, second: float, gap: float, limit_s: float = 2.0) -> Point:
    return Point(
        instance=instance,
        family="a",
        m=2,
        engine=engine,
        limit_s=limit_s,
        seed=1,
        second=second,
        prize=100 - gap,
        gap_pct=gap,
    )


def test_the_mean_begins_when_every_run_has_a_plan() -> None:
    points = [point("native", "a1", 0.1, 8), point("native", "a1", 1.0, 2), point("native", "a2", 0.5, 4)]
    curve = mean_gaps(points, np.array([0.05, 0.1, 0.5, 1.0, 2.0]))["native"]
    np.testing.assert_allclose(curve, [np.nan, np.nan, 6, 3, 3])


def test_an_engine_that_is_silent_until_its_end_is_run_at_halved_limits() -> None:
    assert limits_of("native", 2.0) == [2.0]
    assert limits_of("vroom", 2.0) == [2.0, 1.0, 0.5, 0.25]
    assert limits_of("vroom", 0.1) == [0.1]
    points = [point("vroom", "a1", 2.1, 1, 2.0), point("vroom", "a1", 1.1, 4, 1.0), point("vroom", "a1", 0.6, 3, 0.5)]
    curve = mean_gaps(points, np.array([0.5, 0.7, 1.5, 2.1]))["vroom"]
    np.testing.assert_allclose(curve, [np.nan, 3, 4, 1])


def test_a_table_and_a_picture_come_out(toptw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new" / "gaps.csv"
    options = ["--engines", "native,ortools", "--seconds", "0.2", "--seeds", "1", "--out", str(out)]
    assert curves.main(["--instances", str(toptw), *options]) == 0
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(row["engine"], row["m"]) for row in rows} == {(e, m) for e in ("native", "ortools") for m in ("1", "2")}
    assert all(float(row["prize"]) > 0 and float(row["second"]) > 0 for row in rows)
    with Image.open(out.with_suffix(".png")) as picture:
        assert picture.size == (1200, 720)
    assert "native" in capsys.readouterr().out


def test_faults_come_before_any_run(toptw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "x.csv"
    assert curves.main(["--instances", str(toptw), "--engines", "x", "--out", str(out)]) == 2
    assert "there is no engine 'x'" in capsys.readouterr().err
