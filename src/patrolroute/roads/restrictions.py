"""Turns that are forbidden, as sequences of edges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from patrolroute.errors import Faults, InputError
from patrolroute.roads.geometry import part_index, starts_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


LOST = "on streets that were cut off or closed"
"""Why a restriction that was read is kept no more."""


def lost_relations(gone: Sequence[int] | NDArray[np.int64], kept: Sequence[int] | NDArray[np.int64]) -> int:
    """Return how many relations nothing is left of: those of unknown origin, which are 0, are each one of their own."""
    gone, kept = np.asarray(gone, np.int64), np.asarray(kept, np.int64)
    return len(np.setdiff1d(gone[gone != 0], kept)) + int((gone == 0).sum())


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
    known : bool
        Whether the source tells turn restrictions at all. Where it does not, that there are none means nothing.

    Raises
    ------
    InputError
        When a column is none, or the numbers of those that are not kept are none.
    """

    start: NDArray[np.int64] = field(default_factory=lambda: np.zeros(1, np.int64))
    edge: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    relation: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    skipped: Mapping[str, int] = field(default_factory=dict)
    known: bool = True

    def __post_init__(self) -> None:
        for name, dtype in (("start", np.int64), ("edge", np.int32), ("relation", np.int64)):
            given = np.asarray(getattr(self, name))
            if given.ndim != 1 or not np.can_cast(given.dtype, dtype, "same_kind"):
                raise InputError([f"roads: {name} of restrictions must be one column of whole numbers."])
            column = np.ascontiguousarray(given, dtype).view()
            column.flags.writeable = False
            object.__setattr__(self, name, column)
        faults = Faults()
        if not isinstance(self.known, bool):
            faults.add(f"roads: known of restrictions is {self.known!r}; expected true or false.")
        if not isinstance(self.skipped, Mapping):
            faults.add("roads: skipped of restrictions must be reasons and their numbers.")
        else:
            faults.extend(
                f"roads: restrictions skipped {str(reason)[:80]!r}: {count!r}; expected a whole number, 0 or more."
                for reason, count in self.skipped.items()
                if not isinstance(reason, str) or not isinstance(count, int) or isinstance(count, bool) or count < 0
            )
        faults.raise_if_any()
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
        if not self.known:
            return "not told by this source; read the OSM file itself to have them"
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
        lost = lost_relations(self.relation[gone], self.relation[kept])
        skipped = dict(self.skipped)
        if lost:
            skipped[LOST] = skipped.get(LOST, 0) + lost
        return replace(
            self,
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
