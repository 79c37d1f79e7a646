"""When everything happens: earliest and latest times of a route, and of all routes that couplings tie to it.

Without couplings a route's times are its own. With them, routes and couplings are one simple temporal network (Dechter,
Meiri, Pearl 1991, 10.1016/0004-3702(91)90006-6): a change is passed on from route to route until all couplings hold.
Insertions only move earliest times later and latest times earlier, so what was known stays a valid beginning; after
removals all tied routes start over (`retie`), since two visits that wait for each other would never move back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from patrolroute.compiled import kernel
from patrolroute.search.hours import by_hour, leave_by, reach, reach_next, wheel
from patrolroute.search.layout import (
    AFLOAT,
    BACK,
    CHORES,
    CLOSES,
    DURATION,
    FLOATS,
    FROM,
    KNOT,
    KNOTS,
    LIMITED,
    MAX_DRIVE,
    MAX_STOPS,
    ON,
    OPENS,
    OTHER,
    OVERTIME_FROM,
    PROFILE,
    ROUNDS,
    STOP,
    TIES,
    TO,
    has,
    head,
    is_so,
    tail,
    tied_only,
)
from patrolroute.search.state import (
    ARC,
    BEFORE,
    BEGIN,
    CHANGED,
    DEPART,
    DRIVE,
    FINISH,
    IN,
    LACKS,
    LATEST,
    LENGTH,
    NEXT_VERSION,
    NODE,
    NOW,
    OUT,
    OVERTIME,
    PLACE,
    QUEUE,
    SERVED,
    SOUND,
    SQUAD,
    STOPS,
    TOUCHED,
    TRACE,
    VERSION,
    WAITS,
    sound,
    touch,
)

if TYPE_CHECKING:
    from patrolroute.search.layout import Night
    from patrolroute.search.state import State


@kernel
def refresh(n: Night, s: State, k: int) -> bool:
    """Recompute times, slack, drive and places of one route, and of those tied to it; return whether it can be driven.

    Where couplings do not fit at all, times stop somewhere on the way, and the caller must take back what it did.
    """
    r = s.route[NOW, k]
    last = s.tour[NOW, k, LENGTH] + 1
    d = n.travel[TO, n.squad[k, PROFILE]]
    clock = n.squad[k, FROM]
    r[0, BEGIN] = clock
    r[0, DEPART] = clock
    drive = np.int64(0)
    in_time = 1
    if has(n, AFLOAT):
        for i in range(1, last):
            if is_so(n, FLOATS, r[i, NODE]):
                r[i, IN] = r[i - 1, OUT]
                r[i, OUT] = r[i - 1, OUT]
    for i in range(1, last + 1):
        x = r[i, NODE]
        there = clock
        arc = np.int64(0)
        if last > 1:
            there = reach(n, d, r[i - 1, OUT], r[i, IN], clock)
        begin = max(there, n.node[x, OPENS])
        if last > 1:
            # The start is left as late as the first visit allows, all other places at once.
            arc = np.int64(wheel(n, d, r[i - 1, OUT], r[i, IN], begin if i == 1 else there))
        drive += arc
        if begin > n.node[x, CLOSES]:
            in_time = 0
        clock = begin + n.node[x, DURATION]
        r[i, ARC] = arc
        r[i, BEGIN] = begin
        r[i, DEPART] = clock
        if i < last:
            s.spot[x, SQUAD] = k
            s.spot[x, PLACE] = i
    latest = n.node[r[last, NODE], CLOSES]
    r[last, LATEST] = latest
    for i in range(last - 1, 0, -1):
        x = r[i, NODE]
        leave = leave_by(n, d, (r[i, OUT], r[i + 1, IN]), r[i + 1, ARC], latest)
        latest = min(leave - n.node[x, DURATION], n.node[x, CLOSES])
        r[i, LATEST] = latest
    if drive > n.squad[k, MAX_DRIVE] and last > 1 and not by_hour(n):
        in_time = 0
    s.tour[NOW, k, DRIVE] = drive
    s.tour[NOW, k, SOUND] = in_time
    s.tally[NEXT_VERSION] += 1
    s.tour[NOW, k, VERSION] = s.tally[NEXT_VERSION]
    _close(n, s, k)
    if has(n, TIES) and last > 1:
        return in_time == 1 and _pass_on(n, s, k)
    return in_time == 1 and (not by_hour(n) or drive <= n.squad[k, MAX_DRIVE] or last == 1)


@kernel
def _close(n: Night, s: State, k: int) -> None:
    """Sum up what the objective and the limits ask of a route whose times are known."""
    last = s.tour[NOW, k, LENGTH] + 1
    back = s.route[NOW, k, last, BEGIN]
    s.tour[NOW, k, FINISH] = back - n.squad[k, FROM] if last > 1 else 0
    s.tour[NOW, k, OVERTIME] = max(back - n.squad[k, OVERTIME_FROM], 0) if last > 1 else 0
    if has(n, LIMITED):
        stops = 0
        for i in range(1, last):
            stops += is_so(n, STOP, s.route[NOW, k, i, NODE])
        s.tour[NOW, k, STOPS] = stops
        if stops > n.squad[k, MAX_STOPS]:
            s.tour[NOW, k, SOUND] = 0
        lacks = 0
        if stops > 0:
            for c in range(head(n, CHORES, k), tail(n, CHORES, k)):
                lacks += s.group[n.tie[c], SERVED] < 0
        s.tour[NOW, k, LACKS] = lacks


@kernel
def _call(s: State, k: int, waiting: int) -> int:
    """Put a route on the list of those to be timed again; return how long the list is."""
    if s.trail[k, WAITS] == 0:
        s.trail[k, WAITS] = 1
        s.trail[waiting, QUEUE] = k
        waiting += 1
    return waiting


@tied_only(lambda *_: True)
def _pass_on(n: Night, s: State, k: int) -> bool:
    """Pass a route's times on until every coupling holds, from the times that are known; return whether they can."""
    waiting = _call(s, k, 0)
    fits = True
    rounds = 0
    while waiting > 0 and fits:
        waiting -= 1
        j = s.trail[waiting, QUEUE]
        s.trail[j, WAITS] = 0
        rounds += 1
        if rounds > n.tie[ROUNDS]:
            fits = False
            break
        waiting, fits = _tighten(n, s, j, waiting)
    for i in range(waiting):
        s.trail[s.trail[i, QUEUE], WAITS] = 0
    return fits and (not by_hour(n) or driven_in_limits(n, s))


