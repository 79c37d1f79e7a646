"""Turn restrictions of OpenStreetMap: relations read, and laid onto the edges that ways have become."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from patrolroute.roads.restrictions import Restrictions
from patrolroute.roads.sources.tags import VEHICLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

MALFORMED = "without a from, a via or a to"
UNKNOWN = "of an unknown kind"
OTHERS = "for other vehicles"
NO_STREET = "on ways that are no streets for cars"
APART = "whose ways do not meet"
UNCLEAR = "whose ways pass through the junction, so that the turn is not told"
ONE_WAY = "that one-way streets impose already"
WINDING = "over via ways that are no simple line"

_KIND = re.compile(r"(no|only)_[a-z_]+")
_KEYS = (*(f"restriction:{vehicle}" for vehicle in VEHICLES), "restriction")


@dataclass(frozen=True, kw_only=True)
class Relation:
    """A turn restriction as the map has it.

    Parameters
    ----------
    id : int
    only : bool
        Whether it is a command ("only_straight_on") rather than a ban ("no_left_turn").
    u_turn : bool
    origins, targets : tuple of int
        Ids of the ways that lead there and away.
    node : int or None
        Id of the node between them.
    ways : tuple of int
        Ids of the ways between them, where there is no such node.
    """

    id: int
    only: bool
    u_turn: bool
    origins: tuple[int, ...]
    targets: tuple[int, ...]
    node: int | None
    ways: tuple[int, ...]


def read_relation(relation: Any) -> Relation | str:
    """Return what an osmium relation of type=restriction says, or why it says nothing to a car.

    Cars are meant by `restriction`, `restriction:motorcar`, `restriction:motor_vehicle` and `restriction:vehicle`,
    unless `except` names them. Where a restriction holds at certain hours only, it is taken to hold at all hours: to
    obey it then, too, is no offence.
    """
    tags = relation.tags
    value = ""
    for key in _KEYS:
        value = tags.get(key, "") or tags.get(f"{key}:conditional", "").partition("@")[0].strip()
        if value:
            break
    if not value or not set(VEHICLES).isdisjoint(part.strip() for part in tags.get("except", "").split(";")):
        return OTHERS
    if not (kind := _KIND.fullmatch(value.strip().lower())):
        return UNKNOWN
    members = [(member.role, member.type, member.ref) for member in relation.members]
    origins = tuple(ref for role, kind_, ref in members if (role, kind_) == ("from", "w"))
    targets = tuple(ref for role, kind_, ref in members if (role, kind_) == ("to", "w"))
    nodes = [ref for role, kind_, ref in members if (role, kind_) == ("via", "n")]
    ways = tuple(ref for role, kind_, ref in members if (role, kind_) == ("via", "w"))
    if not origins or not targets or len(nodes) + bool(ways) != 1:
        return MALFORMED
    return Relation(
        id=relation.id,
        only=kind[1] == "only",
        u_turn=kind[0].endswith("u_turn"),
        origins=origins,
        targets=targets,
        node=nodes[0] if nodes else None,
        ways=ways,
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class Pieces:
    """Directed street pieces, and the ways that they begin and end with; E of them, W ways.

    Parameters
    ----------
    tail, head : int64 array, shape (E,)
        Positions of nodes.
    first, last : int64 array, shape (E,)
        Position of the way that a piece begins with, in driving direction, and of that which it ends with.
    twin : int64 array, shape (E,)
    way_id : int64 array, shape (W,)
    way_ends : int64 array, shape (W, 2)
        Positions of each way's first and last node; -1 for one that the source lacks.
    node_id : int64 array
        Ids by position, sorted.
    """

    tail: NDArray[np.int64]
    head: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    twin: NDArray[np.int64]
    way_id: NDArray[np.int64]
    way_ends: NDArray[np.int64]
    node_id: NDArray[np.int64]


def stops_of(
    relations: Sequence[Relation], *, way_id: NDArray[np.int64], way_ends: NDArray[np.int64], node_id: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the positions of nodes at which no two ways may become one piece, since a restriction tells them apart."""
    nodes = np.array([each.node for each in relations if each.node is not None], np.int64)
    at = np.searchsorted(node_id, nodes)
    at = at[(at < len(node_id)) & (node_id[np.minimum(at, len(node_id) - 1)] == nodes)]
    ways = np.isin(way_id, np.array([way for each in relations for way in each.ways], np.int64))
    ends = way_ends[ways].ravel()
    return np.unique(np.concatenate([at, ends[ends >= 0]]))


def restrictions_of(relations: Sequence[Relation], skipped: Counter[str], pieces: Pieces) -> Restrictions:
    """Return restrictions as sequences of pieces, and why the others could not be laid onto them.

    Parameters
    ----------
    relations : sequence of Relation
    skipped : Counter of str
        Relations that were given up when they were read, by reason.
    pieces : Pieces
    """
    if not relations:
        return Restrictions(skipped=skipped)
    layer = _Layer(relations, pieces)
    found: list[tuple[int, ...]] = []
    origin: list[int] = []
    skipped = Counter(skipped)
    for relation in relations:
        sequences = layer.sequences(relation)
        if isinstance(sequences, str):
            skipped[sequences] += 1
        else:
            found += sequences
            origin += [relation.id] * len(sequences)
    return Restrictions.of(found, origin, skipped=skipped)


