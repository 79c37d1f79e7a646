"""Saved plans, checked against what stands beside them after that was changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nights import scenario_of, site, squad
from patrolroute.errors import InputError
from patrolroute.patrol import plan
from patrolroute.roads import RoadNetwork, roads_from_graph
from patrolroute.saved import check_saved
from patrolroute.scenario import Scenario
from patrolroute.scenario.squads import OvertimePrice
from streets import corner, town


@pytest.fixture(scope="module")
def roads() -> RoadNetwork:
    return roads_from_graph(town(one_way=True))


def late_night() -> Scenario:
    """Return a night on which overtime is allowed and has a price."""
    sites = (site("kpu", tier=1, required=True, **corner(2, 2)), site("pasar", tier=2, **corner(1, 3)))
    scenario = scenario_of(sites, (squad("regu-1", overtime_min=30.0), squad("regu-2", overtime_min=30.0)))
    return scenario.model_copy(update={"overtime_price": OvertimePrice(tier=2, weight_per_h=6)})


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        (lambda data: data["overtime_price"].update(weight_per_h=7.0), ["the price of overtime (overtime_price)"]),
        (lambda data: data["sites"][0].update(weight=77), ["weights (weight)"]),
        (lambda data: data["sites"][0].update(dwell_min=1), ["how long visits take (dwell_min)"]),
        (
            lambda data: [each.update(max_driving_min=100.0) for each in data["squads"]],
            ["limits of driving (max_driving_min)"],
        ),
    ],
)
def test_what_differs_in_an_altered_scenario_is_told(
    roads: RoadNetwork, tmp_path: Path, change: Callable[[dict[str, Any]], object], parts: list[str]
) -> None:
    plan(late_night(), roads, iterations=50, seconds=5, seed=1).save(tmp_path)
    assert check_saved(tmp_path) == []
    file = tmp_path / "scenario.json"
    data = json.loads(file.read_text(encoding="utf-8"))
    change(data)
    file.write_text(json.dumps(data), encoding="utf-8")
    first, *others = check_saved(tmp_path)
    assert first.rule == "problem"
    differs = first.message.partition("these differ: ")[2].partition(". scenario.json")[0].split("; ")
    assert len(differs) == len(parts)
    assert all(part in told for part, told in zip(parts, differs, strict=True))
    assert "put back what was written with this plan.json, or plan again." in first.message
    assert ("all the same" in first.message) is (others == [])


def test_a_plan_of_before_the_parts_says_so(roads: RoadNetwork, tmp_path: Path) -> None:
    planned = plan(late_night(), roads, iterations=50, seconds=5, seed=1)
    planned.save(tmp_path)
    file = tmp_path / "plan.json"
    data = json.loads(file.read_text(encoding="utf-8"))
    del data["problem_parts"]
    file.write_text(json.dumps(data), encoding="utf-8")
    assert check_saved(tmp_path) == []
    data["problem_digest"] = "0" * 64
    file.write_text(json.dumps(data), encoding="utf-8")
    (told,) = check_saved(tmp_path)
    assert "a plan of this age does not tell" in told.message
    planned.save(tmp_path)
    file.write_text(file.read_text().replace(planned.document.problem_digest, "0" * 64))
    (told,) = check_saved(tmp_path)
    assert "all its parts are the same, so the plan's own problem_digest was changed" in told.message


def test_a_vehicle_that_was_changed_after_planning_is_told(roads: RoadNetwork, tmp_path: Path) -> None:
    plan(late_night(), roads, iterations=300, bound_seconds=0, seed=1).save(tmp_path / "out")
    file = tmp_path / "out" / "scenario.json"
    data = json.loads(file.read_text(encoding="utf-8"))
    data["squads"][0]["vehicle"]["speed_factor"] = 2.0
    file.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(InputError, match="the travel matrix has no times for its vehicle"):
        check_saved(tmp_path / "out")


def test_parts_that_no_problem_has_are_not_repeated(roads: RoadNetwork, tmp_path: Path) -> None:
    plan(late_night(), roads, iterations=300, bound_seconds=0, seed=1).save(tmp_path / "out")
    file = tmp_path / "out" / "plan.json"
    data = json.loads(file.read_text(encoding="utf-8"))
    data["problem_digest"] = "0" * 64
    data["problem_parts"].append({"part": "\x1b[2Jout: obeys every rule.", "digest": "0"})
    file.write_text(json.dumps(data), encoding="utf-8")
    (told,) = [each for each in check_saved(tmp_path / "out") if each.rule == "problem"]
    assert "parts that no problem has" in told.message
    assert "\x1b" not in told.message
    assert "Put back the plan.json" in told.message
