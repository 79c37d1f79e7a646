"""Plans security patrols on real streets: who goes where, when, along which roads, and what is left out.

>>> import patrolroute
>>> roads, scenario = patrolroute.datasets.kupang()
>>> plan = patrolroute.plan(scenario, roads, seconds=10, seed=1)
>>> print(plan.summary())
"""

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from patrolroute import datasets
    from patrolroute.check import check_plan
    from patrolroute.errors import InfeasibleError, InputError, PatrolrouteError
    from patrolroute.forming import form_squads
    from patrolroute.patrol import PatrolPlan, plan
    from patrolroute.plans import Plan
    from patrolroute.problem import PatrolProblem
    from patrolroute.roads import RoadNetwork, fetch_roads, read_roads, roads_from_graph
    from patrolroute.saved import check_saved
    from patrolroute.scenario import Scenario, read_scenario
    from patrolroute.solver import solve

__all__ = [
    "InfeasibleError",
    "InputError",
    "PatrolPlan",
    "PatrolProblem",
    "PatrolrouteError",
    "Plan",
    "RoadNetwork",
    "Scenario",
    "check_plan",
    "check_saved",
    "datasets",
    "fetch_roads",
    "form_squads",
    "plan",
    "read_roads",
    "read_scenario",
    "roads_from_graph",
    "solve",
]
__version__ = version("patrolroute")

_HOMES = {
    "InfeasibleError": "errors",
    "InputError": "errors",
    "PatrolPlan": "patrol",
    "PatrolProblem": "problem",
    "PatrolrouteError": "errors",
    "Plan": "plans",
    "RoadNetwork": "roads",
    "Scenario": "scenario",
    "check_plan": "check",
    "check_saved": "saved",
    "fetch_roads": "roads",
    "form_squads": "forming",
    "plan": "patrol",
    "read_roads": "roads",
    "read_scenario": "scenario",
    "roads_from_graph": "roads",
    "solve": "solver",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for, so that a tool that needs a matrix and no map does not wait for map libraries."""
    if name == "datasets":
        return import_module("patrolroute.datasets")
    if name not in _HOMES:
        raise AttributeError(f"module 'patrolroute' has no attribute {name!r}")
    found = getattr(import_module(f"patrolroute.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
