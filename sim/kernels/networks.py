"""Social networks of adopters: undirected simple graphs in compressed rows, drawn link by link.

``degree`` is the mean number of neighbours and may be any number from 0; where n nodes do not allow that many (more
than n - 1) it is cut to what they do. A graph has the n·degree/2 links, rounded, that the mean asks for: an odd degree
gives some nodes one link more than others, a degree of 0 gives isolated nodes. Two exceptions are random by nature:
``poisson`` draws its number of links, and ``scale_free`` loses the few links that double another one.

Shapes: n nodes; node i's neighbours are ``neighbours[start[i]:start[i + 1]]``, in rising order.
Limits: rewiring 0 gives back the ring; the degrees of ``poisson`` are Poisson, those of ``scale_free`` have a tail of
exponent 3.
Source: Watts, Strogatz (1998); Barabási, Albert (1999); Batagelj, Brandes (2005).
"""

from __future__ import annotations

from math import floor, log, log1p
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.kernels.compiled import compiled, entry
from sim.kernels.draws import key, nth, stream

Starts = NDArray[np.int64]
Nodes = NDArray[np.int32]

KINDS = ("complete", "ring", "small-world", "scale-free", "poisson", "edges")  # as Diffusion.network declares them
COMPLETE, RING, SMALL_WORLD, SCALE_FREE, POISSON, EDGES = range(6)

_NETWORK, _ENDS = stream("network"), stream("network ends")


class Network(NamedTuple):
    """An undirected simple graph in compressed rows.

    Attributes:
        start: where each node's neighbours start, int64, shape (n + 1,).
        neighbours: the neighbours of all nodes, int32, shape (2·links,).
    """

    start: Starts
    neighbours: Nodes

    @property
    def degrees(self) -> Starts:
        """Number of neighbours of each node, shape (n,)."""
        return np.diff(self.start)


def draw(kind: int, n: int, degree: float, rewiring: float, seed: np.uint64) -> Network:
    """Return a network of n nodes, without links if ``kind`` is COMPLETE: then nothing need be written down.

    Args:
        kind: RING, SMALL_WORLD, SCALE_FREE or POISSON.
        n: number of nodes.
        degree: mean number of neighbours.
        rewiring: share of the small world's links that are rewired.
        seed: the run's key.

    Raises:
        ValueError: no node, or a negative degree.
    """
    if n < 1 or not degree >= 0:
        raise ValueError(f"network: needs 1 node and a degree of 0 at least, not {n} and {degree}")
    return Network(*drawn(kind, n, min(float(degree), n - 1.0), float(rewiring), seed))


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
    size = _size(table, n)
    pairs = np.unique(table.min(axis=1) << 32 | table.max(axis=1))
    return Network(*_pack(size, (pairs >> 32).astype(np.int32), (pairs & 0xFFFFFFFF).astype(np.int32)))


def _size(table: Starts, n: int | None) -> int:
    """Return the number of nodes of an edge list, all of whose nodes have a link unless n is given."""
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
        return highest + 1
    if highest >= n:
        raise ValueError(f"edges: node {highest} is beyond the last of {n} nodes, {n - 1}")
    return n


@entry
def drawn(kind: int, n: int, degree: float, rewiring: float, seed: np.uint64) -> tuple[Starts, Nodes]:
    """Return what ``draw`` does; a degree of n - 1 at most."""
    if kind in (SMALL_WORLD, RING):
        source, target, reach = _ring(n, degree)
        if kind == SMALL_WORLD and rewiring > 0.0:
            _rewire(source, target, n, reach, rewiring, seed)
        return _rows(n, source, target)
    if kind == SCALE_FREE:
        source, target = _scale_free(n, degree, seed)
        return _rows(n, source, target)
    source, target = _poisson(n, degree if kind == POISSON else 0.0, seed)
    return _rows(n, source, target)


@entry
def _pack(n: int, source: Nodes, target: Nodes) -> tuple[Starts, Nodes]:
    return _rows(n, source, target)


@compiled
def _ring(n: int, degree: float) -> tuple[Nodes, Nodes, int]:
    """Return links from each node to the next ones, by source, and the largest distance between ends.

    The last distance is filled as far as the mean degree asks, evenly around.
    """
    links = floor(n * degree / 2 + 0.5)
    source, target = np.empty(links, dtype=np.int32), np.empty(links, dtype=np.int32)
    whole, rest, room = 0, links, n
    while rest > 0:
        room = n // 2 if 2 * (whole + 1) == n else n  # opposite nodes: both directions are one link
        if rest < room:
            break
        whole += 1
        rest -= room
    link = 0
    for node in range(n):
        for distance in range(1, whole + 1):
            if 2 * distance == n and node >= n // 2:
                break
            source[link] = node
            target[link] = node + distance if node + distance < n else node + distance - n
            link += 1
        if rest > 0:
            turn = (node * rest + room - 1) // room  # the first of the rest that starts here or later
            if turn < rest and turn * room // rest == node:
                source[link] = node
                target[link] = (node + whole + 1) % n
                link += 1
    return source, target, whole + (rest > 0)


