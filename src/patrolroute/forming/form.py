"""`form_squads`: from people and vehicles to squads, with what was decided and how sure it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from patrolroute.errors import InputError
from patrolroute.forming.crews import problem_of
from patrolroute.scenario import Forming, Scenario, Site, Squad
from patrolroute.scenario.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patrolroute.forming.crews import Crews, Problem

_MOST_NOTES = 100


@dataclass(frozen=True, kw_only=True)
class Decision:
    """One level of what was decided; levels before go before.

    Parameters
    ----------
    what : str
    value : int
        More is better; the evenness and spread of people are told as squares below 0.
    proved : bool
        Whether it is proved that nothing better is possible without giving up a level before.
    """

    what: str
    value: int
    proved: bool


@dataclass(frozen=True, eq=False, kw_only=True)
class Formed:
    """Squads that were formed, and why so.

    Parameters
    ----------
    scenario : Scenario
        The night with these squads behind those that it had, a note that says so, and nothing left to form.
    squads : tuple of Squad
    leaders : tuple of str
        The task force that each of these squads has its leader from; empty where leaders are not named by task force.
    at_home : dict of str to int
        People by task force that ride in no squad.
    unserved : tuple of str
        Ids of sites and areas that no squad of the night may serve.
    decisions : tuple of Decision
    """

    scenario: Scenario
    squads: tuple[Squad, ...]
    leaders: tuple[str, ...]
    at_home: dict[str, int]
    unserved: tuple[str, ...]
    decisions: tuple[Decision, ...]

    @property
    def proved(self) -> bool:
        """Whether no other squads are better."""
        return all(decision.proved for decision in self.decisions)

    def report(self) -> str:
        """Return the squads, and what was decided and why, as text."""
        return "\n".join(self._lines()) + "\n"

    def _lines(self) -> Iterator[str]:
        yield self.scenario.notes[-1] if self.scenario.notes else ""
        for k, squad in enumerate(self.squads):
            people = ", ".join(f"{force} {count}" for force, count in squad.people.items())
            leader = f"; leader from {self.leaders[k]}" if self.leaders else ""
            yield f"  {squad.title} ({squad.vehicle.kind}): {squad.size}: {people}{leader}"
        if self.at_home:
            yield "At home: " + ", ".join(f"{force} {count}" for force, count in self.at_home.items())
        things = {each.id: each.title for each in self.scenario.things}
        titles = [things[each] for each in self.unserved]
        yield f"No squad can serve: {', '.join(titles)}" if titles else "Every site has a squad that can serve it."
        yield "Decided in this order, nothing given up for what comes later:"
        for decision in self.decisions:
            sure = "no better is possible" if decision.proved else "better may be possible"
            told = f": {decision.value}" if decision.value >= 0 else ""
            yield f"  {decision.what}{told}; {sure}"


def form_squads(scenario: Scenario, *, squads: int | None = None, seed: int = 0, work: float = 5.0) -> Formed:
    """Form squads of the people and vehicles of a night: how many, and who rides with whom.

    What is best is decided in strict order: required sites that some squad can serve; the weight of sites that some
    squad can serve, tier by tier; that weight times the squads that can serve it, of sites that ask alike no more
    squads than they are; as many squads as possible; as many people riding as possible; even sizes; task forces spread.
    Sites of `only_by` are left to the squads named there. How far the sites are is not looked at.

    Parameters
    ----------
    scenario : Scenario
        With `forming`.
    squads : int, optional
        How many squads; what `forming` says when left out.
    seed : int
        0 to 2^31 - 1. The same night, seed and `work` give the same squads.
    work : float
        Most work, in the solver's own measure: a second or a few of one core each.

    Raises
    ------
    InputError
        When the night has nothing to form squads of, or too little for as many squads.
    """
    # OR-Tools takes a third of a second to load, which a night with squads need not wait for.
    from patrolroute.forming.model import CrewModel  # noqa: PLC0415

    if scenario.forming is None:
        raise InputError(
            [f"scenario {scenario.name!r}: has no forming; expected people and vehicles to form squads of; add them."]
        )
    if not 0 <= seed < 2**31 or not work > 0:
        raise InputError([f"seed is {seed} and work is {work}; expected 0 to 2147483647, and a number above 0."])
    forming = scenario.forming if squads is None else Forming(**{**dict(scenario.forming), "squads": squads})
    problem = problem_of(scenario, forming)
    crews, proved = CrewModel(problem).solve(seed=seed, work=work)
    values = zip(problem.levels, problem.values(crews), proved, strict=True)
    formed = _squads_of(problem, crews, {squad.id for squad in scenario.squads})
    everyone = (*scenario.squads, *formed)
    riding = [sum(crew[f] for crew in crews) for f in range(len(problem.forces))]
    left = zip(problem.forces, riding, strict=True)
    decisions = tuple(Decision(what=what, value=value, proved=sure) for what, value, sure in values)
    note = _note(forming, formed, proved=all(proved))
    return Formed(
        scenario=scenario.model_copy(
            update={"squads": everyone, "forming": None, "notes": (*scenario.notes[: _MOST_NOTES - 1], note)}
        ),
        squads=formed,
        leaders=problem.leads(crews),
        at_home={force: forming.people[force] - count for force, count in left if forming.people[force] > count},
        unserved=tuple(
            each.id
            for each in scenario.things
            if sum(each.allows(squad) for squad in everyone) < (each.squads_together if isinstance(each, Site) else 1)
        ),
        decisions=decisions,
    )


def _squads_of(problem: Problem, crews: Crews, taken: set[str]) -> tuple[Squad, ...]:
    forming = problem.forming
    stem = re.sub(r"[^\w]+", "-", forming.name.lower()).strip("-") or "squad"
    squads: list[Squad] = []
    number = 0
    for pool, crew in zip(problem.vehicles, crews, strict=True):
        if not sum(crew):
            continue
        number += 1
        while f"{stem}-{number}" in taken:
            number += 1
        squads.append(
            Squad(
                id=f"{stem}-{number}",
                name=f"{forming.name} {number}",
                people={force: count for force, count in zip(problem.forces, crew, strict=True) if count},
                vehicle=pool.vehicle,
                start=forming.start,
                end=forming.end,
                shift=forming.shift,
                max_driving_min=forming.max_driving_min,
                overtime_min=forming.overtime_min,
                max_stops=forming.max_stops,
                breaks=forming.breaks,
                longest_without_break_min=forming.longest_without_break_min,
            )
        )
    return tuple(squads)


def _note(forming: Forming, squads: tuple[Squad, ...], *, proved: bool) -> str:
    riding, people = sum(squad.size for squad in squads), sum(forming.people.values())
    count = counted(len(squads), "squad")
    fixed = ", as many as were asked for" if forming.squads else ""
    sure = "proved that none are better by the order of docs/forming.md" if proved else "better ones may exist"
    return f"Squads formed by patrolroute: {count} of {riding} of {counted(people, 'person', 'people')}{fixed}; {sure}."
