"""Small networks of straight edges, and points put on them."""

from __future__ import annotations

import math

import networkx as nx
import numpy as np
from hypothesis import strategies as st

from patrolroute.roads import Placed, RoadNetwork, SpeedTable, roads_from_graph

PACE = SpeedTable(kph={}, default_kph=36.0)
"""10 m/s: an edge of d decimetres takes 10 d milliseconds."""


def network_of(
    edges: list[tuple[int, int, float]], places: dict[int, tuple[float, float]] | None = None
) -> RoadNetwork:
    """Return a network of straight edges with given lengths in metres, its nodes on a circle of their own."""
    graph = nx.MultiDiGraph()
    for node in sorted({n for u, v, _ in edges for n in (u, v)}):
        x, y = (places or {}).get(node, (123.6 + 0.01 * math.cos(node), -10.17 + 0.01 * math.sin(node)))
        graph.add_node(node, x=x, y=y)
    for u, v, length in edges:
        graph.add_edge(u, v, length=length)
    return roads_from_graph(graph, speeds=PACE)


def at(network: RoadNetwork, spots: list[tuple[int, float]], access: list[int] | None = None) -> Placed:
    """Put points on edges by number and share, without a site beside the street."""
    edge = np.array([e for e, _ in spots], np.int32)
    fraction = np.array([f for _, f in spots], np.float64)
    ends = network.shape_lonlat[network.shape_start[edge]], network.shape_lonlat[network.shape_start[edge + 1] - 1]
    lon, lat = (ends[0] + fraction[:, None] * (ends[1] - ends[0])).T
    dm = np.array(access or [0] * len(spots), np.int64)
    # Sites lie apart, even where their stops are one, so that every drive is a drive; by no multiple of a simple share.
    site_lat = lat + math.sqrt(2) * 1e-9 * np.arange(len(spots))
    return Placed(
        ids=tuple(f"p{i}" for i in range(len(spots))),
        site_lon=lon,
        site_lat=site_lat,
        edge=edge,
        fraction=fraction,
        lon=lon,
        lat=lat,
        distance_m=dm / 10,
        access_dm=dm,
        access_ms=dm * 36,
    )


def edge_of(network: RoadNetwork, u: int, v: int) -> int:
    (found,) = np.flatnonzero((network.node_id[network.tail] == u) & (network.node_id[network.head] == v))
    return int(found)


def both_ways(*edges: tuple[int, int, float]) -> list[tuple[int, int, float]]:
    return [each for u, v, length in edges for each in ((u, v, length), (v, u, length))]


@st.composite
def cases(draw: st.DrawFn) -> tuple[RoadNetwork, Placed]:
    """Any small network that is strongly connected, and points anywhere on it."""
    n = draw(st.integers(2, 7))
    length = st.integers(0, 400).map(lambda dm: dm / 10)
    ring = [(i, (i + 1) % n, draw(length)) for i in range(n)]
    node = st.integers(0, n - 1)
    more = draw(st.lists(st.tuples(node, node, length, st.booleans()), max_size=14))
    # Some places coincide, so that edges have no extent; a two-way street may be longer one way.
    places = {i: (123.6 + 0.001 * draw(st.integers(0, 3)), -10.17 + 0.001 * draw(st.integers(0, 3))) for i in range(n)}
    edges = ring + [(u, v, x) for u, v, x, _ in more] + [(v, u, x) for u, v, x, two_way in more if two_way]
    network = network_of(edges, places)
    spot = st.tuples(
        st.integers(0, len(network.tail) - 1),
        st.one_of(st.sampled_from([0.0, 1.0, 0.5]), st.floats(0, 1, allow_subnormal=False)),
    )
    spots = draw(st.lists(spot, min_size=1, max_size=6))
    access = draw(st.lists(st.integers(0, 500), min_size=len(spots), max_size=len(spots)))
    return network, at(network, spots, access)
