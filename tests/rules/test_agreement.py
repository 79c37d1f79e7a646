"""What the problem allows the scenario's words allow, and the other way round, however the rules are mixed."""

from __future__ import annotations

import functools
import random
from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nights import at, line_matrix, scenario_of, site, squad, window
from patrolroute.beats import BeatBook
from patrolroute.build import build, compile_problem
from patrolroute.check import check_against_problem, check_plan
from patrolroute.matrix import TravelMatrix
from patrolroute.problem import PatrolProblem
from patrolroute.rules.waiting import wait_elsewhere
from patrolroute.scenario import Area
from patrolroute.scenario.model import Scenario
from patrolroute.schedule import schedule, without_idle_duties
from rules.test_areas import area as blocks_area
from rules.test_areas import blocks
from rules.test_areas import night as two_blocks

POSITIONS = {"base": 0, "kpu": 3, "bawaslu": 6, "pos": 9}
PLACES = ({"id": "base", "lon": 123.60, "lat": -10.18}, {"id": "pos", "lon": 123.61, "lat": -10.18})
ENDS = ("base", "base", "anywhere")
SHARES = (0.4, 1.0)
"""Of the streets of two blocks: one beat, and several."""
LABELS = {"windows", "needs", "coupling", "bundle"}
"""What only says which of a site's visits is called which: its third visit in place of its second, say."""


@functools.cache
def book_of(share: float) -> BeatBook:
    """Return the beats of a share of two blocks of streets: walked, five minutes or so each."""
    short = (window((22, 15), (22, 20)),)
    beats = build(two_blocks(blocks_area(share=share, patrol_kph=3, windows=short)), blocks()).beats
    assert beats is not None
    return beats


def night(pick: random.Random) -> tuple[Scenario, TravelMatrix, BeatBook | None]:
    """Return a night of three squads in which every rule that adds, changes or ties visits may hold, and its beats."""
    visits = pick.choice([{}, {"visits": 2, "gap_min": 10}, {"visits": 3, "gap_max_min": 25, "revisit_weight": 2}])
    if visits and pick.random() < 0.4:
        visits |= {"squads_alternate": True}
    windows = pick.choice([(), (window((22, 20), (22, 50)), window((23, 0), (23, 50)))])
    kind = pick.choice([{}, {"squads_together": 2}, {"seen_within_m": 40, "seen_weight": 1}])
    worth = pick.choice([(), ({"from": at(22, 30), "until": at(23, 10), "weight": 7},)])
    kpu = site("kpu", weight=3, dwell_min=5, windows=windows, worth=worth, wait=pick.random() < 0.8, **kind, **visits)
    post = {"id": "alun", "place": "pos", "period": {"opens": at(22, 40), "closes": at(23, 20)}, "slot_min": 20}
    post |= {"all_or_nothing": pick.choice([True, False]), "required": pick.random() < 0.2}
    areas, beats = _areas(pick)
    if areas and pick.random() < 0.5:
        post |= {"area": areas[0].id}
    presence = pick.choice([(), (post,)])
    rest = pick.choice([{}, {"minutes": 10, "window": window((22, 30), (23, 30))}, {"minutes": 5, "places": ("pos",)}])
    limit = pick.choice([None, None, 60])
    squads = (
        squad("a", breaks=(rest,) if rest else (), longest_without_break_min=limit).model_copy(
            update={"start": pick.choice(ENDS)}
        ),
        squad("b", overtime_min=pick.choice([0, 15]), breaks=({"minutes": 5},)),
        squad("c", max_stops=pick.choice([None, 2])).model_copy(update={"end": pick.choice(ENDS)}),
    )
    wishes = {
        "max_spread_stops": pick.choice([None, None, None, 0, 1, 3]),
        "max_spread_duty_min": pick.choice([None, None, None, 15, 60]),
        "overtime_price": pick.choice([None, None, {"tier": 2, "weight_per_h": pick.choice([0.5, 3, 40])}]),
        "balance": pick.choice([None, None, "stops", "duty"]),
    }
    scenario = scenario_of(
        (kpu, site("bawaslu", dwell_min=5)), squads, places=PLACES, presence=presence, areas=areas, **wishes
    )
    ends = {end: n % 10 for n, beat in enumerate(beats.beats if beats else ()) for end in (beat.entry, beat.exit)}
    matrix = line_matrix(scenario, POSITIONS | ({"kpu~seen": 3} if kpu.seen_within_m else {}) | ends)
    matrix = replace(matrix, lonlat=np.tile([123.6, -10.17], (len(matrix.ids), 1)))
    return scenario, matrix.with_free_point("anywhere"), beats


def _areas(pick: random.Random) -> tuple[tuple[Area, ...], BeatBook | None]:
    if pick.random() < 0.6:
        return (), None
    share = pick.choice(SHARES)
    windows = pick.choice([(), (window((22, 20), (22, 50)), window((23, 10), (23, 40))), (window((22, 0), (22, 1)),)])
    wish = pick.choice([{}, {"only_by": ("a", "b")}])
    area = blocks_area(share=share, patrol_kph=3, windows=windows, tier=pick.choice([1, 2]), **wish)
    return (area,), book_of(share)


def some_orders(problem: PatrolProblem, pick: random.Random) -> tuple[tuple[int, ...], ...]:
    """Return visiting orders that are sorted by time as far as windows tell, one visit of a group at most."""
    orders: list[list[int]] = [[] for _ in problem.squads.ids]
    for g in range(len(problem.groups)):
        if pick.random() < (0.95 if problem.groups.duty[g] >= 0 or problem.groups.bundle[g] >= 0 else 0.7):
            v = pick.choice([v for v, group in enumerate(problem.visits.group) if group == g])
            if may := [k for k in range(len(orders)) if problem.visits.squads[v, k]]:
                orders[pick.choice(may)].append(v)
    for order in orders:
        pick.shuffle(order)
        if pick.random() < 0.8:
            order.sort(key=lambda v: int(problem.visits.opens_s[v]))
    return without_idle_duties(problem, tuple(map(tuple, orders)))


@given(seed=st.integers(0, 2**32))
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_problem_and_the_words_allow_the_same(seed: int) -> None:
    pick = random.Random(seed)
    scenario, matrix, beats = night(pick)
    problem = compile_problem(scenario, matrix, beats=beats)
    plan = schedule(problem, some_orders(problem, pick), engine="dice", name=scenario.name, start=scenario.start)
    plan = wait_elsewhere(plan, [each.id for each in scenario.sites if not each.wait])
    words = [str(violation) for violation in check_plan(plan, scenario=scenario, matrix=matrix, beats=beats)]
    rules = {violation.rule for violation in check_against_problem(plan, problem)}
    if not rules:
        assert words == []
    if not words:
        assert rules <= LABELS
