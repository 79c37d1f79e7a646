"""The front door: `plan()` takes a scenario and roads and returns a checked plan on its map."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np

from patrolroute.build import Built, build
from patrolroute.check import check_plan
from patrolroute.compiled import compiling_ahead
from patrolroute.engines.registry import DEFAULT_ENGINE
from patrolroute.errors import InfeasibleError, InputError, RuleBrokenError
from patrolroute.explain import explain_impossible, explain_left_out
from patrolroute.forming import form_squads
from patrolroute.idle import idle_reasons
from patrolroute.plans import Plan, Skipped
from patrolroute.render import (
    Night,
    areas_table,
    explore,
    idleness_table,
    legs_table,
    skipped_table,
    summary,
    summary_html,
    visits_table,
    write_outputs,
)
from patrolroute.render.wording import things_text, weight_text
from patrolroute.roads import (
    DrivenBeat,
    Leg,
    RoadNetwork,
    forbidden_turns,
    read_roads,
    roads_from_graph,
    speed_periods,
)
from patrolroute.rules import RULES, Facts, Violation, explain_presence, is_tied, tied_words
from patrolroute.rules.waiting import wait_elsewhere
from patrolroute.scenario import Place, Scenario, read_scenario, write_scenario
from patrolroute.scenario.base import ANYWHERE
from patrolroute.scenario.squads import told_apart
from patrolroute.scenario.words import counted
from patrolroute.schedule import orders_of
from patrolroute.solver import Progress, check_options, interrupts, jobs_ahead, required_left_out, solve

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    import folium
    import geopandas as gpd

    from patrolroute.engines.protocol import Engine
    from patrolroute.plans import Route, TierBound, TierCoverage
    from patrolroute.rules.draft import DrivenLeg

SCENARIO_FILE = "scenario.json"
MATRIX_FILE = "matrix.npz"
BEATS_FILE = "beats.npz"
HOURS_FILE = "hours.npz"
SAVED_BESIDE = (SCENARIO_FILE, MATRIX_FILE, BEATS_FILE, HOURS_FILE)
"""Names of what `PatrolPlan.save` writes besides what `render` writes of every night; beats only where it has areas,
travel by the hour only where speeds depend on it."""


@dataclass(frozen=True, eq=False, repr=False)
class PatrolPlan:
    """A checked plan with the scenario and the roads it was made for.

    Parameters
    ----------
    document : Plan
        The plan itself: times in seconds, JSON both ways.
    scenario : Scenario
    built : Built
        The roads with the scenario's closures and speeds, the travel matrix, the problem.
    """

    document: Plan
    scenario: Scenario
    built: Built

    @property
    def routes(self) -> tuple[Route, ...]:
        """One route for each squad, in the scenario's order."""
        return self.document.routes

    @property
    def coverage(self) -> tuple[TierCoverage, ...]:
        """What is covered of each tier, the most important first."""
        return self.document.coverage

    @property
    def bound(self) -> tuple[TierBound, ...] | None:
        """What any plan could cover at most, tier by tier; None where no bound was computed."""
        return self.document.bound

    @property
    def gap(self) -> dict[int, float] | None:
        """What each tier might lack, as a share of its bound; None where no bound was computed."""
        return self.document.gap

    @property
    def proved(self) -> bool:
        """Whether no plan covers more: every tier is proved. Overtime, balance and driving are outside of the proof."""
        return self.document.proved

    @property
    def roads(self) -> RoadNetwork:
        """The roads that are driven, with the scenario's closures and speeds."""
        return self.built.roads

    @cached_property
    def night(self) -> Night:
        """The plan with its driven legs traced, as `patrolroute.render` takes it."""
        return Night(
            plan=self.document,
            scenario=self.scenario,
            roads=self.roads,
            legs=self._trace(),
            leaves_s=self._leaves_s(),
            spots=self._spots(),
            beats=self.built.beats,
            remarks=self._remarks(),
            idle=idle_reasons(self.scenario, self.built.problem, self.document),
        )

    def _spots(self) -> dict[str, Place]:
        """Return the points of the streets that the plan goes by besides the scenario's own places and sites."""
        placed, points = self.built.placed, self.scenario.points
        # A break may be made at such a point as well; it belongs to no site.
        visits = (visit for route in self.routes for visit in route.visits if visit.site in points)
        owner = {point: visit.site for visit in visits for point in (visit.entry, visit.exit) if point not in points}
        return {
            point: Place(
                id=point,
                name=points[site].title,
                lon=float(placed.lon[placed.index(point)]),
                lat=float(placed.lat[placed.index(point)]),
                placement=points[site].placement,
            )
            for point, site in owner.items()
            if point in placed.ids
        }

    def _remarks(self) -> tuple[str, ...]:
        if self.built.hours is None:
            return ()
        return ("Each drive is timed at the speeds of the hour in which it sets out.",)

    def _driven(self) -> dict[tuple[str, int], DrivenLeg]:
        """Return the drives of the plan that lead from one place to another, by squad and number."""
        squads = {squad.id: squad for squad in self.scenario.squads}
        facts = Facts(self.scenario, self.built.matrix, self.document, self.built.beats, self.built.hours)
        return {
            (route.squad, number): leg
            for route in self.routes
            for number, leg in enumerate(facts.legs(squads[route.squad], route))
            # Nothing is driven to a break that is taken where the squad is, nor from or to no certain place.
            if leg.origin != leg.destination and ANYWHERE not in (leg.origin, leg.destination)
        }

    def _trace(self) -> dict[tuple[str, int], Leg]:
        driven = self._driven()
        pairs = [(leg.origin, leg.destination) for leg in driven.values()]
        return dict(zip(driven, self.built.trace(pairs, periods=[leg.period for leg in driven.values()]), strict=True))

    def _leaves_s(self) -> dict[tuple[str, int], int]:
        """Return when drives set out, where speeds depend on the hour: at once, but to where nobody may wait."""
        if self.built.hours is None:
            return {}
        begins_s = self.built.hours.begins_s.tolist()
        waiting = {site.id for site in self.scenario.sites if not site.wait}
        return {
            key: leg.latest_s
            if leg.visit is not None and leg.visit.site in waiting
            else max([leg.leave_s, *begins_s[1 : leg.period + 1]])
            for key, leg in self._driven().items()
        }

    @cached_property
    def visits(self) -> gpd.GeoDataFrame:
        """Every stop: squad, site, times, dwell, drive; points in EPSG:4326."""
        return visits_table(self.night)

    @cached_property
    def legs(self) -> gpd.GeoDataFrame:
        """Every driven leg: squad, from, to, times, streets; lines in EPSG:4326."""
        return legs_table(self.night)

    @cached_property
    def skipped(self) -> gpd.GeoDataFrame:
        """Every site that is left out, with the reason; points in EPSG:4326."""
        return skipped_table(self.night)

    @cached_property
    def areas(self) -> gpd.GeoDataFrame:
        """Every area: kilometres of street inside and driven, the share driven and wanted; polygons in EPSG:4326."""
        return areas_table(self.night)

    @cached_property
    def idleness(self) -> gpd.GeoDataFrame:
        """Every site with its visits and the longest and mean time without a squad; points in EPSG:4326."""
        return idleness_table(self.night)

    def summary(self) -> str:
        """Return coverage by tier, what is left out and why, and each squad's night, as text."""
        return summary(self.night)

    def explore(self, *, tiles: str | folium.TileLayer | None = None) -> folium.Map:
        """Return an interactive map.

        Parameters
        ----------
        tiles : str or folium.TileLayer, optional
            Background tiles, which need a network; the roads themselves are drawn when left out.
        """
        return explore(self.night, tiles=tiles)

    def save(self, out_dir: str | Path) -> list[Path]:
        """Write plan, GeoJSON, GeoPackage, GPX, sheets and map to a folder, all or nothing.

        Returns
        -------
        list of Path
            The files written.

        Raises
        ------
        InputError
            When the folder cannot be written.
        """
        if not isinstance(out_dir, str | Path):
            raise InputError([f"out_dir: expected the path of a folder, found {out_dir!r}."])
        extra: dict[str, bytes | str] = {
            SCENARIO_FILE: write_scenario(self.scenario),
            MATRIX_FILE: self.built.matrix.to_bytes(),
        }
        if self.built.beats is not None:
            extra[BEATS_FILE] = self.built.beats.to_bytes()
        if self.built.hours is not None:
            extra[HOURS_FILE] = self.built.hours.to_bytes()
        return write_outputs(self.night, Path(out_dir), extra=extra)

    def __repr__(self) -> str:
        most = {each.tier: f", at most {weight_text(each.upper_weight)}" for each in self.bound or ()}
        covered = ", ".join(
            f"tier {c.tier}: {c.covered_sites} of {c.total_sites} {things_text(self.scenario, c.total_sites)} "
            f"(weight {weight_text(c.covered_weight)} of {weight_text(c.total_weight)}{most.get(c.tier, '')})"
            for c in self.coverage
        )
        squads = counted(len(self.routes), "squad")
        return f"<PatrolPlan {self.document.name!r}: {squads}; {covered or 'nothing to cover'}>"

    def _repr_html_(self) -> str:
        return summary_html(self.night)


