"""The hand-drawn plan from which the stand-in city grows: nuclei, main roads, coast, rivers.

Positions are whole decimetres in a local plane, so that every test of sides and crossings is exact and the same
on every machine.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Points = NDArray[np.int64]

Flow = Literal["both", "median", "oneway"]

FIGURES = Path(__file__).with_name("kupang")

ORIGIN_LON, ORIGIN_LAT = 123.6, -10.17
# One degree on a sphere of 6,371,009 m, the radius that OSMnx measures with; east-west times cos(10.17 deg).
DM_PER_DEG_LAT = 1_111_950.8
DM_PER_DEG_LON = 1_094_479.8


@dataclass(frozen=True, eq=False)
class Nucleus:
    """A kelurahan, as the stand-in knows it: a point, and how dense its streets are."""

    kode: str
    name: str
    lon: float
    lat: float
    spacing_m: int
    reach_m: int

    @property
    def kecamatan(self) -> str:
        """Code of the kecamatan, such as "53.71.01"."""
        return self.kode[:8]


@dataclass(frozen=True, eq=False)
class MainRoad:
    """A road of the skeleton, through junctions; traffic flows both ways, divided by a median, or one way."""

    number: int
    highway: str
    flow: Flow
    bend: float
    through: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class TownPlan:
    """Everything that is drawn by hand; the streets between it are grown.

    Parameters
    ----------
    nuclei : tuple of Nucleus
    junctions : dict of str to array, shape (2,)
        Positions in decimetres.
    roads : tuple of MainRoad
    coast : int64 array, shape (n, 2)
        From south-west to north-east; the sea lies to the left, north-west.
    barriers : tuple of int64 arrays, each of shape (n, 2)
        Rivers and slopes, which only main roads cross.
    fields : tuple of int64 arrays, each of shape (n, 2)
        Closed rings without streets.
    """

    nuclei: tuple[Nucleus, ...]
    junctions: dict[str, Points]
    roads: tuple[MainRoad, ...]
    coast: Points
    barriers: tuple[Points, ...]
    fields: tuple[Points, ...]

    @property
    def nucleus_dm(self) -> Points:
        """Positions of the nuclei, int64, shape (n, 2)."""
        return to_plane([n.lon for n in self.nuclei], [n.lat for n in self.nuclei])


def to_plane(lon: object, lat: object) -> Points:
    """Return whole decimetres east and north of the origin, int64, shape (n, 2)."""
    east = np.rint((np.asarray(lon, np.float64) - ORIGIN_LON) * DM_PER_DEG_LON)
    north = np.rint((np.asarray(lat, np.float64) - ORIGIN_LAT) * DM_PER_DEG_LAT)
    return np.stack([east, north], axis=-1).astype(np.int64)


def to_degrees(points: Points) -> NDArray[np.float64]:
    """Return lon and lat, shape (n, 2), rounded to 1e-7 degrees."""
    lon = ORIGIN_LON + points[..., 0] / DM_PER_DEG_LON
    lat = ORIGIN_LAT + points[..., 1] / DM_PER_DEG_LAT
    return np.stack([lon, lat], axis=-1).astype(np.float64).round(7)


def land(plan: TownPlan) -> shapely.Polygon:
    """Return the land on the inner side of the coast, in decimetres, open-ended towards the south-east."""
    return shapely.Polygon(np.concatenate([plan.coast, [[200_000, -200_000], [-100_000, -200_000]]]))


def read_table(name: str) -> list[dict[str, str]]:
    """Return the rows of a table that is shipped with the package, below ``datasets/kupang``."""
    with (FIGURES / name).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@cache
def kupang_plan() -> TownPlan:
    """Return the plan of the stand-in for Kupang."""
    nuclei = tuple(
        Nucleus(
            row["kode"],
            row["name"],
            float(row["lon"]),
            float(row["lat"]),
            int(row["spacing_m"]),
            int(row["reach_m"]),
        )
        for row in read_table("standin/nuclei.csv")
    )
    junctions = {
        row["junction"]: to_plane(float(row["lon"]), float(row["lat"])) for row in read_table("standin/junctions.csv")
    }
    roads = tuple(
        MainRoad(
            int(row["road"]), row["highway"], _flow(row["flow"]), float(row["bend"]), tuple(row["through"].split())
        )
        for row in read_table("standin/roads.csv")
    )
    lines: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for row in read_table("standin/lines.csv"):
        lines.setdefault((row["kind"], row["line"]), []).append((float(row["lon"]), float(row["lat"])))
    drawn = {key: to_plane(*zip(*points, strict=True)) for key, points in lines.items()}
    (coast,) = (points for (kind, _), points in drawn.items() if kind == "coast")
    return TownPlan(
        nuclei=nuclei,
        junctions=junctions,
        roads=roads,
        coast=coast,
        barriers=tuple(points for (kind, _), points in drawn.items() if kind in ("river", "slope")),
        fields=tuple(points for (kind, _), points in drawn.items() if kind == "field"),
    )


def _flow(word: str) -> Flow:
    flows: dict[str, Flow] = {"both": "both", "median": "median", "oneway": "oneway"}
    return flows[word]
