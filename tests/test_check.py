"""The checker, tested by damage: every kind of it done to a good plan must be found and named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from nights import at, good_night, line_matrix, site
from patrolroute.build import compile_problem
from patrolroute.check import check_against_problem, check_plan
from patrolroute.errors import InputError
from patrolroute.explain import explain_left_out
from patrolroute.matrix import TravelMatrix
from patrolroute.plans import Plan, Route, TierBound, Visit
from patrolroute.provenance import Provenance
from patrolroute.scenario.model import Scenario
from patrolroute.schedule import schedule


def good_plan() -> tuple[Scenario, TravelMatrix, Plan]:
    scenario, matrix, sites = good_night()
    problem = compile_problem(scenario, matrix)
    rows = {name: row for row, name in reversed(list(enumerate(v.partition("#")[0] for v in problem.visits.ids)))}
    orders = tuple(tuple(rows[name] for name in order) for order in sites)
    reasons = explain_left_out(problem, orders)
    return (
        scenario,
        matrix,
        schedule(problem, orders, engine="by hand", name=scenario.name, start=scenario.start, reasons=reasons),
    )


def change_route(plan: Plan, k: int, change: Callable[[Route], Route]) -> Plan:
    routes = list(plan.routes)
    routes[k] = change(routes[k])
    return replace(plan, routes=tuple(routes))


def change_visit(plan: Plan, k: int, i: int, change: Callable[[Visit], Visit]) -> Plan:
    def changed(route: Route) -> Route:
        visits = list(route.visits)
        visits[i] = change(visits[i])
        return replace(route, visits=tuple(visits))

    return change_route(plan, k, changed)


def test_the_good_plan_breaks_nothing() -> None:
    scenario, matrix, plan = good_plan()
    assert check_plan(plan, scenario=scenario, matrix=matrix) == []
    assert check_against_problem(plan, compile_problem(scenario, matrix)) == []


def swap(plan: Plan) -> Plan:
    """Two stops of one route exchanged, their times left."""
    return change_route(plan, 1, lambda r: replace(r, visits=r.visits[::-1]))


def exchange_squads(plan: Plan) -> Plan:
    a, b = plan.routes
    return replace(plan, routes=(replace(a, squad=b.squad), replace(b, squad=a.squad)))


def shift_route(seconds: int) -> Callable[[Route], Route]:
    def shifted(route: Route) -> Route:
        visits = tuple(
            replace(v, arrive_s=v.arrive_s + seconds, begin_s=v.begin_s + seconds, end_s=v.end_s + seconds)
            for v in route.visits
        )
        moved = replace(route, visits=visits, leave_s=route.leave_s + seconds)
        return replace(moved, return_s=route.return_s + seconds)

    return shifted


def steal_visit(plan: Plan) -> Plan:
    """A second squad claims the first one's stop."""
    stolen = plan.routes[0].visits[0]
    return change_route(plan, 1, lambda r: replace(r, visits=(*r.visits, stolen)))


