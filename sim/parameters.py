"""Every parameter of the model, declared once: symbol, unit, range, default and source.

Validation, the reference table, the commented configuration and the JSON schema all derive from the classes below.
Money has no currency: only its ratio to the price of a trial at founding, ``search.trial_price``, matters.
``D7`` and the like point to ``docs/decisions.md``; a name and year point to the literature.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Annotated, Any, Literal

import pydantic
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.fields import FieldInfo

SWITCH = "switch"
SHARE = "share"
MONEY = "money"
PER_MONTH = "1/month"


def param(
    default: Any,
    description: str,
    *,
    unit: str,
    source: str,
    symbol: str = "",
    ge: float | None = None,
    le: float | None = None,
    **constraints: Any,
) -> Any:
    """Declare one parameter; bounds are inclusive, and ``symbol`` is the letter used in the equations."""
    extra: dict[str, Any] = {"symbol": symbol, "unit": unit, "source": source}
    return Field(default, description=description, ge=ge, le=le, json_schema_extra=extra, **constraints)


class Section(BaseModel):
    """A named group of parameters; frozen, finite numbers only, unknown keys refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, validate_default=True, strict=False)


class Run(Section):
    """How long one run lasts."""

    months: int = param(60, "Length of the run.", symbol="T", unit="month", ge=1, le=1200, source="D1")
    order: Literal["search-first", "release-first"] = param(
        "search-first", "Whether firms make a month's trials before its releases or after.", unit="choice", source="D65"
    )


class Architecture(Section):
    """The product: its slots, their weights in unit cost, and which modules interact."""

    slots: tuple[str, ...] = param(
        ("data", "framework", "infrastructure", "attention", "experts", "precision", "objective", "alignment"),
        "Names of the product's slots, one module each.",
        symbol="M", unit="names", min_length=1, max_length=64, source="D2",
    )  # fmt: skip
    weights: dict[str, Annotated[float, Field(gt=0, le=1e6)]] = param(
        {}, "Weight of a slot in unit cost; slots not named weigh 1; normalised to sum 1.",
        symbol="w", unit="slot → weight", source="D2",
    )  # fmt: skip
    coupling: int = param(
        2, "Interaction partners of each slot.", symbol="k", unit="slots", ge=0, le=16, source="McNerney et al. 2011"
    )
    links: Literal["ring", "random", "blocks"] = param("ring", "How partners are laid out.", unit="choice", source="D3")
    partners: dict[str, tuple[str, ...]] = param(
        {}, "Partners of named slots, in place of the layout.", unit="slot → slots", source="D3"
    )
    widening: float = param(
        0.5, "Share of a slot's links that must be redrawn with it (widens the design structure matrix).",
        symbol="ω", unit=SHARE, ge=0, le=1, source="D4",
    )  # fmt: skip

    @model_validator(mode="after")
    def _slots_exist(self) -> Architecture:
        if len(set(self.slots)) != len(self.slots):
            raise ValueError("slots: names must differ")
        check_slots(self.slots, self.weights, "weights")
        for slot, others in self.partners.items():
            check_slots(self.slots, (slot, *others), "partners")
            if slot in others:
                raise ValueError(f"partners: slot '{slot}' cannot be its own partner")
            if len(set(others)) != len(others):
                raise ValueError(f"partners: slot '{slot}' names a partner twice")
        return self


def check_slots(slots: tuple[str, ...], named: Any, where: str) -> None:
    """Raise ``ValueError`` naming the first slot of ``named`` that no module has."""
    for name in named:
        if name not in slots:
            raise ValueError(f"{where}: no module has the slot '{name}' (slots: {', '.join(slots)})")


