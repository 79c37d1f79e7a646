"""What a plan covers, what it leaves out and what it costs: as rows, as text, for the terminal and as HTML."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from patrolroute.render.closed import closed_words
from patrolroute.render.grid import FittedTable, Grid
from patrolroute.render.idleness import idleness
from patrolroute.render.passed import passing_text
from patrolroute.render.places import position_text
from patrolroute.render.quality import bound_text, cut_short, is_complete, quality_words
from patrolroute.render.roster import squads_grid, teams_grid
from patrolroute.render.shares import shares_words
from patrolroute.render.tables import skipped_in_order
from patrolroute.render.waits import long_waits
from patrolroute.render.wording import (
    SYNTHETIC_BAND,
    between_text,
    clock_text,
    day_text,
    length_text,
    markup,
    minutes_text,
    plain,
    share_text,
    span_text,
    things_text,
    weight_text,
    zone_text,
)
from patrolroute.scenario.presence import short_spans
from patrolroute.scenario.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from patrolroute.render.night import Night

_MOST_IDLE = 8
_TOTALS = "Driving and waits of a squad are counted in seconds and rounded; single drives and times of day are cut."


@dataclass(frozen=True, kw_only=True)
class Summary:
    """A plan in few tables.

    Parameters
    ----------
    title : str
    warnings : tuple of str
        What must be seen first: synthetic roads, required sites left out.
    coverage, areas, squads, teams, skipped, waits, idleness, presence, approximate : Grid
        Coverage tier by tier; what is driven of each area; each squad's stops, kilometres and times; who may stop
        where; the sites left out, with reasons; what squads wait for 15 minutes or more; how long sites that want
        several visits are without a squad; when posts have too few; the places whose position is not exactly known.
    idle : str
        Which squads have no stops; empty where all have some.
    closed : tuple of str
        What cannot be driven this night.
    remarks : tuple of str
        The roads' statement, who planned, and how good the plan is known to be.
    notes : tuple of str
        The scenario's.
    """

    title: str
    warnings: tuple[str, ...]
    coverage: Grid
    areas: Grid
    squads: Grid
    teams: Grid
    skipped: Grid
    waits: Grid
    idleness: Grid
    presence: Grid
    approximate: Grid
    idle: str
    closed: tuple[str, ...]
    remarks: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def grids(self) -> tuple[Grid, ...]:
        """The tables in the order in which they are shown; those of what the night has not are left out."""
        areas, teams, asked = (
            [grid for grid in some if grid.rows]
            for some in ((self.areas,), (self.teams,), (self.waits, self.idleness, self.presence))
        )
        return (self.coverage, *areas, self.squads, *teams, self.skipped, *asked, self.approximate)


def summarise(night: Night) -> Summary:
    """Return what a night's plan covers, costs and leaves out.

    Parameters
    ----------
    night : Night
    """
    plan = night.plan
    missed = [plain(night.left_out(each).title) for each in plan.skipped if each.required]
    warnings = [SYNTHETIC_BAND] if night.synthetic else []
    if missed:
        warnings.append(f"REQUIRED BUT LEFT OUT: {', '.join(missed)}")
    return Summary(
        title=plain(f"{night.scenario.name}, {day_text(night.scenario.start)} ({zone_text(night)})"),
        warnings=tuple(warnings),
        coverage=_coverage(night),
        areas=_areas(night),
        squads=squads_grid(night),
        teams=teams_grid(night),
        skipped=_skipped(night),
        waits=_waits(night),
        idleness=_idleness(night),
        presence=_presence(night),
        approximate=Grid(
            title="Positions not exactly known",
            heads=("place", "what is known", "source"),
            rows=tuple(
                (plain(place.title), position_text(place), plain(place.source) or "-") for place in night.approximate
            ),
        ),
        idle=_idle(night),
        closed=closed_words(night.scenario),
        remarks=(
            *shares_words(night),
            *([_TOTALS] if any(route.visits for route in plan.routes) else []),
            *(plain(statement) for statement in night.statements),
            f"Planned by {plain(plan.engine)}{cut_short(plan)}. {quality_words(night)}",
        ),
        notes=tuple(plain(note) for note in night.scenario.notes),
    )


def _idle(night: Night) -> str:
    """Name the squads without a stop, the first of them where they are many, and say why they have none."""
    busy = {route.squad for route in night.plan.routes if route.visits}
    squads = [squad for squad in night.scenario.squads if squad.id not in busy]
    if not squads or not (night.scenario.sites or night.scenario.areas or night.scenario.presence):
        return ""
    names: dict[str, list[str]] = {}
    for squad in squads[:_MOST_IDLE]:
        names.setdefault(night.idle.get(squad.id, ""), []).append(repr(plain(squad.title)))
    told = [f"{', '.join(those)}{f': {why}' if why else '.'}" for why, those in names.items()]
    more = len(squads) - _MOST_IDLE
    head = f"{counted(len(squads), 'squad')} {'has' if len(squads) == 1 else 'have'} no stops."
    return " ".join([head, *map(plain, told), *([f"And {more} more."] if more > 0 else [])])


def _coverage(night: Night) -> Grid:
    things = things_text(night.scenario)
    at_most = {each.tier: bound_text(each) for each in night.plan.bound or ()}
    tiers = [
        (
            str(tier.tier),
            f"{tier.covered_sites} of {tier.total_sites}",
            share_text(tier.covered_sites, tier.total_sites),
            f"{weight_text(tier.covered_weight)} of {weight_text(tier.total_weight)}",
            share_text(tier.covered_weight, tier.total_weight),
            "all covered" if is_complete(tier) else at_most.get(tier.tier, "no bound"),
        )
        for tier in night.plan.coverage
    ]
    return Grid(
        title="Coverage",
        heads=("tier", things, f"{things} %" if things == "sites" else "%", "weight", "weight %", "at most"),
        rows=tuple(tiers),
        right=frozenset(range(6)),
        wraps=frozenset(),
        spare=(4, 2),
        empty="nothing to cover",
    )


def _areas(night: Night) -> Grid:
    return Grid(
        title="Areas",
        heads=("area", "tier", "streets", "beats", "by beats", "on the way", "driven", "wanted"),
        rows=tuple(
            (
                plain(each.area.title),
                str(each.area.tier),
                length_text(each.total_m),
                f"{each.beats_driven} of {each.beats}",
                length_text(each.beats_m),
                length_text(each.way_m),
                share_text(each.beats_m + each.way_m, each.total_m),
                f"{each.area.share:.0%}".replace("%", " %"),
            )
            for each in night.area_shares
        ),
        right=frozenset(range(1, 8)),
        spare=(5, 4, 2),
        empty="none",
    )


def _skipped(night: Night) -> Grid:
    return Grid(
        title="Left out",
        heads=("site", "tier", "weight", "why"),
        rows=tuple(
            (
                plain(night.left_out(each).title) + (" (required)" if each.required else ""),
                str(each.tier),
                weight_text(each.weight),
                " ".join(filter(None, [plain(each.reason), passing_text(night, each.site)])),
            )
            for each in skipped_in_order(night)
        ),
        right=frozenset({1, 2}),
        wraps=frozenset({0, 3}),
        empty="nothing",
    )


def _waits(night: Night) -> Grid:
    return Grid(
        title="Long waits",
        heads=("squad", "before", "from", "wait", "for what"),
        rows=tuple(
            (
                plain(each.squad.title),
                plain(night.stop(each.visit).title),
                clock_text(night, night.clock(each.visit.arrive_s)),
                between_text(each.visit.arrive_s, each.visit.begin_s),
                each.reason,
            )
            for each in long_waits(night)
        ),
        wraps=frozenset({0, 1, 4}),
    )


def _idleness(night: Night) -> Grid:
    return Grid(
        title="Without a squad",
        heads=("site", "visits", "worst", "mean"),
        rows=tuple(
            (plain(r.site.title), f"{r.visits} of {r.wanted}", minutes_text(r.worst_s), minutes_text(r.mean_s))
            for r in idleness(night)
            if r.wanted > 1
        ),
        right=frozenset({1, 2, 3}),
    )


def _presence(night: Night) -> Grid:
    """Tell of each presence when too few squads stand at its post."""
    rows = []
    for each in night.scenario.presence:
        since_s, until_s = (night.scenario.seconds(moment) for moment in (each.period.opens, each.period.closes))
        short = short_spans(night.stays_within(each), since_s, until_s, each.squads)
        lacks = ", ".join(
            f"{span_text(night, night.clock(since), night.clock(until))} ({there} of {each.squads})"
            for since, until, there in short
        )
        rows.append(
            (
                plain(each.title),
                str(each.squads),
                span_text(night, each.period.opens, each.period.closes),
                lacks or "held throughout",
            )
        )
    return Grid(
        title="Presence",
        heads=("post", "squads", "period", "too few"),
        rows=tuple(rows),
        right=frozenset({1}),
        wraps=frozenset({0, 3}),
    )


def summary(night: Night) -> str:
    """Return the summary as plain text, in lines of any length and without colours."""
    told = summarise(night)
    blocks = ["\n".join([told.title, *(f"*** {warning} ***" for warning in told.warnings)])]
    blocks += ["\n".join([*_text_grid(grid), *_below(told, grid)]) for grid in told.grids]
    if told.closed:
        blocks.append("\n".join(["Closed", *(f"  {each}" for each in told.closed)]))
    if told.notes:
        blocks.append("\n".join(["Notes", *(f"  {note}" for note in told.notes)]))
    blocks.append("\n".join(told.remarks))
    return "\n\n".join(blocks) + "\n"


def _below(told: Summary, grid: Grid) -> list[str]:
    """Return what is said right below a table."""
    return [told.idle] if grid is told.squads and told.idle else []


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

    Places whose position is not exactly known are counted, and the scenario's notes are left to `summary`. Times and
    numbers stay on one line: where the console is too narrow for that, columns are left out and named below the table.
    Names cannot smuggle in markup or terminal codes.
    """
    told = summarise(night)
    parts: list[Text | FittedTable] = [Text(told.title, style="bold")]
    parts += [Text(warning, style="bold white on red") for warning in told.warnings]
    for grid in (each for each in told.grids if each is not told.approximate):
        if not grid.rows:
            parts.append(Text(f"{grid.title}: {grid.empty}"))
            continue
        parts.append(FittedTable(grid))
        parts += [Text(line, style="bold") for line in _below(told, grid)]
    if told.closed:
        parts.append(Text(f"Closed: {'; '.join(told.closed)}"))
    if told.approximate.rows:
        parts.append(
            Text(f"{told.approximate.title}: {counted(len(told.approximate.rows), 'place')}, marked on every output.")
        )
    parts += [Text(remark, style="dim") for remark in told.remarks]
    return Group(*parts)


