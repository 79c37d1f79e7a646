"""The summary: coverage, squads, what is left out, in text, on a terminal and as HTML."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from rich.cells import cell_len
from rich.console import Console

from patrolroute.plans import TierBound
from patrolroute.render import Night, summarise, summary, summary_html, summary_tables
from patrolroute.render.printed.marks import inks
from patrolroute.render.printed.panel import panel_columns
from patrolroute.render.sheet import patrol_sheet
from patrolroute.scenario.model import Closures, Site, SlowArea, SpeedHours, Travel, Window


def test_coverage_and_squads(night):
    told = summarise(night)
    assert told.coverage.rows == (
        ("1", "2 of 2", "100 %", "5 of 5", "100 %", "all covered"),
        ("2", "2 of 2", "100 %", "7 of 7", "100 %", "all covered"),
        ("3", "1 of 2", "50 %", "3 of 9", "33 %", "no bound"),
    )
    route = night.plan.routes[0]
    name, shift, stops, leaves, back, _, driving, waiting = told.squads.rows[0]
    assert (name, shift, stops, leaves, waiting) == ("Regu 1", "22:00–02:00 (24 Nov)", "3", "22:30", "-")
    assert back == f"{night.clock(route.return_s):%H:%M}"
    assert driving.endswith(f" ({round(100 * route.drive_s / (4 * 3600))} %)")
    assert told.skipped.rows == (("RSUD", "3", "6", "The squads' time went to other sites."),)
    assert [row[0] for row in told.approximate.rows] == ["Bawaslu", "Gudang KPU", "Pasar", "RSUD"]
    assert told.warnings == ()


def test_text_says_all(night):
    text = summary(night)
    for words in (
        "Patroli malam Kupang, Thursday 23 Nov 2023 (Asia/Makassar, UTC+08:00)",
        night.roads.provenance.statement,
        "OpenStreetMap contributors",
        "No upper bound was computed",
        "Radio channel 4.",
        "only the street is known",
    ):
        assert words in text


def test_squad_without_visits_and_without_skips(make_night):
    told = summarise(make_night(((0, 1, 2, 3, 4, 5), ())))
    assert told.squads.rows[1][2:] == ("0", "-", "-", "0 m", "-", "-")
    assert "Left out: nothing" in summary(make_night(((0, 1, 2, 3, 4, 5), ())))


def test_no_squads_and_no_sites(make_night):
    night = make_night((), names=())
    text = summary(night)
    assert "Squads: no squads" in text
    assert "Coverage: nothing to cover" in text


def test_required_and_left_out_is_said_first(make_night):
    required = Site(id="must", name="KPU Provinsi", lon=123.605, lat=-10.175, tier=1, required=True)
    told = summarise(make_night(more_sites=(required,)))
    assert told.warnings == ("REQUIRED BUT LEFT OUT: KPU Provinsi",)
    assert told.skipped.rows[0][0] == "KPU Provinsi (required)"


def test_synthetic_roads_shout(make_night, synthetic):
    night = make_night(provenance=synthetic)
    for text in (summary(night), summary_html(night), _printed(night)):
        assert "SYNTHETIC ROADS: NOT FOR THE FIELD" in text


def _printed(night: Night, width: int = 140) -> str:
    target = io.StringIO()
    Console(file=target, width=width).print(summary_tables(night))
    return target.getvalue()


def test_terminal_shows_names_literally(make_night):
    night = make_night(names=("[red]alarm[/red]", "a", "b", "c", "d", "[/]"), orders=((0,),))
    skipped = (replace(night.plan.skipped[0], reason="\x1b[31mno\x9b31m time"), *night.plan.skipped[1:])
    text = _printed(Night(replace(night.plan, skipped=skipped), night.scenario, night.roads, night.legs))
    assert "\x9b" not in text
    assert "\x1b" not in text
    assert "[31mno" in text
    assert "[/]" in text


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        assert {name for name, _ in attrs} <= {"style", "class"}


def test_html_escapes_every_name(make_night, hostile_names):
    night = make_night(
        ((0, 1),), names=hostile_names, squad_names=hostile_names, notes=hostile_names, base=hostile_names[1]
    )
    parser = _Tags()
    parser.feed(summary_html(night))
    known = {"div", "p", "strong", "small", "table", "caption", "thead", "tbody", "tr", "th", "td"}
    assert parser.tags == known


def test_html_tables_are_moved_sideways_on_a_narrow_screen_and_break_no_number(night):
    html = summary_html(night)
    assert html.count('<div style="overflow-x:auto') == html.count("<table") == len(summarise(night).grids)
    cells = re.findall(r"<td style=\"([^\"]*)\">([^<]*)</td>", html)
    assert all("white-space:nowrap" in style for style, cell in cells if re.fullmatch(r"[\d.]+ (km|min|%).*", cell))
    assert not any("nowrap" in style for style, cell in cells if cell.startswith("The squads' time"))


def test_the_bound_is_told_tier_by_tier(night):
    def told(*bounds: tuple[int, bool]) -> tuple[list[str], str]:
        bound = tuple(
            TierBound(tier=tier, upper_weight=upper, proved=proved, method="prices")
            for tier, (upper, proved) in enumerate(bounds, start=1)
        )
        summed = summarise(replace(night, plan=replace(night.plan, bound=bound)))
        return [row[-1] for row in summed.coverage.rows], " ".join(summed.remarks)

    cells, remarks = told((5, True), (7, True), (9, False))
    assert cells == ["all covered", "all covered", "9"]
    assert (
        "Tier 1: everything is covered. Tier 2: everything is covered. "
        "Tier 3: proved that no plan covers more than 9 without covering less of tier 1 or 2 (this one covers 3)."
    ) in remarks
    assert "a better plan may exist" not in remarks
    cells, remarks = told((5, True), (7, True), (3, True))
    assert cells[-1] == "3, proved"
    assert "Proved optimal: no plan covers more of a tier without covering less of one before it." in remarks


def test_the_bound_of_a_lower_tier_has_its_condition(make_night):
    night = make_night(((0, 1), ()))
    uppers = ((5, False), (2, False), (9, False))
    bound = tuple(
        TierBound(tier=tier, upper_weight=upper, proved=proved, method="prices")
        for tier, (upper, proved) in enumerate(uppers, start=1)
    )
    told = summarise(replace(night, plan=replace(night.plan, bound=bound)))
    assert (
        "Tier 1: proved that no plan covers more than 5 (this one covers 1). "
        "Tier 2: proved that no plan covers more without covering less of tier 1. "
        "Tier 3: proved that no plan covers more than 9 without covering less of tier 1 or 2 (this one covers 0)."
    ) in told.remarks[-1]


def test_nothing_better_is_hinted_at_when_all_is_covered(make_night):
    text = summary(make_night(((0, 1, 2, 3, 4, 5), ())))
    assert "Everything is covered." in text
    assert "better plan" not in text
    assert "no bound" not in text
    assert "There is nothing to cover." in summary(make_night((), names=()))


def test_closed_streets_and_notes_are_told(make_night):
    ring = ((123.600, -10.180), (123.602, -10.180), (123.602, -10.177))
    night = make_night(
        closures=Closures(streets=("Jalan <Ende>", "Jalan Palapa"), polygons=(ring,)), notes=("One.", "Two. Three.")
    )
    text = summary(night)
    assert "\n\nClosed\n  Jalan <Ende>\n  Jalan Palapa\n  all streets in area 1 around lon 123.6010" in text
    assert "\n\nNotes\n  One.\n  Two. Three.\n\nDriving and waits of a squad are counted in seconds" in text
    assert "\nRoads: town.osm" in text
    printed = " ".join(_printed(night).split())
    assert "Closed: Jalan <Ende>; Jalan Palapa; all streets in area 1" in printed
    assert "Two. Three." not in printed
    html = summary_html(night)
    assert "<strong>Closed:</strong> Jalan &lt;Ende&gt;; Jalan Palapa" in html
    assert "<strong>Notes</strong></p>\n<p>One.</p>\n<p>Two. Three.</p>" in html
    assert "Closed" not in summary(make_night())
    assert "Notes" not in summary(make_night(notes=()))


def test_when_and_where_driving_is_slower_is_told(make_night):
    ring = ((123.600, -10.180), (123.602, -10.180), (123.602, -10.177))

    def moment(hour):
        return dt.datetime(2023, 11, 23 + hour // 24, hour % 24, tzinfo=dt.timezone(dt.timedelta(hours=8)))

    late = (Window(opens=moment(23), closes=moment(25)), Window(opens=moment(26), closes=moment(27)))
    travel = Travel(
        hours=(
            SpeedHours(name="sore", windows=(Window(opens=moment(17), closes=moment(19)),), factor=0.6),
            SpeedHours(name="malam", windows=late, speeds_kph={"primary": 60}),
        ),
        slow=tuple(SlowArea(name=f"hujan {n}", polygon=ring, factor=0.8, windows=late[:1]) for n in range(14)),
    )
    text = summary(make_night(travel=travel))
    assert "Slower streets: hujan 0 (speed x 0.8, 23:00 to 01:00); hujan 1" in text
    assert "hujan 11 (speed x 0.8, 23:00 to 01:00); and 2 more." in text
    assert (
        "Speeds by hour: sore (speed x 0.6, 17:00 to 19:00); "
        "malam (primary 60 km/h, 23:00 to 01:00 and 24.11. 02:00 to 03:00)." in text
    )
    assert "Speeds by hour" not in summary(make_night())


@pytest.mark.parametrize("width", [72, 80, 100, 140])
def test_times_stay_whole_on_a_narrow_terminal(make_night, width):
    night = make_night(
        ((0, 1, 2), (3, 4), ()),
        leave=(23, 45),
        wait_s=200,
        squad_names=["Regu Patroli Gabungan Kota Kupang " * 3, "Satgas Preventif", "第" * 60],
        names=("Kantor Komisi Pemilihan Umum Provinsi Nusa Tenggara Timur " * 2, "b", "c", "d", "e", "f" * 90),
    )
    text = _printed(night, width)
    lines = text.splitlines()
    assert max(map(cell_len, lines)) <= width
    squads = summarise(night).squads
    said = next((line for line in lines if "Too narrow" in line), "")
    gone = said.removeprefix("  Too narrow for: ").removesuffix(".").split(", ")
    kept = [i for i, head in enumerate(squads.heads) if head not in gone]
    assert {"squad", "stops", "leaves", "back"} <= {squads.heads[i] for i in kept}
    assert gone == [""] or width < 80, text
    for row in squads.rows[:2]:
        for part in (part for i in kept[1:] for part in re.split(r" (?=\()|(?<=h) |(?<=–)", row[i])):
            assert part in text, text
    assert "(24 Nov)" in text


def test_a_wide_terminal_shows_every_column(night):
    text = _printed(night, 140)
    assert "Too narrow" not in text
    assert all(head in text for head in summarise(night).squads.heads)


def test_no_upper_bound(night):
    assert "No upper bound was computed" in " ".join(summarise(night).remarks)


def test_squads_without_a_stop_are_named_with_what_is_known_of_them(make_night):
    night = make_night(((0, 1, 2, 3, 4, 5), (), ()))
    line = "2 squads have no stops. 'Regu 2', 'Regu 3'."
    assert line in summary(night)
    assert line in " ".join(_printed(night).split())
    assert line.replace("'", "&#x27;") in summary_html(night)
    one = summary(make_night(((0, 1, 2), ()), squad_names=("a", "b")))
    assert "1 squad has no stops. 'b'." in one
    assert "as much without" not in one
    many = summarise(make_night([(0,), *[()] * 11], squad_ids=[f"r{k}" for k in range(12)])).idle
    assert many.startswith("11 squads have no stops. 'Regu 2', ")
    assert many.endswith("'Regu 9'. And 3 more.")
    assert "no stops" not in summary(make_night(((0, 1), (2,))))


def test_squads_that_stay_in_for_one_reason_share_it(make_night):
    night = make_night(((0, 1, 2, 3, 4, 5), (), ()))
    why = "Its breaks leave it no time for any stop."
    assert summarise(dataclasses.replace(night, idle={"regu-2": why, "regu-3": why})).idle == (
        f"2 squads have no stops. 'Regu 2', 'Regu 3': {why}"
    )
    night = dataclasses.replace(night, idle={"regu-2": why})
    assert summarise(night).idle == f"2 squads have no stops. 'Regu 2': {why} 'Regu 3'."
    assert f"**No stops are planned.** {why} The squad stays ready" in patrol_sheet(night, "regu-2")
    assert why not in patrol_sheet(night, "regu-3")
    squad_inks = dict(zip(("regu-1", "regu-2", "regu-3"), inks(3), strict=True))
    columns, _ = panel_columns(night, squad_inks, 600)
    assert [row.text for column in columns for row in column].count(why) == 1


def test_squads_that_are_called_alike_are_told_apart(make_night):
    night = make_night(((0, 1), (2,), ()), squad_names=("Regu", "Regu", "Regu Tiga"))
    names = [row[0] for row in summarise(night).squads.rows]
    assert names == ["Regu (regu-1)", "Regu (regu-2)", "Regu Tiga"]
    assert "# Lembar patroli / Patrol sheet: Regu (regu-2)" in patrol_sheet(night, "regu-2")
    assert "| Regu / squad | Regu (regu-2) |" in patrol_sheet(night, "regu-2")
