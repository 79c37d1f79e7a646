from __future__ import annotations

import json

import pytest

from nights import at, good_night
from patrolroute.build import compile_problem
from patrolroute.errors import InputError
from patrolroute.plans import Plan
from patrolroute.schedule import orders_of, schedule


def small_plan(*, with_calendar: bool = True) -> Plan:
    scenario, matrix, _ = good_night()
    problem = compile_problem(scenario, matrix)
    clock = scenario.start if with_calendar else None
    return schedule(problem, ((2, 0), (3,)), engine="by hand", name=scenario.name, start=clock)


def test_json_round_trip() -> None:
    for plan in (small_plan(), small_plan(with_calendar=False)):
        assert Plan.from_json(plan.to_json()) == plan


def test_json_is_plain_and_versioned() -> None:
    data = json.loads(small_plan().to_json())
    assert data["schema_version"] == 1
    assert data["start"] == "2023-11-23T00:00:00+08:00"
    assert data["routes"][0]["visits"][0]["visit"] == "bawaslu"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"schema_version": 1', '"schema_version": 2', "schema_version is none of the values"),
        ('"engine": "by hand"', '"engine": 7', "engine is no text"),
        ('"leave_s"', '"leaves"', "routes.0.leave_s"),
        ('"start": "2023-11-23T00:00:00+08:00"', '"start": "soon"', "start"),
        ('"leave_s": ', '"leave_s": 99999', "is too large"),
        ('"code": "no_time"', '"code": "banana"', "is none of the values it may have"),
        ("{", "", "is no JSON"),
    ],
)
def test_faults_of_a_file_are_named(old: str, new: str, words: str) -> None:
    text = small_plan().to_json().replace(old, new, 1)
    with pytest.raises(InputError, match=words) as caught:
        Plan.from_json(text, where="out/plan.json")
    assert "out/plan.json" in str(caught.value)


def test_the_clock_is_the_scenario_s() -> None:
    plan = small_plan()
    assert plan.clock(plan.routes[0].leave_s) == at(22, 10)
    with pytest.raises(InputError, match="no calendar"):
        small_plan(with_calendar=False).clock(0)


def test_an_old_plan_warms_a_changed_problem() -> None:
    scenario, matrix, _ = good_night()
    fewer = compile_problem(
        scenario.model_copy(update={"squads": scenario.squads[1:], "sites": scenario.sites[2:]}), matrix
    )
    assert orders_of(fewer, small_plan()) == ((0,),)
