"""What all tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Third-party road graphs and instances beside the repository, which it does not contain."""
    if not SHARED_DATA.is_dir():
        pytest.skip("needs the third-party data beside the repository (../shared/data), which is not here")
    return SHARED_DATA
