"""Where nobody may wait, the waiting is done before the drive."""

from __future__ import annotations

from dataclasses import replace

from handmade import broken, plan_of, with_visit
from nights import line_matrix, scenario_of, site, squad, window
from patrolroute.matrix import TravelMatrix
from patrolroute.rules.waiting import wait_elsewhere
from patrolroute.scenario import Scenario

MINUTE = 60
POSITIONS = {"base": 0, "kpu": 5, "bar": 10}


def night(*, wait: bool) -> tuple[Scenario, TravelMatrix]:
    sites = (site("kpu"), site("bar", windows=(window((23, 0), (23, 30)),), wait=wait))
    scenario = scenario_of(sites, (squad("a"),))
    return scenario, line_matrix(scenario, POSITIONS)


def test_the_squad_stays_longer_where_it_was_before() -> None:
    scenario, matrix = night(wait=False)
    plan = plan_of(scenario, matrix, [("kpu", "bar")])
    before, after = plan.routes[0].visits
    assert (after.arrive_s, after.begin_s) == (23 * 3600, 23 * 3600)
    assert after.arrive_s - after.drive_s - before.end_s > 28 * MINUTE
    assert broken(plan, scenario, matrix) == []


def test_a_first_stop_without_waiting_is_reached_when_it_begins() -> None:
    scenario, matrix = night(wait=False)
    plan = plan_of(scenario, matrix, [("bar", "kpu")])
    route = plan.routes[0]
    early = with_visit(plan, 0, 0, arrive_s=route.visits[0].arrive_s - 300)
    early = replace(early, routes=(replace(early.routes[0], leave_s=route.leave_s - 300),))
    assert broken(early, scenario, matrix) == ["waiting: squad 'a' waits 300 s at 'bar', where nobody may wait."]
    assert wait_elsewhere(early, ["bar"]) == plan


def test_nothing_else_changes() -> None:
    scenario, matrix = night(wait=True)
    plan = plan_of(scenario, matrix, [("kpu", "bar")])
    assert plan.routes[0].visits[1].wait_s > 28 * MINUTE
    assert wait_elsewhere(plan, []) is plan
    assert wait_elsewhere(plan, ["kpu"]) == plan
    moved = wait_elsewhere(plan, ["bar"])
    assert [(v.begin_s, v.end_s, v.drive_s) for v in moved.routes[0].visits] == [
        (v.begin_s, v.end_s, v.drive_s) for v in plan.routes[0].visits
    ]
    assert (moved.routes[0].leave_s, moved.routes[0].return_s) == (plan.routes[0].leave_s, plan.routes[0].return_s)


def test_waiting_at_the_door_is_found() -> None:
    scenario, matrix = night(wait=False)
    patient = night(wait=True)[0]
    waits = plan_of(patient, matrix, [("kpu", "bar")])
    assert broken(waits, patient, matrix) == []
    (found,) = broken(waits, scenario, matrix)
    assert found.startswith("waiting: squad 'a' waits ")
    assert found.endswith("at 'bar', where nobody may wait.")
