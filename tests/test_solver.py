from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from patrolroute.bound import bound_plan
from patrolroute.engines.protocol import Budget, Found, Watch
from patrolroute.errors import InfeasibleError, InputError, RuleBrokenError
from patrolroute.problem import PatrolProblem
from patrolroute.solver import Progress, interrupts, solve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from patrolroute.problem import Orders

README = Path(__file__).resolve().parents[1] / "README.md"
TRAVEL_S = [[0, 100, 100], [100, 0, 100], [100, 100, 0]]


def problem_of(**changes: object) -> PatrolProblem:
    arguments: dict[str, object] = {
        "travel_s": TRAVEL_S, "dwell_s": [600, 600], "weight": [1, 1], "shifts_s": [(0, 5000)]
    }  # fmt: skip
    return PatrolProblem.from_arrays(**(arguments | changes))  # type: ignore[arg-type]


class Scripted:
    """An engine that answers what it is told to, and remembers what it was asked."""

    name = "scripted"

    def __init__(self, orders: Orders, *, press: bool = False) -> None:
        self.orders, self.press, self.started_from, self.saw_stop = orders, press, None, False

    def search(self, problem: PatrolProblem, *, budget: Budget, seed: int, start: Orders | None, watch: Watch) -> Found:
        self.started_from = start
        watch.report(self.orders, 1)
        if self.press:
            signal.raise_signal(signal.SIGINT)
        self.saw_stop = watch.stopped()
        return Found(orders=self.orders, iterations=1, stopped_by="complete")


def test_a_plan_comes_out_checked_and_explained() -> None:
    plan = solve(problem_of(shifts_s=[(0, 1400)]), engine=Scripted(((0,),)))
    assert [visit.site for visit in plan.routes[0].visits] == ["site-1"]
    assert plan.skipped[0].reason == "No time left; 'squad-1' comes nearest and lacks 100 s."
    assert plan.engine == "scripted"


@pytest.mark.parametrize("orders", [((0, 0),), ((0, 1),)])
def test_a_plan_that_breaks_a_rule_never_comes_out(orders: Orders) -> None:
    with pytest.raises(RuleBrokenError, match=r"stops|shifts"):
        solve(problem_of(shifts_s=[(0, 1400)]), engine=Scripted(orders))


def test_an_impossible_required_site_is_refused_before_any_search() -> None:
    engine = Scripted(((),))
    problem = problem_of(dwell_s=[600, 9000], required=[False, True])
    with pytest.raises(InfeasibleError, match=r"'site-2' is required. Out, stop and back take longer") as caught:
        solve(problem, engine=engine)
    assert caught.value.best is None
    assert engine.started_from is None


def test_required_sites_that_exclude_each_other_raise_with_the_best_plan() -> None:
    problem = problem_of(shifts_s=[(0, 1400)], required=[True, True])
    with pytest.raises(InfeasibleError, match="'site-2' is required, and the search found no plan") as caught:
        solve(problem, engine=Scripted(((0,),)))
    assert caught.value.best.routes[0].visits[0].site == "site-1"


@pytest.mark.parametrize(
    "changes",
    [
        {"shifts_s": []},
        {"travel_s": [[0]], "dwell_s": [], "weight": []},
        {"shifts_s": [(0, 0), (500, 500)]},
        {"travel_s": [[0]], "dwell_s": [], "weight": [], "shifts_s": []},
    ],
    ids=["no squads", "no sites", "shifts of no length", "nothing"],
)
def test_nothing_to_search_is_answered_without_an_engine(changes: dict[str, object]) -> None:
    class Never(Scripted):
        def search(self, *args: object, **kwargs: object) -> Found:
            raise AssertionError("an engine was asked")

    plan = solve(problem_of(**changes), engine=Never(()))
    assert all(not route.visits for route in plan.routes)
    assert len(plan.skipped) == len(problem_of(**changes).groups)


def test_progress_tells_the_objective() -> None:
    seen: list[Progress] = []
    solve(problem_of(), engine=Scripted(((1, 0),)), progress=seen.append)
    assert seen[0].objective == (0, (0,), 0, 0, 300, 1500)


def test_what_a_callback_raises_reaches_the_caller() -> None:
    def broken(_progress: Progress) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        solve(problem_of(), engine=Scripted(((1, 0),)), progress=broken)


@pytest.fixture(autouse=True)
def ctrl_c_is_heard() -> Iterator[None]:
    """A shell that runs the tests in the background has them ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_ctrl_c_returns_the_best_so_far_and_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    engine = Scripted(((1, 0),), press=True)
    plan = solve(problem_of(), engine=engine)
    assert engine.saw_stop
    assert plan.coverage[0].covered_sites == 2
    assert plan.stopped
    assert not solve(problem_of(), engine=Scripted(((1, 0),))).stopped
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_ends_the_search_and_not_the_proof_and_one_more_ends_the_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the readme's table of Ctrl-C has it."""
    told: list[bool] = []

    def prove(*given: Any, stopped: Callable[[], bool], **options: Any) -> Any:
        told.append(stopped())
        signal.raise_signal(signal.SIGINT)
        told.append(stopped())
        return bound_plan(*given, stopped=stopped, **options)

    monkeypatch.setattr("patrolroute.solver.bound_plan", prove)
    plan = solve(problem_of(), engine=Scripted(((1,),), press=True))
    assert told == [False, True]
    assert plan.bound is not None
    assert "| proves the bound (`--bound-seconds`, 5 unless told) | ends the proof" in README.read_text(
        encoding="utf-8"
    )


