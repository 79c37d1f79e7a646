"""Overpass, played by a server on this machine: good answers, bad ones, none."""

from __future__ import annotations

import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import osmnx
import pytest
import shapely

from patrolroute.errors import FetchError, InputError
from patrolroute.provenance import OSM_ATTRIBUTION
from patrolroute.roads import SpeedTable, fetch_roads, find_fetched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

KELAPA_GADING = (106.885, -6.18, 106.915, -6.145)


class Overpass:
    """A server on loopback that answers every request in one way."""

    def __init__(self) -> None:
        self.answer: Callable[[BaseHTTPRequestHandler], None] = lambda handler: send(handler, b"{}")
        self.asked: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.asked.append(f"{self.path} {body.decode()}")
                outer.answer(self)

            def do_GET(self) -> None:
                outer.asked.append(self.path)
                outer.answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/api"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def send(handler: BaseHTTPRequestHandler, body: bytes, *, status: int = 200, length: int | None = None) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture
def overpass() -> Iterator[Overpass]:
    server = Overpass()
    yield server
    server.close()


def streets(*, extra: dict[str, Any] | None = None) -> bytes:
    """A triangle of two-way streets and a dead end, as Overpass writes them."""
    at = {1: (106.90, -6.17), 2: (106.91, -6.17), 3: (106.90, -6.16), 4: (106.89, -6.17)}
    nodes = [{"type": "node", "id": i, "lon": x, "lat": y} for i, (x, y) in at.items()]
    tags = {"highway": "residential", "name": "Jalan Uji", "maxspeed": "30"}
    ways = [{"type": "way", "id": 9, "nodes": [4, 1, 2, 3, 1], "tags": tags}]
    stamp = {"timestamp_osm_base": "2023-04-11T15:45:23Z"}
    return json.dumps({"osm3s": stamp, "elements": nodes + ways, **(extra or {})}).encode()


def test_a_real_answer_becomes_a_network_and_is_kept(overpass: Overpass, shared_data: Path, tmp_path: Path) -> None:
    body = (shared_data / "roads" / "overpass_kelapa_gading.json").read_bytes()
    overpass.answer = lambda handler: send(handler, body)
    fetched = fetch_roads(bbox=KELAPA_GADING, key="kelapa-gading", cache_dir=tmp_path, endpoint=overpass.url)
    assert len(fetched.node_id) > 1_000
    assert "Jalan Bulevar Utara Kelapa Gading" in fetched.name
    assert fetched.provenance.kind == "openstreetmap"
    assert fetched.provenance.date == "2023-04-11"
    assert fetched.provenance.attribution == OSM_ATTRIBUTION
    assert "bbox 106.885 -6.18 106.915 -6.145, fetched 2" in fetched.provenance.source
    (question,) = overpass.asked
    assert question.startswith("/api/interpreter data=")

    again = fetch_roads(bbox=KELAPA_GADING, key="kelapa-gading", cache_dir=tmp_path, endpoint=overpass.url)
    found = find_fetched("kelapa-gading", cache_dir=tmp_path)
    assert found is not None
    assert again.provenance == found.provenance == fetched.provenance
    assert (found.time_ms == fetched.time_ms).all()
    assert (found.shape_lonlat == fetched.shape_lonlat).all()
    assert len(overpass.asked) == 1
    assert [path.name for path in (tmp_path / "roads").iterdir()] == ["kelapa-gading.npz"]


def test_refresh_asks_again_and_another_area_is_another_request(overpass: Overpass, tmp_path: Path) -> None:
    overpass.answer = lambda handler: send(handler, streets())
    ask = {"key": "uji", "cache_dir": tmp_path, "endpoint": overpass.url}
    fetch_roads(bbox=KELAPA_GADING, **ask)
    fetch_roads(bbox=KELAPA_GADING, **ask)
    assert len(overpass.asked) == 1
    fetch_roads(bbox=KELAPA_GADING, refresh=True, **ask)
    assert len(overpass.asked) == 2
    fetch_roads(bbox=(106.886, -6.18, 106.915, -6.145), **ask)
    assert len(overpass.asked) == 3


