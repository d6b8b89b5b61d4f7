"""The commands ``flywheel propositions`` and ``flywheel policy``: plan, run, judge, write, tell."""

from __future__ import annotations

import json
import shutil
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from experiments.claims import planning, preregistration
from experiments.claims.answers import ClaimAnswer, judge
from experiments.claims.claim import Claim, only, read_claims
from experiments.claims.figures import FOLDER
from experiments.claims.laboratory import (
    RUNS,
    SEEDS,
    Laboratory,
    Task,
    kind_of,
    laboratory,
    refuse_if_not_ours,
    rows_of,
)
from experiments.claims.ladder import deciders
from experiments.claims.lineage import Given, lineage
from experiments.claims.over import BUDGETS, PLAUSIBLE, PRIOR, Budget, Worlds, budget_named, worlds_over
from experiments.claims.preregistration import preregister, status_of
from experiments.claims.report import EVIDENCE, About, write_report
from experiments.claims.results import AnswersRecord, read_record, record_of, write_answers
from experiments.claims.robustness.findings import Robustness, Wanted, find, runs_beyond
from experiments.claims.robustness.multiverse import read_specifications
from experiments.claims.terminal import print_answers, print_plans
from experiments.config import load, show_path
from experiments.errors import RunError
from experiments.fit.config import default_fit, read_fit
from experiments.messages.compiling import announce
from experiments.messages.language import marked
from experiments.messages.streams import aside
from experiments.messages.terminal import Tell, note, progress, say
from experiments.provenance.identity import identity, installed
from experiments.shipped import shipped
from experiments.store import result_folder, write_origin
from experiments.sweep.engines import default_workers
from experiments.sweep.progress import duration
from experiments.sweep.session import HaltedError, Options

_TIMED_WORLDS, _TIMED_ARMS = 4, 2
_MINUTE, _TELLING = 60.0, 8.0  # seconds


@dataclass(frozen=True)
class Request:
    """What was asked for.

    Attributes:
        claims: folder of claim files.
        ids: the claims that are asked, all if none is named.
        over: the worlds: "plausible", "prior" or the path of a config.
        fit: folder of the fit that plausible worlds are from.
        budget: name of the budget.
        out: folder of the results.
        options: how runs are done.
        wanted: which tests of robustness.
        seen: what of the answers was known before they are preregistered, in plain words.
    """

    claims: Path
    ids: tuple[str, ...]
    over: str
    fit: Path
    budget: str
    out: Path
    options: Options
    wanted: Wanted
    seen: str = ""


def propositions(request: Request) -> None:
    """Judge claims, and leave answers, pictures and a report.

    Raises:
        FlywheelError: something asked for is not there, or the runs could not be carried out; or the audit found a
            defect of the model, which is said once all is written.
    """
    budget, every = budget_named(request.budget), read_claims(request.claims)
    claims = only(every, request.ids, request.claims)
    kind = kind_of(request.claims)
    refuse_if_not_ours(request.out, kind)
    worlds = _worlds(request.over, budget.worlds, request.fit)
    announce(blocks=True)
    runs = [
        runs_of(claim, worlds, budget) + runs_beyond(request.wanted, claim, len(worlds), budget) for claim in claims
    ]
    total = sum(runs)
    note(forecast(claims, runs, worlds, budget, request.options))
    with progress(total) as tell, laboratory(request.out, request.options, watcher(tell, total)) as lab:
        with partial_answers(request, claims, worlds, lab, budget, len(every)):
            answers = [completed(answer, budget) for answer in judge(claims, worlds, lab, budget, len(every))]
            found = find(request.wanted, answers, lab, budget, request.fit)
        record = record_of(kind, budget.name, found.answers, lab)
    report = keep(request, kind, record, found)
    with aside():
        print_answers(found.answers)
        for listing in found.listings:
            say(f"{listing.title}: {listing.says}")
        say(f"report: {' and '.join(map(show_path, report)) or 'could not be written'}")
        evidence = request.out / FOLDER / f"{EVIDENCE}.png"
        if evidence.is_file():
            say(f"what the case is evidence for: {show_path(evidence)}")
    if found.defects:
        raise RunError(*found.defects)


