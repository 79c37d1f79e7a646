"""Approximate areas: the six kecamatan as Voronoi cells of kelurahan points, and a user's own in their place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
from scipy.spatial import cKDTree

from patrolroute.datasets.townplan import TownPlan, land, read_table, to_degrees
from patrolroute.errors import Faults

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

# A kelurahan reaches as far beyond its point as its third neighbour lies away, within limits that give the whole about
# the city's area; the outline is drawn after no map.
_REACH_DM = (8_000.0, 23_000.0)
_SMOOTH_DM = 8_000.0


def city_outline(plan: TownPlan) -> BaseGeometry:
    """Return the approximate outline of the city in decimetres: what lies near a nucleus, on land."""
    points = plan.nucleus_dm
    third = np.asarray(cKDTree(points).query(points, k=4)[0])[:, 3]
    reach = np.clip(third, *_REACH_DM)
    discs = shapely.buffer(shapely.points(points), reach)
    return shapely.union_all(discs).buffer(_SMOOTH_DM).buffer(-_SMOOTH_DM).intersection(land(plan))


def kelurahan_cells(plan: TownPlan) -> dict[str, BaseGeometry]:
    """Return the approximate area of each kelurahan by its kode, in degrees, lon before lat."""
    outline = city_outline(plan)
    points = plan.nucleus_dm
    cells = list(shapely.voronoi_polygons(shapely.MultiPoint(points), extend_to=outline).geoms)
    owner = shapely.STRtree(cells).query(shapely.points(points), predicate="intersects")[1]
    return {
        nucleus.kode: _in_degrees(cells[int(cell)].intersection(outline))
        for nucleus, cell in zip(plan.nuclei, owner, strict=True)
    }


def kecamatan_areas(plan: TownPlan) -> dict[str, BaseGeometry]:
    """Return the approximate area of each kecamatan by its code, such as "53.71.01", in degrees."""
    cells = kelurahan_cells(plan)
    codes = sorted({nucleus.kecamatan for nucleus in plan.nuclei})
    return {code: shapely.union_all([cell for kode, cell in cells.items() if kode[:8] == code]) for code in codes}


def own_areas(polygons: gpd.GeoDataFrame) -> dict[str, BaseGeometry]:
    """Return a user's areas by kecamatan code, dissolved, in degrees.

    Parameters
    ----------
    polygons : geopandas.GeoDataFrame
        Polygons with a coordinate system and a column "kode" (53.71.KEC or 53.71.KEC.KEL) or "name" (of the kecamatan).

    Raises
    ------
    InputError
        When there is no such column, no coordinate system, an unknown kecamatan, or a shape that is no area.
    """
    faults = Faults()
    if not isinstance(polygons, gpd.GeoDataFrame) or polygons.active_geometry_name is None:
        faults.add(f"polygons: found {type(polygons).__name__}; expected a GeoDataFrame with a geometry column.")
        faults.raise_if_any()
    key = next((column for column in ("kode", "name") if column in polygons.columns), None)
    if key is None:
        have = ", ".join(map(repr, map(str, polygons.columns))) or "none"
        faults.add(f"polygons: found the columns {have}; expected 'kode' (53.71.01) or 'name' (Alak); add one.")
    if polygons.crs is None:
        faults.add("polygons: have no coordinate system; expected one; set it, such as polygons.set_crs('EPSG:4326').")
    faults.raise_if_any()
    known = {row["code"]: row["name"] for row in read_table("kecamatan.csv")}
    by_name = {_folded(name): code for code, name in known.items()}
    parts: dict[str, list[BaseGeometry]] = {}
    shapes = polygons.to_crs("EPSG:4326").geometry
    for row, (value, shape) in enumerate(zip(polygons[key], shapes, strict=True), start=1):
        code = str(value)[:8] if key == "kode" else by_name.get(_folded(value), "")
        where = f"polygons row {row} {str(value)[:60]!r}"
        if code not in known:
            faults.add(f"{where}: is no kecamatan of Kota Kupang; expected one of {', '.join(known.values())}.")
        elif shape is None or shape.is_empty or shape.geom_type not in ("Polygon", "MultiPolygon"):
            found = "nothing" if shape is None else shape.geom_type
            faults.add(f"{where}: found {found}; expected a Polygon or MultiPolygon; leave the row out or draw it.")
        elif not shape.is_valid:
            faults.add(f"{where}: its edge crosses itself ({shapely.is_valid_reason(shape)}); repair it.")
        else:
            parts.setdefault(code, []).append(shape)
    if not len(polygons):
        faults.add("polygons: has no rows; expected at least one kecamatan.")
    faults.raise_if_any()
    return {code: shapely.union_all(shapes) for code, shapes in parts.items()}


def _folded(value: Any) -> str:
    return "".join(letter for letter in str(value).lower() if letter.isalnum())


def _in_degrees(shape: BaseGeometry) -> BaseGeometry:
    return shapely.transform(shape, lambda xy: to_degrees(np.rint(xy).astype(np.int64)))
