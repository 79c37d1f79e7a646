"""A small town of straight streets, as an OSMnx graph."""

from __future__ import annotations

import networkx as nx

LON, LAT = 123.60, -10.18
STEP_DEG = 0.002
"""About 220 m."""


def town(rows: int = 5, columns: int = 5, *, one_way: bool = False) -> nx.MultiDiGraph[int]:
    """Return a grid: streets named "Jalan 1" and so on run east, "Gang 1" and so on run north.

    With `one_way`, the eastern streets can be driven eastwards only, but for the first and the last.
    """
    graph = nx.MultiDiGraph(crs="epsg:4326")
    for r in range(rows):
        for c in range(columns):
            graph.add_node(r * columns + c, x=LON + c * STEP_DEG, y=LAT + r * STEP_DEG)
    for r in range(rows):
        for c in range(columns):
            here = r * columns + c
            if c + 1 < columns:
                both = not one_way or r in {0, rows - 1}
                _street(graph, here, here + 1, f"Jalan {r + 1}", both=both)
            if r + 1 < rows:
                _street(graph, here, here + columns, f"Gang {c + 1}", both=True)
    return graph


def _street(graph: nx.MultiDiGraph[int], u: int, v: int, name: str, *, both: bool) -> None:
    facts = {"osmid": u * 1000 + v, "highway": "residential", "name": name, "length": 220.0, "oneway": not both}
    graph.add_edge(u, v, **facts, reversed=False)
    if both:
        graph.add_edge(v, u, **facts, reversed=True)


def corner(row: int, column: int) -> dict[str, float]:
    """Return lon and lat of a corner, counted from 0."""
    return {"lon": LON + column * STEP_DEG, "lat": LAT + row * STEP_DEG}
