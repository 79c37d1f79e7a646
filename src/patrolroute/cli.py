"""The command line: one thin command for each verb. Exit 0 fine, 2 bad input, 3 no plan that obeys every rule."""

from __future__ import annotations

import json
import sys
import threading
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from patrolroute import __version__
from patrolroute import datasets as named
from patrolroute.engines.registry import DEFAULT_ENGINE, ENGINES, engine_named
from patrolroute.errors import InfeasibleError, InputError, PatrolrouteError, RuleBrokenError
from patrolroute.forming import form_squads
from patrolroute.patrol import SAVED_BESIDE, compiling_for
from patrolroute.patrol import plan as plan_night
from patrolroute.plans import Plan
from patrolroute.render import check_out_dir, summary_tables
from patrolroute.roads import RoadNetwork, fetch_roads, read_polygon, read_roads, write_roads
from patrolroute.roads.sources.files import write_whole
from patrolroute.saved import check_saved, scope_words
from patrolroute.scenario import Scenario, read_scenario, scenario_schema, write_scenario
from patrolroute.scenario.words import counted
from patrolroute.solver import interrupts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from patrolroute.solver import Progress as SearchProgress

EXIT_BAD_INPUT = 2
EXIT_NO_PLAN = 3
EXIT_INTERRUPTED = 130
_NOTHING = "interrupted; nothing was written."
_TWICE = "interrupted twice; nothing was written. One Ctrl-C takes the best plan so far."

