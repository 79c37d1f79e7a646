"""`scenario_schema`: the form of a scenario file as JSON Schema, for editors and for programs that write such files."""

from __future__ import annotations

from typing import Any

from patrolroute.scenario.model import Scenario
from patrolroute.scenario.sites import TIERS
from patrolroute.scenario.squads import Shift, Squad, Vehicle

_TIME_OF_DAY = r"([01]?[0-9]|2[0-4])[:.][0-5][0-9]([:.][0-5][0-9])?"
_DATED = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{1,2}:[0-9]{2}(:[0-9]{2})?(\.0+)? ?([Zz]|[+-][0-9]{2}:?[0-9]{2})?"
_TIME = rf"({_TIME_OF_DAY}|{_DATED})"
_SPAN = rf"{_TIME}\s*/\s*{_TIME}"

_TABLE = r"^.+\.(csv|geojson|gpkg(#.+)?)$"


def scenario_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a scenario file.

    TOML's own dates and times count as the texts that they are written as. Tables in CSV, GeoJSON and GeoPackage have
    the plain fields of an entry as columns. `read_scenario` forgives more (capital letters, "ya" for true) and checks
    more: what one entry says of another, ids and the places of squads, no schema can hold.
    """
    schema = _without_titles(Scenario.model_json_schema())
    definitions: dict[str, Any] = schema["$defs"]
    for definition in (schema, *definitions.values()):
        if "description" in definition:
            definition["description"] = definition["description"].split("\n")[0]
    definitions["Time"] = {
        "type": "string",
        "pattern": f"^{_TIME}$",
        "description": "'22:15' on the scenario's date ('24:00' ends it), or with a date '2023-11-24T01:30'; without "
        "an offset in the scenario's timezone",
    }
    for holder, fields in (("Window", ("opens", "closes")), ("Shift", ("start", "end"))):
        for field in fields:
            about = definitions[holder]["properties"][field].get("description", "")
            definitions[holder]["properties"][field] = {"$ref": "#/$defs/Time", "description": about}
    _flatten_site(definitions["Site"])
    for timed in ("SpeedHours", "SlowArea"):
        _flatten_windows(definitions[timed]["properties"])
    slow = definitions["SlowArea"]["properties"]
    slow["polygon"] = _or_table(slow["polygon"], r"^.+\.geojson$")
    _flatten_squad(definitions["Squad"])
    for kind in ("places", "sites", "squads"):
        schema["properties"][kind] = _or_table(schema["properties"][kind], _TABLE)
    closures = definitions["Closures"]["properties"]
    closures["polygons"] = _or_table(closures["polygons"], r"^.+\.geojson$")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "patrolroute scenario", **schema}


def _flatten_site(site: dict[str, Any]) -> None:
    properties = site["properties"]
    _flatten_windows(properties)
    tier = properties["tier"]
    about, default = tier.pop("description"), tier.pop("default")
    properties["tier"] = {
        "description": about,
        "default": default,
        "anyOf": [tier, {"enum": list(TIERS)}],
    }


def _flatten_windows(properties: dict[str, Any]) -> None:
    spans = {"type": "string", "pattern": rf"^\s*({_SPAN}([\s;,]+{_SPAN})*)?\s*$"}
    properties["windows"] = {
        **{key: properties["windows"][key] for key in ("description", "default") if key in properties["windows"]},
        "anyOf": [
            spans,
            {
                "type": "array",
                "maxItems": properties["windows"]["maxItems"],
                "items": {"anyOf": [{"$ref": "#/$defs/Window"}, {"type": "string", "pattern": rf"^\s*{_SPAN}\s*$"}]},
            },
        ],
    }


def _flatten_squad(squad: dict[str, Any]) -> None:
    properties = squad["properties"]
    people, vehicle = properties["people"], properties["vehicle"]
    properties["people"] = {
        "description": people.pop("description"),
        "anyOf": [people, {"type": "string", "pattern": r"^\s*([^=:;,]+[=:]\s*\+?[0-9]+\s*([;,]\s*|$))*$"}],
    }
    properties["vehicle"] = {
        "description": vehicle["description"],
        "anyOf": [{"$ref": "#/$defs/Vehicle"}, {"enum": ["car", "motorcycle"]}],
    }
    factor = Vehicle.model_json_schema()["properties"]["speed_factor"]
    properties["speed_factor"] = {key: value for key, value in factor.items() if key != "title"}
    for field in ("start", "end"):
        properties[f"shift_{field}"] = {
            "$ref": "#/$defs/Time",
            "description": f"when the duty {field}s: {Shift.model_fields[field].description}",
        }
    shift = Shift.model_json_schema()["properties"]
    for field in ("briefing_min", "debriefing_min"):
        properties[field] = {key: value for key, value in shift[field].items() if key != "title"}
    squad["required"] = [field for field in squad["required"] if field != "shift"]
    squad["anyOf"] = [{"required": ["shift"]}, {"required": ["shift_start", "shift_end"]}]
    properties["shift"]["description"] = Squad.model_fields["shift"].description


def _or_table(field: dict[str, Any], pattern: str) -> dict[str, Any]:
    outer: dict[str, Any] = {key: field.pop(key) for key in ("description", "default") if key in field}
    table = {"type": "string", "pattern": pattern, "description": "the name of a file, relative to this one"}
    return {**outer, "anyOf": [field, table]}


def _without_titles(schema: Any) -> Any:
    """Drop the titles that repeat each field's name; a field may itself be called so."""
    if isinstance(schema, dict):
        kept = {key: value for key, value in schema.items() if key != "title" or not isinstance(value, str)}
        return {key: _without_titles(value) for key, value in kept.items()}
    return [_without_titles(each) for each in schema] if isinstance(schema, list) else schema