def plan(
    scenario: Scenario | str | Path,
    roads: RoadNetwork | nx.Graph[Any] | str | Path,
    *,
    seconds: float | None = None,
    iterations: int | None = None,
    bound_seconds: float = 5.0,
    seed: int | None = None,
    engine: str | Engine = DEFAULT_ENGINE,
    start: PatrolPlan | Plan | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> PatrolPlan:
    """Plan a night: who goes where, when, along which streets, and what is left out.

    Ctrl-C ends the search, after which the bound is proved all the same; Ctrl-C during the proof ends that. Either way
    the best plan so far is returned, with what is proved; before the search there is none, and it ends everything.

    Parameters
    ----------
    scenario : Scenario or path
        A scenario, or the file of one (`patrolroute.read_scenario`). Squads that it has yet to form are formed.
    roads : RoadNetwork, networkx graph or path
        Roads, an OSMnx graph as it is, or a file of either (`patrolroute.read_roads`).
    seconds : float, optional
        Longest search; 10 when neither this nor `iterations` is given.
    iterations : int, optional
        Most iterations, in the engine's own measure. With a seed and without `seconds`, the same plan every time.
    bound_seconds : float
        How long to look for a proof of how much any plan could cover, after the search; 0 for no bound.
    seed : int, optional
        0 to 2^31 - 1; drawn at random when left out: a night that can be foretold is no patrol.
    engine : str or Engine
        A name of `patrolroute.engines`, or an engine of your own.
    start : PatrolPlan or Plan, optional
        A plan to begin from, perhaps of a night with fewer squads.
    progress : callable, optional
        Called with a `Progress` as the plan improves, and once at the end.

    Returns
    -------
    PatrolPlan
        Checked against every rule of the scenario.

    Raises
    ------
    InputError
        With every fault of the scenario or the roads.
    InfeasibleError
        When a required site cannot be visited; `best` holds the best plan without it, if a search was run.
    RuleBrokenError
        When the plan breaks a rule, which would be a fault of the program.
    """
    check_options(seconds=seconds, iterations=iterations, bound_seconds=bound_seconds, seed=seed, progress=progress)
    night = _scenario_of(scenario)
    if night.forming is not None:
        night = form_squads(night).scenario
    built = build(night, roads_of(roads))
    _refuse_impossible(night, built)
    try:
        document = solve(
            built.problem,
            seconds=seconds,
            iterations=iterations,
            bound_seconds=bound_seconds,
            seed=seed,
            engine=engine,
            start=_document_of(start),
            progress=progress,
        )
    except InfeasibleError as error:
        if error.best is None:
            raise
        best = _finish(night, built, error.best, without=frozenset({"required", "balance"}))
        titles = {site.id: site.title for site in night.sites}
        titles |= {each.id: each.title for each in night.presence}
        left_out = required_left_out(best.document, titles=titles)
        raise InfeasibleError(left_out or error.sentences, best=best) from error
    with interrupts():
        return _finish(night, built, document)


def compiling_for(scenario: Scenario, *, engine: str, bound: bool) -> AbstractContextManager[None]:
    """Compile what planning a night will need in a process of its own, as long as the context lasts.

    For programs that own their process, such as the command line; where all is compiled, nothing is started.

    Parameters
    ----------
    scenario : Scenario
    engine : str
    bound : bool
        Whether a bound will be asked for.
    """
    hourly = len(speed_periods(scenario)) > 1
    return compiling_ahead(jobs_ahead(engine=engine, tied=is_tied(scenario), hourly=hourly, bound=bound))


def _scenario_of(given: Scenario | str | Path) -> Scenario:
    if isinstance(given, Scenario):
        return given
    if isinstance(given, str | Path):
        return read_scenario(given)
    raise InputError([f"scenario: expected a Scenario or the path of its file, found {type(given).__name__}."])


def roads_of(given: RoadNetwork | nx.Graph[Any] | str | Path) -> RoadNetwork:
    """Return roads, whichever way they were given."""
    if isinstance(given, RoadNetwork):
        return given
    if isinstance(given, nx.Graph):
        return roads_from_graph(given)
    if isinstance(given, str | Path):
        return read_roads(given)
    raise InputError(
        [f"roads: expected a RoadNetwork, an OSMnx or networkx graph or a file's path, found {type(given).__name__}."]
    )


def _document_of(given: PatrolPlan | Plan | None) -> Plan | None:
    if given is None or isinstance(given, Plan):
        return given
    if isinstance(given, PatrolPlan):
        return given.document
    raise InputError([f"start: expected a plan, found {type(given).__name__}; Plan.from_json reads one from a file."])


def _refuse_impossible(scenario: Scenario, built: Built) -> None:
    """Refuse required sites that no squad can reach, in the planner's words rather than the problem's."""
    reasons = []
    for g, why in explain_impossible(built.problem).items():
        site = built.problem.groups.site[g]
        if built.problem.groups.required[g]:
            words = _why_impossible(scenario, built, site) or why
            reasons.append(f"{_named(scenario, site)} is required, and no squad can visit it: {words}")
    if reasons:
        raise InfeasibleError(reasons)


def _named(scenario: Scenario, site_id: str) -> str:
    """Return what a required site or presence is called."""
    presence = next((each for each in scenario.presence if each.id == site_id), None)
    return f"site {scenario.points[site_id].title!r}" if presence is None else f"presence {presence.title!r}"


def _why_impossible(scenario: Scenario, built: Built, site_id: str) -> str:
    """Return what the rules, or the distance from the streets, say against a site; empty where none says anything."""
    if site_id in built.off_road:
        return built.off_road[site_id]
    if not scenario.squads:
        return "There is no squad."
    site = next((each for each in scenario.sites if each.id == site_id), None)
    if site is None:
        return next((explain_presence(scenario, each) or "" for each in scenario.presence if each.id == site_id), "")
    words = [rule.explain(scenario, built.fastest, site) for rule in RULES]
    return " ".join(each[0].upper() + each[1:] for each in words if each)


def _finish(scenario: Scenario, built: Built, document: Plan, *, without: frozenset[str] = frozenset()) -> PatrolPlan:
    """Put the reasons into the planner's words, and check the plan against them."""
    titles = {squad.id: squad.title for squad in told_apart(scenario.squads)}
    reasons = explain_left_out(built.problem, orders_of(built.problem, document), titles=titles)
    skipped = tuple(
        _reworded(scenario, built, replace(each, reason=reasons[each.part].sentence)) for each in document.skipped
    )
    skipped = tuple(replace(each, reason=tied_words(scenario, document, each) or each.reason) for each in skipped)
    document = replace(document, name=scenario.name, start=scenario.start, skipped=skipped)
    no_waiting = [site.id for site in scenario.sites if not site.wait]
    document = wait_elsewhere(document, no_waiting, by_hour=built.hours is not None)
    broken = [v for v in _checked(scenario, built, document) if v.rule not in without]
    if broken:
        raise RuleBrokenError(map(str, broken))
    finished = PatrolPlan(document, scenario, built)
    if broken := turn_faults(finished):
        raise RuleBrokenError(map(str, broken))
    return finished


def turn_faults(planned: PatrolPlan) -> list[Violation]:
    """Walk the traced legs of a plan, and its beats, against the restrictions of the roads, where they are to hold."""
    if planned.built.turns is None:
        return []
    return [
        Violation(rule="turns", squad=route.squad, message=f"squad {route.squad!r}: {fault}")
        for route in planned.routes
        for fault in forbidden_turns(planned.roads, _driven(planned, route))
    ]


def _driven(planned: PatrolPlan, route: Route) -> list[Leg | DrivenBeat]:
    """Return what a squad drives, in order: legs, and the beats between them."""
    driven: list[Leg | DrivenBeat] = []
    book, legs = planned.built.beats, planned.night.legs
    for position, visit in enumerate([*route.visits, None]):
        if (leg := legs.get((route.squad, position))) is not None:
            driven.append(leg)
        if visit is not None and book is not None and (beat := book.by_entry.get(visit.entry)) is not None:
            along = book.streets.edge[beat.street]
            driven.append(DrivenBeat(id=beat.id, edges=np.where(beat.forward, along, planned.roads.twin[along])))
    return driven


def _checked(scenario: Scenario, built: Built, document: Plan) -> list[Violation]:
    return check_plan(document, scenario=scenario, matrix=built.matrix, beats=built.beats, hours=built.hours)


def _reworded(scenario: Scenario, built: Built, skipped: Skipped) -> Skipped:
    if skipped.code != "impossible":
        return skipped
    words = _why_impossible(scenario, built, skipped.site) or skipped.reason
    return replace(skipped, code="off_road" if skipped.site in built.off_road else skipped.code, reason=words)
