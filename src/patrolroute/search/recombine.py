"""Routes of the pool recombined by set packing, solved by CP-SAT.

The model chooses routes, at most as many of a kind as there are squads, and visits that they contain: a visit in two of
the chosen routes counts once and is later made by one of them, which loses nothing where roads keep the triangle
inequality; under turns a stop left out may cost what turning round there for free had saved. It is solved tier by tier,
each reached worth fixed before the next. Hu, Lim 2014, An iterative three-component heuristic for the team orienteering
problem with time windows, 10.1016/j.ejor.2013.06.011.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from patrolroute.search.layout import GROUP, KIND, TIER, WEIGHT
from patrolroute.search.pool import COUNT, FIRST, RANK, SORT
from patrolroute.search.state import BEST, LENGTH, NODE, REQUIRED

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from ortools.sat.python import cp_model

    from patrolroute.problem import Orders
    from patrolroute.search.layout import Night
    from patrolroute.search.state import State


@dataclass(frozen=True, kw_only=True)
class Effort:
    """How much a recombination may cost.

    Parameters
    ----------
    columns : int
        Most routes in the model.
    work : float
        CP-SAT's deterministic seconds, for all tiers together: the same on every machine.
    seconds : float or None
        Wall-clock seconds, where the caller has such a limit.
    """

    columns: int
    work: float
    seconds: float | None


def columns_of(n: Night, s: State, most: int) -> list[tuple[int, tuple[int, ...]]]:
    """Return the best pooled routes as (kind, visits), the best solution's own first."""
    chosen: dict[tuple[int, ...], None] = {}
    for k in range(s.tour.shape[1]):
        visits = s.route[BEST, k, 1 : 1 + s.tour[BEST, k, LENGTH], NODE]
        if len(visits):
            chosen[(int(n.squad[k, KIND]), *visits.tolist())] = None
    filled = np.flatnonzero(s.pool[:, COUNT])
    order = filled[np.argsort(s.pool[filled, RANK], kind="stable")]
    for row in order[:most]:
        visits = s.pool[row, FIRST : FIRST + s.pool[row, COUNT]]
        chosen.setdefault((int(s.pool[row, SORT]), *visits.tolist()), None)
    return [(key[0], key[1:]) for key in list(chosen)[:most]]


def recombine(n: Night, s: State, effort: Effort) -> Orders | None:
    """Return the best combination of pooled routes that was found, or None where the pool offers no choice.

    Parameters
    ----------
    n : Night
    s : State
    effort : Effort

    Returns
    -------
    Orders or None
        Routes of the squads; a group may stand in several of them.
    """
    from ortools.sat.python import cp_model  # noqa: PLC0415 - takes a third of a second, which short searches do not pay

    columns = columns_of(n, s, effort.columns)
    squads = s.tour.shape[1]
    if len(columns) <= squads:
        return None
    model = cp_model.CpModel()
    used = [model.new_bool_var("") for _ in columns]
    kinds = n.squad[:, KIND]
    for kind in np.unique(kinds):
        model.add(sum(x for x, (of, _) in zip(used, columns, strict=True) if of == kind) <= int((kinds == kind).sum()))
    made = _visit_variables(model, n, used, columns)
    own = sum(1 for k in range(squads) if s.tour[BEST, k, LENGTH])
    for c, x in enumerate(used):
        model.add_hint(x, c < own)
    best = {int(u) for _, visits in columns[:own] for u in visits}
    for u, y in made.items():
        model.add_hint(y, u in best)
    values = _solve_by_tier(model, _levels(n, s, made), used, effort)
    if values is None:
        return None
    return _deal(kinds, [column for column, value in zip(columns, values, strict=True) if value])


def _visit_variables(
    model: cp_model.CpModel,
    n: Night,
    used: list[cp_model.IntVar],
    columns: list[tuple[int, tuple[int, ...]]],
) -> dict[int, cp_model.IntVar]:
    """Return one variable for each visit: it counts only where a chosen route makes it, and once for its group."""
    holders: dict[int, list[cp_model.IntVar]] = {}
    for x, (_, visits) in zip(used, columns, strict=True):
        for u in visits:
            holders.setdefault(u, []).append(x)
    made = {u: model.new_bool_var("") for u in sorted(holders)}
    groups: dict[int, list[cp_model.IntVar]] = {}
    for u, y in made.items():
        model.add_bool_or([*holders[u], y.negated()])
        groups.setdefault(int(n.node[u, GROUP]), []).append(y)
    for alternatives in groups.values():
        if len(alternatives) > 1:
            model.add_at_most_one(alternatives)
    return made


def _levels(n: Night, s: State, made: dict[int, cp_model.IntVar]) -> list[dict[int, tuple[cp_model.IntVar, int]]]:
    """Return what to maximise, level after level: the visits that count, with their worth."""
    levels: list[dict[int, tuple[cp_model.IntVar, int]]] = [{} for _ in range(s.level.shape[1] - 4)]
    for u, y in made.items():
        if s.group[n.node[u, GROUP], REQUIRED]:
            levels[0][u] = (y, 1)
        if n.node[u, WEIGHT]:
            levels[1 + int(n.node[u, TIER])][u] = (y, int(n.node[u, WEIGHT]))
    return [level for level in levels if level]


def _solve_by_tier(
    model: cp_model.CpModel,
    levels: list[dict[int, tuple[cp_model.IntVar, int]]],
    used: list[cp_model.IntVar],
    effort: Effort,
) -> list[bool] | None:
    from ortools.sat.python import cp_model  # noqa: PLC0415 - as above

    values = None
    for level in levels:
        worth = sum(y * weight for y, weight in level.values())
        model.maximize(worth)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        # Its own handler would stay in place of the caller's, and the next Ctrl-C would end the program.
        solver.parameters.catch_sigint_signal = False
        solver.parameters.random_seed = 1
        solver.parameters.max_deterministic_time = effort.work / len(levels)
        if effort.seconds is not None:
            solver.parameters.max_time_in_seconds = max(effort.seconds / len(levels), 0.01)
        status = solver.solve(model)
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return values
        values = [bool(solver.value(x)) for x in used]
        model.add(worth >= int(solver.objective_value))
    return values


def _deal(kinds: NDArray[np.int64], chosen: list[tuple[int, tuple[int, ...]]]) -> Orders:
    """Give the chosen routes to squads of their kind."""
    orders: list[tuple[int, ...]] = []
    waiting = list(chosen)
    for kind in kinds:
        match = next((i for i, (of, _) in enumerate(waiting) if of == kind), None)
        orders.append(() if match is None else waiting.pop(match)[1])
    return tuple(orders)
