"""Street coverage: the postman problems, and share against minutes with the lower bound.

    python benchmarks/street_coverage.py --roads FILE [FILE ...] --out FILE.csv [--square LON,LAT] [--targets 2000] \
        [--shares 0.2,0.6] [--bound-seconds 10] [--tasks postman,area] [--plot FILE.png]

A graph of more than 5,000 nodes is looked at in a square kilometre around the square's middle, and its postman problems
in a round piece with the target number of arcs, cut out of the network; other graphs are taken whole. Peers solve the
same arrays in the same run: networkx (network simplex) the directed, HiGHS by itself the windy problem. `max_error` is
the difference to the peer in ms, or to our own bound where the peer does not finish; for drives, the faults that
`check_drive` finds.
"""

from __future__ import annotations

import argparse
import csv
import math
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from patrolroute.roads import read_roads
from patrolroute.roads.coverage.beats import cut_beats
from patrolroute.roads.coverage.drives import drive_edges, drive_streets
from patrolroute.roads.coverage.postman import Postman, cover_arcs, walk
from patrolroute.roads.coverage.prizes import Effort, drive_share
from patrolroute.roads.coverage.recount import check_drive
from patrolroute.roads.coverage.streets import Ends, area_streets
from patrolroute.roads.coverage.windy import cover_streets
from patrolroute.roads.geometry import metres_per_degree
from stages import peak_mb

if TYPE_CHECKING:
    from collections.abc import Callable

    from patrolroute.roads import RoadNetwork
    from patrolroute.roads.coverage.streets import AreaStreets

COLUMNS = ("graph", "nodes", "arcs", "task", "engine", "n", "seconds", "peak_mb", "max_error")
LARGE_NODES = 5_000
SIDE_M = 1_000


class Table:
    """Collects rows of one graph."""

    def __init__(self, graph: str, network: RoadNetwork) -> None:
        self.facts = (graph, len(network.node_id), len(network.tail))
        self.rows: list[tuple[Any, ...]] = []

    def add(self, task: str, engine: str, n: int, seconds: float, error: float) -> None:
        row = (*self.facts, task, engine, n, f"{seconds:.4f}", f"{peak_mb():.0f}", f"{error:g}")
        print(*row, flush=True)
        self.rows.append(row)


def timed(work: Callable[[], Any], *, times: int = 1) -> tuple[Any, float]:
    """Return what work returns, and the least of its seconds."""
    best = float("inf")
    for _ in range(times):
        begin = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - begin)
    return result, best


def square(lon: float, lat: float) -> shapely.Polygon:
    east, north = metres_per_degree(np.array([lat]))
    x, y = SIDE_M / 2 / east[0], SIDE_M / 2 / north[0]
    return shapely.box(lon - x, lat - y, lon + x, lat + y)


def middle_piece(network: RoadNetwork, arcs: int, middle: tuple[float, float]) -> Postman:
    """Return the problem of driving a round piece of a network, a strong component of about so many arcs, alone."""
    lon, lat = middle
    away = np.hypot((network.lon - lon) * np.cos(np.radians(lat)), network.lat - lat)
    radius = np.sort(np.maximum(away[network.tail], away[network.head]))[min(arcs, len(network.tail)) - 1]
    kept = np.flatnonzero((away[network.tail] <= radius) & (away[network.head] <= radius))
    ends = (network.tail[kept], network.head[kept])
    links = csr_array((np.ones(len(kept), np.int8), ends), shape=(len(away),) * 2)
    _, label = connected_components(links, connection="strong")
    most = np.argmax(np.bincount(label))
    kept = kept[(label[ends[0]] == most) & (label[ends[1]] == most)]
    nodes, tail = np.unique(network.tail[kept], return_inverse=True)
    twin = network.twin[kept]
    _, street = np.unique(np.where((twin >= 0) & (twin < kept), twin, kept), return_inverse=True)
    return Postman(
        nodes=len(nodes),
        tail=tail.astype(np.int64),
        head=np.searchsorted(nodes, network.head[kept]),
        cost_ms=network.time_ms[kept],
        street=street.astype(np.int64),
        wanted=np.ones(street.max() + 1, np.bool_),
        root=0,
    )


