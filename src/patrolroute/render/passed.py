"""Sites that a plan leaves out and that a squad drives past all the same, near enough to see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from shapely import LineString, Point

from patrolroute.render.wording import clock_text, plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patrolroute.render.drives import Drive
    from patrolroute.render.night import Night
    from patrolroute.scenario.model import Site

_M_PER_DEG = 111_320.0


class Passing(NamedTuple):
    """When a squad drives past a site that is left out: the first time on any of its drives, and how near."""

    squad: str
    second: int
    away_m: float


def passings(night: Night) -> dict[str, Passing]:
    """Return the sites that are left out and that a squad passes within their `seen_within_m`.

    Measured from the site to the driven lines; the moment is the share of the line driven until then. Nothing is earned
    by it: whether a plan earns by passing is decided where it is made.

    Parameters
    ----------
    night : Night
    """
    drives = [drive for route in night.plan.routes for drive in night.drives(route) if drive.leg is not None]
    found = {}
    visited = {visit.site for route in night.plan.routes for visit in route.visits}
    left_out = {each.site for each in night.plan.skipped} - visited
    for site in night.scenario.sites:
        wanted = site.id in left_out and site.seen_within_m is not None
        if wanted and (seen := list(_seen_from(site, drives))):
            found[site.id] = min(seen, key=lambda each: each.second)
    return found


def passing_text(night: Night, site_id: str) -> str:
    """Return a sentence that says who passes a site that is left out, and when; empty where nobody does."""
    passing = night.passed.get(site_id)
    if passing is None:
        return ""
    when, who = clock_text(night, night.clock(passing.second)), plain(night.squad(passing.squad).title)
    return f"Passed at {when} by {who!r}, within {max(1, round(passing.away_m))} m."


def _seen_from(site: Site, drives: list[Drive]) -> Iterator[Passing]:
    """Yield the drives that pass a site, in a plane around it."""
    scale = np.array([_M_PER_DEG * np.cos(np.radians(site.lat)), _M_PER_DEG])
    here = Point(0, 0)
    for drive in drives:
        if drive.leg is None or drive.leg.line.is_empty:
            continue
        line = LineString((np.asarray(drive.leg.line.coords)[:, :2] - (site.lon, site.lat)) * scale)
        away_m = line.distance(here)
        if away_m <= (site.seen_within_m or 0):
            share = line.project(here, normalized=True) if line.length else 0.0
            yield Passing(drive.squad, drive.leave_s + int(share * (drive.arrive_s - drive.leave_s)), away_m)