@kernel
def driven_in_limits(n: Night, s: State) -> bool:
    """Return whether no touched route is driven for too long: by the hour that depends on the times of the whole route.

    So it is asked when all times are known, and neither delay nor haste alone breaks it.
    """
    broken = 0
    for i in range(s.tally[CHANGED]):
        k = s.trail[i, TOUCHED]
        broken += s.tour[NOW, k, DRIVE] > n.squad[k, MAX_DRIVE] and s.tour[NOW, k, LENGTH] > 0
    return broken == 0


@kernel
def drivable(n: Night, s: State) -> bool:
    """Return whether all touched routes can be driven as they stand, and by the hour bring their times up to date.

    There, what comes between two visits may make the later one earlier; whatever waits for it has not heard.
    """
    if not by_hour(n):
        return sound(s)
    if has(n, TIES) and not retie(n, s):
        return False
    return sound(s) and driven_in_limits(n, s)


@kernel
def _tighten(n: Night, s: State, k: int, waiting: int) -> tuple[int, bool]:
    """Move one route's earliest times later and latest times earlier, as couplings ask; call the routes that it moves.

    Returns
    -------
    int, bool
        How long the list of called routes is, and whether every visit still begins in time.
    """
    touch(s, k)
    waiting, moved = _move_later(n, s, k, waiting)
    if moved < 0:
        return waiting, False
    waiting, moved_too = _move_earlier(n, s, k, waiting)
    if moved + moved_too > 0:
        s.tally[NEXT_VERSION] += 1
        s.tour[NOW, k, VERSION] = s.tally[NEXT_VERSION]
        _close(n, s, k)
    return waiting, True


@kernel
def _move_later(n: Night, s: State, k: int, waiting: int) -> tuple[int, int]:
    """Move a route's earliest times later; return the length of the list, and how many moved, -1 where one is late."""
    r = s.route[NOW, k]
    d = n.travel[TO, n.squad[k, PROFILE]]
    moved = 0
    drive = np.int64(0)
    clock = r[0, DEPART]
    for i in range(1, s.tour[NOW, k, LENGTH] + 2):
        x = r[i, NODE]
        there = reach_next(n, d, (r[i - 1, OUT], r[i, IN]), r[i, ARC], clock)
        begin = max(there, r[i, BEGIN])
        for c in range(head(n, KNOTS, x), tail(n, KNOTS, x), KNOT):
            y = n.tie[c + OTHER]
            j = s.spot[y, SQUAD]
            if j >= 0:
                begin = max(begin, s.route[NOW, j, s.spot[y, PLACE], BEGIN] + n.tie[c + BACK])
        if begin > n.node[x, CLOSES]:
            return waiting, -1
        if by_hour(n):
            r[i, ARC] = wheel(n, d, r[i - 1, OUT], r[i, IN], begin if i == 1 else there)
            drive += r[i, ARC]
        moved += begin != r[i, BEGIN]
        r[i, BEGIN] = begin
        clock = begin + n.node[x, DURATION]
        r[i, DEPART] = clock
        for c in range(head(n, KNOTS, x), tail(n, KNOTS, x), KNOT):
            y = n.tie[c + OTHER]
            j = s.spot[y, SQUAD]
            if j >= 0 and s.route[NOW, j, s.spot[y, PLACE], BEGIN] < begin + n.tie[c + ON]:
                waiting = _call(s, j, waiting)
    if by_hour(n):
        s.tour[NOW, k, DRIVE] = drive
    return waiting, moved


