"""Forget people in a copy of a processed workspace and look for what is left, by the product's search and by another.

    python -m tests.prove_forget WORKSPACE

One customer, one rep and one call, chosen by a seed, each from the workspace as it was. The second search shares no
code with the first: whole turns, names and vectors, as bytes in every file and as cells of every table.
"""

from __future__ import annotations

import html
import random
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import polars as pl

from convintel.cli.lookup import forget_calls

SEED = 7
LONG = 40  # characters of a turn that nobody else says by chance


def main(workspace: Path, seed: int = SEED) -> int:
    """Print what was searched and found; 1 when anything was left."""
    calls = pl.concat(
        [pl.read_parquet(path) for path in (workspace / ".convintel").glob("store/weekly/*/*/calls.parquet")]
    )
    calls = calls.unique("call_id").sort("call_id")
    chosen = random.Random(seed)
    customers = sorted(calls["customer_email"].drop_nulls().unique())
    asked = [
        {"customer": chosen.choice(customers)},
        {"rep": chosen.choice(sorted(calls["rep"].drop_nulls().unique()))},
        {"call": chosen.choice(calls["call_id"].to_list())},
    ]
    left = 0
    for who in asked:
        with tempfile.TemporaryDirectory(prefix="convintel-forget-") as folder:
            root = Path(shutil.copytree(workspace, Path(folder) / "acme"))
            before = _of(root, calls, who)
            result = forget_calls(root, **who)
            found = _second_search(root, *before)
            left += len(result.proof.hits) + len(found)
            removed = sum(line.startswith("removed ") for line in result.lines) - 1
            say(f"{who}: {removed} calls removed", *(f"  first search: {line}" for line in result.proof.lines()))
            say(f"  second search, for {len(before[0])} names, {len(before[1])} turns, {len(before[2])} vectors:")
            say(*(f"    {line}" for line in found or ["none found"]))
    return int(left > 0)


def say(*lines: str) -> None:
    """Print lines at once."""
    print(*lines, sep="\n", flush=True)  # noqa: T201 - a script talks to its user


def _of(root: Path, calls: pl.DataFrame, who: dict[str, str]) -> tuple[list[str], list[str], list[bytes]]:
    """Return the names, the long turns and the vectors (as bytes) of those who are to be forgotten."""
    column, value = next(iter({{"customer": "customer_email"}.get(key, key): it for key, it in who.items()}.items()))
    column = "call_id" if column == "call" else column
    mine = calls.filter(pl.col(column) == value)
    named = {"customer": ("customer_name", "customer_email", "customer_phone"), "rep": ("rep", "rep_name")}
    names = {name for key in who for field in named.get(key, ()) for name in mine[field].drop_nulls()}
    store = root / ".convintel" / "store"
    ids = mine["call_id"].to_list()
    texts = [path for one in ids for path in store.glob(f"turns/{one}/*/turns.parquet")]
    turns = [text for path in texts for text in pl.read_parquet(path)["text"] if len(text) >= LONG]
    files = [
        path for one in ids for stage in ("embeddings", "voices") for path in store.glob(f"{stage}/{one}/*/*.parquet")
    ]
    vectors = [_bytes(row) for path in files for row in pl.read_parquet(path)["vector"]]
    return sorted(names), turns, vectors


def _second_search(root: Path, names: list[str], turns: list[str], vectors: list[bytes]) -> list[str]:
    found = []
    mine = [path for name in (".convintel", "reports") for path in (root / name).rglob("*") if path.is_file()]
    for path in mine:
        data = path.read_bytes()
        texts = [html.unescape(data.decode("utf-8", "ignore")), str(path.relative_to(root))]
        rows: list[bytes] = []
        if path.suffix == ".parquet":
            table = pl.read_parquet(path)
            texts += [cell for name, kind in table.schema.items() if kind == pl.String for cell in table[name] if cell]
            rows = [
                _bytes(row) for name, kind in table.schema.items() if isinstance(kind, pl.List) for row in table[name]
            ]
        everything = "\n".join(texts).casefold()
        found += [f"{path}: name {name}" for name in names if name.casefold() in everything]
        found += [f"{path}: name {name}" for name in names if name.encode("utf-16-le") in data]
        found += [f"{path}: turn {turn[:30]}…" for turn in turns if turn.casefold() in everything]
        found += [f"{path}: a vector" for one in vectors if one in rows or one[:64] in data]
    return found


def _bytes(row: pl.Series) -> bytes:
    return np.asarray(row, np.float32).tobytes()


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
