"""Fastest ways between many points of any directed graph, as a function of plain arrays.

A customisable contraction hierarchy (Dibbelt, Strasser, Wagner, 10.1145/2886843) swept for many sources and targets at
once (RPHAST: Delling, Goldberg, Werneck, 10.4230/OASIcs.ATMOS.2011.52). It knows nothing of streets: nodes are numbers,
arcs have whole milliseconds and decimetres.

::

    n, tail, head, xy  --build_hierarchy-->  Hierarchy   once for a graph
    time_ms, length_dm --weigh-->            Weighted    again whenever times change
    sources, targets   --sweep-->            blocks of keys, see `roads.keys`
    pairs of them      --find_paths-->       Paths       the arcs of each way
"""

from patrolroute.roads.hierarchy.batch import Ends, sweep
from patrolroute.roads.hierarchy.dissection import dissect_links
from patrolroute.roads.hierarchy.order import Hierarchy, build_hierarchy
from patrolroute.roads.hierarchy.paths import Paths, find_paths
from patrolroute.roads.hierarchy.weights import Weighted, weigh

__all__ = [
    "Ends",
    "Hierarchy",
    "Paths",
    "Weighted",
    "build_hierarchy",
    "dissect_links",
    "find_paths",
    "sweep",
    "weigh",
]
