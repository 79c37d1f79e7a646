"""The parts: what pricing proves, what is listed, what the cheap bound says, each against trying everything."""

from __future__ import annotations

from itertools import permutations

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from every_plan import all_plans, feasible, problems, values
from patrolroute.bound.cheap import cheap_bound
from patrolroute.bound.clock import Clock
from patrolroute.bound.levels import Level, level_weights
from patrolroute.bound.network import FAR, earliest_beginnings, reversed_graph, squad_classes
from patrolroute.bound.options import each_alone
from patrolroute.bound.orders import route_faults
from patrolroute.bound.pricing import Pricer
from patrolroute.bound.resources import resources

LOOSE = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def routes_of(problem, k):
    """Every route that one squad can drive."""
    group = problem.visits.group
    return [
        order
        for size in range(1, len(problem.visits) + 1)
        for order in permutations(range(len(problem.visits)), size)
        if len({int(group[v]) for v in order}) == size and feasible(problem, k, order)
    ]


@LOOSE
@given(problem=problems(), seed=st.integers(0, 1000), memory=st.integers(0, 6))
def test_no_route_earns_more_than_pricing_says_and_with_full_memory_one_earns_as_much(problem, seed, memory):
    rng = np.random.default_rng(seed)
    profit = rng.integers(-20, 60, len(problem.visits))
    for kind in squad_classes(problem):
        routes = routes_of(problem, kind.squads[0])
        best = max((sum(int(profit[v]) for v in order) for order in routes), default=-1)
        pricer = Pricer(kind, len(problem.groups), memory=memory)
        own = profit[kind.visits].astype(np.int64)
        exact = pricer.exact(own, 0, Clock(20))
        assert exact.most >= best
        full = Pricer(kind, len(problem.groups), memory=len(problem.groups))
        full.members[:] = True
        found = full.exact(own, 0, Clock(20))
        assert found.most == max(0, best)
        for route, earned in zip(found.routes, found.profits, strict=True):
            assert tuple(kind.visits[list(route)].tolist()) in routes
            assert earned == sum(int(own[node]) for node in route)
        walks = pricer.walks(own, 0, Clock(20))
        assert walks.most is None or walks.most >= max(0, best)
        for route in pricer.quick(own, 0, Clock(20)).routes:
            assert pricer.keeps(route)


@LOOSE
@given(problem=problems(), seed=st.integers(0, 1000), least=st.integers(-30, 60))
def test_the_list_has_a_route_for_every_set_of_visits_that_earns_enough(problem, seed, least):
    rng = np.random.default_rng(seed)
    weight = problem.visits.weight.astype(np.int64)
    price = rng.integers(0, 60, len(problem.groups))
    profit = np.minimum(weight, 50) - price[problem.visits.group]
    item = {v: (int(problem.visits.group[v]), int(weight[v])) for v in range(len(weight))}
    for kind in squad_classes(problem):
        routes = routes_of(problem, kind.squads[0])
        wanted = {frozenset(item[v] for v in order) for order in routes if sum(int(profit[v]) for v in order) >= least}
        pricer = Pricer(kind, len(problem.groups), memory=2)
        found = pricer.routes_earning(
            profit[kind.visits], least, weight[kind.visits], np.ones(len(kind.visits), bool), Clock(20)
        )
        orders = [tuple(kind.visits[list(route)].tolist()) for route in found]
        assert set(orders) <= set(routes)
        assert {frozenset(item[v] for v in order) for order in orders} == wanted
        assert len(orders) == len(wanted)


@LOOSE
@given(problem=problems())
def test_every_visit_of_a_route_has_a_node_and_no_route_is_earlier_than_the_graph_says(problem):
    for kind in squad_classes(problem):
        routes = routes_of(problem, kind.squads[0])
        assert {v for order in routes for v in order} <= set(kind.visits.tolist())
        earliest = earliest_beginnings(kind.graph)
        assert (earliest < FAR).all()
        assert (earliest == kind.graph.opens_s).all()
        assert (-earliest_beginnings(reversed_graph(kind.graph)) == kind.graph.closes_s).all()


@LOOSE
@given(problem=problems(), pick=st.integers(0, 10**6))
def test_the_cheap_bound_holds_with_floors(problem, pick):
    plans = all_plans(problem)
    assume(plans)
    worth = {served: values(problem, served) for served in plans}
    plan = worth[sorted(plans, key=sorted)[pick % len(plans)]]
    weights = {0: problem.groups.required[problem.visits.group].astype(np.int64), **level_weights(problem)}
    have, options, floors = resources(problem), each_alone(problem), ()
    for place, tier in enumerate(sorted(weights)):
        level = Level(tier=tier, weight=weights[tier], floors=floors)
        most = max(w[place] for w in worth.values() if all(w[i] >= plan[i] for i in range(place)))
        assert cheap_bound(options.of_level(level), have, options, Clock(5)) >= most
        floors = (*floors, (weights[tier], plan[place]))


@LOOSE
@given(problem=problems())
def test_a_route_has_faults_exactly_when_it_cannot_be_driven(problem):
    for k in range(len(problem.squads)):
        for order in permutations(range(len(problem.visits)), min(3, len(problem.visits))):
            assert (not route_faults(problem, k, order)) == feasible(problem, k, order)
