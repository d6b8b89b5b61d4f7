"""The sides of the adopters' benchmark, each the same rules in the way of its library."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.util import find_spec
from typing import Any

from benchmarks.world import World

OURS, FLOOR, REACHED = "flywheel", "floor", "floor, and changes"
MESA, AGENTPY, SPARSE = "Mesa, an agent a node", "agentpy, an agent a node", "NumPy, full sparse product"
OBJECTS = (MESA, AGENTPY) if find_spec("agentpy") else (MESA,)


def makers(world: World, names: Iterable[str]) -> dict[str, Callable[[int], Any]]:
    """Return what sets up each of the sides named, other than ours, in a world from a seed."""
    from benchmarks.sides.floor import Floor
    from benchmarks.sides.sparse import SparseProduct

    wanted = list(names)
    sides: dict[str, Callable[[int], Any]] = {
        SPARSE: lambda seed: SparseProduct(world, seed),
        FLOOR: lambda _: Floor(world),
    }
    if set(wanted) & set(OBJECTS):
        sides |= _object_makers(world)
    return {name: sides[name] for name in wanted}


def _object_makers(world: World) -> dict[str, Callable[[int], Any]]:
    from benchmarks.sides.mesa_agents import MesaAgents, to_networkx

    graph = to_networkx(world)
    sides: dict[str, Callable[[int], Any]] = {MESA: lambda seed: MesaAgents(world, graph, seed)}
    if AGENTPY in OBJECTS:
        from benchmarks.sides.agentpy_agents import AgentpyAgents

        sides[AGENTPY] = lambda seed: AgentpyAgents(world, graph, seed)
    return sides
