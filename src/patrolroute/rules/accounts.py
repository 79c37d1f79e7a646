"""Accounts: what a plan says of itself is so, and nothing counts twice."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from patrolroute.rules.draft import Facts, Rule, Violation, changes_nothing, says_nothing

if TYPE_CHECKING:
    from collections.abc import Iterator


def _check(facts: Facts) -> Iterator[Violation]:
    plan, scenario = facts.plan, facts.scenario
    if plan.start is None or plan.start.timestamp() != scenario.start.timestamp():
        yield Violation(
            rule="accounts", message=f"the plan counts seconds from {plan.start}; the scenario from {scenario.start}."
        )
    if plan.provenance != facts.matrix.provenance:
        yield Violation(
            rule="accounts",
            message=f"the plan names other roads ({plan.provenance.source}) than the matrix "
            f"({facts.matrix.provenance.source}).",
        )
    if plan.name != scenario.name:
        yield Violation(rule="accounts", message=f"the plan is called {plan.name!r}; the scenario {scenario.name!r}.")
    routes = [route.squad for route in plan.routes]
    for squad_id in facts.squads:
        if squad_id not in routes:
            yield Violation(
                rule="accounts", squad=squad_id, message=f"squad {squad_id!r} has no route, not even an empty one."
            )
    if set(routes) == facts.squads.keys() and routes != list(facts.squads):
        yield Violation(rule="accounts", message="the routes are not in the scenario's order of squads.")
    yield from _check_skipped(facts)
    yield from _check_coverage(facts)
    yield from _check_bound(facts)


def _check_skipped(facts: Facts) -> Iterator[Violation]:
    skipped = Counter(each.part for each in facts.plan.skipped)
    made = facts.parts_made
    for name, part in facts.parts.items():
        what = repr(facts.title(part.site)) + ("" if name == part.site else f" (part {name!r})")
        if made[name] and skipped[name]:
            yield Violation(
                rule="accounts", site=part.site, message=f"{part.kind} {what} is visited and listed as left out."
            )
        if not made[name] and skipped[name] != (1 if part.weight else 0):
            yield Violation(
                rule="accounts",
                site=part.site,
                message=f"{part.kind} {what} is not visited and listed {skipped[name]} times as left out.",
            )
    for each in facts.plan.skipped:
        due = facts.parts.get(each.part)
        if each.site not in facts.sites and each.site not in facts.areas:
            yield Violation(
                rule="accounts",
                site=each.site,
                message=f"{each.site!r} is listed as left out and no site of the scenario.",
            )
        elif due is None or (each.site, each.tier, each.weight, each.required) != (
            due.site,
            due.tier,
            due.weight,
            due.required,
        ):
            yield Violation(
                rule="accounts",
                site=each.site,
                message=f"left-out site {facts.title(each.site)!r} is listed with another part, tier, weight or "
                "required flag.",
            )


def _check_coverage(facts: Facts) -> Iterator[Violation]:
    due: dict[int, list[int]] = {}
    made, counted = facts.parts_made, set()
    for name, part in facts.parts.items():
        row = due.setdefault(part.tier, [0, 0, 0, 0])
        row[0] += part.weight if made[name] else 0
        row[1] += part.weight
        # A thing in parts is one thing, and covered by any of them.
        for column, counts in ((2, made[name] > 0), (3, True)):
            if counts and (column, part.site) not in counted:
                counted.add((column, part.site))
                row[column] += 1
    said = {
        each.tier: [each.covered_weight, each.total_weight, each.covered_sites, each.total_sites]
        for each in facts.plan.coverage
    }
    tiers = [each.tier for each in facts.plan.coverage]
    if tiers != sorted(set(tiers)):
        yield Violation(rule="accounts", message=f"the coverage names tiers {tiers}; each once and in order is due.")
    if facts.plan.weight_unit != facts.weight_unit:
        yield Violation(
            rule="accounts",
            message=f"the plan counts weights in parts of 1/{facts.plan.weight_unit}; 1/{facts.weight_unit} is due.",
        )
    for tier in sorted(due.keys() | said.keys()):
        if due.get(tier) != said.get(tier):
            yield Violation(
                rule="accounts",
                message=(
                    f"tier {tier}: the plan says {said.get(tier)} (weight covered, weight in all, sites "
                    f"covered, sites in all); the visits add up to {due.get(tier)}."
                ),
            )


def _check_bound(facts: Facts) -> Iterator[Violation]:
    """Refuse a bound below what is covered, and a proof while an earlier tier has none."""
    covered = {each.tier: each.covered_weight for each in facts.plan.coverage}
    proved = True
    for each in facts.plan.bound or ():
        if each.tier not in covered or each.upper_weight < covered[each.tier]:
            yield Violation(
                rule="accounts",
                message=f"tier {each.tier}: the bound is {each.upper_weight}, and {covered.get(each.tier)} is covered.",
            )
        elif each.proved and not (proved and each.upper_weight == covered[each.tier]):
            yield Violation(rule="accounts", message=f"tier {each.tier} is called proved, and its bound is not met.")
        proved = proved and each.proved


ACCOUNTS = Rule(
    name="accounts",
    words="What a plan says of itself is so: every site is visited or left out, and each counts once.",
    compile=changes_nothing,
    check=_check,
    explain=says_nothing,
)
