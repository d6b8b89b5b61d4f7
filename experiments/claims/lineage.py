"""Which runs stand behind an answer: named, done again, and held to what they gave, to the byte.

Who has only the results can check them: the runs are planned and done anew, elsewhere, and the fingerprints of the
stores compared (``experiments.claims.laboratory.fingerprint``).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from experiments.claims.answers import ClaimAnswer, judged
from experiments.claims.claim import Claim
from experiments.claims.laboratory import RUNS, Laboratory, Task, fingerprint, laboratory
from experiments.claims.ladder import answer
from experiments.claims.over import Worlds, budget_named
from experiments.claims.phase import phase
from experiments.claims.results import AnswersRecord, ClaimRecord
from experiments.claims.robustness.audit import controls, null_world
from experiments.claims.robustness.falsifier import falsify
from experiments.claims.robustness.multiverse import Specification, multiverse
from experiments.errors import RunError, UsageError
from experiments.provenance.identity import identity
from experiments.sweep.factors import Factor
from experiments.sweep.ledger import Ledger
from experiments.sweep.session import Options
from experiments.tables import meant

_SHOWN = 6


@dataclass(frozen=True)
class Given:
    """What runs follow from, beside the record.

    Attributes:
        claims: those that may be meant.
        worlds: those that the record names, made again.
        specifications: of the multiverse.
        factors: those that the falsifier changes.
    """

    claims: Sequence[Claim]
    worlds: Worlds
    specifications: Sequence[Specification]
    factors: Sequence[Factor]


def lineage(
    record: AnswersRecord, name: str, given: Given, options: Options, every: bool, watch: Callable[[Task], None]
) -> Iterator[str]:
    """Name the runs behind an answer, do them again, and yield whether they are the same to the byte.

    Args:
        record: of what was answered.
        name: a claim such as P3, or a figure such as P3-phase.
        given: what runs follow from.
        options: how the runs are done.
        every: name every run, not some.
        watch: told how far it is.

    Raises:
        UsageError: no such answer, or its claim or worlds are not what they were.
        RunError: some runs are not the same.
    """
    told, claim = _meant(record, name, given)
    if (now := identity(claim.kept)) != told.model:
        yield f"{told.id}: judged with model {told.model}; this is {now}, so it may well differ"
    differ = []
    with tempfile.TemporaryDirectory() as place, laboratory(Path(place), options, watch) as lab:
        again(claim, told, record.budget, given, lab)
        for stored in told.stores:
            store = lab.folder / RUNS / f"{claim.id}-{stored.purpose}"
            yield f"{told.id} {stored.purpose}: {stored.runs:,} runs"
            if store.exists():
                yield from _named(store, every)
            if store.exists() and fingerprint(store) == stored.sha256:
                yield "  done again: the same to the byte"
            else:
                differ.append(stored.purpose)
                yield "  done again: NOT the same"
    if differ:
        raise RunError(f"{told.id}: {' and '.join(differ)}: not what the answers rest on")


def again(claim: Claim, told: ClaimRecord, budget_name: str, given: Given, lab: Laboratory) -> None:
    """Do again what a claim's stores hold.

    Raises:
        FlywheelError: a sweep was stopped, or could not be carried out.
    """
    budget, worlds = budget_named(budget_name), given.worlds
    found = judged(claim, lab.outcomes(claim, worlds, told.seeds))
    alone = ClaimAnswer(claim, worlds, told.seeds, tuple(map(answer, found)))
    ways: dict[str, Callable[[], object]] = {
        "null": lambda: null_world(claim, worlds, lab, budget),
        "control": lambda: controls(alone, lab, budget),
        "form": lambda: multiverse(claim, given.specifications, worlds, lab, budget),
        "phase": lambda: phase(claim, worlds, lab, budget),
        "search": lambda: falsify(alone, lab, budget, given.factors),
    }
    purposes = {stored.purpose.partition("-")[0] for stored in told.stores}
    for purpose, way in ways.items():
        if purpose in purposes:
            way()


def _meant(record: AnswersRecord, name: str, given: Given) -> tuple[ClaimRecord, Claim]:
    """Return the record and the claim that a name means, both of one text and one list of worlds."""
    stem = Path(name).stem
    fitting = [told for told in record.claims if stem == told.id or stem.startswith(f"{told.id}-")]
    if not fitting:
        known = [told.id for told in record.claims]
        same = next((each for each in known if each.lower() == name.lower()), name)
        raise UsageError(f"{name}: no such answer or figure; {meant(same, known)}")
    told = max(fitting, key=lambda each: len(each.id))
    claim = next((claim for claim in given.claims if claim.id == told.id), None)
    if claim is None or claim.hash != told.hash:
        raise UsageError(f"{told.id}: the claim is not what it was when it was judged; look in the git history")
    if given.worlds.hash != record.worlds.hash:
        raise UsageError(f"{told.id}: the worlds are not what they were when it was judged; look in the git history")
    return told, claim


def _named(store: Path, every: bool) -> Iterator[str]:
    with Ledger.read(store) as ledger:
        query = "SELECT run_id FROM slots JOIN runs ON runs.id = run ORDER BY number, replicate"
        names = [name for (name,) in ledger.connection.execute(query)]
    if every:
        yield from (f"  {name}" for name in names)
    else:
        some = ", ".join(name[:12] for name in names[:_SHOWN])
        yield f"  {some}" + (f" and {len(names) - _SHOWN} more (--list names all)" if len(names) > _SHOWN else "")