def by_networkx(problem: Postman) -> int:
    """Return the cost of the directed postman by network simplex."""
    import networkx as nx

    surplus = np.bincount(problem.head, minlength=problem.nodes) - np.bincount(problem.tail, minlength=problem.nodes)
    graph = nx.MultiDiGraph()
    graph.add_nodes_from((node, {"demand": -int(extra)}) for node, extra in enumerate(surplus))
    for tail, head, cost in zip(problem.tail.tolist(), problem.head.tolist(), problem.cost_ms.tolist(), strict=True):
        graph.add_edge(tail, head, weight=cost)
    return int(nx.network_simplex(graph)[0]) + int(problem.cost_ms.sum())


def by_highs(problem: Postman, seconds: float) -> float:
    """Return the cost of the windy postman in one integer program; nan where time runs out."""
    arcs = np.arange(len(problem.tail))
    ends, signs = np.concatenate([problem.tail, problem.head]), np.repeat([1.0, -1.0], len(arcs))
    balanced = csr_array((signs, (ends, np.tile(arcs, 2))), shape=(problem.nodes, len(arcs)))
    covered = csr_array((np.ones(len(arcs)), (problem.street, arcs)), shape=(len(problem.wanted), len(arcs)))
    result = milp(
        problem.cost_ms.astype(np.float64),
        constraints=[LinearConstraint(balanced, 0, 0), LinearConstraint(covered, 1, np.inf)],
        integrality=np.ones(len(arcs), np.int64),
        bounds=Bounds(0, len(problem.wanted)),
        options={"time_limit": seconds, "mip_rel_gap": 0.0},
    )
    return float(result.fun) if result.status == 0 else float("nan")


def postmen(table: Table, problem: Postman, seconds: float) -> None:
    needed = np.ones(len(problem.tail), np.int64)

    def directed() -> int:
        cover = cover_arcs(problem, needed)
        walk(problem, cover.count)
        return cover.cost_ms

    cost, took = timed(directed, times=5)
    peer, peer_took = timed(lambda: by_networkx(problem))
    table.add("directed", "native", len(problem.tail), took, abs(cost - peer))
    table.add("directed", "networkx", len(problem.tail), peer_took, 0)
    cover, took = timed(lambda: cover_streets(problem, seconds=seconds), times=3)
    optimum, peer_took = timed(lambda: by_highs(problem, seconds))
    error = abs(cover.cost_ms - optimum) if math.isfinite(optimum) else cover.cost_ms - cover.lower_ms
    table.add("windy", "native", len(problem.wanted), took, error)
    table.add("windy", "highs", len(problem.wanted), peer_took, 0 if math.isfinite(optimum) else optimum)


def areas(
    table: Table, network: RoadNetwork, polygon: shapely.Polygon, shares: list[float], effort: Effort
) -> list[tuple[float, float, float]]:
    """Return share, minutes and lower bound in minutes, of closed drives from the middle of an area."""
    area, took = timed(lambda: area_streets(network, polygon), times=3)
    table.add("area", "native", len(area.edge), took, 0)
    both = np.concatenate([area.edge, network.twin[area.edge]])
    drive, took = timed(lambda: drive_edges(network, area, both[both >= 0]))
    table.add("directed in the whole network", "native", int((both >= 0).sum()), took, faults(network, polygon, drive))
    ends = Ends(start=middle_node(network, area))
    curve = []
    for share in shares:
        if share == 1:
            drive, took = timed(lambda: drive_streets(network, area, ends=ends, seconds=3 * effort.bound_seconds))
        else:
            drive, took = timed(lambda s=share: drive_share(network, area, share=s, ends=ends, effort=effort))
        table.add(f"share {share:g}", "native", len(area.edge), took, faults(network, polygon, drive))
        lower = (drive.lower_ms or 0) / 60_000
        print(f"    {drive.travel_s / 60:.2f} min, at least {lower:.2f}, proved: {drive.proved}")
        curve.append((drive.share, drive.travel_s / 60, lower))
    beats, took = timed(lambda: cut_beats(network, area, 900, effort=replace(effort, bound_seconds=0)))
    wrong = sum(faults(network, polygon, drive) for drive in beats.drives)
    table.add("beats of 15 min, share 0.6", "native", len(beats.drives), took, wrong)
    minutes = [drive.travel_s / 60 for drive in beats.drives]
    total, whole = sum(minutes), beats.whole.travel_s / 60
    print(
        f"    {min(minutes):.1f} to {max(minutes):.1f} min, {total:.1f} together, the drive before cutting {whole:.1f}"
    )
    return curve


