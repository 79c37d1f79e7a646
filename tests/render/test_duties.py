"""How a night is shown that has revisits, a joint stop, breaks and a post: on sheets, in tables, in the summary."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from patrolroute.build import build, compile_problem
from patrolroute.check import check_plan
from patrolroute.patrol import PatrolPlan
from patrolroute.render import (
    draw_map,
    explore,
    idleness_table,
    patrol_sheet,
    skipped_table,
    squad_gpx,
    summary,
    visits_table,
)
from patrolroute.render.printed.marks import inks
from patrolroute.render.printed.panel import key_rows
from patrolroute.render.printed.stops import stops_of, tier_shape
from patrolroute.render.summary import summarise
from patrolroute.render.waits import long_waits
from patrolroute.roads import RoadNetwork
from patrolroute.rules import tied_words
from patrolroute.scenario import Scenario
from patrolroute.schedule import schedule

DATE = dt.date(2023, 11, 23)


def point(name: str, i: int, j: int, **more: Any) -> dict[str, Any]:
    return {"id": name, "name": name.title(), "lon": 123.6001 + i * 0.004, "lat": -10.1799 + j * 0.004} | more


def squad(name: str, **more: Any) -> dict[str, Any]:
    shift = {"start": "2023-11-23T22:00+08:00", "end": "2023-11-24T01:00+08:00"}
    return {"id": name, "name": name.title(), "start": "base", "end": "base", "shift": shift} | more


def span(opens: str, closes: str) -> dict[str, str]:
    return {"opens": f"2023-11-23T{opens}+08:00", "closes": f"2023-11-23T{closes}+08:00"}


def by_hand(planned: PatrolPlan, *orders: tuple[str, ...], problem: Scenario | None = None) -> PatrolPlan:
    """Return the same night with other orders, those of visits by name, one for each squad."""
    built = planned.built
    compiled = built.problem if problem is None else compile_problem(problem, built.matrix)
    rows = tuple(tuple(compiled.visits.ids.index(name) for name in order) for order in orders)
    document = schedule(compiled, rows, engine="by hand", name=planned.scenario.name, start=planned.scenario.start)
    return PatrolPlan(document, planned.scenario, built)


@pytest.fixture(scope="module")
def planned(town: Callable[..., RoadNetwork]) -> PatrolPlan:
    """KPU is visited twice of three times, Bawaslu by two squads at once, the post is held but for a slot."""
    scenario = Scenario.model_validate(
        {
            "name": "A whole night",
            "date": DATE,
            "timezone": "+08:00",
            "places": [point("base", 0, 0), point("pos", 2, 2), point("warung", 3, 0)],
            "sites": [
                point("kpu", 1, 1, dwell_min=10, visits=3, gap_min=30, weight=5, revisit_weight=2),
                point("bawaslu", 3, 3, dwell_min=10, squads_together=2, windows=[span("23:00", "23:10")]),
                point("gudang", 0, 3, dwell_min=10, squads_together=3),
            ],
            "squads": [
                squad("regu-1", breaks=[{"minutes": 15, "places": ["warung"]}, {"minutes": 5}]),
                squad("regu-2"),
                squad("regu-3"),
            ],
            "presence": [
                {"id": "alun", "name": "Alun-alun", "place": "pos", "period": span("22:30", "23:30")}
                | {"all_or_nothing": False, "weight": 3}
            ],
        }
    )
    built = build(scenario, town())
    orders = (
        ("kpu", "bawaslu", "regu-1~1", "regu-1~2"),
        ("bawaslu+2", "kpu@2"),
        ("alun:1.1",),
    )
    rows = tuple(tuple(built.problem.visits.ids.index(name) for name in order) for order in orders)
    document = schedule(built.problem, rows, engine="by hand", name=scenario.name, start=scenario.start)
    assert [str(v) for v in check_plan(document, scenario=scenario, matrix=built.matrix)] == []
    return PatrolPlan(document, scenario, built)


def test_the_sheet_names_breaks_squads_that_meet_and_turns(planned: PatrolPlan) -> None:
    first, second, third = (patrol_sheet(planned.night, squad.id) for squad in planned.scenario.squads)
    assert "2 stops, 2 breaks" in first
    assert "(tier 2); visit 1 of 3 |" in first
    assert "(tier 2); titik singgung with Regu-2 at 23:00 |" in first
    assert "titik singgung with Regu-1 at 23:00 |" in second
    assert "; visit 2 of 3 |" in second
    rows = [line for line in first.splitlines() if "Istirahat / break" in line]
    assert len(rows) == 2
    assert "Istirahat / break, Warung" in rows[0]
    assert "no drive: same place" in rows[1]
    assert "(15 min)" in rows[0]
    assert "Penjagaan / presence: Alun-alun" in third


def test_the_tables_tell_what_each_visit_is_worth(planned: PatrolPlan) -> None:
    visits = visits_table(planned.night)
    assert visits[["site", "weight"]].to_numpy().tolist() == [
        ["kpu", 5], ["bawaslu", 1], ["", 0], ["", 0], ["bawaslu", 0], ["kpu", 2], ["alun", 3],
    ]  # fmt: skip
    skipped = skipped_table(planned.night)
    assert skipped[["site", "weight"]].to_numpy().tolist() == [["alun", 3], ["kpu", 2], ["gudang", 1]]
    covered = planned.document.coverage[0].covered_weight
    assert covered == visits["weight"].sum()


def test_idleness_counts_from_the_first_shift_to_the_last(planned: PatrolPlan) -> None:
    table = idleness_table(planned.night).set_index("site")
    assert list(table["visits"]) == [2, 1, 0]
    assert list(table["wanted"]) == [3, 1, 1]
    kpu = sorted((v.begin_s, v.end_s) for r in planned.routes for v in r.visits if v.site == "kpu")
    cuts = [22 * 3600, *(second for stay in kpu for second in stay), 25 * 3600]
    gaps = [cuts[0 + 1] - cuts[0], cuts[3] - cuts[2], cuts[5] - cuts[4]]
    assert table.loc["kpu", "worst_min"] == pytest.approx(max(gaps) / 60)
    moments = range(22 * 3600, 25 * 3600)
    idle = [second - max(end for end in (22 * 3600, kpu[0][1], kpu[1][1]) if end <= second) for second in moments
            if not any(begin <= second < end for begin, end in kpu)]  # fmt: skip
    assert table.loc["kpu", "mean_min"] == pytest.approx(sum(idle) / len(moments) / 60, abs=0.02)
    assert (table.loc["gudang", "worst_min"], table.loc["gudang", "mean_min"]) == (180, 90)
    assert planned.idleness.crs == "EPSG:4326"


def test_the_summary_tells_idleness_and_when_a_post_has_too_few(planned: PatrolPlan) -> None:
    text = summary(planned.night)
    assert "Without a squad" in text
    assert "2 of 3" in text
    assert "Kpu, visit 3 of 3" in text
    assert "23:00–23:30 (0 of 1)" in text
    assert "Alun-alun" in text


def test_the_table_of_squads_has_their_breaks(planned: PatrolPlan) -> None:
    night, squads = planned.night, summarise(planned.night).squads
    cells = [dict(zip(squads.heads, row, strict=True)) for row in squads.rows]
    rests = [visit for visit in planned.routes[0].visits if not visit.site]
    spans = [f"{night.clock(v.begin_s):%H:%M}–{night.clock(v.end_s):%H:%M}" for v in rests]
    assert [each["breaks"] for each in cells] == [", ".join(spans), "-", "-"]
    assert [each["stops"] for each in cells] == ["2", "2", "1"]


def test_maps_and_files_show_breaks_and_posts(planned: PatrolPlan) -> None:
    night = planned.night
    html = explore(night).get_root().render()
    assert "Istirahat / break" in html
    assert "titik singgung with" in html
    assert draw_map(night).startswith(b"\x89PNG")
    assert b"Break of 15 min." in squad_gpx(night, "regu-1")


def test_a_break_is_drawn_as_a_break_and_as_no_tier(planned: PatrolPlan) -> None:
    night = planned.night
    squads = [squad.id for squad in night.scenario.squads]
    drawn = stops_of(night, dict(zip(squads, inks(len(squads)), strict=True)))
    breaks = {stop.shape for stop in drawn if stop.rest}
    assert len(breaks) == 1
    assert breaks.isdisjoint(tier_shape(tier) for tier in range(1, 10))
    assert sum(stop.rest for stop in drawn) == 2
    assert [row.text for row in key_rows(night, 0)].count("break") == 1
    html = explore(night).get_root().render()
    assert html.count("border-radius:9px 9px 3px 3px") == 2
    assert "arch: break" in html


def test_every_file_is_written(planned: PatrolPlan, tmp_path: Path) -> None:
    assert {path.name for path in planned.save(tmp_path / "out")} >= {"plan.json", "plan.gpkg", "map.png"}


def test_what_hangs_on_others_says_so(planned: PatrolPlan) -> None:
    words = {each.part: tied_words(planned.scenario, planned.document, each) for each in planned.document.skipped}
    assert words == {
        "kpu@3": "2 of the 3 visits that it wants are made; at least 30 min must lie between visits.",
        "gudang": "3 squads are to meet there at the same time; the plan has no time when so many can.",
        "alun:1.2": "",
    }


def test_slots_that_a_squad_fills_without_a_pause_are_one_line(planned: PatrolPlan) -> None:
    night = by_hand(planned, ("kpu",), ("bawaslu",), ("alun:1.1", "alun:1.2", "bawaslu+2")).night
    sheet = patrol_sheet(night, "regu-3")
    assert "22:30–23:30 (1 h 00 min)" in sheet
    assert sheet.count("Penjagaan / presence: Alun-alun") == 1
    assert "2 stops" in sheet
    table = visits_table(night)
    assert list(table[table["squad"] == "regu-3"]["stop"]) == [1, 1, 2]
    assert squad_gpx(night, "regu-3").count(b"Alun-alun") == 1


def test_visits_are_numbered_as_they_are_made(planned: PatrolPlan) -> None:
    night = by_hand(planned, (), ("kpu@2", "kpu@3"), ()).night
    assert [night.turn(visit) for visit in night.plan.routes[1].visits] == [(1, 3), (2, 3)]
    skipped = next(each for each in night.plan.skipped if each.site == "kpu")
    assert (skipped.part, night.left_out(skipped).title) == ("kpu", "Kpu, visit 3 of 3")


def test_long_waits_are_explained(planned: PatrolPlan) -> None:
    night = by_hand(planned, ("kpu", "bawaslu"), ("bawaslu+2",), ()).night
    waits = {(each.squad.id, each.visit.visit): each.reason for each in long_waits(night)}
    assert waits["regu-1", "bawaslu"] == "it opens at 23:00"
    sheet = patrol_sheet(night, "regu-1")
    assert "(it opens at 23:00)" in sheet
    assert "Long waits" in summary(night)
    gaps = by_hand(planned, ("kpu", "kpu@2"), (), ()).night
    (gap,) = long_waits(gaps)
    assert gap.reason.startswith("30 min must lie between visits, the last ended 22:")


def test_who_comes_first_to_a_joint_stop_waits_for_the_other(planned: PatrolPlan) -> None:
    scenario = planned.scenario
    open_all_night = scenario.sites[1].model_copy(update={"windows": ()})
    sites = (scenario.sites[0], open_all_night, scenario.sites[2])
    freed = PatrolPlan(planned.document, scenario.model_copy(update={"sites": sites}), planned.built)
    night = by_hand(freed, ("bawaslu",), ("alun:1.1", "bawaslu+2"), (), problem=freed.scenario).night
    assert [each.reason for each in long_waits(night)] == []
    night = by_hand(freed, ("kpu", "bawaslu"), ("alun:1.1", "bawaslu+2"), (), problem=freed.scenario).night
    assert [each.reason for each in long_waits(night)] == ["for Regu-2"]


def test_who_waits_at_a_site_is_there(planned: PatrolPlan) -> None:
    night = by_hand(planned, ("kpu", "kpu@2"), (), ()).night
    first, second = night.plan.routes[0].visits
    idle = idleness_table(night).set_index("site").loc["kpu"]
    assert second.arrive_s == first.end_s
    assert idle["worst_min"] == pytest.approx((25 * 3600 - second.end_s) / 60)
    assert idle["visits"] == 2
