"""What ties mean for each visit by itself is kept where a bound leaves the ties out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hourly import at_random
from patrolroute.bound import bound_plan
from patrolroute.bound.implied import Ladders, distances, implied_windows
from patrolroute.bound.relaxed import relaxed
from patrolroute.problem import Couplings, PatrolProblem
from patrolroute.schedule import covered_weights
from tied import broken_rules, every_plan, tied_problem
from tiny import problem_of


def coupled(plain: PatrolProblem, *rows: tuple[int, int, int, int], **groups: list[int]) -> PatrolProblem:
    first, second, lo, hi = (np.array(column, np.int32) for column in zip(*rows, strict=True))
    columns = {name: np.array(column, np.int32) for name, column in groups.items()}
    return replace(
        plain,
        groups=replace(plain.groups, **columns),
        couplings=Couplings(first=first, second=second, lo_s=lo, hi_s=hi),
    )


def again(times: int, *, gap_s: int = 1000, until_s: int = 2500, others: int = 1, seed: int = 0) -> PatrolProblem:
    """Return one site that wants several visits a gap apart, any of them, and others that want one."""
    draw = np.random.default_rng(seed)
    where = draw.integers(0, 300, (others + 2, 2))
    at = [*[1] * times, *range(2, others + 2)]
    visits = [{"at": p, "duration_s": 100, "weight": 2 if p == 1 else int(draw.integers(1, 4)), "tier": 1} for p in at]
    plain = problem_of(np.abs(where[:, None] - where[None]).sum(-1), squads=[{"until_s": until_s}], visits=visits)
    site = ("again",) * times + plain.groups.site[times:]
    rows = [(a, b, gap_s + 100, 2**29) for a in range(times) for b in range(a + 1, times)]
    return coupled(replace(plain, groups=replace(plain.groups, site=site)), *rows)


def most_covered(problem: PatrolProblem) -> tuple[int, tuple[tuple[int, ...], ...]]:
    return max(
        (sum(covered_weights(problem, orders).values()), orders)
        for orders in every_plan(problem)
        if not broken_rules(problem, orders)
    )


def test_visits_of_one_kind_are_rungs_of_a_ladder() -> None:
    problem = again(3)
    ladders = Ladders(problem)
    assert ladders.rungs == [[0, 1, 2]]
    opens, closes = implied_windows(problem, ladders, distances(problem))
    assert (opens[:4] - problem.visits.opens_s[:4]).tolist() == [0, 1100, 2200, 0]
    assert (closes == problem.squads.until_s - problem.visits.duration_s).all(), "the shift's end is what limits them"
    assert ladders.pushed_down(((3, 2),)) == ((3, 0),)
    assert ladders.pushed_down(((1, 3, 2),)) == ((0, 3, 1),)


@pytest.mark.parametrize("spoil", ["weight", "coupling", "required"])
def test_what_is_not_of_one_kind_is_no_ladder(spoil: str) -> None:
    problem = again(3)
    if spoil == "weight":
        weight = problem.visits.weight.copy()
        weight[1] += 1
        problem = replace(problem, visits=replace(problem.visits, weight=weight))
    elif spoil == "coupling":
        problem = replace(problem, couplings=replace(problem.couplings, lo_s=np.array([1100, 1100, 900], np.int32)))
    else:
        must = problem.groups.required.copy()
        must[2] = True
        problem = replace(problem, groups=replace(problem.groups, required=must))
    assert [0, 1, 2] not in Ladders(problem).rungs


def test_what_meets_can_do_so_while_both_can_be_there() -> None:
    rows = [{"at": 1, "opens_s": 500, "closes_s": 900}, {"at": 1, "opens_s": 100, "closes_s": 700}]
    plain = problem_of(np.array([[0, 60], [60, 0]]), squads=[{}, {}], visits=rows)
    problem = coupled(plain, (0, 1, 0, 0), bundle=[0, 0])
    opens, closes = implied_windows(problem, Ladders(problem), distances(problem))
    assert (opens.tolist(), closes.tolist()) == ([500, 500], [700, 700])
    alone = coupled(plain, (0, 1, 0, 0))
    assert implied_windows(alone, Ladders(alone), distances(alone))[0].tolist() == [500, 100], (
        "either may be made without the other"
    )


def test_what_can_never_be_made_is_not_counted() -> None:
    rows = [{"at": 1, "opens_s": 800, "closes_s": 900}, {"at": 1, "opens_s": 100, "closes_s": 700}, {"at": 1}]
    plain = problem_of(np.array([[0, 60], [60, 0]]), squads=[{}, {}], visits=[{"weight": 3, **row} for row in rows])
    problem = coupled(plain, (0, 1, 0, 0), bundle=[0, 0, -1])
    assert relaxed(problem).problem.tiers == problem.tiers
    assert [each.upper_weight for each in bound_plan(problem, seconds=1).tiers] == [3]


@pytest.mark.parametrize("seed", range(12))
def test_bounds_hold_and_speak_of_plans_that_serve_any_of_the_visits(seed: int) -> None:
    problem = again(3, gap_s=300 + 100 * (seed % 4), until_s=1200 + 300 * (seed % 3), others=2, seed=seed)
    best, orders = most_covered(problem)
    for plan in (orders, ((),)):
        bound = bound_plan(problem, plan, seconds=1)
        assert bound.tiers[0].upper_weight >= best
        assert bound.orders == plan


@pytest.mark.parametrize("seed", range(12))
def test_bounds_hold_where_drives_take_what_they_take_at_the_hour(seed: int) -> None:
    night = again(3, gap_s=300 + 100 * (seed % 4), until_s=1200 + 300 * (seed % 3), others=2, seed=seed)
    problem = at_random(night if seed % 2 else tied_problem(seed), seed, night_s=1200)
    best, orders = most_covered(problem)
    for plan in (orders, ((),) * len(problem.squads)):
        assert bound_plan(problem, plan, seconds=1).tiers[0].upper_weight >= best


def test_a_bound_knows_that_there_is_no_time_for_another_gap() -> None:
    """Three visits with a gap of 1,000 s do not fit into 2,000 s, whatever is left out."""
    problem = again(3, until_s=2000)
    best, orders = most_covered(problem)
    bound = bound_plan(problem, orders, seconds=1)
    assert bound.proved
    assert bound.tiers[0].upper_weight == best == 2 * 2 + int(problem.visits.weight[3])
