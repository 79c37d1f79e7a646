"""Areas from files, to fetch the streets of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import shapely
from shapely.geometry.base import BaseGeometry

from patrolroute.errors import Faults, InputError
from patrolroute.scenario.tables.geotables import features_of, read_layer
from patrolroute.scenario.tables.rows import MAX_ROWS

if TYPE_CHECKING:
    import os

_WANTED = "polygons, .geojson or .gpkg"


def read_polygon(path: str | os.PathLike[str]) -> shapely.Polygon | shapely.MultiPolygon:
    """Return the area that the polygons of a file cover together.

    Parameters
    ----------
    path : path-like
        GeoJSON (`.geojson`, `.json`) in EPSG:4326, or a layer of a GeoPackage (`.gpkg`, or `"file.gpkg#layer"` where
        it has several) in any coordinate system, which is brought to EPSG:4326. Polygons may have holes.

    Returns
    -------
    shapely.Polygon or shapely.MultiPolygon
        In degrees, lon before lat.

    Raises
    ------
    InputError
        When the file cannot be read or holds anything but sound polygons in degrees; it lists every such feature.
    """
    text = str(path)
    name, _, layer = text.partition("#") if ".gpkg#" in text.lower() else (text, "", "")
    file = Path(name)
    match file.suffix.lower():
        case ".geojson" | ".json":
            shapes = _from_geojson(file)
        case ".gpkg":
            shapes = _from_geopackage(file, layer or None)
        case ending:
            raise InputError([f"{file.name}: has the ending {ending!r}; expected {_WANTED}; save it as one of these."])
    faults = Faults()
    for where, shape in shapes:
        if wrong := area_fault(shape):
            faults.add(f"{where}: {wrong}")
    if not shapes:
        faults.add(f"{file.name}: has no feature; expected {_WANTED}.")
    faults.raise_if_any()
    area = shapely.union_all([shapely.force_2d(shape) for _, shape in shapes])
    if not isinstance(area, shapely.Polygon | shapely.MultiPolygon):
        raise InputError([f"{file.name}: its polygons make no area together; repair them in the GIS."])
    return area


def _from_geojson(file: Path) -> list[tuple[str, BaseGeometry | None]]:
    shapes: list[tuple[str, BaseGeometry | None]] = []
    for number, feature in enumerate(features_of(file, wanted="GeoJSON polygons"), start=1):
        try:
            shape = shapely.from_geojson(json.dumps(feature.get("geometry")))
        except shapely.GEOSException:
            shape = None
        shapes.append((f"{file.name} feature {number}", shape))
    return shapes


def _from_geopackage(file: Path, layer: str | None) -> list[tuple[str, BaseGeometry | None]]:
    name, frame = read_layer(file, layer, wanted="a GeoPackage of polygons")
    if "geometry" not in frame.columns:
        raise InputError([f"{name}: has no geometry; expected polygons."])
    if len(frame) > MAX_ROWS:
        raise InputError([f"{name}: has more than {MAX_ROWS:,} rows; expected at most that."])
    geometry = frame.geometry
    if geometry.crs is None:
        raise InputError([f"{name}: has no coordinate system; set it in the GIS, best EPSG:4326."])
    return [(f"{name} row {number}", shape) for number, shape in enumerate(geometry.to_crs("EPSG:4326"), start=1)]


def area_fault(shape: object) -> str:
    """Return what keeps a shape from being an area in degrees, or nothing."""
    if shape is None:
        return "has no geometry that can be read; expected a polygon."
    if not isinstance(shape, BaseGeometry):
        return f"is {type(shape).__name__}; expected a shapely Polygon or MultiPolygon."
    if not isinstance(shape, shapely.Polygon | shapely.MultiPolygon) or shape.is_empty:
        kind = "nothing" if shape.is_empty else f"a {shape.geom_type}"
        return f"is {kind}; expected a polygon."
    west, south, east, north = shape.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        swapped = -180 <= south <= north <= 180 and -90 <= west <= east <= 90
        hint = "lon and lat look swapped; exchange them" if swapped else "save it again in EPSG:4326"
        return f"spans {west:g} to {east:g} and {south:g} to {north:g}; expected lon and lat in degrees; {hint}."
    if not shape.is_valid:
        return f"crosses itself ({shapely.is_valid_reason(shape)[:80]}); repair it in the GIS."
    return ""
