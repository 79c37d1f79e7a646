"""Seconds and metres between placed points: a whole matrix in memory, or block by block into files of any size."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, get_args

import numpy as np

from patrolroute.errors import Faults, InputError
from patrolroute.matrix import TravelMatrix
from patrolroute.roads.keys import split_keys
from patrolroute.roads.sources.files import write_whole
from patrolroute.roads.ways.routing import check_range, fastest
from patrolroute.roads.ways.turnlegs import placed_graph, raise_unreachable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from numpy.typing import NDArray

    from patrolroute.roads.network import RoadNetwork
    from patrolroute.roads.ways.snap import Placed
    from patrolroute.roads.ways.turns import TurnGraph

    _Keys = Iterator[tuple[slice, NDArray[np.float64]]]

Engine = Literal["auto", "native", "scipy"]
"""What finds the ways: this package's hierarchy, SciPy's Dijkstra, or whichever has less to do."""

_SMALL_NODES = 2_000
_FEW_POINTS = 100
"""Searches of Dijkstra's algorithm that cost as much as making a hierarchy of the same network: measured between 66 and
115 for pieces and tiles of Porto with 2,000 to 260,000 nodes."""

_FEW_UNDER_TURNS = 50
"""The same for turns: measured at 48 for Porto's, in processor time."""

_INT32_MAX = np.iinfo(np.int32).max


def choose_engine(network: RoadNetwork, points: int, turns: TurnGraph | None = None) -> Literal["native", "scipy"]:
    """Return what finds the ways between so many points with less work; no clock is asked.

    SciPy for networks of fewer than 2,000 nodes (states of turns), and, where there is no hierarchy yet, for fewer than
    100 points (under turns 50).
    """
    ready = "hierarchy" in vars(network if turns is None else turns)
    small = (len(network.node_id) if turns is None else turns.states) < _SMALL_NODES
    few = points < (_FEW_POINTS if turns is None else _FEW_UNDER_TURNS)
    return "scipy" if small or (few and not ready) else "native"


