"""Plans that were saved, read back and checked against what stands beside them, and against the roads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from patrolroute.beats import BeatBook
from patrolroute.build import build, compile_problem
from patrolroute.check import check_against_problem, check_identity, check_plan
from patrolroute.errors import Faults, InputError
from patrolroute.matrix import TravelMatrix, TravelPeriods
from patrolroute.patrol import (
    BEATS_FILE,
    HOURS_FILE,
    MATRIX_FILE,
    SAVED_BESIDE,
    SCENARIO_FILE,
    PatrolPlan,
    roads_of,
    turn_faults,
)
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

    Sheets, maps and other files that were made from the plan are not read, nor are proofs of bounds and the reasons for
    what is left out made again.

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
    saved = _read(path)
    found = [*_other_hours(saved), *_broken(saved)]
    if roads is None:
        return found
    given = roads_of(roads)
    others = _other_roads(saved.document, saved.scenario, given)
    try:
        built = build(saved.scenario, given, beats=saved.beats)
    except InputError as error:
        raise InputError([*others, *error.faults]) from error
    differs = _other_travel(MATRIX_FILE, saved.matrix, built.matrix)
    if saved.hours is not None and built.by_hour is not None:
        differs += _other_travel(HOURS_FILE, saved.hours, built.by_hour.travel)
    if differs:
        found += [*(Violation(rule="roads", message=words) for words in others), *differs]
    return found or turn_faults(PatrolPlan(saved.document, saved.scenario, built))


def scope_words(path: str | Path, *, roads: str | Path | None = None) -> list[str]:
    """Return sentences on what `check_saved` checks of a saved plan, and what it does not.

    Parameters
    ----------
    path : str or Path
        The `plan.json`, or its folder.
    roads : str or Path, optional
        What the roads are called, where they are given.
    """
    folder = _plan_file(path).parent
    beside = [name for name in SAVED_BESIDE if (folder / name).is_file()]
    without = "" if roads is not None else " whether the streets lead so and are where they are (give --roads);"
    drives = f", and its drives against {roads}" if roads is not None else ""
    return [
        f"Checked: plan.json against {', '.join(beside[:-1])} and {beside[-1]}{drives}: routes, times, drives, every "
        "rule, what is covered and left out, and that no bound is below what is covered.",
        f"Not checked:{without} sheets, map, summary, GPX and GIS files, which are not read; the sentences that say "
        "why something is left out; the proofs of bounds; names and notes.",
    ]


@dataclass(frozen=True)
class _Saved:
    """A plan and what stands beside it."""

    document: Plan
    scenario: Scenario
    matrix: TravelMatrix
    beats: BeatBook | None
    hours: TravelPeriods | None


def _read(path: str | Path) -> _Saved:
    file = _plan_file(path)
    folder = file.parent
    document = Plan.from_json(_bytes_of(file), where=str(file))
    _refuse_missing(folder, (SCENARIO_FILE, MATRIX_FILE))
    scenario = read_scenario(folder / SCENARIO_FILE)
    beats, hours = None, None
    if scenario.areas:
        _refuse_missing(folder, (BEATS_FILE,))
        beats = BeatBook.from_bytes(_bytes_of(folder / BEATS_FILE), where=str(folder / BEATS_FILE))
    if len(_begins_s(scenario)) > 1:
        _refuse_missing(folder, (HOURS_FILE,))
        hours = TravelPeriods.from_bytes(_bytes_of(folder / HOURS_FILE), where=str(folder / HOURS_FILE))
    matrix = TravelMatrix.from_bytes(_bytes_of(folder / MATRIX_FILE), where=str(folder / MATRIX_FILE))
    return _Saved(document, scenario, matrix, beats, hours)


def _plan_file(path: str | Path) -> Path:
    return Path(path) / "plan.json" if Path(path).is_dir() else Path(path)


def _begins_s(scenario: Scenario) -> list[int]:
    return [period.begins_s for period in speed_periods(scenario)]


def _broken(saved: _Saved) -> list[Violation]:
    """Return what a plan breaks, and first of all whether it was made for another scenario than stands beside it.

    What the scenario's words forbid, the problem forbids too, less plainly: it is asked where the words find nothing.
    """
    off_road = [each.site for each in saved.document.skipped if each.code == "off_road"]
    problem = compile_problem(saved.scenario, saved.matrix, off_road=off_road, beats=saved.beats, hours=saved.hours)
    broken = check_plan(
        saved.document, scenario=saved.scenario, matrix=saved.matrix, beats=saved.beats, hours=saved.hours
    )
    broken = broken or [each for each in check_against_problem(saved.document, problem) if each.rule != "problem"]
    kept = "" if broken else " It keeps the rules of what stands here all the same."
    told = {each.part: each.digest for each in saved.document.problem_parts}
    remedy = (
        f"{SCENARIO_FILE} or a file beside it was changed after planning, or belongs to another plan: put back what "
        f"was written with this plan.json, or plan again.{kept}"
    )
    if told and all(told.get(part) == digest for part, digest in problem.part_digests.items()):
        remedy = f"Put back the plan.json that was written, or plan again.{kept}"
    others = [replace(each, message=f"{each.message} {remedy}") for each in check_identity(saved.document, problem)]
    return [*others, *broken]


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


def _other_hours(saved: _Saved) -> list[Violation]:
    """Return that the hours which were saved are others than the scenario's."""
    begins_s = _begins_s(saved.scenario)
    if saved.hours is None or saved.hours.begins_s.tolist() == begins_s:
        return []
    return [
        Violation(
            rule="roads",
            message=f"{HOURS_FILE} has periods that begin {saved.hours.begins_s.tolist()} s after midnight; the "
            f"scenario's begin {begins_s} s after: a changed file, or one of another scenario.",
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