class Search(Section):
    """Trials on modules (Auerswald et al. 2000; McNerney et al. 2011)."""

    enabled: bool = param(True, "Firms make trials.", unit=SWITCH, source="brief 1")
    gamma: float = param(
        1.0, "Exponent of the cost distribution F(c) = c^γ of a trial.", symbol="γ", unit="1", ge=0.25, le=4,
        source="McNerney et al. 2011",
    )  # fmt: skip
    trial_price: float = param(
        10.0, "Price of a trial at founding.", symbol="κ₀", unit=MONEY, ge=1e-3, le=1e3, source="D5"
    )
    engine: Literal["shortcut", "trials"] = param(
        "shortcut", "Draw only kept trials (exact), or every trial (reference).", unit="choice",
        source="Bortz, Kalos, Lebowitz 1975",
    )  # fmt: skip


class Reuse(Section):
    """Products released over time share modules or take fresh ones (Gaffney, Durek 1989)."""

    enabled: bool = param(True, "Modules may be reused.", unit=SWITCH, source="claim c")
    lines: int = param(2, "Product lines kept alive at once.", symbol="L", unit="lines", ge=1, le=8, source="D6")
    interval: int = param(4, "Months between releases.", unit="month", ge=1, le=60, source="D6")
    heterogeneity: float = param(
        0.15, "Standard deviation of a product's requirement point around the firm's core.", symbol="σ",
        unit="design distance", ge=0, le=2, source="D7",
    )  # fmt: skip
    fresh_cost: float = param(
        100.0, "Development cost of a fresh module.", symbol="F", unit=MONEY, ge=0, le=1e6, source="D7"
    )
    generality: float = param(
        1.3, "Factor on development cost when a module is made reusable.", symbol="G", unit="1", ge=1, le=5,
        source="Gaffney, Durek 1989",
    )  # fmt: skip
    reuse_cost: float = param(
        0.2, "Cost of a reuse relative to a fresh module, without mismatch or coupling.", symbol="b₀", unit="1",
        ge=0, le=1, source="Gaffney, Durek 1989",
    )  # fmt: skip
    mismatch_cost: float = param(
        0.6, "Rise of the relative cost of reuse with mismatch.", symbol="b₁", unit="1/design distance", ge=0, le=5,
        source="D7",
    )  # fmt: skip
    coupling_cost: float = param(
        0.05, "Rise of the relative cost of reuse with each coupled slot.", symbol="b₂", unit="1/slot", ge=0, le=1,
        source="D7",
    )  # fmt: skip
    mismatch_penalty: float = param(
        0.5, "Running cost of a reused module grows as exp(penalty × mismatch).", symbol="μ",
        unit="1/design distance", ge=0, le=5, source="D7",
    )  # fmt: skip
    stake: float = param(
        1000.0, "Money that the firm thinks one unit of unit cost is worth over a product's life.", symbol="V",
        unit=MONEY, ge=0, le=1e9, source="D8",
    )  # fmt: skip


class Flywheel(Section):
    """Modules are inputs to each other's redesign: their cost sets the price of a trial."""

    enabled: bool = param(True, "Trial prices follow module costs.", unit=SWITCH, source="claim d")
    elasticity: float = param(
        0.3, "Elasticity of a slot's trial price to the cost of one partner.", symbol="ε", unit="1", ge=0, le=2,
        source="D4",
    )  # fmt: skip
    topology: Literal["links", "rewired", "acyclic"] = param(
        "links", "Price links follow the partners, or are a placebo: rewired at equal degree, or without loops "
        "at equal total weight.", unit="choice", source="D9",
    )  # fmt: skip
    form: Literal["power", "ces", "additive"] = param(
        "power", "Functional form of the price link; all three have the elasticities at founding.", unit="choice",
        source="D66",
    )  # fmt: skip
    price_floor: float = param(
        1e-3, "Lowest trial price relative to founding.", symbol="κ_min", unit="1", ge=1e-6, le=1, source="D9"
    )


