"""The plan as files for a GIS: GeoJSON (RFC 7946) and one GeoPackage."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from patrolroute.render.closed import closed_words
from patrolroute.render.tables import areas_table, beats_table, legs_table, skipped_table, visits_table
from patrolroute.render.wording import SYNTHETIC_BAND

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from patrolroute.render.night import Night
    from patrolroute.scenario.model import Scenario

Layer = Literal["visits", "legs", "skipped", "beats", "areas"]

LAYERS: dict[Layer, Callable[[Night], gpd.GeoDataFrame]] = {
    "visits": visits_table,
    "legs": legs_table,
    "skipped": skipped_table,
    "beats": beats_table,
    "areas": areas_table,
}
"""The layers and the tables that they hold."""

_GEOMETRY: dict[Layer, str] = {
    "visits": "Point",
    "legs": "LineString",
    "skipped": "Point",
    "beats": "LineString",
    "areas": "MultiPolygon",
}
_DIGITS = 7


def layers_of(scenario: Scenario) -> tuple[Layer, ...]:
    """Return the layers that a plan of a scenario has: those of areas only where it has some."""
    return ("visits", "legs", "skipped", *(("beats", "areas") if scenario.areas else ()))


def geojson(night: Night, layer: Layer) -> str:
    """Return one layer as a GeoJSON FeatureCollection.

    Longitude before latitude, 7 decimals (1 cm); times in ISO 8601 with offset; minutes with 2 decimals. What is closed
    stands under ``closed``. Where the roads come from stands in
    the collection's ``description`` (which GDAL keeps as the layer's metadata), in full under ``provenance``, and in
    each feature's ``roads``, because a feature that is copied to another layer leaves the collection behind.

    Parameters
    ----------
    night : Night
    layer : {"visits", "legs", "skipped", "beats", "areas"}
    """
    table = LAYERS[layer](night)
    columns = [name for name in table.columns if name != "geometry"]
    moments = [name for name in columns if isinstance(table[name].dtype, pd.DatetimeTZDtype)]
    minutes = [name for name in columns if name.endswith("_min")]
    table[minutes] = table[minutes].round(2)
    texts = pd.DataFrame(table.drop(columns="geometry")).astype(object)
    for name in moments:
        texts[name] = [moment.isoformat(timespec="seconds") for moment in table[name]]
    features = [
        {
            "type": "Feature",
            "properties": {**dict(zip(columns, map(_plain_value, row), strict=True)), "roads": night.statement},
            "geometry": _geometry(shape),
        }
        for row, shape in zip(texts.itertuples(index=False, name=None), table.geometry, strict=True)
    ]
    provenance = night.roads.provenance
    document = {
        "type": "FeatureCollection",
        "name": layer,
        "description": night.statement,
        "provenance": {
            "kind": provenance.kind,
            "source": provenance.source,
            "date": provenance.date,
            "attribution": provenance.attribution,
            "synthetic": night.synthetic,
        },
        "closed": list(closed_words(night.scenario)),
        "notes": list(night.scenario.notes),
        "features": features,
    }
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1) + "\n"


def _plain_value(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def _geometry(shape: Any) -> dict[str, Any]:
    if shape.geom_type.endswith("Polygon"):
        shaped: dict[str, Any] = json.loads(shapely.to_geojson(shapely.set_precision(shape, 10.0**-_DIGITS)))
        return shaped
    lonlat = [[round(x, _DIGITS), round(y, _DIGITS)] for x, y in shapely.get_coordinates(shape).tolist()]
    return {"type": shape.geom_type, "coordinates": lonlat[0] if shape.geom_type == "Point" else lonlat}


def write_geopackage(night: Night, path: Path) -> None:
    """Write the layers and a table ``about`` into one GeoPackage.

    ``about`` has columns ``key`` and ``value`` and says where the roads come from, who planned, what is closed, and the
    scenario's notes. Layers without rows are written with all their columns. Times keep their instant; GeoPackage
    stores them in UTC.

    Parameters
    ----------
    night : Night
    path : Path
        Must not exist.
    """
    for layer in layers_of(night.scenario):
        table = LAYERS[layer](night)
        if layer == "areas":
            table.geometry = [shapely.MultiPolygon(shapely.get_parts(shape).tolist()) for shape in table.geometry]
        for name in table.columns:
            if isinstance(table[name].dtype, pd.DatetimeTZDtype):
                table[name] = table[name].dt.tz_convert("UTC")
        pyogrio.write_dataframe(
            gpd.GeoDataFrame(table),
            path,
            layer=layer,
            driver="GPKG",
            geometry_type=_GEOMETRY[layer],
            append=False,
            layer_options={"DESCRIPTION": night.statement},
        )
    pyogrio.write_dataframe(_about(night), path, layer="about", driver="GPKG")


def _about(night: Night) -> pd.DataFrame:
    provenance = night.roads.provenance
    rows = [
        ("scenario", night.scenario.name),
        ("date", night.scenario.date.isoformat()),
        ("timezone", night.scenario.timezone),
        *(("roads", statement) for statement in night.statements),
        ("roads_kind", provenance.kind),
        ("roads_source", provenance.source),
        ("roads_date", provenance.date or "unknown"),
        ("attribution", provenance.attribution or "none stated"),
        ("warning", SYNTHETIC_BAND if night.synthetic else "none"),
        ("engine", night.plan.engine),
        *(("closed", each) for each in closed_words(night.scenario)),
        *(("note", note) for note in night.scenario.notes),
    ]
    return pd.DataFrame(rows, columns=["key", "value"])
