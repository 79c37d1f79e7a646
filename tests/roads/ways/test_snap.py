"""Places meet the streets at the nearest point, as the ellipsoid measures it."""

from __future__ import annotations

import itertools
import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import pyproj
import pytest
import shapely

from patrolroute.errors import InputError
from patrolroute.roads import (
    RoadNetwork,
    SpeedTable,
    place_on_roads,
    read_roads,
    roads_from_graph,
    snap_points,
    travel_matrix,
)
from patrolroute.roads.ways import snap
from patrolroute.scenario.model import Closures, Place, Site, Travel

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

GEOD = pyproj.Geod(ellps="WGS84")


def street(*points: tuple[float, float], oneway: bool = False) -> RoadNetwork:
    """Return one street along some points; a one-way street gets a far way back."""
    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph()
    graph.add_node(1, x=points[0][0], y=points[0][1])
    graph.add_node(2, x=points[-1][0], y=points[-1][1])
    graph.add_edge(1, 2, geometry=shapely.LineString(points))
    way_back = list(points[::-1])
    if oneway:
        way_back.insert(1, (points[0][0], points[0][1] + 1.0))
    graph.add_edge(2, 1, geometry=shapely.LineString(way_back))
    return roads_from_graph(graph)


def place(lon: float, lat: float, name: str = "site") -> Place:
    return Place(id=name, lon=lon, lat=lat)


def test_the_nearest_point_is_on_an_edge_not_at_a_node() -> None:
    network = street((123.60, -10.17), (123.61, -10.17))
    snaps = snap_points(network, np.array([123.6025]), np.array([-10.1691]))
    assert snaps.edge.tolist() == [0]
    assert snaps.fraction[0] == pytest.approx(0.25, abs=1e-9)
    assert (snaps.lon[0], snaps.lat[0]) == (pytest.approx(123.6025, abs=1e-12), -10.17)
    metres = GEOD.inv(123.6025, -10.1691, 123.6025, -10.17)[2]
    assert snaps.distance_m[0] == pytest.approx(metres, abs=0.001)


def test_beyond_the_end_the_node_is_nearest_and_bends_count() -> None:
    network = street((123.60, -10.17), (123.61, -10.17), (123.61, -10.15))
    snaps = snap_points(network, np.array([123.59, 123.62]), np.array([-10.17, -10.16]))
    assert snaps.fraction[0] == 0.0
    # The first leg is about 1,096 m, the second 2,212 m: its middle is at two thirds of the whole.
    legs = [GEOD.inv(123.60, -10.17, 123.61, -10.17)[2], GEOD.inv(123.61, -10.17, 123.61, -10.15)[2]]
    assert snaps.fraction[1] == pytest.approx((legs[0] + legs[1] / 2) / sum(legs), abs=2e-3)
    assert (snaps.lon[1], snaps.lat[1]) == (123.61, pytest.approx(-10.16, abs=1e-6))


@pytest.mark.parametrize("lat0", [0.0, -10.17, 41.2, 69.0])
def test_distances_are_right_to_a_centimetre(lat0: float) -> None:
    rng = np.random.default_rng(3)
    line = np.column_stack([20 + np.cumsum(rng.uniform(0, 0.004, 40)), lat0 + rng.uniform(-0.05, 0.05, 40)])
    network = street(*map(tuple, line.tolist()))
    near = line[rng.integers(0, 40, 12)] + rng.uniform(-0.005, 0.005, (12, 2))
    snaps = snap_points(network, near[:, 0], near[:, 1])
    dense = shapely.get_coordinates(shapely.segmentize(shapely.LineString(line), 4e-6))
    for (lon, lat), distance_m in zip(near.tolist(), snaps.distance_m.tolist(), strict=True):
        close = dense[np.abs(dense - (lon, lat)).max(axis=1) < 0.01]
        metres = GEOD.inv(np.full(len(close), lon), np.full(len(close), lat), close[:, 0], close[:, 1])[2].min()
        assert distance_m == pytest.approx(metres, abs=0.01)


