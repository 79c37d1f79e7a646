"""The project's own engine against exact enumeration, its limits and its caller."""

from __future__ import annotations

from itertools import permutations, product
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hotspots
import instances
from clocks import TickingClock
from patrolroute.engines.native import NativeEngine
from patrolroute.engines.protocol import Budget, Found, Watch
from patrolroute.errors import InputError
from patrolroute.matrix import TravelMatrix
from patrolroute.problem import Groups, PatrolProblem, Squads, Visits
from patrolroute.schedule import Objective, objective_of, time_orders
from patrolroute.search import drive
from patrolroute.search.drive import Caller, Limits, Search, Tuning
from patrolroute.search.loop import BUILD

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from patrolroute.problem import Orders


def solve(problem: PatrolProblem, *, iterations: int = 2000, seed: int = 1, start: Orders | None = None) -> Orders:
    budget = Budget(seconds=None, iterations=iterations)
    return NativeEngine().search(problem, budget=budget, seed=seed, start=start, watch=Watch()).orders


def keeps_everything(problem: PatrolProblem, orders: Orders) -> bool:
    """Every window, shift, driving limit, squad and group again, in plain Python."""
    squads, visits = problem.squads, problem.visits
    made = [int(visits.group[v]) for order in orders for v in order]
    if len(set(made)) < len(made) or len(orders) != len(squads):
        return False
    return all(route_fits(problem, k, order) for k, order in enumerate(orders))


def route_fits(problem: PatrolProblem, k: int, order: tuple[int, ...]) -> bool:
    squads, visits = problem.squads, problem.visits
    travel_s = problem.matrix.travel_s[squads.profile[k]]
    clock, here, drive_s = int(squads.from_s[k]), int(squads.start[k]), 0
    for v in order:
        leg_s = int(travel_s[here, visits.entry[v]])
        drive_s += leg_s
        clock = max(clock + leg_s, int(visits.opens_s[v]))
        if clock > visits.closes_s[v] or not visits.squads[v, k]:
            return False
        clock, here = clock + int(visits.duration_s[v]), int(visits.exit[v])
    leg_s = int(travel_s[here, squads.end[k]]) if order else 0
    return not order or (clock + leg_s <= squads.until_s[k] and drive_s + leg_s <= squads.max_drive_s[k])


def all_orders(problem: PatrolProblem) -> Iterator[Orders]:
    k, v = len(problem.squads), len(problem.visits)
    for owners in product(range(-1, k), repeat=v):
        shares = [[u for u in range(v) if owners[u] == squad] for squad in range(k)]
        served = [int(problem.visits.group[u]) for share in shares for u in share]
        if len(set(served)) < len(served):
            continue
        fitting = [
            [order for order in permutations(share) if route_fits(problem, squad, order)]
            for squad, share in enumerate(shares)
        ]
        yield from product(*fitting)


def optimum(problem: PatrolProblem) -> Objective:
    return min(objective_of(problem, orders) for orders in all_orders(problem))


