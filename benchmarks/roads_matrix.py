"""Tasks of the travel matrix: preprocessing, re-weighting, and the matrix itself, here and with peers.

Sites are nodes, and all engines have the same arcs and whole milliseconds, so that errors can be told: `max_error` is
the greatest difference in seconds from SciPy's Dijkstra, in the rows of up to 64 sites.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse.csgraph import dijkstra

sys.path.insert(0, str(Path(__file__).parent))
from patrolroute.roads import Placed, travel_blocks
from patrolroute.roads.hierarchy import build_hierarchy, weigh
from patrolroute.roads.ways.routing import street_graph
from roadbench import Case, Measured, MissingPeerError, measure, on_nodes, task
from roads_osrm import Server, contract, write_arcs

if TYPE_CHECKING:
    from collections.abc import Callable

    Array = np.ndarray[Any, Any]

ROWS = 64
MOST_SCIPY = 1000
WARM = 64
"""Sites of the run before the clock runs."""


def _peer(module: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingPeerError(f"{module} is not installed ({error}); pip install 'patrolroute[benchmarks]'") from None


def _xy(case: Case) -> Array:
    network = case.network
    return np.column_stack([network.lon * np.cos(np.radians(network.lat.mean())), network.lat])


def osrm_of(case: Case) -> tuple[Path, Path]:
    """Return the folders of OSRM's programs, and of the arcs that it works on."""
    programs = case.osrm
    if programs is None and (package := find_spec("osrm")) is not None and package.origin is not None:
        programs = Path(package.origin).parent / "bin"
    if programs is None or not (programs / "osrm-routed").exists():
        raise MissingPeerError("osrm-routed is not there; pip install osrm-bindings (Python 3.12), or name its --osrm")
    folder = case.packed.parent / "osrm"
    if not folder.exists():
        write_arcs(case.network, folder)
    return programs, folder


def _error(case: Case, found_s: Array) -> float:
    """Return the greatest difference from SciPy in seconds, in some rows."""
    graph = street_graph(case.network, on_nodes(case.network, case.sites))
    key = dijkstra(graph.weights, indices=case.sites[:ROWS])[:, case.sites]
    return float(np.abs(found_s[:ROWS] - np.floor(key / 2**24) / 1000).max())


def _builders(case: Case) -> dict[str, Callable[[], Any]]:
    network = case.network
    n, tail, head = len(network.node_id), network.tail, network.head
    ms = network.time_ms.astype(np.uint32)

    def native() -> Any:
        return weigh(build_hierarchy(n, tail, head, _xy(case)), network.time_ms, network.length_dm)

    def pyroutingkit() -> Any:
        cch = _peer("pyroutingkit").CCH()
        lat, lon = network.lat.astype(np.float32), network.lon.astype(np.float32)
        cch.build_topology(tail.astype(np.uint32), head.astype(np.uint32), lat, lon, n)
        cch.customize_weights(ms)
        return cch

    def routingkit_cch() -> Any:
        kit = _peer("routingkit_cch")
        ends = tail.tolist(), head.tolist()
        order = kit.compute_order_inertial(n, *ends, network.lat.tolist(), network.lon.tolist())
        cch = kit.CCH(order, *ends, False)
        return cch, kit.CCHMetric(cch, ms.tolist())

    def pandana() -> Any:
        pd, kit = import_module("pandas"), _peer("pandana")
        return kit.Network(
            pd.Series(network.lon),
            pd.Series(network.lat),
            pd.Series(tail),
            pd.Series(head),
            pd.DataFrame({"ms": network.time_ms.astype(float)}),
            twoway=False,
        )

    return {
        "native": native,
        "pyroutingkit": pyroutingkit,
        "routingkit-cch": routingkit_cch,
        "pandana": pandana,
    }


PEERS = ("pyroutingkit", "routingkit-cch", "pandana", "osrm")


