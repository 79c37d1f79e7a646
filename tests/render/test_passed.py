"""Sites that are left out and passed all the same."""

from __future__ import annotations

from dataclasses import replace

import pyproj
import pytest
from shapely import LineString

from patrolroute.render import Night, skipped_table, summary
from patrolroute.render.passed import passing_text, passings


def with_seen(night: Night, **more: object) -> Night:
    sites = tuple(
        site.model_copy(update={"seen_weight": 1} | more) if site.id == night.plan.skipped[0].site else site
        for site in night.scenario.sites
    )
    return replace(night, scenario=night.scenario.model_copy(update={"sites": sites}))


def nearest_m(night: Night) -> float:
    """Return the metres from the site that is left out to the driven lines, walked along in steps of half a metre."""
    site, geod = night.left_out(night.plan.skipped[0]), pyproj.Geod(ellps="WGS84")
    best = float("inf")
    for leg in night.legs.values():
        line = LineString(leg.line.coords)
        for k in range(2001):
            at = line.interpolate(k / 2000, normalized=True)
            best = min(best, geod.inv(site.lon, site.lat, at.x, at.y)[2])
    return best


def test_passing_is_measured_to_the_driven_line(night: Night) -> None:
    metres = nearest_m(night)
    near = with_seen(night, seen_within_m=metres + 1)
    (found,) = passings(near).values()
    assert found.away_m == pytest.approx(metres, abs=1)
    route = near.route(found.squad)
    assert route is not None
    assert route.leave_s <= found.second <= route.return_s
    assert passings(with_seen(night, seen_within_m=metres - 1)) == {}
    assert passings(night) == {}


def test_who_passes_and_when_is_told_beside_the_reason(night: Night) -> None:
    near = with_seen(night, seen_within_m=nearest_m(night) + 1)
    words = passing_text(near, near.plan.skipped[0].site)
    assert words.startswith("Passed at ")
    assert words in summary(near)
    assert skipped_table(near)["passed"].tolist() == [words]
    assert skipped_table(night)["passed"].tolist() == [""]
