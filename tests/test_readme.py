"""What the readme shows runs as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

README = Path(__file__).resolve().parents[1] / "README.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


def test_the_python_of_the_first_screen_and_the_one_without_a_map(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    first, without_map = blocks("python")
    names: dict[str, object] = {"travel_s": [[0, 300, 400], [310, 0, 200], [390, 210, 0]]}
    exec(first.replace("seconds=10", "seconds=1, bound_seconds=1"), names)
    exec(without_map.replace("seed=1", "seed=1, iterations=50"), names)
    assert "tier" in capsys.readouterr().out
    assert (tmp_path / "out" / "map.png").stat().st_size > 10_000
    assert names["document"].coverage[0].covered_sites == 1  # type: ignore[attr-defined]


def test_every_file_the_readme_points_to_is_there() -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", README.read_text(encoding="utf-8")):
        assert (README.parent / target).exists(), target
