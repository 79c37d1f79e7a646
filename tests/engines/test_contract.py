"""What every engine must do, on every tiny problem; limited by iterations, so that no test depends on the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from brute import brute_force, is_feasible
from clocks import TickingClock
from patrolroute.engines import ladder, run
from patrolroute.engines.protocol import Budget, Watch
from patrolroute.engines.registry import engine_named
from patrolroute.engines.tiers import Levels
from patrolroute.problem import PatrolProblem
from patrolroute.schedule import objective_of
from patrolroute.search import drive
from tiny import CASES, HOUR, line, problem_of, random_problem

if TYPE_CHECKING:
    from patrolroute.engines.protocol import Engine
    from patrolroute.problem import Orders

ITERATIONS = {"native": 20_000, "ortools": 20_000, "pyvrp": 300}
"""Enough for every tiny problem; each engine counts in its own measure."""

LOOKS_AFTER = 60
"""At the clock once the time is over: two for each iteration until the next poll, and what still fits is put in."""


@pytest.fixture(params=sorted(ITERATIONS))
def engine(request: pytest.FixtureRequest) -> Engine:
    if request.param == "pyvrp":
        pytest.importorskip("pyvrp", reason="the extra pyvrp is not installed")
    return engine_named(request.param)


def few(engine: Engine, *, times: float = 1) -> Budget:
    return Budget(seconds=None, iterations=int(ITERATIONS[engine.name] * times))


def spread_out(count: int, squads: int, *, seed: int = 1) -> PatrolProblem:
    """Return sites over a city of 12 km, of which not all can be visited in three hours."""
    draw = np.random.default_rng(seed)
    where = draw.uniform(0, 12_000, (count + 1, 2))
    travel_s = np.ceil(np.abs(where[:, None] - where[None]).sum(-1) / (30 / 3.6)).astype(int)
    return PatrolProblem.from_arrays(
        travel_s,
        dwell_s=np.full(count, 900),
        weight=draw.integers(1, 6, count),
        tier=draw.choice(3, count, p=(0.2, 0.3, 0.5)) + 1,
        shifts_s=[(0, 3 * HOUR)] * squads,
    )


@pytest.mark.parametrize("case", CASES)
def test_tiny_problems_are_solved_to_optimality(engine: Engine, case: str) -> None:
    problem = CASES[case]()
    reports: list[Orders] = []
    watch = Watch(report=lambda orders, _iterations: reports.append(orders))
    found = engine.search(problem, budget=few(engine), seed=1, start=None, watch=watch)
    assert is_feasible(problem, found.orders)
    assert objective_of(problem, found.orders)[:3] == brute_force(problem)[:3]
    assert found.iterations <= few(engine).iterations
    assert reports[-1] == found.orders
    objectives = [objective_of(problem, orders) for orders in reports]
    assert objectives == sorted(objectives, reverse=True)
    assert all(is_feasible(problem, orders) for orders in reports)


def test_random_problems_lose_no_coverage_and_hardly_any_driving(engine: Engine) -> None:
    """Both are heuristics: driving may be beaten now and then, coverage on so few sites never."""
    detours = 0
    for seed in range(40):
        problem = random_problem(seed)
        found = engine.search(problem, budget=few(engine), seed=1, start=None, watch=Watch())
        assert is_feasible(problem, found.orders), seed
        mine, best = objective_of(problem, found.orders), brute_force(problem)
        assert mine[:2] == best[:2], seed
        assert mine >= best
        detours += mine.drive_s > best.drive_s
    assert detours <= 4


def test_same_seed_and_iterations_same_orders(engine: Engine) -> None:
    problem = spread_out(30, 3)
    first, second, other = (
        engine.search(problem, budget=few(engine), seed=seed, start=None, watch=Watch()) for seed in (7, 7, 8)
    )
    assert first == second
    assert first.stopped_by == "iterations"
    assert other.orders != first.orders


def test_search_improves_on_its_first_orders(engine: Engine) -> None:
    problem = spread_out(40, 4)
    start = engine.search(problem, budget=Budget(seconds=None, iterations=0), seed=1, start=None, watch=Watch())
    assert start.iterations == 0
    found = engine.search(problem, budget=few(engine, times=5), seed=1, start=None, watch=Watch())
    assert objective_of(problem, found.orders) < objective_of(problem, start.orders)


def test_warm_start_is_never_made_worse(engine: Engine) -> None:
    problem = spread_out(40, 4)
    good = engine.search(problem, budget=few(engine, times=5), seed=1, start=None, watch=Watch()).orders
    kept = engine.search(problem, budget=Budget(seconds=None, iterations=0), seed=2, start=good, watch=Watch())
    assert objective_of(problem, kept.orders) <= objective_of(problem, good)
    on = engine.search(problem, budget=few(engine, times=0.2), seed=2, start=good, watch=Watch())
    assert is_feasible(problem, on.orders)
    assert objective_of(problem, on.orders) <= objective_of(problem, good)


@pytest.mark.parametrize(
    "start",
    [
        ((), (), (), (), (), ()),
        ((0, 0, 1), (1, 2, 999, -1)),
        (tuple(range(40)),),
        (tuple(range(20)), tuple(range(20, 40)), tuple(range(40))),
    ],
    ids=["too many squads", "rows twice or unknown", "too few squads", "far too long"],
)
def test_start_that_cannot_be_kept_is_repaired(engine: Engine, start: Orders) -> None:
    problem = spread_out(40, 3)
    found = engine.search(problem, budget=few(engine, times=0.2), seed=1, start=start, watch=Watch())
    assert is_feasible(problem, found.orders)
    assert sum(map(len, found.orders)) > 15


def test_start_without_room_for_tier_1_gives_way(engine: Engine) -> None:
    """One site of tier 1 that takes all night against 1,000 of tier 2, all of them in the start."""
    problem = problem_of(
        line([0, 1500]),
        squads=[{}],
        visits=[
            {"at": 1, "tier": 1, "duration_s": 600},
            *({"at": 0, "tier": 2, "weight": 1_000_000, "duration_s": 3} for _ in range(1000)),
        ],
    )
    start: Orders = (tuple(range(1, 1001)),)
    assert is_feasible(problem, start)
    found = engine.search(problem, budget=few(engine, times=0.1), seed=1, start=start, watch=Watch())
    assert is_feasible(problem, found.orders)
    assert objective_of(problem, found.orders).uncovered == (0, 1_000_000_000)


@pytest.mark.parametrize("engine", ["ortools", "pyvrp"], indirect=True)  # native compares tuples, it has no number
def test_tiers_stay_strict_where_one_number_cannot_hold_them(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = 2**37
    monkeypatch.setattr(f"patrolroute.engines.{engine.name}.LIMIT", limit)
    staged = 0
    for seed in range(15):
        problem = random_problem(seed)
        found = engine.search(problem, budget=few(engine), seed=1, start=None, watch=Watch())
        mine, best = objective_of(problem, found.orders), brute_force(problem)
        assert is_feasible(problem, found.orders), seed
        first = Levels(problem, limit=limit).stage(((),) * len(problem.squads), settled=0)
        staged += not first.last
        reached = (mine.unmet, *mine.uncovered)[: first.searched]
        assert reached == (best.unmet, *best.uncovered)[: first.searched], seed
    assert staged


def test_stop_ends_the_search_at_once(engine: Engine) -> None:
    problem = spread_out(100, 5)
    asked = 0

    def stopped() -> bool:
        nonlocal asked
        asked += 1
        return asked > 500

    found = engine.search(
        problem, budget=Budget(seconds=None, iterations=10**12), seed=1, start=None, watch=Watch(stopped=stopped)
    )
    assert found.stopped_by == "interrupt"
    assert asked <= 501 + 3, "nothing is searched once somebody said stop"
    assert is_feasible(problem, found.orders)


def test_stop_before_the_beginning_returns_feasible_orders(engine: Engine) -> None:
    problem = spread_out(40, 4)
    found = engine.search(problem, budget=Budget(), seed=1, start=None, watch=Watch(stopped=lambda: True))
    assert found.stopped_by == "interrupt"
    assert found.iterations == 0
    assert is_feasible(problem, found.orders)


def test_what_a_report_raises_reaches_the_caller(engine: Engine) -> None:
    """OR-Tools swallows what its callbacks raise, so the engine must carry it out."""

    def report(_orders: Orders, iterations: int) -> None:
        if iterations:
            raise LookupError("the caller's own")

    with pytest.raises(LookupError, match="the caller's own"):
        engine.search(spread_out(40, 4), budget=few(engine, times=5), seed=1, start=None, watch=Watch(report=report))


def test_stagnation_ends_a_search(engine: Engine) -> None:
    problem = spread_out(20, 2)
    steps = ITERATIONS[engine.name] // 10
    found = engine.search(problem, budget=Budget(seconds=None, stagnation=steps), seed=1, start=None, watch=Watch())
    assert found.stopped_by == "stagnation"
    assert found.iterations >= steps


def test_seconds_end_a_search(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    # So much passes at each look that the native search makes its slices as small as they get.
    clock = TickingClock(0.1 if engine.name == "native" else 0.01)
    for module in (drive, ladder, run):
        monkeypatch.setattr(module, "time", clock)
    found = engine.search(spread_out(20, 2), budget=Budget(seconds=5), seed=1, start=None, watch=Watch())
    assert found.stopped_by == "seconds"
    assert 5 <= clock.readings * clock.tick_s <= 5 + LOOKS_AFTER * clock.tick_s


def test_no_squads_and_no_visits(engine: Engine) -> None:
    travel_s = line([0, 300])
    nobody = PatrolProblem.from_arrays(travel_s, dwell_s=[60], weight=[1], shifts_s=[])
    found = engine.search(nobody, budget=few(engine), seed=1, start=None, watch=Watch())
    assert (found.orders, found.stopped_by) == ((), "complete")
    nothing = PatrolProblem.from_arrays([[0]], dwell_s=[], weight=[], shifts_s=[(0, HOUR), (0, HOUR)])
    found = engine.search(nothing, budget=few(engine), seed=1, start=((0,), (1,)), watch=Watch())
    assert (found.orders, found.stopped_by) == (((), ()), "complete")
