"""The printed map: looked at as pixels."""

from __future__ import annotations

import io
from dataclasses import replace

import matplotlib.image
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from patrolroute.render import draw_map
from patrolroute.render.printed import picture
from patrolroute.render.printed.marks import CLOSED, beside, inks
from patrolroute.render.printed.page import (
    Bounds,
    Frame,
    cut,
    drawable,
    edges_within,
    plan_bounds,
    squeeze,
    text_width,
    wrap,
)
from patrolroute.render.printed.panel import key_rows
from patrolroute.render.printed.stops import letters, spread
from patrolroute.scenario.model import Closures, Site, SlowArea, Travel

BLUE, ORANGE = to_rgb("#0072b2"), to_rgb("#d55e00")
RED = to_rgb("#b00020")


def pixels(png: bytes) -> np.ndarray:
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    return matplotlib.image.imread(io.BytesIO(png), format="png")[:, :, :3]


def share(image: np.ndarray, colour: tuple[float, float, float]) -> float:
    return float((np.abs(image - np.array(colour)).max(axis=2) < 0.02).mean())


def page_of(night, monkeypatch, dpi: int = 50) -> Figure:
    """Return the page as it was drawn."""
    pages = []

    def keep(self, *args, **kwargs):
        pages.append(self)
        return save(self, *args, **kwargs)

    save = Figure.savefig
    with monkeypatch.context() as patched:
        patched.setattr(picture.Figure, "savefig", keep)
        draw_map(night, dpi=dpi)
    return pages[0]


def words(night, monkeypatch) -> list[str]:
    """Return every text on the page."""
    return [text.get_text() for axes in page_of(night, monkeypatch).axes for text in axes.texts]


def test_size_and_content(night):
    image = pixels(draw_map(night))
    assert image.shape in {(1239, 1754, 3), (1240, 1754, 3)}
    assert share(image, BLUE) > 0.002
    assert share(image, ORANGE) > 0.002
    assert share(image, to_rgb("#d2cec6")) > 0.0005
    assert share(image, RED) == 0
    assert pixels(draw_map(night, dpi=60)).shape[1] in {701, 702}


def test_same_night_same_picture(night):
    assert draw_map(night, dpi=60) == draw_map(night, dpi=60)


def test_routes_are_where_the_legs_are(night):
    """The first squad's way lies south and east of the second's, on paper as on the ground."""
    image = pixels(draw_map(night))[:, :1220]
    middle = {}
    for name, colour in (("first", BLUE), ("second", ORANGE)):
        rows, columns = np.nonzero(np.abs(image - np.array(colour)).max(axis=2) < 0.02)
        middle[name] = (columns.mean(), rows.mean())
    assert middle["first"][0] > middle["second"][0]
    assert middle["first"][1] > middle["second"][1]


def test_synthetic_band(make_night, synthetic, monkeypatch):
    night = make_night(provenance=synthetic)
    assert share(pixels(draw_map(night)), RED) > 0.02
    assert "SYNTHETIC ROADS: NOT FOR THE FIELD" in words(night, monkeypatch)


def test_words_on_the_page(night, monkeypatch):
    told = words(night, monkeypatch)
    text = "\n".join(told)
    assert [told.count(number) for number in ("1", "2", "3", "4")] == [2, 2, 1, 0]
    assert f"1   {night.clock(night.plan.routes[0].visits[0].begin_s):%H:%M}   KPU Kota" in told
    for expected in (
        night.roads.provenance.statement,
        "Radio channel 4.",
        "≈ Bawaslu",
        "4 positions approximate",
        "left out: 1 site",
        "Mapolda NTT",
        "Tier 1: 2 of 2, tier 2: 2 of 2, tier 3: 1 of 2 sites.",
        "200 m",
    ):
        assert expected in text


def test_hostile_names_are_drawn_as_they_are(make_night, hostile_names, monkeypatch):
    names = ("$\\frac{1}{", "第一警察署", "\U0001f600 a", *hostile_names[:3])
    night = make_night(names=names, squad_names=hostile_names, base="$x^$", notes=("$\\sum_{", *hostile_names))
    text = "\n".join(words(night, monkeypatch))
    assert "$\\frac{1}{" in text
    assert "□□□□□" in text
    assert "$x^$" in text


def test_plans_without_stops(make_night, monkeypatch):
    nothing = make_night(((), ()))
    assert share(pixels(draw_map(nothing, dpi=60)), to_rgb("#d2cec6")) > 0.0005
    assert any("no stops; shift" in word for word in words(nothing, monkeypatch))
    bare = make_night((), names=())
    assert pixels(draw_map(bare, dpi=60)).std() > 0.01


