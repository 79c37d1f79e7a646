"""Tables with geometry: GeoJSON and GeoPackage. The point of a feature gives lon and lat."""

from __future__ import annotations

import json
import math
import warnings
from typing import TYPE_CHECKING, Any

from patrolroute.errors import InputError
from patrolroute.scenario.tables.files import MAX_DATABASE_BYTES, read_text, reason, regular_file
from patrolroute.scenario.tables.rows import MAX_ROWS, Row, Table
from patrolroute.scenario.words import did_you_mean, found, listed, swapped_ring

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from patrolroute.errors import Faults
    from patrolroute.scenario.tables.rows import Columns

_SAME_DEG = 1e-6
_LON_LAT = frozenset({"urn:ogc:def:crs:ogc:1.3:crs84", "urn:ogc:def:crs:ogc::crs84", "urn:ogc:def:crs:epsg::4326",
                      "epsg:4326", "ogc:crs84"})  # fmt: skip
_BOOKKEEPING = frozenset({"fid", "ogc_fid", "objectid"})
"""Columns that GIS programs add by themselves."""


def load_json(path: Path, *, wanted: str) -> Any:
    """Return the content of a JSON file.

    Raises
    ------
    InputError
        When the file cannot be read, is no JSON, names a field twice or is nested too deeply.
    """

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        table = dict(pairs)
        if len(table) < len(pairs):
            names = [name for name, _ in pairs]
            twice = next(name for name in names if names.count(name) > 1)
            raise InputError([f"{path.name}: field {found(twice)} stands twice in one table; delete one."])
        return table

    text = read_text(path, wanted=wanted)
    try:
        return json.loads(text, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        line = text.splitlines()[error.lineno - 1 : error.lineno]
        raise InputError(
            [
                f"{path.name} line {error.lineno}, column {error.colno}: is no JSON ({error.msg.lower()}), found "
                f"{found(line[0] if line else 'the end of the file')}; expected {wanted}; check commas, quotes and "
                "brackets."
            ]
        ) from error
    except RecursionError as error:
        raise InputError([f"{path.name}: is nested too deeply; expected {wanted}."]) from error
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError([f"{path.name}: has a number with too many digits; expected {wanted}."]) from error


def features_of(path: Path, *, wanted: str) -> list[dict[str, Any]]:
    """Return the features of a GeoJSON file in WGS 84.

    Raises
    ------
    InputError
        When the file is no GeoJSON feature collection, or in another coordinate system.
    """
    data = load_json(path, wanted=wanted)
    kind = data.get("type") if isinstance(data, dict) else None
    if kind == "Feature":
        data = {"type": "FeatureCollection", "features": [data]}
    elif kind != "FeatureCollection" or not isinstance(data.get("features"), list):
        raise InputError(
            [f"{path.name}: is no GeoJSON feature collection; its 'type' is {found(kind)}; expected {wanted}."]
        )
    crs = data.get("crs")
    name = crs.get("properties", {}).get("name") if isinstance(crs, dict) else None
    if crs is not None and str(name).lower() not in _LON_LAT:
        raise InputError(
            [f"{path.name}: is in the coordinate system {found(name)}; expected EPSG:4326; save it again in that one."]
        )
    features: list[Any] = data["features"]
    odd = [n for n, f in enumerate(features, start=1) if not isinstance(f, dict) or f.get("type") != "Feature"]
    if odd:
        raise InputError([f"{path.name} feature {odd[0]}: is no feature; expected an object with type 'Feature'."])
    if len(features) > MAX_ROWS:
        raise InputError([f"{path.name}: has {len(features):,} features; expected at most {MAX_ROWS:,}."])
    return features


def read_geojson(path: Path, columns: Columns, faults: Faults) -> Table:
    """Return the rows of a GeoJSON file, one a feature, noting what is wrong with it.

    Raises
    ------
    InputError
        When the file is no GeoJSON feature collection.
    """
    rows = []
    for number, feature in enumerate(features_of(path, wanted=f"GeoJSON of {columns.what}"), start=1):
        properties = feature.get("properties") or {}
        if not isinstance(properties, dict):
            faults.add(f"{path.name} feature {number}: its properties are {found(properties)}; expected a table.")
            continue
        if "id" in feature and not any(str(key).strip().lower() == "id" for key in properties):
            properties = {"id": feature["id"], **properties}
        row = _row(f"{path.name} feature {number}", properties)
        geometry = feature.get("geometry")
        if "lon" in columns.known:
            _place(row, *_position(geometry), faults)
        elif "rings" in columns.known:
            _ground(row, geometry, faults)
        rows.append(row)
    return _checked(path.name, rows, columns, faults)


def read_geopackage(path: Path, layer: str | None, columns: Columns, faults: Faults) -> Table:
    """Return the rows of one layer of a GeoPackage, reprojected to EPSG:4326, noting what is wrong with it.

    Parameters
    ----------
    path : Path
    layer : str or None
        May be left out where there is only one.
    columns : Columns
    faults : Faults

    Raises
    ------
    InputError
        When the file is no GeoPackage, has no such layer, or the layer no coordinate system.
    """
    name, frame = read_layer(path, layer, wanted=f"a GeoPackage of {columns.what}")
    if len(frame) > MAX_ROWS:
        raise InputError([f"{name}: has more than {MAX_ROWS:,} rows; expected at most that."])
    geometry = frame.geometry if hasattr(frame, "geometry") and "geometry" in frame.columns else None
    if geometry is not None and {"lon", "rings"} & set(columns.known):
        if geometry.crs is None:
            raise InputError([f"{name}: has no coordinate system; set it in the GIS, best EPSG:4326."])
        geometry = geometry.to_crs("EPSG:4326")
    attributes = frame.drop(columns="geometry", errors="ignore")
    rows = []
    for number, record in enumerate(attributes.to_dict("records"), start=1):
        row = _row(f"{name} row {number}", {str(key): _plain(value) for key, value in record.items()})
        shape = None if geometry is None else geometry.iloc[number - 1]
        if "lon" in columns.known:
            _place(row, *_position(None if shape is None else shape.__geo_interface__), faults)
        elif "rings" in columns.known:
            _ground(row, None if shape is None else shape.__geo_interface__, faults)
        rows.append(row)
    return _checked(name, rows, columns, faults)


def read_layer(path: Path, layer: str | None, *, wanted: str) -> tuple[str, pd.DataFrame]:
    """Return the name and the rows of one layer of a GeoPackage, at most one row more than a table may have.

    Parameters
    ----------
    path : Path
    layer : str or None
        May be left out where there is only one.
    wanted : str
        What the file is to be, as faults say it.

    Raises
    ------
    InputError
        When the file is no GeoPackage or has no such layer.
    """
    regular_file(path, wanted=wanted, most_bytes=MAX_DATABASE_BYTES)
    with path.open("rb") as file:
        # Only a database goes to GDAL, which otherwise guesses formats by content, some of which name other files.
        if file.read(16) != b"SQLite format 3\x00":
            raise InputError([f"{path.name}: is no GeoPackage; expected {wanted}; save it again from the GIS."])
    chosen = _layer(path, layer)
    return f"{path.name}#{chosen}", _frame(path, chosen)


def rings_of(path: Path) -> list[list[Any]]:
    """Return the outer rings of the polygons of a GeoJSON file.

    Raises
    ------
    InputError
        When a feature is no polygon, has a hole, or lon and lat exchanged; it lists every such feature.
    """
    rings, wrong = [], []
    for number, feature in enumerate(features_of(path, wanted="GeoJSON polygons"), start=1):
        geometry = feature.get("geometry")
        kind = geometry.get("type") if isinstance(geometry, dict) else None
        coordinates = geometry.get("coordinates") if isinstance(geometry, dict) else None
        polygons = coordinates if kind == "MultiPolygon" else [coordinates] if kind == "Polygon" else None
        if not isinstance(polygons, list) or not all(isinstance(p, list) and p for p in polygons):
            wrong.append(
                f"{path.name} feature {number}: has {_kind_words(kind)}; expected a polygon of closed streets."
            )
            continue
        if any(len(polygon) > 1 for polygon in polygons):
            wrong.append(f"{path.name} feature {number}: has a hole; cut it into polygons without holes.")
        if swapped := next(filter(None, (swapped_ring(polygon[0]) for polygon in polygons)), ""):
            wrong.append(f"{path.name} feature {number}: {swapped}")
        rings += [[p[:2] if isinstance(p, list) else p for p in ring] for polygon in polygons for ring in polygon[:1]]
    if wrong:
        raise InputError(wrong)
    return rings


def _layer(path: Path, layer: str | None) -> str:
    import pyogrio  # noqa: PLC0415 - GDAL takes 30 MB, and most scenarios have no GeoPackage

    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # what GDAL grumbles about and still reads is none of the planner's business
            layers = [str(name) for name in pyogrio.list_layers(path)[:, 0]]
    except pyogrio.errors.DataSourceError as error:
        raise InputError(
            [f"{path.name}: cannot be opened as a GeoPackage; it is damaged or another database; save it again."]
        ) from error
    if layer is None and len(layers) == 1:
        return layers[0]
    if not layers:
        raise InputError([f"{path.name}: has no layer; save it again from the GIS."])
    if layer is None:
        raise InputError(
            [f"{path.name}: has {len(layers)} layers, {listed(layers)}; choose one: '{path.name}#{layers[0]}'."]
        )
    if layer not in layers:
        raise InputError(
            [f"{path.name}: has no layer {found(layer)}{did_you_mean(layer, layers)}; it has {listed(layers)}."]
        )
    return layer


def _frame(path: Path, layer: str) -> pd.DataFrame:
    import pyogrio  # noqa: PLC0415 - as above

    try:
        with warnings.catch_warnings():
            # Measured or curved geometries are told by what they are, below; GDAL's own remark adds nothing.
            warnings.simplefilter("ignore")
            frame: pd.DataFrame = pyogrio.read_dataframe(path, layer=layer, max_features=MAX_ROWS + 1)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.FeatureError) as error:
        raise InputError([f"{path.name}#{layer}: cannot be read; save it again ({found(reason(error))})."]) from error
    return frame


