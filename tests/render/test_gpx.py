"""GPX 1.1: structure, UTC times, the way as it is driven, escaped names."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest

from patrolroute.provenance import OSM_ATTRIBUTION
from patrolroute.render import squad_gpx
from patrolroute.scenario.model import Closures

NS = {"g": "http://www.topografix.com/GPX/1/1"}
ORDER = {
    "gpx": ["metadata", "wpt", "rte", "trk", "extensions"],
    "metadata": ["name", "desc", "author", "copyright", "link", "time", "keywords", "bounds", "extensions"],
    "copyright": ["year", "license"],
    "wpt": ["ele", "time", "magvar", "geoidheight", "name", "cmt", "desc", "src", "link", "sym", "type"],
    "trk": ["name", "cmt", "desc", "src", "link", "number", "type", "extensions", "trkseg"],
    "trkseg": ["trkpt", "extensions"],
    "trkpt": ["ele", "time"],
}


def check_order(element):
    """GPX 1.1 is an xsd:sequence: children of known names in one order."""
    tag = element.tag.rpartition("}")[2]
    names = [child.tag.rpartition("}")[2] for child in element]
    if tag in ORDER:
        places = [ORDER[tag].index(name) for name in names]
        assert places == sorted(places)
    for child in element:
        check_order(child)


def moment(element):
    text = element.find("g:time", NS).text
    assert text.endswith("Z")
    return dt.datetime.fromisoformat(text)


def test_structure_and_times(night):
    root = ET.fromstring(squad_gpx(night, "regu-1"))
    assert root.tag == "{http://www.topografix.com/GPX/1/1}gpx"
    assert (root.get("version"), root.get("creator")) == ("1.1", "patrolroute")
    check_order(root)
    points = root.findall("g:wpt", NS)
    assert [p.find("g:name", NS).text for p in points] == [
        "Start: Mapolda NTT",
        "1 KPU Kota",
        "2 Bawaslu",
        "3 Gudang KPU",
        "End: Mapolda NTT",
    ]
    route = night.plan.routes[0]
    expected = [route.leave_s, *(visit.begin_s for visit in route.visits), route.return_s]
    assert [moment(p) for p in points] == [night.clock(second) for second in expected]
    assert float(points[1].get("lon")) == pytest.approx(123.6042)
    assert float(points[1].get("lat")) == pytest.approx(-10.1758)
    assert "Position approximate" in points[2].find("g:desc", NS).text
    holder = root.find("g:metadata/g:copyright", NS)
    assert holder.get("author") == OSM_ATTRIBUTION
    assert holder.find("g:license", NS).text == "https://opendatacommons.org/licenses/odbl/1-0/"
    assert night.roads.provenance.statement in root.find("g:metadata/g:desc", NS).text


def test_track_follows_the_legs_in_time(night):
    root = ET.fromstring(squad_gpx(night, "regu-1"))
    segments = root.findall("g:trk/g:trkseg", NS)
    drives = list(night.drives(night.plan.routes[0]))
    assert len(segments) == len(drives)
    for segment, drive in zip(segments, drives, strict=True):
        points = segment.findall("g:trkpt", NS)
        assert [(float(p.get("lon")), float(p.get("lat"))) for p in points] == [
            pytest.approx(at, abs=1e-7) for at in drive.leg.line.coords
        ]
        times = [moment(p) for p in points]
        assert times == sorted(times)
        assert (times[0], times[-1]) == (night.clock(drive.leave_s), night.clock(drive.arrive_s))


def test_synthetic_has_no_copyright_and_shouts(make_night, synthetic):
    root = ET.fromstring(squad_gpx(make_night(provenance=synthetic), "regu-1"))
    assert root.find("g:metadata/g:copyright", NS) is None
    assert root.find("g:metadata/g:name", NS).text.startswith("SYNTHETIC ROADS: NOT FOR THE FIELD")
    assert "SYNTHETIC ROADS" in root.find("g:trk/g:src", NS).text


def test_a_source_is_claimed_only_where_one_is_named(make_night):
    site = {"lon": 123.6042, "lat": -10.1758, "placement": "surveyed"}
    told = []
    for source in ("press", "  ", ""):
        night = make_night(((0,),))
        first = night.scenario.sites[0].model_copy(update={**site, "source": source})
        scenario = night.scenario.model_copy(update={"sites": (first, *night.scenario.sites[1:])})
        root = ET.fromstring(squad_gpx(replace(night, scenario=scenario), "regu-1"))
        point = root.findall("g:wpt", NS)[1]
        told.append(point.find("g:desc", NS).text.partition(". ")[2])
    assert told == ["Position from a source.", *["Position given as exact, no source named."] * 2]


def test_what_is_closed_is_told(make_night):
    root = ET.fromstring(squad_gpx(make_night(closures=Closures(streets=("Jalan Ende",))), "regu-1"))
    assert "Closed: Jalan Ende." in root.find("g:metadata/g:desc", NS).text


def test_squad_without_visits(make_night):
    root = ET.fromstring(squad_gpx(make_night(((0,), ())), "regu-2"))
    check_order(root)
    assert len(root.findall("g:wpt", NS)) == 1
    assert root.find("g:trk", NS) is None


def test_hostile_names_are_text(make_night, hostile_names):
    night = make_night(names=("a]]>b\ufffe", *hostile_names[:5]), squad_names=hostile_names, base=hostile_names[1])
    root = ET.fromstring(squad_gpx(night, "regu-1"))
    names = [p.find("g:name", NS).text for p in root.findall("g:wpt", NS)]
    assert names[1:3] == ["1 a]]>b\ufffd", f"2 {hostile_names[0]}"]
    assert names[-1] == f"End: {hostile_names[1]}"
