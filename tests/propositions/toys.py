"""Worlds whose truth is known, in place of the model: what openness adds to users is planted, and where it does."""

# ruff: noqa: ARG001  (a task is called with all three arguments)

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np

from experiments.propositions.budget import Budget
from experiments.propositions.claims import Claim, read_claim
from experiments.propositions.laboratory import laboratory
from experiments.propositions.worlds import Sample
from experiments.sweep.session import Options
from sim.outcomes import COLUMNS
from sim.parameters import Parameters

PLANTED = "tests.propositions.toys:planted"
LEAKY = "tests.propositions.toys:leaky"
NOTHING = "tests.propositions.toys:nothing"
EVERYTHING = "tests.propositions.toys:everything"
EFFECT, EDGE, NOISE = 1.0, 0.6, 0.05
TINY = Budget("tiny", 24, 6, 100_000, 24, 6, 100_000, 100_000, 6)

BASE = "[firm]\nplatform = 0.9\nself_reliance = 0.7\n"
CLAIM = """
id = "T1"
title = "Openness brings users"
statement = "s"
words = "w"
mechanism = "m"
base = "base.toml"

[arms]
open = {}
closed = { "firm.openness" = 0.0 }

[[effect]]
name = "users"
kind = "difference"
measure = "final.users"
arms = ["open", "closed"]
sign = "+"
sesoi = 0.3

[[boundary]]
name = "no platform"
changes = { "firm.platform" = 0.2 }

[null]
changes = { "firm.accept" = 0.0 }
why = "Nothing is accepted."

[[region]]
key = "firm.platform"
range = [0.0, 1.0]

[[region]]
key = "firm.self_reliance"
range = [0.0, 1.0]
"""


def planted(parameters: Parameters, seed: int, edges: Any) -> dict[str, list[float]]:
    """Let openness add ``EFFECT`` users where the platform is stronger than ``EDGE``, as far as the firm accepts."""
    firm = parameters.firm
    return _shown(parameters, seed, EFFECT * firm.openness * firm.accept * (firm.platform > EDGE))


def leaky(parameters: Parameters, seed: int, edges: Any) -> dict[str, list[float]]:
    """The same, but for a payoff that reaches users even if nothing is accepted."""
    return _shown(parameters, seed, EFFECT * parameters.firm.openness * (parameters.firm.platform > EDGE))


def nothing(parameters: Parameters, seed: int, edges: Any) -> dict[str, list[float]]:
    """A world without any effect, but with luck that differs between arms."""
    return _shown(parameters, seed, 0.0)


def everything(parameters: Parameters, seed: int, edges: Any) -> dict[str, list[float]]:
    """Return every outcome of every claim: luck of the seed and of the world, around what openness and reuse add."""
    world = zlib.crc32(parameters.model_dump_json().encode())
    luck = np.random.default_rng(seed).normal(size=len(COLUMNS)) + np.random.default_rng([seed, world]).normal(
        0.0, NOISE, len(COLUMNS)
    )
    level = np.exp(0.1 * luck + 0.2 * parameters.firm.openness + 0.2 * parameters.reuse.enabled)
    observed = {column.name: [2.0, 1.5, float(level[n])] for n, column in enumerate(COLUMNS)}
    if not parameters.shock.slot:
        observed["shocked_cost"] = [np.nan] * 3
    return observed | {"month": [1.0, 2.0, 3.0]}


def _shown(parameters: Parameters, seed: int, users: float) -> dict[str, list[float]]:
    """Return three months: luck that arms share, and some of their own, much of it without any effort to innovate."""
    firm = parameters.firm
    own = np.random.default_rng([seed, *(int(1e6 * x) for x in (firm.openness, firm.platform, firm.accept))])
    luck = np.random.default_rng(seed).normal() + own.normal(0.0, NOISE if firm.innovation > 0.1 else 40.0)
    observed = {column.name: [0.0, 0.0, 0.0] for column in COLUMNS}
    return observed | {"month": [1.0, 2.0, 3.0], "users": [10.0, 10.0, 10.0 + users + luck]}


def write(folder: Path, text: str = CLAIM, name: str = "T1.toml", base: str = "") -> Path:
    """Write a claim beside its base."""
    (folder / "base.toml").write_text(BASE + base)
    (folder / name).write_text(text)
    return folder / name


def claim(folder: Path, text: str = CLAIM) -> Claim:
    """Read a claim from its text."""
    return read_claim(write(folder, text))


def opened(folder: Path, task: str = PLANTED) -> Any:
    """Open a laboratory whose runs are a toy's."""
    return laboratory(folder / "out", Options(engine="serial", task=task))


def sample(values: dict[str, dict[str, Any]], of: Claim) -> Sample:
    """Return a sample of arrays."""
    return Sample({arm: {k: np.asarray(v, float) for k, v in c.items()} for arm, c in values.items()},
                  of.file.measures, 0)  # fmt: skip
