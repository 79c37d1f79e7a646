"""What OpenStreetMap tags of a way mean for a car: whether it may drive there, in which direction, how fast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

DRIVABLE = (
    "motorway",
    "motorway_link",
    "trunk",
    "trunk_link",
    "primary",
    "primary_link",
    "secondary",
    "secondary_link",
    "tertiary",
    "tertiary_link",
    "unclassified",
    "residential",
    "living_street",
    "road",
)
"""Highway classes that are streets for cars. OSMnx's "drive" names instead what is none, and lets unknown values in."""

VEHICLES = ("motorcar", "motor_vehicle", "vehicle")
"""Keys that are about cars, the most specific first; `access` is about everybody and comes last."""

_ACCESS = (*VEHICLES, "access")
_CLOSED_SERVICES = ("alley", "driveway", "emergency_access", "parking", "private")
_CLOSED = frozenset({"no", "private", "agricultural", "forestry", "military", "emergency", "bus", "psv", "foot"})
_FORWARD = frozenset({"yes", "true", "1"})
_BACKWARD = frozenset({"-1", "reverse"})
_TWO_WAY = frozenset({"no", "false", "0", "alternating"})
_CHANGING = "reversible"
_CIRCLES = frozenset({"roundabout", "circular"})
_MOTORWAYS = frozenset({"motorway", "motorway_link"})


class Tags(Protocol):
    """The tags of one thing, as osmium and a dict have them."""

    def get(self, key: str, default: str, /) -> str:
        """Return the value of a key."""


def directions(tags: Tags) -> tuple[bool, bool]:
    """Return whether a car may drive a way from its first node to its last, and from its last to its first.

    Access is what the most specific key says, of `motorcar`, `motor_vehicle`, `vehicle` and `access`, each with
    `:forward` and `:backward`: `access=no` with `motor_vehicle=yes` is open. Of several values one that lets cars in
    counts. Parts of the day (`:conditional`) are not read.

    One-way are `oneway` yes, true, 1, -1 and reverse, `oneway:motorcar`, `oneway:motor_vehicle` and `oneway:vehicle`
    before it, and, unless it says no, roundabouts, circular junctions, motorways and their links. An `alternating` way,
    where one waits for those who come, is driven both ways; a `reversible` one is not driven at all, since its
    direction is another at each hour.
    """
    if "yes" in tags.get("area", "") or any(each in tags.get("service", "") for each in _CLOSED_SERVICES):
        return False, False
    forward, backward = _oneway(tags)
    general = [tags.get(key, "") for key in _ACCESS]
    return (
        forward and _open(tags.get(key + ":forward", "") or value for key, value in zip(_ACCESS, general, strict=True)),
        backward
        and _open(tags.get(key + ":backward", "") or value for key, value in zip(_ACCESS, general, strict=True)),
    )


def _open(values: Iterable[str]) -> bool:
    """Return whether the first of some access values that says anything lets cars in."""
    for value in values:
        if value:
            return not all(part.strip().lower() in _CLOSED for part in value.split(";"))
    return True


def _oneway(tags: Tags) -> tuple[bool, bool]:
    for key in ("oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle", "oneway"):
        value = tags.get(key, "").strip().lower()
        if value in _FORWARD:
            return True, False
        if value in _BACKWARD:
            return False, True
        if value in _TWO_WAY:
            return True, True
        if value == _CHANGING:
            return False, False
    implied = tags.get("junction", "") in _CIRCLES or tags.get("highway", "") in _MOTORWAYS
    return True, not implied


def limits(tags: Tags) -> tuple[str, str]:
    """Return the speed limit along a way and against it, as `speeds.parse_maxspeed` takes it; "" for none."""
    both = tags.get("maxspeed", "")
    return tags.get("maxspeed:forward", "") or both, tags.get("maxspeed:backward", "") or both
