"""The compiled search for a drive of great worth: ruin a part, recreate it, accept by simulated annealing.

A *service* is one direction of a street between two *ends* (rows of the table of fastest ways); a drive is a sequence
of services with the fastest ways between them. A street on such a way costs nothing to insert there, so what is driven
in passing is counted without any rule of its own. Ruin and recreate after Christiaens and Vanden Berghe (2020,
10.1287/trsc.2019.0914). Whole numbers throughout; nothing here knows a map.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from patrolroute.compiled import compiled, helper

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NONE = 2**60
_CYCLE = -2
"""As both ends: the drive comes back to where it began, anywhere."""


@helper
def _way(ways: Any, a: int, b: int) -> Any:
    """Return milliseconds from end to end; -1 stands for a free choice, which is no way off."""
    return 0 if a < 0 or b < 0 else ways[a, b]


@helper
def _gap_cost(ways: Any, services: Any, service: int, before: int, after: int) -> Any:
    """Return what a service between two ends costs, services being rows of tail, head, ms and street."""
    tail, head = services[service, 0], services[service, 1]
    if before == _CYCLE:
        return services[service, 2] + _way(ways, head, tail)
    return _way(ways, before, tail) + services[service, 2] + _way(ways, head, after) - _way(ways, before, after)


@helper
def _around(services: Any, order: Any, size: int, gap: int, ends: Any) -> tuple[int, int]:
    """Return the ends before and behind a gap of an order; on a cycle the last gap is also the first."""
    if ends[0] == _CYCLE and size > 0 and gap == size:
        return services[order[size - 1], 1], services[order[0], 0]
    before = ends[0] if gap == 0 else services[order[gap - 1], 1]
    after = ends[1] if gap == size else services[order[gap], 0]
    return before, after


@helper
def _best_gap(ways: Any, services: Any, pair: Any, order: Any, size: int, ends: Any, found: Any) -> None:
    """Write least cost, gap and service of inserting a street anywhere."""
    cost, where, which = _NONE, 0, pair[0]
    for gap in range(1 if ends[0] == _CYCLE and size > 0 else 0, size + 1):
        before, after = _around(services, order, size, gap, ends)
        for k in range(len(pair)):
            if pair[k] >= 0:
                now = _gap_cost(ways, services, pair[k], before, after)
                if now < cost:
                    cost, where, which = now, gap, pair[k]
    found[0], found[1], found[2] = cost, where, which


@helper
def _ruin(services: Any, near: Any, order: Any, size: int, inside: Any, strings: int, longest: int) -> int:
    """Remove strings of services near a random street; return the size that is left."""
    seed = np.random.randint(len(near))  # noqa: NPY002
    done = 0
    for k in range(near.shape[1]):
        street = near[seed, k]
        if done >= strings:
            break
        if not inside[street]:
            continue
        at = 0
        while at < size and services[order[at], 3] != street:
            at += 1
        if at == size:
            continue
        length = min(1 + np.random.randint(longest), size)  # noqa: NPY002
        first = min(max(at - np.random.randint(length), 0), size - length)  # noqa: NPY002
        for place in range(first, first + length):
            inside[services[order[place], 3]] = False
        for place in range(first, size - length):
            order[place] = order[place + length]
        size -= length
        done += 1
    return size


@helper
def _measure(ways: Any, services: Any, worth: Any, order: Any, size: int, ends: Any) -> tuple[int, int]:
    """Return milliseconds and worth of an order."""
    ms, gained, here = 0, 0, ends[0]
    if here == _CYCLE and size > 0:
        here = services[order[size - 1], 1]
    for place in range(size):
        service = order[place]
        ms += _way(ways, here, services[service, 0]) + services[service, 2]
        gained += worth[services[service, 3]]
        here = services[service, 1]
    return ms + _way(ways, here, ends[1]), gained


@helper
def _insert(services: Any, order: Any, size: int, gap: int, service: int, inside: Any) -> None:
    for place in range(size, gap, -1):
        order[place] = order[place - 1]
    order[gap] = service
    inside[services[service, 3]] = True


@helper
def _choose(worth: Any, costs: Any, left: Any, count: int, room: int, lacking: int) -> int:
    """Return the candidate of most worth for its time, with some noise; -1 where none fits."""
    best, chosen = -1.0, -1
    for c in range(count):
        cost = costs[c, 0]
        if cost > room:
            continue
        gain = min(worth[left[c]], lacking)
        score = gain / (cost + 1.0) * (0.7 + 0.6 * np.random.random())  # noqa: NPY002
        if score > best:
            best, chosen = score, c
    return chosen


@helper
def _recreate(
    ways: Any, services: Any, pairs: Any, worth: Any, order: Any, size: int, inside: Any, ends: Any, aim: Any
) -> int:
    """Insert streets while time is left and worth is wanted; return the new size."""
    ms, gained = _measure(ways, services, worth, order, size, ends)
    left = np.empty(len(worth), np.int64)
    costs = np.empty((len(worth), 3), np.int64)
    count = 0
    for street in range(len(worth)):
        if not inside[street] and worth[street] > 0:
            _best_gap(ways, services, pairs[street], order, size, ends, costs[count])
            left[count] = street
            count += 1
    while gained < aim[1]:
        chosen = _choose(worth, costs, left, count, aim[0] - ms, aim[1] - gained)
        if chosen < 0:
            break
        cost, gap, service = costs[chosen, 0], costs[chosen, 1], costs[chosen, 2]
        _insert(services, order, size, gap, service, inside)
        size += 1
        ms, gained = ms + cost, gained + worth[left[chosen]]
        count -= 1
        left[chosen] = left[count]
        costs[chosen, 0], costs[chosen, 1], costs[chosen, 2] = costs[count, 0], costs[count, 1], costs[count, 2]
        for c in range(count):
            pair = pairs[left[c]]
            if costs[c, 1] == gap:
                _best_gap(ways, services, pair, order, size, ends, costs[c])
                continue
            if costs[c, 1] > gap:
                costs[c, 1] += 1
            for beside in (gap, gap + 1):
                before, after = _around(services, order, size, beside, ends)
                for k in range(len(pair)):
                    if pair[k] >= 0:
                        now = _gap_cost(ways, services, pair[k], before, after)
                        if now < costs[c, 0]:
                            costs[c, 0], costs[c, 1], costs[c, 2] = now, beside, pair[k]
    return size


@helper
def _saved(ways: Any, services: Any, order: Any, size: int, place: int, ends: Any) -> Any:
    """Return the milliseconds that removing a service saves."""
    cycle = ends[0] == _CYCLE
    before = services[order[place - 1 + size * (place == 0)], 1] if place > 0 or cycle else ends[0]
    after = services[order[(place + 1) % size], 0] if place < size - 1 or cycle else ends[1]
    return _gap_cost(ways, services, order[place], _CYCLE if cycle and size == 1 else before, after)


@helper
def _trim(ways: Any, services: Any, worth: Any, order: Any, size: int, inside: Any, ends: Any, aim: Any) -> int:
    """Remove what is not needed for the wanted worth, or does not fit the time; return the new size."""
    ms, gained = _measure(ways, services, worth, order, size, ends)
    while True:
        over = ms > aim[0]
        # Over the time even what saves nothing must go: what it doubles may be next.
        most, at = -1.0 if over else 0.0, -1
        for place in range(size):
            saved = _saved(ways, services, order, size, place, ends)
            lost = worth[services[order[place], 3]]
            spare = aim[2] == 1 and gained - lost >= aim[1]
            if not spare and not over:
                continue
            score = float(saved) if spare else saved / (lost + 1.0)
            if over and saved <= 0:
                score = -lost / (lost + 1.0)
            if score > most:
                most, at = score, place
        if at < 0:
            return size
        street = services[order[at], 3]
        ms -= _saved(ways, services, order, size, at, ends)
        gained -= worth[street]
        inside[street] = False
        for place in range(at, size - 1):
            order[place] = order[place + 1]
        size -= 1


@compiled
def search_order(
    ways: NDArray[np.int32],
    services: NDArray[np.int64],
    pairs: NDArray[np.int64],
    worth: NDArray[np.int64],
    near: NDArray[np.int64],
    ends: NDArray[np.int64],
    aim: NDArray[np.int64],
    first: NDArray[np.int64],
    pace: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Return the best order of services that was found.

    Parameters
    ----------
    ways : int32 array, shape (K, K)
        Milliseconds between ends.
    services : int64 array, shape (V, 4)
        Tail, head, milliseconds and street of each service.
    pairs : int64 array, shape (S, P)
        Services of each street; -1 where it has fewer than others.
    worth : int64 array, shape (S,)
    near : int64 array, shape (S, M)
        Streets near each street, nearest first, itself the first.
    ends : int64 array, shape (2,)
        Where the drive begins and ends; -1 for anywhere, -2 as both for a drive that comes back to where it began,
        anywhere.
    aim : int64 array, shape (3,)
        Most milliseconds, wanted worth, and 1 to take the least time for that worth, 0 to gain the most in the time.
    first : int64 array
        An order to begin with; what does not fit is removed.
    pace : float64 array, shape (4,)
        Iterations, seed, first and last temperature, in worth or in milliseconds.
    """
    np.random.seed(int(pace[1]))  # noqa: NPY002 - numba's own, which a kernel can seed
    streets, rounds = len(worth), int(pace[0])
    now, trial = np.zeros(streets + 1, np.int64), np.zeros(streets + 1, np.int64)
    inside, kept = np.zeros(streets, np.bool_), np.zeros(streets, np.bool_)
    now[: len(first)] = first
    for service in first:
        inside[services[service, 3]] = True
    size = _trim(ways, services, worth, now, len(first), inside, ends, aim)
    size = _recreate(ways, services, pairs, worth, now, size, inside, ends, aim)
    if aim[2] == 1:
        size = _trim(ways, services, worth, now, size, inside, ends, aim)
    ms, gained = _measure(ways, services, worth, now, size, ends)
    best, best_ms, best_gained = now[:size].copy(), ms, gained
    for i in range(rounds):
        heat = pace[2] * (pace[3] / pace[2]) ** (i / rounds)
        trial[:], kept[:] = now, inside
        longest = max(1, min(12, size // 3))
        left = _ruin(services, near, trial, size, kept, 1 + np.random.randint(4), longest)  # noqa: NPY002
        after = _recreate(ways, services, pairs, worth, trial, left, kept, ends, aim)
        if aim[2] == 1:
            after = _trim(ways, services, worth, trial, after, kept, ends, aim)
        new_ms, new_gained = _measure(ways, services, worth, trial, after, ends)
        if aim[2] == 1:
            if new_gained < aim[1]:
                continue
            worse = float(new_ms - ms)
            better = new_ms < best_ms or best_gained < aim[1]
        else:
            worse = float(gained - new_gained) + 1e-6 * (new_ms - ms)
            over, best_over = max(new_ms - aim[0], 0), max(best_ms - aim[0], 0)
            gain = new_gained - best_gained
            better = over < best_over or (over == best_over and (gain > 0 or (gain == 0 and new_ms < best_ms)))
        if worse <= 0 or np.random.random() < np.exp(-worse / heat):  # noqa: NPY002
            size, ms, gained = after, new_ms, new_gained
            now[:], inside[:] = trial, kept
            if better:
                best, best_ms, best_gained = trial[:after].copy(), new_ms, new_gained
    return best
