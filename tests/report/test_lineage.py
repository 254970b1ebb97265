"""Every sentence and number of every page can be followed back to rows, and the rows give the numbers again."""

import html.parser
import json
import re
from collections import Counter

import polars as pl
import pytest

from convintel.report import explain, lines, write_report
from convintel.report.lineage import nodes, select

VOID = {"meta", "link", "input", "br", "hr", "img"}
NOT_TOLD = {"header", "nav", "script", "style", "title"}  # the week, links between pages


class Traced(html.parser.HTMLParser):
    """Ids of a page, and texts with a figure in them that stand outside of everything with an id."""

    def __init__(self, text):
        super().__init__()
        self.stack, self.ids, self.loose = [], set(), []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        identity = dict(attrs).get("data-id")
        if identity:
            self.ids.add(identity)
        if tag not in VOID:
            self.stack.append((tag, bool(identity)))

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        while self.stack and self.stack.pop()[0] != tag:
            pass

    def handle_data(self, data):
        known = any(told for _, told in self.stack) or {tag for tag, _ in self.stack} & NOT_TOLD
        if re.search(r"\d", data) and not known:
            self.loose.append(data.strip())


@pytest.fixture(scope="module")
def traced(tmp_path_factory, summary):
    index = write_report(summary, tmp_path_factory.mktemp("traced") / "w", recordings=None)
    return {
        str(path.relative_to(index.parent)): Traced(path.read_text(encoding="utf-8"))
        for path in sorted(index.parent.rglob("*.html"))
    }


def rows_of(node, tables):
    return {part["table"]: select(tables, part["table"], part["where"]) for part in node["rests"]}


def of_week(rows, tables, week):
    ids = tables["calls"].filter(pl.col("week") == week)["call_id"].implode()
    return rows.filter(pl.col("call_id").is_in(ids))


def test_every_figure_on_every_page_stands_under_an_id(traced):
    for name, page in traced.items():
        if name != "method.html":  # formulas and settings: they are the rules themselves, and the page says so
            assert page.loose == [], name


def test_every_id_on_every_page_is_explained(traced, summary, tables):
    known = {node["id"] for node in nodes(summary)}
    shown = set().union(*(page.ids for page in traced.values()))
    assert len(shown) > 500
    assert shown <= known
    for name in sorted(shown)[::40]:
        found = explain(summary, tables, name.upper())
        assert found is not None
        assert json.dumps(found.plain())
        assert list(lines(found, tables["calls"]))


def test_everything_rests_on_rows(summary, tables):
    for node in nodes(summary):
        rows = rows_of(node, tables)
        numbers = [node.get(name) for name in ("n", "past_n", "calls", "members", "text", "what")]
        assert any(table.height for table in rows.values()) or not any(numbers), node["id"]


def test_an_id_of_no_page_is_not_explained(summary, tables):
    assert explain(summary, tables, "000000000000") is None


def test_ids_are_of_one_thing(summary):
    said = {}
    for node in nodes(summary):
        plain = json.dumps({name: node[name] for name in sorted(node) if name in ("text", "n", "value", "rests")})
        assert said.setdefault(node["id"], plain) == plain


def everyone(summary):
    return [(None, summary), *((person["email"], person) for person in summary["people"])]


def test_numbers_of_talk_are_computed_again_from_their_rows(summary, tables):
    seen = 0
    for _, page in everyone(summary):
        for row in page["talk"]:
            rows = rows_of(row, tables)["metrics"].filter(pl.col("value").is_not_null())
            now = of_week(rows, tables, summary["week"])
            past = rows.filter(~pl.col("call_id").is_in(now["call_id"].implode()))
            assert (row["n"], row["past_n"]) == (now.height, past.height)
            for shown, values in ((row["value"], now), (row["past"], past)):
                assert shown == pytest.approx(values["value"].mean())
            for week in row["weeks"]:
                part = of_week(rows, tables, week["week"])
                assert (week["n"], week["value"]) == (part.height, pytest.approx(part["value"].mean()))
            seen += 1
    assert seen > 30


