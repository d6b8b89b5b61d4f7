"""What a judged set of claims leaves: tables, their codebook, and a record of the whole that can be read back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pydantic

from experiments.claims.answers import ClaimAnswer
from experiments.claims.claim import Claim
from experiments.claims.judging import VERDICTS
from experiments.claims.laboratory import RUNS, SEEDS, Laboratory, digests, fingerprint
from experiments.claims.ladder import RungAnswer, Share
from experiments.claims.robustness.listings import Listing
from experiments.config import show_path
from experiments.errors import UsageError
from experiments.identity import identity
from experiments.store import write_csv, write_text
from experiments.sweep import files

RECORD = "answers.json"
_FORM = 1
_FIRST = 2  # points of a store whose first run's digest is kept
_SHARE_ENDS = {"": "share of worlds with this verdict", "_low": "lower end of its 95 % interval (Jeffreys)",
               "_high": "upper end"}  # fmt: skip

DICTIONARY = (
    ("answers.csv", "claim", "name", "claim"),
    ("answers.csv", "rung", "name", "effect, mechanism or signature"),
    ("answers.csv", "word", "text", "the answer in words"),
    ("answers.csv", "worlds", "number", "worlds in which it was judged"),
    ("answers.csv", "seeds", "number", "seeds a world"),
    *(
        ("answers.csv", f"{verdict}{end}", "share of worlds", _SHARE_ENDS[end])
        for verdict in VERDICTS
        for end in _SHARE_ENDS
    ),
    ("answers.csv", "powered", "share of worlds", "in which its power is 0.8 or more"),
    ("answers.csv", "seeds_more", "seeds a world", "beside those it has, that would settle 9 of 10 undecided worlds"),
    ("answers.csv", "status", "text", "confirmatory, if it was preregistered as it is, else exploratory"),
    ("sizes.csv", "claim", "name", "claim"),
    ("sizes.csv", "rung", "name", "rung"),
    ("sizes.csv", "effect", "text", "effect"),
    ("sizes.csv", "kind", "name", "kind of estimand"),
    ("sizes.csv", "sign", "+ or -", "the sign that the claim expects"),
    ("sizes.csv", "sesoi", "as size", "smallest effect size of interest"),
    ("sizes.csv", "unit", "text", "unit of the size"),
    ("sizes.csv", "median", "as size", "median size over worlds"),
    ("sizes.csv", "low", "as size", "10 % quantile over worlds"),
    ("sizes.csv", "high", "as size", "90 % quantile over worlds"),
    ("sizes.csv", "power", "chance", "of finding an effect of twice the smallest of interest, median over worlds"),
    ("worlds.csv", "claim", "name", "claim"),
    ("worlds.csv", "rung", "name", "rung"),
    ("worlds.csv", "world", "number", "world, by its number in the list it is from"),
    ("worlds.csv", "verdict", "text", "supported, contradicted, negligible or undecided"),
    ("worlds.csv", "p", "chance", "least p-value of the three verdicts, after Holm's procedure over the claims"),
    ("effects.csv", "claim", "name", "claim"),
    ("effects.csv", "rung", "name", "rung"),
    ("effects.csv", "effect", "text", "effect"),
    ("effects.csv", "world", "number", "world"),
    ("effects.csv", "unit", "text", "unit of size and interval"),
    ("effects.csv", "size", "as unit", "estimate; empty if there is none"),
    ("effects.csv", "low", "as unit", "lower end of its 95 % interval (Fieller)"),
    ("effects.csv", "high", "as unit", "upper end"),
    ("effects.csv", "verdict", "text", "of the effect by itself"),
    ("effects.csv", "power", "chance", "of finding an effect of twice the smallest of interest"),
    ("effects.csv", "seeds", "number", "seeds with a value"),
    ("effects.csv", "missing", "share of seeds", "without one"),
    ("arms.csv", "claim", "name", "claim"),
    ("arms.csv", "arm", "name", "what is compared"),
    ("arms.csv", "measure", "name", "what is measured"),
    ("arms.csv", "unit", "text", "its unit, where an effect reads it"),
    ("arms.csv", "median", "as unit", "median over worlds of the mean over seeds"),
    ("arms.csv", "low", "as unit", "10 % quantile over worlds"),
    ("arms.csv", "high", "as unit", "90 % quantile over worlds"),
    ("arms.csv", "missing", "share of runs", "without a value"),
    ("deciders.csv", "claim", "name", "claim"),
    ("deciders.csv", "rung", "name", "rung"),
    ("deciders.csv", "parameter", "key", "free parameter that decides in which worlds the rung holds"),
    ("deciders.csv", "strength", "-1 to 1", "rank correlation of parameter and effect size over worlds"),
    ("deciders.csv", "p", "chance", "of as much by luck in any parameter (Holm)"),
    ("deciders.csv", "low", "share of worlds", "supported in the lowest third of its values"),
    ("deciders.csv", "high", "share of worlds", "supported in the highest third"),
    ("controls.csv", "claim", "name", "claim"),
    ("controls.csv", "control", "text", "negative control: where the rung must fail"),
    ("controls.csv", "rung", "name", "rung"),
    ("controls.csv", "outcome", "text", "whether it failed there"),
    *(
        ("controls.csv", f"{verdict}{end}", "share of worlds", _SHARE_ENDS[end])
        for verdict in VERDICTS
        for end in _SHARE_ENDS
    ),
    ("controls.csv", "why", "text", "why it must fail there"),
    ("null.csv", "claim", "name", "claim"),
    ("null.csv", "rung", "name", "rung"),
    ("null.csv", "effect", "text", "effect"),
    ("null.csv", "worlds", "number", "worlds whose every payoff link was cut"),
    ("null.csv", "beyond", "number", "of them, in which the interval excludes no effect"),
    ("null.csv", "allowed", "number", "in which it may by chance"),
    ("null.csv", "passes", "0 or 1", "no more than allowed"),
    ("phase.csv", "claim", "name", "claim"),
    ("phase.csv", "rung", "name", "rung"),
    ("phase.csv", "x_key", "key", "first parameter"),
    ("phase.csv", "y_key", "key", "second parameter"),
    ("phase.csv", "x", "as parameter", "value of the first"),
    ("phase.csv", "y", "as parameter", "value of the second"),
    ("phase.csv", "supported", "share of worlds", "supported there"),
    ("phase.csv", "contradicted", "share of worlds", "contradicted there"),
    ("phase.csv", "size", "as in sizes.csv", "median size there of the rung's first effect"),
    ("phase.csv", "worlds", "number", "worlds behind each place"),
    ("phase.csv", "seeds", "number", "seeds a world"),
)


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
    tables = {
        "answers.csv": _answers(answers),
        "sizes.csv": _sizes(answers),
        "worlds.csv": _worlds(answers),
        "effects.csv": _effects(answers),
        "arms.csv": _arms(answers),
        "deciders.csv": _deciders(answers),
        "controls.csv": _controls(answers),
        "null.csv": _nulls(answers),
        "phase.csv": _phases(answers),
    }
    for name, rows in tables.items():
        if found := list(rows):
            write_csv(folder / name, [column for file, column, _, _ in DICTIONARY if file == name], found)
    for each in listings:
        write_csv(folder / each.file, [column.name for column in each.columns], each.rows)
    described = [row for row in DICTIONARY if (folder / row[0]).exists()]
    described += [(each.file, *column) for each in listings for column in each.columns]
    write_csv(folder / "dictionary.csv", ["file", "column", "unit", "description"], described)
    write_text(folder / RECORD, record.model_dump_json(indent=2) + "\n")


Rows = Iterator[tuple[Any, ...]]


def _rungs(answers: Iterable[ClaimAnswer]) -> Iterator[tuple[ClaimAnswer, RungAnswer]]:
    return ((answer, rung) for answer in answers for rung in answer.rungs)


def _ends(shares: Iterable[Share]) -> tuple[float, ...]:
    return tuple(value for share in shares for value in (share.share, share.low, share.high))


def _answers(answers: Iterable[ClaimAnswer]) -> Rows:
    for of, rung in _rungs(answers):
        status = None if of.status is None else "confirmatory" if of.status.confirmatory else "exploratory"
        yield (of.claim.id, rung.name, rung.word, len(of.worlds), of.seeds, *_ends(rung.shares),
               rung.powered, rung.seeds_more, status)  # fmt: skip


def _sizes(answers: Iterable[ClaimAnswer]) -> Rows:
    for of, rung in _rungs(answers):
        for each in rung.effects:
            asked = each.found.effect
            yield (of.claim.id, rung.name, asked.name, asked.kind, asked.sign, asked.sesoi, each.found.unit,
                   *each.size, each.power)  # fmt: skip


def _worlds(answers: Iterable[ClaimAnswer]) -> Rows:
    for of, rung in _rungs(answers):
        least = rung.found.p.min(axis=0)
        for number, code, p in zip(of.worlds.numbers, rung.found.verdict, least, strict=True):
            yield of.claim.id, rung.name, number, VERDICTS[code], p


def _effects(answers: Iterable[ClaimAnswer]) -> Rows:
    for of, rung in _rungs(answers):
        for found in rung.found.effects:
            codes = found.verdict
            for n, number in enumerate(of.worlds.numbers):
                yield (of.claim.id, rung.name, found.effect.name, number, found.unit, found.size[n], found.low[n],
                       found.high[n], VERDICTS[codes[n]], found.power[n], found.seeds[n],
                       found.missing[n])  # fmt: skip


def _arms(answers: Iterable[ClaimAnswer]) -> Rows:
    for of in answers:
        units = of.claim.units
        for arm in of.arms:
            yield (of.claim.id, arm.name, arm.measure, units.get(arm.measure, ""), arm.median, arm.low, arm.high,
                   arm.missing)  # fmt: skip


def _deciders(answers: Iterable[ClaimAnswer]) -> Rows:
    for of in answers:
        for rung, deciders in zip(of.rungs, of.deciders, strict=False):
            for one in deciders:
                yield of.claim.id, rung.name, one.key, one.strength, one.p, one.low, one.high


def _controls(answers: Iterable[ClaimAnswer]) -> Rows:
    for of in answers:
        for one in of.controls:
            yield of.claim.id, one.name, one.rung, one.outcome, *_ends(one.shares), one.why


def _nulls(answers: Iterable[ClaimAnswer]) -> Rows:
    for of in answers:
        for one in of.null:
            yield of.claim.id, one.rung, one.effect, one.worlds, one.beyond, one.allowed, int(one.passes)


def _phases(answers: Iterable[ClaimAnswer]) -> Rows:
    for of in answers:
        if (found := of.phase) is None:
            continue
        axes = of.claim.file.phase
        for row, y in enumerate(found.y):
            for column, x in enumerate(found.x):
                yield (of.claim.id, found.rung, axes.x.key, axes.y.key, x, y, found.supported[row, column],
                       found.contradicted[row, column], found.size[row, column], found.worlds,
                       found.seeds)  # fmt: skip
