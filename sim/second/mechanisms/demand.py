"""demand."""

from __future__ import annotations

from sim.second.declare import SHARE, SWITCH, Section, param


class Demand(Section):
    """Demand pull of the parent: three separate gifts, three switches."""

    funding: bool = param(True, "The parent pays a monthly budget.", unit=SWITCH, source="claim b")
    budget: float = param(400.0, "The parent's budget.", unit="money/month", ge=0, le=1e12, source="D18")
    inheritance: bool = param(True, "Some slots start with the parent's infrastructure.", unit=SWITCH, source="claim b")
    inherited: tuple[str, ...] = param(("framework",), "Slots that are inherited.", unit="names", source="D18")
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
