"""What a judged set of claims leaves: tables, their codebook, and a record of the whole that can be read back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
import pydantic

from experiments.claims.answers import Arm, ClaimAnswer, Control, Null, PhaseDiagram
from experiments.claims.claim import Claim
from experiments.claims.judging import VERDICTS, EffectFound, RungFound
from experiments.claims.laboratory import RUNS, SEEDS, Laboratory, digests, fingerprint
from experiments.claims.ladder import Decider, EffectAnswer, RungAnswer, Share, Spread
from experiments.claims.listing import Column, Listing, listing, shares, spreads
from experiments.config import show_path
from experiments.errors import UsageError
from experiments.provenance.identity import identity
from experiments.store import write_csv, write_text
from experiments.sweep import files

T = TypeVar("T")
RECORD = "answers.json"
_FORM = 1
_FIRST = 2  # points of a store whose first run's digest is kept


class _Part(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="strings")


class StoreRecord(_Part):
    """The runs of a claim for a purpose: how many, the fingerprint of what they gave, and digests of the first ones."""

    purpose: str
    runs: int
    sha256: str
    first: dict[str, str]


class RungRecord(_Part):
    """A rung's answer: in how many worlds it has which verdict, in the order of ``VERDICTS``, and in words."""

    name: str
    word: str
    held: tuple[int, ...]
    powered: float
    seeds_more: float


class ClaimRecord(_Part):
    """What was answered about a claim: of which text (hash), by which model, and what runs are behind it."""

    id: str
    title: str
    hash: str
    model: str
    seeds: int
    confirmatory: bool
    because: str
    rungs: tuple[RungRecord, ...]
    stores: tuple[StoreRecord, ...]


class WorldsRecord(_Part):
    """In which worlds claims were judged: how many, from where, their numbers there, and the hash of them all."""

    over: str
    source: str
    count: int
    numbers: tuple[int, ...]
    hash: str


class AnswersRecord(_Part):
    """The whole."""

    form: int
    kind: str
    budget: str
    worlds: WorldsRecord
    claims: tuple[ClaimRecord, ...]

    def claim(self, name: str) -> ClaimRecord | None:
        """Return what is recorded of a claim, if anything."""
        return next((claim for claim in self.claims if claim.id == name), None)


def record_of(kind: str, budget: str, answers: Sequence[ClaimAnswer], laboratory: Laboratory) -> AnswersRecord:
    """Return the record of answers and of the stores behind them."""
    worlds = answers[0].worlds
    where = WorldsRecord(
        over=worlds.name, source=worlds.source, count=len(worlds), numbers=worlds.numbers, hash=worlds.hash
    )
    return AnswersRecord(
        form=_FORM, kind=kind, budget=budget, worlds=where,
        claims=tuple(_claim_record(answer, laboratory) for answer in answers),
    )  # fmt: skip


def _claim_record(answer: ClaimAnswer, laboratory: Laboratory) -> ClaimRecord:
    claim, status = answer.claim, answer.status
    return ClaimRecord(
        id=claim.id,
        title=claim.file.title,
        hash=claim.hash,
        model=identity(claim.kept),
        seeds=answer.seeds,
        confirmatory=status is not None and status.confirmatory,
        because="" if status is None else status.because,
        rungs=tuple(
            RungRecord(
                name=rung.name, word=rung.word, held=tuple(share.held for share in rung.shares),
                powered=rung.powered, seeds_more=rung.seeds_more,
            )
            for rung in answer.rungs
        ),
        stores=tuple(_stores(claim, laboratory)),
    )  # fmt: skip


def _stores(claim: Claim, laboratory: Laboratory) -> Iterator[StoreRecord]:
    for name, runs in laboratory.stores.items():
        purpose = name.removeprefix(f"{claim.id}-")
        if purpose != name and purpose.partition("-")[0] in SEEDS:
            store = laboratory.folder / RUNS / name
            yield StoreRecord(purpose=purpose, runs=runs, sha256=fingerprint(store), first=digests(store, _FIRST))


def read_record(folder: Path) -> AnswersRecord:
    """Return the record of a folder of answers.

    Raises:
        UsageError: there is none, or it cannot be read.
    """
    path, again = folder / RECORD, "'flywheel propositions' makes it anew"
    try:
        with files.opened(path) as file:
            return AnswersRecord.model_validate_json(file.read())
    except FileNotFoundError:
        raise UsageError(f"{show_path(folder)}: holds no {RECORD}; 'flywheel propositions' makes one") from None
    except OSError as error:
        raise UsageError(f"{show_path(path)}: cannot be read: {error.strerror}; {again}") from None
    except pydantic.ValidationError as error:
        fault = error.errors(include_url=False)[0]
        place = ".".join(map(str, fault["loc"])) or "the file"
        raise UsageError(f"{show_path(path)}: is not complete ({place}: {fault['msg']}); {again}") from None