def test_ctrl_c_twice_during_the_search_loses_the_plan() -> None:
    class Deaf(Scripted):
        def search(self, *given: Any, **options: Any) -> Found:
            signal.raise_signal(signal.SIGINT)
            return super().search(*given, **options)

    with pytest.raises(KeyboardInterrupt):
        solve(problem_of(), engine=Deaf(((1, 0),), press=True))


def test_a_press_while_the_handler_is_set_is_a_wish_to_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    before, set_handler = signal.getsignal(signal.SIGINT), signal.signal
    presses = [1]

    def press_within(number: int, handler: Any) -> Any:
        earlier = set_handler(number, handler)
        if presses:
            presses.pop()
            handler(number, None)
        return earlier

    monkeypatch.setattr(signal, "signal", press_within)
    with interrupts() as interrupted:
        assert interrupted()
    assert signal.getsignal(signal.SIGINT) is before


def test_a_thread_may_solve_too() -> None:
    plans = []
    thread = threading.Thread(target=lambda: plans.append(solve(problem_of(), engine=Scripted(((0,),)), iterations=1)))
    thread.start()
    thread.join()
    assert plans[0].coverage[0].covered_sites == 1


def test_a_search_starts_from_a_plan() -> None:
    first = solve(problem_of(), engine=Scripted(((1,),)), iterations=1)
    engine = Scripted(((1, 0),))
    solve(problem_of(), engine=engine, start=first)
    assert engine.started_from == ((1,),)


@pytest.mark.parametrize("limits", [{"seconds": None}, {"seconds": -1}, {"iterations": -5}, {"seconds": float("nan")}])
def test_budgets_need_a_limit(limits: dict[str, float]) -> None:
    with pytest.raises(InputError, match="budget"):
        Budget(**limits)  # type: ignore[arg-type]


def test_a_bound_comes_with_every_plan_unless_unwanted() -> None:
    proved = solve(problem_of(), engine=Scripted(((1, 0),)))
    assert [(each.upper_weight, each.proved) for each in proved.bound or ()] == [(2, True)]
    assert (proved.gap, proved.proved) == ({1: 0.0}, True)
    half = solve(problem_of(), engine=Scripted(((1,),)), iterations=1)
    assert [(each.upper_weight, each.proved) for each in half.bound or ()] == [(2, False)]
    assert (half.gap, half.proved) == ({1: 0.5}, False)
    without = solve(problem_of(), engine=Scripted(((1,),)), bound_seconds=0)
    assert (without.bound, without.gap, without.proved) == (None, None, False)


def test_a_better_plan_met_while_bounding_is_taken_unless_the_same_one_is_wanted() -> None:
    """The engine visits one of two sites that both fit."""
    better = solve(problem_of(), engine=Scripted(((1,),)), seconds=1)
    assert (better.coverage[0].covered_sites, better.proved, better.engine) == (2, True, "scripted and bound")
    same = solve(problem_of(), engine=Scripted(((1,),)), iterations=10)
    assert (same.coverage[0].covered_sites, same.proved, same.engine) == (1, False, "scripted")


PRESS_AFTER_CP_SAT = """
import os, signal
from dataclasses import replace
import numpy as np
from ortools.sat.python import cp_model
from patrolroute.bound.clock import Clock
from patrolroute.bound.closing import decide, listed
from patrolroute.bound.levels import Level
from patrolroute.engines.protocol import Budget, Watch
from patrolroute.engines.registry import engine_named
from patrolroute.problem import PatrolProblem
from patrolroute.search.drive import Caller, Limits, Search, Tuning

solved = []
plain = cp_model.CpSolver.solve
cp_model.CpSolver.solve = lambda self, model, *rest: solved.append(1) or plain(self, model, *rest)
heard = []
signal.signal(signal.SIGINT, lambda *_: heard.append(1))
draw = np.random.default_rng(1)
xy = draw.uniform(0, 900, (31, 2))
travel = np.ceil(np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))).astype(int)
problem = PatrolProblem.from_arrays(travel, dwell_s=[60] * 30, weight=draw.integers(1, 9, 30), shifts_s=[(0, 1500)] * 3)
if WHAT == "search":
    search = Search(problem, seed=1, tuning=Tuning(first_cycle=200, recombine_from=200))
    search.run(Limits(iterations=1000), Caller(report=lambda *_: None, stopped=lambda: False))
elif WHAT == "engine":
    budget = Budget(seconds=None, iterations=1000)
    tied = replace(problem, balance="stops")
    engine_named("ortools").search(tied, budget=budget, seed=1, start=None, watch=Watch())
else:
    level = Level(tier=1, weight=np.array([3, 5, 4, 6]))
    pool = listed([(0, (0, 1)), (0, (1, 2)), (0, (0, 2))], level, np.arange(4), 4)
    decide(pool, level, [2], least=0, most=20, hint=(), clock=Clock(5))
assert solved
os.kill(os.getpid(), signal.SIGINT)
assert heard == [1]
print("alive")
"""


@pytest.mark.parametrize("what", ["search", "engine", "bound"])
def test_ctrl_c_still_reaches_the_program_once_cp_sat_has_run(what: str) -> None:
    """CP-SAT's own handler takes the place of Python's, and puts back the one that ends the process."""
    command = [sys.executable, "-c", PRESS_AFTER_CP_SAT.replace("WHAT", repr(what))]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout.strip()) == (0, "alive"), run.stderr


@pytest.mark.parametrize("engine", [3, None, object])
def test_what_is_no_engine_is_refused(engine: Any) -> None:
    with pytest.raises(InputError, match="expected one of native, ortools, pyvrp, or an engine of your own"):
        solve(problem_of(shifts_s=[(0, 1400)]), engine=engine)
