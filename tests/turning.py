"""Small towns with forbidden turns, and places put on their edges."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import strategies as st

from osmxml import osm
from patrolroute.errors import InputError
from patrolroute.roads import Placed, RoadNetwork, read_roads, roads_from_graph, trace_legs, turn_graph
from patrolroute.roads.restrictions import Restrictions
from streets import town

if TYPE_CHECKING:
    from pathlib import Path


def put(network: RoadNetwork, spots: list[tuple[int, float]]) -> Placed:
    """Return places on edges, each some share along, with no way between place and street."""
    edge = np.array([edge for edge, _ in spots], np.int32)
    fraction = np.array([share for _, share in spots], np.float64)
    n = len(spots)
    lon = 123.6 + np.arange(n) * 1e-4
    zero = np.zeros(n, np.int64)
    return Placed(
        ids=tuple(f"p{i}" for i in range(n)),
        site_lon=lon, site_lat=np.full(n, -10.18), edge=edge, fraction=fraction, lon=lon, lat=np.full(n, -10.18),
        distance_m=np.zeros(n), access_dm=zero, access_ms=zero,
    )  # fmt: skip


Spots = list[tuple[int, float]]


@st.composite
def restricted_towns(draw: st.DrawFn) -> tuple[RoadNetwork, Spots]:
    """A small town, places in it, and forbidden sequences of two to four edges, most on the ways that were fastest."""
    network = roads_from_graph(town(3, 3, one_way=draw(st.booleans())))
    edges = st.integers(0, len(network.tail) - 1)
    spots = draw(st.lists(st.tuples(edges, st.floats(0.05, 0.95)), min_size=2, max_size=4))
    # `put` may stand on the second of twins; the search stands where the package does.
    spots = [(e, f) if network.street[e] else (int(network.twin[e]), 1 - f) for e, f in spots]
    placed = put(network, spots)
    sequences: list[tuple[int, ...]] = []
    for _ in range(draw(st.integers(0, 6))):
        network = replace(network, restrictions=Restrictions.of(sequences, list(range(1, len(sequences) + 1))))
        pair = draw(st.sampled_from(list(itertools.permutations(placed.ids, 2))))
        try:
            way = trace_legs(network, placed, [pair], turns=turn_graph(network))[0].edges.tolist()
        except InputError:
            break
        size = draw(st.integers(2, 4))
        if len(way) >= size:
            first = draw(st.integers(0, len(way) - size))
            sequences.append(tuple(way[first : first + size]))
    sequences = list(dict.fromkeys(sequences))
    return replace(network, restrictions=Restrictions.of(sequences, list(range(1, len(sequences) + 1)))), spots


def crossing(folder: Path, *relations: tuple[list[tuple[str, str, int]], dict[str, str]]) -> RoadNetwork:
    """Return a street from 1 over 5 to 9, and a lane from 5 to its dead end at 7."""
    ways = [([1, 5], {"highway": "primary"}), ([5, 9], {"highway": "secondary"}), ([5, 7], {"highway": "residential"})]
    at = {1: (0, 0), 5: (1, 0), 9: (2, 0), 7: (1, 1)}
    path = folder / "crossing.osm"
    path.write_text(osm(ways, at=at, relations=list(relations)))
    return read_roads(path)


def edge_of(network: RoadNetwork, u: int, v: int) -> int:
    tail, head = network.node_id[network.tail], network.node_id[network.head]
    return int(np.flatnonzero((tail == u) & (head == v))[0])
