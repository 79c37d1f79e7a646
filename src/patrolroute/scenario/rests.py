"""When a squad's breaks may begin, and whether all of them can be taken."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from patrolroute.scenario.base import elapsed_s, seconds_up

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from patrolroute.scenario.squads import Break, Shift


MOST_BREAKS = 6
USUAL_BREAK_MIN = 15.0
"""Minutes of a break of a squad that only says how long it may go without."""

_MOST_ORDERS = 5_040
"""Of a squad's breaks that are tried: all of seven."""


class Resting(Protocol):
    """A squad, or what squads are formed from, as far as its breaks go."""

    @property
    def shift(self) -> Shift:
        """When it is on duty."""

    @property
    def breaks(self) -> tuple[Break, ...]:
        """Taken if it goes out."""

    @property
    def longest_without_break_min(self) -> float | None:
        """Most minutes of the shift without a break."""


@dataclass(kw_only=True)
class Pause:
    """A break that a squad takes: it begins from `opens_s` to `closes_s`, at one of its places or anywhere."""

    opens_s: int
    closes_s: int
    length_s: int
    places: tuple[str, ...] = ()


def pauses_of(squad: Resting, origin: dt.datetime) -> list[Pause]:
    """Return a squad's breaks, with the fewest more that keep it from going too long without one.

    Where there is such a limit they stand in the order in which they are taken: that in which they open, or where that
    cannot be kept the first of all orders that can.

    Parameters
    ----------
    squad : Squad
    origin : datetime
        Second 0.
    """
    from_s, until_s = int(elapsed_s(origin, squad.shift.leave)), int(elapsed_s(origin, squad.shift.back))
    named = sorted(
        (_pause(each, origin, from_s, until_s) for each in squad.breaks), key=lambda p: (p.opens_s, p.closes_s)
    )
    limit_s = longest_s(squad)
    if limit_s is None:
        return named
    more = Pause(opens_s=from_s, closes_s=until_s - (least_s := seconds_up(least_break_min(squad))), length_s=least_s)
    for order in itertools.islice(itertools.permutations(named), _MOST_ORDERS):
        pauses = _often_enough(order, more, limit_s)
        if _in_order(pauses, limit_s):
            return pauses
    return _often_enough(named, more, limit_s)


def _often_enough(named: Sequence[Pause], more: Pause, limit_s: int) -> list[Pause]:
    """Return breaks in their order, and between them the fewest more that keep within the limit."""
    from_s, until_s = more.opens_s, more.closes_s + more.length_s
    waiting, pauses = [replace(each) for each in named], list[Pause]()
    due_s = from_s + limit_s
    while waiting or due_s < until_s:
        named_next = bool(waiting) and (waiting[0].opens_s <= due_s or due_s >= until_s)
        pause = waiting.pop(0) if named_next else replace(more)
        pauses.append(pause)
        # As late as it may be; then the next one need not begin sooner than this.
        due_s = min(due_s, pause.closes_s) + pause.length_s + limit_s
    if pauses:
        pauses[0].closes_s = min(pauses[0].closes_s, from_s + limit_s)
        pauses[-1].opens_s = max(pauses[-1].opens_s, until_s - limit_s - pauses[-1].length_s)
    return pauses


def break_places(squad: Resting) -> tuple[tuple[str, str], ...]:
    """Return the places that breaks name, each with what to call the field."""
    return tuple((f"place of break {n}", p) for n, each in enumerate(squad.breaks, start=1) for p in each.places)


def least_break_min(squad: Resting) -> float:
    """Return what counts as a break: the shortest that a squad has, 15 minutes where it has none."""
    return min((each.minutes for each in squad.breaks), default=USUAL_BREAK_MIN)


def longest_s(squad: Resting) -> int | None:
    """Return the most seconds without a break, rounded down; None for no limit."""
    minutes = squad.longest_without_break_min
    return None if minutes is None else math.floor(round(minutes * 60, 6))


def _pause(each: Break, origin: dt.datetime, from_s: int, until_s: int) -> Pause:
    opens_s = int(elapsed_s(origin, each.window.opens)) if each.window else from_s
    closes_s = int(elapsed_s(origin, each.window.closes)) if each.window else until_s
    return Pause(
        opens_s=max(opens_s, from_s),
        closes_s=min(closes_s, until_s) - each.length_s,
        length_s=each.length_s,
        places=each.places,
    )


def break_faults(squad: Resting) -> list[str]:
    """Return a fault for each break that does not fit the shift; where all do, why they cannot all be taken."""
    faults = []
    leave, back = squad.shift.leave, squad.shift.back
    for number, each in enumerate(squad.breaks, start=1):
        opens, closes = (each.window.opens, each.window.closes) if each.window else (leave, back)
        if min(closes.timestamp(), back.timestamp()) - max(opens.timestamp(), leave.timestamp()) < each.length_s:
            faults.append(
                f"break {number}, {each.words}, does not fit between {leave:%H:%M}, when the squad may leave, and "
                f"{back:%H:%M}, when it must be back; move the window or shorten the break"
            )
    if not faults and (fault := rest_fault(squad)):
        faults.append(fault)
    return faults


def rest_fault(squad: Resting) -> str:
    """Return why a squad can never take all its breaks, though each fits its shift; empty where it can."""
    leave, back, limit_s = squad.shift.leave, squad.shift.back, longest_s(squad)
    shift = f"between {leave:%H:%M}, when the squad may leave, and {back:%H:%M}, when it must be back"
    words = " and ".join(each.words for each in squad.breaks)
    until_s = int(elapsed_s(leave, back))
    if not _all_fit([_pause(each, leave, 0, until_s) for each in squad.breaks]):
        return f"its breaks, {words}, cannot all be taken {shift}; move their windows, shorten or drop one"
    if limit_s is not None and not _in_order(pauses_of(squad, leave), limit_s):
        beside = f", beside {words}," if words else ""
        return (
            f"longest_without_break_min is {squad.longest_without_break_min:g}; breaks{beside} cannot be taken that "
            f"often {shift}; move or shorten breaks, or allow longer without one"
        )
    return ""


def _all_fit(pauses: Sequence[Pause]) -> bool:
    """Return whether breaks that open at 0 or later can be taken one after the other in some order.

    For each set of breaks the earliest end of all is the least over which comes last.
    """
    ends: dict[frozenset[int], int] = {frozenset(): 0}
    for _ in pauses:
        wider: dict[frozenset[int], int] = {}
        for done, free_s in ends.items():
            for i, pause in enumerate(pauses):
                begin_s = max(free_s, pause.opens_s)
                if i not in done and begin_s <= pause.closes_s:
                    key = done | {i}
                    wider[key] = min(wider.get(key, begin_s + pause.length_s), begin_s + pause.length_s)
        ends = wider
    return bool(ends)


def _in_order(pauses: Sequence[Pause], limit_s: int) -> bool:
    """Return whether breaks can be taken in their order, none longer than the limit after the one before has ended."""
    since_s, until_s = (pauses[0].opens_s, pauses[0].closes_s) if pauses else (0, 0)
    for pause in pauses:
        first_s, last_s = max(pause.opens_s, since_s), min(pause.closes_s, until_s)
        if first_s > last_s:
            return False
        since_s, until_s = first_s + pause.length_s, last_s + pause.length_s + limit_s
    return True
