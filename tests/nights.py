"""Small nights whose every number can be followed by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from patrolroute.build import compile_problem
from patrolroute.check import check_against_problem, check_plan
from patrolroute.matrix import TravelMatrix
from patrolroute.plans import Plan, Visit
from patrolroute.scenario.model import Scenario, Shift, Site, Squad, Vehicle, Window
from patrolroute.schedule import schedule

ZONE = dt.timezone(dt.timedelta(hours=8))
EVENING = dt.datetime(2023, 11, 23, tzinfo=ZONE)


def at(hour: int, minute: int = 0) -> dt.datetime:
    """Return a moment of the night; hours from 24 on are after midnight."""
    return EVENING + dt.timedelta(hours=hour, minutes=minute)


def scenario_of(sites: tuple[Site, ...], squads: tuple[Squad, ...], **more: Any) -> Scenario:
    base: dict[str, Any] = {"id": "base", "name": "Mapolda", "lon": 123.60, "lat": -10.18}
    values = {"name": "A small night", "date": EVENING.date(), "timezone": "+08:00", "places": (base,)}
    return Scenario.model_validate(values | {"sites": sites, "squads": squads} | more)


def site(
    name: str, *, tier: int = 2, weight: int = 1, dwell_min: float = 10, required: bool = False, **more: object
) -> Site:
    return Site.model_validate(
        {"id": name, "lon": 123.6, "lat": -10.17, "tier": tier, "weight": weight}
        | {"dwell_min": dwell_min, "required": required}
        | more
    )


def squad(name: str, *, start: int = 22, end: int = 24, speed_factor: float = 1, **more: object) -> Squad:
    shift = Shift(start=at(start), end=at(end), briefing_min=10, debriefing_min=5)
    return Squad.model_validate(
        {"id": name, "start": "base", "end": "base", "shift": shift, "people": {"preventif": 4}}
        | {"vehicle": Vehicle(speed_factor=speed_factor)}
        | more
    )


def window(opens: tuple[int, int], closes: tuple[int, int]) -> Window:
    return Window(opens=at(*opens), closes=at(*closes))


def line_matrix(scenario: Scenario, positions_min: dict[str, float]) -> TravelMatrix:
    """Return a matrix of points on one straight street, given in driving minutes from its western end.

    Driving east takes a tenth longer, so that the matrix is not symmetric; a minute is 500 m.
    """
    where = np.array([positions_min[name] for name in positions_min])
    gap = where[None, :] - where[:, None]
    minutes = np.where(gap > 0, gap * 1.1, -gap)
    profiles = tuple(sorted({each.vehicle.profile for each in scenario.squads})) or ("1",)
    return TravelMatrix(
        ids=tuple(positions_min),
        profiles=profiles,
        travel_s=np.stack([np.ceil(minutes * 60 / float(profile)).astype(np.int32) for profile in profiles]),
        travel_m=np.stack([np.ceil(np.abs(gap) * 500).astype(np.int32)] * len(profiles)),
    )


def good_night() -> tuple[Scenario, TravelMatrix, tuple[tuple[str, ...], ...]]:
    """Return a scenario, its matrix, and visiting orders by site that keep every rule and leave one site out."""
    scenario = scenario_of(
        (
            site(
                "kpu", tier=1, weight=5, required=True, windows=(window((22, 30), (23, 0)), window((23, 30), (24, 30)))
            ),
            site("bawaslu", tier=1, weight=3),
            site("kuanino", weight=2, dwell_min=15),
            site("kelapa-lima", weight=2, windows=(window((22, 0), (23, 0)),)),
            site("penfui", tier=3),
        ),
        (squad("regu-1", max_driving_min=60), squad("regu-2", start=21, speed_factor=1.25)),
    )
    matrix = line_matrix(
        scenario, {"base": 10, "kpu": 14, "bawaslu": 18, "kuanino": 6, "kelapa-lima": 2, "penfui": 130}
    )
    return scenario, matrix, (("bawaslu", "kpu"), ("kuanino", "kelapa-lima"))


def planned(scenario: Scenario, matrix: TravelMatrix, *orders: Sequence[str]) -> Plan:
    """Return the plan of visiting orders that name visits, one order a squad."""
    problem = compile_problem(scenario, matrix)
    rows = tuple(tuple(problem.visits.ids.index(name) for name in order) for order in orders)
    return schedule(problem, rows, engine="by hand", name=scenario.name, start=scenario.start)


def broken(plan: Plan, scenario: Scenario, matrix: TravelMatrix) -> list[str]:
    """Return what the scenario's own words say against a plan."""
    return [str(violation) for violation in check_plan(plan, scenario=scenario, matrix=matrix)]


def assert_good(plan: Plan, scenario: Scenario, matrix: TravelMatrix) -> None:
    """Assert that neither the scenario's words nor the problem say anything against a plan."""
    assert broken(plan, scenario, matrix) == []
    assert [str(v) for v in check_against_problem(plan, compile_problem(scenario, matrix))] == []


def changed(plan: Plan, squad: int, number: int, change: Callable[[Visit], Visit]) -> Plan:
    """Return a plan with one visit of one squad changed, everything else left."""
    route = plan.routes[squad]
    visits = tuple(change(v) if i == number else v for i, v in enumerate(route.visits))
    routes = (*plan.routes[:squad], replace(route, visits=visits), *plan.routes[squad + 1 :])
    return replace(plan, routes=routes)


def later_by(seconds: int) -> Callable[[Visit], Visit]:
    """Return a change that moves a visit, its arrival left."""
    return lambda v: replace(v, begin_s=v.begin_s + seconds, end_s=v.end_s + seconds)


def moved(plan: Plan, squad: int, seconds: int) -> Plan:
    """Return a plan with the whole route of one squad made later."""
    route = plan.routes[squad]
    visits = tuple(replace(later_by(seconds)(v), arrive_s=v.arrive_s + seconds) for v in route.visits)
    times = {"leave_s": route.leave_s + seconds, "return_s": route.return_s + seconds}
    routes = (*plan.routes[:squad], replace(route, visits=visits, **times), *plan.routes[squad + 1 :])
    return replace(plan, routes=routes)
