"""Bounds against plans found by trying everything."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clocks import TickingClock
from every_plan import all_plans, problems, values
from patrolroute.bound import bound_plan
from patrolroute.errors import InputError
from patrolroute.problem import PatrolProblem


def spoken(problem, bound):
    """The bounds as a list, the required groups first, as `values` has them."""
    first = [bound.required] if bound.required else []
    return [*first, *bound.tiers] if problem.groups.required.any() else [None, *bound.tiers]


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(problem=problems(), pick=st.integers(0, 10**6))
def test_the_bound_of_any_plan_holds_for_every_plan_and_the_best_is_proved(problem, pick):
    plans = all_plans(problem)
    worth = {served: values(problem, served) for served in plans}
    best = max(plans, key=lambda served: worth[served])
    some = sorted(plans, key=sorted)[pick % len(plans)]
    for served in (some, best):
        bound = bound_plan(problem, plans[served], seconds=20)
        for level, tier in enumerate(spoken(problem, bound)):
            if tier is None:
                continue
            most = max(
                w[level]
                for w in worth.values()
                if w[:level] >= worth[served][:level]
                and all(a >= b for a, b in zip(w[:level], worth[served][:level], strict=True))
            )
            assert tier.covered_weight == worth[served][level]
            assert tier.upper_weight == most
            assert tier.proved == (worth[served][: level + 1] == worth[best][: level + 1])
        assert not bound.improved
        assert bound.proved == (worth[served] == worth[best])


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(problem=problems(), asked=st.integers(0, 6))
def test_a_bound_that_is_stopped_at_any_moment_holds(problem, asked):
    plans = all_plans(problem)
    worth = {served: values(problem, served) for served in plans}
    questions = iter(range(10**9))
    bound = bound_plan(problem, plans[frozenset()], seconds=20, stopped=lambda: next(questions) >= asked)
    for level, tier in enumerate(spoken(problem, bound)):
        if tier is not None:
            assert tier.upper_weight >= max(w[level] for w in worth.values())


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(problem=problems())
def test_improving_ends_at_the_best_plan_and_proves_it(problem):
    plans = all_plans(problem)
    best = max(values(problem, served) for served in plans)
    bound = bound_plan(problem, seconds=20, improve=True)
    served = frozenset(v for order in bound.orders for v in order)
    assert values(problem, served) == best
    assert bound.proved
    assert bound.improved == any(best)
    assert [tier.covered_weight for tier in bound.tiers] == list(best[1:])


def city(seed, visits, squads, *, hours=4.0, spread=1800, starts=1, drive_s=None):
    """A made-up night: sites on a square, two tiers, a third of them with windows."""
    rng = np.random.default_rng(seed)
    places = rng.integers(0, spread, (visits + 1, 2))
    travel = np.ceil(np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))).astype(int)
    shift = int(hours * 3600)
    opens = np.where(rng.random(visits) < 1 / 3, rng.integers(0, shift // 2, visits), 0)
    closes = np.where(opens > 0, opens + shift // 4, shift)
    return PatrolProblem.from_arrays(
        travel,
        dwell_s=rng.integers(300, 900, visits),
        weight=rng.integers(1, 50, visits),
        tier=rng.integers(1, 3, visits),
        windows_s=np.column_stack([opens, closes]),
        shifts_s=[(60 * (k % starts), shift) for k in range(squads)],
        max_drive_s=None if drive_s is None else [drive_s] * squads,
    )


@pytest.mark.parametrize("drive_s", [None, 2400])
def test_a_night_of_thirty_sites_is_proved(drive_s):
    bound = bound_plan(city(1, 30, 4, hours=2, drive_s=drive_s), seconds=60, improve=True)
    assert bound.proved
    assert bound.improved
    assert bound.tiers[0].covered_weight > 0
    assert bound_plan(city(1, 30, 4, hours=2, drive_s=drive_s), bound.orders, seconds=60).proved


def test_time_is_kept_and_more_is_proved_with_more_of_it(monkeypatch):
    clock = TickingClock(0.02)
    monkeypatch.setattr("patrolroute.bound.clock.monotonic", clock.monotonic)
    large, small = city(2, 100, 4, hours=4), city(1, 30, 4, hours=2)
    # A few looks at the clock, once the time is over, are what each step on the way out takes.
    for seconds in (0, 1):
        assert seconds <= bound_plan(large, seconds=seconds).seconds <= seconds + 15 * clock.tick_s
    little, more = (bound_plan(small, seconds=seconds, improve=True) for seconds in (0, 60))
    assert (little.proved, more.proved) == (False, True)
    assert more.seconds < 60


def test_many_squads_and_sites_are_answered_without_a_graph_of_all_pairs(monkeypatch):
    problem = city(3, 1500, 12, hours=8, spread=6000, starts=12)

    def refused(_problem):
        raise AssertionError("making this would take minutes")

    monkeypatch.setattr("patrolroute.bound.tiers.RouteBounds", refused)
    bound = bound_plan(problem, seconds=20)
    table = problem.visits
    for tier in bound.tiers:
        assert 0 < tier.upper_weight <= int(table.weight[table.tier == tier.tier].sum())
        assert not tier.proved
    # The squads have 12 x 8 h = 345,600 s, the stops of either tier alone take more.
    assert bound.tiers[1].upper_weight < int(table.weight[table.tier == 2].sum())


def test_nothing_to_do_is_proved():
    bound = bound_plan(city(4, 3, 0))
    assert bound.orders == ()
    assert [(tier.upper_weight, tier.proved) for tier in bound.tiers] == [(0, True)] * len(bound.tiers)
    assert [tier.gap for tier in bound.tiers] == [0.0] * len(bound.tiers)


def test_orders_that_are_no_plan_are_refused_with_every_fault():
    problem = city(5, 6, 2, hours=0.2)
    with pytest.raises(InputError) as caught:
        bound_plan(problem, ((0, 1, 2, 3), (0,)), seconds=1)
    assert any("served twice" in fault for fault in caught.value.faults)
    assert any("is back at" in fault for fault in caught.value.faults)
    with pytest.raises(InputError, match="expected 2, one for each squad, found 1"):
        bound_plan(problem, ((),), seconds=1)
    with pytest.raises(InputError, match="visit 99 does not exist"):
        bound_plan(problem, ((99,), ()), seconds=1)
