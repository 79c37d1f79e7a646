"""Beats: disjoint, of about the length asked for, together the share."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from patrolroute.errors import InputError
from patrolroute.roads import read_roads
from patrolroute.roads.coverage import beats, drives, windy
from patrolroute.roads.coverage.beats import cut_beats, cut_evenly
from patrolroute.roads.coverage.prizes import Effort
from patrolroute.roads.coverage.recount import check_drive
from patrolroute.roads.coverage.streets import Drive, Ends, area_streets


@pytest.mark.parametrize("closed", [True, False])
def test_beats_of_a_real_district(shared_data: Path, closed: bool) -> None:
    network = read_roads(shared_data / "roads" / "klandasan_ilir.graphml")
    polygon = shapely.box(*network.bounds)
    area = area_streets(network, polygon)
    cut = cut_beats(network, area, 600, share=0.6, closed=closed, effort=Effort(iterations=200))
    assert len(cut.drives) > 1
    counted = np.concatenate([drive.streets for drive in cut.drives])
    assert len(set(counted.tolist())) == len(counted)
    assert cut.share >= 0.6 - 1e-9
    for drive in cut.drives:
        assert check_drive(network, polygon, drive, ends=Ends(closed=closed)) == []
        assert drive.travel_s <= 600
    assert cut.longest_s == max(drive.travel_s for drive in cut.drives)
    again = cut_beats(network, area, 600, share=0.6, closed=closed, effort=Effort(iterations=200))
    assert [a.edges.tolist() for a in again.drives] == [b.edges.tolist() for b in cut.drives]


def test_one_beat_is_enough_for_a_long_shift(shared_data: Path) -> None:
    network = read_roads(shared_data / "roads" / "klandasan_ilir.graphml")
    area = area_streets(network, shapely.box(*network.bounds))
    (drive,) = cut_beats(network, area, 36_000, share=0.3, effort=Effort(iterations=50)).drives
    assert drive.share >= 0.3
    with pytest.raises(InputError, match="shall take 0 s at most"):
        cut_beats(network, area, 0)


def test_a_clock_that_races_does_not_matter_where_none_is_asked(
    shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = read_roads(shared_data / "roads" / "klandasan_ilir.graphml")
    area = area_streets(network, shapely.box(*network.bounds))
    effort = Effort(iterations=20, polish_seconds=math.inf)

    def edges() -> list[list[int]]:
        return [drive.edges.tolist() for drive in cut_beats(network, area, 600, share=0.3, effort=effort).drives]

    calm = edges()
    clock, given_s = itertools.count(0, 1000), []

    def drive_streets(*args: Any, seconds: float, **options: Any) -> Drive:
        given_s.append(seconds)
        return drives.drive_streets(*args, seconds=seconds, **options)

    monkeypatch.setattr(windy, "time", SimpleNamespace(monotonic=lambda: float(next(clock))))
    monkeypatch.setattr(beats, "drive_streets", drive_streets)
    assert edges() == calm
    assert set(given_s) == {math.inf}


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9)), min_size=1, max_size=9), st.integers(1, 9))
def test_cuts_make_the_longest_part_shortest(steps: list[tuple[int, int]], number: int) -> None:
    clock, begins, ends = 0, [], []
    for gap, length in steps:
        begins.append(clock + gap)
        clock += gap + length
        ends.append(clock)
    number = min(number, len(steps))

    def longest(cuts: tuple[int, ...]) -> int:
        bounds = [0, *cuts, len(steps)]
        return max(ends[b - 1] - begins[a] for a, b in itertools.pairwise(bounds))

    cuts = cut_evenly(np.array(begins), np.array(ends), number)
    assert len(cuts) == number - 1
    assert longest(tuple(cuts)) == min(map(longest, itertools.combinations(range(1, len(steps)), number - 1)))
