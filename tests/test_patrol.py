from __future__ import annotations

import itertools
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import osmnx as ox
import pytest

import patrolroute
from nights import scenario_of, site, squad, window
from patrolroute.build import Built
from patrolroute.check import check_plan
from patrolroute.errors import InfeasibleError, InputError, RuleBrokenError
from patrolroute.explain import explain_impossible
from patrolroute.patrol import PatrolPlan, plan
from patrolroute.provenance import Provenance
from patrolroute.roads import RoadNetwork, SpeedTable, roads_from_graph
from patrolroute.roads.restrictions import Restrictions
from patrolroute.saved import check_saved
from patrolroute.scenario import Break, Scenario, SlowArea, SpeedHours
from patrolroute.scenario.model import Closures, Travel
from streets import corner, town
from test_solver import Scripted


@pytest.fixture(scope="module")
def roads() -> RoadNetwork:
    return roads_from_graph(town(one_way=True))


def night(*more: object, **changes: object) -> Scenario:
    sites = (
        site("kpu", tier=1, required=True, **corner(2, 2)),
        site("bawaslu", tier=1, **corner(3, 4)),
        site("pasar", tier=2, windows=(window((22, 30), (23, 0)),), **corner(1, 3)),
        site("kantor", tier=3, dwell_min=200, **corner(4, 4)),
        *more,
    )
    return scenario_of(sites, (squad("regu-1"), squad("regu-2"))).model_copy(update=changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def planned(roads: RoadNetwork) -> PatrolPlan:
    return plan(night(), roads, iterations=200, seconds=5, seed=1)


def test_the_night_is_planned_and_explained(planned: PatrolPlan) -> None:
    assert [row.covered_sites for row in planned.coverage] == [2, 1, 0]
    reason = planned.document.skipped[0]
    assert (reason.site, reason.code) == ("kantor", "impossible")
    assert "more than even squad 'regu-1' has; lengthen a shift" in reason.reason


def test_a_bound_its_gap_and_whether_it_is_proved_stand_on_the_plan(roads: RoadNetwork) -> None:
    bounded = plan(night(), roads, iterations=200, seed=7, bound_seconds=5)
    assert bounded.bound is not None
    assert bounded.proved == all(each.proved for each in bounded.bound)
    assert bounded.proved
    assert set(bounded.gap or {}) == {each.tier for each in bounded.bound}
    assert not plan(night(), roads, iterations=200, seed=7, bound_seconds=0).proved


def test_tables_are_geodataframes_of_one_night(planned: PatrolPlan) -> None:
    assert sorted(planned.visits["site"]) == ["bawaslu", "kpu", "pasar"]
    assert list(planned.skipped["site"]) == ["kantor"]
    for table in (planned.visits, planned.legs, planned.skipped):
        assert table.crs == "EPSG:4326"
    driven = sum(bool(route.visits) + len(route.visits) for route in planned.routes)
    assert len(planned.legs) == driven


def test_legs_are_driven_in_the_seconds_that_the_plan_says(planned: PatrolPlan) -> None:
    for route in planned.routes:
        legs = [planned.night.legs[route.squad, i] for i in range(len(route.visits) + 1)] if route.visits else []
        seconds = [-(-leg.travel_ms // 1000) for leg in legs]
        assert sum(seconds) == route.drive_s
        assert seconds[:-1] == [visit.drive_s for visit in route.visits]


def test_one_way_streets_are_obeyed(planned: PatrolPlan) -> None:
    """Between the first and the last street, traffic runs east only."""
    for leg in planned.night.legs.values():
        lonlat = np.array(leg.line.coords)
        middle = (lonlat[:-1, 1] > corner(0, 0)["lat"] + 1e-6) & (lonlat[:-1, 1] < corner(4, 0)["lat"] - 1e-6)
        along = np.abs(np.diff(lonlat[:, 1])) < 1e-9
        assert (np.diff(lonlat[:, 0])[middle & along] >= -1e-9).all()


def test_a_night_with_turns_obeys_them(roads: RoadNetwork, planned: PatrolPlan) -> None:
    """The turns that the night took before are forbidden, where a way round is left."""
    taken = {pair for leg in planned.night.legs.values() for pair in itertools.pairwise(leg.edges.tolist())}
    banned = sorted(pair for pair in taken if roads.name[pair[0]] != roads.name[pair[1]])
    restricted = replace(roads, restrictions=Restrictions.of(banned, list(range(1, len(banned) + 1))))
    obedient = plan(night(travel=Travel(turns=True, u_turn_s=60)), restricted, iterations=100, seconds=5, seed=1)
    driven = [pair for leg in obedient.night.legs.values() for pair in itertools.pairwise(leg.edges.tolist())]
    assert set(banned)
    assert set(banned).isdisjoint(driven)
    test_legs_are_driven_in_the_seconds_that_the_plan_says(obedient)
    heedless = plan(night(), restricted, iterations=100, seconds=5, seed=1)
    ids = heedless.built.matrix.ids
    assert (obedient.built.matrix.travel_s >= heedless.built.matrix.travel_s).all()
    assert obedient.built.matrix.travel_s.sum() > heedless.built.matrix.travel_s.sum()
    assert ids == obedient.built.matrix.ids
    assert heedless.built.turns is None
    obeyed = "Turns: the turn restrictions that these roads tell are obeyed."
    assert obedient.night.statements == (restricted.provenance.statement, obeyed)


def test_a_leg_that_takes_a_forbidden_turn_never_comes_out(
    roads: RoadNetwork, planned: PatrolPlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = {pair for leg in planned.night.legs.values() for pair in itertools.pairwise(leg.edges.tolist())}
    banned = sorted(pair for pair in taken if roads.name[pair[0]] != roads.name[pair[1]])
    restricted = replace(roads, restrictions=Restrictions.of(banned, list(range(1, len(banned) + 1))))
    trace = Built.trace
    monkeypatch.setattr(Built, "trace", lambda built, drives, **how: trace(replace(built, turns=None), drives, **how))
    with pytest.raises(
        RuleBrokenError, match=r"turns: squad 'regu-\d': the leg from .* turns from 'Gang \d' .*forbidden"
    ):
        plan(night(travel=Travel(turns=True)), restricted, iterations=100, seconds=5, seed=1)
    assert plan(night(), restricted, iterations=100, seconds=5, seed=1).routes


def test_turns_that_the_roads_do_not_tell_are_a_note_on_every_sheet(roads: RoadNetwork, tmp_path: Path) -> None:
    assert not roads.restrictions.known
    wanted = plan(night(travel=Travel(turns=True)), roads, iterations=20, seconds=5, seed=1)
    assert wanted.night.statements[-1].startswith("Turns: these roads tell no turn restrictions")
    assert "these roads tell no turn restrictions" in wanted.summary()
    sheets = [path for path in wanted.save(tmp_path) if path.suffix == ".md"]
    assert sheets
    assert all("these roads tell no turn restrictions" in path.read_text(encoding="utf-8") for path in sheets)
    assert len(plan(night(), roads, iterations=20, seconds=5, seed=1).night.statements) == 1


def test_saved_plans_check(planned: PatrolPlan, tmp_path: Path) -> None:
    files = planned.save(tmp_path / "out")
    assert {"plan.json", "scenario.json", "matrix.npz", "map.png", "plan.gpkg"} <= {file.name for file in files}
    assert check_saved(tmp_path / "out" / "plan.json") == []
    assert check_saved(tmp_path / "out") == []


def test_roads_of_another_place_are_told_so_once_and_first(planned: PatrolPlan, tmp_path: Path) -> None:
    planned.save(tmp_path / "out")
    graph = town(one_way=True)
    for _, node in graph.nodes(data=True):
        node["x"] -= 16.0
        node["y"] += 3.0
    for *_, edge in graph.edges(data=True):
        edge.pop("geometry", None)
    elsewhere = Provenance(kind="file", source="bandung.graphml", date="2023-04-11")
    with pytest.raises(InputError) as caught:
        check_saved(tmp_path / "out", roads=roads_from_graph(graph, provenance=elsewhere))
    (fault,) = caught.value.faults
    known = f"{planned.document.provenance.source} (date unknown)"
    assert fault.startswith(
        f"bandung.graphml (2023-04-11): these are not the roads that the plan was made with, {known}: they reach from "
    )
    assert "lie around lon 123.60" in fault
    assert 1_700 < int(re.search(r"([\d,]+) km away; give the plan's roads.$", fault)[1].replace(",", "")) < 1_850  # type: ignore[index]


def test_other_roads_of_the_same_place_are_named_before_what_differs(planned: PatrolPlan, tmp_path: Path) -> None:
    planned.save(tmp_path / "out")
    newer = Provenance(kind="file", source="town.graphml", date="2026-01-01")
    other = roads_from_graph(town(), provenance=newer)
    first, second, *_ = check_saved(tmp_path / "out", roads=other)
    assert first.message.startswith(
        "town.graphml (2026-01-01): these are probably not the roads that the plan was made"
    )
    assert second.message.startswith("matrix.npz has other seconds")
    # A file that was given another name is no fault.
    assert check_saved(tmp_path / "out", roads=roads_from_graph(town(one_way=True), provenance=newer)) == []


def test_a_saved_plan_that_was_tampered_with_is_found(planned: PatrolPlan, tmp_path: Path) -> None:
    planned.save(tmp_path)
    file = tmp_path / "plan.json"
    data = json.loads(file.read_text(encoding="utf-8"))
    route = next(route for route in data["routes"] if route["visits"])
    route["return_s"] += 7200
    file.write_text(json.dumps(data), encoding="utf-8")
    assert "shifts" in {violation.rule for violation in check_saved(file)}


@pytest.mark.parametrize("name", ["plan.json", "scenario.json", "matrix.npz"])
def test_a_missing_file_is_named(planned: PatrolPlan, tmp_path: Path, name: str) -> None:
    planned.save(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(InputError, match=name):
        check_saved(tmp_path)


def test_graphs_and_files_are_taken_as_they_are(tmp_path: Path) -> None:
    graph = town()
    ox.save_graphml(graph, tmp_path / "town.graphml")
    a = plan(night(), graph, iterations=50, seconds=5, seed=1)
    b = plan(night(), tmp_path / "town.graphml", iterations=50, seconds=5, seed=1)
    assert a.coverage == b.coverage


def test_a_site_in_the_sea_is_refused_or_left_out_with_the_reason(roads: RoadNetwork) -> None:
    sea = night(site("perahu", tier=1, lon=123.59, lat=-10.17))
    with pytest.raises(InputError, match=r"'perahu'.* from the nearest street; expected at most 150 m"):
        plan(sea, roads, iterations=10, seconds=5)
    lenient = sea.model_copy(update={"travel": Travel(skip_off_road=True)})
    planned = plan(lenient, roads, iterations=50, seconds=5)
    left_out = {each.site: each for each in planned.document.skipped}
    assert left_out["perahu"].code == "off_road"
    assert "m from the nearest street; at most 150 m is allowed" in left_out["perahu"].reason
    assert planned.coverage[0].total_sites == 3


def test_a_site_that_a_closure_cuts_off_is_laid_to_the_closure(roads: RoadNetwork) -> None:
    """The eastern quarter hangs on five streets; all are closed."""
    ring = ((123.6062, -10.19), (123.6068, -10.19), (123.6068, -10.16), (123.6062, -10.16), (123.6062, -10.19))
    closed = night(closures=Closures(polygons=(ring,)), travel=Travel(skip_off_road=True))
    planned = plan(closed, roads, iterations=50)
    left_out = {each.site: each for each in planned.document.skipped}
    assert left_out["bawaslu"].code == "off_road"
    assert "cuts it off from the rest of the streets" in left_out["bawaslu"].reason


def test_a_base_in_the_sea_cannot_be_left_out(roads: RoadNetwork) -> None:
    scenario = night()
    base = scenario.places[0].model_copy(update={"lon": 123.55})
    with pytest.raises(InputError, match=r"place 'base'.* from the nearest street"):
        plan(scenario.model_copy(update={"places": (base,), "travel": Travel(skip_off_road=True)}), roads)


def test_an_impossible_required_site_is_refused_in_the_planner_s_words(roads: RoadNetwork) -> None:
    far = night(site("gudang", required=True, dwell_min=150, **corner(0, 4)))
    with pytest.raises(InfeasibleError, match="site 'gudang' is required, and no squad can visit it: The way there"):
        plan(far, roads)
    nobody = night(squads=())
    with pytest.raises(InfeasibleError, match="site 'kpu' is required, and no squad can visit it: There is no squad"):
        plan(nobody, roads)


def test_required_sites_that_cannot_go_together_come_with_the_best_plan(roads: RoadNetwork) -> None:
    extra = [site(f"g{i}", required=True, dwell_min=90, **corner(0, i)) for i in range(3)]
    with pytest.raises(InfeasibleError, match="is required, and the search found no plan") as caught:
        plan(night(*extra), roads, iterations=100, seconds=5, seed=1)
    assert isinstance(caught.value.best, PatrolPlan)
    assert len(caught.value.best.visits) >= 2


def test_a_plan_that_breaks_the_scenario_never_comes_out(roads: RoadNetwork) -> None:
    with pytest.raises(RuleBrokenError):
        plan(night(), roads, engine=Scripted(((0, 3), ())))


def test_closures_are_driven_around(roads: RoadNetwork, planned: PatrolPlan) -> None:
    around = plan(night(closures=Closures(streets=("Gang 3",))), roads, iterations=100, seconds=5, seed=1)
    streets = {street.name for leg in around.night.legs.values() for street in leg.streets}
    assert "Gang 3" not in streets
    assert "Gang 3" in {street.name for leg in planned.night.legs.values() for street in leg.streets}


def test_slow_areas_are_driven_around_and_told(roads: RoadNetwork, planned: PatrolPlan, tmp_path: Path) -> None:
    middle = corner(2, 2)
    ring = tuple(
        (middle["lon"] + x * 0.003, middle["lat"] + y * 0.003) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1))
    )
    travel = Travel(slow=(SlowArea(name="pasar malam", polygon=ring, factor=0.2),))
    slow = plan(night(travel=travel), roads, iterations=100, seconds=5, seed=1)
    assert sum(route.drive_s for route in slow.routes) > sum(route.drive_s for route in planned.routes)
    for route in slow.routes:
        for number, visit in enumerate(route.visits):
            assert -(-slow.night.legs[route.squad, number].travel_ms // 1000) == visit.drive_s
    assert "Slower streets: pasar malam (speed x 0.2)." in slow.summary()
    slow.save(tmp_path / "out")
    assert check_saved(tmp_path / "out") == []
    sea = SlowArea(name="laut", polygon=((0, 0), (1, 0), (0, 1)), factor=0.5)
    with pytest.raises(InputError, match="'laut': touches no street"):
        plan(night(travel=Travel(slow=(sea,))), roads, iterations=1)


def test_a_night_with_speeds_by_hour_is_planned_and_checked_by_the_hour(
    roads: RoadNetwork, planned: PatrolPlan, tmp_path: Path
) -> None:
    travel = Travel(hours=(SpeedHours(name="malam", windows=(window((22, 30), (24, 0)),), factor=2.0),))
    hourly = plan(night(travel=travel), roads, iterations=100, seconds=5, seed=1)
    hours = hourly.built.hours
    assert hours is not None
    assert hourly.built.matrix.travel_s.tolist() == planned.built.matrix.travel_s.tolist()
    told = hourly.summary()
    assert "Speeds by hour: malam (speed x 2, 22:30 to 00:00)." in told
    assert "Each drive is timed at the speeds of the hour in which it sets out." in told
    squads = {squad.id: squad for squad in hourly.scenario.squads}
    for route in hourly.routes:
        for drive in hourly.night.drives(route):
            late = drive.leave_s >= 22.5 * 3600
            profile, ends = squads[route.squad].vehicle.profile, (drive.origin.id, drive.destination.id)
            assert (drive.drive_s, drive.drive_m) == hours.at(int(late)).drive(profile, *ends)
            assert drive.leg is not None
            assert -(-drive.leg.travel_ms // 1000) == drive.drive_s
            assert -(-drive.leg.length_dm // 10) == drive.drive_m
    assert {drive.leave_s >= 22.5 * 3600 for route in hourly.routes for drive in hourly.night.drives(route)} == {
        True,
        False,
    }
    folder = tmp_path / "out"
    hourly.save(folder)
    assert check_saved(folder) == []
    slower = replace(hours, travel_s=hours.travel_s * 3)
    broken = check_plan(hourly.document, scenario=hourly.scenario, matrix=hourly.built.matrix, hours=slower)
    assert broken
    assert {each.rule for each in broken} == {"driven"}
    (folder / "hours.npz").write_bytes(replace(hours, begins_s=hours.begins_s + 7200 * (hours.begins_s > 0)).to_bytes())
    (moved, *_) = check_saved(folder)
    assert "hours.npz has periods that begin" in str(moved)
    (folder / "hours.npz").write_bytes(hours.to_bytes())
    document = (folder / "plan.json").read_text()
    last = max(visit.arrive_s for route in hourly.routes for visit in route.visits)
    (folder / "plan.json").write_text(document.replace(f'"arrive_s": {last}', f'"arrive_s": {last - 60}'))
    assert {each.rule for each in check_saved(folder)} == {"driven"}
    (folder / "hours.npz").unlink()
    with pytest.raises(InputError, match=r"hours.npz: is missing"):
        check_saved(folder)


def test_a_stop_that_only_a_faster_hour_allows_is_made(roads: RoadNetwork) -> None:
    rush = SpeedHours(name="macet", windows=(window((22, 0), (22, 15)),), factor=0.05)
    late = site("jauh", tier=1, weight=9, windows=(window((22, 20), (22, 30)),), **corner(3, 3))
    scenario = night(late, travel=Travel(hours=(rush,)))
    hourly = plan(scenario, roads, iterations=100, seconds=5, seed=1)
    assert "jauh" in {visit.site for route in hourly.routes for visit in route.visits}
    problem = hourly.built.problem
    groups = problem.groups.ids
    assert groups.index("jauh") in explain_impossible(replace(problem, hours=None)), "at the slowest hour it is too far"
    assert groups.index("jauh") not in explain_impossible(problem)


@pytest.mark.parametrize("turns", [False, True])
def test_breaks_and_squads_from_anywhere_hold_at_every_hour_and_turn(roads: RoadNetwork, turns: bool) -> None:
    hours = (SpeedHours(name="hujan", windows=(window((22, 30), (23, 0)),), factor=0.7),)
    rest = Break(minutes=10, window=window((22, 20), (23, 30)))
    squads = (
        squad("regu-1", start=22, breaks=(rest,)).model_copy(update={"start": "anywhere"}),
        squad("regu-2", overtime_min=10, longest_without_break_min=45).model_copy(update={"end": "anywhere"}),
    )
    near = site("toko", tier=1, seen_within_m=300, seen_weight=1, weight=2, wait=False, **corner(0.5, 3))
    scenario = night(near, travel=Travel(hours=hours, turns=turns), squads=squads, balance="stops")
    hourly = plan(scenario, roads, iterations=200, seconds=5, seed=1)
    assert hourly.built.by_hour is not None
    assert all(route.visits for route in hourly.routes)
    assert {visit.site for route in hourly.routes for visit in route.visits} >= {"", "kpu", "bawaslu", "pasar", "toko"}
    for route in hourly.routes:
        told = list(hourly.night.drives(route))
        assert [drive.drive_s for drive in told if drive.leg is not None] == [
            -(-drive.leg.travel_ms // 1000) for drive in told if drive.leg is not None
        ]


def test_a_second_search_starts_from_the_first(roads: RoadNetwork, planned: PatrolPlan) -> None:
    engine = Scripted(((), ()))
    scenario = night()
    with pytest.raises(InfeasibleError):
        plan(scenario, roads, engine=engine, start=planned)
    assert engine.started_from is not None
    assert sorted(v for order in engine.started_from for v in order) == [0, 1, 2]


def test_nothing_to_visit_and_nobody_to_visit_it(roads: RoadNetwork) -> None:
    empty = plan(scenario_of((), ()), roads)
    assert (len(empty.visits), len(empty.legs), len(empty.skipped)) == (0, 0, 0)
    idle = plan(scenario_of((), (squad("a"),)), roads)
    assert idle.routes[0].visits == ()


def test_a_site_at_the_base_and_a_shift_of_no_length(roads: RoadNetwork) -> None:
    at_base = scenario_of((site("jaga", lon=123.60, lat=-10.18),), (squad("a"),))
    assert plan(at_base, roads, iterations=20, seconds=5).routes[0].drive_s == 0
    short = squad("a").model_copy(
        update={
            "shift": squad("a").shift.model_copy(
                update={"end": squad("a").shift.start, "briefing_min": 0.0, "debriefing_min": 0.0}
            )
        }
    )
    nothing = plan(scenario_of((site("jaga", lon=123.60, lat=-10.18),), (short,)), roads)
    assert nothing.document.skipped[0].code == "impossible"
    assert nothing.document.skipped[0].reason.startswith("'a' has a shift of no length")


def test_a_plan_shows_itself(planned: PatrolPlan) -> None:
    assert "tier 1: 2 of 2 sites" in repr(planned)
    assert "<table" in planned._repr_html_()
    assert "leaflet" in planned.explore().get_root().render()


@pytest.mark.parametrize("tenths", range(81, 181, 7))
def test_minutes_with_a_fraction_are_whole_seconds_everywhere(roads: RoadNetwork, tenths: int) -> None:
    minutes = tenths / 10
    shift = squad("a").shift.model_copy(update={"briefing_min": minutes, "debriefing_min": minutes})
    fine = squad("a").model_copy(update={"shift": shift, "max_driving_min": minutes})
    planned = plan(
        scenario_of((site("kpu", dwell_min=minutes, **corner(2, 2)),), (fine,)), roads, iterations=20, seed=1
    )
    assert len(planned.visits) == 1


@pytest.mark.parametrize(
    ("zone", "day"),
    [("America/Havana", "2023-11-05"), ("Asia/Beirut", "2023-03-26"), ("Europe/Berlin", "2023-10-29")],
)
def test_nights_when_clocks_change_are_planned_saved_and_checked(
    roads: RoadNetwork, tmp_path: Path, zone: str, day: str
) -> None:
    scenario = Scenario.model_validate_json(
        json.dumps(
            {
                "name": "Clocks change",
                "date": day,
                "timezone": zone,
                "places": [{"id": "base", **corner(0, 0)}],
                "sites": [{"id": "kpu", **corner(2, 2)}],
                "squads": [
                    {
                        "id": "a",
                        "start": "base",
                        "end": "base",
                        "shift": {"start": f"{day}T01:00:00Z", "end": f"{day}T05:00:00Z", "briefing_min": 150},
                    }
                ],
            }
        )
    )
    planned = plan(scenario, roads, iterations=20, seed=1)
    assert len(planned.visits) == 1
    planned.save(tmp_path / "out")
    assert check_saved(tmp_path / "out") == []


def test_a_speed_table_of_one_s_own_is_planned_with() -> None:
    slow = roads_from_graph(town(), speeds=SpeedTable(kph={"residential": 10.0}))
    fast = roads_from_graph(town(), speeds=SpeedTable(kph={"residential": 40.0}))
    seconds = [plan(night(), each, iterations=20, seed=1).document.drive_s for each in (slow, fast)]
    assert seconds[0] > 2 * seconds[1]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seed": -1}, "seed is -1; expected a whole number from 0"),
        ({"seed": 2**40}, "seed is"),
        ({"seconds": float("inf")}, "seconds is inf"),
        ({"seconds": "3"}, "seconds is '3'; expected a number of 0 or more"),
        ({"iterations": True}, "iterations is True; expected a whole number"),
        ({"bound_seconds": None}, "bound_seconds is None; expected a number"),
        ({"iterations": 2.5}, "iterations is 2.5; expected a whole number"),
        ({"start": "plan.json"}, "start: expected a plan, found str"),
        ({"engine": "oracle"}, "no engine 'oracle'"),
    ],
)
def test_options_out_of_range_are_told(roads: RoadNetwork, changes: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=re.escape(words)):
        plan(night(), roads, **changes)  # type: ignore[arg-type]


def test_all_options_that_are_wrong_are_told_at_once() -> None:
    wrong = {"seconds": "3", "iterations": 1.5, "bound_seconds": float("nan"), "seed": "1"}
    with pytest.raises(InputError) as told:
        plan(night(), "no such roads", **wrong)  # type: ignore[arg-type]
    assert [fault.partition(" is ")[0] for fault in told.value.faults] == [
        "seconds",
        "iterations",
        "seed",
        "bound_seconds",
    ]


def test_inputs_of_another_kind_are_told(roads: RoadNetwork) -> None:
    with pytest.raises(InputError, match=r"roads: expected a RoadNetwork.*found NoneType"):
        plan(night(), None)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="scenario: expected a Scenario"):
        plan({}, roads)  # type: ignore[arg-type]


def test_the_same_seed_and_iterations_give_the_same_plan(roads: RoadNetwork) -> None:
    first, second = (plan(night(), roads, iterations=200, seed=7, bound_seconds=0) for _ in range(2))
    assert first.document == second.document


def test_what_is_no_function_and_no_folder_is_refused(roads: RoadNetwork, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="progress: expected a function that takes a Progress, or None, found 5"):
        plan(night(), roads, progress=5)  # type: ignore[arg-type]  # on purpose
    planned = plan(night(), roads, iterations=5, bound_seconds=0, seed=1)
    with pytest.raises(InputError, match="out_dir: expected the path of a folder, found 3"):
        planned.save(3)  # type: ignore[arg-type]  # on purpose
    planned.save(tmp_path / "out")
    assert patrolroute.check_saved(tmp_path / "out") == []
