"""Compile in a process of its own what will be needed soon, while this one does something else.

The process compiles into numba's cache, where this one finds it. It is a plain child that reads nothing and shares
nothing: where it cannot be started, dies or is too late, what it was to do is done where it is needed, as ever. It ends
when its parent does, however that ends, since the pipe between them does.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LATER_NICENESS = 5
"""What is needed later yields to the search that runs meanwhile."""


@dataclass(frozen=True)
class Job:
    """Something to compile: a function of a module, called with the names that follow it.

    Parameters
    ----------
    module, function : str
    names : tuple of str
    later : bool
        Whether it, and what is done after it, yields to the search that runs meanwhile.
    """

    module: str
    function: str
    names: tuple[str, ...] = ()
    later: bool = False

    def __str__(self) -> str:
        return ":".join(("later" if self.later else "now", self.module, self.function, *self.names))


class _Child:
    """The process as this one sees it."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._ends = {str(job): threading.Event() for job in jobs}
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter, and names of this package
            # Without -P a file in the folder that one happens to be in could stand in for a library; see `_folders`.
            [sys.executable, "-P", "-m", __name__, *map(str, jobs)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            errors="replace",
            env={**os.environ, "PYTHONPATH": os.pathsep.join(_folders())},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self) -> None:
        try:
            with suppress(OSError, ValueError):
                for line in self._process.stdout or ():
                    if line.strip() in self._ends:
                        self._ends[line.strip()].set()
        finally:
            for end in self._ends.values():
                end.set()

    def wait_for(self, job: Job) -> None:
        end = self._ends.get(str(job))
        # In steps: a wait without an end cannot be interrupted on Windows.
        while end is not None and not end.wait(0.2) and self._process.poll() is None:
            pass

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._listener.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


_children: list[_Child] = []


@contextmanager
def compiling_ahead(jobs: Sequence[Job]) -> Iterator[None]:
    """Have jobs done in a process of its own, one after the other, as long as the context lasts.

    Nothing is started for no jobs, nor where this process has one core only, or no interpreter to start, as a program
    that was frozen into one file has none.

    Parameters
    ----------
    jobs : sequence of Job
        What is not compiled yet and can be kept, in the order in which it is needed.
    """
    if not jobs or _cores() < 2 or not sys.executable or getattr(sys, "frozen", False):
        yield
        return
    try:
        child = _Child(jobs)
    except (OSError, ValueError, TypeError):
        yield
        return
    _children.append(child)
    try:
        yield
    finally:
        _children.remove(child)
        child.close()


def wait_for(job: Job) -> None:
    """Return once a job is done or given up; at once where nobody does it."""
    for child in _children:
        child.wait_for(job)


def _folders() -> list[str]:
    """Return where this process finds modules, without the folder that it is in unless this package lives there."""
    here, home = Path.cwd(), Path(__file__).resolve().parents[2]
    folders = [str(each) for each in sys.path if each]
    return [each for each in folders if Path(each).resolve() != here or here == home]


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _end_with(parent: IO[str]) -> None:
    parent.read()
    os._exit(1)


def main(arguments: Sequence[str]) -> None:
    """Do the jobs that are named, and say of each that it is done."""
    # Ctrl-C is for the parent, who takes the best plan so far and may still want what is compiled here.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(sys.stdin,), daemon=True).start()
    yields = False
    for argument in arguments:
        when, module, function, *names = argument.split(":")
        if when == "later" and not yields and hasattr(os, "nice"):
            os.nice(LATER_NICENESS)
            yields = True
        getattr(import_module(module), function)(*names)
        sys.stdout.write(f"{argument}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
