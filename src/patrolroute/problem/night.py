"""`PatrolProblem`: the normal form that search, bound and engines know. Integers only: no map, no calendar.

Whatever a planner may ask for compiles (`patrolroute.rules`) into these primitives:

- a *visit* is entered at one point and left at another, takes a duration, may begin within one window, has a tier and a
  weight, and may be made by some of the squads; a visit that *floats* is made wherever the squad is;
- a *group* holds alternative visits, of which at most one counts: a site that opens twice a night is one group of two
  visits. Every visit belongs to exactly one group; a required group must be served, a *duty* by its squad if that goes
  out, a group of a *bundle* only with all others of it, and one that *needs* another only with that one;
- a *coupling* holds the beginnings of two visits apart or together, whoever makes them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from patrolroute.errors import Faults
from patrolroute.matrix import arrival_s, departure_s
from patrolroute.problem.arrays import (
    GivenStops,
    one_base_matrix,
    one_base_squads,
    one_stop_groups,
    one_stop_visits,
    read_shifts,
    read_stops,
    read_travel,
)
from patrolroute.problem.columns import FARTHEST_S, check_rows
from patrolroute.problem.parts import part_digests, whole_digest
from patrolroute.problem.tables import Couplings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from patrolroute.matrix import TravelMatrix, TravelPeriods
    from patrolroute.problem.tables import Groups, Squads, Visits

Orders = tuple[tuple[int, ...], ...]
"""One tuple a squad, in the squads' order: the rows of the visits it makes, in visiting order."""


