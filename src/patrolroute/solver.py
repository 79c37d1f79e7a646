"""From a problem to a checked plan: refuse what is impossible, search, set times, check."""

from __future__ import annotations

import secrets
import signal
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np

from patrolroute.bound import bound_plan
from patrolroute.bound import jobs_ahead as jobs_of_bound
from patrolroute.check import check_against_problem
from patrolroute.engines.protocol import Budget, Watch, check_number
from patrolroute.engines.registry import DEFAULT_ENGINE, engine_of
from patrolroute.errors import Faults, InfeasibleError, RuleBrokenError
from patrolroute.explain import explain_impossible, explain_left_out
from patrolroute.plans import Plan, TierBound, weight_of
from patrolroute.schedule import objective_of, orders_of, schedule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from patrolroute.bound import Bound
    from patrolroute.compiled import Job
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
    seconds: float | None = None,
    iterations: int | None = None,
    bound_seconds: float = 5.0,
    seed: int | None = None,
    engine: str | Engine = DEFAULT_ENGINE,
    start: Plan | Orders | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Plan:
    """Search for the best plan of a problem, and check it.

    Ctrl-C ends the search, after which the bound is proved all the same; Ctrl-C during the proof ends that. Either way
    the best plan so far is returned, with what is proved. A second Ctrl-C before the first has taken effect raises
    `KeyboardInterrupt`.

    Parameters
    ----------
    problem : PatrolProblem
    seconds : float, optional
        Longest search; 10 when neither this nor `iterations` is given.
    iterations : int, optional
        Most iterations, in the engine's own measure. With a seed and without `seconds`, the same plan every time.
    bound_seconds : float
        How long to look for a proof of how much any plan could cover, after the search; 0 for no bound. A better plan
        that turns up on the way is taken, unless `iterations` is given and the same plan is wanted every time.
    seed : int, optional
        0 to 2^31 - 1; drawn at random when left out: a night that can be foretold is no patrol.
    engine : str or Engine
        A name of `patrolroute.engines`, or an engine of your own.
    start : Plan or Orders, optional
        Where the search begins; squads and visits that the problem no longer has are dropped from it.
    progress : callable, optional
        Called with a `Progress` as the plan improves, at most ten times a second, and once at the end. What it raises
        ends the search and reaches the caller.

    Returns
    -------
    Plan
        Without a name and a calendar, which a problem does not have.

    Raises
    ------
    InputError
        When an option is out of range or an engine is unknown.
    InfeasibleError
        When a required group cannot be served: before the search where that is certain, after it with the best plan
        that was found (`best`) where it is not.
    RuleBrokenError
        When the plan breaks a rule, which would be a fault of the program.
    """
    check_options(seconds=seconds, iterations=iterations, bound_seconds=bound_seconds, seed=seed)
    budget = Budget(
        seconds=_default_seconds(seconds, iterations), iterations=None if iterations is None else int(iterations)
    )
    drawn = secrets.randbits(31) if seed is None else int(seed)
    impossible = explain_impossible(problem)
    _refuse_impossible(problem, impossible)
    stops = np.flatnonzero(problem.groups.duty < 0)
    nothing_to_search = len(problem.squads) == 0 or all(int(g) in impossible for g in stops)
    chosen = engine_of(engine)
    orders: Orders = ((),) * len(problem.squads)
    stopped = False
    if not nothing_to_search:
        orders, stopped = _search(problem, chosen, budget, drawn, start, progress)
    _refuse_without_duties(problem, orders)
    # From here on there is a plan, which Ctrl-C must not lose.
    with interrupts() as interrupted:
        reasons = explain_left_out(problem, orders, impossible=impossible)
        plan = replace(schedule(problem, orders, engine=chosen.name, reasons=reasons), stopped=stopped)
        _refuse_broken(plan, problem)
        if plan.required_missed:
            raise InfeasibleError(required_left_out(plan), best=plan)
        if bound_seconds > 0:
            proof = partial(bound_plan, seconds=bound_seconds, stopped=interrupted, improve=iterations is None)
            plan = _bounded(problem, plan, orders, proof)
            _refuse_broken(plan, problem)
    return plan


def jobs_ahead(*, engine: str, tied: bool, hourly: bool, bound: bool) -> list[Job]:
    """Return what `solve` will have to compile, for `patrolroute.compiled.compiling_ahead`; nothing where that is done.

    Parameters
    ----------
    engine : str
    tied, hourly : bool
        What kind of problem it will probably be: with visits tied to others, with travel by the hour.
    bound : bool
        Whether a bound will be asked for.
    """
    jobs = []
    if engine == DEFAULT_ENGINE:
        native = import_module("patrolroute.engines.native")
        jobs += native.jobs_ahead(tied=tied, hourly=hourly)
    return [*jobs, *jobs_of_bound()] if bound else jobs


