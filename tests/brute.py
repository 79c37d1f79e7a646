"""The exact optimum of small problems by trying everything; asks nothing of any search."""

from __future__ import annotations

from itertools import permutations, product
from typing import TYPE_CHECKING

from patrolroute.schedule import objective_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from patrolroute.problem import Orders, PatrolProblem
    from patrolroute.schedule import Objective

MOST_VISITS = 8


def keeps_limits(problem: PatrolProblem, squad: int, order: tuple[int, ...]) -> bool:
    """Follow one squad second by second through its order and say whether it keeps every limit."""
    if not order:
        return True
    squads, visits = problem.squads, problem.visits
    travel = problem.matrix.travel_s[squads.profile[squad]].tolist()
    place, time, wheel = int(squads.start[squad]), int(squads.from_s[squad]), 0
    for visit in order:
        if not visits.squads[visit][squad]:
            return False
        leg = travel[place][int(visits.entry[visit])]
        time, wheel = time + leg, wheel + leg
        if time > int(visits.closes_s[visit]):
            return False
        time = max(time, int(visits.opens_s[visit])) + int(visits.duration_s[visit])
        place = int(visits.exit[visit])
    home = travel[place][int(squads.end[squad])]
    return time + home <= int(squads.until_s[squad]) and wheel + home <= int(squads.max_drive_s[squad])


def is_feasible(problem: PatrolProblem, orders: Orders) -> bool:
    """Say whether orders keep every limit and serve no group twice."""
    groups = [int(problem.visits.group[v]) for order in orders for v in order]
    return (
        len(orders) == len(problem.squads)
        and len(groups) == len(set(groups))
        and all(keeps_limits(problem, k, order) for k, order in enumerate(orders))
    )


def _best_routes(problem: PatrolProblem) -> list[dict[frozenset[int], list[tuple[int, ...]]]]:
    """For each squad and set of visits, the feasible orders."""
    count = len(problem.visits)
    found: list[dict[frozenset[int], list[tuple[int, ...]]]] = []
    for k in range(len(problem.squads)):
        routes: dict[frozenset[int], list[tuple[int, ...]]] = {}
        for size in range(count + 1):
            for order in permutations(range(count), size):
                if keeps_limits(problem, k, order):
                    routes.setdefault(frozenset(order), []).append(order)
        found.append(routes)
    return found


def all_best_orders(problem: PatrolProblem) -> Iterator[Orders]:
    """Yield orders among which the optimum is: every way to share out the visits, each squad on its cheapest orders."""
    count, squads = len(problem.visits), len(problem.squads)
    routes = _best_routes(problem)
    nothing: Orders = ((),) * squads
    cheapest = [
        {
            made: min(orders, key=lambda order: objective_of(problem, (*nothing[:k], order, *nothing[k + 1 :]))[2:])
            for made, orders in routes[k].items()
        }
        for k in range(squads)
    ]
    for who in product(range(-1, squads), repeat=count):
        sets = [frozenset(v for v in range(count) if who[v] == k) for k in range(squads)]
        groups = [int(problem.visits.group[v]) for v in range(count) if who[v] >= 0]
        if len(groups) == len(set(groups)) and all(made in cheapest[k] for k, made in enumerate(sets)):
            yield tuple(cheapest[k][made] for k, made in enumerate(sets))


def brute_force(problem: PatrolProblem) -> Objective:
    """Return the objective of the best feasible orders."""
    assert len(problem.visits) <= MOST_VISITS, "too many to try everything"
    return min(objective_of(problem, orders) for orders in all_best_orders(problem))
