"""Arrays in one `.npz`, written without pickles and read with guards: a file from elsewhere is an error at worst."""

from __future__ import annotations

import io
import struct
import tokenize
import zipfile
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

_SLACK_BYTES = 10_000_000
_MAX_RATIO = 100
"""Seconds, metres and coordinates shrink to about a third; what grows a hundredfold is none of them but a bomb."""


def pack_arrays(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return arrays as a compressed `.npz`; `unpack_arrays` reads it."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]  # the stubs take these for the option allow_pickle
    return buffer.getvalue()


def unpack_arrays(source: bytes | Path, *, most_bytes: int) -> dict[str, NDArray[Any]]:
    """Return the arrays of an `.npz`, by name.

    Parameters
    ----------
    source : bytes or Path
    most_bytes : int
        What they may take in memory. Small files may take less: no arrays of this package shrink a hundredfold.

    Raises
    ------
    ValueError
        When it is no such file, holds a pickle, or would take more memory than it may.
    OSError
        When it cannot be read.
    """
    packed = len(source) if isinstance(source, bytes) else source.stat().st_size
    try:
        with zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > (most := min(most_bytes, _SLACK_BYTES + _MAX_RATIO * packed)):
            raise ValueError(f"it unpacks to {size:,} bytes; a file of its size has {most:,} at most")
        with np.load(io.BytesIO(source) if isinstance(source, bytes) else source, allow_pickle=False) as loaded:
            arrays = {name: loaded[name] for name in loaded.files}
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        tokenize.TokenError,
        EOFError,
        KeyError,
        MemoryError,
        NotImplementedError,
        RuntimeError,
        SyntaxError,
        TypeError,
    ) as error:
        raise ValueError(str(error) or type(error).__name__) from error
    if strange := [name for name, array in arrays.items() if not isinstance(array, np.ndarray)]:
        raise ValueError(f"{', '.join(map(repr, strange))} is no array")
    return arrays
