"""How preprocessing and matrices grow with a network: pieces of it, and tiles of it side by side."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from patrolroute.roads import read_roads
from patrolroute.roads.hierarchy import Ends, build_hierarchy, sweep, weigh
from patrolroute.roads.keys import split_keys
from roadbench import measure

if TYPE_CHECKING:
    from pathlib import Path

_LINKS = 40
"""Two-way streets laid between neighbouring tiles, about as many as cross the edge of a quarter of a city."""

_SITES = 1000


class Arrays(NamedTuple):
    xy: Any
    tail: Any
    head: Any
    ms: Any
    dm: Any


def crop(city: Arrays, share: float) -> Arrays:
    """Return the strong component of a share of the nodes, those nearest the middle."""
    off = np.abs(city.xy - np.median(city.xy, axis=0)).max(axis=1)
    inside = off <= np.quantile(off, share)
    arcs = inside[city.tail] & inside[city.head]
    links = csr_array((np.ones(arcs.sum()), (city.tail[arcs], city.head[arcs])), shape=(len(off), len(off)))
    _, part = connected_components(links, directed=True, connection="strong")
    kept = inside & (part == np.bincount(part[inside]).argmax())
    arcs = kept[city.tail] & kept[city.head]
    number = np.cumsum(kept) - 1
    return Arrays(city.xy[kept], number[city.tail[arcs]], number[city.head[arcs]], city.ms[arcs], city.dm[arcs])


def tile(city: Arrays, tiles: int) -> Arrays:
    """Return so many copies of a city in a square, rows filled in turn, neighbours linked by streets."""
    n, side = len(city.xy), math.ceil(math.sqrt(tiles))
    low, high = city.xy.min(axis=0), city.xy.max(axis=0)
    cell = np.array([[i % side, i // side] for i in range(tiles)])
    east, west = (np.argsort(sign * city.xy[:, 0], kind="stable")[:_LINKS] for sign in (-1, 1))
    north, south = (np.argsort(sign * city.xy[:, 1], kind="stable")[:_LINKS] for sign in (-1, 1))
    new = []
    for i in range(tiles):
        if i % side + 1 < side and i + 1 < tiles:
            new.append((i * n + east, (i + 1) * n + west))
        if i + side < tiles:
            new.append((i * n + north, (i + side) * n + south))
    one, other = (np.concatenate([np.zeros(0, np.int64), *(pair[k] for pair in new)]) for k in (0, 1))
    shift = np.repeat(np.arange(tiles) * n, len(city.tail))
    ms = np.full(2 * len(one), 30_000)
    return Arrays(
        (city.xy[None, :, :] + (cell * (high - low) * 1.02)[:, None, :]).reshape(-1, 2),
        np.concatenate([np.tile(city.tail, tiles) + shift, one, other]),
        np.concatenate([np.tile(city.head, tiles) + shift, other, one]),
        np.concatenate([np.tile(city.ms, tiles), ms]),
        np.concatenate([np.tile(city.dm, tiles), ms // 100]),
    )


def measure_growth(roads: Path, tiles: list[float], plot: Path | None) -> list[tuple[Any, ...]]:
    """Print and return a row for each task and size, and print the exponents."""
    network = read_roads(roads)
    xy = np.column_stack([network.lon * np.cos(np.radians(network.lat.mean())), network.lat])
    city = Arrays(xy, network.tail.astype(np.int64), network.head.astype(np.int64), network.time_ms, network.length_dm)
    rows: list[tuple[Any, ...]] = []
    sites = np.arange(2)
    for count in [0.0, *tiles]:
        # The first round, of any size, only compiles.
        given = crop(city, min(tiles)) if count == 0 else crop(city, count) if count < 1 else tile(city, round(count))
        n = len(given.xy)
        hierarchy, built_s, built_mb = measure(lambda given=given, n=n: build_hierarchy(n, *given[1:3], given.xy))
        weighted, weighed_s, weighed_mb = measure(
            lambda given=given, hierarchy=hierarchy: weigh(hierarchy, given.ms, given.dm), repeat=3
        )
        sites = np.random.default_rng(1).choice(n, min(_SITES, n), replace=False)
        ends = Ends.of_nodes(sites)
        names = tuple(map(str, range(len(sites))))

        def find(weighted: Any = weighted, ends: Ends = ends, names: tuple[str, ...] = names) -> None:
            for rows, key in sweep(weighted, ends, ends):
                split_keys(key, names[rows], names)

        _, swept_s, swept_mb = measure(find, repeat=3)
        if count == 0:
            continue
        size = f"{roads.name} x {count:g}", n, len(given.tail)
        rows += [
            (*size, "preprocess", "native", 0, built_s + weighed_s, built_mb, ""),
            (*size, "reweight", "native", 0, weighed_s, weighed_mb, ""),
            (*size, "matrix", "native", len(sites), swept_s, swept_mb, ""),
        ]
        print(
            f"x {count:<6g} {n:>8,} nodes {len(hierarchy.chordal.higher):>9,} links: preprocessing {built_s:7.2f} s, "
            f"re-weighting {weighed_s:.3f} s, {len(sites):,} x {len(sites):,} {swept_s:.4f} s",
            flush=True,
        )
    tasks = ("preprocess", "reweight", "matrix")
    curves = {name: np.array([(row[1], row[6]) for row in rows if row[3] == name]).T for name in tasks}
    for name, (nodes, seconds) in curves.items():
        if len(nodes) > 1:
            print(
                f"{name}: seconds grow with nodes to the power {np.polyfit(np.log(nodes), np.log(seconds), 1)[0]:.2f}"
            )
    if plot is not None:
        _draw(curves, plot)
    return rows


def _draw(curves: dict[str, Any], path: Path) -> None:
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    for name, (nodes, seconds) in curves.items():
        axes.loglog(nodes, seconds, "o-", label=name)
    axes.set_xlabel("nodes")
    axes.set_ylabel("seconds")
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=150)
