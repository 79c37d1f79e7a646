"""Breaks: taken by squads that go out, in their window, at their place, and often enough."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nights import assert_good, at, broken, changed, later_by, line_matrix, planned, scenario_of, site, squad, window
from patrolroute.build import compile_problem
from patrolroute.matrix import TravelMatrix
from patrolroute.plans import Plan
from patrolroute.scenario.model import Scenario, Squad

POSITIONS = {"base": 0, "kpu": 4, "warung": 6, "bawaslu": 8}
PLACES = ({"id": "base", "lon": 123.60, "lat": -10.18}, {"id": "warung", "lon": 123.61, "lat": -10.18})
FROM_S, UNTIL_S = 22 * 3600 + 600, 24 * 3600 - 300


def night(*squads: Squad, **more: Any) -> tuple[Scenario, TravelMatrix]:
    """Return squads from 22:10 to 23:55, the first with breaks."""
    scenario = scenario_of((site("kpu"), site("bawaslu")), squads or (squad("a", **more), squad("b")), places=PLACES)
    return scenario, line_matrix(scenario, POSITIONS)


def pause(minutes: float = 15, **more: Any) -> dict[str, Any]:
    return {"minutes": minutes} | more


AT_WARUNG = pause(window=window((22, 30), (23, 30)), places=("warung", "base"))


def rested() -> tuple[Scenario, TravelMatrix, Plan]:
    """Squad a takes a quarter of an hour at the warung and ten minutes where it is."""
    scenario, matrix = night(breaks=(AT_WARUNG, pause(10)))
    return scenario, matrix, planned(scenario, matrix, ("kpu", "a~2.1", "bawaslu", "a~1"), ())


def test_a_break_is_a_duty_worth_nothing_with_one_visit_for_each_place() -> None:
    problem = compile_problem(*night(breaks=(AT_WARUNG,)))
    assert problem.visits.ids == ("kpu", "bawaslu", "a~1.1", "a~1.2")
    assert problem.groups.ids == ("kpu", "bawaslu", "a~1")
    assert problem.groups.site == ("kpu", "bawaslu", "")
    assert problem.groups.duty.tolist() == [-1, -1, 0]
    assert problem.visits.weight.tolist() == [1, 1, 0, 0]
    assert problem.visits.tier.tolist() == [2, 2, 2, 2]
    assert problem.visits.squads[2:].tolist() == [[True, False]] * 2
    assert [problem.matrix.ids[p] for p in problem.visits.entry[2:]] == ["warung", "base"]
    assert problem.visits.opens_s[2:].tolist() == [22 * 3600 + 1800] * 2
    assert problem.visits.closes_s[2:].tolist() == [23 * 3600 + 900] * 2
    assert not problem.visits.floats.any()


def test_a_break_anywhere_floats_in_the_shift() -> None:
    problem = compile_problem(*night(breaks=(pause(10),)))
    assert problem.visits.floats.tolist() == [False, False, True]
    assert (problem.visits.opens_s[2], problem.visits.closes_s[2]) == (FROM_S, UNTIL_S - 600)


def test_a_night_without_sites_has_no_breaks() -> None:
    scenario = scenario_of((), (squad("a", breaks=(pause(),)),))
    assert len(compile_problem(scenario, line_matrix(scenario, {"base": 0})).visits) == 0


def test_ids_of_breaks_are_those_of_no_site() -> None:
    scenario = scenario_of((site("a~1"),), (squad("a", breaks=(pause(),)),))
    assert compile_problem(scenario, line_matrix(scenario, {"base": 0, "a~1": 4})).groups.ids == ("a~1", "a~~1")


@pytest.mark.parametrize(("limit_min", "added"), [(105, 0), (104, 1), (45, 1), (44.9, 2), (30, 2), (35, 2)])
def test_the_fewest_breaks_are_added_that_keep_the_limit(limit_min: float, added: int) -> None:
    """105 minutes of duty: m breaks of 15 minutes leave 105 - 15 m, to be cut into m + 1 spans."""
    problem = compile_problem(*night(longest_without_break_min=limit_min))
    assert problem.groups.duty.tolist().count(0) == added
    assert len(problem.couplings) == max(added - 1, 0)
    if added:
        assert problem.visits.closes_s[2] <= FROM_S + limit_min * 60
        assert problem.visits.opens_s[-1] + 900 + limit_min * 60 >= UNTIL_S


def test_breaks_that_a_squad_has_are_used_before_more_are_added() -> None:
    scenario, matrix = night(breaks=(pause(20, window=window((22, 40), (23, 20))),), longest_without_break_min=50)
    problem = compile_problem(scenario, matrix)
    assert problem.groups.ids[2:] == ("a~1",)
    # 23:55 less 50 min less the break is 22:45, later than the window opens; 22:10 and 50 min is its last beginning.
    assert (problem.visits.opens_s[2], problem.visits.closes_s[2]) == (22 * 3600 + 45 * 60, 23 * 3600)


def test_a_break_too_late_for_the_limit_gets_one_before_it() -> None:
    late = pause(10, window=window((23, 30), (23, 50)))
    problem = compile_problem(*night(breaks=(late,), longest_without_break_min=60))
    assert problem.groups.ids[2:] == ("a~1", "a~2")
    assert problem.visits.floats.tolist()[2:] == [True, True]
    assert problem.visits.opens_s[2:].tolist() == [FROM_S, 23 * 3600 + 1800]
    assert (problem.couplings.lo_s.tolist(), problem.couplings.hi_s.tolist()) == ([600], [600 + 3600])


def test_a_squad_that_takes_its_breaks_breaks_nothing() -> None:
    scenario, matrix, plan = rested()
    assert_good(plan, scenario, matrix)
    assert [(v.site, v.entry) for v in plan.routes[0].visits] == [
        ("kpu", "kpu"), ("", "warung"), ("bawaslu", "bawaslu"), ("", "bawaslu"),
    ]  # fmt: skip
    assert plan.skipped == ()
    assert (plan.coverage[0].covered_sites, plan.coverage[0].total_sites) == (2, 2)


def test_squads_that_stay_in_take_no_breaks() -> None:
    scenario, matrix = night(breaks=(AT_WARUNG,))
    assert_good(planned(scenario, matrix, (), ("kpu", "bawaslu")), scenario, matrix)


def without_break(plan: Plan) -> Plan:
    route = plan.routes[0]
    return replace(plan, routes=(replace(route, visits=route.visits[:3]), plan.routes[1]))


DAMAGE: dict[str, tuple[Callable[[Plan], Plan], str]] = {
    "left out": (without_break, "breaks: squad 'a' does not take its break of 10 min"),
    "too short": (
        lambda p: changed(p, 0, 1, lambda v: replace(v, end_s=v.end_s - 1)),
        "does not take its break of 15 min within 22:30-23:30 at warung or base",
    ),
    "outside its window": (lambda p: changed(p, 0, 1, later_by(3600)), "does not take its break of 15 min"),
    "at another place": (
        lambda p: changed(p, 0, 1, lambda v: replace(v, entry="kpu", exit="kpu")), "that is none of its"
    ),
    "on the way": (
        lambda p: changed(p, 0, 1, lambda v: replace(v, exit="bawaslu")), "begins a break at 'warung' and ends it at"
    ),
    "elsewhere than where it was": (
        lambda p: changed(p, 0, 3, lambda v: replace(v, entry="kpu", exit="kpu")), "does not take its break of 10 min"
    ),
    "one too many": (
        lambda p: changed(p, 0, 0, lambda v: replace(v, site="")), "squad 'a' takes 3 breaks; it has 2"
    ),
    "out for breaks alone": (
        lambda p: replace(p, routes=(replace(p.routes[0], visits=p.routes[0].visits[3:]), p.routes[1])),
        "goes out for breaks alone",
    ),
    "before it arrives": (
        lambda p: changed(p, 0, 1, lambda v: replace(v, arrive_s=v.begin_s + 1)), "before it arrives"
    ),
    "listed as left out": (
        lambda p: replace(p, skipped=tuple(replace(s, site="", part="a~1") for s in planned(*night(), (), ()).skipped)),
        "'' is listed as left out",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_found_and_named(name: str) -> None:
    damage, words = DAMAGE[name]
    scenario, matrix, plan = rested()
    found = broken(damage(plan), scenario, matrix)
    assert [each for each in found if words in each], found


def test_a_break_that_two_could_be_is_matched_to_leave_the_other_its_own() -> None:
    """Ten minutes anywhere would fit both breaks taken; the quarter of an hour fits one alone."""
    scenario, matrix = night(breaks=(pause(10), pause(15)))
    plan = planned(scenario, matrix, ("kpu", "a~2", "bawaslu", "a~1"), ())
    assert broken(plan, scenario, matrix) == []


def test_too_long_without_a_break_is_found() -> None:
    scenario, matrix = night(longest_without_break_min=50)
    plan = planned(scenario, matrix, ("kpu", "a~1", "bawaslu"), ())
    assert_good(plan, scenario, matrix)
    late = changed(plan, 0, 1, later_by(1200))
    found = [each for each in broken(late, scenario, matrix) if each.startswith("breaks")]
    assert len(found) == 1
    assert "is without a break from 22:10:00 to 23:10:00, 60.0 min; at most 50 min may be" in found[0]
    none = planned(scenario, matrix, ("kpu", "bawaslu"), ())
    assert [each for each in broken(none, scenario, matrix) if "from 22:10:00 to 23:55:00, 105.0 min" in each]


@given(
    limit_min=st.integers(30, 110),
    minutes=st.sampled_from([None, 5, 15, 30]),
    opens_min=st.integers(0, 75),
    room_min=st.integers(0, 60),
)
def test_added_breaks_can_be_taken_and_keep_the_limit(
    limit_min: int, minutes: int | None, opens_min: int, room_min: int
) -> None:
    """Whatever window the squad's own break has, all breaks one after the other keep every rule of theirs."""
    own: dict[str, Any] = {}
    if minutes is not None:
        opens = at(22, 10 + opens_min)
        closes = opens + dt.timedelta(minutes=minutes + room_min)
        own = {"breaks": (pause(minutes, window={"opens": opens, "closes": closes}),)}
        if opens_min + minutes > 105:
            return
    scenario, matrix = night(longest_without_break_min=limit_min, **own)
    groups = compile_problem(scenario, matrix).groups
    breaks = [group for group, duty in zip(groups.ids, groups.duty, strict=True) if duty == 0]
    plan = planned(scenario, matrix, breaks, ())
    found = [each for each in broken(plan, scenario, matrix) if not each.endswith("goes out for breaks alone.")]
    assert found == []
