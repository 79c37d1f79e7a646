"""All files of a plan in one directory: every one of them, or none."""

from __future__ import annotations

import json
import re
import secrets
import unicodedata
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from patrolroute.errors import Faults, InputError
from patrolroute.render.gis import LAYERS, geojson, write_geopackage
from patrolroute.render.gpx import squad_gpx
from patrolroute.render.picture import draw_map
from patrolroute.render.sheet import patrol_sheet
from patrolroute.render.summary import summary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from patrolroute.render.night import Night

MANIFEST = "manifest.json"

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\.|$)")
_STEM_LENGTH = 60
_MANIFEST_BYTES = 10_000_000


def file_stems(squad_ids: Sequence[str]) -> dict[str, str]:
    """Return a file name stem for each squad id: safe on every system, all different.

    Letters become lower-case ASCII, anything else a hyphen, so that "../../etc" is "etc" and no name leads out of its
    directory. An id of which nothing is left is named by its position; names that Windows keeps for devices and stems
    that stand already get a number.

    Parameters
    ----------
    squad_ids : sequence of str
        All different.
    """
    stems: dict[str, str] = {}
    used: set[str] = set()
    for position, squad_id in enumerate(squad_ids, start=1):
        ascii_ = unicodedata.normalize("NFKD", squad_id).encode("ascii", "ignore").decode().lower()
        stem = re.sub(r"[^a-z0-9_]+", "-", ascii_).strip("-_")[:_STEM_LENGTH].rstrip("-_")
        if not stem or _RESERVED.match(stem):
            stem = f"squad-{stem or position}"
        unique, number = stem, 2
        while unique in used:
            unique, number = f"{stem}-{number}", number + 1
        used.add(unique)
        stems[squad_id] = unique
    return stems


def write_outputs(night: Night, out_dir: Path | str, *, extra: Mapping[str, bytes | str] | None = None) -> list[Path]:
    """Write everything that a plan is shown as into a directory, all or nothing.

    ``plan.json``, ``summary.txt``, ``map.png``, ``plan.gpkg``, ``visits.geojson``, ``legs.geojson``,
    ``skipped.geojson``, for each squad ``<squad>.gpx`` and ``sheet-<squad>.md``, what the caller adds, and
    ``manifest.json``, which lists them.

    Everything is made in a hidden directory, within `out_dir` where that exists, and moved in only when the last file
    is complete. What fails before or during the move leaves `out_dir` as it was. Files of the same names are replaced;
    files that the manifest of an earlier plan lists and this one does not write (the sheet of a squad that is gone) are
    removed; all others in `out_dir` are left alone.

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
        When `out_dir` is a file or cannot be written, when a name of `extra` is no plain file name or is one of the
        plan's own, or when a directory stands where a file must go.
    """
    given, more = Path(out_dir), dict(extra or {})
    with _told(given):
        target = given.resolve()
    _check(target, [*_names(night), MANIFEST], more)
    made = _make_parents(target.parent)
    # Within a directory that exists, so that it may be a disk of its own, onto which nothing can be moved in one step.
    home = target if target.is_dir() else target.parent
    staged = home / f".{target.name}.{secrets.token_hex(6)}.part"
    try:
        with _told(target):
            staged.mkdir()
            _produce(night, staged, more)
            written = sorted(path.name for path in staged.iterdir())
            _write(staged / MANIFEST, _manifest(night, written))
            _move_in(staged, target, [*written, MANIFEST])
    except BaseException:
        _remove_flat(staged)
        for parent in reversed(made):
            with suppress(OSError):
                parent.rmdir()
        raise
    return [given / name for name in sorted([*written, MANIFEST])]


def _names(night: Night) -> list[str]:
    stems = file_stems([squad.id for squad in night.scenario.squads]).values()
    fixed = ["plan.json", "summary.txt", "map.png", "plan.gpkg", *(f"{layer}.geojson" for layer in LAYERS)]
    return [*fixed, *(f"{stem}.gpx" for stem in stems), *(f"sheet-{stem}.md" for stem in stems)]


