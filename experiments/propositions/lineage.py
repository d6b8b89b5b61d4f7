"""Which runs stand behind a verdict or a figure: named, done again, and held to what they gave, to the byte.

Who has only the result can check it: the runs are planned and done anew, elsewhere, and the fingerprints of the stores
compared (``experiments.propositions.fingerprint``).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from experiments.config import show_path
from experiments.errors import RunError, UsageError
from experiments.identity import identity
from experiments.propositions.claims import Claim
from experiments.propositions.fingerprint import fingerprint
from experiments.propositions.laboratory import RUNS, Task, laboratory, store_name
from experiments.propositions.pipeline import asked
from experiments.propositions.results import VERDICTS, read_json
from experiments.sweep.ledger import Ledger
from experiments.sweep.session import Options
from experiments.tables import meant

_SHOWN = 6


def lineage(
    folder: Path, name: str, claims: Sequence[Claim], options: Options, every: bool, watch: Callable[[Task], None]
) -> Iterator[str]:
    """Name the runs behind a verdict or figure, do them again, and yield whether they are the same to the byte.

    Args:
        folder: what ``flywheel propositions`` or ``flywheel policy`` wrote.
        name: a claim such as P3, or a figure such as P3-region.
        claims: the claims that may be meant.
        options: how the runs are done.
        every: name every run, not some.
        watch: told how far it is.

    Raises:
        UsageError: no such result, or its claim is not what it was.
        RunError: some runs are not the same.
    """
    result = _result(folder, name)
    claim = next((claim for claim in claims if claim.id == result["id"]), None)
    if claim is None or claim.hash != result["hash"]:
        raise UsageError(f"{result['id']}: the claim is not what it was when it was judged; look in the git history")
    if (now := identity(claim.kept)) != result["model"]:
        yield f"judged with model {result['model']}; this is {now}, so it may well differ"
    differ = []
    with tempfile.TemporaryDirectory() as place, laboratory(Path(place), options, watch) as lab:
        for purpose, stored in result["stores"].items():
            size = f"{stored['runs']} runs, {stored['seeds']} seeds at {stored['places']} places"
            yield f"{result['id']} {purpose}: {size}"
            part, spots = asked(claim, purpose, stored["places"])
            lab.samples(part, spots, stored["seeds"], purpose)
            store = lab.folder / RUNS / store_name(claim.id, purpose)
            yield from _named(store, every)
            if fingerprint(store) == stored["sha256"]:
                yield "  done again: the same to the byte"
            else:
                differ.append(purpose)
                yield "  done again: NOT the same"
    if differ:
        raise RunError(
            f"{result['id']}: {' and '.join(differ)} differ from what {show_path(folder / VERDICTS)} rests on"
        )


def _result(folder: Path, name: str) -> dict[str, Any]:
    try:
        results = {result["id"]: result for result in read_json(folder / VERDICTS)["claims"]}
    except (OSError, ValueError, KeyError, TypeError):
        raise UsageError(f"{show_path(folder)}: holds no {VERDICTS}; 'flywheel propositions' makes one") from None
    found: dict[str, Any] | None = results.get(Path(name).stem.split("-")[0])
    if found is None:
        same = next((each for each in results if each.lower() == name.lower()), name)
        raise UsageError(f"{name}: no such verdict or figure; {meant(same, list(results))}")
    return found


def _named(store: Path, every: bool) -> Iterator[str]:
    with Ledger.read(store) as ledger:
        query = "SELECT run_id FROM slots JOIN runs ON runs.id = run ORDER BY number, replicate"
        names = [name for (name,) in ledger.connection.execute(query)]
    if every:
        yield from (f"  {name}" for name in names)
    else:
        some = ", ".join(name[:12] for name in names[:_SHOWN])
        yield f"  {some}" + (f" and {len(names) - _SHOWN} more (--list names all)" if len(names) > _SHOWN else "")
