"""Presence: at every moment of a period so many squads stand at a post."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from patrolroute.rules.dated import back_text, is_own, times_text
from patrolroute.rules.draft import Draft, DraftVisit, Facts, Rule, Violation, least_s, says_nothing, seconds_between
from patrolroute.rules.naming import unused_mark
from patrolroute.scenario.base import later
from patrolroute.scenario.presence import short_spans
from patrolroute.scenario.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patrolroute.plans import Visit
    from patrolroute.scenario.model import Scenario
    from patrolroute.scenario.presence import Presence
    from patrolroute.scenario.squads import Squad


def _compile(scenario: Scenario, draft: Draft) -> None:
    """Make each slot of each squad a visit that begins when the slot does.

    That they are made by different squads needs no saying: they overlap in time.
    """
    mark = unused_mark(scenario, ":")
    for each in scenario.presence:
        begin_s, end_s = scenario.seconds(each.period.opens), scenario.seconds(each.period.closes)
        groups = []
        for lane in range(1, each.squads + 1):
            for number, slot_s in enumerate(range(begin_s, end_s, least_s(each.slot_min)), start=1):
                groups.append(f"{each.id}{mark}{lane}.{number}")
                draft.visits.append(
                    DraftVisit(
                        id=groups[-1],
                        site=each.id,
                        group=groups[-1],
                        entry=each.place,
                        exit=each.place,
                        duration_s=min(least_s(each.slot_min), end_s - slot_s),
                        tier=each.tier,
                        weight=each.weight * draft.weight_unit if len(groups) == 1 or not each.all_or_nothing else 0,
                        opens_s=slot_s,
                        closes_s=slot_s,
                    )
                )
        if each.all_or_nothing and len(groups) > 1:
            draft.bundles.append(frozenset(groups))
        if each.required:
            # Of a bundle one says it all.
            draft.required.update(groups[:1] if each.all_or_nothing else groups)


def _check(facts: Facts) -> Iterator[Violation]:
    for each in facts.scenario.presence:
        own = [
            (squad, visit)
            for squad, route in facts.known_routes()
            for visit in route.visits
            if visit.site == each.id
        ]  # fmt: skip
        for squad, visit in own:
            yield from _check_slot(facts, each, squad, visit)
        slots = Counter(visit.begin_s for _, visit in own)
        for begin_s, squads in slots.items():
            if squads > each.squads:
                yield Violation(
                    rule="presence",
                    site=each.id,
                    message=f"{counted(squads, 'squad stands', 'squads stand')} for {each.title!r} from "
                    f"{facts.moment(begin_s):%H:%M}; "
                    f"{counted(each.squads, 'is', 'are')} asked for.",
                )
        slots_due = each.squads * math.ceil(each.period.length_s / least_s(each.slot_min))
        if each.required and len(own) < slots_due:
            yield Violation(
                rule="required",
                site=each.id,
                message=f"presence {each.title!r} is required throughout, and {len(own)} of its {slots_due} slots are "
                "stood.",
            )
        if own and each.all_or_nothing:
            yield from _check_throughout(facts, each)


def _check_slot(facts: Facts, presence: Presence, squad: Squad, visit: Visit) -> Iterator[Violation]:
    begin, end = facts.moment(visit.begin_s), facts.moment(visit.end_s)
    late_s = seconds_between(presence.period.opens, begin)
    slot_s = least_s(presence.slot_min)
    until_s = min(late_s + slot_s, presence.period.length_s)
    where = {visit.entry, visit.exit}
    if where != {presence.place}:
        yield Violation(
            rule="presence",
            squad=squad.id,
            site=presence.id,
            message=f"squad {squad.title!r} stands at {', '.join(sorted(where))} for {presence.title!r}; its post is "
            f"{presence.place!r}.",
        )
    if late_s < 0 or late_s % slot_s or seconds_between(presence.period.opens, end) != until_s:
        yield Violation(
            rule="presence",
            squad=squad.id,
            site=presence.id,
            message=f"squad {squad.title!r} stands for {presence.title!r} from {begin:%H:%M:%S} to {end:%H:%M:%S}, "
            f"which is no slot of {presence.slot_min:g} min of its period.",
        )


def _check_throughout(facts: Facts, presence: Presence) -> Iterator[Violation]:
    """Go through the whole timetable: every stop and break within the ground counts, and waiting there."""
    scenario = facts.scenario
    here = {point.id for point in scenario.points.values() if scenario.is_there(presence, point)}
    stays = [
        (visit.arrive_s, visit.end_s, squad.id)
        for squad, route in facts.known_routes()
        for visit in route.visits
        if {visit.entry, visit.exit} <= here
    ]
    period = (scenario.seconds(presence.period.opens), scenario.seconds(presence.period.closes))
    for since_s, until_s, there in short_spans(stays, *period, presence.squads):
        yield Violation(
            rule="presence",
            site=presence.id,
            message=f"from {facts.moment(since_s):%H:%M:%S} to {facts.moment(until_s):%H:%M:%S} "
            f"{counted(there, 'squad is', 'squads are')} at {presence.title!r}; "
            f"{counted(presence.squads, 'is', 'are')} due at every moment.",
        )


def slot_of(scenario: Scenario, presence: Presence, part: str) -> tuple[int, int]:
    """Return from when to when the slot is that a group of a presence stands for, in seconds of the plan."""
    number = int(part.rpartition(".")[2])
    since_s, until_s = scenario.seconds(presence.period.opens), scenario.seconds(presence.period.closes)
    begin_s = since_s + (number - 1) * least_s(presence.slot_min)
    return begin_s, min(begin_s + least_s(presence.slot_min), until_s)


def seconds_text(scenario: Scenario, *seconds: int) -> tuple[str, ...]:
    """Return the times of day of seconds of the plan, with their dates where one is not the night's own."""
    return times_text(scenario, *(later(scenario.start, second) for second in seconds))


def explain_presence(scenario: Scenario, presence: Presence) -> str | None:
    """Return why no squads can be at a post throughout its period, or None where shifts and numbers allow it.

    Where parts are allowed, only why there is none at all.
    """
    since_s, until_s = (scenario.seconds(moment) for moment in (presence.period.opens, presence.period.closes))
    squads = counted(presence.squads, "squad is", "squads are")
    if presence.squads > len(scenario.squads) and presence.all_or_nothing:
        return f"{squads} due at every moment, and the night has {len(scenario.squads)}; ask for fewer or add squads."
    stays = [
        (scenario.seconds(squad.shift.leave), scenario.seconds(squad.shift.back) + squad.overtime_s, squad.id)
        for squad in scenario.squads
    ]
    short = short_spans(stays, since_s, until_s, presence.squads if presence.all_or_nothing else 1)
    if not short or not (presence.all_or_nothing or short[0][:2] == (since_s, until_s)):
        return None
    first_s, last_s, there = max(short, key=lambda span: presence.squads - span[2])
    since, until, first, last = seconds_text(scenario, since_s, until_s, first_s, last_s)
    only = {0: "none is", 1: "only 1 is"}.get(there, f"only {there} are")
    remedy = "shorten the period or lengthen shifts."
    if not is_own(scenario, presence.period.opens):
        all_back = f"all squads are back by {back_text(scenario)}; " if scenario.squads and since_s > 0 else ""
        remedy = f"{all_back}is the date right?"
    return f"{squads} due from {since} to {until}, and from {first} to {last} {only} on duty; {remedy}"


PRESENCE = Rule(
    name="presence",
    words="At every moment of a presence so many squads are at its post.",
    compile=_compile,
    check=_check,
    explain=says_nothing,
)
