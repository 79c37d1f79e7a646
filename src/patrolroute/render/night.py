"""`Night`: a plan with the scenario, the roads and the driven legs that it is shown with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from patrolroute.beats import thousandths
from patrolroute.errors import Faults, InputError
from patrolroute.render.areas import area_shares
from patrolroute.scenario.model import Place, Placement, Site

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime, timedelta

    from patrolroute.beats import Beat, BeatBook
    from patrolroute.plans import Plan, Route, Skipped, Visit
    from patrolroute.render.areas import AreaShare
    from patrolroute.roads import Leg, RoadNetwork
    from patrolroute.scenario.areas import Area
    from patrolroute.scenario.model import Scenario, Squad


class Drive(NamedTuple):
    """One drive of a route, from one point to the next.

    Parameters
    ----------
    squad : str
    number : int
        0 for the drive to the first stop, n for the drive from the last of n stops to the end place.
    origin, destination : Place
    leave_s, arrive_s : int
        Seconds after the plan's start.
    drive_s, drive_m : int
        As the plan counts them.
    leg : Leg or None
        The streets; None where nothing is driven because both points are one.
    """

    squad: str
    number: int
    origin: Place
    destination: Place
    leave_s: int
    arrive_s: int
    drive_s: int
    drive_m: int
    leg: Leg | None


@dataclass(frozen=True, eq=False)
class Night:
    """Everything that tables, sheets, files and maps are made from.

    Parameters
    ----------
    plan : Plan
    scenario : Scenario
        The scenario that the plan was made for.
    roads : RoadNetwork
        The roads on which the legs were traced.
    legs : mapping of (str, int) to Leg
        By squad id and position in the route: 0 leads from the start place to the first visit, n from the last of n
        visits to the end place. Only legs that are driven.
    beats : BeatBook, optional
        The drives through the scenario's areas, where it has any.

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
    beats: BeatBook | None = None

    def __post_init__(self) -> None:
        faults = Faults()
        name = self.plan.name
        if self.plan.start is None:
            faults.add(
                f"plan {name!r} has no calendar, so it cannot be shown as a night; plan from a scenario instead."
            )
        elif self.plan.start.timestamp() != self.scenario.start.timestamp():
            faults.add(
                f"plan {name!r} starts at {self.plan.start.isoformat()}, the scenario at "
                f"{self.scenario.start.isoformat()}; give the scenario that the plan was made for."
            )
        for route in self.plan.routes:
            if route.squad not in self._squads:
                faults.add(f"plan {name!r} has a route for squad {route.squad!r}, which the scenario does not name.")
            for visit in route.visits:
                unknown = {visit.entry, visit.exit} - self.points.keys()
                if visit.site not in self._sites and visit.site not in self._areas:
                    faults.add(f"plan {name!r} visits {visit.site!r}, which is no site of the scenario.")
                elif unknown:
                    faults.add(f"plan {name!r} goes by {min(unknown)!r}, which is no place of the scenario.")
        for each in self.plan.skipped:
            if each.site not in {*self._sites, *self._areas} or each.part not in self._parts:
                faults.add(f"plan {name!r} leaves out {each.site!r}, which is no site of the scenario.")
        if not faults:
            for route in self.plan.routes:
                faults.extend(self._leg_faults(route))
        faults.raise_if_any()

    def _leg_faults(self, route: Route) -> Iterator[str]:
        for drive in self.drives(route):
            where = f"squad {route.squad!r}, leg {drive.number}"
            ends = (drive.origin.id, drive.destination.id)
            if drive.leg is None and drive.drive_s > 0:
                yield f"{where}: no streets are given for the drive from {ends[0]!r} to {ends[1]!r}; trace it first."
            elif drive.leg is not None and (drive.leg.origin, drive.leg.destination) != ends:
                yield (
                    f"{where}: the streets lead from {drive.leg.origin!r} to {drive.leg.destination!r}, the plan from "
                    f"{ends[0]!r} to {ends[1]!r}."
                )

    @cached_property
    def _squads(self) -> Mapping[str, Squad]:
        return {squad.id: squad for squad in self.scenario.squads}

    @cached_property
    def _sites(self) -> Mapping[str, Site]:
        return {site.id: site for site in self.scenario.sites}

    @cached_property
    def _areas(self) -> Mapping[str, Area]:
        return {area.id: area for area in self.scenario.areas}

    @cached_property
    def _parts(self) -> Mapping[str, Site]:
        """Sites by id, and a stand-in for each beat, which lies where it begins."""
        parts = dict(self._sites)
        if self.beats is not None:
            for beat in self.beats.beats:
                area, begin = self._areas[beat.area], self.points[beat.entry]
                parts[beat.id] = Site(
                    id=beat.id,
                    name=self.beat_title(beat)[:300],
                    lon=begin.lon,
                    lat=begin.lat,
                    placement=begin.placement,
                    source=begin.source,
                    tier=area.tier,
                    dwell_min=min(beat.duration_s / 60, 1440),
                )
        return parts

    @cached_property
    def points(self) -> Mapping[str, Place]:
        """Places and sites by id, and where beats begin and end."""
        points = dict(self.scenario.points)
        if self.beats is not None:
            for beat in self.beats.beats:
                lonlat = self.beats.line(beat).coords
                ends = ((beat.entry, "start", lonlat[0]), (beat.exit, "end", lonlat[-1]))
                for point, word, (lon, lat) in ends:
                    points[point] = Place(
                        id=point,
                        name=f"{self.beat_title(beat)[:280]}, {word}",
                        lon=lon,
                        lat=lat,
                        placement=Placement.SURVEYED,
                        source="a junction of these roads",
                    )
        return points

    def beat_title(self, beat: Beat) -> str:
        """Return what a beat is called: its area and its number there."""
        number = [each.id for each in self.beats.of(beat.area)].index(beat.id) + 1 if self.beats is not None else 0
        return f"{self._areas[beat.area].title}, beat {number}"

    @property
    def statements(self) -> tuple[str, ...]:
        """The lines that every output prints.

        Where the roads come from, the travel times if from elsewhere, and whether turns that were to be obeyed are not
        known.
        """
        roads, times = self.roads.provenance.statement, self.plan.provenance.statement
        lines = [roads] if roads == times else [roads, f"Travel times: {times}"]
        if self.scenario.travel.turns and not self.roads.restrictions.known:
            lines.append(_TURNS_UNKNOWN)
        return tuple(lines)

    @property
    def statement(self) -> str:
        """The statements in one line."""
        return " | ".join(self.statements)

    @property
    def synthetic(self) -> bool:
        """Whether streets or travel times were generated rather than surveyed."""
        return self.roads.provenance.synthetic or self.plan.provenance.synthetic

    @property
    def approximate(self) -> tuple[Place, ...]:
        """The places and sites of the night whose position no source gives exactly."""
        used = {end for squad in self.scenario.squads for end in (squad.start, squad.end)}
        points = self.scenario.points
        ends = [points[each] for each in dict.fromkeys(used) if each not in self._sites]
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

    def site(self, site_id: str) -> Site:
        """Return a site of the scenario."""
        return self._sites[site_id]

    def beat(self, visit: Visit) -> Beat | None:
        """Return the beat that a visit drives, None where it is a stop."""
        return self.beats.by_entry.get(visit.entry) if self.beats is not None and visit.site in self._areas else None

    def stop(self, visit: Visit) -> Site:
        """Return the site of a visit; of a beat a stand-in that lies where it begins."""
        beat = self.beat(visit)
        return self._sites[visit.site] if beat is None else self._parts[beat.id]

    def left_out(self, skipped: Skipped) -> Site:
        """Return the site that is left out; of a beat a stand-in that lies where it begins."""
        return self._parts[skipped.part]

    @cached_property
    def area_shares(self) -> tuple[AreaShare, ...]:
        """What is driven of each area: by beats, and on the way to elsewhere."""
        return area_shares(self) if self.scenario.areas else ()

    def pace_kph(self, beat: Beat) -> float:
        """Return the patrol speed of a beat."""
        return self._areas[beat.area].patrol_kph

    def weight(self, visit: Visit) -> float:
        """Return what a visit is worth."""
        beat = self.beat(visit)
        if beat is None or self.beats is None:
            return self._sites[visit.site].weight
        area, beats = self._areas[beat.area], self.beats.of(beat.area)
        return thousandths(area.weight, [each.credit_dm for each in beats])[beats.index(beat)] / 1000

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

    def drives(self, route: Route) -> Iterator[Drive]:
        """Yield the drives of a route in order; none for a squad that stays at its place."""
        if not route.visits:
            return
        squad, points = self.squad(route.squad), self.points
        here, leave_s, left_s, left_m = squad.start, route.leave_s, route.drive_s, route.drive_m
        for number, visit in enumerate(route.visits):
            yield Drive(
                route.squad,
                number,
                points[here],
                points[visit.entry],
                leave_s,
                visit.arrive_s,
                visit.drive_s,
                visit.drive_m,
                self.legs.get((route.squad, number)),
            )
            here, leave_s = visit.exit, visit.end_s
            left_s, left_m = left_s - visit.drive_s, left_m - visit.drive_m
        number = len(route.visits)
        leg = self.legs.get((route.squad, number))
        yield Drive(route.squad, number, points[here], points[squad.end], leave_s, route.return_s, left_s, left_m, leg)


def is_approximate(place: Place) -> bool:
    """Whether no source gives the place's position exactly."""
    return place.placement != Placement.SURVEYED


def position_text(place: Place) -> str:
    """Return how well a place's position is known, without naming a source that nobody named."""
    if place.placement == Placement.SURVEYED and not place.source.strip():
        return "position given as exact, no source named"
    return _PLACEMENT_WORDS[place.placement]


_TURNS_UNKNOWN = "Turns: these roads tell no turn restrictions; a drive may turn where it is forbidden. Obey the signs."
_PLACEMENT_WORDS = {
    Placement.SURVEYED: "position from a source",
    Placement.APPROXIMATE: "position approximate: the place itself may be some hundred metres off",
    Placement.STREET: "only the street is known: the position is a guess on or near it",
}
