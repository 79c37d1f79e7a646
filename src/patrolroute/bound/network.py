"""Squads that are alike, and for each kind the graph that its routes are paths of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from patrolroute.compiled import compiled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from patrolroute.problem import PatrolProblem

    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]

FAR = 1 << 40
"""Longer than any night (seconds fit 32 bits), short enough that sums of several stay within 64 bits."""


class Gaps(NamedTuple):
    """Visits that may follow each other in a route only so long after each other, in the order of the first ones.

    Parameters
    ----------
    first, second : int64 array, shape (P,)
        Rows of visits.
    least_s : int64 array, shape (P,)
        From the beginning of the one to that of the other, right after it; `FAR` where it never is.
    """

    first: Ints
    second: Ints
    least_s: Ints


NO_GAPS = Gaps(*(np.zeros(0, np.int64) for _ in range(3)))


class Graph(NamedTuple):
    """Routes as paths over nodes, one node for each visit that the squads can make.

    A path begins at node v not before `first_s[v]` and may end there when it begins the visit by `last_s[v]`.
    Durations are part of the arcs, so that the graph reads the same backwards (`reversed_graph`).

    Parameters
    ----------
    opens_s, closes_s : int64 array, shape (n,)
        Tightened window on the beginning of each visit.
    first_s, last_s : int64 array, shape (n,)
        Earliest arrival straight from the start; latest beginning from which the end is still reached straight.
    arc_s : int64 array, shape (n, n)
        From the beginning of one visit to the arrival at the next; `FAR` where no route goes.
    first_d, last_d : int64 array, shape (n,)
        Seconds at the wheel from the start, and to the end.
    arc_d : int64 array, shape (n, n)
        Seconds at the wheel.
    max_d : int
        Most seconds at the wheel; `FAR` where the shift is the tighter limit.
    group : int64 array, shape (n,)
    """

    opens_s: Ints
    closes_s: Ints
    first_s: Ints
    last_s: Ints
    arc_s: Ints
    first_d: Ints
    last_d: Ints
    arc_d: Ints
    max_d: int
    group: Ints


@dataclass(frozen=True, eq=False, kw_only=True)
class SquadClass:
    """Squads that may do exactly the same.

    Parameters
    ----------
    squads : tuple of int
        Their rows.
    visits : int64 array, shape (n,)
        Rows of the visits that at least one feasible route makes, as far as windows and shift alone tell.
    graph : Graph
        Over these visits.
    closure_s : int64 array, shape (n, n)
        Least seconds from the beginning of one visit to the arrival at another, by whatever visits lie between.
    skippable : bool array, shape (n,)
        Whether leaving the visit out of a route never makes the route late or its driving longer.
    """

    squads: tuple[int, ...]
    visits: Ints
    graph: Graph
    closure_s: Ints
    skippable: Bools

    @property
    def count(self) -> int:
        """Number of squads."""
        return len(self.squads)


def reversed_graph(graph: Graph) -> Graph:
    """Return the graph whose paths are the same routes read from their end, with time running backwards."""
    return Graph(
        opens_s=-graph.closes_s,
        closes_s=-graph.opens_s,
        first_s=-graph.last_s,
        last_s=-graph.first_s,
        arc_s=np.ascontiguousarray(graph.arc_s.T),
        first_d=graph.last_d,
        last_d=graph.first_d,
        arc_d=np.ascontiguousarray(graph.arc_d.T),
        max_d=graph.max_d,
        group=graph.group,
    )


def squad_rows(problem: PatrolProblem) -> list[tuple[int, ...]]:
    """Return the rows of squads that are alike, one tuple for each kind."""
    squads = problem.squads
    kinds: dict[tuple[int | bytes, ...], list[int]] = {}
    for k in range(len(squads)):
        key = (
            int(squads.start[k]),
            int(squads.end[k]),
            int(squads.profile[k]),
            int(squads.from_s[k]),
            int(squads.until_s[k]),
            int(squads.max_drive_s[k]),
            np.packbits(problem.visits.squads[:, k]).tobytes(),
        )
        kinds.setdefault(key, []).append(k)
    return [tuple(rows) for rows in kinds.values()]


def squad_classes(problem: PatrolProblem, gaps: Gaps = NO_GAPS) -> list[SquadClass]:
    """Return the kinds of squads that can make at least one visit.

    The graphs are dense: about 40 bytes for each pair of visits and kind of squad.
    """
    classes = (_squad_class(problem, rows, gaps) for rows in squad_rows(problem))
    return [each for each in classes if len(each.visits)]


def _squad_class(problem: PatrolProblem, rows: tuple[int, ...], gaps: Gaps) -> SquadClass:
    squads, table, k = problem.squads, problem.visits, rows[0]
    travel = problem.matrix.travel_s[squads.profile[k]]
    visits = np.flatnonzero(table.squads[:, k])
    entry, leave = table.entry[visits], table.exit[visits]
    duration = table.duration_s[visits].astype(np.int64)
    drive = travel[np.ix_(leave, entry)].astype(np.int64)
    first_d = travel[squads.start[k], entry].astype(np.int64)
    last_d = travel[leave, squads.end[k]].astype(np.int64)
    shift = int(squads.until_s[k]) - int(squads.from_s[k])
    group = table.group[visits].astype(np.int64)
    arc_s = np.where(group[:, None] == group, FAR, duration[:, None] + drive)
    place = np.full(len(table), -1)
    place[visits] = np.arange(len(visits))
    mine = (place[gaps.first] >= 0) & (place[gaps.second] >= 0)
    np.maximum.at(arc_s, (place[gaps.first[mine]], place[gaps.second[mine]]), gaps.least_s[mine])
    raw = Graph(
        opens_s=table.opens_s[visits].astype(np.int64),
        closes_s=table.closes_s[visits].astype(np.int64),
        first_s=int(squads.from_s[k]) + first_d,
        last_s=int(squads.until_s[k]) - duration - last_d,
        arc_s=arc_s,
        first_d=first_d,
        last_d=last_d,
        arc_d=drive,
        max_d=int(squads.max_drive_s[k]) if squads.max_drive_s[k] < shift else FAR,
        group=group,
    )
    graph, kept = _tightened(raw)
    closure = graph.arc_s.copy()
    close_paths(closure)
    return SquadClass(
        squads=rows,
        visits=visits[kept].astype(np.int64),
        graph=graph,
        closure_s=closure,
        skippable=_skippable(raw)[kept],
    )


def _tightened(raw: Graph) -> tuple[Graph, Ints]:
    """Return the graph without nodes and arcs that no route in time can use, and the nodes kept."""
    earliest = earliest_beginnings(raw)
    latest = -earliest_beginnings(reversed_graph(raw))
    kept = np.flatnonzero((earliest <= latest) & (earliest < FAR) & (latest > -FAR))
    earliest, latest = earliest[kept], latest[kept]
    arc_s = raw.arc_s[np.ix_(kept, kept)]
    arc_s = np.where(earliest[:, None] + arc_s <= latest, arc_s, FAR)
    return (
        Graph(
            opens_s=earliest,
            closes_s=latest,
            first_s=raw.first_s[kept],
            last_s=raw.last_s[kept],
            arc_s=np.ascontiguousarray(arc_s),
            first_d=raw.first_d[kept],
            last_d=raw.last_d[kept],
            arc_d=np.ascontiguousarray(raw.arc_d[np.ix_(kept, kept)]),
            max_d=raw.max_d,
            group=raw.group[kept],
        ),
        kept,
    )


def earliest_beginnings(graph: Graph) -> Ints:
    """Return the earliest second at which any route can begin each visit, `FAR` where none can."""

    def begin(arrival: Ints) -> Ints:
        clock = np.maximum(arrival, graph.opens_s)
        return np.where(clock <= graph.closes_s, clock, FAR)

    clock = begin(graph.first_s)
    while len(clock):
        arrival = np.minimum(graph.first_s, (clock[:, None] + graph.arc_s).min(axis=0))
        earlier = np.minimum(clock, begin(arrival))
        if (earlier == clock).all():
            break
        clock = earlier
    return clock


def _skippable(raw: Graph) -> Bools:
    """Tell which visits a route may leave out without becoming late, by comparing every pair of neighbours.

    Travel times are rounded and may be measured, so that the triangle inequality is looked up and not assumed.
    """
    free = np.zeros(len(raw.group), np.bool_)
    other = raw.group[:, None] != raw.group
    matrices = [(raw.arc_s, raw.first_s, -raw.last_s)]
    if raw.max_d < FAR:
        matrices.append((raw.arc_d, raw.first_d, raw.last_d))
    for v in range(len(free)):
        free[v] = all(
            bool(
                (~other | (arc <= arc[:, v, None] + arc[v])).all()
                and (first <= first[v] + arc[v]).all()
                and (last <= arc[:, v] + last[v]).all()
            )
            for arc, first, last in matrices
        )
    return free


@compiled
def close_paths(distance: Ints) -> None:
    """Shorten all entries of a square matrix to the shortest path between them, in place (Floyd, Warshall)."""
    n = len(distance)
    for k in range(n):
        for i in range(n):
            if distance[i, k] < FAR:
                for j in range(n):
                    distance[i, j] = min(distance[i, j], distance[i, k] + distance[k, j])
