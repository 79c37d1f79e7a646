"""How the kernels are compiled: once per machine, and kept where that is possible."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

import numba

if TYPE_CHECKING:
    from collections.abc import Callable

_Kernel = TypeVar("_Kernel", bound="Callable[..., Any]")


def compiled(function: _Kernel) -> _Kernel:
    """Compile a function and keep the result on disk, or for this process only where no folder can be written.

    Numba decides by a file's date whether its kernels are stale: a compiled function of this room calls only compiled
    functions of its own file.
    """
    try:
        return cast("_Kernel", numba.njit(cache=True)(function))
    except RuntimeError:
        return cast("_Kernel", numba.njit(function))
