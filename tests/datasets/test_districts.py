from __future__ import annotations

import geopandas as gpd
import pytest
import shapely

from patrolroute import datasets, plan
from patrolroute.datasets import districts as module
from patrolroute.errors import InputError
from patrolroute.provenance import Provenance
from patrolroute.roads import place_on_roads, roads_from_graph, travel_matrix
from patrolroute.saved import check_saved
from patrolroute.scenario import Placement

KECAMATAN = ("alak", "maulafa", "kelapa-lima", "oebobo", "kota-raja", "kota-lama")


@pytest.fixture(scope="module")
def city() -> datasets.District:
    return datasets.kupang(standin=True)


@pytest.fixture(scope="module")
def samples() -> dict[str, datasets.District]:
    return datasets.sample_districts(standin=True)


def square(lon: float, lat: float, half_deg: float = 0.01) -> shapely.Polygon:
    return shapely.box(lon - half_deg, lat - half_deg, lon + half_deg, lat + half_deg)


def test_the_city_comes_first_among_the_names():
    assert datasets.names() == ("kupang", "kupang-full", *KECAMATAN)


def test_an_unknown_name_is_told_with_those_that_exist():
    for call in (datasets.load, datasets.fetch):
        expected = r"'kupan' \(did you mean 'kupang'\?\); expected one of kupang, kupang-full, alak"
        with pytest.raises(InputError, match=expected):
            call("kupan")


def test_the_night_in_full_has_areas_second_visits_a_joint_stop_and_formed_squads(tmp_path):
    roads, scenario = datasets.load("kupang-full", standin=True)
    assert [area.id for area in scenario.areas] == ["kuanino", "kelapa-lima", "wali-kota"]
    night = plan(scenario, roads, iterations=20_000, seed=1, bound_seconds=1)
    assert sum(sum(squad.people.values()) for squad in night.scenario.squads) == 41
    first = night.coverage[0]
    assert first.covered_weight == first.total_weight == 45
    met = [(visit.begin_s, route.squad) for route in night.routes for visit in route.visits if visit.site == "kpu-kota"]
    begins = sorted(begin for begin, _ in met)
    assert len(met) == 3, "two squads meet, one comes again"
    assert begins[0] == begins[1]
    assert begins[2] - begins[1] >= (45 + 15) * 60
    night.save(tmp_path / "out")
    assert check_saved(tmp_path / "out") == []


def test_a_district_unpacks_to_roads_and_scenario(city):
    roads, scenario = city
    assert roads is city.roads
    assert scenario is city.scenario


def test_41_people_of_five_task_forces_ride_in_five_vehicles(city):
    squads = city.scenario.squads
    assert len(squads) == 5
    assert sum(squad.size for squad in squads) == 41
    forces = {force for squad in squads for force in squad.people}
    assert forces == {"preemtif", "preventif", "objek kegiatan", "objek penting pemilu", "sterilisasi"}
    assert {squad.vehicle.kind for squad in squads} == {"car", "motorcycle"}
    assert {(squad.start, squad.end) for squad in squads} == {("mapolda", "mapolda")}
    assert {squad.shift.start.isoformat() for squad in squads} == {"2023-11-23T20:15:00+08:00"}
    assert {squad.shift.end.isoformat() for squad in squads} == {"2023-11-23T22:30:00+08:00"}
    assert all(squad.shift.briefing_min and squad.shift.debriefing_min for squad in squads)


def test_what_no_report_gives_is_called_assumed(city):
    notes = " ".join(city.scenario.notes)
    assert "Assumed: how the 41 people split" in notes
    assert "Assumed: the hours" in notes
    assert "guesses" in notes


def test_sites_say_where_they_come_from_and_how_precisely(city):
    sites = city.scenario.sites
    assert len(sites) >= 30
    assert all(site.source for site in sites)
    guessed = [site for site in sites if "no source gives a point" in site.source]
    assert {site.id for site in guessed} == {site.id for site in sites if site.placement is Placement.STREET}
    # A guess that shows more digits than it is worth would pass for a measurement.
    assert all(round(site.lon, 3) == site.lon and round(site.lat, 3) == site.lat for site in guessed)
    street = {"kpu-kota", "bawaslu-kota", "kpu-ntt", "bawaslu-ntt", "wali-kota", "gubernur", "dprd", "gudang-kpu"}
    assert street <= {site.id for site in guessed}


