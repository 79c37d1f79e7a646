"""Areas: what beats compile to, and that every way of cheating is caught in the scenario's own words."""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nights import squad, window
from patrolroute.beats import Beat, BeatBook
from patrolroute.build import build
from patrolroute.check import check_against_problem, check_plan
from patrolroute.errors import InputError, RuleBrokenError
from patrolroute.patrol import PatrolPlan, plan
from patrolroute.plans import Plan
from patrolroute.roads import RoadNetwork, read_roads
from patrolroute.roads.restrictions import Restrictions
from patrolroute.rules.areas import area_faults, times_turned
from patrolroute.saved import check_saved
from patrolroute.scenario import Area, Scenario, Site, SlowArea, SpeedHours, Travel
from placed import both_ways, network_of

# Two blocks side by side, 100 m each street; the middle one is one-way.
CORNERS = {
    0: (123.600, -10.170), 1: (123.601, -10.170), 2: (123.602, -10.170),
    3: (123.600, -10.171), 4: (123.601, -10.171), 5: (123.602, -10.171),
}  # fmt: skip
TWO_WAY = both_ways((0, 1, 100.0), (1, 2, 100.0), (3, 4, 100.0), (4, 5, 100.0), (0, 3, 100.0), (2, 5, 100.0))
AROUND = ((123.5995, -10.1715), (123.6025, -10.1715), (123.6025, -10.1695), (123.5995, -10.1695))
WEST = ((123.5995, -10.1715), (123.6005, -10.1715), (123.6005, -10.1695), (123.5995, -10.1695))


def blocks() -> RoadNetwork:
    return network_of([*TWO_WAY, (1, 4, 100.0)], CORNERS)


def night(*areas: Area, sites: tuple[Site, ...] = (), turns: bool = False) -> Scenario:
    return Scenario.model_validate(
        {
            "name": "Two blocks",
            "date": "2023-11-23",
            "timezone": "+08:00",
            "places": ({"id": "base", "lon": 123.600, "lat": -10.170},),
            "sites": sites,
            "areas": areas,
            "squads": (squad("regu-1"), squad("regu-2", speed_factor=0.5)),
            "travel": {"turns": turns},
        }
    )


def area(**more: Any) -> Area:
    return Area.model_validate({"id": "blocks", "rings": (AROUND,), "share": 1.0, "weight": 3} | more)


def made(*areas: Area, sites: tuple[Site, ...] = ()) -> PatrolPlan:
    return plan(night(*areas, sites=sites), blocks(), iterations=50, bound_seconds=0, seed=1)


def faults(good: PatrolPlan, *, document: Plan | None = None, book: BeatBook | None = None) -> list[str]:
    found = check_plan(
        document or good.document,
        scenario=good.scenario,
        matrix=good.built.matrix,
        beats=book or good.built.beats,
    )
    return [violation.message for violation in found if violation.rule == "areas"]


def test_every_street_of_two_blocks_is_driven_once() -> None:
    good = made(area())
    (visit,) = (visit for route in good.routes for visit in route.visits)
    assert (visit.visit, visit.site, visit.entry, visit.exit) == ("blocks#1", "blocks", "blocks#1:in", "blocks#1:out")
    (tier,) = good.coverage
    assert (tier.covered_weight, tier.total_weight, tier.covered_sites, tier.total_sites) == (3, 3, 1, 1)
    # 7 streets at 15 km/h for the slower vehicle; the two odd corners are 100 m one-way apart, nothing is driven twice.
    assert visit.end_s - visit.begin_s >= 7 * 24
    assert good.document.weight_unit == 1000
    assert good.document.skipped == ()


def test_beats_are_groups_of_their_own_with_parts_of_the_weight() -> None:
    site = Site(id="kpu", lon=123.602, lat=-10.171, weight=5, tier=2)
    windows = (window((22, 15), (22, 20)), window((23, 0), (23, 5)))
    good = build(night(area(share=0.9, windows=windows, patrol_kph=3), sites=(site,)), blocks())
    problem, book = good.problem, good.beats
    assert book is not None
    assert problem.weight_unit == 1000
    assert len(book.beats) >= 2
    assert problem.groups.ids == ("kpu", *(beat.id for beat in book.beats))
    assert problem.groups.site == ("kpu", *["blocks"] * len(book.beats))
    assert problem.group_weight[0] == 5000
    assert problem.group_weight[1:].sum() == 3000
    assert problem.visits.ids[1:3] == ("blocks#1#1", "blocks#1#2")
    first = problem.visits.ids.index("blocks#1#2")
    assert problem.visits.opens_s[first] == 23 * 3600
    assert problem.visits.closes_s[first] == 23 * 3600 + 300 - book.beats[0].duration_s


