"""Rules of the house that no linter knows."""

import ast
import re
from pathlib import Path

import pytest

import convintel
from convintel.settings import Settings, Tracker

ROOT = Path(__file__).parents[1]
SOURCES = sorted([*(ROOT / "convintel").rglob("*.py"), *(ROOT / "flows").glob("*.py")])
TRACKED_TEXT = [
    path
    for pattern in ("*.py", "*.md", "*.toml", "*.html", "*.css", "*.js")
    for path in ROOT.rglob(pattern)
    if not {".venv", "demo", ".git"} & set(path.relative_to(ROOT).parts)
]


def test_public_names_are_pinned():
    assert convintel.__all__ == ["__version__"]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_outgrows_one_sitting(path):
    assert len(path.read_text().splitlines()) <= 400


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_convintel_does_not_know_prefect(path):
    if path.is_relative_to(ROOT / "flows"):
        return
    imported = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {alias.name for node in imported for alias in node.names}
    names |= {getattr(node, "module", "") for node in imported}
    assert not {name for name in names if name and name.split(".")[0] == "prefect"}


def test_the_readme_tells_every_command_and_every_section_of_the_settings():
    readme = (ROOT / "README.md").read_text()
    for command in (
        "init",
        "demo",
        "check",
        "run",
        "report",
        "search",
        "export",
        "forget",
        "retry",
        "models",
        "evaluate",
        "serve",
        "explain",
        "send",
    ):
        assert f"convintel {command}" in readme, command
    for section in Settings.model_fields:
        assert f"`[{section}]`" in readme, section


def test_every_setting_is_explained():
    sections = {name: type(field.default) for name, field in Settings.model_fields.items()} | {"trackers": Tracker}
    for name, section in sections.items():
        for key, setting in section.model_fields.items():
            plain = key in {"device", "kind", "won_stages", "lost_stages", "seed", "permutations", "title"}
            assert setting.description or plain, f"{name}.{key}"


@pytest.mark.parametrize("path", sorted((ROOT / "docs").glob("*.pdf")), ids=lambda path: path.name)
def test_no_printed_page_links_to_a_machine(path):
    assert b"file://" not in path.read_bytes()


@pytest.mark.parametrize("path", TRACKED_TEXT, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_path_of_a_machine_and_no_registry_host(path):
    if path == Path(__file__):
        return
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"/(home|root|work)/\w|pypi\.org|registry\.npmjs|files\.pythonhosted", text)