def test_election_offices_and_named_areas_are_of_tier_1(city):
    tiers = {site.id: site.tier for site in city.scenario.sites}
    first = {"kpu-kota", "bawaslu-kota", "kpu-ntt", "bawaslu-ntt", "gudang-kpu", "wali-kota", "kuanino", "kelapa-lima"}
    assert {name for name, tier in tiers.items() if tier == 1} == first
    dwells = {(site.tier, site.dwell_min) for site in city.scenario.sites}
    assert dwells == {(1, 15), (2, 12), (3, 10)}


def test_hospitals_stand_where_their_source_has_them(city, shared_data):
    import json

    data = json.loads((shared_data / "kupang" / "dataset_with_matrix.json").read_text(encoding="utf-8"))
    points = {(round(h["lng"], 6), round(h["lat"], 6)) for h in data["hospitals"].values()}
    hospitals = {(s.lon, s.lat) for s in city.scenario.sites if "ga-rs-kupang" in s.source}
    assert hospitals == points


def test_all_sites_meet_the_stand_in_and_each_other(city):
    scenario = city.scenario
    points = [*scenario.places, *scenario.sites]
    placed = place_on_roads(city.roads, points, travel=scenario.travel)
    assert int(placed.access_m.max()) <= 150
    matrix = travel_matrix(city.roads, placed, profiles={"1": 1000})
    seconds, _ = matrix.drive("1", "mapolda", "kpu-kota")
    assert 120 < seconds < 1200


def test_each_sample_keeps_to_its_area(samples):
    assert tuple(samples) == KECAMATAN
    for name, district in samples.items():
        assert district.name == name
        assert district.area_source.startswith("approximate")
        assert "approximate" in district.scenario.notes[0]
        for site in district.scenario.sites:
            assert shapely.intersects_xy(district.area, site.lon, site.lat), (name, site.id)
    assert len({district.seed for district in samples.values()}) == 6


def test_samples_have_as_many_stations_as_were_counted(samples):
    stations = {
        name: [s for s in district.scenario.sites if s.name.startswith("synthetic polling station")]
        for name, district in samples.items()
    }
    assert {name: len(found) for name, found in stations.items()} == {
        "alak": 104,
        "maulafa": 122,
        "kelapa-lima": 92,
        "oebobo": 118,
        "kota-raja": 71,
        "kota-lama": 45,
    }
    for found in stations.values():
        assert all(s.source.startswith("synthetic") and s.placement is Placement.APPROXIMATE for s in found)
        assert len({(s.lon, s.lat) for s in found}) == len(found)


def test_samples_can_be_driven_from_base_to_every_site(samples):
    for district in samples.values():
        scenario = district.scenario
        assert len(scenario.squads) == 3
        assert {squad.start for squad in scenario.squads} == {scenario.places[0].id}
        placed = place_on_roads(district.roads, [*scenario.places, *scenario.sites], travel=scenario.travel)
        assert len(placed.access_m) == len(scenario.sites) + 1


def test_samples_are_the_same_each_time_and_as_loaded_one_by_one(samples):
    for name in ("alak", "kota-lama"):
        again = datasets.load(name, standin=True)
        assert again.scenario == samples[name].scenario
        assert again.area.equals(samples[name].area)
    assert datasets.load("kupang", standin=True).scenario == datasets.kupang(standin=True).scenario


def test_areas_do_not_overlap_and_make_up_the_city(city, samples):
    areas = [district.area for district in samples.values()]
    whole = shapely.union_all(areas)
    assert sum(area.area for area in areas) == pytest.approx(whole.area, rel=1e-4)
    assert whole.area == pytest.approx(city.area.area)


def test_most_of_the_real_city_lies_in_the_right_kecamatan(samples, shared_data):
    real = gpd.read_file(shared_data / "kupang" / "kelurahan.geojson")
    parts = real.dissolve(real["kode"].str[:8]).to_crs("EPSG:32751").geometry
    ours = gpd.GeoSeries([d.area for d in samples.values()], crs="EPSG:4326").to_crs("EPSG:32751")
    codes = [f"53.71.0{k}" for k in range(1, 7)]
    right = sum(parts[code].intersection(area).area for code, area in zip(codes, ours, strict=True))
    assert right / parts.area.sum() > 0.8


