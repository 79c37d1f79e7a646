"""All files or none, and nobody else's files touched."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from patrolroute.errors import InputError
from patrolroute.plans import Plan
from patrolroute.render import file_stems, outputs, write_outputs

OWN = {
    "plan.json",
    "summary.txt",
    "map.png",
    "plan.gpkg",
    "visits.geojson",
    "legs.geojson",
    "skipped.geojson",
    "manifest.json",
    "regu-1.gpx",
    "regu-2.gpx",
    "sheet-regu-1.md",
    "sheet-regu-2.md",
    "sheets.html",
}


@pytest.fixture(autouse=True)
def quick_map(monkeypatch):
    """The picture has tests of its own; here it only has to arrive."""
    monkeypatch.setattr(outputs, "draw_map", lambda _night: b"\x89PNG picture")


def contents(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.is_file()}


def test_writes_everything(night, tmp_path):
    out = tmp_path / "new" / "deep" / "out"
    written = write_outputs(night, out, extra={"scenario.json": "{}", "matrix.npz": b"\x00\x01"})
    assert {path.name for path in written} == OWN | {"scenario.json", "matrix.npz"}
    assert all(path.parent == out and path.stat().st_size for path in written)
    assert {path.name for path in out.iterdir()} == {path.name for path in written}
    assert list(out.parent.iterdir()) == [out]
    assert Plan.from_json((out / "plan.json").read_bytes()) == night.plan
    assert (out / "matrix.npz").read_bytes() == b"\x00\x01"
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert set(manifest["files"]) == (OWN | {"scenario.json", "matrix.npz"}) - {"manifest.json"}
    assert manifest["roads"] == night.roads.provenance.statement


def test_text_outputs_name_their_roads(night, tmp_path):
    for path in write_outputs(night, tmp_path / "out"):
        if path.suffix in {".txt", ".md", ".gpx", ".geojson", ".html"}:
            assert night.roads.provenance.statement in path.read_text(encoding="utf-8"), path.name


def test_foreign_files_stay_and_stale_ones_go(make_night, tmp_path):
    out = tmp_path / "out"
    write_outputs(make_night(squad_ids=("alpha", "bravo")), out)
    (out / "my notes.txt").write_text("keep me")
    (out / "photos").mkdir()
    (out / "photos" / "a.jpg").write_text("keep me too")
    write_outputs(make_night(((0, 1),), squad_ids=("alpha",)), out)
    names = {path.name for path in out.iterdir()}
    assert "sheet-bravo.md" not in names
    assert "bravo.gpx" not in names
    assert {"sheet-alpha.md", "alpha.gpx", "my notes.txt", "photos"} <= names
    assert (out / "photos" / "a.jpg").read_text() == "keep me too"
    assert {path.name for path in tmp_path.iterdir()} == {"out"}


def test_hostile_manifest_removes_nothing_outside(night, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (tmp_path / "precious.txt").write_text("keep")
    (out / "sub").mkdir()
    (out / "sub" / "x").write_text("keep")
    files = ["../precious.txt", str(tmp_path / "precious.txt"), "sub/x", "sub", "..", 7, None]
    (out / "manifest.json").write_text(json.dumps({"written_by": "patrolroute", "files": files}))
    write_outputs(night, out)
    assert (tmp_path / "precious.txt").read_text() == "keep"
    assert (out / "sub" / "x").read_text() == "keep"


@pytest.mark.parametrize("text", ["", "[" * 100_000, "[]", '{"written_by": "patrolroute", "files": {"a": 1}}', "\x00"])
def test_manifest_of_something_else_is_kept(night, tmp_path, text):
    out = tmp_path / "out"
    out.mkdir()
    (out / "manifest.json").write_text(text)
    with pytest.raises(InputError, match=r"would replace: manifest\.json; choose another folder"):
        write_outputs(night, out)
    assert contents(out) == {"manifest.json": text.encode()}


@pytest.mark.parametrize("failing", ["patrol_sheet", "write_geopackage", "squad_gpx", "_manifest"])
def test_failure_while_making_leaves_everything(night, make_night, tmp_path, monkeypatch, failing):
    out = tmp_path / "out"
    write_outputs(make_night(((0,), ())), out)
    before = contents(out)

    def fail(*_args):
        raise ZeroDivisionError

    monkeypatch.setattr(outputs, failing, fail)
    with pytest.raises(ZeroDivisionError):
        write_outputs(night, out)
    with pytest.raises(ZeroDivisionError):
        write_outputs(night, tmp_path / "a" / "b")
    assert contents(out) == before
    assert {path.name for path in tmp_path.iterdir()} == {"out"}


@pytest.mark.parametrize("step", [0, 1, 5, 11, 12, 13, 20, 23])
def test_failure_while_moving_puts_everything_back(night, make_night, tmp_path, monkeypatch, step):
    out = tmp_path / "out"
    write_outputs(make_night(((0,), ())), out)
    before = contents(out)
    move, moves = outputs._move, []

    def fail_at(origin, destination, moved):
        moves.append(origin)
        if len(moves) == step + 1:
            raise PermissionError(13, "Permission denied")
        move(origin, destination, moved)

    monkeypatch.setattr(outputs, "_move", fail_at)
    with pytest.raises(InputError, match=r"cannot be written there \(Permission denied\); nothing was changed"):
        write_outputs(night, out)
    assert contents(out) == before
    assert {path.name for path in tmp_path.iterdir()} == {"out"}


def test_interrupt_while_moving_puts_everything_back(night, tmp_path, monkeypatch):
    out = tmp_path / "out"
    write_outputs(night, out)
    before, move = contents(out), outputs._move

    def interrupted(origin, destination, moved):
        if len(moved) == 15:
            raise KeyboardInterrupt
        move(origin, destination, moved)

    monkeypatch.setattr(outputs, "_move", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_outputs(night, out)
    assert contents(out) == before


def test_out_dir_is_a_file(night, tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(InputError, match="is a file; expected a directory"):
        write_outputs(night, tmp_path / "out")
    assert (tmp_path / "out").read_text() == "mine"


def test_parent_is_a_file(night, tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match=r"cannot be written there \(Not a directory\)"):
        write_outputs(night, tmp_path / "file" / "a" / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_directory_where_a_file_must_go(night, tmp_path):
    (tmp_path / "out" / "map.png").mkdir(parents=True)
    (tmp_path / "out" / "plan.json").mkdir()
    with pytest.raises(InputError) as caught:
        write_outputs(night, tmp_path / "out")
    assert len(caught.value.faults) == 2


def test_root_of_the_disk(night):
    with pytest.raises(InputError, match="root of a disk"):
        write_outputs(night, Path(Path.cwd().anchor))


def test_here_and_through_a_link(night, tmp_path, monkeypatch):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real", target_is_directory=True)
    write_outputs(night, tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert set(contents(tmp_path / "real")) == OWN
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    write_outputs(night, ".")
    assert set(contents(tmp_path / "here")) == OWN


@pytest.mark.parametrize("name", ["../x", "a/b", "", "plan.json", "PLAN.JSON", "con.txt", ".hidden", "sheet-regu-1.md"])
def test_bad_extra_names(night, tmp_path, name):
    with pytest.raises(InputError, match=re.escape(repr(name))):
        write_outputs(night, tmp_path / "out", extra={name: "x"})
    assert list(tmp_path.iterdir()) == []


def test_file_stems():
    ids = [
        "Regu II",
        "regu-ii",
        "../../etc",
        "CON",
        "第一",
        "Régu/Élite",
        "x" * 100,
        "x" * 99,
        "a:b*c?",
        "nul.txt",
        "-",
    ]
    stems = file_stems(ids)
    assert stems["Regu II"] == "regu-ii"
    assert stems["regu-ii"] == "regu-ii-2"
    assert stems["../../etc"] == "etc"
    assert stems["CON"] == "squad-con"
    assert stems["第一"] == "squad-5"
    assert stems["Régu/Élite"] == "regu-elite"
    assert len(stems["x" * 100]) == 60
    assert stems["a:b*c?"] == "a-b-c"
    assert len(set(stems.values())) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9_-]{1,64}", stem) for stem in stems.values())


def test_squad_ids_lead_nowhere_else(make_night, tmp_path):
    night = make_night(squad_ids=("../../etc", "..\\..\\etc"))
    write_outputs(night, tmp_path / "a" / "out")
    names = {path.name for path in (tmp_path / "a" / "out").iterdir()}
    assert {"etc.gpx", "sheet-etc.md", "etc-2.gpx", "sheet-etc-2.md"} <= names
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_stop_at_the_base_comes_out_everywhere(make_night, tmp_path, monkeypatch):
    monkeypatch.undo()
    night = make_night(((0, 1), ()), same_place=True, all_legs=True)
    written = write_outputs(night, tmp_path / "out")
    assert {path.name for path in written} == OWN
    assert (tmp_path / "out" / "map.png").stat().st_size > 20_000
