"""Published instances: readers of the TOPTW and TOP formats, and a scorer that shares nothing with any engine.

A reader keeps the format's own numbers (floats) and makes the integer problem that engines see. The scorer takes
visiting orders, goes back to the format's own numbers and rule, and re-derives every time from them.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from patrolroute.errors import Faults, InputError
from patrolroute.matrix import TravelMatrix
from patrolroute.problem import Groups, PatrolProblem, Squads, Visits

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from patrolroute.problem import Orders

TOP_SCALE = 1_000_000
"""Units of a TOP instance's integer length; its tours have at most some hundred legs, each rounded up by one unit."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Instance:
    """One published instance, in the format's own numbers.

    Parameters
    ----------
    name, family : str
        The file's stem, and the letters or number group that it starts with ("pr", "rc", "p4").
    travel : float array, shape (n, n)
        By the format's own rule of rounding. Row 0 is where routes begin, row `end` where they end.
    end : int
    service, opens, closes, prize : float array, shape (n,)
    limit : float
        Latest return of every route.
    scale : int
        Integer units in 1.0 of the format.
    squads : int or None
        The number of routes that the file fixes, if it does.
    """

    name: str
    family: str
    travel: NDArray[np.float64]
    end: int
    service: NDArray[np.float64]
    opens: NDArray[np.float64]
    closes: NDArray[np.float64]
    prize: NDArray[np.float64]
    limit: float
    scale: int
    squads: int | None = None

    @property
    def stops(self) -> NDArray[np.int64]:
        """Rows that are neither beginning nor end: the visits of `problem`, in this order."""
        return np.array([i for i in range(1, len(self.prize)) if i != self.end], np.int64)

    def problem(self, squads: int) -> PatrolProblem:
        """Return the integer problem with a number of equal squads; travel is rounded up."""
        rows = self.stops

        def whole(values: NDArray[np.float64]) -> NDArray[np.int32]:
            return np.round(values * self.scale).astype(np.int32)

        # The small margin keeps a length that is whole in the format's units whole: only float noise is taken off.
        travel = np.ceil(self.travel * self.scale - 1e-3).astype(np.int32)
        np.fill_diagonal(travel, 0)
        n, end = len(rows), int(whole(np.array([self.limit]))[0])
        names = tuple(str(i) for i in rows)
        return PatrolProblem(
            matrix=TravelMatrix(
                ids=tuple(str(i) for i in range(len(self.prize))),
                profiles=("any",),
                travel_s=travel[np.newaxis],
                travel_m=np.zeros_like(travel)[np.newaxis],
            ),
            squads=Squads(
                ids=tuple(f"squad-{k + 1}" for k in range(squads)),
                start=np.zeros(squads, np.int32),
                end=np.full(squads, self.end, np.int32),
                profile=np.zeros(squads, np.int32),
                from_s=np.zeros(squads, np.int32),
                until_s=np.full(squads, end, np.int32),
                max_drive_s=np.full(squads, end, np.int32),
            ),
            groups=Groups(ids=names, required=np.zeros(n, np.bool_)),
            visits=Visits(
                ids=names,
                group=np.arange(n, dtype=np.int32),
                entry=rows.astype(np.int32),
                exit=rows.astype(np.int32),
                duration_s=whole(self.service[rows]),
                opens_s=whole(self.opens[rows]),
                closes_s=whole(self.closes[rows]),
                tier=np.ones(n, np.int32),
                weight=np.round(self.prize[rows]).astype(np.int32),
                squads=np.ones((n, squads), np.bool_),
            ),
        )

    def score(self, orders: Orders, squads: int) -> float:
        """Return the prize of visiting orders over `stops`, re-derived in the format's own numbers.

        Raises
        ------
        InputError
            With every rule that the orders break: too many routes, a stop made twice, a window or limit missed.
        """
        faults = []
        if len(orders) > squads:
            faults.append(f"{self.name}: {len(orders)} routes; expected at most {squads}.")
        rows = self.stops
        made: set[int] = set()
        tolerance = 1e-6
        for k, order in enumerate(orders):
            clock, here = 0.0, 0
            for v in order:
                stop = int(rows[v])
                if stop in made:
                    faults.append(f"{self.name} route {k}: stop {stop} is made twice.")
                made.add(stop)
                clock = max(clock + float(self.travel[here, stop]), float(self.opens[stop]))
                if clock > self.closes[stop] + tolerance:
                    faults.append(f"{self.name} route {k}: stop {stop} begins at {clock} > {self.closes[stop]}.")
                clock += float(self.service[stop])
                here = stop
            if order and clock + float(self.travel[here, self.end]) > self.limit + tolerance:
                back = clock + float(self.travel[here, self.end])
                faults.append(f"{self.name} route {k}: ends at {back} > {self.limit}.")
        if faults:
            raise InputError(faults)
        return math.fsum(float(self.prize[stop]) for stop in made)


