"""Compiled loops: what they compute is what their source says, and how much they do is counted, not timed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tracemalloc
from itertools import pairwise
from pathlib import Path
from typing import Any

import mesa
import numpy as np
import pytest

import sim
from sim import networks
from sim.agents.offers import Offers
from sim.agents.population import Population
from sim.mechanisms import diffusion, search
from sim.parameters import Diffusion
from sim.streams import Streams

ROOT = Path(__file__).parents[1]
OFFERS = Offers(np.array([0.6, 0.7]), np.array([0.3, 0.35]), np.array([True, True]))
WORLD = """
import json, sys
import numpy as np
from tests.runs import run, series
np.seterr(over="ignore")  # numbers of 64 bits wrap
json.dump({network: {name: values.tolist() for name, values in series(run(4, **{"diffusion.network": network,
    "diffusion.rule": rule, "search.engine": engine, "search.trial_price": 50.0})).items()}
    for network, rule, engine in (("scale-free", "hazard", "shortcut"), ("complete", "threshold", "trials"))},
    sys.stdout)
"""


def told(**environment: str) -> Any:
    ran = subprocess.run(
        [sys.executable, "-c", WORLD], cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


def test_interpreted_the_loops_do_the_same_to_the_bit() -> None:
    assert str(told()) == str(told(NUMBA_DISABLE_JIT="1"))


def test_without_a_folder_to_keep_them_the_loops_are_compiled_anyway(tmp_path: Path) -> None:
    nowhere = tmp_path / "a file"
    nowhere.write_text("")
    program = "import numpy as np, sim.streams as s; s.keyed_uniform(s.Streams(0).key('x'), np.arange(2), np.arange(2))"
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env={**os.environ, "NUMBA_CACHE_DIR": str(nowhere)},
        capture_output=True, text=True,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (0, "")


def test_compiled_functions_call_none_of_another_file() -> None:
    # numba renews what it keeps when a function's own file changes; a callee elsewhere would go stale in silence.
    homes: dict[str, str] = {}
    for path in sorted(Path(sim.__path__[0]).rglob("*.py")):
        lines = path.read_text().splitlines()
        for above, line in pairwise(lines):
            if above == "@compiled":
                homes[line.removeprefix("def ").partition("(")[0]] = path.name
    assert len(homes) > 10
    for path in sorted(Path(sim.__path__[0]).rglob("*.py")):
        for part in path.read_text().split("@compiled\n")[1:]:
            body = part.partition("\n\n\n")[0]
            foreign = {name for name, home in homes.items() if home != path.name and f"{name}(" in body}
            assert not foreign, (path.name, body.splitlines()[0], foreign)


# How much is done.


def people(n: int, **changes: Any) -> Population:
    given = Diffusion(**{"adopters": n, "degree": 8.0, "p": 0.01, "q": 0.1, **changes})
    streams = Streams(0)
    return Population(mesa.Model(rng=0), given, 1.0, 2, streams, networks.build(given, streams["network"], None))


def test_a_month_touches_the_rows_of_those_who_change_and_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    rows: dict[str, int] = {"tell": 0, "choose": 0, "stir": 0}

    def counting(name: str) -> Any:
        right = getattr(diffusion, name)

        def counted(first: np.ndarray, *given: Any) -> Any:
            rows[name] += len(first)
            return right(first, *given)

        return counted

    for name in rows:
        monkeypatch.setattr(diffusion, name, counting(name))
    population = people(20_000)
    changed = 0
    for month in range(1, 25):
        before = population.choice.copy()
        population.consider(OFFERS, month)
        changed += np.count_nonzero(before != population.choice)
    assert rows["stir"] == 24 * 20_000
    assert rows["choose"] == population.considerations.sum()
    assert rows["tell"] == changed
    assert 0 < changed < 20_000


def test_an_adopter_takes_few_bytes_beside_the_graph() -> None:
    n = 50_000
    population = people(n)
    arrays = [value for value in vars(population).values() if isinstance(value, np.ndarray) and value.base is None]
    assert sum(array.nbytes for array in arrays) + population.near.base.nbytes <= 64 * n
    population.consider(OFFERS, 1)
    tracemalloc.start()
    population.consider(OFFERS, 2)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12 * n


def test_search_does_as_much_for_a_billion_trials_as_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    calls, right = [0], search._next_kept

    def counted(*given: Any) -> int:
        calls[0] += 1
        return right(*given)

    monkeypatch.setattr(search, "_next_kept", counted)
    luck = np.random.default_rng(1)
    for trials in (1e3, 1e6, 1e9):
        calls[0] = 0
        found = search.redesign(
            np.ones(8), np.full(8, 0.125), [(i, (i + 1) % 8) for i in range(8)], np.full(8, trials / 8),
            lambda _: np.ones(8), 1.0, luck,
        )  # fmt: skip
        assert calls[0] == len(found.kept) + 1 < 60 * np.log10(trials)
        assert found.trials.sum() == pytest.approx(trials)


def test_a_default_run_makes_so_many_calls_and_no_more() -> None:
    program = (
        "import cProfile, pstats\nfrom sim.model import InnovationModel\nInnovationModel(rng=0).run_model()\n"
        "with cProfile.Profile(builtins=False) as profile:\n    InnovationModel(rng=0).run_model()\n"
        "print(pstats.Stats(profile).total_calls)\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert 10_000 < int(ran.stdout) < 70_000
