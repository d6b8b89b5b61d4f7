"""An invented claim on the baseline world, small enough to run in a test."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from experiments.claims.claim import Claim, read_claim
from experiments.claims.over import Worlds

CONFIGS = Path(__file__).parents[2] / "configs"

_CLAIM = """
id = "T1"
title = "Openness pays"
title_zh = "开放有益"
statement = "x"
words = "x"
words_zh = "x"
mechanism = "x"
wrong = "x"
base = "{base}"
months = 12

[arms]
open = {{}}
closed = {{ "firm.openness" = 0.0 }}
slow = {{ "search.gamma" = "* 2.5" }}

[[rung]]
name = "effect"
says = "An open firm innovates more."
[[rung.effect]]
name = "own innovation"
kind = "difference"
measure = "final.independent_size"
arms = ["open", "{other}"]
of = "{other}"
sign = "+"
sesoi = 0.05

[[rung]]
name = "mechanism"
says = "Good draws make it."
[[rung.effect]]
name = "draws"
kind = "difference"
measure = "final.independent_size"
arms = ["open", "slow"]
of = "slow"
sign = "+"
sesoi = 0.05

[[control]]
name = "no search"
changes = {{ "search.enabled" = false }}
why = "x"

[null]
changes = {{ "search.enabled" = false }}
why = "x"

[phase]
x = {{ key = "reuse.reuse_cost", title = "cost of reuse", range = [0.05, 0.95] }}
y = {{ key = "reuse.generality", title = "premium of reusability", range = [1.0, 4.0] }}
"""


def toy(folder: Path, other: str = "slow", more: str = "") -> Claim:
    """Write and read a claim: open against ``closed``, or against a firm whose trials give little (``slow``)."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "T1.toml"
    path.write_text(_CLAIM.format(base=CONFIGS / "baseline.toml", other=other) + more, encoding="utf-8")
    return read_claim(path)


def toy_worlds(count: int = 2) -> Worlds:
    """Return worlds that differ in γ and elasticity."""
    gammas, powers = np.linspace(0.8, 1.6, count).tolist(), np.linspace(0.05, 0.4, count).tolist()
    changes = tuple({"search.gamma": g, "flywheel.elasticity": e} for g, e in zip(gammas, powers, strict=True))
    return Worlds(
        "toy", "toy worlds", changes, tuple(range(count)), (1.0,) * count, ("search.gamma", "flywheel.elasticity"), "x"
    )