DAMAGE: dict[str, tuple[Callable[[Plan], Plan], str, str]] = {
    "swap": (swap, "driven", "the roads take"),
    "exchange squads": (exchange_squads, "driven", "the roads"),
    "teleport": (
        lambda p: change_visit(p, 0, 1, lambda v: replace(v, arrive_s=p.routes[0].visits[0].end_s)),
        "driven",
        "in 0 s; the roads take 240 s",
    ),
    "leave before the briefing ends": (
        lambda p: change_route(p, 1, lambda r: replace(r, leave_s=r.leave_s - 1)), "shifts", "briefing of 10 min"
    ),
    "delay beyond the shift": (lambda p: change_route(p, 0, shift_route(3 * 3600)), "shifts", "debriefing of 5 min"),
    "delay beyond the window": (
        lambda p: change_route(p, 1, shift_route(5000)), "windows", "may only within 22:00-23:00"
    ),
    "before the window": (lambda p: change_route(p, 1, shift_route(3 * 3600 - 86400)), "windows", "22:00-23:00"),
    "shorten the stop": (
        lambda p: change_visit(p, 0, 0, lambda v: replace(v, end_s=v.end_s - 1)), "stops", "stays 599 s at 'bawaslu'"
    ),
    "begin before arriving": (
        lambda p: change_visit(p, 0, 0, lambda v: replace(v, arrive_s=v.begin_s + 1)), "stops", "before it arrives"
    ),
    "steal a stop": (steal_visit, "stops", "'bawaslu' is visited 2 times"),
    "drop a stop in silence": (
        lambda p: change_route(p, 0, lambda r: replace(r, visits=r.visits[1:])),
        "accounts",
        "'bawaslu' is not visited and listed 0 times",
    ),
    "drop the required site": (
        lambda p: change_route(p, 0, lambda r: replace(r, visits=r.visits[:1])), "required", "'kpu' is required"
    ),
    "an unknown site": (
        lambda p: change_visit(p, 0, 0, lambda v: replace(v, site="istana")), "stops", "'istana', which is no site"
    ),
    "an unknown squad": (
        lambda p: change_route(p, 0, lambda r: replace(r, squad="regu-9")), "driven", "'regu-9' is no squad"
    ),
    "a squad on two routes": (
        lambda p: replace(p, routes=(*p.routes, p.routes[1])), "driven", "'regu-2' has 2 routes"
    ),
    "a squad without a route": (lambda p: replace(p, routes=p.routes[:1]), "accounts", "'regu-2' has no route"),
    "kilometres made nicer": (
        lambda p: change_visit(p, 0, 0, lambda v: replace(v, drive_m=v.drive_m - 1)), "driven", "the roads say"
    ),
    "seconds made nicer": (
        lambda p: change_route(p, 0, lambda r: replace(r, drive_s=r.drive_s - 1)), "driven", "adds up to"
    ),
    "back too soon": (
        lambda p: change_route(p, 0, lambda r: replace(r, return_s=r.return_s - 1)), "driven", "is back"
    ),
    "coverage counted twice": (
        lambda p: replace(
            p,
            coverage=tuple(
                replace(each, covered_weight=each.covered_weight + 3) if each.tier == 1 else each for each in p.coverage
            ),
        ),
        "accounts",
        "tier 1: the plan says [11",
    ),
    "a tier forgotten": (lambda p: replace(p, coverage=p.coverage[:2]), "accounts", "tier 3: the plan says None"),
    "a skipped site forgotten": (lambda p: replace(p, skipped=()), "accounts", "'penfui' is not visited"),
    "a visited site listed as skipped": (
        lambda p: replace(p, skipped=(*p.skipped, replace(p.skipped[0], site="kpu"))), "accounts", "visited and listed"
    ),
    "a skipped site made less": (
        lambda p: replace(p, skipped=(replace(p.skipped[0], tier=2),)), "accounts", "another part, tier"
    ),
    "a site invented as skipped": (
        lambda p: replace(p, skipped=(*p.skipped, replace(p.skipped[0], site="istana"))), "accounts", "no site of"
    ),
    "another night": (
        lambda p: replace(p, start=at(24)), "accounts", "counts seconds from 2023-11-24"
    ),
    "a bound below the plan": (
        lambda p: replace(p, bound=(TierBound(tier=1, upper_weight=7, proved=False, method="all"),)),
        "accounts",
        "the bound is 7, and 8 is covered",
    ),
    "a proof without a met bound": (
        lambda p: replace(p, bound=(TierBound(tier=1, upper_weight=9, proved=True, method="all"),)),
        "accounts",
        "its bound is not met",
    ),
    "a tier told twice": (
        lambda p: replace(p, coverage=(replace(p.coverage[0], total_weight=99), *p.coverage)), "accounts", "each once"
    ),
    "coverage out of order": (lambda p: replace(p, coverage=p.coverage[::-1]), "accounts", "in order"),
    "routes out of order": (lambda p: replace(p, routes=p.routes[::-1]), "accounts", "order of squads"),
    "another name": (lambda p: replace(p, name="Another"), "accounts", "is called 'Another'"),
    "other roads": (
        lambda p: replace(p, provenance=Provenance(kind="file", source="elsewhere.osm")), "accounts", "other roads"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_found_and_named(name: str) -> None:
    damage, rule, words = DAMAGE[name]
    scenario, matrix, plan = good_plan()
    found = check_plan(damage(plan), scenario=scenario, matrix=matrix)
    assert [v for v in found if v.rule == rule and words in str(v)], "\n".join(map(str, found))


def test_driving_beyond_the_limit_is_found_whatever_the_plan_says() -> None:
    scenario, matrix, plan = good_plan()
    regu_1 = scenario.squads[0].model_copy(update={"max_driving_min": 16.0})
    strict = scenario.model_copy(update={"squads": (regu_1, scenario.squads[1])})
    found = check_plan(plan, scenario=strict, matrix=matrix)
    assert [v.rule for v in found] == ["driving"]
    assert "drives 16.8 min; its longest driving time is 16 min" in str(found[0])


def test_a_wrong_compilation_is_caught_by_the_scenario_s_own_words() -> None:
    """A plan that keeps a problem compiled from longer windows still breaks the scenario's."""
    scenario, matrix, plan = good_plan()
    kelapa_lima = scenario.sites[3].model_copy(update={"windows": ()})
    careless = scenario.model_copy(update={"sites": (*scenario.sites[:3], kelapa_lima, scenario.sites[4])})
    problem = compile_problem(careless, matrix)
    late = change_route(plan, 1, shift_route(5000))
    assert check_against_problem(replace(late, problem_digest=problem.digest), problem) == []
    assert [v.rule for v in check_plan(late, scenario=scenario, matrix=matrix)] == ["windows"]


PROBLEM_DAMAGE = {
    "teleport": "driven", "leave before the briefing ends": "shifts", "delay beyond the shift": "shifts",
    "delay beyond the window": "windows", "shorten the stop": "stops", "begin before arriving": "windows",
    "steal a stop": "stops", "drop a stop in silence": "accounts", "drop the required site": "required",
    "an unknown squad": "squads", "a squad without a route": "squads", "kilometres made nicer": "driven",
    "seconds made nicer": "driven", "back too soon": "driven", "coverage counted twice": "accounts",
    "a bound below the plan": "accounts", "a proof without a met bound": "accounts",
    "a tier told twice": "accounts", "coverage out of order": "accounts",
    "a tier forgotten": "accounts", "a skipped site forgotten": "accounts", "swap": "driven",
}  # fmt: skip


@pytest.mark.parametrize("name", PROBLEM_DAMAGE)
def test_damage_is_found_against_the_problem_too(name: str) -> None:
    scenario, matrix, plan = good_plan()
    found = check_against_problem(DAMAGE[name][0](plan), compile_problem(scenario, matrix))
    assert PROBLEM_DAMAGE[name] in {v.rule for v in found}


def test_a_plan_of_another_problem_is_refused() -> None:
    scenario, matrix, plan = good_plan()
    other = compile_problem(scenario.model_copy(update={"squads": scenario.squads[:1]}), matrix)
    assert {"problem", "squads"} <= {v.rule for v in check_against_problem(plan, other)}


def test_a_squad_that_may_not_is_found() -> None:
    scenario, matrix, plan = good_plan()
    off_road = compile_problem(scenario, matrix, off_road=["kuanino"])
    assert "allowed" in {v.rule for v in check_against_problem(plan, off_road)}


def test_a_matrix_that_lacks_a_site_is_refused() -> None:
    scenario, matrix, plan = good_plan()
    more = scenario.model_copy(update={"sites": (*scenario.sites, site("istana"))})
    with pytest.raises(InputError, match="no point 'istana'"):
        check_plan(plan, scenario=more, matrix=matrix)


def night_of_clocks(day: int, month: int, window_utc: tuple[str, str]) -> tuple[Scenario, TravelMatrix]:
    """Return one site and one squad on duty from 00:00 UTC, two and a half hours of them briefing, in Berlin."""
    opens, closes = (f"2024-{month:02}-{day:02}T{hour}:00Z" for hour in window_utc)
    start, end = (f"2024-{month:02}-{day:02}T{hour}:00:00Z" for hour in ("00", "05"))
    scenario = Scenario.model_validate(
        {
            "name": "Clocks change",
            "date": f"2024-{month:02}-{day:02}",
            "timezone": "Europe/Berlin",
            "places": [{"id": "base", "lon": 13.4, "lat": 52.5}],
            "sites": [{"id": "kpu", "lon": 13.4, "lat": 52.5, "windows": [{"opens": opens, "closes": closes}]}],
            "squads": [
                {
                    "id": "a",
                    "start": "base",
                    "end": "base",
                    "shift": {"start": start, "end": end, "briefing_min": 30, "debriefing_min": 30},
                }
            ],
        }
    )
    return scenario, line_matrix(scenario, {"base": 0, "kpu": 4})


@pytest.mark.parametrize(("day", "month"), [(31, 3), (27, 10)], ids=["spring", "autumn"])
def test_clocks_that_change_in_the_night_are_elapsed_time(day: int, month: int) -> None:
    """Berlin's clocks change at 01:00 UTC; a plan is right or wrong by elapsed time, not by clocks on walls."""
    scenario, matrix = night_of_clocks(day, month, ("00:40", "01:20"))
    problem = compile_problem(scenario, matrix)
    plan = schedule(problem, ((0,),), engine="by hand", name=scenario.name, start=scenario.start)
    assert check_plan(plan, scenario=scenario, matrix=matrix) == []
    for minutes in (-30, 30):
        found = check_plan(change_route(plan, 0, shift_route(minutes * 60)), scenario=scenario, matrix=matrix)
        assert "windows" in {violation.rule for violation in found}
    early = check_plan(change_route(plan, 0, shift_route(-20 * 60)), scenario=scenario, matrix=matrix)
    assert "shifts" in {violation.rule for violation in early}
