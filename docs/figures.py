"""The pictures of the rules: small invented nights, planned on the stand-in streets of Kupang and drawn.

    python docs/figures.py [NAME ...]

Each `docs/nights/NAME.toml` becomes `docs/images/rule-NAME.png`: a map where the rule is of places, else a timetable.
The same seed and iterations give the same plan each time; nothing is asked of a network.
"""

from __future__ import annotations

import io
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Patch, Rectangle
from matplotlib.patheffects import withStroke
from PIL import Image

import patrolroute
from patrolroute.render.printed.labels import name_areas
from patrolroute.render.printed.marks import draw_cross, draw_ends, draw_extents, draw_routes, inks
from patrolroute.render.printed.page import Frame, draw_roads, plan_bounds, wrap
from patrolroute.render.printed.stops import draw_stops, stops_of
from patrolroute.render.stays import stays_of
from patrolroute.render.wording import SYNTHETIC_BAND, minutes_text
from patrolroute.scenario.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from matplotlib.axes import Axes

    from patrolroute import PatrolPlan
    from patrolroute.plans import Route, Visit
    from patrolroute.render import Night
    from patrolroute.roads import RoadNetwork
    from patrolroute.scenario import Site

HERE = Path(__file__).parent
NIGHTS, IMAGES = HERE / "nights", HERE / "images"
MAPS = ("areas", "seen")
SEED, ITERATIONS = 1, 300
DPI, WIDTH_PT = 120, 480.0
COLOURS = 64
INK, WARNING = "#1b1b1b", "#b00020"
LEFT_PT, LANE_PT, GAP_PT = 104.0, 36.0, 7.0


class Look(NamedTuple):
    """How one kind of bar is drawn, from which share of its lane's height to which, and what the key calls it."""

    words: str
    low: float
    high: float
    style: dict[str, object]


LOOKS = {
    "duty": Look("may be out", 0.0, 1.0, {"fc": "#f1efea", "ec": "none", "zorder": 0.5}),
    "overtime": Look(
        "overtime that may be made", 0.0, 1.0, {"fc": "#fbe3e3", "ec": WARNING, "hatch": "////", "lw": 0, "zorder": 0.6}
    ),
    "window": Look("a window", 0.0, 1.0, {"fc": "#dcebf5", "ec": "none", "zorder": 0.6}),
    "rest": Look("window of the break", 0.0, 1.0, {"fc": "#d8efe7", "ec": "none", "zorder": 0.7}),
    "worth": Look("worth of a stop that begins then", 0.0, 1.0, {"ec": "white", "zorder": 0.6}),
    "there": Look("squads at the post", 0.0, 1.0, {"fc": "#f6d48b", "ec": "white", "lw": 1.5, "zorder": 0.6}),
    "drive": Look("driving", 0.22, 0.36, {"fc": "#777777", "ec": "none", "zorder": 2}),
    "wait": Look("waiting", 0.12, 0.46, {"fc": "white", "ec": "#777777", "hatch": "....", "lw": 0.7, "zorder": 2}),
    "stop": Look("a stop", 0.06, 0.52, {"fc": "#0072b2", "ec": "white", "lw": 0.6, "zorder": 3}),
    "break": Look("a break", 0.06, 0.52, {"fc": "#009e73", "ec": "white", "lw": 0.6, "zorder": 3}),
    "slot": Look("standing at the post", 0.06, 0.52, {"fc": "#e69f00", "ec": "white", "lw": 0.6, "zorder": 3}),
}
WORTH_SHADES = ("#f4ead9", "#f6d48b", "#efb73e")


class Bar(NamedTuple):
    """Something that lasts, in seconds of the plan."""

    kind: str
    begin_s: int
    end_s: int
    words: str = ""
    colour: str = ""


class Lane(NamedTuple):
    """One row of a timetable; brackets measure what lies between two seconds."""

    title: str
    note: str
    bars: tuple[Bar, ...]
    brackets: tuple[tuple[int, int, str], ...] = ()


