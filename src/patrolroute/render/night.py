"""`Night`: a plan with the scenario, the roads and the driven legs that it is shown with."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from patrolroute.errors import Faults, InputError
from patrolroute.render.slowed import slowed_words
from patrolroute.scenario.model import Placement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime, timedelta

    from patrolroute.plans import Plan, Route
    from patrolroute.roads import Leg, RoadNetwork
    from patrolroute.scenario.model import Place, Scenario, Site, Squad


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
    remarks : tuple of str
        More sentences that every output prints.

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
    remarks: tuple[str, ...] = ()

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
                unknown = {visit.site, visit.entry, visit.exit} - self.scenario.points.keys()
                if visit.site not in self._sites:
                    faults.add(f"plan {name!r} visits {visit.site!r}, which is no site of the scenario.")
                elif unknown:
                    faults.add(f"plan {name!r} goes by {min(unknown)!r}, which is no place of the scenario.")
        for each in self.plan.skipped:
            if each.site not in self._sites:
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

    @property
    def statements(self) -> tuple[str, ...]:
        """The lines that every output prints.

        Where the roads come from, the travel times if from elsewhere, whether turns that were to be obeyed are not
        known, and where and when driving is slower.
        """
        roads, times = self.roads.provenance.statement, self.plan.provenance.statement
        lines = [roads] if roads == times else [roads, f"Travel times: {times}"]
        if self.scenario.travel.turns and not self.roads.restrictions.known:
            lines.append(_TURNS_UNKNOWN)
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
        squad, points = self.squad(route.squad), self.scenario.points
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
