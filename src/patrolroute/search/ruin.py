"""Taking visits out of the routes: strings of neighbours, random ones, the worst, a whole route."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patrolroute.compiled import kernel
from patrolroute.search.clock import refresh
from patrolroute.search.hours import by_hour, guess
from patrolroute.search.insertion import scan
from patrolroute.search.layout import (
    PROFILE,
    TIER,
    TIES,
    TO,
    WEIGHT,
    has,
)
from patrolroute.search.rng import below, unit
from patrolroute.search.state import (
    ALLOWED,
    ARC,
    BEGIN,
    GONE,
    IN,
    ITERATION,
    LENGTH,
    NODE,
    NOW,
    OUT,
    PLACE,
    SQUAD,
    STAMP,
    add,
    drop,
    touch,
)

if TYPE_CHECKING:
    from patrolroute.search.layout import Night
    from patrolroute.search.state import State

LONGEST = 10
"""Most visits in one string (Christiaens, Vanden Berghe 2020)."""


@kernel
def _usual_length(s: State) -> float:
    total = 0.0
    some = 0
    for _ in range(4):
        length = s.tour[NOW, below(s.rng, s.tour.shape[1]), LENGTH]
        if length > 0:
            total += length
            some += 1
    return total / some if some > 0 else 1.0


@kernel
def _tear(n: Night, s: State, c: int, longest: float, many: int) -> int:
    """Take a string of visits around a routed visit out of its route; return how many are gone now."""
    k = s.spot[c, SQUAD]
    touch(s, k)
    q = s.tour[NOW, k, LENGTH]
    length = min(1 + int(unit(s.rng) * min(longest, float(q))), q)
    at = s.spot[c, PLACE]
    keep = 0
    if length > 1 and length < q and below(s.rng, 2) == 0:
        keep = 1
        while length + keep < q and below(s.rng, 100) >= 10:
            keep += 1
    span = length + keep
    low = max(1, at - span + 1)
    high = min(at, q - span + 1)
    first = low + below(s.rng, high - low + 1)
    for i in range(first, first + span):
        s.desk[many + i - first, GONE] = s.route[NOW, k, i, NODE]
    if keep == 0:
        drop(n, s, k, first, span)
        many += span
    else:
        before = 1 + below(s.rng, length - 1)
        kept = first + before
        for i in range(kept + keep, first + span):
            s.desk[many + before + i - kept - keep, GONE] = s.route[NOW, k, i, NODE]
        drop(n, s, k, kept + keep, length - before)
        drop(n, s, k, first, before)
        many += length
    refresh(n, s, k)
    return many


@kernel
def ruin_strings(n: Night, s: State, c: int, usual: float) -> int:
    """Tear strings out of routes near visit `c` (slack induction by string removals, 10.1287/trsc.2019.0914).

    Returns
    -------
    int
        How many rows of the desk name a visit that is GONE.
    """
    longest = min(float(LONGEST), _usual_length(s))
    strings = max(1, int(unit(s.rng) * (4.0 * usual / (1.0 + longest) - 1.0) + 1.0))
    done = many = 0
    for b in range(-1, n.near.shape[1]):
        if done >= strings:
            break
        x = c if b < 0 else n.near[c, b]
        if x < 0:
            break
        k = s.spot[x, SQUAD]
        if k < 0 or s.trail[k, STAMP] == s.tally[ITERATION]:
            continue
        many = _tear(n, s, x, longest, many)
        done += 1
    return many


@kernel
def _take(n: Night, s: State, x: int, many: int) -> int:
    k = s.spot[x, SQUAD]
    touch(s, k)
    s.desk[many, GONE] = x
    drop(n, s, k, s.spot[x, PLACE], 1)
    refresh(n, s, k)
    return many + 1


@kernel
def ruin_near(n: Night, s: State, c: int, usual: float) -> int:
    """Take out about `usual` routed visits near visit `c`, each with an even chance."""
    target = 1 + int(unit(s.rng) * 2.0 * usual)
    many = 0
    for b in range(-1, n.near.shape[1]):
        if many >= target:
            break
        x = c if b < 0 else n.near[c, b]
        if x < 0:
            break
        if s.spot[x, SQUAD] >= 0 and below(s.rng, 2) == 0:
            many = _take(n, s, x, many)
    return many


@kernel
def ruin_worst(n: Night, s: State, c: int, usual: float) -> int:
    """Take out visits of the routes near `c` that earn least for the detour they cost, with some luck."""
    target = 1 + int(unit(s.rng) * 2.0 * usual)
    many = 0
    for b in range(-1, n.near.shape[1]):
        if many >= target:
            break
        x = c if b < 0 else n.near[c, b]
        if x < 0:
            break
        k = s.spot[x, SQUAD]
        if k < 0 or (s.trail[k, STAMP] == s.tally[ITERATION] and below(s.rng, 4) > 0):
            continue
        worst = -1
        least = 0.0
        d = n.travel[TO, n.squad[k, PROFILE]]
        for i in range(1, s.tour[NOW, k, LENGTH] + 1):
            r = s.route[NOW, k]
            u = r[i, NODE]
            detour = r[i, ARC] + r[i + 1, ARC] - guess(n, d, r[i - 1, OUT], r[i + 1, IN])
            span = r[i + 1, BEGIN] - r[i - 1, BEGIN]
            share = n.node[u, WEIGHT] / n.scale[1 + n.node[u, TIER]] / (1.0 + max(detour, 0) + 0.5 * span)
            share *= 0.25 + unit(s.rng)
            if worst < 0 or share < least:
                worst = u
                least = share
        if worst >= 0:
            many = _take(n, s, worst, many)
    return many


@kernel
def ruin_route(n: Night, s: State, c: int, usual: float) -> int:
    """Empty the route nearest to visit `c` if it is short enough, else a long string of it."""
    for b in range(-1, n.near.shape[1]):
        x = c if b < 0 else n.near[c, b]
        if x < 0:
            break
        if s.spot[x, SQUAD] >= 0:
            return _tear(n, s, x, 4.0 * usual, 0)
    return 0


@kernel
def ruin_for(n: Night, s: State, u: int) -> int:
    """Make room in one route for an unserved visit and put it there: visits around some position go until it fits.

    This exchanges routed visits for an unrouted one, however many it takes: one site of a high tier, far away, for all
    the lower ones of a route.
    """
    k = below(s.rng, s.tour.shape[1])
    if below(s.rng, 4) > 0:
        for b in range(n.near.shape[1]):
            x = n.near[u, b]
            if x < 0 or s.spot[x, SQUAD] >= 0:
                k = s.spot[x, SQUAD] if x >= 0 else k
                break
    if s.offer[u, k, ALLOWED] == 0:
        return 0
    touch(s, k)
    many = 0
    chunk = 1
    at_once = 1 + below(s.rng, s.tour[NOW, k, LENGTH] + 1)
    while True:
        length = s.tour[NOW, k, LENGTH]
        _cost, at, _missed = scan(n, s, u, k, 0, length, False)
        if at >= 0:
            add(n, s, u, k, at)
            if not refresh(n, s, k) and (has(n, TIES) or by_hour(n)):
                drop(n, s, k, s.spot[u, PLACE], 1)
                refresh(n, s, k)
            return many
        if length == 0:
            return many
        first = max(1, min(at_once - chunk // 2, length - chunk + 1))
        chunk = min(chunk, length)
        for i in range(first, first + chunk):
            s.desk[many, GONE] = s.route[NOW, k, i, NODE]
            many += 1
        drop(n, s, k, first, chunk)
        refresh(n, s, k)
        chunk = 1 if many < 8 else 2 * chunk