class Arbitrage(Section):
    """Kirzner's entrepreneur: earns from a gap in the parent's market, and notices cheaper outside modules."""

    enabled: bool = param(
        True, "The firm can earn from gaps and notice outside modules.", unit=SWITCH, source="claim a"
    )
    gap: float = param(
        1.0,
        "Gap in the market that the firm trades in, at founding (the focal firm's: its parent's).",
        symbol="g₀",
        unit="1",
        ge=0,
        le=1,
        source="D10",
    )
    earnings: float = param(
        800.0, "Money earned in a month by full arbitrage effort on a gap of 1.", symbol="y", unit="money/month",
        ge=0, le=1e9, source="D10",
    )  # fmt: skip
    closing: float = param(
        0.10, "Share of the gap closed in a month by full arbitrage effort.", symbol="ψ", unit=PER_MONTH, ge=0, le=1,
        source="Kirzner 1973",
    )  # fmt: skip
    opening: float = param(
        0.05, "Share of the closed part that one independent innovation opens again.", symbol="η", unit="1", ge=0,
        le=1, source="Schumpeter 1934",
    )  # fmt: skip
    alertness: float = param(
        4.0, "Hazard, at full arbitrage effort, of noticing a cheaper outside module at a release.", unit="1", ge=0,
        le=50, source="Kirzner 1973",
    )  # fmt: skip


class Frontier(Section):
    """The world outside: makes trials of its own, offers modules, and can be cut off."""

    enabled: bool = param(True, "Outside modules are on offer.", unit=SWITCH, source="D11")
    head_start: float = param(
        10.0, "Trials made outside on each slot before founding.", unit="trials", ge=0, le=1e12, source="D11"
    )
    trials: float = param(2.0, "Trials made outside on each slot.", unit="trials/month", ge=0, le=1e12, source="D11")
    adoption_cost: float = param(
        0.3, "Cost of fitting in an outside module, relative to a fresh one.", unit="1", ge=0, le=2, source="D11"
    )
    hazard: float = param(0.01, "Chance that supply is cut.", symbol="h", unit=PER_MONTH, ge=0, le=1, source="claim a")
    duration: int = param(12, "Length of a supply cut.", unit="month", ge=1, le=1200, source="D12")
    severity: float = param(0.5, "Share of compute lost in a supply cut.", unit=SHARE, ge=0, le=1, source="D12")


class Absorption(Section):
    """Absorptive capacity A = K/(K + K₀), with K the firm's own kept trials (Cohen, Levinthal 1990)."""

    enabled: bool = param(True, "Own experience lets the firm absorb; off: A = 0.", unit=SWITCH, source="brief 4")
    half: float = param(
        20.0, "Own kept trials at which absorptive capacity is one half.", symbol="K₀", unit="kept trials", ge=0.1,
        le=1e6, source="Cohen, Levinthal 1990",
    )  # fmt: skip
    mastery: float = param(
        0.2, "Hazard, at A = 1, that an adopted module becomes the firm's own to redesign.", unit=PER_MONTH, ge=0,
        le=5, source="D13",
    )  # fmt: skip


class Strategy(Section):
    """What distinguishes one firm from another."""

    arbitrage: float = param(0.3, "Share of effort for arbitrage.", symbol="e_a", unit=SHARE, ge=0, le=1, source="D14")
    innovation: float = param(
        0.6, "Share of effort for innovation; with arbitrage above 1 in sum, both shrink in proportion.",
        symbol="e_i", unit=SHARE, ge=0, le=1, source="D14",
    )  # fmt: skip
    self_reliance: float = param(
        0.7, "Chance that a slot is made though an outside module is cheaper now.", symbol="s", unit=SHARE, ge=0,
        le=1, source="claim a",
    )  # fmt: skip
    openness: float = param(
        1.0, "Share of the firm's modules that it opens.", symbol="o", unit=SHARE, ge=0, le=1, source="claim e"
    )
    platform: float = param(
        0.9, "Strength of the platform strategy: chance that reuse is considered for a slot, and share of G paid.",
        symbol="π", unit=SHARE, ge=0, le=1, source="D8",
    )  # fmt: skip
    accept: float = param(
        1.0, "Share of offered contributions that the firm is willing to review.", unit=SHARE, ge=0, le=1, source="D15"
    )
    capacity: float = param(
        600.0, "R&D money that the whole team can turn into trials.", unit="money/month", ge=0, le=1e12, source="D14"
    )
    endowment: float = param(1000.0, "Cash at founding.", unit=MONEY, ge=0, le=1e12, source="D14")
    grant: float = param(
        0.0, "Income from owners other than the parent.", unit="money/month", ge=0, le=1e12, source="D14"
    )
    compute: float = param(
        100.0, "Compute bought a month at founding.", symbol="X₀", unit="compute", ge=1e-3, le=1e12, source="D16"
    )


