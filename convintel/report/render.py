"""The summary shown: HTML pages, Markdown and CSV. Templates only show; every number stands in the summary."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import jinja2
from markupsafe import Markup

from convintel.language import catalogue, count, say
from convintel.language.formats import mean, money, number, signed
from convintel.report import charts, paths
from convintel.report.files import replacing, table_text, write_text
from convintel.report.names import audio_source, link_to, markdown
from convintel.report.pdf import Printer
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
    "deals_at_risk": (
        "deal_id",
        "name",
        "owner",
        "stage",
        "amount",
        "currency",
        "expected",
        "call_id",
        "when",
        "reasons",
    ),
    "hygiene": ("kind", "rep", "deal_id", "in_call", "since", "days", "what", "remedy"),
    "metrics": ("call_id", "when", "rep", "name", "side", "value", "unit", "n", "withheld"),
    "unused": ("source", "row", "what", "remedy", "severity"),
}


def write_report(
    summary: dict[str, Any],
    out: Path,
    *,
    recordings: Path | None,
    tables: Path | None = None,
    pdf: Printer | None = None,
) -> Path:
    """Write all pages of a summary into `out`, in one step, and return the path of index.html.

    Args:
        summary: From `summarise`, or read back from a summary.json.
        out: The folder of the week; what was there is replaced.
        recordings: The inbox, for relative links to the audio; None writes pages without players.
        tables: Where the tables of the newest week are, to link to; None writes no link.
        pdf: Prints each rep's page too; the bytes of a PDF hold its time and differ from run to run.

    Raises:
        WorkspaceError: the folder cannot be written or the disk is full.
        ValueError: a page name in the summary is not safe (the summary was not made by `summarise`).
    """
    base, tables_at = link_to(out, recordings), link_to(out, tables)
    with replacing(out) as building:
        for name, text in pages(summary, base, tables_at):
            write_text(building / name, text)
        if pdf is not None:
            for slug in (person["slug"] for person in summary["people"]):
                pdf.write(alone(summary, slug=slug, quotes=True), building / "reps" / f"{slug}.pdf")
    return out / "index.html"


def pages(summary: Row, base: str | None, tables: str | None = None) -> Iterator[tuple[str, str]]:
    """Yield (relative path, text) of every file of the report; `base` leads to the recordings."""
    html, plain = _html(), _markdown()
    yield "summary.json", _plain(summary)
    yield "index.html", _page(html, "index.html", summary, Place(base, tables=tables), charts=_team_charts(summary))
    yield "method.html", _page(html, "method.html", summary, Place(base))
    yield "report.md", plain.get_template("report.md").render(s=summary)
    people = {person["email"]: person for person in summary["people"]}
    calls = {call["call_id"]: call for call in summary["calls"]}
    for person in summary["people"]:
        name = _safe(_SLUG, person["slug"])
        yield f"reps/{name}.html", _rep_page(html, summary, person, calls, Place(base, depth=1))
        yield f"reps/{name}.md", plain.get_template("rep.md").render(s=summary, p=person)
    for call_id, call in calls.items():
        about = {"c": call, "person": people.get(call["rep"])}
        yield f"calls/{_safe(_CALL_ID, call_id)}.html", _page(html, "call.html", summary, Place(base, depth=1), **about)
    for table, columns in TABLES.items():
        yield f"{table}.csv", table_text(columns, _rows(summary, table))


def _plain(summary: Row) -> str:
    """Return the summary as JSON: a line an entry, of lists a line an item; indenting all takes ten times longer."""
    return "{\n" + ",\n".join(f"{_json(key)}: {_listed(summary[key])}" for key in sorted(summary)) + "\n}\n"


def _listed(value: Any) -> str:
    return "[\n" + ",\n".join(map(_json, value)) + "\n]" if isinstance(value, list) and value else _json(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def alone(summary: Row, *, slug: str | None, quotes: bool) -> str:
    """Return the team page, or one rep's, as a file that can leave the folder: no link, no sound.

    Args:
        summary: From `summarise`.
        slug: Whose page; None for the team's.
        quotes: Whether it shows what people said.
    """
    html, place = _html(), Place(None, links=False, quotes=quotes)
    if slug is None:
        return _page(html, "index.html", summary, place, charts=_team_charts(summary))
    person = next(person for person in summary["people"] if person["slug"] == slug)
    return _rep_page(html, summary, person, {call["call_id"]: call for call in summary["calls"]}, place)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page lies: the way to the recordings, how deep below the report's folder, what it shows and links."""

    recordings: str | None
    depth: int = 0
    links: bool = True
    quotes: bool = True
    tables: str | None = None

    def source(self, path: str | None, start: float | None = None, end: float | None = None) -> str | None:
        """Return the `src` of a recording's stretch, or None."""
        return audio_source(self.recordings, path, depth=self.depth, start=start, end=end)


def _rep_page(html: jinja2.Environment, summary: Row, person: Row, calls: Mapping[str, Row], place: Place) -> str:
    mine = [calls[call_id] for call_id in person["calls"]]
    return _page(html, "rep.html", summary, place, p=person, calls=mine, charts=_rep_charts(person))


def _page(html: jinja2.Environment, template: str, summary: Row, place: Place, **more: Any) -> str:
    return html.get_template(template).render(
        s=summary,
        root="../" * place.depth,
        links=place.links,
        quotes=place.quotes,
        tables=place.tables,
        source=place.source,
        style=Markup(_part("style.css")),
        script=Markup(_part("page.js")),
        script_digest=_digest(_part("page.js")),
        **more,
    )


def _team_charts(summary: Row) -> dict[str, charts.Chart | None]:
    share = next((row for row in summary["talk"] if row["unit"] == "share" and row["side"] == "rep"), None)
    return {
        "objections": charts.objections(summary["objections"]),
        "themes": charts.themes(summary["themes"]),
        "win_rates": charts.win_rates([row for row in summary["win_rates"] if row["scope"] in ("team", "rep")]),
        "talk": charts.trend(share, label=share["label"]) if share else None,
    }


def _rep_charts(person: Row) -> dict[str, charts.Chart | None]:
    """Trends of the priorities, and of the share of talk for those who would rather look than read."""
    rows = {row["name"]: row for row in person["talk"]}
    chosen = [advice["behaviour"] for advice in person["priorities"]]
    names = dict.fromkeys(name for name in (*chosen, "talk_share") if name in rows)
    return {name: charts.trend(rows[name], label=rows[name]["yours"]) for name in names}


def _rows(summary: Row, table: str) -> list[Row]:
    if table == "unused":
        return list(summary["unused"])
    if table == "hygiene":
        return [row for group in summary["hygiene"] for row in group["rows"]]
    if table == "deals_at_risk":
        return [{**row, "reasons": " ".join(row["reasons"])} for row in summary["at_risk"]]
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
    _equip(environment)
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
    _equip(environment)
    return environment


def _equip(environment: jinja2.Environment) -> None:
    """Give a template the catalogue (`w`, and `say` where values are filled in) and the formats."""
    environment.globals |= {"w": catalogue(), "say": say}
    environment.filters |= {
        "number": lambda value, unit: "–" if value is None else number(value, unit),
        "clock": clock,
        "count": count,
        "minutes": lambda seconds: count(round(seconds / 60), "minute"),
        "mean": mean,
        "money": money,
        "bars": paths.bars,
        "area": paths.area,
        "signed": signed,
        "model_word": lambda key: catalogue()["method"]["model"].get(key, key),
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
