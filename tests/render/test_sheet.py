"""The patrol sheet is what an officer holds: complete, local, honest about positions and roads."""

from __future__ import annotations

import re

import pytest

from patrolroute.render import patrol_sheet
from patrolroute.render.wording import stretches
from patrolroute.scenario.model import Closures


def rows_of(sheet):
    return [line for line in sheet.splitlines() if line.startswith("| ")]


def cells(row):
    return [cell.strip() for cell in row.replace("\\|", "\0").strip("|").split("|")]


def test_header(night):
    header = dict(cells(row)[:2] for row in rows_of(patrol_sheet(night, "regu-1"))[:12])
    route = night.plan.routes[0]
    back = f"{night.clock(route.return_s):%H:%M}"
    assert header["Nomor / number"] == ""
    assert header["Malam / night"] == "Patroli malam Kupang, Thursday 23 Nov 2023"
    assert header["Regu / squad"] == "Regu 1 (regu-1)"
    assert header["Personel / people"] == "6: Preventif 4, Preemtif 2"
    assert header["Kendaraan / vehicle"] == "mobil / car (R4)"
    assert header["Dinas / shift"] == "22:00–02:00 (24 Nov) (Asia/Makassar, UTC+08:00)"
    assert header["Arahan / briefing"] == "22:00–22:30 at Mapolda NTT"
    assert header["Berangkat / leaves"] == "22:30 from Mapolda NTT"
    assert header["Kembali / back"] == f"{back} at Mapolda NTT, 01:45 (24 Nov) at the latest"
    over = f"{night.clock(route.return_s + 900):%H:%M}"
    told = f"15 min at Mapolda NTT, over by {over} as planned, 02:00 (24 Nov) at the latest"
    assert header["Konsolidasi / debriefing"] == told
    assert header["Jumlah / in all"].startswith("3 stops, 5.5 km, driving 14 min (")


def test_every_stop_street_by_street(night):
    sheet = patrol_sheet(night, "regu-1")
    table = [cells(row) for row in rows_of(sheet)]
    start = table.index(["NO", "ROUTE", "JAM", "SASARAN", "CB"])
    out, *stops, back = table[start + 1 :]
    assert out == ["", "Berangkat / set out", "22:30", "Mapolda NTT", ""]
    assert [row[0] for row in stops] == ["1", "2", "3"]
    assert stops[0][1] == "Jalan Timur 0 (440 m) → Jalan Utara 1 (490 m); in all 930 m, 2 min"
    assert stops[1][1].startswith("Jalan Utara 1 (40 m) → unnamed road (880 m) → Jalan Utara 3 (40 m); in all")
    begin = night.plan.routes[0].visits[0].begin_s
    times = f"{night.clock(begin):%H:%M}–{night.clock(begin + 900):%H:%M} (15 min)"
    assert stops[0][2:] == [times, "KPU Kota (tier 1)", ""]
    assert stops[1][3] == "Bawaslu ≈ (tier 2)"
    assert back[1].startswith(
        "Kembali / back: off the street (30 m) → Jalan Utara 3 (1.3 km) → Jalan Timur 0 (1.3 km);"
    )
    assert back[3] == "Mapolda NTT"
    assert "Jalan tanpa nama / unnamed road: the map has no name for it." in sheet


def metres(text):
    """Return what a length says and how far off it may be."""
    number, unit = text.split()
    return (1000 * float(number), 50) if unit == "km" else (float(number), 5)


@pytest.mark.parametrize("away_deg", [0.0001, 0.0002, 0.0004, 0.0009])
def test_lengths_and_minutes_add_up(make_night, away_deg):
    night = make_night(away_deg=away_deg, wait_s=100)
    for route in night.plan.routes:
        for drive in night.drives(route):
            assert sum(part.length_m for part in stretches(drive.leg)) == pytest.approx(drive.leg.length_dm / 10)
        rows = [cells(row) for row in rows_of(patrol_sheet(night, route.squad))]
        ways = [row for row in rows if len(row) == 5 and "; in all " in row[1]]
        assert len(ways) == len(route.visits) + 1
        clock_min = 22 * 60 + 30
        for row in ways:
            parts, total = row[1].removeprefix("Kembali / back: ").split("; in all ")
            told = [metres(length) for length in re.findall(r"\(([^()]+ k?m)\)", parts)]
            whole, slack = metres(total.split(", ")[0])
            assert abs(sum(each for each, _ in told) - whole) <= slack + sum(off for _, off in told) + 1
            clock_min += int(re.fullmatch(r"(\d+) min", total.split(", ")[1])[1])
            shown = row[2]
            if "wait" in shown:
                arrive, wait = re.search(r"there at (\S+), wait (\d+) min", shown).groups()
                assert arrive == f"{clock_min // 60:02d}:{clock_min % 60:02d}"
                begin, end, stay = re.match(r"(\S+)–(\S+) \((\d+) min\)", shown).groups()
                assert begin == f"{(clock_min + int(wait)) // 60:02d}:{(clock_min + int(wait)) % 60:02d}"
                clock_min += int(wait) + int(stay)
                shown = end
            assert shown == f"{clock_min // 60:02d}:{clock_min % 60:02d}"


