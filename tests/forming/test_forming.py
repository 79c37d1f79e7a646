"""Squads that are formed: optimal on tiny cases by brute force, and within every limit always."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import patrolroute
from nights import at, scenario_of, site, squad
from patrolroute.errors import InputError
from patrolroute.forming import form_squads
from patrolroute.forming.crews import Crews, Problem, problem_of
from patrolroute.scenario import Break, Forming, Scenario, Shift, Site, VehiclePool, Window, read_scenario

CAR, MOTOR = "car", "motorcycle"


def night(sites: tuple[Site, ...], *, there: tuple[Any, ...] = (), **forming: Any) -> Scenario:
    pools = tuple(VehiclePool(**dict(zip(("kind", "seats", "count"), each, strict=False)))
                  for each in forming.pop("vehicles"))  # fmt: skip
    shift = Shift(start=at(20), end=at(23), briefing_min=15)
    ready = Forming(vehicles=pools, start="base", end="base", shift=shift, **forming)
    return scenario_of(sites, there).model_copy(update={"forming": ready})


def every_crews(problem: Problem) -> Iterator[Crews]:
    """Yield all crews that keep every limit, told from the words of `Forming` alone."""
    forming = problem.forming
    most = [forming.people[force] for force in problem.forces]
    crews_of = [
        [c for c in itertools.product(*(range(m + 1) for m in most))
         if not sum(c) or forming.least_size <= sum(c) <= pool.seats]
        for pool in problem.vehicles
    ]  # fmt: skip
    for crews in itertools.product(*crews_of):
        going = [crew for crew in crews if sum(crew)]
        if not going or any(sum(c[f] for c in crews) > most[f] for f in range(len(most))):
            continue
        if forming.squads is not None and len(going) != forming.squads:
            continue
        if led(problem, going):
            yield crews


def led(problem: Problem, going: list[tuple[int, ...]]) -> bool:
    leaders = problem.forming.leaders
    if leaders is None or isinstance(leaders, int):
        return leaders is None or len(going) <= leaders
    ways = [[f for f, count in enumerate(crew) if count] for crew in going]
    able = [leaders.get(force, 0) for force in problem.forces]
    return any(all(way.count(f) <= able[f] for f in range(len(able))) for way in itertools.product(*ways))


def crews_in(formed: Any, scenario: Scenario) -> list[tuple[int, ...]]:
    return [tuple(each.people.get(f, 0) for f in scenario.forming.people) for each in formed.squads]  # type: ignore


TINY = {
    "skills spread": night(
        (site("kpu", tier=1, needs={"s": 1}), site("bawaslu", tier=1, needs={"s": 1})),
        people={"p": 4, "s": 2}, vehicles=[(CAR, 4, 3)],
    ),
    "together for the important one": night(
        (site("kpu", tier=1, needs={"s": 2}), site("pasar", weight=9, needs={"s": 1}), site("mal", weight=9)),
        people={"p": 3, "s": 2}, vehicles=[(CAR, 3, 3)],
    ),
    "squads that meet are two": night(
        (site("kpu", tier=1, needs={"s": 1}, squads_together=2), site("pasar", weight=9, needs={"s": 2})),
        people={"p": 3, "s": 2}, vehicles=[(CAR, 3, 2)],
    ),
    "a tier is never traded": night(
        (site("kpu", tier=1, people_min=5), site("s", weight=99, vehicles=[MOTOR], people_min=2)),
        people={"p": 6}, vehicles=[(CAR, 5), (MOTOR, 2)],
    ),
    "one leader each": night((site("a"),), people={"p": 5, "l": 2}, vehicles=[(CAR, 3, 3)], leaders="l"),
    "leaders counted": night(
        (site("a"),), people={"p": 4, "q": 3}, vehicles=[(CAR, 4), (MOTOR, 2, 2)], leaders={"p": 1, "q": 1}
    ),
    "leaders in number": night((site("a"),), people={"p": 7}, vehicles=[(CAR, 3, 3)], leaders=2),
    "a number that the planner fixes": night(
        (site("a", people_min=3), site("b")), people={"p": 4, "q": 3}, vehicles=[(CAR, 4, 2), (MOTOR, 2)], squads=2
    ),
    "some stay at home": night((site("a"),), people={"p": 6, "q": 3}, vehicles=[(CAR, 3), (MOTOR, 2)]),
    "squads that are there already": night(
        (site("kpu", tier=1, people_min=4), site("b", people_min=3), site("c", only_by=("old",), people_min=2)),
        there=(squad("old"),), people={"p": 6}, vehicles=[(CAR, 4, 2)],
    ),
    "required before worth": night(
        (site("a", tier=3, required=True, needs={"s": 3}), site("b", tier=1, needs={"s": 1}, vehicles=[MOTOR])),
        people={"p": 2, "s": 3}, vehicles=[(CAR, 4), (MOTOR, 2)],
    ),
    "nobody is of that task force": night(
        (site("a", needs={"x": 1}), site("b")), people={"p": 4}, vehicles=[(CAR, 2, 2)]
    ),
    "no sites": night((), people={"p": 5}, vehicles=[(CAR, 4, 2)]),
}  # fmt: skip


@pytest.mark.parametrize("name", TINY)
def test_nothing_better_exists(name: str) -> None:
    check_optimal(TINY[name])


def check_optimal(scenario: Scenario) -> None:
    assert scenario.forming is not None
    problem = problem_of(scenario, scenario.forming)
    best = max(problem.values(crews) for crews in every_crews(problem))
    formed = form_squads(scenario)
    assert tuple(decision.value for decision in formed.decisions) == best
    assert formed.proved
    assert problem.first() in set(every_crews(problem))
    if isinstance(scenario.forming.leaders, dict):
        assert len(formed.leaders) == len(formed.squads)
        assert all(formed.leaders.count(force) <= scenario.forming.leaders.get(force, 0) for force in formed.leaders)
        assert all(each.people[force] for each, force in zip(formed.squads, formed.leaders, strict=True))
    else:
        assert formed.leaders == ()


@pytest.mark.parametrize("seed", range(25))
def test_nothing_better_exists_at_random(seed: int) -> None:
    draw = np.random.default_rng(seed)
    forces = ["p", "q", "s"][: int(draw.integers(1, 4))]
    people = {force: int(draw.integers(1, 4)) for force in forces}
    sites = tuple(
        site(
            f"s{i}",
            tier=int(draw.integers(1, 3)),
            weight=int(draw.integers(1, 6)),
            needs={str(force): int(draw.integers(1, 3)) for force in forces if draw.random() < 0.4},
            people_min=int(draw.integers(0, 5)),
            vehicles=[MOTOR] if draw.random() < 0.2 else [],
            required=bool(draw.random() < 0.2),
        )
        for i in range(int(draw.integers(0, 5)))
    )
    pools = [(CAR, int(draw.integers(2, 5)), int(draw.integers(1, 3))), (MOTOR, 2)][: int(draw.integers(1, 3))]
    leaders = [None, 2, {forces[0]: 1}][int(draw.integers(0, 3))]
    check_optimal(night(sites, people=people | {forces[0]: people[forces[0]] + 1}, vehicles=pools, leaders=leaders))


def test_what_is_decided_in_known_cases() -> None:
    spread = form_squads(TINY["skills spread"])
    assert sorted(each.people.get("s", 0) for each in spread.squads) == [0, 1, 1]
    assert [each.size for each in spread.squads] == [2, 2, 2]
    assert [each.id for each in spread.squads] == ["regu-1", "regu-2", "regu-3"]
    together = form_squads(TINY["together for the important one"])
    assert sorted(each.people.get("s", 0) for each in together.squads) == [0, 2]
    meeting = form_squads(TINY["squads that meet are two"])
    assert meeting.unserved == ("pasar",)
    home = form_squads(TINY["some stay at home"])
    assert sum(home.at_home.values()) == 4
    assert "At home: " in home.report()
    nobody = form_squads(TINY["nobody is of that task force"])
    assert nobody.unserved == ("a",)
    assert "No squad can serve: a" in nobody.report()


def test_formed_squads_are_a_sound_night_that_says_so() -> None:
    formed = form_squads(TINY["squads that are there already"])
    again = Scenario(**dict(formed.scenario))
    assert again == formed.scenario
    assert again.forming is None
    assert [each.id for each in again.squads] == ["old", "regu-1", "regu-2"]
    assert again.notes[-1].startswith("Squads formed by patrolroute: 2 squads of 6 of 6 people; proved")
    assert again.squads[1].shift == TINY["no sites"].forming.shift  # type: ignore[union-attr]


def test_every_squad_has_the_breaks_and_overtime_that_are_told() -> None:
    lunch = Break(minutes=20, window=Window(opens=at(21), closes=at(22)), places=("base",))
    rests = {"overtime_min": 25.5, "breaks": (lunch,), "longest_without_break_min": 90}
    formed = form_squads(night((), people={"p": 4}, vehicles=[(CAR, 2, 2)], **rests))
    assert [(s.overtime_min, s.breaks, s.longest_without_break_min) for s in formed.squads] == [
        (25.5, (lunch,), 90)
    ] * 2  # fmt: skip


def test_ids_that_are_taken_are_left_alone() -> None:
    taken = night((), there=(squad("regu-1"),), people={"p": 4}, vehicles=[(CAR, 2, 2)])
    assert [each.id for each in form_squads(taken).squads] == ["regu-2", "regu-3"]


def test_the_same_night_gives_the_same_squads() -> None:
    first, second = (form_squads(TINY["leaders counted"], seed=3) for _ in range(2))
    assert first.squads == second.squads
    assert first.decisions == second.decisions


def test_little_work_still_gives_sound_squads_and_claims_nothing() -> None:
    scenario = kupang_night()
    formed = form_squads(scenario, work=1e-6)
    assert not formed.proved
    assert sum(each.size for each in formed.squads) <= 41
    assert "better may be possible" in formed.report()
    assert formed.scenario.notes[-1].endswith("better ones may exist.")


def test_what_cannot_be_formed_is_refused() -> None:
    with pytest.raises(InputError, match="has no forming"):
        form_squads(scenario_of((), (squad("a"),)))
    with pytest.raises(InputError, match="9 squads of at least 2 need 9 vehicles"):
        form_squads(TINY["no sites"], squads=9)
    with pytest.raises(InputError, match="seed is -1"):
        form_squads(TINY["no sites"], seed=-1)


def test_every_number_up_to_the_most_can_be_formed() -> None:
    scenario = kupang_night()
    assert scenario.forming is not None
    for count in range(1, scenario.forming.most_squads + 1):
        assert len(form_squads(scenario, squads=count, work=0.2).squads) == count


def kupang_night() -> Scenario:
    """41 people of five task forces and five vehicles; how they split is assumed, no source tells it."""
    forces = ("preemtif", "preventif", "objek kegiatan", "objek penting pemilu", "sterilisasi")
    offices = tuple(
        site(name, tier=1, weight=3, needs={"sterilisasi": 2, "objek penting pemilu": 2}) for name in ("kpu", "bawaslu")
    )
    kawasan = tuple(
        site(name, tier=1, weight=3, needs={"preemtif": 1}, people_min=6)
        for name in ("kuanino", "kelapa-lima", "wali-kota")
    )
    alley = site("gang", tier=2, vehicles=[MOTOR], needs={"preventif": 2})
    return night(
        (*offices, *kawasan, alley),
        people=dict(zip(forces, (8, 12, 7, 8, 6), strict=True)),
        vehicles=[(CAR, 10, 4), (MOTOR, 2)],
        leaders={"preventif": 6},
    )


def test_the_night_of_kupang() -> None:
    formed = form_squads(kupang_night())
    assert formed.proved
    assert formed.unserved == ()
    assert formed.at_home == {}
    assert [each.size for each in formed.squads] == [10, 10, 10, 9, 2]
    values = [decision.value for decision in formed.decisions]
    # Two offices can have two squads each, three areas three: 6 x 2 + 9 x 3; one squad is enough for the alley.
    assert values[:7] == [0, 15, 1, 6 * 2 + 9 * 3, 1, 5, 41]
    assert formed.squads[4].people == {"preventif": 2}


def test_leaders_are_found_where_the_first_choice_is_wrong() -> None:
    scenario = night((), people={"p": 3, "q": 3}, vehicles=[(CAR, 3, 2)], leaders={"p": 1, "q": 1})
    assert scenario.forming is not None
    problem = problem_of(scenario, scenario.forming)
    assert problem.leads(((1, 2), (2, 0))) == ("q", "p")
    assert problem.leads(((2, 0), (1, 0))) == ("p", "")


def test_a_stolen_member_costs_what_they_were_for() -> None:
    scenario = TINY["skills spread"]
    assert scenario.forming is not None
    problem = problem_of(scenario, scenario.forming)
    crews = ((1, 1), (1, 1), (2, 0))
    stolen = ((1, 0), (1, 2), (2, 0))
    assert problem.values(crews) > problem.values(stolen)
    assert problem.served(crews) == (2,)
    assert problem.served(stolen) == (1,)
    assert replace(problem, demands=()).values(crews) == (0, 3, 6, -12, -8)


TOML = """
name = "Kupang"
date = 2023-11-23
timezone = "Asia/Makassar"
[forming]
people = "preventif=6; sterilisasi=3"
vehicles = [{ kind = "R4", seats = 5 }, { kind = "motor", seats = 2, count = 2, speed_factor = 1.2 }]
leaders = "preventif=4; sterilisasi=1"
least_size = 2
name = "Regu II"
start = "polda"
end = "polda"
shift = { start = 20:15:00, end = 22:30:00, briefing_min = 15 }
max_stops = 6
breaks = "15 21:00/22:00 polda"
overtime_min = 10
longest_without_break_min = 75
[[places]]
id = "polda"
lon = 123.5976
lat = -10.1777
[[sites]]
id = "kpu"
lon = 123.6
lat = -10.17
needs = { sterilisasi = 2 }
"""


def test_a_file_and_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from patrolroute.cli import app

    file, out = tmp_path / "scenario.toml", tmp_path / "night.json"
    file.write_text(TOML, encoding="utf-8")
    app(["form", str(file), "--out", str(out)], standalone_mode=False)
    told = capsys.readouterr().out
    assert "Squads formed by patrolroute: 3 squads of 9 of 9 people" in told
    assert "Every site has a squad that can serve it." in told
    written = read_scenario(out)
    assert [(each.id, each.size, each.max_stops) for each in written.squads] == [
        ("regu-ii-1", 5, 6), ("regu-ii-2", 2, 6), ("regu-ii-3", 2, 6)
    ]  # fmt: skip
    assert written.squads[1].vehicle.speed_factor == 1.2
    for each in written.squads:
        assert [pause.words for pause in each.breaks] == ["15 min within 21:00-22:00 at polda"]
        assert (each.overtime_min, each.longest_without_break_min) == (10, 75)
    assert written == form_squads(read_scenario(file)).scenario


def test_plan_forms_the_squads(tmp_path: Path) -> None:
    file = tmp_path / "scenario.toml"
    file.write_text(TOML, encoding="utf-8")
    roads = patrolroute.datasets.kupang(standin=True).roads
    patrol = patrolroute.plan(file, roads, iterations=20, bound_seconds=0, seed=1)
    (route,) = [route for route in patrol.routes if route.visits]
    by = next(each for each in patrol.scenario.squads if each.id == route.squad)
    assert by.people["sterilisasi"] >= 2
    assert "polda" in [visit.entry for visit in route.visits if not visit.site]
    assert "Squads formed by patrolroute" in patrol.summary()
