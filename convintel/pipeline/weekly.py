"""The stages that look at all calls: themes, outcomes, coaching and the report of one week."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import polars as pl

from convintel import coaching, models, outcomes, report, themes
from convintel.errors import WorkspaceError
from convintel.ledger import Ledger
from convintel.pipeline import gather
from convintel.pipeline.embeddings import StoredEncoder, embed_concerns
from convintel.pipeline.export import write_tables
from convintel.pipeline.forgotten import read_persons, without_mentions, without_people
from convintel.pipeline.survey import Survey
from convintel.pipeline.weeks import Ready, last_day, ready_calls
from convintel.settings import Settings
from convintel.store import Store, content_key, file_digest
from convintel.tables import SCHEMAS, frame
from convintel.weeks import week_back

VERSION: Final = 4  # raise when what these stages compute changes


@dataclass(frozen=True, slots=True)
class WeeklyResult:
    """Where a week's report is, and whether it was made now or found current."""

    week: str
    index: Path
    made: bool


def weekly(
    found: Survey,
    *,
    week: str,
    store: Store,
    ledger: Ledger,
    settings: Settings,
    step: Callable[[str], None] = lambda _: None,
    again: bool = False,
    ready: Ready | None = None,
) -> WeeklyResult:
    """Write a week's report unless it is current (or `again`); `step` hears the name of each stage as it begins.

    Several reports of one survey are given the same `ready`.
    """
    ready = ready or ready_calls(found, store)
    done = ready.until(week)
    folder = found.workspace.reports / week
    key = _weekly_key(found, ready, week, settings, ledger.report_key(week_back(week, 1)))
    if not again and ledger.report_key(week) == key and (folder / "index.html").is_file():
        return WeeklyResult(week, folder / "index.html", made=False)
    pdf = report.printer(settings.report.browser) if settings.report.pdf else None  # says at once if there is none
    tables = _read(found, done, week, store, settings)
    step("deals")
    tables |= _deals(found, tables, week, settings)
    step("themes")
    tables |= _themes(found, tables, done, week, store, settings)
    step("outcomes")
    tables |= _outcomes(found, tables, week, settings)
    step("coaching")
    last = _advice_before(week, store, ledger)
    said = pl.col("call_id").is_in(list(found.wordless)).not_()  # what is deleted is nobody's example
    tables |= coaching.coach(
        tables["calls"],
        tables["metrics"],
        tables["objections"].filter(said),
        tables["next_steps"].filter(said),
        tables["turns"].filter(said),
        tables["associations"],
        week=week,
        reps=found.reps,
        settings=settings,
        last=last,
    )
    tables["advice"] = pl.concat([last, tables["advice"]])  # the page says what became of last week's
    store.write("weekly", week, key, {name: tables[name] for name in SCHEMAS if name in _WEEKLY_TABLES})
    step("report")
    summary, tables = _summary(found, tables, week, store, settings)
    recordings = found.workspace.inbox if settings.report.audio else None
    index = report.write_report(summary, folder, recordings=recordings, tables=found.workspace.tables, pdf=pdf)
    if week >= max(found.workspace.reported_weeks()):
        write_tables(tables, found.workspace.tables, week=week)
        gather.drop_packs(
            store, found.calls["week"].unique(), spoken_from=week_back(week, settings.coaching.past_weeks)
        )
    with suppress(OSError):  # some network shares have no modes
        found.workspace.reports.chmod(0o700)
        if settings.privacy.group_can_read:
            report.open_to_group(found.workspace.reports)
    ledger.remember_report(week, key)
    return WeeklyResult(week, index, made=True)


def reported(
    found: Survey, *, week: str, store: Store, ledger: Ledger, settings: Settings
) -> tuple[dict[str, Any], dict[str, pl.DataFrame]]:
    """Return the summary of a week's report and the tables that it was made from, as they were stored with it.

    Raises:
        WorkspaceError: the week has no report, or it is older than what is in the workspace.
    """
    ready = ready_calls(found, store)
    done = ready.until(week)
    key = _weekly_key(found, ready, week, settings, ledger.report_key(week_back(week, 1)))
    if ledger.report_key(week) != key or not store.has("weekly", week, key):
        raise WorkspaceError(
            f"there is no current report of {week}",
            where=found.workspace.reports / week,
            remedy=f"convintel report {found.workspace.root} --week {week}",
        )
    tables = _read(found, done, week, store, settings)
    tables |= {name: store.read("weekly", week, key, name) for name in sorted(_WEEKLY_TABLES)}
    return _summary(found, tables, week, store, settings)


