from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from handmade import plan_of
from hourly import by_hour
from nights import line_matrix, scenario_of, site, squad, window
from patrolroute.build import compile_problem
from patrolroute.idle import idle_reasons
from patrolroute.scenario.squads import Break
from patrolroute.solver import solve

if TYPE_CHECKING:
    from patrolroute.scenario.model import Site

APART = "squads would be further apart than max_spread_stops or max_spread_duty_min allows"
POSITIONS_MIN = {"base": 0.0, "near": 5.0, "mid": 10.0, "far": 55.0}


def told(sites: tuple[Site, ...], order: tuple[str, ...] = ("near",), **idle: Any) -> str:
    """Return what the second squad, which makes no visit, is told."""
    scenario = scenario_of(sites, (squad("a"), squad("b", **idle)))
    matrix = line_matrix(scenario, {name: POSITIONS_MIN[name] for name in ("base", *(each.id for each in sites))})
    plan = plan_of(scenario, matrix, (order, ()))
    reasons = idle_reasons(scenario, compile_problem(scenario, matrix), plan)
    assert set(reasons) == {"b"}
    return reasons["b"]


def test_a_squad_that_nothing_is_left_for_is_told_so() -> None:
    assert told((site("near"),)) == "Nothing is left out that it could add."


def test_a_stop_that_the_search_missed_is_no_secret() -> None:
    said = told((site("near"), site("mid")))
    assert said == "It has time for 'mid', which the search missed: search longer, with more seconds."


@pytest.mark.parametrize(
    ("left_out", "idle", "why"),
    [
        (site("mid", needs={"penindakan": 2}), {}, "it has none of 'penindakan'; due: 2"),
        (site("mid", not_by=["b"]), {}, "it is among the squads of not_by"),
        (site("mid", windows=[window((22, 10), (22, 30))]), {"start": 23}, "it cannot be there before they close"),
        (site("mid", dwell_min=60), {"start": 23}, "out, stop and back take longer than its shift"),
        (site("mid"), {"max_driving_min": 12}, "the way is more driving than it is allowed"),
        (site("mid"), {"max_stops": 0}, "its max_stops allows none"),
        (site("mid", squads_together=3), {}, "no squad could"),
    ],
    ids=["people", "not_by", "window", "shift", "driving", "max_stops", "nobody"],
)
def test_what_keeps_a_squad_from_what_is_left_out_is_named(left_out: Site, idle: dict[str, Any], why: str) -> None:
    said = told((site("near"), left_out), **idle)
    assert said == f"Of what is left out it can serve nothing: {left_out.id!r} ({why})."


def test_a_visit_that_hangs_on_others_is_no_promise() -> None:
    said = told((site("near"), site("mid", squads_together=2)))
    assert said.startswith("By itself it has time for 'mid', but with the visits, squads and breaks that must go with")
    assert said.endswith("the search found no way; a longer search, with more seconds, may.")


def test_breaks_that_keep_a_squad_in_are_told_before_all_else() -> None:
    rest = Break(minutes=100)
    assert told((site("near"), site("mid")), breaks=[rest]) == "Its breaks leave it no time for any stop."


def test_reasons_of_several_sites_stand_together() -> None:
    barred = {"needs": {"penindakan": 2}}
    sites = (site("near"), site("mid", **barred), site("far", tier=1, dwell_min=30))
    said = told(sites)
    assert said == (
        "Of what is left out it can serve nothing: 'far' (out, stop and back take longer than its shift); "
        "'mid' (it has none of 'penindakan'; due: 2)."
    )


@pytest.mark.parametrize(
    ("left_out", "wishes", "why"),
    [
        (
            site("mid", only_by=["b"], windows=[window((23, 40), (24, 0))]),
            {"overtime_price": {"tier": 2, "weight_per_h": 50}},
            "its overtime would cost more than it is worth",
        ),
        (
            site("mid", only_by=["b"]),
            {"max_spread_duty_min": 1},
            APART,
        ),
        (
            site("mid", only_by=["b"]),
            {"max_spread_stops": 0},
            APART,
        ),
    ],
    ids=["price", "duty", "stops"],
)
def test_what_the_night_does_not_want_is_not_told_as_missed(left_out: Site, wishes: dict[str, Any], why: str) -> None:
    scenario = scenario_of((left_out,), (squad("a"), squad("b", overtime_min=60)), **wishes)
    problem = compile_problem(scenario, line_matrix(scenario, {"base": 0, "mid": 10}))
    plan = solve(problem, iterations=200, seed=1, bound_seconds=0)
    assert [each.site for each in plan.skipped] == ["mid"]
    said = idle_reasons(scenario, problem, plan)["b"]
    assert said == f"Of what is left out it can serve nothing: 'mid' ({why})."


def test_what_only_the_fastest_hour_would_allow_is_not_told_as_missed() -> None:
    """By day the way takes 20 minutes and there would be time; now it takes an hour."""
    scenario = scenario_of((site("mid", dwell_min=40),), (squad("a"), squad("b")))
    problem = by_hour(
        compile_problem(scenario, line_matrix(scenario, {"base": 0, "mid": 20})), [-500, 20 * 3600], [1, 3]
    )
    plan = solve(problem, iterations=50, seed=1, bound_seconds=0)
    assert "which the search missed" not in idle_reasons(scenario, problem, plan)["b"]