def _check(target: Path, own: Sequence[str], more: Mapping[str, bytes | str]) -> None:
    faults, taken = Faults(), {name.lower() for name in own}
    for name in more:
        if not _SAFE.fullmatch(name) or _RESERVED.match(name):
            faults.add(f"extra file {name!r}: expected a plain file name of letters, digits, dots and hyphens.")
        elif name.lower() in taken:
            faults.add(f"extra file {name!r}: the plan writes a file of that name itself; choose another.")
        taken.add(name.lower())
    if not target.name:
        faults.add(f"{target}: is the root of a disk; expected a directory for the plan's files.")
    if target.exists() and not target.is_dir():
        faults.add(f"{target}: is a file; expected a directory for the plan's files. Choose another or remove it.")
    elif target.is_dir():
        for name in (*own, *more):
            if (target / name).is_dir() and not (target / name).is_symlink():
                faults.add(f"{target / name}: is a directory where the file {name} must go; move it away.")
    faults.raise_if_any()


def _make_parents(parent: Path) -> list[Path]:
    """Make what is missing of a path and return it, the outermost first."""
    missing = []
    while not parent.exists() and parent != parent.parent:
        missing.append(parent)
        parent = parent.parent
    made: list[Path] = []
    with _told(parent):
        try:
            for each in reversed(missing):
                each.mkdir()
                made.append(each)
        except OSError:
            for each in reversed(made):
                each.rmdir()
            raise
    return made


@contextmanager
def _told(target: Path) -> Iterator[None]:
    """Say a fault of the file system in the planner's words."""
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        raise InputError(
            [f"{target}: the plan cannot be written there ({why}); nothing was changed. Choose another directory."]
        ) from error


def _produce(night: Night, staged: Path, more: Mapping[str, bytes | str]) -> None:
    _write(staged / "plan.json", night.plan.to_json())
    _write(staged / "summary.txt", summary(night))
    for layer in LAYERS:
        _write(staged / f"{layer}.geojson", geojson(night, layer))
    for squad_id, stem in file_stems([squad.id for squad in night.scenario.squads]).items():
        _write(staged / f"{stem}.gpx", squad_gpx(night, squad_id))
        _write(staged / f"sheet-{stem}.md", patrol_sheet(night, squad_id))
    _write(staged / "map.png", draw_map(night))
    write_geopackage(night, staged / "plan.gpkg")
    for name, content in more.items():
        _write(staged / name, content)


def _write(path: Path, content: bytes | str) -> None:
    path.write_bytes(content.encode("utf-8", "replace") if isinstance(content, str) else content)


def _manifest(night: Night, written: Sequence[str]) -> str:
    about = {"written_by": "patrolroute", "plan": night.plan.name, "roads": night.statement, "files": list(written)}
    return json.dumps(about, ensure_ascii=False, indent=2) + "\n"


def _listed_before(target: Path) -> set[str]:
    """Return the files that an earlier plan's manifest names, as far as they can be its own."""
    path = target / MANIFEST
    try:
        if path.stat().st_size > _MANIFEST_BYTES:
            return set()
        about = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return set()
    files = about.get("files") if isinstance(about, dict) and about.get("written_by") == "patrolroute" else None
    if not isinstance(files, list):
        return set()
    return {name for name in files if isinstance(name, str) and _SAFE.fullmatch(name)}


def _move_in(staged: Path, target: Path, names: Sequence[str]) -> None:
    """Put the finished files into place; on any failure put back what was there."""
    if not target.exists():
        staged.rename(target)
        return
    old = staged.with_suffix(".old")
    old.mkdir()
    moved: list[tuple[Path, Path]] = []
    try:
        for name in sorted({*names, *_listed_before(target)}):
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
