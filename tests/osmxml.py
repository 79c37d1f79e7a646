"""Small OSM extracts as text."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

AT = {
    1: (0, 0), 2: (1, 0), 3: (2, 0), 4: (3, 0), 5: (3, 1), 6: (3, 2), 7: (2, 2), 8: (0, 2), 9: (0, 1), 10: (1.5, 3),
}  # fmt: skip
"""Nodes on a small grid; a step is a thousandth of a degree, about 110 m."""


def osm(
    ways: list[tuple[list[int], dict[str, str]]],
    *,
    at: dict[int, tuple[float, float]] | None = None,
    relations: list[tuple[list[tuple[str, str, int]], dict[str, str]]] | None = None,
) -> str:
    """Return an extract with some ways, numbered from 1, and relations, from 1001, of (role, type, id)."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6" generator="test">']
    for node, (x, y) in (at or AT).items():
        lines.append(f'<node id="{node}" version="1" lon="{123.6 + x / 1000:.7f}" lat="{-10.17 + y / 1000:.7f}"/>')
    for number, (nodes, tags) in enumerate(ways, start=1):
        lines.append(f'<way id="{number}" version="1">')
        lines += [f'<nd ref="{node}"/>' for node in nodes]
        lines += [f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items()]
        lines.append("</way>")
    for number, (members, tags) in enumerate(relations or [], start=1001):
        lines.append(f'<relation id="{number}" version="1">')
        lines += [f'<member type="{kind}" ref="{ref}" role="{role}"/>' for role, kind, ref in members]
        lines += [f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items()]
        lines.append("</relation>")
    return "\n".join([*lines, "</osm>"])
