from __future__ import annotations

from nights import good_night
from patrolroute.build import compile_problem
from patrolroute.problem import PatrolProblem
from patrolroute.schedule import Objective, objective_of, schedule, time_route

TWO_SITES = PatrolProblem.from_arrays(
    [[0, 60, 90], [70, 0, 30], [100, 40, 0]],
    travel_m=[[0, 600, 900], [700, 0, 300], [1000, 400, 0]],
    dwell_s=[600, 300],
    weight=[3, 5],
    tier=[1, 2],
    windows_s=[(1000, 2000), (0, 9000)],
    shifts_s=[(100, 5000), (0, 5000)],
)


def test_times_follow_by_hand() -> None:
    route = time_route(TWO_SITES, 0, (1, 0))
    first, second = route.visits
    assert (route.leave_s, first.arrive_s, first.begin_s, first.end_s) == (100, 190, 190, 490)
    assert (second.arrive_s, second.begin_s, second.end_s, second.wait_s) == (530, 1000, 1600, 470)
    assert (route.return_s, route.drive_s, route.drive_m) == (1670, 90 + 40 + 70, 900 + 400 + 700)


def test_a_squad_waits_at_its_base_rather_than_in_the_street() -> None:
    route = time_route(TWO_SITES, 0, (0,))
    assert (route.leave_s, route.visits[0].arrive_s, route.visits[0].wait_s) == (940, 1000, 0)


def test_an_empty_route_stays_where_it_is() -> None:
    route = time_route(TWO_SITES, 0, ())
    assert (route.leave_s, route.return_s, route.drive_s, route.drive_m) == (100, 100, 0, 0)


def test_the_objective_is_a_tuple() -> None:
    assert objective_of(TWO_SITES, ((1, 0), ())) == Objective(0, (0, 0), 0, 0, 200, 1570)
    assert objective_of(TWO_SITES, ((), (0,))) == Objective(0, (0, 5), 0, 0, 130, 1670)
    assert objective_of(TWO_SITES, ((), ())) == Objective(0, (3, 5), 0, 0, 0, 0)


def test_one_site_of_tier_1_beats_any_number_of_lower_ones() -> None:
    lower = PatrolProblem.from_arrays(
        [[0] * 101] * 101, dwell_s=[60] * 100, weight=[1] + [1_000_000] * 99, tier=[1] + [2] * 99, shifts_s=[(0, 6000)]
    )
    assert objective_of(lower, ((0,),)) < objective_of(lower, (tuple(range(1, 100)),))


def test_a_site_with_two_windows_counts_once() -> None:
    scenario, matrix, _ = good_night()
    problem = compile_problem(scenario, matrix)
    assert problem.visits.ids[:2] == ("kpu#1", "kpu#2")
    twice = schedule(problem, ((0, 1), ()), engine="by hand", start=scenario.start)
    assert twice.coverage[0].covered_weight == 5
    assert twice.coverage[0].covered_sites == 1


def test_required_sites_that_are_missed_come_first() -> None:
    scenario, matrix, _ = good_night()
    problem = compile_problem(scenario, matrix)
    assert objective_of(problem, ((2, 3), (4,))).unmet == 1
    assert objective_of(problem, ((0,), ())) < objective_of(problem, ((2, 3), (4,)))
