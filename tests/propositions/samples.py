"""Results as ``pipeline.decide`` gives them, small and made up, for what draws and tells them."""

from __future__ import annotations

from typing import Any

KINDS = {
    "difference": ("share of control", {"arms": ["treated", "control"], "of": "control"}),
    "interaction": ("log points", {"arms": ["both", "treated", "other", "control"], "scales": ["log1p"]}),
    "complements": ("outcome's", {"arms": ["both", "treated", "other", "control"]}),
    "hazard-ratio": ("log hazard ratio", {"arms": ["treated", "control"]}),
    "inverted-u": ("log points", {"scales": ["log"]}),
    "slope": ("elasticity", {"arms": ["control", "other", "treated"], "against": "stock", "scales": ["log"]}),
    "coefficient": ("elasticity", {"arms": ["control", "treated"], "against": "stock", "controls": ["final.cash"]}),
    "scale-elasticity": ("elasticity", {"arms": ["treated", "control"], "against": "stock", "threshold": 1.0}),
    "shapley": ("share", {"part": "spread"}),
}
ARMS = ["treated", "control", "both", "other"]
CHANNELS = ("independent", "events_patched", "events_lost")


def effect(
    name: str = "more cost", kind: str = "difference", verdict: str = "supported", **changed: Any
) -> dict[str, Any]:
    """Return an effect; by default 30 % more, well beyond the 10 % that matter."""
    return {
        "name": name, "kind": kind, "scale": "level", "required": True, "sign": "+", "sesoi": 0.1,
        "nothing": 1.0 if kind == "scale-elasticity" else 0.0, "unit": KINDS[kind][0], "estimate": 0.3, "low": 0.2,
        "high": 0.4, "confidence": 0.95, "seeds": 20, "verdict": verdict, "p": 0.001, "note": "", **changed,
    }  # fmt: skip


def estimand(kind: str = "difference") -> dict[str, Any]:
    """Return what an effect of a kind compares."""
    plain = {"kind": kind, "sign": "+", "measure": "cost", "statistic": "mean", "arms": [], "scales": ["level"],
             "of": None, "against": None, "controls": [], "threshold": 0.0, "part": None}  # fmt: skip
    return plain | KINDS[kind][1]


def channel_rows(arms: list[str], reference: str, patched: tuple[float, float, float]) -> list[dict[str, Any]]:
    """Return rows in which all arms keep 2 contributed trials more than the reference, or so many."""
    rows = []
    for arm in arms:
        for channel in CHANNELS:
            estimate, low, high = patched if channel == "events_patched" else (0.0, -1.0, 1.0)
            gap = None if arm == reference else {"estimate": estimate, "low": low, "high": high}
            mean = 11.0 if channel == "independent" else 0.0 if gap is None else estimate
            rows.append({"arm": arm, "channel": channel, "mean": mean, "difference": gap})
    return rows


def place(x: float, y: float, verdict: str = "undecided", strength: float = 0.1) -> dict[str, Any]:
    """Return a place of the region."""
    return {"values": {"firm.capacity": x, "demand.noise": y}, "verdict": verdict, "effect": strength}


def region(places: list[dict[str, Any]], indices: list[dict[str, Any]] | None = None, **rule: Any) -> dict[str, Any]:
    """Return a region of one parameter on a log scale and one on a plain one."""
    kinds = ("supported", "contradicted", "negligible", "undecided")
    shares = {kind: sum(p["verdict"] == kind for p in places) / len(places) for kind in kinds}
    factor = {"scale": "linear", "low": 0.0, "high": 2.0, "values": None, "unit": "1", "description": "How much."}
    return {
        "places": places, "seeds": 8, "indices": indices or [],
        "shares": {kind: {"share": s, "low": 0.8 * s, "high": min(1.0, 0.2 + s)} for kind, s in shares.items()},
        "rule": {"words": "it holds nowhere in it", "conditions": [], "accuracy": None, "majority": None,
                 "inside": None, "held": None, **rule},
        "axes": ["firm.capacity", "demand.noise"],
        "parameters": [
            {**factor, "key": "firm.capacity", "scale": "log", "low": 10.0, "high": 1000.0, "unit": "money/month"},
            {**factor, "key": "demand.noise"},
        ],
    }  # fmt: skip


def result(verdict: str = "supported", effects: list[dict[str, Any]] | None = None, **changed: Any) -> dict[str, Any]:
    """Return the result of a claim."""
    found = effects or [effect(verdict=verdict)]
    decider = next(each for each in found if each["required"])
    cell = {
        "name": "no capacity", "why": "Nobody can try.", "changes": {"firm.capacity": 0.0}, "seeds": 20,
        "verdict": "negligible",
        "p": 0.01, "outcome": "failed", "effects": [effect(verdict="negligible", estimate=0.0, low=-0.01, high=0.01)],
    }  # fmt: skip
    spread = {"mean": 5.0, "low": 4.0, "median": 5.0, "high": 6.0, "never": 0}
    return {
        "id": "P1", "title": "More is more", "statement": "It costs more.",
        "words": "They say | that *more* <is> more.",
        "mechanism": "More trials.", "file": "P1.toml", "hash": "0123456789abcdef01", "design": "arms", "dose": None,
        "switches": [], "estimands": {each["name"]: estimand(each["kind"]) for each in found},
        "measures": {"cost": {"label": "cost of it", "unit": "money"}, "stock": {"label": "stock", "unit": "trials"},
                     "final.cash": {"label": "cash", "unit": "money"}},
        "base": {"firm.capacity": 100.0, "demand.noise": 1.0}, "verdict": verdict, "alone": verdict, "p": 0.001,
        "adjusted": 0.009, "struck": "", "decided_by": decider["name"], "seeds": 20, "looks": [10, 20],
        "effects": found, "boundary": [cell], "attribution": [], "stores": {"main": {"runs": 80}},
        "arms": [{"arm": arm, "changes": {}, "measure": "cost", **spread} for arm in ARMS],
        "channels": {"reference": "control", "arms": ARMS, "confidence": 0.95, "seeds": 20,
                     "rows": channel_rows(ARMS, "control", (2.0, 1.0, 3.0))},
        "region": region([place(20.0, 0.5, "supported"), place(200.0, 1.5)]),
        **changed,
    }  # fmt: skip


def data(*results: dict[str, Any], kind: str = "propositions") -> dict[str, Any]:
    """Return what ``verdicts.json`` holds."""
    return {"kind": kind, "budget": "quick", "model": "0.1.0+abc", "claims": list(results)}
