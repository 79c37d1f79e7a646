"""Scenario and roads become a `PatrolProblem`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from patrolroute.problem import FARTHEST_S, Couplings, Groups, PatrolProblem, Squads, Visits
from patrolroute.roads import (
    at_period,
    distance_words,
    place_on_roads,
    speed_periods,
    trace_legs,
    travel_matrix,
    turn_graph,
)
from patrolroute.roads.periods import check_slow, travel_by_hour
from patrolroute.rules import RULES, Draft
from patrolroute.scenario.model import Site

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from numpy.typing import NDArray

    from patrolroute.matrix import TravelMatrix
    from patrolroute.roads import Leg, Placed, RoadNetwork, TurnGraph
    from patrolroute.roads.periods import ByHour
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
    by_hour : ByHour, optional
        What depends on the hour, where speeds do; `matrix` then has the slowest of all hours.
    """

    problem: PatrolProblem
    matrix: TravelMatrix
    roads: RoadNetwork
    placed: Placed
    off_road: dict[str, str]
    turns: TurnGraph | None = None
    by_hour: ByHour | None = None

    def trace(self, drives: Sequence[tuple[str, str, str]]) -> list[Leg]:
        """Return the legs of drives, each the one that the matrix counts.

        Parameters
        ----------
        drives : sequence of (str, str, str)
            Vehicle profile, and ids of origin and destination.
        """
        if self.by_hour is None:
            return trace_legs(self.roads, self.placed, [drive[1:] for drive in drives], turns=self.turns)
        return self.by_hour.trace(self.placed, drives)


def build(scenario: Scenario, roads: RoadNetwork) -> Built:
    """Put a scenario on its roads and compile it.

    Parameters
    ----------
    scenario : Scenario
    roads : RoadNetwork

    Raises
    ------
    InputError
        Naming every point that lies too far from any street, every closure that names no street, and every slow area
        that touches none.
    """
    roads = roads.with_speeds(roads.speeds.adjusted(scenario.travel)).with_closures(scenario.closures)
    check_slow(roads, scenario.travel.slow)
    periods = speed_periods(scenario)
    at_hours = tuple(at_period(roads, period) for period in periods)
    roads = at_hours[0]
    bases = {place for squad in scenario.squads for place in (squad.start, squad.end)}
    points = [point for point in scenario.points.values() if isinstance(point, Site) or point.id in bases]
    if scenario.travel.skip_off_road:
        # Sites may be left out; where a squad starts or ends may not.
        place_on_roads(roads, [point for point in points if point.id in bases], travel=scenario.travel)
    placed = place_on_roads(roads, points, travel=scenario.travel, limit=not scenario.travel.skip_off_road)
    off_road = _off_road(roads, placed, scenario.travel.snap_limit_m)
    profiles = {s.vehicle.profile: s.vehicle.speed_milli for s in scenario.squads}
    turns = turn_graph(roads, u_turn_s=scenario.travel.u_turn_s) if scenario.travel.turns else None
    by_hour = None
    if len(periods) == 1:
        matrix = travel_matrix(roads, placed, profiles=profiles, turns=turns)
    else:
        by_hour = travel_by_hour(at_hours, periods, placed, profiles=profiles, turns=turns)
        matrix = by_hour.travel.slowest
    problem = compile_problem(scenario, matrix, off_road=off_road.keys())
    return Built(
        problem=problem, matrix=matrix, roads=roads, placed=placed, off_road=off_road, turns=turns, by_hour=by_hour
    )


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
    """Turn a draft into columns."""
    groups = {group: row for row, group in enumerate(dict.fromkeys(visit.group for visit in draft.visits))}
    return PatrolProblem(
        matrix=matrix,
        squads=_pack_squads(draft, matrix),
        groups=_pack_groups(draft, groups),
        visits=_pack_visits(draft, groups, matrix),
        couplings=_pack_couplings(draft),
        weight_unit=draft.weight_unit,
        balance=draft.balance,
    )


