"""What a planner writes: places, sites, squads and one night; read from files with every fault told at once."""

from patrolroute.scenario.hours import SlowArea, SpeedHours
from patrolroute.scenario.model import (
    TIERS,
    Closures,
    Place,
    Placement,
    Scenario,
    Shift,
    Site,
    Squad,
    Travel,
    Vehicle,
    Window,
    zone_of,
)
from patrolroute.scenario.read import read_scenario
from patrolroute.scenario.schema import scenario_schema
from patrolroute.scenario.write import write_scenario

__all__ = [
    "TIERS",
    "Closures",
    "Place",
    "Placement",
    "Scenario",
    "Shift",
    "Site",
    "SlowArea",
    "SpeedHours",
    "Squad",
    "Travel",
    "Vehicle",
    "Window",
    "read_scenario",
    "scenario_schema",
    "write_scenario",
    "zone_of",
]
