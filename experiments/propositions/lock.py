"""Freeze claims, budgets, analysis and model before the first run: what changes later is exploratory, and says so."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from experiments import inference
from experiments.config import show_path
from experiments.errors import UsageError
from experiments.identity import identity, installed
from experiments.propositions.budget import BUDGETS, Budget
from experiments.propositions.claims import Claim
from experiments.sweep import files
from experiments.syntax import normal, text, typed_classes, without_unused

FILE = "lock.json"
# What a verdict follows from; how it is drawn and told may change.
_ANALYSIS = (
    "schema", "claims", "worlds", "estimands", "evidence", "judge", "budget", "laboratory", "pipeline", "region",
)  # fmt: skip


def analysis_version() -> str:
    """Return a hash of what leads from runs to verdicts: of its source in normal form."""
    here, infer = Path(__file__).parent, Path(inference.__file__).parent
    paths = [*(here / f"{name}.py" for name in _ANALYSIS), *sorted(infer.glob("*.py"))]
    sources = {path.name: path.read_text(encoding="utf-8") for path in paths}
    typed = typed_classes(sources.values())
    forms = {name: text(without_unused(normal(source, typed))) for name, source in sources.items()}
    return hashlib.sha256(json.dumps(forms, sort_keys=True).encode()).hexdigest()[:16]


def lock(folder: Path, claims: Sequence[Claim]) -> Path:
    """Write the lock of a folder of claims, keeping when it was locked before; return its path."""
    path = folder / FILE
    earlier = _read(path)
    now = {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "claims": {claim.id: claim.hash for claim in claims},
        "budgets": {name: list(budget) for name, budget in BUDGETS.items()},
        "analysis": analysis_version(),
        "model": {claim.id: identity(claim.kept) for claim in claims},
        "versions": installed(),
    }
    if earlier is not None and {**earlier, "date": "", "before": []} == {**now, "date": "", "before": []}:
        return path
    before = [] if earlier is None else [*earlier["before"], {key: earlier[key] for key in now if key in earlier}]
    files.put_json(path, {**now, "before": before})
    return path


def status_of(claim: Claim, budget: Budget) -> dict[str, str]:
    """Return whether a verdict confirms what was locked or explores, and why.

    The model is held to its lock as if it ran on the packages of then: others change bits, not what is claimed.
    """
    locked = _read(claim.path.parent / FILE)
    if locked is None:
        return {"status": "exploratory", "because": "the claims were not locked"}
    held = {
        "the claim": (locked["claims"].get(claim.id), claim.hash),
        "the budget": (locked["budgets"].get(budget.name), list(budget)),
        "the analysis": (locked["analysis"], analysis_version()),
        "the model": (_model(locked, claim), identity(claim.kept, locked.get("versions"))),
    }
    changed = [name for name, (then, now) in held.items() if then != now]
    since = f"since it was locked on {locked['date'][:10]}"
    if changed:
        return {"status": "exploratory", "because": f"{' and '.join(changed)} changed {since}"}
    again = f" (locked {len(locked['before']) + 1} times)" if locked["before"] else ""
    return {"status": "confirmatory", "because": f"nothing changed {since}{again}"}


def _model(locked: Any, claim: Claim) -> str | None:
    """Return the model that a claim was locked with; locks of before its identity was one a claim name one for all."""
    model = locked["model"]
    found: str | None = model.get(claim.id) if isinstance(model, dict) else model
    return found


def _read(path: Path) -> Any:
    try:
        with files.opened(path) as file:
            found = json.loads(file.read())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _no_lock(path, error.strerror or str(error)) from None
    except (ValueError, RecursionError) as error:
        raise _no_lock(path, str(error)) from None
    if not _complete(found):
        raise _no_lock(path, "it is not complete")
    return found


def _no_lock(path: Path, why: str) -> UsageError:
    return UsageError(f"{show_path(path)}: is no lock: {why}; --lock makes it anew once it is moved away")


def _complete(found: Any) -> bool:
    """Return whether a lock says what a lock says, each of its kind."""
    kinds: dict[str, type | tuple[type, ...]] = {
        "date": str,
        "claims": dict,
        "budgets": dict,
        "analysis": str,
        "model": (str, dict),
        "before": list,
    }
    return (
        isinstance(found, dict)
        and all(isinstance(found.get(name), kind) for name, kind in kinds.items())
        and isinstance(found.get("versions", {}), dict)
    )
