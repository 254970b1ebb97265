"""`convintel export`: transcripts for other tools, from the store."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, Literal

import polars as pl

from convintel.errors import ConvintelError
from convintel.ledger import Ledger
from convintel.pipeline import STAGE_TABLES, survey
from convintel.settings import load
from convintel.store import Store, write_atomically
from convintel.transcript.formats import write_pca, write_srt, write_webvtt
from convintel.workspace import Workspace

Format = Literal["vtt", "srt", "pca"]
Tables = Mapping[str, pl.DataFrame]


def export_transcripts(root: Path, out: Path, *, kind: Format, call: str | None) -> list[Path]:
    """Write a file for each processed call, named by its call id; return the files.

    Args:
        root: the workspace.
        out: folder for the files; made if it is not there.
        kind: WebVTT, SRT, or JSON as AWS Post-Call Analytics writes it.
        call: only this call id.

    Raises:
        ConvintelError: no such call, or none processed.
    """
    workspace, settings = Workspace(root), load(root)
    with Ledger(workspace.ledger) as ledger:
        found = survey(workspace, settings, ledger)
    store, suffix, write = Store(workspace.store), *_WRITERS[kind]
    files = []
    for row in found.calls.filter(pl.lit(call is None) | (pl.col("call_id") == call)).iter_rows(named=True):
        call_id, keys = row["call_id"], found.keys[row["call_id"]]
        if call_id in found.wordless:
            continue
        if store.has("transcript", call_id, keys.transcript) and store.has("turns", call_id, keys.turns):
            stages = (("transcript", keys.transcript), ("turns", keys.turns))
            tables = {name: store.read(at, call_id, key, name) for at, key in stages for name in STAGE_TABLES[at]}
            files.append(out / f"{call_id}{suffix}")
            write_atomically(files[-1], write({"language": settings.company.language, **_known(row)}, tables))
    if not files:
        remedy = "process it first: convintel run; `convintel search` and the pages print call ids"
        raise ConvintelError("no processed call to export", where=root, remedy=remedy)
    return files


def _known(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


def _pca(call: Mapping[str, Any], tables: Tables) -> str:
    seconds = float(tables["audio"].item(0, "seconds"))
    shown = write_pca(call, tables["turns"], tables["words"], tables["talk"], seconds=seconds)
    return json.dumps(shown, indent=2, ensure_ascii=False) + "\n"


_WRITERS: Final[Mapping[Format, tuple[str, Callable[[Mapping[str, Any], Tables], str]]]] = {
    "vtt": (".vtt", lambda _, tables: write_webvtt(tables["turns"])),
    "srt": (".srt", lambda _, tables: write_srt(tables["turns"])),
    "pca": (".json", _pca),
}
