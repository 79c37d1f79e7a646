"""Teams: who may serve what, by the compiled problem, by the check, and in words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nights import line_matrix, scenario_of, site, squad
from patrolroute.build import compile_problem
from patrolroute.check import check_plan
from patrolroute.errors import InfeasibleError
from patrolroute.rules.teams import TEAMS
from patrolroute.scenario.model import Scenario, Site, Squad, Vehicle
from patrolroute.solver import solve

POSITIONS = {"base": 10.0, "kpu": 14.0, "pasar": 12.0}
RIDER = squad("motor", people={"preventif": 2}, vehicle=Vehicle(kind="motorcycle"))
CREW = squad("mobil", people={"preventif": 4, "sterilisasi": 2})
PAIR = squad("regu-2", people={"preventif": 4, "sterilisasi": 1})
ALL = (RIDER, CREW, PAIR)


def allowed(wished: Site, squads: tuple[Squad, ...] = ALL) -> set[str]:
    """Return who may serve a site, by the problem."""
    problem = compile_problem(night := scenario_of((wished,), squads), line_matrix(night, {"base": 10, "kpu": 14}))
    return {squads[k].id for k in range(len(squads)) if problem.visits.squads[0, k]}


@pytest.mark.parametrize(
    ("asks", "who"),
    [
        ({}, ["mobil", "motor", "regu-2"]),
        ({"needs": {"sterilisasi": 2}}, ["mobil"]),
        ({"needs": {"sterilisasi": 1, "preventif": 4}}, ["mobil", "regu-2"]),
        ({"people_min": 5}, ["mobil", "regu-2"]),
        ({"people_min": 6}, ["mobil"]),
        ({"vehicles": ["motorcycle"]}, ["motor"]),
        ({"vehicles": ["R4", "sepeda motor"]}, ["mobil", "motor", "regu-2"]),
        ({"only_by": ["regu-2", "motor"]}, ["motor", "regu-2"]),
        ({"not_by": ["regu-2"]}, ["mobil", "motor"]),
        ({"people_min": 5, "not_by": ["mobil"], "vehicles": ["car"]}, ["regu-2"]),
        ({"needs": {"preemtif": 1}}, []),
    ],
    ids=str,
)
def test_visits_are_left_to_squads_that_do(asks: dict[str, Any], who: list[str]) -> None:
    assert allowed(site("kpu", **asks)) == set(who)


def test_what_other_rules_forbid_stays_forbidden() -> None:
    night = scenario_of((site("kpu", people_min=5),), ALL)
    from patrolroute.rules import RULES, Draft

    draft = Draft()
    for rule in RULES:
        if rule is not TEAMS:
            rule.compile(night, draft)
    draft.visits[0].squads = frozenset({"motor", "regu-2"})
    TEAMS.compile(night, draft)
    assert draft.visits[0].squads == {"regu-2"}


FORCES = ("preventif", "sterilisasi")


@given(
    needs=st.dictionaries(st.sampled_from(FORCES), st.integers(1, 3)),
    people_min=st.integers(0, 5),
    vehicles=st.sets(st.sampled_from(["car", "motorcycle"])),
    people=st.lists(st.fixed_dictionaries({f: st.integers(0, 3) for f in FORCES}), min_size=1, max_size=3),
    lists=st.tuples(st.sets(st.integers(0, 2)), st.sets(st.integers(0, 2))),
)
@settings(max_examples=150, deadline=None)
def test_the_check_and_the_problem_say_the_same(
    needs: dict[str, int], people_min: int, vehicles: set[str], people: list[dict[str, int]], lists: Any
) -> None:
    """Of every squad sent to the site: the check, from the scenario's words, finds fault where the problem forbids."""
    kinds = ("car", "motorcycle", "car")
    squads = tuple(
        squad(f"r{k}", people=each, vehicle=Vehicle(kind=kinds[k]))  # type: ignore[arg-type]
        for k, each in enumerate(people)
    )
    only, never = ([f"r{k}" for k in sorted(each) if k < len(squads)] for each in lists)
    asks = {"needs": needs, "people_min": people_min, "vehicles": sorted(vehicles)}
    wished = site("kpu", **asks, only_by=[k for k in only if k not in never], not_by=never)
    may = allowed(wished, squads)
    free = scenario_of((site("kpu"),), squads)
    matrix = line_matrix(free, {"base": 10, "kpu": 14})
    problem = compile_problem(free, matrix)
    night = scenario_of((wished,), squads)
    plan = solve(problem, iterations=1, bound_seconds=0, seed=1)
    (going,) = [route for route in plan.routes if route.visits]
    for each in squads:
        routes = tuple(
            replace(going, squad=s.id) if s is each else replace(going, squad=s.id, visits=()) for s in squads
        )
        broken = [v for v in check_plan(replace(plan, routes=routes), scenario=night, matrix=matrix)
                  if v.rule == "teams"]  # fmt: skip
        assert (not broken) == (each.id in may)


