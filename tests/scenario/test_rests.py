"""Whether all breaks of a squad can be taken, against every order and every quarter of an hour."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patrolroute.errors import InputError
from patrolroute.scenario.model import Break, Shift, Squad, Window
from patrolroute.scenario.rests import pauses_of

START = dt.datetime(2023, 11, 23, 20, tzinfo=dt.timezone(dt.timedelta(hours=8)))
QUARTERS = 8


def quarter(number: int) -> dt.datetime:
    return START + dt.timedelta(minutes=15 * number)


def squad(breaks: list[Break], limit_min: float | None = None) -> Squad:
    shift = Shift(start=START, end=quarter(QUARTERS))
    return Squad(id="a", start="base", end="base", shift=shift, breaks=breaks, longest_without_break_min=limit_min)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, QUARTERS - 1), st.integers(1, 4), st.integers(0, 3)), max_size=4))
def test_breaks_are_refused_that_no_order_takes(drawn: list[tuple[int, int, int]]) -> None:
    asked = [(opens, length, min(opens + length + slack, QUARTERS)) for opens, length, slack in drawn]
    asked = [each for each in asked if each[0] + each[1] <= each[2]]
    possible = any(_taken(order) for order in itertools.permutations(asked))
    breaks = [
        Break(minutes=15 * length, window=Window(opens=quarter(opens), closes=quarter(closes)))
        for opens, length, closes in asked
    ]
    if possible:
        assert len(squad(breaks).breaks) == len(asked)
    else:
        with pytest.raises(InputError, match="cannot all be taken between 20:00"):
            squad(breaks)


def _taken(order: tuple[tuple[int, int, int], ...]) -> bool:
    free = 0
    for opens, length, closes in order:
        free = max(free, opens) + length
        if free > closes:
            return False
    return True


@pytest.mark.parametrize(("late", "limit_min"), [(75, 60), (15, 60), (60, 30), (0, 120)])
def test_breaks_that_can_be_added_are_no_fault(late: int, limit_min: float) -> None:
    opens = START + dt.timedelta(minutes=late)
    own = Break(minutes=15, window=Window(opens=opens, closes=opens + dt.timedelta(minutes=15)))
    assert squad([own], limit_min).longest_without_break_min == limit_min


def test_breaks_that_another_order_allows_within_the_limit_are_no_fault() -> None:
    """The long break opens first and would end too late for the short one, whose window opens later."""
    long = Break(minutes=30, window=Window(opens=START, closes=quarter(QUARTERS)))
    short = Break(minutes=15, window=Window(opens=quarter(1), closes=quarter(2)))
    pauses = pauses_of(squad([long, short], 60), START)
    assert [(each.length_s, each.opens_s, each.closes_s) for each in pauses] == [(900, 900, 900), (1800, 1800, 5400)]
    late = Break(minutes=60, window=Window(opens=quarter(3), closes=quarter(7)))
    with pytest.raises(InputError, match="longest_without_break_min is 30; breaks, beside 60 min within 20:45-21:45"):
        squad([late], 30)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, QUARTERS - 1), st.integers(1, 3), st.integers(0, 7)), max_size=3),
    st.integers(2, QUARTERS - 1),
)
def test_breaks_are_refused_that_no_order_takes_often_enough(drawn: list[tuple[int, int, int]], limit: int) -> None:
    asked = tuple((opens, length, min(opens + length + slack, QUARTERS)) for opens, length, slack in drawn)
    asked = tuple(each for each in asked if each[0] + each[1] <= each[2])
    breaks = [
        Break(minutes=15 * length, window=Window(opens=quarter(opens), closes=quarter(closes)))
        for opens, length, closes in asked
    ]
    least = min((length for _, length, _ in asked), default=1)
    if _often(0, 0, asked, (least, limit)):
        assert len(pauses_of(squad(breaks, 15 * limit), START)) >= len(asked)
    else:
        with pytest.raises(InputError, match="cannot"):
            squad(breaks, 15 * limit)


def _often(now: int, rested: int, left: tuple[tuple[int, int, int], ...], limits: tuple[int, int]) -> bool:
    """Return whether all breaks left, and others of the least length, can be taken, trying all at every quarter."""
    least, limit = limits
    if now > QUARTERS or now - rested > limit:
        return False
    if now == QUARTERS:
        return not left
    taken = [
        (length, left[:i] + left[i + 1 :])
        for i, (opens, length, closes) in enumerate(left)
        if opens <= now and now + length <= closes
    ]
    return _often(now + 1, rested, left, limits) or any(
        _often(now + length, now + length, rest, limits) for length, rest in [*taken, (least, left)]
    )
