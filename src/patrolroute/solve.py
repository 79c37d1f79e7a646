"""From a problem to a checked plan: refuse what is impossible, search, set times, check."""

from __future__ import annotations

import secrets
import signal
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from patrolroute.bound import bound_plan
from patrolroute.check import check_against_problem
from patrolroute.engines.protocol import Budget, Watch
from patrolroute.engines.registry import DEFAULT_ENGINE, engine_named
from patrolroute.errors import InfeasibleError, RuleBrokenError
from patrolroute.explain import explain_impossible, explain_left_out
from patrolroute.plans import Plan, TierBound
from patrolroute.schedule import objective_of, orders_of, schedule

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Mapping

    from patrolroute.engines.protocol import Engine
    from patrolroute.problem import Orders, PatrolProblem
    from patrolroute.schedule import Objective


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a search has come.

    Parameters
    ----------
    seconds : float
        Since it began.
    iterations : int
        In the engine's own measure.
    objective : Objective
        Of the best plan so far.
    """

    seconds: float
    iterations: int
    objective: Objective


def solve(
    problem: PatrolProblem,
    *,
    engine: str | Engine = DEFAULT_ENGINE,
    budget: Budget | None = None,
    bound_seconds: float = 5.0,
    seed: int | None = None,
    start: Plan | Orders | None = None,
    progress: Callable[[Progress], None] | None = None,
    name: str = "",
    clock: dt.datetime | None = None,
) -> Plan:
    """Search for the best plan of a problem, and check it.

    Ctrl-C ends the search and returns the best plan so far; a second Ctrl-C raises `KeyboardInterrupt`.

    Parameters
    ----------
    problem : PatrolProblem
    engine : str or Engine
        A name of `patrolroute.engines`, or an engine of your own.
    budget : Budget, optional
        10 seconds when left out.
    bound_seconds : float
        How long to look for a proof of how much any plan could cover, after the search; 0 for no bound.
    seed : int, optional
        Drawn at random when left out: a night that can be foretold is no patrol.
    start : Plan or Orders, optional
        Where the search begins; squads and visits that the problem no longer has are dropped from it.
    progress : callable, optional
        Called with a `Progress` as the plan improves, at most ten times a second, and once at the end. What it raises
        ends the search and reaches the caller.
    name : str
        What the plan is called.
    clock : datetime, optional
        Second 0 of the problem, timezone-aware.

    Returns
    -------
    Plan

    Raises
    ------
    InfeasibleError
        When a required group cannot be served: before the search where that is certain, after it with the best plan
        that was found (`best`) where it is not.
    RuleBrokenError
        When the plan breaks a rule, which would be a fault of the program.
    """
    _refuse_impossible(problem)
    drawn = secrets.randbits(31) if seed is None else seed
    orders, engine_name = _search(problem, engine, budget or Budget(), drawn, start, progress)
    reasons = explain_left_out(problem, orders)
    plan = schedule(problem, orders, engine=engine_name, name=name, start=clock, reasons=reasons)
    _refuse_broken(plan, problem)
    if plan.required_missed:
        raise InfeasibleError(required_left_out(plan), best=plan)
    if bound_seconds > 0:
        plan = replace(plan, bound=_bound(problem, orders, bound_seconds))
        _refuse_broken(plan, problem)
    return plan


def _refuse_broken(plan: Plan, problem: PatrolProblem) -> None:
    """Refuse a plan that breaks a rule; required groups that are left out are the caller's to tell."""
    broken = [violation for violation in check_against_problem(plan, problem) if violation.rule != "required"]
    if broken:
        raise RuleBrokenError(map(str, broken))


def required_left_out(plan: Plan, *, titles: Mapping[str, str] | None = None) -> list[str]:
    """Return a sentence for each required site that a plan leaves out.

    Parameters
    ----------
    plan : Plan
    titles : mapping of site id to str, optional
        What sites are called in the sentences; their ids when left out.
    """
    return [
        f"{(titles or {}).get(each.site, each.site)!r} is required, and the search found no plan with every required "
        f"site. {each.reason} Search longer, add a squad or time, or drop 'required'."
        for each in plan.skipped
        if each.required
    ]


def _bound(problem: PatrolProblem, orders: Orders, seconds: float) -> tuple[TierBound, ...]:
    """Return proven bounds; Ctrl-C leaves the search for better ones."""
    with _interrupts() as interrupted:
        proven = bound_plan(problem, orders, seconds=seconds, stopped=interrupted)
    return tuple(
        TierBound(tier=each.tier, upper_weight=each.upper_weight, proved=each.proved, method=each.method)
        for each in proven.tiers
    )


def _refuse_impossible(problem: PatrolProblem) -> None:
    reasons = [
        f"{problem.groups.ids[g]!r} is required. {why}"
        for g, why in explain_impossible(problem).items()
        if problem.groups.required[g]
    ]
    if reasons:
        raise InfeasibleError(reasons)


def _search(
    problem: PatrolProblem,
    engine: str | Engine,
    budget: Budget,
    seed: int,
    start: Plan | Orders | None,
    progress: Callable[[Progress], None] | None,
) -> tuple[Orders, str]:
    """Run the engine, unless there is nothing to search."""
    chosen = engine_named(engine) if isinstance(engine, str) else engine
    orders = orders_of(problem, start) if isinstance(start, Plan) else start
    nothing: Orders = ((),) * len(problem.squads)
    if len(problem.squads) == 0 or len(explain_impossible(problem)) == len(problem.groups):
        return nothing, chosen.name
    teller = _Teller(problem, progress)
    with _interrupts() as interrupted:
        watch = Watch(report=teller.hear, stopped=interrupted)
        found = chosen.search(problem, budget=budget, seed=seed, start=orders, watch=watch)
    teller.tell(found.orders, found.iterations)
    return found.orders, chosen.name


class _Teller:
    """Passes reports on, at most ten a second: reckoning an objective can take longer than the next improvement."""

    LEAST_GAP_S = 0.1

    def __init__(self, problem: PatrolProblem, progress: Callable[[Progress], None] | None) -> None:
        self._problem, self._progress = problem, progress
        self._began = time.perf_counter()
        self._last_s = -self.LEAST_GAP_S

    def hear(self, best: Orders, iterations: int) -> None:
        if time.perf_counter() - self._began - self._last_s >= self.LEAST_GAP_S:
            self.tell(best, iterations)

    def tell(self, best: Orders, iterations: int) -> None:
        if self._progress is None:
            return
        self._last_s = time.perf_counter() - self._began
        objective = objective_of(self._problem, best)
        self._progress(Progress(seconds=self._last_s, iterations=iterations, objective=objective))


@contextmanager
def _interrupts() -> Iterator[Callable[[], bool]]:
    """Turn the first Ctrl-C into a wish to stop; only the main thread may handle signals, elsewhere nothing changes."""
    pressed = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield pressed.is_set
        return

    def first_press(_signal: int, _frame: object) -> None:
        pressed.set()
        signal.signal(signal.SIGINT, before)

    before = signal.signal(signal.SIGINT, first_press)
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, before)