def test_far_site_does_not_shrink_the_city(make_night, monkeypatch):
    sea = Site(id="sea", name="Typed into the sea", lon=120.0, lat=-12.0)
    night = make_night(more_sites=(sea,))
    assert plan_bounds(night).west > 123.59
    assert "left out: 2 sites (1 outside the map)" in words(night, monkeypatch)


def test_frame_keeps_scale_in_both_directions():
    frame = Frame.fit(Bounds(10.0, 60.0, 10.1, 60.02), 500, 400)
    corners = frame.xy([[10.0, 60.0], [10.1, 60.0], [10.05, 60.01], [10.05, 60.02]])
    assert corners[2] == pytest.approx([250, 200])
    metres_east, metres_north = 0.1 * 111_195 * np.cos(np.radians(60.01)), 0.01 * 111_195
    assert (corners[1, 0] - corners[0, 0]) * frame.m_per_pt == pytest.approx(metres_east)
    assert (corners[3, 1] - corners[2, 1]) * frame.m_per_pt == pytest.approx(metres_north)
    assert corners[1, 0] - corners[0, 0] == pytest.approx(500)
    assert frame.xy([[frame.bounds.west, frame.bounds.north]])[0] == pytest.approx([0, 400], abs=1e-6)


def test_one_edge_for_each_street_and_only_near_ones(town):
    roads = town()
    west, south, east, north = roads.bounds
    assert len(edges_within(roads, Bounds(west, south, east, north))) == 24
    near = edges_within(roads, Bounds(west - 0.001, south - 0.001, west + 0.001, south + 0.001))
    assert len(near) == 2
    assert len(edges_within(roads, Bounds(0, 0, 1, 1))) == 0


def test_labels_keep_clear_of_each_other():
    rng = np.random.default_rng(7)
    anchors = np.vstack([np.full((12, 2), 150.0), rng.uniform(20, 280, (25, 2))])
    frame = Frame(lon=0, lat=0, m_per_pt=1, width=300, height=300)
    half = [7.0] * len(anchors)
    spots = spread(anchors, half, frame, [(150.0, 150.0, 6.0)])
    gaps = np.abs(spots[:, None] - spots[None]).max(axis=2)[~np.eye(len(spots), dtype=bool)]
    assert gaps.min() >= 14
    assert np.abs(spots - [150, 150]).max(axis=1).min() >= 13
    assert ((spots >= 7) & (spots <= 293)).all()
    alone = spread(np.array([[50.0, 60.0]]), [7.0], frame, [])
    assert alone.tolist() == [[50.0, 60.0]]


def test_ways_keep_to_the_left():
    north = np.array([[0.0, 0.0], [0.0, 100.0]])
    assert beside(north, 2.0) == pytest.approx(np.array([[-2.0, 0.0], [-2.0, 100.0]]))
    assert beside(north[::-1], 2.0) == pytest.approx(np.array([[2.0, 100.0], [2.0, 0.0]]))
    corner = beside(np.array([[0.0, 0.0], [0.0, 50.0], [50.0, 50.0]]), 2.0)
    assert corner[1] == pytest.approx([-2.0, 52.0])
    assert np.isfinite(beside(np.zeros((3, 2)), 2.0)).all()


def test_many_squads_are_told_apart():
    assert len(set(inks(32))) == 32


def test_text_is_measured_cut_and_wrapped():
    assert text_width("WWWW", 10) > text_width("iiii", 10) > 0
    short = cut("Kantor Komisi Pemilihan Umum Kota Kupang", 8, 80)
    assert short.endswith("…")
    assert text_width(short, 8) <= 80
    lines = wrap(["one two three four five six seven", "x" * 500], 8, 60)
    assert all(text_width(line, 8) <= 60 for line in lines)
    assert " ".join(lines[:-1]) == "one two three four five six seven"
    assert drawable("a\tb\u202e 第") == "a b □"


def test_itinerary_gives_way_when_there_is_no_room(make_night, monkeypatch):
    night = make_night(((0,), (1,)))
    visit = night.plan.routes[0].visits[0]
    for count, expected in ((40, "KPU Kota"), (2000, "2000 stops")):
        visits = tuple(
            replace(visit, arrive_s=visit.end_s, begin_s=visit.end_s, drive_s=0, drive_m=0) for _ in range(count - 1)
        )
        first = replace(night.plan.routes[0], visits=(visit, *visits))
        legs = {**{key: leg for key, leg in night.legs.items() if key[0] != "regu-1"}}
        legs["regu-1", 0], legs["regu-1", count] = night.legs["regu-1", 0], night.legs["regu-1", 1]
        crowded = replace(night, plan=replace(night.plan, routes=(first, night.plan.routes[1])), legs=legs)
        monkeypatch.setattr(picture, "draw_stops", lambda *args: [])
        told = words(crowded, monkeypatch)
        assert any(expected in word for word in told)


