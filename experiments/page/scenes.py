"""One seed of a world, month by month: how slots were filled, and who of the adopters uses what."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from sim.outcomes import Event
from sim.parameters import Parameters

if TYPE_CHECKING:
    from sim.model import InnovationModel

Ints: TypeAlias = NDArray[np.int64]
Places: TypeAlias = NDArray[np.float64]

WAYS = ("inherited", "made", "copied", "reused", "adopted")
NOBODY, FOCAL, RIVAL = range(3)
MOST_ADOPTERS = 160  # more cannot be told apart on a phone


class Fill(NamedTuple):
    """A slot of a release of the focal firm: when and how it was filled, by which module, and its lane, from 0."""

    month: int
    slot: int
    module: int
    way: str
    lane: int


class Scene(NamedTuple):
    """One seed of a world.

    Attributes:
        months: how many there are.
        slots: their names.
        fills: in the order of months.
        releases: months of the focal firm's releases.
        adopters: how many there are in all.
        links: pairs of the adopters that are shown, shape (links, 2).
        places: where they are drawn, shape (shown, 2).
        uses: NOBODY, FOCAL or RIVAL by month, from 0, and adopter shown, shape (months + 1, shown).
    """

    months: int
    slots: tuple[str, ...]
    fills: tuple[Fill, ...]
    releases: tuple[int, ...]
    adopters: int
    links: Ints
    places: Places
    uses: Ints

    def filled(self, month: int) -> dict[str, int]:
        """Return how many slots were filled in each way up to a month."""
        return {way: sum(fill.way == way and fill.month <= month for fill in self.fills) for way in WAYS}

    def released(self, month: int) -> int:
        """Return how many products had come out by a month."""
        return sum(each <= month for each in self.releases)

    def using(self, month: int) -> tuple[int, int, int]:
        """Return how many of the adopters shown use nothing, the focal product and a rival's."""
        nobody, focal, rival = np.bincount(self.uses[month], minlength=3).tolist()
        return nobody, focal, rival


@lru_cache(maxsize=8)
def _played(text: str, seed: int) -> Scene:
    from sim.model import InnovationModel  # brings Mesa along, which the page need not wait for

    parameters = Parameters.model_validate_json(text)
    model = InnovationModel(parameters, rng=seed)
    shown, links = _around_first(model)
    uses = [_uses(model, shown)]
    for _ in range(parameters.run.months):
        model.step()
        uses.append(_uses(model, shown))
    events, slots = model.events, parameters.architecture.slots
    releases = tuple(each.month for each in events if each.kind == "released" and each.firm == "focal")
    return Scene(
        parameters.run.months, slots, fills_of(events, slots), releases, len(model.crowd.adopters), links,
        _places(len(shown), links), np.array(uses),
    )  # fmt: skip


def play(parameters: Parameters, seed: int) -> Scene:
    """Return one seed of a world; the last ones are kept."""
    return _played(parameters.model_dump_json(), seed)


def fills_of(events: Iterable[Event], slots: tuple[str, ...]) -> tuple[Fill, ...]:
    """Return how the focal firm's slots were filled, each module in a lane of its slot that no other uses meanwhile."""
    bare = [
        (each.month, slots.index(each.slot), each.module, each.kind)
        for each in events
        if each.firm == "focal" and each.kind in WAYS
    ]
    lives: dict[tuple[int, int], tuple[int, int]] = {}
    for month, slot, module, _ in bare:
        start, end = lives.get((slot, module), (month, month))
        lives[slot, module] = min(start, month), max(end, month)
    ends: dict[int, list[int]] = {}
    lanes: dict[tuple[int, int], int] = {}
    for (slot, module), (start, end) in sorted(lives.items(), key=lambda life: (life[1], life[0])):
        taken = ends.setdefault(slot, [])
        lane = next((n for n, last in enumerate(taken) if last < start), len(taken))
        taken[lane : lane + 1] = [end]
        lanes[slot, module] = lane
    return tuple(Fill(month, slot, module, way, lanes[slot, module]) for month, slot, module, way in bare)


def _around_first(model: InnovationModel) -> tuple[Ints, Ints]:
    """Return the adopters nearest to the first one on the network, and the links among them."""
    crowd = model.crowd
    if len(crowd.near) == 0:  # everybody knows everybody: links would say nothing
        return np.arange(min(len(crowd.adopters), MOST_ADOPTERS)), np.empty((0, 2), dtype=np.int64)
    found, queue = {0: 0}, deque([0])
    for start in range(len(crowd.adopters)):  # on to the next part of the network when one has ended
        if len(found) == MOST_ADOPTERS:
            break
        if start not in found:
            found[start] = len(found)
            queue.append(start)
        while queue and len(found) < MOST_ADOPTERS:
            for near in crowd.neighbours[slice(*crowd.start[(row := queue.popleft()) : row + 2])].tolist():
                if near not in found and len(found) < MOST_ADOPTERS:
                    found[near] = len(found)
                    queue.append(near)
    links = [
        (place, found[near])
        for row, place in found.items()
        for near in crowd.neighbours[slice(*crowd.start[row : row + 2])].tolist()
        if near in found and row < near
    ]
    return np.array(list(found)), np.array(links, dtype=np.int64).reshape(-1, 2)


def _uses(model: InnovationModel, shown: Ints) -> Ints:
    choice = np.asarray(model.crowd.adopters["choice"])[shown]
    return np.where(choice < 0, NOBODY, np.where(choice == 0, FOCAL, RIVAL)).astype(np.int64)


def _places(shown: int, links: Ints) -> Places:
    """Return where adopters are drawn: linked ones near each other; on a grid if there are no links."""
    if not len(links):
        wide = int(np.ceil(np.sqrt(shown)))
        return np.stack(np.divmod(np.arange(shown), wide)[::-1], axis=1).astype(float)
    import networkx  # type: ignore[import-untyped]

    graph = networkx.Graph()
    graph.add_nodes_from(range(shown))
    graph.add_edges_from(links.tolist())
    placed = networkx.spring_layout(graph, seed=0, iterations=60)
    return np.array([placed[node] for node in range(shown)])
