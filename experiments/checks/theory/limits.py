"""The limits of the theory in order."""

from __future__ import annotations

from experiments.checks.suite import Source, Suite
from experiments.checks.theory import acting, returning, searching, sharing, spreading, turning
from experiments.checks.theory.curves import draw_curves

THEORY = Suite(
    "verify",
    "limits",
    {
        "L1": Source("learning exponent", searching.learning),
        "L2": Source("exact shortcut", searching.shortcut),
        "L3": Source("cost of reuse", sharing.relative_cost),
        "L4": Source("scale elasticity", sharing.scale),
        "L5": Source("law of the flywheel", turning.law),
        "L6": Source("no loops", turning.without_loops),
        "L7": Source("no innovation", acting.closing),
        "L8": Source("no absorption", acting.absorbing),
        "L9": Source("Bass diffusion", spreading.epidemic),
        "L10": Source("no hazard, and cascades", spreading.cascades),
        "L11": Source("no way in", acting.taking_in),
        "L12": Source("end of a misfit", searching.fitting),
        "L13": Source("development is trials", searching.developing),
        "L14": Source("commons as tools", returning.tooling),
        "L15": Source("users as a signal", returning.signal),
    },
    above=draw_curves,
)