def test_in_a_tall_country_each_place_is_measured_at_its_own_latitude() -> None:
    """East and north are weighed by the site's latitude: at 60 degrees the eastern street is nearer."""
    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph()
    parallels = range(-60, 60, 10)
    for node, x, y in (
        *((100 + number, 10.001, y) for number, y in enumerate(parallels)),
        (2, 10.001, 59.9995),
        (3, 10.001, 60.0005),
        (4, 9.99, 60.0009),
        (5, 10.0, 60.0009),
    ):
        graph.add_node(node, x=x, y=y)
    chain = [*(100 + number for number in range(len(parallels))), 2, 3, 4, 5]
    for u, v in itertools.pairwise(chain):
        graph.add_edge(u, v)
        graph.add_edge(v, u)
    network = roads_from_graph(graph)
    snaps = snap_points(network, np.array([10.0]), np.array([60.0]))
    assert snaps.lon[0] == pytest.approx(10.001)
    assert snaps.distance_m[0] == pytest.approx(GEOD.inv(10.0, 60.0, 10.001, 60.0)[2], abs=0.01)


def test_both_directions_are_one_street_and_a_one_way_street_is_not() -> None:
    assert not street((123.60, -10.17), (123.61, -10.17), oneway=True).twin.max() >= 0
    network = street((123.60, -10.17), (123.61, -10.17))
    assert network.twin.tolist() == [1, 0]
    snaps = snap_points(network, np.array([123.6075]), np.array([-10.1701]))
    assert (snaps.edge[0], snaps.fraction[0]) == (0, pytest.approx(0.75))


def test_the_way_to_the_street_takes_time_and_is_rounded_up() -> None:
    network = street((123.60, -10.17), (123.61, -10.17))
    placed = place_on_roads(network, [place(123.605, -10.1691), place(123.605, -10.17, "on it")], travel=Travel())
    metres = GEOD.inv(123.605, -10.1691, 123.605, -10.17)[2]
    assert placed.access_dm.tolist() == [math.ceil(metres * 10), 0]
    assert placed.access_m.tolist() == [math.ceil(metres), 0]
    assert placed.access_ms.tolist() == [math.ceil(metres * 360), 0]


def test_every_place_too_far_is_named_with_its_distance() -> None:
    network = street((123.60, -10.17), (123.61, -10.17))
    points = [
        Site(id="near miss", lon=123.605, lat=-10.1663),
        place(123.605, -10.1701, "fine"),
        Place(id="swapped", name="Gudang KPU", lon=-10.17, lat=80.0),
        place(124.2, -10.17, "next town"),
        place(123.605, -10.1701, "fine"),
        place(123.601, -10.172, "yard"),
    ]
    with pytest.raises(InputError) as caught:
        place_on_roads(network, points, travel=Travel(snap_limit_m=150))
    assert len(caught.value.faults) == 5
    assert "place 'fine' stands twice" in caught.value.faults[0]
    assert re.fullmatch(
        r"site 'near miss': 410 m from the nearest street; expected at most 150 m\. Move the point to its entrance, "
        r"raise travel\.snap_limit_m, or leave such sites out \(travel\.skip_off_road = true\)\.",
        caught.value.faults[1],
    )
    assert "place 'swapped' (Gudang KPU): " in caught.value.faults[2]
    assert "place 'next town': 65 km from the nearest street" in caught.value.faults[3]
    assert (
        "The streets cover lon 123.6000 to 123.6100, lat -10.1700 to -10.1700; take roads of" in caught.value.faults[3]
    )

    assert caught.value.faults[4] == (
        "place 'yard': 222 m from the nearest street; expected at most 150 m. Move the point to its entrance on a "
        "street, or raise travel.snap_limit_m."
    )

    placed = place_on_roads(network, points[:4], travel=Travel(), limit=False)
    off = placed.off_road_m(150)
    assert list(off) == ["near miss", "swapped", "next town"]
    assert off["near miss"] == pytest.approx(409.2, abs=0.1)


