"""The base of the registered agents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mesa

if TYPE_CHECKING:
    from sim.model import InnovationModel


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

    model: InnovationModel
    _ids = _ModelIds()  # type: ignore[assignment]