def family_of(name: str) -> str:
    """Return the family of an instance: its leading letters, or for TOP the letter and the number of its set."""
    letters = name.rstrip("0123456789")
    return name.split(".", maxsplit=1)[0] if "." in name else letters


def _distances(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.hypot(x[:, None] - x[None], y[:, None] - y[None])


def read_toptw(path: Path) -> Instance:
    """Read a Solomon or Cordeau instance: travel floored to 1 decimal, or to 2 where the name begins with "pr"."""
    lines = [line.split() for line in path.read_text().splitlines() if line.strip()][2:]
    name = path.stem
    scale = 100 if name.startswith("pr") else 10
    table = np.array([[float(row[i]) for i in (1, 2, 3, 4, -2, -1)] for row in lines])
    x, y, service, prize, opens, closes = table.T
    return Instance(
        name=name,
        family=family_of(name),
        travel=np.floor(_distances(x, y) * scale + 1e-9) / scale,
        end=0,
        service=service,
        opens=opens,
        closes=closes,
        prize=prize,
        limit=float(closes[0]),
        scale=scale,
    )


def read_top(path: Path) -> Instance:
    """Read a Chao instance: routes from the first point to the last within tmax, unrounded Euclidean travel."""
    lines = [line.replace(";", " ").split() for line in path.read_text().splitlines() if line.strip()]
    head = {row[0]: row[1] for row in lines[:3]}
    x, y, prize = np.array([[float(value) for value in row[:3]] for row in lines[3:]]).T
    limit, n = float(head["tmax"]), len(x)
    return Instance(
        name=path.stem,
        family=family_of(path.stem),
        travel=_distances(x, y),
        end=n - 1,
        service=np.zeros(n),
        opens=np.zeros(n),
        closes=np.full(n, limit),
        prize=prize,
        limit=limit,
        scale=min(TOP_SCALE, int(2_000_000_000 // max(limit, 1.0))),
        squads=int(head["m"]),
    )


def read_folder(folder: Path, *, squads: tuple[int, ...] | None = None) -> list[tuple[Instance, int, float]]:
    """Read every instance that the folder's `bks.csv` lists.

    Parameters
    ----------
    folder : Path
        With `bks.csv` (instance, m, best_known) and `<instance>.txt` files, TOP or TOPTW.
    squads : tuple of int, optional
        Only these m.

    Returns
    -------
    list of (Instance, m, best known prize)

    Raises
    ------
    InputError
        With every row of `bks.csv` that cannot be read, every file that it names and the folder lacks, and every file
        that is no instance.
    """
    wanted = [row for row in _read_best_known(folder / "bks.csv") if squads is None or row[1] in squads]
    faults = Faults()
    if not wanted:
        faults.add(f"{folder / 'bks.csv'}: has no row for m in {squads}; expected some, or no --squads.")
    read: dict[str, Instance] = {}
    for name in dict.fromkeys(name for name, _, _ in wanted):
        path = folder / f"{name}.txt"
        if not path.is_file():
            faults.add(f"{folder}: bks.csv names {name!r}, but there is no {name}.txt.")
            continue
        try:
            read[name] = read_top(path) if path.read_text().split(maxsplit=1)[:1] == ["n"] else read_toptw(path)
        except (ValueError, IndexError, KeyError) as error:
            faults.add(f"{path}: is no instance in the TOPTW or the TOP format: {error!r}.")
    for name, m, _ in wanted:
        fixed = read[name].squads if name in read else None
        if fixed not in (None, m):
            faults.add(f"{folder}: bks.csv has {name!r} with m = {m}, but {name}.txt is for {fixed} routes.")
    faults.raise_if_any()
    return [(read[name], m, best) for name, m, best in wanted]


def _read_best_known(path: Path) -> list[tuple[str, int, float]]:
    if not path.is_file():
        raise InputError([f"{path}: there is no such file; expected the columns instance, m, best_known."])
    faults, rows = Faults(), []
    with path.open(newline="") as file:
        for number, row in enumerate(csv.DictReader(file), start=2):
            try:
                name, m, best = str(row["instance"]).strip(), int(row["m"]), float(row["best_known"])
            except (KeyError, TypeError, ValueError):
                faults.add(f"{path} line {number}: expected the columns instance, m, best_known, found {row}.")
                continue
            if m < 1 or not best > 0 or not name:
                faults.add(f"{path} line {number}: {name!r}, {m}, {best}; expected a name, m of 1 or more, a prize.")
            rows.append((name, m, best))
    faults.raise_if_any()
    return rows
