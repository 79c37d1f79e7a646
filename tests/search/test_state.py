"""The state after many iterations against a plain recount of everything it keeps."""

from __future__ import annotations

import numpy as np
import pytest

from brute import is_feasible
from hourly import at_random
from patrolroute.problem import PatrolProblem
from patrolroute.schedule import objective_of
from patrolroute.search.drive import Caller, Limits, Search, Tuning
from patrolroute.search.layout import GROUP
from patrolroute.search.state import BEST, DRIVE, LENGTH, NODE, NOW, PLACE, SERVED, SQUAD
from tied import tied_problem

QUIET = Caller(report=lambda _orders, _iterations: None, stopped=lambda: False)


def crowded(seed: int, *, weight: int = 9, n: int = 50) -> PatrolProblem:
    """Two base-to-base squads with a driving limit, three tiers, windows, some sites required."""
    rng = np.random.default_rng(seed)
    xy = rng.random((n + 1, 2)) * 900
    opens = rng.integers(0, 3000, n)
    return PatrolProblem.from_arrays(
        np.ceil(np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))).astype(np.int32),
        dwell_s=rng.integers(0, 200, n, dtype=np.int32),
        weight=rng.integers(1, weight + 1, n, dtype=np.int32),
        tier=rng.integers(1, 4, n, dtype=np.int32),
        windows_s=np.stack([opens, opens + 900], axis=1).astype(np.int32),
        required=rng.random(n) < 0.05,
        shifts_s=[(0, 4000), (500, 3600)],
        max_drive_s=[1800, 2500],
    )


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("relink_chance", [Tuning().relink_chance, 100])
def test_levels_and_places_are_what_a_recount_gives(seed: int, relink_chance: int) -> None:
    problem = crowded(seed)
    search = Search(problem, seed=seed, tuning=Tuning(relink_chance=relink_chance))
    for iterations in (1, 10, 500, 1500):
        search.run(Limits(iterations=iterations), QUIET)
        s = search.state
        for standing in (NOW, BEST):
            orders = tuple(tuple(s.route[standing, k, 1 : 1 + s.tour[standing, k, LENGTH], NODE]) for k in range(2))
            assert is_feasible(problem, orders)
            expected = objective_of(problem, orders)
            level = s.level[standing].tolist()
            assert level == [expected.unmet, *expected.uncovered, *expected[2:]]
        routed = {int(s.route[NOW, k, i, NODE]): (k, i) for k in range(2) for i in range(1, 1 + s.tour[NOW, k, LENGTH])}
        for u in range(len(problem.visits)):
            assert s.spot[u, SQUAD] == routed.get(u, (-1, 0))[0]
            assert u not in routed or s.spot[u, PLACE] == routed[u][1]
            assert s.group[search.night.node[u, GROUP], SERVED] == (u if u in routed else -1)
        assert (s.tour[NOW, :, DRIVE] <= problem.squads.max_drive_s).all()


@pytest.mark.parametrize("seed", range(16))
@pytest.mark.parametrize("hourly", [False, True])
def test_levels_of_a_night_with_ties_are_what_a_recount_gives(seed: int, hourly: bool) -> None:
    """Prices, spreads, duties and balance among them, of the plan that is worked on as well as of the best."""
    problem = tied_problem(seed)
    problem = at_random(problem, seed) if hourly else problem
    search = Search(problem, seed=seed)
    for iterations in (1, 3, 10, 100, 300):
        search.run(Limits(iterations=iterations), QUIET)
        s = search.state
        for standing in (NOW, BEST):
            lengths = s.tour[standing, :, LENGTH]
            orders = tuple(tuple(s.route[standing, k, 1 : 1 + lengths[k], NODE].tolist()) for k in range(2))
            expected = objective_of(problem, orders)
            assert s.level[standing].tolist() == [expected.unmet, *expected.uncovered, *expected[2:]]


def test_one_site_of_a_tier_outweighs_any_number_below() -> None:
    """One visit of tier 1, weight 1, takes the shift that would hold thousands of tier 2, each worth 2,000,000,000."""
    n = 3000
    travel = np.ones((n + 2, n + 2), np.int32)
    travel[:, -1] = travel[-1, :] = 4000
    np.fill_diagonal(travel, 0)
    problem = PatrolProblem.from_arrays(
        travel,
        dwell_s=np.zeros(n + 1, np.int32),
        weight=np.array([2_000_000_000] * n + [1], np.int32),
        tier=np.array([2] * n + [1], np.int32),
        shifts_s=[(0, 8000)],
    )
    search = Search(problem, seed=1)
    search.run(Limits(iterations=3000), QUIET)
    assert search.orders == ((n,),)
    assert search.state.level[BEST].tolist() == [0, 0, n * 2_000_000_000, 0, 0, 8000, 8000]


def test_weights_beyond_32_bits_in_all_add_up() -> None:
    n = 400
    travel = np.ones((n + 1, n + 1), np.int32) - np.eye(n + 1, dtype=np.int32)
    problem = PatrolProblem.from_arrays(
        travel, dwell_s=np.zeros(n, np.int32), weight=np.full(n, 2_147_483_647, np.int32), shifts_s=[(0, 301)]
    )
    search = Search(problem, seed=1)
    search.run(Limits(iterations=2000), QUIET)
    assert search.state.level[BEST].tolist() == [0, 100 * 2_147_483_647, 0, 0, 301, 301]


@pytest.mark.parametrize(("until_s", "stages"), [(30, [(0, 0), (1, 1)]), (900, [(1, 0)])])
def test_an_important_tier_that_is_short_is_gone_after_without_the_others_first(
    until_s: int, stages: list[tuple[int, int]]
) -> None:
    """Two sites of tier 1 and two of tier 2, 10 s from all; in 30 s there is time for one of them."""
    problem = PatrolProblem.from_arrays(
        10 * (1 - np.eye(5, dtype=np.int32)),
        dwell_s=np.full(4, 10, np.int32),
        weight=np.ones(4, np.int32),
        tier=np.array([1, 1, 2, 2], np.int32),
        shifts_s=[(0, until_s)],
    )
    search = Search(problem, seed=1)
    search.run(Limits(iterations=200), QUIET)
    assert search._plan_stages() == stages
    # A cycle that is about tier 1 puts nothing of tier 2 back.
    search._focus = 0
    search.begin_from(())
    search._advance(16)
    standing = search.state.route[NOW, 0, 1 : 1 + search.state.tour[NOW, 0, LENGTH], NODE].tolist()
    assert standing
    assert set(standing) <= {0, 1}
