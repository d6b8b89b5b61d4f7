"""Rows of the world's tables as Mesa agents: views made when asked for, and sets of them.

A ``Row`` reads and writes one row of a table; it is never registered with the model, so that a million of them cost
nothing. A ``RowSet`` has the interface of Mesa's ``AgentSet``: put at ``model.agents_by_type[View]``, it serves
``agenttype_reporters`` and everything else that asks for agents by type. ``len(model.agents)`` leaves rows out.
The model has ``state``, the record of its world, ``crowd``, its adopters, and ``random``, as Mesa's models do.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator
from random import Random
from typing import Any, ClassVar

import mesa
import numpy as np
import pandas as pd
from mesa.agent import AgentSet
from numpy.typing import NDArray


class Column:
    """One field of a table of the world, read through a row's view, and written where that has a meaning.

    Args:
        table: where the table is in the model, such as "crowd.traits" or "state.firms".
        field: the field of its records.
        meaning: what it is, with its unit.
        least, most: what it may be set to; without ``least`` it cannot be set.
    """

    def __init__(
        self, table: str, field: str, meaning: str, least: float | None = None, most: float = float("inf")
    ) -> None:
        self.__doc__ = meaning
        self._table, self._field, self._least, self._most = operator.attrgetter(table), field, least, most

    def of(self, model: Any) -> NDArray[Any]:
        """Return the whole column, shape (rows,)."""
        return np.asarray(self._table(model)[self._field])

    def __get__(self, row: Row | None, owner: type[Row]) -> Any:
        return self if row is None else self.of(row.model)[row.row].item()

    def __set__(self, row: Row, value: Any) -> None:
        if self._least is None:
            raise AttributeError(f"{self._field}: the model keeps it, and it cannot be set")
        if not self._least <= value <= self._most:
            raise ValueError(f"{self._field}: must be from {self._least:g} to {self._most:g}, not {value}")
        self.of(row.model)[row.row] = value


class Row(mesa.Agent):
    """One row of a table as an agent: made when asked for, written through, never registered.

    Attributes:
        model: the model whose world has the table.
        row: the number of the row.
    """

    noun: ClassVar[str] = "row"
    model: Any

    def __init__(self, model: Any, row: int) -> None:
        # Mesa's own constructor would register the view, and keep the model alive for ever in 3.3.
        self.model = model
        self.row = row
        self.pos = None

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in ("model", "row", "pos") or name.startswith("_") or hasattr(type(self), name)):
            raise AttributeError(f"a {self.noun} has no '{name}', and a view keeps nothing of its own")
        super().__setattr__(name, value)

    @property
    def unique_id(self) -> int:  # type: ignore[override]
        """The agent's number, unique in its model, from 1."""
        return self.first_id(self.model) + self.row

    @classmethod
    def first_id(cls, model: Any) -> int:  # noqa: ARG003
        """Return the number of the agent in row 0."""
        return 1

    @classmethod
    def ids(cls, model: Any, rows: list[int]) -> NDArray[np.int64]:
        """Return the numbers of the agents in some rows."""
        return np.asarray(rows, dtype=np.int64) + cls.first_id(model)

    @classmethod
    def columns(cls) -> dict[str, Column]:
        """Return the columns that the view shows, by attribute."""
        return {name: got for name in dir(cls) if isinstance(got := getattr(cls, name, None), Column)}

    def remove(self) -> None:
        """Refuse: a row cannot leave its table."""
        raise TypeError(f"{self.noun}: a row of the world cannot be removed")

    def __repr__(self) -> str:
        return f"{type(self).__name__} {self.unique_id}"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.row == self.row and other.model is self.model

    def __hash__(self) -> int:
        return hash((type(self).__name__, self.row))

    def __reduce__(self) -> tuple[type[Row], tuple[Any, int]]:
        return type(self), (self.model, self.row)


