from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from nights import good_night
from patrolroute.build import compile_problem
from patrolroute.explain import explain_impossible, explain_kept_in, explain_left_out
from patrolroute.problem import Couplings, PatrolProblem
from tied import broken_rules, every_plan, tied_problem
from tiny import problem_of


def test_each_limit_is_named() -> None:
    problem = PatrolProblem.from_arrays(
        [
            [0, 100, 3000, 100, 100],
            [100, 0, 3000, 0, 0],
            [3000, 3000, 0, 3000, 3000],
            [100, 0, 3000, 0, 0],
            [100, 0, 3000, 0, 0],
        ],
        dwell_s=[60, 60, 60, 60],
        weight=[1, 1, 1, 1],
        windows_s=[(0, 50), (0, 9000), (8950, 9000), (0, 9000)],
        shifts_s=[(0, 9000)],
        max_drive_s=[5000],
    )
    reasons = explain_impossible(problem)
    assert reasons == {
        0: "No squad can be there before it closes.",
        1: "The way out and back is more driving than any squad is allowed.",
        2: "Out, stop and back take longer than any squad's shift allows.",
    }


def test_a_site_that_others_lead_to_is_not_called_impossible() -> None:
    """A matrix of one's own may break the triangle inequality."""
    problem = PatrolProblem.from_arrays(
        [[0, 1000, 1], [1, 0, 1], [1, 1, 0]], dwell_s=[10, 10], weight=[1, 1], shifts_s=[(0, 500)]
    )
    assert explain_impossible(problem) == {}


def test_limits_that_only_together_forbid_a_visit() -> None:
    """The early squad has no time left when the window opens, the late one comes after it has closed."""
    problem = PatrolProblem.from_arrays(
        [[0, 100], [100, 0]], dwell_s=[60], weight=[1], windows_s=[(900, 1000)], shifts_s=[(0, 1000), (950, 9000)]
    )
    assert explain_impossible(problem) == {0: "No squad keeps its window, its shift and its driving limit together."}


def test_nobody_and_no_time_are_not_blamed_on_windows_or_driving() -> None:
    travel_s = [[0, 100], [100, 0]]
    nobody = PatrolProblem.from_arrays(travel_s, dwell_s=[60], weight=[1], shifts_s=[])
    assert explain_impossible(nobody) == {0: "There is no squad."}
    no_time = PatrolProblem.from_arrays(travel_s, dwell_s=[60], weight=[1], shifts_s=[(0, 0), (500, 500)])
    assert explain_impossible(no_time) == {0: "No squad has time: every shift ends when it starts."}


def test_a_site_that_gave_way_is_told_the_nearest_gap() -> None:
    travel_s = [[0, 100, 100], [100, 0, 100], [100, 100, 0]]
    enough = PatrolProblem.from_arrays(travel_s, dwell_s=[600, 600], weight=[1, 1], shifts_s=[(0, 1500), (0, 100)])
    assert explain_left_out(enough, ((0,), ()))["site-2"] == (
        "no_time",
        "It would still fit into the route of 'squad-1'; search longer.",
    )
    tighter = PatrolProblem.from_arrays(travel_s, dwell_s=[600, 600], weight=[1, 1], shifts_s=[(0, 1400), (0, 100)])
    assert explain_left_out(tighter, ((0,), ()))["site-2"] == (
        "no_time",
        "No time left; 'squad-1' comes nearest and lacks 100 s.",
    )


def test_an_impossible_site_says_so_in_a_whole_night() -> None:
    scenario, matrix, _ = good_night()
    problem = compile_problem(scenario, matrix)
    reasons = explain_left_out(problem, ((2, 0), (3, 4)))
    assert reasons["penfui"].code == "impossible"
    assert set(reasons) == {"penfui"}


def test_nothing_that_some_plan_serves_is_called_impossible() -> None:
    told = 0
    for seed in range(60):
        problem = tied_problem(seed, visits=4)
        soon = np.full(2, 1100, np.int32)
        problem = replace(problem, squads=replace(problem.squads, until_s=soon, overtime_from_s=soon))
        impossible = explain_impossible(problem)
        told += len(impossible)
        duties = problem.groups.duty
        for orders in every_plan(problem) if impossible else ():
            served = {int(problem.visits.group[v]) for order in orders for v in order}
            done = all(int(g) in served or not orders[duties[g]] for g in np.flatnonzero(duties >= 0))
            stops = {g for g in served & impossible.keys() if duties[g] < 0}
            assert not (done and stops and not broken_rules(problem, orders)), (seed, impossible)
    assert told > 40


