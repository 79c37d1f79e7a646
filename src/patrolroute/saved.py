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
    from patrolroute.scenario import Scenario

_KM_PER_DEG = 111.195
_NEAR_KM = 2.0
"""A place may lie so far off the roads' ground, and be told by itself."""


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
        When a file is missing or is not what `save` wrote, when the roads are those of another place, or beats are over
        other streets than the roads have.
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
    given = roads_of(roads)
    others = _other_roads(document, scenario, given)
    try:
        built = build(scenario, given, beats=beats)
    except InputError as error:
        raise InputError([*others, *error.faults]) from error
    differs = _other_travel(MATRIX_FILE, matrix, built.matrix)
    if hours is not None and built.by_hour is not None:
        differs += _other_travel(HOURS_FILE, hours, built.by_hour.travel)
    if differs:
        found += [*(Violation(rule="roads", message=words) for words in others), *differs]
    return found or turn_faults(PatrolPlan(document, scenario, built))


def _other_roads(document: Plan, scenario: Scenario, given: RoadNetwork) -> list[str]:
    """Return that roads are called otherwise than those of a plan, which alone is no fault.

    Raises
    ------
    InputError
        When none of the plan's places lies on their ground.
    """
    theirs, ours = document.provenance, given.provenance
    known = f"{theirs.source} ({theirs.date or 'date unknown'})"
    told = f"{ours.source} ({ours.date or 'date unknown'})"
    lonlat = np.array([(point.lon, point.lat) for point in scenario.points.values()]).reshape(-1, 2)
    if len(lonlat):
        west, south, east, north = given.bounds
        middle = np.median(lonlat, axis=0)
        off_deg = np.clip(lonlat, (west, south), (east, north)) - lonlat
        off_deg[:, 0] *= np.cos(np.radians(lonlat[:, 1]))
        off_km = np.hypot(*off_deg.T) * _KM_PER_DEG
        if off_km.min() > _NEAR_KM:
            raise InputError(
                [
                    f"{told}: these are not the roads that the plan was made with, {known}: they reach from lon "
                    f"{west:.4f}, lat {south:.4f} to lon {east:.4f}, lat {north:.4f}, and the plan's places lie around "
                    f"lon {middle[0]:.4f}, lat {middle[1]:.4f}, {np.median(off_km):,.0f} km away; give the "
                    "plan's roads."
                ]
            )
    if (theirs.source, theirs.date) == (ours.source, ours.date):
        return []
    return [
        f"{told}: these are probably not the roads that the plan was made with, {known}; give those. What follows may "
        "come of it."
    ]


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
