"""Numbers and sentences of the summary; the pages only show them."""

import json
from datetime import date

import polars as pl
import pytest

from convintel.report import charts, summarise, write_report
from convintel.report.names import cell, markdown, slugs
from convintel.report.talk import moved
from convintel.settings import Settings
from convintel.tables import frame
from convintel.tables.names import SCOPES


def again(tables, settings, week, **facts):
    return summarise(tables, week=week, settings=settings, facts=facts)


def test_summary_is_plain_json_and_repeats_whatever_the_order_of_rows(summary, tables, settings, company):
    assert json.loads(json.dumps(summary)) == summary
    shuffled = {name: table.sample(fraction=1.0, shuffle=True, seed=5) for name, table in tables.items()}
    reps = [{"email": rep.email, "name": rep.name, "team": rep.team} for rep in company.ROSTER]
    facts = {
        "version": "0.1.0",
        "models": [{"name": "whisper-base", "version": "1.0.0", "digest": "d4a1"}],
        "reps": reps,
    }
    assert summarise(shuffled, week=company.WEEK, settings=settings, facts=facts) == summary


def test_counts_of_the_week(summary, tables, company):
    now = tables["calls"].filter(pl.col("week") == company.WEEK)
    assert summary["counts"]["calls"] == now.height
    assert summary["counts"]["seconds"] == pytest.approx(
        tables["audio"].join(now, on="call_id", how="semi")["seconds"].sum()
    )
    assert summary["period"] == "26 October to 1 November 2026"
    assert len(summary["changed"]) == 3
    assert summary["changed"][0]["text"].startswith(f"{now.height} calls with ")


def test_talk_rows_are_plain_means_over_calls(summary, tables, company):
    joined = tables["metrics"].join(tables["calls"].select("call_id", "rep", "week"), on="call_id")
    values = joined.filter(pl.col("metric") == "talk_share", pl.col("week") == company.WEEK)
    row = next(row for row in summary["talk"] if row["name"] == "talk_share")
    assert row["value"] == pytest.approx(values["value"].mean())
    assert row["n"] == values.height
    tom = next(person for person in summary["people"] if person["name"] == "Tom Okafor")
    own = next(row for row in tom["talk"] if row["name"] == "talk_share")
    assert own["value"] == pytest.approx(values.filter(pl.col("rep").str.starts_with("tom"))["value"].mean())
    assert [week["week"] for week in own["weeks"]][-1] == company.WEEK


def test_objections_by_type_add_up(summary, tables, company):
    weeks = tables["objections"].join(tables["calls"].select("call_id", "week"), on="call_id")
    now = weeks.filter(pl.col("week") == company.WEEK)
    section = summary["objections"]
    assert section["n"] == now.height == sum(row["n"] for row in section["types"])
    for row in section["types"]:
        assert row["n"] == sum(row[how] for how in ("resolved", "addressed", "ignored", "open"))
    assert section["answered"] == now.filter(pl.col("handling").is_in(["resolved", "addressed"])).height


def test_deals_at_risk_are_open_and_their_last_call_has_no_date(summary, tables):
    deals = {row["deal_id"]: row for row in tables["deals"].to_dicts()}
    assert summary["at_risk"]
    for risk in summary["at_risk"]:
        assert deals[risk["deal_id"]]["outcome"] == "open"
        steps = tables["next_steps"].filter(pl.col("call_id") == risk["call_id"])
        assert steps["due"].null_count() == steps.height
        calls = tables["calls"].filter(pl.col("deal_id") == risk["deal_id"])
        assert calls.sort("started_at")["call_id"][-1] == risk["call_id"]
    amounts = [risk["amount"] for risk in summary["at_risk"]]
    assert amounts == sorted(amounts, reverse=True)


def test_open_promises_are_ours_and_not_past_due(summary):
    for promise in [*summary["promises"]["was_due"], *summary["promises"]["due"], *summary["promises"]["undated"]]:
        assert promise["owner"] in ("rep", "both")
        assert promise["due"] is None or date.fromisoformat(promise["due"]) >= date(2026, 10, 26)
    dues = [promise["due"] for promise in (*summary["promises"]["was_due"], *summary["promises"]["due"])]
    assert dues == sorted(dues)


