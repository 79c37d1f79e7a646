"""Times as planners write them, on a scenario's date and in its timezone."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from patrolroute.errors import InputError
from patrolroute.scenario.words import did_you_mean, found

_OFFSET = re.compile(r"[+-](\d{2}):?(\d{2})", re.ASCII)
_TIME_OF_DAY = re.compile(r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?", re.ASCII)
_DATED = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{1,2}:\d{2}(?::\d{2})?)(?:\.0+)?\s?(Z|[+-]\d{2}:?\d{2})?", re.ASCII | re.IGNORECASE
)
_DAY_FIRST = re.compile(
    r"\b(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?:[T ,]+(\d{1,2})[:.](\d{2})(?:[:.]\d{2})?)?", re.ASCII | re.IGNORECASE
)
_SEVERAL = re.compile(r"[\s;,]+")
_INDONESIAN = {"wib": "Asia/Jakarta", "wita": "Asia/Makassar", "wit": "Asia/Jayapura"}
_EXPECTED = "expected a time such as '22:15', or with its date '2023-11-24T01:30'"
_DASHED = re.compile(r"(\d{1,2})[:.](\d{2})\s*[-\u2010-\u2015]\s*(\d{1,2})[:.](\d{2})", re.ASCII)
_SERIAL = re.compile(r"[2-7]\d{4}(?:[.,]\d+)?|0?[.,]\d{3,}", re.ASCII)
_AS_TEXT = "; it looks like a spreadsheet's number for a date or time; format the cell as text and write it again"
_FIRST_YEAR, _LAST_YEAR = 1970, 2200


def zone_of(name: str) -> ZoneInfo | dt.timezone:
    """Return the timezone of an IANA name or of an offset such as "+08:00".

    Raises
    ------
    ValueError
        When there is no such timezone.
    """
    expected = "expected an IANA name such as 'Asia/Makassar' or an offset such as '+08:00'"
    if match := _OFFSET.fullmatch(name):
        minutes = int(match[1]) * 60 + int(match[2])
        if minutes <= 14 * 60 and int(match[2]) < 60:
            return dt.timezone(dt.timedelta(minutes=-minutes if name[0] == "-" else minutes))
        raise ValueError(f"timezone {name!r} is unknown; no clock is more than 14 hours off; {expected}")
    try:
        return ZoneInfo(name)
    except (ValueError, KeyError, OSError) as error:
        hint = did_you_mean(name, _INDONESIAN.values(), others=_INDONESIAN)
        raise ValueError(f"timezone {found(name)} is unknown{hint}; {expected}") from error


def checked_date(date: dt.date) -> dt.date:
    """Return a scenario's date where a calendar with timezones reaches.

    Raises
    ------
    ValueError
        When the year is far off.
    """
    if not _FIRST_YEAR <= date.year < _LAST_YEAR:
        raise ValueError(f"date is {date.isoformat()}; expected a year from {_FIRST_YEAR} to {_LAST_YEAR - 1}")
    return date


def year_first(text: str) -> str:
    """Return a date as spreadsheets write it, "13/02/2024 23:30", as "2024-02-13T23:30"; nothing where it is none."""
    match = _DAY_FIRST.fullmatch(text.strip())
    if match is None:
        return ""
    day, month = int(match[1]), int(match[3])
    # The day comes first, as in Indonesia, unless that is no date and the other order is.
    for d, m in ((day, month), (month, day)):
        try:
            date = dt.date(int(match[4]), m, d).isoformat()
        except ValueError:
            continue
        return f"{date}T{int(match[5]):02}:{match[6]}" if match[5] else date
    return ""


def _as_text(value: Any) -> str:
    """Return a hint where a value looks like a spreadsheet's count of days since 1900, or its share of a day."""
    number = str(value).strip() if isinstance(value, str | int | float) else ""
    return _AS_TEXT if _SERIAL.fullmatch(number) else ""