def two_banks() -> RoadNetwork:
    """Two streets along a river and one bridge between them; the north bank has more of them."""
    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph()
    for node, (x, y) in enumerate([(0, 0), (1, 0), (0, 2), (1, 2), (2, 2)]):
        graph.add_node(node, x=123.6 + x / 100, y=-10.2 + y / 100)
    for u, v, name in ((0, 1, "Jalan Selatan"), (1, 3, "Jembatan"), (2, 3, "Jalan Utara"), (3, 4, "Jalan Utara")):
        graph.add_edge(u, v, name=name)
        graph.add_edge(v, u, name=name)
    return roads_from_graph(graph)


def test_what_a_closure_cuts_off_is_laid_to_the_closure() -> None:
    network = two_banks().with_closures(Closures(streets=("Jembatan",)))
    south = [Site(id=f"tps{i}", lon=123.601 + i / 1000, lat=-10.2001) for i in range(7)]
    fine, far = Site(id="fine", lon=123.605, lat=-10.1801), Site(id="far", lon=123.605, lat=-10.17)
    post = place(123.605, -10.2001, "post")
    with pytest.raises(InputError) as caught:
        place_on_roads(network, [*south, fine, far], travel=Travel())
    assert caught.value.faults[0] == (
        "closing 'Jembatan' cuts 7 sites ('tps0', 'tps1', 'tps2', 'tps3', 'tps4' and 2 more) off from the rest of the "
        "streets; open part of it, or leave such sites out (travel.skip_off_road = true)."
    )
    assert [fault[:19] for fault in caught.value.faults[1:]] == ["site 'far': 1,107 m"]

    with pytest.raises(InputError) as caught:
        place_on_roads(network, [south[0], post, fine], travel=Travel())
    assert caught.value.faults == (
        "closing 'Jembatan' cuts 1 site ('tps0') and 1 place ('post') off from the rest of the streets; open part of "
        "it, or leave such sites out, or let the squads start and end elsewhere.",
    )

    placed = place_on_roads(network, [*south, fine, far], travel=Travel(), limit=False)
    assert placed.cut_off == {f"tps{i}" for i in range(7)}
    assert place_on_roads(two_banks(), [*south, fine, far], travel=Travel(), limit=False).cut_off == set()


def test_closures_on_closures_remember_the_whole_network() -> None:
    whole = two_banks()
    ring = ((123.599, -10.181), (123.601, -10.181), (123.601, -10.179), (123.599, -10.179))
    once = whole.with_closures(Closures(streets=("Jembatan", "Jalan Selatan")))
    twice = once.with_closures(Closures(polygons=(ring,)))
    assert once.closed is not None
    assert twice.closed is not None
    assert once.closed.words == "'Jembatan' and 'Jalan Selatan'"
    assert twice.closed.words == "'Jembatan' and 'Jalan Selatan' and 1 area"
    assert twice.closed.before is whole
    assert whole.closed is None
    assert whole.with_closures(Closures()).closed is None
    assert twice.with_speeds(twice.speeds).closed is twice.closed


def test_a_town_that_closes_a_street_that_splits_it(shared_data: Path) -> None:
    network = read_roads(shared_data / "roads" / "buahbatu.graphml")
    corner = {int(n): (float(x), float(y)) for n, x, y in zip(network.node_id, network.lon, network.lat, strict=True)}
    after = network.with_closures(Closures(streets=("Jalan Marga Cinta",)))
    lost = sorted(set(corner) - set(after.node_id.tolist()))
    sites = [Site(id=str(node), lon=corner[node][0], lat=corner[node][1]) for node in lost[::40]]
    sites += [Site(id=f"kept{n}", lon=corner[n][0], lat=corner[n][1]) for n in after.node_id.tolist()[:3]]
    cut = place_on_roads(after, sites, travel=Travel(), limit=False).cut_off
    assert len(cut) >= 3
    with pytest.raises(InputError) as caught:
        place_on_roads(after, sites, travel=Travel())
    (fault,) = caught.value.faults
    assert fault.startswith(f"closing 'Jalan Marga Cinta' cuts {len(cut)} sites (")


