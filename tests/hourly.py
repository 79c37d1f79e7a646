"""Small problems on which drives take what they take at the hour, and what they mean second by second."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from patrolroute.matrix import TravelPeriods

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patrolroute.matrix import TravelMatrix
    from patrolroute.problem import PatrolProblem


def hours_of(matrix: TravelMatrix, begins_s: Sequence[int], times: Sequence[object]) -> TravelPeriods:
    """Return travel that takes so many times as long in each period; a number, or one for each drive."""
    travel_s = np.stack([np.ceil(matrix.travel_s * np.asarray(each, float)).astype(np.int32) for each in times])
    return TravelPeriods(
        begins_s=np.array(begins_s, np.int64),
        ids=matrix.ids,
        profiles=matrix.profiles,
        travel_s=travel_s,
        # Each period has metres of its own, so that a leg of another hour shows.
        travel_m=travel_s * 8 + np.arange(len(times))[:, None, None, None] * (travel_s > 0),
        provenance=matrix.provenance,
        lonlat=matrix.lonlat,
    )


def by_hour(problem: PatrolProblem, begins_s: Sequence[int], times: Sequence[object]) -> PatrolProblem:
    """Return a problem whose drives take so many times as long in each period."""
    hours = hours_of(problem.matrix, begins_s, times)
    return replace(problem, hours=hours, matrix=hours.slowest)


def at_random(problem: PatrolProblem, seed: int, *, night_s: int = 3000) -> PatrolProblem:
    """Return a problem with two or three periods, each street faster or slower in each."""
    draw = np.random.default_rng(seed + 77_000)
    periods = int(draw.integers(2, 4))
    begins = np.sort(draw.choice(np.arange(1, night_s), periods - 1, replace=False))
    shape = problem.matrix.travel_s.shape
    one_by_one = draw.random() < 0.5
    times = [draw.choice([0.3, 0.6, 1.0, 1.0, 1.7], shape if one_by_one else ()) for _ in range(periods)]
    return by_hour(problem, [-500, *begins.tolist()], times)


def drive(
    problem: PatrolProblem, profile: int, ends: tuple[int, int], ready_s: int, *, due_s: int = 0
) -> tuple[int, int, int]:
    """Return arrival, seconds and metres of a drive: every second of setting out is tried, the last of the best taken.

    Best is the earliest arrival, or any by `due_s`, where that is later.
    """
    hours = problem.hours
    assert hours is not None
    leave_s = np.arange(ready_s, max(ready_s, due_s) + 12_000)
    period = sum((leave_s >= begin).astype(int) for begin in hours.begins_s[1:])
    took_s = hours.travel_s[period, profile, ends[0], ends[1]]
    at = int(np.flatnonzero(leave_s + took_s <= max(due_s, (leave_s + took_s).min()))[-1])
    metres = int(hours.travel_m[period[at], profile, ends[0], ends[1]])
    return int(leave_s[at] + took_s[at]), int(took_s[at]), metres


def simulated(problem: PatrolProblem, k: int, order: Sequence[int]) -> list[tuple[int, int, int, int]]:
    """Return arrival, beginning, seconds and metres driven of each visit and of the way back, second by second."""
    squads, table = problem.squads, problem.visits
    profile, here, clock = int(squads.profile[k]), int(squads.start[k]), int(squads.from_s[k])
    told = []
    for number, v in enumerate(order):
        opens = int(table.opens_s[v])
        if table.floats[v]:
            begin = max(clock, opens)
            told.append((clock if number else begin, begin, 0, 0))
        else:
            # The start is left at the last second from which the squad is there in time, all other places at once.
            arrive, *drove = drive(problem, profile, (here, int(table.entry[v])), clock, due_s=0 if number else opens)
            begin = max(arrive, opens)
            told.append((arrive, begin, *drove))
            here = int(table.exit[v])
        clock = begin + int(table.duration_s[v])
    arrive, *drove = drive(problem, profile, (here, int(squads.end[k])), clock)
    return [*told, (arrive, arrive, *drove)]
