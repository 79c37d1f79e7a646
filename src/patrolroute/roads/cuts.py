"""What was left out of a network: cut off, outside an area, or closed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from patrolroute.errors import Faults

if TYPE_CHECKING:
    from patrolroute.roads.network import RoadNetwork


@dataclass(frozen=True, kw_only=True)
class Cut:
    """What was left out of a network, and why.

    Parameters
    ----------
    nodes, edges : int
        Outside the largest strongly connected component: from there one could not drive back.
    components : int
        Strongly connected components that were found, the kept one among them.
    closed_edges : int
        Taken out by closures.
    outside : int
        Streets (ways of an OSM file) that do not touch the area asked for.
    """

    nodes: int = 0
    edges: int = 0
    components: int = 1
    closed_edges: int = 0
    outside: int = 0

    def __post_init__(self) -> None:
        faults = Faults()
        for name, count in vars(self).items():
            if not isinstance(count, int) or isinstance(count, bool) or count < 0:
                faults.add(f"cut: {name} is {count!r}; expected a whole number, 0 or more.")
        faults.raise_if_any()

    @property
    def statement(self) -> str:
        """One sentence for a planner."""
        if not (self.nodes or self.edges or self.closed_edges or self.outside):
            return "nothing was cut"
        parts = []
        if self.outside:
            parts.append(f"{self.outside:,} streets outside the area")
        if self.closed_edges:
            parts.append(f"{self.closed_edges:,} edges closed")
        if self.nodes or self.edges:
            parts.append(
                f"{self.nodes:,} nodes and {self.edges:,} edges cut that cannot be driven to and back from "
                f"(largest of {self.components:,} strong components kept)"
            )
        return "; ".join(parts)


@dataclass(frozen=True, eq=False, kw_only=True)
class Closed:
    """What closures were made to.

    Parameters
    ----------
    before : RoadNetwork
        The streets with nothing closed.
    words : str
        What was closed: "'Jalan Palapa' and 1 area".
    """

    before: RoadNetwork
    words: str