@kernel
def _move_earlier(n: Night, s: State, k: int, waiting: int) -> tuple[int, int]:
    """Move a route's latest times earlier; return the length of the list, and how many moved."""
    r = s.route[NOW, k]
    d = n.travel[TO, n.squad[k, PROFILE]]
    moved = 0
    last = s.tour[NOW, k, LENGTH] + 1
    latest = r[last, LATEST]
    for i in range(last - 1, 0, -1):
        x = r[i, NODE]
        leave = leave_by(n, d, (r[i, OUT], r[i + 1, IN]), r[i + 1, ARC], latest)
        latest = min(leave - n.node[x, DURATION], r[i, LATEST])
        for c in range(head(n, KNOTS, x), tail(n, KNOTS, x), KNOT):
            y = n.tie[c + OTHER]
            j = s.spot[y, SQUAD]
            if j >= 0:
                latest = min(latest, s.route[NOW, j, s.spot[y, PLACE], LATEST] - n.tie[c + ON])
        moved += latest != r[i, LATEST]
        r[i, LATEST] = latest
        for c in range(head(n, KNOTS, x), tail(n, KNOTS, x), KNOT):
            y = n.tie[c + OTHER]
            j = s.spot[y, SQUAD]
            if j >= 0 and s.route[NOW, j, s.spot[y, PLACE], LATEST] > latest - n.tie[c + BACK]:
                waiting = _call(s, j, waiting)
    return waiting, moved


@kernel
def _trace(s: State, k: int) -> int:
    """Return a number that tells the times of a route apart from others."""
    total = np.int64(0)
    for i in range(1, s.tour[NOW, k, LENGTH] + 1):
        total = total * 1000003 + s.route[NOW, k, i, BEGIN]
        total = total * 1000003 + s.route[NOW, k, i, LATEST]
    return total  # type: ignore[return-value]  # an int64 is an int here


@tied_only(lambda *_: True)
def retie(n: Night, s: State) -> bool:
    """Time all tied routes anew, from nothing; return whether every coupling holds.

    A route whose times stay what they were keeps its version, and with it all that is known of it.
    """
    squads = s.tour.shape[1]
    waiting = 0
    for k in range(squads):
        s.trail[k, BEFORE] = 0
        for i in range(1, s.tour[NOW, k, LENGTH] + 1):
            x = s.route[NOW, k, i, NODE]
            if tail(n, KNOTS, x) > head(n, KNOTS, x):
                touch(s, k)
                s.trail[k, BEFORE] = s.tour[NOW, k, VERSION]
                s.trail[k, TRACE] = _trace(s, k)
                _loosen(n, s, k)
                waiting = _call(s, k, waiting)
                break
    fits = True
    while waiting > 0 and fits:
        waiting -= 1
        j = s.trail[waiting, QUEUE]
        s.trail[j, WAITS] = 0
        waiting, fits = _tighten(n, s, j, waiting)
    for i in range(waiting):
        s.trail[s.trail[i, QUEUE], WAITS] = 0
    for k in range(squads):
        if s.trail[k, BEFORE] > 0:
            _close(n, s, k)
            same = s.trail[k, TRACE] == _trace(s, k)
            s.tally[NEXT_VERSION] += 1
            s.tour[NOW, k, VERSION] = s.trail[k, BEFORE] if same else s.tally[NEXT_VERSION]
    return fits


@kernel
def _loosen(n: Night, s: State, k: int) -> None:
    """Set a route's times as if nothing tied it to others."""
    r = s.route[NOW, k]
    d = n.travel[TO, n.squad[k, PROFILE]]
    last = s.tour[NOW, k, LENGTH] + 1
    clock = r[0, DEPART]
    for i in range(1, last + 1):
        x = r[i, NODE]
        there = reach_next(n, d, (r[i - 1, OUT], r[i, IN]), r[i, ARC], clock)
        r[i, BEGIN] = max(there, n.node[x, OPENS])
        clock = r[i, BEGIN] + n.node[x, DURATION]
        r[i, DEPART] = clock
    latest = n.node[r[last, NODE], CLOSES]
    r[last, LATEST] = latest
    for i in range(last - 1, 0, -1):
        x = r[i, NODE]
        leave = leave_by(n, d, (r[i, OUT], r[i + 1, IN]), r[i + 1, ARC], latest)
        latest = min(leave - n.node[x, DURATION], n.node[x, CLOSES])
        r[i, LATEST] = latest
