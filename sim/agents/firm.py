"""Firms as agents: views of the rows of the firms' table."""

from __future__ import annotations

from typing import Any

from sim.agents.module import ModuleSet
from sim.agents.rows import Column, Row
from sim.mechanisms.effort import Strategy


class Firm(Row):
    """One firm, the focal one in row 0. The compiled month acts for it; cash and gap can be set between months."""

    noun = "firm"

    cash = Column("state.firms", "cash", "Money at hand.", least=0.0)
    gap = Column("state.firms", "gap", "Gap in the market that it trades in, 0 to 1.", least=0.0, most=1.0)
    experience = Column("state.firms", "experience", "Own kept trials to date, K.")
    openness = Column("state.firms", "openness", "Share of its modules that it opens, by its strategy and mandates.")
    releases = Column("state.firms", "releases", "Products brought out.")
    users = Column("state.firms", "users", "Users of its product on offer, adopters.")
    capability = Column("state.firms", "capability", "Capability of its product on offer, 0 to 1.")
    product_openness = Column("state.firms", "product_openness", "Openness of its product on offer, a share.")
    cost_of_use = Column("state.firms", "cost_of_use", "Monthly cost of using its product on offer, utility.")
    independent = Column("state.firms", "independent", "Independent innovations to date.")
    independent_size = Column("state.firms", "independent_size", "By how much they bettered the best, log cost.")
    integrated = Column("state.firms", "integrated", "Integrated innovations to date.")
    spent = Column("state.firms", "spent", "Spent on trials and development to date, money.")

    @property
    def name(self) -> str:
        """``focal``, ``rival-1``, …"""
        return f"rival-{self.row}" if self.row else "focal"

    @property
    def focal(self) -> bool:
        """Whether it is the firm that the study is about."""
        return self.row == 0

    @property
    def strategy(self) -> Strategy:
        """What distinguishes it from others."""
        given: Strategy = self.model.parameters.firm if self.focal else self.model.parameters.rival
        return given

    @property
    def perceived(self) -> Any:
        """Perceived weights of slots, shape (M,)."""
        return self.model.state.firms[self.row].perceived[: self.model.state.design.slots]

    @property
    def modules(self) -> ModuleSet:
        """The modules in its live products, each once, in order of lines and slots."""
        state = self.model.state
        products = state.products[self.row, : state.here.lines]
        rows = [int(row) for product in products if product.state for row in product.modules[: state.design.slots]]
        return ModuleSet(self.model, (row for row in rows if row >= 0))

    def __repr__(self) -> str:
        made = "no product yet" if not self.releases else f"{self.releases} releases, {self.users} users"
        return f"Firm {self.unique_id} ({self.name}): cash {self.cash:.6g}, {made}"
