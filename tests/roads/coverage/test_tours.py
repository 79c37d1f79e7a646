"""Tours over streets with stands: against every order and every direction, where these are few enough to try."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patrolroute.roads.coverage.prizes import Effort
from patrolroute.roads.coverage.tours import FAR_MS, Stands, best_tour, directed, good_tour


def stands_of(seed: int, streets: int, *, most: int = 3) -> Stands:
    """Return random stands, one to three on each street; no way is longer than one by way of another stand."""
    rng = np.random.default_rng(seed)
    street = np.repeat(np.arange(streets), rng.integers(1, most + 1, streets))
    own_ms = rng.integers(1, 50, streets)[street]
    count = len(street)
    reach_ms = own_ms + rng.integers(0, 300, (count, count))
    for middle in range(count):
        reach_ms = np.minimum(reach_ms, reach_ms[:, [middle]] + reach_ms[middle])
    begin_ms = own_ms + 100 * rng.integers(0, 2, count)
    end_ms = 100 * rng.integers(0, 2, count)
    return Stands(
        street=street,
        own_ms=own_ms,
        reach_ms=reach_ms,
        begin_ms=np.minimum(begin_ms, (begin_ms[:, None] + reach_ms).min(axis=0)),
        end_ms=np.minimum(end_ms, (reach_ms + end_ms).min(axis=1)),
    )


def least_ms(stands: Stands, *, closed: bool, orders: list[tuple[int, ...]]) -> int:
    tours = (tour for order in orders for tour in itertools.product(*(stands.on(each).tolist() for each in order)))
    return min(stands.tour_ms(np.array(tour), closed=closed) for tour in tours)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), streets=st.integers(1, 4), closed=st.booleans())
def test_the_best_tour_is_no_longer_than_any(seed: int, streets: int, closed: bool) -> None:
    stands = stands_of(seed, streets)
    tour = best_tour(stands, closed=closed)
    assert tour is not None
    assert sorted(stands.street[tour].tolist()) == list(range(streets))
    orders = list(itertools.permutations(range(streets)))
    assert stands.tour_ms(tour, closed=closed) == least_ms(stands, closed=closed, orders=orders)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), streets=st.integers(1, 6), closed=st.booleans())
def test_directions_along_an_order_are_the_best(seed: int, streets: int, closed: bool) -> None:
    stands = stands_of(seed, streets)
    order = np.random.default_rng(seed).permutation(streets)
    tour = directed(stands, order, closed=closed)
    assert stands.tour_ms(tour, closed=closed) == least_ms(stands, closed=closed, orders=[tuple(order.tolist())])


@pytest.mark.parametrize("closed", [True, False])
def test_the_search_finds_what_is_proved_the_best(closed: bool) -> None:
    found = best = 0
    for seed in range(12):
        stands = stands_of(seed, 9)
        first = np.array([stands.on(each)[0] for each in range(9)])
        tour = good_tour(stands, np.ones(9, np.int64), first, closed=closed, effort=Effort(iterations=400))
        proved = best_tour(stands, closed=closed)
        assert proved is not None
        ms, least = (stands.tour_ms(each, closed=closed) for each in (tour, proved))
        assert sorted(stands.street[tour].tolist()) == list(range(9))
        assert ms >= least
        found, best = found + ms, best + least
    assert found <= 1.02 * best


def test_too_many_streets_are_not_all_tried() -> None:
    assert best_tour(stands_of(0, 16), closed=False) is None
    assert best_tour(stands_of(0, 60), closed=False) is None


def test_stands_of_some_streets_are_numbered_anew() -> None:
    stands = stands_of(3, 6)
    some = stands.only(np.array([1, 4]))
    rows = np.concatenate([stands.on(1), stands.on(4)])
    assert some.street.tolist() == [0] * len(stands.on(1)) + [1] * len(stands.on(4))
    assert some.reach_ms.tolist() == stands.reach_ms[np.ix_(rows, rows)].tolist()
    assert some.begin_ms.tolist() == stands.begin_ms[rows].tolist()


def test_a_tour_that_cannot_begin_is_far() -> None:
    stands = stands_of(1, 3)
    stuck = Stands(
        street=stands.street,
        own_ms=stands.own_ms,
        reach_ms=stands.reach_ms,
        begin_ms=np.full(len(stands.street), FAR_MS),
        end_ms=stands.end_ms,
    )
    tour = best_tour(stuck, closed=False)
    assert tour is not None
    assert stuck.tour_ms(tour, closed=False) >= FAR_MS
