"""The architecture of the product: its slots, which are redrawn together, and whose cost prices whose trials."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from sim.second.declare import SHARE, Section, param


class Architecture(Section):
    """The product: its slots, their weights in unit cost, and which modules interact."""

    slots: tuple[str, ...] = param(
        (
            "base", "attention", "experts", "balancing", "pipeline", "framework", "precision", "prediction", "alignment",
        ),
        "Names of the product's slots, one module each.",
        symbol="M", unit="names", min_length=1, max_length=64, source="D2",
    )  # fmt: skip
    systems: tuple[str, ...] = param(
        ("pipeline", "framework", "precision"),
        "Slots that are systems; the others are algorithms. Defaults that no slot bears are left out.",
        unit="names", source="brief, the case as evidence",
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

    @model_validator(mode="before")
    @classmethod
    def _systems_of_other_slots(cls, given: Any) -> Any:
        if isinstance(given, dict) and "slots" in given and "systems" not in given:
            default = cls.model_fields["systems"].default
            return {**given, "systems": tuple(slot for slot in default if slot in tuple(given["slots"]))}
        return given

    @model_validator(mode="after")
    def _slots_exist(self) -> Architecture:
        for slot in self.slots:
            if not slot.strip() or slot != slot.strip() or not slot.isprintable():
                raise ValueError(f"slots: {slot!r} is no name: it is empty, or begins, ends or breaks with a blank")
        if len(set(self.slots)) != len(self.slots):
            raise ValueError("slots: names must differ")
        check_slots(self.slots, self.systems, "systems")
        check_slots(self.slots, self.weights, "weights")
        for slot, others in self.partners.items():
            check_slots(self.slots, (slot, *others), "partners")
            if slot in others:
                raise ValueError(f"partners: slot '{slot}' cannot be its own partner")
            if len(set(others)) != len(others):
                raise ValueError(f"partners: slot '{slot}' names a partner twice")
        self._coupling_fits()
        return self

    def _coupling_fits(self) -> None:
        slots = len(self.slots)
        if set(self.partners) == set(self.slots):
            return  # every slot names its own
        if self.coupling >= slots:
            raise ValueError(f"coupling: {slots} slots can have {slots - 1} partners each at most, not {self.coupling}")
        if self.links == "blocks" and slots % (self.coupling + 1):
            raise ValueError(
                f"coupling: {slots} slots cannot be divided into blocks of {self.coupling + 1}; "
                "choose another coupling, or other links"
            )


def check_slots(slots: tuple[str, ...], named: Any, where: str) -> None:
    """Raise ``ValueError`` naming the first slot of ``named`` that no module has."""
    for name in named:
        if name not in slots:
            raise ValueError(f"{where}: no module has the slot '{name}' (slots: {', '.join(slots)})")
