"""The pictures of docs/scenario.md: one of each rule, of nights that still plan and still show it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import figures
import pytest
from PIL import Image

from patrolroute import PatrolPlan
from patrolroute.datasets import districts

DOCS = Path(__file__).resolve().parents[1] / "docs"
TEXT = (DOCS / "scenario.md").read_text(encoding="utf-8")
RULES = {
    "teams": "Sites",
    "revisits": "Sites",
    "joint": "Sites",
    "areas": "Areas",
    "breaks": "Squads",
    "presence": "Presence",
    "worth": "Worth by the hour, and being seen",
    "seen": "Worth by the hour, and being seen",
    "wait": "Overtime and balance",
    "limits": "Overtime and balance",
}
"""The rules of a whole patrol, each with the beginning of the section that tells it."""
MOST_BYTES = 80_000


@cache
def planned(name: str) -> PatrolPlan:
    return figures.plan_night(name, districts.load("kupang", standin=True).roads)


def bars(name: str, kind: str) -> list[figures.Bar]:
    return [bar for lane in figures.lanes_of(planned(name).night) for bar in lane.bars if bar.kind == kind]


@pytest.mark.parametrize("name", RULES)
def test_a_rule_has_its_picture_where_it_is_told(name: str) -> None:
    section = next(part for part in re.split(r"^##+ ", TEXT, flags=re.MULTILINE) if part.startswith(RULES[name]))
    found = re.search(rf"^!\[(.+)\]\(images/rule-{name}\.png\)\n\n\*(.+)\*$", section, re.MULTILINE)
    assert found is not None
    assert f"(nights/{name}.toml) on synthetic roads." in found[2]
    path = DOCS / "images" / f"rule-{name}.png"
    assert path.stat().st_size < MOST_BYTES
    with Image.open(path) as image:
        assert image.width == 800


def test_every_night_is_of_a_rule() -> None:
    assert {path.stem for path in figures.NIGHTS.glob("*.toml")} == RULES.keys()
    assert {path.stem for path in figures.IMAGES.glob("rule-*.png")} == {f"rule-{name}" for name in RULES}


@pytest.mark.parametrize("name", RULES)
def test_a_night_is_planned_and_drawn_and_says_that_it_is_synthetic(name: str) -> None:
    night = planned(name).night
    assert night.synthetic
    assert "SYNTHETIC ROADS" in " ".join(figures._foot_lines(night))
    assert figures.draw(name, night).startswith(b"\x89PNG")


def test_the_nights_show_what_their_captions_say() -> None:
    areas = planned("areas").night
    assert [sum(visit.site == "kuanino" for visit in route.visits) for route in areas.plan.routes] == [1, 2]
    assert round(areas.area_shares[0].share, 2) == 0.62
    assert len([bar for bar in bars("revisits", "stop") if bar.words.startswith("Regu")]) == 3
    assert [each.site for each in planned("teams").document.skipped] == ["store"]
    meeting = [visit for route in planned("joint").routes for visit in route.visits if visit.site == "office"]
    assert len({(visit.begin_s, visit.end_s) for visit in meeting}) == 1
    assert len(meeting) == 2
    assert [bar.words for bar in bars("breaks", "break")] == ["break at Base", "break", "break"]
    assert [bar.words for bar in bars("presence", "there")] == ["1", "2", "1"]
    begins = {v.site: v.begin_s / 3600 for v in planned("worth").routes[0].visits}
    assert begins["market"] < 21.5 == begins["bars"]
    seen = planned("seen").night
    assert [seen.seen(visit) for visit in seen.plan.routes[0].visits] == [False, True, False, True, True]
    late = planned("wait").night
    assert [len(route.visits) for route in late.plan.routes] == [4, 3]
    assert [late.overtime_s(route) > 0 for route in late.plan.routes] == [True, False]
    limited = planned("limits").night
    assert [len(route.visits) for route in limited.plan.routes] == [2, 2, 2]
    assert [limited.overtime_s(route) > 0 for route in limited.plan.routes] == [False, True, False]
    assert [(each.site, each.reason) for each in limited.plan.skipped] == [
        ("store", "It would fit into the route of 'Regu 1', but its overtime would cost more than it is worth.")
    ]
