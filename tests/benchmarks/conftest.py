"""Tiny made instances in the formats that the benchmarks read."""

from __future__ import annotations

from pathlib import Path

import pytest

PLACES = [(0, 0, 0), (1, 2, 7), (2, -1, 4), (-3, 1, 9), (0, 4, 5), (5, 5, 30), (-2, -2, 3)]
"""x, y and prize; the first is the depot."""


@pytest.fixture
def toptw(tmp_path: Path) -> Path:
    """Return a folder with one TOPTW instance for one and for two squads; no route takes in all its places."""
    folder = tmp_path / "toptw"
    folder.mkdir()
    lines = ["0 2 6 1", "0 0"]
    for i, (x, y, prize) in enumerate(PLACES):
        opens, closes = (0, 20) if i == 0 else (2 * i % 5, 18)
        lines.append(f"{i} {x} {y} {0 if i == 0 else 1} {prize} 1 1 1 {opens} {closes}")
    (folder / "tt1.txt").write_text("\n".join(lines) + "\n")
    (folder / "bks.csv").write_text("instance,m,best_known\ntt1,1,40\ntt1,2,58\n")
    return folder


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """Return a folder with one TOP instance whose two routes run from the first point to another, the last."""
    folder = tmp_path / "top"
    folder.mkdir()
    lines = ["n 8", "m 2", "tmax 13", *(f"{x} {y} {prize}" for x, y, prize in PLACES), "4 0 0"]
    (folder / "p9.2.a.txt").write_text("\n".join(lines) + "\n")
    (folder / "bks.csv").write_text("instance,m,best_known\np9.2.a,2,50\n")
    return folder


@pytest.fixture
def pmal(tmp_path: Path) -> Path:
    """Return a folder with one PMAL instance: a base and three spots, one squad, 36 minutes at 36 km/h."""
    folder = tmp_path / "pmal"
    folder.mkdir()
    metres = [[0, 600, 1200, 1201], [600, 0, 600, 1800], [1200, 600, 0, 600], [1200, 1800, 600, 0]]
    rows = "\n".join(" ".join(map(str, row)) for row in metres)
    (folder / "4_1_36.txt").write_text(f"4\n1\n36\n180\n36\n0 0\n1 5\n2 8\n3 7\n\n{rows}\n")
    return folder
