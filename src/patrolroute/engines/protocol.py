"""The seam between a problem and whatever searches for visiting orders."""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from patrolroute.errors import Faults, InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from patrolroute.problem import Orders, PatrolProblem

StoppedBy = Literal["seconds", "iterations", "stagnation", "interrupt", "complete"]


@dataclass(frozen=True, kw_only=True)
class Budget:
    """When a search ends: at the first of its limits.

    Parameters
    ----------
    seconds : float or None
        Wall-clock seconds.
    iterations : int or None
        Iterations, in the engine's own measure; with a seed they make a search reproducible, which seconds do not.
    stagnation : int or None
        Iterations without a better plan.

    Raises
    ------
    InputError
        When no limit is set or one is negative, infinite or no whole number where it counts.
    """

    seconds: float | None = 10.0
    iterations: int | None = None
    stagnation: int | None = None

    def __post_init__(self) -> None:
        faults = Faults()
        limits = {"seconds": self.seconds, "iterations": self.iterations, "stagnation": self.stagnation}
        if all(value is None for value in limits.values()):
            faults.add("budget: no limit is set; give seconds, iterations or stagnation.")
        for name, value in limits.items():
            if value is not None:
                check_number(f"budget: {name}", value, faults, whole=name != "seconds")
        faults.raise_if_any()


def check_number(what: str, value: object, faults: Faults, *, whole: bool, most: int | None = None) -> None:
    """Note a fault of an option that is no number of 0 or more, up to `most`; numpy's numbers are numbers."""
    kind = numbers.Integral if whole else numbers.Real
    expected = "a whole number" if whole else "a number"
    expected += " of 0 or more" if most is None else f" from 0 to {most:,}"
    if isinstance(value, bool) or not isinstance(value, kind):
        faults.add(f"{what} is {value!r}; expected {expected}.")
    elif not 0 <= float(value) < math.inf or (most is not None and float(value) > most):
        faults.add(f"{what} is {value}; expected {expected}.")


@dataclass(frozen=True, kw_only=True)
class Watch:
    """How a search and its caller speak while it runs.

    Parameters
    ----------
    report : callable
        Called with the best orders so far and the iterations done, at least at every improvement.
    stopped : callable
        Asked often; once it answers True the search returns its best orders within a second.
    """

    report: Callable[[Orders, int], None] = lambda _orders, _iterations: None
    stopped: Callable[[], bool] = lambda: False


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a search found.

    Parameters
    ----------
    orders : Orders
        The best visiting orders. They keep every window, shift and driving limit and serve no group twice.
    iterations : int
        In the engine's own measure.
    stopped_by : str
        The limit that ended the search; "complete" when nothing was left to try.
    """

    orders: Orders
    iterations: int
    stopped_by: StoppedBy


def refuse_beyond(problem: PatrolProblem, engine: str, *, keeps: frozenset[str] = frozenset()) -> None:
    """Refuse a problem that asks for more than windows, shifts, driving limits and alternatives, and what else is kept.

    Parameters
    ----------
    problem : PatrolProblem
    engine : str
    keeps : frozenset of str
        Words of `PatrolProblem.beyond` for what the engine keeps.

    Raises
    ------
    InputError
        Naming each thing that is asked.
    """
    refused = [words for words in problem.beyond if words not in keeps]
    if refused:
        raise InputError(
            f"engine {engine!r} cannot keep {words}; take the engine 'native', or leave it out of the scenario."
            for words in refused
        )


class Engine(Protocol):
    """Searches for good visiting orders. `docs/engines.md` tells how to add one."""

    @property
    def name(self) -> str:
        """What `--engine` calls it."""

    def search(self, problem: PatrolProblem, *, budget: Budget, seed: int, start: Orders | None, watch: Watch) -> Found:
        """Return the best visiting orders that the budget allows.

        Parameters
        ----------
        problem : PatrolProblem
            With at least one squad and one visit, every required group possible for some squad by itself.
        budget : Budget
        seed : int
        start : Orders or None
            Orders to begin from; the result is never worse than their feasible part.
        watch : Watch

        Raises
        ------
        InputError
            When the engine cannot keep something that the problem asks (`PatrolProblem.beyond`), by its name.
        """
