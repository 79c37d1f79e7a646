"""Speeds from limits and highway classes."""

from __future__ import annotations

import math
import re
from typing import Any

import networkx as nx
import numpy as np
import pytest

from patrolroute.errors import InputError
from patrolroute.roads import SpeedTable, roads_from_graph
from patrolroute.roads.speeds import DEFAULT_KPH, one_class, parse_maxspeed
from patrolroute.scenario.model import Travel


@pytest.mark.parametrize(
    ("value", "kph"),
    [
        ("50", 50),
        (" 50 ", 50),
        ("50 km/h", 50),
        ("50kph", 50),
        ("32,5", 32.5),
        ("30 mph", 48.28032),
        ("10 knots", 18.52),
        (40, 40),
        (40.0, 40),
        (np.int64(60), 60),
        ("40;60", 40),
        ("60|40", 40),
        (["60", "40"], 40),
        (["60", "none"], 60),
        ("ID:urban", 50),
        ("ID:rural", 80),
        ("ID:motorway", 100),
        ("DE:zone:30", 30),
        ("DE:zone30", 30),
        ("walk", 5),
    ],
)
def test_limits_in_every_spelling(value: Any, kph: float) -> None:
    assert parse_maxspeed(value) == pytest.approx(kph)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "none",
        "signals",
        "variable",
        "50 furlongs",
        "fifty",
        "-50",
        "0",
        0,
        "999",
        math.nan,
        math.inf,
        [],
        [["50"]],
        {"a": 1},
        "50" * 1000,
        "__import__('os').system('true')",
    ],
)
def test_what_is_no_limit(value: Any) -> None:
    assert math.isnan(parse_maxspeed(value))


def test_of_several_classes_the_slowest_counts() -> None:
    assert one_class(["primary", "residential"]) == "residential"
    assert one_class(["residential", "primary"]) == "residential"
    assert one_class(["unknown", "primary"]) == "primary"
    assert one_class("tertiary") == "tertiary"
    assert one_class(None) == one_class([]) == one_class(math.nan) == ""


def test_limit_before_class_before_default_and_night_over_all() -> None:
    table = SpeedTable(kph={"primary": 40}, default_kph=18, night_factor=1.5)
    speeds = table.speeds_kph(["primary", "primary", "sky"], np.array([60, math.nan, math.nan]))
    assert speeds.tolist() == [90, 60, 27]


def test_times_are_whole_milliseconds_rounded_up_and_never_nothing() -> None:
    table = SpeedTable(kph={}, default_kph=36)
    times = table.times_ms(np.array([0, 1, 1000]), ["", "", ""], np.array([math.nan, math.nan, 70]))
    assert times.tolist() == [1, 10, 5143]  # 100 m at 70 km/h: 5142.86 ms


def test_a_network_without_any_limit_follows_the_table() -> None:
    graph = nx.MultiDiGraph()
    graph.add_node(1, x=123.6, y=-10.2)
    graph.add_node(2, x=123.61, y=-10.2)
    for u, v in ((1, 2), (2, 1)):
        graph.add_edge(u, v, length=1000.0, highway="residential")
    network = roads_from_graph(graph)
    assert set(network.speed_kph) == {DEFAULT_KPH["residential"]}
    assert network.time_ms.tolist() == [180_000, 180_000]
    faster = network.with_speeds(SpeedTable.from_travel(Travel(speeds_kph={"residential": 40}, night_factor=1.25)))
    assert faster.time_ms.tolist() == [72_000, 72_000]
    assert network.time_ms.tolist() == [180_000, 180_000]
    assert faster.speeds.kph["primary"] == DEFAULT_KPH["primary"]


def test_a_scenario_may_set_the_default() -> None:
    assert SpeedTable.from_travel(Travel(speeds_kph={"default": 33})).default_kph == 33


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: SpeedTable.from_travel(Travel(speeds_kph={"primry": 30})),
            "there is no highway class 'primry'; did you mean 'primary'?",
        ),
        (
            lambda: SpeedTable.from_travel(Travel(speeds_kph={"zzz": 30})),
            "there is no highway class 'zzz'; expected one of motorway,",
        ),
        (lambda: SpeedTable(kph={"primary": 0}), "'primary' has 0 kph; expected above 0 and at most 200."),
        (lambda: SpeedTable(kph={"primary": math.nan}), "'primary' has nan kph"),
        (lambda: SpeedTable(default_kph=1000), "'default' has 1000 kph"),
        (lambda: SpeedTable(night_factor=0), "night_factor is 0; expected 0.1 to 5."),
    ],
)
def test_bad_tables(make: Any, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        make()
