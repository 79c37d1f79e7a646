"""Plans that were saved, read back and checked against what stands beside them, and against the roads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from patrolroute.beats import BeatBook
from patrolroute.build import build, compile_problem
from patrolroute.check import check_against_problem, check_plan
from patrolroute.errors import Faults, InputError
from patrolroute.matrix import TravelMatrix, TravelPeriods
from patrolroute.patrol import BEATS_FILE, HOURS_FILE, MATRIX_FILE, SCENARIO_FILE, PatrolPlan, roads_of, turn_faults
from patrolroute.plans import Plan
from patrolroute.roads import speed_periods
from patrolroute.rules import Violation
from patrolroute.scenario import read_scenario

if TYPE_CHECKING:
    import networkx as nx

    from patrolroute.roads import RoadNetwork


def check_saved(path: str | Path, *, roads: RoadNetwork | nx.Graph[Any] | str | Path | None = None) -> list[Violation]:
    """Check a plan that `PatrolPlan.save` wrote against the scenario and matrix that stand beside it.

    Parameters
    ----------
    path : str or Path
        The `plan.json`, or its folder.
    roads : RoadNetwork, networkx graph or path, optional
        The roads that it was planned on. With them the matrix is made once more and must be the one that was saved, and
        where the scenario asks for it the whole drive of each squad is walked against the turn restrictions.

    Returns
    -------
    list of Violation
        Empty when the plan obeys every rule.

    Raises
    ------
    InputError
        When a file is missing or is not what `save` wrote, or beats are over other streets than the roads have.
    """
    file = Path(path)
    file = file / "plan.json" if file.is_dir() else file
    document = Plan.from_json(_bytes_of(file), where=str(file))
    _refuse_missing(file.parent, (SCENARIO_FILE, MATRIX_FILE))
    scenario = read_scenario(file.parent / SCENARIO_FILE)
    beats, hours = None, None
    if scenario.areas:
        _refuse_missing(file.parent, (BEATS_FILE,))
        beats_file = file.parent / BEATS_FILE
        beats = BeatBook.from_bytes(_bytes_of(beats_file), where=str(beats_file))
    begins_s = [period.begins_s for period in speed_periods(scenario)]
    if len(begins_s) > 1:
        _refuse_missing(file.parent, (HOURS_FILE,))
        hours_file = file.parent / HOURS_FILE
        hours = TravelPeriods.from_bytes(_bytes_of(hours_file), where=str(hours_file))
    matrix_file = file.parent / MATRIX_FILE
    matrix = TravelMatrix.from_bytes(_bytes_of(matrix_file), where=str(matrix_file))
    off_road = [each.site for each in document.skipped if each.code == "off_road"]
    problem = compile_problem(scenario, matrix, off_road=off_road, beats=beats, hours=hours)
    # What the scenario's words forbid, the problem forbids too, less plainly: it is asked where the words find nothing.
    found = [] if hours is None else _other_hours(hours, begins_s)
    found += check_plan(document, scenario=scenario, matrix=matrix, beats=beats, hours=hours)
    found = found or check_against_problem(document, problem)
    if roads is None:
        return found
    built = build(scenario, roads_of(roads), beats=beats)
    found += _other_travel(MATRIX_FILE, matrix, built.matrix)
    if hours is not None and built.by_hour is not None:
        found += _other_travel(HOURS_FILE, hours, built.by_hour.travel)
    return found or turn_faults(PatrolPlan(document, scenario, built))


def _other_hours(saved: TravelPeriods, begins_s: list[int]) -> list[Violation]:
    """Return that the hours which were saved are others than the scenario's."""
    if saved.begins_s.tolist() == begins_s:
        return []
    return [
        Violation(
            rule="roads",
            message=f"{HOURS_FILE} has periods that begin {saved.begins_s.tolist()} s after midnight; the scenario's "
            f"begin {begins_s} s after: a changed file, or one of another scenario.",
        )
    ]


def _other_travel(
    file: str, saved: TravelMatrix | TravelPeriods, ours: TravelMatrix | TravelPeriods
) -> list[Violation]:
    """Return what a file that was saved says otherwise than the roads do."""
    told = "the roads that were given do not lead to it: other roads, speeds or turns, or a changed file."
    if (saved.ids, saved.profiles, saved.travel_s.shape) != (ours.ids, ours.profiles, ours.travel_s.shape):
        return [Violation(rule="roads", message=f"{file} has other points, vehicles or hours; {told}")]
    shape = (-1, len(saved.ids), len(saved.ids))
    differs = ((saved.travel_s != ours.travel_s) | (saved.travel_m != ours.travel_m)).reshape(shape).any(axis=0)
    if not differs.any():
        return []
    a, b = np.argwhere(differs)[0].tolist()
    one, other = saved.travel_s.reshape(shape)[:, a, b].tolist(), ours.travel_s.reshape(shape)[:, a, b].tolist()
    return [
        Violation(
            rule="roads",
            message=f"{file} has other seconds or metres for {differs.sum():,} drives, such as from "
            f"{saved.ids[a]!r} to {saved.ids[b]!r} {one} s for {other} s; {told}",
        )
    ]


def _refuse_missing(folder: Path, names: tuple[str, ...]) -> None:
    faults = Faults()
    for name in names:
        if not (folder / name).is_file():
            faults.add(
                f"{folder / name}: is missing; a plan is checked against the {SCENARIO_FILE} and {MATRIX_FILE} that "
                f"were written with it, the {BEATS_FILE} where it has areas, and the {HOURS_FILE} where speeds depend "
                "on the hour: keep them together."
            )
    faults.raise_if_any()


def _bytes_of(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputError(
            [f"{file}: cannot be read ({error.strerror}); expected a file that `patrolroute plan --out` wrote."]
        ) from error