def _row(where: str, properties: dict[str, Any]) -> Row:
    values = {}
    for key, value in properties.items():
        name = str(key).strip().lower()
        text = value.strip() if isinstance(value, str) else value
        if text is None or text == "" or name.startswith("#") or name in _BOOKKEEPING:
            continue
        # GIS programs keep ids as numbers, and as fractions where one is empty.
        values[name] = f"{text:.0f}" if name in {"id", "name", "start", "end"} and _is_whole(text) else text
    return Row(where=where, cells=values)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and float(value).is_integer()


def _plain(value: Any) -> Any:
    """Return a cell of a data frame as a plain value, None where it is empty."""
    if isinstance(value, float) and math.isnan(value):
        return None
    if hasattr(value, "to_pydatetime"):
        return None if str(value) == "NaT" else value.to_pydatetime()
    if hasattr(value, "item"):
        value = value.item()
    return None if str(value) in {"NaT", "<NA>"} else value


def _position(geometry: Any) -> tuple[Any, str | None]:
    """Return lon and lat of a point, or what is wrong with the geometry."""
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    position = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if kind == "MultiPoint" and isinstance(position, list | tuple) and len(position) == 1:
        kind, position = "Point", position[0]
    if kind == "Point":
        if isinstance(position, list | tuple) and 2 <= len(position) <= 4:
            return position[:2], None
        return None, f"its point is {found(position)}; expected [lon, lat] in degrees"
    use = "; use its centroid or a point on its street" if kind else "; give it lon and lat"
    return None, f"{_kind_words(kind)} where a point belongs{use}"


