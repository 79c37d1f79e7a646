"""Turns that are forbidden, as sequences of edges."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from patrolroute.errors import InputError
from patrolroute.roads.geometry import part_index, starts_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray


LOST = "on streets that were cut off or closed"
"""Why a restriction that was read is kept no more."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Restrictions:
    """Sequences of edges that may not be driven one right after the other; R sequences, K edges in all.

    A ban of one turn is a sequence of two edges that meet in the via node; over a via way there are more. A command
    ("only straight on") forbids every other turn from the same edge, so one relation of the map may be many sequences.

    Parameters
    ----------
    start : int64 array, shape (R + 1,)
        Where each sequence begins in `edge`.
    edge : int32 array, shape (K,)
        Edges of the network, at least two in each sequence, each beginning where the one before ends.
    relation : int64 array, shape (R,)
        OSM id of the relation that each comes from; 0 where it is unknown.
    skipped : mapping of str to int
        Relations of the map that are not kept, by reason.

    Raises
    ------
    InputError
        When a column is none.
    """

    start: NDArray[np.int64] = field(default_factory=lambda: np.zeros(1, np.int64))
    edge: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    relation: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    skipped: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, dtype in (("start", np.int64), ("edge", np.int32), ("relation", np.int64)):
            given = np.asarray(getattr(self, name))
            if given.ndim != 1 or not np.can_cast(given.dtype, dtype, "same_kind"):
                raise InputError([f"roads: {name} of restrictions must be one column of whole numbers."])
            column = np.ascontiguousarray(given, dtype).view()
            column.flags.writeable = False
            object.__setattr__(self, name, column)
        object.__setattr__(self, "skipped", MappingProxyType(dict(self.skipped)))

    @classmethod
    def of(
        cls, sequences: Sequence[Sequence[int]], relations: Sequence[int], *, skipped: Mapping[str, int] | None = None
    ) -> Restrictions:
        """Return restrictions of some sequences of edges, each with the relation that it comes from."""
        return cls(
            start=starts_of(np.array([len(each) for each in sequences], np.int64)),
            edge=np.array([edge for each in sequences for edge in each], np.int32),
            relation=np.array(relations, np.int64),
            skipped=skipped or {},
        )

    def __len__(self) -> int:
        return len(self.relation)

    @property
    def sequences(self) -> list[tuple[int, ...]]:
        """The edges of each."""
        edge, start = self.edge.tolist(), self.start.tolist()
        return [tuple(edge[begin:end]) for begin, end in pairwise(start)]

    @property
    def relations(self) -> int:
        """Number of relations that are kept, those of unknown origin each counted."""
        known = self.relation[self.relation != 0]
        return len(np.unique(known)) + int((self.relation == 0).sum())

    @property
    def statement(self) -> str:
        """One sentence for a planner."""
        if not len(self) and not self.skipped:
            return "none in the source"
        words = f"{self.relations:,} kept"
        if self.skipped:
            reasons = "; ".join(f"{count:,} {reason}" for reason, count in self.skipped.items())
            words += f", {sum(self.skipped.values()):,} not ({reasons})"
        return words

    def remapped(self, new_edge: NDArray[np.int64]) -> Restrictions:
        """Return what is left when edges get other numbers, and -1 those that are gone.

        A sequence with an edge that is gone cannot be driven any more and is left out.
        """
        if not len(self):
            return self
        edge = new_edge[self.edge]
        gone = np.zeros(len(self), bool)
        gone[np.repeat(np.arange(len(self)), np.diff(self.start))[edge < 0]] = True
        kept = np.flatnonzero(~gone)
        lost = len(np.setdiff1d(self.relation, self.relation[kept]))
        skipped = dict(self.skipped)
        if lost:
            skipped[LOST] = skipped.get(LOST, 0) + lost
        return Restrictions(
            start=starts_of(np.diff(self.start)[kept]),
            edge=edge[part_index(self.start, kept)].astype(np.int32),
            relation=self.relation[kept],
            skipped=skipped,
        )

    def faults(self, tail: NDArray[np.int32], head: NDArray[np.int32]) -> list[str]:
        """Return what is wrong with them for a network whose edges lead from `tail` to `head`."""
        step = np.diff(self.start)
        if (
            len(self.start) != len(self) + 1
            or self.start[0] != 0
            or self.start[-1] != len(self.edge)
            or (step < 2).any()
        ):
            return ["roads: restrictions must be sequences of at least two edges."]
        if ((self.edge < 0) | (self.edge >= len(tail))).any():
            return ["roads: restrictions must name positions of edges."]
        inside = np.ones(len(self.edge), bool)
        inside[self.start[:-1]] = False
        at = np.flatnonzero(inside)
        if (head[self.edge[at - 1]] != tail[self.edge[at]]).any():
            return ["roads: restrictions must be edges that follow each other."]
        return []
