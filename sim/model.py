"""Mesa's face of the model: a step a month, agents by type, and a data collector over the record."""

from __future__ import annotations

import operator
import secrets
from typing import Any, SupportsIndex, TypeAlias

import mesa
import numpy as np
import pandas as pd
from mesa.datacollection import DataCollector
from numpy.typing import NDArray

from sim.agents.adopter import Adopter, AdopterSet
from sim.agents.firm import Firm
from sim.agents.module import Module, ModuleSet
from sim.agents.rows import RowSet
from sim.founding import advance_tables, found_tables
from sim.kernels.adoption import Crowd
from sim.outcomes import Event, events_of
from sim.parameters import Parameters
from sim.world import Tables, columns

Seed: TypeAlias = SupportsIndex | np.random.Generator | np.random.BitGenerator | np.random.SeedSequence
_SEEDS = 2**63  # how many there are on the command line


class InnovationModel(mesa.Model):
    """A focal firm, its rivals, their modules, and adopters on a network, over months.

    All state is in ``tables``; agents are views of its rows. ``agents_by_type`` has ``Firm``, ``Module`` and
    ``Adopter``. ``model.agents`` is empty, since views are made when asked for and never registered.

    Args:
        parameters: all parameters; the defaults if None.
        rng: the run's seed, a whole number from 0; drawn from the system if None, and kept in ``seed``. A generator of
            NumPy's gives one that follows from its state, and goes on; a seed sequence gives always the same.
        edges: edge list of shape (E, 2) when ``diffusion.network`` is 'edges'.
        seed: another name of ``rng``.
        kwargs: dotted keys of parameters to change, e.g. ``**{"flywheel.elasticity": 0.5}``, as for
            ``mesa.batch_run`` and ``SolaraViz``.

    Raises:
        KeyError: a change names no parameter.
        TypeError: what is no seed, or parameters of another kind.
        ValueError: a negative seed, two seeds, a value out of range, or a faulty edge list.
    """

    def __init__(
        self,
        parameters: Parameters | None = None,
        rng: Seed | None = None,
        edges: NDArray[np.int64] | None = None,
        seed: Seed | None = None,
        **kwargs: Any,
    ) -> None:
        self.seed = _seed(rng, seed)
        super().__init__(rng=self.seed)
        if parameters is not None and not isinstance(parameters, Parameters):
            raise TypeError(f"parameters: must be Parameters, not {parameters!r}")
        given = parameters or Parameters()
        self.parameters = given.replace(kwargs) if kwargs else given
        self.tables: Tables = advance_tables(found_tables(self.parameters, self.seed, edges), 0)
        self.agents_by_type[Firm] = RowSet(self, Firm, range(self.parameters.rival.count + 1))
        self.agents_by_type[Module] = ModuleSet(self)
        self.agents_by_type[Adopter] = AdopterSet(self)
        self.datacollector = _Collector(self)

    @property
    def state(self) -> Any:
        """The record of the world: ``state.firms``, ``state.modules``, …"""
        return self.tables.world[0]

    @property
    def crowd(self) -> Crowd:
        """The adopters' tables."""
        return self.tables.crowd

    @property
    def month(self) -> int:
        """Months since founding."""
        return int(self.state.here.month)

    @property
    def focal(self) -> Firm:
        """The focal firm."""
        return Firm(self, 0)

    @property
    def firms(self) -> list[Firm]:
        """All firms, the focal one first."""
        return [Firm(self, row) for row in range(self.parameters.rival.count + 1)]

    @property
    def events(self) -> list[Event]:
        """What happened so far, in order."""
        return events_of(self.tables, self.parameters)

    def step(self) -> None:
        """Let a month pass."""
        self._advance(self.month + 1)

    def run_model(self) -> None:
        """Run to the end in one compiled call; the same bits as step by step."""
        months = self.parameters.run.months
        self.steps += max(months - self.month, 0)
        self._advance(months)

    def write_down(self) -> None:
        """Write events that happened between two months into the log."""
        self._advance(self.month)

    def _advance(self, month: int) -> None:
        self.tables = advance_tables(self.tables, min(month, self.parameters.run.months))
        self.running = self.month < self.parameters.run.months

    def __repr__(self) -> str:
        months, crowd = self.parameters.run.months, len(self.crowd.adopters)
        firms = self.parameters.rival.count + 1
        return f"InnovationModel(seed {self.seed}): month {self.month} of {months}, {firms} firms, {crowd} adopters"


def _seed(rng: Seed | None, seed: Seed | None) -> int:
    if rng is not None and seed is not None:
        raise ValueError("rng, seed: give one of them, they are the same")
    name, given = ("seed", seed) if rng is None else ("rng", rng)
    if given is None:
        return secrets.randbits(32)
    if isinstance(given, np.random.BitGenerator):
        given = np.random.Generator(given)
    if isinstance(given, np.random.Generator):
        return int(given.integers(_SEEDS))
    if isinstance(given, np.random.SeedSequence):
        return int(given.generate_state(1, np.uint64)[0]) % _SEEDS
    shown = " ".join(repr(given).split())[:60]
    try:
        number = None if isinstance(given, (bool, np.bool_)) else operator.index(given)
    except TypeError:
        number = None
    if number is None:
        raise TypeError(
            f"{name}: the seed must be a whole number, or a generator or seed sequence of NumPy's, not {shown}"
        )
    if number < 0:
        raise ValueError(f"{name}: the seed must be 0 or more, not {shown}")
    return number


class _Collector(DataCollector):
    """Mesa's data collector over the record, which the compiled month writes."""

    def __init__(self, model: InnovationModel) -> None:
        self._model = model
        super().__init__()

    @property
    def model_vars(self) -> dict[str, list[float]]:
        """Each column over the months so far."""
        record = self._model.tables.record[: self._model.month]
        return {column.name: record[column.name].tolist() for column in columns()}

    @model_vars.setter
    def model_vars(self, _: Any) -> None:
        """Nothing: the record has it."""

    @property
    def _collection_steps(self) -> list[int]:
        return list(range(1, self._model.month + 1))

    @_collection_steps.setter
    def _collection_steps(self, _: Any) -> None: ...

    def collect(self, model: mesa.Model) -> None:
        """Do nothing: each month writes its row itself."""

    def get_model_vars_dataframe(self) -> pd.DataFrame:
        """Return the record, a row a month."""
        return pd.DataFrame(self.model_vars)
