"""What a planner writes: places, sites, squads and one night; read from files with every fault told at once."""

from patrolroute.scenario.hours import SlowArea, SpeedHours
from patrolroute.scenario.model import (
    TIERS,
    Area,
    Break,
    Closures,
    Forming,
    OvertimePrice,
    Place,
    Placement,
    Presence,
    Scenario,
    Shift,
    Site,
    Squad,
    TeamNeeds,
    Travel,
    Vehicle,
    VehiclePool,
    Window,
    Worth,
    zone_of,
)
from patrolroute.scenario.read import read_scenario
from patrolroute.scenario.schema import scenario_schema
from patrolroute.scenario.write import write_scenario

__all__ = [
    "TIERS",
    "Area",
    "Break",
    "Closures",
    "Forming",
    "OvertimePrice",
    "Place",
    "Placement",
    "Presence",
    "Scenario",
    "Shift",
    "Site",
    "SlowArea",
    "SpeedHours",
    "Squad",
    "TeamNeeds",
    "Travel",
    "Vehicle",
    "VehiclePool",
    "Window",
    "Worth",
    "read_scenario",
    "scenario_schema",
    "write_scenario",
    "zone_of",
]
