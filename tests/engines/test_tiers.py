"""One number orders plans exactly as the tuple does, or stages take its place."""

from __future__ import annotations

from itertools import islice

import pytest

from brute import all_best_orders
from patrolroute.engines.tiers import Levels
from patrolroute.problem import PatrolProblem
from patrolroute.schedule import objective_of
from tiny import CASES, random_problem

UNLIMITED = 2**200


def drive_of(problem: PatrolProblem, orders: tuple[tuple[int, ...], ...]) -> int:
    return objective_of(problem, orders).drive_s


@pytest.mark.parametrize("seed", range(12))
def test_the_number_orders_plans_as_the_objective_does(seed: int) -> None:
    problem = random_problem(seed)
    stage = Levels(problem, limit=UNLIMITED).stage(((),) * len(problem.squads), settled=0)
    plans = list(islice(all_best_orders(problem), 300))
    by_number = {
        orders: drive_of(problem, orders) - sum(stage.prize[v] for order in orders for v in order) for orders in plans
    }
    by_tuple = {o: (*objective_of(problem, o)[:2], drive_of(problem, o)) for o in plans}
    assert len(set(by_tuple.values())) > 2
    ranked = sorted(plans, key=by_number.__getitem__)
    assert [by_tuple[orders] for orders in ranked] == sorted(by_tuple.values())
    assert len(set(by_number.values())) == len(set(by_tuple.values()))


def test_a_plain_sum_of_weights_gets_it_wrong() -> None:
    problem = CASES["tiers_are_strict"]()
    strict, greedy = ((0,),), ((1, 2, 3, 4, 5),)
    weight = problem.visits.weight
    assert sum(int(weight[v]) for v in greedy[0]) > 1_000_000 * sum(int(weight[v]) for v in strict[0])
    assert objective_of(problem, strict) < objective_of(problem, greedy)
    prize = Levels(problem, limit=UNLIMITED).stage(((),), settled=0).prize
    assert prize[0] > sum(prize[1:]) + 3600


def test_common_divisors_are_taken_out() -> None:
    prize = Levels(CASES["one_site"](), limit=UNLIMITED).stage(((),), settled=0).prize
    heavy = CASES["one_site"]()
    heavy.visits.weight.flags.writeable = True
    heavy.visits.weight[:] = 1_000_000
    assert Levels(heavy, limit=UNLIMITED).stage(((),), settled=0).prize == prize


def test_beyond_the_limit_levels_follow_each_other() -> None:
    problem = CASES["tiers_are_strict"]()
    limit = 40_000
    levels = Levels(problem, limit=limit)
    assert len(levels) == 3
    first = levels.stage(((),), settled=0)
    assert (first.searched, first.last) == (2, False)
    assert sum(first.prize) <= limit
    assert first.prize[4:] == (0, 0)
    assert not first.usable[4:].any()
    later = levels.stage(((0,),), settled=2)
    assert (later.searched, later.last, later.kept) == (1, True, {0})
    assert later.prize[:4] == (0, 0, 0, 0)
    assert min(later.prize[4:]) > levels.drive_bound_s


def test_a_level_beyond_the_limit_by_itself_keeps_its_weights_in_order() -> None:
    problem = CASES["weights_far_apart"]()
    stage = Levels(problem, limit=1_500_000).stage(((),), settled=0)
    assert stage.prize == (1_000_000, 1)
    assert stage.last


def test_levels_in_full_are_settled_and_lesser_alternatives_shut_out() -> None:
    problem = CASES["alternatives_of_unlike_weight"]()
    levels = Levels(problem, limit=UNLIMITED)
    assert levels.settled(((0,),)) == 0
    kept = levels.stage(((0,),), settled=1)
    assert kept.kept == {0}
    assert kept.usable.tolist() == [True, False, True]
    lesser = levels.stage(((1, 2),), settled=1)
    assert lesser.kept == {0, 1}
    assert lesser.usable.all()


def test_impossible_visits_stand_on_no_level() -> None:
    problem = CASES["nothing_is_possible"]()
    assert len(Levels(problem, limit=UNLIMITED)) == 0
