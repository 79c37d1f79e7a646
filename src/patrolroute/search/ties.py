"""What ties visits to others: the time that couplings leave them, and groups that are served only together.

The moves know nothing of it: they take visits out and ask `place` to put one in, and what its group needs goes in with
it or not at all; `loosen` takes out what cannot stay without those that a ruin took.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from patrolroute.compiled import kernel
from patrolroute.search.clock import refresh, retie
from patrolroute.search.hours import by_hour
from patrolroute.search.insertion import NEVER, burdened, look, mind_least, scan
from patrolroute.search.layout import (
    ALIKE,
    BALANCE,
    BOUND,
    CHOICES,
    COST,
    COST_LEVEL,
    GROUP,
    LIMITED,
    NEEDED,
    SPREAD_STOPS,
    STOP,
    TIER,
    TIES,
    WEIGHT,
    has,
    head,
    is_so,
    tail,
    tied_only,
)
from patrolroute.search.rng import below
from patrolroute.search.state import (
    ALLOWED,
    FINISH,
    FRUGAL,
    GONE,
    LENGTH,
    NODE,
    NOW,
    OVERTIME,
    PLACE,
    REQUIRED,
    SERVED,
    SLOT,
    SQUAD,
    STACK,
    STOPS,
    add,
    drop,
    overtime_cost,
    spread,
    touch,
    unlike,
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
                if has(n, BALANCE):
                    cost = burdened(n, s, k, cost)
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


@tied_only(lambda *_: False)
def _is_too_dear(n: Night, s: State, u: int, k: int, before_s: int) -> bool:
    """Return whether a visit is worth less than the overtime of its squad that came with it.

    What ties it to others may be worth more, and they are not put in yet.
    """
    g, level = n.node[u, GROUP], 1 + n.node[u, TIER]
    tied = tail(n, NEEDED, g) > head(n, NEEDED, g) or tail(n, BOUND, g) > head(n, BOUND, g)
    if tied or s.group[g, REQUIRED] or not is_so(n, STOP, u) or level < n.tie[COST_LEVEL]:
        return False
    cost = overtime_cost(n, s.tour[NOW, k, OVERTIME]) - overtime_cost(n, before_s)
    return cost > 0 and (level > n.tie[COST_LEVEL] or cost >= n.node[u, WEIGHT])


@kernel
def place(n: Night, s: State, u: int, k: int, after: int) -> bool:
    """Put a visit into a route with all that its group needs; return whether it stays."""
    before_s = s.tour[NOW, k, OVERTIME]
    stays = True
    if not has(n, TIES) and not by_hour(n):
        touch(s, k)
        add(n, s, u, k, after)
        refresh(n, s, k)
    else:
        stays = _put(n, s, u, k, after)
    if has(n, COST) and stays and s.tally[FRUGAL] and _is_too_dear(n, s, u, k, before_s):
        take_out(n, s, u)
        if has(n, TIES):
            retie(n, s)
        stays = False
    if has(n, TIES) and stays:
        stays = complete(n, s, u)
    if has(n, ALIKE):
        mind_least(s)
    return stays


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


@tied_only(lambda *_: None)
def level_out(n: Night, s: State) -> None:
    """Take visits out of the squads that have most, until no squad has more than another by more than it may."""
    while unlike(n, s) > 0:
        column = FINISH
        if has(n, LIMITED) and spread(s, STOPS) > n.tie[SPREAD_STOPS]:
            column = STOPS
        busiest = 0
        for k in range(s.tour.shape[1]):
            if s.tour[NOW, k, column] > s.tour[NOW, busiest, column]:
                busiest = k
        u = s.route[NOW, busiest, 1 + below(s.rng, s.tour[NOW, busiest, LENGTH]), NODE]
        for _ in range(4):
            if is_so(n, STOP, u) and not s.group[n.node[u, GROUP], REQUIRED]:
                break
            u = s.route[NOW, busiest, 1 + below(s.rng, s.tour[NOW, busiest, LENGTH]), NODE]
        s.desk[0, GONE] = u
        take_out(n, s, u)
        if has(n, TIES):
            loosen(n, s, 1)
            if not retie(n, s):
                return
        if has(n, LIMITED):
            drop_idle_chores(n, s)


@kernel
def append(n: Night, s: State, u: int, k: int) -> bool:
    """Put a visit at the end of a route if it fits there, whatever its group needs; return whether it does."""
    length = s.tour[NOW, k, LENGTH]
    _cost, at, _missed = scan(n, s, u, k, length, length, False)
    return at >= 0 and _put(n, s, u, k, at)
