"""From loose street pieces to a `RoadNetwork`: twins found, the largest strong component kept, order made canonical."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from patrolroute.errors import InputError
from patrolroute.roads.cuts import Cut
from patrolroute.roads.geometry import part_index, starts_of
from patrolroute.roads.network import RoadNetwork
from patrolroute.roads.restrictions import Restrictions
from patrolroute.roads.speeds import SpeedTable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from patrolroute.provenance import Provenance


@dataclass(frozen=True, eq=False, kw_only=True)
class Streets:
    """Directed street pieces as they were read: the columns of `RoadNetwork` before anything is cut.

    `length_m` is in metres and not rounded yet. `twin` is None where it is still to be found from the shapes.
    """

    node_id: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    tail: NDArray[np.int64]
    head: NDArray[np.int64]
    length_m: NDArray[np.float64]
    name: tuple[str, ...]
    highway: tuple[str, ...]
    maxspeed_kph: NDArray[np.float64]
    shape_start: NDArray[np.int64]
    shape_lonlat: NDArray[np.float64]
    twin: NDArray[np.int64] | None = None
    restrictions: Restrictions = field(default_factory=lambda: Restrictions(known=False))

    @classmethod
    def of(cls, network: RoadNetwork) -> Streets:
        """Return a network's columns."""
        return cls(
            node_id=network.node_id,
            lon=network.lon,
            lat=network.lat,
            tail=network.tail.astype(np.int64),
            head=network.head.astype(np.int64),
            length_m=network.length_dm / 10,
            name=network.name,
            highway=network.highway,
            maxspeed_kph=network.maxspeed_kph,
            shape_start=network.shape_start,
            shape_lonlat=network.shape_lonlat,
            twin=network.twin.astype(np.int64),
            restrictions=network.restrictions,
        )

    def touching(self, chosen: NDArray[np.bool_]) -> Streets:
        """Return the streets without the nodes that no chosen edge touches; edges that are not chosen lose their ends.

        So that they are not counted as cut off, who were never asked for.
        """
        touched = np.zeros(len(self.node_id), bool)
        touched[self.tail[chosen]] = touched[self.head[chosen]] = True
        position = np.cumsum(touched) - 1
        return replace(
            self,
            node_id=self.node_id[touched],
            lon=self.lon[touched],
            lat=self.lat[touched],
            tail=np.where(chosen, position[self.tail], 0),
            head=np.where(chosen, position[self.head], 0),
        )


def assemble(
    streets: Streets,
    *,
    provenance: Provenance,
    speeds: SpeedTable | None = None,
    closed: NDArray[np.bool_] | None = None,
    cut: Cut | None = None,
) -> RoadNetwork:
    """Return the network of the largest strong component of some streets.

    Parameters
    ----------
    streets : Streets
    provenance : Provenance
    speeds : SpeedTable, optional
    closed : bool array, shape (E,), optional
        Edges that are taken out before the component is found.
    cut : Cut, optional
        What had been cut before; this cut is added to it.

    Raises
    ------
    InputError
        When no street is left.
    """
    speeds = speeds or SpeedTable()
    before = cut or Cut()
    twin = find_twins(streets) if streets.twin is None else streets.twin
    open_edge = np.ones(len(streets.tail), bool) if closed is None else ~closed
    inside, components = _largest_component(streets, open_edge)
    kept = open_edge & inside[streets.tail] & inside[streets.head]
    if not kept.any():
        raise InputError(
            [
                f"{provenance.source}: no street is left of {len(streets.tail):,}; at least one must be driveable "
                "there and back. Take a larger extract, fewer closures, or check that streets are not all one-way."
            ]
        )
    cut = replace(
        before,
        nodes=before.nodes + int((~inside).sum()),
        edges=before.edges + int((open_edge & ~kept).sum()),
        components=components,
        closed_edges=before.closed_edges + int((~open_edge).sum()),
    )
    return _ordered(streets, twin, inside, kept, provenance=provenance, speeds=speeds, cut=cut)


def _largest_component(streets: Streets, open_edge: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], int]:
    n = len(streets.node_id)
    tail, head = streets.tail[open_edge], streets.head[open_edge]
    links = csr_array((np.ones(len(tail), np.int8), (tail, head)), shape=(n, n))
    count, label = connected_components(links, directed=True, connection="strong")
    size = np.bincount(label, minlength=count)
    # Of components with equally many nodes the one with more streets is kept: a lone node has none.
    streets_in = np.bincount(label[tail][label[tail] == label[head]], minlength=count)
    best = np.lexsort((-streets_in, -size))[0] if count else 0
    return label == best, int(count)


def _ordered(
    streets: Streets,
    twin: NDArray[np.int64],
    inside: NDArray[np.bool_],
    kept: NDArray[np.bool_],
    *,
    provenance: Provenance,
    speeds: SpeedTable,
    cut: Cut,
) -> RoadNetwork:
    nodes = np.flatnonzero(inside)
    nodes = nodes[np.argsort(streets.node_id[nodes], kind="stable")]
    new_node = np.full(len(inside), -1, np.int64)
    new_node[nodes] = np.arange(len(nodes))
    edges = np.flatnonzero(kept)
    edges = edges[np.lexsort((new_node[streets.head[edges]], new_node[streets.tail[edges]]))]
    new_edge = np.full(len(kept) + 1, -1, np.int64)
    new_edge[edges] = np.arange(len(edges))
    length_dm = np.ceil(streets.length_m[edges] * 10 - 1e-6).astype(np.int64)
    highway = tuple(streets.highway[e] for e in edges)
    maxspeed_kph = streets.maxspeed_kph[edges]
    return RoadNetwork(
        provenance=provenance,
        node_id=streets.node_id[nodes],
        lon=streets.lon[nodes],
        lat=streets.lat[nodes],
        tail=new_node[streets.tail[edges]].astype(np.int32),
        head=new_node[streets.head[edges]].astype(np.int32),
        length_dm=length_dm,
        time_ms=speeds.times_ms(length_dm, highway, maxspeed_kph),
        # A twin of -1 reads the last entry of `new_edge`, which no edge owns and which stays -1.
        twin=new_edge[twin[edges]].astype(np.int32),
        name=tuple(streets.name[e] for e in edges),
        highway=highway,
        maxspeed_kph=maxspeed_kph,
        shape_start=starts_of(np.diff(streets.shape_start)[edges]),
        shape_lonlat=streets.shape_lonlat[part_index(streets.shape_start, edges)],
        restrictions=streets.restrictions.remapped(new_edge),
        speeds=speeds,
        cut=cut,
    )


def find_twins(streets: Streets) -> NDArray[np.int64]:
    """Return for each edge the one that is the same street the other way, or -1.

    Twins join the same two nodes and have the same shape, read backwards, to 1e-6 degrees (11 cm). Of several with one
    shape those of equal rank by length and name belong together.
    """
    grid = np.round(streets.shape_lonlat * 1e6).astype(np.int64)
    start, tail, head = streets.shape_start.tolist(), streets.tail.tolist(), streets.head.tolist()
    waiting: dict[tuple[int, int, bytes], list[int]] = {}
    twin = np.full(len(tail), -1, np.int64)
    length = streets.length_m.tolist()
    for edge in sorted(range(len(tail)), key=lambda e: (length[e], streets.name[e])):
        shape = grid[start[edge] : start[edge + 1]]
        partners = waiting.get((head[edge], tail[edge], shape[::-1].tobytes()))
        if partners:
            other = partners.pop(0)
            twin[edge], twin[other] = other, edge
        else:
            waiting.setdefault((tail[edge], head[edge], shape.tobytes()), []).append(edge)
    return twin
