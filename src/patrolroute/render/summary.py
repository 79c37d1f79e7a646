"""What a plan covers, what it leaves out and what it costs: as rows, as text, for the terminal and as HTML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table
from rich.text import Text

from patrolroute.render.night import PLACEMENT_WORDS
from patrolroute.render.wording import (
    SYNTHETIC_BAND,
    clock_text,
    day_text,
    driving_text,
    length_text,
    markup,
    plain,
    share_text,
    span_text,
    waiting_text,
    zone_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from patrolroute.plans import Plan, TierBound
    from patrolroute.render.night import Night


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
    empty : str
        What is said when there are no rows.
    """

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int] = frozenset()
    empty: str = "none"


@dataclass(frozen=True, kw_only=True)
class Summary:
    """A plan in few tables.

    Parameters
    ----------
    title : str
    warnings : tuple of str
        What must be seen first: synthetic roads, required sites left out.
    coverage, squads, skipped, approximate : Grid
        Coverage tier by tier; each squad's stops, kilometres and times; the sites left out, with reasons; the places
        whose position is not exactly known.
    remarks : tuple of str
        The roads' statement, the engine, the scenario's notes.
    """

    title: str
    warnings: tuple[str, ...]
    coverage: Grid
    squads: Grid
    skipped: Grid
    approximate: Grid
    remarks: tuple[str, ...]

    @property
    def grids(self) -> tuple[Grid, ...]:
        """The tables in the order in which they are shown."""
        return (self.coverage, self.squads, self.skipped, self.approximate)


def summarise(night: Night) -> Summary:
    """Return what a night's plan covers, costs and leaves out.

    Parameters
    ----------
    night : Night
    """
    plan = night.plan
    missed = [plain(night.site(site).title) for site in plan.required_missed]
    warnings = [SYNTHETIC_BAND] if night.synthetic else []
    if missed:
        warnings.append(f"REQUIRED BUT LEFT OUT: {', '.join(missed)}")
    return Summary(
        title=plain(f"{night.scenario.name}, {day_text(night.scenario.start)} ({zone_text(night)})"),
        warnings=tuple(warnings),
        coverage=_coverage(night),
        squads=_squads(night),
        skipped=_skipped(night),
        approximate=Grid(
            title="Positions not exactly known",
            heads=("place", "what is known", "source"),
            rows=tuple(
                (plain(place.title), PLACEMENT_WORDS[place.placement], plain(place.source) or "-")
                for place in night.approximate
            ),
        ),
        remarks=(
            *(plain(statement) for statement in night.statements),
            f"Planned by {plain(plan.engine)}. {_quality(plan)}",
            *(plain(note) for note in night.scenario.notes),
        ),
    )


def _coverage(night: Night) -> Grid:
    at_most = {each.tier: _bound_text(each) for each in night.plan.bound or ()}
    tiers = [
        (
            str(tier.tier),
            f"{tier.covered_sites} of {tier.total_sites}",
            share_text(tier.covered_sites, tier.total_sites),
            f"{tier.covered_weight} of {tier.total_weight}",
            share_text(tier.covered_weight, tier.total_weight),
            at_most.get(tier.tier, "no bound"),
        )
        for tier in night.plan.coverage
    ]
    return Grid(
        title="Coverage",
        heads=("tier", "sites", "sites %", "weight", "weight %", "at most"),
        rows=tuple(tiers),
        right=frozenset(range(6)),
        empty="no sites",
    )


def _bound_text(bound: TierBound) -> str:
    return f"{bound.upper_weight}, proved" if bound.proved else str(bound.upper_weight)


def _quality(plan: Plan) -> str:
    """Say in a sentence how good the plan is known to be."""
    if plan.bound is None:
        return "No upper bound was computed: a better plan may exist."
    if plan.proved:
        return "Proved optimal: no plan covers more."
    open_tiers = ", ".join(str(each.tier) for each in plan.bound if not each.proved)
    return f"Tier {open_tiers}: a better plan may exist, up to the bound named 'at most'."


