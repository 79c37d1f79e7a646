"""What all tests share."""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"

# How long an example takes is the machine's affair: a busy one is no fault of the code. With one release of
# hypothesis a commit is judged by the same examples everywhere; `make test-explore` looks for new ones.
hypothesis.settings.register_profile("same", deadline=None, derandomize=True)
hypothesis.settings.register_profile("explore", deadline=None, print_blob=True)
hypothesis.settings.load_profile("same")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Third-party road graphs and instances beside the repository, which it does not contain."""
    if not SHARED_DATA.is_dir():
        pytest.skip("needs the third-party data beside the repository (../shared/data), which is not here")
    return SHARED_DATA
