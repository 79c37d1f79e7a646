"""Closing, where nothing is left to close among them."""

from __future__ import annotations

import numpy as np
import pytest

from patrolroute.bound.clock import Clock
from patrolroute.bound.closing import Cutting, decide, listed
from patrolroute.bound.levels import Level

GROUP_OF = np.arange(4)
WEIGHT = np.array([3, 5, 4, 6])


def triangle(target):
    """Three routes over pairs groups 0 to 2: half of each is worth 12 to a linear program, one alone at most 9."""
    level = Level(tier=1, weight=WEIGHT)
    pool = listed([(0, (0, 1)), (0, (1, 2)), (0, (0, 2))], level, GROUP_OF, 4)
    return level, Cutting(pool, level, [2], target)


def test_no_routes_disprove_every_target():
    level = Level(tier=1, weight=WEIGHT)
    pool = listed([], level, GROUP_OF, 4)
    assert len(pool) == 0
    assert Cutting(pool, level, [2], 1).disproved
    assert decide(pool, level, [2], least=1, most=9, hint=(), clock=Clock(5)).upper == -1


@pytest.mark.parametrize("target", [10, 11, 12])
def test_cuts_disprove_what_the_linear_program_thinks_possible(target):
    _, cutting = triangle(target)
    cutting.thin(Clock(5))
    assert cutting.disproved


def test_what_is_possible_stays_and_is_found():
    level, cutting = triangle(9)
    cutting.thin(Clock(5))
    assert not cutting.disproved
    found = decide(cutting.pool, level, [2], least=9, most=12, hint=(), clock=Clock(5))
    assert (found.upper, found.chosen) == (9, [(0, (1, 2))])


def test_floors_bind():
    floor = np.array([0, 0, 0, 1])
    level = Level(tier=2, weight=WEIGHT, floors=((floor, 1),))
    pool = listed([(0, (0, 1)), (0, (3,)), (0, (1, 2))], level, GROUP_OF, 4)
    assert pool.floors.tolist() == [[0, 1, 0]]
    assert pool.value.tolist() == [8, 6, 9]
    found = decide(pool, level, [1], least=0, most=20, hint=(), clock=Clock(5))
    assert (found.upper, found.chosen) == (6, [(0, (3,))])
