"""The benchmark on published instances: its columns, its summary, its refusals."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import published
from published import Run, summary

COLUMNS = "instance,family,m,engine,seconds,seed,prize,best_known,gap_pct,first_plan_s,peak_mb,valid"


def test_one_instance_two_engines(toptw: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new" / "runs.csv"
    options = ["--engines", "native,ortools", "--seconds", "0.1", "--seeds", "1,2", "--squads", "2"]
    assert published.main(["--instances", str(toptw), *options, "--out", str(out)]) == 0
    assert out.read_text().splitlines()[0] == COLUMNS
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["engine"], row["seed"]) for row in rows] == [
        ("native", "1"),
        ("native", "2"),
        ("ortools", "1"),
        ("ortools", "2"),
    ]
    assert all(row["m"] == "2" and row["family"] == "tt" and row["valid"] == "True" for row in rows)
    assert all(float(row["gap_pct"]) == pytest.approx(100 * (58 - float(row["prize"])) / 58, abs=1e-3) for row in rows)
    said, log = capfd.readouterr()
    assert "native against ortools: " in said
    assert "\r" not in said + log


def run_of(engine: str, instance: str, prize: float, **options: object) -> Run:
    values = {"family": instance[0], "m": 2, "seconds": 1.0, "seed": 1, "best_known": 100.0, "first_plan_s": 0.1}
    values |= {"gap_pct": 100 - prize, "peak_mb": 50.0, "valid": True, **options}
    return Run(instance=instance, engine=engine, prize=prize, **values)  # type: ignore[arg-type]


def test_the_summary_counts_wins_by_instance_and_seed() -> None:
    own = [run_of("native", "a1", 99), run_of("native", "a2", 97), run_of("native", "b1", 101)]
    peer = [
        run_of("pyvrp", "a1", 98),
        run_of("pyvrp", "a2", 97),
        run_of("pyvrp", "b1", 0, first_plan_s=float("nan"), valid=False, peak_mb=70.0),
    ]
    lines = summary([*own, *peer]).splitlines()
    assert "native against pyvrp: 2 wins, 1 ties, 0 losses" in lines
    assert "not valid: pyvrp b1 m=2 seed 1" in lines
    table = {tuple(line.split()[:2]): line.split()[2:] for line in lines[2:10]}
    assert table["native", "a"][:4] == ["2", "2.000", "2.000", "3.000"]
    assert table["native", "all"][:4] == ["3", "1.000", "1.000", "3.000"]
    assert table["pyvrp", "all"] == ["3", "35.000", "3.000", "100.000", "0.100", "70"]
    assert table["pyvrp", "b"][4] == "nan"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--engines", "native,nativ"], "there is no engine 'nativ'"),
        (["--squads", "7"], "no row for m"),
    ],
)
def test_faults_come_before_any_run(
    toptw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    out = tmp_path / "x.csv"
    assert published.main(["--instances", str(toptw), *options, "--out", str(out)]) == 2
    assert said in capsys.readouterr().err
    assert not out.exists()
