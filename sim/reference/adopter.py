"""An adopter: considers a product unprompted or because neighbours use it, and takes it if it is the best.

    h_k = p + q s_k                     hazard to consider option k in a month, s_k its share of the neighbours
    P(consider) = 1 − e^(−Σ h_k)        over the options on offer but one's own; then k with chance h_k / Σ h
    u_k = τ a_k − c_k + ν s_k           taste × capability − cost of use + network benefit × share
    takes k iff u_k is the best on offer, u_k > 0, and u_k > u_own + z

The threshold rule replaces the hazard: all k with s_k ≥ φ, s_k > 0 are considered. Users leave at the hazard of churn.

Limits: L9, Bass under complete mixing; L10, p = q = 0: nobody considers.
Source: Bass (1969); Watts (2002); Farrell, Klemperer (2007).
"""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING, Any

from mesa.discrete_space import Cell, FixedAgent

if TYPE_CHECKING:
    from sim.reference.firm import Firm
    from sim.reference.model import Reference


class Adopter(FixedAgent):
    """One user on a cell of the social network."""

    model: Reference
    cell: Any

    def __init__(self, model: Reference, cell: Cell) -> None:
        super().__init__(model)
        self.cell = cell
        self.given = given = model.parameters.diffusion
        self.taste = given.taste * exp(given.taste_spread * self.random.gauss(0.0, 1.0))
        self.benefit = exp(model.parameters.commons.benefit_spread * self.random.gauss(0.0, 1.0))
        self.choice: Firm | None = None
        self.next: Firm | None = None
        self.near = dict.fromkeys(model.firms, 0)  # how many neighbours use each firm's product
        self.known = len(cell.connections)

    def share(self, firm: Firm) -> float:
        """Return the share of its neighbours that use a firm's product; everybody knows everybody when all mix."""
        if self.given.network == "complete":
            return (firm.users - (self.choice is firm)) / max(len(self.model.adopters) - 1, 1)
        return self.near[firm] / max(self.known, 1)

    def utility(self, firm: Firm, share: float) -> float:
        """Return what a firm's product is worth to it."""
        return self.taste * firm.capability - firm.cost_of_use + self.given.network_benefit * share

    def surplus(self) -> float:
        """Return what it has from the product that it uses, if there is one."""
        if self.choice is None or not self.choice.releases:
            return 0.0
        return self.utility(self.choice, self.share(self.choice))

    def look(self) -> None:
        """Leave, or consider and decide; nothing changes yet that others see."""
        self.next = self.choice
        if self.choice is not None and self.random.random() < 1.0 - exp(-self.given.churn):
            self.next = None
            return
        shares = {firm: self.share(firm) for firm in self.model.on_offer}
        considered = self.considered(shares)
        if considered:
            self.decide(considered, shares)

    def considered(self, shares: dict[Firm, float]) -> list[Firm]:
        """Return the firms whose products it considers: one by hazard, or all past the threshold."""
        given = self.given
        others = [firm for firm in shares if firm is not self.choice]
        if given.rule == "threshold":
            return [firm for firm in others if shares[firm] >= given.threshold and shares[firm] > 0.0]
        hazards = [given.p + given.q * shares[firm] for firm in others]
        total = sum(hazards)
        if total == 0.0 or self.random.random() < exp(-total):
            return []
        return self.random.choices(others, hazards)

    def decide(self, considered: list[Firm], shares: dict[Firm, float]) -> None:
        """Take what is best, if it was considered; among equals what most neighbours use, then by chance."""
        worth = {firm: self.utility(firm, share) for firm, share in shares.items()}
        best, bar = max(worth.values()), 0.0
        if self.choice is not None:
            # A product that is not out yet, which seeds wait for, is worth nothing.
            bar = max(worth.get(self.choice, 0.0) + self.given.switching_cost, 0.0)
        taken = [firm for firm in considered if worth[firm] == best and worth[firm] > bar]
        if taken:
            most = max(shares[firm] for firm in taken)
            self.next = self.random.choice([firm for firm in taken if shares[firm] == most])

    def move(self) -> None:
        """Do what was decided, and let neighbours see it."""
        if self.next is self.choice:
            return
        for firm, change in ((self.choice, -1), (self.next, 1)):
            if firm is not None:
                firm.users += change
                for neighbour in self.cell.neighborhood.agents:
                    neighbour.near[firm] += change
        self.choice = self.next

    def contribute(self) -> None:
        """Contribute to what it uses, if the licence leaves it more than that costs."""
        given = self.model.parameters.commons
        if self.choice is not None and self.benefit * self.choice.product_openness * given.rights > given.cost:
            self.choice.contributors += 1
