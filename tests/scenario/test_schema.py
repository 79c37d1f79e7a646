"""The JSON Schema takes what the reader takes in its plain form, and refuses what is plainly wrong."""

from __future__ import annotations

import datetime as dt
import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings

from patrolroute.scenario import Scenario, scenario_schema, write_scenario
from strategies import scenarios

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = scenario_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
MALFORMED = {
    case["name"]: case
    for case in tomllib.loads((Path(__file__).parent / "malformed.toml").read_text(encoding="utf-8"))["case"]
}


def as_written(value: Any) -> Any:
    """Return a TOML value with its dates and times as texts."""
    if isinstance(value, dict):
        return {key: as_written(each) for key, each in value.items()}
    if isinstance(value, list):
        return [as_written(each) for each in value]
    return value.isoformat() if isinstance(value, dt.date | dt.time) else value


def shipped() -> list[Path]:
    return sorted(ROOT.glob("src/patrolroute/datasets/**/*.toml")) + sorted(ROOT.glob("examples/**/scenario*.toml"))


def test_it_is_a_json_schema_that_describes_every_field() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA
    for name, definition in {"": SCHEMA, **SCHEMA["$defs"]}.items():
        for field, about in definition.get("properties", {}).items():
            assert about.get("description"), f"{name}.{field}"


@given(scenario=scenarios())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_written_is_of_the_schema(scenario: Scenario) -> None:
    VALIDATOR.validate(json.loads(write_scenario(scenario)))


@pytest.mark.parametrize("path", shipped() or [None], ids=lambda path: "none" if path is None else path.stem)
def test_shipped_scenarios_are_of_the_schema(path: Path | None) -> None:
    if path is None:
        pytest.skip("no scenario file is shipped yet")
    VALIDATOR.validate(as_written(tomllib.loads(path.read_text(encoding="utf-8"))))


def test_flat_and_nested_forms() -> None:
    VALIDATOR.validate(
        {
            "name": "Kupang",
            "date": "2023-11-23",
            "timezone": "Asia/Makassar",
            "places": "places.csv",
            "sites": [
                {"id": "a", "lon": 1, "lat": 2, "tier": "sangat rawan", "windows": "20:15/22:30 23.00/24:00"},
                {"id": "b", "lon": 1, "lat": 2, "windows": ["20:15/2023-11-24T02:00"]},
                {"id": "c", "lon": 1, "lat": 2, "windows": [{"opens": "1:00", "closes": "2:00"}]},
            ],
            "squads": [
                {"id": "r", "people": "a=1; b=2", "vehicle": "car", "speed_factor": 1.1, "start": "a", "end": "b",
                 "shift_start": "20:15", "shift_end": "22:30:00", "briefing_min": 10},
                {"id": "s", "people": {"a": 1}, "vehicle": {"kind": "car"}, "start": "a", "end": "b",
                 "shift": {"start": "20:15", "end": "2023-11-24T02:00:00+08:00"}},
            ],
            "closures": {"polygons": "closed.geojson"},
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    "name",
    ["sites is a number", "no date, name, timezone", "date as a number", "unknown field", "unknown field of a site",
     "id without quotes", "travel and closures", "time without quotes", "later format", "format nobody reads",
     "settings that are no table", "closed table of another format", "notes without brackets"],
)  # fmt: skip
def test_what_is_plainly_wrong_is_not_of_the_schema(name: str) -> None:
    text = MALFORMED[name]["files"]["scenario.toml"]
    head = 'name = "Kupang"\ndate = 2023-11-23\ntimezone = "Asia/Makassar"'
    assert not VALIDATOR.is_valid(as_written(tomllib.loads(text.replace("@head", head))))
