"""Where areas lie: rings as they stand, polygons of a file, or administrative units of a boundary file by name."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import shapely

from patrolroute.errors import Faults, InputError
from patrolroute.scenario.tables.geotables import features_of, read_layer
from patrolroute.scenario.words import did_you_mean, found, listed, swapped_ring

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

NAME_COLUMNS = ("name", "nama", "kelurahan", "desa", "kecamatan", "namobj", "wadmkd", "wadmkc")
"""Columns that boundary files keep names in, in the order in which they are tried."""

Rings = list[list[list[float]]]


@dataclass(frozen=True, kw_only=True)
class Extent:
    """What rings enclose less holes, and a sentence on where they come from."""

    rings: Rings
    holes: Rings
    source: str


def units_of(path: Path, layer: str | None, names: Sequence[str], column: str | None) -> Extent:
    """Return the extent of the units of a boundary file that are called by some names.

    Parameters
    ----------
    path : Path
        `.geojson`, or `.gpkg` with its layer.
    layer : str or None
    names : sequence of str
        Compared without regard to capitals and spaces.
    column : str or None
        The property with the names; the first of `NAME_COLUMNS` that the file has where left out.

    Raises
    ------
    InputError
        When the file cannot be read, has no such column, or lacks a name; it lists every fault.
    """
    units = _units(path, layer, wanted="a boundary file, .geojson or .gpkg")
    have = {key: key for _, properties, _ in units for key in properties}
    lowered = {key.lower(): key for key in have}
    chosen = lowered.get(column.strip().lower()) if column else next(filter(None, map(lowered.get, NAME_COLUMNS)), None)
    if chosen is None:
        wanted = f"column {found(column)}" if column else f"a column called {', '.join(NAME_COLUMNS)}"
        raise InputError([f"{path.name}: has no {wanted}; it has {listed(sorted(have))}; give name_column."])
    named: dict[str, list[BaseGeometry]] = {}
    spelled: dict[str, str] = {}
    faults = Faults()
    for where, properties, shape in units:
        name = str(properties.get(chosen) or "")
        if _folded(name) not in {_folded(each) for each in names}:
            spelled.setdefault(_folded(name), name)
            continue
        if wrong := polygon_fault(shape):
            faults.add(f"{where} {found(name)}: {wrong}")
        elif shape is not None:
            named.setdefault(_folded(name), []).append(shape)
        spelled[_folded(name)] = name
    known = sorted(filter(None, spelled.values()))
    for name in names:
        if _folded(name) not in spelled:
            hint = did_you_mean(name, known)
            faults.add(f"{path.name}: no unit is named {found(name)} in {found(chosen)}{hint}; it has {listed(known)}.")
    faults.raise_if_any()
    source = f"{path.name}, {', '.join(names)}"
    return extent_of([shape for shapes in named.values() for shape in shapes], source=source[:300])


def polygons_of(path: Path, layer: str | None) -> Extent:
    """Return the extent that all polygons of a file cover together.

    Raises
    ------
    InputError
        When the file cannot be read or holds anything but sound polygons; it lists every such feature.
    """
    units = _units(path, layer, wanted="polygons, .geojson or .gpkg")
    faults = Faults()
    for where, _, shape in units:
        if wrong := polygon_fault(shape):
            faults.add(f"{where}: {wrong}")
    if not units:
        faults.add(f"{path.name}: has no feature; expected polygons.")
    faults.raise_if_any()
    return extent_of([shape for _, _, shape in units if shape is not None], source=path.name)


def shape_of(geometry: Any) -> BaseGeometry | None:
    """Return the shape of a GeoJSON geometry, None where it is none."""
    try:
        return shapely.from_geojson(json.dumps(geometry)) if isinstance(geometry, dict) else None
    except shapely.GEOSException:
        return None


def polygon_fault(shape: BaseGeometry | None) -> str:
    """Return what keeps a shape from being ground in degrees, or nothing."""
    if not isinstance(shape, shapely.Polygon | shapely.MultiPolygon) or shape.is_empty:
        kind = "no geometry" if shape is None or shape.is_empty else f"a {shape.geom_type}"
        return f"has {kind}; expected a polygon."
    west, south, east, north = shape.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        rings = [[list(p[:2]) for p in part.exterior.coords] for part in getattr(shape, "geoms", [shape])]
        swapped = next(filter(None, map(swapped_ring, rings)), "")
        return swapped or f"spans {west:g} to {east:g} and {south:g} to {north:g}; expected lon and lat in degrees."
    if not shape.is_valid:
        return f"crosses itself ({shapely.is_valid_reason(shape)[:80]}); repair it in the GIS."
    return ""


def extent_of(shapes: Sequence[BaseGeometry], *, source: str) -> Extent:
    """Return the extent that sound polygons cover together.

    Raises
    ------
    InputError
        When ground lies within a hole of other ground, which rings and holes cannot say.
    """
    whole = shapely.union_all([shapely.force_2d(shape) for shape in shapes])
    rings: Rings = []
    holes: Rings = []
    for part in shapely.get_parts(whole):
        if isinstance(part, shapely.Polygon):
            rings.append([list(point) for point in part.exterior.coords])
            holes += [[list(point) for point in hole.coords] for hole in part.interiors]
    solid = shapely.union_all([shapely.Polygon(ring) for ring in rings])
    if not shapely.difference(solid, shapely.union_all([shapely.Polygon(h) for h in holes])).equals(whole):
        raise InputError([f"{source}: has ground within a hole of other ground; make two areas of it."])
    return Extent(rings=rings, holes=holes, source=source)


def _units(path: Path, layer: str | None, *, wanted: str) -> list[tuple[str, dict[str, Any], BaseGeometry | None]]:
    if path.suffix.lower() == ".geojson":
        return [
            (f"{path.name} feature {number}", feature.get("properties") or {}, shape_of(feature.get("geometry")))
            for number, feature in enumerate(features_of(path, wanted=wanted), start=1)
        ]
    if path.suffix.lower() != ".gpkg":
        raise InputError([f"{path.name}: has the ending {found(path.suffix)}; expected {wanted}."])
    name, frame = read_layer(path, layer, wanted=wanted)
    geometry = frame.geometry if "geometry" in frame.columns else None
    if geometry is None or geometry.crs is None:
        lacking = "geometry" if geometry is None else "coordinate system"
        raise InputError([f"{name}: has no {lacking}; set it in the GIS, best EPSG:4326."])
    records = frame.drop(columns="geometry").to_dict("records")
    shapes = geometry.to_crs("EPSG:4326")
    return [
        (f"{name} row {number}", {str(key): value for key, value in record.items()}, shape)
        for number, (record, shape) in enumerate(zip(records, shapes, strict=True), start=1)
    ]


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())
