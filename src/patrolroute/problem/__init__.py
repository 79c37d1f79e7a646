"""The normal form: a night as integers, which search, bound and engines know alone."""

from patrolroute.problem.columns import FARTHEST_S
from patrolroute.problem.night import Orders, PatrolProblem
from patrolroute.problem.tables import Couplings, Groups, Squads, Visits

__all__ = ["FARTHEST_S", "Couplings", "Groups", "Orders", "PatrolProblem", "Squads", "Visits"]