def plan_night(name: str, roads: RoadNetwork) -> PatrolPlan:
    """Return the plan of a night of `docs/nights`."""
    path = NIGHTS / f"{name}.toml"
    return patrolroute.plan(path, roads, seed=SEED, iterations=ITERATIONS, bound_seconds=0)


def draw(name: str, night: Night) -> bytes:
    """Return the picture of a night as a PNG."""
    figure = _map(night) if name in MAPS else _timetable(night)
    target = io.BytesIO()
    figure.savefig(target, format="png", dpi=DPI)
    small = io.BytesIO()
    image = Image.open(target).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    image.save(small, format="png", optimize=True)
    return small.getvalue()


def lanes_of(night: Night) -> list[Lane]:
    """Return the rows of a night's timetable: its squads, then what its rules speak of."""
    return [*_squads(night), *_sites(night), *_posts(night)]


def _squads(night: Night) -> Iterator[Lane]:
    seconds = night.scenario.seconds
    for squad in night.scenario.squads:
        bars = [Bar("duty", seconds(squad.shift.leave), seconds(squad.shift.back))]
        route = night.route(squad.id)
        if squad.overtime_min:
            more_s = bars[0].end_s + round(squad.overtime_min * 60)
            bars.append(Bar("overtime", bars[0].end_s, more_s))
        bars += [
            Bar("rest", seconds(each.window.opens), seconds(each.window.closes)) for each in squad.breaks if each.window
        ]
        if route is not None and route.visits:
            bars += _out(night, route)
        people = ", ".join(f"{number} {force}" for force, number in squad.people.items())
        note = f"{squad.vehicle.kind}\n{people}" if people else ""
        if squad.longest_without_break_min:
            note = f"at most {squad.longest_without_break_min:g} min\nwithout a break"
        yield Lane(squad.title, note, tuple(bars))


def _out(night: Night, route: Route) -> Iterator[Bar]:
    """Yield what a squad does from when it leaves."""
    scenario = night.scenario
    titles = {thing.id: thing.title for thing in (*scenario.things, *scenario.presence)}
    rests = {place.id: f"break at {place.title}" for place in scenario.places}
    posts = {each.id for each in scenario.presence}
    drives = list(night.drives(route))
    for _, _, visit in stays_of(night, route):
        kind = "slot" if visit.site in posts else "stop" if visit.site else "break"
        if visit.wait_s:
            yield Bar("wait", visit.arrive_s, visit.begin_s)
        words = titles[visit.site] if visit.site else rests.get(visit.entry, "break")
        yield Bar(kind, visit.begin_s, visit.end_s, words)
    for drive in drives:
        yield Bar("drive", drive.leave_s, drive.arrive_s)
    free_s = [scenario.seconds(night.squad(route.squad).shift.leave), *(visit.end_s for visit in route.visits)]
    for drive in drives:
        # Where nobody may wait at the door, a squad stays longer where it was.
        if drive.leave_s > free_s[drive.number] and drive.number:
            yield Bar("wait", free_s[drive.number], drive.leave_s)


