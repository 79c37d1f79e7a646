"""The compiled loop: ruin, recreate, judge, a number of times."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from patrolroute.compiled import entry, is_compiled, kernel
from patrolroute.search.clock import drivable, refresh, retie
from patrolroute.search.hours import by_hour
from patrolroute.search.insertion import mind_least
from patrolroute.search.layout import (
    ALIKE,
    BALANCE,
    CHOICES,
    CHORES,
    COST,
    GROUP,
    LIMITED,
    TIER,
    TIES,
    WISHES,
    HourlyNight,
    Night,
    TiedNight,
    has,
    head,
    tail,
    tied_only,
)
from patrolroute.search.pool import remember
from patrolroute.search.recreate import insert_by_ratio, insert_in_order, order_keys
from patrolroute.search.relink import relink
from patrolroute.search.rng import below, exponential
from patrolroute.search.ruin import ruin_for, ruin_near, ruin_route, ruin_strings, ruin_worst
from patrolroute.search.state import (
    ALLOWED,
    BEST,
    BY,
    CHANGED,
    CYCLE_FROM,
    FRUGAL,
    GONE,
    ITERATION,
    LENGTH,
    MARK,
    NOW,
    OLD,
    REQUIRED,
    SERVED,
    SHAKEN,
    SQUAD,
    THRIFTY,
    TILT,
    TOUCHED,
    WHO,
    begin_move,
    better,
    drop,
    keep_best,
    settle,
    touch,
    undo,
)
from patrolroute.search.ties import append, complete, drop_idle_chores, drop_incomplete, level_out, loosen

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from patrolroute.search.state import State


class Dial(NamedTuple):
    """How the loop behaves.

    Parameters
    ----------
    cooling : float array
        Temperatures over one cycle, in units of `Night.scale`.
    cycle : int
        Iterations in this cycle.
    usual : float
        Visits that a ruin takes out, on average.
    reach : int
        Near visits that become candidates.
    near_chance : int
        Percent of iterations whose candidates come from the neighbourhood of the ruin.
    ratio_chance : int
        Percent of iterations that insert by ratio rather than in an order.
    swap_chance : int
        Percent of iterations that make room for an unserved visit, where there is one.
    relink_chance : int
        Percent of the other iterations about a routed visit that join routes anew.
    thrifty_chance : int
        Percent of spells in which insertions are judged by their detour alone.
    below_share : float
        How much the next level of the objective counts beside the one that decides, when a worse plan is judged.
    drive_share : float
        The same for driving, whichever level decides.
    pool_band : float
        Routes of accepted solutions that are less than this behind the best go into the pool; in units of
        `Night.scale`.
    focus : int
        The least important tier, counted from 0, whose visits are put back and whose weight counts when a worse plan is
        judged.
    held : int
        How many tiers, the most important ones, are held.
    hold : float
        How many times as much the loss of a held tier counts.
    """

    cooling: NDArray[np.float64]
    cycle: int
    usual: float
    reach: int
    near_chance: int
    ratio_chance: int
    swap_chance: int
    relink_chance: int
    thrifty_chance: int
    below_share: float
    drive_share: float
    pool_band: float
    focus: int
    held: int
    hold: float


@kernel
def _is_wanted(n: Night, s: State, u: int, dial: Dial) -> bool:
    """Return whether an unserved visit is one that this cycle puts back."""
    g = n.node[u, GROUP]
    return bool(s.group[g, SERVED] < 0 and (n.node[u, TIER] <= dial.focus or s.group[g, REQUIRED]))


@kernel
def _gather(n: Night, s: State, c: int, gone: int, dial: Dial) -> int:
    """Make the unserved visits near the ruin, or all, the candidates; return how many."""
    many = 0
    now = s.tally[ITERATION]
    if not n.granular and below(s.rng, 100) >= dial.near_chance:
        for u in n.worth:
            if _is_wanted(n, s, u, dial):
                s.spot[u, MARK] = now
                s.desk[many, WHO] = u
                many += 1
        return many
    for i in range(-1, gone):
        u = c if i < 0 else s.desk[i, GONE]
        if s.spot[u, MARK] != now and _is_wanted(n, s, u, dial):
            s.spot[u, MARK] = now
            s.desk[many, WHO] = u
            many += 1
    wide = min(dial.reach, n.near.shape[1])
    for b in range(wide):
        u = n.near[c, b]
        if u >= 0 and s.spot[u, MARK] != now and _is_wanted(n, s, u, dial):
            s.spot[u, MARK] = now
            s.desk[many, WHO] = u
            many += 1
    return many


@tied_only(lambda *_: 0)
def _add_chores(n: Night, s: State, many: int) -> int:
    """Make all duties that are not done candidates too; return how many there are."""
    for c in range(head(n, CHORES, 0), tail(n, CHORES, s.tour.shape[1] - 1)):
        g = n.tie[c]
        if s.group[g, SERVED] < 0:
            for i in range(head(n, CHOICES, g), tail(n, CHOICES, g)):
                u = n.tie[i]
                if s.spot[u, MARK] != s.tally[ITERATION]:
                    s.spot[u, MARK] = s.tally[ITERATION]
                    s.desk[many, WHO] = u
                    many += 1
    return many


@kernel
def _unserved(n: Night, s: State, dial: Dial) -> int:
    """Return an unserved visit or -1: any, or half the time one of the most important that are unserved.

    Where hardly any is unserved, or hardly any of a high tier, drawing visits until one turns up would not find it.
    """
    strict = below(s.rng, 2) == 0
    many = len(n.worth)
    first = below(s.rng, many)
    found = -1
    for i in range(many):
        u = n.worth[(first + i) % many]
        if not _is_wanted(n, s, u, dial):
            continue
        if not strict or s.group[n.node[u, GROUP], REQUIRED]:
            return u  # type: ignore[no-any-return]  # an int64 is an int here
        if found < 0 or n.node[u, TIER] < n.node[found, TIER]:
            found = u
    return found


@kernel
def _ruin(n: Night, s: State, c: int, dial: Dial) -> int:
    kind = below(s.rng, 95)
    if kind < 83:
        return ruin_strings(n, s, c, dial.usual)
    if kind < 87:
        return ruin_near(n, s, c, dial.usual)
    if kind < 92:
        return ruin_worst(n, s, c, dial.usual)
    return ruin_route(n, s, c, dial.usual)


@kernel
def loss(n: Night, s: State, new: int, old: int, dial: Dial) -> float:
    """Return how much worse one standing is than another, in usual amounts of the level that decides.

    The levels below count for little, so that among plans about as good the search drifts to those that also leave less
    undone further down, and time for more.
    """
    last = s.level.shape[1] - 1
    weight = 1.0
    total = 0.0
    decided = False
    for i in range(last + 1):
        change = s.level[new, i] - s.level[old, i]
        if 1 + dial.focus < i <= last - 4 or (not decided and change == 0):
            continue
        if decided and i == last - 1:
            weight = dial.drive_share
        elif decided:
            weight *= dial.below_share
        decided = True
        total += (dial.hold if 0 < i <= dial.held else weight) * change / n.scale[i]
    return total


@kernel
def _choose_spell(s: State, thrifty_chance: int) -> None:
    """Now and then choose anew what insertions cost; where all is covered, detours alone count most of the time."""
    if s.tally[ITERATION] & 255 == 0:
        uncovered = False
        for i in range(s.level.shape[1] - 4):
            uncovered = uncovered or s.level[NOW, i] > 0
        chance = thrifty_chance if uncovered else 75
        s.tally[THRIFTY] = 1 if below(s.rng, 100) < chance else 0


@kernel
def _take(n: Night, s: State, dial: Dial) -> tuple[int, int, bool]:
    """Take visits out; return about which visit, how many are GONE, and whether what is left can be driven."""
    c = _unserved(n, s, dial) if below(s.rng, 100) < dial.swap_chance else -1
    if c >= 0:
        gone = ruin_for(n, s, c)
    else:
        c = n.worth[below(s.rng, len(n.worth))]
        joins = s.spot[c, SQUAD] >= 0 and below(s.rng, 100) < dial.relink_chance
        gone = relink(n, s, c) if joins else _ruin(n, s, c, dial)
    if not has(n, TIES):
        return c, gone, True
    gone = loosen(n, s, gone)
    fits = retie(n, s)
    if fits and s.spot[c, SQUAD] >= 0:
        complete(n, s, c)
    return c, gone, fits


@kernel
def _put_back(n: Night, s: State, many: int, dial: Dial) -> None:
    """Put the first candidates on the desk into the routes, as far as they fit."""
    if has(n, LIMITED):
        many = _add_chores(n, s, many)
    if has(n, BALANCE):
        s.tally[TILT] = max(0, below(s.rng, 16) - 7)
    if has(n, COST) or has(n, ALIKE):
        s.tally[FRUGAL] = below(s.rng, 4) > 0
    if has(n, WISHES):
        shaken = below(s.rng, 2 + len(n.worth) // 8) == 0
        s.tally[SHAKEN] = 1 + below(s.rng, 2 * s.tour.shape[1]) if shaken else 0
    if has(n, ALIKE):
        mind_least(s)
    strict = below(s.rng, 4) > 0
    if below(s.rng, 100) < dial.ratio_chance and not has(n, TIES) and not has(n, ALIKE):
        insert_by_ratio(n, s, many, 4 + below(s.rng, 7), strict)
    else:
        order_keys(n, s, many, strict)
        insert_in_order(n, s, many, True)
    if has(n, LIMITED):
        drop_idle_chores(n, s)
    if has(n, ALIKE) and s.tally[FRUGAL]:
        level_out(n, s)


@kernel
def _step(n: Night, s: State, dial: Dial) -> None:
    begin_move(s)
    _choose_spell(s, dial.thrifty_chance)
    c, gone, fits = _take(n, s, dial)
    if fits:
        _put_back(n, s, _gather(n, s, c, gone, dial), dial)
    if not fits or not drivable(n, s):
        undo(n, s)
        return
    settle(n, s)
    if better(s, NOW, BEST):
        keep_best(s)
        _remember_changed(n, s, 0)
        return
    last = len(dial.cooling) - 1
    at = min((s.tally[ITERATION] - s.tally[CYCLE_FROM]) * (last + 1) // dial.cycle, last)
    if loss(n, s, NOW, OLD, dial) >= dial.cooling[at] * exponential(s.rng):
        undo(n, s)
        return
    behind = loss(n, s, NOW, BEST, dial)
    if behind < dial.pool_band:
        _remember_changed(n, s, int(behind * 1000.0))


@kernel
def _remember_changed(n: Night, s: State, rank: int) -> None:
    for i in range(s.tally[CHANGED]):
        remember(n, s, NOW, s.trail[i, TOUCHED], rank)


@kernel
def _place(n: Night, s: State, many: int) -> None:
    """Empty all routes, then put the desk's visits, one by one, at the end of the routes they name, where possible."""
    begin_move(s)
    for k in range(s.tour.shape[1]):
        if s.tour[NOW, k, LENGTH] > 0:
            touch(s, k)
            drop(n, s, k, 1, s.tour[NOW, k, LENGTH])
            refresh(n, s, k)
    for a in range(many):
        u, k = s.desk[a, WHO], s.desk[a, BY]
        if s.offer[u, k, ALLOWED] == 0 or s.group[n.node[u, GROUP], SERVED] >= 0:
            continue
        append(n, s, u, k)
    if has(n, TIES):
        drop_incomplete(n, s)
    if by_hour(n) and not drivable(n, s):
        undo(n, s)
        return
    settle(n, s)
    if better(s, NOW, BEST):
        keep_best(s)


