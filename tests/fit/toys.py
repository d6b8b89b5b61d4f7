"""A toy world whose posterior is known, a small real case, and configs of fits."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import tomli_w

from experiments.case import Pattern
from experiments.case.patterns import Compiled, Floats, distances
from experiments.fit.table import Table
from experiments.sweep.factors import make_factor

ROOT = Path(__file__).parents[2]
DEEPSEEK = ROOT / "experiments" / "data" / "deepseek"
KEYS = ("search.gamma", "firm.openness", "architecture.coupling")
PATTERNS = ("gain to V2", "gain to V2.5", "reuse", "serving")


def pattern(name: str, kind: Any, fact: float, discrepancy: float = math.nan, **ends: float) -> Pattern:
    compiled = Compiled((name,), lambda table: table[name])
    return Pattern(name, name.title(), kind, fact, "", "", compiled, discrepancy, **ends)


def toy_patterns() -> tuple[Pattern, ...]:
    """Three facts: on the first parameter, on the second, and on whether their noise is below 1."""
    return (
        pattern("cost", "ratio", 2.0, 0.1),
        pattern("share", "difference", 0.5, 0.1),
        pattern("slows", "order", 0.9),
    )


def toy_table(runs: int, seed: int, shift: float = 0.0) -> Table:
    """A table of which all is known: cost = exp(2 θ₁ + noise), share = θ₂ + noise; the third parameter does nothing."""
    rng = np.random.default_rng(seed)
    factors = (
        make_factor({"key": KEYS[0], "range": [0.5, 2.0], "scale": "log"}, "toy"),
        make_factor({"key": KEYS[1], "range": [0.0, 1.0]}, "toy"),
        make_factor({"key": KEYS[2], "values": [1, 2, 3]}, "toy"),
    )
    places = np.array([rng.random(runs), rng.random(runs), rng.integers(3, size=runs) / 2.0])
    values = np.array(
        [
            np.exp(2.0 * places[0] + shift + rng.normal(0.0, 0.2, runs)),
            places[1] + rng.normal(0.0, 0.1, runs),
            np.exp(rng.normal(0.0, 0.3, runs)),
        ]
    )
    return table_of(values, places, factors)


def table_of(values: Floats, places: Floats, factors: Any) -> Table:
    table = Table(Path("toy"), factors, values, distances(toy_patterns(), values))
    table.__dict__["places"] = places
    return table


def small_case(folder: Path) -> Path:
    """The case with those of its patterns that many worlds meet, and fewer questions."""
    given = tomllib.loads((DEEPSEEK / "case.toml").read_text(encoding="utf-8"))
    given["pattern"] = [one for one in given["pattern"] if one["name"] in PATTERNS]
    given["question"] = given["question"][2:3]
    folder.mkdir(parents=True)
    (folder / "case.toml").write_text(tomli_w.dumps(given), encoding="utf-8")
    for name in ("facts.csv", "modules.csv"):
        (folder / name).write_bytes((DEEPSEEK / name).read_bytes())
    return folder


def small_fit(tmp_path: Path, **changes: Any) -> Path:
    """The config of a fit that takes seconds; ``changes`` are of its settings."""
    small_case(tmp_path / "cases" / "small")
    settings = {"runs": 128, "seed": 3, "months": 20, "tolerance": 6.0, "other": 4.0, "worlds": 4, "seeds": 3,
                "off_runs": 128, **changes}  # fmt: skip
    path = tmp_path / "fit.toml"
    path.write_text(tomli_w.dumps(content(tmp_path, settings)), encoding="utf-8")
    return path


def content(tmp_path: Path, settings: dict[str, Any]) -> dict[str, Any]:
    base = tmp_path / "base.toml"
    base.write_text(f'extends = "{ROOT / "configs" / "case.toml"}"\n[diffusion]\nadopters = 100\n', encoding="utf-8")
    return {
        "base": "base.toml",
        "case": "cases/small",
        "fit": settings,
        "prior": [
            {"key": KEYS[0], "range": [0.5, 2.0], "scale": "log", "why": "order of magnitude, unknown"},
            {"key": KEYS[1], "range": [0.0, 1.0], "why": "all there is"},
            {"key": KEYS[2], "values": [1, 2, 3], "why": "few partners"},
        ],
        "mechanism": [{"name": "trials", "title": "Trials", "off": {"search.enabled": False}}],
    }
