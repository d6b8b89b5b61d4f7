"""Social networks, as networkx draws them: ring, small world, scale-free, random, or given by its edges.

Where n nodes do not allow the mean degree it is cut to n − 1; ring and small world need an even one and round down.

Source: Watts, Strogatz (1998); Barabási, Albert (1999); Batagelj, Brandes (2005).
"""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import Any

import networkx as nx  # type: ignore[import-untyped]

from sim.mechanisms.diffusion import Diffusion

Edges = Iterable[tuple[int, int]]


def social_network(given: Diffusion, random: Random, edges: Edges | None) -> Any:
    """Return the graph of adopters; one without links if all mix, since shares are then counted from totals.

    Raises:
        ValueError: the network is 'edges', but there is no edge list.
    """
    n = given.adopters
    degree = min(given.degree, n - 1.0)
    match given.network:
        case "complete":
            return nx.empty_graph(n)
        case "ring":
            return nx.watts_strogatz_graph(n, round(degree), 0.0, seed=random)
        case "small-world":
            return nx.watts_strogatz_graph(n, round(degree), given.rewiring, seed=random)
        case "scale-free":
            links = round(degree / 2.0)
            return nx.barabasi_albert_graph(n, links, seed=random) if 0 < links < n else nx.empty_graph(n)
        case "poisson":
            return nx.fast_gnp_random_graph(n, degree / max(n - 1, 1), seed=random)
        case "edges":
            if edges is None:
                raise ValueError("edges: the network is 'edges', but there is no edge list")
            pairs = [(int(one), int(other)) for one, other in edges]
            graph = nx.empty_graph(1 + max(max(pair) for pair in pairs))
            graph.add_edges_from(pairs)
            return graph
