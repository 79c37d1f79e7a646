"""Whether visiting orders are a plan at all: a bound says nothing about one that breaks its limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from patrolroute.errors import Faults

if TYPE_CHECKING:
    from collections.abc import Sequence

    from patrolroute.problem import Orders, PatrolProblem


def check_orders(problem: PatrolProblem, orders: Orders) -> None:
    """Raise unless orders keep every window, shift and driving limit, and serve no group twice.

    Raises
    ------
    InputError
        With every fault.
    """
    faults = Faults()
    squads, visits = len(problem.squads), len(problem.visits)
    if len(orders) != squads:
        faults.add(f"orders: expected {squads}, one for each squad, found {len(orders)}.")
    for v in sorted({v for order in orders for v in order if not 0 <= v < visits}):
        faults.add(f"orders: visit {v} does not exist; expected rows 0 to {visits - 1}.")
    faults.raise_if_any()
    served: dict[int, int] = {}
    for k, order in enumerate(orders):
        for v in order:
            group = int(problem.visits.group[v])
            if group in served:
                faults.add(
                    f"orders: {problem.groups.ids[group]!r} is served twice, by visits {served[group]} and {v}; "
                    "expected at most one visit of a group."
                )
            served[group] = v
        faults.extend(route_faults(problem, k, order))
    faults.raise_if_any()


def route_faults(problem: PatrolProblem, squad: int, order: Sequence[int]) -> list[str]:
    """Return what is wrong with one squad's visiting order."""
    if not order:
        return []
    squads, table, name = problem.squads, problem.visits, problem.squads.ids[squad]
    travel = problem.matrix.travel_s[squads.profile[squad]]
    faults: list[str] = []
    clock, here, drive = int(squads.from_s[squad]), int(squads.start[squad]), 0
    for v in order:
        leg = int(travel[here, table.entry[v]])
        clock, drive = max(clock + leg, int(table.opens_s[v])), drive + leg
        if not table.squads[v, squad]:
            faults.append(f"squad {name!r} may not make visit {table.ids[v]!r}.")
        if clock > table.closes_s[v]:
            faults.append(f"squad {name!r} begins visit {table.ids[v]!r} at {clock} s, after {table.closes_s[v]} s.")
        clock, here = clock + int(table.duration_s[v]), int(table.exit[v])
    leg = int(travel[here, squads.end[squad]])
    clock, drive = clock + leg, drive + leg
    if clock > squads.until_s[squad]:
        faults.append(f"squad {name!r} is back at {clock} s; expected by {squads.until_s[squad]} s.")
    if drive > squads.max_drive_s[squad]:
        faults.append(f"squad {name!r} drives {drive} s; expected at most {squads.max_drive_s[squad]} s.")
    return faults
