"""How numba compiles what only other kernels call: lowered, and left to the entry to optimise and translate.

Numba does both for each function by itself and again, with all that it calls, in each of its callers, although nobody
ever runs the code of a function that Python does not call. Here a kernel hands its callers what it was lowered to, and
that of all that it calls; the entry links each once. The passes are numba's own, in the way of its documentation on
custom compilers; what they hand each other is not documented, so it is done only between releases that it was
tried with (`marks.TRIED`).
"""

from __future__ import annotations

from typing import Any

from numba import _dynfunc  # type: ignore[attr-defined]  # a part of numba in C
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import LoweringPass, register_pass
from numba.core.typed_passes import AnnotateTypes, NativeLowering

_Library: Any = JITCodeLibrary
_Pass: Any = LoweringPass
_Compiler: Any = CompilerBase
_Builder: Any = DefaultPassBuilder
_register: Any = register_pass


class _Lowered(_Library):  # type: ignore[misc]  # numba has no types
    """Code of one kernel that is linked into others, never run as it is."""

    def _optimize_functions(self, ll_module: Any) -> None:
        ll_module.data_layout = self._codegen._data_layout

    def finalize(self) -> None:
        """End what can be added; nothing is linked, optimised or translated."""
        self._finalize_dynamic_globals()
        self._finalized = True

    @property
    def needed(self) -> list[Any]:
        """All that a caller must link: this kernel, and what it calls in turn."""
        return list(dict.fromkeys([self, *self._linking_libraries]))


@_register(mutates_CFG=False, analysis_only=True)
class _Begin(_Pass):  # type: ignore[misc]  # as above
    """Have the kernel lowered into a library that does no more than hold it."""

    _name = "patrolroute_inner_begin"

    def __init__(self) -> None:
        _Pass.__init__(self)

    def run_pass(self, state: Any) -> bool:
        """Prepare for numba's own lowering."""
        state.library = _Lowered(state.targetctx.codegen(), state.func_id.func_qualname)
        state.flags.no_compile = True
        return True


@_register(mutates_CFG=False, analysis_only=True)
class _End(_Pass):  # type: ignore[misc]  # as above
    """Tell callers of the kernel, as numba's lowering does of what it has translated."""

    _name = "patrolroute_inner_end"

    def __init__(self) -> None:
        _Pass.__init__(self)

    def run_pass(self, state: Any) -> bool:
        """Register the kernel under a handle without an address, which numba needs for a name only."""
        lowered, library = state["cr"], state.library
        name = lowered.fndesc.qualname.split(".")[-1]
        handle = _dynfunc.make_function(lowered.fndesc.lookup_module(), name, name, 0, lowered.env, (library,))
        state.targetctx.insert_user_function(handle, lowered.fndesc, library.needed)
        state["cr"] = lowered._replace(cfunc=handle)
        return True


class Inner(_Compiler):  # type: ignore[misc]  # as above
    """Numba's compiler without its last steps."""

    def define_pipelines(self) -> list[Any]:
        """Return numba's passes with the two above around its lowering."""
        passes = _Builder.define_nopython_pipeline(self.state)
        passes.add_pass_after(_Begin, AnnotateTypes)
        passes.add_pass_after(_End, NativeLowering)
        passes.finalize()
        return [passes]
