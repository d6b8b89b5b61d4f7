"""Stand-in until adopters are merged."""
from __future__ import annotations
from typing import Any, NamedTuple
import numpy as np
from sim.second.kernels.compiled import World, compiled
class Crowd(NamedTuple):
    adopters: Any
def found_crowd(parameters: Any, key: Any, options: int, edges: Any) -> Crowd:
    return Crowd(np.zeros(parameters.diffusion.adopters, dtype=[("choice","i8")]).view(np.recarray))
@compiled
def count_contributors(world: World, crowd: Crowd) -> None:
    pass
