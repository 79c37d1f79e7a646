"""Shifts: a squad leaves after its briefing and is back before its debriefing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patrolroute.rules.draft import Draft, DraftSquad, Facts, Rule, Violation, least_s, seconds_between

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patrolroute.matrix import TravelMatrix
    from patrolroute.scenario.model import Scenario, Site


def _compile(scenario: Scenario, draft: Draft) -> None:
    for squad in scenario.squads:
        draft.squads.append(
            DraftSquad(
                id=squad.id,
                start=squad.start,
                end=squad.end,
                profile=squad.vehicle.profile,
                from_s=scenario.seconds(squad.shift.leave),
                until_s=scenario.seconds(squad.shift.back),
            )
        )


def _check(facts: Facts) -> Iterator[Violation]:
    for squad, route in facts.known_routes():
        shift = squad.shift
        left, back = facts.moment(route.leave_s), facts.moment(route.return_s)
        if seconds_between(shift.start, left) < least_s(shift.briefing_min):
            yield Violation(
                rule="shifts",
                squad=squad.id,
                message=(
                    f"squad {squad.title!r} leaves at {left:%H:%M:%S}; its shift starts {shift.start:%H:%M} with a "
                    f"briefing of {shift.briefing_min:g} min."
                ),
            )
        # With overtime the squad may be late; how late, that rule says.
        if seconds_between(back, shift.end) < least_s(shift.debriefing_min) and not squad.overtime_min:
            yield Violation(
                rule="shifts",
                squad=squad.id,
                message=(
                    f"squad {squad.title!r} is back at {back:%H:%M:%S}; its shift ends {shift.end:%H:%M} with a "
                    f"debriefing of {shift.debriefing_min:g} min."
                ),
            )


def _explain(scenario: Scenario, matrix: TravelMatrix, site: Site) -> str | None:
    """Say by how much even the longest shift is too short for this stop alone, and which shifts have no length."""
    empty = [repr(squad.title) for squad in scenario.squads if squad.shift.length_s <= 0]
    has = "has a shift" if len(empty) == 1 else "have shifts"
    useless = f"{', '.join(empty)} {has} of no length; let the end be later than the start." if empty else ""
    short_s = []
    for squad in scenario.squads:
        if squad.shift.length_s <= 0:
            continue
        out_s, _ = matrix.drive(squad.vehicle.profile, squad.start, site.id)
        home_s, _ = matrix.drive(squad.vehicle.profile, site.id, squad.end)
        duty_s = seconds_between(squad.shift.leave, squad.shift.back) + squad.overtime_s
        short_s.append((out_s + site.dwell_s + home_s - duty_s, out_s + site.dwell_s + home_s, squad))
    if not short_s or min(short_s, key=lambda each: each[0])[0] <= 0:
        return useless or None
    lacking_s, needed_s, squad = min(short_s, key=lambda each: each[0])
    return (
        f"the way there, the stop and the way back take {needed_s / 60:.0f} min, {lacking_s / 60:.0f} min more than "
        f"even squad {squad.title!r} has; lengthen a shift or start from a nearer place."
        + (f" {useless}" if useless else "")
    )


SHIFTS = Rule(
    name="shifts",
    words="A squad leaves after its briefing and is back before its debriefing.",
    compile=_compile,
    check=_check,
    explain=_explain,
)
