"""How long nobody was at a site, from the timetable."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from shapely import Point

from patrolroute.render.tables import frame_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd

    from patrolroute.render.night import Night
    from patrolroute.scenario.model import Site

_COLUMNS = {
    "site": "str",
    "name": "str",
    "tier": "int64",
    "wanted": "int64",
    "visits": "int64",
    "worst_min": "float64",
    "mean_min": "float64",
}


class Idleness(NamedTuple):
    """A site's time without a squad.

    Parameters
    ----------
    site : Site
    wanted, visits : int
        Visits wanted and made; a joint stop is one.
    worst_s, mean_s : float
        The longest time without a squad, and the average over all moments of how long nobody has been there.
    """

    site: Site
    wanted: int
    visits: int
    worst_s: float
    mean_s: float


def idleness(night: Night) -> list[Idleness]:
    """Return how long each site is without a squad, counted over the scenario's span of shifts.

    A squad is at a site from its arrival there to the end of its stop or break: waiting is being there. The idleness of
    a site at a moment is the time since a squad was last there, or since the span began; 0 while one is there
    (Machado et al., 2003, 10.1007/3-540-36483-8_11). The time before the first visit and after the last one
    counts; a site without a visit is idle throughout.

    Parameters
    ----------
    night : Night
    """
    if night.scenario.span is None:
        return []
    span = tuple(night.scenario.seconds(moment) for moment in night.scenario.span)
    stays: dict[str, list[tuple[int, int]]] = {}
    visits: Counter[str] = Counter(visit.site for route in night.plan.routes for visit in route.visits)
    for route in night.plan.routes:
        for visit in route.visits:
            at = {visit.site} if night.seen(visit) else {visit.entry} & {visit.exit}
            for place in at:
                stays.setdefault(place, []).append((visit.arrive_s, visit.end_s))
    told = []
    for site in night.scenario.sites:
        own = sorted(stays.get(site.id, []))
        gaps = _gaps(own, *span)
        length_s = max(span[1] - span[0], 1)
        told.append(
            Idleness(
                site=site,
                wanted=night.scenario.visits_wanted(site),
                visits=max(visits[site.id] - site.squads_together + 1, 0),
                worst_s=max(gaps, default=0),
                mean_s=sum(gap * gap for gap in gaps) / (2 * length_s),
            )
        )
    return told


def _gaps(stays: Sequence[tuple[int, int]], since_s: int, until_s: int) -> list[int]:
    """Return the lengths of the spans in which nobody is there; `stays` are in order of their beginnings."""
    gaps, free_s = [], since_s
    for begin_s, end_s in (*stays, (until_s, until_s)):
        gaps.append(max(0, begin_s - free_s))
        free_s = max(free_s, end_s)
    return gaps


def idleness_table(night: Night) -> gpd.GeoDataFrame:
    """Return one row for each site: how long nobody is there.

    Returns
    -------
    GeoDataFrame
        In EPSG:4326, the sites' points as geometry. ``site``, ``name``, ``tier``; ``wanted`` and ``visits``, the visits
        wanted and made; ``worst_min``, the longest time without a squad, and ``mean_min``, the average over all
        moments of the time since a squad was last there, both counted over the whole span of the shifts. Empty without
        squads.
    """
    rows = idleness(night)
    cells = [(r.site.id, r.site.title, r.site.tier, r.wanted, r.visits, r.worst_s / 60, r.mean_s / 60) for r in rows]
    return frame_of(night, _COLUMNS, cells, [Point(r.site.lon, r.site.lat) for r in rows])
