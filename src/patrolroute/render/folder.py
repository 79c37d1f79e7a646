"""The folder that a plan is written into: the names of its files, and whether the folder can take them."""

from __future__ import annotations

import errno
import json
import os
import re
import unicodedata
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from patrolroute.errors import Faults, InputError
from patrolroute.render.gis import layers_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from patrolroute.scenario.model import Scenario

MANIFEST = "manifest.json"
WRITER = "patrolroute"
"""What a manifest of this package names as its writer."""

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


def check_out_dir(scenario: Scenario, out_dir: Path | str, *, extra: Collection[str] = ()) -> None:
    """Raise what `write_outputs` would find wrong with a folder, without writing anything.

    A search may take long: who calls this before it learns of a bad folder at once.

    Parameters
    ----------
    scenario : Scenario
        Its squads name the sheets and GPX files.
    out_dir : path
    extra : collection of str, optional
        Names of more files that the caller will add.

    Raises
    ------
    InputError
        When `out_dir` is a file, lies beneath a file or cannot be written; when it holds a file of one of the plan's
        names that no manifest of an earlier plan lists, which would be lost; when a directory stands where a file must
        go; when a name of `extra` is no plain file name or is one of the plan's own.
    """
    faults = Faults()
    faults.extend(_name_faults(own_names(scenario), extra))
    try:
        with told(Path(out_dir)):
            faults.extend(_folder_faults(resolved(out_dir), [*own_names(scenario), *extra]))
    except InputError as error:
        faults.extend(error.faults)
    faults.raise_if_any()


def resolved(out_dir: Path | str) -> Path:
    """Return the folder's absolute path, links followed.

    Raises
    ------
    InputError
        When it cannot be told or no system has such a path.
    """
    given = Path(out_dir)
    with told(given):
        try:
            return given.resolve()
        except ValueError as error:
            raise InputError([f"{str(given)!r}: is no path ({error}); choose another directory."]) from error


def own_names(scenario: Scenario) -> list[str]:
    """Return the names of all files that a plan of this scenario is written to, the manifest the last."""
    stems = file_stems([squad.id for squad in scenario.squads]).values()
    fixed = ["plan.json", "summary.txt", "map.png", "sheets.html", "plan.gpkg"]
    fixed += [f"{layer}.geojson" for layer in layers_of(scenario)]
    return [*fixed, *(f"{stem}.gpx" for stem in stems), *(f"sheet-{stem}.md" for stem in stems), MANIFEST]


def _name_faults(own: Sequence[str], extra: Collection[str]) -> Iterator[str]:
    taken = {name.lower() for name in own}
    for name in extra:
        if not _SAFE.fullmatch(name) or _RESERVED.match(name):
            yield f"extra file {name!r}: expected a plain file name of letters, digits, dots and hyphens."
        elif name.lower() in taken:
            yield f"extra file {name!r}: the plan writes a file of that name itself; choose another."
        taken.add(name.lower())


def _folder_faults(target: Path, names: Sequence[str]) -> Iterator[str]:
    if not target.name:
        yield f"{target}: is the root of a disk; expected a directory for the plan's files."
        return
    if not target.is_dir() and (target.exists() or target.is_symlink()):
        yield f"{target}: is a file; expected a directory for the plan's files. Choose another or remove it."
        return
    home = target
    while not home.exists() and home != home.parent:
        home = home.parent
    if not home.is_dir():
        yield refusal(target, os.strerror(errno.ENOTDIR))
    elif not os.access(home, os.W_OK | os.X_OK):
        yield refusal(target, os.strerror(errno.EACCES))
    if home != target:
        return
    own = [name for name in names if _SAFE.fullmatch(name)]
    known = listed_before(target)
    for name in own:
        if (target / name).is_dir() and not (target / name).is_symlink():
            yield f"{target / name}: is a directory where the file {name} must go; move it away."
    foreign = [name for name in own if name not in known and _is_file(target / name)]
    if foreign:
        count = "a file" if len(foreign) == 1 else f"{len(foreign)} files"
        yield (
            f"{target}: holds {count} that no earlier plan wrote and this one would replace: {', '.join(foreign)}; "
            "choose another folder or move them away."
        )


def _is_file(path: Path) -> bool:
    return path.is_symlink() or (path.exists() and not path.is_dir())


def listed_before(target: Path) -> set[str]:
    """Return the files that an earlier plan's manifest names, itself among them, as far as they can be its own."""
    path = target / MANIFEST
    try:
        if path.stat().st_size > _MANIFEST_BYTES:
            return set()
        about = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return set()
    files = about.get("files") if isinstance(about, dict) and about.get("written_by") == WRITER else None
    if not isinstance(files, list):
        return set()
    return {MANIFEST, *(name for name in files if isinstance(name, str) and _SAFE.fullmatch(name))}


def refusal(target: Path, why: str) -> str:
    """Return the sentence of a folder that the file system refuses."""
    return f"{target}: the plan cannot be written there ({why}); nothing was changed. Choose another directory."


@contextmanager
def told(target: Path) -> Iterator[None]:
    """Say a fault of the file system in the planner's words."""
    try:
        yield
    except OSError as error:
        raise InputError([refusal(target, error.strerror or str(error))]) from error
