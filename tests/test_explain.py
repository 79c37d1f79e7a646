from __future__ import annotations

from nights import good_night
from patrolroute.build import compile_problem
from patrolroute.explain import explain_impossible, explain_left_out
from patrolroute.problem import PatrolProblem


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
