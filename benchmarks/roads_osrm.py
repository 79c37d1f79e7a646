"""OSRM on the arcs of a network: a file with one way for each arc, a profile that reads its time, and a server."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from http.client import HTTPConnection, RemoteDisconnected
from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.request import urlopen

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from patrolroute.roads import RoadNetwork

_PROFILE = """
api_version = 4
function setup()
  return {
    properties = { weight_name = 'duration', max_speed_for_map_matching = 200 / 3.6, u_turn_penalty = 0,
                   continue_straight_at_waypoint = false, use_turn_restrictions = false },
  }
end
function process_node() end
function process_way(profile, way, result)
  result.forward_mode = mode.driving
  result.backward_mode = mode.inaccessible
  result.forward_speed = 36
  result.duration = tonumber(way:get_value_by_key('seconds'))
end
function process_turn() end
return { setup = setup, process_way = process_way, process_node = process_node, process_turn = process_turn }
"""


def write_arcs(network: RoadNetwork, folder: Path) -> None:
    """Write what OSRM extracts: the arcs and the profile."""
    folder.mkdir(exist_ok=True)
    (folder / "arcs.lua").write_text(_PROFILE, encoding="utf-8")
    _write_osm(network, folder / "arcs.osm")


def contract(programs: Path, folder: Path) -> None:
    """Extract and contract the arcs of a folder, on one thread, unless that has been done."""
    if (folder / "done").exists():
        return
    for command in (
        [programs / "osrm-extract", "-t", "1", "-p", folder / "arcs.lua", folder / "arcs.osm"],
        [programs / "osrm-contract", "-t", "1", folder / "arcs.osrm"],
    ):
        done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{command[0]}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    (folder / "done").touch()


class Server:
    """OSRM's tables and routes behind its own HTTP server on the loopback interface.

    OSRM counts in tenths of a second on each arc, so that its tables differ by that much for each arc on a way.
    """

    def __init__(self, network: RoadNetwork, programs: Path, folder: Path, *, most: int) -> None:
        self.lonlat = np.column_stack([network.lon, network.lat])
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._server = subprocess.Popen(
            [programs / "osrm-routed", "-i", "127.0.0.1", "-p", str(self.port), "-t", "1"]  # noqa: RUF005
            + ["--max-table-size", str(most + 100), folder / "arcs.osrm"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait()

    def _wait(self) -> None:
        for _ in range(300):
            try:
                self.table(np.array([0, 1]))
            except (URLError, ConnectionError):
                time.sleep(0.1)
            else:
                return
        raise RuntimeError("OSRM's server does not answer")

    def reply(self, nodes: np.ndarray[Any, Any]) -> bytes:
        """Return the server's answer as it comes."""
        places = ";".join(f"{lon:.6f},{lat:.6f}" for lon, lat in self.lonlat[nodes])
        with urlopen(f"http://127.0.0.1:{self.port}/table/v1/driving/{places}?annotations=duration") as answer:
            body: bytes = answer.read()
        return body

    def table(self, nodes: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return milliseconds between nodes."""
        return np.array(json.loads(self.reply(nodes))["durations"], np.float64) * 1000

    def routes(self, nodes: np.ndarray[Any, Any], *, read: bool) -> list[Any]:
        """Return the lines from each node to the next, over one connection; or only take the replies as bytes."""
        places = [f"{lon:.6f},{lat:.6f}" for lon, lat in self.lonlat[nodes]]
        shape = "geojson" if read else "polyline"
        lines: list[Any] = []
        connection = HTTPConnection("127.0.0.1", self.port)
        for origin, destination in zip(places, places[1:] + places[:1], strict=True):
            path = f"/route/v1/driving/{origin};{destination}?overview=full&steps=false&geometries={shape}"
            try:
                connection.request("GET", path)
                body = connection.getresponse().read()
            except (RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                # Its server closes a connection after some hundred requests.
                connection.close()
                connection.request("GET", path)
                body = connection.getresponse().read()
            if read:
                lines.append(np.array(json.loads(body)["routes"][0]["geometry"]["coordinates"]))
        connection.close()
        return lines

    def stop(self) -> None:
        self._server.terminate()
        self._server.wait()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _write_osm(network: RoadNetwork, path: Path) -> None:
    """Write one one-way way for each arc, with its seconds as a tag."""
    with path.open("w", encoding="utf-8") as file:
        file.write('<osm version="0.6">\n')
        for node, (lon, lat) in enumerate(zip(network.lon.tolist(), network.lat.tolist(), strict=True), start=1):
            file.write(f'<node id="{node}" version="1" lat="{lat:.7f}" lon="{lon:.7f}"/>\n')
        arcs = zip(network.tail.tolist(), network.head.tolist(), network.time_ms.tolist(), strict=True)
        for way, (tail, head, ms) in enumerate(arcs, start=1):
            file.write(
                f'<way id="{way}" version="1"><nd ref="{tail + 1}"/><nd ref="{head + 1}"/>'
                f'<tag k="seconds" v="{ms / 1000:.3f}"/></way>\n'
            )
        file.write("</osm>\n")
