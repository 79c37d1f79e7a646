"""Areas to fetch: what is read, and what is refused."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
import shapely

from patrolroute.errors import InputError
from patrolroute.roads import read_polygon

if TYPE_CHECKING:
    from pathlib import Path

WEST, EAST = shapely.box(123.5, -10.3, 123.6, -10.1), shapely.box(123.6, -10.3, 123.7, -10.1)
HOLED = shapely.Polygon(WEST.exterior.coords, [shapely.box(123.53, -10.2, 123.54, -10.19).exterior.coords])


def geojson(path: Path, *geometries: Any, **more: Any) -> Path:
    features = [{"type": "Feature", "properties": {}, "geometry": each} for each in geometries]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features, **more}), encoding="utf-8")
    return path


def test_polygons_of_geojson_are_one_area(tmp_path: Path) -> None:
    area = read_polygon(geojson(tmp_path / "a.geojson", HOLED.__geo_interface__, EAST.__geo_interface__))
    assert shapely.equals(area, shapely.union_all([HOLED, EAST]))
    assert isinstance(area, shapely.Polygon)
    high = json.loads(json.dumps(WEST.__geo_interface__))
    high["coordinates"][0] = [[*xy, 12.5] for xy in high["coordinates"][0]]
    assert not read_polygon(str(geojson(tmp_path / "b.json", high))).has_z


def test_polygons_of_a_geopackage_in_metres(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(geometry=[WEST, shapely.box(124.6, -10.3, 124.7, -10.1)], crs="EPSG:4326")
    frame.to_crs("EPSG:32751").to_file(tmp_path / "a.gpkg", layer="areas", driver="GPKG")
    gpd.GeoDataFrame({"x": [1]}, geometry=[WEST], crs="EPSG:4326").to_file(
        tmp_path / "a.gpkg", layer="one", driver="GPKG"
    )
    area = read_polygon(f"{tmp_path / 'a.gpkg'}#areas")
    assert isinstance(area, shapely.MultiPolygon)
    assert shapely.hausdorff_distance(area, shapely.union_all(list(frame.geometry))) < 1e-8
    with pytest.raises(InputError, match="has 2 layers, 'areas', 'one'; choose one"):
        read_polygon(tmp_path / "a.gpkg")


BOW = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}


@pytest.mark.parametrize(
    ("geometry", "fault"),
    [
        (None, "has no geometry that can be read; expected a polygon."),
        ({"type": "Polygon", "coordinates": [["a"]]}, "has no geometry that can be read; expected a polygon."),
        ({"type": "Polygon"}, "has no geometry that can be read; expected a polygon."),
        ({"type": "Point", "coordinates": [1, 2]}, "is a Point; expected a polygon."),
        ({"type": "Polygon", "coordinates": []}, "is nothing; expected a polygon."),
        (BOW, "crosses itself (Self-intersection[0.5 0.5]); repair it in the GIS."),
        (
            shapely.box(-10.3, 123.5, -10.1, 123.6).__geo_interface__,
            "spans -10.3 to -10.1 and 123.5 to 123.6; expected lon and lat in degrees; lon and lat look swapped; "
            "exchange them.",
        ),
        (
            shapely.box(500_000, 8_000_000, 510_000, 8_010_000).__geo_interface__,
            "spans 500000 to 510000 and 8e+06 to 8.01e+06; expected lon and lat in degrees; save it again in "
            "EPSG:4326.",
        ),
    ],
)
def test_every_feature_that_is_no_area_is_told(geometry: Any, fault: str, tmp_path: Path) -> None:
    path = geojson(tmp_path / "a.geojson", geometry, WEST.__geo_interface__, geometry)
    with pytest.raises(InputError) as caught:
        read_polygon(path)
    assert caught.value.faults == (f"a.geojson feature 1: {fault}", f"a.geojson feature 3: {fault}")


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.geojson: has no feature; expected polygons"):
        read_polygon(geojson(tmp_path / "a.geojson"))
    with pytest.raises(InputError, match="there is no such file"):
        read_polygon(tmp_path / "nowhere.geojson")
    with pytest.raises(InputError, match=r"has the ending '\.shp'; expected polygons, \.geojson or \.gpkg"):
        read_polygon(tmp_path / "area.shp")
    (tmp_path / "b.gpkg").write_text("no database")
    with pytest.raises(InputError, match=r"b\.gpkg: is no GeoPackage; expected a GeoPackage of polygons"):
        read_polygon(tmp_path / "b.gpkg")
    with warnings.catch_warnings(action="ignore"):
        gpd.GeoDataFrame(geometry=[WEST]).to_file(tmp_path / "c.gpkg", layer="c", driver="GPKG")
    with pytest.raises(InputError, match=r"c\.gpkg#c: has no coordinate system"):
        read_polygon(tmp_path / "c.gpkg")