@kernel
def _build(n: Night, s: State) -> None:
    """Insert whatever fits, the most important tier first, the weightiest visits first in each."""
    begin_move(s)
    many = 0
    for u in n.worth:
        if s.group[n.node[u, GROUP], SERVED] < 0:
            s.desk[many, WHO] = u
            many += 1
    s.tally[FRUGAL] = 1
    s.tally[SHAKEN] = 0
    if has(n, ALIKE):
        mind_least(s)
    order_keys(n, s, many, True)
    insert_in_order(n, s, many, False)
    if has(n, LIMITED):
        drop_idle_chores(n, s)
    if by_hour(n) and not drivable(n, s):
        undo(n, s)
        return
    settle(n, s)
    if better(s, NOW, BEST):
        keep_best(s)


RUN, PLACE, BUILD = range(3)
"""What `work` and its like can do. One entry means one compilation and one file in the cache."""


@kernel
def _do(n: Night, s: State, dial: Dial, what: int, many: int) -> None:
    if what == RUN:
        for _ in range(many):
            _step(n, s, dial)
    elif what == PLACE:
        _place(n, s, many)
    else:
        _build(n, s)


@entry
def work(n: Night, s: State, dial: Dial, what: int, many: int) -> None:
    """RUN that many iterations, PLACE that many visits from the desk, or BUILD on what stands."""
    _do(n, s, dial, what, many)


@entry
def work_tied(n: Night, s: State, dial: Dial, what: int, many: int) -> None:
    """Do the same on a `TiedNight`, so that one can tell whether that is compiled."""
    _do(n, s, dial, what, many)


@entry
def work_hourly(n: Night, s: State, dial: Dial, what: int, many: int) -> None:
    """Do the same on an `HourlyNight`, for the same reason."""
    _do(n, s, dial, what, many)


WORK = {Night: work, TiedNight: work_tied, HourlyNight: work_hourly}
"""The entry for each kind of night."""


def compiled_before(kind: type[Night]) -> bool:
    """Return whether the loop for a kind of night is compiled already, in this process or in the cache."""
    return is_compiled(WORK[kind])
