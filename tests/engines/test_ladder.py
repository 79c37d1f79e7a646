"""Engine `ortools` where visits are tied: it proves what trying everything finds, and what the native search finds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from patrolroute.check import check_against_problem
from patrolroute.engines.protocol import Budget, Found, Watch
from patrolroute.engines.registry import engine_named
from patrolroute.engines.tied import tied_fill, tied_orders_fit, tied_part
from patrolroute.errors import InputError
from patrolroute.problem import Couplings, Groups, PatrolProblem
from patrolroute.schedule import objective_of, schedule
from patrolroute.solver import solve
from tied import best_objective, broken_rules, every_plan, tied_problem
from tiny import line, problem_of

if TYPE_CHECKING:
    from patrolroute.problem import Orders

PLENTY = Budget(seconds=None, iterations=3_000_000)


def found(
    problem: PatrolProblem, *, budget: Budget = PLENTY, start: Orders | None = None, watch: Watch | None = None
) -> Found:
    return engine_named("ortools").search(problem, budget=budget, seed=1, start=start, watch=watch or Watch())


def kept(seeds: range, *, visits: int) -> list[tuple[int, PatrolProblem]]:
    """Return the problems with ties that the engine does not refuse."""
    problems = [(seed, tied_problem(seed, visits=visits)) for seed in seeds]
    by_times = {"balance of time on duty (balance)", "a limit on the spread of time on duty (max_spread_duty_min)"}
    return [(seed, problem) for seed, problem in problems if problem.beyond and not by_times & set(problem.beyond)]


def night(seed: int, *, sites: int) -> PatrolProblem:
    """Return three squads with up to four stops and a break each, a joint stop, and a site wanted twice with a gap."""
    draw = np.random.default_rng(seed)
    where = draw.integers(0, 900, (sites + 1, 2))
    at = [*range(1, sites + 1), 1, 2, 0, 0, 0]
    rows = [
        {
            "at": point,
            "duration_s": 600,
            "weight": int(draw.integers(1, 6)),
            "tier": int(draw.integers(1, 3)),
            "opens_s": 600 * int(draw.integers(0, 4)),
        }
        for point in at
    ]
    meeting, again, breaks = sites, sites + 1, range(sites + 2, sites + 5)
    rows[0] |= {"weight": 9, "tier": 1}
    rows[meeting] |= {"weight": 0, "tier": 1}
    rows[again] |= {"tier": rows[1]["tier"], "opens_s": 0}
    for k, v in enumerate(breaks):
        rows[v] |= {"weight": 0, "tier": 1, "opens_s": 900, "closes_s": 1800, "squads": [k]}
    plain = problem_of(np.abs(where[:, None] - where[None]).sum(-1), squads=[{}, {}, {}], visits=rows)
    none = np.full(len(rows), -1, np.int32)
    bundle, needs, duty, floats = none.copy(), none.copy(), none.copy(), none >= 0
    bundle[[0, meeting]], needs[again], duty[breaks], floats[breaks] = 0, 1, [0, 1, 2], True
    return replace(
        plain,
        groups=Groups(ids=plain.groups.ids, required=plain.groups.required, bundle=bundle, needs=needs, duty=duty),
        visits=replace(plain.visits, floats=floats),
        squads=replace(plain.squads, max_stops=np.array([4, 4, 4], np.int32)),
        couplings=Couplings(
            first=np.array([0, 1]), second=np.array([meeting, again]), lo_s=np.array([0, 900]),
            hi_s=np.array([0, 9999]), apart=np.array([True, False]),
        ),
    )  # fmt: skip


def test_the_optimum_is_found_and_proved() -> None:
    asked: set[str] = set()
    for seed, problem in kept(range(100, 200), visits=4):
        search = found(problem)
        assert search.stopped_by == "complete", seed
        assert broken_rules(problem, search.orders) == [], seed
        assert objective_of(problem, search.orders) == best_objective(problem), seed
        asked.update(problem.beyond)
    assert len(asked) == 9, "all but what the engine refuses"


@pytest.mark.parametrize("seed", range(5))
def test_native_finds_what_is_proved_on_larger_nights(seed: int) -> None:
    problem = night(seed, sites=6)
    proved = found(problem)
    assert proved.stopped_by == "complete"
    assert broken_rules(problem, proved.orders) == []
    budget = Budget(seconds=None, iterations=20_000)
    native = engine_named("native").search(problem, budget=budget, seed=1, start=None, watch=Watch())
    assert objective_of(problem, native.orders)[:2] == objective_of(problem, proved.orders)[:2]


def test_orders_fit_exactly_when_the_checker_says_so() -> None:
    answers = []
    for seed in range(100, 112):
        problem = tied_problem(seed, visits=4)
        for orders in every_plan(problem):
            answers.append(tied_orders_fit(problem, orders))
            said = check_against_problem(schedule(problem, orders, engine="any"), problem)
            assert answers[-1] == all(each.rule in {"required", "spread"} for each in said), (seed, orders)
    assert min(answers.count(True), answers.count(False)) > 100


def test_a_start_loses_only_what_cannot_be_kept() -> None:
    shortened = 0
    for seed in range(100, 130):
        problem = tied_problem(seed, visits=6)
        wild: Orders = ((0, 2, 4, 99, 0), (1, 3, 5), (2,))
        part = tied_part(problem, wild)
        assert tied_orders_fit(problem, part), seed
        assert tied_part(problem, part) == part
        shortened += 0 < sum(map(len, part)) < 6
        worth = replace(problem, most_spread_stops=None, most_spread_duty_s=None, overtime_price=0)
        assert objective_of(worth, part)[:2] <= objective_of(worth, ((), ()))[:2]
    assert shortened > 10
    assert tied_part(problem, None) == ((), ())
    assert tied_part(problem, ((), (), (0, 1))) == ((), ())


def test_a_joint_stop_is_kept_whole_or_dropped_whole_from_a_start() -> None:
    problem = night(0, sites=5)
    both = found(problem).orders
    assert tied_part(problem, both) == both
    alone = tuple(tuple(v for v in order if v != 5) for order in both)
    assert not tied_orders_fit(problem, alone)
    assert 0 not in {v for order in tied_part(problem, alone) for v in order}


def test_a_filling_fits_and_takes_nothing_out() -> None:
    longer = 0
    for seed in range(100, 130):
        problem = tied_problem(seed, visits=6)
        part = tied_part(problem, ((0, 2), (1, 3)))
        full = tied_fill(problem, part, enough=lambda: False)
        assert tied_orders_fit(problem, full), seed
        assert all(set(before) <= set(after) for before, after in zip(part, full, strict=True))
        longer += sum(map(len, full)) > sum(map(len, part))
        assert tied_fill(problem, part, enough=lambda: True) == part
    assert longer > 20


def test_a_filling_serves_joint_stops_and_breaks_whole() -> None:
    problem = night(1, sites=6)
    full = tied_fill(problem, ((), (), ()), enough=lambda: False)
    made = {v for order in full for v in order}
    assert {0, 6} <= made
    assert all(8 + k in order for k, order in enumerate(full) if order)


def test_same_seed_and_iterations_same_orders_and_a_start_is_never_made_worse() -> None:
    problem = night(3, sites=12)
    budget = Budget(seconds=None, iterations=20_000)
    first, second = found(problem, budget=budget), found(problem, budget=budget)
    assert first == second
    assert first.iterations <= 20_000
    nothing = Budget(seconds=None, iterations=0)
    greedy = found(problem, budget=nothing)
    assert (greedy.iterations, greedy.stopped_by) == (0, "iterations")
    assert objective_of(problem, greedy.orders) < objective_of(problem, ((), (), ()))
    again = found(problem, budget=nothing, start=first.orders)
    assert objective_of(problem, again.orders) <= objective_of(problem, first.orders)
    on = found(problem, budget=budget, start=first.orders)
    assert objective_of(problem, on.orders) <= objective_of(problem, first.orders)


def test_reports_only_improve_and_hold_every_rule() -> None:
    problem, reports = night(4, sites=5), []
    last = found(problem, watch=Watch(report=lambda orders, _iterations: reports.append(orders)))
    objectives = [objective_of(problem, orders) for orders in reports]
    assert objectives == sorted(objectives, reverse=True)
    assert reports[-1] == last.orders
    assert not any(broken_rules(problem, orders) for orders in reports)


def test_each_limit_ends_the_search_and_says_so() -> None:
    problem = night(5, sites=30)
    asked: list[int] = []
    stopped = Watch(stopped=lambda: bool(asked.append(1)) or len(asked) > 20)
    assert found(problem, budget=Budget(seconds=60), watch=stopped).stopped_by == "interrupt"
    assert found(problem, budget=Budget(seconds=0.3)).stopped_by == "seconds"
    still = found(problem, budget=Budget(seconds=None, stagnation=2000))
    assert still.stopped_by == "stagnation"
    assert still.iterations >= 2000


def test_what_a_report_raises_reaches_the_caller() -> None:
    def report(_orders: Orders, iterations: int) -> None:
        if iterations:
            raise LookupError("the caller's own")

    with pytest.raises(LookupError, match="the caller's own"):
        found(night(5, sites=9), watch=Watch(report=report))


def test_time_on_duty_alike_is_refused_and_stops_alike_are_not() -> None:
    problem = problem_of(line([0, 100, 200]), squads=[{}, {}], visits=[{"at": 1}, {"at": 2}])
    with pytest.raises(
        InputError, match=r"engine 'ortools' cannot keep balance of time on duty \(balance\); take the engine"
    ):
        solve(replace(problem, balance="duty"), iterations=10, engine="ortools")
    alike = replace(problem, balance="stops")
    plan = solve(alike, iterations=100_000, seed=1, engine="ortools", bound_seconds=0)
    assert [len(route.visits) for route in plan.routes] == [1, 1]
    assert check_against_problem(plan, alike) == []


def test_no_squads_and_no_visits() -> None:
    nobody = replace(PatrolProblem.from_arrays([[0]], dwell_s=[], weight=[], shifts_s=[]), balance="stops")
    assert (found(nobody).orders, found(nobody).stopped_by) == ((), "complete")
    nothing = replace(PatrolProblem.from_arrays([[0]], dwell_s=[], weight=[], shifts_s=[(0, 9)]), balance="stops")
    assert (found(nothing).orders, found(nothing).stopped_by) == (((),), "complete")
