"""Areas at patrol speed: the share of street kilometres that beats reach, against minutes, and a lower bound.

    python benchmarks/areas.py --roads FILE [FILE ...] --out FILE.csv [--square LON,LAT] [--shares 0.2,0.6] \
        [--kph 15] [--longest 900] [--bound-seconds 10] [--plot FILE.png]

A graph of more than 5,000 nodes is looked at in a square kilometre around the square's middle, others whole. For each
share: beats of at most `--longest` seconds as a plan would have them, added up; the one drive that they were cut from;
and a bound that no one drive over the share beats, of the prize-collecting postman's relaxation on a network that has
each street twice, slow where it counts. Beats may together take less than one drive, as the ways between them are not
theirs. `turned_beats` and `turned_min` are of beats that obey the roads' turn restrictions and take 20 s to turn round,
but in dead ends; the bound is theirs, too, since turns only take drives away.
`faults` are those that the check of areas finds, which must be none.
"""

from __future__ import annotations

import argparse
import csv
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely

from patrolroute.roads import read_roads, turn_graph
from patrolroute.roads.coverage.beats import cut_beats
from patrolroute.roads.coverage.pace import patrol_ms
from patrolroute.roads.coverage.patrols import BeatWish, plan_beats
from patrolroute.roads.coverage.prizes import Effort
from patrolroute.roads.coverage.streets import area_streets
from patrolroute.rules.areas import area_faults
from patrolroute.scenario import Area
from street_coverage import LARGE_NODES, square

if TYPE_CHECKING:
    from patrolroute.roads import RoadNetwork

COLUMNS = (
    "graph",
    "km",
    "share",
    "beats",
    "beats_min",
    "longest_min",
    "one_drive_min",
    "bound_min",
    "turned_beats",
    "turned_min",
    "faults",
)
Row = tuple[str, float, float, int, float, float, float, float, int, float, int]


def measure(name: str, network: RoadNetwork, polygon: shapely.Polygon, options: argparse.Namespace) -> list[Row]:
    streets, turns = area_streets(network, polygon), turn_graph(network)
    rows: list[Row] = []
    for share in (float(each) for each in options.shares.split(",")):
        area = Area(id="area", rings=(tuple(polygon.exterior.coords),), share=share, patrol_kph=options.kph)
        effort = Effort(iterations=options.iterations)
        wish = BeatWish(longest_s={"area": options.longest}, effort=effort)
        book, turned = (plan_beats(network, [area], replace(wish, turns=each)) for each in (None, turns))
        bounded = replace(effort, bound_seconds=options.bound_seconds)
        cut = cut_beats(
            network, streets, options.longest, share=share, closed=False, patrol_kph=options.kph, effort=bounded
        )
        minutes = [beat.duration_s / 60 for beat in book.beats]
        row = (
            name,
            round(streets.total_m / 1000, 2),
            round(sum(beat.credit_dm for beat in book.beats) / book.total_dm["area"], 4),
            len(minutes),
            round(sum(minutes), 2),
            round(max(minutes), 2),
            round(float(patrol_ms(network, cut.whole, options.kph).sum()) / 60_000, 2),
            round((cut.lower_ms or 0) / 60_000, 2),
            len(turned.beats),
            round(sum(beat.duration_s for beat in turned.beats) / 60, 2),
            sum(len(list(area_faults(each, area))) for each in (book, turned)),
        )
        print(*row, flush=True)
        rows.append(row)
    return rows


def plot(rows: list[Row], attribution: str, kph: float, path: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7.5, 4.6), layout="constrained")
    for graph, colour in zip(dict.fromkeys(row[0] for row in rows), ("#1b6ca8", "#c8553d", "#3a7d44"), strict=False):
        columns = [(row[2], row[4], row[7], row[9]) for row in rows if row[0] == graph]
        share, beats, bound, turned = np.array(columns).T
        axes.plot(beats, 100 * share, "o-", color=colour, markersize=4, label=f"{graph}: beats")
        axes.plot(turned, 100 * share, "^:", color=colour, markersize=4, linewidth=1)
        axes.plot(bound, 100 * share, "--", color=colour, linewidth=1)
    axes.plot([], [], "^:", color="#555555", markersize=4, linewidth=1, label="beats that obey turns")
    axes.plot([], [], "--", color="#555555", linewidth=1, label="lower bound of one drive")
    axes.set(
        xlabel=f"minutes, {kph:g} km/h on streets that count", ylabel="share of the street kilometres, %", ylim=(0, 103)
    )
    axes.set_xlim(left=0)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, fontsize=9, loc="lower right")
    axes.set_title("Areas driven at patrol speed")
    figure.text(0.99, 0.005, attribution, ha="right", va="bottom", fontsize=6, color="#555555")
    figure.savefig(path, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description="Areas at patrol speed: share against minutes, with a bound.")
    parser.add_argument("--roads", type=Path, nargs="+", required=True)
    parser.add_argument("--square", default="-8.61,41.15", help="middle of the square kilometre of a large graph")
    parser.add_argument("--shares", default="0.2,0.4,0.6,0.8,1")
    parser.add_argument("--kph", type=float, default=15.0)
    parser.add_argument("--longest", type=float, default=900.0, help="seconds of a beat")
    parser.add_argument("--iterations", type=int, default=300)
    parser.add_argument("--bound-seconds", type=float, default=10.0)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--plot", type=Path)
    options = parser.parse_args()
    rows: list[Row] = []
    attribution = ""
    for path in options.roads:
        network = read_roads(path)
        name, large = path.name.split(".")[0], len(network.node_id) > LARGE_NODES
        lon, lat = map(float, options.square.split(","))
        polygon = square(lon, lat) if large else shapely.box(*network.bounds)
        attribution = network.provenance.attribution
        rows += measure(f"{name}, 1 km²" if large else name, network, polygon, options)
    with options.out.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([COLUMNS, *rows])
    if options.plot is not None:
        plot(rows, attribution, options.kph, options.plot)


if __name__ == "__main__":
    main()