class Rival(Strategy):
    """The rivals: the same class of firm with another strategy; an incumbent with closed products by default."""

    count: int = param(1, "Number of rivals.", unit="firms", ge=0, le=8, source="D17")
    arbitrage: float = param(0.2, "Share of effort for arbitrage.", unit=SHARE, ge=0, le=1, source="D17")
    self_reliance: float = param(
        0.5, "Chance that a slot is made though an outside module is cheaper now.", unit=SHARE, ge=0, le=1, source="D17"
    )
    openness: float = param(0.0, "Share of the rival's modules that it opens.", unit=SHARE, ge=0, le=1, source="D17")
    platform: float = param(0.5, "Strength of the platform strategy.", unit=SHARE, ge=0, le=1, source="D17")
    grant: float = param(400.0, "Income from owners.", unit="money/month", ge=0, le=1e12, source="D17")
    compute: float = param(
        1000.0, "Compute bought a month at founding.", unit="compute", ge=1e-3, le=1e12, source="D17"
    )


class Demand(Section):
    """Demand pull of the parent: three separate gifts, three switches."""

    funding: bool = param(True, "The parent pays a monthly budget.", unit=SWITCH, source="claim b")
    budget: float = param(400.0, "The parent's budget.", unit="money/month", ge=0, le=1e12, source="D18")
    inheritance: bool = param(True, "Some slots start with the parent's infrastructure.", unit=SWITCH, source="claim b")
    inherited: tuple[str, ...] = param(
        ("framework", "infrastructure"), "Slots that are inherited.", unit="names", source="D18"
    )
    inherited_trials: float = param(
        10.0, "Trials that the parent had made on an inherited slot.", unit="trials", ge=0, le=1e12, source="D18"
    )
    steering: bool = param(True, "The parent's use shows which slots matter.", unit=SWITCH, source="claim b")
    clarity: float = param(
        0.9, "Share of the perception error that steering removes.", unit=SHARE, ge=0, le=1, source="D19"
    )
    misfit: float = param(
        0.0, "Distance of the parent's weights from the market's: 0 the same, 1 unrelated.", unit=SHARE, ge=0, le=1,
        source="D19",
    )  # fmt: skip
    noise: float = param(
        1.0, "Standard deviation of the log error in perceived weights, without steering.", symbol="ν", unit="1",
        ge=0, le=3, source="D19",
    )  # fmt: skip


class Organisation(Section):
    """How the firm's teams work."""

    enabled: bool = param(
        True, "Organisation matters; off: all trials aimed from above, span and bandwidth without limit.",
        unit=SWITCH, source="claim g",
    )  # fmt: skip
    autonomy: float = param(
        0.3, "Share of trials that teams aim themselves, by local success.", unit=SHARE, ge=0, le=1, source="claim g"
    )
    memory: float = param(
        0.8, "Share of the record of local success that is kept from month to month.", unit=SHARE, ge=0, le=0.99,
        source="D20",
    )  # fmt: skip
    span: float = param(
        40.0, "Modules that the firm can maintain; above it trials shrink in proportion.", unit="modules", ge=1,
        le=1e6, source="D20",
    )  # fmt: skip
    bandwidth: float = param(
        20.0, "Outside trials that the firm can review and integrate.", symbol="B", unit="trials/month", ge=0, le=1e12,
        source="claim g",
    )  # fmt: skip


