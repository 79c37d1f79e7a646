"""What it costs to put a visit into a route: constant time for each position, remembered until the route changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from patrolroute.compiled import kernel
from patrolroute.search.layout import CLOSES, DURATION, ENTRY, EXIT, FRO, MAX_DRIVE, OPENS, PROFILE, TO
from patrolroute.search.rng import draw
from patrolroute.search.state import (
    ARC,
    BEGIN,
    COST,
    DEPART,
    DRIVE,
    IN,
    KNOWN,
    LATEST,
    LENGTH,
    NOW,
    OUT,
    SLOT,
    THRIFTY,
    VERSION,
)

if TYPE_CHECKING:
    from patrolroute.search.layout import Night
    from patrolroute.search.state import State

NEVER = 2147483647
"""More than any cost of an insertion."""

BLINK = 21474836
"""One draw of 31 bits in a hundred is below this."""


@kernel
def scan(n: Night, s: State, u: int, k: int, first: int, last: int, blink: bool) -> tuple[int, int, bool]:
    """Return the cheapest insertion of visit `u` after one of positions `first` to `last`: cost, position, "missed".

    The cost is the detour, and in a THRIFTY spell nothing else; otherwise the delay of what follows is added to it. -1
    stands for no position. With `blink` a better position is missed once in a hundred times, which is then said.
    """
    r = s.route[NOW, k]
    p = n.squad[k, PROFILE]
    to_u = n.travel[FRO, p, n.node[u, ENTRY]]
    from_u = n.travel[TO, p, n.node[u, EXIT]]
    opens = n.node[u, OPENS]
    closes = n.node[u, CLOSES]
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
        there = np.int64(to_u[r[i, OUT]])
        begin = depart + there
        if begin > closes:
            continue
        begin = max(begin, opens)
        on = np.int64(from_u[r[i + 1, IN]])
        then = begin + duration + on
        if then > latest:
            continue
        detour = there + on - r[i + 1, ARC]
        if detour > spare:
            continue
        cost = max(detour + patience * max(then - r[i + 1, BEGIN], 0), 0)
        if cost < best:
            if blink and draw(s.rng) < BLINK:
                missed = True
            else:
                best = cost
                at = i
    return best, at, missed


@kernel
def look(n: Night, s: State, u: int, k: int, blink: bool) -> int:
    """Bring `cost` and `slot` of a visit in a route up to date and return the cost, `NEVER` where there is no slot."""
    version = 2 * s.tour[NOW, k, VERSION] + s.tally[THRIFTY]
    if s.offer[u, k, KNOWN] != version:
        cost, at, missed = scan(n, s, u, k, 0, s.tour[NOW, k, LENGTH], blink)
        # What was missed this time must be found the next, however long the route stays as it is.
        s.offer[u, k, KNOWN] = -1 if missed else version
        s.offer[u, k, COST] = cost
        s.offer[u, k, SLOT] = at
    return s.offer[u, k, COST]  # type: ignore[no-any-return]  # an int64 is an int here