def write_answers(
    folder: Path, record: AnswersRecord, answers: Sequence[ClaimAnswer], listings: Sequence[Listing] = ()
) -> None:
    """Write the record, every table of answers and further listings into a folder, and what explains their columns."""
    described = list[tuple[str, str, str, str]]()
    for each in [*filter(lambda table: table.rows, tables_of(answers)), *listings]:
        write_csv(folder / each.file, [column.name for column in each.columns], each.rows)
        described += [(each.file, column.name, column.unit, column.description) for column in each.columns]
    write_csv(folder / "dictionary.csv", ["file", "column", "unit", "description"], described)
    write_text(folder / RECORD, record.model_dump_json(indent=2) + "\n")


# Tables. A row knows the answer and the rung it is of.


class _Row(NamedTuple, Generic[T]):
    of: ClaimAnswer
    rung: str
    it: T
    at: Any = ()  # the place within what it is of: a world, or both places of a phase diagram


_CLAIM = Column[_Row[Any]]("claim", "name", "claim", lambda row: row.of.claim.id)
_RUNG = Column[_Row[Any]]("rung", "name", "rung", lambda row: row.rung)
_POWER = "of finding an effect of twice the smallest of interest"


def tables_of(answers: Sequence[ClaimAnswer]) -> Iterator[Listing]:
    """Yield every table of answers; those of tests that were not made have no rows."""
    rungs = [_Row(of, rung.name, rung) for of in answers for rung in of.rungs]
    effects = [_Row(row.of, row.rung, effect) for row in rungs for effect in row.it.effects]
    yield listing("answers.csv", rungs, _ANSWERS)
    yield listing("sizes.csv", effects, _SIZES)
    yield listing(
        "worlds.csv", [_Row(row.of, row.rung, row.it.found, n) for row in rungs for n in _places(row.of)], _WORLDS
    )
    yield listing(
        "effects.csv", [_Row(row.of, row.rung, row.it.found, n) for row in effects for n in _places(row.of)], _EFFECTS
    )
    yield listing("arms.csv", [_Row(of, "", arm) for of in answers for arm in of.arms], _ARMS)
    deciding = [(of, *each) for of in answers for each in zip(of.rungs, of.deciders, strict=False)]
    yield listing(
        "deciders.csv", [_Row(of, rung.name, one) for of, rung, found in deciding for one in found], _DECIDERS
    )
    yield listing("controls.csv", [_Row(of, one.rung, one) for of in answers for one in of.controls], _CONTROLS)
    yield listing("null.csv", [_Row(of, one.rung, one) for of in answers for one in of.null], _NULLS)
    phases = [(of, of.phase) for of in answers if of.phase is not None]
    yield listing(
        "phase.csv",
        [_Row(of, phase.rung, phase, at) for of, phase in phases for at in np.ndindex(phase.size.shape)],
        _PHASES,
    )


def _places(of: ClaimAnswer) -> range:
    return range(len(of.worlds))


def _share(code: int) -> Callable[[_Row[Any]], Share]:
    return lambda row: row.it.shares[code]