def test_a_polygon_cuts_the_streets_and_gets_a_key_of_its_own(overpass: Overpass, tmp_path: Path) -> None:
    overpass.answer = lambda handler: send(handler, streets())
    polygon = shapely.box(*KELAPA_GADING)
    network = fetch_roads(
        polygon=polygon, cache_dir=tmp_path, endpoint=overpass.url, speeds=SpeedTable(night_factor=2.0)
    )
    assert set(network.speed_kph) == {60.0}
    (kept,) = (tmp_path / "roads").iterdir()
    assert kept.name.startswith("polygon-within-106-885")
    again = fetch_roads(polygon=polygon, cache_dir=tmp_path, endpoint=overpass.url)
    assert set(again.speed_kph) == {30.0}
    assert len(overpass.asked) == 1


def test_a_place_is_looked_up_by_name(overpass: Overpass, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ring = [[106.885, -6.18], [106.915, -6.18], [106.915, -6.145], [106.885, -6.145], [106.885, -6.18]]
    hit = {
        "geojson": {"type": "Polygon", "coordinates": [ring]},
        "boundingbox": ["-6.18", "-6.145", "106.885", "106.915"],
        "lat": "-6.16",
        "lon": "106.9",
        "display_name": "Kelapa Gading",
    }
    hit |= {"place_id": 1, "osm_type": "relation", "osm_id": 2, "class": "boundary", "type": "administrative"}
    hit |= {"place_rank": 1, "importance": 0.5, "addresstype": "suburb", "name": "Kelapa Gading"}
    overpass.answer = lambda handler: send(
        handler, json.dumps([hit]).encode() if handler.command == "GET" else streets()
    )
    monkeypatch.setattr(osmnx.settings, "nominatim_url", overpass.url)
    network = fetch_roads(place="  Kelapa   Gading ", cache_dir=tmp_path, endpoint=overpass.url)
    assert set(network.name) == {"Jalan Uji"}
    assert "Overpass: Kelapa Gading, fetched" in network.provenance.source
    assert "q=Kelapa+Gading" in overpass.asked[0]

    overpass.answer = lambda handler: send(handler, b"[]")
    with pytest.raises(FetchError, match="knows no street for cars or no area there"):
        fetch_roads(place="Nowhere at all", cache_dir=tmp_path, endpoint=overpass.url)


def cut_short(handler: BaseHTTPRequestHandler) -> None:
    send(handler, streets()[:300], length=len(streets()))


def dawdle(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(1.0)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        pytest.param(lambda h: send(h, b"busy", status=429), r"is busy \(HTTP 429\); wait a few minutes", id="429"),
        pytest.param(lambda h: send(h, b"busy", status=504), r"is busy \(HTTP 504\); wait a few minutes", id="504"),
        pytest.param(lambda h: send(h, b"no", status=400), r"answered HTTP 400 Bad Request; try again later", id="400"),
        pytest.param(lambda h: send(h, streets(), status=500), r"answered HTTP 500", id="500 with streets"),
        pytest.param(lambda h: send(h, b""), r"sent no sound JSON \(it begins '', 0 bytes\)", id="nothing"),
        pytest.param(
            lambda h: send(h, b"<html>login</html>"), r"no sound JSON \(it begins '<html>login</html>'", id="a web page"
        ),
        pytest.param(
            lambda h: send(h, streets()[:300]), r"no sound JSON .* 300 bytes\); the answer was cut", id="half"
        ),
        pytest.param(
            cut_short,
            r"broke off its answer \(the answer ended too early\); check the connection",
            id="connection lost",
        ),
        pytest.param(
            lambda h: send(h, streets(extra={"remark": 'runtime error: Query timed out in "query"'})),
            r"sent only a part \(runtime error: Query timed out",
            id="a part and a remark",
        ),
        pytest.param(
            lambda h: send(h, b'{"elements": []}'), r"knows no street for cars or no area there", id="no elements"
        ),
        pytest.param(lambda h: send(h, b"[1, 2]"), r"knows no street for cars or no area there", id="a list"),
        pytest.param(lambda h: send(h, b'{"elements": [{}]}'), r"makes no street network", id="elements without type"),
        pytest.param(
            lambda h: send(h, b'{"elements": [{"type": "node", "id": 1, "lon": 106.9, "lat": -6.17}]}'),
            r"makes no street network",
            id="nodes without ways",
        ),
        pytest.param(
            lambda h: send(h, streets().replace(b'"maxspeed"', b'"oneway": "yes", "x"').replace(b"3, 1]", b"3]")),
            r"makes no street network: .*no street is left",
            id="one-way only",
        ),
        pytest.param(dawdle, r"did not answer within 0.2 s; try again later", id="silence"),
    ],
)
def test_a_bad_answer_is_told_and_leaves_nothing(
    answer: Callable[[BaseHTTPRequestHandler], None], message: str, overpass: Overpass, tmp_path: Path
) -> None:
    overpass.answer = lambda handler: send(handler, streets())
    before = fetch_roads(bbox=KELAPA_GADING, key="old", cache_dir=tmp_path, endpoint=overpass.url)
    overpass.answer = answer
    slow = answer is dawdle
    for key in ("new", "old"):
        with pytest.raises(FetchError, match=message):
            fetch_roads(
                bbox=KELAPA_GADING,
                key=key,
                cache_dir=tmp_path,
                endpoint=overpass.url,
                refresh=True,
                timeout_s=0.2 if slow else 5,
            )
    assert find_fetched("new", cache_dir=tmp_path) is None
    kept = find_fetched("old", cache_dir=tmp_path)
    assert kept is not None
    assert kept.provenance == before.provenance
    assert [path.name for path in (tmp_path / "roads").iterdir()] == ["old.npz"]