def planned() -> tuple[Scenario, Any, Any]:
    night = scenario_of((site("kpu", tier=1, needs={"sterilisasi": 2}, not_by=["regu-2"]), site("pasar")), ALL)
    matrix = line_matrix(night, POSITIONS)
    plan = solve(compile_problem(night, matrix), iterations=200, bound_seconds=0, seed=1)
    return night, matrix, replace(plan, name=night.name, start=night.start)


def test_the_plan_sends_whom_the_site_asks_for() -> None:
    night, matrix, plan = planned()
    assert {r.squad for r in plan.routes for v in r.visits if v.site == "kpu"} == {"mobil"}
    assert check_plan(plan, scenario=night, matrix=matrix) == []


def test_a_stolen_member_and_a_site_given_away_are_found() -> None:
    night, matrix, plan = planned()
    robbed = CREW.model_copy(update={"people": {"preventif": 4, "sterilisasi": 1}})
    poorer = night.model_copy(update={"squads": (RIDER, robbed, PAIR)})
    (found,) = check_plan(plan, scenario=poorer, matrix=matrix)
    assert str(found) == "teams: squad 'mobil' stops at 'kpu', and it has 1 of 'sterilisasi'; due: 2."
    names = {"mobil": "regu-2", "regu-2": "mobil"}
    given_away = replace(plan, routes=tuple(replace(r, squad=names.get(r.squad, r.squad)) for r in plan.routes))
    told = {str(v) for v in check_plan(given_away, scenario=night, matrix=matrix) if v.rule == "teams"}
    assert told == {
        "teams: squad 'regu-2' stops at 'kpu', and it has 1 of 'sterilisasi'; due: 2.",
        "teams: squad 'regu-2' stops at 'kpu', and it is among the squads of not_by.",
    }


def explained(**asks: Any) -> str | None:
    night = scenario_of((wished := site("kpu", **asks),), ALL)
    return TEAMS.explain(night, line_matrix(night, {"base": 10, "kpu": 14}), wished)


def test_it_says_what_no_squad_has() -> None:
    assert explained(needs={"sterilisasi": 2}) is None
    assert explained(needs={"sterilisasi": 3}) == (
        "no squad has 3 of 'sterilisasi': 'motor': has none of 'sterilisasi'; 'mobil': has 2 of 'sterilisasi'; "
        "'regu-2': has 1 of 'sterilisasi'; compose the squads otherwise or ask for less."
    )
    assert explained(needs={"sterilisasi": 2}, vehicles=["motorcycle"]) == (
        "no squad is all that it asks for: 'motor': has none of 'sterilisasi'; 'mobil': rides a car; only a motorcycle "
        "can get there; 'regu-2': has 1 of 'sterilisasi'; compose the squads otherwise or ask for less."
    )
    words = explained(people_min=7, needs={"preemtif": 1}, only_by=["mobil"]) or ""
    assert words.startswith("no squad has 1 of 'preemtif': 'motor': has none of 'preemtif'; ")
    assert "(nor is there one that has 7 people); compose" in words


def test_a_required_site_that_no_squad_may_serve_is_told_in_the_scenarios_words() -> None:
    from patrolroute.explain import explain_impossible

    night = scenario_of((site("kpu", required=True, people_min=9),), ALL)
    problem = compile_problem(night, line_matrix(night, {"base": 10, "kpu": 14}))
    assert explain_impossible(problem) == {0: "No squad may make this visit."}
    with pytest.raises(InfeasibleError):
        solve(problem, iterations=1, bound_seconds=0, seed=1)


def test_squads_that_may_not_are_not_blamed_for_time() -> None:
    from patrolroute.explain import explain_impossible

    far = site("kpu", needs={"sterilisasi": 2}, dwell_min=50)
    night = scenario_of((far,), (RIDER, squad("mobil", people={"sterilisasi": 2}, start=23)))
    problem = compile_problem(night, line_matrix(night, {"base": 10, "kpu": 14}))
    assert explain_impossible(problem) == {
        0: "No squad that may make this visit keeps its window, its shift and its driving limit together."
    }