def test_the_middle_half_is_that_of_the_reps_means(summary, tables):
    window = [week["week"] for week in summary["talk"][0]["weeks"]]
    calls = tables["calls"].filter(pl.col("week").is_in(window), pl.col("rep").is_not_null())
    for row in summary["talk"]:
        where = row["rests"][0]["where"]
        values = tables["metrics"].filter(pl.col("metric") == where["metric"], pl.col("side") == where["side"])
        means = (
            values.drop_nulls("value").join(calls, on="call_id").group_by("rep").agg(pl.col("value").mean())["value"]
        )
        if row["low"] is not None:
            assert row["low"] == pytest.approx(means.quantile(0.25, "linear"))
            assert row["high"] == pytest.approx(means.quantile(0.75, "linear"))


def test_numbers_of_advice_are_computed_again_from_their_rows(summary, tables):
    for person in summary["people"]:
        for advice in filter(None, [person["keep"], *person["priorities"]]):
            rows = rows_of(advice, tables)
            values = rows["metrics"].filter(pl.col("value").is_not_null())
            now = of_week(values, tables, summary["week"])
            assert (advice["n"], advice["own_past_n"]) == (now.height, values.height - now.height)
            assert advice["value"] == pytest.approx(now["value"].mean())
            assert rows["advice"]["headline"].to_list() == [advice["headline"]]
            assert set(rows["evidence"]["quote"]) == {one["text"] for one in (*advice["weak"], *advice["good"])}


def test_what_became_of_last_weeks_page_is_computed_again(summary, tables):
    followed = [one for person in summary["people"] for one in person["tried"]]
    assert followed
    for one in followed:
        rows = rows_of(one, tables)
        values = rows["metrics"].filter(pl.col("value").is_not_null())["value"]
        assert (one["now_n"], one["now"]) == (values.len(), pytest.approx(values.mean()))
        assert rows["advice"]["value"].to_list() == [pytest.approx(one["then"])]


def test_objections_are_counted_again(summary, tables):
    for _, page in everyone(summary):
        section = page["objections"]
        rows = rows_of(section, tables)["objections"]
        now = of_week(rows, tables, summary["week"])
        assert (section["n"], section["calls"]) == (now.height, now["call_id"].n_unique())
        handled = Counter(now["handling"].to_list())
        assert section["answered"] == handled["resolved"] + handled["addressed"]
        assert section["ignored"] == handled["ignored"]
        kinds, before = Counter(now["type"].to_list()), Counter(rows["type"].to_list())
        for kind in section["types"]:
            assert kind["n"] == kinds[kind["type"]]
            assert kind["before"] == before[kind["type"]] - kinds[kind["type"]]


def test_findings_and_turns_are_what_was_said(summary, tables):
    seen = 0
    for call in summary["calls"]:
        assert rows_of(call, tables)["calls"]["path"].to_list() == [call["file"]]
        for turn in call["turns"]:
            assert rows_of(turn, tables)["turns"]["text"].to_list() == [turn["text"]]
        for finding in (*call["objections"], *call["next_steps"], *call["questions"]):
            (row,) = next(iter(rows_of(finding, tables).values())).to_dicts()
            assert (row["quote"], row["start"]) == (finding["text"], finding["start"])
            said = tables["turns"].filter(pl.col("call_id") == call["call_id"], pl.col("turn") == row["turn"])
            assert row["quote"] in said["text"][0]
            assert said["start"][0] - 2 <= row["start"] <= said["end"][0] + 2
            seen += 1
        for number in call["metrics"]:
            (row,) = rows_of(number, tables)["metrics"].to_dicts()
            assert (row["value"], row["n"]) == (number["value"], number["n"])
    assert seen > 50


def test_an_objection_sounds_on_through_the_reply(summary, tables):
    longer = 0
    for call in summary["calls"]:
        turns = {turn["turn"]: turn for turn in call["turns"]}
        for finding in call["objections"]:
            after = turns.get(finding["turn"] + 1)
            if after is None or after["role"] != "rep":
                assert finding["until"] == finding["end"]
                continue
            assert finding["end"] <= finding["until"] <= finding["end"] + 20
            assert finding["until"] == pytest.approx(max(finding["end"], min(after["end"], finding["end"] + 20)))
            longer += finding["until"] > finding["end"]
    assert longer > 5
    weak = [one for each in summary["people"] for advice in each["priorities"] for one in advice["weak"]]
    objected = {(row["call_id"], row["start"]) for row in tables["objections"].to_dicts()}
    of_objections = [one for one in weak if (one["call_id"], one["start"]) in objected]
    assert any(one["until"] > one["end"] for one in of_objections)


