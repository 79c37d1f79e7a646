"""Scenario and roads become a `PatrolProblem`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from patrolroute.problem import Groups, PatrolProblem, Squads, Visits
from patrolroute.roads import distance_words, place_on_roads, travel_matrix, turn_graph
from patrolroute.rules import RULES, Draft
from patrolroute.scenario.model import Site

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from numpy.typing import NDArray

    from patrolroute.matrix import TravelMatrix
    from patrolroute.roads import Placed, RoadNetwork, TurnGraph
    from patrolroute.scenario.model import Scenario


@dataclass(frozen=True, eq=False, kw_only=True)
class Built:
    """What a scenario and roads make together.

    Parameters
    ----------
    problem : PatrolProblem
    matrix : TravelMatrix
    roads : RoadNetwork
        With the scenario's closures and speeds applied.
    placed : Placed
        Where the sites and places meet the streets.
    off_road : mapping of site id to str
        Sites that lie too far from any street and that the scenario allows to leave out, each with a sentence that says
        why.
    turns : TurnGraph, optional
        The turns that all drives obey, where the scenario asks for it.
    """

    problem: PatrolProblem
    matrix: TravelMatrix
    roads: RoadNetwork
    placed: Placed
    off_road: dict[str, str]
    turns: TurnGraph | None = None


def build(scenario: Scenario, roads: RoadNetwork) -> Built:
    """Put a scenario on its roads and compile it.

    Parameters
    ----------
    scenario : Scenario
    roads : RoadNetwork

    Raises
    ------
    InputError
        Naming every point that lies too far from any street, and every closure that names no street.
    """
    roads = roads.with_speeds(roads.speeds.adjusted(scenario.travel)).with_closures(scenario.closures)
    bases = {place for squad in scenario.squads for place in (squad.start, squad.end)}
    points = [point for point in scenario.points.values() if isinstance(point, Site) or point.id in bases]
    if scenario.travel.skip_off_road:
        # Sites may be left out; where a squad starts or ends may not.
        place_on_roads(roads, [point for point in points if point.id in bases], travel=scenario.travel)
    placed = place_on_roads(roads, points, travel=scenario.travel, limit=not scenario.travel.skip_off_road)
    off_road = _off_road(roads, placed, scenario.travel.snap_limit_m)
    profiles = {s.vehicle.profile: s.vehicle.speed_milli for s in scenario.squads}
    turns = turn_graph(roads, u_turn_s=scenario.travel.u_turn_s) if scenario.travel.turns else None
    matrix = travel_matrix(roads, placed, profiles=profiles, turns=turns)
    problem = compile_problem(scenario, matrix, off_road=off_road.keys())
    return Built(problem=problem, matrix=matrix, roads=roads, placed=placed, off_road=off_road, turns=turns)


def _off_road(roads: RoadNetwork, placed: Placed, limit_m: float) -> dict[str, str]:
    closed = roads.closed.words if roads.closed else ""
    return {
        name: f"Closing {closed} cuts it off from the rest of the streets."
        if name in placed.cut_off
        else f"It lies {distance_words(metres)} from the nearest street; at most {limit_m:g} m is allowed."
        for name, metres in placed.off_road_m(limit_m).items()
    }


def compile_problem(scenario: Scenario, matrix: TravelMatrix, *, off_road: Collection[str] = ()) -> PatrolProblem:
    """Compile a scenario's rules into the normal form.

    Parameters
    ----------
    scenario : Scenario
    matrix : TravelMatrix
        With every site and every squad's places.
    off_road : collection of str
        Sites that no squad may visit, since no street is near.

    Raises
    ------
    InputError
        When the matrix lacks a point or a profile.
    """
    draft = Draft()
    for rule in RULES:
        rule.compile(scenario, draft)
    for visit in draft.visits:
        if visit.site in off_road:
            visit.squads = frozenset()
    return _pack(draft, matrix)


def _pack(draft: Draft, matrix: TravelMatrix) -> PatrolProblem:
    """Turn a draft into columns; what no rule has limited is limited by the shifts."""
    from_s = min((squad.from_s for squad in draft.squads), default=0)
    until_s = max((squad.until_s for squad in draft.squads), default=0)
    groups = tuple(dict.fromkeys(visit.site for visit in draft.visits))
    rows = {group: row for row, group in enumerate(groups)}
    squads = [squad.id for squad in draft.squads]
    unlimited = {squad.id: squad.until_s - squad.from_s for squad in draft.squads}
    return PatrolProblem(
        matrix=matrix,
        squads=Squads(
            ids=tuple(squads),
            start=_column(matrix.index(squad.start) for squad in draft.squads),
            end=_column(matrix.index(squad.end) for squad in draft.squads),
            profile=_column(matrix.profiles.index(squad.profile) for squad in draft.squads),
            from_s=_column(squad.from_s for squad in draft.squads),
            until_s=_column(squad.until_s for squad in draft.squads),
            max_drive_s=_column(
                unlimited[squad.id] if squad.max_drive_s is None else squad.max_drive_s for squad in draft.squads
            ),
        ),
        groups=Groups(ids=groups, required=np.array([group in draft.required for group in groups], np.bool_)),
        visits=Visits(
            ids=tuple(visit.id for visit in draft.visits),
            group=_column(rows[visit.site] for visit in draft.visits),
            entry=_column(matrix.index(visit.entry) for visit in draft.visits),
            exit=_column(matrix.index(visit.exit) for visit in draft.visits),
            duration_s=_column(visit.duration_s for visit in draft.visits),
            opens_s=_column(from_s if visit.opens_s is None else visit.opens_s for visit in draft.visits),
            closes_s=_column(until_s if visit.closes_s is None else visit.closes_s for visit in draft.visits),
            tier=_column(visit.tier for visit in draft.visits),
            weight=_column(visit.weight for visit in draft.visits),
            squads=np.array(
                [[visit.squads is None or squad in visit.squads for squad in squads] for visit in draft.visits],
                np.bool_,
            ).reshape(len(draft.visits), len(squads)),
        ),
    )


def _column(values: Iterable[int]) -> NDArray[np.int32]:
    return np.fromiter(values, np.int32)