def test_every_quote_on_any_page_is_in_its_turn_and_its_call_has_a_page(summary, tables):
    pages = {call["call_id"]: call for call in summary["calls"]}
    quotes = list(walk(summary))
    assert len(quotes) > 40
    for quote in quotes:
        turn = pages[quote["call_id"]]["turns"][quote["turn"]]
        assert quote["text"] in turn["text"]
        assert turn["start"] - 2 <= quote["start"] <= turn["end"] + 2


def walk(value):
    if isinstance(value, dict):
        if {"call_id", "text", "turn", "who", "when"} <= value.keys():
            yield value
        for each in value.values():
            yield from walk(each)
    elif isinstance(value, list):
        for each in value:
            yield from walk(each)


def test_reps_and_win_rates_stand_in_order_of_name(summary):
    names = [person["name"] for person in summary["people"]]
    assert names == sorted(names)
    rates = {scope: [row["label"] for row in summary["win_rates"] if row["scope"] == scope] for scope in SCOPES}
    assert (rates["team"], rates["rep"]) == (["Team"], names)
    assert (rates["group"], rates["segment"]) == (["North", "South"], ["New Business", "Renewal"])
    assert rates["quarter"] == sorted(rates["quarter"])


def test_no_calls_this_week(tables, settings):
    quiet = again(tables, settings, "2026-W45")
    assert quiet["counts"]["calls"] == 0
    before = tables["calls"].filter(pl.col("week").is_between(pl.lit("2026-W37"), pl.lit("2026-W44"))).height / 8
    assert [one["text"] for one in quiet["changed"]] == [
        f"No calls this week; the 8 weeks before had {before:.1f} calls a week."
    ]
    assert {person["note"] for person in quiet["people"]} == {"No calls this week."}


def test_nothing_at_all(settings):
    empty = again({}, settings, "2026-W45")
    assert [one["text"] for one in empty["changed"]] == ["No calls this week and none in the 8 weeks before."]
    assert (empty["people"], empty["calls"], empty["has_deals"]) == ([], [], False)


def test_a_roster_lists_reps_without_calls(tables, settings, company):
    facts = {"reps": [{"email": "zoe@tallyroute.example", "name": "Zoe Noor", "team": None}]}
    people = summarise(tables, week=company.WEEK, settings=settings, facts=facts)["people"]
    assert [person["note"] for person in people if person["name"] == "Zoe Noor"] == ["No calls this week."]


def test_few_calls_are_said(tables, with_advice, company):
    window = tables["calls"].filter(pl.col("rep").str.starts_with("tom"), pl.col("week") > "2026-W35")
    least = window.height + 1
    told = Settings(coaching={"min_calls": least})
    few = with_advice(tables, company.WEEK, coaching={"min_calls": least})
    people = summarise(few, week=company.WEEK, settings=told, facts={})["people"]
    tom = next(person for person in people if person["name"] == "Tom Okafor")
    assert tom["note"].startswith(f"No priorities: {window.height} calls so far (this week and the 8 weeks before)")
    assert tom["priorities"] == []
    assert tom["keep"] is not None


def test_the_mover_is_a_coached_behaviour_of_nearly_every_call_before_others():
    def row(name, step, n):
        return {"name": name, "better": "higher", "n": n, "past_n": 30, "value": 0.5 + step, "past": 0.5, "spread": 1.0}

    part, whole, other = row("open_question_share", 0.9, 7), row("dated_next_step", 0.6, 9), row("objections", 2.0, 9)
    assert moved([part, whole, other], least=3, calls=9) == (whole, True, True)
    assert moved([part, other], least=3, calls=9) == (other, False, True)
    assert moved([row("dated_next_step", 0.4, 9)], least=3, calls=9) == (None, False, True)
    assert moved([row("dated_next_step", 0.6, 2)], least=3, calls=9) == (None, False, False)


