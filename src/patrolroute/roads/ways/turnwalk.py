"""Whether driven legs and beats obey the turn restrictions: a walk that shares nothing with the turn graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from patrolroute.roads.network import RoadNetwork
    from patrolroute.roads.ways.trace import Leg


@dataclass(frozen=True, eq=False, kw_only=True)
class DrivenBeat:
    """A beat between two legs, K edges long: nobody stops where it begins and where it ends.

    Parameters
    ----------
    id : str
    edges : int array, shape (K,)
        Edges of the network in driving order, each driven whole. The leg before may end on the first of them, and the
        leg behind begin on the last.
    """

    id: str
    edges: NDArray[np.integer]


def forbidden_turns(network: RoadNetwork, legs: Sequence[Leg | DrivenBeat]) -> list[str]:
    """Return each turn that legs and beats take and may not, and each place where their edges do not follow each other.

    The edges of all are read as one drive against the raw sequences of `network.restrictions`. Only a stop within a
    street begins the reading anew: a restriction over ways ends there, and its last street counts as the first of what
    comes. A stop at a junction does not, nor does a beat.

    Parameters
    ----------
    network : RoadNetwork
    legs : sequence of Leg or DrivenBeat
        Of one vehicle, in driving order.

    Returns
    -------
    list of str
        A sentence each, without who drives; empty where all is obeyed.
    """
    bans: dict[int, list[tuple[int, ...]]] = {}
    for sequence in network.restrictions.sequences:
        bans.setdefault(sequence[-1], []).append(sequence)
    faults: list[str] = []
    driven: list[int] = []
    for who, edge, breaks, joins in _edges_of(network, legs):
        if breaks:
            driven = []
        elif not joins:
            faults.append(f"{who} jumps onto {_street(network, edge)}; its streets do not follow each other.")
            driven = []
        driven.append(edge)
        for ban in bans.get(edge, ()):
            if tuple(driven[-len(ban) :]) == ban:
                way = " to ".join(_street(network, each) for each in ban)
                faults.append(f"{who} turns from {way}, which is forbidden.")
    return faults


def _edges_of(network: RoadNetwork, legs: Sequence[Leg | DrivenBeat]) -> Iterator[tuple[str, int, bool, bool]]:
    """Yield each driven edge with who drives it, whether a stop lies before it within a street, and whether it follows.

    What a leg and a beat drive of one edge is one.
    """
    before, until_dm, through = -1, 0, False
    for leg in legs:
        beat = isinstance(leg, DrivenBeat)
        for number, (edge, from_dm, to_dm) in enumerate(_stretches(network, leg)):
            meets = number == 0 and (beat or through)
            ended = before >= 0 and until_dm == int(network.length_dm[before])
            junction = ended and from_dm == 0 and int(network.head[before]) == int(network.tail[edge])
            if not (meets and edge == before and (not ended or from_dm > 0)):
                stops = number == 0 and not junction and (before < 0 or not meets)
                yield _who(leg), edge, stops, junction
            before, until_dm = edge, to_dm
        through = beat


def _stretches(network: RoadNetwork, leg: Leg | DrivenBeat) -> Iterator[tuple[int, int, int]]:
    """Yield edge, from and to decimetres."""
    if isinstance(leg, DrivenBeat):
        for edge in leg.edges.tolist():
            yield edge, 0, int(network.length_dm[edge])
    else:
        yield from zip(leg.edges.tolist(), leg.edge_from_dm.tolist(), leg.edge_to_dm.tolist(), strict=True)


def _who(leg: Leg | DrivenBeat) -> str:
    if isinstance(leg, DrivenBeat):
        return f"beat {leg.id!r}"
    return f"the leg from {leg.origin!r} to {leg.destination!r}"


def _street(network: RoadNetwork, edge: int) -> str:
    name = network.name[edge]
    ends = f"node {network.node_id[network.tail[edge]]} to {network.node_id[network.head[edge]]}"
    return f"{name!r} ({ends})" if name else f"a street without a name ({ends})"
