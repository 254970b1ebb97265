"""One catalogue holds every string of the pages: nothing else does, and nothing in it is unused or missing."""

import re
from collections.abc import Mapping
from pathlib import Path

from convintel.language import catalogue, entry

PACKAGE = Path(__file__).parents[1] / "convintel"
TEMPLATES = sorted((PACKAGE / "report" / "templates").iterdir())
SOURCES = [path for path in (*PACKAGE.rglob("*.py"), *TEMPLATES) if path.suffix in (".py", ".html", ".md")]
KEY = re.compile(r"""(?:say|entry|pick|w)\(\s*"([a-z_]+(?:\.[a-z_0-9]+)+|[a-z_]+)\"""")
NAMED = re.compile(r"""\bw\.([a-z_]+(?:\.[a-z_0-9]+)*)""")
NOUN = re.compile(r"""count(?:_mean)?\((?:.*?, )?["']([a-z_]+)["']\)""")
TABLES = {  # looked up by a value of the data
    "roles", "objections", "objection_words", "handlings", "met_with", "call_types", "levels", "owners", "granularity",
    "sides", "consents", "severity", "measures", "units", "quality", "days", "moments.moves", "method.model", "nouns",
    "theme_kinds", "theme_events", "sources", "verdicts", "hygiene", "hygiene_since", "follow_through",
}  # fmt: skip


def leaves(value, prefix=""):
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from leaves(each, f"{prefix}{name}.")
    else:
        yield prefix[:-1]


def mentioned():
    keys = {match for path in SOURCES for match in KEY.findall(path.read_text(encoding="utf-8"))}
    keys |= {match for path in TEMPLATES for match in NAMED.findall(path.read_text(encoding="utf-8"))}
    text = "".join(path.read_text(encoding="utf-8") for path in SOURCES)
    keys |= set(
        re.findall(r"""["']((?:[a-z_]+\.)+[a-z_0-9]+)["']""", text)
    )  # the other branch of an `if` inside say(...)
    keys |= {f"chart.{name}" for name in re.findall(r'"([a-z_]+)"', (PACKAGE / "report" / "charts.py").read_text())}
    keys |= {
        f"method.{name}" for name in re.findall(r"\bx\.([a-z_0-9]+)", (TEMPLATES[0].parent / "method.html").read_text())
    }
    return (
        keys
        | {f"method.coached_{way}" for way in ("lower", "higher")}
        | {f"coaching.bring_{way}" for way in ("lower", "higher")}
    )


def test_every_key_that_is_used_is_there():
    said = {match for path in SOURCES for match in KEY.findall(path.read_text(encoding="utf-8"))}
    said |= {match for path in TEMPLATES for match in NAMED.findall(path.read_text(encoding="utf-8"))}
    for key in sorted(said):
        assert entry(key) is not None, key


def test_every_noun_has_both_forms():
    for path in SOURCES:
        for noun in NOUN.findall(path.read_text(encoding="utf-8")):
            assert len(entry(f"nouns.{noun}")) == 2, (path.name, noun)


def test_every_string_is_used():
    keys = mentioned()
    unused = [
        leaf
        for leaf in leaves(catalogue())
        if leaf not in keys and not any(leaf == table or leaf.startswith(f"{table}.") for table in TABLES)
    ]
    assert unused == ["language"] or unused == []


def test_templates_hold_no_words_of_their_own():
    for path in TEMPLATES:
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".html":
            assert not re.search(r'(?:aria-label|title|alt|placeholder|data-label|data-done)="[^"{]+"', text), path.name
            text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", text, flags=re.DOTALL)
            text = re.sub(r"<!doctype html>|<(?:\"[^\"]*\"|[^>\"])*>", "", text, flags=re.DOTALL)
        elif path.suffix == ".md":
            text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", text, flags=re.DOTALL)
        elif path.suffix == ".js":
            text = "".join(re.findall(r'textContent = "([^"]*)"', text))
        else:
            continue
        assert not re.search(r"[A-Za-z]", text), (path.name, re.search(r".{0,40}[A-Za-z].{0,40}", text))


def test_no_word_about_persons_feelings_or_causes():
    said = " ".join(str(entry(leaf)) for leaf in leaves(catalogue())).lower()
    for word in ("personality", "attitude", "lazy", "emotion", "sentiment", "score card", "leads to", "because of"):
        assert word not in said
    assert "caused by" not in said.replace("not caused by", "")
