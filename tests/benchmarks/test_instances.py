"""The readers of published instances, and the scorer that shares nothing with any engine."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from instances import Instance, family_of, read_folder
from patrolroute.engines.feasible import orders_fit
from patrolroute.errors import InputError


def read_one(folder: Path) -> Instance:
    return read_folder(folder)[0][0]


def test_toptw_travel_is_floored_to_a_tenth(toptw: Path) -> None:
    instance = read_one(toptw)
    assert (instance.name, instance.family, instance.limit, instance.end) == ("tt1", "tt", 20.0, 0)
    assert instance.travel[0, 1] == 2.2
    assert instance.travel[0, 5] == 7.0
    assert instance.closes.tolist() == [20, *[18] * 6]
    problem = instance.problem(2)
    assert problem.matrix.travel_s[0, 0, 1] == 22
    assert (len(problem.squads), len(problem.visits)) == (2, 6)
    assert problem.squads.until_s.tolist() == [200, 200]


def test_cordeau_travel_is_floored_to_a_hundredth(toptw: Path) -> None:
    (toptw / "pr01.txt").write_text((toptw / "tt1.txt").read_text())
    (toptw / "bks.csv").write_text("instance,m,best_known\npr01,1,40\n")
    assert read_one(toptw).travel[0, 1] == 2.23


def test_top_routes_end_elsewhere_within_the_true_limit(top: Path) -> None:
    instance = read_one(top)
    assert (instance.family, instance.end, instance.squads) == ("p9", 7, 2)
    problem = instance.problem(2)
    assert problem.squads.end.tolist() == [7, 7]
    exact = instance.travel * instance.scale
    assert (problem.matrix.travel_s[0] >= exact - 1e-3).all()
    assert (problem.matrix.travel_s[0] <= exact + 1).all()


def test_the_score_is_that_of_the_format(toptw: Path) -> None:
    instance = read_one(toptw)
    assert instance.score(((0, 1), (4,)), 2) == 7 + 4 + 30
    with pytest.raises(InputError, match="made twice"):
        instance.score(((0,), (0,)), 2)
    with pytest.raises(InputError, match="at most 1"):
        instance.score(((0,), (1,)), 1)
    with pytest.raises(InputError, match="ends at"):
        instance.score(((0, 1, 2, 3, 4, 5),), 1)


@pytest.mark.parametrize("kind", ["toptw", "top"])
def test_whatever_is_feasible_in_whole_numbers_scores(kind: str, request: pytest.FixtureRequest) -> None:
    instance = read_one(request.getfixturevalue(kind))
    problem = instance.problem(1)
    feasible = 0
    for length in range(4):
        for order in itertools.permutations(range(6), length):
            whole = orders_fit(problem, (order,))
            try:
                instance.score((order,), 1)
                scored = True
            except InputError:
                scored = False
            assert scored or not whole
            feasible += whole
    assert feasible > 20


def test_families() -> None:
    assert [family_of(name) for name in ("rc203", "pr02", "p4.2.h")] == ["rc", "pr", "p4"]


def test_every_fault_of_a_folder_at_once(toptw: Path, top: Path) -> None:
    (toptw / "p9.2.a.txt").write_text((top / "p9.2.a.txt").read_text())
    (toptw / "bad.txt").write_text("one\ntwo\nthree four\n")
    (toptw / "bks.csv").write_text("instance,m,best_known\ntt1,1,40\ngone,1,1\nbad,1,1\np9.2.a,3,50\n")
    with pytest.raises(InputError) as caught:
        read_folder(toptw)
    faults = "\n".join(caught.value.faults)
    assert len(caught.value.faults) == 3
    assert "no gone.txt" in faults
    assert "bad.txt: is no instance" in faults
    assert "m = 3, but p9.2.a.txt is for 2" in faults


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "no such file"),
        ("instance,m\ntt1,1\n", "line 2"),
        ("instance,m,best_known\ntt1,0,3\ntt1,1,x\n", "line 3"),
        ("instance,m,best_known\ntt1,3,40\n", "no row for m"),
    ],
)
def test_a_list_of_best_knowns_that_is_at_fault(toptw: Path, text: str | None, said: str) -> None:
    (toptw / "bks.csv").unlink()
    if text is not None:
        (toptw / "bks.csv").write_text(text)
    with pytest.raises(InputError, match=said):
        read_folder(toptw, squads=(1, 2))


def test_the_real_files_read(shared_data: Path) -> None:
    folder = shared_data / "instances"
    assert len(read_folder(folder / "toptw")) == 80
    assert len(read_folder(folder / "top")) == 28
