"""The page of all sheets prints what the sheets say, and nothing in it is markup but its own."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

from patrolroute.render.paper import sheets_page
from patrolroute.render.sheet import patrol_sheet

TAGS = {"html", "head", "meta", "title", "style", "body", "section", "h1", "blockquote", "p", "strong", "table",
        "thead", "tbody", "tr", "th", "td", "ul", "li", "img", "br", "hr"}  # fmt: skip


class Page(HTMLParser):
    """The text, tags and attributes of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.sections: list[str] = []
        self.names: set[tuple[str, str]] = set()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.names |= {(tag, name) for name, _ in attrs}
        if tag == "section":
            self.sections.append("")

    def handle_data(self, data):
        if self.sections:
            self.sections[-1] += data


def test_each_squad_has_a_section_with_all_that_its_sheet_says(night):
    page = Page(sheets_page(night))
    squads = night.scenario.squads
    assert len(page.sections) == len(squads) + 1
    for squad, text in zip(squads, page.sections, strict=False):
        rows = [row for row in patrol_sheet(night, squad.id).splitlines() if row.startswith("| ")]
        assert len(rows) > 10
        for row in rows[1:]:
            for cell in row.replace("\\|", "|").strip("| ").split(" | "):
                assert cell.replace("\\", "").replace("**", "").strip(" |") in text, cell
    assert page.tags.count("table") == 2 * sum(bool(route.visits) for route in night.plan.routes)


def test_hostile_names_are_text(make_night):
    name = "<script>alert(1)</script> [a](javascript:b) ![c](http://d) <http://e> **f** | g"
    others = ("Bawaslu", "Gudang KPU", "Wali Kota", "Pasar", "RSUD")
    night = make_night(names=(name, *others), squad_names=(name,) * 3, base=name, street=name, notes=(name,))
    night = replace(night, scenario=night.scenario.model_copy(update={"name": name}))
    page = Page(sheets_page(night))
    assert set(page.tags) <= TAGS
    assert page.tags.count("img") == 1
    assert not {tag for tag in page.tags if tag in {"script", "a", "link"}}
    assert {name for _, name in page.names} <= {"lang", "charset", "name", "content", "src", "alt", "style"}
    assert page.sections[0].replace("\u200b", "").count(name) >= 4


def test_nothing_is_loaded_but_the_map_beside_it(night):
    page = sheets_page(night)
    assert page.count("src=") == 1
    assert 'src="map.png"' in page
    assert "url(" not in page
