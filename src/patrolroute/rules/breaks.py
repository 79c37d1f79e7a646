"""Breaks: a squad that goes out takes its breaks, and is never for too long without one."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from patrolroute.rules.draft import (
    Draft,
    DraftCoupling,
    DraftVisit,
    Facts,
    Rule,
    Violation,
    least_s,
    most_s,
    says_nothing,
    seconds_between,
)
from patrolroute.rules.naming import unused_mark
from patrolroute.scenario.rests import pauses_of
from patrolroute.scenario.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from patrolroute.plans import Route, Visit
    from patrolroute.scenario.model import Scenario, Squad
    from patrolroute.scenario.squads import Break


def _compile(scenario: Scenario, draft: Draft) -> None:
    """Make each break a duty of its squad, worth nothing, with one alternative for each of its places.

    Its tier is one that the night has, so that no plan reports a tier of breaks.
    """
    if not draft.visits:
        return
    mark = unused_mark(scenario, "~")
    tier = min(visit.tier for visit in draft.visits)
    squads = {squad.id: squad for squad in draft.squads}
    for squad in scenario.squads:
        own = squads[squad.id]
        pauses = pauses_of(squad, scenario.start)
        groups = [f"{squad.id}{mark}{number}" for number in range(1, len(pauses) + 1)]
        for group, pause in zip(groups, pauses, strict=True):
            draft.duties[group] = squad.id
            for number, place in enumerate(pause.places or (own.start,), start=1):
                draft.visits.append(
                    DraftVisit(
                        id=group if len(pause.places) < 2 else f"{group}.{number}",
                        site="",
                        group=group,
                        entry=place,
                        exit=place,
                        duration_s=pause.length_s,
                        tier=tier,
                        weight=0,
                        opens_s=pause.opens_s,
                        closes_s=pause.closes_s,
                        squads=frozenset({squad.id}),
                        floats=not pause.places,
                    )
                )
        if squad.longest_without_break_min is not None:
            limit_s = most_s(squad.longest_without_break_min)
            for (a, first), (b, _) in itertools.pairwise(zip(groups, pauses, strict=True)):
                hi_s = first.length_s + limit_s
                draft.couplings.append(DraftCoupling(first=a, second=b, lo_s=first.length_s, hi_s=hi_s))


def _check(facts: Facts) -> Iterator[Violation]:
    for squad, route in facts.known_routes():
        breaks = [visit for visit in route.visits if not visit.site]
        if route.visits and len(breaks) == len(route.visits):
            yield Violation(rule="breaks", squad=squad.id, message=f"squad {squad.title!r} goes out for breaks alone.")
        if not route.visits:
            continue
        yield from _check_each(facts, squad, route)
        if squad.longest_without_break_min is not None:
            yield from _check_time_without(facts, squad, breaks)
        elif len(breaks) > len(squad.breaks):
            yield Violation(
                rule="breaks",
                squad=squad.id,
                message=f"squad {squad.title!r} takes {counted(len(breaks), 'break')}; it has {len(squad.breaks)}.",
            )


def _check_each(facts: Facts, squad: Squad, route: Route) -> Iterator[Violation]:
    """Check that each break of the squad is one of those taken, no two the same."""
    taken: list[tuple[Visit, str]] = []
    here = squad.start
    for visit in route.visits:
        if not visit.site:
            taken.append((visit, here))
            if visit.entry != visit.exit:
                yield Violation(
                    rule="breaks",
                    squad=squad.id,
                    message=f"squad {squad.title!r} begins a break at {visit.entry!r} and ends it at {visit.exit!r}.",
                )
        here = visit.exit
    fits = [[i for i, stop in enumerate(taken) if _is_the_break(facts, each, *stop)] for each in squad.breaks]
    matched = _matched(fits)
    for number, each in enumerate(squad.breaks):
        if number not in matched:
            yield Violation(
                rule="breaks", squad=squad.id, message=f"squad {squad.title!r} does not take its break of {each.words}."
            )
    for i, (visit, before) in enumerate(taken):
        asked_for = i in matched.values() or (
            squad.longest_without_break_min is not None
            and visit.entry == before
            and visit.end_s - visit.begin_s >= least_s(squad.least_break_min)
        )
        if not asked_for:
            yield Violation(
                rule="breaks",
                squad=squad.id,
                message=f"squad {squad.title!r} takes a break at {visit.entry!r} from "
                f"{facts.moment(visit.begin_s):%H:%M:%S} to {facts.moment(visit.end_s):%H:%M:%S} that is none of its.",
            )


def _is_the_break(facts: Facts, each: Break, visit: Visit, before: str) -> bool:
    """Return whether a break that is taken after a stop at `before` is one that the squad has."""
    begin, end = facts.moment(visit.begin_s), facts.moment(visit.end_s)
    inside = each.window is None or (
        seconds_between(each.window.opens, begin) >= 0 and seconds_between(end, each.window.closes) >= 0
    )
    placed = visit.entry in each.places if each.places else visit.entry == before
    return inside and placed and visit.end_s - visit.begin_s >= least_s(each.minutes)


def _matched(fits: Sequence[Sequence[int]]) -> dict[int, int]:
    """Return a largest matching of rows to what fits them, by augmenting paths."""
    owner: dict[int, int] = {}

    def place(row: int, tried: set[int]) -> bool:
        for column in fits[row]:
            if column not in tried:
                tried.add(column)
                if column not in owner or place(owner[column], tried):
                    owner[column] = row
                    return True
        return False

    for row in range(len(fits)):
        place(row, set())
    return {row: column for column, row in owner.items()}


def _check_time_without(facts: Facts, squad: Squad, breaks: Sequence[Visit]) -> Iterator[Violation]:
    """Check every span of the shift between breaks, from when the squad may leave to when it must be back."""
    limit_min = squad.longest_without_break_min or 0.0
    ends = [squad.shift.leave, *(facts.moment(visit.end_s) for visit in breaks)]
    begins = [*(facts.moment(visit.begin_s) for visit in breaks), squad.shift.back]
    for since, until in zip(ends, begins, strict=True):
        if seconds_between(since, until) > most_s(limit_min):
            yield Violation(
                rule="breaks",
                squad=squad.id,
                message=f"squad {squad.title!r} is without a break from {since:%H:%M:%S} to {until:%H:%M:%S}, "
                f"{seconds_between(since, until) / 60:.1f} min; at most {limit_min:g} min may be.",
            )


BREAKS = Rule(
    name="breaks",
    words="A squad that goes out takes each of its breaks, and is never longer than its limit without one.",
    compile=_compile,
    check=_check,
    explain=says_nothing,
)