@st.composite
def tiny_problems(draw: st.DrawFn) -> PatrolProblem:
    """Up to 5 visits and 2 squads, all that the normal form has; asymmetric, with the triangle inequality of roads."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    v, k, p = draw(st.integers(1, 5)), draw(st.integers(1, 2)), draw(st.integers(1, 2))
    points = draw(st.integers(2, 6))
    travel = rng.integers(0, 60, (p, points, points), dtype=np.int32)
    travel[:, np.arange(points), np.arange(points)] = 0
    for via in range(points):
        travel = np.minimum(travel, travel[:, :, [via]] + travel[:, [via], :])
    entry, leave = rng.integers(0, points, (2, v), dtype=np.int32)
    # A drive through an area takes duration, not driving: under a driving limit it may make room where a stop cannot,
    # and then the best plan may be out of reach of insertions one by one. So a problem has either.
    limits_s = np.full(k, 9999, np.int32)
    if draw(st.booleans()):
        leave, limits_s = entry, rng.integers(30, 200, k, dtype=np.int32)
    groups = draw(st.integers(1, v))
    group = np.concatenate([np.arange(groups), rng.integers(0, groups, v - groups)]).astype(np.int32)
    opens = rng.integers(0, 150, v, dtype=np.int32)
    tier = rng.integers(1, 4, groups).astype(np.int32)[group]
    required = rng.random(groups) < 0.2
    # What is worth nothing is not visited, although a drive through it may shorten what counts as driving.
    weight = rng.integers(np.where(required[group], 0, 1), 5, dtype=np.int32)
    from_s = rng.integers(0, 60, k, dtype=np.int32)
    return PatrolProblem(
        matrix=TravelMatrix(
            ids=tuple(map(str, range(points))),
            profiles=tuple(map(str, range(p))),
            travel_s=travel,
            travel_m=np.zeros_like(travel),
        ),
        squads=Squads(
            ids=tuple(map(str, range(k))),
            start=rng.integers(0, points, k, dtype=np.int32),
            end=rng.integers(0, points, k, dtype=np.int32),
            profile=rng.integers(0, p, k, dtype=np.int32),
            from_s=from_s,
            until_s=from_s + rng.integers(50, 250, k, dtype=np.int32),
            max_drive_s=limits_s,
        ),
        groups=Groups(ids=tuple(map(str, range(groups))), required=required),
        visits=Visits(
            ids=tuple(map(str, range(v))),
            group=group,
            entry=entry,
            exit=leave,
            duration_s=travel[:, entry, leave].max(axis=0) + rng.integers(0, 30, v, dtype=np.int32),
            opens_s=opens,
            closes_s=opens + rng.integers(0, 150, v, dtype=np.int32),
            tier=tier,
            weight=weight,
            squads=rng.random((v, k)) < 0.8,
        ),
    )


@settings(max_examples=150, deadline=None)
@given(tiny_problems())
def test_the_optimum_of_every_tiny_problem_is_found(problem: PatrolProblem) -> None:
    orders = solve(problem)
    assert keeps_everything(problem, orders)
    assert objective_of(problem, orders) == optimum(problem)


def test_a_seed_and_iterations_fix_the_orders() -> None:
    problem = scattered(60, 3, seed=4)
    assert solve(problem, seed=7) == solve(problem, seed=7)
    assert len({solve(problem, seed=seed, iterations=1000) for seed in range(4)}) > 1


def scattered(n: int, k: int, *, seed: int, until_s: int = 3600, tiers: int = 1, weight: int = 10) -> PatrolProblem:
    rng = np.random.default_rng(seed)
    xy = rng.random((n + 1, 2)) * 900
    travel = np.ceil(np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))).astype(np.int32)
    return PatrolProblem.from_arrays(
        travel,
        dwell_s=np.full(n, 300, np.int32),
        weight=rng.integers(1, weight + 1, n, dtype=np.int32),
        tier=rng.integers(1, tiers + 1, n, dtype=np.int32),
        shifts_s=[(0, until_s)] * k,
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_a_warm_start_is_never_made_worse(seed: int) -> None:
    problem = scattered(40, 2, seed=seed)
    good = solve(problem, iterations=3000)
    for iterations in (0, 1, 50):
        again = solve(problem, iterations=iterations, seed=9, start=good)
        assert objective_of(problem, again) <= objective_of(problem, good)


def run(problem: PatrolProblem, budget: Budget, watch: Watch, *, engine: NativeEngine | None = None) -> Found:
    return (engine or NativeEngine()).search(problem, budget=budget, seed=1, start=None, watch=watch)


def test_each_limit_ends_the_search_and_says_so() -> None:
    problem = scattered(50, 2, seed=3)
    found = run(problem, Budget(seconds=None, iterations=700), Watch())
    assert (found.iterations, found.stopped_by) == (700, "iterations")
    found = run(problem, Budget(seconds=None, stagnation=400), Watch())
    assert found.stopped_by == "stagnation"
    assert found.iterations >= 400


def test_seconds_end_the_search_at_the_next_look_at_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    # So much passes at each look that the search makes its slices as small as they get.
    clock = TickingClock(0.1)
    monkeypatch.setattr(drive, "time", clock)
    found = run(scattered(50, 2, seed=3), Budget(seconds=5), Watch())
    assert found.stopped_by == "seconds"
    # The loop looks once in each round, and twice more to measure what a slice takes.
    assert 50 <= clock.readings <= 55


def test_a_stop_is_heard_and_reports_only_improve() -> None:
    problem = scattered(50, 2, seed=3)
    reported: list[tuple[Orders, int]] = []
    asked = 0

    def stopped() -> bool:
        nonlocal asked
        asked += 1
        return asked > 5

    watch = Watch(report=lambda orders, iterations: reported.append((orders, iterations)), stopped=stopped)
    found = run(problem, Budget(seconds=60), watch)
    assert found.stopped_by == "interrupt"
    values = [objective_of(problem, orders) for orders, _ in reported]
    assert values == sorted(values, reverse=True)
    assert reported[-1][0] == found.orders
    assert all(keeps_everything(problem, orders) for orders, _ in reported)


def test_ctrl_c_returns_the_best_so_far() -> None:
    problem = scattered(50, 2, seed=3)

    def stopped() -> bool:
        raise KeyboardInterrupt

    found = run(problem, Budget(seconds=60), Watch(stopped=stopped))
    assert found.stopped_by == "interrupt"
    assert any(found.orders)


def test_less_important_visits_are_put_back_wherever_a_search_is_stopped() -> None:
    """Stopped as soon as it holds the first tier, which it has just searched without the second."""
    draw = np.random.default_rng(0)
    at = draw.integers(0, 3000, (121, 2))
    problem = PatrolProblem.from_arrays(
        np.ceil(np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))).astype(np.int32),
        dwell_s=np.full(120, 300, np.int32),
        weight=draw.integers(1, 9, 120),
        tier=np.repeat([1, 2], [90, 30]),
        windows_s=np.repeat([(0, 7200), (8000, 14400)], [90, 30], axis=0),
        shifts_s=[(0, 14400)] * 2,
    )
    search = Search(problem, seed=0, tuning=Tuning(first_cycle=400))

    def stopped() -> bool:
        return search._held > 0

    assert search.run(Limits(), Caller(report=lambda *_: None, stopped=stopped)) == "interrupt"
    found = objective_of(problem, search.orders)
    search.begin_from(search.orders)
    search._apart(BUILD, 0)
    assert objective_of(problem, search.orders).uncovered == found.uncovered


def test_nothing_possible_is_complete_at_once() -> None:
    problem = PatrolProblem.from_arrays(
        np.array([[0, 50], [50, 0]], np.int32),
        dwell_s=np.array([1], np.int32),
        weight=np.array([1], np.int32),
        shifts_s=[(0, 60)],
    )
    assert run(problem, Budget(seconds=60), Watch()) == Found(orders=((),), iterations=0, stopped_by="complete")


def test_two_processes_find_the_same_every_time_and_no_less_than_the_start() -> None:
    problem = scattered(60, 3, seed=4)
    tuning = Tuning(first_cycle=200, recombine_from=200)
    engine = NativeEngine(workers=2, tuning=tuning)
    start = solve(problem, iterations=50)
    found = [
        engine.search(problem, budget=Budget(seconds=None, iterations=4000), seed=5, start=start, watch=Watch())
        for _ in range(2)
    ]
    assert found[0] == found[1]
    assert (found[0].iterations, found[0].stopped_by) == (4000, "iterations")
    assert keeps_everything(problem, found[0].orders)
    assert objective_of(problem, found[0].orders) <= objective_of(problem, start)


def test_workers_are_counted() -> None:
    for wrong in (0, "2", 1.5, True):
        with pytest.raises(InputError, match=f"workers is {wrong!r}; expected a whole number of 1 or more"):
            NativeEngine(workers=wrong)  # type: ignore[arg-type]


def test_an_infeasible_start_loses_only_what_breaks_a_rule() -> None:
    problem = scattered(40, 2, seed=2)
    everything = (tuple(range(40)), tuple(range(20)))
    orders = solve(problem, iterations=0, start=everything)
    assert keeps_everything(problem, orders)
    assert any(orders)


@pytest.mark.parametrize("tiers", [1, 3])
def test_recombination_and_large_neighbour_lists_keep_every_rule(tiers: int) -> None:
    problem = scattered(1200, 12, seed=6, tiers=tiers, until_s=9000)
    tuning = Tuning(first_cycle=1000, recombine_from=1000)
    budget = Budget(seconds=None, iterations=4000)
    orders = NativeEngine(tuning=tuning).search(problem, budget=budget, seed=1, start=None, watch=Watch()).orders
    assert keeps_everything(problem, orders)
    assert sum(map(len, orders)) > 200


@pytest.mark.parametrize(
    ("name", "squads", "at_least"),
    [("c103", 2, 710), ("r103", 2, 517), ("rc107", 2, 520), ("pr02", 2, 700), ("pr12", 4, 1110), ("pr06", 2, 1030)],
)
def test_published_toptw_instances_do_not_get_worse(shared_data: Path, name: str, squads: int, at_least: int) -> None:
    instance = instances.read_toptw(shared_data / "instances" / "toptw" / f"{name}.txt")
    orders = solve(instance.problem(squads), iterations=30_000)
    assert instance.score(orders, squads) >= at_least


@pytest.mark.parametrize(("name", "at_least"), [("p4.2.h", 820), ("p5.4.x", 1450), ("p6.2.n", 1260), ("p7.3.q", 984)])
def test_published_top_instances_do_not_get_worse(shared_data: Path, name: str, at_least: int) -> None:
    """The mean over six seeds: at so few iterations a single one is luck on the two larger (p4.2.h: 810 to 835)."""
    instance = instances.read_top(shared_data / "instances" / "top" / f"{name}.txt")
    assert instance.squads is not None
    problem = instance.problem(instance.squads)
    prizes = [
        instance.score(solve(problem, iterations=20_000, seed=seed), instance.squads) for seed in (1, 2, 3, 4, 5, 6)
    ]
    assert sum(prizes) / 6 >= at_least


def test_patrols_of_alagoas_read_in_and_are_solved(shared_data: Path) -> None:
    """Stop or pass, and again once the protection is over: the engine counts what the file's own rule counts."""
    for path in sorted((shared_data / "instances" / "patrol").glob("*.txt")):
        instance = hotspots.read_pmal(path)
        problem = instance.problem()
        orders = solve(problem, iterations=1000)
        assert keeps_everything(problem, orders)
        earned = sum(int(problem.visits.weight[v]) for order in orders for v in order)
        assert earned == instance.score_thirds(time_orders(problem, orders)) >= 3 * instance.prize[1:].sum()
