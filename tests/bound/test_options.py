"""What counts together, and what spans of the night and duties leave of it, in the bound that knows no routes."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from hourly import at_random
from patrolroute.bound import bound_plan
from patrolroute.bound.clock import Clock
from patrolroute.bound.levels import Level, level_weights
from patrolroute.bound.relaxed import relaxed
from patrolroute.bound.resources import resources
from patrolroute.bound.routes import cheap_level
from patrolroute.check import check_against_problem
from patrolroute.problem import Couplings, PatrolProblem
from patrolroute.schedule import covered_weights, schedule, without_idle_duties
from tied import every_plan, tied_problem
from tiny import problem_of


def quick(problem: PatrolProblem) -> int:
    """Return the bound of the only tier that the knapsack gives."""
    night = relaxed(problem)
    have = resources(night.problem, night.options, gaps=night.gaps)
    ((tier, weight),) = level_weights(night.problem).items()
    return cheap_level(Level(tier=tier, weight=weight), have, night.options, -1, Clock(60)).upper


def coupled(plain: PatrolProblem, rows: list[tuple[int, int, int, int, bool]], **groups: list[int]) -> PatrolProblem:
    first, second, lo, hi, apart = (np.array(column) for column in zip(*rows, strict=True))
    return replace(
        plain,
        groups=replace(plain.groups, **{name: np.array(each, np.int32) for name, each in groups.items()}),
        couplings=Couplings(
            first=first.astype(np.int32), second=second.astype(np.int32), lo_s=lo.astype(np.int32),
            hi_s=hi.astype(np.int32), apart=apart.astype(np.bool_),
        ),
    )  # fmt: skip


def visited_again(seed: int) -> PatrolProblem:
    """Return a site that wants two or three visits, stopping or passing, others beside it, and one or two squads."""
    draw = np.random.default_rng(seed)
    times, squads = int(draw.integers(2, 4)), int(draw.integers(1, 3))
    ways = 1 if times == 3 else int(draw.integers(1, 3))
    others = 1 if times * ways >= 4 else int(draw.integers(1, 3))
    where = draw.integers(0, 400, (2 + others, 2))
    opens = draw.choice([0, 0, 200, 500], ways)
    closes = np.maximum(opens, draw.choice([9000, 9000, 1200, 1800], ways))
    visits = [
        {
            "at": 1,
            "duration_s": (100, 0)[way],
            "weight": (3, 1)[way],
            "tier": 1,
            "group": f"again{number}",
            "opens_s": int(opens[way]),
            "closes_s": int(closes[way]),
        }
        for number, way in product(range(times), range(ways))
    ]
    for other in range(others):
        late = int(draw.choice([0, 0, 300]))
        visits.append(
            {
                "at": 2 + other,
                "duration_s": int(draw.integers(0, 400)),
                "weight": int(draw.integers(1, 4)),
                "tier": 1,
                "opens_s": late,
                "closes_s": late + 400 if late else 9000,
            }
        )
    crew = [{"until_s": int(draw.integers(800, 2600)), "end": int(draw.integers(0, 2))} for _ in range(squads)]
    plain = problem_of(np.abs(where[:, None] - where[None]).sum(-1), squads=crew, visits=visits)
    gap_s, apart = int(draw.choice([200, 400, 700, 1000])), squads == 2 and draw.random() < 0.3
    most_s = int(draw.choice([2**28, 2**28, 900 + gap_s]))
    rows = [
        (a * ways + i, b * ways + j, gap_s + (100, 0)[i], most_s, apart)
        for a, b, i, j in product(range(times), range(times), range(ways), range(ways))
        if a < b
    ]
    site = tuple("again" if each.startswith("again") else each for each in plain.groups.ids)
    return coupled(replace(plain, groups=replace(plain.groups, site=site)), rows)


def most_covered(problem: PatrolProblem) -> int:
    """Return what the best plan covers that the checker passes."""
    most = 0
    for orders in every_plan(problem):
        groups = [int(problem.visits.group[v]) for order in orders for v in order]
        if len(set(groups)) == len(groups) and without_idle_duties(problem, orders) == orders:
            covered = sum(covered_weights(problem, orders).values())
            if covered > most and not check_against_problem(schedule(problem, orders, engine="any"), problem):
                most = covered
    return most


@pytest.mark.parametrize("seed", range(24))
def test_no_plan_of_visits_that_are_made_again_covers_more(seed: int) -> None:
    problem = visited_again(seed)
    problem = at_random(problem, seed, night_s=1500) if seed % 4 == 3 else problem
    assert relaxed(problem).ladders.rungs
    most = most_covered(problem)
    assert quick(problem) >= most
    assert bound_plan(problem, seconds=2).tiers[0].upper_weight >= most


def _one_tier(seed: int) -> bool:
    problem = tied_problem(seed, visits=4)
    return not problem.groups.required.any() and len(problem.tiers) == 1


@pytest.mark.parametrize("seed", [seed for seed in range(40) if _one_tier(seed)])
def test_no_plan_of_visits_that_are_tied_covers_more(seed: int) -> None:
    problem = tied_problem(seed, visits=4)
    assert quick(problem) >= most_covered(problem)


def one_place(*visits: dict[str, object], squads: int = 1, until_s: int = 1000) -> PatrolProblem:
    """Return visits next to each other, of weight 1 and 300 s unless they say so."""
    rows = [{"at": 0, "duration_s": 300, "weight": 1, "tier": 1, **each} for each in visits]
    return problem_of(np.zeros((1, 1)), squads=[{"until_s": until_s}] * squads, visits=rows)


def test_what_can_only_be_made_late_has_only_what_is_left_of_the_night() -> None:
    late = {"opens_s": 500, "closes_s": 1000}
    # 500 s and no drive: two visits of 300 s would end after the shift.
    plain = one_place({}, late, late, late)
    assert quick(plain) == 2


def test_what_can_only_be_made_in_between_has_only_that() -> None:
    between = {"opens_s": 300, "closes_s": 400, "duration_s": 200}
    # The last one begins by second 400: no three of them, whatever the shift.
    assert quick(one_place(*[between] * 5, until_s=5000)) == 1


def with_break(plain: PatrolProblem, row: int, *, floats: bool = True, **groups: object) -> PatrolProblem:
    """Return a problem in which the visit of a row, alone in its group, is the first squad's break."""
    duty, afloat = np.full(len(plain.groups), -1, np.int32), np.zeros(len(plain.visits), np.bool_)
    duty[row], afloat[row] = 0, floats
    changed = replace(plain, groups=replace(plain.groups, duty=duty, **groups))  # type: ignore[arg-type]
    return replace(changed, visits=replace(changed.visits, floats=afloat))


