"""The models refuse in the same words when a program builds them, and keep time over clock changes."""

from __future__ import annotations

import datetime as dt
import pickle
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from patrolroute.errors import InputError
from patrolroute.scenario import Closures, Place, Scenario, Shift, Site, Squad, Travel, Vehicle, Window

WITA = ZoneInfo("Asia/Makassar")
LISBON = ZoneInfo("Europe/Lisbon")
UTC = dt.UTC


def wita(hour: int, minute: int = 0, *, day: int = 23) -> dt.datetime:
    return dt.datetime(2023, 11, day, hour, minute, tzinfo=WITA)


def night(**fields: Any) -> Scenario:
    return Scenario(**{"name": "Kupang", "date": dt.date(2023, 11, 23), "timezone": "Asia/Makassar", **fields})


def squad(**fields: Any) -> Squad:
    shift = Shift(start=wita(20), end=wita(23))
    return Squad(**{"id": "r1", "start": "polda", "end": "polda", "shift": shift, **fields})


def test_a_site_built_in_python_is_refused_in_a_planners_words() -> None:
    with pytest.raises(InputError) as caught:
        Site(id="kpu", name="Gudang KPU", lon=200, lat="north", weight=0.5, dwell_min=-1, teir=1)  # type: ignore
    assert caught.value.faults == (
        "site 'Gudang KPU': lon is 200; expected degrees east of Greenwich from -180 to 180, such as 123.5976.",
        "site 'Gudang KPU': lat is 'north'; expected degrees north from -90 to 90, south negative, such as -10.1777.",
        "site 'Gudang KPU': weight is 0.5, not a whole number; expected 1 or more; multiply all weights by 10.",
        "site 'Gudang KPU': dwell_min is -1; expected minutes of a stop, from 0 to 1440.",
        f"site 'Gudang KPU': 'teir' is unknown (did you mean 'tier'?); expected {', '.join(Site.model_fields)}.",
    )


def test_entries_given_as_dictionaries_are_told_with_their_place() -> None:
    with pytest.raises(InputError) as caught:
        night(
            sites=[{"id": "a", "lon": 1, "lat": 1}, {"id": "b", "lon": -10.1, "lat": 123.6}],
            squads=[{"id": "r1", "vehicle": {"kind": "boat"}, "start": "a", "shift": {"start": wita(20)}}],
        )
    assert caught.value.faults == (
        "scenario 'Kupang': sites item 2 'b': lon -10.1 and lat 123.6 look swapped; expected lon, lat in degrees; "
        "exchange them.",
        "scenario 'Kupang': squads item 1 'r1': vehicle kind is 'boat'; expected 'car' or 'motorcycle'.",
        "scenario 'Kupang': squads item 1 'r1': end is missing; expected the id of the place or site where the squad "
        "returns, or 'anywhere'.",
        "scenario 'Kupang': squads item 1 'r1': shift end is missing; expected a time such as '22:30', with its date "
        "where it passes midnight.",
    )


def test_entries_that_do_not_fit_together() -> None:
    polda = Place(id="polda", lon=123.6, lat=-10.1)
    with pytest.raises(InputError) as caught:
        night(places=(polda,), sites=(Site(id="polda", lon=1, lat=1),), squads=(squad(end="pold"), squad()))
    assert caught.value.faults == (
        "scenario 'Kupang': site 1 'polda': id 'polda' stands already in place 1 'polda'; expected an id of its own; "
        "change one of them or delete the row.",
        "scenario 'Kupang': squad 2 'r1': id 'r1' stands already in squad 1 'r1'; expected an id of its own; change "
        "one of them or delete the row.",
        "scenario 'Kupang': squad 1 'r1': end 'pold' names no place or site (did you mean 'polda'?); expected one "
        "of 'polda' or 'anywhere'.",
    )


def test_times_without_a_timezone_and_numbers_for_times() -> None:
    with pytest.raises(InputError, match="without a timezone"):
        Window(opens=dt.datetime(2023, 11, 23, 20), closes=wita(21))  # noqa: DTZ001 - the fault in question
    for number in (1_700_000_000, "1700000000", 20.15):
        with pytest.raises(InputError, match="no date and time"):
            Window(opens=number, closes=wita(21))  # type: ignore
    with pytest.raises(InputError, match="date is 20231123; expected year-month-day alone"):
        night(date=20231123)


@pytest.mark.parametrize(
    "timezone", ["WITA", "Asia", "", "+25:00", "+8", "../../etc/passwd", "a\0b", "Asia/Makassar/x"]
)
def test_timezones_that_are_none(timezone: str) -> None:
    with pytest.raises(InputError, match="expected an IANA name such as 'Asia/Makassar'"):
        night(timezone=timezone)


