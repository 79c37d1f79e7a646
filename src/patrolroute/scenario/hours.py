"""Speeds that are not the same all night everywhere: by the hour, and in parts of the town."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from patrolroute.errors import InputError
from patrolroute.scenario.base import Frozen, Identifier, Name, Ring, elapsed_s
from patrolroute.scenario.sites import Window  # noqa: TC001 - pydantic reads the annotations
from patrolroute.scenario.words import found

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_HOURS, MAX_SLOW = 100, 1_000


def _any(windows: tuple[Window, ...]) -> tuple[Window, ...]:
    if not windows:
        raise ValueError("windows is a list of 0; expected at least one window such as '17:00/19:30'")
    return windows


SpeedsKph = dict[Identifier, Annotated[float, Field(gt=0, le=200)]]


class SpeedHours(Frozen):
    """How fast streets are driven at certain hours of the night, such as the evening rush.

    Parameters
    ----------
    name : str
    windows : tuple of Window
        The hours.
    factor : float
        Multiplies all road speeds at these hours, beside the night factor.
    speeds_kph : dict of str to float
        Speeds by OSM highway class at these hours; `maxspeed` on a street goes before.

    Raises
    ------
    InputError
        When a value is at fault, or neither factor nor speeds are given.
    """

    name: Annotated[Name, Field(min_length=1)] = Field(description="a text of 1 to 300 characters")
    windows: Annotated[tuple[Window, ...], Field(max_length=48), AfterValidator(_any)] = Field(
        description="at least one window such as '17:00/19:30'"
    )
    factor: Annotated[float, Field(ge=0.05, le=5)] = Field(
        default=1.0, description="a number from 0.05 to 5 that multiplies all road speeds at these hours"
    )
    speeds_kph: SpeedsKph = Field(
        default_factory=dict, description="km/h above 0, at most 200, by OSM highway class, such as primary = 20"
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.model_fields_set & {"factor", "speeds_kph"}:
            raise ValueError("has neither factor nor speeds_kph; expected one of them, such as factor = 0.6")
        return self


class SlowArea(Frozen):
    """A part of the town where driving is slower: rain, a market night, a checkpoint.

    Parameters
    ----------
    name : str
    polygon : ring
        Corners as (lon, lat); the parts of streets that lie in it are driven more slowly.
    factor : float
        Multiplies the speed there; where areas overlap, all their factors do.
    windows : tuple of Window
        The hours when it is so; all night where there are none.

    Raises
    ------
    InputError
        When a value is at fault, or the ring crosses itself.
    """

    name: Annotated[Name, Field(min_length=1)] = Field(description="a text of 1 to 300 characters")
    polygon: Ring = Field(description="a ring of at least 3 [lon, lat] in degrees, or the name of a .geojson file")
    factor: Annotated[float, Field(ge=0.05, le=1)] = Field(
        description="a number from 0.05 to 1 that multiplies the speed, such as 0.5 for half of it"
    )
    windows: Annotated[tuple[Window, ...], Field(max_length=48)] = Field(
        default=(), description="windows such as '18:00/21:00'; all night when left out"
    )


def clashes(hours: Iterable[SpeedHours]) -> list[str]:
    """Return a fault for each two speed hours that hold at one moment."""
    spans = [(window.opens, window.closes, each.name) for each in hours for window in each.windows]
    spans.sort(key=lambda span: (span[0].astimezone(dt.UTC), span[1].astimezone(dt.UTC)))
    return [
        f"hours {found(one[2])} last until {one[1]:%Y-%m-%d %H:%M}, and {found(other[2])} begin at "
        f"{other[0]:%Y-%m-%d %H:%M}; expected one speed at each hour; end the first where the second begins."
        for one, other in pairwise(spans)
        if elapsed_s(other[0], one[1]) > 0
    ]


def checked_hours(hours: tuple[SpeedHours, ...]) -> tuple[SpeedHours, ...]:
    """Return speed hours of which no two hold at one moment.

    Raises
    ------
    InputError
        Naming every two that do.
    """
    if faults := clashes(hours):
        raise InputError(faults)
    return hours
