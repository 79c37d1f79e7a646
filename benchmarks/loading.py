"""Time and peak memory of reading, storing, snapping and tracing roads, against osmnx where it can do the same.

    python benchmarks/loading.py --roads FILE.osm.pbf [--points 10000] [--legs 1000] [--engines native,osmnx] \
        [--repeats 3] [--out FILE.csv]

Every task of `native` runs in a process of its own and says its best of `--repeats` and the process's peak memory;
osmnx runs in one, and reads and projects once. Points lie up to
300 m from random junctions; legs lead from 300 of them to random others. osmnx reads XML only: the streets that its
"drive" filter takes, written to XML beforehand and not timed. Its nearest edges are asked of the projected graph, and
projecting is a task of its own. Columns: `graph,nodes,arcs,task,engine,n,seconds,peak_mb`.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import osmium

from stages import peak_mb

if TYPE_CHECKING:
    from collections.abc import Callable

STORED, DRIVE = "roads.npz", "drive.osm"
COLUMNS = ("graph", "nodes", "arcs", "task", "engine", "n", "seconds", "peak_mb")
NOT_DRIVEN = (
    *("abandoned", "bridleway", "bus_guideway", "construction", "corridor", "cycleway", "elevator", "escalator"),
    *("footway", "no", "path", "pedestrian", "planned", "platform", "proposed", "raceway", "razed", "rest_area"),
    *("service", "services", "steps", "track"),
)


def write_drive_xml(pbf: Path, xml: Path) -> None:
    """Write the ways that OSMnx's "drive" takes, and their nodes."""
    ways = []
    for way in osmium.FileProcessor(str(pbf), osmium.osm.WAY).with_filter(osmium.filter.KeyFilter("highway")):
        tags: Any = way.tags
        closed = (
            any(each in tags["highway"] for each in NOT_DRIVEN)
            or "yes" in tags.get("area", "")
            or "private" in tags.get("access", "")
            or "no" in tags.get("motor_vehicle", "")
            or "no" in tags.get("motorcar", "")
            or any(each in tags.get("service", "") for each in ("alley", "driveway", "emergency", "parking", "private"))
        )
        if not closed:
            ways.append(way.id)
    nodes = {node.ref for way in _of(pbf, osmium.osm.WAY, ways) for node in way.nodes}
    with osmium.SimpleWriter(str(xml), overwrite=True) as writer:
        for node in _of(pbf, osmium.osm.NODE, nodes):
            writer.add_node(node)
        for way in _of(pbf, osmium.osm.WAY, ways):
            writer.add_way(way)


def _of(pbf: Path, kind: Any, ids: Any) -> Any:
    return osmium.FileProcessor(str(pbf), kind).with_filter(osmium.filter.IdFilter(ids))


def best(repeats: int, task: Callable[[], Any]) -> tuple[float, Any]:
    seconds, result = [], None
    for _ in range(repeats):
        result = None
        began = time.perf_counter()
        result = task()
        seconds.append(time.perf_counter() - began)
    return min(seconds), result


def points_near(lon: Any, lat: Any, count: int) -> tuple[Any, Any]:
    rng = np.random.default_rng(1)
    chosen = rng.integers(0, len(lon), count)
    return lon[chosen] + rng.uniform(-0.003, 0.003, count), lat[chosen] + rng.uniform(-0.003, 0.003, count)


def run_native(task: str, file: Path, n: int, repeats: int) -> tuple[float, int, int]:
    from dataclasses import replace

    from patrolroute.roads import place_on_roads, read_roads, snap_points, trace_legs, turn_graph
    from patrolroute.scenario.model import Place, Travel

    if task == "prepare":
        read_roads(file).save(file.with_name(STORED))
        return 0.0, 0, 0
    if task in ("read", "read stored"):
        seconds, roads = best(repeats, lambda: read_roads(file))
        return seconds, len(roads.node_id), len(roads.tail)
    roads = read_roads(file)
    size = len(roads.node_id), len(roads.tail)
    if task == "store":
        seconds, _ = best(repeats, lambda: roads.save(file.with_name("again.npz")))
    elif task == "turn graph":
        seconds, _ = best(repeats, lambda: turn_graph(roads))
    elif task in ("snap", "snap again"):
        lon, lat = points_near(roads.lon, roads.lat, n)
        if task == "snap again":
            snap_points(roads, lon, lat)
        # A copy has no index yet.
        seconds, _ = best(repeats, lambda: snap_points(roads if task == "snap again" else replace(roads), lon, lat))
    else:
        lon, lat = points_near(roads.lon, roads.lat, 300)
        places = [Place(id=str(i), lon=float(x), lat=float(y)) for i, (x, y) in enumerate(zip(lon, lat, strict=True))]
        placed = place_on_roads(roads, places, travel=Travel(snap_limit_m=5000))
        pairs = [(str(a), str(b)) for a, b in np.random.default_rng(2).integers(0, 300, (n, 2)).tolist()]
        turns = turn_graph(roads) if task == "trace, turns" else None
        seconds, _ = best(repeats, lambda: trace_legs(roads, placed, pairs, turns=turns))
    return seconds, *size


