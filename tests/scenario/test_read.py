"""Scenarios that are sound, in every form in which a planner may write them."""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
from shapely import MultiPoint, Point

from patrolroute.scenario import Placement, Scenario, read_scenario

WITA = ZoneInfo("Asia/Makassar")

HEAD = 'name = "Kupang"\ndate = 2023-11-23\ntimezone = "Asia/Makassar"\n'
POLDA = '[[places]]\nid = "polda"\nname = "Mapolda NTT"\nlon = 123.5976\nlat = -10.1777\nplacement = "surveyed"\n'


def wita(day: int, hour: int, minute: int = 0) -> dt.datetime:
    return dt.datetime(2023, 11, day, hour, minute, tzinfo=WITA)


def read(folder: Path, text: str, **tables: str) -> Scenario:
    """Read a scenario that is written to a folder with its tables; `sites_csv` becomes sites.csv."""
    for name, content in tables.items():
        (folder / name.replace("_", ".")).write_text(content, encoding="utf-8")
    (folder / "scenario.toml").write_text(text, encoding="utf-8")
    return read_scenario(folder / "scenario.toml")


def test_everything_inline_flat_and_nested(tmp_path: Path) -> None:
    scenario = read(
        tmp_path,
        HEAD
        + POLDA
        + """
[[sites]]
id = "kpu"
lon = 123.61
lat = -10.16
tier = "Sangat Rawan"
weight = 3
dwell_min = 12
windows = "20:15/22:30 23.00/24:00"
required = true
placement = "street"
source = "Antara, 2023-11-23"
[[sites]]
id = "bawaslu"
lon = 123.62
lat = -10.17
windows = [{ opens = 23:30:00, closes = 2023-11-24T01:30:00 }, "2023-11-24T02:00/2023-11-24T03:00"]
[[squads]]
id = "regu-1"
people = { preventif = 6, preemtif = 2 }
vehicle = { kind = "motorcycle", speed_factor = 1.2 }
start = "polda"
end = "kpu"
shift = { start = "20:15", end = "2023-11-24T04:00", briefing_min = 15, debriefing_min = 10 }
max_driving_min = 90
[[squads]]
id = "regu-2"
people = "preventif=4; sterilisasi: 1"
vehicle = "Car"
speed_factor = 0.9
start = "polda"
end = "polda"
shift_start = 22:15:00
shift_end = 2023-11-23T20:00:00Z
briefing_min = 5
""",
    )
    kpu, bawaslu = scenario.sites
    assert (kpu.tier, kpu.weight, kpu.dwell_s, kpu.required, kpu.placement) == (1, 3, 720, True, Placement.STREET)
    assert [(w.opens, w.closes) for w in kpu.windows] == [
        (wita(23, 20, 15), wita(23, 22, 30)),
        (wita(23, 23), wita(24, 0)),
    ]
    assert [(w.opens, w.closes) for w in bawaslu.windows] == [
        (wita(23, 23, 30), wita(24, 1, 30)),
        (wita(24, 2), wita(24, 3)),
    ]
    first, second = scenario.squads
    assert (first.size, first.vehicle.profile, first.end, first.max_driving_s) == (8, "1.2", "kpu", 5400)
    assert (first.shift.leave, first.shift.back) == (wita(23, 20, 30), wita(24, 3, 50))
    assert second.people == {"preventif": 4, "sterilisasi": 1}
    assert (second.vehicle.kind, second.vehicle.speed_factor) == ("car", 0.9)
    assert (second.shift.start, second.shift.end) == (wita(23, 22, 15), wita(24, 4))
    assert second.shift.end.utcoffset() == dt.timedelta(hours=8)
    assert scenario.seconds(second.shift.end) == 28 * 3600


SITES = "id,name,lon,lat,tier,windows,required\n"


