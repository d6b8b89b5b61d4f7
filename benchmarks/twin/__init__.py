"""The model a second time, as idiomatic Mesa object code: an agent a firm, module and adopter, trial after trial."""

from benchmarks.twin.model import Twin

__all__ = ["Twin"]
