"""Commons: users of open products contribute trials to modules that nobody owns, which lower everyone's cost of use.

    contributes iff  benefit · openness · rights > cost
    trials = n · τ / (1 + Σn / congestion) / (1 + forks)
    g = Σ cost of the commons' modules / Σ at founding

Units: contributors, trials a month; g relative to founding.
Limit: no openness or no rights, no contribution; others' costs of use fall too (external economies).
Source: claim e; von Hippel, von Krogh (2003); Marshall (1890).
"""

from __future__ import annotations

from typing import Any

from pydantic import model_validator

from sim.declare import PER_MONTH, SHARE, SWITCH, Column, Kind, Lever, Section, check_names, event, param
from sim.kernels.adoption import Crowd, count_contributors
from sim.kernels.compiled import World, compiled
from sim.kernels.door import change, log
from sim.kernels.door import found as found_module
from sim.kernels.draws import stream, uniform
from sim.kernels.products import first_use, is_open
from sim.kernels.trials import best_of, first_draw


class Commons(Section):
    """Users of open products contribute trials to modules that nobody owns."""

    enabled: bool = param(True, "Users may contribute.", unit=SWITCH, source="claim e")
    modules: tuple[str, ...] = param(
        ("tooling", "serving"), "Modules of the commons.", unit="names", min_length=1, max_length=16, source="D25"
    )
    benefit_spread: float = param(
        1.0, "Standard deviation of the log private benefit of contributing (median 1).", unit="1", ge=0, le=3,
        source="von Hippel, von Krogh 2003",
    )  # fmt: skip
    cost: float = param(
        1.9, "Cost of contributing, relative to the median private benefit.", unit="1", ge=0, le=1e6,
        source="fit of the case, docs/case.md",
    )  # fmt: skip
    rights: float = param(
        1.0, "Share of the private benefit that the licence leaves to who modifies.", unit=SHARE, ge=0, le=1,
        source="D26",
    )  # fmt: skip
    trials: float = param(
        1.7,
        "Trials that one contributor makes.",
        unit="trials/month",
        ge=0,
        le=1e6,
        source="fit of the case, docs/case.md",
    )
    congestion: float = param(
        500.0, "Contributors at which congestion halves what each achieves.", unit="contributors", ge=1, le=1e12,
        source="D27",
    )  # fmt: skip
    fork: float = param(
        0.01, "Chance that contributors fork an open product.", unit=PER_MONTH, ge=0, le=1, source="D27"
    )

    @model_validator(mode="after")
    def _named(self) -> Commons:
        check_names(self.modules, "modules")
        return self


STATE = {
    "here": [("commons_founding", "f8"), ("commons_cost", "f8"), ("commons_trials", "f8"), ("commons_modules", "i8")],
    "firms": [("contributed", "f8"), ("forks", "i8")],
    "modules": [("forks", "i8")],
}
LEVERS = (Lever("commons_fund", "money a month spent on trials of the commons"),)
EVENTS = (
    Kind("forked", "contributors forked an open module; value: its forks"),
    Kind("improved", "a trial on a module of the commons was kept; value: its cost"),
)
COLUMNS = (
    Column("commons_cost", "1", "cost of the commons' modules relative to founding"),
    Column("contributors", "adopters", "users contributing in the month"),
    Column("commons_trials", "trials/month", "trials made on the commons"),
)

_FOUNDING, _TRIALS, _FORK, _WHICH = stream("commons founding"), stream("commons"), stream("fork"), stream("forked")
_FORKED, _IMPROVED = event("forked"), event("improved")
_COMMONS = -2


@compiled
def found(world: World) -> None:
    """Make the modules of the commons, first draws like any other."""
    here, gamma = world.here, world.parameters.search.gamma
    for number in range(here.commons_modules):
        cost = first_draw(gamma, uniform(here.seed, _FOUNDING, number, 0, 0))
        found_module(world, number, _COMMONS, 0, 0.0, cost, 0.0)
        here.commons_founding += cost
    here.commons_cost = 1.0


@compiled
def contribute(world: World, crowd: Crowd) -> None:
    """Let users contribute trials; a part of them improves the commons, from next month on."""
    given, here = world.parameters, world.here
    if not given.commons.enabled:
        return
    count_contributors(world, crowd)
    everybody = 0
    for k in range(world.here.firms):
        firm = world.firms[k]
        everybody += firm.contributors
    contributed = 0.0
    for k in range(world.here.firms):
        firm = world.firms[k]
        crowding = (1.0 + everybody / given.commons.congestion) * (1.0 + firm.forks)
        firm.contributed = firm.contributors * given.commons.trials / crowding
        contributed += firm.contributed
    _fork(world)
    fund = world.policy[here.month].commons_fund
    here.policy_cost += fund
    here.commons_trials = (1.0 - given.feedback.upstream) * contributed + fund / given.search.trial_price
    total = 0.0
    for row in range(here.commons_modules):
        module, luck = world.modules[row], uniform(here.seed, _TRIALS, row, 0, here.month)
        cost = best_of(here.commons_trials / here.commons_modules, given.search.gamma, luck)
        if cost < module.cost:
            change(world, row, cost, 0.0, _IMPROVED, -1, -1)
        total += module.cost
    here.commons_cost = total / here.commons_founding


@compiled
def _fork(world: World) -> None:
    """Let contributors fork one open module of a firm, by chance."""
    here, slots, lines = world.here, world.design.slots, world.here.lines
    for k in range(world.here.firms):
        firm = world.firms[k]
        struck = uniform(here.seed, _FORK, k, 0, here.month) < world.parameters.commons.fork
        if not struck or firm.contributors == 0:
            continue
        opened = 0
        for line in range(lines):
            for slot in range(slots):
                opened += first_use(world, k, line, slot) and is_open(world, k, world.products[k, line].modules[slot])
        which = int(uniform(here.seed, _WHICH, k, 0, here.month) * opened)
        for line in range(lines):
            for slot in range(slots):
                row = world.products[k, line].modules[slot]
                if first_use(world, k, line, slot) and is_open(world, k, row):
                    if which == 0:
                        world.modules[row].forks += 1
                        firm.forks += 1
                        log(world, _FORKED, k, -1, slot, row, float(world.modules[row].forks), 0.0)
                    which -= 1


@compiled
def observe(world: World, row: Any) -> None:
    """Write the commons and who contributes."""
    here = world.here
    row.commons_cost, row.commons_trials, row.contributors = here.commons_cost, here.commons_trials, 0.0
    for k in range(here.firms):
        row.contributors += world.firms[k].contributors
