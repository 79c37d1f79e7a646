"""Plans security patrols on real streets: who goes where, when, along which roads, and what is left out.

>>> import patrolroute
>>> roads, scenario = patrolroute.datasets.kupang()
>>> plan = patrolroute.plan(scenario, roads, seconds=10, seed=1)
>>> print(plan.summary())
"""

from patrolroute import datasets
from patrolroute.check import check_plan
from patrolroute.errors import InfeasibleError, InputError, PatrolrouteError
from patrolroute.patrol import PatrolPlan, plan
from patrolroute.plans import Plan
from patrolroute.problem import PatrolProblem
from patrolroute.roads import RoadNetwork, fetch_roads, read_roads, roads_from_graph
from patrolroute.scenario import Scenario, Shift, Site, Squad, read_scenario
from patrolroute.solve import solve

__all__ = [
    "InfeasibleError",
    "InputError",
    "PatrolPlan",
    "PatrolProblem",
    "PatrolrouteError",
    "Plan",
    "RoadNetwork",
    "Scenario",
    "Shift",
    "Site",
    "Squad",
    "check_plan",
    "datasets",
    "fetch_roads",
    "plan",
    "read_roads",
    "read_scenario",
    "roads_from_graph",
    "solve",
]
