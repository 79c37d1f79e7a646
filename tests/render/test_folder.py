"""A folder is judged before the work begins, and nobody's own file is lost in it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from patrolroute.errors import InputError
from patrolroute.render import check_out_dir, outputs, write_outputs


@pytest.fixture(autouse=True)
def quick_map(monkeypatch):
    """The picture has tests of its own."""
    monkeypatch.setattr(outputs, "draw_map", lambda _night: b"\x89PNG picture")


def tree(directory: Path) -> dict[str, bytes | None]:
    paths = sorted(directory.rglob("*"))
    return {str(path.relative_to(directory)): path.read_bytes() if path.is_file() else None for path in paths}


def faults_of(call, *args, **options) -> tuple[str, ...]:
    with pytest.raises(InputError) as caught:
        call(*args, **options)
    return caught.value.faults


def refused(night, out: Path, **extra: str) -> tuple[str, ...]:
    """Return the faults, the same from the check as from the writing, and see that nothing was touched."""
    home = out.parent
    before = tree(home)
    told = faults_of(check_out_dir, night.scenario, out, extra=extra)
    assert faults_of(write_outputs, night, out, extra=extra) == told
    assert tree(home) == before
    return told


def test_own_files_are_named_and_kept(night, tmp_path):
    out = tmp_path / "own"
    out.mkdir()
    for name in ("summary.txt", "sheet-regu-2.md", "scenario.json", "notes.txt"):
        (out / name).write_text("mysheet")
    (out / "plan.json").symlink_to(tmp_path / "elsewhere.json")
    told = refused(night, out, **{"scenario.json": "{}"})
    assert told == (
        f"{out}: holds 4 files that no earlier plan wrote and this one would replace: plan.json, summary.txt, "
        "sheet-regu-2.md, scenario.json; choose another folder or move them away.",
    )


def test_second_plan_goes_into_its_own_folder(night, make_night, tmp_path):
    out = tmp_path / "out"
    write_outputs(night, out, extra={"scenario.json": "1"})
    (out / "notes.txt").write_text("mine")
    check_out_dir(night.scenario, out, extra=["scenario.json"])
    write_outputs(night, out, extra={"scenario.json": "2"})
    assert (out / "scenario.json").read_text() == "2"
    assert (out / "notes.txt").read_text() == "mine"
    (out / "sheet-charlie.md").write_text("mine")
    other = make_night(((0,),), squad_ids=("charlie",))
    assert "would replace: sheet-charlie.md;" in refused(other, out)[0]


def test_a_manifest_vouches_only_for_what_it_lists(night, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "manifest.json").write_text(json.dumps({"written_by": "patrolroute", "files": ["map.png"]}))
    (out / "map.png").write_text("old")
    (out / "plan.gpkg").write_text("mine")
    assert "would replace: plan.gpkg;" in refused(night, out)[0]


def test_a_file_that_comes_while_the_map_is_drawn(night, tmp_path, monkeypatch):
    out = tmp_path / "out"
    out.mkdir()

    def slow(_night):
        (out / "map.png").write_text("mine")
        return b"\x89PNG picture"

    monkeypatch.setattr(outputs, "draw_map", slow)
    assert "would replace: map.png;" in faults_of(write_outputs, night, out)[0]
    assert tree(out) == {"map.png": b"mine"}


def test_check_writes_nothing(night, tmp_path):
    check_out_dir(night.scenario, tmp_path / "a" / "b", extra=["scenario.json"])
    check_out_dir(night.scenario, tmp_path)
    assert tree(tmp_path) == {}


def test_file_in_place_of_the_folder_or_above(night, tmp_path):
    (tmp_path / "file").write_text("mine")
    assert refused(night, tmp_path / "file") == (
        f"{tmp_path / 'file'}: is a file; expected a directory for the plan's files. Choose another or remove it.",
    )
    told = refused(night, tmp_path / "file" / "out")
    assert len(told) == 1
    assert "cannot be written there (Not a directory)" in told[0]


@pytest.mark.parametrize("out", ["here", "here/new/deep"])
def test_folder_that_cannot_be_written(night, tmp_path, monkeypatch, out):
    locked, allowed = tmp_path / "here", os.access
    locked.mkdir()
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != locked and allowed(path, mode))
    told = refused(night, tmp_path / out)
    assert len(told) == 1
    assert "cannot be written there (Permission denied); nothing was changed" in told[0]


@pytest.mark.parametrize("name", ["x" * 300, "a\0b"])
def test_path_that_no_system_has(night, tmp_path, name):
    assert len(refused(night, tmp_path / name)) == 1


def test_all_faults_at_once(night, tmp_path):
    out = tmp_path / "out"
    (out / "map.png").mkdir(parents=True)
    (out / "summary.txt").write_text("mine")
    told = refused(night, out, **{"../x": "", "plan.json": ""})
    assert len(told) == 4