def _pack_squads(draft: Draft, matrix: TravelMatrix) -> Squads:
    """Return the squads; what no rule has limited is limited by the shift."""
    squads = draft.squads
    return Squads(
        ids=tuple(squad.id for squad in squads),
        start=_column(matrix.index(squad.start) for squad in squads),
        end=_column(matrix.index(squad.end) for squad in squads),
        profile=_column(matrix.profiles.index(squad.profile) for squad in squads),
        from_s=_column(squad.from_s for squad in squads),
        until_s=_column(squad.until_s for squad in squads),
        max_drive_s=_column(_given(squad.max_drive_s, squad.until_s - squad.from_s) for squad in squads),
        overtime_from_s=_column(_given(squad.overtime_from_s, squad.until_s) for squad in squads),
        max_stops=_column(_given(squad.max_stops, FARTHEST_S) for squad in squads),
    )


def _pack_groups(draft: Draft, groups: dict[str, int]) -> Groups:
    site = {visit.group: visit.site for visit in draft.visits}
    bundle = {group: number for number, members in enumerate(draft.bundles) for group in members}
    squads = [squad.id for squad in draft.squads]
    return Groups(
        ids=tuple(groups),
        site=tuple(site[group] for group in groups),
        required=np.array([group in draft.required for group in groups], np.bool_),
        bundle=_column(bundle.get(group, -1) for group in groups),
        needs=_column(groups[draft.needs[group]] if group in draft.needs else -1 for group in groups),
        duty=_column(squads.index(draft.duties[group]) if group in draft.duties else -1 for group in groups),
    )


def _pack_visits(draft: Draft, groups: dict[str, int], matrix: TravelMatrix) -> Visits:
    """Return the visits; what no rule has limited is limited by the shifts."""
    from_s = min((squad.from_s for squad in draft.squads), default=0)
    until_s = max((squad.until_s for squad in draft.squads), default=0)
    squads = [squad.id for squad in draft.squads]
    return Visits(
        ids=tuple(visit.id for visit in draft.visits),
        group=_column(groups[visit.group] for visit in draft.visits),
        entry=_column(0 if visit.floats else matrix.index(visit.entry) for visit in draft.visits),
        exit=_column(0 if visit.floats else matrix.index(visit.exit) for visit in draft.visits),
        duration_s=_column(visit.duration_s for visit in draft.visits),
        opens_s=_column(_given(visit.opens_s, from_s) for visit in draft.visits),
        closes_s=_column(_given(visit.closes_s, until_s) for visit in draft.visits),
        tier=_column(visit.tier for visit in draft.visits),
        weight=_column(visit.weight for visit in draft.visits),
        squads=np.array(
            [[visit.squads is None or squad in visit.squads for squad in squads] for visit in draft.visits],
            np.bool_,
        ).reshape(len(draft.visits), len(squads)),
        floats=np.array([visit.floats for visit in draft.visits], np.bool_),
    )


def _pack_couplings(draft: Draft) -> Couplings:
    """Return the couplings of groups as those of all their visits."""
    rows: dict[str, list[int]] = {}
    for row, visit in enumerate(draft.visits):
        rows.setdefault(visit.group, []).append(row)
    pairs = [(a, b, each) for each in draft.couplings for a in rows[each.first] for b in rows[each.second]]
    return Couplings(
        first=_column(a for a, _, _ in pairs),
        second=_column(b for _, b, _ in pairs),
        lo_s=_column(each.lo_s for _, _, each in pairs),
        hi_s=_column(each.hi_s for _, _, each in pairs),
        apart=np.array([each.apart for _, _, each in pairs], np.bool_),
    )


def _given(value: int | None, usual: int) -> int:
    return usual if value is None else value


def _column(values: Iterable[int]) -> NDArray[np.int32]:
    return np.fromiter(values, np.int32)
