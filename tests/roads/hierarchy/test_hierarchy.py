"""The hierarchy against SciPy: the same milliseconds and the same decimetres, on any graph."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from patrolroute.errors import InputError
from patrolroute.roads.hierarchy import Ends, Hierarchy, build_hierarchy, dissect_links, find_paths, sweep, weigh
from patrolroute.roads.keys import DM_LIMIT, MS_LIMIT, join_keys, split_keys

Arrays = tuple[int, Any, Any, Any, Any]
"""Nodes; tail, head, milliseconds and decimetres of the arcs."""


def by_scipy(graph: Arrays, sources: Any, targets: Any) -> Any:
    n, tail, head, ms, dm = graph
    key = join_keys(ms, dm)
    order = np.lexsort((key, head, tail))
    tail, head, key = tail[order], head[order], key[order]
    best = np.ones(len(key), bool)
    best[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
    # SciPy takes a stored zero for an arc, but only in the sparse formats.
    weights = csr_array((key[best], (tail[best], head[best])), shape=(n, n))
    return dijkstra(weights, indices=sources)[:, targets]


def keys(hierarchy: Hierarchy, ms: Any, dm: Any, sources: Ends, targets: Ends) -> Any:
    blocks = [(rows, key.copy()) for rows, key in sweep(weigh(hierarchy, ms, dm), sources, targets)]
    assert [rows.start for rows, _ in blocks[1:]] == [rows.stop for rows, _ in blocks[:-1]]
    return np.concatenate([key for _, key in blocks])


@st.composite
def graphs(draw: st.DrawFn) -> Arrays:
    """Any directed graph: loops, parallels, arcs of no time or length, several components, one node."""
    n = draw(st.integers(1, 40))
    node, small = st.integers(0, n - 1), st.integers(0, 6)
    arcs = draw(st.lists(st.tuples(node, node, small, small, st.booleans()), max_size=120))
    arcs += [(v, u, ms, dm, True) for u, v, ms, dm, both in arcs if both]
    tail, head, ms, dm = np.array([arc[:4] for arc in arcs], np.int64).reshape(-1, 4).T
    return n, tail, head, ms, dm


@settings(max_examples=300, deadline=None)
@given(graphs(), st.booleans(), st.randoms(use_true_random=False))
def test_it_finds_what_scipy_finds_and_again_with_other_weights(graph: Arrays, lies: bool, random: Any) -> None:
    n, tail, head, ms, dm = graph
    xy = np.array([[random.randrange(4), random.randrange(4)] for _ in range(n)], float) if lies else None
    hierarchy = build_hierarchy(n, tail, head, xy)
    assert sorted(hierarchy.rank.tolist()) == list(range(n))
    sources = np.array([random.randrange(n) for _ in range(random.randrange(1, 40))])
    targets = np.array([random.randrange(n) for _ in range(random.randrange(1, 40))])
    for times in (ms, ms[::-1] * 3):
        found = keys(hierarchy, times, dm, Ends.of_nodes(sources), Ends.of_nodes(targets))
        assert (found == by_scipy((n, tail, head, times, dm), sources, targets)).all()


@settings(max_examples=100, deadline=None)
@given(graphs(), st.randoms(use_true_random=False))
def test_points_with_several_ends_are_as_nodes_of_their_own(graph: Arrays, random: Any) -> None:
    n, tail, head, ms, dm = graph
    many = 12
    start = np.cumsum([0] + [random.randrange(1, 4) for _ in range(many)])
    node, time, length = (np.array([random.randrange(top) for _ in range(start[-1])]) for top in (n, 9, 9))
    ends = Ends(start=start, node=node, time_ms=time, length_dm=length)
    found = keys(build_hierarchy(n, tail, head), ms, dm, ends, ends)
    owner = np.repeat(np.arange(many), np.diff(start))
    bigger = (
        n + 2 * many,
        np.concatenate([tail, n + owner, node]),
        np.concatenate([head, node, n + many + owner]),
        np.concatenate([ms, time, time]),
        np.concatenate([dm, length, length]),
    )
    assert (found == by_scipy(bigger, n + np.arange(many), n + many + np.arange(many))).all()


@settings(max_examples=300, deadline=None)
@given(graphs(), st.integers(1, 3), st.randoms(use_true_random=False))
def test_paths_drive_what_the_sweep_finds(graph: Arrays, most: int, random: Any) -> None:
    """Arc by arc from one end to the other, and together exactly as long as the matrix says."""
    n, tail, head, ms, dm = graph
    many = 8
    start = np.cumsum([0] + [random.randrange(1, most + 1) for _ in range(many)])
    node, time, length = (np.array([random.randrange(top) for _ in range(start[-1])]) for top in (n, 9, 9))
    ends = Ends(start=start, node=node, time_ms=time, length_dm=length)
    hierarchy = build_hierarchy(n, tail, head)
    expected = keys(hierarchy, ms, dm, ends, ends)
    origin, destination = np.divmod(np.arange(many**2), many)
    weighted = weigh(hierarchy, ms, dm)
    paths = find_paths(weighted, ends, ends, origin, destination)
    assert (paths.key == expected.ravel()).all()
    for k, (i, j) in enumerate(zip(origin, destination, strict=True)):
        arcs = paths.arc[paths.start[k] : paths.start[k + 1]]
        a, b = paths.source_end[k], paths.target_end[k]
        if np.isinf(paths.key[k]):
            assert (a, b, len(arcs)) == (-1, -1, 0)
            continue
        assert start[i] <= a < start[i + 1]
        assert start[j] <= b < start[j + 1]
        assert [node[a], *head[arcs]] == [*tail[arcs], node[b]]
        assert join_keys(time[a] + ms[arcs].sum() + time[b], length[a] + dm[arcs].sum() + length[b]) == paths.key[k]
    again = find_paths(weigh(hierarchy, ms, dm), ends, ends, origin[::-1], destination[::-1])
    assert [again.arc[again.start[-k - 2] : again.start[-k - 1]].tolist() for k in range(many**2)] == [
        paths.arc[paths.start[k] : paths.start[k + 1]].tolist() for k in range(many**2)
    ], "the same way whatever else is asked for"


def test_paths_are_found_in_parts_as_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from patrolroute.roads.hierarchy import paths

    (n, tail, head, ms, dm), xy = grid(9, 12)
    weighted, nodes = weigh(build_hierarchy(n, tail, head, xy), ms, dm), Ends.of_nodes(np.arange(n))
    origin, destination = np.arange(n), np.arange(n)[::-1]
    whole = find_paths(weighted, nodes, nodes, origin, destination)
    monkeypatch.setattr(paths, "_FIRST_ARCS", 1)
    monkeypatch.setattr(paths, "_PAIRS", 7)
    parts = find_paths(weighted, nodes, nodes, origin, destination)
    for name in ("key", "source_end", "target_end", "start", "arc"):
        assert (getattr(parts, name) == getattr(whole, name)).all()
    none = find_paths(weighted, nodes, nodes, origin[:0], origin[:0])
    assert (len(none.key), none.start.tolist(), len(none.arc)) == (0, [0], 0)


def test_of_equal_ways_the_first_arc_is_driven() -> None:
    tail, head, ms = np.array([0, 0, 0]), np.array([1, 1, 1]), np.array([5, 4, 4])
    nodes = Ends.of_nodes(np.arange(2))
    paths = find_paths(weigh(build_hierarchy(2, tail, head), ms, ms), nodes, nodes, np.array([0, 1]), np.array([1, 0]))
    assert (paths.arc.tolist(), paths.start.tolist()) == ([1], [0, 1, 1])
    assert np.isinf(paths.key).tolist() == [False, True]


def test_a_way_beyond_what_is_exact_is_not_traced() -> None:
    weighted = weigh(build_hierarchy(3, np.arange(2), np.arange(1, 3)), np.full(2, MS_LIMIT - 1), np.full(2, 0))
    nodes = Ends.of_nodes(np.arange(3))
    paths = find_paths(weighted, nodes, nodes, np.array([0, 0]), np.array([2, 1]))
    assert (paths.source_end.tolist(), paths.arc.tolist()) == ([-1, 0], [0])
    assert paths.key[0] >= 2.0**53


def grid(rows: int, columns: int) -> tuple[Arrays, Any]:
    """Return a grid of two-way streets that all differ a little, and where its nodes lie."""
    number = np.arange(rows * columns).reshape(rows, columns)
    u = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    v = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    ms, dm = np.random.default_rng(3).integers(1, 1000, (2, 2 * len(u)))
    xy = np.column_stack([number.ravel() % columns, number.ravel() // columns]).astype(float)
    return (rows * columns, np.concatenate([u, v]), np.concatenate([v, u]), ms, dm), xy


def test_a_grid_is_cut_as_well_as_grids_can_be() -> None:
    """Counted work: the order is as good as the theory of grids promises, with places and nearly so without."""
    side = 64
    (n, tail, head, ms, dm), xy = grid(side, side)
    hierarchy = build_hierarchy(n, tail, head, xy)
    # Nested dissection of a grid fills in 31/4 n log2 n less lower terms (George 1973); minimum degree does worse.
    assert len(hierarchy.chordal.higher) < 31 / 8 * n * np.log2(side)
    assert len(build_hierarchy(n, tail, head).chordal.higher) < 31 / 8 * n * np.log2(side) * 1.2
    assert int(np.diff(hierarchy.chordal.start).max()) <= 3 * side
    nodes = np.arange(0, n, 37)
    ends = Ends.of_nodes(nodes)
    assert (keys(hierarchy, ms, dm, ends, ends) == by_scipy((n, tail, head, ms, dm), nodes, nodes)).all()
    weighted = weigh(hierarchy, ms, dm)
    assert np.isfinite(weighted.up).mean() < 0.8, "links that no fastest way needs are taken out"


def test_the_order_is_the_same_every_time() -> None:
    (n, tail, head, _, _), xy = grid(20, 30)
    first, second = (build_hierarchy(n, tail, head, xy).rank for _ in range(2))
    assert (first == second).all()


def line_graph(tail: Any, head: Any) -> tuple[Any, Any]:
    """Return which arcs follow which."""
    return np.nonzero(head[:, None] == tail)


@settings(max_examples=100, deadline=None)
@given(graphs(), st.randoms(use_true_random=False))
def test_arcs_are_ordered_each_once_and_their_line_graph_is_exact(graph: Arrays, random: Any) -> None:
    n, tail, head, _, _ = graph
    if not len(tail):
        return
    xy = np.array([[random.random(), random.random()] for _ in range(n)])
    order = dissect_links(n, tail, head, xy)
    assert sorted(order.tolist()) == list(range(len(tail)))
    assert (order == dissect_links(n, tail, head, xy)).all()
    one, other = line_graph(tail, head)
    ms = np.array([random.randrange(1, 9) for _ in one], np.int64)
    hierarchy = build_hierarchy(len(tail), one, other, order=order)
    some = np.array([random.randrange(len(tail)) for _ in range(6)])
    found = keys(hierarchy, ms, 2 * ms, Ends.of_nodes(some), Ends.of_nodes(some))
    assert (found == by_scipy((len(tail), one, other, ms, 2 * ms), some, some)).all()


def test_arcs_of_a_grid_make_no_more_links_than_their_line_graph_taken_apart() -> None:
    (n, tail, head, _, _), xy = grid(24, 24)
    one, other = line_graph(tail, head)
    apart = build_hierarchy(len(tail), one, other, (xy[tail] + xy[head]) / 2)
    ordered = build_hierarchy(len(tail), one, other, order=dissect_links(n, tail, head, xy))
    assert len(ordered.chordal.higher) <= len(apart.chordal.higher)


@pytest.mark.parametrize("order", [[0, 1], [0, 0, 1], [0, 1, 3]])
def test_an_order_has_every_node_once(order: list[int]) -> None:
    with pytest.raises(InputError, match="order must have each of 3 nodes once"):
        build_hierarchy(3, np.array([0]), np.array([1]), order=np.array(order))


def test_slices_bound_the_memory_and_leave_nothing_out(monkeypatch: pytest.MonkeyPatch) -> None:
    from patrolroute.roads.hierarchy import batch

    graph, xy = grid(12, 9)
    n, tail, head, ms, dm = graph
    nodes = np.arange(n)
    weighted = weigh(build_hierarchy(n, tail, head, xy), ms, dm)
    monkeypatch.setattr(batch, "_BLOCK_BYTES", 1)
    blocks = list(sweep(weighted, Ends.of_nodes(nodes), Ends.of_nodes(nodes)))
    assert [(rows.start, rows.stop) for rows, _ in blocks] == [(i, min(i + 16, n)) for i in range(0, n, 16)]
    assert (np.concatenate([key for _, key in blocks]) == by_scipy(graph, nodes, nodes)).all()


def test_no_sources_no_targets() -> None:
    weighted = weigh(build_hierarchy(1, np.zeros(0, int), np.zeros(0, int)), np.zeros(0, int), np.zeros(0, int))
    one, none = Ends.of_nodes(np.array([0])), Ends.of_nodes(np.zeros(0, int))
    assert list(sweep(weighted, none, one)) == []
    ((rows, key),) = sweep(weighted, one, none)
    assert (rows, key.shape) == (slice(0, 1), (1, 0))
    ((_, key),) = sweep(weighted, one, one)
    assert key.tolist() == [[0.0]]


def test_a_pair_without_a_way_is_named() -> None:
    arc, one = (np.array([0]), np.array([1])), np.array([5])
    weighted = weigh(build_hierarchy(2, *arc), one, one)
    both = Ends.of_nodes(np.array([0, 1]))
    ((_, key),) = sweep(weighted, both, both)
    with pytest.raises(InputError, match="from 'gate' to 'depot': there is no way"):
        split_keys(key, ("depot", "gate"), ("depot", "gate"))
    ms, dm = split_keys(key[:1], ("depot",), ("depot", "gate"))
    assert (ms.tolist(), dm.tolist()) == ([[0, 5]], [[0, 5]])


def test_many_pairs_without_a_way_are_counted() -> None:
    key = np.full((5, 6), np.inf)
    with pytest.raises(InputError, match=r"and 10 more pairs"):
        split_keys(key, "abcde", "abcdef")


def test_a_way_beyond_what_is_exact_is_refused() -> None:
    n, ms = 3, MS_LIMIT - 1
    weighted = weigh(build_hierarchy(n, np.arange(2), np.arange(1, 3)), np.full(2, ms), np.full(2, 0))
    ((_, key),) = sweep(weighted, Ends.of_nodes(np.array([0])), Ends.of_nodes(np.array([2])))
    with pytest.raises(InputError, match="from 'a' to 'c': the way takes 149 hours or more"):
        split_keys(key, "a", "c")


@pytest.mark.parametrize(
    ("n", "tail", "head", "fault"),
    [
        (0, [], [], "expected at least one node, found 0"),
        (2, [0], [2], "must be nodes from 0 to 1"),
        (2, [-1], [0], "must be nodes from 0 to 1"),
        (2, [0, 1], [1], "must have one shape"),
    ],
)
def test_what_is_no_graph_is_refused(n: int, tail: list[int], head: list[int], fault: str) -> None:
    with pytest.raises(InputError, match=fault):
        build_hierarchy(n, np.array(tail, int), np.array(head, int))


def test_places_must_be_places() -> None:
    with pytest.raises(InputError, match="xy must be 2 finite pairs"):
        build_hierarchy(2, np.array([0]), np.array([1]), np.array([[0.0, np.nan], [1.0, 1.0]]))


@pytest.mark.parametrize(
    ("ms", "dm", "fault"),
    [
        ([-1], [0], "time_ms: arc 0 has -1; expected 0 to"),
        ([0], [DM_LIMIT], "length_dm: arc 0 has 16,777,216"),
        ([0.5], [0], "time_ms: expected 1 whole numbers, found float64"),
        ([1, 2], [0], "time_ms: expected 1 whole numbers"),
    ],
)
def test_what_is_no_weight_is_refused(ms: list[Any], dm: list[Any], fault: str) -> None:
    hierarchy = build_hierarchy(2, np.array([0]), np.array([1]))
    with pytest.raises(InputError, match=fault):
        weigh(hierarchy, np.array(ms), np.array(dm))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"start": [0, 4_000_000]}, "start must rise"),
        ({"start": [1, 2]}, "start must rise"),
        ({"node": [-1]}, "out of range"),
        ({"node": [3]}, "out of range"),
        ({"time_ms": [-1]}, "time_ms must be"),
        ({"length_dm": []}, "length_dm must be"),
    ],
)
def test_ends_that_are_none_never_reach_compiled_code(change: dict[str, list[int]], words: str) -> None:
    ring = np.arange(3)
    hierarchy = build_hierarchy(3, ring, (ring + 1) % 3)
    weighted = weigh(hierarchy, np.full(3, 10), np.full(3, 1))
    columns = {"start": [0, 1], "node": [0], "time_ms": [0], "length_dm": [0]} | change
    bad = Ends(**{name: np.array(column, np.int64) for name, column in columns.items()})
    good = Ends.of_nodes(ring)
    for sources, targets in ((bad, good), (good, bad)):
        with pytest.raises(InputError, match=words):
            list(sweep(weighted, sources, targets))
        with pytest.raises(InputError, match=words):
            find_paths(weighted, sources, targets, np.zeros(1, np.int64), np.zeros(1, np.int64))