class Market(Section):
    """What a product is worth to a user, and what it earns."""

    price: float = param(
        0.25, "Monthly price of using a wholly closed product.", unit="utility", ge=0, le=10, source="D21"
    )
    hosting: float = param(
        0.15, "Monthly cost of hosting a wholly open product, before the commons lowers it.", unit="utility", ge=0,
        le=10, source="D21",
    )  # fmt: skip
    tooling: float = param(
        0.10, "Monthly cost of tooling for any product, before the commons lowers it.", unit="utility", ge=0, le=10,
        source="D21",
    )  # fmt: skip
    revenue: float = param(
        1.0, "Money that a firm earns per user and unit of price.", unit="money/utility", ge=0, le=1e6, source="D21"
    )
    service: float = param(
        0.3, "Share of the users of an open product who buy the firm's own hosting.", unit=SHARE, ge=0, le=1,
        source="D21",
    )  # fmt: skip
    scaling: float = param(
        0.10, "Exponent of the scaling law of capability in effective compute.", symbol="β", unit="1", ge=0.01, le=1,
        source="Kaplan et al. 2020",
    )  # fmt: skip
    compute_growth: float = param(
        0.02, "Growth of compute that firms buy.", unit=PER_MONTH, ge=-0.1, le=0.1, source="D16"
    )


class Diffusion(Section):
    """Adopters on a network consider, adopt, switch and leave (Bass 1969; Watts 2002)."""

    enabled: bool = param(True, "Adopters consider products.", unit=SWITCH, source="claim e")
    adopters: int = param(2000, "Number of adopters.", symbol="N", unit="adopters", ge=1, le=10_000_000, source="D22")
    network: Literal["complete", "ring", "small-world", "scale-free", "poisson", "edges"] = param(
        "small-world", "Social network.", unit="choice", source="Watts, Strogatz 1998; Barabási, Albert 1999"
    )
    degree: float = param(8.0, "Mean number of neighbours.", unit="neighbours", ge=0, le=200, source="D22")
    rewiring: float = param(
        0.1, "Share of ring links rewired in the small world.", unit=SHARE, ge=0, le=1, source="Watts, Strogatz 1998"
    )
    edges: str = param("", "Edge list (CSV of two columns) when the network is 'edges'.", unit="path", source="D22")
    p: float = param(
        0.0025, "Coefficient of innovation: hazard to consider a product unprompted.", symbol="p", unit=PER_MONTH,
        ge=0, le=10, source="Bass 1969; Sultan et al. 1990",
    )  # fmt: skip
    q: float = param(
        0.035, "Coefficient of imitation: further hazard when all neighbours use it.", symbol="q", unit=PER_MONTH,
        ge=0, le=10, source="Bass 1969; Sultan et al. 1990",
    )  # fmt: skip
    rule: Literal["hazard", "threshold"] = param(
        "hazard", "Consider at a hazard, or once a share of neighbours uses the product.", unit="choice",
        source="Bass 1969; Watts 2002",
    )  # fmt: skip
    threshold: float = param(
        0.18, "Share of neighbours that makes an adopter consider, under the threshold rule.", symbol="φ", unit=SHARE,
        ge=0, le=1, source="Watts 2002",
    )  # fmt: skip
    seeds: float = param(
        0.0, "Share of adopters that use the focal product from the start.", unit=SHARE, ge=0, le=1, source="D22"
    )
    taste: float = param(1.0, "Median taste for capability.", symbol="τ", unit="utility", ge=0, le=100, source="D23")
    taste_spread: float = param(0.5, "Standard deviation of log taste.", unit="1", ge=0, le=3, source="D23")
    network_benefit: float = param(
        0.1, "Utility when all neighbours use the same product.", unit="utility", ge=0, le=10, source="D23"
    )
    switching_cost: float = param(
        0.05, "Utility that a switch must gain at least.", unit="utility", ge=0, le=10, source="D23"
    )
    churn: float = param(0.01, "Hazard of leaving a product.", unit=PER_MONTH, ge=0, le=5, source="D23")
    engine: Literal["compiled", "arrays", "agents"] = param(
        "compiled",
        "Compiled loops (fast), whole arrays, or one adopter after the other (references): the same to the bit.",
        unit="choice",
        source="D24",
    )


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
        3.0, "Cost of contributing, relative to the median private benefit.", unit="1", ge=0, le=1e6,
        source="von Hippel, von Krogh 2003",
    )  # fmt: skip
    rights: float = param(
        1.0, "Share of the private benefit that the licence leaves to who modifies.", unit=SHARE, ge=0, le=1,
        source="D26",
    )  # fmt: skip
    trials: float = param(1.0, "Trials that one contributor makes.", unit="trials/month", ge=0, le=1e6, source="D25")
    congestion: float = param(
        500.0, "Contributors at which congestion halves what each achieves.", unit="contributors", ge=1, le=1e12,
        source="D27",
    )  # fmt: skip
    fork: float = param(
        0.01, "Chance that contributors fork an open product.", unit=PER_MONTH, ge=0, le=1, source="D27"
    )


