"""Bounds: how much any plan could cover at most, proved in whole numbers."""

from patrolroute.bound.result import Bound, TierBound
from patrolroute.bound.tiers import bound_plan, jobs_ahead

__all__ = ["Bound", "TierBound", "bound_plan", "jobs_ahead"]
