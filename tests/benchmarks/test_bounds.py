"""The benchmark of bounds on one published instance."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "bounds.py"


def test_a_published_instance_is_proved_optimal(shared_data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "instances"
    folder.mkdir()
    shutil.copy(shared_data / "instances" / "toptw" / "rc103.txt", folder)
    (folder / "bks.csv").write_text("instance,m,best_known\nrc103,2,523\n")
    out = tmp_path / "bounds.csv"
    command = [sys.executable, str(SCRIPT), "--instances", str(folder), "--squads", "2", "--seconds", "60"]
    done = subprocess.run([*command, "--search", "1", "--out", str(out)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "1 of 1 proved" in done.stdout
    with out.open(newline="") as file:
        (row,) = csv.DictReader(file)
    # 524 is one more than the list has; the scorer checked the plan, and the bound proves that there is no better one.
    assert (row["instance"], row["m"], row["bound"], row["prize"], row["proved"]) == (
        "rc103",
        "2",
        "524",
        "524",
        "True",
    )
