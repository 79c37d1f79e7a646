"""Every malformed input, and every sentence that the reader says of it; no other error, and none left out."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import Point, box

from patrolroute.errors import InputError
from patrolroute.scenario import Scenario, read_scenario
from patrolroute.scenario.tables.columns import COLUMNS

HEAD = 'name = "Kupang"\ndate = 2023-11-23\ntimezone = "Asia/Makassar"'
POLDA = '[[places]]\nid = "polda"\nlon = 123.5976\nlat = -10.1777'
CASES = tomllib.loads((Path(__file__).parent / "malformed.toml").read_text(encoding="utf-8"))["case"]
SITES = f'sites = "sites.csv"\n{HEAD}\n'
SAVE = "save it again as UTF-8 (in the spreadsheet choose Save As, 'CSV UTF-8'; in an editor, encoding UTF-8)."


FIELDS = {
    "{fields of sites}": ", ".join(COLUMNS["sites"].known),
    "{fields of areas}": ", ".join(COLUMNS["areas"].known),
    "{fields of a scenario}": ", ".join(Scenario.model_fields),
}


def spelled_out(fault: str) -> str:
    """Return an expected fault with the fields that it stands for."""
    for short, fields in FIELDS.items():
        fault = fault.replace(short, fields)
    return fault


def faults_of(folder: Path, main: str = "scenario.toml") -> list[str]:
    """Return what the reader says of the scenario in a folder, which it must refuse."""
    with pytest.raises(InputError) as caught:
        read_scenario(folder / main)
    return [fault.replace(str(folder), "{folder}") for fault in caught.value.faults]


def test_there_are_many_cases_and_no_two_of_one_name() -> None:
    names = [case["name"] for case in CASES]
    assert len(names) >= 90
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_every_fault_is_told_in_full(case: dict[str, Any], tmp_path: Path) -> None:
    for name, text in case["files"].items():
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text(text.replace("@head", HEAD).replace("@polda", POLDA), encoding="utf-8")
    assert faults_of(tmp_path, next(iter(case["files"]))) == [spelled_out(fault) for fault in case["faults"]]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_no_fault_speaks_of_the_machinery(case: dict[str, Any]) -> None:
    for fault in case["faults"]:
        assert not any(word in fault for word in ("pydantic", "validation", "Input should", "Traceback", "NoneType"))
        assert "\n" not in fault
        assert fault.isprintable()


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "sites.csv: is empty; expected a table of sites."),
        (b"\xef\xbb\xbf", "sites.csv: is empty; expected id, lon, lat in row 1."),
        (
            "id,name,lon,lat\na,Café,123.6,-10.1\n".encode("cp1252"),
            f"sites.csv line 2: is not UTF-8, perhaps Windows-1252 (cp1252): 'a,Café,123.6,-10.1'; {SAVE}",
        ),
        ("id,lon,lat\n".encode("utf-16"), f"sites.csv: is written in UTF-16; expected UTF-8; {SAVE}"),
        ("id,lon,lat\n".encode("utf-16-be"), f"sites.csv: is written in UTF-16; expected UTF-8; {SAVE}"),
        (
            b"id,lon,lat\na,123.6,-10.1\nb\x00,1,2\n",
            "sites.csv line 3: has a NUL byte; expected text; the file is damaged or no text.",
        ),
        (
            b"PK\x03\x04rest",
            "sites.csv: is an Excel workbook or other zip file, not text; in the spreadsheet choose Save As, "
            "'CSV UTF-8'.",
        ),
        (b"SQLite format 3\x00", "sites.csv: is a GeoPackage or other database, not text; give it its ending .gpkg."),
        (
            b'id,name,lon,lat\na,"' + b"x" * 140_000 + b'",123.6,-10.1\n',
            "sites.csv row 2: a cell is longer than 131,072 characters; probably a quotation mark is missing; write "
            '" inside a quoted cell as "".',
        ),
        (
            b"id,lon,lat\n" + b"".join(b"s%d,1,2\n" % n for n in range(20_001)),
            "sites.csv: has more than 20,000 rows; expected at most that; check the file.",
        ),
    ],
    ids=lambda value: repr(value[:12]) if isinstance(value, bytes) else "",
)
def test_bytes_that_are_no_table(content: bytes, fault: str, tmp_path: Path) -> None:
    (tmp_path / "scenario.toml").write_text(SITES, encoding="utf-8")
    (tmp_path / "sites.csv").write_bytes(content)
    assert faults_of(tmp_path) == [fault]


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        (
            "scenario.toml",
            "notes = " + "[" * 100_000 + "]" * 100_000,
            "scenario.toml: is nested too deeply; expected a scenario, .toml or .json.",
        ),
        (
            "scenario.json",
            "[" * 100_000 + "]" * 100_000,
            "scenario.json: is nested too deeply; expected a scenario, .toml or .json.",
        ),
        (
            "scenario.json",
            '{"name": ' + "9" * 5_000 + "}",
            "scenario.json: has a number with too many digits; expected a scenario, .toml or .json.",
        ),
        (
            "scenario.json",
            r'{"name": "a\ud800", "date": "2023-11-23", "timezone": "UTC"}',
            r"scenario.json: name is 'a\ud800', with characters that cannot be printed; expected plain text; delete "
            "them.",
        ),
    ],
    ids=["deep TOML", "deep JSON", "endless number", "half a character"],
)
def test_hostile_scenarios(name: str, text: str, fault: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    assert faults_of(tmp_path, name) == [fault]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "scenario.toml").touch()
    assert faults_of(tmp_path, "scenari.toml") == [
        "{folder}/scenari.toml: there is no such file (did you mean 'scenario.toml'?); expected a scenario, .toml or "
        ".json; check the path."
    ]
    assert faults_of(tmp_path, "night/scenario.toml") == [
        "{folder}/night/scenario.toml: there is no such file (nor a folder '{folder}/night'); expected a scenario, "
        ".toml or .json; check the path."
    ]


def test_a_folder_a_pipe_and_a_name_that_no_file_can_have(tmp_path: Path) -> None:
    assert faults_of(tmp_path, ".") == [
        "{folder}: is a folder; expected a scenario, .toml or .json; name the file in it."
    ]
    os.mkfifo(tmp_path / "pipe.toml")
    assert faults_of(tmp_path, "pipe.toml") == [
        "{folder}/pipe.toml: is a device or pipe; expected a scenario, .toml or .json, a regular file."
    ]
    (fault,) = faults_of(tmp_path, "x" * 5_000 + ".toml")
    assert "cannot be opened: file name too long; expected a scenario" in fault


def test_a_file_of_unreasonable_size(tmp_path: Path) -> None:
    (tmp_path / "scenario.toml").write_text(SITES, encoding="utf-8")
    with (tmp_path / "sites.csv").open("wb") as file:
        file.truncate(200_000_000)
    assert faults_of(tmp_path) == [
        "{folder}/sites.csv: has 200 MB; expected a table of sites, at most 64 MB; check that it is the right file."
    ]


def test_geopackages(tmp_path: Path) -> None:
    point = gpd.GeoDataFrame({"id": ["a"]}, geometry=[Point(123.6, -10.1)], crs="EPSG:4326")
    area = gpd.GeoDataFrame({"id": ["a", None]}, geometry=[box(123, -11, 124, -10), None], crs="EPSG:4326")
    for layer, frame in {"points": point, "areas": area}.items():
        frame.to_file(tmp_path / "g.gpkg", layer=layer, driver="GPKG")
    (tmp_path / "d.gpkg").write_bytes(b"SQLite format 3\x00" + b"x" * 100)
    (tmp_path / "t.gpkg").write_bytes(b"<OGRVRTDataSource></OGRVRTDataSource>")

    def told(table: str) -> list[str]:
        (tmp_path / "scenario.toml").write_text(f'sites = "{table}"\n{HEAD}\n', encoding="utf-8")
        return faults_of(tmp_path)

    assert told("g.gpkg") == ["g.gpkg: has 2 layers, 'points', 'areas'; choose one: 'g.gpkg#points'."]
    assert told("g.gpkg#point") == ["g.gpkg: has no layer 'point' (did you mean 'points'?); it has 'points', 'areas'."]
    assert told("g.gpkg#areas") == [
        "g.gpkg#areas row 1 'a': a polygon where a point belongs; use its centroid or a point on its street.",
        "g.gpkg#areas row 2: no geometry where a point belongs; give it lon and lat.",
        "g.gpkg#areas row 2: id is missing; expected a text of 1 to 100 characters that no other place or site has.",
    ]
    assert told("d.gpkg") == [
        "d.gpkg: cannot be opened as a GeoPackage; it is damaged or another database; save it again."
    ]
    assert told("t.gpkg") == ["t.gpkg: is no GeoPackage; expected a GeoPackage of sites; save it again from the GIS."]
    assert told("n.gpkg#x") == [
        "{folder}/n.gpkg: there is no such file (did you mean 't.gpkg'?); expected a GeoPackage of sites; check the "
        "path."
    ]


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_FIELDS = ("id", "name", "lon", "lat", "tier", "weight", "dwell_min", "windows", "required", "people", "vehicle",
           "speed_factor", "start", "end", "shift", "shift_start", "shift_end", "max_driving_min")  # fmt: skip
_ENTRY = st.dictionaries(st.sampled_from(_FIELDS), _JSON | st.just("20:15/22:30"), max_size=6)
_HOSTILE = st.fixed_dictionaries(
    {},
    optional={
        "name": _JSON,
        "date": _JSON | st.just("2023-11-23"),
        "timezone": _JSON | st.just("Asia/Makassar"),
        "places": _JSON | st.lists(_ENTRY, max_size=3),
        "sites": _JSON | st.lists(_ENTRY, max_size=3),
        "squads": _JSON | st.lists(_ENTRY, max_size=3),
        "closures": _JSON | st.dictionaries(st.sampled_from(("streets", "edges", "polygons")), _JSON),
        "travel": _JSON | st.dictionaries(st.sampled_from(("snap_limit_m", "speeds_kph")), _JSON),
        "notes": _JSON,
    },
)


def read_or_refuse(path: Path) -> Scenario | None:
    """Read a scenario; nothing but an InputError of whole sentences may come instead."""
    scenario = None
    faults: tuple[str, ...] = ("",)
    try:
        scenario = read_scenario(path)
    except InputError as error:
        faults = error.faults
    assert faults
    assert all(not fault or (fault.endswith(".") and fault.isprintable()) for fault in faults)
    return scenario


_FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(data=_HOSTILE)
@_FUZZ
def test_whatever_stands_in_the_fields_it_is_read_or_refused(data: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text(json.dumps(data), encoding="utf-8")
    scenario = read_or_refuse(tmp_path / "s.json")
    if scenario is not None:
        for kind in ("places", "sites", "squads"):
            assert len(getattr(scenario, kind)) == len(data.get(kind) or ())


@given(content=st.binary(max_size=60) | st.text("id,lonat;\"\n\t\r -.:/019#'=", max_size=80).map(str.encode))
@_FUZZ
def test_whatever_bytes_a_table_holds_it_is_read_or_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(SITES.replace("sites.csv", "s.csv"), encoding="utf-8")
    (tmp_path / "s.csv").write_bytes(content)
    read_or_refuse(tmp_path / "s.toml")


@given(geometry=_JSON | st.fixed_dictionaries({"type": st.sampled_from(["Point", "MultiPoint"]), "coordinates": _JSON}))
@_FUZZ
def test_whatever_geometry_a_feature_has_it_is_read_or_refused(geometry: Any, tmp_path: Path) -> None:
    feature = {"type": "Feature", "properties": {"id": "a"}, "geometry": geometry}
    (tmp_path / "s.toml").write_text(
        f'sites = "s.geojson"\n{HEAD}\n[closures]\npolygons = "s.geojson"\n', encoding="utf-8"
    )
    collection = json.dumps({"type": "FeatureCollection", "features": [feature]})
    (tmp_path / "s.geojson").write_text(collection, encoding="utf-8")
    read_or_refuse(tmp_path / "s.toml")
