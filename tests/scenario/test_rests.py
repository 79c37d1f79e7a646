"""Whether all breaks of a squad can be taken, against every order and every quarter of an hour."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patrolroute.errors import InputError
from patrolroute.scenario.model import Break, Shift, Squad, Window

START = dt.datetime(2023, 11, 23, 20, tzinfo=dt.timezone(dt.timedelta(hours=8)))
QUARTERS = 8


def quarter(number: int) -> dt.datetime:
    return START + dt.timedelta(minutes=15 * number)


def squad(breaks: list[Break], limit_min: float | None = None) -> Squad:
    shift = Shift(start=START, end=quarter(QUARTERS))
    return Squad(id="a", start="base", end="base", shift=shift, breaks=breaks, longest_without_break_min=limit_min)


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


def test_breaks_in_their_order_that_the_limit_forbids_are_refused() -> None:
    """The long break opens first and ends too late for the short one, whose window opens later."""
    long = Break(minutes=30, window=Window(opens=START, closes=quarter(QUARTERS)))
    short = Break(minutes=15, window=Window(opens=quarter(1), closes=quarter(2)))
    assert squad([long, short]).breaks
    with pytest.raises(InputError, match="longest_without_break_min is 60; breaks, beside 30 min within 20:00-22:00"):
        squad([long, short], 60)