def test_shift_of_no_length_and_briefing_that_fills_it() -> None:
    assert Shift(start=wita(20), end=wita(20)).leave == wita(20)
    full = Shift(start=wita(20), end=wita(21), briefing_min=40, debriefing_min=20)
    assert (full.leave, full.back) == (wita(20, 40), wita(20, 40))
    with pytest.raises(InputError, match=r"briefing and debriefing take 60\.02 min, the whole shift 60 min"):
        Shift(start=wita(20), end=wita(21), briefing_min=40.01, debriefing_min=20.01)


def test_seconds_are_elapsed_time_on_the_night_on_which_clocks_go_back() -> None:
    start = dt.datetime(2023, 10, 29, 0, 30, tzinfo=LISBON)
    shift = Shift(start=start, end=dt.datetime(2023, 10, 29, 3, 0, tzinfo=LISBON), briefing_min=90, debriefing_min=60)
    lisbon = Scenario(name="x", date=dt.date(2023, 10, 29), timezone="Europe/Lisbon")
    assert lisbon.seconds(shift.leave) == 2 * 3600
    assert (shift.leave.hour, shift.leave.fold) == (1, 1)
    assert lisbon.seconds(shift.back) == 3 * 3600
    assert lisbon.seconds(shift.end) == 4 * 3600


def test_a_window_over_a_clock_change_is_as_long_as_it_lasts() -> None:
    opens = dt.datetime(2023, 10, 29, 1, 50, tzinfo=LISBON)
    window = Window(opens=opens, closes=opens.replace(minute=10, fold=1))
    assert window.length_s == 20 * 60
    with pytest.raises(InputError, match="a stop of 30 min does not fit the window 00:50-02:10"):
        Site(
            id="a",
            lon=-8.6,
            lat=41.1,
            dwell_min=30,
            windows=(
                Window(
                    opens=dt.datetime(2024, 3, 31, 0, 50, tzinfo=LISBON),
                    closes=dt.datetime(2024, 3, 31, 2, 10, tzinfo=LISBON),
                ),
                Window(opens=opens, closes=opens.replace(minute=10, fold=1)),
            ),
        )


def test_seconds_are_rounded_up_but_not_by_binary_dust() -> None:
    assert Site(id="a", lon=0, lat=0, dwell_min=16.1).dwell_s == 966
    assert Site(id="a", lon=0, lat=0, dwell_min=16.101).dwell_s == 967
    assert squad(max_driving_min=16.1).max_driving_s == 966
    assert squad(max_driving_min=16.109).max_driving_s == 966


def test_polris_classes_are_tiers() -> None:
    tiers = [Site(id="a", lon=0, lat=0, tier=name).tier for name in ("sangat rawan", " Rawan ", "AMAN")]  # type: ignore
    assert tiers == [1, 2, 3]


def test_names_are_brought_to_one_line() -> None:
    assert Place(id=" a ", name="Kantor\n KPU\t", lon=0, lat=0).model_dump()["name"] == "Kantor KPU"


def test_models_are_frozen_and_travel_between_processes() -> None:
    site = Site(id="a", lon=0, lat=0)
    with pytest.raises(ValidationError):
        site.id = "b"  # type: ignore
    assert pickle.loads(pickle.dumps(night(sites=(site,)))) == night(sites=(site,))
    assert not Closures()
    assert Closures(streets=("Jalan El Tari",))


def test_equal_speeds_share_a_profile() -> None:
    assert Vehicle(kind="car", speed_factor=1.2).profile == Vehicle(kind="motorcycle", speed_factor=1.20001).profile
    assert Vehicle(speed_factor=0.123).profile == "0.123"


def test_settings_out_of_range() -> None:
    with pytest.raises(InputError) as caught:
        Travel(snap_limit_m=0, access_kph=101, night_factor=6, speeds_kph={"residential": 300})
    assert [fault.split(";")[0] for fault in caught.value.faults] == [
        "travel: snap_limit_m is 0",
        "travel: access_kph is 101",
        "travel: night_factor is 6",
        "travel: speeds_kph residential is 300",
    ]


def test_more_than_anyone_plans_for_is_refused() -> None:
    one = squad()
    with pytest.raises(InputError, match="squads has 1,001 entries; expected at most 1,000"):
        night(places=(Place(id="polda", lon=0, lat=0),), squads=(one,) * 1001)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("Mobil", "car"),
        ("R4", "car"),
        ("roda empat", "car"),
        ("motor", "motorcycle"),
        ("Sepeda  Motor", "motorcycle"),
        ("r2", "motorcycle"),
        ("CAR", "car"),
    ],
)
def test_vehicles_in_the_words_of_the_sheets(word: str, kind: str) -> None:
    assert Vehicle.model_validate({"kind": word}).kind == kind


def test_only_a_slip_of_the_pen_is_taken_for_a_class() -> None:
    for word, hinted in (("sangat rawn", True), ("kurang rawan", False), ("hijau", False)):
        with pytest.raises(InputError) as caught:
            Scenario(name="n", date="2023-11-23", timezone="UTC", sites=[{"id": "a", "lon": 1, "lat": 2, "tier": word}])
        assert ("did you mean 'sangat rawan'" in str(caught.value)) == hinted
