"""The directed rural postman: arcs that must be driven, the cheapest ways between them, and the walk along all."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from ortools.graph.python import min_cost_flow
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra, minimum_spanning_tree

from patrolroute.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

_OFTEN = 1_000_000
"""More often than any walk takes one arc."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Postman:
    """A closed walk that is wanted on a graph: every wanted street at least once, in either of its directions.

    A arcs, S streets. An arc is one direction of a street. A walk from one node to another is closed by an arc of no
    cost that leads back; see `open_between`.

    Parameters
    ----------
    nodes : int
    tail, head : int64 array, shape (A,)
    cost_ms : int64 array, shape (A,)
        0 or more.
    street : int64 array, shape (A,)
        Street that each arc is a direction of.
    wanted : bool array, shape (S,)
        Streets that must be driven; the others may be.
    root : int
        A node that the walk must pass.
    added : int
        Arcs at the end of the arrays that are no streets: they make a free choice of nodes and, the last of them, close
        the walk. Each may be taken once.
    """

    nodes: int
    tail: NDArray[np.int64]
    head: NDArray[np.int64]
    cost_ms: NDArray[np.int64]
    street: NDArray[np.int64]
    wanted: NDArray[np.bool_]
    root: int
    added: int = 0

    @property
    def most(self) -> NDArray[np.int64]:
        """How often each arc may be driven, shape (A,)."""
        most = np.full(len(self.tail), _OFTEN, np.int64)
        most[len(most) - self.added :] = 1
        return most


@dataclass(frozen=True, eq=False, kw_only=True)
class Cover:
    """How often each arc is driven, and how good that is.

    Parameters
    ----------
    count : int64 array, shape (A,)
    cost_ms : int
    lower_ms : int
        No walk that drives what is wanted costs less.
    """

    count: NDArray[np.int64]
    cost_ms: int
    lower_ms: int

    @property
    def proved(self) -> bool:
        """Whether no walk is cheaper."""
        return self.lower_ms >= self.cost_ms


def open_between(problem: Postman, start: int | None, end: int | None, among: NDArray[np.int64]) -> Postman:
    """Return the closed problem whose walks, cut at the arc that closes them, lead from start to end.

    Parameters
    ----------
    problem : Postman
        Without added arcs.
    start, end : int or None
        None leaves the choice of the node, one of `among`.
    among : int64 array
    """
    nodes, tails, heads = problem.nodes, [problem.tail], [problem.head]
    if start is None:
        tails.append(np.full(len(among), nodes))
        heads.append(among)
        start, nodes = nodes, nodes + 1
    if end is None:
        tails.append(among)
        heads.append(np.full(len(among), nodes))
        end, nodes = nodes, nodes + 1
    tail = np.append(np.concatenate(tails), end).astype(np.int64)
    head = np.append(np.concatenate(heads), start).astype(np.int64)
    more, streets = len(tail) - len(problem.tail), len(problem.wanted)
    wanted = np.append(problem.wanted, np.arange(more) == more - 1)
    return Postman(
        nodes=nodes,
        tail=tail,
        head=head,
        cost_ms=np.append(problem.cost_ms, np.zeros(more, np.int64)),
        street=np.append(problem.street, streets + np.arange(more)),
        wanted=wanted,
        root=start,
        added=more,
    )


