from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from patrolroute.datasets.standin import standin_graph

if TYPE_CHECKING:
    import networkx as nx


@pytest.fixture(scope="session")
def graph() -> nx.MultiDiGraph:
    return standin_graph()
