"""The tables say what the plan says, in the scenario's time and in degrees."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import pandas as pd
import pytest

from patrolroute.render import legs_table, skipped_table, visits_table


def test_visits(night):
    table = visits_table(night)
    assert isinstance(table, gpd.GeoDataFrame)
    assert table.crs == "EPSG:4326"
    assert table[["squad", "stop", "site", "name"]].to_numpy().tolist() == [
        ["regu-1", 1, "site-0", "KPU Kota"],
        ["regu-1", 2, "site-1", "Bawaslu"],
        ["regu-1", 3, "site-2", "Gudang KPU"],
        ["regu-2", 1, "site-3", "Wali Kota"],
        ["regu-2", 2, "site-4", "Pasar"],
    ]
    visit, row = night.plan.routes[0].visits[1], table.iloc[1]
    assert row["begin"] == night.clock(visit.begin_s)
    assert row["begin"].utcoffset() == dt.timedelta(hours=8)
    assert row["begin"].tz_localize(None) == pd.Timestamp(2023, 11, 23) + pd.Timedelta(seconds=visit.begin_s)
    assert (row["dwell_min"], row["wait_min"]) == (15.0, 0.0)
    assert row["drive_min"] == pytest.approx(visit.drive_s / 60)
    assert row["drive_km"] == pytest.approx(visit.drive_m / 1000)
    assert row["placement"] == "approximate"
    bawaslu = night.scenario.sites[1]
    assert (row.geometry.x, row.geometry.y) == (bawaslu.lon, bawaslu.lat)
    assert table.attrs["roads"] == night.roads.provenance.statement


def test_legs(night):
    table = legs_table(night)
    assert table["leg"].tolist() == [0, 1, 2, 3, 0, 1, 2]
    assert table["from"].tolist() == ["base", "site-0", "site-1", "site-2", "base", "site-3", "site-4"]
    assert table["to"].tolist() == ["site-0", "site-1", "site-2", "base", "site-3", "site-4", "base"]
    assert table["drive_min"].sum() == pytest.approx(night.plan.drive_s / 60)
    assert table["drive_km"].sum() == pytest.approx(night.plan.drive_m / 1000)
    assert (table["arrive"] - table["leave"]).dt.total_seconds().tolist() == pytest.approx(table["drive_min"] * 60)
    assert table["streets"][1].startswith("Jalan Utara 1 (")
    assert "unnamed road (880 m)" in table["streets"][1]
    first = table.geometry[0].coords[0]
    assert first == pytest.approx((123.6001, -10.1801))


def test_skipped_sorted_by_importance(make_night):
    night = make_night(((0,),))
    table = skipped_table(night)
    assert table["site"].tolist() == ["site-3", "site-4", "site-1", "site-5", "site-2"]
    assert table["tier"].is_monotonic_increasing
    assert set(table["reason"]) == {"The squads' time went to other sites."}
    assert table["placement"].tolist() == ["surveyed", "approximate", "approximate", "street", "street"]


def test_empty_tables_have_the_same_columns_and_types(night, make_night):
    nothing = make_night(((), ()))
    everything = make_night(((0, 1, 2), (3, 4, 5)))
    for table_of, empty in ((visits_table, nothing), (legs_table, nothing), (skipped_table, everything)):
        full = table_of(night)
        table = table_of(empty)
        assert len(table) == 0
        assert table.dtypes.to_dict() == full.dtypes.to_dict()
        assert table.crs == "EPSG:4326"


def test_fixed_offset_zone(make_night):
    table = visits_table(make_night(timezone="+08:00"))
    assert str(table["begin"].dt.tz) in {"UTC+08:00", "+08:00"}


def test_night_on_which_clocks_change(make_night):
    night = make_night(timezone="Europe/Lisbon", date=dt.date(2023, 10, 28), leave=(24, 30), dwell_s=3600)
    table = visits_table(night)
    assert {moment.utcoffset() for moment in table["begin"]} == {dt.timedelta(hours=1), dt.timedelta(0)}
    assert ((table["end"] - table["begin"]).dt.total_seconds() == 3600).all()


@pytest.mark.parametrize("table_of", [visits_table, legs_table, skipped_table])
def test_explore_works(night, table_of):
    shown = table_of(night).explore(tiles=None).get_root().render()
    assert "regu-1" in shown or "site-5" in shown


@pytest.mark.parametrize("all_legs", [False, True])
def test_stop_at_the_base_is_a_leg_of_no_length(make_night, all_legs):
    night = make_night(((0, 1),), same_place=True, all_legs=all_legs)
    assert (("regu-1", 0) in night.legs) is all_legs
    table = legs_table(night)
    assert table["drive_min"][0] == 0
    assert table["streets"][0] == ""
    assert table.geometry[0].length == 0
