"""Compilation: once, kept, and possible where no folder can be written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numba
import numpy as np
import pytest

from patrolroute import compiled
from patrolroute.compiled.inner import Inner
from patrolroute.engines.native import NativeEngine
from patrolroute.engines.protocol import Budget, Watch
from patrolroute.problem import PatrolProblem

PACKAGE = Path(compiled.__file__).parents[1]
ROOM = PACKAGE / "search"
SCRIPT = """
import numpy as np
from numba.core import event
from patrolroute.engines.native import NativeEngine
from patrolroute.engines.protocol import Budget, Watch
from patrolroute.problem import PatrolProblem
class Listener(event.Listener):
    def on_start(self, event):
        kernel = event.data["dispatcher"].py_func
        if kernel.__module__.startswith("patrolroute") and kernel.__name__ != "<lambda>":
            kernels.append((kernel.__module__ + "." + kernel.__name__, str(event.data["args"])))
    def on_end(self, event):
        pass
kernels = []
event.register("numba:compile", Listener())
problem = PatrolProblem.from_arrays(
    np.array([[0, 5], [5, 0]], np.int32), dwell_s=np.array([1], np.int32), weight=np.array([1], np.int32),
    shifts_s=[(0, 99)],
)
said = []
for _ in range(2):
    found = NativeEngine(notice=said.append).search(
        problem, budget=Budget(seconds=None, iterations=5), seed=1, start=None, watch=Watch()
    )
    print(found.orders)