def test_what_is_covered_left_out_and_at_most_is_in_the_weights_of_the_scenario() -> None:
    """One squad has time for a part of the area only; the weights of its parts are no whole numbers."""
    windows = (window((22, 15), (22, 20)),)
    scenario = night(area(patrol_kph=3, windows=windows, weight=10, share=1.0))
    good = plan(scenario.model_copy(update={"squads": scenario.squads[:1]}), blocks(), iterations=50, seed=1)
    (tier,), (bound,) = good.coverage, good.bound or ()
    assert 0 < tier.covered_weight < tier.total_weight == 10
    assert tier.covered_weight <= bound.upper_weight <= 10
    assert tier.covered_weight + sum(each.weight for each in good.document.skipped) == pytest.approx(10)
    assert good.skipped["weight"].sum() == pytest.approx(10 - tier.covered_weight)
    said = json.loads(good.document.to_json())
    assert said["bound"][0]["upper_weight"] == bound.upper_weight
    assert said["coverage"][0]["covered_weight"] == tier.covered_weight
    assert Plan.from_json(good.document.to_json()) == good.document
    covered, most = (f"{weight:.3f}".rstrip("0").rstrip(".") for weight in (tier.covered_weight, bound.upper_weight))
    assert f"(weight {covered} of 10, at most {most})" in repr(good)


def test_kilometres_beyond_a_share_are_worth_less() -> None:
    windows = (window((22, 15), (22, 20)),)
    linear, concave = (
        build(night(area(patrol_kph=3, windows=windows, weight=30, **more)), blocks()).beats
        for more in ({}, {"full_share": 0.5, "beyond_worth": 0.25})
    )
    assert linear is not None
    assert concave is not None
    # Beats of 200, 200, 200 and 100 m: 350 m count in full, then 350 m a quarter, 437.5 m in all.
    assert [beat.credit_dm for beat in concave.beats] == [2000, 2000, 2000, 1000]
    assert linear.weights("blocks", 30) == [8572, 8571, 8571, 4286]
    assert concave.weights("blocks", 30, full_share=0.5, beyond_worth=0.25) == [13714, 11143, 3429, 1714]
    only_first = concave.weights("blocks", 30, full_share=0.5, beyond_worth=0.0)
    assert only_first == [17143, 12857, 0, 0]


@functools.cache
def whole_blocks() -> BeatBook:
    book = build(night(area()), blocks()).beats
    assert book is not None
    return book


@given(
    share=st.floats(0.01, 0.99),
    beyond=st.floats(0, 0.99),
    credits_dm=st.lists(st.integers(1, 9_999), min_size=1, max_size=6),
    weight=st.integers(1, 10_000),
    spare=st.floats(1, 3),
)
def test_no_choice_of_beats_is_promised_more_than_its_kilometres_are_worth(
    share: float, beyond: float, credits_dm: list[int], weight: int, spare: float
) -> None:
    book = whole_blocks()
    one = replace(book.beats[0], credited=book.beats[0].credited[:1])
    beats = tuple(
        replace(one, id=f"blocks#{n}", credited_dm=np.array([dm])) for n, dm in enumerate(credits_dm, start=1)
    )
    book = replace(book, beats=beats, total_dm={"blocks": int(sum(credits_dm) * spare)})
    weights = book.weights("blocks", weight, full_share=share, beyond_worth=beyond)
    full_dm = share * book.total_dm["blocks"]

    def worth(dm: int) -> float:
        return min(dm, full_dm) + beyond * max(dm - full_dm, 0)

    assert sum(weights) == 1000 * weight
    for chosen in itertools.product([False, True], repeat=len(beats)):
        driven_dm = sum(dm for dm, is_chosen in zip(credits_dm, chosen, strict=True) if is_chosen)
        promised = sum(each for each, is_chosen in zip(weights, chosen, strict=True) if is_chosen)
        assert promised <= 1000 * weight * worth(driven_dm) / worth(sum(credits_dm)) * (1 + 1e-3) + len(beats)


