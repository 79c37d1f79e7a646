from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patrolroute.archive import pack_arrays
from patrolroute.errors import InputError
from patrolroute.matrix import TravelMatrix, TravelPeriods, arrival_s, departure_s
from patrolroute.provenance import Provenance


def matrix_of(travel_s: object, travel_m: object = None, ids: tuple[str, ...] = ("a", "b")) -> TravelMatrix:
    metres = travel_s if travel_m is None else travel_m
    return TravelMatrix(ids=ids, profiles=("1",), travel_s=np.asarray(travel_s), travel_m=np.asarray(metres))


def test_drive_names_points_not_rows() -> None:
    matrix = matrix_of([[[0, 5], [7, 0]]], [[[0, 50], [70, 0]]])
    assert matrix.drive("1", "b", "a") == (7, 70)


@pytest.mark.parametrize(
    ("travel_s", "ids", "words"),
    [
        ([[[0, 5.0], [7, 0]]], ("a", "b"), "expected whole numbers, found float64"),
        ([[0, 5], [7, 0]], ("a", "b"), "expected 3 dimension"),
        ([[[0, 5], [7, 0]]], ("a", "b", "c"), "expected shape .1, 3, 3."),
        ([[[0, -5], [7, 0]]], ("a", "b"), "-5 at .0, 0, 1.; travel takes zero or more"),
        ([[[0, 5], [7, 1]]], ("a", "b"), "the diagonal must be 0"),
        ([[[0, 2**31], [7, 0]]], ("a", "b"), "beyond 32 bits"),
        ([[[0, 5], [7, 0]]], ("a", "a"), "'a' stand"),
    ],
)
def test_faults_are_named(travel_s: object, ids: tuple[str, ...], words: str) -> None:
    with pytest.raises(InputError, match=words):
        matrix_of(travel_s, ids=ids)


def test_an_unknown_point_is_named() -> None:
    with pytest.raises(InputError, match="no point 'c'"):
        matrix_of([[[0, 5], [7, 0]]]).index("c")


def test_arrays_cannot_be_changed_through_the_matrix() -> None:
    with pytest.raises(ValueError, match="read-only"):
        matrix_of([[[0, 5], [7, 0]]]).travel_s[0, 0, 1] = 1


def test_bytes_round_trip() -> None:
    matrix = matrix_of([[[0, 5], [7, 0]]], [[[0, 50], [70, 0]]], ids=("Jl. Kartini", "=cmd|' /C calc'!A0"))
    again = TravelMatrix.from_bytes(matrix.to_bytes())
    assert (again.ids, again.profiles, again.provenance) == (matrix.ids, matrix.profiles, matrix.provenance)
    assert (again.travel_s == matrix.travel_s).all()
    assert (again.travel_m == matrix.travel_m).all()


def test_a_pickle_in_a_matrix_file_is_refused() -> None:
    buffer = io.BytesIO()
    np.savez(buffer, ids=np.array([object()], dtype=object))
    with pytest.raises(InputError, match=r"out/matrix.npz: not a travel matrix .*allow_pickle"):
        TravelMatrix.from_bytes(buffer.getvalue(), where="out/matrix.npz")


@pytest.mark.parametrize("cut", [0, 10, 200])
def test_a_cut_off_matrix_file_is_named(cut: int) -> None:
    with pytest.raises(InputError, match=r"m.npz: not a travel matrix"):
        TravelMatrix.from_bytes(matrix_of([[[0, 5], [7, 0]]]).to_bytes()[:cut], where="m.npz")


def test_a_free_point_is_no_drive_away_from_anywhere() -> None:
    matrix = matrix_of([[[0, 5], [7, 0]]], [[[0, 50], [70, 0]]]).with_free_point("anywhere")
    assert matrix.ids == ("a", "b", "anywhere")
    assert {matrix.drive("1", *pair) for pair in [("a", "anywhere"), ("anywhere", "b")]} == {(0, 0)}
    assert matrix.drive("1", "b", "a") == (7, 70)
    assert matrix.position("anywhere") is None
    with pytest.raises(InputError, match="'anywhere' stand"):
        matrix.with_free_point("anywhere")


