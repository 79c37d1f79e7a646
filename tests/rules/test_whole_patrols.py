"""Nights with any mixture of rules, planned by the engine `native`: every plan obeys the scenario's own words."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patrolroute.build import compile_problem
from patrolroute.check import check_plan
from patrolroute.errors import InfeasibleError
from patrolroute.rules.waiting import wait_elsewhere
from patrolroute.schedule import objective_of
from patrolroute.solver import solve
from rules.test_agreement import night


def _plan_and_check(seed: int) -> None:
    scenario, matrix, beats = night(random.Random(seed))
    problem = compile_problem(scenario, matrix, beats=beats)
    try:
        document = solve(problem, iterations=150, seed=1, bound_seconds=0.05)
    except InfeasibleError:
        return
    orders = tuple(tuple(problem.visits.ids.index(visit.visit) for visit in route.visits) for route in document.routes)
    nobody = objective_of(problem, ((),) * len(problem.squads))
    assert objective_of(problem, orders) <= nobody, "staying in is no better"
    document = replace(document, name=scenario.name, start=scenario.start)
    document = wait_elsewhere(document, [each.id for each in scenario.sites if not each.wait])
    assert check_plan(document, scenario=scenario, matrix=matrix, beats=beats) == []


@given(seed=st.integers(0, 2**32))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_plan_obeys_the_words(seed: int) -> None:
    _plan_and_check(seed)


@pytest.mark.slow
@given(seed=st.integers(0, 2**32))
@settings(max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_two_thousand_plans_obey_the_words(seed: int) -> None:
    _plan_and_check(seed)