@pytest.mark.parametrize(
    ("lonlat", "fault"),
    [
        (
            [(123.68 + i / 100, -10.17) for i in range(5)],
            "all 5 sites lie 8 to 12 km from the streets of graph (lon 123.6000 to 123.6100, lat -10.1700 to -10.1600):"
            " these are the roads of another district, or lon and lat are swapped; take the roads of the sites' own "
            "district or correct the points.",
        ),
        (
            [(-10.165, 89.0 + i / 10) for i in range(3)] + [(123.605, -10.165)],
            "3 of 4 sites lie ",
        ),
    ],
)
def test_roads_of_another_district_are_told_in_one_sentence(lonlat: list[tuple[float, float]], fault: str) -> None:
    network = street((123.60, -10.17), (123.61, -10.16))
    network = replace(network, provenance=replace(network.provenance, source="graph"))
    sites = [Site(id=f"s{i}", lon=lon, lat=lat) for i, (lon, lat) in enumerate(lonlat)]
    with pytest.raises(InputError) as caught:
        place_on_roads(network, sites, travel=Travel())
    (told,) = caught.value.faults
    assert told.startswith(fault)


def test_a_whole_night_with_swapped_axes_is_told_in_one_sentence() -> None:
    network = street((5.0, 45.0), (5.1, 45.1))
    sites = [Site(id=f"s{i}", lon=45.01 + i / 100, lat=5.01 + i / 100) for i in range(8)]
    with pytest.raises(InputError, match=r"^all 8 sites lie .* among them with lon and lat exchanged: they look swapp"):
        place_on_roads(network, sites, travel=Travel())


def test_swapped_axes_are_recognised() -> None:
    network = street((5.0, 45.0), (5.1, 45.1))
    with pytest.raises(InputError, match=r"lon 45\.05 and lat 5\.05 look swapped"):
        place_on_roads(network, [place(45.05, 5.05)], travel=Travel())


def test_places_are_found_again_by_id() -> None:
    placed = place_on_roads(street((1, 1), (1.1, 1.1)), [place(1, 1, "a"), place(1.1, 1.1, "b")], travel=Travel())
    assert placed.index("b") == 1
    with pytest.raises(InputError, match="place 'c' has not been put on the streets"):
        placed.index("c")


def test_no_places() -> None:
    network = street((123.60, -10.17), (123.61, -10.17))
    assert place_on_roads(network, [], travel=Travel()).ids == ()
    assert len(snap_points(network, np.zeros(0), np.zeros(0)).edge) == 0


def test_what_is_no_position() -> None:
    network = street((123.60, -10.17), (123.61, -10.17))
    with pytest.raises(InputError) as caught:
        snap_points(network, np.array([123.6, math.nan, 200.0]), np.array([-10.1, 1.0, 1.0]))
    assert [fault.split(":")[0] for fault in caught.value.faults] == ["point 1", "point 2"]


@pytest.mark.parametrize("spread_deg", [1e-4, 3e-3, 0.1, 5.0])
def test_no_street_is_nearer_than_the_one_that_is_found(spread_deg: float, shared_data: Path) -> None:
    network = read_roads(shared_data / "roads" / "coblong.graphml")
    rng = np.random.default_rng(4)
    at = rng.integers(0, len(network.shape_lonlat), 60)
    lon, lat = (network.shape_lonlat[at] + rng.normal(0, spread_deg, (60, 2))).T
    # On a junction every street is as near: the first counts.
    lon[:5], lat[:5] = network.lon[:5], network.lat[:5]
    snaps = snap_points(network, lon, lat)
    edge = np.repeat(np.arange(len(network.tail)), np.diff(network.shape_start))
    begins = np.flatnonzero(network.street[edge[:-1]] & (edge[1:] == edge[:-1]))
    a, b = network.shape_lonlat[begins], network.shape_lonlat[begins + 1]
    for i in range(len(lon)):
        # Beyond 20 km one projection of the whole network decides.
        middle = (lat[i] + snaps.lat[i]) / 2 if snaps.distance_m[i] < 20_000 else sum(network.bounds[1::2]) / 2
        scale = (math.cos(math.radians(middle)), 1.0)
        p, q = (a - (lon[i], lat[i])) * scale, (b - (lon[i], lat[i])) * scale
        line = ((q - p) ** 2).sum(axis=1)
        share = np.clip(-(p * (q - p)).sum(axis=1) / np.where(line > 0, line, 1), 0, 1)
        distance = np.hypot(*(p + share[:, None] * (q - p)).T)
        found = edge[begins] == snaps.edge[i]
        assert distance[found].min() <= distance.min() * (1 + 1e-3) + 1e-9
    again = snap_points(network, lon, lat)
    assert (again.edge == snaps.edge).all()