def run_osmnx(xml: Path, n: int, repeats: int) -> list[list[Any]]:
    """Read, project and snap in one process, since reading takes long."""
    import geopandas
    import osmnx

    def read() -> Any:
        graph = osmnx.graph_from_xml(xml, simplify=True, retain_all=True)
        return osmnx.add_edge_travel_times(
            osmnx.add_edge_speeds(osmnx.truncate.largest_component(graph, strongly=True))
        )

    seconds, graph = best(1, read)
    size = [graph.number_of_nodes(), graph.number_of_edges()]
    rows = [[*size, "read", "osmnx", 0, seconds, peak_mb()]]
    nodes = osmnx.graph_to_gdfs(graph, edges=False)
    lon, lat = points_near(nodes["x"].to_numpy(), nodes["y"].to_numpy(), n)
    seconds, projected = best(1, lambda: osmnx.project_graph(graph))
    rows.append([*size, "project", "osmnx", 0, seconds, peak_mb()])
    spots = geopandas.GeoSeries.from_xy(lon, lat, crs=4326).to_crs(projected.graph["crs"])
    seconds, _ = best(repeats, lambda: osmnx.nearest_edges(projected, spots.x.to_numpy(), spots.y.to_numpy()))
    return [*rows, [*size, "snap", "osmnx", n, seconds, peak_mb()]]


def main() -> None:
    parser = argparse.ArgumentParser(description="Reading, storing, snapping and tracing roads, against osmnx.")
    parser.add_argument("--roads", type=Path, required=True)
    parser.add_argument("--points", type=int, default=10_000)
    parser.add_argument("--legs", type=int, default=1_000)
    parser.add_argument("--engines", default="native,osmnx")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--task", nargs=4, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.task:
        _run(*chosen.task, repeats=chosen.repeats)
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / chosen.roads.name
        copy.write_bytes(chosen.roads.read_bytes())
        rows = [[chosen.roads.name, *row] for row in _rows(chosen, copy)]
    for row in (COLUMNS, *rows):
        print(*row, sep="\t")
    if chosen.out:
        with chosen.out.open("w", newline="", encoding="utf-8") as out:
            csv.writer(out).writerows([COLUMNS, *rows])


def _run(engine: str, task: str, file: str, n: str, *, repeats: int) -> None:
    """Run one task and print its rows."""
    if (engine, task) == ("osmnx", "prepare"):
        write_drive_xml(Path(file), Path(file).with_name(DRIVE))
        rows = []
    elif engine == "osmnx":
        rows = run_osmnx(Path(file), int(n), repeats)
    else:
        seconds, nodes, arcs = run_native(task, Path(file), int(n), repeats)
        rows = [] if task == "prepare" else [[nodes, arcs, task, engine, int(n), seconds, peak_mb()]]
    print(json.dumps([[*row[:5], round(row[5], 4), round(row[6])] for row in rows]))


def _rows(chosen: argparse.Namespace, roads: Path) -> list[list[Any]]:
    """Run every task in a process of its own: this one reads nothing, since a child's peak begins at its parent's."""
    stored, xml = roads.with_name(STORED), roads.with_name(DRIVE)
    tasks = []
    if "native" in chosen.engines:
        tasks += [("native", "prepare", roads, 0), ("native", "read", roads, 0), ("native", "store", stored, 0)]
        tasks += [("native", "read stored", stored, 0), ("native", "turn graph", stored, 0)]
        tasks += [("native", task, stored, chosen.points) for task in ("snap", "snap again")]
        tasks += [("native", task, stored, chosen.legs) for task in ("trace", "trace, turns")]
    if "osmnx" in chosen.engines:
        tasks += [("osmnx", "prepare", roads, 0), ("osmnx", "read, project, snap", xml, chosen.points)]
    rows: list[list[Any]] = []
    for engine, task, file, n in tasks:
        command = [sys.executable, __file__, "--roads", str(chosen.roads), "--repeats", str(chosen.repeats)]
        done = subprocess.run(
            [*command, "--task", engine, task, str(file), str(n)], stdout=subprocess.PIPE, text=True, check=True
        )
        rows += json.loads(done.stdout.splitlines()[-1])
    return rows


if __name__ == "__main__":
    main()
