"""Where the things of a night lie, and what they are called: points of routes, and sites that stand for all else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patrolroute.scenario.base import ANYWHERE
from patrolroute.scenario.model import Place, Placement, Site

if TYPE_CHECKING:
    from collections.abc import Mapping

    from patrolroute.plans import Skipped, Visit
    from patrolroute.render.night import Night
    from patrolroute.scenario.model import Presence

LOWEST_TIER = 9
"""Breaks are drawn as stops of it."""

_PLACEMENT_WORDS = {
    Placement.SURVEYED: "position from a source",
    Placement.APPROXIMATE: "position approximate: the place itself may be some hundred metres off",
    Placement.STREET: "only the street is known: the position is a guess on or near it",
}


def is_approximate(place: Place) -> bool:
    """Whether no source gives the place's position exactly."""
    return place.placement != Placement.SURVEYED


def position_text(place: Place) -> str:
    """Return how well a place's position is known, without naming a source that nobody named."""
    if place.placement == Placement.SURVEYED and not place.source.strip():
        return "position given as exact, no source named"
    return _PLACEMENT_WORDS[place.placement]


def points_of(night: Night) -> Mapping[str, Place]:
    """Return what routes go by, by id: places and sites, where beats begin and end, further points of the streets."""
    points = {**night.scenario.points, **night.spots}
    if night.beats is not None:
        for beat in night.beats.beats:
            lonlat = night.beats.line(beat).coords
            for point, word, (lon, lat) in ((beat.entry, "start", lonlat[0]), (beat.exit, "end", lonlat[-1])):
                points[point] = Place(
                    id=point,
                    name=f"{night.beat_title(beat)[:280]}, {word}",
                    lon=lon,
                    lat=lat,
                    placement=Placement.SURVEYED,
                    source="a junction of these roads",
                )
    return points


def parts_of(night: Night) -> Mapping[str, Site]:
    """Return sites by id, and a stand-in for each beat, which lies where it begins."""
    parts = dict(night.sites)
    if night.beats is not None:
        for beat in night.beats.beats:
            area, begin = night.areas[beat.area], night.points[beat.entry]
            parts[beat.id] = Site(
                id=beat.id,
                name=night.beat_title(beat)[:300],
                lon=begin.lon,
                lat=begin.lat,
                placement=begin.placement,
                source=begin.source,
                tier=area.tier,
                dwell_min=min(beat.duration_s / 60, 1440),
            )
    return parts


def stop_of(night: Night, visit: Visit) -> Site:
    """Return the site of a visit; of a beat, a presence or a break a stand-in that lies where it begins."""
    if visit.site in night.sites:
        return night.sites[visit.site]
    if (beat := night.beat(visit)) is not None:
        return night.parts[beat.id]
    place = _spot(night, visit)
    if visit.site in night.presences:
        return _stand_in(night.presences[visit.site], place)
    return Site(
        id=place.id,
        name=f"Istirahat / break, {place.title}"[:300],
        lon=place.lon,
        lat=place.lat,
        placement=place.placement,
        source=place.source,
        tier=LOWEST_TIER,
    )


def _spot(night: Night, visit: Visit) -> Place:
    """Return where a visit is; of a break before the first stop of a squad that starts anywhere, that stop's place.

    On paper such a squad is there already.
    """
    if visit.entry != ANYWHERE:
        return night.points[visit.entry]
    stops = (v.entry for route in night.plan.routes if visit in route.visits for v in route.visits)
    return night.points[next(entry for entry in stops if entry != ANYWHERE)]


def left_out_of(night: Night, skipped: Skipped) -> Site:
    """Return the site that is left out, with its visit's number where it wants several; of all else a stand-in."""
    if skipped.site in night.areas:
        return night.parts[skipped.part]
    if skipped.site in night.sites:
        site = night.sites[skipped.site]
        wanted, number = night.scenario.visits_wanted(site), _left_out_number(night, skipped, site)
        return site.model_copy(update={"name": f"{site.title}, visit {number} of {wanted}"}) if wanted > 1 else site
    presence = night.presences[skipped.site]
    return _stand_in(presence, night.points[presence.place])


def _left_out_number(night: Night, skipped: Skipped, site: Site) -> int:
    """Return which visit of its site is left out: those that are made are the first ones, whatever was planned."""
    made = max(0, len(night.in_order.get(site.id, [])) - site.squads_together + 1)
    parts = [each.part for each in night.plan.skipped if each.site == site.id]
    return made + parts.index(skipped.part) + 1


def _stand_in(presence: Presence, place: Place) -> Site:
    """Return a presence as a site that lies at a place."""
    return Site(
        id=presence.id,
        name=f"Penjagaan / presence: {presence.title}"[:300],
        lon=place.lon,
        lat=place.lat,
        placement=place.placement,
        source=place.source,
        tier=presence.tier,
        weight=presence.weight,
    )