IN_SPAN = {"duration_s": 100, "opens_s": 900, "closes_s": 1200}
GAP = [(0, 1, 600, 2**28, False)]


@pytest.mark.parametrize(
    ("problem", "orders"),
    [
        pytest.param(
            with_break(one_place(*[IN_SPAN] * 3, {**IN_SPAN, "weight": 0, "duration_s": 600}, until_s=3600), 3),
            ((0, 1, 2, 3),),
            id="after the last visit of a span",
        ),
        pytest.param(
            with_break(
                one_place(
                    {**IN_SPAN, "opens_s": 500, "closes_s": 9000},
                    *[IN_SPAN] * 3,
                    {"weight": 0, "duration_s": 400, "opens_s": 500, "closes_s": 1200},
                    until_s=3600,
                ),
                4,
            ),
            ((4, 1, 2, 3, 0),),
            id="before the first visit of a span",
        ),
        pytest.param(
            with_break(
                coupled(
                    problem_of(
                        np.array([[0, 300], [300, 0]]),
                        squads=[{"until_s": 1200}],
                        visits=[*[{"duration_s": 0, "tier": 1}] * 2, {"duration_s": 500, "weight": 0, "tier": 1}],
                    ),
                    GAP,
                ),
                2,
                site=("a", "a", "c"),
            ),
            ((0, 2, 1),),
            id="within a gap",
        ),
        pytest.param(
            with_break(
                problem_of(
                    np.array([[0, 600, 600], [600, 0, 1200], [600, 1200, 0]]),
                    squads=[{"start": 1, "end": 2, "until_s": 700}],
                    visits=[
                        {"at": 1, "duration_s": 0, "tier": 1},
                        {"at": 2, "duration_s": 0, "tier": 1},
                        {"at": 1, "entry": 1, "exit": 2, "duration_s": 600, "weight": 0, "tier": 1},
                    ],
                ),
                2,
                floats=False,
            ),
            ((0, 2, 1),),
            id="from one place to another",
        ),
    ],
)
def test_a_break_takes_no_time_that_a_squad_has_for_it(problem: PatrolProblem, orders: tuple[tuple[int, ...]]) -> None:
    """Where it waits anyway, or outside of a span, a break costs no visit."""
    assert check_against_problem(schedule(problem, orders, engine="by hand"), problem) == []
    covered = sum(covered_weights(problem, orders).values())
    for plan in (None, orders):
        assert bound_plan(problem, plan, seconds=2).tiers[0].upper_weight == covered


def test_a_bundle_takes_the_time_of_all_its_visits() -> None:
    plain = one_place({"weight": 3}, {"weight": 0}, {"weight": 0}, {"weight": 2})
    assert quick(plain) == 5
    bundled = replace(plain, groups=replace(plain.groups, bundle=np.array([0, 0, 0, -1], np.int32)))
    # In shares of visits, which this bound knows no better: 300 s for 2 and 700 of 900 s for 3.
    assert quick(bundled) == 4


def test_a_visit_that_needs_another_takes_its_time_too() -> None:
    plain = one_place({"weight": 0}, {"weight": 3}, {"weight": 2}, {"weight": 2}, until_s=700)
    assert quick(plain) == 5
    chained = replace(plain, groups=replace(plain.groups, needs=np.array([-1, 0, -1, -1], np.int32)))
    assert quick(chained) == 4


def test_if_there_is_to_be_another_visit_the_first_is_early() -> None:
    """Two sites, two visits each 600 s apart, in 1,000 s: both first ones would have to begin by second 100."""
    plain = one_place({}, {}, {}, {})
    rows = [(0, 1, 600, 2**28, False), (2, 3, 600, 2**28, False)]
    problem = coupled(replace(plain, groups=replace(plain.groups, site=("a", "a", "b", "b"))), rows)
    options = relaxed(problem).options
    assert np.bincount(options.choice).tolist() == [2, 2]
    assert options.closes_s[options.opens_s == 0].min() <= 400
    assert quick(problem) == 3


def test_visits_that_keep_a_gap_are_not_made_one_after_the_other() -> None:
    """Twenty seconds from anywhere to the site; its three visits, 400 s apart, are not next to each other."""
    visits = [{"at": 1, "duration_s": 0, "tier": 1} for _ in range(3)]
    plain = problem_of(np.array([[0, 20], [20, 0]]), squads=[{"until_s": 2000}], visits=visits)
    rows = [(a, b, 400, 2**28, False) for a, b in ((0, 1), (0, 2), (1, 2))]
    night = relaxed(coupled(plain, rows))
    free = resources(night.problem, night.options).time.min()
    kept = resources(night.problem, night.options, gaps=night.gaps).time.min()
    assert (free, kept) == (0, 40)
