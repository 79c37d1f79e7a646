"""Squads that stand at a post at every moment of a period, in slots, and may hand over."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nights import assert_good, at, broken, changed, line_matrix, planned, scenario_of, site, squad
from patrolroute.build import compile_problem
from patrolroute.errors import InfeasibleError, InputError
from patrolroute.explain import explain_impossible
from patrolroute.matrix import TravelMatrix
from patrolroute.plans import Plan
from patrolroute.rules.presence import explain_presence
from patrolroute.rules.tied import tied_words
from patrolroute.scenario.model import Scenario
from patrolroute.scenario.presence import short_spans
from patrolroute.solver import solve

POSITIONS = {"base": 0, "post": 4, "near": 5, "far": 12}
PLACES = (
    {"id": "base", "lon": 123.60, "lat": -10.18},
    {"id": "post", "lon": 123.61, "lat": -10.18},
)
SQUARE = ((123.605, -10.185), (123.62, -10.185), (123.62, -10.175), (123.605, -10.175))


def night(**more: Any) -> tuple[Scenario, TravelMatrix]:
    """Return two squads from 22:10 to 23:55 and one that is to be at the post from 22:30 to 23:45, in three slots."""
    period = {"opens": at(22, 30), "closes": at(23, 45)}
    presence = {"id": "alun", "name": "Alun-alun", "place": "post", "period": period, "weight": 7} | more
    scenario = scenario_of(
        (site("near", lon=123.612, lat=-10.18), site("far")),
        (squad("a"), squad("b")),
        places=PLACES,
        presence=(presence,),
    )
    return scenario, line_matrix(scenario, POSITIONS)


def handed_over() -> tuple[Scenario, TravelMatrix, Plan]:
    scenario, matrix = night()
    return scenario, matrix, planned(scenario, matrix, ("alun:1.1",), ("near", "alun:1.2", "alun:1.3"))


def test_each_slot_of_each_squad_is_a_visit_of_one_bundle() -> None:
    problem = compile_problem(*night(squads=2))
    rows = [row for row, thing in enumerate(problem.groups.site) if thing == "alun"]
    assert [problem.groups.ids[row] for row in rows] == [f"alun:{lane}.{slot}" for lane in (1, 2) for slot in (1, 2, 3)]
    assert problem.groups.bundle[rows].tolist() == [0] * 6
    assert problem.visits.weight[rows].tolist() == [7, 0, 0, 0, 0, 0]
    opens = [22 * 3600 + 30 * 60 + 1800 * slot for slot in (0, 1, 2)] * 2
    assert problem.visits.opens_s[rows].tolist() == problem.visits.closes_s[rows].tolist() == opens
    assert problem.visits.duration_s[rows].tolist() == [1800, 1800, 900] * 2
    assert {problem.matrix.ids[p] for p in problem.visits.entry[rows]} == {"post"}


def test_slots_that_count_by_themselves_are_no_bundle() -> None:
    problem = compile_problem(*night(all_or_nothing=False))
    rows = [row for row, thing in enumerate(problem.groups.site) if thing == "alun"]
    assert problem.groups.bundle[rows].tolist() == [-1] * 3
    assert problem.visits.weight[rows].tolist() == [7, 7, 7]


def test_squads_that_hand_over_break_nothing() -> None:
    scenario, matrix, plan = handed_over()
    assert_good(plan, scenario, matrix)
    (tier,) = plan.coverage
    assert (tier.covered_weight, tier.covered_sites, tier.total_weight, tier.total_sites) == (8, 2, 9, 3)


def test_a_presence_that_is_left_out_is_listed_once() -> None:
    scenario, matrix = night(squads=2)
    plan = planned(scenario, matrix, ("far",), ("near",))
    assert_good(plan, scenario, matrix)
    assert [(each.site, each.part, each.weight) for each in plan.skipped] == [("alun", "alun:1.1", 7)]


def test_slots_that_are_left_out_are_listed_each() -> None:
    scenario, matrix = night(all_or_nothing=False)
    plan = planned(scenario, matrix, ("alun:1.1", "near"), ("far",))
    assert_good(plan, scenario, matrix)
    assert [each.part for each in plan.skipped] == ["alun:1.2", "alun:1.3"]
    assert (plan.coverage[0].covered_weight, plan.coverage[0].total_weight) == (9, 23)


def without(plan: Plan, squad: int, number: int) -> Plan:
    route = plan.routes[squad]
    visits = tuple(v for i, v in enumerate(route.visits) if i != number)
    return replace(plan, routes=(*plan.routes[:squad], replace(route, visits=visits), *plan.routes[squad + 1 :]))


DAMAGE = {
    "a slot dropped": (lambda p: without(p, 1, 1), "from 23:00:00 to 23:30:00 0 squads are at 'Alun-alun'; 1 is due"),
    "another post": (
        lambda p: changed(p, 0, 0, lambda v: replace(v, entry="near", exit="near")), "its post is 'post'"
    ),
    "a minute late": (
        lambda p: changed(p, 0, 0, lambda v: replace(v, begin_s=v.begin_s + 60)), "to 23:00:00, which is no slot"
    ),
    "a minute too little": (
        lambda p: changed(p, 1, 2, lambda v: replace(v, end_s=v.end_s - 60)), "to 23:44:00, which is no slot"
    ),
    "two for one": (
        lambda p: replace(
            p, routes=(p.routes[0], replace(p.routes[1], visits=(p.routes[0].visits[0], *p.routes[1].visits)))
        ),
        "2 squads stand for 'Alun-alun' from 22:30; 1 is asked for",
    ),
    "called left out": (
        lambda p: replace(p, skipped=planned(*night(), (), ()).skipped), "presence 'Alun-alun' is visited and listed"
    ),
    "worth more": (
        lambda p: replace(p, coverage=(replace(p.coverage[0], covered_weight=9),)), "accounts: tier 2"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_found_and_named(name: str) -> None:
    damage, words = DAMAGE[name]
    scenario, matrix, plan = handed_over()
    found = broken(damage(plan), scenario, matrix)
    assert [each for each in found if words in each], found


def test_stops_within_the_ground_count_when_a_plan_is_checked() -> None:
    """Squad a keeps one lane of two by itself; a stop of b at a site nearby is there for its ten minutes."""
    scenario, matrix = night(squads=2, ring=SQUARE, period={"opens": at(22, 30), "closes": at(22, 40)})
    plan = planned(scenario, matrix, ("alun:1.1",), ("near",))
    near = plan.routes[1].visits[0]
    half = changed(plan, 1, 0, lambda v: replace(v, begin_s=near.begin_s + 600, end_s=near.end_s + 600))
    words = [each for each in broken(half, scenario, matrix) if each.startswith("presence")]
    assert len(words) == 1
    there = scenario.seconds(at(22, 30)) - near.begin_s
    whole = changed(plan, 1, 0, lambda v: replace(v, begin_s=v.begin_s + there, end_s=v.end_s + there))
    assert not [each for each in broken(whole, scenario, matrix) if each.startswith("presence")]


@pytest.mark.parametrize("all_or_nothing", [True, False])
def test_a_required_presence_is_held_throughout_or_the_plan_is_none(all_or_nothing: bool) -> None:
    scenario, matrix = night(required=True, all_or_nothing=all_or_nothing)
    problem = compile_problem(scenario, matrix)
    assert problem.groups.required.sum() == (1 if all_or_nothing else 3)
    good = planned(scenario, matrix, ("alun:1.1",), ("near", "alun:1.2", "alun:1.3"))
    assert_good(good, scenario, matrix)
    lacking = planned(scenario, matrix, () if all_or_nothing else ("alun:1.1",), ("near",))
    assert any("required throughout" in fault for fault in broken(lacking, scenario, matrix))
    assert {each.required for each in lacking.skipped if each.site == "alun"} == {True}
    assert not any("accounts" in fault for fault in broken(lacking, scenario, matrix))


@pytest.mark.parametrize("engine", ["native", "ortools"])
def test_a_required_presence_comes_before_what_is_worth_more(engine: str) -> None:
    pytest.importorskip(engine if engine == "ortools" else "numba")
    scenario, matrix = night(required=True, squads=2, weight=1)
    scenario = scenario.model_copy(update={"sites": (site("near", tier=1, weight=9), site("far", tier=1))})
    problem = compile_problem(scenario, matrix)
    plan = solve(problem, engine=engine, iterations=300, bound_seconds=1, seed=1)
    stands = sum(visit.site == "alun" for route in plan.routes for visit in route.visits)
    assert (stands, plan.required_missed) == (6, ())
    with pytest.raises(InfeasibleError, match=r"'alun:1.1' is required\. 3 squads are needed at once"):
        solve(compile_problem(*night(required=True, squads=3)), iterations=100, bound_seconds=0, seed=1)


def test_the_ground_may_be_that_of_an_area() -> None:
    area = {"id": "kota", "rings": (SQUARE,), "share": 0.5}
    scenario, _ = night()
    values = scenario.model_dump() | {"areas": (area,)}
    values["presence"] = ({**values["presence"][0], "area": "kota"},)
    named = Scenario.model_validate(values)
    (presence,) = named.presence
    assert [point.id for point in named.points.values() if named.is_there(presence, point)] == ["post", "near"]
    with pytest.raises(InputError, match="area 'kot' names no area"):
        Scenario(**values | {"presence": ({**values["presence"][0], "area": "kot"},)})


def test_why_a_post_cannot_be_held() -> None:
    scenario, _ = night()
    assert explain_presence(scenario, scenario.presence[0]) is None
    many, _ = night(squads=3)
    assert "the night has 2; ask for fewer" in str(explain_presence(many, many.presence[0]))
    late, _ = night(period={"opens": at(22, 30), "closes": at(25)})
    assert explain_presence(late, late.presence[0]) == (
        "1 squad is due from 22:30 to 01:00, and from 23:55 to 01:00 none is on duty; shorten the period or "
        "lengthen shifts."
    )
    next_day, _ = night(period={"opens": at(45), "closes": at(46)})
    assert explain_presence(next_day, next_day.presence[0]) == (
        "1 squad is due from 24 Nov 21:00 to 24 Nov 22:00, and from 24 Nov 21:00 to 24 Nov 22:00 none is on duty; all "
        "squads are back by 23 Nov 23:55; is the date right?"
    )
    day_before, _ = night(period={"opens": at(-3), "closes": at(-2)})
    assert str(explain_presence(day_before, day_before.presence[0])).endswith("none is on duty; is the date right?")
    parts, _ = night(squads=3, all_or_nothing=False)
    assert explain_presence(parts, parts.presence[0]) is None


def test_a_post_that_wants_more_squads_than_there_are_is_impossible() -> None:
    said = explain_impossible(compile_problem(*night(squads=3)))
    assert set(said.values()) == {"3 squads are needed at once, and no more than 2 can be there."}
    assert len(said) == 9
    assert explain_impossible(compile_problem(*night(squads=2))) == {}
    assert explain_impossible(compile_problem(*night(squads=3, all_or_nothing=False))) == {}


def test_a_slot_for_which_too_few_are_on_duty_says_so() -> None:
    scenario, matrix = night(squads=3, all_or_nothing=False)
    plan = planned(scenario, matrix, ("alun:1.1", "alun:1.2"), ("alun:2.1",))
    said = {each.part: tied_words(scenario, plan, each) for each in plan.skipped}
    assert said["alun:3.1"] == "3 squads are due from 22:30 to 23:00, and 2 are on duty throughout."
    assert said["alun:3.3"] == "3 squads are due from 23:30 to 23:45, and 2 are on duty throughout."
    enough, _ = night(squads=2, all_or_nothing=False)
    assert tied_words(enough, plan, next(each for each in plan.skipped if each.part == "alun:2.2")) == ""


@given(
    stays=st.lists(st.tuples(st.integers(-5, 25), st.integers(0, 12), st.sampled_from("abc")), max_size=8),
    least=st.integers(1, 3),
)
def test_short_spans_are_those_that_counting_each_second_finds(
    stays: Sequence[tuple[int, int, str]], least: int
) -> None:
    spans = [(begin, begin + length, who) for begin, length, who in stays]
    counted = {s: len({who for first, last, who in spans if first <= s < last}) for s in range(20)}
    found = {s: there for since, until, there in short_spans(spans, 0, 20, least) for s in range(since, until)}
    assert found == {s: there for s, there in counted.items() if there < least}
