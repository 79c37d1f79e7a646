"""What a bound says: for every tier, how much any plan could cover at most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from patrolroute.problem import Orders

Method = Literal["all", "knapsack", "prices", "enumeration"]
"""How a bound was proved: everything that is possible at all is covered or counted; what squads have of time; prices of
column generation; enumeration of every route that could belong to something better."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TierBound:
    """The most of one tier that any plan could cover.

    No plan that serves at least as many required groups as this one, and covers at least as much of every earlier
    tier, covers more of this tier than `upper_weight`.

    Parameters
    ----------
    tier : int
        0 stands for the required groups, each of weight 1.
    covered_weight : int
        What the plan covers.
    upper_weight : int
        The bound; never below `covered_weight`.
    proved : bool
        Whether no plan at all covers more up to this tier, the required groups and the earlier tiers compared first:
        the bound is met here and in everything before. Where overtime has a price, this speaks of what is covered, not
        of what overtime costs.
    method : str
    """

    tier: int
    covered_weight: int
    upper_weight: int
    proved: bool
    method: Method

    @property
    def gap(self) -> float:
        """What might be missing, as a share of the bound; 0 where the bound is met."""
        return (self.upper_weight - self.covered_weight) / self.upper_weight if self.upper_weight else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """Bounds for one plan.

    Parameters
    ----------
    required : TierBound or None
        On the number of required groups served; None when nothing is required.
    tiers : tuple of TierBound
        The most important first.
    orders : Orders
        The plan that the bounds speak of: the one given, or with `improve` a better one met on the way.
    improved : bool
        Whether it is a better one.
    seconds : float
        Time used.
    """

    required: TierBound | None
    tiers: tuple[TierBound, ...]
    orders: Orders
    improved: bool
    seconds: float

    @property
    def proved(self) -> bool:
        """Whether no plan covers more: every tier is proved."""
        return all(each.proved for each in (*((self.required,) if self.required else ()), *self.tiers))
