from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from patrolroute.errors import InputError
from patrolroute.problem import Couplings, Groups, PatrolProblem


def problem_of(**changes: object) -> PatrolProblem:
    arguments: dict[str, object] = {
        "travel_s": [[0, 60, 90], [60, 0, 30], [90, 30, 0]],
        "dwell_s": [600, 600],
        "weight": [3, 5],
        "shifts_s": [(0, 3600), (0, 7200)],
        "tier": [1, 2],
    }
    return PatrolProblem.from_arrays(**(arguments | changes))  # type: ignore[arg-type]


def test_from_arrays_gives_every_squad_the_base_and_every_site_any_time() -> None:
    problem = problem_of()
    assert problem.matrix.ids == ("base", "site-1", "site-2")
    assert problem.squads.until_s.tolist() == [3600, 7200]
    assert problem.visits.closes_s.tolist() == [7200, 7200]
    assert problem.tiers == (1, 2)
    assert problem.visits.squads.all()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"travel_s": [[0, 1.5], [2, 0]]}, "whole numbers"),
        ({"travel_s": [[0, 60], [60, 0, 30]]}, "travel_s: its rows differ in length; expected a square table of n"),
        (
            {"travel_s": [[0, 1], [2, 0], [3, 4]]},
            r"travel_s: expected a square table of n \+ 1 rows and columns, the base first, then the n sites; found "
            r"\(3, 2\)\.$",
        ),
        ({"travel_s": [[[0, 1], [1, 0]]]}, r"found \(1, 2, 2\)"),
        (
            {"travel_s": [[0, 60], [60, 0]]},
            "^travel_s: 2 rows and columns for 2 sites; expected 3, the base first, then the sites; add the base's row",
        ),
        ({"travel_m": [[0, 60], [60, 0]]}, r"travel_m: expected the shape of travel_s, \(3, 3\), found \(2, 2\)"),
        ({"dwell_s": [600.0, 600]}, "^dwell_s: expected whole numbers"),
        ({"dwell_s": [600]}, "^dwell_s: expected 2 values, one for each site, found 1"),
        ({"dwell_s": [600, -1]}, "^dwell_s: site-2 has -1; expected 0 or more"),
        ({"tier": [0, 1]}, "^tier: site-1 has 0; expected 1 or more"),
        ({"weight": [3, -5]}, "^weight: site-2 has -5"),
        ({"shifts_s": [(3600, 0)]}, "^shifts_s: squad-1 must be back at 0 s, before it may leave at 3600 s.$"),
        ({"shifts_s": [3600]}, "^shifts_s: expected 1 pairs of a first and a last second"),
        ({"windows_s": [(0, 10), (20, 5)]}, "^windows_s: site-2 closes at 5 s before it opens at 20 s"),
        ({"max_drive_s": [-1, 5]}, "^max_drive_s: squad-1 has -1; expected 0 or more"),
        ({"max_drive_s": [5]}, "^max_drive_s: expected 2 values, one for each squad, found 1"),
        ({"required": [True]}, "^required: expected 2 values, one for each site, found 1"),
    ],
)
def test_faults_are_named(changes: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        problem_of(**changes)


def test_all_faults_come_at_once() -> None:
    with pytest.raises(InputError) as caught:
        problem_of(dwell_s=[-1, -1], weight=[-1, 1], shifts_s=[(9, 0), (0, 9)], required=[True])
    assert len(caught.value.faults) == 4


def test_faults_of_tables_are_named_by_their_rows() -> None:
    good = problem_of()
    for table, change, words in (
        (good.visits, {"duration_s": np.array([600, -1])}, "visits row 1 'site-2': duration_s is -1"),
        (good.visits, {"closes_s": np.array([-1, 5])}, "visits row 0 'site-1': closes at -1 s before it opens at 0 s"),
        (good.visits, {"tier": np.array([1])}, "visits.tier: expected 2 values, one for each id, found 1"),
        (good.squads, {"until_s": np.array([-1, 5])}, "squads row 0 'squad-1': must be back at -1 s"),
        (good.squads, {"max_drive_s": np.array([-1, 5])}, "squads row 0 'squad-1': max_drive_s is negative"),
        (good.groups, {"required": np.array([True])}, "groups.required: expected 2 values"),
    ):
        with pytest.raises(InputError, match=words):
            replace(table, **change)


def test_rows_that_point_nowhere_are_named() -> None:
    good = problem_of()
    visits = replace(good.visits, entry=np.array([1, 7]), group=np.array([0, 2]))
    with pytest.raises(InputError, match="visits row 1 'site-2': entry is 7; expected 0 to 2") as caught:
        replace(good, visits=visits)
    assert "group is 2; expected 0 to 1" in str(caught.value)


def test_groups_need_visits_of_one_tier() -> None:
    good = problem_of()
    with pytest.raises(InputError, match="share one tier"):
        replace(
            good,
            visits=replace(good.visits, group=np.array([0, 0])),
            groups=Groups(ids=("site-1",), required=np.array([False])),
        )
    with pytest.raises(InputError, match="'site-2': no visit belongs to it"):
        replace(good, visits=replace(good.visits, group=np.array([0, 0]), tier=np.array([1, 1])))


def test_squad_columns_must_match_the_squads() -> None:
    good = problem_of()
    with pytest.raises(InputError, match="expected 2 columns, one for each squad, found 3"):
        replace(good, visits=replace(good.visits, squads=np.ones((2, 3), np.bool_)))


def test_the_digest_tells_problems_apart() -> None:
    assert problem_of().digest == problem_of().digest
    assert problem_of().digest != problem_of(weight=[3, 6]).digest
    assert problem_of().digest != problem_of(required=[True, False]).digest


def test_nothing_at_all_is_a_problem_too() -> None:
    problem = PatrolProblem.from_arrays([[0]], dwell_s=[], weight=[], shifts_s=[])
    assert (len(problem.visits), len(problem.squads), problem.tiers) == (0, 0, ())


def groups_of(**changes: object) -> Groups:
    arguments: dict[str, object] = {"ids": ("a", "b", "c"), "required": np.zeros(3, np.bool_)}
    return Groups(**(arguments | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"site": ("a",)}, "groups.site: expected 3 values, one for each id, found 1"),
        ({"bundle": np.array([0, -2, -1])}, "groups row 1 'b': bundle is -2; expected -1 to"),
        ({"needs": np.array([1, 3, -1])}, "groups row 1 'b': needs is 3; expected -1 to 2"),
        ({"needs": np.array([1, 2, 0])}, "groups row 0 'a': needs, by way of others, itself; make them a bundle"),
        ({"needs": np.array([1, -1, -1]), "bundle": np.array([4, 4, -1])}, "groups row 0 'a': needs, by way of"),
        ({"duty": np.array([0, -1, -1]), "required": np.array([True, False, False])}, "'a': a duty can neither be"),
    ],
)
def test_faults_of_groups_are_named(changes: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        groups_of(**changes)


def test_bundles_may_need_each_other_in_a_row() -> None:
    assert len(groups_of(needs=np.array([-1, -1, 1]), bundle=np.array([7, 7, 8]))) == 3


def coupling(**changes: object) -> Couplings:
    good: dict[str, object] = {n: np.array([value]) for n, value in COUPLING.items()}
    return Couplings(**(good | changes))  # type: ignore[arg-type]


COUPLING = {"first": 0, "second": 1, "lo_s": 0, "hi_s": 5}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"first": np.array([0]), "second": np.array([5])}, "couplings row 0: second is 5; expected 0 to 1"),
        ({"first": np.array([0]), "second": np.array([0])}, "both visits belong to one group"),
        ({"lo_s": np.array([9])}, "couplings row 0: hi_s is 5, less than lo_s, 9"),
        ({"hi_s": np.array([5, 6])}, "couplings.hi_s: expected 1 values"),
        ({"apart": np.array([True, True])}, "couplings.apart: expected 1 values"),
    ],
)
def test_faults_of_couplings_are_named(changes: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        replace(problem_of(), couplings=coupling(**changes))


def test_a_duty_is_its_squads_alone_and_worth_nothing() -> None:
    good = problem_of()
    groups = Groups(ids=good.groups.ids, required=good.groups.required, duty=np.array([0, -1]))
    with pytest.raises(InputError, match="visits row 0 'site-1': is a duty of 'squad-1'; expected weight 0 and no"):
        replace(good, groups=groups)
    visits = replace(good.visits, weight=np.array([0, 5]), squads=np.array([[True, False], [True, True]]))
    problem = replace(good, groups=groups, visits=visits)
    assert problem.tiers == (2,), "a duty makes no tier"
    assert problem.beyond == ("breaks (breaks, longest_without_break_min)",)


def test_the_digest_knows_every_column() -> None:
    good = problem_of()
    duty = replace(
        good,
        groups=Groups(ids=good.groups.ids, required=good.groups.required, duty=np.array([0, -1])),
        visits=replace(good.visits, weight=np.array([0, 5]), squads=np.array([[True, False], [True, True]])),
    )
    seen = {good.digest}
    for changed in (
        replace(good, weight_unit=1000),
        replace(good, balance="stops"),
        replace(good, couplings=coupling(lo_s=np.array([1]))),
        replace(good, couplings=coupling(apart=np.array([True]))),
        replace(good, groups=replace(good.groups, bundle=np.array([1, 1]))),
        replace(good, groups=replace(good.groups, needs=np.array([1, -1]))),
        replace(good, groups=replace(good.groups, site=("x", "x"))),
        replace(duty, visits=replace(duty.visits, floats=np.array([True, False]))),
        duty,
        replace(good, squads=replace(good.squads, max_stops=np.array([1, 1]))),
        replace(good, squads=replace(good.squads, overtime_from_s=np.array([1, 1]))),
    ):
        seen.add(changed.digest)
        assert changed.part_digests.keys() == good.part_digests.keys()
        assert changed.part_digests != good.part_digests
    assert len(seen) == 12


def test_parts_name_the_columns_that_differ() -> None:
    good = problem_of()
    squads = {"max_drive_s": "limits of driving", "until_s": "shifts"}
    visits = {"duration_s": "how long", "closes_s": "windows", "weight": "weights (", "entry": "where visits are made"}

    def differ(other: PatrolProblem) -> list[str]:
        return [part for part, digest in good.part_digests.items() if other.part_digests[part] != digest]

    assert differ(problem_of()) == []
    for table, columns in (("visits", visits), ("squads", squads)):
        for column, words in columns.items():
            before = getattr(good, table)
            (part,) = differ(replace(good, **{table: replace(before, **{column: getattr(before, column) // 2})}))
            assert part.startswith(words)
    (part,) = differ(replace(good, overtime_tier=1, overtime_price=5))
    assert part == "the price of overtime (overtime_price)"
    (part,) = differ(problem_of(travel_s=[[0, 60, 90], [60, 0, 31], [90, 30, 0]]))
    assert part == "seconds and metres of the travel matrix"


def test_values_that_cannot_be_are_told_once_with_their_places() -> None:
    nan, inf = float("nan"), float("inf")
    with pytest.raises(InputError) as told:
        PatrolProblem.from_arrays(
            [[0, nan, 5], [inf, 0, 7], [5, 7, 0]],
            travel_m=[[0, -3, 5], [3, 0, -4], [5, 7, 0]],
            dwell_s=[60, 60],
            weight=[1, 1],
            shifts_s=[(0, 900)],
        )
    assert told.value.faults == (
        "travel_s: nan at (0, 1), inf at (1, 0); expected whole numbers; give every value.",
        "travel_m: -3 at (0, 1), -4 at (1, 2) (row and column, 0 is the base); expected 0 or more.",
    )
    count = 9
    with pytest.raises(InputError) as many:
        PatrolProblem.from_arrays(
            np.zeros((count + 1, count + 1), int), dwell_s=[-1] * count, weight=[1] * count, shifts_s=[(0, 900)]
        )
    (fault,) = many.value.faults
    assert fault.startswith("dwell_s: site-1 has -1, site-2 has -1, ")
    assert fault.endswith("site-6 has -1 and 3 more; expected 0 or more.")
