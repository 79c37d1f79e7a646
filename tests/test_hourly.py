"""Travel by the hour: the schedule is what every second says, the search finds what trying everything finds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from hourly import at_random, by_hour, simulated
from patrolroute.bound import bound_plan
from patrolroute.check import check_against_problem
from patrolroute.engines.protocol import Budget, Watch
from patrolroute.engines.registry import engine_named
from patrolroute.errors import InputError
from patrolroute.explain import explain_impossible, explain_left_out
from patrolroute.problem import FARTHEST_S, Couplings, PatrolProblem
from patrolroute.schedule import objective_of, schedule, time_orders, time_route
from patrolroute.search.drive import Caller, Limits, Search
from patrolroute.search.state import BEST
from patrolroute.solver import solve
from tied import best_objective, broken_rules, tied_problem
from tiny import HOUR, line, problem_of, random_problem

if TYPE_CHECKING:
    from patrolroute.plans import Route

ITERATIONS = 3000


def planned(problem: PatrolProblem, seed: int = 1, *, engine: str = "native") -> tuple[tuple[int, ...], ...]:
    budget = Budget(seconds=10, iterations=ITERATIONS)
    return engine_named(engine).search(problem, budget=budget, seed=seed, start=None, watch=Watch()).orders


def rush(*, until_s: int = 3600) -> PatrolProblem:
    """Until 1,000 s a drive takes five times as long; at the slowest hour the far site is out of reach."""
    plain = problem_of(
        line([0, 100, 400]),
        squads=[{"until_s": until_s}],
        visits=[{"at": 1, "duration_s": 300}, {"at": 2, "duration_s": 300, "weight": 9}],
    )
    return by_hour(plain, [0, 1000], [5, 1])


def test_times_are_those_of_the_hour() -> None:
    (route,) = time_orders(rush(), ((0, 1),))
    near, far = route.visits
    # 500 s in the rush, then 200 s are left of it: whoever waits for its end is there after 300 s more, not 1,500.
    assert (route.leave_s, near.arrive_s, near.end_s, near.drive_s) == (0, 500, 800, 500)
    assert (far.arrive_s, far.drive_s, far.drive_m) == (1300, 300, 300 * 8 + 1)
    assert (route.return_s, route.drive_s) == (1300 + 300 + 400, 500 + 300 + 400)


def test_a_site_that_only_a_faster_hour_allows_is_visited() -> None:
    problem = rush()
    slowest = replace(problem, hours=None)
    assert explain_impossible(slowest) == {1: "Out, stop and back take longer than any squad's shift allows."}
    assert explain_impossible(problem) == {}
    assert objective_of(problem, planned(problem)).uncovered == (0,)
    assert objective_of(slowest, planned(slowest)).uncovered == (9,)


def test_a_route_may_be_faster_by_way_of_another_stop_and_loses_time_without_it() -> None:
    """Leaving the far point at once takes the rush all the way; a stop on the way lets it pass."""
    plain = problem_of(
        line([0, 400, 800]),
        squads=[{"start": 0, "end": 2, "until_s": 1200}],
        visits=[{"at": 1, "duration_s": 0}, {"at": 2, "duration_s": 0}],
    )
    problem = by_hour(plain, [-9000, 400], [1, 0.5])
    assert planned(problem) in {((0, 1),)}
    assert time_orders(problem, ((0, 1),))[0].return_s == 600


@pytest.mark.parametrize("seed", range(12))
def test_the_schedule_is_what_every_second_says(seed: int) -> None:
    problem = at_random(random_problem(seed), seed, night_s=5000)
    rows = np.random.default_rng(seed).permutation(len(problem.visits)).tolist()
    for k in range(len(problem.squads)):
        order = tuple(rows[: 1 + seed % len(rows)])
        route = time_orders(problem, tuple(order if j == k else () for j in range(len(problem.squads))))[k]
        told = simulated(problem, k, order)
        assert [(v.arrive_s, v.begin_s, v.drive_s, v.drive_m) for v in route.visits] == told[:-1]
        assert (route.return_s, route.drive_s) == (told[-1][0], sum(each[2] for each in told))
        assert route.drive_m == sum(each[3] for each in told)


@pytest.mark.parametrize("seed", range(8))
def test_the_search_finds_the_optimum_and_bounds_hold(seed: int) -> None:
    problem = at_random(tied_problem(seed, visits=3), seed)
    orders = planned(problem, seed)
    assert broken_rules(problem, orders) == []
    best, found = best_objective(problem), objective_of(problem, orders)
    assert found[:3] == best[:3]
    total = sum(int(w) for w in problem.group_weight)
    for each in bound_plan(problem, orders, seconds=1.0).tiers:
        assert each.upper_weight >= total - best.uncovered[0]


@pytest.mark.parametrize("seed", range(40))
def test_what_the_search_counts_is_what_the_schedule_says(seed: int) -> None:
    """Couplings, breaks, limits of driving and of stops, all at once; every plan is checked without a fault."""
    problem = at_random(tied_problem(seed, visits=9) if seed % 4 else random_problem(seed), seed)
    if seed % 3 == 0:
        limit = np.full(len(problem.squads), 700 + 20 * seed, np.int32)
        problem = replace(problem, squads=replace(problem.squads, max_drive_s=limit))
    search = Search(problem, seed=seed)
    search.begin_from(())
    search.run(Limits(iterations=800), Caller(report=lambda *_: None, stopped=lambda: False))
    orders = search.orders
    assert broken_rules(problem, orders) == []
    told = objective_of(problem, orders)
    levels = [told.unmet, *told.uncovered, told.overtime_s, told.spread, told.drive_s, told.finish_s]
    assert search.state.level[BEST].tolist() == levels
    again = Search(problem, seed=seed + 1)
    again.begin_from(orders)
    assert broken_rules(problem, again.orders) == []
    # A part of a route may be driven for longer than all of it.
    assert seed % 3 == 0 or objective_of(problem, again.orders)[:2] <= told[:2], "a plan begins another search"


@pytest.mark.parametrize(("begins_s", "times"), [([0], [1]), ([0, 1000], [3, 1]), ([0, 1000], [1, 3])])
def test_an_impossible_circle_of_gaps_ends(
    begins_s: list[int], times: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second visit is at least 100 s after the first; it may be 90: nothing ever holds, however late."""
    plain = problem_of(
        line([0, 100, 200]),
        squads=[{}],
        visits=[{"at": 1, "duration_s": 0, "closes_s": FARTHEST_S}, {"at": 2, "duration_s": 0, "closes_s": FARTHEST_S}],
    )
    table = Couplings(first=[0], second=[1], lo_s=[0], hi_s=[90], apart=[False])  # type: ignore[arg-type]
    timed = []

    def counted(*args: Any, **options: Any) -> Route:
        timed.append(args)
        return time_route(*args, **options)

    monkeypatch.setattr("patrolroute.schedule.time_route", counted)
    (route,) = time_orders(by_hour(replace(plain, couplings=table), begins_s, times), ((0, 1),))
    first, second = route.visits
    assert second.begin_s - first.begin_s > 90
    # Once at first, then at most every 10 s until the last change of speeds, and as often as any gaps could need.
    assert len(timed) <= 1 + 1000 // 10 + 3


