"""Runs side by side: what is kept of each, and that one failing does not cost the others."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

import runs
from instances import read_folder
from patrolroute.engines.protocol import Budget, Found, Watch
from patrolroute.errors import InputError
from patrolroute.problem import Orders, PatrolProblem
from runs import Made, Task, check_engines, check_out, run_tasks, write_csv


def task_for(folder: Path, **options: object) -> Task:
    instance, m, best = read_folder(folder)[0]
    task = Task(engine="native", instance=instance, m=m, best_known=best, seconds=0.1, seed=1)
    return replace(task, **options)  # type: ignore[arg-type]


def dies_on_two(task: Task) -> Made:
    if task.seed == 2:
        os._exit(1)
    return Made(task=task, prize=5, fault="", took_s=0.0, first_plan_s=0.0, peak_mb=1.0)


class Scripted:
    """Reports the plans it is given, and returns the last; fails when there is none."""

    name = "scripted"

    def __init__(self, *plans: Orders) -> None:
        self.plans = plans

    def search(self, problem: PatrolProblem, *, budget: Budget, seed: int, start: Orders | None, watch: Watch) -> Found:
        for plan in self.plans:
            watch.report(plan, 1)
        return Found(orders=self.plans[-1], iterations=1, stopped_by="complete")


def test_runs_happen_in_other_processes(toptw: Path, capfd: pytest.CaptureFixture[str]) -> None:
    tasks = [task_for(toptw, seed=seed) for seed in (1, 2)]
    made = run_tasks(tasks, workers=2)
    assert [each.task.seed for each in made] == [1, 2]
    assert all(each.prize > 0 and not each.fault and each.peak_mb > 10 for each in made)
    assert all(0 <= each.first_plan_s <= each.took_s for each in made)
    said = capfd.readouterr().err
    assert "native: 2 runs" in said
    assert "\r" not in said


def test_a_process_that_dies_costs_its_own_run_alone(toptw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "_run", dies_on_two)
    made = run_tasks([task_for(toptw, seed=seed) for seed in (1, 2, 3)], workers=2)
    assert [(each.task.seed, each.prize, each.fault) for each in made] == [
        (1, 5, ""),
        (2, 0, "the process died"),
        (3, 5, ""),
    ]


def test_only_better_plans_are_traced(toptw: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs._Worker, "engine", Scripted(((),), ((0,),), ((1,),), ((0, 1),)))
    made = runs._run(task_for(toptw, traced=True))
    assert [prize for _, prize in made.trace] == [7, 11]
    assert made.prize == 11
    assert made.gap_pct == pytest.approx(100 * 29 / 40)
    assert runs._run(task_for(toptw)).trace == ()


@pytest.mark.parametrize(("plans", "said"), [((), "IndexError"), ((((0, 0),),), "made twice")])
def test_a_run_that_fails_counts_as_nothing(
    toptw: Path, monkeypatch: pytest.MonkeyPatch, plans: tuple[Orders, ...], said: str
) -> None:
    monkeypatch.setattr(runs._Worker, "engine", Scripted(*plans))
    made = runs._run(task_for(toptw))
    assert made.prize == 0
    assert said in made.fault


def test_engines_are_refused_before_any_run(monkeypatch: pytest.MonkeyPatch) -> None:
    check_engines(["native", "ortools", "engine:ortools"])
    monkeypatch.setitem(__import__("sys").modules, "vroom", None)
    with pytest.raises(InputError) as caught:
        check_engines(["nativ", "vroom", "native", "native", "engine:x"])
    faults = "\n".join(caught.value.faults)
    assert len(caught.value.faults) == 4
    assert "there is no engine 'nativ'" in faults
    assert "patrolroute[benchmarks]" in faults
    assert "'native' is named twice" in faults


def test_tables_appear_whole_in_folders_that_are_made(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "x.csv"
    check_out(path)
    assert not path.exists()

    def failing() -> object:
        yield (1, 2)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_csv(["a", "b"], failing(), path)  # type: ignore[arg-type]
    assert not path.exists()
    write_csv(["a", "b"], [(1, 2)], path)
    assert path.read_text().split() == ["a,b", "1,2"]
    with pytest.raises(InputError, match="is a folder"):
        check_out(path.parent)
    with pytest.raises(InputError, match="cannot be written"):
        check_out(path / "y.csv")
