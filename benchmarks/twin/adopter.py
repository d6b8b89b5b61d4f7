"""An adopter: considers what its neighbours use, takes what is best, leaves, and contributes."""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING, Any

from mesa.discrete_space import Cell, FixedAgent

if TYPE_CHECKING:
    from benchmarks.twin.firm import Firm
    from benchmarks.twin.model import Twin


class Adopter(FixedAgent):
    """One user on a cell of the social network."""

    model: Twin
    cell: Any

    def __init__(self, model: Twin, cell: Cell) -> None:
        super().__init__(model)
        self.cell = cell
        self.given = given = model.parameters.diffusion
        self.taste = given.taste * exp(given.taste_spread * self.random.gauss(0.0, 1.0))
        self.benefit = exp(model.parameters.commons.benefit_spread * self.random.gauss(0.0, 1.0))
        self.choice: Firm | None = None
        self.next: Firm | None = None

    def look(self) -> None:
        """Leave, or consider one option and decide; nothing changes yet that others see."""
        self.next = self.choice
        if self.choice is not None and self.random.random() < 1.0 - exp(-self.given.churn):
            self.next = None
            return
        on_offer = [firm for firm in self.model.firms if firm.releases]
        others = [firm for firm in on_offer if firm is not self.choice]
        used = [neighbour.choice for neighbour in self.cell.neighborhood.agents]
        shares = {firm: used.count(firm) / max(len(used), 1) for firm in on_offer}
        hazards = [self.given.p + self.given.q * shares[firm] for firm in others]
        if self.random.random() < exp(-sum(hazards)):
            return
        considered = self.random.choices(others, hazards)[0]
        worth = {firm: self.utility(firm, shares[firm]) for firm in on_offer}
        bar = 0.0 if self.choice is None else max(worth[self.choice] + self.given.switching_cost, 0.0)
        if worth[considered] > bar and worth[considered] == max(worth.values()):
            self.next = considered

    def utility(self, firm: Firm, share: float) -> float:
        """Return what a firm's product is worth to it, given the share of neighbours that use it."""
        return self.taste * firm.capability - firm.cost_of_use + self.given.network_benefit * share

    def move(self) -> None:
        """Do what was decided."""
        if self.next is self.choice:
            return
        if self.choice is not None:
            self.choice.users -= 1
        if self.next is not None:
            self.next.users += 1
        self.choice = self.next

    def contribute(self) -> None:
        """Contribute to what it uses, if the licence leaves it more than that costs."""
        rights, cost = self.model.parameters.commons.rights, self.model.parameters.commons.cost
        if self.choice is not None and self.benefit * self.choice.openness * rights > cost:
            self.choice.contributors += 1
