"""Scenario and roads become a `PatrolProblem`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from patrolroute.errors import InputError
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
from patrolroute.roads.periods import check_slow, slowest_roads, travel_by_hour
from patrolroute.rules import RULES, Draft
from patrolroute.rules.areas import numbering_mark
from patrolroute.rules.draft import weight_unit_of
from patrolroute.rules.points import seen_points
from patrolroute.scenario.base import ANYWHERE

SHORT_BEAT_S, LONG_BEAT_S = 480.0, 900.0
SHORTEST_SHIFT_BEATS = 6
"""So many beats at least fit a shift, unless they would be shorter than 8 minutes; none is longer than 15."""

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from numpy.typing import NDArray

    from patrolroute.beats import BeatBook
    from patrolroute.matrix import TravelMatrix, TravelPeriods
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
    beats : BeatBook, optional
        The drives through its areas, where the scenario has any.
    by_hour : ByHour, optional
        What depends on the hour, where speeds do; `matrix` then has the slowest of all hours.
    """

    problem: PatrolProblem
    matrix: TravelMatrix
    roads: RoadNetwork
    placed: Placed
    off_road: dict[str, str]
    turns: TurnGraph | None = None
    beats: BeatBook | None = None
    by_hour: ByHour | None = None

    @property
    def hours(self) -> TravelPeriods | None:
        """Travel by the hour, where speeds depend on it."""
        return None if self.by_hour is None else self.by_hour.travel

    @property
    def fastest(self) -> TravelMatrix:
        """The seconds that no drive undercuts, whatever its hour; nothing counts on its metres."""
        return replace(self.matrix, travel_s=self.problem.fastest_s)

    def trace(self, drives: Sequence[tuple[str, str]], *, periods: Sequence[int]) -> list[Leg]:
        """Return the legs of drives, each the one that the matrix counts.

        Parameters
        ----------
        drives : sequence of (str, str)
            Ids of origin and destination.
        periods : sequence of int
            In which period each drive sets out; 0 for all where speeds do not depend on the hour.
        """
        if self.by_hour is None:
            return trace_legs(self.roads, self.placed, drives, turns=self.turns)
        return self.by_hour.trace(self.placed, drives, periods=periods)


def build(scenario: Scenario, roads: RoadNetwork, *, beats: BeatBook | None = None) -> Built:
    """Put a scenario on its roads and compile it.

    Parameters
    ----------
    scenario : Scenario
    roads : RoadNetwork
    beats : BeatBook, optional
        Of a plan that was made on these roads; the areas are cut into beats where left out.

    Raises
    ------
    InputError
        Naming every point that lies too far from any street, every closure that names no street, every slow area that
        touches none, every area without streets, or with fewer than its share where turns are obeyed.
    """
    roads = roads.with_speeds(roads.speeds.adjusted(scenario.travel)).with_closures(scenario.closures)
    check_slow(roads, scenario.travel.slow)
    periods = speed_periods(scenario)
    at_hours = tuple(at_period(roads, period) for period in periods)
    roads = at_hours[0]
    placed, off_road = _on_streets(scenario, roads)
    turns = turn_graph(roads, u_turn_s=scenario.travel.u_turn_s) if scenario.travel.turns else None
    if scenario.areas:
        beats, placed = _with_areas(scenario, slowest_roads(at_hours), placed, turns, beats)
    profiles = {s.vehicle.profile: s.vehicle.speed_milli for s in scenario.squads}
    placed = placed.with_street_points(_seen(scenario, placed, off_road))
    by_hour = None
    if len(periods) == 1:
        matrix = travel_matrix(roads, placed, profiles=profiles, turns=turns)
    else:
        by_hour = travel_by_hour(at_hours, periods, placed, profiles=profiles, turns=turns)
        matrix = by_hour.travel.slowest
    if ANYWHERE in scenario.bases:
        matrix = matrix.with_free_point(ANYWHERE)
        by_hour = by_hour and by_hour.with_free_point(ANYWHERE)
    hours = None if by_hour is None else by_hour.travel
    problem = compile_problem(scenario, matrix, off_road=off_road.keys(), beats=beats, hours=hours)
    return Built(
        problem=problem,
        matrix=matrix,
        roads=roads,
        placed=placed,
        off_road=off_road,
        turns=turns,
        beats=beats,
        by_hour=by_hour,
    )


def _on_streets(scenario: Scenario, roads: RoadNetwork) -> tuple[Placed, dict[str, str]]:
    """Return where sites and squads' places meet the streets, and the sites that lie too far away, with the reason."""
    sites = {site.id for site in scenario.sites}
    points = [point for point in scenario.points.values() if point.id in sites or point.id in scenario.bases]
    if scenario.travel.skip_off_road:
        # Sites may be left out; where a squad starts or ends may not.
        place_on_roads(roads, [point for point in points if point.id in scenario.bases], travel=scenario.travel)
    placed = place_on_roads(roads, points, travel=scenario.travel, limit=not scenario.travel.skip_off_road)
    return placed, _off_road(roads, placed, scenario.travel.snap_limit_m)


