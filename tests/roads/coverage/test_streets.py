"""Which streets lie in an area, and the recount that catches wrong drives."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from patrolroute.errors import InputError
from patrolroute.roads import RoadNetwork, read_roads, roads_from_graph
from patrolroute.roads.coverage.drives import drive_streets
from patrolroute.roads.coverage.recount import check_drive
from patrolroute.roads.coverage.streets import Drive, Ends, area_streets, drive_of
from streets import LAT, LON, STEP_DEG, town


@pytest.fixture
def network() -> RoadNetwork:
    return roads_from_graph(town(3, 3, one_way=True))


def cells(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    """Return a box in blocks of the town, counted from its south-western corner."""
    x, y = LON + np.array([west, east]) * STEP_DEG, LAT + np.array([south, north]) * STEP_DEG
    return shapely.box(x[0], y[0], x[1], y[1])


def test_both_directions_are_one_street(network: RoadNetwork) -> None:
    area = area_streets(network, cells(-1, -1, 3, 3))
    assert len(area.edge) == 12
    assert area.total_m == 12 * 220
    assert network.street[area.edge].all()
    assert (area.share == 1).all()


def test_lines_are_clipped(network: RoadNetwork) -> None:
    area = area_streets(network, cells(0.25, -0.5, 0.75, 0.5))
    assert area.share == pytest.approx([0.5])
    assert area.inside_dm.tolist() == [1100]
    holed = shapely.Polygon(cells(-1, -1, 3, 3).exterior.coords, [cells(0.25, -0.5, 0.75, 0.5).exterior.coords])
    assert area_streets(network, holed).total_m == 12 * 220 - 110
    two = shapely.union_all([cells(0.1, -0.1, 0.2, 0.1), cells(0.4, -0.1, 0.6, 0.1)])
    assert area_streets(network, two).inside_dm.tolist() == [660]


def test_the_border_belongs_to_the_area_and_touching_it_does_not_count(network: RoadNetwork) -> None:
    area = area_streets(network, cells(0, 0, 1, 1))
    assert len(area.edge) == 4
    assert area.total_m == pytest.approx(880)


def test_classes_of_street() -> None:
    graph = town(2, 2)
    for u, v, facts in graph.edges(data=True):
        facts["highway"] = "primary" if {u, v} == {0, 1} else "residential"
    network = roads_from_graph(graph)
    everywhere = cells(-1, -1, 3, 3)
    assert len(area_streets(network, everywhere, classes={"residential"}).edge) == 3
    assert len(area_streets(network, everywhere, classes=["primary"]).edge) == 1
    with pytest.raises(InputError, match="class 'motorway' does not occur in the roads; expected some of primary"):
        area_streets(network, everywhere, classes=["motorway"])


@pytest.mark.parametrize(
    ("polygon", "fault"),
    [
        (shapely.box(0, 0, 1, 1), "no street lies in it"),
        (shapely.Point(LON, LAT), "found Point"),
        (shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), "crossing itself"),
        (shapely.Polygon(), "empty"),
        (None, "found NoneType; expected a polygon"),
    ],
)
def test_what_is_no_area_of_streets(network: RoadNetwork, polygon: Any, fault: str) -> None:
    with pytest.raises(InputError, match=fault):
        area_streets(network, polygon)


@pytest.fixture
def good(network: RoadNetwork) -> tuple[RoadNetwork, shapely.Polygon, Drive]:
    polygon = cells(-0.5, -0.5, 1.5, 1.5)
    return network, polygon, drive_streets(network, area_streets(network, polygon))


def test_recount_agrees_with_a_good_drive(good: tuple[RoadNetwork, shapely.Polygon, Drive]) -> None:
    network, polygon, drive = good
    assert check_drive(network, polygon, drive, classes={"residential"}, ends=Ends()) == []
    assert drive.proved
    assert drive.share == 1
    assert drive.covered_m == pytest.approx(4 * 220 + 4 * 110, abs=1)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda d: {"edges": d.edges[::-1].copy()}, "begins at node"),
        (lambda d: {"edges": d.edges[:-1]}, "ends at node"),
        (lambda d: {"travel_ms": d.travel_ms - 1}, "edges take"),
        (lambda d: {"length_dm": d.length_dm + 1}, "edges take"),
        (lambda d: {"streets": np.append(d.streets, d.streets[0]), "covered_dm": np.append(d.covered_dm, 1)}, "twice"),
        (lambda d: {"covered_dm": d.covered_dm + 2}, "lie inside"),
        (lambda d: {"lower_ms": d.travel_ms + 1}, "less than the bound"),
        (lambda d: {"upper_dm": 1}, "more than there are or the bound allows"),
        (lambda d: {"total_dm": 1}, "more than there are"),
        (lambda d: {"total_dm": d.total_dm + 1}, "dm of streets lie inside, but the drive says"),
        (lambda d: {"edges": np.append(d.edges, 99)}, "edge 12 is 99, but edges are 0 to"),
        (lambda d: {"edges": np.append(d.edges, -1)}, "edge 12 is -1, but edges are 0 to"),
        (lambda d: {"streets": d.streets + 99}, "counts, but edges are 0 to"),
        (lambda d: {"start": 99}, "begins at 99, but nodes are 0 to 8"),
    ],
)
def test_recount_catches_damage(good: tuple[RoadNetwork, shapely.Polygon, Drive], damage: Any, says: str) -> None:
    network, polygon, drive = good
    wrong = check_drive(network, polygon, replace(drive, **damage(drive)), ends=Ends())
    assert any(says in sentence for sentence in wrong), wrong


def test_recount_catches_streets_that_are_not_driven_or_not_of_the_class(
    good: tuple[RoadNetwork, shapely.Polygon, Drive],
) -> None:
    network, polygon, drive = good
    short = drive_of(network, area_streets(network, polygon), drive.edges[:1].astype(np.int64), drive.start)
    false = replace(short, streets=drive.streets, covered_dm=drive.covered_dm)
    assert (
        sum("is not driven" in sentence for sentence in check_drive(network, polygon, false)) == len(drive.streets) - 1
    )
    assert any("of class" in sentence for sentence in check_drive(network, polygon, drive, classes={"primary"}))
    assert any("begins at node" in s for s in check_drive(network, polygon, short, ends=Ends()))


def test_real_streets_are_measured_as_the_network_measures(shared_data: Path) -> None:
    network = read_roads(shared_data / "roads" / "coblong.graphml")
    whole = area_streets(network, shapely.box(*network.bounds))
    assert whole.total_m == pytest.approx(network.length_dm[network.street].sum() / 10)
    west, south, east, north = network.bounds
    middle = (west + east) / 2
    boxes = shapely.box(west, south, middle, north), shapely.box(middle, south, east, north)
    halves = [area_streets(network, box) for box in boxes]
    assert sum(half.total_m for half in halves) == pytest.approx(whole.total_m, abs=0.1 * len(whole.edge))


def test_recount_asks_for_the_wanted_ends(good: tuple[RoadNetwork, shapely.Polygon, Drive]) -> None:
    network, polygon, drive = good
    assert check_drive(network, polygon, drive, ends=Ends(start=drive.start)) == []
    assert check_drive(network, polygon, drive, ends=Ends(start=drive.start, end=drive.end, closed=False)) == []
    other = (drive.start + 1) % 9
    (wrong,) = check_drive(network, polygon, drive, ends=Ends(start=other))
    assert wrong == f"the drive begins at node {drive.start}, but {other} was asked for."
    (wrong,) = check_drive(network, polygon, drive, ends=Ends(end=other, closed=False))
    assert wrong == f"the drive ends at node {drive.end}, but {other} was asked for."


def test_recount_counts_the_total_of_some_streets(network: RoadNetwork) -> None:
    polygon = cells(-0.5, -0.5, 1.5, 1.5)
    area = area_streets(network, polygon)
    some = drive_streets(network, area.only(np.arange(len(area.edge)) < 3))
    assert check_drive(network, polygon, some, only=area.edge[:3].tolist()) == []
    assert "lie inside, but the drive says" in check_drive(network, polygon, some)[0]
