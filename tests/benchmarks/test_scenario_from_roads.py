"""The benchmark's nights: of the size that was asked for, on the streets, past midnight, and never taken for real."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from patrolroute.roads import read_roads
from patrolroute.scenario import Placement, read_scenario

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "scenario_from_roads.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("scenario_from_roads", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def roads_file(shared_data: Path) -> Path:
    return shared_data / "roads" / "klandasan_ilir.graphml"


def test_a_night_on_real_streets(script: ModuleType, roads_file: Path, tmp_path: Path) -> None:
    arguments = [str(roads_file), "--sites", "40", "--squads", "4", "--hours", "3", "--seed", "1", "--out"]
    assert script.main([*arguments, str(tmp_path / "a")]) == 0
    night = read_scenario(tmp_path / "a" / "scenario.toml")
    assert (len(night.sites), len(night.squads), len(night.places)) == (40, 4, 2)
    assert {site.tier for site in night.sites} == {1, 2, 3}
    assert any(site.windows for site in night.sites)
    assert all(10 <= site.dwell_min <= 16 for site in night.sites)
    assert {squad.vehicle.kind for squad in night.squads} == {"car", "motorcycle"}
    for squad in night.squads:
        assert squad.shift.start.date() < squad.shift.end.date()
        assert night.seconds(squad.shift.end) - night.seconds(squad.shift.start) == 3 * 3600
    for place in (*night.sites, *night.places):
        assert place.placement is Placement.APPROXIMATE
        assert place.source == "synthetic site, benchmarks/scenario_from_roads.py"
    assert "not for the field" in night.notes[0]

    network = read_roads(roads_file)
    at = np.array([[site.lon, site.lat] for site in night.sites])
    shape_m = np.hypot(*((at[:, None] - network.shape_lonlat[None]) * 111_320).transpose(2, 0, 1)).min(axis=1)
    assert shape_m.max() < 150
    apart_m = np.hypot(*((at[:, None] - at[None]) * 111_320).transpose(2, 0, 1)) + np.eye(len(at)) * 1e9
    assert apart_m.min() > 50


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(
    script: ModuleType, roads_file: Path, tmp_path: Path
) -> None:
    for folder, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        assert script.main([str(roads_file), "--seed", seed, "--out", str(tmp_path / folder)]) == 0
    names = ["places.csv", "scenario.toml", "sites.csv", "squads.csv"]
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == names
    same = [(tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes() for name in names]
    assert all(same)
    assert (tmp_path / "a" / "sites.csv").read_bytes() != (tmp_path / "c" / "sites.csv").read_bytes()


@pytest.mark.parametrize(("sites", "squads", "hours"), [(0, 0, 0.1), (1, 1, 48), (500, 3, 0.2)])
def test_extremes_and_more_sites_than_junctions(
    script: ModuleType, roads_file: Path, tmp_path: Path, sites: int, squads: int, hours: float
) -> None:
    sizes = ["--sites", str(sites), "--squads", str(squads), "--hours", str(hours)]
    assert script.main([str(roads_file), *sizes, "--out", str(tmp_path)]) == 0
    night = read_scenario(tmp_path / "scenario.toml")
    assert (len(night.sites), len(night.squads)) == (sites, squads)


def test_faults_are_told_and_leave_nothing(
    script: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert script.main([str(tmp_path / "no.graphml"), "--out", str(out)]) == 2
    assert "there is no such file" in capsys.readouterr().err
    assert (
        script.main(["x", "--sites", "-1", "--squads", "1001", "--hours", "nan", "--seed=-1", "--out", str(SCRIPT)])
        == 2
    )
    said = capsys.readouterr().err
    assert all(name in said for name in ("--sites", "--squads", "--hours", "--seed", "is a file"))
    assert not out.exists()


def test_a_folder_that_cannot_be_written_is_told(
    script: ModuleType, roads_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert script.main([str(roads_file), "--out", str(tmp_path / "file" / "night")]) == 2
    assert "cannot be written" in capsys.readouterr().err