def balance(problem: Postman, needed: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how often each arc is driven at least cost, shape (A,), if each must be driven `needed` times or more.

    What is missing at a node comes by the cheapest flow over all arcs (Edmonds and Johnson 1973, 10.1007/BF01580113).

    Raises
    ------
    InputError
        When no flow can balance the arcs: some of them cannot be reached from others. Or when they are too long or too
        many for the flow's whole numbers.
    """
    n, arcs = problem.nodes, len(problem.tail)
    surplus = np.bincount(problem.head, weights=needed, minlength=n) - np.bincount(
        problem.tail, weights=needed, minlength=n
    )
    flow = min_cost_flow.SimpleMinCostFlow()
    flow.add_arcs_with_capacity_and_unit_cost(
        problem.tail.astype(np.int32), problem.head.astype(np.int32), problem.most - needed, problem.cost_ms
    )
    flow.set_nodes_supplies(np.arange(n, dtype=np.int32), surplus.astype(np.int64))
    status = flow.solve()
    if status == flow.INFEASIBLE:
        raise InputError(["streets: some of them cannot be reached from others; expected one strong component."])
    if status in {flow.BAD_COST_RANGE, flow.BAD_CAPACITY_RANGE}:
        longest = int(problem.cost_ms.max())
        fault = (
            f"streets: {arcs:,} ways of up to {longest:,} ms are beyond what a flow can add up; take fewer or shorter."
        )
        raise InputError([fault])
    if status != flow.OPTIMAL:
        raise RuntimeError(f"the flow that balances streets ended with {status}")
    count: NDArray[np.int64] = needed + flow.flows(np.arange(arcs))
    return count


def pieces(problem: Postman, count: NDArray[np.int64]) -> tuple[int, NDArray[np.int32]]:
    """Return into how many pieces the driven arcs and the root fall, and the piece of each node; -1 for no piece."""
    driven = np.flatnonzero(count > 0)
    ends = (problem.tail[driven], problem.head[driven])
    links = csr_array((np.ones(len(driven), np.int8), ends), shape=(problem.nodes, problem.nodes))
    _, label = connected_components(links, directed=False)
    used = np.zeros(problem.nodes, bool)
    used[np.concatenate([*ends, [problem.root]])] = True
    names, piece = np.unique(label[used], return_inverse=True)
    of_node = np.full(problem.nodes, -1, np.int32)
    of_node[used] = piece
    return len(names), of_node


def join(problem: Postman, needed: NDArray[np.int64], count: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how often each arc is driven when the pieces of a balanced solution are joined.

    Pieces are linked by a spanning tree of the cheapest ways there and back; of each the way there becomes needed, and
    the flow balances anew. Twice, since the links may have made others superfluous.

    Parameters
    ----------
    problem : Postman
    needed, count : int64 array, shape (A,)
        What must be driven, and a balanced solution of it.
    """
    number, piece = pieces(problem, count)
    if number == 1:
        return count
    linked = np.maximum(needed, _links(problem, number, piece))
    joined = balance(problem, linked)
    return joined if pieces(problem, joined)[0] == 1 else join(problem, linked, joined)


def _links(problem: Postman, number: int, piece: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return 1 for arcs on the cheapest ways of a spanning tree of the pieces, shape (A,)."""
    # A piece is one node: numbers 0 to number - 1, the nodes of no piece behind them.
    node = np.where(piece >= 0, piece, number + np.arange(problem.nodes))
    size = number + problem.nodes
    usable = np.flatnonzero((problem.most > 1) & (node[problem.tail] != node[problem.head]))
    key = node[problem.tail[usable]].astype(np.int64) * size + node[problem.head[usable]]
    order = np.lexsort((problem.cost_ms[usable], key))
    first = order[np.append(True, np.diff(key[order]) > 0)]
    arc = usable[first]
    tail, head = node[problem.tail[arc]], node[problem.head[arc]]
    # Twice the cost and one: an arc of no cost is still an arc.
    graph = csr_array((2.0 * problem.cost_ms[arc] + 1, (tail, head)), shape=(size, size))
    away, before = dijkstra(graph, indices=np.arange(number), return_predecessors=True)
    away = away[:, :number]
    tree = minimum_spanning_tree(csr_array(np.triu(np.where(np.isfinite(away + away.T), away + away.T, 0), 1))).tocoo()
    lookup = dict(zip((tail.astype(np.int64) * size + head).tolist(), arc.tolist(), strict=True))
    linked = np.zeros(len(problem.tail), np.int64)
    for a, b in zip(tree.row.tolist(), tree.col.tolist(), strict=True):
        here = b
        while here != a:
            previous = int(before[a, here])
            linked[lookup[previous * size + here]] = 1
            here = previous
    return linked


def cover_arcs(problem: Postman, needed: NDArray[np.int64]) -> Cover:
    """Return a cheap walk that drives given arcs in their direction.

    Parameters
    ----------
    problem : Postman
        Its wanted streets are not looked at.
    needed : int64 array, shape (A,)
        How often each arc must be driven at least.

    Returns
    -------
    Cover
        The cheapest, and proved so, wherever the needed arcs hang together once they are balanced; else the pieces are
        joined cheaply, and the bound is the cost before that.
    """
    balanced = balance(problem, needed)
    lower_ms = int(balanced @ problem.cost_ms)
    joined = join(problem, needed, balanced)
    return Cover(count=joined, cost_ms=int(joined @ problem.cost_ms), lower_ms=lower_ms)


def walk(problem: Postman, count: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the arcs of a walk that drives each arc as often as told, in order; it begins and ends at the root.

    Added arcs are left out, so that an open walk leads from its start to its end. Hierholzer's algorithm
    (10.1007/BF01442866).

    Parameters
    ----------
    problem : Postman
    count : int64 array, shape (A,)
        Balanced and in one piece with the root.

    Raises
    ------
    ValueError
        When the arcs make no such walk.
    """
    leaving: list[list[int]] = [[] for _ in range(problem.nodes)]
    driven = np.flatnonzero(count)
    times, tails = count[driven].tolist(), problem.tail[driven].tolist()
    for arc, often, tail in zip(driven.tolist(), times, tails, strict=True):
        leaving[tail].extend([arc] * often)
    if problem.added:
        # The closing arc leads to the root, where the walk begins, so it is the last.
        leaving[problem.tail[-1]].remove(len(problem.tail) - 1)
    head = problem.head.tolist()
    stack, order = [(problem.root, -1)], []
    while stack:
        node, arc = stack[-1]
        if leaving[node]:
            after = leaving[node].pop()
            stack.append((head[after], after))
        else:
            order.append(arc)
            stack.pop()
    order = order[-2::-1]
    if len(order) != int(count.sum()) - (problem.added > 0):
        raise ValueError("the arcs are not in one piece with the root")
    arcs = np.array(order, np.int64)
    return arcs[arcs < len(problem.tail) - problem.added]


def with_directions(problem: Postman, count: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return 1 for one arc of each wanted street, shape (A,): the one driven more, and of equals the cheaper."""
    order = np.lexsort((problem.cost_ms, -np.round(count, 6), problem.street))
    first = order[np.append(True, np.diff(problem.street[order]) > 0)]
    needed = np.zeros(len(problem.tail), np.int64)
    needed[first[problem.wanted[problem.street[first]]]] = 1
    return needed


def arcs_as_streets(problem: Postman, needed: NDArray[np.int64]) -> Postman:
    """Return the problem in which every arc is a street of its own, wanted if it is needed."""
    return replace(problem, street=np.arange(len(problem.tail)), wanted=needed > 0)
