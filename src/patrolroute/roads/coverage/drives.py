"""Drives over the streets of an area, on a road network: all of the streets, or all of some edges."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from patrolroute.errors import Faults, InputError
from patrolroute.roads.coverage.deadheads import Ground, ground_of
from patrolroute.roads.coverage.postman import Postman, open_between, walk
from patrolroute.roads.coverage.streets import AreaStreets, Drive, Ends, drive_of
from patrolroute.roads.coverage.windy import cover_directed, cover_streets

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from patrolroute.roads.network import RoadNetwork


@dataclass(frozen=True, eq=False, kw_only=True)
class Course:
    """The ground of a drive, and the postman's problem on it.

    Parameters
    ----------
    ground : Ground
    problem : Postman
        Its first arcs are those of the ground.
    street : int64 array, shape (S,)
        The problem's street of each street of the area.
    ends : Ends
        In positions of the ground.
    """

    ground: Ground
    problem: Postman
    street: NDArray[np.int64]
    ends: Ends


def check_ends(network: RoadNetwork, ends: Ends) -> None:
    """Refuse ends that are no nodes, or an end for a drive that comes back.

    Raises
    ------
    InputError
    """
    faults = Faults()
    for word, node in (("start", ends.start), ("end", ends.end)):
        if node is not None and not 0 <= node < len(network.node_id):
            faults.add(f"drive: {word} {node} is no node; expected 0 to {len(network.node_id) - 1:,}.")
    if ends.closed and ends.end is not None:
        faults.add("drive: an end is given for a closed drive; leave it out, or say closed=False.")
    faults.raise_if_any()


def course_of(network: RoadNetwork, area: AreaStreets, ends: Ends) -> Course:
    """Return the ground and the problem of a drive that must cover a whole area.

    Raises
    ------
    InputError
        When the ends are no nodes of the network, or the area holds no street.
    """
    check_ends(network, ends)
    if not len(area.edge):
        raise InputError(["drive: the area holds no street; expected at least one."])
    given = np.array([node for node in (ends.start, ends.end) if node is not None], np.int64)
    both = np.concatenate([area.edge, network.twin[area.edge]]).astype(np.int64)
    ground = ground_of(network, both[both >= 0], given)
    names, street = np.unique(network.first[ground.edge], return_inverse=True)
    of_area = np.searchsorted(names, area.edge)
    wanted = np.zeros(len(names), bool)
    wanted[of_area] = True
    start = None if ends.start is None else ground.place(ends.start)
    end = None if ends.end is None else ground.place(ends.end)
    any_end = int(ground.tail[np.flatnonzero(wanted[street])[0]])
    problem = Postman(
        nodes=len(ground.node),
        tail=ground.tail,
        head=ground.head,
        cost_ms=ground.time_ms,
        street=street.astype(np.int64),
        wanted=wanted,
        root=any_end if start is None else start,
    )
    if not ends.closed:
        problem = open_between(problem, start, end, np.arange(ground.ends))
    return Course(ground=ground, problem=problem, street=of_area, ends=Ends(start=start, end=end, closed=ends.closed))


def drive_along(
    network: RoadNetwork, area: AreaStreets, course: Course, count: NDArray[np.int64], lower_ms: int
) -> Drive:
    """Return the drive that takes each arc of a course as often as told; a bound of 0 tells nothing and is none."""
    arcs = walk(course.problem, count)
    edges = course.ground.edge[arcs]
    start = int(network.tail[edges[0]]) if len(edges) else int(course.ground.node[course.problem.root])
    return replace(drive_of(network, area, edges, start), lower_ms=lower_ms or None)


def drive_edges(
    network: RoadNetwork,
    area: AreaStreets,
    edges: NDArray[np.int64],
    *,
    ends: Ends | None = None,
    seconds: float = 10.0,
) -> Drive:
    """Return the quickest drive along given edges, each in its direction: the directed rural postman.

    Exact wherever a flow leaves the edges in one piece, as it does when they hang together; else pieces are joined
    exactly while time allows (Edmonds and Johnson 1973, 10.1007/BF01580113; Corberan and Laporte, Arc Routing,
    10.1137/1.9781611973679).

    Parameters
    ----------
    network : RoadNetwork
    area : AreaStreets
        What to count.
    edges : int array
        Edges that must be driven.
    ends : Ends, optional
        By default the drive comes back to where it began, anywhere.
    seconds : float
        Wall clock for joining pieces exactly.

    Returns
    -------
    Drive
        With `lower_ms`. Where pieces must be joined, what is found may depend on the clock.

    Raises
    ------
    InputError
        When the ends are no nodes of the network, or no edge is given.
    """
    faults = Faults()
    if not len(edges) or min(edges) < 0 or max(edges) >= len(network.tail):
        faults.add(f"drive: expected at least one edge, each from 0 to {len(network.tail) - 1:,}.")
    faults.raise_if_any()
    edges = np.unique(edges)
    first = np.unique(network.first[edges])
    driven = AreaStreets(edge=first, inside_dm=network.length_dm[first], share=np.ones(len(first)))
    course = course_of(network, driven, ends or Ends())
    needed = np.zeros(len(course.problem.tail), np.int64)
    needed[np.searchsorted(course.ground.edge, edges)] = 1
    if course.problem.added:
        needed[-1] = 1
    cover = cover_directed(course.problem, needed, seconds=seconds)
    return drive_along(network, area, course, cover.count, cover.lower_ms)


def drive_streets(network: RoadNetwork, area: AreaStreets, *, ends: Ends | None = None, seconds: float = 10.0) -> Drive:
    """Return the quickest drive over every street of an area, each once, either way: the windy rural postman.

    Parameters
    ----------
    network : RoadNetwork
    area : AreaStreets
    ends : Ends, optional
        By default the drive comes back to where it began, anywhere.
    seconds : float
        Wall clock, about. What is found when it runs out depends on the machine; `math.inf` asks no clock.

    Returns
    -------
    Drive
        With `lower_ms`, unless the solvers' rounding contradicts the drive; `proved` where it is the optimum.

    Raises
    ------
    InputError
        When the ends are no nodes of the network, or the area holds no street.
    """
    course = course_of(network, area, ends or Ends())
    cover = cover_streets(course.problem, seconds=seconds)
    return drive_along(network, area, course, cover.count, cover.lower_ms)
