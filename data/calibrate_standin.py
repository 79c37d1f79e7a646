"""Measure the stand-in for Kupang against real driving times and distances between its 12 hospitals.

Usage: python data/calibrate_standin.py [--matrix FILE]

Exit code 0 when the medians of the absolute errors keep the limits (15 % of durations, 12 % of distances), 1 when not,
2 when the matrix cannot be read.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from patrolroute.datasets.standin import STANDIN_PROVENANCE, STANDIN_SEED, standin_graph
from patrolroute.roads import place_on_roads, roads_from_graph, travel_matrix
from patrolroute.scenario import Place, Travel

MATRIX = Path(__file__).resolve().parents[2] / "shared" / "data" / "kupang" / "dataset_with_matrix.json"
LIMITS = {"durations": 0.15, "distances": 0.12}
OTHER_SEEDS = (1, 2, 3, 4)
EARTH_RADIUS_M = 6_371_009.0


def read_matrix(path: Path) -> tuple[list[Place], dict[str, Any]]:
    """Return the hospitals and the real durations (s) and distances (m), each of shape (12, 12)."""
    data = json.loads(path.read_text(encoding="utf-8"))
    hospitals = [
        Place(id=key, name=row["name"], lon=row["lng"], lat=row["lat"]) for key, row in data["hospitals"].items()
    ]
    matrices = data["matrices"]
    return hospitals, {
        "durations": np.array(matrices["durations_s"]),
        "distances": np.array(matrices["distances_m"]),
    }


def drive(hospitals: list[Place], *, seed: int) -> dict[str, Any]:
    """Return the stand-in's durations (s) and distances (m), by the package's ordinary snapping and speeds."""
    network = roads_from_graph(standin_graph(seed=seed), provenance=STANDIN_PROVENANCE)
    placed = place_on_roads(network, hospitals, travel=Travel())
    matrix = travel_matrix(network, placed, profiles={"1": 1000})
    return {"durations": matrix.travel_s[0].astype(float), "distances": matrix.travel_m[0].astype(float)}


def pairs(matrix: Any) -> Any:
    """Return the values off the diagonal, 132 of 12 x 12."""
    return matrix[~np.eye(len(matrix), dtype=bool)]


def asymmetry(matrix: Any) -> float:
    """Return the median difference between there and back, relative to their mean."""
    upper = np.triu_indices(len(matrix), 1)
    there, back = matrix[upper], matrix.T[upper]
    return float(np.median(np.abs(there - back) / ((there + back) / 2)))


def crow_flight(hospitals: list[Place]) -> Any:
    """Return great-circle distances in metres."""
    lon, lat = np.radians([[h.lon, h.lat] for h in hospitals]).T
    half = (
        np.sin((lat[:, None] - lat) / 2) ** 2
        + np.cos(lat)[:, None] * np.cos(lat) * np.sin((lon[:, None] - lon) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(half))


def left_out(ours: Any, real: Any) -> float:
    """Return the median absolute error of each hospital's pairs, scaled by the other hospitals' median ratio."""
    errors = []
    for out in range(len(real)):
        others = [i for i in range(len(real)) if i != out]
        scale = np.median(pairs(real[np.ix_(others, others)]) / pairs(ours[np.ix_(others, others)]))
        for i in others:
            errors += [ours[out, i] * scale / real[out, i] - 1, ours[i, out] * scale / real[i, out] - 1]
    return float(np.median(np.abs(errors)))


def line(label: str, ours: Any, real: Any) -> str:
    """Return one row of the table."""
    error = pairs(ours) / pairs(real) - 1
    size = np.abs(error)
    figures = (np.median(size), size.mean(), np.percentile(size, 90), np.median(error), asymmetry(ours))
    return f"{label:34}" + "".join(f"{100 * figure:9.1f}" for figure in figures)


def main() -> int:
    """Print the table and return the exit code."""
    parser = argparse.ArgumentParser(description="Measure the stand-in for Kupang against real driving.")
    parser.add_argument("--matrix", type=Path, default=MATRIX, help="the real matrix, JSON")
    path = parser.parse_args().matrix
    try:
        hospitals, real = read_matrix(path)
    except (OSError, ValueError, KeyError) as error:
        print(f"{path}: cannot be read as a driving matrix ({error}).", file=sys.stderr)
        return 2
    ours = drive(hospitals, seed=STANDIN_SEED)
    others = {seed: drive(hospitals, seed=seed) for seed in OTHER_SEEDS}
    crow = crow_flight(hospitals)
    detour = np.median(pairs(real["distances"]) / pairs(crow))
    pace = np.median(pairs(real["durations"]) / pairs(crow))
    flat = {"distances": crow * detour, "durations": crow * pace}

    print("Stand-in for Kupang against OpenRouteService (driving-car, December 2025), 12 hospitals, 132 pairs.")
    print(f"{'all in %':34}{'median':>9}{'mean':>9}{'p90':>9}{'bias':>9}{'asym.':>9}")
    kept = True
    for what, limit in LIMITS.items():
        error = float(np.median(np.abs(pairs(ours[what]) / pairs(real[what]) - 1)))
        kept &= error <= limit
        print(f"{what}, limit {100 * limit:.0f} %: {'kept' if error <= limit else 'NOT KEPT'}")
        print(line(f"  shipped, seed {STANDIN_SEED}", ours[what], real[what]))
        for seed, other in others.items():
            print(line(f"  other local streets, seed {seed}", other[what], real[what]))
        print(line("  crow flight x the median ratio", flat[what], real[what]))
        print(f"  asymmetry of the real matrix{100 * asymmetry(real[what]):51.1f}")
        alone = 100 * left_out(ours[what], real[what])
        print(f"  one factor fitted, each hospital left out in turn: {alone:.1f} (median)")
    print(
        "The main roads and their four speeds were drawn with this matrix in view: the errors are in-sample. The rows\n"
        "of other seeds show how much is owed to the local streets; leaving hospitals out tests one factor, not the\n"
        "drawing."
    )
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
