"""A clock that each reading moves on, so that time limits are tested without waiting for them."""

from __future__ import annotations


class TickingClock:
    """Stands in for the module `time` or its functions; a fixed time passes with each reading and never otherwise.

    Parameters
    ----------
    tick_s : float
        What passes with each reading.
    """

    def __init__(self, tick_s: float) -> None:
        self.tick_s = tick_s
        self.now_s = 1_000.0
        self.readings = 0

    def monotonic(self) -> float:
        """Return the time, and let some pass."""
        self.readings += 1
        self.now_s += self.tick_s
        return self.now_s

    perf_counter = monotonic