@pytest.mark.parametrize(
    "content",
    [
        SITES + "a,Alun-Alun,123.61,-10.15,1,20:15/22:30,ya\n",
        "\ufeff" + SITES + "a,Alun-Alun,123.61,-10.15,sangat rawan,20.15/22.30,1\n",
        "sep=;\nID; Name ;LON;Lat;tier;windows;required;;\na;Alun-Alun;123,61;-10,15;1;20:15/22:30;TRUE;;\n\n;;;;;;\n",
        '"id","name","lon","lat","tier","windows","required","#note"\r\n"a","Alun-Alun","123.61","\u221210.15","1",'
        '"20:15 / 22:30","yes","x"\r\n',
        "id;name;lon;lat;tier;windows;required\ra;Alun-Alun;123.61;-10.15;1;2023-11-23 20:15/2023-11-23 22:30;Yes\r",
    ],
    ids=["commas", "byte order mark", "Indonesian Excel", "quoted, minus sign, remark", "old line ends"],
)
def test_csv_in_the_dialects_that_spreadsheets_write(tmp_path: Path, content: str) -> None:
    scenario = read(tmp_path, 'sites = "sites.csv"\n' + HEAD, sites_csv=content)
    (site,) = scenario.sites
    assert (site.id, site.name, site.lon, site.lat, site.tier) == ("a", "Alun-Alun", 123.61, -10.15, 1)
    assert site.required
    assert [(w.opens, w.closes) for w in site.windows] == [(wita(23, 20, 15), wita(23, 22, 30))]


def test_formulas_and_markup_are_text(tmp_path: Path) -> None:
    names = ["=cmd|' /C calc'!A0", "@SUM(1)", "<script>alert(1)</script>", "+1", "-2"]
    rows = "".join(f'{name},"{name}",123.6,-10.1{n}\n' for n, name in enumerate(names))
    scenario = read(tmp_path, 'sites = "sites.csv"\n' + HEAD, sites_csv="id,name,lon,lat\n" + rows)
    assert [(site.id, site.name) for site in scenario.sites] == [(name, name) for name in names]


@pytest.mark.parametrize("text", [HEAD, HEAD + "sites = []\nsquads = []\n", 'sites = "sites.csv"\n' + HEAD])
def test_no_sites_and_no_squads_is_a_night_too(tmp_path: Path, text: str) -> None:
    scenario = read(tmp_path, text, sites_csv="id,lon,lat\n")
    assert (scenario.sites, scenario.squads, scenario.places) == ((), (), ())


def test_geojson_points(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"id": [7, 8], "tier": [1, None], "name": ["a", "b"]},
        geometry=[Point(123.6, -10.1), MultiPoint([(123.7, -10.2)])],
        crs="EPSG:4326",
    )
    frame.to_file(tmp_path / "sites.geojson", driver="GeoJSON")
    scenario = read(tmp_path, 'sites = "sites.geojson"\n' + HEAD)
    assert [(s.id, s.tier, s.lon, s.lat) for s in scenario.sites] == [("7", 1, 123.6, -10.1), ("8", 2, 123.7, -10.2)]


def test_geopackage_layers_in_any_coordinate_system(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"id": ["a", "b"], "weight": [3, None], "required": [True, False], "windows": ["20:15/22:30", None]},
        geometry=[Point(123.6, -10.1), Point(123.7, -10.2)],
        crs="EPSG:4326",
    )
    frame.to_crs("EPSG:32751").to_file(tmp_path / "night.gpkg", layer="sites", driver="GPKG")
    frame.head(1).rename(columns={"id": "ID"})[["ID", "geometry"]].to_file(
        tmp_path / "base.gpkg", layer="only", driver="GPKG"
    )
    frame.tail(1).to_file(tmp_path / "night.gpkg", layer="others", driver="GPKG")
    scenario = read(tmp_path, 'sites = "night.gpkg#sites"\n' + HEAD)
    alone = read(tmp_path, 'places = "base.gpkg"\n' + HEAD)
    assert [(p.id, p.lon, p.lat) for p in alone.places] == [("a", 123.6, -10.1)]
    assert [(s.id, s.weight, s.required, len(s.windows)) for s in scenario.sites] == [
        ("a", 3, True, 1),
        ("b", 1, False, 0),
    ]
    assert [(round(s.lon, 7), round(s.lat, 7)) for s in scenario.sites] == [(123.6, -10.1), (123.7, -10.2)]