class Feedback(Section):
    """What comes back to the firm, and what leaks to its rivals."""

    inflow: bool = param(True, "Contributions reach the firm's open modules.", unit=SWITCH, source="claim f")
    upstream: float = param(
        0.3, "Share of contributed trials aimed at the firm's open modules.", unit=SHARE, ge=0, le=1, source="D28"
    )
    review: float = param(
        0.2, "Share of innovation effort taken by reviewing contributions at full bandwidth.", unit=SHARE, ge=0, le=1,
        source="D28",
    )  # fmt: skip
    leak: bool = param(True, "Firms imitate open modules of others.", unit=SWITCH, source="brief 6")
    imitation: float = param(
        0.05, "Hazard, at A = 1, of imitating a cheaper open module.", unit=PER_MONTH, ge=0, le=5, source="D29"
    )


LEVERS: dict[str, str] = {
    "subsidy": "money a month paid to the focal firm",
    "matching": "share of last month's R&D spending paid back to the focal firm",
    "supply_cut": "supply of outside modules and compute is cut (level: any, 0 for none)",
    "mandate": "every firm must open this share of its modules at least",
    "open_reward": "money a month paid to each firm for full openness",
    "compute_tariff": "surcharge on the price of compute",
    "audit": "money a safety audit of one release costs its firm",
    "commons_fund": "money a month spent on trials of the commons",
}


class Lever(Section):
    """One policy from its first month to its last (both included)."""

    lever: Literal[
        "subsidy", "matching", "supply_cut", "mandate", "open_reward", "compute_tariff", "audit", "commons_fund"
    ] = param(..., "Which lever.", unit="choice", source="claim h")
    start: int = param(1, "First month.", unit="month", ge=1, le=1200, source="D30")
    end: int = param(1200, "Last month.", unit="month", ge=1, le=1200, source="D30")
    level: float = param(1.0, "Strength, in the lever's own unit.", unit="lever's", ge=0, le=1e12, source="D30")

    @model_validator(mode="after")
    def _ordered(self) -> Lever:
        if self.end < self.start:
            raise ValueError(f"end: month {self.end} is before start {self.start}")
        if self.lever == "mandate" and self.level > 1:
            raise ValueError(f"level: a mandate is a share, at most 1, not {self.level:g}")
        return self


class Policy(Section):
    """Policy levers on a schedule of months."""

    enabled: bool = param(True, "The schedule is in force.", unit=SWITCH, source="claim h")
    schedule: tuple[Lever, ...] = param((), "Levers: " + ", ".join(LEVERS) + ".", unit="list", source="claim h")


