"""commons."""

from __future__ import annotations

from sim.second.declare import PER_MONTH, SHARE, SWITCH, Section, param


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
