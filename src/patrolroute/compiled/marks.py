"""How kernels are compiled: once per machine, and kept where that is possible.

Numba decides from one file's date whether a cached kernel is stale, but a kernel may call others in other files. What
is cached therefore has a digest of all modules of its room, in whichever folder of it, in its name, so that no upgrade
can run yesterday's code.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numba
from numba.extending import overload, register_jitable

if TYPE_CHECKING:
    from collections.abc import Callable

_Kernel = TypeVar("_Kernel", bound="Callable[..., Any]")
_njit: Any = numba.njit
_ROOM = Path(__file__).parent
_PACKAGE = _ROOM.parent
_jitable: Any = register_jitable
_overload: Any = overload
_QUICK = {"error_model": "numpy", "_nrt": False}
"""Division without a test for zero, and no reference counting: nothing in a kernel allocates, and with it the loop
takes five times as long."""

TRIED = (0, 61) <= numba.version_info[:2] <= (0, 68)
"""Whether this release of numba is one of those, or lies between those, that `inner` was tried with: 0.61 and 0.68.
Elsewhere kernels are compiled as numba does."""

_INNER: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
"""Python calls entries only."""
if TRIED:
    # What is no public part of numba may be missing from a build of it, or from a fix of a release.
    with suppress(ImportError, AttributeError):
        from patrolroute.compiled.inner import Inner

        _INNER["pipeline_class"] = Inner


def kernel(function: _Kernel) -> _Kernel:
    """Mark a function as compiled; it becomes part of whatever entry calls it.

    Numba would compile a decorated function anew for each constant that is given to it; so marked, it is not.
    """
    return cast("_Kernel", _jitable(**_INNER, **_QUICK)(function))


def helper(function: _Kernel) -> _Kernel:
    """Mark a function that only what is `compiled` calls; it may allocate, and its divisions are tested."""
    return cast("_Kernel", _jitable(**_INNER)(function))


def kernel_where(wanted: Callable[[Any], bool], instead: Callable[..., Any]) -> Callable[[_Kernel], _Kernel]:
    """Mark a function as compiled only where it is wanted; elsewhere something short stands in, which is never called.

    Parameters
    ----------
    wanted : callable
        Given numba's type of the first argument.
    instead : callable
        Takes any arguments, and returns something of the same type as the kernel does.
    """

    def mark(function: _Kernel) -> _Kernel:
        def choose(first: Any, *_others: Any) -> Callable[..., Any]:
            return function if wanted(first) else instead

        _overload(function, jit_options={**_INNER, **_QUICK}, strict=False)(choose)
        return function

    return mark


@cache
def source_digest(room: Path) -> str:
    """Return a number that changes whenever any source file of a room, or how it is compiled, does.

    Parameters
    ----------
    room : Path
        The folder of the room's modules and packages.
    """
    digest = hashlib.sha256(numba.__version__.encode())
    for folder in (_ROOM, room):
        for path in sorted(folder.rglob("*.py")):
            digest.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def room_of(module: Path) -> Path:
    """Return the folder of the room that a module is in, or the module's own where it is no room's.

    A kernel may call others, and take constants, from any folder of its room.

    Parameters
    ----------
    module : Path
        The module's file.
    """
    folder = module.parent
    return _PACKAGE / folder.relative_to(_PACKAGE).parts[0] if _PACKAGE in folder.parents else folder


def entry(function: _Kernel) -> _Kernel:
    """Compile a kernel that Python calls and that allocates nothing, kept on disk where a folder can be written."""
    return _kept(function, **_QUICK)


def compiled(function: _Kernel) -> _Kernel:
    """Compile a function that may allocate, and whose divisions are tested, kept on disk as an entry is."""
    return _kept(function)


def _kept(function: _Kernel, **options: Any) -> _Kernel:
    room = room_of(Path(function.__code__.co_filename))
    function.__qualname__ = f"{function.__name__}_{source_digest(room)}"
    try:
        return cast("_Kernel", _njit(cache=True, no_cfunc_wrapper=True, **options)(function))
    except RuntimeError:
        return cast("_Kernel", _njit(no_cfunc_wrapper=True, **options)(function))


def is_compiled(function: Callable[..., Any]) -> bool:
    """Return whether a function has been compiled, in this process or, as far as files tell, in an earlier one."""
    dispatcher = cast("Any", function)
    if dispatcher.signatures:
        return True
    folder = dispatcher.stats.cache_path
    return folder is not None and any(Path(folder).glob(f"*{function.__qualname__}*.nbc"))


def is_kept(function: Callable[..., Any]) -> bool:
    """Return whether what is compiled of a function is kept on disk, where another process finds it."""
    return cast("Any", function).stats.cache_path is not None
