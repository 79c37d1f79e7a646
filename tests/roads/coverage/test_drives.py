"""The directed and the windy rural postman: optimal on small networks, sound on real ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from mazes import EVERYWHERE, least_ms, least_ms_of_edges, network_of, networks, some_streets
from patrolroute.errors import InputError
from patrolroute.roads import RoadNetwork, read_roads
from patrolroute.roads.coverage.drives import drive_edges, drive_streets
from patrolroute.roads.coverage.recount import check_drive
from patrolroute.roads.coverage.streets import Drive, Ends, area_streets

FLAGS = st.lists(st.booleans(), min_size=7, max_size=7)


@st.composite
def ends_of(draw: st.DrawFn, network: RoadNetwork) -> Ends:
    node = st.one_of(st.none(), st.integers(0, len(network.node_id) - 1))
    if draw(st.booleans()):
        return Ends(start=draw(node))
    return Ends(start=draw(node), end=draw(node), closed=False)


def keeps_ends(drive: Drive, ends: Ends) -> bool:
    wanted = drive.start if ends.closed else ends.end
    return ends.start in {None, drive.start} and wanted in {None, drive.end}


@settings(max_examples=150, deadline=None)
@given(networks(), FLAGS, st.data())
def test_the_windy_postman_is_what_trying_all_finds(
    network: RoadNetwork, keep: list[bool], data: st.DataObject
) -> None:
    area = some_streets(network, keep)
    ends = data.draw(ends_of(network))
    drive = drive_streets(network, area, ends=ends)
    assert check_drive(network, EVERYWHERE, drive, ends=ends, only=area.edge.tolist()) == []
    assert keeps_ends(drive, ends)
    assert drive.share == 1
    assert drive.travel_ms == least_ms(network, area, ends)[(1 << len(area.edge)) - 1]
    assert drive.proved


@settings(max_examples=100, deadline=None)
@given(networks(nodes=4, more=3), FLAGS, st.data())
def test_the_directed_postman_is_what_trying_all_finds(
    network: RoadNetwork, keep: list[bool], data: st.DataObject
) -> None:
    edges = np.flatnonzero(np.resize(np.array(keep), len(network.tail)))
    edges = edges[:7] if len(edges) else np.array([0])
    ends = data.draw(ends_of(network))
    area = area_streets(network, EVERYWHERE)
    drive = drive_edges(network, area, edges, ends=ends)
    assert check_drive(network, EVERYWHERE, drive, ends=ends, only=area.edge.tolist()) == []
    assert keeps_ends(drive, ends)
    assert set(edges.tolist()) <= set(drive.edges.tolist())
    assert drive.travel_ms == least_ms_of_edges(network, edges.tolist(), ends)
    assert drive.proved


def block() -> RoadNetwork:
    """Return a square of 100 m streets, two-way, with a diagonal one-way street outside it that is a short cut."""
    places = {0: (123.50, -10.50), 1: (123.51, -10.50), 2: (123.51, -10.51), 3: (123.50, -10.51), 4: (123.52, -10.52)}
    ring = [(0, 1), (1, 2), (2, 3), (3, 0)]
    edges = [(u, v, 100.0, 36.0) for a, b in ring for u, v in ((a, b), (b, a))]
    return network_of([*edges, (0, 4, 30.0, 36.0), (4, 2, 30.0, 36.0), (2, 4, 500.0, 36.0)], places)


def test_a_closed_round_drives_each_side_of_a_block_once() -> None:
    network = block()
    area = area_streets(network, shapely.box(123.495, -10.515, 123.515, -10.495))
    ring = area.only(np.array([int(dm) == 1000 for dm in network.length_dm[area.edge]]))
    drive = drive_streets(network, ring)
    assert (drive.travel_ms, drive.length_m, drive.covered_m, drive.proved) == (40_000, 400, 400, True)


def test_a_drive_leaves_the_area_where_that_is_quicker() -> None:
    network = block()
    area = area_streets(network, EVERYWHERE)
    edge = int(np.flatnonzero((network.tail == 2) & (network.head == 3))[0])
    drive = drive_edges(network, area, np.array([edge]), ends=Ends(start=0, end=3, closed=False))
    assert (drive.travel_ms, drive.start, drive.end) == (16_000, 0, 3)
    assert drive.edges.tolist()[-1] == edge


def test_ends_that_are_no_nodes_are_all_named() -> None:
    network = block()
    area = area_streets(network, EVERYWHERE)
    with pytest.raises(InputError) as caught:
        drive_streets(network, area, ends=Ends(start=99, end=-1))
    assert [fault.split(";")[0] for fault in caught.value.faults] == [
        "drive: start 99 is no node",
        "drive: end -1 is no node",
        "drive: an end is given for a closed drive",
    ]
    with pytest.raises(InputError, match="expected at least one edge"):
        drive_edges(network, area, np.zeros(0, np.int64))


@pytest.mark.parametrize("name", ["klandasan_ilir", "coblong"])
def test_real_districts(shared_data: Path, name: str) -> None:
    network = read_roads(shared_data / "roads" / f"{name}.graphml")
    west, south, east, north = network.bounds
    x, y = (east - west) / 4, (north - south) / 4
    polygon = shapely.box(west + x, south + y, east - x, north - y)
    area = area_streets(network, polygon)
    both = np.concatenate([area.edge, network.twin[area.edge]])
    around = drive_edges(network, area, both[both >= 0])
    once = drive_streets(network, area, seconds=60)
    for drive in (around, once):
        assert check_drive(network, polygon, drive, ends=Ends()) == []
        assert (drive.share, drive.proved) == (1, True)
    assert once.travel_ms < around.travel_ms
    free = drive_streets(network, area, ends=Ends(closed=False), seconds=60)
    assert check_drive(network, polygon, free) == []
    assert free.travel_ms <= once.travel_ms
