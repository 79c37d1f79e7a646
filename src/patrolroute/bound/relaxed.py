"""A problem without what ties visits to each other: whatever no plan of it covers, no plan of the problem does.

Couplings, bundles and needs leave the windows that they imply behind (`patrolroute.bound.implied`), and what they say
of visits that follow each other; limits on stops and spread, what overtime costs and the wish for balance go; where
speeds depend on the hour, each drive takes what it takes at the fastest. What is left asks less of a plan, so a bound
of it holds. What counts together (`patrolroute.bound.options`) stands beside it, for the bound that can keep it. Duties
go with their time: a squad may do them while it waits for a gap or a window, and then they take none of its own.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from patrolroute.bound.implied import Ladders, distances, implied_windows
from patrolroute.bound.network import FAR, NO_GAPS, Gaps
from patrolroute.bound.options import each_alone, tied_options
from patrolroute.problem import Groups, PatrolProblem, Squads

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from patrolroute.bound.implied import Distances
    from patrolroute.bound.options import Options
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
    options : Options
        What counts together in that problem, by rows of this one.
    gaps : Gaps
        Of visits that may still follow each other.
    """

    problem: PatrolProblem
    row: dict[int, int]
    ladders: Ladders
    options: Options
    gaps: Gaps

    def orders(self, orders: Orders) -> Orders:
        """Return orders without the visits that are gone, and with the first of those that are alike."""
        pushed = self.ladders.pushed_down(orders)
        return tuple(tuple(self.row[v] for v in order if v in self.row) for order in pushed)


def _by_way_of_duties(problem: PatrolProblem) -> NDArray[np.int32]:
    """Return travel times that no way by a place of a duty undercuts, so that a plan stays one without its duties."""
    visits = problem.visits
    fixed = (problem.groups.duty[visits.group] >= 0) & ~visits.floats
    travel_s: NDArray[np.int32] = problem.fastest_s
    for entry, leave in np.unique(np.stack([visits.entry[fixed], visits.exit[fixed]], axis=1), axis=0):
        by_way = travel_s[:, :, entry, np.newaxis] + travel_s[:, np.newaxis, leave, :]
        travel_s = np.minimum(travel_s, by_way)
    return travel_s


def untied(problem: PatrolProblem) -> Relaxed:
    """Return a problem that has no ties, as it is."""
    return Relaxed(
        problem=problem,
        row={v: v for v in range(len(problem.visits))},
        ladders=Ladders(problem),
        options=each_alone(problem),
        gaps=NO_GAPS,
    )


def relaxed(problem: PatrolProblem) -> Relaxed:
    """Return a problem without duties, couplings, bundles, needs, limits on stops and spread, balance and hours."""
    groups, visits, squads = problem.groups, problem.visits, problem.squads
    ladders, apart_s = Ladders(problem), distances(problem)
    opens_s, closes_s = implied_windows(problem, ladders, apart_s)
    possible = opens_s <= closes_s
    kept_groups = np.flatnonzero(groups.duty < 0)
    kept = np.flatnonzero(groups.duty[visits.group] < 0)
    row = {int(v): place for place, v in enumerate(kept)}
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
        row=row,
        ladders=ladders,
        options=tied_options(problem, ladders, (opens_s, closes_s), apart_s, row),
        gaps=_gaps(problem, apart_s, row),
    )


def _gaps(problem: PatrolProblem, apart_s: Distances, row: dict[int, int]) -> Gaps:
    """Return how long after each other visits that are coupled may follow each other."""
    table, (least_s, most_s) = problem.couplings, apart_s
    pairs = zip(table.first[table.apart].tolist(), table.second[table.apart].tolist(), strict=True)
    never = {frozenset(pair) for pair in pairs}
    rows = []
    for (u, v), gap_s in least_s.items():
        if u in row and v in row:
            least = max(gap_s, int(problem.visits.duration_s[u]))
            impossible = frozenset((u, v)) in never or most_s[u, v] < least
            rows.append((row[u], row[v], FAR if impossible else least))
    return Gaps(*np.array(sorted(rows), np.int64).reshape(-1, 3).T)
