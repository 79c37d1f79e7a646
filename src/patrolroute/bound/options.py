"""What counts together: visits that are worth something only with others, as options of which one is chosen.

All of a bundle are made, or none; a further visit of a site needs the one before it. Which of them are made says more
than each by itself: if there is to be a second visit an hour after the first, the first cannot be late.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from patrolroute.bound.implied import pass_on
from patrolroute.bound.levels import Level

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from patrolroute.bound.implied import Distances, Ladders
    from patrolroute.problem import PatrolProblem

    Ints = NDArray[np.int64]

Number = TypeVar("Number", np.int64, np.float64)

_MOST_RUNGS = 6
"""Visits of a site up to which each number of them has windows of its own: n (n + 1) / 2 of each visit."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Options:
    """Visits in parts, parts in options, options in choices: one option of each choice at most, and all of its parts.

    A visit stands in several parts where its window depends on what else is made.

    Parameters
    ----------
    origin : int64 array, shape (V,)
        Row of each visit in the problem.
    opens_s, closes_s : int64 array, shape (V,)
        When it can begin, if all of an option is made.
    part : int64 array, shape (V,)
        Of which one visit at most is made; in ascending order.
    member, option : int64 array, shape (P,)
        Parts, and an option that each belongs to.
    choice : int64 array, shape (O,)
        Of each option; in ascending order.
    """

    origin: Ints
    opens_s: Ints
    closes_s: Ints
    part: Ints
    member: Ints
    option: Ints
    choice: Ints

    @property
    def parts(self) -> int:
        """How many parts there are."""
        return int(self.part.max(initial=-1)) + 1

    @property
    def largest(self) -> int:
        """Parts of the option that has most."""
        return int(np.bincount(self.option).max(initial=1))

    def of_level(self, level: Level) -> Level:
        """Return a level with the weights of these visits."""
        floors = tuple((weight[self.origin], floor) for weight, floor in level.floors)
        return Level(tier=level.tier, weight=level.weight[self.origin], floors=floors)

    def without(self, parts: NDArray[np.bool_]) -> Options:
        """Return these without the options that any of some parts belongs to."""
        gone = np.zeros(len(self.choice), np.bool_)
        np.logical_or.at(gone, self.option, parts[self.member])
        if not gone.any():
            return self
        kept, renumbered = ~gone[self.option], np.cumsum(~gone) - 1
        return replace(self, member=self.member[kept], option=renumbered[self.option[kept]], choice=self.choice[~gone])

    def best(self, of_part: NDArray[Number]) -> tuple[NDArray[Number], Ints]:
        """Return what the best option of each choice is worth, none for 0, and which options those are."""
        worth: NDArray[Number] = np.zeros(len(self.choice), of_part.dtype)
        np.add.at(worth, self.option, of_part[self.member])
        first = np.flatnonzero(np.diff(self.choice, prepend=-1))
        top = np.maximum.reduceat(worth, first) if len(first) else worth
        of_choice = np.repeat(top, np.diff(np.append(first, len(worth))))
        taken = np.flatnonzero((worth == of_choice) & (worth > 0))
        _, once = np.unique(self.choice[taken], return_index=True)
        return np.maximum(top, 0), taken[once]


def each_alone(problem: PatrolProblem) -> Options:
    """Return the options of a problem without ties: each group is one by itself."""
    groups = np.arange(len(problem.groups), dtype=np.int64)
    origin = np.argsort(problem.visits.group, kind="stable").astype(np.int64)
    return Options(
        origin=origin,
        opens_s=problem.visits.opens_s[origin].astype(np.int64),
        closes_s=problem.visits.closes_s[origin].astype(np.int64),
        part=problem.visits.group[origin].astype(np.int64),
        member=groups,
        option=groups,
        choice=groups,
    )