def check_options(
    *, seconds: float | None, iterations: int | None, bound_seconds: float, seed: int | None, progress: object = None
) -> None:
    """Refuse options of `solve` that are no numbers, out of range or cannot be called, all at once.

    Raises
    ------
    InputError
    """
    faults = Faults()
    for name, value, whole, most in (
        ("seconds", seconds, False, None),
        ("iterations", iterations, True, None),
        ("seed", seed, True, 2**31 - 1),
    ):
        if value is not None:
            check_number(name, value, faults, whole=whole, most=most)
    check_number("bound_seconds", bound_seconds, faults, whole=False)
    if progress is not None and not callable(progress):
        faults.add(f"progress: expected a function that takes a Progress, or None, found {progress!r}.")
    faults.raise_if_any()


def _refuse_without_duties(problem: PatrolProblem, orders: Orders) -> None:
    """Refuse orders whose squads leave out a duty: the search takes such only where something required asks for it."""
    groups = problem.groups
    served = {int(problem.visits.group[v]) for order in orders for v in order}
    lacking: dict[int, list[str]] = {}
    for g in np.flatnonzero(groups.duty >= 0):
        if int(g) not in served and orders[groups.duty[g]]:
            lacking.setdefault(int(groups.duty[g]), []).append(groups.ids[g])
    if lacking:
        raise InfeasibleError(
            f"squad {problem.squads.ids[k]!r} finds no time for {', '.join(map(repr, breaks))}, and cannot go out "
            "without; something required needs it. Widen the windows of its breaks, or drop 'required'."
            for k, breaks in lacking.items()
        )


def _refuse_broken(plan: Plan, problem: PatrolProblem) -> None:
    """Refuse a plan that breaks a rule; required groups that are left out are the caller's to tell.

    Squads are less alike than they may be only where something required asks for it.
    """
    broken = [violation for violation in check_against_problem(plan, problem) if violation.rule != "required"]
    if broken and all(violation.rule == "spread" for violation in broken):
        why = "something required needs it. Allow them to be further apart, or drop 'required'."
        raise InfeasibleError(
            (f"{violation.message} The search found no plan; {why}" for violation in broken), best=plan
        )
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


def _bounded(problem: PatrolProblem, plan: Plan, orders: Orders, proof: Callable[..., Bound]) -> Plan:
    """Return a plan with what is proven of its bounds, or the better one that was met on the way."""
    proven = proof(problem, orders)
    if proven.improved:
        reasons = explain_left_out(problem, proven.orders)
        better = schedule(problem, proven.orders, engine=f"{plan.engine} and bound", reasons=reasons)
        plan = replace(better, stopped=plan.stopped)
    bound = tuple(
        TierBound(
            tier=each.tier,
            upper_weight=weight_of(each.upper_weight, problem.weight_unit),
            proved=each.proved,
            method=each.method,
        )
        for each in proven.tiers
    )
    return replace(plan, bound=bound)


def _default_seconds(seconds: float | None, iterations: int | None) -> float | None:
    return 10.0 if seconds is None and iterations is None else seconds


def _refuse_impossible(problem: PatrolProblem, impossible: Mapping[int, str]) -> None:
    reasons = [
        f"{problem.groups.ids[g]!r} is required. {why}" for g, why in impossible.items() if problem.groups.required[g]
    ]
    if reasons:
        raise InfeasibleError(reasons)


def _search(
    problem: PatrolProblem,
    engine: Engine,
    budget: Budget,
    seed: int,
    start: Plan | Orders | None,
    progress: Callable[[Progress], None] | None,
) -> tuple[Orders, bool]:
    """Return the best orders found, and whether Ctrl-C ended the search."""
    orders = orders_of(problem, start) if isinstance(start, Plan) else start
    teller = _Teller(problem, progress)
    with interrupts() as interrupted:
        watch = Watch(report=teller.hear, stopped=interrupted)
        found = engine.search(problem, budget=budget, seed=seed, start=orders, watch=watch)
        stopped = interrupted()
    teller.tell(found.orders, found.iterations)
    return found.orders, stopped


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
def interrupts() -> Iterator[Callable[[], bool]]:
    """Turn the first Ctrl-C into a wish to stop, which what is given tells; a second one raises `KeyboardInterrupt`.

    Only the main thread may handle signals; elsewhere nothing changes.
    """
    pressed = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield pressed.is_set
        return

    def first_press(_signal: int, _frame: object) -> None:
        pressed.set()
        signal.signal(signal.SIGINT, before)

    # Asked first: a press may come before `signal.signal` has returned.
    before = signal.getsignal(signal.SIGINT) or signal.SIG_DFL
    signal.signal(signal.SIGINT, first_press)
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, before)
