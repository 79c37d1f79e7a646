"""A problem with all that ties visits to each other as a model of CP-SAT.

Each squad drives a circuit through its base and the visits it makes; a squad that stays in has the base alone. Every
visit has a time of beginning. A visit that floats stands on no circuit: it follows one of the squad's visits, or its
start, and what comes after that waits for it.
"""

from __future__ import annotations

from itertools import pairwise, product
from typing import TYPE_CHECKING

import numpy as np
from ortools.sat.python import cp_model

from patrolroute.engines.tied import wanted_groups
from patrolroute.schedule import time_orders

if TYPE_CHECKING:
    from collections.abc import Callable

    from patrolroute.problem import Orders, PatrolProblem

BASE = -1
"""Stands for a squad's start and end among the rows of visits."""

Sum = cp_model.LinearExpr | int


class Circuits:
    """The model of a problem, and the levels of its objective.

    Parameters
    ----------
    problem : PatrolProblem
        Without a balance of time on duty or a limit on its spread, which hang on times that nobody may put off.
    """

    def __init__(self, problem: PatrolProblem) -> None:
        self._problem = problem
        self.model = model = cp_model.CpModel()
        visits, squads = problem.visits, problem.squads
        self._begin = [
            model.new_int_var(int(opens), int(closes), "")
            for opens, closes in zip(visits.opens_s, visits.closes_s, strict=True)
        ]
        self._out = [model.new_bool_var("") for _ in squads.ids]
        self._back = [
            model.new_int_var(int(from_s), int(until_s), "")
            for from_s, until_s in zip(squads.from_s, squads.until_s, strict=True)
        ]
        wanted = np.isin(visits.group, list(wanted_groups(problem)))
        self._by: list[dict[int, cp_model.IntVar]] = [
            {int(v): model.new_bool_var("") for v in np.flatnonzero(visits.squads[:, k] & wanted)}
            for k in range(len(squads))
        ]
        self._arcs: list[dict[tuple[int, int], cp_model.IntVar]] = []
        self._after: list[dict[tuple[int, int], cp_model.IntVar]] = []
        self._drive: list[Sum] = []
        for k in range(len(squads)):
            self._add_circuit(k)
            self._add_floating(k)
            self._add_limits(k)
        self._made = [model.new_bool_var("") for _ in visits.ids]
        for v, made in enumerate(self._made):
            model.add(made == sum(by[v] for by in self._by if v in by))
        self._served: list[Sum] = [
            sum(self._made[v] for v in np.flatnonzero(visits.group == g)) for g in range(len(problem.groups))
        ]
        self._add_ties()
        overtime = self._overtime()
        self.levels = [
            self._unmet(), *self._uncovered(self._overtime_cost(overtime)), overtime, self._spread(),
            *self._drive_and_finish(),
        ]  # fmt: skip
        """What is to be as small as can be, in the order of `schedule.Objective`."""

    def _add_circuit(self, k: int) -> None:
        problem, model = self._problem, self.model
        visits, squads, by = problem.visits, problem.squads, self._by[k]
        travel_s = problem.matrix.travel_s[squads.profile[k]]
        rows = [BASE, *(v for v in by if not visits.floats[v])]
        entry = {v: int(squads.end[k] if v == BASE else visits.entry[v]) for v in rows}
        leave = {v: int(squads.start[k] if v == BASE else visits.exit[v]) for v in rows}
        node = {v: i for i, v in enumerate(rows)}
        circuit: list[tuple[int, int, cp_model.LiteralT]] = []
        arcs: dict[tuple[int, int], cp_model.IntVar] = {}
        drive: Sum = 0
        for a, b in product(rows, rows):
            if a == b:
                circuit.append((node[a], node[a], (self._out[k] if a == BASE else by[a]).negated()))
            elif BASE in {a, b} or visits.group[a] != visits.group[b]:
                leg_s = int(travel_s[leave[a], entry[b]])
                arcs[a, b] = model.new_bool_var("")
                circuit.append((node[a], node[b], arcs[a, b]))
                drive += leg_s * arcs[a, b]
                model.add(self._reached(k, b) >= self._free(k, a) + leg_s).only_enforce_if(arcs[a, b])
        model.add_circuit(circuit)
        model.add(drive <= int(squads.max_drive_s[k]))
        self._arcs.append(arcs)
        self._drive.append(drive)

    def _reached(self, k: int, v: int) -> cp_model.IntVar:
        """Return when a visit begins, or the squad is back."""
        return self._back[k] if v == BASE else self._begin[v]

    def _free(self, k: int, v: int) -> Sum:
        """Return when a visit has ended, or the squad may leave."""
        return int(self._problem.squads.from_s[k]) if v == BASE else self._begin[v] + self._lasts_s(v)

    def _lasts_s(self, v: int) -> int:
        return int(self._problem.visits.duration_s[v])

    def _add_floating(self, k: int) -> None:
        problem, model, by = self._problem, self.model, self._by[k]
        after: dict[tuple[int, int], cp_model.IntVar] = {}
        spans = []
        for p in (v for v in by if problem.visits.floats[v]):
            for a in (BASE, *(v for v in by if not problem.visits.floats[v])):
                after[p, a] = model.new_bool_var("")
                model.add_implication(after[p, a], self._out[k] if a == BASE else by[a])
                model.add(self._begin[p] >= self._free(k, a)).only_enforce_if(after[p, a])
            model.add(sum(literal for (q, _), literal in after.items() if q == p) == by[p])
            spans.append(model.new_optional_fixed_size_interval_var(self._begin[p], self._lasts_s(p), by[p], ""))
        model.add_no_overlap(spans)
        travel_s = problem.matrix.travel_s[problem.squads.profile[k]]
        for (p, a), follows in after.items():
            leave = problem.squads.start[k] if a == BASE else problem.visits.exit[a]
            for (start, b), arc in self._arcs[k].items():
                if start == a:
                    entry = problem.squads.end[k] if b == BASE else problem.visits.entry[b]
                    ready = self._free(k, p) + int(travel_s[leave, entry])
                    model.add(self._reached(k, b) >= ready).only_enforce_if(arc, follows)
        self._after.append(after)

    def _stops(self, k: int) -> Sum:
        groups, group = self._problem.groups, self._problem.visits.group
        return sum(made for v, made in self._by[k].items() if groups.duty[group[v]] < 0)

    def _add_limits(self, k: int) -> None:
        """Limit stops, and leave nobody to go out for duties alone."""
        stops = self._stops(k)
        self.model.add(stops <= int(self._problem.squads.max_stops[k]))
        self.model.add(stops >= self._out[k])

    def _add_ties(self) -> None:
        model, groups, table = self.model, self._problem.groups, self._problem.couplings
        for g, served in enumerate(self._served):
            model.add(served <= 1)
            if groups.duty[g] >= 0:
                model.add(served >= self._out[groups.duty[g]])
            if groups.needs[g] >= 0:
                model.add(served <= self._served[groups.needs[g]])
            if groups.bundle[g] >= 0:
                first = int(np.flatnonzero(groups.bundle == groups.bundle[g])[0])
                model.add(served == self._served[first])
        for c in range(len(table)):
            a, b = int(table.first[c]), int(table.second[c])
            between = self._begin[b] - self._begin[a]
            for holds in (between >= int(table.lo_s[c]), between <= int(table.hi_s[c])):
                model.add(holds).only_enforce_if(self._made[a], self._made[b])
            if table.apart[c]:
                for by in self._by:
                    if a in by and b in by:
                        model.add_at_most_one(by[a], by[b])

    def _unmet(self) -> Sum:
        missed: Sum = sum(1 - self._served[g] for g in np.flatnonzero(self._problem.groups.required))
        if self._problem.most_spread_stops is None:
            return missed
        beyond = self.model.new_int_var(0, len(self._problem.groups), "")
        self.model.add(beyond >= self._stops_apart() - self._problem.most_spread_stops)
        return missed + beyond

    def _uncovered(self, overtime_cost: Sum) -> list[Sum]:
        problem = self._problem
        left: list[Sum] = []
        for tier in problem.tiers:
            total = int(problem.group_weight[problem.group_tier == tier].sum(dtype=np.int64))
            rows = np.flatnonzero(problem.visits.tier == tier)
            covered = sum(int(problem.visits.weight[v]) * self._made[v] for v in rows)
            left.append(total - covered + (overtime_cost if tier == problem.overtime_tier else 0))
        return left

    def _later(self, k: int, from_s: int) -> cp_model.IntVar:
        """Return the seconds by which a squad that goes out is back after some second."""
        until_s = int(self._problem.squads.until_s[k])
        later = self.model.new_int_var(0, max(0, until_s - from_s), "")
        self.model.add(later >= self._back[k] - from_s).only_enforce_if(self._out[k])
        return later

    def _overtime(self) -> Sum:
        squads = self._problem.squads
        return sum(
            self._later(k, int(squads.overtime_from_s[k]))
            for k in np.flatnonzero(squads.overtime_from_s < squads.until_s).tolist()
        )

    def _overtime_cost(self, overtime_s: Sum) -> Sum:
        """Return `schedule.overtime_cost` of so much overtime."""
        price, squads = self._problem.overtime_price, self._problem.squads
        if not price:
            return 0
        most_s = int((squads.until_s - squads.overtime_from_s).sum(dtype=np.int64))
        cost = self.model.new_int_var(0, -(-most_s * price // 3600), "")
        self.model.add(cost * 3600 >= overtime_s * price)
        return cost

    def _spread(self) -> Sum:
        return self._stops_apart() if self._problem.balance == "stops" else 0

    def _stops_apart(self) -> Sum:
        """Return no less than by how much the most stops that a squad makes exceed the least."""
        most, least = (self.model.new_int_var(0, len(self._problem.groups), "") for _ in range(2))
        for k in range(len(self._problem.squads)):
            self.model.add(most >= self._stops(k))
            self.model.add(least <= self._stops(k))
        return most - least

    def _drive_and_finish(self) -> tuple[Sum, Sum]:
        from_s = self._problem.squads.from_s.tolist()
        return sum(self._drive), sum(self._later(k, each) for k, each in enumerate(from_s))

    def orders(self, value: Callable[[cp_model.IntVar], int]) -> Orders:
        """Return the visiting orders of a solution, given what tells the value of a variable."""
        orders = []
        for arcs, after in zip(self._arcs, self._after, strict=True):
            onward = {a: b for (a, b), literal in arcs.items() if value(literal)}
            order, here = [], BASE
            while True:
                floating = [p for (p, a), literal in after.items() if a == here and value(literal)]
                order += sorted(floating, key=lambda p: (value(self._begin[p]), self._lasts_s(p)))
                here = onward.get(here, BASE)
                if here == BASE:
                    break
                order.append(here)
            orders.append(tuple(order))
        return tuple(orders)

    def hint(self, model: cp_model.CpModel, orders: Orders) -> None:
        """Let the search in a clone of the model begin from orders that fit."""
        hints: dict[int, int] = {}
        for k, (order, route) in enumerate(zip(orders, time_orders(self._problem, orders), strict=True)):
            floats = self._problem.visits.floats
            stops = [BASE, *(v for v in order if not floats[v]), BASE]
            driven = set(pairwise(stops)) if order else set()
            before = {p: [BASE, *(v for v in order[:i] if not floats[v])][-1] for i, p in enumerate(order)}
            hints[self._out[k].index] = bool(order)
            hints[self._back[k].index] = route.return_s
            hints.update({literal.index: arc in driven for arc, literal in self._arcs[k].items()})
            hints.update({literal.index: before.get(p) == a for (p, a), literal in self._after[k].items()})
            hints.update({literal.index: v in order for v, literal in self._by[k].items()})
            hints.update({self._begin[v].index: visit.begin_s for v, visit in zip(order, route.visits, strict=True)})
        made = {v for order in orders for v in order}
        hints.update({literal.index: v in made for v, literal in enumerate(self._made)})
        for index, value in hints.items():
            model.add_hint(model.get_int_var_from_proto_index(index), value)
