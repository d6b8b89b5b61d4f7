"""Where a sweep comes from: design, base config, versions, commands, times, and a checksum of each file."""

from __future__ import annotations

import json

from experiments.config import EDGES_FILE, to_toml
from experiments.provenance import origin
from experiments.sweep import files
from experiments.sweep.ledger import Ledger
from experiments.sweep.pairing import Pairing, pairings
from experiments.sweep.parts import FOLDER
from experiments.sweep.places import CONFIG, DESIGN, MANIFEST, RUNS, SERIES
from sim.parameters import Parameters

WRITTEN = "written"  # noted of the files below: their checksums
_LIBRARIES = ("pyarrow", "SALib", "scipy")


def write_manifest(ledger: Ledger) -> list[Pairing]:
    """Write the base config beside the results, and last the manifest that names every file.

    Returns:
        What the pairs achieved, which it tells too.
    """
    folder, current = ledger.folder, ledger.revision()
    assert current is not None
    parameters, edges = ledger.base(current.base)
    files.put(folder / CONFIG, to_toml(Parameters.model_validate_json(parameters)).encode())
    names = [DESIGN, CONFIG, RUNS, SERIES]
    if edges is not None:
        from experiments.edges import edges_text

        files.put(folder / EDGES_FILE, edges_text(edges).encode())
        names.append(EDGES_FILE)
    checksums = {name: files.checksum(folder / name) for name in names if files.is_plain(folder / name)}
    pairs = pairings(ledger)
    parts = ledger.connection.execute("SELECT name, sha256 FROM parts ORDER BY id")
    files.put_json(
        folder / MANIFEST,
        origin.origin("sweep", *_LIBRARIES)
        | {
            "model": current.model,
            "config_hash": current.base,
            "design": json.loads(current.design),
            "revisions": _rows(ledger, "SELECT revision, date, base, model FROM revisions"),
            "sessions": _rows(ledger, "SELECT revision, started, ended, command, engine, outcome FROM sessions"),
            "runs": ledger.counts()._asdict(),
            "replicates_done": ledger.stopped_after() or ledger.design()["replicates"],
            "pairing": [each._asdict() for each in pairs],
            "sha256": checksums | {f"{FOLDER}/{name}": digest for name, digest in parts},
        },
    )
    ours = {name: digest for name, digest in checksums.items() if name not in (RUNS, SERIES)}
    with ledger.change():
        ledger.note(WRITTEN, ours | {MANIFEST: files.checksum(folder / MANIFEST)})
    return pairs


def _rows(ledger: Ledger, query: str) -> list[dict[str, object]]:
    cursor = ledger.connection.execute(query)
    names = [described[0] for described in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]
