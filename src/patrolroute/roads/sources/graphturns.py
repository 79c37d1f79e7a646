"""Turn restrictions as one text among a graph's attributes, which survives GraphML."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from patrolroute.errors import InputError
from patrolroute.roads.restrictions import LOST, Restrictions, lost_relations

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

TURNS = "turn_restrictions"
"""The graph's attribute."""


def write_turns(restrictions: Restrictions, pairs: Sequence[tuple[int, int]]) -> str:
    """Return restrictions as JSON, or nothing where they are not known.

    An edge is named by its two nodes and, since streets may be parallel, its rank among the edges between them.

    Parameters
    ----------
    restrictions : Restrictions
    pairs : sequence of (int, int)
        Nodes of each edge.
    """
    if not restrictions.known:
        return ""
    names = [list(name) for name in _names(pairs)]
    turns = [
        [relation, [names[edge] for edge in sequence]]
        for relation, sequence in zip(restrictions.relation.tolist(), restrictions.sequences, strict=True)
    ]
    return json.dumps({"turns": turns, "skipped": dict(restrictions.skipped)})


def read_turns(text: Any, pairs: Sequence[tuple[Hashable, Hashable]], where: str) -> Restrictions:
    """Return the restrictions that `write_turns` wrote; without its text they are not known.

    Those of edges that are not there any more are left out and counted. Nodes may have become texts on the way.

    Raises
    ------
    InputError
        When the text says anything else.
    """
    if text is None or text == "":
        return Restrictions(known=False)
    position = {name: edge for edge, name in enumerate(_names([(str(u), str(v)) for u, v in pairs]))}
    try:
        told = json.loads(text)
        found, relations, gone = [], [], []
        for relation, sequence in told["turns"]:
            edges = [position.get((str(u), str(v), rank), -1) for u, v, rank in sequence]
            if min(edges) >= 0:
                found.append(edges)
                relations.append(int(np.int64(relation)))
            else:
                gone.append(int(np.int64(relation)))
        skipped = {str(reason)[:100]: count for reason, count in told["skipped"].items()}
        if lost := lost_relations(gone, relations):
            skipped[LOST] = skipped.get(LOST, 0) + lost
        return Restrictions.of(found, relations, skipped=skipped)
    except (InputError, ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError) as error:
        fault = f"{where}: its {TURNS} are not as `RoadNetwork.to_graph` writes them ({error!r}); take that text out."
        raise InputError([fault]) from None


def _names(pairs: Sequence[tuple[Any, Any]]) -> list[tuple[Any, Any, int]]:
    seen: Counter[tuple[Any, Any]] = Counter()
    names = []
    for pair in pairs:
        names.append((*pair, seen[pair]))
        seen[pair] += 1
    return names
