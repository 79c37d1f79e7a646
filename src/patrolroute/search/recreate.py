"""Putting visits into the routes: in a random order, by worth for the time, or by regret."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from patrolroute.compiled import kernel
from patrolroute.search.insertion import NEVER, burdened, look, scan
from patrolroute.search.layout import (
    BALANCE,
    CLOSES,
    GROUP,
    OPENS,
    STOP,
    TIER,
    WEIGHT,
    has,
    is_so,
)
from patrolroute.search.rng import below, unit
from patrolroute.search.state import (
    AFTER,
    ALLOWED,
    BY,
    LENGTH,
    NOW,
    PRICE,
    REQUIRED,
    SERVED,
    SLOT,
    SQUAD,
    WHO,
)
from patrolroute.search.ties import place

if TYPE_CHECKING:
    from patrolroute.search.layout import Night
    from patrolroute.search.state import State


@kernel
def power(x: float, quarters: int) -> float:
    """Return x to the power of `quarters` / 4, by square roots alone: the same bits on every machine."""
    root = np.sqrt(np.sqrt(x))
    result = 1.0
    for _ in range(quarters):
        result *= root
    return result


@kernel
def _rank(n: Night, s: State, u: int, strict: bool) -> float:
    """Return what lifts a candidate above all of lower tiers; without `strict`, above most."""
    if s.group[n.node[u, GROUP], REQUIRED] or not is_so(n, STOP, u):
        return 1e60
    if strict:
        rank = 1.0
        for _ in range(len(n.scale) - 6 - n.node[u, TIER]):
            rank *= 1e12
        return min(rank, 1e48)
    return 1.0


@kernel
def _best_squad(n: Night, s: State, u: int, blink: bool) -> tuple[int, int]:
    """Return the cost of the cheapest insertion over the squads, and the squad or -1."""
    if n.granular:
        return _best_near(n, s, u, blink)
    best = NEVER
    at = -1
    for k in range(s.tour.shape[1]):
        if s.offer[u, k, ALLOWED]:
            cost = look(n, s, u, k, blink)
            if has(n, BALANCE):
                cost = burdened(n, s, k, cost)
            if cost < best:
                best = cost
                at = k
    return best, at


@kernel
def _best_near(n: Night, s: State, u: int, blink: bool) -> tuple[int, int]:
    """Return the same over the squads near the visit and two others that may make it."""
    best = NEVER
    at = -1
    seen = 0
    for b in range(n.near.shape[1]):
        x = n.near[u, b]
        if x < 0 or seen >= 12:
            break
        k = s.spot[x, SQUAD]
        # A second look may miss what the first one saw, and leave no slot.
        if k < 0 or k == at:
            continue
        seen += 1
        if s.offer[u, k, ALLOWED]:
            cost = look(n, s, u, k, blink)
            if cost < best:
                best = cost
                at = k
    k = below(s.rng, s.tour.shape[1])
    tries = 2
    for _ in range(s.tour.shape[1]):
        if s.offer[u, k, ALLOWED]:
            tries -= 1
            if k != at and (at < 0 or s.tour[NOW, k, LENGTH] == 0):
                cost = look(n, s, u, k, blink)
                if cost < best:
                    best = cost
                    at = k
            if tries == 0:
                break
        k = k + 1 if k + 1 < s.tour.shape[1] else 0
    return best, at


@kernel
def _sift(s: State, top: int, many: int) -> None:
    while True:
        child = 2 * top + 1
        if child >= many:
            return
        if child + 1 < many and s.key[child + 1] > s.key[child]:
            child += 1
        if s.key[top] >= s.key[child]:
            return
        s.key[top], s.key[child] = s.key[child], s.key[top]
        s.desk[top, WHO], s.desk[child, WHO] = s.desk[child, WHO], s.desk[top, WHO]
        top = child


@kernel
def insert_in_order(n: Night, s: State, many: int, blink: bool) -> None:
    """Insert candidates at their cheapest, the greatest key first."""
    for top in range(many // 2 - 1, -1, -1):
        _sift(s, top, many)
    while many > 0:
        u = s.desk[0, WHO]
        many -= 1
        s.desk[0, WHO] = s.desk[many, WHO]
        s.key[0] = s.key[many]
        _sift(s, 0, many)
        if s.group[n.node[u, GROUP], SERVED] >= 0:
            continue
        _cost, k = _best_squad(n, s, u, blink)
        if k >= 0:
            place(n, s, u, k, s.offer[u, k, SLOT])


@kernel
def order_keys(n: Night, s: State, many: int, strict: bool) -> None:
    """Give candidates a key: by weight, by weight and narrow window, or by chance, all shaken."""
    kind = below(s.rng, 3)
    for a in range(many):
        u = s.desk[a, WHO]
        w = n.node[u, WEIGHT] / n.scale[1 + n.node[u, TIER]]
        if kind == 0:
            key = w * (0.5 + unit(s.rng))
        elif kind == 1:
            key = 1e-3 + unit(s.rng)
        else:
            window = 1.0 + n.node[u, CLOSES] - n.node[u, OPENS]
            key = 1e6 * w * w / window * (0.5 + unit(s.rng))
        s.key[a] = (key + 1e-9) * _rank(n, s, u, strict)


@kernel
def insert_by_ratio(n: Night, s: State, many: int, quarters: int, strict: bool) -> None:
    """Insert, again and again, the candidate with most weight ** (quarters / 4) for the cost of its insertion."""
    left = 0
    for a in range(many):
        u = s.desk[a, WHO]
        cost, k = _best_squad(n, s, u, True)
        if k >= 0:
            s.desk[left, WHO] = u
            s.desk[left, BY] = k
            s.desk[left, AFTER] = s.offer[u, k, SLOT]
            s.desk[left, PRICE] = cost
            s.key[left] = _ratio(n, s, u, cost, quarters, strict)
            left += 1
    while left > 0:
        b = 0
        for a in range(1, left):
            if s.key[a] > s.key[b]:
                b = a
        u, k, after = s.desk[b, WHO], s.desk[b, BY], s.desk[b, AFTER]
        place(n, s, u, k, after)
        left = _update_ratios(n, s, left, b, quarters, strict)


@kernel
def _ratio(n: Night, s: State, u: int, cost: int, quarters: int, strict: bool) -> float:
    w = n.node[u, WEIGHT] / n.scale[1 + n.node[u, TIER]] + 1e-9
    return power(w, quarters) / (cost + 1.0) * _rank(n, s, u, strict)


@kernel
def _update_ratios(n: Night, s: State, left: int, b: int, quarters: int, strict: bool) -> int:
    """Strike out the candidate just inserted and its group; look again where the change matters."""
    k, after, g = s.desk[b, BY], s.desk[b, AFTER], n.node[s.desk[b, WHO], GROUP]
    a = 0
    while a < left:
        u = s.desk[a, WHO]
        stays = n.node[u, GROUP] != g
        if stays and s.desk[a, BY] == k:
            cost, best = _best_squad(n, s, u, True)
            stays = best >= 0
            if stays:
                s.desk[a, BY] = best
                s.desk[a, AFTER] = s.offer[u, best, SLOT]
                s.desk[a, PRICE] = cost
                s.key[a] = _ratio(n, s, u, cost, quarters, strict)
        elif stays and s.offer[u, k, ALLOWED]:
            cost, at, _missed = scan(n, s, u, k, after, min(after + 1, s.tour[NOW, k, LENGTH]), True)
            if at >= 0 and cost < s.desk[a, PRICE]:
                s.desk[a, BY] = k
                s.desk[a, AFTER] = at
                s.desk[a, PRICE] = cost
                s.key[a] = _ratio(n, s, u, cost, quarters, strict)
        if stays:
            a += 1
            continue
        left -= 1
        s.desk[a, WHO] = s.desk[left, WHO]
        s.desk[a, BY] = s.desk[left, BY]
        s.desk[a, AFTER] = s.desk[left, AFTER]
        s.desk[a, PRICE] = s.desk[left, PRICE]
        s.key[a] = s.key[left]
    return left
