"""The outcomes that the page draws, and those of its table."""

from __future__ import annotations

from sim.outcomes import COLUMNS

_SHOWN = (
    "unit_cost", "capability", "average_rd_cost", "trial_price", "loop_gain", "reuse_share", "independent",
    "independent_size", "integrated", "users", "rival_users", "rival_unit_cost", "rival_capability",
    "adopted_openness", "cost_of_use", "commons_cost", "contributors", "inflow", "absorptive_capacity", "kept",
    "rd_spending", "cash", "misfit", "surplus", "frontier_cost",
)  # fmt: skip
_COLUMNS = {column.name: column for column in COLUMNS}
OUTCOMES = {name: _COLUMNS[name] for name in _SHOWN}
HEADLINES = (
    "unit_cost", "capability", "average_rd_cost", "independent_size", "integrated", "users", "adopted_openness",
    "commons_cost",
)  # fmt: skip