def test_deals_win_rates_themes_and_leftovers_are_counted_again(summary, tables):
    for rate in summary["win_rates"]:
        outcomes = Counter(rows_of(rate, tables)["deals"]["outcome"].to_list())
        assert (rate["won"], rate["lost"], rate["open"]) == (outcomes["won"], outcomes["lost"], outcomes["open"])
        if rate["estimate"] is not None:
            assert rate["share"] == pytest.approx(outcomes["won"] / (outcomes["won"] + outcomes["lost"]))
    for theme in summary["themes"]:
        members = rows_of(theme, tables)["theme_members"]
        assert theme["calls"] == members["call_id"].n_unique()
        assert theme["calls_this_week"] == of_week(members, tables, summary["week"])["call_id"].n_unique()
        for week in theme["weeks"]:
            assert week["calls"] == of_week(members, tables, week["week"])["call_id"].n_unique()
    for risk in summary["at_risk"]:
        rows = rows_of(risk, tables)
        assert rows["deals"]["amount"].to_list() == [risk["amount"]]
        assert rows["next_steps"]["due"].null_count() == rows["next_steps"].height
        assert risk["calls"] == rows["matches"].height
    for row in (*summary["associations"], *summary["unused"]):
        assert [table.height for table in rows_of(row, tables).values()] == [1]
    for row in summary["quality"]:
        assert 0 < row["n"] <= (next(iter(rows_of(row, tables).values())).height if row["of"] is not None else row["n"])
    now = rows_of(summary["counts"], tables)["calls"].filter(pl.col("week") == summary["week"])
    assert (summary["counts"]["calls"], summary["counts"]["reps"]) == (now.height, now["rep"].drop_nulls().n_unique())


def test_pipeline_promises_and_ramp_are_counted_again(summary, tables):
    for page in (summary, *summary["people"]):
        for group in page["hygiene"]:
            rows = rows_of(group, tables)["hygiene"]
            assert group["n"] == rows.height == len(group["rows"])
            for row in group["rows"]:
                assert rows_of(row, tables)["hygiene"]["what"].to_list() == [row["what"]]
        told = page["follow_through"]
        statuses = Counter(rows_of(told, tables)["follow_through"]["status"].to_list())
        assert told["n"] == statuses.total()
        for status, n in statuses.items():
            assert told[status.replace(" ", "_")] == n
        for month in page["ramp"]:
            values = {row["measure"]: row["value"] for row in rows_of(month, tables)["ramp"].to_dicts()}
            assert values == {name: measure["value"] for name, measure in month["measures"].items()}
    assert summary["hygiene"]
    assert summary["ramp"]


def test_themes_events_and_associations_are_what_their_rows_say(summary, tables):
    assert summary["theme_events"]
    for event in summary["theme_events"]:
        assert rows_of(event, tables)["theme_events"]["kind"].to_list() == [event["kind"]]
    for theme in summary["themes"]:
        rows = rows_of(theme, tables)
        (row,) = rows["themes"].to_dicts()
        assert [theme[name] for name in ("kind", "change", "of_calls_before")] == [
            row[name] for name in ("kind", "change", "of_calls_before")
        ]
        assert rows["theme_outcomes"]["won"].to_list() == [theme["outcome"]["won"]]
    for sentence, key in ((summary["associated"], "associations"), (summary["themes_compared"], "theme_outcomes")):
        assert sentence["n"] == rows_of(sentence, tables)[key]["q_value"].drop_nulls().len()


def test_counts_and_measures_of_the_method_page_are_explained(summary, tables, traced):
    for row in summary["method"]["counts"]:
        assert rows_of(row, tables).get(row["table"]).height == row["rows"]
    measure = summary["method"]["metrics"][0]
    found = explain(summary, tables, measure["id"])
    assert found.rule == f"{measure['name']} = {measure['formula']}"
    assert found.rows["metrics"].height
    assert {measure["id"], summary["method"]["counts"][0]["id"]} <= traced["method.html"].ids
