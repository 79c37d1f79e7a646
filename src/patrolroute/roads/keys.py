"""Time and length of a way as one number, so that the least is the fastest, and of equally fast ways the shortest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from patrolroute.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

_DM_BITS = 24
DM_LIMIT = 2**_DM_BITS
"""A way must be shorter than so many decimetres (1,677 km)."""

MS_LIMIT = 2 ** (53 - _DM_BITS)
"""A way must take less than so many milliseconds (149 hours): a key stays below 2**53, where float64 is exact."""

_NAMED = 20


def join_keys(time_ms: NDArray[np.int64], length_dm: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return time and length as one number: milliseconds first, decimetres break ties.

    Sums of such keys are compared as (milliseconds, decimetres) are, and stay exact, within `MS_LIMIT` and `DM_LIMIT`.
    A float's minimum is one instruction on every machine, a 64-bit integer's is not.
    """
    key: NDArray[np.float64] = (time_ms * DM_LIMIT + length_dm).astype(np.float64)
    return key


def split_keys(
    key: NDArray[np.float64], origins: Sequence[str], destinations: Sequence[str]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return milliseconds and decimetres of keys.

    Parameters
    ----------
    key : float64 array, shape (origins, destinations)
    origins, destinations : sequence of str
        What the rows and columns are called, for the errors.

    Raises
    ------
    InputError
        When there is no way between some pairs, or one takes too long; it names them.
    """
    if key.size and not key.max() < 2.0**53:
        wrong = np.argwhere(~(key < 2.0**53))
        faults = []
        for i, j in wrong[:_NAMED].tolist():
            found = (
                "there is no way" if np.isinf(key[i, j]) else f"the way takes {MS_LIMIT / 3_600_000:.0f} hours or more"
            )
            faults.append(f"from {origins[i]!r} to {destinations[j]!r}: {found}; leave one of them out.")
        if len(wrong) > _NAMED:
            faults.append(f"and {len(wrong) - _NAMED:,} more pairs.")
        raise InputError(faults)
    whole = key.astype(np.int64)
    return whole >> _DM_BITS, whole & (DM_LIMIT - 1)