def test_browser_shows_the_picture(night, browser, tmp_path):
    (tmp_path / "map.png").write_bytes(draw_map(night, dpi=100))
    script = "document.body.dataset.size = this.naturalWidth + 'x' + this.naturalHeight"
    shown = browser(f'<html><body><img src="map.png" onload="{script}"></body></html>', tmp_path)
    assert 'data-size="1169x826"' in shown


def test_sites_left_out_have_letters_that_lead_to_their_names(make_night, monkeypatch):
    told = words(make_night(((0, 1, 2),)), monkeypatch)
    rows = ["a   Wali Kota (tier 1, weight 4)", "b   Pasar (tier 2, weight 5)", "c   RSUD (tier 3, weight 6)"]
    assert [row for row in rows if row in told] == rows
    assert [told.count(letter) for letter in "abcd"] == [1, 1, 1, 0]
    assert "Left out" in told
    assert "Left out" not in words(make_night(((0, 1, 2, 3, 4, 5),)), monkeypatch)


def test_more_sites_left_out_than_there_is_room_for(make_night, monkeypatch):
    names = tuple(f"Site number {n} with a very long name that no column of the panel holds" for n in range(200))
    told = words(make_night(((0, 1),), names=names), monkeypatch)
    listed = [word for word in told if word.endswith(")") and "…" in word and "weight" in word]
    assert len(listed) >= 30
    assert f"and {198 - len(listed)} more: see summary.txt" in told
    assert all(told.count(name) == 1 for name in letters(len(listed)))


def test_letters():
    assert letters(3) == ["a", "b", "c"]
    assert letters(28)[-2:] == ["aa", "ab"]
    assert len(set(letters(60))) == 60


def test_closed_areas_are_hatched_and_streets_named(make_night, monkeypatch):
    ring = ((123.6045, -10.1715), (123.6075, -10.1715), (123.6075, -10.1685), (123.6045, -10.1685))
    closures = Closures(streets=("Jalan Ende", "Jalan Palapa"), polygons=(ring,))
    night = make_night(closures=closures)
    told = words(night, monkeypatch)
    assert any(word.startswith("Closed: Jalan Ende; Jalan Palapa; all streets in area 1 around") for word in told)
    assert "closed area" in told
    reddish = [share_of_red(pixels(draw_map(each))) for each in (night, make_night())]
    assert reddish[0] > reddish[1] + 0.002


def test_areas_where_driving_is_slower_are_dotted_and_named(make_night, monkeypatch):
    ring = ((123.6045, -10.1715), (123.6075, -10.1715), (123.6075, -10.1685), (123.6045, -10.1685))
    night = make_night(travel=Travel(slow=(SlowArea(name="pasar malam", polygon=ring, factor=0.5),)))
    told = words(night, monkeypatch)
    assert any("Slower streets: pasar malam (speed x 0.5)." in word for word in told)
    assert "driving is slower" in told
    ochre = [share(pixels(draw_map(each)), to_rgb("#8a5a00")) for each in (make_night(), night)]
    brownish = [
        float(((image[:, :, 0] > image[:, :, 2] + 0.2) & (image[:, :, 2] < 0.5)).mean())
        for image in (pixels(draw_map(each)) for each in (make_night(), night))
    ]
    assert ochre[0] <= ochre[1]
    assert brownish[1] > brownish[0] + 0.001


def share_of_red(image: np.ndarray) -> float:
    return float(((image[:, :, 0] > 0.7) & (image[:, :, 1] < 0.5) & (image[:, :, 2] < 0.5)).mean())


def test_foot_leaves_out_whole_notes(make_night, monkeypatch):
    notes = tuple(
        f"Note {n} " + "goes on and on for more than one line of the foot " * 5 + "and ends here." for n in range(9)
    )
    night = make_night(notes=notes, closures=Closures(streets=tuple(f"Jalan {n}" for n in range(300))))
    told = words(night, monkeypatch)
    foot = " ".join(reversed(told[: told.index("Patroli malam Kupang")] or told))
    shown = [n for n in range(9) if f"Note {n} goes" in foot]
    assert shown == list(range(len(shown)))
    assert 1 <= len(shown) < 9
    assert foot.count("and ends here.") == len(shown)
    assert "More notes: see summary.txt." in told
    assert night.roads.provenance.statement in told
    assert "more: see summary.txt." in foot
    assert "More notes" not in " ".join(words(make_night(), monkeypatch))


