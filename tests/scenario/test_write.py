"""A scenario that is written is read back equal, in every timezone and over every change of the clock."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, given, settings

from patrolroute.scenario import Scenario, Site, Window, read_scenario, write_scenario
from strategies import scenarios

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(Z|[+-]\d{2}:\d{2})")


@given(scenario=scenarios())
@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_what_is_written_is_read_back_equal(scenario: Scenario, tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text(write_scenario(scenario), encoding="utf-8")
    again = read_scenario(tmp_path / "s.json")
    assert again == scenario
    assert write_scenario(again) == write_scenario(scenario)
    for before, after in zip(scenario.squads, again.squads, strict=True):
        assert scenario.seconds(before.shift.leave) == again.seconds(after.shift.leave)
        assert scenario.seconds(before.shift.back) == again.seconds(after.shift.back)


def test_times_are_written_with_their_offset() -> None:
    opens = dt.datetime(2023, 11, 23, 14, 15, tzinfo=dt.UTC)
    window = Window(opens=opens, closes=opens + dt.timedelta(hours=1))
    night = Scenario(
        name="Kupang",
        date=dt.date(2023, 11, 23),
        timezone="Asia/Makassar",
        sites=(Site(id="kpu", lon=123.6, lat=-10.1, windows=(window,)),),
    )
    (written,) = json.loads(write_scenario(night))["sites"][0]["windows"]
    assert written == {"opens": "2023-11-23T22:15:00+08:00", "closes": "2023-11-23T23:15:00+08:00"}
    assert all(_ISO.fullmatch(value) for value in written.values())
    assert night.sites[0].windows[0].opens.tzinfo is ZoneInfo("Asia/Makassar")
    assert night.sites[0].windows[0] == window
