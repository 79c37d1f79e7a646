"""What the rules compile to, read off the problem."""

from __future__ import annotations

from nights import at, good_night, line_matrix, scenario_of, site, squad, window
from patrolroute.build import compile_problem

POSITIONS = {"base": 0, "kpu": 4, "bawaslu": 8}


def test_a_stop_lies_wholly_in_its_window() -> None:
    scenario = scenario_of((site("kpu", dwell_min=10, windows=(window((22, 0), (23, 0)),)),), (squad("a"),))
    visits = compile_problem(scenario, line_matrix(scenario, {"base": 0, "kpu": 4})).visits
    assert visits.opens_s.tolist() == [22 * 3600]
    assert visits.closes_s.tolist() == [23 * 3600 - 600]


def test_two_windows_are_one_group_of_two_visits() -> None:
    scenario, matrix, _ = good_night()
    problem = compile_problem(scenario, matrix)
    assert problem.visits.ids == ("kpu#1", "kpu#2", "bawaslu", "kuanino", "kelapa-lima", "penfui")
    assert problem.visits.group.tolist() == [0, 0, 1, 2, 3, 4]
    assert problem.groups.required.tolist() == [True, False, False, False, False]


def test_a_window_as_long_as_the_stop_leaves_one_moment() -> None:
    scenario = scenario_of((site("kpu", dwell_min=10, windows=(window((22, 0), (22, 10)),)),), (squad("a"),))
    visits = compile_problem(scenario, line_matrix(scenario, {"base": 0, "kpu": 4})).visits
    assert visits.opens_s.tolist() == visits.closes_s.tolist() == [22 * 3600]


def test_shifts_lose_their_briefing_and_debriefing() -> None:
    scenario = scenario_of((site("kpu"),), (squad("a"), squad("b", start=21, max_driving_min=30)))
    squads = compile_problem(scenario, line_matrix(scenario, {"base": 0, "kpu": 4})).squads
    assert squads.from_s.tolist() == [scenario.seconds(at(22, 10)), scenario.seconds(at(21, 10))]
    assert squads.until_s.tolist() == [scenario.seconds(at(23, 55))] * 2
    assert squads.max_drive_s.tolist() == [105 * 60, 30 * 60]


def test_vehicles_of_equal_speed_share_a_layer() -> None:
    scenario = scenario_of((site("kpu"),), (squad("a"), squad("b", speed_factor=1.25), squad("c")))
    problem = compile_problem(scenario, line_matrix(scenario, {"base": 0, "kpu": 4}))
    assert problem.matrix.profiles == ("1", "1.25")
    assert problem.squads.profile.tolist() == [0, 1, 0]


def test_sites_off_the_roads_may_be_visited_by_nobody() -> None:
    scenario = scenario_of((site("kpu"), site("bawaslu")), (squad("a"),))
    problem = compile_problem(scenario, line_matrix(scenario, POSITIONS), off_road=["bawaslu"])
    assert problem.visits.squads.tolist() == [[True], [False]]


def test_visits_of_windows_get_ids_that_no_site_has() -> None:
    two = (window((22, 0), (22, 30)), window((23, 0), (23, 30)))
    scenario = scenario_of((site("a", windows=two), site("a#1")), (squad("regu"),))
    visits = compile_problem(scenario, line_matrix(scenario, {"base": 0, "a": 4, "a#1": 5})).visits
    assert visits.ids == ("a##1", "a##2", "a#1")