def test_a_circle_of_gaps_that_a_faster_hour_opens_is_kept() -> None:
    """Some sixty rounds of waiting until the rush is over, far more than gaps without hours could need."""
    plain = problem_of(
        line([0, 100, 200]), squads=[{}], visits=[{"at": 1, "duration_s": 0}, {"at": 2, "duration_s": 0}]
    )
    table = Couplings(first=[0], second=[1], lo_s=[0], hi_s=[90], apart=[False])  # type: ignore[arg-type]
    (route,) = time_orders(by_hour(replace(plain, couplings=table), [0, 700], [1, 0.5]), ((0, 1),))
    assert [visit.begin_s for visit in route.visits] == [660, 750]


def test_a_limit_of_driving_counts_the_hours_of_the_drives() -> None:
    problem = rush()
    limited = replace(problem, squads=replace(problem.squads, max_drive_s=np.array([1000], np.int32)))
    # The near site first is 1,200 s at the wheel; to leave when the rush is over, for the far one, is 800.
    orders = planned(limited)
    assert orders == ((1, 0),)
    assert broken_rules(limited, orders) == []
    assert broken_rules(limited, ((0, 1),)) == ["driving: 'squad-0' drives 200 s too long."]


def test_arriving_earlier_than_the_hour_allows_is_found() -> None:
    problem = rush()
    plan = schedule(problem, ((0, 1),), engine="any")
    assert check_against_problem(plan, problem) == []
    route = plan.routes[0]
    for number, seconds in ((0, -1), (1, -1)):
        visits = [replace(v, arrive_s=v.arrive_s + seconds) if i == number else v for i, v in enumerate(route.visits)]
        early = replace(plan, routes=(replace(route, visits=tuple(visits)),))
        assert {each.rule for each in check_against_problem(early, problem)} >= {"driven"}
    other_hour = replace(route.visits[0], drive_s=100, drive_m=801)
    wrong = replace(plan, routes=(replace(route, visits=(other_hour, route.visits[1])),))
    assert {each.rule for each in check_against_problem(wrong, problem)} == {"driven"}
    assert check_against_problem(plan, replace(problem, hours=None)), "the problem without hours is another one"