def test_metres_that_all_profiles_share_stay_one_layer() -> None:
    shared = np.broadcast_to(np.array([[0, 50], [70, 0]], np.int32), (3, 2, 2))
    times = np.array([[[0, 5 * k], [7 * k, 0]] for k in (1, 2, 3)])
    matrix = TravelMatrix(ids=("a", "b"), profiles=("1", "2", "3"), travel_s=times, travel_m=shared)
    wide = matrix.with_free_point("x")
    assert wide.travel_m.strides[0] == 0
    assert (wide.travel_m[:, :2, :2] == shared).all()
    assert (wide.travel_s[:, :2, :2] == times).all()


def test_where_points_meet_the_streets_is_kept() -> None:
    matrix = replace(matrix_of([[[0, 5], [7, 0]]]), lonlat=np.array([[123.6, -10.1], [123.7, -10.2]]))
    again = TravelMatrix.from_bytes(matrix.with_free_point("x").to_bytes())
    assert again.position("b") == (123.7, -10.2)
    assert again.position("x") is None
    assert matrix_of([[[0, 5], [7, 0]]]).position("a") is None
    with pytest.raises(InputError, match=r"lonlat: expected shape \(2, 2\)"):
        replace(matrix, lonlat=np.zeros((3, 2)))


NIGHTS = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 200)), min_size=1, max_size=5, unique_by=lambda p: p[0])
"""When periods begin, and the seconds of one drive in each."""


def arrivals(night: list[tuple[int, int]], departures: range) -> list[int]:
    begins, seconds = np.array(sorted(night)).T
    return arrival_s(np.array(departures), begins, seconds[:, None]).tolist()


@given(night=NIGHTS)
def test_a_later_departure_never_arrives_earlier(night: list[tuple[int, int]]) -> None:
    arrive = arrivals(night, range(-10, 100))
    assert (np.diff(arrive) >= 0).all()


@settings(deadline=None)
@given(night=NIGHTS)
def test_arrival_is_the_best_over_every_second_of_waiting(night: list[tuple[int, int]]) -> None:
    def hour(second: int) -> int:
        begun = [seconds for begin, seconds in sorted(night) if begin <= second]
        return begun[-1] if begun else min(night)[1]

    waited = [min(second + hour(second) for second in range(depart, 400)) for depart in range(-10, 100)]
    assert arrivals(night, range(-10, 100)) == waited


def test_arrivals_of_many_pairs_at_once() -> None:
    travel_s = np.array([[[0, 100], [100, 0]], [[0, 10], [300, 0]]])
    assert arrival_s(0, np.array([0, 50]), travel_s).tolist() == [[0, 60], [100, 0]]
    assert arrival_s(np.array([[0, 55], [50, 0]]), np.array([0, 50]), travel_s).tolist() == [[0, 65], [350, 0]]


def periods_of(travel_s: object, begins_s: object = (0, 50)) -> TravelPeriods:
    seconds = np.asarray(travel_s, np.int32)
    return TravelPeriods(
        begins_s=np.asarray(begins_s), ids=("a", "b"), profiles=("1",), travel_s=seconds, travel_m=10 * seconds,
        provenance=Provenance(kind="arrays", source="test"),
    )  # fmt: skip


def test_the_slowest_of_all_periods() -> None:
    travel = periods_of([[[[0, 100], [100, 0]]], [[[0, 10], [300, 0]]]])
    assert travel.slowest.travel_s.tolist() == [[[0, 100], [300, 0]]]
    assert travel.slowest.drive("1", "b", "a") == (300, 3000)
    assert travel.slowest_period.tolist() == [[[0, 0], [1, 0]]]
    assert travel.arrival_s("1", "a", "b", 20) == 60
    assert travel.at(1).drive("1", "a", "b") == (10, 100)


@pytest.mark.parametrize("begins_s", [(0, 0), (50, 0), (0,), ()])
def test_periods_that_do_not_rise_are_refused(begins_s: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="periods: "):
        periods_of([[[[0, 100], [100, 0]]], [[[0, 10], [300, 0]]]], begins_s)


