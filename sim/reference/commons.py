"""Commons: users of open products contribute trials to modules that nobody owns, which lower everyone's costs.

    contributes iff  benefit · o · rights > cost
    contributed by the n users of a product = n τ / (1 + Σ n / congestion) / (1 + forks)
    trials on the commons = (1 − upstream) Σ contributed + public funds / κ₀

Limit: no openness or no rights, no contribution.
Source: claim e; von Hippel, von Krogh (2003); Marshall (1890); D25-D27.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.reference.adopter import Adopter
from sim.reference.modules import CommonsModule

if TYPE_CHECKING:
    from sim.reference.firm import Firm
    from sim.reference.model import Reference


def grow(model: Reference) -> None:
    """Let users contribute, and the commons improve by it; the cost that results is felt from the next month on."""
    model.commons_trials = 0.0
    if not model.parameters.commons.enabled:
        return
    model.agents_by_type[Adopter].do("contribute")
    contributors = sum(firm.contributors for firm in model.firms)
    for firm in model.firms:
        contribute(firm, contributors)
        fork(firm)
    funds = model.spend_publicly(model.levers["commons_fund"])
    left = 1.0 - model.parameters.feedback.upstream
    contributed = sum(firm.contributed for firm in model.firms)
    model.commons_trials = left * contributed + funds / model.parameters.search.trial_price
    model.agents_by_type[CommonsModule].do("improve", model.commons_trials / len(model.commons))
    model.commons_cost = sum(module.cost for module in model.commons) / model.commons_founding


def contribute(firm: Firm, contributors: int) -> None:
    """Count the trials that the users of a firm's product contribute, ``contributors`` being those of all products."""
    given = firm.model.parameters.commons
    crowding = (1.0 + contributors / given.congestion) * (1.0 + firm.forks)
    firm.contributed = firm.contributors * given.trials / crowding


def fork(firm: Firm) -> None:
    """Let contributors, by chance, fork one of the firm's open modules; that weakens what they do from now on."""
    struck = firm.random.random() < firm.model.parameters.commons.fork
    if struck and firm.contributors and (is_open := firm.open_modules()):
        firm.random.choice(is_open).forks += 1
        firm.forks += 1
