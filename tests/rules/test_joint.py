"""Squads that meet: at one place, at the same second, all of them or none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nights import (
    assert_good,
    broken,
    changed,
    later_by,
    line_matrix,
    moved,
    planned,
    scenario_of,
    site,
    squad,
    window,
)
from patrolroute.build import compile_problem
from patrolroute.explain import explain_impossible
from patrolroute.matrix import TravelMatrix
from patrolroute.plans import Plan
from patrolroute.rules.joint import JOINT
from patrolroute.scenario.model import Scenario, Squad

POSITIONS = {"base": 0, "kpu": 4, "bawaslu": 8}


def night(*squads: Squad, **more: object) -> tuple[Scenario, TravelMatrix]:
    """Return three squads from 22:10 to 23:55 and a site where two of them are to meet."""
    wanted = {"squads_together": 2, "weight": 5} | more
    scenario = scenario_of(
        (site("kpu", **wanted), site("bawaslu")),  # type: ignore[arg-type]
        squads or (squad("a"), squad("b"), squad("c")),
    )
    return scenario, line_matrix(scenario, POSITIONS)


def met(**more: object) -> tuple[Scenario, TravelMatrix, Plan]:
    """Squad b comes from a stop that lies farther off, and a waits for it."""
    scenario, matrix = night(**more)
    return scenario, matrix, planned(scenario, matrix, ("kpu",), ("bawaslu", "kpu+2"), ())


def test_a_joint_stop_is_a_bundle_that_begins_at_one_second_by_different_squads() -> None:
    problem = compile_problem(*night(squads_together=3))
    assert problem.groups.ids == ("kpu", "kpu+2", "kpu+3", "bawaslu")
    assert problem.groups.site == ("kpu", "kpu", "kpu", "bawaslu")
    assert problem.groups.bundle.tolist() == [0, 0, 0, -1]
    assert problem.visits.weight.tolist() == [5, 0, 0, 1]
    table = problem.couplings
    assert list(zip(table.first.tolist(), table.second.tolist(), strict=True)) == [(0, 1), (0, 2), (1, 2)]
    assert not table.lo_s.any()
    assert not table.hi_s.any()
    assert table.apart.all()


def test_a_fixed_hour_is_a_window_as_long_as_the_stop() -> None:
    visits = compile_problem(*night(windows=(window((23, 0), (23, 10)),))).visits
    assert visits.opens_s[:2].tolist() == visits.closes_s[:2].tolist() == [23 * 3600] * 2


def test_of_several_visits_the_first_is_joint() -> None:
    problem = compile_problem(*night(visits=2, gap_min=15))
    assert problem.groups.ids == ("kpu", "kpu+2", "kpu@2", "bawaslu")
    assert problem.groups.bundle.tolist() == [0, 0, -1, -1]
    assert problem.groups.needs.tolist() == [-1, -1, 0, -1]
    assert problem.visits.weight.tolist() == [5, 0, 5, 1]


def test_squads_that_meet_break_nothing() -> None:
    scenario, matrix, plan = met()
    assert_good(plan, scenario, matrix)
    a, b = plan.routes[0].visits[0], plan.routes[1].visits[1]
    assert (a.begin_s, a.end_s) == (b.begin_s, b.end_s)
    assert plan.coverage[0].covered_weight == 6


def test_a_joint_stop_and_a_later_visit_break_nothing() -> None:
    scenario, matrix = night(visits=2, gap_min=15)
    plan = planned(scenario, matrix, ("kpu",), ("bawaslu", "kpu+2"), ("kpu@2",))
    assert_good(plan, scenario, matrix)
    assert plan.coverage[0].covered_weight == 11
    third = moved(plan, 2, -20 * 60)
    assert [each for each in broken(third, scenario, matrix) if each.startswith(("joint", "revisits"))]


def test_a_joint_stop_that_is_left_out_is_listed_once() -> None:
    scenario, matrix = night(required=True)
    plan = planned(scenario, matrix, ("bawaslu",), (), ())
    assert [(each.part, each.weight, each.required) for each in plan.skipped] == [("kpu", 5, True)]
    assert [each.partition(":")[0] for each in broken(plan, scenario, matrix)] == ["required"]


DAMAGE = {
    "one is late": (lambda p: changed(p, 0, 0, later_by(1)), "joint: 'b', 'a' are to meet at site 'kpu' at the same"),
    "one is alone": (
        lambda p: planned(*night(), ("kpu",), ("bawaslu",), ()),
        "joint: 2 squads are to meet at site 'kpu'; 'a' is all that meet there",
    ),
    "one squad twice": (
        lambda p: replace(p, routes=(replace(p.routes[0], visits=p.routes[0].visits * 2, squad="a"), p.routes[2])),
        "joint: 2 squads are to meet",
    ),
    "one leaves early": (
        lambda p: changed(p, 0, 0, lambda v: replace(v, end_s=v.end_s - 60)), "stops: squad 'a' stays 540 s at 'kpu'"
    ),
    "a third comes too": (
        lambda p: replace(p, routes=(*p.routes[:2], replace(p.routes[0], squad="c"))),
        "stops: site 'kpu' is visited 3 times; 2 times count",
    ),
    "one alone counts": (
        lambda p: replace(p, coverage=(replace(p.coverage[0], covered_weight=11),)), "accounts: tier 2"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_found_and_named(name: str) -> None:
    damage, words = DAMAGE[name]
    scenario, matrix, plan = met()
    found = broken(damage(plan), scenario, matrix)
    assert [each for each in found if words in each], found


@pytest.mark.parametrize(
    ("squads", "more", "words"),
    [
        ((squad("a"),), {}, "2 squads are to meet there, and the night has one; ask for fewer or add squads."),
        ((squad("a"), squad("b")), {}, None),
        ((squad("a", start=20, end=22), squad("b")), {}, "at no moment can more than 1 be there for the stop"),
        (
            (squad("a", start=21, end=23), squad("b", start=22, end=24)),
            {"windows": (window((23, 0), (23, 10)),)},
            "at no moment can more than 1",
        ),
        ((squad("a"),), {"squads_together": 1}, None),
        (
            (squad("a"), squad("b", people={"sterilisasi": 2}), squad("c")),
            {"needs": {"sterilisasi": 2}},
            "2 squads are to meet there, and only 'b' is as the site asks; compose the squads otherwise",
        ),
        ((squad("a"), squad("b", start=20, end=22, overtime_min=60)), {}, None),
    ],
)
def test_why_squads_cannot_meet(squads: tuple[Squad, ...], more: dict[str, object], words: str | None) -> None:
    scenario, matrix = night(*squads, **more)
    said = JOINT.explain(scenario, matrix, scenario.sites[0])
    assert said is None if words is None else said is not None and words in said
    impossible = explain_impossible(compile_problem(scenario, matrix))
    assert (0 in impossible) is (words is not None)
