"""Roads from OpenStreetMap through Overpass, kept on disk for later."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import json
import math
import re
import socket
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely
from platformdirs import user_cache_path

from patrolroute.errors import Faults, FetchError, InputError
from patrolroute.provenance import OSM_ATTRIBUTION, Provenance
from patrolroute.roads.sources.files import write_whole
from patrolroute.roads.sources.graphs import iso_date, roads_from_graph
from patrolroute.roads.sources.packed import read_packed, write_packed

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests

    from patrolroute.roads.network import RoadNetwork
    from patrolroute.roads.speeds import SpeedTable

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}")
_LONGEST = 200
_CONNECTION_FAULTS = (
    ("ProxyError", "the proxy refuses or cannot be reached"),
    ("NameResolutionError", "no connection: its name could not be resolved"),
    ("gaierror", "no connection: its name could not be resolved"),
    ("SSLError", "the encrypted connection failed: its certificate or this computer's clock is wrong"),
    ("ConnectionRefusedError", "no connection: nobody answers there"),
    ("IncompleteRead", "the answer ended too early"),
    ("ConnectionResetError", "the connection was lost"),
    ("RemoteDisconnected", "the connection was lost"),
    ("ProtocolError", "the connection was lost"),
    ("NewConnectionError", "no connection"),
)
"""What may lie behind a failed request, by the name of its exception, the most telling first."""
_osmnx_lock = threading.RLock()


def fetch_roads(
    *,
    place: str | None = None,
    bbox: tuple[float, float, float, float] | None = None,
    polygon: shapely.Polygon | shapely.MultiPolygon | None = None,
    key: str | None = None,
    cache_dir: str | Path | None = None,
    refresh: bool = False,
    speeds: SpeedTable | None = None,
    endpoint: str | None = None,
    timeout_s: float = 180.0,
) -> RoadNetwork:
    """Return the streets for cars of an area, from Overpass the first time and from disk later.

    Parameters
    ----------
    place : str, optional
        A place that OpenStreetMap has as an area: "Kota Kupang, Indonesia".
    bbox : tuple of float, optional
        West, south, east and north in degrees.
    polygon : shapely.Polygon or MultiPolygon, optional
        In degrees, lon before lat. Exactly one of the three is given.
    key : str, optional
        Name under which the roads are kept, for `find_fetched`; made from the request when left out.
    cache_dir : str or Path, optional
        Where fetched roads are kept; the user's cache directory when left out.
    refresh : bool
        Fetch again although the roads are there.
    speeds : SpeedTable, optional
    endpoint : str, optional
        An Overpass API instead of the one in OSMnx's settings, such as "https://overpass.kumi.systems/api".
    timeout_s : float
        Seconds to wait for the server, and for the server to answer.

    Returns
    -------
    RoadNetwork
        Its provenance names the request, the day of the fetch, and the date of the data.

    Raises
    ------
    InputError
        When the area is missing, given twice, or no area.
    FetchError
        When there is no answer, an error, an answer cut off, or no street in the area. Roads that were fetched before
        stay.
    """
    area = _area_of(place, bbox, polygon, timeout_s)
    if key is None:
        slug = re.sub(r"[^a-z0-9]+", "-", area.words.lower()).strip("-")[:40] or "area"
        key = f"{slug}-{hashlib.sha256(area.note.encode()).hexdigest()[:12]}"
    path = _cache_file(key, cache_dir)
    if path.is_file() and not refresh:
        # What cannot be read or belongs to another request is fetched again.
        with contextlib.suppress(InputError, OSError):
            return _with_speeds(read_packed(path, note=area.note), speeds)
    network = _fetch(area, endpoint, timeout_s)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, lambda file: write_packed(network, file, note=area.note))
    except OSError as error:
        reason = error.strerror or error
        raise FetchError(f"{area.words}: fetched, but {path} cannot be written ({reason}); give cache_dir.") from None
    return _with_speeds(network, speeds)


def find_fetched(
    key: str, *, cache_dir: str | Path | None = None, speeds: SpeedTable | None = None
) -> RoadNetwork | None:
    """Return roads that were fetched before under a key, or None; the network is never asked.

    Raises
    ------
    InputError
        When the key is none, or what is kept under it is damaged.
    """
    path = _cache_file(key, cache_dir)
    if not path.is_file():
        return None
    try:
        return _with_speeds(read_packed(path), speeds)
    except (InputError, OSError) as error:
        raise InputError([f"{path}: the roads kept there are damaged ({error}); fetch them again."]) from None


def _with_speeds(network: RoadNetwork, speeds: SpeedTable | None) -> RoadNetwork:
    return network if speeds is None else network.with_speeds(speeds)


def _cache_file(key: str, cache_dir: str | Path | None) -> Path:
    if not _KEY.fullmatch(key):
        raise InputError([f"key {key!r}: expected at most 80 of a-z, 0-9, - and _, beginning with a letter or digit."])
    root = user_cache_path("patrolroute", appauthor=False) if cache_dir is None else Path(cache_dir)
    return root / "roads" / f"{key}.npz"


@dataclass(frozen=True, kw_only=True)
class _Area:
    """What is asked for: in words, as a record that a cache entry can be compared with, and as a polygon."""

    words: str
    note: str
    place: str
    polygon: shapely.Polygon | shapely.MultiPolygon | None


def _area_of(
    place: str | None,
    bbox: tuple[float, float, float, float] | None,
    polygon: shapely.Polygon | shapely.MultiPolygon | None,
    timeout_s: float,
) -> _Area:
    faults = Faults()
    given = [name for name, value in (("place", place), ("bbox", bbox), ("polygon", polygon)) if value is not None]
    if len(given) != 1:
        faults.add(f"fetch: expected one of place, bbox and polygon, found {' and '.join(given) or 'none'}.")
    if not 0 < timeout_s <= 3600:
        faults.add(f"fetch: timeout_s is {timeout_s!r}; expected above 0 and at most 3600 seconds.")
    faults.raise_if_any()
    if place is not None:
        name = " ".join(place.split())
        if not name or len(name) > 300:
            raise InputError(
                [f"fetch: place {place[:40]!r} is no name; expected one such as 'Kota Kupang, Indonesia'."]
            )
        return _Area(words=name, note=json.dumps({"place": name}), place=name, polygon=None)
    if bbox is not None:
        polygon = _box(bbox)
        words = "bbox " + " ".join(f"{float(side):.6g}" for side in bbox)
        return _Area(words=words, note=json.dumps({"bbox": [float(side) for side in bbox]}), place="", polygon=polygon)
    if not isinstance(polygon, shapely.Polygon | shapely.MultiPolygon) or polygon.is_empty or not polygon.is_valid:
        raise InputError(
            ["fetch: polygon is no valid shapely Polygon or MultiPolygon; repair it with shapely.make_valid."]
        )
    west, south, east, north = polygon.bounds
    _box((west, south, east, north))
    words = f"polygon within {west:.6g} {south:.6g} {east:.6g} {north:.6g}"
    return _Area(
        words=words, note=json.dumps({"polygon": shapely.to_wkb(polygon, hex=True)}), place="", polygon=polygon
    )


def _box(bbox: tuple[float, float, float, float]) -> shapely.Polygon:
    try:
        west, south, east, north = (float(side) for side in bbox)
    except (TypeError, ValueError):
        raise InputError([f"fetch: bbox is {bbox!r}; expected west, south, east, north in degrees."]) from None
    if not _is_box(west, south, east, north):
        orders = {
            "lon and lat look swapped": (south, west, north, east),
            "south and east look swapped": (west, east, south, north),
            "west and east look swapped": (east, south, west, north),
            "south and north look swapped": (west, north, east, south),
            "the two corners look swapped": (east, north, west, south),
        }
        hint = next((f"{words}; " for words, order in orders.items() if _is_box(*order)), "")
        raise InputError(
            [
                f"fetch: the area spans lon {west:g} to {east:g} and lat {south:g} to {north:g}; {hint}expected west, "
                "south, east, north in degrees, west before east and south before north."
            ]
        )
    if (east - west) * (north - south) > 4:
        raise InputError(
            [
                f"fetch: {east - west:g} by {north - south:g} degrees is too much for Overpass; take a city, or "
                "download an extract (.osm.pbf) of the region and give that as roads."
            ]
        )
    return shapely.box(west, south, east, north)


def _is_box(west: float, south: float, east: float, north: float) -> bool:
    return -180 <= west < east <= 180 and -90 <= south < north <= 90


def _fetch(area: _Area, endpoint: str | None, timeout_s: float) -> RoadNetwork:
    import networkx as nx  # noqa: PLC0415
    import osmnx  # noqa: PLC0415 - takes seconds to load, and only a fetch needs it
    import requests  # noqa: PLC0415

    answers = _Answers()
    with _borrowed_osmnx(endpoint, timeout_s, answers) as server:
        try:
            if area.polygon is None:
                graph = osmnx.graph_from_place(area.place, network_type="drive", retain_all=True)
            else:
                graph = osmnx.graph_from_polygon(area.polygon, network_type="drive", retain_all=True)
        except requests.exceptions.Timeout as error:
            raise FetchError(
                f"{area.words}: {_asked(error) or server} did not answer within {timeout_s:g} s; try again later, "
                "raise the time-out, or take a smaller area."
            ) from None
        except requests.exceptions.RequestException as error:
            raise FetchError(
                f"{area.words}: {_asked(error) or server} cannot be reached or broke off its answer "
                f"({_connection_fault(error)}); check the connection and try again."
            ) from None
        # OSMnx fails on an answer without streets in many ways, these among them.
        except (ValueError, TypeError, KeyError, AttributeError, IndexError, nx.NetworkXException) as error:
            raise FetchError(answers.fault(area.words, server, error)) from None
    origin = Provenance(
        kind="openstreetmap",
        source=f"Overpass: {area.words}, fetched {dt.datetime.now(dt.UTC).date().isoformat()}",
        date=answers.data_date or dt.datetime.now(dt.UTC).date().isoformat(),
        attribution=OSM_ATTRIBUTION,
    )
    try:
        return roads_from_graph(graph, provenance=origin)
    except InputError as error:
        raise FetchError(f"{area.words}: what {server} sent makes no street network: {error}") from None


def _reason(error: BaseException) -> str:
    return _short(str(error)) or type(error).__name__


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else line[:_LONGEST].rsplit(" ", 1)[0] + " ..."


def _asked(error: requests.exceptions.RequestException) -> str:
    """Return the address of the server that was asked: places are looked up elsewhere than streets."""
    return "" if error.request is None else str(error.request.url).partition("?")[0]


def _connection_fault(error: BaseException) -> str:
    """Return why no answer came, from the causes that lie behind what requests raised."""
    behind: list[Any] = [error]
    names: set[str] = set()
    for each in behind:
        names |= {kind.__name__ for kind in type(each).__mro__}
        more = [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args]
        behind += [one for one in more if isinstance(one, BaseException) and not any(one is seen for seen in behind)]
    return next((words for name, words in _CONNECTION_FAULTS if name in names), _reason(error))


class _Answers:
    """Sees every answer before OSMnx does, and refuses what OSMnx would wait for or take as whole.

    OSMnx repeats a refused request (429, 504) after a pause for as long as it is refused, and only logs a `remark`,
    with which Overpass says that it ran out of time or memory and sent a part.
    """

    def __init__(self) -> None:
        self.data_date: str | None = None
        self.elements = 0

    def __call__(self, response: Any, *_: Any, **__: Any) -> None:
        if response.is_redirect:
            return
        server, status = response.url.partition("?")[0], response.status_code
        if status in (429, 504):
            raise FetchError(f"{server} is busy (HTTP {status}); wait a few minutes and try again.")
        if not response.ok:
            raise FetchError(
                f"{server} answered HTTP {status} {response.reason}; try again later or at another endpoint."
            )
        try:
            answer = json.loads(response.content)
        except ValueError:
            start = _short(response.content[:80].decode("utf-8", "replace"))
            raise FetchError(
                f"{server} sent no sound JSON (it begins {start!r}, {len(response.content):,} bytes); the answer was "
                "cut off or comes from another service."
            ) from None
        if not isinstance(answer, dict):
            return
        if remark := answer.get("remark"):
            raise FetchError(f"{server} sent only a part ({_short(str(remark))}); take a smaller area or try again.")
        elements = answer.get("elements")
        self.elements += len(elements) if isinstance(elements, list) else 0
        stamp = answer.get("osm3s")
        self.data_date = iso_date(stamp.get("timestamp_osm_base")) if isinstance(stamp, dict) else self.data_date

    def fault(self, words: str, server: str, error: Exception) -> str:
        """Return what to say when OSMnx made no graph of the answers."""
        if self.elements == 0:
            return f"{words}: {server} knows no street for cars or no area there ({_reason(error)}); check the area."
        return f"{words}: what {server} sent makes no street network ({_reason(error)}); check the area."


@contextlib.contextmanager
def _borrowed_osmnx(endpoint: str | None, timeout_s: float, answers: _Answers) -> Iterator[str]:
    """Set OSMnx's global settings for one fetch and put everything back; yields the server's address.

    OSMnx also replaces `socket.getaddrinfo` for the whole process with one that pins the server's address.
    """
    from osmnx import settings  # noqa: PLC0415

    ours = {
        "overpass_url": (endpoint or settings.overpass_url).rstrip("/"),
        "overpass_rate_limit": False,
        "overpass_settings": f"[out:json][timeout:{math.ceil(timeout_s)}]{{maxsize}}",
        "requests_timeout": timeout_s,
        "use_cache": False,
        "cache_only_mode": False,
        "doh_url_template": None,
        "log_console": False,
        "log_file": False,
        "all_oneway": False,
        "default_crs": "epsg:4326",
        "useful_tags_way": ["highway", "junction", "maxspeed", "name", "oneway"],
    }
    with _osmnx_lock:
        theirs = {name: getattr(settings, name) for name in (*ours, "requests_kwargs")}
        resolve = socket.getaddrinfo
        hooks = {"hooks": {"response": answers}}
        try:
            for name, value in ours.items():
                setattr(settings, name, value)
            settings.requests_kwargs = {**theirs["requests_kwargs"], **hooks}
            yield str(ours["overpass_url"])
        finally:
            for name, value in theirs.items():
                setattr(settings, name, value)
            socket.getaddrinfo = resolve