def test_a_plan_with_less_beyond_is_found_checked_and_told() -> None:
    concave = area(patrol_kph=3, windows=(window((22, 15), (22, 20)),), weight=30, full_share=0.5, beyond_worth=0.25)
    good = made(concave)
    assert faults(good) == []
    assert good.coverage[0].covered_weight == 24.857
    assert sum(good.night.weight(visit) for route in good.routes for visit in route.visits) == pytest.approx(24.857)
    book = good.built.beats
    assert book is not None
    # Cut the other way round, the plan's beats would be the last ones, and it claims more than those are promised.
    turned = replace(book, beats=book.beats[::-1])
    found = check_plan(good.document, scenario=good.scenario, matrix=good.built.matrix, beats=turned)
    assert "accounts" in {violation.rule for violation in found}


@pytest.mark.parametrize("engine", ["ortools", "pyvrp"])
def test_engines_agree_on_parts_of_an_area(engine: str) -> None:
    pytest.importorskip(engine)
    slow = area(share=1.0, patrol_kph=3, tier=1, windows=(window((22, 15), (22, 20)),))
    scenario = night(slow, sites=(Site(id="kpu", lon=123.602, lat=-10.171, dwell_min=5, tier=1),))
    ours, other = (
        plan(scenario, blocks(), engine=name, iterations=200, seconds=2, bound_seconds=2, seed=1)
        for name in ("native", engine)
    )
    # Two squads have five minutes, in which each can drive one of the beats.
    assert 0 < ours.coverage[0].covered_weight < ours.coverage[0].total_weight
    assert ours.proved
    assert other.coverage == ours.coverage


def test_beats_hold_at_the_slowest_hour(tmp_path: Path) -> None:
    late = SpeedHours(name="late", windows=(window((23, 0), (24, 0)),), factor=0.1)
    market = SlowArea(name="market", polygon=WEST, factor=0.25, windows=(window((22, 0), (22, 30)),))
    travel = Travel(hours=(late,), slow=(market,))
    regu = squad("regu-1").model_copy(update={"start": "anywhere", "end": "anywhere"})
    seen = Site(id="kpu", lon=123.602, lat=-10.17101, dwell_min=5, weight=2, seen_within_m=50, seen_weight=1)
    scenario = night(area(patrol_kph=100), sites=(seen,)).model_copy(update={"travel": travel, "squads": (regu,)})
    good = plan(scenario, blocks(), iterations=50, bound_seconds=0, seed=1)
    usual = plan(scenario.model_copy(update={"travel": Travel()}), blocks(), iterations=50, bound_seconds=0, seed=1)
    assert good.built.by_hour is not None
    assert good.built.matrix.ids == good.built.by_hour.travel.ids
    spans = [sum(beat.duration_s for beat in each.built.beats.beats) for each in (good, usual) if each.built.beats]
    assert spans[0] >= 9 * spans[1]
    assert {visit.site for route in good.routes for visit in route.visits} == {"blocks", "kpu"}
    good.save(tmp_path / "out")
    assert check_saved(tmp_path / "out") == []
    hours, matrix, beats = good.built.by_hour.travel, good.built.matrix, good.built.beats
    slower = replace(hours, travel_s=hours.travel_s * 100)
    assert check_plan(good.document, scenario=scenario, matrix=matrix, beats=beats, hours=hours) == []
    assert check_plan(good.document, scenario=scenario, matrix=matrix, beats=beats, hours=slower)


def forbidding(roads: RoadNetwork, *ways: tuple[int, ...]) -> RoadNetwork:
    """Return the roads with ways over some nodes forbidden."""
    leads = {pair: edge for edge, pair in enumerate(zip(roads.tail.tolist(), roads.head.tolist(), strict=True))}
    bans = [tuple(leads[pair] for pair in pairwise(way)) for way in ways]
    return replace(roads, restrictions=Restrictions.of(bans, list(range(1, len(bans) + 1))))


def driven_nodes(planned: PatrolPlan) -> list[list[int]]:
    """Return the nodes that each squad drives over, its legs and beats one after the other."""
    roads, book = planned.roads, planned.built.beats
    assert book is not None
    found = []
    for route in planned.routes:
        edges: list[int] = []
        for position in range(len(route.visits) + 1):
            leg = planned.night.legs.get((route.squad, position))
            edges += [] if leg is None else leg.edges.tolist()
            if position < len(route.visits) and (beat := book.by_entry.get(route.visits[position].entry)):
                along = book.streets.edge[beat.street]
                edges += np.where(beat.forward, along, roads.twin[along]).tolist()
        # A beat begins and ends within an edge, which then stands twice.
        edges = [edge for edge, before in zip(edges, [-1, *edges], strict=False) if edge != before]
        found.append([int(roads.tail[edge]) for edge in edges] + [int(roads.head[edge]) for edge in edges[-1:]])
    return found