class RowSet(AgentSet):
    """An ordered set of rows of one table, with the interface of Mesa's ``AgentSet``.

    Mesa's own set holds its agents weakly, and so would lose views; this one holds the numbers of their rows.
    """

    def __init__(self, model: Any, view: type[Row], rows: Iterable[int], random: Random | None = None) -> None:
        """Make a set of rows.

        Args:
            model: the model whose world has the table.
            view: what shows a row as an agent.
            rows: numbers of rows; a ``range`` takes no room.
            random: what shuffles; the model's own by default.
        """
        self.model, self.view = model, view
        self.random = random or model.random
        self._rows: range | dict[int, None] = rows if isinstance(rows, range) else dict.fromkeys(rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Any]:
        return (self.view(self.model, row) for row in self._rows)

    def __contains__(self, agent: object) -> bool:
        return type(agent) is self.view and agent.model is self.model and agent.row in self._rows

    def __getitem__(self, item: Any) -> Any:
        rows = self._rows if isinstance(self._rows, range) else list(self._rows)
        if isinstance(item, slice):
            return [self.view(self.model, row) for row in rows[item]]
        return self.view(self.model, rows[item])

    def __repr__(self) -> str:
        return f"{len(self)} of {self.view.__name__}"

    def to_list(self) -> list[Any]:
        """Return the agents as a list."""
        return list(self)

    def to_frame(self, *names: str) -> pd.DataFrame:
        """Return attributes, all columns by default, as a table with a row an agent, by unique id."""
        asked = names or tuple(self.view.columns())
        index = pd.Index(self.view.ids(self.model, self.rows), name="AgentID")
        return pd.DataFrame({name: self.get(name) for name in asked}, index=index)

    @property
    def rows(self) -> list[int]:
        """The numbers of the rows, in order."""
        return list(self._rows)

    def copy(self) -> RowSet:
        """Return a set of the same agents."""
        return self._part(self._rows)

    __copy__ = copy

    def select(
        self,
        filter_func: Callable[[Any], bool] | None = None,
        at_most: float = float("inf"),
        inplace: bool = False,
        agent_type: type[mesa.Agent] | None = None,
    ) -> RowSet:
        """Return the first ``at_most`` agents (a share if it is a float up to 1) that pass ``filter_func``."""
        most = int(len(self) * at_most) if isinstance(at_most, float) and at_most <= 1.0 else at_most
        rows: list[int] = []
        if agent_type is None or issubclass(self.view, agent_type):
            for agent in self:
                if len(rows) >= most:
                    break
                if filter_func is None or filter_func(agent):
                    rows.append(agent.row)
        return self._with(rows) if inplace else self._part(rows)

    def shuffle(self, inplace: bool = False) -> RowSet:
        """Return the agents in random order."""
        rows = self.rows
        self.random.shuffle(rows)
        return self._with(rows) if inplace else self._part(rows)

    def sort(self, key: Callable[[Any], Any] | str, ascending: bool = False, inplace: bool = False) -> RowSet:
        """Return the agents in the order of an attribute or a function, falling unless ``ascending``."""
        by = operator.attrgetter(key) if isinstance(key, str) else key
        rows = [agent.row for agent in sorted(self, key=by, reverse=not ascending)]
        return self._with(rows) if inplace else self._part(rows)

    def do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> RowSet:
        """Call a method or function on each agent."""
        self.map(method, *args, **kwargs)
        return self

    def shuffle_do(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> RowSet:
        """Call a method or function on each agent in random order."""
        self.shuffle().map(method, *args, **kwargs)
        return self

    def map(self, method: str | Callable[..., Any], *args: Any, **kwargs: Any) -> list[Any]:
        """Call a method or function on each agent and return what it returns."""
        agents = (self.view(self.model, row) for row in tuple(self._rows))
        if isinstance(method, str):
            return [getattr(agent, method)(*args, **kwargs) for agent in agents]
        return [method(agent, *args, **kwargs) for agent in agents]

    def get(self, attr_names: Any, handle_missing: Any = "error", default_value: Any = None) -> list[Any]:
        """Return an attribute of each agent, or a list of several; whole columns are read at once."""
        if handle_missing not in ("error", "default"):
            raise ValueError(f"handle_missing: must be 'error' or 'default', not {handle_missing!r}")
        if not isinstance(attr_names, str):
            columns = [self.get(name, handle_missing, default_value) for name in attr_names]
            return [list(row) for row in zip(*columns, strict=True)]
        column = getattr(self.view, attr_names, None)
        if isinstance(column, Column):
            entries: list[Any] = column.of(self.model)[self.rows].tolist()
            return entries
        missing = (default_value,) if handle_missing == "default" else ()
        return [getattr(agent, attr_names, *missing) for agent in self]

    def groupby(self, by: Callable[[Any], Any] | str, result_type: str = "agentset") -> Any:
        """Group by an attribute or a function into sets, or lists with ``result_type="list"``."""
        groups: Any = super().groupby(by, result_type="list")
        if result_type == "agentset":
            parts: dict[Any, list[Any]] = groups.groups
            groups.groups = {key: self._part(agent.row for agent in part) for key, part in parts.items()}
        return groups

    def add(self, agent: Any) -> None:
        """Add an agent of the same table."""
        self._own().update(dict.fromkeys(self._rows_of([agent])))

    def discard(self, agent: Any) -> None:
        """Drop an agent from the set, if it is there; it stays in the world."""
        if agent in self:
            del self._own()[agent.row]

    def remove(self, agent: Any) -> None:
        """Drop an agent from the set; it stays in the world.

        Raises:
            KeyError: it is not there.
        """
        if agent not in self:
            raise KeyError(agent)
        self.discard(agent)

    def __and__(self, other: Iterable[Any]) -> RowSet:
        mine = set(self._shared(other))
        return self._part(row for row in self._rows if row in mine)

    def __or__(self, other: Iterable[Any]) -> RowSet:
        return self._part([*self._rows, *self._rows_of(other)])

    def __sub__(self, other: Iterable[Any]) -> RowSet:
        gone = set(self._shared(other))
        return self._part(row for row in self._rows if row not in gone)

    def __xor__(self, other: Iterable[Any]) -> RowSet:
        theirs = dict.fromkeys(self._rows_of(other))
        mine = [row for row in self._rows if row not in theirs]
        return self._part([*mine, *(row for row in theirs if row not in self._rows)])

    def __rsub__(self, other: Iterable[Any]) -> AgentSet:
        return AgentSet([agent for agent in other if agent not in self], self.random)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __getstate__(self) -> dict[str, Any]:
        return dict(self.__dict__)

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def _part(self, rows: Iterable[int]) -> RowSet:
        """Return a set, of the same kind, of other rows."""
        made = copied(self)
        made._rows = rows if isinstance(rows, range) else dict.fromkeys(rows)
        return made

    def _with(self, rows: Iterable[int]) -> RowSet:
        self._rows = dict.fromkeys(rows)
        return self

    def _own(self) -> dict[int, None]:
        """The rows as a dictionary that may be changed."""
        if isinstance(self._rows, range):
            self._rows = dict.fromkeys(self._rows)
        return self._rows

    def _shared(self, agents: Iterable[Any]) -> Iterator[int]:
        """Rows of those agents that are in this set."""
        return (agent.row for agent in agents if agent in self)

    def _rows_of(self, agents: Iterable[Any]) -> list[int]:
        """Rows of agents of this table; anything else has no row."""
        rows = []
        for agent in agents:
            if not (type(agent) is self.view and agent.model is self.model):
                raise TypeError(f"a set of {self.view.noun}s holds {self.view.noun}s of one model only, not {agent!r}")
            rows.append(agent.row)
        return rows


def copied(rows: RowSet) -> RowSet:
    """Return a set that shares everything with another, without Mesa's constructor."""
    made = type(rows).__new__(type(rows))
    made.__dict__.update(rows.__dict__)
    return made
