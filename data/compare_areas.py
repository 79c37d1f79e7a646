"""Compare the approximate kecamatan areas with real kelurahan polygons.

Usage: python data/compare_areas.py [--polygons FILE]

Exit code 0 when compared, 2 when the polygons cannot be read.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import geopandas as gpd

from patrolroute.datasets.outline import kecamatan_areas
from patrolroute.datasets.townplan import kupang_plan, read_table

POLYGONS = Path(__file__).resolve().parents[2] / "shared" / "data" / "kupang" / "kelurahan.geojson"
METRIC = "EPSG:32751"


def main() -> int:
    """Print the table and return the exit code."""
    parser = argparse.ArgumentParser(description="Compare the approximate kecamatan with real polygons.")
    parser.add_argument("--polygons", type=Path, default=POLYGONS, help="kelurahan polygons with a column 'kode'")
    path = parser.parse_args().polygons
    try:
        kelurahan = gpd.read_file(path)
        real = kelurahan.dissolve(kelurahan["kode"].str[:8]).to_crs(METRIC).geometry
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        print(f"{path}: cannot be read as kelurahan polygons ({error}).", file=sys.stderr)
        return 2
    ours = gpd.GeoSeries(kecamatan_areas(kupang_plan()), crs="EPSG:4326").to_crs(METRIC)
    print(f"{'kecamatan':14}{'real km2':>10}{'ours km2':>10}{'shared of real %':>18}{'shared of both %':>18}")
    right_m2 = 0.0
    for row in read_table("kecamatan.csv"):
        a, b = real[row["code"]], ours[row["code"]]
        shared_m2 = a.intersection(b).area
        right_m2 += shared_m2
        both = 100 * shared_m2 / a.union(b).area
        print(f"{row['name']:14}{a.area / 1e6:10.1f}{b.area / 1e6:10.1f}{100 * shared_m2 / a.area:18.0f}{both:18.0f}")
    city, town = real.union_all(), ours.union_all()
    both = 100 * city.intersection(town).area / city.union(town).area
    inside = 100 * city.intersection(town).area / city.area
    print(f"{'the whole city':14}{city.area / 1e6:10.1f}{town.area / 1e6:10.1f}{inside:18.0f}{both:18.0f}")
    print(f"{100 * right_m2 / city.area:.0f} % of the real city lies in the right kecamatan.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
