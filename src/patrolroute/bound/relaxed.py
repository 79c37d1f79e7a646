"""A problem without what ties visits to each other: whatever no plan of it covers, no plan of the problem does.

Couplings, bundles and needs leave the windows that they imply behind (`patrolroute.bound.implied`); limits on stops and
spread, what overtime costs and the wish for balance go; duties go with their time; where speeds depend on the hour,
each drive takes what it takes at the fastest. What is left asks less of a plan, so a bound of it holds. It may be
loose: a bundle counts for what each of its visits is worth.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from patrolroute.bound.implied import Ladders, implied_windows
from patrolroute.problem import Groups, PatrolProblem, Squads

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from patrolroute.problem import Orders


@dataclass(frozen=True, kw_only=True)
class Relaxed:
    """A plain problem, and how orders of the one it comes from read in it.

    Parameters
    ----------
    problem : PatrolProblem
    row : dict of int to int
        Row of each visit that is left.
    ladders : Ladders
        Of the problem that it comes from.
    """

    problem: PatrolProblem
    row: dict[int, int]
    ladders: Ladders

    def orders(self, orders: Orders) -> Orders:
        """Return orders without the visits that are gone, and with the first of those that are alike."""
        pushed = self.ladders.pushed_down(orders)
        return tuple(tuple(self.row[v] for v in order if v in self.row) for order in pushed)


def _by_way_of_duties(problem: PatrolProblem) -> NDArray[np.int32]:
    """Return travel times that no way by a place of a duty undercuts, so that a plan stays one without its duties."""
    visits = problem.visits
    fixed = (problem.groups.duty[visits.group] >= 0) & ~visits.floats
    travel_s: NDArray[np.int32] = problem.fastest_s
    for point in np.unique(visits.entry[fixed]):
        by_way = travel_s[:, :, point, np.newaxis] + travel_s[:, np.newaxis, point, :]
        travel_s = np.minimum(travel_s, by_way)
    return travel_s


def relaxed(problem: PatrolProblem) -> Relaxed:
    """Return a problem without duties, couplings, bundles, needs, limits on stops and spread, balance and hours."""
    groups, visits, squads = problem.groups, problem.visits, problem.squads
    ladders = Ladders(problem)
    opens_s, closes_s = implied_windows(problem, ladders)
    possible = opens_s <= closes_s
    kept_groups = np.flatnonzero(groups.duty < 0)
    kept = np.flatnonzero(groups.duty[visits.group] < 0)
    columns = ("entry", "exit", "duration_s", "tier", "weight", "floats")
    return Relaxed(
        problem=PatrolProblem(
            matrix=replace(problem.matrix, travel_s=_by_way_of_duties(problem)),
            squads=Squads(
                ids=squads.ids,
                start=squads.start,
                end=squads.end,
                profile=squads.profile,
                from_s=squads.from_s,
                until_s=squads.until_s,
                max_drive_s=squads.max_drive_s,
            ),
            groups=Groups(
                ids=tuple(groups.ids[g] for g in kept_groups),
                required=groups.required[kept_groups],
                site=tuple(groups.site[g] for g in kept_groups),
            ),
            visits=replace(
                visits,
                ids=tuple(visits.ids[v] for v in kept),
                group=np.searchsorted(kept_groups, visits.group[kept]).astype(np.int32),
                opens_s=np.where(possible, opens_s, visits.opens_s)[kept].astype(np.int32),
                closes_s=np.where(possible, closes_s, visits.closes_s)[kept].astype(np.int32),
                squads=(visits.squads & possible[:, np.newaxis])[kept],
                **{name: getattr(visits, name)[kept] for name in columns},
            ),
            weight_unit=problem.weight_unit,
        ),
        row={int(v): row for row, v in enumerate(kept)},
        ladders=ladders,
    )
