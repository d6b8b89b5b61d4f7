"""Known matrices, games and panels: loops, shares and regressions, and the coverage of their intervals."""

from __future__ import annotations

import numpy as np

from experiments.inference import loops, regression, shapley
from experiments.inference.intervals import t_interval
from experiments.inference.proof import synthetic
from experiments.inference.proof.averages import holds
from experiments.inference.proof.check import Check, coverage, error, exact

SEEDS, ROWS = 20, 24


def turning(quick: bool) -> list[Check]:
    """Check loops: none without cycles, the closed form on rings; and the interval of the share over seeds."""
    sets = 1000 if quick else 4000
    around, chain = synthetic.ring(3, 0.6), np.tril(np.full((3, 3), 0.4), -1)
    largest = float(np.abs(loops.decompose(np.linalg.inv(np.eye(3) - chain)).loops).max())
    checks = [exact("loops", "three modules without cycles: largest loop part", 0.0, largest)]
    for modules, link in ((2, 0.5), (5, 0.8)):
        r = np.linalg.inv(np.eye(modules) - synthetic.ring(modules, link))
        found = loops.decompose(r)
        off = float(np.abs(found.loops - r * link**modules).max())
        checks.append(exact("loops", f"ring of {modules}, link {link}: loops less R a^M", 0.0, off))
        checks.append(exact("loops", f"ring of {modules}, link {link}: radius", link, float(found.radius)))
    for name, direct in (("a ring of three", around), ("three without cycles", chain)):
        truth = float(loops.decompose(np.linalg.inv(np.eye(3) - direct)).share)
        data = synthetic.impulses(direct, sets, 30, synthetic.stream(f"loops {name}"))
        shown = [t_interval(loops.loop_shares(each)) for each in data]
        checks.append(coverage("loops", f"loop share, {name}", [holds(i, truth) for i in shown], tolerance=0.01))
    above = [i.low > 0.0 for i in shown]
    return [*checks, error("loops", "three without cycles: a share above 0", above, 0.025, tolerance=0.01)]


def panels(quick: bool) -> list[Check]:
    """Check regressions of 20 seeds: luck moves causes, too, and rows follow each other; two causes, and scale."""
    sets, rng = 500 if quick else 3000, synthetic.stream("panels")
    seeds = np.repeat(np.arange(SEEDS), ROWS)
    months = np.tile(np.arange(1.0, ROWS + 1.0), SEEDS)
    found, scale = [], []
    for _ in range(sets):
        of_seed = np.repeat(rng.normal(size=SEEDS), ROWS)
        wandering, other = (rng.normal(size=(SEEDS, ROWS)).cumsum(axis=1).ravel() / 5.0 for _ in range(2))
        luck, trials = of_seed + wandering, months * np.exp(of_seed / 2.0 + other)
        reuse = np.clip(0.02 * months + 0.2 * rng.random(len(months)), 0.0, 1.0)
        cost = -0.3 * np.log(trials) - 0.8 * reuse + luck
        found.append(regression.regress(cost, {"learning": np.log(trials), "reuse": reuse}, seeds))
        scale.append(regression.scale_elasticity(np.exp(luck) * trials**0.8, trials, seeds))
    learning, reused = ([each[name] for each in found] for name in ("learning", "reuse"))
    shown = (
        ("exponent of learning, reuse held fixed", learning, -0.3),
        ("effect of reuse, learning held fixed", reused, -0.8),
        ("scale elasticity AC/MC of 1.25", scale, 1.25),
    )
    return [
        coverage("regression", name, [holds(i, truth) for i in each], tolerance=0.025) for name, each, truth in shown
    ]


def attribution(quick: bool) -> list[Check]:
    """Check known games, and the intervals of shares where each seed plays a noisy one."""
    sets = 1000 if quick else 4000
    on = shapley.settings(3)
    gloves = (on[:, 0] & (on[:, 1] | on[:, 2])).astype(float)[None]
    values, pairs = shapley.shapley(gloves)[0], shapley.interactions(gloves)[0]
    unanimous = shapley.interactions(on.all(axis=1).astype(float)[None])[0]
    checks = [
        exact("shares", "glove game: who has the one left glove", 2.0 / 3.0, values[0]),
        exact("shares", "glove game: who has a right glove", 1.0 / 6.0, values[2]),
        exact("shares", "glove game: interaction of left and right", 0.5, pairs[0, 1]),
        exact("shares", "glove game: interaction of right and right", -0.5, pairs[1, 2]),
        exact("shares", "all three needed: interaction of two", 0.5, unanimous[0, 1]),
    ]
    truth = on @ np.array([1.0, 2.0, 3.0]) + 3.0 * on.all(axis=1)
    data = truth + synthetic.stream("shares").normal(size=(sets, 20, 8))
    parts = [shapley.shares(each) for each in data]
    checks += [
        coverage("shares", f"switch {i + 1}, n = 20", [holds(part[i], (i + 2.0) / 9.0) for part in parts], rule="=")
        for i in range(3)
    ]
    together = [holds(shapley.interaction_share(each), 1.0 / 3.0) for each in data]
    return [*checks, coverage("shares", "interaction share, n = 20", together, rule="=")]
