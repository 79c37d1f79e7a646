"""`Reading`: what comes of one row, field by field, and its faults."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from patrolroute.errors import InputError
from patrolroute.scenario.model import far_times
from patrolroute.scenario.tables.cells import number, people_of
from patrolroute.scenario.tables.columns import DECIMAL, TOP_LEVEL, WHOLE
from patrolroute.scenario.tables.rows import OTHER_WORDS
from patrolroute.scenario.teams import names_of
from patrolroute.scenario.words import did_you_mean, faults_of, found, sentence

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from patrolroute.scenario.tables.rows import Row
    from patrolroute.scenario.times import Clock

_Model = TypeVar("_Model", bound=BaseModel)


class Reading:
    """What comes of one row: data for a model, the faults, and the fields that they have spoilt."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.data: dict[str, Any] = {}
        self.faults: list[str] = []
        self.spoilt: set[str] = set()

    def take(self, field: str, read: Callable[[Any], Any]) -> None:
        """Read one field, where the row has it; `read` raises ValueError with what is wrong."""
        value = self.row.cells.get(field)
        if value is None:
            return
        try:
            self.data[field] = read(value)
        except ValueError as error:
            for said in error.faults if isinstance(error, InputError) else [str(error)]:
                self.fail(field, said)

    def fail(self, field: str, text: str) -> None:
        """Note a fault of a field."""
        self.spoilt.add(field)
        self.faults.append(f"{self.row.full_name}: {sentence(text)}")

    def build(self, model: type[_Model], missing: frozenset[str]) -> _Model | None:
        """Return the model, or None when there are faults."""
        self.spoilt |= missing | self.row.spoilt
        try:
            built = model.model_validate(self.data)
        except ValidationError as error:
            told = faults_of(error, model, self.data)
            self.faults += [f"{self.row.full_name}: {text}" for field, text in told if field not in self.spoilt]
            return None
        return None if self.faults else built


def simple(reading: Reading, fields: tuple[str, ...]) -> None:
    """Read fields that hold a number or a text."""
    comma = reading.row.decimal_comma
    for field in fields:
        if field in DECIMAL or field in WHOLE:
            reading.take(field, partial(numeric, field, comma=comma))
        else:
            reading.take(field, lambda value: value)


def numeric(field: str, value: Any, *, comma: bool) -> Any:
    """Return the number of a field, or the word of a tier.

    Raises
    ------
    ValueError
        When it holds neither.
    """
    if field == "tier" and isinstance(value, str) and not re.match(r"\s*[-+.,\d]", value):
        return value
    try:
        return number(value, decimal_comma=comma, whole=field in WHOLE)
    except ValueError as error:
        raise ValueError(f"{field} is {error}") from None


def team(reading: Reading) -> None:
    """Read what a site or an area asks of the squad."""
    reading.take("needs", partial(people_of, "needs"))
    simple(reading, ("people_min",))
    for field in ("vehicles", "only_by", "not_by"):
        reading.take(field, partial(names_of, field))


def refuse_others(reading: Reading, known: tuple[str, ...]) -> None:
    """Note every field that is not known, with what it may be meant for."""
    for field in reading.row.cells:
        if field not in known:
            hint = did_you_mean(field, known, others=OTHER_WORDS)
            if field in TOP_LEVEL:
                hint = " here; it belongs at the top of the file, before the first line in brackets"
            reading.fail(field, f"field {found(field)} is unknown{hint}; expected {', '.join(known)}")


def check_dates(reading: Reading, moments: list[dt.datetime], clock: Clock) -> None:
    """Note moments that lie far from the scenario's date."""
    for text in far_times(moments, clock.midnight):
        reading.fail("date", text)
