"""A squad without a place begins at its first stop and ends at its last."""

from __future__ import annotations

from typing import Any

import pytest

from handmade import broken, plan_of, with_route, with_visit
from nights import line_matrix, scenario_of, site, squad
from patrolroute.build import compile_problem
from patrolroute.explain import explain_impossible
from patrolroute.matrix import TravelMatrix
from patrolroute.scenario import Scenario

POSITIONS = {"base": 0, "kpu": 5, "bar": 10}


def night(**ends: str) -> tuple[Scenario, TravelMatrix]:
    free = squad("a").model_copy(update=ends or {"start": "anywhere", "end": "anywhere"})
    scenario = scenario_of((site("kpu"), site("bar")), (free, squad("b")))
    return scenario, line_matrix(scenario, POSITIONS).with_free_point("anywhere")


def test_no_drive_leads_there_or_away() -> None:
    scenario, matrix = night()
    plan = plan_of(scenario, matrix, [("kpu", "bar"), ()])
    route = plan.routes[0]
    assert broken(plan, scenario, matrix) == []
    assert (route.leave_s, route.return_s) == (22 * 3600 + 600, route.visits[1].end_s)
    assert route.drive_s == route.visits[1].drive_s == 330


def test_one_end_alone_may_be_anywhere() -> None:
    for ends, drive_s in (({"start": "anywhere"}, 300), ({"end": "anywhere"}, 330)):
        scenario, matrix = night(**ends)
        plan = plan_of(scenario, matrix, [("kpu",), ()])
        assert broken(plan, scenario, matrix) == []
        assert plan.routes[0].drive_s == drive_s


DAMAGE: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "leaves earlier": ({}, {"leave_s": -60}, "leaves 60 s before it is there"),
    "is back later": ({}, {"return_s": 60}, "is back 60 s after it"),
    "drives there": ({"drive_s": 60}, {"drive_s": 60}, "drives 60 s and 0 m to it"),
    "drives on": ({}, {"drive_m": 500}, "drives 0 s and 500 m after it"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_drive_that_nobody_asked_for_is_found(name: str) -> None:
    scenario, matrix = night()
    plan = plan_of(scenario, matrix, [("kpu", "bar"), ()])
    of_visit, of_route, words = DAMAGE[name]
    first = plan.routes[0].visits[0]
    bad = with_visit(plan, 0, 0, **{key: getattr(first, key) + by for key, by in of_visit.items()})
    bad = with_route(bad, 0, **{key: getattr(plan.routes[0], key) + by for key, by in of_route.items()})
    assert [each for each in broken(bad, scenario, matrix) if each.startswith("anywhere:") and words in each]


def test_a_stop_at_no_place_is_found() -> None:
    scenario, matrix = night()
    plan = plan_of(scenario, matrix, [("kpu", "bar"), ()])
    found = broken(with_visit(plan, 0, 0, entry="anywhere", exit="anywhere"), scenario, matrix)
    assert "anywhere: squad 'a' makes a stop at no place." in found


def test_the_point_is_no_shortcut_for_others() -> None:
    """What is out of reach stays so, although a point of the matrix is no drive away from everything."""
    scenario = scenario_of((site("far"),), (squad("a", start=22, end=23),))
    matrix = line_matrix(scenario, {"base": 0, "far": 50}).with_free_point("anywhere")
    (why,) = explain_impossible(compile_problem(scenario, matrix)).values()
    assert "Out, stop and back take longer than any squad's shift allows." in why
