"""Random numbers for the kernels: integers only, so that a seed means the same search on every machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from patrolroute.compiled import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MULTIPLIER = np.uint64(0x2545F4914F6CDD1D)
_S12, _S25, _S27, _S33 = np.uint64(12), np.uint64(25), np.uint64(27), np.uint64(33)


def seeded(seed: int) -> NDArray[np.uint64]:
    """Return the state of a generator; nearby seeds start far apart (splitmix64)."""
    mask = (1 << 64) - 1
    z = (seed + 1) * 0x9E3779B97F4A7C15 & mask
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & mask
    z = (z ^ z >> 27) * 0x94D049BB133111EB & mask
    return np.array([z ^ z >> 31 or 1], np.uint64)


@kernel
def draw(state: NDArray[np.uint64]) -> int:
    """Return 31 random bits (xorshift64*, Vigna 2016, 10.1145/2845077)."""
    x = state[0]
    x ^= x >> _S12
    x ^= x << _S25
    x ^= x >> _S27
    state[0] = x
    return np.int64((x * _MULTIPLIER) >> _S33)  # type: ignore[return-value]  # numba's int64 is mypy's int


@kernel
def below(state: NDArray[np.uint64], n: int) -> int:
    """Return a whole number from 0 to n - 1."""
    return (draw(state) * n) >> 31


@kernel
def unit(state: NDArray[np.uint64]) -> float:
    """Return a number from 0 up to, not including, 1."""
    return draw(state) * (1.0 / 2147483648.0)


@kernel
def exponential(state: NDArray[np.uint64]) -> float:
    """Return a number that is nearly exponential of mean 1.

    -log2 of a fraction is its leading zeros plus nearly a parabola in its mantissa. The C library's logarithm may
    differ in its last bit from machine to machine; this does not.
    """
    bits = draw(state) | 1
    zeros = 0
    while bits < 1073741824:
        bits <<= 1
        zeros += 1
    f = bits * (1.0 / 1073741824.0) - 1.0
    return 0.6931471805599453 * (zeros + 1.0 - f * (1.3465 - 0.3465 * f))
