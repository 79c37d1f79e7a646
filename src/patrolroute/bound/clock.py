"""When to stop."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock:
    """The time that is left, and whether someone asked to stop.

    Parameters
    ----------
    seconds : float
    stopped : callable
        Asked often; True ends the work.
    """

    def __init__(self, seconds: float, stopped: Callable[[], bool] = lambda: False) -> None:
        self._begun = monotonic()
        self._ends = self._begun + seconds
        self._stopped = stopped

    @property
    def used_s(self) -> float:
        """Seconds since the clock was made."""
        return monotonic() - self._begun

    @property
    def left_s(self) -> float:
        """Seconds left; 0 once the time is over or a stop was asked for."""
        return 0.0 if self._stopped() else max(0.0, self._ends - monotonic())

    @property
    def over(self) -> bool:
        """Whether to stop now."""
        return self.left_s <= 0.0

    def part(self, share: float) -> Clock:
        """Return a clock that ends after a share of the time left."""
        return Clock(self.left_s * share, self._stopped)
