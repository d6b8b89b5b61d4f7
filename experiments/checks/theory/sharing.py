"""Limits of reuse, from the firm's own releases: L3, relative cost and break-even; L4, scale elasticity."""

from __future__ import annotations

from functools import partial

import numpy as np

from experiments.checks import check
from experiments.checks.check import Check
from experiments.checks.theory import laws
from experiments.checks.theory.worlds import ALONE, Changes, Floats, begin, each, module_costs, pay_evenly
from sim.architecture import Architecture
from sim.founding import advance_tables

_RICH: Changes = {"firm.endowment": 1e9, "rival.endowment": 1e9, "firm.platform": 1.0, "rival.platform": 0.0}


def relative_cost(quick: bool) -> list[Check]:  # noqa: ARG001  nothing random: quick is no quicker
    """L3: R reuses cost 1 + R (b - 1 + G/n) relative to fresh copies, break-even at n₀ = G/(1 - b).

    A platform firm makes all modules reusable for a dated release (that pays G), and reuses them in the n releases
    that follow; rivals without a platform fill theirs with fresh ones. So R is the share of slots that is filled by
    reuse in the industry's releases of those n months, and the making is the investment spread over n.
    """
    checks = []
    for base, generality, coupled, rivals, uses in (
        (0.2, 1.3, 0, 0, 1), (0.2, 1.3, 0, 0, 8), (0.5, 2.0, 0, 1, 5), (0.2, 1.3, 2, 1, 10), (0.6, 1.5, 2, 3, 20),
    ):  # fmt: skip
        relative = base + 0.05 * coupled
        shared = _development(base, generality, coupled, rivals, uses, reuse=True)
        fresh = _development(base, generality, coupled, rivals, uses, reuse=False)
        share = 1.0 / (1.0 + rivals)
        # The rivals' first release comes with the making, before the n months that are compared.
        observed = (shared[:, 0].sum() + shared[1:, 1:].sum()) / fresh[1:].sum()
        expected = laws.reuse_cost(share, relative, generality, uses)
        name = f"1 + R (b - 1 + G/n): R={share:g}, b={relative:g}, G={generality:g}, n={uses}"
        checks.append(check.equal("L3", name, expected, observed))
    for base, generality, coupled in ((0.2, 1.3, 0), (0.5, 2.0, 0), (0.6, 1.5, 2)):
        relative = base + 0.05 * coupled
        observed = _break_even(base, generality, coupled)
        name = f"break-even n₀ = G/(1 - b): b={relative:g}, G={generality:g}"
        checks.append(check.equal("L3", name, generality / (1.0 - relative), observed))
    return checks


def _development(base: float, generality: float, coupled: int, rivals: int, uses: int, reuse: bool) -> Floats:
    """Return development cost by month and firm, shape (1 + n, 1 + rivals): making first, then n releases."""
    slots = Architecture().slots
    changes = ALONE | _RICH | {
        "search.enabled": False,
        "architecture.coupling": coupled,
        "architecture.widening": 1.0,
        "reuse.enabled": reuse,
        "reuse.interval": 1,
        "reuse.stake": 0.0,
        "reuse.fresh_cost": 100.0,
        "reuse.reuse_cost": base,
        "reuse.coupling_cost": 0.05,
        "reuse.generality": generality,
        "rival.count": rivals,
        "release.schedule": [{"month": 1, "name": "making", "introduces": slots}],
        "run.months": 1 + uses,
    }  # fmt: skip
    tables = begin(changes, seed=0, until=1 + uses)
    spent = np.zeros((1 + uses, 1 + rivals))
    for release in tables.releases[: int(tables.world[0].here.releases)]:
        spent[release.month - 1, release.firm] += release.development
    return spent


def _break_even(base: float, generality: float, coupled: int) -> float:
    """Return the number of uses at which spending with reuse and without are level, between months on a line."""
    uses = 2 + int(generality / (1.0 - base - 0.05 * coupled))
    shared = _development(base, generality, coupled, 0, uses, reuse=True)[:, 0].cumsum()
    fresh = _development(base, generality, coupled, 0, uses, reuse=False)[:, 0].cumsum()
    dearer = shared - (fresh - fresh[0])  # uses 0, 1, …, n; copies need no making
    before = int(np.flatnonzero(dearer > 0.0)[-1])
    return float(before + dearer[before] / (dearer[before] - dearer[before + 1]))


SCALES = (1, 2, 4, 8)
DECADES, START = 18, 3
_NEXT_TO_NOTHING = 1e-6  # what a fresh module costs: a reuse is cheaper, and development buys no trial


def scale(quick: bool) -> list[Check]:
    """L4: each of L lines brings a budget; unit cost falls with L as L^(-1/(γ d*)) if shared, not at all if copied.

    Widest half-interval: 0.06, 0.2 if quick.
    """
    checks = []
    for size, gamma in ((1, 1.0), (2, 1.0), (2, 2.0)):
        for reuse in (True, False):
            elasticity = each(partial(_elasticity, size, gamma, reuse), 16 if quick else 80)
            way, expected = ("full reuse", -1.0 / (gamma * size)) if reuse else ("fresh modules", 0.0)
            name = f"scale elasticity of unit cost, {way}: d={size}, γ={gamma:g}"
            checks.append(check.mean("L4", name, expected, elasticity, 0.2 if quick else 0.06))
    return checks


def _elasticity(size: int, gamma: float, reuse: bool, seed: int) -> float:
    """Return the slope of log unit cost in log L, cost averaged over lines and over fifteen decades of trials."""
    logs = [_log_unit_cost(seed, lines, size, gamma, reuse) for lines in SCALES]
    return float(np.polyfit(np.log(SCALES), logs, 1)[0])


def _log_unit_cost(seed: int, lines: int, size: int, gamma: float, reuse: bool) -> float:
    """Let a firm bring out L lines in its first month, then search on all, in months whose budgets grow."""
    changes = ALONE | _RICH | {
        "architecture.slots": ["a", "b", "c", "d"],
        "architecture.coupling": size - 1,
        "architecture.widening": 1.0,
        "search.gamma": gamma,
        "flywheel.enabled": False,
        "firm.capacity": 0.0,
        "reuse.enabled": reuse,
        "reuse.stake": 0.0,
        "reuse.fresh_cost": _NEXT_TO_NOTHING,
        "reuse.lines": lines,
        "release.schedule": [{"month": 1, "name": f"line {n}", "line": n} for n in range(lines)],
    }  # fmt: skip
    tables = begin(changes, seed, until=1)
    logs = []
    for month, budget in enumerate(np.diff(10.0 ** np.arange(DECADES + 1), prepend=0.0).tolist()):
        pay_evenly(tables, lines * budget)
        tables = advance_tables(tables, month + 2)
        logs.append(np.mean([np.log(module_costs(tables, line).mean()) for line in range(lines)]))
    return float(np.mean(logs[START:]))
