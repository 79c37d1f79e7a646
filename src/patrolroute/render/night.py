"""`Night`: a plan with the scenario, the roads and the driven legs that it is shown with."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from patrolroute.errors import InputError
from patrolroute.render.areas import area_shares
from patrolroute.render.drives import drives_of
from patrolroute.render.faults import faults_of
from patrolroute.render.passed import Passing, passings
from patrolroute.render.places import is_approximate, left_out_of, parts_of, points_of, stop_of
from patrolroute.render.slowed import slowed_words
from patrolroute.scenario.base import ANYWHERE
from patrolroute.scenario.squads import told_apart

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime, timedelta

    from patrolroute.beats import Beat, BeatBook
    from patrolroute.plans import Plan, Route, Skipped, Visit
    from patrolroute.render.areas import AreaShare
    from patrolroute.render.drives import Drive
    from patrolroute.roads import Leg, RoadNetwork
    from patrolroute.scenario.areas import Area
    from patrolroute.scenario.model import Place, Presence, Scenario, Site, Squad


_TURNS_OBEYED = "Turns: the turn restrictions that these roads tell are obeyed."
_TURNS_UNKNOWN = "Turns: these roads tell no turn restrictions; a drive may turn where it is forbidden. Obey the signs."


@dataclass(frozen=True, eq=False)
class Night:
    """Everything that tables, sheets, files and maps are made from.

    Parameters
    ----------
    plan : Plan
    scenario : Scenario
        The scenario that the plan was made for. Squads that are called alike are shown with their ids.
    roads : RoadNetwork
        The roads on which the legs were traced.
    legs : mapping of (str, int) to Leg
        By squad id and position in the route: 0 leads from the start place to the first visit, n from the last of n
        visits to the end place. Only legs that are driven.
    spots : mapping of str to Place, optional
        Points of the streets that the plan goes by besides the scenario's places and sites, by their ids.
    beats : BeatBook, optional
        The drives through the scenario's areas, where it has any.
    remarks : tuple of str
        More sentences that every output prints.
    idle : mapping of str to str, optional
        By id the squads without a stop, each with sentences that say why.
    leaves_s : mapping of (str, int) to int, optional
        When drives set out, by squad id and position as legs, where that is not when their squad is free.

    Raises
    ------
    InputError
        When plan, scenario and legs do not belong together: with every squad or site that the scenario does not know,
        every leg that is missing or joins other points, and a start that is not the scenario's.
    """

    plan: Plan
    scenario: Scenario
    roads: RoadNetwork
    legs: Mapping[tuple[str, int], Leg]
    spots: Mapping[str, Place] = field(default_factory=dict)
    beats: BeatBook | None = None
    remarks: tuple[str, ...] = ()
    idle: Mapping[str, str] = field(default_factory=dict)
    leaves_s: Mapping[tuple[str, int], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        apart = told_apart(self.scenario.squads)
        if apart != self.scenario.squads:
            object.__setattr__(self, "scenario", self.scenario.model_copy(update={"squads": apart}))
        faults_of(self).raise_if_any()

    @cached_property
    def _squads(self) -> Mapping[str, Squad]:
        return {squad.id: squad for squad in self.scenario.squads}

    @cached_property
    def sites(self) -> Mapping[str, Site]:
        """The scenario's sites by id."""
        return {site.id: site for site in self.scenario.sites}

    @cached_property
    def presences(self) -> Mapping[str, Presence]:
        """The scenario's presences by id."""
        return {each.id: each for each in self.scenario.presence}

    @cached_property
    def areas(self) -> Mapping[str, Area]:
        """The scenario's areas by id."""
        return {area.id: area for area in self.scenario.areas}

    @cached_property
    def parts(self) -> Mapping[str, Site]:
        """Sites by id, and a stand-in for each beat, which lies where it begins."""
        return parts_of(self)

    @cached_property
    def points(self) -> Mapping[str, Place]:
        """What routes go by, by id: places and sites, where beats begin and end, further points of the streets."""
        return points_of(self)

    def beat_title(self, beat: Beat) -> str:
        """Return what a beat is called: its area and its number there."""
        number = [each.id for each in self.beats.of(beat.area)].index(beat.id) + 1 if self.beats is not None else 0
        return f"{self.areas[beat.area].title}, beat {number}"

    @property
    def statements(self) -> tuple[str, ...]:
        """The lines that every output prints.

        Where the roads come from, the travel times if from elsewhere, whether turns that were to be obeyed are, or are
        not known, and where and when driving is slower.
        """
        roads, times = self.roads.provenance.statement, self.plan.provenance.statement
        lines = [roads] if roads == times else [roads, f"Travel times: {times}"]
        if self.scenario.travel.turns:
            lines.append(_TURNS_OBEYED if self.roads.restrictions.known else _TURNS_UNKNOWN)
        return (*lines, *slowed_words(self.scenario), *self.remarks)

    @property
    def statement(self) -> str:
        """The statements in one line."""
        return " | ".join(self.statements)

    @property
    def synthetic(self) -> bool:
        """Whether streets or travel times were generated rather than surveyed."""
        return self.roads.provenance.synthetic or self.plan.provenance.synthetic

    @property
    def bases(self) -> tuple[Place, ...]:
        """The places where squads start or end; not all squads have any."""
        ends = dict.fromkeys(end for squad in self.scenario.squads for end in (squad.start, squad.end))
        return tuple(self.scenario.points[end] for end in ends if end != ANYWHERE)

    @cached_property
    def passed(self) -> Mapping[str, Passing]:
        """The sites that are left out and that a squad drives past near enough to see them."""
        return passings(self)

    @property
    def approximate(self) -> tuple[Place, ...]:
        """The places and sites of the night whose position no source gives exactly."""
        used = (self.points[each] for each in self.scenario.bases if each != ANYWHERE)
        ends = [place for place in used if place.id not in self.sites]
        return tuple(
            point for point in (*sorted(ends, key=lambda p: p.id), *self.scenario.sites) if is_approximate(point)
        )

    def squad(self, squad_id: str) -> Squad:
        """Return a squad of the scenario.

        Raises
        ------
        InputError
            When there is none of that id.
        """
        try:
            return self._squads[squad_id]
        except KeyError:
            known = ", ".join(map(repr, self._squads)) or "none"
            raise InputError([f"there is no squad {squad_id!r}; the scenario has {known}."]) from None

    def stop(self, visit: Visit) -> Site:
        """Return the site of a visit; of a beat, a presence or a break a stand-in that lies where it begins."""
        return stop_of(self, visit)

    def left_out(self, skipped: Skipped) -> Site:
        """Return the site that is left out, with its visit's number where it wants several; of all else a stand-in."""
        return left_out_of(self, skipped)

    def weight(self, visit: Visit) -> float:
        """Return what a visit is worth: the first one by its hour, and less where the site is only seen.

        Of squads that meet, the first one's visit has the worth of all.
        """
        if not visit.site:
            return 0
        if (beat := self.beat(visit)) is not None and self.beats is not None:
            area = self.areas[beat.area]
            split = self.beats.weights(area.id, area.weight, full_share=area.full, beyond_worth=area.beyond_worth)
            return split[self.beats.of(area.id).index(beat)] / 1000
        number = self.in_order[visit.site].index(visit.visit)
        if visit.site in self.presences:
            presence = self.presences[visit.site]
            return presence.weight if number == 0 or not presence.all_or_nothing else 0
        site = self.sites[visit.site]
        if 0 < number < site.squads_together:
            return 0
        worth = site.further_weight if number else site.worth_at(self.clock(visit.begin_s))
        return min(worth, site.seen_weight or 0) if self.seen(visit) else worth

    @cached_property
    def in_order(self) -> Mapping[str, list[str]]:
        """The visits of each site and presence, over all squads, as they begin."""
        visits = sorted((v for route in self.plan.routes for v in route.visits), key=lambda v: (v.begin_s, v.end_s))
        ordered: dict[str, list[str]] = {}
        for visit in visits:
            ordered.setdefault(visit.site, []).append(visit.visit)
        return ordered

    def turn(self, visit: Visit) -> tuple[int, int]:
        """Return which visit of its site it is, from 1, and how many the site wants; squads that meet share one.

        A presence and a break are one of one.
        """
        site = self.sites.get(visit.site)
        if site is None:
            return 1, 1
        number = self.in_order[visit.site].index(visit.visit)
        return max(1, number - site.squads_together + 2), self.scenario.visits_wanted(site)

    def met(self, visit: Visit) -> tuple[tuple[Squad, Visit], ...]:
        """Return the other squads that begin a stop at the same site or presence at the same time, and their visits."""
        return tuple(
            (self.squad(route.squad), other)
            for route in self.plan.routes
            for other in route.visits
            if visit.site not in {"", *self.areas}
            and other.site == visit.site
            and other.begin_s == visit.begin_s
            and other.visit != visit.visit
        )

    def company(self, visit: Visit) -> tuple[Squad, ...]:
        """Return the other squads that begin a stop at the same site or presence at the same time."""
        return tuple(squad for squad, _ in self.met(visit))

    def stays_within(self, presence: Presence) -> list[tuple[int, int, str]]:
        """Return the stops and breaks that count for a presence, waiting for them too, as (begin, end, squad)."""
        known = self.scenario.points
        return [
            (visit.arrive_s, visit.end_s, route.squad)
            for route in self.plan.routes
            for visit in route.visits
            if all(
                point in known and self.scenario.is_there(presence, known[point]) for point in (visit.entry, visit.exit)
            )
        ]

    def beat(self, visit: Visit) -> Beat | None:
        """Return the beat that a visit drives, None where it is a stop."""
        return self.beats.by_entry.get(visit.entry) if self.beats is not None and visit.site in self.areas else None

    @cached_property
    def area_shares(self) -> tuple[AreaShare, ...]:
        """What is driven of each area: by beats, and on the way to elsewhere."""
        return area_shares(self) if self.scenario.areas else ()

    def pace_kph(self, beat: Beat) -> float:
        """Return the patrol speed of a beat."""
        return self.areas[beat.area].patrol_kph

    def route(self, squad_id: str) -> Route | None:
        """Return a squad's route, None when the plan has none for it."""
        return next((route for route in self.plan.routes if route.squad == squad_id), None)

    def clock(self, second: int) -> datetime:
        """Return the moment of a second of the plan, in the scenario's timezone."""
        return self.plan.clock(second).astimezone(self.scenario.zone)

    @cached_property
    def usual_offset(self) -> timedelta | None:
        """The UTC offset when the first shift begins; times with another one must say so."""
        zone = self.scenario.zone
        first = min((squad.shift.start for squad in self.scenario.squads), default=self.scenario.start)
        return first.astimezone(zone).utcoffset()

    def seen(self, visit: Visit) -> bool:
        """Whether a visit of a site is no stop: the squad sees it from the road."""
        site = self.sites.get(visit.site)
        return site is not None and site.seen_within_m is not None and visit.entry != site.id

    def overtime_s(self, route: Route) -> int:
        """Return the seconds by which a squad is back after its shift, less the debriefing."""
        late = self.clock(route.return_s).timestamp() - self.squad(route.squad).shift.back.timestamp()
        return max(0, int(late)) if route.visits else 0

    def drives(self, route: Route) -> Iterator[Drive]:
        """Yield the drives of a route in order; none for a squad that stays at its place.

        A squad that starts or ends anywhere has no first or no last drive. To a site without waiting it sets out later
        than it might.
        """
        return drives_of(self, route)
