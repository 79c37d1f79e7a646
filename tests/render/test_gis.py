"""GeoJSON and GeoPackage, read back by GDAL."""

from __future__ import annotations

import datetime as dt
import json

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest

from patrolroute.render import geojson, legs_table, skipped_table, visits_table, write_geopackage
from patrolroute.scenario.model import Closures

TABLES = {"visits": visits_table, "legs": legs_table, "skipped": skipped_table}


def same_instants(read, table):
    for name in table.columns:
        if isinstance(table[name].dtype, pd.DatetimeTZDtype):
            assert read[name].dt.tz_convert("UTC").tolist() == table[name].dt.tz_convert("UTC").tolist()
        elif name != "geometry":
            assert read[name].tolist() == table[name].tolist()


@pytest.mark.parametrize("layer", TABLES)
def test_geojson_round_trip(night, layer, tmp_path):
    path = tmp_path / f"{layer}.geojson"
    path.write_text(geojson(night, layer), encoding="utf-8")
    read, table = gpd.read_file(path), TABLES[layer](night)
    minutes = [name for name in table.columns if name.endswith("_min")]
    table[minutes] = table[minutes].round(2)
    assert read.crs == "EPSG:4326"
    same_instants(read, table)
    assert read.geometry.geom_equals_exact(table.geometry, 1e-6).all()
    assert set(read["roads"]) == {night.roads.provenance.statement}
    assert pyogrio.read_info(path)["layer_metadata"]["DESCRIPTION"] == night.roads.provenance.statement


def test_geojson_minutes_are_short(night):
    drives = [f["properties"]["drive_min"] for f in json.loads(geojson(night, "legs"))["features"]]
    assert drives == [round(drive_s / 60, 2) for drive_s in drives_of(night)]
    assert any(drive != drive_s / 60 for drive, drive_s in zip(drives, drives_of(night), strict=True))


def drives_of(night):
    return [drive.drive_s for route in night.plan.routes for drive in night.drives(route)]


def test_what_is_closed_is_told(make_night, tmp_path):
    night = make_night(closures=Closures(streets=("Jalan Ende",), edges=((1, 2),)))
    expected = ["Jalan Ende", "the stretch from OSM node 1 to 2"]
    assert json.loads(geojson(night, "legs"))["closed"] == expected
    write_geopackage(night, tmp_path / "plan.gpkg")
    about = pyogrio.read_dataframe(tmp_path / "plan.gpkg", layer="about", read_geometry=False)
    assert about.loc[about["key"] == "closed", "value"].tolist() == expected


def test_geojson_members(night):
    document = json.loads(geojson(night, "visits"))
    assert document["type"] == "FeatureCollection"
    assert document["provenance"]["attribution"] == "© OpenStreetMap contributors, ODbL 1.0"
    assert document["provenance"]["synthetic"] is False
    first = document["features"][0]
    assert first["geometry"] == {"type": "Point", "coordinates": [123.6042, -10.1758]}
    assert first["properties"]["begin"] == night.clock(night.plan.routes[0].visits[0].begin_s).isoformat()
    assert first["properties"]["begin"].endswith("+08:00")
    assert json.loads(geojson(night, "skipped"))["features"][0]["properties"]["required"] is False


@pytest.mark.parametrize("layer", TABLES)
def test_empty_geojson(make_night, layer):
    night = make_night(((), ()), names=())
    document = json.loads(geojson(night, layer))
    assert document["features"] == []
    assert document["description"] == night.roads.provenance.statement


@pytest.mark.parametrize("layer", TABLES)
def test_geopackage_round_trip(night, layer, tmp_path):
    path = tmp_path / "plan.gpkg"
    write_geopackage(night, path)
    read, table = gpd.read_file(path, layer=layer), TABLES[layer](night)
    assert read.crs == "EPSG:4326"
    same_instants(read, table)
    assert read.geometry.geom_equals_exact(table.geometry, 1e-9).all()
    assert pyogrio.list_layers(path)[:, 0].tolist() == ["visits", "legs", "skipped", "about"]


def test_geopackage_says_where_roads_come_from(make_night, synthetic, tmp_path):
    night = make_night(provenance=synthetic)
    write_geopackage(night, tmp_path / "plan.gpkg")
    about = pyogrio.read_dataframe(tmp_path / "plan.gpkg", layer="about", read_geometry=False)
    told = dict(zip(about["key"], about["value"], strict=True))
    assert told["roads"] == night.roads.provenance.statement
    assert told["warning"] == "SYNTHETIC ROADS: NOT FOR THE FIELD"
    assert told["timezone"] == "Asia/Makassar"


def test_geopackage_with_empty_layers(make_night, tmp_path):
    night = make_night(((), ()), names=())
    write_geopackage(night, tmp_path / "plan.gpkg")
    for layer, kind in (("visits", "Point"), ("legs", "LineString"), ("skipped", "Point")):
        info = pyogrio.read_info(tmp_path / "plan.gpkg", layer=layer)
        assert (info["features"], info["geometry_type"], info["crs"]) == (0, kind, "EPSG:4326")
        assert info["fields"].tolist() == [name for name in TABLES[layer](night).columns if name != "geometry"]


def test_instants_survive_a_change_of_clocks(make_night, tmp_path):
    night = make_night(timezone="Europe/Lisbon", date=dt.date(2023, 10, 28), leave=(24, 30), dwell_s=3600)
    write_geopackage(night, tmp_path / "plan.gpkg")
    (tmp_path / "visits.geojson").write_text(geojson(night, "visits"), encoding="utf-8")
    same_instants(gpd.read_file(tmp_path / "plan.gpkg", layer="visits"), visits_table(night))
    offsets = {f["properties"]["begin"][-6:] for f in json.loads(geojson(night, "visits"))["features"]}
    assert offsets == {"+01:00", "+00:00"}


def test_hostile_names_are_values(make_night, hostile_names, tmp_path):
    night = make_night(names=hostile_names, squad_names=hostile_names)
    assert [f["properties"]["name"] for f in json.loads(geojson(night, "visits"))["features"]] == list(
        hostile_names[:5]
    )
    write_geopackage(night, tmp_path / "plan.gpkg")
    assert gpd.read_file(tmp_path / "plan.gpkg", layer="visits")["name"].tolist() == list(hostile_names[:5])