def summary_html(night: Night) -> str:
    """Return the summary as an HTML fragment, every name escaped, for notebooks."""
    told = summarise(night)
    parts = ['<div class="patrolroute">', f"<p><strong>{markup(told.title)}</strong></p>"]
    parts += [
        f'<p style="background:#b00020;color:#fff;padding:.3em .6em"><strong>{markup(warning)}</strong></p>'
        for warning in told.warnings
    ]
    for grid in told.grids:
        parts.append(_html_grid(grid))
        parts += [f"<p>{markup(line)}</p>" for line in _below(told, grid)]
    if told.closed:
        parts.append(f"<p><strong>Closed:</strong> {markup('; '.join(told.closed))}</p>")
    if told.notes:
        parts.append("<p><strong>Notes</strong></p>")
        parts += [f"<p>{markup(note)}</p>" for note in told.notes]
    parts += [f"<p><small>{markup(remark)}</small></p>" for remark in told.remarks]
    return "\n".join([*parts, "</div>"])


def _html_grid(grid: Grid) -> str:
    if not grid.rows:
        return f"<p>{markup(grid.title)}: {markup(grid.empty)}</p>"

    def line(tag: str, cells: Sequence[str]) -> str:
        inner = "".join(
            f'<{tag} style="text-align:{"right" if i in grid.right else "left"};padding:.15em .6em;vertical-align:top'
            f'{"" if i in grid.wraps else ";white-space:nowrap"}">{markup(cell)}</{tag}>'
            for i, cell in enumerate(cells)
        )
        return f"<tr>{inner}</tr>"

    body = "".join(line("td", row) for row in grid.rows)
    head = line("th", grid.heads)
    title = f'<caption style="text-align:left;font-weight:bold;white-space:nowrap">{markup(grid.title)}</caption>'
    table = f'<table style="border-collapse:collapse">{title}<thead>{head}</thead><tbody>{body}</tbody></table>'
    # On a narrow screen a table that is wider is moved sideways, not squeezed.
    return f'<div style="overflow-x:auto;margin:.8em 0">{table}</div>'
