"""Crews as whole numbers: people by vehicle and task force, and what they are worth, level by level."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from patrolroute.scenario import Site

if TYPE_CHECKING:
    from patrolroute.scenario import Area, Forming, Scenario, VehiclePool

Crews = tuple[tuple[int, ...], ...]
"""People by vehicle and, within it, by task force; a vehicle without people stays at home."""


@dataclass(frozen=True, kw_only=True)
class Demand:
    """What some sites of one tier ask of squads alike.

    Parameters
    ----------
    needs : tuple of (int, int)
        Position of a task force and people of it; a position beyond the last stands for a task force that nobody is of.
    people_min : int
    kinds : tuple of str
        Vehicles that can get there; any when there is none.
    tier : int
    fixed : int
        Squads that the night has beside those to be formed and that may serve them.
    together : int
        Squads that meet at each of the sites: fewer cannot serve it.
    weight, sites, required : int
        Of the sites that ask so: their weight, how many they are, and how many of them are required.
    """

    needs: tuple[tuple[int, int], ...]
    people_min: int
    kinds: tuple[str, ...]
    tier: int
    fixed: int
    together: int = 1
    weight: int = 0
    sites: int = 0
    required: int = 0

    def met_by(self, kind: str, crew: tuple[int, ...]) -> bool:
        """Return whether a crew in a vehicle of a kind may serve the sites."""
        return (
            sum(crew) > 0
            and sum(crew) >= self.people_min
            and all(f < len(crew) and crew[f] >= count for f, count in self.needs)
            and (not self.kinds or kind in self.kinds)
        )


@dataclass(frozen=True, eq=False)
class Problem:
    """What there is to form squads of, and what is asked of them.

    Parameters
    ----------
    forming : Forming
    demands : tuple of Demand
    """

    forming: Forming
    demands: tuple[Demand, ...]

    @property
    def forces(self) -> tuple[str, ...]:
        """Task forces, in the order of `Crews`."""
        return tuple(self.forming.people)

    @property
    def vehicles(self) -> tuple[VehiclePool, ...]:
        """One entry for each vehicle, in the order of `Crews`; alike ones stand together."""
        return tuple(pool for pool in self.forming.vehicles for _ in range(pool.count))

    @property
    def tiers(self) -> tuple[int, ...]:
        """Tiers that sites have, the most important first."""
        return tuple(sorted({demand.tier for demand in self.demands}))

    def served(self, crews: Crews) -> tuple[int, ...]:
        """Return how many squads may serve each demand, those of the night that are not formed among them."""
        pairs = [(pool.kind, crew) for pool, crew in zip(self.vehicles, crews, strict=True)]
        return tuple(each.fixed + sum(each.met_by(kind, crew) for kind, crew in pairs) for each in self.demands)

    def values(self, crews: Crews) -> tuple[int, ...]:
        """Return what crews are worth at each level, more is better; levels before go before.

        Required sites that some squad may serve; weight that some squad may serve, tier by tier; weight times the
        squads that may serve it, of a demand no more squads than it has sites, tier by tier; squads; people that ride;
        evenness of sizes; spread of task forces.
        """
        counts = self.served(crews)
        both = list(zip(self.demands, counts, strict=True))
        some = [sum(d.weight for d, n in both if d.tier == tier and n >= d.together) for tier in self.tiers]
        many = [sum(d.weight * min(n, d.sites) for d, n in both if d.tier == tier) for tier in self.tiers]
        sizes = [sum(crew) for crew in crews]
        return (
            sum(d.required for d, n in both if n >= d.together),
            *some,
            *many,
            sum(size > 0 for size in sizes),
            sum(sizes),
            -sum(size * size for size in sizes),
            -sum(count * count for crew in crews for count in crew),
        )

    @property
    def levels(self) -> tuple[str, ...]:
        """What is decided at each level, in words."""
        return (
            "required sites that a squad can serve",
            *(f"weight of tier {tier} that a squad can serve" for tier in self.tiers),
            *(f"weight of tier {tier} times the squads that can serve it" for tier in self.tiers),
            "squads",
            "people that ride",
            "even sizes",
            "task forces spread",
        )

    def leads(self, crews: Crews) -> tuple[str, ...]:
        """Return, for each crew that rides, the task force that its leader is of; nothing where that is not asked.

        Crews are matched with leaders by augmenting paths.
        """
        able = self.forming.leaders
        if not isinstance(able, dict):
            return ()
        going = [crew for crew in crews if sum(crew)]
        led: dict[int, list[int]] = {f: [] for f in range(len(self.forces))}

        def place(c: int, seen: set[int]) -> bool:
            for f, count in enumerate(going[c]):
                if count and f not in seen:
                    seen.add(f)
                    if len(led[f]) < able.get(self.forces[f], 0):
                        led[f].append(c)
                        return True
                    for at, other in enumerate(led[f]):
                        if place(other, seen):
                            led[f][at] = c
                            return True
            return False

        for c in range(len(going)):
            place(c, set())
        force_of = {c: self.forces[f] for f, each in led.items() for c in each}
        return tuple(force_of.get(c, "") for c in range(len(going)))

    def first(self) -> Crews:
        """Return crews that keep every limit, no more than that: leaders, then the least size, then whoever fits."""
        forming, vehicles = self.forming, self.vehicles
        wanted = forming.squads or forming.most_squads
        chosen = sorted(range(len(vehicles)), key=lambda k: -vehicles[k].seats)[:wanted]
        left = [forming.people[force] for force in self.forces]
        crews = [[0] * len(left) for _ in vehicles]
        leaders = dict(forming.leaders) if isinstance(forming.leaders, dict) else {}
        for k in chosen if leaders else ():
            force = next(f for f, name in enumerate(self.forces) if leaders.get(name, 0) and left[f])
            leaders[self.forces[force]] -= 1
            left[force] -= 1
            crews[k][force] += 1
        for most in (forming.least_size, *range(forming.least_size + 1, max(v.seats for v in vehicles) + 1)):
            for k in chosen:
                while any(left) and sum(crews[k]) < min(most, vehicles[k].seats):
                    force = max(range(len(left)), key=left.__getitem__)
                    left[force] -= 1
                    crews[k][force] += 1
        return tuple(map(tuple, crews))


def problem_of(scenario: Scenario, forming: Forming) -> Problem:
    """Return what the sites and areas of a night ask of the squads that are to be formed.

    Sites of `only_by` are left to the squads named there.
    """
    alike: dict[Demand, list[Site | Area]] = {}
    forces = {force: f for f, force in enumerate(forming.people)}
    for site in scenario.things:
        if site.only_by:
            continue
        asked = Demand(
            needs=tuple(sorted((forces.get(force, len(forces)), count) for force, count in site.needs.items())),
            people_min=site.people_min,
            kinds=tuple(sorted(set(site.vehicles))),
            tier=site.tier,
            fixed=sum(site.allows(squad) for squad in scenario.squads),
            together=site.squads_together if isinstance(site, Site) else 1,
        )
        alike.setdefault(asked, []).append(site)
    demands = tuple(
        replace(
            asked,
            weight=sum(site.weight for site in sites),
            sites=len(sites),
            required=sum(isinstance(site, Site) and site.required for site in sites),
        )
        for asked, sites in alike.items()
    )
    return Problem(forming, demands)