def test_own_polygons_replace_the_approximate_ones(samples):
    own = gpd.GeoDataFrame({"name": ["OEBOBO"]}, geometry=[square(123.61, -10.165)], crs="EPSG:4326")
    mine = datasets.sample_districts(polygons=own.to_crs("EPSG:32751"), standin=True)
    assert mine["oebobo"].area_source == "given by the caller"
    assert mine["oebobo"].area.equals_exact(own.geometry[0], 1e-6, normalize=True)
    assert "approximate" not in mine["oebobo"].scenario.notes[0]
    assert mine["alak"].scenario == samples["alak"].scenario


def test_real_kelurahan_polygons_are_dissolved(shared_data):
    real = gpd.read_file(shared_data / "kupang" / "kelurahan.geojson")
    mine = datasets.sample_districts(polygons=real, standin=True)
    assert {district.area_source for district in mine.values()} == {"given by the caller"}
    assert sum(len(d.scenario.sites) for d in mine.values()) > 552


def test_every_fault_of_own_polygons_is_told_at_once():
    shapes = [
        square(123.6, -10.17),
        shapely.Point(123.6, -10.17),
        shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]),
        None,
    ]
    own = gpd.GeoDataFrame({"name": ["Klandasan", "Alak", "Oebobo", "Maulafa"]}, geometry=shapes, crs="EPSG:4326")
    with pytest.raises(InputError) as error:
        datasets.sample_districts(polygons=own, standin=True)
    faults = error.value.faults
    assert [fault.split(":")[0] for fault in faults] == [
        "polygons row 1 'Klandasan'",
        "polygons row 2 'Alak'",
        "polygons row 3 'Oebobo'",
        "polygons row 4 'Maulafa'",
    ]
    assert "no kecamatan of Kota Kupang" in faults[0]
    assert "found Point" in faults[1]
    assert "crosses itself" in faults[2]
    assert "found nothing" in faults[3]


@pytest.mark.parametrize(
    ("own", "words"),
    [
        (gpd.GeoDataFrame({"nama": ["Alak"]}, geometry=[square(123.6, -10.2)], crs="EPSG:4326"), "expected 'kode'"),
        (gpd.GeoDataFrame({"name": ["Alak"]}, geometry=[square(123.6, -10.2)]), "no coordinate system"),
        (gpd.GeoDataFrame({"name": []}, geometry=[], crs="EPSG:4326"), "has no rows"),
        (
            gpd.GeoDataFrame({"name": ["Alak"]}, geometry=[square(106.8, -6.2)], crs="EPSG:4326"),
            "does not meet the streets",
        ),
        ("polygons.geojson", "found str; expected a GeoDataFrame"),
        (gpd.GeoDataFrame({"name": ["Alak"]}), "with a geometry column"),
    ],
    ids=["no key", "no crs", "empty", "elsewhere", "text", "no geometry"],
)
def test_unusable_polygons_are_refused(own, words):
    with pytest.raises(InputError, match=words):
        datasets.sample_districts(polygons=own, standin=True)


def test_fetched_streets_go_before_the_stand_in(monkeypatch, graph):
    real = Provenance(kind="openstreetmap", source="Overpass, Kupang", date="2025-11-01", attribution="© OSM")
    fetched = roads_from_graph(graph, provenance=real)
    monkeypatch.setattr(module, "find_fetched", lambda key: fetched if key == "kupang" else None)
    assert datasets.kupang().roads is fetched
    assert datasets.load("alak").roads is fetched
    assert datasets.kupang(standin=True).roads.provenance.synthetic
    monkeypatch.setattr(module, "find_fetched", lambda key: None)
    assert datasets.kupang().roads.provenance.synthetic


def test_fetch_asks_for_the_whole_city(monkeypatch):
    asked = {}
    monkeypatch.setattr(module, "fetch_roads", lambda **options: asked.update(options))
    datasets.fetch("oebobo", refresh=True)
    assert asked == {"bbox": module.KUPANG_BBOX, "key": "kupang", "refresh": True}
    west, south, east, north = asked["bbox"]
    for site in datasets.kupang(standin=True).scenario.sites:
        assert west < site.lon < east
        assert south < site.lat < north
