"""Words for times, lengths and streets; names made harmless."""

from __future__ import annotations

import datetime as dt
import html
from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patrolroute.render import patrol_sheet, summary
from patrolroute.render.printed.marks import inks
from patrolroute.render.printed.panel import panel_columns
from patrolroute.render.summary import summarise
from patrolroute.render.wording import (
    between_text,
    clock_text,
    driving_text,
    length_text,
    markdown,
    markup,
    minutes_text,
    plain,
    share_text,
    span_text,
    streets_text,
    stretches,
    waiting_text,
)


def leg(*streets, access_m=(0.0, 0.0)):
    return SimpleNamespace(
        streets=[SimpleNamespace(name=name, length_m=length) for name, length in streets],
        origin_access_dm=round(access_m[0] * 10),
        destination_access_dm=round(access_m[1] * 10),
    )


def test_streets_are_told_as_a_person_would():
    told = streets_text(leg(("A", 100.0), ("", 12.0), ("A", 200.0), ("", 320.0), ("B", 1250.0)))
    assert told == "A (310 m) > unnamed road (320 m) > B (1.2 km)"
    assert streets_text(leg(("", 12.0), ("A", 100.0))) == "A (110 m)"
    assert streets_text(leg(("", 12.0))) == "unnamed road (10 m)"
    assert streets_text(None) == ""


def test_a_corner_is_no_street_of_0_m():
    assert streets_text(leg(("A", 0.3), ("B", 100.0), ("C", 0.2), ("B", 50.0), ("D", 0.4))) == "B (150 m)"
    assert streets_text(leg(("A", 0.3))) == "A (0 m)"
    assert streets_text(leg(("A", 1.2), ("B", 100.0))) == "A (1 m) > B (100 m)"


def test_the_way_to_the_street_is_told_where_it_is_long():
    street = ("A", 100.0)
    assert streets_text(leg(street, access_m=(200.0, 12.0))) == "off the street (200 m) > A (110 m)"
    assert streets_text(leg(street, access_m=(29.9, 30.0))) == "A (130 m) > off the street (30 m)"
    assert streets_text(leg(access_m=(20.0, 50.0))) == "off the street (70 m)"
    assert streets_text(leg()) == ""


@pytest.mark.parametrize("access_m", [(0.0, 0.0), (29.0, 31.0), (150.0, 0.4)])
def test_streets_keep_their_length(access_m):
    pieces = [("", 10.0), ("A", 5.0), ("", 29.0), ("B", 7.0), ("", 31.0), ("", 3.0)]
    told = stretches(leg(*pieces, access_m=access_m))
    assert sum(each.length_m for each in told) == pytest.approx(85.0 + sum(access_m))


def test_minutes_agree_with_the_clock(make_night):
    night = make_night()
    leave_s, arrive_s = 20 * 3600 + 1800, 20 * 3600 + 1800 + 223
    assert (clock_text(night, night.clock(leave_s)), clock_text(night, night.clock(arrive_s))) == ("20:30", "20:33")
    assert between_text(leave_s, arrive_s) == "3 min"
    assert between_text(leave_s + 50, leave_s + 65) == "1 min"
    assert between_text(leave_s, leave_s + 59) == "under 1 min"
    assert between_text(leave_s, leave_s) == "0 min"


def test_the_minutes_driven_in_all_are_those_of_the_share_beside_them(make_night):
    """Single drives are cut: added up they may lack some minutes, for which the total makes no claim."""
    night = make_night()
    route = replace(night.plan.routes[0], drive_s=31 * 60 + 12)
    longer = replace(night, plan=replace(night.plan, routes=(route, *night.plan.routes[1:])))
    assert driving_text(route) == "31 min"
    squads = summarise(longer).squads
    assert squads.rows[0][squads.heads.index("driving (of shift)")] == "31 min (13 %)"
    assert "driving 31 min (13 % of the shift)" in patrol_sheet(longer, route.squad)
    told = "Driving in all is counted in seconds"
    assert told in patrol_sheet(longer, route.squad)
    assert "Driving and waits of a squad are counted in seconds" in summary(longer)
    squad_inks = dict(zip((squad.id for squad in night.scenario.squads), inks(2), strict=True))
    columns, _ = panel_columns(longer, squad_inks, 400.0)
    assert any("driving 31 min (13 %)" in row.text for column in columns for row in column)


def test_waits_in_all_are_counted_in_seconds():
    """Three waits of 100 s are 5 min; cut at times of day they may be 3 to 6."""
    visits = [SimpleNamespace(arrive_s=s, begin_s=s + 100, wait_s=100) for s in (0, 600, 1200)]
    assert waiting_text(SimpleNamespace(visits=visits)) == "5 min"


@pytest.mark.parametrize(
    ("metres", "words"),
    [(0, "0 m"), (4.4, "4 m"), (846, "850 m"), (994, "990 m"), (995, "1.0 km"), (12_345, "12.3 km")],
)
def test_lengths(metres, words):
    assert length_text(metres) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 min"), (20, "under 1 min"), (900, "15 min"), (3600, "1 h 00 min"), (7500, "2 h 05 min")],
)
def test_durations(seconds, words):
    assert minutes_text(seconds) == words


def test_only_all_of_it_is_all_of_it():
    assert share_text(999, 1000) == "99 %"
    assert share_text(1000, 1000) == "100 %"
    assert share_text(0, 0) == "-"


def test_shares_are_rounded_but_never_to_all_or_nothing():
    assert share_text(10, 24) == "42 %"
    assert share_text(1, 8) == "13 %"
    assert share_text(1, 1000) == "1 %"
    assert share_text(0, 1000) == "0 %"


def test_date_is_said_past_midnight_only(make_night):
    night = make_night(leave=(23, 20))
    before, after = night.clock(23 * 3600 + 1800), night.clock(24 * 3600 + 600)
    assert clock_text(night, before) == "23:30"
    assert clock_text(night, after) == "00:10 (24 Nov)"
    assert span_text(night, before, after) == "23:30–00:10 (24 Nov)"
    assert span_text(night, after, after + dt.timedelta(minutes=5)) == "00:10–00:15 (24 Nov)"


def test_offset_is_said_when_clocks_change(make_night):
    night = make_night(timezone="Europe/Lisbon", date=dt.date(2023, 10, 28), leave=(23, 0))
    before = night.scenario.start + dt.timedelta(hours=23)
    after = (before.astimezone(dt.UTC) + dt.timedelta(hours=3)).astimezone(night.scenario.zone)
    assert clock_text(night, before) == "23:00"
    assert clock_text(night, after) == "01:00 (29 Oct, UTC+00:00)"


def test_plain_takes_away_what_hides_and_reorders():
    assert plain("a\n\tb\u202ec\x9b31m\u2066d \ud800") == "a bc\ufffd31md \ufffd"


@given(st.text())
def test_markup_cannot_open_anything(text):
    escaped = markup(text)
    assert not set(escaped) & set("<>\"'`${}\\")
    assert html.unescape(escaped) == plain(text)


@given(st.text())
def test_markdown_holds_in_a_cell(text):
    escaped = markdown(text)
    assert "\n" not in escaped
    bare = escaped.replace("\\\\", "")
    assert all(bare[i - 1] == "\\" for i, char in enumerate(bare) if char in "|`*_[]~$")
    assert "<" not in escaped
    assert ">" not in escaped


def test_markdown_makes_no_links():
    assert markdown("see http://evil.test or www.evil.test") == "see http&#8203;://evil.test or www&#8203;.evil.test"
