"""Arrays in one file: read back as they were, and whatever else a file may be is a `ValueError`."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest

from patrolroute.archive import pack_arrays, unpack_arrays

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

GOOD = {"a": np.arange(6, dtype=np.int32).reshape(2, 3), "words": np.array(["Jl. Kartini", "ü"])}


def packed_with(body: bytes) -> bytes:
    """Return an archive whose array `a` has this body."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.npy", body)
    return out.getvalue()


def claiming(shape: tuple[int, ...], kind: str) -> bytes:
    """Return an array's head without the array."""
    out = io.BytesIO()
    np.lib.format.write_array_header_1_0(out, {"descr": kind, "fortran_order": False, "shape": shape})
    return out.getvalue()


def marked(offset: int, byte: int) -> bytes:
    """Return a good archive with one byte of the directory's first entry changed."""
    data = bytearray(pack_arrays(GOOD))
    data[data.find(b"PK\x01\x02") + offset] = byte
    return bytes(data)


def test_arrays_are_read_back(tmp_path: Path) -> None:
    (tmp_path / "x.npz").write_bytes(pack_arrays(GOOD))
    for source in (pack_arrays(GOOD), tmp_path / "x.npz"):
        again: dict[str, NDArray[np.generic]] = unpack_arrays(source, most_bytes=10_000)
        assert again.keys() == GOOD.keys()
        assert all((again[name] == array).all() and again[name].dtype == array.dtype for name, array in GOOD.items())


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a zip"),
        (pack_arrays(GOOD)[:-30], "not a zip"),
        (packed_with(b"hello"), "'a' is no array"),
        (packed_with(claiming((10**13,), "<i4")), "allocate"),
        (packed_with(claiming((10,), "<i4")), "reading array data|reshape"),
        (packed_with(claiming((-1,), "<i4")), "."),
        (packed_with(claiming((1,), "|O")), "allow_pickle"),
        (packed_with(b"\x93NUMPY\x01\x00\x10\x00{'descr': [(((((("), "EOF"),
        (packed_with(b"\x93NUMPY\x01\x00\x28\x23" + b"(" * 9000), "."),
        (marked(8, 1), "encrypted"),
        (marked(10, 99), "not supported"),
    ],
    ids=["empty", "cut off", "no array", "huge", "short", "negative", "pickle", "head", "deep", "encrypted", "method"],
)
def test_whatever_is_no_such_file_is_a_value_error(data: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        unpack_arrays(data, most_bytes=10**9)


def test_what_grows_out_of_proportion_or_beyond_the_limit_is_not_unpacked() -> None:
    bomb = pack_arrays({"a": np.zeros(20_000_000, np.int8)})
    assert len(bomb) < 100_000
    with pytest.raises(ValueError, match=r"unpacks to 20,000,\d+ bytes; a file of its size has 1\d,\d+,\d+ at most"):
        unpack_arrays(bomb, most_bytes=10**9)
    with pytest.raises(ValueError, match="at most"):
        unpack_arrays(pack_arrays(GOOD), most_bytes=100)
