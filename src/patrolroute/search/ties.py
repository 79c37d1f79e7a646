"""What ties visits to others: the time that couplings leave them, and groups that are served only together.

The moves know nothing of it: they take visits out and ask `place` to put one in, and what its group needs goes in with
it or not at all; `loosen` takes out what cannot stay without those that a ruin took.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from patrolroute.compiled import kernel
from patrolroute.search.clock import refresh, retie
from patrolroute.search.hours import by_hour
from patrolroute.search.insertion import NEVER, look, scan
from patrolroute.search.layout import (
    BOUND,
    CHOICES,
    GROUP,
    NEEDED,
    TIES,
    has,
    head,
    tail,
    tied_only,
)
from patrolroute.search.rng import below
from patrolroute.search.state import (
    ALLOWED,
    GONE,
    LENGTH,
    NOW,
    PLACE,
    SERVED,
    SLOT,
    SQUAD,
    STACK,
    STOPS,
    add,
    drop,
    touch,
)

if TYPE_CHECKING:
    from patrolroute.search.layout import Night
    from patrolroute.search.state import State


@kernel
def take_out(n: Night, s: State, u: int) -> None:
    """Take a routed visit out of its route."""
    k = s.spot[u, SQUAD]
    touch(s, k)
    drop(n, s, k, s.spot[u, PLACE], 1)
    refresh(n, s, k)


@kernel
def _put(n: Night, s: State, u: int, k: int, after: int) -> bool:
    """Put a visit into a route, and take it out again where that does not fit all other routes too."""
    touch(s, k)
    add(n, s, u, k, after)
    if refresh(n, s, k):
        return True
    take_out(n, s, u)
    if has(n, TIES):
        retie(n, s)
    return False


@kernel
def _cheapest(n: Night, s: State, g: int) -> tuple[int, int, int]:
    """Return the visit of a group, the squad and the position with the cheapest insertion; -1 where there is none."""
    best = NEVER
    visit = squad = after = -1
    for c in range(head(n, CHOICES, g), tail(n, CHOICES, g)):
        u = n.tie[c]
        for k in range(s.tour.shape[1]):
            if s.offer[u, k, ALLOWED]:
                cost = look(n, s, u, k, True)
                if cost < best or (cost == best and cost < NEVER and below(s.rng, 2) == 0):
                    best = cost
                    visit = u
                    squad = k
                    after = s.offer[u, k, SLOT]
    return visit, squad, after


@tied_only(lambda *_: True)
def complete(n: Night, s: State, u: int) -> bool:
    """Put in what the group of a routed visit needs; where that fails take all of it, and the visit, out again."""
    s.desk[0, STACK] = u
    many = 1
    at = 0
    while at < many:
        g = n.node[s.desk[at, STACK], GROUP]
        at += 1
        for c in range(head(n, NEEDED, g), tail(n, NEEDED, g)):
            h = n.tie[c]
            if s.group[h, SERVED] >= 0:
                continue
            v, k, after = _cheapest(n, s, h)
            if v < 0 or not _put(n, s, v, k, after):
                for i in range(many - 1, -1, -1):
                    take_out(n, s, s.desk[i, STACK])
                retie(n, s)
                return False
            s.desk[many, STACK] = v
            many += 1
    return True


@kernel
def place(n: Night, s: State, u: int, k: int, after: int) -> bool:
    """Put a visit into a route with all that its group needs; return whether it stays."""
    if not has(n, TIES) and not by_hour(n):
        touch(s, k)
        add(n, s, u, k, after)
        refresh(n, s, k)
        return True
    return _put(n, s, u, k, after) and complete(n, s, u)


@tied_only(lambda *_: 0)
def loosen(n: Night, s: State, gone: int) -> int:
    """Take out what cannot stay without the visits that are GONE; return how many are gone then."""
    at = 0
    while at < gone:
        g = n.node[s.desk[at, GONE], GROUP]
        at += 1
        if s.group[g, SERVED] >= 0:
            continue
        for c in range(head(n, BOUND, g), tail(n, BOUND, g)):
            v = s.group[n.tie[c], SERVED]
            if v >= 0:
                take_out(n, s, v)
                s.desk[gone, GONE] = v
                gone += 1
    return gone


@tied_only(lambda *_: None)
def drop_incomplete(n: Night, s: State) -> None:
    """Take out all visits whose groups lack what they need, then what lacks these."""
    again = True
    while again:
        again = False
        for g in range(len(s.group)):
            u = s.group[g, SERVED]
            if u < 0:
                continue
            for c in range(head(n, NEEDED, g), tail(n, NEEDED, g)):
                if s.group[n.tie[c], SERVED] < 0:
                    take_out(n, s, u)
                    again = True
                    break
    retie(n, s)


@tied_only(lambda *_: None)
def drop_idle_chores(n: Night, s: State) -> None:
    """Empty the routes that hold nothing but duties."""
    for k in range(s.tour.shape[1]):
        length = s.tour[NOW, k, LENGTH]
        if length > 0 and s.tour[NOW, k, STOPS] == 0:
            touch(s, k)
            drop(n, s, k, 1, length)
            refresh(n, s, k)


@kernel
def append(n: Night, s: State, u: int, k: int) -> bool:
    """Put a visit at the end of a route if it fits there, whatever its group needs; return whether it does."""
    length = s.tour[NOW, k, LENGTH]
    _cost, at, _missed = scan(n, s, u, k, length, length, False)
    return at >= 0 and _put(n, s, u, k, at)
