"""The plan as GeoDataFrames: what is visited, what is driven, what is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import LineString, Point

from patrolroute.render.areas import beat_text, driven_beats, extents
from patrolroute.render.passed import passing_text
from patrolroute.render.stays import stays_of
from patrolroute.render.wording import streets_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from patrolroute.plans import Skipped, Visit
    from patrolroute.render.drives import Drive
    from patrolroute.render.night import Night

CRS = "EPSG:4326"

_VISIT_COLUMNS = {
    "squad": "str",
    "squad_name": "str",
    "stop": "int64",
    "site": "str",
    "name": "str",
    "tier": "int64",
    "weight": "int64",
    "arrive": "time",
    "begin": "time",
    "end": "time",
    "dwell_min": "float64",
    "wait_min": "float64",
    "drive_min": "float64",
    "drive_km": "float64",
    "beat_km": "float64",
    "seen": "bool",
    "placement": "str",
    "source": "str",
}
_LEG_COLUMNS = {
    "squad": "str",
    "leg": "int64",
    "from": "str",
    "to": "str",
    "leave": "time",
    "arrive": "time",
    "drive_min": "float64",
    "drive_km": "float64",
    "streets": "str",
}
_BEAT_COLUMNS = {
    "squad": "str",
    "beat": "str",
    "area": "str",
    "name": "str",
    "begin": "time",
    "end": "time",
    "length_km": "float64",
    "counts_km": "float64",
    "streets": "str",
}
_AREA_COLUMNS = {
    "area": "str",
    "name": "str",
    "tier": "int64",
    "weight": "int64",
    "streets_km": "float64",
    "beats_km": "float64",
    "way_km": "float64",
    "driven_km": "float64",
    "share": "float64",
    "wanted": "float64",
    "beats": "int64",
    "beats_driven": "int64",
    "source": "str",
}
_SKIPPED_COLUMNS = {
    "site": "str",
    "name": "str",
    "tier": "int64",
    "weight": "int64",
    "required": "bool",
    "code": "str",
    "reason": "str",
    "passed": "str",
    "placement": "str",
}


def visits_table(night: Night) -> gpd.GeoDataFrame:
    """Return one row for each visit, by squad and then in visiting order.

    Returns
    -------
    GeoDataFrame
        In EPSG:4326, the sites' points as geometry. ``squad``, ``squad_name``, ``stop`` (1 is the first of the squad;
        slots of a presence without a pause share one), ``site``, ``name``, ``tier``, ``weight`` (what the visit is
        worth at its hour); ``arrive``, ``begin``, ``end`` in the scenario's timezone; ``dwell_min``, ``wait_min`` (for
        the window to open), ``drive_min`` and ``drive_km`` of the drive that led here; ``beat_km`` of the beat that is
        driven here; ``seen`` where the site is seen from the road and not stopped at; ``placement`` and ``source`` of
        the position. A break has an empty ``site``, tier 0 and weight 0, and stands where it is taken; of squads that
        meet, the weight stands with one. Columns and types are the same when there is no visit. ``attrs["roads"]``
        says where the roads come from.

    Notes
    -----
    Names are as the planner wrote them. GeoDataFrame's own ``explore`` puts them into HTML unescaped; for names of
    unknown origin use `patrolroute.render.explore`, which escapes them.
    """
    rows, points = [], []
    for route in night.plan.routes:
        squad = night.squad(route.squad)
        stays = stays_of(night, route)
        for position, visit in enumerate(route.visits):
            stop = sum(stay.first <= position for stay in stays)
            site = night.stop(visit)
            rows.append(
                (
                    squad.id,
                    squad.title,
                    stop,
                    visit.site,
                    site.title,
                    site.tier if visit.site else 0,
                    night.weight(visit),
                    visit.arrive_s,
                    visit.begin_s,
                    visit.end_s,
                    (visit.end_s - visit.begin_s) / 60,
                    visit.wait_s / 60,
                    visit.drive_s / 60,
                    visit.drive_m / 1000,
                    _beat_m(night, visit) / 1000,
                    night.seen(visit),
                    site.placement.value,
                    site.source,
                )
            )
            points.append(Point(site.lon, site.lat))
    return frame_of(night, _VISIT_COLUMNS, rows, points)


def _beat_m(night: Night, visit: Visit) -> float:
    beat = night.beat(visit)
    return 0.0 if beat is None or night.beats is None else night.beats.length_m(beat)


def legs_table(night: Night) -> gpd.GeoDataFrame:
    """Return one row for each drive, by squad and then in driving order.

    Returns
    -------
    GeoDataFrame
        In EPSG:4326, the driven line as geometry. ``squad``, ``leg`` (0 leads to the first stop, the last one back),
        ``from`` and ``to`` (ids of places or sites); ``leave`` and ``arrive`` in the scenario's timezone;
        ``drive_min``, ``drive_km``; ``streets``, street by street with lengths. Columns and types are the same when
        nothing is driven. ``attrs["roads"]`` says where the roads come from.

    Notes
    -----
    A squad that waits for its next window does so at the site, so ``arrive`` is when it gets there.
    """
    rows, lines = [], []
    for route in night.plan.routes:
        for drive in night.drives(route):
            rows.append(
                (
                    drive.squad,
                    drive.number,
                    drive.origin.id,
                    drive.destination.id,
                    drive.leave_s,
                    drive.arrive_s,
                    drive.drive_s / 60,
                    drive.drive_m / 1000,
                    streets_text(drive.leg),
                )
            )
            lines.append(line_of(drive))
    return frame_of(night, _LEG_COLUMNS, rows, lines)


def skipped_table(night: Night) -> gpd.GeoDataFrame:
    """Return one row for each site that no squad visits and for each visit too few, the most important first.

    Returns
    -------
    GeoDataFrame
        In EPSG:4326, the sites' points as geometry. ``site``, ``name``, ``tier``, ``weight``, ``required``, ``code``
        ("impossible", "no_time" or "off_road"), ``reason``, ``passed`` (who drives past it all the same,
        and when), ``placement``. Columns and types are the same when nothing
        is left out. ``attrs["roads"]`` says where the roads come from.
    """
    rows, points = [], []
    for each in skipped_in_order(night):
        site = night.left_out(each)
        rows.append(
            (
                each.site,
                site.title,
                each.tier,
                each.weight,
                each.required,
                each.code,
                each.reason,
                passing_text(night, each.site),
                site.placement.value,
            )
        )
        points.append(Point(site.lon, site.lat))
    return frame_of(night, _SKIPPED_COLUMNS, rows, points)


def beats_table(night: Night) -> gpd.GeoDataFrame:
    """Return one row for each beat that is driven, by squad and then in driving order.

    Returns
    -------
    GeoDataFrame
        In EPSG:4326, the beat's line as geometry. ``squad``, ``beat``, ``area``, ``name``, ``begin``, ``end``,
        ``length_km``, ``counts_km`` (of streets of its own inside the area) and ``streets``, street by street.
    """
    rows, lines = [], []
    for squad, visit, beat in driven_beats(night):
        assert night.beats is not None  # noqa: S101 - a beat comes of them
        rows.append(
            (
                squad,
                beat.id,
                beat.area,
                night.beat_title(beat),
                visit.begin_s,
                visit.end_s,
                night.beats.length_m(beat) / 1000,
                beat.credit_dm / 10_000,
                beat_text(night, beat),
            )
        )
        lines.append(night.beats.line(beat))
    return frame_of(night, _BEAT_COLUMNS, rows, lines)


def areas_table(night: Night) -> gpd.GeoDataFrame:
    """Return one row for each area, in the scenario's order.

    Returns
    -------
    GeoDataFrame
        In EPSG:4326, the area's polygon as geometry. ``area``, ``name``, ``tier``, ``weight``; ``streets_km`` inside,
        ``beats_km`` driven by beats and ``way_km`` on the way to elsewhere, each street once; ``driven_km``, both
        together, and their ``share`` of ``streets_km``; the share ``wanted``; ``beats``, ``beats_driven``; ``source``
        of the extent. Columns and types are the same when the night has no areas. ``attrs["roads"]`` says where the
        roads come from.
    """
    rows = [
        (
            each.area.id,
            each.area.title,
            each.area.tier,
            each.area.weight,
            each.total_m / 1000,
            each.beats_m / 1000,
            each.way_m / 1000,
            (each.beats_m + each.way_m) / 1000,
            each.share,
            each.area.share,
            each.beats,
            each.beats_driven,
            each.area.source,
        )
        for each in night.area_shares
    ]
    return frame_of(night, _AREA_COLUMNS, rows, [shape for _, shape in extents(night)])


def skipped_in_order(night: Night) -> list[Skipped]:
    """Return the sites that no squad visits, the most important first."""
    return sorted(night.plan.skipped, key=lambda s: (not s.required, s.tier, -s.weight))


def line_of(drive: Drive) -> LineString:
    """Return the line of a drive; a line of no length where both ends are one place."""
    if drive.leg is not None and not drive.leg.line.is_empty:
        return drive.leg.line
    return LineString([(p.lon, p.lat) for p in (drive.origin, drive.destination)])


def frame_of(
    night: Night, columns: dict[str, str], rows: Sequence[Sequence[Any]], geometry: Iterable[Any]
) -> gpd.GeoDataFrame:
    """Return a table of given columns and types ("time" for seconds of the plan) that tells where roads are from."""
    if night.plan.weight_unit > 1 and columns is not _AREA_COLUMNS:
        columns = {name: "float64" if name == "weight" else dtype for name, dtype in columns.items()}
    data = {name: _column(night, [row[i] for row in rows], dtype) for i, (name, dtype) in enumerate(columns.items())}
    frame = gpd.GeoDataFrame(data, geometry=gpd.GeoSeries(list(geometry), crs=CRS, index=range(len(rows))), crs=CRS)
    frame.attrs["roads"] = night.statement
    return frame


def _column(night: Night, values: list[Any], dtype: str) -> pd.Series[Any]:
    if dtype != "time":
        return pd.Series(values, dtype=dtype)
    epoch_s = int(night.scenario.start.timestamp())
    moments = pd.to_datetime(np.asarray([epoch_s + value for value in values], np.int64), unit="s", utc=True)
    return pd.Series(moments.as_unit("ms").tz_convert(night.scenario.zone))
