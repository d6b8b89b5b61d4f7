"""The verdict in words."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.verify.check import Check


def verdict(checks: Sequence[Check]) -> str:
    """Return whether all checks pass, or how many fail and of which limits."""
    limits = list(dict.fromkeys(check.id for check in checks))
    failed = [check for check in checks if not check.passed]
    if not failed:
        return f"All {len(checks)} checks of {len(limits)} limits pass"
    where = ", ".join(dict.fromkeys(check.id for check in failed))
    return f"{len(failed)} of {len(checks)} checks fail: {where}"
