"""What a night drives of its areas: shares and kilometres, beats street by street, and both as tables with lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from patrolroute.render.wording import UNNAMED, length_text, plain
from patrolroute.roads.coverage.streets import area_streets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from patrolroute.beats import Beat
    from patrolroute.plans import Route, Visit
    from patrolroute.render.night import Night
    from patrolroute.scenario.areas import Area

_FOLDED_M = 30.0


class AreaShare(NamedTuple):
    """How much of an area a night drives; every street inside counts once.

    Parameters
    ----------
    area : Area
    total_m : float
        Metres of street inside that may count.
    beats_m : float
        Of these, by the beats that are driven.
    way_m : float
        Of the others, those driven whole on the way to elsewhere. They earn no weight.
    beats, beats_driven : int
        Beats of the area, and how many are driven.
    """

    area: Area
    total_m: float
    beats_m: float
    way_m: float
    beats: int
    beats_driven: int

    @property
    def share(self) -> float:
        """Of the metres inside, how much is driven, on the way too."""
        return (self.beats_m + self.way_m) / self.total_m if self.total_m else 0.0


def area_shares(night: Night) -> tuple[AreaShare, ...]:
    """Return what is driven of each area, in the scenario's order."""
    if night.beats is None:
        return ()
    book, roads = night.beats, night.roads
    driven = np.zeros(len(roads.tail), bool)
    for leg in night.legs.values():
        whole = (leg.edge_from_dm == 0) & (leg.edge_to_dm == roads.length_dm[leg.edges])
        driven[roads.first[leg.edges[whole]]] = True
    made = {beat.id for _, _, beat in driven_beats(night)}
    for beat in book.beats:
        if beat.id in made:
            driven[book.streets.edge[beat.street]] = True
    shares = []
    for area in night.scenario.areas:
        streets = area_streets(roads, book.polygons[area.id], classes=area.streets or None)
        beats = book.of(area.id)
        credited = [book.streets.edge[beat.credited] for beat in beats if beat.id in made]
        counted = np.isin(streets.edge, np.concatenate([np.zeros(0, np.int64), *credited]))
        shares.append(
            AreaShare(
                area=area,
                total_m=streets.total_m,
                beats_m=float(streets.inside_dm[counted].sum()) / 10,
                way_m=float(streets.inside_dm[driven[streets.edge] & ~counted].sum()) / 10,
                beats=len(beats),
                beats_driven=sum(beat.id in made for beat in beats),
            )
        )
    return tuple(shares)


def driven_beats(night: Night) -> Iterator[tuple[str, Visit, Beat]]:
    """Yield squad, visit and beat of each beat that is driven, by squad and then in driving order."""
    for route in night.plan.routes:
        for visit in route.visits:
            if (beat := night.beat(visit)) is not None:
                yield route.squad, visit, beat


def route_beats_m(night: Night, route: Route) -> float:
    """Return the metres of the beats that a squad drives, which `Route.drive_m`, between stops, does not have."""
    beats = (night.beat(visit) for visit in route.visits)
    return sum(night.beats.length_m(beat) for beat in beats if beat is not None) if night.beats is not None else 0.0


def distance_text(night: Night, route: Route) -> str:
    """Return how far a squad drives, between stops and along beats, and how much of it beats are."""
    beats_m = route_beats_m(night, route)
    whole = length_text(route.drive_m + beats_m)
    return f"{whole} (beats {length_text(beats_m)})" if beats_m else whole


def beat_line(night: Night, beat: Beat) -> NDArray[np.float64]:
    """Return the line of a beat, shape (points, 2), longitude first."""
    assert night.beats is not None  # noqa: S101 - a beat comes of them
    return np.asarray(night.beats.line(beat).coords, np.float64)


def beat_streets(night: Night, beat: Beat) -> list[tuple[str, float]]:
    """Return names and metres of a beat's streets in driving order, as a person would tell them.

    Neighbours of one name are joined; an unnamed piece shorter than 30 m is counted with the street before it.
    """
    told: list[tuple[str, float]] = []
    for name, metres, _ in night.beats.stretches(beat) if night.beats is not None else ():
        words = plain(name)
        if told and (told[-1][0] == words or (not words and metres < _FOLDED_M)):
            told[-1] = (told[-1][0], told[-1][1] + metres)
        else:
            told.append((words, metres))
    return [(words or UNNAMED, metres) for words, metres in told]


def beat_text(night: Night, beat: Beat) -> str:
    """Return the streets of a beat with their lengths."""
    return " > ".join(f"{words} ({length_text(metres)})" for words, metres in beat_streets(night, beat))


def extents(night: Night) -> list[tuple[Area, BaseGeometry]]:
    """Return the areas with their polygons."""
    return [] if night.beats is None else [(area, night.beats.polygons[area.id]) for area in night.scenario.areas]
