"""Plans made by hand from visits by name, and damage done to them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from patrolroute.build import compile_problem
from patrolroute.check import check_against_problem, check_plan
from patrolroute.explain import explain_left_out
from patrolroute.rules.waiting import wait_elsewhere
from patrolroute.schedule import schedule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patrolroute.matrix import TravelMatrix
    from patrolroute.plans import Plan
    from patrolroute.scenario import Scenario


def plan_of(scenario: Scenario, matrix: TravelMatrix, orders: Sequence[Sequence[str]]) -> Plan:
    """Return the plan of visits given by their ids, one sequence for each squad."""
    problem = compile_problem(scenario, matrix)
    rows = tuple(tuple(problem.visits.ids.index(name) for name in order) for order in orders)
    reasons = explain_left_out(problem, rows)
    plan = schedule(problem, rows, engine="by hand", name=scenario.name, start=scenario.start, reasons=reasons)
    plan = wait_elsewhere(plan, [site.id for site in scenario.sites if not site.wait])
    assert check_against_problem(plan, problem) == []
    return plan


def broken(plan: Plan, scenario: Scenario, matrix: TravelMatrix) -> list[str]:
    """Return what the scenario's rules say against a plan."""
    return list(map(str, check_plan(plan, scenario=scenario, matrix=matrix)))


def with_route(plan: Plan, k: int, **changes: Any) -> Plan:
    """Return a plan with one route changed."""
    routes = list(plan.routes)
    routes[k] = replace(routes[k], **changes)
    return replace(plan, routes=tuple(routes))


def with_visit(plan: Plan, k: int, i: int, **changes: Any) -> Plan:
    """Return a plan with one visit changed."""
    visits = list(plan.routes[k].visits)
    visits[i] = replace(visits[i], **changes)
    return with_route(plan, k, visits=tuple(visits))


def later(plan: Plan, k: int, seconds: int, *, since: int = 0) -> Plan:
    """Return a plan in which a squad does everything later from one of its visits on."""
    route = plan.routes[k]
    visits = tuple(
        replace(v, arrive_s=v.arrive_s + seconds, begin_s=v.begin_s + seconds, end_s=v.end_s + seconds)
        if i >= since
        else v
        for i, v in enumerate(route.visits)
    )
    leave_s = route.leave_s + seconds * (since == 0)
    return with_route(plan, k, visits=visits, leave_s=leave_s, return_s=route.return_s + seconds)
