"""Where squads meet and where posts are held: signs on both maps, in the keys, and in words."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from patrolroute import datasets, plan
from patrolroute.render import Night, explore
from patrolroute.render.printed.marks import Ink, inks
from patrolroute.render.printed.page import Frame
from patrolroute.render.printed.panel import SIGN_WORDS, key_rows
from patrolroute.render.printed.stops import Stop, draw_stop, draw_stops, stops_of
from patrolroute.render.shares import shares_words
from patrolroute.render.stays import sign_of

NIGHTS = Path(__file__).resolve().parents[2] / "docs" / "nights"
GREY = Ink("#808080", "#ffffff", "solid")


@pytest.fixture(scope="module")
def nights() -> dict[str, Night]:
    roads = datasets.kupang(standin=True).roads
    return {
        sign: plan(NIGHTS / f"{name}.toml", roads, iterations=100, seed=1, bound_seconds=0).night
        for sign, name in (("joint", "joint"), ("post", "presence"), ("", "breaks"))
    }


def test_who_meets_and_who_holds_a_post_is_marked(nights):
    for sign, night in nights.items():
        marked = {visit.site for route in night.plan.routes for visit in route.visits if sign_of(night, visit)}
        assert marked == {"joint": {"office"}, "post": {"post"}, "": set()}[sign]
        squad_inks = dict(zip((s.id for s in night.scenario.squads), inks(len(night.scenario.squads)), strict=True))
        assert {stop.sign for stop in stops_of(night, squad_inks)} == {"", sign}


def test_the_keys_and_popups_name_the_signs(nights):
    for sign, night in nights.items():
        told = {row.text for row in key_rows(night, 0)}
        page = explore(night).get_root().render()
        for each, words in SIGN_WORDS.items():
            assert (words in told) is (each == sign)
        assert page.count("titik singgung / joint stop: 2 squads meet here") == 2 * (sign == "joint")
        assert ("black outline: squads meet" in page) is (sign == "joint")
        assert ("box-shadow:0 0 0 2px" in page) is (sign == "joint")
        assert ("penjagaan / post: 1 squad from 21:00" in page) is (sign == "post")
        assert ("pennant: post that is held" in page) is (sign == "post")
        assert ("position:absolute;left:20px" in page) is (sign == "post")


def drawn(sign, *, numbered=True) -> np.ndarray:
    """Return a stop in shades of grey, as a printer without colours shows it."""
    figure = Figure(figsize=(1, 1), dpi=200)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, 72), ylim=(0, 72))
    axes.axis("off")
    stop = Stop(number=3, tier=2, approximate=False, ink=GREY, lonlat=(0, 0), sign=sign)
    draw_stop(axes, (36, 36), stop, stop.shape.size, numbered=numbered)
    target = io.BytesIO()
    figure.savefig(target, format="png", dpi=200)
    return matplotlib.image.imread(io.BytesIO(target.getvalue()), format="png")[:, :, :3].mean(axis=2)


@pytest.mark.parametrize("numbered", [True, False])
def test_signs_are_black_on_white_and_told_apart_without_colour(numbered):
    plain, joint, post = (drawn(sign, numbered=numbered) for sign in ("", "joint", "post"))
    for signed in (joint, post):
        assert (signed < 0.35).sum() > (plain < 0.35).sum() + 20
        assert (np.abs(signed - plain) > 0.3).sum() > 20
    assert (np.abs(joint - post) > 0.3).sum() > 20
    assert all((each < 0.9).any() for each in (plain, joint, post))


def test_no_sign_covers_another_stop():
    figure = Figure(figsize=(3, 3))
    axes = figure.add_axes((0, 0, 1, 1))
    frame = Frame(lon=123.6, lat=-10.17, m_per_pt=5, width=216, height=216)
    stops = [
        Stop(number=n, tier=1 + n % 3, approximate=False, ink=GREY, lonlat=(123.6, -10.17), sign=sign)
        for n, sign in enumerate(("joint", "joint", "post", "post", ""))
    ]
    squares = np.array(draw_stops(axes, frame, stops, []))
    for i, (x, y, half) in enumerate(squares):
        others = np.delete(squares, i, axis=0)
        assert (np.abs(others[:, :2] - [x, y]).max(axis=1) >= others[:, 2] + half).all()
    plain = [stop.shape.size / 2 for stop in stops]
    assert [half > size for (_, _, half), size in zip(squares, plain, strict=True)] == [True, True, True, True, False]


def test_slots_of_a_post_are_said_to_count_where_stops_are_shared(nights):
    night = nights["post"]
    wished = replace(night, scenario=night.scenario.model_copy(update={"balance": "stops"}))
    (told,) = shares_words(wished)
    assert ", each slot of a post counted as one," in told
    joint = nights["joint"]
    (told,) = shares_words(replace(joint, scenario=joint.scenario.model_copy(update={"balance": "stops"})))
    assert "counted as one" not in told
