"""`scenario_schema`: the form of a scenario file as JSON Schema, for editors and for programs that write such files."""

from __future__ import annotations

from typing import Any

from patrolroute.scenario.model import Scenario
from patrolroute.scenario.squads import Shift, Squad, Vehicle
from patrolroute.scenario.worth import TIERS

_TIME_OF_DAY = r"([01]?[0-9]|2[0-4])[:.][0-5][0-9]([:.][0-5][0-9])?"
_DATED = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{1,2}:[0-9]{2}(:[0-9]{2})?(\.0+)? ?([Zz]|[+-][0-9]{2}:?[0-9]{2})?"
_TIME = rf"({_TIME_OF_DAY}|{_DATED})"
_SPAN = rf"{_TIME}\s*/\s*{_TIME}"
_COUNTS = r"^\s*([^=:;,]+[=:]\s*\+?[0-9]+\s*([;,]\s*|$))*$"
_BREAKS = r"^\s*([0-9][^;]*(;\s*|$))*$"
_WORTH = rf"{_SPAN}\s*=\s*[0-9]+"
_POLYGONS = r"^.+\.(geojson|gpkg(#.+)?)$"
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
    for holder, fields in (("Window", ("opens", "closes")), ("Shift", ("start", "end")), ("Worth", ("from", "until"))):
        for field in fields:
            about = definitions[holder]["properties"][field].get("description", "")
            definitions[holder]["properties"][field] = {"$ref": "#/$defs/Time", "description": about}
    _flatten_site(definitions["Site"])
    _flatten_team(definitions["Site"])
    _flatten_area(definitions["Area"])
    for timed in ("SpeedHours", "SlowArea"):
        _flatten_windows(definitions[timed]["properties"])
    slow = definitions["SlowArea"]["properties"]
    slow["polygon"] = _or_table(slow["polygon"], r"^.+\.geojson$")
    _flatten_squad(definitions["Squad"])
    _flatten_forming(definitions["Forming"])
    definitions["Break"]["properties"]["window"] = _one_span(definitions["Break"]["properties"]["window"])
    definitions["Presence"]["properties"]["period"] = _one_span(definitions["Presence"]["properties"]["period"])
    definitions["Presence"]["properties"]["tier"] = _tier_or_class(definitions["Presence"]["properties"]["tier"])
    for kind in ("places", "sites", "areas", "squads"):
        schema["properties"][kind] = _or_table(schema["properties"][kind], _TABLE)
    schema["properties"]["presence"] = _or_table(schema["properties"]["presence"], r"^.+\.csv$")
    closures = definitions["Closures"]["properties"]
    closures["polygons"] = _or_table(closures["polygons"], r"^.+\.geojson$")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "patrolroute scenario", **schema}


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


def _flatten_site(site: dict[str, Any]) -> None:
    properties = site["properties"]
    _flatten_windows(properties)
    properties["worth"] = {
        "description": properties["worth"]["description"],
        "default": [],
        "anyOf": [
            {"type": "string", "pattern": rf"^\s*({_WORTH}([\s;,]+{_WORTH})*)?\s*$"},
            {
                "type": "array",
                "maxItems": properties["worth"]["maxItems"],
                "items": {"anyOf": [{"$ref": "#/$defs/Worth"}, {"type": "string", "pattern": rf"^\s*{_WORTH}\s*$"}]},
            },
        ],
    }
    properties["tier"] = _tier_or_class(properties["tier"])


def _tier_or_class(tier: dict[str, Any]) -> dict[str, Any]:
    about, default = tier.pop("description"), tier.pop("default")
    return {"description": about, "default": default, "anyOf": [tier, {"enum": list(TIERS)}]}


def _one_span(window: dict[str, Any]) -> dict[str, Any]:
    """Return the form of a field that holds one window, as a table or as a text."""
    outer: dict[str, Any] = {key: window[key] for key in ("description", "default") if key in window}
    empty = [{"type": "null"}] if "default" in window else []
    return {**outer, "anyOf": [{"$ref": "#/$defs/Window"}, {"type": "string", "pattern": rf"^\s*{_SPAN}\s*$"}, *empty]}


def _flatten_team(wishing: dict[str, Any]) -> None:
    """Let what is asked of squads be texts too, as in cells of tables."""
    properties = wishing["properties"]
    properties["needs"] = _or_text(properties["needs"], _COUNTS)
    for field in ("vehicles", "only_by", "not_by"):
        properties[field] = _or_text(properties[field], r"^[^;,]*([;,][^;,]*)*$")


def _flatten_forming(forming: dict[str, Any]) -> None:
    properties = forming["properties"]
    properties["people"] = _or_text(properties["people"], _COUNTS)
    properties["leaders"]["anyOf"].append({"type": "string"})
    properties["breaks"] = _or_text(properties["breaks"], _BREAKS)
    _flatten_shift(forming)


def _flatten_area(area: dict[str, Any]) -> None:
    _flatten_team(area)
    properties = area["properties"]
    _flatten_windows(properties)
    properties["tier"] = _tier_or_class(properties["tier"])
    texts = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "maxItems": 100}]}
    properties["streets"] = {"description": properties["streets"]["description"], "default": [], **texts}
    properties["rings"] = _or_table(properties["rings"], _POLYGONS)
    properties["boundary"] = {
        "description": "the name of a file of units, such as kelurahan, relative to this one",
        "type": "string",
        "pattern": _POLYGONS,
    }
    properties["names"] = {"description": "the units' names in that file; the area's own when left out", **texts}
    properties["name_column"] = {"description": "the file's column with these names", "type": "string"}


def _flatten_squad(squad: dict[str, Any]) -> None:
    properties = squad["properties"]
    vehicle = properties["vehicle"]
    properties["people"] = _or_text(properties["people"], _COUNTS)
    properties["vehicle"] = {
        "description": vehicle["description"],
        "anyOf": [{"$ref": "#/$defs/Vehicle"}, {"enum": ["car", "motorcycle"]}],
    }
    properties["breaks"] = _or_text(properties["breaks"], _BREAKS)
    factor = Vehicle.model_json_schema()["properties"]["speed_factor"]
    properties["speed_factor"] = {key: value for key, value in factor.items() if key != "title"}
    _flatten_shift(squad)


def _flatten_shift(crew: dict[str, Any]) -> None:
    properties = crew["properties"]
    for field in ("start", "end"):
        properties[f"shift_{field}"] = {
            "$ref": "#/$defs/Time",
            "description": f"when the duty {field}s: {Shift.model_fields[field].description}",
        }
    shift = Shift.model_json_schema()["properties"]
    for field in ("briefing_min", "debriefing_min"):
        properties[field] = {key: value for key, value in shift[field].items() if key != "title"}
    crew["required"] = [field for field in crew["required"] if field != "shift"]
    crew["anyOf"] = [{"required": ["shift"]}, {"required": ["shift_start", "shift_end"]}]
    properties["shift"]["description"] = Squad.model_fields["shift"].description


def _or_text(field: dict[str, Any], pattern: str) -> dict[str, Any]:
    outer: dict[str, Any] = {key: field.pop(key) for key in ("description", "default") if key in field}
    return {**outer, "anyOf": [field, {"type": "string", "pattern": pattern}]}


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
