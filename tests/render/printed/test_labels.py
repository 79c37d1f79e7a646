"""Names of areas on the printed map lie where nothing covers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import shapely
from matplotlib.figure import Figure

from nights import squad
from patrolroute.patrol import plan
from patrolroute.render.printed.labels import base_names, name_areas
from patrolroute.render.printed.marks import draw_ends, inks
from patrolroute.render.printed.page import Frame, plan_bounds
from patrolroute.render.printed.stops import draw_stops, stops_of
from patrolroute.scenario import Area, Scenario, Site

if TYPE_CHECKING:
    from collections.abc import Callable

    from patrolroute.render import Night
    from patrolroute.roads import RoadNetwork

STEP = 0.004


@pytest.fixture(scope="module")
def crowded(town: Callable[..., RoadNetwork]) -> Night:
    """Two areas side by side, with stops all along the upper edges, where names would stand by preference."""
    west, south = 123.599, -10.181
    halves = {"barat": (west, west + 1.5 * STEP), "timur": (west + 1.5 * STEP, west + 3.5 * STEP)}
    top = south + 3.25 * STEP
    areas = tuple(
        Area(id=name, name=f"Kelurahan {name}", share=0.3, rings=(((a, south), (b, south), (b, top), (a, top)),))
        for name, (a, b) in halves.items()
    )
    sites = tuple(Site(id=f"s{i}", lon=123.6 + i * STEP / 4, lat=-10.18 + 3 * STEP, dwell_min=1) for i in range(13))
    scenario = Scenario.model_validate(
        {"name": "A crowd", "date": "2023-11-23", "timezone": "+08:00", "sites": sites, "areas": areas}
        | {"places": ({"id": "base", "name": "Mapolda", "lon": 123.6, "lat": -10.18},)}
        | {"squads": (squad("regu-1"), squad("regu-2"))}
    )
    return plan(scenario, town(), iterations=200, bound_seconds=0, seed=1).night


@pytest.mark.parametrize("width", [500.0, 250.0])
def test_names_of_areas_keep_clear_of_stops_and_of_each_other(crowded: Night, width: float) -> None:
    frame = Frame.fit(plan_bounds(crowded).wider(0.06), width, 400)
    axes = Figure().add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, frame.width), ylim=(0, frame.height))
    squad_inks = dict(zip(("regu-1", "regu-2"), inks(2), strict=True))
    taken = draw_ends(axes, frame, crowded)
    taken += draw_stops(axes, frame, stops_of(crowded, squad_inks), taken)
    before = len(axes.texts)
    squares = name_areas(axes, frame, crowded, taken)
    names = axes.texts[before:]
    assert [text.get_text().partition(":")[0] for text in names] == ["Kelurahan barat", "Kelurahan timur"]
    marks = shapely.union_all([shapely.box(x - half, y - half, x + half, y + half) for x, y, half in taken])
    written = [shapely.box(x - half, y - half, x + half, y + half) for x, y, half in squares]
    assert marks.intersection(shapely.union_all(written)).area == pytest.approx(0)
    assert not any(shapely.union_all(written).intersects(shapely.box(*box)) for box in base_names(frame, crowded))
    # The squares of each name make one row, and the rows are apart.
    assert len(shapely.get_parts(shapely.union_all([square.buffer(0.5) for square in written]))) == 2
    assert all(x - half >= 0 and x + half <= frame.width and y + half <= frame.height for x, y, half in squares)


def test_without_areas_nothing_is_written(make_night: Callable[..., Night]) -> None:
    night = make_night()
    frame = Frame.fit(plan_bounds(night), 500, 400)
    assert name_areas(Figure().add_axes((0, 0, 1, 1)), frame, night, []) == []
