"""Digests of a problem, whole and by parts in the planner's words: what differs between two can be told from them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patrolroute.problem.night import PatrolProblem

_SHORT = 16
"""Hexadecimal digits of a part's digest: it tells parts apart, and is no seal."""


def part_digests(problem: PatrolProblem) -> dict[str, str]:
    """Return by part, in the words and fields of a scenario, a digest of what the problem has of it."""
    squads, groups, visits, ties = problem.squads, problem.groups, problem.visits, problem.couplings
    hours = () if problem.hours is None else (problem.hours.begins_s, problem.hours.travel_s, problem.hours.travel_m)
    points = problem.matrix.ids, problem.matrix.profiles
    parts: dict[str, Sequence[object]] = {
        "points and vehicles of the travel matrix": points,
        "seconds and metres of the travel matrix": (problem.matrix.travel_s, problem.matrix.travel_m),
        "travel by the hour (travel.hours)": hours,
        "which squads there are": (squads.ids,),
        "where squads start and end (start, end)": (squads.start, squads.end),
        "vehicles of squads (vehicle)": (squads.profile,),
        "shifts, briefings and debriefings (shift_start, shift_end, overtime_min)": (
            squads.from_s,
            squads.until_s,
            squads.overtime_from_s,
        ),
        "limits of driving (max_driving_min)": (squads.max_drive_s,),
        "limits on stops (max_stops)": (squads.max_stops,),
        "sites, areas, posts and how often each is visited": (groups.ids, groups.site, visits.ids, visits.group),
        "where visits are made": (visits.entry, visits.exit),
        "how long visits take (dwell_min)": (visits.duration_s,),
        "windows, periods and hours of worth (windows)": (visits.opens_s, visits.closes_s),
        "tiers (tier)": (visits.tier,),
        "weights (weight)": (visits.weight, problem.weight_unit),
        "what is required (required)": (groups.required,),
        "who may go where (needs, only_by, not_by)": (visits.squads,),
        "what is made together or after another (squads_together, visits)": (groups.bundle, groups.needs),
        "gaps between visits (gap_min, gap_max_min)": (ties.first, ties.second, ties.lo_s, ties.hi_s, ties.apart),
        "breaks (breaks)": (groups.duty, visits.floats),
        "balance (balance, max_spread_stops, max_spread_duty_min)": (
            problem.balance,
            problem.most_spread_stops,
            problem.most_spread_duty_s,
        ),
        "the price of overtime (overtime_price)": (problem.overtime_tier, problem.overtime_price),
    }
    return {part: _digest(values)[:_SHORT] for part, values in parts.items()}


def whole_digest(problem: PatrolProblem) -> str:
    """Return SHA-256 over all ids and numbers."""
    squads, groups, visits, ties = problem.squads, problem.groups, problem.visits, problem.couplings
    names: list[object] = [
        problem.matrix.ids,
        problem.matrix.profiles,
        squads.ids,
        groups.ids,
        visits.ids,
        groups.site,
        (problem.weight_unit, problem.balance, problem.most_spread_stops, problem.most_spread_duty_s),
        (problem.overtime_tier, problem.overtime_price),
    ]
    arrays = [problem.matrix.travel_s, problem.matrix.travel_m, groups.required, visits.squads, visits.floats]
    arrays += [ties.apart, squads.start, squads.end, squads.profile, squads.from_s, squads.until_s]
    arrays += [squads.max_drive_s, squads.overtime_from_s, squads.max_stops, groups.bundle, groups.needs, groups.duty]
    arrays += [ties.first, ties.second, ties.lo_s, ties.hi_s, visits.group, visits.entry, visits.exit]
    arrays += [visits.duration_s, visits.opens_s, visits.closes_s, visits.tier, visits.weight]
    if problem.hours is not None:
        arrays += [problem.hours.begins_s, problem.hours.travel_s, problem.hours.travel_m]
    return _digest([*names, *arrays])


def _digest(values: Sequence[object]) -> str:
    digest = hashlib.sha256()
    for value in values:
        if isinstance(value, np.ndarray):
            digest.update(repr((value.shape, value.dtype.str)).encode())
            digest.update(np.ascontiguousarray(value).tobytes())
        else:
            digest.update(repr(value).encode())
    return digest.hexdigest()