_WEEKLY_TABLES: Final = frozenset(
    {
        "calls",
        "unused",
        "deals",
        "matches",
        "win_rates",
        "associations",
        "follow_through",
        "hygiene",
        "ramp",
        "themes",
        "theme_members",
        "theme_events",
        "theme_outcomes",
        "advice",
        "evidence",
    }
)


def _advice_before(week: str, store: Store, ledger: Ledger) -> pl.DataFrame:
    """Return what the page of the week before advised; empty when there is none."""
    previous = week_back(week, 1)
    key = ledger.report_key(previous)
    if key is None or not store.has("weekly", previous, key):
        return frame("advice", [])
    return store.read("weekly", previous, key, "advice").filter(pl.col("week") == previous)


def _weekly_key(found: Survey, ready: Ready, week: str, settings: Settings, before: str | None) -> str:
    files = (
        found.workspace.deals,
        found.workspace.contacts,
        found.workspace.themes_file,
        _snapshot_before(found, week),
    )
    return content_key(
        VERSION,
        week,
        before,
        sorted((each or "", mark) for each, mark in ready.marks.items() if each is None or each <= week),
        ready.unused,
        [str(rep) for rep in found.reps],
        [file_digest(path) if path.is_file() else None for path in files],
        settings.model_dump(mode="json", exclude={"run", "delivery"}),
        _facts(found, settings),
        {table.name: table.version for table in SCHEMAS.values()},
    )


def _read(found: Survey, done: pl.DataFrame, week: str, store: Store, settings: Settings) -> dict[str, pl.DataFrame]:
    """Return what is known of all calls, and what was said in those that the week is compared with."""
    tables = {"calls": done, "unused": _all_unused(found), **gather.overview(store, done, found.keys)}
    recent = done.filter(pl.col("week").is_between(pl.lit(week_back(week, settings.coaching.past_weeks)), pl.lit(week)))
    return tables | gather.spoken(store, recent, found.keys)


def _summary(
    found: Survey, tables: dict[str, pl.DataFrame], week: str, store: Store, settings: Settings
) -> tuple[dict[str, Any], dict[str, pl.DataFrame]]:
    """Return the summary, and the tables with what was said in every call that it has a page for."""
    facts, said = _facts(found, settings), set(tables["turns"]["call_id"].unique())
    shown = set(tables["themes"]["quote_call_id"]) & found.keys.keys()  # older calls, as a rule, are these
    while True:
        more = gather.spoken_in(store, sorted(shown - said), found.keys)
        tables = tables | {name: pl.concat([tables[name], rows]) for name, rows in more.items()}
        said |= shown
        draft = report.draft(tables, week=week, settings=settings, facts=facts)
        if draft.calls <= said:
            return draft.finished(), tables
        shown = set(draft.calls)


def _all_unused(found: Survey) -> pl.DataFrame:
    paths = dict(zip(found.calls["call_id"], found.calls["path"], strict=True))
    rows: list[dict[str, object]] = [
        {
            "source": f"inbox/{paths[aside.call_id]}",
            "row": None,
            "what": aside.reason,
            "remedy": aside.remedy,
            "severity": "set aside",
        }
        for aside in found.set_aside
    ]
    return pl.concat([found.unused, frame("unused", rows)]).unique(maintain_order=True)


def _deals(found: Survey, tables: Mapping[str, pl.DataFrame], week: str, settings: Settings) -> dict[str, pl.DataFrame]:
    path = found.workspace.deals
    deals: pl.DataFrame = frame("deals", [])
    unused: pl.DataFrame = frame("unused", [])
    if path.is_file():
        deals, unused = outcomes.read_deals(path, reps=found.reps, settings=settings, contacts=found.workspace.contacts)
        people = read_persons(found.workspace)
        deals, unused = without_people(_as_known_on(deals, last_day(week)), people), without_mentions(unused, people)
    return {
        "deals": deals,
        "unused": pl.concat([tables["unused"], unused]),
        "matches": outcomes.match(tables["calls"], deals, settings=settings),
    }