def has(nodes: list[int], *way: int) -> bool:
    return any(tuple(nodes[i : i + len(way)]) == way for i in range(len(nodes)))


@pytest.mark.parametrize("patrol_kph", [15, 30])
def test_a_night_with_areas_obeys_turns(patrol_kph: int) -> None:
    """Into the middle street from the west, out of it to the east, and around the east block are forbidden."""
    bans = ((0, 1, 4), (1, 4, 5), (1, 2, 5), (4, 5, 2, 1))
    site = Site(id="kpu", lon=123.602, lat=-10.171, weight=5, tier=2)
    scenario = night(area(patrol_kph=patrol_kph), sites=(site,), turns=True)
    good = plan(scenario, forbidding(blocks(), *bans), iterations=50, bound_seconds=0, seed=1)
    assert good.coverage[-1].covered_sites == 2
    nodes = driven_nodes(good)
    assert any(len(each) > 8 for each in nodes)
    assert not [(each, way) for each in nodes for way in bans if has(each, *way)]
    assert faults(good) == []


def test_a_night_of_real_streets_with_beats_obeys_turns(shared_data: Path, tmp_path: Path) -> None:
    roads = read_roads(shared_data / "roads" / "klandasan_ilir.graphml")
    west, south, east, north = roads.bounds
    ring = ((west, south), (east, south), (east, north), (west, north))
    places = ({"id": "base", "lon": (west + east) / 2, "lat": (south + north) / 2},)
    scenario = night(area(rings=(ring,), share=0.6)).model_dump() | {"places": places, "travel": {"turns": True}}
    heedless = plan(Scenario.model_validate(scenario | {"travel": {}}), roads, iterations=50, bound_seconds=0, seed=1)
    taken = {tuple(each[i : i + 3]) for each in driven_nodes(heedless) for i in range(len(each) - 2)}
    # Some of the turns that the night took before.
    ways = [way for way in sorted(taken) if way[0] != way[2]][::6]
    banned = forbidding(roads, *ways)
    obedient = plan(Scenario.model_validate(scenario), banned, iterations=50, bound_seconds=0, seed=1)
    assert sum(len(each) for each in driven_nodes(obedient)) > 100
    assert not [way for each in driven_nodes(obedient) for way in ways if has(each, *way)]
    obedient.save(tmp_path / "out")
    assert check_saved(tmp_path / "out", roads=banned) == []
    (forbidden,) = {each.message[:60] for each in check_saved(tmp_path / "out", roads=forbidding(roads, *ways[1:]))}
    assert forbidden.startswith("matrix.npz has other seconds or metres for")
    with pytest.raises(InputError, match=r"these are not the roads that the plan was made with, klandasan_ilir"):
        check_saved(tmp_path / "out", roads=blocks())


def test_a_saved_beat_that_takes_a_forbidden_turn_is_caught_with_the_roads(tmp_path: Path) -> None:
    scenario = night(area(), turns=True)
    good = plan(scenario, blocks(), iterations=20, bound_seconds=0, seed=1)
    good.save(tmp_path / "out")
    book = good.built.beats
    assert book is not None
    assert check_saved(tmp_path / "out", roads=blocks()) == []
    # Forbidden inside the beat, where no drive between points is another for it.
    roads = next(
        roads
        for roads in (forbidding(blocks(), way) for way in nodes_of(book))
        if np.array_equal(build(scenario, roads, beats=book).matrix.travel_s, good.built.matrix.travel_s)
    )
    assert {each.rule for each in check_saved(tmp_path / "out", roads=roads)} == {"turns"}


def test_a_beat_that_takes_a_forbidden_turn_never_comes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    heedless = build(night(area()), blocks()).beats
    assert heedless is not None
    monkeypatch.setattr("patrolroute.roads.coverage.patrols.plan_beats", lambda *_: heedless)
    with pytest.raises(RuleBrokenError, match=r"turns: squad 'regu-\d': .*'blocks#1.* turns from .*forbidden"):
        plan(
            night(area(), turns=True), forbidding(blocks(), *nodes_of(heedless)), iterations=20, bound_seconds=0, seed=1
        )


def nodes_of(book: BeatBook) -> list[tuple[int, ...]]:
    """Return the turns of the first beat as ways over three nodes."""
    beat = book.beats[0]
    steps = [
        book.streets.node[row, :: 1 if ahead else -1].tolist()
        for row, ahead in zip(beat.street, beat.forward, strict=True)
    ]
    return [(a[0], a[1], b[1]) for a, b in pairwise(steps) if a[0] != b[1]][1:3]


