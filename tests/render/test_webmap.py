"""The map to click on: what it holds, and that no name runs as code in a real browser."""

from __future__ import annotations

import html
import re

import pytest

from patrolroute.render import explore
from patrolroute.scenario.model import Closures, SlowArea, Travel

STUB = """
window.put = (text) => {
  const box = document.createElement('div');
  box.className = 'put';
  box.innerHTML = text;
  document.body.appendChild(box);
  return box;
};
window.$ = (text) => [window.put(text).firstElementChild];
window.walk = (value) => {
  if (typeof value === 'string') { window.put(value); }
  else if (value && typeof value === 'object' && !(value instanceof Node)) {
    for (const key of Object.keys(value)) { window.walk(key); window.walk(value[key]); }
  }
};
window.anything = new Proxy(function () {}, {
  get: (target, name) => name === Symbol.toPrimitive ? () => '' : window.anything,
  set: () => true,
  apply: (target, self, given) => { given.forEach(window.walk); return window.anything; },
  construct: (target, given) => { given.forEach(window.walk); return window.anything; },
});
window.L = window.anything;
"""
"""Stands in for Leaflet and jQuery, which the page fetches: puts every string that they are given into the page as
HTML, which is more than they do, so that whatever could run does."""


def page_of(night, **options) -> str:
    return explore(night, **options).get_root().render()


def opened(browser, page: str, directory, **options) -> str:
    """Return the page's elements after its scripts have run, the fetched libraries replaced by the stub."""
    local = re.sub(r'<script src="http[^"]*"></script>|<link rel="stylesheet" href="http[^"]*"\s*/>', "", page)
    assert 'src="http' not in local
    assert 'rel="stylesheet" href="http' not in local
    return browser(local.replace("<head>", f"<head><script>{STUB}</script>", 1), directory, **options)


def test_holds_layers_stops_and_source(night):
    page = page_of(night)
    for words in ("Regu 1", "Regu 2", "Left out", "Roads", "1. KPU Kota", "left out: RSUD", "patrolroute-key"):
        assert words in page
    assert html.escape(night.roads.provenance.statement) in page
    assert "position approximate" in page
    assert page.count("L.polyline(") == 7
    assert page.count("L.marker(") == 6
    assert "tileLayer" not in page
    assert "MultiLineString" in page


def test_tiles_in_place_of_roads(night):
    page = page_of(night, tiles="OpenStreetMap")
    assert "tileLayer" in page
    assert "MultiLineString" not in page
    assert html.escape(night.roads.provenance.statement) in page


def test_closed_areas_and_streets(make_night):
    ring = ((123.600, -10.180), (123.602, -10.180), (123.602, -10.177))
    closures = Closures(streets=("Jalan <Ende>",), polygons=(ring,))
    page = page_of(make_night(closures=closures))
    assert page.count("L.polygon(") == 1
    assert "[-10.18, 123.602]" in page
    assert "Jalan &lt;Ende&gt;; all streets in area 1 around" in page
    assert "L.polygon(" not in page_of(make_night())


def test_areas_where_driving_is_slower(make_night):
    ring = ((123.600, -10.180), (123.602, -10.180), (123.602, -10.177))
    page = page_of(make_night(travel=Travel(slow=(SlowArea(name="pasar <malam>", polygon=ring, factor=0.5),))))
    assert page.count("L.polygon(") == 1
    assert "pasar &lt;malam&gt; (speed x 0.5)" in page
    assert "Driving is slower" in page


def test_page_says_when_leaflet_did_not_load(night, browser, tmp_path):
    hidden = '<div id="patrolroute-offline" hidden'
    page = page_of(night)
    assert hidden in page
    assert "needs a network to load Leaflet" in page
    assert hidden in opened(browser, page, tmp_path)
    alone = re.sub(r'<script src="http[^"]*"></script>', "", page)
    shown = browser(alone, tmp_path)
    assert '<div id="patrolroute-offline"' in shown
    assert hidden not in shown


def test_synthetic_band(make_night, synthetic):
    assert "SYNTHETIC ROADS: NOT FOR THE FIELD</div>" in page_of(make_night(provenance=synthetic))


def test_plan_without_stops(make_night):
    page = page_of(make_night((), names=()))
    assert "L.polyline(" not in page
    assert "OpenStreetMap contributors" in page


def hostile_night(make_night, names):
    return make_night(
        ((0, 1), (2, 3)), names=names, squad_names=names, base=names[2], street=names[1], notes=names, people={}
    )


def test_no_name_is_left_unescaped(make_night, hostile_names):
    page = page_of(hostile_night(make_night, hostile_names))
    for name in hostile_names[:4]:
        assert name not in page
    assert "<img" not in page
    assert "&#123;&#123; 7 * 7 &#125;&#125;" in page


def test_map_works_in_a_browser(night, browser, tmp_path):
    shown = opened(browser, page_of(night), tmp_path)
    assert shown.count('class="put"') > 50
    assert "<b>1. KPU Kota</b>" in shown
    assert html.escape(night.roads.provenance.statement, quote=False) in shown


@pytest.mark.parametrize(("width", "shown"), [(1280, True), (390, False)])
def test_the_key_is_folded_where_it_would_hide_the_map(night, browser, tmp_path, width, shown):
    told = opened(browser, page_of(night), tmp_path, width=width)
    tag = re.search(r'<details id="patrolroute-told"[^>]*>', told).group()
    assert ("open" in tag) is shown
    assert "<details><summary>Notes</summary>" in told


def test_no_name_runs_in_a_browser(make_night, hostile_names, browser, tmp_path):
    night = hostile_night(make_night, hostile_names)
    shown = opened(browser, page_of(night), tmp_path)
    assert "<title>owned</title>" not in shown
    body = shown.split("<body", 1)[1]
    assert "<img" not in body
    for number, name in enumerate(hostile_names[:2], start=1):
        assert f"<b>{number}. {html.escape(name, quote=False)}</b>" in body
    assert "{{ 7 * 7 }}{% raw %}" in body
    assert "`${document.title='owned'}`" in body


def test_the_stub_would_tell(browser, tmp_path):
    """The browser tests can fail: an unescaped name does run against the stub."""
    script = "L.popup(\"<img src=x onerror=document.title='owned'>\")"
    page = f"<html><head><title>map</title></head><body><script>{script}</script></body></html>"
    assert "<title>owned</title>" in opened(browser, page, tmp_path)


def test_streets_closed_by_name_are_drawn_once(make_night):
    page = page_of(make_night(closures=Closures(streets=("jalan  utara 3", "Jalan Utara 3"))))
    assert page.count("closed: Jalan Utara 3") + page.count("closed: jalan utara 3") == 1
    assert "closed:" not in page_of(make_night())
