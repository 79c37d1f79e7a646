"""Tasks of ways: matrices that obey turns, and legs traced to edges, names and lines, here and with OSRM.

Sites are nodes that the turns let one reach and leave. `max_error` is the greatest difference in seconds from SciPy's
Dijkstra, in up to 64 rows or legs.

OSRM has the same arcs, each of them straight and without a name, and no turns: it has less to find and less to tell.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from patrolroute.roads import Leg, RoadNetwork, TurnGraph, trace_legs, travel_blocks, turn_graph
from patrolroute.roads.hierarchy import dissect_links
from patrolroute.roads.ways.routing import fastest
from patrolroute.roads.ways.turnlegs import placed_graph
from roadbench import Case, Measured, MissingPeerError, measure, on_nodes, task
from roads_matrix import MOST_SCIPY, ROWS, WARM, osrm_of
from roads_osrm import Server, contract

if TYPE_CHECKING:
    Array = np.ndarray[Any, Any]


@cache
def _turns(network: RoadNetwork) -> TurnGraph:
    return turn_graph(network)


def _sites(case: Case) -> Array:
    """Return distinct nodes at which no edge is stranded under the turns, always the same."""
    network, stranded = case.network, _turns(case.network).stranded
    good = np.setdiff1d(np.arange(len(network.node_id)), [network.tail[stranded], network.head[stranded]])
    if case.n > len(good):
        raise MissingPeerError(f"{case.n:,} sites, but only {len(good):,} nodes")
    return np.random.default_rng(1).choice(good, case.n, replace=False)


def _too_many(case: Case) -> None:
    if case.engine == "scipy" and case.n > MOST_SCIPY:
        raise MissingPeerError(f"more than {MOST_SCIPY:,} sites take SciPy too long")


def _by_scipy_ms(case: Case, sites: Array, turns: TurnGraph | None) -> Array:
    """Return milliseconds from some sites to all of them."""
    graph = placed_graph(case.network, on_nodes(case.network, sites), turns)
    key = [part[:, graph.target_node] for _, part in fastest(graph.weights, graph.source_node[:ROWS])]
    return np.asarray(np.floor(np.concatenate(key) / 2**24))


@task("preprocess turns", engines=("native",))
def preprocess_turns(case: Case) -> Measured:
    """Expand the turns, order their states, fill and customise."""
    # Any hierarchy compiles what makes them all, but for the order of arcs.
    assert case.network.weighted
    dissect_links(2, np.array([0, 1]), np.array([1, 0]), np.zeros((2, 2)))
    _, seconds, peak = measure(lambda: turn_graph(case.network).weighted)
    return Measured(seconds=seconds, peak_mb=peak)


@task("turns", engines=("native", "scipy", "osrm", "osrm (reply)"), sized=True)
def turns_matrix(case: Case) -> Measured:
    """Find milliseconds (`native` and `scipy`: metres too) between all sites by drives that obey the turns."""
    _too_many(case)
    network, sites = case.network, _sites(case)
    if case.engine.startswith("osrm"):
        programs, folder = osrm_of(case)
        contract(programs, folder)
        with Server(network, programs, folder, most=case.n) as server:
            server.table(sites[:WARM])
            call = server.table if case.engine == "osrm" else server.reply
            _, seconds, peak = measure(lambda: call(sites), repeat=3 if case.n <= MOST_SCIPY else 1)
        return Measured(seconds=seconds, peak_mb=peak)
    turns, engine = _turns(network), case.engine

    def find(chosen: Array = sites) -> Array:
        found = np.empty((len(chosen), len(chosen)), np.int32)
        placed = on_nodes(network, chosen)
        for rows, travel_ms, _ in travel_blocks(network, placed, turns=turns, engine=engine):  # type: ignore[arg-type]
            found[rows] = travel_ms
        return found

    find(sites[:WARM])
    found, seconds, peak = measure(find, repeat=3 if case.engine == "native" else 1)
    expected = _by_scipy_ms(case, sites, turns)
    return Measured(
        seconds=seconds, peak_mb=peak, max_error=float(np.abs(found[: len(expected)] - expected).max()) / 1000
    )


@task("trace", engines=("native", "scipy", "osrm", "osrm (reply)"), sized=True)
def trace(case: Case) -> Measured:
    """Trace as many legs as sites, from each to another: lines (here edges and names too); OSRM's are read or not."""
    if not case.engine.startswith("osrm"):
        return _traced(case, None)
    network, sites = case.network, _sites(case)
    programs, folder = osrm_of(case)
    contract(programs, folder)
    read = case.engine == "osrm"
    with Server(network, programs, folder, most=case.n) as server:
        server.routes(sites[:WARM], read=read)
        _, seconds, peak = measure(lambda: server.routes(sites, read=read), repeat=3 if case.n <= MOST_SCIPY else 1)
    return Measured(seconds=seconds, peak_mb=peak)


@task("trace turns", engines=("native",), sized=True)
def trace_turns(case: Case) -> Measured:
    """Trace as many legs that obey the turns."""
    return _traced(case, _turns(case.network))


def _traced(case: Case, turns: TurnGraph | None) -> Measured:
    _too_many(case)
    network, sites, engine = case.network, _sites(case), case.engine
    placed = on_nodes(network, sites)
    pairs = list(zip(placed.ids, placed.ids[1:] + placed.ids[:1], strict=True))

    def find(chosen: list[tuple[str, str]] = pairs) -> list[Leg]:
        return trace_legs(network, placed, chosen, turns=turns, engine=engine)  # type: ignore[arg-type]

    find(pairs[:WARM])
    legs, seconds, peak = measure(find, repeat=3 if engine == "native" else 1)
    expected = _by_scipy_ms(case, sites, turns)
    error = max(abs(legs[k].travel_ms - row[(k + 1) % case.n]) for k, row in enumerate(expected))
    return Measured(seconds=seconds, peak_mb=peak, max_error=float(error) / 1000)
