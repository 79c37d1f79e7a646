"""What can go wrong, in one tree.

::

    PatrolrouteError
    |-- InputError          a file, a table or an argument is at fault; lists every fault
    |-- InfeasibleError     the input is sound, but no plan can keep all its constraints
    |-- FetchError          roads could not be fetched
    |-- MissingExtraError   an optional package is not installed
    `-- RuleBrokenError     a plan breaks a rule; it is never shown as a plan
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import ModuleType


class PatrolrouteError(Exception):
    """Base of every error that this package raises on purpose."""


class _ListedError(PatrolrouteError):
    """An error that carries a list of sentences and prints them all."""

    heading = "{n} things are wrong:"
    always = False
    """Whether a single sentence has the heading too."""

    def __init__(self, sentences: Iterable[str]) -> None:
        self.sentences: tuple[str, ...] = tuple(sentences)
        super().__init__(self.sentences)

    def __str__(self) -> str:
        if len(self.sentences) == 1 and not self.always:
            return self.sentences[0]
        lines = [self.heading.format(n=len(self.sentences)), *(f"  - {each}" for each in self.sentences)]
        return "\n".join(lines)


class InputError(_ListedError, ValueError):
    """An input is at fault.

    Parameters
    ----------
    faults : iterable of str
        One sentence a fault: where (file, row, name), what was found, what was expected, what to do.
    """

    heading = "the input has {n} faults:"

    @property
    def faults(self) -> tuple[str, ...]:
        """Every fault, in the order in which they were found."""
        return self.sentences


class InfeasibleError(_ListedError):
    """No plan keeps every constraint of a sound input.

    Parameters
    ----------
    reasons : iterable of str
        One sentence for each required site that does not fit, and what would help.
    best : object, optional
        The best plan that was found, with those sites left out; None when no search was run.
    """

    heading = "no plan obeys every constraint, for {n} reasons:"

    def __init__(self, reasons: Iterable[str], *, best: Any = None) -> None:
        super().__init__(reasons)
        self.best = best


class FetchError(PatrolrouteError):
    """Roads could not be fetched; the message says from where, why, and what to do."""


class MissingExtraError(PatrolrouteError, ImportError):
    """An optional package is not installed; the message names the extra that brings it."""


class RuleBrokenError(_ListedError):
    """A plan breaks rules that it must obey. This is a fault of the program, never of the planner."""

    heading = "the plan breaks {n} rule(s), a fault of this program; please report it with the scenario:"
    always = True


class Faults:
    """Collects the faults of one input, so that all are reported at once."""

    def __init__(self) -> None:
        self._sentences: list[str] = []

    def __bool__(self) -> bool:
        return bool(self._sentences)

    def add(self, sentence: str) -> None:
        """Note one fault."""
        self._sentences.append(sentence)

    def extend(self, sentences: Iterable[str]) -> None:
        """Note several faults."""
        self._sentences.extend(sentences)

    def raise_if_any(self) -> None:
        """Raise `InputError` with all that was noted, if anything was."""
        if self._sentences:
            raise InputError(self._sentences)


def import_extra(module: str, *, extra: str) -> ModuleType:
    """Import an optional package, or say which extra brings it.

    Raises
    ------
    MissingExtraError
        When the package is not installed.
    """
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingExtraError(f"{module} is not installed; pip install 'patrolroute[{extra}]' brings it.") from error
