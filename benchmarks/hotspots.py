"""Hot spots of the military police of Alagoas: the PMAL format, and a scorer of timetables by the file's own rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from patrolroute.errors import InputError
from patrolroute.matrix import TravelMatrix
from patrolroute.problem import FARTHEST_S, Couplings, Groups, PatrolProblem, Squads, Visits

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from patrolroute.plans import Route

STOP_S = 15 * 60
STOP_THIRDS, PASS_THIRDS = 3, 1
"""Thirds of a spot's prize that stopping and passing earn."""


@dataclass(frozen=True, eq=False, kw_only=True)
class PmalInstance:
    """Hot spots to stop at for 15 minutes, or to pass by for a third of the prize, and again once protection is over.

    Parameters
    ----------
    name : str
    squads : int
    limit_s, protection_s : int
        Longest route, and how long after a visit has ended another one of that spot earns nothing, whoever makes it.
    speed_kph : float
    prize : int array, shape (n,)
        Of each visit of each spot; spot 0 is the base.
    metres : float array, shape (n, n)
    """

    name: str
    squads: int
    limit_s: int
    protection_s: int
    speed_kph: float
    prize: NDArray[np.int64]
    metres: NDArray[np.float64]

    @property
    def travel_s(self) -> NDArray[np.int32]:
        """The file's metres at the file's speed, rounded up to whole seconds; shape (n, n)."""
        travel_s = np.ceil(self.metres / (self.speed_kph / 3.6) - 1e-9).astype(np.int32)
        np.fill_diagonal(travel_s, 0)
        return travel_s

    @property
    def most_visits(self) -> NDArray[np.int64]:
        """How many visits of each spot can earn something, shape (n - 1,): passing takes no time, protection does."""
        travel_s = self.travel_s
        spare_s = np.maximum(self.limit_s - travel_s[0, 1:] - travel_s[1:, 0], 0)
        return np.asarray(1 + spare_s // self.protection_s, np.int64)

    def problem(self) -> PatrolProblem:
        """Return the problem: a group for each visit of a spot, stop and passing its alternatives.

        A later visit begins no sooner than the protection after the end of an earlier one of its spot, which is when
        that one began for a passing and a stop's length later for a stop. Weights are prizes times 3.
        """
        number = [(spot, k) for spot, most in enumerate(self.most_visits.tolist(), start=1) for k in range(1, most + 1)]
        groups = tuple(f"{spot}" if k == 1 else f"{spot}@{k}" for spot, k in number)
        point = np.repeat(np.array([spot for spot, _ in number], np.int32), 2)
        count, k = len(groups), self.squads
        stops = np.tile([True, False], count)
        whole_s = np.full(k, self.limit_s, np.int32)
        return PatrolProblem(
            matrix=TravelMatrix(
                ids=("base", *(str(spot) for spot in range(1, len(self.prize)))),
                profiles=("car",),
                travel_s=self.travel_s[np.newaxis],
                travel_m=np.ceil(self.metres - 1e-9).astype(np.int32)[np.newaxis],
            ),
            squads=Squads(
                ids=tuple(f"squad-{i + 1}" for i in range(k)),
                start=np.zeros(k, np.int32),
                end=np.zeros(k, np.int32),
                profile=np.zeros(k, np.int32),
                from_s=np.zeros(k, np.int32),
                until_s=whole_s,
                max_drive_s=whole_s,
            ),
            groups=Groups(ids=groups, required=np.zeros(count, np.bool_), site=tuple(str(spot) for spot, _ in number)),
            visits=Visits(
                ids=tuple(f"{group} {how}" for group in groups for how in ("stop", "pass")),
                group=np.repeat(np.arange(count, dtype=np.int32), 2),
                entry=point,
                exit=point,
                duration_s=np.where(stops, STOP_S, 0).astype(np.int32),
                opens_s=np.zeros(2 * count, np.int32),
                closes_s=np.full(2 * count, self.limit_s, np.int32),
                tier=np.ones(2 * count, np.int32),
                weight=np.where(stops, STOP_THIRDS, PASS_THIRDS).astype(np.int32) * self.prize[point].astype(np.int32),
                squads=np.ones((2 * count, k), np.bool_),
            ),
            couplings=self._protection([spot for spot, _ in number]),
        )

    def _protection(self, spots: Sequence[int]) -> Couplings:
        """Hold every two visits of one spot apart, by its protection and by the stop that comes first."""
        rows = [
            (2 * a + how, 2 * b + later, self.protection_s + (STOP_S if how == 0 else 0))
            for a, spot in enumerate(spots)
            for b in range(a + 1, len(spots))
            if spots[b] == spot
            for how in (0, 1)
            for later in (0, 1)
        ]
        first, second, lo_s = np.array(rows, np.int32).reshape(-1, 3).T
        return Couplings(first=first, second=second, lo_s=lo_s, hi_s=np.full(len(rows), FARTHEST_S, np.int32))

    def score_thirds(self, routes: Sequence[Route]) -> int:
        """Return three times the prize of a timetable, counted again from the file's own numbers.

        A visit within the protection of the last one of its spot, whoever made that and whether it earned or not, earns
        nothing. Drives take the file's metres at the file's speed, unrounded.

        Raises
        ------
        InputError
            With every route too many, late, quicker than the speed, and every stop that is shorter than 15 minutes.
        """
        faults = [fault for route in routes for fault in self._route_faults(route)]
        if (out := sum(bool(route.visits) for route in routes)) > self.squads:
            faults.append(f"{self.name}: {out} routes; expected at most {self.squads}.")
        if faults:
            raise InputError(faults)
        free_from: dict[str, int] = {}
        total = 0
        for visit in sorted((v for route in routes for v in route.visits), key=lambda v: (v.begin_s, v.end_s)):
            if visit.begin_s >= free_from.get(visit.entry, 0):
                stopped = visit.end_s > visit.begin_s
                total += (STOP_THIRDS if stopped else PASS_THIRDS) * int(self.prize[int(visit.entry)])
            free_from[visit.entry] = max(visit.end_s + self.protection_s, free_from.get(visit.entry, 0))
        return total

    def _route_faults(self, route: Route) -> Iterator[str]:
        who, here, clock = f"{self.name} {route.squad}", 0, 0.0
        for visit in route.visits:
            spot = int(visit.entry)
            due = clock + self.metres[here, spot] * 3.6 / self.speed_kph
            if visit.begin_s < due - 1e-6:
                yield f"{who}: visits spot {spot} at {visit.begin_s} s; it cannot be there before {due:.3f} s."
            if 0 < visit.end_s - visit.begin_s < STOP_S or visit.end_s < visit.begin_s:
                yield f"{who}: stops at spot {spot} for {visit.end_s - visit.begin_s} s; {STOP_S} s are due, or none."
            here, clock = spot, visit.end_s
        back = clock + self.metres[here, 0] * 3.6 / self.speed_kph
        if route.visits and back > self.limit_s + 1e-6:
            yield f"{who}: is back at {back:.3f} s; {self.limit_s} s is the limit."


def read_pmal(path: Path) -> PmalInstance:
    """Read a PMAL instance: n, m, route limit and protection time in minutes, km/h, then prizes, then metres.

    The fifth number is the cars' speed: the authors' own program (pedrovictor48/pm-exato) reads it so, and fixes a stop
    at 15 minutes and the share for passing at a third.

    Raises
    ------
    InputError
        When the numbers are too few or too many, or no squad, time or speed is above 0.
    """
    words = path.read_text().split()
    try:
        n, squads = int(words[0]), int(words[1])
        limit_min, protection_min, speed_kph = (float(word) for word in words[2:5])
        pairs = np.array(words[5 : 5 + 2 * n], np.float64).reshape(n, 2)
        metres = np.array(words[5 + 2 * n :], np.float64)
        prize = np.zeros(n, np.int64)
        prize[pairs[:, 0].astype(np.int64)] = np.round(pairs[:, 1]).astype(np.int64)
    except (ValueError, IndexError) as error:
        raise InputError([f"{path}: is no instance in the PMAL format: {error}."]) from error
    if metres.size != n * n:
        raise InputError([f"{path}: expected {n} x {n} distances after the prizes, found {metres.size} numbers."])
    if min(squads, limit_min, protection_min, speed_kph) <= 0:
        raise InputError(
            [
                f"{path}: has {squads} squads, a limit of {limit_min:g} min, a protection of {protection_min:g} min "
                f"and {speed_kph:g} km/h; is no instance in the PMAL format, where all are above 0."
            ]
        )
    return PmalInstance(
        name=path.stem,
        squads=squads,
        limit_s=round(limit_min * 60),
        protection_s=round(protection_min * 60),
        speed_kph=speed_kph,
        prize=prize,
        metres=metres.reshape(n, n),
    )
