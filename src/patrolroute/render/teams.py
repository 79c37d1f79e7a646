"""What sites ask of squads, where it matters who rides: on the sheets and in the summary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patrolroute.render.grid import Grid
from patrolroute.render.wording import listed, plain
from patrolroute.scenario.words import counted

if TYPE_CHECKING:
    from patrolroute.render.night import Night
    from patrolroute.scenario.teams import TeamNeeds

_MOST_SITES = 6


def asked_text(site: TeamNeeds) -> str:
    """Return the people and vehicles that a site or area asks for, as plain text; empty where any squad will do."""
    words = [f"{plain(force)} {count}" for force, count in site.needs.items()]
    if site.people_min:
        words.append(counted(site.people_min, "person", "people"))
    if site.vehicles:
        words.append(" or ".join(site.vehicles))
    return ", ".join(words)


def teams_grid(night: Night) -> Grid:
    """Return who may stop where, one row for all sites that ask for the same."""
    alike: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for site in night.scenario.things:
        if site.asks:
            may = tuple(plain(squad.title) for squad in night.scenario.squads if site.allows(squad))
            alike.setdefault((asked_text(site) or "certain squads", may), []).append(plain(site.title))
    return Grid(
        title="Who may stop where",
        heads=("sites", "ask for", "squads"),
        rows=tuple((_some(titles), asked, listed(may)) for (asked, may), titles in alike.items()),
        wraps=frozenset({0, 1, 2}),
    )


def _some(titles: list[str]) -> str:
    more = len(titles) - _MOST_SITES
    return listed(titles[:_MOST_SITES]) + (f" and {counted(more, 'other')}" if more > 0 else "")
