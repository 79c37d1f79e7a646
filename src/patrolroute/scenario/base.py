"""What all models of the scenario share: frozen, checked at birth, and refused in a planner's words."""

from __future__ import annotations

import datetime as dt
import math
import re
from typing import Annotated, Any

import shapely
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from patrolroute.errors import InputError
from patrolroute.scenario.words import faults_of, found

ANYWHERE = "anywhere"
"""In the place of a squad's start or end: it begins at its first stop, or ends at its last."""

_PRINTABLE = r"^[^\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]*$"
"""No control characters, and none that turn the direction of writing, so that no name prints as another."""


_LONGEST_ID = 100


def _one_line(value: Any) -> Any:
    return " ".join(value.split()) if isinstance(value, str) else value


def is_identifier(text: str) -> bool:
    """Return whether a text on one line can be an id."""
    return 1 <= len(text) <= _LONGEST_ID and re.match(_PRINTABLE, text) is not None


def _whole_second(moment: dt.datetime) -> dt.datetime:
    if moment.microsecond:
        raise ValueError(f"{moment.isoformat()} has a fraction of a second; give whole seconds")
    return moment


def _no_timestamp(value: Any) -> Any:
    """Refuse bare numbers, which would be read as seconds since 1970."""
    if (isinstance(value, str) and re.match(r"\d{4}-\d{2}-\d{2}", value)) or isinstance(value, dt.date):
        return value
    raise ValueError(f"{found(value)} is no date and time; expected one such as '2023-11-24T01:30+08:00'")


def _simple(ring: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    if not shapely.Polygon(ring).is_valid:
        raise ValueError("crosses itself or has no area; expected its corners in their order around the area")
    return ring


Identifier = Annotated[str, Field(min_length=1, max_length=_LONGEST_ID, pattern=_PRINTABLE), BeforeValidator(_one_line)]
Name = Annotated[str, Field(max_length=300, pattern=_PRINTABLE), BeforeValidator(_one_line)]
Moment = Annotated[AwareDatetime, BeforeValidator(_no_timestamp), AfterValidator(_whole_second)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Ring = Annotated[
    tuple[tuple[Longitude, Latitude], ...], Field(min_length=3, max_length=100_000), AfterValidator(_simple)
]


class Frozen(BaseModel):
    """Base of the models: immutable, without unknown fields.

    Raises
    ------
    InputError
        When the constructor's arguments are at fault; it lists every fault.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, ser_json_inf_nan="null")

    def __init__(self, /, **data: Any) -> None:
        try:
            self.__pydantic_validator__.validate_python(data, self_instance=self)
        except ValidationError as error:
            who = data.get("name") or data.get("id")
            where = type(self).__name__.lower() + (f" {found(who)}" if isinstance(who, str) else "")
            raise InputError(f"{where}: {text}" for _, text in faults_of(error, type(self), data)) from None

    # Entries given as dictionaries are then checked with the whole, not one constructor after the other: all their
    # faults come in one error, each with its place.
    __init__.__pydantic_base_init__ = True  # type: ignore[attr-defined]  # pydantic's own mark on a function


def elapsed_s(since: dt.datetime, until: dt.datetime) -> float:
    """Return the seconds that pass between two moments, also over a night on which clocks change."""
    return (until.astimezone(dt.UTC) - since.astimezone(dt.UTC)).total_seconds()


def later(moment: dt.datetime, seconds: float) -> dt.datetime:
    """Return the moment some seconds after another, in the same timezone, also when clocks change in between."""
    return (moment.astimezone(dt.UTC) + dt.timedelta(seconds=seconds)).astimezone(moment.tzinfo)


def later_day(start: Moment, end: Moment) -> str:
    """Return the first moment after `start` with the time of day of `end`, as a planner may write it."""
    day = start.toordinal() + (end.time() <= start.time())
    return f"{end.fromordinal(day):%Y-%m-%d}T{end:%H:%M}"


def seconds_up(minutes: float) -> int:
    """Return minutes as whole seconds, rounded up; 16.1 min are 966 s although 16.1 x 60 is a hair more in binary."""
    return math.ceil(round(minutes * 60, 6))