class ScheduledRelease(Section):
    """One dated release of the focal firm."""

    month: int = param(..., "Month of the release.", unit="month", ge=1, le=1200, source="case facts")
    name: str = param(..., "Name of the product.", unit="name", source="case facts")
    line: int = param(0, "Product line that it renews.", unit="line", ge=0, le=7, source="case facts")
    introduces: tuple[str, ...] = param((), "Slots that take a fresh module.", unit="names", source="case facts")


class Release(Section):
    """When products come out; an empty schedule means every ``reuse.interval`` months."""

    schedule: tuple[ScheduledRelease, ...] = param(
        (), "Dated releases of the focal firm, in order.", unit="list", source="D31"
    )

    @model_validator(mode="after")
    def _in_order(self) -> Release:
        for earlier, later in pairwise(self.schedule):
            if later.month < earlier.month:
                raise ValueError(
                    f"schedule: '{later.name}' (month {later.month}) stands after '{earlier.name}', "
                    f"which comes later (month {earlier.month})"
                )
        return self


class Shock(Section):
    """An experimenter's hand, for impulse responses: one slot of the focal firm, or its trials, gets cheaper."""

    slot: str = param("", "Slot that is shocked; empty for none.", unit="name", source="D64")
    size: float = param(0.01, "Share by which cost or price falls.", unit=SHARE, ge=0, le=0.999, source="D64")
    month: int = param(1, "Month of the shock.", unit="month", ge=1, le=1200, source="D64")
    lasting: bool = param(
        False,
        "Trials on the slot stay cheaper from then on; otherwise its modules get cheaper once.",
        unit=SWITCH,
        source="D71",
    )


class Parameters(Section):
    """All parameters of one run."""

    run: Run = Run()
    architecture: Architecture = Architecture()
    search: Search = Search()
    reuse: Reuse = Reuse()
    flywheel: Flywheel = Flywheel()
    arbitrage: Arbitrage = Arbitrage()
    frontier: Frontier = Frontier()
    absorption: Absorption = Absorption()
    firm: Strategy = Strategy()
    rival: Rival = Rival()
    demand: Demand = Demand()
    organisation: Organisation = Organisation()
    market: Market = Market()
    diffusion: Diffusion = Diffusion()
    commons: Commons = Commons()
    feedback: Feedback = Feedback()
    policy: Policy = Policy()
    release: Release = Release()
    shock: Shock = Shock()

    @model_validator(mode="after")
    def _slots_exist(self) -> Parameters:
        slots = self.architecture.slots
        if self.demand.inheritance:
            check_slots(slots, self.demand.inherited, "demand.inherited")
        if self.shock.slot:
            check_slots(slots, (self.shock.slot,), "shock.slot")
        for release in self.release.schedule:
            check_slots(slots, release.introduces, f"release.schedule '{release.name}'")
            if release.line >= self.reuse.lines:
                raise ValueError(
                    f"release.schedule '{release.name}': line {release.line}, but reuse.lines is {self.reuse.lines}"
                )
        return self

    def replace(self, changes: Mapping[str, Any]) -> Parameters:
        """Return a copy with dotted keys changed, e.g. ``{"flywheel.elasticity": 0.5}``.

        Raises:
            KeyError: a key that names no parameter.
            pydantic.ValidationError: a value of the wrong type or out of range.
        """
        data = self.model_dump()
        for key, value in changes.items():
            section, _, name = key.partition(".")
            if section not in data or name not in data[section]:
                raise KeyError(key)
            data[section][name] = value
        return Parameters.model_validate(data)


def declared() -> Iterator[tuple[str, FieldInfo]]:
    """Yield every parameter as its dotted key and its declaration, in the order of the theory."""
    for section, field in Parameters.model_fields.items():
        kind = field.annotation
        assert isinstance(kind, type)
        assert issubclass(kind, Section)
        for name, info in kind.model_fields.items():
            yield f"{section}.{name}", info


ValidationError = pydantic.ValidationError
