"""The summary shown: HTML pages, Markdown and CSV. Templates only show; every number stands in the summary."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import jinja2
from markupsafe import Markup

from convintel.coaching.phrases import number, yours
from convintel.report import charts, phrases
from convintel.report.files import replacing, table_text, write_text
from convintel.report.names import audio_source, link_to_recordings, markdown
from convintel.values import clock

TEMPLATES: Final = Path(__file__).parent / "templates"
_CALL_ID: Final = re.compile(r"[0-9a-f]{16}")
_SLUG: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
Row = dict[str, Any]

_FINDING: Final = ("who", "start", "end", "text", "score", "threshold", "rule")
_STEP: Final = ("owner", "kind", "action", "due", "due_text", "level", "confirmed", "confirmation")
TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "objections": ("call_id", "when", "call", "rep", "id", "type", "handling", "first_move", *_FINDING),
    "next_steps": ("call_id", "when", "call", "rep", "id", *_STEP, *_FINDING),
    "metrics": ("call_id", "when", "rep", "name", "side", "value", "unit", "n", "withheld"),
    "unused": ("source", "row", "what", "remedy", "severity"),
}


def write_report(summary: dict[str, Any], out: Path, *, recordings: Path | None) -> Path:
    """Write all pages of a summary into `out`, in one step, and return the path of index.html.

    Args:
        summary: From `summarise`, or read back from a summary.json.
        out: The folder of the week; what was there is replaced.
        recordings: The inbox, for relative links to the audio; None writes pages without players.

    Raises:
        WorkspaceError: the folder cannot be written or the disk is full.
        ValueError: a page name in the summary is not safe (the summary was not made by `summarise`).
    """
    base = link_to_recordings(out, recordings)
    with replacing(out) as building:
        for name, text in pages(summary, base):
            write_text(building / name, text)
    return out / "index.html"


def pages(summary: Row, base: str | None) -> Iterator[tuple[str, str]]:
    """Yield (relative path, text) of every file of the report; `base` leads from the folder to the recordings."""
    html, plain = _html(), _markdown()
    yield "summary.json", json.dumps(summary, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    yield "index.html", _page(html, "index.html", summary, base, 0, charts=_team_charts(summary))
    yield "method.html", _page(html, "method.html", summary, base, 0)
    yield "report.md", plain.get_template("report.md").render(s=summary, words=phrases)
    for person in summary["people"]:
        name = _safe(_SLUG, person["slug"])
        yield f"reps/{name}.html", _page(html, "rep.html", summary, base, 1, p=person, charts=_rep_charts(person))
        yield f"reps/{name}.md", plain.get_template("rep.md").render(s=summary, p=person)
    for call in summary["calls"]:
        yield f"calls/{_safe(_CALL_ID, call['call_id'])}.html", _page(html, "call.html", summary, base, 1, c=call)
    for table, columns in TABLES.items():
        yield f"{table}.csv", table_text(columns, _rows(summary, table))


def _page(html: jinja2.Environment, template: str, summary: Row, base: str | None, depth: int, **more: Any) -> str:
    def source(path: str | None, start: float | None = None, end: float | None = None) -> str | None:
        return audio_source(base, path, depth=depth, start=start, end=end)

    return html.get_template(template).render(
        s=summary,
        root="../" * depth,
        source=source,
        style=Markup(_part("style.css")),
        script=Markup(_part("page.js")),
        script_digest=_digest(_part("page.js")),
        words=phrases,
        **more,
    )


def _team_charts(summary: Row) -> dict[str, charts.Chart | None]:
    share = next((row for row in summary["talk"] if row["unit"] == "share" and row["side"] == "rep"), None)
    return {
        "objections": charts.objections(summary["objections"]),
        "themes": charts.themes(summary["themes"]),
        "win_rates": charts.win_rates(summary["win_rates"]),
        "talk": charts.trend(share, caption=_trend_caption(share)) if share else None,
    }


def _rep_charts(person: Row) -> dict[str, charts.Chart | None]:
    rows = {row["name"]: row for row in person["talk"]}
    chosen = [advice["behaviour"] for advice in person["priorities"] if advice["behaviour"] in rows]
    return {name: charts.trend(rows[name], caption=_trend_caption(rows[name], own=True)) for name in chosen}


def _trend_caption(row: Row, *, own: bool = False) -> str:
    label = yours(row["label"]) if own else row["label"]
    now, before = (None if row[name] is None else number(row[name], row["unit"]) for name in ("value", "past"))
    template = phrases.CHART_TREND if now and before else phrases.CHART_TREND_NOW if now else phrases.CHART_TREND_PAST
    return template.format(label=label, now=now, before=before)


def _rows(summary: Row, table: str) -> list[Row]:
    if table == "unused":
        return list(summary["unused"])
    calls = [call for call in summary["calls"] if call["week"] == summary["week"]]
    about = ("call_id", "when", "rep")
    return [{**{key: call[key] for key in about}, **row} for call in calls for row in call[table]]


def _html() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= _filters()
    return environment


def _markdown() -> jinja2.Environment:
    """Every value that a template shows passes through `markdown`, so that text stays text."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=False,
        finalize=markdown,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= _filters()
    return environment


def _filters() -> dict[str, Any]:
    return {
        "number": lambda value, unit: "–" if value is None else number(value, unit),
        "clock": clock,
        "count": phrases.count,
        "minutes": lambda seconds: phrases.count(round(seconds / 60), "minute"),
        "mean": phrases.mean,
        "yours": yours,
        "money": lambda value, currency: "–" if value is None else f"{value:,.0f} {currency or ''}".strip(),
        "tidy": lambda value: re.sub(r"(\.\d*?)0+$", r"\1", f"{value:.2f}").rstrip("."),
    }


@cache
def _part(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _digest(script: str) -> str:
    """Name the page's one script for its content security policy: no other script runs, whatever a transcript says."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _safe(pattern: re.Pattern[str], name: str) -> str:
    if not pattern.fullmatch(name):
        raise ValueError(f"'{name}' is no page name")
    return name
