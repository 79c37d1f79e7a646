"""GraphML as OSMnx writes it, read without trusting it."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

import networkx as nx
import shapely

from patrolroute.errors import InputError
from patrolroute.roads.sources.xmlguard import GuardedParser, XmlError

if TYPE_CHECKING:
    from pathlib import Path

_BLOCK = 1 << 20
_MAX_TEXT = 4_000_000
"""Characters of one value: a line of fifty thousand points is shorter."""
_MAX_LIST = 20_000
_LINESTRING = re.compile(r"\s*LINESTRING\s*(?:Z|M|ZM)?\s*\(([-+0-9.eE,\s]+)\)\s*", re.IGNORECASE)


def read_graphml(path: Path) -> nx.MultiDiGraph[Any]:
    """Return the graph of a GraphML file: text as its attributes, LineStrings as geometry.

    The file is read as a stream. A document type is refused, since entities in it could expand without bound; lists are
    read as literals, and nothing is evaluated.

    Raises
    ------
    InputError
        When the file is no GraphML of a directed graph, or is cut off or damaged.
    """
    reader = _Reader()
    parser = GuardedParser(reader)
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                parser.feed(block)
        parser.feed(b"")
    except XmlError as error:
        raise InputError(
            [f"{path.name}: no sound GraphML of a road graph ({error}); expected it as osmnx.save_graphml writes it."]
        ) from None
    return reader.graph(path.name)


class _Reader:
    """The parser's handlers, and what they have gathered."""

    def __init__(self) -> None:
        self.about: dict[str, Any] = {}
        self.nodes: dict[Any, dict[str, Any]] = {}
        self.edges: list[tuple[Any, Any, dict[str, Any]]] = []
        self._depth = 0
        self._graphs = 0
        self._names: dict[str, str] = {}
        self._owner = self.about
        self._key: str | None = None
        self._text: list[str] = []
        self._size = 0

    def begin(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        if self._depth == 0 and tag != "graphml":
            raise ValueError(f"found <{tag[:40]}> where <graphml> was expected; this is another kind of XML")
        self._depth += 1
        if self._depth > 20:
            raise ValueError("tags are nested more than 20 deep; this is no road graph")
        if tag == "key":
            self._names[_needed(attributes, tag, "id")] = attributes.get("attr.name", "")
        elif tag == "graph":
            self._graphs += 1
            if self._graphs > 1:
                raise ValueError("a second <graph>; expected one")
            if attributes.get("edgedefault") != "directed":
                raise ValueError("the graph is undirected; one-way streets are lost in it. save OSMnx's directed graph")
        elif tag == "node":
            node = _node(_needed(attributes, tag, "id"))
            if node in self.nodes:
                raise ValueError(f"node {node} stands twice")
            self._owner = self.nodes[node] = {}
        elif tag == "edge":
            self._owner = {}
            source, target = _needed(attributes, tag, "source"), _needed(attributes, tag, "target")
            self.edges.append((_node(source), _node(target), self._owner))
        elif tag == "data":
            key = _needed(attributes, tag, "key")
            self._key, self._text, self._size = self._names.get(key, key), [], 0

    def end(self, tag: str) -> None:
        tag = tag.rpartition(":")[2]
        self._depth -= 1
        if tag == "data" and self._key is not None:
            self._owner[self._key] = _value("".join(self._text))
            self._key = None
        elif tag in ("node", "edge"):
            self._owner = self.about

    def text(self, text: str) -> None:
        if self._key is None:
            return
        self._size += len(text)
        if self._size > _MAX_TEXT:
            raise ValueError(f"a value of more than {_MAX_TEXT:,} characters; this is no road graph")
        self._text.append(text)

    def graph(self, where: str) -> nx.MultiDiGraph[Any]:
        """Return what was gathered as a graph."""
        if not self._graphs:
            raise InputError([f"{where}: no <graph> in it; expected GraphML as osmnx.save_graphml writes it."])
        strangers = [f"{u}->{v}" for u, v, _ in self.edges if u not in self.nodes or v not in self.nodes]
        if strangers:
            more = f" and {len(strangers) - 5:,} more" if len(strangers) > 5 else ""
            names = ", ".join(name[:60] for name in strangers[:5])
            raise InputError([f"{where}: edges {names}{more} join nodes that are not in the file; it is cut off."])
        for _, _, data in self.edges:
            if "geometry" in data:
                data["geometry"] = _line(data["geometry"])
        graph: nx.MultiDiGraph[Any] = nx.MultiDiGraph()
        graph.graph.update(self.about)
        graph.add_nodes_from(self.nodes.items())
        graph.add_edges_from(self.edges)
        return graph


def _needed(attributes: dict[str, str], tag: str, name: str) -> str:
    if name not in attributes:
        raise ValueError(f"<{tag}> has no {name!r}")
    return attributes[name]


def _line(text: Any) -> Any:
    """Return the LineString that a well-known text tells, else the text, which the graph's reader then refuses.

    Numbers are split here because GEOS takes a hundred times as long to read them.
    """
    if not isinstance(text, str) or not (match := _LINESTRING.fullmatch(text)):
        return text
    try:
        numbers = [[float(number) for number in point.split()] for point in match[1].split(",")]
        return shapely.LineString([point[:2] for point in numbers])
    except (ValueError, shapely.errors.GEOSException):
        return text


def _node(text: str) -> int | str:
    try:
        number = int(text)
    except ValueError:
        return text[:100]
    return number if abs(number) < 2**63 else text[:100]


def _value(text: str) -> Any:
    """Return a list for the text of one, else the text."""
    text = text.strip()
    if not (text.startswith("[") and text.endswith("]") and len(text) <= _MAX_LIST):
        return text
    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return text
    return found
