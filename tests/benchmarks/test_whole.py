"""The large night with every rule at once: built as it says, planned without a fault."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
from patrolroute.check import check_against_problem
from patrolroute.engines.native import NativeEngine
from patrolroute.engines.protocol import Budget, Watch
from patrolroute.schedule import schedule
from whole import BEATS, build_whole


def test_every_rule_is_asked() -> None:
    problem = build_whole(100, 3, 4, tied=True)
    assert [words.partition(" (")[0] for words in problem.beyond] == [
        "joint stops",
        "several visits of a site",
        "breaks",
    ]
    assert int((problem.visits.entry != problem.visits.exit).sum()) == 3 * BEATS
    assert not problem.visits.squads.all(axis=1).all()
    assert build_whole(100, 3, 4, tied=False).beyond == ()


@pytest.mark.parametrize(("sites", "squads"), [(100, 4), (1000, 20)])
def test_its_plans_have_no_fault(sites: int, squads: int) -> None:
    """A thousand sites search only near themselves, where a squad may be looked at twice."""
    problem = build_whole(sites, 3, squads, tied=True)
    budget = Budget(seconds=None, iterations=120)
    found = NativeEngine().search(problem, budget=budget, seed=1, start=None, watch=Watch())
    plan = schedule(problem, found.orders, engine="native")
    assert check_against_problem(plan, problem) == []
    assert plan.coverage[0].covered_weight > 0.4 * plan.coverage[0].total_weight
    breaks = np.flatnonzero(problem.groups.duty >= 0)
    assert {route.squad for route in plan.routes if route.visits} == {str(problem.groups.duty[g]) for g in breaks}
