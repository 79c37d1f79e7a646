"""Hot spots that a visit protects for a while: reading, the problem, and the score by the file's own rule."""

from __future__ import annotations

import functools
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hotspots import STOP_S, PmalInstance, read_pmal
from patrolroute.errors import InputError
from patrolroute.plans import Route, Visit
from patrolroute.solver import solve


def small(*, squads: int = 2, limit_min: int = 40, protection_min: int = 20) -> PmalInstance:
    """Return two spots 1 and 2 minutes from the base and 1 minute from each other."""
    return PmalInstance(
        name="small",
        squads=squads,
        limit_s=60 * limit_min,
        protection_s=60 * protection_min,
        speed_kph=36.0,
        prize=np.array([0, 7, 5]),
        metres=np.array([[0.0, 600.0, 1200.0], [600.0, 0.0, 600.0], [1200.0, 600.0, 0.0]]),
    )


def route(*stops: tuple[int, int, int], squad: str = "squad-1") -> Route:
    """Return a route that visits spots, each given with the seconds at which it begins and ends."""
    visits = tuple(
        Visit(
            visit=f"{spot}", site=f"{spot}", entry=f"{spot}", exit=f"{spot}", arrive_s=begin, begin_s=begin, end_s=end,
            drive_s=0, drive_m=0,
        )
        for spot, begin, end in stops
    )  # fmt: skip
    return Route(squad=squad, visits=visits, leave_s=0, return_s=0, drive_s=0, drive_m=0)


def best_thirds(instance: PmalInstance) -> int:
    """Return the greatest prize of all timetables, visit after visit in the order of time."""
    travel_s = instance.travel_s.tolist()

    @functools.cache
    def beyond(squads: tuple[tuple[int, int], ...], free: tuple[int, ...], now: int) -> int:
        best = 0
        for k, (here, clock) in enumerate(squads):
            for spot in range(1, len(free)):
                begin = max(clock + travel_s[here][spot], free[spot])
                for stay, thirds in ((STOP_S, 3), (0, 1)):
                    end = begin + stay
                    if begin < now or end + travel_s[spot][0] > instance.limit_s:
                        continue
                    then = (*free[:spot], end + instance.protection_s, *free[spot + 1 :])
                    rest = beyond((*squads[:k], (spot, end), *squads[k + 1 :]), then, begin)
                    best = max(best, thirds * int(instance.prize[spot]) + rest)
        return best

    return beyond(((0, 0),) * instance.squads, (0,) * len(instance.prize), 0)


def test_stops_and_passes_are_alternatives(pmal: Path) -> None:
    instance = read_pmal(pmal / "4_1_36.txt")
    assert (instance.squads, instance.limit_s, instance.protection_s) == (1, 36 * 60, 180 * 60)
    # 36 km/h are 10 m/s, rounded up.
    assert instance.travel_s[0].tolist() == [0, 60, 120, 121]
    problem = instance.problem()
    assert problem.visits.ids[:2] == ("1 stop", "1 pass")
    assert problem.visits.group.tolist() == [0, 0, 1, 1, 2, 2]
    assert problem.visits.weight.tolist() == [15, 5, 24, 8, 21, 7]
    assert problem.visits.duration_s.tolist() == [900, 0] * 3
    assert problem.matrix.travel_m[0, 0].tolist() == [0, 600, 1200, 1201]
    assert len(problem.couplings) == 0


def test_a_spot_may_earn_again_once_its_protection_is_over() -> None:
    instance = small(limit_min=45)
    assert instance.most_visits.tolist() == [3, 3]
    problem = small().problem()
    assert problem.groups.ids == ("1", "1@2", "2", "2@2")
    assert problem.groups.site == ("1", "1", "2", "2")
    table = problem.couplings
    pairs = zip(table.first.tolist(), table.second.tolist(), table.lo_s.tolist(), strict=True)
    assert sorted(pairs)[:4] == [(0, 2, 2100), (0, 3, 2100), (1, 2, 1200), (1, 3, 1200)]


@pytest.mark.parametrize("squads", [1, 2])
@pytest.mark.parametrize(("limit_min", "protection_min"), [(40, 20), (44, 20), (38, 18), (60, 30), (23, 20), (3, 20)])
@pytest.mark.parametrize("engine", ["native", "ortools"])
def test_engines_find_the_best_timetable_and_the_scorer_agrees(
    engine: str, limit_min: int, protection_min: int, squads: int
) -> None:
    pytest.importorskip("ortools")
    instance = small(squads=squads, limit_min=limit_min, protection_min=protection_min)
    budget = {"iterations": 300} if engine == "native" else {"seconds": 2.0}
    plan = solve(instance.problem(), engine=engine, bound_seconds=0, seed=1, **budget)
    earned = instance.score_thirds(plan.routes)
    assert earned == sum(each.covered_weight for each in plan.coverage) == best_thirds(instance)


def test_a_visit_within_the_protection_earns_nothing_and_begins_it_anew() -> None:
    instance = small(limit_min=100)
    first, passed = (1, 60, 960), (1, 960 + 1200, 960 + 1200)
    assert instance.score_thirds([route(first)]) == 21
    assert instance.score_thirds([route(first, passed)]) == 28
    too_soon = (1, 2159, 2159)
    assert instance.score_thirds([route(first), route(too_soon, squad="squad-2")]) == 21
    assert instance.score_thirds([route(first, too_soon, (1, 2159 + 1200, 2159 + 1200))]) == 28
    assert instance.score_thirds([route(first, too_soon, (1, 3300, 3300))]) == 21


@pytest.mark.parametrize(
    ("routes", "said"),
    [
        ([route((1, 59, 959))], "cannot be there before 60.000 s"),
        ([route((1, 60, 959))], "stops at spot 1 for 899 s"),
        ([route((2, 1500, 2400))], "is back at 2520.000 s"),
        ([route((1, 60, 60), squad=f"squad-{k}") for k in (1, 2, 3)], "3 routes; expected at most 2"),
    ],
)
def test_timetables_that_break_the_file_are_refused(routes: list[Route], said: str) -> None:
    with pytest.raises(InputError, match=said):
        small().score_thirds(routes)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "4\n1\nx",
        "4 1 36 180 36 0 0 1 5 2 8 3 7 1 2 3",
        "2 1 36 180 36 0 0 9 5 0 1 1 0",
        "2 1 36 0 36 0 0 1 5 0 1 1 0",
    ],
)
def test_what_is_no_pmal_instance_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.txt"
    path.write_text(text)
    with pytest.raises(InputError, match=r"x\.txt.* is no instance in the PMAL|x\.txt: expected"):
        read_pmal(path)


def test_the_real_files_read(shared_data: Path) -> None:
    for path in (shared_data / "instances" / "patrol").glob("*.txt"):
        instance = read_pmal(path)
        assert len(instance.prize) == int(path.stem.split("_")[0])
        assert instance.prize[0] == 0
        assert (instance.travel_s >= 0).all()
        assert math.isfinite(instance.limit_s)
        # Within the files' own limit the count is the one that the authors' program has, limit through protection.
        assert set(instance.most_visits.tolist()) == {instance.limit_s // instance.protection_s}
        assert len(replace(instance, squads=1).problem().groups) == instance.most_visits.sum()
