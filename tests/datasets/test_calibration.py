"""The stand-in against the 132 real drives, and the script that shows it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
SCRIPT = REPOSITORY / "data" / "calibrate_standin.py"


@pytest.fixture(scope="module")
def calibrate():
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location("calibrate_standin", SCRIPT)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_medians_keep_the_limits(calibrate, shared_data):
    import numpy as np

    hospitals, real = calibrate.read_matrix(shared_data / "kupang" / "dataset_with_matrix.json")
    ours = calibrate.drive(hospitals, seed=calibrate.STANDIN_SEED)
    error = {what: np.abs(calibrate.pairs(ours[what]) / calibrate.pairs(real[what]) - 1) for what in real}
    assert [len(each) for each in error.values()] == [132, 132]
    assert np.median(error["durations"]) <= 0.15
    assert np.median(error["distances"]) <= 0.12
    assert 0.01 < calibrate.asymmetry(ours["durations"]) < 0.06


def test_an_unreadable_matrix_is_told(tmp_path):
    done = subprocess.run(
        [sys.executable, SCRIPT, "--matrix", str(tmp_path / "none.json")],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY / "src")},
        check=False,
    )
    assert done.returncode == 2
    assert "cannot be read as a driving matrix" in done.stderr
