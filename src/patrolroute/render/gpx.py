"""A squad's night as GPX 1.1: its stops as waypoints, its drives as a timed track."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import numpy as np

from patrolroute.provenance import OSM_ATTRIBUTION
from patrolroute.render.areas import beat_line
from patrolroute.render.closed import closed_text
from patrolroute.render.places import position_text
from patrolroute.render.stays import stays_of
from patrolroute.render.tables import line_of
from patrolroute.render.wording import SYNTHETIC_BAND, between_text, plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from patrolroute.render.night import Night
    from patrolroute.scenario.model import Place

_SPACE = "http://www.topografix.com/GPX/1/1"
_SCHEMA = "http://www.w3.org/2001/XMLSchema-instance"
_ODBL = "https://opendatacommons.org/licenses/odbl/1-0/"


def squad_gpx(night: Night, squad_id: str) -> bytes:
    """Return a squad's stops and track as a GPX 1.1 document in UTF-8.

    Waypoints carry the time at which the stop begins, in UTC as GPX has it. The track has a segment for each drive and
    beat; its points are timed as if the drive were made at one speed, and the file says that these times are planned.

    Parameters
    ----------
    night : Night
    squad_id : str

    Raises
    ------
    InputError
        When the scenario has no such squad.
    """
    squad, route = night.squad(squad_id), night.route(squad_id)
    title = plain(f"{night.scenario.name}: {squad.title}")
    root = ET.Element(
        "gpx",
        {
            "xmlns": _SPACE,
            "xmlns:xsi": _SCHEMA,
            "xsi:schemaLocation": f"{_SPACE} {_SPACE}/gpx.xsd",
            "version": "1.1",
            "creator": "patrolroute",
        },
    )
    _metadata(root, night, f"{SYNTHETIC_BAND}. {title}" if night.synthetic else title)
    start, end = (night.points.get(each) for each in (squad.start, squad.end))
    if route is None or not route.visits:
        if start is not None:
            _waypoint(root, start, f"Start: {start.title}", squad.shift.leave, "No stops planned.")
    else:
        if start is not None:
            _waypoint(root, start, f"Start: {start.title}", night.clock(route.leave_s), "")
        for number, _, visit in stays_of(night, route):
            site = night.stop(visit)
            stay = between_text(visit.begin_s, visit.end_s)
            what = "Stop" if night.beat(visit) is None else "Beat"
            told = f"{what} of {stay}, tier {site.tier}." if visit.site else f"Break of {stay}."
            if night.seen(visit):
                told = f"Seen from the road, tier {site.tier}."
            _waypoint(root, site, f"{number} {site.title}", night.clock(visit.begin_s), told)
        if end is not None:
            _waypoint(root, end, f"End: {end.title}", night.clock(route.return_s), "")
        track = ET.SubElement(root, "trk")
        _text(track, "name", title)
        _text(track, "desc", f"Planned times, drives at one speed each. {night.statement}")
        _text(track, "src", night.statement)
        for number, drive in enumerate(night.drives(route)):
            if drive.leg is not None:
                _segment(track, night, np.asarray(line_of(drive).coords, float), drive.leave_s, drive.arrive_s)
            for made in route.visits[number : number + 1]:
                if (beat := night.beat(made)) is not None:
                    _segment(track, night, beat_line(night, beat), made.begin_s, made.end_s)
    ET.indent(root)
    return bytes(ET.tostring(root, encoding="UTF-8", xml_declaration=True)) + b"\n"


def _metadata(root: ET.Element, night: Night, title: str) -> None:
    metadata = ET.SubElement(root, "metadata")
    _text(metadata, "name", title)
    closed = closed_text(night.scenario)
    told = [night.statement, *([f"Closed: {closed}."] if closed else []), *night.scenario.notes]
    _text(metadata, "desc", " ".join(told))
    attribution = night.roads.provenance.attribution
    if attribution:
        copyright_ = ET.SubElement(metadata, "copyright", {"author": plain(attribution)})
        if attribution == OSM_ATTRIBUTION:
            _text(copyright_, "license", _ODBL)


def _waypoint(root: ET.Element, place: Place, name: str, moment: dt.datetime, told: str) -> None:
    waypoint = ET.SubElement(root, "wpt", {"lat": f"{place.lat:.7f}", "lon": f"{place.lon:.7f}"})
    _text(waypoint, "time", _utc(moment.timestamp()))
    _text(waypoint, "name", name)
    _text(waypoint, "desc", f"{told} {position_text(place).capitalize()}.".strip())
    if place.source:
        _text(waypoint, "src", place.source)


def _segment(track: ET.Element, night: Night, line: NDArray[np.float64], leave_s: int, arrive_s: int) -> None:
    segment = ET.SubElement(track, "trkseg")
    lonlat = line[:, :2]
    scale = np.array([np.cos(np.radians(lonlat[:, 1].mean())), 1.0])
    steps = np.hypot(*((lonlat[1:] - lonlat[:-1]) * scale).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    share = along / along[-1] if along[-1] > 0 else np.linspace(0, 1, len(along))
    leave, arrive = night.clock(leave_s).timestamp(), night.clock(arrive_s).timestamp()
    for (lon, lat), part in zip(lonlat, share, strict=True):
        point = ET.SubElement(segment, "trkpt", {"lat": f"{lat:.7f}", "lon": f"{lon:.7f}"})
        _text(point, "time", _utc(leave + part * (arrive - leave)))


def _text(parent: ET.Element, tag: str, text: str) -> None:
    ET.SubElement(parent, tag).text = plain(text)


def _utc(epoch_s: float) -> str:
    return dt.datetime.fromtimestamp(round(epoch_s), dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
