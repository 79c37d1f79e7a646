"""A night refuses a plan, a scenario and legs that do not belong together."""

from __future__ import annotations

from dataclasses import replace

import pytest

from patrolroute.errors import InputError
from patrolroute.provenance import Provenance
from patrolroute.render import Night, patrol_sheet, summary
from patrolroute.roads.restrictions import Restrictions
from patrolroute.scenario.model import Travel


def test_drives_add_up_to_the_route(night):
    for route in night.plan.routes:
        drives = list(night.drives(route))
        assert len(drives) == len(route.visits) + 1
        assert sum(drive.drive_s for drive in drives) == route.drive_s
        assert sum(drive.drive_m for drive in drives) == route.drive_m
        assert all(drive.arrive_s - drive.leave_s == drive.drive_s for drive in drives)
        assert (drives[0].origin.id, drives[-1].destination.id) == ("base", "base")
        assert drives[-1].arrive_s == route.return_s


def test_squad_that_stays_drives_nowhere(make_night):
    night = make_night(((0,), ()))
    assert list(night.drives(night.plan.routes[1])) == []


def test_all_faults_at_once(night):
    strange = replace(night.plan.routes[0].visits[0], site="nowhere")
    routes = (
        replace(night.plan.routes[0], visits=(strange,)),
        replace(night.plan.routes[1], squad="regu-9"),
    )
    skipped = (replace(night.plan.skipped[0], site="lost"),)
    with pytest.raises(InputError) as caught:
        Night(replace(night.plan, routes=routes, skipped=skipped), night.scenario, night.roads, night.legs)
    text = str(caught.value)
    assert len(caught.value.faults) == 3
    assert "'nowhere'" in text
    assert "'regu-9'" in text
    assert "'lost'" in text


def test_missing_and_wrong_legs(night):
    legs = dict(night.legs)
    legs["regu-1", 1] = legs.pop(("regu-1", 0))
    with pytest.raises(InputError) as caught:
        Night(night.plan, night.scenario, night.roads, legs)
    assert any("leg 0" in fault and "trace it first" in fault for fault in caught.value.faults)
    assert any("leg 1" in fault and "lead from 'base'" in fault for fault in caught.value.faults)


def test_plan_without_calendar_or_of_another_night(night):
    with pytest.raises(InputError, match="no calendar"):
        Night(replace(night.plan, start=None), night.scenario, night.roads, night.legs)
    other = night.scenario.model_copy(update={"timezone": "UTC"})
    with pytest.raises(InputError, match="starts at 2023-11-23T00:00:00"):
        Night(night.plan, other, night.roads, night.legs)


def test_unknown_squad_is_named(night):
    with pytest.raises(InputError, match="no squad 'x'; the scenario has 'regu-1', 'regu-2'"):
        patrol_sheet(night, "x")


def test_times_from_elsewhere_are_said(night, synthetic):
    measured = Provenance(kind="arrays", source="measured matrix", date="2024-01-01")
    other = Night(replace(night.plan, provenance=measured), night.scenario, night.roads, night.legs)
    assert "Travel times: Roads: measured matrix (2024-01-01)" in summary(other)
    assert "Roads: town.osm (2025-11-21)" in summary(other)
    assert not other.synthetic
    assert Night(replace(night.plan, provenance=synthetic), night.scenario, night.roads, night.legs).synthetic


def test_turns_that_are_obeyed_are_said_to_be(make_night):
    plain, told = make_night(), "the turn restrictions that these roads tell are obeyed"
    obeying = plain.scenario.model_copy(update={"travel": Travel(turns=True)})
    known = replace(plain, scenario=obeying, roads=replace(plain.roads, restrictions=Restrictions.of([], [])))
    unknown = replace(known, roads=replace(known.roads, restrictions=replace(known.roads.restrictions, known=False)))
    for night, said in ((known, True), (unknown, False), (plain, False)):
        assert (told in summary(night)) is said
        assert (told in patrol_sheet(night, "regu-1")) is said
    assert "tell no turn restrictions" in summary(unknown)
