"""What rules compile into, before it is packed into a `PatrolProblem`; and what their checks are given."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

from patrolroute.rules.points import seen_points

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from patrolroute.beats import BeatBook
    from patrolroute.matrix import TravelMatrix, TravelPeriods
    from patrolroute.plans import Plan, Route, Visit
    from patrolroute.scenario.areas import Area
    from patrolroute.scenario.model import Scenario, Site, Squad


WEIGHT_UNIT = 1000
"""Where a scenario has areas or a price of overtime, weights are split into so many parts."""


@dataclass(kw_only=True)
class DraftVisit:
    """A visit in the making; None stands for "no rule has said". Its group is called like its site unless named."""

    id: str
    site: str
    entry: str
    exit: str
    duration_s: int
    tier: int
    weight: int
    opens_s: int | None = None
    closes_s: int | None = None
    squads: frozenset[str] | None = None
    group: str = ""
    floats: bool = False

    def __post_init__(self) -> None:
        self.group = self.group or self.site


@dataclass(frozen=True, kw_only=True)
class DraftCoupling:
    """How far apart the visits of two groups begin, where both are made, whichever of their alternatives it is.

    With `from_end` the seconds count from the end of the first, so that what is only passed is left sooner.
    """

    first: str
    second: str
    lo_s: int
    hi_s: int
    apart: bool = False
    from_end: bool = False


@dataclass(kw_only=True)
class DraftSquad:
    """A squad in the making."""

    id: str
    start: str
    end: str
    profile: str
    from_s: int
    until_s: int
    max_drive_s: int | None = None
    overtime_from_s: int | None = None
    max_stops: int | None = None


@dataclass(kw_only=True)
class Draft:
    """A problem in the making. Rules are asked in the order of `RULES` and change it in place.

    `required`, `bundles`, `needs` (group to the group that it needs), `duties` (group to squad) and `couplings` speak
    of groups, so that a rule may split a visit into alternatives without knowing of them.
    """

    points: frozenset[str] = frozenset()
    """What the travel matrix knows; rules that need a point of their own ask whether it is there."""
    squads: list[DraftSquad] = field(default_factory=list)
    visits: list[DraftVisit] = field(default_factory=list)
    required: set[str] = field(default_factory=set)
    bundles: list[frozenset[str]] = field(default_factory=list)
    needs: dict[str, str] = field(default_factory=dict)
    duties: dict[str, str] = field(default_factory=dict)
    couplings: list[DraftCoupling] = field(default_factory=list)
    weight_unit: int = 1
    beats: BeatBook | None = None
    balance: Literal["stops", "duty"] | None = None
    most_spread_stops: int | None = None
    most_spread_duty_s: int | None = None
    overtime_tier: int = 0
    overtime_price: int = 0


@dataclass(frozen=True, kw_only=True)
class Violation:
    """One way in which a plan breaks a rule.

    Parameters
    ----------
    rule : str
        Name of the rule.
    message : str
        A sentence that names the squad and the site.
    squad, site : str or None
    """

    rule: str
    message: str
    squad: str | None = None
    site: str | None = None

    def __str__(self) -> str:
        return f"{self.rule}: {self.message}"


class DrivenLeg(NamedTuple):
    """A drive of a route, by the roads.

    To which visit (None: to the end), from where to where, when it might set out at the earliest and must be there, in
    which of the periods of speeds it is made, its seconds and metres, and when it sets out at the latest.
    """

    visit: Visit | None
    origin: str
    destination: str
    leave_s: int
    arrive_s: int
    period: int
    drive_s: int
    drive_m: int
    latest_s: int


@dataclass(frozen=True, eq=False)
class Facts:
    """What a check may look at: the scenario's own words, travel, the plan, and the beats of its areas.

    Where speeds depend on the hour, `hours` has them, and `matrix` has no less than any of them.
    """

    scenario: Scenario
    matrix: TravelMatrix
    plan: Plan
    beats: BeatBook | None = None
    hours: TravelPeriods | None = None

    @cached_property
    def sites(self) -> dict[str, Site]:
        """Sites by id."""
        return {site.id: site for site in self.scenario.sites}

    @cached_property
    def areas(self) -> dict[str, Area]:
        """Areas by id."""
        return {area.id: area for area in self.scenario.areas}

    @cached_property
    def squads(self) -> dict[str, Squad]:
        """Squads by id."""
        return {squad.id: squad for squad in self.scenario.squads}

    @cached_property
    def points(self) -> frozenset[str]:
        """The points that the matrix knows."""
        return frozenset(self.matrix.ids)

    @property
    def weight_unit(self) -> int:
        """What weights are whole numbers of."""
        return weight_unit_of(self.scenario)

    @cached_property
    def seen_from(self) -> dict[str, str]:
        """The sites that may be seen from the road, and the point of the street from which each is seen."""
        return seen_points(self.scenario)

    @cached_property
    def stops_at(self) -> Counter[str]:
        """How often each site is visited, over all squads."""
        return Counter(visit.site for route in self.plan.routes for visit in route.visits)

    @cached_property
    def visits_of(self) -> dict[str, list[Visit]]:
        """The visits of each site, over all squads, as they begin."""
        visits: dict[str, list[Visit]] = {}
        made = (visit for route in self.plan.routes for visit in route.visits)
        for visit in sorted(made, key=lambda visit: (visit.begin_s, visit.end_s)):
            visits.setdefault(visit.site, []).append(visit)
        return visits

    def known_routes(self) -> Iterator[tuple[Squad, Route]]:
        """Yield the routes of squads that the scenario has."""
        for route in self.plan.routes:
            if route.squad in self.squads:
                yield self.squads[route.squad], route

    def known_stops(self) -> Iterator[tuple[Squad, Site, Visit]]:
        """Yield the visits of sites that the scenario has, by squads that it has."""
        for squad, route in self.known_routes():
            for visit in route.visits:
                if visit.site in self.sites:
                    yield squad, self.sites[visit.site], visit

    def legs(self, squad: Squad, route: Route) -> Iterator[DrivenLeg]:
        """Yield the drives of a route by the roads, whatever the plan says; visits at unknown points do not count."""
        here, leave_s, left_s, left_m = squad.start, route.leave_s, route.drive_s, route.drive_m
        visits = [visit for visit in route.visits if {visit.entry, visit.exit} <= self.points]
        for visit in visits:
            said = visit.drive_s, visit.drive_m
            yield self._leg(visit, (squad.vehicle.profile, here, visit.entry), (leave_s, visit.arrive_s), said)
            here, leave_s = visit.exit, visit.end_s
            left_s, left_m = left_s - visit.drive_s, left_m - visit.drive_m
        if visits:
            home = squad.vehicle.profile, here, squad.end
            yield self._leg(None, home, (leave_s, route.return_s), (left_s, left_m))

    def _leg(
        self, visit: Visit | None, drive: tuple[str, str, str], span: tuple[int, int], said: tuple[int, int]
    ) -> DrivenLeg:
        """Return a drive made between two seconds; by the hour it is as said if some hour of its span makes it so.

        Else it is what the roads take at the last hour at which it can be made in time; where there is none, at the
        first.
        """
        leave_s, arrive_s = span
        if self.hours is None:
            seconds, metres = self.matrix.drive(*drive)
            return DrivenLeg(visit, *drive[1:], leave_s, arrive_s, 0, seconds, metres, arrive_s - seconds)
        fitting = self.hours.hours_for(*drive, leave_s=leave_s, arrive_s=arrive_s)
        first = self.hours.period_at(leave_s)
        fitting += [] if fitting else [(first, *self.hours.at_hour[first].drive(*drive))]
        period, seconds, metres = next((each for each in fitting if each[1:] == said), fitting[0])
        latest_s = min(
            [arrive_s - seconds, *(end - 1 for end in self.hours.begins_s.tolist()[period + 1 : period + 2])]
        )
        return DrivenLeg(visit, *drive[1:], leave_s, arrive_s, period, seconds, metres, latest_s)

    def moment(self, second: int) -> dt.datetime:
        """Return the moment that a second of the plan means, in the scenario's timezone."""
        start = self.scenario.start.astimezone(dt.UTC)
        return (start + dt.timedelta(seconds=second)).astimezone(self.scenario.zone)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule, whole: how it is said, how it compiles, how it is checked, how it is explained.

    Parameters
    ----------
    name : str
    words : str
        The rule in one sentence, as a planner would say it.
    compile : callable
        Changes the draft so that engines keep the rule.
    check : callable
        Yields every way in which a plan breaks the rule, from the scenario's own words.
    explain : callable
        Returns why the rule by itself keeps every squad from a site, or None where it does not.
    """

    name: str
    words: str
    compile: Callable[[Scenario, Draft], None]
    check: Callable[[Facts], Iterator[Violation]]
    explain: Callable[[Scenario, TravelMatrix, Site], str | None]


def weight_unit_of(scenario: Scenario) -> int:
    """Return how many parts weights are counted in: thousandths where areas or seconds of overtime split them."""
    return WEIGHT_UNIT if scenario.areas or scenario.overtime_price is not None else 1


def seconds_between(since: dt.datetime, until: dt.datetime) -> float:
    """Return elapsed seconds.

    Two datetimes of one zone subtract as clocks on a wall do, which is an hour off in a night when clocks change.
    """
    return until.timestamp() - since.timestamp()


def least_s(minutes: float) -> int:
    """Return the whole seconds that a planner's minutes demand: 16.1 min are 966 s, not the binary hair above."""
    return math.ceil(round(minutes * 60, 6))


def most_s(minutes: float) -> int:
    """Return the whole seconds that a planner's minutes allow."""
    return math.floor(round(minutes * 60, 6))


def says_nothing(scenario: Scenario, matrix: TravelMatrix, site: Site) -> str | None:  # noqa: ARG001 - a rule's signature
    """Explain nothing: the rule never keeps a squad from a site by itself."""
    return None


def changes_nothing(scenario: Scenario, draft: Draft) -> None:
    """Compile to nothing: the clock keeps the rule, whatever the engine does."""


def finds_nothing(facts: Facts) -> Iterator[Violation]:  # noqa: ARG001 - a rule's signature
    """Check nothing: no plan can break the rule, or another rule's check speaks of it."""
    return iter(())
