"""Make a synthetic night on any road file: sites spread over its streets, squads, bases, a shift past midnight.

    python benchmarks/scenario_from_roads.py ROADS --sites 40 --squads 4 --hours 3 --seed 1 --out DIR

writes DIR/scenario.toml with sites.csv, squads.csv and places.csv, all or nothing; the same arguments give the same
bytes. Nothing in it is surveyed, and every site says so.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import io
import json
import math
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from patrolroute.errors import Faults, InputError, PatrolrouteError
from patrolroute.roads import RoadNetwork, read_roads
from patrolroute.scenario import read_scenario

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

DATE = dt.date(2023, 11, 23)
SOURCE = "synthetic site, benchmarks/scenario_from_roads.py"
M_PER_DEG = 111_320.0
CANDIDATES = 16
"""Points tried for each site; the one farthest from all others is taken (Mitchell 1991, 10.1145/122718.122736)."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 when the scenario was written, 2 when an argument or the roads are at fault."""
    chosen = parse(arguments)
    try:
        write_night(chosen)
    except PatrolrouteError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{chosen.out / 'scenario.toml'}: {chosen.sites} sites and {chosen.squads} squads on {chosen.roads.name}")
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("roads", type=Path, metavar="ROADS", help="a road file of any kind that patrolroute reads")
    parser.add_argument("--sites", type=int, default=40)
    parser.add_argument("--squads", type=int, default=4)
    parser.add_argument("--hours", type=float, default=3.0, help="length of the shift")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    return parser.parse_args(arguments)


def write_night(chosen: argparse.Namespace) -> None:
    """Write the scenario that the arguments ask for.

    Raises
    ------
    PatrolrouteError
        When an argument or the roads are at fault.
    """
    check_arguments(chosen)
    network = read_roads(chosen.roads)
    rng = np.random.default_rng(chosen.seed)
    tables = make_tables(network, chosen, rng)
    write_all({"scenario.toml": scenario_text(network, chosen), **tables}, chosen.out)


def check_arguments(chosen: argparse.Namespace) -> None:
    faults = Faults()
    for name, low, high in (("sites", 0, 20_000), ("squads", 0, 1_000), ("seed", 0, 2**63 - 1)):
        value = getattr(chosen, name)
        if not low <= value <= high:
            faults.add(f"--{name}: is {value}; expected a whole number from {low} to {high}.")
    if not 0.1 <= chosen.hours <= 48:
        faults.add(f"--hours: is {chosen.hours:g}; expected a number from 0.1 to 48.")
    if chosen.out.exists() and not chosen.out.is_dir():
        faults.add(f"--out: {chosen.out} is a file; expected a folder, which is made when it is not there.")
    faults.raise_if_any()


def make_tables(network: RoadNetwork, chosen: argparse.Namespace, rng: np.random.Generator) -> dict[str, str]:
    """Return the text of each table by file name."""
    bases = 1 if chosen.squads < 3 else 2
    taken = spread_points(network, bases + chosen.sites, rng)
    start, end = shift_of(chosen.hours)
    places = [{"id": f"base-{n + 1}", "name": f"Base {n + 1}", **position(taken[n])} for n in range(bases)]
    sites = [site_row(n + 1, taken[bases + n], (start, end), rng) for n in range(chosen.sites)]
    squads = [squad_row(n + 1, bases, (start, end)) for n in range(chosen.squads)]
    place_fields = ("id", "name", "lon", "lat", "placement", "source")
    site_fields = (*place_fields, "tier", "weight", "dwell_min", "windows", "required")
    squad_fields = ("id", "name", "people", "vehicle", "speed_factor", "start", "end", "shift_start", "shift_end",
                    "briefing_min", "debriefing_min", "max_driving_min")  # fmt: skip
    return {
        "places.csv": csv_text(place_fields, places),
        "sites.csv": csv_text(site_fields, sites),
        "squads.csv": csv_text(squad_fields, squads),
    }


