"""Road tasks on any road file, this package beside its peers.

    python benchmarks/roads.py --roads FILE [--sites 200,1000,5000] [--tasks preprocess,matrix,turns,trace] \
        [--engines native,scipy,...] [--osrm DIR] [--out FILE.csv]
    python benchmarks/roads.py --roads FILE --tiles 0.02,0.2,1,5,10 [--plot FILE.png] [--out FILE.csv]

The second form measures how cost grows: pieces of the network (less than 1) and tiles of it side by side. Every figure
of the first form comes from a process of its own with one thread, compiled and warmed up before the clock runs. Peers
that are not installed are named and left out; `pip install 'patrolroute[benchmarks]'` brings most of them. OSRM is
measured where `--osrm` names the folder of its programs (osrm-extract, osrm-contract, osrm-routed).
"""

from __future__ import annotations

import argparse
import csv
import math
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import roads_growth
import roads_matrix  # noqa: F401 - registers its tasks
import roads_ways  # noqa: F401 - registers its tasks
from patrolroute.roads import read_roads, write_roads
from roadbench import COLUMNS, TASKS, Case, run_alone

Row = tuple[str, int, int, str, str, int, float, float, float | str]


def measure_tasks(args: argparse.Namespace, folder: Path) -> list[Row]:
    """Run every task asked for with every engine that it has; print each row as it comes."""
    network = read_roads(args.roads)
    packed = write_roads(network, folder / "roads.npz")
    sizes = [int(each) for each in args.sites.split(",")]
    rows: list[Row] = []
    for name in args.tasks.split(",") if args.tasks else TASKS:
        for engine in TASKS[name].engines:
            if args.engines and engine not in args.engines.split(","):
                continue
            for n in sizes if TASKS[name].sized else [0]:
                found = run_alone(name, Case(roads=args.roads, packed=packed, engine=engine, n=n, osrm=args.osrm))
                if isinstance(found, str):
                    print(f"{name:<12} {engine:<16} {n or '':>6} not measured: {found}", flush=True)
                    continue
                error = "" if found.max_error is None else found.max_error
                print(
                    f"{name:<12} {engine:<16} {n or '':>6} {found.seconds:10.4f} s {found.peak_mb:7.0f} MB  {error}",
                    flush=True,
                )
                size = len(network.node_id), len(network.tail)
                rows.append((args.roads.name, *size, name, engine, n, found.seconds, found.peak_mb, error))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--roads", type=Path, required=True)
    parser.add_argument("--sites", default="200,1000,5000")
    parser.add_argument("--tasks", default="", help=f"of {', '.join(TASKS)}; all of them unless given")
    parser.add_argument("--engines", default="", help="all that a task has unless given")
    parser.add_argument("--osrm", type=Path)
    parser.add_argument("--tiles", default="", help="measure growth instead, on so many tiles of the network")
    parser.add_argument("--plot", type=Path, help="a PNG of the growth")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    if args.tiles:
        rows = roads_growth.measure_growth(args.roads, [float(each) for each in args.tiles.split(",")], args.plot)
    else:
        with tempfile.TemporaryDirectory() as folder:
            rows = measure_tasks(args, Path(folder))
    if args.out is not None:
        part = args.out.with_name(args.out.name + ".part")
        with part.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            writer.writerows(
                (*row[:6], f"{row[6]:.5f}", "" if math.isnan(row[7]) else f"{row[7]:.1f}", row[8]) for row in rows
            )
        part.replace(args.out)


if __name__ == "__main__":
    main()
