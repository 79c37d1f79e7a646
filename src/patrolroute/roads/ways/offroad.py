"""Why places do not meet the streets, in one sentence for each cause rather than for each place."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from patrolroute.scenario.sites import Site

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from patrolroute.roads.network import RoadNetwork
    from patrolroute.scenario.model import Place

FAR_M = 5_000.0
"""Beyond this nobody has mistaken an entrance: the roads or the coordinates are another district's."""

_SHOWN = 5


def distance_words(metres: float) -> str:
    """Return a distance for a planner: metres, rounded up, below 10 km, and kilometres beyond."""
    return f"{math.ceil(metres):,} m" if metres < 10_000 else f"{metres / 1000:,.0f} km"


def off_road_faults(
    network: RoadNetwork,
    points: Sequence[Place],
    *,
    distance_m: NDArray[np.float64],
    limit_m: float,
    cut_off: NDArray[np.bool_],
) -> list[str]:
    """Return what to say of the places that lie farther from the streets than a limit.

    Parameters
    ----------
    network : RoadNetwork
    points : sequence of Place
        All n places that were put on the streets: what is wrong with most of them is wrong with the roads.
    distance_m : float64 array, shape (n,)
        Metres from each to the nearest street.
    limit_m : float
    cut_off : bool array, shape (n,)
        Those near whose street a closure lies at fault.

    Returns
    -------
    list of str
        One sentence for all that closures have cut off, one for all that lie in another district, one for each other.
    """
    faults = []
    if network.closed is not None and cut_off.any():
        lost = [point for point, cut in zip(points, cut_off.tolist(), strict=True) if cut]
        faults.append(_closed_away(network.closed.words, lost))
    rest = np.flatnonzero((distance_m > limit_m) & ~cut_off)
    far = rest[distance_m[rest] > FAR_M]
    if len(far) >= 2 and 2 * len(far) > len(points):
        faults.append(_another_district(network, [points[i] for i in far.tolist()], distance_m[far], len(points)))
        rest = rest[distance_m[rest] <= FAR_M]
    faults += [_far_off(network, points[i], float(distance_m[i]), limit_m) for i in rest.tolist()]
    return faults


def _closed_away(closed: str, lost: list[Place]) -> str:
    sites: list[Place] = [point for point in lost if isinstance(point, Site)]
    places = [point for point in lost if not isinstance(point, Site)]
    cut = " and ".join(_counted(what, some) for what, some in (("site", sites), ("place", places)) if some)
    ways = ["open part of it"]
    if sites:
        ways.append("leave such sites out (travel.skip_off_road = true)" if not places else "leave such sites out")
    if places:
        ways.append("let the squads start and end elsewhere")
    return f"closing {closed} cuts {cut} off from the rest of the streets; {', or '.join(ways)}."


def _counted(what: str, some: list[Place]) -> str:
    names = ", ".join(repr(point.id) for point in some[:_SHOWN])
    more = f" and {len(some) - _SHOWN} more" if len(some) > _SHOWN else ""
    return f"{len(some)} {what}{'s' if len(some) > 1 else ''} ({names}{more})"


def _another_district(network: RoadNetwork, far: list[Place], distance_m: NDArray[np.float64], count: int) -> str:
    sites = sum(isinstance(point, Site) for point in far)
    what = "sites" if sites == len(far) else "places" if sites == 0 else "sites and places"
    who = f"all {count} {what}" if len(far) == count else f"{len(far)} of {count} {what}"
    least, most = (f"{bound / 1000:,.0f}" for bound in (distance_m.min(), distance_m.max()))
    span = f"{least} km" if least == most else f"{least} to {most} km"
    west, south, east, north = network.bounds
    lies = f"{who} lie {span} from the streets of {network.provenance.source} ({_range(network)})"
    swapped = sum(west <= point.lat <= east and south <= point.lon <= north for point in far)
    if 2 * swapped > len(far):
        return f"{lies} and among them with lon and lat exchanged: they look swapped; exchange them."
    return (
        f"{lies}: these are the roads of another district, or lon and lat are swapped; take the roads of the sites' "
        "own district or correct the points."
    )


def _range(network: RoadNetwork) -> str:
    west, south, east, north = network.bounds
    return f"lon {west:.4f} to {east:.4f}, lat {south:.4f} to {north:.4f}"


def _far_off(network: RoadNetwork, point: Place, distance_m: float, limit_m: float) -> str:
    is_site = isinstance(point, Site)
    called = f"{point.id!r}" + (f" ({point.name})" if point.name and point.name != point.id else "")
    sentence = (
        f"{'site' if is_site else 'place'} {called}: {distance_words(distance_m)} from the nearest street; expected at "
        f"most {distance_words(limit_m)}."
    )
    west, south, east, north = network.bounds
    if distance_m > FAR_M and west <= point.lat <= east and south <= point.lon <= north:
        return f"{sentence} lon {point.lon:g} and lat {point.lat:g} look swapped; exchange them."
    if distance_m > FAR_M:
        own = "the site's own district" if is_site else "the place's own district"
        return f"{sentence} The streets cover {_range(network)}; take roads of {own} or correct the point."
    if is_site:
        return (
            f"{sentence} Move the point to its entrance, raise travel.snap_limit_m, or leave such sites out "
            "(travel.skip_off_road = true)."
        )
    return f"{sentence} Move the point to its entrance on a street, or raise travel.snap_limit_m."
