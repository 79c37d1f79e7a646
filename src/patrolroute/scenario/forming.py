"""What squads are formed from: people by task force, vehicles with seats, and what every squad must have."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from patrolroute.errors import InputError
from patrolroute.scenario.base import Frozen, Identifier, Name
from patrolroute.scenario.rests import MOST_BREAKS, break_faults, break_places
from patrolroute.scenario.squads import Break, Shift, Vehicle
from patrolroute.scenario.teams import vehicle_kind
from patrolroute.scenario.words import did_you_mean, found, listed

MAX_VEHICLES = 200

_LEADERS = "the task force that leaders come from, numbers by task force, or a whole number above 0"


class VehiclePool(Frozen):
    """Vehicles of one kind.

    Parameters
    ----------
    kind : {"car", "motorcycle"}
    seats : int
        People that ride in each, the driver among them.
    count : int
    speed_factor : float
        Speed relative to the road network's.

    Raises
    ------
    InputError
        When a value is at fault.
    """

    kind: Literal["car", "motorcycle"] = Field(default="car", description="'car' or 'motorcycle'")
    seats: Annotated[int, Field(ge=1, le=100)] = Field(
        description="a whole number from 1 to 100: the people that ride in each, the driver among them"
    )
    count: Annotated[int, Field(ge=1, le=MAX_VEHICLES)] = Field(
        default=1, description=f"a whole number from 1 to {MAX_VEHICLES}: how many of these there are"
    )
    speed_factor: Annotated[float, Field(ge=0.1, le=5)] = Field(
        default=1.0, description="a number from 0.1 to 5: the speed relative to that of the roads"
    )

    @field_validator("kind", mode="before")
    @classmethod
    def _any_word(cls, value: Any) -> Any:
        return vehicle_kind(value)

    @property
    def vehicle(self) -> Vehicle:
        """What a squad rides that gets one of them."""
        return Vehicle(kind=self.kind, speed_factor=self.speed_factor)


class Forming(Frozen):
    """People and vehicles from which squads are to be formed.

    Parameters
    ----------
    people : dict of str to int
        People by task force.
    vehicles : tuple of VehiclePool
    squads : int or None
        How many squads; None to have that decided.
    least_size : int
        People that every squad must have at least.
    leaders : dict of str to int, int or None
        Every squad needs one leader: so many people of each task force can lead, or so many of all people, whoever they
        are. The name of a task force stands for all its people. None asks for no leader.
    name : str
        Squads are called so, with their numbers.
    start, end : str
        Ids of the place or site where the squads set out and where they return.
    shift : Shift
    max_driving_min, overtime_min, max_stops, breaks, longest_without_break_min
        As of `Squad`; every squad has them.

    Raises
    ------
    InputError
        When a value is at fault, the breaks cannot all be taken, or the people, seats or leaders are too few for the
        squads.
    """

    people: Annotated[dict[Identifier, Annotated[int, Field(ge=0, le=10_000)]], Field(min_length=1)] = Field(
        description="whole numbers from 0 to 10000 by task force, such as 'preventif=14; sterilisasi=6'"
    )
    vehicles: Annotated[tuple[VehiclePool, ...], Field(max_length=MAX_VEHICLES)] = Field(
        description="a list of tables of kind, seats, count and speed_factor"
    )
    squads: Annotated[int, Field(ge=1, le=MAX_VEHICLES)] | None = Field(
        default=None, description=f"a whole number from 1 to {MAX_VEHICLES}; left out to have it decided"
    )
    least_size: Annotated[int, Field(ge=1, le=100)] = Field(
        default=2, description="a whole number from 1 to 100: the people that every squad must have"
    )
    leaders: dict[str, int] | int | None = Field(default=None, description=_LEADERS)
    name: Annotated[Name, Field(min_length=1, max_length=80)] = Field(
        default="Regu", description="a text of 1 to 80 characters: squads are called so, with their numbers"
    )
    start: Identifier = Field(description="the id of the place or site where the squads set out")
    end: Identifier = Field(description="the id of the place or site where the squads return")
    shift: Shift = Field(description="start, end, briefing_min and debriefing_min of the duty")
    max_driving_min: Annotated[float, Field(ge=0, le=2880)] | None = Field(
        default=None, description="most minutes at the wheel, from 0 to 2880; left out for no limit but the shift"
    )
    overtime_min: Annotated[float, Field(ge=0, le=1440)] = Field(
        default=0.0, description="minutes by which each squad may be back late, from 0 to 1440"
    )
    max_stops: Annotated[int, Field(ge=0, le=10_000)] | None = Field(
        default=None, description="most stops of the night, from 0 to 10000; left out for no limit but the shift"
    )
    breaks: Annotated[tuple[Break, ...], Field(max_length=MOST_BREAKS)] = Field(
        default=(), description="breaks of each squad such as '15 22:30/23:30', minutes and the window they lie in"
    )
    longest_without_break_min: Annotated[float, Field(ge=30, le=2880)] | None = Field(
        default=None, description="most minutes of the shift without a break, from 30 to 2880"
    )

    @field_validator("leaders", mode="before")
    @classmethod
    def _leaders_by_force(cls, value: Any, info: ValidationInfo) -> Any:
        people = info.data.get("people")
        if people is None or value is None:
            return None
        if isinstance(value, str):
            value = {value.strip(): people.get(value.strip(), 0)}
        if isinstance(value, dict):
            wrong = next((force for force in value if force not in people), None)
            if wrong is not None:
                hint = did_you_mean(str(wrong), people)
                raise ValueError(
                    f"leaders {found(wrong)} is no task force of people{hint}; expected one of {listed(list(people))}"
                )
        counts = list(value.values()) if isinstance(value, dict) else [value]
        if not counts or any(not isinstance(n, int) or isinstance(n, bool) or n < 0 for n in counts):
            raise ValueError(f"leaders is {found(value)}; expected {_LEADERS}")
        return {force: min(n, people[force]) for force, n in value.items()} if isinstance(value, dict) else value

    @model_validator(mode="after")
    def _enough(self) -> Self:
        faults = [*self.shortages(), *break_faults(self)]
        if faults:
            raise InputError(faults)
        return self

    @property
    def break_ends(self) -> tuple[tuple[str, str], ...]:
        """The places that the breaks name, each with what to call the field."""
        return break_places(self)

    @property
    def most_leaders(self) -> int | None:
        """How many can lead; None where no leader is asked for."""
        return sum(self.leaders.values()) if isinstance(self.leaders, dict) else self.leaders

    @property
    def most_squads(self) -> int:
        """The most squads that vehicles, least size, people and leaders allow; any lower number can be formed too."""
        usable = sum(pool.count for pool in self.vehicles if pool.seats >= self.least_size)
        limits = [usable, sum(self.people.values()) // self.least_size]
        return min(limits if self.most_leaders is None else [*limits, self.most_leaders])

    def shortages(self) -> list[str]:
        """Return a fault for all that is too little to form a single squad, or as many as are wanted."""
        wanted, people = self.squads or 1, sum(self.people.values())
        count = sum(pool.count for pool in self.vehicles)
        usable = sum(pool.count for pool in self.vehicles if pool.seats >= self.least_size)
        squads = f"{wanted} squads" if wanted > 1 else "a squad"
        faults = []
        if count > MAX_VEHICLES:
            faults.append(f"vehicles are {count:,}; expected at most {MAX_VEHICLES}; check count.")
        if usable < wanted:
            faults.append(
                f"{squads} of at least {self.least_size} need {wanted} vehicles with as many seats; {usable} of "
                f"{count} have them; add vehicles, or lower squads or least_size."
            )
        if people < wanted * self.least_size:
            faults.append(
                f"{squads} of at least {self.least_size} need {wanted * self.least_size} people; there are {people}; "
                "lower squads or least_size."
            )
        if self.most_leaders is not None and self.most_leaders < wanted:
            faults.append(
                f"{squads} need {wanted} leaders; there are {self.most_leaders}; lower squads or name more leaders."
            )
        return faults
