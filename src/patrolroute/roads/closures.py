"""Streets that are taken out before anything is routed."""

from __future__ import annotations

import difflib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from patrolroute.errors import Faults, InputError
from patrolroute.roads.assemble import Streets, assemble
from patrolroute.roads.cuts import Closed
from patrolroute.roads.sources.graphs import names_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from patrolroute.roads.network import RoadNetwork
    from patrolroute.scenario.model import Closures

_MOST_HINTS = 20
_MOST_NAMES = 5


def close(network: RoadNetwork, closures: Closures) -> RoadNetwork:
    """Return what is left of a network; see `RoadNetwork.with_closures`."""
    if not closures:
        return network
    if network.pace is not None:
        raise InputError(["closures: these streets have a pace already; close streets first, then make others slower."])
    faults = Faults()
    closed = np.zeros(len(network.tail), bool)
    closed |= _by_name(network, closures.streets, faults)
    closed |= _by_nodes(network, closures.edges, faults)
    closed |= _by_polygons(network, closures.polygons, faults)
    faults.raise_if_any()
    left = assemble(
        Streets.of(network), provenance=network.provenance, speeds=network.speeds, closed=closed, cut=network.cut
    )
    before, words = network, _words(closures)
    if network.closed is not None:
        before, words = network.closed.before, f"{network.closed.words} and {words}"
    return replace(left, closed=Closed(before=before, words=words))


def _words(closures: Closures) -> str:
    """Return what is closed: streets by name as long as they are few."""
    parts = [repr(street) for street in closures.streets[:_MOST_NAMES]]
    counts = (
        (len(closures.streets) - len(parts), "more street"),
        (len(closures.edges), "edge"),
        (len(closures.polygons), "area"),
    )
    parts += [f"{count:,} {what}{'s' if count > 1 else ''}" for count, what in counts if count > 0]
    return ", ".join(parts[:-1]) + (" and " if len(parts) > 1 else "") + parts[-1]


def _by_name(network: RoadNetwork, streets: tuple[str, ...], faults: Faults) -> NDArray[np.bool_]:
    closed = np.zeros(len(network.tail), bool)
    for number, (street, found) in enumerate(zip(streets, edges_named(network, streets), strict=True)):
        closed[found] = True
        if not len(found):
            # Looking for likely names takes a moment in a large city; a planner mends the first ones first.
            hint = likely_names(network, street) if number < _MOST_HINTS else "no name comes close."
            faults.add(f"closures: no street is named {street!r}; {hint}")
    return closed


def edges_named(network: RoadNetwork, streets: Sequence[str]) -> list[NDArray[np.int64]]:
    """Return the edges of each name, whatever its capitals; none where no street has it."""
    wanted: dict[str, list[int]] = {_folded(street): [] for street in streets}
    for edge, name in enumerate(network.name):
        for part in names_in(name) if name else ():
            if (folded := _folded(part)) in wanted:
                wanted[folded].append(edge)
    return [np.array(wanted[_folded(street)], np.int64) for street in streets]


def likely_names(network: RoadNetwork, street: str) -> str:
    """Return a hint at the street names that come close to one that the network does not have."""
    spelled: dict[str, str] = {}
    for name in dict.fromkeys(network.name):
        for part in names_in(name) if name else ():
            spelled.setdefault(_folded(part), part)
    near = difflib.get_close_matches(_folded(street), spelled, n=3, cutoff=0.75)
    return f"did you mean {' or '.join(repr(spelled[each]) for each in near)}?" if near else "no name comes close."


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def _by_nodes(network: RoadNetwork, pairs: tuple[tuple[int, int], ...], faults: Faults) -> NDArray[np.bool_]:
    closed = np.zeros(len(network.tail), bool)
    if not pairs:
        return closed
    tail_id, head_id = network.node_id[network.tail], network.node_id[network.head]
    for u, v in pairs:
        found = (tail_id == u) & (head_id == v)
        if not found.any():
            faults.add(f"closures: no edge leads from node {u} to node {v} in the network; look both up on the map.")
        closed |= found
    return closed


def _by_polygons(
    network: RoadNetwork, rings: tuple[tuple[tuple[float, float], ...], ...], faults: Faults
) -> NDArray[np.bool_]:
    closed = np.zeros(len(network.tail), bool)
    if not rings:
        return closed
    tree = shapely.STRtree(network.lines)
    polygons = np.array([shapely.Polygon(ring) for ring in rings], object)
    ring, edge = tree.query(polygons, predicate="intersects")
    closed[edge] = True
    west, south, east, north = network.bounds
    for number in sorted(set(range(len(rings))) - set(ring.tolist())):
        faults.add(
            f"closures: polygon {number + 1} touches no street; the streets lie within lon {west:.4f} to {east:.4f}, "
            f"lat {south:.4f} to {north:.4f}. Check that corners are lon, lat, or leave it out."
        )
    return closed
