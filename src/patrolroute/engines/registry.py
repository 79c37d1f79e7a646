"""The engines by name."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, cast

from patrolroute.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable

    from patrolroute.engines.native import NativeEngine
    from patrolroute.engines.protocol import Engine

DEFAULT_ENGINE = "native"

_PLACES = {
    "native": ("patrolroute.engines.native", "NativeEngine"),
    "ortools": ("patrolroute.engines.ortools", "OrToolsEngine"),
    "pyvrp": ("patrolroute.engines.pyvrp", "PyVrpEngine"),
}

ENGINES = tuple(sorted(_PLACES))
"""The names that `engine_named` knows, whether or not their packages are installed."""


def engine_named(name: str, *, notice: Callable[[str], None] | None = None) -> Engine:
    """Return an engine; its solver is imported only now.

    Parameters
    ----------
    name : str
        One of `ENGINES`.
    notice : callable, optional
        Called with a sentence before work that a user might wonder about, such as compiling once per machine; only
        "native" has any.

    Raises
    ------
    InputError
        When there is no such engine; names those there are, and the extra that one of them lacks.
    MissingExtraError
        When the engine's package is not installed; names the extra that brings it.
    """
    if name not in _PLACES:
        known = ", ".join(_described(each) for each in ENGINES)
        raise InputError([f"there is no engine {name!r}; expected one of {known}."])
    made = _made(name)
    if notice is not None and name == "native":
        return replace(cast("NativeEngine", made), notice=notice)
    return made


def engine_of(given: str | Engine) -> Engine:
    """Return an engine that is given by its name or as itself.

    Raises
    ------
    InputError
        When there is no engine of that name, or what is given cannot search.
    MissingExtraError
        When the engine's package is not installed; names the extra that brings it.
    """
    if isinstance(given, str):
        return engine_named(given)
    if not callable(getattr(given, "search", None)):
        raise InputError([f"engine is {given!r}; expected one of {', '.join(ENGINES)}, or an engine of your own."])
    return given


def _made(name: str) -> Engine:
    module, class_name = _PLACES[name]
    return cast("Engine", getattr(import_module(module), class_name)())


def _described(name: str) -> str:
    try:
        _made(name)
    except MissingExtraError as missing:
        return f"{name} ({missing})"
    return name