def test_a_beat_that_turns_round_for_nothing_is_caught() -> None:
    scenario = night(area(), turns=True)
    good = plan(scenario, blocks(), iterations=50, bound_seconds=0, seed=1)
    book = good.built.beats
    assert book is not None
    (beat,) = book.beats
    row, ahead = beat.street[-1], beat.forward[-1]
    if not book.streets.two_way[row]:
        row, ahead = beat.street[0], beat.forward[0]
    # Once back along the last street and forth again, in the time of the streets alone.
    street = np.append(beat.street, [row, row]).astype(np.int32)
    forward = np.append(beat.forward, [not ahead, ahead])
    worse = replace(book, beats=(replace(beat, street=street, forward=forward),))
    assert times_turned(worse, worse.beats[0]) == times_turned(book, beat) + 2
    (fault,) = faults(good, book=worse)
    assert fault.startswith("squad")
    assert "s; at 15 km/h" in fault


def test_an_area_is_served_in_parts_by_two_squads(shared_data: Path) -> None:
    roads = read_roads(shared_data / "roads" / "klandasan_ilir.graphml")
    west, south, east, north = roads.bounds
    ring = ((west, south), (east, south), (east, north), (west, north))
    here = {"id": "base", "lon": float(roads.lon[5]), "lat": float(roads.lat[5])}
    scenario = Scenario.model_validate(
        {"name": "Klandasan", "date": "2023-11-23", "timezone": "+08:00", "places": (here,)}
        | {"areas": (Area(id="ilir", rings=(ring,), weight=10),)}
        | {"squads": tuple(squad(name, start=22, end=23) for name in ("regu-1", "regu-2"))}
    )
    good = plan(scenario, roads, iterations=200, bound_seconds=0, seed=1)
    assert [len(route.visits) > 0 for route in good.routes] == [True, True]
    assert good.built.beats is not None
    assert check_against_problem(good.document, good.built.problem) == []
    assert faults(good) == []


Change = Callable[[BeatBook], BeatBook]


def beat_of(book: BeatBook, **columns: Any) -> BeatBook:
    return replace(book, beats=(replace(book.beats[0], **columns), *book.beats[1:]))


def against_the_one_way(book: BeatBook) -> BeatBook:
    beat = book.beats[0]
    step = next(i for i, row in enumerate(beat.street.tolist()) if not book.streets.two_way[row])
    forward = beat.forward.copy()
    forward[step] = False
    return beat_of(book, forward=forward)


def a_street_twice(book: BeatBook) -> BeatBook:
    first = book.beats[0]
    twin = Beat(**{**vars(first), "id": "blocks#2"})
    return replace(book, beats=(first, twin))


