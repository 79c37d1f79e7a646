"""Keys between many sources and many targets: up from sixteen sources abreast, then down to all targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from patrolroute.compiled import entry, kernel
from patrolroute.errors import Faults
from patrolroute.roads.geometry import part_index, starts_of
from patrolroute.roads.keys import join_keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from patrolroute.roads.hierarchy.weights import Weighted

_LANES = 16
"""Sources side by side: their keys fill two cache lines."""

_TILE = 64

_BLOCK_BYTES = 2 * 2**20


@dataclass(frozen=True, eq=False, kw_only=True)
class Ends:
    """Points, k of them, each tied to one or more nodes of a graph.

    A source leads to its nodes, a target is reached from them. A point that is a node has it as its one end, with 0.

    Parameters
    ----------
    start : int64 array, shape (k + 1,)
        Where each point's ends begin; the last is the number of ends.
    node : int array, shape (ends,)
    time_ms, length_dm : int64 array, shape (ends,)
        Between the point and its node.
    """

    start: NDArray[np.int64]
    node: NDArray[np.int64]
    time_ms: NDArray[np.int64]
    length_dm: NDArray[np.int64]

    @classmethod
    def of_nodes(cls, node: NDArray[np.int64]) -> Ends:
        """Return points that are nodes."""
        zero = np.zeros(len(node), np.int64)
        return cls(start=np.arange(len(node) + 1), node=np.asarray(node, np.int64), time_ms=zero, length_dm=zero)

    def check(self, what: str, nodes: int) -> None:
        """Raise `InputError` where these are no ends in a graph: compiled code would read and write beyond its arrays.

        Parameters
        ----------
        what : str
            What the points are called in the error.
        nodes : int
            Of the graph.
        """
        faults = Faults()
        if (
            len(self.start) < 1
            or self.start[0] != 0
            or self.start[-1] != len(self.node)
            or (np.diff(self.start) < 0).any()
        ):
            faults.add(f"{what}: start must rise from 0 to the number of ends, {len(self.node):,}.")
        for name in ("time_ms", "length_dm"):
            column = getattr(self, name)
            if len(column) != len(self.node) or (column < 0).any():
                faults.add(f"{what}: {name} must be 0 or more for each of the {len(self.node):,} ends.")
        if ((self.node < 0) | (self.node >= nodes)).any():
            faults.add(f"{what}: a node is out of range; expected 0 to {nodes - 1:,}.")
        faults.raise_if_any()


class _Part(NamedTuple):
    """The nodes that a search from some ends can meet, numbered anew in the order in which they are settled.

    Parameters
    ----------
    start : int64 array, shape (nodes + 1,)
    other : int32 array, shape (links,)
        The higher nodes of each, packed.
    key : float64 array, shape (links,)
    parent : int32 array, shape (nodes,)
        In the tree of eliminations; -1 for none.
    end_start, end_node, end_key : arrays
        The ends, with the new numbers.
    """

    start: NDArray[np.int64]
    other: NDArray[np.int32]
    key: NDArray[np.float64]
    parent: NDArray[np.int32]
    end_start: NDArray[np.int64]
    end_node: NDArray[np.int32]
    end_key: NDArray[np.float64]


class _Desk(NamedTuple):
    """Where a sweep works.

    Parameters
    ----------
    climbed : float64 array, shape (source nodes, 16)
    reached : float64 array, shape (target nodes, 16)
    mark : int64 array, shape (source nodes,)
        The batch that met the node last.
    same : int32 array, shape (target nodes,)
        The target node's number among the source nodes; -1 where it is none.
    tile : float64 array, shape (64, 16)
    """

    climbed: NDArray[np.float64]
    reached: NDArray[np.float64]
    mark: NDArray[np.int64]
    same: NDArray[np.int32]
    tile: NDArray[np.float64]


@entry
def _mark_ancestors(parent: NDArray[np.int32], node: NDArray[np.int32], met: NDArray[np.bool_]) -> None:
    for first in node:
        v = first
        while v >= 0 and not met[v]:
            met[v] = True
            v = parent[v]


def _part(
    weighted: Weighted, ends: Ends, key: NDArray[np.float64], *, descending: bool
) -> tuple[_Part, NDArray[np.int32]]:
    """Return the part that the ends see, and every rank's number in it, -1 for ranks outside."""
    hierarchy = weighted.hierarchy
    chordal, n = hierarchy.chordal, hierarchy.nodes
    met = np.zeros(n, np.bool_)
    end_rank = hierarchy.rank[ends.node]
    _mark_ancestors(chordal.parent, end_rank, met)
    ranks = np.flatnonzero(met)
    if descending:
        ranks = ranks[::-1]
    number = np.full(n + 1, -1, np.int32)
    number[ranks] = np.arange(len(ranks), dtype=np.int32)
    stored = part_index(chordal.start, ranks)
    kept = np.isfinite(key[stored])
    sizes = chordal.start[ranks + 1] - chordal.start[ranks]
    owner = np.repeat(np.arange(len(ranks)), sizes)[kept]
    stored = stored[kept]
    part = _Part(
        start=starts_of(np.bincount(owner, minlength=len(ranks))),
        other=number[chordal.higher[stored]],
        key=key[stored],
        parent=number[chordal.parent[ranks]],
        end_start=ends.start,
        end_node=number[end_rank],
        end_key=join_keys(ends.time_ms, ends.length_dm),
    )
    return part, number[:n]


