"""How kernels are compiled: once per machine, and kept where that is possible.

Numba decides from one file's date whether a cached kernel is stale, but a kernel may call others in other files. What
is cached therefore has a digest of all modules of its folder in its name, so that no upgrade can run yesterday's code.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numba

if TYPE_CHECKING:
    from collections.abc import Callable

_Kernel = TypeVar("_Kernel", bound="Callable[..., Any]")
_njit: Any = numba.njit
_QUICK = {"error_model": "numpy", "_nrt": False}
"""Division without a test for zero, and no reference counting: nothing in a kernel allocates, and with it the loop
takes five times as long."""


def kernel(function: _Kernel) -> _Kernel:
    """Mark a function as compiled; it becomes part of whatever entry calls it."""
    return cast("_Kernel", _njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, **_QUICK)(function))


@cache
def source_digest(room: Path) -> str:
    """Return a number that changes whenever any source file of a room, or how it is compiled, does.

    Parameters
    ----------
    room : Path
        The folder of the room's modules.
    """
    digest = hashlib.sha256(numba.__version__.encode() + Path(__file__).read_bytes())
    for path in sorted(room.glob("*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def entry(function: _Kernel) -> _Kernel:
    """Compile a kernel that Python calls and that allocates nothing, kept on disk where a folder can be written."""
    return _kept(function, **_QUICK)


def compiled(function: _Kernel) -> _Kernel:
    """Compile a function that may allocate, and whose divisions are tested, kept on disk as an entry is."""
    return _kept(function)


def _kept(function: _Kernel, **options: Any) -> _Kernel:
    room = Path(function.__code__.co_filename).parent
    function.__qualname__ = f"{function.__name__}_{source_digest(room)}"
    try:
        return cast("_Kernel", _njit(cache=True, **options)(function))
    except RuntimeError:
        return cast("_Kernel", _njit(**options)(function))


def is_compiled(function: Callable[..., Any]) -> bool:
    """Return whether a function has been compiled, in this process or, as far as files tell, in an earlier one."""
    dispatcher = cast("Any", function)
    if dispatcher.signatures:
        return True
    folder = dispatcher.stats.cache_path
    return folder is not None and any(Path(folder).glob(f"*{function.__qualname__}*.nbc"))