def _sites(night: Night) -> Iterator[Lane]:
    for site in night.scenario.sites:
        visits = sorted((_of(night, site)), key=lambda visit: visit[1].begin_s)
        stops = tuple(Bar("stop", visit.begin_s, visit.end_s, squad) for squad, visit in visits)
        waits = tuple(Bar("wait", visit.arrive_s, visit.begin_s) for _, visit in visits if visit.wait_s)
        wanted = night.scenario.visits_wanted(site)
        seconds = night.scenario.seconds
        windows = tuple(Bar("window", seconds(each.opens), seconds(each.closes)) for each in site.windows)
        if wanted > 1 and night.scenario.span is not None:
            first, last = map(seconds, night.scenario.span)
            edges = [first, *(second for _, visit in visits for second in (visit.arrive_s, visit.end_s)), last]
            idle = zip(edges[::2], edges[1::2], strict=True)
            between = [(since, until, f"{minutes_text(until - since)} idle") for since, until in idle]
            note = f"{wanted} visits, at least\n{site.least_gap_min:g} min apart"
            yield Lane(site.title, note, (*waits, *stops), tuple(between))
        elif site.worth:
            least, most = min(each.weight for each in site.worth), max(each.weight for each in site.worth)
            spans = tuple(
                Bar(
                    "worth",
                    seconds(each.since),
                    seconds(each.until),
                    f"worth {each.weight}",
                    WORTH_SHADES[round(2 * (each.weight - least) / max(most - least, 1))],
                )
                for each in site.worth
            )
            yield Lane(site.title, "", (*spans, *stops))
        elif asked := _asked(site):
            yield Lane(site.title, asked, stops)
        elif windows:
            note = "the squads meet" if site.squads_together > 1 else "" if site.wait else "nobody waits here"
            yield Lane(site.title, note, (*windows, *stops))


def _asked(site: Site) -> str:
    """Return what a site asks of a squad that stops there."""
    words = [f"{number} {force}" for force, number in site.needs.items()]
    words += [counted(site.people_min, "person", "people")] if site.people_min else []
    return f"asks for {', '.join([*words, *site.vehicles])}" if words or site.vehicles else ""


def _of(night: Night, site: Site) -> Iterator[tuple[str, Visit]]:
    seen = set()
    for route in night.plan.routes:
        for visit in route.visits:
            if visit.site == site.id:
                if visit.begin_s not in seen:
                    both = "both" if night.met(visit) else night.squad(route.squad).title
                    yield both, visit
                seen.add(visit.begin_s)


def _posts(night: Night) -> Iterator[Lane]:
    """Yield how many squads stand at each post, moment by moment."""
    for presence in night.scenario.presence:
        stays = night.stays_within(presence)
        moments = sorted({second for since, until, _ in stays for second in (since, until)})
        counts = [(a, b, sum(since <= a and b <= until for since, until, _ in stays)) for a, b in pairwise(moments)]
        merged: list[tuple[int, int, int]] = []
        for since, until, count in counts:
            if merged and merged[-1][1:] == (since, count):
                merged[-1] = (merged[-1][0], until, count)
            else:
                merged.append((since, until, count))
        bars = [Bar("there", since, until, str(count)) for since, until, count in merged if count]
        period = night.scenario.seconds(presence.period.opens), night.scenario.seconds(presence.period.closes)
        asked = f"at least {counted(presence.squads, 'squad')}"
        yield Lane(presence.title, "squads there", tuple(bars), ((*period, asked),))