def spread_points(network: RoadNetwork, count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return points beside streets, evenly spread, the first of them near the middle; lon and lat, shape (count, 2)."""
    scale = np.array([M_PER_DEG * math.cos(math.radians(float(np.median(network.lat)))), M_PER_DEG])
    pool = on_streets(network, max(64, count * CANDIDATES), rng)
    pool_m = pool * scale
    middle = np.median(pool_m, axis=0)
    chosen = [int(np.argmin(((pool_m - middle) ** 2).sum(axis=1)))]
    nearest_m2 = ((pool_m - pool_m[chosen[0]]) ** 2).sum(axis=1)
    while len(chosen) < count:
        tried = rng.integers(0, len(pool), CANDIDATES)
        best = int(tried[np.argmax(nearest_m2[tried])])
        chosen.append(best)
        nearest_m2 = np.minimum(nearest_m2, ((pool_m - pool_m[best]) ** 2).sum(axis=1))
    angle = rng.uniform(0, 2 * math.pi, count)
    away_m = rng.uniform(5, 25, count)[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return pool[chosen[:count]] + away_m / scale


def on_streets(network: RoadNetwork, count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return random points on the streets, each metre of street as likely as any other."""
    length = network.length_dm.astype(np.float64)
    if not length.sum() > 0:
        raise InputError([f"{network.provenance.source}: has no street of any length; expected roads to put sites on."])
    edge = rng.choice(len(length), count, p=length / length.sum())
    share = rng.uniform(0, 1, count)
    first, last = network.shape_start[edge], network.shape_start[edge + 1] - 1
    along = share * (last - first)
    lower = np.minimum(first + along.astype(np.int64), last - 1)
    part = (along - (lower - first))[:, None]
    points: NDArray[np.float64] = network.shape_lonlat[lower] * (1 - part) + network.shape_lonlat[lower + 1] * part
    return points


def shift_of(hours: float) -> tuple[dt.datetime, dt.datetime]:
    """Return a shift of that length, in local time, with midnight in its middle."""
    midnight = dt.datetime.combine(DATE + dt.timedelta(days=1), dt.time(0))
    length_min = max(6, round(hours * 60))
    start = midnight - dt.timedelta(minutes=min(length_min // 2, 24 * 60))
    return start, start + dt.timedelta(minutes=length_min)


def site_row(
    number: int, point: NDArray[np.float64], shift: tuple[dt.datetime, dt.datetime], rng: np.random.Generator
) -> dict[str, Any]:
    dwell_min = int(rng.integers(10, 17))
    windows = []
    for _ in range(int(rng.choice([0, 1, 2], p=[0.7, 0.2, 0.1]))):
        shift_min = int((shift[1] - shift[0]).total_seconds()) // 60
        length_min = dwell_min + int(rng.integers(20, 61))
        opens = shift[0] + dt.timedelta(minutes=int(rng.integers(0, max(1, shift_min - dwell_min))))
        windows.append(f"{opens:%Y-%m-%dT%H:%M}/{opens + dt.timedelta(minutes=length_min):%Y-%m-%dT%H:%M}")
    return {
        "id": f"site-{number:04d}",
        "name": f"Synthetic site {number}",
        **position(point),
        "tier": int(rng.choice([1, 2, 3], p=[0.2, 0.4, 0.4])),
        "weight": int(rng.integers(1, 6)),
        "dwell_min": dwell_min,
        "windows": " ".join(windows),
        "required": "false",
    }


def squad_row(number: int, bases: int, shift: tuple[dt.datetime, dt.datetime]) -> dict[str, Any]:
    motorcycle = number % 2 == 0
    base = f"base-{(number - 1) % bases + 1}"
    shift_min = (shift[1] - shift[0]).total_seconds() / 60
    parade_min = 10 if shift_min >= 60 else 0
    return {
        "id": f"squad-{number}",
        "name": f"Squad {number}",
        "people": "preventif=2" if motorcycle else "preventif=4; preemtif=2",
        "vehicle": "motorcycle" if motorcycle else "car",
        "speed_factor": "1.15" if motorcycle else "1",
        "start": base,
        "end": base,
        "shift_start": f"{shift[0]:%Y-%m-%dT%H:%M}",
        "shift_end": f"{shift[1]:%Y-%m-%dT%H:%M}",
        "briefing_min": parade_min,
        "debriefing_min": parade_min,
        "max_driving_min": f"{0.8 * shift_min:g}" if motorcycle else "",
    }


def position(point: NDArray[np.float64]) -> dict[str, str]:
    return {"lon": f"{point[0]:.6f}", "lat": f"{point[1]:.6f}", "placement": "approximate", "source": SOURCE}


def scenario_text(network: RoadNetwork, chosen: argparse.Namespace) -> str:
    offset = round(float(np.median(network.lon)) / 15)
    name = f"Synthetic night on {chosen.roads.name}"[:300]
    note = (
        f"Synthetic sites, squads and windows, made by benchmarks/scenario_from_roads.py with seed {chosen.seed}; the "
        "timezone is told from the longitude: not for the field."
    )
    return (
        f"name = {json.dumps(name)}\n"
        f"date = {DATE.isoformat()}\n"
        f'timezone = "{"-" if offset < 0 else "+"}{abs(offset):02d}:00"\n'
        'places = "places.csv"\nsites = "sites.csv"\nsquads = "squads.csv"\n'
        f"notes = [{json.dumps(note)}]\n"
    )


def csv_text(fields: Sequence[str], rows: Sequence[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, fields, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def write_all(texts: dict[str, str], folder: Path) -> None:
    """Write the files beside their final place, read them as a planner's, and only then move them there."""
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".unfinished-") as beside:
            for name, text in texts.items():
                (Path(beside) / name).write_text(text, encoding="utf-8")
            read_scenario(Path(beside) / "scenario.toml")
            for name in texts:
                (Path(beside) / name).replace(folder / name)
    except (OSError, InputError) as error:
        if made and folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
        if isinstance(error, InputError):
            raise
        raise InputError([f"--out: {folder} cannot be written: {error.strerror or error}."]) from error


if __name__ == "__main__":
    sys.exit(main())
