"""Times as planners write them."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from patrolroute.errors import InputError
from patrolroute.scenario import zone_of
from patrolroute.scenario.times import Clock

WITA = Clock(date=dt.date(2023, 11, 23), zone=ZoneInfo("Asia/Makassar"))
LISBON = Clock(date=dt.date(2023, 10, 29), zone=ZoneInfo("Europe/Lisbon"))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("22:15", "2023-11-23T22:15:00+08:00"),
        ("22.15", "2023-11-23T22:15:00+08:00"),
        (" 4:05 ", "2023-11-23T04:05:00+08:00"),
        ("22:15:30", "2023-11-23T22:15:30+08:00"),
        ("24:00", "2023-11-24T00:00:00+08:00"),
        ("00:00", "2023-11-23T00:00:00+08:00"),
        ("2023-11-24T01:30", "2023-11-24T01:30:00+08:00"),
        ("2023-11-24 01:30:15", "2023-11-24T01:30:15+08:00"),
        ("2023-11-23T24:00", "2023-11-24T00:00:00+08:00"),
        ("2023-11-24T01:30+09:00", "2023-11-24T00:30:00+08:00"),
        ("2023-11-23T16:00:00Z", "2023-11-24T00:00:00+08:00"),
        ("2023-11-23T16:00:00.000-0100", "2023-11-24T01:00:00+08:00"),
        (dt.time(22, 15), "2023-11-23T22:15:00+08:00"),
        (dt.datetime(2023, 11, 24, 1, 30), "2023-11-24T01:30:00+08:00"),  # noqa: DTZ001 - TOML's local date-time
        (dt.datetime(2023, 11, 23, 16, tzinfo=dt.UTC), "2023-11-24T00:00:00+08:00"),
    ],
)
def test_moments(written: Any, meant: str) -> None:
    assert WITA.moment(written).isoformat() == meant


@pytest.mark.parametrize(
    "written",
    ["", "22", "22:60", "24:01", "25:00", "8 PM", "2023-11-31T10:00", "23-11-2023 10:00", "2023-11-23",
     "9999-12-31T23:00", "0001-01-01T00:00", "2023-11-23T10:00+15:00", 22.15, 5, True, None,
     dt.date(2023, 11, 23), "٢٢:١٥"],
)  # fmt: skip
def test_what_is_no_moment(written: Any) -> None:
    with pytest.raises(ValueError, match=r"expected|write"):
        WITA.moment(written)


def test_clock_changes_are_not_guessed_at() -> None:
    with pytest.raises(ValueError, match="comes twice in Europe/Lisbon"):
        LISBON.moment("01:30")
    assert LISBON.moment("2023-10-29T01:30+00:00").isoformat() == "2023-10-29T01:30:00+00:00"
    assert LISBON.moment("2023-10-29T01:30+01:00").isoformat() == "2023-10-29T01:30:00+01:00"
    with pytest.raises(ValueError, match="does not exist in Europe/Lisbon"):
        LISBON.moment("2024-03-31T01:30")


def test_windows_in_one_cell_and_in_a_list() -> None:
    several = WITA.windows("19:00 / 20:00; 21.00/22.00,2023-11-23 23:00/2023-11-24 01:00")
    assert [(w["opens"].hour, w["closes"].hour) for w in several] == [(19, 20), (21, 22), (23, 1)]
    assert WITA.windows(["19:00/20:00", {"opens": "21:00", "closes": "22:00"}]) == several[:2]
    assert WITA.windows(" ") == []
    with pytest.raises(InputError) as caught:
        WITA.windows("19:00/25:00 20:00 21:00/22:00")
    assert [fault[:16] for fault in caught.value.faults] == ["window 1: '25:00", "window 2: '20:00"]


@pytest.mark.parametrize(("name", "hours"), [("+08:00", 8), ("-0330", -3.5), ("Asia/Jayapura", 9), ("+00:00", 0)])
def test_zones(name: str, hours: float) -> None:
    assert dt.datetime(2023, 11, 23, tzinfo=zone_of(name)).utcoffset() == dt.timedelta(hours=hours)


@pytest.mark.parametrize(("local", "iana"), [("WIB", "Jakarta"), ("wita", "Makassar"), ("WIT", "Jayapura")])
def test_indonesian_zones_get_a_hint(local: str, iana: str) -> None:
    with pytest.raises(ValueError, match=f"did you mean 'Asia/{iana}'"):
        zone_of(local)