@kernel
def _climb(up: _Part, desk: _Desk, rows: NDArray[np.int64], first: int, batch: int) -> None:
    """Settle all that the sources of a batch reach by going up; `batch` marks what it met."""
    climbed, mark = desk.climbed, desk.mark
    for lane in range(len(rows)):
        source = first + rows[lane]
        for end in range(up.end_start[source], up.end_start[source + 1]):
            v = up.end_node[end]
            while v >= 0 and mark[v] != batch:
                mark[v] = batch
                for q in range(_LANES):
                    climbed[v, q] = np.inf
                v = up.parent[v]
            v = up.end_node[end]
            climbed[v, lane] = min(climbed[v, lane], up.end_key[end])
    for v in range(len(mark)):
        if mark[v] == batch:
            for e in range(up.start[v], up.start[v + 1]):
                u, key = up.other[e], up.key[e]
                for q in range(_LANES):
                    climbed[u, q] = min(climbed[u, q], climbed[v, q] + key)


@kernel
def _descend(down: _Part, desk: _Desk, batch: int) -> None:
    """Settle all target nodes from above; two links at a time, since storing what was found is what takes the time."""
    reached = desk.reached
    for v in range(len(desk.same)):
        u = desk.same[v]
        if u >= 0 and desk.mark[u] == batch:
            for q in range(_LANES):
                reached[v, q] = desk.climbed[u, q]
        else:
            for q in range(_LANES):
                reached[v, q] = np.inf
        e, last = down.start[v], down.start[v + 1]
        while e + 1 < last:
            a, key_a, b, key_b = down.other[e], down.key[e], down.other[e + 1], down.key[e + 1]
            for q in range(_LANES):
                reached[v, q] = min(reached[v, q], reached[a, q] + key_a, reached[b, q] + key_b)
            e += 2
        if e < last:
            a, key_a = down.other[e], down.key[e]
            for q in range(_LANES):
                reached[v, q] = min(reached[v, q], reached[a, q] + key_a)


@kernel
def _collect(down: _Part, desk: _Desk, rows: NDArray[np.int64], many: int, out: NDArray[np.float64]) -> None:
    """Write what was found for a batch into its rows, a tile of targets at a time, so that both sides stay in cache."""
    targets = len(down.end_start) - 1
    for first in range(0, targets, _TILE):
        last = min(first + _TILE, targets)
        for target in range(first, last):
            for q in range(_LANES):
                desk.tile[target - first, q] = np.inf
            for end in range(down.end_start[target], down.end_start[target + 1]):
                v, key = down.end_node[end], down.end_key[end]
                for q in range(_LANES):
                    desk.tile[target - first, q] = min(desk.tile[target - first, q], desk.reached[v, q] + key)
        for lane in range(many):
            row = rows[lane]
            for target in range(first, last):
                out[row, target] = desk.tile[target - first, lane]


@entry
def _sweep(up: _Part, down: _Part, desk: _Desk, rows: NDArray[np.int64], out: NDArray[np.float64], first: int) -> None:
    """Fill in the rows of `out`, of which the first is source `first`; `rows` are its rows, near sources together."""
    for v in range(len(desk.mark)):
        desk.mark[v] = -1
    for begin in range(0, len(rows), _LANES):
        many = min(_LANES, len(rows) - begin)
        batch = rows[begin : begin + many]
        _climb(up, desk, batch, first, begin)
        _descend(down, desk, begin)
        _collect(down, desk, batch, many, out)


def sweep(weighted: Weighted, sources: Ends, targets: Ends) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    """Yield, for slices of the sources in turn, the keys of the fastest ways to all targets.

    A key is infinite where there is no way; `split_keys` refuses it. Only nodes above the targets are swept; sources
    that lie near each other climb together. Memory is bounded by the slices, whatever the number of sources.

    Parameters
    ----------
    weighted : Weighted
    sources, targets : Ends

    Yields
    ------
    rows : slice
    key : float64 array, shape (sources in the slice, targets)
        The next slice is written into another array.

    Raises
    ------
    InputError
        When sources or targets are no ends in the hierarchy's graph.
    """
    sources.check("sources", weighted.hierarchy.nodes)
    targets.check("targets", weighted.hierarchy.nodes)
    ns, nt = len(sources.start) - 1, len(targets.start) - 1
    if ns == 0:
        return
    up, up_number = _part(weighted, sources, weighted.up, descending=False)
    down, down_number = _part(weighted, targets, weighted.down, descending=True)
    same = np.empty(len(down.parent), np.int32)
    inside = down_number >= 0
    same[down_number[inside]] = up_number[inside]
    desk = _Desk(
        climbed=np.empty((len(up.parent), _LANES)),
        reached=np.empty((len(same), _LANES)),
        mark=np.empty(len(up.parent), np.int64),
        same=same,
        tile=np.empty((_TILE, _LANES)),
    )
    size = max(1, _BLOCK_BYTES // (8 * max(nt, 1) * _LANES)) * _LANES
    # A source without ends has no place; it reaches nothing from anywhere.
    place = np.append(up.end_node, 0)[sources.start[:-1]]
    for first in range(0, ns, size):
        rows = slice(first, min(first + size, ns))
        out = np.empty((rows.stop - first, nt))
        near = np.argsort(place[rows], kind="stable")
        _sweep(up, down, desk, near, out, first)
        yield rows, out
