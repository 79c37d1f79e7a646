"""The house is as `docs/design.md` says it is."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "patrolroute"
ROW = re.compile(r"^\| `(\w+)` \| .* \| ([\w, -]+) \|$", re.MULTILINE)
MOST_MODULES = 26
HEAVY = {"osmnx", "networkx", "geopandas"}


def rooms() -> dict[str, set[str]]:
    """Return what the design lets each room import."""
    text = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")
    return {room: {each.strip() for each in allowed.split(",")} - {"-"} for room, allowed in ROW.findall(text)}


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE or path.stem != "__init__")


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            names |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def test_every_room_has_a_row_and_every_row_a_room() -> None:
    assert {room_of(path) for path in modules()} == rooms().keys()


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_what_its_row_names(path: Path) -> None:
    used = {name.split(".")[1] for name in imports(path) if name.startswith("patrolroute.")}
    assert used & rooms().keys() <= rooms()[room_of(path)] | {room_of(path)}


def test_rows_are_in_an_order_without_cycles() -> None:
    above: set[str] = set()
    for room, allowed in rooms().items():
        assert allowed <= above, f"{room} imports {allowed - above}, which stand below it"
        above.add(room)


@pytest.mark.parametrize("room", [room for room in ("engines", "search", "bound") if room in rooms()])
def test_search_knows_no_map(room: str) -> None:
    for path in modules():
        if room_of(path) == room:
            assert not {name.split(".")[0] for name in imports(path)} & HEAVY, path


def test_render_knows_no_engine() -> None:
    assert not rooms()["render"] & {"engines", "search", "solver"}


def test_no_shed() -> None:
    names = {path.stem for path in modules()}
    assert not names & {"utils", "util", "helpers", "common", "misc", "settings"}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_are_rooms_not_halls(path: Path) -> None:
    assert path.read_text(encoding="utf-8").count("\n") < 500


def test_tests_mirror_the_package() -> None:
    """Every test module of a room's folder, or of a folder in it, stands in a folder of the same name."""
    tests = ROOT / "tests"
    folders = {path.parent.relative_to(tests) for path in tests.rglob("*/test_*.py")} - {Path(), Path("notebooks")}
    packages = {path.parent.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py")}
    assert folders <= packages | {Path("benchmarks")}


def test_a_folder_of_modules_can_be_taken_in_at_a_glance() -> None:
    """A room of more modules than this has packages inside; the modules of each are said in the design."""
    crowded = {str(path.parent.relative_to(PACKAGE)) for path in PACKAGE.rglob("*.py")}
    counts = {name: len(list((PACKAGE / name).glob("*.py"))) for name in crowded}
    assert {name: count for name, count in counts.items() if count > MOST_MODULES} == {}


def test_the_public_surface_is_sorted_and_whole() -> None:
    import patrolroute

    assert list(patrolroute.__all__) == sorted(patrolroute.__all__)
    assert all(getattr(patrolroute, name) is not None for name in patrolroute.__all__)
    assert len(patrolroute.__all__) == 18


def test_the_roads_surface_is_sorted_and_whole() -> None:
    from patrolroute import roads

    assert list(roads.__all__) == sorted(roads.__all__)
    assert set(dir(roads)) == set(roads.__all__)
    assert all(getattr(roads, name) is not None for name in roads.__all__)
    assert not {path.stem for path in (PACKAGE / "roads").glob("*")} & set(roads.__all__), "no module hides a name"
    with pytest.raises(AttributeError, match="no attribute 'tunnels'"):
        _ = roads.tunnels


@pytest.mark.parametrize(
    ("module", "later"),
    [
        ("patrolroute", {"numpy", "scipy", "pandas", "numba"}),
        ("patrolroute.roads", {"numba", "ortools", "osmnx", "osmium"}),
    ],
)
def test_only_what_is_needed_is_loaded(module: str, later: set[str]) -> None:
    """Nobody waits for a compiler, a solver or map libraries that are not asked for."""
    code = f"import sys, {module}; print(*{later} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_no_module_hides_a_public_name() -> None:
    """Importing `patrolroute.x` anywhere would put the module in the place of the function of that name."""
    import patrolroute

    assert {room_of(path) for path in modules()} & set(patrolroute.__all__) == {"datasets"}
