"""What a stop is worth: tiers, also by the words of Polri, whole weights, and spans of time with their own weights."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import ConfigDict, Field, field_validator, model_validator

from patrolroute.errors import InputError
from patrolroute.scenario.base import Frozen, Moment, elapsed_s, later_day
from patrolroute.scenario.words import did_you_mean, found

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patrolroute.scenario.times import Clock

TIERS = {"sangat rawan": 1, "rawan": 2, "aman": 3}
"""Polri's classes of vulnerability and the tiers that they mean."""

MAX_SPANS = 48
_MOST = 1_000_000
_FIELDS = ("from", "until", "weight")
_WANTED = "expected a span and a weight, such as '18:00/22:00=5'"


class Ranked(Frozen):
    """What has a tier and a weight: a tier may be one of Polri's classes, a weight is whole."""

    @field_validator("tier", mode="before", check_fields=False)
    @classmethod
    def _tier_or_class(cls, value: Any) -> Any:
        return _tier_of(value, expected=cls.model_fields["tier"].description)

    @field_validator("weight", mode="before", check_fields=False)
    @classmethod
    def _weight_whole(cls, value: Any) -> Any:
        return _whole_weight(value)


class Worth(Frozen):
    """A span of time in which a stop that begins there is worth something else than the site's weight.

    Written `from`, `until`, `weight` in tables; the first instant belongs to the span, the last to what comes after.

    Parameters
    ----------
    since, until : datetime
        With their timezone.
    weight : int
        Worth within the site's tier, 0 or more.

    Raises
    ------
    InputError
        When a value is at fault, or the span ends before it begins.
    """

    model_config = ConfigDict(
        validate_by_name=True, validate_by_alias=True, serialize_by_alias=True, loc_by_alias=False
    )

    since: Moment = Field(alias="from", description="a time such as '18:00' or '2023-11-24T01:30'")
    until: Moment = Field(description="a time such as '22:00' or '2023-11-24T02:00'")
    weight: Annotated[int, Field(ge=0, le=_MOST)] = Field(
        description="a whole number from 0 to 1000000: what a stop that begins in the span is worth"
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if fault := _order_fault(self.since, self.until):
            raise ValueError(fault)
        return self


def _order_fault(since: Moment, until: Moment) -> str:
    if elapsed_s(since, until) > 0:
        return ""
    return (
        f"the span ends {until:%Y-%m-%d %H:%M} before it begins {since:%Y-%m-%d %H:%M}; give the end a date if it "
        f"passes midnight, such as '{later_day(since, until)}'"
    )


def overlap_fault(spans: Sequence[Worth]) -> str:
    """Return a fault that names two spans which share time; empty where none do."""
    for before, after in pairwise(sorted(spans, key=lambda span: span.since.timestamp())):
        if elapsed_s(before.until, after.since) < 0:
            return (
                f"worth {before.since:%H:%M}-{before.until:%H:%M} and {after.since:%H:%M}-{after.until:%H:%M} overlap; "
                "expected spans without common time; let one end where the other begins"
            )
    return ""


def worth_of(value: Any, clock: Clock) -> list[dict[str, Any]]:
    """Return the spans of a text such as "18:00/22:00=5; 22:00/24:00=1", or of a list of such texts or tables.

    Raises
    ------
    ValueError
        When it is no list of spans; an InputError lists each span that cannot be read.
    """
    if isinstance(value, str):
        spaced = re.sub(r"\s*([/=])\s*", r"\1", value.strip())
        dated = re.sub(r"(\d{4}-\d{2}-\d{2}) +(\d{1,2}:\d{2})", r"\1T\2", spaced, flags=re.ASCII)
        value = [part for part in re.split(r"[\s;,]+", dated) if part]
    if not isinstance(value, list | tuple):
        raise ValueError(f"worth is {found(value)}; {_WANTED}")
    spans, faults = [], []
    for number, part in enumerate(value, start=1):
        try:
            spans.append(_span(part, clock))
        except ValueError as error:
            told = error.faults if isinstance(error, InputError) else (str(error),)
            faults += [f"{f'worth {number}' if len(value) > 1 else 'worth'}: {each}" for each in told]
    if faults:
        raise InputError(faults)
    return spans


def _span(value: Any, clock: Clock) -> dict[str, Any]:
    if isinstance(value, dict):
        return _span_of_table(value, clock)
    span, sign, weight = value.strip().partition("=") if isinstance(value, str) else ("", "", "")
    if not sign:
        raise ValueError(f"{found(value)} is no worth; {_WANTED}")
    faults: list[str] = []
    try:
        times = clock.window(span)
        faults += filter(None, [_order_fault(times["opens"], times["closes"])])
    except ValueError as error:
        faults.append(str(error))
    worth = None
    try:
        worth = _weight(weight)
    except ValueError as error:
        faults.append(str(error))
    if faults:
        raise InputError(faults)
    return {"from": times["opens"], "until": times["closes"], "weight": worth}


def _span_of_table(table: dict[str, Any], clock: Clock) -> dict[str, Any]:
    faults = [
        f"field {found(key)} is unknown{did_you_mean(str(key), _FIELDS)}; expected {', '.join(_FIELDS)}"
        for key in table
        if key not in _FIELDS
    ]
    span: dict[str, Any] = {}
    for key in _FIELDS:
        try:
            if key not in table:
                raise ValueError(f"{key} is missing; expected {', '.join(_FIELDS)}")
            span[key] = _weight(table[key]) if key == "weight" else clock.moment(table[key])
        except ValueError as error:
            faults.append(str(error))
    if {"from", "until"} <= span.keys():
        faults += filter(None, [_order_fault(span["from"], span["until"])])
    if faults:
        raise InputError(faults)
    return span


def _weight(value: Any) -> int:
    """Return a weight that is a whole number, or a text of digits."""
    digits = value.strip() if isinstance(value, str) else str(value)
    if isinstance(value, bool) or not re.fullmatch(r"\d{1,7}", digits, re.ASCII) or int(digits) > _MOST:
        raise ValueError(f"weight is {found(value)}; expected {Worth.model_fields['weight'].description}")
    return int(digits)


def _tier_of(value: Any, *, expected: str | None) -> Any:
    """Return the tier that one of Polri's classes means; anything else as it is.

    Raises
    ------
    ValueError
        When it is a word and no such class.
    """
    if not isinstance(value, str) or re.match(r"\s*[-+.,\d]", value):
        return value
    words = " ".join(value.lower().split())
    if words not in TIERS:
        # Only a slip of the pen gets a hint: "kurang rawan", less vulnerable, is far from "sangat rawan".
        hint = did_you_mean(words, TIERS, cutoff=0.8)
        raise ValueError(f"tier is {found(value)}{hint}; expected {expected}")
    return TIERS[words]


def _whole_weight(value: Any) -> Any:
    """Return a weight as it is.

    Raises
    ------
    ValueError
        When it is a fraction; it says what to multiply all weights by.
    """
    if isinstance(value, float) and math.isfinite(value) and not value.is_integer() and abs(value) < 1e6:
        factor = next((f for f in (10, 100, 1000) if math.isclose(value * f, round(value * f), rel_tol=1e-9)), 1000)
        raise ValueError(
            f"weight is {value:g}, not a whole number; expected 1 or more; multiply all weights by {factor}"
            + ("" if math.isclose(value * factor, round(value * factor), rel_tol=1e-9) else " and round them")
        )
    return value