def _outcomes(
    found: Survey, tables: Mapping[str, pl.DataFrame], week: str, settings: Settings
) -> dict[str, pl.DataFrame]:
    calls, matches, deals = tables["calls"], tables["matches"], tables["deals"]
    day, reps = last_day(week), found.reps
    promises = outcomes.follow_through(calls, matches, tables["next_steps"], as_of=day, settings=settings)
    return {
        "win_rates": outcomes.win_rates(deals, reps=reps, as_of=day, settings=settings),
        "associations": outcomes.associate(calls, tables["metrics"], matches, deals, settings=settings),
        "theme_outcomes": outcomes.theme_outcomes(
            tables["themes"], tables["theme_members"], calls, matches, deals, settings=settings
        ),
        "follow_through": promises,
        "hygiene": outcomes.hygiene(calls, matches, deals, promises, reps=reps, as_of=day, settings=settings),
        "ramp": outcomes.ramp(calls, matches, deals, reps=reps, as_of=day, settings=settings),
    }


def _as_known_on(deals: pl.DataFrame, day: date) -> pl.DataFrame:
    """Return deals as they stood on a day, so that an old week written again does not know how they ended."""
    later = (pl.col("closed") > day).fill_null(value=False)
    return deals.with_columns(outcome=pl.when(later).then(pl.lit("open", deals.schema["outcome"])).otherwise("outcome"))


def _themes(
    found: Survey,
    tables: Mapping[str, pl.DataFrame],
    done: pl.DataFrame,
    week: str,
    store: Store,
    settings: Settings,
) -> dict[str, pl.DataFrame]:
    signal_keys = {call_id: found.keys[call_id].signals for call_id in done["call_id"]}
    snapshot = found.workspace.theme_snapshots / f"{week}.json"
    vectors = embed_concerns(tables["concerns"], done, signal_keys, store=store, settings=settings)
    encoder = StoredEncoder(vectors, settings, store=store)
    themed = themes.group(
        tables["concerns"],
        tables["calls"],
        tables["matches"],
        week=week,
        encoder=encoder,
        registry=themes.Registry.load(_snapshot_before(found, week)),
        previous=_made_before(found, week),
        settings=settings,
        edits=themes.read_edits(found.workspace.themes_file),
    )
    encoder.keep()
    themed.registry.dump(snapshot)
    return {**themed.tables, "unused": pl.concat([tables["unused"], themed.tables["unused"]])}


def _snapshot_before(found: Survey, week: str) -> Path:
    """Return the registry as the last reported week before this one left it: making a week again starts there."""
    earlier = sorted(path for path in found.workspace.theme_snapshots.glob("*.json") if path.stem < week)
    return earlier[-1] if earlier else found.workspace.theme_snapshots / "none.json"


def _made_before(found: Survey, week: str) -> themes.Registry:
    """Return the registry of the first reported week from this one on: its ids go on, and no number is given twice."""
    snapshots = sorted(found.workspace.theme_snapshots.glob("*.json"))
    later = next((path for path in snapshots if path.stem >= week), None)
    previous = themes.Registry.load(later) if later is not None else themes.Registry()
    return replace(previous, next_number=themes.free_number(snapshots))


def _facts(found: Survey, settings: Settings) -> dict[str, Any]:
    """Return what the pages need to know besides tables: roster, models, versions, thresholds."""
    sections = settings.model_dump(mode="json", exclude={"run", "company", "delivery", "trackers"})
    return {
        "version": version("convintel"),
        "versions": {name: version(name) for name in ("faster-whisper", "spacy", "sentence-transformers", "polars")},
        "reps": [{"email": rep.email, "name": rep.name, "team": rep.team} for rep in found.reps],
        "deals_file": found.workspace.deals.is_file(),
        "models": [_model_facts(name) for name in used_models(settings)],
        "thresholds": {
            f"{section}.{name}": value
            for section, values in sections.items()
            for name, value in values.items()
            if isinstance(value, int | float) and not isinstance(value, bool)
        },
    }


def used_models(settings: Settings) -> list[str]:
    """Return the recogniser, the encoders and all models that every run uses."""
    always = [model.name for model in models.catalogue() if model.kind not in ("recogniser", "encoder")]
    own = [settings.signals.tracker_encoder] if settings.trackers and settings.signals.tracker_encoder else []
    return list(dict.fromkeys([settings.speech.model, settings.themes.encoder, *own, *always]))


def _model_facts(name: str) -> dict[str, str]:
    model = models.find(name)
    if model is None:  # the user's own
        return {"name": name, "what": "chosen in convintel.toml", "licence": "", "digest": models.digest(name)}
    return {"name": name, "what": model.what, "licence": model.licence, "digest": models.digest(name)}