@dataclass(frozen=True, eq=False, kw_only=True)
class PatrolProblem:
    """One night as integers: a travel matrix, squads, visits and groups, cross-checked.

    Parameters
    ----------
    matrix : TravelMatrix
        P profiles, N points.
    hours : TravelPeriods, optional
        Travel by the hour in which a drive sets out, where it depends on that; `matrix` then has what no drive exceeds.
    squads : Squads
    groups : Groups
    visits : Visits
    couplings : Couplings, optional
    weight_unit : int
        Weights are whole numbers of one of so many parts.
    balance : "stops" or "duty", optional
        What squads shall have alike, once coverage is as good as can be: visits, duties not counted, or seconds from
        when each may leave until it is back.
    most_spread_stops, most_spread_duty_s : int, optional
        By how much what one squad has of these may exceed what another has; one that stays in has nothing.
    overtime_tier, overtime_price : int
        What overtime costs: the tier whose weight an hour of it is worth, and how much; none where the price is 0.

    Raises
    ------
    InputError
        With every row that names a point, profile, group, visit or squad that does not exist, every group whose visits
        differ in tier, every duty that another squad may do or that is worth something, every visit that floats and is
        no duty, and a limit or a price out of range.
    """

    matrix: TravelMatrix
    squads: Squads
    groups: Groups
    visits: Visits
    couplings: Couplings = field(default_factory=Couplings)
    weight_unit: int = 1
    balance: Literal["stops", "duty"] | None = None
    most_spread_stops: int | None = None
    most_spread_duty_s: int | None = None
    overtime_tier: int = 0
    overtime_price: int = 0
    hours: TravelPeriods | None = None

    def __post_init__(self) -> None:
        faults = Faults()
        points, layers = len(self.matrix.ids), len(self.matrix.profiles)
        for table, limits in (
            (self.squads, {"start": points, "end": points, "profile": layers}),
            (self.visits, {"entry": points, "exit": points, "group": len(self.groups)}),
            (self.couplings, {"first": len(self.visits), "second": len(self.visits)}),
        ):
            for name, limit in limits.items():
                check_rows(table, name, (0, limit - 1), faults)
        check_rows(self.groups, "duty", (-1, len(self.squads) - 1), faults)
        if self.visits.squads.shape[1] != len(self.squads):
            faults.add(
                f"visits.squads: expected {len(self.squads)} columns, one for each squad, found "
                f"{self.visits.squads.shape[1]}."
            )
        if self.hours is not None:
            self._check_hours(self.hours, faults)
        if self.weight_unit < 1:
            faults.add(f"weight_unit is {self.weight_unit}; expected 1 or more.")
        if self.balance not in {None, "stops", "duty"}:
            faults.add(f"balance is {self.balance!r}; expected 'stops', 'duty' or None.")
        for name in ("most_spread_stops", "most_spread_duty_s", "overtime_price"):
            value = getattr(self, name)
            if value is not None and not 0 <= value <= FARTHEST_S:
                faults.add(f"{name} is {value}; expected 0 to {FARTHEST_S}.")
        if not faults:
            self._check_groups(faults)
            if self.overtime_price and self.overtime_tier not in self.tiers:
                told = ", ".join(map(str, self.tiers))
                faults.add(f"overtime_tier is {self.overtime_tier}; expected a tier that visits have: {told}.")
        faults.raise_if_any()

    def _check_hours(self, hours: TravelPeriods, faults: Faults) -> None:
        if (hours.ids, hours.profiles) != (self.matrix.ids, self.matrix.profiles):
            faults.add("hours: expected the points and profiles of the matrix, found others.")
        elif (hours.travel_s > self.matrix.travel_s).any():
            faults.add("matrix: a drive takes longer at some hour; expected the longest of all hours (hours.slowest).")

    def _check_groups(self, faults: Faults) -> None:
        groups, visits = self.groups, self.visits
        for g in sorted(set(range(len(groups))) - set(visits.group.tolist())):
            faults.add(f"groups row {g} {groups.ids[g]!r}: no visit belongs to it.")
        for v in np.flatnonzero(visits.tier != self.group_tier[visits.group]):
            faults.add(f"visits row {v} {visits.ids[v]!r}: the visits of a group must share one tier.")
        duty = groups.duty[visits.group]
        for v in np.flatnonzero(duty >= 0):
            if visits.weight[v] > 0 or visits.squads[v].sum() > visits.squads[v, duty[v]]:
                faults.add(
                    f"visits row {v} {visits.ids[v]!r}: is a duty of {self.squads.ids[duty[v]]!r}; expected weight 0 "
                    "and no other squad."
                )
        for v in np.flatnonzero(visits.floats & (duty < 0)):
            faults.add(f"visits row {v} {visits.ids[v]!r}: floats and is no duty; a stop is made somewhere.")
        for c in np.flatnonzero(visits.group[self.couplings.first] == visits.group[self.couplings.second]):
            faults.add(f"couplings row {c}: both visits belong to one group, of which only one is made.")

    @cached_property
    def tiers(self) -> tuple[int, ...]:
        """The tiers in use, the most important first; duties have none."""
        return tuple(int(t) for t in np.unique(self.visits.tier[self.groups.duty[self.visits.group] < 0]))

    @cached_property
    def group_tier(self) -> NDArray[np.int32]:
        """Tier of each group, shape (G,)."""
        tier = np.zeros(len(self.groups), np.int32)
        tier[self.visits.group] = self.visits.tier
        return tier

    @cached_property
    def group_weight(self) -> NDArray[np.int32]:
        """Greatest weight among each group's visits, shape (G,): what serving it can be worth."""
        weight = np.zeros(len(self.groups), np.int32)
        np.maximum.at(weight, self.visits.group, self.visits.weight)
        return weight

    @property
    def fastest_s(self) -> NDArray[np.int32]:
        """Seconds that no drive undercuts, whenever it sets out, shape (P, N, N)."""
        return self.matrix.travel_s if self.hours is None else self.hours.fastest_s

    def arrive_s(
        self,
        profile: int,
        origin: int | NDArray[np.integer],
        destination: int | NDArray[np.integer],
        leave_s: int | NDArray[np.int64],
    ) -> NDArray[np.int64]:
        """Return when drives arrive that may set out at certain seconds: all broadcast with each other."""
        if self.hours is None:
            travel_s: NDArray[np.int64] = self.matrix.travel_s[profile, origin, destination].astype(np.int64)
            return leave_s + travel_s
        return arrival_s(leave_s, self.hours.begins_s, self.hours.travel_s[:, profile, origin, destination])

    def leave_s(
        self,
        profile: int,
        origin: int | NDArray[np.integer],
        destination: int | NDArray[np.integer],
        arrive_s: int | NDArray[np.int64],
    ) -> NDArray[np.int64]:
        """Return when drives set out at the latest to arrive by certain seconds; `arrive_s` turned round."""
        if self.hours is None:
            travel_s: NDArray[np.int64] = self.matrix.travel_s[profile, origin, destination].astype(np.int64)
            return arrive_s - travel_s
        return departure_s(arrive_s, self.hours.begins_s, self.hours.travel_s[:, profile, origin, destination])

    @cached_property
    def beyond(self) -> tuple[str, ...]:
        """What the problem asks beyond windows, shifts, driving limits, squads allowed and alternatives.

        In words, with the fields of a scenario that ask for it.
        """
        groups, squads, couplings = self.groups, self.squads, self.couplings
        joint = (couplings.lo_s == 0) & (couplings.hi_s == 0)
        first = self.visits.group[couplings.first]
        # A joint stop is a bundle too; breaks that keep their order are no visits of a site.
        meeting = np.unique(groups.bundle[first[joint]])
        asked = {
            "joint stops (squads_together)": joint.any(),
            "several visits of a site (visits, every_min)": (~joint & (groups.duty[first] < 0)).any()
            or (groups.needs >= 0).any(),
            "a presence that counts only as a whole (all_or_nothing)": (
                (groups.bundle >= 0) & ~np.isin(groups.bundle, meeting)
            ).any(),
            "breaks (breaks, longest_without_break_min)": (groups.duty >= 0).any() or self.visits.floats.any(),
            "overtime (overtime_min)": (squads.overtime_from_s < squads.until_s).any(),
            "a price of overtime (overtime_price)": self.overtime_price > 0,
            "a limit on stops (max_stops)": (squads.max_stops < len(self.groups)).any(),
            "balance of stops (balance)": self.balance == "stops",
            "balance of time on duty (balance)": self.balance == "duty",
            "a limit on the spread of stops (max_spread_stops)": self.most_spread_stops is not None,
            "a limit on the spread of time on duty (max_spread_duty_min)": self.most_spread_duty_s is not None,
        }
        return tuple(words for words, is_asked in asked.items() if is_asked)

    @cached_property
    def digest(self) -> str:
        """SHA-256 over all ids and numbers: two problems are the same exactly when their digests are."""
        return whole_digest(self)

    @cached_property
    def part_digests(self) -> dict[str, str]:
        """Digests by part, in the words and fields of a scenario: what differs between two problems."""
        return part_digests(self)

    @classmethod
    def from_arrays(
        cls,
        travel_s: ArrayLike,
        *,
        travel_m: ArrayLike | None = None,
        dwell_s: ArrayLike,
        weight: ArrayLike,
        shifts_s: Sequence[tuple[int, int]],
        tier: ArrayLike | None = None,
        windows_s: ArrayLike | None = None,
        required: ArrayLike | None = None,
        max_drive_s: Sequence[int] | None = None,
    ) -> PatrolProblem:
        """Build the common case from arrays: one base, one stop a site, one vehicle profile.

        Parameters
        ----------
        travel_s : int array, shape (n + 1, n + 1)
            Seconds from row to column. Point 0 is the base of every squad, points 1..n are the sites.
        travel_m : int array, shape (n + 1, n + 1), optional
            Metres; all zero when left out.
        dwell_s, weight : int array, shape (n,)
            Seconds of each stop, and its worth.
        shifts_s : sequence of (from_s, until_s)
            One pair for each squad.
        tier : int array, shape (n,), optional
            1 for all when left out.
        windows_s : int array, shape (n, 2), optional
            First and last second at which each stop may begin; any time within the shifts when left out.
        required : bool array, shape (n,), optional
        max_drive_s : sequence of int, one for each squad, optional
            No limit when left out.

        Raises
        ------
        InputError
            When shapes do not fit, a number is no integer or out of range; it lists every fault by the argument's name.
        """
        faults = Faults()
        seconds, metres = read_travel(travel_s, travel_m, (np.size(dwell_s), np.size(weight)), faults)
        shifts = read_shifts(shifts_s, max_drive_s, faults)
        given = GivenStops(dwell_s, weight, tier, windows_s, required)
        stops = read_stops(given, max(len(seconds) - 1, 0), shifts, faults)
        faults.raise_if_any()
        return cls(
            matrix=one_base_matrix(seconds, metres),
            squads=one_base_squads(shifts),
            groups=one_stop_groups(stops),
            visits=one_stop_visits(stops, squads=len(shifts_s)),
        )
