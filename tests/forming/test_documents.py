"""What docs/forming.md shows is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "forming.md").read_text(encoding="utf-8")


def test_the_example_prints_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (toml,) = re.findall(r"^`night\.toml`\n\n```toml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    (tmp_path / "night.toml").write_text(toml, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    ((code, shown),) = re.findall(r"^```python\n(.*?)^```\n\n```\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    exec(code, {})
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == shown.splitlines()