def test_nobody_there(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/api"
    with pytest.raises(FetchError) as caught:
        fetch_roads(bbox=KELAPA_GADING, cache_dir=tmp_path, endpoint=url)
    assert str(caught.value) == (
        f"bbox 106.885 -6.18 106.915 -6.145: {url}/interpreter cannot be reached or broke off its answer (no "
        "connection: nobody answers there); check the connection and try again."
    )
    assert not list(tmp_path.iterdir())


def test_without_a_network_the_server_that_was_asked_is_named(
    overpass: Overpass, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*_: Any, **__: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(osmnx.settings, "nominatim_url", "https://nominatim.invalid/")
    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    monkeypatch.setattr(socket, "gethostbyname", unknown)
    with pytest.raises(FetchError) as caught:
        fetch_roads(place="Kupang", cache_dir=tmp_path, endpoint=overpass.url)
    assert str(caught.value) == (
        "Kupang: https://nominatim.invalid/search cannot be reached or broke off its answer (no connection: its name "
        "could not be resolved); check the connection and try again."
    )
    assert not overpass.asked


def test_long_remarks_end_at_a_word(overpass: Overpass, tmp_path: Path) -> None:
    overpass.answer = lambda handler: send(handler, streets(extra={"remark": "memory " * 60}))
    with pytest.raises(FetchError, match=r"sent only a part \((memory )+\.\.\.\); take a smaller area"):
        fetch_roads(bbox=KELAPA_GADING, cache_dir=tmp_path, endpoint=overpass.url)


def test_osmnx_is_given_back_as_it_was(overpass: Overpass, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = [name for name in vars(osmnx.settings) if not name.startswith("_")]
    before = {name: getattr(osmnx.settings, name) for name in names}
    resolve = socket.getaddrinfo
    overpass.answer = lambda handler: send(handler, streets())
    fetch_roads(bbox=KELAPA_GADING, cache_dir=tmp_path / "kept", endpoint=overpass.url)
    overpass.answer = lambda handler: send(handler, b"busy", status=429)
    with pytest.raises(FetchError):
        fetch_roads(bbox=KELAPA_GADING, cache_dir=tmp_path / "kept", endpoint=overpass.url, refresh=True)
    assert {name: getattr(osmnx.settings, name) for name in names} == before
    assert socket.getaddrinfo is resolve
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_a_damaged_entry_is_fetched_again_but_told_where_nobody_may_fetch(overpass: Overpass, tmp_path: Path) -> None:
    overpass.answer = lambda handler: send(handler, streets())
    fetch_roads(bbox=KELAPA_GADING, key="uji", cache_dir=tmp_path, endpoint=overpass.url)
    kept = tmp_path / "roads" / "uji.npz"
    kept.write_bytes(kept.read_bytes()[:500])
    with pytest.raises(InputError, match="the roads kept there are damaged"):
        find_fetched("uji", cache_dir=tmp_path)
    fetch_roads(bbox=KELAPA_GADING, key="uji", cache_dir=tmp_path, endpoint=overpass.url)
    assert len(overpass.asked) == 2
    assert find_fetched("uji", cache_dir=tmp_path) is not None


def test_a_place_that_cannot_be_written(overpass: Overpass, tmp_path: Path) -> None:
    (tmp_path / "roads").write_text("a file where the folder should be")
    overpass.answer = lambda handler: send(handler, streets())
    with pytest.raises(FetchError, match=r"fetched, but .* cannot be written .*; give cache_dir"):
        fetch_roads(bbox=KELAPA_GADING, cache_dir=tmp_path, endpoint=overpass.url)


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({}, "expected one of place, bbox and polygon, found none"),
        ({"place": "Kupang", "bbox": KELAPA_GADING}, "found place and bbox"),
        ({"place": "  "}, "is no name"),
        ({"bbox": (123.7, -10.2, 123.5, -10.1)}, "west before east and south before north"),
        ({"bbox": (-10.2, 123.5, -10.1, 123.7)}, "lon and lat look swapped; expected west, south, east, north in"),
        ({"bbox": (123.5, 123.7, -10.2, -10.1)}, "south and east look swapped; expected west"),
        ({"bbox": (123.7, -10.2, 123.5, -10.1)}, "west and east look swapped; expected west"),
        ({"bbox": (123.5, -10.1, 123.7, -10.2)}, "south and north look swapped; expected west"),
        ({"bbox": (123.7, -10.1, 123.5, -10.2)}, "the two corners look swapped; expected west"),
        ({"bbox": (500, -10.2, 600, -10.1)}, "lat -10.2 to -10.1; expected west"),
        ({"bbox": (1, 2, 3)}, "expected west, south, east, north in degrees"),
        ({"bbox": (float("nan"), -10.2, 123.7, -10.1)}, "west before east"),
        ({"bbox": (120, -11, 125, -8)}, "5 by 3 degrees is too much for Overpass; take a city, or download"),
        ({"polygon": shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])}, "no valid shapely Polygon"),
        ({"polygon": shapely.Point(123.6, -10.2)}, "no valid shapely Polygon"),
        ({"polygon": shapely.Polygon()}, "no valid shapely Polygon"),
        ({"bbox": KELAPA_GADING, "timeout_s": 0}, "timeout_s is 0; expected above 0"),
        ({"bbox": KELAPA_GADING, "key": "../../etc/passwd"}, "expected at most 80 of a-z"),
    ],
)
def test_bad_requests_are_refused_before_anything_is_asked(
    request_: dict[str, Any], message: str, overpass: Overpass, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message):
        fetch_roads(**request_, cache_dir=tmp_path, endpoint=overpass.url)
    assert not overpass.asked
    assert not list(tmp_path.iterdir())


def test_what_was_never_fetched_is_none(tmp_path: Path) -> None:
    assert find_fetched("kupang", cache_dir=tmp_path) is None
    with pytest.raises(InputError, match="expected at most 80 of a-z"):
        find_fetched("../kupang", cache_dir=tmp_path)
