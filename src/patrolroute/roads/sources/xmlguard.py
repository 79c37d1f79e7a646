"""XML from strangers: checked as a stream before any reader builds something of it."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import tempfile
import zlib
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from xml.parsers import expat

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCK = 1 << 20
_MAX_TOKEN = 8 << 20
_MAX_RATIO = 60
"""OSM shrinks to a tenth or twentieth; what grows more than this is a bomb."""
_FREE_BYTES = 64 << 20


class XmlError(ValueError):
    """What is wrong with an XML file, in words that name the line."""


class GuardedParser:
    """Expat that refuses document types and endless tokens.

    Entities of a document type may expand without bound, and expat reads an unfinished token again with every block.

    Parameters
    ----------
    handler : object, optional
        With methods `begin(tag, attributes)`, `end(tag)` and `text(text)`.
    """

    def __init__(self, handler: Any = None) -> None:
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype
        if handler is not None:
            self._parser.StartElementHandler = handler.begin
            self._parser.EndElementHandler = handler.end
            self._parser.CharacterDataHandler = handler.text
        self._fed = 0

    def _refuse_doctype(self, *_: Any) -> None:
        raise XmlError("a document type (<!DOCTYPE) is not accepted in road files")

    def feed(self, block: bytes) -> None:
        """Parse one block; an empty one ends the document.

        Raises
        ------
        XmlError
            When the XML is not sound, cut off, or refused.
        """
        try:
            self._parser.Parse(block, not block)
        except expat.ExpatError as error:
            raise XmlError(f"line {error.lineno}: {expat.ErrorString(error.code)}") from None
        except ValueError as error:
            raise XmlError(f"line {self._parser.CurrentLineNumber}: {error}") from None
        self._fed += len(block)
        if self._fed - self._parser.CurrentByteIndex > _MAX_TOKEN:
            raise XmlError(f"line {self._parser.CurrentLineNumber}: a tag of more than 8 MB")


@contextlib.contextmanager
def plain_xml(path: Path, packing: str) -> Iterator[Path]:
    """Yield a checked file of plain XML: the file itself, or what is packed in it.

    Parameters
    ----------
    path : Path
    packing : {"", "bz2", "gz"}
        Packed files are unpacked into a temporary one, which pays, since it is then read twice.

    Raises
    ------
    XmlError
        When the file is damaged, cut off, no XML, or grows beyond measure.
    """
    if not packing:
        with path.open("rb") as file:
            _check(file)
        yield path
        return
    limit = _FREE_BYTES + _MAX_RATIO * path.stat().st_size
    with tempfile.TemporaryDirectory(prefix="patrolroute-") as folder:
        plain = Path(folder) / "plain.osm"
        try:
            with (bz2.open if packing == "bz2" else gzip.open)(path, "rb") as packed, plain.open("wb") as copy:
                _check(packed, copy=copy, limit=limit)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise XmlError(str(error)) from None
        except OSError as error:
            if error.errno is not None:
                raise
            raise XmlError(str(error)) from None
        yield plain


def _check(
    file: IO[bytes] | bz2.BZ2File | gzip.GzipFile, *, copy: IO[bytes] | None = None, limit: int | None = None
) -> None:
    parser = GuardedParser()
    size = 0
    while block := file.read(_BLOCK):
        size += len(block)
        if limit is not None and size > limit:
            raise XmlError(f"unpacks to more than {limit // 1_000_000:,} MB, {_MAX_RATIO} times its size")
        parser.feed(block)
        if copy is not None:
            copy.write(block)
    parser.feed(b"")