def joint(*, squads: int, due: int, allowed: int | None = None, **more: int) -> PatrolProblem:
    """Return a bundle of `due` visits of one place at one second by different squads."""
    crew = [{"until_s": more.get("until_s", 3000)} for _ in range(squads)]
    rows = [
        {
            "at": 1,
            "duration_s": 600,
            "group": f"g{i}",
            "weight": 1,
            "squads": None if allowed is None else range(allowed),
        }
        for i in range(due)
    ]
    plain = problem_of([[0, 100], [100, 0]], squads=crew, visits=rows)
    pairs = list(itertools.combinations(range(due), 2))
    first, second = np.array(pairs, np.int32).T
    none = np.zeros(len(pairs), np.int32)
    return replace(
        plain,
        groups=replace(plain.groups, bundle=np.zeros(due, np.int32)),
        couplings=Couplings(first=first, second=second, lo_s=none, hi_s=none, apart=np.ones(len(pairs), np.bool_)),
    )


@pytest.mark.parametrize(("squads", "allowed", "most"), [(2, None, 2), (4, 1, 1)])
def test_more_squads_that_meet_than_there_are_or_may_is_impossible(squads: int, allowed: int | None, most: int) -> None:
    words = f"3 squads are needed at once, and at no moment can more than {most} be there."
    assert explain_impossible(joint(squads=squads, due=3, allowed=allowed)) == {0: words, 1: words, 2: words}
    assert explain_impossible(joint(squads=3, due=3)) == {}


def test_squads_whose_shifts_do_not_overlap_for_long_enough_do_not_meet() -> None:
    problem = joint(squads=2, due=2)
    for from_s, fine in ((2000, True), (2301, False)):
        squads = replace(
            problem.squads, from_s=np.array([0, from_s], np.int32), until_s=np.array([3000, 9000], np.int32)
        )
        assert (explain_impossible(replace(problem, squads=squads)) == {}) is fine


def test_what_needs_an_impossible_visit_is_impossible_for_its_reason() -> None:
    problem = joint(squads=1, due=2)
    rows = [
        {"at": 1, "duration_s": 600, "group": f"g{i}", "weight": 1} for i in range(3)
    ]  # fmt: skip
    plain = problem_of([[0, 100], [100, 0]], squads=[{"until_s": 3000}], visits=rows)
    groups = replace(
        plain.groups, bundle=np.array([0, 0, -1], np.int32), needs=np.array([-1, -1, 0], np.int32)
    )  # fmt: skip
    reasons = explain_impossible(replace(plain, groups=groups, couplings=problem.couplings))
    assert reasons[2] == reasons[0]


def with_break(opens_s: int, closes_s: int, length_s: int = 900) -> PatrolProblem:
    """Return one squad from second 0 to 3000 with a break wherever it is, and a stop from 1000 to 1600."""
    rows = [
        {"at": 1, "duration_s": 600, "opens_s": 1000, "closes_s": 1000, "group": "stop", "weight": 1},
        {"at": 0, "duration_s": length_s, "opens_s": opens_s, "closes_s": closes_s, "group": "break", "weight": 0},
    ]
    plain = problem_of([[0, 100], [100, 0]], squads=[{"until_s": 3000}], visits=rows)
    return replace(
        plain,
        groups=replace(plain.groups, duty=np.array([-1, 0], np.int32)),
        visits=replace(plain.visits, floats=np.array([False, True])),
    )


def test_a_stop_that_a_break_leaves_no_time_for_is_told_so_and_keeps_the_squad_in() -> None:
    assert explain_impossible(with_break(0, 100)) == {}
    assert explain_kept_in(with_break(0, 100)) == {}
    assert explain_impossible(with_break(200, 1500)) == {0: "No squad finds time for it beside its breaks."}
    assert explain_kept_in(with_break(200, 1500)) == {0: "Its breaks leave it no time for any stop."}
    assert explain_impossible(with_break(200, 1600)) == {}
