"""What an engine refuses is told in the words of a scenario."""

from __future__ import annotations

from typing import Any

import pytest

from nights import at, line_matrix, scenario_of, site, squad
from patrolroute.build import compile_problem
from patrolroute.engines.protocol import refuse_beyond
from patrolroute.errors import InputError
from patrolroute.scenario.squads import Break

POST = {"id": "alun", "place": "base", "squads": 2, "period": {"opens": at(22, 30), "closes": at(23)}}


@pytest.mark.parametrize(
    ("sites", "night", "crew", "told"),
    [
        (({"squads_together": 2},), {}, {}, ["joint stops (squads_together)"]),
        ((), {"presence": (POST,)}, {}, ["a presence that counts only as a whole (all_or_nothing)"]),
        (
            ({"visits": 2, "gap_min": 20},),
            {},
            {},
            ["several visits of a site (visits, every_min)"],
        ),
        (
            (),
            {},
            {"breaks": (Break(minutes=10), Break(minutes=5)), "longest_without_break_min": 80},
            ["breaks (breaks, longest_without_break_min)"],
        ),
        (({},), {}, {"overtime_min": 10, "max_stops": 1}, ["overtime (overtime_min)", "a limit on stops (max_stops)"]),
    ],
    ids=["joint stop", "presence", "revisits", "breaks", "overtime and stops"],
)
def test_what_cannot_be_kept_is_named_as_it_was_written(
    sites: tuple[dict[str, Any], ...], night: dict[str, Any], crew: dict[str, Any], told: list[str]
) -> None:
    asked = tuple(site(f"s{i}", **more) for i, more in enumerate([*sites, {}]))
    scenario = scenario_of(asked, (squad("a", **crew), squad("b", **crew)), **night)
    matrix = line_matrix(scenario, {"base": 0.0, **{each.id: 5.0 for each in asked}})
    with pytest.raises(InputError) as caught:
        refuse_beyond(compile_problem(scenario, matrix), "pyvrp")
    assert caught.value.faults == tuple(
        f"engine 'pyvrp' cannot keep {words}; take the engine 'native', or leave it out of the scenario."
        for words in told
    )
