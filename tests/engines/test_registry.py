"""Engines by name, and what a planner is told of one that is not there."""

from __future__ import annotations

import sys

import pytest

from patrolroute.engines.registry import DEFAULT_ENGINE, ENGINES, engine_named
from patrolroute.errors import InputError, MissingExtraError


@pytest.mark.parametrize("name", ENGINES)
def test_engines_bear_their_names(name: str) -> None:
    assert engine_named(name).name == name
    assert DEFAULT_ENGINE in ENGINES


def test_an_unknown_engine_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"there is no engine 'vroom'; expected one of .*ortools.*pyvrp"):
        engine_named("vroom")


def test_a_missing_package_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyvrp", None)
    with pytest.raises(MissingExtraError, match=r"pyvrp is not installed; pip install 'patrolroute\[engines\]'"):
        engine_named("pyvrp")
    with pytest.raises(InputError, match=r"ortools, pyvrp \(pyvrp is not installed; .*\)\."):
        engine_named("")
