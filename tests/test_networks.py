"""Networks: simple graphs of the mean degree that was asked for, with the shapes that their sources claim."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sim.kernels import networks
from sim.kernels.draws import seed_key
from sim.kernels.networks import Network

RANDOM = ("small-world", "scale-free", "poisson")
KINDS = ("ring", *RANDOM)


PLACE = {"ring": networks.RING, "small-world": networks.SMALL_WORLD, "scale-free": networks.SCALE_FREE}


def draw(kind: str, n: int, degree: float, seed: int = 0, rewiring: float = 0.1) -> Network:
    return networks.draw(PLACE.get(kind, networks.POISSON), n, degree, rewiring, seed_key(seed))


def neighbours(network: Network, node: int) -> np.ndarray:
    return network.neighbours[network.start[node] : network.start[node + 1]]


def links(network: Network) -> set[tuple[int, int]]:
    """All links in both directions, one after the other, so that a double one cannot hide."""
    pairs = [(i, int(j)) for i in range(len(network.degrees)) for j in neighbours(network, i)]
    assert len(pairs) == len(set(pairs)), "a link is there twice"
    return set(pairs)


def same(one: Network, other: Network) -> bool:
    return np.array_equal(one.start, other.start) and np.array_equal(one.neighbours, other.neighbours)


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
    assert (len(network.degrees), network.start.dtype, network.neighbours.dtype) == (n, np.int64, np.int32)
    assert all(i != j and 0 <= j < n and (j, i) in found for i, j in found)
    assert all(np.all(np.diff(neighbours(network, i)) > 0) for i in range(n))
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
    network = draw("ring", 10, 4)
    assert neighbours(network, 0).tolist() == [1, 2, 8, 9]
    assert neighbours(network, 5).tolist() == [3, 4, 6, 7]
    assert set(draw("ring", 10, 9).degrees) == {9}


def test_an_odd_degree_spreads_the_extra_links_evenly():
    degrees = draw("ring", 100, 3).degrees
    assert sorted(set(degrees)) == [2, 4]
    assert degrees.reshape(10, 10).sum(axis=1).tolist() == [30] * 10


def test_small_world_between_the_ring_and_chance():
    n, degree = 4000, 8
    ring = draw("ring", n, degree)
    assert same(draw("small-world", n, degree, rewiring=0.0), ring)
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
    ends = np.array([i for i, _ in links(network) - links(draw("ring", n, 8))])
    assert stats.chisquare(np.bincount(ends * 10 // n)).pvalue > 0.001


def clustering(network: Network) -> float:
    near = [set(neighbours(network, i).tolist()) for i in range(len(network.degrees))]
    closed = sum(len(near[i] & near[j]) for i in range(len(network.degrees)) for j in near[i])
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
    brought = np.array([(neighbours(network, i) < i).sum() for i in range(7, 500)])
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
    counts = np.zeros((n, n))
    for seed in range(draws):
        network = draw("poisson", n, degree, seed)
        counts[np.repeat(np.arange(n), network.degrees), network.neighbours] += 1
    pairs = counts[np.triu_indices(n, 1)]
    chance = degree / (n - 1)
    assert np.abs(pairs / draws - chance).max() < 4.5 * np.sqrt(chance * (1 - chance) / draws)


@pytest.mark.parametrize("kind", RANDOM)
def test_a_seed_is_a_graph(kind):
    assert same(draw(kind, 300, 6, seed=1), draw(kind, 300, 6, seed=1))
    assert not same(draw(kind, 300, 6, seed=1), draw(kind, 300, 6, seed=2))


def test_edge_list_counts_a_link_once():
    network = networks.from_edges(np.array([[2, 0], [0, 2], [0, 1], [2, 0]]))
    assert [neighbours(network, i).tolist() for i in range(3)] == [[1, 2], [0], [0]]
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