def test_the_way_between_street_and_place_is_told(make_night):
    sheet = patrol_sheet(make_night(away_deg=0.0009), "regu-1")
    way = next(cells(row)[1] for row in rows_of(sheet) if row.startswith("| 2 |"))
    assert way.startswith("off the street (100 m) → Jalan Utara 1 (")
    assert "→ off the street (100 m); in all " in way
    assert "Di luar jalan / off the street:" in sheet


def test_positions_roads_and_notes_are_explained(night):
    sheet = patrol_sheet(night, "regu-1")
    assert "- Bawaslu: position approximate: the place itself may be some hundred metres off (source: press)" in sheet
    assert "- Gudang KPU: only the street is known" in sheet
    assert "- KPU Kota:" not in sheet
    assert "- Pasar:" not in sheet
    assert "- Radio channel 4." in sheet
    assert night.roads.provenance.statement in sheet
    assert "SYNTHETIC" not in sheet
    assert "Tanda tangan / signature: ____" in sheet


def test_what_is_closed_is_told(make_night):
    ring = ((123.600, -10.180), (123.602, -10.180), (123.602, -10.177), (123.600, -10.177))
    closures = Closures(streets=("Jalan | Ende", "Jalan Palapa"), edges=((101, 102),), polygons=(ring,))
    header = dict(cells(row)[:2] for row in rows_of(patrol_sheet(make_night(closures=closures), "regu-1"))[:13])
    assert header["Ditutup / closed"] == (
        "Jalan \0 Ende; Jalan Palapa; the stretch from OSM node 101 to 102; all streets in area 1 around "
        "lon 123.6010, lat -10.1785 (330 m across)"
    )
    many = Closures(streets=tuple(f"Street {n}" for n in range(40)), edges=tuple((n, n + 1) for n in range(30)))
    sheet = patrol_sheet(make_night(closures=many), "regu-1")
    assert all(f"Street {n};" in sheet for n in range(40))
    assert "; 18 more stretches that the scenario names |" in sheet
    assert "Ditutup" not in patrol_sheet(make_night(), "regu-1")


def test_synthetic_roads_shout_above_and_below(make_night, synthetic):
    sheet = patrol_sheet(make_night(provenance=synthetic), "regu-2")
    band = "> **SYNTHETIC ROADS: NOT FOR THE FIELD / JALAN SINTETIS: BUKAN UNTUK LAPANGAN**"
    assert sheet.count(band) == 2
    assert sheet.index(band) < sheet.index("| NO |")
    assert "Roads: stand-in 1 (2025-01-01). SYNTHETIC ROADS: NOT FOR THE FIELD" in sheet


def test_wait_and_midnight(make_night):
    night = make_night(leave=(23, 20), wait_s=300)
    stops = [cells(row) for row in rows_of(patrol_sheet(night, "regu-1"))]
    stop = next(row for row in stops if row[0] == "3")
    visit = night.plan.routes[0].visits[2]
    arrive, begin, end = (night.clock(s) for s in (visit.arrive_s, visit.begin_s, visit.end_s))
    assert stop[2] == (f"{begin:%H:%M}–{end:%H:%M} (24 Nov) (15 min); there at {arrive:%H:%M} (24 Nov), wait 5 min")


def test_squad_without_visits(make_night):
    sheet = patrol_sheet(make_night(((0,), ())), "regu-2")
    assert "**No stops are planned.** The squad stays ready at Mapolda NTT 22:30–01:45" in sheet
    assert "| NO |" not in sheet
    assert "OpenStreetMap" in sheet


def test_people_unknown(make_night):
    assert "| Personel / people | not stated |" in patrol_sheet(make_night(people={}), "regu-1")


@pytest.mark.parametrize("all_legs", [False, True])
def test_stop_where_the_squad_starts(make_night, all_legs):
    sheet = patrol_sheet(make_night(((0, 1),), same_place=True, all_legs=all_legs), "regu-1")
    assert "| 1 | no drive: same place |" in sheet


def test_hostile_names_stay_names(make_night, hostile_names):
    night = make_night(
        names=hostile_names,
        squad_names=hostile_names,
        base=hostile_names[4],
        street=hostile_names[4],
        notes=hostile_names,
        people=dict.fromkeys(hostile_names, 1),
    )
    for squad in ("regu-1", "regu-2"):
        sheet = patrol_sheet(night, squad)
        assert "<" not in sheet
        assert "](" not in sheet.replace("\\](", "")
        widths = [len(cells(row)) for row in rows_of(sheet)]
        assert widths == sorted(widths)
        assert set(widths) == {2, 5}
    assert "a \\| b \\$x\\$ \\$y\\_{ \\*bold\\* \\[link\\](http&#8203;://evil.test) 0 (440 m)" in patrol_sheet(
        night, "regu-1"
    )