def _with_areas(
    scenario: Scenario, roads: RoadNetwork, placed: Placed, turns: TurnGraph | None, made: BeatBook | None
) -> tuple[BeatBook, Placed]:
    """Return the beats of the scenario's areas, of lengths that suit the shifts, and the points with their ends.

    Beats that were made before are taken as they are.
    """
    # Plans without areas need none of the solvers that these bring.
    from patrolroute.roads.coverage.patrols import BeatWish, check_streets, plan_beats, with_beats  # noqa: PLC0415

    if made is not None:
        check_streets(roads, made)
        return made, with_beats(roads, placed, made, turns=turns is not None)
    duty_s = max((squad.shift.length_s for squad in scenario.squads), default=0.0)
    length_s = min(max(duty_s / SHORTEST_SHIFT_BEATS, SHORT_BEAT_S), LONG_BEAT_S)
    longest_s = {
        area.id: min([length_s, *([max(w.length_s for w in area.windows)] if area.windows else [])])
        for area in scenario.areas
    }
    slowest = min((squad.vehicle.speed_milli for squad in scenario.squads), default=1000)
    wish = BeatWish(
        longest_s=longest_s,
        speed_milli=min(slowest, 1000),
        mark=numbering_mark(scenario),
        turns=None if turns is None else turns.with_times(roads),
    )
    beats = plan_beats(roads, scenario.areas, wish)
    return beats, with_beats(roads, placed, beats, turns=turns is not None)


def _seen(scenario: Scenario, placed: Placed, off_road: Collection[str]) -> dict[str, str]:
    """Return the street points from which sites can be seen, and their sites."""
    away_m = dict(zip(placed.ids, placed.distance_m.tolist(), strict=True))
    within_m = {site.id: site.seen_within_m or 0 for site in scenario.sites}
    return {
        point: site
        for site, point in seen_points(scenario).items()
        if site not in off_road and away_m[site] <= within_m[site]
    }


def _off_road(roads: RoadNetwork, placed: Placed, limit_m: float) -> dict[str, str]:
    closed = roads.closed.words if roads.closed else ""
    return {
        name: f"Closing {closed} cuts it off from the rest of the streets."
        if name in placed.cut_off
        else f"It lies {distance_words(metres)} from the nearest street; at most {limit_m:g} m is allowed."
        for name, metres in placed.off_road_m(limit_m).items()
    }


def compile_problem(
    scenario: Scenario,
    matrix: TravelMatrix,
    *,
    off_road: Collection[str] = (),
    beats: BeatBook | None = None,
    hours: TravelPeriods | None = None,
) -> PatrolProblem:
    """Compile a scenario's rules into the normal form.

    Parameters
    ----------
    scenario : Scenario
    matrix : TravelMatrix
        With every site and every squad's places.
    off_road : collection of str
        Sites that no squad may visit, since no street is near.
    beats : BeatBook, optional
        Of the scenario's areas, where it has any.
    hours : TravelPeriods, optional
        Travel by the hour, where speeds depend on it; the matrix then has what no drive exceeds.

    Raises
    ------
    InputError
        When the matrix lacks a point or a profile, or beats are missing.
    """
    draft = Draft(points=frozenset(matrix.ids), beats=beats, weight_unit=weight_unit_of(scenario))
    for rule in RULES:
        rule.compile(scenario, draft)
    for visit in draft.visits:
        if visit.site in off_road:
            visit.squads = frozenset()
    return _pack(draft, matrix, hours)


def _pack(draft: Draft, matrix: TravelMatrix, hours: TravelPeriods | None) -> PatrolProblem:
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
        most_spread_stops=draft.most_spread_stops,
        most_spread_duty_s=draft.most_spread_duty_s,
        overtime_tier=draft.overtime_tier,
        overtime_price=draft.overtime_price,
        hours=hours,
    )


def _pack_squads(draft: Draft, matrix: TravelMatrix) -> Squads:
    """Return the squads; what no rule has limited is limited by the shift."""
    squads = draft.squads
    missing = [squad for squad in squads if squad.profile not in matrix.profiles]
    if missing:
        raise InputError(
            f"squad {squad.id!r}: the travel matrix has no times for its vehicle, only for others; expected the "
            "vehicle that the matrix was made for; put the vehicle back as it was, or plan again."
            for squad in missing
        )
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
    stay_s = [draft.visits[a].duration_s if each.from_end else 0 for a, _, each in pairs]
    return Couplings(
        first=_column(a for a, _, _ in pairs),
        second=_column(b for _, b, _ in pairs),
        lo_s=_column(each.lo_s + stay for (_, _, each), stay in zip(pairs, stay_s, strict=True)),
        hi_s=_column(min(each.hi_s + stay, FARTHEST_S) for (_, _, each), stay in zip(pairs, stay_s, strict=True)),
        apart=np.array([each.apart for _, _, each in pairs], np.bool_),
    )


def _given(value: int | None, usual: int) -> int:
    return usual if value is None else value


def _column(values: Iterable[int]) -> NDArray[np.int32]:
    return np.fromiter(values, np.int32)