def test_a_free_point_is_free_at_every_hour() -> None:
    lonlat = np.array([[123.6, -10.1], [123.7, -10.2]])
    travel = replace(periods_of([[[[0, 100], [100, 0]]], [[[0, 10], [300, 0]]]]), lonlat=lonlat)
    wide = travel.with_free_point("anywhere")
    assert wide.ids == ("a", "b", "anywhere")
    assert wide.travel_s[:, :, :2, :2].tolist() == travel.travel_s.tolist()
    assert wide.travel_m[:, :, :2, :2].tolist() == travel.travel_m.tolist()
    assert not wide.travel_s[:, :, 2].any()
    assert not wide.travel_s[:, :, :, 2].any()
    assert wide.slowest.drive("1", "b", "a") == (300, 3000)
    assert wide.slowest.position("b") == (123.7, -10.2)
    assert wide.slowest.position("anywhere") is None
    with pytest.raises(InputError, match="'anywhere' stand"):
        wide.with_free_point("anywhere")


def test_departure_turns_arrival_round() -> None:
    periods = periods_of([[[[0, 9], [40, 0]]], [[[0, 30], [3, 0]]], [[[0, 1], [5, 0]]]], begins_s=(0, 50, 90))
    for a, b in ((0, 1), (1, 0)):
        travel_s = periods.travel_s[:, 0, a, b]
        arrivals = arrival_s(np.arange(-60, 160), periods.begins_s, travel_s)
        for due in range(140):
            latest = np.arange(-60, 160)[np.flatnonzero(arrivals <= due)[-1]]
            assert departure_s(due, periods.begins_s, travel_s) == latest


def test_hours_for_a_drive_are_those_in_which_it_can_be_made() -> None:
    periods = periods_of([[[[0, 9], [9, 0]]], [[[0, 30], [30, 0]]]])
    a, b = periods.ids
    car = periods.profiles[0]

    def hours(leave_s: int, arrive_s: int) -> list[tuple[int, int]]:
        made = periods.hours_for(car, a, b, leave_s=leave_s, arrive_s=arrive_s)
        return [(period, seconds) for period, seconds, _ in made]

    assert hours(0, 8) == []
    assert hours(0, 9) == [(0, 9)]
    assert hours(49, 58) == [(0, 9)]
    assert hours(50, 79) == []
    assert hours(0, 80) == [(1, 30), (0, 9)]
    assert hours(50, 80) == [(1, 30)]
    assert hours(-99, 0) == [(0, 9)], "the first period holds before it begins"


def test_speeds_of_one_period_are_those_of_all_hours() -> None:
    assert departure_s(109, np.array([0]), np.array([[9, 20]])).tolist() == [100, 89]


def test_periods_are_written_and_read_back() -> None:
    periods = periods_of([[[[0, 9], [9, 0]]], [[[0, 30], [30, 0]]]])
    again = TravelPeriods.from_bytes(periods.to_bytes())
    assert (again.ids, again.profiles, again.provenance) == (periods.ids, periods.profiles, periods.provenance)
    for name in ("begins_s", "travel_s", "travel_m"):
        assert (getattr(again, name) == getattr(periods, name)).all()
    with pytest.raises(InputError, match=r"x.npz: not a travel matrix by the hour .* expected a hours.npz"):
        TravelPeriods.from_bytes(periods.at(0).to_bytes(), where="x.npz")
    assert periods.fastest_s.tolist() == [[[0, 9], [9, 0]]]
    assert TravelPeriods.always(periods.at(0)).slowest.travel_s.tolist() == [[[0, 9], [9, 0]]]


@pytest.mark.parametrize(
    ("name", "strange"),
    [
        ("ids", np.array("x")),
        ("profiles", np.array(3)),
        ("travel_s", np.array(3)),
        ("travel_m", np.zeros((2, 2), np.int32)),
        ("lonlat", np.zeros((2, 2)) * 1j),
        ("lonlat", np.array(["a"])),
        ("begins_s", np.array(1)),
        ("begins_s", np.array([0.7, 60.2])),
        ("begins_s", np.array(["2023-11-23", "2023-11-24"], "M8[s]")),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{value.dtype.kind}{value.ndim}",
)
def test_hours_files_with_other_arrays_are_named(name: str, strange: np.ndarray) -> None:
    periods = periods_of([[[[0, 9], [9, 0]]], [[[0, 30], [30, 0]]]])
    with np.load(io.BytesIO(periods.to_bytes())) as loaded:
        arrays = {**loaded, name: strange}
    with pytest.raises(InputError, match=r"hours\.npz"):
        TravelPeriods.from_bytes(pack_arrays(arrays), where="hours.npz")
