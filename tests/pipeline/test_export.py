from __future__ import annotations

import stat

import duckdb
import polars as pl

from convintel.pipeline.export import INSIDE, write_tables
from convintel.tables import SCHEMAS, frame


def some_tables():
    tables = {name: frame(name, []) for name in SCHEMAS}
    deal = {"deal_id": "006A", "stage": "x", "outcome": "won", "name": "=HYPERLINK(1)"}
    tables["deals"] = frame("deals", [deal, {**deal, "deal_id": "006a", "outcome": "open", "name": "Müller"}])
    tables["matches"] = frame(
        "matches", [{"call_id": "0" * 16, "deal_id": "006a", "status": "matched", "reason": "x", "candidates": "006a"}]
    )
    return tables


def test_duckdb_reads_and_joins_the_tables(tmp_path):
    write_tables(some_tables(), tmp_path / "tables", week="2026-W44")
    folder = tmp_path / "tables"
    query = (
        f"select d.name, m.call_id from '{folder}/matches.parquet' m join '{folder}/deals.parquet' d using (deal_id)"
    )
    assert duckdb.sql(query).fetchall() == [("Müller", "0" * 16)]
    assert duckdb.sql(f"select count(*) from '{folder}/deals.csv'").fetchall() == [(2,)]
    listed = duckdb.sql(f"select distinct \"table\" from '{folder}/dictionary.csv'").fetchall()
    assert {name for (name,) in listed} == set(SCHEMAS) - INSIDE
    assert pl.read_parquet_metadata(folder / "deals.parquet")["convintel.week"] == "2026-W44"


def test_no_cell_starts_a_formula_and_files_are_not_for_everybody(tmp_path):
    write_tables(some_tables(), tmp_path / "tables", week="2026-W44")
    text = (tmp_path / "tables" / "deals.csv").read_text(encoding="utf-8-sig")
    assert "'=HYPERLINK(1)" in text
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in (tmp_path / "tables").iterdir())


def test_the_folder_is_replaced_as_a_whole(tmp_path):
    write_tables(some_tables(), tmp_path / "tables", week="2026-W44")
    (tmp_path / "tables" / "old.csv").write_text("x")
    write_tables(some_tables(), tmp_path / "tables", week="2026-W45")
    assert not (tmp_path / "tables" / "old.csv").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tables"]
