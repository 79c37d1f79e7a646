"""From OSM ways to street pieces between junctions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from patrolroute.roads.geometry import starts_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BEGIN, _END = 0, 1


@dataclass(frozen=True, eq=False, kw_only=True)
class Ways:
    """Ways as lists of nodes, packed; W ways, R node references.

    Parameters
    ----------
    start : int64 array, shape (W + 1,)
        Where each way begins in `ref`.
    ref : int64 array, shape (R,)
        Positions of nodes; -1 for a node that the source lacks.
    kind : int64 array, shape (W,)
        Number of the way's attributes: ways of one kind may become one street piece.
    aligned : bool array, shape (W,)
        Whether a way's two directions differ, as on a one-way street: it goes on only in ways that run as it does.
    """

    start: NDArray[np.int64]
    ref: NDArray[np.int64]
    kind: NDArray[np.int64]
    aligned: NDArray[np.bool_]


@dataclass(frozen=True, eq=False, kw_only=True)
class Chains:
    """Street pieces between junctions, C of them.

    Parameters
    ----------
    start : int64 array, shape (C + 1,)
    ref : int64 array
        Node positions along each chain, packed.
    way : int64 array, shape (C,)
        The way that the chain begins with; all of one chain have its attributes.
    last_way : int64 array, shape (C,)
        The way that the chain ends with.
    """

    start: NDArray[np.int64]
    ref: NDArray[np.int64]
    way: NDArray[np.int64]
    last_way: NDArray[np.int64]


def chains_of(ways: Ways, nodes: int, *, stops: NDArray[np.int64] | None = None) -> Chains:
    """Cut ways at junctions and join them where only one street goes on.

    A node is passed through when exactly two pieces of equal attributes meet there, and, on a one-way street, one of
    them arrives and the other leaves. Nodes that the source lacks break a way.

    Parameters
    ----------
    ways : Ways
    nodes : int
        Number of nodes that `ways.ref` counts.
    stops : int64 array, optional
        Nodes that are never passed through from one way into another.
    """
    ref, way, part = _located(ways)
    first, last = _pieces(ref, part, nodes)
    stop = np.zeros(nodes, bool)
    if stops is not None:
        stop[stops] = True
    link = _links(ref, way, (first, last), ways, stop)
    runs = _runs(link, len(first))
    begin, end = first.tolist(), last.tolist()
    parts: list[NDArray[np.int64]] = []
    sizes, of_way, last_way = [], [], []
    for run in runs:
        size = 0
        for k, (piece, forward) in enumerate(run):
            line = ref[begin[piece] : end[piece] + 1]
            line = (line if forward else line[::-1])[1 if k else 0 :]
            parts.append(line)
            size += len(line)
        sizes.append(size)
        of_way.append(way[begin[run[0][0]]])
        last_way.append(way[begin[run[-1][0]]])
    return Chains(
        start=starts_of(np.array(sizes, np.int64)),
        ref=np.concatenate(parts) if parts else np.zeros(0, np.int64),
        way=np.array(of_way, np.int64),
        last_way=np.array(last_way, np.int64),
    )


def _located(ways: Ways) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return references without gaps and repetitions, the way of each, and the unbroken part of a way it belongs to."""
    way = np.repeat(np.arange(len(ways.kind)), np.diff(ways.start))
    absent = ways.ref < 0
    broken = np.zeros(len(way), bool)
    broken[1:] = (way[1:] != way[:-1]) | absent[:-1]
    part = np.cumsum(broken)
    kept = ~absent
    ref, way, part = ways.ref[kept], way[kept], part[kept]
    again = np.zeros(len(ref), bool)
    again[1:] = (ref[1:] == ref[:-1]) & (part[1:] == part[:-1])
    ref, way, part = ref[~again], way[~again], part[~again]
    long_enough = np.bincount(part, minlength=1)[part] > 1
    return ref[long_enough], way[long_enough], part[long_enough]


def _pieces(ref: NDArray[np.int64], part: NDArray[np.int64], nodes: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where each piece begins and ends: at the ends of ways and at nodes that more than two pieces meet at."""
    at_end = np.ones(len(ref), bool)
    at_end[1:-1] = (part[1:-1] != part[:-2]) | (part[1:-1] != part[2:])
    meet = np.bincount(ref, weights=np.where(at_end, 1.0, 2.0), minlength=nodes)
    breaks = np.flatnonzero(at_end | (meet[ref] > 2))
    same = part[breaks[:-1]] == part[breaks[1:]]
    return breaks[:-1][same], breaks[1:][same]


def _links(
    ref: NDArray[np.int64],
    way: NDArray[np.int64],
    pieces: tuple[NDArray[np.int64], NDArray[np.int64]],
    ways: Ways,
    stop: NDArray[np.bool_],
) -> list[int]:
    """Return for each piece's begin (2 p) and end (2 p + 1) the begin or end that the street goes on with, or -1."""
    first, last = pieces
    link = np.full(2 * len(first), -1, np.int64)
    node = np.column_stack([ref[first], ref[last]]).ravel()
    order = np.argsort(node, kind="stable")
    count = np.bincount(node, minlength=len(stop))
    a = np.flatnonzero((node[order][:-1] == node[order][1:]) & (count[node[order][:-1]] == 2))
    one, other = order[a], order[a + 1]
    way_one, way_other = way[first[one // 2]], way[first[other // 2]]
    fits = (one // 2 != other // 2) & (ways.kind[way_one] == ways.kind[way_other])
    # A one-way street goes on only from an end to a begin.
    fits &= ~ways.aligned[way_one] | (one % 2 != other % 2)
    fits &= ~stop[node[one]]
    link[one[fits]], link[other[fits]] = other[fits], one[fits]
    linked: list[int] = link.tolist()
    return linked


def _runs(link: list[int], pieces: int) -> list[list[tuple[int, bool]]]:
    """Return chains as pieces in driving order, each with whether it is driven forward."""
    done = [False] * pieces
    runs = []
    # Open chains from their first piece; what is then left are rings, which begin anywhere.
    heads = [piece for piece in range(pieces) if link[2 * piece] < 0]
    tails = [piece for piece in range(pieces) if link[2 * piece] >= 0 and link[2 * piece + 1] < 0]
    for piece, forward in (
        *((p, True) for p in heads),
        *((p, False) for p in tails),
        *((p, True) for p in range(pieces)),
    ):
        if done[piece]:
            continue
        run = []
        here, ahead = piece, forward
        while not done[here]:
            done[here] = True
            run.append((here, ahead))
            onward = link[2 * here + (_END if ahead else _BEGIN)]
            if onward < 0:
                break
            here, ahead = onward // 2, onward % 2 == _BEGIN
        runs.append(run)
    return runs
