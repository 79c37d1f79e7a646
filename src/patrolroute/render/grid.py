"""A table of words, and how it fits a console."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console, ConsoleOptions, RenderResult

_FOLD = re.compile(r" (?=\(|\+)|(?<=h) |(?<=,) |(?<=–)(?=\d)")
_LEAST_WORDS = 12
_ANY_WIDTH = 10_000


@dataclass(frozen=True, kw_only=True)
class Grid:
    """One table of a summary.

    Parameters
    ----------
    title : str
    heads : tuple of str
    rows : tuple of tuple of str
        Cells in words, names on one line but not escaped.
    right : frozenset of int
        Columns that hold numbers and stand flush right.
    wraps : frozenset of int
        Columns of words, which may be broken into lines on a narrow console.
    folds : frozenset of int
        Columns whose cells a narrow console shows on two lines, broken where that tears no time and no number.
    spare : tuple of int
        Columns that a narrow console leaves out, the first one first.
    empty : str
        What is said when there are no rows.
    """

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int] = frozenset()
    wraps: frozenset[int] = frozenset({0})
    folds: frozenset[int] = frozenset()
    spare: tuple[int, ...] = ()
    empty: str = "none"


class FittedTable:
    """A grid on a rich console, without its spare columns where these would break times and numbers.

    Parameters
    ----------
    grid : Grid
    """

    def __init__(self, grid: Grid) -> None:
        self.grid = grid

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the table, and the names of the columns that had to go."""
        shown, gone = list(range(len(self.grid.heads))), []
        if self.grid.folds and self._least_width(console, options, shown) > options.max_width:
            yield from FittedTable(_folded(self.grid)).__rich_console__(console, options)
            return
        for column in self.grid.spare:
            if self._least_width(console, options, shown) <= options.max_width:
                break
            shown.remove(column)
            gone.append(self.grid.heads[column])
        yield self._table(shown)
        if gone:
            yield Text(f"  Too narrow for: {', '.join(gone)}.", style="dim")

    def _least_width(self, console: Console, options: ConsoleOptions, shown: Sequence[int]) -> int:
        wide = options.update(width=_ANY_WIDTH)
        return console.measure(self._table(shown, words_width=_LEAST_WORDS), options=wide).maximum

    def _table(self, shown: Sequence[int], *, words_width: int | None = None) -> Table:
        grid = self.grid
        table = Table(title=Text(grid.title, style="bold"), title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
        for i in shown:
            wraps = i in grid.wraps
            table.add_column(
                Text(grid.heads[i]),
                justify="right" if i in grid.right else "left",
                overflow="fold",
                no_wrap=not wraps,
                min_width=_LEAST_WORDS if wraps else None,
                width=words_width if wraps else None,
            )
        for row in grid.rows:
            table.add_row(*(Text(row[i]) for i in shown))
        return table


def _folded(grid: Grid) -> Grid:
    """Return a grid whose foldable cells are broken before a bracket, after hours and commas; its heads at spaces."""

    def fold(cell: str) -> str:
        return _FOLD.sub("\n", cell)

    heads = tuple(head.replace(" ", "\n") if i in grid.folds else head for i, head in enumerate(grid.heads))
    rows = tuple(tuple(fold(cell) if i in grid.folds else cell for i, cell in enumerate(row)) for row in grid.rows)
    return replace(grid, heads=heads, rows=rows, folds=frozenset())
