"""Areas on every output: shares, beats street by street, outlines and lines."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pytest
from PIL import Image

from nights import squad
from patrolroute.patrol import PatrolPlan, plan
from patrolroute.render import (
    Night,
    areas_table,
    draw_map,
    explore,
    geojson,
    patrol_sheet,
    squad_gpx,
    summary,
    write_geopackage,
)
from patrolroute.render.areas import area_shares, driven_beats, route_beats_m
from patrolroute.render.printed.marks import inks
from patrolroute.render.printed.panel import key_rows, panel_columns
from patrolroute.render.summary import summarise
from patrolroute.render.tables import visits_table
from patrolroute.render.wording import length_text, stops_text
from patrolroute.roads import read_roads
from patrolroute.roads.coverage.recount import _area as inside_of
from patrolroute.scenario import Area, Scenario, Site


@pytest.fixture(scope="module")
def ilir(shared_data: Path) -> PatrolPlan:
    """Return a night in which one of two areas finds time only in part."""
    roads = read_roads(shared_data / "roads" / "klandasan_ilir.graphml")
    west, south, east, north = roads.bounds
    middle = (west + east) / 2
    halves = {"barat": (west, middle), "timur": (middle, east)}
    scenario = Scenario.model_validate(
        {
            "name": "Klandasan",
            "date": "2023-11-23",
            "timezone": "+08:00",
            "places": ({"id": "base", "lon": float(roads.lon[5]), "lat": float(roads.lat[5])},),
            "sites": (Site(id="kpu", lon=float(roads.lon[60]), lat=float(roads.lat[60]), tier=2),),
            "areas": tuple(
                Area(
                    id=name,
                    name=f"Klandasan {name} | $",
                    tier=tier,
                    weight=10,
                    rings=(((a, south), (b, south), (b, north), (a, north)),),
                )
                for tier, (name, (a, b)) in enumerate(halves.items(), start=1)
            ),
            "squads": (squad("regu-1", start=22, end=23),),
        }
    )
    return plan(scenario, roads, iterations=300, bound_seconds=0, seed=1)


def test_what_is_driven_on_the_way_counts_too_and_nothing_twice(ilir: PatrolPlan) -> None:
    night, book = ilir.night, ilir.built.beats
    assert book is not None
    edges = {int(edge) for leg in night.legs.values() for edge in leg.edges}
    edges |= {int(book.streets.edge[row]) for _, _, beat in driven_beats(night) for row in beat.street}
    for each in area_shares(night):
        inside = inside_of(ilir.roads, book.polygons[each.area.id], None, None)
        # Counted again edge by edge: no more than all that any drive touches, no less than the beats.
        most_m = sum(dm for street, dm in inside.items() if street in {int(ilir.roads.first[e]) for e in edges}) / 10
        made = [beat for _, _, beat in driven_beats(night) if beat.area == each.area.id]
        assert each.beats_m == pytest.approx(sum(beat.credit_dm for beat in made) / 10, abs=1)
        assert each.beats_m <= each.beats_m + each.way_m <= most_m + 1
        assert each.total_m == pytest.approx(sum(inside.values()) / 10, abs=20)
        assert (each.beats_driven, each.beats) == (len(made), len(book.of(each.area.id)))
    assert any(each.way_m > 0 for each in area_shares(night))
    assert [each.beats_driven == each.beats for each in area_shares(night)] == [True, False]


def test_the_summary_tells_the_shares(ilir: PatrolPlan) -> None:
    text = summary(ilir.night)
    assert "by beats  on the way  driven  wanted" in text
    (row,) = (line for line in text.splitlines() if line.strip().startswith("Klandasan barat | $"))
    assert row.rstrip().endswith("60 %")
    assert "Klandasan timur | $, beat" in text.partition("Left out")[2]
    assert "10 of 10" in text


def test_the_sheet_lists_a_beat_street_by_street(ilir: PatrolPlan) -> None:
    sheet = patrol_sheet(ilir.night, "regu-1")
    rows = [line for line in sheet.splitlines() if "Menyisir / beat:" in line and line.startswith("|")]
    assert len(rows) == len(list(driven_beats(ilir.night)))
    book = ilir.built.beats
    assert book is not None
    for row, (_, _, beat) in zip(rows, driven_beats(ilir.night), strict=True):
        names = {book.streets.name[i] for i in beat.street.tolist()} - {""}
        long = {name for name, metres, _ in book.stretches(beat) if name and metres > 30}
        assert all(name in row for name in long)
        assert all(name in row for name in names if name in long)
    assert "15 km/h" in sheet
    # The table keeps its five columns, whatever the names hold.
    assert all(row.replace("\\|", "").count("|") == 6 for row in rows)


def test_the_kilometres_of_beats_are_in_the_squads_totals_once(ilir: PatrolPlan) -> None:
    night, book = ilir.night, ilir.built.beats
    made = [beat for _, _, beat in driven_beats(night)]
    whole_m = {route.squad: route.drive_m + route_beats_m(night, route) for route in night.plan.routes}
    metres = sum(float(book.streets.length_dm[beat.street, 1 - beat.forward].sum()) / 10 for beat in made)
    assert metres > 0
    assert sum(whole_m.values()) == pytest.approx(night.plan.drive_m + metres)
    squads = summarise(night).squads
    rows = {row[0]: dict(zip(squads.heads, row, strict=True)) for row in squads.rows}
    table = visits_table(night)
    assert table["beat_km"].sum() == pytest.approx(metres / 1000)
    for each in ilir.scenario.squads:
        assert rows[each.title]["way"] == length_text(whole_m[each.id])
        sheet, beats_m = patrol_sheet(night, each.id), route_beats_m(night, night.route(each.id))
        assert f"{length_text(whole_m[each.id])} (beats {length_text(beats_m)}), driving" in sheet


def test_stops_and_beats_are_counted_apart(ilir: PatrolPlan) -> None:
    night, (route,) = ilir.night, ilir.routes
    beats = len(list(driven_beats(night)))
    stops = len(route.visits) - beats
    assert beats > 1
    told = stops_text(night, route)
    assert told in {f"{stops} stop, {beats} beats", f"{beats} beats"}
    squads = summarise(night).squads
    row = dict(zip(squads.heads, squads.rows[0], strict=True))
    assert (row["stops"], row["beats"]) == (str(stops), str(beats))
    assert f"{told}, " in patrol_sheet(night, "regu-1")
    assert f": {told}, back" in explore(night).get_root().render()
    ink = dict(zip(["regu-1"], inks(1), strict=True))
    assert any(row.text.endswith(f", {told}") for column in panel_columns(night, ink, 600)[0] for row in column)
    left_out = sum(each.site in {"barat", "timur"} for each in ilir.document.skipped)
    assert f"{left_out} beat" in next(row.text for row in key_rows(night, 0) if row.text.startswith("left out"))
    # What coverage counts are no sites alone.
    assert "sites and areas" in repr(ilir)
    assert summarise(night).coverage.heads[1] == "sites and areas"


def test_layers_hold_beats_and_areas(ilir: PatrolPlan, tmp_path: Path) -> None:
    beats, areas = (json.loads(geojson(ilir.night, layer)) for layer in ("beats", "areas"))  # type: ignore[arg-type]
    assert [each["geometry"]["type"] for each in beats["features"]] == ["LineString"] * len(
        list(driven_beats(ilir.night))
    )
    assert all(each["properties"]["streets"] for each in beats["features"])
    assert [each["properties"]["area"] for each in areas["features"]] == ["barat", "timur"]
    assert 0.6 <= areas["features"][0]["properties"]["share"] <= 1
    write_geopackage(ilir.night, tmp_path / "plan.gpkg")
    again = gpd.read_file(tmp_path / "plan.gpkg", layer="areas")
    assert again["share"].tolist() == pytest.approx([each.share for each in ilir.night.area_shares])
    assert gpd.read_file(tmp_path / "plan.gpkg", layer="visits")["weight"].max() < 10


def test_areas_of_a_plan_are_a_table_with_polygons(ilir: PatrolPlan, make_night: Callable[..., Night]) -> None:
    table, shares = ilir.areas, ilir.night.area_shares
    assert table["area"].tolist() == ["barat", "timur"]
    assert table["tier"].tolist() == [1, 2]
    assert table["weight"].tolist() == [10, 10]
    assert table["wanted"].tolist() == [0.6, 0.6]
    assert table["share"].tolist() == pytest.approx([each.share for each in shares])
    assert (table["driven_km"] / table["streets_km"]).tolist() == pytest.approx(table["share"].tolist())
    assert table["driven_km"].tolist() == pytest.approx((table["beats_km"] + table["way_km"]).tolist())
    assert table.crs == "EPSG:4326"
    assert set(table.geom_type) <= {"Polygon", "MultiPolygon"}
    none = areas_table(make_night())
    assert none.empty
    assert none.dtypes.astype(str).to_dict() == table.dtypes.astype(str).to_dict()


def test_the_track_follows_the_beats(ilir: PatrolPlan) -> None:
    root = ET.fromstring(squad_gpx(ilir.night, "regu-1"))
    space = "{http://www.topografix.com/GPX/1/1}"
    segments = [
        [(float(p.attrib["lon"]), float(p.attrib["lat"])) for p in segment] for segment in root.iter(f"{space}trkseg")
    ]
    book = ilir.built.beats
    assert book is not None
    for _, _, beat in driven_beats(ilir.night):
        line = [(round(x, 7), round(y, 7)) for x, y in book.line(beat).coords]
        assert line in segments
    # One way without a gap: each segment begins where the last one ended, or at a site beside the street.
    times = [p.text for p in root.iter(f"{space}time")]
    assert all(times)


def test_the_maps_show_outlines_and_beats(ilir: PatrolPlan) -> None:
    with_beats = np.asarray(Image.open(io.BytesIO(draw_map(ilir.night, dpi=72))).convert("RGB"), int)
    blue = (np.abs(with_beats - (0, 114, 178)).sum(axis=2) < 60).sum()
    shown = explore(ilir.night).get_root().render()
    assert "Klandasan barat | &#36;" in shown
    assert "beat 1" in shown
    # The squad's colour covers what its beats and drives are long: hundreds of pixels even on a small picture.
    assert blue > 800
