"""Social networks of adopters: undirected simple graphs in compressed rows, drawn with vectors only.

``degree`` is the mean number of neighbours and may be any number from 0; where n nodes do not allow that many (more
than n - 1) it is cut to what they do. A graph has the n·degree/2 links, rounded, that the mean asks for: an odd degree
gives some nodes one link more than others, a degree of 0 gives isolated nodes. Two exceptions are random by nature:
``poisson`` draws its number of links, and ``scale_free`` loses the few links that double another one.

Limits: rewiring 0 gives back the ring; the degrees of ``poisson`` are Poisson, those of ``scale_free`` have a tail of
exponent 3.
Source: Watts, Strogatz (1998); Barabási, Albert (1999); Batagelj, Brandes (2005); Sanders, Schulz (2016).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.compiled import compiled
from sim.parameters import Diffusion

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Network:
    """An undirected simple graph: the neighbours of node i are ``indices[indptr[i]:indptr[i + 1]]``, in rising order.

    Attributes:
        indptr: where each node's neighbours start, int64, shape (n + 1,).
        indices: the neighbours of all nodes, int32, shape (2·links,).
    """

    indptr: Ints
    indices: NDArray[np.int32]

    @property
    def n(self) -> int:
        """Number of nodes."""
        return len(self.indptr) - 1

    @property
    def degrees(self) -> Ints:
        """Number of neighbours of each node, shape (n,)."""
        return np.diff(self.indptr)

    def neighbours(self, node: int) -> NDArray[np.int32]:
        """Return the neighbours of one node."""
        return self.indices[self.indptr[node] : self.indptr[node + 1]]


def build(parameters: Diffusion, rng: np.random.Generator, edges: NDArray[Any] | None) -> Network | None:
    """Return the network that ``parameters`` ask for; None means complete mixing, shares counted from totals.

    ``edges`` is the edge list, shape (E, 2), and sets the number of adopters, when the network is "edges".

    Raises:
        ValueError: no edge list, or one that is no simple graph on 0 ... n - 1.
    """
    n, degree = parameters.adopters, parameters.degree
    match parameters.network:
        case "complete":
            return None
        case "ring":
            return ring(n, degree)
        case "small-world":
            return small_world(n, degree, parameters.rewiring, rng)
        case "scale-free":
            return scale_free(n, degree, rng)
        case "poisson":
            return poisson(n, degree, rng)
        case "edges":
            if edges is None:
                raise ValueError("edges: the network is 'edges', but there is no edge list")
            return from_edges(edges)


def ring(n: int, degree: float) -> Network:
    """Return a ring on which each node knows the nearest degree/2 on either side."""
    return _network(n, *_ring_links(n, degree))


def small_world(n: int, degree: float, rewiring: float, rng: np.random.Generator) -> Network:
    """Return a ring with a share of its links rewired: one end stays, the other goes to a random node.

    A link that would double another, or land among the ring's own, stays where it was; the number of links is kept.
    """
    source, target = _ring_links(n, degree)
    moved = np.flatnonzero(rng.random(len(source)) < rewiring)
    if len(moved) == 0:
        return _network(n, source, target)
    reach = int(((target - source) % n).max())
    ends = rng.integers(0, n, size=len(moved))
    distance = np.abs(ends - source[moved])
    far = np.minimum(distance, n - distance) > reach
    moved, ends = moved[far], ends[far]
    _, first = np.unique(_pairs(source[moved], ends), return_index=True)
    target[moved[first]] = ends[first]
    return _network(n, source, target)


def scale_free(n: int, degree: float, rng: np.random.Generator) -> Network:
    """Return a preferential-attachment graph: newcomers bring degree/2 links to the ends of links drawn at random.

    It starts from degree + 1 nodes that all know each other, so that the mean holds for any n. Each newcomer draws
    the *position* of an endpoint in the list of all earlier links; positions that hold a drawn end themselves are
    resolved by pointer doubling.
    """
    degree = _clipped(n, degree)
    links = floor(n * degree / 2 + 0.5)
    if links == 0:
        return _network(n, _none(), _none())
    core = max(2, floor(degree) + 1)
    first_end, second_end = np.triu_indices(core, k=1)
    newcomers, wanted, seed = n - core, links - len(first_end), len(first_end)
    arrivals = np.arange(newcomers + 1, dtype=np.int64) * wanted // max(newcomers, 1)
    source = np.concatenate([first_end, np.repeat(np.arange(core, n), np.diff(arrivals))])
    known = 2 * (seed + np.repeat(arrivals[:-1], np.diff(arrivals)))  # endpoints there before the newcomer

    # Position 2e is the source of link e, 2e + 1 its target; copied[e] is the position that the target of e copies.
    copied = np.concatenate([2 * np.arange(seed) + 1, rng.integers(0, known)])
    unresolved = np.flatnonzero((copied & 1 == 1) & (copied > 2 * seed))
    while len(unresolved):
        copied[unresolved] = copied[copied[unresolved] >> 1]
        pending = copied[unresolved]
        unresolved = unresolved[(pending & 1 == 1) & (pending > 2 * seed)]
    link = copied >> 1
    target = np.where(copied & 1 == 1, second_end[np.minimum(link, seed - 1)], source[link])
    return _network(n, source, target)


def poisson(n: int, degree: float, rng: np.random.Generator) -> Network:
    """Return a random graph in which each pair is linked with chance degree/(n - 1), so that degrees are Poisson.

    The gaps between linked pairs in the list of all pairs are geometric (Batagelj, Brandes 2005).
    """
    pairs = n * (n - 1) // 2
    chance = _clipped(n, degree) / max(n - 1, 1)
    if chance * pairs < 1e-9:
        return _network(n, _none(), _none())
    expected = chance * pairs
    parts, last = [_none()], -1
    while last < pairs:
        gaps = rng.geometric(chance, size=int(expected + 4.0 * expected**0.5) + 8)
        parts.append(last + np.cumsum(np.minimum(gaps, pairs + 1)))
        last = int(parts[-1][-1])
    pair = np.concatenate(parts)
    return _network(n, *_ends(pair[pair < pairs]))


def from_edges(edges: NDArray[Any], n: int | None = None) -> Network:
    """Return the graph of an edge list; either direction and repeats of a link count once.

    Args:
        edges: pairs of node numbers from 0, shape (E, 2).
        n: number of nodes; then nodes that no edge names are isolated, otherwise they are an error.

    Raises:
        ValueError: an empty list, numbers that are not whole, negative or beyond n, self-loops, or holes.
    """
    table = np.asarray(edges)
    if table.size == 0 and not n:
        raise ValueError("edges: the edge list is empty")
    if table.size and (table.ndim != 2 or table.shape[1] != 2):
        raise ValueError(f"edges: an edge has two ends, but the table has shape {table.shape}")
    if table.dtype.kind not in "iuf" or not np.array_equal(table, np.floor(table)) or np.any(np.abs(table) >= 2**31):
        raise ValueError("edges: node numbers must be whole numbers below 2^31")
    table = table.reshape(-1, 2).astype(np.int64)
    highest = int(table.max(initial=-1))
    if table.min(initial=0) < 0:
        raise ValueError(f"edges: node numbers start at 0, not {int(table.min())}")
    loops = np.flatnonzero(table[:, 0] == table[:, 1])
    if len(loops):
        raise ValueError(f"edges: node {table[loops[0], 0]} is linked to itself")
    if n is None:
        named = np.unique(table)
        if len(named) <= highest:
            hole = int(np.argmax(named != np.arange(len(named))))
            raise ValueError(f"edges: nodes go up to {highest}, but node {hole} has no edge (number nodes from 0 on)")
        n = highest + 1
    elif highest >= n:
        raise ValueError(f"edges: node {highest} is beyond the last of {n} nodes, {n - 1}")
    return _network(n, table[:, 0], table[:, 1])


def _clipped(n: int, degree: float) -> float:
    if n < 1 or not degree >= 0:
        raise ValueError(f"network: needs 1 node and a degree of 0 at least, not {n} and {degree}")
    return min(degree, n - 1.0)


def _none() -> Ints:
    return np.empty(0, dtype=np.int64)


def _ring_links(n: int, degree: float) -> tuple[Ints, Ints]:
    """Links of a ring, nearest first; the last distance is filled as far as the mean degree asks, evenly around."""
    links = floor(n * _clipped(n, degree) / 2 + 0.5)
    sources, distance = [_none()], 0
    distances = [_none()]
    while links > 0:
        distance += 1
        room = n // 2 if 2 * distance == n else n  # opposite nodes: both directions are one link
        count = min(links, room)
        sources.append(np.arange(count, dtype=np.int64) * room // count)
        distances.append(np.full(count, distance, dtype=np.int64))
        links -= count
    source = np.concatenate(sources)
    return source, (source + np.concatenate(distances)) % n


def _ends(pair: Ints) -> tuple[Ints, Ints]:
    """The two nodes of a pair numbered (0, 1), (0, 2), (1, 2), (0, 3), ...; exact below 4·10⁷ nodes."""
    upper = ((1.0 + np.sqrt(1.0 + 8.0 * pair)) / 2.0).astype(np.int64)
    return pair - upper * (upper - 1) // 2, upper


def _pairs(one: Ints, other: Ints) -> Ints:
    """One number for each unordered pair."""
    return (np.minimum(one, other) << 32) | np.maximum(one, other)


def _network(n: int, source: Ints, target: Ints) -> Network:
    """Compressed rows of links without self-loops; doubled links count once."""
    return Network(*_compress(n, source, target))


@compiled
def _compress(n: int, source: Ints, target: Ints) -> tuple[Ints, NDArray[np.int32]]:
    """Put either end of each link into the other's row, sort the rows, and close the gaps that doubles leave."""
    indptr = np.zeros(n + 1, dtype=np.int64)
    for link in range(len(source)):
        indptr[source[link] + 1] += 1
        indptr[target[link] + 1] += 1
    for node in range(n):
        indptr[node + 1] += indptr[node]
    free = indptr[:-1].copy()
    indices = np.empty(2 * len(source), dtype=np.int32)
    for link in range(len(source)):
        one, other = source[link], target[link]
        indices[free[one]] = other
        indices[free[other]] = one
        free[one] += 1
        free[other] += 1
    end = 0
    for node in range(n):
        start, stop = indptr[node], indptr[node + 1]
        indptr[node] = end
        indices[start:stop].sort()
        for place in range(start, stop):
            if place == start or indices[place] != indices[end - 1]:
                indices[end] = indices[place]
                end += 1
    indptr[n] = end
    return indptr, indices[:end].copy()
