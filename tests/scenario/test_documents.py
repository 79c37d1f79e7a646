"""What docs/scenario.md shows can be read, and it names every field."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from patrolroute.cli import app
from patrolroute.datasets import districts
from patrolroute.plans import Plan
from patrolroute.scenario import Area, Closures, Place, Scenario, Site, Travel, read_scenario, scenario_schema
from patrolroute.scenario.hours import SlowArea, SpeedHours
from patrolroute.scenario.tables.columns import COLUMNS

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "scenario.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^`([\w.]+)`\n\n```\w+\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL))


def test_the_example_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert set(FILES) == {"scenario.toml", "sites.csv", "squads.csv"}
    for name, content in FILES.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    scenario = read_scenario(tmp_path / "scenario.toml")
    assert [site.tier for site in scenario.sites] == [1, 1, 2, 3]
    assert [site.required for site in scenario.sites] == [True, False, False, False]
    assert [len(site.windows) for site in scenario.sites] == [1, 0, 2, 1]
    assert [squad.size for squad in scenario.squads] == [8, 2]
    assert [squad.max_driving_s for squad in scenario.squads] == [None, 7200]

    monkeypatch.chdir(tmp_path)
    code = re.search(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    assert code is not None
    exec(code[1], {})
    assert capsys.readouterr().out.splitlines() == [
        "KPU Kota Kupang 1 ['23 20:15-23 22:00']",
        "Bawaslu Kota Kupang 1 []",
        "Pasar Oebobo 2 ['23 20:30-23 21:30', '23 22:00-24 00:00']",
        "Stadion Merdeka 3 ['23 23:30-24 01:00']",
    ]


def test_the_example_is_planned_as_the_text_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, content in FILES.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    (command,) = re.findall(r"^`patrolroute (plan [^`]*)`", TEXT, re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    # Whoever runs the tests may have fetched real streets; the text promises the stand-in too.
    monkeypatch.setattr(districts, "find_fetched", lambda *_, **__: None)
    limits = ["--iterations", "50", "--seed", "1", "--bound-seconds", "0"]
    monkeypatch.setattr(sys, "argv", ["patrolroute", *command.split(), *limits])
    app(standalone_mode=False)
    plan = Plan.from_json((tmp_path / "out" / "plan.json").read_bytes())
    assert plan.provenance.synthetic
    assert "kpu-kota" in {visit.site for route in plan.routes for visit in route.visits}


def test_every_field_is_told() -> None:
    told = set(
        re.findall(r"`(\w+)`", "\n".join(line.split("|")[1] for line in TEXT.splitlines() if line.startswith("|")))
    )
    for model in (Scenario, Place, Site, Area, Closures, Travel, SpeedHours, SlowArea):
        assert set(model.model_fields) <= told, model
    for columns in COLUMNS.values():
        assert set(columns.known) <= told
    flat = set(scenario_schema()["$defs"]["Squad"]["properties"]) - {"shift"}
    assert flat == set(COLUMNS["squads"].known)
