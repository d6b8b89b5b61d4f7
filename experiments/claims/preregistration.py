"""Freeze claims, worlds, budgets, analysis, seeds and model before the first run: what changes later is exploratory."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from experiments.claims.answers import Status
from experiments.claims.claim import Claim
from experiments.claims.estimands import ESTIMANDS
from experiments.claims.laboratory import SEEDS
from experiments.claims.over import BUDGETS, Budget, Worlds
from experiments.config import show_path
from experiments.errors import UsageError
from experiments.provenance.identity import identity, installed
from experiments.provenance.syntax import normal, text, typed_classes, without_unused
from experiments.sweep import files

FILE = "preregistration.json"
# What leads from runs to an answer, beside the kinds of a claim's effects; how it is drawn and told may change.
_ANALYSIS = (
    "claims/schema", "claims/claim", "claims/over", "claims/laboratory", "claims/judging", "claims/ladder",
    "claims/answers", "claims/estimands/base", "stats/holm",
)  # fmt: skip


class Record(BaseModel):
    """What was frozen, and when.

    Attributes:
        date: when, UTC.
        claims: hash of each claim, by id.
        worlds: hash of each list of worlds, by name and number.
        budgets: each budget's numbers, by name.
        seeds: the experiment's seed of each purpose.
        analysis: hash of the code that leads from runs to a claim's answer, by id; of all that leads to any in records
            of old.
        model: identity of the model for each claim, by id.
        versions: of what may change bits.
        seen: what of the answers was known before, in plain words.
        before: earlier records, the oldest first.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    date: str
    claims: dict[str, str]
    worlds: dict[str, str]
    budgets: dict[str, list[int]]
    seeds: dict[str, int]
    analysis: dict[str, str] | str
    model: dict[str, str]
    versions: dict[str, str]
    seen: str = ""
    before: list[Record] = []


def analysis_version(claim: Claim) -> str:
    """Return a hash of what leads from runs to a claim's answer: of its source in normal form."""
    modules = {type(ESTIMANDS[effect.kind]).__module__ for rung in claim.rungs for effect in rung.effect}
    kinds = (module.removeprefix("experiments.").replace(".", "/") for module in modules)
    here = Path(__file__).parents[1]
    sources = {name: (here / f"{name}.py").read_text(encoding="utf-8") for name in sorted({*_ANALYSIS, *kinds})}
    typed = typed_classes(sources.values())
    forms = {name: text(without_unused(normal(source, typed))) for name, source in sources.items()}
    return hashlib.sha256(json.dumps(forms, sort_keys=True).encode()).hexdigest()[:16]


def preregister(folder: Path, claims: Sequence[Claim], worlds: Sequence[Worlds], seen: str = "") -> Path:
    """Write the preregistration of a folder of claims, keeping earlier ones, unless nothing changed; return its path.

    Args:
        folder: of the claims.
        claims: all of it.
        worlds: every list of worlds that the claims may be judged in: one for each budget, and ``--over``.
        seen: what of the answers is known before, in plain words; as in the earlier record if empty.

    Raises:
        UsageError: what is there is no preregistration.
    """
    path = folder / FILE
    earlier = record_of(folder)
    now = Record(
        date=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        claims={claim.id: claim.hash for claim in claims},
        worlds={_name(each): each.hash for each in worlds},
        budgets={name: _numbers(budget) for name, budget in BUDGETS.items()},
        seeds=dict(SEEDS),
        analysis={claim.id: analysis_version(claim) for claim in claims},
        model={claim.id: identity(claim.kept) for claim in claims},
        versions=installed(),
        seen=seen or ("" if earlier is None else earlier.seen),
    )
    if earlier is not None:
        if earlier == now.model_copy(update={"date": earlier.date, "before": earlier.before}):
            return path
        now = now.model_copy(update={"before": [*earlier.before, earlier.model_copy(update={"before": []})]})
    files.put_json(path, now.model_dump(mode="json"))
    return path


def status_of(claim: Claim, worlds: Worlds, budget: Budget) -> Status:
    """Return whether an answer confirms what was preregistered or explores, and what changed since when.

    The model is held to the record as if it ran on the packages of then: others change bits, not what is claimed.

    Raises:
        UsageError: what is beside the claim is no preregistration.
    """
    record = record_of(claim.path.parent)
    if record is None:
        return Status(False, "the claims were not preregistered")
    analysis = record.analysis if isinstance(record.analysis, str) else record.analysis.get(claim.id)
    held = {
        "the claim": (record.claims.get(claim.id), claim.hash),
        "the worlds": (record.worlds.get(_name(worlds)), worlds.hash),
        "the budget": (record.budgets.get(budget.name), _numbers(budget)),
        "the seeds": (record.seeds, SEEDS),
        "the analysis": (analysis, analysis_version(claim)),
        "the model": (record.model.get(claim.id), identity(claim.kept, record.versions)),
    }
    day = record.date[:10]
    absent = [name for name, (then, _) in held.items() if then is None]
    changed = [name for name, (then, now) in held.items() if then is not None and then != now]
    if absent or changed:
        said = [f"{_listed(absent)} not among what was preregistered on {day}"] if absent else []
        said += [f"{_listed(changed)} changed since the preregistration of {day}"] if changed else []
        return Status(False, "; ".join(said))
    again = f", which replaced {len(record.before)} earlier" if record.before else ""
    return Status(True, f"nothing changed since the preregistration of {day}{again}")


def _name(worlds: Worlds) -> str:
    return f"{worlds.name} {len(worlds)}"


def _numbers(budget: Budget) -> list[int]:
    return [each for each in budget if isinstance(each, int)]


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def record_of(folder: Path) -> Record | None:
    """Return what was frozen of a folder of claims; None if nothing was.

    Raises:
        UsageError: what is there is no preregistration.
    """
    path = folder / FILE
    try:
        with files.opened(path) as file:
            return Record.model_validate_json(file.read())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _none(path, error.strerror or str(error)) from None
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        raise _none(path, f"{'.'.join(map(str, fault['loc'])) or 'it'}: {fault['msg']}") from None


def _none(path: Path, why: str) -> UsageError:
    return UsageError(f"{show_path(path)}: is no preregistration: {why}; it is made anew once this is moved away")
