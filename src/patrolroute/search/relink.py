"""Joining routes anew: two squads exchange their tails, or a squad drives a part of its route the other way round.

Strings that a ruin tears out are short; where windows are wide and routes long, a better order may lie a whole half of
a route away (2-opt, and 2-opt* of Potvin, Rousseau 1995, 10.1057/jors.1995.204). What no longer fits is left out, and
the recreation that follows may put it elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from patrolroute.compiled import kernel
from patrolroute.search.clock import refresh
from patrolroute.search.hours import by_hour, guess
from patrolroute.search.layout import (
    AFLOAT,
    CLOSES,
    DURATION,
    ENTRY,
    EXIT,
    LIMITED,
    MAX_DRIVE,
    OPENS,
    PROFILE,
    TIES,
    TO,
    has,
)
from patrolroute.search.rng import below
from patrolroute.search.state import (
    ALLOWED,
    ARC,
    BY,
    DEPART,
    DRIVE,
    GONE,
    IN,
    LENGTH,
    NODE,
    NOW,
    OUT,
    PLACE,
    SQUAD,
    WHO,
    add,
    drop,
    touch,
)
from patrolroute.search.ties import append

if TYPE_CHECKING:
    from patrolroute.search.layout import Night
    from patrolroute.search.state import State


@kernel
def _partner(n: Night, s: State, c: int) -> int:
    """Return a routed visit near `c`, or -1."""
    breadth = n.near.shape[1]
    first = below(s.rng, min(breadth, 12))
    for b in range(first, breadth):
        x = n.near[c, b]
        if x < 0:
            return -1
        if s.spot[x, SQUAD] >= 0:
            return x  # type: ignore[no-any-return]  # an int64 is an int here
    return -1


@kernel
def _lay(n: Night, s: State, k: int, column: int, first: int, last: int, many: int) -> int:
    """Append the visits that a column of the desk holds in rows `first` to `last` - 1; what does not fit is GONE.

    The route must be fresh; it is refreshed once, when all stand in it, since most routes are long.
    """
    if has(n, TIES) or has(n, AFLOAT) or has(n, LIMITED) or by_hour(n):
        for a in range(first, last):
            u = s.desk[a, column]
            if s.offer[u, k, ALLOWED] == 0 or not append(n, s, u, k):
                s.desk[many, GONE] = u
                many += 1
        return many
    r = s.route[NOW, k]
    d = n.travel[TO, n.squad[k, PROFILE]]
    length = s.tour[NOW, k, LENGTH]
    home, until = r[length + 1, IN], n.node[r[length + 1, NODE], CLOSES]
    clock, here = r[length, DEPART], r[length, OUT]
    drive = s.tour[NOW, k, DRIVE] - r[length + 1, ARC]
    for a in range(first, last):
        u = s.desk[a, column]
        there = np.int64(guess(n, d, here, n.node[u, ENTRY]))
        back = np.int64(guess(n, d, n.node[u, EXIT], home))
        begin = max(clock + there, n.node[u, OPENS])
        depart = begin + n.node[u, DURATION]
        in_time = begin <= n.node[u, CLOSES] and depart + back <= until
        if s.offer[u, k, ALLOWED] and in_time and drive + there + back <= n.squad[k, MAX_DRIVE]:
            add(n, s, u, k, s.tour[NOW, k, LENGTH])
            clock, here = depart, n.node[u, EXIT]
            drive += there
        else:
            s.desk[many, GONE] = u
            many += 1
    refresh(n, s, k)
    return many


@kernel
def relink(n: Night, s: State, c: int) -> int:
    """Let a near visit follow routed visit `c`: exchange tails of two routes, or turn a part of one round.

    Returns
    -------
    int
        How many rows of the desk name a visit that is GONE.
    """
    x = _partner(n, s, c)
    k = s.spot[c, SQUAD]
    if x < 0:
        return 0
    other = s.spot[x, SQUAD]
    touch(s, k)
    i, j = s.spot[c, PLACE], s.spot[x, PLACE]
    if other == k:
        low, high = min(i, j) + 1, max(i, j)
        length = s.tour[NOW, k, LENGTH]
        for a in range(low, length + 1):
            s.desk[a, WHO] = s.route[NOW, k, low + high - a if a <= high else a, NODE]
        drop(n, s, k, low, length + 1 - low)
        refresh(n, s, k)
        return _lay(n, s, k, WHO, low, length + 1, 0)
    touch(s, other)
    mine, theirs = s.tour[NOW, k, LENGTH], s.tour[NOW, other, LENGTH]
    for a in range(i + 1, mine + 1):
        s.desk[a, WHO] = s.route[NOW, k, a, NODE]
    for a in range(j, theirs + 1):
        s.desk[a, BY] = s.route[NOW, other, a, NODE]
    drop(n, s, k, i + 1, mine - i)
    drop(n, s, other, j, theirs - j + 1)
    refresh(n, s, k)
    refresh(n, s, other)
    many = _lay(n, s, k, BY, j, theirs + 1, 0)
    return _lay(n, s, other, WHO, i + 1, mine + 1, many)