def _timetable(night: Night) -> Figure:
    lanes = lanes_of(night)
    foot = _foot_lines(night)
    left_out = _left_out(night)
    kinds = [kind for kind in LOOKS if any(bar.kind == kind for lane in lanes for bar in lane.bars)]
    rows = -(-len(kinds) // 3)
    below = 22 + 12 * rows + 9 * len(foot) + 11 * len(left_out) + 8
    high = 20 + len(lanes) * (LANE_PT + GAP_PT) + below
    figure, axes = _page(high)
    y = high - 13
    _say(axes, 8, y, night.scenario.name, size=9.5, weight="bold")
    first = min(bar.begin_s for lane in lanes for bar in lane.bars) // 1800 * 1800
    last = max(bar.end_s for lane in lanes for bar in lane.bars)

    def x(second: int) -> float:
        return LEFT_PT + (second - first) / (last - first) * (WIDTH_PT - LEFT_PT - 14)

    floor = below
    for second in range(first, last + 1, 1800):
        axes.plot([x(second)] * 2, [floor, high - 22], color="#cfccc4", lw=0.6, zorder=0.55)
        _say(axes, x(second), floor - 9, f"{night.clock(second):%H:%M}", size=7.5, ha="center")
    bottoms = [high - 20 - (i + 1) * (LANE_PT + GAP_PT) + GAP_PT for i in range(len(lanes))]
    for lane, bottom in zip(lanes, bottoms, strict=True):
        _lane(axes, lane, bottom, x)
    _meetings(axes, night, x, dict(zip((s.id for s in night.scenario.squads), bottoms, strict=False)))
    y = floor - 26
    for i, kind in enumerate(kinds):
        left, line = 8 + (i % 3) * 158.0, y - 12 * (i // 3)
        style = LOOKS[kind].style | ({"fc": WORTH_SHADES[1]} if kind == "worth" else {})
        tall = 4.0 if kind == "drive" else 9.0
        axes.add_patch(Rectangle((left, line + (9 - tall) / 2 - 1.5), 16, tall, **style))
        _say(axes, left + 20, line, LOOKS[kind].words, size=7.5)
    y -= 12 * rows + 2
    for line in left_out:
        _say(axes, 8, y, line, size=7.5)
        y -= 11
    _foot(axes, foot)
    return figure


def _lane(axes: Axes, lane: Lane, bottom: float, x: Callable[[int], float]) -> None:
    lines = [lane.title, *lane.note.split("\n")] if lane.note else [lane.title]
    top = bottom + LANE_PT / 2 + 4.6 * (len(lines) - 1)
    for i, line in enumerate(lines):
        _say(axes, 8, top - 9.6 * i - 3, line, size=7 if i else 8.5, weight="normal" if i else "bold")
    axes.plot([LEFT_PT, WIDTH_PT - 14], [bottom, bottom], color="#cfccc4", lw=0.6, zorder=0.55)
    for kind, begin_s, end_s, words, colour in lane.bars:
        look = LOOKS[kind]
        low, tall = bottom + look.low * LANE_PT, (look.high - look.low) * LANE_PT
        style = look.style | ({"fc": colour} if colour else {})
        axes.add_patch(Rectangle((x(begin_s), low), x(end_s) - x(begin_s), tall, **style))
        middle = (x(begin_s) + x(end_s)) / 2
        _say(axes, middle, bottom + 0.68 * LANE_PT, words, size=7.5, ha="center", halo=True, zorder=6)
    for since, until, words in lane.brackets:
        line = bottom + (0.36 if lane.bars and lane.bars[0].kind == "there" else 0.29) * LANE_PT
        arrow = {"arrowstyle": "<->", "color": INK, "lw": 0.9, "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", (x(until), line), (x(since), line), arrowprops=arrow, zorder=4)
        if x(until) - x(since) > 45:
            _say(axes, (x(since) + x(until)) / 2, line - 8.5, words, size=7, ha="center", halo=True, zorder=6)


def _meetings(axes: Axes, night: Night, x: Callable[[int], float], bottoms: dict[str, float]) -> None:
    """Tie together what squads begin at the same second."""
    together = {site.id for site in night.scenario.sites if site.squads_together > 1}
    for route in night.plan.routes:
        for visit in route.visits:
            others = [bottoms[squad.id] for squad in night.company(visit)] if visit.site in together else []
            if others and bottoms[route.squad] > max(others):
                for second in (visit.begin_s, visit.end_s):
                    ends = [bottoms[route.squad] + 0.06 * LANE_PT, min(others) + 0.52 * LANE_PT]
                    axes.plot([x(second)] * 2, ends, color=INK, lw=1.2, ls=(0, (3, 2)), zorder=5)


def _left_out(night: Night) -> list[str]:
    lines = []
    for each in night.plan.skipped:
        lines += wrap([f"Left out: {night.left_out(each).title}. {each.reason}"], 7.5, WIDTH_PT - 24)
    return lines[:6]


def _map(night: Night) -> Figure:
    foot = _foot_lines(night)
    high, below = 340.0, 9.0 * len(foot) + 44
    figure, page = _page(high)
    page.add_patch(Rectangle((8, high - 17), WIDTH_PT - 16, 14, fc=WARNING, ec="none"))
    _say(page, WIDTH_PT / 2, high - 13, SYNTHETIC_BAND, size=8.5, weight="bold", ha="center", color="white")
    wide, tall = WIDTH_PT - 16, high - 22 - below
    axes = figure.add_axes((8 / WIDTH_PT, below / high, wide / WIDTH_PT, tall / high))
    axes.set(xlim=(0, wide), ylim=(0, tall), xticks=[], yticks=[], facecolor="#f8f7f4")
    frame = Frame.fit(plan_bounds(night).wider(0.08), wide, tall)
    draw_roads(axes, frame, night.roads)
    draw_extents(axes, frame, night)
    colours = dict(zip((squad.id for squad in night.scenario.squads), inks(9), strict=False))
    draw_routes(axes, frame, night, colours)
    taken = draw_ends(axes, frame, night)
    taken += draw_stops(axes, frame, stops_of(night, colours), taken)
    name_areas(axes, frame, night, taken)
    visited = {visit.site for route in night.plan.routes for visit in route.visits}
    passed = {visit.site for route in night.plan.routes for visit in route.visits if night.seen(visit)}
    for site in night.scenario.sites:
        spot = frame.xy([[site.lon, site.lat]])[0]
        if site.id not in visited:
            draw_cross(axes, spot)
        if site.seen_within_m:
            radius = site.seen_within_m / frame.m_per_pt
            axes.add_patch(Circle(spot, radius, fc="#e69f0033", ec="#8a5a00", lw=0.9, zorder=2.5))
        words = ": left out" if site.id not in visited else ": seen" if site.id in passed else ": a stop" * bool(passed)
        style = {"ha": "center", "zorder": 10, "weight": "bold"}
        _say(axes, spot[0], spot[1] + 11, site.title + words, size=7.5, halo=True, **style)
    keys = [Patch(fc=colours[squad.id].ground, label=squad.title) for squad in night.scenario.squads]
    if any(site.seen_within_m for site in night.scenario.sites):
        keys.append(Patch(fc="#e69f0033", ec="#8a5a00", label="within which passing counts"))
    if night.scenario.areas:
        keys.append(Patch(fc="#f0f0f0", ec=INK, ls="--", label="the area, and the share of its streets driven"))
    place = (8 / WIDTH_PT, (below - 20) / high)
    style = {"ncols": 4, "fontsize": 7.5, "frameon": False, "borderpad": 0}
    figure.legend(handles=keys, loc="lower left", bbox_to_anchor=place, **style)
    words = "Numbers: the order in which a squad goes. White, or with ≈: a position that is not exactly known."
    _say(page, 11, below - 32, words, size=7.5)
    _foot(page, foot)
    return figure


def _page(high: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(WIDTH_PT / 72, high / 72), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, WIDTH_PT), ylim=(0, high))
    axes.axis("off")
    return figure, axes


def _foot_lines(night: Night) -> list[str]:
    return wrap([f"Sites and squads are invented. {night.statement}."], 6.5, WIDTH_PT - 24)


def _foot(axes: Axes, lines: list[str]) -> None:
    for i, line in enumerate(reversed(lines)):
        _say(axes, 8, 6 + 9 * i, line, size=6.5, color="#555555")


def _say(axes: Axes, x: float, y: float, words: str, *, size: float, halo: bool = False, **style: object) -> None:
    effects = [withStroke(linewidth=2, foreground="white")] if halo else []
    axes.text(x, y, words, fontsize=size, parse_math=False, path_effects=effects, **({"color": INK} | style))


def main(names: list[str]) -> int:
    """Draw the pictures that are named, or all."""
    roads = patrolroute.datasets.kupang(standin=True).roads
    for name in names or sorted(path.stem for path in NIGHTS.glob("*.toml")):
        target = IMAGES / f"rule-{name}.png"
        target.write_bytes(draw(name, plan_night(name, roads).night))
        print(f"{target.relative_to(HERE.parent)}: {target.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
