"""The most stops of a squad: compiled, kept by the search's own problem, found by the check, and told."""

from __future__ import annotations

from nights import line_matrix, scenario_of, site, squad
from patrolroute.build import compile_problem
from patrolroute.check import check_plan
from patrolroute.rules.stoplimits import STOP_LIMITS
from patrolroute.scenario.model import Scenario
from patrolroute.schedule import schedule

POSITIONS = {"base": 10.0, "kpu": 14.0, "pasar": 12.0}
SITES = (site("kpu"), site("pasar"))


def night(**more: object) -> Scenario:
    return scenario_of(SITES, (squad("regu-1", **more), squad("regu-2")))


def test_it_compiles_to_the_squads_column() -> None:
    limited = night(max_stops=1)
    squads = compile_problem(limited, line_matrix(limited, POSITIONS)).squads
    assert squads.max_stops[0] == 1
    assert squads.max_stops[1] > 1_000_000


def test_a_stop_too_many_is_found() -> None:
    free, limited = night(), night(max_stops=1)
    matrix = line_matrix(free, POSITIONS)
    plan = schedule(compile_problem(free, matrix), ((1, 0), ()), engine="by hand", name=free.name, start=free.start)
    assert check_plan(plan, scenario=free, matrix=matrix) == []
    assert list(map(str, check_plan(plan, scenario=limited, matrix=matrix))) == [
        "stop limits: squad 'regu-1' makes 2 stops; its most is 1."
    ]
    two = night(max_stops=2)
    assert check_plan(plan, scenario=two, matrix=matrix) == []


def test_it_says_when_nobody_may_stop() -> None:
    none = scenario_of(SITES, (squad("regu-1", max_stops=0),))
    matrix = line_matrix(none, POSITIONS)
    assert STOP_LIMITS.explain(none, matrix, SITES[0]) == "no squad may make a stop; raise max_stops."
    some = night(max_stops=0)
    assert STOP_LIMITS.explain(some, matrix, SITES[0]) is None
