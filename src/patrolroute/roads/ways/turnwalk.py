"""Whether driven legs obey the turn restrictions: a walk over their edges that shares nothing with the turn graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from patrolroute.roads.network import RoadNetwork
    from patrolroute.roads.ways.trace import Leg


def forbidden_turns(network: RoadNetwork, legs: Sequence[Leg]) -> list[str]:
    """Return each turn that legs take and may not, and each place where a leg's edges do not follow each other.

    The edges of all legs are read as one drive against the raw sequences of `network.restrictions`. Only a stop within
    a street begins the reading anew: a restriction over ways ends there, and its last street counts as the first of
    what comes. A stop at a junction does not.

    Parameters
    ----------
    network : RoadNetwork
    legs : sequence of Leg
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
    for leg, edge, breaks, joins in _edges_of(network, legs):
        if breaks:
            driven = []
        elif not joins:
            faults.append(
                f"the leg from {leg.origin!r} to {leg.destination!r} jumps onto {_street(network, edge)}; its streets "
                "do not follow each other."
            )
            driven = []
        driven.append(edge)
        for ban in bans.get(edge, ()):
            if tuple(driven[-len(ban) :]) == ban:
                way = " to ".join(_street(network, each) for each in ban)
                faults.append(
                    f"the leg from {leg.origin!r} to {leg.destination!r} turns from {way}, which is forbidden."
                )
    return faults


def _edges_of(network: RoadNetwork, legs: Sequence[Leg]) -> Iterator[tuple[Leg, int, bool, bool]]:
    """Yield each driven edge with its leg, whether a stop within a street lies before it, and whether it follows on."""
    before, until_dm = -1, 0
    for leg in legs:
        stretches = zip(leg.edges.tolist(), leg.edge_from_dm.tolist(), leg.edge_to_dm.tolist(), strict=True)
        for number, (edge, from_dm, to_dm) in enumerate(stretches):
            ended = before >= 0 and until_dm == int(network.length_dm[before])
            junction = ended and from_dm == 0 and int(network.head[before]) == int(network.tail[edge])
            yield leg, edge, number == 0 and not junction, junction
            before, until_dm = edge, to_dm


def _street(network: RoadNetwork, edge: int) -> str:
    name = network.name[edge]
    ends = f"node {network.node_id[network.tail[edge]]} to {network.node_id[network.head[edge]]}"
    return f"{name!r} ({ends})" if name else f"a street without a name ({ends})"
