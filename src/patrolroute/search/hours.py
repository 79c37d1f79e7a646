"""What a drive takes, as the kernels ask for it: from the matrix, or at the hour in which it sets out.

A later departure never arrives earlier, since waiting for a faster hour is allowed for (`matrix.arrival_s`): so
earliest and latest times are passed along a route either way, and an insertion is tested against them exactly. Each
function is compiled for the kind of night at hand alone; on plain nights it is one addition.
"""

# ruff: noqa: ARG001, ARG005 - an overload and its lambdas have the arguments of what they stand for
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from numba.extending import overload

from patrolroute.compiled import kernel
from patrolroute.search.layout import HOURS, HourlyNight

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from patrolroute.search.layout import Night

_OPTIONS: Any = {"error_model": "numpy", "_nrt": False}
_LATE = 2**62


def _hourly(n: Any) -> bool:
    return issubclass(n.instance_class, HourlyNight)


@kernel
def _arrive(tie: NDArray[np.int64], hours: NDArray[np.int32], ready: int) -> int:
    """Return when a drive arrives at the earliest that may set out at a second; seconds by period, shape (T,)."""
    at = tie[HOURS]
    best = _LATE
    for q in range(len(hours)):
        leave = max(ready, tie[at + q])
        if leave >= best:
            break
        if leave < tie[at + q + 1]:
            best = min(best, leave + hours[q])
    return best


@kernel
def _period(tie: NDArray[np.int64], hours: NDArray[np.int32], due: int) -> int:
    """Return the last period in which a drive can set out to arrive by a second."""
    at = tie[HOURS]
    for q in range(len(hours) - 1, 0, -1):
        if min(due - hours[q], tie[at + q + 1] - 1) >= tie[at + q]:
            return q
    return 0


@kernel
def _leave(tie: NDArray[np.int64], hours: NDArray[np.int32], due: int) -> int:
    """Return when a drive sets out at the latest to arrive by a second."""
    q = _period(tie, hours, due)
    return min(due - hours[q], tie[tie[HOURS] + q + 1] - 1)  # type: ignore[no-any-return]  # an int64 is an int here


def by_hour(n: Night) -> bool:
    """Return whether what drives take depends on the hour; known when a kernel is compiled."""
    return isinstance(n, HourlyNight)


@overload(by_hour, jit_options=_OPTIONS)
def _by_hour(n):  # type: ignore[no-untyped-def]  # numba compares its signature with the lambdas'
    if _hourly(n):
        return lambda n: True
    return lambda n: False


def reach(n: Night, layer: NDArray[np.int32], a: int, b: int, ready: int) -> int:
    """Return when a drive from a point to another arrives that may set out at a second; `layer` is of `n.travel`."""
    return _arrive(n.tie, layer[a, b], ready) if by_hour(n) else ready + layer[a, b]


@overload(reach, jit_options=_OPTIONS)
def _reach(n, layer, a, b, ready):  # type: ignore[no-untyped-def]  # as above
    if _hourly(n):
        return lambda n, layer, a, b, ready: _arrive(n.tie, layer[a, b], ready)
    return lambda n, layer, a, b, ready: ready + layer[a, b]


def reach_on(n: Night, row: NDArray[np.int32], b: int, ready: int) -> int:
    """Return the same for one row of a layer."""
    return _arrive(n.tie, row[b], ready) if by_hour(n) else ready + row[b]


@overload(reach_on, jit_options=_OPTIONS)
def _reach_on(n, row, b, ready):  # type: ignore[no-untyped-def]  # as above
    if _hourly(n):
        return lambda n, row, b, ready: _arrive(n.tie, row[b], ready)
    return lambda n, row, b, ready: ready + row[b]


def reach_next(n: Night, layer: NDArray[np.int32], ends: tuple[int, int], arc: int, ready: int) -> int:
    """Return the same for a drive of a route, of which `arc` was known."""
    return _arrive(n.tie, layer[ends[0], ends[1]], ready) if by_hour(n) else ready + arc


@overload(reach_next, jit_options=_OPTIONS)
def _reach_next(n, layer, ends, arc, ready):  # type: ignore[no-untyped-def]  # as above
    if _hourly(n):
        return lambda n, layer, ends, arc, ready: _arrive(n.tie, layer[ends[0], ends[1]], ready)
    return lambda n, layer, ends, arc, ready: ready + arc


def leave_by(n: Night, layer: NDArray[np.int32], ends: tuple[int, int], arc: int, due: int) -> int:
    """Return when a drive of a route sets out at the latest to arrive by a second."""
    return _leave(n.tie, layer[ends[0], ends[1]], due) if by_hour(n) else due - arc


@overload(leave_by, jit_options=_OPTIONS)
def _leave_by(n, layer, ends, arc, due):  # type: ignore[no-untyped-def]  # as above
    if _hourly(n):
        return lambda n, layer, ends, arc, due: _leave(n.tie, layer[ends[0], ends[1]], due)
    return lambda n, layer, ends, arc, due: due - arc


def wheel(n: Night, layer: NDArray[np.int32], a: int, b: int, due: int) -> int:
    """Return the seconds at the wheel of a drive that sets out as late as it may to arrive by a second."""
    return layer[a, b, _period(n.tie, layer[a, b], due)] if by_hour(n) else layer[a, b]  # type: ignore[no-any-return]  # an int32 is an int here


@overload(wheel, jit_options=_OPTIONS)
def _wheel(n, layer, a, b, due):  # type: ignore[no-untyped-def]  # as above
    if _hourly(n):
        return lambda n, layer, a, b, due: layer[a, b, _period(n.tie, layer[a, b], due)]
    return lambda n, layer, a, b, due: layer[a, b]


def wheel_on(n: Night, row: NDArray[np.int32], b: int, due: int) -> int:
    """Return the same for one row of a layer."""
    return row[b, _period(n.tie, row[b], due)] if by_hour(n) else row[b]  # type: ignore[no-any-return]  # an int32 is an int here


@overload(wheel_on, jit_options=_OPTIONS)
def _wheel_on(n, row, b, due):  # type: ignore[no-untyped-def]  # as above
    if _hourly(n):
        return lambda n, row, b, due: row[b, _period(n.tie, row[b], due)]
    return lambda n, row, b, due: row[b]


def guess(n: Night, layer: NDArray[np.int32], a: int, b: int) -> int:
    """Return what a drive takes in the first period, for a guess."""
    return layer[a, b, 0] if by_hour(n) else layer[a, b]  # type: ignore[no-any-return]  # an int32 is an int here


@overload(guess, jit_options=_OPTIONS)
def _guess(n, layer, a, b):  # type: ignore[no-untyped-def]  # as above
    if _hourly(n):
        return lambda n, layer, a, b: layer[a, b, 0]
    return lambda n, layer, a, b: layer[a, b]
