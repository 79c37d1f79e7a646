"""Teams: a site is served by a squad that has the people, the vehicle and the leave to go there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patrolroute.rules.draft import Draft, Facts, Rule, Violation
from patrolroute.scenario.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patrolroute.matrix import TravelMatrix
    from patrolroute.scenario.areas import Area
    from patrolroute.scenario.model import Scenario, Site, Squad
    from patrolroute.scenario.teams import TeamNeeds

_MOST_NAMED = 6
_KINDS = {"car": "a car", "motorcycle": "a motorcycle"}


def _compile(scenario: Scenario, draft: Draft) -> None:
    """Leave the visits of a site to the squads that are as it asks."""
    may = {
        name: frozenset(squad.id for squad in scenario.squads if wish.allows(squad))
        for name, wish in _wishes(scenario).items()
    }
    for visit in draft.visits:
        if visit.site in may:
            visit.squads = may[visit.site] if visit.squads is None else visit.squads & may[visit.site]


def _check(facts: Facts) -> Iterator[Violation]:
    wishes = _wishes(facts.scenario)
    for squad, route in facts.known_routes():
        for visit in route.visits:
            if visit.site in wishes:
                yield from _violations(squad, wishes[visit.site])


def _wishes(scenario: Scenario) -> dict[str, Site | Area]:
    """Return what asks anything of squads, by id."""
    return {each.id: each for each in scenario.things if each.asks}


def _violations(squad: Squad, wish: Site | Area) -> Iterator[Violation]:
    for _, lacks in _lacking(wish, squad):
        yield Violation(
            rule="teams",
            squad=squad.id,
            site=wish.id,
            message=f"squad {squad.title!r} stops at {wish.title!r}, and {lacks}.",
        )


def _lacking(wish: TeamNeeds, squad: Squad) -> Iterator[tuple[str, str]]:
    """Yield what is asked and a squad is not or has not, each with a clause that says so of the squad."""
    for force, count in wish.needs.items():
        has = squad.people.get(force, 0)
        if has < count:
            yield f"has {count} of {force!r}", f"it has {has or 'none'} of {force!r}; due: {count}"
    people = sum(squad.people.values())
    if people < wish.people_min:
        yield (
            f"has {counted(wish.people_min, 'person', 'people')}",
            f"it has {counted(people, 'person', 'people') if people else 'no people'}; due: {wish.people_min}",
        )
    if wish.vehicles and squad.vehicle.kind not in wish.vehicles:
        wanted = " or ".join(_KINDS[kind] for kind in wish.vehicles)
        yield f"rides {wanted}", f"it rides {_KINDS[squad.vehicle.kind]}; only {wanted} can get there"
    if wish.only_by and squad.id not in wish.only_by:
        yield "is among those of only_by", "it is not among the squads of only_by"
    if squad.id in wish.not_by:
        yield "is left by not_by", "it is among the squads of not_by"


def lacking_words(wish: TeamNeeds, squad: Squad) -> str:
    """Return the first thing that is asked and a squad is not or has not, as a clause; empty where it may go there."""
    return next((clause for _, clause in _lacking(wish, squad)), "")


def _explain(scenario: Scenario, matrix: TravelMatrix, site: Site) -> str | None:  # noqa: ARG001 - a rule's signature
    """Say what no squad has, and what each has of it; or, where each lacks something else, what each lacks."""
    lacks = {squad.title: dict(_lacking(site, squad)) for squad in scenario.squads}
    if not lacks or not all(lacks.values()):
        return None
    everywhere = [asked for asked in next(iter(lacks.values())) if all(asked in each for each in lacks.values())]
    told = everywhere[:1] or ["is all that it asks for"]
    named = [f"{title!r}: {_why(each, everywhere)}" for title, each in list(lacks.items())[:_MOST_NAMED]]
    more = len(lacks) - len(named)
    return (
        f"no squad {told[0]}: {'; '.join(named)}{f'; and {more} more' if more > 0 else ''}"
        + (f" (nor is there one that {' or '.join(everywhere[1:])})" if everywhere[1:] else "")
        + "; compose the squads otherwise or ask for less."
    )


def _why(lacks: dict[str, str], everywhere: list[str]) -> str:
    clause = lacks[everywhere[0]] if everywhere else next(iter(lacks.values()))
    return clause.removeprefix("it ").partition("; due")[0]


TEAMS = Rule(
    name="teams",
    words="A squad that stops at a site has the people and the vehicle that the site asks for, and may go there.",
    compile=_compile,
    check=_check,
    explain=_explain,
)
