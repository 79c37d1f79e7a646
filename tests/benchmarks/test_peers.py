"""Every engine of the benchmark, on instances whose best is known by trying everything."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from instances import Instance, read_folder
from large import build_large
from patrolroute.engines.feasible import orders_fit
from patrolroute.engines.protocol import Budget, Watch
from patrolroute.errors import InputError
from patrolroute.problem import Orders, PatrolProblem
from peers import bench_engine

PEERS = ["native", "ortools", "pyvrp", "vroom"]
A_MOMENT = Budget(seconds=0.3)


def search(name: str, problem: PatrolProblem) -> Orders:
    if name == "vroom":
        pytest.importorskip("vroom", reason="needs pyvroom: pip install 'patrolroute[benchmarks]'")
    return bench_engine(name).search(problem, budget=A_MOMENT, seed=1, start=None, watch=Watch()).orders


def best_of(instance: Instance, squads: int) -> float:
    """Return the best prize by trying everything: the best set of visits for each number of routes."""
    problem = instance.problem(1)
    worth: dict[frozenset[int], float] = {}
    for length in range(7):
        for order in itertools.permutations(range(6), length):
            if orders_fit(problem, (order,)):
                worth[frozenset(order)] = instance.score((order,), 1)
    if squads == 1:
        return max(worth.values())
    return max(worth[a] + worth[b] for a in worth for b in worth if not a & b)


@pytest.mark.parametrize("kind", ["toptw", "top"])
@pytest.mark.parametrize("name", PEERS)
def test_the_best_of_a_tiny_instance_is_found_and_valid(name: str, kind: str, request: pytest.FixtureRequest) -> None:
    instance = read_folder(request.getfixturevalue(kind))[0][0]
    squads = 2 if kind == "top" else 1
    orders = search(name, instance.problem(squads))
    assert instance.score(orders, squads) == best_of(instance, squads)


@pytest.mark.parametrize("name", PEERS)
def test_limits_on_driving_are_kept(name: str) -> None:
    night = build_large(25, 2, seed=3)
    limited = replace(night, squads=replace(night.squads, max_drive_s=np.full(2, 4_000, np.int32)))
    orders = search(name, limited)
    assert any(orders)
    assert orders_fit(limited, orders)


def test_vroom_takes_drives_whose_sum_exceeds_its_32_bits() -> None:
    night, end = build_large(60, 2, seed=1), 2**29
    matrix = replace(night.matrix, travel_s=night.matrix.travel_s * np.int32(150_000))
    squads = replace(night.squads, until_s=np.full(2, end, np.int32), max_drive_s=np.full(2, end, np.int32))
    visits = replace(night.visits, closes_s=np.full(60, end, np.int32), opens_s=np.zeros(60, np.int32))
    fine = replace(night, matrix=matrix, squads=squads, visits=visits)
    assert int(fine.matrix.travel_s.max()) * len(fine.matrix.ids) > 2**32
    orders = search("vroom", fine)
    assert sum(map(len, orders)) > 4
    assert orders_fit(fine, orders)


@pytest.mark.parametrize("name", ["ortools", "pyvrp", "vroom"])
def test_what_a_peer_cannot_model_it_refuses(name: str, toptw: Path) -> None:
    problem = read_folder(toptw)[0][0].problem(1)
    tiers = np.where(np.arange(len(problem.visits)) == 0, 1, 2).astype(np.int32)
    with pytest.raises(InputError, match="one tier"):
        search(name, replace(problem, visits=replace(problem.visits, tier=tiers)))


def test_an_unknown_engine_is_named_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"nativ.*native, ortools, pyvrp, vroom"):
        bench_engine("nativ")
