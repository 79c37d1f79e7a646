"""Named districts that install with the package, and the generator of the stand-in city."""

from patrolroute.datasets.districts import District, fetch, kupang, load, names, sample_districts
from patrolroute.datasets.standin import STANDIN_PROVENANCE, standin_graph

__all__ = [
    "STANDIN_PROVENANCE",
    "District",
    "fetch",
    "kupang",
    "load",
    "names",
    "sample_districts",
    "standin_graph",
]