def test_squads_from_a_table_without_geometry(tmp_path: Path) -> None:
    squads = (
        "id,people,vehicle,speed_factor,start,end,shift_start,shift_end,briefing_min,debriefing_min,max_driving_min\n"
        'r1,"preventif=6; sterilisasi=2",motorcycle,1.1,polda,polda,20:15,2023-11-24T01:00,15,20,\n'
    )
    scenario = read(tmp_path, 'squads = "squads.csv"\n' + HEAD + POLDA, squads_csv=squads)
    (squad,) = scenario.squads
    assert squad.people == {"preventif": 6, "sterilisasi": 2}
    assert squad.max_driving_s is None
    assert (squad.shift.leave, squad.shift.back) == (wita(23, 20, 30), wita(24, 0, 40))


def test_squads_from_a_geopackage_without_geometry(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "id": [1, 2],
            "people": ["preventif=6", None],
            "start": ["polda", "polda"],
            "end": ["polda", "polda"],
            "shift_start": ["20:15", "22:15"],
            "shift_end": pd.to_datetime(["2023-11-23 23:00", "2023-11-24 02:00"]),
            "max_driving_min": [90.0, None],
        }
    )
    pyogrio.write_dataframe(frame, tmp_path / "squads.gpkg", layer="squads", driver="GPKG")
    scenario = read(tmp_path, 'squads = "squads.gpkg"\n' + HEAD + POLDA)
    assert [(s.id, s.size, s.max_driving_s) for s in scenario.squads] == [("1", 6, 5400), ("2", 0, None)]
    assert [s.shift.end for s in scenario.squads] == [wita(23, 23), wita(24, 2)]


def many_sites(count: int) -> str:
    return "".join(f"s{n},Site {n},{123 + n / 1e5:.5f},-10.1,{n % 3 + 1},20:15/22:30,\n" for n in range(count))


def test_a_table_of_the_largest_size_is_read(tmp_path: Path) -> None:
    assert len(read(tmp_path, 'sites = "sites.csv"\n' + HEAD, sites_csv=SITES + many_sites(20_000)).sites) == 20_000


def test_reading_a_table_takes_work_in_proportion_to_its_rows(tmp_path: Path) -> None:
    """Counted in steps of the interpreter, calls into what is compiled among them."""

    def work_of(count: int) -> int:
        steps = 0

        def step(*_: object) -> None:
            nonlocal steps
            steps += 1

        before = sys.getprofile()
        sys.setprofile(step)
        try:
            read(tmp_path, 'sites = "sites.csv"\n' + HEAD, sites_csv=SITES + many_sites(count))
        finally:
            sys.setprofile(before)
        return steps

    work_of(10)
    fewer, more = work_of(300), work_of(1200)
    assert more < 4.2 * fewer


def test_closures_from_a_geojson_file(tmp_path: Path) -> None:
    ring = [[123.6, -10.1], [123.61, -10.1], [123.61, -10.2], [123.6, -10.1]]
    features = [
        {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}},
        {"type": "Feature", "properties": {}, "geometry": {"type": "MultiPolygon", "coordinates": [[ring], [ring]]}},
    ]
    text = HEAD + '[closures]\nstreets = ["Jalan El Tari"]\nedges = [[1, 2]]\npolygons = "closed.geojson"\n'
    closed = json.dumps({"type": "FeatureCollection", "features": features})
    closures = read(tmp_path, text, closed_geojson=closed).closures
    assert closures.polygons == (tuple(map(tuple, ring)),) * 3
    assert (closures.streets, closures.edges) == (("Jalan El Tari",), ((1, 2),))


def test_tables_are_found_beside_the_scenario_not_in_the_working_folder(tmp_path: Path) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "s.csv").write_text("id,lon,lat\na,1,2\n", encoding="utf-8")
    (tmp_path / "night").mkdir()
    scenario = read(tmp_path / "night", 'sites = "../tables/s.csv"\n' + HEAD)
    absolute = read(tmp_path / "night", f"sites = '{tmp_path / 'tables' / 's.csv'}'\n" + HEAD)
    assert [s.id for s in scenario.sites] == ["a"]
    assert absolute == scenario
