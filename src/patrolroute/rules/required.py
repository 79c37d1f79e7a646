"""Required sites: a plan without one of them is no plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patrolroute.rules.draft import Draft, Facts, Rule, Violation, says_nothing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patrolroute.scenario.model import Scenario


def _compile(scenario: Scenario, draft: Draft) -> None:
    draft.required.update(site.id for site in scenario.sites if site.required)


def _check(facts: Facts) -> Iterator[Violation]:
    for site in facts.scenario.sites:
        if site.required and not facts.stops_at[site.id]:
            yield Violation(
                rule="required", site=site.id, message=f"site {site.title!r} is required, and no squad visits it."
            )


REQUIRED = Rule(
    name="required",
    words="Every required site is visited.",
    compile=_compile,
    check=_check,
    explain=says_nothing,
)
