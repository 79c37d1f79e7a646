"""`Plan`: who goes where and when, and what is left out. A document: frozen, plain values, JSON both ways.

Times are whole seconds after `Plan.start`; where the plan was made from arrays alone there is no calendar and `start`
is None.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from patrolroute.errors import InputError
from patrolroute.provenance import Provenance  # noqa: TC001 - pydantic reads the annotation when a plan is read

Second = Annotated[int, Field(ge=-(2**31), lt=2**31)]
Amount = Annotated[int, Field(ge=0, lt=2**31)]
Total = Annotated[int, Field(ge=0, lt=2**53)]
Weight = Annotated[int, Field(ge=0, lt=2**53)] | Annotated[float, Field(ge=0, lt=2**53, allow_inf_nan=False)]
"""In the scenario's own weights: whole, or a number of three decimals where areas earn parts of theirs or overtime
has a price."""

_WORDS = {
    "missing": "is missing",
    "unexpected_keyword_argument": "is unknown",
    "extra_forbidden": "is unknown",
    "json_invalid": "is no JSON",
    "int_type": "is no whole number",
    "string_type": "is no text",
    "literal_error": "is none of the values it may have",
    "greater_than_equal": "is too small",
    "less_than": "is too large",
    "datetime_parsing": "is no time",
}
_STRICT = ConfigDict(extra="forbid", strict=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One visit of a route.

    Parameters
    ----------
    visit, site : str
        The visit's id, and what it serves: a site, an area; "" for a break.
    entry, exit : str
        Points of the travel matrix where the squad came to and where it was at the end: for a stop both are the site.
    arrive_s, begin_s, end_s : int
        Arrival, beginning (after waiting for the window) and end, in seconds after the plan's start.
    drive_s, drive_m : int
        Seconds and metres of the drive that led here.
    """

    __pydantic_config__ = _STRICT

    visit: str
    site: str
    entry: str
    exit: str
    arrive_s: Second
    begin_s: Second
    end_s: Second
    drive_s: Amount
    drive_m: Amount

    @property
    def wait_s(self) -> int:
        """Seconds between arrival and beginning."""
        return self.begin_s - self.arrive_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One squad's night.

    Parameters
    ----------
    squad : str
    visits : tuple of Visit
        In visiting order; empty when the squad stays at its place.
    leave_s, return_s : int
        When the squad leaves its start and when it reaches its end, in seconds after the plan's start.
    drive_s, drive_m : int
        Seconds and metres at the wheel, all legs added, the way back included.
    """

    __pydantic_config__ = _STRICT

    squad: str
    visits: tuple[Visit, ...]
    leave_s: Second
    return_s: Second
    drive_s: Amount
    drive_m: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A site that no squad visits, or a part of what was asked for there.

    Parameters
    ----------
    site : str
    part : str
        Which visit of the site is left out, where it wants several; else the site.
    tier : int
    weight : int or float
    required : bool
    code : str
        "impossible" when no squad could make it even with nothing else to do, "no_time" when it gave way to others,
        "off_road" when it lies too far from any street and the planner allowed that.
    reason : str
        A sentence for the planner.
    """

    __pydantic_config__ = _STRICT

    site: str
    part: str
    tier: Total
    weight: Weight
    required: bool
    code: Literal["impossible", "no_time", "off_road"]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TierCoverage:
    """How much of one tier the plan covers: weight and number of sites, covered and in all.

    A site is covered once a squad visits it; what further visits to it would be worth is in the weights.
    """

    __pydantic_config__ = _STRICT

    tier: Total
    covered_weight: Weight
    total_weight: Weight
    covered_sites: Total
    total_sites: Total


