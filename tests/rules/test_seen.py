"""Seen from the road: an alternative of no duration, for less, at the street next to the site."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyproj
import pytest

from handmade import broken, plan_of, with_visit
from nights import at, line_matrix, scenario_of, site, squad, window
from patrolroute.build import build, compile_problem
from patrolroute.matrix import TravelMatrix
from patrolroute.plans import TierCoverage
from patrolroute.roads import roads_from_graph
from patrolroute.rules.points import seen_points
from patrolroute.scenario import Scenario, Site, Worth
from patrolroute.scenario.model import Travel
from streets import corner, town

HERE = (123.6, -10.17)
NORTH_30_M = (123.6, -10.17 + 30 / 110_600)


def shop(**more: Any) -> Site:
    return site("toko", **{"weight": 5, "dwell_min": 30, "seen_within_m": 40, "seen_weight": 2} | more)


def night(one: Site | None = None, *, spot: tuple[float, float] = NORTH_30_M) -> tuple[Scenario, TravelMatrix]:
    scenario = scenario_of((one or shop(), site("kpu", weight=4, dwell_min=80)), (squad("a"),))
    matrix = line_matrix(scenario, {"base": 0, "toko": 5, "kpu": 9, "toko~seen": 5})
    return scenario, replace(matrix, lonlat=np.array([HERE, HERE, HERE, spot]))


def test_passing_is_an_alternative_of_no_duration_for_less() -> None:
    visits = compile_problem(*night()).visits
    assert visits.ids == ("toko", "kpu", "toko~seen")
    assert visits.group.tolist() == [0, 1, 0]
    assert visits.duration_s.tolist() == [1800, 4800, 0]
    assert visits.weight.tolist() == [5, 4, 2]
    assert (visits.entry.tolist(), visits.exit.tolist()) == ([1, 2, 3], [1, 2, 3])


def test_windows_hold_for_passing_too_to_their_last_second() -> None:
    scenario, matrix = night(shop(windows=(window((22, 30), (23, 0)), window((23, 10), (23, 50)))))
    visits = compile_problem(scenario, matrix).visits
    assert dict(zip(visits.ids, visits.closes_s.tolist(), strict=True)) | {"kpu": 0} == {
        "toko#1": 22 * 3600 + 1800, "toko#2": 23 * 3600 + 1200, "kpu": 0,
        "toko~seen#1": 23 * 3600, "toko~seen#2": 23 * 3600 + 3000,
    }  # fmt: skip


def test_passing_never_earns_more_than_a_stop_at_that_hour() -> None:
    spans = (Worth(since=at(22), until=at(23), weight=9), Worth(since=at(23), until=at(24), weight=1))
    visits = compile_problem(*night(shop(weight=0, worth=spans))).visits
    earns = dict(zip(visits.ids, visits.weight.tolist(), strict=True))
    assert {name: w for name, w in earns.items() if name.startswith("toko~seen")} == {
        "toko~seen@1": 0, "toko~seen@2": 2, "toko~seen@3": 1, "toko~seen@4": 0
    }  # fmt: skip


def test_without_a_street_point_only_a_stop_counts() -> None:
    scenario, _ = night()
    matrix = line_matrix(scenario, {"base": 0, "toko": 5, "kpu": 9})
    assert compile_problem(scenario, matrix).visits.ids == ("toko", "kpu")


def test_a_plan_that_passes_earns_the_lesser_weight_once() -> None:
    scenario, matrix = night()
    plan = plan_of(scenario, matrix, [("toko~seen", "kpu")])
    assert broken(plan, scenario, matrix) == []
    assert plan.coverage == (TierCoverage(tier=2, covered_weight=6, total_weight=9, covered_sites=2, total_sites=2),)
    dearer = replace(plan, coverage=(replace(plan.coverage[0], covered_weight=9),))
    assert "the visits add up to [6, 9, 2, 2]" in broken(dearer, scenario, matrix)[0]


DAMAGE: dict[str, tuple[dict[str, Any], str]] = {
    "another site's point": ({"entry": "kpu", "exit": "kpu"}, "no point of a street next to it"),
    "left elsewhere": ({"exit": "kpu"}, "from 'toko~seen' to 'kpu'"),
    "no point at all": ({"entry": "x", "exit": "x"}, "no point of a street next to it"),
    "called a stop": ({"entry": "toko", "exit": "toko"}, "stays 0 s"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_passing_somewhere_else_is_found(name: str) -> None:
    scenario, matrix = night()
    changes, words = DAMAGE[name]
    bad = with_visit(plan_of(scenario, matrix, [("toko~seen", "kpu")]), 0, 0, **changes)
    assert any(words in each for each in broken(bad, scenario, matrix))


def test_passing_too_far_away_is_found_whatever_was_compiled() -> None:
    scenario, matrix = night(spot=(123.6, -10.17 + 45 / 110_600))
    plan = plan_of(scenario, matrix, [("toko~seen", "kpu")])
    (found,) = broken(plan, scenario, matrix)
    assert found == "seen: squad 'a' passes 'toko' at 45.0 m; it is seen within 40 m."
    unknown = replace(matrix, lonlat=None)
    assert "no point of a street next to it" in broken(plan, scenario, unknown)[0]


def test_a_site_that_nobody_asked_to_be_seen_needs_a_stop() -> None:
    scenario, matrix = night()
    plan = plan_of(scenario, matrix, [("toko~seen", "kpu")])
    strict = night(shop(seen_within_m=None, seen_weight=None))[0]
    found = broken(plan, strict, matrix)
    assert any("stays 0 s at 'toko'" in each for each in found)
    assert any("for its stop at 'toko'" in each for each in found)


def test_points_are_named_like_no_place() -> None:
    scenario = scenario_of((shop(), site("toko~seen")), (squad("a"),))
    assert seen_points(scenario) == {"toko": "toko~~seen"}


def test_build_puts_points_on_the_nearest_street_where_it_is_near_enough() -> None:
    away = {"lon": corner(1, 1)["lon"] + 0.001, "lat": corner(1, 1)["lat"] + 0.0003}
    sites = (
        shop(**away),
        site("near", weight=3, seen_within_m=33, seen_weight=1, **away),
        site("far", weight=3, seen_within_m=34, seen_weight=1, lon=0, lat=0),
    )
    scenario = scenario_of(sites, (squad("a"),)).model_copy(update={"travel": Travel(skip_off_road=True)})
    built = build(scenario, roads_from_graph(town()))
    assert [name for name in built.matrix.ids if "~" in name] == ["toko~seen"]
    lon, lat = built.matrix.position("toko~seen") or (0, 0)
    _, _, metres = pyproj.Geod(ellps="WGS84").inv(away["lon"], away["lat"], lon, lat)
    assert metres == pytest.approx(33.183, abs=0.001)
    assert built.matrix.drive("1", "toko", "toko~seen")[1] == built.placed.access_m[built.placed.index("toko")] == 34
