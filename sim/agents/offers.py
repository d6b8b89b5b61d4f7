"""What adopters look at and mean to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

NONE = -1  # the choice of an adopter that uses nothing


@dataclass(frozen=True, eq=False)
class Offers:
    """What each of K options is worth and costs this month.

    Attributes:
        capability: shape (K,).
        cost_of_use: utility, shape (K,).
        available: whether it is on offer, shape (K,).
    """

    capability: Floats
    cost_of_use: Floats
    available: NDArray[np.bool_]


class Adoption(NamedTuple):
    """What a month did to each option, adopters, int64, shape (K,) each.

    users after = users before + adopted + switched_to - switched_from - left.
    """

    considered: Ints
    adopted: Ints
    switched_to: Ints
    switched_from: Ints
    left: Ints


class Intent(NamedTuple):
    """What one adopter means to do after looking: the options it considered, and its next choice."""

    considered: tuple[int, ...]
    choice: int