def travel_seconds(travel_ms: NDArray[np.int64], speed_milli: int) -> NDArray[np.int64]:
    """Return whole seconds, rounded up once, of milliseconds at network speed for a vehicle of relative speed.

    Parameters
    ----------
    travel_ms : int64 array
    speed_milli : int
        Thousandths of network speed; 1000 drives as fast as the network says.
    """
    return -(-travel_ms // speed_milli)


def travel_blocks(
    network: RoadNetwork, placed: Placed, *, turns: TurnGraph | None = None, engine: Engine = "auto"
) -> Iterator[tuple[slice, NDArray[np.int64], NDArray[np.int64]]]:
    """Yield, for slices of the points in turn, milliseconds and decimetres of the fastest drives to all points.

    From place to street, along the streets, and from street to place, at network speed; of equally fast drives the
    shortest. 0 between points of the very same position. Both engines give the very same numbers.

    Parameters
    ----------
    network : RoadNetwork
    placed : Placed
        n points.
    turns : TurnGraph, optional
        Turns that the drives must obey, of the same network; what turning round costs is part of the time.
    engine : {"auto", "native", "scipy"}
        See `choose_engine`.

    Yields
    ------
    rows : slice
    travel_ms, length_dm : int64 array, shape (points in the slice, n)

    Raises
    ------
    InputError
        When a drive takes about 15 hours or more, none that obeys the turns leads between two points, or there is no
        such engine.
    """
    if engine not in get_args(Engine):
        raise InputError([f"engine: there is no {engine!r}; expected {', '.join(map(repr, get_args(Engine)))}."])
    if engine == "auto":
        engine = choose_engine(network, len(placed.ids), turns)
    _, position = np.unique(np.column_stack([placed.site_lon, placed.site_lat]), axis=0, return_inverse=True)
    position = position.reshape(-1).astype(np.int32)
    longest_ms = -1
    for rows, key in (_native_keys if engine == "native" else _scipy_keys)(network, placed, turns):
        same = np.nonzero(position[rows, None] == position)
        key[same] = 0
        if turns is not None and np.isinf(key.max(initial=0)):
            cells = np.argwhere(np.isinf(key)).tolist()
            raise_unreachable([(placed.ids[rows.start + i], placed.ids[j]) for i, j in cells])
        travel_ms, length_dm = split_keys(key, placed.ids[rows], placed.ids)
        if (most := int(travel_ms.max(initial=0))) > longest_ms:
            check_range(network, placed, most)
            longest_ms = most
        for whole, access in ((travel_ms, placed.access_ms), (length_dm, placed.access_dm)):
            np.add(whole, access[rows, None], out=whole)
            np.add(whole, access, out=whole)
        travel_ms[same] = length_dm[same] = 0
        yield rows, travel_ms, length_dm


def _native_keys(network: RoadNetwork, placed: Placed, turns: TurnGraph | None) -> _Keys:
    # These bring the compiler, which small networks do without.
    from patrolroute.roads.hierarchy import sweep  # noqa: PLC0415
    from patrolroute.roads.ways.ends import point_ends  # noqa: PLC0415

    ends = point_ends(network, placed, turns)
    weighted = network.weighted if turns is None else turns.weighted
    for rows, key in sweep(weighted, ends.sources, ends.targets):
        ends.shorten(rows, key)
        yield rows, key


def _scipy_keys(network: RoadNetwork, placed: Placed, turns: TurnGraph | None) -> _Keys:
    graph = placed_graph(network, placed, turns)
    for rows, distance in fastest(graph.weights, graph.source_node):
        yield rows, distance[:, graph.target_node]


def travel_matrix(
    network: RoadNetwork,
    placed: Placed,
    *,
    profiles: Mapping[str, int],
    turns: TurnGraph | None = None,
    engine: Engine = "auto",
) -> TravelMatrix:
    """Return seconds and metres of the fastest drives between all placed points.

    From place to street, along the streets, and from street to place; the metres are those of the fastest way, and of
    equally fast ways the shortest. Between points of the very same position, as a site at the depot, there is no
    drive: 0.
    Seconds keep the triangle inequality, since they are sums of whole milliseconds that are rounded up once; under
    turns, but for what is saved by turning round at a stop, which is free.

    Parameters
    ----------
    network : RoadNetwork
    placed : Placed
    profiles : mapping of str to int
        Vehicle profiles and their speed in thousandths of network speed: `Vehicle.profile`, `Vehicle.speed_milli`.
    turns : TurnGraph, optional
        Turns that the drives must obey, of the same network; what turning round costs is part of the time.
    engine : {"auto", "native", "scipy"}
        What finds the ways; all give the very same matrix. See `choose_engine`.

    Returns
    -------
    TravelMatrix

    Raises
    ------
    InputError
        When a speed is below 1, there is no such engine, a drive takes about 15 hours or more, seconds do not fit 32
        bits, or no drive obeys the turns between two points.
    """
    _check_speeds(profiles)
    n = len(placed.ids)
    travel_s, travel_m = np.empty((len(profiles), n, n), np.int32), np.empty((n, n), np.int32)
    for rows, travel_ms, length_dm in travel_blocks(network, placed, turns=turns, engine=engine):
        for layer, speed_milli in zip(travel_s, profiles.values(), strict=True):
            layer[rows] = _fitting("travel_s", travel_seconds(travel_ms, speed_milli))
        travel_m[rows] = -(-length_dm // 10)
    # Nobody else can write into these: frozen here, they are not copied.
    travel_s.flags.writeable = travel_m.flags.writeable = False
    return TravelMatrix(
        ids=placed.ids,
        profiles=tuple(profiles),
        travel_s=travel_s,
        travel_m=np.broadcast_to(travel_m, travel_s.shape),
        provenance=network.provenance,
        lonlat=np.column_stack([placed.lon, placed.lat]),
    )


def write_travel(
    network: RoadNetwork,
    placed: Placed,
    seconds_path: str | Path,
    *,
    metres_path: str | Path | None = None,
    speed_milli: int = 1000,
    turns: TurnGraph | None = None,
    engine: Engine = "auto",
) -> None:
    """Write what `travel_matrix` would hold for one vehicle into `.npy` files, block by block.

    Memory is bounded whatever the number of points: 20,000 of them make files of 1.6 GB each. `numpy.load(path,
    mmap_mode="r")` reads parts of them. A file is there whole or not at all.

    Parameters
    ----------
    network : RoadNetwork
    placed : Placed
        n points.
    seconds_path : path-like
        For int32 seconds, shape (n, n), in the order of the points.
    metres_path : path-like, optional
        For int32 metres of the same drives.
    speed_milli : int
        Thousandths of network speed.
    turns : TurnGraph, optional
        Turns that the drives must obey.
    engine : {"auto", "native", "scipy"}

    Raises
    ------
    InputError
        As `travel_matrix`; and when a name does not end in .npy, or a file cannot be written.
    """
    paths = [Path(path) for path in (seconds_path, metres_path) if path is not None]
    faults = Faults()
    for path in paths:
        if path.suffix.lower() != ".npy":
            faults.add(f"{path.name}: expected a name that ends in .npy.")
    if len({path.resolve() for path in paths}) < len(paths):
        faults.add(f"{paths[0].name}: seconds and metres need a file each.")
    faults.raise_if_any()
    _check_speeds({"speed_milli": speed_milli})

    def fill(*files: BinaryIO) -> None:
        n = len(placed.ids)
        header = {"descr": "<i4", "fortran_order": False, "shape": (n, n)}
        for file in files:
            np.lib.format.write_array_header_1_0(file, header)
        for _, travel_ms, length_dm in travel_blocks(network, placed, turns=turns, engine=engine):
            seconds = _fitting("travel_s", travel_seconds(travel_ms, speed_milli))
            for file, values in zip(files, (seconds, -(-length_dm // 10)), strict=False):
                file.write(np.ascontiguousarray(values, "<i4").data)

    try:
        _write_together(paths, fill)
    except OSError as error:
        raise InputError([f"{paths[0]}: cannot be written ({error.strerror or error})."]) from None


def _write_together(paths: list[Path], fill: Callable[..., None]) -> None:
    """Write one or two files at once; neither is in its place before both are whole."""
    if len(paths) == 1:
        write_whole(paths[0], fill)
    else:
        write_whole(paths[0], lambda first: write_whole(paths[1], lambda second: fill(first, second)))


def _check_speeds(profiles: Mapping[str, int]) -> None:
    faults = Faults()
    for name, speed_milli in profiles.items():
        if speed_milli < 1:
            faults.add(f"vehicle profile {name!r}: speed is {speed_milli} thousandths; expected 1 or more.")
    faults.raise_if_any()


def _fitting(name: str, values: NDArray[np.int64]) -> NDArray[np.int64]:
    if values.max(initial=0) > _INT32_MAX:
        raise InputError([f"{name}: a value is beyond 32 bits ({_INT32_MAX:,})."])
    return values