class _Gathering:
    """Options that are added one by one."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, int, int, int]] = []
        self.pairs: list[tuple[int, int]] = []
        self.choice: list[int] = []
        self.parts = 0
        self._known: dict[object, int] = {}

    def add(self, choice: int, groups: Iterable[tuple[tuple[int, int, int], ...]]) -> None:
        """Add an option of a choice, each group as visits with their windows; the same visits are the same part."""
        for visits in groups:
            key = (choice, visits)
            if key not in self._known:
                self._known[key] = self.parts
                self.rows += [(v, opens, closes, self.parts) for v, opens, closes in visits]
                self.parts += 1
            self.pairs.append((self._known[key], len(self.choice)))
        self.choice.append(choice)

    def options(self, row: dict[int, int]) -> Options:
        rows = np.array(self.rows, np.int64).reshape(-1, 4)
        pairs = np.array(self.pairs, np.int64).reshape(-1, 2)
        return Options(
            origin=np.array([row[int(v)] for v in rows[:, 0]], np.int64),
            opens_s=rows[:, 1],
            closes_s=rows[:, 2],
            part=rows[:, 3],
            member=pairs[:, 0],
            option=pairs[:, 1],
            choice=np.array(self.choice, np.int64),
        )


def tied_options(
    problem: PatrolProblem,
    ladders: Ladders,
    windows: tuple[Ints, Ints],
    apart_s: Distances,
    row: dict[int, int],
) -> Options:
    """Return the options of a problem with ties.

    Parameters
    ----------
    problem : PatrolProblem
    ladders : Ladders
        Of this problem.
    windows : tuple of int64 array, shape (V,)
        The earliest and the latest beginning of each visit, whatever is made.
    apart_s : Distances
        Of this problem.
    row : dict of int to int
        Row of each visit in the problem without ties; duties have none.
    """
    found = _Gathering()
    for number, (groups, stepwise) in enumerate(_choices(problem, ladders)):
        counts = range(1, len(groups) + 1) if stepwise else (len(groups),)
        alike = stepwise and len(groups) > _MOST_RUNGS
        for count in counts:
            made = groups[:count]
            opens, closes = windows if alike else _windows_together(made, ladders.rows, windows, apart_s)
            visits = [[v for v in ladders.rows[g] if opens[v] <= closes[v]] for g in made]
            if all(visits):
                found.add(number, [tuple((v, int(opens[v]), int(closes[v])) for v in each) for each in visits])
    return found.options(row)


def _windows_together(
    groups: list[int], rows: list[list[int]], windows: tuple[Ints, Ints], apart_s: Distances
) -> tuple[Ints, Ints]:
    """Return the windows of visits when all of some groups are made."""
    if len(groups) == 1:
        return windows
    opens, closes = windows[0].copy(), windows[1].copy()
    tied = [(v, rows[h]) for g in groups for h in groups if g != h for v in rows[g]]
    pass_on(opens, closes, tied, apart_s)
    return opens, closes


def _choices(problem: PatrolProblem, ladders: Ladders) -> list[tuple[list[int], bool]]:
    """Return groups that hang together, and whether the first few of them may be made without the others."""
    groups = problem.groups
    found: list[tuple[list[int], bool]] = [(rungs, True) for rungs in ladders.rungs]
    bundles = np.unique(groups.bundle[groups.bundle >= 0])
    found += [(np.flatnonzero(groups.bundle == bundle).tolist(), False) for bundle in bundles]
    taken = {g for each, _ in found for g in each}
    needed: dict[int, list[int]] = {}
    for g in np.flatnonzero(groups.needs >= 0).tolist():
        needed.setdefault(int(groups.needs[g]), []).append(g)
    for g in range(len(groups)):
        if g in taken or groups.duty[g] >= 0 or groups.needs[g] >= 0:
            continue
        chain = [g]
        while len(after := needed.get(chain[-1], [])) == 1 and after[0] not in taken:
            chain.append(after[0])
        found.append((chain, True))
        taken |= set(chain)
    return [*found, *(([g], True) for g in range(len(groups)) if g not in taken and groups.duty[g] < 0)]
