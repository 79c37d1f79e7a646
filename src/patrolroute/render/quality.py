"""How good a plan is known to be, tier by tier, and what no proof speaks of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patrolroute.render.wording import weight_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patrolroute.plans import Plan, TierBound, TierCoverage
    from patrolroute.render.night import Night


def bound_text(bound: TierBound) -> str:
    """Return the most of a tier that any plan could cover, and whether this one is proved to."""
    most = weight_text(bound.upper_weight)
    return f"{most}, proved" if bound.proved else most


def quality_words(night: Night) -> str:
    """Say in a sentence how good the plan is known to be."""
    plan = night.plan
    if not plan.coverage:
        return "There is nothing to cover."
    if all(map(is_complete, plan.coverage)):
        return "Everything is covered."
    if plan.bound is None:
        return "No upper bound was computed: a better plan may exist."
    outside = _outside_proof(night)
    if plan.proved:
        more = " of a tier without covering less of one before it" if len(plan.coverage) > 1 else ""
        return f"Proved{'' if outside else ' optimal'}: no plan covers more{more}.{outside}"
    return " ".join(_tier_sentences(plan)) + outside


def cut_short(plan: Plan) -> str:
    """Say that the search was ended by hand, where it was."""
    return ", whose search was stopped by hand before its time was over" if plan.stopped else ""


def _tier_sentences(plan: Plan) -> Iterator[str]:
    """Say of each tier what is proved of it."""
    coverage = {each.tier: each for each in plan.coverage}
    before: list[str] = []
    for bound in plan.bound or ():
        tier = coverage[bound.tier]
        given = f" without covering less of tier {' or '.join(before)}" if before else ""
        before.append(str(bound.tier))
        if is_complete(tier):
            yield f"Tier {bound.tier}: everything is covered."
            continue
        reached = bound.upper_weight <= tier.covered_weight
        most = "" if reached else f" than {weight_text(bound.upper_weight)}"
        this = "" if reached else f" (this one covers {weight_text(tier.covered_weight)})"
        yield f"Tier {bound.tier}: proved that no plan covers more{most}{given}{this}."


def _outside_proof(night: Night) -> str:
    """Say what a proof of coverage does not speak of, where the scenario asks for it."""
    scenario = night.scenario
    # None made is none too much, whatever a plan may cost that makes some.
    late = any(night.overtime_s(route) for route in night.plan.routes)
    wishes = [
        "what overtime costs (overtime_price)" if late and scenario.overtime_price is not None else "",
        "how much overtime is made" if late and scenario.overtime_price is None else "",
        "how evenly squads share the night (balance)" if scenario.balance is not None else "",
    ]
    words = [wish for wish in wishes if wish]
    return f" Outside of this proof: {' and '.join(words)}; a plan that is better there may exist." if words else ""


def is_complete(tier: TierCoverage) -> bool:
    """Whether all of a tier is covered."""
    return (tier.covered_weight, tier.covered_sites) == (tier.total_weight, tier.total_sites)
