"""How the kernels are compiled: once per machine, and kept where that is possible.

Numba decides from one file's date whether a cached kernel is stale, but a kernel here calls others in other files.
`entry` therefore puts a digest of the whole room into the cached function's name, so that no upgrade can run
yesterday's code.
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
def source_digest() -> str:
    """Return a number that changes whenever any source file of this room does."""
    digest = hashlib.sha256(numba.__version__.encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def entry(function: _Kernel) -> _Kernel:
    """Compile a function that Python calls, cached on disk, or for this process only where no folder can be written."""
    function.__qualname__ = f"{function.__name__}_{source_digest()}"
    try:
        return cast("_Kernel", _njit(cache=True, **_QUICK)(function))
    except RuntimeError:
        return cast("_Kernel", _njit(**_QUICK)(function))


def is_compiled(function: Callable[..., Any]) -> bool:
    """Return whether an entry has been compiled, in this process or, as far as files tell, in an earlier one."""
    dispatcher = cast("Any", function)
    if dispatcher.signatures:
        return True
    folder = dispatcher.stats.cache_path
    return folder is not None and any(Path(folder).glob(f"*{function.__qualname__}*.nbc"))
