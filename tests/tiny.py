"""Tiny named problems, each with the trap that it sets. `tests/brute.py` or a moment's thought tells their answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from patrolroute.matrix import TravelMatrix
from patrolroute.problem import FARTHEST_S, Groups, PatrolProblem, Squads, Visits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HOUR = 3600


def line(positions_s: Sequence[int], *, back: float = 1.0) -> list[list[int]]:
    """Return the travel seconds between points on a straight street; driving back takes `back` times as long."""
    return [[b - a if b >= a else int((a - b) * back) for b in positions_s] for a in positions_s]


def problem_of(
    travel_s: Sequence[Any],
    *,
    squads: Sequence[dict[str, Any]],
    visits: Sequence[dict[str, Any]],
    required: Sequence[str] = (),
) -> PatrolProblem:
    """Build a problem from rows; `travel_s` has one layer for each profile, or one matrix."""
    layers = np.asarray(travel_s, np.int32)
    layers = layers[np.newaxis] if layers.ndim == 2 else layers
    points = layers.shape[1]
    crew = [
        {"start": 0, "end": 0, "profile": 0, "from_s": 0, "until_s": HOUR, "max_drive_s": 9 * HOUR} | s for s in squads
    ]
    rows = [
        {"duration_s": 600, "opens_s": 0, "closes_s": 9 * HOUR, "tier": 1, "weight": 1, "squads": None, "at": 1} | v
        for v in visits
    ]
    groups = list(dict.fromkeys(str(row.get("group", f"g{i}")) for i, row in enumerate(rows)))
    return PatrolProblem(
        matrix=TravelMatrix(
            ids=tuple(f"p{i}" for i in range(points)),
            profiles=tuple(f"profile-{i}" for i in range(len(layers))),
            travel_s=layers,
            travel_m=layers * 8,
        ),
        squads=Squads(
            ids=tuple(f"squad-{k}" for k in range(len(crew))),
            **{name: np.asarray([row[name] for row in crew], np.int32) for name in crew[0]},
        ),
        groups=Groups(ids=tuple(groups), required=np.asarray([g in required for g in groups], np.bool_)),
        visits=Visits(
            ids=tuple(f"v{i}" for i in range(len(rows))),
            group=np.asarray([groups.index(str(row.get("group", f"g{i}"))) for i, row in enumerate(rows)], np.int32),
            entry=np.asarray([row.get("entry", row["at"]) for row in rows], np.int32),
            exit=np.asarray([row.get("exit", row["at"]) for row in rows], np.int32),
            squads=np.asarray(
                [[row["squads"] is None or k in row["squads"] for k in range(len(crew))] for row in rows]
            ),
            **{
                name: np.asarray([row[name] for row in rows], np.int32)
                for name in ("duration_s", "opens_s", "closes_s", "tier", "weight")
            },
        ),
    )


def one_site() -> PatrolProblem:
    return problem_of(line([0, 300]), squads=[{}], visits=[{}])


def site_at_the_base() -> PatrolProblem:
    return problem_of(line([0, 300]), squads=[{}], visits=[{"at": 0}, {"at": 1}])


def two_windows_of_one_site() -> PatrolProblem:
    """The late window alone leaves time for the other site."""
    return problem_of(
        line([0, 300, 900]),
        squads=[{}],
        visits=[
            {"at": 1, "group": "a", "opens_s": 1000, "closes_s": 1100},
            {"at": 1, "group": "a", "opens_s": 2400, "closes_s": 2500},
            {"at": 2, "opens_s": 900, "closes_s": 900},
        ],
    )


def alternatives_of_unlike_weight() -> PatrolProblem:
    """The heavier alternative of a group shuts out a site that is worth less than the difference."""
    return problem_of(
        line([0, 300, 900]),
        squads=[{}],
        visits=[
            {"at": 1, "group": "a", "weight": 9, "opens_s": 1000, "closes_s": 1000, "duration_s": 2000},
            {"at": 1, "group": "a", "weight": 4, "duration_s": 60},
            {"at": 2, "weight": 3, "opens_s": 1500, "closes_s": 1500},
        ],
    )


def required_against_worth() -> PatrolProblem:
    """A required site of the lowest tier and no weight comes before all others."""
    return problem_of(
        line([0, 1400]),
        squads=[{}],
        visits=[{"at": 0, "duration_s": 3000, "weight": 1000}, {"at": 1, "tier": 3, "weight": 0, "group": "must"}],
        required=["must"],
    )


def required_shut_each_other_out() -> PatrolProblem:
    """Two of three required sites fit; the search must not fail."""
    return problem_of(
        line([0, 300, 600, 900]),
        squads=[{}],
        visits=[{"at": i, "duration_s": 1000, "group": f"r{i}", "weight": i} for i in (1, 2, 3)],
        required=["r1", "r2", "r3"],
    )


def driving_limit_binds() -> PatrolProblem:
    return problem_of(
        line([0, 300, 600, 900]),
        squads=[{"max_drive_s": 1300}],
        visits=[{"at": i, "duration_s": 60} for i in (1, 2, 3)],
    )


def squads_allowed() -> PatrolProblem:
    """The near squad may not make the heavy visit, and the far one has time for one visit only."""
    return problem_of(
        line([0, 300, 600]),
        squads=[{"start": 0, "end": 0}, {"start": 2, "end": 2, "until_s": 1300}],
        visits=[
            {"at": 1, "weight": 5, "squads": [1]},
            {"at": 2, "weight": 1, "squads": [0, 1]},
            {"at": 1, "squads": [0]},
        ],
    )


def different_starts_and_ends() -> PatrolProblem:
    return problem_of(
        line([0, 400, 800, 1200], back=1.5),
        squads=[{"start": 0, "end": 3, "until_s": 2600}, {"start": 3, "end": 0, "until_s": 2600}],
        visits=[{"at": 1}, {"at": 2}, {"at": 1, "weight": 2}, {"at": 2, "weight": 2}],
    )


def far_end_stays_home() -> PatrolProblem:
    """A squad that cannot even drive from its start to its end stays, and the other one works."""
    return problem_of(
        line([0, 300, 5000]),
        squads=[{"start": 0, "end": 2, "max_drive_s": 100}, {}],
        visits=[{"at": 1}],
    )


def motorcycle_is_faster() -> PatrolProblem:
    return problem_of(
        [line([0, 900, 1800]), line([0, 300, 600])],
        squads=[{"profile": 0}, {"profile": 1}],
        visits=[{"at": 2}, {"at": 1}, {"at": 2, "squads": [0]}],
    )


def shift_of_no_length() -> PatrolProblem:
    """Only a visit without travel and without dwell fits the first squad; the second has no time for anything."""
    return problem_of(
        line([0, 300]),
        squads=[{"from_s": 500, "until_s": 500}, {"from_s": 0, "until_s": 0, "start": 1, "end": 1}],
        visits=[{"at": 0, "duration_s": 0}, {"at": 1, "duration_s": 1}],
    )


def one_way_loop() -> PatrolProblem:
    """Clockwise is quick, the other way three times as long."""
    return problem_of(
        [[0, 300, 600, 900], [900, 0, 300, 600], [600, 900, 0, 300], [300, 600, 900, 0]],
        squads=[{"until_s": 3000}],
        visits=[{"at": 3}, {"at": 2}, {"at": 1}],
    )


def waiting_is_worth_it() -> PatrolProblem:
    return problem_of(
        line([0, 100, 200]),
        squads=[{}],
        visits=[{"at": 1, "opens_s": 2500, "closes_s": 2600, "weight": 9}, {"at": 2, "closes_s": 300}],
    )


def drive_through() -> PatrolProblem:
    """An area is entered at one end and left at the other; its own crossing is part of the visit."""
    return problem_of(
        line([0, 500, 1000, 1500]),
        squads=[{"until_s": 4200}],
        visits=[
            {"entry": 1, "exit": 3, "duration_s": 1000},
            {"entry": 3, "exit": 0, "duration_s": 900},
            {"entry": 2, "exit": 2, "duration_s": 200},
        ],
    )


def tiers_are_strict() -> PatrolProblem:
    """The one site of tier 1 takes the whole night; tier 2 offers a million, tier 3 as much again."""
    return problem_of(
        line([0, 100, 1500]),
        squads=[{}],
        visits=[
            {"at": 2, "tier": 1, "weight": 1},
            *({"at": 1, "tier": 2, "weight": 999_983, "duration_s": 300} for _ in range(3)),
            *({"at": 1, "tier": 3, "weight": 1_000_000, "duration_s": 300} for _ in range(2)),
        ],
    )


def weights_far_apart() -> PatrolProblem:
    """A weight of 1 beside a million in one tier is still worth its travel."""
    return problem_of(
        line([0, 100, 1000]),
        squads=[{}],
        visits=[{"at": 1, "weight": 1_000_000, "duration_s": 60}, {"at": 2, "weight": 1, "duration_s": 60}],
    )


def nothing_is_possible() -> PatrolProblem:
    return problem_of(
        line([0, 4000]),
        squads=[{}],
        visits=[{"at": 1}, {"at": 0, "squads": []}, {"at": 0, "duration_s": 9000}],
    )


def nothing_is_worth_it() -> PatrolProblem:
    """Sites of weight 0 are not worth any driving."""
    return problem_of(line([0, 300]), squads=[{}], visits=[{"weight": 0}, {"weight": 0, "at": 0}])


def before_midnight() -> PatrolProblem:
    """Seconds below 0 and windows far beyond every shift."""
    return problem_of(
        line([0, 300, 600]),
        squads=[{"from_s": -7200, "until_s": -3600}, {"from_s": -1800, "until_s": 1800}],
        visits=[
            {"at": 1, "opens_s": -9000, "closes_s": -6000},
            {"at": 2, "opens_s": -FARTHEST_S, "closes_s": FARTHEST_S},
            {"at": 1, "opens_s": 0, "closes_s": 600, "weight": 3},
        ],
    )


def seven_sites_two_squads() -> PatrolProblem:
    grid = [(0, 0), (300, 200), (700, 100), (100, 800), (500, 500), (900, 600), (200, 400), (800, 900)]
    travel_s = [
        [abs(a - c) + abs(b - d) + (7 if i > j else 0) for j, (c, d) in enumerate(grid)]
        for i, (a, b) in enumerate(grid)
    ]
    for i in range(len(grid)):
        travel_s[i][i] = 0
    return problem_of(
        travel_s,
        squads=[{"until_s": 4000}, {"from_s": 600, "until_s": 3600, "max_drive_s": 2000}],
        visits=[
            {"at": i, "tier": 1 + i % 3, "weight": 1 + (i * 5) % 4, "opens_s": 300 * (i % 2), "closes_s": 2800}
            for i in range(1, 8)
        ],
        required=["g4"],
    )


def random_problem(seed: int) -> PatrolProblem:
    """Return up to seven visits with everything at once; travel obeys the triangle inequality, as on real roads."""
    draw = np.random.default_rng(seed)
    count, crews = int(draw.integers(3, 8)), int(draw.integers(1, 3))
    points = count + 3
    where = draw.integers(0, 900, (points, 2))
    # 40 s more against the compass keep the triangle inequality and make the matrix asymmetric.
    east = 40 * (where[:, None, 0] > where[None, :, 0])
    travel_s = np.abs(where[:, None] - where[None]).sum(-1) + east
    through = bool(draw.random() < 0.5)
    visits = []
    for _ in range(count):
        entry = int(draw.integers(0, points))
        leave = int(draw.integers(0, points)) if through else entry
        opens_s = int(draw.integers(0, 2500)) if draw.random() < 0.4 else 0
        visits.append(
            {
                "entry": entry,
                "exit": leave,
                "group": f"g{int(draw.integers(0, count))}",
                "weight": int(draw.choice([1, 2, 5, 1000, 10**6])),
                "duration_s": int(travel_s[entry, leave]) + int(draw.integers(0, 900)),
                "opens_s": opens_s,
                "closes_s": opens_s + (900 if opens_s else 9999),
                "squads": None if draw.random() < 0.7 else [int(draw.integers(0, crews))],
            }
        )
    groups = sorted({str(visit["group"]) for visit in visits})
    tiers = {group: int(draw.integers(1, 4)) for group in groups}
    squads = [
        {
            "start": int(draw.integers(0, points)),
            "end": int(draw.integers(0, points)),
            "profile": int(draw.integers(0, 2)),
            "from_s": int(draw.integers(0, 800)),
            "until_s": int(draw.integers(2500, 6000)),
            "max_drive_s": 9 * HOUR if through else int(draw.integers(1000, 3500)),
        }
        for _ in range(crews)
    ]
    return problem_of(
        [travel_s, travel_s * 2 // 3 + (travel_s > 0)],
        squads=squads,
        visits=[visit | {"tier": tiers[str(visit["group"])]} for visit in visits],
        required=[group for group in groups if draw.random() < 0.15],
    )


CASES: dict[str, Callable[[], PatrolProblem]] = {
    case.__name__: case
    for case in (
        one_site,
        site_at_the_base,
        two_windows_of_one_site,
        alternatives_of_unlike_weight,
        required_against_worth,
        required_shut_each_other_out,
        driving_limit_binds,
        squads_allowed,
        different_starts_and_ends,
        far_end_stays_home,
        motorcycle_is_faster,
        shift_of_no_length,
        one_way_loop,
        waiting_is_worth_it,
        drive_through,
        tiers_are_strict,
        weights_far_apart,
        nothing_is_possible,
        nothing_is_worth_it,
        before_midnight,
        seven_sites_two_squads,
    )
}