def test_the_mover_says_of_how_many_calls(tables, settings, company):
    week = tables["calls"].filter(pl.col("week") == company.WEEK)["call_id"].to_list()
    silent = (pl.col("call_id") == week[0]) & (pl.col("metric") == "talk_share")
    lifted = pl.col("call_id").is_in(week) & (pl.col("metric") == "talk_share")
    metrics = (
        tables["metrics"]
        .filter(~silent)
        .with_columns(
            value=pl.when(lifted).then(0.99).when(pl.col("metric") != "talk_share").then(0.5).otherwise(pl.col("value"))
        )
    )
    text = again({**tables, "metrics": metrics}, settings, company.WEEK)["changed"][1]["text"]
    assert "Rep’s share of the talk" in text
    assert f"99% over {len(week) - 1} of {len(week)} calls this week" in text


def test_weeks_of_different_sources_are_told(tables, settings, company, tmp_path):
    now = pl.col("week") == company.WEEK

    def told(this_week, earlier):
        kind = pl.when(now).then(pl.lit(this_week)).otherwise(pl.lit(earlier)).cast(tables["calls"]["kind"].dtype)
        return again({**tables, "calls": tables["calls"].with_columns(kind=kind)}, settings, company.WEEK)

    same, apart = told("recording", "recording"), told("recording", "transcript")
    assert same["sources"]["text"] == ""
    assert apart["sources"]["text"].startswith("Most calls this week are recordings")
    assert told("transcript", "recording")["sources"]["text"].startswith("Most calls this week are ready-made")
    index = write_report(apart, tmp_path / "w", recordings=None)
    person = next(each for each in apart["people"] if each["sources"]["text"])
    files = [index.parent / name for name in ("report.md", f"reps/{person['slug']}.html", f"reps/{person['slug']}.md")]
    for file in (index, *files):
        assert "compare speaking rates and questions with care" in file.read_text(encoding="utf-8"), file


def test_null_win_rate_says_too_few_deals(tables, settings, company):
    rates = frame(
        "win_rates",
        [{"scope": "rep", "name": "tom.okafor@tallyroute.example", "won": 1, "lost": 2, "open": 0, "note": ""}],
    )
    row = again({**tables, "win_rates": rates}, settings, company.WEEK)["win_rates"][0]
    assert row["say"] == "Too few deals: 3 closed, a rate is shown from 5."
    assert row["share"] is None


def test_the_plain_share_stands_beside_the_cautious_estimate(summary):
    chart = charts.win_rates([row for row in summary["win_rates"] if row["scope"] in ("team", "rep")])
    place = {name: at for at, name in enumerate(chart.columns)}
    known = [row for row in chart.rows if row[place["Cautious estimate"]].endswith("%")]
    assert known
    for row in known:
        won, lost = (int(row[place[name]]) for name in ("Won", "Lost"))
        assert row[place["Won of closed"]] == f"{won / (won + lost) * 100:.0f}%"


def test_method_lists_every_metric_with_its_formula(summary):
    from convintel.signals.catalogue import METRICS

    assert [row["name"] for row in summary["method"]["metrics"]] == [metric.name for metric in METRICS]
    assert all(row["formula"] for row in summary["method"]["metrics"])


def test_slugs_are_safe_and_unique():
    people = [
        ("a@x", "../../../etc/passwd"),
        ("b@x", "מאיה"),
        ("c@x", "Ann Lee"),
        ("d@x", "ann-lee"),
        ("e@x", "CON"),
        ("ü@x", "\u202e"),
    ]
    given = slugs(people)
    assert list(given.values()) == [
        "etc-passwd",
        "b",
        "ann-lee",
        "ann-lee-2",
        "rep-con",
        "rep" if given["ü@x"] == "rep" else "u",
    ]
    assert len(set(given.values())) == len(people)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1"])
def test_no_cell_starts_a_formula(text):
    assert cell(text).startswith("'")


def test_markdown_keeps_text_as_text():
    assert markdown("<script>\n# x") == "&lt;script&gt; # x"
    assert markdown("# x") == "\\# x"
    assert markdown("1. x") == "1\\. x"
    assert markdown("1.5 x") == "1.5 x"


