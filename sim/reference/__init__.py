"""The theory as plain Mesa object code: an agent a firm, module and adopter, one trial after the other."""

from sim.reference.model import Reference

__all__ = ["Reference"]