def _squads(night: Night) -> Grid:
    rows = []
    for squad in night.scenario.squads:
        route, shift_s = night.route(squad.id), squad.shift.length_s
        cells = [plain(squad.title), span_text(night, squad.shift.start, squad.shift.end)]
        if route is None or not route.visits:
            cells += ["0", "-", "-", "0 m", "-", share_text(0, shift_s), "-"]
        else:
            cells += [
                str(len(route.visits)),
                clock_text(night, night.clock(route.leave_s)),
                clock_text(night, night.clock(route.return_s)),
                length_text(route.drive_m),
                driving_text(night, route),
                share_text(route.drive_s, shift_s),
                waiting_text(route) if any(visit.wait_s for visit in route.visits) else "-",
            ]
        rows.append(tuple(cells))
    return Grid(
        title="Squads",
        heads=("squad", "shift", "stops", "leaves", "back", "distance", "driving", "of shift", "waiting"),
        rows=tuple(rows),
        right=frozenset({2, 5, 6, 7, 8}),
        empty="no squads",
    )


def _skipped(night: Night) -> Grid:
    ordered = sorted(night.plan.skipped, key=lambda s: (not s.required, s.tier, -s.weight))
    return Grid(
        title="Left out",
        heads=("site", "tier", "weight", "why"),
        rows=tuple(
            (
                plain(night.site(each.site).title) + (" (required)" if each.required else ""),
                str(each.tier),
                str(each.weight),
                plain(each.reason),
            )
            for each in ordered
        ),
        right=frozenset({1, 2}),
        empty="nothing",
    )


def summary(night: Night) -> str:
    """Return the summary as plain text, in lines of any length and without colours."""
    told = summarise(night)
    blocks = ["\n".join([told.title, *(f"*** {warning} ***" for warning in told.warnings)])]
    blocks += ["\n".join(_text_grid(grid)) for grid in told.grids]
    blocks.append("\n".join(told.remarks))
    return "\n\n".join(blocks) + "\n"


def _text_grid(grid: Grid) -> Iterator[str]:
    if not grid.rows:
        yield f"{grid.title}: {grid.empty}"
        return
    yield grid.title
    widths = [max(len(row[i]) for row in (grid.heads, *grid.rows)) for i in range(len(grid.heads))]
    for row in (grid.heads, tuple("-" * width for width in widths), *grid.rows):
        cells = (
            cell.rjust(width) if i in grid.right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield f"  {'  '.join(cells)}".rstrip()


def summary_tables(night: Night) -> Group:
    """Return the summary for a rich console, short enough for one screen or two.

    Places whose position is not exactly known are counted, and the scenario's notes are left to `summary`. Names cannot
    smuggle in markup or terminal codes.
    """
    told = summarise(night)
    parts: list[Text | Table] = [Text(told.title, style="bold")]
    parts += [Text(warning, style="bold white on red") for warning in told.warnings]
    for grid in (told.coverage, told.squads, told.skipped):
        if not grid.rows:
            parts.append(Text(f"{grid.title}: {grid.empty}"))
            continue
        table = Table(title=Text(grid.title, style="bold"), title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
        for i, head in enumerate(grid.heads):
            flush = i in grid.right
            table.add_column(Text(head), justify="right" if flush else "left", overflow="fold", no_wrap=flush)
        for row in grid.rows:
            table.add_row(*(Text(cell) for cell in row))
        parts.append(table)
    if told.approximate.rows:
        parts.append(Text(f"{told.approximate.title}: {len(told.approximate.rows)} places, marked on every output."))
    parts += [Text(remark, style="dim") for remark in told.remarks[: -len(night.scenario.notes) or None]]
    return Group(*parts)


def summary_html(night: Night) -> str:
    """Return the summary as an HTML fragment, every name escaped, for notebooks."""
    told = summarise(night)
    parts = ['<div class="patrolroute">', f"<p><strong>{markup(told.title)}</strong></p>"]
    parts += [
        f'<p style="background:#b00020;color:#fff;padding:.3em .6em"><strong>{markup(warning)}</strong></p>'
        for warning in told.warnings
    ]
    parts += [_html_grid(grid) for grid in told.grids]
    parts += [f"<p><small>{markup(remark)}</small></p>" for remark in told.remarks]
    return "\n".join([*parts, "</div>"])


def _html_grid(grid: Grid) -> str:
    if not grid.rows:
        return f"<p>{markup(grid.title)}: {markup(grid.empty)}</p>"

    def line(tag: str, cells: Sequence[str]) -> str:
        sides = ("right" if i in grid.right else "left" for i in range(len(cells)))
        inner = "".join(
            f'<{tag} style="text-align:{side}">{markup(cell)}</{tag}>' for side, cell in zip(sides, cells, strict=True)
        )
        return f"<tr>{inner}</tr>"

    body = "".join(line("td", row) for row in grid.rows)
    head = line("th", grid.heads)
    return f"<table><caption>{markup(grid.title)}</caption><thead>{head}</thead><tbody>{body}</tbody></table>"
