"""Named districts: the city of Kupang on the night of 23 November 2023, and its six kecamatan as samples."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

import numpy as np
import shapely

from patrolroute.datasets.outline import kecamatan_areas, own_areas
from patrolroute.datasets.standin import STANDIN_PROVENANCE, standin_graph
from patrolroute.datasets.streets import chance
from patrolroute.datasets.townplan import FIGURES, kupang_plan, read_table
from patrolroute.errors import InputError
from patrolroute.roads import RoadNetwork, fetch_roads, find_fetched, roads_from_graph
from patrolroute.scenario import Place, Placement, Scenario, Site, Squad, Vehicle, read_scenario
from patrolroute.scenario.words import did_you_mean, found

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

KUPANG = "kupang"
FULL = "kupang-full"
"""The same night with areas, revisits, a joint stop, and squads that are formed."""
KUPANG_BBOX = (123.52, -10.295, 123.695, -10.12)
"""West, south, east, north in degrees: what `fetch` asks Overpass for."""

_SQUADS: tuple[tuple[int, Literal["car", "motorcycle"], int], ...] = (
    (1, "car", 4),
    (2, "car", 4),
    (3, "motorcycle", 2),
)


@dataclass(frozen=True, eq=False, kw_only=True)
class District:
    """A named district with all that a plan needs; ``roads, scenario = district`` unpacks it.

    Parameters
    ----------
    name : str
        As `load` takes it.
    title : str
        As it is printed.
    roads : RoadNetwork
        Real streets where they have been fetched, else the stand-in; ``roads.provenance`` says which.
    scenario : Scenario
    area : shapely Polygon or MultiPolygon
        In degrees, lon before lat.
    area_source : str
        Where the area comes from, and that it is approximate where it is.
    seed : int
        What everything random in the district was made with; a plan may use it too.
    """

    name: str
    title: str
    roads: RoadNetwork
    scenario: Scenario
    area: BaseGeometry
    area_source: str
    seed: int

    def __iter__(self) -> Iterator[RoadNetwork | Scenario]:
        yield self.roads
        yield self.scenario


def names() -> tuple[str, ...]:
    """Return the names that `load` takes: the city, its night in full, then its six kecamatan."""
    return (KUPANG, FULL, *(row["slug"] for row in read_table("kecamatan.csv")))


def load(name: str, *, standin: bool = False) -> District:
    """Return a district by its name.

    Parameters
    ----------
    name : str
        One of `names()`.
    standin : bool
        Use the stand-in even where real streets have been fetched.

    Raises
    ------
    InputError
        When there is no such district.
    """
    _known(name)
    if name in {KUPANG, FULL}:
        return kupang(standin=standin, full=name == FULL)
    row = next(row for row in read_table("kecamatan.csv") if row["slug"] == name)
    return _sample(row, kecamatan_areas(kupang_plan())[row["code"]], _APPROXIMATE, _roads(standin=standin))


def kupang(*, standin: bool = False, full: bool = False) -> District:
    """Return Kupang on the night of 23 November 2023: 41 people, five vehicles, Mapolda NTT and back.

    Parameters
    ----------
    standin : bool
        Use the stand-in even where real streets have been fetched.
    full : bool
        Kuanino, Kelapa Lima and Wali Kota as areas whose streets are driven, second visits to the election bodies, two
        squads that meet at the KPU, and squads formed from the people; else all are stops, and the squads are given.
    """
    areas = kecamatan_areas(kupang_plan())
    return District(
        name=FULL if full else KUPANG,
        title="Kota Kupang",
        roads=_roads(standin=standin),
        scenario=read_scenario(FIGURES / "full.toml") if full else _city_scenario(),
        area=shapely.union_all(list(areas.values())),
        area_source=_APPROXIMATE,
        seed=20231123,
    )


def sample_districts(*, polygons: gpd.GeoDataFrame | None = None, standin: bool = False) -> dict[str, District]:
    """Return the six kecamatan of Kupang by name, each with a night of its own.

    Their sites are those of the city's scenario that lie in them, and as many synthetic polling stations as the
    kecamatan had in November 2024, drawn from the district's seed at junctions of the roads.

    Parameters
    ----------
    polygons : geopandas.GeoDataFrame, optional
        Areas in place of the approximate ones, with a column "kode" or "name"; kecamatan without one keep theirs.
    standin : bool
        Use the stand-in even where real streets have been fetched.

    Raises
    ------
    InputError
        When the polygons are at fault; it lists every fault.
    """
    own = {} if polygons is None else own_areas(polygons)
    areas, roads = kecamatan_areas(kupang_plan()), _roads(standin=standin)
    return {
        row["slug"]: (
            _sample(row, own[row["code"]], "given by the caller", roads)
            if row["code"] in own
            else _sample(row, areas[row["code"]], _APPROXIMATE, roads)
        )
        for row in read_table("kecamatan.csv")
    }


def fetch(name: str = KUPANG, *, refresh: bool = False) -> RoadNetwork:
    """Fetch the real streets of a district through Overpass and keep them; from then on they replace the stand-in.

    Parameters
    ----------
    name : str
        One of `names()`; all of them lie in one city, whose streets are fetched as a whole.
    refresh : bool
        Fetch again although they have been fetched before.

    Raises
    ------
    InputError
        When there is no such district.
    FetchError
        When the streets could not be fetched.
    """
    _known(name)
    return fetch_roads(bbox=KUPANG_BBOX, key=KUPANG, refresh=refresh)


_APPROXIMATE = (
    "approximate: Voronoi cells of the kelurahan points of cahyadsn/wilayah_boundaries (MIT) within an outline that "
    "follows no survey"
)


def _known(name: str) -> None:
    if name not in names():
        hint = did_you_mean(str(name), names())
        raise InputError([f"there is no district {found(name)}{hint}; expected one of {', '.join(names())}."])


@cache
def _standin_roads() -> RoadNetwork:
    return roads_from_graph(standin_graph(), provenance=STANDIN_PROVENANCE)


def _roads(*, standin: bool) -> RoadNetwork:
    fetched = None if standin else find_fetched(KUPANG)
    return _standin_roads() if fetched is None else fetched


@cache
def _city_scenario() -> Scenario:
    return read_scenario(FIGURES / "scenario.toml")


def _sample(row: dict[str, str], area: BaseGeometry, area_source: str, roads: RoadNetwork) -> District:
    return District(
        name=row["slug"],
        title=f"Kecamatan {row['name']}",
        roads=roads,
        scenario=_sample_scenario(row, area, area_source, roads),
        area=area,
        area_source=area_source,
        seed=int(row["seed"]),
    )


def _sample_scenario(row: dict[str, str], area: BaseGeometry, area_source: str, roads: RoadNetwork) -> Scenario:
    city = _city_scenario()
    base = city.points[row["base"]]
    inside = [site for site in city.sites if site.id != base.id and shapely.intersects_xy(area, site.lon, site.lat)]
    stations = _stations(row, area, roads)
    hours = city.squads[0].shift
    squads = tuple(
        Squad(
            id=f"{row['slug']}-{number}",
            name=f"Regu {number} {row['name']}",
            people={"preventif": size},
            vehicle=Vehicle(kind=kind),
            start=base.id,
            end=base.id,
            shift=hours,
        )
        for number, kind, size in _SQUADS
    )
    return Scenario(
        name=f"Kecamatan {row['name']}, a sample night",
        date=city.date,
        timezone=city.timezone,
        places=(Place(**base.model_dump(include=set(Place.model_fields))),),
        sites=(*inside, *stations),
        squads=squads,
        travel=city.travel,
        notes=(
            f"A sample, not a record: squads and hours are assumed. Area {area_source}.",
            f"{len(stations)} synthetic polling stations stand at junctions chosen by seed {row['seed']}; no real one "
            f"stands there. {row['stations']} is the number of {row['source']}; a small area has fewer junctions.",
            *(note for note in city.notes if note.startswith(("Tiers", "Weights", "Sites"))),
        ),
    )


def _stations(row: dict[str, str], area: BaseGeometry, roads: RoadNetwork) -> tuple[Site, ...]:
    inside = np.flatnonzero(shapely.contains_xy(area, roads.lon, roads.lat))
    if not inside.size:
        west, south, east, north = area.bounds
        raise InputError(
            [
                f"{row['name']}: its area (lon {west:.3f} to {east:.3f}, lat {south:.3f} to {north:.3f}) does not meet "
                f"the streets of {roads.provenance.source}; expected an area in Kota Kupang; check its coordinates."
            ]
        )
    lon, lat = roads.lon[inside], roads.lat[inside]
    # Drawn by position, so that the same junctions are taken however the network numbers them.
    key_lon, key_lat = (np.rint(degrees * 1e6).astype(np.int64) for degrees in (lon, lat))
    luck = chance(int(row["seed"]), key_lon, key_lat)
    drawn = np.lexsort((key_lat, key_lon, luck))[: int(row["stations"])]
    return tuple(
        Site(
            id=f"{row['slug']}-tps-{number:03d}",
            name=f"synthetic polling station {number}",
            lon=float(lon[i]),
            lat=float(lat[i]),
            tier=3,
            weight=1,
            dwell_min=10,
            placement=Placement.APPROXIMATE,
            source="synthetic: drawn at a junction, no real polling station stands here",
        )
        for number, i in enumerate(drawn.tolist(), start=1)
    )