class _Layer:
    """The pieces around restrictions, to be looked up by node and way."""

    def __init__(self, relations: Sequence[Relation], pieces: Pieces) -> None:
        self.pieces = pieces
        stops = stops_of(relations, way_id=pieces.way_id, way_ends=pieces.way_ends, node_id=pieces.node_id)
        via = np.array([way for each in relations for way in each.ways], np.int64)
        on_via = np.isin(pieces.way_id, via)
        self.node = {int(pieces.node_id[at]): int(at) for at in stops.tolist()}
        named = np.unique(np.array([w for r in relations for w in (*r.origins, *r.ways, *r.targets)], np.int64))
        rows = np.flatnonzero(np.isin(pieces.way_id, named))
        self.way = {int(pieces.way_id[row]): row for row in rows.tolist()}
        self.out: dict[tuple[int, int], list[int]] = {}
        self.into: dict[tuple[int, int], list[int]] = {}
        self.leaving: dict[int, list[int]] = {}
        for e in np.flatnonzero(np.isin(pieces.tail, stops) | on_via[pieces.first]).tolist():
            self.out.setdefault((int(pieces.tail[e]), int(pieces.first[e])), []).append(e)
            self.leaving.setdefault(int(pieces.tail[e]), []).append(e)
        for e in np.flatnonzero(np.isin(pieces.head, stops)).tolist():
            self.into.setdefault((int(pieces.head[e]), int(pieces.last[e])), []).append(e)

    def sequences(self, relation: Relation) -> list[tuple[int, ...]] | str:
        """Return the sequences of pieces that a relation forbids, or why there are none."""
        if any(way not in self.way for way in (*relation.ways, *relation.origins)):
            return NO_STREET
        targets = [self.way[way] for way in relation.targets if way in self.way]
        if not targets and not relation.only:
            return NO_STREET
        found: list[tuple[int, ...]] = []
        reasons: list[str] = []
        for origin in relation.origins:
            before = self._approach(relation, self.way[origin])
            if isinstance(before, str):
                reasons.append(before)
                continue
            for path in before:
                ahead = self._forbidden(relation, path, targets)
                if isinstance(ahead, str):
                    reasons.append(ahead)
                else:
                    found += [(*path, edge) for edge in ahead]
        return list(dict.fromkeys(found)) or (reasons[0] if reasons else ONE_WAY)

    def _approach(self, relation: Relation, origin: int) -> list[list[int]] | str:
        """Return the pieces that lead along `origin` to the turn, over the via ways, or why that is not told."""
        if relation.node is not None:
            if relation.node not in self.node:
                return NO_STREET
            at = self.node[relation.node]
            arriving = self.into.get((at, origin), [])
            if not arriving:
                return ONE_WAY if self.out.get((at, origin)) else APART
            # To turn round on a way that passes through is clear from both sides.
            around = relation.u_turn and set(relation.targets) == set(relation.origins)
            return [[edge] for edge in arriving] if len(arriving) == 1 or around else UNCLEAR
        ends = self.pieces.way_ends[self.way[relation.ways[0]]].tolist()
        paths = []
        met = False
        for at in dict.fromkeys(ends):
            arriving = self.into.get((at, origin), [])
            met |= bool(arriving or self.out.get((at, origin)))
            paths += [[edge, *way] for edge in arriving for way in self._along(at, edge, relation.ways)]
        if not paths:
            return WINDING if met else APART
        return paths if len(paths) == 1 else UNCLEAR

    def _along(self, at: int, before: int, ways: tuple[int, ...]) -> Iterator[list[int]]:
        """Yield the pieces from one end of the first way to the other end of the last, where that is one line."""
        pieces = self.pieces
        path: list[int] = []
        for way in ways:
            row = self.way[way]
            ends = pieces.way_ends[row].tolist()
            if at not in ends or ends[0] == ends[1]:
                return
            target = ends[1] if at == ends[0] else ends[0]
            while at != target:
                onward = [e for e in self.out.get((at, row), []) if e != pieces.twin[path[-1] if path else before]]
                if len(onward) != 1 or onward[0] in path:
                    return
                path.append(onward[0])
                at = int(pieces.head[onward[0]])
        yield path

    def _forbidden(self, relation: Relation, path: list[int], targets: list[int]) -> list[int] | str:
        """Return the pieces that must not follow a path, or why that is not told."""
        pieces = self.pieces
        at = int(pieces.head[path[-1]])
        named: list[int] = []
        reasons = []
        for target in targets:
            leaving = self.out.get((at, target), [])
            if relation.u_turn and relation.node is not None and pieces.last[path[0]] == target:
                leaving = [edge for edge in leaving if edge == pieces.twin[path[0]]]
            if len(leaving) == 1:
                named += leaving
            elif leaving:
                reasons.append(UNCLEAR)
            else:
                reasons.append(ONE_WAY if (at, target) in self.into else APART)
        if not relation.only:
            return named or reasons[0]
        if not named:
            return reasons[0] if reasons else NO_STREET
        return [edge for edge in self.leaving.get(at, []) if edge not in named] or ONE_WAY
