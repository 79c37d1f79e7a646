"""`Ring`: a closed line of corners in degrees."""

from __future__ import annotations

from typing import Annotated

import shapely
from pydantic import AfterValidator, Field

Longitude = Annotated[float, Field(ge=-180, le=180)]
Latitude = Annotated[float, Field(ge=-90, le=90)]


def _simple(ring: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    if not shapely.Polygon(ring).is_valid:
        raise ValueError("crosses itself or has no area; expected its corners in their order around the closed area")
    return ring


Ring = Annotated[
    tuple[tuple[Longitude, Latitude], ...], Field(min_length=3, max_length=100_000), AfterValidator(_simple)
]
