"""Why a squad has no stops, in the planner's words: what is left out, and what keeps the squad from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patrolroute.explain import AGAINST, explain_idle, explain_kept_in
from patrolroute.rules.teams import lacking_words
from patrolroute.schedule import orders_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patrolroute.plans import Plan
    from patrolroute.problem import PatrolProblem
    from patrolroute.scenario import Scenario
    from patrolroute.scenario.model import Squad

_MOST_NAMED = 3
_WORDS = {
    **AGAINST,
    "allowed": "it may not go there",
    "stops": "its max_stops allows none",
    "windows": "it cannot be there before they close",
    "shifts": "out, stop and back take longer than its shift",
    "driving": "the way is more driving than it is allowed",
    "breaks": "its breaks leave no time",
    "together": "window, shift and driving limit cannot all be kept",
    "nobody": "no squad could",
}


def idle_reasons(scenario: Scenario, problem: PatrolProblem, plan: Plan) -> dict[str, str]:
    """Return, for each squad without a visit, sentences that say why, as far as that is known.

    A squad is measured against each thing that the plan leaves out as if it had nothing else to do. Where it could
    serve one, that is said, since it means that the search has missed something.

    Parameters
    ----------
    scenario : Scenario
    problem : PatrolProblem
    plan : Plan
        With reasons for what it leaves out.

    Returns
    -------
    dict of str to str
        By squad id.
    """
    busy = {route.squad for route in plan.routes if route.visits}
    idle = {squad.id: squad for squad in scenario.squads if squad.id not in busy and squad.id in problem.squads.ids}
    kept_in = explain_kept_in(problem)
    rows = {problem.squads.ids.index(squad): squad for squad in idle}
    # Nothing is gained by what is worth nothing, such as beats beyond the share of an area that counts.
    wanted = [each for each in plan.skipped if each.weight or each.required]
    barred = explain_idle(problem, orders_of(problem, plan), [each.part for each in wanted], sorted(rows))
    reasons = {}
    for k, squad in rows.items():
        if k in kept_in:
            reasons[squad] = kept_in[k]
            continue
        nearest: dict[str, str] = {}
        for each in sorted(wanted, key=lambda each: (not each.required, each.tier, -each.weight)):
            what = barred[k].get(each.part, "nobody")
            what = "nobody" if each.code != "no_time" and what in {"", "tied"} else what
            nearest[each.site] = min(nearest.get(each.site, what), what, key=("", "tied", *_WORDS).index)
        reasons[squad] = _words(scenario, idle[squad], nearest, proved=plan.proved)
    return reasons


def _words(scenario: Scenario, squad: Squad, nearest: Mapping[str, str], *, proved: bool) -> str:
    """Return the sentences of one squad, of what stands between it and each thing that is left out."""
    if not nearest:
        return "Nothing is left out that it could add."
    those = {what: [thing for thing, of in nearest.items() if of == what] for what in dict.fromkeys(nearest.values())}
    names = {each.id: each.title for each in (*scenario.things, *scenario.presence)}
    able, tied = those.pop("", []), those.pop("tied", [])
    told = []
    if able:
        told.append(
            f"It has time for {_named(able, names)}, which the search missed: search longer, with more seconds."
        )
    if tied:
        hope = "it is proved that no plan covers more" if proved else "a longer search, with more seconds, may"
        told.append(
            f"By itself it has time for {_named(tied, names)}, but with the visits, squads and breaks that must go "
            f"with that the search found no way; {hope}."
        )
    if those:
        by_clause: dict[str, list[str]] = {}
        for what, some in those.items():
            for thing in some:
                by_clause.setdefault(_clause(scenario, squad, what, thing), []).append(thing)
        head = "Of the rest" if told else "Of what is left out"
        clauses = (f"{_named(some, names)} ({clause})" for clause, some in by_clause.items())
        told.append(f"{head} it can serve nothing: {'; '.join(clauses)}.")
    return " ".join(told)


def _clause(scenario: Scenario, squad: Squad, what: str, thing: str) -> str:
    """Return what stands between a squad and a thing; where it may not serve it, what it lacks for that."""
    wish = next((each for each in scenario.things if each.id == thing), None)
    lacks = lacking_words(wish, squad) if what == "allowed" and wish is not None else ""
    return lacks or _WORDS[what]


def _named(those: Sequence[str], names: Mapping[str, str]) -> str:
    told = [repr(names.get(each, each)) for each in those[:_MOST_NAMED]]
    more = len(those) - len(told)
    return ", ".join(told) + (f" and {more} more" if more else "")