def faults(network: RoadNetwork, polygon: shapely.Polygon, drive: Any) -> int:
    return len(check_drive(network, polygon, drive))


def middle_node(network: RoadNetwork, area: AreaStreets) -> int:
    """Return the end of a street from which the others are quickest to reach on average."""
    ends = np.unique(network.tail[area.edge])
    weights = csr_array(
        (network.time_ms.astype(float), (network.tail, network.head)), shape=(len(network.node_id),) * 2
    )
    some = ends[:: max(1, len(ends) // 50)]
    return int(some[np.argmin(dijkstra(weights, indices=some)[:, ends].sum(axis=1))])


def plot(curves: dict[str, list[tuple[float, float, float]]], attribution: str, path: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7.5, 5), layout="constrained")
    for (name, curve), colour in zip(curves.items(), ("#1b6ca8", "#c8553d", "#3a7d44"), strict=False):
        share, minutes, lower = (np.array(column) for column in zip(*curve, strict=True))
        axes.plot(minutes, 100 * share, "o-", color=colour, markersize=4, label=name)
        axes.plot(lower, 100 * share, "--", color=colour, linewidth=1)
    axes.plot([], [], "--", color="#555555", linewidth=1, label="lower bound: no drive is quicker")
    axes.set(xlabel="minutes of driving, back to the start", ylabel="share of the street kilometres, %", ylim=(0, 103))
    axes.set_xlim(left=0)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, fontsize=9, loc="lower right")
    axes.set_title("Street kilometres covered in a given time")
    figure.text(0.99, 0.005, attribution, ha="right", va="bottom", fontsize=6, color="#555555")
    figure.savefig(path, dpi=150)


def main() -> None:
    parser = argparse.ArgumentParser(description="Street coverage: postman problems, and share against minutes.")
    parser.add_argument("--roads", type=Path, nargs="+", required=True)
    parser.add_argument("--square", default="-8.61,41.15", help="middle of the square kilometre of a large graph")
    parser.add_argument("--targets", default="2000", help="arcs of the pieces of a large graph")
    parser.add_argument("--shares", default="0.1,0.2,0.3,0.4,0.5,0.6,0.7,0.8,0.9,1")
    parser.add_argument("--bound-seconds", type=float, default=10.0)
    parser.add_argument("--iterations", type=int, default=2_000)
    parser.add_argument("--tasks", default="postman,area")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--plot", type=Path)
    arguments = parser.parse_args()
    lon, lat = map(float, arguments.square.split(","))
    shares = [float(each) for each in arguments.shares.split(",") if each]
    effort = Effort(iterations=arguments.iterations, bound_seconds=arguments.bound_seconds)
    rows, curves, attribution = [], {}, ""
    for path in arguments.roads:
        network = read_roads(path)
        name, large = path.name.split(".")[0], len(network.node_id) > LARGE_NODES
        table, attribution = Table(name, network), network.provenance.attribution
        if "postman" in arguments.tasks:
            for arcs in [int(each) for each in arguments.targets.split(",")] if large else [len(network.tail)]:
                postmen(table, middle_piece(network, arcs, (lon, lat) if large else middle_of(network)), 60.0)
        if "area" in arguments.tasks:
            polygon = square(lon, lat) if large else shapely.box(*network.bounds)
            label = f"{name}, 1 km²" if large else name
            curves[label] = areas(table, network, polygon, shares, effort)
        rows += table.rows
    with arguments.out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerows([COLUMNS, *rows])
    if arguments.plot is not None and curves:
        plot(curves, attribution, arguments.plot)


def middle_of(network: RoadNetwork) -> tuple[float, float]:
    west, south, east, north = network.bounds
    return (west + east) / 2, (south + north) / 2


if __name__ == "__main__":
    main()
