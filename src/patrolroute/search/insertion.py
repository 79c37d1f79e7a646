"""What it costs to put a visit into a route: constant time for each position, remembered until the route changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patrolroute.compiled import kernel
from patrolroute.search.hours import by_hour, reach, reach_on, wheel_on
from patrolroute.search.layout import (
    AFLOAT,
    ALIKE,
    APART,
    BACK,
    BALANCE,
    CLOSES,
    DURATION,
    DUTY_ALIKE,
    ENTRY,
    EXIT,
    FLOATS,
    FRO,
    KNOT,
    KNOTS,
    LIMITED,
    MAX_DRIVE,
    MAX_STOPS,
    ON,
    OPENS,
    OTHER,
    PROFILE,
    SPREAD_DUTY,
    SPREAD_STOPS,
    STOP,
    TIES,
    TO,
    WISHES,
    has,
    head,
    is_so,
    tail,
    tied_only,
)
from patrolroute.search.rng import below, draw
from patrolroute.search.state import (
    ARC,
    BEGIN,
    DEPART,
    DRIVE,
    FINISH,
    FRUGAL,
    IN,
    KNOWN,
    LATEST,
    LEAST_DUTY,
    LEAST_STOPS,
    LENGTH,
    NODE,
    NOW,
    OFFERED,
    OUT,
    PLACE,
    SHAKEN,
    SLOT,
    SQUAD,
    STOPS,
    THRIFTY,
    TILT,
    VERSION,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from patrolroute.search.layout import Night
    from patrolroute.search.state import State

NEVER = 2147483647
"""More than any cost of an insertion."""

BLINK = 21474836
"""One draw of 31 bits in a hundred is below this."""


@kernel
def _at_wheel(
    n: Night,
    rows: tuple[NDArray[np.int32], NDArray[np.int32]],
    points: tuple[int, int],
    dues: tuple[int, int],
    detour: int,
) -> int:
    """Return the seconds at the wheel of the drives to a visit and on, where they may be less than a detour says.

    What is waited for a faster hour is not driven. Whether all later drives keep within the limit, `refresh` tells.
    """
    if by_hour(n):
        return wheel_on(n, rows[0], points[0], dues[0]) + wheel_on(n, rows[1], points[1], dues[1])
    return NEVER + detour


@kernel
def scan(n: Night, s: State, u: int, k: int, first: int, last: int, blink: bool) -> tuple[int, int, bool]:
    """Return the cheapest insertion of visit `u` after one of positions `first` to `last`: cost, position, "missed".

    The cost is the detour, and in a THRIFTY spell nothing else; otherwise the delay of what follows is added to it. -1
    stands for no position. With `blink` a better position is missed once in a hundred times, which is then said.
    """
    r = s.route[NOW, k]
    opens = n.node[u, OPENS]
    closes = n.node[u, CLOSES]
    if has(n, TIES) or has(n, LIMITED):
        opens, closes = _left(n, s, u, k)
    if has(n, AFLOAT):
        return _scan_afloat(n, s, u, k, first, last, blink, opens, closes)
    p = n.squad[k, PROFILE]
    to_u = n.travel[FRO, p, n.node[u, ENTRY]]
    from_u = n.travel[TO, p, n.node[u, EXIT]]
    duration = n.node[u, DURATION]
    ready = opens + duration
    spare = n.squad[k, MAX_DRIVE] - s.tour[NOW, k, DRIVE]
    patience = 1 - s.tally[THRIFTY]
    best = NEVER
    at = -1
    missed = False
    for i in range(first, last + 1):
        latest = r[i + 1, LATEST]
        if latest < ready:
            continue
        depart = r[i, DEPART]
        if depart > closes:
            break
        begin = reach_on(n, to_u, r[i, OUT], depart)
        if begin > closes:
            continue
        there = begin - depart
        begin = max(begin, opens)
        then = reach_on(n, from_u, r[i + 1, IN], begin + duration)
        if then > latest:
            continue
        on = then - begin - duration
        detour = there + on - r[i + 1, ARC]
        if detour > spare:
            due = begin if i == 0 else depart + there
            if _at_wheel(n, (to_u, from_u), (r[i, OUT], r[i + 1, IN]), (due, then), detour) - r[i + 1, ARC] > spare:
                continue
        cost = max(detour + patience * max(then - r[i + 1, BEGIN], 0), 0)
        if cost < best:
            if blink and draw(s.rng) < BLINK:
                missed = True
            else:
                best = cost
                at = i
    return best, at, missed


@tied_only(lambda *_: (0, 0))
def _left(n: Night, s: State, u: int, k: int) -> tuple[int, int]:
    """Return between which seconds a squad may begin a visit: its window, less what couplings to others take off.

    Where the squad may not make it at all, the second comes before all times.
    """
    opens = n.node[u, OPENS]
    closes = n.node[u, CLOSES]
    if has(n, LIMITED) and is_so(n, STOP, u) and s.tour[NOW, k, STOPS] >= n.squad[k, MAX_STOPS]:
        return opens, -NEVER
    for c in range(head(n, KNOTS, u), tail(n, KNOTS, u), KNOT):
        x = n.tie[c + OTHER]
        j = s.spot[x, SQUAD]
        if j < 0:
            continue
        if n.tie[c + APART] and j == k:
            return opens, -NEVER
        i = s.spot[x, PLACE]
        opens = max(opens, s.route[NOW, j, i, BEGIN] + n.tie[c + BACK])
        closes = min(closes, s.route[NOW, j, i, LATEST] - n.tie[c + ON])
    return opens, closes if closes >= opens else -NEVER


@tied_only(lambda *_: (0, 0, False))
def _scan_afloat(
    n: Night, s: State, u: int, k: int, first: int, last: int, blink: bool, opens: int, closes: int
) -> tuple[int, int, bool]:
    """Do what `scan` does where visits may float: one takes no drive, and is wherever the visit before it is."""
    r = s.route[NOW, k]
    d = n.travel[TO, n.squad[k, PROFILE]]
    duration = n.node[u, DURATION]
    afloat = is_so(n, FLOATS, u)
    spare = n.squad[k, MAX_DRIVE] - s.tour[NOW, k, DRIVE]
    patience = 1 - s.tally[THRIFTY]
    best = NEVER
    at = -1
    missed = False
    for i in range(first, last + 1):
        here = r[i, OUT]
        begin = r[i, DEPART]
        if not afloat:
            begin = reach(n, d, here, n.node[u, ENTRY], begin)
        there = begin - r[i, DEPART]
        leave = here if afloat else n.node[u, EXIT]
        begin = max(begin, opens)
        if begin > closes:
            continue
        then = begin + duration
        j = i + 1
        while is_so(n, FLOATS, r[j, NODE]):
            # What floats comes along to the new place.
            then = max(then, r[j, BEGIN])
            if then > n.node[r[j, NODE], CLOSES]:
                break
            then += n.node[r[j, NODE], DURATION]
            j += 1
        if is_so(n, FLOATS, r[j, NODE]):
            continue
        ready = then
        then = reach(n, d, leave, r[j, IN], ready)
        if then > r[j, LATEST]:
            continue
        on = then - ready
        detour = there + on - (r[j, ARC] if s.tour[NOW, k, LENGTH] > 0 else 0)
        if detour > spare:
            arc = r[j, ARC] if s.tour[NOW, k, LENGTH] > 0 else 0
            due = begin if i == 0 else r[i, DEPART] + there
            entry = here if afloat else n.node[u, ENTRY]
            if _at_wheel(n, (d[here], d[leave]), (entry, r[j, IN]), (due, then), detour) - arc > spare:
                continue
        cost = max(detour + patience * max(then - r[j, BEGIN], 0), 0)
        if cost < best:
            if blink and draw(s.rng) < BLINK:
                missed = True
            else:
                best = cost
                at = i
    return best, at, missed


@kernel
def mind_least(s: State) -> None:
    """Note how little of what is to be alike any squad has."""
    s.tally[LEAST_STOPS] = s.tour[NOW, 0, STOPS]
    s.tally[LEAST_DUTY] = s.tour[NOW, 0, FINISH]
    for k in range(s.tour.shape[1]):
        s.tally[LEAST_STOPS] = min(s.tally[LEAST_STOPS], s.tour[NOW, k, STOPS])
        s.tally[LEAST_DUTY] = min(s.tally[LEAST_DUTY], s.tour[NOW, k, FINISH])


@tied_only(lambda *_: False)
def _has_enough(n: Night, s: State, u: int, k: int) -> bool:
    """Return whether a squad has as much as it may have before those with least have more."""
    if not s.tally[FRUGAL] or s.tally[SHAKEN]:
        return False
    if s.tour[NOW, k, FINISH] > s.tally[LEAST_DUTY] + n.tie[SPREAD_DUTY]:
        return True
    most = s.tally[LEAST_STOPS] + max(n.tie[SPREAD_STOPS], 1)
    return has(n, LIMITED) and is_so(n, STOP, u) and s.tour[NOW, k, STOPS] >= most


@tied_only(lambda *_: 0)
def _look_about(n: Night, s: State, u: int, k: int) -> int:
    """Do what `look` does over some positions by chance, and for stops of some squads not at all.

    Cheapest insertions alone never make some plans, and what is wished for beside coverage may want one of these.
    """
    favoured = s.tally[SHAKEN] - 1
    if is_so(n, STOP, u) and k != favoured and below(s.rng, 4) < (3 if favoured < s.tour.shape[1] else 1):
        return NEVER
    length = s.tour[NOW, k, LENGTH]
    a, b = below(s.rng, length + 1), below(s.rng, length + 1)
    cost, at, _missed = scan(n, s, u, k, min(a, b), max(a, b), False)
    s.offer[u, k, KNOWN] = -1
    s.offer[u, k, OFFERED] = cost
    s.offer[u, k, SLOT] = at
    return cost


@kernel
def look(n: Night, s: State, u: int, k: int, blink: bool) -> int:
    """Bring `cost` and `slot` of a visit in a route up to date and return the cost, `NEVER` where there is no slot."""
    if has(n, ALIKE) and _has_enough(n, s, u, k):
        return NEVER
    if has(n, WISHES) and s.tally[SHAKEN]:
        return _look_about(n, s, u, k)
    version = 2 * s.tour[NOW, k, VERSION] + s.tally[THRIFTY]
    if s.offer[u, k, KNOWN] != version or (has(n, TIES) and tail(n, KNOTS, u) > head(n, KNOTS, u)):
        cost, at, missed = scan(n, s, u, k, 0, s.tour[NOW, k, LENGTH], blink)
        # What was missed this time must be found the next, however long the route stays as it is.
        s.offer[u, k, KNOWN] = -1 if missed else version
        s.offer[u, k, OFFERED] = cost
        s.offer[u, k, SLOT] = at
    return s.offer[u, k, OFFERED]  # type: ignore[no-any-return]  # an int64 is an int here


@tied_only(lambda *_: 0)
def burdened(n: Night, s: State, k: int, cost: int) -> int:
    """Return the cost of an insertion, and more for what its squad has of what is to be alike: others shall have it."""
    if cost == NEVER:
        return cost
    if n.tie[BALANCE] == DUTY_ALIKE:
        burden = s.tour[NOW, k, FINISH] * s.tally[TILT] >> 3
    else:
        burden = s.tour[NOW, k, STOPS] * int(n.scale[-1]) * s.tally[TILT]
    return min(cost + burden, NEVER - 1)  # type: ignore[no-any-return]  # an int64 is an int here