@task("preprocess", engines=("native", *PEERS))
def preprocess(case: Case) -> Measured:
    """Order, fill and customise: all that a matrix needs before its sites are known."""
    if case.engine == "native":
        weigh(build_hierarchy(2, np.array([0]), np.array([1])), np.array([1]), np.array([1]))
    if case.engine == "osrm":
        programs, folder = osrm_of(case)
        _, seconds, peak = measure(lambda: contract(programs, folder))
        # Its programs are processes of their own, whose memory is not this one's.
        return Measured(seconds=seconds, peak_mb=float("nan"))
    _, seconds, peak = measure(_builders(case)[case.engine])
    return Measured(seconds=seconds, peak_mb=peak)


@task("reweight", engines=("native", "pyroutingkit", "routingkit-cch"))
def reweight(case: Case) -> Measured:
    """Take new times on the same streets."""
    built = _builders(case)[case.engine]()
    network = case.network
    slower = network.time_ms * 2
    ms = slower.astype(np.uint32)
    calls = {
        "native": lambda: weigh(built.hierarchy, slower, network.length_dm),
        "pyroutingkit": lambda: built.customize_weights(ms),
        "routingkit-cch": lambda: built[1].reset(ms.tolist()),
    }
    _, seconds, peak = measure(calls[case.engine], repeat=5)
    return Measured(seconds=seconds, peak_mb=peak)


@task("matrix", engines=("native", "scipy", *PEERS, "osrm (reply)"), sized=True)
def matrix(case: Case) -> Measured:
    """Find milliseconds between all sites, in one numpy array (`native` also finds metres); preprocessing is done."""
    if case.engine == "scipy" and case.n > MOST_SCIPY:
        raise MissingPeerError(f"more than {MOST_SCIPY:,} sites take SciPy too long")
    find, finish = _finders(case)
    with finish:
        found, seconds, peak = measure(find, repeat=3 if case.n <= MOST_SCIPY and case.engine != "scipy" else 1)
    if found is None:
        return Measured(seconds=seconds, peak_mb=peak)
    return Measured(seconds=seconds, peak_mb=peak, max_error=_error(case, found / 1000))


class Nothing:
    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None


def _finders(case: Case) -> tuple[Callable[[], Any], Any]:
    """Return what finds milliseconds, warmed up, and what to close afterwards."""
    network, sites = case.network, case.sites
    if case.engine in {"native", "scipy"}:
        engine: Any = case.engine
        placed = on_nodes(network, sites)

        def ours(many: Placed = placed) -> Any:
            found = np.empty((len(many.ids), len(many.ids)), np.int32)
            for rows, travel_ms, _ in travel_blocks(network, many, engine=engine):
                found[rows] = travel_ms
            return found

        ours(on_nodes(network, sites[:WARM]))
        return ours, Nothing()
    if case.engine.startswith("osrm"):
        programs, folder = osrm_of(case)
        contract(programs, folder)
        server = Server(network, programs, folder, most=case.n)
        server.table(sites[:WARM])
        if case.engine == "osrm":
            return lambda: server.table(sites), server
        return lambda: server.reply(sites) and None, server
    built = _builders(case)[case.engine]()
    if case.engine == "pyroutingkit":
        short = sites.astype(np.uint32)
        return lambda: built.distances_many_to_many(short, short).reshape(case.n, case.n), Nothing()
    if case.engine == "routingkit-cch":
        kit = _peer("routingkit_cch")
        targets = sites.tolist()

        def one_to_many() -> Any:
            search = kit.CCHOneToMany(built[1], targets)
            return np.array([search.distances_from(source) for source in targets], np.int64)

        return one_to_many, Nothing()
    if case.n > MOST_SCIPY:
        raise MissingPeerError(f"more than {MOST_SCIPY:,} sites take pandana too long")

    def pairs() -> Any:
        lengths = built.shortest_path_lengths(np.repeat(sites, case.n), np.tile(sites, case.n), imp_name="ms")
        return np.array(lengths).reshape(case.n, case.n)

    return pairs, Nothing()
