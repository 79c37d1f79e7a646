"""The command line as a user meets it: what it prints, what it writes, how it ends."""

from __future__ import annotations

import json
import signal
import sys
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import osmnx as ox
import pytest

from patrolroute.__main__ import main
from patrolroute.plans import Plan
from patrolroute.roads import read_roads
from patrolroute.scenario import read_scenario
from streets import corner, town

if TYPE_CHECKING:
    from collections.abc import Iterator

SCENARIO = """
name = "Malam ini"
date = 2024-02-13
timezone = "Asia/Makassar"
sites = "sites.csv"

[[places]]
id = "mako"
name = "Mapolda"
lon = 123.60
lat = -10.18

[[squads]]
id = "regu-1"
people = "preventif=6; sterilisasi=2"
vehicle = "car"
start = "mako"
end = "mako"
shift_start = "20:15"
shift_end = "22:30"
briefing_min = 15
debriefing_min = 10
"""


def sites_csv(required_dwell_min: int = 15) -> str:
    kpu, pasar = corner(2, 2), corner(1, 3)
    return (
        "id,name,lon,lat,tier,weight,dwell_min,windows,required,placement,source\n"
        f"kpu,KPU Kota,{kpu['lon']},{kpu['lat']},sangat rawan,5,{required_dwell_min},,ya,street,known by street only\n"
        f"pasar,Pasar Kuanino,{pasar['lon']},{pasar['lat']},rawan,2,10,20:30/22:00,,approximate,press\n"
    )


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    ox.save_graphml(town(), tmp_path / "town.graphml")
    (tmp_path / "scenario.toml").write_text(SCENARIO, encoding="utf-8")
    (tmp_path / "sites.csv").write_text(sites_csv(), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["patrolroute", *arguments])
    monkeypatch.setenv("COLUMNS", "140")
    with pytest.raises(SystemExit) as ended:
        main()
    code = ended.value.code
    return code if isinstance(code, int) else 0


PLAN = ("plan", "scenario.toml", "--roads", "town.graphml", "--iterations", "50", "--seconds", "5", "--seed", "1")


def test_plan_then_check(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, *PLAN) == 0
    printed = capsys.readouterr().out
    assert "Coverage" in printed
    assert "regu-1" in printed
    assert "Roads: town.graphml" in printed
    assert {"plan.json", "visits.geojson", "legs.geojson", "skipped.geojson", "plan.gpkg", "map.png"} <= {
        file.name for file in (folder / "out").iterdir()
    }
    assert run(monkeypatch, "check", "out/plan.json") == 0
    first, checked, unchecked = capsys.readouterr().out.splitlines()
    assert first == "out/plan.json: obeys every rule."
    assert checked.startswith("Checked: plan.json against scenario.json and matrix.npz: routes, times")
    assert "streets lead so" in unchecked
    assert run(monkeypatch, "check", "out", "--roads", "town.graphml") == 0
    first, checked, unchecked = capsys.readouterr().out.splitlines()
    assert first == "out: obeys every rule."
    assert "and its drives against town.graphml:" in checked
    assert "streets lead so" not in unchecked
    for word in ("sheets", "map", "why something is left out", "proofs of bounds"):
        assert word in unchecked


