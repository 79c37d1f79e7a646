"""`bound_plan`: tier by tier, the most that any plan could cover, proved."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from patrolroute.bound.clock import Clock
from patrolroute.bound.enumeration import extend_routes
from patrolroute.bound.labelling import begin, extend
from patrolroute.bound.levels import REQUIRED, Level, covered, level_weights
from patrolroute.bound.network import squad_classes, squad_rows
from patrolroute.bound.orders import check_orders
from patrolroute.bound.pricing import Pricer
from patrolroute.bound.relaxed import relaxed, untied
from patrolroute.bound.resources import resources
from patrolroute.bound.result import Bound, TierBound
from patrolroute.bound.routes import LevelBound, RouteBounds, cheap_level
from patrolroute.bound.walks import walk
from patrolroute.compiled import Job, is_compiled, is_kept, wait_for
from patrolroute.problem import PatrolProblem

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from patrolroute.bound.relaxed import Relaxed
    from patrolroute.problem import Orders

    Ints = NDArray[np.int64]

_MOST_PAIRS = 4_000_000
"""Pairs of visits, over all kinds of squads, up to which routes are priced: about 150 MB of graphs."""
_JOB = Job(__name__, "warm_up", later=True)
_STEP_S = 4e-9
"""Seconds for each triple of visits that making a graph looks at."""


def bound_plan(
    problem: PatrolProblem,
    orders: Orders | None = None,
    *,
    seconds: float = 60.0,
    stopped: Callable[[], bool] = lambda: False,
    improve: bool = False,
) -> Bound:
    """Prove, tier by tier, how much any plan could cover at most.

    The required groups come first, then the tiers from the most important on. The bound of each is over all plans
    that keep up with this one in everything before (serve at least as many required groups, cover at least as much of
    every earlier tier); `TierBound` says it exactly. It holds whether or not the earlier tiers are proved. It
    is there within seconds for any size, from what the squads have of time, and gets better as long as time allows
    by column generation; whenever it is stopped, what is there is proved, in whole numbers.

    Parameters
    ----------
    problem : PatrolProblem
    orders : Orders, optional
        The plan in question: feasible visiting orders that serve no group twice. Nobody goes anywhere when left out.
    seconds : float
        Wall-clock seconds, kept to within about one; compiling, once per machine, is not counted.
    stopped : callable
        Asked often; True ends the work within about a second.
    improve : bool
        Whether to go over to a better plan that turns up on the way; the bounds then speak of that one. Not where
        visits are tied to each other: what turns up need not keep that.

    Returns
    -------
    Bound

    Raises
    ------
    InputError
        When the orders break a window, a shift or a driving limit, or serve a group twice; every fault is listed.
    """
    plan: Orders = tuple(() for _ in problem.squads.ids) if orders is None else orders
    if jobs_ahead():
        wait_for(_JOB)
    warm_up()
    if problem.beyond or problem.hours is not None:
        looser = relaxed(problem)
        kept = looser.orders(plan)
        check_orders(looser.problem, kept)
        bound = _prove(looser, kept, Clock(seconds, stopped), improve=False)
        return replace(bound, orders=plan)
    check_orders(problem, plan)
    return _prove(untied(problem), plan, Clock(seconds, stopped), improve=improve)


def jobs_ahead() -> list[Job]:
    """Return what to compile ahead for a bound; nothing where that is done or in vain."""
    entries: tuple[Any, ...] = (walk, begin, extend, extend_routes)
    return [] if all(map(is_compiled, entries)) or not all(map(is_kept, entries)) else [_JOB]


@cache
def warm_up() -> None:
    """Compile the kernels, or load them, on two squads among twelve sites."""
    east = np.array([0, 417, 720, 0, 302, 146, 92, 186, 345, 396, 538, 419, 685])
    north = np.array([0, 204, 878, 27, 670, 417, 558, 140, 198, 800, 968, 313, 692])
    small = PatrolProblem.from_arrays(
        np.abs(east[:, None] - east) + np.abs(north[:, None] - north),
        dwell_s=[300] * 12,
        weight=[1, 2, 3, 4] * 3,
        shifts_s=[(0, 3300)] * 2,
    )
    clock = Clock(60.0)
    _prove(untied(small), ((), ()), clock, improve=True)
    # That proof is over before any routes are listed.
    for kind in squad_classes(small):
        weight = small.visits.weight[kind.visits].astype(np.int64)
        Pricer(kind, len(small.groups)).routes_earning(weight, int(weight.sum()) // 2, weight, weight > 0, clock)


def _prove(night: Relaxed, plan: Orders, clock: Clock, *, improve: bool) -> Bound:
    problem, options = night.problem, night.options
    weights = level_weights(problem)
    have = resources(problem, options, gaps=night.gaps)
    routes = RouteBounds(problem, night.gaps) if _priceable(problem, clock) else None
    found: list[LevelBound] = []
    floors: tuple[tuple[Ints, int], ...] = ()
    given = plan
    for place, (tier, weight) in enumerate(weights.items()):
        level = Level(tier=tier, weight=weight, floors=floors)
        later = len(weights) - place - 1
        bound = cheap_level(level, have, options, level.value(plan), clock.part(0.1))
        if routes and bound.upper > level.value(plan) and not clock.over:
            bound = routes.bound(level, plan, bound, clock.part(max(0.5, 1.0 / (later + 1)) if later else 1.0))
        if improve and bound.better is not None:
            plan = bound.better
        found.append(bound)
        floors = (*floors, (weight, level.value(plan)))
    return _spoken(weights, found, plan, improved=plan is not given, seconds=clock.used_s)


def _spoken(
    weights: dict[int, Ints], found: list[LevelBound], plan: Orders, *, improved: bool, seconds: float
) -> Bound:
    """Say what was found about one plan: a plan may be better in an earlier tier than when that tier was bounded."""
    bounds, proved = [], True
    for (tier, weight), bound in zip(weights.items(), found, strict=True):
        value = covered(weight, plan)
        proved = proved and value == bound.upper
        bounds.append(
            TierBound(tier=tier, covered_weight=value, upper_weight=bound.upper, proved=proved, method=bound.method)
        )
    required = bounds[0] if REQUIRED in weights else None
    return Bound(
        required=required,
        tiers=tuple(bounds[1:] if required else bounds),
        orders=plan,
        improved=improved,
        seconds=seconds,
    )


def _priceable(problem: PatrolProblem, clock: Clock) -> bool:
    """Tell whether the graphs of all kinds of squads fit in memory, and are made in a small part of the time left."""
    kinds, visits = len(squad_rows(problem)), len(problem.visits)
    return kinds * visits**2 <= _MOST_PAIRS and kinds * visits**3 * _STEP_S <= 0.2 * clock.left_s