@pytest.mark.parametrize("engine", ["ortools", "pyvrp"])
def test_other_engines_plan_with_the_slowest_hour_and_hold_at_all(engine: str) -> None:
    pytest.importorskip(engine, reason=f"the extra '{engine}' is not installed")
    problem = at_random(random_problem(3), 3)
    plain = replace(problem, squads=replace(problem.squads, max_drive_s=np.full(len(problem.squads), 9000, np.int32)))
    plan = solve(plain, seconds=2, iterations=300, seed=1, engine=engine, bound_seconds=0.5)
    assert check_against_problem(plan, plain) == []


def test_a_gap_that_only_a_later_hour_keeps_is_waited_for() -> None:
    """The two ends of a street within 200 s of each other, by one squad: before 2,000 s its drive takes 400 s."""
    plain = problem_of(
        line([0, 100]),
        squads=[{"until_s": 4000}],
        visits=[{"at": 0, "duration_s": 0}, {"at": 1, "duration_s": 0}],
    )
    hourly = by_hour(plain, [0, 2000], [4, 1])
    table = Couplings(first=[0], second=[1], lo_s=[0], hi_s=[200], apart=[False])  # type: ignore[arg-type]
    problem = replace(hourly, couplings=table)
    (route,) = time_orders(problem, ((0, 1),))
    begins = [visit.begin_s for visit in route.visits]
    assert begins[1] - begins[0] <= 200
    assert begins == [1900, 2100]
    assert broken_rules(problem, ((0, 1),)) == []


def test_reasons_go_by_the_hour() -> None:
    problem = rush(until_s=1900)
    sentence = explain_left_out(problem, ((0,),))["g1"].sentence
    assert sentence == "No time left; 'squad-0' comes nearest and lacks 100 s."


def test_the_matrix_must_hold_at_every_hour() -> None:
    problem = rush()
    assert problem.hours is not None
    with pytest.raises(InputError, match="a drive takes longer at some hour"):
        replace(problem, matrix=problem.hours.at(1))
    other = replace(problem.hours, profiles=("else",))
    with pytest.raises(InputError, match="expected the points and profiles of the matrix"):
        replace(problem, hours=other)


def test_waiting_for_a_faster_hour_is_not_told_as_driving() -> None:
    """Who leaves the near site at 800 s is soonest at the far one by waiting until 1,000 s, for a drive of 300 s."""
    problem = rush()
    squads = replace(problem.squads, max_drive_s=np.array([1150], np.int32))
    visits = replace(problem.visits, closes_s=np.array([600, 9 * HOUR], np.int32))
    limited = replace(problem, squads=squads, visits=visits)
    assert time_orders(limited, ((0, 1),))[0].drive_s == 500 + 300 + 400
    assert explain_left_out(limited, ((0,),)) == {
        "g1": ("no_time", "No time left; 'squad-0' comes nearest and lacks 50 s.")
    }
