"""The summary: coverage, squads, what is left out, in text, on a terminal and as HTML."""

from __future__ import annotations

import io
from dataclasses import replace
from html.parser import HTMLParser

from rich.console import Console

from patrolroute.plans import TierBound
from patrolroute.render import Night, summarise, summary, summary_html, summary_tables
from patrolroute.scenario.model import Site


def test_coverage_and_squads(night):
    told = summarise(night)
    assert told.coverage.rows == (
        ("1", "2 of 2", "100 %", "5 of 5", "100 %", "no bound"),
        ("2", "2 of 2", "100 %", "7 of 7", "100 %", "no bound"),
        ("3", "1 of 2", "50 %", "3 of 9", "33 %", "no bound"),
    )
    route = night.plan.routes[0]
    name, shift, stops, leaves, back, _, _, share, waiting = told.squads.rows[0]
    assert (name, shift, stops, leaves, waiting) == ("Regu 1", "22:00–02:00 (24 Nov)", "3", "22:30", "-")
    assert back == f"{night.clock(route.return_s):%H:%M}"
    assert share == f"{round(100 * route.drive_s / (4 * 3600))} %"
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
    assert told.squads.rows[1][2:] == ("0", "-", "-", "0 m", "-", "0 %", "-")
    assert "Left out: nothing" in summary(make_night(((0, 1, 2, 3, 4, 5), ())))


def test_no_squads_and_no_sites(make_night):
    night = make_night((), names=())
    text = summary(night)
    assert "Squads: no squads" in text
    assert "Coverage: no sites" in text


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


def test_the_bound_is_told_tier_by_tier(night):
    def told(*bounds: tuple[int, bool]) -> tuple[list[str], str]:
        bound = tuple(
            TierBound(tier=tier, upper_weight=upper, proved=proved, method="prices")
            for tier, (upper, proved) in enumerate(bounds, start=1)
        )
        summed = summarise(replace(night, plan=replace(night.plan, bound=bound)))
        return [row[-1] for row in summed.coverage.rows], " ".join(summed.remarks)

    cells, remarks = told((5, True), (7, True), (9, False))
    assert cells == ["5, proved", "7, proved", "9"]
    assert "Tier 3: a better plan may exist" in remarks
    assert "Proved optimal" in told((5, True), (7, True), (3, True))[1]
    assert "No upper bound was computed" in " ".join(summarise(night).remarks)
