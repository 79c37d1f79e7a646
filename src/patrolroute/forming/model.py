"""The choice of crews as a constraint program, solved level by level: what a level settles, no later one gives up.

Google's CP-SAT, one worker and a limit of work instead of time, so that the same night gives the same squads. Squares
of small counts are sums of odd numbers over a count's steps, which keeps the model linear.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from ortools.sat.python import cp_model

if TYPE_CHECKING:
    from patrolroute.forming.crews import Crews, Demand, Problem


class CrewModel:
    """Crews of a problem: a count for each vehicle and task force, and the value of each level.

    Parameters
    ----------
    problem : Problem
    """

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._model = cp_model.CpModel()
        self._squares: list[cp_model.LinearExprT] = []
        forming, model = problem.forming, self._model
        people = [forming.people[force] for force in problem.forces]
        self.counts = [
            [self._count(min(most, pool.seats), f"{f}@{k}") for f, most in enumerate(people)]
            for k, pool in enumerate(problem.vehicles)
        ]
        spread, self._squares = self._squares, []
        self.used = [model.new_bool_var(f"used {k}") for k in range(len(self.counts))]
        self.sizes = [self._count(pool.seats, f"size {k}") for k, pool in enumerate(problem.vehicles)]
        even = self._squares
        for k, size in enumerate(self.sizes):
            model.add(size == sum(self.counts[k]))
            model.add(size >= forming.least_size * self.used[k])
            model.add(size <= problem.vehicles[k].seats * self.used[k])
        for f, most in enumerate(people):
            model.add(sum(crew[f] for crew in self.counts) <= most)
        self._limit_squads()
        for k in range(1, len(self.sizes)):
            if problem.vehicles[k] == problem.vehicles[k - 1]:
                model.add(self.sizes[k] <= self.sizes[k - 1])
        self.levels = [*self._coverage(), sum(self.used), sum(self.sizes), -sum(even), -sum(spread)]

    def _count(self, most: int, name: str) -> cp_model.IntVar:
        """Return a variable from 0 to `most`, and note its square."""
        count = self._model.new_int_var(0, most, name)
        steps = [self._model.new_bool_var(f"{name} > {j}") for j in range(most)]
        for lower, higher in itertools.pairwise(steps):
            self._model.add_implication(higher, lower)
        self._model.add(count == sum(steps))
        self._squares += [(2 * j + 1) * step for j, step in enumerate(steps)]
        return count

    def _limit_squads(self) -> None:
        model, forming, forces = self._model, self._problem.forming, self._problem.forces
        squads = sum(self.used)
        model.add(squads >= 1 if forming.squads is None else squads == forming.squads)
        if isinstance(forming.leaders, int):
            model.add(squads <= forming.leaders)
        elif forming.leaders is not None:
            ways: list[list[cp_model.IntVar]] = [[] for _ in self.used]
            for f, force in enumerate(forces):
                lead = [model.new_bool_var(f"{force} leads {k}") for k in range(len(self.used))]
                model.add(sum(lead) <= forming.leaders.get(force, 0))
                for k, leads in enumerate(lead):
                    model.add_implication(leads, self.used[k])
                    model.add(self.counts[k][f] >= leads)
                    ways[k].append(leads)
            for k, each in enumerate(ways):
                model.add(sum(each) >= self.used[k])

    def _coverage(self) -> list[cp_model.LinearExprT]:
        """Return required sites, then weight, then weight times squads, tier by tier."""
        model, demands, tiers = self._model, self._problem.demands, self._problem.tiers
        some, many = [], []
        for d, demand in enumerate(demands):
            met = self._met(d, demand)
            served, squads = model.new_bool_var(f"served {d}"), model.new_int_var(0, demand.sites, f"squads {d}")
            model.add(demand.together * served <= sum(met) + demand.fixed)
            model.add(squads <= sum(met) + demand.fixed)
            some.append(served)
            many.append(squads)
        return [
            sum(demand.required * served for demand, served in zip(demands, some, strict=True)),
            *(
                sum(d.weight * n for d, n in zip(demands, counted, strict=True) if d.tier == tier)
                for counted in (some, many)
                for tier in tiers
            ),
        ]

    def _met(self, d: int, demand: Demand) -> list[cp_model.IntVar]:
        """Return, for each vehicle that can get there, whether its crew may serve a demand."""
        model, problem = self._model, self._problem
        met = []
        for k, pool in enumerate(problem.vehicles):
            if (demand.kinds and pool.kind not in demand.kinds) or any(
                f >= len(problem.forces) for f, _ in demand.needs
            ):
                continue
            may = model.new_bool_var(f"{k} may {d}")
            model.add_implication(may, self.used[k])
            model.add(self.sizes[k] >= demand.people_min * may)
            for f, count in demand.needs:
                model.add(self.counts[k][f] >= count * may)
            met.append(may)
        return met

    def solve(self, *, seed: int, work: float) -> tuple[Crews, tuple[bool, ...]]:
        """Return the best crews found, and level by level whether they are proved best given the levels before.

        Parameters
        ----------
        seed : int
        work : float
            Most work for all levels, in CP-SAT's deterministic time, a second or a few. A level gets half of what is
            left, and never less than a fiftieth of the whole.
        """
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = seed
        solver.parameters.catch_sigint_signal = False
        best, proved, left = self._problem.first(), [], work
        for level, value in enumerate(self.levels):
            if isinstance(value, int):
                proved.append(True)
                continue
            self._hint(best)
            self._model.maximize(value)
            solver.parameters.max_deterministic_time = max(left / 2, work / 50)
            status = solver.solve(self._model)
            left -= solver.response_proto.deterministic_time
            if status in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
                best = max(
                    best,
                    tuple(tuple(solver.value(count) for count in crew) for crew in self.counts),
                    key=self._problem.values,
                )
            proved.append(status == cp_model.OPTIMAL)
            self._model.add(value >= self._problem.values(best)[level])
        return best, tuple(proved)

    def _hint(self, crews: Crews) -> None:
        self._model.clear_hints()  # type: ignore[no-untyped-call]  # as OR-Tools has it
        for counts, crew in zip(self.counts, crews, strict=True):
            for variable, count in zip(counts, crew, strict=True):
                self._model.add_hint(variable, count)