def test_streets_closed_by_name_are_drawn_as_before_the_closing(make_night, monkeypatch):
    drawn: list[int] = []
    monkeypatch.setattr(
        "patrolroute.render.printed.picture.draw_closed_streets", lambda _, lines: drawn.append(len(lines))
    )
    shut = Closures(streets=("jalan timur 3", "Jalan Palapa"))
    night = make_night(closures=shut)
    told = words(night, monkeypatch)
    assert "closed street" in told
    assert drawn == [3]
    closed = replace(night, roads=night.roads.with_closures(shut.model_copy(update={"streets": ("Jalan Timur 3",)})))
    assert "Jalan Timur 3" not in closed.roads.name
    words(closed, monkeypatch)
    assert drawn == [3, 3]
    assert "closed street" not in words(make_night(), monkeypatch)


def test_a_closed_street_shows_red(make_night):
    def barred(*streets: str) -> int:
        image = pixels(draw_map(make_night(closures=Closures(streets=streets))))
        return int((np.abs(image[:, :, :3] - to_rgb(CLOSED)).max(axis=2) < 0.02).sum())

    assert barred("Jalan Utara 3") > barred("Jalan Palapa") + 300
    assert barred() == 0


@pytest.mark.parametrize("dpi", [50, 150])
@pytest.mark.parametrize("width_pt", [842.0, 600.0, 480.0])
def test_what_stands_over_and_under_the_map_lies_in_the_picture(make_night, monkeypatch, width_pt, dpi):
    """A night of nine tiers with a long name, on paper of any width: nothing of it is cut off."""
    monkeypatch.setattr(picture, "WIDTH_PT", width_pt)
    plain = make_night()
    tiers = [replace(plain.plan.coverage[0], tier=tier, covered_sites=100, total_sites=100) for tier in range(1, 10)]
    name = "Operasi Mantap Brata, malam minggu sebelum pemungutan suara"
    night = replace(
        plain,
        plan=replace(plain.plan, coverage=tuple(tiers)),
        scenario=plain.scenario.model_copy(update={"name": name}),
    )
    drawn = page_of(night, monkeypatch, dpi)
    page = drawn.axes[0]
    told = " ".join(text.get_text() for text in page.texts)
    assert name in told
    assert "Tier 1: 100 of 100" in told
    assert "tier 9: 100 of 100 sites." in told
    boxes = [text.get_window_extent() for text in page.texts]
    assert all(box.x0 >= 0 and box.x1 <= drawn.bbox.x1 and box.y1 <= drawn.bbox.y1 for box in boxes)


def test_a_title_of_any_length_has_two_lines(make_night, monkeypatch):
    plain = make_night()
    night = replace(plain, scenario=plain.scenario.model_copy(update={"name": "Patroli malam " * 21}))
    first, second = [word for word in words(night, monkeypatch) if word.startswith("Patroli malam")]
    assert second.endswith("…")
    assert text_width(first, 15, bold=True) <= 802
    assert text_width(second, 15, bold=True) <= 802


def test_names_that_differ_at_their_ends_stay_apart():
    names = [squeeze(f"Regu Patroli Gabungan Preventif nomor {n}", 8, 90, bold=True) for n in (7, 12)]
    assert names[0] != names[1]
    assert all(text_width(name, 8, bold=True) <= 90 for name in names)
    assert names[1].startswith("Regu")
    assert names[1].endswith("12")
    assert squeeze("Regu 7", 8, 90) == "Regu 7"


def test_twenty_squads_stand_beside_the_map(make_night, monkeypatch):
    night = make_night()
    one = night.scenario.squads[0]
    squads = [one.model_copy(update={"id": f"r{n}", "name": f"Regu nomor {n}"}) for n in range(20)]
    route = night.plan.routes[0]
    routes = tuple(replace(route, squad=squad.id) for squad in squads)
    legs = {(s.id, n): leg for s in squads for (whose, n), leg in night.legs.items() if whose == route.squad}
    scenario = night.scenario.model_copy(update={"squads": tuple(squads)})
    monkeypatch.setattr(picture, "HEIGHT_PT", 520.0)
    told = words(replace(night, scenario=scenario, plan=replace(night.plan, routes=routes), legs=legs), monkeypatch)
    assert [name for name in told if name.startswith("Regu nomor")] == [squad.name for squad in squads]
    assert not any("more squad" in word for word in told)


def test_tiers_of_one_shape_share_a_line_of_the_key(make_night):
    night = make_night()
    sites = tuple(site.model_copy(update={"tier": n + 1}) for n, site in enumerate(night.scenario.sites))
    rows = [
        row.text for row in key_rows(replace(night, scenario=night.scenario.model_copy(update={"sites": sites})), 0)
    ]
    assert [row for row in rows if row.startswith("stop of tier")] == [
        "stop of tier 1, position known",
        "stop of tier 2, position known",
        "stop of tier 3 to 5, position known",
    ]
