"""Small street networks, and the best drives over them by trying all."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
import shapely
from hypothesis import strategies as st

from patrolroute.roads import RoadNetwork, SpeedTable, roads_from_graph
from patrolroute.roads.coverage.streets import area_streets

if TYPE_CHECKING:
    from patrolroute.roads.coverage.streets import AreaStreets, Ends

PACE = SpeedTable(kph={}, default_kph=36.0)
"""10 m/s: an edge of d decimetres takes 10 d milliseconds."""
EVERYWHERE = shapely.box(123, -11, 124, -10)


def network_of(edges: list[tuple[int, int, float, float]], places: dict[int, tuple[float, float]]) -> RoadNetwork:
    """Return a network of straight edges, each with its length in metres and its speed in km/h."""
    graph = nx.MultiDiGraph()
    for node, (x, y) in places.items():
        graph.add_node(node, x=x, y=y)
    for u, v, length, kph in edges:
        graph.add_edge(u, v, length=length, maxspeed=str(kph), highway="residential")
    return roads_from_graph(graph, speeds=PACE)


@st.composite
def networks(draw: st.DrawFn, *, nodes: int = 5, more: int = 5) -> RoadNetwork:
    """Any small network that is strongly connected: a ring or a two-way tree, and streets one way or both."""
    n = draw(st.integers(2, nodes))
    length, kph = st.integers(1, 40).map(float), st.sampled_from([18.0, 36.0])
    places = {i: (123.5 + 0.001 * i, -10.5 + 0.001 * (i * i % 7)) for i in range(n)}
    edges: list[tuple[int, int, float, float]] = []

    def street(u: int, v: int, both: bool) -> None:
        metres = draw(length)
        edges.append((u, v, metres, draw(kph)))
        if both:
            edges.append((v, u, metres, draw(kph)))

    if draw(st.booleans()):
        for i in range(n):
            street(i, (i + 1) % n, draw(st.booleans()))
    else:
        for i in range(1, n):
            street(draw(st.integers(0, i - 1)), i, True)
    node = st.integers(0, n - 1)
    for u, v, both in draw(st.lists(st.tuples(node, node, st.booleans()), max_size=more)):
        street(u, v, both)
    return network_of(edges, places)


def some_streets(network: RoadNetwork, keep: list[bool]) -> AreaStreets:
    """Return the streets whose flag is true, flags being repeated; at least one."""
    area = area_streets(network, EVERYWHERE)
    chosen = np.resize(np.array(keep), len(area.edge))
    chosen[0] |= not chosen.any()
    return area.only(chosen)


def least_ms(network: RoadNetwork, area: AreaStreets, ends: Ends) -> dict[int, int]:
    """Return the least milliseconds for each set of streets (as bits) that a drive can cover, by Dijkstra over states.

    A state is where the drive is and what it has covered: no flow, no cut, no order of streets.
    """
    bit = {int(edge): 1 << k for k, edge in enumerate(area.edge)}
    of_edge = [bit.get(e, bit.get(int(network.twin[e]), 0)) for e in range(len(network.tail))]
    leaving: dict[int, list[int]] = {}
    for edge, tail in enumerate(network.tail.tolist()):
        leaving.setdefault(tail, []).append(edge)
    best: dict[int, int] = {}
    starts = range(len(network.node_id)) if ends.start is None else [ends.start]
    for start in starts:
        seen: dict[tuple[int, int], int] = {}
        heap = [(0, start, 0)]
        while heap:
            ms, node, covered = heapq.heappop(heap)
            if (node, covered) in seen:
                continue
            seen[node, covered] = ms
            arrived = node == start if ends.closed else ends.end in {None, node}
            if arrived:
                best[covered] = min(best.get(covered, ms), ms)
            for edge in leaving.get(node, []):
                state = (int(network.head[edge]), covered | of_edge[edge])
                if state not in seen:
                    heapq.heappush(heap, (ms + int(network.time_ms[edge]), *state))
    return best


def least_ms_of_edges(network: RoadNetwork, edges: list[int], ends: Ends) -> int:
    """Return the least milliseconds of a drive along all given edges, each in its direction."""
    alone = {edge: 1 << k for k, edge in enumerate(edges)}
    starts = range(len(network.node_id)) if ends.start is None else [ends.start]
    goal, best = (1 << len(edges)) - 1, 2**60
    for start in starts:
        seen: set[tuple[int, int]] = set()
        heap = [(0, start, 0)]
        while heap:
            ms, node, covered = heapq.heappop(heap)
            if (node, covered) in seen:
                continue
            seen.add((node, covered))
            if covered == goal and (node == start if ends.closed else ends.end in {None, node}):
                best = min(best, ms)
                break
            for edge in np.flatnonzero(network.tail == node).tolist():
                state = (int(network.head[edge]), covered | alone.get(edge, 0))
                if state not in seen:
                    heapq.heappush(heap, (ms + int(network.time_ms[edge]), *state))
    return best
