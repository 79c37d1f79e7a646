"""Named districts that install with the package, and the generator of the stand-in city."""

from patrolroute.datasets.standin import STANDIN_PROVENANCE, standin_graph

__all__ = ["STANDIN_PROVENANCE", "standin_graph"]