@dataclass(frozen=True, slots=True, kw_only=True)
class TierBound:
    """The most of one tier that any plan could cover, proven.

    No plan that serves as many required sites and covers as much of every earlier tier covers more of this one.

    Parameters
    ----------
    tier : int
    upper_weight : int or float
        In the same weights as what is covered. Never below what the plan covers.
    proved : bool
        Whether no plan at all covers more up to and including this tier. Where overtime has a price, this speaks of
        what is covered, not of what overtime costs.
    method : str
        How it was proved; `patrolroute.bound` has the words.
    """

    __pydantic_config__ = _STRICT

    tier: Total
    upper_weight: Weight
    proved: bool
    method: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemPart:
    """A part of the problem that a plan solves, in words, with its digest: so that a check can say what differs."""

    __pydantic_config__ = _STRICT

    part: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All routes of one night, what they cover and what they leave out.

    Parameters
    ----------
    name : str
        The scenario's name.
    start : datetime or None
        Second 0 of all times, timezone-aware.
    routes : tuple of Route
        One for each squad, in the scenario's order.
    skipped : tuple of Skipped
    coverage : tuple of TierCoverage
        The most important tier first.
    engine : str
        Name of the engine that found the visiting orders.
    provenance : Provenance
        Where the roads come from.
    problem_digest : str
        Digest of the problem that the plan solves, so that a plan is not checked against another night's.
    bound : tuple of TierBound or None
        Upper bounds, the most important tier first; None where none was computed.
    weight_unit : int
        Weights are exact to one of so many parts: 1 where all are whole, 1000 where areas earn parts of theirs, or
        overtime has a price.
    problem_parts : tuple of ProblemPart
        Digests of the problem's parts; none in plans that were saved before these were kept.
    stopped : bool
        Whether somebody ended the search (Ctrl-C) before its time was over.
    """

    __pydantic_config__ = _STRICT

    name: str
    start: datetime | None
    routes: tuple[Route, ...]
    skipped: tuple[Skipped, ...]
    coverage: tuple[TierCoverage, ...]
    engine: str
    provenance: Provenance
    problem_digest: str
    bound: tuple[TierBound, ...] | None = None
    weight_unit: Amount = 1
    problem_parts: tuple[ProblemPart, ...] = ()
    stopped: bool = False
    schema_version: Literal[1] = 1

    @property
    def gap(self) -> dict[int, float] | None:
        """What each tier might lack, as a share of its bound; 0 where the bound is met, None where there is none."""
        if self.bound is None:
            return None
        covered = {each.tier: each.covered_weight for each in self.coverage}
        return {
            each.tier: (each.upper_weight - covered[each.tier]) / each.upper_weight if each.upper_weight else 0.0
            for each in self.bound
        }

    @property
    def proved(self) -> bool:
        """Whether no plan covers more: every tier is proved. Overtime, balance and driving are outside of the proof."""
        return self.bound is not None and all(each.proved for each in self.bound)

    @property
    def drive_s(self) -> int:
        """Seconds at the wheel, all squads added."""
        return sum(route.drive_s for route in self.routes)

    @property
    def drive_m(self) -> int:
        """Metres driven, all squads added."""
        return sum(route.drive_m for route in self.routes)

    @property
    def required_missed(self) -> tuple[str, ...]:
        """The required sites that the plan leaves out, at least in part."""
        return tuple(dict.fromkeys(each.site for each in self.skipped if each.required))

    def clock(self, second: int) -> datetime:
        """Return the date and time of a second of this plan.

        Raises
        ------
        InputError
            When the plan has no calendar.
        """
        if self.start is None:
            raise InputError([f"plan {self.name!r} has no calendar: it was made from arrays; use the seconds."])
        # Seconds are elapsed time; adding them to a wall clock would be an hour off across a change to or from
        # daylight saving time.
        return (self.start.astimezone(UTC) + timedelta(seconds=second)).astimezone(self.start.tzinfo)

    def to_json(self) -> str:
        """Return the plan as JSON text, two spaces deep."""
        return _adapter().dump_json(self, indent=2).decode() + "\n"

    @classmethod
    def from_json(cls, text: str | bytes, *, where: str = "plan") -> Plan:
        """Read what `to_json` wrote.

        Parameters
        ----------
        text : str or bytes
        where : str
            What the faults call the text: its file name, for instance.

        Raises
        ------
        InputError
            With every field that is missing, unknown or of the wrong type.
        """
        try:
            return _adapter().validate_json(text)
        except ValidationError as error:
            if any(fault["loc"] == ("routes",) for fault in error.errors(include_url=False)):
                raise InputError([f"{where}: is no plan; expected a plan.json as patrolroute wrote it."]) from error
            raise InputError(
                f"{where}: {'.'.join(map(str, fault['loc'])) or 'the text'} "
                f"{_WORDS.get(fault['type'], 'is not as it must be')}; expected a plan.json as patrolroute wrote it."
                for fault in error.errors(include_url=False, include_context=False, include_input=False)
            ) from error


def weight_of(parts: int, unit: int) -> int | float:
    """Return a weight that is counted in parts of 1 / unit, as a plan says it: equal parts are equal numbers."""
    return parts if unit == 1 else parts / unit


@cache
def _adapter() -> TypeAdapter[Plan]:
    return TypeAdapter(Plan)