def test_the_index_is_made_once_and_serves_other_speeds(shared_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    network = read_roads(shared_data / "roads" / "klandasan_ilir.graphml")
    lon, lat = network.lon[:9] + 1e-4, network.lat[:9]
    first = snap_points(network, lon, lat)

    def again(*_: object) -> None:
        raise AssertionError("the index is made again")

    monkeypatch.setattr(shapely, "STRtree", again)
    slow = network.with_speeds(SpeedTable(kph={}, default_kph=5))
    assert (snap_points(slow, lon, lat).edge == first.edge).all()


def test_a_street_of_no_extent() -> None:
    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph()
    for node in (1, 2):
        graph.add_node(node, x=123.6, y=-10.17)
    graph.add_edge(1, 2)
    graph.add_edge(2, 1)
    snaps = snap_points(roads_from_graph(graph), np.array([123.6]), np.array([-10.169]))
    assert snaps.fraction[0] == 0.0
    assert snaps.distance_m[0] == pytest.approx(110.6, abs=0.1)


def test_ten_thousand_places_on_a_large_network_are_measured_to_near_streets_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(1)
    side = 120
    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph()
    for i in range(side * side):
        graph.add_node(i, x=123.5 + (i % side) / 1000, y=-10.3 + (i // side) / 1000)
    for i in range(side * side):
        for j in ([i + 1] if (i + 1) % side else []) + ([i + side] if i + side < side * side else []):
            graph.add_edge(i, j)
            graph.add_edge(j, i)
    network = roads_from_graph(graph)
    lon, lat = rng.uniform(123.5, 123.619, 10_000), rng.uniform(-10.3, -10.181, 10_000)
    measured, measure = [], snap.StreetIndex._measure

    def counted(self: snap.StreetIndex, at: NDArray[np.int64], *spots: Any) -> Any:
        measured.append(len(at))
        return measure(self, at, *spots)

    monkeypatch.setattr(snap.StreetIndex, "_measure", counted)
    snaps = snap_points(network, lon, lat)
    assert len(measured) < 10, "places are measured together"
    assert 10_000 <= sum(measured) < 200_000, "of 28,560 streets, some twenty are near a place"
    # On a grid of a thousandth of a degree the nearest street is the nearest grid line.
    to_line = np.abs((np.column_stack([lon, lat]) * 1000 + 0.5) % 1 - 0.5) / 1000
    east, north = GEOD.inv(123.6, -10.2, 123.601, -10.2)[2] * 1000, GEOD.inv(123.6, -10.2, 123.6, -10.199)[2] * 1000
    expected = np.minimum(to_line[:, 0] * east, to_line[:, 1] * north)
    assert np.abs(snaps.distance_m - expected).max() < 0.05


def test_street_points_lie_where_a_place_meets_its_street() -> None:
    network = street((123.60, -10.18), (123.602, -10.18))
    shop = Place(id="shop", lon=123.601, lat=-10.1798)
    placed = place_on_roads(network, [shop], travel=Travel()).with_street_points({"shop~seen": "shop"})
    assert placed.ids == ("shop", "shop~seen")
    assert placed.distance_m.tolist() == [pytest.approx(22.1, abs=0.1), 0]
    assert placed.access_ms[1] == placed.access_dm[1] == 0
    assert (placed.site_lon[1], placed.site_lat[1]) == (placed.lon[0], placed.lat[0]) == (placed.lon[1], placed.lat[1])
    assert (placed.edge[1], placed.fraction[1]) == (placed.edge[0], placed.fraction[0])
    matrix = travel_matrix(network, placed, profiles={"1": 1000})
    assert matrix.drive("1", "shop", "shop~seen")[1] == placed.access_m[0]
    assert matrix.position("shop~seen") == (placed.lon[0], placed.lat[0])
