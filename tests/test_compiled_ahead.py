"""What another process compiles is found here, and where it cannot, nothing is lost."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from nights import line_matrix, scenario_of, site, squad
from patrolroute import bound
from patrolroute.build import compile_problem
from patrolroute.compiled import Job, ahead, compiling_ahead, is_compiled, is_kept, wait_for
from patrolroute.engines import native
from patrolroute.patrol import compiling_for
from patrolroute.rules import is_tied
from patrolroute.scenario import Forming
from patrolroute.scenario.squads import Break, OvertimePrice
from patrolroute.search.layout import Night, TiedNight
from patrolroute.search.loop import compiled_before

KERNELS = """
import os, sys, time
from pathlib import Path
from patrolroute.compiled import entry

@entry
def double(x):
    return 2 * x

def get_ready(*names):
    double(*map(int, names))

def die():
    os._exit(3)

def garble():
    os.write(1, bytes([255, 255, 10]))

def tell_niceness(name):
    Path(name).write_text(str(os.nice(0)))

def tell_folders(name):
    Path(name).write_text(os.pathsep.join(sys.path))

def sleep(name):
    Path(name).write_text(str(os.getpid()))
    time.sleep(600)
"""


@pytest.fixture
def apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """Return the name of a module with a kernel that nobody has compiled."""
    name = f"kernels_of_{request.node.name}"
    (tmp_path / f"{name}.py").write_text(KERNELS)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(ahead, "_cores", lambda: 2)
    return name


def is_gone(process: int) -> bool:
    for _ in range(600):
        try:
            os.kill(process, 0)
            status = Path(f"/proc/{process}/stat")
            if status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.1)
    return False


def written(path: Path) -> str:
    for _ in range(600):
        if path.exists() and path.read_text():
            return path.read_text()
        time.sleep(0.1)
    return ""


def test_a_child_compiles_what_its_parent_then_finds(apart: str, capfd: pytest.CaptureFixture[str]) -> None:
    module = __import__(apart)
    assert is_kept(module.double)
    assert not is_compiled(module.double)
    first, second = Job(apart, "get_ready", ("4",)), Job(apart, "get_ready", ("5", "6"))
    with compiling_ahead([first, second]):
        wait_for(first)
        assert is_compiled(module.double)
        assert not module.double.signatures, "not in this process"
        wait_for(Job(apart, "nobody_does_it"))
        wait_for(second)
    assert module.double(4) == 8
    assert not module.double.stats.cache_misses
    assert capfd.readouterr() == ("", ""), "the second job failed, and nobody heard of it"


def test_a_child_that_dies_is_not_waited_for(apart: str) -> None:
    jobs = [Job(apart, "die"), Job(apart, "get_ready", ("4",))]
    with compiling_ahead(jobs):
        for job in jobs:
            wait_for(job)
    assert not is_compiled(__import__(apart).double)


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_a_child_writes_in_no_known_letters_is_passed_over(apart: str) -> None:
    jobs = [Job(apart, "garble"), Job(apart, "get_ready", ("4",))]
    with compiling_ahead(jobs):
        for job in jobs:
            wait_for(job)
        assert is_compiled(__import__(apart).double)


@pytest.mark.skipif(not hasattr(os, "nice"), reason="Windows knows no niceness")
def test_what_is_needed_later_yields_also_where_it_is_the_only_job(apart: str, tmp_path: Path) -> None:
    def job(name: str, *, later: bool) -> Job:
        return Job(apart, "tell_niceness", (str(tmp_path / name),), later=later)

    jobs = [job("now", later=False), job("later", later=True), job("last", later=True)]
    for some in (jobs, [job("alone", later=True)]):
        with compiling_ahead(some):
            for each in some:
                wait_for(each)
    nicer = min(19, os.nice(0) + ahead.LATER_NICENESS)
    told = {name: int(written(tmp_path / name)) for name in ("now", "later", "last", "alone")}
    assert told == {"now": os.nice(0), "later": nicer, "last": nicer, "alone": nicer}
    assert bound.tiers._JOB.later


def test_a_child_looks_for_modules_where_its_parent_does_but_not_in_the_folder_it_is_in(
    apart: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setattr(sys, "path", ["", str(here), *sys.path, tmp_path / "no_text"])
    job = Job(apart, "tell_folders", (str(tmp_path / "told"),))
    with compiling_ahead([job]):
        wait_for(job)
    told = written(tmp_path / "told").split(os.pathsep)
    assert str(tmp_path) in told
    assert str(tmp_path / "no_text") in told
    assert str(here) not in told
    monkeypatch.chdir(Path(ahead.__file__).parents[2])
    assert str(Path.cwd()) in ahead._folders()


def test_nothing_is_started_in_vain(apart: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(subprocess, "Popen", refuse)
    job = Job(apart, "get_ready", ("4",))
    with compiling_ahead([]):
        pass
    monkeypatch.setattr(ahead, "_cores", lambda: 1)
    with compiling_ahead([job]):
        wait_for(job)
    monkeypatch.setattr(ahead, "_cores", lambda: 2)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    with compiling_ahead([job]):
        wait_for(job)
    monkeypatch.delattr(sys, "frozen")
    monkeypatch.setattr(sys, "executable", "")
    with compiling_ahead([job]):
        wait_for(job)


def test_where_no_process_can_be_started_all_goes_on(apart: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(Path(apart) / "nothing"))
    jobs = [Job(apart, "get_ready", ("4",)), Job(apart, "get_ready", ("a name with \0",))]
    for job in jobs:
        with compiling_ahead([job]):
            wait_for(job)
        assert ahead._children == []


def test_a_child_ends_with_the_context(apart: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pid = os.path.relpath(tmp_path / "pid", Path.cwd())
    with suppress(KeyboardInterrupt), compiling_ahead([Job(apart, "sleep", (pid,))]):
        assert written(tmp_path / "pid")
        raise KeyboardInterrupt
    assert is_gone(int(written(tmp_path / "pid")))


@pytest.mark.skipif(sys.platform == "win32", reason="asks POSIX whether a process lives")
def test_a_child_ends_with_its_parent_however_that_ends(apart: str, tmp_path: Path) -> None:
    script = f"""
