"""Accounts: what a plan says of itself is so, and nothing counts twice."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from patrolroute.plans import weight_of
from patrolroute.rules.areas import beat_weights
from patrolroute.rules.draft import Facts, Rule, Violation, changes_nothing, least_s, says_nothing
from patrolroute.rules.seen import earned, earned_again, most_earned

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from patrolroute.plans import Skipped
    from patrolroute.scenario.areas import Area
    from patrolroute.scenario.model import Site


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


class _Account(NamedTuple):
    """What a site, area or presence is worth and what the plan's visits earn of it, from the scenario's own words.

    Parameters
    ----------
    id, title, what : str
    tier : int
    visits, earned, total : int
        Visits made, and weight.
    left_out : list of (int, bool)
        Weight, and whether it is required, of each part that nobody serves.
    parts : set of str or None
        Names of these parts, where it matters which they are: the beats of an area.

    All weights are in parts of the plan's unit.
    """

    id: str
    title: str
    what: str
    tier: int
    visits: int
    earned: int
    total: int
    left_out: list[tuple[int, bool]]
    parts: set[str] | None = None


def _accounts(facts: Facts) -> Iterator[_Account]:
    unit = facts.weight_unit
    for site in facts.scenario.sites:
        wanted = facts.scenario.visits_wanted(site)
        got = _earned(facts, site)[:wanted]
        made = len(got)
        worth = [most_earned(facts, site) * unit, *[site.further_weight * unit] * (wanted - 1)]
        missing = [(weight, site.required and number == 0) for number, weight in enumerate(worth) if number >= made]
        yield _Account(site.id, site.title, "site", site.tier, made, sum(got) * unit, sum(worth), missing)
    for area in facts.scenario.areas:
        yield _area_account(facts, area)
    for each in facts.scenario.presence:
        slots = each.squads * math.ceil(each.period.length_s / least_s(each.slot_min))
        stands = min(facts.stops_at[each.id], slots)
        if each.all_or_nothing:
            slots, stands = 1, min(stands, 1)
        weight = each.weight * unit
        missing = [(weight, each.required)] * (slots - stands)
        yield _Account(each.id, each.title, "presence", each.tier, stands, weight * stands, weight * slots, missing)


def _area_account(facts: Facts, area: Area) -> _Account:
    """Return the account of an area, whose beats each earn their part of its weight."""
    weights = {} if facts.beats is None else dict(beat_weights(facts.beats, area))
    entries = {visit.entry for visit in facts.visits_of.get(area.id, ())}
    driven = [weight for beat, weight in weights.items() if beat.entry in entries]
    missing = {beat.id: weight for beat, weight in weights.items() if beat.entry not in entries and weight}
    return _Account(
        area.id,
        area.title,
        "area",
        area.tier,
        len(driven),
        sum(driven),
        sum(weights.values()),
        [(weight, False) for weight in missing.values()],
        set(missing),
    )


def _earned(facts: Facts, site: Site) -> list[int]:
    """Return what each visit of a site earns, in the order in which they begin; the squads that meet make one."""
    visits = facts.visits_of.get(site.id, [])[site.squads_together - 1 :]
    return [earned_again(site, visit) if number else earned(facts, site, visit) for number, visit in enumerate(visits)]


def _check_skipped(facts: Facts) -> Iterator[Violation]:
    accounts = {account.id: account for account in _accounts(facts)}
    listed: dict[str, list[Skipped]] = {}
    for each in facts.plan.skipped:
        listed.setdefault(each.site, []).append(each)
        if each.site not in accounts:
            yield Violation(
                rule="accounts",
                site=each.site,
                message=f"{each.site!r} is listed as left out and no site of the scenario.",
            )
    for account in accounts.values():
        yield from _check_left_out(account, listed.get(account.id, []), facts.weight_unit)


def _check_left_out(account: _Account, listed: Sequence[Skipped], unit: int) -> Iterator[Violation]:
    """Check that what is left out of one site, area or presence is listed, each part once, and nothing else is."""
    due = sorted((account.tier, weight_of(weight, unit), required) for weight, required in account.left_out)
    said = sorted((each.tier, each.weight, each.required) for each in listed)
    parts = Counter(each.part for each in listed)
    who = f"{account.what} {account.title!r}"
    named = account.parts is None or account.parts == set(parts)
    if said == due and named and all(times == 1 for times in parts.values()):
        return
    if not due:
        message = f"{who} is visited and listed as left out."
    elif len(said) == len(due):
        message = f"left-out {who} is listed with another part, tier, weight or required flag."
    elif account.visits:
        lacks = "1 visit" if len(due) == 1 else f"{len(due)} visits"
        message = f"{who} lacks {lacks}, and {len(said)} are listed as left out."
    else:
        message = f"{who} is not visited and listed {len(said)} times as left out."
    yield Violation(rule="accounts", site=account.id, message=message)


def _check_coverage(facts: Facts) -> Iterator[Violation]:
    parts: dict[int, list[int]] = {}
    for account in _accounts(facts):
        row = parts.setdefault(account.tier, [0, 0, 0, 0])
        for i, amount in enumerate((account.earned, account.total, int(account.visits > 0), 1)):
            row[i] += amount
    due = {tier: [*(weight_of(each, facts.weight_unit) for each in row[:2]), *row[2:]] for tier, row in parts.items()}
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
    words="What a plan says of itself is so: what is asked for is done or left out, and each counts once.",
    compile=changes_nothing,
    check=_check,
    explain=says_nothing,
)