@dataclass(frozen=True, kw_only=True)
class Clock:
    """Reads times on one date in one timezone.

    Parameters
    ----------
    date : date
        The date that a time of day without one means.
    zone : timezone
        The timezone that a time without an offset means; all moments are given in it.
    """

    date: dt.date
    zone: ZoneInfo | dt.timezone

    @property
    def midnight(self) -> dt.datetime:
        """00:00 of the date."""
        return dt.datetime.combine(self.date, dt.time(0), tzinfo=self.zone)

    def moment(self, value: Any) -> dt.datetime:
        """Return the moment that a planner wrote.

        "22:15", "22.15", "22:15:00", "24:00" (the midnight that ends the day), ISO date and time with or without an
        offset, and the local times and dates-with-time of TOML.

        Raises
        ------
        ValueError
            When it cannot be read, is beyond the calendar, or a clock change makes it ambiguous.
        """
        if isinstance(value, dt.datetime):
            return self._placed(value)
        if isinstance(value, dt.time) and value.tzinfo is None:
            return self._placed(dt.datetime.combine(self.date, value))
        if not isinstance(value, str):
            hint = _as_text(value) or ("; put it in quotes" if isinstance(value, int | float) else "")
            raise ValueError(f"{found(value)} is no time{hint}; {_EXPECTED}")
        text = value.strip()
        if match := _TIME_OF_DAY.fullmatch(text):
            return self._placed(self._at(self.date, text, match[1], match[2], match[3]))
        match = _DATED.fullmatch(text)
        if match is None:
            hint = "; write 24-hour times, 20:15 for 8:15 PM" if text[-2:].lower() in {"am", "pm"} else ""
            if dated := year_first(text):
                hint = f"; write {dated}"
            hint = _as_text(text) or hint
            raise ValueError(f"{found(value)} is no time{hint}; {_EXPECTED}")
        try:
            date = dt.date.fromisoformat(match[1])
        except ValueError:
            raise ValueError(f"{found(value)} is no time: the calendar has no {match[1]}; {_EXPECTED}") from None
        parts = [*match[2].split(":"), None][:3]
        local = self._at(date, text, parts[0], parts[1], parts[2])
        if match[3]:
            local = local.replace(tzinfo=dt.UTC if match[3] in "Zz" else zone_of(match[3]))
        return self._placed(local)

    def window(self, value: Any) -> dict[str, dt.datetime]:
        """Return the two moments of a span such as "20:15/22:30", or of a table of opens and closes.

        Raises
        ------
        ValueError
            When it is no span, or one of its times cannot be read.
        """
        if isinstance(value, dict):
            unknown = [key for key in value if key not in {"opens", "closes"}]
            missing = [key for key in ("opens", "closes") if key not in value]
            if unknown or missing:
                raise ValueError(
                    f"a window has {', '.join(map(found, value)) or 'no fields'}; expected 'opens' and 'closes'"
                )
            return {key: self.moment(value[key]) for key in ("opens", "closes")}
        ends = value.split("/") if isinstance(value, str) else []
        if len(ends) != 2 or not all(end.strip() for end in ends):
            hint = self._slashed(value) if isinstance(value, str) else ""
            hint = f"; write {hint}" if hint else _as_text(value)
            raise ValueError(
                f"{found(value)} is no window{hint}; expected two times and a slash, such as '20:15/22:30'"
            )
        return {"opens": self.moment(ends[0]), "closes": self.moment(ends[1])}

    def windows(self, value: Any) -> list[dict[str, dt.datetime]]:
        """Return the windows of a text such as "19:00/20:00 21:00/22:00", or of a list.

        Raises
        ------
        ValueError
            When it is no list of windows; an InputError lists each window that cannot be read.
        """
        if isinstance(value, str):
            if _DAY_FIRST.search(value):
                dated = _DAY_FIRST.sub(lambda match: year_first(match[0]) or match[0], value)
                raise ValueError(f"windows: {found(value)} has a date that does not begin with the year; write {dated}")
            if re.search(r"[ap]\.?m\b", value, re.IGNORECASE):
                raise ValueError(f"windows: {found(value)} has a 12-hour clock; write 20:15 for 8:15 PM")
            if slashed := self._slashed(value):
                raise ValueError(f"windows: {found(value)} has a dash between two times; write {slashed}")
            spaced = re.sub(r"\s*/\s*", "/", value.strip())
            dated = re.sub(r"(\d{4}-\d{2}-\d{2}) +(\d{1,2}:\d{2})", r"\1T\2", spaced, flags=re.ASCII)
            value = [part for part in _SEVERAL.split(dated) if part]
        if not isinstance(value, list | tuple):
            raise ValueError(f"windows is {found(value)}{_as_text(value)}; expected spans such as '20:15/22:30'")
        windows, faults = [], []
        for number, part in enumerate(value, start=1):
            try:
                windows.append(self.window(part))
            except ValueError as error:
                faults.append(f"{f'window {number}' if len(value) > 1 else 'windows'}: {error}")
        if faults:
            raise InputError(faults)
        return windows

    def _slashed(self, text: str) -> str:
        """Return windows that are written with dashes as they should be; nothing where there is no such dash."""

        def span(match: re.Match[str]) -> str:
            opens, closes = ((int(match[i]), match[i + 1]) for i in (1, 3))
            day = f"{self.date + dt.timedelta(days=1)}T" if closes <= opens and closes[0] < 24 else ""
            return f"{opens[0]:02}:{opens[1]}/{day}{closes[0]:02}:{closes[1]}"

        # Beside a slash a dash may begin an offset.
        return _DASHED.sub(span, text.strip()) if "/" not in text and _DASHED.search(text) else ""

    def _at(self, date: dt.date, text: str, hour: Any, minute: Any, second: Any) -> dt.datetime:
        h, m, s = int(hour), int(minute), int(second or 0)
        if (h, m, s) == (24, 0, 0):
            date, h = date + dt.timedelta(days=1), 0
        if h > 23 or m > 59 or s > 59:
            raise ValueError(f"{found(text)} is no time of day; hours go from 00 to 23, minutes to 59; {_EXPECTED}")
        return dt.datetime.combine(date, dt.time(h, m, s))

    def _placed(self, moment: dt.datetime) -> dt.datetime:
        """Return a moment in the clock's timezone; a time without offset must stand on that clock exactly once."""
        if not _FIRST_YEAR - 1 <= moment.year <= _LAST_YEAR:
            raise ValueError(f"{moment.isoformat()} is too far off; {_EXPECTED}")
        if moment.tzinfo is not None:
            return moment.astimezone(self.zone)
        first, second = (moment.replace(tzinfo=self.zone, fold=fold) for fold in (0, 1))
        if first.utcoffset() == second.utcoffset():
            return first
        if first.astimezone(dt.UTC).astimezone(self.zone).replace(tzinfo=None) != moment:
            raise ValueError(
                f"{moment:%Y-%m-%d %H:%M} does not exist in {self.zone}: the clocks go forward; write a later time"
            )
        raise ValueError(
            f"{moment:%Y-%m-%d %H:%M} comes twice in {self.zone}: the clocks go back; write the offset, such as "
            f"'{first.isoformat(timespec='minutes')}'"
        )