def _kind_words(kind: Any) -> str:
    words = {"Polygon": "a polygon", "MultiPolygon": "a polygon of several parts", "LineString": "a line"}
    if kind is None:
        return "no geometry"
    return words.get(kind, f"geometry of type {found(kind)}") if isinstance(kind, str) else "no geometry"


def _place(row: Row, position: Any, wrong: str | None, faults: Faults) -> None:
    if wrong is not None:
        faults.add(f"{row.full_name}: {wrong}.")
        row.spoilt.update(("lon", "lat"))
        return
    for field, value in zip(("lon", "lat"), position, strict=True):
        told = row.cells.get(field)
        if isinstance(told, int | float) and isinstance(value, int | float) and abs(told - value) > _SAME_DEG:
            faults.add(
                f"{row.full_name}: field {field} is {told}, the geometry has {value}; expected the same; delete one."
            )
        row.cells[field] = value


def _ground(row: Row, geometry: Any, faults: Faults) -> None:
    """Take rings and holes of a polygon; without a geometry other columns say where the area lies."""
    if geometry is None:
        return
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    coordinates = geometry.get("coordinates") if isinstance(geometry, dict) else None
    polygons = coordinates if kind == "MultiPolygon" else [coordinates] if kind == "Polygon" else None
    if not isinstance(polygons, list | tuple) or not all(isinstance(p, list | tuple) and p for p in polygons):
        faults.add(f"{row.full_name}: has {_kind_words(kind)}; expected a polygon.")
        row.spoilt.add("rings")
        return
    if "rings" in row.cells:
        faults.add(f"{row.full_name}: has rings and a geometry; expected one of them; delete the column.")
    for field, part in (("rings", slice(0, 1)), ("holes", slice(1, None))):
        rings = [[list(p[:2]) for p in ring] for polygon in polygons for ring in polygon[part]]
        if rings:
            row.cells[field] = rings


def _checked(name: str, rows: list[Row], columns: Columns, faults: Faults) -> Table:
    """Note fields that no such table has, each once, however many features carry it."""
    first: dict[str, str] = {}
    for row in rows:
        for key in row.cells:
            first.setdefault(key, row.where)
    for key in [key for key in first if key not in columns.known]:
        columns.unknown(name if len(rows) > 1 else first[key], key, faults)
        for row in rows:
            row.cells.pop(key, None)
    return Table(rows=rows)
