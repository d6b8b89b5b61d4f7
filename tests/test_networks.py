"""Networks: simple graphs of the mean degree that was asked for, with the shapes that their sources claim."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sim import networks
from sim.networks import Network
from sim.parameters import Diffusion

RANDOM = ("small-world", "scale-free", "poisson")
KINDS = ("ring", *RANDOM)


def draw(kind: str, n: int, degree: float, seed: int = 0, rewiring: float = 0.1) -> Network:
    rng = np.random.default_rng(seed)
    match kind:
        case "ring":
            return networks.ring(n, degree)
        case "small-world":
            return networks.small_world(n, degree, rewiring, rng)
        case "scale-free":
            return networks.scale_free(n, degree, rng)
    return networks.poisson(n, degree, rng)


def links(network: Network) -> set[tuple[int, int]]:
    """All links in both directions, one after the other, so that a double one cannot hide."""
    pairs = [(i, int(j)) for i in range(network.n) for j in network.neighbours(i)]
    assert len(pairs) == len(set(pairs)), "a link is there twice"
    return set(pairs)


def same(one: Network, other: Network) -> bool:
    return np.array_equal(one.indptr, other.indptr) and np.array_equal(one.indices, other.indices)


@settings(deadline=None, max_examples=150)
@given(
    kind=st.sampled_from(KINDS),
    n=st.integers(1, 40),
    degree=st.floats(0, 50),
    rewiring=st.floats(0, 1),
    seed=st.integers(0, 2**32),
)
def test_any_request_gives_a_simple_graph(kind, n, degree, rewiring, seed):
    network = draw(kind, n, degree, seed, rewiring)
    found = links(network)
    assert (network.n, network.indptr.dtype, network.indices.dtype) == (n, np.int64, np.int32)
    assert all(i != j and 0 <= j < n and (j, i) in found for i, j in found)
    assert all(np.all(np.diff(network.neighbours(i)) > 0) for i in range(n))
    assert network.degrees.sum() == len(found)
    wanted = 2 * int(n * min(degree, n - 1) / 2 + 0.5)
    if kind in ("ring", "small-world"):
        assert len(found) == wanted
    if kind == "scale-free":
        assert len(found) <= wanted


@pytest.mark.parametrize("kind", KINDS)
def test_degree_is_cut_to_what_the_nodes_allow(kind):
    assert len(links(draw(kind, 1, 8))) == 0
    assert len(links(draw(kind, 7, 0))) == 0
    assert links(draw(kind, 2, 8)) == {(0, 1), (1, 0)}
    assert len(links(draw(kind, 6, 200))) == 6 * 5


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("degree", [0.7, 1, 3, 6.5, 8])
def test_mean_degree(kind, degree):
    n = 20_000
    expected = {"poisson": 5 * np.sqrt(2 * degree / n), "scale-free": 0.01 * degree}.get(kind, 1 / n)
    assert draw(kind, n, degree, seed=3).degrees.mean() == pytest.approx(degree, abs=expected)


def test_ring_knows_the_nearest_on_either_side():
    network = networks.ring(10, 4)
    assert network.neighbours(0).tolist() == [1, 2, 8, 9]
    assert network.neighbours(5).tolist() == [3, 4, 6, 7]
    assert set(networks.ring(10, 9).degrees) == {9}


def test_an_odd_degree_spreads_the_extra_links_evenly():
    degrees = networks.ring(100, 3).degrees
    assert sorted(set(degrees)) == [2, 4]
    assert degrees.reshape(10, 10).sum(axis=1).tolist() == [30] * 10


def test_small_world_between_the_ring_and_chance():
    n, degree = 4000, 8
    ring = networks.ring(n, degree)
    assert same(networks.small_world(n, degree, 0.0, np.random.default_rng(0)), ring)
    for rewiring in (0.1, 0.4):
        network = draw("small-world", n, degree, seed=1, rewiring=rewiring)
        kept = len(links(network) & links(ring)) / (n * degree)
        assert kept == pytest.approx(1 - rewiring, abs=0.015)
        assert network.degrees.min() >= degree / 2
        # Barrat, Weigt (2000): triangles survive if all three links do.
        whole = 3 * (degree - 2) / (4 * (degree - 1))
        assert clustering(network) == pytest.approx(whole * (1 - rewiring) ** 3, abs=0.02)


def test_rewired_links_end_anywhere():
    n = 4000
    network = draw("small-world", n, 8, seed=1, rewiring=0.5)
    ends = np.array([i for i, _ in links(network) - links(networks.ring(n, 8))])
    assert stats.chisquare(np.bincount(ends * 10 // n)).pvalue > 0.001


def clustering(network: Network) -> float:
    near = [set(network.neighbours(i).tolist()) for i in range(network.n)]
    closed = sum(len(near[i] & near[j]) for i in range(network.n) for j in near[i])
    return closed / sum(len(known) * (len(known) - 1) for known in near)


def test_scale_free_degrees_follow_barabasi_and_albert():
    """P(degree ≥ k) = m (m + 1) / (k (k + 1)) (Dorogovtsev, Mendes, Samukhin 2000), m links a newcomer."""
    n, m = 100_000, 4
    degrees = draw("scale-free", n, 2 * m, seed=5).degrees
    for k in (5, 8, 16, 32, 64):
        expected = m * (m + 1) / (k * (k + 1))
        assert np.mean(degrees >= k) == pytest.approx(expected, rel=0.04 + 4 / np.sqrt(n * expected))
    assert degrees[:10].mean() > 50 * degrees[-1000:].mean(), "the old are the hubs"


def test_scale_free_newcomers_link_to_older_nodes_only():
    network = draw("scale-free", 500, 6, seed=2)
    brought = np.array([(network.neighbours(i) < i).sum() for i in range(7, 500)])
    assert brought.max() == 3
    assert brought.min() >= 1
    assert brought.mean() > 2.8


def test_poisson_degrees_are_poisson():
    n, degree = 50_000, 3.0
    degrees = draw("poisson", n, degree, seed=4).degrees
    top = 10
    counts = np.bincount(np.minimum(degrees, top), minlength=top + 1)
    law = stats.poisson(degree)
    expected = n * np.append(law.pmf(np.arange(top)), law.sf(top - 1))
    assert stats.chisquare(counts, expected).pvalue > 0.001


def test_poisson_links_every_pair_with_the_same_chance():
    n, degree, draws = 8, 3.0, 3000
    rng = np.random.default_rng(7)
    counts = np.zeros((n, n))
    for _ in range(draws):
        network = networks.poisson(n, degree, rng)
        counts[np.repeat(np.arange(n), network.degrees), network.indices] += 1
    pairs = counts[np.triu_indices(n, 1)]
    chance = degree / (n - 1)
    assert np.abs(pairs / draws - chance).max() < 4.5 * np.sqrt(chance * (1 - chance) / draws)


def test_numbered_pairs_are_exact_at_ten_million_nodes():
    upper = np.array([1, 2, 3, 1000, 999_999, 9_999_999])
    first = upper * (upper - 1) // 2
    for lower in (np.zeros(6, dtype=np.int64), upper - 1):
        assert np.array_equal(networks._ends(first + lower), [lower, upper])


@pytest.mark.parametrize("kind", RANDOM)
def test_a_seed_is_a_graph(kind):
    assert same(draw(kind, 300, 6, seed=1), draw(kind, 300, 6, seed=1))
    assert not same(draw(kind, 300, 6, seed=1), draw(kind, 300, 6, seed=2))


def test_edge_list_counts_a_link_once():
    network = networks.from_edges(np.array([[2, 0], [0, 2], [0, 1], [2, 0]]))
    assert [network.neighbours(i).tolist() for i in range(3)] == [[1, 2], [0], [0]]
    assert same(networks.from_edges(np.array([[2.0, 0.0], [0.0, 1.0]])), network)


def test_edge_list_may_declare_isolated_nodes():
    assert networks.from_edges(np.array([[0, 3]]), n=6).degrees.tolist() == [1, 0, 0, 1, 0, 0]
    assert networks.from_edges(np.empty((0, 2)), n=2).degrees.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("edges", "n", "message"),
    [
        ([], None, "the edge list is empty"),
        ([[0, 1, 2]], None, r"two ends, but the table has shape \(1, 3\)"),
        ([[0, 1.5]], None, "whole numbers"),
        ([[0, np.nan]], None, "whole numbers"),
        ([[0, np.inf]], None, "whole numbers"),
        ([["a", "b"]], None, "whole numbers"),
        ([[0, -2]], None, "start at 0, not -2"),
        ([[0, 1], [4, 4]], None, "node 4 is linked to itself"),
        ([[0, 1], [1, 4]], None, "go up to 4, but node 2 has no edge"),
        ([[1, 2]], None, "go up to 2, but node 0 has no edge"),
        ([[0, 1e300]], None, "below 2"),
        ([[0, 2_000_000_000]], None, "node 1 has no edge"),
        ([[0, 5]], 5, "node 5 is beyond the last of 5 nodes, 4"),
    ],
)
def test_faulty_edge_lists_are_named_in_one_line(edges, n, message):
    with pytest.raises(ValueError, match=message) as error:
        networks.from_edges(np.array(edges), n)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("n", "degree"), [(0, 2), (5, -1), (5, float("nan"))])
@pytest.mark.parametrize("kind", KINDS)
def test_impossible_requests_are_refused(kind, n, degree):
    with pytest.raises(ValueError, match="network: needs"):
        draw(kind, n, degree)


def test_build_does_what_the_parameters_say():
    def built(kind, **changes):
        given = Diffusion(adopters=60, network=kind, **changes)
        return networks.build(given, np.random.default_rng(0), np.array([[0, 1], [1, 2]]))

    assert built("complete") is None
    assert same(built("ring", degree=4), networks.ring(60, 4))
    assert same(built("small-world", rewiring=0.6), draw("small-world", 60, 8, rewiring=0.6))
    assert not same(built("small-world", rewiring=0.6), built("small-world", rewiring=0.1))
    for kind in RANDOM:
        assert same(built(kind, degree=5), draw(kind, 60, 5))
    assert built("edges").degrees.tolist() == [1, 2, 1], "the file, not 'adopters', sets the size"
    with pytest.raises(ValueError, match="there is no edge list"):
        networks.build(Diffusion(network="edges"), np.random.default_rng(0), None)