@contextmanager
def partial_answers(
    request: Request, claims: Sequence[Claim], worlds: Worlds, lab: Laboratory, budget: Budget, family: int
) -> Iterator[None]:
    """If the reader stops the runs within this context, print what claims that are wholly run show; write nothing.

    Holm's procedure counts the other claims as undecided, so that no answer is more certain than the final one.

    Raises:
        HaltedError: the reader stopped the runs; the line says what is kept and how to go on.
    """
    try:
        yield
    except HaltedError as halted:
        whole = [claim for claim in claims if f"{claim.id}-main" in lab.stores]
        if whole:
            note(
                f"stopped; judging the {len(whole)} of {len(claims)} claims that are wholly run (Ctrl-C leaves at once)"
            )
            title = f"Partial: {len(whole)} of {len(claims)} claims; nothing of this is written"
            with suppress(HaltedError, KeyboardInterrupt), aside():
                print_answers(judge(whole, worlds, lab, budget, family), title=title)
        raise HaltedError(
            f"stopped: {len(whole)} of {len(claims)} claims are wholly run; finished runs are kept in "
            f"{show_path(request.out / RUNS)}, no answer was written; the same command goes on", halted.exit_code - 128,
        ) from None  # fmt: skip


def completed(answer: ClaimAnswer, budget: Budget) -> ClaimAnswer:
    """Return an answer with what decides each rung, and whether it was preregistered."""
    found = tuple(deciders(rung.found, answer.worlds) for rung in answer.rungs)
    return replace(answer, deciders=found, status=status_of(answer.claim, answer.worlds, budget))


def freeze(request: Request) -> None:
    """Preregister every claim of a folder, for every budget over plausible worlds and the prior."""
    claims = read_claims(request.claims)
    overs = dict.fromkeys((PLAUSIBLE, PRIOR, request.over))
    worlds = [_worlds(over, budget.worlds, request.fit) for over in overs for budget in BUDGETS.values()]
    path = preregister(request.claims, claims, worlds, request.seen)
    with aside():
        say(f"preregistered: {show_path(path)}; commit it before the first run")


def plan(request: Request) -> None:
    """Run a pilot of each claim, and print what each budget takes and can decide."""
    every = read_claims(request.claims)
    claims = only(every, request.ids, request.claims)
    refuse_if_not_ours(request.out, kind_of(request.claims))
    worlds = _worlds(request.over, max(budget.worlds for budget in BUDGETS.values()), request.fit)
    announce(blocks=True)
    with progress(None) as tell, laboratory(request.out, request.options, watcher(tell, None)) as lab:
        plans = [planning.plan(claim, worlds, lab, len(every)) for claim in claims]
    with aside():
        print_plans(plans)


def trace(
    folder: Path, name: str | None, claims: Path | None, fit: Path, options: Options, every: bool
) -> Iterator[str]:  # fmt: skip
    """Yield the lineage of an answer or figure, line by line; without a name, which answers there are.

    Raises:
        UsageError: no such result, or its claim or worlds are not what they were.
        RunError: some runs are not the same.
    """
    record = read_record(folder)
    if name is None:
        yield f"answers to {', '.join(told.id for told in record.claims)}; name one to repeat the runs behind it"
        return
    announce(blocks=True)
    folders = _shipped() if claims is None else [claims]
    given = Given(
        claims=[claim for each in folders for claim in read_claims(each)],
        worlds=_worlds(record.worlds.over, record.worlds.count, fit),
        specifications=read_specifications(shipped("configs/multiverse.toml")),
        factors=read_fit(default_fit()).factors,
    )
    with progress(None) as tell:
        yield from lineage(record, name, given, options, every, watcher(tell, None))


def keep(request: Request, kind: str, record: AnswersRecord, found: Robustness) -> list[Path]:
    """Write data into the result's folder, and only then pictures and report beside them; return the report's paths.

    Raises:
        UsageError: there is something in the folder that is not ours.
        RunError: it cannot be written.
    """
    origin = {"budget": record.budget, "over": record.worlds.over, "worlds_hash": record.worlds.hash}
    with result_folder(request.out, kind, RUNS) as folder:
        write_answers(folder, record, found.answers, found.listings)
        data = tuple(sorted(path.name for path in folder.iterdir()))
        write_origin(folder, kind, origin)
    with result_folder(request.out, kind, RUNS) as folder:
        for name in data:
            shutil.copyfile(request.out / name, folder / name)
        paths = write_report(folder, found.answers, about(request, record, found, data))
        reports = [request.out / path.relative_to(folder) for path in paths if path.parent == folder]
        write_origin(folder, kind, origin)
    return reports


