"""Licences are listed for all that is fetched, and an audit that reached nothing does not pass for a clean one."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path

import pytest

from tests.audit import told

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def licences():
    spec = importlib.util.spec_from_file_location("licences", ROOT / "docs" / "licences.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_of_licences_is_current(licences):
    written = (ROOT / "docs" / "licences.md").read_text("utf-8").splitlines()
    versions, named = licences.locked(), dict(licences.direct())
    assert not named.keys() - versions.keys()
    for name, use in named.items():
        assert licences.line(name, versions, use) in written, f"{name}: python docs/licences.py > docs/licences.md"
    rows = {tuple(row.split(" | ")[:2]) for row in written}
    for name, version in versions.items():
        assert (f"| {name}", version) in rows, f"{name}: python docs/licences.py > docs/licences.md"
    for row in (*licences.models(), licences.vendored()):
        assert row in written


def test_no_licence_is_missing_and_none_forbids_what_is_done(licences):
    rows = [row.split(" | ") for row in (ROOT / "docs" / "licences.md").read_text("utf-8").splitlines() if " | " in row]
    packages = [row for row in rows if len(row) == 5 and row[0] != "| package"]
    assert len(packages) > 150
    for name, _, licence, *_ in packages:
        assert licence not in {"see the package", "not installed here", "UNKNOWN"}, name
        assert "GPL" not in licence or name == "| text-unidecode", name


def test_the_lock_with_digests_is_the_lock(licences):
    rows = (ROOT / "requirements.hashed").read_text("utf-8").splitlines()[1:]
    assert all(re.fullmatch(r"\S+==\S+ --hash=sha256:[0-9a-f]{64}", row) for row in rows)
    hashed = dict(row.split(" ")[0].split("==") for row in rows)
    assert {licences.plain(name): version for name, version in hashed.items()} == {
        name: version for name, version in licences.locked().items() if name != "torch"
    }, "python docs/hashes.py > requirements.hashed"


def answer(*packages):
    return json.dumps({"dependencies": list(packages)})


def test_an_audit_that_reached_nothing_says_so():
    skipped = [{"name": name, "skip_reason": "Dependency not found"} for name in ("numpy", "polars")]
    lines, bad = told(answer(*skipped), "No known vulnerabilities found")
    assert "NOT CHECKED" in lines[0]
    assert not bad
    lines, bad = told("", "ConnectionError: no route")
    assert "NOT CHECKED" in lines[0]
    assert "no route" in lines[0]
    assert not bad


def test_a_known_weakness_is_named_with_the_version_that_mends_it():
    weak = {"name": "jinja2", "version": "3.0", "vulns": [{"id": "GHSA-1", "fix_versions": ["3.1.6"]}]}
    lines, bad = told(answer(weak, {"name": "numpy", "version": "2", "vulns": []}), "")
    assert bad
    assert lines == ["pip-audit: 2 of 2 packages checked, 1 known weaknesses", "  jinja2 3.0: GHSA-1 → 3.1.6"]