app = typer.Typer(
    help="Plan security patrols on real streets: who goes where, when, along which roads, and what is left out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback(invoke_without_command=True)
def about(
    *, version: Annotated[bool, typer.Option("--version", help="Print the version and exit.", is_eager=True)] = False
) -> None:
    """Plan security patrols on real streets."""
    if version:
        typer.echo(__version__)
        raise typer.Exit


out = Console()
err = Console(stderr=True)


@app.command()
def plan(  # noqa: PLR0913 - a command has one parameter for each of its options
    scenario: Annotated[str, typer.Argument(help="A scenario.toml, or the name of a dataset such as 'kupang'.")],
    *,
    roads: Annotated[
        Path | None, typer.Option(help="Roads: .osm, .osm.bz2, .osm.gz, .osm.pbf, .graphml, .npz, or a dataset's name.")
    ] = None,
    engine: Annotated[str, typer.Option(help=f"Who searches: {', '.join(ENGINES)}.")] = DEFAULT_ENGINE,
    seconds: Annotated[
        float | None, typer.Option(help="Longest search; 10 when neither this nor --iterations is given.")
    ] = None,
    iterations: Annotated[int | None, typer.Option(help="Most iterations; with --seed, the same plan again.")] = None,
    bound_seconds: Annotated[float, typer.Option(help="Longest proof of how good the plan is; 0 for none.")] = 5.0,
    seed: Annotated[
        int | None, typer.Option(help="Random when left out, so that nobody can foretell the night.")
    ] = None,
    start: Annotated[Path | None, typer.Option(help="A plan.json to begin from.")] = None,
    skip_off_road: Annotated[bool, typer.Option(help="Leave out sites too far from any street.")] = False,
    turns: Annotated[bool, typer.Option("--turns", help="Obey the turn restrictions of the roads.")] = False,
    out_dir: Annotated[Path, typer.Option("--out", help="Folder for sheets, map and data.")] = Path("out"),
) -> None:
    """Plan a night and write patrol sheets, a map and GIS files.

    Ctrl-C ends the search and takes the best plan so far; once the search has ended, it ends the proof of the bound.
    """
    night, read = _scenario_and_roads(scenario, roads)
    asked = {name: True for name, wanted in (("skip_off_road", skip_off_road), ("turns", turns)) if wanted}
    night = night.model_copy(update={"travel": night.travel.model_copy(update=asked)})
    best = _Best()
    with _interrupted_says_so(best.left), compiling_for(night, engine=engine, bound=bound_seconds > 0):
        network = read()
        _say_what_is_missing(night, scenario)
        check_out_dir(night, out_dir, extra=SAVED_BESIDE)
        with _bar((seconds or 10.0) + bound_seconds, night.name) as show:
            planned = plan_night(
                night,
                network,
                engine=engine_named(
                    engine, notice=lambda sentence: err.print(f"patrolroute: {sentence}", markup=False)
                ),
                seconds=seconds,
                iterations=iterations,
                bound_seconds=bound_seconds,
                seed=seed,
                start=None if start is None else _read_plan(start),
                progress=best.watched(show),
            )
    with _interrupted_says_so(lambda: _NOTHING), interrupts():
        files = planned.save(out_dir)
        out.print(summary_tables(planned.night))
        out.print(f"\n{counted(len(files), 'file')} in {out_dir}", markup=False, highlight=False)


@app.command()
def check(
    plan_file: Annotated[Path, typer.Argument(metavar="PLAN", help="A plan.json that `plan` wrote, or its folder.")],
    *,
    roads_file: Annotated[
        str | None,
        typer.Option("--roads", help="The roads it was planned on: drives are made again, and their turns walked."),
    ] = None,
) -> None:
    """Check a plan against the scenario and travel matrix that stand beside it, and against roads that are given."""
    violations = check_saved(plan_file, roads=None if roads_file is None else _roads_named(roads_file))
    if violations:
        count = f"{len(violations)} faults" if len(violations) > 1 else "1 fault"
        for line in (f"{plan_file}: {count}.", *violations):
            err.print(str(line), markup=False, highlight=False, soft_wrap=True)
        raise typer.Exit(EXIT_NO_PLAN)
    for line in (f"{plan_file}: obeys every rule.", *scope_words(plan_file, roads=roads_file)):
        out.print(line, markup=False, highlight=False, soft_wrap=True)


@app.command()
def form(
    scenario: Annotated[str, typer.Argument(help="A scenario.toml with a table [forming].")],
    *,
    squads: Annotated[int | None, typer.Option(help="How many squads; decided when left out.")] = None,
    out_file: Annotated[
        Path | None, typer.Option("--out", help="Write the night with its squads to this .json file.")
    ] = None,
) -> None:
    """Form squads of people and vehicles, and say who rides with whom and why. `plan` does it too."""
    formed = form_squads(read_scenario(scenario), squads=squads)
    if out_file is not None:
        _write_scenario(formed.scenario, out_file)
    out.print(formed.report(), markup=False, highlight=False, end="")


@app.command()
def fetch(
    name: Annotated[str | None, typer.Argument(help="A dataset, such as 'kupang'.")] = None,
    *,
    place: Annotated[str | None, typer.Option(help="A place that OpenStreetMap knows: 'Ambon, Indonesia'.")] = None,
    bbox: Annotated[
        tuple[float, float, float, float] | None,
        typer.Option(help="West, south, east and north in degrees, with spaces between."),
    ] = None,
    polygon: Annotated[Path | None, typer.Option(help="A GeoJSON or GeoPackage file with the area.")] = None,
    refresh: Annotated[bool, typer.Option(help="Fetch again although it was fetched before.")] = False,
    out_file: Annotated[
        Path | None, typer.Option("--out", help="Also write the roads to this .graphml or .npz file.")
    ] = None,
) -> None:
    """Fetch roads from OpenStreetMap through Overpass and keep them for later."""
    if sum(each is not None for each in (name, place, bbox, polygon)) != 1:
        raise InputError(["fetch: expected one of a dataset's name, --place, --bbox or --polygon."])
    if name is not None:
        network = named.fetch(name, refresh=refresh)
    else:
        area = None if polygon is None else read_polygon(polygon)
        network = fetch_roads(place=place, bbox=bbox, polygon=area, refresh=refresh)
    if out_file is not None:
        write_roads(network, out_file)
    _print_roads(network)


@app.command()
def roads(
    source: Annotated[str, typer.Argument(help="A road file, or the name of a dataset such as 'kupang'.")],
    *,
    names: Annotated[bool, typer.Option("--names", help="List the street names, as closures must write them.")] = False,
    within: Annotated[
        Path | None, typer.Option(help="A GeoJSON or GeoPackage file; only streets that touch its area are read.")
    ] = None,
    out_file: Annotated[
        Path | None, typer.Option("--out", help="Write the roads to this .npz file, read in a moment, or .graphml.")
    ] = None,
) -> None:
    """Tell what a road network holds and what was cut from it, and keep it in a file that is read faster."""
    network = _roads_named(source, within)
    if out_file is not None:
        write_roads(network, out_file)
    if names:
        for name in network.street_names():
            typer.echo(name)
    else:
        _print_roads(network)


@app.command()
def datasets() -> None:
    """List the districts that come with the package."""
    table = Table("name", "what", "sites", "squads", box=SIMPLE_HEAD)
    for name in named.names():
        district = named.load(name)
        table.add_row(
            name,
            Text(district.scenario.name),
            str(len(district.scenario.sites)),
            str(len(district.scenario.squads)),
        )
    out.print(table)
    out.print(named.kupang().roads.provenance.statement, markup=False, highlight=False)


@app.command()
def schema() -> None:
    """Print the JSON Schema of a scenario file."""
    typer.echo(json.dumps(scenario_schema(), indent=2, ensure_ascii=False))


def run() -> None:
    """Run the command line and turn the package's errors into exit codes."""
    try:
        app()
    except InfeasibleError as error:
        _fail(error, EXIT_NO_PLAN)
    except RuleBrokenError as error:
        _fail(error, 1)
    except PatrolrouteError as error:
        _fail(error, EXIT_BAD_INPUT)


def _fail(error: PatrolrouteError, code: int) -> None:
    err.print(f"patrolroute: {error}", markup=False, highlight=False, soft_wrap=True)
    sys.exit(code)


def _say_what_is_missing(night: Scenario, scenario: str) -> None:
    for what in ("sites", "squads"):
        missing = not (night.sites or night.areas or night.presence) if what == "sites" else not night.forming
        if not getattr(night, what) and missing:
            err.print(f"patrolroute: {scenario} has no {what}; is a line `{what} = ...` missing?", markup=False)


def _scenario_and_roads(scenario: str, roads_file: Path | None) -> tuple[Scenario, Callable[[], RoadNetwork]]:
    """Return a night, and what reads its roads: the night alone says what can be compiled meanwhile."""
    if scenario in named.names() and not Path(scenario).is_file():
        district = named.load(scenario)
        return district.scenario, lambda: district.roads if roads_file is None else _roads_named(str(roads_file))
    if not Path(scenario).suffix and not Path(scenario).exists():
        raise InputError([f"{scenario}: neither a file nor a dataset; the datasets are {', '.join(named.names())}."])
    night = read_scenario(scenario)
    if roads_file is None:
        raise InputError(
            [
                f"{scenario}: no roads are given; add --roads FILE (.osm.pbf, .osm, .graphml), or get some with "
                "`patrolroute fetch --place 'CITY, COUNTRY' --out roads.graphml`."
            ]
        )
    return night, partial(_roads_named, str(roads_file))


def _roads_named(source: str, area_file: Path | None = None) -> RoadNetwork:
    """Return the roads of a dataset or of a file, the latter within an area where one is given."""
    if source in named.names() and not Path(source).is_file():
        if area_file is not None:
            raise InputError([f"{source}: --within is for road files; a dataset has an area of its own."])
        return named.load(source).roads
    if not Path(source).suffix and not Path(source).exists():
        raise InputError([f"{source}: neither a road file nor a dataset; the datasets are {', '.join(named.names())}."])
    with _interrupted_says_so(lambda: _NOTHING):
        return read_roads(source, within=None if area_file is None else read_polygon(area_file))


def _read_plan(file: Path) -> Plan:
    try:
        return Plan.from_json(file.read_bytes(), where=str(file))
    except OSError as error:
        raise InputError([f"{file}: cannot be read ({error.strerror}); expected a plan.json."]) from error


def _write_scenario(scenario: Scenario, path: Path) -> None:
    if path.suffix.lower() != ".json":
        raise InputError([f"{path}: has the ending {path.suffix!r}; a night is written as .json; give it that ending."])

    def write(file: BinaryIO) -> None:
        file.write(write_scenario(scenario).encode())

    try:
        write_whole(path, write)
    except OSError as error:
        raise InputError([f"{path}: cannot be written ({error.strerror or error})."]) from None


def _print_roads(network: RoadNetwork) -> None:
    table = Table("fact", "value", show_header=False, box=SIMPLE_HEAD)
    for fact, value in network.facts_text:
        table.add_row(Text(fact), Text(value))
    out.print(table)


class _Best:
    """Whether a search has begun, which one Ctrl-C ends; before that, while ways are found, there is no plan yet."""

    def __init__(self) -> None:
        self.known = False

    def watched(self, show: Callable[[SearchProgress], None]) -> Callable[[SearchProgress], None]:
        """Return what shows progress, and notes that there is some."""

        def note(progress: SearchProgress) -> None:
            self.known = True
            show(progress)

        return note

    def left(self) -> str:
        """Return what became of what Ctrl-C has ended."""
        return _TWICE if self.known else _NOTHING


@contextmanager
def _interrupted_says_so(sentence: Callable[[], str]) -> Iterator[None]:
    """Say what became of what Ctrl-C has ended."""
    try:
        yield
    except KeyboardInterrupt:
        err.print(f"patrolroute: {sentence()}", markup=False)
        raise typer.Exit(EXIT_INTERRUPTED) from None


@contextmanager
def _bar(seconds: float, name: str) -> Iterator[Callable[[SearchProgress], None]]:
    """Show how much of the search time is gone and what the best plan leaves out."""
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task(name, total=seconds)
        began, done = time.perf_counter(), threading.Event()

        def tick() -> None:
            while not done.wait(0.2):
                progress.update(task, completed=min(seconds, time.perf_counter() - began))

        def show(best: SearchProgress) -> None:
            left_out = " + ".join(map(str, best.objective.uncovered))
            progress.update(
                task, description=f"left out by tier: {left_out}; {best.objective.drive_s // 60} min driven"
            )

        ticker = threading.Thread(target=tick, daemon=True)
        ticker.start()
        try:
            yield show
        finally:
            done.set()
            ticker.join()