print(len(said))
print(*sorted({name.removeprefix("patrolroute.search.") for name, _ in kernels}))
print(max(map(kernels.count, kernels), default=0), any("Literal" in args for _, args in kernels))
"""
TIED_ONLY = {
    "clock._pass_on", "clock.retie", "insertion._left", "insertion._scan_afloat", "loop._add_chores",
    "recreate._burden", "ties.complete", "ties.loosen", "ties.drop_incomplete", "ties.drop_idle_chores",
}  # fmt: skip


def run_copy(tmp_path: Path, *, cache: Path | None) -> list[str]:
    """Run the script with a copy of the package whose folders cannot take a cache."""
    home = tmp_path / "home"
    package = tmp_path / "site" / "patrolroute"
    package.parent.mkdir(parents=True, exist_ok=True)
    if not package.exists():
        package.mkdir()
        # The search and what it imports; an empty front door keeps the rest of the package out of a test of the cache.
        (package / "__init__.py").write_text("")
        for name in ("archive.py", "errors.py", "provenance.py", "matrix.py"):
            (package / name).write_text((PACKAGE / name).read_text())
        for room, names in (
            ("compiled", None),
            ("problem", None),
            ("search", None),
            ("engines", ("__init__.py", "feasible.py", "native.py", "protocol.py")),
        ):
            (package / room).mkdir()
            for path in sorted((PACKAGE / room).glob("*.py")):
                if names is None or path.name in names:
                    (package / room / path.name).write_text(path.read_text())
            # A file where numba would make a folder: not writable for anyone, root included.
            (package / room / "__pycache__").write_text("")
        home.write_text("")
    environment = {**os.environ, "PYTHONPATH": str(package.parent), "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}
    environment |= {"XDG_CACHE_HOME": str(home)}
    environment.pop("NUMBA_CACHE_DIR", None)
    if cache is not None:
        environment["NUMBA_CACHE_DIR"] = str(cache)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\n")[:5]


def test_it_works_where_nothing_can_be_written_and_is_kept_where_something_can(tmp_path: Path) -> None:
    *said, _kernels, _most = run_copy(tmp_path, cache=None)
    assert said == ["((0,),)", "((0,),)", "1"], "said once: compiled for this process"
    cache = tmp_path / "cache"
    *said, kernels, most = run_copy(tmp_path, cache=cache)
    assert said == ["((0,),)", "((0,),)", "1"], "said once: the cache was empty"
    # The seconds that a first run takes longer grow with what is compiled: nothing that only tied nights need, nothing
    # for one constant alone, and no kernel twice.
    assert not TIED_ONLY & set(kernels.split())
    assert {"loop.work", "clock.refresh", "ties.place"} <= set(kernels.split())
    assert most == "1 False"
    *said, kernels, most = run_copy(tmp_path, cache=cache)
    assert said == ["((0,),)", "((0,),)", "0"], "not said: the cache had it"
    assert (kernels, most) == ("", "0 False"), "nor was anything compiled"


def test_the_digest_follows_the_sources() -> None:
    digest = compiled.source_digest(ROOM)
    assert digest != compiled.source_digest(ROOM.parent / "bound")
    assert digest == compiled.source_digest(ROOM)
    assert len(digest) == 16


def test_a_kernel_is_compiled_anew_when_a_module_in_another_folder_of_its_room_changes(tmp_path: Path) -> None:
    kernels = PACKAGE / "roads" / "hierarchy" / "batch.py"
    assert compiled.room_of(kernels) == compiled.room_of(PACKAGE / "roads" / "keys.py") == PACKAGE / "roads"
    assert compiled.room_of(tmp_path / "apart.py") == tmp_path
    from patrolroute.roads.hierarchy import batch

    digest = compiled.source_digest(PACKAGE / "roads")
    assert batch._sweep.__qualname__.endswith(digest)  # type: ignore[attr-defined]
    room = tmp_path / "room"
    (room / "deep").mkdir(parents=True)
    (room / "keys.py").write_text("LIMIT = 1")
    (room / "deep" / "kernels.py").write_text("")
    digests = {compiled.source_digest.__wrapped__(room)}
    (room / "deep" / "kernels.py").write_text("a = 1")
    digests.add(compiled.source_digest.__wrapped__(room))
    (room / "deep" / "kernels.py").rename(room / "deep" / "others.py")
    digests.add(compiled.source_digest.__wrapped__(room))
    (room / "keys.py").write_text("LIMIT = 2")
    digests.add(compiled.source_digest.__wrapped__(room))
    assert len(digests) == 4


def test_what_only_kernels_call_is_neither_optimised_nor_translated_by_itself() -> None:
    innermost = numba.njit(pipeline_class=Inner, no_cpython_wrapper=True, no_cfunc_wrapper=True)(lambda x: x + 1)
    between = numba.njit(pipeline_class=Inner, no_cpython_wrapper=True, no_cfunc_wrapper=True)(
        lambda x: innermost(x) * innermost(x + 1)
    )
    outermost = numba.njit(lambda x: between(x) + innermost(x))
    assert outermost(2) == 15
    for kernel, runs in ((innermost, False), (between, False), (outermost, True)):
        code = kernel.overloads[kernel.signatures[0]]
        known = code.library.codegen._engine.is_symbol_defined(code.fndesc.llvm_func_name)
        assert known == runs, kernel


@pytest.mark.parametrize(
    "change",
    ["numba.version_info = (0, 999, 0)", "sys.modules['numba._dynfunc'] = None; del numba._dynfunc"],
    ids=["a later release", "a part that is gone"],
)
def test_a_release_of_numba_that_was_not_tried_compiles_in_its_own_way(change: str, tmp_path: Path) -> None:
    """The bound's kernels call each other in all the ways there are."""
    script = (
        f"import sys, numba; {change}\n"
        "from patrolroute.compiled.marks import _INNER\n"
        "assert 'pipeline_class' not in _INNER\n"
        "from patrolroute.bound.tiers import warm_up\n"
        "warm_up()\n"
        "from patrolroute.bound.network import close_paths\n"
        "assert close_paths.signatures\n"
    )
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_one_compilation_serves_every_problem() -> None:
    from patrolroute.search.loop import work

    for n in (1, 3, 30):
        problem = PatrolProblem.from_arrays(
            np.ones((n + 1, n + 1), np.int32) - np.eye(n + 1, dtype=np.int32),
            dwell_s=np.ones(n, np.int32),
            weight=np.ones(n, np.int32),
            shifts_s=[(0, 50)] * (1 + n // 3),
        )
        NativeEngine().search(problem, budget=Budget(seconds=None, iterations=5), seed=1, start=None, watch=Watch())
    # Nights with ties have a compilation of their own, which a test before this one may have asked for.
    plain = work.signatures  # type: ignore[attr-defined]
    assert len(plain) == 1
