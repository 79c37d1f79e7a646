"""Speeds that are not the same all night everywhere: streets slowed in areas, and travel by the hour."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from patrolroute.errors import Faults, InputError
from patrolroute.matrix import TravelPeriods
from patrolroute.roads.geometry import metres_per_degree
from patrolroute.roads.ways.tables import choose_engine, travel_matrix
from patrolroute.roads.ways.trace import trace_legs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from patrolroute.roads.network import RoadNetwork
    from patrolroute.roads.ways.snap import Placed
    from patrolroute.roads.ways.tables import Engine
    from patrolroute.roads.ways.trace import Leg
    from patrolroute.roads.ways.turns import TurnGraph
    from patrolroute.scenario.hours import SlowArea, SpeedHours
    from patrolroute.scenario.model import Scenario


@dataclass(frozen=True, kw_only=True)
class SpeedPeriod:
    """A part of the night in which no speed changes.

    Parameters
    ----------
    begins_s : int
        Seconds since the scenario's start.
    hours : SpeedHours, optional
        The speeds that hold then, where the scenario has some for this hour.
    slow : tuple of SlowArea
        Where driving is slower then.
    """

    begins_s: int
    hours: SpeedHours | None = None
    slow: tuple[SlowArea, ...] = ()


@dataclass(frozen=True, eq=False, kw_only=True)
class ByHour:
    """What depends on the hour, where a scenario has speeds by hour; T periods.

    Parameters
    ----------
    travel : TravelPeriods
    periods : tuple of SpeedPeriod
    roads : tuple of RoadNetwork
        With the speeds of each period.
    turns : tuple of TurnGraph, optional
    """

    travel: TravelPeriods
    periods: tuple[SpeedPeriod, ...]
    roads: tuple[RoadNetwork, ...]
    turns: tuple[TurnGraph, ...] | None

    def with_free_point(self, name: str) -> ByHour:
        """Return the same with a point that is nowhere; see `TravelPeriods.with_free_point`."""
        return replace(self, travel=self.travel.with_free_point(name))

    def trace(self, placed: Placed, drives: Sequence[tuple[str, str]], *, periods: Sequence[int]) -> list[Leg]:
        """Return the legs of drives, from one point to another, at the speeds of the periods in which they set out."""
        legs: dict[int, Leg] = {}
        for period, roads in enumerate(self.roads):
            mine = [k for k, each in enumerate(periods) if each == period]
            turns = None if self.turns is None else self.turns[period]
            traced = trace_legs(roads, placed, [drives[k] for k in mine], turns=turns)
            legs.update(zip(mine, traced, strict=True))
        return [legs[k] for k in range(len(drives))]


def speed_periods(scenario: Scenario) -> tuple[SpeedPeriod, ...]:
    """Return the parts of a night in which no speed changes, while a squad may be out.

    From the first shift's start to the last one's end, overtime included; at least one part, and neighbours differ.
    """
    seconds, travel = scenario.seconds, scenario.travel
    from_s = min((seconds(squad.shift.start) for squad in scenario.squads), default=0)
    until_s = max((seconds(squad.shift.end) + squad.overtime_s for squad in scenario.squads), default=0)
    by_hour: tuple[SpeedHours | SlowArea, ...] = (*travel.hours, *travel.slow)
    edges = {
        seconds(moment) for timed in by_hour for window in timed.windows for moment in (window.opens, window.closes)
    }

    def holds(timed: SpeedHours | SlowArea, second: int) -> bool:
        return any(seconds(each.opens) <= second < seconds(each.closes) for each in timed.windows)

    periods: list[SpeedPeriod] = []
    for second in (from_s, *sorted(each for each in edges if from_s < each < until_s)):
        period = SpeedPeriod(
            begins_s=second,
            hours=next((each for each in travel.hours if holds(each, second)), None),
            slow=tuple(each for each in travel.slow if not each.windows or holds(each, second)),
        )
        if not periods or replace(period, begins_s=periods[-1].begins_s) != periods[-1]:
            periods.append(period)
    return tuple(periods)


def check_slow(network: RoadNetwork, areas: Sequence[SlowArea]) -> None:
    """Refuse slow areas where there is no street.

    Raises
    ------
    InputError
        Naming each area that touches no street, open or closed.
    """
    if not areas:
        return
    whole = network.closed.before if network.closed is not None else network
    tree = shapely.STRtree(whole.lines)
    west, south, east, north = whole.bounds
    faults = Faults()
    for area in areas:
        if not len(tree.query(shapely.Polygon(area.polygon), predicate="intersects")):
            faults.add(
                f"travel.slow {area.name!r}: touches no street; the streets lie within lon {west:.4f} to {east:.4f}, "
                f"lat {south:.4f} to {north:.4f}. Check that corners are lon, lat, or leave it out."
            )
    faults.raise_if_any()


def slow_pace(network: RoadNetwork, areas: Sequence[SlowArea]) -> NDArray[np.float64]:
    """Return how many times as long edges take in slow areas: what lies in one is slowed, what lies beyond is not.

    Both directions of a street have one pace. Where areas overlap, their factors multiply.

    Returns
    -------
    float64 array, shape (E,)
        1 or more.
    """
    pace = np.ones(len(network.tail))
    if not areas:
        return pace
    street = np.flatnonzero(network.street)
    scale = np.concatenate(metres_per_degree(np.array([network.lat.mean()])))

    def flat(lines: NDArray[np.object_]) -> NDArray[np.object_]:
        metres: NDArray[np.object_] = shapely.transform(lines, lambda lonlat: lonlat * scale)
        return metres

    lines = flat(network.lines[street])
    tree, whole_m = shapely.STRtree(lines), np.maximum(shapely.length(lines), 1e-9)
    for area, polygon in zip(areas, flat(np.array([shapely.Polygon(each.polygon) for each in areas])), strict=True):
        near = tree.query(polygon, predicate="intersects")
        share = np.minimum(shapely.length(shapely.intersection(lines[near], polygon)) / whole_m[near], 1.0)
        pace[street[near]] *= 1 + share * (1 / area.factor - 1)
    paced: NDArray[np.float64] = pace[network.first]
    return paced


def at_period(network: RoadNetwork, period: SpeedPeriod) -> RoadNetwork:
    """Return a network with the speeds of one period.

    Parameters
    ----------
    network : RoadNetwork
        With the speeds that a scenario has for all hours; its own pace does not count.
    period : SpeedPeriod

    Raises
    ------
    InputError
        When the period names a highway class that OSM does not have, or a street then takes too long.
    """
    if period.hours is None and not period.slow and network.pace is None:
        return network
    speeds, pace = network.speeds, slow_pace(network, period.slow)
    if period.hours is not None:
        speeds, pace = speeds.with_classes(period.hours.speeds_kph), pace / period.hours.factor
    return network.with_speeds(speeds, pace=pace)


def slowest_roads(networks: Sequence[RoadNetwork]) -> RoadNetwork:
    """Return the streets with the longest time that each edge takes in any of several periods.

    What is driven on them is driven at no hour later than they say, whatever hours it lasts into. Their `pace` is that
    of the first network, so `time_ms` alone tells their speed.

    Parameters
    ----------
    networks : sequence of RoadNetwork
        The same streets with the speeds of each period, as `at_period` makes them.
    """
    first = networks[0]
    if len(networks) == 1:
        return first
    slowest = replace(first, time_ms=np.max([network.time_ms for network in networks], axis=0))
    for made in ("hierarchy", "street_index"):
        if made in vars(first):
            vars(slowest)[made] = getattr(first, made)
    return slowest


def travel_periods(
    networks: Sequence[RoadNetwork],
    placed: Placed,
    *,
    begins_s: Sequence[int],
    profiles: Mapping[str, int],
    turns: Sequence[TurnGraph] | None = None,
    engine: Engine = "auto",
) -> TravelPeriods:
    """Return what `travel_matrix` gives for each of several periods; the streets are ordered once for all.

    Parameters
    ----------
    networks : sequence of RoadNetwork
        The same streets with the speeds of each period, as `at_period` makes them.
    placed : Placed
        On any of them: places do not depend on speeds.
    begins_s : sequence of int
        Seconds since the scenario's start at which each period begins, rising.
    profiles : mapping of str to int
        As `travel_matrix` takes them.
    turns : sequence of TurnGraph, optional
        Turns of each period's network, as `TurnGraph.with_times` makes them.
    engine : {"auto", "native", "scipy"}
        `choose_engine` is asked for the points of all periods together.

    Raises
    ------
    InputError
        When networks have not the same streets, or as `travel_matrix`.
    """
    first = networks[0]
    for other in networks[1:]:
        if not (np.array_equal(first.tail, other.tail) and np.array_equal(first.head, other.head)):
            raise InputError(["periods: expected the same streets in each, only at other speeds; found others."])
    graphs: Sequence[RoadNetwork | TurnGraph] = networks if turns is None else turns
    if engine == "auto":
        engine = choose_engine(first, len(placed.ids) * len(networks), None if turns is None else turns[0])
    if engine == "native":
        for graph in graphs[1:]:
            vars(graph).setdefault("hierarchy", graphs[0].hierarchy)
    matrices = [
        travel_matrix(network, placed, profiles=profiles, turns=None if turns is None else turns[p], engine=engine)
        for p, network in enumerate(networks)
    ]
    return TravelPeriods(
        begins_s=np.array(begins_s, np.int64),
        ids=placed.ids,
        profiles=tuple(profiles),
        travel_s=np.stack([matrix.travel_s for matrix in matrices]),
        travel_m=np.stack([matrix.travel_m for matrix in matrices]),
        provenance=first.provenance,
        lonlat=matrices[0].lonlat,
    )


def travel_by_hour(
    networks: tuple[RoadNetwork, ...],
    periods: tuple[SpeedPeriod, ...],
    placed: Placed,
    *,
    profiles: Mapping[str, int],
    turns: TurnGraph | None = None,
) -> ByHour:
    """Return the travel of some periods, on the networks that `at_period` makes of them; turns are those of any."""
    timed = None if turns is None else tuple(turns.with_times(network) for network in networks)
    begins_s = [period.begins_s for period in periods]
    travel = travel_periods(networks, placed, begins_s=begins_s, profiles=profiles, turns=timed)
    return ByHour(travel=travel, periods=periods, roads=networks, turns=timed)
