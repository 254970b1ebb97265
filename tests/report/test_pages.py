"""The pages as files: safe, self-contained, whole, the same bytes again."""

import csv
import html.parser
import io
import json
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import polars as pl
import pytest

from convintel.report import charts, files, summarise, write_report
from convintel.report.names import clean
from convintel.report.render import alone
from convintel.report.send import messages
from convintel.settings import Delivery
from convintel.tables import frame


class Page(html.parser.HTMLParser):
    """Elements and links of a page; text of everything."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.ids: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.ids += [value for name, value in attrs if name == "id" and value]

    handle_startendtag = handle_starttag

    def handle_data(self, data):
        self.text += data


def read(folder: Path) -> dict[str, Page]:
    return {
        str(file.relative_to(folder)): Page(file.read_text(encoding="utf-8")) for file in sorted(folder.rglob("*.html"))
    }


@pytest.fixture(scope="module")
def report(tmp_path_factory, summary):
    workspace = tmp_path_factory.mktemp("work space")
    index = write_report(summary, workspace / "reports" / summary["week"], recordings=workspace / "inbox")
    return index.parent


@pytest.fixture(scope="module")
def pages(report):
    return read(report)


def test_all_pages_are_there(report, summary):
    names = {str(file.relative_to(report)) for file in report.rglob("*") if file.is_file()}
    assert {
        "index.html",
        "method.html",
        "report.md",
        "summary.json",
        "objections.csv",
        "next_steps.csv",
        "metrics.csv",
        "unused.csv",
    } <= names
    assert {f"reps/{person['slug']}.{kind}" for person in summary["people"] for kind in ("html", "md")} <= names
    assert {f"calls/{call['call_id']}.html" for call in summary["calls"]} <= names
    assert json.loads((report / "summary.json").read_text(encoding="utf-8")) == summary


def test_every_link_leads_to_something_in_the_folder(report, pages):
    for name, page in pages.items():
        for tag, attributes in page.elements:
            target = attributes.get("href") or attributes.get("src")
            if target is None or tag == "audio":
                continue
            parts = urlsplit(target)
            assert not parts.scheme, (name, target)
            assert not parts.netloc, (name, target)
            file = (report / name).parent / unquote(parts.path) if parts.path else report / name
            assert file.resolve().is_relative_to(report.resolve()), (name, target)
            assert file.is_file(), (name, target)
            if parts.fragment and file.suffix == ".html":
                assert parts.fragment in pages[str(file.resolve().relative_to(report.resolve()))].ids, (name, target)


def test_audio_points_at_the_recording_with_its_stretch(report, pages, summary):
    recorded = {call["call_id"]: call for call in summary["calls"] if call["audio"]}
    sources = [
        (name, attributes["src"]) for name, page in pages.items() for tag, attributes in page.elements if tag == "audio"
    ]
    assert sources
    inbox = report.parents[1] / "inbox"
    files_known = {(inbox / call["file"]).resolve() for call in recorded.values()}
    for name, source in sources:
        path, _, stretch = source.partition("#")
        assert ((report / name).parent / unquote(path)).resolve() in files_known
        assert re.fullmatch(r"t=\d+\.\d,\d+\.\d", stretch) or name.startswith("calls/")


def test_pages_without_recordings_have_no_player(tmp_path, summary):
    index = write_report(summary, tmp_path / "out", recordings=None)
    assert not [tag for page in read(index.parent).values() for tag, _ in page.elements if tag == "audio"]


def test_each_page_has_the_bones_of_an_accessible_document(pages):
    for name, page in pages.items():
        tags = [tag for tag, _ in page.elements]
        assert tags.count("h1") == 1, name
        assert tags.count("main") == 1, name
        assert dict(page.elements)["html"]["lang"] == "en"
        assert len(page.ids) == len(set(page.ids)), name
        assert tags.count("table") == tags.count("caption"), name
        assert all(attributes.get("scope") for tag, attributes in page.elements if tag == "th"), name
        assert all(attributes.get("aria-label") for tag, attributes in page.elements if tag in ("audio", "nav")), name
        assert all(
            attributes.get("aria-hidden") == "true" or attributes.get("aria-label")
            for tag, attributes in page.elements
            if tag == "svg"
        ), name


def test_nothing_is_loaded_from_anywhere_else(report):
    for file in report.rglob("*.html"):
        text = file.read_text(encoding="utf-8").replace("http://www.w3.org/", "")
        assert not re.search(r"(?:src|href|action|data)\s*=\s*[\"']?(?:https?:)?//", text)
        assert "@import" not in text
        assert "url(http" not in text


def test_same_summary_same_bytes_and_another_place_changes_nothing(tmp_path, report, summary):
    index = write_report(
        json.loads(json.dumps(summary)), tmp_path / "a" / "reports" / "w", recordings=tmp_path / "a" / "inbox"
    )
    for file in sorted(report.rglob("*")):
        if file.is_file():
            assert (index.parent / file.relative_to(report)).read_bytes() == file.read_bytes(), file.name


def test_colours_of_charts_come_from_the_page(report):
    text = (report / "index.html").read_text(encoding="utf-8")
    assert "var(--good)" in text
    assert not re.search(r"#0\d0\d0\d", text)


def test_a_theme_without_calls_this_week_has_an_empty_cell(summary):
    quiet = [{**row, "weeks": [{**week, "calls": 0} for week in row["weeks"]]} for row in summary["themes"]]
    drawn = charts.themes(quiet)
    assert quiet[0]["label"][:12] in drawn.svg
    assert "null" not in drawn.svg


def test_a_measure_that_no_earlier_call_carries_is_not_taken_for_no_calls(summary):
    told = json.loads(json.dumps(summary))
    person = next(person for person in told["people"] if person["priorities"] and person["past_n"])
    person["priorities"][0] |= {"own_past": None, "own_past_n": 0}
    assert "not measurable in earlier calls" in alone(told, slug=person["slug"], quotes=True)
    person["past_n"] = 0
    assert "no earlier calls" in alone(told, slug=person["slug"], quotes=True)


def test_a_reply_without_a_pause_came_at_once(tmp_path, summary):
    told = json.loads(json.dumps(summary))
    for finding in told["objections"]["rows"]:
        finding["pause"] = -0.04
    page = write_report(told, tmp_path / "w", recordings=None).read_text(encoding="utf-8")
    assert "The reply came at once." in page
    assert "The reply came after" not in page


def test_steps_that_no_recording_shows_are_told_as_what_cannot_be_seen(pages, summary):
    unseen = [each for each in summary["people"] if each["follow_through"]["not_seen"]]
    assert unseen
    for name in ("index.html", *(f"reps/{each['slug']}.html" for each in unseen)):
        assert "e-mails can’t be seen" in pages[name].text, name
    assert not [name for name, page in pages.items() if "without a trace" in page.text.lower()]


def test_hostile_text_stays_text(tmp_path, hostile, pages, strings):
    index = write_report(hostile, tmp_path / "reports" / "w", recordings=tmp_path / "inbox")
    found = read(index.parent)
    known = {(tag, name) for page in pages.values() for tag, attributes in page.elements for name in attributes}
    tags = {tag for page in pages.values() for tag, _ in page.elements} | {"br", "strong"}
    allowed = ("class", "id", "colspan", "d", "dir", "open", "aria-label", "data-id", "aria-current")
    for name, page in found.items():
        for tag, attributes in page.elements:
            assert tag in tags, (name, tag)
            for attribute, value in attributes.items():
                assert not attribute.startswith("on"), name
                assert (tag, attribute) in known or attribute in allowed, (name, tag, attribute)
                assert attribute != "href" or not re.match(r"\s*\w+:", str(value)), (name, value)
        assert [tag for tag, _ in page.elements].count("script") == 1, name
    everything = " ".join("".join(page.text for page in found.values()).split())
    missing = [text for text in strings if " ".join(clean(text).split()) not in everything]
    assert missing == []
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b\x0c\x0e-\x1f]", everything)


def test_hostile_text_stays_text_in_csv(tmp_path, hostile):
    index = write_report(hostile, tmp_path / "w", recordings=None)
    seen = 0
    for file in index.parent.glob("*.csv"):
        rows = list(csv.reader(io.StringIO(file.read_text(encoding="utf-8-sig"))))
        assert {len(row) for row in rows} == {len(rows[0])}, file.name
        for value in (value for row in rows[1:] for value in row if not re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", value)):
            assert value.lstrip()[:1] not in set("=+-@＝＋－＠"), (file.name, value)
            seen += value.startswith("'")
    assert seen > 10


def test_hostile_text_stays_text_in_markdown(tmp_path, hostile):
    index = write_report(hostile, tmp_path / "w", recordings=None)
    shown = Page("")
    for file in index.parent.rglob("*.md"):
        text = file.read_text(encoding="utf-8")
        shown.feed(text)
        assert "://" not in text, file.name
        for line in text.splitlines():
            assert not re.search(r"(?<!\\)(\\\\)*\]\(", line), (file.name, line[:200])
            assert not re.search(r"(?<!\\)(\\\\)*[<`]", line), (file.name, line[:200])
    assert shown.elements == []


def test_hostile_text_stays_text_in_messages(hostile):
    delivery = Delivery(managers=("json://127.0.0.1",), reps="json://127.0.0.1/{email}")
    sent = list(messages(hostile, delivery))
    assert len(sent) == 1 + sum(person["n"] > 0 for person in hostile["people"])
    for message in sent:
        assert "\n" not in message.title
        assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", message.title + message.body)
        page = Page(message.page)
        assert not [tag for tag, _ in page.elements if tag in ("img", "iframe", "object", "form", "audio", "base")]
        assert not [value for _, attributes in page.elements for name, value in attributes.items() if name[:2] == "on"]
        assert not [1 for tag, attributes in page.elements if "href" in attributes and attributes["href"][0] != "#"]


def test_page_names_cannot_leave_the_folder(tmp_path, summary):
    bad = json.loads(json.dumps(summary))
    bad["people"][0]["slug"] = "../../escaped"
    with pytest.raises(ValueError, match="no page name"):
        write_report(bad, tmp_path / "reports" / "w", recordings=None)
    assert [path.name for path in tmp_path.rglob("*")] == ["reports"]


def test_a_failure_half_way_leaves_the_old_report(tmp_path, summary, monkeypatch):
    out = tmp_path / "reports" / "w"
    write_report(summary, out, recordings=None)
    before = {file.name: file.read_bytes() for file in out.iterdir() if file.is_file()}
    changed = {**summary, "title": "Another"}

    def full(path: Path, text: str) -> None:
        if path.name == "method.html":
            raise OSError(28, "No space left on device")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    monkeypatch.setattr("convintel.report.render.write_text", full)
    with pytest.raises(Exception, match="No space left"):
        write_report(changed, out, recordings=None)
    assert {file.name: file.read_bytes() for file in out.iterdir() if file.is_file()} == before
    assert [path.name for path in out.parent.iterdir()] == ["w"]


def test_a_new_report_replaces_the_old_one_and_its_leftovers(tmp_path, summary):
    out = tmp_path / "w"
    (tmp_path / ".w.new-killed").mkdir()
    write_report(summary, out, recordings=None)
    (out / "stale.html").write_text("old", encoding="utf-8")
    write_report(summary, out, recordings=None)
    assert not (out / "stale.html").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["w"]


def test_two_renames_do_where_folders_cannot_be_exchanged(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_EXCHANGE", 1 << 30)  # a flag that the system refuses
    for text in ("one", "two"):
        with files.replacing(tmp_path / "w") as folder:
            (folder / "index.html").write_text(text, encoding="utf-8")
    assert (tmp_path / "w" / "index.html").read_text(encoding="utf-8") == "two"
    assert [path.name for path in tmp_path.iterdir()] == ["w"]


@pytest.mark.parametrize(
    "case", ["no deals", "one rep", "no calls", "nothing", "long and right-to-left names", "unknown rep"]
)
def test_odd_weeks_render(case, tmp_path, tables, company, settings, with_advice):
    made, week = dict(tables), company.WEEK
    if case == "no deals":
        made |= {name: frame(name, []) for name in ("deals", "win_rates", "associations", "matches")}
    elif case == "one rep":
        made["calls"] = made["calls"].filter(pl.col("rep").str.starts_with("maya"))
        made = with_advice(made, week)
    elif case == "no calls":
        week = "2026-W45"
    elif case == "nothing":
        made = {}
    elif case == "unknown rep":
        made["calls"] = made["calls"].with_columns(rep=pl.lit(None, pl.String), rep_name=pl.lit(None, pl.String))
        made = with_advice(made, week)
    else:
        names = (
            pl.when(pl.col("rep").str.starts_with("maya"))
            .then(pl.lit("מאיה לינדקוויסט בת־שבע"))
            .otherwise(pl.lit("Maximiliana " * 12))
        )
        made["calls"] = made["calls"].with_columns(rep_name=names)
    index = write_report(
        summarise(made, week=week, settings=settings, facts={}), tmp_path / "w", recordings=tmp_path / "inbox"
    )
    assert "<h1" in index.read_text(encoding="utf-8")
    assert len(list((index.parent / "reps").glob("*.html")) if (index.parent / "reps").exists() else []) == {
        "one rep": 1, "nothing": 0, "unknown rep": 0
    }.get(case, 4)  # fmt: skip