def test_what_check_does_not_read_may_be_changed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentences of `check` are true: it reads none of the files that it says it does not read."""
    assert run(monkeypatch, *PLAN) == 0
    for file in (folder / "out").iterdir():
        if file.name not in {"plan.json", "scenario.json", "matrix.npz"}:
            file.write_text("changed", encoding="utf-8")
    assert run(monkeypatch, "check", "out") == 0


def test_a_tampered_plan_fails_its_check(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, *PLAN) == 0
    data = json.loads((folder / "out" / "plan.json").read_text(encoding="utf-8"))
    data["routes"][0]["visits"] = data["routes"][0]["visits"][:1]
    (folder / "out" / "plan.json").write_text(json.dumps(data), encoding="utf-8")
    capsys.readouterr()
    assert run(monkeypatch, "check", "out") == 3
    assert "accounts:" in capsys.readouterr().err


def test_kernels_are_compiled_while_roads_are_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    @contextmanager
    def compiling(*_: Any, **__: Any) -> Iterator[None]:
        seen.append("begins")
        try:
            yield
        finally:
            seen.append("ends")

    def read(*arguments: Any, **more: Any) -> Any:
        seen.append("reads")
        return read_roads(*arguments, **more)

    monkeypatch.setattr("patrolroute.cli.compiling_for", compiling)
    monkeypatch.setattr("patrolroute.cli.read_roads", read)
    assert run(monkeypatch, *PLAN) == 0
    assert seen == ["begins", "reads", "ends"]
    (folder / "town.graphml").write_text("no roads")
    seen.clear()
    assert run(monkeypatch, *PLAN) == 2
    assert seen == ["begins", "reads", "ends"]


def test_the_next_plan_starts_from_the_last(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, *PLAN) == 0
    assert run(monkeypatch, *PLAN, "--start", "out/plan.json", "--out", "again") == 0
    assert (folder / "again" / "plan.json").exists()


def test_the_seed_is_not_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, *PLAN, "--seed", "77441199") == 0
    for file in (folder / "out").iterdir():
        assert b"77441199" not in file.read_bytes(), file.name


def test_every_fault_at_once_and_nothing_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = sites_csv().replace("street,known", "strasse,known").replace(",2,10,", ",2.5,-10,")
    (folder / "sites.csv").write_text(text, encoding="utf-8")
    assert run(monkeypatch, *PLAN) == 2
    said = capsys.readouterr().err
    assert "sites.csv row 2 'KPU Kota'" in said
    assert said.count("sites.csv row 3 'Pasar Kuanino'") == 2
    assert "Traceback" not in said
    assert not (folder / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("plan", "missing.toml", "--roads", "town.graphml"), "missing.toml"),
        (("plan", "scenario.toml"), "no roads are given; add --roads FILE"),
        (("plan", "scenario.toml", "--roads", "missing.osm.pbf"), "missing.osm.pbf"),
        ((*PLAN, "--engine", "oracle"), "there is no engine 'oracle'; expected one of"),
        ((*PLAN, "--start", "scenario.toml"), "scenario.toml"),
        ((*PLAN, "--seconds", "-3"), "seconds is -3.0; expected a number of 0 or more"),
        (("check", "nowhere/plan.json"), "nowhere/plan.json: cannot be read"),
        (("roads", "sites.csv"), "sites.csv"),
        (("fetch",), "expected one of a dataset's name, --place, --bbox or --polygon"),
        (("fetch", "atlantis"), "atlantis"),
        (("fetch", "--polygon", "sites.csv"), "sites.csv"),
        ((*PLAN, "--out", "sites.csv"), "is a file; expected a directory"),
        (("plan", "kupng"), "neither a file nor a dataset; the datasets are kupang"),
        (("roads", "jakarta"), "neither a road file nor a dataset"),
    ],
)
def test_bad_input_ends_with_2_and_a_sentence(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    words: str,
) -> None:
    assert run(monkeypatch, *arguments) == 2
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said
    assert not (folder / "out").exists()


def test_no_plan_ends_with_3_and_what_would_help(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "sites.csv").write_text(sites_csv(required_dwell_min=120), encoding="utf-8")
    assert run(monkeypatch, *PLAN) == 3
    said = capsys.readouterr().err
    assert "site 'KPU Kota' is required, and no squad can visit it" in said
    assert "lengthen a shift or start from a nearer place" in said
    assert not (folder / "out").exists()


def test_roads_tells_what_was_cut(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    graph = town()
    graph.add_node(999, x=123.59, y=-10.19)
    graph.add_edge(999, 0, osmid=1, highway="residential", length=1200.0, oneway=True, reversed=False)
    ox.save_graphml(graph, folder / "spur.graphml")
    assert run(monkeypatch, "roads", "spur.graphml") == 0
    said = capsys.readouterr().out
    assert "1 node" in said
    assert "residential" in said


def test_roads_lists_the_names_that_closures_need(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "roads", "town.graphml", "--names") == 0
    assert capsys.readouterr().out.splitlines()[:2] == ["Gang 1", "Gang 2"]


def test_schema_describes_the_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, "schema") == 0
    schema = json.loads(capsys.readouterr().out)
    assert {"name", "date", "timezone", "sites", "squads", "places"} <= schema["properties"].keys()


def test_datasets_lists_the_districts(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(monkeypatch, "datasets") == 0
    said = capsys.readouterr().out
    assert "kupang" in said
    assert "oebobo" in said


def test_the_dataset_s_own_night_is_planned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out_dir = tmp_path / "night"
    assert run(monkeypatch, "plan", "kupang", "--seconds", "1", "--seed", "1", "--out", str(out_dir)) == 0
    assert run(monkeypatch, "check", str(out_dir)) == 0
    assert len(read_scenario(out_dir / "scenario.json").sites) >= 30
    assert len(list(out_dir.glob("sheet-*.md"))) == 5


def test_roads_are_kept_within_an_area(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    west, north = corner(0, 0)["lon"], corner(2, 0)["lat"]
    south, east = corner(0, 0)["lat"], corner(0, 4)["lon"]
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    area = {"type": "Polygon", "coordinates": [ring]}
    (folder / "area.geojson").write_text(json.dumps({"type": "Feature", "properties": {}, "geometry": area}))
    assert run(monkeypatch, "roads", "town.graphml", "--within", "area.geojson", "--out", "part.npz") == 0
    assert "outside the area" in " ".join(capsys.readouterr().out.split())
    assert run(monkeypatch, "roads", "part.npz", "--names") == 0
    assert "Jalan 5" not in capsys.readouterr().out
    part = ("plan", "scenario.toml", "--roads", "part.npz", *PLAN[4:], "--turns", "--out", "out")
    assert run(monkeypatch, *part) == 0
    assert json.loads((folder / "out" / "scenario.json").read_text())["travel"]["turns"] is True
    assert run(monkeypatch, "roads", "kupang", "--within", "area.geojson") == 2
    assert "--within is for road files" in capsys.readouterr().err


@pytest.mark.parametrize("searching", [False, True])
def test_ctrl_c_says_that_it_was_pressed_twice_only_where_once_would_have_done(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], searching: bool
) -> None:
    def interrupt(*_: object, progress: Any, **__: object) -> None:
        if searching:
            objective = SimpleNamespace(uncovered=(1,), drive_s=60)
            progress(SimpleNamespace(objective=objective))
        raise KeyboardInterrupt

    monkeypatch.setattr("patrolroute.cli.plan_night", interrupt)
    assert run(monkeypatch, *PLAN) == 130
    assert ("twice" in capsys.readouterr().err) is searching
    assert not (folder / "out").exists()


@pytest.mark.parametrize(
    "moment",
    [
        "patrolroute.solver.explain_left_out",
        "patrolroute.solver.bound_plan",
        "patrolroute.patrol.explain_left_out",
        "patrolroute.patrol.write_outputs",
    ],
    ids=["before the proof", "during the proof", "after the proof", "while files are written"],
)
def test_ctrl_c_once_there_is_a_plan_gives_that_plan_whole(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], moment: str
) -> None:
    module, _, name = moment.rpartition(".")
    plain = getattr(import_module(module), name)
    pressed = []

    def interrupted(*given: Any, **options: Any) -> Any:
        # A proof that would take for ever is asked whether it is to end; any other work is not, and comes to its end.
        while not pressed or (name == "bound_plan" and not options["stopped"]()):
            pressed.append(1)
            signal.raise_signal(signal.SIGINT)
        return plain(*given, **options)

    monkeypatch.setattr(moment, interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert run(monkeypatch, *PLAN, "--bound-seconds", "100000") == 0
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert pressed == [1]
    assert "at most" in capsys.readouterr().out
    document = Plan.from_json((folder / "out" / "plan.json").read_text())
    assert [each.covered_weight <= each.total_weight for each in document.coverage] == [True, True]
    assert [bound.tier for bound in document.bound or ()] == [1, 2]
    named = json.loads((folder / "out" / "manifest.json").read_text())["files"]
    assert {str(each) for each in named} <= {path.name for path in (folder / "out").iterdir()}
    assert run(monkeypatch, "check", "out") == 0


def test_ctrl_c_while_roads_are_read_says_so_and_leaves_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("patrolroute.cli.read_roads", interrupt)
    for command in (("roads", "town.graphml", "--out", "town.npz"), PLAN):
        assert run(monkeypatch, *command) == 130
        assert "patrolroute: interrupted; nothing was written." in capsys.readouterr().err
    assert sorted(path.name for path in folder.iterdir()) == ["scenario.toml", "sites.csv", "town.graphml"]


@pytest.mark.parametrize("pressed", [False, True])
def test_an_error_that_a_library_made_of_ctrl_c_is_told_as_ctrl_c(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], pressed: bool
) -> None:
    def load() -> None:
        try:
            if pressed:
                signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt:
            pass
        raise ImportError("initialization failed")

    monkeypatch.setattr("patrolroute.cli.run", load)
    # What runs in a shell's background has it ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(SystemExit if pressed else ImportError) as ended:
            main()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert not pressed or ended.value.code == 130
    assert ("interrupted; nothing was written" in capsys.readouterr().err) is pressed
