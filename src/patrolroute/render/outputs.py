"""All files of a plan in one directory: every one of them, or none."""

from __future__ import annotations

import json
import secrets
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from patrolroute.render.folder import MANIFEST, WRITER, check_out_dir, file_stems, listed_before, resolved, told
from patrolroute.render.gis import geojson, layers_of, write_geopackage
from patrolroute.render.gpx import squad_gpx
from patrolroute.render.paper import sheets_page
from patrolroute.render.printed.picture import draw_map
from patrolroute.render.sheet import patrol_sheet
from patrolroute.render.summary import summary

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from patrolroute.render.night import Night


def write_outputs(night: Night, out_dir: Path | str, *, extra: Mapping[str, bytes | str] | None = None) -> list[Path]:
    """Write everything that a plan is shown as into a directory, all or nothing.

    ``plan.json``, ``summary.txt``, ``map.png``, ``plan.gpkg``, ``visits.geojson``, ``legs.geojson``,
    ``skipped.geojson``, with areas ``beats.geojson`` and ``areas.geojson``, for each squad
    ``<squad>.gpx`` and ``sheet-<squad>.md``, all sheets to print as ``sheets.html``, what the caller adds, and
    ``manifest.json``, which lists them.

    Everything is made in a hidden directory, within `out_dir` where that exists, and moved in only when the last file
    is complete. What fails before or during the move leaves `out_dir` as it was. Files that the manifest of an earlier
    plan there lists are replaced, or removed where this plan does not write them (the sheet of a squad that is gone).
    All others in `out_dir` are left alone; where one has the name of a file to be written, nothing is.

    Parameters
    ----------
    night : Night
    out_dir : path
        Made with its parents where it is missing.
    extra : mapping of str to bytes or str, optional
        Contents of more files by plain file name; text is written in UTF-8.

    Returns
    -------
    list of Path
        The files that were written, by name.

    Raises
    ------
    InputError
        For every reason that `check_out_dir` knows, and when the file system refuses all the same.
    """
    given, more = Path(out_dir), dict(extra or {})
    check_out_dir(night.scenario, given, extra=more)
    target = resolved(given)
    made = _make_parents(target.parent)
    # Within a directory that exists, so that it may be a disk of its own, onto which nothing can be moved in one step.
    home = target if target.is_dir() else target.parent
    staged = home / f".{target.name}.{secrets.token_hex(6)}.part"
    try:
        with told(target):
            staged.mkdir()
            _produce(night, staged, more)
            written = sorted(path.name for path in staged.iterdir())
            _write(staged / MANIFEST, _manifest(night, written))
            # What somebody put there while the map was drawn is not ours to replace either.
            check_out_dir(night.scenario, given, extra=more)
            _move_in(staged, target, [*written, MANIFEST])
    except BaseException:
        _remove_flat(staged)
        for parent in reversed(made):
            with suppress(OSError):
                parent.rmdir()
        raise
    return [given / name for name in sorted([*written, MANIFEST])]


def _make_parents(parent: Path) -> list[Path]:
    """Make what is missing of a path and return it, the outermost first."""
    missing = []
    while not parent.exists() and parent != parent.parent:
        missing.append(parent)
        parent = parent.parent
    made: list[Path] = []
    with told(parent):
        try:
            for each in reversed(missing):
                each.mkdir()
                made.append(each)
        except OSError:
            for each in reversed(made):
                each.rmdir()
            raise
    return made


def _produce(night: Night, staged: Path, more: Mapping[str, bytes | str]) -> None:
    _write(staged / "plan.json", night.plan.to_json())
    _write(staged / "summary.txt", summary(night))
    for layer in layers_of(night.scenario):
        _write(staged / f"{layer}.geojson", geojson(night, layer))
    for squad_id, stem in file_stems([squad.id for squad in night.scenario.squads]).items():
        _write(staged / f"{stem}.gpx", squad_gpx(night, squad_id))
        _write(staged / f"sheet-{stem}.md", patrol_sheet(night, squad_id))
    _write(staged / "sheets.html", sheets_page(night))
    _write(staged / "map.png", draw_map(night))
    write_geopackage(night, staged / "plan.gpkg")
    for name, content in more.items():
        _write(staged / name, content)


def _write(path: Path, content: bytes | str) -> None:
    path.write_bytes(content.encode("utf-8", "replace") if isinstance(content, str) else content)


def _manifest(night: Night, written: Sequence[str]) -> str:
    about = {"written_by": WRITER, "plan": night.plan.name, "roads": night.statement, "files": list(written)}
    return json.dumps(about, ensure_ascii=False, indent=2) + "\n"


def _move_in(staged: Path, target: Path, names: Sequence[str]) -> None:
    """Put the finished files into place; on any failure put back what was there."""
    if not target.exists():
        staged.rename(target)
        return
    old = staged.with_suffix(".old")
    old.mkdir()
    moved: list[tuple[Path, Path]] = []
    try:
        for name in sorted({*names, *listed_before(target)}):
            if (target / name).is_symlink() or (target / name).is_file():
                _move(target / name, old / name, moved)
        for name in names:
            _move(staged / name, target / name, moved)
    except BaseException:
        for origin, destination in reversed(moved):
            destination.replace(origin)
        old.rmdir()
        raise
    _remove_flat(old)
    _remove_flat(staged)


def _move(origin: Path, destination: Path, moved: list[tuple[Path, Path]]) -> None:
    origin.replace(destination)
    moved.append((origin, destination))


def _remove_flat(directory: Path) -> None:
    """Remove a directory of files that this module made; what cannot be removed stays."""
    with suppress(OSError):
        for path in directory.iterdir():
            path.unlink()
        directory.rmdir()
