"""How the numbers came about: formulas, thresholds, models, counts."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any

from convintel.language import measures as words
from convintel.language import say
from convintel.language.formats import number
from convintel.report.book import Book
from convintel.report.facts import fact_id, rests
from convintel.report.talk import Row
from convintel.signals.catalogue import METRICS

SECTIONS = ("recordings", "speech", "turns", "signals", "themes", "matching", "outcomes", "coaching", "privacy")


def method(book: Book) -> Row:
    """Return the contents of the method page."""
    settings = _settings(book)
    return {
        "version": book.facts.get("version", ""),
        "metrics": [_metric(metric) for metric in METRICS],
        "outcomes": _outcomes(book),
        "settings": settings,
        "thresholds": _named(book.facts.get("thresholds", {}), besides={row["name"] for row in settings}),
        "versions": _named(book.facts.get("versions", {})),
        "models": [dict(model) for model in book.facts.get("models", ())],
        "counts": [
            {"id": fact_id("rows", name), "rests": [rests(name)], "table": name, "rows": table.height}
            for name, table in book.tables.items()
        ],
    }


def _metric(metric: Any) -> Row:
    fields: Row = dataclasses.asdict(metric)
    fields["label"] = words.label(metric.name, metric.label)
    plain = {
        name: value if isinstance(value, str | bool) else ", ".join(map(str, value)) for name, value in fields.items()
    }
    return {
        **plain,
        "id": fact_id("measure", metric.name, metric.side),
        "rests": [rests("metrics", metric=metric.name, side=metric.side)],
    }


def _outcomes(book: Book) -> list[str]:
    """Return how deals, themes and promises are counted, with the settings in force."""
    rules, weeks = book.settings.outcomes, book.settings.themes.past_weeks
    return [
        say("method.outcome_rates", least=rules.min_closed_deals),
        say(
            "method.outcome_behaviours",
            calls=rules.landmark_calls,
            promise=number(rules.promise, "share"),
            deals=rules.min_deals_association,
        ),
        say("method.outcome_themes", weeks=weeks, interval=number(rules.interval, "share")),
        say(
            "method.outcome_promises",
            grace=rules.grace_days,
            quiet=rules.quiet_days,
            look_back=rules.look_back_days,
        ),
        say("method.outcome_ramp", months=rules.ramp_months, earlier=rules.min_earlier_reps),
        say("method.outcome_worth"),
    ]


def _named(values: Mapping[str, Any], *, besides: Collection[str] = ()) -> list[Row]:
    return [{"name": name, "value": str(values[name])} for name in sorted(values) if name not in besides]


def _settings(book: Book) -> list[Row]:
    """Every setting that a number hangs on, with its meaning."""
    rows = []
    for section in SECTIONS:
        part = getattr(book.settings, section)
        for name, field in type(part).model_fields.items():
            value = getattr(part, name)
            rows.append({"name": f"{section}.{name}", "value": _shown(value), "about": field.description or ""})
    return rows


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