_VERDICTS: tuple[Column[_Row[Any]], ...] = tuple(
    column
    for code, verdict in enumerate(VERDICTS)
    for column in shares(verdict, "share of worlds with this verdict", _share(code))
)
_ANSWERS: tuple[Column[_Row[RungAnswer]], ...] = (
    _CLAIM,
    Column("rung", "name", "effect, mechanism or signature", lambda row: row.rung),
    Column("word", "text", "the answer in words", lambda row: row.it.word),
    Column("worlds", "number", "worlds in which it was judged", lambda row: len(row.of.worlds)),
    Column("seeds", "number", "seeds a world", lambda row: row.of.seeds),
    *_VERDICTS,
    Column("powered", "share of worlds", "in which its power is 0.8 or more", lambda row: row.it.powered),
    Column("seeds_more", "seeds a world", "beside those it has, that would settle 9 of 10 undecided worlds",
           lambda row: row.it.seeds_more),
    Column("status", "text", "confirmatory, if it was preregistered as it is, else exploratory",
           lambda row: row.of.status and ("confirmatory" if row.of.status.confirmatory else "exploratory")),
)  # fmt: skip
_SIZES: tuple[Column[_Row[EffectAnswer]], ...] = (
    _CLAIM, _RUNG,
    Column("effect", "text", "effect", lambda row: row.it.found.effect.name),
    Column("kind", "name", "kind of estimand", lambda row: row.it.found.effect.kind),
    Column("sign", "+ or -", "the sign that the claim expects", lambda row: row.it.found.effect.sign),
    Column("sesoi", "as size", "smallest effect size of interest", lambda row: row.it.found.effect.sesoi),
    Column("unit", "text", "unit of the size", lambda row: row.it.found.unit),
    *spreads(("median", "low", "high"), "as size", "median size over worlds", lambda row: row.it.size),
    Column("power", "chance", f"{_POWER}, median over worlds", lambda row: row.it.power),
)  # fmt: skip
_WORLDS: tuple[Column[_Row[RungFound]], ...] = (
    _CLAIM, _RUNG,
    Column("world", "number", "world, by its number in the list it is from",
           lambda row: row.of.worlds.numbers[row.at]),
    Column("verdict", "text", "supported, contradicted, negligible or undecided",
           lambda row: VERDICTS[row.it.verdict[row.at]]),
    Column("p", "chance", "least p-value of the three verdicts, after Holm's procedure over the claims",
           lambda row: row.it.p[:, row.at].min()),
)  # fmt: skip
_EFFECTS: tuple[Column[_Row[EffectFound]], ...] = (
    _CLAIM, _RUNG,
    Column("effect", "text", "effect", lambda row: row.it.effect.name),
    Column("world", "number", "world", lambda row: row.of.worlds.numbers[row.at]),
    Column("unit", "text", "unit of size and interval", lambda row: row.it.unit),
    Column("size", "as unit", "estimate; empty if there is none", lambda row: row.it.size[row.at]),
    Column("low", "as unit", "lower end of its 95 % interval (Fieller)", lambda row: row.it.low[row.at]),
    Column("high", "as unit", "upper end", lambda row: row.it.high[row.at]),
    Column("verdict", "text", "of the effect by itself", lambda row: VERDICTS[row.it.verdict[row.at]]),
    Column("power", "chance", _POWER, lambda row: row.it.power[row.at]),
    Column("seeds", "number", "seeds with a value", lambda row: row.it.seeds[row.at]),
    Column("missing", "share of seeds", "without one", lambda row: row.it.missing[row.at]),
)  # fmt: skip
_ARMS: tuple[Column[_Row[Arm]], ...] = (
    _CLAIM,
    Column("arm", "name", "what is compared", lambda row: row.it.name),
    Column("measure", "name", "what is measured", lambda row: row.it.measure),
    Column("unit", "text", "its unit, where an effect reads it",
           lambda row: row.of.claim.units.get(row.it.measure, "")),
    *spreads(("median", "low", "high"), "as unit", "median over worlds of the mean over seeds",
             lambda row: Spread(row.it.median, row.it.low, row.it.high)),
    Column("missing", "share of runs", "without a value", lambda row: row.it.missing),
)  # fmt: skip
_DECIDERS: tuple[Column[_Row[Decider]], ...] = (
    _CLAIM, _RUNG,
    Column("parameter", "key", "free parameter that decides in which worlds the rung holds", lambda row: row.it.key),
    Column("strength", "-1 to 1", "rank correlation of parameter and effect size over worlds",
           lambda row: row.it.strength),
    Column("p", "chance", "of as much by luck in any parameter (Holm)", lambda row: row.it.p),
    Column("low", "share of worlds", "supported in the lowest third of its values", lambda row: row.it.low),
    Column("high", "share of worlds", "supported in the highest third", lambda row: row.it.high),
)  # fmt: skip
_CONTROLS: tuple[Column[_Row[Control]], ...] = (
    _CLAIM,
    Column("control", "text", "negative control: where the rung must fail", lambda row: row.it.name),
    _RUNG,
    Column("outcome", "text", "whether it failed there", lambda row: row.it.outcome),
    *_VERDICTS,
    Column("why", "text", "why it must fail there", lambda row: row.it.why),
)  # fmt: skip
_NULLS: tuple[Column[_Row[Null]], ...] = (
    _CLAIM, _RUNG,
    Column("effect", "text", "effect", lambda row: row.it.effect),
    Column("worlds", "number", "worlds whose every payoff link was cut", lambda row: row.it.worlds),
    Column("beyond", "number", "of them, in which the interval excludes no effect", lambda row: row.it.beyond),
    Column("allowed", "number", "in which it may by chance", lambda row: row.it.allowed),
    Column("passes", "0 or 1", "no more than allowed", lambda row: int(row.it.passes)),
)  # fmt: skip
_PHASES: tuple[Column[_Row[PhaseDiagram]], ...] = (
    _CLAIM, _RUNG,
    Column("x_key", "key", "first parameter", lambda row: row.of.claim.file.phase.x.key),
    Column("y_key", "key", "second parameter", lambda row: row.of.claim.file.phase.y.key),
    Column("x", "as parameter", "value of the first", lambda row: row.it.x[row.at[1]]),
    Column("y", "as parameter", "value of the second", lambda row: row.it.y[row.at[0]]),
    Column("supported", "share of worlds", "supported there", lambda row: row.it.supported[row.at]),
    Column("contradicted", "share of worlds", "contradicted there", lambda row: row.it.contradicted[row.at]),
    Column("size", "as in sizes.csv", "median size there of the rung's first effect",
           lambda row: row.it.size[row.at]),
    Column("worlds", "number", "worlds behind each place", lambda row: row.it.worlds),
    Column("seeds", "number", "seeds a world", lambda row: row.it.seeds),
)  # fmt: skip