import os, time
from pathlib import Path
from patrolroute.compiled import Job, ahead, compiling_ahead
ahead._cores = lambda: 2
with compiling_ahead([Job({apart!r}, "sleep", ("pid",))]):
    while not Path("pid").exists():
        time.sleep(0.05)
    os.kill(os.getpid(), 9)
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    here = tmp_path / "here"
    here.mkdir()
    subprocess.run([sys.executable, "-c", script], cwd=here, env=environment, check=False)
    assert is_gone(int(written(here / "pid")))


def test_only_what_is_not_compiled_and_can_be_kept_is_a_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "compiled_before", lambda _kind: True)
    assert native.jobs_ahead(tied=True, hourly=False) == []
    monkeypatch.setattr(native, "compiled_before", lambda kind: kind is Night)
    monkeypatch.setattr(native, "is_kept", lambda _entry: True)
    assert native.jobs_ahead(tied=True, hourly=False) == [native.job_for(TiedNight)]
    assert native.jobs_ahead(tied=False, hourly=False) == []
    monkeypatch.setattr(native, "is_kept", lambda _entry: False)
    assert native.jobs_ahead(tied=True, hourly=False) == []
    bound.tiers.warm_up()
    assert bound.jobs_ahead() == []


def test_the_jobs_can_be_done_by_their_names() -> None:
    job = native.job_for(Night)
    getattr(__import__(job.module, fromlist=["x"]), job.function)(*job.names)
    assert compiled_before(Night)


def test_the_command_line_gets_ready_for_the_night_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[Job]] = []
    monkeypatch.setattr("patrolroute.patrol.compiling_ahead", asked.append)
    monkeypatch.setattr(native, "compiled_before", lambda _kind: False)
    monkeypatch.setattr(native, "is_kept", lambda _entry: True)
    monkeypatch.setattr("patrolroute.solver.jobs_of_bound", lambda: [Job("bound", "ready")])
    for night, kind in ((night_of(), "Night"), (night_of(visits=2), "TiedNight")):
        compiling_for(night, engine="native", bound=False)
        assert asked.pop() == [Job(native.__name__, "compile_search", (kind,))]
    compiling_for(night_of(), engine="ortools", bound=True)
    assert asked.pop() == [Job("bound", "ready")]


def night_of(*, crew: dict[str, object] | None = None, night: dict[str, Any] | None = None, **more: Any) -> Any:
    sites = (site("kpu").model_copy(update=more), site("pasar"))
    return scenario_of(sites, (squad("regu-1", **(crew or {})), squad("regu-2")), **(night or {}))


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"required": True},
        {"visits": 2},
        {"every_min": 30.0},
        {"squads_together": 2},
        {"night": {"balance": "stops"}},
        {"night": {"balance": "duty"}},
        {"night": {"max_spread_stops": 0}},
        {"night": {"max_spread_duty_min": 60}},
        {"crew": {"overtime_min": 10}, "night": {"overtime_price": OvertimePrice(tier=2, weight_per_h=1)}},
        {"crew": {"overtime_min": 10}},
        {"crew": {"max_stops": 1}},
        {"crew": {"max_stops": 99}},
        {"crew": {"max_driving_min": 30}},
    ],
    ids=str,
)
def test_whether_a_night_is_tied_is_told_from_its_words(asked: dict[str, Any]) -> None:
    night = night_of(**asked)
    problem = compile_problem(night, line_matrix(night, {"base": 10.0, "kpu": 14.0, "pasar": 12.0}))
    assert is_tied(night) == bool(problem.beyond)


def test_squads_to_be_formed_may_tie_a_night() -> None:
    shift = squad("regu-1").shift
    asked: list[dict[str, Any]] = [{}, {"breaks": (Break(minutes=10),)}, {"overtime_min": 5}, {"max_stops": 1}]
    told = [
        is_tied(night_of(night={"forming": Forming(people={"p": 2}, vehicles=({"seats": 2},), start="base", end="base",
                                                   shift=shift, **each)}))
        for each in asked
    ]  # fmt: skip
    assert told == [False, True, True, True]


@pytest.mark.skipif(os.name == "nt", reason="the noise is made by a script of a Unix shell")
def test_a_child_that_says_what_is_no_text_keeps_nobody_waiting(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = tmp_path / "noise"
    script.write_text("#!/bin/sh\nprintf '\\377\\376\\n'\n")
    script.chmod(0o755)
    monkeypatch.setattr(ahead.sys, "executable", str(script))
    monkeypatch.setattr(ahead, "_cores", lambda: 2)
    job = Job("nothing", "nothing")
    with compiling_ahead([job]):
        wait_for(job)
        assert ahead._children[0]._ends[str(job)].is_set()