def test_themes_are_told_by_kind_with_what_happened_to_them(summary):
    themes = {row["id"]: row for row in summary["themes"]}
    assert {row["kind"] for row in themes.values()} == {"objection", "question", "need", "praise"}
    assert themes["T0001"]["moved"] == "up"
    assert themes["T0003"]["moved"] == ""
    assert [row["text"] for row in summary["theme_events"]] == [
        "New theme: “Who signs”, heard 6 times.",
        "“Already using something else” has split off from “Price and the monthly bill” and stands for itself, "
        "heard 6 times.",
        "told by the stage.",
    ]
    said = "Associated, not caused by: more often in won deals: “Price and the monthly bill”."
    assert summary["themes_compared"]["text"] == said


def test_themes_too_small_or_hidden_are_on_no_page(tables, settings, company):
    themes = tables["themes"].with_columns(
        shown=pl.when(pl.col("theme_id") == "T0001").then(pl.lit("small")).otherwise(pl.lit("hidden"))
    )
    changed = {**tables, "themes": frame("themes", themes.to_dicts())}
    told = again(changed, settings, company.WEEK)
    assert (told["themes"], told["theme_events"]) == ([], [])


def test_nothing_happened_to_themes_when_they_are_looked_for_the_first_time(tables, settings, company):
    first = tables["theme_events"].filter(pl.col("week") == company.WEEK)
    assert again({**tables, "theme_events": first}, settings, company.WEEK)["theme_events"] == []


def test_behaviours_are_associated_in_one_sentence(summary, tables, settings, company):
    assert summary["associated"]["text"] == (
        "Associated with the outcome, not its cause: Rep’s questions per 10 minutes "
        "(higher: 11 points more won, interval 2 to 20)."
    )
    none = tables["associations"].filter(pl.col("verdict").cast(pl.String) == "not told apart")
    assert again({**tables, "associations": none}, settings, company.WEEK)["associated"]["text"] == (
        "None of 1 behaviours could be told apart from chance (26 closed deals with calls; about 191 would show a "
        "large effect)."
    )
    few = tables["associations"].filter(pl.col("verdict").cast(pl.String) == "too few")
    assert again({**tables, "associations": few}, settings, company.WEEK)["associated"]["text"].endswith(
        "20 are the least for any test."
    )


def test_promises_and_pipeline_are_counted_by_what_became_of_them(summary, tables):
    n = tables["follow_through"]["status"].value_counts()
    counts = dict(n.iter_rows())
    told = summary["follow_through"]
    assert told["n"] == sum(counts.values())
    assert (told["kept"], told["not_seen"]) == (counts.get("kept", 0), counts.get("not seen", 0))
    assert sum(person["follow_through"]["n"] for person in summary["people"]) == told["n"]
    assert {group["kind"]: group["n"] for group in summary["hygiene"]} == dict(
        tables["hygiene"]["kind"].value_counts().iter_rows()
    )
    known = {call["call_id"] for call in summary["calls"]}
    assert {row["call_id"] for group in summary["hygiene"] for row in group["rows"]} - {None} <= known


def test_new_reps_stand_beside_earlier_ones(summary):
    months = summary["ramp"]
    assert [(row["rep_name"], row["month"]) for row in months] == [("Daniel Reyes", 1), ("Daniel Reyes", 2)]
    assert months[0]["measures"]["deals closed"]["low"] is not None
    daniel = next(person for person in summary["people"] if person["name"] == "Daniel Reyes")
    assert daniel["ramp"] == months


def test_the_share_of_the_floor_goes_by_minutes(summary, tables):
    from convintel.signals.talk import floor_over_time
    from convintel.values import Span

    seen = 0
    for call in summary["calls"]:
        rows = tables["talk"].filter(pl.col("call_id") == call["call_id"]).to_dicts()
        talk = {r: [Span(row["start"], row["end"]) for row in rows if row["role"] == r] for r in ("rep", "customer")}
        told = call["floor"]["over_time"]
        if told:
            again = floor_over_time(talk, seconds=call["floor"]["seconds"])
            assert [share for _, share, _ in told] == [pytest.approx(share, abs=1e-4) for _, share, _ in again]
            seen += 1
        else:
            assert call["floor"]["seconds"] < 120
    assert seen