def about(request: Request, record: AnswersRecord, found: Robustness, data: tuple[str, ...]) -> About:
    """Return what the report says of its making."""
    over = record.worlds.over
    given = (("--over", over) if over != PLAUSIBLE else (), ("--budget", record.budget),
             () if request.claims.resolve() in _shipped() else ("--claims", show_path(request.claims)))  # fmt: skip
    policy = request.claims.resolve() == shipped("configs/policies").resolve()
    return About(
        title=marked("What was found on policy") if policy else marked("What was found on the propositions"),
        command=("policy" if policy else "propositions",),
        options=tuple(word for words in given for word in words),
        budget=record.budget,
        model=identity(),
        seed=SEEDS["main"],
        versions=installed(),
        fit=request.fit if over == PLAUSIBLE else None,
        data=data,
        record=preregistration.record_of(request.claims),
        more=tuple(listing.section() for listing in found.listings),
    )


def _worlds(over: str, count: int, fit: Path) -> Worlds:
    """Return the worlds that ``--over`` asks for; a config's own world with all of its values, defaults too.

    Claims change a base of their own, so that what a config leaves at its default would be the base's instead. How long
    runs last is the claim's.
    """
    worlds = worlds_over(over, count, fit)
    if over in (PLAUSIBLE, PRIOR):
        return worlds
    given = json.loads(load(Path(over)).parameters.model_dump_json())
    whole = {f"{section}.{name}": value for section, values in given.items() for name, value in values.items()}
    del whole["run.months"]
    if not whole["diffusion.edges"]:
        del whole["diffusion.edges"]  # no network of its own; one that it has is refused, since the base has it
    return replace(worlds, changes=(whole,))


def _shipped() -> list[Path]:
    return [shipped(f"configs/{kind}").resolve() for kind in ("propositions", "policies")]


def runs_of(claim: Claim, worlds: Worlds, budget: Budget) -> int:
    """Return the runs that judging a claim takes."""
    return len(claim.arms) * len(worlds) * budget.seeds_of(len(claim.arms), len(worlds))


def forecast(claims: Sequence[Claim], runs: Sequence[int], worlds: Worlds, budget: Budget, options: Options) -> str:
    """Return a line on how many runs are planned of each claim, and about how long they take."""
    seconds = sum(count * seconds_of(claim, worlds) for claim, count in zip(claims, runs, strict=True))
    workers = 1 if options.engine == "serial" else default_workers(options.workers)
    where = worlds.title if len(worlds) == 1 else f"{len(worlds)} {worlds.title}"
    some = f"{len(claims)} claim{'s' * (len(claims) != 1)} in {where}"
    return (
        f"{some}, budget {budget.name}: up to {sum(runs):,} runs, about {duration(seconds / workers)} with {workers} "
        f"worker{'s' * (workers != 1)}; the same command again continues"
    )


def seconds_of(claim: Claim, worlds: Worlds) -> float:
    """Return the mean seconds of a run, of a few that are done here and now."""
    from experiments.sweep.plan import seed_of
    from experiments.sweep.tasks import Context, Job, do

    rows = rows_of(claim, worlds.first(_TIMED_WORLDS), {}, list(claim.arms)[:_TIMED_ARMS])
    context = Context(claim.config.parameters.model_dump_json(), claim.config.edges, claim.kept, ())
    jobs = [Job(n, json.dumps(row), seed_of(SEEDS["pilot"], n)) for n, row in enumerate(rows)]
    done, failures = do(context, jobs)
    return (float(done.seconds.sum()) + sum(each.seconds for each in failures)) / len(jobs)


def watcher(tell: Tell, total: int | None) -> Callable[[Task], None]:
    """Return what tells how far the runs of claims are, of so many in all.

    How long they still take is told by those of the last minute, once there are some seconds of them: at first the
    model is compiled, and runs of an earlier go are counted in no time.
    """
    seen = deque[tuple[float, int]]()

    def watch(task: Task) -> None:
        now = time.monotonic()
        seen.append((now, task.done))
        while now - seen[0][0] > _MINUTE:
            seen.popleft()
        seconds, runs = now - seen[0][0], task.done - seen[0][1]
        left = ""
        if total and task.done < total and runs and seconds >= _TELLING:
            left = f", about {duration((total - task.done) * seconds / runs)} left"
        of = f" of {total:,}" if total else ""
        tell(task.done, f"{task.done:,}{of} runs{left}; {task.words}")

    return watch
