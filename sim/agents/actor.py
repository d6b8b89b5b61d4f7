"""The base of the registered agents, and what agents see of the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import mesa

if TYPE_CHECKING:
    from sim.architecture import Architecture
    from sim.parameters import Parameters


class World(Protocol):
    """What an agent may ask of its model."""

    parameters: Parameters
    architecture: Architecture
    policy: dict[str, float]
    month: int

    def next_release(self, firm: Any) -> int:
        """Return the month for which a firm's next release is planned."""

    def log(
        self,
        kind: str,
        firm: Any = None,
        product: str = "",
        slot: int | None = None,
        module: Any = None,
        value: float = 0.0,
        detail: str = "",
    ) -> None:
        """Add an event to the log."""


class _ModelIds:
    """Gives out ids from a counter kept by the model.

    Mesa 3.3 keeps a counter per model on the class, which holds every model for ever; later versions ignore this.
    """

    def __getitem__(self, model: Any) -> _ModelIds:
        self._model = model
        return self

    def __next__(self) -> int:
        model, self._model = self._model, None
        model.last_agent_id = getattr(model, "last_agent_id", 0) + 1
        return int(model.last_agent_id)


class Actor(mesa.Agent):
    """A registered Mesa agent whose id counter lives and dies with its model."""

    model: Any
    _ids = _ModelIds()  # type: ignore[assignment]

    def __init__(self, model: World) -> None:
        super().__init__(model)  # type: ignore[arg-type]