@compiled
def _rewire(source: Nodes, target: Nodes, n: int, reach: int, rewiring: float, seed: np.uint64) -> None:
    """Give a share of the ring's links another target, in place: any node, with the same chance.

    A link that would double another, or land among the ring's own, stays where it was; the number of links is kept.
    Links that move are found by geometric gaps. Moved links are in rising order of their source, so that doubles are
    looked for among those of either end.
    """
    gaps, ends = key(seed, _NETWORK, 0, 0, 0), key(seed, _ENDS, 0, 0, 0)
    scale = 1.0 / log1p(-rewiring) if rewiring < 1.0 else 0.0
    moved = np.empty(len(source), dtype=np.int32)
    count, draws = 0, 0
    link = floor(min(log(nth(gaps, 0)) * scale, float(len(source))))
    while link < len(source):
        node = source[link]
        end = floor(nth(ends, draws) * n)
        apart = abs(end - node)
        if min(apart, n - apart) > reach and not _linked(moved, count, source, target, node, end):
            target[link] = end
            moved[count] = link
            count += 1
        draws += 1
        link += 1 + floor(min(log(nth(gaps, draws)) * scale, float(len(source))))


@compiled
def _linked(moved: Nodes, count: int, source: Nodes, target: Nodes, node: int, end: int) -> bool:
    """Return whether one of the moved links, of which ``node`` has the last, joins ``node`` and ``end``."""
    place = count - 1
    while place >= 0 and source[moved[place]] == node:
        if target[moved[place]] == end:
            return True
        place -= 1
    if end > node:
        return False
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if source[moved[middle]] < end:
            low = middle + 1
        else:
            high = middle
    while low < count and source[moved[low]] == end:
        if target[moved[low]] == node:
            return True
        low += 1
    return False


@compiled
def _scale_free(n: int, degree: float, seed: np.uint64) -> tuple[Nodes, Nodes]:
    """Return links by preferential attachment: newcomers bring degree/2 links to the ends of links drawn at random.

    It starts from degree + 1 nodes that all know each other, so that the mean holds for any n.
    """
    links = floor(n * degree / 2 + 0.5)
    source, target = np.empty(links, dtype=np.int32), np.empty(links, dtype=np.int32)
    if links == 0:
        return source, target
    core, link = max(2, floor(degree) + 1), 0
    for node in range(core):
        for other in range(node):
            if link < links:
                source[link], target[link] = node, other
                link += 1
    seeds, ends = link, key(seed, _ENDS, 0, 0, 0)
    for node in range(core, n):
        known = link  # links there before the newcomer
        stop = seeds + (node - core + 1) * (links - seeds) // (n - core)
        while link < stop:
            end = floor(nth(ends, link) * (2 * known))
            source[link] = node
            target[link] = target[end >> 1] if end & 1 else source[end >> 1]
            link += 1
    return source, target


@compiled
def _poisson(n: int, degree: float, seed: np.uint64) -> tuple[Nodes, Nodes]:
    """Return a random graph in which each pair is linked with chance degree/(n - 1), so that degrees are Poisson.

    The gaps between linked pairs in the list (0, 1), (0, 2), (1, 2), (0, 3), ... are geometric.
    """
    pairs, chance = n * (n - 1) // 2, degree / max(n - 1, 1)
    expected = chance * pairs
    room = 16 + floor(expected + 4.0 * expected**0.5)
    source, target = np.empty(room, dtype=np.int32), np.empty(room, dtype=np.int32)
    if expected < 1e-9:
        return source[:0], target[:0]
    gaps, scale = key(seed, _NETWORK, 0, 0, 0), 1.0 / log1p(-chance) if chance < 1.0 else 0.0
    upper, first, link, draws = 1, 0, 0, 1  # pairs of node ``upper`` start at ``first``
    pair = floor(min(log(nth(gaps, 0)) * scale, float(pairs)))
    while pair < pairs:
        while pair >= first + upper:
            first += upper
            upper += 1
        if link == len(source):
            source, target = np.append(source, source), np.append(target, target)
        source[link], target[link] = upper, pair - first
        link += 1
        pair += 1 + floor(min(log(nth(gaps, draws)) * scale, float(pairs)))
        draws += 1
    return source[:link], target[:link]


@compiled
def _rows(n: int, source: Nodes, target: Nodes) -> tuple[Starts, Nodes]:
    """Put either end of each link, links in rising order of source, into the other's row, and put rows in order."""
    start = np.zeros(n + 2, dtype=np.int64)
    link = 0
    for node in range(n):
        begun = link
        while link < len(source) and source[link] == node:
            start[target[link] + 2] += 1
            link += 1
        start[node + 2] += link - begun
    for node in range(2, n + 2):
        start[node] += start[node - 1]
    neighbours = np.empty(2 * len(source), dtype=np.int32)
    link = 0
    for node in range(n):  # meanwhile start[i + 1] runs from the start of row i to its end
        place = start[node + 1]
        while link < len(source) and source[link] == node:
            other = target[link]
            neighbours[place] = other
            neighbours[start[other + 1]] = node
            start[other + 1] += 1
            place += 1
            link += 1
        start[node + 1] = place
    return start[: n + 1], neighbours[: _in_order(start, neighbours, n)]


@compiled
def _in_order(start: Starts, neighbours: Nodes, n: int) -> int:
    """Sort rows that are nearly in order, in place, close the gaps that doubles leave, and return where rows end."""
    end, opened = 0, 0
    for node in range(n):
        closed, kept, rising = start[node + 1], end, end == opened
        for place in range(opened + 1, closed):
            rising &= neighbours[place - 1] < neighbours[place]
        for place in range(opened, opened if rising else closed):
            value, gap = neighbours[place], end
            while gap > kept and neighbours[gap - 1] > value:
                gap -= 1
            if gap > kept and neighbours[gap - 1] == value:
                continue
            for shifted in range(end, gap, -1):
                neighbours[shifted] = neighbours[shifted - 1]
            neighbours[gap] = value
            end += 1
        end = closed if rising else end
        opened, start[node + 1] = closed, end
    return end