DAMAGE: dict[str, tuple[Change, str]] = {
    "an edge is dropped": (
        lambda book: beat_of(
            book, street=np.delete(book.beats[0].street, 1), forward=np.delete(book.beats[0].forward, 1)
        ),
        "jumps from node",
    ),
    "a street is driven against its one-way": (against_the_one_way, "against its one-way"),
    "a street counts for two beats": (a_street_twice, "counts twice"),
    "a street that is not driven counts": (
        lambda book: beat_of(book, street=book.beats[0].street[:6], forward=book.beats[0].forward[:6]),
        "which does not drive it",
    ),
    "a street counts longer than it is": (
        lambda book: beat_of(book, credited_dm=book.beats[0].credited_dm + 6),
        "lie inside",
    ),
    "a share is claimed that is not reached": (
        lambda book: beat_of(book, credited=book.beats[0].credited[1:], credited_dm=book.beats[0].credited_dm[1:]),
        "its beats reach 85.7% of its kilometres; 100.0% are wanted",
    ),
    "the area is said to have fewer kilometres": (
        lambda book: replace(book, total_dm={"blocks": 6000}),
        "0.700 km of street lie in it; the beats say 0.600 km",
    ),
    "the beats are for other ground": (
        lambda book: replace(book, polygons={"blocks": Area(id="x", rings=(WEST,)).polygon}),
        "for other ground than its rings enclose",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGE)
def test_damaged_beats_are_caught(name: str) -> None:
    change, message = DAMAGE[name]
    good = made(area())
    assert faults(good) == []
    assert good.built.beats is not None
    found = faults(good, book=change(good.built.beats))
    assert any(message in each for each in found), found


def test_only_what_lies_inside_counts() -> None:
    good = made(area(rings=(WEST,), share=0.5))
    book = good.built.beats
    assert book is not None
    # Of the two streets that lead out, half lies inside: 50 + 50 + 100 m.
    assert book.total_dm["blocks"] == pytest.approx(2000, abs=2)
    assert faults(good) == []
    half = replace(book.beats[0], credited_dm=book.beats[0].credited_dm + 500)
    assert any("lie inside" in each for each in faults(good, book=replace(book, beats=(half,))))


def test_classes_that_do_not_count_earn_nothing() -> None:
    good = made(area())
    book = good.built.beats
    assert book is not None
    picky = area(streets=("residential",))
    assert any("or is of class" in each for each in area_faults(book, picky))


def test_a_beat_takes_its_time_at_patrol_speed() -> None:
    good = made(area())
    route = next(route for route in good.routes if route.visits)
    hasty = replace(route, visits=(replace(route.visits[0], end_s=route.visits[0].end_s - 100),))
    document = replace(good.document, routes=tuple(hasty if each is route else each for each in good.routes))
    assert any("on the streets that count it takes" in each for each in faults(good, document=document))


def test_a_beat_is_driven_once_from_its_beginning_to_its_end() -> None:
    good = made(area())
    route = next(route for route in good.routes if route.visits)
    (visit,) = route.visits
    for changed, message in (
        ((visit, visit), "is driven twice"),
        ((replace(visit, entry="base"),), "where none of its beats begins"),
        ((replace(visit, exit="base"),), "it ends at 'blocks#1:out'"),
        ((replace(visit, begin_s=visit.arrive_s - 1),), "before it arrives"),
    ):
        other = replace(route, visits=changed)
        document = replace(good.document, routes=tuple(other if each is route else each for each in good.routes))
        assert any(message in each for each in faults(good, document=document)), message


def test_a_drive_outside_the_windows_is_caught() -> None:
    good = made(area(windows=(window((22, 30), (23, 0)),)))
    (visit,) = (visit for route in good.routes for visit in route.visits)
    assert good.scenario.start.timestamp() + visit.begin_s == window((22, 30), (23, 0)).opens.timestamp()
    late = good.scenario.model_copy(update={"areas": (area(windows=(window((23, 0), (23, 30)),)),)})
    found = check_plan(good.document, scenario=late, matrix=good.built.matrix, beats=good.built.beats)
    assert any("outside the area's windows" in each.message for each in found)


def test_what_is_left_out_is_listed_part_by_part() -> None:
    far = area(windows=(window((3, 0), (3, 30)),), share=0.3)
    good = made(far)
    assert [(each.site, each.part, each.weight) for each in good.document.skipped] == [("blocks", "blocks#1", 3)]
    silent = replace(good.document, skipped=())
    found = check_plan(silent, scenario=good.scenario, matrix=good.built.matrix, beats=good.built.beats)
    assert {each.rule for each in found} == {"accounts"}


def test_the_surroundings_of_a_street_are_checked_from_its_name() -> None:
    roads = replace(blocks(), name=tuple("Jalan Palapa" if y == 0 else "" for y in (blocks().tail > 2).tolist()))
    around = area(rings=(), street="Jalan Palapa", buffer_m=30)
    book = build(night(around), roads).beats
    assert book is not None
    assert list(area_faults(book, around)) == []
    wider = area(rings=(), street="Jalan Palapa", buffer_m=40)
    assert any("m were asked for" in each for each in area_faults(book, wider))


def test_saved_plans_are_checked_with_their_beats(tmp_path: Path) -> None:
    good = made(area())
    good.save(tmp_path / "out")
    assert check_saved(tmp_path / "out") == []
    assert good.built.beats is not None
    spoilt = against_the_one_way(good.built.beats).to_bytes()
    (tmp_path / "out" / "beats.npz").write_bytes(spoilt)
    assert any("against its one-way" in each.message for each in check_saved(tmp_path / "out"))
    (tmp_path / "out" / "beats.npz").unlink()
    with pytest.raises(InputError, match=r"beats\.npz: is missing"):
        check_saved(tmp_path / "out")


def test_beats_must_be_given() -> None:
    good = made(area())
    (only,) = check_plan(good.document, scenario=good.scenario, matrix=good.built.matrix)[-1:]
    assert only.rule in {"areas", "accounts"}
    assert "beats are not given" in str(check_plan(good.document, scenario=good.scenario, matrix=good.built.matrix))
