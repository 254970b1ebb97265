"""How the numbers came about: formulas, thresholds, models, counts."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any

from convintel.language import measures as words
from convintel.report.book import Book
from convintel.report.talk import Row
from convintel.signals.catalogue import METRICS

SECTIONS = ("speech", "turns", "signals", "themes", "matching", "outcomes", "coaching", "privacy")


def method(book: Book) -> Row:
    """Return the contents of the method page."""
    settings = _settings(book)
    return {
        "version": book.facts.get("version", ""),
        "metrics": [_metric(metric) for metric in METRICS],
        "settings": settings,
        "thresholds": _named(book.facts.get("thresholds", {}), besides={row["name"] for row in settings}),
        "versions": _named(book.facts.get("versions", {})),
        "models": [dict(model) for model in book.facts.get("models", ())],
        "counts": [{"table": name, "rows": table.height} for name, table in book.tables.items()],
    }


def _metric(metric: Any) -> Row:
    fields: Row = dataclasses.asdict(metric)
    fields["label"] = words.label(metric.name, metric.label)
    return {
        name: value if isinstance(value, str | bool) else ", ".join(map(str, value)) for name, value in fields.items()
    }


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
