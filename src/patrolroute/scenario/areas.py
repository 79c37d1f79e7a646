"""Areas: ground of which a share of the streets is to be driven, at the pace of a patrol."""

from __future__ import annotations

from typing import Annotated, Self

import shapely
from pydantic import Field, model_validator

from patrolroute.scenario.base import Identifier, Name, Ring  # noqa: TC001 - pydantic reads the annotation
from patrolroute.scenario.sites import Window  # noqa: TC001 - pydantic reads the annotation
from patrolroute.scenario.teams import TeamNeeds
from patrolroute.scenario.worth import Ranked

EXTENT = "rings, a boundary file with names, or a street with buffer_m"


class Area(Ranked, TeamNeeds):
    """Ground of which a share of the street kilometres is to be driven.

    Its extent is what `rings` enclose less `holes`, or all that lies within `buffer_m` of a named `street`. Files of
    boundaries are turned into rings when a scenario is read. Both directions of a street count once.

    Parameters
    ----------
    id : str
        Unique among places, sites and areas.
    name : str
        What is printed; the id when left out.
    tier : int
        1 is the most important. Polri's "sangat rawan", "rawan" and "aman" are read as 1, 2 and 3.
    weight : int
        Worth within the tier, 1 or more, when the share is driven; parts of it earn parts of that.
    share : float
        Of the kilometres of street inside, above 0 and up to 1.
    full_share : float or None
        Of the kilometres inside, what counts in full; None where all does.
    beyond_worth : float
        What a kilometre beyond `full_share` is worth, of one that counts in full.
    streets : tuple of str
        OSM highway classes that count; all that can be driven when there is none.
    patrol_kph : float
        Speed on streets that count; on the way between them the network's holds.
    windows : tuple of Window
        Each drive through the area lies wholly within one of them; any time when there is none.
    rings, holes : tuple of rings
        Each a tuple of (lon, lat).
    street : str
        Name as on the map; "" where there are rings.
    buffer_m : float
        Metres to both sides of the street.
    source : str
        Where the extent comes from.
    needs, people_min, vehicles, only_by, not_by
        What is asked of a squad that drives there; see `TeamNeeds`.

    Raises
    ------
    InputError
        When a value is at fault, or the extent is missing or given in two ways; it lists every fault.
    """

    id: Identifier = Field(description="a text of 1 to 100 characters that no other place, site or area has")
    name: Name = Field(default="", description="a text of at most 300 characters; the id is printed when left out")
    tier: Annotated[int, Field(ge=1, le=9)] = Field(
        default=2,
        description="a whole number from 1 (most important) to 9, or 'sangat rawan' (1), 'rawan' (2), 'aman' (3)",
    )
    weight: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        default=1,
        description="a whole number from 1 to 1000000: what the area is worth within its tier once its share is driven",
    )
    share: Annotated[float, Field(gt=0, le=1)] = Field(
        default=0.6, description="a number above 0 and up to 1: the share of its street kilometres to drive"
    )
    full_share: Annotated[float, Field(gt=0, lt=1)] | None = Field(
        default=None, description="a number above 0 and below share: the share of its kilometres that counts in full"
    )
    beyond_worth: Annotated[float, Field(ge=0, le=1)] = Field(
        default=1.0, description="a number from 0 to 1: what a kilometre beyond full_share is worth, of a full one"
    )
    streets: Annotated[tuple[Identifier, ...], Field(max_length=100)] = Field(
        default=(), description="OSM highway classes that count, such as ['residential', 'tertiary']; all when left out"
    )
    patrol_kph: Annotated[float, Field(ge=3, le=100)] = Field(
        default=15.0, description="km/h from 3 to 100: the speed on the streets that count"
    )
    windows: Annotated[tuple[Window, ...], Field(max_length=48)] = Field(
        default=(), description="spans of time such as '20:15/22:30', of which each drive through the area lies in one"
    )
    rings: Annotated[tuple[Ring, ...], Field(max_length=1_000)] = Field(
        default=(), description="a list of rings, each a list of at least 3 [lon, lat] in degrees"
    )
    holes: Annotated[tuple[Ring, ...], Field(max_length=1_000)] = Field(
        default=(), description="a list of rings that enclose what does not belong to the area"
    )
    street: Name = Field(default="", description="the name of a street as on the map")
    buffer_m: Annotated[float, Field(gt=0, le=5_000)] | None = Field(
        default=None, description="metres above 0, at most 5000, to both sides of the street"
    )
    source: Name = Field(
        default="", description="a text of at most 300 characters that says where the extent comes from"
    )

    @model_validator(mode="after")
    def _one_extent(self) -> Self:
        if self.rings and self.street:
            raise ValueError(f"has rings and the street {self.street!r}; expected one of {EXTENT}; delete one")
        if not self.rings and not self.street:
            raise ValueError(f"has no extent; expected {EXTENT}")
        if bool(self.street) != (self.buffer_m is not None):
            given, lacking = ("street", "buffer_m") if self.street else ("buffer_m", "street")
            raise ValueError(f"has {given} without {lacking}; expected both, such as buffer_m = 50")
        if self.rings and self.polygon.is_empty:
            raise ValueError("has holes that leave nothing of its rings; expected ground between them; check both")
        return self

    @model_validator(mode="after")
    def _worth_less_beyond(self) -> Self:
        if (self.full_share is None) != (self.beyond_worth == 1):
            raise ValueError(
                "has one of full_share and beyond_worth; expected both, such as full_share = 0.4 and beyond_worth = 0.5"
            )
        if self.full_share is not None and self.full_share >= self.share:
            raise ValueError(
                f"full_share is {self.full_share:g}, and share {self.share:g}; expected less than share, beyond which "
                "nothing is driven; lower full_share or raise share"
            )
        return self

    @property
    def full(self) -> float:
        """The share of its kilometres that counts in full."""
        return 1.0 if self.full_share is None else self.full_share

    @property
    def title(self) -> str:
        """The name, or the id where there is no name."""
        return self.name or self.id

    @property
    def polygon(self) -> shapely.Polygon | shapely.MultiPolygon:
        """What the rings enclose less the holes, lon before lat; empty where a street gives the extent."""
        rings = shapely.union_all([shapely.Polygon(ring) for ring in self.rings])
        holes = shapely.union_all([shapely.Polygon(ring) for ring in self.holes])
        left = shapely.difference(rings, holes)
        parts = [each for each in shapely.get_parts(left) if isinstance(each, shapely.Polygon)]
        return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
